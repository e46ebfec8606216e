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
use crate::scenario::formats::RecordingFormat;
use crate::scenario::{
    ClockZone, Diagnostics, EachAutoscaler, Engine, LoadRequest, Loaded, Loader, ManifestChoice,
    Template, TraceMoment, load_choosing, load_each,
};

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

/// Which time of a trace counts, and how its dates are read.
#[derive(Args, Clone, Debug)]
pub struct SpanArgs {
    /// Start of the part that counts: 90m, 14:30 or a date
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_moment)]
    from: Option<TraceMoment>,
    /// End of the part that counts
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = parse_moment)]
    to: Option<TraceMoment>,
    #[command(flatten)]
    zone: ZoneArgs,
}

/// In which time zone dates are read and written.
#[derive(Args, Clone, Debug)]
pub struct ZoneArgs {
    /// Time zone of dates, as UTC, +02:00 or Europe/Berlin.
    #[arg(
        long,
        value_name = "ZONE",
        allow_hyphen_values = true,
        value_parser = parse_zone,
        help = "Time zone [default: the trace's, or UTC]"
    )]
    pub(super) timezone: Option<ClockZone>,
}

/// Parses a time zone.
pub(super) fn parse_zone(text: &str) -> Result<ClockZone, String> {
    ClockZone::parse(text)
}

/// Parses a time of a trace.
pub(super) fn parse_moment(text: &str) -> Result<TraceMoment, String> {
    if RecordingFormat::named(&text.to_ascii_lowercase()).is_some() {
        return Err(format!(
            "write a time; name a format with --input-format {text}"
        ));
    }
    TraceMoment::parse(text)
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

    /// Every autoscaler of a manifest, with the overrides `set`, under a trace.
    ///
    /// # Errors
    /// The files have no autoscaler, or the trace has faults.
    pub(super) fn load_each(
        &self,
        policy: &Path,
        trace: &Path,
        set: &[String],
        loader: &mut dyn Loader,
    ) -> Result<EachAutoscaler, Diagnostics> {
        let request = self.load_request(policy, trace, set);
        load_each(request, &self.manifest.choice(), loader)
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
            from: self.span.from,
            to: self.span.to,
            zone: self.span.zone(),
            warm_up: self.warm_up.span(),
            reading: self.what.reading(),
            engine: self.engine(),
        }
    }

    /// Names what is read otherwise than by default, with the overrides `set`, in the default folder's name.
    pub(super) fn vary(&self, set: &[String], variation: &mut Variation) {
        self.span.vary(variation);
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
            timezone: self.span.zone.timezone.clone(),
            warm_up: self.warm_up.asked(),
            reading: self.what.stated(),
            hpa,
            namespace,
            all: false,
        }
    }
}

impl SpanArgs {
    /// `--from`.
    pub(super) const fn from(&self) -> Option<TraceMoment> {
        self.from
    }

    /// `--to`.
    pub(super) const fn to(&self) -> Option<TraceMoment> {
        self.to
    }

    /// `--timezone`.
    pub(super) const fn zone(&self) -> Option<&ClockZone> {
        self.zone.timezone.as_ref()
    }

    /// Names the part in the default folder's name.
    pub(super) fn vary(&self, variation: &mut Variation) {
        for (word, moment) in [("from", self.from), ("to", self.to)] {
            if let Some(moment) = moment {
                variation.add(format!("{word}-{moment}"));
            }
        }
        if let Some(zone) = &self.zone.timezone {
            variation.add(format!("in-{zone}"));
        }
    }
}
