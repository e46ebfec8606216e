//! Locust's stats history.

use super::*;

const HEADER: &str = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%\n";

#[test]
fn the_aggregated_rows_count() {
    let text = format!(
        "{HEADER}1783649529,0,,Aggregated,0.000000,0.000000,N/A\n1783649530,5,GET,/,7,0,1\n1783649530,5,GET,\"/a,b\",9,0,1\n1783649530,5,,Aggregated,16.500000,0.000000,19\n"
    );
    insta::assert_snapshot!(told(&text), @"
    # hpasim trace convert, from: Locust stats history; time_s 0 is 2026-07-10T02:12:09Z
    time_s,rps
    0,0
    1,16.5
    2,16.5
    ");
    insta::assert_snapshot!(told_as(What::Users, &text), @"
    # hpasim trace convert, from: Locust stats history; time_s 0 is 2026-07-10T02:12:09Z
    time_s,users
    0,0
    1,5
    2,5
    ");
}

#[test]
fn gaps_duplicates_and_times_that_go_back_are_noted() {
    let rows = ["1,1", "2,2", "2,3", "3,4", "7,5", "6,6", "20,N/A"];
    let rows: String = rows
        .iter()
        .map(|row| {
            let (time, rate) = row.split_once(',').expect("a pair");
            format!(
                "{},1,,Aggregated,{rate},0,1\n",
                1_700_000_000 + time.parse::<i64>().expect("a time")
            )
        })
        .collect();
    insta::assert_snapshot!(told(format!("{HEADER}{rows}")), @"
    # hpasim trace convert, from: Locust stats history; time_s 0 is 2023-11-14T22:13:21Z
    time_s,rps
    0,1
    1,3
    2,4
    5,6
    6,5
    7,5
    warning[W0030]: 2 gaps longer than one and a half steps of 1s, the first after 2023-11-14T22:13:23Z, the longest 13s; hpasim keeps the value before the gap
    help: nothing, if the load did not change; otherwise cut the recording with --from and --to

    warning[W0031]: 1 sample is NaN, infinite, negative or not a number; hpasim ignores such a sample, and a gauge keeps the value before it
     --> in:8:1
      |
    8 | 1700000020,1,,Aggregated,N/A,0,1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check the recording there; without traffic, a query such as 0/0 gives NaN

    warning[W0032]: 1 sample repeats an earlier time; the later one counts
     --> in:4:1
      |
    4 | 1700000002,1,,Aggregated,3,0,1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check that the file does not contain a recording twice, or two recordings

    warning[W0033]: 1 time goes back; hpasim takes each row at its own time
     --> in:7:1
      |
    7 | 1700000006,1,,Aggregated,6,0,1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: nothing, unless the file contains two recordings
    ");
}

#[test]
fn a_history_without_the_aggregate() {
    insta::assert_snapshot!(told(format!("{HEADER}1783649530,5,GET,/,7,0,1\n")), @"
    error[E0030]: `in` has no readable rows named `Aggregated`
    help: use the file that ends in _stats_history.csv, as Locust wrote it
    ");
}

#[test]
fn a_history_without_rates() {
    insta::assert_snapshot!(told("Timestamp,User Count,Type,Name\n1,2,,Aggregated\n"), @"
    error[E0031]: the header has no column `Requests/s`
     --> in:1:1
      |
    1 | Timestamp,User Count,Type,Name
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: use the file as the tool wrote it
    ");
}
