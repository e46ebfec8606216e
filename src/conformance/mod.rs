//! Recordings of the real controller's decisions, and their replay through [`hpa`](crate::hpa).
//!
//! Self-imposed limit: no file system and no terminal; a reader comes in, a
//! report goes out. Nothing here corrects the core: a recording either agrees
//! or shows up in the report.
//!
//! The format is described in `tests/conformance/FORMAT.md`.

pub mod format;
pub mod replay;
pub mod report;
pub mod spec_format;

pub use replay::{RecordingError, replay_recording};
pub use report::{Agreement, CategoryReport, Disagreement, FileReport};
