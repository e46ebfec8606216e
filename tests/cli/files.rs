//! Files that cannot be read or written: every command names them in one manner, with a remedy.

use super::Sandbox;

/// What a command says that ends with exit code `code` and prints nothing else.
fn fault(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> String {
    let finished = sandbox.hpasim(arguments);
    assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:?}");
    assert_eq!(finished.stdout, "", "{arguments:?}");
    finished.stderr
}

#[test]
fn a_missing_part_of_a_sweep_is_bad_input_with_a_remedy() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(fault(&sandbox, 3, &["merge", "missing.csv", "-o", "all.csv"]), @"
    error[E0001]: cannot read `missing.csv`: there is no such file
    help: check the path
    ");
    assert!(!sandbox.path("all.csv").exists());
}

#[test]
fn all_parts_that_cannot_be_read_are_named_at_once() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("p2/sweep.csv")).expect("a folder");
    insta::assert_snapshot!(fault(&sandbox, 3, &["merge", "missing.csv", "policies", "p2", "-o", "all.csv"]), @"
    error[E0001]: cannot read `missing.csv`: there is no such file
    help: check the path

    error[E0001]: cannot read `policies/sweep.csv`: there is no such file
    help: check the path

    error[E0001]: cannot read `p2/sweep.csv`: it is a folder
    help: name a file in that folder
    ");
}

#[test]
fn all_recordings_that_cannot_be_read_are_named_at_once() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(fault(&sandbox, 3, &["replay", "missing.jsonl", "traces"]), @"
    error[E0001]: cannot read `missing.jsonl`: there is no such file
    help: check the path

    error[E0001]: cannot read `traces`: it is a folder
    help: name a file in that folder
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
