//! The KPIs of a run, counted by an observer of the run.
//!
//! The sums grow with the run: constant memory, no allocation per segment, and what repeats
//! within a segment is computed once.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::elasticity::Elasticity;
use super::failures;
use super::measured::{MeasuredLatency, Precision};
use super::mixture::{Component, LatencyBins, mixture_quantile};
use super::response::{FirstShortage, RescaleCount};
use super::slo::{SloClock, counted, interval_start, part_from};
use crate::cluster::placement::PodDemand;
use crate::control::{Bounds, Decided, Hpa, ScaleDirection};
use crate::kpi::Kpi;
use crate::scenario::{CostRates, Scenario};
use crate::simulation::observer::{
    FailureCauses, FlowSegment, PodChange, PodCounts, PodTransition, RequestSegment,
};
use crate::simulation::{Observer, Provisioning};
use crate::text::rounding::readable;
use crate::units::{Replicas, SimSpan, SimTime};
use crate::workload::Demand;

pub use crate::kpi::Kpis;

impl Serialize for Kpis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Kpi::COUNT))?;
        for kpi in Kpi::ALL {
            let value = self.value(kpi);
            if kpi.facts().is_whole {
                map.serialize_entry(kpi.name(), &value.map(|count| count as u32))?;
            } else {
                map.serialize_entry(kpi.name(), &value.map(readable))?;
            }
        }
        map.end()
    }
}

fn in_gib(bytes: u64) -> f64 {
    bytes as f64 / (1u64 << 30) as f64
}

/// Sums of a run; requests are counts, the rest is times seconds.
#[derive(Clone, Copy, Debug, Default)]
struct RunSums {
    offered: f64,
    succeeded: f64,
    failed: f64,
    failures: FailureCauses,
    in_flight: f64,
    replica_seconds: f64,
    pod_seconds: f64,
    /// Time of pods with work, or their CFS periods with work.
    working: f64,
    /// The part of it in which they were throttled.
    throttled: f64,
    /// Ready pods times seconds, where a pod requests CPU.
    ready_seconds: f64,
    /// The same, times what they used of their request.
    utilized_seconds: f64,
    at_min_seconds: f64,
    at_max_seconds: f64,
    needed_undefined_seconds: f64,
}

/// What only the request engine tells: single requests, not flow.
#[derive(Clone, Debug)]
struct RequestTotals {
    latency: MeasuredLatency,
    /// Answered since the last segment, and slower than the SLO's limit.
    beyond_limit: u64,
    retried: u64,
    queued: u64,
    oom_kills: u64,
}

impl RequestTotals {
    fn new() -> Self {
        Self {
            latency: MeasuredLatency::new(Precision::Run),
            beyond_limit: 0,
            retried: 0,
            queued: 0,
            oom_kills: 0,
        }
    }
}

/// `needed` at the rate last asked for: rates stay the same over many segments.
#[derive(Clone, Copy, Debug)]
struct Needed {
    offered_rps: f64,
    pods: Option<Replicas>,
}

/// Gathers the KPIs of one run, from the end of its warm-up on.
///
/// A request in flight at that time counts as offered then, so offered = succeeded + failed + in flight holds for what counts.
#[derive(Clone, Debug)]
pub struct KpiObserver {
    /// The first instant that counts, the start of an interval.
    counted_from: SimTime,
    /// Whether the next answer belongs to a segment that counts.
    is_counting: bool,
    provisioning: Provisioning,
    last_needed: Option<Needed>,
    knows_requests: bool,
    /// `None` until the first single request, so that the fluid engine pays for no histogram.
    requests: Option<Box<RequestTotals>>,
    /// What a pod requests, for the bill.
    pod_demand: PodDemand,
    cost: CostRates,
    /// `minReplicas` and `maxReplicas`.
    bounds: Option<Bounds>,
    /// Whatever the stationary curve's tail says, none that succeeded took longer than its client waits.
    timeout_seconds: f64,
    end: SimTime,
    peak: Replicas,
    sums: RunSums,
    slo: SloClock,
    latency: LatencyBins,
    elasticity: Elasticity,
    shortage: FirstShortage,
    rescales: RescaleCount,
    pod_starts: u32,
}

impl KpiObserver {
    /// An observer of a run of `scenario`.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let counted_from = interval_start(SimTime::ZERO + scenario.warm_up);
        Self {
            counted_from,
            is_counting: counted_from == SimTime::ZERO,
            provisioning: Provisioning::of(scenario),
            last_needed: None,
            requests: None,
            knows_requests: match scenario.trace.demand {
                Demand::RequestsPerSecond(_) | Demand::Users(_) => true,
                Demand::CpuMillicores(_) => false,
            },
            pod_demand: scenario.deployment.demand(),
            cost: scenario.cost.clone(),
            bounds: scenario.hpa().map(Hpa::bounds),
            timeout_seconds: scenario.workload.timeout.as_secs_f64(),
            end: SimTime::ZERO,
            peak: Replicas(0),
            sums: RunSums::default(),
            slo: SloClock::new(&scenario.slo, scenario.workload.timeout).starting_at(counted_from),
            latency: LatencyBins::default(),
            elasticity: Elasticity::default(),
            shortage: FirstShortage::default(),
            rescales: RescaleCount::default(),
            pod_starts: 0,
        }
    }

    /// The same observer with `provisioning` in the place of the scenario's: it says how many pods a rate needs.
    #[must_use]
    pub const fn with_provisioning(mut self, provisioning: Provisioning) -> Self {
        self.provisioning = provisioning;
        self
    }

    /// Latency as measured so far; `None` under the fluid engine.
    #[must_use]
    pub fn measured_latency(&self) -> Option<&MeasuredLatency> {
        self.requests.as_deref().map(|requests| &requests.latency)
    }

    /// Latency in seconds at a quantile (0..1) of all that succeeded so far; `None` where nothing did.
    #[must_use]
    pub fn latency_at(&self, quantile: f64) -> Option<f64> {
        self.latency_in(&self.latency.components(), quantile)
    }

    /// Measured by the request engine, otherwise solved. No client waits longer than the timeout.
    fn latency_in(&self, components: &[Component], quantile: f64) -> Option<f64> {
        match self.measured_latency() {
            Some(measured) => measured.quantile(quantile),
            None => mixture_quantile(components, quantile)
                .map(|seconds| seconds.min(self.timeout_seconds)),
        }
    }

    /// The KPIs, once the run is over.
    #[must_use]
    pub fn finish(self) -> Kpis {
        let sums = &self.sums;
        let seconds = (self.end - self.counted_from).as_secs_f64();
        let known = self.knows_requests;
        let request_kpi = |value: f64| known.then_some(value);
        let requests = self.requests.as_deref();
        let measured = requests.map(|requests| &requests.latency);
        let components = self.latency.components();
        let latency = |quantile: f64| self.latency_in(&components, quantile);
        let elasticity = self.elasticity.finish(self.end);
        let pod_hours = sums.pod_seconds / 3600.0;
        let core_hours = pod_hours * self.pod_demand.cpu.as_cores();
        let bad_share = (known && sums.offered > 0.0)
            .then(|| (sums.failed + self.slo.beyond_limit()) / sums.offered);
        let allowed_bad_share = self.slo.judge().allowed_bad_share();
        Kpis {
            requests_offered: request_kpi(sums.offered),
            requests_succeeded: request_kpi(sums.succeeded),
            requests_failed: request_kpi(sums.failed),
            requests_in_flight: request_kpi(sums.in_flight),
            failed_share: (known && sums.offered > 0.0).then(|| sums.failed / sums.offered),
            failed_no_endpoint: request_kpi(sums.failures.no_endpoint),
            failed_not_initialised: request_kpi(sums.failures.not_initialised),
            failed_queue_full: request_kpi(sums.failures.queue_full),
            failed_timed_out: request_kpi(sums.failures.timed_out),
            failed_pod_gone: request_kpi(sums.failures.pod_gone),
            failed_oom_killed: request_kpi(sums.failures.oom_killed),
            retries: requests.map(|requests| requests.retried as f64),
            requests_queued: requests.map(|requests| requests.queued as f64),
            peak_replicas: self.peak.0.max(0).unsigned_abs(),
            mean_replicas: if seconds > 0.0 {
                sums.replica_seconds / seconds
            } else {
                0.0
            },
            pod_hours,
            requested_core_hours: core_hours,
            cost: pod_hours * self.cost.per_pod_hour
                + core_hours * self.cost.per_core_hour
                + pod_hours * in_gib(self.pod_demand.memory_bytes) * self.cost.per_gib_hour,
            slo_violation_seconds: request_kpi(self.slo.finish(self.end)),
            good_request_share: bad_share.map(|bad| 1.0 - bad),
            error_budget_used: bad_share.map(|bad| bad / allowed_bad_share),
            latency_seconds_p50: latency(0.50),
            latency_seconds_p95: latency(0.95),
            latency_seconds_p99: latency(0.99),
            latency_seconds_p999: measured.and_then(|measured| measured.quantile(0.999)),
            latency_seconds_mean: measured.and_then(MeasuredLatency::mean_seconds),
            latency_seconds_max: measured.and_then(MeasuredLatency::max_seconds),
            rescales: self.rescales.rescales,
            reversals: self.rescales.reversals,
            pod_starts: self.pod_starts,
            seconds_at_min: self.bounds.map(|_| sums.at_min_seconds),
            seconds_at_max: self.bounds.map(|_| sums.at_max_seconds),
            under_provisioned_percent: elasticity.under_provisioned_percent,
            over_provisioned_percent: elasticity.over_provisioned_percent,
            under_provisioned_time_percent: elasticity.under_provisioned_time_percent,
            over_provisioned_time_percent: elasticity.over_provisioned_time_percent,
            instability_percent: elasticity.instability_percent,
            needed_undefined_seconds: request_kpi(sums.needed_undefined_seconds),
            first_decision_seconds: self.shortage.first_decision_seconds(),
            enough_ready_seconds: self.shortage.enough_ready_seconds(),
            recovery_seconds: self.shortage.recovery_seconds(),
            throttled_share: (sums.working > 0.0).then(|| sums.throttled / sums.working),
            cpu_utilization_mean: (sums.ready_seconds > 0.0)
                .then(|| sums.utilized_seconds / sums.ready_seconds),
            oom_kills: requests.map(|requests| requests.oom_kills as f64),
        }
    }

    /// Pods in every state, and the CPU of the ready ones, during `seconds`.
    fn add_pods(&mut self, pods: &PodCounts, cpu_share_of_request: Option<f64>, seconds: f64) {
        self.peak = self.peak.max(pods.desired);
        let sums = &mut self.sums;
        sums.replica_seconds += f64::from(pods.desired.0) * seconds;
        sums.pod_seconds += f64::from(pods.current.0 + pods.terminating.0) * seconds;
        if let Some(share) = cpu_share_of_request {
            let ready_seconds = f64::from(pods.ready.0) * seconds;
            sums.ready_seconds += ready_seconds;
            sums.utilized_seconds += share * ready_seconds;
        }
        if let Some(bounds) = self.bounds {
            if pods.desired == bounds.min {
                sums.at_min_seconds += seconds;
            }
            if pods.desired == bounds.max {
                sums.at_max_seconds += seconds;
            }
        }
    }

    /// Keeps the last result, because the rate of a trace stays the same over many segments.
    fn needed_at(&mut self, offered_rps: f64) -> Option<Replicas> {
        if let Some(last) = self.last_needed
            && last.offered_rps.to_bits() == offered_rps.to_bits()
        {
            return last.pods;
        }
        let pods = self.provisioning.needed(offered_rps);
        self.last_needed = Some(Needed { offered_rps, pods });
        pods
    }

    fn add_flow(&mut self, segment: &FlowSegment, seconds: f64) {
        let sums = &mut self.sums;
        sums.offered += segment.offered_rps * seconds;
        sums.succeeded += segment.succeeded_rps * seconds;
        let (evenly, at_once) = (segment.failed_rps.total(), segment.failed_at_start.total());
        sums.failed += evenly * seconds + at_once;
        if evenly > 0.0 {
            failures::add(&mut sums.failures, &segment.failed_rps, seconds);
        }
        if at_once > 0.0 {
            failures::add(&mut sums.failures, &segment.failed_at_start, 1.0);
        }
        sums.in_flight = segment.backlog_end;
        self.slo.flowed(segment);
        self.latency.flowed(segment);
        let needed = self.needed_at(segment.offered_rps);
        self.compare_to_need(segment.start, segment.end, segment.pods.ready, needed);
        self.shortage.flowed(segment, needed);
    }

    fn count_flow(&mut self, segment: &FlowSegment) {
        let seconds = (segment.end - segment.start).as_secs_f64();
        self.add_pods(&segment.pods, segment.cpu_share_of_request, seconds);
        self.sums.working += f64::from(segment.working_pods) * seconds;
        self.sums.throttled += f64::from(segment.throttled_pods) * seconds;
        if self.knows_requests {
            self.add_flow(segment, seconds);
        }
    }

    /// The pods that were ready and those that the load needed, from `start` to `end`.
    fn compare_to_need(
        &mut self,
        start: SimTime,
        end: SimTime,
        ready: Replicas,
        needed: Option<Replicas>,
    ) {
        if needed.is_none() {
            self.sums.needed_undefined_seconds += (end - start).as_secs_f64();
        }
        self.elasticity.flowed(start, end, ready, needed);
    }

    #[inline]
    fn requests(&mut self) -> &mut RequestTotals {
        self.requests
            .get_or_insert_with(|| Box::new(RequestTotals::new()))
    }

    /// What was counted in `segment`, and whether it ends an interval that broke the SLO.
    fn add_requests(&mut self, segment: &RequestSegment) {
        let requests = self.requests();
        requests.retried += segment.retried;
        requests.queued += segment.queued;
        requests.oom_kills += u64::from(segment.oom_kills);
        let tally = counted(segment, std::mem::take(&mut requests.beyond_limit));
        let sums = &mut self.sums;
        sums.offered += tally.offered;
        sums.succeeded += tally.succeeded;
        sums.failed += tally.failed;
        failures::add(&mut sums.failures, &segment.failed, 1.0);
        sums.in_flight = segment.in_flight as f64;
        let interval = self.slo.served(segment.end, &tally);
        let needed = self.needed_at(segment.nominal_rps);
        self.compare_to_need(segment.start, segment.end, segment.pods.ready, needed);
        self.shortage.served(segment, needed, interval);
    }
}

impl Observer for KpiObserver {
    fn flowed(&mut self, segment: &FlowSegment) {
        self.end = segment.end;
        if segment.end <= self.counted_from {
            self.sums.offered = segment.backlog_end;
        } else if segment.start < self.counted_from {
            let part = part_from(segment, self.counted_from);
            self.sums.offered = part.backlog_start;
            self.count_flow(&part);
        } else {
            self.count_flow(segment);
        }
    }

    #[inline]
    fn answered(&mut self, latency: SimSpan) {
        if !self.is_counting {
            return;
        }
        let late = self.slo.judge().is_beyond_limit(latency);
        let requests = self.requests();
        requests.latency.record(latency);
        requests.beyond_limit += u64::from(late);
    }

    fn served(&mut self, segment: &RequestSegment) {
        self.end = segment.end;
        if !self.is_counting {
            // A segment ends at the end of the warm-up, as it does at the end of every interval.
            self.is_counting = segment.end >= self.counted_from;
            self.sums.offered = segment.in_flight as f64;
            return;
        }
        let seconds = (segment.end - segment.start).as_secs_f64();
        self.add_pods(&segment.pods, segment.cpu_share_of_request, seconds);
        self.sums.working += segment.working_periods as f64;
        self.sums.throttled += segment.throttled_periods as f64;
        self.add_requests(segment);
    }

    fn decided(&mut self, decision: &Decided<'_>) {
        if decision.time < self.counted_from {
            return;
        }
        if self.rescales.decided(decision) == Some(ScaleDirection::Up) {
            self.shortage.scaled_up(decision.time);
        }
    }

    fn pod_changed(&mut self, change: &PodChange) {
        if change.state == PodTransition::Started && change.time >= self.counted_from {
            self.pod_starts += 1;
        }
    }
}
