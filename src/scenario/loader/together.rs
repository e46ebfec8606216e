//! A folder or a pattern in the place of a policy: the objects of several manifests, as one manifest.

use std::path::{Path, PathBuf};

use super::super::diagnostic::{Code, Diagnostic};
use super::super::file_fault::unreadable;
use super::super::file_request::LoadError;
use super::super::manifest::{self, Object, Objects};
use super::{PolicyFiles, PolicyTree, ReadManifest, is_manifest, is_other_data};

impl PolicyFiles<'_> {
    /// The policy in the manifests that a folder or a pattern at `path` stands for.
    pub(super) fn read_found(&mut self, path: &Path, found: &[PathBuf]) -> Option<PolicyTree> {
        if let [only] = found {
            return self.read_layer(only, None, &mut Vec::new());
        }
        let known = match self.known_manifest(path) {
            Some(known) => known,
            None => self.read_together(path, found)?,
        };
        let (table, source) = (self.table_of(&known)?, known.source);
        Some(PolicyTree { table, source })
    }

    /// The objects of several files; of equal ones the last counts, as in `kubectl apply`.
    fn read_together(&mut self, path: &Path, found: &[PathBuf]) -> Option<ReadManifest> {
        let mut list: Vec<Object> = Vec::new();
        let mut first = None;
        let faults_before = self.faults.list.len();
        for file in found {
            let Some(text) = self.read_text(file, None) else {
                continue;
            };
            if !is_manifest(file, &text) {
                self.faults.list.push(several_policies(path, file));
                continue;
            }
            if is_other_data(file, &text) {
                self.inputs.pop();
                continue;
            }
            let source = self.add_source(file, text, None);
            first = first.or(Some(source));
            match manifest::read_objects(&mut self.sources, source) {
                Ok(objects) => list.extend(objects.list),
                Err(faults) => self.faults.absorb(faults),
            }
        }
        if self.faults.list.len() > faults_before {
            return None;
        }
        let Some(source) = first else {
            let fault = unreadable(path, &LoadError::NoManifests, None);
            self.faults.list.push(fault);
            return None;
        };
        manifest::keep_the_last_of_each(&mut list, self.choice.namespace());
        Some(self.keep(path, source, Objects { list }))
    }
}

/// The fault of a folder or a pattern at `path` that stands for several files, one of which is the policy `file`.
fn several_policies(path: &Path, file: &Path) -> Diagnostic {
    Diagnostic {
        code: Code::Unsupported,
        message: format!(
            "`{}` stands for several files, and `{}` is no manifest",
            path.display(),
            file.display()
        ),
        place: None,
        help: "name one policy (TOML), or a folder of manifests".to_owned(),
    }
}
