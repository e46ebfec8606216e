//! What came of a run: recording, KPIs, and their export to bytes.
//!
//! Self-imposed limit: no file system and no terminal; bytes go out, `cli` writes them.

pub mod timeline;

pub use timeline::{Timeline, TimelineRow};
