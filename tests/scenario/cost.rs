//! The cost of a request, and what is not known of it.

use std::borrow::Cow;

use hpasim::units::Seed;

use super::*;

/// A cost of 20 ms with a sidecar of 5 ms, and these further keys in the table.
fn uncertain(keys: &str) -> Scenario {
    let policy = format!(
        "[workload]\ncpu_per_request = {{ dist = \"lognormal\", mean = \"20ms\", cv = 1.0, {keys} }}\n\
         [[deployment.containers]]\nname = \"app\"\n\
         [[deployment.containers]]\nname = \"proxy\"\ncpu_per_request = \"5ms\"\n"
    );
    scenario(&policy, &[])
}

/// The CPU times of a request in the two containers, in core-seconds, for a seed.
fn costs(scenario: &Scenario, seed: u64) -> [f64; 2] {
    let drawn = scenario.for_seed(Seed(seed));
    let containers = &drawn.deployment.containers;
    let mean = drawn.workload.cpu_per_request.mean_seconds();
    assert!((containers[0].cpu_seconds_per_request - mean).abs() < 1e-12);
    [mean, containers[1].cpu_seconds_per_request]
}

#[test]
fn without_uncertainty_the_scenario_of_a_seed_is_the_scenario() {
    let certain = uncertain("");
    assert!(matches!(certain.for_seed(Seed(3)), Cow::Borrowed(_)));
}

#[test]
fn a_machine_changes_the_cost_of_every_container_and_an_error_that_of_the_first() {
    let [app, proxy] = costs(&uncertain("machine = 0.3"), 3);
    assert!((app / 0.02 - 1.0).abs() > 0.01);
    assert!((app / 0.02 - proxy / 0.005).abs() < 1e-6);
    let [app, proxy] = costs(&uncertain("standard_error = \"2ms\""), 3);
    assert!((app / 0.02 - 1.0).abs() > 0.01);
    assert!((proxy - 0.005).abs() < 1e-12);
}

#[test]
fn the_scenario_of_a_seed_has_nothing_left_to_draw() {
    let uncertain = uncertain("standard_error = \"2ms\", machine = 0.3");
    let drawn = uncertain.for_seed(Seed(3)).into_owned();
    assert_eq!(*drawn.for_seed(Seed(4)), drawn);
    assert_eq!(uncertain.for_seed(Seed(3)).into_owned(), drawn);
    let listed = uncertain.drawn_costs(&[Seed(3)])[0];
    assert!((listed - drawn.workload.cpu_per_request.mean_seconds()).abs() < 1e-9);
    assert_ne!(uncertain.for_seed(Seed(4)).into_owned(), drawn);
}

#[test]
fn one_key_of_an_unsaid_table_keeps_the_rest_of_the_default() {
    let set = |argument: &str| loaded(&[("p.toml", "")], &[argument]).scenario;
    let cost = set("workload.cpu_per_request.mean=25ms")
        .workload
        .cpu_per_request;
    assert_eq!(
        cost,
        Distribution::log_normal_by_mean(SimSpan::from_millis(25), 1.0)
    );
    let start = set("pod.start.p99=9s").deployment.pod.start;
    assert_eq!(
        start,
        Distribution::log_normal_by_p99(SimSpan::from_millis(1500), SimSpan::from_secs(9))
    );
}

#[test]
fn an_uncertainty_alone_leaves_the_cost_assumed_and_keeps_a_plain_one() {
    let assumed = |scenario: &Scenario| {
        let mut keys = scenario.assumptions.iter().map(|it| it.key.as_str());
        keys.any(|key| key == "workload.cpu_per_request")
    };
    let machine = "workload.cpu_per_request.machine=0.2";
    let unsaid = scenario("", &[machine]);
    assert!(assumed(&unsaid));
    assert!((unsaid.workload.cost_uncertainty.machine_deviation - 0.2).abs() < 1e-12);
    let plain = scenario("[workload]\ncpu_per_request = \"15ms\"\n", &[machine]);
    assert!(!assumed(&plain));
    assert_eq!(
        plain.workload.cpu_per_request,
        Distribution::Constant(SimSpan::from_millis(15))
    );
    assert!((plain.workload.cost_uncertainty.machine_deviation - 0.2).abs() < 1e-12);
    assert!(!assumed(&scenario(
        "",
        &["workload.cpu_per_request.mean=9ms"]
    )));
}

#[test]
fn mean_and_machine_can_be_set_in_either_order() {
    let mean = "workload.cpu_per_request.mean=20ms";
    let machine = "workload.cpu_per_request.machine=0.2";
    let one = scenario("", &[mean, machine]).workload;
    let beside = scenario("[workload]\ncpu_per_request = { machine = 0.2 }\n", &[mean]).workload;
    assert_eq!(scenario("", &[machine, mean]).workload, one);
    assert_eq!(beside, one);
    assert!((one.cpu_per_request.mean_seconds() - 0.02).abs() < 1e-6);
}

#[test]
fn under_a_trace_of_cpu_no_cost_is_drawn() {
    let policy = "[workload]\ncpu_per_request = { machine = 0.5 }\n";
    let files = [
        ("p.toml", policy),
        ("c.csv", "time_s,cpu_millicores\n0,100\n60,200\n120,200\n"),
    ];
    let recorded = sound(request("p.toml", "c.csv", &[]), &mut Files::of(&files)).scenario;
    assert!(matches!(recorded.for_seed(Seed(3)), Cow::Borrowed(_)));
    assert!(recorded.drawn_costs(&[Seed(1), Seed(2)]).is_empty());
}
