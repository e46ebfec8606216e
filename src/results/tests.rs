//! What the tests of this room share: an even segment, a small scenario; and the tests of the observers together.

use crate::simulation::latency::StationaryLatency;
use crate::simulation::observer::{FailureCauses, FlowSegment, PodCounts};
use crate::units::{Replicas, SimTime};

/// Ten requests a second, all answered within the SLO by two pods, from `start` to `end` (seconds).
pub(crate) fn even_segment(start: f64, end: f64) -> FlowSegment {
    FlowSegment {
        start: SimTime::from_secs_f64(start),
        end: SimTime::from_secs_f64(end),
        offered_rps: 10.0,
        succeeded_rps: 10.0,
        failed_rps: FailureCauses::default(),
        failed_at_start: FailureCauses::default(),
        backlog_start: 0.0,
        backlog_end: 0.0,
        backlog_delay_start_seconds: 0.0,
        backlog_delay_end_seconds: 0.0,
        latency: StationaryLatency {
            service_seconds: 0.01,
            waiting_share: 0.25,
            wait_seconds: 0.05,
        },
        cpu_cores: 0.1,
        cpu_share_of_request: Some(0.5),
        working_pods: 2,
        throttled_pods: 0,
        pods: PodCounts {
            desired: Replicas(2),
            current: Replicas(2),
            ready: Replicas(2),
            terminating: Replicas(0),
        },
    }
}
