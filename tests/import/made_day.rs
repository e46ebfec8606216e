//! Two days that never happened, as a cluster's exporters would have shown them.
//!
//! The course of pods and CPU is a simulation's, so the truth is known: the cost of a request, the idle use, the starts.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// 2026-11-27T00:00:00Z.
pub(crate) const START: i64 = 1_795_737_600;
/// The seconds between two scrapes.
pub(crate) const SCRAPE: i64 = 30;
/// The CPU that a request costs in both containers of a pod, in milliseconds.
pub(crate) const COST_MS: f64 = 12.0;
/// The CPU of a pod without requests, in millicores.
pub(crate) const IDLE_MILLICORES: f64 = 25.0;
/// From the creation of a pod until it is Ready, in seconds.
pub(crate) const START_SECONDS: f64 = 9.0;

/// The policy of the made days.
pub(crate) const POLICY: &str = r#"
[hpa]
minReplicas = 2
maxReplicas = 20
targetCPUUtilizationPercentage = 60
[deployment]
replicas = 3
[[deployment.containers]]
name = "web"
resources = { requests = { cpu = "250m" }, limits = { cpu = "1" } }
[pod]
start = "9s"
[workload]
cpu_per_request = "12ms"
idle_cpu = "25m"
"#;

/// The same as objects of a cluster, with two other workloads and a password where none belongs.
pub(crate) const MANIFEST: &str = r#"apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 20
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: shop/web:1
        env: [{name: DATABASE, value: "postgres://hunter2@db"}]
        resources: {requests: {cpu: 250m}, limits: {cpu: "1"}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"#;

/// A trace of two days, a row every five minutes.
pub(crate) fn trace() -> String {
    let mut text = "timestamp,rps\n".to_owned();
    for row in 0..=576 {
        let hours = f64::from(row) / 12.0;
        let day = 60.0 - 45.0 * (hours / 24.0 * std::f64::consts::TAU).cos();
        // A promotion at noon of the second day.
        let spike = if (36.0..36.5).contains(&hours) {
            90.0
        } else {
            0.0
        };
        let wobble = 6.0 * (hours * 5.3).sin();
        let time = START + i64::from(row) * 300;
        let _ = writeln!(text, "{time},{:.2}", day + spike + wobble);
    }
    text
}

/// A pod, from its creation to its end.
struct PodLife {
    name: String,
    created: i64,
    ready: i64,
    end: i64,
}

/// A row of a run's timeline.
struct Row {
    time: i64,
    rps: f64,
    cpu_cores: f64,
    desired: f64,
    current: f64,
    ready: f64,
}

fn rows(timeline: &str) -> Vec<Row> {
    let mut lines = timeline.lines().filter(|line| !line.starts_with('#'));
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let column = |name: &str| header.iter().position(|it| *it == name).expect("a column");
    let columns = [
        "time_s",
        "offered_rps",
        "cpu_cores",
        "replicas_desired",
        "replicas_current",
        "replicas_ready",
        "latency_seconds_p95",
    ];
    let columns = columns.map(column);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |index: usize| cells[columns[index]].parse().unwrap_or(0.0);
            Row {
                time: START + number(0) as i64,
                rps: number(1),
                cpu_cores: number(2),
                desired: number(3),
                current: number(4),
                ready: number(5),
            }
        })
        .collect()
}

/// Names as the controllers make them.
fn pod_name(number: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut rest = number * 7_919 + 12_345;
    let end: String = (0..5)
        .map(|_| {
            let letter = LETTERS[rest % LETTERS.len()];
            rest = rest / LETTERS.len() + number;
            char::from(letter)
        })
        .collect();
    format!("web-5d9f8c7b6d-{end}")
}

/// The pods of a course of replicas; the newest go first.
fn pods(rows: &[Row]) -> Vec<PodLife> {
    let mut living: Vec<PodLife> = Vec::new();
    let mut ended = Vec::new();
    let mut number = 0;
    for row in rows {
        while (living.len() as f64) < row.current {
            let warm = row.time == START;
            number += 1;
            living.push(PodLife {
                name: pod_name(number),
                created: if warm { START - 86_400 } else { row.time },
                ready: if warm {
                    START - 86_391
                } else {
                    row.time + START_SECONDS as i64
                },
                end: i64::MAX,
            });
        }
        while (living.len() as f64) > row.current {
            let mut pod = living.pop().expect("a pod");
            pod.end = row.time;
            ended.push(pod);
        }
    }
    ended.extend(living);
    ended
}

/// A family of OpenMetrics: its samples by series, in the order of time.
#[derive(Default)]
struct Families(BTreeMap<String, (&'static str, SeriesOfFamily)>);

/// The samples of each series, by its labels.
type SeriesOfFamily = BTreeMap<String, Vec<(i64, f64)>>;

impl Families {
    fn add(&mut self, name: &str, kind: &'static str, labels: String, time: i64, value: f64) {
        let family = self
            .0
            .entry(name.to_owned())
            .or_insert((kind, BTreeMap::new()));
        family.1.entry(labels).or_default().push((time, value));
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (name, (kind, series)) in &self.0 {
            let family = if *kind == "counter" {
                name.trim_end_matches("_total")
            } else {
                name
            };
            // A counter of OpenMetrics ends in `_total`; that of ingress-nginx does not.
            let kind = if *kind == "counter" && !name.ends_with("_total") {
                "unknown"
            } else {
                kind
            };
            let _ = writeln!(text, "# TYPE {family} {kind}");
            for (labels, samples) in series {
                for (time, value) in samples {
                    let _ = writeln!(text, "{name}{{{labels}}} {value} {time}");
                }
            }
        }
        text.push_str("# EOF\n");
        text
    }
}

/// What the exporters say, as OpenMetrics. `vanish` is a stretch without requests' series.
pub(crate) fn open_metrics(timeline: &str, vanish: Option<(i64, i64)>) -> String {
    let rows = rows(timeline);
    let lives = pods(&rows);
    let mut families = Families::default();
    let mut requests = 0.0;
    let mut cpu: BTreeMap<&str, f64> = BTreeMap::new();
    let mut other = 0.0;
    let mut before = START;
    let end = rows.last().map_or(START, |row| row.time);
    let mut next = rows.iter().peekable();
    let mut row = next.next().expect("a row");
    let mut time = START;
    while time <= end {
        // The rows of the timeline are finer than the scrapes: each one's share counts.
        loop {
            let until = next.peek().map_or(end, |it| it.time).min(time);
            let seconds = (until - before) as f64;
            requests += row.rps * seconds;
            other += 0.3 * seconds;
            let running = |it: &&PodLife| it.ready <= before && before < it.end;
            let count = lives.iter().filter(running).count().max(1);
            for pod in lives.iter().filter(running) {
                *cpu.entry(&pod.name).or_default() += row.cpu_cores / count as f64 * seconds;
            }
            before = until;
            match next.peek() {
                Some(it) if it.time <= time => row = next.next().unwrap_or(row),
                _ => break,
            }
        }
        add_scrape(
            &mut families,
            time,
            row,
            &lives,
            &cpu,
            requests,
            other,
            vanish,
        );
        time += SCRAPE;
    }
    families.text()
}

#[expect(
    clippy::too_many_arguments,
    reason = "everything that is seen at one moment"
)]
fn add_scrape(
    families: &mut Families,
    time: i64,
    row: &Row,
    lives: &[PodLife],
    cpu: &BTreeMap<&str, f64>,
    requests: f64,
    other: f64,
    vanish: Option<(i64, i64)>,
) {
    if vanish.is_none_or(|(from, to)| !(from..to).contains(&time)) {
        for (service, count) in [("web", requests), ("api", 2.0 * requests)] {
            let labels = format!(
                "exported_namespace=\"shop\",exported_service=\"{service}\",namespace=\"ingress\",status=\"200\""
            );
            families.add(
                "nginx_ingress_controller_requests",
                "counter",
                labels,
                time,
                count,
            );
        }
    }
    for (bound, share) in [("0.025", 0.5), ("0.05", 0.97), ("0.1", 1.0), ("+Inf", 1.0)] {
        let labels = format!("exported_namespace=\"shop\",exported_service=\"web\",le=\"{bound}\"");
        families.add(
            "nginx_ingress_controller_request_duration_seconds_bucket",
            "unknown",
            labels,
            time,
            requests * share,
        );
    }
    for pod in lives
        .iter()
        .filter(|it| it.created <= time && time < it.end)
    {
        let used = cpu.get(pod.name.as_str()).copied().unwrap_or(0.0);
        for (container, value) in [
            ("web", used * 0.9),
            ("log-shipper", used * 0.1),
            ("POD", 1.0),
            ("", used + 1.0),
        ] {
            let labels = format!(
                "namespace=\"shop\",pod=\"{}\",container=\"{container}\"",
                pod.name
            );
            families.add(
                "container_cpu_usage_seconds_total",
                "counter",
                labels.clone(),
                time,
                value,
            );
            families.add(
                "container_memory_working_set_bytes",
                "gauge",
                labels,
                time,
                9e7,
            );
        }
        let labels = format!("namespace=\"shop\",pod=\"{}\"", pod.name);
        families.add(
            "kube_pod_created",
            "gauge",
            labels.clone(),
            time,
            pod.created as f64,
        );
        if pod.ready <= time {
            families.add(
                "kube_pod_status_ready_time",
                "gauge",
                labels.clone(),
                time,
                pod.ready as f64,
            );
        }
        let info =
            format!("{labels},created_by_kind=\"ReplicaSet\",created_by_name=\"web-5d9f8c7b6d\"");
        families.add("kube_pod_info", "gauge", info, time, 1.0);
    }
    for pod in ["web-admin-6c9f7d8b5c-x2x4z", "api-7b5d6c8f9d-k8s42"] {
        let labels = format!("namespace=\"shop\",pod=\"{pod}\",container=\"web\"");
        families.add(
            "container_cpu_usage_seconds_total",
            "counter",
            labels,
            time,
            other,
        );
    }
    let hpa = "namespace=\"shop\",horizontalpodautoscaler=\"web\"".to_owned();
    let deployment = "namespace=\"shop\",deployment=\"web\"".to_owned();
    for (name, labels, value) in [
        (
            "kube_horizontalpodautoscaler_status_desired_replicas",
            &hpa,
            row.desired,
        ),
        (
            "kube_horizontalpodautoscaler_status_current_replicas",
            &hpa,
            row.current,
        ),
        (
            "kube_deployment_status_replicas_ready",
            &deployment,
            row.ready,
        ),
        ("kube_deployment_spec_replicas", &deployment, row.desired),
    ] {
        families.add(name, "gauge", labels.clone(), time, value);
    }
    let version = "job=\"apiserver\",git_version=\"v1.33.1-eks-595af52\"".to_owned();
    families.add("kubernetes_build_info", "gauge", version, time, 1.0);
}

/// Writes policy, trace and manifest into a folder.
pub(crate) fn write_inputs(folder: &Path) {
    for (name, text) in [
        ("truth.toml", POLICY),
        ("truth.csv", &trace()),
        ("shop.yaml", MANIFEST),
    ] {
        std::fs::write(folder.join(name), text).expect("a file");
    }
}
