//! The right-hand side of an assertion about two policies, such as `1.1*base.pod_hours+5`.

use super::{NamedKpi, PolicyTerm};
use crate::units::parse_number;

/// The parts of `1.1*base.pod_hours+5`.
pub(super) struct RelativeBound {
    /// The KPI of the policy, with its factor.
    pub(super) term: PolicyTerm,
    /// The name of the KPI, as written.
    pub(super) kpi: String,
    /// The number that is added.
    pub(super) offset: f64,
}

/// Why a text is no bound.
pub(super) enum BoundFault {
    /// Only numbers: their result, or `None` if it is not finite.
    Calculation(Option<f64>),
    /// The factor of a policy's KPI is zero or less.
    Factor,
    /// A name without a KPI, with the rest of the text around it.
    NoKpi {
        before: String,
        name: String,
        after: String,
    },
    /// Anything else.
    Other,
}

impl RelativeBound {
    /// Reads a bound that depends on a policy; a factor stands before or behind the KPI, and a number with a sign after both.
    pub(super) fn read(text: &str) -> Result<Self, BoundFault> {
        // Only a number may follow the KPI, behind a sign: no KPI has one, and a name before it may.
        let signs = text.rmatch_indices(['+', '-']).map(|(at, _)| at);
        let with_offset = signs.filter_map(|at| Some((&text[..at], signed_number(&text[at..])?)));
        let readings = || with_offset.clone().chain([(text, 0.0)]);
        let found = readings().find_map(|(term, offset)| {
            let (named, factor) = without_factor(term);
            let NamedKpi { policy, kpi } = NamedKpi::of(named);
            is_kpi_name(kpi).then_some((policy?, kpi, factor, offset))
        });
        let Some((policy, kpi, factor, offset)) = found else {
            let mut faults = readings().map(|(term, offset)| BoundFault::of(text, term, offset));
            let known = faults.find(|fault| !matches!(fault, BoundFault::Other));
            return Err(known.unwrap_or(BoundFault::Other));
        };
        if !(factor > 0.0 && factor.is_finite()) {
            return Err(BoundFault::Factor);
        }
        Ok(Self {
            term: PolicyTerm { policy, factor },
            kpi: kpi.to_owned(),
            offset,
        })
    }
}

impl BoundFault {
    /// The fault of a bound whose part `term` should be a KPI with a factor, with `offset` behind it.
    fn of(text: &str, term: &str, offset: f64) -> Self {
        let (named, factor) = without_factor(term);
        if let Some(number) = finite(named) {
            let result = number * factor + offset;
            return Self::Calculation(Some(result).filter(|it| it.is_finite()));
        }
        let is_name = named.starts_with(|first: char| first.is_ascii_alphabetic())
            && !named.contains(char::is_whitespace)
            && !named.contains(['*', '/', '.']);
        match text.find(named) {
            Some(at) if is_name => Self::NoKpi {
                before: text[..at].to_owned(),
                name: named.to_owned(),
                after: text[at + named.len()..].to_owned(),
            },
            _ => Self::Other,
        }
    }

    /// The fault and its remedy, for an assertion `start`ing with a KPI and a comparison, about `kpi`.
    pub(super) fn in_words(&self, bound: &str, start: &str, kpi: &str) -> (String, String) {
        let forms = format!(
            "write a number, such as {start}30, or the KPI of another policy, such as {start}base.{kpi}, {start}1.1*base.{kpi} or {start}base.{kpi}+5"
        );
        match self {
            Self::Calculation(Some(result)) => (
                format!("`{bound}` is a calculation with numbers only"),
                format!("write its result: {start}{result}"),
            ),
            Self::Factor => (
                format!("`{bound}` has a factor that is not above zero"),
                format!("write a factor above zero, such as {start}1.1*base.{kpi}"),
            ),
            Self::NoKpi {
                before,
                name,
                after,
            } => (
                format!("`{bound}` is no number and names no KPI"),
                format!(
                    "write a number, such as {start}30, or if `{name}` is a policy, its KPI: {start}{before}{name}.{kpi}{after}"
                ),
            ),
            Self::Calculation(None) | Self::Other => (format!("`{bound}` is no bound"), forms),
        }
    }
}

/// A term without its factor, and the factor: `1.1*base.cost`, `base.cost*1.1` or `base.cost/2`; 1 without one.
pub(super) fn without_factor(term: &str) -> (&str, f64) {
    let term = term.trim();
    let before = term.split_once('*').and_then(|(factor, rest)| {
        let factor = finite(factor.trim())?;
        Some((rest.trim(), factor))
    });
    // A name in front may have these characters; what is no number behind them belongs to it.
    let behind = || {
        let at = term.rfind(['*', '/'])?;
        let number = finite(term[at + 1..].trim())?;
        let factor = if term[at..].starts_with('*') {
            number
        } else {
            1.0 / number
        };
        Some((term[..at].trim(), factor))
    };
    before.or_else(behind).unwrap_or((term, 1.0))
}

/// Whether a text has the letters of a KPI's name.
fn is_kpi_name(text: &str) -> bool {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(is_name)
}

/// A finite number.
pub(super) fn finite(text: &str) -> Option<f64> {
    parse_number(text).filter(|number| number.is_finite())
}

/// `+ 5` or `-5`.
fn signed_number(text: &str) -> Option<f64> {
    let number = finite(text[1..].trim()).filter(|number| !number.is_sign_negative())?;
    Some(if text.starts_with('-') {
        -number
    } else {
        number
    })
}
