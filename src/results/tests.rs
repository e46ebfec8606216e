//! What the tests of this room share: an even segment, a small scenario; and the tests of the observers together.

use std::sync::Arc;

use crate::kpi::Kpi;
use proptest::prelude::*;

use super::export::TimelineCsv;
use super::timeline::{INTERVAL, ROWS_MAX, Rescale, RowSink, TimelineRow};
use super::{KpiObserver, Kpis, Timeline, TimelineRecorder};
use crate::cluster::config::{
    Container, ContainerCourse, CpuModel, Deployment, MetricsPipeline, PodLevelResources,
    PodTimings, StatsProvider,
};
use crate::cluster::stationary::{LatencyTable, LatencyTables, StationaryLatency};
use crate::control::{Decided, Hpa, Scaler};
use crate::engine::random::Distribution;
use crate::hpa::decision::MetricValue;
use crate::hpa::rules::{ControllerSettings, Release};
use crate::hpa::spec::{HpaSpec, MetricSource, MetricSpec, MetricTarget, ScaleTarget};
use crate::scenario::{Assumption, CostRates, Scenario, Slo};
use crate::simulation::observer::{
    FailureCauses, FlowSegment, PodChange, PodCounts, PodTransition,
};
use crate::simulation::{Observer, Provisioning};
use crate::units::{Millicores, Replicas, SimSpan, SimTime};
use crate::workload::{CostUncertainty, Demand, LoadBefore, Trace, Workload};

/// Ten requests a second, all answered within the SLO by two pods, from `start` to `end` (seconds).
pub(crate) fn even_segment(start: f64, end: f64) -> FlowSegment {
    FlowSegment {
        start: SimTime::from_secs_f64(start),
        end: SimTime::from_secs_f64(end),
        offered_rps: 10.0,
        succeeded_rps: 10.0,
        failed_rps: FailureCauses::default(),
        failed_at_start: FailureCauses::default(),
        backlog_start: 0.0,
        backlog_end: 0.0,
        backlog_delay_start_seconds: 0.0,
        backlog_delay_end_seconds: 0.0,
        latency: StationaryLatency::constant_and_exponential(0.01, 0.25, 0.05),
        slo_chance: None,
        cpu_cores: 0.1,
        cpu_share_of_request: Some(0.5),
        working_pods: 2,
        throttled_pods: 0,
        pods: PodCounts {
            desired: Replicas(2),
            current: Replicas(2),
            ready: Replicas(2),
            terminating: Replicas(0),
        },
    }
}

/// An autoscaler of 1 to 50 pods at 50 % CPU over one container of 100m to 200m; SLO p95 500 ms, 1 % errors.
pub(crate) fn scenario(end_seconds: f64) -> Scenario {
    let none = Distribution::Constant(SimSpan::ZERO);
    Scenario {
        policy_name: "prod".to_owned(),
        trace_name: "spike".to_owned(),
        scaler: Some(Scaler::Hpa(Hpa {
            spec: HpaSpec {
                scale_target: ScaleTarget {
                    kind: "Deployment".to_owned(),
                    namespace: "default".to_owned(),
                    name: "app".to_owned(),
                },
                min_replicas: Replicas(1),
                max_replicas: Replicas(50),
                metrics: vec![MetricSpec::new(
                    MetricSource::Resource {
                        resource: "cpu".to_owned(),
                    },
                    MetricTarget::Utilization(50),
                )],
                behavior: None,
            },
            release: Release::default(),
            settings: ControllerSettings::default(),
            sync_period: SimSpan::from_secs(15),
            sync_jitter: SimSpan::ZERO,
        })),
        deployment: Deployment {
            replicas: Replicas(2),
            containers: vec![Container {
                name: "app".to_owned(),
                course: ContainerCourse::Regular,
                cpu_request: Some(Millicores(100)),
                cpu_limit: Some(Millicores(200)),
                memory_request_bytes: Some(512 << 20),
                memory_limit_bytes: None,
                idle_cpu: Millicores(1),
                cpu_seconds_per_request: 0.01,
            }],
            pod_level: PodLevelResources::default(),
            pod: PodTimings {
                schedule: none.clone(),
                image_pull: none.clone(),
                start: none.clone(),
                init: none.clone(),
                startup_cpu: None,
                warm_up: None,
                startup: None,
                readiness: None,
                endpoint_lag: SimSpan::ZERO,
                pre_stop: SimSpan::ZERO,
                grace_period: SimSpan::from_secs(30),
                node_cores: 4.0,
                cpu_model: CpuModel::Quota,
            },
        },
        workload: Workload {
            cpu_per_request: none.clone(),
            cost_uncertainty: CostUncertainty::default(),
            io_per_request: none,
            idle_cpu: Millicores(1),
            cpu_noise: 0.0,
            concurrency: 32,
            overload: None,
            queue: 128,
            timeout: SimSpan::from_secs(5),
            memory_base_bytes: 0,
            memory_per_request_bytes: 0,
            scale: 1.0,
            before: LoadBefore::Steady,
            clients: hpasim::scenario::defaults::clients(),
        },
        trace: Arc::new(Trace {
            times: vec![SimTime::ZERO, SimTime::from_secs_f64(end_seconds)],
            demand: Demand::RequestsPerSecond(vec![10.0, 10.0]),
            columns: vec![],
        }),
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
        cost: CostRates {
            per_pod_hour: 1.0,
            per_core_hour: 10.0,
            per_gib_hour: 4.0,
            currency: None,
        },
        assertions: Vec::new(),
        assumptions: vec![Assumption::of_default("workload.cpu_per_request", "10ms")],
        latency_tables: LatencyTables::given(LatencyTable::default()),
    }
}

/// A pod meets the SLO up to five requests a second.
pub(crate) const FIVE_RPS_A_POD: Provisioning = Provisioning::per_pod(Some(5.0));

pub(crate) fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(seconds)
}

pub(crate) fn pods(desired: i32, ready: i32, terminating: i32) -> PodCounts {
    PodCounts {
        desired: Replicas(desired),
        current: Replicas(desired),
        ready: Replicas(ready),
        terminating: Replicas(terminating),
    }
}

/// Tells `observer` of a reconcile that found `current` and wanted `desired`.
pub(crate) fn decide(
    observer: &mut impl Observer,
    seconds: i64,
    current: i32,
    desired: i32,
    seen: i32,
) {
    let metrics = [Some(MetricValue {
        average_utilization: Some(seen),
        ..MetricValue::default()
    })];
    observer.decided(&Decided {
        time: at(seconds),
        by: "hpa",
        current: Replicas(current),
        desired: Replicas(desired),
        rescaled: current != desired,
        metrics: &metrics,
        line: None,
    });
}

/// An hour: calm, then too much load, an answer, enough pods, and back.
///
/// 0..600 10 rps on 2 pods (2 needed); 600..660 20 rps on 2 pods (4 needed), a
/// fifth fails, backlog builds; 660..720 the same on 4 pods, the backlog drains;
/// 720..3600 10 rps on 4 pods, 1 pod terminating for the first minute.
pub(crate) fn story(observer: &mut impl Observer) {
    observer.flowed(&even_segment(0.0, 600.0));
    let mut short = even_segment(600.0, 660.0);
    short.offered_rps = 20.0;
    short.succeeded_rps = 12.0;
    short.failed_rps.queue_full = 4.0;
    short.backlog_end = 240.0;
    short.backlog_delay_end_seconds = 12.0;
    short.throttled_pods = 2;
    // The controller speaks when it acts, the plant when the stretch of time is over.
    decide(observer, 645, 2, 4, 200);
    observer.flowed(&short);
    observer.pod_changed(&PodChange {
        time: at(646),
        pod: 2,
        state: PodTransition::Created,
    });
    for pod in [2, 3] {
        observer.pod_changed(&PodChange {
            time: at(650),
            pod,
            state: PodTransition::Started,
        });
    }
    let mut draining = even_segment(660.0, 720.0);
    draining.offered_rps = 20.0;
    draining.succeeded_rps = 23.0;
    draining.failed_at_start.pod_gone = 60.0;
    draining.backlog_start = 180.0;
    draining.backlog_delay_start_seconds = 7.5;
    draining.working_pods = 4;
    draining.pods = pods(4, 4, 0);
    decide(observer, 675, 4, 5, 80);
    decide(observer, 690, 5, 4, 40);
    observer.flowed(&draining);
    let mut calm = even_segment(720.0, 780.0);
    calm.working_pods = 4;
    calm.pods = pods(4, 4, 1);
    observer.flowed(&calm);
    calm.start = at(780);
    calm.end = at(3600);
    calm.pods = pods(4, 4, 0);
    observer.flowed(&calm);
}

pub(crate) fn story_kpis() -> Kpis {
    let scenario = scenario(3600.0);
    let mut observer = KpiObserver::new(&scenario).with_provisioning(FIVE_RPS_A_POD);
    story(&mut observer);
    observer.finish()
}

pub(crate) fn near(value: Option<f64>, expected: f64) -> bool {
    value.is_some_and(|value| (value - expected).abs() <= 1e-9 * expected.abs().max(1.0))
}

#[test]
fn requests_add_up() {
    let kpis = story_kpis();
    assert!(near(
        kpis.requests_offered,
        6000.0 + 2.0 * 1200.0 + 28_800.0
    ));
    assert!(near(
        kpis.requests_succeeded,
        6000.0 + 720.0 + 1380.0 + 28_800.0
    ));
    assert!(near(kpis.requests_failed, 240.0 + 60.0));
    assert!(near(kpis.requests_in_flight, 0.0));
    assert!(near(kpis.failed_share, 300.0 / 37_200.0));
}

#[test]
fn pods_and_their_price_are_sums_over_time() {
    let kpis = story_kpis();
    let replica_seconds = 660.0 * 2.0 + 2940.0 * 4.0;
    let pod_hours = (replica_seconds + 60.0) / 3600.0;
    assert_eq!(kpis.peak_replicas, 4);
    assert!(near(Some(kpis.mean_replicas), replica_seconds / 3600.0));
    assert!(near(Some(kpis.pod_hours), pod_hours));
    assert!(near(Some(kpis.requested_core_hours), 0.1 * pod_hours));
    // One a pod hour, ten a core hour, four a GiB hour at half a GiB.
    assert!(near(Some(kpis.cost), pod_hours * (1.0 + 1.0 + 2.0)));
    assert_eq!(kpis.pod_starts, 2);
    assert!(near(kpis.seconds_at_min, 0.0));
    assert!(near(kpis.seconds_at_max, 0.0));
}

#[test]
fn the_slo_is_broken_while_requests_fail_or_wait_too_long() {
    let kpis = story_kpis();
    // All of 600..660 fails a fifth; in 660..720 the delay falls from 7.5 s to 0.5 s at 716 s, so 715..720 is late in part as well.
    assert!(near(kpis.slo_violation_seconds, 120.0));
    assert!(kpis.latency_seconds_p50.is_some_and(|p50| p50 < 0.02));
    // A hundredth of all waited longer still, but clients give up after 5 s.
    assert!(near(kpis.latency_seconds_p99, 5.0));
}

#[test]
fn late_and_failed_flow_is_bad_and_the_slo_allows_a_share_of_it() {
    let kpis = story_kpis();
    // A quarter waits, 50 ms in the mean. So of the requests with a delay of d seconds, all are late above 490 ms, and
    // exp((d - 0.49) / 0.05) / 4 below.
    let calm = 0.25 * (-9.8_f64).exp() * (6000.0 + 28_800.0);
    let below_limit = 0.0125 * (1.0 - (-9.8_f64).exp());
    let rising = 720.0 * (12.0 - 0.49 + below_limit) / 12.0;
    let falling = 1380.0 * (7.5 - 0.49 + below_limit) / 7.5;
    let bad = (300.0 + calm + rising + falling) / 37_200.0;
    assert!(near(kpis.good_request_share, 1.0 - bad));
    assert!(near(kpis.error_budget_used, bad / 0.0595));
}

#[test]
fn the_answer_to_a_shortage_is_timed() {
    let kpis = story_kpis();
    assert_eq!(kpis.rescales, 3);
    assert_eq!(kpis.reversals, 1);
    assert!(near(kpis.first_decision_seconds, 45.0));
    assert!(near(kpis.enough_ready_seconds, 60.0));
    assert!(near(kpis.recovery_seconds, 120.0));
    assert!(near(
        kpis.throttled_share,
        120.0 / (660.0 * 2.0 + 2940.0 * 4.0)
    ));
}

#[test]
fn supply_is_held_against_need() {
    let kpis = story_kpis();
    // 60 s at half of what was needed, 2,880 s at twice of it.
    assert!(near(kpis.under_provisioned_percent, 100.0 * 30.0 / 3600.0));
    assert!(near(kpis.over_provisioned_percent, 100.0 * 2880.0 / 3600.0));
    assert!(near(
        kpis.under_provisioned_time_percent,
        100.0 * 60.0 / 3600.0
    ));
    assert!(near(
        kpis.over_provisioned_time_percent,
        100.0 * 2880.0 / 3600.0
    ));
    // Demand moved alone at 600 and 720, supply alone at 660; 239 samples have a predecessor.
    assert!(near(kpis.instability_percent, 100.0 * 3.0 / 239.0));
    assert!(near(kpis.needed_undefined_seconds, 0.0));
}

#[test]
fn a_rate_that_no_number_of_pods_serves_is_left_out_and_counted() {
    let scenario = scenario(60.0);
    let hopeless = Provisioning::per_pod(None);
    let mut observer = KpiObserver::new(&scenario).with_provisioning(hopeless);
    observer.flowed(&even_segment(0.0, 30.0));
    let kpis = observer.finish();
    assert!(near(kpis.needed_undefined_seconds, 30.0));
    assert_eq!(kpis.under_provisioned_time_percent, None);
}

#[test]
fn a_trace_of_cpu_demand_has_no_request_kpis() {
    let mut scenario = scenario(60.0);
    scenario.trace_mut().demand = Demand::CpuMillicores(vec![100.0, 100.0]);
    let mut observer = (
        KpiObserver::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
        TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
    );
    observer.flowed(&even_segment(0.0, 60.0));
    let kpis = observer.0.finish();
    let unknown: Vec<Kpi> = Kpi::ALL
        .into_iter()
        .filter(|kpi| kpis.value(*kpi).is_none())
        .collect();
    assert!(unknown.contains(&Kpi::RequestsOffered));
    assert!(unknown.contains(&Kpi::SloViolationSeconds));
    assert!(unknown.contains(&Kpi::UnderProvisionedPercent));
    assert!(!unknown.contains(&Kpi::ThrottledShare));
    let row = observer.1.finish().rows[0];
    assert_eq!(
        (row.latency, row.needed, row.slo_violated()),
        (None, None, false)
    );
}

pub(crate) fn story_timeline() -> Timeline {
    let scenario = scenario(3600.0);
    let mut recorder = TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD);
    story(&mut recorder);
    recorder.finish()
}

#[test]
fn a_row_tells_its_interval() {
    let timeline = story_timeline();
    assert_eq!(timeline.rows.len(), 720);
    assert_eq!(timeline.end, at(3600));
    let first = &timeline.rows[0];
    assert!(near(Some(first.offered_rps), 10.0));
    assert!(near(first.cpu_percent, 50.0));
    assert_eq!(first.cpu_percent_seen, None);
    let latency = even_segment(0.0, 1.0).latency;
    assert!(near(first.latency.map(|it| it.p95), latency.quantile(0.95)));
    // 640..645 ends before the reconcile at 645, 645..650 after it.
    assert_eq!(timeline.rows[128].cpu_percent_seen, None);
    assert_eq!(timeline.rows[129].cpu_percent_seen, Some(200.0));
    let short = &timeline.rows[131];
    assert!(near(Some(short.in_flight), 240.0));
    assert_eq!(short.needed, Some(Replicas(4)));
    assert!(short.slo_violated());
    // The 60 that failed at 660 fall into that row.
    assert!(near(Some(timeline.rows[132].failed_rps), 12.0));
    assert!(near(Some(timeline.rows[133].failed_rps), 0.0));
    assert_eq!(
        timeline.rescales[0],
        Rescale {
            time: at(645),
            from: Replicas(2),
            to: Replicas(4)
        }
    );
}

proptest! {
    /// offered = succeeded + failed + in flight, and the timeline's broken rows are the KPI's seconds.
    #[test]
    fn nothing_is_lost_and_both_judges_agree(
        lengths in prop::collection::vec(0.5_f64..90.0, 1..20),
        offered in prop::collection::vec(0.0_f64..200.0, 20),
        failed_parts in prop::collection::vec(0.0_f64..0.04, 20),
        backlogs in prop::collection::vec(0.0_f64..60.0, 21),
        lost in prop::collection::vec(0.0_f64..5.0, 20),
    ) {
        let scenario = scenario(3600.0);
        let mut observer = (
            KpiObserver::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
            TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
        );
        let mut start = 0.0;
        let mut backlog = 0.0;
        for (index, length) in lengths.iter().enumerate() {
            let mut segment = even_segment(start, start + length);
            start += length;
            let seconds = (segment.end - segment.start).as_secs_f64();
            let gone = lost[index].min(backlog);
            segment.offered_rps = offered[index];
            segment.failed_rps.timed_out = offered[index] * failed_parts[index];
            segment.failed_at_start.pod_gone = gone;
            segment.backlog_start = backlog - gone;
            let arrived = (offered[index] - segment.failed_rps.timed_out) * seconds;
            segment.backlog_end = backlogs[index].min(segment.backlog_start + arrived);
            segment.backlog_delay_start_seconds = segment.backlog_start / 80.0;
            segment.backlog_delay_end_seconds = segment.backlog_end / 80.0;
            segment.succeeded_rps =
                (segment.backlog_start + arrived - segment.backlog_end) / seconds;
            backlog = segment.backlog_end;
            observer.flowed(&segment);
        }
        let kpis = observer.0.finish();
        let timeline = observer.1.finish();
        let sum = kpis.requests_succeeded.unwrap_or(0.0)
            + kpis.requests_failed.unwrap_or(0.0)
            + kpis.requests_in_flight.unwrap_or(0.0);
        let total = kpis.requests_offered.unwrap_or(0.0);
        prop_assert!((total - sum).abs() <= 1e-6 * total.max(1.0), "{total} and {sum}");
        let broken: SimSpan = timeline
            .rows
            .iter()
            .filter(|row| row.slo_violated())
            .map(|row| (row.time + INTERVAL).min(timeline.end) - row.time)
            .sum();
        prop_assert!(near(kpis.slo_violation_seconds, broken.as_secs_f64()));
    }
}

#[test]
fn room_is_made_for_the_rows_that_are_kept_however_long_the_trace_is() {
    let ten_years = TimelineRecorder::new(&scenario(315_360_000.0));
    assert!(ten_years.finish().rows.capacity() <= ROWS_MAX);
}

/// Counts rows and adds up what they hold.
#[derive(Default)]
struct Counted {
    rows: usize,
    offered: f64,
    broken_rows: usize,
}

impl RowSink for Counted {
    fn row(&mut self, row: &TimelineRow) {
        self.rows += 1;
        self.offered += row.offered_rps * INTERVAL.as_secs_f64();
        self.broken_rows += usize::from(row.slo_violated());
    }
}

#[test]
fn a_long_run_hands_on_every_row_and_keeps_few_of_the_same_sums() {
    // Rates change every minute, so that no interval repeats the one before for long.
    let minutes = 4 * ROWS_MAX / 12 + 7;
    let scenario = scenario(minutes as f64 * 60.0);
    let mut recorder =
        TimelineRecorder::writing(&scenario, Counted::default()).with_provisioning(FIVE_RPS_A_POD);
    for minute in 0..minutes as i64 {
        let mut segment = even_segment(minute as f64 * 60.0, (minute + 1) as f64 * 60.0);
        segment.offered_rps = (minute % 7) as f64;
        segment.succeeded_rps = segment.offered_rps;
        segment.pods.desired = Replicas(if minute == 1234 { 99 } else { 2 });
        recorder.flowed(&segment);
    }
    let (timeline, counted) = recorder.finish_writing();
    assert_eq!(counted.rows, minutes * 12);
    let kept = timeline.rows.len();
    assert!(kept <= ROWS_MAX && kept > ROWS_MAX / 2, "{kept}");
    let ends = timeline.rows.iter().skip(1).map(|row| row.time);
    let offered: f64 = timeline
        .rows
        .iter()
        .zip(ends.chain([timeline.end]))
        .map(|(row, end)| row.offered_rps * (end - row.time).as_secs_f64())
        .sum();
    assert!((offered - counted.offered).abs() < 1e-6 * offered);
    let peak = timeline.rows.iter().map(|row| row.desired).max();
    assert_eq!(peak, Some(Replicas(99)), "no peak is lost");
    assert_eq!(timeline.end, at(minutes as i64 * 60));
}

/// `timeline.csv` of rows that are one interval each.
pub(super) fn timeline_csv(rows: &[TimelineRow]) -> Vec<u8> {
    let mut csv = TimelineCsv::new(Vec::new(), None);
    for row in rows {
        csv.row(row);
    }
    csv.finish().expect("in memory")
}
