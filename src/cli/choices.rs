//! Choices on the command line: which engine, which pictures, which format; and amounts of CPU.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::scenario::Engine;
use crate::units::{Millicores, Quantity};

/// Values, each with its word on the command line. The argument's own help says what the words mean.
pub(super) type ChoiceWords<T> = [(T, &'static str)];

/// Understands the words.
pub(super) fn one_of<T>(words: &ChoiceWords<T>) -> impl TypedValueParser<Value = T> + use<T>
where
    T: Copy + Send + Sync + 'static,
{
    let words = words.to_vec();
    PossibleValuesParser::new(words.iter().map(|(_, word)| *word)).try_map(move |text| {
        let found = words.iter().find(|(_, word)| *word == text);
        found.map(|(value, _)| *value).ok_or("no such word")
    })
}

/// More CPU than any pod has: a suffix of memory, or a typing mistake.
const CPU_MAX: Millicores = Millicores(100_000_000);

/// An amount of CPU above 0, as Kubernetes writes it.
pub(super) fn parse_cpu(text: &str) -> Result<Millicores, String> {
    let quantity = text.parse::<Quantity>().and_then(Quantity::milli_value);
    match quantity {
        Ok(cpu) if (1..=CPU_MAX.0).contains(&cpu.0) => Ok(Millicores(cpu.0)),
        _ => Err("write CPU from 1m to 100k cores, such as 500m or 2".to_owned()),
    }
}

/// `--engine`.
pub(super) const ENGINES: &ChoiceWords<Engine> = &[
    (Engine::Request, Engine::Request.as_str()),
    (Engine::Fluid, Engine::Fluid.as_str()),
];

/// Which pictures a command draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlotChoice {
    All,
    Svg,
    Png,
    None,
}

impl PlotChoice {
    /// Whether the command writes PNG files.
    pub(super) const fn has_png(self) -> bool {
        matches!(self, Self::All | Self::Png)
    }

    /// Whether the command writes SVG files.
    pub(super) const fn has_svg(self) -> bool {
        matches!(self, Self::All | Self::Svg)
    }
}

/// `--plot`.
pub(super) const PLOTS: &ChoiceWords<PlotChoice> = &[
    (PlotChoice::All, "all"),
    (PlotChoice::Svg, "svg"),
    (PlotChoice::Png, "png"),
    (PlotChoice::None, "none"),
];

/// In which form a command answers: `--format`. Each command offers some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// Plain text for a reader.
    Page,
    /// Markdown for a reader.
    Markdown,
    /// CSV for a program.
    Csv,
    /// JSON for a program.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// Samples with times, for Prometheus.
    OpenMetrics,
}

impl OutputFormat {
    /// Whether a program reads stdout.
    pub(super) const fn is_data(self) -> bool {
        !matches!(self, Self::Page | Self::Markdown)
    }
}

/// `--format` of a command that prints a table or JSON.
pub(super) const TABLE_OR_JSON: &ChoiceWords<OutputFormat> =
    &[(OutputFormat::Page, "table"), (OutputFormat::Json, "json")];

/// `--format` of `run`; CSV is the table of `--all`.
pub(super) const RUN_FORMATS: &ChoiceWords<OutputFormat> = &[
    (OutputFormat::Page, "table"),
    (OutputFormat::Csv, "csv"),
    (OutputFormat::Json, "json"),
    (OutputFormat::OpenMetrics, "openmetrics"),
];

/// `--format` of a command that prints a text or JSON.
pub(super) const TEXT_OR_JSON: &ChoiceWords<OutputFormat> =
    &[(OutputFormat::Page, "text"), (OutputFormat::Json, "json")];

/// `--format` of `compare`.
pub(super) const COMPARISON_FORMATS: &ChoiceWords<OutputFormat> = &[
    (OutputFormat::Page, "table"),
    (OutputFormat::Markdown, "markdown"),
    (OutputFormat::Csv, "csv"),
    (OutputFormat::Json, "json"),
];

/// `--format` of `check`; `table` is `text` by the word of the other commands.
pub(super) const CHECK_FORMATS: &ChoiceWords<OutputFormat> = &[
    (OutputFormat::Page, "text"),
    (OutputFormat::Page, "table"),
    (OutputFormat::Json, "json"),
    (OutputFormat::Github, "github"),
];
