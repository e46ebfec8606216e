//! The caller of a run as its scaler: a person's own controller, or a program in another language.

use super::MetricQuery;
use crate::units::{SimSpan, SimTime};

/// What a caller who decides asks of a run, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// What is asked of the metrics API at each wake.
    pub asks: Vec<MetricQuery>,
    /// When the caller decides for the first time.
    pub first_wake: SimTime,
    /// The time from one decision to the next; less than a nanosecond counts as one.
    pub period: SimSpan,
}

impl Caller {
    /// The name in [`super::Decided::by`].
    pub const NAME: &'static str = "caller";

    /// One that sees the CPU of the pods and decides every `period`, first after one period.
    #[must_use]
    pub fn of_cpu(period: SimSpan) -> Self {
        Self {
            asks: vec![MetricQuery::cpu()],
            first_wake: SimTime::ZERO + period,
            period,
        }
    }
}
