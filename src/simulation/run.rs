//! One run: events in their order, each handed to whom it concerns.
//!
//! Self-imposed limit: the clock and the order. What a pod, a flow, a metric or a
//! decision is, others know.

mod pods;

use rand::Rng;
use rand_pcg::Pcg32;

use super::before_start::BeforeStart;
use super::event::{Event, PhaseMember, traffic_limit};
use super::latency::PodServer;
use super::observer::{INTERVAL, Observer};
use super::offered::nominal_rps;
use super::phase::Phase;
use super::sight::Sight;
use super::work::{Notice, Offer, Work, WorkByPod};
use crate::cluster::metrics_server::{Gauges, MetricsServer, PodGauge, Publication};
use crate::cluster::plant::{DeletedPod, InitialPods, Plant};
use crate::control::seen::{MetricObservation, MetricsApi};
use crate::control::{Autoscaler, Decided, DecisionListener, MetricQuery, Seen};
use crate::engine::EventQueue;
use crate::engine::random::Stream;
use crate::scenario::Scenario;
use crate::units::{Replicas, Seed, SimSpan, SimTime};

/// What is left when a run is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finished {
    /// When it ended: the trace's last row, unless an observer had enough before.
    pub end: SimTime,
    /// Requests in flight at the end.
    pub in_flight: f64,
}

/// What a simulation has to know of its scaler before it starts.
pub(super) struct Attention<'a> {
    /// See [`Autoscaler::asks`].
    pub(super) asks: &'a [MetricQuery],
    /// When it wakes first.
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

/// A simulation under way, up to what its scaler decides.
#[derive(Debug)]
pub(super) struct Simulation<'s, W> {
    scenario: &'s Scenario,
    end: SimTime,
    now: SimTime,
    queue: EventQueue<Phase, Event>,
    plant: Plant,
    work: W,
    sight: Sight,
    /// By how much a wake comes late at most, and what draws it.
    wake_jitter: SimSpan,
    lateness: Pcg32,
    /// `spec.replicas`.
    replicas: Replicas,
    row: usize,
    trace_values: Vec<f64>,
    next_scrape: SimTime,
    /// Whether something changed at `now` that the engine has not settled yet.
    work_has_changed: bool,
    reckoned: u32,
    /// Room for pods that are being deleted.
    leaving: Vec<DeletedPod>,
}

/// So many cycles before what shows at the start counters and metrics-server are watched, so that nobody can tell that they began.
const WARM_CYCLES: i64 = 8;
/// A period of no length would keep the clock where it is.
const SHORTEST_PERIOD: SimSpan = SimSpan::from_nanos(1);
/// Initial pods are older than the autoscaler's initialisation periods by this.
const OLD: SimSpan = SimSpan::from_secs(3600);

impl<'s, W: Work> Simulation<'s, W> {
    /// The simulation at its start; metrics-server scrapes first at `first_scrape`.
    pub(super) fn new(
        scenario: &'s Scenario,
        work: W,
        scaler: &Attention<'_>,
        seed: Seed,
        first_scrape: SimTime,
    ) -> Self {
        let pipeline = &scenario.metrics;
        let sight = Sight::new(scenario, scaler.asks);
        let metrics = MetricsServer::new(
            &scenario.deployment,
            &scenario.workload,
            pipeline,
            sight.measured(),
            seed,
        );
        let longest_housekeeping = SimSpan::from_secs_f64(
            pipeline.housekeeping.as_secs_f64() * (1.0 + pipeline.housekeeping_jitter),
        );
        let cycle = pipeline.scrape_interval.max(longest_housekeeping);
        let watched_since = SimTime::ZERO + -(cycle * WARM_CYCLES + pipeline.lag);
        let count = u32::try_from(scenario.deployment.replicas.0).unwrap_or(0);
        let before = BeforeStart::of(&PodServer::of(scenario), nominal_rps(scenario, 0), count);
        let initial = InitialPods {
            count,
            ready_since: watched_since + -(scaler.initialisation + OLD),
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
            reckoned: 0,
            leaving: Vec::new(),
        };
        run.read_trace_values();
        if run.plant.is_measured() {
            run.warm_up(watched_since, before);
            run.push(run.next_scrape, Event::Scrape);
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

    /// The engine takes over pods and load as they are at the start.
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

    /// The scrapes before the start, on the grid that the run goes on with.
    fn warm_up(&mut self, since: SimTime, load: BeforeStart) {
        let interval = self.scenario.metrics.scrape_interval;
        let before = (self.next_scrape - since).as_nanos() / interval.as_nanos().max(1);
        for scrapes_ago in (1..=before).rev() {
            let time = self.next_scrape + -(interval * scrapes_ago);
            let publication = self.plant.scrape(
                time,
                &Gauges {
                    requests_per_second: PodGauge::Serving(load.arrivals_per_pod),
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

    /// Runs to the end, with `scaler` deciding at each of its wakes.
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

    /// Runs to the scaler's next wake, or to the end: that of the trace, or where an observer has enough. Returns whether the scaler wakes.
    ///
    /// After a wake, [`Simulation::decided`] has to follow before the next call.
    pub(super) fn advance_to_wake(&mut self, observer: &mut impl Observer) -> bool {
        while let Some(next) = self.queue.first() {
            if observer.has_enough() {
                self.end = self.now;
                break;
            }
            if self.work_has_changed && next.time > self.now {
                // What settling schedules may come before what was next.
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

    /// The instant that the simulation has come to.
    pub(super) fn now(&self) -> SimTime {
        self.now
    }

    /// What the scaler sees at its wake.
    pub(super) fn seen(&mut self) -> Seen<'_> {
        self.sight.refresh(self.plant.view().pods);
        let run = &*self;
        run.sight
            .look(run.plant.as_viewed().pods, run.replicas, run)
    }

    /// `spec.replicas` of the present.
    pub(super) fn replicas(&self) -> Replicas {
        self.replicas
    }

    /// The scaler that was woken writes `written` to the scale, if anything, and wakes next at `next_wake`.
    pub(super) fn decided(&mut self, written: Option<Replicas>, next_wake: Option<SimTime>) {
        // The wake of now is still the first in the queue.
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

    /// No event is left before the end; traffic may be.
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

    /// Lets traffic run until just before `limit`; what it does to a pod comes back.
    fn serve_before(&mut self, limit: SimTime, observer: &mut impl Observer) -> Option<Notice> {
        self.work.by_pod()?;
        // Traffic of this instant meets the pods of this instant.
        self.settle(observer);
        self.work.by_pod()?.run_before(limit, observer)
    }

    /// Traffic has done something to a pod.
    fn heed(&mut self, notice: Notice, observer: &mut impl Observer) {
        if let Some(work) = self.work.by_pod() {
            self.now = work.now();
        }
        match notice {
            Notice::Drained(number) => self.gone(number, observer),
            Notice::OutOfMemory(number) => self.kill(number, observer),
        }
    }

    /// The first event of the queue happens; it leaves the queue, or its successor takes its place.
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
            Event::Backlog { reckoned } => {
                self.queue.pop();
                if reckoned == self.reckoned {
                    self.work_has_changed = true;
                }
            }
            Event::Scrape => {
                self.next_scrape += self.scenario.metrics.scrape_interval.max(SHORTEST_PERIOD);
                self.replace_first(self.next_scrape, Event::Scrape);
                self.settle(observer);
                self.scrape();
            }
            Event::Publish => {
                self.queue.pop();
                self.plant.publish();
            }
            // The scaler decides, and whoever runs it goes on.
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

    /// Brings the engine up to date with what changed at this instant.
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
        self.reckoned = self.reckoned.wrapping_add(1);
        if let Some(time) = settled.backlog_changes {
            let reckoned = self.reckoned;
            self.push(time, Event::Backlog { reckoned });
        }
    }

    /// When the row after the present one begins; the last row only marks the end.
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
            in_flight: work.in_flight,
            trace_values: &self.trace_values,
        };
        let publication = self.plant.scrape(self.now, &gauges);
        if publication == Publication::Later {
            self.push(self.now + self.scenario.metrics.lag, Event::Publish);
        }
    }

    /// A wake that is due at `due`, late by its jitter.
    fn late(&mut self, due: SimTime) -> SimTime {
        let jitter = self.wake_jitter;
        if jitter <= SimSpan::ZERO {
            return due.max(self.now);
        }
        let share = f64::from(self.lateness.next_u32()) / 2.0_f64.powi(32);
        let late = SimSpan::from_nanos((share * jitter.as_nanos() as f64) as i64);
        // However late it was, a wake never comes before the one that it follows.
        (due + late).max(self.now)
    }
}

impl<W> MetricsApi for Simulation<'_, W> {
    fn answer(&self, query: usize) -> MetricObservation<'_> {
        self.sight.answer(query, self.plant.as_viewed().metrics)
    }
}

/// An observer that hears of decisions.
pub(super) struct Telling<'o, O>(pub(super) &'o mut O);

impl<O: Observer> DecisionListener for Telling<'_, O> {
    const WANTS_LINES: bool = O::WANTS_LINES;

    fn decided(&mut self, decision: &Decided<'_>) {
        self.0.decided(decision);
    }
}
