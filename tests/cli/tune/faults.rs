//! What `hpasim tune` refuses, and how it ends.

use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::{codes_and_places, interrupt};

#[test]
fn arguments_that_ask_nothing_sensible_are_usage_errors() {
    let sandbox = Sandbox::new();
    sandbox.write("short.csv", "time_s,rps\n0,20\n200,20\n");
    sandbox.write("again.csv", sandbox.read("traces/spike.csv"));
    std::fs::create_dir(sandbox.path("other")).expect("a folder");
    sandbox.write("other/spike.csv", "time_s,rps\n0,20\n600,20\n");
    let fault = |further: &str| {
        let finished = sandbox.hpasim(&format!("tune {PROD_UNDER_SPIKE} -o out {further}"));
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
        assert!(!sandbox.path("out").exists());
        finished.stderr
    };
    insta::assert_snapshot!(fault("traces/spike.csv"), @"error: traces/spike.csv is named twice; use a trace for the search or for the report, not for both");
    assert_eq!(
        fault("--holdout traces/spike.csv"),
        fault("traces/spike.csv")
    );
    assert!(fault("- --holdout -").starts_with("error: - is named twice;"));
    insta::assert_snapshot!(fault("short.csv"), @"error: short.csv is too short to split: each part needs at least 2 minutes; name another trace for the report with --holdout");
    insta::assert_snapshot!(fault("--holdout again.csv"), @"error: again and spike are the same traffic; name traffic for the report that the search does not see");
    insta::assert_snapshot!(fault("other/spike.csv"), @"error: two traces have the name `spike`, and that name identifies pictures; rename one of the files");
    insta::assert_snapshot!(fault("--goal 'min latency_seconds_p999'"), @"error: the goal names `latency_seconds_p999`, and today's policy has no value of it under a trace of the search with the fluid engine, so no policy can be better; choose another KPI, or another --engine");
    insta::assert_snapshot!(fault("--goal 'min rescales subject to cost<=5'"), @"error: the goal bounds `cost`, and the policy has no prices, so every cost is 0; add [cost] to the policy, or bound `pod_hours`");
    insta::assert_snapshot!(fault("--goal 'min costs'"), @"error: `--goal min costs`: there is no KPI `costs`; did you mean `cost`?");
    for (argument, named) in [
        ("--goal 'max profit'", "error: `--goal max profit`: "),
        ("--param windows", "error: `--param windows`: "),
        (
            "--param minReplicas --param hpa.minReplicas=1,2",
            "error: two --param set `hpa.minReplicas`;",
        ),
        (
            "--param hpa.minReplicas=9..1:1",
            "error: --param `hpa.minReplicas=9..1:1`: ",
        ),
        (
            "--split 0.95",
            "error: invalid value '0.95' for '--split <SHARE>': write a share from 0.1 to 0.9\n",
        ),
        (
            "--split 0.5 --holdout traces/ramp.csv",
            "error: the argument '--split <SHARE>' cannot be used with '--holdout <TRACE>'\n",
        ),
        (
            "--budget 0",
            "error: invalid value '0' for '--budget <N>': ",
        ),
    ] {
        let fault = fault(argument);
        assert!(fault.starts_with(named), "{argument}: {fault}");
    }
}

#[test]
fn a_parameter_that_takes_none_of_its_values_is_a_fault_as_any_other_of_a_policy() {
    let sandbox = Sandbox::new();
    for (param, fault) in [
        ("hpa.foo=1,2", "E0007 --set:1:5"),
        ("controller.sync_period=soon,later", "E0010 --set:1:24"),
    ] {
        let finished = sandbox.hpasim(&format!("tune {PROD_UNDER_SPIKE} --param {param}"));
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(3), ""));
        assert_eq!(codes_and_places(&finished.stderr), fault);
        assert!(!sandbox.path("output").exists());
    }
}

#[test]
fn values_that_cross_are_counted_and_the_rest_is_searched() {
    let sandbox = Sandbox::new();
    let crossed = "--param hpa.minReplicas=30,40 --param hpa.maxReplicas=20,35,50";
    tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {crossed} {SHORT} {OUT}"),
    );
    let search = &sandbox.json("out/summary.json")["search"];
    assert_eq!(
        (&search["tried"], &search["refused"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(search["candidates"], 6.0);
}

#[test]
fn a_policy_that_nobody_scales_has_nothing_to_tune() {
    let sandbox = Sandbox::new();
    let finished = sandbox.hpasim("tune policies/stripe-api.toml traces/spike.csv");
    insta::assert_snapshot!(format!("{:?}\n{}", finished.code, finished.stderr), @"
    Some(2)
    warning[W0006]: there is no autoscaler: the number of pods stays at 1
     --> policies/stripe-api.toml:6:1
      |
    6 | replicas = 1
      | ^^^^^^^^
      |
      = help: add [hpa] to the policy, or a HorizontalPodAutoscaler to the manifest; `deployment.replicas` is the number of pods

    error: `stripe-api` has no autoscaler, so there is nothing to tune; add [hpa] to the policy
    ");
    assert!(!sandbox.path("output").exists());
}

#[test]
fn faults_of_all_inputs_are_reported_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", "[hpa]\nmaxReplicas = 0\n");
    let finished = sandbox.hpasim("tune p.toml missing.csv --holdout lost.csv");
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
    let search = format!("{CHEAPER} {SHORT} {OUT}");
    let [first, other] = ["prod", "fast"]
        .map(|policy| format!("tune policies/{policy}.toml traces/spike.csv {search}"));
    sandbox.done(&first);
    let before = sandbox.read("out/summary.json");
    let refused = sandbox.hpasim(&other);
    assert_eq!(refused.code, Some(1));
    insta::assert_snapshot!(refused.stderr, @"error: out holds the tuning of policies/prod.toml, traces/spike.csv; choose another folder with -o, or overwrite it with --force");
    assert!(sandbox.read("out/summary.json") == before);
    // Results of the same inputs are overwritten, and with --force any.
    sandbox.done(&first);
    sandbox.done(&format!("{other} --force"));
    assert!(sandbox.read("out/summary.json") != before);
}

#[test]
fn what_an_earlier_tuning_proposed_does_not_outlive_one_that_proposes_nothing() {
    let sandbox = Sandbox::new();
    tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} --plot svg -o out"),
    );
    let nothing = "--goal 'min mean_replicas' --param hpa.targetCPUUtilizationPercentage=40,50";
    tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {nothing} {SHORT} {OUT} --force"),
    );
    assert_eq!(sandbox.names("out"), ["front.csv", "summary.json"]);
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
    interrupt(&process);
    let output = process.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(130));
    assert!(!sandbox.path("out").exists());
    assert!(!sandbox.path("output").exists());
}
