//! Scalers: the HPA, a schedule, or an outside caller, behind one trait.
//!
//! The runner of a scaler wakes it, gives it a view of the cluster, and writes the replicas that it
//! returns.
//!
//! | module | what it holds |
//! |---|---|
//! | [`query`] | the metrics that a scaler queries |
//! | [`seen`] | the view of the cluster at a wake |
//! | [`decided`] | a decision, as observers receive it |
//! | [`hpa`] | the HorizontalPodAutoscaler and its controller |
//! | [`schedule`] | replicas set at fixed times |
//! | [`caller`] | the caller of a run as its scaler |
//! | [`scaler`] | any of these, as one type |

#[doc(hidden)]
pub mod caller;
pub mod decided;
pub mod hpa;
#[doc(hidden)]
pub mod query;
pub mod scaler;
#[doc(hidden)]
pub mod schedule;
pub mod seen;

pub use caller::Caller;
pub use decided::{Decided, DecisionLine, DecisionListener, ScaleDirection};
pub use hpa::Hpa;
pub use query::{MetricQuery, metric_of_column};
pub use scaler::Scaler;
pub use schedule::{Schedule, ScheduledScale};
pub use seen::Seen;

use crate::units::{Replicas, SimSpan, SimTime};

/// Sets `spec.replicas` of a target.
///
/// A scaler names the time of its next wake. At a wake it sees what a controller in a cluster may
/// see, and writes `spec.replicas` at most once. Its memory does not grow with the run. It draws no
/// random numbers: the same wakes and the same views give the same decisions.
pub trait Autoscaler {
    /// The queries to the metrics API. [`Seen::metrics`] has the answers in this order.
    fn asks(&self) -> &[MetricQuery];

    /// The range of replicas between which it scales.
    fn bounds(&self) -> Bounds;

    /// The time of the next wake, seen from `now`; `None` means never. A time before `now` means
    /// `now`.
    fn next_wake(&self, now: SimTime) -> Option<SimTime>;

    /// The bound of the jitter: the runner delays each wake by U[0, jitter).
    fn wake_jitter(&self) -> SimSpan {
        SimSpan::ZERO
    }

    /// How long a pod counts as starting. The pods that exist when a run starts are older.
    fn initialisation(&self) -> SimSpan {
        SimSpan::ZERO
    }

    /// Decides at the time `now`. Returns the replicas to write to `spec.replicas`, if any.
    ///
    /// It reports every decision to `listener`, even one to write nothing.
    fn wake<L: DecisionListener>(
        &mut self,
        now: SimTime,
        seen: &Seen<'_>,
        listener: &mut L,
    ) -> Option<Replicas>;
}

/// The range of a scaler's replicas, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The lower end.
    pub min: Replicas,
    /// The upper end.
    pub max: Replicas,
}
