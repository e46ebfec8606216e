//! The identity of a question: a folder keeps the results of one question, and another question does not replace them.
//!
//! Everything that changes a number is part of it. What only changes pictures or
//! text (`--plot`, `--format`, `--assert`) is not. An input counts by its path: a
//! policy that was edited is still the same question.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::atomic_file::is_same_file;
use super::file_names::SUMMARY;
use crate::results::InputFile;
use crate::scenario::STANDARD_INPUT;

/// The command of a summary without a command, as earlier versions wrote it.
const UNNAMED_COMMAND: &str = "run";

/// The results of an earlier command, by its summary.
#[derive(Debug, Deserialize)]
pub(super) struct FoundSummary {
    inputs: Vec<FoundInput>,
    /// The names of the files beside it.
    #[serde(default)]
    pub(super) files: Vec<String>,
    #[serde(flatten)]
    facts: Map<String, Value>,
}

impl FoundSummary {
    /// Whether a file of this name is one of its results.
    pub(super) fn lists(&self, name: &str) -> bool {
        name == SUMMARY || self.files.iter().any(|file| file == name)
    }
}

#[derive(Debug, Deserialize)]
struct FoundInput {
    path: String,
    #[serde(default)]
    sha256: String,
}

/// The question of a command, in the words of its `summary.json`.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    command: &'static str,
    inputs: Vec<InputFile>,
    /// By key of the summary.
    facts: Map<String, Value>,
}

impl Identity {
    /// Of a command that reads `inputs`.
    pub(super) fn new(command: &'static str, inputs: Vec<InputFile>) -> Self {
        Self {
            command,
            inputs,
            facts: Map::new(),
        }
    }

    /// The same, with a part of the question as the summary has it under `key`.
    ///
    /// # Errors
    /// Those of the JSON writer, which the types of a summary never cause.
    pub(super) fn with(mut self, key: &str, value: impl Serialize) -> serde_json::Result<Self> {
        self.facts
            .insert(key.to_owned(), serde_json::to_value(value)?);
        Ok(self)
    }

    /// The command's name.
    pub(super) fn command(&self) -> &'static str {
        self.command
    }

    /// Every file that was read.
    pub(super) fn inputs(&self) -> &[InputFile] {
        &self.inputs
    }

    fn input_paths(&self) -> Vec<&str> {
        self.inputs
            .iter()
            .map(|input| input.path.as_str())
            .collect()
    }

    /// A description of the results in the folder, where they answer another question.
    pub(super) fn difference(&self, found: &FoundSummary) -> Option<String> {
        let command = found.facts.get("command").and_then(Value::as_str);
        let command = command.unwrap_or(UNNAMED_COMMAND);
        let inputs: Vec<&str> = found.inputs.iter().map(|it| it.path.as_str()).collect();
        let results = format!("the {} of {}", noun(command), inputs.join(", "));
        let has_same_inputs = inputs.len() == self.inputs.len()
            && found.inputs.iter().zip(&self.inputs).all(is_same_input);
        if command == self.command && inputs == self.input_paths() && !has_same_inputs {
            // Standard input has no name that distinguishes its texts.
            return Some(format!("{results} with another text on standard input"));
        }
        if command != self.command || !has_same_inputs {
            return Some(results);
        }
        let facts = self.facts.iter();
        let difference = facts
            .filter_map(|(key, here)| {
                first_difference(key, found.facts.get(key).unwrap_or(&Value::Null), here)
            })
            .next()?;
        Some(format!("{results} with {difference}"))
    }
}

/// A file by its path; standard input, which has none, by its content.
fn is_same_input((found, input): (&FoundInput, &InputFile)) -> bool {
    if input.path == STANDARD_INPUT {
        found.path == input.path && found.sha256 == input.sha256
    } else {
        is_same_file(Path::new(&found.path), Path::new(&input.path))
    }
}

/// The first value that differs, with its path; null stands for a key that is missing.
fn first_difference(path: &str, there: &Value, here: &Value) -> Option<String> {
    if let (Value::Object(there_map), Value::Object(here_map)) = (there, here) {
        let keys = there_map.keys().chain(here_map.keys());
        return keys
            .filter_map(|key| {
                let of = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                first_difference(&format!("{path}.{key}"), &of(there_map), &of(here_map))
            })
            .next();
    }
    (there != here).then(|| format!("{} {there}, and this command has {here}", label(path)))
}

/// The name of a key of the summary in a message: an argument by its flag.
fn label(path: &str) -> String {
    match path.strip_prefix("request.") {
        Some(argument) => format!(
            "--{}",
            argument.trim_end_matches("_seconds").replace('_', "-")
        ),
        None => path.to_owned(),
    }
}

/// The results of a command, as a noun.
fn noun(command: &str) -> &str {
    match command {
        "compare" => "comparison",
        "tune" => "tuning",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> FoundSummary {
        serde_json::from_str(text).expect("a summary")
    }

    fn identity(set: &[&str]) -> Identity {
        let inputs = vec![InputFile {
            path: "prod.toml".to_owned(),
            sha256: "0".to_owned(),
        }];
        Identity::new("run", inputs)
            .with("seeds", [1])
            .and_then(|it| it.with("request", serde_json::json!({ "set": set })))
            .expect("JSON")
    }

    #[test]
    fn the_same_question_is_the_same_whatever_its_inputs_hold_now() {
        let same = found(
            r#"{"inputs": [{"path": "prod.toml", "sha256": "1"}], "seeds": [1], "request": {"set": [], "hpa": null}}"#,
        );
        assert_eq!(identity(&[]).difference(&same), None);
    }

    #[test]
    fn another_question_is_named_by_what_differs_first() {
        let other = |text: &str| identity(&["a=1"]).difference(&found(text));
        let of_seeds = other(
            r#"{"command": "run", "inputs": [{"path": "prod.toml"}], "seeds": [2], "request": {"set": ["a=1"]}}"#,
        );
        assert_eq!(
            of_seeds.as_deref(),
            Some("the run of prod.toml with seeds [2], and this command has [1]")
        );
        let of_set = other(
            r#"{"inputs": [{"path": "prod.toml"}], "seeds": [1], "request": {"set": [], "hpa": null}}"#,
        );
        assert_eq!(
            of_set.as_deref(),
            Some(r#"the run of prod.toml with --set [], and this command has ["a=1"]"#)
        );
        let of_command = other(r#"{"command": "tune", "inputs": [{"path": "prod.toml"}]}"#);
        assert_eq!(of_command.as_deref(), Some("the tuning of prod.toml"));
    }
}
