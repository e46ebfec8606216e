//! What is wrong with a policy, a trace or a `--set`, where, and what to write instead.
//!
//! Self-imposed limit: data only; `render` makes text of it. A diagnostic
//! carries its own line, so that whoever shows it needs no source at hand.

use std::fmt;
use std::ops::Range;

use super::source::{Origin, Sources};

/// The kinds of faults, each with a number that never changes its meaning.
///
/// `E0001` to `E0029` are about policies, from `E0030` on about traces, `W` are warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// `E0001`: a file is missing or cannot be read.
    FileUnreadable,
    /// `E0002`: a file holds something other than UTF-8 text.
    FileNotText,
    /// `E0003`: policies extend each other in a circle.
    ExtendsLoop,
    /// `E0004`: the text is not TOML; duplicate keys belong here.
    TomlSyntax,
    /// `E0005`: a `--set` is not `path=value` with a TOML value.
    OverrideMalformed,
    /// `E0006`: a path (of `--set` or `remove`) leads nowhere.
    PathNowhere,
    /// `E0007`: a key that does not exist.
    UnknownKey,
    /// `E0008`: a value of another type than the key takes.
    WrongType,
    /// `E0009`: a word that is none of those that the key takes.
    UnknownWord,
    /// `E0010`: not a duration.
    BadDuration,
    /// `E0011`: not a Kubernetes quantity.
    BadQuantity,
    /// `E0012`: a number or a length of time outside its range.
    OutOfRange,
    /// `E0013`: a key that has to be there is not.
    MissingKey,
    /// `E0014`: two keys that exclude each other.
    Conflict,
    /// `E0015`: something that this version cannot simulate or read.
    Unsupported,
    /// `E0016`: the API server would refuse the autoscaler.
    SpecRefused,
    /// `E0017`: a utilization target on a resource that a container does not request.
    NoRequest,
    /// `E0018`: a metric of a container that the pod does not have.
    NoSuchContainer,
    /// `E0019`: a limit below the request.
    LimitBelowRequest,
    /// `E0020`: a custom metric that neither the plant nor the trace has.
    NoSuchMetric,
    /// `E0021`: a name that cannot name a folder.
    BadName,
    /// `E0030`: the trace has no rows.
    TraceEmpty,
    /// `E0031`: the trace has no header, or the header no time column.
    TraceHeader,
    /// `E0032`: the trace has no demand column, or more than one.
    TraceDemand,
    /// `E0033`: one row is no trace, for the last row only marks the end.
    TraceTooShort,
    /// `E0034`: a cell of the trace is no number or no time.
    TraceValue,
    /// `E0035`: a number of the trace is negative, not finite or absurdly large.
    TraceRange,
    /// `E0036`: time stands still or goes back.
    TraceTime,
    /// `E0037`: a row has more or fewer fields than the header.
    TraceFields,
    /// `E0038`: the compressed trace is broken or ends early.
    TraceGzip,
    /// `E0039`: the trace is larger than this program reads.
    TraceTooLarge,
    /// `E0040`: `--from` or `--to` lie outside the trace.
    TraceCut,
    /// `E0041`: the engine that was asked for cannot follow what the trace offers.
    TraceEngine,
    /// `E0050`: the capacity probe has no header, or the header not the columns.
    ProbeHeader,
    /// `E0051`: a cell of the capacity probe is no number.
    ProbeValue,
    /// `E0052`: a number of the capacity probe is negative, not finite or absurdly large.
    ProbeRange,
    /// `E0053`: a row of the capacity probe has more or fewer fields than the header.
    ProbeFields,
    /// `E0054`: the capacity probe has too few rows for a line with an interval.
    ProbeTooShort,
    /// `E0055`: the capacity probe knows one load only.
    ProbeOneLoad,
    /// `W0001`: a column of the trace holds words and is left out.
    ColumnIgnored,
    /// `W0002`: a setting that has no effect here.
    NoEffect,
    /// `W0003`: a kind of object that is simulated as a Deployment.
    SimulatedAsDeployment,
    /// `W0004`: a pod's memory limit does not hold what the pod needs to work at all.
    MemoryTooSmall,
}

impl Code {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 43] = [
        Self::FileUnreadable,
        Self::FileNotText,
        Self::ExtendsLoop,
        Self::TomlSyntax,
        Self::OverrideMalformed,
        Self::PathNowhere,
        Self::UnknownKey,
        Self::WrongType,
        Self::UnknownWord,
        Self::BadDuration,
        Self::BadQuantity,
        Self::OutOfRange,
        Self::MissingKey,
        Self::Conflict,
        Self::Unsupported,
        Self::SpecRefused,
        Self::NoRequest,
        Self::NoSuchContainer,
        Self::LimitBelowRequest,
        Self::NoSuchMetric,
        Self::BadName,
        Self::TraceEmpty,
        Self::TraceHeader,
        Self::TraceDemand,
        Self::TraceTooShort,
        Self::TraceValue,
        Self::TraceRange,
        Self::TraceTime,
        Self::TraceFields,
        Self::TraceGzip,
        Self::TraceTooLarge,
        Self::TraceCut,
        Self::TraceEngine,
        Self::ProbeHeader,
        Self::ProbeValue,
        Self::ProbeRange,
        Self::ProbeFields,
        Self::ProbeTooShort,
        Self::ProbeOneLoad,
        Self::ColumnIgnored,
        Self::NoEffect,
        Self::SimulatedAsDeployment,
        Self::MemoryTooSmall,
    ];

    /// The stable number: `E` for errors, `W` for warnings.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::FileUnreadable => "E0001",
            Self::FileNotText => "E0002",
            Self::ExtendsLoop => "E0003",
            Self::TomlSyntax => "E0004",
            Self::OverrideMalformed => "E0005",
            Self::PathNowhere => "E0006",
            Self::UnknownKey => "E0007",
            Self::WrongType => "E0008",
            Self::UnknownWord => "E0009",
            Self::BadDuration => "E0010",
            Self::BadQuantity => "E0011",
            Self::OutOfRange => "E0012",
            Self::MissingKey => "E0013",
            Self::Conflict => "E0014",
            Self::Unsupported => "E0015",
            Self::SpecRefused => "E0016",
            Self::NoRequest => "E0017",
            Self::NoSuchContainer => "E0018",
            Self::LimitBelowRequest => "E0019",
            Self::NoSuchMetric => "E0020",
            Self::BadName => "E0021",
            Self::TraceEmpty => "E0030",
            Self::TraceHeader => "E0031",
            Self::TraceDemand => "E0032",
            Self::TraceTooShort => "E0033",
            Self::TraceValue => "E0034",
            Self::TraceRange => "E0035",
            Self::TraceTime => "E0036",
            Self::TraceFields => "E0037",
            Self::TraceGzip => "E0038",
            Self::TraceTooLarge => "E0039",
            Self::TraceCut => "E0040",
            Self::TraceEngine => "E0041",
            Self::ProbeHeader => "E0050",
            Self::ProbeValue => "E0051",
            Self::ProbeRange => "E0052",
            Self::ProbeFields => "E0053",
            Self::ProbeTooShort => "E0054",
            Self::ProbeOneLoad => "E0055",
            Self::ColumnIgnored => "W0001",
            Self::NoEffect => "W0002",
            Self::SimulatedAsDeployment => "W0003",
            Self::MemoryTooSmall => "W0004",
        }
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::ColumnIgnored
            | Self::NoEffect
            | Self::SimulatedAsDeployment
            | Self::MemoryTooSmall => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing can be simulated.
    Error,
    /// The simulation runs, but not quite as somebody may think.
    Warning,
}

/// One fault: what, where, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; `None` when no line of a text is at fault.
    pub place: Option<Box<Place>>,
    /// What to write or do instead.
    pub help: String,
}

impl Diagnostic {
    /// Whether it is an error or a warning.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl fmt::Display for Diagnostic {
    /// One line: `E0007: unknown key ... (policy.toml:3:1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if let Some(place) = &self.place {
            write!(f, " ({}:{}:{})", place.source, place.line, place.column)?;
        }
        Ok(())
    }
}

/// Longest stretch of a line that a place keeps, in characters; what is shown of it is shorter still.
const LINE_CHARACTERS_MAX: usize = 4096;
/// Characters kept before the fault when a line is cut.
const LINE_CHARACTERS_BEFORE: usize = 1024;

/// Whether a shown line is there from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStart {
    /// From the first character on.
    Whole,
    /// Something before is left out.
    Cut,
}

/// A stretch of one line of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's path as it was given, or `--set`.
    pub source: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes of the whole source that are at fault.
    pub span: Range<usize>,
    /// The line's text, without its end; a long one is cut around the fault.
    pub text: String,
    /// The bytes of `text` that are at fault.
    pub mark: Range<usize>,
    /// Whether `text` begins with its line.
    pub start: LineStart,
}

impl Place {
    /// The place of `origin` in its source; a stretch of several lines is cut to its first.
    #[must_use]
    pub(super) fn of(sources: &Sources, origin: Origin) -> Self {
        let source = sources.get(origin.source);
        Self::within(&source.name, &source.text, origin.start..origin.end)
    }

    /// The place of the bytes `span` in `text`, which is called `name`.
    #[must_use]
    pub fn within(name: &str, text: &str, span: Range<usize>) -> Self {
        let start = floor_char_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let mark_start = (start - line_start).min(line.len());
        let mark_end = floor_char_boundary(
            line,
            span.end
                .saturating_sub(line_start)
                .clamp(mark_start, line.len()),
        )
        .max(mark_start);
        let characters_before = line[..mark_start].chars().count();
        let (shown, mark, line_start_shown) =
            cut_line(line, characters_before, mark_start..mark_end);
        Self {
            source: name.to_owned(),
            line: text[..line_start].matches('\n').count() + 1,
            column: characters_before + 1,
            span,
            text: shown,
            mark,
            start: line_start_shown,
        }
    }
}

/// The last character boundary at or before `index`.
fn floor_char_boundary(text: &str, index: usize) -> usize {
    let mut at = index.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// What is shown of `line`: the whole, or a stretch around `mark` with `...` where something is left out.
fn cut_line(
    line: &str,
    characters_before: usize,
    mark: Range<usize>,
) -> (String, Range<usize>, LineStart) {
    if line.chars().count() <= LINE_CHARACTERS_MAX {
        return (line.to_owned(), mark, LineStart::Whole);
    }
    let skipped = characters_before.saturating_sub(LINE_CHARACTERS_BEFORE);
    let from = line.char_indices().nth(skipped).map_or(0, |(at, _)| at);
    let rest = &line[from..];
    let length = rest
        .char_indices()
        .nth(LINE_CHARACTERS_MAX)
        .map_or(rest.len(), |(at, _)| at);
    let lead = if from > 0 { "..." } else { "" };
    let trail = if length < rest.len() { "..." } else { "" };
    let shift = |at: usize| (at - from).min(length) + lead.len();
    let shown = format!("{lead}{}{trail}", &rest[..length]);
    let start = if from > 0 {
        LineStart::Cut
    } else {
        LineStart::Whole
    };
    (shown, shift(mark.start)..shift(mark.end), start)
}

/// Everything that is wrong with an input, in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// The faults, errors and warnings; at least one error where this stands for a failure.
    pub list: Vec<Diagnostic>,
    /// How many more of a long row of like faults were left out.
    pub omitted: usize,
}

impl Diagnostics {
    /// A single fault.
    #[must_use]
    pub fn one(diagnostic: Diagnostic) -> Self {
        Self {
            list: vec![diagnostic],
            omitted: 0,
        }
    }

    /// Takes over what is wrong elsewhere.
    pub fn absorb(&mut self, others: Self) {
        self.list.extend(others.list);
        self.omitted += others.omitted;
    }
}

impl fmt::Display for Diagnostics {
    /// One line a fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        if self.omitted > 0 {
            write!(f, "\nand {} more", self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_number_of_its_own_that_says_how_bad_it_is() {
        for (index, code) in Code::ALL.iter().enumerate() {
            let earlier = Code::ALL[..index].iter().map(|code| code.number());
            assert!(!earlier.into_iter().any(|number| number == code.number()));
            let letter = match code.severity() {
                Severity::Error => 'E',
                Severity::Warning => 'W',
            };
            assert!(code.number().starts_with(letter), "{code}");
        }
    }

    #[test]
    fn a_place_knows_line_and_column_in_characters() {
        let text = "a = 1\r\nü = \"wrong\"\r\n";
        let start = text.find("\"wrong").expect("there");
        let place = Place::within("p.toml", text, start..start + 7);
        assert_eq!((place.line, place.column), (2, 5));
        assert_eq!(place.text, "ü = \"wrong\"");
        assert_eq!(&place.text[place.mark], "\"wrong\"");
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let text = format!("{}FAULT{}", "x".repeat(5000), "y".repeat(5000));
        let place = Place::within("p.toml", &text, 5000..5005);
        assert_eq!(place.column, 5001);
        assert!(place.text.len() < 4200, "{}", place.text.len());
        assert!(place.text.starts_with("...x") && place.text.ends_with("y..."));
        assert_eq!(&place.text[place.mark], "FAULT");
    }

    #[test]
    fn a_place_beyond_the_end_is_the_end() {
        let place = Place::within("p.toml", "ab", 7..9);
        assert_eq!((place.line, place.column), (1, 3));
    }
}
