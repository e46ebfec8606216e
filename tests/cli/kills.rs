//! Kills and full disks at any moment: a folder with a summary is whole, and of one run.

use std::process::{Command, Stdio};

use super::Sandbox;

/// How often a run is killed.
const ROUNDS: u32 = 40;

const RUN: [&str; 8] = [
    "run",
    "policies/prod.toml",
    "traces/flap.csv",
    "--to",
    "5m",
    "--quiet",
    "--plot",
    "svg",
];

fn run_into(folder: &str, seed: &str) -> Vec<String> {
    let further = ["--seed", seed, "-o", folder, "--force"];
    let all = RUN.iter().chain(&further);
    all.map(|argument| (*argument).to_owned()).collect()
}

/// The files of a run and their content, by name; nothing where there is no folder.
fn content(sandbox: &Sandbox, folder: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(sandbox.path(folder)) else {
        return Vec::new();
    };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let bytes = std::fs::read(entry.path()).expect("a file");
            (entry.file_name().display().to_string(), bytes)
        })
        .filter(|(name, _)| !name.starts_with('.'))
        .collect();
    files.sort();
    files
}

#[test]
fn whenever_a_run_is_killed_a_summary_stands_beside_the_files_of_one_run() {
    let sandbox = Sandbox::new();
    let whole = ["1", "2"].map(|seed| {
        sandbox.done(&run_into("clean", seed));
        content(&sandbox, "clean")
    });
    assert_ne!(whole[0], whole[1]);
    let begun = std::time::Instant::now();
    sandbox.done(&run_into("clean", "1"));
    let whole_run = begun.elapsed();
    let mut interrupted = 0;
    for round in 0..ROUNDS {
        let seed = ["1", "2"][round as usize % 2];
        let mut process = Command::new(assert_cmd::cargo::cargo_bin!("hpasim"))
            .current_dir(sandbox.folder.path())
            .args(run_into("out", seed))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        // From the beginning of the run to its end; any moment will do.
        std::thread::sleep(whole_run * round / ROUNDS);
        // It may have ended already.
        let _ = process.kill();
        process.wait().expect("ended");
        interrupted += usize::from(has_partial_files(&sandbox));
        let found = content(&sandbox, "out");
        if found.iter().any(|(name, _)| name == "summary.json") {
            assert!(whole.contains(&found), "round {round}");
        }
    }
    sandbox.done(&run_into("out", "1"));
    assert!(content(&sandbox, "out") == whole[0]);
    assert!(interrupted > 0, "no kill fell into a run");
    assert!(
        !has_partial_files(&sandbox),
        "nothing of a killed process is left"
    );
}

/// Whether a process that was killed left unfinished files.
fn has_partial_files(sandbox: &Sandbox) -> bool {
    std::fs::read_dir(sandbox.path("out")).is_ok_and(|mut entries| {
        entries.any(|entry| {
            let name = entry.expect("an entry").file_name();
            name.display().to_string().ends_with(".partial")
        })
    })
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_at_any_file_leaves_the_earlier_results() {
    let sandbox = Sandbox::new();
    sandbox.done(&run_into("out", "1"));
    let before = content(&sandbox, "out");
    let mut refusals = 0;
    // In blocks of 512 bytes or 1 KiB, as the shell counts: less than each of the files in turn.
    for blocks in [0, 1, 2, 4, 8, 16, 32, 64, 128] {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let output = Command::new("sh")
            .current_dir(sandbox.folder.path())
            .args(["-c", &limited])
            .arg(assert_cmd::cargo::cargo_bin!("hpasim"))
            .args(run_into("out", "2"))
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => break,
            Some(1) => assert!(
                said.contains("out/") && said.contains("written: "),
                "{said}"
            ),
            other => panic!("{other:?}: {said}"),
        }
        refusals += 1;
        assert!(
            content(&sandbox, "out") == before,
            "{blocks} blocks: {said}"
        );
    }
    assert!(refusals > 3, "{refusals}");
    let full = sandbox.hpasim("trace gen spike -o /dev/full");
    assert_eq!(full.code, Some(1), "{full:?}");
    insta::assert_snapshot!(full.stderr, @"error: /dev/full: cannot be written: no space left on the device");
}
