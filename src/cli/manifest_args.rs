//! `--hpa` and `--namespace`: what to take of a Kubernetes manifest.
//!
//! Self-imposed limit: arguments only; the choice is made in `scenario`.

use clap::Args;

use super::variation::Variation;
use crate::scenario::ManifestChoice;

/// What to take of a manifest.
#[derive(Args, Clone, Debug)]
pub(super) struct ManifestArgs {
    /// Of a manifest with several autoscalers, the one of this name
    #[arg(long, value_name = "NAME")]
    hpa: Option<String>,
    /// The namespace of objects of a manifest that state none [default: default]
    #[arg(
        long,
        value_name = "NS",
        help = "The namespace of objects of a manifest that state none [default: default]"
    )]
    namespace: Option<String>,
}

impl ManifestArgs {
    /// Whether anything is asked for.
    pub(super) fn is_given(&self) -> bool {
        self.hpa.is_some() || self.namespace.is_some()
    }

    /// Names the choice in the default folder's name.
    pub(super) fn vary(&self, variation: &mut Variation) {
        if let Some(name) = &self.hpa {
            variation.add(format!("hpa-{name}"));
        }
        if let Some(namespace) = &self.namespace {
            variation.add(format!("in-{namespace}"));
        }
    }

    /// The same in `scenario`'s terms.
    pub(super) fn choice(&self) -> ManifestChoice {
        ManifestChoice {
            hpa: self.hpa.clone(),
            namespace: self.namespace.clone(),
        }
    }
}
