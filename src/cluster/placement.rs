//! Where pods run: what kube-scheduler answers for a pod that waits for a node.

use crate::units::{Millicores, SimTime};

/// What a pod needs of a node: the sums that kube-scheduler fits in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodDemand {
    /// Requested CPU.
    pub cpu: Millicores,
    /// Requested memory in bytes.
    pub memory_bytes: u64,
}

/// Whether a pod has found room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is bound to a node.
    OnNode,
    /// No node has room: it stays Pending until room is made.
    Pending,
}

/// The scheduler and the nodes behind it.
pub trait Placement {
    /// At `now` the scheduler looks at `pod`, a number as in [`super::pods::Pods::numbers`].
    ///
    /// A pod that is [`Placed::Pending`] is asked about again, in the order of creation, whenever another has been freed.
    fn place(&mut self, pod: u32, demand: PodDemand, now: SimTime) -> Placed;

    /// At `now` a pod that was placed is gone, and its room is free.
    fn freed(&mut self, pod: u32, demand: PodDemand, now: SimTime);
}

/// There is room for every pod at once: nodes are not simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomAtOnce;

impl Placement for RoomAtOnce {
    fn place(&mut self, _pod: u32, _demand: PodDemand, _now: SimTime) -> Placed {
        Placed::OnNode
    }

    fn freed(&mut self, _pod: u32, _demand: PodDemand, _now: SimTime) {}
}
