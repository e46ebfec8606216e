//! Pods, Object and External metrics by way of Prometheus and prometheus-adapter.
//!
//! Prometheus scrapes all targets at the same instants and keeps the samples that a query may
//! still need. The adapter queries Prometheus whenever the autoscaler asks, so a value belongs to
//! the instant of the sync, or to `lag` before it. All queries are fixed at the start.
//!
//! Sources: Prometheus `promql/functions.go` (`extrapolatedRate`, `funcIrate`, `avg_over_time`);
//! prometheus-adapter `docs/config.md` and `pkg/custom-provider/provider.go` (thousandths, rounded
//! down).

mod rate;

use std::collections::VecDeque;

use super::config::CustomPipeline;
use super::gone_rows::GoneRows;
use super::kubelet::WarmStart;
use super::measured::{Gauges, PlantMetric};
use super::pods::{PodFact, PodStatus};
use super::samples::{MetricSamples, Sample};
use super::served::ServedRates;
use crate::units::{MilliValue, SimSpan, SimTime};
use rate::{CounterSample, instant_rate, rate};

/// The value of a pod that was not scraped.
const ABSENT: f64 = f64::NAN;

/// What the adapter's query makes of the samples of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CustomQuery {
    /// `rate(counter[window])`; without a window, the rate between the two newest samples.
    Rate,
    /// `avg_over_time(gauge[window])`.
    Mean,
    /// The newest sample.
    Newest,
}

/// One scrape: the samples of each series.
#[derive(Clone, Debug)]
struct PrometheusScrape {
    time: SimTime,
    /// By series and pod.
    pods: Vec<Vec<f64>>,
    /// By series: the value without a pod.
    values: Vec<f64>,
}

/// A queried metric and the answer to the last query.
#[derive(Clone, Debug)]
struct CustomSeries {
    /// The index among all queries of the metrics APIs.
    asked: usize,
    metric: PlantMetric,
    query: CustomQuery,
    shown: MetricSamples,
}

/// The scrapes, and the answers of the adapter.
#[derive(Clone, Debug)]
pub(super) struct CustomMetrics {
    window: SimSpan,
    lag: SimSpan,
    series: Vec<CustomSeries>,
    /// The kept scrapes, oldest first.
    scrapes: VecDeque<PrometheusScrape>,
    /// The number of scrapes to keep.
    kept: usize,
    arrivals: ArrivalCounters,
    concurrency: f64,
}

impl CustomMetrics {
    /// The pipeline for those of `queries` that it answers; `None` if it answers none.
    pub(super) fn new(
        pipeline: &CustomPipeline,
        queries: &[PlantMetric],
        concurrency: f64,
    ) -> Option<Self> {
        let series: Vec<CustomSeries> = queries
            .iter()
            .enumerate()
            .filter(|(_, metric)| metric.is_custom())
            .map(|(asked, metric)| CustomSeries {
                asked,
                metric: *metric,
                query: CustomQuery::of(*metric, pipeline.window),
                shown: MetricSamples::default(),
            })
            .collect();
        (!series.is_empty()).then(|| Self {
            window: pipeline.window,
            lag: pipeline.lag,
            series,
            scrapes: VecDeque::new(),
            kept: pipeline.kept_scrapes(),
            arrivals: ArrivalCounters::default(),
            concurrency,
        })
    }

    /// The answers to the query at the index `asked`, as of the last [`CustomMetrics::query`].
    pub(super) fn answer(&self, asked: usize) -> Option<&MetricSamples> {
        let series = self.series.iter().find(|series| series.asked == asked)?;
        Some(&series.shown)
    }

    pub(super) fn add(&mut self) {
        self.arrivals.add();
        for column in self.scrapes.iter_mut().flat_map(|scrape| &mut scrape.pods) {
            column.push(ABSENT);
        }
        for series in &mut self.series {
            series.shown.pods.add_unsampled();
        }
    }

    /// Deletes the rows of removed pods.
    pub(super) fn remove(&mut self, gone: &GoneRows) {
        self.arrivals.remove(gone);
        for column in self.scrapes.iter_mut().flat_map(|scrape| &mut scrape.pods) {
            gone.remove_from(column);
        }
        for series in &mut self.series {
            series.shown.pods.remove(gone);
        }
    }

    /// The requests that have arrived at each pod, as counters.
    pub(super) fn arrivals(&mut self) -> &mut ArrivalCounters {
        &mut self.arrivals
    }

    /// Prometheus scrapes the pods, and what exports the columns of the trace.
    pub(super) fn scrape(&mut self, now: SimTime, statuses: &[PodStatus], gauges: &Gauges<'_>) {
        let oldest = (self.scrapes.len() >= self.kept).then(|| self.scrapes.pop_front());
        // The columns of the oldest scrape are used again.
        let mut scrape = oldest.flatten().unwrap_or_else(|| PrometheusScrape {
            time: now,
            pods: vec![Vec::new(); self.series.len()],
            values: vec![ABSENT; self.series.len()],
        });
        scrape.time = now;
        for (index, series) in self.series.iter().enumerate() {
            let column = &mut scrape.pods[index];
            column.clear();
            for (row, status) in statuses.iter().enumerate() {
                let present = gauges.in_flight.of(row, *status);
                let (is_scraped, value) = match series.metric {
                    PlantMetric::TraceColumn(place) | PlantMetric::TraceGauge(place) => {
                        (PodFact::Started, gauges.trace_values[place])
                    }
                    PlantMetric::InFlight => (PodFact::Initialised, present),
                    PlantMetric::QueueLength => {
                        let waiting = (present - self.concurrency).max(0.0);
                        (PodFact::Initialised, waiting)
                    }
                    _ => (
                        PodFact::Initialised,
                        self.arrivals.until(row, now) + gauges.requests_counted.of(row, *status),
                    ),
                };
                column.push(if status.is(is_scraped) { value } else { ABSENT });
            }
            if let PlantMetric::TraceColumn(place) | PlantMetric::TraceGauge(place) = series.metric
            {
                scrape.values[index] = gauges.trace_values[place];
            }
        }
        self.scrapes.push_back(scrape);
    }

    /// The adapter answers at `now`: with what a query found `lag` ago.
    pub(super) fn query(&mut self, now: SimTime) {
        let asked = now + -self.lag;
        let end = self.scrapes.partition_point(|scrape| scrape.time <= asked);
        // A range is open on the left since Prometheus 3.0.
        let opens = asked + -self.window;
        let range = QueriedRange {
            scrapes: &self.scrapes,
            // Without a window, a query needs at most the two newest scrapes.
            first: if self.window > SimSpan::ZERO {
                self.scrapes.partition_point(|scrape| scrape.time <= opens)
            } else {
                end.saturating_sub(2)
            },
            end,
            asked,
            window: self.window,
        };
        for (index, series) in self.series.iter_mut().enumerate() {
            let shown = &mut series.shown;
            for row in 0..shown.pods.sampled.len() {
                let value = range.answer(series.query, |scrape| scrape.pods[index][row]);
                let sample = value.map(|value| Sample {
                    value,
                    timestamp: asked,
                    window: SimSpan::ZERO,
                });
                shown.pods.set(row, sample);
            }
            shown.values.clear();
            let value = range.answer(series.query, |scrape| scrape.values[index]);
            shown.values.extend(value);
        }
    }
}

impl CustomQuery {
    fn of(metric: PlantMetric, window: SimSpan) -> Self {
        match metric {
            PlantMetric::RequestsPerSecond => Self::Rate,
            PlantMetric::TraceColumn(_) if window > SimSpan::ZERO => Self::Mean,
            _ => Self::Newest,
        }
    }
}

/// The scrapes that a query finds.
struct QueriedRange<'s> {
    scrapes: &'s VecDeque<PrometheusScrape>,
    first: usize,
    end: usize,
    asked: SimTime,
    window: SimSpan,
}

impl QueriedRange<'_> {
    /// The answer about the series that `value` picks from a scrape.
    fn answer(
        &self,
        query: CustomQuery,
        value: impl Fn(&PrometheusScrape) -> f64,
    ) -> Option<MilliValue> {
        let samples = || {
            let found = self.scrapes.range(self.first..self.end);
            found
                .map(|scrape| CounterSample {
                    time: scrape.time,
                    value: value(scrape),
                })
                .filter(|sample| !sample.value.is_nan())
        };
        let answer = match query {
            CustomQuery::Rate if self.window > SimSpan::ZERO => {
                rate(samples(), self.asked, self.window)
            }
            CustomQuery::Rate => instant_rate(samples()),
            CustomQuery::Mean => {
                let (sum, count) = samples().fold((0.0, 0.0), |(sum, count), sample| {
                    (sum + sample.value, count + 1.0)
                });
                (count > 0.0).then(|| sum / count)
            }
            CustomQuery::Newest => {
                // A target that the newest scrape did not reach is stale at once.
                let newest = self.end.checked_sub(1).map(|at| value(&self.scrapes[at]));
                newest.filter(|value| !value.is_nan())
            }
        };
        // The adapter cuts off what is below a thousandth.
        answer.map(|answer| MilliValue((answer * 1000.0) as i64))
    }
}

/// The requests that have arrived at each pod, as integrals of the rate at which they arrive at a
/// serving pod.
///
/// An engine that counts requests one by one reports them at the scrape instead. Its rate is 0.
#[derive(Clone, Debug, Default)]
pub(super) struct ArrivalCounters {
    /// The requests that had arrived at a pod that always serves, until `since`.
    arrived: f64,
    per_nano: f64,
    since: SimTime,
    pods: Vec<ArrivalCounter>,
}

#[derive(Clone, Copy, Debug, Default)]
struct ArrivalCounter {
    /// The count when the pod last began or ceased to serve.
    before: f64,
    /// `arrived` at that time, while the pod serves.
    serves_since: Option<f64>,
}

impl ArrivalCounters {
    fn add(&mut self) {
        self.pods.push(ArrivalCounter::default());
    }

    fn remove(&mut self, gone: &GoneRows) {
        gone.remove_from(&mut self.pods);
    }

    /// Sets the rate at which requests have arrived since `start`.
    pub(super) fn arrive_since(&mut self, start: SimTime, rates: ServedRates) {
        self.arrived = 0.0;
        self.since = start;
        self.per_nano = rates.arriving_rps / 1e9;
    }

    /// Sets the rate at which requests arrive from `now` on.
    pub(super) fn arrive(&mut self, now: SimTime, rates: ServedRates) {
        self.arrived = self.arrived_until(now);
        self.since = now;
        self.per_nano = rates.arriving_rps / 1e9;
    }

    /// A pod that has served since long before [`ArrivalCounters::arrive_since`].
    pub(super) fn serves_long_since(&mut self, row: usize, warm: WarmStart) {
        self.pods[row] = ArrivalCounter {
            before: -self.per_nano * (warm.started - self.since).as_nanos() as f64,
            serves_since: Some(0.0),
        };
    }

    /// Whether a pod serves from `now` on.
    pub(super) fn change(&mut self, row: usize, now: SimTime, serves: bool) {
        let before = self.until(row, now);
        let arrived = self.arrived_until(now);
        self.pods[row] = ArrivalCounter {
            before,
            serves_since: serves.then_some(arrived),
        };
    }

    /// A pod's process ends, and its counter with it.
    pub(super) fn stop(&mut self, row: usize) {
        self.pods[row] = ArrivalCounter::default();
    }

    fn arrived_until(&self, now: SimTime) -> f64 {
        self.arrived + self.per_nano * (now - self.since).as_nanos() as f64
    }

    fn until(&self, row: usize, now: SimTime) -> f64 {
        let pod = self.pods[row];
        let while_serving = pod.serves_since.map(|from| self.arrived_until(now) - from);
        pod.before + while_serving.unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests;
