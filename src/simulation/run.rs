//! One run: events in their order, each handed to whom it concerns.
//!
//! Self-imposed limit: the clock and the order. What a pod, a flow, a metric or a
//! decision is, others know.

use rand::{Rng, RngExt};
use rand_pcg::Pcg32;

use super::flow::{Flow, NextChange};
use super::observer::{Decided, Observer, PodChange, PodState};
use super::phase::Phase;
use super::sight::Sight;
use crate::cluster::metrics_server::{Gauges, MetricQuery, MetricsServer, Publication};
use crate::cluster::plant::{InitialPods, Plant, StepTaken};
use crate::cluster::pods::PodStep;
use crate::cluster::served::ServedRequests;
use crate::engine::EventQueue;
use crate::engine::random::Stream;
use crate::hpa::decision::DecisionRecord;
use crate::hpa::rules::Rules;
use crate::hpa::{Memory, reconcile};
use crate::scenario::{Autoscaler, Scenario};
use crate::units::{Replicas, Seed, SimSpan, SimTime};
use crate::workload::Demand;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A pod takes a step.
    Pod { number: u32, step: PodStep },
    /// The trace's next row begins.
    TraceRow,
    /// The backlog is gone or full, unless the flow has changed since it was reckoned.
    Backlog { reckoned: u32 },
    /// metrics-server scrapes.
    Scrape,
    /// A scrape shows in the metrics API.
    Publish,
    /// The autoscaler reconciles.
    Sync,
    /// `spec.replicas` is now this.
    ScaleApplied { replicas: Replicas },
}

impl Event {
    pub(super) fn phase(self) -> Phase {
        match self {
            Self::Pod { .. } => Phase::PodLifecycle,
            Self::TraceRow | Self::Backlog { .. } => Phase::Traffic,
            Self::Scrape | Self::Publish => Phase::Scrape,
            Self::Sync => Phase::HpaSync,
            Self::ScaleApplied { .. } => Phase::ScaleApplied,
        }
    }
}

/// Where the two grids of the run begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GridPhases {
    /// The first scrape at or after the start.
    pub(super) scrape: SimTime,
    /// The first sync at or after the start, before its jitter.
    pub(super) sync: SimTime,
}

/// Members of the stream of phases; containers' begin far above.
const SCRAPE_MEMBER: u64 = 0;
const SYNC_MEMBER: u64 = 1;
const SYNC_JITTER_MEMBER: u64 = 2;

impl GridPhases {
    /// Each grid begins anywhere in its first period, independent of the others.
    pub(super) fn drawn(scenario: &Scenario, seed: Seed) -> Self {
        let within = |period: SimSpan, member| {
            let share: f64 = Stream::Phases.generator(seed, member).random();
            SimTime::from_nanos((share * period.as_nanos() as f64) as i64)
        };
        Self {
            scrape: within(scenario.metrics.scrape_interval, SCRAPE_MEMBER),
            sync: scenario
                .autoscaler
                .as_ref()
                .map_or(SimTime::ZERO, |hpa| within(hpa.sync_period, SYNC_MEMBER)),
        }
    }
}

/// What is left when a run is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finished {
    /// When it ended: the trace's last row.
    pub end: SimTime,
    /// Requests in flight at the end.
    pub in_flight: f64,
}

/// The autoscaler in the run.
struct Controller<'s> {
    autoscaler: &'s Autoscaler,
    rules: Rules,
    memory: Memory,
    sight: Sight,
    next_sync: SimTime,
    jitter: Pcg32,
    record: DecisionRecord,
}

/// A run under way.
pub(super) struct Run<'s> {
    scenario: &'s Scenario,
    end: SimTime,
    now: SimTime,
    queue: EventQueue<Phase, Event>,
    plant: Plant,
    flow: Flow,
    served: ServedRequests,
    controller: Option<Controller<'s>>,
    /// `spec.replicas`.
    replicas: Replicas,
    row: usize,
    trace_columns: Vec<usize>,
    trace_values: Vec<f64>,
    next_scrape: SimTime,
    /// Whether something changed at `now` that the flow has not seen yet.
    flow_state: FlowState,
    reckoned: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FlowState {
    Settled,
    Changed,
}

/// So many cycles before what shows at the start counters and metrics-server are watched, so that nobody can tell that they began.
const WARM_CYCLES: i64 = 8;
/// Initial pods are older than the autoscaler's initialisation periods by this.
const OLD: SimSpan = SimSpan::from_secs(3600);

impl<'s> Run<'s> {
    pub(super) fn new(scenario: &'s Scenario, seed: Seed, phases: GridPhases) -> Self {
        let pipeline = &scenario.metrics;
        let controller = scenario.autoscaler.as_ref().map(|autoscaler| Controller {
            autoscaler,
            rules: Rules::new(autoscaler.release, autoscaler.settings),
            memory: Memory::default(),
            sight: Sight::new(scenario, &autoscaler.spec),
            next_sync: phases.sync,
            jitter: Stream::Phases.generator(seed, SYNC_JITTER_MEMBER),
            record: DecisionRecord::default(),
        });
        let queries: &[MetricQuery] = controller
            .as_ref()
            .map_or(&[], |controller| controller.sight.queries());
        let metrics = MetricsServer::new(
            &scenario.deployment,
            &scenario.workload,
            pipeline,
            queries,
            seed,
        );
        let longest_housekeeping = SimSpan::from_secs_f64(
            pipeline.housekeeping.as_secs_f64() * (1.0 + pipeline.housekeeping_jitter),
        );
        let cycle = pipeline.scrape_interval.max(longest_housekeeping);
        let watched_since = SimTime::ZERO + -(cycle * WARM_CYCLES + pipeline.lag);
        let settings = scenario.autoscaler.as_ref().map(|hpa| hpa.settings);
        let initialisation = settings.map_or(SimSpan::ZERO, |settings| {
            settings
                .cpu_initialization_period
                .max(settings.initial_readiness_delay)
        });
        let count = u32::try_from(scenario.deployment.replicas.0).unwrap_or(0);
        let flow = Flow::new(scenario, offered_rps(scenario, 0));
        let served = ServedRequests::since(watched_since, flow.rates_before_start(count));
        let initial = InitialPods {
            count,
            ready_since: watched_since + -(initialisation + OLD),
            watched_since,
        };
        let plant = Plant::new(&scenario.deployment, metrics, initial, &served, seed);
        let trace_columns = controller.as_ref().map_or_else(Vec::new, |controller| {
            controller.sight.trace_columns().to_vec()
        });
        let mut run = Self {
            scenario,
            end: scenario.trace.end(),
            now: SimTime::ZERO,
            queue: EventQueue::new(),
            plant,
            flow,
            served,
            controller,
            replicas: scenario.deployment.replicas,
            row: 0,
            trace_values: vec![0.0; trace_columns.len()],
            trace_columns,
            next_scrape: phases.scrape,
            flow_state: FlowState::Changed,
            reckoned: 0,
        };
        run.read_trace_values();
        if run.plant.metrics().is_asked() {
            run.warm_up(watched_since);
            run.push(run.next_scrape, Event::Scrape);
        }
        if let Some(next) = run.following_row() {
            run.push(next, Event::TraceRow);
        }
        if let Some(first) = run.next_sync() {
            run.push(first, Event::Sync);
        }
        run
    }

    /// The scrapes before the start, on the grid that the run goes on with.
    fn warm_up(&mut self, since: SimTime) {
        let interval = self.scenario.metrics.scrape_interval;
        let before = (self.next_scrape - since).as_nanos() / interval.as_nanos().max(1);
        let pods = self.initial_pods();
        let requests_per_second = self.flow.arrivals_before_start(pods);
        let load = self.flow.rates_before_start(pods);
        let in_flight = self.flow.in_flight_at(load.normal_rps);
        for scrapes_ago in (1..=before).rev() {
            let time = self.next_scrape + -(interval * scrapes_ago);
            let publication = self.plant.scrape(
                time,
                &self.served,
                &Gauges {
                    requests_per_second,
                    in_flight,
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

    fn initial_pods(&self) -> u32 {
        self.plant.pods().current().0.unsigned_abs()
    }

    /// Runs to the end.
    pub(super) fn run_to_end(mut self, observer: &mut impl Observer) -> Finished {
        while let Some(next) = self.queue.first() {
            if next.time > self.now && self.flow_state == FlowState::Changed {
                // What settling schedules may come before what was next.
                self.settle(observer);
                continue;
            }
            if next.time >= self.end {
                break;
            }
            debug_assert!(next.time >= self.now, "an event in the past");
            self.now = next.time;
            self.happen(next.event, observer);
        }
        self.settle(observer);
        self.flow.close(self.end, observer);
        Finished {
            end: self.end,
            in_flight: self.flow.backlog(),
        }
    }

    /// The first event of the queue happens; it leaves the queue, or its successor takes its place.
    pub(super) fn happen(&mut self, event: Event, observer: &mut impl Observer) {
        match event {
            Event::Pod { number, step } => {
                self.queue.pop();
                self.pod_step(number, step, observer);
            }
            Event::TraceRow => {
                self.row += 1;
                match self.following_row() {
                    Some(next) => self.replace_first(next, Event::TraceRow),
                    None => drop(self.queue.pop()),
                }
                self.read_trace_values();
                self.offer();
            }
            Event::Backlog { reckoned } => {
                self.queue.pop();
                if reckoned == self.reckoned {
                    self.flow_state = FlowState::Changed;
                }
            }
            Event::Scrape => {
                self.next_scrape += self.scenario.metrics.scrape_interval;
                self.replace_first(self.next_scrape, Event::Scrape);
                self.settle(observer);
                self.scrape();
            }
            Event::Publish => {
                self.queue.pop();
                self.plant.publish();
            }
            Event::Sync => {
                match self.next_sync() {
                    Some(next) => self.replace_first(next, Event::Sync),
                    None => drop(self.queue.pop()),
                }
                self.settle(observer);
                self.sync(observer);
            }
            Event::ScaleApplied { replicas } => {
                self.queue.pop();
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

    /// Brings the flow up to date with what changed at this instant.
    fn settle(&mut self, observer: &mut impl Observer) {
        if self.flow_state == FlowState::Settled {
            return;
        }
        self.flow_state = FlowState::Settled;
        let next = self.flow.settle(
            self.now,
            self.plant.pods(),
            self.replicas,
            &mut self.served,
            observer,
        );
        self.reckoned = self.reckoned.wrapping_add(1);
        if let NextChange::Backlog(time) = next {
            let reckoned = self.reckoned;
            self.push(time, Event::Backlog { reckoned });
        }
        if !self.plant.metrics().is_asked() {
            self.served.forget_before(self.now);
        }
    }

    fn pod_step(&mut self, number: u32, step: PodStep, observer: &mut impl Observer) {
        if self.plant.step(number, step, self.now, &self.served) == StepTaken::No {
            return;
        }
        self.flow_state = FlowState::Changed;
        let state = match step {
            PodStep::Started => PodState::Started,
            PodStep::Initialised => PodState::Initialised,
            PodStep::Ready => PodState::Ready,
            PodStep::EndpointAdded => PodState::Serving,
            PodStep::Gone => PodState::Gone,
            PodStep::Scheduled | PodStep::BurstEnded | PodStep::EndpointRemoved => return,
        };
        self.tell(number, state, observer);
    }

    fn tell(&self, pod: u32, state: PodState, observer: &mut impl Observer) {
        observer.pod_changed(&PodChange {
            time: self.now,
            pod,
            state,
        });
    }

    /// When the row after the present one begins; the last row only marks the end.
    fn following_row(&self) -> Option<SimTime> {
        self.scenario.trace.times.get(self.row + 1).copied()
    }

    fn read_trace_values(&mut self) {
        let columns = &self.scenario.trace.columns;
        for (value, column) in self.trace_values.iter_mut().zip(&self.trace_columns) {
            *value = columns[*column].values[self.row];
        }
    }

    fn offer(&mut self) {
        let rps = offered_rps(self.scenario, self.row);
        if rps.to_bits() != self.flow.offered_rps().to_bits() {
            self.flow.offer(rps);
            self.flow_state = FlowState::Changed;
        }
    }

    fn scrape(&mut self) {
        let gauges = Gauges {
            requests_per_second: self.flow.arrivals_per_pod(),
            in_flight: self.flow.in_flight_per_pod(self.now),
            trace_values: &self.trace_values,
        };
        let publication = self.plant.scrape(self.now, &self.served, &gauges);
        self.served.forget_before(self.now);
        if publication == Publication::Later {
            self.push(self.now + self.scenario.metrics.lag, Event::Publish);
        }
    }

    /// The next point of the sync grid, late by its jitter.
    fn next_sync(&mut self) -> Option<SimTime> {
        let controller = self.controller.as_mut()?;
        let on_grid = controller.next_sync;
        controller.next_sync += controller.autoscaler.sync_period;
        let jitter = controller.autoscaler.sync_jitter;
        if jitter <= SimSpan::ZERO {
            return Some(on_grid);
        }
        let share = f64::from(controller.jitter.next_u32()) / 2.0_f64.powi(32);
        let late = SimSpan::from_nanos((share * jitter.as_nanos() as f64) as i64);
        // However late it was, a sync never comes before the one it follows.
        Some((on_grid + late).max(self.now))
    }

    fn sync<O: Observer>(&mut self, observer: &mut O) {
        let Some(controller) = &mut self.controller else {
            return;
        };
        let (now, current) = (self.now, self.replicas);
        let Controller {
            autoscaler,
            rules,
            memory,
            sight,
            record,
            ..
        } = controller;
        let spec = &autoscaler.spec;
        let rescaled_to = sight.observe(&self.plant, current, |observation| {
            let outcome = if O::WANTS_REASONS {
                record.clear();
                reconcile(rules, spec, memory, observation, now, record)
            } else {
                reconcile(rules, spec, memory, observation, now, &mut ())
            };
            observer.decided(&Decided {
                time: now,
                current,
                outcome: &outcome,
                memory,
                reasons: O::WANTS_REASONS.then_some(&*record),
            });
            outcome.rescaled.then_some(outcome.desired)
        });
        if let Some(replicas) = rescaled_to {
            self.push(now, Event::ScaleApplied { replicas });
        }
    }

    /// The ReplicaSet brings the number of pods that are not terminating to `replicas`.
    fn scale(&mut self, replicas: Replicas, observer: &mut impl Observer) {
        self.replicas = replicas;
        self.flow_state = FlowState::Changed;
        let missing = replicas.0 - self.plant.pods().current().0;
        for _ in 0..missing {
            self.create_pod(observer);
        }
        if missing < 0 {
            self.delete_pods(missing.unsigned_abs() as usize, observer);
        }
    }

    fn create_pod(&mut self, observer: &mut impl Observer) {
        let created = self.plant.create(self.now);
        let (number, due) = (created.number, created.timeline);
        let steps = [
            (due.scheduled, PodStep::Scheduled),
            (due.started, PodStep::Started),
            (due.ready, PodStep::Ready),
            (due.initialised, PodStep::Initialised),
            (due.endpoint_added, PodStep::EndpointAdded),
        ];
        for (time, step) in steps {
            self.push(time, Event::Pod { number, step });
        }
        if let Some(time) = due.burst_ended {
            let step = PodStep::BurstEnded;
            self.push(time, Event::Pod { number, step });
        }
        self.tell(number, PodState::Created, observer);
    }

    fn delete_pods(&mut self, count: usize, observer: &mut impl Observer) {
        for deleted in self.plant.delete(count, self.now) {
            let (number, ending) = (deleted.number, deleted.ending);
            for (time, step) in [
                (ending.endpoint_removed, PodStep::EndpointRemoved),
                (ending.gone, PodStep::Gone),
            ] {
                let event = Event::Pod { number, step };
                self.queue.push(time, event.phase(), event);
            }
            observer.pod_changed(&PodChange {
                time: self.now,
                pod: number,
                state: PodState::Terminating,
            });
        }
    }
}

/// Requests per second that a row of the trace offers.
///
/// A demand that is known as CPU alone becomes requests of the mean cost; where
/// requests cost nothing there are none.
fn offered_rps(scenario: &Scenario, row: usize) -> f64 {
    let rate = match &scenario.trace.demand {
        Demand::RequestsPerSecond(rates) => rates[row],
        Demand::CpuMillicores(millicores) => {
            let seconds_per_request = scenario
                .deployment
                .containers
                .first()
                .map_or(0.0, |container| container.cpu_seconds_per_request);
            if seconds_per_request > 0.0 {
                millicores[row] / 1000.0 / seconds_per_request
            } else {
                0.0
            }
        }
    };
    rate * scenario.workload.scale
}
