//! What one reconcile sees: the scale, the pods as columns, the metrics.
//!
//! Self-imposed limit: borrowed data. Whoever watches the cluster keeps the
//! columns; a reconcile reads them and copies nothing.

use super::rules::RequestScope;
use crate::units::{MilliValue, Replicas, SimSpan, SimTime};

/// Everything that the controller learns from outside in one reconcile.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// What reading the scale subresource gave; else the API's error text.
    pub scale: Result<Scale, &'a str>,
    /// The pods that the scale's selector selects, in the lister's order.
    pub pods: PodColumns<'a>,
    /// What the metrics client gave, one entry for each of `spec.metrics`, in that order.
    pub metrics: &'a [MetricObservation<'a>],
    /// What writing the scale gives if it is written; else the API's error text.
    pub scale_write: Result<(), &'a str>,
}

/// The scale subresource of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// `spec.replicas`: what was asked for last, by whomever.
    pub spec_replicas: Replicas,
    /// `status.replicas`: pods that exist and are not terminating.
    pub status_replicas: Replicas,
    /// Whether `status.selector` is there.
    pub selector: ScaleSelector,
}

/// Whether the scale says which pods are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleSelector {
    /// It does.
    Present,
    /// It does not: no metric can be asked for.
    Absent,
}

/// The pods of the target; all columns have one entry a pod and the same length.
#[derive(Clone, Copy, Debug, Default)]
pub struct PodColumns<'a> {
    /// Phase, readiness, deletion, packed.
    pub state: &'a [PodState],
    /// `status.startTime`; of no meaning where the state says that it is not set.
    pub start_time: &'a [SimTime],
    /// The Ready condition's last transition; [`SimTime::DISTANT_PAST`] where it has none.
    pub ready_transition: &'a [SimTime],
}

impl PodColumns<'_> {
    /// How many pods there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }
}

/// `status.phase` of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodPhase {
    /// Not all containers have started.
    Pending,
    /// Bound to a node, containers started.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, one badly.
    Failed,
    /// The node does not answer.
    Unknown,
}

/// The status of a pod's Ready condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyCondition {
    /// The pod has no such condition.
    Absent,
    /// `True`.
    True,
    /// `False`.
    False,
    /// `Unknown`, which is not False.
    Unknown,
}

/// Whether a pod has a deletion timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It has none.
    NotRequested,
    /// It is terminating.
    Requested,
}

/// Whether a pod's `status.startTime` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTime {
    /// It is.
    Set,
    /// It is not.
    NotSet,
}

/// What the grouping of pods asks of a pod's status, one bit a question, so that eight pods are one word.
///
/// A running pod whose Ready condition is True and that nobody deleted is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodState(u8);

impl PodState {
    /// It has a deletion timestamp.
    pub(super) const DELETING: u8 = 1;
    /// Its phase is Failed.
    pub(super) const FAILED: u8 = 1 << 1;
    /// Its phase is Succeeded.
    pub(super) const SUCCEEDED: u8 = 1 << 2;
    /// Its phase is Pending.
    pub(super) const PENDING: u8 = 1 << 3;
    /// Its phase is Unknown.
    const PHASE_UNKNOWN: u8 = 1 << 4;
    /// It has no Ready condition, or no start time.
    pub(super) const UNDETERMINED: u8 = 1 << 5;
    /// Its Ready condition is False.
    pub(super) const NOT_READY: u8 = 1 << 6;
    /// Its Ready condition is anything but True.
    const NOT_TRUE: u8 = 1 << 7;

    /// The state of a pod with these four.
    #[must_use]
    pub const fn new(
        phase: PodPhase,
        ready: ReadyCondition,
        deletion: Deletion,
        start: StartTime,
    ) -> Self {
        let mut bits = match phase {
            PodPhase::Pending => Self::PENDING,
            PodPhase::Running => 0,
            PodPhase::Succeeded => Self::SUCCEEDED,
            PodPhase::Failed => Self::FAILED,
            PodPhase::Unknown => Self::PHASE_UNKNOWN,
        };
        bits |= match ready {
            ReadyCondition::Absent => Self::UNDETERMINED | Self::NOT_TRUE,
            ReadyCondition::True => 0,
            ReadyCondition::False => Self::NOT_READY | Self::NOT_TRUE,
            ReadyCondition::Unknown => Self::NOT_TRUE,
        };
        if let Deletion::Requested = deletion {
            bits |= Self::DELETING;
        }
        if let StartTime::NotSet = start {
            bits |= Self::UNDETERMINED;
        }
        Self(bits)
    }

    /// A running pod whose Ready condition is True.
    #[must_use]
    pub const fn running_and_ready() -> Self {
        Self(0)
    }

    /// Its bits.
    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// Whether it counts as ready for Object and External metrics: Running, and Ready True; deleted ones count.
    #[must_use]
    pub const fn is_running_and_ready(self) -> bool {
        self.0 & !(Self::DELETING | Self::UNDETERMINED) == 0
    }
}

/// What the metrics client gave for one metric.
#[derive(Clone, Copy, Debug)]
pub enum MetricObservation<'a> {
    /// Resource, ContainerResource and Pods metrics: samples by pod.
    Pods(PodSamples<'a>),
    /// Object metrics: the one value.
    Object(MilliValue),
    /// External metrics: every series that matched.
    External(&'a [MilliValue]),
    /// The client failed with this text.
    Failed(&'a str),
}

/// Samples of one metric by pod; all columns have one entry a pod, in the order of [`PodColumns`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PodSamples<'a> {
    /// Whether the pod has a sample at all; the next three mean nothing where it has not.
    pub sampled: &'a [bool],
    /// The value.
    pub value: &'a [MilliValue],
    /// When the sample was taken.
    pub timestamp: &'a [SimTime],
    /// Over how long before its timestamp it is an average.
    pub window: &'a [SimSpan],
    /// Samples under names that are none of the pods.
    pub unmatched: &'a [MilliValue],
    /// What each pod requests of the resource; may be empty for metrics that are not measured against a request.
    pub request: &'a [MilliValue],
    /// The first pod whose request cannot be told, if any: it fails a utilization.
    pub request_fault: Option<RequestFault<'a>>,
}

/// Why a pod's request cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFault<'a> {
    /// A container states no request for the resource.
    MissingInContainer {
        /// The container's name.
        container: &'a str,
        /// The pod's name.
        pod: &'a str,
    },
    /// The pod states requests as a whole, but none for the resource.
    MissingAtPodLevel {
        /// The pod's name.
        pod: &'a str,
    },
    /// The pod has no container of the name that the metric asks for.
    ContainerNotFound {
        /// The container's name.
        container: &'a str,
        /// The pod's name.
        pod: &'a str,
    },
}

/// What a pod's spec says of one resource, as far as requests go.
#[derive(Clone, Copy, Debug)]
pub struct PodRequests<'a, 'list> {
    /// The pod's name.
    pub pod: &'a str,
    /// Its containers.
    pub containers: &'list [ContainerRequest<'a>],
    /// Its init containers, in the order in which they run.
    pub init_containers: &'list [InitContainerRequest<'a>],
    /// `spec.resources.requests`, if the pod has any.
    pub pod_level: Option<PodLevelRequest>,
}

impl<'a, 'list> PodRequests<'a, 'list> {
    /// What the pod requests of the resource; with `container`, what that one requests.
    ///
    /// It depends on the pod's spec alone, so that whoever keeps the columns asks once a pod.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn total(
        &self,
        scope: RequestScope,
        container: Option<&'a str>,
    ) -> Result<MilliValue, RequestFault<'a>> {
        match (scope, container, self.pod_level) {
            (RequestScope::PodLevelAndSidecars, None, Some(PodLevelRequest(Some(request)))) => {
                Ok(request)
            }
            (RequestScope::PodLevelAndSidecars, None, Some(PodLevelRequest(None))) => {
                self.aggregated_under_pod_level()
            }
            (RequestScope::PodLevelAndSidecars, _, _) => {
                let all = self.containers.iter().chain(self.sidecars());
                let found = all.clone().any(|one| container == Some(one.name));
                match container {
                    Some(container) if !found => Err(RequestFault::ContainerNotFound {
                        container,
                        pod: self.pod,
                    }),
                    _ => self.sum(all, container),
                }
            }
            (RequestScope::ContainersOnly, _, _) => self.sum(self.containers.iter(), container),
        }
    }

    fn sum(
        &self,
        containers: impl Iterator<Item = &'list ContainerRequest<'a>>,
        named: Option<&str>,
    ) -> Result<MilliValue, RequestFault<'a>>
    where
        'a: 'list,
    {
        let mut total = 0_i64;
        for container in containers {
            if named.is_some_and(|name| name != container.name) {
                continue;
            }
            match container.request {
                Some(request) => total = total.wrapping_add(request.0),
                None => {
                    return Err(RequestFault::MissingInContainer {
                        container: container.name,
                        pod: self.pod,
                    });
                }
            }
        }
        Ok(MilliValue(total))
    }

    /// The init containers that run as long as the pod.
    fn sidecars(&self) -> impl Iterator<Item = &'list ContainerRequest<'a>> + Clone {
        self.init_containers
            .iter()
            .filter(|init| init.course == InitCourse::Restartable)
            .map(|init| &init.container)
    }

    /// A pod with pod-level requests for other resources only: the most that its containers request at a time, if anything.
    ///
    /// That is the containers with all sidecars, or an init container with the
    /// sidecars before it, whichever is more (`resourcehelpers.PodRequests`).
    fn aggregated_under_pod_level(&self) -> Result<MilliValue, RequestFault<'a>> {
        let requested = |container: &ContainerRequest<'_>| container.request.map_or(0, |it| it.0);
        let running = self.containers.iter().chain(self.sidecars());
        let mut most = running.fold(0_i64, |sum, one| sum.wrapping_add(requested(one)));
        let mut sidecars_so_far = 0_i64;
        for init in self.init_containers {
            let with_sidecars = sidecars_so_far.wrapping_add(requested(&init.container));
            most = most.max(with_sidecars);
            if init.course == InitCourse::Restartable {
                sidecars_so_far = with_sidecars;
            }
        }
        let init = self.init_containers.iter().map(|init| &init.container);
        let stated = self
            .containers
            .iter()
            .chain(init)
            .any(|one| one.request.is_some());
        if stated {
            Ok(MilliValue(most))
        } else {
            Err(RequestFault::MissingAtPodLevel { pod: self.pod })
        }
    }
}

/// One container's request of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerRequest<'a> {
    /// The container's name.
    pub name: &'a str,
    /// Its request; `None`: it states none.
    pub request: Option<MilliValue>,
}

/// One init container's request of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitContainerRequest<'a> {
    /// What it requests.
    pub container: ContainerRequest<'a>,
    /// Whether it goes on running beside the containers.
    pub course: InitCourse,
}

/// How long an init container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitCourse {
    /// Until it is done: the containers start after it.
    Ends,
    /// As long as the pod: `restartPolicy: Always` makes it a sidecar.
    Restartable,
}

/// A pod's request as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodLevelRequest(
    /// What it requests of the resource; `None`: it states others only.
    pub Option<MilliValue>,
);

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, request: Option<i64>) -> ContainerRequest<'_> {
        ContainerRequest {
            name,
            request: request.map(MilliValue),
        }
    }

    fn init(name: &str, request: Option<i64>, course: InitCourse) -> InitContainerRequest<'_> {
        InitContainerRequest {
            container: container(name, request),
            course,
        }
    }

    #[test]
    fn a_request_is_summed_as_the_release_has_it() {
        let containers = [container("app", Some(100))];
        let without = [container("app", None)];
        let sidecar = [init("proxy", Some(50), InitCourse::Restartable)];
        let heavy = [
            init("proxy", Some(50), InitCourse::Restartable),
            init("migrate", Some(400), InitCourse::Ends),
        ];
        let missing = RequestFault::MissingInContainer {
            container: "app",
            pod: "p",
        };
        let (now, then) = (
            RequestScope::PodLevelAndSidecars,
            RequestScope::ContainersOnly,
        );
        let other_resource = Some(PodLevelRequest(None));
        let cases: [(
            &str,
            _,
            &[ContainerRequest<'_>],
            &[InitContainerRequest<'_>],
            _,
            _,
        ); 8] = [
            ("sidecars count", now, &containers, &sidecar, None, Ok(150)),
            (
                "but not in 1.28",
                then,
                &containers,
                &sidecar,
                None,
                Ok(100),
            ),
            (
                "plain init containers do not",
                now,
                &containers,
                &heavy,
                None,
                Ok(150),
            ),
            (
                "one without fails",
                now,
                &without,
                &sidecar,
                None,
                Err(missing),
            ),
            (
                "the pod level wins",
                now,
                &containers,
                &sidecar,
                Some(PodLevelRequest(Some(MilliValue(900)))),
                Ok(900),
            ),
            (
                "which 1.28 does not know",
                then,
                &containers,
                &sidecar,
                Some(PodLevelRequest(Some(MilliValue(900)))),
                Ok(100),
            ),
            (
                "the most at a time",
                now,
                &containers,
                &heavy,
                other_resource,
                Ok(450),
            ),
            (
                "nothing stated",
                now,
                &without,
                &[],
                other_resource,
                Err(RequestFault::MissingAtPodLevel { pod: "p" }),
            ),
        ];
        for (name, scope, containers, init_containers, pod_level, expected) in cases {
            let requests = PodRequests {
                pod: "p",
                containers,
                init_containers,
                pod_level,
            };
            assert_eq!(
                requests.total(scope, None),
                expected.map(MilliValue),
                "{name}"
            );
        }
    }
}
