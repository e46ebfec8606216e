//! `hpasim export`: objects and patches on stdout, what was made up on stderr.

use super::Sandbox;

#[test]
fn an_export_is_data_on_stdout_and_remarks_on_stderr() {
    let sandbox = Sandbox::new();
    let finished = sandbox.done("export policies/prod.toml --deployment");
    assert!(
        finished
            .stdout
            .starts_with("apiVersion: apps/v1\nkind: Deployment\n")
    );
    assert!(
        finished
            .stdout
            .contains("\n---\napiVersion: autoscaling/v2\n")
    );
    assert!(finished.stderr.contains("warning[W0008]"));
    let quiet = sandbox.hpasim("export policies/prod.toml --deployment --quiet");
    assert_eq!((quiet.stdout, quiet.stderr.as_str()), (finished.stdout, ""));
}

#[test]
fn an_exported_policy_runs_again_with_the_same_replicas() {
    let sandbox = Sandbox::new();
    let exported = sandbox.hpasim("export policies/prod.toml --deployment");
    sandbox.write("app.yaml", exported.stdout);
    let rest = "name = \"prod\"\nmanifest = \"app.yaml\"\n[pod]\nstart = { dist = \"lognormal\", median = \"1.5s\", p99 = \"5s\" }\ninit = \"3s\"\n[workload]\ncpu_per_request = { dist = \"lognormal\", mean = \"10ms\", cv = 1.0 }\ntimeout = \"5s\"\n";
    sandbox.write("again.toml", rest);
    let mut timelines = ["policies/prod.toml", "again.toml"].map(|policy| {
        let run = sandbox.hpasim(&format!(
            "run {policy} traces/spike.csv --to 6m -o out --force --plot none -q"
        ));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        sandbox.read("out/timeline.csv")
    });
    assert!(!timelines[0].is_empty());
    let again = std::mem::take(&mut timelines[1]);
    assert!(timelines[0] == again);
}

#[test]
fn a_patch_says_what_to_change() {
    let sandbox = Sandbox::new();
    let patch = sandbox.hpasim("export --patch policies/privrocket.yaml policies/conservative.toml --set hpa.maxReplicas=80 -q");
    insta::assert_snapshot!(patch.stdout, @"
    spec:
      maxReplicas: 80
      behavior:
        scaleDown:
          stabilizationWindowSeconds: 600
          policies:
          - type: Percent
            value: 10
            periodSeconds: 60
    ");
    assert_eq!((patch.code, patch.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_patch_between_equal_policies_is_empty_and_stderr_says_so() {
    let sandbox = Sandbox::new();
    let equal = "export --patch policies/prod.toml policies/prod.toml";
    let patch = sandbox.hpasim(equal);
    assert_eq!((patch.code, patch.stdout.as_str()), (Some(0), "{}\n"));
    assert!(patch.stderr.contains("no difference"), "{}", patch.stderr);
    let quiet = sandbox.hpasim(&format!("{equal} --quiet"));
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("{}\n", ""));
}

#[test]
fn there_is_nothing_to_export_without_an_autoscaler() {
    let sandbox = Sandbox::new();
    let finished = sandbox.hpasim("export policies/stripe-api.toml");
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(3), ""));
    insta::assert_snapshot!(finished.stderr, @"
    error[E0013]: `stripe-api` has no autoscaler to export
    help: add [hpa] to the policy, or export its Deployment with `--deployment`
    ");
}

#[test]
fn both_shipped_manifests_run() {
    let sandbox = Sandbox::new();
    for (policy, warning) in [("privrocket", "W0005"), ("stripe-flask-app", "W0006")] {
        let path = format!("policies/{policy}.yaml");
        let run = sandbox.done(&format!("run {path} traces/spike.csv --to 2m --plot none"));
        assert!(run.stderr.contains(warning), "{}", run.stderr);
        assert!(
            run.stdout
                .contains(&format!("output/{policy}-spike-to-2m/summary.json"))
        );
    }
}

#[test]
fn what_was_chosen_of_a_manifest_stands_in_the_summary() {
    let sandbox = Sandbox::new();
    let run = sandbox.hpasim("run policies/privrocket.yaml traces/spike.csv --to 2m --plot none --format json --hpa horizontal-pod --namespace privrocket-preprod");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let summary = run.json();
    assert_eq!(summary["request"]["hpa"], "horizontal-pod");
    assert_eq!(summary["request"]["namespace"], "privrocket-preprod");
}

#[test]
fn an_export_takes_one_policy_or_a_patch_two() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["export"] as &[&str],
        &["export", "--patch", "policies/prod.toml"],
        &[
            "export",
            "policies/prod.toml",
            "--patch",
            "policies/prod.toml",
            "policies/fast.toml",
        ],
        &[
            "export",
            "--deployment",
            "--patch",
            "policies/prod.toml",
            "policies/fast.toml",
        ],
    ] {
        assert_eq!(sandbox.hpasim(arguments).code, Some(2), "{arguments:?}");
    }
}
