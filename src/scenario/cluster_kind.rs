//! The kinds of clusters, and what each sets in the metrics pipeline and the controller.
//!
//! A cluster decides these, not its user, and none of them stands in a manifest of the application.

use super::keys::kinds::OneOf;
use crate::units::SimSpan;

/// A kind of cluster: how it was installed, or who runs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClusterKind {
    /// A cluster with the manifests of the Kubernetes project.
    #[default]
    Kubeadm,
    /// Amazon Elastic Kubernetes Service.
    Eks,
    /// Google Kubernetes Engine.
    Gke,
    /// Azure Kubernetes Service.
    Aks,
    /// k3s.
    K3s,
    /// minikube with its addon `metrics-server`.
    Minikube,
}

/// What a kind of cluster sets. Each key of the policy overrides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterDefaults {
    /// `metrics.scrape_interval`: metrics-server `--metric-resolution`.
    pub scrape_interval: SimSpan,
    /// `controller.sync_period`.
    pub sync_period: SimSpan,
    /// The public source of both.
    pub source: &'static str,
}

/// The kinds as a policy writes them.
pub(super) const CLUSTER_KINDS: OneOf<ClusterKind> = OneOf(&ClusterKind::ALL);

impl ClusterKind {
    /// All kinds, each with its name in a policy.
    pub const ALL: [(&'static str, Self); 6] = [
        ("kubeadm", Self::Kubeadm),
        ("eks", Self::Eks),
        ("gke", Self::Gke),
        ("aks", Self::Aks),
        ("k3s", Self::K3s),
        ("minikube", Self::Minikube),
    ];

    /// What this kind of cluster sets.
    #[must_use]
    pub const fn defaults(self) -> ClusterDefaults {
        let (scrape_seconds, source) = match self {
            Self::Kubeadm => (
                15,
                "the manifests of metrics-server; `--horizontal-pod-autoscaler-sync-period`",
            ),
            Self::Eks => (
                15,
                "metrics-server's chart; with a provisioned control plane the sync period may be 10 s (hashicorp/terraform-provider-aws#49411)",
            ),
            Self::Gke => (
                30,
                "the add-on of kubernetes/kubernetes#68127 and #117121; seen on a cluster of 1.35",
            ),
            Self::Aks => (
                60,
                "Microsoft Learn on scaling in AKS; Azure/AKS#1595, Azure/AKS#5520 (180 s was reported once)",
            ),
            Self::K3s => (15, "the manifests of metrics-server that k3s packages"),
            Self::Minikube => (
                60,
                "the addon sets `--metric-resolution=60s`, the flag's own default",
            ),
        };
        ClusterDefaults {
            scrape_interval: SimSpan::from_secs(scrape_seconds),
            sync_period: SimSpan::from_secs(15),
            source,
        }
    }
}
