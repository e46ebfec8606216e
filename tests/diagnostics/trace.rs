//! Traces and cuts.

use super::*;

#[test]
fn an_empty_file() {
    let text = about_trace("");
    insta::assert_snapshot!(text, @"
    error[E0030]: `t.csv` is empty
    help: a trace has a header, such as `time_s,rps`, and at least two rows
    ");
}

#[test]
fn nothing_but_comments() {
    let text = about_trace("# from nowhere\n\n# at all\n");
    insta::assert_snapshot!(text, @"
    error[E0030]: `t.csv` is empty
    help: a trace has a header, such as `time_s,rps`, and at least two rows
    ");
}

#[test]
fn a_header_and_no_rows() {
    let text = about_trace("# made by hand\ntime_s,rps\n");
    insta::assert_snapshot!(text, @r##"
    error[E0030]: the trace has a header and no rows
     --> t.csv:2:1
      |
    2 | time_s,rps
      | ^^^^^^^^^^
      |
      = help: add at least two rows
    "##);
}

#[test]
fn one_row() {
    let text = about_trace("time_s,rps\n0,5\n");
    insta::assert_snapshot!(text, @"
    error[E0033]: the trace has only one row, and the last row only marks the end
     --> t.csv:2:1
      |
    2 | 0,5
      | ^^^
      |
      = help: add a row at the time at which the load ends
    ");
}

#[test]
fn no_header() {
    let text = about_trace("0,5\n15,6\n");
    insta::assert_snapshot!(text, @"
    error[E0031]: the trace has no header: its first line holds numbers
     --> t.csv:1:1
      |
    1 | 0,5
      | ^^^
      |
      = help: add the line `time_s,rps` above it
    ");
}

#[test]
fn no_time_column() {
    let text = about_trace("time,rps\n0,5\n15,6\n");
    insta::assert_snapshot!(text, @"
    error[E0031]: the header has no time column
     --> t.csv:1:1
      |
    1 | time,rps
      | ^^^^
      |
      = help: if `time` is in seconds, rename it to `time_s`
    ");
}

#[test]
fn nothing_like_a_time_column() {
    let text = about_trace("when,rps\n0,5\n15,6\n");
    insta::assert_snapshot!(text, @"
    error[E0031]: the header has no time column
     --> t.csv:1:1
      |
    1 | when,rps
      | ^^^^^^^^
      |
      = help: add a column `time_s` (seconds) or `timestamp` (epoch seconds or RFC 3339); `hpasim trace info --help` lists the recordings that hpasim reads
    ");
}

#[test]
fn no_demand_column() {
    let text = about_trace("time_s,queue\n0,5\n15,6\n");
    insta::assert_snapshot!(text, @"
    error[E0032]: the header has no column for the load
     --> t.csv:1:1
      |
    1 | time_s,queue
      | ^^^^^^^^^^^^
      |
      = help: add a column `rps` (requests per second), `users` or `cpu_millicores`
    ");
}

#[test]
fn a_demand_column_of_another_name() {
    let text = about_trace("time_s,RPS\n0,5\n15,6\n");
    insta::assert_snapshot!(text, @"
    error[E0032]: the header has no column for the load
     --> t.csv:1:8
      |
    1 | time_s,RPS
      |        ^^^
      |
      = help: if `RPS` is the load, rename it to `rps`
    ");
}

#[test]
fn a_column_of_requests_can_be_a_rate_or_a_count() {
    let text = about_trace("time,requests\n0,500\n60,600\n");
    insta::assert_snapshot!(text, @"
    error[E0031]: the header has no time column
     --> t.csv:1:1
      |
    1 | time,requests
      | ^^^^
      |
      = help: if `time` is in seconds, rename it to `time_s`

    error[E0032]: the header has no column for the load
     --> t.csv:1:6
      |
    1 | time,requests
      |      ^^^^^^^^
      |
      = help: if `requests` is the load per second, rename it to `rps`; otherwise divide its values by the seconds of a row
    ");
}

#[test]
fn two_demand_columns() {
    let text = about_trace("time_s,rps,cpu_millicores\n0,5,50\n15,6,60\n");
    insta::assert_snapshot!(text, @"
    error[E0032]: the header has more than one column for the load
     --> t.csv:1:12
      |
    1 | time_s,rps,cpu_millicores
      |            ^^^^^^^^^^^^^^
      |
      = help: keep one of `rps`, `cpu_millicores` and `users`; rename the others to use them as metrics
    ");
}

#[test]
fn two_columns_of_one_name() {
    let text = about_trace("time_s,rps,rps\n0,5,50\n15,6,60\n");
    insta::assert_snapshot!(text, @"
    error[E0031]: two columns have the name `rps`
     --> t.csv:1:12
      |
    1 | time_s,rps,rps
      |            ^^^
      |
      = help: give each its own name

    error[E0032]: the header has more than one column for the load
     --> t.csv:1:12
      |
    1 | time_s,rps,rps
      |            ^^^
      |
      = help: keep one of `rps`, `cpu_millicores` and `users`; rename the others to use them as metrics
    ");
}

#[test]
fn users_by_the_name_that_k6_has_for_them() {
    let text = about_trace("time_s,vus\n0,5\n15,6\n");
    insta::assert_snapshot!(text, @"
    error[E0032]: the header has no column for the load
     --> t.csv:1:8
      |
    1 | time_s,vus
      |        ^^^
      |
      = help: if `vus` is the load, rename it to `users`
    ");
}

#[test]
fn more_users_than_are_simulated() {
    let text = about_trace("time_s,users\n0,10000001\n15,-1\n30,10000000\n");
    insta::assert_snapshot!(text, @"
    error[E0035]: 10000001 is more than 1e7
     --> t.csv:2:3
      |
    2 | 0,10000001
      |   ^^^^^^^^
      |
      = help: write at most ten million users at once; for more, use their requests as `rps`

    error[E0035]: -1 is negative
     --> t.csv:3:4
      |
    3 | 15,-1
      |    ^^
      |
      = help: write a number of 0 or more
    ");
}

#[test]
fn cells_that_are_no_numbers() {
    let text = about_trace("time_s,rps\n0,many\nnoon,5\n30,\n45,\"1,5\"\n60,1\n");
    insta::assert_snapshot!(text, @r#"
    error[E0034]: `many` is not a number
     --> t.csv:2:3
      |
    2 | 0,many
      |   ^^^^
      |
      = help: write a plain number with a decimal point, such as 12.5

    error[E0034]: `noon` is not a time
     --> t.csv:3:1
      |
    3 | noon,5
      | ^^^^
      |
      = help: write seconds, such as 0, 15 or 22.5; for dates, use a column `timestamp`

    error[E0034]: the value is empty
     --> t.csv:4:4
      |
    4 | 30,
      |    ^
      |
      = help: write a number, or delete the row: a value holds until the next row

    error[E0034]: `1,5` is not a number
     --> t.csv:5:5
      |
    5 | 45,"1,5"
      |     ^^^
      |
      = help: write a plain number with a decimal point, such as 12.5
    "#);
}

#[test]
fn rates_below_zero_or_beyond_all_bounds() {
    let text = about_trace("time_s,rps\n0,-1\n15,NaN\n30,inf\n45,1e13\n60,1\n");
    insta::assert_snapshot!(text, @"
    error[E0035]: -1 is negative
     --> t.csv:2:3
      |
    2 | 0,-1
      |   ^^
      |
      = help: write a number of 0 or more

    error[E0035]: NaN is not a finite number
     --> t.csv:3:4
      |
    3 | 15,NaN
      |    ^^^
      |
      = help: write 0 for no load, or delete the row: a value holds until the next row

    error[E0035]: inf is not a finite number
     --> t.csv:4:4
      |
    4 | 30,inf
      |    ^^^
      |
      = help: write 0 for no load, or delete the row: a value holds until the next row

    error[E0035]: 1e13 is more than 1e12
     --> t.csv:5:4
      |
    5 | 45,1e13
      |    ^^^^
      |
      = help: check the unit
    ");
}

#[test]
fn time_that_stands_still_or_goes_back() {
    let text =
        about_trace("# comment\n\ntime_s,rps\n0,1\n15,1\n15,2\n# here it turns\n10,3\n60,1\n");
    insta::assert_snapshot!(text, @"
    error[E0036]: a second row has the time 15
     --> t.csv:6:1
      |
    6 | 15,2
      | ^^
      |
      = help: keep one row for each time

    error[E0036]: time goes back to 10
     --> t.csv:8:1
      |
    8 | 10,3
      | ^^
      |
      = help: sort the rows by time
    ");
}

#[test]
fn rows_of_another_width() {
    let text = about_trace("time_s,rps\n0,1\n15\n30,1,2\n45,1\n");
    insta::assert_snapshot!(text, @"
    error[E0037]: the row has 1 field, the header 2
     --> t.csv:3:1
      |
    3 | 15
      | ^^
      |
      = help: write one value for each column, commas between values, and a point before decimals

    error[E0037]: the row has 3 fields, the header 2
     --> t.csv:4:1
      |
    4 | 30,1,2
      | ^^^^^^
      |
      = help: write one value for each column, commas between values, and a point before decimals
    ");
}

#[test]
fn more_faults_than_anybody_reads() {
    let text = {
        let mut trace = "time_s,rps\n".to_owned();
        for row in 0..30 {
            trace.push_str(&format!("{row},x\n"));
        }
        let text = about_trace(trace);
        text[text.rfind("error").unwrap_or(0)..].to_owned()
    };
    assert!(text.trim_end().ends_with("\n\n... and 10 more"), "{text}");
    insta::assert_snapshot!(codes_and_places(&text), @"E0034 t.csv:21:4");
}

#[test]
fn a_long_line_is_cut() {
    let text = about_trace(format!("time_s,rps\n0,{}\n15,1\n", "9x".repeat(200)));
    insta::assert_snapshot!(text, @"
    error[E0034]: `9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x...` is not a number
     --> t.csv:2:3
      |
    2 | 0,9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9...x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^...^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write a plain number with a decimal point, such as 12.5
    ");
}

#[test]
fn milliseconds_instead_of_seconds() {
    let text = about_trace("timestamp,rps\n1767225600000,1\n1767225615000,1\n9767225615000,1\n");
    insta::assert_snapshot!(text, @r##"
    error[E0035]: the time 1767225600000 is out of range
     --> t.csv:2:1
      |
    2 | 1767225600000,1
      | ^^^^^^^^^^^^^
      |
      = help: write seconds; if these are milliseconds, divide them by 1000

    error[E0035]: the time 1767225615000 is out of range
     --> t.csv:3:1
      |
    3 | 1767225615000,1
      | ^^^^^^^^^^^^^
      |
      = help: write seconds; if these are milliseconds, divide them by 1000

    error[E0035]: the time 9767225615000 is out of range
     --> t.csv:4:1
      |
    4 | 9767225615000,1
      | ^^^^^^^^^^^^^
      |
      = help: write seconds; if these are milliseconds, divide them by 1000
    "##);
}

#[test]
fn a_timestamp_without_its_offset() {
    let text = about_trace("timestamp,rps\n2026-01-31T12:00:00,1\n2026-01-31T12:00:15Z,1\n");
    insta::assert_snapshot!(text, @"
    error[E0034]: `2026-01-31T12:00:00` is not a time
     --> t.csv:2:1
      |
    2 | 2026-01-31T12:00:00,1
      | ^^^^^^^^^^^^^^^^^^^
      |
      = help: write epoch seconds, or RFC 3339 with an offset, such as 2026-01-31T12:00:00Z
    ");
}

#[test]
fn a_binary_trace() {
    let text = about_trace(b"PAR1\x00\x01\x02");
    insta::assert_snapshot!(text, @"
    error[E0002]: `t.csv` is not a text file: byte 5 is NUL
    help: use a plain UTF-8 text file (gzip is allowed for a trace)
    ");
}

#[test]
fn a_trace_that_is_no_utf8() {
    let text = about_trace(b"time_s,rps\n0,\xff\n");
    insta::assert_snapshot!(text, @"
    error[E0002]: `t.csv` is not a text file: byte 14 is not UTF-8
    help: use a plain UTF-8 text file (gzip is allowed for a trace)
    ");
}

#[test]
fn a_broken_gzip() {
    let text = about_trace(b"\x1f\x8b\x08\x00nonsense");
    insta::assert_snapshot!(text, @"
    error[E0038]: the gzip file `t.csv` is damaged: incomplete deflate stream
    help: compress or download it again; `gzip -t` checks a file
    ");
}

#[test]
fn a_column_of_words_is_left_out() {
    let text = about_trace("time_s,rps,phase\n0,1,warm-up\n15,1,rush\n");
    insta::assert_snapshot!(text, @"
    warning[W0001]: the column `phase` is ignored: it holds no numbers
     --> t.csv:2:5
      |
    2 | 0,1,warm-up
      |     ^^^^^^^
      |
      = help: nothing, unless you need it as a metric
    ");
}

#[test]
fn a_column_that_begins_with_an_empty_cell_takes_its_first_value_there() {
    let text = about_trace("time_s,rps,cpu_utilization_pct,ready\n0,1,,\n15,1,40,2\n");
    insta::assert_snapshot!(text, @"
    warning[W0031]: 1 cell is empty in the column `cpu_utilization_pct`; hpasim keeps the value before, and at the start takes the first value
     --> t.csv:2:5
      |
    2 | 0,1,,
      |     ^
      |
      = help: nothing, or fill in each row; `hpasim trace convert --cpu-utilization` makes demand of such a column

    warning[W0031]: 1 cell is empty in the column `ready`; hpasim keeps the value before, and at the start takes the first value
     --> t.csv:2:6
      |
    2 | 0,1,,
      |      ^
      |
      = help: nothing, if the metric had no sample there; otherwise fill in each row
    ");
}

#[test]
fn a_gap_of_a_further_column_is_no_fault_and_a_word_is() {
    let text = about_trace("time_s,rps,depth\n0,1,5\n15,1,\n30,1,-2\n");
    insta::assert_snapshot!(codes_and_places(&text), @"E0035 t.csv:4:6");
}

#[test]
fn a_cut_that_starts_behind_the_end() {
    let text = text_about(MemoryLoader::default(), &[], Some(120.0), None);
    insta::assert_snapshot!(text, @"
    error[E0040]: `--from 0:02:00` is outside the trace
     --> command line:1:1
      |
    1 | --from 0:02:00
      | ^^^^^^^^^^^^^^
      |
      = help: the trace runs from 0:00:00 to 0:01:00
    ");
}

#[test]
fn a_cut_that_ends_behind_the_end() {
    let text = text_about(MemoryLoader::default(), &[], None, Some(120.0));
    insta::assert_snapshot!(text, @"
    error[E0040]: `--to 0:02:00` is outside the trace
     --> command line:1:1
      |
    1 | --to 0:02:00
      | ^^^^^^^^^^^^
      |
      = help: the trace runs from 0:00:00 to 0:01:00
    ");
}

#[test]
fn a_warm_up_that_leaves_nothing() {
    let request = LoadRequest {
        from: Some(TraceMoment::After(SimSpan::from_secs(30))),
        warm_up: SimSpan::from_secs(30),
        ..LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"))
    };
    let text = text_of(request, MemoryLoader::default());
    insta::assert_snapshot!(text, @"
    error[E0040]: `--warm-up 30s` leaves nothing for the KPIs: the run lasts 30s
     --> command line:1:1
      |
    1 | --warm-up 30s
      | ^^^^^^^^^^^^^
      |
      = help: write less than 30s, or take a longer part of the trace
    ");
}

#[test]
fn a_cut_without_length() {
    let text = text_about(MemoryLoader::default(), &[], Some(30.0), Some(30.0));
    insta::assert_snapshot!(text, @r##"
    error[E0040]: `--to 0:00:30` is not later than the start at 0:00:30
     --> command line:1:1
      |
    1 | --to 0:00:30
      | ^^^^^^^^^^^^
      |
      = help: the trace runs from 0:00:00 to 0:01:00
    "##);
}

#[test]
fn a_column_of_cpu_is_renamed_only_if_its_unit_is_known() {
    let text = about_trace("time_s,cpu\n0,5\n");
    insta::assert_snapshot!(text, @"
    error[E0032]: the header has no column for the load
     --> t.csv:1:8
      |
    1 | time_s,cpu
      |        ^^^
      |
      = help: if `cpu` is in millicores, rename it to `cpu_millicores`
    ");
    let text = about_trace("timestamp_ms,rps\n0,5\n");
    insta::assert_snapshot!(text, @"
    error[E0031]: the header has no time column
     --> t.csv:1:1
      |
    1 | timestamp_ms,rps
      | ^^^^^^^^^^^^
      |
      = help: if `timestamp_ms` has epoch seconds or RFC 3339, rename it to `timestamp`
    ");
}

#[test]
fn a_column_of_cpu_is_named_by_its_unit() {
    insta::assert_snapshot!(about_trace("time_s,\"rate(container_cpu_usage_seconds_total[1m])\"\n0,1\n60,2\n"), @r#"
    error[E0032]: the header has no column for the load
     --> t.csv:1:9
      |
    1 | time_s,"rate(container_cpu_usage_seconds_total[1m])"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: if `rate(container_cpu_usage_seconds_total[1m])` is the CPU usage of all pods in millicores, rename it to `cpu_millicores`; if it is in cores, also multiply its values by 1000
    "#);
    insta::assert_snapshot!(about_trace("time_s,cpu_usage\n0,1\n60,2\n"), @"
    error[E0032]: the header has no column for the load
     --> t.csv:1:8
      |
    1 | time_s,cpu_usage
      |        ^^^^^^^^^
      |
      = help: if `cpu_usage` is the CPU usage of all pods in millicores, rename it to `cpu_millicores`; if it is in cores, also multiply its values by 1000
    ");
}
