//! The events of one run, in their order.

mod pods;

use rand::Rng;
use rand_pcg::Pcg32;

use super::before_start::BeforeStart;
use super::event::{Event, PhaseMember, first_custom_scrape, traffic_limit};
use super::latency::PodServer;
use super::observer::{INTERVAL, Observer};
use super::offered::{nominal_rps, rps_before};
use super::phase::Phase;
use super::sight::Sight;
use super::work::{Notice, Offer, Work, WorkByPod};
use crate::cluster::config::CustomPipeline;
use crate::cluster::measured::{Gauges, PodGauge};
use crate::cluster::metrics_server::{MetricsServer, Publication};
use crate::cluster::plant::{DeletedPod, InitialPods, Plant};
use crate::control::seen::{MetricObservation, MetricsApi};
use crate::control::{Autoscaler, Decided, DecisionListener, MetricQuery, Seen};
use crate::engine::EventQueue;
use crate::engine::random::Stream;
use crate::scenario::Scenario;
use crate::units::{Replicas, Seed, SimSpan, SimTime};

/// The result of a run, apart from what observers received.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finished {
    /// The end of the run: the trace's last row, or the time at which an observer stopped it.
    pub end: SimTime,
    /// Requests in flight at the end.
    pub in_flight: f64,
}

/// The properties of a scaler that a simulation needs before it starts.
pub(super) struct Attention<'a> {
    /// See [`Autoscaler::asks`].
    pub(super) asks: &'a [MetricQuery],
    /// The time of the first wake; `None` without any wake.
    pub(super) first_wake: Option<SimTime>,
    /// See [`Autoscaler::wake_jitter`].
    pub(super) wake_jitter: SimSpan,
    /// See [`Autoscaler::initialisation`].
    pub(super) initialisation: SimSpan,
}

impl<'a> Attention<'a> {
    pub(super) fn of(scaler: &'a impl Autoscaler) -> Self {
        Self {
            asks: scaler.asks(),
            first_wake: scaler.next_wake(SimTime::ZERO),
            wake_jitter: scaler.wake_jitter(),
            initialisation: scaler.initialisation(),
        }
    }
}

/// A simulation in progress. Its scaler is outside of it.
#[derive(Debug)]
pub(super) struct Simulation<'s, W> {
    scenario: &'s Scenario,
    end: SimTime,
    now: SimTime,
    queue: EventQueue<Phase, Event>,
    plant: Plant,
    work: W,
    sight: Sight,
    /// The bound of the delay of a wake, and the generator of the delays.
    wake_jitter: SimSpan,
    lateness: Pcg32,
    /// `spec.replicas`.
    replicas: Replicas,
    row: usize,
    trace_values: Vec<f64>,
    next_scrape: SimTime,
    /// Whether something changed at `now`, so that the engine must settle.
    work_has_changed: bool,
    settlement: u32,
    /// A buffer for the pods that are being deleted.
    leaving: Vec<DeletedPod>,
}

/// Counters and scrapes run this many cycles before time zero, so that the first visible sample is
/// in a steady state.
const WARM_CYCLES: i64 = 8;
/// The shortest scrape interval. An interval of zero would stop the clock.
const SHORTEST_PERIOD: SimSpan = SimSpan::from_nanos(1);
/// The age of the initial pods beyond the autoscaler's initialisation period.
const OLD: SimSpan = SimSpan::from_secs(3600);

impl<'s, W: Work> Simulation<'s, W> {
    /// A simulation at its start, with the first scrape at `first_scrape`.
    pub(super) fn new(
        scenario: &'s Scenario,
        mut work: W,
        scaler: &Attention<'_>,
        seed: Seed,
        first_scrape: SimTime,
    ) -> Self {
        let pipeline = &scenario.metrics;
        let sight = Sight::new(scenario, scaler.asks);
        let mut metrics = MetricsServer::new(
            &scenario.deployment,
            &scenario.workload,
            pipeline,
            sight.measured(),
            first_scrape,
            seed,
        );
        if work.by_pod().is_none() && scenario.has_requests() {
            metrics.add_shot_noise(
                scenario
                    .workload
                    .clients
                    .arrivals
                    .coefficient_of_variation(),
                scenario.workload.cpu_per_request.coefficient_of_variation(),
            );
        }
        let cycle = pipeline
            .scrape_interval
            .max(pipeline.longest_reading_interval());
        let watched_since = SimTime::ZERO + -(cycle * WARM_CYCLES + pipeline.lag);
        let count = u32::try_from(scenario.deployment.replicas.0).unwrap_or(0);
        let before = BeforeStart::of(&PodServer::of(scenario), rps_before(scenario), count);
        // The initial pods have counted requests for longer than any query looks back.
        let looked_back = pipeline.custom.as_ref().map_or(SimSpan::ZERO, |custom| {
            custom.interval * (custom.kept_scrapes() as i64)
        });
        let initial = InitialPods {
            count,
            ready_since: watched_since + -(scaler.initialisation + OLD + looked_back),
            watched_since,
            rates: before.rates,
        };
        let plant = Plant::new(&scenario.deployment, metrics, initial, seed);
        let mut run = Self {
            scenario,
            end: scenario.trace.end(),
            now: SimTime::ZERO,
            queue: EventQueue::new(),
            plant,
            work,
            trace_values: vec![0.0; sight.trace_columns().len()],
            sight,
            wake_jitter: scaler.wake_jitter,
            lateness: Stream::Phases.generator(seed, PhaseMember::WakeJitter as u64),
            replicas: scenario.deployment.replicas,
            row: 0,
            next_scrape: first_scrape,
            work_has_changed: true,
            settlement: 0,
            leaving: Vec::new(),
        };
        run.read_trace_values();
        if run.plant.is_measured() {
            run.warm_up(watched_since, before);
            run.push(run.next_scrape, Event::Scrape);
        }
        if let Some(custom) = scenario.metrics.custom.as_ref()
            && run.plant.has_custom_metrics()
        {
            run.warm_up_custom(custom, before, seed);
        }
        if let Some(next) = run.following_row() {
            run.push(next, Event::TraceRow);
        }
        if let Some(first) = scaler.first_wake {
            let first = run.late(first);
            run.push(first, Event::Wake);
        }
        run.begin_work();
        run
    }

    /// Gives the initial pods and the load to the engine.
    fn begin_work(&mut self) {
        self.offer();
        let Some(work) = self.work.by_pod() else {
            return;
        };
        let pods = self.plant.pods();
        for (number, status) in pods.numbers().iter().zip(pods.statuses()) {
            work.pod_changed(*number, *status, None, SimTime::ZERO);
        }
        self.plant.await_readings(SimTime::ZERO);
        let numbers = self.plant.pods().numbers().to_vec();
        for number in numbers {
            self.schedule_housekeeping(number);
        }
        self.push(SimTime::ZERO + INTERVAL, Event::Measure);
    }

    /// Makes the scrapes of Prometheus before the start, and schedules the first one of the run.
    fn warm_up_custom(&mut self, pipeline: &CustomPipeline, load: BeforeStart, seed: Seed) {
        let first = first_custom_scrape(pipeline.interval, seed);
        let gauges = Gauges {
            requests_per_second: PodGauge::Serving(load.arrivals_per_pod),
            requests_counted: PodGauge::Serving(0.0),
            in_flight: PodGauge::Serving(load.in_flight),
            trace_values: &self.trace_values,
        };
        for scrapes_ago in (1..=pipeline.kept_scrapes() as i64).rev() {
            let time = first + -(pipeline.interval * scrapes_ago);
            self.plant.scrape_custom(time, &gauges);
        }
        self.push(first, Event::CustomScrape);
    }

    /// Makes the scrapes before the start, on the same grid as those of the run.
    fn warm_up(&mut self, since: SimTime, load: BeforeStart) {
        let interval = self.scenario.metrics.scrape_interval;
        let before = (self.next_scrape - since).as_nanos() / interval.as_nanos().max(1);
        for scrapes_ago in (1..=before).rev() {
            let time = self.next_scrape + -(interval * scrapes_ago);
            let publication = self.plant.scrape(
                time,
                &Gauges {
                    requests_per_second: PodGauge::Serving(load.arrivals_per_pod),
                    requests_counted: PodGauge::Serving(0.0),
                    in_flight: PodGauge::Serving(load.in_flight),
                    trace_values: &self.trace_values,
                },
            );
            let shows = time + self.scenario.metrics.lag;
            match publication {
                Publication::AtOnce => {}
                Publication::Later if shows < SimTime::ZERO => self.plant.publish(),
                Publication::Later => self.push(shows, Event::Publish),
            }
        }
    }

    /// Runs to the end; `scaler` decides at each of its wakes.
    pub(super) fn run_to_end<O: Observer>(
        mut self,
        scaler: &mut impl Autoscaler,
        observer: &mut O,
    ) -> Finished {
        while self.advance_to_wake(observer) {
            let now = self.now;
            let written = scaler.wake(now, &self.seen(), &mut Telling(observer));
            self.decided(written, scaler.next_wake(now));
        }
        self.finish(observer)
    }

    /// Runs to the scaler's next wake, or to the end of the run. Returns whether the scaler wakes.
    ///
    /// After a wake, the caller must call [`Simulation::decided`] before the next call.
    pub(super) fn advance_to_wake(&mut self, observer: &mut impl Observer) -> bool {
        while let Some(next) = self.queue.first() {
            if observer.has_enough() {
                self.end = self.now;
                break;
            }
            if self.work_has_changed && next.time > self.now {
                // Settling may schedule an event before `next`.
                self.settle(observer);
                continue;
            }
            let limit = traffic_limit(next, self.end);
            if let Some(notice) = self.serve_before(limit, observer) {
                self.heed(notice, observer);
                continue;
            }
            if next.time >= self.end {
                break;
            }
            debug_assert!(next.time >= self.now, "an event in the past");
            self.now = next.time;
            if next.event == Event::Wake {
                self.settle(observer);
                return true;
            }
            self.happen(next.event, observer);
        }
        false
    }

    /// The current time.
    pub(super) fn now(&self) -> SimTime {
        self.now
    }

    /// The view of the scaler at its wake.
    pub(super) fn seen(&mut self) -> Seen<'_> {
        self.plant.query_custom(self.now);
        self.sight.refresh(self.plant.view().pods);
        let run = &*self;
        run.sight
            .look(run.plant.as_viewed().pods, run.replicas, run)
    }

    /// The current `spec.replicas`.
    pub(super) fn replicas(&self) -> Replicas {
        self.replicas
    }

    /// Takes the decision of a wake: `written` is the new `spec.replicas`, if any, and `next_wake`
    /// the time of the next wake.
    pub(super) fn decided(&mut self, written: Option<Replicas>, next_wake: Option<SimTime>) {
        // The current wake is still the first event in the queue.
        match next_wake {
            Some(next) => {
                let next = self.late(next);
                self.replace_first(next, Event::Wake);
            }
            None => drop(self.queue.pop()),
        }
        if let Some(replicas) = written {
            self.push(self.now, Event::ScaleApplied { replicas });
        }
    }

    /// Runs the remaining traffic after the last event, and ends the run.
    pub(super) fn finish(mut self, observer: &mut impl Observer) -> Finished {
        self.settle(observer);
        while let Some(notice) = self.serve_before(self.end, observer) {
            self.heed(notice, observer);
        }
        self.now = self.end;
        self.work_has_changed = true;
        self.work.close(self.end, observer);
        self.settle(observer);
        Finished {
            end: self.end,
            in_flight: self.work.in_flight(),
        }
    }

    /// Runs the traffic until just before `limit`, or until it affects a pod; returns that effect.
    fn serve_before(&mut self, limit: SimTime, observer: &mut impl Observer) -> Option<Notice> {
        self.work.by_pod()?;
        // The pods of this instant must be settled before the traffic of this instant.
        self.settle(observer);
        self.work.by_pod()?.run_before(limit, observer)
    }

    /// Carries out an effect of traffic on a pod.
    fn heed(&mut self, notice: Notice, observer: &mut impl Observer) {
        if let Some(work) = self.work.by_pod() {
            self.now = work.now();
        }
        match notice {
            Notice::Drained(number) => self.gone(number, observer),
            Notice::OutOfMemory(number) => self.kill(number, observer),
        }
    }

    /// Carries out the first event of the queue, and removes it or replaces it by its successor.
    pub(super) fn happen(&mut self, event: Event, observer: &mut impl Observer) {
        match event {
            Event::Measure => {
                self.replace_first(self.now + INTERVAL, Event::Measure);
                self.work.close(self.now, observer);
            }
            Event::Pod {
                number,
                step,
                restarts,
            } => {
                self.queue.pop();
                if restarts == self.restarts(number) {
                    self.pod_step(number, step, observer);
                }
            }
            Event::WoundDown { number } => {
                self.queue.pop();
                let work = self.work.by_pod();
                if work.is_none_or(|work| work.lets_go(number)) {
                    self.gone(number, observer);
                }
            }
            Event::Gone { number } => {
                self.queue.pop();
                self.gone(number, observer);
            }
            Event::Housekeeping { number, container } => {
                self.queue.pop();
                self.read_counter(number, usize::from(container));
            }
            Event::TraceRow => {
                self.row += 1;
                match self.following_row() {
                    Some(next) => self.replace_first(next, Event::TraceRow),
                    None => drop(self.queue.pop()),
                }
                self.work.close(self.now, observer);
                self.read_trace_values();
                self.offer();
            }
            Event::Backlog { settlement } => {
                self.queue.pop();
                if settlement == self.settlement {
                    self.work_has_changed = true;
                }
            }
            Event::Scrape => {
                self.next_scrape += self.scenario.metrics.scrape_interval.max(SHORTEST_PERIOD);
                self.replace_first(self.next_scrape, Event::Scrape);
                self.settle(observer);
                self.scrape();
            }
            Event::CustomScrape => {
                let pipeline = self.scenario.metrics.custom.as_ref();
                let interval = pipeline.map_or(SimSpan::ZERO, |custom| custom.interval);
                let next = self.now + interval.max(SHORTEST_PERIOD);
                self.replace_first(next, Event::CustomScrape);
                self.settle(observer);
                self.scrape_custom();
            }
            Event::Publish => {
                self.queue.pop();
                self.plant.publish();
            }
            // `advance_to_wake` returns at a wake, before this call.
            Event::Wake => {}
            Event::ScaleApplied { replicas } => {
                self.queue.pop();
                self.work.close(self.now, observer);
                self.scale(replicas, observer);
            }
        }
    }

    fn push(&mut self, time: SimTime, event: Event) {
        self.queue.push(time, event.phase(), event);
    }

    fn replace_first(&mut self, time: SimTime, event: Event) {
        self.queue.replace_first(time, event.phase(), event);
    }

    /// Tells the engine what changed at this instant, and applies what follows.
    fn settle(&mut self, observer: &mut impl Observer) {
        if !self.work_has_changed {
            return;
        }
        self.work_has_changed = false;
        let settled = self
            .work
            .settle(self.now, self.plant.census(), self.replicas, observer);
        if let Some(rates) = settled.rates {
            self.plant.serve(self.now, rates);
        }
        self.settlement = self.settlement.wrapping_add(1);
        if let Some(time) = settled.backlog_changes {
            let settlement = self.settlement;
            self.push(time, Event::Backlog { settlement });
        }
    }

    /// The time of the next row; the last row only marks the end.
    fn following_row(&self) -> Option<SimTime> {
        self.scenario.trace.times.get(self.row + 1).copied()
    }

    fn read_trace_values(&mut self) {
        let columns = &self.scenario.trace.columns;
        for (value, column) in self.trace_values.iter_mut().zip(self.sight.trace_columns()) {
            *value = columns[*column].values[self.row];
        }
    }

    fn offer(&mut self) {
        let offer = Offer {
            row: self.row,
            nominal_rps: nominal_rps(self.scenario, self.row),
        };
        self.work_has_changed |= self.work.offer(offer, self.now);
    }

    fn scrape(&mut self) {
        let work = self.work.gauges(self.now, self.plant.pods());
        let gauges = Gauges {
            requests_per_second: work.requests_per_second,
            requests_counted: work.requests_counted,
            in_flight: work.in_flight,
            trace_values: &self.trace_values,
        };
        let publication = self.plant.scrape(self.now, &gauges);
        if publication == Publication::Later {
            self.push(self.now + self.scenario.metrics.lag, Event::Publish);
        }
    }

    fn scrape_custom(&mut self) {
        let work = self.work.gauges(self.now, self.plant.pods());
        let gauges = Gauges {
            requests_per_second: work.requests_per_second,
            requests_counted: work.requests_counted,
            in_flight: work.in_flight,
            trace_values: &self.trace_values,
        };
        self.plant.scrape_custom(self.now, &gauges);
    }

    /// The wake that is due at `due`, delayed by its jitter.
    fn late(&mut self, due: SimTime) -> SimTime {
        let jitter = self.wake_jitter;
        if jitter <= SimSpan::ZERO {
            return due.max(self.now);
        }
        let share = f64::from(self.lateness.next_u32()) / 2.0_f64.powi(32);
        let late = SimSpan::from_nanos((share * jitter.as_nanos() as f64) as i64);
        // A wake must not come before the previous one, however late that one was.
        (due + late).max(self.now)
    }
}

impl<W> MetricsApi for Simulation<'_, W> {
    fn answer(&self, query: usize) -> MetricObservation<'_> {
        self.sight.answer(query, self.plant.as_viewed().metrics)
    }
}

/// A decision listener that passes decisions to an observer.
pub(super) struct Telling<'o, O>(pub(super) &'o mut O);

impl<O: Observer> DecisionListener for Telling<'_, O> {
    const WANTS_LINES: bool = O::WANTS_LINES;

    fn decided(&mut self, decision: &Decided<'_>) {
        self.0.decided(decision);
    }
}
