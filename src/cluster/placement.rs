//! Room for pods: the answer of kube-scheduler for a pod that waits for a node.

use crate::units::{Millicores, SimTime};

/// The resources that kube-scheduler must find for a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodDemand {
    /// The CPU request.
    pub cpu: Millicores,
    /// The memory request in bytes.
    pub memory_bytes: u64,
}

/// The answer of the scheduler for a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// The pod is bound to a node.
    OnNode,
    /// No node has room. The pod stays Pending until another pod is removed.
    Pending,
}

/// The scheduler and its nodes.
pub trait Placement {
    /// The scheduler considers `pod` at `now`; `pod` is a number as in
    /// [`super::pods::Pods::numbers`].
    ///
    /// A pod that is [`Placed::Pending`] is considered again, in the order of creation, whenever
    /// another pod is removed.
    fn place(&mut self, pod: u32, demand: PodDemand, now: SimTime) -> Placed;

    /// A placed pod was removed at `now`; its room is free.
    fn freed(&mut self, pod: u32, demand: PodDemand, now: SimTime);
}

/// Always has room: nodes are not simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomAtOnce;

impl Placement for RoomAtOnce {
    fn place(&mut self, _pod: u32, _demand: PodDemand, _now: SimTime) -> Placed {
        Placed::OnNode
    }

    fn freed(&mut self, _pod: u32, _demand: PodDemand, _now: SimTime) {}
}
