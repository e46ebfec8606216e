//! The request engine: every request is simulated.
//!
//! The engine runs the traffic between two events of the control plane.
//!
//! | module | what it holds |
//! |---|---|
//! | `attempts` | the attempts in flight, in the order of their deadlines |
//! | `servers` | pods as servers: places, queue, CPU |
//! | `traffic` | the path of a request |
//! | `costs` | the cost of a request in a pod that warms up or has a high load |
//! | `load_average` | the load of a pod |
//! | `ledger` | counts of requests by outcome |
//!
//! The cost of an event depends on the logarithm of the number of jobs at one pod's CPU, and of the
//! number of pods. It does not depend on the number of requests so far. In the steady state the
//! engine allocates nothing.

mod attempts;
mod costs;
mod ledger;
mod load_average;
mod servers;
mod traffic;

use std::collections::VecDeque;

use rand_pcg::Pcg32;

use super::before_start::BeforeStart;
use super::latency::PodServer;
use super::observer::{INTERVAL, Observer, PodCounts, PodSpread, RequestSegment};
use super::offered::rps_before;
use super::work::{Notice, Offer, Settled, Work, WorkByPod, WorkGauges};
use crate::cluster::balancer::{Endpoints, ServerId};
use crate::cluster::census::Census;
use crate::cluster::connections::ConnectionPool;
use crate::cluster::cpu::PodCpu;
use crate::cluster::measured::PodGauge;
use crate::cluster::pods::{PodFact, PodStatus, PodStep, Pods};
use crate::engine::random::{Distribution, Stream};
use crate::engine::{Next, TimerQueue};
use crate::scenario::Scenario;
use crate::units::{Replicas, Seed, SimSpan, SimTime};
use crate::workload::arrivals::ArrivalProcess;
use crate::workload::retry_budget::RetryBudget;
use crate::workload::users::{Pause, Users};
use crate::workload::{AfterTimeout, Demand, Retries, Workload};
use attempts::{AttemptId, Attempts};
use costs::RequestCosts;
use ledger::{Cause, Counts, Ledger};
use servers::{CpuMark, Servers};

/// Timer slots: the next arrival, the earliest deadline, then one slot per station.
const ARRIVAL_TIMER: usize = 0;
const DEADLINE_TIMER: usize = 1;
const FIRST_STATION_TIMER: usize = 2;

/// An event of the traffic that has no timer slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Traffic {
    /// The I/O of an attempt ends. Ignored if the entry has another generation.
    InputOutputDone { attempt: AttemptId, generation: u32 },
    /// The pause before a retry ends.
    Retry { attempt: AttemptId },
    /// The think time of a user ends.
    ThoughtOver { user: u32 },
}

/// The source of requests.
#[derive(Clone, Debug)]
enum Load<'s> {
    /// An open load: arrivals at a rate.
    Open(ArrivalProcess<'s>),
    /// A closed load: users that wait for answers.
    Closed(Users),
}

impl<'s> Load<'s> {
    fn of(scenario: &'s Scenario, seed: Seed) -> Self {
        let workload = &scenario.workload;
        let open = |rates: &'s [f64]| {
            Self::Open(ArrivalProcess::new(
                workload.clients.arrivals,
                &scenario.trace.times,
                rates,
                workload.scale,
                seed,
            ))
        };
        match &scenario.trace.demand {
            Demand::RequestsPerSecond(rates) => open(rates),
            Demand::Users(_) => Self::Closed(Users::new(workload.clients.think_time.clone(), seed)),
            // A demand in CPU has no requests; the loader selects the fluid engine for it.
            Demand::CpuMillicores(_) => open(&[]),
        }
    }
}

/// The policy's settings of requests, in the form that the hot path needs.
#[derive(Clone, Debug)]
struct RequestSettings {
    cpu_per_request: Distribution,
    io_per_request: Distribution,
    concurrency: u32,
    queue: u32,
    timeout: SimSpan,
    after_timeout: AfterTimeout,
    retries: Retries,
    connections: u32,
    /// The most requests that a pod can work on within its memory limit.
    working_max: u32,
    /// Whether a pod exceeds its memory limit without any request. Then it is killed whenever it
    /// starts.
    too_much_at_rest: bool,
    request_cores: Option<f64>,
}

impl RequestSettings {
    fn of(scenario: &Scenario) -> Self {
        let workload = &scenario.workload;
        let clients = &workload.clients;
        let deployment = &scenario.deployment;
        let limit = deployment
            .containers
            .first()
            .and_then(|container| deployment.memory_limit_of(container));
        Self {
            cpu_per_request: workload.cpu_per_request.clone(),
            io_per_request: workload.io_per_request.clone(),
            concurrency: workload.concurrency,
            queue: workload.queue,
            // An answer exactly at the timeout still counts as in time.
            timeout: workload.timeout + SimSpan::from_nanos(1),
            after_timeout: clients.after_timeout,
            retries: clients.retries,
            connections: clients.connections.as_ref().map_or(1, |pool| pool.count),
            working_max: limit.map_or(u32::MAX, |limit| working_max(workload, limit)),
            too_much_at_rest: limit.is_some_and(|limit| workload.memory_base_bytes > limit),
            request_cores: PodCpu::of(&scenario.deployment).request_cores,
        }
    }
}

/// The most requests for which `limit` bytes are enough.
///
/// A request that waits is in the backlog of the socket. The application has not accepted its connection, and Linux charges a
/// connection to the container at `accept` (since 5.7, "net: memcg: late association of sock to memcg").
fn working_max(workload: &Workload, limit: u64) -> u32 {
    let room = limit.saturating_sub(workload.memory_base_bytes);
    let requests = room.checked_div(workload.memory_per_request_bytes);
    requests.map_or(u32::MAX, |most| u32::try_from(most).unwrap_or(u32::MAX))
}

/// Gauges of the pods, in the order of the pods. The allocation is reused from scrape to scrape.
#[derive(Clone, Debug, Default)]
struct GaugeColumns {
    requests_per_second: Vec<f64>,
    requests_counted: Vec<f64>,
    in_flight: Vec<f64>,
    /// The time of the last scrape; `None` before the first.
    taken: Option<SimTime>,
}

/// The state of the request engine: requests in flight, and pods as servers.
#[derive(Clone, Debug)]
pub(super) struct Requests<'s> {
    scenario: &'s Scenario,
    settings: RequestSettings,
    load: Load<'s>,
    agenda: TimerQueue<Traffic>,
    attempts: Attempts,
    endpoints: Endpoints,
    connections: Option<ConnectionPool>,
    servers: Servers,
    /// `None` if a request always has its plain cost.
    costs: Option<RequestCosts>,
    budget: RetryBudget,
    service: Pcg32,
    balancing: Pcg32,
    pauses: Pcg32,
    ledger: Ledger,
    now: SimTime,
    notices: VecDeque<Notice>,
    doomed: Vec<AttemptId>,
    gauges: GaugeColumns,
    /// The number of pods at the start, and the requests per second that each received before it.
    initial_pods: u32,
    rps_before_start: f64,
}

impl<'s> Requests<'s> {
    pub(super) fn new(scenario: &'s Scenario, seed: Seed) -> Self {
        let clients = &scenario.workload.clients;
        let initial_pods = u32::try_from(scenario.deployment.replicas.0).unwrap_or(0);
        let server = PodServer::of(scenario);
        let before = BeforeStart::of(&server, rps_before(scenario), initial_pods);
        let mut requests = Self {
            scenario,
            settings: RequestSettings::of(scenario),
            load: Load::of(scenario, seed),
            agenda: TimerQueue::new(FIRST_STATION_TIMER),
            attempts: Attempts::new(),
            endpoints: Endpoints::new(clients.balancer),
            connections: clients
                .connections
                .as_ref()
                .map(|pool| ConnectionPool::new(pool.lifetime.clone())),
            servers: Servers::new(&scenario.deployment, seed),
            costs: RequestCosts::of(scenario, before.utilization, initial_pods),
            budget: RetryBudget::new(&clients.retries),
            service: Stream::Service.generator(seed, 0),
            balancing: Stream::Balancing.generator(seed, 0),
            pauses: Stream::Retries.generator(seed, 0),
            ledger: Ledger::default(),
            now: SimTime::ZERO,
            notices: VecDeque::new(),
            doomed: Vec::new(),
            gauges: GaugeColumns::default(),
            initial_pods,
            rps_before_start: before.arrivals_per_pod,
        };
        requests.schedule_arrival();
        requests
    }

    /// The segment that ends at `now`; starts the next one.
    fn segment(&mut self, now: SimTime) -> RequestSegment {
        let start = self.ledger.start;
        let nanos = (now - start).as_nanos() as f64;
        let request = self.settings.request_cores.filter(|request| *request > 0.0);
        let mut used = 0.0;
        let mut used_by_ready = 0.0;
        let mut ready = 0.0;
        let mut working_periods = 0;
        let mut throttled_periods = 0;
        for row in 0..self.servers.rows() {
            let Some(place) = self.servers.place_in(row) else {
                continue;
            };
            let mark = self.servers.mark(place, now);
            let server = self.servers.get_mut(place);
            let before = std::mem::replace(&mut server.segment, mark);
            used += mark.used - before.used;
            working_periods += mark.periods.working - before.periods.working;
            throttled_periods += mark.periods.throttled - before.periods.throttled;
            if server.status.counts_as_ready() {
                ready += 1.0;
                used_by_ready += mark.used - before.used;
            }
        }
        let counts = std::mem::take(&mut self.ledger.counts);
        let Counts {
            offered,
            succeeded,
            failed,
            retried,
            queued,
            oom_kills,
        } = counts;
        RequestSegment {
            start,
            end: now,
            nominal_rps: self.ledger.nominal_rps,
            users: match &self.load {
                Load::Open(_) => None,
                Load::Closed(users) => Some(users.present()),
            },
            offered,
            succeeded,
            failed,
            retried,
            queued,
            in_flight: self.ledger.in_flight,
            cpu_core_seconds: used / 1e9,
            cpu_share_of_request: request
                .filter(|_| ready > 0.0)
                .map(|request| used_by_ready / (ready * request * nanos)),
            working_periods,
            throttled_periods,
            oom_kills,
            pod_cpu: self.ends_interval(now).then(|| self.pod_cpu(now)).flatten(),
            pods: self.ledger.pods,
        }
    }

    fn ends_interval(&self, now: SimTime) -> bool {
        now.as_nanos() % INTERVAL.as_nanos() == 0 || now == self.scenario.trace.end()
    }

    /// The distribution of CPU use over the ready pods in the interval that ends at `now`; starts
    /// the next interval.
    fn pod_cpu(&mut self, now: SimTime) -> Option<PodSpread> {
        let request = self.settings.request_cores.filter(|request| *request > 0.0);
        let mut ready = 0_u32;
        let mut spread = PodSpread {
            min: f64::INFINITY,
            mean: 0.0,
            max: 0.0,
            max_throttled_share: 0.0,
        };
        for row in 0..self.servers.rows() {
            let Some(place) = self.servers.place_in(row) else {
                continue;
            };
            let server = self.servers.get_mut(place);
            let CpuMark { used, periods } = server.segment;
            let before = std::mem::replace(&mut server.interval, server.segment);
            let since = std::mem::replace(&mut server.interval_start, now);
            let nanos = (now - since).as_nanos() as f64;
            if !server.status.counts_as_ready() || nanos <= 0.0 {
                continue;
            }
            ready += 1;
            let share = (used - before.used) / (nanos * request.unwrap_or(1.0));
            spread.min = spread.min.min(share);
            spread.max = spread.max.max(share);
            spread.mean += share;
            let working = periods.working - before.periods.working;
            let throttled = periods.throttled - before.periods.throttled;
            if working > 0 {
                // A period counts as working where its work begins and as throttled where its quota
                // ends, which may be in the next interval. So the quotient may exceed 1.
                let share = (throttled as f64 / working as f64).min(1.0);
                spread.max_throttled_share = spread.max_throttled_share.max(share);
            }
        }
        spread.mean /= f64::from(ready);
        request.filter(|_| ready > 0).map(|_| spread)
    }

    fn create(&mut self, number: u32, now: SimTime) -> ServerId {
        let place = self.servers.create(number, now);
        self.agenda
            .make_room(self.servers.stations() + FIRST_STATION_TIMER);
        if let Some(costs) = &mut self.costs {
            costs.add(place as usize, number, now);
        }
        place
    }

    /// Begins anew to count the work and the load of a container that starts.
    fn restarted(&mut self, place: ServerId) {
        self.servers.restarted(place, self.now);
        if let Some(costs) = &mut self.costs {
            let first = self.servers.station_index(place, 0);
            let used = self.servers.station(first).used();
            costs.restart(place as usize, self.now, used);
        }
    }
}

impl Work for Requests<'_> {
    type ByPod = Self;

    fn by_pod(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    fn offer(&mut self, offer: Offer, now: SimTime) -> bool {
        self.ledger.nominal_rps = offer.nominal_rps;
        if let (Load::Closed(users), Demand::Users(numbers)) =
            (&mut self.load, &self.scenario.trace.demand)
        {
            let number = (numbers[offer.row] * self.scenario.workload.scale).round();
            let (agenda, connections) = (&mut self.agenda, &mut self.connections);
            let mut sends_after = |pause: Pause| {
                let user = pause.user;
                agenda.push(now + pause.length, Traffic::ThoughtOver { user });
            };
            if offer.row == 0 {
                users.start(number as u32, sends_after);
            } else {
                users.change_number(number as u32, |pause| {
                    if let Some(pool) = connections {
                        // A new user may have the number of a former one, and needs a connection of
                        // its own.
                        pool.close(pause.user);
                    }
                    sends_after(pause);
                });
            }
        }
        true
    }

    fn close(&mut self, now: SimTime, observer: &mut impl Observer) {
        if now <= self.ledger.start {
            return;
        }
        let segment = self.segment(now);
        observer.served(&segment);
        self.ledger.start = now;
    }

    fn settle(
        &mut self,
        _now: SimTime,
        pods: &Census,
        desired: Replicas,
        _observer: &mut impl Observer,
    ) -> Settled {
        self.ledger.pods = PodCounts::of(pods, desired);
        Settled {
            backlog_changes: None,
            rates: None,
        }
    }

    fn gauges(&mut self, now: SimTime, pods: &Pods) -> WorkGauges<'_> {
        let interval = self.scenario.metrics.scrape_interval;
        // The first interval began before the start, when each initial pod received its share of
        // the load.
        let since = self.gauges.taken.unwrap_or(now + -interval);
        let before_start = (SimTime::ZERO - since).as_secs_f64().max(0.0) * self.rps_before_start;
        let seconds = (now - since).as_secs_f64();
        let columns = &mut self.gauges;
        columns.taken = Some(now);
        columns.requests_per_second.clear();
        columns.requests_counted.clear();
        columns.in_flight.clear();
        for number in pods.numbers() {
            let place = self.servers.place_of(*number);
            let Some(server) = place.map(|place| self.servers.get_mut(place)) else {
                // Every pod needs an entry; without one, the gauges of all later pods would shift.
                columns.requests_per_second.push(0.0);
                columns.requests_counted.push(0.0);
                columns.in_flight.push(0.0);
                continue;
            };
            let before = std::mem::replace(&mut server.reached_at_scrape, server.reached);
            let mut reached = (server.reached - before) as f64;
            if *number < self.initial_pods {
                reached += before_start;
            }
            let rate = if seconds > 0.0 {
                reached / seconds
            } else {
                0.0
            };
            columns.requests_per_second.push(rate);
            columns
                .requests_counted
                .push((server.reached - server.counts_from) as f64);
            columns.in_flight.push(f64::from(server.present()));
        }
        WorkGauges {
            requests_per_second: PodGauge::Each(&columns.requests_per_second),
            requests_counted: PodGauge::Each(&columns.requests_counted),
            in_flight: PodGauge::Each(&columns.in_flight),
        }
    }

    fn in_flight(&self) -> f64 {
        self.ledger.in_flight as f64
    }
}

impl WorkByPod for Requests<'_> {
    fn pod_changed(&mut self, number: u32, status: PodStatus, step: Option<PodStep>, now: SimTime) {
        self.now = now;
        let place = match self.servers.place_of(number) {
            Some(place) => place,
            None => self.create(number, now),
        };
        self.follow_load(place);
        match step {
            Some(PodStep::Gone) => {
                self.endpoints.remove(place);
                self.fail_all(place, Cause::PodGone);
                return self.servers.remove(number);
            }
            Some(PodStep::Killed) => {
                self.ledger.counts.oom_kills += 1;
                self.servers.set_status(place, status, now);
                self.fail_all(place, Cause::OomKilled);
                return self.notice_if_drained(place);
            }
            Some(PodStep::Started) => self.restarted(place),
            Some(PodStep::Initialised) => {
                let server = self.servers.get_mut(place);
                server.counts_from = server.reached;
            }
            _ => {}
        }
        self.servers.set_status(place, status, now);
        // The step may change the pod's speed, and with it the times of completions.
        self.reset_timers(place);
        if self.settings.too_much_at_rest && status.is(PodFact::Started) {
            self.notices.push_back(Notice::OutOfMemory(number));
        }
        if status.is(PodFact::Endpoint) {
            self.endpoints.add(place);
        } else {
            self.endpoints.remove(place);
        }
    }

    fn run_before(&mut self, limit: SimTime, observer: &mut impl Observer) -> Option<Notice> {
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return Some(notice);
            }
            let next = self.agenda.next_before(limit)?;
            self.now = next.time;
            match next.what {
                Next::Timer(slot) => self.timer(slot, observer),
                Next::Event(event) => self.event(event, observer),
            }
        }
    }

    fn work_of(&mut self, number: u32, container: usize, now: SimTime) -> f64 {
        self.servers
            .place_of(number)
            .map_or(0.0, |place| self.servers.work_of(place, container, now))
    }

    fn lets_go(&mut self, number: u32) -> bool {
        let Some(place) = self.servers.place_of(number) else {
            return true;
        };
        let server = self.servers.get_mut(place);
        if server.present() == 0 {
            return true;
        }
        server.drains = true;
        false
    }

    fn now(&self) -> SimTime {
        self.now
    }
}
