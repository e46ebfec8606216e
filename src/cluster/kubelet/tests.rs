//! CPU counters, their readings, and the samples that they give.

use super::*;
use crate::cluster::config::StatsProvider;
use crate::cluster::cpu::CpuBound;
use crate::cluster::samples::Sample;
use crate::cluster::served::ServedRates;
use crate::units::{MilliValue, SimSpan};

const IDLE: Activity = Activity {
    own: OwnUse::Idle,
    serving: Serving::Nothing,
};
const SERVING: Activity = Activity {
    own: OwnUse::Idle,
    serving: Serving::Normal,
};

fn at(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

fn pipeline(jitter: f64) -> MetricsPipeline {
    MetricsPipeline {
        scrape_interval: SimSpan::from_secs(15),
        stats: StatsProvider::Cadvisor,
        housekeeping: SimSpan::from_secs(10),
        housekeeping_jitter: jitter,
        lag: SimSpan::ZERO,
        custom: None,
    }
}

/// 40m idle, 10 ms a request, limit 200m.
fn meters(pipeline: &MetricsPipeline, noise: f64, seed: Seed) -> ContainerMeters {
    let cpu = ContainerCpu {
        idle_cores: 0.04,
        bursting_cores: 0.14,
        seconds_per_request: 0.01,
        bound_cores: 0.2,
        bound: CpuBound::Quota,
    };
    let place = ContainerPlace { index: 0, of: 1 };
    let mut meters = ContainerMeters::new(cpu, pipeline, noise, place, SimTime::ZERO, seed);
    meters.add(0);
    meters
}

/// The given meters, with a pod that serves `rps` from time 0.
fn serving(rps: f64, mut meters: ContainerMeters) -> ContainerMeters {
    meters.serve_since(at(0.0), ServedRates::normal(rps, 1.0).rps);
    meters
}

fn sample_at(meters: &mut ContainerMeters, seconds: f64) -> Option<Sample> {
    meters.scrape(at(seconds));
    meters.samples().get(0)
}

#[test]
fn the_reading_at_the_start_alone_gives_no_sample() {
    let mut meters = serving(0.0, meters(&pipeline(0.0), 0.0, Seed(1)));
    meters.start(0, at(100.0), IDLE);
    assert_eq!(sample_at(&mut meters, 105.0), None);
    // The last reading is at 110 s.
    let sample = sample_at(&mut meters, 120.0).expect("two points");
    assert_eq!(sample.value, MilliValue(40));
    assert_eq!(sample.timestamp, at(120.0));
    assert_eq!(sample.window, SimSpan::from_secs(20));
}

#[test]
fn a_container_between_ten_seconds_and_the_resolution_needs_one_point() {
    let mut meters = serving(0.0, meters(&pipeline(0.0), 0.0, Seed(1)));
    meters.start(0, at(100.0), IDLE);
    let sample = sample_at(&mut meters, 114.0).expect("fresh, its age is 10 s");
    assert_eq!(sample.timestamp, at(110.0));
    assert_eq!(sample.window, SimSpan::from_secs(10));
}

#[test]
fn an_older_container_that_was_never_seen_needs_two_points() {
    let mut meters = serving(0.0, meters(&pipeline(0.6), 0.0, Seed(1)));
    meters.start(0, at(100.0), IDLE);
    meters.counters[0].next_housekeeping = at(115.5).as_nanos();
    assert_eq!(sample_at(&mut meters, 115.9), None);
    assert!(sample_at(&mut meters, 145.0).is_some());
}

#[test]
fn a_stale_reading_keeps_the_older_pair() {
    let mut meters = serving(5.0, meters(&pipeline(0.0), 0.0, Seed(1)));
    meters.start(0, at(0.0), SERVING);
    meters.scrape(at(1.0));
    let before = sample_at(&mut meters, 21.0).expect("two points");
    assert_eq!(before.timestamp, at(20.0));
    let same = sample_at(&mut meters, 29.0);
    assert_eq!(same, Some(before), "no reading since");
    let next = sample_at(&mut meters, 31.0).expect("a new pair");
    assert_eq!(next.timestamp, at(30.0));
    assert_eq!(next.window, SimSpan::from_secs(10));
}

#[test]
fn a_reading_between_two_changes_sees_the_rates_of_its_time() {
    let mut meters = serving(0.0, meters(&pipeline(0.0), 0.0, Seed(1)));
    meters.start(0, at(0.0), IDLE);
    meters.scrape(at(1.0));
    meters.serve(at(5.0), ServedRates::normal(10.0, 1.0).rps);
    meters.change(0, at(5.0), SERVING);
    meters.serve(at(19.0), RatesByClass::default());
    // Readings at 10 s and 20 s: 40m of own use, and 140 requests of 10 ms from 5 s to 19 s.
    let sample = sample_at(&mut meters, 21.0).expect("two points");
    assert_eq!(sample.window, SimSpan::from_secs(20));
    assert_eq!(sample.value, MilliValue(40 + 70));
}

#[test]
fn cpu_rounds_up_to_millicores_but_not_by_rounding_errors() {
    for (rps, millicores) in [(1.0, 50), (1.01, 51), (0.0, 40), (7.0, 110), (16.0, 200)] {
        let mut meters = serving(rps, meters(&pipeline(0.3), 0.0, Seed(2)));
        meters.start(0, at(80_000.1), SERVING);
        meters.scrape(at(80_001.0));
        for scrape in 2..200 {
            let time = 80_001.0 + f64::from(scrape) * 15.0;
            let sample = sample_at(&mut meters, time).expect("a sample");
            assert_eq!(sample.value, MilliValue(millicores), "{rps} rps");
        }
    }
}

#[test]
fn intervals_lie_between_one_and_one_plus_jitter_housekeeping_intervals() {
    let mut meters = serving(0.0, meters(&pipeline(1.0), 0.0, Seed(3)));
    meters.start(0, at(0.0), IDLE);
    let mut intervals = Vec::new();
    let mut last = 0;
    for tick in 1..40_000 {
        meters.housekeep(0, at(f64::from(tick)).as_nanos());
        let read = meters.counters[0].read_time;
        if read != last {
            intervals.push((read - last) as f64 / 1e9);
            last = read;
        }
    }
    let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
    assert!(
        intervals
            .iter()
            .all(|interval| (10.0..20.0).contains(interval))
    );
    assert!((mean - 15.0).abs() < 0.3, "{mean}");
}

#[test]
fn the_first_sample_of_a_new_pod_comes_after_about_25_and_at_most_40_seconds() {
    let mut delays = Vec::new();
    for seed in 0..1000 {
        let mut meters = serving(0.0, meters(&pipeline(1.0), 0.0, Seed(seed)));
        let phase = seed as f64 / 1000.0 * 15.0;
        meters.start(0, at(0.0), IDLE);
        let mut scrape = phase;
        while sample_at(&mut meters, scrape).is_none() {
            scrape += 15.0;
        }
        delays.push(scrape);
    }
    let mean = delays.iter().sum::<f64>() / 1000.0;
    let longest = delays.iter().copied().fold(0.0, f64::max);
    assert!((20.0..28.0).contains(&mean), "{mean}");
    assert!(longest <= 40.0, "{longest}");
    assert!(delays.iter().all(|delay| *delay >= 10.0));
}

#[test]
fn noise_averages_out_and_never_exceeds_the_limit() {
    let mut meters = serving(12.0, meters(&pipeline(1.0), 0.5, Seed(4)));
    meters.start(0, at(0.0), SERVING);
    let mut values = Vec::new();
    for scrape in 1..5_000 {
        if let Some(sample) = sample_at(&mut meters, f64::from(scrape) * 15.0) {
            values.push(sample.value.0);
        }
    }
    let mean = values.iter().sum::<i64>() as f64 / values.len() as f64;
    assert!(values.iter().all(|value| (0..=200).contains(value)));
    assert!(
        values.contains(&200) && (130.0..165.0).contains(&mean),
        "{mean}"
    );
}

#[test]
fn counters_from_the_container_runtime_are_read_at_the_scrape() {
    let from_runtime = MetricsPipeline {
        stats: StatsProvider::Cri,
        ..pipeline(1.0)
    };
    // The scrapes are at 0 s, 15 s and so on.
    let mut started_late = serving(0.0, meters(&from_runtime, 0.0, Seed(1)));
    started_late.start(0, at(97.0), IDLE);
    assert_eq!(
        sample_at(&mut started_late, 105.0),
        None,
        "fresh, its age is 8 s"
    );
    let sample = sample_at(&mut started_late, 120.0).expect("two points");
    assert_eq!(sample.timestamp, at(120.0));
    assert_eq!(sample.window, SimSpan::from_secs(15));

    let mut started_early = serving(0.0, meters(&from_runtime, 0.0, Seed(1)));
    started_early.start(0, at(92.0), IDLE);
    let sample = sample_at(&mut started_early, 105.0).expect("fresh, its age is 13 s");
    assert_eq!(sample.timestamp, at(105.0));
    assert_eq!(sample.window, SimSpan::from_secs(13));
}

/// Work of single requests beyond the idle use, by sample: drawn, and expected (core-seconds).
fn noisy_work(rps: f64, scrapes: u32) -> Vec<(f64, f64)> {
    let mut meters = meters(&pipeline(1.0), 0.0, Seed(4));
    meters.add_shot_noise(2.0);
    let mut meters = serving(rps, meters);
    meters.start(0, at(0.0), SERVING);
    let mut last = None;
    (2..scrapes)
        .filter_map(|scrape| {
            let sample = sample_at(&mut meters, 15.0 * f64::from(scrape))?;
            let is_new = last.replace(sample) != Some(sample);
            let window = sample.window.as_secs_f64();
            let drawn = (sample.value.0 as f64 / 1000.0 - 0.04) * window;
            is_new.then_some((drawn, rps * 0.01 * window))
        })
        .collect()
}

#[test]
fn shot_noise_has_the_mean_and_the_variance_of_a_sum_of_random_requests() {
    let samples = noisy_work(5.0, 20_000);
    let count = samples.len() as f64;
    let mean_ratio = samples
        .iter()
        .map(|(drawn, mean)| drawn / mean)
        .sum::<f64>()
        / count;
    // W core-seconds of 10 ms requests with CV 1 have the variance W x 10 ms x (1 + 1).
    let variance_ratio = samples
        .iter()
        .map(|(drawn, mean)| (drawn - mean).powi(2) / (mean * 0.01 * 2.0))
        .sum::<f64>()
        / count;
    // Samples are rounded up to a millicore, which is 1 % of the work in the mean.
    assert!((mean_ratio - 1.01).abs() < 0.006, "{mean_ratio}");
    assert!((variance_ratio - 1.0).abs() < 0.05, "{variance_ratio}");
}

#[test]
fn a_container_at_its_bound_has_no_shot_noise() {
    let samples = noisy_work(16.0, 1000);
    assert!(samples.len() > 500);
    for (drawn, mean) in samples {
        assert!((drawn / mean - 1.0).abs() < 1e-6, "{drawn}, not {mean}");
    }
}

#[test]
fn no_sample_with_shot_noise_is_above_the_bound_or_below_the_idle_use() {
    for rps in [0.1, 5.0, 14.0, 15.5, 15.99] {
        for (drawn, mean) in noisy_work(rps, 4000) {
            let window = mean / (rps * 0.01);
            let most = (0.2 - 0.04) * window;
            assert!(
                (-1e-9..=most + 0.001 * window).contains(&drawn),
                "{rps} rps: {drawn}"
            );
        }
    }
}
