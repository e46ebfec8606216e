//! The tables of docs/releases.md agree with the rules in `hpasim::hpa::release`.
//!
//! `HPASIM_WRITE_DOCS=1 cargo test --test release_docs` updates the tables; the text around them stays.

#[path = "fixtures/page.rs"]
mod page;

use hpasim::hpa::release::Release;
use page::assert_current;

const PAGE: &str = "docs/releases.md";

/// What each release changed, the newest first.
fn changes() -> String {
    let mut table = "| since | what | before | now |\n|---|---|---|---|\n".to_owned();
    for release in Release::ALL.into_iter().rev() {
        for change in release.changes() {
            table.push_str(&format!(
                "| {release} | {} | {} | {} |\n",
                change.about, change.before, change.since
            ));
        }
    }
    table
}

/// The changes of Kubernetes behind each release, the newest first.
fn sources() -> String {
    let mut table = "| release | changes |\n|---|---|\n".to_owned();
    for release in Release::ALL.into_iter().rev() {
        if !release.changes().is_empty() {
            let links = links(release.rules().changed_by);
            table.push_str(&format!("| {release} | {links} |\n"));
        }
    }
    table
}

/// `[#120001](https://github.com/...)` for each number.
fn links(changes: &str) -> String {
    let link = |number: &str| {
        let digits = number.trim_start_matches('#');
        format!("[{number}](https://github.com/kubernetes/kubernetes/pull/{digits})")
    };
    let links: Vec<String> = changes.split(", ").map(link).collect();
    links.join(", ")
}

/// Every rule, and from which release on it is what.
fn rules() -> String {
    let mut table = "| rule | what each release does |\n|---|---|\n".to_owned();
    let first = Release::ALL[0];
    for (index, fact) in first.rules().facts().into_iter().enumerate() {
        let mut steps = vec![format!("{first}: {}", fact.does)];
        let mut last = fact.does;
        for release in Release::ALL {
            let does = release.rules().facts()[index].does;
            if does != last {
                steps.push(format!("{release}: {does}"));
                last = does;
            }
        }
        table.push_str(&format!("| {} | {} |\n", fact.about, steps.join("; ")));
    }
    table
}

/// `page` with `table` instead of the first table after `heading`.
fn with_table(page: &str, heading: &str, table: &str) -> String {
    let section = page.find(heading).expect("the heading of a table");
    let start = section + page[section..].find("\n|").expect("a table") + 1;
    let rows: usize = page[start..]
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('|'))
        .map(str::len)
        .sum();
    format!("{}{table}{}", &page[..start], &page[start + rows..])
}

#[test]
fn the_page_of_releases_has_the_rules_of_the_code() {
    assert_current(PAGE, "release_docs", |page| {
        let page = with_table(page, "## What changed", &changes());
        let page = with_table(&page, "## Every rule", &rules());
        with_table(&page, "## Sources", &sources())
    });
}
