//! `sweep.csv`: a head of `#` lines that say what the sweep is, a header, and a row a point and trace.
//!
//! Self-imposed limit: text out, a row at a time; reading and joining is `parts`'.
//!
//! Every row is one line, whatever its values hold, so that whole lines are
//! whole rows and a file can be continued and joined line by line.

use std::ops::Range;

use super::grid::Grid;
use super::sweep::RowKey;
use crate::results::export::KpiReport;
use crate::results::kpis::Kpis;
use crate::results::rounding::readable;
use crate::text::csv_cell::{guarded, guarded_comment};
use crate::units::Seed;

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
            Some(Self { count: 0, .. }) => Err(format!("there are no parts; {form}")),
            Some(shard) if shard.index >= shard.count => Err(format!(
                "parts count from 0, so the last of {} is {}/{}",
                shard.count,
                shard.count - 1,
                shard.count
            )),
            Some(shard) => Ok(shard),
        }
    }

    /// Its share of so many rows: parts side by side, none more than one row longer than another.
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
/// What stands before the traces' names.
const TRACES_KEY: &str = "# traces: ";
/// What stands before the part.
pub(super) const SHARD_KEY: &str = "# shard: ";

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
            format!("{TRACES_KEY}{}", facts.traces.join(", ")),
            format!("# engine: {}", facts.engine),
            format!(
                "# seed: {}",
                facts.seeds.first().copied().unwrap_or_default()
            ),
            format!("# seeds: {}", facts.seeds.len()),
        ];
        lines.extend(facts.set.iter().map(|set| format!("# set: {set}")));
        lines.push(match facts.samples {
            Some(_) => format!("# points: {points} samples"),
            None => format!("# points: {points}, every combination"),
        });
        lines.push(format!("{ROWS_KEY}{}", points * facts.traces.len() as u64));
        // Last, so that where two sweeps differ, what a person can read is named first.
        lines.push(format!("# inputs: sha256 {}", facts.inputs_sha256));
        lines.push(format!("# grid: sha256 {}", facts.grid_sha256));
        let lines = lines
            .iter()
            .map(|line| one_line(&guarded_comment(line)))
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
        text.push_str(&self.header);
        text
    }

    /// How many rows the whole sweep has, as the head says.
    pub(super) fn rows(&self) -> Option<u64> {
        let line = self
            .lines
            .iter()
            .find_map(|line| line.strip_prefix(ROWS_KEY));
        line.and_then(|rows| rows.parse().ok())
    }

    /// The number of traces, as the head says.
    pub(super) fn traces(&self) -> u64 {
        let line = self
            .lines
            .iter()
            .find_map(|line| line.strip_prefix(TRACES_KEY));
        line.map_or(1, |names| names.split(", ").count() as u64)
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

/// The names of the columns.
fn columns(grid: &Grid, seeds: u64) -> Vec<String> {
    let mut columns = vec!["point".to_owned(), "trace".to_owned()];
    columns.extend(grid.swept().map(|parameter| parameter.path().to_owned()));
    for name in Kpis::NAMES {
        if seeds == 1 {
            columns.push((*name).to_owned());
        } else {
            let folds = ["median", "p10", "p90"];
            columns.extend(folds.iter().map(|fold| format!("{name}_{fold}")));
        }
    }
    columns
}

/// The line of one row, its end included.
#[must_use]
pub fn row_line(key: RowKey, trace: &str, grid: &Grid, report: &KpiReport) -> String {
    let mut cells = vec![key.point.to_string(), trace.to_owned()];
    let values = grid.swept_values(key.point);
    cells.extend(values.iter().map(|value| plain_text(value)));
    let number =
        |value: Option<f64>| value.map_or_else(String::new, |value| readable(value).to_string());
    match report {
        KpiReport::One(kpis) => {
            cells.extend(kpis.values().iter().map(|kpi| number(kpi.value)));
        }
        KpiReport::Folded(folded) => {
            let three = folded.iter().flat_map(|kpi| [kpi.median, kpi.p10, kpi.p90]);
            cells.extend(three.map(number));
        }
    }
    csv_line(&cells)
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

fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}

fn csv_line(cells: &[String]) -> String {
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
    format!("{}\n", cells.join(","))
}

/// The names in a file of the KPIs that are read back, in a row's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    columns: Vec<Option<usize>>,
}

impl Picked {
    /// Where the typical values (of several seeds the median) of the KPIs called `names` stand.
    #[must_use]
    pub fn of(names: &[&str], grid: &Grid, seeds: u64) -> Self {
        let columns = columns(grid, seeds);
        let place = |name: &str| {
            let wanted = if seeds == 1 {
                name.to_owned()
            } else {
                format!("{name}_median")
            };
            columns.iter().position(|column| *column == wanted)
        };
        Self {
            columns: names.iter().map(|name| place(name)).collect(),
        }
    }

    /// Their values in a line of the file; NaN where there is none.
    #[must_use]
    pub fn values(&self, line: &str) -> Vec<f64> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(line.as_bytes());
        let mut record = csv::StringRecord::new();
        // A line that is no row gives no values.
        let is_row = matches!(reader.read_record(&mut record), Ok(true));
        self.columns
            .iter()
            .map(|column| {
                let cell = column.filter(|_| is_row).and_then(|at| record.get(at));
                cell.and_then(|cell| cell.parse().ok()).unwrap_or(f64::NAN)
            })
            .collect()
    }
}
