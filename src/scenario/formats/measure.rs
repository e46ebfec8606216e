//! Numbers with units, as Grafana formats them: `2 req/s`, `1.20K ops/s`, `350 mCPU`.
//!
//! The units are those of grafana/grafana, packages/grafana-data/src/valueFormats/categories.ts, "Throughput".

use super::What;
use crate::units::parse_number;

/// A unit, and its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CellUnit {
    what: Option<What>,
    factor: f64,
}

impl CellUnit {
    /// The quantity in this unit; `None` for one that is no load.
    pub(super) fn what(self) -> Option<What> {
        self.what
    }

    /// What one of this unit is in requests per second, users, cores or millicores.
    pub(super) fn factor(self) -> f64 {
        self.factor
    }
}

/// A cell of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TableCell {
    /// No sample.
    Blank,
    /// A number, without the factor of its unit.
    Number(f64, Option<CellUnit>),
    /// NaN or infinite.
    NotANumber,
    /// Anything else.
    Words,
}

const PER_SECOND: [&str; 20] = [
    "req/s",
    "reqs/s",
    "requests/s",
    "requests/sec",
    "req/sec",
    "reqps",
    "rps",
    "qps",
    "tps",
    "ops/s",
    "ops",
    "ops/sec",
    "c/s",
    "cps",
    "counts/s",
    "/s",
    "1/s",
    "hits/s",
    "hps",
    "rd/s",
];
const PER_MINUTE: [&str; 8] = [
    "req/m",
    "req/min",
    "reqpm",
    "requests/min",
    "rpm",
    "ops/m",
    "c/m",
    "/min",
];
const USERS: [&str; 4] = ["users", "user", "vus", "vu"];
const CORES: [&str; 5] = ["cores", "core", "cpu", "cpus", "vcpu"];
const MILLICORES: [&str; 4] = ["mcpu", "mcores", "millicores", "millicore"];
/// Units of shares, times, sizes and temperatures.
const NO_LOAD: [&str; 30] = [
    "%", "percent", "ms", "s", "µs", "us", "ns", "min", "mins", "hour", "hours", "day", "days",
    "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "b/s", "kb/s", "mb/s", "kib/s",
    "mib/s", "gib/s", "bytes", "°c",
];
/// Multiples before a unit.
const PREFIXES: [(&str, f64); 10] = [
    ("Mil", 1e6),
    ("Bil", 1e9),
    ("Tri", 1e12),
    ("K", 1e3),
    ("k", 1e3),
    ("M", 1e6),
    ("B", 1e9),
    ("G", 1e9),
    ("T", 1e12),
    ("m", 1e-3),
];

fn known_unit(unit: &str) -> Option<CellUnit> {
    let lower = unit.to_lowercase();
    let is_in = |known: &[&str]| known.contains(&lower.as_str());
    let measure = |what, factor| Some(CellUnit { what, factor });
    if is_in(&PER_SECOND) {
        measure(Some(What::Requests), 1.0)
    } else if is_in(&PER_MINUTE) {
        measure(Some(What::Requests), 1.0 / 60.0)
    } else if is_in(&USERS) {
        measure(Some(What::Users), 1.0)
    } else if is_in(&CORES) {
        measure(Some(What::CpuCores), 1.0)
    } else if is_in(&MILLICORES) {
        measure(Some(What::CpuMillicores), 1.0)
    } else if is_in(&NO_LOAD) {
        measure(None, 1.0)
    } else {
        None
    }
}

/// The unit in brackets at the end of a name: `web (req/s)`.
pub(super) fn measure_in_name(name: &str) -> Option<CellUnit> {
    let name = name.trim();
    let inside = name
        .strip_suffix(')')
        .and_then(|name| name.rsplit_once('('))
        .or_else(|| {
            name.strip_suffix(']')
                .and_then(|name| name.rsplit_once('['))
        })?;
    known_unit(inside.1.trim())
}

/// Parses a cell. `has_decimal_comma` is for tables between semicolons, where a comma may stand before decimals.
pub(super) fn parse_cell(cell: &str, has_decimal_comma: bool) -> TableCell {
    let cell = cell.trim();
    if cell.is_empty() || ["null", "undefined", "-", "n/a"].contains(&cell.to_lowercase().as_str())
    {
        return TableCell::Blank;
    }
    let (number, unit) = number_and_unit(cell);
    let Some(value) = parse_number(&with_decimal_point(number, has_decimal_comma)) else {
        let lower = cell.to_lowercase();
        return match lower.trim_start_matches(['+', '-']) {
            "nan" | "inf" | "infinity" => TableCell::NotANumber,
            _ => TableCell::Words,
        };
    };
    if unit.is_empty() {
        return TableCell::Number(value, None);
    }
    if let Some(measure) = known_unit(unit) {
        return TableCell::Number(value, Some(measure));
    }
    for (prefix, factor) in PREFIXES {
        if let Some(rest) = unit.strip_prefix(prefix) {
            match (rest.trim(), known_unit(rest.trim())) {
                ("", _) => return TableCell::Number(value * factor, None),
                (_, Some(measure)) => return TableCell::Number(value * factor, Some(measure)),
                _ => {}
            }
        }
    }
    TableCell::Words
}

/// The number at the start of a cell, and what follows it.
fn number_and_unit(cell: &str) -> (&str, &str) {
    let end = cell
        .char_indices()
        .find(|(at, letter)| !is_of_number(cell, *at, *letter))
        .map_or(cell.len(), |(at, _)| at);
    (cell[..end].trim_end(), cell[end..].trim())
}

/// What the number of a cell says about the separators of decimals and of thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberForm {
    /// Nothing.
    Plain,
    /// Decimals stand behind a point: `2.5`, `1,100.5`, `1,234,567`.
    DecimalPoint,
    /// Decimals stand behind a comma: `2,5`, `1.100,5`, `1.234.567`.
    DecimalComma,
    /// `1.100`, with one point before three digits.
    DoubtfulPoint,
    /// `1,100`.
    DoubtfulComma,
}

impl NumberForm {
    /// The form of the number in a cell.
    pub(super) fn of(cell: &str) -> Self {
        Self::of_number(number_and_unit(cell.trim()).0)
    }

    fn of_number(number: &str) -> Self {
        let number = number.trim_start_matches(['+', '-']);
        let number = number.split(['e', 'E']).next().unwrap_or_default();
        let decimals_behind = |separator: char| match separator {
            ',' => Self::DecimalComma,
            _ => Self::DecimalPoint,
        };
        let thousands_between = |separator: char| match separator {
            ',' => Self::DecimalPoint,
            _ => Self::DecimalComma,
        };
        let separator = match (number.rfind(','), number.rfind('.')) {
            (None, None) => return Self::Plain,
            (Some(comma), Some(point)) if comma > point => return Self::DecimalComma,
            (Some(_), Some(_)) => return Self::DecimalPoint,
            (Some(_), None) => ',',
            (None, Some(_)) => '.',
        };
        let mut groups = number.split(separator);
        let first = groups.next().unwrap_or_default();
        let are_thousands = (1..=3).contains(&first.len())
            && !first.starts_with('0')
            && groups.clone().all(|group| group.len() == 3);
        match (groups.count(), are_thousands, separator) {
            (1, true, ',') => Self::DoubtfulComma,
            (1, true, _) => Self::DoubtfulPoint,
            (1, false, _) => decimals_behind(separator),
            (_, true, _) => thousands_between(separator),
            (_, false, _) => Self::Plain,
        }
    }
}

/// A number without separators of thousands. Where a comma may separate decimals or thousands, `has_decimal_comma` decides.
fn with_decimal_point(number: &str, has_decimal_comma: bool) -> String {
    let is_comma = match NumberForm::of_number(number) {
        NumberForm::DecimalComma => true,
        NumberForm::DoubtfulComma => has_decimal_comma,
        NumberForm::Plain | NumberForm::DecimalPoint | NumberForm::DoubtfulPoint => false,
    };
    match is_comma {
        true => number.replace('.', "").replace(',', "."),
        false => number.replace(',', ""),
    }
}

/// Whether a letter belongs to the number at the start of a cell.
fn is_of_number(cell: &str, at: usize, letter: char) -> bool {
    match letter {
        '0'..='9' | '.' | ',' => true,
        '-' | '+' => at == 0 || cell[..at].ends_with(['e', 'E']),
        'e' | 'E' => {
            let rest = cell[at + 1..].trim_start_matches(['+', '-']);
            at > 0 && rest.starts_with(|digit: char| digit.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_numbers_with_units() {
        let number = |cell: &str| match parse_cell(cell, false) {
            TableCell::Number(value, measure) => {
                let what = measure.map(|measure| measure.what.map(What::as_str));
                Some((value * measure.map_or(1.0, CellUnit::factor), what))
            }
            _ => None,
        };
        let requests = Some(Some("requests"));
        assert_eq!(number("2 req/s"), Some((2.0, requests)));
        assert_eq!(number("1.2K req/s"), Some((1200.0, requests)));
        assert_eq!(number("120 req/m"), Some((2.0, requests)));
        assert_eq!(number("1,234.5"), Some((1234.5, None)));
        assert_eq!(number("1e-3"), Some((0.001, None)));
        assert_eq!(number("500 m"), Some((0.5, None)));
        assert_eq!(
            number("350 mCPU"),
            Some((350.0, Some(Some("cpu-millicores"))))
        );
        assert_eq!(number("40%"), Some((40.0, Some(None))));
        assert_eq!(number("12 ms"), Some((12.0, Some(None))));
        assert_eq!(parse_cell("2,5", true), TableCell::Number(2.5, None));
        assert_eq!(number("2,5"), Some((2.5, None)));
        assert_eq!(number("1.100"), Some((1.1, None)));
        assert_eq!(number("1,234,567"), Some((1_234_567.0, None)));
        assert_eq!(parse_cell("1.100,5", true), TableCell::Number(1100.5, None));
        assert_eq!(parse_cell("1,100.5", true), TableCell::Number(1100.5, None));
        assert_eq!(
            parse_cell("1.234.567,5", false),
            TableCell::Number(1_234_567.5, None)
        );
        assert_eq!(parse_cell(" ", false), TableCell::Blank);
        assert_eq!(parse_cell("null", false), TableCell::Blank);
        assert_eq!(parse_cell("NaN", false), TableCell::NotANumber);
        assert_eq!(parse_cell("web-1", false), TableCell::Words);
    }
}
