//! Tables for the terminal and for Markdown.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table as Grid, Width,
};

use crate::text::visible;

/// The most columns of a table and of prose for the terminal; longer lines are broken.
pub const COLUMNS_MAX: usize = 80;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Columns set apart by spaces.
    Plain,
    /// A Markdown table.
    Markdown,
}

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnAlign {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// A column by its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column<'a> {
    /// What its first line says.
    pub heading: &'a str,
    /// Where its cells stand.
    pub align: ColumnAlign,
}

impl<'a> Column<'a> {
    /// A column of names.
    #[must_use]
    pub const fn left(heading: &'a str) -> Self {
        Self {
            heading,
            align: ColumnAlign::Left,
        }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn right(heading: &'a str) -> Self {
        Self {
            heading,
            align: ColumnAlign::Right,
        }
    }
}

/// The table of `rows` under `columns`, with a final newline; a short row is filled with empty cells.
///
/// What is not seen in a cell becomes visible. For Markdown a cell holds Markdown: text of others is
/// [escaped](crate::text::markdown::escaped) before.
#[must_use]
pub fn render_table(columns: &[Column<'_>], rows: &[Vec<String>], format: TableFormat) -> String {
    let mut grid = grid_of(columns, rows, format, str::to_owned);
    let is_wide = grid
        .lines()
        .any(|line| line.trim_end().chars().count() > COLUMNS_MAX);
    if format == TableFormat::Plain && is_wide {
        grid = grid_of(columns, rows, format, broken_heading);
        if !fold(&mut grid) {
            let in_lines = |text: &str| broken_heading(text).replace(' ', "\n");
            grid = grid_of(columns, rows, format, in_lines);
        }
    }
    // Spaces at the ends of lines would only show up in diffs.
    grid.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// The table with each heading as `heading` makes it.
fn grid_of(
    columns: &[Column<'_>],
    rows: &[Vec<String>],
    format: TableFormat,
    heading: impl Fn(&str) -> String,
) -> Grid {
    let mut grid = Grid::new();
    grid.load_style(match format {
        TableFormat::Plain => NOTHING,
        TableFormat::Markdown => ASCII_MARKDOWN,
    });
    let cell = |text: &str, column: &Column<'_>| {
        Cell::new(text).set_alignment(match column.align {
            ColumnAlign::Left => CellAlignment::Left,
            ColumnAlign::Right => CellAlignment::Right,
        })
    };
    let headings = columns.iter().map(|column| {
        let text = heading(&visible(column.heading));
        cell(&text, column)
    });
    grid.set_header(headings);
    for row in rows {
        grid.add_row(columns.iter().enumerate().map(|(index, column)| {
            let text = row.get(index).map_or("", String::as_str);
            cell(&visible(text), column)
        }));
    }
    grid
}

/// The longest part of a key in a heading that is not broken.
const HEADING_PART_MAX: usize = 14;

/// A heading whose long keys are broken behind dots and before capitals: `targetCPU`, `Utilization`, `Percentage`.
fn broken_heading(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(broken_word).collect();
    words.join(" ")
}

fn broken_word(word: &str) -> String {
    let is_key = word
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '.');
    if !is_key || word.len() <= HEADING_PART_MAX {
        return word.to_owned();
    }
    let mut parts = vec![String::new()];
    let mut before = ' ';
    for letter in word.chars() {
        let begins = before == '.' || (before.is_lowercase() && letter.is_uppercase());
        if begins {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
        before = letter;
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.chars().count() <= HEADING_PART_MAX => {
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines.join("\n")
}

/// The least width of a first column whose words are broken.
const FIRST_COLUMN_MIN: usize = 16;

/// Breaks cells between words, where the longest words of all columns fit beside each other. Whether they do.
fn fold(grid: &mut Grid) -> bool {
    let columns = grid.column_count();
    let longest = |index: usize| {
        let cells = grid.row_iter().chain(grid.header());
        let words = cells.filter_map(|row| row.cell_iter().nth(index));
        let words = words.map(|cell| {
            let text = cell.content();
            text.split_whitespace()
                .map(|word| word.chars().count())
                .max()
        });
        words.flatten().max().unwrap_or(0)
    };
    // A cell has a space on either side.
    let widths: Vec<usize> = (0..columns).map(|index| longest(index) + 2).collect();
    // Names have few spaces: where not all words fit, the names of the first column are broken, and the rest is not.
    let mut widths = widths;
    if widths.iter().sum::<usize>() > COLUMNS_MAX
        && let Some(first) = widths.first_mut()
    {
        *first = (*first).min(FIRST_COLUMN_MIN);
    }
    if widths.iter().sum::<usize>() > COLUMNS_MAX {
        return false;
    }
    grid.set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(COLUMNS_MAX as u16);
    for (column, width) in grid.column_iter_mut().zip(widths) {
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(format: TableFormat) -> String {
        let columns = [Column::left("file"), Column::right("steps")];
        let rows = [
            vec!["behavior.jsonl".to_owned(), "1204".to_owned()],
            vec!["zero.jsonl".to_owned(), "87".to_owned()],
        ];
        render_table(&columns, &rows, format)
    }

    #[test]
    fn plain_tables_align_names_left_and_numbers_right() {
        insta::assert_snapshot!(table(TableFormat::Plain), @"
        file            steps
        behavior.jsonl   1204
        zero.jsonl         87
        ");
    }

    #[test]
    fn a_wide_table_is_folded_at_80_columns() {
        let name = "behavior.scaleDown.policies.0.value (Percent)".to_owned();
        let columns = [
            Column::left(""),
            Column::right("tried values"),
            Column::right("SLO-breaking seconds"),
            Column::right("rescales of the policy"),
        ];
        let rows = [vec![name, "10".to_owned(), "4".to_owned(), "7".to_owned()]];
        insta::assert_snapshot!(render_table(&columns, &rows, TableFormat::Plain), @"
                                             tried values  SLO-breaking    rescales of
                                                                seconds     the policy
        behavior.scaleDown.policies.0.value            10             4              7
        (Percent)
        ");
    }

    #[test]
    fn a_long_key_in_a_heading_is_broken_at_its_parts_and_labels_stay_whole() {
        let columns = [
            Column::left(""),
            Column::right("targetCPUUtilizationPercentage"),
            Column::right("minReplicas"),
            Column::right("behavior.scaleDown.stabilizationWindowSeconds"),
            Column::right("replicas, mean"),
            Column::right("SLO-breaking seconds"),
            Column::right("rescales"),
        ];
        let row = |label: &str| {
            let numbers = ["90", "8", "300", "18.44", "85", "10"].map(str::to_owned);
            [vec![label.to_owned()], numbers.to_vec()].concat()
        };
        let rows = [row("knee"), row("current")];
        insta::assert_snapshot!(render_table(&columns, &rows, TableFormat::Plain), @"
                         target  minReplicas  behavior.scale  replicas,  SLO-breaking  rescales
                 CPUUtilization                        Down.       mean       seconds
                     Percentage                stabilization
                                               WindowSeconds
        knee                 90            8             300      18.44            85        10
        current              90            8             300      18.44            85        10
        ");
    }

    #[test]
    fn markdown_tables_are_markdown() {
        insta::assert_snapshot!(table(TableFormat::Markdown), @r#"
        | file           | steps |
        |----------------|-------|
        | behavior.jsonl |  1204 |
        | zero.jsonl     |    87 |
        "#);
    }
}
