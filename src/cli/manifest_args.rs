//! `--hpa` and `--namespace`: what to take of a Kubernetes manifest.

use clap::Args;

use super::variation::Variation;
use crate::scenario::ManifestChoice;

/// What to take of a manifest.
#[derive(Args, Clone, Debug)]
pub(super) struct ManifestArgs {
    /// One of several autoscalers: NAME, or NS/NAME
    #[arg(long, value_name = "NAME")]
    hpa: Option<String>,
    /// Namespace of objects without one.
    #[arg(
        long,
        value_name = "NS",
        help = "Namespace of objects without one [default: default]"
    )]
    namespace: Option<String>,
}

impl ManifestArgs {
    /// The arguments as they were given, for a printed command that reads the same part of a manifest.
    pub(super) fn words(&self) -> Vec<&str> {
        let pairs = [
            ("--hpa", self.hpa.as_deref()),
            ("--namespace", self.namespace.as_deref()),
        ];
        pairs
            .into_iter()
            .filter_map(|(flag, value)| Some([flag, value?]))
            .flatten()
            .collect()
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
