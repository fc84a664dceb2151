//! Parses the command line, runs the command and maps its error to an exit code.

mod allocator;

use std::process::ExitCode;

use allocator::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() -> ExitCode {
    scrimp::cli::run(std::env::args_os(), Allocator::give_back)
}
