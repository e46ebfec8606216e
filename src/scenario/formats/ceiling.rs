//! Demand known only as CPU is censored: at the limits of that day, it was at least the used CPU.
//!
//! The true demand above a ceiling is unknown.

use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::workload::{Demand, Trace};

/// The relative distance from the largest sample at which a sample counts as being at the ceiling.
const NEARNESS: f64 = 0.01;
/// The fewest samples at a ceiling; a single peak is not one.
const SAMPLES_MIN: usize = 3;

/// The ceiling of a CPU trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceiling {
    /// The ceiling, in millicores.
    pub millicores: f64,
    /// The number of samples at the ceiling, which are lower bounds of the demand; equal samples in a row count once.
    pub samples: usize,
    /// The number of all samples; equal samples in a row count once.
    pub of: usize,
}

/// The stated ceiling; by default the largest sample, if at least three are within 1 % of it. Equal samples in a row count once.
///
/// `None` for a trace of another quantity.
#[must_use]
pub fn ceiling(trace: &Trace, stated_millicores: Option<f64>) -> Option<Ceiling> {
    let Demand::CpuMillicores(values) = &trace.demand else {
        return None;
    };
    // The last row only marks the end.
    let mut values = values[..values.len().saturating_sub(1)].to_vec();
    // A gauge that is polled faster than it is measured repeats a reading, which is no ceiling.
    values.dedup();
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

/// The warning about a CPU trace; `None` for a trace of another quantity.
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
        message: format!("used CPU is demand that the limits of that day may have capped: {found}"),
        place: Some(Box::new(demand_place.clone())),
        help: "use requests (`rps`) if you have them; `hpasim trace info --ceiling` tests another ceiling, such as pods times limit".to_owned(),
    })
}
