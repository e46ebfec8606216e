//! `POLICY@path=value[,path=value]`: a variant of a policy without a file of its own.

use std::fmt;
use std::path::PathBuf;

use crate::scenario::Diagnostic;

/// A policy file, and the keys in which this variant of it differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileVariant {
    /// The file.
    pub(super) path: PathBuf,
    /// The settings, as `--set` takes them.
    pub(super) settings: Vec<String>,
}

impl FileVariant {
    /// The file as it is.
    pub(super) fn plain(path: PathBuf) -> Self {
        Self {
            path,
            settings: Vec::new(),
        }
    }

    /// The variant that an argument names; `None` if it names none.
    ///
    /// The `@` is the last one before the first equals sign, because a folder and a value may have one too.
    pub(super) fn parse(argument: &str) -> Option<Self> {
        let equals = argument.find('=')?;
        let at = argument[..equals].rfind('@').filter(|at| *at > 0)?;
        Some(Self {
            path: PathBuf::from(&argument[..at]),
            settings: settings_of(&argument[at + 1..]),
        })
    }
}

impl FileVariant {
    /// Names the argument where a diagnostic points at one of its settings as if `--set` had it.
    pub(super) fn name_places(&self, diagnostics: &mut [Diagnostic]) {
        let places = diagnostics.iter_mut().filter_map(|it| it.place.as_mut());
        for place in places.filter(|place| place.source == "--set") {
            if self.settings.contains(&place.text) {
                place.source = self.to_string();
            }
        }
    }
}

impl fmt::Display for FileVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display().to_string();
        f.write_str(&with_settings(&path, &self.settings))
    }
}

/// `name@path=value,path=value`; `name` alone without settings.
pub(super) fn with_settings(name: &str, settings: &[String]) -> String {
    if settings.is_empty() {
        name.to_owned()
    } else {
        format!("{name}@{}", settings.join(","))
    }
}

/// Splits at the commas outside quotes and brackets.
fn settings_of(text: &str) -> Vec<String> {
    let mut settings = vec![String::new()];
    let mut quote = None;
    let mut depth = 0_i32;
    for letter in text.chars() {
        match (quote, letter) {
            (None, ',') if depth == 0 => {
                settings.push(String::new());
                continue;
            }
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        if let Some(last) = settings.last_mut() {
            last.push(letter);
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_with_a_setting_names_a_variant() {
        let cases: [(&str, &str, &[&str]); 6] = [
            (
                "app.yaml@controller.kubernetes=1.32",
                "app.yaml",
                &["controller.kubernetes=1.32"],
            ),
            (
                "a.toml@hpa.maxReplicas=9,pod.init=2s",
                "a.toml",
                &["hpa.maxReplicas=9", "pod.init=2s"],
            ),
            ("me@home/a.toml@name=b", "me@home/a.toml", &["name=b"]),
            ("a.toml@name=\"b@c,d\"", "a.toml", &["name=\"b@c,d\""]),
            (
                "a.toml@pod.start={ dist = \"x\", mean = \"1s\" },name=b",
                "a.toml",
                &["pod.start={ dist = \"x\", mean = \"1s\" }", "name=b"],
            ),
            ("a.toml@name=", "a.toml", &["name="]),
        ];
        for (argument, path, settings) in cases {
            let expected = FileVariant {
                path: PathBuf::from(path),
                settings: settings.iter().map(|it| (*it).to_owned()).collect(),
            };
            assert_eq!(FileVariant::parse(argument), Some(expected), "{argument}");
        }
        for argument in ["a.toml", "a@b.toml", "a=b.toml", "@fixed=3", "a=1@b"] {
            assert_eq!(FileVariant::parse(argument), None, "{argument}");
        }
    }
}
