//! What the two engines have in common: how work is served between the events of the control plane.
//!
//! Self-imposed limit: the seam. Pods, metrics and decisions are the same on
//! either side of it.

use super::observer::Observer;
use crate::cluster::census::Census;
use crate::cluster::metrics_server::PodGauge;
use crate::cluster::pods::{PodStatus, PodStep, Pods};
use crate::cluster::served::ServedRates;
use crate::units::{Replicas, SimTime};

/// What traffic does to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The last request has left a pod that waited for it to be gone.
    Drained(u32),
    /// A pod uses more memory than its limit.
    OutOfMemory(u32),
}

/// The trace's row that begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Offer {
    /// Its number.
    pub(super) row: usize,
    /// Requests per second that it stands for.
    pub(super) nominal_rps: f64,
}

/// Gauges of the pods.
pub(super) struct WorkGauges<'w> {
    pub(super) requests_per_second: PodGauge<'w>,
    pub(super) in_flight: PodGauge<'w>,
}

/// What follows from a change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settled {
    /// When the backlog is gone or full, if nothing changes before; `None` where it stays as it is.
    pub(super) backlog_changes: Option<SimTime>,
    /// What each pod serves from now on, where all pods of a class serve alike.
    pub(super) rates: Option<ServedRates>,
}

/// An engine.
///
/// Before anything of this changes, [`Work::close`] ends the stretch of time in
/// which it was as it was; after it, [`Work::settle`] begins the next.
pub(super) trait Work {
    /// See [`Work::by_pod`].
    type ByPod: WorkByPod;

    /// The engine where it follows pods one by one; `None`: it counts pods when it settles, and their counters are integrals.
    fn by_pod(&mut self) -> Option<&mut Self::ByPod>;

    /// The row of the trace changes. Returns whether that is another offer; else nothing has to be settled.
    fn offer(&mut self, offer: Offer, now: SimTime) -> bool;

    /// Ends the running stretch at `now` and tells of it, if it has any length and does not go on until the next [`Work::settle`].
    fn close(&mut self, now: SimTime, observer: &mut impl Observer);

    /// Something has changed at `now`: works out what follows.
    fn settle(
        &mut self,
        now: SimTime,
        pods: &Census,
        desired: Replicas,
        observer: &mut impl Observer,
    ) -> Settled;

    /// The clock of the control plane stands at `now`, no earlier than any traffic so far.
    fn gauges(&mut self, now: SimTime, pods: &Pods) -> WorkGauges<'_>;

    /// Requests in flight.
    fn in_flight(&self) -> f64;
}

/// An engine that follows pods, and the requests in each, one by one.
pub(super) trait WorkByPod {
    /// Pod `number` was created, or has taken `step` and is `status` now.
    fn pod_changed(&mut self, number: u32, status: PodStatus, step: Option<PodStep>, now: SimTime);

    /// Serves until just before `limit`, or until traffic does something to a pod.
    fn run_before(&mut self, limit: SimTime, observer: &mut impl Observer) -> Option<Notice>;

    /// Core-nanoseconds that requests have cost a container since it started, or since the run did.
    fn work_of(&mut self, number: u32, container: usize, now: SimTime) -> f64;

    /// All that pod `number` had to wait for is over, except the requests in it. Returns whether it may
    /// go at once; else [`Notice::Drained`] follows.
    fn lets_go(&mut self, number: u32) -> bool;

    /// The time of the last notice.
    fn now(&self) -> SimTime;
}

/// What an engine has that follows no pod: no value is of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPods {}

impl WorkByPod for NoPods {
    fn pod_changed(&mut self, _: u32, _: PodStatus, _: Option<PodStep>, _: SimTime) {
        match *self {}
    }

    fn run_before(&mut self, _: SimTime, _: &mut impl Observer) -> Option<Notice> {
        match *self {}
    }

    fn work_of(&mut self, _: u32, _: usize, _: SimTime) -> f64 {
        match *self {}
    }

    fn lets_go(&mut self, _: u32) -> bool {
        match *self {}
    }

    fn now(&self) -> SimTime {
        match *self {}
    }
}
