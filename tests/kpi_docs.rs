//! The tables of docs/kpis.md, output/README.md and docs/backtest.md agree with the table of KPIs in `hpasim::kpi`,
//! with the columns of the timeline and with those of `recorded.csv`.
//!
//! `HPASIM_WRITE_DOCS=1 cargo test --test kpi_docs` updates the tables; the text around them stays.

#[path = "fixtures/page.rs"]
mod page;

use hpasim::kpi::{KnownBy, Kpi, KpiFacts, KpiGroup};
use hpasim::results::TimelineColumn;
use hpasim::results::timeline_quantiles::QuantileColumns;
use hpasim::scenario::recorded::RecordedColumn;
use page::assert_current;

/// The page about KPIs, with a table for each group.
const KPIS: &str = "docs/kpis.md";
/// The page about files, with one table of all KPIs.
const OUTPUT: &str = "output/README.md";
/// The page about recorded days.
const BACKTEST: &str = "docs/backtest.md";

/// The content of a cell; a dash stands for an empty one.
fn cell(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// `count (R)`: the unit, with a mark for KPIs of the request engine only.
fn unit(facts: &KpiFacts) -> String {
    match facts.known_by {
        KnownBy::BothEngines => facts.unit.to_owned(),
        KnownBy::RequestEngine => format!("{} (R)", facts.unit),
    }
}

/// The rows of docs/kpis.md for one group, with their header.
fn group_table(group: KpiGroup) -> String {
    let mut table = "\
| KPI | what it is; unit | better | traces | source | what it does not say |
|---|---|---|---|---|---|
"
    .to_owned();
    for kpi in Kpi::ALL.into_iter().filter(|kpi| kpi.group() == group) {
        let facts = kpi.facts();
        table.push_str(&format!(
            "| `{kpi}` | {}; {} | {} | {} | {} | {} |\n",
            facts.what,
            unit(facts),
            facts.better.as_str(),
            facts.over_traces.as_str(),
            cell(facts.source),
            cell(facts.leaves_out),
        ));
    }
    table
}

/// The rows of output/README.md, with their header.
fn output_table() -> String {
    let mut table = "| KPI | what it is; unit |\n|---|---|\n".to_owned();
    for kpi in Kpi::ALL {
        let facts = kpi.facts();
        table.push_str(&format!("| `{kpi}` | {}; {} |\n", facts.what, unit(facts)));
    }
    table
}

/// The rows of output/README.md about `timeline.csv`, with their header.
fn timeline_table() -> String {
    let mut table = "| column | unit | what it is |\n|---|---|---|\n".to_owned();
    for column in TimelineColumn::ALL {
        let mark = if column.is_of_requests { " (R)" } else { "" };
        let TimelineColumn {
            name, unit, what, ..
        } = column;
        table.push_str(&format!("| `{name}` | {unit}{mark} | {what} |\n"));
    }
    table
}

/// The rows of output/README.md about `timeline_quantiles.csv`, with their header.
fn quantiles_table() -> String {
    let mut table =
        "| column of the timeline | several intervals in a row |\n|---|---|\n".to_owned();
    for QuantileColumns { name, curve } in QuantileColumns::ALL {
        let fold = if curve.keeps_peaks() {
            "the greatest"
        } else {
            "their mean"
        };
        table.push_str(&format!("| `{name}` | {fold} |\n"));
    }
    table
}

/// The rows of docs/backtest.md about `recorded.csv`, with their header.
fn recorded_table() -> String {
    let mut table = "| column | unit | what it is |\n|---|---|---|\n".to_owned();
    for column in RecordedColumn::ALL {
        let RecordedColumn {
            name, unit, what, ..
        } = column;
        table.push_str(&format!("| `{name}` | {} | {what} |\n", cell(unit)));
    }
    table
}

/// `page` with `table` instead of the first table after `heading` that has the same first header
/// cell.
fn with_table(page: &str, heading: &str, table: &str) -> String {
    let first_cell = table.split_inclusive('|').take(2).collect::<String>();
    let section = page.find(heading).expect("the heading of a table");
    let head = page[section..]
        .find(&format!("\n{first_cell}"))
        .expect("a table");
    let start = section + head + 1;
    let rows: usize = page[start..]
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('|'))
        .map(str::len)
        .sum();
    format!("{}{table}{}", &page[..start], &page[start + rows..])
}

#[test]
fn the_page_of_kpis_has_a_current_table_for_every_group() {
    assert_current(KPIS, "kpi_docs", |page| {
        KpiGroup::ALL
            .into_iter()
            .fold(page.to_owned(), |page, group| {
                let (first, rest) = group.as_str().split_at(1);
                let heading = format!("\n## {}{rest}\n", first.to_uppercase());
                with_table(&page, &heading, &group_table(group))
            })
    });
}

#[test]
fn the_page_of_output_lists_every_kpi() {
    assert_current(OUTPUT, "kpi_docs", |page| {
        with_table(page, "\n## `summary.json`\n", &output_table())
    });
}

#[test]
fn the_page_of_output_lists_every_column_of_the_timeline() {
    assert_current(OUTPUT, "kpi_docs", |page| {
        with_table(page, "\n## `timeline.csv`\n", &timeline_table())
    });
}

#[test]
fn the_page_of_output_lists_every_column_of_the_quantiles() {
    assert_current(OUTPUT, "kpi_docs", |page| {
        with_table(page, "\n## `timeline_quantiles.csv`\n", &quantiles_table())
    });
}

#[test]
fn the_page_of_backtests_lists_every_column_of_a_recorded_day() {
    assert_current(BACKTEST, "kpi_docs", |page| {
        with_table(page, "\n## `recorded.csv`\n", &recorded_table())
    });
}
