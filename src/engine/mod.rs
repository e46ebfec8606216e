//! Discrete-event machinery: an event queue and named random streams.

pub mod queue;
pub mod random;
pub mod timers;

pub use queue::{EventQueue, Scheduled};
pub use timers::{Happening, Next, TimerQueue};
