//! `backtest.csv`: the recording beside the quantiles of the seeds, a row for each recorded row.

use super::Backtest;
use crate::results::export::{TIMESTAMP, written};
use crate::scenario::TraceClock;
use crate::scenario::judged::JudgedQuantity;
use crate::text::csv_cell::guarded;
use crate::text::rounding::readable;
use crate::units::SimTime;

/// The bytes of `backtest.csv`. `clock` is that of the start of the simulation.
///
/// # Errors
/// None that a buffer in memory could cause; the type is the CSV writer's.
pub fn backtest_csv(backtest: &Backtest, clock: Option<&TraceClock>) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut names = vec!["time_s".to_owned()];
    names.extend(clock.map(|_| TIMESTAMP.to_owned()));
    for quantity in JudgedQuantity::ALL {
        let name = quantity.name();
        names.extend(["recorded", "p10", "p50", "p90"].map(|it| format!("{name}_{it}")));
    }
    names.push("event".to_owned());
    writer.write_record(names)?;
    let start = backtest
        .judged
        .rows
        .first()
        .map_or(SimTime::ZERO, |row| row.time);
    let cell = |value: Option<f64>| {
        let value = value.filter(|value| !value.is_nan());
        value.map_or_else(String::new, |value| readable(value).to_string())
    };
    for (index, row) in backtest.judged.rows.iter().enumerate() {
        let mut cells = vec![readable((row.time - start).as_secs_f64()).to_string()];
        cells.extend(clock.map(|clock| clock.rfc3339(row.time)));
        for quantity in JudgedQuantity::ALL {
            let moment = backtest.moment(quantity, index);
            cells.push(cell(row.recorded(quantity)));
            let quantile = |share: f64| cell(moment.as_ref().map(|it| it.quantile(share)));
            cells.extend([0.1, 0.5, 0.9].map(quantile));
        }
        cells.push(guarded(row.event.as_deref().unwrap_or_default()).into_owned());
        writer.write_record(cells)?;
    }
    written(writer)
}
