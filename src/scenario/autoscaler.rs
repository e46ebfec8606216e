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
use crate::hpa::release::differs_from_stand_in;
use crate::hpa::rules::{ControllerSettings, Gate, GateOfRelease, Release, Rules};
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
    let scale_to_zero = key::SCALE_TO_ZERO.read(section, faults);
    let configurable_tolerance = key::CONFIGURABLE_TOLERANCE.read(section, faults);
    if let Some(section) = section {
        note_stand_in(section, faults);
        let rules = release.rules();
        let gates = [
            (key::SCALE_TO_ZERO.name, scale_to_zero, rules.scale_to_zero),
            (
                key::CONFIGURABLE_TOLERANCE.name,
                configurable_tolerance,
                rules.configurable_tolerance,
            ),
        ];
        for (name, asked, gate) in gates {
            if asked.is_some() && !gate.is_there() {
                note_missing_gate(section, name, release, gate, faults);
            }
        }
    }
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
            scale_to_zero,
            configurable_tolerance,
        },
    }
}

/// Warns where another release stands for the stated one.
fn note_stand_in(section: &Section<'_>, faults: &mut Faults<'_>) {
    let name = key::KUBERNETES.name;
    let Some(node) = section.node(name) else {
        return;
    };
    let stated = node.text().unwrap_or_default();
    if let Some(differs) = differs_from_stand_in(stated) {
        faults.report(
            Code::StandInRelease,
            node.origin,
            format!("Kubernetes {stated} is simulated by the rules of 1.28: {differs}"),
            "nothing, or write kubernetes = \"1.28\"",
        );
    }
}

/// Warns that `release` lacks the gate of the key `name`.
fn note_missing_gate(
    section: &Section<'_>,
    name: &'static str,
    release: Release,
    gate: GateOfRelease,
    faults: &mut Faults<'_>,
) {
    let instead = match gate {
        GateOfRelease::Always => "the feature is always on there",
        _ => "it does not have the feature either",
    };
    faults.report(
        Code::NoSuchGate,
        section.key_origin(name),
        format!("Kubernetes {release} has no gate for `controller.{name}`: {instead}"),
        format!("delete `{name}`, or choose another release with `controller.kubernetes`"),
    );
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
    let rules = Rules::new(controller.release, controller.settings);
    let zero_replicas = match rules.scale_to_zero {
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
            if has_tolerance && rules.direction_tolerance == Gate::Off {
                faults.report(
                    Code::NoEffect,
                    hpa_section::origin_of(node, "behavior"),
                    format!(
                        "the tolerance in `behavior` has no effect in Kubernetes {} with this [controller]",
                        controller.release
                    ),
                    if rules.of_release.configurable_tolerance.is_there() {
                        "set configurable_tolerance = true"
                    } else {
                        "set kubernetes = \"1.35\" or newer"
                    },
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
