//! The API server's defaults, and the specs that it rejects.

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
            "behavior.scaleUp.policies.0.value: a policy's value of 0 is not greater than 0 (write 1 or more, or selectPolicy = \"Disabled\" to switch the direction off)",
            "behavior.scaleUp.policies.0.periodSeconds: a period of 1801 s is outside 1..1800 (the API server accepts at most half an hour)",
            "behavior.scaleDown.policies: policies must hold at least one policy (leave the key out for the defaults, or write selectPolicy = \"Disabled\" to switch the direction off)",
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
            metric: super::super::spec::MetricIdentifier::new("queue", None),
        },
        target_type: None,
        average_utilization: None,
        average_value: Some(MilliValue(1000)),
        value: None,
    });
    assert!(faults(zero, ZeroReplicas::Allowed).is_empty());
}

#[test]
fn a_metric_has_exactly_one_target_of_its_kind() {
    let metric = |average_utilization, average_value, value| MetricInput {
        source: MetricSource::Resource {
            resource: "cpu".to_owned(),
        },
        target_type: None,
        average_utilization,
        average_value,
        value,
    };
    let cases = [
        (metric(Some(50), None, None), 0),
        (metric(None, Some(MilliValue(100)), None), 0),
        (metric(None, None, None), 1),
        (metric(Some(50), Some(MilliValue(100)), None), 1),
        (metric(Some(0), None, None), 1),
        (metric(Some(50), None, Some(MilliValue(1))), 1),
    ];
    for (metric, expected) in cases {
        let mut one = input(5);
        one.metrics.push(metric.clone());
        let found = faults(one, ZeroReplicas::Refused);
        assert_eq!(found.len(), expected, "{metric:?}: {found:?}");
    }
}
