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
const MILLIS_PER_CORE: f64 = 1000.0;
/// metrics-server keeps whole nanocores, and the autoscaler's client rounds up to millicores
/// (`Quantity.MilliValue`): a millicore and less than a nanocore is one millicore, anything more is two.
const ALL_BUT_A_NANOCORE: f64 = 1.0 - 1e-6;

/// How often a counter is read.
#[derive(Clone, Copy, Debug)]
struct HousekeepingInterval {
    base: i64,
    /// The most that jitter adds.
    jitter: u64,
}

impl HousekeepingInterval {
    /// `base` x U[1, 1 + jitter), as cAdvisor draws it anew for each reading.
    #[inline]
    fn draw(self, generator: &mut Pcg32) -> i64 {
        // The high half of a product is a share of it: integers, because this is drawn for every reading.
        let share = u128::from(generator.next_u32());
        let jitter = (share * u128::from(self.jitter)) >> 32;
        self.base + jitter as i64
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
    fn used_until(&self, nanos: i64, metering: Metering<'_>) -> f64 {
        self.offset
            + self.own_cores * nanos as f64
            + metering.nanos_per_request * metering.served.until(nanos, self.serving)
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
                jitter: (base as f64 * jitter) as u64,
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
        let used = self.counters[row].used_until(now, self.metering(served));
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
        let metering = self.metering(served);
        let counter = &mut self.counters[row];
        match &mut self.noise {
            None => read_newest(counter, now, metering),
            Some(noise) => noise.read_all(row, counter, now, metering),
        }
    }

    fn metering<'a>(&self, served: &'a ServedRequests) -> Metering<'a> {
        Metering {
            served,
            interval: self.interval,
            nanos_per_request: self.nanos_per_request,
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
        let metering = self.metering(served);
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
            read_newest(counter, now, metering);
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
fn read_newest(counter: &mut Counter, now: i64, metering: Metering<'_>) {
    let mut next = counter.next_housekeeping;
    if next > now {
        return;
    }
    let mut newest = next;
    while next <= now {
        newest = next;
        next += metering.interval.draw(&mut counter.jitter);
    }
    counter.next_housekeeping = next;
    counter.read_time = newest;
    counter.read_value = counter.used_until(newest, metering);
}

/// What a reading needs to know beside the counter.
#[derive(Clone, Copy, Debug)]
struct Metering<'a> {
    served: &'a ServedRequests,
    interval: HousekeepingInterval,
    nanos_per_request: f64,
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
    let millicores = (counter.read_value - previous_value) / window as f64 * MILLIS_PER_CORE;
    Some(Sample {
        value: MilliValue((millicores + ALL_BUT_A_NANOCORE) as i64),
        timestamp: SimTime::from_nanos(counter.read_time),
        window: SimSpan::from_nanos(window),
    })
}

impl Noise {
    /// The same with noise: every reading counts, because each adds its own error.
    fn read_all(&mut self, row: usize, counter: &mut Counter, now: i64, metering: Metering<'_>) {
        let meter = &mut self.meters[row];
        while counter.next_housekeeping <= now {
            let time = counter.next_housekeeping;
            let true_value = counter.used_until(time, metering);
            if counter.read_time != NOTHING_READ {
                let elapsed = (time - counter.read_time) as f64;
                let z: f64 = rand_distr::StandardNormal.sample(&mut meter.generator);
                let increment = (true_value - meter.true_value) * (1.0 + self.relative_std_dev * z);
                counter.read_value += increment.clamp(0.0, self.bound_cores * elapsed);
            }
            meter.true_value = true_value;
            counter.read_time = time;
            counter.next_housekeeping += metering.interval.draw(&mut counter.jitter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::cpu::CpuBound;
    use crate::cluster::served::ServedRates;

    const IDLE: Activity = Activity {
        own: OwnUse::Idle,
        serving: Serving::Nothing,
    };
    const SERVING: Activity = Activity {
        own: OwnUse::Idle,
        serving: Serving::Normal,
    };

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    fn pipeline(jitter: f64) -> MetricsPipeline {
        MetricsPipeline {
            scrape_interval: SimSpan::from_secs(15),
            housekeeping: SimSpan::from_secs(10),
            housekeeping_jitter: jitter,
            lag: SimSpan::ZERO,
        }
    }

    /// 40m idle, 10 ms a request, at most 200m.
    fn meters(pipeline: &MetricsPipeline, noise: f64, seed: Seed) -> ContainerMeters {
        let cpu = ContainerCpu {
            idle_cores: 0.04,
            bursting_cores: 0.14,
            seconds_per_request: 0.01,
            bound_cores: 0.2,
            bound: CpuBound::Quota,
        };
        let place = ContainerPlace { index: 0, of: 1 };
        let mut meters = ContainerMeters::new(&cpu, pipeline, noise, place, seed);
        meters.add(0);
        meters
    }

    fn served(rps: f64) -> ServedRequests {
        let rates = ServedRates {
            normal_rps: rps,
            bursting_rps: 0.0,
        };
        ServedRequests::since(at(0.0), rates)
    }

    fn sample_at(
        meters: &mut ContainerMeters,
        seconds: f64,
        served: &ServedRequests,
    ) -> Option<Sample> {
        meters.scrape(at(seconds), served);
        meters.samples().get(0)
    }

    #[test]
    fn the_reading_at_the_start_alone_gives_no_sample() {
        let (mut meters, served) = (meters(&pipeline(0.0), 0.0, Seed(1)), served(0.0));
        meters.start(0, at(100.0), IDLE, &served);
        assert_eq!(sample_at(&mut meters, 105.0, &served), None);
        // Read at 110 s.
        let sample = sample_at(&mut meters, 120.0, &served).expect("two points");
        assert_eq!(sample.value, MilliValue(40));
        assert_eq!(sample.timestamp, at(120.0));
        assert_eq!(sample.window, SimSpan::from_secs(20));
    }

    #[test]
    fn a_container_between_ten_seconds_and_the_resolution_needs_one_point() {
        let (mut meters, served) = (meters(&pipeline(0.0), 0.0, Seed(1)), served(0.0));
        meters.start(0, at(100.0), IDLE, &served);
        let sample = sample_at(&mut meters, 114.0, &served).expect("fresh, its age is 10 s");
        assert_eq!(sample.timestamp, at(110.0));
        assert_eq!(sample.window, SimSpan::from_secs(10));
    }

    #[test]
    fn an_older_container_that_was_never_seen_needs_two_points() {
        let (mut meters, served) = (meters(&pipeline(0.6), 0.0, Seed(1)), served(0.0));
        meters.start(0, at(100.0), IDLE, &served);
        meters.counters[0].next_housekeeping = at(115.5).as_nanos();
        assert_eq!(sample_at(&mut meters, 115.9, &served), None);
        assert!(sample_at(&mut meters, 145.0, &served).is_some());
    }

    #[test]
    fn a_stale_reading_keeps_the_older_pair() {
        let (mut meters, served) = (meters(&pipeline(0.0), 0.0, Seed(1)), served(5.0));
        meters.start(0, at(0.0), SERVING, &served);
        meters.scrape(at(1.0), &served);
        let before = sample_at(&mut meters, 21.0, &served).expect("two points");
        assert_eq!(before.timestamp, at(20.0));
        let same = sample_at(&mut meters, 29.0, &served);
        assert_eq!(same, Some(before), "no reading since");
        let next = sample_at(&mut meters, 31.0, &served).expect("a new pair");
        assert_eq!(next.timestamp, at(30.0));
        assert_eq!(next.window, SimSpan::from_secs(10));
    }

    #[test]
    fn a_reading_between_two_changes_sees_the_rates_of_its_time() {
        let (mut meters, mut served) = (meters(&pipeline(0.0), 0.0, Seed(1)), served(0.0));
        meters.start(0, at(0.0), IDLE, &served);
        meters.scrape(at(1.0), &served);
        served.change(
            at(5.0),
            ServedRates {
                normal_rps: 10.0,
                bursting_rps: 0.0,
            },
        );
        meters.change(0, at(5.0), SERVING, &served);
        served.change(at(19.0), ServedRates::default());
        // Read at 10 s and 20 s: 40m all along, and 140 requests of 10 ms from 5 s to 19 s.
        let sample = sample_at(&mut meters, 21.0, &served).expect("two points");
        assert_eq!(sample.window, SimSpan::from_secs(20));
        assert_eq!(sample.value, MilliValue(40 + 70));
    }

    #[test]
    fn cpu_rounds_up_to_millicores_but_not_by_rounding_errors() {
        for (rps, millicores) in [(1.0, 50), (1.01, 51), (0.0, 40), (7.0, 110), (16.0, 200)] {
            let (mut meters, served) = (meters(&pipeline(0.3), 0.0, Seed(2)), served(rps));
            meters.start(0, at(80_000.1), SERVING, &served);
            meters.scrape(at(80_001.0), &served);
            for scrape in 2..200 {
                let time = 80_001.0 + f64::from(scrape) * 15.0;
                let sample = sample_at(&mut meters, time, &served).expect("a sample");
                assert_eq!(sample.value, MilliValue(millicores), "{rps} rps");
            }
        }
    }

    #[test]
    fn intervals_lie_between_one_and_one_plus_jitter_housekeeping_intervals() {
        let (mut meters, served) = (meters(&pipeline(1.0), 0.0, Seed(3)), served(0.0));
        meters.start(0, at(0.0), IDLE, &served);
        let mut intervals = Vec::new();
        let mut last = 0;
        for tick in 1..40_000 {
            meters.housekeep(0, at(f64::from(tick)).as_nanos(), &served);
            let read = meters.counters[0].read_time;
            if read != last {
                intervals.push((read - last) as f64 / 1e9);
                last = read;
            }
        }
        let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
        assert!(
            intervals
                .iter()
                .all(|interval| (10.0..20.0).contains(interval))
        );
        assert!((mean - 15.0).abs() < 0.3, "{mean}");
    }

    #[test]
    fn the_first_sample_of_a_new_pod_comes_after_about_25_and_at_most_40_seconds() {
        let mut delays = Vec::new();
        for seed in 0..1000 {
            let (mut meters, served) = (meters(&pipeline(1.0), 0.0, Seed(seed)), served(0.0));
            let phase = seed as f64 / 1000.0 * 15.0;
            meters.start(0, at(0.0), IDLE, &served);
            let mut scrape = phase;
            while sample_at(&mut meters, scrape, &served).is_none() {
                scrape += 15.0;
            }
            delays.push(scrape);
        }
        let mean = delays.iter().sum::<f64>() / 1000.0;
        let longest = delays.iter().copied().fold(0.0, f64::max);
        assert!((20.0..28.0).contains(&mean), "{mean}");
        assert!(longest <= 40.0, "{longest}");
        assert!(delays.iter().all(|delay| *delay >= 10.0));
    }

    #[test]
    fn noise_averages_out_and_never_exceeds_the_limit() {
        let (mut meters, served) = (meters(&pipeline(1.0), 0.5, Seed(4)), served(12.0));
        meters.start(0, at(0.0), SERVING, &served);
        let mut values = Vec::new();
        for scrape in 1..5_000 {
            if let Some(sample) = sample_at(&mut meters, f64::from(scrape) * 15.0, &served) {
                values.push(sample.value.0);
            }
        }
        let mean = values.iter().sum::<i64>() as f64 / values.len() as f64;
        assert!(values.iter().all(|value| (0..=200).contains(value)));
        assert!(
            values.contains(&200) && (130.0..165.0).contains(&mean),
            "{mean}"
        );
    }
}
