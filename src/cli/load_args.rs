//! How a command reads policies and traces: which part of a manifest, which time of a trace, what its numbers are, which engine.

use std::path::Path;

use clap::Args;

use super::choices::{ENGINES, one_of};
use super::manifest_args::ManifestArgs;
use super::variation::Variation;
use super::warm_up_args::WarmUpArgs;
use super::what_args::WhatArgs;
use super::what_matters::WhatMattersArgs;
use crate::results::export;
use crate::scenario::{
    Diagnostics, Engine, LoadRequest, Loaded, Loader, ManifestChoice, Template, load_choosing,
    parse_duration,
};
use crate::units::{SimSpan, SimTime};

/// How policies and traces are read.
#[derive(Args, Clone, Debug)]
pub(super) struct LoadArgs {
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    warm_up: WarmUpArgs,
    #[command(flatten)]
    what: WhatArgs,
    /// The engine: `request` or `fluid`.
    #[arg(
        long,
        value_parser = one_of(ENGINES),
        hide_possible_values = true,
        value_name = "ENGINE",
        help = "request, or fluid (only rates) [default: by the trace]"
    )]
    engine: Option<Engine>,
}

/// Which time of a trace counts.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct SpanArgs {
    /// Start the trace at this time
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_duration)]
    from: Option<SimSpan>,
    /// End the trace at this time
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse_duration)]
    to: Option<SimSpan>,
}

impl LoadArgs {
    /// A policy with the overrides `set` under a trace.
    ///
    /// # Errors
    /// Everything that is wrong with either, all at once.
    pub(super) fn load(
        &self,
        policy: &Path,
        trace: &Path,
        set: &[String],
        loader: &mut dyn Loader,
    ) -> Result<Loaded, Diagnostics> {
        let request = self.load_request(policy, trace, set);
        load_choosing(request, &self.manifest.choice(), loader)
    }

    /// The same, with the means to make variants if their runs are asked for.
    ///
    /// # Errors
    /// As [`LoadArgs::load`].
    pub(super) fn load_to_vary(
        &self,
        matters: WhatMattersArgs,
        policy: &Path,
        trace: &Path,
        set: &[String],
        loader: &mut dyn Loader,
    ) -> Result<(Loaded, Option<Template>), Diagnostics> {
        if !matters.what_matters {
            return Ok((self.load(policy, trace, set, loader)?, None));
        }
        let choice = self.manifest.choice();
        let template = Template::load(self.load_request(policy, trace, set), &choice, loader)?;
        Ok((template.loaded()?, Some(template)))
    }

    fn load_request<'r>(
        &'r self,
        policy: &'r Path,
        trace: &'r Path,
        set: &'r [String],
    ) -> LoadRequest<'r> {
        LoadRequest {
            policy,
            trace,
            set,
            from: self.span.from(),
            to: self.span.to(),
            warm_up: self.warm_up.span(),
            reading: self.what.reading(),
            engine: self.engine(),
        }
    }

    /// Names what is read otherwise than by default, with the overrides `set`, in the default folder's name.
    pub(super) fn vary(&self, set: &[String], variation: &mut Variation) {
        for (word, span) in [("from", self.span.from), ("to", self.span.to)] {
            if let Some(span) = span {
                variation.add(format!("{word}-{span}"));
            }
        }
        self.warm_up.vary(variation);
        self.what.vary(variation);
        self.manifest.vary(variation);
        for setting in set {
            variation.add_setting(setting);
        }
    }

    /// The engine that was asked for.
    pub(super) fn engine(&self) -> Option<Engine> {
        self.engine
    }

    /// What was asked for, with the overrides `set`, for `summary.json`.
    pub(super) fn request(&self, set: &[String]) -> export::Request {
        let ManifestChoice { hpa, namespace } = self.manifest.choice();
        export::Request {
            set: set.to_vec(),
            from: self.span.from,
            to: self.span.to,
            warm_up: self.warm_up.asked(),
            reading: self.what.stated(),
            hpa,
            namespace,
        }
    }
}

impl SpanArgs {
    /// The start of the part.
    pub(super) fn from(self) -> Option<SimTime> {
        self.from.map(|span| SimTime::ZERO + span)
    }

    /// The end of the part.
    pub(super) fn to(self) -> Option<SimTime> {
        self.to.map(|span| SimTime::ZERO + span)
    }
}
