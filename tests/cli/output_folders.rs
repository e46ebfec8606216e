//! Where results go: one process a folder, one question a folder, whole or not at all.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;

pub(super) const RUN: [&str; 6] = [
    "run",
    "policies/prod.toml",
    "traces/flap.csv",
    "--quiet",
    "--plot",
    "none",
];

/// The files that such a run leaves.
const FILES: [&str; 4] = [
    "decisions.jsonl",
    "latency.csv",
    "summary.json",
    "timeline.csv",
];

/// Two autoscalers of one Deployment, as `kubectl get -o yaml` prints them.
const TWO_AUTOSCALERS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
spec:
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: { app: a } }
    spec: { containers: [{ name: app, image: app, resources: { requests: { cpu: 100m } } }] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: a }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: a }
  maxReplicas: 10
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: b }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: a }
  maxReplicas: 20
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } }]
";

fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin!("hpasim"))
        .current_dir(sandbox.folder.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process")
}

/// A process that simulates for long and holds the folder `out` when this returns.
fn holder(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut process = start(sandbox, arguments);
    let lock = sandbox.path("out/.hpasim.lock");
    while !std::fs::read(&lock).is_ok_and(|text| text.ends_with(b"}\n")) {
        assert!(process.try_wait().expect("a process").is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(1));
    }
    process
}

pub(super) fn refused(finished: &Finished, code: i32) -> &str {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stdout, "");
    finished.stderr.trim_end()
}

#[test]
fn a_second_process_in_a_folder_is_refused_and_learns_who_holds_it() {
    let sandbox = Sandbox::new();
    let long = ["run", "policies/prod.toml", "traces/diurnal.csv"];
    let long = [&long[..], &["--seeds", "5000", "-o", "out"]].concat();
    let mut first = holder(&sandbox, &long);
    let second = sandbox.hpasim(&[&RUN[..], &["-o", "out", "--force"]].concat());
    let said = refused(&second, 1);
    let who = format!("error: out is in use by process {} on ", first.id());
    assert!(said.starts_with(&who), "{said}");
    assert!(said.contains(" (hpasim run, since 2"), "{said}");
    assert!(
        said.ends_with("); wait until it ends, or choose another folder with -o"),
        "{said}"
    );
    first.kill().expect("killed");
    first.wait().expect("ended");
    // What the killed process left holds nothing, and its unfinished files go.
    sandbox.done(&[&RUN[..], &["-o", "out"]].concat());
    assert_eq!(sandbox.names("out"), FILES);
}

#[test]
fn two_sweeps_that_resume_one_file_do_not_mix_their_rows() {
    let sandbox = Sandbox::new();
    let sweep = [
        "sweep",
        "policies/prod.toml",
        "traces/diurnal.csv",
        "--set",
        "hpa.targetCPUUtilizationPercentage=50..90:1",
        "--quiet",
        "--plot",
        "none",
        "--resume",
    ];
    let sweep_into = |folder: &'static str| [&sweep[..], &["-o", folder]].concat();
    let mut first = holder(&sandbox, &sweep_into("out"));
    let second = sandbox.hpasim(&sweep_into("out"));
    assert!(
        refused(&second, 1).contains("(hpasim sweep, since "),
        "{second:?}"
    );
    assert!(first.wait().expect("ended").success());
    sandbox.done(&sweep_into("alone"));
    assert!(sandbox.read("out/sweep.csv") == sandbox.read("alone/sweep.csv"));
}

#[test]
fn only_the_plain_run_has_the_plain_folder() {
    let sandbox = Sandbox::new();
    sandbox.done(&RUN);
    for further in [
        &["--engine", "request"] as &[&str],
        &["--engine", "fluid"],
        &["--seed", "7"],
        &["--seeds", "2"],
        &["--from", "1m"],
        &["--to", "2m"],
        &["--warm-up", "1m"],
        &["--set", "hpa.maxReplicas=80"],
        &[
            "--set",
            "hpa.behavior.scaleUp.selectPolicy=\"Min\"",
            "--set",
            "workload.scale=0.5",
        ],
    ] {
        let short = if further.contains(&"--to") {
            &[] as &[&str]
        } else {
            &["--to", "3m"]
        };
        sandbox.done(&[&RUN[..], further, short].concat());
    }
    insta::assert_snapshot!(sandbox.names("output").join("\n"), @"
    prod-flap
    prod-flap-fluid-to-3m
    prod-flap-from-1m-to-3m
    prod-flap-to-2m
    prod-flap-to-3m
    prod-flap-to-3m-2-seeds
    prod-flap-to-3m-maxReplicas-80
    prod-flap-to-3m-scaleUp.selectPolicy-Min-scale-0.5
    prod-flap-to-3m-seed-7
    prod-flap-to-3m-warm-up-1m
    ");
}

#[test]
fn a_folder_with_the_results_of_another_question_is_refused() {
    let sandbox = Sandbox::new();
    let run = |further: &[&str]| sandbox.hpasim(&[&RUN[..], &["-o", "out"], further].concat());
    run(&[]).done();
    let before = sandbox.read("out/summary.json");
    for (further, difference) in [
        (
            &["--engine", "fluid"][..],
            r#"engine "request", and this command has "fluid""#,
        ),
        (&["--seed", "7"], "seeds [1], and this command has [7]"),
        (&["--seeds", "2"], "seeds [1], and this command has [1,2]"),
        (&["--from", "1m"], "--from null, and this command has 60.0"),
        (&["--to", "2m"], "--to null, and this command has 120.0"),
        (
            &["--warm-up", "1m"],
            "--warm-up null, and this command has 60.0",
        ),
        (
            &["--set", "hpa.maxReplicas=80"],
            r#"--set [], and this command has ["hpa.maxReplicas=80"]"#,
        ),
    ] {
        let said = format!(
            "error: out holds the run of policies/prod.toml, traces/flap.csv with {difference}; choose another folder with -o, or overwrite it with --force"
        );
        assert_eq!(refused(&run(further), 1), said);
    }
    let compare = [
        "compare",
        "policies/prod.toml",
        "@default",
        "traces/flap.csv",
        "-o",
        "out",
    ];
    assert!(refused(&sandbox.hpasim(&compare), 1).contains("out holds the run of "));
    assert!(sandbox.read("out/summary.json") == before);
    run(&[]).done();
    run(&["--seed", "7", "--force"]).done();
}

#[test]
fn results_of_two_autoscalers_of_one_manifest_stay_apart() {
    let sandbox = Sandbox::new();
    sandbox.write("two.yaml", TWO_AUTOSCALERS);
    let run = |further: &[&str]| {
        let start = [
            "run",
            "two.yaml",
            "traces/flap.csv",
            "--quiet",
            "--plot",
            "none",
        ];
        sandbox.hpasim(&[&start[..], further].concat())
    };
    run(&["--hpa", "a"]).done();
    run(&["--hpa", "b"]).done();
    assert_eq!(
        sandbox.names("output"),
        ["two-flap-hpa-a", "two-flap-hpa-b"]
    );
    run(&["--hpa", "a", "-o", "out"]).done();
    assert!(refused(&run(&["--hpa", "b", "-o", "out"]), 1).contains("--hpa \"a\""));

    let sweep = |further: &[&str]| {
        let start = [
            "sweep",
            "two.yaml",
            "traces/flap.csv",
            "--quiet",
            "--plot",
            "none",
        ];
        let set = ["--set", "hpa.minReplicas=1,2,3,4"];
        sandbox.hpasim(&[&start[..], &set, further].concat())
    };
    sweep(&["--hpa", "a", "--shard", "0/2", "-o", "p0"]).done();
    sweep(&["--hpa", "b", "--shard", "1/2", "-o", "p1"]).done();
    let joined = sandbox.hpasim("merge p0 p1 -o all.csv");
    insta::assert_snapshot!(refused(&joined, 3), @"error: p1/sweep.csv: a part of another sweep: it has `# hpa: b` where p0/sweep.csv has `# hpa: a`; join parts of one command, one version and the same files");
    let resumed = sweep(&["--hpa", "b", "--shard", "0/2", "-o", "p0", "--resume"]);
    insta::assert_snapshot!(refused(&resumed, 3), @"error: p0/sweep.csv: another sweep: it has `# hpa: a` where this command has `# hpa: b`; choose another folder with -o, or compute this one again with --force");
    let summary = sandbox.json("p1/summary.json");
    assert_eq!(summary["request"]["hpa"], "b");
}

#[test]
fn forced_over_a_killed_run_nothing_old_is_left() {
    let sandbox = Sandbox::new();
    let plain = [
        "run",
        "policies/prod.toml",
        "traces/flap.csv",
        "-q",
        "-o",
        "out",
    ];
    sandbox.done(&plain);
    sandbox.write("out/plot-flap.png", "of a comparison that was killed");
    sandbox.write("out/notes.txt", "mine");
    std::fs::remove_file(sandbox.path("out/summary.json")).expect("as a killed run leaves it");
    let further = ["--engine", "fluid", "--plot", "none"];
    assert!(
        refused(&sandbox.hpasim(&[&plain[..], &further].concat()), 1)
            .contains("not listed in the summary.json of a completed run")
    );
    sandbox.done(&[&plain[..], &further, &["--force"]].concat());
    let files = [
        "decisions.jsonl",
        "notes.txt",
        "summary.json",
        "timeline.csv",
    ];
    assert_eq!(sandbox.names("out"), files);
}

#[test]
fn a_trace_with_a_comma_in_its_name_is_swept_resumed_and_merged() {
    let sandbox = Sandbox::new();
    sandbox.write("a, b.csv", sandbox.read("traces/flap.csv"));
    let sweep = |further: &[&str]| {
        let start = [
            "sweep",
            "policies/prod.toml",
            "a, b.csv",
            "traces/steps.csv",
            "-q",
        ];
        let set = ["--set", "hpa.maxReplicas=2,3,4", "--plot", "none"];
        sandbox.done(&[&start[..], &set, further].concat());
    };
    sweep(&["-o", "whole"]);
    let whole = sandbox.read("whole/sweep.csv");
    let text = String::from_utf8(whole.clone()).expect("text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    std::fs::create_dir(sandbox.path("part")).expect("a folder");
    sandbox.write("part/sweep.csv", lines[..lines.len() - 4].concat());
    sweep(&["-o", "part", "--resume"]);
    assert!(sandbox.read("part/sweep.csv") == whole);
    for part in ["0/2", "1/2"] {
        sweep(&["--shard", part, "-o", &format!("p{}", &part[..1])]);
    }
    sandbox.done("merge p0 p1 -o all.csv");
    assert!(sandbox.read("all.csv") == whole);
}

#[test]
fn traces_whose_names_a_file_system_could_confuse_have_a_picture_each() {
    let sandbox = Sandbox::new();
    for name in ["a b", "a-b", "a:b", "A-b"] {
        let steady = "time_s,rps\n0,20\n60,20\n";
        sandbox.write(&format!("{name}.csv"), steady);
    }
    let traces = ["a b.csv", "a-b.csv", "a:b.csv", "A-b.csv"];
    let compare = ["compare", "policies/prod.toml", "@default"];
    let further = ["--seeds", "2", "--plot", "svg", "-q", "-o", "out"];
    sandbox.done(&[&compare[..], &traces, &further].concat());
    insta::assert_snapshot!(sandbox.names("out").join("\n"), @"
    comparison.csv
    comparison.json
    plot-A-b-4.svg
    plot-a-b-2.svg
    plot-a-b-3.svg
    plot-a-b.svg
    summary.json
    ");
    for (stem, title) in [
        ("a-b", "a b"),
        ("a-b-2", "a-b"),
        ("a-b-3", "a:b"),
        ("A-b-4", "A-b"),
    ] {
        let svg = sandbox.text(&format!("out/plot-{stem}.svg"));
        assert!(svg.contains(&format!("under {title}")), "{stem}");
    }
}

#[test]
fn a_name_that_no_file_can_have_is_refused_before_anything_runs() {
    let sandbox = Sandbox::new();
    let name = format!("name=\"{}\"", "n".repeat(300));
    for start in [
        &[
            "run",
            "policies/prod.toml",
            "traces/diurnal.csv",
            "--seeds",
            "5000",
        ][..],
        &[
            "compare",
            "policies/prod.toml",
            "@default",
            "traces/diurnal.csv",
            "--seeds",
            "5000",
        ],
    ] {
        let finished = sandbox.hpasim(&[start, &["--set", &name]].concat());
        let said = refused(&finished, 1);
        assert!(
            said.ends_with(": cannot be written: a name in it is longer than the file system allows; choose a shorter one with -o"),
            "{said}"
        );
        assert!(!sandbox.path("output").exists());
    }
}

#[test]
fn a_run_that_cannot_be_finished_leaves_the_earlier_results() {
    let sandbox = Sandbox::new();
    sandbox.done(&[&RUN[..], &["-o", "out"]].concat());
    let before = sandbox.read("out/timeline.csv");
    let long = [
        "run",
        "policies/prod.toml",
        "traces/diurnal.csv",
        "--seeds",
        "5000",
    ];
    let mut process = holder(&sandbox, &[&long[..], &["-o", "out", "--force"]].concat());
    interrupt(&process);
    assert_eq!(process.wait().expect("ended").code(), Some(130));
    assert!(sandbox.read("out/timeline.csv") == before);
    assert_eq!(sandbox.names("out"), FILES);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_write_that_blocks() {
    use std::io::Read;
    let sandbox = Sandbox::new();
    let made = Command::new("mkfifo").arg(sandbox.path("pipe")).status();
    assert!(made.expect("mkfifo").success());
    sandbox.done("trace gen diurnal -o day.csv");
    for arguments in [
        &["trace", "gen", "diurnal", "-o", "pipe"][..],
        &["trace", "convert", "day.csv", "-o", "pipe"],
    ] {
        let process = start(&sandbox, arguments);
        // Opened and begun, so the process listens; of more than a pipe holds, the rest blocks.
        let mut pipe = std::fs::File::open(sandbox.path("pipe")).expect("a pipe");
        pipe.read_exact(&mut [0; 1]).expect("a byte");
        interrupt(&process);
        let output = process.wait_with_output().expect("ended");
        assert_eq!(output.status.code(), Some(130), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            said.trim(),
            "interrupted; what pipe has received so far is not complete"
        );
    }
}

#[test]
fn what_a_killed_process_left_of_one_file_is_not_foreign() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("out")).expect("a folder");
    sandbox.write("out/.hpasim-file-abc.partial", "");
    sandbox.done(&[&RUN[..], &["-o", "out"]].concat());
}

#[test]
fn a_whole_sweep_that_is_asked_again_keeps_its_rows_and_loses_nothing_on_the_way() {
    let sandbox = Sandbox::new();
    let sweep = [
        "sweep",
        "policies/prod.toml",
        "traces/flap.csv",
        "--set",
        "hpa.maxReplicas=2,3,4",
        "-q",
        "-o",
        "out",
    ];
    sandbox.done(&sweep);
    let [rows, front] = ["out/sweep.csv", "out/front.svg"].map(|file| sandbox.read(file));
    let written = std::fs::metadata(sandbox.path("out/sweep.csv")).expect("a file");
    sandbox.done(&sweep);
    let again = std::fs::metadata(sandbox.path("out/sweep.csv")).expect("a file");
    assert_eq!(
        again.modified().expect("a time"),
        written.modified().expect("a time"),
        "no row was computed anew"
    );
    assert!(sandbox.read("out/sweep.csv") == rows && sandbox.read("out/front.svg") == front);
    // A row that is damaged stops the command before it removes anything.
    let mut damaged = rows;
    let last = damaged.len() - 3;
    damaged[last] ^= 1;
    sandbox.write("out/sweep.csv", &damaged);
    assert!(refused(&sandbox.hpasim(&sweep), 3).contains("line 17: damaged"));
    assert!(sandbox.read("out/front.svg") == front);
    sandbox.done(&[&sweep[..], &["--force"]].concat());
}
