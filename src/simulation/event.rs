//! The events of the control plane, and the phases of its periods.

use rand::RngExt;

use super::phase::Phase;
use crate::cluster::pods::PodStep;
use crate::engine::Scheduled;
use crate::engine::random::Stream;
use crate::scenario::Scenario;
use crate::units::{Replicas, Seed, SimSpan, SimTime};

/// An event of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Report the segment that ends.
    Measure,
    /// A pod takes a step. Ignored if its container has been restarted since the event was
    /// scheduled.
    Pod {
        number: u32,
        step: PodStep,
        restarts: u16,
    },
    /// A deleted pod has wound down, except for the requests in it.
    WoundDown { number: u32 },
    /// A deleted pod is removed, with the requests that are still in it.
    Gone { number: u32 },
    /// The kubelet reads a container's counter.
    Housekeeping { number: u32, container: u16 },
    /// The trace's next row begins.
    TraceRow,
    /// The backlog becomes empty or full. Ignored if the flow has changed since the event was
    /// scheduled.
    Backlog { settlement: u32 },
    /// metrics-server scrapes.
    Scrape,
    /// Prometheus scrapes.
    CustomScrape,
    /// A scrape becomes visible in the metrics API.
    Publish,
    /// The scaler wakes.
    Wake,
    /// The ReplicaSet adjusts the pods to the new `spec.replicas`.
    ScaleApplied { replicas: Replicas },
}

impl Event {
    pub(super) fn phase(self) -> Phase {
        match self {
            Self::Measure => Phase::Measurement,
            Self::Pod { .. } | Self::WoundDown { .. } | Self::Gone { .. } => Phase::PodLifecycle,
            Self::Housekeeping { .. } => Phase::Housekeeping,
            Self::TraceRow | Self::Backlog { .. } => Phase::Traffic,
            Self::Scrape | Self::CustomScrape | Self::Publish => Phase::Scrape,
            Self::Wake => Phase::ScalerWake,
            Self::ScaleApplied { .. } => Phase::ScaleApplied,
        }
    }
}

/// Members of the stream [`Stream::Phases`]. The members of containers begin far above.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(super) enum PhaseMember {
    Scrape = 0,
    Wake = 1,
    WakeJitter = 2,
    CustomScrape = 3,
}

/// The phase of a period: uniform in 0..1, as a share of the period, independent of the other
/// phases.
pub(super) fn drawn_phase(seed: Seed, member: PhaseMember) -> f64 {
    Stream::Phases.generator(seed, member as u64).random()
}

/// The first scrape at or after the start.
pub(super) fn first_scrape(scenario: &Scenario, seed: Seed) -> SimTime {
    first_of(scenario.metrics.scrape_interval, seed, PhaseMember::Scrape)
}

/// The first scrape of Prometheus at or after the start, if it scrapes every `interval`.
pub(super) fn first_custom_scrape(interval: SimSpan, seed: Seed) -> SimTime {
    first_of(interval, seed, PhaseMember::CustomScrape)
}

fn first_of(interval: SimSpan, seed: Seed, member: PhaseMember) -> SimTime {
    let period = interval.as_nanos() as f64;
    SimTime::from_nanos((drawn_phase(seed, member) * period) as i64)
}

/// The end of the traffic before `next`. Traffic at the instant of `next` is included if the phase
/// of `next` comes after traffic.
pub(super) fn traffic_limit(next: Scheduled<Event>, end: SimTime) -> SimTime {
    let limit = if next.event.phase() > Phase::Traffic {
        next.time + SimSpan::from_nanos(1)
    } else {
        next.time
    };
    limit.min(end)
}
