//! The caller of a run as its scaler: custom code, or a program in another language.

use super::MetricQuery;
use crate::units::{SimSpan, SimTime};

/// The queries and the wake times of a caller that decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The queries to the metrics API at each wake.
    pub asks: Vec<MetricQuery>,
    /// When the caller decides first.
    pub first_wake: SimTime,
    /// The time from one decision to the next; at least a nanosecond.
    pub period: SimSpan,
}

impl Caller {
    /// The name in [`super::Decided::by`].
    pub const NAME: &'static str = "caller";

    /// A caller that sees the CPU of the pods and decides every `period`, first after one period.
    #[must_use]
    pub fn of_cpu(period: SimSpan) -> Self {
        Self {
            asks: vec![MetricQuery::cpu()],
            first_wake: SimTime::ZERO + period,
            period,
        }
    }
}
