//! Numbers of which no one knows whether they have thousands or decimals: `1.100`. The other numbers of the table decide.

use std::collections::BTreeSet;

use super::measure::NumberForm;
use super::samples::Samples;
use crate::scenario::diagnostic::{Code, Diagnostic, Place};

/// What the numbers of a table show about its separators.
#[derive(Clone, Copy, Debug)]
pub(super) struct Separators {
    /// Whether fields stand between semicolons, as where a comma stands before decimals.
    pub(super) has_decimal_comma: bool,
    shows_point: bool,
    shows_comma: bool,
}

impl Separators {
    /// The separators of a table with this one between its fields.
    pub(super) fn between(separator: u8) -> Self {
        Self {
            has_decimal_comma: separator == b';',
            shows_point: false,
            shows_comma: false,
        }
    }

    /// Looks at the number in a cell.
    pub(super) fn look_at(&mut self, cell: &str) -> NumberForm {
        let form = NumberForm::of(cell);
        self.shows_point |= form == NumberForm::DecimalPoint;
        self.shows_comma |= form == NumberForm::DecimalComma;
        form
    }

    /// The separator of decimals that the numbers show.
    fn shown(self) -> Option<char> {
        match (self.shows_point, self.shows_comma) {
            (true, false) => Some('.'),
            (false, true) => Some(','),
            _ => None,
        }
    }
}

/// The doubtful numbers of one series.
#[derive(Debug, Default)]
pub(super) struct DoubtfulNumbers {
    /// The times of numbers such as `1.100`.
    points: BTreeSet<i64>,
    /// The times of numbers such as `1,100`.
    commas: BTreeSet<i64>,
    /// The first number of `points`, and its place.
    first: Option<(String, Place)>,
}

impl DoubtfulNumbers {
    /// Adds the sample at a time; `cell` gives its text and its place.
    pub(super) fn add(
        &mut self,
        nanos: i64,
        form: NumberForm,
        cell: impl FnOnce() -> (String, Place),
    ) {
        // The later of two samples of one time counts.
        self.points.remove(&nanos);
        self.commas.remove(&nanos);
        match form {
            NumberForm::DoubtfulPoint => {
                self.first.get_or_insert_with(cell);
                self.points.insert(nanos);
            }
            NumberForm::DoubtfulComma => {
                self.commas.insert(nanos);
            }
            _ => {}
        }
    }

    /// Corrects the samples that were read the other way.
    ///
    /// # Errors
    /// Between semicolons, no number shows what a point means.
    pub(super) fn settle(
        &self,
        name: &str,
        separators: Separators,
        samples: &mut Samples,
    ) -> Result<(), Diagnostic> {
        match (
            separators.shown(),
            separators.has_decimal_comma,
            &self.first,
        ) {
            (Some(','), has_decimal_comma, _) => {
                samples.multiply(&self.points, 1000.0);
                if !has_decimal_comma {
                    samples.multiply(&self.commas, 0.001);
                }
            }
            (Some(_), true, _) => samples.multiply(&self.commas, 1000.0),
            (None, true, Some((cell, place))) if !separators.shows_point => {
                return Err(Diagnostic {
                    code: Code::MeaningUnknown,
                    message: format!(
                        "`{cell}` has a point before thousands or before decimals, and no other number in `{name}` tells which"
                    ),
                    place: Some(Box::new(place.clone())),
                    help: "write the numbers without separators of thousands, and with another number of decimals (1100, or 1.1)".to_owned(),
                });
            }
            _ => {}
        }
        Ok(())
    }
}
