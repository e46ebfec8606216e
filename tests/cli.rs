//! The command line as real processes: output, files and exit codes.

#[path = "cli/bounds.rs"]
mod bounds;
#[path = "cli/calibrate.rs"]
mod calibrate;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/engine.rs"]
mod engine;
#[path = "cli/escaped_text.rs"]
mod escaped_text;
#[path = "cli/export.rs"]
mod export;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/hostile_text.rs"]
mod hostile_text;
#[path = "cli/kills.rs"]
mod kills;
#[path = "cli/minus_zero.rs"]
mod minus_zero;
#[path = "cli/output_folders.rs"]
mod output_folders;
#[path = "cli/output_folders_own_files.rs"]
mod output_folders_own_files;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/secrecy.rs"]
mod secrecy;
#[path = "cli/sweep.rs"]
mod sweep;
#[path = "cli/tune/mod.rs"]
mod tune;
#[path = "cli/usage.rs"]
mod usage;

use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;

/// A time limit for processes that hang. It is much longer than any process takes, so it has no
/// other effect.
const PATIENCE: Duration = Duration::from_secs(600);

/// The cores that a process may use, which determine its number of threads.
#[derive(Clone, Copy)]
enum Cores {
    One,
    All,
}

/// hpasim on these cores. Only Linux can restrict a process to one core; elsewhere it uses all.
fn hpasim_on(cores: Cores) -> std::process::Command {
    let binary = assert_cmd::cargo::cargo_bin!("hpasim");
    match cores {
        Cores::One if cfg!(target_os = "linux") => {
            let mut pinned = std::process::Command::new("taskset");
            pinned.args(["--cpu-list", "0"]).arg(binary);
            pinned
        }
        Cores::One | Cores::All => std::process::Command::new(binary),
    }
}

/// The program in a folder of its own, with copies of the shipped policies and traces.
struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for shipped in ["policies", "traces"] {
            let target = folder.path().join(shipped);
            std::fs::create_dir(&target).expect("a new folder");
            for entry in std::fs::read_dir(project().join(shipped)).expect("a shipped folder") {
                let from = entry.expect("a shipped file").path();
                let name = from.file_name().expect("a name").to_owned();
                std::fs::copy(&from, target.join(name)).expect("a copy");
            }
        }
        Self { folder }
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    fn write(&self, inside: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(inside), text).expect("a written file");
    }

    fn read(&self, inside: &str) -> Vec<u8> {
        std::fs::read(self.path(inside)).expect("a file that was written")
    }

    fn hpasim(&self, arguments: &[&str]) -> Finished {
        self.run(arguments, &[])
    }

    /// Runs hpasim as on a terminal, with colours.
    fn hpasim_coloured(&self, arguments: &[&str]) -> Finished {
        self.run(arguments, &[("CLICOLOR_FORCE", "1")])
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("hpasim"));
        let output = command
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(environment.iter().copied())
            .args(arguments)
            .timeout(PATIENCE)
            .output()
            .expect("a process");
        Finished::of(&output)
    }
}

/// The result of a process.
#[derive(Debug)]
struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Finished {
    fn of(output: &std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
