//! `sweep` and `merge` as real processes: rows that runs confirm, files that survive a kill, parts that make a whole.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

/// A small sweep of two parameters: nine points.
const GRID: [&str; 8] = [
    "sweep",
    "policies/prod.toml",
    "traces/spike.csv",
    "--set",
    "hpa.behavior.scaleDown.stabilizationWindowSeconds=0,60,300",
    "--set",
    "hpa.targetCPUUtilizationPercentage=40..60:10",
    "--quiet",
];

fn sweep(sandbox: &Sandbox, further: &[&str]) -> Finished {
    sandbox.hpasim(&[&GRID[..], further].concat())
}

fn done(sandbox: &Sandbox, further: &[&str]) {
    let finished = sweep(sandbox, further);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

/// The rows of a `sweep.csv` as cells by column.
fn cells(sandbox: &Sandbox, file: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .has_headers(false)
        .from_reader(std::io::Cursor::new(sandbox.read(file)));
    reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            record.iter().map(str::to_owned).collect()
        })
        .collect()
}

#[test]
fn a_row_is_what_a_run_with_its_values_gives() {
    let sandbox = Sandbox::new();
    done(&sandbox, &["-o", "swept", "--plot", "none"]);
    let rows = cells(&sandbox, "swept/sweep.csv");
    assert_eq!(rows.len(), 1 + 9);
    let header = &rows[0];
    let row = &rows[1 + 5];
    let settings: Vec<String> = (2..4)
        .map(|column| format!("{}={}", header[column], row[column]))
        .collect();
    let run = sandbox.hpasim(&[
        "run",
        "policies/prod.toml",
        "traces/spike.csv",
        "--engine",
        "fluid",
        "--set",
        &settings[0],
        "--set",
        &settings[1],
        "--format",
        "json",
        "--plot",
        "none",
        "-q",
        "-o",
        "ran",
    ]);
    let summary = run.json();
    let kpis = summary["kpis"].as_object().expect("KPIs");
    // Point, trace and two parameters before the KPIs, the check value behind them.
    assert_eq!(kpis.len(), header.len() - 4 - 1);
    for (name, cell) in header.iter().zip(row).skip(4).take(kpis.len()) {
        assert_eq!(kpis[name].as_f64(), cell.parse().ok(), "{name}");
    }
}

#[test]
fn any_number_of_jobs_leaves_the_same_bytes() {
    let sandbox = Sandbox::new();
    let seeds = ["--seeds", "3"];
    done(
        &sandbox,
        &[&seeds[..], &["-o", "one", "--jobs", "1"]].concat(),
    );
    done(
        &sandbox,
        &[&seeds[..], &["-o", "five", "--jobs", "5"]].concat(),
    );
    for file in [
        "sweep.csv",
        "summary.json",
        "front.svg",
        "front.png",
        "parameters.svg",
        "heatmap.svg",
    ] {
        let [one, five] = ["one", "five"].map(|folder| sandbox.read(&format!("{folder}/{file}")));
        assert!(one == five, "{file}");
    }
    let rows = cells(&sandbox, "one/sweep.csv");
    assert!(rows[0].contains(&"mean_replicas_p90".to_owned()));
}

#[test]
fn parts_join_to_the_bytes_of_the_whole() {
    let sandbox = Sandbox::new();
    done(&sandbox, &["-o", "whole"]);
    for part in ["2/4", "0/4", "3/4", "1/4"] {
        let folder = format!("part-{}", &part[..1]);
        done(&sandbox, &["-o", &folder, "--shard", part]);
    }
    let parts = ["part-3", "part-0/sweep.csv", "part-1", "part-2"];
    let merged = sandbox.hpasim(&[&["merge"], &parts[..], &["-o", "merged.csv"]].concat());
    insta::assert_snapshot!(merged.stdout, @"9 rows of 4 parts in merged.csv");
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert!(sandbox.read("merged.csv") == sandbox.read("whole/sweep.csv"));
    // From the joined file come the pictures, without a simulation.
    std::fs::create_dir(sandbox.path("again")).expect("a folder");
    std::fs::rename(sandbox.path("merged.csv"), sandbox.path("again/sweep.csv")).expect("moved");
    done(&sandbox, &["-o", "again", "--resume"]);
    for file in ["sweep.csv", "summary.json", "front.png"] {
        let [again, whole] = ["again", "whole"].map(|it| sandbox.read(&format!("{it}/{file}")));
        assert!(again == whole, "{file}");
    }
}

#[test]
fn parts_that_make_no_whole_are_refused() {
    let sandbox = Sandbox::new();
    for index in 0..2 {
        let (folder, part) = (format!("p{index}"), format!("{index}/3"));
        done(&sandbox, &["-o", &folder, "--shard", &part]);
    }
    done(&sandbox, &["-o", "other", "--shard", "2/3", "--seed", "7"]);
    done(&sandbox, &["-o", "halves", "--shard", "1/2"]);
    let fault = |parts: &[&str]| {
        let finished = sandbox.hpasim(&[&["merge"], parts, &["-o", "all.csv"]].concat());
        assert_eq!(finished.code, Some(3), "{}", finished.stderr);
        assert!(!sandbox.path("all.csv").exists());
        finished.stderr
    };
    insta::assert_snapshot!(fault(&["p0", "p1"]), @"error: part 2 of 3 is missing; compute it with --shard 2/3");
    insta::assert_snapshot!(fault(&["p0", "p1", "p1"]), @"error: p1/sweep.csv and p1/sweep.csv are the same part, 1/3; name it once");
    insta::assert_snapshot!(fault(&["p0", "p1", "other"]), @"error: other/sweep.csv: a part of another sweep: it has `# seed: 7` where p0/sweep.csv has `# seed: 1`; join parts of one command, one version and the same files");
    insta::assert_snapshot!(fault(&["p0", "p1", "halves"]), @"error: halves/sweep.csv: part 1/2 does not fit p0/sweep.csv, part 0/3; divide by one number");
    insta::assert_snapshot!(fault(&["p0", "traces/spike.csv"]), @"error: traces/spike.csv: this is not a part of a sweep: its first line is not `# hpasim sweep`; name a sweep.csv");
    let text = sandbox.text("p1/sweep.csv");
    let shorter = &text[..text.trim_end().rfind('\n').expect("lines") + 1];
    sandbox.write("p1/sweep.csv", shorter);
    done(&sandbox, &["-o", "p2", "--shard", "2/3"]);
    insta::assert_snapshot!(fault(&["p0", "p1", "p2"]), @"error: p1/sweep.csv: unfinished: 2 of 3 rows; continue with the same command and --resume");
}

/// A sweep that takes long enough to be killed.
const LONG: [&str; 8] = [
    "sweep",
    "policies/prod.toml",
    "traces/diurnal.csv",
    "--set",
    "hpa.targetCPUUtilizationPercentage=31..90:1",
    "--quiet",
    "--jobs",
    "2",
];

#[test]
fn a_killed_sweep_goes_on_to_the_same_bytes() {
    let sandbox = Sandbox::new();
    sandbox.done(&[&LONG[..], &["-o", "whole"]].concat());
    let arguments = [&LONG[..], &["-o", "killed", "--resume"]].concat();
    let file = sandbox.path("killed/sweep.csv");
    for rows in [3, 20] {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin!("hpasim"))
            .current_dir(sandbox.folder.path())
            .args(&arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let rows_in = || {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let lines = bytes.split(|byte| *byte == b'\n');
            lines
                .filter(|line| line.first().is_some_and(u8::is_ascii_digit))
                .count()
        };
        while rows_in() < rows && process.try_wait().expect("a process").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        process.kill().expect("killed");
        process.wait().expect("ended");
        let bytes = sandbox.read("killed/sweep.csv");
        assert_eq!(bytes.last(), Some(&b'\n'), "whole lines only");
    }
    // As a failing machine would leave it: half a line at the end.
    let mut torn = sandbox.read("killed/sweep.csv");
    torn.extend(b"7,diur");
    sandbox.write("killed/sweep.csv", torn);
    sandbox.done(&arguments);
    for name in ["sweep.csv", "summary.json", "front.png", "parameters.svg"] {
        let [killed, whole] = ["killed", "whole"].map(|it| sandbox.read(&format!("{it}/{name}")));
        assert!(killed == whole, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_exits_with_130_and_leaves_whole_lines() {
    let sandbox = Sandbox::new();
    let process = Command::new(assert_cmd::cargo::cargo_bin!("hpasim"))
        .current_dir(sandbox.folder.path())
        .args(&LONG[..5])
        .args(["--seeds", "200", "-o", "out"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let file = sandbox.path("out/sweep.csv");
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    interrupt(&process);
    let output = process.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("with --resume continues from out/sweep.csv"),
        "{said}"
    );
    assert_eq!(sandbox.read("out/sweep.csv").last(), Some(&b'\n'));
    assert!(!sandbox.path("out/summary.json").exists());
}

#[test]
fn another_sweep_is_neither_continued_nor_overwritten() {
    let sandbox = Sandbox::new();
    done(&sandbox, &["-o", "out", "--plot", "none"]);
    let before = sandbox.read("out/sweep.csv");
    let other = sweep(&sandbox, &["-o", "out", "--seed", "2", "--resume"]);
    assert_eq!(other.code, Some(3));
    assert!(
        other
            .stderr
            .contains("another sweep: it has `# seed: 1` where"),
        "{}",
        other.stderr
    );
    let other = sweep(&sandbox, &["-o", "out", "--seed", "2"]);
    assert_eq!(other.code, Some(1));
    insta::assert_snapshot!(other.stderr, @"error: out holds another sweep: it has `# seed: 1` where this command has `# seed: 2`; choose another folder with -o, or overwrite it with --force");
    std::fs::remove_file(sandbox.path("out/summary.json")).expect("removed");
    let unfinished = sweep(&sandbox, &["-o", "out"]);
    assert_eq!(unfinished.code, Some(1));
    insta::assert_snapshot!(unfinished.stderr, @"error: out holds the beginning of this sweep, and --resume would continue it; choose another folder with -o, or overwrite it with --force");
    assert!(sandbox.read("out/sweep.csv") == before);
    done(
        &sandbox,
        &["-o", "out", "--seed", "2", "--force", "--plot", "none"],
    );
    assert!(sandbox.read("out/sweep.csv") != before);
}

#[test]
fn the_answer_names_the_front_the_current_policy_and_the_files() {
    let sandbox = Sandbox::new();
    let finished = sandbox.done(&[&GRID[..7], &["-o", "out"]].concat());
    let blocks: Vec<&str> = finished.stdout.split("\n\n").collect();
    assert_eq!(blocks[0], "prod under spike\n9 policies, fluid engine");
    let table: Vec<&str> = blocks[2].lines().collect();
    let front = sandbox.json("out/summary.json")["answer"]["front"]
        .as_array()
        .map_or(0, Vec::len);
    let heading = blocks[1];
    assert!(
        heading.contains("mean replicas and SLO-breaking seconds"),
        "{heading}"
    );
    assert!(
        heading.ends_with(&format!("than these {front}")),
        "{heading}"
    );
    // Three lines of headings, the front with its knee, the current policy.
    assert_eq!(table.len(), 3 + front + 1, "{}", finished.stdout);
    let named = |name: &str| table.iter().filter(|line| line.contains(name)).count();
    assert_eq!((named("knee"), named("current ")), (1, 1));
    assert!(
        table
            .last()
            .is_some_and(|line| line.starts_with(" current") || line.starts_with("current"))
    );
    insta::assert_snapshot!(blocks.last().expect("the files"), @"
    written  out/front.png
             out/front.svg
             out/parameters.png
             out/parameters.svg
             out/heatmap.png
             out/heatmap.svg
             out/sweep.csv
             out/summary.json
    ");
}

#[test]
fn the_answer_says_where_the_fluid_engine_overloads_pods() {
    let sandbox = Sandbox::new();
    let note = |set: &str, engine: &str, folder: &str| {
        let command = format!(
            "sweep policies/prod.toml traces/spike.csv --set {set} --engine {engine} -o {folder} --plot none"
        );
        let stdout = sandbox.done(&command).stdout;
        let words: Vec<&str> = stdout.split_whitespace().collect();
        let text = words.join(" ");
        text.contains("The fluid engine spreads waiting requests over all pods")
            && text.contains("Confirm with --engine request.")
    };
    let few = "hpa.maxReplicas=2,3";
    assert!(note(few, "fluid", "few"));
    assert!(!note(few, "request", "requests"));
    // A finished sweep, read back, says the same.
    let again = format!(
        "sweep policies/prod.toml traces/spike.csv --set {few} --engine fluid -o few --plot none --resume"
    );
    assert!(sandbox.done(&again).stdout.contains("Confirm with"));
}

#[test]
fn a_point_that_is_no_policy_is_told_before_anything_runs() {
    let sandbox = Sandbox::new();
    let finished = sandbox
        .hpasim("sweep policies/prod.toml traces/spike.csv --set hpa.minReplicas=10..60:10 -o out");
    assert_eq!(finished.code, Some(3));
    let (faults, rows) = finished.stderr.split_once("\nerror: ").expect("two parts");
    insta::assert_snapshot!(codes_and_places(faults), @"E0016 --set:1:1");
    insta::assert_snapshot!(rows, @"1 of 6 rows cannot be simulated; the first: --set hpa.minReplicas=60");
    assert!(!sandbox.path("out").exists());
}

#[test]
fn a_swept_value_that_breaks_a_rule_is_to_blame() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", "[hpa]\nmaxReplicas = 10\n");
    let faulty = sandbox.hpasim(
        "sweep p.toml traces/spike.csv --set hpa.maxReplicas=30 --set hpa.minReplicas=20,40",
    );
    assert_eq!(faulty.code, Some(3));
    insta::assert_snapshot!(faulty.stderr, @"
    error[E0016]: hpa.maxReplicas: maxReplicas (30) must not be below minReplicas (40), with `hpa.maxReplicas` in another `--set`
     --> --set:1:1
      |
    1 | hpa.minReplicas=40
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: write 40 or more, or lower minReplicas

    error: 1 of 2 rows cannot be simulated; the first: --set hpa.maxReplicas=30 --set hpa.minReplicas=40
    ");
}

#[test]
fn a_sweep_of_nothing_says_that_the_key_is_set_to_nothing() {
    let sandbox = Sandbox::new();
    let faulty =
        sandbox.hpasim("sweep policies/prod.toml traces/spike.csv --set hpa.maxReplicas=,");
    assert_eq!(faulty.code, Some(3));
    insta::assert_snapshot!(faulty.stderr, @"
    error[E0005]: `hpa.maxReplicas` is set to nothing
     --> --set:1:17
      |
    1 | hpa.maxReplicas=
      |                 ^
      |
      = help: write a value after the sign, as `--set 'hpa.maxReplicas=1'`
    ");
}

#[test]
fn arguments_that_make_no_sweep_exit_with_2() {
    let sandbox = Sandbox::new();
    let fault = |further: &[&str]| {
        let start = ["sweep", "policies/prod.toml", "traces/spike.csv"];
        let finished = sandbox.hpasim(&[&start[..], further].concat());
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        finished.stderr
    };
    insta::assert_snapshot!(fault(&[]), @"error: no parameter has several values; write some, as --set hpa.maxReplicas=10,20,40 or --set hpa.targetCPUUtilizationPercentage=40..80:5");
    insta::assert_snapshot!(fault(&["--set", "hpa.maxReplicas=10..20"]), @"error: `--set hpa.maxReplicas=10..20` has no step; write `10..20:STEP`, or draw from it with --samples");
    insta::assert_snapshot!(fault(&["--set", "hpa.maxReplicas=10,20", "--shard", "4/4"]), @"
    error: invalid value '4/4' for '--shard <I/N>': parts count from 0, so the last of 4 is 3/4

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(
        fault(&["traces/spike.csv", "--set", "hpa.maxReplicas=10,20"]),
        @"error: two traces have the name `spike`, and that name identifies rows; rename one of the files"
    );
}

#[test]
fn a_folder_with_what_scale_says_is_a_manifest_of_an_indexed_job() {
    let page = include_str!("../../docs/scale.md");
    let manifest = page
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a manifest");
    let job: Value = serde_saphyr::from_str(manifest).expect("YAML");
    assert_eq!(job["kind"], "Job");
    assert_eq!(job["spec"]["completionMode"], "Indexed");
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let completions = &job["spec"]["completions"];
    let arguments = container["args"].as_array().expect("arguments");
    let shard = format!("$(JOB_COMPLETION_INDEX)/{completions}");
    assert!(
        arguments.iter().any(|argument| *argument == shard.as_str()),
        "{shard}"
    );
    // The very arguments make a sweep, but for the names of files and the part.
    let sandbox = Sandbox::new();
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| argument.as_str().expect("a string"))
        .map(|argument| match argument {
            "/in/prod.toml" => "policies/prod.toml".to_owned(),
            "/in/diurnal.csv" => "traces/spike.csv".to_owned(),
            other => other
                .replace("$(JOB_COMPLETION_INDEX)", "3")
                .replace("/out/", "out/"),
        })
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    sandbox.done(&arguments);
}
