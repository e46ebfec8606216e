//! The observers and single requests: a story of 37 seconds, computed by hand.
//!
//! The segments are hand-made; no engine runs here.

use proptest::prelude::*;

use super::export::latency_csv;
use super::slo::SloVerdict;
use super::tests::{FIVE_RPS_A_POD, at, decide, near, pods, scenario, timeline_csv};
use super::timeline::INTERVAL;
use super::{KpiObserver, Kpis, Timeline, TimelineRecorder};
use crate::results::response::FirstShortage;
use crate::simulation::Observer;
use crate::simulation::observer::{FailureCauses, PodSpread, RequestSegment};
use crate::units::{Replicas, SimSpan, SimTime};

/// Ten requests a second on two pods at half of their request, from `start` to `end` (seconds).
pub(crate) fn calm_segment(start: i64, end: i64) -> RequestSegment {
    let count = 10 * (end - start).unsigned_abs();
    let seconds = (end - start) as f64;
    RequestSegment {
        start: at(start),
        end: at(end),
        nominal_rps: 10.0,
        users: None,
        offered: count,
        succeeded: count,
        failed: FailureCauses::default(),
        retried: 0,
        queued: 0,
        in_flight: 0,
        cpu_core_seconds: 0.1 * seconds,
        cpu_share_of_request: Some(0.5),
        working_periods: 2 * count,
        throttled_periods: 0,
        oom_kills: 0,
        pod_cpu: (end % 5 == 0).then_some(PodSpread {
            min: 0.4,
            mean: 0.5,
            max: 0.6,
            max_throttled_share: 0.0,
        }),
        pods: pods(2, 2, 0),
    }
}

/// Tells that `count` requests took so many milliseconds each.
pub(crate) fn answer(observer: &mut impl Observer, count: u64, millis: i64) {
    for _ in 0..count {
        observer.answered(SimSpan::from_millis(millis));
    }
}

/// 20 s of calm; 20 rps on 2 pods, of 4 FIVE_RPS_A_POD, from 20 to 27 s; on 4 pods from then on; the end at 37 s.
///
/// 20..25 and 25..30 break the SLO by failures.
fn story(observer: &mut impl Observer) {
    for start in [0, 5, 10, 15] {
        answer(observer, 50, 10);
        observer.served(&calm_segment(start, start + 5));
    }
    answer(observer, 40, 100);
    answer(observer, 20, 600);
    decide(observer, 22, 2, 4, 200);
    observer.served(&RequestSegment {
        nominal_rps: 20.0,
        offered: 100,
        succeeded: 60,
        failed: FailureCauses {
            queue_full: 20.0,
            timed_out: 10.0,
            ..FailureCauses::default()
        },
        retried: 15,
        in_flight: 10,
        cpu_core_seconds: 2.0,
        cpu_share_of_request: Some(2.0),
        throttled_periods: 80,
        pod_cpu: Some(PodSpread {
            min: 1.9,
            mean: 2.0,
            max: 2.1,
            max_throttled_share: 0.9,
        }),
        ..calm_segment(20, 25)
    });
    answer(observer, 20, 100);
    observer.served(&RequestSegment {
        nominal_rps: 20.0,
        offered: 40,
        succeeded: 20,
        failed: FailureCauses {
            timed_out: 10.0,
            ..FailureCauses::default()
        },
        in_flight: 20,
        cpu_core_seconds: 0.8,
        cpu_share_of_request: Some(2.0),
        throttled_periods: 30,
        pods: pods(4, 2, 0),
        ..calm_segment(25, 27)
    });
    answer(observer, 70, 100);
    observer.served(&RequestSegment {
        nominal_rps: 20.0,
        offered: 60,
        succeeded: 70,
        failed: FailureCauses {
            pod_gone: 4.0,
            oom_killed: 1.0,
            ..FailureCauses::default()
        },
        retried: 5,
        in_flight: 5,
        cpu_core_seconds: 1.2,
        cpu_share_of_request: Some(1.0),
        throttled_periods: 20,
        oom_kills: 1,
        pods: pods(4, 4, 0),
        ..calm_segment(27, 30)
    });
    let enough = RequestSegment {
        nominal_rps: 20.0,
        offered: 100,
        succeeded: 105,
        cpu_share_of_request: Some(1.0),
        pods: pods(4, 4, 0),
        ..calm_segment(30, 35)
    };
    answer(observer, 105, 20);
    observer.served(&enough);
    answer(observer, 39, 20);
    answer(observer, 1, 700);
    observer.served(&RequestSegment {
        start: at(35),
        end: at(37),
        offered: 40,
        succeeded: 40,
        working_periods: 40,
        pod_cpu: None,
        ..enough
    });
}

pub(crate) fn request_kpis() -> Kpis {
    let mut observer = KpiObserver::new(&scenario(37.0)).with_provisioning(FIVE_RPS_A_POD);
    story(&mut observer);
    observer.finish()
}

fn timeline() -> Timeline {
    let mut recorder = TimelineRecorder::new(&scenario(37.0)).with_provisioning(FIVE_RPS_A_POD);
    story(&mut recorder);
    recorder.finish()
}

#[test]
fn requests_are_counted_and_failures_have_their_causes() {
    let kpis = request_kpis();
    assert!(near(kpis.requests_offered, 540.0));
    assert!(near(kpis.requests_succeeded, 495.0));
    assert!(near(kpis.requests_failed, 45.0));
    assert!(near(kpis.requests_in_flight, 0.0));
    assert!(near(kpis.failed_share, 45.0 / 540.0));
    assert!(near(kpis.failed_queue_full, 20.0));
    assert!(near(kpis.failed_timed_out, 20.0));
    assert!(near(kpis.failed_pod_gone, 4.0));
    assert!(near(kpis.failed_oom_killed, 1.0));
    assert!(near(kpis.failed_no_endpoint, 0.0));
    assert!(near(kpis.failed_not_initialised, 0.0));
    assert!(near(kpis.retries, 20.0));
    assert!(near(kpis.oom_kills, 1.0));
}

#[test]
fn latency_is_that_of_the_request_at_the_quantile() {
    // In order: 200 of 10 ms, 144 of 20 ms, 130 of 100 ms, 20 of 600 ms, 1 of 700 ms.
    let kpis = request_kpis();
    let close = |value: Option<f64>, expected: f64| {
        value.is_some_and(|value| (value / expected - 1.0).abs() < 0.001)
    };
    assert!(close(kpis.latency_seconds_p50, 0.02), "{kpis:?}");
    assert!(close(kpis.latency_seconds_p95, 0.1), "{kpis:?}");
    assert!(close(kpis.latency_seconds_p99, 0.6), "{kpis:?}");
    assert!(close(kpis.latency_seconds_p999, 0.7), "{kpis:?}");
    assert!(near(kpis.latency_seconds_mean, 30.58 / 495.0));
    assert!(near(kpis.latency_seconds_max, 0.7));
}

#[test]
fn the_rest_comes_from_the_segments() {
    let kpis = request_kpis();
    assert!(near(kpis.slo_violation_seconds, 10.0));
    assert!(near(kpis.first_decision_seconds, 2.0));
    assert!(near(kpis.enough_ready_seconds, 7.0));
    assert!(near(kpis.recovery_seconds, 15.0));
    assert!(near(Some(kpis.mean_replicas), 98.0 / 37.0));
    assert!(near(Some(kpis.pod_hours), 98.0 / 3600.0));
    // Periods: 400 of calm, 100, 40 and 60 short of pods, 100 and 40 with enough.
    assert!(near(kpis.throttled_share, 130.0 / 740.0));
    // 40 pod seconds at a half, 14 at twice, 40 at their request.
    assert!(near(kpis.cpu_utilization_mean, 88.0 / 94.0));
    // Of the samples at 0, 15 and 30 none was short, and all stood level.
    assert!(near(kpis.under_provisioned_time_percent, 0.0));
    assert!(near(kpis.needed_undefined_seconds, 0.0));
}

#[test]
fn without_single_requests_their_kpis_are_null() {
    let kpis = super::tests::story_kpis();
    for unknown in [
        kpis.retries,
        kpis.oom_kills,
        kpis.latency_seconds_p999,
        kpis.latency_seconds_mean,
        kpis.latency_seconds_max,
    ] {
        assert_eq!(unknown, None);
    }
    // What flows fails by cause as well: 60 s of a full queue at 4 rps, and 60 at once with their pods.
    assert!(near(kpis.failed_queue_full, 240.0));
    assert!(near(kpis.failed_pod_gone, 60.0));
}

#[test]
fn late_and_failed_requests_are_bad_and_the_slo_allows_a_share_of_them() {
    // 45 failed and 21 were slower than 500 ms, of 540. p95 and 1 % errors allow 1 - 0.95 * 0.99.
    let kpis = request_kpis();
    assert!(near(kpis.good_request_share, 1.0 - 66.0 / 540.0));
    assert!(near(kpis.error_budget_used, 66.0 / 540.0 / 0.0595));
}

#[test]
fn an_interval_breaks_the_slo_from_the_first_request_too_many_beyond_the_limit() {
    let broken_with = |late: u64| {
        let scenario = scenario(5.0);
        let mut observer = (
            KpiObserver::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
            TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
        );
        // Exactly the limit is within it.
        answer(&mut observer, 100 - late, 500);
        for _ in 0..late {
            observer.answered(SimSpan::from_millis(500) + SimSpan::from_nanos(1));
        }
        observer.served(&RequestSegment {
            offered: 100,
            succeeded: 100,
            ..calm_segment(0, 5)
        });
        let row_broken = observer.1.finish().rows[0].slo_violated();
        assert_eq!(
            observer.0.finish().slo_violation_seconds,
            Some(if row_broken { 5.0 } else { 0.0 })
        );
        row_broken
    };
    assert!(!broken_with(5));
    assert!(broken_with(6));
}

#[test]
fn a_retried_request_may_take_longer_than_its_clients_timeout_and_breaks_the_slo() {
    let mut scenario = scenario(5.0);
    scenario.workload.timeout = SimSpan::from_millis(400);
    let mut observer = KpiObserver::new(&scenario).with_provisioning(FIVE_RPS_A_POD);
    answer(&mut observer, 50, 900);
    observer.served(&calm_segment(0, 5));
    assert!(near(observer.finish().slo_violation_seconds, 5.0));
}

#[test]
fn recovery_waits_for_an_interval_that_keeps_the_slo() {
    let told = |third: Option<SloVerdict>| {
        let mut shortage = FirstShortage::default();
        let four = Some(Replicas(4));
        let enough = |start, end| RequestSegment {
            pods: pods(4, 4, 0),
            ..calm_segment(start, end)
        };
        shortage.served(&calm_segment(0, 5), four, Some(SloVerdict::Kept));
        shortage.served(&enough(5, 10), four, Some(SloVerdict::Broken));
        shortage.served(&enough(10, 13), four, None);
        shortage.served(&enough(13, 15), four, third);
        shortage.recovery_seconds()
    };
    assert_eq!(told(Some(SloVerdict::Broken)), None);
    assert_eq!(told(Some(SloVerdict::Kept)), Some(15.0));
}

#[test]
fn a_row_is_what_its_segments_counted() {
    let timeline = timeline();
    assert_eq!(timeline.rows.len(), 8);
    assert_eq!(timeline.end, at(37));
    let row = &timeline.rows[5];
    assert_eq!(row.time, at(25));
    assert!(near(Some(row.offered_rps), 20.0));
    assert!(near(Some(row.succeeded_rps), 18.0));
    assert!(near(Some(row.failed_rps), 3.0));
    assert!(near(Some(row.failures_rps.timed_out), 2.0));
    assert!(near(Some(row.failures_rps.pod_gone), 0.8));
    assert!(near(row.retried_rps, 1.0));
    assert!(near(Some(row.in_flight), 5.0));
    assert!(near(Some(row.cpu_cores), 0.4));
    // 2 s at twice the request, 3 s at it.
    assert!(near(row.cpu_percent, 140.0));
    assert!(near(Some(row.throttled_share), 0.5));
    assert_eq!(row.needed, Some(Replicas(4)));
    assert!(row.slo_violated());
    assert!(near(row.latency.map(|latency| latency.p99), 0.1));
    // The last row is the two seconds that are left, with its own latencies alone.
    let last = &timeline.rows[7];
    assert!(near(Some(last.offered_rps), 20.0));
    assert!(
        last.latency
            .is_some_and(|it| (0.02..0.0203).contains(&it.p50))
    );
    assert!(near(last.latency.map(|it| it.p99), 0.7));
    assert_eq!(last.pod_cpu, None);
}

#[test]
fn a_row_in_which_nothing_succeeded_has_no_latency() {
    let mut recorder = TimelineRecorder::new(&scenario(10.0)).with_provisioning(FIVE_RPS_A_POD);
    answer(&mut recorder, 50, 10);
    recorder.served(&calm_segment(0, 5));
    recorder.served(&RequestSegment {
        succeeded: 0,
        in_flight: 50,
        ..calm_segment(5, 10)
    });
    let rows = recorder.finish().rows;
    assert!(rows[0].latency.is_some());
    assert_eq!(rows[1].latency, None);
}

#[test]
fn a_row_that_ends_more_throttled_periods_than_it_began_is_throttled_all_the_time() {
    let mut recorder = TimelineRecorder::new(&scenario(5.0)).with_provisioning(FIVE_RPS_A_POD);
    recorder.served(&RequestSegment {
        working_periods: 20,
        throttled_periods: 21,
        ..calm_segment(0, 5)
    });
    let share = recorder.finish().rows[0].throttled_share;
    assert!((share - 1.0).abs() < 1e-12, "{share}");
}

#[test]
fn users_and_pods_stand_in_the_row() {
    let mut recorder = TimelineRecorder::new(&scenario(5.0)).with_provisioning(FIVE_RPS_A_POD);
    recorder.served(&RequestSegment {
        users: Some(40),
        ..calm_segment(0, 5)
    });
    let row = recorder.finish().rows[0];
    assert_eq!(row.users, Some(40));
    assert_eq!(row.pod_cpu.map(|pods| pods.max), Some(0.6));
}

#[test]
fn the_csv_leaves_blank_what_the_engine_does_not_know() {
    let csv = timeline_csv(&timeline().rows);
    let text = String::from_utf8(csv).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    insta::assert_snapshot!([lines[0], lines[1], lines[5], lines[8]].join("\n"), @"
    time_s,offered_rps,succeeded_rps,failed_rps,requests_in_flight,cpu_cores,cpu_percent,cpu_percent_seen,replicas_desired,replicas_current,replicas_ready,replicas_needed,latency_seconds_p50,latency_seconds_p95,latency_seconds_p99,throttled_share,slo_violated,rescaled_to,failed_no_endpoint_rps,failed_not_initialised_rps,failed_queue_full_rps,failed_timed_out_rps,failed_pod_gone_rps,failed_oom_killed_rps,retried_rps,cpu_percent_pod_min,cpu_percent_pod_mean,cpu_percent_pod_max,throttled_share_pod_max,users
    0,10,10,0,0,0.1,50,,2,2,2,2,0.01,0.01,0.01,0,0,,0,0,0,0,0,0,0,40,50,60,0,
    20,20,12,6,10,0.4,200,200,2,2,2,4,0.100139,0.6,0.6,0.8,1,4,0,0,4,2,0,0,3,190,200,210,0.9,
    35,20,20,0,0,0.25,100,200,4,4,4,4,0.020054,0.020054,0.7,0,0,,0,0,0,0,0,0,0,,,,,
    ");
}

#[test]
fn the_histogram_is_a_table() {
    let mut observer = KpiObserver::new(&scenario(37.0)).with_provisioning(FIVE_RPS_A_POD);
    assert!(observer.measured_latency().is_none());
    story(&mut observer);
    let latency = observer.measured_latency().expect("requests");
    let csv = latency_csv(latency).expect("in memory");
    insta::assert_snapshot!(String::from_utf8(csv).expect("UTF-8"), @"
    latency_seconds,requests,cumulative_share
    0.0104858,200,0.40404
    0.0209715,144,0.694949
    0.100663,130,0.957576
    0.60398,20,0.99798
    0.7,1,1
    ");
}

#[test]
fn the_memory_of_both_observers_does_not_grow_with_requests() {
    let scenario = scenario(5.0);
    let mut observer = (
        KpiObserver::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
        TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
    );
    observer.answered(SimSpan::from_millis(1));
    let info = allocation_counter::measure(|| {
        for nanos in 0..100_000_i64 {
            observer.answered(SimSpan::from_nanos(nanos * 977));
        }
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(observer.1.finish().end, SimTime::ZERO);
}

proptest! {
    /// Rows and KPIs count the same requests, and the rows that broke the SLO are the KPI's seconds.
    #[test]
    fn rows_and_kpis_agree(
        intervals in prop::collection::vec((0_i64..5, 0_u64..60, 0_u64..12, 0_u64..12), 1..30),
        last_seconds in 1_i64..=5,
    ) {
        let scenario = scenario(3600.0);
        let mut observer = (
            KpiObserver::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
            TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD),
        );
        let mut start = 0;
        for (index, (cut, fast, slow, failed)) in intervals.iter().enumerate() {
            let length = if index + 1 == intervals.len() { last_seconds } else { 5 };
            let end = start + length;
            let parts = if *cut > 0 && *cut < length {
                vec![(start, start + cut), (start + cut, end)]
            } else {
                vec![(start, end)]
            };
            for (from, to) in parts {
                answer(&mut observer, *fast, 20);
                answer(&mut observer, *slow, 800);
                observer.served(&RequestSegment {
                    offered: fast + slow + failed,
                    succeeded: fast + slow,
                    failed: FailureCauses {
                        queue_full: *failed as f64,
                        ..FailureCauses::default()
                    },
                    ..calm_segment(from, to)
                });
            }
            start = end;
        }
        let kpis = observer.0.finish();
        let timeline = observer.1.finish();
        prop_assert_eq!(timeline.rows.len(), intervals.len());
        let length_of = |time: SimTime| (time + INTERVAL).min(timeline.end) - time;
        let sum = |rate: fn(&super::TimelineRow) -> f64| -> f64 {
            let rows = timeline.rows.iter();
            rows.map(|row| rate(row) * length_of(row.time).as_secs_f64()).sum()
        };
        prop_assert!(near(kpis.requests_offered, sum(|row| row.offered_rps)));
        prop_assert!(near(kpis.requests_succeeded, sum(|row| row.succeeded_rps)));
        prop_assert!(near(kpis.requests_failed, sum(|row| row.failed_rps)));
        prop_assert!(near(kpis.failed_queue_full, sum(|row| row.failures_rps.queue_full)));
        let broken: SimSpan = timeline
            .rows
            .iter()
            .filter(|row| row.slo_violated())
            .map(|row| length_of(row.time))
            .sum();
        prop_assert!(near(kpis.slo_violation_seconds, broken.as_secs_f64()));
    }
}
