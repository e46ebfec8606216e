//! A policy as Kubernetes objects: the HorizontalPodAutoscaler, the Deployment, and the patch between two autoscalers.
//!
//! Self-imposed limit: objects as documents. What a policy says beside them
//! (`[workload]`, `[slo]`, how long a start takes) no manifest can say.

use super::document::Document;
use crate::cluster::config::{Container, ContainerCourse, Deployment, PodTimings};
use crate::hpa::spec::{
    HpaSpec, LabelSelector, MetricIdentifier, MetricSource, MetricSpec, MetricTarget, PolicyKind,
    ScalingPolicy, ScalingRules,
};
use crate::units::{Millicores, SimSpan};

use super::super::defaults;
use super::super::tree::{Node, Value};

/// Something that an object needs and the policy does not say, or says otherwise than an object can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Remark {
    /// What differs.
    pub(in super::super) message: String,
    /// What to do about it.
    pub(in super::super) help: String,
}

/// `metadata` of an object.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Metadata<'m> {
    /// `name`.
    pub(in super::super) name: &'m str,
    /// `namespace`, unless it is left to kubectl.
    pub(in super::super) namespace: Option<&'m str>,
}

impl Metadata<'_> {
    fn document(self) -> Document {
        Document::map()
            .with("name", Document::text(self.name))
            .with_some("namespace", self.namespace.map(Document::text))
            .build()
    }
}

/// What is wrong with a name that the API server would refuse (RFC 1123).
pub(in super::super) fn name_remark(name: &str) -> Option<Remark> {
    let is_end = |letter: &u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_within = |letter: u8| is_end(&letter) || matches!(letter, b'-' | b'.');
    let bytes = name.as_bytes();
    let is_valid = bytes.first().is_some_and(is_end)
        && bytes.last().is_some_and(is_end)
        && bytes.iter().all(|letter| is_within(*letter))
        && bytes.len() <= 63;
    (!is_valid).then(|| Remark {
        message: format!("the API server takes no object that is called `{name}`"),
        help: "state a `name` of lower-case letters, digits and `-` in the policy".to_owned(),
    })
}

/// The autoscaler as autoscaling/v2, without status. `written` is the policy's `[hpa]`: what the checked spec leaves out is taken from it.
pub(in super::super) fn hpa_document(
    spec: &HpaSpec,
    written: Option<&Node>,
    metadata: Metadata<'_>,
) -> Document {
    Document::map()
        .with("apiVersion", Document::text("autoscaling/v2"))
        .with("kind", Document::text("HorizontalPodAutoscaler"))
        .with("metadata", metadata.document())
        .with("spec", spec_document(spec, written))
        .build()
}

fn spec_document(spec: &HpaSpec, written: Option<&Node>) -> Document {
    let at = |path: &[&str]| written.and_then(|node| node.at(path));
    let target = &spec.scale_target;
    let api_version = at(&["scaleTargetRef", "apiVersion"])
        .and_then(Node::text)
        .unwrap_or_else(|| api_version_of(&target.kind));
    let metrics = spec.metrics.iter().enumerate().map(|(index, metric)| {
        let node = at(&["metrics"]).and_then(|node| node.items().get(index));
        metric_document(metric, node)
    });
    let behavior = spec.behavior.as_ref().map(|behavior| {
        Document::map()
            .with(
                "scaleUp",
                rules_document(&behavior.scale_up, at(&["behavior", "scaleUp"])),
            )
            .with(
                "scaleDown",
                rules_document(&behavior.scale_down, at(&["behavior", "scaleDown"])),
            )
            .build()
    });
    Document::map()
        .with(
            "scaleTargetRef",
            Document::map()
                .with("apiVersion", Document::text(api_version))
                .with("kind", Document::text(&target.kind))
                .with("name", Document::text(&target.name))
                .build(),
        )
        .with("minReplicas", integer(spec.min_replicas.0))
        .with("maxReplicas", integer(spec.max_replicas.0))
        .with("metrics", Document::List(metrics.collect()))
        .with_some("behavior", behavior)
        .build()
}

fn api_version_of(kind: &str) -> &'static str {
    match kind {
        "ReplicationController" => "v1",
        _ => "apps/v1",
    }
}

fn integer(number: i32) -> Document {
    Document::Integer(i64::from(number))
}

fn metric_document(metric: &MetricSpec, written: Option<&Node>) -> Document {
    let target = target_document(metric.target);
    let (key, body) = match &metric.source {
        MetricSource::Resource { resource } => (
            "resource",
            Document::map().with("name", Document::text(resource)),
        ),
        MetricSource::ContainerResource {
            resource,
            container,
        } => (
            "containerResource",
            Document::map()
                .with("name", Document::text(resource))
                .with("container", Document::text(container)),
        ),
        MetricSource::Pods { metric } => (
            "pods",
            Document::map().with("metric", identifier_document(metric)),
        ),
        MetricSource::External { metric } => (
            "external",
            Document::map().with("metric", identifier_document(metric)),
        ),
        MetricSource::Object { metric, described } => {
            let api_version = written
                .and_then(|node| node.at(&["object", "describedObject", "apiVersion"]))
                .and_then(Node::text);
            let object = Document::map()
                .with_some("apiVersion", api_version.map(Document::text))
                .with("kind", Document::text(&described.kind))
                .with("name", Document::text(&described.name))
                .build();
            (
                "object",
                Document::map()
                    .with("describedObject", object)
                    .with("metric", identifier_document(metric)),
            )
        }
    };
    Document::map()
        .with("type", Document::text(metric.source.type_name()))
        .with(key, body.with("target", target).build())
        .build()
}

fn target_document(target: MetricTarget) -> Document {
    let (kind, key, value) = match target {
        MetricTarget::Utilization(percent) => {
            ("Utilization", "averageUtilization", integer(percent))
        }
        MetricTarget::AverageValue(value) => (
            "AverageValue",
            "averageValue",
            Document::text(value.to_string()),
        ),
        MetricTarget::Value(value) => ("Value", "value", Document::text(value.to_string())),
    };
    Document::map()
        .with("type", Document::text(kind))
        .with(key, value)
        .build()
}

fn identifier_document(metric: &MetricIdentifier) -> Document {
    Document::map()
        .with("name", Document::text(&metric.name))
        .with_some("selector", metric.selector.as_ref().map(selector_document))
        .build()
}

fn selector_document(selector: &LabelSelector) -> Document {
    let labels = selector
        .match_labels
        .iter()
        .fold(Document::map(), |labels, label| {
            labels.with(&label.key, Document::text(&label.value))
        });
    let expressions: Vec<Document> = selector
        .match_expressions
        .iter()
        .map(|requirement| {
            let values: Vec<Document> = requirement.values.iter().map(Document::text).collect();
            Document::map()
                .with("key", Document::text(&requirement.key))
                .with("operator", Document::text(&requirement.operator))
                .with_some(
                    "values",
                    (!values.is_empty()).then_some(Document::List(values)),
                )
                .build()
        })
        .collect();
    Document::map()
        .with_some("matchLabels", labels.build_some())
        .with_some(
            "matchExpressions",
            (!expressions.is_empty()).then_some(Document::List(expressions)),
        )
        .build()
}

fn rules_document(rules: &ScalingRules, written: Option<&Node>) -> Document {
    let policies = rules.policies.iter().map(policy_document).collect();
    // As it was written: the float that the controller makes of it has digits that a quantity may not have.
    let tolerance = rules.tolerance.map(|tolerance| {
        let text = written.and_then(|node| match &node.get("tolerance")?.value {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            _ => None,
        });
        Document::Text(text.unwrap_or_else(|| tolerance.to_string()))
    });
    Document::map()
        .with_some(
            "stabilizationWindowSeconds",
            rules
                .stabilization_window
                .map(|window| Document::Integer(whole_seconds(window))),
        )
        .with(
            "selectPolicy",
            Document::text(rules.select_policy.to_string()),
        )
        .with("policies", Document::List(policies))
        .with_some("tolerance", tolerance)
        .build()
}

fn policy_document(policy: &ScalingPolicy) -> Document {
    let kind = match policy.kind {
        PolicyKind::Pods => "Pods",
        PolicyKind::Percent => "Percent",
    };
    Document::map()
        .with("type", Document::text(kind))
        .with("value", integer(policy.value))
        .with(
            "periodSeconds",
            Document::Integer(whole_seconds(policy.period)),
        )
        .build()
}

/// Seconds, a begun one counted as whole.
fn whole_seconds(span: SimSpan) -> i64 {
    let second = SimSpan::from_secs(1).as_nanos();
    let nanos = span.as_nanos();
    nanos / second + i64::from(nanos % second != 0)
}

/// What is scaled, as an object that kubectl takes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct WorkloadExport<'d> {
    /// `kind`: a Deployment, unless the autoscaler's target is of another one.
    pub(in super::super) kind: &'d str,
    /// What it is called.
    pub(in super::super) metadata: Metadata<'d>,
    /// What it is.
    pub(in super::super) deployment: &'d Deployment,
    /// The policy's `deployment.containers`: images and ports stand there alone.
    pub(in super::super) containers: Option<&'d Node>,
}

impl WorkloadExport<'_> {
    /// The object; what had to be made up for it goes into `remarks`.
    pub(in super::super) fn document(&self, remarks: &mut Vec<Remark>) -> Document {
        let name = self.metadata.name;
        let labels = Document::map().with("app", Document::text(name)).build();
        let replicas = self.deployment.replicas;
        // An autoscaler and `replicas` are at odds at every apply: what is Kubernetes' default is left out.
        let replicas = (replicas != defaults::DEPLOYMENT_REPLICAS).then(|| integer(replicas.0));
        let service = (self.kind == "StatefulSet").then(|| Document::text(name));
        let selector = match self.kind {
            "ReplicationController" => labels.clone(),
            _ => Document::map().with("matchLabels", labels.clone()).build(),
        };
        let spec = Document::map()
            .with_some("replicas", replicas)
            .with_some("serviceName", service)
            .with("selector", selector)
            .with(
                "template",
                Document::map()
                    .with("metadata", Document::map().with("labels", labels).build())
                    .with("spec", self.pod_document(remarks))
                    .build(),
            )
            .build();
        Document::map()
            .with("apiVersion", Document::text(api_version_of(self.kind)))
            .with("kind", Document::text(self.kind))
            .with("metadata", self.metadata.document())
            .with("spec", spec)
            .build()
    }

    fn pod_document(&self, remarks: &mut Vec<Remark>) -> Document {
        let mut regular = Vec::new();
        let mut init = Vec::new();
        for (index, container) in self.deployment.containers.iter().enumerate() {
            let document = self.container_document(index, container, remarks);
            match container.course {
                ContainerCourse::Regular => regular.push(document),
                ContainerCourse::RestartableInit => init.push(document),
            }
        }
        let pod = &self.deployment.pod;
        let pod_level = &self.deployment.pod_level;
        let grace = (pod.grace_period != defaults::GRACE_PERIOD)
            .then(|| seconds_document("pod.grace_period", pod.grace_period, remarks));
        Document::map()
            .with_some("terminationGracePeriodSeconds", grace)
            .with_some(
                "resources",
                resources_document(&Amounts {
                    cpu_request: pod_level.cpu_request,
                    memory_request_bytes: pod_level.memory_request_bytes,
                    cpu_limit: pod_level.cpu_limit,
                    memory_limit_bytes: pod_level.memory_limit_bytes,
                }),
            )
            .with_some(
                "initContainers",
                (!init.is_empty()).then_some(Document::List(init)),
            )
            .with("containers", Document::List(regular))
            .build()
    }

    fn container_document(
        &self,
        index: usize,
        container: &Container,
        remarks: &mut Vec<Remark>,
    ) -> Document {
        let written = self.containers.and_then(|node| node.items().get(index));
        let image = written
            .and_then(|node| node.get("image"))
            .and_then(Node::text);
        let image = image.map_or_else(
            || {
                let made_up = format!("registry.example.com/{}:latest", container.name);
                remarks.push(Remark {
                    message: format!(
                        "the policy names no image of `{}`: `{made_up}` stands for it",
                        container.name
                    ),
                    help: "put the real one in before you apply it, or state `image` in the policy"
                        .to_owned(),
                });
                made_up
            },
            str::to_owned,
        );
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
        let document = Document::map()
            .with("name", Document::text(&container.name))
            .with("image", Document::Text(image))
            .with_some("restartPolicy", is_init.then(|| Document::text("Always")))
            .with_some("ports", ports_document(&ports))
            .with_some(
                "resources",
                resources_document(&Amounts {
                    cpu_request: container.cpu_request,
                    memory_request_bytes: container.memory_request_bytes,
                    cpu_limit: container.cpu_limit,
                    memory_limit_bytes: container.memory_limit_bytes,
                }),
            );
        // The first container serves: probes and hook are its own.
        if index > 0 {
            return document.build();
        }
        let pod = &self.deployment.pod;
        document
            .with_some("startupProbe", startup_document(pod, &ports, remarks))
            .with_some("readinessProbe", readiness_document(pod, &ports, remarks))
            .with_some("lifecycle", hook_document(pod, remarks))
            .build()
    }
}

fn ports_document(ports: &[i64]) -> Option<Document> {
    let list = ports
        .iter()
        .map(|port| {
            Document::map()
                .with("containerPort", Document::Integer(*port))
                .build()
        })
        .collect();
    (!ports.is_empty()).then_some(Document::List(list))
}

/// What is requested and what is the most; nothing where nothing is stated.
struct Amounts {
    cpu_request: Option<Millicores>,
    memory_request_bytes: Option<u64>,
    cpu_limit: Option<Millicores>,
    memory_limit_bytes: Option<u64>,
}

fn resources_document(amounts: &Amounts) -> Option<Document> {
    let part = |cpu: Option<Millicores>, memory: Option<u64>| {
        Document::map()
            .with_some("cpu", cpu.map(|cpu| Document::Text(format!("{}m", cpu.0))))
            .with_some(
                "memory",
                memory.map(|bytes| Document::Text(memory_text(bytes))),
            )
            .build_some()
    };
    Document::map()
        .with_some(
            "requests",
            part(amounts.cpu_request, amounts.memory_request_bytes),
        )
        .with_some(
            "limits",
            part(amounts.cpu_limit, amounts.memory_limit_bytes),
        )
        .build_some()
}

/// Bytes with the greatest suffix that is exact.
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

fn startup_document(
    pod: &PodTimings,
    ports: &[i64],
    remarks: &mut Vec<Remark>,
) -> Option<Document> {
    let probe = pod.startup.as_ref()?;
    let delay = seconds_document("pod.startup.initial_delay", probe.initial_delay, remarks);
    let period = seconds_document("pod.startup.period", probe.period, remarks);
    Some(
        handler_document("startup", ports, remarks)
            .with("initialDelaySeconds", delay)
            .with("periodSeconds", period)
            .with(
                "failureThreshold",
                Document::Integer(i64::from(probe.failure_threshold)),
            )
            .build(),
    )
}

fn readiness_document(
    pod: &PodTimings,
    ports: &[i64],
    remarks: &mut Vec<Remark>,
) -> Option<Document> {
    let probe = pod.readiness.as_ref()?;
    let delay = seconds_document("pod.readiness.initial_delay", probe.initial_delay, remarks);
    let period = seconds_document("pod.readiness.period", probe.period, remarks);
    let document = handler_document("readiness", ports, remarks)
        .with("initialDelaySeconds", delay)
        .with("periodSeconds", period);
    let threshold = (probe.success_threshold != defaults::READINESS_SUCCESS_THRESHOLD)
        .then(|| Document::Integer(i64::from(probe.success_threshold)));
    Some(document.with_some("successThreshold", threshold).build())
}

/// What the probe asks: the first port, for a policy does not say.
fn handler_document(
    probe: &str,
    ports: &[i64],
    remarks: &mut Vec<Remark>,
) -> super::document::MapBuilder {
    let (key, handler, asks) = match ports.first() {
        Some(port) => (
            "tcpSocket",
            Document::map().with("port", Document::Integer(*port)),
            format!("port {port}"),
        ),
        None => (
            "exec",
            Document::map().with("command", Document::List(vec![Document::text("true")])),
            "`true`".to_owned(),
        ),
    };
    remarks.push(Remark {
        message: format!("a policy does not say what the {probe} probe asks: it is {asks}"),
        help: "put your own in before you apply it".to_owned(),
    });
    Document::map().with(key, handler.build())
}

fn hook_document(pod: &PodTimings, remarks: &mut Vec<Remark>) -> Option<Document> {
    if pod.pre_stop == SimSpan::ZERO {
        return None;
    }
    let seconds = seconds_document("pod.pre_stop", pod.pre_stop, remarks);
    let sleep = Document::map().with("seconds", seconds).build();
    let hook = Document::map().with("sleep", sleep).build();
    Some(Document::map().with("preStop", hook).build())
}

/// Whole seconds, which is all that Kubernetes knows.
fn seconds_document(key: &str, span: SimSpan, remarks: &mut Vec<Remark>) -> Document {
    let seconds = whole_seconds(span);
    if SimSpan::from_secs(seconds) != span {
        remarks.push(Remark {
            message: format!(
                "`{key}` is {span}, and Kubernetes counts whole seconds: {seconds} stands for it"
            ),
            help: "state whole seconds in the policy".to_owned(),
        });
    }
    Document::Integer(seconds)
}
