//! Calls the command line, returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(hpasim::cli::run(std::env::args_os()))
}
