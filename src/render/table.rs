//! Tables for the terminal and for Markdown.
//!
//! Self-imposed limit: text cells; the caller words the numbers.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{Cell, CellAlignment, Table as Grid};

use crate::text::visible;

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
    let mut grid = Grid::new();
    grid.load_style(match format {
        TableFormat::Plain => NOTHING,
        TableFormat::Markdown => ASCII_MARKDOWN,
    });
    let cell = |text: &str, column: &Column<'_>| {
        Cell::new(visible(text)).set_alignment(match column.align {
            ColumnAlign::Left => CellAlignment::Left,
            ColumnAlign::Right => CellAlignment::Right,
        })
    };
    grid.set_header(columns.iter().map(|column| cell(column.heading, column)));
    for row in rows {
        grid.add_row(
            columns
                .iter()
                .enumerate()
                .map(|(index, column)| cell(row.get(index).map_or("", String::as_str), column)),
        );
    }
    // Spaces at the ends of lines would only show up in diffs.
    grid.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
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
    fn markdown_tables_are_markdown() {
        insta::assert_snapshot!(table(TableFormat::Markdown), @r#"
        | file           | steps |
        |----------------|-------|
        | behavior.jsonl |  1204 |
        | zero.jsonl     |    87 |
        "#);
    }
}
