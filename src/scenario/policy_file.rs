//! A policy without a trace: read, checked, and exported as Kubernetes objects.
//!
//! `manifest` builds the objects.

use std::path::Path;

use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::hpa_section::SCALE_TARGET_KIND;
use super::keys::declared::DEFAULT_NAMESPACE;
use super::load::stem;
use super::loader::{LoadedFile, Loader, PolicyFiles};
use super::manifest::{
    self, CopiedObjects, Document, HpaIdentity, ManifestChoice, Metadata, WorkloadExport,
};
use super::overrides;
use super::policy::{self, Policy};
use super::reader::Faults;
use super::tree::{Node, Table};
use crate::cluster::config::Deployment;
use crate::control::Hpa;
use crate::text::visible;

/// A policy without a trace.
#[derive(Debug)]
pub struct PolicyFile {
    policy: Policy,
    /// All keys, including those of bases and overrides.
    table: Table,
    /// The name and namespace of its autoscaler, if a manifest states them.
    identity: Option<HpaIdentity>,
    copied: Option<CopiedObjects>,
    /// The files read.
    pub inputs: Vec<LoadedFile>,
    /// Warnings for the user.
    pub warnings: Vec<Diagnostic>,
}

/// Objects as text, and warnings about invented values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The YAML.
    pub yaml: String,
    /// Warnings for the user.
    pub warnings: Vec<Diagnostic>,
}

/// A new policy that takes everything except its autoscaler from a base.
#[derive(Clone, Copy, Debug)]
pub struct Successor<'s> {
    /// The name.
    pub name: &'s str,
    /// The comment in its first line.
    pub comment: &'s str,
    /// The path of the base, relative to the new file's folder, or absolute.
    pub base: &'s str,
    /// Arguments of `--set` outside `hpa` that the new policy includes.
    pub settings: &'s [String],
}

/// The objects to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportedObjects {
    /// The HorizontalPodAutoscaler.
    Autoscaler,
    /// The HorizontalPodAutoscaler and the Deployment.
    AutoscalerAndDeployment,
}

/// Loads a policy or a manifest.
///
/// # Errors
/// All faults of the policy.
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
    let copied = files.copied_objects();
    let PolicyFiles {
        sources,
        faults: file_faults,
        identity,
        inputs,
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
        copied,
        inputs,
        warnings: noted.list,
    })
}

impl PolicyFile {
    /// The autoscaler, if there is one.
    #[must_use]
    pub fn autoscaler(&self) -> Option<&Hpa> {
        self.policy.autoscaler.as_ref()
    }

    /// The name of the autoscaler in the cluster: from its manifest, or the name of the policy.
    #[must_use]
    pub fn autoscaler_name(&self) -> &str {
        self.hpa_metadata().name
    }

    /// The namespace of its autoscaler, if it is stated.
    #[must_use]
    pub fn autoscaler_namespace(&self) -> Option<&str> {
        self.hpa_metadata().namespace
    }

    /// The objects of its autoscaler without anything confidential, if a manifest has one.
    #[must_use]
    pub fn copied_objects(&self) -> Option<&CopiedObjects> {
        self.copied.as_ref()
    }

    /// The scaled Deployment.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.policy.deployment
    }

    /// The policy's objects as YAML for kubectl.
    ///
    /// # Errors
    /// The policy has no autoscaler.
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

    /// A policy in TOML that extends a base and has this policy's autoscaler.
    ///
    /// # Errors
    /// The policy has no autoscaler.
    pub fn successor(&self, successor: &Successor<'_>) -> Result<String, Diagnostics> {
        let document = self.hpa_document()?;
        let mut spec = document.get("spec").cloned().unwrap_or(document);
        // The new policy scales the same workload as the base, by the same name.
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
            text.push_str(&overrides::line_of_file(setting));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&manifest::to_toml("hpa", spec));
        Ok(text)
    }

    /// The smallest merge patch from its autoscaler to that of `to`, as YAML.
    ///
    /// The patch changes only `spec`. The target changes only if `to` states one: a policy's file name is not the name of a Deployment.
    ///
    /// # Errors
    /// One of the two policies has no autoscaler.
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

    /// The name of the autoscaler: from its manifest, or the name of the policy.
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

    /// `deployment.namespace`, unless it is kubectl's default.
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
        let hpa = self.table.get("hpa");
        WorkloadExport {
            api_version: hpa
                .and_then(|hpa| hpa.at(&["scaleTargetRef", "apiVersion"]))
                .and_then(Node::text),
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

    /// Whether the policy states its target; otherwise the target has the name of the file.
    fn names_its_target(&self) -> bool {
        self.has("hpa", &["scaleTargetRef", "name"]) || self.has("deployment", &["name"])
    }

    /// Whether `path` is written in `section`.
    fn has(&self, section: &str, path: &[&str]) -> bool {
        self.table
            .get(section)
            .is_some_and(|node| node.at(path).is_some())
    }
}

/// The text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
