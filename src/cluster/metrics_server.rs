//! The metrics API as an autoscaler sees it: samples at the last scrape that has come through.
//!
//! Self-imposed limit: it holds what was measured. It knows no target and no
//! autoscaler; which metrics somebody asks for, it is told once.
//!
//! Simplified: custom and external metrics come through an adapter that reads at
//! metrics-server's scrape and shows with the same lag; gauges and memory are
//! those of the scrape's instant, not of the last housekeeping.

use std::collections::VecDeque;

use super::config::{Deployment, MetricsPipeline};
use super::cpu::{OwnUse, PodCpu};
use super::gone_rows::GoneRows;
use super::kubelet::{Activity, ContainerMeters, ContainerPlace, WarmStart};
use super::pods::{PodFact, PodStatus};
use super::samples::{PodSampleColumns, Sample};
use super::served::ServedRates;
use crate::units::{MilliValue, Seed, SimSpan, SimTime};
use crate::workload::Workload;

/// A metric that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlantMetric {
    /// CPU of these containers of each pod.
    Cpu(ContainerSelection),
    /// Memory of these containers of each pod.
    Memory(ContainerSelection),
    /// `requests_per_second` of each pod: requests that reach it.
    RequestsPerSecond,
    /// `in_flight` of each pod: requests waiting or worked on.
    InFlight,
    /// `queue_length` of each pod: requests waiting beyond its concurrency.
    QueueLength,
    /// A column of the trace, the same for each pod or for no pod at all: entry in [`Gauges::trace_values`].
    TraceColumn(usize),
}

/// Which containers of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerSelection {
    /// All of them, added up.
    All,
    /// The one at this place of the template.
    One(usize),
}

/// What is not an integral: values of the scrape's instant.
#[derive(Clone, Copy, Debug)]
pub struct Gauges<'a> {
    /// Requests per second that reach a pod.
    pub requests_per_second: PodGauge<'a>,
    /// Requests waiting or worked on in a pod.
    pub in_flight: PodGauge<'a>,
    /// The trace's values, in the order in which the queries number them.
    pub trace_values: &'a [f64],
}

/// A gauge of every pod.
#[derive(Clone, Copy, Debug)]
pub enum PodGauge<'a> {
    /// Each pod that serves stands at this; the others at nothing.
    Serving(f64),
    /// By pod, in the pods' order.
    Each(&'a [f64]),
}

impl PodGauge<'_> {
    fn of(self, row: usize, status: PodStatus) -> f64 {
        match self {
            Self::Serving(value) if status.is_serving() => value,
            Self::Serving(_) => 0.0,
            Self::Each(values) => values.get(row).copied().unwrap_or(0.0),
        }
    }
}

/// One metric as the API holds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricSamples {
    /// By pod; of a trace's column the same for each.
    pub pods: PodSampleColumns,
    /// The value that hangs on no pod, of a trace's column.
    pub values: Vec<MilliValue>,
}

/// Memory of a pod: all of it in the first container.
#[derive(Clone, Copy, Debug)]
struct Memory {
    base_bytes: f64,
    bytes_per_request: f64,
    limit_bytes: f64,
}

/// The meter of one container of the pod in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MeterPlace {
    pub(super) row: usize,
    pub(super) container: usize,
}

/// Kubelets' meters, scrapes, and what became visible of them.
#[derive(Clone, Debug)]
pub struct MetricsServer {
    meters: Vec<ContainerMeters>,
    queries: Vec<PlantMetric>,
    /// At the last scrape; the CPU of pods with a single container stays empty: its meters hold it.
    scraped: Vec<MetricSamples>,
    /// Scrapes on their way, oldest first.
    on_their_way: VecDeque<Vec<MetricSamples>>,
    spare: Vec<Vec<MetricSamples>>,
    /// What the API shows, when that is not the last scrape.
    visible: Option<Vec<MetricSamples>>,
    memory: Memory,
    concurrency: f64,
}

/// Whether a scrape's samples show at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// They do.
    AtOnce,
    /// They show when [`MetricsServer::publish`] is called.
    Later,
}

impl MetricsServer {
    /// The pipeline that answers `queries`; without any, nothing is measured.
    #[must_use]
    pub fn new(
        deployment: &Deployment,
        workload: &Workload,
        pipeline: &MetricsPipeline,
        queries: &[PlantMetric],
        seed: Seed,
    ) -> Self {
        let cpu = PodCpu::of(deployment);
        let counted = queries
            .iter()
            .any(|query| matches!(query, PlantMetric::Cpu(_) | PlantMetric::Memory(_)));
        let meters = cpu
            .containers
            .iter()
            .enumerate()
            .filter(|_| counted)
            .map(|(index, container)| {
                let place = ContainerPlace {
                    index,
                    of: cpu.containers.len(),
                };
                ContainerMeters::new(*container, pipeline, workload.cpu_noise, place, seed)
            })
            .collect();
        let scraped = vec![MetricSamples::default(); queries.len()];
        let limit = deployment
            .containers
            .first()
            .and_then(|container| deployment.memory_limit_of(container));
        Self {
            meters,
            queries: queries.to_vec(),
            visible: (pipeline.lag > SimSpan::ZERO).then(|| scraped.clone()),
            scraped,
            on_their_way: VecDeque::new(),
            spare: Vec::new(),
            memory: Memory {
                base_bytes: workload.memory_base_bytes as f64,
                bytes_per_request: workload.memory_per_request_bytes as f64,
                limit_bytes: limit.map_or(f64::INFINITY, |bytes| bytes as f64),
            },
            concurrency: f64::from(workload.concurrency),
        }
    }

    /// Whether anybody asks for anything.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !self.queries.is_empty()
    }

    pub(super) fn add(&mut self, number: u32) {
        for meters in &mut self.meters {
            meters.add(number);
        }
        for samples in all_columns(&mut self.scraped, &mut self.on_their_way, &mut self.visible) {
            samples.pods.add_unsampled();
        }
    }

    /// Removes the rows of pods that are gone.
    pub(super) fn remove(&mut self, gone: &GoneRows) {
        for meters in &mut self.meters {
            meters.remove(gone);
        }
        for samples in all_columns(&mut self.scraped, &mut self.on_their_way, &mut self.visible) {
            samples.pods.remove(gone);
        }
    }

    pub(super) fn start(&mut self, row: usize, now: SimTime, activity: Activity) {
        for (index, meters) in self.meters.iter_mut().enumerate() {
            meters.start(row, now, activity.of_container(index));
        }
    }

    pub(super) fn start_long_ago(&mut self, row: usize, warm: WarmStart, activity: Activity) {
        for (index, meters) in self.meters.iter_mut().enumerate() {
            meters.start_long_ago(row, warm, activity.of_container(index));
        }
    }

    pub(super) fn change(&mut self, row: usize, now: SimTime, activity: Activity) {
        for (index, meters) in self.meters.iter_mut().enumerate() {
            meters.change(row, now, activity.of_container(index));
        }
    }

    /// Pods have served at `rates` since `start`, before which nobody asks.
    pub(super) fn serve_since(&mut self, start: SimTime, rates: ServedRates) {
        for meters in &mut self.meters {
            meters.serve_since(start, rates);
        }
    }

    /// From `now` on pods serve at `rates`.
    pub(super) fn serve(&mut self, now: SimTime, rates: ServedRates) {
        for meters in &mut self.meters {
            meters.serve(now, rates);
        }
    }

    /// From `now` on somebody tells what each housekeeping reads; what pods serve stands still.
    pub(super) fn await_readings(&mut self, now: SimTime) {
        for meters in &mut self.meters {
            meters.await_readings(now);
        }
    }

    /// How many containers of a pod are metered; none where nobody asks.
    #[must_use]
    pub fn metered_containers(&self) -> usize {
        self.meters.len()
    }

    pub(super) fn next_housekeeping(&self, row: usize, container: usize) -> Option<SimTime> {
        self.meters.get(container)?.next_housekeeping(row)
    }

    pub(super) fn read(&mut self, place: MeterPlace, now: SimTime, work: f64) {
        if let Some(meters) = self.meters.get_mut(place.container) {
            meters.read(place.row, now, work);
        }
    }

    /// The first container is killed.
    pub(super) fn stop(&mut self, row: usize) {
        if let Some(first) = self.meters.first_mut() {
            first.stop(row);
        }
    }

    /// The first container starts again.
    pub(super) fn restart(&mut self, row: usize, now: SimTime, activity: Activity) {
        if let Some(first) = self.meters.first_mut() {
            first.start(row, now, activity);
        }
    }

    pub(super) fn scrape(
        &mut self,
        now: SimTime,
        statuses: &[PodStatus],
        gauges: &Gauges<'_>,
    ) -> Publication {
        for meters in &mut self.meters {
            meters.scrape(now);
        }
        for (query, samples) in self.queries.iter().zip(&mut self.scraped) {
            match *query {
                PlantMetric::Cpu(containers) => {
                    if self.meters.len() > 1 {
                        measure_cpu(containers, &self.meters, &mut samples.pods);
                    }
                }
                PlantMetric::Memory(containers) => {
                    self.memory.measure(
                        containers,
                        &self.meters,
                        statuses,
                        gauges,
                        &mut samples.pods,
                    );
                }
                PlantMetric::RequestsPerSecond => {
                    let value = |row, status| gauges.requests_per_second.of(row, status);
                    gauge(now, statuses, value, &mut samples.pods);
                }
                PlantMetric::InFlight => {
                    let value = |row, status| gauges.in_flight.of(row, status);
                    gauge(now, statuses, value, &mut samples.pods);
                }
                PlantMetric::QueueLength => {
                    let value = |row, status| {
                        (gauges.in_flight.of(row, status) - self.concurrency).max(0.0)
                    };
                    gauge(now, statuses, value, &mut samples.pods);
                }
                PlantMetric::TraceColumn(column) => {
                    let value = milli(gauges.trace_values[column]);
                    samples.values.clear();
                    samples.values.push(value);
                    for (row, status) in statuses.iter().enumerate() {
                        let sample = status
                            .is(PodFact::Started)
                            .then(|| instant_sample(now, value));
                        samples.pods.set(row, sample);
                    }
                }
            }
        }
        if self.visible.is_none() {
            return Publication::AtOnce;
        }
        let mut leaving = self
            .spare
            .pop()
            .unwrap_or_else(|| vec![MetricSamples::default(); self.queries.len()]);
        for (index, copy) in leaving.iter_mut().enumerate() {
            let scraped = &self.scraped[index];
            copy.pods.copy_from(match self.direct_meters(index) {
                Some(meters) => meters.samples(),
                None => &scraped.pods,
            });
            copy.values.clone_from(&scraped.values);
        }
        self.on_their_way.push_back(leaving);
        Publication::Later
    }

    /// The oldest scrape that is on its way becomes visible.
    pub fn publish(&mut self) {
        if let Some(arrived) = self.on_their_way.pop_front()
            && let Some(visible) = &mut self.visible
        {
            self.spare.push(std::mem::replace(visible, arrived));
        }
    }

    /// What the API shows of each pod for the query at this place.
    #[must_use]
    pub fn pod_samples(&self, query: usize) -> &PodSampleColumns {
        match (&self.visible, self.direct_meters(query)) {
            (Some(visible), _) => &visible[query].pods,
            (None, Some(meters)) => meters.samples(),
            (None, None) => &self.scraped[query].pods,
        }
    }

    /// What the API shows for the query at this place, a trace's column; empty before the first scrape.
    #[must_use]
    pub fn values(&self, query: usize) -> &[MilliValue] {
        match &self.visible {
            Some(visible) => &visible[query].values,
            None => &self.scraped[query].values,
        }
    }

    /// The meters whose samples are the answer to a query as they stand: those of a pod's only container.
    fn direct_meters(&self, query: usize) -> Option<&ContainerMeters> {
        match (self.queries[query], self.meters.as_slice()) {
            (PlantMetric::Cpu(ContainerSelection::All | ContainerSelection::One(0)), [only]) => {
                Some(only)
            }
            _ => None,
        }
    }
}

impl Activity {
    /// The burst at the start is the first container's alone; every container works on requests.
    fn of_container(self, index: usize) -> Self {
        if index == 0 {
            self
        } else {
            Self {
                own: OwnUse::Idle,
                ..self
            }
        }
    }
}

fn all_columns<'a>(
    scraped: &'a mut [MetricSamples],
    on_their_way: &'a mut VecDeque<Vec<MetricSamples>>,
    visible: &'a mut Option<Vec<MetricSamples>>,
) -> impl Iterator<Item = &'a mut MetricSamples> {
    scraped
        .iter_mut()
        .chain(on_their_way.iter_mut().flatten())
        .chain(visible.iter_mut().flatten())
}

/// A pod's sample: its containers added up, dated as the one read first; none while a container has none.
fn pod_sample(meters: &[ContainerMeters], row: usize) -> Option<Sample> {
    let mut pod: Option<Sample> = None;
    for meters in meters {
        let container = meters.samples().get(row)?;
        pod = Some(match pod {
            None => container,
            Some(before) => {
                let dated = if container.timestamp < before.timestamp {
                    container
                } else {
                    before
                };
                Sample {
                    value: MilliValue(before.value.0 + container.value.0),
                    ..dated
                }
            }
        });
    }
    pod
}

/// CPU of pods with several containers: whichever is asked for, sampled and dated as the pod is.
fn measure_cpu(
    containers: ContainerSelection,
    meters: &[ContainerMeters],
    samples: &mut PodSampleColumns,
) {
    for row in 0..samples.sampled.len() {
        let pod = pod_sample(meters, row);
        let sample = match containers {
            ContainerSelection::All => pod,
            ContainerSelection::One(index) => pod.and_then(|pod| {
                let container = meters.get(index)?.samples().get(row)?;
                Some(Sample {
                    value: container.value,
                    ..pod
                })
            }),
        };
        samples.set(row, sample);
    }
}

impl Memory {
    /// Memory has the CPU's points: no sample before there are two, dated as they are.
    fn measure(
        self,
        containers: ContainerSelection,
        meters: &[ContainerMeters],
        statuses: &[PodStatus],
        gauges: &Gauges<'_>,
        samples: &mut PodSampleColumns,
    ) {
        for (row, status) in statuses.iter().enumerate() {
            let dated = pod_sample(meters, row);
            let value = match containers {
                ContainerSelection::One(index) if index > 0 => MilliValue(0),
                _ => self.of_pod(gauges.in_flight.of(row, *status)),
            };
            samples.set(row, dated.map(|sample| Sample { value, ..sample }));
        }
    }

    fn of_pod(self, in_flight: f64) -> MilliValue {
        let bytes = self.base_bytes + self.bytes_per_request * in_flight;
        let whole = bytes.min(self.limit_bytes) as i64;
        MilliValue(whole.saturating_mul(1000))
    }
}

/// A gauge that pods report themselves, once they are able to.
fn gauge(
    now: SimTime,
    statuses: &[PodStatus],
    value: impl Fn(usize, PodStatus) -> f64,
    samples: &mut PodSampleColumns,
) {
    for (row, status) in statuses.iter().enumerate() {
        let sample = status
            .is(PodFact::Initialised)
            .then(|| instant_sample(now, milli(value(row, *status))));
        samples.set(row, sample);
    }
}

fn instant_sample(now: SimTime, value: MilliValue) -> Sample {
    Sample {
        value,
        timestamp: now,
        window: SimSpan::ZERO,
    }
}

fn milli(value: f64) -> MilliValue {
    MilliValue((value * 1000.0).round() as i64)
}

#[cfg(test)]
mod tests;
