//! Pods and their lifecycle, as columns.
//!
//! Self-imposed limit: states and times, no CPU and no metrics. Columns keep the
//! order of creation; all have one entry a pod that exists.
//!
//! Left out until there are nodes: image pulls that wait for each other on one kubelet.

use rand::Rng;
use rand_pcg::Pcg32;

use super::census::Census;
use super::config::PodTimings;
use super::gone_rows::GoneRows;
pub use super::pod_status::{PodFact, PodStatus};
use crate::engine::random::Stream;
use crate::units::{Seed, SimSpan, SimTime};

/// A step in a pod's life that takes place at a time known when the pod was created or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodStep {
    /// Bound to a node.
    Scheduled,
    /// Its containers start.
    Started,
    /// It becomes able to serve.
    Initialised,
    /// A readiness probe passes; without one: its containers started.
    Ready,
    /// Its endpoint is published: traffic comes.
    EndpointAdded,
    /// Its start-up burst of CPU is over.
    BurstEnded,
    /// Its endpoint is withdrawn: no more traffic comes.
    EndpointRemoved,
    /// It is removed.
    Gone,
    /// Its first container is killed for memory.
    Killed,
}

/// When a pod that has found a node takes its steps, unless it is deleted before.
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
    /// [`PodStep::BurstEnded`], when there is a burst.
    pub burst_ended: Option<SimTime>,
}

/// How a deleted pod ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodEnding {
    /// [`PodStep::EndpointRemoved`].
    pub endpoint_removed: SimTime,
    /// [`PodStep::Gone`], no earlier: what had to be waited for is over, requests in it apart.
    pub gone: SimTime,
    /// The grace period's end: [`PodStep::Gone`], no later.
    pub killed: SimTime,
}

/// A killed container's way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodRestart {
    /// When the endpoint is withdrawn, for the pod is not Ready any more.
    pub endpoint_removed: SimTime,
    /// From the new start on.
    pub timeline: PodTimeline,
}

/// First pause before a restart, once there has been one: kubelet `pkg/kubelet/kubelet.go`, `backOffPeriod`.
const BACK_OFF_FIRST: SimSpan = SimSpan::from_secs(10);
/// Doubled up to this: kubelet `MaxContainerBackOff`.
const BACK_OFF_MAX: SimSpan = SimSpan::from_secs(300);
/// After so long without a restart there is no pause again: twice the longest (`client-go/util/flowcontrol/backoff.go`).
const BACK_OFF_FORGOTTEN: SimSpan = SimSpan::from_secs(600);

/// A pod's restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Crashes {
    restarts: u32,
    /// The next pause, and since when it counts.
    pause: SimSpan,
    since: SimTime,
}

impl Crashes {
    /// The container died at `now`: how long until the kubelet starts it again.
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

/// The chance in a pod's start. It hangs on seed and pod number alone, so that two policies see the same pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Draws {
    pub(super) uid: u64,
    /// How long after its creation the scheduler looks at it.
    pub(super) schedule: SimSpan,
}

/// How long the pod of this `number` takes under `seed` from its creation until it serves, where it finds room at once.
#[must_use]
pub fn startup_span(timings: &PodTimings, seed: Seed, number: u32) -> SimSpan {
    let scheduled = SimTime::ZERO + Draws::of(seed, number, timings).schedule;
    let timeline = Draws::from_node(seed, number, scheduled, timings);
    timeline.endpoint_added.max(timeline.initialised) - SimTime::ZERO
}

impl Draws {
    /// What is drawn for a pod when it is created.
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

    /// The timeline of a pod that is bound to a node at `scheduled`.
    pub(super) fn from_node(
        seed: Seed,
        number: u32,
        scheduled: SimTime,
        timings: &PodTimings,
    ) -> PodTimeline {
        let mut generator = Stream::Startup.generator(seed, u64::from(number));
        // The stream goes on behind what was drawn at the creation.
        Self::next(&mut generator, timings);
        let pulled = scheduled + timings.image_pull.sample(&mut generator);
        Self::from_image(pulled, timings, &mut generator)
    }

    /// The `restart`-th start of a container whose image is there and whose pause ends at `pulled`.
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
        }
    }
}

/// When the pod is Ready: the startup probe has passed, and then the readiness probe as often as it has to.
///
/// Source: kubelet `pkg/kubelet/prober/worker.go`: a readiness worker waits until
/// the container counts as started, is then triggered at once
/// (`prober_manager.go`, `UpdatePodStatus`), and goes on by its period. The start
/// of its ticker is taken to be the container's start, or that trigger.
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

/// The first tick of a probe, from `first` on every `period`, that finds the container initialised.
fn first_passing(first: SimTime, period: SimSpan, initialised: SimTime) -> SimTime {
    let missed = (initialised - first).as_nanos();
    let period = period.as_nanos().max(1);
    if missed <= 0 {
        return first;
    }
    let ticks = missed / period + i64::from(missed % period != 0);
    first + SimSpan::from_nanos(ticks * period)
}

/// All pods of the Deployment that exist.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    pub(super) number: Vec<u32>,
    pub(super) status: Vec<PodStatus>,
    pub(super) uid: Vec<u64>,
    pub(super) created: Vec<SimTime>,
    start_time: Vec<SimTime>,
    pub(super) ready_transition: Vec<SimTime>,
    crashes: Vec<Crashes>,
    /// Rows of pods that are gone, which [`Pods::compact`] removes.
    gone: GoneRows,
    census: Census,
    next_number: u32,
}

impl Pods {
    /// How many pods exist, terminating ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.number.len()
    }

    /// Whether no pod exists.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.number.is_empty()
    }

    /// The pods' numbers: 0, 1, 2... in the order of creation, gaps where pods are gone.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.number
    }

    /// What is true of each pod.
    #[must_use]
    pub fn statuses(&self) -> &[PodStatus] {
        &self.status
    }

    /// `status.startTime` of each pod; of no meaning before it is scheduled.
    #[must_use]
    pub fn start_times(&self) -> &[SimTime] {
        &self.start_time
    }

    /// The Ready condition's last transition of each pod; [`SimTime::DISTANT_PAST`] before the kubelet set it.
    #[must_use]
    pub fn ready_transitions(&self) -> &[SimTime] {
        &self.ready_transition
    }

    /// How often the container of the pod in `row` has been restarted: `restartCount`.
    #[must_use]
    pub fn restarts(&self, row: usize) -> u32 {
        self.crashes[row].restarts
    }

    /// How many pods there are of each kind.
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

    /// The number that the next pod gets.
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

    /// Marks the row of a pod that is gone; [`Pods::compact`] removes it later.
    pub(super) fn remove(&mut self, row: usize) {
        self.census.count_out(self.status[row]);
        self.gone.mark(row);
    }

    /// The rows of pods that are gone and whose rows are not yet removed.
    pub(super) fn gone(&self) -> &GoneRows {
        &self.gone
    }

    /// Removes the rows of pods that are gone, in one pass.
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

    /// The container of the pod in `row` died: when, and how, it comes back.
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
    fn the_start_of_a_pod_hangs_on_its_number_and_not_on_when_it_finds_a_node() {
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
