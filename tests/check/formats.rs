//! The report as text, JSON and annotations.

use hpasim::render::check::{check_json, render_github};

use super::*;

fn report() -> CheckReport {
    let fixed = healthy_but("minReplicas: 2", "minReplicas: 20");
    report_of(&[("a,b.yaml", &fixed), ("none.toml", "")])
}

#[test]
fn counts_come_last() {
    let text = render_check(&report(), Colour::Plain);
    insta::assert_snapshot!(text.lines().last().expect("a line"), @"0 errors, 1 warning and 0 notes in 2 files");
    let healthy = render_check(&report_of(&[("app.yaml", HEALTHY)]), Colour::Plain);
    insta::assert_snapshot!(healthy, @"nothing found in 1 file");
}

#[test]
fn json_has_every_field() {
    insta::assert_snapshot!(check_json(&report()).expect("JSON"), @r#"
    {
      "diagnostics": [
        {
          "code": "W0102",
          "severity": "warning",
          "file": "a,b.yaml",
          "line": 54,
          "column": 3,
          "message": "the autoscaler cannot change the number of pods: `minReplicas` and `maxReplicas` are 20",
          "why": "the workload has 20 pods whatever the load",
          "help": "raise `maxReplicas`, or write `replicas` into the Deployment and delete the autoscaler",
          "object": "HorizontalPodAutoscaler prod/shop",
          "autoscaler": "HorizontalPodAutoscaler prod/shop"
        }
      ],
      "omitted": 0,
      "errors": 0,
      "warnings": 1,
      "notes": 0,
      "allowed": 0,
      "below_min_severity": 0,
      "files": 2,
      "other_files": []
    }
    "#);
}

#[test]
fn annotations_escape_what_separates_them() {
    insta::assert_snapshot!(render_github(&report()), @"::warning file=a%2Cb.yaml,line=54,col=3,title=W0102 HorizontalPodAutoscaler prod/shop::the autoscaler cannot change the number of pods: `minReplicas` and `maxReplicas` are 20%0Athe workload has 20 pods whatever the load%0Araise `maxReplicas`, or write `replicas` into the Deployment and delete the autoscaler");
    let half = healthy_with_behavior(
        "    scaleUp:\n      policies: [{type: Percent, value: 100, periodSeconds: 5}]\n",
    );
    let text = render_github(&report_of(&[("app.yaml", &half)]));
    assert!(text.contains("100%25 in 5s"), "{text}");
}

#[test]
fn faults_of_reading_are_findings() {
    let report = report_of(&[
        ("app.yaml", "kind: Deployment\nkind: Deployment\n"),
        ("p.toml", "[hpa]\nmaxReplica = 3\n"),
    ]);
    assert_eq!(codes(&report), ["E0022", "E0016", "E0007"]);
}

#[test]
fn values_in_values_have_an_end() {
    let deep = format!("kind: List\nitems: {}\n", "[".repeat(120));
    insta::assert_snapshot!(found("E0023", &deep), @"
    error[E0023]: values are nested more than 100 levels deep
     --> app.yaml:2:108
      |
    2 | items: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
      |                                                                                                            ^
      |
      = help: no Kubernetes object is nested that deep: check brackets and indentation
    ");
}
