//! Calls the command line, returns its exit code.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
