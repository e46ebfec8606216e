//! The content of the metrics API: the samples of the last visible scrape.
//!
//! The queries are fixed at the start, so only queried metrics are measured.
//!
//! Simplification: unless the policy states their own pipeline (`custom_metrics`), custom and
//! external metrics come through an adapter that reads at metrics-server's scrape and shows its
//! values with the same lag. Gauges and memory have the values of the scrape's instant, not of the
//! last housekeeping.

use std::collections::VecDeque;

use super::config::{Deployment, MetricsPipeline};
use super::cpu::{OwnUse, PodCpu};
use super::custom_metrics::CustomMetrics;
use super::gone_rows::GoneRows;
use super::kubelet::{Activity, ContainerMeters, ContainerPlace, RatesByClass, WarmStart};
use super::measured::{ContainerSelection, Gauges, PlantMetric};
use super::pods::{PodFact, PodStatus};
use super::samples::{MetricSamples, PodSampleColumns, Sample};
use super::served::{ServedRates, Serving};
use crate::units::{MilliValue, Seed, SimSpan, SimTime};
use crate::workload::Workload;

/// The memory of a pod, all of it in the first container.
#[derive(Clone, Copy, Debug)]
struct Memory {
    base_bytes: f64,
    bytes_per_request: f64,
    limit_bytes: f64,
}

/// The meter of one container of one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MeterPlace {
    pub(super) row: usize,
    pub(super) container: usize,
}

/// The kubelets' meters, the scrapes, and the samples that are visible.
#[derive(Clone, Debug)]
pub struct MetricsServer {
    meters: Vec<ContainerMeters>,
    queries: Vec<PlantMetric>,
    /// The samples of the last scrape. The CPU of pods with a single container stays empty here,
    /// because the meters hold it.
    scraped: Vec<MetricSamples>,
    /// Scrapes that are not visible yet, oldest first.
    on_their_way: VecDeque<Vec<MetricSamples>>,
    spare: Vec<Vec<MetricSamples>>,
    /// The visible samples, if visibility lags behind the scrape.
    visible: Option<Vec<MetricSamples>>,
    memory: Memory,
    concurrency: f64,
    /// The pipeline of custom and external metrics, if it is not this one.
    custom: Option<CustomMetrics>,
}

/// When the samples of a scrape become visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// Immediately.
    AtOnce,
    /// At the call of [`MetricsServer::publish`].
    Later,
}

impl MetricsServer {
    /// The pipeline for `queries`. Without queries it measures nothing. All scrapes lie on one grid with `first_scrape`.
    #[must_use]
    pub fn new(
        deployment: &Deployment,
        workload: &Workload,
        pipeline: &MetricsPipeline,
        queries: &[PlantMetric],
        first_scrape: SimTime,
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
                ContainerMeters::new(
                    *container,
                    pipeline,
                    workload.cpu_noise,
                    place,
                    first_scrape,
                    seed,
                )
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
            custom: pipeline.custom.as_ref().and_then(|custom| {
                CustomMetrics::new(custom, queries, f64::from(workload.concurrency))
            }),
        }
    }

    /// Adds the noise of single requests to the CPU samples of an engine that serves rates, from
    /// the coefficients of variation of the interarrival times and of the cost in the first
    /// container. A request costs the same in every further container.
    pub fn add_shot_noise(&mut self, arrivals_cv: f64, cost_cv: f64) {
        for (index, meters) in self.meters.iter_mut().enumerate() {
            let cost_cv = if index == 0 { cost_cv } else { 0.0 };
            meters.add_shot_noise(arrivals_cv.powi(2) + cost_cv.powi(2));
        }
    }

    /// Whether there is any query.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !self.queries.is_empty()
    }

    /// Whether Prometheus scrapes, see [`MetricsServer::scrape_custom`].
    #[must_use]
    pub fn has_custom(&self) -> bool {
        self.custom.is_some()
    }

    pub(super) fn add(&mut self, number: u32) {
        if let Some(custom) = &mut self.custom {
            custom.add();
        }
        for meters in &mut self.meters {
            meters.add(number);
        }
        for samples in all_columns(&mut self.scraped, &mut self.on_their_way, &mut self.visible) {
            samples.pods.add_unsampled();
        }
    }

    /// Deletes the rows of removed pods.
    pub(super) fn remove(&mut self, gone: &GoneRows) {
        if let Some(custom) = &mut self.custom {
            custom.remove(gone);
        }
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
        if let Some(custom) = &mut self.custom {
            custom.arrivals().serves_long_since(row, warm);
        }
        for (index, meters) in self.meters.iter_mut().enumerate() {
            meters.start_long_ago(row, warm, activity.of_container(index));
        }
    }

    pub(super) fn change(&mut self, row: usize, now: SimTime, activity: Activity) {
        if let Some(custom) = &mut self.custom {
            let serves = activity.serving != Serving::Nothing;
            custom.arrivals().change(row, now, serves);
        }
        for (index, meters) in self.meters.iter_mut().enumerate() {
            meters.change(row, now, activity.of_container(index));
        }
    }

    /// Sets the rates at which pods have served since `start`. The integrals begin there.
    pub(super) fn serve_since(&mut self, start: SimTime, rates: ServedRates) {
        if let Some(custom) = &mut self.custom {
            custom.arrivals().arrive_since(start, rates);
        }
        for (index, meters) in self.meters.iter_mut().enumerate() {
            meters.serve_since(start, work_of_container(index, rates));
        }
    }

    /// Sets the rates at which pods serve from `now` on.
    pub(super) fn serve(&mut self, now: SimTime, rates: ServedRates) {
        if let Some(custom) = &mut self.custom {
            custom.arrivals().arrive(now, rates);
        }
        for (index, meters) in self.meters.iter_mut().enumerate() {
            meters.serve(now, work_of_container(index, rates));
        }
    }

    /// From `now` on, the engine reports the work at each housekeeping through `read`, and the
    /// integrals stop.
    pub(super) fn await_readings(&mut self, now: SimTime) {
        if let Some(custom) = &mut self.custom {
            custom.arrivals().arrive(now, ServedRates::default());
        }
        for meters in &mut self.meters {
            meters.await_readings(now);
        }
    }

    /// The number of metered containers per pod; 0 if no query needs them.
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

    /// Stops the meter of the first container, which was killed.
    pub(super) fn stop(&mut self, row: usize) {
        if let Some(custom) = &mut self.custom {
            custom.arrivals().stop(row);
        }
        if let Some(first) = self.meters.first_mut() {
            first.stop(row);
        }
    }

    /// Starts the meter of the first container again.
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
            if query.is_custom() && self.custom.is_some() {
                continue;
            }
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
                        self.concurrency,
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
                PlantMetric::TraceColumn(column) | PlantMetric::TraceGauge(column) => {
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

    /// Prometheus scrapes the pods and the exporters of the trace's columns.
    pub(super) fn scrape_custom(
        &mut self,
        now: SimTime,
        statuses: &[PodStatus],
        gauges: &Gauges<'_>,
    ) {
        if let Some(custom) = &mut self.custom {
            custom.scrape(now, statuses, gauges);
        }
    }

    /// The adapter answers the queries for custom and external metrics from what Prometheus has at
    /// `now`.
    pub(super) fn query_custom(&mut self, now: SimTime) {
        if let Some(custom) = &mut self.custom {
            custom.query(now);
        }
    }

    fn custom_answer(&self, query: usize) -> Option<&MetricSamples> {
        self.custom.as_ref()?.answer(query)
    }

    /// Makes the oldest pending scrape visible.
    pub fn publish(&mut self) {
        if let Some(arrived) = self.on_their_way.pop_front()
            && let Some(visible) = &mut self.visible
        {
            self.spare.push(std::mem::replace(visible, arrived));
        }
    }

    /// The visible samples of each pod for the query at this index.
    #[must_use]
    pub fn pod_samples(&self, query: usize) -> &PodSampleColumns {
        if let Some(answer) = self.custom_answer(query) {
            return &answer.pods;
        }
        match (&self.visible, self.direct_meters(query)) {
            (Some(visible), _) => &visible[query].pods,
            (None, Some(meters)) => meters.samples(),
            (None, None) => &self.scraped[query].pods,
        }
    }

    /// The visible values for the query at this index, a column of the trace; empty before the
    /// first scrape.
    #[must_use]
    pub fn values(&self, query: usize) -> &[MilliValue] {
        if let Some(answer) = self.custom_answer(query) {
            return &answer.values;
        }
        match &self.visible {
            Some(visible) => &visible[query].values,
            None => &self.scraped[query].values,
        }
    }

    /// The meters whose samples answer a query directly, without a copy: those of a pod's only
    /// container.
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
    /// Only the first container has the start-up burst. Every container works on requests.
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

/// Only in the first container the cost of a request varies.
fn work_of_container(index: usize, rates: ServedRates) -> RatesByClass {
    if index == 0 {
        rates.work_rps
    } else {
        rates.rps
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

/// A pod's sample: the sum over its containers, with the time of the container that was read first.
/// `None` while any container has no sample.
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

/// CPU of pods with several containers. Even a query for one container has a sample only if the
/// whole pod has one, with the pod's time.
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
    /// Memory is sampled together with CPU: it has a sample when CPU has one, with the same time.
    fn measure(
        self,
        containers: ContainerSelection,
        meters: &[ContainerMeters],
        statuses: &[PodStatus],
        gauges: &Gauges<'_>,
        concurrency: f64,
        samples: &mut PodSampleColumns,
    ) {
        for (row, status) in statuses.iter().enumerate() {
            let dated = pod_sample(meters, row);
            let value = match containers {
                ContainerSelection::One(index) if index > 0 => MilliValue(0),
                // Requests beyond these wait in the kernel's backlog, outside the container's memory.
                _ => self.of_pod(gauges.in_flight.of(row, *status).min(concurrency)),
            };
            samples.set(row, dated.map(|sample| Sample { value, ..sample }));
        }
    }

    fn of_pod(self, working: f64) -> MilliValue {
        let bytes = self.base_bytes + self.bytes_per_request * working;
        let whole = bytes.min(self.limit_bytes) as i64;
        MilliValue(whole.saturating_mul(1000))
    }
}

/// A gauge that initialised pods report themselves.
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
