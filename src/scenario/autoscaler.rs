//! `[controller]` and `[hpa]` together: the autoscaler.
//!
//! `hpa::spec_input` has the API server's rules.

use super::cluster_kind::ClusterKind;
use super::container::Containers;
use super::diagnostic::Code;
use super::hpa_section::{self, HpaSection};
use super::keys::declared as key;
use super::reader::{Faults, Section};
use super::source::{Origin, Sources};
use super::tree::Node;
use crate::control::Hpa;
use crate::hpa::rules::{ControllerSettings, Gate, Release};
use crate::hpa::spec::ScaleTarget;
use crate::hpa::spec_input::ZeroReplicas;
use crate::units::SimSpan;

/// The names that messages and the result use.
pub(super) struct Names<'n> {
    /// The policy's name.
    pub(super) policy: &'n str,
    /// The Deployment's name, if the policy states one.
    pub(super) deployment: Option<&'n str>,
    /// The namespace of both.
    pub(super) namespace: &'n str,
}

/// The checked `[controller]`.
#[derive(Clone, Copy)]
pub(super) struct Controller {
    release: Release,
    settings: ControllerSettings,
    sync_period: SimSpan,
    sync_jitter: SimSpan,
}

/// Reads `[controller]`; the defaults are those of kube-controller-manager.
pub(super) fn read_controller(
    section: Option<&Section<'_>>,
    cluster: ClusterKind,
    faults: &mut Faults<'_>,
) -> Controller {
    let release = key::KUBERNETES.read(section, faults);
    let sync_period = key::SYNC_PERIOD.read_or(section, cluster.defaults().sync_period, faults);
    let sync_jitter = key::SYNC_JITTER.read(section, faults);
    if let Some(section) = section
        && sync_jitter > sync_period
    {
        faults.report(
            Code::OutOfRange,
            section.key_origin(key::SYNC_JITTER.name),
            format!("`controller.sync_jitter` is longer than the period of {sync_period}"),
            "write a jitter no longer than the period",
        );
    }
    Controller {
        release,
        sync_period,
        sync_jitter,
        settings: ControllerSettings {
            tolerance: key::TOLERANCE.read(section, faults),
            downscale_stabilization: key::DOWNSCALE_STABILIZATION.read(section, faults),
            cpu_initialization_period: key::CPU_INITIALIZATION_PERIOD.read(section, faults),
            initial_readiness_delay: key::INITIAL_READINESS_DELAY.read(section, faults),
            scale_to_zero: key::SCALE_TO_ZERO.read(section, faults),
            configurable_tolerance: key::CONFIGURABLE_TOLERANCE.read(section, faults),
        },
    }
}

/// Reads `[hpa]` with the API server's defaults, and the places of its metrics.
pub(super) fn read_autoscaler(
    node: &Node,
    controller: Controller,
    names: &Names<'_>,
    containers: &Containers,
    sources: &Sources,
    faults: &mut Faults<'_>,
) -> (Option<Hpa>, Vec<Origin>) {
    let before = faults.count();
    let Some(hpa) = hpa_section::read(node, faults) else {
        return (None, Vec::new());
    };
    let target = scale_target(&hpa, names, faults);
    let zero_replicas = match controller.settings.scale_to_zero {
        Gate::On => ZeroReplicas::Allowed,
        Gate::Off => ZeroReplicas::Refused,
    };
    let HpaSection {
        input,
        metric_places,
        lists,
        ..
    } = hpa;
    match input.resolve(target, zero_replicas) {
        Ok(spec) => {
            let has_tolerance = spec.behavior.as_ref().is_some_and(|behavior| {
                behavior.scale_up.tolerance.is_some() || behavior.scale_down.tolerance.is_some()
            });
            let knows_tolerance = controller.release == Release::Current
                && controller.settings.configurable_tolerance == Gate::On;
            if has_tolerance && !knows_tolerance {
                faults.report(
                    Code::NoEffect,
                    hpa_section::origin_of(node, "behavior"),
                    "the tolerance in `behavior` has no effect with this [controller]",
                    "set kubernetes = \"current\" and configurable_tolerance = true",
                );
            }
            if lists == hpa_section::Lists::Whole {
                containers.check_metrics(
                    &spec,
                    controller.release,
                    &metric_places,
                    node.origin,
                    faults,
                );
            }
            let autoscaler = Hpa {
                spec,
                release: controller.release,
                settings: controller.settings,
                sync_period: controller.sync_period,
                sync_jitter: controller.sync_jitter,
            };
            (Some(autoscaler), metric_places)
        }
        Err(spec_faults) => {
            let placed = hpa_section::place_spec_faults(
                spec_faults,
                node,
                lists,
                sources,
                faults.since(before),
            );
            faults.extend(placed);
            (None, Vec::new())
        }
    }
}

/// The target of the autoscaler: the policy's one Deployment.
fn scale_target(hpa: &HpaSection, names: &Names<'_>, faults: &mut Faults<'_>) -> ScaleTarget {
    if let Some(kind) = &hpa.target.kind
        && kind.name != hpa_section::SCALE_TARGET_KIND
    {
        faults.report(
            Code::SimulatedAsDeployment,
            kind.origin,
            format!("the {} is simulated as a Deployment", kind.name),
            "consider this when you read the results: pods start and stop in no order",
        );
    }
    if let (Some(target), Some(deployment)) = (&hpa.target.name, names.deployment)
        && target.name != deployment
    {
        faults.report(
            Code::Conflict,
            target.origin,
            format!(
                "the autoscaler scales `{}`, and the Deployment has the name `{deployment}`",
                target.name
            ),
            "give both the same name",
        );
    }
    let name = hpa.target.name.as_ref().map(|named| named.name.as_str());
    ScaleTarget {
        kind: hpa
            .target
            .kind
            .as_ref()
            .map_or(hpa_section::SCALE_TARGET_KIND, |named| named.name.as_str())
            .to_owned(),
        namespace: names.namespace.to_owned(),
        name: name.or(names.deployment).unwrap_or(names.policy).to_owned(),
    }
}
