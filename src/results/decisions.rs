//! `decisions.jsonl`: every wake of the scaler, with its inputs and its reasons.
//!
//! Each scaler writes its own line (`control`); here the lines go to a file.

use std::io::Write;

use crate::control::{Decided, DecisionLine};
use crate::scenario::TraceClock;
use crate::simulation::Observer;
use crate::text::json;
use crate::units::SimTime;

/// Writes `decisions.jsonl` as a run goes.
#[derive(Debug)]
pub struct DecisionLog<W> {
    out: W,
    clock: Option<TraceClock>,
    fault: Option<serde_json::Error>,
}

impl<W: Write> DecisionLog<W> {
    /// A log that goes to `out`, best a buffered one. With a clock each line has its date.
    pub fn new(out: W, clock: Option<&TraceClock>) -> Self {
        Self {
            out,
            clock: clock.cloned(),
            fault: None,
        }
    }

    /// What the log was written to.
    ///
    /// # Errors
    /// The first record that could not be written.
    pub fn finish(self) -> Result<W, serde_json::Error> {
        match self.fault {
            None => Ok(self.out),
            Some(fault) => Err(fault),
        }
    }

    fn write(&mut self, time: SimTime, line: &dyn DecisionLine) -> Result<(), serde_json::Error> {
        let line = line.to_json()?;
        let line = match &self.clock {
            None => line,
            Some(clock) => {
                let timestamp = clock.rfc3339(time);
                json::with_first_field("timestamp", &timestamp, &line)?
            }
        };
        self.out
            .write_all(line.as_bytes())
            .map_err(serde_json::Error::io)
    }
}

impl<W: Write> Observer for DecisionLog<W> {
    const WANTS_LINES: bool = true;

    fn decided(&mut self, decision: &Decided<'_>) {
        if let (None, Some(line)) = (&self.fault, decision.line) {
            self.fault = self.write(decision.time, line).err();
        }
    }

    /// A line that cannot be written ends the run.
    fn has_enough(&self) -> bool {
        self.fault.is_some()
    }
}
