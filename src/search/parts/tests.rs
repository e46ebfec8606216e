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
        reading: &BTreeMap::new(),
        hpa: None,
        namespace: None,
        warm_up: None,
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
        text.push_str(&row_line(key, traces[key.trace], &keys.grid, &report));
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

/// Words that a head may not hold as they are: line ends, backslashes, formulas.
const ODD_SET: [&str; 2] = ["a=1,2", "b=\"x\\ty\",\"'y\",=1,'=1"];
const ODD_TRACES: [&str; 3] = ["=day", "b\\c", "d\ne\r"];

#[test]
fn a_head_gives_back_the_words_of_the_command() {
    let keys = keys(&ODD_SET, &ODD_TRACES);
    let read = head(&keys, &ODD_SET).keys().expect("a head");
    let read = read.expect("few keys");
    assert_eq!(read.traces, ODD_TRACES);
    assert_eq!(read.grid, keys.grid);
}

#[test]
fn rows_of_a_sweep_with_odd_words_are_compared_with_its_head() {
    let whole = file(&ODD_SET, &ODD_TRACES, None);
    let parts = [0, 1].map(|index| {
        let shard = Shard { index, count: 2 };
        let text = file(&ODD_SET, &ODD_TRACES, Some(shard));
        PartFile::open(format!("part {index}"), Cursor::new(text)).expect("a part")
    });
    let mut out = Vec::new();
    merge(parts.into(), &mut out).expect("a whole");
    assert_eq!(String::from_utf8(out).expect("text"), whole);
    let row = whole.lines().last().expect("rows");
    let (content, _) = row.rsplit_once(',').expect("cells");
    let changed = content.replacen(",2,", ",1,", 1);
    let line = format!("{changed},{}", check_value(&changed));
    let fault = merged(whole.replace(row, &line).as_bytes()).expect_err("another value");
    assert!(
        matches!(
            &fault,
            TableError::Row {
                fault: RowFault::Key { point: 7 },
                ..
            }
        ),
        "{fault}"
    );
}

#[test]
fn a_damaged_letter_is_not_read_as_the_replacement_character() {
    let set = ["a=1,2", "b=\"\u{fffd}\",\"y\""];
    let text = file(&set, &TRACES, None).into_bytes();
    let letter = "\u{fffd}".as_bytes();
    let places = (0..text.len()).filter(|at| text[*at..].starts_with(letter));
    let places: Vec<usize> = places.collect();
    assert!(places.len() >= 3, "in the head and in rows");
    for place in places {
        let mut damaged = text.clone();
        // A byte that is no UTF-8, of which the same letter is made where it is shown.
        damaged.splice(place..place + letter.len(), [0xff]);
        match merged(&damaged) {
            Err(
                TableError::Head { .. }
                | TableError::Row {
                    fault: RowFault::Check,
                    ..
                },
            ) => {}
            other => panic!("byte {place}: {other:?}"),
        }
    }
}

#[test]
fn a_row_that_ends_within_a_letter_is_unfinished() {
    let set = ["a=1,2", "b=\"\u{fffd}\",\"y\""];
    let text = file(&set, &TRACES, None);
    let last = text.rfind('\u{fffd}').expect("a letter");
    let rows_before = text[..last].rfind('\n').expect("a line") + 1;
    let mut part = PartFile::open("part".to_owned(), Cursor::new(&text.as_bytes()[..last + 1]));
    let part = part.as_mut().expect("a head");
    part.rows(None, |_| Ok::<(), TableError>(())).expect("rows");
    assert_eq!(part.whole_bytes(), rows_before as u64);
}

/// A file whose head says anything, and has the check value of what it says.
fn crafted(lines: &[String]) -> String {
    let head = Head {
        lines: [&[TITLE.to_owned()], lines].concat(),
        header: "point,trace,cost,check\n".to_owned(),
    };
    head.to_text(None)
}

#[test]
fn a_short_head_that_asks_for_gigabytes_is_refused() {
    let mut lines: Vec<String> = (0..300).map(|at| format!("# set: p{at}=1,2")).collect();
    lines.extend(["# trace: day", "# seed: 1"].map(str::to_owned));
    let with_points = |points: &str, rows: u64| {
        let numbers = [format!("# points: {points}"), format!("# rows: {rows}")];
        merged(crafted(&[&lines[..], &numbers].concat()).as_bytes())
    };
    let fault = with_points("10000000 samples", 10_000_000);
    assert!(
        matches!(fault, Err(TableError::Unfinished { .. })),
        "{fault:?}"
    );
    for (points, rows) in [
        ("10000000 samples", 1),
        ("0 samples", 1),
        ("99999999999 samples", 99_999_999_999),
        ("4, every combination", 4),
        ("many", 4),
    ] {
        let fault = with_points(points, rows);
        assert!(
            matches!(fault, Err(TableError::Head { .. })),
            "{points}: {fault:?}"
        );
    }
}

#[test]
fn missing_parts_are_listed() {
    let missing = |first: &[u64], missing, count| TableError::Missing {
        first: first.to_vec(),
        missing,
        count,
    };
    insta::assert_snapshot!(missing(&[2], 1, 3), @"part 2 of 3 is missing; compute it with --shard 2/3");
    insta::assert_snapshot!(missing(&[0, 2, 3], 3, 4), @"parts 0, 2 and 3 of 4 are missing; compute each of them, the first with --shard 0/4");
    insta::assert_snapshot!(missing(&[0, 2], 2, 4), @"parts 0 and 2 of 4 are missing; compute each of them, the first with --shard 0/4");
    insta::assert_snapshot!(missing(&[0, 1], 92, 94), @"parts 0, 1 and 90 more of 94 are missing; compute each of them, the first with --shard 0/94");
}
