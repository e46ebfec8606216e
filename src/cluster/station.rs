//! A container's CPU as a server of requests: processor sharing under a CFS quota, or at a constant rate.
//!
//! Self-imposed limit: one container. It knows work, not clients; it keeps no
//! time of its own: it is told when, and says when its next piece of work is done.
//!
//! All work under way progresses at the same speed, so one number, the work that
//! each has got since the station was last empty, says how far all of them are
//! (virtual time): an arrival or a completion costs a heap operation, whatever
//! is under way.
//!
//! Periods and stalls of the quota are no events. Between two arrivals or
//! completions the number at work is constant, so what a stretch of many periods
//! brings, and when the next piece is done, are closed forms.

use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap};

use crate::units::SimTime;

/// `cpu.cfs_period_us`, which Kubernetes leaves at 100 ms (kubelet `--cpu-cfs-quota-period`).
pub const CFS_PERIOD_NANOS: i64 = 100_000_000;
const PERIOD: f64 = CFS_PERIOD_NANOS as f64;

/// Work below this many core-nanoseconds is what rounding leaves.
const NO_WORK: f64 = 1e-3;
/// Shares of a period below this are rounding as well.
const NO_PERIOD: f64 = 1e-9;

/// How fast a station works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Cores that work in it gets together at most; each piece at most one.
    pub cores: f64,
    /// Core-nanoseconds of a CFS period after which it stalls; infinite without a quota.
    pub quota: f64,
}

/// A piece of work at its station, until the station is empty.
pub type Ticket = u32;

/// A piece of work.
#[derive(Clone, Copy, Debug)]
struct Job {
    /// What each at work has got when this one is done, in core-nanoseconds: a non-negative float by its bits, which sort as it does.
    finish: u64,
    /// Tells equals apart: who came first is done first.
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

/// Reversed: the greatest of a heap is done first.
impl Ord for Job {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (other.finish, other.ticket).cmp(&(self.finish, self.ticket))
    }
}

/// What has become of the running CFS period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    /// No work so far.
    Idle,
    /// Work, and quota left.
    Working,
    /// The quota was spent before the work was done.
    Throttled,
}

/// CFS periods with work, and those among them that were throttled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeriodCounts {
    /// In which there was work (`nr_periods`).
    pub working: u64,
    /// In which the quota was spent before the work was done (`nr_throttled`).
    pub throttled: u64,
}

/// The CPU of one container at work.
#[derive(Clone, Debug)]
pub struct Station {
    /// At work, and work that was cancelled; the first is never cancelled work.
    jobs: BinaryHeap<Job>,
    /// Tickets of the cancelled work among `jobs`. A cancellation leaves at most half of
    /// `jobs` cancelled; work that is done since can raise this share.
    cancelled: BTreeSet<Ticket>,
    /// What each at work has got since the station was last empty, in core-nanoseconds.
    attained: f64,
    updated: i64,
    speed: Speed,
    /// Speed of each at work, in cores.
    each: f64,
    /// Quota left in the running period.
    left: f64,
    period_end: i64,
    period: Period,
    counts: PeriodCounts,
    /// CPU used by work, in core-nanoseconds.
    used: f64,
    ticket: Ticket,
}

impl Station {
    /// An empty station whose CFS periods begin `phase_nanos` (0 to 100 ms) after full tenths of a second.
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

    /// CPU that work has used, in core-nanoseconds: of what is done exactly its demand.
    #[must_use]
    pub fn used(&self) -> f64 {
        self.used
    }

    /// CFS periods so far.
    #[must_use]
    pub fn periods(&self) -> PeriodCounts {
        self.counts
    }

    /// `request` begins `demand` core-nanoseconds of work; the ticket is for [`Station::cancel`].
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

    /// How many pieces of work there are.
    #[inline]
    fn at_work(&self) -> usize {
        self.jobs.len() - self.cancelled.len()
    }

    /// The piece of work that is done at `now`, the time that [`Station::next_done`] gave, ends.
    #[inline]
    pub fn finish(&mut self, now: SimTime) -> Option<u32> {
        self.advance(now);
        let job = self.jobs.pop()?;
        // Times are whole nanoseconds: what the last of them did beyond the demand was no work.
        self.used -= self.attained - f64::from_bits(job.finish);
        self.uncover();
        self.share();
        Some(job.request)
    }

    /// The work of this ticket, which is not done yet, is cancelled; what it has used stays used.
    ///
    /// It stays in the heap until it would be done, or until half of the heap is
    /// cancelled work: a cancellation costs logarithmic time on average.
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

    /// Removes cancelled work from the head of the heap.
    #[inline]
    fn uncover(&mut self) {
        while !self.cancelled.is_empty()
            && let Some(first) = self.jobs.peek()
            && self.cancelled.remove(&first.ticket)
        {
            self.jobs.pop();
        }
    }

    /// The requests at work, in no particular order.
    pub fn requests(&self) -> impl Iterator<Item = u32> + '_ {
        let at_work = |job: &&Job| !self.cancelled.contains(&job.ticket);
        self.jobs.iter().filter(at_work).map(|job| job.request)
    }

    /// All work is dropped.
    pub fn clear(&mut self, now: SimTime) {
        self.advance(now);
        self.jobs.clear();
        self.cancelled.clear();
        self.share();
    }

    /// From `now` on it works at another speed.
    pub fn set_speed(&mut self, now: SimTime, speed: Speed) {
        self.advance(now);
        self.left = (self.left + speed.quota - self.speed.quota).max(0.0);
        if speed.quota.is_infinite() || self.speed.quota.is_infinite() {
            self.left = speed.quota;
        }
        self.speed = speed;
        self.share();
    }

    /// When the next piece of work is done if nothing changes; [`SimTime::DISTANT_FUTURE`] if never.
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

    /// When `work` more core-nanoseconds will have been done.
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

    /// Does the work of the time until `now`.
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

    /// The work that the quota allows from `updated` to `now`; takes it from the quota.
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

    /// Takes what is `wanted` from the running period's quota, or what is left of it.
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

    /// Work begins after a time without any: the periods that went by are over.
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

    /// A new period begins, with work.
    fn renew(&mut self) {
        self.left = self.speed.quota;
        self.period = Period::Working;
        self.counts.working += 1;
    }

    /// Divides the cores among those at work.
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
    // Beyond this nothing happens in any run; infinity, where there is no speed, is included.
    const FAR: f64 = 1e18;
    if nanos < FAR {
        // Rounding in the last bits must not cost a nanosecond.
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
