//! `hpasim run`.

use super::{Cores, Sandbox, codes_and_places, hpasim_on, without_results};

pub(super) const FILES: [&str; 6] = [
    "decisions.jsonl",
    "latency.csv",
    "plot.png",
    "plot.svg",
    "summary.json",
    "timeline.csv",
];
pub(super) const FLUID_FILES: [&str; 5] = [
    "decisions.jsonl",
    "plot.png",
    "plot.svg",
    "summary.json",
    "timeline.csv",
];

#[test]
fn the_main_job_prints_a_summary_and_leaves_six_files() {
    let sandbox = Sandbox::new();
    let run = sandbox.done("run policies/prod.toml traces/spike.csv");
    assert_eq!(run.stderr, "");
    insta::assert_snapshot!(without_results(&run.stdout), @r#"
    prod under spike, 23m 0s
    request engine, seed 1
    assumed: cluster = kubeadm (CPU measured every 15 s),
             pod.image_pull = 0s, slo.latency = p95 within 500 ms,
             workload.io_per_request = 0s, workload.concurrency = 32,
             workload.queue = 4096, workload.after_timeout = continue,
             workload.retries = 0, slo.error_rate = 0.01,
             workload.idle_cpu = 1m, workload.arrivals = poisson,
             workload.balancer = random,
             pod.schedule = { dist = "lognormal", median = "50ms",
             p99 = "500ms" }, pod.endpoint_lag = 1s

    replicas N at the start, N on average, N at most
                    at the maximum of N for N N
    pod hours N
    SLO broken for N N (p95 above N ms, or over N % failed)
    good requests N %, N % of the error budget used
                    (N % of requests may be bad)
    latency p50 N ms p95 N ms p99 N s max N s
    failed N % of N k requests
                    timed out N %, pod could not serve N %
    throttled N % of the CFS periods with work
    rescales N, N of them reversals within N min
    first decision N s after pods first fell short

    written         output/prod-spike/plot.png
                    output/prod-spike/plot.svg
                    output/prod-spike/timeline.csv
                    output/prod-spike/latency.csv
                    output/prod-spike/decisions.jsonl
                    output/prod-spike/summary.json
    "#);
    assert_eq!(sandbox.names("output/prod-spike"), FILES);
}

#[test]
fn two_processes_leave_the_same_bytes() {
    let sandbox = Sandbox::new();
    for (engine, files) in [("request", &FILES[..]), ("fluid", &FLUID_FILES)] {
        let run = |folder: &str| {
            sandbox.done(&format!(
                "run policies/prod.toml traces/flap.csv --engine {engine} --seed 7 -o {folder}"
            ));
        };
        let [one, two] = ["one", "two"].map(|name| format!("{name}-{engine}"));
        run(&one);
        run(&two);
        for file in files {
            let read = |folder: &str| sandbox.read(&format!("{folder}/{file}"));
            assert!(read(&one) == read(&two), "{engine}: {file} differs");
        }
    }
}

#[test]
fn seeds_fold_kpis_into_median_and_band_whatever_the_threads() {
    let sandbox = Sandbox::new();
    let run = |cores: Cores| {
        let output = hpasim_on(cores)
            .current_dir(sandbox.folder.path())
            .args([
                "run",
                "policies/prod.toml",
                "traces/flap.csv",
                "--seeds",
                "5",
            ])
            .args(["--format", "json", "--plot", "none"])
            .output()
            .expect("a process");
        String::from_utf8(output.stdout).expect("text")
    };
    let printed = run(Cores::One);
    assert_eq!(printed, run(Cores::All));
    assert_eq!(
        printed.as_bytes(),
        sandbox.read("output/prod-flap-5-seeds/summary.json")
    );
    let summary: serde_json::Value = serde_json::from_str(&printed).expect("one JSON object");
    assert_eq!(summary["seeds"], serde_json::json!([1, 2, 3, 4, 5]));
    let kpi = &summary["kpis"]["mean_replicas"];
    assert!(kpi["p10"].as_f64() <= kpi["median"].as_f64(), "{kpi}");
    assert!(kpi["median"].as_f64() <= kpi["p90"].as_f64(), "{kpi}");
}

#[test]
fn quiet_prints_nothing_and_writes_all() {
    let sandbox = Sandbox::new();
    let run = sandbox.hpasim("run policies/prod.toml traces/flap.csv --quiet");
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "", "")
    );
    assert_eq!(sandbox.names("output/prod-flap"), FILES);
}

#[test]
fn without_pictures_those_of_an_earlier_run_go() {
    let sandbox = Sandbox::new();
    let run = |plot: &str| {
        sandbox.done(&format!(
            "run policies/prod.toml traces/flap.csv --quiet --plot {plot}"
        ));
    };
    run("all");
    run("none");
    assert_eq!(
        sandbox.names("output/prod-flap"),
        [
            "decisions.jsonl",
            "latency.csv",
            "summary.json",
            "timeline.csv"
        ]
    );
}

#[test]
fn all_faults_of_the_inputs_are_named_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "bad.toml",
        "[hpa]\nmaxReplica = 5\nminReplicas = 3\n\n[workload]\ntimeout = 5\n",
    );
    sandbox.write("bad.csv", "time_s,rps\n0,1\n5,many\n10,-1\n");
    let run = sandbox.hpasim("run bad.toml bad.csv");
    assert_eq!(run.code, Some(3));
    assert_eq!(run.stdout, "");
    insta::assert_snapshot!(codes_and_places(&run.stderr), @"
    E0016 bad.toml:1:1
    E0007 bad.toml:2:1
    E0010 bad.toml:6:11
    E0034 bad.csv:3:3
    E0035 bad.csv:4:4
    ");
    assert!(!sandbox.path("output").exists());
}

#[test]
fn a_missing_trace_is_bad_input() {
    let sandbox = Sandbox::new();
    let run = sandbox.hpasim("run policies/prod.toml traces/none.csv");
    assert_eq!(run.code, Some(3));
    insta::assert_snapshot!(codes_and_places(&run.stderr), @"E0001");
}

#[test]
fn the_run_of_other_inputs_is_not_overwritten_without_force() {
    let sandbox = Sandbox::new();
    sandbox.write("prod.toml", sandbox.read("policies/prod.toml"));
    sandbox.done("run policies/prod.toml traces/flap.csv --quiet");
    let before = sandbox.read("output/prod-flap/summary.json");

    let refused = sandbox.hpasim("run prod.toml traces/flap.csv");
    assert_eq!(refused.code, Some(1));
    insta::assert_snapshot!(refused.stderr, @"error: output/prod-flap holds the run of policies/prod.toml, traces/flap.csv; choose another folder with -o, or overwrite it with --force");
    assert_eq!(sandbox.read("output/prod-flap/summary.json"), before);

    sandbox.done("run prod.toml traces/flap.csv --force --quiet");
    let again = sandbox.hpasim("run ./prod.toml traces/flap.csv --quiet");
    assert_eq!(
        again.code,
        Some(0),
        "the same file under another name: {again:?}"
    );
}

#[test]
fn a_folder_that_cannot_be_is_a_run_time_failure() {
    let sandbox = Sandbox::new();
    sandbox.write("taken", "a file");
    let run = sandbox.hpasim("run policies/prod.toml traces/flap.csv -o taken/here");
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stderr, @"error: taken/here: cannot be written: a file is in the way of the folder");
}

#[test]
fn files_that_no_run_left_are_not_touched_without_force() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("mine")).expect("a new folder");
    sandbox.write("mine/plot.png", "precious");
    sandbox.write("mine/notes.txt", "precious");
    let arguments = [
        "run",
        "policies/prod.toml",
        "traces/flap.csv",
        "-q",
        "-o",
        "mine",
    ];
    let refused = sandbox.hpasim(&arguments);
    assert_eq!(refused.code, Some(1));
    insta::assert_snapshot!(refused.stderr, @"error: mine holds plot.png, not listed in the summary.json of a completed run; choose another folder with -o, or remove it with --force");
    assert_eq!(sandbox.read("mine/plot.png"), b"precious");
    assert_eq!(sandbox.names("mine"), ["notes.txt", "plot.png"]);

    sandbox.done(&[&arguments[..], &["--force"]].concat());
    assert_eq!(sandbox.read("mine/notes.txt"), b"precious");
}

#[test]
fn a_run_that_fails_half_way_leaves_nothing() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("half/timeline.csv/in-the-way")).expect("made");
    let run = sandbox.hpasim("run policies/prod.toml traces/flap.csv -o half --force");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(sandbox.names("half"), ["timeline.csv"]);
}

#[test]
fn json_is_printed_even_if_quiet() {
    let sandbox = Sandbox::new();
    let run = sandbox.done("run policies/prod.toml traces/flap.csv -q --format json --plot none");
    let summary = run.json();
    assert_eq!(
        summary["files"],
        serde_json::json!(["timeline.csv", "latency.csv", "decisions.jsonl"])
    );
}

#[test]
fn a_failed_run_leaves_the_earlier_results_and_their_mark_of_completeness() {
    let sandbox = Sandbox::new();
    let arguments = ["run", "policies/prod.toml", "traces/flap.csv", "--quiet"];
    sandbox.done(&arguments);
    let before = sandbox.read("output/prod-flap/timeline.csv");
    std::fs::remove_file(sandbox.path("output/prod-flap/plot.svg")).expect("removed");
    std::fs::create_dir_all(sandbox.path("output/prod-flap/plot.svg/in-the-way")).expect("made");
    let run = sandbox.hpasim(&arguments);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(sandbox.path("output/prod-flap/summary.json").exists());
    assert!(sandbox.read("output/prod-flap/timeline.csv") == before);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let sandbox = Sandbox::new();
    let program = assert_cmd::cargo::cargo_bin!("hpasim");
    let script = format!(
        "set -o pipefail; '{}' run policies/prod.toml traces/flap.csv | true",
        program.display()
    );
    let status = std::process::Command::new("bash")
        .current_dir(sandbox.folder.path())
        .args(["-c", &script])
        .status();
    if let Ok(status) = status {
        assert!(status.success(), "{status:?}");
    }
}

#[test]
fn a_part_of_the_trace_is_a_run_of_its_own() {
    let sandbox = Sandbox::new();
    let run = sandbox.done("run policies/prod.toml traces/spike.csv --from 3m --to 10m --set hpa.maxReplicas=20 --format json --plot none --engine fluid");
    let summary = run.json();
    assert_eq!(summary["duration_seconds"], 420.0);
    assert_eq!(summary["kpis"]["peak_replicas"], 20);
    assert_eq!(summary["request"]["set"][0], "hpa.maxReplicas=20");
    assert_eq!(summary["request"]["from_seconds"], 180.0);
}

#[test]
fn a_warm_up_leaves_the_start_out_of_the_kpis_and_nothing_else() {
    let sandbox = Sandbox::new();
    let run = |further: &str| {
        let command = format!(
            "run policies/prod.toml traces/spike.csv --engine fluid --plot none --set cost.per_pod_hour=1 --set cost.currency=EUR -o out --force {further}"
        );
        sandbox.done(command.as_str())
    };
    let whole = run("--format json").json();
    let timeline = sandbox.read("out/timeline.csv");
    let later = run("--warm-up 10m --format json").json();
    assert!(sandbox.read("out/timeline.csv") == timeline);
    assert_eq!(later["request"]["warm_up_seconds"], 600.0);
    assert_eq!(whole["request"].get("warm_up_seconds"), None);
    assert_eq!(later["currency"], "EUR");
    assert_eq!(later["duration_seconds"], whole["duration_seconds"]);
    let number = |summary: &serde_json::Value, kpi: &str| summary["kpis"][kpi].as_f64();
    for kpi in ["requests_offered", "pod_hours", "cost"] {
        assert!(number(&later, kpi) < number(&whole, kpi), "{kpi}");
    }
    let page = run("--warm-up 10m").stdout;
    let about = |lead: &str| page.lines().find(|line| line.starts_with(lead));
    assert_eq!(
        about("KPIs"),
        Some("KPIs of the 13m 0s from 10m 0s on, after the warm-up")
    );
    assert!(
        about("cost").expect("a cost").contains(" EUR in "),
        "{page}"
    );
    let fault = |warm_up: &str| {
        let outcome = sandbox.hpasim(&[
            "run",
            "policies/prod.toml",
            "traces/spike.csv",
            "--warm-up",
            warm_up,
        ]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
        outcome.stderr
    };
    insta::assert_snapshot!(fault("7s"), @r#"
    error: invalid value '7s' for '--warm-up <TIME>': hpasim judges the SLO every 5s; write "5s" or "10s"

    For more information, try '--help'.
    "#);
}

#[cfg(unix)]
#[test]
fn an_interruption_ends_the_run_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let mut process = std::process::Command::new(assert_cmd::cargo::cargo_bin!("hpasim"))
        .current_dir(sandbox.folder.path())
        .args([
            "run",
            "policies/prod.toml",
            "traces/diurnal.csv",
            "--seeds",
            "65535",
        ])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("a process");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let asked = std::process::Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status();
    if asked.is_err() {
        // A machine without `kill` cannot ask; then this shows that the process ends at all.
        process.kill().expect("ended");
    }
    let status = process.wait().expect("an end");
    if asked.is_ok() {
        assert_eq!(status.code(), Some(130), "{status:?}");
    }
    assert!(!sandbox.path("output").exists());
}

#[test]
fn a_name_that_leads_out_of_the_output_folder_writes_nothing() {
    let sandbox = Sandbox::new();
    let run = sandbox.hpasim("run policies/prod.toml traces/spike.csv --set name=\"../escape\"");
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("E0021"), "{run:?}");
    assert!(!sandbox.path("escape-spike").exists());
    assert!(!sandbox.path("output").exists());
}

#[test]
fn standard_input_is_read_once() {
    let refused = Sandbox::new().hpasim(&["run", "-", "-"]);
    assert_eq!(refused.code, Some(2));
    insta::assert_snapshot!(refused.stderr, @"error: standard input (`-`) can be read once; name files for the others");
}

#[test]
fn the_cost_of_a_policy_without_prices_is_not_asserted() {
    let sandbox = Sandbox::new();
    let refused = sandbox.hpasim(&[
        "run",
        "policies/prod.toml",
        "traces/spike.csv",
        "--assert",
        "cost<=3",
    ]);
    assert_eq!(refused.code, Some(3));
    insta::assert_snapshot!(refused.stderr, @"
    error[E0026]: `prod` has no prices, so its cost is always 0
     --> --assert:1:1
      |
    1 | cost<=3
      | ^^^^
      |
      = help: add prices in [cost], such as `per_pod_hour = 0.04`, or assert `pod_hours`
    ");
    assert!(!sandbox.path("output").exists());
}

#[test]
fn several_seeds_have_quantiles_over_time_whatever_the_threads() {
    let sandbox = Sandbox::new();
    let run = |cores: Cores, folder: &str| {
        let finished = hpasim_on(cores)
            .current_dir(sandbox.folder.path())
            .args(["run", "policies/prod.toml", "traces/spike.csv"])
            .args(["--seeds", "4", "--engine", "fluid", "--plot", "svg", "-q"])
            .args(["-o", folder])
            .status()
            .expect("a process");
        assert!(finished.success());
    };
    run(Cores::One, "one");
    run(Cores::All, "all");
    for file in ["timeline_quantiles.csv", "plot.svg", "timeline.csv"] {
        let read = |folder: &str| sandbox.read(&format!("{folder}/{file}"));
        assert!(read("one") == read("all"), "{file}");
    }
    insta::assert_snapshot!(sandbox.names("all").join("\n"), @"
    decisions.jsonl
    plot.svg
    summary.json
    timeline.csv
    timeline_quantiles.csv
    ");
    let rows = |text: &str| text.lines().count();
    let timeline = sandbox.text("all/timeline.csv");
    let quantiles = sandbox.text("all/timeline_quantiles.csv");
    assert_eq!(rows(&timeline), rows(&quantiles));
    let header = quantiles.lines().next().unwrap_or_default();
    for column in [
        "replicas_desired_median",
        "replicas_ready_p10",
        "cpu_percent_p90",
        "latency_seconds_p95_p90",
        "failed_rps_median",
        "slo_violated_share",
    ] {
        assert!(header.split(',').any(|name| name == column), "{column}");
    }
    let picture = sandbox.text("all/plot.svg");
    assert!(picture.contains("median and p10 to p90 of 4 seeds"));
}

#[test]
fn the_quantiles_of_each_moment_are_those_of_the_seeds() {
    let sandbox = Sandbox::new();
    let column = |folder: &str, file: &str, name: &str| -> Vec<f64> {
        let text = sandbox.text(&format!("{folder}/{file}"));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().expect("a header").clone();
        let index = headers.iter().position(|it| it == name).expect(name);
        let cell = |row: csv::StringRecord| row[index].parse().expect("a number");
        reader
            .records()
            .map(|row| cell(row.expect("a row")))
            .collect()
    };
    let start = "run policies/prod.toml traces/spike.csv --engine fluid --plot none -q";
    let of_seed = |seed: u32| {
        sandbox.done(&format!("{start} --seed {seed} -o s{seed}"));
        column(&format!("s{seed}"), "timeline.csv", "replicas_desired")
    };
    let seeds = [1, 2, 3].map(of_seed);
    sandbox.done(&format!("{start} --seeds 3 -o all"));
    let names = ["p10", "median", "p90"].map(|fold| format!("replicas_desired_{fold}"));
    let folds = names.map(|name| column("all", "timeline_quantiles.csv", &name));
    for row in 0..seeds[0].len() {
        let mut sorted = [0, 1, 2].map(|seed| seeds[seed][row]);
        sorted.sort_by(f64::total_cmp);
        let [least, middle, most] = sorted;
        let expected = [
            least + 0.2 * (middle - least),
            middle,
            middle + 0.8 * (most - middle),
        ];
        for (fold, expected) in folds.iter().zip(expected) {
            assert!(
                (fold[row] - expected).abs() < 1e-3,
                "{row}: {} {expected}",
                fold[row]
            );
        }
    }
}

#[test]
fn one_seed_has_no_quantiles_and_its_picture_is_of_that_seed() {
    let sandbox = Sandbox::new();
    sandbox.done("run policies/prod.toml traces/flap.csv --seeds 1 --plot svg -q -o one");
    assert!(!sandbox.path("one/timeline_quantiles.csv").exists());
    assert!(
        sandbox
            .text("one/plot.svg")
            .contains("request engine, seed 1")
    );
}

#[test]
fn fewer_seeds_leave_no_quantiles_of_an_earlier_run() {
    let sandbox = Sandbox::new();
    let start = "run policies/prod.toml traces/flap.csv --engine fluid --plot none -q -o out";
    sandbox.done(&format!("{start} --seeds 2"));
    assert!(sandbox.path("out/timeline_quantiles.csv").exists());
    sandbox.done(&format!("{start} --force"));
    assert!(!sandbox.path("out/timeline_quantiles.csv").exists());
}
