//! The values of a swept parameter as columns of a picture: each its own, or several together.
//!
//! Self-imposed limit: numbers of values to numbers of columns, and their names.

use crate::search::grid::Grid;
use crate::search::parameter::Parameter;
use crate::search::table::plain_text;

/// The columns of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bins {
    /// Which of the swept parameters it is.
    pub(super) position: usize,
    /// What a column is called: its value, or the value in its middle.
    pub(super) names: Vec<String>,
    values: u64,
}

impl Bins {
    /// At most `most` columns for the parameter that is the `position`-th of the swept ones.
    pub(super) fn of(parameter: &Parameter, position: usize, most: u64) -> Self {
        let values = parameter.count();
        let count = values.min(most).max(1);
        let middle = |column: u64| (2 * column + 1) * values / (2 * count);
        Self {
            position,
            names: (0..count)
                .map(|column| plain_text(&parameter.value(middle(column).min(values - 1))))
                .collect(),
            values,
        }
    }

    /// How many columns there are.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// Whether a column holds several values.
    pub(super) fn holds_several(&self) -> bool {
        self.values > self.names.len() as u64
    }

    /// The column of a point.
    pub(super) fn column(&self, grid: &Grid, point: usize) -> usize {
        let index = grid.swept_indices(point as u64)[self.position];
        let column = u128::from(index) * self.names.len() as u128 / u128::from(self.values);
        usize::try_from(column)
            .unwrap_or(0)
            .min(self.names.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_a_column_each_and_many_share_them() {
        let arguments = ["a=1..100:1".to_owned(), "b=10s,20s".to_owned()];
        let grid = Grid::full(&arguments).expect("a grid");
        let swept: Vec<&Parameter> = grid.swept().collect();
        let many = Bins::of(swept[0], 0, 10);
        assert!(many.holds_several());
        assert_eq!(many.names[0], "6");
        assert_eq!(many.column(&grid, 199), 9);
        let few = Bins::of(swept[1], 1, 10);
        assert_eq!(few.names, ["10s", "20s"]);
        assert_eq!(few.column(&grid, 3), 1);
    }
}
