//! A parameter of a policy and the values it takes: `path=0,60,300`, `path=40..80:5`, `path="15s"`.
//!
//! This module counts in exact decimals. The policy's reader checks the path and the values later.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::scenario::{
    TomlScalar, is_path_of_release, parse_duration, quote_bare_word, toml_scalar,
};
use crate::units::SimSpan;

/// The most values of one parameter.
pub const VALUES_MAX: u64 = 1_000_000;

/// An argument that states no values of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{argument}`: {fault}")]
pub struct ParameterError {
    /// The argument as it was given.
    pub argument: String,
    /// What is wrong with it.
    pub fault: ParameterFault,
}

/// What is wrong with the values of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParameterFault {
    /// There is no equals sign.
    #[error("write path=values, as hpa.maxReplicas=20,40")]
    NoValue,
    /// Two numbers with a dash between them.
    #[error(
        "a range has two dots; write {from}..{to}:{step}, or {from}..{to} for values drawn in between (`sweep` then needs --samples)"
    )]
    Dash {
        /// The number before the dash.
        from: String,
        /// The number after the dash.
        to: String,
        /// The step as it was given, or STEP.
        step: String,
    },
    /// An end of a range or its step is no number.
    #[error("`{0}` is not a number; a range is from..to:step, as 40..80:5 or 10s..60s:10s")]
    NoNumber(String),
    /// The ends of a range and its step have different units. The list has each unit once, and an empty text is a number without a
    /// unit.
    #[error("a range has one unit, as 10s..60s:10s, and this one has {}", units_text(.0))]
    Units(Vec<String>),
    /// A range that ends before it begins.
    #[error("{from} is more than {to}; write the smaller end first")]
    Backwards {
        /// The first end.
        from: String,
        /// The second end.
        to: String,
    },
    /// A step of 0 or less.
    #[error("the step is {0}; write a step above 0")]
    Step(String),
    /// A range whose steps miss its end.
    #[error(
        "steps of {step} from {from} do not reach {to}; end the range at {last}, or take another step"
    )]
    Missed {
        /// The step.
        step: String,
        /// The first end.
        from: String,
        /// The second end.
        to: String,
        /// The last value within the range.
        last: String,
    },
    /// A value is listed more than once, perhaps in another spelling.
    #[error("the value `{0}` is listed twice; write each value once")]
    Repeated(String),
    /// A range of releases, whose names are text.
    #[error("the names of releases are text and have no ranges; list them, as 1.29,1.30,1.31")]
    RangeOfReleases,
    /// The ranges have too many values.
    #[error("these are more than {VALUES_MAX} values; write a greater step")]
    TooMany,
}

fn units_text(units: &[String]) -> String {
    let quoted: Vec<String> = units
        .iter()
        .map(|unit| {
            if unit.is_empty() {
                "no unit".to_owned()
            } else {
                format!("`{unit}`")
            }
        })
        .collect();
    quoted.join(" and ")
}

/// A path of the policy and the values it is to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    path: String,
    items: Vec<Item>,
    /// The number of values of each item and all before it: a value is found without a pass over all.
    ends: Vec<u64>,
}

/// One item of a comma-separated list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// A TOML value as it was typed.
    Text(String),
    /// Numbers at even steps.
    Range(Range),
}

/// Numbers from a first on, at even steps, in units of 10^-`decimals`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    first: i64,
    step: i64,
    count: u64,
    decimals: u32,
    unit: String,
    /// Whether the step was stated; without, the range is for samples.
    step_is_stated: bool,
}

impl Parameter {
    /// Reads `path=values`.
    ///
    /// # Errors
    /// What is wrong with the argument, with the remedy.
    pub fn parse(argument: &str) -> Result<Self, ParameterError> {
        Self::read(argument).map_err(|fault| ParameterError {
            argument: argument.to_owned(),
            fault,
        })
    }

    fn read(argument: &str) -> Result<Self, ParameterFault> {
        let equals = top_level(argument, &['=']).first().copied();
        let Some(equals) = equals else {
            return Err(ParameterFault::NoValue);
        };
        let values = &argument[equals + 1..];
        let mut items = Vec::new();
        let mut start = 0;
        let commas = top_level(values, &[',']);
        for end in commas.into_iter().chain([values.len()]) {
            items.push(Item::parse(values[start..end].trim())?);
            start = end + 1;
        }
        let parameter = Self::of(argument[..equals].trim(), items);
        if parameter.has_range() && is_path_of_release(&parameter.path) {
            return Err(ParameterFault::RangeOfReleases);
        }
        if parameter.count() > VALUES_MAX {
            return Err(ParameterFault::TooMany);
        }
        match parameter.repeated_value() {
            Some(value) => Err(ParameterFault::Repeated(value)),
            None => Ok(parameter),
        }
    }

    /// A value that is listed more than once. A simulation of it would count twice.
    fn repeated_value(&self) -> Option<String> {
        // The values of one item differ from each other.
        if self.items.len() < 2 {
            return None;
        }
        let is_release = is_path_of_release(&self.path);
        let meaning = |item: &Item, index: u64| match item {
            Item::Text(text) if is_release => Meaning::of_release(text),
            _ => item.meaning(index),
        };
        let mut seen = BTreeSet::new();
        let mut values = self
            .items
            .iter()
            .flat_map(|item| (0..item.count()).map(move |index| (item, index)));
        values
            // The policy's reader refuses an empty value.
            .find(|(item, index)| !item.is_empty() && !seen.insert(meaning(item, *index)))
            .map(|(item, index)| item.value(index))
    }

    fn of(path: &str, items: Vec<Item>) -> Self {
        let mut end = 0;
        let ends = items.iter().map(|item| {
            end += item.count();
            end
        });
        Self {
            path: path.to_owned(),
            ends: ends.collect(),
            items,
        }
    }

    /// A path and its values, each as one would type it in TOML.
    #[must_use]
    pub fn listed(path: &str, values: Vec<String>) -> Self {
        Self::of(path, values.into_iter().map(Item::Text).collect())
    }

    /// The same values of another path.
    #[must_use]
    pub fn at_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Whether some of its values are a range, rather than each of them written.
    #[must_use]
    pub fn has_range(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Range(_)))
    }

    /// The path, as `hpa.maxReplicas`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How many values it takes, at least one.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Whether it takes more than one value.
    #[must_use]
    pub fn is_swept(&self) -> bool {
        self.count() > 1
    }

    /// A range without a step, as it was written, which only samples can take.
    #[must_use]
    pub fn range_without_step(&self) -> Option<String> {
        self.items.iter().find_map(|item| match item {
            Item::Range(range) if !range.step_is_stated => Some(format!(
                "{}..{}",
                range.plain(0),
                range.plain(range.count - 1)
            )),
            _ => None,
        })
    }

    /// The value of this number, as one would type it in TOML; the last where there are fewer.
    #[must_use]
    pub fn value(&self, index: u64) -> String {
        let index = index.min(self.count().saturating_sub(1));
        let place = self.ends.partition_point(|end| *end <= index);
        self.items.get(place).map_or_else(String::new, |item| {
            item.value(index + item.count() - self.ends[place])
        })
    }

    /// The value of this number as an argument of `--set`.
    #[must_use]
    pub fn argument(&self, index: u64) -> String {
        format!("{}={}", self.path, self.value(index))
    }
}

/// What a value is, whatever its spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    /// A number, in units of 10^-[`FRACTION_DIGITS_MAX`].
    Number(i128),
    /// A text that is a duration: `60s` and `1m` are one.
    Duration(SimSpan),
    /// Any other text, and a TOML value of another type as it was typed.
    Other(String),
}

impl Meaning {
    fn of_toml(text: &str) -> Self {
        match toml_scalar(text) {
            Some(TomlScalar::Integer(digits)) => Self::of_digits(digits, 0),
            Some(TomlScalar::Float(number)) => {
                // Rust prints a float without an exponent and with the fewest digits.
                let plain = number.to_string();
                match Decimal::parse(&plain).filter(|decimal| decimal.unit.is_empty()) {
                    Some(decimal) => Self::of_digits(decimal.digits, decimal.decimals),
                    None => Self::Other(plain),
                }
            }
            Some(TomlScalar::Text(text)) => Self::of_text(&text),
            None => Self::Other(text.to_owned()),
        }
    }

    /// The name of a release, with or without quotes: `1.30` is not 1.3.
    fn of_release(text: &str) -> Self {
        Self::Other(match toml_scalar(text) {
            Some(TomlScalar::Text(name)) => name,
            _ => text.to_owned(),
        })
    }

    fn of_text(text: &str) -> Self {
        parse_duration(text).map_or_else(|_| Self::Other(format!("{text:?}")), Self::Duration)
    }

    /// `digits` times 10^-`decimals`.
    fn of_digits(digits: i64, decimals: u32) -> Self {
        let places = FRACTION_DIGITS_MAX.saturating_sub(decimals);
        Self::Number(i128::from(digits) * 10i128.pow(places))
    }
}

impl Item {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// What the value of this number is.
    fn meaning(&self, index: u64) -> Meaning {
        match self {
            Self::Text(text) => Meaning::of_toml(text),
            Self::Range(range) if range.unit.is_empty() => {
                Meaning::of_digits(range.digits(index), range.decimals)
            }
            Self::Range(range) => Meaning::of_text(&range.plain(index)),
        }
    }

    fn parse(text: &str) -> Result<Self, ParameterFault> {
        let dots = top_level(text, &['.'])
            .windows(2)
            .find(|pair| pair[0] + 1 == pair[1])
            .map(|pair| pair[0]);
        match dots {
            Some(dots) => Range::parse(&text[..dots], &text[dots + 2..]).map(Self::Range),
            None => match numbers_around_a_dash(text) {
                Some((from, to, step)) => Err(ParameterFault::Dash {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    step: step.unwrap_or("STEP").to_owned(),
                }),
                None => Ok(Self::Text(quote_bare_word(text))),
            },
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Text(_) => 1,
            Self::Range(range) => range.count,
        }
    }

    fn value(&self, index: u64) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Range(range) if range.unit.is_empty() => range.plain(index),
            Self::Range(range) => format!("\"{}\"", range.plain(index)),
        }
    }
}

/// The numbers of `10-90`, which is meant as a range.
fn numbers_around_a_dash(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (from, rest) = text.split_once('-')?;
    let (to, step) = match rest.split_once(':') {
        Some((to, step)) => (to, Some(step)),
        None => (rest, None),
    };
    let unit = |text: &str| Decimal::parse(text).map(|number| number.unit);
    let begins_with_digits = [from, to]
        .iter()
        .all(|text| text.starts_with(|first: char| first.is_ascii_digit()));
    // `1e-3` is a number: its parts have different units.
    let is_range = begins_with_digits && unit(from).is_some() && unit(from) == unit(to);
    is_range.then_some((from, to, step))
}

/// How much finer than its ends a range without step is drawn from, unless the ends are whole.
const FINER_DECIMALS: u32 = 3;

impl Range {
    fn parse(from: &str, rest: &str) -> Result<Self, ParameterFault> {
        let (to, step) = match rest.split_once(':') {
            Some((to, step)) => (to, Some(step)),
            None => (rest, None),
        };
        let number = |piece: &str| {
            Decimal::parse(piece).ok_or_else(|| ParameterFault::NoNumber(piece.to_owned()))
        };
        let (from, to) = (number(from)?, number(to)?);
        let stated = step.map(number).transpose()?;
        let mut units: Vec<String> = Vec::new();
        for number in [&from, &to].into_iter().chain(&stated) {
            if !units.contains(&number.unit) {
                units.push(number.unit.clone());
            }
        }
        if units.len() > 1 {
            return Err(ParameterFault::Units(units));
        }
        let ends_decimals = from.decimals.max(to.decimals);
        let step = stated.clone().unwrap_or(Decimal {
            digits: 1,
            decimals: match ends_decimals {
                0 => 0,
                decimals => decimals + FINER_DECIMALS,
            },
            unit: from.unit.clone(),
        });
        let decimals = ends_decimals.max(step.decimals);
        let scaled = |number: &Decimal| {
            let fits = number.at(decimals);
            fits.ok_or_else(|| ParameterFault::NoNumber(number.to_text()))
        };
        let (first, last, width) = (scaled(&from)?, scaled(&to)?, scaled(&step)?);
        if width <= 0 {
            return Err(ParameterFault::Step(step.to_text()));
        }
        if first > last {
            return Err(ParameterFault::Backwards {
                from: from.to_text(),
                to: to.to_text(),
            });
        }
        let span = last.abs_diff(first);
        let count = span / width.unsigned_abs() + 1;
        if count > VALUES_MAX {
            return Err(ParameterFault::TooMany);
        }
        let range = Self {
            first,
            step: width,
            count,
            decimals,
            unit: from.unit.clone(),
            step_is_stated: stated.is_some(),
        };
        if span % width.unsigned_abs() != 0 {
            return Err(ParameterFault::Missed {
                step: step.to_text(),
                from: from.to_text(),
                to: to.to_text(),
                last: range.plain(count - 1),
            });
        }
        Ok(range)
    }

    /// A value in units of 10^-`decimals`.
    fn digits(&self, index: u64) -> i64 {
        // Below VALUES_MAX, so it fits; the ends were checked to fit.
        let index = i64::try_from(index).unwrap_or(0);
        self.first + self.step * index
    }

    /// A value without quotes.
    fn plain(&self, index: u64) -> String {
        Decimal {
            digits: self.digits(index),
            decimals: self.decimals,
            unit: self.unit.clone(),
        }
        .to_text()
    }
}

/// `digits` times 10^-`decimals`, and a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decimal {
    digits: i64,
    decimals: u32,
    unit: String,
}

/// No number of a policy has more digits than this behind the point.
const DECIMALS_MAX: u32 = 9;

/// No value of a range has more digits than this behind the point.
const FRACTION_DIGITS_MAX: u32 = DECIMALS_MAX + FINER_DECIMALS;

impl Decimal {
    /// A number such as `-0.05`, `15s` or `"100m"`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .unwrap_or(text);
        let unit_start = text
            .find(|letter: char| letter.is_ascii_alphabetic() || letter == '%')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_start);
        if !unit
            .chars()
            .all(|letter| letter.is_ascii_alphabetic() || letter == '%')
        {
            return None;
        }
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        if unsigned.is_empty() || !digits_only(unsigned) || !digits_only(fraction) {
            return None;
        }
        if number.ends_with('.') {
            return None;
        }
        let decimals = u32::try_from(fraction.len()).ok()?;
        if decimals > DECIMALS_MAX {
            return None;
        }
        Some(Self {
            digits: format!("{whole}{fraction}").parse().ok()?,
            decimals,
            unit: unit.to_owned(),
        })
    }

    /// The digits with this number of decimals, if they fit.
    fn at(&self, decimals: u32) -> Option<i64> {
        let factor = 10i64.checked_pow(decimals.checked_sub(self.decimals)?)?;
        self.digits.checked_mul(factor)
    }

    /// As one would type it: `40`, `0.05`, `15s`.
    fn to_text(&self) -> String {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let places = self.decimals as usize;
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        let fraction = fraction.trim_end_matches('0');
        match (fraction.is_empty(), places) {
            (true, 0) => format!("{sign}{whole}{}", self.unit),
            (true, _) => format!("{sign}{whole}.0{}", self.unit),
            (false, _) => format!("{sign}{whole}.{fraction}{}", self.unit),
        }
    }
}

/// Where one of `wanted` stands outside quotes and brackets.
fn top_level(text: &str, wanted: &[char]) -> Vec<usize> {
    let mut quote = None;
    let mut escaped = false;
    let mut depth = 0usize;
    let mut found = Vec::new();
    for (at, letter) in text.char_indices() {
        if let Some(open) = quote {
            if escaped {
                escaped = false;
            } else if letter == '\\' && open == '"' {
                escaped = true;
            } else if letter == open {
                quote = None;
            }
            continue;
        }
        match letter {
            '"' | '\'' => quote = Some(letter),
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && wanted.contains(&letter) => found.push(at),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests;
