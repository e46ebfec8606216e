//! Defaults that the policy does not state: which of them a result depends on, and over which range each is plausible.
//!
//! `keys` declares an [`AssumedDefault`] with its key. A run shows the assumptions that it touched, and no others.

use super::{Engine, Scenario};
use crate::cluster::config::{Container, Deployment};
use crate::control::Hpa;
use crate::hpa::spec::MetricSource;
use crate::kpi::{Kpi, Kpis};
use crate::workload::Demand;

/// A default that is an assumption about the service, its clients or its cluster, as its key declares it.
///
/// `docs/model.md` says which defaults are assumptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssumedDefault {
    /// A result depends on the default if all of these hold.
    pub touched: &'static [Touch],
    /// How far the default usually moves a result.
    pub sway: Sway,
    /// The low end of the plausible range, a value as in a policy.
    pub low: &'static str,
    /// The high end of the plausible range, a value as in a policy.
    pub high: &'static str,
    /// The source of the range, or the reason for it.
    pub source: &'static str,
}

/// How far a default usually moves a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sway {
    /// It decides how many pods are needed, or when they come.
    Large,
    /// It decides how the load is felt while pods are too few.
    Middling,
    /// It changes details.
    Slight,
}

/// A fact about a run that makes its result depend on a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// The load is requests or users, not CPU.
    Requests,
    /// The load is requests that do not wait for answers.
    OpenLoad,
    /// The load is users.
    Users,
    /// The request engine simulated the run.
    RequestEngine,
    /// An autoscaler decides.
    Autoscaler,
    /// The autoscaler reads CPU.
    CpuMetric,
    /// The autoscaler reads memory, or a container was killed for lack of memory.
    Memory,
    /// The autoscaler reads a metric of type Pods, Object or External.
    CustomMetric,
    /// The container that serves has no CPU limit, so the node limits it.
    NoCpuLimit,
    /// Pods were started.
    PodStarts,
    /// There was more than one pod.
    SeveralPods,
    /// Requests waited for a place in a pod (only the request engine counts them), or found its queue full.
    Waiting,
    /// Requests timed out.
    Timeouts,
    /// Requests failed.
    Failures,
    /// Requests failed because their pod ended.
    PodGone,
}

/// A value on which a result may depend and that the policy does not state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The policy's key, such as `workload.cpu_per_request`.
    pub key: String,
    /// The value as text.
    pub value: String,
    /// Where hpasim found the value; `None` for a default.
    pub found_in: Option<String>,
    /// A result depends on the value if all of these hold.
    pub touched: &'static [Touch],
    /// The declaration of the default; without one, no range is known.
    pub declared: Option<AssumedDefault>,
}

impl Assumption {
    /// The default `value` of the policy's `key`, on which every result depends.
    #[must_use]
    pub fn of_default(key: impl Into<String>, value: &str) -> Self {
        Self {
            key: key.into(),
            value: value.to_owned(),
            found_in: None,
            touched: &[],
            declared: None,
        }
    }

    /// The `value` of the policy's `key` that hpasim found in `place`.
    #[must_use]
    pub fn found(
        key: impl Into<String>,
        value: &str,
        place: String,
        touched: &'static [Touch],
    ) -> Self {
        Self {
            found_in: Some(place),
            touched,
            ..Self::of_default(key, value)
        }
    }

    /// The default `value` of the policy's `key`, as declared.
    #[must_use]
    pub fn declared(key: impl Into<String>, value: &str, declared: AssumedDefault) -> Self {
        Self {
            touched: declared.touched,
            declared: Some(declared),
            ..Self::of_default(key, value)
        }
    }

    /// How far it usually moves a result.
    #[must_use]
    pub fn sway(&self) -> Sway {
        self.declared.map_or(Sway::Large, |declared| declared.sway)
    }

    /// Whether a result depends on it; `runs` are the KPIs by seed.
    fn is_touched(&self, scenario: &Scenario, engine: Engine, runs: &[Kpis]) -> bool {
        self.touched
            .iter()
            .all(|touch| touch.holds(scenario, engine, runs))
    }

    /// Whether it can be touched in a run that is still to come: as far as the scenario and the engine decide it.
    fn may_be_touched(&self, scenario: &Scenario, engine: Engine) -> bool {
        self.touched
            .iter()
            .all(|touch| touch.is_of_the_run() || touch.holds(scenario, engine, &[]))
    }
}

impl Scenario {
    /// The assumptions that a result depends on, those that usually move results most first.
    ///
    /// `runs` are the KPIs of the result by seed: one seed that touched a default is enough.
    #[must_use]
    pub fn touched(&self, engine: Engine, runs: &[Kpis]) -> Vec<&Assumption> {
        let mut touched: Vec<&Assumption> = self
            .assumptions
            .iter()
            .filter(|assumption| assumption.is_touched(self, engine, runs))
            .collect();
        touched.sort_by_key(|it| it.sway());
        touched
    }

    /// How many assumptions with a range a result of `engine` may depend on.
    #[must_use]
    pub fn assumptions_at_most(&self, engine: Engine) -> usize {
        let with_range = self.assumptions.iter().filter(|it| it.declared.is_some());
        with_range
            .filter(|it| it.may_be_touched(self, engine))
            .count()
    }
}

impl Touch {
    /// Whether the fact is known only after the run.
    const fn is_of_the_run(self) -> bool {
        match self {
            Self::Memory
            | Self::PodStarts
            | Self::SeveralPods
            | Self::Waiting
            | Self::Timeouts
            | Self::Failures
            | Self::PodGone => true,
            Self::Requests
            | Self::OpenLoad
            | Self::Users
            | Self::RequestEngine
            | Self::Autoscaler
            | Self::CpuMetric
            | Self::CustomMetric
            | Self::NoCpuLimit => false,
        }
    }

    /// The fact in words, for `docs/model.md`.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Requests => "the load is requests or users",
            Self::OpenLoad => "the load is requests",
            Self::Users => "the load is users",
            Self::RequestEngine => "the request engine runs",
            Self::Autoscaler => "there is an autoscaler",
            Self::CpuMetric => "the autoscaler reads CPU",
            Self::Memory => "the autoscaler reads memory or a container was killed for lack of it",
            Self::CustomMetric => "the autoscaler reads a Pods, Object or External metric",
            Self::NoCpuLimit => "the first container has no CPU limit",
            Self::PodStarts => "pods were started",
            Self::SeveralPods => "there was more than one pod",
            Self::Waiting => "requests waited for a place (request engine) or found the queue full",
            Self::Timeouts => "requests timed out",
            Self::Failures => "requests failed",
            Self::PodGone => "requests failed because their pod ended",
        }
    }

    /// Whether it is a fact of the scenario under `engine`, with these KPIs by seed.
    fn holds(self, scenario: &Scenario, engine: Engine, runs: &[Kpis]) -> bool {
        let demand = &scenario.trace.demand;
        let above = |kpi: Kpi, least: f64| {
            let mut values = runs.iter().filter_map(|run| run.value(kpi));
            values.any(|value| value > least)
        };
        match self {
            Self::Requests => !matches!(demand, Demand::CpuMillicores(_)),
            Self::OpenLoad => matches!(demand, Demand::RequestsPerSecond(_)),
            Self::Users => matches!(demand, Demand::Users(_)),
            Self::RequestEngine => engine == Engine::Request,
            Self::Autoscaler => scenario.hpa().is_some(),
            Self::CpuMetric => reads(scenario, |source| source.resource() == Some("cpu")),
            Self::Memory => {
                let is_memory = |source: &MetricSource| reads_memory(source, &scenario.deployment);
                above(Kpi::OomKills, 0.0) || reads(scenario, is_memory)
            }
            Self::CustomMetric => reads(scenario, |source| source.resource().is_none()),
            Self::NoCpuLimit => {
                let deployment = &scenario.deployment;
                let first = deployment.containers.first();
                first.is_some_and(|first| deployment.cpu_limit_of(first).is_none())
            }
            Self::PodStarts => above(Kpi::PodStarts, 0.0),
            Self::SeveralPods => above(Kpi::PeakReplicas, 1.0),
            Self::Waiting => above(Kpi::RequestsQueued, 0.0) || above(Kpi::FailedQueueFull, 0.0),
            Self::Timeouts => above(Kpi::FailedTimedOut, 0.0),
            Self::Failures => above(Kpi::RequestsFailed, 0.0),
            Self::PodGone => above(Kpi::FailedPodGone, 0.0),
        }
    }
}

/// Whether the autoscaler has a metric of this kind.
fn reads(scenario: &Scenario, is_kind: impl Fn(&MetricSource) -> bool) -> bool {
    let metrics = scenario
        .hpa()
        .map_or(&[][..], |Hpa { spec, .. }| &spec.metrics);
    metrics.iter().any(|metric| is_kind(&metric.source))
}

/// Whether a metric reads the memory of a policy: that of whole pods or of the first container, which has all of it.
pub(super) fn reads_memory(source: &MetricSource, deployment: &Deployment) -> bool {
    source.resource() == Some("memory") && sidecar_of(source, deployment).is_none()
}

/// The sidecar that a metric reads; `None` for whole pods and for the first container.
pub(super) fn sidecar_of<'d>(
    source: &MetricSource,
    deployment: &'d Deployment,
) -> Option<&'d Container> {
    let MetricSource::ContainerResource { container, .. } = source else {
        return None;
    };
    let found = deployment
        .containers
        .iter()
        .position(|it| it.name == *container)?;
    (found > 0).then(|| &deployment.containers[found])
}
