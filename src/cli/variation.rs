//! The differences of a command from the plain one, as the end of its default folder's name.
//!
//! `run policies/prod.toml traces/spike.csv` goes to `output/prod-spike`; with `--seed 7`
//! to `output/prod-spike-seed-7`.

use super::digest::digest;
use super::file_names::path_safe;

/// A longer end of a name is cut, and part of a hash stands for the rest.
const LETTERS_MAX: usize = 48;
/// The most letters of an end that is cut; whole words stay.
const LETTERS_LEFT: usize = 32;
/// This many digits of the hash are enough to distinguish the folders of one person.
pub(super) const HASH_DIGITS: usize = 8;

/// Words for what differs from the plain command, in a fixed order.
#[derive(Clone, Debug, Default)]
pub(super) struct Variation {
    words: Vec<String>,
}

impl Variation {
    /// Adds a word.
    pub(super) fn add(&mut self, word: impl Into<String>) {
        self.words.push(word.into());
    }

    /// Adds an argument of `--set`: its keys and its value.
    pub(super) fn add_setting(&mut self, setting: &str) {
        let (path, value) = setting.split_once('=').unwrap_or((setting, ""));
        let keys: Vec<&str> = path.split('.').map(str::trim).collect();
        let shown = match keys[..] {
            // The sections and `behavior` say nothing beside their keys: no two of them share a key.
            ["hpa", "behavior", _, ..] => &keys[2..],
            [_, _, ..] => &keys[1..],
            _ => &keys,
        };
        let value = value.trim().trim_matches(['"', '\'']);
        let mut word = format!("{}-{value}", shown.join("."));
        let is_plain = |letter: char| letter.is_alphanumeric() || ['.', '_'].contains(&letter);
        if !shown.iter().all(|key| key.chars().all(is_plain)) || !value.chars().all(is_plain) {
            // A name of a folder shows other characters as dashes, so another value could give the same.
            word.push('-');
            word.push_str(&digest(std::iter::once(setting))[..HASH_DIGITS]);
        }
        self.add(word);
    }

    /// What follows the name of the plain command's folder.
    pub(super) fn suffix(&self) -> String {
        let words = self.words.iter().map(|word| path_safe(word));
        let all: String = words.map(|word| format!("-{word}")).collect();
        let parts: Vec<&str> = all.split('-').filter(|part| !part.is_empty()).collect();
        let all: String = parts.iter().map(|part| format!("-{part}")).collect();
        if all.chars().count() <= LETTERS_MAX {
            return all;
        }
        let mut cut = String::new();
        for part in parts {
            if cut.chars().count() + part.chars().count() >= LETTERS_LEFT {
                if cut.is_empty() {
                    cut.push('-');
                    cut.extend(part.chars().take(LETTERS_LEFT));
                }
                break;
            }
            cut.push('-');
            cut.push_str(part);
        }
        let hash = digest(self.words.iter().map(String::as_str));
        format!("{cut}-{}", &hash[..HASH_DIGITS])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn suffix(settings: &[&str]) -> String {
        let mut variation = Variation::default();
        for setting in settings {
            variation.add_setting(setting);
        }
        variation.suffix()
    }

    #[test]
    fn a_setting_is_named_by_its_keys_and_its_value() {
        assert_eq!(suffix(&[]), "");
        assert_eq!(suffix(&["hpa.maxReplicas=80"]), "-maxReplicas-80");
        assert_eq!(
            suffix(&["hpa.behavior.scaleUp.selectPolicy=\"Min\""]),
            "-scaleUp.selectPolicy-Min"
        );
    }

    #[test]
    fn other_settings_have_other_names() {
        let settings = [
            "hpa.behavior.scaleUp.policies.0.value=4",
            "hpa.behavior.scaleDown.policies.0.value=4",
            "deployment.containers.0.resources.requests.cpu=\"4\"",
            "deployment.containers.1.resources.requests.cpu=\"4\"",
            "pod.resources.requests.cpu=\"4\"",
            "workload.cpu_per_request={ mean = \"5ms\" }",
            "workload.cpu_per_request={ mean = \"5ms\", }",
            "workload.cpu_per_request=\"5ms\"",
            "metrics.lag=4s",
            "metrics.custom.lag=4s",
            "x.y=-4",
            "x.y=4",
            "x.y=1.30",
            "x.y=1.3",
        ];
        let names: BTreeSet<String> = settings.iter().map(|it| suffix(&[it])).collect();
        assert_eq!(names.len(), settings.len(), "{names:?}");
    }

    #[test]
    fn many_settings_end_in_a_hash_of_all() {
        let settings = [
            "workload.scale=1.5",
            "hpa.behavior.scaleDown.stabilizationWindowSeconds=60",
        ];
        let one = suffix(&settings);
        assert!(one.starts_with("-scale-1.5-"), "{one}");
        assert_eq!(one.chars().count(), "-scale-1.5".len() + 1 + HASH_DIGITS);
        let other = suffix(&[
            settings[0],
            "hpa.behavior.scaleDown.stabilizationWindowSeconds=90",
        ]);
        assert_ne!(one, other);
    }
}
