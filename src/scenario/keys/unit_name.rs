//! The name of a unit as the type of a key: a short text that stands behind a number.

use super::{Reads, Takes};
use crate::scenario::diagnostic::Code;
use crate::scenario::reader::{Faults, Section};
use crate::text::is_unseen;

/// A text of at most so many letters, whose characters are all seen.
pub(in crate::scenario) struct UnitName {
    /// The most letters.
    pub(in crate::scenario) letters_max: usize,
    /// An example.
    pub(in crate::scenario) example: &'static str,
}

impl Takes for UnitName {
    type Value = String;
    fn in_words(&self) -> String {
        format!("text of 1 to {} letters", self.letters_max)
    }
}

impl Reads for UnitName {
    fn read(&self, table: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<String> {
        let name = table.text(key, faults)?.trim();
        let fault = if name.is_empty() {
            "is empty".to_owned()
        } else if name.chars().count() > self.letters_max {
            format!("is longer than {} letters", self.letters_max)
        } else if name.contains(is_unseen) {
            "contains a character that is not seen".to_owned()
        } else {
            return Some(name.to_owned());
        };
        faults.report(
            Code::BadName,
            table.node(key)?.origin,
            format!(
                "`{}` {fault}, and it stands behind every number of its unit",
                table.path_of(key)
            ),
            format!(
                "write a short name, such as \"{}\", or delete the line",
                self.example
            ),
        );
        None
    }
}
