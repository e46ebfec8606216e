//! The interface that both engines share: how work is served between the events of the control
//! plane.
//!
//! Pods, metrics and decisions are the same for both engines.

use super::observer::Observer;
use crate::cluster::census::Census;
use crate::cluster::measured::PodGauge;
use crate::cluster::pods::{PodStatus, PodStep, Pods};
use crate::cluster::served::ServedRates;
use crate::units::{Replicas, SimTime};

/// An effect of traffic on a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The last request has left a pod that is draining.
    Drained(u32),
    /// A pod uses more memory than its limit.
    OutOfMemory(u32),
}

/// The row of the trace that begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Offer {
    /// Its index.
    pub(super) row: usize,
    /// Requests per second that it states.
    pub(super) nominal_rps: f64,
}

/// Gauges of the pods.
pub(super) struct WorkGauges<'w> {
    pub(super) requests_per_second: PodGauge<'w>,
    /// See [`Gauges::requests_counted`](crate::cluster::measured::Gauges).
    pub(super) requests_counted: PodGauge<'w>,
    pub(super) in_flight: PodGauge<'w>,
}

/// The result of [`Work::settle`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settled {
    /// When the backlog becomes empty or full, if nothing changes before; `None` if it stays
    /// constant.
    pub(super) backlog_changes: Option<SimTime>,
    /// The rates of each pod from now on, if all pods of a class serve at the same rate.
    pub(super) rates: Option<ServedRates>,
}

/// An engine.
///
/// Call [`Work::close`] before a change and [`Work::settle`] after it.
pub(super) trait Work {
    /// See [`Work::by_pod`].
    type ByPod: WorkByPod;

    /// The engine, if it follows pods one by one. `None` for one that counts pods when it settles,
    /// and whose counters are integrals.
    fn by_pod(&mut self) -> Option<&mut Self::ByPod>;

    /// Sets the row of the trace. Returns whether the offer changed; if not, no [`Work::settle`] is
    /// needed.
    fn offer(&mut self, offer: Offer, now: SimTime) -> bool;

    /// Ends the current segment at `now` and reports it, if it is not empty. An engine may leave
    /// this to the next [`Work::settle`].
    fn close(&mut self, now: SimTime, observer: &mut impl Observer);

    /// Takes the change at `now` into account, and returns what follows.
    fn settle(
        &mut self,
        now: SimTime,
        pods: &Census,
        desired: Replicas,
        observer: &mut impl Observer,
    ) -> Settled;

    /// The gauges at `now`, which is not before any traffic so far.
    fn gauges(&mut self, now: SimTime, pods: &Pods) -> WorkGauges<'_>;

    /// Requests in flight.
    fn in_flight(&self) -> f64;
}

/// An engine that follows single pods and requests.
pub(super) trait WorkByPod {
    /// Pod `number` was created, or has taken `step`; its status is now `status`.
    fn pod_changed(&mut self, number: u32, status: PodStatus, step: Option<PodStep>, now: SimTime);

    /// Serves until just before `limit`, or until traffic affects a pod.
    fn run_before(&mut self, limit: SimTime, observer: &mut impl Observer) -> Option<Notice>;

    /// Core-nanoseconds that requests have used in a container since the start of the container or
    /// of the run.
    fn work_of(&mut self, number: u32, container: usize, now: SimTime) -> f64;

    /// Pod `number` has wound down, except for the requests in it. Returns whether the pod can be
    /// removed at once; if not, [`Notice::Drained`] follows.
    fn lets_go(&mut self, number: u32) -> bool;

    /// The time of the last notice.
    fn now(&self) -> SimTime;
}

/// The pods of an engine that does not follow pods: a type without values.
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
