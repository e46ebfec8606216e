//! Clock time: a trace with dates keeps them in arguments, files, pictures and exports.

use std::process::Command;

use super::Sandbox;

const POLICY: &str = "[hpa]\nmaxReplicas = 10\ntargetCPUUtilizationPercentage = 50\n";
/// An hour from 14:25 in a zone two hours ahead of UTC.
const DATED: &str = "timestamp,rps\n2026-11-28T14:25:00+02:00,10\n2026-11-28T14:40:00+02:00,40\n2026-11-28T15:25:00+02:00,10\n";
const UNDATED: &str = "time_s,rps\n0,10\n600,40\n3600,10\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", POLICY);
    sandbox.write("dated.csv", DATED);
    sandbox.write("undated.csv", UNDATED);
    sandbox
}

/// The second column of a table, from the header on.
fn second_column(table: &str) -> Vec<&str> {
    table
        .lines()
        .filter_map(|line| line.split(',').nth(1))
        .collect()
}

#[test]
fn all_files_of_a_run_have_the_dates_of_its_trace() {
    let sandbox = sandbox();
    let done = sandbox.done("run p.toml dated.csv -o run --plot svg");
    assert!(
        done.stdout
            .starts_with("p under dated, 1h 0m from 2026-11-28T14:25:00+02:00\n"),
        "{done:?}"
    );
    let timeline = sandbox.text("run/timeline.csv");
    let times = second_column(&timeline);
    assert_eq!(
        times[..3],
        [
            "timestamp",
            "2026-11-28T14:25:00+02:00",
            "2026-11-28T14:25:05+02:00"
        ]
    );
    let decisions = sandbox.text("run/decisions.jsonl");
    assert!(
        decisions
            .lines()
            .all(|line| line.starts_with("{\"timestamp\":\"2026-11-28T1"))
    );
    let summary = sandbox.json("run/summary.json");
    assert_eq!(summary["start"], "2026-11-28T14:25:00+02:00");
    sandbox.done("run p.toml dated.csv -o seeds --seeds 2 --plot none");
    let quantiles = sandbox.text("seeds/timeline_quantiles.csv");
    assert_eq!(
        second_column(&quantiles)[..2],
        ["timestamp", "2026-11-28T14:25:00+02:00"]
    );
}

#[test]
fn a_run_without_dates_has_none() {
    let sandbox = sandbox();
    sandbox.done("run p.toml undated.csv -o run --plot none");
    assert!(!sandbox.text("run/timeline.csv").contains("timestamp"));
    assert!(
        !sandbox
            .text("run/decisions.jsonl")
            .contains("\"timestamp\"")
    );
    assert_eq!(
        sandbox.json("run/summary.json")["start"],
        serde_json::Value::Null
    );
}

#[test]
fn a_part_can_be_named_by_the_clock_and_all_names_of_it_are_one_run() {
    let sandbox = sandbox();
    let names = [
        "--from 5m --to 35m",
        "--from 14:30 --to 15:00",
        "--from 2026-11-28T12:30:00Z --to 2026-11-28T13:00:00Z",
        "--from 2026-11-28T14:30 --to 15:00",
        "--from 13:30 --to 14:00 --timezone Europe/Berlin",
    ];
    let kpis = |(index, part): (usize, &&str)| {
        sandbox.done(&format!(
            "run p.toml dated.csv {part} -o {index} --plot none -q"
        ));
        sandbox.json(&format!("{index}/summary.json"))["kpis"].clone()
    };
    let kpis: Vec<_> = names.iter().enumerate().map(kpis).collect();
    assert!(kpis.iter().all(|it| *it == kpis[0]));
    assert_eq!(sandbox.json("1/summary.json")["request"]["from"], "14:30");
    assert_eq!(
        sandbox.json("4/summary.json")["start"],
        "2026-11-28T13:30:00+01:00"
    );
    sandbox.done("compare p.toml @fixed:2 dated.csv --from 14:30 --seeds 2 -o c --plot none");
    assert_eq!(sandbox.json("c/summary.json")["request"]["from"], "14:30");
}

#[test]
fn a_time_of_day_of_a_trace_without_dates_is_refused_with_the_remedy() {
    let refused = sandbox().hpasim("run p.toml undated.csv --from 14:30 -o run");
    assert_eq!(refused.code, Some(3));
    assert_eq!(
        refused.stderr,
        "error[E0040]: `--from 14:30` needs a trace with dates, and this one has none\n --> command line:1:1\n  |\n1 | --from 14:30\n  | ^^^^^^^^^^^^\n  |\n  = help: write a time from its start, such as 90m\n"
    );
}

#[test]
fn a_time_outside_the_trace_is_refused_in_the_words_of_the_clock() {
    for (part, moment) in [
        ("--from 16:00", "`--from 16:00`"),
        ("--from 15:00 --to 14:50", "`--to 14:50`"),
    ] {
        let refused = sandbox().hpasim(&format!("run p.toml dated.csv {part} -o run"));
        assert_eq!(refused.code, Some(3), "{refused:?}");
        let message = format!("{moment} is outside the trace");
        let help = "the trace runs from 2026-11-28T14:25:00+02:00 to 2026-11-28T15:25:00+02:00";
        assert!(refused.stderr.contains(&message), "{refused:?}");
        assert!(refused.stderr.contains(help), "{refused:?}");
    }
}

#[test]
fn a_converted_trace_keeps_its_dates() {
    let sandbox = sandbox();
    let converted = sandbox
        .done("trace convert dated.csv --from 12:35 --timezone UTC")
        .stdout;
    let rows: Vec<&str> = converted.lines().skip(1).collect();
    assert_eq!(
        rows[..3],
        [
            "timestamp,rps",
            "2026-11-28T12:35:00Z,10",
            "2026-11-28T12:40:00Z,40"
        ]
    );
}

#[test]
fn a_splice_multiplies_the_load_for_a_while_or_adds_another_trace() {
    let sandbox = sandbox();
    let rows = |command: &str| -> Vec<String> {
        let csv = sandbox.done(command).stdout;
        csv.lines().skip(2).map(str::to_owned).collect()
    };
    assert_eq!(
        rows("trace splice dated.csv --at 15:00 --scale 5 --over 10m"),
        [
            "2026-11-28T14:25:00+02:00,10",
            "2026-11-28T14:40:00+02:00,40",
            "2026-11-28T15:00:00+02:00,200",
            "2026-11-28T15:10:00+02:00,40",
            "2026-11-28T15:25:00+02:00,10",
        ]
    );
    assert_eq!(
        rows("trace splice undated.csv --at 0s --add undated.csv --scale 2 --over 20m"),
        ["0,30", "600,120", "1200,40", "3600,10"]
    );
    let refused = sandbox.hpasim("trace splice dated.csv --at 15:20 --scale 5 --over 10m");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("the change would end after the trace, which lasts only 5m from there"),
        "{refused:?}"
    );
}

#[test]
fn openmetrics_of_a_run_without_dates_begins_in_1970_and_says_so() {
    let done = sandbox().done("run p.toml undated.csv --format openmetrics --plot none -o run");
    let first = done.stdout.lines().find(|line| !line.starts_with('#'));
    assert!(first.expect("a sample").ends_with(" 15.000"), "{first:?}");
    assert!(
        done.stderr.contains("the samples begin in 1970"),
        "{}",
        done.stderr
    );
}

/// Whether promtool is installed. `.ci/run` installs it.
fn has_promtool() -> bool {
    let asked = Command::new("promtool").arg("--version").output();
    asked.is_ok_and(|output| output.status.success())
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn prometheus_takes_the_openmetrics_of_a_run() {
    if !has_promtool() {
        eprintln!("skipped: promtool is not here");
        return;
    }
    let sandbox = sandbox();
    let text = sandbox
        .done("run p.toml dated.csv --format openmetrics --plot none -o run")
        .stdout;
    assert_eq!(text, sandbox.text("run/openmetrics.txt"));
    let tool = |arguments: &[&str]| {
        let output = Command::new("promtool")
            .args(arguments)
            .current_dir(sandbox.path(""))
            .output();
        let output = output.expect("promtool");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    tool(&[
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "run/openmetrics.txt",
        "tsdb",
    ]);
    // promtool reads a database with a write-ahead log.
    std::fs::create_dir(sandbox.path("tsdb/wal")).expect("a new folder");
    let samples = tool(&[
        "tsdb",
        "dump",
        "--match={__name__=\"hpasim_requests_total\",outcome=\"succeeded\"}",
        "tsdb",
    ]);
    let last = samples.lines().last().expect("a sample");
    let fields: Vec<&str> = last.split(' ').rev().take(2).collect();
    // 15:25 in the zone of the trace, in milliseconds.
    assert_eq!(fields[0], "1795872300000");
    let counted: f64 = fields[1].parse().expect("a number");
    let succeeded = sandbox.json("run/summary.json")["kpis"]["requests_succeeded"].as_f64();
    if let Some(succeeded) = succeeded {
        assert!(
            (counted / succeeded - 1.0).abs() < 1e-3,
            "{counted} of {succeeded}"
        );
    }
    assert!(counted > 30_000.0, "{counted}");
}
