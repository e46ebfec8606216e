//! The texts of a proposal for its user: the patch, a policy, commands for the next steps.

use std::path::{Component, Path, PathBuf};

use super::inputs::HeldOut;
use super::simulations::ProposedPolicy;
use super::{PROPOSED, TuneExperiment};
use crate::cli::confined::is_outside;
use crate::cli::error::CommandError;
use crate::cli::file_names::{HELD_OUT_CSV, PATCH, PROPOSED_TOML};
use crate::scenario::{Diagnostics, PolicyFile, STANDARD_INPUT, Successor, load_policy};
use crate::text::shell_word;

/// The proposed policy as text.
pub(super) struct ProposedTexts {
    /// A merge patch as YAML; empty where nothing of the HorizontalPodAutoscaler changes.
    pub(super) patch: String,
    /// The command that applies it.
    pub(super) apply: String,
    /// A policy file; `None` where no file can express the proposal.
    pub(super) policy: Option<String>,
    /// Commands for the next steps.
    pub(super) again: Vec<String>,
    /// Why a text is missing.
    pub(super) notes: Vec<String>,
}

/// The sources of the texts.
struct ProposalInputs<'s> {
    experiment: &'s TuneExperiment<'s>,
    folder: &'s Path,
}

impl ProposedTexts {
    /// The texts of `proposal` for the files in `folder`.
    ///
    /// # Errors
    /// The policy's file has faults, today or as it is proposed.
    pub(super) fn of(
        proposal: &ProposedPolicy,
        experiment: &TuneExperiment<'_>,
        folder: &Path,
    ) -> Result<Self, CommandError> {
        let inputs = ProposalInputs { experiment, folder };
        inputs.texts(proposal)
    }
}

impl ProposalInputs<'_> {
    fn texts(&self, proposal: &ProposedPolicy) -> Result<ProposedTexts, CommandError> {
        let changes = self
            .experiment
            .search
            .space
            .arguments(&proposal.finalist.candidate);
        let today = self.policy(&self.experiment.arguments.set, &[])?;
        let proposed = self.policy(&self.experiment.arguments.set, &changes)?;
        let all = self.experiment.arguments.set.iter().chain(&changes);
        let patch = if all.clone().any(|setting| keys_of(setting)[0] == "hpa") {
            // The cluster has the content of the file, without --set.
            let cluster = self.policy(&[], &[]);
            let cluster = cluster.as_ref().unwrap_or(&today);
            cluster.patch_to(&proposed).map_err(CommandError::Input)?
        } else {
            String::new()
        };
        let mut notes = Vec::new();
        let policy = match (self.base_path(), own_settings(all)) {
            (None, _) => {
                notes.push(format!(
                    "no {PROPOSED_TOML}: the policy came from standard input, and a file cannot extend that"
                ));
                None
            }
            (Some(_), None) => {
                notes.push(format!(
                    "no {PROPOSED_TOML}: a change is inside an array outside [hpa], and a policy can only replace the whole array"
                ));
                None
            }
            (Some(base), Some(settings)) => Some(self.successor(&proposed, &base, &settings)?),
        };
        let again = match policy {
            Some(_) => self.again(proposal, &mut notes),
            None => Vec::new(),
        };
        Ok(ProposedTexts {
            patch,
            apply: self.apply(&today),
            policy,
            again,
            notes,
        })
    }

    /// The policy's file with these overrides.
    fn policy(&self, set: &[String], further: &[String]) -> Result<PolicyFile, CommandError> {
        let set: Vec<String> = set.iter().chain(further).cloned().collect();
        let choice = self.experiment.arguments.manifest.choice();
        let mut loader = self.experiment.inputs.loader.clone();
        let policy: Result<PolicyFile, Diagnostics> = load_policy(
            &self.experiment.arguments.policy,
            &set,
            &choice,
            &mut loader,
        );
        policy.map_err(CommandError::Input)
    }

    fn apply(&self, today: &PolicyFile) -> String {
        let namespace = today
            .autoscaler_namespace()
            .map_or_else(String::new, |namespace| {
                format!(" --namespace {}", shell_word(namespace))
            });
        format!(
            "kubectl patch hpa {}{namespace} --type merge --patch-file {}",
            shell_word(today.autoscaler_name()),
            shell_path(&self.folder.join(PATCH))
        )
    }

    fn successor(
        &self,
        proposed: &PolicyFile,
        base: &str,
        settings: &[String],
    ) -> Result<String, CommandError> {
        let comment = format!(
            "What `hpasim tune` proposes for {}; all but [hpa] is the base's.",
            self.experiment.search.scenarios[0].policy_name
        );
        let successor = Successor {
            name: PROPOSED,
            comment: &comment,
            base,
            settings,
        };
        proposed.successor(&successor).map_err(CommandError::Input)
    }

    /// The policy's path as a file in the folder would name it; `None` of standard input.
    fn base_path(&self) -> Option<String> {
        let policy = &self.experiment.arguments.policy;
        if policy == Path::new(STANDARD_INPUT) {
            return None;
        }
        let is_plain = |path: &Path| {
            path.components()
                .all(|part| matches!(part, Component::Normal(_)))
        };
        let path = if is_plain(self.folder) && is_plain(policy) {
            let up: PathBuf = self.folder.components().map(|_| "..").collect();
            up.join(policy)
        } else {
            std::fs::canonicalize(policy).ok()?
        };
        path.to_str().map(str::to_owned)
    }

    /// The commands that repeat the report, one for each held-out trace, and the one that checks the proposal.
    fn again(&self, proposal: &ProposedPolicy, notes: &mut Vec<String>) -> Vec<String> {
        let path = self.folder.join(PROPOSED_TOML);
        let proposed = shell_path(&path);
        let outside = match is_outside(&path, &self.experiment.arguments.policy) {
            true => " --allow-outside",
            false => "",
        };
        let check = format!("hpasim check {proposed}{}{outside}", self.manifest_words());
        // `compare` sets keys of all policies alike.
        if self.undoes_changes(proposal) {
            notes.push(
                "no command repeats the report: `compare` applies --set to both policies"
                    .to_owned(),
            );
            return vec![check];
        }
        let is_stdin = |held_out: &&HeldOut| {
            held_out.spike.is_none() && held_out.path == Path::new(STANDARD_INPUT)
        };
        let held_out = &self.experiment.inputs.held_out;
        if held_out.iter().any(|it| is_stdin(&it)) {
            notes
                .push("no command repeats the report: a trace came from standard input".to_owned());
            return vec![check];
        }
        let mut commands: Vec<String> = held_out
            .iter()
            .map(|held_out| self.compare(&proposed, held_out))
            .collect();
        commands.push(check);
        commands
    }

    /// `--hpa` and `--namespace` as they were given: the proposed policy extends the same manifest.
    fn manifest_words(&self) -> String {
        let words = self.experiment.arguments.manifest.words();
        words
            .iter()
            .map(|word| format!(" {}", shell_word(word)))
            .collect()
    }

    fn compare(&self, proposed: &str, held_out: &HeldOut) -> String {
        let mut command = format!(
            "hpasim compare {} {proposed} {}{}",
            shell_path(&self.experiment.arguments.policy),
            shell_path(&self.trace_path(held_out)),
            self.manifest_words()
        );
        for setting in &self.experiment.arguments.set {
            command.push_str(&format!(" --set {}", shell_word(setting)));
        }
        if let Some(split) = held_out.split {
            // The file with the spike is the second part already.
            if held_out.spike.is_none() {
                command.push_str(&format!(" --from {}", split.text()));
            }
            command.push_str(&format!(" --set {}", split.setting()));
        }
        if let Some(span) = self.experiment.arguments.warm_up.asked() {
            command.push_str(&format!(" --warm-up {span}"));
        }
        for (name, value) in self.experiment.arguments.what.stated() {
            let option = name.replace('_', "-");
            command.push_str(&format!(" --{option} {}", shell_word(&value)));
        }
        if let Some(engine) = self.experiment.arguments.engine {
            command.push_str(&format!(" --engine {}", engine.as_str()));
        }
        let seeds = &self.experiment.report_seeds;
        let first = seeds.first().map_or(0, |seed| seed.0);
        command.push_str(&format!(" --seed {first} --seeds {}", seeds.len()));
        command
    }

    /// The file with the traffic: the user's, or the one with the added spike.
    fn trace_path(&self, held_out: &HeldOut) -> PathBuf {
        match held_out.spike {
            Some(_) => self.folder.join(HELD_OUT_CSV),
            None => held_out.path.clone(),
        }
    }

    /// Whether the settings of today's policy would undo changes of the proposed one.
    fn undoes_changes(&self, proposal: &ProposedPolicy) -> bool {
        let space = &self.experiment.search.space;
        let changes = space.changes(&proposal.finalist.candidate);
        let changed: Vec<Vec<&str>> = changes
            .map(|change| keys_of(change.parameter.path()))
            .collect();
        self.experiment.arguments.set.iter().any(|setting| {
            let keys = keys_of(setting);
            let meets = |other: &Vec<&str>| other.starts_with(&keys) || keys.starts_with(other);
            keys[0] == "hpa" || changed.iter().any(meets)
        })
    }
}

/// The settings that a file with an autoscaler and a name of its own has to repeat; `None` where no file can.
///
/// Of several for one path the last counts, as it does on the command line.
fn own_settings<'s>(settings: impl Iterator<Item = &'s String>) -> Option<Vec<String>> {
    let mut own: Vec<&String> = Vec::new();
    for setting in settings {
        let keys = keys_of(setting);
        if matches!(keys[..], ["hpa", ..] | ["name"]) {
            continue;
        }
        own.retain(|earlier| !keys_of(earlier).starts_with(&keys));
        let is_within = |earlier: &&String| keys.starts_with(&keys_of(earlier));
        // An array's element has no path in TOML, and TOML cannot extend an inline value.
        if keys.iter().any(|key| is_index(key)) || own.iter().any(is_within) {
            return None;
        }
        own.push(setting);
    }
    Some(own.into_iter().cloned().collect())
}

/// The keys of a setting's path.
fn keys_of(setting: &str) -> Vec<&str> {
    let path = setting.split('=').next().unwrap_or_default();
    path.split('.')
        .map(|key| key.trim().trim_matches(['"', '\'']))
        .collect()
}

fn is_index(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_digit())
}

/// A path as a shell takes it, so that no command reads it as an option.
fn shell_path(path: &Path) -> String {
    let path = path.display().to_string();
    if path.starts_with('-') {
        shell_word(&format!("./{path}")).into_owned()
    } else {
        shell_word(&path).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_reads_a_path_as_an_option() {
        assert_eq!(shell_path(Path::new("-p.toml")), "./-p.toml");
    }

    #[test]
    fn of_settings_for_one_path_a_file_repeats_the_last() {
        let settings = |list: &[&str]| -> Option<Vec<String>> {
            let list: Vec<String> = list.iter().map(|it| (*it).to_owned()).collect();
            own_settings(list.iter())
        };
        let kept = settings(&["pod.init=\"1s\"", "hpa.minReplicas=2", "pod.init=\"3s\""]);
        assert_eq!(kept, Some(vec!["pod.init=\"3s\"".to_owned()]));
        assert_eq!(settings(&["deployment.containers.0.name=\"a\""]), None);
    }
}
