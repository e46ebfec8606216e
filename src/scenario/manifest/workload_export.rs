//! The scaled workload of a policy as a Kubernetes object: a Deployment or another workload with its pods.
//!
//! The remarks list the values that the export had to invent.

use serde::Serialize;

use super::document::Document;
use super::export::{ManifestObject, Metadata, Remark, api_version_of, whole_seconds};
use crate::cluster::config::{Container, ContainerCourse, Deployment, PodTimings};
use crate::units::{Millicores, SimSpan};

use super::super::keys::{declared as key, tables};
use super::super::tree::{Node, Value};

/// The scaled workload, as an object for kubectl.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct WorkloadExport<'d> {
    /// `kind`: a Deployment, unless the autoscaler's target has another kind.
    pub(in super::super) kind: &'d str,
    /// `apiVersion` in the policy's `scaleTargetRef`.
    pub(in super::super) api_version: Option<&'d str>,
    /// The name and the namespace.
    pub(in super::super) metadata: Metadata<'d>,
    /// The configuration.
    pub(in super::super) deployment: &'d Deployment,
    /// The policy's `deployment.containers`, which alone have images and ports.
    pub(in super::super) containers: Option<&'d Node>,
}

/// `spec` of a workload.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedWorkload<'d> {
    replicas: Option<i32>,
    service_name: Option<&'d str>,
    selector: WorkloadSelector<'d>,
    template: PodTemplate<'d>,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum WorkloadSelector<'d> {
    Labels(AppLabel<'d>),
    Selector { match_labels: AppLabel<'d> },
}

#[derive(Clone, Copy, Serialize)]
struct AppLabel<'d> {
    app: &'d str,
}

#[derive(Serialize)]
struct PodTemplate<'d> {
    metadata: TemplateMetadata<'d>,
    spec: ExportedPod<'d>,
}

#[derive(Serialize)]
struct TemplateMetadata<'d> {
    labels: AppLabel<'d>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedPod<'d> {
    termination_grace_period_seconds: Option<i64>,
    resources: Option<ExportedResources>,
    init_containers: Option<Vec<ExportedContainer<'d>>>,
    containers: Vec<ExportedContainer<'d>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedContainer<'d> {
    name: &'d str,
    image: String,
    restart_policy: Option<&'static str>,
    ports: Option<Vec<ContainerPort>>,
    resources: Option<ExportedResources>,
    startup_probe: Option<ExportedProbe>,
    readiness_probe: Option<ExportedProbe>,
    lifecycle: Option<ExportedLifecycle>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContainerPort {
    container_port: i64,
}

impl WorkloadExport<'_> {
    /// The object; `remarks` gets the values that the export had to invent.
    pub(in super::super) fn document(&self, remarks: &mut Vec<Remark>) -> Document {
        let name = self.metadata.name;
        let labels = AppLabel { app: name };
        let replicas = self.deployment.replicas;
        Document::of(&ManifestObject {
            api_version: api_version_of(self.kind, self.api_version),
            kind: self.kind,
            metadata: self.metadata,
            spec: ExportedWorkload {
                // `replicas` beside an autoscaler conflicts with it at every apply, so the default of Kubernetes is omitted.
                replicas: (replicas.0 != (key::REPLICAS.default)()).then_some(replicas.0),
                service_name: (self.kind == "StatefulSet").then_some(name),
                selector: match self.kind {
                    "ReplicationController" | "DeploymentConfig" => {
                        WorkloadSelector::Labels(labels)
                    }
                    _ => WorkloadSelector::Selector {
                        match_labels: labels,
                    },
                },
                template: PodTemplate {
                    metadata: TemplateMetadata { labels },
                    spec: self.pod(remarks),
                },
            },
        })
    }

    fn pod(&self, remarks: &mut Vec<Remark>) -> ExportedPod<'_> {
        let mut regular = Vec::new();
        let mut init = Vec::new();
        for (index, container) in self.deployment.containers.iter().enumerate() {
            let exported = self.container(index, container, remarks);
            match container.course {
                ContainerCourse::Regular => regular.push(exported),
                ContainerCourse::RestartableInit => init.push(exported),
            }
        }
        let grace = self.deployment.pod.grace_period;
        let pod_level = &self.deployment.pod_level;
        ExportedPod {
            termination_grace_period_seconds: (grace != (key::GRACE_PERIOD.default)())
                .then(|| exported_seconds("pod.grace_period", grace, remarks)),
            resources: ExportedResources::of(
                ResourceAmounts::of(pod_level.cpu_request, pod_level.memory_request_bytes),
                ResourceAmounts::of(pod_level.cpu_limit, pod_level.memory_limit_bytes),
            ),
            init_containers: (!init.is_empty()).then_some(init),
            containers: regular,
        }
    }

    fn container<'d>(
        &self,
        index: usize,
        container: &'d Container,
        remarks: &mut Vec<Remark>,
    ) -> ExportedContainer<'d> {
        let written = self.containers.and_then(|node| node.items().get(index));
        let image = written
            .and_then(|node| node.get("image"))
            .and_then(Node::text)
            .map_or_else(|| invented_image(&container.name, remarks), str::to_owned);
        let ports: Vec<i64> = written
            .and_then(|node| node.get("ports"))
            .map_or(&[][..], Node::items)
            .iter()
            .filter_map(|port| match port.value {
                Value::Integer(port) => Some(port),
                _ => None,
            })
            .collect();
        let is_init = container.course == ContainerCourse::RestartableInit;
        let port = |port: &i64| ContainerPort {
            container_port: *port,
        };
        // The first container serves the requests, so the probes and the hook belong to it.
        let serving = (index == 0).then_some(&self.deployment.pod);
        ExportedContainer {
            name: &container.name,
            image,
            restart_policy: is_init.then_some("Always"),
            ports: (!ports.is_empty()).then(|| ports.iter().map(port).collect()),
            resources: ExportedResources::of(
                ResourceAmounts::of(container.cpu_request, container.memory_request_bytes),
                ResourceAmounts::of(container.cpu_limit, container.memory_limit_bytes),
            ),
            startup_probe: serving.and_then(|pod| ExportedProbe::startup(pod, &ports, remarks)),
            readiness_probe: serving.and_then(|pod| ExportedProbe::readiness(pod, &ports, remarks)),
            lifecycle: serving.and_then(|pod| ExportedLifecycle::of(pod, remarks)),
        }
    }
}

/// The invented image of a container whose policy names none.
fn invented_image(container: &str, remarks: &mut Vec<Remark>) -> String {
    let image = format!("registry.example.com/{container}:latest");
    remarks.push(Remark {
        message: format!("the policy names no image of `{container}`: the export has `{image}`"),
        help: "replace it with the real image before you apply the export, or set `image` in the policy".to_owned(),
    });
    image
}

#[derive(Serialize)]
struct ExportedResources {
    requests: Option<ResourceAmounts>,
    limits: Option<ResourceAmounts>,
}

impl ExportedResources {
    /// Requests and limits; `None` without either.
    fn of(requests: Option<ResourceAmounts>, limits: Option<ResourceAmounts>) -> Option<Self> {
        let is_stated = requests.is_some() || limits.is_some();
        is_stated.then_some(Self { requests, limits })
    }
}

#[derive(Serialize)]
struct ResourceAmounts {
    cpu: Option<String>,
    memory: Option<String>,
}

impl ResourceAmounts {
    fn of(cpu: Option<Millicores>, memory_bytes: Option<u64>) -> Option<Self> {
        let is_stated = cpu.is_some() || memory_bytes.is_some();
        is_stated.then(|| Self {
            cpu: cpu.map(|cpu| format!("{}m", cpu.0)),
            memory: memory_bytes.map(memory_text),
        })
    }
}

/// Bytes with the largest exact suffix.
fn memory_text(bytes: u64) -> String {
    let suffixes = [(30, "Gi"), (20, "Mi"), (10, "Ki")];
    suffixes
        .into_iter()
        .find(|(shift, _)| bytes > 0 && bytes.trailing_zeros() >= *shift)
        .map_or_else(
            || bytes.to_string(),
            |(shift, suffix)| format!("{}{suffix}", bytes >> shift),
        )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedProbe {
    #[serde(flatten)]
    handler: ProbeHandler,
    initial_delay_seconds: i64,
    period_seconds: i64,
    failure_threshold: Option<u32>,
    success_threshold: Option<u32>,
}

impl ExportedProbe {
    fn startup(pod: &PodTimings, ports: &[i64], remarks: &mut Vec<Remark>) -> Option<Self> {
        let probe = pod.startup.as_ref()?;
        let delay = exported_seconds("pod.startup.initial_delay", probe.initial_delay, remarks);
        let period = exported_seconds("pod.startup.period", probe.period, remarks);
        Some(Self {
            handler: ProbeHandler::of("startup", ports, remarks),
            initial_delay_seconds: delay,
            period_seconds: period,
            failure_threshold: Some(probe.failure_threshold),
            success_threshold: None,
        })
    }

    fn readiness(pod: &PodTimings, ports: &[i64], remarks: &mut Vec<Remark>) -> Option<Self> {
        let probe = pod.readiness.as_ref()?;
        let delay = exported_seconds("pod.readiness.initial_delay", probe.initial_delay, remarks);
        let period = exported_seconds("pod.readiness.period", probe.period, remarks);
        let threshold = probe.success_threshold;
        Some(Self {
            handler: ProbeHandler::of("readiness", ports, remarks),
            initial_delay_seconds: delay,
            period_seconds: period,
            failure_threshold: None,
            success_threshold: (threshold != (tables::READINESS_SUCCESS_THRESHOLD.default)())
                .then_some(threshold),
        })
    }
}

/// The check of a probe, under the key of its kind.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum ProbeHandler {
    TcpSocket { port: i64 },
    Exec { command: [&'static str; 1] },
}

impl ProbeHandler {
    /// A check of the first port, because a policy does not state the check.
    fn of(probe: &str, ports: &[i64], remarks: &mut Vec<Remark>) -> Self {
        let (handler, asks) = match ports.first() {
            Some(port) => (Self::TcpSocket { port: *port }, format!("port {port}")),
            None => (Self::Exec { command: ["true"] }, "`true`".to_owned()),
        };
        remarks.push(Remark {
            message: format!(
                "a policy does not state the check of the {probe} probe: the export has {asks}"
            ),
            help: "replace it with your own check before you apply the export".to_owned(),
        });
        handler
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedLifecycle {
    pre_stop: PreStopHook,
}

#[derive(Serialize)]
struct PreStopHook {
    sleep: PreStopSleep,
}

#[derive(Serialize)]
struct PreStopSleep {
    seconds: i64,
}

impl ExportedLifecycle {
    fn of(pod: &PodTimings, remarks: &mut Vec<Remark>) -> Option<Self> {
        (pod.pre_stop != SimSpan::ZERO).then(|| Self {
            pre_stop: PreStopHook {
                sleep: PreStopSleep {
                    seconds: exported_seconds("pod.pre_stop", pod.pre_stop, remarks),
                },
            },
        })
    }
}

/// Whole seconds, the only unit of Kubernetes.
fn exported_seconds(key: &str, span: SimSpan, remarks: &mut Vec<Remark>) -> i64 {
    let seconds = whole_seconds(span);
    if SimSpan::from_secs(seconds) != span {
        remarks.push(Remark {
            message: format!(
                "`{key}` is {span}, and Kubernetes takes only whole seconds: the export has {seconds}"
            ),
            help: "write whole seconds in the policy".to_owned(),
        });
    }
    seconds
}
