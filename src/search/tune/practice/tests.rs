//! What may be turned of policies of many kinds.

use super::super::tests::{EVEN, PROD, SMALL, template};
use super::*;

const PODS: PodsToday = PodsToday {
    mean: 7.3,
    peak: 23.0,
};

fn parameters_of(policy: &str) -> Vec<TunedParameter> {
    parameters_with(policy, PODS)
}

fn parameters_with(policy: &str, pods: PodsToday) -> Vec<TunedParameter> {
    let template = template(policy, EVEN);
    let scenario = template.scenario(&[]).expect("a sound policy");
    let autoscaler = scenario.hpa().expect("an autoscaler");
    let parameters = parameters(autoscaler, &template, pods);
    for parameter in &parameters {
        for value in 0..parameter.count() {
            let mut arguments: Vec<String> =
                parameter.setup().map(str::to_owned).into_iter().collect();
            arguments.push(parameter.argument(value));
            let resolved = template.scenario(&arguments);
            assert!(resolved.is_ok(), "{arguments:?}: {resolved:?}");
        }
    }
    parameters
}

/// A line a parameter: its label, its values with today's in brackets, and dots where values lie beyond an end.
fn listing(parameters: &[TunedParameter]) -> String {
    let line = |parameter: &TunedParameter| {
        let last = parameter.count() - 1;
        let values: Vec<String> = (0..=last)
            .map(|number| match parameter.today() {
                Some(today) if today == number => format!("[{}]", parameter.value(number)),
                _ => parameter.value(number),
            })
            .collect();
        let beyond = |number| {
            if parameter.is_at_border(number) {
                ".."
            } else {
                ""
            }
        };
        format!(
            "{}: {}{}{}",
            parameter.label(),
            beyond(0),
            values.join(" "),
            beyond(last)
        )
    };
    let setups = parameters.iter().filter_map(TunedParameter::setup);
    let mut lines: Vec<String> = setups.map(|setup| format!("first {setup}")).collect();
    lines.dedup();
    lines.extend(parameters.iter().map(line));
    lines.join("\n")
}

fn with(lines: &str) -> String {
    format!("{SMALL}{lines}")
}

#[test]
fn of_the_shipped_policy_everything_may_be_turned() {
    insta::assert_snapshot!(listing(&parameters_of(PROD)), @r#"
    targetCPUUtilizationPercentage: ..30 35 40 45 [50] 55 60 65 70 75 80 85 90..
    minReplicas: [1] 2 3 4..
    maxReplicas: ..23 25 30 40 [50] 60 80 100..
    behavior.scaleUp.stabilizationWindowSeconds: [0] 15 30 60 120 180 300..
    behavior.scaleUp.policies.0.value (Percent): ..10 25 50 [100] 200 400 900..
    behavior.scaleUp.policies.0.periodSeconds (Percent): [5] 15 30 60 120..
    behavior.scaleUp.policies.1.value (Pods): 1 2 3 [4] 5 6 8 10 12 15 20 23..
    behavior.scaleUp.policies.1.periodSeconds (Pods): [5] 15 30 60 120..
    behavior.scaleUp.tolerance: "0" "0.02" "0.05" ["0.1"] "0.15" "0.2" "0.3"..
    behavior.scaleDown.stabilizationWindowSeconds: 0 [5] 15 30 60 120 180 300 450 600 900..
    behavior.scaleDown.policies.0.value (Percent): ..5 10 20 30 [50] 75 100
    behavior.scaleDown.policies.0.periodSeconds (Percent): [5] 15 30 60 120 300 600..
    behavior.scaleDown.tolerance: "0" "0.02" "0.05" ["0.1"] "0.15" "0.2" "0.3"..
    "#);
}

#[test]
fn of_a_policy_without_behavior_what_the_controller_does_is_written_first() {
    insta::assert_snapshot!(listing(&parameters_of(SMALL)), @r#"
    first hpa.behavior.scaleUp.policies=[{ type = "Pods", value = 4, periodSeconds = 15 }, { type = "Percent", value = 100, periodSeconds = 15 }]
    first hpa.behavior.scaleDown.policies=[{ type = "Percent", value = 100, periodSeconds = 15 }]
    targetCPUUtilizationPercentage: ..30 35 40 45 [50] 55 60 65 70 75 80 85 90..
    minReplicas: 1 [2] 3 4..
    maxReplicas: ..23 25 30 [40] 60 80..
    behavior.scaleUp.stabilizationWindowSeconds: [0] 15 30 60 120 180 300..
    behavior.scaleUp.policies.0.value (Pods): 1 2 3 [4] 5 6 8 10 12 15 20 23..
    behavior.scaleUp.policies.0.periodSeconds (Pods): [15] 30 60 120..
    behavior.scaleUp.policies.1.value (Percent): ..10 25 50 [100] 200 400 900..
    behavior.scaleUp.policies.1.periodSeconds (Percent): [15] 30 60 120..
    behavior.scaleUp.tolerance: "0" "0.02" "0.05" ["0.1"] "0.15" "0.2" "0.3"..
    behavior.scaleDown.stabilizationWindowSeconds: 0 15 30 60 120 180 [300] 450 600 900..
    behavior.scaleDown.policies.0.value (Percent): ..5 10 20 30 50 75 [100]
    behavior.scaleDown.policies.0.periodSeconds (Percent): [15] 30 60 120 300 600..
    behavior.scaleDown.tolerance: "0" "0.02" "0.05" ["0.1"] "0.15" "0.2" "0.3"..
    "#);
}

#[test]
fn every_metric_has_its_own_target() {
    let policy = r#"
[hpa]
maxReplicas = 20
[[hpa.metrics]]
type = "Resource"
resource = { name = "cpu", target = { type = "Utilization", averageUtilization = 62 } }
[[hpa.metrics]]
type = "Pods"
pods = { metric = { name = "requests_per_second" }, target = { type = "AverageValue", averageValue = "12500m" } }
[[hpa.metrics]]
type = "Resource"
resource = { name = "cpu", target = { type = "AverageValue", averageValue = "80m" } }
"#;
    let targets: Vec<TunedParameter> = parameters_of(policy)
        .into_iter()
        .filter(|it| it.path().contains("target"))
        .collect();
    insta::assert_snapshot!(listing(&targets), @r#"
    cpu averageUtilization: ..30 35 40 45 50 55 60 [62] 65 70 75 80 85 90..
    requests_per_second averageValue: .."6250m" "7500m" "8750m" "10" "11250m" ["12500m"] "13750m" "15625m" "18750m" "21875m" "25"..
    cpu averageValue: .."40m" "48m" "56m" "64m" "72m" ["80m"] "88m" "100m" "120m" "140m" "160m"..
    "#);
}

#[test]
fn of_a_manifest_the_paths_are_those_of_its_objects() {
    let manifest = include_str!("../../../../policies/privrocket.yaml");
    let paths: Vec<String> = parameters_of(manifest)
        .iter()
        .map(|it| it.path().to_owned())
        .collect();
    insta::assert_snapshot!(paths.join("\n"), @"
    hpa.metrics.0.resource.target.averageUtilization
    hpa.minReplicas
    hpa.maxReplicas
    hpa.behavior.scaleUp.stabilizationWindowSeconds
    hpa.behavior.scaleUp.policies.0.value
    hpa.behavior.scaleUp.policies.0.periodSeconds
    hpa.behavior.scaleUp.policies.1.value
    hpa.behavior.scaleUp.policies.1.periodSeconds
    hpa.behavior.scaleUp.tolerance
    hpa.behavior.scaleDown.stabilizationWindowSeconds
    hpa.behavior.scaleDown.policies.0.value
    hpa.behavior.scaleDown.policies.0.periodSeconds
    hpa.behavior.scaleDown.tolerance
    ");
}

#[test]
fn no_value_of_a_small_target_is_zero() {
    let policy = r#"
[hpa]
maxReplicas = 20
[[hpa.metrics]]
type = "Pods"
pods = { metric = { name = "requests_per_second" }, target = { type = "AverageValue", averageValue = "1m" } }
"#;
    let parameters = parameters_of(policy);
    insta::assert_snapshot!(listing(&parameters[..1]), @r#"requests_per_second averageValue: ..["1m"] "2m".."#);
}

#[test]
fn a_direction_that_is_disabled_has_nothing_to_turn() {
    let policy = with("[hpa.behavior.scaleDown]\nselectPolicy = \"Disabled\"\n");
    let down: Vec<TunedParameter> = parameters_of(&policy)
        .into_iter()
        .filter(|it| it.path().contains("scaleDown"))
        .collect();
    insta::assert_snapshot!(listing(&down), @"");
}

#[test]
fn the_tolerance_is_turned_only_where_the_cluster_honours_it() {
    let tolerances = |policy: &str| {
        let parameters = parameters_of(policy);
        let tolerances = parameters
            .into_iter()
            .filter(|it| it.path().ends_with("tolerance"));
        listing(&tolerances.collect::<Vec<_>>())
    };
    insta::assert_snapshot!(tolerances(SMALL), @r#"
    behavior.scaleUp.tolerance: "0" "0.02" "0.05" ["0.1"] "0.15" "0.2" "0.3"..
    behavior.scaleDown.tolerance: "0" "0.02" "0.05" ["0.1"] "0.15" "0.2" "0.3"..
    "#);
    insta::assert_snapshot!(tolerances(&with("[controller]\nkubernetes = \"1.28\"\n")), @"");
    insta::assert_snapshot!(tolerances(&with("[controller]\nkubernetes = \"1.36\"\nconfigurable_tolerance = false\n")), @"");
    insta::assert_snapshot!(
        tolerances(&with("[hpa.behavior.scaleUp]\ntolerance = \"0.07\"\n[controller]\ntolerance = 0.2\n")),
        @r#"
    behavior.scaleUp.tolerance: "0" "0.02" "0.05" ["0.07"] "0.1" "0.15" "0.2" "0.3"..
    behavior.scaleDown.tolerance: "0" "0.02" "0.05" "0.1" "0.15" ["0.2"] "0.3"..
    "#
    );
}

#[test]
fn the_controllers_own_window_holds_where_the_policy_has_none() {
    let policy = with("[controller]\ndownscale_stabilization = \"100s\"\n");
    let windows: Vec<TunedParameter> = parameters_of(&policy)
        .into_iter()
        .filter(|it| it.path().contains("Window"))
        .collect();
    insta::assert_snapshot!(listing(&windows), @"
    behavior.scaleUp.stabilizationWindowSeconds: [0] 15 30 60 120 180 300..
    behavior.scaleDown.stabilizationWindowSeconds: 0 15 30 60 [100] 120 180 300 450 600 900..
    ");
}

#[test]
fn the_least_of_max_is_not_below_the_most_of_min() {
    let bounds = |least: i32, most: i32| {
        format!(
            "[hpa]\nminReplicas = {least}\nmaxReplicas = {most}\ntargetCPUUtilizationPercentage = 50\n"
        )
    };
    for (least, most) in [
        (1, 1),
        (1, 2),
        (1, 50),
        (3, 3),
        (7, 9),
        (40, 60),
        (900, 1000),
    ] {
        for mean in [0.4, 3.0, 59.5, 1200.0] {
            let pods = PodsToday {
                mean,
                peak: 2.0 * mean,
            };
            let parameters = parameters_with(&bounds(least, most), pods);
            let ends = |path: &str| {
                let found = parameters.iter().find(|it| it.path() == path);
                let found = found.expect("a bound");
                let number = |value: u64| found.value(value).parse::<i32>().expect("a number");
                [number(0), number(found.count() - 1)]
            };
            let [_, greatest_min] = ends("hpa.minReplicas");
            let [least_max, greatest_max] = ends("hpa.maxReplicas");
            assert!(greatest_min <= least_max, "{least}..{most}, mean {mean}");
            assert!(greatest_max >= most, "{least}..{most}, mean {mean}");
        }
    }
}

#[test]
fn numbers_of_pods_are_round() {
    assert_eq!(round_numbers(1, 10), [1, 2, 3, 4, 5, 6, 8, 10]);
    assert_eq!(round_numbers(7, 33), [7, 8, 10, 12, 15, 20, 25, 30, 33]);
    assert_eq!(round_numbers(5, 5), [5]);
    assert_eq!(round_numbers(900, 1300), [900, 1000, 1200, 1300]);
}
