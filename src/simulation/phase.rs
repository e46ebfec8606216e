//! The order of events at one instant.
//!
//! `simulation/tests.rs` has a test for each pair of neighbouring phases.

/// The order of events at one instant. Within a phase, events run in the order of scheduling.
///
/// | phase | what it does | why before the next |
/// |---|---|---|
/// | measurement | the segment that ends is reported | no event of this instant belongs to it |
/// | pod lifecycle | pods start, become ready, are removed | load of this instant goes to the pods of this instant |
/// | traffic | the trace's next row; the backlog becomes empty or full | counters are read under the rates that held until now |
/// | housekeeping | kubelets read counters | a scrape sees a reading of its own instant |
/// | scrape | metrics-server reads the kubelets, and the API shows it; Prometheus reads the pods | a wake sees a scrape of its own instant |
/// | scaler wake | the scaler decides | it does not see the result of its decision |
/// | scale applied | the ReplicaSet creates and deletes pods | |
///
/// In the fluid engine housekeeping has no events: counters are integrals, which a scrape evaluates
/// up to and including its instant. Only the request engine has measurement events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// The segment before this instant is reported.
    Measurement,
    /// Pods take steps.
    PodLifecycle,
    /// Load or backlog changes.
    Traffic,
    /// Kubelets read counters.
    Housekeeping,
    /// metrics-server and Prometheus scrape, and samples become visible.
    Scrape,
    /// The scaler decides.
    ScalerWake,
    /// The ReplicaSet applies the decision.
    ScaleApplied,
}

impl From<Phase> for u8 {
    fn from(phase: Phase) -> Self {
        phase as Self
    }
}
