//! Recorded runs: the replicas of a real autoscaler, and its load.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use hpasim::results::forecast::error_of_best_constant;
use hpasim::scenario::formats::csv_text::to_csv;
use hpasim::scenario::formats::{ReadOptions, RecordedUtilization, read_recording};
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
    current_replicas: Option<f64>,
}

/// The column that shows the decisions of an autoscaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decided {
    /// `desired_replicas`: the last decision.
    Desired,
    /// `current_replicas`: `status.replicas`, at most one sample late. It is complete where events of rescales are missing.
    Current,
}

/// The metadata of a recording.
#[derive(Debug, Deserialize)]
pub(crate) struct Meta {
    /// The load in words, where there is no list of users.
    #[serde(default)]
    pub(crate) load: String,
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

/// What was measured before the run.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum CapacityProbe {
    /// Users, requests per second and the median millicores of a pod, as text.
    Measured { rows: Vec<[String; 3]> },
    /// A sentence.
    Said(#[expect(dead_code, reason = "for readers of the file")] String),
}

/// A recorded run.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) samples: Vec<Sample>,
    pub(crate) meta: Meta,
}

/// The folder of the recordings; `None` if it is missing.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/validation");
    folder.is_dir().then_some(folder)
}

/// The recording called `name`.
pub(crate) fn read(folder: &Path, name: &str, decided: Decided) -> Recorded {
    let mut reader =
        csv::Reader::from_path(folder.join(format!("{name}.csv"))).expect("a recording");
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    let sample = |row: Row| {
        let replicas = match decided {
            Decided::Desired => row.desired_replicas,
            Decided::Current => row.current_replicas,
        };
        replicas.map(|replicas| Sample {
            seconds: row.time_s,
            replicas,
        })
    };
    let meta = std::fs::read(folder.join(format!("{name}.meta.json"))).expect("its meta data");
    Recorded {
        samples: rows.filter_map(sample).collect(),
        meta: serde_json::from_slice(&meta).expect("meta data that can be read"),
    }
}

/// The CPU of the recording called `name`, as `hpasim trace convert` computes it.
pub(crate) fn cpu_by_pods_of_then(name: &str, columns: &RecordedUtilization) -> String {
    converted(name, &bytes_of(name), columns)
}

/// The CPU with the replicas at the time of each reading, as if these had been those of the earlier time too.
pub(crate) fn cpu_by_pods_of_now(name: &str, columns: &RecordedUtilization) -> String {
    let bytes = bytes_of(name);
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|it| it == name).expect("a column");
    let time = column("time_s");
    let (utilization, replicas) = (
        column(&columns.utilization_column),
        column(&columns.replicas_column),
    );
    let mut table = "time_s,cpu,pods\n".to_owned();
    for row in reader.records() {
        let row = row.expect("a row");
        let number = |column: usize| row[column].parse::<f64>().ok();
        let cpu = number(utilization).zip(number(replicas));
        // A row without a reading stays, because the times of a table begin with its first row.
        let cpu = cpu.map_or_else(String::new, |(percent, pods)| (percent * pods).to_string());
        let _ = writeln!(table, "{},{cpu},1", &row[time]);
    }
    let columns = RecordedUtilization {
        utilization_column: "cpu".to_owned(),
        replicas_column: "pods".to_owned(),
        ..columns.clone()
    };
    converted(name, table.as_bytes(), &columns)
}

fn bytes_of(name: &str) -> Vec<u8> {
    let folder = folder().expect("the recordings");
    std::fs::read(folder.join(format!("{name}.csv"))).expect("a recording")
}

fn converted(name: &str, bytes: &[u8], columns: &RecordedUtilization) -> String {
    let options = ReadOptions {
        utilization: Some(columns.clone()),
        ..ReadOptions::default()
    };
    let read = read_recording(name, bytes, &options);
    to_csv(
        &read.unwrap_or_else(|faults| panic!("{name}: {faults}")),
        None,
    )
}

impl Recorded {
    /// The replicas at `seconds`; before the first sample those of the first.
    fn at(&self, seconds: f64) -> f64 {
        let known = self.samples.partition_point(|it| it.seconds <= seconds);
        self.samples[known.saturating_sub(1)].replicas
    }

    /// |the constant that fits best - recorded|, mean over the samples: that constant is their median.
    pub(crate) fn error_of_best_constant(&self) -> f64 {
        let replicas: Vec<f64> = self.samples.iter().map(|it| it.replicas).collect();
        error_of_best_constant(&replicas)
    }

    /// |this run - another one of the same condition|, mean over the samples of both.
    pub(crate) fn difference(&self, other: &Self) -> f64 {
        let off = |one: &Self, two: &Self| -> f64 {
            one.samples
                .iter()
                .map(|it| (it.replicas - two.at(it.seconds)).abs())
                .sum()
        };
        let count = self.samples.len() + other.samples.len();
        (off(self, other) + off(other, self)) / count as f64
    }
}
