//! Recorded runs: the replicas of a real autoscaler, and its load.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A moment of a recorded run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Seconds since the load began.
    pub(crate) seconds: f64,
    /// `spec.replicas`: the last decision of the autoscaler.
    pub(crate) replicas: f64,
}

/// A row of a recording's CSV.
#[derive(Debug, Deserialize)]
struct Row {
    time_s: f64,
    desired_replicas: Option<f64>,
    current_replicas: f64,
    cpu_utilization_pct: Option<f64>,
}

/// The metadata of a recording.
#[derive(Debug, Deserialize)]
pub(crate) struct Meta {
    pub(crate) load_users_per_30s: Option<Vec<f64>>,
    pub(crate) rps_per_user: Option<f64>,
    pub(crate) capacity_probe: Option<CapacityProbe>,
    pub(crate) locust: Option<Locust>,
}

/// Latencies of Locust's users, in milliseconds.
#[derive(Debug, Deserialize)]
pub(crate) struct Locust {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
}

/// Users, requests per second and the median millicores of a pod, as text.
#[derive(Debug, Deserialize)]
pub(crate) struct CapacityProbe {
    pub(crate) rows: Vec<[String; 3]>,
}

/// A recorded run.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) samples: Vec<Sample>,
    /// Recorded CPU utilization x request x replicas, in millicores, where the utilization was
    /// recorded.
    pub(crate) cpu_millicores: Vec<(f64, f64)>,
    pub(crate) meta: Meta,
}

/// The folder of the recordings; `None` if it is missing.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/validation");
    folder.is_dir().then_some(folder)
}

/// The recording called `name`; `cpu_request_millicores` turns its utilization into CPU.
pub(crate) fn read(folder: &Path, name: &str, cpu_request_millicores: f64) -> Recording {
    let mut reader =
        csv::Reader::from_path(folder.join(format!("{name}.csv"))).expect("a recording");
    let rows: Vec<Row> = reader
        .deserialize()
        .map(|row| row.expect("a row"))
        .collect();
    let meta = std::fs::read(folder.join(format!("{name}.meta.json"))).expect("its meta data");
    Recording {
        samples: rows
            .iter()
            .filter_map(|row| {
                row.desired_replicas.map(|replicas| Sample {
                    seconds: row.time_s,
                    replicas,
                })
            })
            .collect(),
        cpu_millicores: rows
            .iter()
            .filter_map(|row| {
                row.cpu_utilization_pct.map(|percent| {
                    let cores = percent / 100.0 * cpu_request_millicores * row.current_replicas;
                    (row.time_s, cores)
                })
            })
            .collect(),
        meta: serde_json::from_slice(&meta).expect("meta data that can be read"),
    }
}
