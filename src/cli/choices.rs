//! Choices that several commands share: which engine, which pictures, which format.
//!
//! Self-imposed limit: words of the command line and what they stand for.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::scenario::Engine;

/// Values, each with its word on the command line and what `--help` says of it.
pub(super) type Words<T> = [(T, &'static str, &'static str)];

/// Understands the words.
pub(super) fn one_of<T>(words: &'static Words<T>) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    of_words(words.to_vec())
}

/// The same with words that are gathered elsewhere.
pub(super) fn of_words<T>(
    words: Vec<(T, &'static str, &'static str)>,
) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let possible = words
        .iter()
        .map(|(_, word, help)| PossibleValue::new(*word).help(*help));
    PossibleValuesParser::new(possible.collect::<Vec<_>>())
        .try_map(move |text| value_of(&words, &text).ok_or("no such word"))
}

/// What a word stands for.
pub(super) fn value_of<T: Copy>(words: &Words<T>, text: &str) -> Option<T> {
    let found = words.iter().find(|(_, word, _)| *word == text);
    found.map(|(value, _, _)| *value)
}

/// `--engine`.
pub(super) const ENGINES: &Words<Engine> = &[
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

/// How a picture is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PictureKind {
    /// Pixels.
    Png,
    /// Vectors.
    Svg,
}

impl PictureKind {
    /// The end of its file's name.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }
}

impl PlotChoice {
    /// The pictures in the order in which they are written.
    pub(super) const fn kinds(self) -> &'static [PictureKind] {
        match self {
            Self::All => &[PictureKind::Png, PictureKind::Svg],
            Self::Svg => &[PictureKind::Svg],
            Self::Png => &[PictureKind::Png],
            Self::None => &[],
        }
    }
}

/// `--format` of a command that prints a page or JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFormat {
    /// For people.
    Page,
    /// For programs.
    Json,
}

/// Understands the word for a page, and `json`; each command says of both what they hold.
pub(super) fn page_or_json(
    page: &'static str,
    page_help: &'static str,
    json_help: &'static str,
) -> impl TypedValueParser<Value = PageFormat> {
    of_words(vec![
        (PageFormat::Page, page, page_help),
        (PageFormat::Json, "json", json_help),
    ])
}

/// The same of a command that answers with a summary.
pub(super) fn summary_format() -> impl TypedValueParser<Value = PageFormat> {
    page_or_json(
        "table",
        "A summary for people",
        "The content of summary.json",
    )
}
