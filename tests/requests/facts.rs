//! An observer that keeps everything it receives from the request engine and checks the invariants
//! of every run.

use hpasim::control::Decided;
use hpasim::scenario::{Engine, Scenario};
use hpasim::simulation::observer::{
    FailureCauses, FlowSegment, PodChange, PodTransition, RequestSegment,
};
use hpasim::simulation::{Finished, Observer, simulate_observed};
use hpasim::units::{Replicas, Seed, SimSpan, SimTime};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    pub(crate) latencies: Vec<SimSpan>,
    pub(crate) segments: Vec<RequestSegment>,
    pub(crate) desired: Vec<Replicas>,
    pub(crate) changes: Vec<PodChange>,
    pub(crate) finished: Option<Finished>,
}

impl Observer for Facts {
    fn flowed(&mut self, segment: &FlowSegment) {
        panic!("the request engine tells of no flow: {segment:?}");
    }

    fn answered(&mut self, latency: SimSpan) {
        self.latencies.push(latency);
    }

    fn served(&mut self, segment: &RequestSegment) {
        self.segments.push(*segment);
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        self.desired.push(decision.desired);
    }

    fn pod_changed(&mut self, change: &PodChange) {
        self.changes.push(*change);
    }
}

/// Simulates `scenario`, keeps everything that the observer receives, and checks it.
pub(crate) fn facts(scenario: &Scenario, seed: u64) -> Facts {
    let mut facts = Facts::default();
    facts.finished = Some(simulate_observed(
        scenario,
        Engine::Request,
        Seed(seed),
        &mut facts,
    ));
    facts.check(scenario);
    facts
}

/// Sums of requests between two times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) offered: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: FailureCauses,
    pub(crate) retried: u64,
    pub(crate) oom_kills: u32,
    pub(crate) cpu_core_seconds: f64,
}

impl Facts {
    /// The sums of the segments between two times in seconds.
    pub(crate) fn between(&self, start: f64, end: f64) -> Sums {
        let (start, end) = (SimTime::from_secs_f64(start), SimTime::from_secs_f64(end));
        let inside = |segment: &&RequestSegment| segment.start >= start && segment.end <= end;
        let mut sums = Sums::default();
        for segment in self.segments.iter().filter(inside) {
            sums.offered += segment.offered;
            sums.succeeded += segment.succeeded;
            sums.failed = add(sums.failed, segment.failed);
            sums.retried += segment.retried;
            sums.oom_kills += segment.oom_kills;
            sums.cpu_core_seconds += segment.cpu_core_seconds;
        }
        sums
    }

    pub(crate) fn all(&self) -> Sums {
        self.between(0.0, 1e9)
    }

    /// All times at which pod `pod` entered `state`.
    pub(crate) fn times(&self, pod: u32, state: PodTransition) -> Vec<SimTime> {
        self.changes
            .iter()
            .filter(|change| change.pod == pod && change.state == state)
            .map(|change| change.time)
            .collect()
    }

    /// The first change of a pod to `state`.
    pub(crate) fn first(&self, state: PodTransition) -> PodChange {
        *self
            .changes
            .iter()
            .find(|change| change.state == state)
            .unwrap_or_else(|| panic!("no pod is ever {state:?}"))
    }

    fn check(&self, scenario: &Scenario) {
        let finished = self.finished.expect("the run is over");
        let mut end = SimTime::ZERO;
        let (mut offered, mut over, mut succeeded) = (0, 0.0, 0);
        let (mut working, mut throttled) = (0, 0);
        for segment in &self.segments {
            assert_eq!(segment.start, end, "a gap or an overlap");
            assert!(segment.end > segment.start, "a segment without length");
            end = segment.end;
            offered += segment.offered;
            succeeded += segment.succeeded;
            over += segment.succeeded as f64 + segment.failed.total();
            // The numbers are whole and far below 2^53, so the sums are exact.
            let accounted = over + segment.in_flight as f64;
            assert!(
                (offered as f64 - accounted).abs() < 0.5,
                "offered {offered} but accounted {accounted} at {segment:?}"
            );
            check_cpu(scenario, segment);
            working += segment.working_periods;
            throttled += segment.throttled_periods;
            // A period counts as working when its work begins, and as throttled when its quota is
            // spent, which may be in a later segment.
            assert!(throttled <= working, "{segment:?}");
        }
        assert_eq!(end, scenario.trace.end(), "the run ends early");
        assert_eq!(self.latencies.len() as u64, succeeded);
        let last = self.segments.last().map_or(0, |segment| segment.in_flight);
        assert!((finished.in_flight - last as f64).abs() < 0.5);
        if let Some(hpa) = scenario.hpa() {
            for desired in &self.desired {
                assert!(
                    (hpa.spec.min_replicas..=hpa.spec.max_replicas).contains(desired),
                    "{desired} leaves the bounds"
                );
            }
        }
        if scenario.workload.clients.retries.max == 0 {
            assert!(
                self.latencies
                    .iter()
                    .all(|latency| *latency <= scenario.workload.timeout),
                "answered after its client gave up"
            );
            assert_eq!(self.all().retried, 0);
        }
    }
}

fn check_cpu(scenario: &Scenario, segment: &RequestSegment) {
    let pods = f64::from(segment.pods.current.0 + segment.pods.terminating.0);
    let seconds = (segment.end - segment.start).as_secs_f64();
    // The node bounds the request work of each container.
    let cores = scenario.deployment.pod.node_cores * scenario.deployment.containers.len() as f64;
    assert!(
        (0.0..=pods * cores * seconds + 1e-6).contains(&segment.cpu_core_seconds),
        "more CPU than the nodes have, or less than none: {segment:?}"
    );
}

fn add(left: FailureCauses, right: FailureCauses) -> FailureCauses {
    FailureCauses {
        no_endpoint: left.no_endpoint + right.no_endpoint,
        not_initialised: left.not_initialised + right.not_initialised,
        queue_full: left.queue_full + right.queue_full,
        timed_out: left.timed_out + right.timed_out,
        pod_gone: left.pod_gone + right.pod_gone,
        oom_killed: left.oom_killed + right.oom_killed,
    }
}
