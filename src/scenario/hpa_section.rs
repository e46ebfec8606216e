//! `[hpa]`: the `spec` of an autoscaling/v2 HorizontalPodAutoscaler, key for key.
//!
//! `hpa::spec` has the API server's defaults and validation. This module adds the places of their faults.

use super::diagnostic::{Code, Diagnostic, Place};
use super::reader::{Faults, Section, text};
use super::source::{Origin, Sources};
use super::tree::{Node, Table, Value};
use crate::hpa::spec::{
    DescribedObject, LabelRequirement, LabelSelector, LabelValue, MetricIdentifier, MetricSource,
    PolicyKind, SelectPolicy,
};
use crate::hpa::spec_input::{
    BehaviorInput, MetricInput, ScalingPolicyInput, ScalingRulesInput, SpecFault, SpecInput,
    TargetType, Verdict,
};
use crate::units::MilliValue;

/// The keys of `[hpa]`.
const HPA_KEYS: [&str; 6] = [
    "scaleTargetRef",
    "minReplicas",
    "maxReplicas",
    "metrics",
    "behavior",
    "targetCPUUtilizationPercentage",
];

/// The keys of `hpa.behavior`.
const DIRECTIONS: [&str; 2] = ["scaleUp", "scaleDown"];

/// The keys of a direction.
const RULES_KEYS: [&str; 4] = [
    "stabilizationWindowSeconds",
    "selectPolicy",
    "policies",
    "tolerance",
];

/// The keys among these that hold tables or lists.
const KEYS_OF_TABLES: [&str; 4] = ["scaleTargetRef", "metrics", "behavior", "policies"];

/// The paths of the keys with a single value, which `--set` writes in one word.
pub(super) fn paths_of_single_values() -> impl Iterator<Item = String> {
    let is_single = |key: &&str| !KEYS_OF_TABLES.contains(key);
    let of_hpa = HPA_KEYS.into_iter().filter(is_single);
    let of_rules = move |direction| {
        let keys = RULES_KEYS.into_iter().filter(is_single);
        keys.map(move |key| format!("hpa.behavior.{direction}.{key}"))
    };
    of_hpa
        .map(|key| format!("hpa.{key}"))
        .chain(DIRECTIONS.into_iter().flat_map(of_rules))
}

/// The most pods of a Deployment or an autoscaler: a simulation holds every pod in memory.
pub(crate) const REPLICAS_MAX: i32 = 100_000;

/// The default of `scaleTargetRef.kind`: the kind that hpasim simulates.
pub(super) const SCALE_TARGET_KIND: &str = "Deployment";

/// `[hpa]` as written.
pub(super) struct HpaSection {
    /// The spec, without defaults.
    pub(super) input: SpecInput,
    /// `scaleTargetRef`.
    pub(super) target: ScaleTargetRef,
    /// The place of each metric of `input`; empty if the section states none.
    pub(super) metric_places: Vec<Origin>,
    /// Whether the reader could read every metric and policy.
    pub(super) lists: Lists,
}

/// `scaleTargetRef`.
#[derive(Default)]
pub(super) struct ScaleTargetRef {
    /// `kind` with its place.
    pub(super) kind: Option<Named>,
    /// `name` with its place.
    pub(super) name: Option<Named>,
}

/// A name with its place.
pub(super) struct Named {
    /// The name.
    pub(super) name: String,
    /// Its place.
    pub(super) origin: Origin,
}

/// Whether the lists of `[hpa]` are complete, so that their indices are those of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    /// The reader could read every element.
    Whole,
    /// The reader dropped a faulty element.
    Broken,
}

/// Reads `[hpa]`.
pub(super) fn read(node: &Node, faults: &mut Faults<'_>) -> Option<HpaSection> {
    let section = Section::open(node, "hpa", &HPA_KEYS, faults)?;
    let mut lists = Lists::Whole;
    let mut metric_places = Vec::new();
    let mut metrics = Vec::new();
    for (index, item) in section
        .items("metrics", faults)
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        match read_metric(item, &format!("hpa.metrics.{index}"), faults) {
            Some((metric, place)) => {
                metrics.push(metric);
                metric_places.push(place);
            }
            None => lists = Lists::Broken,
        }
    }
    if section
        .node("metrics")
        .is_some_and(|node| !matches!(node.value, Value::Array(_)))
    {
        lists = Lists::Broken;
    }
    let v1_target = section.integer("targetCPUUtilizationPercentage", 1..=i32::MAX, faults);
    if let Some(node) = section.node("targetCPUUtilizationPercentage") {
        if section.node("metrics").is_some() {
            faults.report(
                Code::Conflict,
                section.key_origin("targetCPUUtilizationPercentage"),
                "`metrics` (autoscaling/v2) and `targetCPUUtilizationPercentage` (autoscaling/v1) exclude each other",
                "keep one of the two; with `metrics`, the target of the first is `hpa.metrics.0.resource.target.averageUtilization`; to drop a key of the base, list it in `remove = [..]`",
            );
        }
        match v1_target {
            Some(percent) => {
                metrics.push(MetricInput {
                    source: MetricSource::Resource {
                        resource: "cpu".to_owned(),
                    },
                    target_type: Some(TargetType::Utilization),
                    average_utilization: Some(percent),
                    average_value: None,
                    value: None,
                });
                metric_places.push(node.origin);
            }
            None => lists = Lists::Broken,
        }
    }
    let behavior = section
        .section("behavior", &DIRECTIONS, faults)
        .map(|behavior| BehaviorInput {
            scale_up: read_rules(&behavior, "scaleUp", &mut lists, faults),
            scale_down: read_rules(&behavior, "scaleDown", &mut lists, faults),
        });
    Some(HpaSection {
        input: SpecInput {
            min_replicas: read_replicas(&section, "minReplicas", faults),
            max_replicas: read_replicas(&section, "maxReplicas", faults),
            metrics,
            behavior,
        },
        target: read_target(&section, faults),
        metric_places,
        lists,
    })
}

/// A bound of the replicas; the API server's rules refuse one that is too low.
fn read_replicas(section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<i32> {
    let replicas = section.integer(key, i64::MIN..=i64::MAX, faults)?;
    if replicas > i64::from(REPLICAS_MAX) {
        faults.report(
            Code::OutOfRange,
            section.node(key)?.origin,
            format!(
                "`{}` is {replicas}; a simulation holds every pod in memory",
                section.path_of(key)
            ),
            format!("write {REPLICAS_MAX} or less"),
        );
        return Some(REPLICAS_MAX);
    }
    Some(i32::try_from(replicas).unwrap_or(i32::MIN))
}

fn read_target(section: &Section<'_>, faults: &mut Faults<'_>) -> ScaleTargetRef {
    let Some(target) = section.section("scaleTargetRef", &["apiVersion", "kind", "name"], faults)
    else {
        return ScaleTargetRef::default();
    };
    target.text("apiVersion", faults);
    let mut named = |key: &str| {
        let name = target.text(key, faults)?.to_owned();
        let origin = target.node(key)?.origin;
        Some(Named { name, origin })
    };
    ScaleTargetRef {
        kind: named("kind"),
        name: named("name"),
    }
}

/// The types of a metric.
#[derive(Clone, Copy, PartialEq)]
enum MetricType {
    Resource,
    ContainerResource,
    Pods,
    Object,
    External,
}

const METRIC_TYPES: [(&str, MetricType); 5] = [
    ("Resource", MetricType::Resource),
    ("ContainerResource", MetricType::ContainerResource),
    ("Pods", MetricType::Pods),
    ("Object", MetricType::Object),
    ("External", MetricType::External),
];
const METRIC_BODIES: [&str; 5] = [
    "resource",
    "containerResource",
    "pods",
    "object",
    "external",
];

/// Reads one metric, and the place of the name of its measured quantity.
fn read_metric(node: &Node, path: &str, faults: &mut Faults<'_>) -> Option<(MetricInput, Origin)> {
    let mut known = vec!["type"];
    known.extend(METRIC_BODIES);
    let metric = Section::open(node, path, &known, faults)?;
    metric.require("type", "a word such as \"Resource\"", faults);
    let kind = metric.word("type", &METRIC_TYPES, faults)?;
    let body_key = METRIC_BODIES[kind as usize];
    for other in METRIC_BODIES {
        if other != body_key && metric.node(other).is_some() {
            faults.report(
                Code::Conflict,
                metric.key_origin(other),
                format!(
                    "`{path}` is of type {}, so its body is `{body_key}`, not `{other}`",
                    METRIC_TYPES[kind as usize].0
                ),
                format!("delete `{other}`, or change `type`"),
            );
        }
    }
    metric.require(body_key, "the metric and its target", faults);
    let body_keys: &[&str] = match kind {
        MetricType::Resource => &["name", "target"],
        MetricType::ContainerResource => &["name", "container", "target"],
        MetricType::Pods | MetricType::External => &["metric", "target"],
        MetricType::Object => &["metric", "describedObject", "target"],
    };
    let body = metric.section(body_key, body_keys, faults)?;
    let source = match kind {
        MetricType::Resource => {
            read_resource(&body, faults).map(|resource| MetricSource::Resource { resource })
        }
        MetricType::ContainerResource => {
            let resource = read_resource(&body, faults);
            let container = body.required_text("container", faults).map(str::to_owned);
            resource
                .zip(container)
                .map(|(resource, container)| MetricSource::ContainerResource {
                    resource,
                    container,
                })
        }
        MetricType::Pods => {
            read_identifier(&body, faults).map(|metric| MetricSource::Pods { metric })
        }
        MetricType::External => {
            read_identifier(&body, faults).map(|metric| MetricSource::External { metric })
        }
        MetricType::Object => {
            let metric = read_identifier(&body, faults);
            let described = read_described(&body, faults);
            metric
                .zip(described)
                .map(|(metric, described)| MetricSource::Object { metric, described })
        }
    };
    let example = match kind {
        MetricType::Resource | MetricType::ContainerResource => {
            "{ type = \"Utilization\", averageUtilization = 50 }"
        }
        MetricType::Pods => "{ type = \"AverageValue\", averageValue = 10 }",
        MetricType::Object | MetricType::External => "{ type = \"Value\", value = 10 }",
    };
    let example = &table_such_as(example, node.origin, faults);
    body.require("target", example, faults);
    let target = body.section(
        "target",
        &["type", "averageUtilization", "averageValue", "value"],
        faults,
    )?;
    let types = [
        ("Utilization", TargetType::Utilization),
        ("AverageValue", TargetType::AverageValue),
        ("Value", TargetType::Value),
    ];
    let mut milli =
        |key: &str| -> Option<MilliValue> { target.quantity(key, faults)?.milli_value().ok() };
    let average_value = milli("averageValue");
    let value = milli("value");
    let named = match kind {
        MetricType::Resource => body.node("name"),
        MetricType::ContainerResource => body.node("container"),
        MetricType::Pods | MetricType::Object | MetricType::External => {
            body.node("metric").and_then(|metric| match &metric.value {
                Value::Table(table) => table.get("name"),
                _ => None,
            })
        }
    };
    let input = MetricInput {
        source: source?,
        target_type: target.word("type", &types, faults),
        average_utilization: target.integer("averageUtilization", i32::MIN..=i32::MAX, faults),
        average_value,
        value,
    };
    Some((input, named.map_or(node.origin, |named| named.origin)))
}

/// `a table such as ..`, with the TOML table `example` as YAML for a place in a manifest.
fn table_such_as(example: &str, origin: Origin, faults: &Faults<'_>) -> String {
    if !faults.is_in_yaml(origin) {
        return format!("a table such as {example}");
    }
    let example = example.replace(" = ", ": ").replace('"', "");
    let inner = example.trim_start_matches("{ ").trim_end_matches(" }");
    format!("a table such as {{{inner}}}")
}

fn read_resource(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<String> {
    body.require("name", "\"cpu\" or \"memory\"", faults);
    let name = body.word("name", &[("cpu", "cpu"), ("memory", "memory")], faults)?;
    Some(name.to_owned())
}

fn read_identifier(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<MetricIdentifier> {
    let example = table_such_as("{ name = \"requests_per_second\" }", body.origin, faults);
    body.require("metric", &example, faults);
    let metric = body.section("metric", &["name", "selector"], faults)?;
    let selector = metric
        .section("selector", &["matchLabels", "matchExpressions"], faults)
        .map(|selector| read_selector(&selector, faults));
    let name = metric.required_text("name", faults)?;
    Some(MetricIdentifier::new(name, selector))
}

fn read_selector(selector: &Section<'_>, faults: &mut Faults<'_>) -> LabelSelector {
    let mut labels = Vec::new();
    if let Some(node) = selector.node("matchLabels") {
        let path = selector.path_of("matchLabels");
        match &node.value {
            Value::Table(table) => read_labels(table, &path, &mut labels, faults),
            other => faults.wrong_type(&path, "a table", other, node.origin),
        }
    }
    let mut expressions = Vec::new();
    let items = selector
        .items("matchExpressions", faults)
        .unwrap_or_default();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{}.{index}", selector.path_of("matchExpressions"));
        let Some(expression) =
            Section::open(item, path.as_str(), &["key", "operator", "values"], faults)
        else {
            continue;
        };
        let operators = ["In", "NotIn", "Exists", "DoesNotExist"].map(|word| (word, word));
        expression.require("operator", "a word such as \"In\"", faults);
        let operator = expression.word("operator", &operators, faults);
        let key = expression.required_text("key", faults);
        let values = expression
            .items("values", faults)
            .unwrap_or_default()
            .iter()
            .filter_map(|value| text(value, &format!("{path}.values"), faults))
            .map(str::to_owned)
            .collect();
        if let (Some(key), Some(operator)) = (key, operator) {
            expressions.push(LabelRequirement {
                key: key.to_owned(),
                operator: operator.to_owned(),
                values,
            });
        }
    }
    LabelSelector {
        match_labels: labels,
        match_expressions: expressions,
    }
}

fn read_labels(table: &Table, path: &str, labels: &mut Vec<LabelValue>, faults: &mut Faults<'_>) {
    for entry in table.entries() {
        if let Some(value) = text(&entry.node, &format!("{path}.{}", entry.key), faults) {
            labels.push(LabelValue {
                key: entry.key.clone(),
                value: value.to_owned(),
            });
        }
    }
}

fn read_described(body: &Section<'_>, faults: &mut Faults<'_>) -> Option<DescribedObject> {
    let example = "{ kind = \"Ingress\", name = \"shop\" }";
    let example = table_such_as(example, body.origin, faults);
    body.require("describedObject", &example, faults);
    let object = body.section("describedObject", &["apiVersion", "kind", "name"], faults)?;
    object.text("apiVersion", faults);
    let kind = object.required_text("kind", faults);
    let name = object.required_text("name", faults);
    kind.zip(name).map(|(kind, name)| DescribedObject {
        kind: kind.to_owned(),
        name: name.to_owned(),
    })
}

fn read_rules(
    behavior: &Section<'_>,
    direction: &str,
    lists: &mut Lists,
    faults: &mut Faults<'_>,
) -> Option<ScalingRulesInput> {
    let rules = behavior.section(direction, &RULES_KEYS, faults)?;
    let select_policies = [
        ("Max", SelectPolicy::Max),
        ("Min", SelectPolicy::Min),
        ("Disabled", SelectPolicy::Disabled),
    ];
    let policies = rules.items("policies", faults).map(|items| {
        let mut policies = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}.{index}", rules.path_of("policies"));
            match read_scaling_policy(item, path, faults) {
                Some(policy) => policies.push(policy),
                None => *lists = Lists::Broken,
            }
        }
        policies
    });
    Some(ScalingRulesInput {
        stabilization_window_seconds: rules.integer(
            "stabilizationWindowSeconds",
            i32::MIN..=i32::MAX,
            faults,
        ),
        select_policy: rules.word("selectPolicy", &select_policies, faults),
        policies,
        tolerance: rules.quantity("tolerance", faults),
    })
}

fn read_scaling_policy(
    item: &Node,
    path: String,
    faults: &mut Faults<'_>,
) -> Option<ScalingPolicyInput> {
    let policy = Section::open(item, path, &["type", "value", "periodSeconds"], faults)?;
    for (key, wanted) in [
        ("type", "\"Pods\" or \"Percent\""),
        ("value", "how many pods or percent"),
        (
            "periodSeconds",
            "the seconds within which that much may change",
        ),
    ] {
        policy.require(key, wanted, faults);
    }
    let kinds = [("Pods", PolicyKind::Pods), ("Percent", PolicyKind::Percent)];
    let kind = policy.word("type", &kinds, faults);
    let value = policy.integer("value", i32::MIN..=i32::MAX, faults);
    let period_seconds = policy.integer("periodSeconds", i32::MIN..=i32::MAX, faults);
    Some(ScalingPolicyInput {
        kind: kind?,
        value: value?,
        period_seconds: period_seconds?,
    })
}

/// Adds what the API server would refuse, with its place in the text.
///
/// A fault at a place with an earlier fault is dropped: a value of the wrong type would also be "required". So is a fault about
/// an incomplete list.
pub(super) fn place_spec_faults(
    spec_faults: Vec<SpecFault>,
    hpa: &Node,
    lists: Lists,
    sources: &Sources,
    known: &[Diagnostic],
) -> Vec<Diagnostic> {
    spec_faults
        .into_iter()
        .filter(|fault| lists == Lists::Whole || !is_about_a_list(&fault.path))
        .filter_map(|fault| {
            let origin = origin_of(hpa, &fault.path);
            let place = Place::of(sources, origin);
            let key_is_known_faulty = known
                .iter()
                .filter_map(|diagnostic| diagnostic.place.as_deref())
                .filter(|known| known.source == place.source)
                .any(|known| {
                    let is_inside =
                        place.span.start <= known.span.start && known.span.end <= place.span.end;
                    known.span == place.span || (is_inside && fault.path.contains(".target"))
                });
            (!key_is_known_faulty).then(|| {
                let message = format!("hpa.{}: {}", fault.path, fault.message);
                let code = match fault.verdict {
                    Verdict::Refused => Code::SpecRefused,
                    Verdict::NeverScales => Code::Unsupported,
                };
                Diagnostic::at(sources, code, origin, message, fault.help)
            })
        })
        .collect()
}

fn is_about_a_list(path: &str) -> bool {
    path.contains("metrics") || path.contains("policies")
}

/// The place of `path`, relative to the spec; for a missing key, the place of the nearest table around it.
pub(super) fn origin_of(hpa: &Node, path: &str) -> Origin {
    let mut node = hpa;
    if path.starts_with("metrics")
        && let Value::Table(table) = &hpa.value
        && let (None, Some(v1)) = (
            table.get("metrics"),
            table.get("targetCPUUtilizationPercentage"),
        )
    {
        return v1.origin;
    }
    let mut keys = path.split(['.', '[', ']']).filter(|key| !key.is_empty());
    for key in &mut keys {
        let below = match &node.value {
            Value::Table(table) => table.get(key),
            Value::Array(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        match below {
            Some(below) => node = below,
            None => break,
        }
    }
    node.origin
}
