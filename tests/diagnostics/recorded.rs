//! Faults of `recorded.csv`.

use std::path::Path;

use hpasim::render::diagnostic::render_diagnostics;
use hpasim::render::paint::Colour;
use hpasim::scenario::Diagnostics;
use hpasim::scenario::recorded::parse_recorded;

fn about_recorded(text: &str) -> String {
    let parsed = parse_recorded(Path::new("recorded.csv"), text.as_bytes());
    let diagnostics = match parsed {
        Ok(day) => Diagnostics {
            list: day.warnings,
            ..Diagnostics::default()
        },
        Err(diagnostics) => diagnostics,
    };
    render_diagnostics(&diagnostics, Colour::Plain)
}

#[test]
fn a_recorded_day_needs_a_time_and_each_column_once() {
    insta::assert_snapshot!(about_recorded("rps,desired_replicas\n1,1\n"), @"
    error[E0046]: the header has no column for the time
     --> recorded.csv:1:1
      |
    1 | rps,desired_replicas
      | ^^^^^^^^^^^^^^^^^^^^
      |
      = help: add a column `timestamp` (RFC 3339) or `time_s` (seconds since the first row)
    ");
    insta::assert_snapshot!(about_recorded("time_s,rps,rps\n0,1,1\n"), @"
    error[E0046]: two columns have the name `rps`
     --> recorded.csv:1:12
      |
    1 | time_s,rps,rps
      |            ^^^
      |
      = help: keep one of the two
    ");
}

#[test]
fn a_cell_of_a_recorded_day_is_a_time_or_a_number_of_its_column() {
    insta::assert_snapshot!(about_recorded(
        "timestamp,time_s,rps,failed_share,event\n\
         2026-11-28T14:25:00Z,0,1,0.1,\n\
         2026-11-28T14:25:15Z,15,five,12,\n\
         yesterday,30,-1,inf,\n\
         2026-11-28T14:25:45Z,,1e13,,\n"
    ), @"
    error[E0047]: `five` is not a number
     --> recorded.csv:3:25
      |
    3 | 2026-11-28T14:25:15Z,15,five,12,
      |                         ^^^^
      |
      = help: write a plain number with a decimal point, or leave the cell empty

    error[E0047]: 12 is more than 1, and `failed_share` is a share
     --> recorded.csv:3:30
      |
    3 | 2026-11-28T14:25:15Z,15,five,12,
      |                              ^^
      |
      = help: divide percent by 100

    error[E0047]: `yesterday` is not a time
     --> recorded.csv:4:1
      |
    4 | yesterday,30,-1,inf,
      | ^^^^^^^^^
      |
      = help: write RFC 3339, such as 2026-11-28T14:25:00Z

    error[E0047]: -1 is negative
     --> recorded.csv:4:14
      |
    4 | yesterday,30,-1,inf,
      |              ^^
      |
      = help: write a number of 0 or more, or leave the cell empty

    error[E0047]: inf is not a finite number
     --> recorded.csv:4:17
      |
    4 | yesterday,30,-1,inf,
      |                 ^^^
      |
      = help: leave the cell empty if there was no value

    error[E0047]: the time is empty
     --> recorded.csv:5:22
      |
    5 | 2026-11-28T14:25:45Z,,1e13,,
      |                      ^
      |
      = help: write the seconds since the first row, such as 0, 15 or 22.5

    error[E0047]: 1e13 is more than 1e12
     --> recorded.csv:5:23
      |
    5 | 2026-11-28T14:25:45Z,,1e13,,
      |                       ^^^^
      |
      = help: check the unit
    ");
}

#[test]
fn the_rows_of_a_recorded_day_follow_each_other() {
    insta::assert_snapshot!(about_recorded(
        "timestamp,time_s,rps\n\
         2026-11-28T14:25:00Z,0,1\n\
         2026-11-28T14:25:15Z,99,1\n\
         2026-11-28T14:25:30Z,30\n"
    ), @"
    error[E0048]: `timestamp` and `time_s` state different times
     --> recorded.csv:3:1
      |
    3 | 2026-11-28T14:25:15Z,99,1
      | ^^^^^^^^^^^^^^^^^^^^
      |
      = help: count `time_s` from the first row, or delete that column

    error[E0048]: the row has 2 fields, the header 3
     --> recorded.csv:4:1
      |
    4 | 2026-11-28T14:25:30Z,30
      | ^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write one field for each column, and leave a field without a value empty
    ");
    insta::assert_snapshot!(about_recorded("time_s,rps\n0,1\n0,2\n-15,3\n"), @"
    error[E0048]: two rows have the same time
     --> recorded.csv:3:1
      |
    3 | 0,2
      | ^
      |
      = help: keep one row for each time

    error[E0048]: the time goes back
     --> recorded.csv:4:1
      |
    4 | -15,3
      | ^^^
      |
      = help: sort the rows by time
    ");
    insta::assert_snapshot!(about_recorded(""), @"
    error[E0048]: `recorded.csv` is empty
    help: `hpasim import` writes this file; its first line names the columns
    ");
    insta::assert_snapshot!(about_recorded("time_s\n0\n"), @"
    error[E0048]: `recorded.csv` has fewer than two rows
    help: a recorded day has a row for each step of time
    ");
}

#[test]
fn an_unknown_column_of_a_recorded_day_is_ignored_with_a_warning() {
    insta::assert_snapshot!(about_recorded("time_s,desired_replica\n0,1\n15,2\n"), @"
    warning[W0001]: the column `desired_replica` is ignored
     --> recorded.csv:1:8
      |
    1 | time_s,desired_replica
      |        ^^^^^^^^^^^^^^^
      |
      = help: if it is `desired_replicas`, rename it
    ");
}
