//! An import as files and text: the policy, the account of what was found and assumed, and the page for the terminal.

use std::fmt::Write;

use super::human::{count, duration, significant};
use super::prose::folded;
use super::table::{Column, TableFormat, render_table};
use super::usage::policy_keys;
use crate::hpa::release::RELEASE_NAMES;
use crate::prometheus::gathered::{Found, GatheredSeries};
use crate::prometheus::queries::ImportQuantity;
use crate::results::calibration::Coefficient;
use crate::results::imported::{ClusterFacts, ImportedDay};
use crate::results::usage::{UsageFit, UsageFitError};
use crate::scenario::recorded::RecordedQuantity;
use crate::scenario::{ScaledWorkload, TraceClock};
use crate::text::markdown::escaped;
use crate::text::visible;
use crate::units::SimTime;

/// Everything that an import tells.
#[derive(Clone, Copy, Debug)]
pub struct ImportAccount<'i> {
    /// The autoscaler and its target.
    pub scaled: &'i ScaledWorkload,
    /// Where the answers came from: the server without credentials, or the files.
    pub origin: &'i str,
    /// The answers.
    pub gathered: &'i GatheredSeries,
    /// The day in them.
    pub day: &'i ImportedDay,
    /// How the pods become Ready, for the start-up in the policy.
    pub readiness: Readiness,
    /// External and Object metrics of the autoscaler without a query.
    pub unasked: &'i [String],
    /// What a request and a pod use, or why that is not known.
    pub usage: &'i Result<UsageFit, UsageFitError>,
}

/// When a pod of the target becomes Ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Readiness {
    /// As soon as its containers have started.
    AtItsStart,
    /// With a readiness probe every so many seconds.
    Probed {
        /// The period of the probe in seconds.
        period_seconds: f64,
    },
}

impl ImportAccount<'_> {
    /// The policy, which names `manifest` as its manifest.
    #[must_use]
    pub fn policy(&self, manifest: &str) -> String {
        let ScaledWorkload {
            namespace,
            autoscaler,
            ..
        } = self.scaled;
        let mut text = format!(
            "# {} as {} recorded it, by `hpasim import`; import.md says how sure each number is.\n",
            visible(&format!("{namespace}/{autoscaler}")),
            visible(self.origin)
        );
        let _ = writeln!(text, "manifest = \"{manifest}\"");
        if let Some(kind) = self.day.cluster.as_ref().and_then(|it| it.kind) {
            let _ = writeln!(text, "cluster = \"{kind}\"");
        }
        let mut tables: Vec<(&str, Vec<String>)> = Vec::new();
        let mut add = |table: &'static str, line: String| match tables
            .iter_mut()
            .find(|(known, _)| *known == table)
        {
            Some((_, lines)) => lines.push(line),
            None => tables.push((table, vec![line])),
        };
        // `hpasim` refuses a release that it does not know.
        if let Some(release) = self.known_release() {
            add("controller", format!("kubernetes = \"{release}\""));
        }
        let keys = self.usage.as_ref().ok().and_then(policy_keys);
        for (table, line) in keys.into_iter().flatten() {
            add(table, line);
        }
        if let Some(bytes) = self.day.memory_of_a_pod {
            add(
                "workload",
                format!("memory_base = \"{}Mi\"", mebibytes(bytes)),
            );
        }
        for line in self.start_lines() {
            add("pod", line);
        }
        for (table, lines) in tables {
            let _ = write!(text, "\n[{table}]\n{}\n", lines.join("\n"));
        }
        text
    }

    /// The release in a policy's words, if the version names one that hpasim knows.
    fn known_release(&self) -> Option<&str> {
        let release = self.day.cluster.as_ref()?.release.as_deref()?;
        let is_known = RELEASE_NAMES.iter().any(|(name, _)| *name == release);
        is_known.then_some(release)
    }

    /// The time from creation to Ready as keys of `[pod]`.
    ///
    /// With a probe, a pod waits for the next one: half a period on average, which the simulation adds again.
    fn start_lines(&self) -> Vec<String> {
        let Some(delays) = self.day.start else {
            return Vec::new();
        };
        let (key, wait) = match self.readiness {
            Readiness::AtItsStart => ("start", 0.0),
            Readiness::Probed { period_seconds } => ("init", period_seconds / 2.0),
        };
        let median = (delays.median_seconds - wait).max(0.1);
        let p99 = (delays.p99_seconds - wait).max(median * 1.01);
        let mut lines = vec![
            "schedule = \"0s\"".to_owned(),
            "image_pull = \"0s\"".to_owned(),
        ];
        if key == "init" {
            lines.push("start = \"0s\"".to_owned());
        }
        lines.push(format!(
            "{key} = {{ dist = \"lognormal\", median = \"{}s\", p99 = \"{}s\" }}",
            significant(median),
            significant(p99)
        ));
        lines
    }

    /// `import.md`.
    #[must_use]
    pub fn markdown(&self) -> String {
        let ScaledWorkload {
            namespace,
            autoscaler,
            kind,
            name,
            ..
        } = self.scaled;
        let (from, to) = self.span();
        let mut text = format!(
            "# {} {} from {from} to {to}\n\n",
            escaped(&format!("{namespace}/{autoscaler}")),
            escaped(&format!("({kind} {name})"))
        );
        let _ = writeln!(text, "Asked: {}.\n\n## Found\n", code(self.origin));
        let rows: Vec<Vec<String>> = self
            .gathered
            .found
            .iter()
            .map(|found| {
                let values: usize = found.series.iter().map(|it| it.values.len()).sum();
                vec![
                    escaped(&title_of(found)),
                    found.series.len().to_string(),
                    values.to_string(),
                ]
            })
            .collect();
        let columns = [
            Column::left("quantity"),
            Column::right("series"),
            Column::right("values"),
        ];
        text.push_str(&render_table(&columns, &rows, TableFormat::Markdown));
        text.push_str("\n## Queries\n\n");
        for found in &self.gathered.found {
            let _ = writeln!(
                text,
                "- {}: {}",
                escaped(&title_of(found)),
                code(&found.query)
            );
        }
        for (title, sentences) in [
            ("How sure", self.certain()),
            ("Assumed", self.assumed()),
            ("Missing", self.missing()),
        ] {
            if !sentences.is_empty() {
                let list = sentences.iter().map(|it| format!("- {}\n", escaped(it)));
                let _ = write!(text, "\n## {title}\n\n{}", list.collect::<String>());
            }
        }
        text.push_str("\nNext: `hpasim backtest` on this folder says how well a simulation repeats what happened.\n");
        text
    }

    /// The page for the terminal.
    #[must_use]
    pub fn page(&self) -> String {
        let ScaledWorkload {
            namespace,
            autoscaler,
            ..
        } = self.scaled;
        let (from, to) = self.span();
        let mut page = folded(
            "",
            &visible(&format!(
                "{namespace}/{autoscaler} from {from} to {to}, from {}",
                self.origin
            )),
        );
        page.push('\n');
        let rows: Vec<Vec<String>> = self
            .gathered
            .found
            .iter()
            .filter_map(|found| {
                Some(vec![
                    visible(&title_of(found)).into_owned(),
                    self.range_of(found)?,
                ])
            })
            .collect();
        page.push_str(&render_table(
            &[Column::left("found"), Column::left("values")],
            &rows,
            TableFormat::Plain,
        ));
        for (lead, sentences) in [
            ("", self.certain()),
            ("assumed: ", self.assumed()),
            ("missing: ", self.missing()),
        ] {
            if !sentences.is_empty() {
                page.push('\n');
            }
            for sentence in sentences {
                page.push_str(&folded(lead, &visible(&sentence)));
            }
        }
        page
    }

    fn span(&self) -> (String, String) {
        let clock = self.day.recorded.clock();
        let end = self
            .day
            .recorded
            .rows
            .last()
            .map_or(SimTime::ZERO, |row| row.time);
        let text = |time: SimTime| {
            clock.as_ref().map_or_else(
                || duration(time.as_secs_f64()),
                |clock: &TraceClock| clock.rfc3339(time),
            )
        };
        (text(SimTime::ZERO), text(end))
    }

    /// The least and the greatest value of what was found, in the unit of `recorded.csv`.
    fn range_of(&self, found: &Found) -> Option<String> {
        let quantity = match found.quantity {
            None
            | Some(
                ImportQuantity::SpecReplicas
                | ImportQuantity::ReplicaSets
                | ImportQuantity::ControllerStart,
            ) => {
                return None;
            }
            Some(ImportQuantity::Release) => {
                return self
                    .day
                    .cluster
                    .as_ref()
                    .map(|it| visible(&it.version).into_owned());
            }
            Some(ImportQuantity::ReadyDelay) => {
                let start = self.day.start?;
                return Some(format!(
                    "{} pods: median {}, p99 {}",
                    start.pods,
                    duration(start.median_seconds),
                    duration(start.p99_seconds)
                ));
            }
            Some(quantity) => recorded_quantity(quantity)?,
        };
        let values = self
            .day
            .recorded
            .rows
            .iter()
            .filter_map(|row| row.value(quantity));
        let (mut least, mut greatest, mut number) = (f64::INFINITY, f64::NEG_INFINITY, 0);
        for value in values {
            least = least.min(value);
            greatest = greatest.max(value);
            number += 1;
        }
        let unit = match quantity {
            RecordedQuantity::CpuMillicores => "m",
            RecordedQuantity::P95Ms | RecordedQuantity::P99Ms => " ms",
            RecordedQuantity::Rps => "/s",
            _ => "",
        };
        let text = |value: f64| match quantity {
            RecordedQuantity::MemoryBytes => format!("{}Mi", mebibytes(value)),
            RecordedQuantity::FailedShare | RecordedQuantity::ThrottledShare => {
                super::human::percent(value)
            }
            _ => format!("{}{unit}", significant(value)),
        };
        (number > 0).then(|| {
            format!(
                "{} to {} ({} values)",
                text(least),
                text(greatest),
                count(f64::from(number))
            )
        })
    }

    /// What is known, and how well.
    fn certain(&self) -> Vec<String> {
        let mut sentences = self
            .usage
            .as_ref()
            .map_or_else(|_| Vec::new(), usage_sentences);
        if let Some(found) = self.gathered.of(ImportQuantity::Requests) {
            if let Some(source) = found.source {
                sentences.push(format!("The requests are those that {source} counted."));
            }
            if !found.also.is_empty() {
                sentences.push(format!(
                    "{} counts requests too; choose its query with `--rps`.",
                    found.also.join(" and ")
                ));
            }
        }
        if let Some(interval) = self.gathered.scrape_interval {
            sentences.push(format!(
                "The containers are scraped every {interval} s; rates are means over {} s.",
                self.gathered
                    .of(ImportQuantity::Cpu)
                    .and_then(|it| it.window)
                    .unwrap_or(self.gathered.window)
            ));
        }
        for (from, to) in &self.day.gaps {
            sentences.push(format!(
                "The load has no value from {} to {}; a value beside it stands in, and a backtest leaves the time out.",
                self.time_text(*from),
                self.time_text(*to)
            ));
        }
        let mut events: Vec<(&str, usize)> = Vec::new();
        let named = self
            .day
            .recorded
            .rows
            .iter()
            .filter_map(|row| row.event.as_deref());
        for event in named.flat_map(|it| it.split("; ")) {
            match events.iter_mut().find(|(known, _)| *known == event) {
                Some((_, rows)) => *rows += 1,
                None => events.push((event, 1)),
            }
        }
        for (event, rows) in events {
            sentences.push(format!(
                "{rows} rows are marked as {event}, and a backtest leaves them out."
            ));
        }
        for remark in self.gathered.found.iter().flat_map(|it| &it.remarks) {
            sentences.push(format!("The server says: {remark}"));
        }
        sentences
    }

    fn time_text(&self, time: SimTime) -> String {
        let clock = self.day.recorded.clock();
        clock.map_or_else(|| duration(time.as_secs_f64()), |clock| clock.rfc3339(time))
    }

    fn assumed(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        match &self.day.cluster {
            None => sentences.push(
                "The release of Kubernetes and the kind of cluster are hpasim's defaults; set `controller.kubernetes` and `cluster`."
                    .to_owned(),
            ),
            Some(ClusterFacts { kind: None, version, .. }) => sentences.push(format!(
                "{version} does not name the kind of cluster, so metrics-server scrapes as on kubeadm; set `cluster`."
            )),
            Some(_) => {}
        }
        if let Some(cluster) = self
            .day
            .cluster
            .as_ref()
            .filter(|_| self.known_release().is_none())
        {
            sentences.push(format!(
                "hpasim does not know the release of {}, so the controller is that of the default release; set `controller.kubernetes`.",
                cluster.version
            ));
        }
        let containers: Vec<&str> = self
            .gathered
            .of(ImportQuantity::Cpu)
            .map_or(&[][..], |found| &found.series)
            .iter()
            .filter_map(|it| it.label("container"))
            .filter(|it| Some(*it) != self.scaled.application.as_deref())
            .collect();
        if !containers.is_empty() {
            sentences.push(format!(
                "The CPU of {} counts as the application's in the cost of a request.",
                containers.join(", ")
            ));
        }
        if self
            .usage
            .as_ref()
            .is_ok_and(|fit| policy_keys(fit).is_none())
        {
            sentences.push(
                "The cost of a request is too uncertain for a policy, so it is hpasim's default."
                    .to_owned(),
            );
        }
        if self.day.is_cpu_the_load && self.day.traffic.is_some() {
            sentences.push(
                "No requests were found, so the load is the CPU that the pods used. At their limit they would have used more."
                    .to_owned(),
            );
        }
        if self.day.start.is_some() && self.readiness == Readiness::AtItsStart {
            sentences.push(
                "The pods have no readiness probe, so a pod serves as soon as it is Ready; set `pod.init` if it cannot.".to_owned(),
            );
        }
        sentences
    }

    fn missing(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if let Err(why) = self.usage {
            sentences.push(format!("The cost of a request is hpasim's default: {why}."));
        }
        for metric in self.unasked {
            sentences.push(format!(
                "The autoscaler's metric {metric} has no column in traffic.csv, so a simulation refuses it; give its query: --metric '{metric}=QUERY'."
            ));
        }
        for (quantity, tried) in &self.gathered.missing {
            sentences.push(match quantity {
                ImportQuantity::Requests => format!(
                    "No requests per second: none of {tried} usual series is there. Give a query with `--rps`."
                ),
                ImportQuantity::ReadyDelay => "No start of a pod, or no kube_pod_status_ready_time (kube-state-metrics 2.7): \
                     the start-up is hpasim's default."
                    .to_owned(),
                ImportQuantity::ControllerStart => "A restart of the controller is not seen: its metrics are not here.".to_owned(),
                other => format!("{}: none of {tried} usual series is there.", capitalized(other.title())),
            });
        }
        if self.day.start.is_none() && self.gathered.of(ImportQuantity::ReadyDelay).is_some() {
            sentences.push("Too few pods started to say how long that takes; the start-up is hpasim's default.".to_owned());
        }
        if self.gathered.questions == 0 {
            sentences.push("Latency, failures, memory, throttling, the start of pods and events: the files do not hold them.".to_owned());
        }
        for refused in &self.gathered.refused {
            sentences.push(refused.to_string().replace('\n', " "));
        }
        sentences
    }
}

/// What a fit says, with its intervals.
fn usage_sentences(fit: &UsageFit) -> Vec<String> {
    let interval = |estimate: &Coefficient, unit: &str| {
        format!(
            "{}{unit} (95 %: {} to {})",
            significant(estimate.value),
            significant(estimate.low),
            significant(estimate.high)
        )
    };
    let mut sentences = vec![format!(
        "A request costs {} of CPU, and a pod without requests uses {}: {} of {} readings, R² {:.3}.",
        interval(&fit.cpu_per_request_ms, " ms"),
        interval(&fit.idle_cpu_millicores, "m"),
        fit.rows_used,
        fit.rows,
        fit.r_squared
    )];
    if fit.by_hour.as_ref().is_some_and(|it| it.changes) {
        sentences.push("The cost changes with the hour of the day; `hpasim calibrate` on recorded.csv shows how.".to_owned());
    }
    sentences
}

fn title_of(found: &Found) -> String {
    match (found.quantity, &found.metric) {
        (Some(quantity), _) => quantity.title().to_owned(),
        (None, metric) => format!("metric {}", metric.as_deref().unwrap_or_default()),
    }
}

/// A text as code of Markdown, in one line.
fn code(text: &str) -> String {
    format!("`{}`", visible(&text.replace('`', "'").replace('\n', " ")))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

fn mebibytes(bytes: f64) -> u64 {
    (bytes / f64::from(1 << 20)).round().max(1.0) as u64
}

fn recorded_quantity(quantity: ImportQuantity) -> Option<RecordedQuantity> {
    Some(match quantity {
        ImportQuantity::Requests => RecordedQuantity::Rps,
        ImportQuantity::FailedShare => RecordedQuantity::FailedShare,
        ImportQuantity::LatencyP95 => RecordedQuantity::P95Ms,
        ImportQuantity::LatencyP99 => RecordedQuantity::P99Ms,
        ImportQuantity::Cpu => RecordedQuantity::CpuMillicores,
        ImportQuantity::Memory => RecordedQuantity::MemoryBytes,
        ImportQuantity::Throttled => RecordedQuantity::ThrottledShare,
        ImportQuantity::DesiredReplicas => RecordedQuantity::DesiredReplicas,
        ImportQuantity::CurrentReplicas => RecordedQuantity::CurrentReplicas,
        ImportQuantity::ReadyReplicas => RecordedQuantity::ReadyReplicas,
        _ => return None,
    })
}
