//! A schedule: it sets `spec.replicas` at times that are known beforehand, as `kubectl scale` would.

use super::{Autoscaler, Bounds, Decided, DecisionListener, MetricQuery, Seen};
use crate::units::{Replicas, SimTime};

/// `spec.replicas` is set to a number at a time that is known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledScale {
    /// When, later than 0: what holds at the start is `deployment.replicas`.
    pub time: SimTime,
    /// To how many.
    pub replicas: Replicas,
}

/// Times and numbers, in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// What is set when.
    pub entries: Vec<ScheduledScale>,
}

impl Schedule {
    /// Between which numbers it scales; nothing scales where it is empty.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let numbers = || self.entries.iter().map(|entry| entry.replicas);
        Bounds {
            min: numbers().min().unwrap_or(Replicas(0)),
            max: numbers().max().unwrap_or(Replicas(0)),
        }
    }
}

/// A schedule in a run.
#[derive(Clone, Debug)]
pub struct ScheduleScaler<'s> {
    schedule: &'s Schedule,
    /// How many entries have been carried out.
    done: usize,
}

impl<'s> ScheduleScaler<'s> {
    /// The schedule from its first entry on.
    #[must_use]
    pub const fn new(schedule: &'s Schedule) -> Self {
        Self { schedule, done: 0 }
    }
}

impl Autoscaler for ScheduleScaler<'_> {
    fn asks(&self) -> &[MetricQuery] {
        &[]
    }

    fn bounds(&self) -> Bounds {
        self.schedule.bounds()
    }

    fn next_wake(&self, _now: SimTime) -> Option<SimTime> {
        Some(self.schedule.entries.get(self.done)?.time)
    }

    fn wake<L: DecisionListener>(
        &mut self,
        now: SimTime,
        seen: &Seen<'_>,
        listener: &mut L,
    ) -> Option<Replicas> {
        let entry = self.schedule.entries.get(self.done)?;
        self.done += 1;
        let decided = Decided {
            time: now,
            by: "schedule",
            current: seen.scale.spec_replicas,
            desired: entry.replicas,
            rescaled: true,
            metrics: &[],
            line: None,
        };
        decided.tell(listener);
        Some(entry.replicas)
    }
}
