//! One policy and its traces, read once for the runs of many variants.
//!
//! Self-imposed limit: files in, templates out, and what they are called; what is varied is `search`'s.

use std::path::{Path, PathBuf};

use super::error::CommandError;
use super::files::{RememberingLoader, hashed};
use crate::results::InputFile;
use crate::scenario::{
    Engine, LoadRequest, ManifestChoice, STANDARD_INPUT, Template, load_templates,
};
use crate::units::SimTime;

/// Which files are read, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct VariantRequest<'r> {
    /// The policy's file.
    pub(super) policy: &'r PathBuf,
    /// The traces' files.
    pub(super) traces: &'r [PathBuf],
    /// `--from`: what lies before is cut off every trace.
    pub(super) from: Option<SimTime>,
    /// `--to`: what lies behind is cut off every trace.
    pub(super) to: Option<SimTime>,
    /// `--engine`; `None` is the fluid engine for every trace that it can follow.
    pub(super) engine: Option<Engine>,
    /// What to take of a manifest.
    pub(super) choice: &'r ManifestChoice,
}

/// A policy under each of its traces; variants of it are resolved from these.
#[derive(Debug)]
pub(super) struct VariantInputs {
    /// By trace.
    pub(super) templates: Vec<Template>,
}

impl VariantInputs {
    /// Reads everything.
    ///
    /// # Errors
    /// Everything that is wrong with the files, and two of them on standard input.
    pub(super) fn load(request: &VariantRequest<'_>) -> Result<Self, CommandError> {
        let uses_stdin = std::iter::once(request.policy)
            .chain(request.traces)
            .filter(|path| path.as_path() == Path::new(STANDARD_INPUT));
        if uses_stdin.count() > 1 {
            return Err(CommandError::usage(
                "standard input (`-`) can be read once; name files for the others".to_owned(),
            ));
        }
        let requests: Vec<LoadRequest<'_>> = request
            .traces
            .iter()
            .map(|trace| LoadRequest {
                policy: request.policy,
                trace,
                set: &[],
                from: request.from,
                to: request.to,
                engine: request.engine,
            })
            .collect();
        let templates =
            load_templates(&requests, request.choice, &mut RememberingLoader::default())
                .map_err(CommandError::Input)?;
        let templates = templates
            .into_iter()
            .map(|template| match request.engine {
                Some(_) => template,
                None => template.preferring_fluid(),
            })
            .collect();
        Ok(Self { templates })
    }

    /// The traces' names, each its own.
    ///
    /// # Errors
    /// Two traces are called the same.
    pub(super) fn trace_names(&self) -> Result<Vec<String>, CommandError> {
        let names: Vec<String> = self
            .templates
            .iter()
            .map(|template| template.trace_name().to_owned())
            .collect();
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(CommandError::usage(format!(
                    "two traces are called `{name}`, and rows are told apart by that name; rename one of the files"
                )));
            }
        }
        Ok(names)
    }

    /// The engine that follows all traces, or that of each: `fluid, request`.
    pub(super) fn engine_names(&self) -> String {
        let mut names: Vec<&str> = self
            .templates
            .iter()
            .map(|template| template.engine().as_str())
            .collect();
        if names.iter().all(|name| *name == names[0]) {
            names.truncate(1);
        }
        names.join(", ")
    }

    /// Every file that was read, once.
    pub(super) fn files(&self) -> Vec<InputFile> {
        let mut files: Vec<InputFile> = Vec::new();
        for file in self
            .templates
            .iter()
            .flat_map(|template| hashed(template.inputs()))
        {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        files
    }
}
