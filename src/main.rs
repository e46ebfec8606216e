//! Calls the command line, returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    hpasim::cli::main(std::env::args_os())
}
