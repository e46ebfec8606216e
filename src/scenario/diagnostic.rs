//! A fault of a policy, a trace or a `--set`, with its place and remedy; and the list of a command's faults.
//!
//! `render` makes text of a diagnostic. A diagnostic contains its own line, so rendering needs no source.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use super::catalogue::{Code, Severity};
pub use super::place::{LineStart, Place};
use crate::text::visible;

/// One fault: message, place and remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code.
    pub code: Code,
    /// The message, one line.
    pub message: String,
    /// The place; `None` if no line of a text is at fault.
    pub place: Option<Box<Place>>,
    /// The remedy.
    pub help: String,
}

impl Diagnostic {
    /// Whether it is an error, a warning or a hint.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The identity of the fault: code, message and place.
    pub(crate) fn identity(&self) -> FaultIdentity<'_> {
        let place = self.place.as_deref();
        FaultIdentity {
            code: self.code,
            message: &self.message,
            source: place.map(|place| place.source.as_str()),
            span: place.map(|place| (place.span.start, place.span.end)),
            about: None,
        }
    }
}

/// The identity of a fault, in a comparable form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FaultIdentity<'d> {
    code: Code,
    message: &'d str,
    source: Option<&'d str>,
    span: Option<(usize, usize)>,
    /// The object, if one file holds several.
    about: Option<&'d str>,
}

impl<'d> FaultIdentity<'d> {
    /// The identity of the same fault in one object.
    pub(crate) fn about(self, object: Option<&'d str>) -> Self {
        Self {
            about: object,
            ..self
        }
    }
}

impl fmt::Display for Diagnostic {
    /// One line: `E0007: unknown key ... (policy.toml:3:1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, visible(&self.message))?;
        if let Some(place) = &self.place {
            let source = visible(&place.source);
            write!(f, " ({source}:{}:{})", place.line, place.column)?;
        }
        Ok(())
    }
}

/// The faults of an input, in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// Errors and warnings; at least one error if this list stands for a failure.
    pub list: Vec<Diagnostic>,
    /// How many further errors the list omits.
    pub omitted: Omitted,
}

/// How many errors of each file a list omits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    by_file: BTreeMap<String, usize>,
}

impl Omitted {
    /// `count` errors of one file.
    #[must_use]
    pub fn of(file: &str, count: usize) -> Self {
        let mut omitted = Self::default();
        omitted.add(file, count);
        omitted
    }

    /// The number in all files.
    #[must_use]
    pub fn count(&self) -> usize {
        self.by_file.values().sum()
    }

    /// Each file with the number of its omitted errors.
    pub fn files(&self) -> impl Iterator<Item = (&str, usize)> {
        self.by_file
            .iter()
            .map(|(file, count)| (file.as_str(), *count))
    }

    /// Adds `count` errors of one file.
    pub(crate) fn add(&mut self, file: &str, count: usize) {
        if count > 0 {
            *self.by_file.entry(file.to_owned()).or_default() += count;
        }
    }

    fn add_all(&mut self, others: &Self) {
        for (file, count) in others.files() {
            self.add(file, count);
        }
    }

    /// Adds the numbers of a list whose faults may overlap with this one's.
    fn add_unknown(&mut self, others: &Self) {
        for (file, count) in others.files() {
            let known = self.by_file.entry(file.to_owned()).or_default();
            *known = count.max(*known);
        }
    }
}

impl Diagnostics {
    /// A list of one fault.
    #[must_use]
    pub fn one(diagnostic: Diagnostic) -> Self {
        Self {
            list: vec![diagnostic],
            omitted: Omitted::default(),
        }
    }

    /// Adds the faults of another list.
    pub fn absorb(&mut self, others: Self) {
        self.list.extend(others.list);
        self.omitted.add_all(&others.omitted);
    }

    /// Adds the faults of another list, some of which may be in this one already.
    pub fn absorb_unknown(&mut self, others: Self) {
        self.list.extend(others.list);
        keep_first_of_each(&mut self.list, Diagnostic::identity);
        self.omitted.add_unknown(&others.omitted);
    }
}

/// Keeps the first fault of each identity, in order.
pub(crate) fn keep_first_of_each<T>(list: &mut Vec<T>, identity: impl Fn(&T) -> FaultIdentity<'_>) {
    let mut known = BTreeSet::new();
    let is_first: Vec<bool> = list.iter().map(|it| known.insert(identity(it))).collect();
    drop(known);
    let mut is_first = is_first.into_iter();
    list.retain(|_| is_first.next().unwrap_or(true));
}

impl fmt::Display for Diagnostics {
    /// One line for each fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        let omitted = self.omitted.count();
        if omitted > 0 {
            write!(f, "\nand {omitted} more")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(message: &str) -> Diagnostic {
        Diagnostic {
            code: Code::UnknownKey,
            message: message.to_owned(),
            place: None,
            help: String::new(),
        }
    }

    #[test]
    fn a_file_that_is_read_twice_has_its_faults_once() {
        let of = |file: &str, count| Diagnostics {
            list: vec![fault(file)],
            omitted: Omitted::of(file, count),
        };
        let mut all = of("p.toml", 4);
        all.absorb_unknown(of("p.toml", 4));
        all.absorb_unknown(of("q.toml", 2));
        assert_eq!(all.list, [fault("p.toml"), fault("q.toml")]);
        assert_eq!(all.omitted.count(), 6);
        all.absorb(of("q.toml", 1));
        assert_eq!((all.list.len(), all.omitted.count()), (3, 7));
    }
}
