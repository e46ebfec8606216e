//! Inputs with thousands of faults or objects; the time must grow linearly with their number.

use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use hpasim::check::{CheckReport, CheckRequest, WITHIN, check};
use hpasim::scenario::{LoadError, Loader, ManifestChoice};
use hpasim::search::grid::Grid;
use hpasim::search::parts::{PartFile, TableError, merge};
use hpasim::search::table::{Head, HeadFacts};
use hpasim::units::Seed;

/// A loader with one file, whatever path is asked for.
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
        reading: hpasim::scenario::TraceReading::default(),
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

/// Autoscalers, each with a Deployment, a Service and an Ingress. No Service selects a pod.
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

/// Half of the pods have one label and half another. Every Service requires both.
fn selectors_that_select_nothing(count: usize) -> String {
    let objects = |number: usize| {
        let label = ["a", "b"][number % 2];
        format!(
            "\
apiVersion: v1
kind: Pod
metadata: {{name: pod{number}, labels: {{{label}: '1', app: app{number}}}}}
spec: {{containers: [{{name: c}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: service{number}}}
spec: {{selector: {{a: '1', b: '1'}}, ports: [{{port: 80}}]}}
---
"
        )
    };
    (0..count).map(objects).collect()
}

/// Services with the same name in many namespaces, and for each an Ingress that names a port that
/// it does not have.
fn services_with_one_name(count: usize) -> String {
    let objects = |number: usize| {
        format!(
            "\
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: team{number}}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: team{number}}}
spec: {{defaultBackend: {{service: {{name: web, port: {{number: 81}}}}}}}}
---
"
        )
    };
    (0..count).map(objects).collect()
}

/// The head of a sweep with this many parameters.
fn merge_head(parameters: usize) -> String {
    let mut set: Vec<String> = (0..parameters).map(|at| format!("p{at}=1")).collect();
    set.push("q=1,2".to_owned());
    let grid = Grid::full(&set).expect("a grid");
    let head = Head::new(&HeadFacts {
        grid: &grid,
        policy: "prod",
        traces: &["day".to_owned()],
        engine: "fluid",
        seeds: &[Seed(1)],
        set: &set,
        samples: None,
        reading: &std::collections::BTreeMap::new(),
        hpa: None,
        namespace: None,
        warm_up: None,
        inputs_sha256: "0",
        grid_sha256: "1",
    });
    head.to_text(None)
}

/// Reads the head of a part without rows.
fn merged(head: &str) -> TableError {
    let part = PartFile::open("part".to_owned(), head.as_bytes()).expect("a head");
    merge(vec![part], std::io::sink()).expect_err("no rows")
}

/// Looks up every value of one parameter, as `merge` does for the rows.
fn swept_values(grid: &Grid) -> usize {
    let points = 0..grid.count();
    points.map(|point| grid.swept_values(point).len()).sum()
}

fn bench_sweep_files(c: &mut Criterion) {
    let mut group = c.benchmark_group("head of a sweep");
    group.sample_size(10);
    for size in [15_000, 60_000] {
        let head = merge_head(size);
        group.bench_with_input(BenchmarkId::from_parameter(size), &head, |bencher, head| {
            bencher.iter(|| merged(head));
        });
    }
    group.finish();
    let mut group = c.benchmark_group("values of a parameter");
    group.sample_size(10);
    for size in [25_000, 100_000] {
        let values: Vec<String> = (0..size).map(|it: u32| it.to_string()).collect();
        let grid = Grid::full(&[format!("a={}", values.join(","))]).expect("a grid");
        group.bench_with_input(BenchmarkId::from_parameter(size), &grid, |bencher, grid| {
            bencher.iter(|| swept_values(grid));
        });
    }
    group.finish();
}

fn bench(c: &mut Criterion) {
    type Case = (&'static str, &'static str, fn(usize) -> String, [usize; 2]);
    let cases: [Case; 6] = [
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
        (
            "selectors that select nothing",
            "app.yaml",
            selectors_that_select_nothing,
            [2_000, 8_000],
        ),
        (
            "Services with one name",
            "app.yaml",
            services_with_one_name,
            [1_000, 4_000],
        ),
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

criterion_group!(benches, bench, bench_sweep_files);
criterion_main!(benches);
