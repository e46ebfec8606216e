//! Choices on the command line: which engine, which pictures, which format.
//!
//! Self-imposed limit: words of the command line and what they stand for.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::scenario::Engine;

/// Values, each with its word on the command line and what `--help` says of it.
pub(super) type ChoiceWords<T> = [(T, &'static str, &'static str)];

/// Understands the words.
pub(super) fn one_of<T>(words: &ChoiceWords<T>) -> impl TypedValueParser<Value = T> + use<T>
where
    T: Copy + Send + Sync + 'static,
{
    let word = |(value, word, help): &(T, _, _)| (*value, PossibleValue::new(*word).help(*help));
    of_words(words.iter().map(word).collect())
}

/// The same of words that have further names.
fn of_words<T>(words: Vec<(T, PossibleValue)>) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let possible: Vec<PossibleValue> = words.iter().map(|(_, word)| word.clone()).collect();
    PossibleValuesParser::new(possible).try_map(move |text| {
        let found = words.iter().find(|(_, word)| word.matches(&text, false));
        found.map(|(value, _)| *value).ok_or("no such word")
    })
}

/// `--engine`.
pub(super) const ENGINES: &ChoiceWords<Engine> = &[
    (
        Engine::Request,
        Engine::Request.as_str(),
        "Every request an event: latency measured, in seconds a day",
    ),
    (
        Engine::Fluid,
        Engine::Fluid.as_str(),
        "Rates and backlogs: means, in milliseconds a day",
    ),
];

/// `--plot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlotChoice {
    /// plot.svg and plot.png
    All,
    /// plot.svg
    Svg,
    /// plot.png
    Png,
    /// None
    None,
}

impl PlotChoice {
    /// Whether pictures in pixels are drawn.
    pub(super) const fn has_png(self) -> bool {
        matches!(self, Self::All | Self::Png)
    }

    /// Whether pictures in vectors are drawn.
    pub(super) const fn has_svg(self) -> bool {
        matches!(self, Self::All | Self::Svg)
    }
}

/// In which form a command answers: `--format`. Each command offers some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// For people.
    Page,
    /// For people, in Markdown.
    Markdown,
    /// For programs.
    Csv,
    /// For programs.
    Json,
    /// Annotations of GitHub Actions.
    Github,
}

impl OutputFormat {
    /// Whether a program reads stdout.
    pub(super) const fn is_data(self) -> bool {
        !matches!(self, Self::Page | Self::Markdown)
    }
}

/// `--format` of a command that prints a page or JSON: the word for a page, and what each holds.
pub(super) fn page_or_json(
    page: &'static str,
    page_help: &'static str,
    json_help: &'static str,
) -> impl TypedValueParser<Value = OutputFormat> {
    one_of(&[
        (OutputFormat::Page, page, page_help),
        (OutputFormat::Json, "json", json_help),
    ])
}

/// `--format` of a command that answers with a summary.
pub(super) fn summary_format() -> impl TypedValueParser<Value = OutputFormat> {
    page_or_json(
        "table",
        "A summary for people",
        "The content of summary.json",
    )
}

/// `--format` of `compare`.
pub(super) fn comparison_format() -> impl TypedValueParser<Value = OutputFormat> {
    one_of(&[
        (OutputFormat::Page, "table", "Tables for people"),
        (OutputFormat::Markdown, "markdown", "The same in Markdown"),
        (OutputFormat::Csv, "csv", "The content of comparison.csv"),
        (OutputFormat::Json, "json", "The content of comparison.json"),
    ])
}

/// `--format` of `check`.
pub(super) fn check_format() -> impl TypedValueParser<Value = OutputFormat> {
    let word = |word: &'static str, help: &'static str| PossibleValue::new(word).help(help);
    let text = word("text", "For people: each finding with its line").alias("table");
    of_words(vec![
        (OutputFormat::Page, text),
        (OutputFormat::Json, word("json", "One JSON object")),
        (
            OutputFormat::Github,
            word("github", "Annotations of GitHub Actions"),
        ),
    ])
}
