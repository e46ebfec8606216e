//! What a user takes away: the patch, a policy of its own, commands to go on with.

use super::*;

#[test]
fn the_proposed_policy_compared_as_the_page_says_gives_the_figures_of_the_report() {
    let sandbox = Sandbox::new();
    let cases: [&[&str]; 3] = [
        &["--engine", "fluid"],
        &[
            "--engine",
            "fluid",
            "--set",
            "slo.error_rate=0.02",
            "--set",
            "slo.error_rate=0.03",
            "--set",
            "deployment.replicas=3",
        ],
        &[],
    ];
    for case in cases {
        let out = ["--plot", "none", "-o", "out", "--force"];
        let finished = done(
            &sandbox,
            &PROD_UNDER_SPIKE,
            &[&CHEAPER, &SHORT[2..8], case, &out],
        );
        let [again] = &again(&finished.stdout)[..] else {
            panic!("one command: {}", finished.stdout);
        };
        let anew = compared(&sandbox, again);
        assert!(anew.len() > 50, "{anew:?}");
        assert_eq!(anew, rows(&sandbox, "out/comparison.csv"), "{case:?}");
    }
}

#[test]
fn the_patch_is_that_of_export() {
    let sandbox = Sandbox::new();
    for policy in ["policies/prod.toml", "policies/privrocket.yaml"] {
        let out = ["--plot", "none", "-o", "out", "--force"];
        let param = [
            "--goal",
            "min mean_replicas",
            "--param",
            "scaleDown",
            "--param",
            "hpa.maxReplicas=8,9",
        ];
        done(
            &sandbox,
            &[policy, "traces/spike.csv"],
            &[&param, &SHORT, &out],
        );
        let exported = sandbox.hpasim(&["export", "--patch", policy, "out/proposed.toml", "-q"]);
        assert_eq!(exported.code, Some(0), "{}", exported.stderr);
        assert_eq!(exported.stdout, text(&sandbox, "out/patch.yaml"));
        assert!(
            exported.stdout.contains("maxReplicas: "),
            "{}",
            exported.stdout
        );
    }
}

#[test]
fn a_manifest_is_tuned_and_its_own_autoscaler_patched() {
    let sandbox = Sandbox::new();
    let param = [
        "--goal",
        "min mean_replicas",
        "--param",
        "averageUtilization",
    ];
    let out = ["--plot", "none", "-o", "out"];
    let inputs = ["policies/privrocket.yaml", "traces/spike.csv"];
    let finished = done(&sandbox, &inputs, &[&param, &SHORT[..8], &out]);
    let patch = finished.stdout.find("kubectl patch").expect("a patch");
    let patch = &finished.stdout[patch..];
    insta::assert_snapshot!(patch, @"
    kubectl patch hpa horizontal-pod --type merge --patch-file out/patch.yaml
    spec:
      metrics:
      - type: Resource
        resource:
          name: cpu
          target:
            type: Utilization
            averageUtilization: 90

    again    hpasim compare policies/privrocket.yaml out/proposed.toml traces/spike.csv --from 15m --set deployment.replicas=20 --engine fluid --seed 4 --seeds 2
             hpasim check out/proposed.toml --allow-outside
    written  out/patch.yaml
             out/proposed.toml
             out/front.csv
             out/comparison.csv
             out/summary.json
    ");
    let [again] = &again(&finished.stdout)[..] else {
        panic!("one command: {}", finished.stdout);
    };
    assert_eq!(
        compared(&sandbox, again),
        rows(&sandbox, "out/comparison.csv")
    );
}

#[test]
fn of_several_autoscalers_the_one_that_is_named_is_tuned() {
    let sandbox = Sandbox::new();
    let mut manifest = text(&sandbox, "policies/privrocket.yaml");
    manifest.push_str("---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: other}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: privrocket-deployment}\n  maxReplicas: 40\n");
    sandbox.write("two.yaml", manifest);
    let inputs = ["two.yaml", "traces/spike.csv", "--hpa", "other"];
    let param = [
        "--goal",
        "min mean_replicas",
        "--param",
        "hpa.maxReplicas=8,40",
    ];
    let out = ["--plot", "none", "-o", "out"];
    let page = done(&sandbox, &inputs, &[&param, &SHORT[..8], &out]).stdout;
    assert!(
        page.contains("kubectl patch hpa other --type merge"),
        "{page}"
    );
    let [compare, check] = &printed(&page)[..] else {
        panic!("two commands: {page}");
    };
    in_shell(&sandbox, check);
    in_shell(&sandbox, &format!("{compare} --plot none -q -o again"));
    assert_eq!(
        rows(&sandbox, "again/comparison.csv"),
        rows(&sandbox, "out/comparison.csv")
    );
}

#[test]
fn printed_commands_hold_what_a_shell_would_take_apart() {
    let sandbox = Sandbox::new();
    let manifest = text(&sandbox, "policies/privrocket.yaml");
    let objects = manifest.replace("  namespace: privrocket-preprod\n", "");
    sandbox.write("my policy's.yaml", &objects);
    sandbox.write("-a trace.csv", sandbox.read("traces/spike.csv"));
    let inputs = [
        "my policy's.yaml",
        "./-a trace.csv",
        "--namespace",
        "my shop",
    ];
    let set = [
        "--set",
        "slo.latency.limit=\"2s\"",
        "--plot",
        "none",
        "-o",
        "the results",
    ];
    let page = done(
        &sandbox,
        &inputs,
        &[
            &["--goal", "min mean_replicas"],
            &["--param", "averageUtilization"],
            &set,
            &SHORT[..8],
        ],
    )
    .stdout;
    let [compare, check] = &printed(&page)[..] else {
        panic!("two commands: {page}");
    };
    assert!(compare.contains("--namespace 'my shop'"), "{compare}");
    in_shell(&sandbox, check);
    in_shell(&sandbox, &format!("{compare} --plot none -q -o again"));
    assert_eq!(
        rows(&sandbox, "again/comparison.csv"),
        rows(&sandbox, "the results/comparison.csv")
    );
}

#[test]
fn the_patch_is_applied_in_the_autoscalers_namespace() {
    let sandbox = Sandbox::new();
    let deployed = "extends = \"policies/prod.toml\"\n[deployment]\nnamespace = \"shop\"\n";
    sandbox.write("prod.toml", deployed);
    let out = ["--plot", "none", "-o", "out"];
    let finished = done(
        &sandbox,
        &["prod.toml", "traces/spike.csv"],
        &[&CHEAPER, &SHORT[..8], &out],
    );
    let apply = finished
        .stdout
        .lines()
        .find(|line| line.contains("kubectl patch"));
    insta::assert_snapshot!(apply.expect("a command"), @"Not recommended; to apply it all the same: kubectl patch hpa prod --namespace shop --type merge --patch-file out/patch.yaml");
}

#[test]
fn a_policy_of_standard_input_is_tuned_and_patched_but_no_file_extends_it() {
    let sandbox = Sandbox::new();
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("hpasim"));
    let output = command
        .current_dir(sandbox.folder.path())
        .args([
            "tune",
            "-",
            "traces/spike.csv",
            "--plot",
            "none",
            "-o",
            "out",
        ])
        .args(CHEAPER)
        .args(&SHORT[..8])
        .write_stdin(sandbox.read("policies/prod.toml"))
        .output()
        .expect("a process");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let files = ["comparison.csv", "front.csv", "patch.yaml", "summary.json"];
    assert_eq!(files_in(&sandbox, "out"), files);
    assert!(text(&sandbox, "out/patch.yaml").contains("averageUtilization: 90"));
    assert!(again(&String::from_utf8_lossy(&output.stdout)).is_empty());
}

#[test]
fn what_is_set_of_the_autoscaler_is_todays_and_no_command_could_set_it_of_both() {
    let sandbox = Sandbox::new();
    let set = [
        "--set",
        "hpa.targetCPUUtilizationPercentage=40",
        "--plot",
        "none",
        "-o",
        "out",
    ];
    let finished = done(&sandbox, &PROD_UNDER_SPIKE, &[&CHEAPER, &SHORT[..8], &set]);
    let change = &summary(&sandbox, "out")["proposed"]["changes"][0];
    assert_eq!(
        (change["today"].as_str(), change["proposed"].as_str()),
        (Some("40"), Some("90"))
    );
    assert!(again(&finished.stdout).is_empty(), "{}", finished.stdout);
    let shown = sandbox.hpasim(&["export", "out/proposed.toml", "-q"]);
    assert!(
        shown.stdout.contains("averageUtilization: 90"),
        "{}",
        shown.stdout
    );
}

#[test]
fn a_change_outside_the_autoscaler_stands_in_the_policy_and_in_no_patch() {
    let sandbox = Sandbox::new();
    let tuned = |set: &[&str]| {
        let further = [
            "--goal",
            "min mean_replicas",
            "--param",
            "controller.sync_period=\"15s\",\"60s\"",
            "--plot",
            "none",
            "--force",
            "-o",
            "out",
        ];
        done(&sandbox, &PROD_UNDER_SPIKE, &[&further, set, &SHORT[..8]]).stdout
    };
    let period = |value: &str| {
        format!(
            "controller.sync_period = \"{value}\" is not a field of a\n         HorizontalPodAutoscaler, so the patch does not contain it\n"
        )
    };
    let page = tuned(&["--set", "deployment.replicas=4"]);
    assert!(page.contains(&period("60s")), "{page}");
    assert!(!page.contains("Apply: "), "{page}");
    assert!(!sandbox.path("out/patch.yaml").exists());
    let [command] = &again(&page)[..] else {
        panic!("one command: {page}");
    };
    assert_eq!(
        compared(&sandbox, command),
        rows(&sandbox, "out/comparison.csv")
    );
    // Of several settings of a path the last counts; here a command would set it of both policies.
    let page = tuned(&["--set", "controller.sync_period=\"15s\""]);
    assert!(again(&page).is_empty(), "{page}");
    let proposed = text(&sandbox, "out/proposed.toml");
    assert_eq!(proposed.matches("sync_period").count(), 1, "{proposed}");
    let run = [
        "run",
        "out/proposed.toml",
        "traces/spike.csv",
        "--plot",
        "none",
    ];
    let run = sandbox.hpasim(&run);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}
