//! The JSON form of a recording in a file.
//!
//! The types have the shape of the file and convert it for the core. The reader counts unknown keys.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::spec_format::{QuantityText, Spec};
use crate::hpa::rules::{ControllerSettings, Gate, GateOfRelease, Release, Rules};
use crate::units::{SimSpan, SimTime};

/// One line: one HPA, reconciled by a freshly started controller.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedScenario {
    /// Unique in its file; the part before the last `-` is its category.
    pub id: String,
    /// `decision` or `timeline`.
    pub suite: String,
    /// The controller that made the decisions.
    pub source: String,
    /// The controller's settings.
    pub controller: RecordedController,
    /// The autoscaler.
    pub hpa: RecordedHpa,
    /// The defaults of pods.
    pub pod_defaults: PodDefaults,
    /// The reconciles, in order.
    pub steps: Vec<Step>,
}

impl RecordedScenario {
    /// The generator's category: the id up to its last `-`, without a leading `h-`.
    #[must_use]
    pub fn category(&self) -> &str {
        let id = self.id.strip_prefix("h-").unwrap_or(&self.id);
        id.rsplit_once('-').map_or(id, |(category, _)| category)
    }

    /// The rules of `release`; without one, of the release that was recorded.
    ///
    /// The gates are those of the recording, as far as the release has them. Some recordings of 1.37 and 1.38-dev are of builds
    /// that still had a gate which these releases do not have; there the recorded gate holds.
    #[must_use]
    pub fn rules(&self, release: Option<Release>) -> Rules {
        let build = RecordedBuild::of(&self.source);
        let settings = self.controller.settings();
        let mut rules = Rules::new(release.unwrap_or(build.release), settings);
        let is_always_on = rules.of_release.configurable_tolerance == GateOfRelease::Always;
        if let Some(stated) = settings.configurable_tolerance
            && build.is_before_release
            && is_always_on
        {
            rules.direction_tolerance = stated;
        }
        rules
    }
}

/// The controller that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RecordedBuild {
    /// The release that decides like it.
    release: Release,
    /// Whether it is no build of that release, but one before it.
    is_before_release: bool,
}

impl RecordedBuild {
    /// The commit of the development branch after 1.37 that some recordings are of.
    const COMMIT_OF_1_38_DEV: &str = "a769d5884497";
    /// The one change by which 1.37 decides differently from 1.36.3.
    const CHANGE_OF_1_37: &str = "+ k/k#139029";

    /// The controller that `source` describes; 1.38-dev if it states no version.
    ///
    /// A version of Kubernetes is `v1.MINOR.PATCH`. `v0.36.2` is the version of the API's module, and no version of Kubernetes.
    fn of(source: &str) -> Self {
        let before = |release| Self {
            release,
            is_before_release: true,
        };
        if source.contains(Self::COMMIT_OF_1_38_DEV) {
            return before(Release::V1_38Dev);
        }
        if source.contains(Self::CHANGE_OF_1_37) {
            return before(Release::V1_37);
        }
        let words = source.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
        let stated = words
            .filter_map(|word| word.strip_prefix("v1."))
            .find_map(|version| format!("1.{}", version.split('.').next()?).parse().ok());
        stated.map_or(before(Release::V1_38Dev), |release| Self {
            release,
            is_before_release: false,
        })
    }
}

/// `controller` of a scenario.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedController {
    tolerance: f64,
    downscale_stabilization_seconds: f64,
    cpu_initialization_period_seconds: f64,
    initial_readiness_delay_seconds: f64,
    #[serde(default)]
    scale_to_zero: bool,
    #[serde(default)]
    configurable_tolerance: bool,
}

impl RecordedController {
    fn settings(&self) -> ControllerSettings {
        let gate = |on| if on { Gate::On } else { Gate::Off };
        ControllerSettings {
            tolerance: self.tolerance,
            downscale_stabilization: span(self.downscale_stabilization_seconds),
            cpu_initialization_period: span(self.cpu_initialization_period_seconds),
            initial_readiness_delay: span(self.initial_readiness_delay_seconds),
            scale_to_zero: Some(gate(self.scale_to_zero)),
            configurable_tolerance: Some(gate(self.configurable_tolerance)),
        }
    }
}

/// `hpa` of a scenario.
#[derive(Debug, Deserialize)]
pub struct RecordedHpa {
    /// Its `spec`, with the API server's defaults.
    pub spec: Spec,
}

/// `podDefaults` of a scenario.
#[derive(Debug, Deserialize)]
pub struct PodDefaults {
    /// The containers of every pod that states none.
    pub containers: Vec<RecordedContainer>,
}

/// One reconcile: the controller's input and its result.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Seconds on the scenario's clock.
    pub time: f64,
    /// The result of reading the scale.
    pub scale: RecordedScale,
    /// The full list of pods; the first step always has it.
    pub pods: Option<Vec<Pod>>,
    /// The changes to the list since the step before.
    pub pod_changes: Option<PodChanges>,
    /// One entry for each of the spec's metrics.
    pub metrics: Vec<Metric>,
    /// The HPA's spec from this step on.
    pub hpa_spec: Option<Spec>,
    /// Whether the controller was restarted before this step.
    #[serde(default)]
    pub controller_restart: bool,
    /// The observable result.
    pub expect: Observed,
}

/// `scale` of a step.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedScale {
    /// `spec.replicas`.
    pub spec_replicas: i32,
    /// `status.replicas`.
    #[serde(default)]
    pub status_replicas: i32,
    /// The error text if reading the scale failed.
    pub get_error: Option<String>,
    /// The error text if writing the scale fails.
    pub update_error: Option<String>,
    /// Whether the scale's status lacks a selector.
    #[serde(default)]
    pub no_selector: bool,
}

/// `podChanges` of a step.
#[derive(Debug, Deserialize)]
pub struct PodChanges {
    /// The names of removed pods.
    #[serde(default)]
    pub remove: Vec<String>,
    /// New or changed pods.
    #[serde(default)]
    pub set: Vec<Pod>,
}

/// One pod.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// `status.phase`.
    #[serde(default)]
    pub phase: RecordedPhase,
    /// The creation time, which the controller ignores.
    #[serde(default, rename = "created")]
    _created: Option<f64>,
    /// `status.startTime`.
    #[serde(default)]
    pub start_time: Option<f64>,
    /// Status of the Ready condition.
    #[serde(default)]
    pub ready: Ready,
    /// The Ready condition's last transition.
    #[serde(default)]
    pub ready_transition_time: Option<f64>,
    /// Whether it has a deletion timestamp.
    #[serde(default)]
    pub deleting: bool,
    /// Its containers; `None` stands for the scenario's defaults.
    pub containers: Option<Vec<RecordedContainer>>,
    /// Its init containers.
    #[serde(default)]
    pub init_containers: Vec<RecordedContainer>,
    /// The requests of the pod as a whole.
    pub requests: Option<BTreeMap<String, QuantityText>>,
}

/// `phase` of a pod.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub enum RecordedPhase {
    /// `Pending`
    Pending,
    /// `Running`
    #[default]
    Running,
    /// `Succeeded`
    Succeeded,
    /// `Failed`
    Failed,
    /// `Unknown`
    Unknown,
}

/// `ready` of a pod: `true`, `false`, `"Unknown"` or `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ready {
    /// The condition is True.
    #[default]
    True,
    /// The condition is False.
    False,
    /// The condition is Unknown.
    Unknown,
    /// The pod has no Ready condition.
    Absent,
}

impl<'de> Deserialize<'de> for Ready {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum WrittenReady {
            Known(bool),
            Word(String),
        }
        Ok(match Option::<WrittenReady>::deserialize(deserializer)? {
            None => Self::Absent,
            Some(WrittenReady::Known(true)) => Self::True,
            Some(WrittenReady::Known(false)) => Self::False,
            Some(WrittenReady::Word(word)) if word == "Unknown" => Self::Unknown,
            Some(WrittenReady::Word(word)) => {
                return Err(serde::de::Error::custom(format!(
                    "ready is true, false, \"Unknown\" or null, not \"{word}\""
                )));
            }
        })
    }
}

/// One container of a pod.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedContainer {
    /// Its name.
    pub name: String,
    /// Its requests.
    #[serde(default)]
    pub requests: BTreeMap<String, QuantityText>,
    /// `Always` makes an init container a sidecar.
    pub restart_policy: Option<String>,
}

/// The result of the metrics client for one metric.
#[derive(Debug, Deserialize)]
pub struct Metric {
    /// The samples by pod.
    pub pods: Option<BTreeMap<String, RecordedSample>>,
    /// The timestamp of the whole entry, in seconds.
    #[serde(default)]
    pub timestamp: f64,
    /// The window of the whole entry, in seconds.
    #[serde(default)]
    pub window: f64,
    /// The value of an Object metric.
    pub value: Option<i64>,
    /// The values of an External metric.
    pub values: Option<Vec<i64>>,
    /// Whether the client failed.
    #[serde(default)]
    pub error: bool,
    /// The error text.
    #[serde(default)]
    pub message: String,
}

/// One pod's sample: an integer, or an object with its own timestamp and window.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordedSample {
    /// The value.
    pub value: i64,
    /// The timestamp in seconds; `None` stands for the entry's.
    pub timestamp: Option<f64>,
    /// The window in seconds; `None` stands for the entry's.
    pub window: Option<f64>,
}

impl<'de> Deserialize<'de> for RecordedSample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SampleVisitor)
    }
}

/// Distinguishes the two forms without buffering, so that unknown keys in a sample are still counted.
struct SampleVisitor;

impl<'de> Visitor<'de> for SampleVisitor {
    type Value = RecordedSample;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer, or an object with value, timestamp and window")
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<RecordedSample, E> {
        Ok(RecordedSample {
            value,
            ..RecordedSample::default()
        })
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<RecordedSample, E> {
        let value = i64::try_from(value)
            .map_err(|_| E::custom(format!("{value} does not fit in 64 bits with a sign")))?;
        self.visit_i64(value)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RecordedSample, A::Error> {
        #[derive(Deserialize)]
        struct Whole {
            value: i64,
            timestamp: Option<f64>,
            window: Option<f64>,
        }
        let whole = Whole::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RecordedSample {
            value: whole.value,
            timestamp: whole.timestamp,
            window: whole.window,
        })
    }
}

/// The observable result of a reconcile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// The scale's `spec.replicas`.
    pub desired_replicas: i32,
    /// Whether the controller wrote the scale.
    pub rescaled: bool,
    /// Whether the reconcile returned an error.
    pub error: bool,
    /// The error's text.
    pub error_message: Option<String>,
    /// Condition type to status and reason.
    pub conditions: BTreeMap<String, [String; 2]>,
    /// Condition type to message; some suites do not record it.
    pub condition_messages: Option<BTreeMap<String, String>>,
    /// `status.currentMetrics`.
    pub current_metrics: Option<Vec<Option<ObservedMetric>>>,
    /// The replicas and the time in the status.
    pub status: ObservedStatus,
    /// Type, reason and message of each event.
    pub events: Vec<[String; 3]>,
}

/// One entry of `status.currentMetrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedMetric {
    /// In percent of the request.
    pub average_utilization: Option<i32>,
    /// Per pod, in milli-units.
    pub average_value_milli: Option<i64>,
    /// The whole value, in milli-units.
    pub value_milli: Option<i64>,
}

/// The replicas and the time of `status`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedStatus {
    /// `currentReplicas`.
    pub current_replicas: i32,
    /// `desiredReplicas`.
    pub desired_replicas: i32,
    /// `lastScaleTime`, in seconds.
    pub last_scale_time: Option<f64>,
}

/// A time of the recording; a time out of range becomes the distant past or future.
///
/// The format has at most three decimals. Milliseconds are exact and float seconds are not, so equal ages stay equal.
#[must_use]
pub fn time(seconds: f64) -> SimTime {
    let millis = (seconds * 1000.0).round() as i64;
    let nanos = millis.saturating_mul(1_000_000);
    SimTime::from_nanos(nanos).clamp(SimTime::DISTANT_PAST, SimTime::DISTANT_FUTURE)
}

/// A duration of the recording, with the same limits.
#[must_use]
pub fn span(seconds: f64) -> SimSpan {
    time(seconds) - SimTime::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_the_release_that_was_recorded() {
        let cases = [
            ("kubernetes HPA controller v1.28", Release::V1_28, false),
            (
                "kubernetes HPA controller v1.31.14, own recorder",
                Release::V1_31,
                false,
            ),
            ("v1.36.3", Release::V1_36, false),
            (
                "v1.36.3 + k/k#139029 (what 1.37.0 decides)",
                Release::V1_37,
                true,
            ),
            ("controller v1.37.1", Release::V1_37, false),
            ("v1.26.4", Release::V1_28, false),
            (
                "master mid-2026 (commit a769d5884497), API v0.36.2",
                Release::V1_38Dev,
                true,
            ),
            ("API v0.36.2", Release::V1_38Dev, true),
            ("", Release::V1_38Dev, true),
        ];
        for (source, release, is_before_release) in cases {
            let expected = RecordedBuild {
                release,
                is_before_release,
            };
            assert_eq!(RecordedBuild::of(source), expected, "{source}");
        }
    }
}
