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
    let grid = grid_of(columns, rows, format, str::to_owned);
    let is_wide = grid
        .lines()
        .any(|line| line.trim_end().chars().count() > COLUMNS_MAX);
    if format == TableFormat::Plain && is_wide {
        return narrower(columns, rows);
    }
    text_of(&grid)
}

/// The lines of a table; spaces at their ends would only show up in diffs.
fn text_of(grid: &Grid) -> String {
    grid.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// A plain table that is too wide: headings are broken first, then long names get lines of their own,
/// and only then cells are broken between words.
fn narrower(columns: &[Column<'_>], rows: &[Vec<String>]) -> String {
    let plain = |rows: &[Vec<String>], heading: fn(&str) -> String| {
        grid_of(columns, rows, TableFormat::Plain, heading)
    };
    let mut grid = plain(rows, broken_heading);
    if fold(&mut grid, CellFold::Whole) {
        return text_of(&grid);
    }
    let (names, unnamed) = names_apart(rows);
    for cells in [CellFold::Whole, CellFold::Words] {
        let mut grid = plain(&unnamed, broken_heading);
        if fold(&mut grid, cells) {
            return with_names(&text_of(&grid), &names);
        }
    }
    text_of(&plain(rows, |text| broken_heading(text).replace(' ', "\n")))
}

/// The longest name of a row that stays in a column too narrow for all names.
const NAME_MAX: usize = 16;

/// Stands in the first column for a name that has a line of its own.
const NAME_APART: &str = "\u{1}";

/// The long names of the rows, and the rows without them.
fn names_apart(rows: &[Vec<String>]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut names = Vec::new();
    let mut unnamed = rows.to_vec();
    for name in unnamed.iter_mut().filter_map(|row| row.first_mut()) {
        if name.chars().count() > NAME_MAX {
            names.push(std::mem::replace(name, NAME_APART.to_owned()));
        }
    }
    (names, unnamed)
}

/// The table with each of the `names` on a line above its row.
fn with_names(table: &str, names: &[String]) -> String {
    let shown_mark = visible(NAME_APART);
    let mut names = names.iter();
    let mut text = String::new();
    for line in table.lines() {
        let rest = line.trim_start().strip_prefix(&*shown_mark);
        match rest.and_then(|rest| Some((rest, names.next()?))) {
            Some((rest, name)) => {
                let indent = line.chars().count() - rest.chars().count();
                text.push_str(&format!(" {}\n{:indent$}{rest}\n", visible(name), ""));
            }
            None => text.push_str(&format!("{line}\n")),
        }
    }
    text
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

/// What a long word of a heading is broken behind.
const HEADING_SEPARATORS: [char; 6] = ['.', '-', '_', '@', '=', '/'];

/// A heading whose long words are broken behind separators and before capitals: `targetCPU`, `Utilization`, `Percentage`. A part that
/// is longer still is broken after so many letters, so a long name stays whole in its column, and no two names look the same.
fn broken_heading(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(broken_word).collect();
    words.join(" ")
}

fn broken_word(word: &str) -> String {
    // An escape of `visible` stays whole.
    if word.contains('\\') || word.chars().count() <= HEADING_PART_MAX {
        return word.to_owned();
    }
    let mut parts = vec![String::new()];
    let mut before = ' ';
    for letter in word.chars() {
        // A number such as the release 1.32 stays whole.
        let begins = (HEADING_SEPARATORS.contains(&before)
            && !(before == '.' && letter.is_ascii_digit()))
            || (before.is_lowercase() && letter.is_uppercase());
        let is_full = |part: &String| part.chars().count() == HEADING_PART_MAX;
        if begins || parts.last().is_some_and(is_full) {
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

/// How cells below the heading become narrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CellFold {
    /// Not at all.
    Whole,
    /// They are broken between words.
    Words,
}

/// Breaks headings, and cells as `cells` allows, where all columns then fit beside each other. Whether they do.
fn fold(grid: &mut Grid, cells: CellFold) -> bool {
    let longest_word = |text: String| {
        let words = text.split_whitespace().map(|word| word.chars().count());
        words.max().unwrap_or(0)
    };
    let columns = grid.column_count();
    let shown: &Grid = grid;
    let width_of = |index: usize| {
        let heading = shown.header().and_then(|row| row.cell_iter().nth(index));
        let heading = heading.map(|cell| longest_word(cell.content()));
        let below = shown
            .row_iter()
            .filter_map(|row| row.cell_iter().nth(index));
        let below = below.map(|cell| match cells {
            CellFold::Whole => cell.content().chars().count(),
            CellFold::Words => longest_word(cell.content()),
        });
        // A cell has a space on either side.
        below.chain(heading).max().unwrap_or(0) + 2
    };
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
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
                                                        tried  SLO-breaking  rescales
                                                       values       seconds    of the
                                                                               policy
        behavior.scaleDown.policies.0.value (Percent)      10             4         7
        ");
    }

    #[test]
    fn a_name_too_long_for_its_column_stands_whole_on_a_line_above_its_row() {
        let columns = [
            Column::left(""),
            Column::right("today"),
            Column::right("proposed"),
            Column::right("mean replicas"),
            Column::right("SLO-breaking seconds"),
            Column::right("rescales"),
        ];
        let row = |name: &str| {
            let numbers = ["100", "150", "9.83", "101", "20"].map(str::to_owned);
            [vec![name.to_owned()], numbers.to_vec()].concat()
        };
        let rows = [
            row("proposed"),
            row("without behavior.scaleUp.policies.0.value (Percent)"),
            row("without behavior.scaleDown.stabilizationWindowSeconds"),
        ];
        insta::assert_snapshot!(render_table(&columns, &rows, TableFormat::Plain), @"
                  today  proposed  mean replicas  SLO-breaking seconds  rescales
        proposed    100       150           9.83                   101        20
        without behavior.scaleUp.policies.0.value (Percent)
                    100       150           9.83                   101        20
        without behavior.scaleDown.stabilizationWindowSeconds
                    100       150           9.83                   101        20
        ");
    }

    #[test]
    fn a_label_is_not_broken_and_keeps_its_indent_where_headings_can_be_broken() {
        let columns = [
            Column::left(""),
            Column::right("today-in-production"),
            Column::right("proposed-for-next-week"),
            Column::right("to today-in-production"),
        ];
        let row = ["  pods missing, % of needed", "3.2", "1.2", "-2.0 ± 0.5"];
        let rows = [vec!["harm".to_owned()], row.map(str::to_owned).to_vec()];
        insta::assert_snapshot!(render_table(&columns, &rows, TableFormat::Plain), @"
                                      today-in-  proposed-for-  to today-in-
                                     production      next-week    production
        harm
          pods missing, % of needed         3.2            1.2    -2.0 ± 0.5
        ");
    }

    #[test]
    fn long_names_and_paths_in_headings_stay_whole_and_within_the_columns() {
        let letters = "abcdefghijklmnopqrstuvwxyz".repeat(2);
        let path = "teams/checkout/europe-west/production/policy.toml";
        let (first, reference) = (format!("{letters}1"), format!("to {letters}1"));
        let columns = [
            Column::left(""),
            Column::right(&first),
            Column::right(path),
            Column::right(&reference),
        ];
        let row = ["  pods missing, % of needed", "3.2", "1.2", "-2.0 ± 0.5"];
        let rows = [row.map(str::to_owned).to_vec()];
        insta::assert_snapshot!(render_table(&columns, &rows, TableFormat::Plain), @"
                                   abcdefghijklmn        teams/  to abcdefghijklmn
                                   opqrstuvwxyzab     checkout/     opqrstuvwxyzab
                                   cdefghijklmnop  europe-west/     cdefghijklmnop
                                      qrstuvwxyz1   production/        qrstuvwxyz1
                                                    policy.toml
        pods missing, % of needed             3.2           1.2         -2.0 ± 0.5
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

    #[test]
    fn the_heading_of_a_variant_breaks_at_its_signs_and_keeps_a_release_whole() {
        assert_eq!(
            broken_heading("prod@controller.kubernetes=1.32"),
            "prod@\ncontroller.\nkubernetes=\n1.32"
        );
    }
}
