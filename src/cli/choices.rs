//! Choices that several commands share: which engine, which pictures, which format.
//!
//! Self-imposed limit: words of the command line and what they stand for.

use clap::ValueEnum;

use crate::scenario::Engine;

/// `--engine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineChoice {
    /// Every request an event: latency measured, in seconds a day
    Request,
    /// Rates and backlogs: means, in milliseconds a day
    Fluid,
}

impl From<EngineChoice> for Engine {
    fn from(choice: EngineChoice) -> Self {
        match choice {
            EngineChoice::Request => Self::Request,
            EngineChoice::Fluid => Self::Fluid,
        }
    }
}

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

/// `--format` of a command that answers with a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SummaryFormat {
    /// A summary for people
    Table,
    /// The content of summary.json
    Json,
}
