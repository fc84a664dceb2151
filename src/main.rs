//! Parses the command line, runs the command and maps its error to an exit code.

mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    scrimp::cli::run(std::env::args_os(), allocator::give_back)
}
