//! Files that cannot be read or written: every command names them in one manner, with a remedy.

use super::{Arguments, Sandbox};

/// What a command says that ends with exit code `code` and prints nothing else.
fn fault(sandbox: &Sandbox, code: i32, arguments: impl Arguments) -> String {
    let finished = sandbox.hpasim(arguments);
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stdout, "");
    finished.stderr
}

/// The first line of each fault.
fn heads(stderr: &str) -> String {
    let lines = stderr.lines().filter(|line| line.starts_with("error"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn all_parts_that_cannot_be_read_are_named_at_once() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("p2/sweep.csv")).expect("a folder");
    let merge = "merge missing.csv policies p2 -o all.csv";
    insta::assert_snapshot!(heads(&fault(&sandbox, 3, merge)), @"
    error[E0001]: cannot read `missing.csv`: there is no such file
    error[E0001]: cannot read `policies/sweep.csv`: there is no such file
    error[E0001]: cannot read `p2/sweep.csv`: it is a folder
    ");
    assert!(!sandbox.path("all.csv").exists());
}

#[test]
fn all_recordings_that_cannot_be_read_are_named_at_once() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(heads(&fault(&sandbox, 3, "replay missing.jsonl traces")), @"
    error[E0001]: cannot read `missing.jsonl`: there is no such file
    error[E0001]: cannot read `traces`: it is a folder
    ");
}

#[test]
fn every_command_says_the_same_of_a_missing_file() {
    let sandbox = Sandbox::new();
    let (policy, trace) = ("policies/prod.toml", "traces/spike.csv");
    for arguments in [
        &["run", "missing", trace] as &[&str],
        &["run", policy, "missing"],
        &["compare", policy, "@default", "missing"],
        &["compare", policy, "@default", trace, "--trace", "missing"],
        &["sweep", policy, "missing", "--set", "hpa.maxReplicas=10,20"],
        &["sweep", "missing", trace, "--set", "hpa.maxReplicas=10,20"],
        &["merge", "missing", "-o", "all.csv"],
        &["replay", "missing"],
        &["calibrate", "missing"],
        &["export", "missing"],
        &["export", "--patch", policy, "missing"],
        &["trace", "info", "missing"],
        &["trace", "convert", "missing"],
    ] {
        assert_eq!(
            fault(&sandbox, 3, arguments),
            "error[E0001]: cannot read `missing`: there is no such file\nhelp: check the path\n",
            "{arguments:?}"
        );
    }
}

#[test]
fn a_result_that_has_no_folder_to_go_to_is_told_with_a_remedy() {
    let sandbox = Sandbox::new();
    let generate = |output| fault(&sandbox, 1, &["trace", "gen", "spike", "-o", output]);
    insta::assert_snapshot!(generate("none/spike.csv"), @"error: none/spike.csv: cannot be written: its folder does not exist; make it, or name another");
    insta::assert_snapshot!(generate("traces"), @"error: traces: cannot be written: a folder of that name is in the way; choose another place");
    let convert = [
        "trace",
        "convert",
        "traces/spike.csv",
        "-o",
        "none/spike.csv",
    ];
    assert_eq!(fault(&sandbox, 1, &convert), generate("none/spike.csv"));
}
