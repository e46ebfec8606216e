//! Diagnostics about text that may be confidential: their kind and place, and nothing of the text.
//!
//! `secrecy`, `broken_manifest` and `manifest::secrecy` decide which text is confidential.

use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::source::{Origin, Sources};

impl Diagnostic {
    /// The fault at `origin`; where that is confidential the message says its kind alone, for words about a value may quote it.
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

    /// The same fault in words that quote nothing of the text in which it is.
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
    /// The same faults in words that quote nothing of the text in which they are.
    #[must_use]
    pub(crate) fn covered(self) -> Self {
        Self {
            list: self.list.into_iter().map(Diagnostic::covered).collect(),
            omitted: self.omitted,
        }
    }
}
