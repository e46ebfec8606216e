//! What happens in the control plane, and where its grids begin.
//!
//! Self-imposed limit: names and times; what an event does is `run`'s.

use rand::RngExt;

use super::phase::Phase;
use crate::cluster::pods::PodStep;
use crate::engine::Scheduled;
use crate::engine::random::Stream;
use crate::scenario::Scenario;
use crate::units::{Replicas, Seed, SimSpan, SimTime};

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// What happened in the last interval is told.
    Measure,
    /// A pod takes a step, unless its container has been restarted since this was scheduled.
    Pod {
        number: u32,
        step: PodStep,
        restarts: u16,
    },
    /// A deleted pod has waited for all that it had to wait for.
    WoundDown { number: u32 },
    /// A deleted pod is gone, whatever is still in it.
    Gone { number: u32 },
    /// A container's counter is read.
    Housekeeping { number: u32, container: u16 },
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
    /// The next entry of the schedule is due.
    ScheduledScale,
    /// `spec.replicas` is now this.
    ScaleApplied { replicas: Replicas },
}

impl Event {
    pub(super) fn phase(self) -> Phase {
        match self {
            Self::Measure => Phase::Measurement,
            Self::Pod { .. } | Self::WoundDown { .. } | Self::Gone { .. } => Phase::PodLifecycle,
            Self::Housekeeping { .. } => Phase::Housekeeping,
            Self::TraceRow | Self::Backlog { .. } => Phase::Traffic,
            Self::Scrape | Self::Publish => Phase::Scrape,
            Self::Sync => Phase::HpaSync,
            Self::ScheduledScale | Self::ScaleApplied { .. } => Phase::ScaleApplied,
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
pub(super) const SYNC_JITTER_MEMBER: u64 = 2;

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

/// Until when traffic may run before `next` happens: what is due at the same instant runs first when its phase is the earlier.
pub(super) fn traffic_limit(next: Scheduled<Event>, end: SimTime) -> SimTime {
    let limit = if next.event.phase() > Phase::Traffic {
        next.time + SimSpan::from_nanos(1)
    } else {
        next.time
    };
    limit.min(end)
}
