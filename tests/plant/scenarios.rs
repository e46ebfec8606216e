//! Scenarios that several tests share. Each test changes the field that it is about.

use hpasim::cluster::config::{
    Container, ContainerCourse, CpuModel, Deployment, MetricsPipeline, PodLevelResources,
    PodTimings, StatsProvider,
};
use hpasim::cluster::stationary::LatencyTables;
use hpasim::control::{Hpa, Scaler};
use hpasim::engine::random::Distribution;
use hpasim::hpa::rules::{ControllerSettings, Release};
use hpasim::hpa::spec::{
    Behavior, HpaSpec, MetricSource, MetricSpec, MetricTarget, PolicyKind, ScaleTarget,
    ScalingPolicy, ScalingRules, SelectPolicy,
};
use hpasim::scenario::{CostRates, Scenario, Slo};
use hpasim::units::{Millicores, Replicas, SimSpan, SimTime};
use hpasim::workload::{CostUncertainty, Demand, LoadBefore, Trace, Workload};

/// A rate of the trace, and the time from which it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) seconds: f64,
    pub(crate) rps: f64,
}

/// A trace of these rows; the last row only marks the end.
pub(crate) fn trace(rows: &[Row]) -> Trace {
    Trace {
        times: rows
            .iter()
            .map(|row| SimTime::from_secs_f64(row.seconds))
            .collect(),
        demand: Demand::RequestsPerSecond(rows.iter().map(|row| row.rps).collect()),
        columns: Vec::new(),
    }
}

/// One rate for this many seconds.
pub(crate) fn constant(rps: f64, seconds: f64) -> Trace {
    trace(&[Row { seconds: 0.0, rps }, Row { seconds, rps: 0.0 }])
}

/// A day in rows of a minute: a sine around 100 rps between about 15 and 185.
pub(crate) fn diurnal() -> Trace {
    let rows: Vec<Row> = (0..=1440)
        .map(|minute| {
            let day_share = f64::from(minute) / 1440.0;
            Row {
                seconds: f64::from(minute) * 60.0,
                rps: 100.0 - 85.0 * (std::f64::consts::TAU * day_share).cos(),
            }
        })
        .collect();
    trace(&rows)
}

pub(crate) fn cpu_utilization(percent: i32) -> MetricSpec {
    MetricSpec::new(
        MetricSource::Resource {
            resource: "cpu".to_owned(),
        },
        MetricTarget::Utilization(percent),
    )
}

fn policy(kind: PolicyKind, value: i32, period: SimSpan) -> ScalingPolicy {
    ScalingPolicy {
        kind,
        value,
        period,
    }
}

/// 1 to 50 pods with a target of 50 % CPU. Up: no window, at most the larger of 100 % and 4 pods
/// per 5 s. Down: at most 50 % per 5 s.
pub(crate) fn prod_autoscaler() -> Hpa {
    let five_seconds = SimSpan::from_secs(5);
    Hpa {
        spec: HpaSpec {
            scale_target: ScaleTarget {
                kind: "Deployment".to_owned(),
                namespace: "default".to_owned(),
                name: "privrocket".to_owned(),
            },
            min_replicas: Replicas(1),
            max_replicas: Replicas(50),
            metrics: vec![cpu_utilization(50)],
            behavior: Some(Behavior {
                scale_up: ScalingRules {
                    stabilization_window: Some(SimSpan::ZERO),
                    select_policy: SelectPolicy::Max,
                    policies: vec![
                        policy(PolicyKind::Percent, 100, five_seconds),
                        policy(PolicyKind::Pods, 4, five_seconds),
                    ],
                    tolerance: None,
                },
                scale_down: ScalingRules {
                    stabilization_window: Some(five_seconds),
                    select_policy: SelectPolicy::Max,
                    policies: vec![policy(PolicyKind::Percent, 50, five_seconds)],
                    tolerance: None,
                },
            }),
        },
        release: Release::default(),
        settings: ControllerSettings::default(),
        sync_period: SimSpan::from_secs(15),
        sync_jitter: SimSpan::ZERO,
    }
}

fn constant_millis(millis: i64) -> Distribution {
    Distribution::Constant(SimSpan::from_millis(millis))
}

/// The production policy: 10 ms of CPU per request, pods with a request of 100m and a limit of
/// 200m, no probe, 3 s of initialisation.
pub(crate) fn prod(trace: Trace) -> Scenario {
    Scenario {
        policy_name: "prod".to_owned(),
        trace_name: "test".to_owned(),
        scaler: Some(Scaler::Hpa(prod_autoscaler())),
        deployment: Deployment {
            replicas: Replicas(1),
            containers: vec![Container {
                name: "app".to_owned(),
                course: ContainerCourse::Regular,
                cpu_request: Some(Millicores(100)),
                cpu_limit: Some(Millicores(200)),
                memory_request_bytes: Some(64 << 20),
                memory_limit_bytes: Some(128 << 20),
                idle_cpu: Millicores(1),
                cpu_seconds_per_request: 0.01,
            }],
            pod_level: PodLevelResources::default(),
            pod: PodTimings {
                schedule: constant_millis(100),
                image_pull: constant_millis(0),
                start: Distribution::log_normal_by_p99(
                    SimSpan::from_millis(1500),
                    SimSpan::from_secs(5),
                ),
                init: constant_millis(3000),
                startup_cpu: None,
                warm_up: None,
                startup: None,
                readiness: None,
                endpoint_lag: SimSpan::from_secs(1),
                pre_stop: SimSpan::ZERO,
                grace_period: SimSpan::from_secs(30),
                node_cores: 4.0,
                cpu_model: CpuModel::Quota,
            },
        },
        workload: Workload {
            cpu_per_request: Distribution::log_normal_by_mean(SimSpan::from_millis(10), 1.0),
            cost_uncertainty: CostUncertainty::default(),
            io_per_request: constant_millis(0),
            idle_cpu: Millicores(1),
            cpu_noise: 0.0,
            concurrency: 32,
            overload: None,
            queue: 128,
            timeout: SimSpan::from_secs(5),
            memory_base_bytes: 32 << 20,
            memory_per_request_bytes: 1 << 20,
            scale: 1.0,
            before: LoadBefore::Steady,
            clients: hpasim::scenario::defaults::clients(),
        },
        trace: trace.into(),
        metrics: MetricsPipeline {
            scrape_interval: SimSpan::from_secs(15),
            stats: StatsProvider::Cadvisor,
            housekeeping: SimSpan::from_secs(10),
            housekeeping_jitter: 1.0,
            lag: SimSpan::ZERO,
            custom: None,
        },
        slo: Slo {
            latency_quantile: 0.95,
            latency_limit: SimSpan::from_millis(500),
            error_rate: 0.01,
        },
        clock: None,
        warm_up: SimSpan::ZERO,
        cost: CostRates::default(),
        assertions: Vec::new(),
        assumptions: Vec::new(),
        latency_tables: LatencyTables::default(),
    }
}

/// The demand of `scenario` as recorded CPU, which has no noise of single requests.
pub(crate) fn as_recorded_cpu(mut scenario: Scenario) -> Scenario {
    let millis = scenario.deployment.containers[0].cpu_seconds_per_request * 1000.0;
    if let Demand::RequestsPerSecond(rates) = &scenario.trace.demand {
        let millicores = rates.iter().map(|rps| rps * millis).collect();
        scenario.trace_mut().demand = Demand::CpuMillicores(millicores);
    }
    scenario
}

/// A fixed number of pods without an autoscaler.
pub(crate) fn fixed(trace: Trace, pods: i32) -> Scenario {
    let mut scenario = prod(trace);
    scenario.scaler = None;
    scenario.deployment.replicas = Replicas(pods);
    scenario
}
