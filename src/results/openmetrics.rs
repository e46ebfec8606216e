//! A run as OpenMetrics text, for `promtool tsdb create-blocks-from openmetrics`.
//!
//! What the API server knows has the names of kube-state-metrics; everything else begins with
//! `hpasim_`. Format: the OpenMetrics specification 1.0.

use std::fmt::Write as _;

use super::timeline::{INTERVAL, RowSink, TimelineRow};
use crate::scenario::{Scenario, TraceClock};
use crate::text::rounding::readable;
use crate::units::{Replicas, SimSpan, SimTime};

/// The time between two samples: a usual scrape interval of Prometheus.
const SCRAPE_INTERVAL: SimSpan = SimSpan::from_secs(15);

/// How a metric is read off the rows of a timeline.
#[derive(Clone, Copy, Debug)]
enum SampleSource {
    /// The value in the last row before the sample.
    Gauge(fn(&TimelineRow) -> Option<f64>),
    /// The sum over time of a rate, from the start of the run to the end of the row.
    Counter(fn(&TimelineRow) -> Option<f64>),
}

/// A metric of the export.
#[derive(Clone, Copy, Debug)]
struct OpenMetric {
    /// The name of its family: of a counter, without `_total`.
    family: &'static str,
    help: &'static str,
    reading: SampleSource,
    /// A label with its value that separates it from others of the family, or empty.
    label: &'static str,
}

const fn replicas(count: Replicas) -> Option<f64> {
    Some(count.0 as f64)
}

/// All metrics; those of a family follow each other.
const METRICS: &[OpenMetric] = &[
    OpenMetric {
        family: "kube_horizontalpodautoscaler_status_desired_replicas",
        help: "Replicas that the autoscaler wants.",
        reading: SampleSource::Gauge(|row| replicas(row.desired)),
        label: "",
    },
    OpenMetric {
        family: "kube_horizontalpodautoscaler_status_current_replicas",
        help: "Pods that are not terminating.",
        reading: SampleSource::Gauge(|row| replicas(row.current)),
        label: "",
    },
    OpenMetric {
        family: "kube_deployment_status_replicas_ready",
        help: "Pods that serve.",
        reading: SampleSource::Gauge(|row| replicas(row.ready)),
        label: "",
    },
    OpenMetric {
        family: "hpasim_replicas_needed",
        help: "The fewest pods that would keep the SLO.",
        reading: SampleSource::Gauge(|row| row.needed.and_then(replicas)),
        label: "",
    },
    OpenMetric {
        family: "hpasim_requests",
        help: "Requests that succeeded, and that failed for good.",
        reading: SampleSource::Counter(|row| Some(row.succeeded_rps)),
        label: "outcome=\"succeeded\"",
    },
    OpenMetric {
        family: "hpasim_requests",
        help: "Requests that succeeded, and that failed for good.",
        reading: SampleSource::Counter(|row| Some(row.failed_rps)),
        label: "outcome=\"failed\"",
    },
    OpenMetric {
        family: "hpasim_requests_in_flight",
        help: "Requests whose client waits.",
        reading: SampleSource::Gauge(|row| Some(row.in_flight)),
        label: "",
    },
    OpenMetric {
        family: "hpasim_cpu_usage_seconds",
        help: "CPU time that all pods used together.",
        reading: SampleSource::Counter(|row| Some(row.cpu_cores)),
        label: "",
    },
    OpenMetric {
        family: "hpasim_cpu_percent_of_request",
        help: "CPU of the ready pods, of what they request.",
        reading: SampleSource::Gauge(|row| row.cpu_percent),
        label: "",
    },
    OpenMetric {
        family: "hpasim_latency_seconds",
        help: "Quantiles of the latency of requests that succeeded.",
        reading: SampleSource::Gauge(|row| row.latency.map(|latency| latency.p50)),
        label: "quantile=\"0.5\"",
    },
    OpenMetric {
        family: "hpasim_latency_seconds",
        help: "Quantiles of the latency of requests that succeeded.",
        reading: SampleSource::Gauge(|row| row.latency.map(|latency| latency.p95)),
        label: "quantile=\"0.95\"",
    },
    OpenMetric {
        family: "hpasim_latency_seconds",
        help: "Quantiles of the latency of requests that succeeded.",
        reading: SampleSource::Gauge(|row| row.latency.map(|latency| latency.p99)),
        label: "quantile=\"0.99\"",
    },
    OpenMetric {
        family: "hpasim_slo_violated",
        help: "1 where the SLO was broken.",
        reading: SampleSource::Gauge(|row| Some(f64::from(u8::from(row.slo_violated())))),
        label: "",
    },
];

/// Keeps the samples of a run: eight bytes a metric every 15 s.
#[derive(Debug, Default)]
pub struct OpenMetricsSink {
    times: Vec<SimTime>,
    /// One list for each of [`METRICS`]; NaN without a value.
    values: Vec<Vec<f64>>,
    /// The counters until now.
    counts: Vec<f64>,
    next: SimTime,
}

impl OpenMetricsSink {
    /// A sink without samples.
    #[must_use]
    pub fn new() -> Self {
        Self {
            values: vec![Vec::new(); METRICS.len()],
            counts: vec![0.0; METRICS.len()],
            next: SimTime::ZERO + SCRAPE_INTERVAL,
            ..Self::default()
        }
    }

    /// The text, of a run of `scenario`. Without dates in the trace, the run starts in 1970.
    #[must_use]
    pub fn text(&self, scenario: &Scenario) -> String {
        let clock = scenario.clock.clone();
        let clock = clock.or_else(|| TraceClock::starting_at(0, None));
        let stamps: Vec<String> = self
            .times
            .iter()
            .map(|time| seconds_text(clock.as_ref(), *time))
            .collect();
        let names = [
            ("policy", scenario.policy_name.as_str()),
            ("trace", scenario.trace_name.as_str()),
        ]
        .map(|(label, name)| format!("{label}=\"{}\"", label_value(name)));
        let mut text = String::new();
        let mut family = "";
        for (metric, values) in METRICS.iter().zip(&self.values) {
            // Writing to a string cannot fail.
            if family != metric.family {
                family = metric.family;
                let kind = match metric.reading {
                    SampleSource::Gauge(_) => "gauge",
                    SampleSource::Counter(_) => "counter",
                };
                let _ = write!(
                    text,
                    "# HELP {family} {}\n# TYPE {family} {kind}\n",
                    metric.help
                );
            }
            let suffix = match metric.reading {
                SampleSource::Gauge(_) => "",
                SampleSource::Counter(_) => "_total",
            };
            let further = if metric.label.is_empty() {
                String::new()
            } else {
                format!(",{}", metric.label)
            };
            let series = format!("{family}{suffix}{{{}{further}}}", names.join(","));
            for (value, stamp) in values
                .iter()
                .zip(&stamps)
                .filter(|(value, _)| !value.is_nan())
            {
                let _ = writeln!(text, "{series} {} {stamp}", readable(*value));
            }
        }
        text.push_str("# EOF\n");
        text
    }
}

impl RowSink for OpenMetricsSink {
    fn row(&mut self, row: &TimelineRow) {
        let seconds = INTERVAL.as_secs_f64();
        let end = row.time + INTERVAL;
        let is_sampled = end >= self.next;
        if is_sampled {
            self.next = end + SCRAPE_INTERVAL;
            self.times.push(end);
        }
        for (index, metric) in METRICS.iter().enumerate() {
            let value = match metric.reading {
                SampleSource::Gauge(read) => read(row).unwrap_or(f64::NAN),
                SampleSource::Counter(read) => {
                    self.counts[index] += read(row).unwrap_or(0.0) * seconds;
                    self.counts[index]
                }
            };
            if is_sampled {
                self.values[index].push(value);
            }
        }
    }
}

/// Seconds since 1970 UTC, with milliseconds.
fn seconds_text(clock: Option<&TraceClock>, time: SimTime) -> String {
    let millis = clock.map_or(0, |clock| clock.epoch_millis(time));
    format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))
}

/// A label's value, escaped as OpenMetrics asks.
fn label_value(name: &str) -> String {
    let mut value = String::with_capacity(name.len());
    for character in crate::text::visible(name).chars() {
        match character {
            '\\' => value.push_str("\\\\"),
            '"' => value.push_str("\\\""),
            '\n' => value.push_str("\\n"),
            other => value.push(other),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{scenario, story_timeline};

    fn text() -> String {
        let mut sink = OpenMetricsSink::new();
        for row in &story_timeline().rows {
            sink.row(row);
        }
        sink.text(&scenario(60.0))
    }

    #[test]
    fn every_family_stands_together_and_the_text_ends_as_the_format_asks() {
        let text = text();
        let mut types: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("# TYPE"))
            .collect();
        let count = types.len();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), count);
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_counter_never_falls() {
        let text = text();
        let series =
            |line: &&str| line.starts_with("hpasim_requests_total") && line.contains("succeeded");
        let values: Vec<f64> = text
            .lines()
            .filter(series)
            .filter_map(|line| line.split(' ').nth(1)?.parse().ok())
            .collect();
        assert!(values.len() > 1 && values.is_sorted(), "{values:?}");
    }

    #[test]
    fn names_from_outside_are_escaped() {
        assert_eq!(label_value("a\"b"), "a\\\"b");
        assert_eq!(label_value("a\\b"), "a\\\\b");
        assert!(!label_value("a\nb").contains('\n'));
    }
}
