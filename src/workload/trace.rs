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

impl Demand {
    /// Whether both count the same thing.
    #[must_use]
    pub fn is_same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Trace {
    /// The end of the run: the time of the last row.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.times.last().copied().unwrap_or(SimTime::ZERO)
    }

    /// The load, one value per row.
    #[must_use]
    pub fn load(&self) -> &[f64] {
        match &self.demand {
            Demand::RequestsPerSecond(values)
            | Demand::CpuMillicores(values)
            | Demand::Users(values) => values,
        }
    }

    /// The row in effect at `time`, which is not before the first.
    fn row_at(&self, time: SimTime) -> usize {
        self.times.partition_point(|it| *it <= time) - 1
    }

    /// The load at `time`: 0 before the first row and from the last one on, which only ends the trace.
    #[must_use]
    pub fn load_at(&self, time: SimTime) -> f64 {
        match self.times.first() {
            Some(first) if *first <= time && time < self.end() => self.load()[self.row_at(time)],
            _ => 0.0,
        }
    }

    /// This trace with rows at the times of `further` within it, and with the load that `load` makes
    /// of each row's time and load. Further columns change by the same factors as the load.
    #[must_use]
    pub fn with_load(
        &self,
        further: impl IntoIterator<Item = SimTime>,
        load: impl Fn(SimTime, f64) -> f64,
    ) -> Self {
        let (start, end) = (SimTime::ZERO, self.end());
        let mut times = self.times.clone();
        times.extend(further.into_iter().filter(|it| (start..end).contains(it)));
        times.sort_unstable();
        times.dedup();
        let before = self.load();
        let rows: Vec<usize> = times.iter().map(|time| self.row_at(*time)).collect();
        let changed = times
            .iter()
            .zip(&rows)
            .map(|(time, row)| load(*time, before[*row]));
        let changed: Vec<f64> = changed.collect();
        let factor = |(changed, row): (&f64, &usize)| {
            if before[*row] > 0.0 {
                changed / before[*row]
            } else {
                1.0
            }
        };
        let factors: Vec<f64> = changed.iter().zip(&rows).map(factor).collect();
        let columns = self.columns.iter().map(|column| MetricColumn {
            name: column.name.clone(),
            values: rows
                .iter()
                .zip(&factors)
                .map(|(row, factor)| column.values[*row] * factor)
                .collect(),
        });
        Self {
            columns: columns.collect(),
            demand: match self.demand {
                Demand::RequestsPerSecond(_) => Demand::RequestsPerSecond(changed),
                Demand::CpuMillicores(_) => Demand::CpuMillicores(changed),
                // A part of a user sends nothing.
                Demand::Users(_) => Demand::Users(changed.iter().map(|it| it.round()).collect()),
            },
            times,
        }
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
