//! The scaler of a scenario, as one type: an HPA or a schedule.

use super::hpa::HpaScaler;
use super::schedule::{Schedule, ScheduleScaler};
use super::{Autoscaler, Bounds, DecisionListener, Hpa, MetricQuery, Seen};
pub use crate::hpa::spec::ScaleTarget;
use crate::units::{Replicas, SimSpan, SimTime};

/// A scaler as a policy or a baseline states it.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a scenario has one")]
pub enum Scaler {
    /// A HorizontalPodAutoscaler and its controller.
    Hpa(Hpa),
    /// Replicas at fixed times. A baseline that knows the trace is a schedule.
    Schedule(Schedule),
}

impl Scaler {
    /// The range of replicas between which it scales.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        match self {
            Self::Hpa(hpa) => hpa.bounds(),
            Self::Schedule(schedule) => schedule.bounds(),
        }
    }

    /// The object that it scales, if stated.
    #[must_use]
    pub fn target(&self) -> Option<&ScaleTarget> {
        match self {
            Self::Hpa(hpa) => Some(&hpa.spec.scale_target),
            Self::Schedule(_) => None,
        }
    }

    /// The time between wakes, if constant.
    #[must_use]
    pub fn period(&self) -> Option<SimSpan> {
        match self {
            Self::Hpa(hpa) => Some(hpa.sync_period),
            Self::Schedule(_) => None,
        }
    }
}

/// A [`Scaler`] in a run, or no scaler.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has one")]
pub enum RunningScaler<'s> {
    /// See [`Scaler::Hpa`].
    Hpa(HpaScaler<'s>),
    /// See [`Scaler::Schedule`].
    Schedule(ScheduleScaler<'s>),
    /// Nothing scales: the Deployment keeps its replicas.
    Nothing,
}

impl<'s> RunningScaler<'s> {
    /// `scaler` at the start of a run. The first wake is at the fraction `phase` (0..1) of its
    /// period.
    #[must_use]
    pub fn start(scaler: Option<&'s Scaler>, phase: f64) -> Self {
        match scaler {
            Some(Scaler::Hpa(hpa)) => {
                let first = phase * hpa.sync_period.as_nanos() as f64;
                Self::Hpa(HpaScaler::new(hpa, SimTime::from_nanos(first as i64)))
            }
            Some(Scaler::Schedule(schedule)) => Self::Schedule(ScheduleScaler::new(schedule)),
            None => Self::Nothing,
        }
    }
}

impl Autoscaler for RunningScaler<'_> {
    fn asks(&self) -> &[MetricQuery] {
        match self {
            Self::Hpa(hpa) => hpa.asks(),
            Self::Schedule(schedule) => schedule.asks(),
            Self::Nothing => &[],
        }
    }

    fn bounds(&self) -> Bounds {
        match self {
            Self::Hpa(hpa) => hpa.bounds(),
            Self::Schedule(schedule) => schedule.bounds(),
            Self::Nothing => Schedule::default().bounds(),
        }
    }

    fn next_wake(&self, now: SimTime) -> Option<SimTime> {
        match self {
            Self::Hpa(hpa) => hpa.next_wake(now),
            Self::Schedule(schedule) => schedule.next_wake(now),
            Self::Nothing => None,
        }
    }

    fn wake_jitter(&self) -> SimSpan {
        match self {
            Self::Hpa(hpa) => hpa.wake_jitter(),
            Self::Schedule(schedule) => schedule.wake_jitter(),
            Self::Nothing => SimSpan::ZERO,
        }
    }

    fn initialisation(&self) -> SimSpan {
        match self {
            Self::Hpa(hpa) => hpa.initialisation(),
            Self::Schedule(schedule) => schedule.initialisation(),
            Self::Nothing => SimSpan::ZERO,
        }
    }

    #[inline]
    fn wake<L: DecisionListener>(
        &mut self,
        now: SimTime,
        seen: &Seen<'_>,
        listener: &mut L,
    ) -> Option<Replicas> {
        match self {
            Self::Hpa(hpa) => hpa.wake(now, seen, listener),
            Self::Schedule(schedule) => schedule.wake(now, seen, listener),
            Self::Nothing => None,
        }
    }
}
