//! An observer that keeps everything it receives and checks the invariants of every run.

use hpasim::control::Decided;
use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::observer::{FlowSegment, PodChange, PodTransition};
use hpasim::simulation::{Finished, Observer, simulate_observed};
use hpasim::units::{Replicas, Seed, SimTime};

/// The parts of a decision that the tests use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Decision {
    pub(crate) time: SimTime,
    pub(crate) current: Replicas,
    pub(crate) desired: Replicas,
    pub(crate) seen_percent: Option<i32>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) segments: Vec<FlowSegment>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) changes: Vec<PodChange>,
    pub(crate) finished: Option<Finished>,
}

impl Observer for Facts {
    fn flowed(&mut self, segment: &FlowSegment) {
        self.segments.push(*segment);
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        let metrics = &decision.metrics;
        self.decisions.push(Decision {
            time: decision.time,
            current: decision.current,
            desired: decision.desired,
            seen_percent: metrics
                .first()
                .and_then(|metric| metric.as_ref()?.average_utilization),
        });
    }

    fn pod_changed(&mut self, change: &PodChange) {
        self.changes.push(*change);
    }
}

/// Simulates `scenario` and keeps everything that the observer receives.
pub(crate) fn facts(scenario: &Scenario, seed: Seed) -> Facts {
    let mut facts = Facts::default();
    facts.finished = Some(simulate_observed(scenario, Engine::Fluid, seed, &mut facts));
    facts
}

impl Facts {
    /// The total number of offered requests.
    pub(crate) fn offered(&self) -> f64 {
        self.sum(|segment| segment.offered_rps)
    }

    pub(crate) fn succeeded(&self) -> f64 {
        self.sum(|segment| segment.succeeded_rps)
    }

    pub(crate) fn failed(&self) -> f64 {
        let at_once: f64 = self
            .segments
            .iter()
            .map(|s| s.failed_at_start.total())
            .sum();
        self.sum(|segment| segment.failed_rps.total()) + at_once
    }

    fn sum(&self, rate: impl Fn(&FlowSegment) -> f64) -> f64 {
        self.segments
            .iter()
            .map(|segment| rate(segment) * (segment.end - segment.start).as_secs_f64())
            .sum()
    }

    /// The time at which pod `pod` entered `state`.
    pub(crate) fn entered(&self, pod: u32, state: PodTransition) -> Option<SimTime> {
        self.changes
            .iter()
            .find(|change| change.pod == pod && change.state == state)
            .map(|change| change.time)
    }

    pub(crate) fn last_segment(&self) -> &FlowSegment {
        self.segments.last().expect("a run has a segment")
    }

    /// Checks the invariants of every run.
    pub(crate) fn check(&self, scenario: &Scenario) {
        let finished = self.finished.expect("the run is over");
        self.check_segments(scenario);
        let accounted = self.succeeded() + self.failed() + finished.in_flight;
        assert!(
            (self.offered() - accounted).abs() <= 1e-9 * self.offered().max(1.0),
            "offered {} but accounted {accounted}",
            self.offered()
        );
        if let Some(hpa) = scenario.hpa() {
            for decision in &self.decisions {
                assert!(
                    decision.desired >= hpa.spec.min_replicas
                        && decision.desired <= hpa.spec.max_replicas,
                    "{decision:?} leaves the bounds"
                );
            }
        }
    }

    fn check_segments(&self, scenario: &Scenario) {
        let mut end = SimTime::ZERO;
        let mut backlog = 0.0_f64;
        for segment in &self.segments {
            assert_eq!(segment.start, end, "a gap or an overlap");
            assert!(segment.end > segment.start, "a segment without length");
            let rates = [
                segment.offered_rps,
                segment.succeeded_rps,
                segment.failed_rps.total(),
                segment.backlog_start,
                segment.backlog_end,
                segment.backlog_delay_start_seconds,
                segment.backlog_delay_end_seconds,
                segment.cpu_cores,
            ];
            assert!(
                rates.iter().all(|rate| rate.is_finite() && *rate >= -1e-6),
                "{segment:?}"
            );
            let kept = backlog - segment.failed_at_start.total();
            assert!(
                (segment.backlog_start - kept).abs() <= 1e-6 * backlog.max(1.0),
                "the backlog jumps from {backlog} to {segment:?}"
            );
            let workload = &scenario.workload;
            let places = f64::from(workload.concurrency + workload.queue)
                * f64::from(segment.pods.current.0 + segment.pods.terminating.0);
            assert!(
                segment.backlog_end <= places + 1e-6,
                "more wait than there are places: {segment:?}"
            );
            assert!(
                segment.throttled_pods <= segment.working_pods,
                "{segment:?}"
            );
            let pods = f64::from(segment.pods.current.0 + segment.pods.terminating.0);
            assert!(
                segment.cpu_cores <= pods * scenario.deployment.pod.node_cores + 1e-6,
                "more cores than the nodes have: {segment:?}"
            );
            let limit = cores_by_limits(scenario);
            assert!(
                segment.cpu_cores <= pods * limit + 1e-6,
                "more cores than the limits allow: {segment:?}"
            );
            end = segment.end;
            backlog = segment.backlog_end;
        }
        assert_eq!(end, scenario.trace.end(), "the run ends early");
    }
}

/// The most cores that the containers of a pod can use by their limits.
fn cores_by_limits(scenario: &Scenario) -> f64 {
    let deployment = &scenario.deployment;
    let node = deployment.pod.node_cores;
    let limits = deployment.containers.iter().map(|container| {
        let limit = deployment.cpu_limit_of(container);
        limit.map_or(node, |limit| limit.as_cores().min(node))
    });
    limits.sum()
}
