//! The API server's defaults, and the specs that it rejects.

use super::super::spec::{DescribedObject, MetricIdentifier};
use super::*;

fn target() -> ScaleTarget {
    ScaleTarget {
        kind: "Deployment".to_owned(),
        namespace: "default".to_owned(),
        name: "web".to_owned(),
    }
}

fn input(max_replicas: i32) -> SpecInput {
    SpecInput {
        max_replicas: Some(max_replicas),
        ..SpecInput::default()
    }
}

fn policy(kind: PolicyKind, value: i32, period_seconds: i32) -> ScalingPolicyInput {
    ScalingPolicyInput {
        kind,
        value,
        period_seconds,
    }
}

fn faults(input: SpecInput, zero_replicas: ZeroReplicas) -> Vec<String> {
    match input.resolve(target(), zero_replicas) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn an_absent_behavior_stays_absent() {
    let spec = input(5)
        .resolve(target(), ZeroReplicas::Refused)
        .expect("a valid spec");
    assert_eq!(spec.behavior, None);
    assert_eq!(spec.min_replicas, Replicas(1));
    assert_eq!(spec.metrics[0].target, MetricTarget::Utilization(80));
    assert_eq!(
        &*spec.metrics[0].description,
        "cpu resource utilization (percentage of request)"
    );
}

#[test]
fn a_partial_behavior_is_filled_in_on_both_sides() {
    let behavior = BehaviorInput {
        scale_up: None,
        scale_down: Some(ScalingRulesInput {
            select_policy: Some(SelectPolicy::Min),
            ..ScalingRulesInput::default()
        }),
    };
    let filled_in = behavior.with_defaults();
    assert_eq!(filled_in.scale_up.stabilization_window, Some(SimSpan::ZERO));
    assert_eq!(filled_in.scale_up.policies.len(), 2);
    assert_eq!(filled_in.scale_up.longest_period(), SimSpan::from_secs(15));
    assert_eq!(filled_in.scale_down.stabilization_window, None);
    assert_eq!(filled_in.scale_down.select_policy, SelectPolicy::Min);
    assert_eq!(filled_in.scale_down.policies[0].value, 100);
}

#[test]
fn what_the_api_server_refuses_is_refused_all_at_once() {
    let mut refused = input(2);
    refused.min_replicas = Some(3);
    refused.behavior = Some(BehaviorInput {
        scale_up: Some(ScalingRulesInput {
            stabilization_window_seconds: Some(3601),
            policies: Some(vec![policy(PolicyKind::Pods, 0, 1801)]),
            tolerance: "-0.1".parse().ok(),
            ..ScalingRulesInput::default()
        }),
        scale_down: Some(ScalingRulesInput {
            policies: Some(Vec::new()),
            ..ScalingRulesInput::default()
        }),
    });
    assert_eq!(
        faults(refused, ZeroReplicas::Refused),
        [
            "maxReplicas: maxReplicas (2) must not be below minReplicas (3) (write 3 or more, or lower minReplicas)",
            "behavior.scaleUp.stabilizationWindowSeconds: a window of 3601 s is outside 0..3600 (the API server accepts at most one hour)",
            "behavior.scaleUp.tolerance: a tolerance must not be negative (write a fraction such as 0.05)",
            "behavior.scaleUp.policies.0.value: a policy's value of 0 is not greater than 0 (write 1 or more, or switch the direction off with the selectPolicy Disabled)",
            "behavior.scaleUp.policies.0.periodSeconds: a period of 1801 s is outside 1..1800 (the API server accepts at most half an hour)",
            "behavior.scaleDown.policies: policies must hold at least one policy (leave the key out for the defaults, or switch the direction off with the selectPolicy Disabled)",
        ]
    );
}

#[test]
fn zero_replicas_need_the_gate_and_a_metric_without_pods() {
    let mut zero = input(2);
    zero.min_replicas = Some(0);
    assert_eq!(faults(zero.clone(), ZeroReplicas::Refused).len(), 1);
    assert_eq!(faults(zero.clone(), ZeroReplicas::Allowed).len(), 1);
    zero.metrics.push(MetricInput {
        source: MetricSource::External {
            metric: MetricIdentifier::new("queue", None),
        },
        target_type: Some(TargetType::AverageValue),
        average_utilization: None,
        average_value: Some(MilliValue(1000)),
        value: None,
    });
    assert!(faults(zero, ZeroReplicas::Allowed).is_empty());
}

/// A source of this kind, with a metric of this name where it has one.
fn source(kind: &str, name: &str) -> MetricSource {
    let metric = MetricIdentifier::new(name, None);
    match kind {
        "Resource" => MetricSource::Resource {
            resource: "cpu".to_owned(),
        },
        "Pods" => MetricSource::Pods { metric },
        "External" => MetricSource::External { metric },
        _ => MetricSource::Object {
            metric,
            described: DescribedObject {
                kind: "Ingress".to_owned(),
                name: "shop".to_owned(),
            },
        },
    }
}

#[test]
fn a_target_is_refused_as_the_api_server_refuses_it() {
    use TargetType::{AverageValue, Utilization, Value};
    const NO_TYPE: &str = "the target needs a type";
    const NONE: &str = "needs a target";
    const BOTH: &str = "not both of";
    // The kind; the type of the target; whether averageUtilization, averageValue and value are given; the fault.
    let cases = [
        ("Resource", Some(Utilization), [true, false, false], ""),
        ("Resource", Some(Value), [true, false, false], ""),
        ("Resource", Some(AverageValue), [true, false, false], ""),
        ("Resource", Some(Utilization), [false, true, false], ""),
        ("Resource", Some(Utilization), [true, false, true], ""),
        ("Resource", None, [true, false, false], NO_TYPE),
        ("Resource", Some(Value), [false, false, true], NONE),
        ("Resource", Some(Utilization), [false, false, false], NONE),
        ("Resource", Some(Utilization), [true, true, false], BOTH),
        ("Pods", Some(AverageValue), [false, true, false], ""),
        ("Pods", Some(Value), [false, true, true], ""),
        ("Pods", Some(Value), [false, false, true], NONE),
        ("Pods", None, [false, true, false], NO_TYPE),
        ("External", Some(Value), [false, false, true], ""),
        ("External", Some(AverageValue), [false, false, true], ""),
        ("External", Some(Utilization), [false, true, false], ""),
        ("External", Some(Value), [false, true, true], BOTH),
        ("External", Some(Utilization), [true, false, false], NONE),
        ("External", None, [false, false, true], NO_TYPE),
        ("Object", Some(Value), [false, false, true], ""),
        ("Object", Some(AverageValue), [false, true, false], ""),
        (
            "Object",
            Some(AverageValue),
            [false, false, true],
            "fails at every sync",
        ),
        (
            "Object",
            Some(Value),
            [false, true, false],
            "fails at every sync",
        ),
        (
            "Object",
            Some(Utilization),
            [false, false, true],
            "fails at every sync",
        ),
        ("Object", Some(Value), [false, true, true], BOTH),
        ("Object", None, [false, false, true], NO_TYPE),
    ];
    for (kind, target_type, [utilization, average, value], expected) in cases {
        let mut one = input(5);
        one.metrics.push(MetricInput {
            source: source(kind, "queue"),
            target_type,
            average_utilization: utilization.then_some(50),
            average_value: average.then_some(MilliValue(100)),
            value: value.then_some(MilliValue(100)),
        });
        let found = faults(one, ZeroReplicas::Refused);
        let case = format!("{kind} {target_type:?} {utilization} {average} {value}: {found:?}");
        match expected {
            "" => assert!(found.is_empty(), "{case}"),
            _ => assert!(found.len() == 1 && found[0].contains(expected), "{case}"),
        }
    }
}

#[test]
fn the_name_of_a_metric_is_a_part_of_a_path() {
    let cases = [
        ("External", "queue/depth", 1),
        ("External", "pubsub.googleapis.com|subscription|age", 0),
        ("Pods", "a%b", 1),
        ("Object", "..", 1),
        ("Object", "requests-per-second", 0),
    ];
    for (kind, name, expected) in cases {
        let mut one = input(5);
        one.metrics.push(MetricInput {
            source: source(kind, name),
            target_type: Some(TargetType::AverageValue),
            average_utilization: None,
            average_value: Some(MilliValue(100)),
            value: None,
        });
        let found = faults(one, ZeroReplicas::Refused);
        assert_eq!(found.len(), expected, "{kind} {name}: {found:?}");
    }
}

#[test]
fn a_target_is_above_zero() {
    for (utilization, average) in [(Some(0), None), (None, Some(MilliValue(0)))] {
        let mut one = input(5);
        one.metrics.push(MetricInput {
            source: source("Resource", ""),
            target_type: Some(TargetType::Utilization),
            average_utilization: utilization,
            average_value: average,
            value: None,
        });
        assert_eq!(faults(one, ZeroReplicas::Refused).len(), 1);
    }
}
