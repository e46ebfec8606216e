//! The steepest spike of the training, added to held-out traffic that has none.
//!
//! Without it, a report on the quiet rest of a day says nothing about the spikes that the search prepared for.

use super::traffic::{MINUTE_SECONDS, minute_means, steepest_minute};
use crate::units::{SimSpan, SimTime};
use crate::workload::Trace;

/// The spike is over where the load is back within this share of its rise.
const OVER: f64 = 0.1;
/// The spike begins after this share of the held-out minutes that KPIs count.
const BEFORE: f64 = 0.25;
/// It takes at most this share of them, so that the report sees what follows.
const LENGTH_MOST: f64 = 0.5;

/// A spike: minute by minute the load above that before it.
#[derive(Clone, Debug, PartialEq)]
pub struct SteepestSpike {
    /// The load of the minute before.
    before: f64,
    /// The load above that.
    added: Vec<f64>,
}

/// A trace with a spike in it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpikedTrace {
    /// The trace.
    pub trace: Trace,
    /// When the spike begins.
    pub start: SimTime,
    /// How long it lasts, in minutes.
    pub minutes: usize,
    /// The most load that it adds, in the unit of the trace.
    pub added_most: f64,
}

impl SteepestSpike {
    /// The steepest of a trace, until its load is back; `None` where load never rises.
    #[must_use]
    pub fn of(trace: &Trace) -> Option<Self> {
        let minutes = minute_means(trace);
        let rise = steepest_minute(&minutes)?;
        let before = minutes[rise.before];
        let top = minutes[rise.place] - before;
        let is_over = |minute: usize| minutes[minute] - before <= OVER * top;
        let start = (rise.before + 1..rise.place).find(|it| !is_over(*it));
        let start = start.unwrap_or(rise.place);
        let end = (rise.place..minutes.len()).find(|it| is_over(*it));
        let end = end.unwrap_or(minutes.len());
        let added = minutes[start..end].iter().map(|load| load - before);
        let spike = added.map(|it| it.max(0.0)).collect();
        Some(Self {
            before,
            added: spike,
        })
    }

    /// `trace` with this spike after a quarter of what follows `warm_up`, smaller in proportion where its load is less than that before the spike.
    ///
    /// KPIs do not count the warm-up, so a spike within it would tell nothing. A spike longer than half of what follows is cut. Further columns grow by the same factors as the load.
    #[must_use]
    pub fn added_to(&self, trace: &Trace, warm_up: SimSpan) -> SpikedTrace {
        let minutes = minute_means(trace);
        let uncounted = (warm_up.as_secs_f64() / MINUTE_SECONDS).ceil() as usize;
        let counted = minutes.len().saturating_sub(uncounted);
        let start = uncounted + (BEFORE * counted as f64) as usize;
        let most = ((LENGTH_MOST * counted as f64) as usize).max(1);
        let level = minutes.get(start).copied().unwrap_or(0.0);
        let scale = if self.before > 0.0 {
            (level / self.before).min(1.0)
        } else {
            1.0
        };
        let added: Vec<f64> = self.added.iter().take(most).map(|it| scale * it).collect();
        let at = |minute: usize| {
            SimTime::ZERO + SimSpan::from_secs(minute as i64 * MINUTE_SECONDS as i64)
        };
        let end = trace.end();
        let addition = |time: SimTime| {
            let minute = (time.as_secs_f64() / MINUTE_SECONDS) as usize;
            let of_spike = minute.checked_sub(start).and_then(|it| added.get(it));
            of_spike.filter(|_| time < end).copied().unwrap_or(0.0)
        };
        let minutes = (start..=start + added.len()).map(at);
        SpikedTrace {
            start: at(start),
            minutes: added.len(),
            added_most: added.iter().copied().fold(0.0, f64::max),
            trace: trace.with_load(minutes, |time, load| load + addition(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::tune::traffic::{holds_spike, steepest_rise};
    use crate::workload::{Demand, MetricColumn};

    /// A trace with a row a minute, and its load again as a column.
    fn trace(loads: &[f64]) -> Trace {
        let mut values = loads.to_vec();
        values.push(0.0);
        Trace {
            times: (0..=loads.len() as i64)
                .map(|row| SimTime::ZERO + SimSpan::from_secs(row * 60))
                .collect(),
            columns: vec![MetricColumn {
                name: "depth".to_owned(),
                values: values.clone(),
            }],
            demand: Demand::RequestsPerSecond(values),
        }
    }

    fn spike() -> SteepestSpike {
        let loads = [10.0, 10.0, 40.0, 70.0, 60.0, 12.0, 10.0, 10.0];
        SteepestSpike::of(&trace(&loads)).expect("a spike")
    }

    #[test]
    fn a_spike_is_the_load_above_that_before_it_until_it_is_back() {
        assert_eq!(spike().before.to_bits(), 10f64.to_bits());
        assert_eq!(spike().added, [30.0, 60.0, 50.0]);
        assert_eq!(SteepestSpike::of(&trace(&[5.0, 5.0, 4.0])), None);
    }

    #[test]
    fn quiet_traffic_gets_the_spike_after_a_quarter_of_its_time() {
        let quiet = trace(&[10.0; 16]);
        let spiked = spike().added_to(&quiet, SimSpan::ZERO);
        assert!(!holds_spike(&quiet) && holds_spike(&spiked.trace));
        assert_eq!(spiked.start, SimTime::ZERO + SimSpan::from_secs(240));
        assert_eq!(spiked.minutes, 3);
        let loads = &spiked.trace.load()[..9];
        assert_eq!(
            loads,
            [10.0, 10.0, 10.0, 10.0, 40.0, 70.0, 60.0, 10.0, 10.0]
        );
        assert_eq!(spiked.trace.columns[0].values[5].to_bits(), 70f64.to_bits());
        assert_eq!(spiked.trace.end(), quiet.end());
    }

    #[test]
    fn the_spike_begins_after_a_quarter_of_what_follows_the_warm_up() {
        let of = |warm_up: i64| {
            let spiked = spike().added_to(&trace(&[10.0; 16]), SimSpan::from_secs(warm_up));
            (spiked.start.as_secs_f64(), spiked.minutes)
        };
        assert_eq!(of(470), (600.0, 3));
        // Half of the last three minutes has room for one.
        assert_eq!(of(780), (780.0, 1));
    }

    #[test]
    fn where_load_is_less_the_spike_is_smaller_and_where_it_is_more_it_is_no_greater() {
        let quiet = |load: f64| trace(&[load; 16]);
        let added = |load: f64| spike().added_to(&quiet(load), SimSpan::ZERO).added_most;
        assert_eq!(added(5.0).to_bits(), 30f64.to_bits());
        assert_eq!(added(80.0).to_bits(), 60f64.to_bits());
    }

    #[test]
    fn rows_longer_than_a_minute_are_divided_and_a_long_spike_is_cut() {
        let long = Trace {
            times: [0, 600]
                .map(|at| SimTime::ZERO + SimSpan::from_secs(at))
                .into(),
            demand: Demand::RequestsPerSecond(vec![10.0, 10.0]),
            columns: Vec::new(),
        };
        let wide = SteepestSpike {
            before: 10.0,
            added: vec![20.0; 60],
        };
        let spiked = wide.added_to(&long, SimSpan::ZERO);
        assert_eq!(spiked.minutes, 5);
        assert!(steepest_rise(&spiked.trace) >= 2.0);
        assert_eq!(spiked.trace.times.len(), 8);
    }
}
