//! A trace: demand in steps, and further metrics with it.

use crate::text::csv_cell::is_same_name;
use crate::units::{SimSpan, SimTime};

/// The longest trace: ten years, well within the range of the simulation's clock.
pub const LENGTH_MAX: SimSpan = SimSpan::from_secs(10 * 366 * 86_400);

/// Demand over time; each value holds until the next row.
///
/// A trace has at least two rows. The first is at time zero, times increase strictly, and every
/// value is finite and not negative. The last row only marks the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// When each row begins.
    pub times: Vec<SimTime>,
    /// The demand from that time on, one value per row.
    pub demand: Demand,
    /// Further columns: Pods, Object and External metrics by name.
    pub columns: Vec<MetricColumn>,
}

/// The kind of demand of a trace, one value per row.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// Requests per second, whether or not they are served (open load).
    RequestsPerSecond(Vec<f64>),
    /// The CPU that the requests would use, in millicores. The number of requests is unknown (fluid
    /// engine).
    CpuMillicores(Vec<f64>),
    /// Users that wait for an answer and pause before the next request (closed load, request
    /// engine).
    Users(Vec<f64>),
}

/// A further column of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricColumn {
    /// The text of the header; a metric of the autoscaler refers to the column by it.
    pub name: String,
    /// One value per row, in the metric's own unit.
    pub values: Vec<f64>,
}

impl Trace {
    /// The end of the run: the time of the last row.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.times.last().copied().unwrap_or(SimTime::ZERO)
    }

    /// The further column called `name`; names match as in [`Trace::column_place`].
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&MetricColumn> {
        self.columns.get(self.column_place(name)?)
    }

    /// The index of the further column called `name`. Either name may be in the escaped form in
    /// which hpasim writes or prints names in CSV.
    #[must_use]
    pub fn column_place(&self, name: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| is_same_name(&column.name, name))
    }
}
