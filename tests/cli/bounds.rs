//! Simulations that cannot end or take long, as real processes: they are refused or announced before they begin.

use super::Sandbox;

const QUIET: [&str; 6] = ["--plot", "none", "-q", "-o", "out", "--force"];

#[test]
fn rates_of_minus_zero_and_next_to_nothing_end_in_both_engines() {
    let sandbox = Sandbox::new();
    let rows = "time_s,rps\n0,-0\n60,-0.00\n120,1e-300\n180,5e-324\n240,3\n300,0\n";
    sandbox.write("still.csv", rows);
    sandbox.write("users.csv", "time_s,users\n0,-0\n60,1e-300\n120,2\n180,0\n");
    let run = |inputs: &[&str]| {
        sandbox.done(&[&["run", "policies/prod.toml"], inputs, &QUIET].concat());
        let summary = sandbox.json("out/summary.json");
        summary["kpis"]["requests_offered"]
            .as_f64()
            .expect("a number")
    };
    let offered = run(&["still.csv", "--engine", "fluid"]);
    assert!((offered - 180.0).abs() < 1e-6, "{offered}");
    let offered = run(&["still.csv", "--engine", "request"]);
    assert!((100.0..300.0).contains(&offered), "{offered}");
    assert!(run(&["users.csv"]) > 0.0);
    for engine in ["fluid", "request"] {
        let scale = [
            "traces/spike.csv",
            "--set",
            "workload.scale=-0.0",
            "--engine",
            engine,
        ];
        assert!(run(&scale) <= 0.0);
    }
}

#[test]
fn more_requests_than_can_be_simulated_are_refused_by_every_command() {
    let sandbox = Sandbox::new();
    sandbox.write("huge.csv", "time_s,rps\n0,1000000000000\n86400,1\n");
    sandbox.write("users.csv", "time_s,users\n0,10000000\n864000,1\n");
    let policy = "policies/prod.toml";
    let commands: [&[&str]; 6] = [
        &["run", policy, "huge.csv"],
        &["compare", policy, "@fixed:3", "huge.csv"],
        &[
            "sweep",
            policy,
            "huge.csv",
            "--engine",
            "request",
            "--set",
            "hpa.minReplicas=1,2",
        ],
        &["tune", policy, "huge.csv", "--engine", "request"],
        &["tune", policy, "huge.csv"],
        &[
            "run",
            policy,
            "users.csv",
            "--set",
            "workload.think_time=\"1ms\"",
        ],
    ];
    for command in commands {
        let refused = sandbox.hpasim(&[command, &["-o", "out"]].concat());
        assert_eq!(refused.code, Some(2), "{command:?}: {}", refused.stderr);
        let said = refused.stderr.contains("hpasim simulates at most");
        assert!(said, "{command:?}: {}", refused.stderr);
        assert!(!sandbox.path("out").exists(), "{command:?}");
    }
    let refused = sandbox.hpasim(commands[0]);
    insta::assert_snapshot!(refused.stderr, @"error: the request engine would simulate about 86,400,000,000,000,000 requests, which takes 200000d 0h of one core; hpasim simulates at most 10,000,000,000,000; --engine fluid takes almost no time; a part of the trace (--from, --to), a smaller workload.scale or fewer --seeds take less");
    let fluid = [
        &["run", policy, "huge.csv", "--engine", "fluid"],
        &QUIET[..],
    ]
    .concat();
    sandbox.done(&fluid);
}

#[test]
fn a_sweep_is_announced_and_refused_by_all_its_points() {
    let sandbox = Sandbox::new();
    let sweep = |values: &str, further: &[&str]| {
        let arguments = [
            "sweep",
            "policies/prod.toml",
            "traces/spike.csv",
            "--set",
            values,
            "-o",
            "out",
        ];
        sandbox.hpasim(&[&arguments, further].concat())
    };
    let request = ["--engine", "request"];
    for values in ["workload.scale=0.01,1e9", "workload.scale=1e9,0.01"] {
        let refused = sweep(values, &request);
        assert_eq!(refused.code, Some(2), "{values}: {}", refused.stderr);
        let said = refused.stderr.contains("hpasim simulates at most");
        assert!(said, "{values}: {}", refused.stderr);
        assert!(!sandbox.path("out").exists(), "{values}");
    }
    // The policy as it stands is simulated too.
    sandbox.write(
        "huge.toml",
        "extends = \"policies/prod.toml\"\n[workload]\nscale = 1e9\n",
    );
    let huge = [
        "sweep",
        "huge.toml",
        "traces/spike.csv",
        "--set",
        "workload.scale=0.01,0.02",
        "-o",
        "out",
    ];
    let refused = sandbox.hpasim(&[&huge[..], &request].concat());
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
}

#[test]
fn a_crafted_part_takes_no_more_memory_than_it_is_worth() {
    let sandbox = Sandbox::new();
    let mut head: String = "# hpasim sweep\n# trace: day\n# seed: 1\n".to_owned();
    head.extend((0..300).map(|at| format!("# set: p{at}=1,2\n")));
    head.push_str("# points: 10000000 samples\n# rows: 10000000\n");
    let header = "point,trace,cost,check\n";
    let check = crc32fast::hash(format!("{head}{header}").as_bytes());
    sandbox.write(
        "part.csv",
        format!("{head}# check: crc32 {check:08x}\n{header}"),
    );
    let output = std::process::Command::new("bash")
        .args([
            "-c",
            "ulimit -v 900000; exec \"$HPASIM\" merge part.csv -o all.csv",
        ])
        .current_dir(sandbox.folder.path())
        .env("HPASIM", assert_cmd::cargo::cargo_bin!("hpasim"))
        .output()
        .expect("a process");
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"error: part.csv: unfinished: 0 of 10000000 rows; continue with the same command and --resume");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn searches_and_parts_beyond_memory_are_refused() {
    let sandbox = Sandbox::new();
    let sweep = [
        "sweep",
        "policies/prod.toml",
        "traces/spike.csv",
        "-o",
        "out",
    ];
    let fault = |further: &[&str]| {
        let refused = sandbox.hpasim(&[&sweep, further].concat());
        assert_eq!(refused.code, Some(2), "{further:?}: {}", refused.stderr);
        refused.stderr
    };
    insta::assert_snapshot!(fault(&["--set", "hpa.minReplicas=1..3", "--samples", "4294967295"]), @"error: --samples 4294967295 is more than 10000000 points; draw fewer");
    let many: Vec<String> = (0..300).map(|at| format!("--set=p{at}=1,2")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.extend(["--samples", "10000000"]);
    insta::assert_snapshot!(fault(&many), @"error: --samples 10000000 of 300 swept parameters are more than the 100000000 values that fit in memory; draw at most 333333, or sweep fewer parameters");
    insta::assert_snapshot!(fault(&["--set", "hpa.minReplicas=1..1000:1", "--set", "hpa.maxReplicas=1000..50999:1"]), @"error: 50,000,000 rows do not fit in memory; one process computes at most 20,000,000; divide the sweep with --shard, take greater steps, or draw fewer with --samples");
    let compare = [
        "compare",
        "policies/prod.toml",
        "@default",
        "traces/spike.csv",
        "--seeds",
        "65535",
        "-o",
        "out",
    ];
    insta::assert_snapshot!(sandbox.hpasim(&compare).stderr, @"error: the curves of 131,070 simulations do not fit in memory (13 GB); use --plot none, or fewer --seeds");
}

#[test]
fn parts_of_any_number_are_computed_and_missing_ones_are_counted() {
    let sandbox = Sandbox::new();
    let part = [
        "sweep",
        "policies/prod.toml",
        "traces/spike.csv",
        "--set",
        "hpa.minReplicas=1,2",
        "--shard",
        "0/18446744073709551615",
        "-q",
        "-o",
        "part",
    ];
    sandbox.done(&part);
    let merged = sandbox.hpasim("merge part -o merged.csv");
    assert_eq!(merged.code, Some(3));
    insta::assert_snapshot!(merged.stderr, @"error: parts 1, 2, 3, 4, 5, 6, 7, 8 and 18446744073709551606 more of 18446744073709551615 are missing; compute each of them, the first with --shard 1/18446744073709551615");
}

#[test]
fn seeds_beyond_the_greatest_are_a_usage_error_in_every_command() {
    let sandbox = Sandbox::new();
    let (policy, trace) = ("policies/prod.toml", "traces/spike.csv");
    let commands: [&[&str]; 4] = [
        &["run", policy, trace, "--seeds", "2"],
        &["compare", policy, "@default", trace],
        &[
            "sweep",
            policy,
            trace,
            "--set",
            "hpa.minReplicas=1,2",
            "--seeds",
            "2",
        ],
        &["tune", policy, trace, "--seeds", "1"],
    ];
    for command in commands {
        let seed = ["--seed", "18446744073709551615", "-o", "out"];
        let refused = sandbox.hpasim(&[command, &seed].concat());
        assert_eq!(refused.code, Some(2), "{command:?}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("write --seed 184467440737095516"),
            "{}",
            refused.stderr
        );
        assert!(!sandbox.path("out").exists());
    }
    let last = [
        "run",
        policy,
        trace,
        "--seed",
        "18446744073709551615",
        "--engine",
        "fluid",
    ];
    sandbox.done(&[&last[..], &QUIET].concat());
}

#[test]
fn spans_beyond_the_clock_are_refused_or_end() {
    let sandbox = Sandbox::new();
    let run = |set: &[&str]| {
        let mut arguments = vec!["run", "policies/prod.toml", "traces/spike.csv"];
        for setting in set {
            arguments.extend(["--set", *setting]);
        }
        arguments.extend(QUIET);
        sandbox.hpasim(&arguments)
    };
    // A year is the longest span that a policy states; ten thousand of them are beyond the clock.
    let probe = "pod.readiness={ initial_delay = \"8784h\", period = \"8784h\", success_threshold = 10000 }";
    let startup =
        "pod.startup={ initial_delay = \"8784h\", period = \"8784h\", failure_threshold = 10000 }";
    for engine in ["fluid", "request"] {
        let mut arguments = vec![
            "run",
            "policies/prod.toml",
            "traces/spike.csv",
            "--engine",
            engine,
        ];
        arguments.extend(["--set", probe, "--set", startup]);
        arguments.extend([
            "--set",
            "pod.grace_period=\"8784h\"",
            "--set",
            "pod.endpoint_lag=\"8784h\"",
        ]);
        arguments.extend(["--set", "workload.timeout=\"8784h\""]);
        arguments.extend(QUIET);
        sandbox.done(&arguments);
    }
    for key in [
        "pod.init",
        "workload.timeout",
        "controller.sync_period",
        "metrics.lag",
        "pod.pre_stop",
    ] {
        let refused = run(&[&format!("{key}=\"2562047h\"")]);
        assert_eq!(refused.code, Some(3), "{key}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("is longer than a year"),
            "{key}: {}",
            refused.stderr
        );
    }
    for key in [
        "controller.sync_period",
        "metrics.scrape_interval",
        "metrics.housekeeping",
    ] {
        let refused = run(&[&format!("{key}=\"1ns\"")]);
        assert_eq!(refused.code, Some(3), "{key}: {}", refused.stderr);
    }
    let long = [
        "trace", "gen", "steps", "--each", "8784h", "--count", "1000", "--step", "8784h",
    ];
    insta::assert_snapshot!(sandbox.hpasim(&long).stderr, @"error: the trace would last longer than ten years; shorten its parts");
}

#[test]
fn a_number_copied_from_the_summary_holds_as_an_assertion() {
    let sandbox = Sandbox::new();
    let run = [
        "run",
        "policies/prod.toml",
        "traces/spike.csv",
        "--engine",
        "fluid",
    ];
    sandbox.done(&[&run[..], &QUIET].concat());
    let summary = sandbox.json("out/summary.json");
    let kpis = summary["kpis"].as_object().expect("KPIs");
    let mut assertions = Vec::new();
    // Without prices, the cost is not asserted.
    let asserted = kpis.iter().filter(|(name, _)| *name != "cost");
    for (name, value) in asserted.filter(|(_, value)| value.is_number()) {
        for comparator in ["<=", ">=", "=="] {
            assertions.extend(["--assert".to_owned(), format!("{name}{comparator}{value}")]);
        }
    }
    assert!(assertions.len() > 150, "{assertions:?}");
    let asserted: Vec<&str> = assertions.iter().map(String::as_str).collect();
    sandbox.done(&[&run[..], &QUIET, &asserted].concat());
}

#[test]
fn tune_tries_no_more_policies_than_its_budget_with_any_method() {
    let sandbox = Sandbox::new();
    for method in ["evolution", "halving", "random"] {
        for budget in ["1", "7", "150"] {
            let tune = [
                "tune",
                "policies/prod.toml",
                "traces/spike.csv",
                "--engine",
                "fluid",
                "--seeds",
                "1",
                "--method",
                method,
                "--budget",
                budget,
            ];
            sandbox.done(&[&tune[..], &QUIET].concat());
            let summary = sandbox.json("out/summary.json");
            let tried = summary["search"]["tried"].as_u64().expect("a number");
            assert!(
                tried <= budget.parse().expect("a number"),
                "{method} {budget}: {tried}"
            );
        }
    }
}
