//! Demand known only as CPU is censored: at the limits of the day it was at least what was used.
//!
//! Self-imposed limit: how many samples stand at a ceiling; the true demand above it nobody knows.

use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::workload::{Demand, Trace};

/// How near to the greatest sample another counts as standing at the same ceiling.
const NEARNESS: f64 = 0.01;
/// One peak alone is no ceiling: so many samples have to be as great.
const SAMPLES_MIN: usize = 3;

/// How much of a trace of CPU stands at its ceiling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceiling {
    /// The ceiling, in millicores.
    pub millicores: f64,
    /// Samples at it: lower bounds of the demand.
    pub samples: usize,
    /// Samples in all.
    pub of: usize,
}

/// The ceiling that was stated, or else the greatest sample if at least three come within 1 % of it.
///
/// `None` for traces of anything but CPU.
#[must_use]
pub fn ceiling(trace: &Trace, stated_millicores: Option<f64>) -> Option<Ceiling> {
    let Demand::CpuMillicores(values) = &trace.demand else {
        return None;
    };
    // The last row only marks the end.
    let values = &values[..values.len().saturating_sub(1)];
    let greatest = values.iter().copied().fold(0.0, f64::max);
    let millicores = stated_millicores.unwrap_or(greatest);
    let at = values
        .iter()
        .filter(|value| **value > 0.0 && **value >= millicores * (1.0 - NEARNESS))
        .count();
    let is_one = stated_millicores.is_some() || at >= SAMPLES_MIN;
    Some(Ceiling {
        millicores,
        samples: if is_one { at } else { 0 },
        of: values.len(),
    })
}

/// What the user of such a trace should know; `None` for traces of anything but CPU.
#[must_use]
pub fn warning(
    trace: &Trace,
    stated_millicores: Option<f64>,
    demand_place: &Place,
) -> Option<Diagnostic> {
    let ceiling = ceiling(trace, stated_millicores)?;
    let found = if ceiling.samples == 0 {
        "the samples show no ceiling".to_owned()
    } else {
        format!(
            "{} of {} samples are at {:.0}m and are only lower bounds",
            ceiling.samples, ceiling.of, ceiling.millicores
        )
    };
    Some(Diagnostic {
        code: Code::CensoredDemand,
        message: format!("used CPU is demand that the limits of that day capped: {found}"),
        place: Some(Box::new(demand_place.clone())),
        help: "use requests (`rps`) if you have them; `hpasim trace info --ceiling` tests another ceiling, such as pods times limit".to_owned(),
    })
}
