//! Rows of pods that are gone, which one pass removes from all columns.
//!
//! A column keeps the order of its rows, so removing one row moves all rows behind
//! it. Fifty thousand pods that go at once would move a billion rows. So a row is
//! marked first, and the rows that are marked are removed together, before the
//! columns are read.
//!
//! Self-imposed limit: it marks and removes rows. The plant decides when they are removed.

/// Which rows are marked.
#[derive(Clone, Debug, Default)]
pub(super) struct GoneRows {
    marks: Vec<bool>,
    count: usize,
}

impl GoneRows {
    /// A row was added behind the others.
    pub(super) fn add(&mut self) {
        self.marks.push(false);
    }

    /// The pod of `row` is gone.
    pub(super) fn mark(&mut self, row: usize) {
        self.count += usize::from(!self.marks[row]);
        self.marks[row] = true;
    }

    /// Whether the pod of `row` is gone.
    pub(super) fn contains(&self, row: usize) -> bool {
        self.marks[row]
    }

    /// Whether no row is marked.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether so many rows are marked that a pass over all rows costs no more than two steps for each of them.
    pub(super) fn are_half(&self) -> bool {
        2 * self.count >= self.marks.len()
    }

    /// Removes the marked rows from a column, which keeps its order.
    pub(super) fn remove_from<T>(&self, column: &mut Vec<T>) {
        let mut marks = self.marks.iter();
        column.retain(|_| !marks.next().is_some_and(|mark| *mark));
    }

    /// The rows were removed from all columns.
    pub(super) fn clear(&mut self) {
        self.marks.truncate(self.marks.len() - self.count);
        self.marks.fill(false);
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_rows_leave_every_column_and_the_others_keep_their_order() {
        let mut gone = GoneRows::default();
        let mut numbers: Vec<usize> = (0..6).collect();
        let mut names = vec!["a", "b", "c", "d", "e", "f"];
        numbers.iter().for_each(|_| gone.add());
        for row in [4, 0, 4] {
            gone.mark(row);
        }
        assert!(gone.contains(0) && !gone.contains(1) && !gone.are_half());
        gone.remove_from(&mut numbers);
        gone.remove_from(&mut names);
        gone.clear();
        assert_eq!(numbers, [1, 2, 3, 5]);
        assert_eq!(names, ["b", "c", "d", "f"]);
        assert!(gone.is_empty() && !(0..4).any(|row| gone.contains(row)));
    }
}
