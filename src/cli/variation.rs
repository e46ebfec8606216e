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
const HASH_DIGITS: usize = 8;

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

    /// Adds an argument of `--set`: its last keys and its value.
    pub(super) fn add_setting(&mut self, setting: &str) {
        let (path, value) = setting.split_once('=').unwrap_or((setting, ""));
        let keys: Vec<&str> = path.rsplit('.').take(2).collect();
        let keys = match keys[..] {
            // `hpa` and the other sections say nothing beside their key.
            [key, section] if path.matches('.').count() > 1 => format!("{section}.{key}"),
            [key, ..] => key.to_owned(),
            [] => String::new(),
        };
        self.add(format!("{keys}-{}", value.trim_matches(['"', '\''])));
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
    use super::*;

    fn suffix(settings: &[&str]) -> String {
        let mut variation = Variation::default();
        for setting in settings {
            variation.add_setting(setting);
        }
        variation.suffix()
    }

    #[test]
    fn a_setting_is_named_by_its_last_keys_and_its_value() {
        assert_eq!(suffix(&[]), "");
        assert_eq!(suffix(&["hpa.maxReplicas=80"]), "-maxReplicas-80");
        assert_eq!(
            suffix(&["hpa.behavior.scaleUp.selectPolicy=\"Min\""]),
            "-scaleUp.selectPolicy-Min"
        );
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
