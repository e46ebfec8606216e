//! A container's CPU as a server of requests: processor sharing under a CFS quota, or at a constant rate.
//!
//! All jobs progress at the same speed. So one number describes the progress of them all: the work
//! that each job has received since the station was last empty (virtual time). An arrival or a
//! completion costs one heap operation, whatever the number of jobs.
//!
//! Periods and stalls of the quota are not events. The number of jobs is constant between two
//! arrivals or completions. So the work done over many periods, and the time of the next
//! completion, have closed forms.

use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap};

use crate::units::SimTime;

/// `cpu.cfs_period_us`, which Kubernetes leaves at 100 ms (kubelet `--cpu-cfs-quota-period`).
pub const CFS_PERIOD_NANOS: i64 = 100_000_000;
const PERIOD: f64 = CFS_PERIOD_NANOS as f64;

/// An amount of work below this many core-nanoseconds is a rounding error.
const NO_WORK: f64 = 1e-3;
/// A share of a period below this is a rounding error.
const NO_PERIOD: f64 = 1e-9;

/// The speed of a station.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Cores for all jobs together; each job uses at most one.
    pub cores: f64,
    /// Core-nanoseconds per CFS period, after which the station stalls; infinite without a quota.
    pub quota: f64,
}

/// Identifies a job at its station, until the station is empty.
pub type Ticket = u32;

/// A job.
#[derive(Clone, Copy, Debug)]
struct Job {
    /// The value of `attained` at which the job is done, in core-nanoseconds. The bits of a
    /// non-negative float sort like the float.
    finish: u64,
    /// Orders equal jobs by arrival.
    ticket: Ticket,
    request: u32,
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Job {}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reversed, because the heap pops the greatest.
impl Ord for Job {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (other.finish, other.ticket).cmp(&(self.finish, self.ticket))
    }
}

/// The state of the current CFS period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    /// No job so far.
    Idle,
    /// There are jobs, and quota is left.
    Working,
    /// The quota was spent before the jobs were done.
    Throttled,
}

/// The number of CFS periods with jobs, and of throttled ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeriodCounts {
    /// Periods with jobs (`nr_periods`).
    pub working: u64,
    /// Periods in which the quota was spent before the jobs were done (`nr_throttled`).
    pub throttled: u64,
}

/// The CPU of one container, with its jobs.
#[derive(Clone, Debug)]
pub struct Station {
    /// The jobs, including cancelled ones. The first one is never cancelled.
    jobs: BinaryHeap<Job>,
    /// The tickets of the cancelled jobs in `jobs`. After a cancellation at most half of `jobs` are
    /// cancelled; completions can raise this share.
    cancelled: BTreeSet<Ticket>,
    /// The work that each job has received since the station was last empty, in core-nanoseconds.
    attained: f64,
    updated: i64,
    speed: Speed,
    /// The speed of each job, in cores.
    each: f64,
    /// The quota that is left in the current period.
    left: f64,
    period_end: i64,
    period: Period,
    counts: PeriodCounts,
    /// CPU that jobs have used, in core-nanoseconds.
    used: f64,
    ticket: Ticket,
}

impl Station {
    /// An empty station. Its CFS periods begin `phase_nanos` (0 to 100 ms) after full tenths of a
    /// second.
    #[must_use]
    pub fn new(speed: Speed, phase_nanos: i64) -> Self {
        Self {
            jobs: BinaryHeap::new(),
            cancelled: BTreeSet::new(),
            attained: 0.0,
            updated: 0,
            speed,
            each: 0.0,
            left: speed.quota,
            period_end: phase_nanos,
            period: Period::Idle,
            counts: PeriodCounts::default(),
            used: 0.0,
            ticket: 0,
        }
    }

    /// CPU that jobs have used, in core-nanoseconds. A completed job has used exactly its demand.
    #[must_use]
    pub fn used(&self) -> f64 {
        self.used
    }

    /// Cores that jobs can use on average, if there are enough of them.
    #[must_use]
    pub fn cores(&self) -> f64 {
        self.speed.cores.min(self.speed.quota / PERIOD)
    }

    /// The CFS periods so far.
    #[must_use]
    pub fn periods(&self) -> PeriodCounts {
        self.counts
    }

    /// Adds a job of `demand` core-nanoseconds for `request`; the ticket is for
    /// [`Station::cancel`].
    #[inline]
    pub fn add(&mut self, now: SimTime, request: u32, demand: f64) -> Ticket {
        self.advance(now);
        if self.jobs.is_empty() {
            self.attained = 0.0;
            self.ticket = 0;
            self.begin(now.as_nanos());
        }
        let ticket = self.ticket;
        self.jobs.push(Job {
            finish: (self.attained + demand).to_bits(),
            ticket,
            request,
        });
        self.ticket = ticket.wrapping_add(1);
        self.share();
        ticket
    }

    /// The number of jobs that are not cancelled.
    #[inline]
    fn at_work(&self) -> usize {
        self.jobs.len() - self.cancelled.len()
    }

    /// Completes the job that is done at `now`, the time that [`Station::next_done`] returned.
    /// Returns its request.
    #[inline]
    pub fn finish(&mut self, now: SimTime) -> Option<u32> {
        self.advance(now);
        let job = self.jobs.pop()?;
        // `now` is rounded up to a whole nanosecond. The excess over the demand was not work.
        self.used -= self.attained - f64::from_bits(job.finish);
        self.uncover();
        self.share();
        Some(job.request)
    }

    /// Cancels the job of this ticket, which must not be done yet. The CPU that it has used stays
    /// used.
    ///
    /// The job stays in the heap until its completion would be due, or until more than half of the
    /// heap is cancelled. So a cancellation costs amortised logarithmic time.
    pub fn cancel(&mut self, now: SimTime, ticket: Ticket) {
        self.advance(now);
        self.cancelled.insert(ticket);
        if 2 * self.cancelled.len() > self.jobs.len() {
            let cancelled = std::mem::take(&mut self.cancelled);
            self.jobs.retain(|job| !cancelled.contains(&job.ticket));
        }
        self.uncover();
        self.share();
    }

    /// Removes cancelled jobs from the head of the heap.
    #[inline]
    fn uncover(&mut self) {
        while !self.cancelled.is_empty()
            && let Some(first) = self.jobs.peek()
            && self.cancelled.remove(&first.ticket)
        {
            self.jobs.pop();
        }
    }

    /// The requests of all jobs, in no particular order.
    pub fn requests(&self) -> impl Iterator<Item = u32> + '_ {
        let at_work = |job: &&Job| !self.cancelled.contains(&job.ticket);
        self.jobs.iter().filter(at_work).map(|job| job.request)
    }

    /// Removes all jobs.
    pub fn clear(&mut self, now: SimTime) {
        self.advance(now);
        self.jobs.clear();
        self.cancelled.clear();
        self.share();
    }

    /// Changes the speed at `now`.
    pub fn set_speed(&mut self, now: SimTime, speed: Speed) {
        self.advance(now);
        self.left = (self.left + speed.quota - self.speed.quota).max(0.0);
        if speed.quota.is_infinite() || self.speed.quota.is_infinite() {
            self.left = speed.quota;
        }
        self.speed = speed;
        self.share();
    }

    /// The time of the next completion if nothing changes; [`SimTime::DISTANT_FUTURE`] if never.
    #[inline]
    #[must_use]
    pub fn next_done(&self) -> SimTime {
        let Some(first) = self.jobs.peek() else {
            return SimTime::DISTANT_FUTURE;
        };
        let rest = (f64::from_bits(first.finish) - self.attained).max(0.0);
        if self.speed.quota.is_infinite() {
            after(self.updated, rest / self.each)
        } else {
            self.next_done_under_quota(rest * self.at_work() as f64)
        }
    }

    /// The time at which `work` more core-nanoseconds will be done.
    fn next_done_under_quota(&self, work: f64) -> SimTime {
        let rate = self.each * self.at_work() as f64;
        let in_this_period = self
            .left
            .min(rate * (self.period_end - self.updated) as f64);
        if work <= in_this_period + NO_WORK {
            return after(self.updated, work / rate);
        }
        let rest = work - in_this_period;
        let in_a_period = self.speed.quota.min(rate * PERIOD);
        if in_a_period <= NO_WORK {
            return SimTime::DISTANT_FUTURE;
        }
        let whole_periods = ((rest / in_a_period - NO_PERIOD).ceil() - 1.0).max(0.0);
        let in_the_last = rest - whole_periods * in_a_period;
        after(
            self.period_end,
            whole_periods * PERIOD + in_the_last.max(0.0) / rate,
        )
    }

    /// Does the work until `now`.
    #[inline]
    pub fn advance(&mut self, now: SimTime) {
        let now = now.as_nanos();
        let elapsed = (now - self.updated) as f64;
        if self.jobs.is_empty() || elapsed <= 0.0 {
            self.updated = now;
            return;
        }
        if self.speed.quota.is_infinite() {
            let got = self.each * elapsed;
            self.attained += got;
            self.used += got * self.at_work() as f64;
        } else {
            let work = self.work_until(now);
            self.attained += work / self.at_work() as f64;
            self.used += work;
        }
        self.updated = now;
    }

    /// The work that the quota allows from `updated` to `now`. Takes it from the quota.
    #[inline]
    fn work_until(&mut self, now: i64) -> f64 {
        let rate = self.each * self.at_work() as f64;
        if now <= self.period_end {
            return self.spend(rate * (now - self.updated) as f64);
        }
        let first = self.spend(rate * (self.period_end - self.updated) as f64);
        let beyond = now - self.period_end;
        let whole_periods = (beyond - 1) / CFS_PERIOD_NANOS;
        let wanted = rate * PERIOD;
        self.counts.working += whole_periods as u64;
        if wanted > self.speed.quota + NO_WORK {
            self.counts.throttled += whole_periods as u64;
        }
        self.period_end += (whole_periods + 1) * CFS_PERIOD_NANOS;
        self.renew();
        let last = self.spend(rate * (beyond - whole_periods * CFS_PERIOD_NANOS) as f64);
        first + whole_periods as f64 * wanted.min(self.speed.quota) + last
    }

    /// Takes `wanted` from the quota of the current period, or as much as is left.
    #[inline]
    fn spend(&mut self, wanted: f64) -> f64 {
        if wanted <= self.left {
            self.left -= wanted;
            return wanted;
        }
        if wanted > self.left + NO_WORK && self.period != Period::Throttled {
            self.period = Period::Throttled;
            self.counts.throttled += 1;
        }
        std::mem::take(&mut self.left)
    }

    /// Starts work after an idle time: the periods that passed are over.
    fn begin(&mut self, now: i64) {
        if self.speed.quota.is_infinite() {
            return;
        }
        if now >= self.period_end {
            let passed = (now - self.period_end) / CFS_PERIOD_NANOS + 1;
            self.period_end += passed * CFS_PERIOD_NANOS;
            self.left = self.speed.quota;
            self.period = Period::Idle;
        }
        if self.period == Period::Idle {
            self.period = Period::Working;
            self.counts.working += 1;
        }
    }

    /// Starts a new period with jobs.
    fn renew(&mut self) {
        self.left = self.speed.quota;
        self.period = Period::Working;
        self.counts.working += 1;
    }

    /// Divides the cores among the jobs.
    #[inline]
    fn share(&mut self) {
        let number = self.at_work() as f64;
        self.each = if number <= self.speed.cores {
            1.0
        } else {
            self.speed.cores / number
        };
    }
}

/// The first whole nanosecond at least `nanos` after `start`.
#[inline]
fn after(start: i64, nanos: f64) -> SimTime {
    // No run lasts this long. An infinite time, which a speed of zero gives, is beyond it too.
    const FAR: f64 = 1e18;
    if nanos < FAR {
        // A rounding error must not add a nanosecond.
        let nanos = nanos - 1e-6;
        let whole = nanos as i64;
        // `ceil` is a call into the C library on a target without SSE4.1.
        SimTime::from_nanos(start + whole + i64::from((whole as f64) < nanos))
    } else {
        SimTime::DISTANT_FUTURE
    }
}

#[cfg(test)]
mod tests;
