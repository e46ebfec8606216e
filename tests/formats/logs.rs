//! Access logs.

use super::*;

const LOG: &str = "\
199.72.81.55 - - [01/Jul/1995:00:00:01 -0400] \"GET /history/apollo/ HTTP/1.0\" 200 6245
burger.letters.com - - [01/Jul/1995:00:00:11 -0400] \"GET /images/logo.gif HTTP/1.0\" 304 0
burger.letters.com - ada [01/Jul/1995:00:00:11 -0400] \"GET /v.gif HTTP/1.0\" 200 0 \"-\" \"Mozilla/5.0 [en]\"
";

#[test]
fn lines_are_counted_by_the_second() {
    insta::assert_snapshot!(told(LOG), @"
    # hpasim trace convert, from: access log; time_s 0 is 1995-07-01T04:00:01Z
    time_s,rps
    0,1
    1,0
    10,2
    11,2
    ");
}

#[test]
fn a_log_of_latin_1_with_crlf_a_mark_and_gzip_is_the_same() {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(
        LOG.replace("burger", "b\u{fc}rger")
            .replace('\n', "\r\n")
            .bytes(),
    );
    let plain = told(LOG);
    let latin: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0xc3).collect();
    assert_eq!(told(&bytes), plain);
    assert_eq!(told(&latin), plain);
    assert_eq!(told(packed(&bytes)), plain);
}

#[test]
fn what_is_odd_about_a_log_is_noted() {
    let text = format!(
        "{LOG}h - - [01/Jul/1995:00:00:05 -0400] \"GET / HTTP/1.0\" 200 1\n\
         this is no line of a log\n\
         h - - [01/Jul/1995:07:10:00 +0200] \"GET / HTTP/1.0\" 200 1\n\
         h - - [01/Jul/1995:05:10:01] \"GET / HTTP/1.0\" 200 1\n"
    );
    insta::assert_snapshot!(told(text), @r#"
    # hpasim trace convert, from: access log; time_s 0 is 1995-07-01T04:00:01Z
    time_s,rps
    0,1
    1,0
    4,1
    5,0
    10,2
    11,0
    4199,1
    4200,1
    4201,1
    warning[W0030]: 1 stretch without a request, the first at 1995-07-01T04:00:12Z, the longest 1h9m48s; this counts as no load
    help: check that the recording is complete; log rotation also leaves such gaps

    warning[W0033]: 1 time goes back; hpasim takes each row at its own time
     --> in:4:1
      |
    4 | h - - [01/Jul/1995:00:00:05 -0400] "GET / HTTP/1.0" 200 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: nothing, unless the file contains two recordings

    warning[W0034]: 1 time has another offset from UTC than the first; hpasim reads each with its own offset
     --> in:6:1
      |
    6 | h - - [01/Jul/1995:07:10:00 +0200] "GET / HTTP/1.0" 200 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: nothing, if the clock changed to or from summer time; otherwise check where these lines come from

    warning[W0034]: 1 time states no offset from UTC; hpasim reads such a time as UTC
     --> in:7:1
      |
    7 | h - - [01/Jul/1995:05:10:01] "GET / HTTP/1.0" 200 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: nothing, if the clock of the server is UTC; otherwise log an offset (HAProxy: `%T` in the place of `%t`), because all times are those of another zone

    warning[W0039]: 1 line is unreadable; hpasim ignores such lines
     --> in:5:1
      |
    5 | this is no line of a log
      | ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check that the file is complete and has one format
    "#);
}

#[test]
fn a_log_forced_on_something_else() {
    let options = ReadOptions {
        format: hpasim::scenario::formats::RecordingFormat::named("access-log"),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!(told_with("time_s,rps\n0,1\n", &options, &Shaping::default()), @"
    error[E0030]: `in` has no line with a date of an access log
     --> in:1:1
      |
    1 | time_s,rps
      | ^^^^^^^^^^
      |
      = help: such a date looks like [10/Oct/2025:13:55:36 -0700]; convert other log formats to `time_s,rps` yourself
    ");
}

#[test]
fn a_stray_date_makes_no_trace_of_a_hundred_years() {
    let text = format!("h - - [01/Jan/1970:00:00:05 +0000] \"GET /\" 200 1\n{LOG}");
    insta::assert_snapshot!(told(text), @r#"
    error[E0035]: the recording is longer than ten years: from 1970-01-01T00:00:05Z to 1995-07-01T04:00:12Z
     --> in:1:1
      |
    1 | h - - [01/Jan/1970:00:00:05 +0000] "GET /" 200 1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check the file for lines with a wrong date
    "#);
}

#[test]
fn a_log_too_long_to_be_kept_by_the_second_is_counted_in_longer_rows_and_loses_nothing() {
    let mut text = String::new();
    let lines = 600_000_u32;
    for line in 0..lines {
        // One request every other second: more stretches with a request than are kept.
        let second = line * 2;
        text.push_str(&format!(
            "h - - [{:02}/Jan/2024:{:02}:{:02}:{:02} +0000] \"GET /\" 200 1\n",
            1 + second / 86_400,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        ));
    }
    let recording = read(&text);
    assert_eq!(
        recording.resolution,
        Some(hpasim::units::SimSpan::from_secs(5))
    );
    assert_eq!(recording.requests, Some(f64::from(lines)));
    let hpasim::workload::Demand::RequestsPerSecond(rates) = &recording.trace.demand else {
        panic!("a log counts requests");
    };
    let sum: f64 = rates[..rates.len() - 1].iter().sum::<f64>() * 5.0;
    assert!((sum - f64::from(lines)).abs() < 1e-3, "{sum}");
}
