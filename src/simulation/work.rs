//! What the two engines have in common: how work is served between the events of the control plane.
//!
//! Self-imposed limit: the seam. Pods, metrics and decisions are the same on
//! either side of it.

use super::observer::Observer;
use crate::cluster::census::Census;
use crate::cluster::metrics_server::PodGauge;
use crate::cluster::pods::{PodStatus, PodStep, Pods};
use crate::cluster::served::ServedRequests;
use crate::units::{Replicas, SimTime};

/// When work changes by itself, if nobody changes it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextChange {
    /// It does not.
    None,
    /// The backlog is gone or full then.
    Backlog(SimTime),
}

/// What traffic does to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The last request has left a pod that waited for it to be gone.
    Drained(u32),
    /// A pod uses more memory than its limit.
    OutOfMemory(u32),
}

/// Who knows what requests cost a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metering {
    /// The common integral of served requests.
    Integral,
    /// The engine, container by container, at each housekeeping.
    Readings,
}

/// Whether a pod that has wound down may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// It may.
    AtOnce,
    /// Requests are still in it: [`Notice::Drained`] follows.
    WhenDrained,
}

/// The trace's row that begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Offer {
    /// Its number.
    pub(super) row: usize,
    /// Requests per second that it stands for.
    pub(super) nominal_rps: f64,
}

/// Whether a row offers what the one before it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfferChange {
    /// It does: nothing has to be settled.
    Same,
    /// It does not.
    Other,
}

/// Gauges of the pods.
pub(super) struct WorkGauges<'w> {
    pub(super) requests_per_second: PodGauge<'w>,
    pub(super) in_flight: PodGauge<'w>,
}

/// An engine.
///
/// Before anything of this changes, [`Work::close`] ends the stretch of time in
/// which it was as it was; after it, [`Work::settle`] begins the next.
pub(super) trait Work {
    /// How meters come to know.
    const METERING: Metering;

    /// The row of the trace changes.
    fn offer(&mut self, offer: Offer, now: SimTime) -> OfferChange;

    /// Pod `number` was created, or has taken `step` and is `status` now.
    fn pod_changed(&mut self, number: u32, status: PodStatus, step: Option<PodStep>, now: SimTime);

    /// Ends the running stretch at `now` and tells of it, if it has any length.
    fn close(&mut self, now: SimTime, observer: &mut impl Observer);

    /// Something has changed at `now`: works out what follows.
    fn settle(
        &mut self,
        now: SimTime,
        pods: &Census,
        desired: Replicas,
        served: &mut ServedRequests,
        observer: &mut impl Observer,
    ) -> NextChange;

    /// Serves until just before `limit`, or until traffic does something to a pod.
    fn run_before(&mut self, limit: SimTime, observer: &mut impl Observer) -> Option<Notice>;

    /// The clock of the control plane stands at `now`, no earlier than any traffic so far.
    fn gauges(&mut self, now: SimTime, pods: &Pods) -> WorkGauges<'_>;

    /// Core-nanoseconds that requests have cost a container since it started, or since the run did.
    fn work_of(&mut self, number: u32, container: usize, now: SimTime) -> f64;

    /// All that pod `number` had to wait for is over, except the requests in it.
    fn leaving(&mut self, number: u32) -> Leaving;

    /// The time of the last notice.
    fn now(&self) -> SimTime;

    /// Requests in flight.
    fn in_flight(&self) -> f64;
}
