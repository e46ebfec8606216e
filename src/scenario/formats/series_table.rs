//! Series over time as CSV, as Grafana and spreadsheets export them: a column of dates, and series as columns or as rows.
//!
//! Grafana: Inspect, Data, Download CSV (grafana.com/docs, "Panel inspect view"). "Formatted data" writes dates and units, otherwise
//! times are milliseconds; "Download for Excel" adds a line `sep=`. Before Grafana 7 series were rows or columns between semicolons.

use std::collections::BTreeMap;

use super::doubtful_numbers::{DoubtfulNumbers, Separators};
use super::fields::{names_by, split, text_of};
use super::input::{Lines, StreamLine};
use super::local_dates::{DateOrder, DateSteps, day_in_words, has_free_order, local_stamp};
use super::meaning::StatedMeaning;
use super::measure::{CellUnit, TableCell, measure_in_name, parse_cell};
use super::notes::Notes;
use super::recognise::{Sign, StreamHead};
use super::samples::{Samples, SeriesSamples};
use super::series_sum::sum_of;
use super::stamp::{Stamp, parse_stamp};
use super::{
    FormatReader, Meanings, RateReading, ReadOptions, RecordedText, SeriesChoice, What,
    nothing_there, read_lines,
};
use crate::scenario::diagnostic::{Code, Diagnostic, Place};
use crate::scenario::trace_text::NANOS_PER_SECOND;

/// Series over time as CSV.
pub(super) static SERIES_TABLE: FormatReader = FormatReader {
    title: "CSV of series (Grafana)",
    word: "series-csv",
    texts: RecordedText::Table,
    meanings: Meanings::Any,
    has_series: true,
    is_load_test: false,
    recognises: |head| SeriesLayout::of_head(head).map(|_| Sign::Hint),
    read: |input, options| read_lines(input, |name, lines| read(name, lines, options)),
};

/// Where the columns of a table are.
struct SeriesLayout {
    separator: u8,
    names: Vec<String>,
    time: usize,
    /// Series as rows: the column of their names, and that of their values.
    rows: Option<(usize, usize)>,
}

impl SeriesLayout {
    fn of_head(head: &StreamHead<'_>) -> Option<Self> {
        let mut lines = head
            .lines()
            .iter()
            .filter(|line| separator_of(line).is_none());
        let header = lines.next()?;
        let first = lines.next()?;
        Self::of(header.as_bytes(), first.as_bytes())
    }

    /// The layout by the header and the first row; `None` without a column of dates.
    fn of(header: &[u8], first: &[u8]) -> Option<Self> {
        for separator in *b",;\t" {
            let names = names_by(header, separator);
            if names.len() < 2 || names.iter().all(|name| is_time(name.as_bytes())) {
                continue;
            }
            let Some(time) = split(first, separator).position(is_time) else {
                continue;
            };
            let at = |wanted: &[&str]| {
                let is_wanted = |name: &String| wanted.contains(&name.to_lowercase().as_str());
                names.iter().position(is_wanted)
            };
            let rows = at(&["series", "metric", "field", "_field"]).zip(at(&["value", "_value"]));
            return Some(Self {
                separator,
                time,
                rows,
                names,
            });
        }
        None
    }
}

/// The separator of a line `sep=;`, which only spreadsheets read.
fn separator_of(line: &str) -> Option<u8> {
    let separator = line.trim().trim_matches('"').strip_prefix("sep=")?;
    separator.bytes().next().or(Some(b'\t'))
}

fn is_time(cell: &[u8]) -> bool {
    DateOrder::BOTH
        .iter()
        .any(|order| stamp_in(cell, *order).is_some())
}

/// A date, or an epoch number after 1985.
fn stamp_in(cell: &[u8], order: DateOrder) -> Option<Stamp> {
    const EPOCH_SECONDS_MIN: i64 = 473_385_600;
    let text = text_of(cell)?;
    let stamp = parse_stamp(text).or_else(|| local_stamp(text, order))?;
    (stamp.nanos / NANOS_PER_SECOND >= EPOCH_SECONDS_MIN).then_some(stamp)
}

/// A series during reading.
struct TableSeries {
    name: String,
    samples: Samples,
    /// The unit of its first number.
    measure: Option<CellUnit>,
    doubts: DoubtfulNumbers,
    place: Place,
}

impl TableSeries {
    fn new(name: &str, place: Place) -> Self {
        Self {
            name: name.to_owned(),
            samples: Samples::default(),
            measure: measure_in_name(name),
            doubts: DoubtfulNumbers::default(),
            place,
        }
    }
}

/// The series of a table.
struct SeriesCsv {
    layout: SeriesLayout,
    order: DateOrder,
    steps: DateSteps,
    separators: Separators,
    series: Vec<TableSeries>,
    by_name: BTreeMap<String, usize>,
    notes: Notes,
    place: Place,
}

impl SeriesCsv {
    fn new(layout: SeriesLayout, order: DateOrder, place: Place) -> Self {
        let mut table = Self {
            order,
            steps: DateSteps::default(),
            separators: Separators::between(layout.separator),
            series: Vec::new(),
            by_name: BTreeMap::new(),
            notes: Notes::default(),
            place,
            layout,
        };
        if table.layout.rows.is_none() {
            for name in &table.layout.names {
                table
                    .series
                    .push(TableSeries::new(name, table.place.clone()));
            }
        }
        table
    }

    fn add(&mut self, line: &StreamLine<'_>) -> Result<(), Diagnostic> {
        let cells: Vec<&[u8]> = split(line.bytes, self.layout.separator).collect();
        let Some(stamp) = cells
            .get(self.layout.time)
            .and_then(|cell| stamp_in(cell, self.order))
        else {
            self.notes.add(Code::RecordingUnreadable, || line.place());
            return Ok(());
        };
        self.steps.add(stamp.nanos);
        match self.layout.rows {
            Some((name, value)) => {
                let (Some(name), Some(value)) = (cells.get(name), cells.get(value)) else {
                    self.notes.add(Code::RecordingUnreadable, || line.place());
                    return Ok(());
                };
                let name = String::from_utf8_lossy(name);
                let index = self.index_of(&name, line);
                let series = &mut self.series[index];
                add_cell(
                    series,
                    stamp,
                    value,
                    &mut self.separators,
                    &mut self.notes,
                    line,
                )
            }
            None => {
                for (index, cell) in cells.iter().enumerate() {
                    if index != self.layout.time
                        && let Some(series) = self.series.get_mut(index)
                    {
                        add_cell(
                            series,
                            stamp,
                            cell,
                            &mut self.separators,
                            &mut self.notes,
                            line,
                        )?;
                    }
                }
                Ok(())
            }
        }
    }

    fn index_of(&mut self, name: &str, line: &StreamLine<'_>) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        self.series.push(TableSeries::new(name, line.place()));
        let index = self.series.len() - 1;
        self.by_name.insert(name.to_owned(), index);
        index
    }
}

/// Adds a number; a blank cell is no sample, and neither is a word.
fn add_cell(
    series: &mut TableSeries,
    stamp: Stamp,
    cell: &[u8],
    separators: &mut Separators,
    notes: &mut Notes,
    line: &StreamLine<'_>,
) -> Result<(), Diagnostic> {
    let cell = text_of(cell).unwrap_or_default();
    let value = match parse_cell(cell, separators.has_decimal_comma) {
        TableCell::Blank | TableCell::Words => return Ok(()),
        TableCell::NotANumber => f64::NAN,
        TableCell::Number(value, measure) => {
            if series.measure.is_none() {
                series.measure = measure;
            }
            let form = separators.look_at(cell);
            series
                .doubts
                .add(stamp.nanos, form, || (cell.to_owned(), line.place()));
            value * measure.or(series.measure).map_or(1.0, CellUnit::factor)
        }
    };
    series.samples.add(stamp, value, notes, || line.place())
}

fn read(
    name: &str,
    mut lines: Lines<'_>,
    options: &ReadOptions,
) -> Result<RateReading, Diagnostic> {
    let mut header: Option<(Vec<u8>, Place)> = None;
    let mut readings: Option<OrderedTables> = None;
    while let Some(line) = lines.next()? {
        let is_blank = line.bytes.trim_ascii().is_empty() || line.bytes.starts_with(b"#");
        if is_blank || separator_of(&String::from_utf8_lossy(line.bytes)).is_some() {
            continue;
        }
        let Some((names, place)) = &header else {
            header = Some((line.bytes.to_vec(), line.place()));
            continue;
        };
        if readings.is_none() {
            readings = OrderedTables::of(names, place, &line);
        }
        match &mut readings {
            Some(readings) => readings.add(&line)?,
            None => return Err(no_dates(name, place.clone())),
        }
    }
    match readings {
        Some(readings) => into_reading(name, readings.chosen(name)?, options),
        None => Err(nothing_there(name, "rows", HELP)),
    }
}

/// The table as each possible order of day and month reads it.
struct OrderedTables {
    tables: Vec<SeriesCsv>,
    /// The first date, and its place.
    first: (String, Place),
}

impl OrderedTables {
    /// `None` if the first row has no date.
    fn of(header: &[u8], place: &Place, first: &StreamLine<'_>) -> Option<Self> {
        let layout = |_: &DateOrder| SeriesLayout::of(header, first.bytes);
        let SeriesLayout {
            separator, time, ..
        } = layout(&DateOrder::DayFirst)?;
        let date = split(first.bytes, separator).nth(time).and_then(text_of)?;
        let orders: &[DateOrder] = match has_free_order(date) {
            true => &DateOrder::BOTH,
            false => &DateOrder::BOTH[..1],
        };
        let tables = orders
            .iter()
            .filter_map(|order| Some(SeriesCsv::new(layout(order)?, *order, place.clone())));
        Some(Self {
            tables: tables.collect(),
            first: (date.to_owned(), first.place()),
        })
    }

    /// Adds a row. An order that cannot read its date is wrong if the other can.
    fn add(&mut self, line: &StreamLine<'_>) -> Result<(), Diagnostic> {
        if self.tables.len() > 1 {
            let can_read = |table: &SeriesCsv| {
                let date = split(line.bytes, table.layout.separator).nth(table.layout.time);
                date.is_some_and(|date| stamp_in(date, table.order).is_some())
            };
            if self.tables.iter().any(can_read) {
                self.tables.retain(can_read);
            }
        }
        self.tables.iter_mut().try_for_each(|table| table.add(line))
    }

    /// The table in the right order.
    ///
    /// # Errors
    /// The dates are right in both orders.
    fn chosen(mut self, name: &str) -> Result<SeriesCsv, Diagnostic> {
        let Some(last) = self.tables.pop() else {
            return Err(nothing_there(name, "rows", HELP));
        };
        let Some(first) = self.tables.pop() else {
            return Ok(last);
        };
        if first.steps.is_better_than(&last.steps) {
            return Ok(first);
        }
        if last.steps.is_better_than(&first.steps) {
            return Ok(last);
        }
        let (date, place) = self.first;
        let day = |table: &SeriesCsv| day_in_words(&date, table.order).unwrap_or_default();
        if day(&first) == day(&last) {
            return Ok(first);
        }
        Err(Diagnostic {
            code: Code::TraceValue,
            message: format!(
                "`{date}` is {} or {}, and no date in `{name}` tells which",
                day(&first),
                day(&last)
            ),
            place: Some(Box::new(place)),
            help: "write the dates with the year first, such as 2026-11-28 14:00:00, or export epoch numbers (Grafana: without \"Formatted data\")".to_owned(),
        })
    }
}

const HELP: &str = "use the CSV as Grafana wrote it, with a column of dates or epoch numbers and a column of numbers for each series";

fn no_dates(name: &str, header: Place) -> Diagnostic {
    Diagnostic {
        place: Some(Box::new(header)),
        ..nothing_there(name, "column of dates in the first row", HELP)
    }
}

fn into_reading(
    name: &str,
    table: SeriesCsv,
    options: &ReadOptions,
) -> Result<RateReading, Diagnostic> {
    let all: Vec<TableSeries> = table
        .series
        .into_iter()
        .filter(|series| !series.samples.is_empty())
        .collect();
    let shown = shown_names(&all);
    let mut chosen: Vec<TableSeries> = all
        .into_iter()
        .enumerate()
        .filter(|(index, series)| match &options.series {
            None => true,
            Some(SeriesChoice::Number(number)) => index + 1 == *number,
            Some(SeriesChoice::Name(name)) => *name == series.name,
            Some(SeriesChoice::Label { name, value }) => {
                format!("{name}={value}") == series.name
                    || series.name.contains(&format!("{name}=\"{value}\""))
            }
        })
        .map(|(_, series)| series)
        .collect();
    let Some(first) = chosen.first() else {
        return Err(match options.series {
            Some(_) if !shown.is_empty() => Diagnostic {
                code: Code::TraceSeries,
                message: format!("`{name}` has no such series"),
                place: Some(Box::new(table.place)),
                help: format!("the series are {shown}"),
            },
            _ => nothing_there(name, "numbers beside the dates", HELP),
        });
    };
    let demand_place = first.place.clone();
    for series in &mut chosen {
        series
            .doubts
            .settle(name, table.separators, &mut series.samples)?;
    }
    let mut warnings = table.notes.into_warnings();
    let what = meaning_of(name, &chosen, options.what, &shown, &mut warnings).map_err(|fault| {
        Diagnostic {
            place: Some(Box::new(demand_place.clone())),
            ..fault
        }
    })?;
    let samples: Vec<SeriesSamples> = chosen
        .into_iter()
        .map(|series| series.samples.into_series())
        .collect();
    let rows = sum_of(name, &samples, &mut warnings)?
        .ok_or_else(|| nothing_there(name, "numbers beside the dates", HELP))?;
    Ok(RateReading {
        rows,
        what,
        demand_place,
        warnings,
    })
}

/// The first series with their numbers.
fn shown_names(series: &[TableSeries]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = series
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(index, series)| format!("{} {}", index + 1, series.name))
        .collect();
    if series.len() > SHOWN {
        names.push(format!("and {} more", series.len() - SHOWN));
    }
    names.join("; ")
}

/// The quantity of the chosen series, by the units of their cells or by their names.
///
/// # Errors
/// They are no load, or not all of one kind.
fn meaning_of(
    name: &str,
    chosen: &[TableSeries],
    asked: Option<What>,
    shown: &str,
    warnings: &mut Vec<Diagnostic>,
) -> Result<What, Diagnostic> {
    let fault = |message: String, help: String| {
        Err(Diagnostic {
            code: Code::MeaningUnknown,
            message,
            place: None,
            help,
        })
    };
    let of = |series: &TableSeries| match series.measure {
        Some(measure) => SeriesMeaning::of_measure(measure),
        None => SeriesMeaning::of_name(&series.name),
    };
    let Some(first) = chosen.first() else {
        return Ok(What::Requests);
    };
    let meaning = of(first);
    if chosen.iter().any(|series| of(series) != meaning) {
        return fault(
            format!("the series in `{name}` are of different kinds, so their sum is no load"),
            format!("choose one with --series: {shown}"),
        );
    }
    match (meaning, asked) {
        (SeriesMeaning::NoLoad, _) => fault(
            format!("`{}` in `{name}` is no load", first.name),
            "export requests per second, users or CPU in cores; `hpasim trace convert --cpu-utilization` makes demand of utilization and replicas".to_owned(),
        ),
        (SeriesMeaning::Stated(what), None) => Ok(what),
        (SeriesMeaning::Stated(what), Some(asked)) if is_cpu(what) == is_cpu(asked) && (is_cpu(what) || what == asked) => Ok(what),
        (SeriesMeaning::Stated(what), Some(asked)) => fault(
            format!("the numbers in `{name}` are {}, not {}", what.as_str(), asked.as_str()),
            "omit --what".to_owned(),
        ),
        (SeriesMeaning::Cpu, Some(asked)) if is_cpu(asked) => Ok(asked),
        (SeriesMeaning::Cpu, _) => fault(
            format!("`{}` in `{name}` is CPU in an unknown unit", first.name),
            "state the unit: --what cpu-cores or --what cpu-millicores".to_owned(),
        ),
        (SeriesMeaning::Unknown, Some(asked)) => Ok(asked),
        (SeriesMeaning::Unknown, None) => {
            warnings.push(assumed_requests(name, chosen));
            Ok(What::Requests)
        }
    }
}

fn is_cpu(what: What) -> bool {
    matches!(what, What::CpuCores | What::CpuMillicores)
}

/// The warning about numbers that are read as requests.
fn assumed_requests(name: &str, chosen: &[TableSeries]) -> Diagnostic {
    let subject = match chosen {
        [one] => format!("`{}`", one.name),
        many => format!("the sum of {} series", many.len()),
    };
    Diagnostic {
        code: Code::RecordingMeaning,
        message: format!(
            "`{name}` does not say what its numbers are; hpasim reads {subject} as requests per second"
        ),
        place: chosen.first().map(|series| Box::new(series.place.clone())),
        help: "state it: --what requests, users, cpu-cores or cpu-millicores; --series chooses one series".to_owned(),
    }
}

/// What a series says of its numbers.
#[derive(Clone, Copy, PartialEq)]
enum SeriesMeaning {
    Stated(What),
    /// CPU in an unknown unit.
    Cpu,
    NoLoad,
    Unknown,
}

impl SeriesMeaning {
    fn of_measure(measure: CellUnit) -> Self {
        measure.what().map_or(Self::NoLoad, Self::Stated)
    }

    fn of_name(name: &str) -> Self {
        match StatedMeaning::by(name) {
            StatedMeaning::Cpu(Some(what)) => Self::Stated(what),
            StatedMeaning::Cpu(None) => Self::Cpu,
            StatedMeaning::Bytes => Self::NoLoad,
            StatedMeaning::Nothing => {
                let lower = name.to_lowercase();
                let has = |words: &[&str]| words.iter().any(|word| lower == *word);
                if has(&["rps", "qps", "requests/s", "req/s", "requests per second"]) {
                    Self::Stated(What::Requests)
                } else if has(&["users", "vus", "virtual users"]) {
                    Self::Stated(What::Users)
                } else {
                    Self::Unknown
                }
            }
        }
    }
}
