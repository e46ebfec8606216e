//! Pods and their lifecycle, as columns.
//!
//! Columns keep the order of creation. All have one entry per existing pod.
//!
//! Not simulated: image pulls that wait for each other on one kubelet, because there are no nodes.

use rand::Rng;
use rand_pcg::Pcg32;

use super::census::Census;
use super::config::PodTimings;
use super::gone_rows::GoneRows;
pub use super::pod_status::{PodFact, PodStatus};
use crate::engine::random::Stream;
use crate::units::{Seed, SimSpan, SimTime};

/// A step in a pod's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodStep {
    /// The pod is bound to a node.
    Scheduled,
    /// The containers start.
    Started,
    /// The pod becomes able to serve.
    Initialised,
    /// The pod becomes Ready: the readiness probe passes. A pod without a readiness probe is Ready once it has started.
    Ready,
    /// The endpoint is published, and traffic arrives.
    EndpointAdded,
    /// The start-up burst of CPU ends.
    BurstEnded,
    /// The warm-up ends.
    WarmedUp,
    /// The endpoint is withdrawn, and no more traffic arrives.
    EndpointRemoved,
    /// The pod is removed.
    Gone,
    /// The first container is killed because it is out of memory.
    Killed,
}

/// The times of the steps of a scheduled pod, unless it is deleted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodTimeline {
    /// [`PodStep::Started`].
    pub started: SimTime,
    /// [`PodStep::Initialised`].
    pub initialised: SimTime,
    /// [`PodStep::Ready`].
    pub ready: SimTime,
    /// [`PodStep::EndpointAdded`].
    pub endpoint_added: SimTime,
    /// [`PodStep::BurstEnded`], if there is a burst.
    pub burst_ended: Option<SimTime>,
    /// [`PodStep::WarmedUp`], if there is a warm-up.
    pub warmed_up: Option<SimTime>,
}

/// The end of a deleted pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodEnding {
    /// [`PodStep::EndpointRemoved`].
    pub endpoint_removed: SimTime,
    /// The earliest time of [`PodStep::Gone`]. Requests in process may delay it.
    pub gone: SimTime,
    /// The latest time of [`PodStep::Gone`]: the end of the grace period.
    pub killed: SimTime,
}

/// The restart of a killed container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodRestart {
    /// When the endpoint is withdrawn, because the pod is not Ready.
    pub endpoint_removed: SimTime,
    /// The steps from the new start on.
    pub timeline: PodTimeline,
}

/// The pause before the second restart; the first has no pause (`backOffPeriod` in kubelet
/// `pkg/kubelet/kubelet.go`).
const BACK_OFF_FIRST: SimSpan = SimSpan::from_secs(10);
/// The longest pause; each pause doubles up to it (kubelet `MaxContainerBackOff`).
const BACK_OFF_MAX: SimSpan = SimSpan::from_secs(300);
/// After this time without a restart, the next restart has no pause: twice the longest pause
/// (`client-go/util/flowcontrol/backoff.go`).
const BACK_OFF_FORGOTTEN: SimSpan = SimSpan::from_secs(600);

/// The restarts of a pod's container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Crashes {
    restarts: u32,
    /// The pause before the next restart. It becomes zero [`BACK_OFF_FORGOTTEN`] after `since`.
    pause: SimSpan,
    since: SimTime,
}

impl Crashes {
    /// The pause before the restart of a container that died at `now`.
    fn next_pause(&mut self, now: SimTime) -> SimSpan {
        if self.restarts == 0 || now - self.since > BACK_OFF_FORGOTTEN {
            self.pause = SimSpan::ZERO;
        }
        let pause = self.pause;
        self.restarts += 1;
        self.since = now + pause;
        self.pause = if pause == SimSpan::ZERO {
            BACK_OFF_FIRST
        } else {
            (pause * 2).min(BACK_OFF_MAX)
        };
        pause
    }
}

/// The random numbers of a pod's creation. They depend only on the seed and the pod's number, so
/// that two policies see the same pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Draws {
    pub(super) uid: u64,
    /// The time from creation to scheduling.
    pub(super) schedule: SimSpan,
}

/// The time from creation to serving of the pod with this `number` under `seed`, if it finds room
/// at once.
#[must_use]
pub fn startup_span(timings: &PodTimings, seed: Seed, number: u32) -> SimSpan {
    let scheduled = SimTime::ZERO + Draws::of(seed, number, timings).schedule;
    let timeline = Draws::from_node(seed, number, scheduled, timings);
    timeline.endpoint_added.max(timeline.initialised) - SimTime::ZERO
}

impl Draws {
    /// The random numbers of the creation of pod `number`.
    pub(super) fn of(seed: Seed, number: u32, timings: &PodTimings) -> Self {
        let mut generator = Stream::Startup.generator(seed, u64::from(number));
        Self::next(&mut generator, timings)
    }

    fn next(generator: &mut Pcg32, timings: &PodTimings) -> Self {
        Self {
            uid: generator.next_u64(),
            schedule: timings.schedule.sample(generator),
        }
    }

    /// The steps of a pod that is bound to a node at `scheduled`.
    pub(super) fn from_node(
        seed: Seed,
        number: u32,
        scheduled: SimTime,
        timings: &PodTimings,
    ) -> PodTimeline {
        let mut generator = Stream::Startup.generator(seed, u64::from(number));
        // Skips the numbers that were drawn at the creation.
        Self::next(&mut generator, timings);
        let pulled = scheduled + timings.image_pull.sample(&mut generator);
        Self::from_image(pulled, timings, &mut generator)
    }

    /// The steps of the `restart`-th start of a container. The image is present, and the pause ends
    /// at `pulled`.
    fn again(
        seed: Seed,
        number: u32,
        restart: u32,
        pulled: SimTime,
        timings: &PodTimings,
    ) -> PodTimeline {
        let member = u64::from(number) | u64::from(restart) << 32;
        let mut generator = Stream::Startup.generator(seed, member);
        Self::from_image(pulled, timings, &mut generator)
    }

    fn from_image(pulled: SimTime, timings: &PodTimings, generator: &mut Pcg32) -> PodTimeline {
        let started = pulled + timings.start.sample(generator);
        let initialised = started + timings.init.sample(generator);
        let ready = ready_at(timings, started, initialised);
        PodTimeline {
            started,
            initialised,
            ready,
            endpoint_added: ready + timings.endpoint_lag,
            burst_ended: timings
                .startup_cpu
                .as_ref()
                .map(|burst| started + burst.duration),
            warmed_up: timings
                .warm_up
                .map(|warm_up| ready.max(initialised) + warm_up.duration),
        }
    }
}

/// When the pod is Ready: first the startup probe must pass, then the readiness probe as often as
/// its threshold demands.
///
/// Source: kubelet `pkg/kubelet/prober/worker.go`. A readiness worker waits until the container
/// counts as started. It is then triggered at once (`prober_manager.go`, `UpdatePodStatus`), and
/// continues at its period. The simulation starts its ticker at the container's start, or at that
/// trigger.
fn ready_at(timings: &PodTimings, started: SimTime, initialised: SimTime) -> SimTime {
    let passed = timings.startup.as_ref().map_or(started, |probe| {
        first_passing(started + probe.initial_delay, probe.period, initialised)
    });
    let Some(probe) = &timings.readiness else {
        return passed;
    };
    let first = (started + probe.initial_delay).max(passed);
    let further = i64::from(probe.success_threshold.max(1) - 1);
    first_passing(first, probe.period, initialised) + probe.period * further
}

/// The first probe that finds the container initialised; probes run at `first` and then every
/// `period`.
fn first_passing(first: SimTime, period: SimSpan, initialised: SimTime) -> SimTime {
    let missed = (initialised - first).as_nanos();
    let period = period.as_nanos().max(1);
    if missed <= 0 {
        return first;
    }
    let ticks = missed / period + i64::from(missed % period != 0);
    first + SimSpan::from_nanos(ticks * period)
}

/// All existing pods of the Deployment.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    pub(super) number: Vec<u32>,
    pub(super) status: Vec<PodStatus>,
    pub(super) uid: Vec<u64>,
    pub(super) created: Vec<SimTime>,
    start_time: Vec<SimTime>,
    pub(super) ready_transition: Vec<SimTime>,
    crashes: Vec<Crashes>,
    /// The rows of removed pods, which [`Pods::compact`] deletes.
    gone: GoneRows,
    census: Census,
    next_number: u32,
}

impl Pods {
    /// The number of pods, including terminating ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.number.len()
    }

    /// Whether no pod exists.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.number.is_empty()
    }

    /// The pods' numbers: 0, 1, 2... in the order of creation, with gaps for removed pods.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.number
    }

    /// The status of each pod.
    #[must_use]
    pub fn statuses(&self) -> &[PodStatus] {
        &self.status
    }

    /// `status.startTime` of each pod; meaningless before the pod is scheduled.
    #[must_use]
    pub fn start_times(&self) -> &[SimTime] {
        &self.start_time
    }

    /// The last transition of each pod's Ready condition; [`SimTime::DISTANT_PAST`] before the
    /// kubelet set it.
    #[must_use]
    pub fn ready_transitions(&self) -> &[SimTime] {
        &self.ready_transition
    }

    /// The number of restarts of the container in `row`: `restartCount`.
    #[must_use]
    pub fn restarts(&self, row: usize) -> u32 {
        self.crashes[row].restarts
    }

    /// The number of pods in each status.
    #[must_use]
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// The row of pod `number`, if it exists.
    #[must_use]
    pub fn row(&self, number: u32) -> Option<usize> {
        let row = self.number.binary_search(&number).ok()?;
        (!self.gone.contains(row)).then_some(row)
    }

    /// The number of the next pod.
    #[must_use]
    pub fn next_number(&self) -> u32 {
        self.next_number
    }

    pub(super) fn add(&mut self, uid: u64, created: SimTime, status: PodStatus) -> u32 {
        let number = self.next_number;
        self.next_number += 1;
        self.number.push(number);
        self.status.push(status);
        self.uid.push(uid);
        self.created.push(created);
        self.start_time.push(created);
        self.ready_transition
            .push(if status.is(PodFact::Scheduled) {
                created
            } else {
                SimTime::DISTANT_PAST
            });
        self.crashes.push(Crashes::default());
        self.gone.add();
        self.census.count_in(status);
        number
    }

    /// Marks the row of a removed pod; [`Pods::compact`] deletes it later.
    pub(super) fn remove(&mut self, row: usize) {
        self.census.count_out(self.status[row]);
        self.gone.mark(row);
    }

    /// The marked rows, which are not deleted yet.
    pub(super) fn gone(&self) -> &GoneRows {
        &self.gone
    }

    /// Deletes the marked rows, in one pass.
    pub(super) fn compact(&mut self) {
        let gone = &self.gone;
        gone.remove_from(&mut self.number);
        gone.remove_from(&mut self.status);
        gone.remove_from(&mut self.uid);
        gone.remove_from(&mut self.created);
        gone.remove_from(&mut self.start_time);
        gone.remove_from(&mut self.ready_transition);
        gone.remove_from(&mut self.crashes);
        self.gone.clear();
    }

    pub(super) fn set_status(&mut self, row: usize, status: PodStatus) {
        self.census.count_out(self.status[row]);
        self.census.count_in(status);
        self.status[row] = status;
    }

    pub(super) fn set_scheduled(&mut self, row: usize, now: SimTime) {
        self.start_time[row] = now;
        self.ready_transition[row] = now;
    }

    /// Counts the death of the container in `row` and returns the steps of its restart.
    pub(super) fn crash(
        &mut self,
        row: usize,
        now: SimTime,
        seed: Seed,
        timings: &PodTimings,
    ) -> PodTimeline {
        let pause = self.crashes[row].next_pause(now);
        let restart = self.crashes[row].restarts;
        Draws::again(seed, self.number[row], restart, now + pause, timings)
    }

    pub(super) fn set_ready(&mut self, row: usize, now: SimTime) {
        self.ready_transition[row] = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::config::{CpuModel, ReadinessProbe, StartupProbe};
    use crate::engine::random::Distribution;

    fn timings() -> PodTimings {
        let seconds = |seconds| Distribution::Constant(SimSpan::from_secs(seconds));
        PodTimings {
            schedule: seconds(1),
            image_pull: seconds(2),
            start: seconds(3),
            init: seconds(7),
            startup_cpu: None,
            warm_up: None,
            startup: None,
            readiness: None,
            endpoint_lag: SimSpan::from_secs(1),
            pre_stop: SimSpan::ZERO,
            grace_period: SimSpan::from_secs(30),
            node_cores: 4.0,
            cpu_model: CpuModel::Quota,
        }
    }

    fn at(seconds: i64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(seconds)
    }

    #[test]
    fn without_a_probe_a_pod_is_ready_when_its_container_starts() {
        let draws = Draws::of(Seed(1), 0, &timings());
        assert_eq!(draws.schedule, SimSpan::from_secs(1));
        let timeline = Draws::from_node(Seed(1), 0, at(101), &timings());
        assert_eq!(timeline.started, at(106));
        assert_eq!(timeline.ready, at(106));
        assert_eq!(timeline.endpoint_added, at(107));
        assert_eq!(timeline.initialised, at(113));
    }

    #[test]
    fn a_probed_pod_is_ready_at_the_first_tick_that_passes() {
        // Started at 6 s, initialised at 13 s.
        let cases = [
            (0, 10, 16),
            (0, 7, 13),
            (0, 5, 16),
            (5, 10, 21),
            (7, 10, 13),
            (20, 10, 26),
        ];
        for (initial_delay, period, ready) in cases {
            let mut timings = timings();
            timings.readiness = Some(ReadinessProbe {
                initial_delay: SimSpan::from_secs(initial_delay),
                period: SimSpan::from_secs(period),
                success_threshold: 1,
            });
            let timeline = Draws::from_node(Seed(1), 0, at(1), &timings);
            assert_eq!(
                timeline.ready,
                at(ready),
                "delay {initial_delay}, period {period}"
            );
        }
    }

    #[test]
    fn readiness_is_probed_once_the_startup_probe_has_passed() {
        // Started at 6 s, initialised at 13 s: the startup probe passes at 6 + 2 + 2 x 3 = 14 s.
        let startup = StartupProbe {
            initial_delay: SimSpan::from_secs(2),
            period: SimSpan::from_secs(3),
            failure_threshold: 30,
        };
        let readiness = |initial_delay, success_threshold| ReadinessProbe {
            initial_delay: SimSpan::from_secs(initial_delay),
            period: SimSpan::from_secs(10),
            success_threshold,
        };
        let cases = [
            (None, 14),
            (Some(readiness(0, 1)), 14),
            (Some(readiness(0, 3)), 34),
            (Some(readiness(20, 1)), 26),
        ];
        for (readiness, ready) in cases {
            let mut timings = timings();
            timings.startup = Some(startup.clone());
            timings.readiness = readiness;
            let timeline = Draws::from_node(Seed(1), 0, at(1), &timings);
            assert_eq!(timeline.ready, at(ready), "{:?}", timings.readiness);
        }
    }

    #[test]
    fn each_further_success_takes_a_period() {
        // Started at 6 s, initialised at 13 s: the first pass is at 16 s.
        let mut timings = timings();
        timings.readiness = Some(ReadinessProbe {
            initial_delay: SimSpan::ZERO,
            period: SimSpan::from_secs(5),
            success_threshold: 3,
        });
        let timeline = Draws::from_node(Seed(1), 0, at(1), &timings);
        assert_eq!(timeline.ready, at(26));
    }

    #[test]
    fn the_start_of_a_pod_depends_on_its_number_and_not_on_when_it_finds_a_node() {
        let mut timings = timings();
        timings.start =
            Distribution::log_normal_by_p99(SimSpan::from_millis(1500), SimSpan::from_secs(5));
        let early = Draws::from_node(Seed(3), 7, at(0), &timings);
        let late = Draws::from_node(Seed(3), 7, at(50), &timings);
        let other = Draws::from_node(Seed(3), 8, at(0), &timings);
        assert_eq!(early.started - at(0), late.started - at(50));
        assert_ne!(early.started, other.started);
    }
}
