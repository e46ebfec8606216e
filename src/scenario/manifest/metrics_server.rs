//! A metrics-server among the objects of a manifest: how often it scrapes.
//!
//! It belongs to the cluster, so it is not the workload that is simulated.

use super::super::diagnostic::{Code, Diagnostic};
use super::super::source::{Origin, Sources};
use super::super::tree::{Node, Table, Value};
use super::super::values;
use super::{KeyNote, Object, Objects, image_name};
use crate::units::SimSpan;

/// The flag of metrics-server (`cmd/metrics-server/app/options/options.go`).
const FLAG: &str = "--metric-resolution";
/// Read by pflag as `-m`, which metrics-server does not have.
const ONE_HYPHEN: &str = "-metric-resolution";
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

/// What the metrics-server among the objects says about the scrape interval.
#[derive(Debug, Default)]
pub(super) struct ScrapeInterval {
    /// `[metrics]` with the interval, if it is known.
    pub(super) metrics: Option<Node>,
    /// What is wrong with it.
    notes: Vec<Diagnostic>,
}

impl ScrapeInterval {
    /// What is wrong with it, which matters unless a policy states an interval of its own.
    pub(super) fn into_notes(self) -> impl Iterator<Item = KeyNote> {
        self.notes.into_iter().map(|warning| KeyNote {
            section: "metrics",
            key: "scrape_interval",
            warning,
        })
    }
}

/// The scrape interval of the metrics-server among `objects`, if there is one; of several the last counts. The simulated
/// `application` never counts as one.
pub(super) fn scrape_interval(
    objects: &Objects,
    application: &Object,
    sources: &Sources,
) -> ScrapeInterval {
    let servers = objects
        .list
        .iter()
        .filter(|it| it.is_metrics_server() && !std::ptr::eq(*it, application));
    let servers: Vec<&Object> = servers.collect();
    let Some((server, container)) = servers
        .last()
        .and_then(|server| Some((server, container_of(server)?)))
    else {
        return ScrapeInterval::default();
    };
    let mut notes = Vec::new();
    if servers.len() > 1 {
        notes.push(Diagnostic::at(
            sources,
            Code::NoEffect,
            server.name_origin(),
            format!(
                "the manifest has {} metrics-servers, and only this last one counts",
                servers.len()
            ),
            "delete the others, or write metrics.scrape_interval into a policy",
        ));
    }
    let (text, origin) = match resolution_of(container) {
        None => (FLAG_DEFAULT.to_owned(), container.origin),
        Some(flag) => {
            if let Err(fault) = check(&flag, sources) {
                notes.push(fault);
                return ScrapeInterval {
                    metrics: None,
                    notes,
                };
            }
            let Resolution::Text(text) = flag.resolution else {
                notes.push(Diagnostic::at(
                    sources,
                    Code::NoEffect,
                    flag.origin,
                    "the scrape interval of metrics-server is unknown, and the default is used: the container's `env` has no value for the variable in `--metric-resolution`",
                    "write the value into `--metric-resolution`, or metrics.scrape_interval into a policy",
                ));
                return ScrapeInterval {
                    metrics: None,
                    notes,
                };
            };
            (text, flag.origin)
        }
    };
    let mut table = Table::default();
    table.put("scrape_interval", Node::new(Value::Text(text), origin));
    ScrapeInterval {
        metrics: Some(Node::new(Value::Table(table), origin)),
        notes,
    }
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

/// The flag as written.
struct Flag {
    resolution: Resolution,
    /// The place of the value; that of the container's name if the text may hold more than a duration.
    origin: Origin,
}

/// The value of the flag.
enum Resolution {
    /// With variables replaced; empty if nothing follows the flag.
    Text(String),
    /// A variable without a value in the manifest.
    Unknown,
    /// The flag is written so that metrics-server does not know it.
    NoFlag,
}

/// A word of a container's command.
#[derive(Clone, Copy)]
struct CommandWord<'n> {
    text: &'n str,
    origin: Origin,
    /// Whether a shell reads it.
    is_in_line: bool,
}

/// The words of the container's command. An item that begins with a hyphen is one word; any other item with spaces is a line of a shell.
fn words_of(container: &Node) -> impl Iterator<Item = CommandWord<'_>> {
    let lists = ["command", "args"].map(|key| container.get(key).map_or(&[][..], Node::items));
    lists.into_iter().flatten().flat_map(|item| {
        let text = item.text().unwrap_or_default();
        let has_spaces = text.split_whitespace().nth(1).is_some();
        let is_in_line = has_spaces && !text.starts_with('-');
        // The excerpt of a message shows the item. Anything but a plain duration may be confidential.
        let value = text.split_once('=').map_or(text, |(_, value)| value);
        let name = container
            .get("name")
            .filter(|_| has_spaces || !may_be_shown(value));
        let origin = name.map_or(item.origin, |name| name.origin);
        let whole = (!is_in_line).then_some(text);
        let parts = is_in_line.then(|| text.split_whitespace());
        let words = whole.into_iter().chain(parts.into_iter().flatten());
        words.map(move |word| CommandWord {
            text: word.trim_matches(['"', '\'']),
            origin,
            is_in_line,
        })
    })
}

/// The longest text that is shown as a duration.
const SHOWN_MAX: usize = 12;

/// Whether a text is so short and plain that it is a duration, a misspelt one, or a flag.
fn may_be_shown(text: &str) -> bool {
    let text = text.trim_matches(['"', '\'']);
    let is_plain = |letter: char| letter.is_ascii_digit() || "hmsuµn.".contains(letter);
    let begins_as_number = text.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let is_short = text.chars().count() <= SHOWN_MAX;
    text == FLAG || (begins_as_number && is_short && text.chars().all(is_plain))
}

/// The last `--metric-resolution` of the container, because Go takes the last of equal flags; or the first that is no flag.
///
/// It is one item (`--metric-resolution=15s`), two items, or within a line of a shell.
fn resolution_of(container: &Node) -> Option<Flag> {
    let mut words = words_of(container);
    let mut last = None;
    while let Some(word) = words.next() {
        let (flag, value) = match word.text.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word.text, None),
        };
        let is_misspelt = flag == ONE_HYPHEN || flag.split_whitespace().next() == Some(FLAG);
        if flag != FLAG && is_misspelt {
            return Some(Flag {
                resolution: Resolution::NoFlag,
                origin: word.origin,
            });
        }
        if flag != FLAG {
            continue;
        }
        let value = match value {
            Some(text) => CommandWord { text, ..word },
            None => words.next().unwrap_or(CommandWord { text: "", ..word }),
        };
        last = Some(Flag {
            resolution: expanded(value, container),
            origin: value.origin,
        });
    }
    last
}

/// A value after Kubernetes has replaced `$(NAME)`, and a shell `$NAME` and `${NAME}`, by the container's `env`.
fn expanded(value: CommandWord<'_>, container: &Node) -> Resolution {
    let text = value.text.trim_matches(['"', '\'']);
    let within = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
    let of_shell = || within("${", "}").or_else(|| within("$", ""));
    let name = within("$(", ")").or_else(|| value.is_in_line.then(of_shell).flatten());
    let Some(name) = name else {
        return match text.contains("$(") {
            true => Resolution::Unknown,
            false => Resolution::Text(text.to_owned()),
        };
    };
    let variables = container.get("env").map_or(&[][..], Node::items);
    let is_it = |it: &&Node| it.get("name").and_then(Node::text) == Some(name);
    let variable = variables.iter().rfind(is_it);
    let found = variable
        .and_then(|it| it.get("value")?.text())
        .filter(|text| !text.contains('$'));
    found.map_or(Resolution::Unknown, |text| {
        Resolution::Text(text.to_owned())
    })
}

/// Refuses what metrics-server refuses. The message does not repeat the text, because arguments may be confidential.
fn check(flag: &Flag, sources: &Sources) -> Result<(), Diagnostic> {
    let refused = |code: Code, message: String, help: &str| {
        Err(Diagnostic::at(sources, code, flag.origin, message, help))
    };
    let text = match &flag.resolution {
        Resolution::Text(text) => text,
        Resolution::Unknown => return Ok(()),
        Resolution::NoFlag => {
            return refused(
                Code::BadDuration,
                "metrics-server does not know this form of `--metric-resolution`, so metrics-server would not start".to_owned(),
                "write two hyphens and an equals sign in one item, such as `--metric-resolution=15s`",
            );
        }
    };
    let Ok(resolution) = values::parse_duration(text) else {
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
