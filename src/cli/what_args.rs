//! `--what`: the quantity of the numbers of a trace.

use clap::Args;

use super::choices::{ChoiceWords, one_of};
use super::variation::Variation;
use crate::scenario::What;

/// What the numbers of a trace are, if the trace does not say it.
#[derive(Args, Clone, Copy, Debug)]
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
}

const WHATS: &ChoiceWords<What> = &[
    (What::Requests, What::Requests.as_str()),
    (What::Users, What::Users.as_str()),
    (What::CpuCores, What::CpuCores.as_str()),
    (What::CpuMillicores, What::CpuMillicores.as_str()),
];

impl WhatArgs {
    /// The stated quantity.
    pub(super) fn what(self) -> Option<What> {
        self.what
    }

    /// Its word, for `summary.json`.
    pub(super) fn word(self) -> Option<&'static str> {
        self.what.map(What::as_str)
    }

    /// Names the quantity in the default folder's name.
    pub(super) fn vary(self, variation: &mut Variation) {
        if let Some(word) = self.word() {
            variation.add(format!("what-{word}"));
        }
    }
}
