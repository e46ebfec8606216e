//! A policy without a trace: read, checked, and written as Kubernetes objects.
//!
//! Self-imposed limit: the order of it all; objects are made in `manifest`.

use std::path::Path;

use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::hpa_section::SCALE_TARGET_KIND;
use super::keys::declared::DEFAULT_NAMESPACE;
use super::load::stem;
use super::loader::{Loader, PolicyFiles};
use super::manifest::{self, Document, HpaIdentity, ManifestChoice, Metadata, WorkloadExport};
use super::overrides;
use super::policy::{self, Policy};
use super::reader::Faults;
use super::tree::{Node, Table};
use crate::cluster::config::Deployment;
use crate::control::Hpa;
use crate::text::visible;

/// A policy of its own.
#[derive(Debug)]
pub struct PolicyFile {
    policy: Policy,
    /// All keys, bases and overrides merged in.
    table: Table,
    /// What its autoscaler is called, where a manifest says so.
    identity: Option<HpaIdentity>,
    /// What its user should know.
    pub warnings: Vec<Diagnostic>,
}

/// Objects as text, and what was made up for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// YAML.
    pub yaml: String,
    /// What its user should know.
    pub warnings: Vec<Diagnostic>,
}

/// A policy of its own that takes all but its autoscaler from a base.
#[derive(Clone, Copy, Debug)]
pub struct Successor<'s> {
    /// What it is called.
    pub name: &'s str,
    /// What its first line says of it.
    pub comment: &'s str,
    /// The base's path as the new file names it: from its own folder, or from the root.
    pub base: &'s str,
    /// Arguments of `--set` outside `hpa` that it makes its own.
    pub settings: &'s [String],
}

/// Which objects to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportedObjects {
    /// The HorizontalPodAutoscaler.
    Autoscaler,
    /// The Deployment as well.
    AutoscalerAndDeployment,
}

/// Loads a policy or a manifest.
///
/// # Errors
/// Everything that is wrong with it, all at once.
pub fn load_policy(
    path: &Path,
    set: &[String],
    choice: &ManifestChoice,
    loader: &mut dyn Loader,
) -> Result<PolicyFile, Diagnostics> {
    let mut files = PolicyFiles::new(loader, choice.clone());
    let tree = files.read_policy(path);
    let set = files.add_overrides(set);
    files.check_choice();
    let PolicyFiles {
        sources,
        faults: file_faults,
        identity,
        ..
    } = files;
    let mut faults = Faults::new(&sources);
    faults.absorb(file_faults);
    let Some(mut tree) = tree else {
        return Err(faults.into_diagnostics());
    };
    overrides::apply(&mut tree.table, &set, &sources, &mut faults);
    let policy = policy::read(&tree.table, tree.source, &stem(path), &sources, &mut faults);
    let has_errors = faults.has_errors();
    let noted = faults.into_diagnostics();
    if has_errors {
        return Err(noted);
    }
    Ok(PolicyFile {
        policy,
        table: tree.table,
        identity,
        warnings: noted.list,
    })
}

impl PolicyFile {
    /// The autoscaler, if there is one.
    #[must_use]
    pub fn autoscaler(&self) -> Option<&Hpa> {
        self.policy.autoscaler.as_ref()
    }

    /// What the autoscaler is called in the cluster: as its manifest has it, else after the policy.
    #[must_use]
    pub fn autoscaler_name(&self) -> &str {
        self.hpa_metadata().name
    }

    /// The namespace of its autoscaler, where one is stated.
    #[must_use]
    pub fn autoscaler_namespace(&self) -> Option<&str> {
        self.hpa_metadata().namespace
    }

    /// What is scaled.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.policy.deployment
    }

    /// The policy's objects as YAML that kubectl applies.
    ///
    /// # Errors
    /// There is no autoscaler to export.
    pub fn export(&self, objects: ExportedObjects) -> Result<Exported, Diagnostics> {
        let mut documents = Vec::new();
        let mut remarks = Vec::new();
        let workload = self.workload();
        let with_deployment = objects == ExportedObjects::AutoscalerAndDeployment;
        let with_autoscaler = self.policy.autoscaler.is_some() || !with_deployment;
        if with_deployment {
            remarks.extend(manifest::name_remark(workload.metadata.name));
            documents.push(workload.document(&mut remarks));
        }
        if with_autoscaler {
            let hpa = self.hpa_document()?;
            remarks.extend(manifest::name_remark(self.hpa_metadata().name));
            documents.push(hpa);
        }
        remarks.dedup();
        let texts: Vec<String> = documents.iter().map(manifest::to_yaml).collect();
        let warnings = remarks.into_iter().map(|remark| Diagnostic {
            code: Code::NotExported,
            message: remark.message,
            place: None,
            help: remark.help,
        });
        Ok(Exported {
            yaml: texts.join("---\n"),
            warnings: warnings.collect(),
        })
    }

    /// A policy that extends a base and has this one's autoscaler, as TOML.
    ///
    /// # Errors
    /// There is no autoscaler.
    pub fn successor(&self, successor: &Successor<'_>) -> Result<String, Diagnostics> {
        let document = self.hpa_document()?;
        let mut spec = document.get("spec").cloned().unwrap_or(document);
        // What the base scales it goes on scaling, by whatever name that had.
        if !self.has("hpa", &["scaleTargetRef"]) {
            spec = spec.without("scaleTargetRef");
        }
        let mut text = format!(
            "# {}\nname = {}\nextends = {}\nremove = [\"hpa\"]\n",
            visible(successor.comment),
            quoted(successor.name),
            quoted(successor.base)
        );
        for setting in successor.settings {
            text.push_str(setting);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&manifest::to_toml("hpa", spec));
        Ok(text)
    }

    /// The smallest merge patch of its autoscaler to that of `to`, as YAML.
    ///
    /// It changes what `spec` says. What is scaled stays as it is unless `to`
    /// says what that is: a policy's file name is no Deployment's.
    ///
    /// # Errors
    /// One of the two has no autoscaler.
    pub fn patch_to(&self, to: &Self) -> Result<String, Diagnostics> {
        let spec_of = |document: Document| document.get("spec").cloned();
        let mut before = spec_of(self.hpa_document()?);
        let mut after = spec_of(to.hpa_document()?);
        if !to.names_its_target() {
            let without_target = |spec: Document| spec.without("scaleTargetRef");
            before = before.map(without_target);
            after = after.map(without_target);
        }
        let patch = before
            .zip(after)
            .and_then(|(before, after)| manifest::merge_patch(&before, &after));
        Ok(manifest::to_yaml(&manifest::spec_patch(patch)))
    }

    fn hpa_document(&self) -> Result<Document, Diagnostics> {
        let Some(autoscaler) = &self.policy.autoscaler else {
            return Err(Diagnostics::one(Diagnostic {
                code: Code::MissingKey,
                message: format!("`{}` has no autoscaler to export", self.policy.name),
                place: None,
                help: "add [hpa] to the policy, or export its Deployment with `--deployment`"
                    .to_owned(),
            }));
        };
        Ok(manifest::hpa_document(
            &autoscaler.spec,
            self.table.get("hpa"),
            self.hpa_metadata(),
        ))
    }

    /// What the autoscaler is called: as its manifest has it, else after the policy.
    fn hpa_metadata(&self) -> Metadata<'_> {
        match &self.identity {
            Some(identity) => Metadata {
                name: &identity.name,
                namespace: identity.namespace.as_deref(),
            },
            None => Metadata {
                name: &self.policy.name,
                namespace: self.namespace(),
            },
        }
    }

    /// `deployment.namespace`, unless it is kubectl's own.
    fn namespace(&self) -> Option<&str> {
        let stated = self.table.get("deployment")?.get("namespace")?.text();
        stated.filter(|namespace| *namespace != DEFAULT_NAMESPACE)
    }

    fn workload(&self) -> WorkloadExport<'_> {
        let in_deployment = |key: &str| self.table.get("deployment").and_then(|it| it.get(key));
        let target = self
            .policy
            .autoscaler
            .as_ref()
            .map(|autoscaler| &autoscaler.spec.scale_target);
        let name = in_deployment("name").and_then(Node::text);
        WorkloadExport {
            kind: target.map_or(SCALE_TARGET_KIND, |target| target.kind.as_str()),
            metadata: Metadata {
                name: match target {
                    Some(target) => &target.name,
                    None => name.unwrap_or(&self.policy.name),
                },
                namespace: self.namespace(),
            },
            deployment: &self.policy.deployment,
            containers: in_deployment("containers"),
        }
    }

    /// Whether the policy itself says what is scaled, rather than its file's name.
    fn names_its_target(&self) -> bool {
        self.has("hpa", &["scaleTargetRef", "name"]) || self.has("deployment", &["name"])
    }

    /// Whether `path` is written within `section`.
    fn has(&self, section: &str, path: &[&str]) -> bool {
        self.table
            .get(section)
            .is_some_and(|node| node.at(path).is_some())
    }
}

/// As a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
