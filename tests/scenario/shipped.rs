//! The policies and traces of the repository, as scenarios.

use super::*;
use hpasim::scenario::Engine;

#[test]
fn the_shipped_policies_load_with_the_shipped_traces_and_warn_only_of_a_missing_autoscaler() {
    let policies = [
        "prod",
        "no-behavior",
        "conservative",
        "fast",
        "probed",
        "stripe-api",
    ];
    let traces = ["spike", "ramp", "steps", "diurnal", "flash-crowd", "flap"];
    for policy in policies {
        for trace in traces {
            let (policy, trace) = (
                format!("policies/{policy}.toml"),
                format!("traces/{trace}.csv"),
            );
            let loaded = loaded(&policy, &trace);
            let codes: Vec<&str> = loaded.warnings.iter().map(|it| it.code.number()).collect();
            let is_fixed = policy == "policies/stripe-api.toml";
            let expected: &[&str] = if is_fixed { &["W0006"] } else { &[] };
            assert_eq!(codes, expected, "{policy}");
            assert_eq!(loaded.scenario.hpa().is_none(), is_fixed);
        }
    }
}

pub(super) fn loaded(policy: &str, trace: &str) -> Loaded {
    sound(request(policy, trace, &[]), &mut Files::default())
}

/// A shipped policy under the shipped spike.
pub(super) fn policy(policy: &str) -> Scenario {
    loaded(&format!("policies/{policy}.toml"), "traces/spike.csv").scenario
}

#[test]
fn prod_is_the_production_autoscaler() {
    let prod = policy("prod");
    assert_eq!(
        (prod.policy_name.as_str(), prod.trace_name.as_str()),
        ("prod", "spike")
    );
    let autoscaler = prod.hpa().expect("an autoscaler");
    let spec = &autoscaler.spec;
    assert_eq!(
        (spec.min_replicas, spec.max_replicas),
        (Replicas(1), Replicas(50))
    );
    assert_eq!(spec.scale_target.to_string(), "Deployment/default/prod");
    assert_eq!(spec.metrics.len(), 1);
    assert_eq!(spec.metrics[0].target, MetricTarget::Utilization(50));
    let behavior = spec.behavior.as_ref().expect("a behaviour");
    assert_eq!(behavior.scale_up.stabilization_window, Some(SimSpan::ZERO));
    assert_eq!(behavior.scale_up.policies.len(), 2);
    assert_eq!(
        behavior.scale_down.stabilization_window,
        Some(SimSpan::from_secs(5))
    );
    assert_eq!(behavior.scale_down.policies[0].kind, PolicyKind::Percent);
    assert_eq!(autoscaler.sync_period, SimSpan::from_secs(15));
    assert_eq!(autoscaler.release, Release::default());
    let container = &prod.deployment.containers[0];
    assert_eq!(container.name, "privrocket-app");
    assert_eq!(container.cpu_request, Some(Millicores(100)));
    assert_eq!(container.cpu_limit, Some(Millicores(200)));
    assert_eq!(container.memory_limit_bytes, Some(128 << 20));
    assert!((container.cpu_seconds_per_request - 0.01).abs() < 1e-9);
    assert_eq!(container.idle_cpu, Millicores(1));
    assert_eq!(
        prod.deployment.pod.init,
        Distribution::Constant(SimSpan::from_secs(3))
    );
    assert!(prod.deployment.pod.readiness.is_none());
    assert_eq!(prod.workload.timeout, SimSpan::from_secs(5));
    assert_eq!(prod.trace.end(), seconds(23.0 * 60.0));
    let touched = prod.touched(Engine::Request, &[]);
    let assumed: Vec<&str> = touched.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(
        assumed,
        [
            "cluster",
            "slo.latency",
            "workload.io_per_request",
            "workload.idle_cpu",
            "workload.arrivals"
        ]
    );
}

#[test]
fn the_other_policies_differ_from_prod_as_they_say() {
    let spec = |name: &str| hpa_spec(&policy(name));
    let prod = spec("prod");
    let no_behavior = spec("no-behavior");
    assert!(no_behavior.behavior.is_none());
    assert_eq!(no_behavior.metrics, prod.metrics);
    let window = |name: &str| {
        let behavior = spec(name).behavior.expect("a behaviour");
        behavior.scale_down.stabilization_window
    };
    assert_eq!(window("conservative"), Some(SimSpan::from_secs(600)));
    assert_eq!(window("fast"), Some(SimSpan::from_secs(120)));
    assert_eq!(
        spec("fast").metrics[0].target,
        MetricTarget::Utilization(35)
    );
    let probed = policy("probed");
    assert!(probed.deployment.pod.readiness.is_some());
    assert!(probed.deployment.pod.init.mean_seconds() > 15.0);
    let api = policy("stripe-api");
    assert!(api.scaler.is_none());
    assert_eq!(api.deployment.containers[0].name, "stripe-api");
    assert_eq!(api.deployment.replicas, Replicas(1));
}
