//! A trace: demand in steps, and further metrics beside it.
//!
//! Self-imposed limit: columns of numbers; where they came from is not known here.

use crate::text::csv_cell::is_same_name;
use crate::units::{SimSpan, SimTime};

/// The longest trace: ten years, far within the range of the simulation's clock.
pub const LENGTH_MAX: SimSpan = SimSpan::from_secs(10 * 366 * 86_400);

/// Demand over time; each value holds until the next row.
///
/// At least two rows, the first at time zero, times strictly increasing, every
/// value finite and not negative. The last row only marks the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// When each row begins.
    pub times: Vec<SimTime>,
    /// What is offered from then on, one value a row.
    pub demand: Demand,
    /// Further columns: Pods, Object and External metrics by name.
    pub columns: Vec<MetricColumn>,
}

/// What a trace knows of demand, one value a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// Requests per second, whether or not anybody serves them (open load).
    RequestsPerSecond(Vec<f64>),
    /// CPU that the requests would use, in millicores; the requests are not known (fluid engine).
    CpuMillicores(Vec<f64>),
    /// Users who wait for an answer and pause before the next request (closed load, request engine).
    Users(Vec<f64>),
}

/// A further column of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricColumn {
    /// The header's text, by which a metric of the autoscaler finds it.
    pub name: String,
    /// One value a row, in the metric's own unit.
    pub values: Vec<f64>,
}

impl Trace {
    /// When the run ends: the time of the last row.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.times.last().copied().unwrap_or(SimTime::ZERO)
    }

    /// The further column called `name`, as [`Trace::column_place`] finds it.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&MetricColumn> {
        self.columns.get(self.column_place(name)?)
    }

    /// Where the further column called `name` stands; either may be as hpasim writes or prints it in CSV.
    #[must_use]
    pub fn column_place(&self, name: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| is_same_name(&column.name, name))
    }
}
