//! Tables with recorded CPU utilization.

use hpasim::scenario::formats::RecordedUtilization;
use hpasim::units::{Millicores, SimSpan};
use hpasim::workload::Demand;

use super::*;

fn options(age_seconds: i64) -> ReadOptions {
    ReadOptions {
        utilization: Some(RecordedUtilization {
            utilization_column: "cpu_percent".to_owned(),
            replicas_column: "ready".to_owned(),
            cpu_request: Millicores(200),
            age: SimSpan::from_secs(age_seconds),
        }),
        ..ReadOptions::default()
    }
}

fn told_aged(age_seconds: i64, table: &str) -> String {
    told_with(table, &options(age_seconds), &Shaping::default())
}

/// Two pods, from 30 s on four.
const SCALED: &str = "\
# as an autoscaler saw it
time_s,cpu_percent,wanted,ready
0,50,2,2
15,120,2,2
30,150,4,4
45,140,4,4
60,70,4,4
";

#[test]
fn a_reading_is_multiplied_by_the_pods_of_the_time_that_it_is_about() {
    insta::assert_snapshot!(told_aged(0, SCALED), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 200m) x `ready`
    time_s,cpu_millicores
    0,200
    15,480
    30,1200
    45,1120
    60,560
    75,560
    ");
    insta::assert_snapshot!(told_aged(20, SCALED), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 200m) x `ready`, as of 20s before each reading
    time_s,cpu_millicores
    0,480
    10,600
    25,560
    40,560
    75,560
    ");
}

#[test]
fn pods_that_came_after_the_time_of_a_reading_add_no_cpu() {
    let reading = read_recording("in", SCALED.as_bytes(), &options(20)).expect("a table");
    let Demand::CpuMillicores(cpu) = &reading.trace.demand else {
        panic!("CPU");
    };
    // The readings of 30 s and 45 s are about 10 s and 25 s, with two pods.
    assert!((cpu[1] - 1.5 * 200.0 * 2.0).abs() < 1e-9);
    assert!((cpu[2] - 1.4 * 200.0 * 2.0).abs() < 1e-9);
    assert!((cpu[3] - 0.7 * 200.0 * 4.0).abs() < 1e-9);
}

#[test]
fn the_times_of_the_trace_are_those_of_the_table_whatever_the_age() {
    for age in [0, 20, 60] {
        let reading = read_recording("in", SCALED.as_bytes(), &options(age)).expect("a table");
        assert_eq!(
            reading.trace.end(),
            SimTime::from_nanos(75_000_000_000),
            "{age}"
        );
        assert_eq!(reading.trace.times[0].as_nanos(), 0);
    }
}

#[test]
fn empty_cells_are_no_readings_and_the_value_before_holds() {
    let table = "timestamp,ready,cpu_percent\n\
        2026-01-01T00:00:00Z,2,\n\
        2026-01-01T00:00:15Z,,40%\n\
        2026-01-01T00:00:30Z,3,<unknown>\n\
        2026-01-01T00:00:45Z,,80%\n\
        2026-01-01T00:01:00Z,,81\n\
        2026-01-01T00:01:15Z,,82\n\
        2026-01-01T00:01:30Z,none,83\n";
    insta::assert_snapshot!(told_aged(0, table), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 200m) x `ready`; time_s 0 is 2026-01-01T00:00:00Z
    time_s,cpu_millicores
    0,160
    15,160
    45,480
    60,486
    75,492
    90,498
    105,498
    warning[W0030]: 1 gap longer than one and a half steps of 15s, the first after 2026-01-01T00:00:15Z, the longest 30s; hpasim keeps the value before the gap
    help: nothing, if the load did not change; otherwise cut the recording with --from and --to

    warning[W0031]: 1 sample is NaN, infinite, negative or not a number; hpasim ignores such a sample, and a gauge keeps the value before it
     --> in:8:1
      |
    8 | 2026-01-01T00:01:30Z,none,83
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check the recording there; without traffic, a query such as 0/0 gives NaN
    ");
}

#[test]
fn a_reading_of_a_time_without_pods_is_left_out() {
    let table = "time_s,cpu_percent,ready\n0,40,2\n15,40,0\n30,0,0\n45,50,1\n";
    insta::assert_snapshot!(told_aged(0, table), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 200m) x `ready`
    time_s,cpu_millicores
    0,160
    30,0
    45,100
    60,100
    warning[W0030]: 1 reading is of a time at which `ready` is 0, the first at time_s 15; hpasim keeps the CPU before it
    help: use the column of the pods that were ready, and check --age
    ");
}

#[test]
fn a_ratio_is_suspected() {
    let table = "time_s,cpu_percent,ready\n0,0.4,2\n15,1.2,2\n";
    insta::assert_snapshot!(told_aged(0, table), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 200m) x `ready`
    time_s,cpu_millicores
    0,1.6
    15,4.8
    30,4.8
    warning[W0041]: the greatest utilization is 1.2, which hpasim reads as percent of the request
    help: nothing, if the pods were nearly idle; if 1 means the whole request, write --scale 100
    ");
}

#[test]
fn a_scale_that_makes_percent_of_a_ratio_ends_the_suspicion() {
    let table = "time_s,cpu_percent,ready\n0,0.4,2\n15,1.2,2\n";
    let told_scaled = |scale: f64| {
        let options = ReadOptions {
            scale: Some(scale),
            ..options(0)
        };
        let shaping = Shaping {
            scale: Some(scale),
            ..Shaping::default()
        };
        told_with(table, &options, &shaping)
    };
    assert!(!told_scaled(100.0).contains("W0041"));
    assert!(told_scaled(2.0).contains("write --scale 200"));
    let idle = "time_s,cpu_percent,ready\n0,12.5,2\n15,11.5,2\n";
    let options = ReadOptions {
        scale: Some(0.5),
        ..options(0)
    };
    assert!(!told_with(idle, &options, &Shaping::default()).contains("W0041"));
}

#[test]
fn cells_that_are_no_numbers_count_in_both_columns_and_lines_once() {
    let table = "time_s,cpu_percent,ready\n0,x,2\n15,50,2\n30,50,-4\n20,60,2\n45,50,bad\n";
    insta::assert_snapshot!(told_aged(0, table), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 200m) x `ready`
    time_s,cpu_millicores
    0,200
    15,200
    20,240
    30,200
    45,200
    60,200
    warning[W0030]: 2 gaps longer than one and a half steps of 5s, the first after time_s 20, the longest 15s; hpasim keeps the value before the gap
    help: nothing, if the load did not change; otherwise cut the recording with --from and --to

    warning[W0031]: 3 samples are NaN, infinite, negative or not numbers; hpasim ignores such a sample, and a gauge keeps the value before it
     --> in:2:1
      |
    2 | 0,x,2
      | ^^^^^
      |
      = help: check the recording there; without traffic, a query such as 0/0 gives NaN

    warning[W0033]: 1 time goes back; hpasim takes each row at its own time
     --> in:5:1
      |
    5 | 20,60,2
      | ^^^^^^^
      |
      = help: nothing, unless the file contains two recordings
    ");
}

#[test]
fn percent_of_idle_pods_is_no_ratio() {
    let table = "time_s,cpu_percent,ready\n0,3,2\n15,1,2\n";
    assert!(!told_aged(0, table).contains("W0041"));
}

#[test]
fn columns_that_are_missing_are_named() {
    insta::assert_snapshot!(told_aged(0, "time_s,cpu,ready\n0,1,1\n"), @"
    error[E0031]: the header has no column `cpu_percent`
     --> in:1:1
      |
    1 | time_s,cpu,ready
      | ^^^^^^^^^^^^^^^^
      |
      = help: the columns are time_s, cpu, ready
    ");
    insta::assert_snapshot!(told_aged(0, "time_s,load,pods\n0,1,1\n"), @"
    error[E0031]: the header has no column `cpu_percent`
     --> in:1:1
      |
    1 | time_s,load,pods
      | ^^^^^^^^^^^^^^^^
      |
      = help: the columns are time_s, load, pods
    ");
    insta::assert_snapshot!(told_aged(0, "when,cpu_percent,ready\n0,1,1\n"), @"
    error[E0031]: the header has no time column
     --> in:1:1
      |
    1 | when,cpu_percent,ready
      | ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: name the column of times `time_s` (seconds) or `timestamp` (epoch seconds or RFC 3339)
    ");
    insta::assert_snapshot!(told_aged(0, "# nothing\n"), @"
    error[E0030]: `in` has no header
    help: the first line names the columns, such as `time_s,cpu_percent,replicas`
    ");
}

#[test]
fn a_table_without_a_reading_or_without_pods_is_refused() {
    insta::assert_snapshot!(told_aged(0, "time_s,cpu_percent,ready\n0,,1\n15,,1\n"), @"
    error[E0030]: `in` has no number in `cpu_percent`, or none in `ready`
    help: use a table that has both in one file; where a cell is empty, the value before it holds
    ");
    assert_eq!(
        told_aged(0, "time_s,cpu_percent,ready\n0,,1\n15,,1\n"),
        told_aged(0, "time_s,cpu_percent,ready\n0,5,\n15,7,\n")
    );
    insta::assert_snapshot!(told_aged(0, "time_s,cpu_percent,ready\n0,5,0\n15,7,0\n"), @"
    error[E0030]: every reading in `cpu_percent` is of a time at which `ready` is 0
     --> in:1:1
      |
    1 | time_s,cpu_percent,ready
      | ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: use the column of the pods that were ready, and check --age
    ");
}

#[test]
fn an_age_longer_than_the_table_is_refused() {
    insta::assert_snapshot!(told_aged(61, SCALED), @"
    error[E0035]: readings of this age are about a time before the table, which spans 1m
     --> command line:1:1
      |
    1 | --age 1m1s
      | ^^^^^^^^^^
      |
      = help: write the time from the middle of a reading's window to the reading, such as 23s
    ");
}

#[test]
fn a_table_is_cut_scaled_and_put_in_rows_like_a_recording() {
    let shaping = Shaping {
        step: Some(SimSpan::from_secs(25)),
        scale: Some(2.0),
        ..Shaping::default()
    };
    insta::assert_snapshot!(told_with(SCALED, &options(20), &shaping), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 200m) x `ready`, as of 20s before each reading
    time_s,cpu_millicores
    0,1104
    25,1120
    50,1120
    75,1120
    ");
}

#[test]
fn the_name_of_a_column_cannot_leave_the_comment() {
    let table = "time_s,\"a\u{2028}b\",ready\n0,5,1\n15,6,1\n";
    let mut options = options(0);
    if let Some(columns) = &mut options.utilization {
        columns.utilization_column = "a\u{2028}b".to_owned();
    }
    let told = told_with(table, &options, &Shaping::default());
    assert!(told.starts_with("# hpasim trace convert, from: `a\\u{2028}b` (percent of 200m) x"));
}

#[test]
fn a_table_without_a_load_names_the_conversion() {
    assert!(told("time_s,cpu_percent,ready\n0,5,1\n15,6,1\n").contains("--cpu-utilization"));
    insta::assert_snapshot!(told("time_s,cpu_utilization_pct,ready\n0,5,1\n15,6,1\n"), @"
    error[E0032]: the header has no column for the load
     --> in:1:8
      |
    1 | time_s,cpu_utilization_pct,ready
      |        ^^^^^^^^^^^^^^^^^^^
      |
      = help: if `cpu_utilization_pct` is CPU utilization, `hpasim trace convert --cpu-utilization` makes a trace of it
    ");
}

#[test]
fn a_row_with_too_many_cells_is_not_read_and_two_columns_of_one_name_are_refused() {
    let table = "time_s,cpu_percent,ready\n0,50,2\n30,1,200,3\n45,60,3\n";
    insta::assert_snapshot!(told_aged(0, table), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 200m) x `ready`
    time_s,cpu_millicores
    0,200
    45,360
    90,360
    warning[W0039]: 1 line is unreadable; hpasim ignores such lines
     --> in:3:1
      |
    3 | 30,1,200,3
      | ^^^^^^^^^^
      |
      = help: check that the file is complete and has one format
    ");
    let twice = "time_s,ready,ready,cpu_percent\n0,1,2,30\n15,1,2,40\n";
    insta::assert_snapshot!(told_aged(0, twice), @"
    error[E0031]: two columns have the name `ready`
     --> in:1:1
      |
    1 | time_s,ready,ready,cpu_percent
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: keep one of the two
    ");
}
