//! What `hpasim tune` refuses, and how it ends.

use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::codes_and_places;

#[test]
fn arguments_that_ask_nothing_sensible_are_usage_errors() {
    let sandbox = Sandbox::new();
    sandbox.write("short.csv", "time_s,rps\n0,20\n200,20\n");
    let fault = |further: &[&str]| {
        let start = [
            "tune",
            "policies/prod.toml",
            "traces/spike.csv",
            "-o",
            "out",
        ];
        let finished = sandbox.hpasim(&[&start[..], further].concat());
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
        assert!(!sandbox.path("out").exists());
        finished.stderr
    };
    insta::assert_snapshot!(fault(&["traces/spike.csv"]), @"error: traces/spike.csv is named twice; use a trace for the search or for the report, not for both");
    insta::assert_snapshot!(fault(&["--holdout", "traces/spike.csv"]), @"error: traces/spike.csv is named twice; use a trace for the search or for the report, not for both");
    insta::assert_snapshot!(fault(&["short.csv"]), @"error: short.csv is too short to split: each part needs at least 2 minutes; name another trace for the report with --holdout");
    insta::assert_snapshot!(fault(&["--goal", "max profit"]), @"error: `--goal max profit`: a goal minimises a KPI; write `min cost`, or `min cost subject to slo_violation_seconds<=60`");
    insta::assert_snapshot!(fault(&["--param", "windows"]), @"error: `--param windows`: no usual parameter has this name; the names are targetCPUUtilizationPercentage, minReplicas, maxReplicas, behavior, scaleUp, stabilizationWindowSeconds, policies, value, periodSeconds, tolerance, scaleDown; for another path write its values, as --param windows=1,2,3");
    insta::assert_snapshot!(fault(&["--param", "minReplicas", "--param", "hpa.minReplicas=1,2"]), @"error: two --param set `hpa.minReplicas`; write all its values into one");
    insta::assert_snapshot!(fault(&["--param", "hpa.minReplicas=9..1:1"]), @"error: --param `hpa.minReplicas=9..1:1`: 9 is more than 1; write the smaller end first");
    insta::assert_snapshot!(fault(&["--split", "0.95"]), @"
    error: invalid value '0.95' for '--split <SHARE>': write a share from 0.1 to 0.9

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(fault(&["--split", "0.5", "--holdout", "traces/ramp.csv"]), @"
    error: the argument '--split <SHARE>' cannot be used with '--holdout <TRACE>'

    Usage: hpasim tune --output <DIR> --split <SHARE> <POLICY> <TRACE>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(fault(&["--budget", "0"]), @"
    error: invalid value '0' for '--budget <N>': 0 is not in 1..=1000000

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(fault(&["-", "--holdout", "-"]), @"error: - is named twice; use a trace for the search or for the report, not for both");
    sandbox.write("again.csv", text(&sandbox, "traces/spike.csv"));
    insta::assert_snapshot!(fault(&["--holdout", "again.csv"]), @"error: again and spike are the same traffic; name traffic for the report that the search does not see");
    std::fs::create_dir(sandbox.path("other")).expect("a folder");
    sandbox.write("other/spike.csv", "time_s,rps\n0,20\n600,20\n");
    insta::assert_snapshot!(fault(&["other/spike.csv"]), @"error: two traces have the name `spike`, and that name identifies pictures; rename one of the files");
    insta::assert_snapshot!(fault(&["--goal", "min latency_seconds_p999"]), @"error: the goal names `latency_seconds_p999`, and today's policy has no value of it under a trace of the search with the fluid engine, so no policy can be better; choose another KPI, or another --engine");
    insta::assert_snapshot!(fault(&["--goal", "min rescales subject to cost<=5"]), @"error: the goal bounds `cost`, and the policy has no prices, so every cost is 0; add [cost] to the policy, or bound `pod_hours`");
    insta::assert_snapshot!(fault(&["--goal", "min costs"]), @"error: `--goal min costs`: there is no KPI `costs`; did you mean `cost`?");
}

#[test]
fn a_parameter_that_takes_none_of_its_values_is_a_fault_as_any_other_of_a_policy() {
    let sandbox = Sandbox::new();
    let fault = |param: &str| {
        let finished = tune(&sandbox, &PROD_UNDER_SPIKE, &[&["--param", param]]);
        assert_eq!(finished.code, Some(3), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
        assert!(!sandbox.path("output").exists());
        finished.stderr
    };
    insta::assert_snapshot!(fault("hpa.foo=1,2"), @"
    error[E0007]: unknown key `foo` in `hpa`
     --> --set:1:5
      |
    1 | hpa.foo=1
      |     ^^^
      |
      = help: the keys here are: scaleTargetRef, minReplicas, maxReplicas, metrics, behavior, targetCPUUtilizationPercentage
    ");
    insta::assert_snapshot!(fault("controller.sync_period=soon,later"), @r#"
    error[E0010]: `controller.sync_period`: `soon` is not a duration
     --> --set:1:24
      |
    1 | controller.sync_period="soon"
      |                        ^^^^^^
      |
      = help: write a number and its unit, such as "250ms", "15s", "1m30s" or "2h"
    "#);
}

#[test]
fn values_that_cross_are_counted_and_the_rest_is_searched() {
    let sandbox = Sandbox::new();
    let crossed = [
        "--param",
        "hpa.minReplicas=30,40",
        "--param",
        "hpa.maxReplicas=20,35,50",
    ];
    let out = ["--plot", "none", "-o", "out"];
    let page = done(&sandbox, &PROD_UNDER_SPIKE, &[&crossed, &SHORT[..8], &out]).stdout;
    let search = page.lines().find(|line| line.starts_with("search "));
    insta::assert_snapshot!(search.expect("a line"), @"search   3 of 6 policies by evolution (3 drawn ones are not valid policies),");
}

#[test]
fn a_policy_that_nobody_scales_has_nothing_to_tune() {
    let sandbox = Sandbox::new();
    let finished = tune(
        &sandbox,
        &["policies/stripe-api.toml", "traces/spike.csv"],
        &[],
    );
    insta::assert_snapshot!(format!("{:?}\n{}", finished.code, finished.stderr), @"
    Some(2)
    error: `stripe-api` has no autoscaler, so there is nothing to tune; add [hpa] to the policy
    ");
    assert!(!sandbox.path("output").exists());
}

#[test]
fn faults_of_all_inputs_are_reported_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", "[hpa]\nmaxReplicas = 0\n");
    let inputs = ["p.toml", "missing.csv", "--holdout", "lost.csv"];
    let finished = tune(&sandbox, &inputs, &[]);
    assert_eq!(finished.code, Some(3));
    insta::assert_snapshot!(codes_and_places(&finished.stderr), @"
    E0016 p.toml:2:15
    E0001
    E0001
    ");
}

#[test]
fn results_of_other_inputs_are_not_overwritten() {
    let sandbox = Sandbox::new();
    let out = ["--plot", "none", "-o", "out"];
    done(&sandbox, &PROD_UNDER_SPIKE, &[&CHEAPER, &SHORT, &out]);
    let before = sandbox.read("out/summary.json");
    let others = ["policies/fast.toml", "traces/spike.csv"];
    let refused = tune(&sandbox, &others, &[&CHEAPER, &SHORT, &out]);
    assert_eq!(refused.code, Some(1));
    insta::assert_snapshot!(refused.stderr, @"error: out holds the tuning of policies/prod.toml, traces/spike.csv; choose another folder with -o, or overwrite it with --force");
    assert!(sandbox.read("out/summary.json") == before);
    // The same inputs are, and with --force any.
    done(&sandbox, &PROD_UNDER_SPIKE, &[&CHEAPER, &SHORT, &out]);
    done(&sandbox, &others, &[&CHEAPER, &SHORT, &out, &["--force"]]);
    assert!(sandbox.read("out/summary.json") != before);
}

#[test]
fn what_an_earlier_tuning_proposed_does_not_outlive_one_that_proposes_nothing() {
    let sandbox = Sandbox::new();
    let out = ["-o", "out"];
    done(&sandbox, &PROD_UNDER_SPIKE, &[&CHEAPER, &SHORT, &out]);
    let none = [
        "--goal",
        "min mean_replicas",
        "--param",
        "hpa.targetCPUUtilizationPercentage=40,50",
        "--plot",
        "none",
        "--force",
    ];
    done(&sandbox, &PROD_UNDER_SPIKE, &[&none, &SHORT, &out]);
    assert_eq!(files_in(&sandbox, "out"), ["front.csv", "summary.json"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_exits_with_130_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let mut process = Command::new(assert_cmd::cargo::cargo_bin!("hpasim"))
        .current_dir(sandbox.folder.path())
        .args(["tune", "policies/prod.toml", "-"])
        .args(["--budget", "1000000", "-o", "out"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    // More than a pipe holds: once it is written, the process reads, and has been listening before.
    let rows = (0..60_000).map(|second| format!("{second},{}\n", 20 + second / 600 % 7));
    let trace: String = std::iter::once("time_s,rps\n".to_owned())
        .chain(rows)
        .collect();
    let mut stdin = process.stdin.take().expect("a pipe");
    stdin.write_all(trace.as_bytes()).expect("written");
    drop(stdin);
    let told = Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status()
        .expect("kill");
    assert!(told.success());
    let output = process.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130));
    assert!(!sandbox.path("out").exists());
    assert!(!sandbox.path("output").exists());
}
