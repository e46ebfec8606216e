//! `[metrics]`: the pipelines that bring metrics to the autoscaler.
//!
//! `load` checks the names of custom metrics against the trace.

use super::assumed::{Assumption, Touch};
use super::cluster_kind::ClusterKind;
use super::diagnostic::Code;
use super::keys::declared as key;
use super::keys::kinds::ShortForm;
use super::keys::{self, tables};
use super::reader::{Faults, Section};
use super::source::Sources;
use crate::cluster::config::{CustomPipeline, MetricsPipeline, StatsProvider};
use crate::control::Hpa;
use crate::hpa::spec::MetricSource;
use crate::units::SimSpan;

/// Metrics of type Pods that hpasim measures itself, per pod.
pub(super) const BUILT_IN_POD_METRICS: [&str; 3] =
    [REQUESTS_PER_SECOND, "in_flight", "queue_length"];
/// The one of them that is a counter in the pod.
const REQUESTS_PER_SECOND: &str = "requests_per_second";

/// Reads `[metrics]`.
pub(super) fn read_metrics(
    section: Option<&Section<'_>>,
    cluster: ClusterKind,
    faults: &mut Faults<'_>,
) -> MetricsPipeline {
    let stats = key::STATS.read(section, faults);
    if stats == StatsProvider::Cri {
        warn_of_housekeeping(section, faults);
    }
    let of_cluster = cluster.defaults().scrape_interval;
    MetricsPipeline {
        scrape_interval: key::SCRAPE_INTERVAL.read_or(section, of_cluster, faults),
        stats,
        housekeeping: key::HOUSEKEEPING.read(section, faults),
        housekeeping_jitter: key::HOUSEKEEPING_JITTER.read(section, faults),
        lag: key::LAG.read(section, faults),
        custom: section.and_then(|section| read_custom(section, faults)),
    }
}

/// Warns of keys about housekeeping, which the kubelet does not need for counters from the container runtime.
fn warn_of_housekeeping(section: Option<&Section<'_>>, faults: &mut Faults<'_>) {
    for name in [key::HOUSEKEEPING.name, key::HOUSEKEEPING_JITTER.name] {
        let Some(node) = section.and_then(|section| section.node(name)) else {
            continue;
        };
        faults.report(
            Code::NoEffect,
            node.origin,
            format!("`metrics.{name}` has no effect: with `stats = \"cri\"` the counter is read at the scrape"),
            "delete this key, or write `stats = \"cadvisor\"`",
        );
    }
}

/// The scrape interval, if a metrics-server of a manifest states it.
pub(super) fn interval_of_manifest(
    section: Option<&Section<'_>>,
    pipeline: &MetricsPipeline,
    sources: &Sources,
    faults: &Faults<'_>,
) -> Option<Assumption> {
    let name = key::SCRAPE_INTERVAL.name;
    let origin = section?.node(name)?.origin;
    faults.is_in_manifest(origin).then(|| {
        let file = &sources.get(origin.source).name;
        Assumption::found(
            keys::path("metrics", name),
            &format!("\"{}\"", pipeline.scrape_interval),
            format!("metrics-server in {file}"),
            &[Touch::Autoscaler],
        )
    })
}

/// A word, or a table of Prometheus and its adapter.
fn read_custom(metrics: &Section<'_>, faults: &mut Faults<'_>) -> Option<CustomPipeline> {
    let body = match key::CUSTOM.form(metrics, faults)? {
        ShortForm::Short(()) => return None,
        ShortForm::Table(body) => body,
    };
    let pipeline = CustomPipeline {
        interval: tables::CUSTOM_INTERVAL.read(Some(&body), faults),
        window: tables::CUSTOM_WINDOW.read(Some(&body), faults),
        lag: tables::CUSTOM_LAG.read(Some(&body), faults),
        gauges: tables::CUSTOM_GAUGES.read(Some(&body), faults),
    };
    refuse_window_without_two_samples(&body, &pipeline, faults);
    Some(pipeline)
}

fn refuse_window_without_two_samples(
    body: &Section<'_>,
    pipeline: &CustomPipeline,
    faults: &mut Faults<'_>,
) {
    let shortest = pipeline.shortest_window();
    if pipeline.window == SimSpan::ZERO || pipeline.window >= shortest {
        return;
    }
    faults.report(
        Code::OutOfRange,
        body.key_origin(tables::CUSTOM_WINDOW.name),
        format!(
            "`metrics.custom.window` is {}, and with a scrape every {} some queries would find fewer than two samples: a rate needs two",
            pipeline.window, pipeline.interval
        ),
        format!("write window = \"{shortest}\" or more, or \"0s\" for no range"),
    );
}

/// A metric of type Pods, Object or External.
struct ColumnMetric<'a> {
    /// Its name alone.
    name: &'a str,
    /// Its column of the trace: the name with the selector and the object.
    column: String,
    /// Whether hpasim itself measures it.
    is_built_in: bool,
}

impl ColumnMetric<'_> {
    /// Whether a name in `gauges` means this metric: its column, or its name alone, which stands for all columns of this name.
    fn is_gauge(&self, gauge: &str) -> bool {
        !self.is_built_in && (gauge == self.name || gauge == self.column)
    }
}

/// The autoscaler's metrics of type Pods, Object and External.
fn custom_metrics(autoscaler: &Hpa) -> impl Iterator<Item = ColumnMetric<'_>> {
    autoscaler.spec.metrics.iter().filter_map(|metric| {
        let is_pods = matches!(metric.source, MetricSource::Pods { .. });
        let name = match &metric.source {
            MetricSource::Pods { metric }
            | MetricSource::Object { metric, .. }
            | MetricSource::External { metric } => metric.name.as_str(),
            MetricSource::Resource { .. } | MetricSource::ContainerResource { .. } => return None,
        };
        Some(ColumnMetric {
            name,
            column: metric.source.column()?,
            is_built_in: is_pods && BUILT_IN_POD_METRICS.contains(&name),
        })
    })
}

/// Warns of keys of `[metrics.custom]` that no metric of the autoscaler obeys.
pub(super) fn check_custom(
    metrics: Option<&Section<'_>>,
    pipeline: &MetricsPipeline,
    autoscaler: Option<&Hpa>,
    faults: &mut Faults<'_>,
) {
    let (Some(custom), Some(autoscaler)) = (&pipeline.custom, autoscaler) else {
        return;
    };
    let Some(body) = metrics.and_then(|metrics| metrics.node(key::CUSTOM.name)) else {
        return;
    };
    let is_column = |name: &str| custom_metrics(autoscaler).any(|metric| metric.is_gauge(name));
    let gauges = body
        .get(tables::CUSTOM_GAUGES.name)
        .map_or(&[][..], |gauges| gauges.items());
    for gauge in gauges {
        let Some(name) = gauge.text().filter(|name| !is_column(name)) else {
            continue;
        };
        let columns: Vec<String> = custom_metrics(autoscaler)
            .filter(|metric| !metric.is_built_in)
            .map(|metric| metric.column)
            .collect();
        let near = faults.nearest_written(name, columns.iter().map(String::as_str));
        faults.report(
            Code::NoEffect,
            gauge.origin,
            format!("`metrics.custom.gauges` names `{name}`, and no metric of the autoscaler is that column of the trace"),
            near.map_or_else(
                || "delete the name".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ),
        );
    }
    let has_range = |metric: ColumnMetric<'_>| {
        if metric.is_built_in {
            metric.name == REQUESTS_PER_SECOND
        } else {
            !custom.gauges.iter().any(|gauge| metric.is_gauge(gauge))
        }
    };
    let window = body.get(tables::CUSTOM_WINDOW.name);
    if let Some(window) = window.filter(|_| custom.window > SimSpan::ZERO)
        && !custom_metrics(autoscaler).any(has_range)
    {
        faults.report(
            Code::NoEffect,
            window.origin,
            "`metrics.custom.window` has no effect: the autoscaler has no Pods, Object or External metric that is a rate or a mean",
            "delete the line",
        );
    }
}

/// The defaults of a stated `[metrics.custom]` that are in use.
pub(super) fn assumed_custom(metrics: Option<&Section<'_>>) -> Vec<Assumption> {
    let Some(body) = metrics.and_then(|metrics| metrics.node(key::CUSTOM.name)) else {
        return Vec::new();
    };
    if body.text().is_some() {
        return Vec::new();
    }
    let path = keys::path("metrics", key::CUSTOM.name);
    tables::CUSTOM
        .iter()
        .filter(|key| body.get(key.name()).is_none())
        .filter_map(|key| {
            let (value, declared) = key.assumed()?;
            let key = keys::path(&path, key.name());
            Some(Assumption::declared(key, value, declared))
        })
        .collect()
}
