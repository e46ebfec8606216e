//! The quantities of an import, and for each the queries that may have it, the usual one first.
//!
//! Sources of the names: kube-state-metrics `docs/metrics`; cAdvisor `docs/storage/prometheus.md`; ingress-nginx, "Monitoring"; Istio,
//! "Istio Standard Metrics"; Traefik, "Metrics"; Linkerd, "Proxy Metrics"; Micrometer's and OpenTelemetry's HTTP server metrics;
//! Prometheus, "Metric and label naming".

use crate::scenario::ScaledWorkload;

/// A quantity that an import looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportQuantity {
    /// Requests per second.
    Requests,
    /// Share of requests that fail.
    FailedShare,
    /// 95th percentile of the latency.
    LatencyP95,
    /// 99th percentile of the latency.
    LatencyP99,
    /// CPU of the pods, by container.
    Cpu,
    /// Memory of the pods, by container.
    Memory,
    /// Share of the CFS periods in which a container was throttled.
    Throttled,
    /// `status.desiredReplicas` of the autoscaler.
    DesiredReplicas,
    /// `status.currentReplicas` of the autoscaler.
    CurrentReplicas,
    /// Ready pods.
    ReadyReplicas,
    /// `spec.replicas` of the target.
    SpecReplicas,
    /// How many ReplicaSets have pods at the same time: more than one during a rollout.
    ReplicaSets,
    /// When the controller manager started.
    ControllerStart,
    /// Seconds from a pod's creation until it was Ready, one series a pod.
    ReadyDelay,
    /// The release of Kubernetes, as the label `git_version`.
    Release,
}

/// Where the answer of a query lies in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerSteps {
    /// At each step of the span.
    EachStep,
    /// At the end of the span, about the whole of it.
    AtTheEnd,
}

impl ImportQuantity {
    /// All quantities, in the order of the questions.
    pub const ALL: [Self; 15] = [
        Self::Requests,
        Self::FailedShare,
        Self::LatencyP95,
        Self::LatencyP99,
        Self::Cpu,
        Self::Memory,
        Self::Throttled,
        Self::DesiredReplicas,
        Self::CurrentReplicas,
        Self::ReadyReplicas,
        Self::SpecReplicas,
        Self::ReplicaSets,
        Self::ControllerStart,
        Self::ReadyDelay,
        Self::Release,
    ];

    /// Its name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Requests => "requests per second",
            Self::FailedShare => "share of failed requests",
            Self::LatencyP95 => "p95 latency",
            Self::LatencyP99 => "p99 latency",
            Self::Cpu => "CPU by container",
            Self::Memory => "memory by container",
            Self::Throttled => "CPU throttling",
            Self::DesiredReplicas => "desired replicas",
            Self::CurrentReplicas => "current replicas",
            Self::ReadyReplicas => "ready replicas",
            Self::SpecReplicas => "replicas of the target's spec",
            Self::ReplicaSets => "ReplicaSets with pods",
            Self::ControllerStart => "start of the controller manager",
            Self::ReadyDelay => "time from creation to Ready",
            Self::Release => "release of Kubernetes",
        }
    }

    /// Where its answer lies in time.
    #[must_use]
    pub const fn course(self) -> AnswerSteps {
        match self {
            Self::ReadyDelay | Self::Release => AnswerSteps::AtTheEnd,
            _ => AnswerSteps::EachStep,
        }
    }
}

/// A system that counts requests.
struct Counting {
    /// Its name.
    name: &'static str,
    /// The counter of requests.
    requests: &'static str,
    /// The labels of the target's requests; several if installations differ.
    labels: &'static [&'static str],
    /// The label of failed requests; without it, failures are not counted.
    failed: Option<&'static str>,
    /// The histogram of latencies, and its milliseconds per unit.
    latency: Option<(&'static str, u32)>,
}

/// In the order in which they are asked: what stands before the application counts what clients see.
#[rustfmt::skip]
const COUNTING: [Counting; 8] = [
    Counting {
        name: "ingress-nginx",
        requests: "nginx_ingress_controller_requests",
        labels: &[
            r#"exported_namespace="$namespace",exported_service=~"$services""#,
            r#"namespace="$namespace",service=~"$services""#,
        ],
        failed: Some(r#"status=~"5..""#),
        latency: Some(("nginx_ingress_controller_request_duration_seconds_bucket", 1000)),
    },
    Counting {
        name: "Istio",
        requests: "istio_requests_total",
        // Both proxies count a request; that of the target counts it once.
        labels: &[r#"reporter="destination",destination_workload="$name",destination_workload_namespace="$namespace""#],
        failed: Some(r#"response_code=~"5..""#),
        latency: Some(("istio_request_duration_milliseconds_bucket", 1)),
    },
    Counting {
        name: "Linkerd",
        requests: "request_total",
        labels: &[r#"direction="inbound",namespace="$namespace",pod=~"$pods""#],
        failed: None,
        latency: Some(("response_latency_ms_bucket", 1)),
    },
    Counting {
        name: "Traefik",
        requests: "traefik_service_requests_total",
        labels: &[r#"service=~"$namespace-($services)-[a-z0-9]+@kubernetes.*""#],
        failed: Some(r#"code=~"5..""#),
        latency: Some(("traefik_service_request_duration_seconds_bucket", 1000)),
    },
    Counting {
        name: "the application (Micrometer)",
        requests: "http_server_requests_seconds_count",
        labels: &[r#"namespace="$namespace",pod=~"$pods""#],
        failed: Some(r#"status=~"5..""#),
        latency: Some(("http_server_requests_seconds_bucket", 1000)),
    },
    Counting {
        name: "the application (OpenTelemetry)",
        requests: "http_server_request_duration_seconds_count",
        labels: &[r#"namespace="$namespace",pod=~"$pods""#],
        failed: Some(r#"http_response_status_code=~"5..""#),
        latency: Some(("http_server_request_duration_seconds_bucket", 1000)),
    },
    Counting {
        name: "the application",
        requests: "http_requests_total",
        labels: &[r#"namespace="$namespace",pod=~"$pods""#],
        failed: None,
        latency: Some(("http_request_duration_seconds_bucket", 1000)),
    },
    Counting {
        name: "the application",
        requests: "http_request_duration_seconds_count",
        labels: &[r#"namespace="$namespace",pod=~"$pods""#],
        failed: None,
        latency: Some(("http_request_duration_seconds_bucket", 1000)),
    },
];

/// The labels of the pods' containers, without the pod as a whole (`container=""`) and its pause container (`POD`).
const CONTAINERS: &str = r#"namespace="$namespace",pod=~"$pods",container!="",container!="POD""#;

/// The queries of a quantity that has nothing to do with requests. A pair of Prometheus servers has each series twice, so each is a
/// maximum before it is summed.
fn of_the_cluster(quantity: ImportQuantity) -> &'static [&'static str] {
    match quantity {
        ImportQuantity::Cpu => &[
            "sum by (container) (max by (pod, container) (rate(container_cpu_usage_seconds_total{$containers}[$window])))",
        ],
        ImportQuantity::Memory => &[
            "sum by (container) (max by (pod, container) (container_memory_working_set_bytes{$containers}))",
        ],
        ImportQuantity::Throttled => &[
            "sum(rate(container_cpu_cfs_throttled_periods_total{$containers}[$window])) / sum(rate(container_cpu_cfs_periods_total{$containers}[$window]))",
        ],
        ImportQuantity::DesiredReplicas => &[
            r#"max(kube_horizontalpodautoscaler_status_desired_replicas{namespace="$namespace",horizontalpodautoscaler="$autoscaler"})"#,
            r#"max(kube_horizontalpodautoscaler_status_desired_replicas{exported_namespace="$namespace",horizontalpodautoscaler="$autoscaler"})"#,
            // kube-state-metrics 1.
            r#"max(kube_hpa_status_desired_replicas{namespace="$namespace",hpa="$autoscaler"})"#,
        ],
        ImportQuantity::CurrentReplicas => &[
            r#"max(kube_horizontalpodautoscaler_status_current_replicas{namespace="$namespace",horizontalpodautoscaler="$autoscaler"})"#,
            r#"max(kube_horizontalpodautoscaler_status_current_replicas{exported_namespace="$namespace",horizontalpodautoscaler="$autoscaler"})"#,
            r#"max(kube_hpa_status_current_replicas{namespace="$namespace",hpa="$autoscaler"})"#,
        ],
        ImportQuantity::ReadyReplicas => &[
            r#"max(kube_deployment_status_replicas_ready{namespace="$namespace",deployment="$name"})"#,
            r#"max(kube_statefulset_status_replicas_ready{namespace="$namespace",statefulset="$name"})"#,
            r#"max(kube_deployment_status_replicas_ready{exported_namespace="$namespace",deployment="$name"})"#,
            r#"max(kube_deployment_status_replicas_available{namespace="$namespace",deployment="$name"})"#,
            r#"count(max by (pod) (kube_pod_status_ready{namespace="$namespace",pod=~"$pods",condition="true"}) == 1)"#,
        ],
        ImportQuantity::SpecReplicas => &[
            r#"max(kube_deployment_spec_replicas{namespace="$namespace",deployment="$name"})"#,
            r#"max(kube_statefulset_replicas{namespace="$namespace",statefulset="$name"})"#,
            r#"max(kube_deployment_spec_replicas{exported_namespace="$namespace",deployment="$name"})"#,
        ],
        ImportQuantity::ReplicaSets => &[
            r#"count(count by (created_by_name) (kube_pod_info{namespace="$namespace",pod=~"$pods",created_by_kind="ReplicaSet"}))"#,
        ],
        ImportQuantity::ControllerStart => {
            &[r#"max(process_start_time_seconds{job=~".*controller-manager.*"})"#]
        }
        ImportQuantity::ReadyDelay => &[
            r#"min_over_time((max by (pod) (kube_pod_status_ready_time{namespace="$namespace",pod=~"$pods"}) - max by (pod) (kube_pod_created{namespace="$namespace",pod=~"$pods"} >= $from))[$range:1m])"#,
        ],
        ImportQuantity::Release => &[
            r#"max by (git_version) (last_over_time(kubernetes_build_info{job=~".*apiserver.*|kubernetes|kubernetes-apiservers"}[$range]))"#,
            r#"max by (git_version) (last_over_time(kubernetes_build_info[$range]))"#,
        ],
        ImportQuantity::Requests
        | ImportQuantity::FailedShare
        | ImportQuantity::LatencyP95
        | ImportQuantity::LatencyP99 => &[],
    }
}

/// A query that may have a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateQuery {
    /// Who counts, where that is a choice.
    pub source: Option<&'static str>,
    /// The query in PromQL.
    pub query: String,
    /// The further queries that belong to this source alone.
    pub further: Vec<(ImportQuantity, String)>,
}

/// The parts of the queries that belong to one import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuerySubject<'s> {
    /// The autoscaler and its target.
    pub scaled: &'s ScaledWorkload,
    /// The window of rates, in seconds.
    pub window: u32,
    /// The start of the span, in seconds since 1970 UTC.
    pub from: i64,
    /// The length of the span in seconds.
    pub range: i64,
}

impl QuerySubject<'_> {
    /// The queries that may have a quantity, the usual one first.
    #[must_use]
    pub fn candidates(&self, quantity: ImportQuantity) -> Vec<CandidateQuery> {
        if quantity == ImportQuantity::Requests {
            return self.of_requests();
        }
        let plain = |query: &&str| CandidateQuery {
            source: None,
            query: self.filled(query),
            further: Vec::new(),
        };
        of_the_cluster(quantity).iter().map(plain).collect()
    }

    fn of_requests(&self) -> Vec<CandidateQuery> {
        let labelled = |counting: &Counting, labels: &str| {
            let Counting {
                requests,
                latency,
                failed,
                ..
            } = counting;
            let rate = |labels: &str| format!("sum(rate({requests}{{{labels}}}[$window]))");
            let mut further = Vec::new();
            if let Some(failed) = failed {
                // Without a failure there is no such series: no failures.
                let share = format!(
                    "({} or vector(0)) / ({} > 0)",
                    rate(&format!("{labels},{failed}")),
                    rate(labels)
                );
                further.push((ImportQuantity::FailedShare, self.filled(&share)));
            }
            if let Some((bucket, milliseconds)) = latency {
                for (quantity, quantile) in [
                    (ImportQuantity::LatencyP95, "0.95"),
                    (ImportQuantity::LatencyP99, "0.99"),
                ] {
                    let query = format!(
                        "{milliseconds} * histogram_quantile({quantile}, sum by (le) (rate({bucket}{{{labels}}}[$window])))"
                    );
                    further.push((quantity, self.filled(&query)));
                }
            }
            CandidateQuery {
                source: Some(counting.name),
                query: self.filled(&rate(labels)),
                further,
            }
        };
        COUNTING
            .iter()
            .flat_map(|counting| {
                counting
                    .labels
                    .iter()
                    .map(move |labels| labelled(counting, labels))
            })
            .collect()
    }

    /// A template with the names of this subject in its places.
    fn filled(&self, template: &str) -> String {
        let ScaledWorkload {
            autoscaler,
            namespace,
            name,
            services,
            ..
        } = self.scaled;
        let services: Vec<String> = services.iter().map(|it| pattern_of(it)).collect();
        [
            ("$containers", CONTAINERS.to_owned()),
            ("$namespace", quoted(namespace)),
            ("$autoscaler", quoted(autoscaler)),
            ("$services", quoted(&services.join("|"))),
            ("$pods", quoted(&self.pods())),
            ("$name", quoted(name)),
            ("$window", format!("{}s", self.window)),
            ("$range", format!("{}s", self.range)),
            ("$from", self.from.to_string()),
        ]
        .iter()
        .fold(template.to_owned(), |text, (place, value)| {
            text.replace(place, value)
        })
    }

    /// The names of the target's pods. Kubernetes makes the random part of them from letters without vowels (`SafeEncodeString` in
    /// `staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go`), so that the pods of `web-admin` are not those of `web`.
    fn pods(&self) -> String {
        const RANDOM: &str = "[bcdfghjklmnpqrstvwxz2456789]";
        let name = pattern_of(&self.scaled.name);
        match self.scaled.kind.as_str() {
            "StatefulSet" => format!("{name}-[0-9]+"),
            "ReplicaSet" | "ReplicationController" => format!("{name}-{RANDOM}{{5}}"),
            "DeploymentConfig" => format!("{name}-[0-9]+-{RANDOM}{{5}}"),
            "Deployment" | "Rollout" => format!("{name}-{RANDOM}{{1,10}}-{RANDOM}{{5}}"),
            _ => format!("{name}-.+"),
        }
    }
}

/// A regular expression (RE2) that only this name matches.
fn pattern_of(name: &str) -> String {
    let mut pattern = String::new();
    for letter in name.chars() {
        if !letter.is_alphanumeric() && !matches!(letter, '-' | '_') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// The inside of a string of PromQL in double quotes.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(kind: &str, name: &str) -> ScaledWorkload {
        ScaledWorkload {
            autoscaler: "web".to_owned(),
            namespace: "shop".to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            application: None,
            services: vec!["web-http".to_owned(), "web.admin".to_owned()],
        }
    }

    fn subject(scaled: &ScaledWorkload) -> QuerySubject<'_> {
        QuerySubject {
            scaled,
            window: 60,
            from: 1_764_288_000,
            range: 86_400,
        }
    }

    #[test]
    fn every_place_of_every_query_is_filled() {
        let scaled = scaled("Deployment", "web");
        let subject = subject(&scaled);
        let all = ImportQuantity::ALL
            .into_iter()
            .flat_map(|it| subject.candidates(it));
        let queries: Vec<String> = all
            .flat_map(|it| {
                let further = it.further.into_iter().map(|(_, query)| query);
                std::iter::once(it.query).chain(further)
            })
            .collect();
        assert!(queries.len() > 40);
        for query in &queries {
            assert!(!query.contains('$'), "{query}");
            let count = |letter: char| query.matches(letter).count();
            assert_eq!(count('('), count(')'), "{query}");
            assert_eq!(count('{'), count('}'), "{query}");
        }
        insta::assert_snapshot!(queries.join("\n"));
    }

    #[test]
    fn names_stay_names_in_patterns_and_strings() {
        let scaled = scaled("Deployment", "we\"b");
        let query = &subject(&scaled).candidates(ImportQuantity::ReadyReplicas)[0].query;
        assert!(query.contains(r#"deployment="we\"b""#), "{query}");
        let requests = &subject(&scaled).candidates(ImportQuantity::Requests)[0].query;
        assert!(
            requests.contains(r#"exported_service=~"web-http|web\\.admin""#),
            "{requests}"
        );
    }

    #[test]
    fn pods_are_named_after_their_kind_of_workload() {
        for (kind, end) in [
            ("StatefulSet", "web-[0-9]+"),
            ("ReplicaSet", "web-[bcdfghjklmnpqrstvwxz2456789]{5}"),
            (
                "Deployment",
                "web-[bcdfghjklmnpqrstvwxz2456789]{1,10}-[bcdfghjklmnpqrstvwxz2456789]{5}",
            ),
            ("Custom", "web-.+"),
        ] {
            assert_eq!(subject(&scaled(kind, "web")).pods(), end);
        }
    }
}
