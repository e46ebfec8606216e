//! What happens in the control plane, and where its periods begin.
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
    /// The scaler wakes.
    Wake,
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
            Self::Wake => Phase::ScalerWake,
            Self::ScaleApplied { .. } => Phase::ScaleApplied,
        }
    }
}

/// Members of the stream of phases; containers' begin far above.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(super) enum PhaseMember {
    Scrape = 0,
    Wake = 1,
    WakeJitter = 2,
}

/// Where a period begins: anywhere in it, as a share of it in 0..1, each independent of the others.
pub(super) fn drawn_phase(seed: Seed, member: PhaseMember) -> f64 {
    Stream::Phases.generator(seed, member as u64).random()
}

/// The first scrape at or after the start.
pub(super) fn first_scrape(scenario: &Scenario, seed: Seed) -> SimTime {
    let period = scenario.metrics.scrape_interval.as_nanos() as f64;
    SimTime::from_nanos((drawn_phase(seed, PhaseMember::Scrape) * period) as i64)
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
