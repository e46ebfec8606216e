//! Results in, text or pictures out.
//!
//! Feature `plots` has the pictures, feature `cli` the texts as well.

#[cfg(feature = "cli")]
pub mod assertions;
#[cfg(feature = "cli")]
pub mod autoscalers;
#[cfg(feature = "cli")]
pub mod backtest;
#[cfg(feature = "cli")]
pub mod calibration;
#[cfg(feature = "cli")]
pub mod check;
#[cfg(feature = "cli")]
pub mod check_page;
#[cfg(feature = "cli")]
pub mod comparison;
#[cfg(feature = "cli")]
pub mod diagnostic;
#[cfg(feature = "plots")]
pub mod human;
#[cfg(feature = "cli")]
pub mod imported;
#[cfg(feature = "cli")]
mod listing;
#[cfg(feature = "cli")]
pub mod paint;
#[cfg(feature = "plots")]
pub mod plot;
#[cfg(feature = "cli")]
mod prose;
#[cfg(feature = "cli")]
pub mod replay;
#[cfg(feature = "cli")]
pub mod summary;
#[cfg(feature = "cli")]
pub mod sweep;
#[cfg(feature = "plots")]
pub mod sweep_answer;
#[cfg(feature = "cli")]
pub mod table;
#[cfg(feature = "cli")]
pub mod trace_info;
#[cfg(feature = "cli")]
pub mod tune;
#[cfg(feature = "cli")]
pub mod usage;
#[cfg(feature = "cli")]
pub mod what_matters;
#[cfg(feature = "plots")]
mod words;
