//! Baselines: policies without a file, to compare other policies with.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::latency::Provisioning;
use super::offered::nominal_rps;
use crate::cluster::pods::startup_span;
use crate::control::{Scaler, Schedule, ScheduledScale};
use crate::engine::random::Distribution;
use crate::scenario::{REPLICAS_MAX, Scenario};
use crate::units::{Replicas, Seed, SimSpan, SimTime};
use crate::workload::Demand;

/// A baseline by name. It replaces the scaler of the scenario that it is applied to, and keeps the
/// rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// `@default`: the scenario's autoscaler without `behavior`.
    Default,
    /// `@static-peak`: at all times the pods that the trace's greatest rate needs.
    StaticPeak(Headroom),
    /// `@static-mean`: at all times the mean over time of the pods that the trace needs, rounded
    /// up.
    StaticMean(Headroom),
    /// `@oracle`: the pods that the rate needs, created early by the start-up time of a pod. Pods
    /// that will be needed again soon stay.
    Oracle(Headroom),
    /// `@oracle-instant`: the pods that the rate needs, without any start-up time.
    PromptOracle(Headroom),
    /// `@fixed:N`: N pods at all times.
    Fixed(Replicas),
}

/// The pods of a baseline in percent of the needed pods: `@oracle:130` has 30 % more.
///
/// The need is computed from mean rates. Where requests arrive at random, some headroom keeps the
/// SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headroom {
    percent: u32,
}

impl Headroom {
    /// No headroom: exactly the needed pods.
    pub const NONE: Self = Self { percent: 100 };

    fn of(self, pods: Replicas) -> Replicas {
        let hundredths = i64::from(pods.0) * i64::from(self.percent);
        let pods = (hundredths + 99) / 100;
        Replicas(i32::try_from(pods).unwrap_or(i32::MAX))
    }
}

/// Why a baseline does not exist or cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// No baseline has that name.
    #[error("there is no baseline `{0}`; the baselines are {KNOWN}")]
    Unknown(String),
    /// The `N` of `@fixed:N` is not a number, or is out of range.
    #[error("`{0}` needs a number of pods from 1 to {REPLICAS_MAX}, as in `@fixed:12`")]
    Count(String),
    /// The `P` of `@oracle:P` is not a number, or is out of range.
    #[error("`{0}` needs a percentage of the required pods from 100 to 1000, as in `@oracle:130`")]
    Headroom(String),
    /// `@default` of a policy without an autoscaler.
    #[error(
        "`@default` copies the autoscaler of `{0}`, and `{0}` has no autoscaler; name a policy with [hpa] first, or remove `@default`"
    )]
    NoAutoscaler(String),
    /// The trace states demand as CPU only.
    #[error(
        "`{baseline}` needs request rates, and `{trace}` has only CPU demand; use `@default` or `@fixed:N`"
    )]
    RequestsUnknown {
        /// The baseline's name.
        baseline: String,
        /// The trace's name.
        trace: String,
    },
    /// No number of pods meets the SLO.
    #[error(
        "`{baseline}` needs a number of pods that meets the SLO of `{policy}`, and no number meets it; raise the limit of slo.latency, or use `@fixed:N`"
    )]
    SloOutOfReach {
        /// The baseline's name.
        baseline: String,
        /// The policy's name.
        policy: String,
    },
    /// The baseline needs more pods than a simulation can hold.
    #[error(
        "`{baseline}` needs {pods} pods under `{trace}`, and a simulation has at most {REPLICAS_MAX}; lower workload.scale, or use `@fixed:N`"
    )]
    TooManyPods {
        /// The baseline's name.
        baseline: String,
        /// The number of pods.
        pods: i32,
        /// The trace's name.
        trace: String,
    },
}

/// The names of all baselines, for the error message.
const KNOWN: &str = "@default, @static-peak, @static-mean, @oracle, @oracle-instant, @fixed:N";

/// An oracle draws the start-up times of this many pods, and uses the one at index [`WAITED_FOR`]
/// in ascending order.
const DRAWN_PODS: u32 = 1000;
const WAITED_FOR: usize = 990;
/// An oracle keeps pods that it needs again within this time. It equals the time within which the
/// KPIs count a reversal.
const PATIENCE: SimSpan = SimSpan::from_secs(600);

/// The needed pods over one row of the trace.
#[derive(Clone, Copy, Debug)]
struct Need {
    start: SimTime,
    end: SimTime,
    pods: Replicas,
}

impl Baseline {
    /// The first character of a baseline's name, which no file name has.
    pub const PREFIX: char = '@';

    /// The baseline of this name.
    ///
    /// # Errors
    ///
    /// The name is unknown, or its number is invalid.
    pub fn parse(name: &str) -> Result<Self, BaselineError> {
        if let Some(count) = name.strip_prefix("@fixed:") {
            let pods = count
                .parse()
                .ok()
                .filter(|pods| (1..=REPLICAS_MAX).contains(pods));
            return pods
                .map(|pods| Self::Fixed(Replicas(pods)))
                .ok_or_else(|| BaselineError::Count(name.to_owned()));
        }
        let (stem, headroom) = match name.split_once(':') {
            None => (name, Headroom::NONE),
            Some((stem, percent)) => {
                let percent = percent.parse().ok();
                let percent = percent.filter(|it| (100..=1000).contains(it));
                let percent = percent.ok_or_else(|| BaselineError::Headroom(name.to_owned()))?;
                (stem, Headroom { percent })
            }
        };
        match stem {
            "@default" if headroom == Headroom::NONE => Ok(Self::Default),
            "@static-peak" => Ok(Self::StaticPeak(headroom)),
            "@static-mean" => Ok(Self::StaticMean(headroom)),
            "@oracle" => Ok(Self::Oracle(headroom)),
            "@oracle-instant" => Ok(Self::PromptOracle(headroom)),
            _ => Err(BaselineError::Unknown(name.to_owned())),
        }
    }

    /// The name, such as `@oracle`.
    #[must_use]
    pub fn name(self) -> String {
        let (stem, headroom) = match self {
            Self::Default => ("@default", Headroom::NONE),
            Self::StaticPeak(headroom) => ("@static-peak", headroom),
            Self::StaticMean(headroom) => ("@static-mean", headroom),
            Self::Oracle(headroom) => ("@oracle", headroom),
            Self::PromptOracle(headroom) => ("@oracle-instant", headroom),
            Self::Fixed(pods) => return format!("@fixed:{pods}"),
        };
        if headroom == Headroom::NONE {
            stem.to_owned()
        } else {
            format!("{stem}:{}", headroom.percent)
        }
    }

    /// `scenario` with this baseline as its policy. The policy takes the baseline's name and has no
    /// assertions.
    ///
    /// # Errors
    ///
    /// The scenario lacks something that the baseline needs.
    pub fn apply(self, scenario: &Scenario) -> Result<Scenario, BaselineError> {
        let mut made = scenario.clone();
        made.policy_name = self.name();
        made.assertions.clear();
        match self {
            Self::Default => {
                let Some(autoscaler) = made.hpa_mut() else {
                    return Err(BaselineError::NoAutoscaler(scenario.policy_name.clone()));
                };
                autoscaler.spec.behavior = None;
            }
            Self::Fixed(pods) => hold(&mut made, pods),
            Self::StaticPeak(headroom) => {
                hold(&mut made, most(&self.needs(scenario, headroom)?));
            }
            Self::StaticMean(headroom) => {
                hold(&mut made, mean(&self.needs(scenario, headroom)?));
            }
            Self::Oracle(headroom) => {
                let needs = without_troughs(&self.needs(scenario, headroom)?, PATIENCE);
                let ahead = NeedWindow::Ahead(startup(scenario));
                follow(&mut made, &seen_through(&needs, ahead));
            }
            Self::PromptOracle(headroom) => {
                start_at_once(&mut made);
                follow(&mut made, &self.needs(scenario, headroom)?);
            }
        }
        Ok(made)
    }

    /// The pods that each row of the trace needs, with the headroom.
    fn needs(self, scenario: &Scenario, headroom: Headroom) -> Result<Vec<Need>, BaselineError> {
        if matches!(scenario.trace.demand, Demand::CpuMillicores(_)) {
            return Err(BaselineError::RequestsUnknown {
                baseline: self.name(),
                trace: scenario.trace_name.clone(),
            });
        }
        let provisioning = Provisioning::of(scenario);
        let mut needs = Vec::with_capacity(scenario.trace.times.len());
        for (row, times) in scenario.trace.times.windows(2).enumerate() {
            let pods = provisioning
                .needed(nominal_rps(scenario, row))
                .ok_or_else(|| BaselineError::SloOutOfReach {
                    baseline: self.name(),
                    policy: scenario.policy_name.clone(),
                })?;
            needs.push(Need {
                start: times[0],
                end: times[1],
                pods: headroom.of(pods),
            });
        }
        match most(&needs) {
            Replicas(pods) if pods > REPLICAS_MAX => Err(BaselineError::TooManyPods {
                baseline: self.name(),
                pods,
                trace: scenario.trace_name.clone(),
            }),
            _ => Ok(needs),
        }
    }
}

/// Removes the scaler and sets a constant number of pods.
fn hold(scenario: &mut Scenario, pods: Replicas) {
    scenario.scaler = None;
    scenario.deployment.replicas = pods;
}

fn most(needs: &[Need]) -> Replicas {
    needs
        .iter()
        .map(|need| need.pods)
        .max()
        .unwrap_or(Replicas(1))
}

fn mean(needs: &[Need]) -> Replicas {
    let (mut pod_seconds, mut seconds) = (0.0, 0.0);
    for need in needs {
        let length = (need.end - need.start).as_secs_f64();
        pod_seconds += f64::from(need.pods.0) * length;
        seconds += length;
    }
    if seconds <= 0.0 {
        return Replicas(1);
    }
    // The subtraction keeps a rounding error from adding a pod.
    Replicas((pod_seconds / seconds - 1e-9).ceil() as i32)
}

/// The start-up time that 99 % of the pods do not exceed, from creation to serving.
fn startup(scenario: &Scenario) -> SimSpan {
    let mut spans: Vec<SimSpan> = (0..DRAWN_PODS)
        .map(|pod| startup_span(&scenario.deployment.pod, Seed::default(), pod))
        .collect();
    spans.sort_unstable();
    spans[WAITED_FOR]
}

/// Removes all start-up times: pods serve at their creation.
fn start_at_once(scenario: &mut Scenario) {
    let at_once = Distribution::Constant(SimSpan::ZERO);
    let pod = &mut scenario.deployment.pod;
    pod.schedule = at_once.clone();
    pod.image_pull = at_once.clone();
    pod.start = at_once.clone();
    pod.init = at_once;
    pod.startup_cpu = None;
    pod.warm_up = None;
    pod.startup = None;
    pod.readiness = None;
    pod.endpoint_lag = SimSpan::ZERO;
}

/// Makes `spec.replicas` follow `needs`. A need before the start sets the initial replicas.
fn follow(scenario: &mut Scenario, needs: &[Need]) {
    let before = needs.partition_point(|need| need.start <= SimTime::ZERO);
    let at_start = before.checked_sub(1).map(|first| needs[first].pods);
    let mut current = at_start.unwrap_or(Replicas(1));
    hold(scenario, current);
    let mut schedule = Schedule::default();
    for need in &needs[before..] {
        if need.pods != current {
            schedule.entries.push(ScheduledScale {
                time: need.start,
                replicas: need.pods,
            });
            current = need.pods;
        }
    }
    if !schedule.entries.is_empty() {
        scenario.scaler = Some(Scaler::Schedule(schedule));
    }
}

/// Fills troughs that are shorter than `span`, because their pods will be needed again; changes
/// nothing else.
fn without_troughs(needs: &[Need], span: SimSpan) -> Vec<Need> {
    let raised = seen_through(needs, NeedWindow::Ahead(span));
    seen_through(&raised, NeedWindow::Behind(span))
}

/// The window over the needs at each moment.
#[derive(Clone, Copy, Debug)]
enum NeedWindow {
    /// The maximum from the moment until this much later.
    Ahead(SimSpan),
    /// The minimum from this much earlier until the moment.
    Behind(SimSpan),
}

/// A need enters or leaves the window.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Begins(Replicas),
    Ends(Replicas),
}

/// The maximum or minimum over the window at each moment. A window ahead sees the first need before
/// the trace begins.
fn seen_through(needs: &[Need], window: NeedWindow) -> Vec<Need> {
    let Some(last) = needs.last() else {
        return Vec::new();
    };
    let mut moments: BTreeMap<SimTime, Vec<Turn>> = BTreeMap::new();
    for need in needs {
        let (begins, ends) = match window {
            NeedWindow::Ahead(span) => (need.start + -span, need.end),
            NeedWindow::Behind(span) => (need.start, (need.end + span).min(last.end)),
        };
        moments
            .entry(begins)
            .or_default()
            .push(Turn::Begins(need.pods));
        moments.entry(ends).or_default().push(Turn::Ends(need.pods));
    }
    let mut in_sight: BTreeMap<Replicas, usize> = BTreeMap::new();
    let mut seen: Vec<Need> = Vec::with_capacity(moments.len());
    for (time, turns) in moments {
        for turn in turns {
            match turn {
                Turn::Begins(pods) => *in_sight.entry(pods).or_default() += 1,
                Turn::Ends(pods) => {
                    if let Entry::Occupied(mut rows) = in_sight.entry(pods) {
                        *rows.get_mut() -= 1;
                        if *rows.get() == 0 {
                            rows.remove();
                        }
                    }
                }
            }
        }
        if let Some(before) = seen.last_mut() {
            before.end = time;
        }
        let stands = match window {
            NeedWindow::Ahead(_) => in_sight.keys().next_back(),
            NeedWindow::Behind(_) => in_sight.keys().next(),
        };
        // After the last row the window is empty.
        if let Some(pods) = stands.copied() {
            seen.push(Need {
                start: time,
                end: last.end,
                pods,
            });
        }
    }
    seen
}

#[cfg(test)]
#[path = "baseline/tests.rs"]
mod tests;
