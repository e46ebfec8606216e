//! Rows of removed pods, which one pass deletes from all columns.
//!
//! A column keeps the order of its rows, so deleting one row moves all rows behind it. Fifty
//! thousand pods that are removed at once would move a billion rows. So the plant marks a row
//! first, and deletes all marked rows together before it reads the columns.

/// The marked rows.
#[derive(Clone, Debug, Default)]
pub(super) struct GoneRows {
    marks: Vec<bool>,
    count: usize,
}

impl GoneRows {
    /// Adds an unmarked row at the end.
    pub(super) fn add(&mut self) {
        self.marks.push(false);
    }

    /// Marks `row`.
    pub(super) fn mark(&mut self, row: usize) {
        self.count += usize::from(!self.marks[row]);
        self.marks[row] = true;
    }

    /// Whether `row` is marked.
    pub(super) fn contains(&self, row: usize) -> bool {
        self.marks[row]
    }

    /// Whether no row is marked.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether at least half of the rows are marked. Then a pass over all rows costs at most two
    /// steps per marked row.
    pub(super) fn are_half(&self) -> bool {
        2 * self.count >= self.marks.len()
    }

    /// Deletes the marked rows from a column; the other rows keep their order.
    pub(super) fn remove_from<T>(&self, column: &mut Vec<T>) {
        let mut marks = self.marks.iter();
        column.retain(|_| !marks.next().is_some_and(|mark| *mark));
    }

    /// Forgets the marks, after the rows were deleted from all columns.
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
