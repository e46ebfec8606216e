//! Results in, text or pictures out.

pub mod assertions;
pub mod calibration;
pub mod check;
pub mod comparison;
pub mod diagnostic;
pub mod human;
pub mod paint;
pub mod plot;
pub mod replay;
pub mod summary;
pub mod sweep;
pub mod table;
pub mod trace_info;
pub mod tune;
