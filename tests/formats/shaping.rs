//! Steps, scales and parts of a recording.

use hpasim::scenario::formats::shape::{Align, Moment};
use hpasim::units::SimSpan;

use super::*;

const TRACE: &str = "timestamp,rps,depth\n1970-01-01T00:00:05Z,10,1\n1970-01-01T00:00:15Z,20,3\n1970-01-01T00:00:20Z,40,5\n1970-01-01T00:00:45Z,0,0\n";

fn shaped(shaping: Shaping) -> String {
    told_with(TRACE, &ReadOptions::default(), &shaping)
}

fn step(seconds: i64) -> Shaping {
    Shaping {
        step: Some(SimSpan::from_secs(seconds)),
        ..Shaping::default()
    }
}

#[test]
fn nothing_asked_for_changes_nothing() {
    insta::assert_snapshot!(shaped(Shaping::default()), @"
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
    insta::assert_snapshot!(shaped(step(15)), @"
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
        align: Align::Step,
        ..step(15)
    };
    insta::assert_snapshot!(shaped(shaping), @"
    # hpasim trace convert, from: hpasim CSV; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps,depth
    0,10,1
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
    insta::assert_snapshot!(shaped(shaping), @"
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
        from: Moment::parse("10s").ok(),
        to: Moment::parse("30s").ok(),
        ..Shaping::default()
    };
    let by_dates = Shaping {
        from: Moment::parse("1970-01-01T00:00:15Z").ok(),
        to: Moment::parse("1970-01-01T01:00:35+01:00").ok(),
        ..Shaping::default()
    };
    insta::assert_snapshot!(shaped(by_times), @"
    # hpasim trace convert, from: hpasim CSV; time_s 0 is 1970-01-01T00:00:15Z
    time_s,rps,depth
    0,20,3
    5,40,5
    20,40,5
    ");
    assert_eq!(shaped(by_dates), shaped(by_times));
}

#[test]
fn what_does_not_fit_is_refused() {
    insta::assert_snapshot!(shaped(step(3600)), @"
    error[E0040]: a step of 1h does not fit a recording of 40s
     --> command line:1:1
      |
    1 | --step 1h
      | ^^^^^^^^^
      |
      = help: write a shorter one, above 0s
    ");
    let unknown_date =
        |shaping: Shaping| told_with("time_s,rps\n0,1\n60,1\n", &ReadOptions::default(), &shaping);
    insta::assert_snapshot!(unknown_date(Shaping { align: Align::Step, ..step(15) }), @"
    error[E0040]: the trace does not know its date, so its rows cannot be aligned to the clock
     --> command line:1:1
      |
    1 | --align
      | ^^^^^^^
      |
      = help: leave --align out
    ");
    insta::assert_snapshot!(unknown_date(Shaping { from: Moment::parse("1970-01-01T00:00:15Z").ok(), ..step(15) }), @"
    error[E0040]: the trace does not know its date
     --> command line:1:1
      |
    1 | --from
      | ^^^^^^
      |
      = help: write a time from its start, as 90m
    ");
    insta::assert_snapshot!(shaped(Shaping { step: Some(SimSpan::from_nanos(10)), ..Shaping::default() }), @"
    error[E0040]: a step of 0.00000001s makes more than 1000000 rows
     --> command line:1:1
      |
    1 | --step 0.00000001s
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: write a longer one, or cut the recording with --from and --to
    ");
    insta::assert_snapshot!(shaped(Shaping { scale: Some(1e11), ..Shaping::default() }), @"
    error[E0040]: scaled, the trace reaches 4e12, and 1e12 is the most
     --> command line:1:1
      |
    1 | --scale 100000000000
      | ^^^^^^^^^^^^^^^^^^^^
      |
      = help: write a smaller one
    ");
    let log = "h - - [01/Jul/1995:00:00:01 -0400] x\nh - - [01/Jul/1995:00:00:11 -0400] x\n";
    let half = Shaping {
        step: Some(SimSpan::from_millis(500)),
        ..Shaping::default()
    };
    insta::assert_snapshot!(told_with(log, &ReadOptions::default(), &half), @"
    error[E0040]: requests were counted every 1s, which 500ms is no multiple of
     --> command line:1:1
      |
    1 | --step 500ms
      | ^^^^^^^^^^^^
      |
      = help: write a multiple (a recording too long to be counted by the second can be cut apart first)
    ");
}

#[test]
fn options_that_mean_nothing_to_a_format_are_refused() {
    let options = ReadOptions {
        what: Some(What::Users),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!(told_with(TRACE, &options, &Shaping::default()), @"
    error[E0015]: `in` (hpasim CSV) has nothing for --what
    help: its header says what was offered
    ");
    let log = "h - - [01/Jul/1995:00:00:01 -0400] x\n";
    insta::assert_snapshot!(told_with(log, &options, &Shaping::default()), @"
    error[E0015]: `in` (access log) has nothing for that --what
    help: it knows requests (and k6 and Locust also users); leave the option out
    ");
    let series = ReadOptions {
        series: Some(hpasim::scenario::formats::SeriesChoice::Number(1)),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!(told_with(log, &series, &Shaping::default()), @"
    error[E0015]: `in` (access log) has nothing for --series
    help: leave the option out
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
