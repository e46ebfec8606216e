//! Targets that the containers' limits make unreachable, or so close that each scale-up step is small.
//!
//! Only CPU and memory have a ceiling. The range of other metrics is unknown.
//!
//! A container is throttled (CPU) or killed (memory) at its limit, so the usage that the autoscaler sees cannot exceed it. With a
//! limit of L times the request, utilization is at most 100 L percent. This bounds the ratio of usage to target, by which
//! `desired = ceil(current x ratio)` multiplies the pods (Kubernetes, "Horizontal Pod Autoscaling", algorithm details).

use super::case::{Case, CaseReport};
use super::growth::{Rates, Syncs, Way, Window};
use super::speed::limits_text;
use super::{pods_text, syncs_text};
use crate::cluster::config::{Container, Deployment};
use crate::control::Hpa;
use crate::hpa::spec::{MetricSource, MetricSpec, MetricTarget};
use crate::scenario::Code;
use crate::scenario::survey::{Knowledge, Subject};
use crate::units::Millicores;

/// Applies the rules of this module.
pub(super) fn rules(case: &mut Case<'_>) {
    for subject in &case.survey.subjects {
        if subject.knowledge == Knowledge::Nothing {
            continue;
        }
        if let Some(autoscaler) = &subject.autoscaler {
            reach(case, subject, autoscaler);
        }
    }
}

/// How far the usage of a metric can exceed its target.
struct UsageCeiling {
    /// The highest usage divided by the target.
    ratio: f64,
    /// The highest usage, in the metric's unit.
    usage: String,
    /// The target, in the metric's unit.
    target: String,
    /// The requests and limits of the pod.
    pod: String,
    /// What happens to a container at its limit.
    stopped: &'static str,
    /// A target that usage can exceed by enough.
    lower_target: String,
}

fn reach(case: &mut Case<'_>, subject: &Subject, autoscaler: &Hpa) {
    let rules = autoscaler.rules();
    let tolerance = rules.tolerance(autoscaler.spec.behavior.as_ref()).up;
    let mut highest: Option<f64> = Some(0.0);
    for (index, metric) in autoscaler.spec.metrics.iter().enumerate() {
        let Some(ceiling) = ceiling_of(metric, &subject.deployment, tolerance) else {
            // A metric without a ceiling can ask for any number of pods.
            highest = None;
            continue;
        };
        if ceiling.ratio <= 1.0 + tolerance {
            let origin = subject.metric_places.get(index).copied();
            case.report(never_up(subject, &ceiling, tolerance, origin));
        } else {
            highest = highest.map(|highest| highest.max(ceiling.ratio));
        }
    }
    if let Some(ratio) = highest.filter(|ratio| *ratio > 1.0) {
        steps(case, subject, autoscaler, ratio);
    }
}

fn never_up(
    subject: &Subject,
    ceiling: &UsageCeiling,
    tolerance: f64,
    origin: Option<crate::scenario::source::Origin>,
) -> CaseReport {
    let UsageCeiling {
        usage,
        target,
        pod,
        stopped,
        lower_target,
        ..
    } = ceiling;
    CaseReport {
        code: Code::NeverScalesUp,
        origin: origin.unwrap_or(subject.origin),
        object: subject.title.clone(),
        message: format!(
            "this metric never scales up: usage cannot exceed {usage}, and the target is {target}"
        ),
        why: format!(
            "{pod}, and a pod is {stopped} there; with a tolerance of {}% the autoscaler scales up above {:.3} times the target, and usage reaches at most {:.3} times the target",
            tolerance * 100.0,
            1.0 + tolerance,
            ceiling.ratio
        ),
        help: format!("lower the target to {lower_target} or less, or raise the limits"),
    }
}

/// Reports how many syncs the way up takes if each sync multiplies the pods by at most `ratio`.
fn steps(case: &mut Case<'_>, subject: &Subject, autoscaler: &Hpa, ratio: f64) {
    let spec = &autoscaler.spec;
    let from = spec.min_replicas.0.max(1);
    let to = spec.max_replicas.0;
    if from == to {
        return;
    }
    let way = Way {
        from,
        to,
        rates: Rates::up(spec),
        window: Window::up(spec),
        sync_period: autoscaler.sync_period,
    };
    let by_limits = Way {
        rates: Rates::Unlimited,
        window: Window::NONE,
        ..way
    };
    let wish = |current| multiplied(current, ratio);
    let (Syncs::Count(unlimited), Syncs::Count(rates), Syncs::Count(syncs)) = (
        by_limits.syncs_up(wish),
        way.syncs_up(|_| to),
        way.syncs_up(wish),
    ) else {
        // `speed` reports rate limits that never reach the maximum.
        return;
    };
    let time = autoscaler.sync_period * i64::from(syncs);
    let is_slow = time > case.within && syncs > rates;
    let origin = subject.metric_places.first().copied();
    let limits = limits_text(way.window);
    let step = format!("one sync multiplies the pods by at most {ratio:.2}");
    let way = format!(
        "from {from} to {} this alone takes {}; with {} it takes {syncs} ({time})",
        pods_text(to),
        syncs_text(unlimited),
        limits
    );
    let why = format!(
        "usage cannot exceed the limits, which are {ratio:.2} times the target, however high the load is"
    );
    let (code, help) = if is_slow {
        (
            Code::LimitSlowsGrowth,
            format!(
                "lower the target, or raise the limits or `minReplicas`; the pods should be there within {} (--within)",
                case.within
            ),
        )
    } else {
        (
            Code::StepsToMaximum,
            "no change is needed; a lower target or higher limits make the steps larger".to_owned(),
        )
    };
    case.report(CaseReport {
        code,
        origin: origin.unwrap_or(subject.origin),
        object: subject.title.clone(),
        message: format!("{step}: {way}"),
        why,
        help,
    });
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a conversion from float saturates, and the way ends at maxReplicas"
)]
fn multiplied(current: i32, ratio: f64) -> i32 {
    (f64::from(current) * ratio).ceil() as i32
}

fn ceiling_of(
    metric: &MetricSpec,
    deployment: &Deployment,
    tolerance: f64,
) -> Option<UsageCeiling> {
    let (resource, containers): (&str, Vec<&Container>) = match &metric.source {
        MetricSource::Resource { resource } => (resource, deployment.containers.iter().collect()),
        MetricSource::ContainerResource {
            resource,
            container,
        } => {
            let named = deployment
                .containers
                .iter()
                .find(|it| it.name == *container);
            (resource, named.into_iter().collect())
        }
        _ => return None,
    };
    let is_whole_pod = matches!(metric.source, MetricSource::Resource { .. });
    let kind = CeilingResource::of(resource)?;
    let of_pod = is_whole_pod.then(|| kind.of_pod(deployment));
    let limit = kind.limit(&containers, of_pod.as_ref())?;
    let request = kind.request(&containers, of_pod.as_ref());
    match (metric.target, request) {
        (MetricTarget::Utilization(target), Some(request)) if request > 0.0 => {
            let percent = 100.0 * limit / request;
            Some(UsageCeiling {
                ratio: percent / f64::from(target),
                usage: format!("{percent:.0}% of the request"),
                target: format!("{target}%"),
                pod: format!(
                    "the limits are {} and the requests {}",
                    kind.text(limit),
                    kind.text(request)
                ),
                stopped: kind.stopped(),
                lower_target: format!("{:.0}%", below(percent / (1.0 + tolerance))),
            })
        }
        (MetricTarget::AverageValue(value), _) => {
            let target = kind.amount_of_milli(value.0);
            (target > 0.0).then(|| UsageCeiling {
                ratio: limit / target,
                usage: kind.text(limit),
                target: kind.text(target),
                pod: format!("the limits are {}", kind.text(limit)),
                stopped: kind.stopped(),
                lower_target: kind.text(below(limit / (1.0 + tolerance))),
            })
        }
        _ => None,
    }
}

/// The largest whole number below `bound`.
fn below(bound: f64) -> f64 {
    (bound.ceil() - 1.0).max(1.0)
}

/// The pod-level requests and limits.
struct PodLevel {
    request: Option<f64>,
    limit: Option<f64>,
}

/// A resource that can have a limit.
#[derive(Clone, Copy)]
enum CeilingResource {
    /// In millicores.
    Cpu,
    /// In bytes.
    Memory,
}

impl CeilingResource {
    fn of(resource: &str) -> Option<Self> {
        match resource {
            "cpu" => Some(Self::Cpu),
            "memory" => Some(Self::Memory),
            _ => None,
        }
    }

    fn of_pod(self, deployment: &Deployment) -> PodLevel {
        let pod = &deployment.pod_level;
        match self {
            Self::Cpu => PodLevel {
                request: pod.cpu_request.map(millicores),
                limit: pod.cpu_limit.map(millicores),
            },
            Self::Memory => PodLevel {
                request: pod.memory_request_bytes.map(bytes),
                limit: pod.memory_limit_bytes.map(bytes),
            },
        }
    }

    /// What the containers may use together; `None` if one of them has no limit.
    fn limit(self, containers: &[&Container], pod: Option<&PodLevel>) -> Option<f64> {
        let limits: Option<f64> = containers
            .iter()
            .map(|it| match self {
                Self::Cpu => it.cpu_limit.map(millicores),
                Self::Memory => it.memory_limit_bytes.map(bytes),
            })
            .sum();
        match (limits, pod.and_then(|pod| pod.limit)) {
            (Some(sum), Some(whole)) => Some(sum.min(whole)),
            (one, other) => one.or(other),
        }
        .filter(|limit| *limit > 0.0)
    }

    fn request(self, containers: &[&Container], pod: Option<&PodLevel>) -> Option<f64> {
        pod.and_then(|pod| pod.request).or_else(|| {
            containers
                .iter()
                .map(|it| match self {
                    Self::Cpu => it.cpu_request.map(millicores),
                    Self::Memory => it.memory_request_bytes.map(bytes),
                })
                .sum()
        })
    }

    fn text(self, amount: f64) -> String {
        const MIB: f64 = (1 << 20) as f64;
        match self {
            Self::Cpu => format!("{amount:.0}m"),
            Self::Memory => format!("{:.0}Mi", amount / MIB),
        }
    }

    /// An `averageValue` in thousandths of a core or of a byte.
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    fn amount_of_milli(self, milli: i64) -> f64 {
        match self {
            Self::Cpu => milli as f64,
            Self::Memory => milli as f64 / 1000.0,
        }
    }

    fn stopped(self) -> &'static str {
        match self {
            Self::Cpu => "throttled",
            Self::Memory => "killed",
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn millicores(cpu: Millicores) -> f64 {
    cpu.0 as f64
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn bytes(bytes: u64) -> f64 {
    bytes as f64
}
