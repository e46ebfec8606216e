//! What a scaler decided, as observers and files hear of it, whichever scaler it was.

use std::cmp::Ordering;

use serde::Serialize;

pub use crate::hpa::decision::{MetricValue, ScaleDirection};
use crate::text::json;
use crate::text::rounding::readable;
use crate::units::{Replicas, SimTime};

/// One wake of a scaler, and what came of it.
pub struct Decided<'a> {
    /// When.
    pub time: SimTime,
    /// The scaler's name, as `hpa`.
    pub by: &'static str,
    /// `spec.replicas` before it.
    pub current: Replicas,
    /// `spec.replicas` as the scaler wants it.
    pub desired: Replicas,
    /// Whether the scaler writes `desired` to the scale.
    pub rescaled: bool,
    /// What the scaler made of each metric that it asks for; `None` where it made nothing of it.
    pub metrics: &'a [Option<MetricValue>],
    /// The scaler's own line for `decisions.jsonl`, where the listener wants lines.
    pub line: Option<&'a dyn DecisionLine>,
}

impl Decided<'_> {
    /// Which way it scales, if it does.
    #[must_use]
    pub fn direction(&self) -> Option<ScaleDirection> {
        match self.desired.cmp(&self.current) {
            Ordering::Greater if self.rescaled => Some(ScaleDirection::Up),
            Ordering::Less if self.rescaled => Some(ScaleDirection::Down),
            _ => None,
        }
    }

    /// Tells `listener` of it, with a line that has nothing but the head where lines are wanted.
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

    /// `spec.replicas` after it.
    #[must_use]
    pub fn replicas(&self) -> Replicas {
        if self.rescaled {
            self.desired
        } else {
            self.current
        }
    }
}

/// Hears of decisions.
pub trait DecisionListener {
    /// Whether [`Decided::line`] is wanted. Where it is not, no line is made.
    const WANTS_LINES: bool = false;

    /// A scaler has decided.
    fn decided(&mut self, decision: &Decided<'_>);
}

/// What a scaler writes of one decision.
pub trait DecisionLine {
    /// One JSON object and the end of its line.
    ///
    /// # Errors
    /// What could not be written as JSON.
    fn to_json(&self) -> Result<String, serde_json::Error>;
}

impl<T: Serialize> DecisionLine for T {
    fn to_json(&self) -> Result<String, serde_json::Error> {
        json::line(self)
    }
}

/// What the line of every scaler begins with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LineHead {
    /// When, in seconds of the run.
    pub time_s: f64,
    /// The scaler's name.
    pub by: &'static str,
    /// `spec.replicas` before it.
    pub current: i32,
    /// `spec.replicas` as the scaler wants it.
    pub desired: i32,
    /// Whether the scaler writes it.
    pub rescaled: bool,
}

impl LineHead {
    /// The head of the line about `decision`.
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
