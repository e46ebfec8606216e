//! Steps, scales and parts of a recording.

use hpasim::scenario::TraceMoment;
use hpasim::units::SimSpan;
use proptest::prelude::*;

use super::*;

const TRACE: &str = "timestamp,rps,depth\n1970-01-01T00:00:05Z,10,1\n1970-01-01T00:00:15Z,20,3\n1970-01-01T00:00:20Z,40,5\n1970-01-01T00:00:45Z,0,0\n";

fn shaped(shaping: &Shaping) -> String {
    told_with(TRACE, &ReadOptions::default(), shaping)
}

fn step(seconds: i64) -> Shaping {
    Shaping {
        step: Some(SimSpan::from_secs(seconds)),
        ..Shaping::default()
    }
}

#[test]
fn nothing_asked_for_changes_nothing() {
    insta::assert_snapshot!(shaped(&Shaping::default()), @"
    # hpasim trace convert, from: hpasim CSV; time_s 0 is 1970-01-01T00:00:05Z
    time_s,rps,depth
    0,10,1
    10,20,3
    15,40,5
    40,0,0
    ");
}

#[test]
fn rows_of_a_step_are_means_over_their_time() {
    insta::assert_snapshot!(shaped(&step(15)), @"
    # hpasim trace convert, from: hpasim CSV; time_s 0 is 1970-01-01T00:00:05Z
    time_s,rps,depth
    0,13.33333,1.666667
    15,40,5
    30,40,5
    40,40,5
    ");
}

#[test]
fn aligned_rows_begin_at_multiples_of_the_step() {
    let shaping = Shaping {
        align_to_clock: true,
        ..step(15)
    };
    insta::assert_snapshot!(shaped(&shaping), @"
    # hpasim trace convert, from: hpasim CSV; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps,depth
    0,6.666667,1
    15,33.33333,4.333333
    30,40,5
    45,40,5
    ");
}

#[test]
fn a_scale_multiplies_what_was_offered_and_nothing_else() {
    let shaping = Shaping {
        scale: Some(3.0),
        ..Shaping::default()
    };
    insta::assert_snapshot!(shaped(&shaping), @"
    # hpasim trace convert, from: hpasim CSV; time_s 0 is 1970-01-01T00:00:05Z
    time_s,rps,depth
    0,30,1
    10,60,3
    15,120,5
    40,0,0
    ");
}

#[test]
fn a_part_is_cut_out_by_times_or_dates() {
    let by_times = Shaping {
        from: TraceMoment::parse("10s").ok(),
        to: TraceMoment::parse("30s").ok(),
        ..Shaping::default()
    };
    let by_dates = Shaping {
        from: TraceMoment::parse("1970-01-01T00:00:15Z").ok(),
        to: TraceMoment::parse("1970-01-01T01:00:35+01:00").ok(),
        ..Shaping::default()
    };
    insta::assert_snapshot!(shaped(&by_times), @"
    # hpasim trace convert, from: hpasim CSV; time_s 0 is 1970-01-01T00:00:15Z
    time_s,rps,depth
    0,20,3
    5,40,5
    20,40,5
    ");
    assert_eq!(shaped(&by_dates), shaped(&by_times));
}

#[test]
fn what_does_not_fit_is_refused() {
    insta::assert_snapshot!(shaped(&step(3600)), @"
    error[E0040]: a step of 1h does not fit a recording of 40s
     --> command line:1:1
      |
    1 | --step 1h
      | ^^^^^^^^^
      |
      = help: use a shorter step, above 0s
    ");
    let unknown_date =
        |shaping: Shaping| told_with("time_s,rps\n0,1\n60,1\n", &ReadOptions::default(), &shaping);
    insta::assert_snapshot!(unknown_date(Shaping { align_to_clock: true, ..step(15) }), @"
    error[E0040]: the trace has no date, so hpasim cannot align its rows to the clock
     --> command line:1:1
      |
    1 | --align
      | ^^^^^^^
      |
      = help: omit --align
    ");
    insta::assert_snapshot!(unknown_date(Shaping { from: TraceMoment::parse("1970-01-01T00:00:15Z").ok(), ..step(15) }), @"
    error[E0040]: `--from 1970-01-01T00:00:15Z` needs a trace with dates, and this one has none
     --> command line:1:1
      |
    1 | --from 1970-01-01T00:00:15Z
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write a time from its start, such as 90m
    ");
    insta::assert_snapshot!(shaped(&Shaping { step: Some(SimSpan::from_nanos(10)), ..Shaping::default() }), @"
    error[E0040]: a step of 0.00000001s gives more than 1000000 rows
     --> command line:1:1
      |
    1 | --step 0.00000001s
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: use a longer step, or cut the recording with --from and --to
    ");
    insta::assert_snapshot!(shaped(&Shaping { scale: Some(1e11), ..Shaping::default() }), @"
    error[E0040]: the scaled trace reaches 4e12; the maximum is 1e12
     --> command line:1:1
      |
    1 | --scale 100000000000
      | ^^^^^^^^^^^^^^^^^^^^
      |
      = help: use a smaller factor
    ");
    let log = "h - - [01/Jul/1995:00:00:01 -0400] x\nh - - [01/Jul/1995:00:00:11 -0400] x\n";
    let half = Shaping {
        step: Some(SimSpan::from_millis(500)),
        ..Shaping::default()
    };
    insta::assert_snapshot!(told_with(log, &ReadOptions::default(), &half), @"
    error[E0040]: the recording counts requests every 1s, and 500ms is not a multiple of that
     --> command line:1:1
      |
    1 | --step 500ms
      | ^^^^^^^^^^^^
      |
      = help: use a multiple (or first cut the recording into parts, which have a finer resolution)
    ");
}

#[test]
fn options_that_mean_nothing_to_a_format_are_refused() {
    let options = ReadOptions {
        what: Some(What::Users),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!(told_with(TRACE, &options, &Shaping::default()), @"
    error[E0015]: `in` (hpasim CSV) does not support --what
    help: its header states the kind of load
    ");
    let log = "h - - [01/Jul/1995:00:00:01 -0400] x\n";
    insta::assert_snapshot!(told_with(log, &options, &Shaping::default()), @"
    error[E0015]: `in` (access log) does not support this --what
    help: this format has requests (k6 and Locust also have users); omit the option
    ");
    let series = ReadOptions {
        series: Some(hpasim::scenario::formats::SeriesChoice::Number(1)),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!(told_with(log, &series, &Shaping::default()), @"
    error[E0015]: `in` (access log) does not support --series
    help: omit the option
    ");
}

proptest::proptest! {
    #[test]
    fn no_request_is_lost_or_made_up_by_any_step(
        rows in proptest::collection::vec((1_i64..100, 0_u32..1000), 1..50),
        step_seconds in 1_i64..200,
    ) {
        let mut text = "time_s,rps\n".to_owned();
        let mut time = 0;
        for (length, rate) in &rows {
            text.push_str(&format!("{time},{rate}\n"));
            time += length;
        }
        text.push_str(&format!("{time},0\n"));
        let step_seconds = step_seconds.min(time);
        let requests = |recording: &Recording| {
            let hpasim::workload::Demand::RequestsPerSecond(rates) = &recording.trace.demand else {
                panic!("a rate");
            };
            recording
                .trace
                .times
                .windows(2)
                .zip(rates)
                .map(|(pair, rate)| (pair[1] - pair[0]).as_secs_f64() * rate)
                .sum::<f64>()
        };
        let before = read(&text);
        let after = shape(before.clone(), &step(step_seconds)).expect("a shape");
        proptest::prop_assert_eq!(after.trace.end(), before.trace.end());
        let difference = (requests(&before) - requests(&after)).abs();
        proptest::prop_assert!(difference < 1e-6 * (1.0 + requests(&before)));
    }
}

/// Requests of a trace as it is written: rates times lengths of rows.
fn requests(csv: &str) -> f64 {
    let rows: Vec<(f64, f64)> = csv
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| {
            let mut cells = line.split(',').map(|cell| cell.parse().expect("a number"));
            (cells.next().expect("a time"), cells.next().expect("a rate"))
        })
        .collect();
    rows.windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) * pair[0].1)
        .sum()
}

#[test]
fn aligning_seven_hundred_requests_leaves_seven_hundred() {
    let log =
        "timestamp,rps\n1970-01-01T00:00:50Z,70\n1970-01-01T00:01:00Z,0\n1970-01-01T00:02:00Z,0\n";
    let shaping = Shaping {
        align_to_clock: true,
        ..step(60)
    };
    let csv = told_with(log, &ReadOptions::default(), &shaping);
    assert!((requests(&csv) - 700.0).abs() < 1e-3, "{csv}");
}

/// Rows of random lengths and rates, from a random date on.
fn any_trace() -> impl Strategy<Value = (i64, Vec<(i64, f64)>)> {
    let rows = proptest::collection::vec((1..90_i64, 0.0..500.0_f64), 2..40);
    (0..10_000_000_i64, rows)
}

fn csv_of(start: i64, rows: &[(i64, f64)]) -> String {
    let mut text = "timestamp,rps\n".to_owned();
    let mut time = start;
    for (length, rate) in rows {
        text.push_str(&format!("{time},{rate}\n"));
        time += length;
    }
    text.push_str(&format!("{time},0\n"));
    text
}

fn access_log(seconds: &[u32]) -> String {
    let mut seconds = seconds.to_vec();
    seconds.sort_unstable();
    let line = |second: &u32| {
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        format!(
            "127.0.0.1 - - [10/Oct/2025:{hour:02}:{minute:02}:{second:02} +0000] \"GET / HTTP/1.1\" 200 5\n"
        )
    };
    seconds.iter().map(line).collect()
}

fn same(found: f64, expected: f64) -> bool {
    // Numbers keep seven digits.
    (found - expected).abs() <= 1e-6 * expected.max(1.0)
}

proptest! {
    #[test]
    fn steps_alignment_and_scales_conserve_requests((start, rows) in any_trace(), seconds in 1..600_i64, scale in 0.01..50.0_f64) {
        let length: i64 = rows.iter().map(|(length, _)| length).sum();
        prop_assume!(seconds <= length);
        let offered: f64 = rows.iter().map(|(length, rate)| *length as f64 * rate).sum();
        for align_to_clock in [false, true] {
            let shaping = Shaping { align_to_clock, scale: Some(scale), ..step(seconds) };
            let csv = told_with(csv_of(start, &rows), &ReadOptions::default(), &shaping);
            prop_assert!(same(requests(&csv), offered * scale), "{align_to_clock} {seconds} {scale}: {offered}\n{csv}");
        }
    }

    #[test]
    fn two_parts_of_a_trace_hold_the_requests_of_the_whole((start, rows) in any_trace(), share in 0.01..0.99_f64) {
        let length: i64 = rows.iter().map(|(length, _)| length).sum();
        let edge = TraceMoment::After(SimSpan::from_secs_f64(length as f64 * share));
        let csv = csv_of(start, &rows);
        let part = |from, to| {
            let shaping = Shaping { from, to, ..Shaping::default() };
            requests(&told_with(&csv, &ReadOptions::default(), &shaping))
        };
        let both = part(None, Some(edge)) + part(Some(edge), None);
        prop_assert!(same(both, part(None, None)), "{share} of {csv}");
    }

    #[test]
    fn each_line_of_a_log_is_one_request_however_it_is_shaped(seconds in proptest::collection::vec(0..86_400_u32, 1..200), length in 1..4_i64) {
        let log = access_log(&seconds);
        let offered = seconds.len() as f64;
        let shaping = Shaping { align_to_clock: true, ..step([1, 7, 60, 3600][length as usize]) };
        for shaping in [Shaping::default(), shaping] {
            let csv = told_with(&log, &ReadOptions::default(), &shaping);
            let too_long_a_step = csv.starts_with("error[E0040]");
            prop_assert!(too_long_a_step || same(requests(&csv), offered), "{shaping:?}: {offered}\n{csv}");
        }
    }

    #[test]
    fn a_ramp_of_k6_keeps_its_area_in_rows_of_any_step(target in 0..1000_u32, start in 0..1000_u32, length in 1..600_u32, seconds in 1..100_i64) {
        let options = format!("{{\"scenarios\":{{\"a\":{{\"executor\":\"ramping-arrival-rate\",\"startRate\":{start},\"stages\":[{{\"duration\":\"{length}s\",\"target\":{target}}}]}}}}}}");
        let read = ReadOptions { ramp_step: Some(SimSpan::from_secs(seconds)), ..ReadOptions::default() };
        let csv = told_with(options, &read, &Shaping::default());
        let area = f64::from(start + target) / 2.0 * f64::from(length);
        prop_assert!(same(requests(&csv), area), "{area}\n{csv}");
    }
}
