//! The container of a pod template that serves the requests: the application among its sidecars.

use super::super::diagnostic::{Code, Diagnostic};
use super::super::source::Sources;
use super::super::tree::Node;
use super::{KeyNote, Object, image_name};

/// The annotation of the pod template that names the container which `kubectl logs` and `kubectl exec` choose
/// (`DefaultContainerAnnotationName` in `staging/src/k8s.io/kubectl/pkg/cmd/util/podcmd/podcmd.go`).
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Proxies and agents that stand beside an application: the name of the container or of its image, and where that name is from.
const SIDECARS: [(&str, &str); 27] = [
    ("alloydb-auth-proxy", "image of the AlloyDB Auth Proxy"),
    ("aws-for-fluent-bit", "image of AWS for Fluent Bit"),
    ("aws-xray-daemon", "image of the AWS X-Ray daemon"),
    ("cloud-sql-proxy", "image of the Cloud SQL Auth Proxy v2"),
    (
        "cloudsql-proxy",
        "name in the examples of the Cloud SQL Auth Proxy v1",
    ),
    (
        "cloudwatch-agent",
        "name in the manifests of the CloudWatch agent",
    ),
    (
        "consul-dataplane",
        "Consul on Kubernetes, the connect injector",
    ),
    ("daprd", "Dapr, `pkg/injector/consts`"),
    (
        "datadog-agent",
        "Datadog on Fargate, the sidecar of the admission controller",
    ),
    ("envoy", "App Mesh and Open Service Mesh, their injectors"),
    ("envoy-sidecar", "Consul on Kubernetes before 1.0"),
    ("filebeat", "image of Filebeat"),
    ("fluent-bit", "image of Fluent Bit"),
    ("fluentd", "image of Fluentd"),
    ("gce-proxy", "image of the Cloud SQL Auth Proxy v1"),
    ("istio-proxy", "Istio, `pkg/kube/inject`"),
    ("jaeger-agent", "Jaeger Operator, the injected agent"),
    ("kube-rbac-proxy", "image of kube-rbac-proxy"),
    (
        "kuma-sidecar",
        "Kuma, `pkg/plugins/runtime/k8s/util/names.go`",
    ),
    (
        "linkerd-proxy",
        "Linkerd, `ProxyContainerName` in `pkg/k8s/labels.go`",
    ),
    ("oauth2-proxy", "image of OAuth2 Proxy"),
    (
        "otc-container",
        "OpenTelemetry Operator, the injected collector",
    ),
    ("promtail", "image of Promtail"),
    ("proxyv2", "image of Istio's proxy"),
    ("queue-proxy", "Knative Serving, `QueueContainerName`"),
    ("vault-agent", "vault-k8s, the injected agent"),
    (
        "xray-daemon",
        "name in the manifests of the AWS X-Ray daemon",
    ),
];

/// Whether a container is a known proxy or agent, by its name or its image.
fn is_sidecar(container: &Node) -> bool {
    let text = |key: &str| container.get(key).and_then(Node::text);
    let is_known = |word: &str| SIDECARS.iter().any(|(known, _)| *known == word);
    text("name").is_some_and(is_known) || text("image").map(image_name).is_some_and(is_known)
}

/// The choice of the application among `containers` of the pod template.
struct ApplicationChoice {
    /// Its index.
    index: usize,
    /// How many containers may be the application.
    candidates: usize,
    /// Whether the annotation names a container that the pod does not have.
    is_misnamed: bool,
}

/// The container that the annotation names, or the first that is no known sidecar, or the first.
fn choice_of(workload: &Object) -> ApplicationChoice {
    let containers = workload
        .in_template(&["containers"])
        .map_or(&[][..], Node::items);
    let annotations = workload
        .tree
        .at(&["spec", "template", "metadata", "annotations"]);
    let stated = annotations
        .and_then(|annotations| annotations.get(DEFAULT_CONTAINER)?.text())
        .filter(|name| !name.is_empty());
    let named = containers
        .iter()
        .position(|it| stated.is_some() && it.get("name").and_then(Node::text) == stated);
    if let Some(index) = named {
        return ApplicationChoice {
            index,
            candidates: 1,
            is_misnamed: false,
        };
    }
    let candidates = || (0..containers.len()).filter(|at| !is_sidecar(&containers[*at]));
    ApplicationChoice {
        index: candidates().next().unwrap_or(0),
        candidates: match candidates().count() {
            0 => containers.len(),
            count => count,
        },
        is_misnamed: stated.is_some(),
    }
}

/// The containers of the pod template, the application first.
pub(super) fn application_first(workload: &Object) -> Vec<&Node> {
    let containers = workload
        .in_template(&["containers"])
        .map_or(&[][..], Node::items);
    let first = choice_of(workload).index;
    let application = containers.get(first);
    let others = containers.iter().enumerate();
    let others = others.filter(|(at, _)| *at != first).map(|(_, it)| it);
    application.into_iter().chain(others).collect()
}

/// The warning where hpasim had to choose the application among several containers.
pub(super) fn note(workload: &Object, sources: &Sources) -> Option<KeyNote> {
    let choice = choice_of(workload);
    if choice.candidates < 2 && !choice.is_misnamed {
        return None;
    }
    let containers = application_first(workload);
    let application = *containers.first()?;
    let name = application.get("name");
    let title = name
        .and_then(Node::text)
        .map_or_else(|| "the first".to_owned(), |name| format!("`{name}`"));
    let why = match choice.is_misnamed {
        true => format!("the annotation `{DEFAULT_CONTAINER}` names no container of the pod"),
        false => format!(
            "{} containers of the pod may be the application",
            choice.candidates
        ),
    };
    let others = match containers.len() {
        1 => "",
        _ => ", and the others are sidecars",
    };
    Some(KeyNote {
        section: "deployment",
        key: "containers",
        warning: Diagnostic::at(
            sources,
            Code::ApplicationGuessed,
            name.map_or(application.origin, |name| name.origin),
            format!("{why}: hpasim takes {title}, so it serves the requests{others}"),
            format!("name the application in the pod template's annotation `{DEFAULT_CONTAINER}`"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_sidecars_are_listed_once_in_order() {
        assert!(SIDECARS.is_sorted_by(|(one, _), (next, _)| one < next));
    }
}
