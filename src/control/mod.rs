//! What scales: the HPA, a schedule, or a caller from outside, behind one trait.
//!
//! The room knows units, the HPA's core and the words of the metrics API. It knows no plant,
//! no trace and no engine: whoever runs a scaler wakes it, shows it what it may see, and
//! writes what it asks for.
//!
//! | module | what it holds |
//! |---|---|
//! | [`query`] | what a scaler asks of the metrics API |
//! | [`seen`] | what a scaler sees when it wakes |
//! | [`decided`] | what it decided, as others hear of it |
//! | [`hpa`] | the HorizontalPodAutoscaler and its controller |
//! | [`schedule`] | numbers that are known beforehand |
//! | [`caller`] | the caller of a run as its scaler |
//! | [`scaler`] | one of these |

pub mod caller;
pub mod decided;
pub mod hpa;
pub mod query;
pub mod scaler;
pub mod schedule;
pub mod seen;

pub use caller::Caller;
pub use decided::{Decided, DecisionLine, DecisionListener, ScaleDirection};
pub use hpa::Hpa;
pub use query::MetricQuery;
pub use scaler::Scaler;
pub use schedule::{Schedule, ScheduledScale};
pub use seen::Seen;

use crate::units::{Replicas, SimSpan, SimTime};

/// What sets `spec.replicas` of a target.
///
/// A scaler is woken at times that it names, sees what a controller in a cluster may see, and
/// writes `spec.replicas` at most once a wake. Its memory does not grow with the run, and nothing in it
/// is random: the same wakes and the same sights give the same decisions.
pub trait Autoscaler {
    /// What it asks of the metrics API. [`Seen::metrics`] has the answers in this order.
    fn asks(&self) -> &[MetricQuery];

    /// Between which numbers of replicas it scales.
    fn bounds(&self) -> Bounds;

    /// When it wants to be woken next, seen from `now`; `None`: never again. An earlier time than `now` means `now`.
    fn next_wake(&self, now: SimTime) -> Option<SimTime>;

    /// Each wake comes late by U[0, this): the runner draws it.
    fn wake_jitter(&self) -> SimSpan {
        SimSpan::ZERO
    }

    /// For how long a pod counts as still starting. The pods that a run begins with are older.
    fn initialisation(&self) -> SimSpan {
        SimSpan::ZERO
    }

    /// It is `now`, and the cluster looks like `seen`. Returns what to write to `spec.replicas`, if anything.
    ///
    /// It tells `listener` of what it decided, also where it decided to write nothing.
    fn wake<L: DecisionListener>(
        &mut self,
        now: SimTime,
        seen: &Seen<'_>,
        listener: &mut L,
    ) -> Option<Replicas>;
}

/// The numbers of replicas between which a scaler scales, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub min: Replicas,
    /// The most.
    pub max: Replicas,
}
