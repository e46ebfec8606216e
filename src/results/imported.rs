//! A day as a monitoring system recorded it: the recorded day, its traffic, and what it says about the pods.

use std::collections::BTreeMap;

use super::statistics::sorted_quantile;
use super::usage::UsageRow;
use crate::prometheus::gathered::{Found, GatheredSeries};
use crate::prometheus::queries::ImportQuantity;
use crate::prometheus::span::StepSpan;
use crate::scenario::formats::QuerySeries;
use crate::scenario::recorded::{RecordedDay, RecordedQuantity, RecordedRow};
use crate::units::{SimSpan, SimTime};
use crate::workload::{Demand, MetricColumn, Trace};

/// The pods that started, at least, before their delays say something about others.
const STARTS_MIN: usize = 3;
/// How long an autoscaler decides without its history after its controller has started: the default stabilisation window.
const WITHOUT_HISTORY: SimSpan = SimSpan::from_secs(300);
/// A longer time without a value of the load is a gap and not a late scrape.
const GAP: SimSpan = SimSpan::from_secs(300);
/// A value beyond this is a fault of an exporter.
const VALUE_GREATEST: f64 = 1e12;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// The event of a row whose load is not known.
const NO_LOAD: &str = "no load";

/// A day that was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedDay {
    /// What happened.
    pub recorded: RecordedDay,
    /// The load; `None` if nothing says what it was.
    pub traffic: Option<Trace>,
    /// Stretches of more than five minutes in which the load has no value. The value before goes on, or the first value is that of the
    /// time before it. Their rows have the event `no load`.
    pub gaps: Vec<(SimTime, SimTime)>,
    /// From the creation of a pod until it was Ready.
    pub start: Option<StartDelays>,
    /// The release and the kind of cluster.
    pub cluster: Option<ClusterFacts>,
    /// The mean memory of a ready pod's application, in bytes.
    pub memory_of_a_pod: Option<f64>,
    /// Whether the CPU of the pods stands for the load, because no requests were found.
    pub is_cpu_the_load: bool,
}

/// The times that pods took from their creation until they were Ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StartDelays {
    /// How many pods.
    pub pods: usize,
    /// Their median in seconds.
    pub median_seconds: f64,
    /// Their 99th percentile in seconds.
    pub p99_seconds: f64,
}

/// What the version of the API server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterFacts {
    /// The version as it is.
    pub version: String,
    /// The release, as `1.33`.
    pub release: Option<String>,
    /// The kind of cluster in a policy's words, if the version names it.
    pub kind: Option<&'static str>,
}

/// A quantity in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedSeries {
    /// The quantity.
    pub quantity: ImportQuantity,
    /// The name of the file.
    pub file: String,
    /// Seconds since 1970 UTC, and the value from there on.
    pub values: Vec<(f64, f64)>,
}

/// How many of its usual steps a value of a file holds.
const STEPS_HELD: f64 = 3.0;

/// The values of files at the steps of a span, as a server would have answered.
#[must_use]
pub fn gathered_series(recorded: &[RecordedSeries], span: StepSpan) -> GatheredSeries {
    let found = recorded.iter().map(|it| {
        let mut steps: Vec<f64> = it
            .values
            .windows(2)
            .map(|pair| pair[1].0 - pair[0].0)
            .collect();
        steps.sort_by(f64::total_cmp);
        let usual = sorted_quantile(&steps, 0.5).unwrap_or(f64::from(span.step));
        let at = |time: i64| {
            let seconds = time as f64;
            let next = it.values.partition_point(|(known, _)| *known <= seconds);
            let (known, value) = *it.values.get(next.checked_sub(1)?)?;
            (seconds - known <= STEPS_HELD * usual).then_some((time, value))
        };
        Found {
            quantity: Some(it.quantity),
            metric: None,
            source: None,
            also: Vec::new(),
            window: None,
            query: it.file.clone(),
            series: vec![QuerySeries {
                labels: Vec::new(),
                values: span.times().filter_map(at).collect(),
            }],
            remarks: Vec::new(),
        }
    });
    GatheredSeries {
        found: found.collect(),
        ..GatheredSeries::default()
    }
}

/// The day in the answers of a server. `application` is the container that serves.
#[must_use]
pub fn imported_day(
    gathered: &GatheredSeries,
    span: StepSpan,
    application: Option<&str>,
) -> ImportedDay {
    let columns = StepValues::of(gathered);
    let mut rows: Vec<RecordedRow> = span
        .times()
        .map(|time| columns.row(time, time_since(span.start, time)))
        .collect();
    mark_events(&mut rows, &columns, span);
    let mut recorded = RecordedDay {
        origin_nanos: span.start.checked_mul(NANOS_PER_SECOND),
        rows,
        ..RecordedDay::default()
    };
    let has_requests = recorded.has(RecordedQuantity::Rps);
    let (traffic, gaps) = traffic_of(&recorded, gathered, span);
    let is_within = |time: SimTime| gaps.iter().any(|(from, to)| (*from..*to).contains(&time));
    for row in recorded.rows.iter_mut().filter(|row| is_within(row.time)) {
        row.add_event(NO_LOAD);
    }
    ImportedDay {
        traffic,
        gaps,
        start: start_delays(gathered.of(ImportQuantity::ReadyDelay)),
        cluster: gathered.of(ImportQuantity::Release).and_then(cluster_facts),
        memory_of_a_pod: memory_of_a_pod(gathered, application),
        is_cpu_the_load: !has_requests,
        recorded,
    }
}

impl ImportedDay {
    /// The readings for a fit of cost and idle use.
    #[must_use]
    pub fn usage_rows(&self) -> Vec<UsageRow> {
        let rows = self.recorded.rows.iter().map(|row| UsageRow {
            time_s: row.time.as_secs_f64(),
            rps: row.value(RecordedQuantity::Rps),
            cpu_millicores: row.value(RecordedQuantity::CpuMillicores),
            replicas: row
                .value(RecordedQuantity::ReadyReplicas)
                .or(row.value(RecordedQuantity::CurrentReplicas)),
        });
        rows.collect()
    }
}

fn time_since(start: i64, time: i64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(time - start)
}

/// One value for each step of each quantity.
struct StepValues {
    numbers: BTreeMap<ImportQuantity, BTreeMap<i64, f64>>,
}

impl StepValues {
    fn of(gathered: &GatheredSeries) -> Self {
        let numbers = gathered.found.iter().filter_map(|found| {
            let quantity = found.quantity?;
            Some((quantity, summed(&found.series)))
        });
        Self {
            numbers: numbers.collect(),
        }
    }

    fn at(&self, quantity: ImportQuantity, time: i64) -> Option<f64> {
        self.numbers.get(&quantity)?.get(&time).copied()
    }

    fn row(&self, time: i64, since: SimTime) -> RecordedRow {
        let mut row = RecordedRow::at(since);
        let share = |quantity| self.at(quantity, time).map(|it| it.clamp(0.0, 1.0));
        let values = [
            (
                RecordedQuantity::Rps,
                self.at(ImportQuantity::Requests, time),
            ),
            (
                RecordedQuantity::CpuMillicores,
                self.at(ImportQuantity::Cpu, time).map(|cores| cores * 1e3),
            ),
            (
                RecordedQuantity::MemoryBytes,
                self.at(ImportQuantity::Memory, time),
            ),
            (
                RecordedQuantity::ThrottledShare,
                share(ImportQuantity::Throttled),
            ),
            (
                RecordedQuantity::DesiredReplicas,
                self.at(ImportQuantity::DesiredReplicas, time),
            ),
            (
                RecordedQuantity::CurrentReplicas,
                self.at(ImportQuantity::CurrentReplicas, time),
            ),
            (
                RecordedQuantity::ReadyReplicas,
                self.at(ImportQuantity::ReadyReplicas, time),
            ),
            (
                RecordedQuantity::P95Ms,
                self.at(ImportQuantity::LatencyP95, time),
            ),
            (
                RecordedQuantity::P99Ms,
                self.at(ImportQuantity::LatencyP99, time),
            ),
            (
                RecordedQuantity::FailedShare,
                share(ImportQuantity::FailedShare),
            ),
        ];
        for (quantity, value) in values {
            // No counter and no gauge of these is below zero or beyond a thousand billion.
            row.set(
                quantity,
                value.filter(|it| (0.0..=VALUE_GREATEST).contains(it)),
            );
        }
        row
    }
}

/// The sum of series at each time at which any of them has a value.
fn summed(series: &[QuerySeries]) -> BTreeMap<i64, f64> {
    let mut sums = BTreeMap::new();
    for (time, value) in series.iter().flat_map(|it| &it.values) {
        *sums.entry(*time).or_insert(0.0) += value;
    }
    sums
}

/// Marks rollouts, manual scaling and the time after a start of the controller.
fn mark_events(rows: &mut [RecordedRow], columns: &StepValues, span: StepSpan) {
    let times: Vec<i64> = span.times().collect();
    // One scrape between the write of spec and of status is no manual scaling.
    let differs: Vec<bool> = times
        .iter()
        .map(|time| {
            let spec = columns.at(ImportQuantity::SpecReplicas, *time);
            let desired = columns.at(ImportQuantity::DesiredReplicas, *time);
            spec.zip(desired)
                .is_some_and(|(spec, desired)| (spec - desired).abs() > 0.5)
        })
        .collect();
    let mut started: Option<f64> = None;
    let mut restarted: Option<SimTime> = None;
    for (index, row) in rows.iter_mut().enumerate() {
        let time = times[index];
        if columns
            .at(ImportQuantity::ReplicaSets, time)
            .is_some_and(|sets| sets > 1.0)
        {
            row.add_event("rollout");
        }
        let start = columns.at(ImportQuantity::ControllerStart, time);
        // The exporter's clock may tremble by less than a second.
        if started
            .zip(start)
            .is_some_and(|(before, now)| now > before + 1.0)
        {
            restarted = Some(row.time);
        }
        started = start.or(started);
        if restarted.is_some_and(|at| row.time - at < WITHOUT_HISTORY) {
            row.add_event("controller restart");
        }
        let near = index.checked_sub(1).and_then(|it| differs.get(it)) == Some(&true)
            || differs.get(index + 1) == Some(&true);
        if differs[index] && near {
            row.add_event("manual scaling");
        }
    }
}

/// The load as a trace, and its gaps. Without requests it is the CPU of the pods.
fn traffic_of(
    day: &RecordedDay,
    gathered: &GatheredSeries,
    span: StepSpan,
) -> (Option<Trace>, Vec<(SimTime, SimTime)>) {
    let quantity = match day.has(RecordedQuantity::Rps) {
        true => RecordedQuantity::Rps,
        false => RecordedQuantity::CpuMillicores,
    };
    let with_load: Vec<(SimTime, f64)> = day
        .rows
        .iter()
        .filter_map(|row| Some((row.time, row.value(quantity)?.max(0.0))))
        .collect();
    let Some((_, first)) = with_load.first().copied() else {
        return (None, Vec::new());
    };
    let step = SimSpan::from_secs(span.step.into());
    // The first load counts from the start of the span.
    let mut times = vec![SimTime::ZERO];
    let mut load = vec![first];
    let mut gaps = Vec::new();
    for (time, value) in with_load {
        let last = *times.last().unwrap_or(&SimTime::ZERO);
        if time - last > GAP {
            gaps.push((last, time));
        }
        if time > SimTime::ZERO {
            times.push(time);
            load.push(value);
        }
    }
    let last = times.last().copied().unwrap_or(SimTime::ZERO);
    let end = day.rows.last().map_or(last, |row| row.time);
    if end - last > GAP {
        gaps.push((last, end + step));
    }
    // The last row of a trace is its end.
    if times.len() == 1 {
        times.push(SimTime::ZERO + step);
        load.push(first);
    }
    let columns = gathered.found.iter().filter_map(|found| {
        let name = found.metric.clone()?;
        Some(MetricColumn {
            name,
            values: held(&summed(&found.series), &times, span.start),
        })
    });
    let trace = Trace {
        columns: columns.collect(),
        demand: match quantity {
            RecordedQuantity::Rps => Demand::RequestsPerSecond(load),
            _ => Demand::CpuMillicores(load),
        },
        times,
    };
    (Some(trace), gaps)
}

/// The value at or before each time; before the first one, the first.
fn held(values: &BTreeMap<i64, f64>, times: &[SimTime], start: i64) -> Vec<f64> {
    let first = values.values().next().copied().unwrap_or(0.0);
    let at = |time: &SimTime| {
        let seconds = start + time.as_nanos() / NANOS_PER_SECOND;
        let before = values.range(..=seconds).next_back();
        before.map_or(first, |(_, value)| *value).max(0.0)
    };
    times.iter().map(at).collect()
}

fn start_delays(found: Option<&Found>) -> Option<StartDelays> {
    let series = &found?.series;
    let mut delays: Vec<f64> = series
        .iter()
        .filter_map(|it| it.values.last().map(|(_, value)| *value))
        .filter(|delay| *delay >= 0.0)
        .collect();
    delays.sort_by(f64::total_cmp);
    if delays.len() < STARTS_MIN {
        return None;
    }
    Some(StartDelays {
        pods: delays.len(),
        median_seconds: sorted_quantile(&delays, 0.5)?,
        p99_seconds: sorted_quantile(&delays, 0.99)?,
    })
}

/// The endings of a version that name the kind of cluster.
#[rustfmt::skip]
const KINDS: [(&str, &str); 4] = [
    // https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html, "v1.33.1-eks-…"
    ("-eks-", "eks"),
    ("-gke.", "gke"),
    ("+k3s", "k3s"),
    ("+rke2", "kubeadm"),
];

fn cluster_facts(found: &Found) -> Option<ClusterFacts> {
    let version = found.series.iter().find_map(|it| it.label("git_version"))?;
    let numbers = version.trim_start_matches('v');
    let mut parts = numbers.split('.');
    let release = match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) if is_number(major) && is_number(minor) => {
            Some(format!("{major}.{minor}"))
        }
        _ => None,
    };
    let kind = KINDS.iter().find(|(ending, _)| version.contains(ending));
    Some(ClusterFacts {
        version: version.to_owned(),
        release,
        kind: kind.map(|(_, kind)| *kind),
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The mean over the span of the application's memory for each ready pod.
fn memory_of_a_pod(gathered: &GatheredSeries, application: Option<&str>) -> Option<f64> {
    let memory = &gathered.of(ImportQuantity::Memory)?.series;
    let ready = summed(&gathered.of(ImportQuantity::ReadyReplicas)?.series);
    let of_application = memory
        .iter()
        .find(|it| application.is_some() && it.label("container") == application)
        .or_else(|| memory.first().filter(|_| memory.len() == 1))?;
    let mut shares = of_application.values.iter().filter_map(|(time, bytes)| {
        let pods = ready.get(time).filter(|pods| **pods >= 1.0)?;
        Some(bytes / pods)
    });
    let first = shares.next()?;
    let (sum, count) = shares.fold((first, 1.0), |(sum, count), it| (sum + it, count + 1.0));
    Some(sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: StepSpan = StepSpan {
        start: 1_764_288_000,
        end: 1_764_288_000 + 900,
        step: 60,
    };

    fn series(labels: &[(&str, &str)], value: impl Fn(i64) -> Option<f64>) -> QuerySeries {
        let values = SPAN.times().enumerate();
        QuerySeries {
            labels: labels
                .iter()
                .map(|(key, it)| ((*key).to_owned(), (*it).to_owned()))
                .collect(),
            values: values
                .filter_map(|(step, time)| Some((time, value(i64::try_from(step).ok()?)?)))
                .collect(),
        }
    }

    fn found(quantity: ImportQuantity, series: Vec<QuerySeries>) -> Found {
        Found {
            quantity: Some(quantity),
            metric: None,
            source: None,
            also: Vec::new(),
            window: None,
            query: String::new(),
            series,
            remarks: Vec::new(),
        }
    }

    fn day(found: Vec<Found>) -> ImportedDay {
        let gathered = GatheredSeries {
            found,
            ..GatheredSeries::default()
        };
        imported_day(&gathered, SPAN, Some("web"))
    }

    #[test]
    fn cpu_is_the_sum_over_containers_in_millicores() {
        let day = day(vec![found(
            ImportQuantity::Cpu,
            vec![
                series(&[("container", "web")], |_| Some(0.25)),
                series(&[("container", "proxy")], |step| (step > 0).then_some(0.05)),
            ],
        )]);
        let cpu = |row: usize| day.recorded.rows[row].value(RecordedQuantity::CpuMillicores);
        assert_eq!((cpu(0), cpu(1)), (Some(250.0), Some(300.0)));
        assert!(day.is_cpu_the_load);
        assert!(matches!(
            day.traffic.expect("a load").demand,
            Demand::CpuMillicores(_)
        ));
    }

    #[test]
    fn a_load_without_values_goes_on_and_a_long_gap_is_named() {
        let rate = |step| match step {
            0 | 3..9 => None,
            _ => Some(step as f64),
        };
        let day = day(vec![found(
            ImportQuantity::Requests,
            vec![series(&[], rate)],
        )]);
        let traffic = day.traffic.expect("a load");
        assert_eq!(traffic.times[0], SimTime::ZERO);
        assert_eq!(traffic.load()[..4], [1.0, 1.0, 2.0, 9.0]);
        let minute = |it: i64| SimTime::ZERO + SimSpan::from_secs(60 * it);
        assert_eq!(day.gaps, [(minute(2), minute(9))]);
        assert_eq!(traffic.end(), minute(15));
    }

    #[test]
    fn rollouts_manual_scaling_and_the_time_after_a_restart_are_events() {
        let day = day(vec![
            found(
                ImportQuantity::ReplicaSets,
                vec![series(&[], |step| Some(if step == 2 { 2.0 } else { 1.0 }))],
            ),
            found(
                ImportQuantity::DesiredReplicas,
                vec![series(&[], |_| Some(3.0))],
            ),
            found(
                ImportQuantity::SpecReplicas,
                vec![series(&[], |step| {
                    Some(if matches!(step, 4 | 6 | 7) { 5.0 } else { 3.0 })
                })],
            ),
            found(
                ImportQuantity::ControllerStart,
                vec![series(&[], |step| Some(if step < 9 { 1e9 } else { 1.5e9 }))],
            ),
        ]);
        let events: Vec<&str> = day
            .recorded
            .rows
            .iter()
            .map(|row| row.event.as_deref().unwrap_or("-"))
            .collect();
        let restart = "controller restart";
        assert_eq!(events[..4], ["-", "-", "rollout", "-"]);
        assert_eq!(
            events[4..9],
            ["-", "-", "manual scaling", "manual scaling", "-"]
        );
        assert_eq!(
            events[9..],
            [restart, restart, restart, restart, restart, "-", "-"]
        );
    }

    #[test]
    fn the_version_of_the_api_server_names_the_release_and_some_kinds_of_cluster() {
        for (version, release, kind) in [
            ("v1.33.1-eks-595af52", Some("1.33"), Some("eks")),
            ("v1.31.5-gke.1023000", Some("1.31"), Some("gke")),
            ("v1.30.4+k3s1", Some("1.30"), Some("k3s")),
            ("v1.34.0", Some("1.34"), None),
            ("unknown", None, None),
        ] {
            let labels = [("git_version", version)];
            let facts = cluster_facts(&found(
                ImportQuantity::Release,
                vec![series(&labels, |_| Some(1.0))],
            ));
            let facts = facts.expect("a version");
            assert_eq!(
                (facts.release.as_deref(), facts.kind),
                (release, kind),
                "{version}"
            );
        }
    }

    #[test]
    fn few_starts_say_nothing_and_several_give_median_and_tail() {
        let starts = |delays: &[f64]| {
            let series = delays
                .iter()
                .map(|delay| series(&[("pod", "p")], |_| Some(*delay)));
            start_delays(Some(&found(ImportQuantity::ReadyDelay, series.collect())))
        };
        assert!(starts(&[4.0, 5.0]).is_none());
        let delays = starts(&[4.0, 9.0, 5.0, -1.0]).expect("three starts");
        assert_eq!((delays.pods, delays.median_seconds), (3, 5.0));
        assert!(delays.p99_seconds > 8.5);
    }
}
