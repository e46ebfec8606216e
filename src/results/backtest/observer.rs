//! What a simulation was at the recorded times: an observer of one run.

use crate::control::Decided;
use crate::results::measured::{MeasuredLatency, Precision};
use crate::results::mixture::{Component, mixture_quantile};
use crate::results::slo::delay_at;
use crate::scenario::Scenario;
use crate::scenario::judged::JudgedQuantity;
use crate::simulation::Observer;
use crate::simulation::observer::{FlowSegment, RequestSegment};
use crate::units::{Millicores, SimSpan, SimTime};

/// One run at the recorded times, by quantity and row; NaN where there is no value.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedSteps {
    values: [Vec<f64>; JudgedQuantity::ALL.len()],
}

impl SimulatedSteps {
    /// The values of a quantity, by row.
    #[must_use]
    pub fn of(&self, quantity: JudgedQuantity) -> &[f64] {
        &self.values[quantity as usize]
    }
}

/// The row under way.
#[derive(Clone, Debug, Default)]
struct OpenStep {
    seconds: f64,
    core_seconds: f64,
    ready_pod_seconds: f64,
    succeeded: f64,
    failed: f64,
    components: Vec<Component>,
}

/// Observes a run at the recorded times.
///
/// The replicas are those at the time of a row. All other values are means, or quantiles, from the row to the next one.
#[derive(Clone, Debug)]
pub struct StepObserver {
    /// The start of each row, then the end of the last.
    edges: Vec<SimTime>,
    /// The row under way.
    row: usize,
    open: OpenStep,
    /// Of single requests in the row under way.
    latency: Option<Box<MeasuredLatency>>,
    /// `spec.replicas` now.
    replicas: f64,
    /// The number of rows whose replicas are known.
    replicas_known: usize,
    /// The CPU request of a pod in cores; `None` without one.
    request_cores: Option<f64>,
    /// The clients' timeout: no request that succeeded took longer.
    timeout_seconds: f64,
    steps: SimulatedSteps,
}

impl StepObserver {
    /// An observer of a run of `scenario` with rows between these `edges`, in the order of time.
    #[must_use]
    pub fn new(scenario: &Scenario, edges: Vec<SimTime>) -> Self {
        let rows = edges.len().saturating_sub(1);
        let request = scenario.deployment.cpu_request();
        Self {
            edges,
            row: 0,
            open: OpenStep::default(),
            latency: None,
            replicas: f64::from(scenario.deployment.replicas.0),
            replicas_known: 0,
            request_cores: request.map(Millicores::as_cores),
            timeout_seconds: scenario.workload.timeout.as_secs_f64(),
            steps: SimulatedSteps {
                values: std::array::from_fn(|_| vec![f64::NAN; rows]),
            },
        }
    }

    /// The run at every row.
    #[must_use]
    pub fn finish(mut self) -> SimulatedSteps {
        self.know_replicas(None);
        self.close();
        self.steps
    }

    fn rows(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// The replicas of now are those of all rows before `until`.
    fn know_replicas(&mut self, until: Option<SimTime>) {
        let rows = self.rows();
        let values = &mut self.steps.values[JudgedQuantity::Replicas as usize];
        while self.replicas_known < rows
            && until.is_none_or(|until| self.edges[self.replicas_known] < until)
        {
            values[self.replicas_known] = self.replicas;
            self.replicas_known += 1;
        }
    }

    /// Divides the time from `start` to `end` among the rows; `add` takes each part with its row under way.
    fn divide(
        &mut self,
        start: SimTime,
        end: SimTime,
        mut add: impl FnMut(&mut OpenStep, SimTime, SimTime),
    ) {
        let Some(first) = self.edges.first() else {
            return;
        };
        let mut from = start.max(*first);
        if start < *first && end >= *first {
            // Requests before the first row are none of it.
            self.clear_latency();
        }
        while from < end && self.row < self.rows() {
            let edge = self.edges[self.row + 1];
            let to = end.min(edge);
            if to > from {
                add(&mut self.open, from, to);
                from = to;
            }
            if to == edge {
                self.close();
                self.row += 1;
            }
        }
    }

    fn clear_latency(&mut self) {
        if let Some(latency) = &mut self.latency {
            latency.clear();
        }
    }

    /// Ends the row under way.
    fn close(&mut self) {
        if self.row >= self.rows() || self.open.seconds <= 0.0 {
            return;
        }
        let open = &self.open;
        let quantile = |quantile: f64| {
            let seconds = match &self.latency {
                Some(latency) => latency.quantile(quantile),
                None => mixture_quantile(&open.components, quantile)
                    .map(|seconds| seconds.min(self.timeout_seconds)),
            };
            seconds.map_or(f64::NAN, |seconds| seconds * 1e3)
        };
        let requested = self
            .request_cores
            .map(|cores| cores * open.ready_pod_seconds);
        let percent = |part: f64, whole: f64| match whole {
            whole if whole > 0.0 => 100.0 * part / whole,
            _ => f64::NAN,
        };
        let closed = [
            (
                JudgedQuantity::CpuPercent,
                percent(open.core_seconds, requested.unwrap_or(0.0)),
            ),
            (JudgedQuantity::LatencyP95, quantile(0.95)),
            (JudgedQuantity::LatencyP99, quantile(0.99)),
            (
                JudgedQuantity::FailedPercent,
                percent(open.failed, open.failed + open.succeeded),
            ),
        ];
        for (quantity, value) in closed {
            self.steps.values[quantity as usize][self.row] = value;
        }
        let mut components = std::mem::take(&mut self.open.components);
        components.clear();
        self.open = OpenStep {
            components,
            ..OpenStep::default()
        };
        self.clear_latency();
    }
}

impl Observer for StepObserver {
    fn decided(&mut self, decision: &Decided<'_>) {
        self.know_replicas(Some(decision.time));
        self.replicas = f64::from(decision.replicas().0);
    }

    #[inline]
    fn answered(&mut self, latency: SimSpan) {
        self.latency
            .get_or_insert_with(|| Box::new(MeasuredLatency::new(Precision::Interval)))
            .record(latency);
    }

    fn served(&mut self, segment: &RequestSegment) {
        let length = (segment.end - segment.start).as_secs_f64();
        let failed = segment.failed.total();
        self.divide(segment.start, segment.end, |open, from, to| {
            let seconds = (to - from).as_secs_f64();
            let share = seconds / length;
            open.seconds += seconds;
            open.core_seconds += segment.cpu_core_seconds * share;
            open.ready_pod_seconds += f64::from(segment.pods.ready.0) * seconds;
            open.succeeded += segment.succeeded as f64 * share;
            open.failed += failed * share;
        });
    }

    fn flowed(&mut self, segment: &FlowSegment) {
        let failed_rps = segment.failed_rps.total();
        self.divide(segment.start, segment.end, |open, from, to| {
            let seconds = (to - from).as_secs_f64();
            open.seconds += seconds;
            open.core_seconds += segment.cpu_cores * seconds;
            open.ready_pod_seconds += f64::from(segment.pods.ready.0) * seconds;
            open.succeeded += segment.succeeded_rps * seconds;
            open.failed += failed_rps * seconds;
            if from == segment.start {
                open.failed += segment.failed_at_start.total();
            }
            if segment.succeeded_rps > 0.0 {
                let component = Component {
                    weight: segment.succeeded_rps * seconds,
                    latency: segment.latency,
                    delay_start_seconds: delay_at(segment, from),
                    delay_end_seconds: delay_at(segment, to),
                };
                let last = open.components.last_mut();
                if !last.is_some_and(|last| last.absorb(&component)) {
                    open.components.push(component);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{even_segment, scenario};
    use crate::units::Replicas;

    fn edges(seconds: &[f64]) -> Vec<SimTime> {
        seconds
            .iter()
            .copied()
            .map(SimTime::from_secs_f64)
            .collect()
    }

    #[test]
    fn a_row_has_the_means_until_the_next_and_nothing_from_before_the_first() {
        let mut scenario = scenario(60.0);
        scenario.deployment.containers[0].cpu_request = Some(Millicores(500));
        let mut observer = StepObserver::new(&scenario, edges(&[10.0, 20.0, 40.0]));
        for (start, end, cores) in [(0.0, 15.0, 1.0), (15.0, 60.0, 2.0)] {
            let mut segment = even_segment(start, end);
            segment.cpu_cores = cores;
            segment.pods.ready = Replicas(4);
            observer.flowed(&segment);
        }
        let steps = observer.finish();
        assert_eq!(steps.of(JudgedQuantity::CpuPercent), [75.0, 100.0]);
        assert_eq!(steps.of(JudgedQuantity::FailedPercent).len(), 2);
    }

    #[test]
    fn the_replicas_of_a_row_are_those_at_its_time() {
        let scenario = scenario(60.0);
        let mut observer = StepObserver::new(&scenario, edges(&[10.0, 20.0, 30.0, 40.0]));
        let decide = |observer: &mut StepObserver, seconds: f64, desired: i32, rescaled: bool| {
            observer.decided(&Decided {
                time: SimTime::from_secs_f64(seconds),
                by: "test",
                current: Replicas(2),
                desired: Replicas(desired),
                rescaled,
                metrics: &[],
                line: None,
            });
        };
        decide(&mut observer, 20.0, 5, true);
        decide(&mut observer, 25.0, 9, false);
        let at_start = f64::from(scenario.deployment.replicas.0);
        let steps = observer.finish();
        assert_eq!(steps.of(JudgedQuantity::Replicas), [at_start, 5.0, 2.0]);
    }
}
