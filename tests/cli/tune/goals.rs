//! Goals, methods and traffic of other kinds.

use super::*;

#[test]
fn a_goal_within_reach_is_met_and_one_out_of_reach_is_said_to_be() {
    let sandbox = Sandbox::new();
    let page = |goal: &str| {
        let params = "--param targetCPUUtilizationPercentage --param minReplicas";
        let goal = format!("--goal '{goal}' {OUT} --force");
        tuned(
            &sandbox,
            &format!("{PROD_UNDER_SPIKE} {goal} {params} {SHORT}"),
        )
        .stdout
    };
    let out_of_reach = "warning: no policy that the search tried meets the goal";
    let met = page("min mean_replicas subject to slo_violation_seconds<=110");
    assert!(!met.contains(out_of_reach), "{met}");
    let bound = "proposed under spike from 15m with a spike: slo_violation_seconds <= 110 (";
    assert!(met.contains(bound), "{met}");
    let summary = sandbox.json("out/summary.json");
    let holds = summary["held_out_bounds"][0]["holds"]
        .as_bool()
        .expect("a bound");
    let missed = met.contains("verdict  the goal is missed");
    assert_eq!(holds, !missed, "{met}");
    let training = &summary["proposed"]["training"];
    assert!(
        training["harm"].as_f64().is_some_and(|harm| harm <= 110.0),
        "{training}"
    );
    let missed = page("min mean_replicas subject to slo_violation_seconds<=0");
    assert!(missed.contains(out_of_reach), "{missed}");
    // No policy is nearer to this goal than today's, and today's misses it too.
    let best = page("min rescales subject to first_decision_seconds<=0.001");
    assert!(best.contains(out_of_reach), "{best}");
}

#[test]
fn where_nothing_is_better_nothing_is_proposed() {
    let sandbox = Sandbox::new();
    let best = "--goal 'min mean_replicas' --param hpa.targetCPUUtilizationPercentage=40,50";
    let page = tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {best} {SHORT} {OUT}"),
    )
    .stdout;
    assert!(page.contains("\nverdict  keep today's policy ("), "{page}");
    assert!(printed(&page).is_empty(), "{page}");
    let summary = sandbox.json("out/summary.json");
    assert_eq!(
        (&summary["proposed"], &summary["held_out"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(sandbox.names("out"), ["front.csv", "summary.json"]);
}

#[test]
fn one_seed_is_doubted() {
    let sandbox = Sandbox::new();
    let one = "--engine fluid --budget 40 --finalists 2 --seeds 1";
    let page = tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {CHEAPER} {one} {OUT}"),
    )
    .stdout;
    assert!(page.contains("\nverdict  unknown: one seed "), "{page}");
}

#[test]
fn asked_for_one_change_the_page_lists_the_best_value_of_each_setting_and_proposes_one() {
    let sandbox = Sandbox::new();
    let asked = "--answer one-change --goal 'min rescales' --param scaleDown --param minReplicas";
    let page = tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {asked} {SHORT} {OUT}"),
    )
    .stdout;
    assert!(page.contains("policies with one change or none"), "{page}");
    let summary = sandbox.json("out/summary.json");
    assert_eq!(summary["request"]["answer"], "one-change");
    let changes = summary["proposed"]["changes"].as_array().expect("changes");
    assert_eq!(changes.len(), 1, "{page}");
    let listed = summary["steps"].as_array().expect("single changes");
    assert_eq!(listed.len(), 2, "{page}");
    assert_eq!(listed[0]["set"], summary["proposed"]["set"]);
}

#[test]
fn every_method_searches() {
    let sandbox = Sandbox::new();
    for method in ["random", "halving", "evolution"] {
        let out = format!("--method {method} --plot none -o {method}");
        tuned(
            &sandbox,
            &format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} {out}"),
        );
        let summary = sandbox.json(&format!("{method}/summary.json"));
        assert_eq!(summary["search"]["method"], method);
    }
}

#[test]
fn clients_who_wait_are_tuned_with_the_request_engine() {
    let sandbox = Sandbox::new();
    sandbox.write("users.csv", "time_s,users\n0,20\n200,60\n400,20\n");
    let few = "--budget 6 --finalists 1 --seeds 2 --split 0.6";
    tuned(
        &sandbox,
        &format!("policies/prod.toml users.csv {CHEAPER} {few} {OUT}"),
    );
    let search = &sandbox.json("out/summary.json")["search"];
    assert_eq!(
        (&search["engine"], &search["judge"]),
        (&json!("request"), &json!("request"))
    );
}

#[test]
fn where_only_cpu_is_known_the_throttled_share_is_the_harm() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "cpu.csv",
        "time_s,cpu_millicores\n0,100\n120,900\n600,300\n900,300\n",
    );
    let few = "--budget 40 --finalists 2 --seeds 2 --plot svg -o out";
    tuned(&sandbox, &format!("policies/prod.toml cpu.csv {few}"));
    let search = &sandbox.json("out/summary.json")["search"];
    assert_eq!(
        search["objectives"],
        json!(["mean_replicas", "throttled_share", "rescales"])
    );
    assert_eq!(search["judge"], "fluid");
}

#[test]
fn prices_are_weighed_where_there_are_any() {
    let sandbox = Sandbox::new();
    let priced = "extends = \"policies/prod.toml\"\n[cost]\nper_pod_hour = 0.04\n";
    sandbox.write("priced.toml", priced);
    let summary = |policy: &str| {
        let goal = "--goal 'min cost' --param targetCPUUtilizationPercentage";
        tuned(
            &sandbox,
            &format!("{policy} traces/spike.csv {goal} {SHORT} {OUT} --force"),
        );
        sandbox.json("out/summary.json")
    };
    assert_eq!(summary("priced.toml")["search"]["objectives"][0], "cost");
    // Without prices the mean number of replicas replaces the cost.
    assert_eq!(
        summary("policies/prod.toml")["goal"],
        "min mean_replicas (the policy has no prices, so this replaces cost)"
    );
}
