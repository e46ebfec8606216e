//! The path of a request: sent, queued, processed, answered or failed.

use rand::RngExt;

use super::attempts::{AttemptId, AttemptPlace, Client, ClientRequest, NO_USER};
use super::ledger::Cause;
use super::{ARRIVAL_TIMER, DEADLINE_TIMER, FIRST_STATION_TIMER, Load, Requests, Traffic};
use crate::cluster::balancer::ServerId;
use crate::cluster::pods::PodFact;
use crate::simulation::observer::Observer;
use crate::simulation::work::Notice;
use crate::units::{SimSpan, SimTime};
use crate::workload::AfterTimeout;
use crate::workload::users::AfterThinking;

/// The pause reaches its maximum at latest after this many doublings.
const DOUBLINGS_MAX: u32 = 40;

impl Requests<'_> {
    /// Handles the timer in `slot`.
    #[inline]
    pub(super) fn timer(&mut self, slot: usize, observer: &mut impl Observer) {
        match slot {
            ARRIVAL_TIMER => self.arrive(),
            DEADLINE_TIMER => self.give_up_due(),
            station => self.complete(station, observer),
        }
    }

    /// Handles an event without a timer slot.
    pub(super) fn event(&mut self, event: Traffic, observer: &mut impl Observer) {
        match event {
            Traffic::InputOutputDone {
                attempt,
                generation,
            } => {
                let entry = self.attempts.get(attempt);
                // An attempt that was cancelled or killed is not in I/O any more.
                if entry.generation == generation && entry.place == AttemptPlace::InputOutput {
                    self.leave_io(attempt);
                    self.finish(attempt, observer);
                }
            }
            Traffic::Retry { attempt } => {
                self.ledger.counts.retried += 1;
                self.send(attempt);
            }
            Traffic::ThoughtOver { user } => self.user_sends(user),
        }
    }

    /// An arrival of an open load; schedules the next one.
    #[inline]
    fn arrive(&mut self) {
        self.schedule_arrival();
        self.offer_request(NO_USER);
    }

    /// Schedules the next arrival of an open load.
    #[inline]
    pub(super) fn schedule_arrival(&mut self) {
        let next = match &mut self.load {
            Load::Open(arrivals) => arrivals.next_arrival(),
            Load::Closed(_) => None,
        };
        match next {
            Some(time) => self.agenda.set(ARRIVAL_TIMER, time),
            None => self.agenda.unset(ARRIVAL_TIMER),
        }
    }

    fn user_sends(&mut self, user: u32) {
        let Load::Closed(users) = &mut self.load else {
            return;
        };
        if users.thought(user) == AfterThinking::Sends {
            self.offer_request(user);
        }
    }

    #[inline]
    fn offer_request(&mut self, user: u32) {
        let request = ClientRequest {
            first_sent: self.now,
            demand: self
                .settings
                .cpu_per_request
                .sample_nanos(&mut self.service),
            io: self.settings.io_per_request.sample_nanos(&mut self.service),
            user,
            failures: 0,
        };
        self.ledger.offered();
        self.budget.deposit();
        let attempt = self.attempts.create(request);
        self.send(attempt);
    }

    /// Sends an attempt to a pod, if one accepts it.
    #[inline]
    fn send(&mut self, attempt: AttemptId) {
        let Some(place) = self.choose(attempt) else {
            return self.refuse(attempt, Cause::NoEndpoint);
        };
        self.follow_load(place);
        let (concurrency, queue) = (self.settings.concurrency, self.settings.queue);
        let server = self.servers.get_mut(place);
        server.reached += 1;
        if !server.status.is_serving() {
            return self.refuse(attempt, Cause::NotInitialised);
        }
        let has_place = server.working < concurrency;
        if !has_place && server.queued >= queue {
            return self.refuse(attempt, Cause::QueueFull);
        }
        if has_place {
            server.working += 1;
            if server.working > self.settings.working_max {
                self.notices.push_back(Notice::OutOfMemory(server.number));
            }
        } else {
            server.queued += 1;
            server.queue.push_back(attempt);
            self.ledger.counts.queued += 1;
        }
        self.endpoints.sent(place);
        self.wait_for_answer(attempt);
        let entry = self.attempts.get_mut(attempt);
        entry.server = place;
        if has_place {
            self.begin_work(attempt);
        } else {
            entry.place = AttemptPlace::Queue;
        }
    }

    #[inline]
    fn choose(&mut self, attempt: AttemptId) -> Option<ServerId> {
        let Some(pool) = &mut self.connections else {
            return self.endpoints.choose(&mut self.balancing);
        };
        let user = self.attempts.get(attempt).request.user;
        let number = if user == NO_USER {
            self.balancing.random_range(0..self.settings.connections)
        } else {
            user
        };
        let servers = &self.servers;
        let incarnation = |place: ServerId| servers.get(place).incarnation;
        pool.server(
            number,
            self.now,
            &mut self.endpoints,
            &incarnation,
            &mut self.balancing,
        )
    }

    #[inline]
    fn wait_for_answer(&mut self, attempt: AttemptId) {
        let deadline = self.now + self.settings.timeout;
        if self.attempts.first_to_give_up().is_none() {
            self.agenda.set(DEADLINE_TIMER, deadline);
        }
        self.attempts.wait(attempt, deadline);
    }

    /// Fails an attempt that no pod accepted.
    fn refuse(&mut self, attempt: AttemptId, cause: Cause) {
        let request = self.attempts.get(attempt).request;
        self.attempts.release(attempt);
        self.failed(request, cause);
    }

    /// Starts the work of the first container on an attempt.
    #[inline]
    fn begin_work(&mut self, attempt: AttemptId) {
        let entry = self.attempts.get_mut(attempt);
        entry.place = AttemptPlace::Station;
        let (server, demand) = (entry.server, entry.request.demand);
        let demand = match &self.costs {
            None => demand,
            Some(costs) => {
                let is_warming = self.servers.get(server).status.is(PodFact::Warming);
                demand * costs.factor(server as usize, is_warming)
            }
        };
        self.add_to_station(server, 0, attempt, demand);
    }

    /// Adds the time until now to the load of a pod, if it matters. Must be called before a change
    /// of the requests in process or of the pod's CPU.
    #[inline]
    pub(super) fn follow_load(&mut self, place: ServerId) {
        if let Some(costs) = &mut self.costs
            && costs.follows_load()
        {
            let working = self.servers.get(place).working;
            let first = self.servers.station_index(place, 0);
            let station = self.servers.station(first);
            station.advance(self.now);
            costs.update(place as usize, self.now, station, working);
        }
    }

    #[inline]
    fn add_to_station(&mut self, server: ServerId, stage: usize, attempt: AttemptId, demand: f64) {
        let index = self.servers.station_index(server, stage);
        let ticket = self.servers.station(index).add(self.now, attempt, demand);
        let entry = self.attempts.get_mut(attempt);
        entry.stage = stage as u16;
        entry.ticket = ticket;
        self.reset_timer(index);
    }

    /// Sets a station's timer to its next completion.
    #[inline]
    fn reset_timer(&mut self, index: usize) {
        let next = self.servers.station(index).next_done();
        let slot = index + FIRST_STATION_TIMER;
        if next < SimTime::DISTANT_FUTURE {
            self.agenda.set(slot, next);
        } else {
            self.agenda.unset(slot);
        }
    }

    /// Sets the timers of all stations of a pod.
    pub(super) fn reset_timers(&mut self, place: ServerId) {
        for stage in 0..self.servers.stages() {
            self.reset_timer(self.servers.station_index(place, stage));
        }
    }

    /// A container has completed an attempt, which moves on to the next container, to I/O, or to
    /// the answer.
    #[inline]
    fn complete(&mut self, slot: usize, observer: &mut impl Observer) {
        let index = slot - FIRST_STATION_TIMER;
        let done = self.servers.station(index).finish(self.now);
        self.reset_timer(index);
        let Some(attempt) = done else {
            return;
        };
        let entry = self.attempts.get_mut(attempt);
        let (server, io) = (entry.server, entry.request.io);
        let next_stage = index - self.servers.station_index(server, 0) + 1;
        if next_stage < self.servers.stages() {
            let demand = self.servers.demand(next_stage);
            self.add_to_station(server, next_stage, attempt, demand);
        } else if io > 0.0 {
            entry.place = AttemptPlace::InputOutput;
            let generation = entry.generation;
            let in_io = &mut self.servers.get_mut(server).in_io;
            entry.ticket = in_io.len() as u32;
            in_io.push(attempt);
            self.agenda.push(
                self.now + SimSpan::from_nanos(io as i64),
                Traffic::InputOutputDone {
                    attempt,
                    generation,
                },
            );
        } else {
            self.finish(attempt, observer);
        }
    }

    /// Removes an attempt from the list of its server's I/O.
    #[inline]
    fn leave_io(&mut self, attempt: AttemptId) {
        let entry = self.attempts.get(attempt);
        let (server, place) = (entry.server, entry.ticket);
        let in_io = &mut self.servers.get_mut(server).in_io;
        in_io.swap_remove(place as usize);
        if let Some(moved) = in_io.get(place as usize) {
            self.attempts.get_mut(*moved).ticket = place;
        }
    }

    /// Completes an attempt after its last work.
    #[inline]
    fn finish(&mut self, attempt: AttemptId, observer: &mut impl Observer) {
        let entry = self.attempts.get(attempt);
        let (server, client, request) = (entry.server, entry.client, entry.request);
        if client == Client::Waits {
            self.attempts.wait_no_more(attempt);
            self.endpoints.answered(server);
            self.ledger.succeeded();
            observer.answered(self.now - request.first_sent);
            self.think(request.user);
        }
        self.attempts.release(attempt);
        self.free_place(server);
    }

    /// Frees a place in a pod; the next request in its queue takes it.
    #[inline]
    fn free_place(&mut self, place: ServerId) {
        self.follow_load(place);
        let server = self.servers.get_mut(place);
        server.working -= 1;
        while let Some(next) = server.queue.pop_front() {
            if self.attempts.get(next).place == AttemptPlace::Dropped {
                self.attempts.release(next);
                continue;
            }
            server.queued -= 1;
            server.working += 1;
            return self.begin_work(next);
        }
        self.notice_if_drained(place);
    }

    /// Notifies the control plane if a draining pod has no request left.
    pub(super) fn notice_if_drained(&mut self, place: ServerId) {
        let server = self.servers.get_mut(place);
        if server.drains && server.present() == 0 {
            server.drains = false;
            self.notices.push_back(Notice::Drained(server.number));
        }
    }

    /// Times out every attempt whose deadline has passed.
    fn give_up_due(&mut self) {
        while let Some(first) = self.attempts.first_to_give_up() {
            let deadline = self.attempts.get(first).deadline;
            if deadline > self.now {
                // The attempts with the earlier deadlines have been answered since the timer was
                // set.
                return self.agenda.set(DEADLINE_TIMER, deadline);
            }
            self.give_up(first);
        }
        self.agenda.unset(DEADLINE_TIMER);
    }

    fn give_up(&mut self, attempt: AttemptId) {
        self.attempts.wait_no_more(attempt);
        let entry = self.attempts.get_mut(attempt);
        entry.client = Client::GaveUp;
        let (server, request) = (entry.server, entry.request);
        self.endpoints.answered(server);
        if self.settings.after_timeout == AfterTimeout::Cancel {
            self.cancel(attempt);
        }
        self.failed(request, Cause::TimedOut);
    }

    /// Removes an attempt from its pod.
    fn cancel(&mut self, attempt: AttemptId) {
        let entry = self.attempts.get_mut(attempt);
        let place = entry.server;
        match entry.place {
            AttemptPlace::Queue => {
                entry.place = AttemptPlace::Dropped;
                self.servers.get_mut(place).queued -= 1;
                self.notice_if_drained(place);
            }
            AttemptPlace::Station => {
                let (working, ticket) = (usize::from(entry.stage), entry.ticket);
                for stage in 0..self.servers.stages() {
                    let index = self.servers.station_index(place, stage);
                    let station = self.servers.station(index);
                    if stage == working {
                        station.cancel(self.now, ticket);
                    } else {
                        // This station keeps all its jobs, but must advance to `now` all the same.
                        // Every division of a stretch of time rounds, so without this call the
                        // results would differ in their last bits from those of earlier versions.
                        station.advance(self.now);
                    }
                    self.reset_timer(index);
                }
                self.attempts.release(attempt);
                self.free_place(place);
            }
            AttemptPlace::InputOutput => {
                self.leave_io(attempt);
                self.attempts.release(attempt);
                self.free_place(place);
            }
            AttemptPlace::Free | AttemptPlace::Pause | AttemptPlace::Dropped => {}
        }
    }

    /// Fails all requests in a pod.
    pub(super) fn fail_all(&mut self, place: ServerId, cause: Cause) {
        self.follow_load(place);
        let mut doomed = std::mem::take(&mut self.doomed);
        doomed.clear();
        for stage in 0..self.servers.stages() {
            let index = self.servers.station_index(place, stage);
            let station = self.servers.station(index);
            doomed.extend(station.requests());
            station.clear(self.now);
            self.reset_timer(index);
        }
        let server = self.servers.get_mut(place);
        doomed.extend(server.queue.drain(..));
        doomed.append(&mut server.in_io);
        server.working = 0;
        server.queued = 0;
        // Sorted, because the order determines which retry gets which random number.
        doomed.sort_unstable();
        for &attempt in &doomed {
            let entry = self.attempts.get(attempt);
            let (client, request) = (entry.client, entry.request);
            if client == Client::Waits {
                self.attempts.wait_no_more(attempt);
                self.endpoints.answered(place);
            }
            self.attempts.release(attempt);
            if client == Client::Waits {
                self.failed(request, cause);
            }
        }
        self.doomed = doomed;
    }

    /// Handles a failed attempt: its client retries after a pause, or the request fails for good.
    fn failed(&mut self, request: ClientRequest, cause: Cause) {
        let retries = self.settings.retries;
        if request.failures < retries.max && self.budget.withdraw() {
            let doublings = request.failures.min(DOUBLINGS_MAX);
            let pause = retries.backoff.as_secs_f64() * 2.0_f64.powi(doublings as i32);
            let share: f64 = self.pauses.random();
            let pause = share * pause.min(retries.max_backoff.as_secs_f64());
            let attempt = self.attempts.create(ClientRequest {
                failures: request.failures + 1,
                ..request
            });
            let time = self.now + SimSpan::from_secs_f64(pause);
            self.agenda.push(time, Traffic::Retry { attempt });
            return;
        }
        self.ledger.failed(cause);
        self.think(request.user);
    }

    /// Starts the pause of a user whose request is over, unless the user leaves.
    #[inline]
    fn think(&mut self, user: u32) {
        if user == NO_USER {
            return;
        }
        if let Load::Closed(users) = &mut self.load
            && let Some(pause) = users.answered(user)
        {
            let time = self.now + pause.length;
            self.agenda.push(time, Traffic::ThoughtOver { user });
        }
    }
}
