//! A CPU station against closed forms: sharing, quota, throttled periods.

#![expect(
    clippy::float_cmp,
    reason = "whole numbers of nanoseconds are exact, and are meant to be"
)]

use super::*;
use crate::units::SimSpan;

const MILLI: f64 = 1e6;

fn ms(milliseconds: f64) -> SimTime {
    SimTime::from_nanos((milliseconds * MILLI) as i64)
}

fn limited(limit: f64, node_cores: f64) -> Station {
    let speed = Speed {
        cores: node_cores,
        quota: limit * PERIOD,
    };
    Station::new(speed, 0)
}

fn shared(cores: f64) -> Station {
    let speed = Speed {
        cores,
        quota: f64::INFINITY,
    };
    Station::new(speed, 0)
}

/// Completes all jobs; returns each request with its completion time in milliseconds.
fn finish_all(station: &mut Station) -> Vec<(u32, f64)> {
    let mut done = Vec::new();
    loop {
        let time = station.next_done();
        if time == SimTime::DISTANT_FUTURE {
            return done;
        }
        let request = station.finish(time).expect("something was due");
        done.push((request, time.as_nanos() as f64 / MILLI));
    }
}

#[test]
fn a_5_ms_request_on_an_idle_200m_pod_takes_5_ms() {
    let mut station = limited(0.2, 4.0);
    station.add(ms(37.0), 7, 5.0 * MILLI);
    assert_eq!(finish_all(&mut station), [(7, 42.0)]);
    assert_eq!(station.used(), 5.0 * MILLI);
    let counts = PeriodCounts {
        working: 1,
        throttled: 0,
    };
    assert_eq!(station.periods(), counts);
}

#[test]
fn a_request_longer_than_the_quota_stalls_until_the_next_period() {
    let mut station = limited(0.2, 4.0);
    station.add(ms(0.0), 0, 50.0 * MILLI);
    assert_eq!(finish_all(&mut station), [(0, 210.0)]);
    let counts = PeriodCounts {
        working: 3,
        throttled: 2,
    };
    assert_eq!(station.periods(), counts);
}

#[test]
fn ten_busy_requests_on_one_cpu_run_10_ms_and_stall_90_ms_of_each_period() {
    let mut station = limited(1.0, 10.0);
    for request in 0..10 {
        station.add(ms(0.0), request, 1e12);
    }
    for period in 0..5 {
        let start = 100.0 * f64::from(period);
        station.advance(ms(start + 10.0));
        let at_stall = station.used();
        assert_eq!(at_stall, 100.0 * MILLI * f64::from(period + 1));
        station.advance(ms(start + 99.0));
        assert_eq!(station.used(), at_stall);
        station.advance(ms(start + 100.0));
    }
    assert_eq!(station.periods().throttled, 5);
}

#[test]
fn a_saturated_pod_serves_exactly_its_limit() {
    let mut station = limited(0.2, 4.0);
    for request in 0..400 {
        station.add(ms(0.0), request, 5.0 * MILLI);
    }
    let done = finish_all(&mut station);
    // 2 s of CPU at 200m; in the last period each of 4 cores needs 5 ms.
    assert_eq!(done.len(), 400);
    let last = done.last().map_or(0.0, |done| done.1);
    assert!((last - 9905.0).abs() < 0.01, "{last}");
    assert!((station.used() - 2000.0 * MILLI).abs() < 1.0);
}

#[test]
fn work_is_the_same_however_often_one_looks() {
    let (mut once, mut often) = (limited(0.35, 2.0), limited(0.35, 2.0));
    for request in 0..3 {
        once.add(ms(30.0), request, 1e10);
        often.add(ms(30.0), request, 1e10);
    }
    for step in 0..977 {
        often.advance(ms(30.0 + 1.7 * f64::from(step)));
    }
    let end = ms(30.0 + 1.7 * 976.0);
    once.advance(end);
    often.advance(end);
    assert!((once.used() - often.used()).abs() < 1e-3 * MILLI);
    assert_eq!(once.periods(), often.periods());
}

#[test]
fn sharing_is_even_and_a_request_uses_at_most_one_core() {
    let mut station = shared(2.0);
    station.add(ms(0.0), 0, 10.0 * MILLI);
    station.add(ms(0.0), 1, 10.0 * MILLI);
    station.add(ms(0.0), 2, 16.0 * MILLI);
    station.add(ms(6.0), 3, 1.0 * MILLI);
    // 4 ms each until 6 ms; then half a core each until the short job is done at 8 ms; ...
    let done = finish_all(&mut station);
    assert_eq!(done, [(3, 8.0), (0, 15.5), (1, 15.5), (2, 21.5)]);
    assert!((station.used() - 37.0 * MILLI).abs() < 1.0);
}

#[test]
fn equals_are_done_in_the_order_in_which_they_came() {
    let mut station = shared(1.0);
    for request in [5, 3, 9] {
        station.add(ms(1.0), request, MILLI);
    }
    let order: Vec<u32> = finish_all(&mut station).iter().map(|done| done.0).collect();
    assert_eq!(order, [5, 3, 9]);
}

#[test]
fn a_cancelled_job_frees_its_share() {
    let mut station = shared(1.0);
    let ticket = station.add(ms(0.0), 0, 10.0 * MILLI);
    station.add(ms(0.0), 1, 10.0 * MILLI);
    station.cancel(ms(4.0), ticket);
    assert_eq!(finish_all(&mut station), [(1, 12.0)]);
    assert_eq!(station.used(), 12.0 * MILLI);
}

#[test]
fn a_cancelled_job_is_never_done_and_at_most_half_of_the_heap_is_cancelled() {
    let mut station = shared(1.0);
    let count = 1000;
    let mut tickets: Vec<Ticket> = (0..count)
        .map(|request| station.add(ms(0.0), request, f64::from(request % 7 + 1) * MILLI))
        .collect();
    // From the middle, where no job is at the head of the heap.
    while tickets.len() > 3 {
        let ticket = tickets.remove(tickets.len() / 2);
        station.cancel(ms(1.0), ticket);
        assert!(2 * station.cancelled.len() <= station.jobs.len());
        assert_eq!(station.at_work(), tickets.len());
        assert_eq!(station.requests().count(), tickets.len());
    }
    let left: Vec<u32> = finish_all(&mut station).iter().map(|done| done.0).collect();
    assert_eq!(left, [0, 1, 999]);
}

#[test]
fn the_last_work_may_be_cancelled_and_the_station_is_empty() {
    let mut station = shared(1.0);
    let first = station.add(ms(0.0), 7, MILLI);
    station.cancel(ms(0.5), first);
    assert_eq!(station.next_done(), SimTime::DISTANT_FUTURE);
    station.add(ms(2.0), 8, MILLI);
    assert_eq!(finish_all(&mut station), [(8, 3.0)]);
}

#[test]
fn without_any_speed_nothing_is_ever_done() {
    let mut station = limited(0.0, 4.0);
    station.add(ms(0.0), 0, MILLI);
    assert_eq!(station.next_done(), SimTime::DISTANT_FUTURE);
    station.advance(ms(1000.0));
    assert_eq!(station.used(), 0.0);
}

#[test]
fn quota_that_was_not_used_is_lost_with_its_period() {
    let mut station = limited(0.2, 1.0);
    station.advance(SimTime::ZERO + SimSpan::from_secs(60));
    station.add(ms(60_090.0), 0, 40.0 * MILLI);
    // 10 ms in the old period, 20 ms in the next, stall, 10 ms.
    assert_eq!(finish_all(&mut station), [(0, 60_210.0)]);
}
