//! Diagnostics about confidential text: they have a kind and a place, and quote nothing.
//!
//! `secrecy`, `broken_manifest` and `manifest::secrecy` decide which text is confidential.

use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::source::{Origin, Sources};

impl Diagnostic {
    /// The fault at `origin`. If that text is confidential, the message states only the kind, because words about a value may quote it.
    #[must_use]
    pub(crate) fn at(
        sources: &Sources,
        code: Code,
        origin: Origin,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let diagnostic = Self {
            code,
            message: message.into(),
            place: Some(Box::new(Place::of(sources, origin))),
            help: help.into(),
        };
        if sources.is_hidden(origin) {
            diagnostic.covered()
        } else {
            diagnostic
        }
    }

    /// The same fault, without a quote of its text.
    #[must_use]
    pub(crate) fn covered(self) -> Self {
        let about = self.code.about();
        Self {
            code: self.code,
            message: format!(
                "{}; hpasim does not print the text, because it may hold confidential values",
                about.title
            ),
            place: self.place.map(|place| Box::new(place.covered())),
            help: about.remedy.to_owned(),
        }
    }
}

impl Diagnostics {
    /// The same faults, without a quote of their text.
    #[must_use]
    pub(crate) fn covered(self) -> Self {
        Self {
            list: self.list.into_iter().map(Diagnostic::covered).collect(),
            omitted: self.omitted,
        }
    }
}
