//! Recordings of the real controller's decisions, and their replay through [`hpa`](crate::hpa).
//!
//! Nothing here corrects the core: a recording agrees with it, or the report lists the disagreement.
//!
//! `tests/conformance/FORMAT.md` describes the format.

pub mod format;
pub mod replay;
pub mod report;
pub mod spec_format;

pub use replay::{RecordingError, replay_recording};
pub use report::{Agreement, CategoryReport, Disagreement, FileReport};
