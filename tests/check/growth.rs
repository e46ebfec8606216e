//! The times that `check` prints for growing and shrinking, compared with the simulation of the same policy.

use hpasim::control::Decided;
use hpasim::scenario::{Engine, LoadRequest, load, parse_duration};
use hpasim::simulation::observer::Observer;
use hpasim::simulation::simulate_observed;
use hpasim::units::{Seed, SimTime};

use super::*;

/// When the load steps, in seconds.
const STEP_SECONDS: i64 = 3600;

/// A policy whose pods start at once, for a load that a metric of the trace states.
fn policy(behavior: &str, sync_seconds: i64) -> String {
    format!(
        "[hpa]\nminReplicas = 1\nmaxReplicas = 40\n\n[[hpa.metrics]]\ntype = \"External\"\nexternal = {{ metric = {{ name = \"queue\" }}, target = {{ type = \"AverageValue\", averageValue = 10 }} }}\n\n{behavior}\n[controller]\nsync_period = \"{sync_seconds}s\"\nconfigurable_tolerance = true\n\n[deployment]\nreplicas = 1\n\n[[deployment.containers]]\nname = \"app\"\nresources = {{ requests = {{ cpu = \"100m\" }} }}\n\n[pod]\nschedule = \"0s\"\nimage_pull = \"0s\"\nstart = \"0s\"\ninit = \"0s\"\n\n[workload]\ncpu_per_request = \"1ms\"\n"
    )
}

/// When `spec.replicas` first reached a number after the step, from either side.
struct Reached {
    replicas: i32,
    from: Option<i32>,
    at: Option<SimTime>,
}

impl Observer for Reached {
    fn decided(&mut self, decision: &Decided<'_>) {
        if decision.time < SimTime::ZERO + SimSpan::from_secs(STEP_SECONDS) {
            return;
        }
        let from = *self.from.get_or_insert(decision.current.0);
        let now = decision.desired.0;
        let is_there = if from < self.replicas {
            now >= self.replicas
        } else {
            now <= self.replicas
        };
        if is_there {
            self.at.get_or_insert(decision.time);
        }
    }
}

/// How long after the step from `before` to `after` the simulation has `replicas`.
fn simulated(policy: &str, before: i32, after: i32, replicas: i32) -> SimSpan {
    let trace = format!(
        "time_s,rps,queue\n0,1,{before}\n{STEP_SECONDS},1,{after}\n{},1,{after}\n",
        4 * STEP_SECONDS
    );
    simulated_under(policy, trace, replicas)
}

/// How long after a step of the request rate to far more than the pods can serve the simulation has 40 pods.
fn simulated_load(policy: &str) -> SimSpan {
    let trace = format!(
        "time_s,rps\n0,0.001\n{STEP_SECONDS},1000\n{},1000\n",
        4 * STEP_SECONDS
    );
    simulated_under(policy, trace, 40)
}

fn simulated_under(policy: &str, trace: String, replicas: i32) -> SimSpan {
    let mut loader = MemoryLoader::default()
        .with("p.toml", policy)
        .with("t.csv", trace);
    let request = LoadRequest {
        engine: Some(Engine::Fluid),
        ..LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"))
    };
    let loaded = load(request, &mut loader).expect("a scenario");
    let mut reached = Reached {
        replicas,
        from: None,
        at: None,
    };
    simulate_observed(&loaded.scenario, Engine::Fluid, Seed(1), &mut reached);
    let at = reached.at.expect("reached in three hours");
    at - (SimTime::ZERO + SimSpan::from_secs(STEP_SECONDS))
}

/// The time that one of `codes` prints, between `before` and `after`.
fn printed(policy: &str, codes: &[&str], within: SimSpan, between: [&str; 2]) -> SimSpan {
    let report = report_with(
        &[("p.toml", policy)],
        ManifestChoice::default(),
        None,
        within,
    );
    let finding = report
        .findings
        .iter()
        .find(|finding| codes.contains(&finding.diagnostic.code.number()))
        .expect("a finding");
    let message = &finding.diagnostic.message;
    let [open, close] = between;
    let start = message.find(open).expect("a time") + open.len();
    let time = message[start..].split(close).next().expect("a time");
    parse_duration(time).expect("a duration")
}

/// A sync may come just before the step, so that the next one comes a period after it: one period is the tolerance.
fn assert_close(printed: SimSpan, simulated: SimSpan, sync_seconds: i64, policy: &str) {
    let sync = SimSpan::from_secs(sync_seconds);
    assert!(
        simulated <= printed && printed - simulated <= sync,
        "printed {printed}, simulated {simulated}:\n{policy}"
    );
}

#[test]
fn the_printed_way_up_is_that_of_the_simulation() {
    let policies = "policies = [{ type = \"Percent\", value = 100, periodSeconds = 15 }, { type = \"Pods\", value = 4, periodSeconds = 60 }]";
    let behaviors = [
        String::new(),
        "[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = 300\n".to_owned(),
        "[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = 1200\n".to_owned(),
        "[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = 31\ntolerance = 0.3\n".to_owned(),
        format!("[hpa.behavior.scaleUp]\n{policies}\n"),
        format!("[hpa.behavior.scaleUp]\nselectPolicy = \"Min\"\n{policies}\n"),
        format!("[hpa.behavior.scaleUp]\nselectPolicy = \"Min\"\nstabilizationWindowSeconds = 240\n{policies}\n"),
        "[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = 100\npolicies = [{ type = \"Pods\", value = 2, periodSeconds = 90 }]\n".to_owned(),
    ];
    for behavior in behaviors {
        for sync_seconds in [5, 15, 40] {
            let policy = policy(&behavior, sync_seconds);
            let printed = printed(&policy, &["W0103"], SimSpan::ZERO, ["(", ")"]);
            let simulated = simulated(&policy, 5, 400_000, 40);
            assert_close(printed, simulated, sync_seconds, &policy);
        }
    }
}

#[test]
fn the_printed_way_down_is_that_of_the_simulation() {
    let behaviors = [
        "[controller]\n",
        "[hpa.behavior.scaleDown]\nstabilizationWindowSeconds = 0\n",
        "[hpa.behavior.scaleDown]\nstabilizationWindowSeconds = 25\n",
        "[hpa.behavior.scaleDown]\nstabilizationWindowSeconds = 30\n",
        "[hpa.behavior.scaleDown]\nstabilizationWindowSeconds = 15\npolicies = [{ type = \"Pods\", value = 10, periodSeconds = 10 }]\n",
        "[hpa.behavior.scaleDown]\nstabilizationWindowSeconds = 0\nselectPolicy = \"Min\"\npolicies = [{ type = \"Pods\", value = 15, periodSeconds = 10 }, { type = \"Percent\", value = 90, periodSeconds = 10 }]\n",
    ];
    for behavior in behaviors {
        for sync_seconds in [5, 15] {
            let policy = if behavior == "[controller]\n" {
                let whole = policy("", sync_seconds);
                whole.replace(
                    "[controller]\n",
                    "[controller]\ndownscale_stabilization = \"30s\"\n",
                )
            } else {
                policy(behavior, sync_seconds)
            };
            let printed = printed(&policy, &["W0108"], WITHIN, ["gone ", " after"]);
            let simulated = simulated(&policy, 400_000, 1, 20);
            assert_close(printed, simulated, sync_seconds, &policy);
        }
    }
}

/// Of CPU at its limit each step shows only the next one. The simulation sees CPU up to two metrics cycles late, at each of the steps.
#[test]
fn the_printed_way_up_under_cpu_limits_is_that_of_the_simulation() {
    const METRICS_DELAY_MAX: SimSpan = SimSpan::from_secs(150);
    for window in [0, 61, 300, 1200] {
        for sync_seconds in [15, 60] {
            let behavior = format!(
                "[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = {window}\npolicies = [{{ type = \"Percent\", value = 900, periodSeconds = 15 }}]\n"
            );
            let policy = policy(&behavior, sync_seconds)
                .replace(
                    "type = \"External\"\nexternal = { metric = { name = \"queue\" }, target = { type = \"AverageValue\", averageValue = 10 } }",
                    "type = \"Resource\"\nresource = { name = \"cpu\", target = { type = \"Utilization\", averageUtilization = 50 } }",
                )
                .replace("{ cpu = \"100m\" } }", "{ cpu = \"100m\" }, limits = { cpu = \"200m\" } }")
                .replace("cpu_per_request = \"1ms\"", "cpu_per_request = \"5000ms\"\ntimeout = \"30s\"");
            let printed = printed(&policy, &["I0101", "W0104"], WITHIN, [" (", ")"]);
            let simulated = simulated_load(&policy);
            let steps = 3;
            assert!(
                simulated + SimSpan::from_secs(sync_seconds) >= printed
                    && simulated <= printed + METRICS_DELAY_MAX * steps,
                "{window} {sync_seconds}: printed {printed}, simulated {simulated}"
            );
        }
    }
}
