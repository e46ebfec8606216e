//! A scaler's decision, in one form for all scalers, as observers and files receive it.

use std::cmp::Ordering;

use serde::Serialize;

pub use crate::hpa::decision::{MetricValue, ScaleDirection};
use crate::text::json;
use crate::text::rounding::readable;
use crate::units::{Replicas, SimTime};

/// One wake of a scaler, with its decision.
pub struct Decided<'a> {
    /// The time of the wake.
    pub time: SimTime,
    /// The scaler's name, such as `hpa`.
    pub by: &'static str,
    /// `spec.replicas` before the decision.
    pub current: Replicas,
    /// The replicas that the scaler wants.
    pub desired: Replicas,
    /// Whether the scaler writes `desired` to the scale.
    pub rescaled: bool,
    /// The scaler's value of each metric that it queries; `None` without a value.
    pub metrics: &'a [Option<MetricValue>],
    /// The scaler's own line for `decisions.jsonl`, if the listener wants lines.
    pub line: Option<&'a dyn DecisionLine>,
}

impl Decided<'_> {
    /// The direction of the change; `None` if the scaler writes nothing or the same number.
    #[must_use]
    pub fn direction(&self) -> Option<ScaleDirection> {
        match self.desired.cmp(&self.current) {
            Ordering::Greater if self.rescaled => Some(ScaleDirection::Up),
            Ordering::Less if self.rescaled => Some(ScaleDirection::Down),
            _ => None,
        }
    }

    /// Passes the decision to `listener`. If the listener wants lines, the line has only the fields
    /// of [`LineHead`].
    pub fn tell<L: DecisionListener>(self, listener: &mut L) {
        if L::WANTS_LINES {
            let head = LineHead::of(&self);
            listener.decided(&Decided {
                line: Some(&head),
                ..self
            });
        } else {
            listener.decided(&self);
        }
    }

    /// `spec.replicas` after the decision.
    #[must_use]
    pub fn replicas(&self) -> Replicas {
        if self.rescaled {
            self.desired
        } else {
            self.current
        }
    }
}

/// Receives decisions.
pub trait DecisionListener {
    /// Whether the listener needs [`Decided::line`]. If not, no line is built.
    const WANTS_LINES: bool = false;

    /// Called once per decision.
    fn decided(&mut self, decision: &Decided<'_>);
}

/// A scaler's line about one decision.
pub trait DecisionLine {
    /// One JSON object, with the end of its line.
    ///
    /// # Errors
    ///
    /// The part that could not be written as JSON.
    fn to_json(&self) -> Result<String, serde_json::Error>;
}

impl<T: Serialize> DecisionLine for T {
    fn to_json(&self) -> Result<String, serde_json::Error> {
        json::line(self)
    }
}

/// The first fields of every scaler's line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LineHead {
    /// The time in seconds of the run.
    pub time_s: f64,
    /// The scaler's name.
    pub by: &'static str,
    /// `spec.replicas` before the decision.
    pub current: i32,
    /// The replicas that the scaler wants.
    pub desired: i32,
    /// Whether the scaler writes `desired`.
    pub rescaled: bool,
}

impl LineHead {
    /// The first fields of the line about `decision`.
    #[must_use]
    pub fn of(decision: &Decided<'_>) -> Self {
        Self {
            time_s: readable(decision.time.as_secs_f64()),
            by: decision.by,
            current: decision.current.0,
            desired: decision.desired.0,
            rescaled: decision.rescaled,
        }
    }
}
