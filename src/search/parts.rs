//! `sweep.csv` read again: rows to continue from, and parts to join.
//!
//! It reads streams line by line; `cli` opens the files.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::ops::Range;

use thiserror::Error;

use super::table::{
    CHECK_KEY, DamagedHead, Difference, Head, RowKeys, SHARD_KEY, Shard, TITLE, check_value,
    csv_record, is_kpi_column,
};
use crate::bounded::{self, ReadError, SWEEP_HEAD_BYTES_MAX, SWEEP_LINE_BYTES_MAX, size_text};

/// Why a file cannot be continued or joined.
#[derive(Debug, Error)]
pub enum TableError {
    /// It is something else.
    #[error(
        "{name}: this is not a part of a sweep: its first line is not `{TITLE}`; name a sweep.csv"
    )]
    NoSweep {
        /// The file.
        name: String,
    },
    /// It belongs to another sweep.
    #[error(
        "{name}: a part of another sweep: it has {} where {} has {}; join parts of one command, one version and the same files",
        difference.here, other, difference.there
    )]
    Different {
        /// The file.
        name: String,
        /// What it was compared with.
        other: String,
        /// The first line in which they differ.
        difference: Box<Difference>,
    },
    /// The head is damaged, or no sweep has it.
    #[error(
        "{name}: the head is damaged, or of an earlier version: its check value is missing or wrong, or its numbers of points and rows do not fit its values; compute this part again with --force"
    )]
    Head {
        /// The file.
        name: String,
    },
    /// It is not of the sweep that is to be continued.
    #[error(
        "{name}: another sweep: {}; choose another folder with -o, or compute this one again with --force",
        difference.as_of_command()
    )]
    OtherSweep {
        /// The file.
        name: String,
        /// The first line in which they differ.
        difference: Box<Difference>,
    },
    /// A row is damaged, is missing, or stands where another should.
    #[error(
        "{name}: line {line}: {fault}; delete this line and all lines after it, then continue with --resume, or compute this part again with --force"
    )]
    Row {
        /// The file.
        name: String,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// The part is not finished.
    #[error(
        "{name}: unfinished: {found} of {wanted} rows; continue with the same command and --resume"
    )]
    Unfinished {
        /// The file.
        name: String,
        /// The rows found.
        found: u64,
        /// The rows that belong into it.
        wanted: u64,
    },
    /// There are more rows than belong into it.
    #[error("{name}: has more than its {wanted} rows; compute this part again with --force")]
    TooLong {
        /// The file.
        name: String,
        /// The rows that belong into it.
        wanted: u64,
    },
    /// A part of the sweep is missing.
    #[error("{}", missing_text(first, *missing, *count))]
    Missing {
        /// The first parts that are missing.
        first: Vec<u64>,
        /// How many parts are missing.
        missing: u64,
        /// How many parts there are.
        count: u64,
    },
    /// Two files hold the same part.
    #[error("{name} and {other} are the same part, {shard}; name it once")]
    Duplicate {
        /// The one file.
        name: String,
        /// The other file.
        other: String,
        /// The part.
        shard: Shard,
    },
    /// The parts are of different divisions.
    #[error("{name}: part {shard} does not fit {other}, part {other_shard}; divide by one number")]
    Division {
        /// The one file.
        name: String,
        /// Its part.
        shard: Shard,
        /// The other file.
        other: String,
        /// Its part.
        other_shard: Shard,
    },
    /// Its head or a line is longer than the limit.
    #[error(
        "{name}: this is not a part of a sweep: {what} is longer than {limit}; name a sweep.csv"
    )]
    TooLarge {
        /// The file.
        name: String,
        /// "a line" or "the head".
        what: &'static str,
        /// How long it may be, with its unit.
        limit: String,
    },
    /// A file cannot be read.
    #[error("{name}: cannot be read: {error}")]
    Read {
        /// The file.
        name: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The result cannot be written.
    #[error("cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RowFault {
    /// Its bytes are not those that were written.
    #[error("damaged: its check value does not fit its cells")]
    Check,
    /// It is the row of another point or trace, or has other values.
    #[error("it is not the row of point {point} of the sweep, which belongs here")]
    Key {
        /// The point whose row belongs here.
        point: u64,
    },
    /// It has too few cells, or too many.
    #[error("it has {found} cells instead of {wanted}")]
    Cells {
        /// Those it has.
        found: usize,
        /// Those of the header.
        wanted: usize,
    },
    /// A KPI is no number.
    #[error("cell {cell} is not a number")]
    Number {
        /// The cell, counted from 1.
        cell: usize,
    },
}

/// How many missing parts are named.
const SHOWN: usize = 8;

fn missing_text(first: &[u64], missing: u64, count: u64) -> String {
    let next = first.first().unwrap_or(&0);
    if missing == 1 {
        return format!(
            "part {next} of {count} is missing; compute it with --shard {next}/{count}"
        );
    }
    let mut words: Vec<String> = first.iter().map(u64::to_string).collect();
    let more = missing.saturating_sub(first.len() as u64);
    if more > 0 {
        words.push(format!("{more} more"));
    }
    let last = words.pop().unwrap_or_default();
    format!(
        "parts {} and {last} of {count} are missing; compute each of them, the first with --shard {next}/{count}",
        words.join(", ")
    )
}

/// A `sweep.csv` whose head has been read; its rows come next.
#[derive(Debug)]
pub struct PartFile<R> {
    name: String,
    head: Head,
    shard: Option<Shard>,
    reader: R,
    /// Lines read so far.
    lines: u64,
    /// Bytes of the head and of the whole rows read so far.
    whole_bytes: u64,
}

/// A line of a file with its end, if it has one.
fn read_line(reader: &mut impl BufRead, name: &str) -> Result<Option<Vec<u8>>, TableError> {
    let mut bytes = Vec::new();
    let name = || name.to_owned();
    let read =
        bounded::read_line(reader, &mut bytes, SWEEP_LINE_BYTES_MAX).map_err(
            |error| match error {
                ReadError::Io(error) => TableError::Read {
                    name: name(),
                    error,
                },
                ReadError::TooLarge { bytes_max } => TableError::TooLarge {
                    name: name(),
                    what: "a line",
                    limit: size_text(bytes_max),
                },
            },
        )?;
    Ok((read > 0).then_some(bytes))
}

impl<R: BufRead> PartFile<R> {
    /// Reads the head of a file called `name`.
    ///
    /// # Errors
    /// It is no `sweep.csv`.
    pub fn open(name: String, mut reader: R) -> Result<Self, TableError> {
        let no_sweep = |name: &str| TableError::NoSweep {
            name: name.to_owned(),
        };
        let mut lines = Vec::new();
        let mut shard = None;
        let mut check = None;
        let mut is_in_order = true;
        let mut count = 0;
        let mut whole_bytes = 0;
        let header = loop {
            let Some(line) = read_line(&mut reader, &name)? else {
                return Err(match count {
                    0 => no_sweep(&name),
                    _ => TableError::Head { name },
                });
            };
            count += 1;
            whole_bytes += line.len() as u64;
            if whole_bytes > SWEEP_HEAD_BYTES_MAX {
                return Err(TableError::TooLarge {
                    name,
                    what: "the head",
                    limit: size_text(SWEEP_HEAD_BYTES_MAX),
                });
            }
            if count == 1 && line.trim_ascii_end() != TITLE.as_bytes() {
                return Err(no_sweep(&name));
            }
            // The check value is that of the very bytes: nothing may be replaced before.
            let Ok(line) = String::from_utf8(line) else {
                return Err(TableError::Head { name });
            };
            if let Some(text) = line.strip_prefix(SHARD_KEY) {
                let parsed = Shard::parse(text.trim_end());
                let known = shard.replace(parsed.map_err(|_| no_sweep(&name))?);
                is_in_order &= known.is_none() && check.is_none();
            } else if let Some(value) = line.strip_prefix(CHECK_KEY) {
                is_in_order &= check.replace(value.trim_end().to_owned()).is_none();
            } else if line.starts_with('#') {
                // Shard and check value end the head.
                is_in_order &= shard.is_none() && check.is_none();
                lines.push(line.trim_end_matches('\n').to_owned());
            } else {
                break line;
            }
        };
        let head = Head { lines, header };
        if !is_in_order || check != Some(head.check(shard)) || !head.is_consistent() {
            return Err(TableError::Head { name });
        }
        Ok(Self {
            name,
            head,
            shard,
            reader,
            lines: count,
            whole_bytes,
        })
    }

    /// Whether the file is of this sweep and part.
    ///
    /// # Errors
    /// The first line in which they differ.
    pub fn check_is(&self, head: &Head, shard: Option<Shard>) -> Result<(), TableError> {
        let different = |difference: Difference| TableError::OtherSweep {
            name: self.name.clone(),
            difference: Box::new(difference),
        };
        if let Some(difference) = self.head.difference(head) {
            return Err(different(difference));
        }
        if self.shard != shard {
            let shown = |shard: Option<Shard>| match shard {
                Some(shard) => format!("`{SHARD_KEY}{shard}`"),
                None => "the whole sweep".to_owned(),
            };
            return Err(different(Difference {
                here: shown(self.shard),
                there: shown(shard),
            }));
        }
        Ok(())
    }

    /// Bytes of the head and of the whole rows read so far: where the next row belongs.
    #[must_use]
    pub fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    /// The rows that belong into the file.
    fn wanted(&self) -> Range<u64> {
        let rows = self.head.rows().unwrap_or(0);
        self.shard.map_or(0..rows, |shard| shard.rows(rows))
    }

    /// Hands every whole row to `take` and counts them; a last line without an end is not a whole row.
    ///
    /// `keys` says what stands in the first cells; without them, only the number of the point is compared.
    ///
    /// # Errors
    /// A row that is damaged or not the next one, or one too many.
    pub fn rows<E: From<TableError>>(
        &mut self,
        keys: Option<&RowKeys>,
        mut take: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<u64, E> {
        let wanted = self.wanted();
        let rows = RowCheck::new(&self.head, keys);
        let rows = rows.ok_or_else(|| TableError::Head {
            name: self.name.clone(),
        })?;
        let mut next = wanted.start;
        while let Some(line) = read_line(&mut self.reader, &self.name)? {
            self.lines += 1;
            if !line.ends_with(b"\n") {
                break;
            }
            if next >= wanted.end {
                return Err(TableError::TooLong {
                    name: self.name.clone(),
                    wanted: wanted.end - wanted.start,
                }
                .into());
            }
            let damaged = |fault| TableError::Row {
                name: self.name.clone(),
                line: self.lines,
                fault,
            };
            let line = String::from_utf8(line).map_err(|_| damaged(RowFault::Check))?;
            rows.check(next, &line).map_err(damaged)?;
            take(&line)?;
            self.whole_bytes += line.len() as u64;
            next += 1;
        }
        Ok(next - wanted.start)
    }

    /// A part that stopped early has valid rows, and too few.
    fn check_complete(&self, found: u64) -> Result<(), TableError> {
        let wanted = self.wanted();
        let wanted = wanted.end - wanted.start;
        if found == wanted {
            return Ok(());
        }
        Err(TableError::Unfinished {
            name: self.name.clone(),
            found,
            wanted,
        })
    }
}

/// What the rows of a file have to be.
struct RowCheck<'k> {
    /// `None` where they are too many to compute them.
    keys: Option<&'k RowKeys>,
    traces: u64,
    cells: usize,
    first_kpi: usize,
}

impl<'k> RowCheck<'k> {
    /// `None` where the head describes no sweep.
    fn new(head: &Head, keys: Option<&'k RowKeys>) -> Option<Self> {
        let columns = head.columns();
        let traces = head.trace_count();
        (traces > 0).then_some(Self {
            keys,
            traces,
            cells: columns.len(),
            first_kpi: columns.iter().position(|column| is_kpi_column(column))?,
        })
    }

    /// Checks the row of this number.
    fn check(&self, row: u64, line: &str) -> Result<(), RowFault> {
        let line = line.trim_end_matches('\n');
        let (content, check) = line.rsplit_once(',').unwrap_or((line, ""));
        if check_value(content) != check {
            return Err(RowFault::Check);
        }
        let point = row / self.traces;
        let begins = self
            .keys
            .map_or_else(|| format!("{point},"), |keys| keys.cells(row));
        if !content.starts_with(&begins) {
            return Err(RowFault::Key { point });
        }
        let cells = csv_record(line);
        if cells.len() != self.cells {
            return Err(RowFault::Cells {
                found: cells.len(),
                wanted: self.cells,
            });
        }
        let is_number = |cell: &str| cell.is_empty() || cell.parse().is_ok_and(f64::is_finite);
        let kpis = self.first_kpi..self.cells - 1;
        match kpis.into_iter().find(|cell| !is_number(&cells[*cell])) {
            Some(cell) => Err(RowFault::Number { cell: cell + 1 }),
            None => Ok(()),
        }
    }
}

/// Joins the parts of a sweep, in whatever order they come, into what one machine would have written.
///
/// # Errors
/// Parts of different sweeps, parts that are missing, unfinished or named twice.
pub fn merge<R: BufRead>(
    mut parts: Vec<PartFile<R>>,
    mut out: impl Write,
) -> Result<u64, TableError> {
    check_together(&parts)?;
    parts.sort_by_key(|part| part.shard.map_or(0, |shard| shard.index));
    let mut keys = None;
    if let Some(first) = parts.first() {
        // All heads are the same, so these are the keys of every part.
        keys = first.head.keys().map_err(|DamagedHead| TableError::Head {
            name: first.name.clone(),
        })?;
        out.write_all(first.head.to_text(None).as_bytes())
            .map_err(TableError::Write)?;
    }
    let mut rows = 0;
    for part in &mut parts {
        let found = part.rows(keys.as_ref(), |line| {
            out.write_all(line.as_bytes()).map_err(TableError::Write)
        })?;
        part.check_complete(found)?;
        rows += found;
    }
    Ok(rows)
}

/// All parts are of one sweep, and each is there once.
fn check_together<R: BufRead>(parts: &[PartFile<R>]) -> Result<(), TableError> {
    let Some(first) = parts.first() else {
        return Ok(());
    };
    let whole = Shard { index: 0, count: 1 };
    let shard_of = |part: &PartFile<R>| part.shard.unwrap_or(whole);
    let count = shard_of(first).count;
    let mut seen: BTreeMap<u64, &PartFile<R>> = BTreeMap::new();
    for part in parts {
        if let Some(difference) = part.head.difference(&first.head) {
            return Err(TableError::Different {
                name: part.name.clone(),
                other: first.name.clone(),
                difference: Box::new(difference),
            });
        }
        if shard_of(part).count != count {
            return Err(TableError::Division {
                name: part.name.clone(),
                shard: shard_of(part),
                other: first.name.clone(),
                other_shard: shard_of(first),
            });
        }
        if let Some(twin) = seen.insert(shard_of(part).index, part) {
            return Err(TableError::Duplicate {
                name: twin.name.clone(),
                other: part.name.clone(),
                shard: shard_of(part),
            });
        }
    }
    // The head of a part may name any number of parts: only the first few that are missing are listed.
    let missing = count.saturating_sub(seen.len() as u64);
    if missing == 0 {
        return Ok(());
    }
    let first = (0..count).filter(|index| !seen.contains_key(index));
    Err(TableError::Missing {
        first: first.take(SHOWN).collect(),
        missing,
        count,
    })
}

#[cfg(test)]
mod tests;
