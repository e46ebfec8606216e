//! The request of a pod for a resource, as the controller of a release sums it.
//!
//! This module translates the pod template into the terms of `hpa`, which has the rules.

use crate::cluster::config::{Container, ContainerCourse, Deployment};
use crate::control::query::RequestScope;
use crate::control::seen::{
    ContainerRequest, InitContainerRequest, InitCourse, PodLevelRequest, PodRequests, RequestFault,
};
use crate::units::{MilliValue, Millicores, NanoValue};

/// Why the request of a pod cannot be determined; the same for all pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnknownRequest {
    /// This container has no request.
    OfContainer(String),
    /// The pod has pod-level requests, but not for this resource.
    OfPod,
    /// No container has this name.
    NoSuchContainer(String),
}

/// The request of each pod of `deployment` for `resource`; with `container`, the request of that
/// container.
pub(super) fn pod_request(
    deployment: &Deployment,
    resource: &str,
    container: Option<&str>,
    scope: RequestScope,
) -> Result<MilliValue, UnknownRequest> {
    let of_course = |course| {
        deployment
            .containers
            .iter()
            .filter(move |container| container.course == course)
            .map(|container| ContainerRequest {
                name: &container.name,
                request: request_of(container, resource),
            })
    };
    let containers: Vec<ContainerRequest<'_>> = of_course(ContainerCourse::Regular).collect();
    let init_containers: Vec<InitContainerRequest<'_>> =
        of_course(ContainerCourse::RestartableInit)
            .map(|container| InitContainerRequest {
                container,
                course: InitCourse::Restartable,
            })
            .collect();
    let pod = &deployment.pod_level;
    let requests = PodRequests {
        pod: "",
        containers: &containers,
        init_containers: &init_containers,
        pod_level: pod.has_requests().then(|| {
            PodLevelRequest(match resource {
                "cpu" => pod.cpu_request.map(of_millicores),
                _ => pod.memory_request_bytes.map(of_bytes),
            })
        }),
    };
    requests
        .total(scope, container)
        .map_err(|fault| match fault {
            RequestFault::MissingInContainer { container, .. } => {
                UnknownRequest::OfContainer(container.to_owned())
            }
            RequestFault::MissingAtPodLevel { .. } => UnknownRequest::OfPod,
            RequestFault::ContainerNotFound { container, .. } => {
                UnknownRequest::NoSuchContainer(container.to_owned())
            }
        })
}

fn request_of(container: &Container, resource: &str) -> Option<NanoValue> {
    match resource {
        "cpu" => container.cpu_request.map(of_millicores),
        _ => container.memory_request_bytes.map(of_bytes),
    }
}

fn of_millicores(cpu: Millicores) -> NanoValue {
    MilliValue(cpu.0).into()
}

fn of_bytes(bytes: u64) -> NanoValue {
    MilliValue(i64::try_from(bytes).map_or(i64::MAX, |bytes| bytes.saturating_mul(1000))).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::config::PodLevelResources;
    use crate::hpa::rules::Release;
    use crate::scenario::defaults;
    use crate::units::Replicas;

    const NOW: RequestScope = RequestScope::NamedContainerMustExist;

    fn container(name: &str, cpu: Option<i64>, course: ContainerCourse) -> Container {
        Container {
            name: name.to_owned(),
            course,
            cpu_request: cpu.map(Millicores),
            ..defaults::container()
        }
    }

    fn pod(containers: Vec<Container>, cpu: Option<i64>, memory: Option<u64>) -> Deployment {
        Deployment {
            replicas: Replicas(1),
            containers,
            pod_level: PodLevelResources {
                cpu_request: cpu.map(Millicores),
                memory_request_bytes: memory,
                ..PodLevelResources::default()
            },
            pod: defaults::pod(),
        }
    }

    #[test]
    fn a_pod_requests_what_the_controller_of_its_release_adds_up() {
        let app = || container("app", Some(100), ContainerCourse::Regular);
        let mesh = || container("mesh", Some(30), ContainerCourse::RestartableInit);
        let bare = || container("bare", None, ContainerCourse::Regular);
        let of_container = |name: &str| Err(UnknownRequest::OfContainer(name.to_owned()));
        let cases = [
            ("containers", pod(vec![app()], None, None), Ok(100), Ok(100)),
            (
                "a sidecar",
                pod(vec![app(), mesh()], None, None),
                Ok(130),
                Ok(100),
            ),
            (
                "one without",
                pod(vec![app(), bare()], None, None),
                of_container("bare"),
                of_container("bare"),
            ),
            (
                "the pod's",
                pod(vec![app(), bare()], Some(500), None),
                Ok(500),
                of_container("bare"),
            ),
            (
                "the pod's of memory",
                pod(vec![app(), bare(), mesh()], None, Some(1)),
                Ok(130),
                of_container("bare"),
            ),
            (
                "nobody's",
                pod(vec![bare()], None, Some(1)),
                Err(UnknownRequest::OfPod),
                of_container("bare"),
            ),
        ];
        for (name, deployment, current, older) in cases {
            for (scope, expected) in [(NOW, current), (RequestScope::ContainersOnly, older)] {
                let request = pod_request(&deployment, "cpu", None, scope);
                assert_eq!(request, expected.map(MilliValue), "{name}, {scope:?}");
            }
        }
    }

    #[test]
    fn a_pod_level_request_counts_since_1_34() {
        let app = || container("app", Some(100), ContainerCourse::Regular);
        let mesh = || container("mesh", Some(30), ContainerCourse::RestartableInit);
        let deployment = pod(vec![app(), mesh()], Some(500), None);
        for (release, expected) in [
            (Release::V1_28, 100),
            (Release::V1_29, 130),
            (Release::V1_33, 130),
            (Release::V1_34, 500),
            (Release::V1_37, 500),
        ] {
            let scope = release.rules().request_scope;
            let request = pod_request(&deployment, "cpu", None, scope);
            assert_eq!(request, Ok(MilliValue(expected)), "{release}");
        }
    }

    #[test]
    fn a_named_container_counts_alone() {
        let app = container("app", Some(100), ContainerCourse::Regular);
        let mesh = container("mesh", Some(30), ContainerCourse::RestartableInit);
        let deployment = pod(vec![app, mesh], Some(500), None);
        let request = |name| pod_request(&deployment, "cpu", Some(name), NOW);
        assert_eq!(request("app"), Ok(MilliValue(100)));
        assert_eq!(request("mesh"), Ok(MilliValue(30)));
    }
}
