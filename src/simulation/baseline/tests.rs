//! Baselines computed by hand: 10 ms requests, p95 within 500 ms.

use super::*;
use crate::control::Decided;
use crate::scenario::Engine;
use crate::simulation::tests::scenarios::{constant, prod};
use crate::simulation::{Observer, simulate_observed};
use crate::workload::Trace;

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(seconds)
}

/// Rates at 0, 100, 200 and so on.
fn under(rates: &[f64]) -> Scenario {
    let mut scenario = prod(constant(1.0, 100.0));
    *scenario.trace_mut() = Trace {
        times: (0..rates.len() as i64).map(|row| at(100 * row)).collect(),
        demand: Demand::RequestsPerSecond(rates.to_vec()),
        columns: Vec::new(),
    };
    scenario
}

fn needed(scenario: &Scenario, rps: f64) -> Replicas {
    Provisioning::of(scenario)
        .needed(rps)
        .expect("some number does")
}

fn made(name: &str, scenario: &Scenario) -> Scenario {
    let baseline = Baseline::parse(name).expect("a baseline");
    assert_eq!(baseline.name(), name);
    baseline.apply(scenario).expect("a scenario")
}

#[test]
fn static_baselines_have_the_peak_and_the_mean_of_the_needed_pods() {
    let scenario = under(&[10.0, 200.0, 10.0, 10.0]);
    let (low, high) = (needed(&scenario, 10.0), needed(&scenario, 200.0));
    assert!(high.0 > 3 * low.0, "{low} {high}");
    let peak = made("@static-peak", &scenario);
    assert_eq!((peak.deployment.replicas, peak.scaler), (high, None));
    // Two rows of equal length; the third row only marks the end.
    let mean = (f64::from(2 * low.0 + high.0) / 3.0).ceil() as i32;
    let replicas = made("@static-mean", &scenario).deployment.replicas;
    assert_eq!(replicas, Replicas(mean));
    assert_eq!(made("@fixed:7", &scenario).deployment.replicas, Replicas(7));
}

#[test]
fn the_oracle_is_ahead_by_the_start_up_time_and_the_instant_oracle_is_not() {
    let mut scenario = under(&[10.0, 200.0, 10.0, 10.0]);
    scenario.deployment.pod.schedule = Distribution::Constant(SimSpan::ZERO);
    scenario.deployment.pod.start = Distribution::Constant(SimSpan::from_secs(20));
    scenario.deployment.pod.init = Distribution::Constant(SimSpan::from_secs(5));
    scenario.deployment.pod.endpoint_lag = SimSpan::ZERO;
    scenario.deployment.pod.readiness = None;
    let (low, high) = (needed(&scenario, 10.0), needed(&scenario, 200.0));
    let entry = |seconds: i64, replicas: Replicas| ScheduledScale {
        time: at(seconds),
        replicas,
    };
    let oracle = made("@oracle", &scenario);
    assert_eq!(schedule(&oracle), [entry(75, high), entry(200, low)]);
    assert_eq!(oracle.deployment.replicas, low);
    let instant = made("@oracle-instant", &scenario);
    assert_eq!(schedule(&instant), [entry(100, high), entry(200, low)]);
    assert_eq!(startup(&instant), SimSpan::ZERO);
}

#[test]
fn an_oracle_keeps_pods_that_it_needs_again_within_ten_minutes() {
    let busy_again = |quiet_rows: usize| {
        let mut rates = vec![200.0];
        rates.extend(vec![10.0; quiet_rows]);
        rates.extend([200.0, 10.0, 10.0]);
        let scenario = under(&rates);
        schedule(&made("@oracle", &scenario)).len()
    };
    // Rows of 100 s: a trough of 600 s is filled, one of 700 s is not. The end of the load is not a
    // trough.
    assert_eq!(busy_again(6), 1);
    assert_eq!(busy_again(7), 3);
}

#[test]
fn filling_troughs_changes_nothing_else() {
    let need = |start: i64, end: i64, pods: i32| Need {
        start: at(start),
        end: at(end),
        pods: Replicas(pods),
    };
    let needs = [
        need(0, 100, 2),
        need(100, 150, 9),
        need(150, 200, 4),
        need(200, 1000, 6),
        need(1000, 2000, 1),
        need(2000, 2100, 3),
    ];
    let filled = without_troughs(&needs, SimSpan::from_secs(60));
    let at_second = |second: i64| {
        let found = filled
            .iter()
            .find(|it| it.start <= at(second) && at(second) < it.end);
        found.expect("a need").pods.0
    };
    let pods = [0, 99, 100, 149, 150, 199, 200, 999, 1000, 1999, 2000].map(at_second);
    assert_eq!(pods, [2, 2, 9, 9, 6, 6, 6, 6, 1, 1, 3]);
}

#[test]
fn headroom_is_rounded_up() {
    let scenario = under(&[200.0, 200.0]);
    let high = needed(&scenario, 200.0);
    let replicas = made("@static-peak:130", &scenario).deployment.replicas;
    assert_eq!(replicas.0, (f64::from(high.0) * 1.3).ceil() as i32);
}

#[test]
fn the_default_keeps_the_autoscaler_and_forgets_its_behavior() {
    let scenario = under(&[10.0, 10.0]);
    let default = made("@default", &scenario);
    let autoscaler = default.hpa().expect("an autoscaler");
    assert_eq!(autoscaler.spec.behavior, None);
    assert_eq!(default.policy_name, "@default");
}

/// The entries of a baseline's schedule.
fn schedule(baseline: &Scenario) -> &[ScheduledScale] {
    match &baseline.scaler {
        Some(Scaler::Schedule(schedule)) => &schedule.entries,
        _ => &[],
    }
}

#[derive(Default)]
struct Changes {
    told: Vec<ScheduledScale>,
    by: Vec<&'static str>,
    first_from: Option<Replicas>,
}

impl Observer for Changes {
    fn decided(&mut self, decision: &Decided<'_>) {
        self.first_from.get_or_insert(decision.current);
        self.by.push(decision.by);
        self.told.push(ScheduledScale {
            time: decision.time,
            replicas: decision.replicas(),
        });
    }
}

#[test]
fn a_schedule_sets_replicas_when_it_is_due_in_both_engines() {
    let scenario = under(&[10.0, 60.0, 10.0, 10.0]);
    let oracle = made("@oracle-instant", &scenario);
    for engine in [Engine::Fluid, Engine::Request] {
        let mut changes = Changes::default();
        simulate_observed(&oracle, engine, Seed(3), &mut changes);
        assert_eq!(changes.told, schedule(&oracle), "{engine:?}");
        assert_eq!(changes.first_from, Some(oracle.deployment.replicas));
        assert!(changes.by.iter().all(|by| *by == "schedule"));
    }
}

fn refused(name: &str, scenario: &Scenario) -> String {
    Baseline::parse(name)
        .and_then(|baseline| baseline.apply(scenario))
        .expect_err("a fault")
        .to_string()
}

#[test]
fn what_cannot_be_made_is_refused_with_the_remedy() {
    let mut scenario = under(&[10.0, 1e9, 10.0]);
    insta::assert_snapshot!(refused("@orcale", &scenario), @"there is no baseline `@orcale`; the baselines are @default, @static-peak, @static-mean, @oracle, @oracle-instant, @fixed:N");
    insta::assert_snapshot!(refused("@default:120", &scenario), @"there is no baseline `@default:120`; the baselines are @default, @static-peak, @static-mean, @oracle, @oracle-instant, @fixed:N");
    insta::assert_snapshot!(refused("@fixed:0", &scenario), @"`@fixed:0` needs a number of pods from 1 to 100000, as in `@fixed:12`");
    insta::assert_snapshot!(refused("@oracle:50", &scenario), @"`@oracle:50` needs a percentage of the required pods from 100 to 1000, as in `@oracle:130`");
    let pods = needed(&scenario, 1e9);
    assert_eq!(
        refused("@oracle", &scenario),
        format!(
            "`@oracle` needs {pods} pods under `test`, and a simulation has at most 100000; lower workload.scale, or use `@fixed:N`"
        )
    );
    scenario.slo.latency_limit = SimSpan::from_millis(1);
    insta::assert_snapshot!(refused("@static-peak", &scenario), @"`@static-peak` needs a number of pods that meets the SLO of `prod`, and no number meets it; raise the limit of slo.latency, or use `@fixed:N`");
    scenario.scaler = None;
    insta::assert_snapshot!(refused("@default", &scenario), @"`@default` copies the autoscaler of `prod`, and `prod` has no autoscaler; name a policy with [hpa] first, or remove `@default`");
    scenario.trace_mut().demand = Demand::CpuMillicores(vec![1.0, 1.0, 1.0]);
    insta::assert_snapshot!(refused("@oracle-instant", &scenario), @"`@oracle-instant` needs request rates, and `test` has only CPU demand; use `@default` or `@fixed:N`");
}
