//! `sweep.csv`: a head of `#` lines that describe the sweep, a header, and a row for each point and trace.
//!
//! Text goes out here, a row at a time; [`parts`](super::parts) reads and joins it.
//!
//! Every row is one line, whatever its values hold, so that whole lines are
//! whole rows and a file can be continued and joined line by line. Head and rows
//! end in a check value each, so that a damaged file is not taken for a whole one.

use std::collections::BTreeMap;
use std::ops::Range;

use super::grid::Grid;
use super::sweep::RowKey;
use crate::kpi::{Kpi, SeedFold};
use crate::results::KpiReport;
use crate::text::csv_cell::{guarded, guarded_comment, original_comment};
use crate::text::rounding::readable;
use crate::units::{Seed, SimSpan};

/// One of the parts that several machines compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 0 on.
    pub index: u64,
    /// How many parts there are.
    pub count: u64,
}

impl Shard {
    /// Reads `I/N`, I from 0 to N - 1, as Kubernetes numbers the pods of an Indexed Job.
    ///
    /// # Errors
    /// What is wrong and what to write instead, in one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "write I/N, as 0/4, 1/4, 2/4, 3/4";
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(index, count)| {
            Some(Self {
                index: index.parse().ok()?,
                count: count.parse().ok()?,
            })
        });
        match numbers {
            None => Err(form.to_owned()),
            Some(Self { count: 0, .. }) => Err(format!("write at least one part; {form}")),
            Some(shard) if shard.index >= shard.count => Err(format!(
                "parts count from 0, so the last of {} is {}/{}",
                shard.count,
                shard.count - 1,
                shard.count
            )),
            Some(shard) => Ok(shard),
        }
    }

    /// Its share of `rows` rows: the parts differ by at most one row.
    #[must_use]
    pub fn rows(self, rows: u64) -> Range<u64> {
        let edge = |index: u64| {
            let edge = u128::from(rows) * u128::from(index) / u128::from(self.count);
            u64::try_from(edge).unwrap_or(rows)
        };
        edge(self.index)..edge(self.index + 1)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// The first line of every `sweep.csv`.
pub(super) const TITLE: &str = "# hpasim sweep";
/// What stands before the number of rows.
const ROWS_KEY: &str = "# rows: ";
/// What stands before each trace's name.
const TRACE_KEY: &str = "# trace: ";
/// What stands before the first seed.
const SEED_KEY: &str = "# seed: ";
/// What stands before each argument of `--set`.
const SET_KEY: &str = "# set: ";
/// What stands before the number of points.
const POINTS_KEY: &str = "# points: ";
/// What stands behind the number of points of a Latin hypercube.
const SAMPLES: &str = " samples";
/// What stands behind the number of points of a grid.
const COMBINATIONS: &str = ", every combination";
/// What stands before the hash of the inputs.
const INPUTS_KEY: &str = "# inputs: ";
/// What stands before the part.
pub(super) const SHARD_KEY: &str = "# shard: ";
/// What stands before the check value of the head.
pub(super) const CHECK_KEY: &str = "# check: crc32 ";
/// The column of the check values of the rows.
const CHECK_COLUMN: &str = "check";

/// The check value of a text: CRC-32 as of gzip, in eight hexadecimal digits.
pub(super) fn check_value(text: &str) -> String {
    format!("{:08x}", crc32fast::hash(text.as_bytes()))
}

/// The most numbers that are drawn again to compare the rows of a file with its head: 160 MB.
const KEYS_DRAWN_MAX: u64 = 20_000_000;

/// How many points there are, as a head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeadPoints {
    /// Every combination.
    All(u64),
    /// A Latin hypercube.
    Drawn(u32),
}

impl HeadPoints {
    fn count(self) -> u64 {
        match self {
            Self::All(count) => count,
            Self::Drawn(count) => count.into(),
        }
    }
}

/// A head that no sweep has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DamagedHead;

/// What a sweep is, line by line: two files with the same head belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// `#` lines, all but that of the part.
    pub(super) lines: Vec<String>,
    /// The names of the columns, as a line.
    pub(super) header: String,
}

/// What goes into a head.
#[derive(Clone, Copy, Debug)]
pub struct HeadFacts<'h> {
    /// The points.
    pub grid: &'h Grid,
    /// The policy's name.
    pub policy: &'h str,
    /// The traces' names.
    pub traces: &'h [String],
    /// The engine's name.
    pub engine: &'h str,
    /// The seeds, from the first on.
    pub seeds: &'h [Seed],
    /// The arguments of `--set`.
    pub set: &'h [String],
    /// `--samples`.
    pub samples: Option<u32>,
    /// What the user states of the traces, by the names of the options.
    pub reading: &'h BTreeMap<&'static str, String>,
    /// `--hpa`.
    pub hpa: Option<&'h str>,
    /// `--namespace`.
    pub namespace: Option<&'h str>,
    /// `--warm-up`.
    pub warm_up: Option<SimSpan>,
    /// SHA-256 of everything that was read.
    pub inputs_sha256: &'h str,
    /// SHA-256 of what is swept.
    pub grid_sha256: &'h str,
}

impl Head {
    /// The head of a sweep.
    #[must_use]
    pub fn new(facts: &HeadFacts<'_>) -> Self {
        let points = facts.grid.count();
        let mut lines = vec![
            TITLE.to_owned(),
            format!("# version: {}", env!("CARGO_PKG_VERSION")),
            format!("# policy: {}", facts.policy),
        ];
        let chosen = [("hpa", facts.hpa), ("namespace", facts.namespace)];
        let reading = facts.reading.iter();
        lines.extend(reading.map(|(name, value)| format!("# {name}: {value}")));
        lines.extend(
            chosen
                .iter()
                .filter_map(|(key, value)| Some(format!("# {key}: {}", (*value)?))),
        );
        lines.extend(facts.warm_up.map(|span| format!("# warm-up: {span}")));
        lines.extend(facts.traces.iter().map(|it| format!("{TRACE_KEY}{it}")));
        lines.extend([
            format!("# engine: {}", facts.engine),
            format!(
                "{SEED_KEY}{}",
                facts.seeds.first().copied().unwrap_or_default()
            ),
            format!("# seeds: {}", facts.seeds.len()),
        ]);
        lines.extend(facts.set.iter().map(|set| format!("{SET_KEY}{set}")));
        lines.push(match facts.samples {
            Some(_) => format!("{POINTS_KEY}{points}{SAMPLES}"),
            None => format!("{POINTS_KEY}{points}{COMBINATIONS}"),
        });
        lines.push(format!("{ROWS_KEY}{}", points * facts.traces.len() as u64));
        // Last, so that where two sweeps differ, what a person can read is named first.
        lines.push(format!("{INPUTS_KEY}sha256 {}", facts.inputs_sha256));
        lines.push(format!("# grid: sha256 {}", facts.grid_sha256));
        let lines = lines
            .iter()
            .map(|line| escaped(&guarded_comment(line)))
            .collect();
        let columns = columns(facts.grid, facts.seeds.len() as u64);
        Self {
            lines,
            header: csv_line(&columns),
        }
    }

    /// The text with which a file begins: that of the whole sweep, or of one part.
    #[must_use]
    pub fn to_text(&self, shard: Option<Shard>) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        if let Some(shard) = shard {
            text.push_str(&format!("{SHARD_KEY}{shard}\n"));
        }
        let check = self.check(shard);
        text.push_str(&format!("{CHECK_KEY}{check}\n"));
        text.push_str(&self.header);
        text
    }

    /// The check value of the head of the whole sweep, or of one part.
    pub(super) fn check(&self, shard: Option<Shard>) -> String {
        let shard = shard.map(|shard| format!("{SHARD_KEY}{shard}\n"));
        let lines = self.lines.join("\n");
        let shard = shard.unwrap_or_default();
        check_value(&format!("{lines}\n{shard}{}", self.header))
    }

    /// What stands behind `key`, line by line.
    fn values<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        self.lines
            .iter()
            .filter_map(move |line| line.strip_prefix(key))
    }

    /// How many rows the whole sweep has, as the head says.
    pub(super) fn rows(&self) -> Option<u64> {
        self.values(ROWS_KEY).next()?.parse().ok()
    }

    /// How many traces there are, as the head says.
    pub(super) fn trace_count(&self) -> u64 {
        self.values(TRACE_KEY).count() as u64
    }

    /// Whether the numbers of rows, points and traces fit together.
    pub(super) fn is_consistent(&self) -> bool {
        let rows = self
            .points()
            .and_then(|points| points.count().checked_mul(self.trace_count()));
        rows.is_some() && rows == self.rows()
    }

    /// The first cells of every row, as the head says.
    ///
    /// `Ok(None)` where they are more than [`KEYS_DRAWN_MAX`]: the head comes from a file,
    /// and a short one may ask for any number of points and parameters.
    ///
    /// # Errors
    /// The arguments of `--set` do not make as many points as the head says.
    pub(super) fn keys(&self) -> Result<Option<RowKeys>, DamagedHead> {
        let points = self.points().ok_or(DamagedHead)?;
        let set: Vec<String> = self
            .texts(SET_KEY)
            .collect::<Option<_>>()
            .ok_or(DamagedHead)?;
        let traces: Vec<String> = self
            .texts(TRACE_KEY)
            .collect::<Option<_>>()
            .ok_or(DamagedHead)?;
        let grid = match points {
            HeadPoints::All(_) => Grid::full(&set),
            HeadPoints::Drawn(count) => {
                if u64::from(count).saturating_mul(set.len() as u64) > KEYS_DRAWN_MAX {
                    return Ok(None);
                }
                Grid::latin_hypercube(&set, count, self.seed().ok_or(DamagedHead)?)
            }
        };
        let grid = grid.ok().filter(|grid| grid.count() == points.count());
        let grid = grid.ok_or(DamagedHead)?;
        Ok(Some(RowKeys { grid, traces }))
    }

    /// The points, as the head says.
    fn points(&self) -> Option<HeadPoints> {
        let points = self.values(POINTS_KEY).next()?;
        match points.strip_suffix(SAMPLES) {
            Some(count) => Some(HeadPoints::Drawn(count.parse().ok()?)),
            None => Some(HeadPoints::All(
                points.strip_suffix(COMBINATIONS)?.parse().ok()?,
            )),
        }
    }

    fn seed(&self) -> Option<Seed> {
        Some(Seed(self.values(SEED_KEY).next()?.parse().ok()?))
    }

    /// The texts behind `key` as they were before they were written; `None` for what is never written.
    fn texts(&self, key: &'static str) -> impl Iterator<Item = Option<String>> {
        self.lines
            .iter()
            .filter(move |line| line.starts_with(key))
            .map(move |line| Some(original_line(line)?.strip_prefix(key)?.to_owned()))
    }

    /// The names of the columns.
    pub(super) fn columns(&self) -> Vec<String> {
        csv_record(&self.header).iter().map(str::to_owned).collect()
    }

    /// The first line in which another head differs: this one's, and that one's.
    pub(super) fn difference(&self, other: &Self) -> Option<Difference> {
        let here = self.lines.iter().chain([&self.header]);
        let there = other.lines.iter().chain([&other.header]);
        let length = self.lines.len().max(other.lines.len()) + 1;
        let here = here.map(Some).chain(std::iter::repeat(None));
        let there = there.map(Some).chain(std::iter::repeat(None));
        here.zip(there)
            .take(length)
            .find(|(here, there)| here != there)
            .map(|(here, there)| Difference {
                here: shown(here),
                there: shown(there),
            })
    }
}

fn shown(line: Option<&String>) -> String {
    line.map_or_else(
        || "nothing".to_owned(),
        |line| format!("`{}`", line.trim_end()),
    )
}

/// Two lines that should be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What stands in the first.
    pub here: String,
    /// What stands in the second.
    pub there: String,
}

impl Difference {
    /// What a file has, held against what this command has.
    #[must_use]
    pub fn as_of_command(&self) -> String {
        if self.here.starts_with(&format!("`{INPUTS_KEY}")) {
            return "it was computed from other files, or one of them has changed since".to_owned();
        }
        format!("it has {} where this command has {}", self.here, self.there)
    }
}

/// The name of the column that holds a fold of the KPI called `name`.
fn folded_column(name: &str, fold: SeedFold) -> String {
    format!("{name}_{}", fold.name)
}

/// The names of the columns.
fn columns(grid: &Grid, seeds: u64) -> Vec<String> {
    let mut columns = vec!["point".to_owned(), "trace".to_owned()];
    columns.extend(grid.swept().map(|parameter| parameter.path().to_owned()));
    for name in Kpi::ALL.map(Kpi::name) {
        if seeds == 1 {
            columns.push((*name).to_owned());
        } else {
            columns.extend(SeedFold::ALL.map(|fold| folded_column(name, fold)));
        }
    }
    columns.push(CHECK_COLUMN.to_owned());
    columns
}

/// What a row says of itself: its point, its trace and the values there.
#[derive(Clone, Debug)]
pub struct RowKeys {
    /// The points.
    pub grid: Grid,
    /// The names of the traces, at least one.
    pub traces: Vec<String>,
}

impl RowKeys {
    /// The cells with which the row of this number begins.
    pub(super) fn cells(&self, row: u64) -> String {
        let traces = self.traces.len() as u64;
        let key = RowKey {
            point: row / traces,
            trace: (row % traces) as usize,
        };
        row_key(key, &self.traces[key.trace], &self.grid)
    }
}

/// The cells with which a row begins, a comma behind each: point, trace and swept values.
fn row_key(key: RowKey, trace: &str, grid: &Grid) -> String {
    let mut cells = vec![key.point.to_string(), trace.to_owned()];
    let values = grid.swept_values(key.point);
    cells.extend(values.iter().map(|value| plain_text(value)));
    format!("{},", csv_cells(&cells))
}

/// The line of one row, its end included.
#[must_use]
pub fn row_line(key: RowKey, trace: &str, grid: &Grid, report: &KpiReport) -> String {
    let number =
        |value: Option<f64>| value.map_or_else(String::new, |value| readable(value).to_string());
    let numbers: Vec<String> = match report {
        KpiReport::One(kpis) => {
            let values = Kpi::ALL.iter().map(|kpi| number(kpis.value(*kpi)));
            values.collect()
        }
        KpiReport::Folded(folded) => {
            let three = folded.iter().flat_map(|kpi| [kpi.median, kpi.p10, kpi.p90]);
            three.map(number).collect()
        }
    };
    let row = format!("{}{}", row_key(key, trace, grid), csv_cells(&numbers));
    let check = check_value(&row);
    format!("{row},{check}\n")
}

/// A TOML string without its quotes, where nothing within needs them; anything else as it is.
#[must_use]
pub fn plain_text(value: &str) -> String {
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .filter(|inner| !inner.contains(['"', '\\']));
    inner.unwrap_or(value).to_owned()
}

/// A line of the head as it is written: line ends and backslashes are escaped.
fn escaped(text: &str) -> String {
    one_line(&text.replace('\\', "\\\\"))
}

/// The text that was written as this line of a head; `None` for an escape that is never written.
fn original_line(line: &str) -> Option<String> {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next()? {
                'n' => '\n',
                'r' => '\r',
                '\\' => '\\',
                _ => return None,
            },
            other => other,
        });
    }
    Some(original_comment(&text).into_owned())
}

fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}

fn csv_line(cells: &[String]) -> String {
    format!("{}\n", csv_cells(cells))
}

/// `#` needs quotes too: a line that begins with it would be a comment.
fn csv_cells(cells: &[String]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| {
            let cell = one_line(&guarded(cell));
            if cell.contains([',', '"', '#']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell
            }
        })
        .collect();
    cells.join(",")
}

/// Whether a column holds a KPI, or a fold of one.
pub(super) fn is_kpi_column(column: &str) -> bool {
    let is_fold = |fold: SeedFold| {
        let kpi = column.strip_suffix(fold.name);
        kpi.and_then(|kpi| Kpi::named(kpi.strip_suffix('_')?))
            .is_some()
    };
    Kpi::named(column).is_some() || SeedFold::ALL.into_iter().any(is_fold)
}

/// The cells of a line; none of a line that is no row.
pub(super) fn csv_record(line: &str) -> csv::StringRecord {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record,
        _ => csv::StringRecord::new(),
    }
}

/// The columns of the KPIs that are read back, in a row's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    columns: Vec<Option<usize>>,
}

impl Picked {
    /// Where the typical values (of several seeds the median) of `kpis` stand.
    #[must_use]
    pub fn of(kpis: &[Kpi], grid: &Grid, seeds: u64) -> Self {
        let columns = columns(grid, seeds);
        let place = |kpi: &Kpi| {
            let wanted = if seeds == 1 {
                kpi.name().to_owned()
            } else {
                folded_column(kpi.name(), SeedFold::MEDIAN)
            };
            columns.iter().position(|column| *column == wanted)
        };
        Self {
            columns: kpis.iter().map(place).collect(),
        }
    }

    /// Their values in a line of the file; NaN for an empty cell.
    #[must_use]
    pub fn values(&self, line: &str) -> Vec<f64> {
        // A line that is no row gives no values.
        let record = csv_record(line);
        self.columns
            .iter()
            .map(|column| {
                let cell = column.and_then(|at| record.get(at));
                cell.and_then(|cell| cell.parse().ok()).unwrap_or(f64::NAN)
            })
            .collect()
    }
}
