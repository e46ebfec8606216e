//! Discrete-event machinery: an event queue and named random streams.
//!
//! Self-imposed limit: generic. Nothing here knows a pod, a request or an autoscaler.

pub mod queue;
pub mod random;
pub mod timers;

pub use queue::{EventQueue, Scheduled};
pub use timers::{Happening, Next, TimerQueue};
