//! The HorizontalPodAutoscaler as a scaler: the controller's sync loop around the core in `hpa`.

mod line;

use super::{Autoscaler, Bounds, Decided, DecisionListener, MetricQuery, Seen};
use crate::hpa::decision::DecisionRecord;
use crate::hpa::observation::{MetricObservation, Observation};
use crate::hpa::rules::{ControllerSettings, Release, Rules};
use crate::hpa::spec::{HpaSpec, MetricSource};
use crate::hpa::{HpaMemory, reconcile};
use crate::units::{Replicas, SimSpan, SimTime};
use line::HpaLine;

/// A HorizontalPodAutoscaler and the controller that runs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hpa {
    /// The HorizontalPodAutoscaler's `spec`.
    pub spec: HpaSpec,
    /// The release whose rules decide.
    pub release: Release,
    /// The controller's settings.
    pub settings: ControllerSettings,
    /// `--horizontal-pod-autoscaler-sync-period`.
    pub sync_period: SimSpan,
    /// Each sync is delayed by U[0, `sync_jitter`) from the grid of the sync period.
    pub sync_jitter: SimSpan,
}

impl Hpa {
    /// The rules by which the controller decides.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules::new(self.release, self.settings)
    }

    /// `minReplicas` and `maxReplicas`.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        Bounds {
            min: self.spec.min_replicas,
            max: self.spec.max_replicas,
        }
    }
}

/// The shortest sync period. A period of zero would stop the clock.
const SHORTEST_PERIOD: SimSpan = SimSpan::from_nanos(1);
/// Up to this number of metrics, a sync allocates nothing.
const METRICS_ON_STACK: usize = 8;

/// An HPA in a run: its queries, and its state from sync to sync.
#[derive(Clone, Debug)]
pub struct HpaScaler<'s> {
    hpa: &'s Hpa,
    rules: Rules,
    asks: Vec<MetricQuery>,
    memory: HpaMemory,
    record: DecisionRecord,
    /// The next point of the sync grid.
    next_sync: SimTime,
}

impl<'s> HpaScaler<'s> {
    /// A new HPA that has decided nothing yet, with its first sync at `first_sync`.
    #[must_use]
    pub fn new(hpa: &'s Hpa, first_sync: SimTime) -> Self {
        let rules = hpa.rules();
        Self {
            asks: hpa
                .spec
                .metrics
                .iter()
                .map(|metric| query(&metric.source, &rules))
                .collect(),
            hpa,
            rules,
            memory: HpaMemory::default(),
            record: DecisionRecord::default(),
            next_sync: first_sync,
        }
    }
}

/// The query of the controller's metrics client for a metric of the spec.
fn query(source: &MetricSource, rules: &Rules) -> MetricQuery {
    let resource = |resource: &String, container: Option<&String>| MetricQuery::Resource {
        resource: resource.clone(),
        container: container.cloned(),
        requests: rules.of_release.request_scope,
    };
    let metric = source.column().unwrap_or_default();
    match source {
        MetricSource::Resource { resource: name } => resource(name, None),
        MetricSource::ContainerResource {
            resource: name,
            container,
        } => resource(name, Some(container)),
        MetricSource::Pods { .. } => MetricQuery::Pods { metric },
        MetricSource::Object { .. } => MetricQuery::Object { metric },
        MetricSource::External { .. } => MetricQuery::External { metric },
    }
}

impl Autoscaler for HpaScaler<'_> {
    fn asks(&self) -> &[MetricQuery] {
        &self.asks
    }

    fn bounds(&self) -> Bounds {
        self.hpa.bounds()
    }

    fn next_wake(&self, _now: SimTime) -> Option<SimTime> {
        Some(self.next_sync)
    }

    fn wake_jitter(&self) -> SimSpan {
        self.hpa.sync_jitter
    }

    fn initialisation(&self) -> SimSpan {
        let settings = &self.hpa.settings;
        settings
            .cpu_initialization_period
            .max(settings.initial_readiness_delay)
    }

    #[inline]
    fn wake<L: DecisionListener>(
        &mut self,
        now: SimTime,
        seen: &Seen<'_>,
        listener: &mut L,
    ) -> Option<Replicas> {
        self.next_sync += self.hpa.sync_period.max(SHORTEST_PERIOD);
        match self.asks.len() {
            1 => self.sync(now, seen, &[seen.metric(0)], listener),
            count if count <= METRICS_ON_STACK => {
                let mut answers = [MetricObservation::Failed(""); METRICS_ON_STACK];
                for (query, answer) in answers[..count].iter_mut().enumerate() {
                    *answer = seen.metric(query);
                }
                self.sync(now, seen, &answers[..count], listener)
            }
            count => {
                let answers: Vec<_> = (0..count).map(|query| seen.metric(query)).collect();
                self.sync(now, seen, &answers, listener)
            }
        }
    }
}

impl HpaScaler<'_> {
    /// One sync of the controller's loop.
    fn sync<L: DecisionListener>(
        &mut self,
        now: SimTime,
        seen: &Seen<'_>,
        metrics: &[MetricObservation<'_>],
        listener: &mut L,
    ) -> Option<Replicas> {
        let observation = Observation {
            scale: Ok(seen.scale),
            pods: seen.pods,
            metrics,
            scale_write: Ok(()),
        };
        let (rules, spec, memory) = (&self.rules, &self.hpa.spec, &mut self.memory);
        let outcome = if L::WANTS_LINES {
            self.record.clear();
            reconcile(rules, spec, memory, &observation, now, &mut self.record)
        } else {
            reconcile(rules, spec, memory, &observation, now, &mut ())
        };
        let decided = Decided {
            time: now,
            by: "hpa",
            current: seen.scale.spec_replicas,
            desired: outcome.desired,
            rescaled: outcome.rescaled,
            metrics: &self.memory.status.current_metrics,
            line: None,
        };
        if L::WANTS_LINES {
            let line = HpaLine::new(&decided, &outcome, &self.memory.status, &self.record);
            listener.decided(&Decided {
                line: Some(&line),
                ..decided
            });
        } else {
            listener.decided(&decided);
        }
        outcome.rescaled.then_some(outcome.desired)
    }
}
