//! docs/kpis.md names every KPI once, in the group that the comparison shows it in.
//!
//! Self-imposed limit: names, groups and filled cells; whether a formula is right is for the tests of `results`.

use hpasim::results::Kpis;
use hpasim::results::comparison::KpiGroup;

const DOCUMENT: &str = include_str!("../docs/kpis.md");

/// A row of one of the tables.
struct Row {
    group: String,
    kpi: String,
    cells: Vec<String>,
}

fn rows() -> Vec<Row> {
    let mut group = String::new();
    let mut rows = Vec::new();
    for line in DOCUMENT.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            group = heading.to_lowercase();
        }
        if let Some(rest) = line.strip_prefix("| `") {
            let (kpi, cells) = rest.split_once("` |").expect("a KPI alone in its cell");
            let cells = cells.trim_end_matches('|').split(" | ");
            rows.push(Row {
                group: group.clone(),
                kpi: kpi.to_owned(),
                cells: cells.map(|cell| cell.trim().to_owned()).collect(),
            });
        }
    }
    rows
}

#[test]
fn every_kpi_is_explained_once_and_nothing_else() {
    let mut documented: Vec<String> = rows().into_iter().map(|row| row.kpi).collect();
    documented.sort();
    let mut known: Vec<&str> = Kpis::NAMES.to_vec();
    known.sort_unstable();
    assert_eq!(documented, known);
}

#[test]
fn each_stands_in_the_group_that_a_comparison_shows_it_in() {
    for row in rows() {
        assert_eq!(row.group, KpiGroup::of(&row.kpi).as_str(), "{}", row.kpi);
    }
}

#[test]
fn formula_source_and_what_it_does_not_say_are_filled_in() {
    for row in rows() {
        let filled = row.cells.iter().filter(|cell| !cell.is_empty()).count();
        assert_eq!((row.cells.len(), filled), (3, 3), "{}", row.kpi);
    }
}
