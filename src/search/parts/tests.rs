//! Damage to a `sweep.csv`, of every kind at every place: what is accepted is what was written.

use std::io::Cursor;

use super::*;
use crate::results::KpiReport;
use crate::results::tests::story_kpis;
use crate::search::grid::Grid;
use crate::search::sweep::RowKey;
use crate::search::table::{HeadFacts, row_line};
use crate::units::Seed;

fn keys(set: &[&str], traces: &[&str]) -> RowKeys {
    let set: Vec<String> = set.iter().map(|it| (*it).to_owned()).collect();
    RowKeys {
        grid: Grid::full(&set).expect("a grid"),
        traces: traces.iter().map(|it| (*it).to_owned()).collect(),
    }
}

fn head(keys: &RowKeys, set: &[&str]) -> Head {
    let set: Vec<String> = set.iter().map(|it| (*it).to_owned()).collect();
    Head::new(&HeadFacts {
        grid: &keys.grid,
        policy: "prod",
        traces: &keys.traces,
        engine: "fluid",
        seeds: &[Seed(1)],
        set: &set,
        samples: None,
        hpa: None,
        namespace: None,
        inputs_sha256: "0",
        grid_sha256: "1",
    })
}

/// The file of a whole sweep, or of one part.
fn file(set: &[&str], traces: &[&str], shard: Option<Shard>) -> String {
    let keys = keys(set, traces);
    let mut text = head(&keys, set).to_text(shard);
    let rows = keys.grid.count() * traces.len() as u64;
    let report = KpiReport::One(story_kpis());
    for row in shard.map_or(0..rows, |shard| shard.rows(rows)) {
        let key = RowKey {
            point: row / traces.len() as u64,
            trace: (row % traces.len() as u64) as usize,
        };
        text.push_str(&row_line(key, &traces[key.trace], &keys.grid, &report));
    }
    text
}

const SET: [&str; 2] = ["a=1,2", "b=\"x\",\"y\""];
const TRACES: [&str; 2] = ["day", "a, b"];

fn merged(text: &[u8]) -> Result<Vec<u8>, TableError> {
    let part = PartFile::open("part".to_owned(), Cursor::new(text.to_vec()))?;
    let mut out = Vec::new();
    merge(vec![part], &mut out)?;
    Ok(out)
}

/// What `--resume` keeps of a file.
fn resumed(text: &[u8]) -> Result<Vec<u8>, TableError> {
    let keys = keys(&SET, &TRACES);
    let mut part = PartFile::open("part".to_owned(), Cursor::new(text.to_vec()))?;
    part.check_is(&head(&keys, &SET), None)?;
    part.rows(Some(&keys), |_| Ok::<(), TableError>(()))?;
    Ok(text[..part.whole_bytes() as usize].to_vec())
}

#[test]
fn a_whole_file_is_accepted_as_it_is() {
    let text = file(&SET, &TRACES, None);
    assert_eq!(merged(text.as_bytes()).expect("whole"), text.as_bytes());
    assert_eq!(resumed(text.as_bytes()).expect("whole"), text.as_bytes());
}

#[test]
fn a_byte_that_differs_is_found_wherever_it_is() {
    let text = file(&SET, &TRACES, None).into_bytes();
    for place in 0..text.len() {
        for change in [0x01, 0x20, 0x80] {
            let mut damaged = text.clone();
            damaged[place] ^= change;
            assert!(merged(&damaged).is_err(), "byte {place} ^ {change:#x}");
            // A line feed that is gone at the end leaves half a line, which is computed anew.
            if let Ok(kept) = resumed(&damaged) {
                assert!(text.starts_with(&kept), "byte {place} ^ {change:#x}");
            }
        }
    }
}

#[test]
fn a_line_that_is_gone_twice_or_elsewhere_is_found() {
    let text = file(&SET, &TRACES, None);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for place in 0..lines.len() {
        let mut gone = lines.clone();
        gone.remove(place);
        let mut twice = lines.clone();
        twice.insert(place, lines[place]);
        let mut swapped = lines.clone();
        swapped.swap(place, (place + 1) % lines.len());
        for damaged in [gone, twice, swapped] {
            let damaged = damaged.concat();
            // The check value of the head may stand before the head's last line.
            if let Ok(joined) = merged(damaged.as_bytes()) {
                assert_eq!(joined, text.as_bytes(), "line {place}");
            }
            if let Ok(kept) = resumed(damaged.as_bytes()) {
                assert!(text.as_bytes().starts_with(&kept), "line {place}");
            }
        }
    }
}

#[test]
fn a_file_that_ends_early_is_unfinished_and_goes_on_from_its_last_whole_line() {
    let text = file(&SET, &TRACES, None).into_bytes();
    for length in 0..text.len() {
        assert!(merged(&text[..length]).is_err(), "{length} bytes");
        if let Ok(kept) = resumed(&text[..length]) {
            assert!(text.starts_with(&kept) && kept.ends_with(b"\n"));
        }
    }
}

#[test]
fn a_row_of_another_sweep_with_a_check_value_of_its_own_is_found() {
    let text = file(&SET, &TRACES, None);
    let row = text.lines().last().expect("rows").to_owned();
    let (content, _) = row.rsplit_once(',').expect("cells");
    for (from, to, fault) in [
        (
            "3,\"a, b\",2,y,",
            "3,\"a, b\",2,x,",
            RowFault::Key { point: 3 },
        ),
        ("3,\"a, b\",2,y,", "3,day,2,y,", RowFault::Key { point: 3 }),
        (
            "3,\"a, b\",2,y,",
            "3,\"a, b\",2,y,,",
            RowFault::Cells {
                found: content.split(',').count() - 1 + 2,
                wanted: content.split(',').count() - 1 + 1,
            },
        ),
        (
            "3,\"a, b\",2,y,",
            "3,\"a, b\",2,y,many",
            RowFault::Number { cell: 5 },
        ),
        (
            "3,\"a, b\",2,y,",
            "3,\"a, b\",2,y,1e999",
            RowFault::Number { cell: 5 },
        ),
    ] {
        let changed = content.replace(from, to);
        assert_ne!(changed, content, "{from}");
        let line = format!("{changed},{}", check_value(&changed));
        let fault_found = match merged(text.replace(&row, &line).as_bytes()) {
            Err(TableError::Row { fault, .. }) => fault,
            other => panic!("{to}: {other:?}"),
        };
        assert_eq!(fault_found, fault, "{to}");
    }
}

#[test]
fn parts_of_a_sweep_whose_words_the_head_does_not_hold_are_joined_all_the_same() {
    let set = ["a=1,2", "b=\"x\\ty\",\"'y\""];
    let traces = ["=day", "b\\c"];
    let whole = file(&set, &traces, None);
    let parts = [0, 1].map(|index| {
        let shard = Shard { index, count: 2 };
        let text = file(&set, &traces, Some(shard));
        PartFile::open(format!("part {index}"), Cursor::new(text)).expect("a part")
    });
    let mut out = Vec::new();
    merge(parts.into(), &mut out).expect("a whole");
    assert_eq!(String::from_utf8(out).expect("text"), whole);
}
