//! The request of a pod for one resource, as a release of the controller sums it.

use crate::units::{MilliValue, NanoValue};

/// The containers and fields that a release sums.
/// Each scope adds to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestScope {
    /// Only `containers` count; a named container that the pod does not have counts as no request.
    ContainersOnly,
    /// Restartable init containers count as well.
    WithSidecars,
    /// A pod-level request takes precedence (KEP-2837).
    WithPodLevel,
    /// A named container must exist.
    NamedContainerMustExist,
}

/// Why the request of a pod cannot be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFault<'a> {
    /// A container states no request for the resource.
    MissingInContainer {
        /// The container's name.
        container: &'a str,
        /// The pod's name.
        pod: &'a str,
    },
    /// The pod has pod-level requests, but not for this resource.
    MissingAtPodLevel {
        /// The pod's name.
        pod: &'a str,
    },
    /// The pod has no container of the metric's name.
    ContainerNotFound {
        /// The container's name.
        container: &'a str,
        /// The pod's name.
        pod: &'a str,
    },
}

/// The parts of a pod's spec that determine its request of one resource.
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
    /// The pod's request of the resource; with `container`, the request of that container.
    ///
    /// The result depends on the pod's spec alone, so the caller needs to compute it only once per
    /// pod.
    ///
    /// # Errors
    ///
    /// Why the request cannot be determined.
    pub fn total(
        &self,
        scope: RequestScope,
        container: Option<&'a str>,
    ) -> Result<MilliValue, RequestFault<'a>> {
        if scope >= RequestScope::WithPodLevel
            && container.is_none()
            && let Some(PodLevelRequest(stated)) = self.pod_level
        {
            return match stated {
                Some(request) => Ok(request.rounded_up()),
                None => self.aggregated_under_pod_level(),
            };
        }
        let sidecars = (scope >= RequestScope::WithSidecars).then(|| self.sidecars());
        let all = self.containers.iter().chain(sidecars.into_iter().flatten());
        if scope >= RequestScope::NamedContainerMustExist
            && let Some(container) = container
            && !all.clone().any(|one| one.name == container)
        {
            return Err(RequestFault::ContainerNotFound {
                container,
                pod: self.pod,
            });
        }
        self.sum(all, container)
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
                Some(request) => total = total.wrapping_add(request.rounded_up().0),
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

    /// The request of a pod with pod-level requests for other resources only: the most that its
    /// containers request at one time, summed exactly and rounded up to thousandths once.
    ///
    /// That is the larger of two sums: all containers with all sidecars, or an init container with
    /// the sidecars before it (`PodRequests` in `k8s.io/component-helpers/resource`).
    fn aggregated_under_pod_level(&self) -> Result<MilliValue, RequestFault<'a>> {
        let requested = |container: &ContainerRequest<'_>| container.request.unwrap_or_default().0;
        let running = self.containers.iter().chain(self.sidecars());
        let mut most = running.map(requested).sum::<i128>();
        let mut sidecars_so_far = 0;
        for init in self.init_containers {
            let with_sidecars = sidecars_so_far + requested(&init.container);
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
            Ok(NanoValue(most).rounded_up())
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
    /// Its request; `None` if the container states none.
    pub request: Option<NanoValue>,
}

/// One init container's request of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitContainerRequest<'a> {
    /// Name and request.
    pub container: ContainerRequest<'a>,
    /// Whether the container keeps running beside the main containers.
    pub course: InitCourse,
}

/// How long an init container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitCourse {
    /// Until it completes; the main containers start after it.
    Ends,
    /// As long as the pod: `restartPolicy: Always` makes it a sidecar.
    Restartable,
}

/// The pod-level request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodLevelRequest(
    /// The request of the resource; `None` if only other resources have one.
    pub Option<NanoValue>,
);

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, request: Option<i64>) -> ContainerRequest<'_> {
        ContainerRequest {
            name,
            request: request.map(|milli| MilliValue(milli).into()),
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
            RequestScope::NamedContainerMustExist,
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
                Some(PodLevelRequest(Some(MilliValue(900).into()))),
                Ok(900),
            ),
            (
                "which 1.28 does not know",
                then,
                &containers,
                &sidecar,
                Some(PodLevelRequest(Some(MilliValue(900).into()))),
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

    #[test]
    fn each_scope_adds_to_the_one_before() {
        let containers = [container("app", Some(100))];
        let sidecar = [init("proxy", Some(50), InitCourse::Restartable)];
        let of = |pod_level, scope, named| {
            let requests = PodRequests {
                pod: "p",
                containers: &containers,
                init_containers: &sidecar,
                pod_level,
            };
            requests.total(scope, named).map(|total| total.0)
        };
        let pod_level = Some(PodLevelRequest(Some(MilliValue(900).into())));
        let not_found = Err(RequestFault::ContainerNotFound {
            container: "none",
            pod: "p",
        });
        let cases = [
            (RequestScope::ContainersOnly, 100, 100, Ok(0)),
            (RequestScope::WithSidecars, 150, 150, Ok(0)),
            (RequestScope::WithPodLevel, 150, 900, Ok(0)),
            (RequestScope::NamedContainerMustExist, 150, 900, not_found),
        ];
        for (scope, plain, with_pod_level, unknown) in cases {
            assert_eq!(of(None, scope, None), Ok(plain), "{scope:?}");
            assert_eq!(of(pod_level, scope, None), Ok(with_pod_level), "{scope:?}");
            assert_eq!(of(pod_level, scope, Some("none")), unknown, "{scope:?}");
        }
    }

    #[test]
    fn under_other_pod_level_requests_fractions_are_rounded_up_once() {
        let nano = |name, value| ContainerRequest {
            name,
            request: Some(NanoValue(value)),
        };
        let containers = [
            nano("a", 33_333_000),
            nano("b", 33_300_000),
            nano("c", 33_300_000),
        ];
        let total = |pod_level| {
            let requests = PodRequests {
                pod: "p",
                containers: &containers,
                init_containers: &[],
                pod_level,
            };
            requests.total(RequestScope::WithPodLevel, None)
        };
        assert_eq!(total(Some(PodLevelRequest(None))), Ok(MilliValue(100)));
        assert_eq!(total(None), Ok(MilliValue(102)));
    }
}
