//! A schedule: it sets `spec.replicas` at fixed times, as `kubectl scale` would.

use super::{Autoscaler, Bounds, Decided, DecisionListener, MetricQuery, Seen};
use crate::units::{Replicas, SimTime};

/// One entry of a schedule: sets `spec.replicas` at a fixed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledScale {
    /// The time, later than 0. `deployment.replicas` sets the replicas at time 0.
    pub time: SimTime,
    /// The new number of replicas.
    pub replicas: Replicas,
}

/// A list of fixed times and replicas, in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The entries, in the order of time.
    pub entries: Vec<ScheduledScale>,
}

impl Schedule {
    /// The lowest and the highest number of the entries; 0 for an empty schedule.
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
    /// The number of entries that were carried out.
    done: usize,
}

impl<'s> ScheduleScaler<'s> {
    /// The schedule before its first entry.
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
