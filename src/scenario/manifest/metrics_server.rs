//! A metrics-server among the objects of a manifest: how often it scrapes.
//!
//! It belongs to the cluster, so it is not the workload that is simulated.

use super::super::diagnostic::{Code, Diagnostic};
use super::super::source::{Origin, Sources};
use super::super::tree::{Node, Table, Value};
use super::super::values;
use super::{Object, Objects};
use crate::units::SimSpan;

/// The flag of metrics-server (`cmd/metrics-server/app/options/options.go`), in the forms that Go takes.
const FLAGS: [&str; 2] = ["--metric-resolution", "-metric-resolution"];
/// The flag's own default.
const FLAG_DEFAULT: &str = "60s";
/// metrics-server refuses to start with less.
const RESOLUTION_MIN: SimSpan = SimSpan::from_secs(10);
/// hpasim's own bound of `metrics.scrape_interval`.
const RESOLUTION_MAX: SimSpan = SimSpan::from_secs(3600);
/// The names of its image, of the project and as k3s packages it.
const IMAGES: [&str; 2] = ["metrics-server", "mirrored-metrics-server"];

impl Object {
    /// Whether it is a metrics-server: by an image, or by name and label.
    pub(crate) fn is_metrics_server(&self) -> bool {
        self.is_workload() && container_of(self).is_some()
    }
}

impl Objects {
    /// The objects that an autoscaler or the user may mean: all workloads but metrics-server.
    pub(super) fn applications(&self) -> impl Iterator<Item = &Object> {
        let workloads = self.list.iter().filter(|it| it.is_workload());
        workloads.filter(|it| !it.is_metrics_server())
    }
}

/// `[metrics]` as the metrics-server among `objects` has it, if there is one; of several the last counts.
///
/// # Errors
/// Its flag is not what metrics-server accepts.
pub(super) fn metrics(objects: &Objects, sources: &Sources) -> Result<Option<Node>, Diagnostic> {
    let mut servers = objects.list.iter().filter(|it| it.is_metrics_server());
    let Some(container) = servers.next_back().and_then(container_of) else {
        return Ok(None);
    };
    let resolution = match resolution_of(container) {
        None => Node::new(Value::Text(FLAG_DEFAULT.to_owned()), container.origin),
        Some(flag) => {
            check(&flag, sources)?;
            Node::new(Value::Text(flag.value), flag.origin)
        }
    };
    let origin = resolution.origin;
    let mut table = Table::default();
    table.put("scrape_interval", resolution);
    Ok(Some(Node::new(Value::Table(table), origin)))
}

/// The faults of every metrics-server among `objects`.
pub(crate) fn faults<'o>(
    objects: impl Iterator<Item = &'o Object>,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let flags = objects
        .filter(|it| it.is_metrics_server())
        .filter_map(|server| resolution_of(container_of(server)?));
    flags
        .filter_map(|flag| check(&flag, sources).err())
        .collect()
}

/// The container of metrics-server: by its image, or in a Deployment with its name and label.
fn container_of(object: &Object) -> Option<&Node> {
    let pod = object.tree.at(&["spec", "template", "spec"])?;
    let containers = pod.get("containers")?.items();
    let text = |node: &'_ Node, key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let by_image = containers.iter().find(|container| {
        text(container, "image").is_some_and(|image| IMAGES.contains(&image_name(&image)))
    });
    let labels = object.tree.at(&["metadata", "labels"]);
    let is_labelled = ["k8s-app", "app.kubernetes.io/name"]
        .iter()
        .any(|label| labels.and_then(|it| text(it, label)).as_deref() == Some("metrics-server"));
    let by_label = || {
        let named =
            |container: &&Node| text(container, "name").as_deref() == Some("metrics-server");
        let own = containers.iter().find(named).or_else(|| containers.first());
        own.filter(|_| is_labelled && object.name == "metrics-server")
    };
    by_image.or_else(by_label)
}

/// `metrics-server` of `registry.k8s.io/metrics-server/metrics-server:v0.8.0`.
fn image_name(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or(image);
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(':').next().unwrap_or(name)
}

/// The flag as written.
struct Flag {
    /// Empty if nothing follows the flag.
    value: String,
    /// The place of the value; of a line of a shell, which may hold other arguments, that of the container's name.
    origin: Origin,
}

/// The last `--metric-resolution` of the container, because Go takes the last of equal flags.
///
/// It is one item (`--metric-resolution=15s`), two items, or within a line of a shell.
fn resolution_of(container: &Node) -> Option<Flag> {
    let lists = ["command", "args"].map(|key| container.get(key).map_or(&[][..], Node::items));
    let mut words = lists.into_iter().flatten().flat_map(|item| {
        let text = item.text().unwrap_or_default();
        let is_line = text.split_whitespace().nth(1).is_some();
        let name = container.get("name").filter(|_| is_line);
        let origin = name.map_or(item.origin, |name| name.origin);
        let words = text.split_whitespace();
        words.map(move |word| (word.trim_matches(['"', '\'']), origin))
    });
    let mut last = None;
    while let Some((word, origin)) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word, None),
        };
        if !FLAGS.contains(&flag) {
            continue;
        }
        let (value, origin) = match value {
            Some(value) => (value, origin),
            None => words.next().unwrap_or(("", origin)),
        };
        last = Some(Flag {
            value: value.to_owned(),
            origin,
        });
    }
    last
}

/// Refuses what metrics-server refuses. The message does not repeat the text, because arguments may be confidential.
fn check(flag: &Flag, sources: &Sources) -> Result<(), Diagnostic> {
    let refused = |code: Code, message: String, help: &str| {
        Err(Diagnostic::at(sources, code, flag.origin, message, help))
    };
    let Ok(resolution) = values::parse_duration(&flag.value) else {
        return refused(
            Code::BadDuration,
            "`--metric-resolution` of metrics-server is not a duration, so metrics-server would not start".to_owned(),
            "write a number and its unit, such as `--metric-resolution=15s`",
        );
    };
    if (RESOLUTION_MIN..=RESOLUTION_MAX).contains(&resolution) {
        return Ok(());
    }
    let why = if resolution < RESOLUTION_MIN {
        "metrics-server requires 10s or more"
    } else {
        "hpasim simulates at most 1h"
    };
    refused(
        Code::OutOfRange,
        format!("`--metric-resolution` of metrics-server is {resolution}, and {why}"),
        "write a value from 10s to 1h, such as `--metric-resolution=15s`",
    )
}
