//! The order of events at one instant.
//!
//! Self-imposed limit: the table and nothing else. There is a test for each
//! neighbouring pair in `tests`.

/// What runs first when several things happen at one instant; within a phase, what was scheduled first.
///
/// | phase | what it does | why before the next |
/// |---|---|---|
/// | measurement | what happened until now is told | nothing of this instant belongs to it |
/// | pod lifecycle | pods start, become ready, leave | load of this instant goes to the pods of this instant |
/// | traffic | the trace's next row, a backlog that is gone or full | counters are read under the rates that hold until now |
/// | housekeeping | kubelets read counters | a scrape sees a reading of its own instant |
/// | scrape | metrics-server reads kubelets, the API shows it | a wake sees a scrape of its own instant |
/// | scaler wake | the scaler decides | it cannot see what it is about to change |
/// | scale applied | the ReplicaSet creates and deletes | |
///
/// In the fluid engine housekeeping has no events of its own: counters are integrals,
/// read lazily up to and including the scrape's instant. Measurement is the request engine's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// The stretch before this instant is told.
    Measurement,
    /// Pods take a step.
    PodLifecycle,
    /// Load or backlog changes.
    Traffic,
    /// Counters are read.
    Housekeeping,
    /// Readings become known.
    Scrape,
    /// The scaler decides.
    ScalerWake,
    /// What it decided takes place.
    ScaleApplied,
}

impl From<Phase> for u8 {
    fn from(phase: Phase) -> Self {
        phase as Self
    }
}
