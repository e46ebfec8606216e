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
    /// The kind as a policy writes it.
    pub name: &'static str,
    /// `metrics.scrape_interval`: metrics-server `--metric-resolution`.
    pub scrape_interval: SimSpan,
    /// `controller.sync_period`.
    pub sync_period: SimSpan,
    /// The public source of both.
    pub source: &'static str,
}

/// The kinds as a policy writes them.
pub(super) const CLUSTER_KINDS: OneOf<ClusterKind> = OneOf(&[
    ("kubeadm", ClusterKind::Kubeadm),
    ("eks", ClusterKind::Eks),
    ("gke", ClusterKind::Gke),
    ("aks", ClusterKind::Aks),
    ("k3s", ClusterKind::K3s),
    ("minikube", ClusterKind::Minikube),
]);

impl ClusterKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Kubeadm,
        Self::Eks,
        Self::Gke,
        Self::Aks,
        Self::K3s,
        Self::Minikube,
    ];

    /// What this kind of cluster sets.
    #[must_use]
    pub const fn defaults(self) -> ClusterDefaults {
        let (name, scrape_seconds, source) = match self {
            Self::Kubeadm => (
                "kubeadm",
                15,
                "the manifests of metrics-server; `--horizontal-pod-autoscaler-sync-period`",
            ),
            Self::Eks => (
                "eks",
                15,
                "metrics-server's chart; with a provisioned control plane the sync period may be 10 s (hashicorp/terraform-provider-aws#49411)",
            ),
            Self::Gke => (
                "gke",
                30,
                "the add-on of kubernetes/kubernetes#68127 and #117121; seen on a cluster of 1.35",
            ),
            Self::Aks => (
                "aks",
                60,
                "Microsoft Learn on scaling in AKS; Azure/AKS#1595, Azure/AKS#5520 (180 s was reported once)",
            ),
            Self::K3s => (
                "k3s",
                15,
                "the manifests of metrics-server that k3s packages",
            ),
            Self::Minikube => (
                "minikube",
                60,
                "the addon sets `--metric-resolution=60s`, the flag's own default",
            ),
        };
        ClusterDefaults {
            name,
            scrape_interval: SimSpan::from_secs(scrape_seconds),
            sync_period: SimSpan::from_secs(15),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_written_by_its_name() {
        let written: Vec<_> = CLUSTER_KINDS
            .0
            .iter()
            .map(|(name, kind)| (*name, *kind))
            .collect();
        let of_kinds: Vec<_> = ClusterKind::ALL
            .map(|kind| (kind.defaults().name, kind))
            .to_vec();
        assert_eq!(written, of_kinds);
    }
}
