//! Parses the command line, runs the command and maps its error to an exit code.

fn main() {}
