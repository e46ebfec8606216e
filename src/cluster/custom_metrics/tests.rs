//! What the adapter answers about pods and columns of the trace.

use super::*;
use crate::cluster::measured::PodGauge;

const FIFTEEN: i64 = 15;
const RPS: PlantMetric = PlantMetric::RequestsPerSecond;

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(seconds)
}

fn pipeline(window: i64, lag: i64) -> CustomPipeline {
    CustomPipeline {
        interval: SimSpan::from_secs(FIFTEEN),
        window: SimSpan::from_secs(window),
        lag: SimSpan::from_secs(lag),
        gauges: Vec::new(),
    }
}

fn metrics(pipeline: &CustomPipeline, queries: &[PlantMetric]) -> CustomMetrics {
    CustomMetrics::new(pipeline, queries, 1.0).expect("a custom metric")
}

/// A scrape of pods that all serve, with this number of requests counted and in flight, and this
/// value of the only column.
fn scrape(metrics: &mut CustomMetrics, seconds: i64, value: f64) {
    let statuses = vec![PodStatus::serving(); metrics.arrivals.pods.len()];
    let gauges = Gauges {
        requests_per_second: PodGauge::Serving(0.0),
        requests_counted: PodGauge::Serving(value),
        in_flight: PodGauge::Serving(value),
        trace_values: &[value],
    };
    metrics.scrape(at(seconds), &statuses, &gauges);
}

/// The answer about the first pod at this time.
fn pod(metrics: &mut CustomMetrics, seconds: i64) -> Option<i64> {
    metrics.query(at(seconds));
    let sample = metrics.answer(0).expect("an answer").pods.get(0);
    sample.map(|sample| sample.value.0)
}

/// The answer without a pod at this time.
fn value(metrics: &mut CustomMetrics, seconds: i64) -> Option<i64> {
    metrics.query(at(seconds));
    let values = &metrics.answer(0).expect("an answer").values;
    values.first().map(|value| value.0)
}

#[test]
fn a_step_shows_in_shares_of_the_window_and_wholly_after_it() {
    let mut metrics = metrics(&pipeline(60, 0), &[RPS]);
    metrics.add();
    let mut counted = 10_000.0;
    let mut seen = Vec::new();
    for second in (0..=180).step_by(15) {
        // 4 requests per second until 60 s, then 8.
        scrape(&mut metrics, second, counted);
        seen.push(pod(&mut metrics, second));
        counted += if second < 60 { 60.0 } else { 120.0 };
    }
    assert_eq!(seen[0], None);
    // Between the four samples of a window are three intervals.
    let expected = [4000, 5333, 6666, 8000, 8000];
    assert_eq!(seen[4..9], expected.map(Some));
    assert_eq!(seen[3], Some(4000));
}

#[test]
fn a_value_belongs_to_the_time_of_the_query() {
    let mut metrics = metrics(&pipeline(60, 0), &[RPS]);
    metrics.add();
    for (seconds, counted) in [(0, 1000.0), (15, 1000.0), (30, 1000.0), (45, 1090.0)] {
        scrape(&mut metrics, seconds, counted);
    }
    // The four samples span 45 s of the minute, and the rest is extrapolated.
    assert_eq!(pod(&mut metrics, 46), Some(2000));
    assert_eq!(pod(&mut metrics, 59), Some(2000));
    // The window is open on the left, so it has lost the first sample.
    assert_eq!(pod(&mut metrics, 60), Some(3000));
    scrape(&mut metrics, 60, 1180.0);
    assert_eq!(pod(&mut metrics, 60), Some(4000));
}

#[test]
fn a_pod_has_a_rate_from_its_second_scrape_on() {
    let mut metrics = metrics(&pipeline(60, 0), &[RPS]);
    metrics.add();
    assert_eq!(pod(&mut metrics, 0), None);
    scrape(&mut metrics, 10, 50.0);
    assert_eq!(pod(&mut metrics, 20), None);
    scrape(&mut metrics, 25, 80.0);
    assert!(pod(&mut metrics, 26).is_some());
    // The row of a pod that comes later has no samples of the earlier scrapes.
    metrics.add();
    metrics.query(at(26));
    assert_eq!(
        metrics.answer(0).expect("an answer").pods.sampled,
        [true, false]
    );
}

#[test]
fn an_answer_is_that_of_a_lag_ago() {
    let mut metrics = metrics(&pipeline(0, 20), &[PlantMetric::InFlight]);
    metrics.add();
    for (seconds, in_flight) in [(0, 1.0), (15, 2.0), (30, 3.0), (45, 4.0)] {
        scrape(&mut metrics, seconds, in_flight);
    }
    assert_eq!(pod(&mut metrics, 19), None);
    assert_eq!(pod(&mut metrics, 20), Some(1000));
    assert_eq!(pod(&mut metrics, 49), Some(2000));
    assert_eq!(pod(&mut metrics, 50), Some(3000));
}

#[test]
fn a_gauge_is_its_newest_sample_and_a_column_its_mean_over_the_window() {
    for (metric, expected) in [
        (PlantMetric::TraceGauge(0), 40_000),
        (PlantMetric::TraceColumn(0), 25_000),
    ] {
        let mut metrics = metrics(&pipeline(60, 0), &[metric]);
        for (seconds, depth) in [(0, 10.0), (15, 20.0), (30, 30.0), (45, 40.0)] {
            scrape(&mut metrics, seconds, depth);
        }
        assert_eq!(value(&mut metrics, 50), Some(expected));
    }
    let mut without_range = metrics(&pipeline(0, 0), &[PlantMetric::TraceColumn(0)]);
    scrape(&mut without_range, 0, 10.0);
    scrape(&mut without_range, 15, 20.0);
    assert_eq!(value(&mut without_range, 20), Some(20_000));
}

#[test]
fn a_queue_is_what_exceeds_the_concurrency() {
    let mut metrics = metrics(&pipeline(60, 0), &[PlantMetric::QueueLength]);
    metrics.add();
    scrape(&mut metrics, 0, 5.0);
    assert_eq!(pod(&mut metrics, 1), Some(4000));
}

#[test]
fn the_adapter_cuts_thousandths_off() {
    let mut metrics = metrics(&pipeline(60, 0), &[PlantMetric::TraceColumn(0)]);
    for (seconds, depth) in [(0, 1.0), (15, 1.0), (30, 0.0)] {
        scrape(&mut metrics, seconds, depth);
    }
    assert_eq!(value(&mut metrics, 31), Some(666));
}

#[test]
fn an_arrival_counter_counts_while_its_pod_serves() {
    let arriving = |arriving_rps| ServedRates {
        arriving_rps,
        ..ServedRates::default()
    };
    let mut counters = ArrivalCounters::default();
    counters.arrive_since(at(-100), arriving(2.0));
    for _ in 0..2 {
        counters.add();
    }
    let warm = WarmStart {
        started: at(-1000),
        watched_since: at(-100),
    };
    counters.serves_long_since(0, warm);
    assert!((counters.until(0, at(0)) - 2000.0).abs() < 1e-6);
    counters.arrive(at(0), arriving(5.0));
    counters.change(1, at(10), true);
    counters.change(0, at(20), false);
    assert!((counters.until(0, at(60)) - 2100.0).abs() < 1e-6);
    assert!((counters.until(1, at(60)) - 250.0).abs() < 1e-6);
    counters.stop(1);
    assert_eq!(counters.until(1, at(60)).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn no_more_scrapes_are_kept_than_a_query_needs() {
    let pipeline = pipeline(60, 0);
    let mut metrics = metrics(&pipeline, &[RPS]);
    metrics.add();
    for scrapes in 0..100 {
        scrape(&mut metrics, scrapes * FIFTEEN, 0.0);
    }
    assert_eq!(metrics.scrapes.len(), pipeline.kept_scrapes());
    assert!(metrics.scrapes[0].time < at(99 * FIFTEEN - 60));
}
