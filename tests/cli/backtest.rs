//! `hpasim backtest`.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::{Sandbox, project};

/// A policy that states what a result depends on, except for the initialisation of a pod.
const POLICY: &str = r#"
name = "web"
cluster = "kubeadm"

[controller]
kubernetes = "1.33"

[hpa]
minReplicas = 2
maxReplicas = 20
targetCPUUtilizationPercentage = 60

[[deployment.containers]]
name = "web"
resources = { requests = { cpu = "200m" }, limits = { cpu = "1" } }

[workload]
cpu_per_request = "20ms"
idle_cpu = "10m"
"#;

/// The seconds of a row of `recorded.csv`.
const STEP: usize = 15;
/// The seconds of a row of the timeline.
const INTERVAL: usize = 5;

/// Two hours of traffic that rises and falls, with a burst in the second hour.
fn traffic() -> String {
    let mut text = "timestamp,rps\n".to_owned();
    for row in 0..=240_u32 {
        let hours = f64::from(row) / 120.0;
        let burst = if (1.4..1.6).contains(&hours) {
            12.0
        } else {
            0.0
        };
        let rps = 12.0 + 8.0 * (std::f64::consts::TAU * hours / 0.7).sin() + burst;
        let (minutes, seconds) = (row / 2, 30 * (row % 2));
        let _ = writeln!(
            text,
            "2026-11-28T{:02}:{:02}:{seconds:02}Z,{rps:.2}",
            minutes / 60,
            minutes % 60
        );
    }
    text
}

/// A deterministic number from -1 to 1, other for each `index`.
fn scatter(index: usize) -> f64 {
    (index * 7919 % 1009) as f64 / 504.5 - 1.0
}

/// A folder with a day that the request engine made: what a monitoring would have recorded of it. One seed in twenty makes a day beyond
/// the noise of 95 % of the seeds; this one does not.
fn made_day(policy: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("web")).expect("a folder");
    sandbox.write("web/policy.toml", policy);
    sandbox.write("web/traffic.csv", traffic());
    sandbox.done("run web/policy.toml web/traffic.csv --seed 994 --plot none --quiet -o truth");
    let mut reader = csv::Reader::from_path(sandbox.path("truth/timeline.csv")).expect("a file");
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|it| it == name).expect("a column");
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let number =
        |row: usize, name: &str| -> f64 { rows[row][column(name)].parse().unwrap_or_default() };
    let mut text =
        "timestamp,rps,cpu_millicores,desired_replicas,current_replicas,ready_replicas,p95_ms,failed_share,event\n"
            .to_owned();
    let joined = STEP / INTERVAL;
    for row in (0..rows.len() - joined).step_by(joined) {
        let mean = |name: &str| {
            (row..row + joined).map(|it| number(it, name)).sum::<f64>() / joined as f64
        };
        // A gauge is that of the moment: the end of the row before.
        let gauge = |name: &str| number(row.saturating_sub(1), name);
        let latency = (row..row + joined).map(|it| number(it, "latency_seconds_p95"));
        let offered = mean("offered_rps");
        let _ = writeln!(
            text,
            "{},{offered:.3},{:.2},{},{},{},{:.1},{:.4},",
            &rows[row][column("timestamp")],
            1e3 * mean("cpu_cores") * (1.0 + 0.02 * scatter(row)),
            gauge("replicas_desired"),
            gauge("replicas_current"),
            gauge("replicas_ready"),
            1e3 * latency.fold(0.0, f64::max),
            mean("failed_rps") / offered.max(1e-9),
        );
    }
    sandbox.write("web/recorded.csv", text);
    sandbox
}

/// The text of the recorded day, with this change.
fn change_recorded(sandbox: &Sandbox, change: impl Fn(&str) -> String) {
    let text = String::from_utf8(sandbox.read("web/recorded.csv")).expect("text");
    sandbox.write("web/recorded.csv", change(&text));
}

fn summary(sandbox: &Sandbox, folder: &str) -> Value {
    let bytes = sandbox.read(&format!("{folder}/summary.json"));
    serde_json::from_slice(&bytes).expect("JSON")
}

fn figure(summary: &Value, path: &str) -> f64 {
    let value = summary.pointer(path);
    value
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("{path}: {value:?}"))
}

#[test]
fn a_made_day_is_recovered() {
    let sandbox = made_day(POLICY);
    // The policy knows less than the day before shows.
    sandbox.write(
        "web/policy.toml",
        POLICY.replace("20ms", "30ms").replace("10m\"", "0m\""),
    );
    let done = sandbox.done("backtest web --from 01:00 --engine fluid --seeds 30 -o out");
    let summary = summary(&sandbox, "out");
    for (key, truth) in [("cpu_per_request_ms", 20.0), ("idle_cpu_millicores", 10.0)] {
        let [low, high] =
            ["low", "high"].map(|end| figure(&summary, &format!("/usage/{key}/{end}")));
        assert!(low <= truth && truth <= high, "{key}: {low} to {high}");
    }
    assert_eq!(summary["usage"]["origin"], "before");
    let score = |name: &str| figure(&summary, &format!("/scores/replicas/{name}"));
    let error = score("error");
    let most = score("noise_floor_p95");
    assert!(error <= most, "{error}, {most}\n{}", done.stdout);
    assert!(error < 0.5 * score("best_constant"), "{error}");
    let coverage = score("coverage");
    assert!((0.55..=0.95).contains(&coverage), "{coverage}");
    for quantity in ["cpu_percent", "p95_ms", "failed_percent"] {
        assert!(summary["scores"][quantity]["rows"].is_u64(), "{quantity}");
    }
    let table = String::from_utf8(sandbox.read("out/backtest.csv")).expect("text");
    let rows = 3600 / STEP;
    assert_eq!(table.lines().count(), rows);
    assert!(
        table.starts_with("time_s,timestamp,replicas_recorded,replicas_p10,replicas_p50,replicas_p90,cpu_percent_recorded,"),
        "{table}"
    );
    assert!(
        done.stdout
            .contains("The simulation reproduces the day within"),
        "{}",
        done.stdout
    );
}

/// A backtest by the fluid engine of few seeds, with these further arguments.
const QUICK: &str = "backtest web --engine fluid --seeds 10 --plot none --quiet";

#[test]
fn rows_with_an_event_or_without_replicas_are_left_out_and_counted() {
    let sandbox = made_day(POLICY);
    sandbox.done(&format!("{QUICK} --from 01:00 -o before"));
    let marked = |line: &str| {
        let time = &line[..line.len().min(20)];
        match time {
            // Replicas that no autoscaler asked for.
            "2026-11-28T01:20:00Z" => format!("{},,,,,,,,controller restart; rollout", &line[..20]),
            time if ("2026-11-28T01:10:00Z".."2026-11-28T01:15:00Z").contains(&time) => {
                let mut cells: Vec<&str> = line.split(',').collect();
                (cells[3], cells[8]) = ("19", "manual scaling");
                cells.join(",")
            }
            "2026-11-28T01:30:00Z" => format!("{time},10,,,,,,,"),
            _ => line.to_owned(),
        }
    };
    change_recorded(&sandbox, |text| {
        text.lines().map(|line| marked(line) + "\n").collect()
    });
    sandbox.done(&format!("{QUICK} --from 01:00 -o after"));
    let (before, after) = (summary(&sandbox, "before"), summary(&sandbox, "after"));
    let left_out = serde_json::json!({
        "rows": 239,
        "by_event": { "controller restart": 1, "manual scaling": 20, "rollout": 1 },
        "with_event": 21,
        "without_replicas": 1,
    });
    assert_eq!(after["left_out"], left_out);
    assert_eq!(after["scores"]["replicas"]["rows"], 239 - 22);
    let error = |summary: &Value| figure(summary, "/scores/replicas/error");
    // With the 19 replicas of the marked rows the error would be above one replica.
    assert!((error(&before) - error(&after)).abs() < 0.1);
    assert!(figure(&after, "/course/recorded/peak/replicas") < 19.0);
}

/// The day without CPU and dates in one folder, so that the cost is the policy's.
fn without_cpu(text: &str) -> String {
    let row = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if cells[2] != "cpu_millicores" {
            cells[2] = "";
        }
        cells.join(",") + "\n"
    };
    text.lines().map(row).collect()
}

#[test]
fn a_wrong_cost_makes_the_error_larger_and_a_failed_assertion_ends_with_99() {
    let sandbox = made_day(POLICY);
    change_recorded(&sandbox, without_cpu);
    let assertion = "--assert replica_error<0.8";
    sandbox.done(&format!("{QUICK} {assertion} -o right"));
    sandbox.write("web/policy.toml", POLICY.replace("20ms", "40ms"));
    let wrong = sandbox.hpasim(&format!("{QUICK} {assertion} -o wrong"));
    assert_eq!(wrong.code, Some(99), "{wrong:?}");
    let (right, wrong) = (summary(&sandbox, "right"), summary(&sandbox, "wrong"));
    let error = |summary: &Value| figure(summary, "/scores/replicas/error");
    assert!(error(&wrong) > 2.0 * error(&right) + 1.0);
    assert_eq!(wrong["usage"]["origin"], "stated");
    assert_eq!(wrong["assertions"][0]["holds"], false);
    assert_eq!(wrong["assertions"][0]["assertion"], "replica_error < 0.8");
}

#[test]
fn of_one_day_the_cost_is_fitted_to_the_day_and_only_replicas_are_judged() {
    let sandbox = made_day(POLICY);
    // Without `--from`, the minutes that fill the windows lie before the judged time; they are too few for a cost.
    for (from, out) in [("--from 0s", "all"), ("", "rest")] {
        let done = sandbox.done(&format!(
            "backtest web {from} --engine fluid --seeds 10 --plot none -o {out}"
        ));
        let summary = summary(&sandbox, out);
        assert_eq!(summary["usage"]["origin"], "fitted", "{out}");
        let judged: Vec<&String> = summary["scores"]
            .as_object()
            .expect("scores")
            .keys()
            .collect();
        assert_eq!(judged, ["replicas"], "{out}");
        let words: Vec<&str> = done.stdout.split_whitespace().collect();
        let page = words.join(" ");
        assert!(page.contains("so only the replicas are judged"), "{page}");
    }
}

#[test]
fn an_assumption_that_explains_the_difference_is_named() {
    // The day has pods that take 45 s to initialise, which the policy does not say.
    let sandbox = made_day(&POLICY.replace(
        "[workload]",
        "[pod]\ninit = \"45s\"\n\n[metrics]\nscrape_interval = \"60s\"\n\n[workload]",
    ));
    sandbox.write(
        "web/policy.toml",
        POLICY.replace("cluster = \"kubeadm\"\n", ""),
    );
    sandbox.done(&format!("{QUICK} --from 01:00 -o out"));
    let summary = summary(&sandbox, "out");
    let explained = &summary["explained_by"];
    assert!(explained["key"].is_string(), "{explained}");
    assert!(
        explained["error"].as_f64() < explained["error_assumed"].as_f64(),
        "{explained}"
    );
}

/// What is said about a folder that is refused.
fn refused(sandbox: &Sandbox, arguments: &str) -> String {
    let finished = sandbox.hpasim(&format!("backtest {arguments}"));
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(3), ""),
        "{finished:?}"
    );
    finished.stderr
}

/// A folder with these rows of `recorded.csv` under a quarter of an hour of traffic.
fn folder(recorded: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("web")).expect("a folder");
    sandbox.write("web/policy.toml", POLICY);
    sandbox.write(
        "web/traffic.csv",
        "timestamp,rps\n2026-11-28T00:00:00Z,9\n2026-11-28T00:30:00Z,9\n",
    );
    sandbox.write("web/recorded.csv", recorded);
    sandbox
}

#[test]
fn a_folder_that_cannot_be_judged_is_refused_with_the_remedy() {
    let sandbox = folder("time_s,desired_replicas\n0,2\n15,two\n30,2,\n");
    insta::assert_snapshot!(refused(&sandbox, "web"), @"
    error[E0047]: `two` is not a number
     --> web/recorded.csv:3:4
      |
    3 | 15,two
      |    ^^^
      |
      = help: write a plain number with a decimal point, or leave the cell empty

    error[E0048]: the row has 3 fields, the header 2
     --> web/recorded.csv:4:1
      |
    4 | 30,2,
      | ^^^^^
      |
      = help: write one field for each column, and leave a field without a value empty
    ");
    std::fs::remove_file(sandbox.path("web/recorded.csv")).expect("a file");
    insta::assert_snapshot!(refused(&sandbox, "web"), @"
    error[E0001]: cannot read `web/recorded.csv`: there is no such file
    help: `hpasim import -o FOLDER` writes it; docs/backtest.md lists its columns, for a file of your own
    ");
    insta::assert_snapshot!(refused(&sandbox, "nowhere"), @"
    error[E0001]: cannot read `nowhere/policy.toml`: there is no such file
    help: check the path

    error[E0001]: cannot read `nowhere/traffic.csv`: there is no such file
    help: check the path

    error[E0001]: cannot read `nowhere/recorded.csv`: there is no such file
    help: `hpasim import -o FOLDER` writes it; docs/backtest.md lists its columns, for a file of your own
    ");
    let elsewhere =
        folder("timestamp,desired_replicas\n2026-11-29T00:00:00Z,2\n2026-11-29T00:15:00Z,2\n");
    insta::assert_snapshot!(refused(&elsewhere, "web"), @"
    error[E0049]: the recording and the traffic have no time in common
    help: the recording runs from 2026-11-29T00:00:00Z to 2026-11-29T00:30:00Z, the traffic from 2026-11-28T00:00:00Z to 2026-11-28T00:30:00Z; export both for the same time
    ");
    let short =
        folder("timestamp,desired_replicas\n2026-11-28T00:00:00Z,2\n2026-11-28T00:02:00Z,2\n");
    insta::assert_snapshot!(refused(&short, "web"), @"
    error[E0049]: no time is left to judge: the windows of the autoscaler take 7m to fill
    help: record a longer time, or judge all with --from; both files cover 2026-11-28T00:00:00Z to 2026-11-28T00:04:00Z
    ");
    insta::assert_snapshot!(refused(&short, "web --from 00:10"), @"
    error[E0049]: `--from 00:10` is outside the recording
    help: both files cover 2026-11-28T00:00:00Z to 2026-11-28T00:04:00Z
    ");
    let empty =
        folder("timestamp,desired_replicas\n2026-11-28T00:00:00Z,\n2026-11-28T00:15:00Z,\n");
    insta::assert_snapshot!(refused(&empty, "web"), @"
    error[E0049]: no row of `web/recorded.csv` in the judged time has recorded replicas and no event
    help: fill in `desired_replicas` or `current_replicas`, or choose another time with --from and --to
    ");
    insta::assert_snapshot!(refused(&empty, "web --assert replica_eror<1 --assert cpu_bias"), @"
    error[E0009]: there is no score `replica_eror`
     --> --assert:1:1
      |
    1 | replica_eror<1
      | ^^^^^^^^^^^^
      |
      = help: did you mean `replica_error`?

    error[E0026]: `cpu_bias` is not an assertion: it has no comparison
     --> --assert:1:1
      |
    1 | cpu_bias
      | ^^^^^^^^
      |
      = help: write a score, one of < <= > >= == and a number, such as replica_error<0.5
    ");
    sandbox.write(
        "web/policy.toml",
        "[workload]\ncpu_per_request = \"20ms\"\n",
    );
    sandbox.write("web/recorded.csv", "time_s,desired_replicas\n0,2\n900,2\n");
    insta::assert_snapshot!(refused(&sandbox, "web"), @"
    error[E0049]: `policy` has no autoscaler, so there is nothing to judge
    help: add [hpa], or name the manifest of the autoscaler with `manifest`
    ");
}

/// The recorded runs of public clusters; `None` if they are missing.
fn recordings() -> Option<std::path::PathBuf> {
    let folder = project().join("../shared/validation");
    folder.is_dir().then_some(folder)
}

/// A row of docs/validation.md.
struct Validated {
    policy: &'static str,
    trace: &'static str,
    /// The part of the trace before the recording, in seconds.
    lead_in: f64,
    recording: &'static str,
    arguments: &'static str,
    /// The error of a seed on the page.
    error: f64,
}

const VALIDATED: [Validated; 2] = [
    Validated {
        policy: "aks-h1",
        trace: "aks_gradual.users.csv",
        lead_in: 30.0,
        recording: "aks_auth_h1_gradual_rep1",
        arguments: "--seeds 4",
        error: 0.13,
    },
    Validated {
        policy: "gke-stock",
        trace: "gke_flash_stock_rep1.rps.csv",
        lead_in: 60.0,
        recording: "gke_flash_stock_rep1",
        arguments: "--engine fluid",
        error: 1.45,
    },
];

#[test]
fn recorded_runs_of_real_clusters_have_the_errors_of_the_page_about_validation() {
    let Some(recordings) = recordings() else {
        return;
    };
    let validation = project().join("tests/validation");
    for run in VALIDATED {
        let sandbox = Sandbox::new();
        std::fs::create_dir(sandbox.path("web")).expect("a folder");
        copy_policies(&validation, &sandbox);
        sandbox.write(
            "web/policy.toml",
            format!("extends = \"{}.toml\"\n", run.policy),
        );
        let trace = std::fs::read(validation.join(run.trace)).expect("a trace");
        sandbox.write("web/traffic.csv", trace);
        let path = recordings.join(format!("{}.csv", run.recording));
        let recorded = std::fs::read_to_string(path).expect("a recording");
        sandbox.write("web/recorded.csv", shifted(&recorded, run.lead_in));
        let (from, arguments) = (run.lead_in, run.arguments);
        sandbox.done(&format!(
            "backtest web --from {from}s {arguments} --plot none --quiet -o out"
        ));
        let error = figure(&summary(&sandbox, "out"), "/scores/replicas/error");
        assert!(
            (error - run.error).abs() <= 0.04 + 0.05 * run.error,
            "{}: {error}, {}",
            run.recording,
            run.error
        );
    }
}

fn copy_policies(from: &Path, sandbox: &Sandbox) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|it| it == "toml") {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            sandbox.write(
                &format!("web/{name}"),
                std::fs::read(&path).expect("a policy"),
            );
        }
    }
}

/// The replicas of a recording, `seconds` later: time 0 is that of the trace.
fn shifted(text: &str, seconds: f64) -> String {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|it| it == name).expect("a column");
    let (time, desired) = (column("time_s"), column("desired_replicas"));
    let mut shifted = "time_s,desired_replicas\n0,\n".to_owned();
    for row in reader.records() {
        let row = row.expect("a row");
        let at = row[time].parse::<f64>().expect("a time") + seconds;
        if at > 0.0 {
            let _ = writeln!(shifted, "{at},{}", &row[desired]);
        }
    }
    shifted
}
