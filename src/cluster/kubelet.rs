//! CPU counters as the kubelet reads them, and the sample that metrics-server computes from two
//! readings.
//!
//! One [`ContainerMeters`] holds one container of the template, with one entry per pod. A counter
//! is an integral that is evaluated only when it is read. So housekeeping needs no events, and a
//! counter costs nothing between two scrapes.
//!
//! Sources: kubelet `--housekeeping-interval`; cAdvisor `manager/container.go` (the jitter of the
//! interval, the reading at the start); metrics-server `pkg/storage/pod.go` (the choice of the two
//! points, and the fresh container).

mod housekeeping;
mod shot_noise;
mod windows;

use rand_distr::Distribution as _;
use rand_pcg::Pcg32;

use super::config::MetricsPipeline;
use super::cpu::{ContainerCpu, OwnUse};
use super::gone_rows::GoneRows;
use super::samples::PodSampleColumns;
use super::served::{ServedRequests, Serving};
use crate::engine::random::Stream;
use crate::units::{Seed, SimTime};
use housekeeping::HousekeepingInterval;
use shot_noise::ShotNoise;
use windows::{CounterReading, PointPair, SampleWindows};

/// The time of an event that does not happen: the container has not started, or has no reading.
const NEVER: i64 = i64::MAX;
const NOTHING_READ: i64 = i64::MIN;
const NANOS_PER_CORE_SECOND: f64 = 1e9;
/// `freshContainerMinMetricsResolution` of metrics-server: from this age on, a fresh container
/// needs only one point.
const FRESH_CONTAINER_MIN_AGE: i64 = 10_000_000_000;

/// Requests per second that a pod of each class serves, in units of their cost per request in the
/// container.
pub(super) type RatesByClass = [f64; Serving::CLASSES];

/// The activity of a container from some time on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Activity {
    /// The kind of its own use, without requests.
    pub(super) own: OwnUse,
    /// The class in which its pod serves.
    pub(super) serving: Serving,
}

/// One container's counter. The CPU used until t is `offset + own_cores x t + nanos_per_request x
/// served(t)`, in core-nanoseconds.
#[derive(Clone, Debug)]
struct Counter {
    next_housekeeping: i64,
    course: Course,
    /// The kubelet's newest reading. For a settled counter this is out of date: the known point
    /// replaces it.
    read_time: i64,
    read_value: f64,
    /// The newest point that metrics-server has.
    known_time: i64,
    known_value: f64,
    started: i64,
    offset: f64,
    own_cores: f64,
    /// The time of the last change of `own_cores` or `serving`.
    changed: i64,
    serving: Serving,
    jitter: Pcg32,
    /// The key of its shot noise.
    noise_key: u64,
}

/// Whether a scrape can take the short path for a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// Settled: the counter has a sample, metrics-server knows its newest reading, and the
    /// container is not fresh. The next reading pairs with the known point.
    Settled,
    /// No assumption holds.
    Open,
}

impl Counter {
    /// Leaves the short path; restores the fields that a settled counter does not update.
    fn open(&mut self) {
        if self.course == Course::Settled {
            self.read_time = self.known_time;
            self.read_value = self.known_value;
            self.course = Course::Open;
        }
    }

    /// metrics-server learns `newest`; returns the point that it knew.
    #[inline]
    fn learn(&mut self, newest: CounterReading) -> CounterReading {
        CounterReading {
            time: std::mem::replace(&mut self.known_time, newest.time),
            value: std::mem::replace(&mut self.known_value, newest.value),
        }
    }

    #[inline]
    fn used_until(&self, nanos: i64, metering: Metering<'_>) -> f64 {
        self.offset
            + self.own_cores * nanos as f64
            + metering.nanos_per_request * metering.served.until(nanos, self.serving)
    }
}

/// Noise on the readings: a Gaussian factor on each increment between readings.
#[derive(Clone, Debug)]
struct CounterNoise {
    relative_std_dev: f64,
    /// The most that a container can use, in cores.
    bound_cores: f64,
    meters: Vec<NoisyMeter>,
}

#[derive(Clone, Debug)]
struct NoisyMeter {
    generator: Pcg32,
    true_value: f64,
}

/// One container of every pod: its counters, and the samples that they give.
#[derive(Clone, Debug)]
pub(super) struct ContainerMeters {
    counters: Vec<Counter>,
    noise: Option<CounterNoise>,
    shot_noise: ShotNoise,
    /// The windows that end at the current scrape.
    windows: SampleWindows,
    interval: HousekeepingInterval,
    /// Requests that a pod of each class has served, as integrals. Not used while the engine
    /// reports the work.
    served: ServedRequests,
    /// metrics-server's resolution: a container below this age is fresh.
    resolution: i64,
    cpu: ContainerCpu,
    samples: PodSampleColumns,
    /// Whether the engine reports the work of requests at every housekeeping. If not, the work is
    /// an integral, evaluated at the last housekeeping before a scrape. The container's own use is
    /// always an integral.
    work_is_reported: bool,
    seed: Seed,
    /// Separates this container's random streams from those of the pod's other containers.
    stream_offset: u64,
    stream_stride: u64,
}

/// The first member of the stream [`Stream::Phases`] that belongs to containers; smaller members
/// have other uses.
const FIRST_CONTAINER_MEMBER: u64 = 1 << 32;

/// A container's index in the template.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContainerPlace {
    pub(super) index: usize,
    pub(super) of: usize,
}

impl ContainerMeters {
    pub(super) fn new(
        cpu: ContainerCpu,
        pipeline: &MetricsPipeline,
        cpu_noise: f64,
        place: ContainerPlace,
        first_scrape: SimTime,
        seed: Seed,
    ) -> Self {
        Self {
            counters: Vec::new(),
            noise: (cpu_noise > 0.0).then(|| CounterNoise {
                relative_std_dev: cpu_noise,
                bound_cores: cpu.bound_cores,
                meters: Vec::new(),
            }),
            shot_noise: ShotNoise::default(),
            windows: SampleWindows::default(),
            interval: HousekeepingInterval::of(pipeline, first_scrape),
            served: ServedRequests::since(SimTime::ZERO, RatesByClass::default()),
            resolution: pipeline.scrape_interval.as_nanos(),
            cpu,
            samples: PodSampleColumns::default(),
            work_is_reported: false,
            seed,
            stream_offset: place.index as u64,
            stream_stride: place.of as u64,
        }
    }

    /// From now on, samples have the noise of single requests. `squares` is the sum of the squared
    /// coefficients of variation of the interarrival times and of the cost.
    pub(super) fn add_shot_noise(&mut self, squares: f64) {
        let cost_nanos = self.cpu.seconds_per_request * NANOS_PER_CORE_SECOND;
        self.shot_noise = ShotNoise::new(cost_nanos * squares, self.cpu.bound_cores);
    }

    /// Adds a pod whose container has not started.
    pub(super) fn add(&mut self, number: u32) {
        let member = u64::from(number) * self.stream_stride + self.stream_offset;
        self.counters.push(Counter {
            next_housekeeping: NEVER,
            course: Course::Open,
            read_time: NOTHING_READ,
            read_value: 0.0,
            known_time: NOTHING_READ,
            known_value: 0.0,
            started: NEVER,
            offset: 0.0,
            own_cores: 0.0,
            changed: NOTHING_READ,
            serving: Serving::Nothing,
            jitter: Stream::Phases.generator(self.seed, FIRST_CONTAINER_MEMBER + member),
            noise_key: Stream::Noise.key(self.seed, member),
        });
        if let Some(noise) = &mut self.noise {
            noise.meters.push(NoisyMeter {
                generator: Stream::Noise.generator(self.seed, member),
                true_value: 0.0,
            });
        }
        self.samples.add_unsampled();
    }

    /// Deletes the rows of removed pods.
    pub(super) fn remove(&mut self, gone: &GoneRows) {
        gone.remove_from(&mut self.counters);
        if let Some(noise) = &mut self.noise {
            gone.remove_from(&mut noise.meters);
        }
        self.samples.remove(gone);
    }

    /// Starts the container. cAdvisor reads its counter once right away, at zero.
    pub(super) fn start(&mut self, row: usize, now: SimTime, activity: Activity) {
        let now = now.as_nanos();
        let interval = self.interval;
        let counter = &mut self.counters[row];
        counter.started = now;
        counter.read_time = match interval.at_scrapes {
            None => now,
            Some(_) => NOTHING_READ,
        };
        counter.read_value = 0.0;
        counter.known_time = NOTHING_READ;
        counter.next_housekeeping = interval.first_after(now, &mut counter.jitter);
        if let Some(noise) = &mut self.noise {
            noise.meters[row].true_value = 0.0;
        }
        self.anchor(row, now, 0.0, activity);
    }

    /// Adds a container that has been running for a long time. Its housekeeping starts at a random
    /// phase.
    pub(super) fn start_long_ago(&mut self, row: usize, warm: WarmStart, activity: Activity) {
        let interval = self.interval;
        let counter = &mut self.counters[row];
        counter.started = warm.started.as_nanos();
        let since = warm.watched_since.as_nanos();
        counter.next_housekeeping = interval.some_after(since, &mut counter.jitter);
        self.anchor(row, since, 0.0, activity);
    }

    /// Changes the container's activity. The readings until `now` are made first.
    pub(super) fn change(&mut self, row: usize, now: SimTime, activity: Activity) {
        let now = now.as_nanos();
        self.counters[row].open();
        self.housekeep(row, now);
        let metering = Metering::of(&self.served, self.interval, &self.cpu);
        let used = self.counters[row].used_until(now, metering);
        self.anchor(row, now, used, activity);
    }

    fn anchor(&mut self, row: usize, now: i64, used: f64, activity: Activity) {
        let metering = Metering::of(&self.served, self.interval, &self.cpu);
        let counter = &mut self.counters[row];
        counter.changed = now;
        counter.own_cores = self.cpu.own_cores(activity.own);
        counter.serving = activity.serving;
        counter.offset = used
            - counter.own_cores * now as f64
            - metering.nanos_per_request * metering.served.until(now, activity.serving);
    }

    /// Sets the rates at which pods have served since `start`. The integrals begin there.
    pub(super) fn serve_since(&mut self, start: SimTime, rates: RatesByClass) {
        self.served = ServedRequests::since(start, rates);
    }

    /// Sets the rates at which pods serve from `now` on.
    pub(super) fn serve(&mut self, now: SimTime, rates: RatesByClass) {
        self.served.change(now, rates);
    }

    /// From `now` on, the engine reports the work at each housekeeping through `read`, and the
    /// integrals stop.
    pub(super) fn await_readings(&mut self, now: SimTime) {
        self.serve(now, RatesByClass::default());
        for row in 0..self.counters.len() {
            self.counters[row].open();
            self.housekeep(row, now.as_nanos());
        }
        self.work_is_reported = true;
    }

    /// The time of the next housekeeping of this container; `None` while it does not run.
    pub(super) fn next_housekeeping(&self, row: usize) -> Option<SimTime> {
        let nanos = self.counters[row].next_housekeeping;
        (nanos != NEVER).then(|| SimTime::from_nanos(nanos))
    }

    /// Reads the counter at the housekeeping that is due at `now`: its own use plus `work`, the
    /// core-nanoseconds that requests have used since the engine began to report (or since the
    /// container started).
    pub(super) fn read(&mut self, row: usize, now: SimTime, work: f64) {
        let metering = Metering::of(&self.served, self.interval, &self.cpu);
        let counter = &mut self.counters[row];
        counter.open();
        let time = now.as_nanos();
        let used = counter.used_until(time, metering) + work;
        match &mut self.noise {
            None => {
                counter.read_time = time;
                counter.read_value = used;
            }
            Some(noise) => noise.read(row, counter, time, used),
        }
        counter.next_housekeeping = time + self.interval.draw(&mut counter.jitter);
    }

    /// Stops the killed container. Nothing reads its counter, and the next scrape finds no reading.
    pub(super) fn stop(&mut self, row: usize) {
        let counter = &mut self.counters[row];
        counter.open();
        counter.next_housekeeping = NEVER;
        counter.read_time = NOTHING_READ;
        counter.known_time = NOTHING_READ;
        counter.started = NEVER;
        counter.own_cores = 0.0;
    }

    fn housekeep(&mut self, row: usize, now: i64) {
        if self.work_is_reported {
            return;
        }
        let metering = Metering::of(&self.served, self.interval, &self.cpu);
        let counter = &mut self.counters[row];
        match &mut self.noise {
            None => read_newest(counter, now, metering),
            Some(noise) => noise.read_all(row, counter, now, metering),
        }
    }

    /// metrics-server scrapes the kubelets: it learns every counter's newest reading.
    pub(super) fn scrape(&mut self, now: SimTime) {
        self.scrape_counters(now.as_nanos());
        // No later query asks about an earlier time.
        self.served.forget_before(now);
        if self.noise.is_none() && !self.work_is_reported {
            return;
        }
        for counter in &mut self.counters {
            // Each housekeeping must read a noisy counter and one with reported work. Only an open
            // counter keeps these readings.
            counter.open();
        }
    }

    fn scrape_counters(&mut self, now: i64) {
        if self.noise.is_some() {
            for row in 0..self.counters.len() {
                self.housekeep(row, now);
            }
        }
        let metering = Metering::of(&self.served, self.interval, &self.cpu);
        for (row, counter) in self.counters.iter_mut().enumerate() {
            let pair = if counter.course == Course::Settled {
                if counter.next_housekeeping > now {
                    // The scrape finds the same point again, so metrics-server keeps the older pair
                    // and the sample.
                    continue;
                }
                next_points(counter, now, metering)
            } else {
                match open_points(counter, now, metering, self.resolution) {
                    OpenPoints::Same => continue,
                    OpenPoints::One => {
                        self.samples.set(row, None);
                        continue;
                    }
                    OpenPoints::Two(pair) => pair,
                }
            };
            self.windows.add(row, pair, counter, self.shot_noise);
        }
        self.windows.sample_into(&mut self.samples, self.shot_noise);
    }

    pub(super) fn samples(&self) -> &PodSampleColumns {
        &self.samples
    }
}

/// The start of a container that has been running for a long time.
#[derive(Clone, Copy, Debug)]
pub(super) struct WarmStart {
    /// When the container started.
    pub(super) started: SimTime,
    /// The time from which its counter is followed.
    pub(super) watched_since: SimTime,
}

/// Advances the housekeeping, of which at least one is due, until `now`; returns the time of the
/// newest reading.
///
/// Only the newest reading matters, so the earlier ones are not evaluated.
#[inline]
fn catch_up(counter: &mut Counter, now: i64, interval: HousekeepingInterval) -> i64 {
    let mut next = counter.next_housekeeping;
    loop {
        let read = next;
        next += interval.draw(&mut counter.jitter);
        if next > now {
            counter.next_housekeeping = next;
            return read;
        }
    }
}

/// Reads the counter at the last housekeeping until `now`.
fn read_newest(counter: &mut Counter, now: i64, metering: Metering<'_>) {
    if counter.next_housekeeping <= now {
        counter.read_time = catch_up(counter, now, metering.interval);
        counter.read_value = counter.used_until(counter.read_time, metering);
    }
}

/// The known point of a settled counter whose housekeeping is due, and its next one.
#[inline]
fn next_points(counter: &mut Counter, now: i64, metering: Metering<'_>) -> PointPair {
    let time = catch_up(counter, now, metering.interval);
    let later = CounterReading {
        time,
        value: counter.used_until(time, metering),
    };
    PointPair {
        earlier: counter.learn(later),
        later,
    }
}

/// The points of an open counter at a scrape.
enum OpenPoints {
    /// The newest is known: the sample stays.
    Same,
    /// There is one, and no earlier point to pair it with.
    One,
    Two(PointPair),
}

#[inline(never)]
fn open_points(
    counter: &mut Counter,
    now: i64,
    metering: Metering<'_>,
    resolution: i64,
) -> OpenPoints {
    read_newest(counter, now, metering);
    if counter.read_time == NOTHING_READ {
        return OpenPoints::One;
    }
    if counter.read_time == counter.known_time {
        // The scrape finds the same point again, so metrics-server keeps the older pair and the
        // sample.
        return OpenPoints::Same;
    }
    let later = CounterReading {
        time: counter.read_time,
        value: counter.read_value,
    };
    let known = counter.learn(later);
    let age = later.time - counter.started;
    let earlier = if (FRESH_CONTAINER_MIN_AGE..resolution).contains(&age) {
        CounterReading {
            time: counter.started,
            value: 0.0,
        }
    } else if known.time == NOTHING_READ {
        return OpenPoints::One;
    } else {
        known
    };
    if counter.next_housekeeping - counter.started >= resolution {
        counter.course = Course::Settled;
    }
    OpenPoints::Two(PointPair { earlier, later })
}

/// The inputs of a reading other than the counter.
#[derive(Clone, Copy, Debug)]
struct Metering<'a> {
    served: &'a ServedRequests,
    interval: HousekeepingInterval,
    nanos_per_request: f64,
}

impl<'a> Metering<'a> {
    fn of(served: &'a ServedRequests, interval: HousekeepingInterval, cpu: &ContainerCpu) -> Self {
        Self {
            served,
            interval,
            nanos_per_request: cpu.seconds_per_request * NANOS_PER_CORE_SECOND,
        }
    }
}

impl CounterNoise {
    /// Reads the counter at every housekeeping until `now`, because each reading adds its own
    /// error.
    fn read_all(&mut self, row: usize, counter: &mut Counter, now: i64, metering: Metering<'_>) {
        while counter.next_housekeeping <= now {
            let time = counter.next_housekeeping;
            let true_value = counter.used_until(time, metering);
            self.read(row, counter, time, true_value);
            counter.next_housekeeping += metering.interval.draw(&mut counter.jitter);
        }
    }

    /// One noisy reading of a counter whose true value is `true_value`.
    fn read(&mut self, row: usize, counter: &mut Counter, time: i64, true_value: f64) {
        let meter = &mut self.meters[row];
        if counter.read_time != NOTHING_READ {
            let elapsed = (time - counter.read_time) as f64;
            let z: f64 = rand_distr::StandardNormal.sample(&mut meter.generator);
            let increment = (true_value - meter.true_value) * (1.0 + self.relative_std_dev * z);
            counter.read_value += increment.clamp(0.0, self.bound_cores * elapsed);
        }
        meter.true_value = true_value;
        counter.read_time = time;
    }
}

#[cfg(test)]
mod tests;
