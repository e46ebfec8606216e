//! `--what`, `--input-format`, `--time-field`: what a trace is, where its content does not say it.

use std::collections::BTreeMap;

use clap::Args;
use clap::builder::TypedValueParser;

use super::choices::{ChoiceWords, one_of};
use super::variation::Variation;
use crate::scenario::formats::RecordingFormat;
use crate::scenario::{TraceReading, What};

/// What a trace is, if its content does not say it.
#[derive(Args, Clone, Debug)]
pub struct WhatArgs {
    /// The numbers of a recording that does not say what they are.
    #[arg(
        long,
        value_parser = one_of(WHATS),
        hide_possible_values = true,
        value_name = "WHAT",
        help = "requests, users, cpu-cores or cpu-millicores"
    )]
    what: Option<What>,
    /// Read the trace in this format.
    #[arg(
        long,
        value_parser = formats(),
        hide_possible_values = true,
        value_name = "F",
        help = "Format, such as json-log [default: by content]"
    )]
    input_format: Option<RecordingFormat>,
    /// The key of the time in a log of JSON objects.
    #[arg(
        long,
        value_name = "KEY",
        help = "Key of the time in a JSON log, such as ts"
    )]
    time_field: Option<String>,
}

const WHATS: &ChoiceWords<What> = &[
    (What::Requests, What::Requests.as_str()),
    (What::Users, What::Users.as_str()),
    (What::CpuCores, What::CpuCores.as_str()),
    (What::CpuMillicores, What::CpuMillicores.as_str()),
];

/// `--input-format`.
fn formats() -> impl TypedValueParser<Value = RecordingFormat> {
    let words = |format: RecordingFormat| (format, format.word());
    one_of(&RecordingFormat::ALL.map(words))
}

impl WhatArgs {
    /// What the user states of the trace.
    pub(super) fn reading(&self) -> TraceReading<'_> {
        TraceReading {
            what: self.what,
            format: self.input_format,
            time_field: self.time_field.as_deref(),
        }
    }

    /// What the user states, by the names of the options, for `summary.json`.
    pub(super) fn stated(&self) -> BTreeMap<&'static str, String> {
        let format = self.input_format.map(RecordingFormat::word);
        [
            ("what", self.what.map(What::as_str)),
            ("input_format", format),
            ("time_field", self.time_field.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.to_owned())))
        .collect()
    }

    /// Names what the user states in the default folder's name.
    pub(super) fn vary(&self, variation: &mut Variation) {
        for (name, value) in self.stated() {
            variation.add(format!("{}-{value}", name.replace('_', "-")));
        }
    }
}
