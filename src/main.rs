//! Parses the command line, runs the command and maps its error to an exit code.

use std::process::ExitCode;

/// A request makes many small short-lived allocations; a pass-through takes about a tenth less CPU time with this one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    scrimp::cli::run(std::env::args_os())
}
