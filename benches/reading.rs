//! Inputs with thousands of faults or objects: four times as many take about four times as long.

use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use hpasim::check::{CheckReport, CheckRequest, WITHIN, check};
use hpasim::scenario::{LoadError, Loader, ManifestChoice};

/// One file, whatever its path.
struct OneFile(String);

impl Loader for OneFile {
    fn read(&mut self, _: &Path) -> Result<Vec<u8>, LoadError> {
        Ok(self.0.clone().into_bytes())
    }
}

fn checked(path: &str, text: &str) -> CheckReport {
    let request = CheckRequest {
        files: &[PathBuf::from(path)],
        choice: ManifestChoice::default(),
        trace: None,
        within: WITHIN,
    };
    check(&request, &mut OneFile(text.to_owned())).expect("no trace that is faulty")
}

fn unknown_keys(count: usize) -> String {
    let keys: String = (0..count).map(|key| format!("key{key} = 1\n")).collect();
    format!("[hpa]\nmaxReplicas = 3\n{keys}")
}

fn unknown_keys_in_a_line(count: usize) -> String {
    let keys: String = (0..count).map(|key| format!(", key{key} = 1")).collect();
    format!("hpa = {{ maxReplicas = 3{keys} }}\n")
}

fn lines_without_sense(count: usize) -> String {
    "0,5\n".repeat(count)
}

/// Autoscalers, each with a Deployment, a Service and an Ingress; every Service selects nothing.
fn objects(count: usize) -> String {
    let object = |number: usize| {
        format!(
            "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: hpa{number}}}
spec: {{maxReplicas: 3, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: app{number}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app{number}}}
spec:
  selector: {{matchLabels: {{app: app{number}}}}}
  template:
    metadata: {{labels: {{app: app{number}}}}}
    spec: {{containers: [{{name: c, envFrom: [{{configMapRef: {{name: settings{number}}}}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: service{number}}}
spec: {{selector: {{app: other{number}}}, ports: [{{port: 80}}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: ingress{number}}}
spec: {{defaultBackend: {{service: {{name: none{number}, port: {{number: 81}}}}}}}}
---
"
        )
    };
    (0..count).map(object).collect()
}

fn bench(c: &mut Criterion) {
    type Case = (&'static str, &'static str, fn(usize) -> String, [usize; 2]);
    let cases: [Case; 4] = [
        ("unknown keys", "p.toml", unknown_keys, [10_000, 40_000]),
        (
            "unknown keys in one line",
            "p.toml",
            unknown_keys_in_a_line,
            [10_000, 40_000],
        ),
        (
            "lines that are no TOML",
            "p.toml",
            lines_without_sense,
            [10_000, 40_000],
        ),
        ("objects of each kind", "app.yaml", objects, [500, 2_000]),
    ];
    for (name, path, text_of, sizes) in cases {
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        for size in sizes {
            let text = text_of(size);
            group.bench_with_input(BenchmarkId::from_parameter(size), &text, |bencher, text| {
                bencher.iter(|| checked(path, text));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
