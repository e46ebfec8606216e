//! The only meeting point of autoscaler, plant and demand.
//!
//! Self-imposed limit: it moves time and passes on what happens to an
//! [`Observer`]; it counts nothing for the user and draws nothing.

pub mod latency;
pub mod observer;

pub use observer::Observer;
