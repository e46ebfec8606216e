//! `hpasim check`: the whole text of each rule, and no finding for a healthy file.

use std::path::{Path, PathBuf};

use hpasim::check::{CheckReport, CheckRequest, WITHIN, check};
use hpasim::render::check::render_check;
use hpasim::render::paint::Colour;
use hpasim::scenario::{ManifestChoice, MemoryLoader};
use hpasim::units::SimSpan;

#[path = "../fixtures/faults.rs"]
mod faults;

mod admission;
mod api_versions;
mod autoscalers;
mod cluster;
mod formats;
mod growth;
mod healthy;
mod kinds;
mod neighbours;
mod objects;
mod pods;
mod shared_pods;
mod shipped;
mod target_groups;

use faults::codes_and_places;

/// A manifest in which nothing is wrong.
const HEALTHY: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: prod}
spec:
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop, tier: web}
    spec:
      terminationGracePeriodSeconds: 30
      containers:
      - name: app
        ports: [{containerPort: 8080}]
        resources:
          requests: {cpu: 100m, memory: 64Mi}
        readinessProbe: {initialDelaySeconds: 5, periodSeconds: 5}
        lifecycle: {preStop: {exec: {command: [sleep, \"5\"]}}}
        envFrom:
        - configMapRef: {name: settings}
        - secretRef: {name: keys, optional: true}
      volumes:
      - name: ca
        configMap: {name: kube-root-ca.crt}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: prod}
data: {LOG_LEVEL: info}
---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: prod}
spec:
  selector: {app: shop}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: prod}
spec:
  rules:
  - http:
      paths:
      - path: /
        backend: {service: {name: shop, port: {name: http}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: prod}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 2
  maxReplicas: 20
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
";

/// The healthy manifest with `old` turned into `new`.
fn healthy_but(old: &str, new: &str) -> String {
    assert!(HEALTHY.contains(old), "the healthy manifest has no `{old}`");
    HEALTHY.replacen(old, new, 1)
}

/// The healthy manifest with `behavior` at its autoscaler.
fn healthy_with_behavior(behavior: &str) -> String {
    format!("{HEALTHY}  behavior:\n{behavior}")
}

/// What is found in the files, taken together.
fn report_of(files: &[(&str, &str)]) -> CheckReport {
    report_with(files, ManifestChoice::default(), None, WITHIN)
}

fn report_with(
    files: &[(&str, &str)],
    choice: ManifestChoice,
    trace: Option<&str>,
    within: SimSpan,
) -> CheckReport {
    let mut loader = MemoryLoader::default();
    for (path, text) in files {
        loader.insert(path, *text);
    }
    if let Some(trace) = trace {
        loader.insert("t.csv", trace);
    }
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| PathBuf::from(path)).collect();
    let request = CheckRequest {
        files: &paths,
        choice,
        trace: trace.map(|_| Path::new("t.csv")),
        reading: hpasim::scenario::TraceReading::default(),
        within,
    };
    check(&request, &mut loader).expect("a readable trace")
}

/// The findings of one code, as a user reads them.
fn text_of(code: &str, report: CheckReport) -> String {
    let mut report = report;
    report
        .findings
        .retain(|finding| finding.diagnostic.code.number() == code);
    let text = render_check(&report, Colour::Plain);
    let counts = text.trim_end().rfind('\n').unwrap_or(0);
    text[..counts].trim_end().to_owned()
}

/// What `code` says about one manifest.
fn found(code: &str, manifest: &str) -> String {
    text_of(code, report_of(&[("app.yaml", manifest)]))
}

/// What `code` says about one policy.
fn found_in_policy(code: &str, policy: &str) -> String {
    text_of(code, report_of(&[("p.toml", policy)]))
}

/// The codes of all findings, in their order.
fn codes(report: &CheckReport) -> Vec<&'static str> {
    report
        .findings
        .iter()
        .map(|finding| finding.diagnostic.code.number())
        .collect()
}
