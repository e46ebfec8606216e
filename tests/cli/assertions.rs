//! `--assert` and `[slo] assert`, in `run` and in `compare`.

use super::compare::sandbox;
use super::without_numbers;

/// Judged assertions without the value in their last parentheses, which chance decides.
fn without_medians(lines: &[&str]) -> String {
    let masked = lines.iter().map(|line| {
        let (assertion, value) = line.rsplit_once('(').unwrap_or((line, ""));
        if value.is_empty() {
            return (*line).to_owned();
        }
        format!("{assertion}({}", without_numbers(value))
    });
    masked.collect::<Vec<String>>().join("\n")
}

#[test]
fn assertions_come_first_and_decide_the_exit_code() {
    let sandbox = sandbox();
    let compare = |asserted: &[&str], format: &str| {
        let mut arguments = vec![
            "compare",
            "policies/prod.toml",
            "policies/fast.toml",
            "@fixed:30",
            "short.csv",
            "--engine",
            "fluid",
            "--plot",
            "none",
            "--format",
            format,
        ];
        for assertion in asserted {
            arguments.extend(["--assert", assertion]);
        }
        sandbox.hpasim(&arguments)
    };
    let kept = compare(&["mean_replicas<=50", "@fixed:30.rescales==0"], "table");
    assert_eq!(kept.code, Some(0), "{kept:?}");
    let lines: Vec<&str> = kept.stdout.lines().take(4).collect();
    insta::assert_snapshot!(without_medians(&lines), @"
    ✓ prod under short: mean_replicas <= 50 (median N)
    ✓ fast under short: mean_replicas <= 50 (median N)
    ✓ @fixed:30 under short: rescales == 0 (median 0)
    ");
    let broken = compare(&["fast.rescales<1", "prod.oom_kills<=0"], "csv");
    assert_eq!(broken.code, Some(99), "{broken:?}");
    let lines: Vec<&str> = broken.stderr.lines().collect();
    insta::assert_snapshot!(without_medians(&lines), @"
    ✗ prod under short: oom_kills <= 0 (no value)
    ✗ fast under short: rescales < 1 (median N)
    ");
    assert!(broken.stdout.starts_with("trace,kpi,"), "{}", broken.stdout);
}

#[test]
fn a_relation_of_two_policies_is_judged_by_the_noise_of_its_paired_seeds() {
    let sandbox = sandbox();
    let compare = |seeds: &str, asserted: &[&str]| {
        let mut arguments = vec![
            "compare",
            "policies/prod.toml",
            "policies/prod.toml@hpa.minReplicas=30",
            "short.csv",
            "--engine",
            "fluid",
            "--plot",
            "none",
            "--force",
            "-o",
            "out",
            "--seeds",
            seeds,
        ];
        for assertion in asserted {
            arguments.extend(["--assert", assertion]);
        }
        sandbox.hpasim(&arguments[..])
    };
    let judged = compare(
        "4",
        &[
            "\"prod@hpa.minReplicas=30\".pod_hours<=9*prod.pod_hours",
            "pod_hours<=prod.pod_hours",
            "prod.pod_hours<'prod@hpa.minReplicas=30'.pod_hours-0.001",
        ],
    );
    assert_eq!(judged.code, Some(99), "{judged:?}");
    let lines: Vec<&str> = judged.stdout.lines().take(3).collect();
    let without_digits: Vec<String> = lines
        .iter()
        .map(|line| {
            let (head, tail) = line.split_once(" (mean difference ").expect("a difference");
            let (_, words) = tail.split_once(" over ").expect("the seeds");
            format!("{head} | {words}")
        })
        .collect();
    insta::assert_snapshot!(without_digits.join("\n"), @r#"
    ✓ prod under short: pod_hours < "prod@hpa.minReplicas=30".pod_hours - 0.001 | 4 seeds)
    ✓ prod@hpa.minReplicas=30 under short: pod_hours <= 9 * prod.pod_hours | 4 seeds)
    ✗ prod@hpa.minReplicas=30 under short: pod_hours <= prod.pod_hours | 4 seeds, beyond the noise)
    "#);
    let comparison = serde_json::from_slice(&sandbox.read("out/comparison.json"));
    let comparison: serde_json::Value = comparison.expect("JSON");
    let difference = &comparison["assertions"][2]["difference"];
    assert_eq!(difference["pairs"], 4);
    assert!(difference["mean"].as_f64() > difference["half_width"].as_f64());
    let fault = |seeds: &str, assertion: &str| {
        let refused = compare(seeds, &[assertion]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(3), ""));
        refused.stderr
    };
    insta::assert_snapshot!(fault("1", "pod_hours<=prod.pod_hours"), @"
    error[E0026]: one seed cannot show whether a difference of two policies is noise
     --> --assert:1:1
      |
    1 | pod_hours<=prod.pod_hours
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write --seeds 10, or assert a number
    ");
    insta::assert_snapshot!(fault("2", "prod.pod_hours<=pro.pod_hours"), @"
    error[E0009]: this command runs no policy `pro`
     --> --assert:1:17
      |
    1 | prod.pod_hours<=pro.pod_hours
      |                 ^^^
      |
      = help: did you mean `prod`?
    ");
    insta::assert_snapshot!(fault("2", "cost<=prod.cost"), @"
    error[E0026]: `prod` has no prices, so its cost is always 0
     --> --assert:1:1
      |
    1 | cost<=prod.cost
      | ^^^^
      |
      = help: add prices in [cost], such as `per_pod_hour = 0.04`, or assert `pod_hours`
    ");
}

#[test]
fn a_run_keeps_what_its_policy_and_its_command_line_assert() {
    let sandbox = sandbox();
    sandbox.write(
        "promise.toml",
        "extends = \"policies/prod.toml\"\n[slo]\nassert = [\"peak_replicas<=50\"]\n",
    );
    let run = |arguments: &[&str]| {
        let all = [
            "run",
            "promise.toml",
            "short.csv",
            "--engine",
            "fluid",
            "--plot",
            "none",
        ];
        sandbox.hpasim(&[&all, arguments].concat())
    };
    let kept = run(&[]);
    assert_eq!(kept.code, Some(0), "{kept:?}");
    assert!(
        kept.stdout
            .starts_with("✓ promise under short: peak_replicas <= 50 ("),
        "{kept:?}"
    );
    let broken = run(&["--assert", "peak_replicas<2"]);
    assert_eq!(broken.code, Some(99), "{broken:?}");
    let lines: Vec<&str> = broken.stdout.lines().take(4).collect();
    insta::assert_snapshot!(without_medians(&lines), @"
    ✓ promise under short: peak_replicas <= 50 (N)
    ✗ promise under short: peak_replicas < 2 (N)

    promise under short, 5m 0s
    ");
    let quiet = run(&["--assert", "peak_replicas<2", "--quiet"]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (Some(99), ""));
    assert!(
        quiet
            .stderr
            .starts_with("✗ promise under short: peak_replicas < 2 ("),
        "{quiet:?}"
    );
    let summary = sandbox.json("output/promise-short-fluid/summary.json");
    assert_eq!(summary["assertions"][1]["holds"], false);
}

#[test]
fn what_is_no_assertion_is_told_before_anything_runs() {
    let sandbox = sandbox();
    sandbox.write(
        "promise.toml",
        "extends = \"policies/prod.toml\"\n[slo]\nassert = [\"mean_replica<=3\", \"fast.cost<1\", 3]\n",
    );
    let faulty = sandbox.hpasim("run promise.toml short.csv");
    assert_eq!(faulty.code, Some(3));
    insta::assert_snapshot!(faulty.stderr, @r#"
    error[E0009]: there is no KPI `mean_replica`
     --> promise.toml:3:11
      |
    3 | assert = ["mean_replica<=3", "fast.cost<1", 3]
      |           ^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `mean_replicas`?

    error[E0026]: `fast.cost<1` names the policy `fast`, and an assertion in a policy is about that policy
     --> promise.toml:3:30
      |
    3 | assert = ["mean_replica<=3", "fast.cost<1", 3]
      |                              ^^^^^^^^^^^^^
      |
      = help: delete the name and its dot

    error[E0008]: `slo.assert` must be a string, and this is an integer
     --> promise.toml:3:45
      |
    3 | assert = ["mean_replica<=3", "fast.cost<1", 3]
      |                                             ^
      |
      = help: put it in quotes: "3"
    "#);
    let faulty = sandbox.hpasim("compare policies/prod.toml policies/fast.toml short.csv --assert fasst.cost<1 --assert happy");
    assert_eq!(faulty.code, Some(3));
    insta::assert_snapshot!(faulty.stderr, @"
    error[E0009]: this command runs no policy `fasst`
     --> --assert:1:1
      |
    1 | fasst.cost<1
      | ^^^^^
      |
      = help: did you mean `fast`?

    error[E0026]: `happy` is not an assertion: it has no comparison
     --> --assert:1:1
      |
    1 | happy
      | ^^^^^
      |
      = help: write a KPI, one of < <= > >= == and a number, such as slo_violation_seconds<=30
    ");
    assert!(!sandbox.path("output").exists());
}
