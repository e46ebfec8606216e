//! An autoscaler of any version as the `spec` of autoscaling/v2, and its keys against its own `apiVersion`.
//!
//! kubectl refuses a key that the version does not have (strict field validation, the default since Kubernetes 1.27). Other clients
//! get a warning at most, and the API server drops the key. Here such a key is an error, and its value is read as it was meant, so
//! that its author gets all findings at once.

use super::super::diagnostic::{Code, Diagnostic};
use super::super::near::nearest;
use super::super::source::{Origin, Sources};
use super::super::tree::{Entry, Node, Table, Value};
use super::annotations;
use super::beta::{self, BODIES};
use super::{Object, TargetReference};
use crate::hpa::spec_input::is_path_segment;

/// A version of the autoscaling API that Kubernetes has or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AutoscalerVersion {
    V1,
    V2Beta1,
    V2Beta2,
    V2,
}

impl AutoscalerVersion {
    fn of(api_version: &str) -> Option<Self> {
        match api_version {
            "autoscaling/v1" => Some(Self::V1),
            "autoscaling/v2beta1" => Some(Self::V2Beta1),
            "autoscaling/v2beta2" => Some(Self::V2Beta2),
            "autoscaling/v2" => Some(Self::V2),
            _ => None,
        }
    }

    /// The keys of `spec` (`staging/src/k8s.io/api/autoscaling/*/types.go`).
    fn spec_keys(self) -> &'static [&'static str] {
        match self {
            Self::V1 => &[
                "scaleTargetRef",
                "minReplicas",
                "maxReplicas",
                "targetCPUUtilizationPercentage",
            ],
            Self::V2Beta1 => &["scaleTargetRef", "minReplicas", "maxReplicas", "metrics"],
            Self::V2Beta2 | Self::V2 => &[
                "scaleTargetRef",
                "minReplicas",
                "maxReplicas",
                "metrics",
                "behavior",
            ],
        }
    }
}

/// The keys of an object of Kubernetes.
const OBJECT_KEYS: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];
/// The keys of `metadata` (`ObjectMeta` in `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go`).
#[rustfmt::skip]
const METADATA_KEYS: [&str; 15] = [
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
];
/// Keys of `spec` in any version.
const KEYS_OF_ANY_VERSION: [&str; 6] = [
    "scaleTargetRef",
    "minReplicas",
    "maxReplicas",
    "metrics",
    "behavior",
    "targetCPUUtilizationPercentage",
];

/// An autoscaler as `spec` of autoscaling/v2.
pub(in super::super) struct AutoscalerSpec {
    /// The spec.
    pub(in super::super) spec: Node,
    /// What a cluster would refuse or ignore in the written object.
    pub(in super::super) faults: Vec<Diagnostic>,
}

/// The autoscaler as `spec` of autoscaling/v2.
pub(in super::super) fn autoscaler_spec(hpa: &Object, sources: &Sources) -> AutoscalerSpec {
    let mut reader = VersionReader {
        hpa,
        sources,
        written: AutoscalerVersion::of(&hpa.api_version),
        faults: Vec::new(),
    };
    reader.check_object();
    let mut spec = match hpa.tree.get("spec") {
        Some(spec) => spec.clone(),
        None => Node::new(Value::Table(Table::default()), hpa.tree.origin),
    };
    if let Value::Table(table) = &mut spec.value {
        reader.check_reference(table);
        reader.convert(table);
    }
    AutoscalerSpec {
        spec,
        faults: reader.faults,
    }
}

struct VersionReader<'o> {
    hpa: &'o Object,
    sources: &'o Sources,
    /// The version; `None` if no release of Kubernetes has it.
    written: Option<AutoscalerVersion>,
    faults: Vec<Diagnostic>,
}

impl VersionReader<'_> {
    fn report(
        &mut self,
        code: Code,
        origin: Origin,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let fault = Diagnostic::at(self.sources, code, origin, message, help);
        self.faults.push(fault);
    }

    /// The version with whose keys the object is read: that of an unknown version is autoscaling/v2.
    fn version(&self) -> AutoscalerVersion {
        self.written.unwrap_or(AutoscalerVersion::V2)
    }

    fn title(&self) -> &str {
        match self.written {
            Some(_) => &self.hpa.api_version,
            None => "autoscaling/v2",
        }
    }

    /// The parts outside of `spec`: version, name, and keys that belong elsewhere.
    fn check_object(&mut self) {
        let tree = &self.hpa.tree;
        if self.written.is_none() {
            let written = &self.hpa.api_version;
            let message = match written.as_str() {
                "" => "the HorizontalPodAutoscaler has no `apiVersion`: the API server refuses it"
                    .to_owned(),
                _ => format!(
                    "no cluster serves the HorizontalPodAutoscaler as `{written}`: hpasim reads it as autoscaling/v2"
                ),
            };
            let origin = tree
                .get("apiVersion")
                .map_or_else(|| self.hpa.name_origin(), |node| node.origin);
            let help = "write `apiVersion: autoscaling/v2`";
            self.report(Code::SpecRefused, origin, message, help);
        }
        for entry in tree.entries() {
            if KEYS_OF_ANY_VERSION.contains(&entry.key.as_str()) {
                self.report(
                    Code::UnknownKey,
                    entry.key_origin,
                    format!(
                        "`{}` stands beside `spec`, where it has no effect",
                        entry.key
                    ),
                    format!("indent it, so that it is `spec.{}`", entry.key),
                );
            } else {
                self.require_known(entry, "the HorizontalPodAutoscaler", &OBJECT_KEYS);
            }
        }
        let metadata = tree.get("metadata");
        for entry in metadata.map_or(&[][..], Node::entries) {
            self.require_known(entry, "`metadata`", &METADATA_KEYS);
        }
        self.check_name();
    }

    /// `NameIsDNSSubdomain` (`ValidateHorizontalPodAutoscalerName` in `pkg/apis/autoscaling/validation/validation.go`).
    fn check_name(&mut self) {
        let generates = self.hpa.tree.at(&["metadata", "generateName"]).is_some();
        let origin = self.hpa.name_origin();
        let name = &self.hpa.name;
        match name.as_str() {
            "" if generates => {}
            "" => self.report(
                Code::SpecRefused,
                origin,
                "the API server refuses an object without `metadata.name`",
                "write `metadata: {name: NAME}`",
            ),
            _ if is_dns_subdomain(name) => {}
            _ => self.report(
                Code::SpecRefused,
                origin,
                format!("the API server refuses the name `{name}` of an autoscaler"),
                "write at most 253 lower-case letters, digits, `-` and `.`, with a letter or a digit at both ends",
            ),
        }
    }

    /// `ValidateCrossVersionObjectReference`: kind and name are required.
    fn check_reference(&mut self, spec: &Table) {
        let example = "write `scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: NAME}`";
        let Some(written) = spec.get("scaleTargetRef") else {
            let origin = self.hpa.name_origin();
            let message = "the API server refuses an autoscaler without `scaleTargetRef`";
            let help = format!(
                "{example}; apply a patch of Kustomize first: `kubectl kustomize . | hpasim check -`"
            );
            self.report(Code::SpecRefused, origin, message, help);
            return;
        };
        if !matches!(written.value, Value::Table(_)) {
            return;
        }
        let origin = written.origin;
        let reference = TargetReference::of(self.hpa);
        for (key, value) in [("kind", reference.kind), ("name", reference.name)] {
            if written.get(key).is_some_and(|node| node.text().is_none()) {
                continue;
            }
            let fault = match value {
                "" => format!("`spec.scaleTargetRef` needs a `{key}`"),
                _ if is_path_segment(value) => continue,
                _ => format!("the API server refuses the {key} `{value}` in `spec.scaleTargetRef`"),
            };
            let origin = written.get(key).map_or(origin, |node| node.origin);
            self.report(Code::SpecRefused, origin, fault, example);
        }
    }

    fn require_known(&mut self, entry: &Entry, within: &str, known: &[&str]) {
        if known.contains(&entry.key.as_str()) {
            return;
        }
        let near = nearest(&entry.key, known.iter().copied());
        self.report(
            Code::UnknownKey,
            entry.key_origin,
            format!("unknown key `{}` in {within}", entry.key),
            near.map_or_else(
                || format!("delete it; the keys here are: {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            ),
        );
    }

    /// Turns `spec` into that of autoscaling/v2, with `targetCPUUtilizationPercentage` where it is the only metric.
    fn convert(&mut self, spec: &mut Table) {
        self.check_spec_keys(spec);
        if let Some(Value::Array(metrics)) = spec.get_mut("metrics").map(|node| &mut node.value) {
            for metric in metrics {
                self.check_metric(metric);
                beta::to_version_two(metric);
            }
        }
        let carried = annotations::read(self.hpa, self.sources);
        if self.version() != AutoscalerVersion::V1 {
            let without_effect = carried.places.iter();
            let faults = without_effect.map(|(name, origin)| {
                Diagnostic::at(
                    self.sources,
                    Code::NoEffect,
                    *origin,
                    format!(
                        "the annotation `{name}` has no effect in {}: the API server drops it",
                        self.title()
                    ),
                    "delete it, and write its content into `spec`",
                )
            });
            let faults: Vec<Diagnostic> = faults.collect();
            self.faults.extend(faults);
            return;
        }
        self.faults.extend(carried.faults);
        if let Some(mut metrics) = carried.metrics {
            if let Value::Array(list) = &mut metrics.value {
                list.iter_mut().for_each(beta::to_version_two);
                // The percentage of the spec follows (`Convert_v1_HorizontalPodAutoscaler_To_autoscaling_HorizontalPodAutoscaler`).
                let percentage = spec.remove("targetCPUUtilizationPercentage");
                list.extend(percentage.map(|entry| cpu_metric(&entry)));
            }
            spec.put("metrics", metrics);
        }
        spec.put_some("behavior", carried.behavior);
    }

    /// Reports keys of `spec` that the version does not have.
    fn check_spec_keys(&mut self, spec: &mut Table) {
        let version = self.version();
        let title = self.title().to_owned();
        let entries: Vec<Entry> = spec.entries().to_vec();
        for entry in entries {
            let key = entry.key.as_str();
            if version.spec_keys().contains(&key) {
                continue;
            }
            match key {
                "targetCPUUtilizationPercentage" => {
                    let has_metrics = spec.get("metrics").is_some();
                    let rest = match has_metrics {
                        true => "the percentage has no effect",
                        false => "the autoscaler gets the default of cpu 80 %",
                    };
                    let percent = match entry.node.value {
                        Value::Integer(percent) => percent.to_string(),
                        _ => "PERCENT".to_owned(),
                    };
                    self.report(
                        Code::UnknownKey,
                        entry.key_origin,
                        format!("`targetCPUUtilizationPercentage` is a key of autoscaling/v1, and this autoscaler is {title}: kubectl refuses it, and where another client applies it, {rest}"),
                        format!("write `metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: {percent}}}}}}}]`"),
                    );
                    spec.remove(key);
                    if !has_metrics {
                        let metrics = Value::Array(vec![cpu_metric(&entry)]);
                        spec.put("metrics", Node::new(metrics, entry.key_origin));
                    }
                }
                "metrics" | "behavior" => {
                    let since = match key {
                        "metrics" => "autoscaling/v2",
                        _ => "autoscaling/v2 and autoscaling/v2beta2",
                    };
                    self.report(
                        Code::UnknownKey,
                        entry.key_origin,
                        format!("`{key}` is a key of {since}, and this autoscaler is {title}: kubectl refuses it, and other clients drop it"),
                        "write `apiVersion: autoscaling/v2`",
                    );
                }
                _ => {
                    self.require_known(&entry, "`spec`", version.spec_keys());
                    spec.remove(key);
                }
            }
        }
        // Both keys together are refused above, or are the v1 form with a key of v2.
        if spec.get("metrics").is_some() {
            spec.remove("targetCPUUtilizationPercentage");
        }
    }

    /// Reports keys of a metric that are of another version than the object.
    fn check_metric(&mut self, metric: &Node) {
        for kind in BODIES {
            let Some(body) = metric.get(kind) else {
                continue;
            };
            match self.version() {
                AutoscalerVersion::V2Beta1 => self.check_beta_body(kind, body),
                _ => self.check_body(kind, body),
            }
        }
    }

    /// Keys of autoscaling/v2beta1 in a metric of autoscaling/v2.
    fn check_body(&mut self, kind: &str, body: &Node) {
        let title = self.title().to_owned();
        for entry in body.entries() {
            let Some(new) = beta::name_in_version_two(kind, entry) else {
                continue;
            };
            self.report(
                Code::UnknownKey,
                entry.key_origin,
                format!(
                    "`{}` is a key of autoscaling/v2beta1, and this autoscaler is {title}, which calls it `{}`",
                    entry.key, new.path
                ),
                format!("write `{}`", new.example),
            );
        }
    }

    /// Keys of autoscaling/v2 in a metric of autoscaling/v2beta1.
    fn check_beta_body(&mut self, kind: &str, body: &Node) {
        let is_target = |entry: &Entry| {
            entry.key == "target" && (kind != "object" || entry.node.get("type").is_some())
        };
        let is_new = |entry: &Entry| {
            is_target(entry) || ["metric", "describedObject"].contains(&&*entry.key)
        };
        for entry in body.entries().iter().filter(|entry| is_new(entry)) {
            self.report(
                Code::UnknownKey,
                entry.key_origin,
                format!("`{}` is a key of autoscaling/v2, and this autoscaler is autoscaling/v2beta1, which no cluster serves", entry.key),
                "write `apiVersion: autoscaling/v2`",
            );
        }
    }
}

/// The metric of `targetCPUUtilizationPercentage`.
fn cpu_metric(percentage: &Entry) -> Node {
    let origin = percentage.node.origin;
    let text = |text: &str| Node::new(Value::Text(text.to_owned()), origin);
    let table = |entries: Vec<(&str, Node)>| {
        let mut table = Table::default();
        for (key, node) in entries {
            table.put(key, node);
        }
        Node::new(Value::Table(table), origin)
    };
    let target = table(vec![
        ("type", text("Utilization")),
        ("averageUtilization", percentage.node.clone()),
    ]);
    let resource = table(vec![("name", text("cpu")), ("target", target)]);
    table(vec![("type", text("Resource")), ("resource", resource)])
}

/// RFC 1123: the name of most objects.
fn is_dns_subdomain(name: &str) -> bool {
    let is_end = |letter: &u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(is_end)
            && bytes.last().is_some_and(is_end)
            && bytes.iter().all(|letter| is_end(letter) || *letter == b'-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}
