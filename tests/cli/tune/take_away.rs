//! What a user takes away: the patch, a policy of its own, commands to go on with.

use super::*;

const MANIFEST_UNDER_SPIKE: &str = "policies/privrocket.yaml traces/spike.csv";

/// Runs a command as a user would who copies it into a shell.
fn in_shell(sandbox: &Sandbox, command: &str) {
    let program = assert_cmd::cargo::cargo_bin!("hpasim");
    let folder = program.parent().expect("a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .env("PATH", path)
        .current_dir(sandbox.folder.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{command}: {said}");
}

/// Both printed commands run in a shell, and the comparison gives the figures of the report.
fn assert_copied_commands_run(sandbox: &Sandbox, page: &str, results: &str) {
    let [compare, check] = &printed(page)[..] else {
        panic!("two commands: {page}");
    };
    in_shell(sandbox, check);
    in_shell(sandbox, &format!("{compare} --plot none -q -o again"));
    let report = format!("{results}/comparison.csv");
    assert_eq!(
        rows(sandbox, "again/comparison.csv"),
        rows(sandbox, &report)
    );
}

#[test]
fn the_proposed_policy_compared_as_the_page_says_gives_the_figures_of_the_report() {
    let sandbox = Sandbox::new();
    let short = "--budget 40 --finalists 2 --seeds 2";
    for case in [
        "--engine fluid",
        "--engine fluid --set slo.error_rate=0.02 --set slo.error_rate=0.03 --set deployment.replicas=3",
        "",
    ] {
        let arguments = format!("{PROD_UNDER_SPIKE} {CHEAPER} {short} {OUT} --force {case}");
        let page = tuned(&sandbox, &arguments).stdout;
        assert_repeatable(&sandbox, &page);
    }
}

#[test]
fn the_patch_is_that_of_export() {
    let sandbox = Sandbox::new();
    for policy in ["policies/prod.toml", "policies/privrocket.yaml"] {
        let goal = "--goal 'min mean_replicas' --param scaleDown --param hpa.maxReplicas=8,9";
        tuned(
            &sandbox,
            &format!("{policy} traces/spike.csv {goal} {SHORT} {OUT} --force"),
        );
        let exported = sandbox.done(&format!("export --patch {policy} out/proposed.toml -q"));
        assert_eq!(exported.stdout, sandbox.text("out/patch.yaml"));
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
    let goal = "--goal 'min mean_replicas' --param averageUtilization";
    let page = tuned(
        &sandbox,
        &format!("{MANIFEST_UNDER_SPIKE} {goal} {SHORT} {OUT}"),
    )
    .stdout;
    let patch = sandbox.text("out/patch.yaml");
    let applied = format!(
        "kubectl patch hpa horizontal-pod --type merge --patch-file out/patch.yaml\n{patch}\nagain "
    );
    assert!(page.contains(&applied), "{page}");
    assert_repeatable(&sandbox, &page);
}

#[test]
fn of_several_autoscalers_the_one_that_is_named_is_tuned() {
    let sandbox = Sandbox::new();
    let mut manifest = sandbox.text("policies/privrocket.yaml");
    manifest.push_str("---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: other}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: privrocket-deployment}\n  maxReplicas: 40\n");
    sandbox.write("two.yaml", manifest);
    let goal = "--goal 'min mean_replicas' --param hpa.maxReplicas=8,40";
    let inputs = "two.yaml traces/spike.csv --hpa other";
    let page = tuned(&sandbox, &format!("{inputs} {goal} {SHORT} {OUT}")).stdout;
    assert!(
        page.contains("kubectl patch hpa other --type merge"),
        "{page}"
    );
    assert_copied_commands_run(&sandbox, &page, "out");
}

#[test]
fn printed_commands_hold_what_a_shell_would_take_apart() {
    let sandbox = Sandbox::new();
    let manifest = sandbox.text("policies/privrocket.yaml");
    let objects = manifest.replace("  namespace: privrocket-preprod\n", "");
    sandbox.write("my policy's.yaml", &objects);
    sandbox.write("-a trace.csv", sandbox.read("traces/spike.csv"));
    let mut arguments = words(&format!(
        "tune './-a trace.csv' --namespace 'my shop' --set 'slo.latency.limit=\"2s\"' --plot none -o 'the results' --goal 'min mean_replicas' --param averageUtilization {SHORT}"
    ));
    arguments.insert(1, "my policy's.yaml".to_owned());
    let page = sandbox.done(&arguments).stdout;
    assert!(page.contains("--namespace 'my shop'"), "{page}");
    assert_copied_commands_run(&sandbox, &page, "the results");
}

#[test]
fn the_patch_is_applied_in_the_autoscalers_namespace() {
    let sandbox = Sandbox::new();
    let deployed = "extends = \"policies/prod.toml\"\n[deployment]\nnamespace = \"shop\"\n";
    sandbox.write("prod.toml", deployed);
    let page = tuned(
        &sandbox,
        &format!("prod.toml traces/spike.csv {CHEAPER} {SHORT} {OUT}"),
    )
    .stdout;
    let apply =
        "kubectl patch hpa prod --namespace shop --type merge --patch-file out/patch.yaml\n";
    assert!(page.contains(apply), "{page}");
}

#[test]
fn a_policy_of_standard_input_is_tuned_and_patched_but_no_file_extends_it() {
    let sandbox = Sandbox::new();
    let arguments = format!("tune - traces/spike.csv {CHEAPER} {SHORT} {OUT}");
    let finished = sandbox.fed(&arguments, sandbox.read("policies/prod.toml"));
    finished.done();
    let files = [
        "comparison.csv",
        "front.csv",
        "held-out.csv",
        "patch.yaml",
        "summary.json",
    ];
    assert_eq!(sandbox.names("out"), files);
    assert!(
        sandbox
            .text("out/patch.yaml")
            .contains("averageUtilization: ")
    );
    assert!(comparisons(&finished.stdout).is_empty());
}

#[test]
fn what_is_set_of_the_autoscaler_is_todays_and_no_command_could_set_it_of_both() {
    let sandbox = Sandbox::new();
    let set = "--set hpa.targetCPUUtilizationPercentage=40";
    let page = tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} {OUT} {set}"),
    )
    .stdout;
    let change = &sandbox.json("out/summary.json")["proposed"]["changes"][0];
    assert_eq!(change["today"], "40");
    assert!(comparisons(&page).is_empty(), "{page}");
    let shown = sandbox.done("export out/proposed.toml -q").stdout;
    let proposed = format!(
        "averageUtilization: {}\n",
        change["proposed"].as_str().expect("a value")
    );
    assert!(shown.contains(&proposed), "{shown}");
}

#[test]
fn a_change_outside_the_autoscaler_stands_in_the_policy_and_in_no_patch() {
    let sandbox = Sandbox::new();
    let page = |set: &str| {
        let goal = "--goal 'min mean_replicas' --param 'controller.sync_period=\"15s\",\"60s\"'";
        tuned(
            &sandbox,
            &format!("{PROD_UNDER_SPIKE} {goal} {set} {SHORT} {OUT} --force"),
        )
        .stdout
    };
    let first = page("--set deployment.replicas=4");
    let outside = "controller.sync_period = \"60s\" is not a field of a HorizontalPodAutoscaler, so the patch does not contain it\n";
    assert!(unfolded(&first).contains(outside), "{first}");
    assert!(!first.contains("Apply: "), "{first}");
    assert!(!sandbox.path("out/patch.yaml").exists());
    assert_repeatable(&sandbox, &first);
    // Of several settings of a path the last counts; here a command would set it of both policies.
    let second = page("--set 'controller.sync_period=\"15s\"'");
    assert!(comparisons(&second).is_empty(), "{second}");
    let proposed = sandbox.text("out/proposed.toml");
    assert_eq!(proposed.matches("sync_period").count(), 1, "{proposed}");
    sandbox.done("run out/proposed.toml traces/spike.csv --plot none");
}

#[test]
fn a_proposal_holds_what_a_setting_meant_with_the_quotes_that_an_argument_may_omit() {
    let sandbox = Sandbox::new();
    let set = "--set cost.per_pod_hour=0.04 --set cost.currency=EUR --set workload.timeout=5s --set controller.kubernetes=1.33";
    let goal = "--goal 'min cost' --param targetCPUUtilizationPercentage";
    let tune = format!("{PROD_UNDER_SPIKE} {goal} {set} {SHORT} {OUT}");
    let page = tuned(&sandbox, &tune).stdout;
    assert_repeatable(&sandbox, &page);
    let proposed = sandbox.text("out/proposed.toml");
    for line in [
        "cost.per_pod_hour = 0.04",
        "cost.currency = \"EUR\"",
        "workload.timeout = \"5s\"",
        "controller.kubernetes = \"1.33\"",
    ] {
        assert!(proposed.lines().any(|it| it == line), "{line}: {proposed}");
    }
}
