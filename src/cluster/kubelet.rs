//! CPU counters as the kubelet reads them, and what metrics-server makes of two readings.
//!
//! Self-imposed limit: one container of the template, one column entry a pod.
//! A counter is an integral, evaluated only where somebody reads it: housekeeping
//! needs no events, and a counter between two scrapes costs nothing.
//!
//! Sources: kubelet `--housekeeping-interval`; cAdvisor `manager/container.go`
//! (the interval's jitter, the reading at the start); metrics-server
//! `pkg/storage/pod.go` (which two points, and the fresh container).

use rand::Rng;
use rand_distr::Distribution as _;
use rand_pcg::Pcg32;

use super::config::MetricsPipeline;
use super::cpu::ContainerCpu;
use super::samples::{PodSampleColumns, Sample};
use super::served::{ServedRequests, Serving};
use crate::engine::random::Stream;
use crate::units::{MilliValue, Seed, SimSpan, SimTime};

/// No time that happens: not started, or nothing read.
const NEVER: i64 = i64::MAX;
const NOTHING_READ: i64 = i64::MIN;
const NANOS_PER_CORE_SECOND: f64 = 1e9;
/// `freshContainerMinMetricsResolution` of metrics-server: from this age on, one point is enough.
const FRESH_CONTAINER_MIN_AGE: i64 = 10_000_000_000;
/// Nanocores in a millicore.
const NANOS_PER_MILLI: u64 = 1_000_000;

/// How often a counter is read.
#[derive(Clone, Copy, Debug)]
struct HousekeepingInterval {
    base: i64,
    /// Nanoseconds of jitter for one step of a `u32`.
    jitter_per_step: f64,
}

impl HousekeepingInterval {
    /// `base` x U[1, 1 + jitter), as cAdvisor draws it anew for each reading.
    #[inline]
    fn draw(self, generator: &mut Pcg32) -> i64 {
        let step = f64::from(generator.next_u32());
        self.base + (step * self.jitter_per_step) as i64
    }
}

/// What a container uses from some instant on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Activity {
    /// Whether its start-up burst lasts.
    pub(super) own: OwnUse,
    /// How its pod serves.
    pub(super) serving: Serving,
}

/// What a container uses beside requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OwnUse {
    /// Its idle use.
    #[default]
    Idle,
    /// Idle use and start-up burst.
    Bursting,
}

/// One container's counter: CPU used is `offset + own_cores x t + nanos_per_request x served(t)`, all in core-nanoseconds.
#[derive(Clone, Debug)]
struct Counter {
    next_housekeeping: i64,
    /// The kubelet's newest reading.
    read_time: i64,
    read_value: f64,
    /// metrics-server's newest point.
    known_time: i64,
    known_value: f64,
    started: i64,
    offset: f64,
    own_cores: f64,
    serving: Serving,
    jitter: Pcg32,
}

impl Counter {
    #[inline]
    fn used_until(&self, nanos: i64, served: &ServedRequests, nanos_per_request: f64) -> f64 {
        self.offset
            + self.own_cores * nanos as f64
            + nanos_per_request * served.until(nanos, self.serving)
    }
}

/// Noise on what a counter shows: each increment between readings is off by a Gaussian share.
#[derive(Clone, Debug)]
struct Noise {
    relative_std_dev: f64,
    /// The most a container can use, in cores.
    bound_cores: f64,
    meters: Vec<NoisyMeter>,
}

#[derive(Clone, Debug)]
struct NoisyMeter {
    generator: Pcg32,
    true_value: f64,
}

/// One container of every pod: its counters, and the samples that come of them.
#[derive(Clone, Debug)]
pub(super) struct ContainerMeters {
    counters: Vec<Counter>,
    noise: Option<Noise>,
    interval: HousekeepingInterval,
    /// metrics-server's resolution: below this age a container is fresh.
    resolution: i64,
    idle_cores: f64,
    bursting_cores: f64,
    nanos_per_request: f64,
    samples: PodSampleColumns,
    seed: Seed,
    /// Tells this container's random streams from those of the pod's others.
    stream_offset: u64,
    stream_stride: u64,
}

/// Where the members of the stream of phases begin that belong to containers; those below are taken elsewhere.
const FIRST_CONTAINER_MEMBER: u64 = 1 << 32;

/// A container's place in the template.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContainerPlace {
    pub(super) index: usize,
    pub(super) of: usize,
}

impl ContainerMeters {
    pub(super) fn new(
        cpu: &ContainerCpu,
        pipeline: &MetricsPipeline,
        cpu_noise: f64,
        place: ContainerPlace,
        seed: Seed,
    ) -> Self {
        let base = pipeline.housekeeping.as_nanos().max(1);
        let jitter = pipeline.housekeeping_jitter.max(0.0);
        Self {
            counters: Vec::new(),
            noise: (cpu_noise > 0.0).then(|| Noise {
                relative_std_dev: cpu_noise,
                bound_cores: cpu.bound_cores,
                meters: Vec::new(),
            }),
            interval: HousekeepingInterval {
                base,
                jitter_per_step: base as f64 * jitter / 2.0_f64.powi(32),
            },
            resolution: pipeline.scrape_interval.as_nanos(),
            idle_cores: cpu.idle_cores,
            bursting_cores: cpu.bursting_cores,
            nanos_per_request: cpu.seconds_per_request * NANOS_PER_CORE_SECOND,
            samples: PodSampleColumns::default(),
            seed,
            stream_offset: place.index as u64,
            stream_stride: place.of as u64,
        }
    }

    /// A pod was created; its container has not started.
    pub(super) fn add(&mut self, number: u32) {
        let member = u64::from(number) * self.stream_stride + self.stream_offset;
        self.counters.push(Counter {
            next_housekeeping: NEVER,
            read_time: NOTHING_READ,
            read_value: 0.0,
            known_time: NOTHING_READ,
            known_value: 0.0,
            started: NEVER,
            offset: 0.0,
            own_cores: 0.0,
            serving: Serving::Nothing,
            jitter: Stream::Phases.generator(self.seed, FIRST_CONTAINER_MEMBER + member),
        });
        if let Some(noise) = &mut self.noise {
            noise.meters.push(NoisyMeter {
                generator: Stream::Noise.generator(self.seed, member),
                true_value: 0.0,
            });
        }
        self.samples.add_unsampled();
    }

    /// A pod is gone.
    pub(super) fn remove(&mut self, row: usize) {
        self.counters.remove(row);
        if let Some(noise) = &mut self.noise {
            noise.meters.remove(row);
        }
        self.samples.remove(row);
    }

    /// The container starts: its counter is read once, just after, at zero.
    pub(super) fn start(
        &mut self,
        row: usize,
        now: SimTime,
        activity: Activity,
        served: &ServedRequests,
    ) {
        let now = now.as_nanos();
        let interval = self.interval;
        let counter = &mut self.counters[row];
        counter.started = now;
        counter.read_time = now;
        counter.read_value = 0.0;
        counter.next_housekeeping = now + interval.draw(&mut counter.jitter);
        self.anchor(row, now, 0.0, activity, served);
    }

    /// The container has been running for long; its housekeeping is somewhere in its cycle.
    pub(super) fn start_long_ago(
        &mut self,
        row: usize,
        warm: WarmStart,
        activity: Activity,
        served: &ServedRequests,
    ) {
        let interval = self.interval;
        let counter = &mut self.counters[row];
        counter.started = warm.started.as_nanos();
        let share = f64::from(counter.jitter.next_u32()) / 2.0_f64.powi(32);
        let cycle = interval.draw(&mut counter.jitter);
        counter.next_housekeeping = warm.watched_since.as_nanos() + (share * cycle as f64) as i64;
        self.anchor(row, warm.watched_since.as_nanos(), 0.0, activity, served);
    }

    /// The container's use changes: what was read until now is settled first.
    pub(super) fn change(
        &mut self,
        row: usize,
        now: SimTime,
        activity: Activity,
        served: &ServedRequests,
    ) {
        let now = now.as_nanos();
        self.housekeep(row, now, served);
        let used = self.counters[row].used_until(now, served, self.nanos_per_request);
        self.anchor(row, now, used, activity, served);
    }

    fn anchor(
        &mut self,
        row: usize,
        now: i64,
        used: f64,
        activity: Activity,
        served: &ServedRequests,
    ) {
        let counter = &mut self.counters[row];
        counter.own_cores = match activity.own {
            OwnUse::Idle => self.idle_cores,
            OwnUse::Bursting => self.bursting_cores,
        };
        counter.serving = activity.serving;
        counter.offset = used
            - counter.own_cores * now as f64
            - self.nanos_per_request * served.until(now, activity.serving);
    }

    fn housekeep(&mut self, row: usize, now: i64, served: &ServedRequests) {
        match &mut self.noise {
            None => read_newest(
                &mut self.counters[row],
                now,
                self.interval,
                served,
                self.nanos_per_request,
            ),
            Some(noise) => noise.read_all(
                row,
                &mut self.counters[row],
                now,
                self.interval,
                served,
                self.nanos_per_request,
            ),
        }
    }

    /// metrics-server scrapes the kubelets: every counter's newest reading becomes known.
    pub(super) fn scrape(&mut self, now: SimTime, served: &ServedRequests) {
        let now = now.as_nanos();
        if self.noise.is_some() {
            for row in 0..self.counters.len() {
                self.housekeep(row, now, served);
            }
        }
        let columns = self
            .samples
            .sampled
            .iter_mut()
            .zip(&mut self.samples.value)
            .zip(&mut self.samples.timestamp)
            .zip(&mut self.samples.window);
        for (counter, (((sampled, value), timestamp), window)) in
            self.counters.iter_mut().zip(columns)
        {
            read_newest(counter, now, self.interval, served, self.nanos_per_request);
            if counter.read_time == counter.known_time {
                // The same point again: the older pair stays, and so does the sample.
                continue;
            }
            let sample = sample_of_new_point(counter, self.resolution);
            counter.known_time = counter.read_time;
            counter.known_value = counter.read_value;
            *sampled = sample.is_some();
            if let Some(sample) = sample {
                *value = sample.value;
                *timestamp = sample.timestamp;
                *window = sample.window;
            }
        }
    }

    pub(super) fn samples(&self) -> &PodSampleColumns {
        &self.samples
    }
}

/// How a container that has been running for long is set up.
#[derive(Clone, Copy, Debug)]
pub(super) struct WarmStart {
    /// When it started.
    pub(super) started: SimTime,
    /// From when on its counter is followed.
    pub(super) watched_since: SimTime,
}

/// Catches up with housekeeping until `now`. Readings that the next one overtakes are never looked at.
#[inline]
fn read_newest(
    counter: &mut Counter,
    now: i64,
    interval: HousekeepingInterval,
    served: &ServedRequests,
    nanos_per_request: f64,
) {
    let mut next = counter.next_housekeeping;
    if next > now {
        return;
    }
    let mut newest = next;
    while next <= now {
        newest = next;
        next += interval.draw(&mut counter.jitter);
    }
    counter.next_housekeeping = next;
    counter.read_time = newest;
    counter.read_value = counter.used_until(newest, served, nanos_per_request);
}

/// The sample that the newest reading gives together with the point before it, if there is one.
#[inline]
fn sample_of_new_point(counter: &Counter, resolution: i64) -> Option<Sample> {
    let age = counter.read_time - counter.started;
    let (previous_time, previous_value) = if (FRESH_CONTAINER_MIN_AGE..resolution).contains(&age) {
        (counter.started, 0.0)
    } else if counter.known_time == NOTHING_READ {
        return None;
    } else {
        (counter.known_time, counter.known_value)
    };
    let window = counter.read_time - previous_time;
    let nanocores = (counter.read_value - previous_value) * NANOS_PER_CORE_SECOND / window as f64;
    // metrics-server keeps whole nanocores; the autoscaler's client rounds up to millicores.
    let millicores = (nanocores as u64).div_ceil(NANOS_PER_MILLI);
    Some(Sample {
        value: MilliValue(millicores as i64),
        timestamp: SimTime::from_nanos(counter.read_time),
        window: SimSpan::from_nanos(window),
    })
}

impl Noise {
    /// The same with noise: every reading counts, because each adds its own error.
    fn read_all(
        &mut self,
        row: usize,
        counter: &mut Counter,
        now: i64,
        interval: HousekeepingInterval,
        served: &ServedRequests,
        nanos_per_request: f64,
    ) {
        let meter = &mut self.meters[row];
        while counter.next_housekeeping <= now {
            let time = counter.next_housekeeping;
            let true_value = counter.used_until(time, served, nanos_per_request);
            if counter.read_time != NOTHING_READ {
                let elapsed = (time - counter.read_time) as f64;
                let z: f64 = rand_distr::StandardNormal.sample(&mut meter.generator);
                let increment = (true_value - meter.true_value) * (1.0 + self.relative_std_dev * z);
                counter.read_value += increment.clamp(0.0, self.bound_cores * elapsed);
            }
            meter.true_value = true_value;
            counter.read_time = time;
            counter.next_housekeeping += interval.draw(&mut counter.jitter);
        }
    }
}
