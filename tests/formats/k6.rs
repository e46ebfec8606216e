//! k6: the output of runs in both forms, and options as JSON.

use hpasim::scenario::formats::SeriesChoice;
use hpasim::units::SimSpan;

use super::*;

const CSV: &str = "\
metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata
vus,1645006049,2.000000,,,,,,,,,,,,,,,,
http_reqs,1645006050,1.000000,,,,true,\"::01, Home\",GET,http://shop.example/,HTTP/1.1,default,,200,,,http://shop.example/,,
http_req_duration,1645006050,1530.111000,,,,true,,GET,http://shop.example/,HTTP/1.1,default,,200,,,http://shop.example/,,
http_reqs,1645006050,1.000000,,,,true,,GET,http://shop.example/,HTTP/1.1,default,,200,,,http://shop.example/,,
vus,1645006050,5.000000,,,,,,,,,,,,,,,,
http_reqs,1645006052,1.000000,,,,true,,GET,http://shop.example/,HTTP/1.1,default,,200,,,http://shop.example/,,
";

#[test]
fn csv_counts_requests_by_the_second() {
    insta::assert_snapshot!(told(CSV), @"
    # hpasim trace convert, from: k6 CSV output; time_s 0 is 2022-02-16T10:07:30Z
    time_s,rps
    0,2
    1,0
    2,1
    3,1
    ");
}

#[test]
fn csv_holds_the_users_too() {
    insta::assert_snapshot!(told_as(What::Users, CSV), @"
    # hpasim trace convert, from: k6 CSV output; time_s 0 is 2022-02-16T10:07:29Z
    time_s,users
    0,2
    1,5
    2,5
    ");
}

#[test]
fn the_older_layout_with_fewer_columns_is_read_by_name() {
    let old = "metric_name,check,timestamp,metric_value,error\nhttp_reqs,,1595325560,1.000000,\nhttp_reqs,,1595325561,3.000000,\n";
    let trace = read(old).trace;
    assert_eq!(
        trace.demand,
        hpasim::workload::Demand::RequestsPerSecond(vec![1.0, 3.0, 3.0])
    );
}

#[test]
fn csv_times_of_other_units_and_lines_that_are_none_are_noted() {
    let text = "metric_name,timestamp,metric_value\nhttp_reqs,1645006050,1\nhttp_reqs,1645006051250,1\nhttp_reqs,noon,1\nhttp_reqs\nhttp_reqs,1645006052,NaN\n";
    insta::assert_snapshot!(told(text), @"
    # hpasim trace convert, from: k6 CSV output; time_s 0 is 2022-02-16T10:07:30Z
    time_s,rps
    0,1
    1,1
    2,1
    warning[W0031]: 1 sample is NaN, infinite, negative or not a number; hpasim ignores such a sample, and a gauge keeps the value before it
     --> in:6:1
      |
    6 | http_reqs,1645006052,NaN
      | ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check the recording there; without traffic, a query such as 0/0 gives NaN

    warning[W0037]: 1 time is in another unit than the first; the size of each decides whether it is in seconds, milliseconds, microseconds or nanoseconds
     --> in:3:1
      |
    3 | http_reqs,1645006051250,1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write all times in one unit

    warning[W0039]: 2 lines are unreadable; hpasim ignores such lines
     --> in:4:1
      |
    4 | http_reqs,noon,1
      | ^^^^^^^^^^^^^^^^
      |
      = help: check that the file is complete and has one format
    ");
}

const JSON: &str = r#"{"type":"Metric","data":{"name":"http_reqs","type":"counter","contains":"default","thresholds":[],"submetrics":null},"metric":"http_reqs"}
{"metric":"http_reqs","type":"Point","data":{"time":"2024-03-19T14:59:30.714081-04:00","value":1,"tags":{"status":"308"}}}
{"metric":"vus","type":"Point","data":{"time":"2024-03-19T14:59:30.8-04:00","value":7,"tags":null}}
{"type":"Point","data":{"time":"2024-03-19T18:59:31.91100717Z","value":1,"tags":{"name":"http_reqs"}},"metric":"http_reqs"}
{"type":"Point","data":{"time":"2024-03-19T18:59:31.9Z","value":0.1,"tags":{"name":"http_reqs"}},"metric":"http_req_waiting"}
{"type":"Point","data":{"time":"2024-03-19T18:59:31.9Z","value":1,"tags":{}},"metric":"http_reqs"
"#;

#[test]
fn json_counts_requests_whatever_the_order_of_keys_and_the_offset() {
    insta::assert_snapshot!(told(JSON), @r#"
    # hpasim trace convert, from: k6 JSON output; time_s 0 is 2024-03-19T18:59:30Z
    time_s,rps
    0,1
    1,1
    2,1
    warning[W0034]: 1 time has another offset from UTC than the first; hpasim reads each with its own offset
     --> in:4:1
      |
    4 | {"type":"Point","data":{"time":"2024-03-19T18:59:31.91100717Z","value":1,"tags":{"name":"http_reqs"}},"metric":"http_reqs"}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: nothing, if the clock changed to or from summer time; otherwise check where these lines come from

    warning[W0039]: 1 line is unreadable; hpasim ignores such lines
     --> in:6:1
      |
    6 | {"type":"Point","data":{"time":"2024-03-19T18:59:31.9Z","value":1,"tags":{}},"metric":"http_reqs"
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check that the file is complete and has one format
    "#);
}

#[test]
fn json_holds_the_users_too() {
    insta::assert_snapshot!(told_as(What::Users, JSON), @"
    # hpasim trace convert, from: k6 JSON output; time_s 0 is 2024-03-19T18:59:30.8Z
    time_s,users
    0,7
    15,7
    ");
}

#[test]
fn a_run_without_requests() {
    let text = "metric_name,timestamp,metric_value\nvus,1645006050,1\n";
    insta::assert_snapshot!(told(text), @"
    error[E0030]: `in` has no readable points of `http_reqs`
    help: check that the run sent HTTP requests; --what users reads `vus` instead
    ");
}

#[test]
fn a_script_instead_of_its_options() {
    let text = "import http from 'k6/http';\nexport const options = { stages: [] };\n";
    insta::assert_snapshot!(told(text), @"
    error[E0042]: `in` looks like a k6 script, which only k6 can run
    help: export its options as JSON: k6 inspect script.js > options.json
    ");
}

fn in_steps_of(seconds: i64, text: &str) -> String {
    let options = ReadOptions {
        ramp_step: Some(SimSpan::from_secs(seconds)),
        ..ReadOptions::default()
    };
    told_with(text, &options, &Shaping::default())
}

#[test]
fn stages_become_users_in_rows_of_the_step_and_one_row_while_nothing_changes() {
    let text = r#"{"stages":[{"duration":"30s","target":11},{"target":11,"duration":"1h30m"},{"duration":"0s","target":4},{"duration":20000,"target":0}]}"#;
    insta::assert_snapshot!(in_steps_of(10, text), @"
    # hpasim trace convert, from: k6 options
    time_s,users
    0,3
    10,6
    20,9
    30,11
    5430,3
    5440,1
    5450,1
    ");
}

#[test]
fn scenarios_beside_each_other_are_summed() {
    let text = r#"{"scenarios":{
        "browse":{"executor":"ramping-vus","startVUs":5,"stages":[{"duration":"20s","target":15}],"gracefulRampDown":"15s"},
        "buy":{"executor":"constant-vus","vus":3,"duration":"10s","startTime":"15s"}}}"#;
    insta::assert_snapshot!(in_steps_of(5, text), @"
    # hpasim trace convert, from: k6 options
    time_s,users
    0,6
    5,9
    10,11
    15,17
    20,3
    25,3
    ");
}

#[test]
fn arrival_rates_become_requests_per_second() {
    let text = r#"{"options":{"scenarios":{
        "ramp":{"executor":"ramping-arrival-rate","startRate":60,"timeUnit":"1m","stages":[{"target":120,"duration":"10s"},{"target":120,"duration":"10s"}]},
        "flat":{"executor":"constant-arrival-rate","rate":5,"duration":"20s"}}}}"#;
    insta::assert_snapshot!(in_steps_of(5, text), @"
    # hpasim trace convert, from: k6 options
    time_s,rps
    0,6.25
    5,6.75
    10,7
    20,7
    ");
}

#[test]
fn users_and_rates_are_not_summed_but_can_be_chosen() {
    let text = r#"{"scenarios":{
        "users":{"executor":"constant-vus","vus":3,"duration":"10s"},
        "rate":{"executor":"constant-arrival-rate","rate":5,"duration":"20s"}}}"#;
    insta::assert_snapshot!(told(text), @"
    error[E0045]: some scenarios state users and others arrivals per second; hpasim cannot sum these
    help: convert each alone with `hpasim trace convert --series NAME`
    ");
    let choose = |name: &str| {
        let options = ReadOptions {
            series: Some(SeriesChoice::parse(name)),
            ..ReadOptions::default()
        };
        told_with(text, &options, &Shaping::default())
    };
    insta::assert_snapshot!(choose("users"), @"
    # hpasim trace convert, from: k6 options
    time_s,users
    0,3
    10,3
    ");
    insta::assert_snapshot!(choose("nobody"), @"
    error[E0045]: there is no such scenario
    help: the scenarios are: rate, users
    ");
}

#[test]
fn options_that_k6_would_refuse_too() {
    insta::assert_snapshot!(told(r#"{"stages":[{"duration":"2 moons","target":3}]}"#), @r#"
    error[E0010]: `2 moons` is not a duration
     --> in:1:24
      |
    1 | {"stages":[{"duration":"2 moons","target":3}]}
      |                        ^^^^^^^^^
      |
      = help: write it like "30s", "5m" or "1h30m"; a bare number is milliseconds
    "#);
    insta::assert_snapshot!(told(r#"{"stages":[{"duration":"2m","target":-3}]}"#), @r#"
    error[E0034]: `-3` is not a number from 0 to 1e9
     --> in:1:38
      |
    1 | {"stages":[{"duration":"2m","target":-3}]}
      |                                      ^^
      |
      = help: write a plain number
    "#);
    insta::assert_snapshot!(told(r#"{"stages":[{"duration":"2m"}]}"#), @r#"
    error[E0044]: this JSON is not valid here: missing field `target`
     --> in:1:12
      |
    1 | {"stages":[{"duration":"2m"}]}
      |            ^^^^^^^^^^^^^^^^^
      |
      = help: write it as in the k6 documentation
    "#);
    insta::assert_snapshot!(told(r#"{"stages":[]}"#), @r#"
    error[E0030]: `in` has no stage that lasts
    help: give each stage a duration, such as { "duration": "5m", "target": 50 }
    "#);
    insta::assert_snapshot!(told(r#"{"vus":3,"iterations":10}"#), @"
    error[E0042]: these k6 options state no load over time
    help: add `stages`, `scenarios`, or `vus` with a `duration`
    ");
    insta::assert_snapshot!(told(r#"{"scenarios":{"a":{"executor":"shared-iterations","vus":3}}}"#), @r#"
    error[E0015]: the executor `shared-iterations` states no load over time
     --> in:1:19
      |
    1 | {"scenarios":{"a":{"executor":"shared-iterations","vus":3}}}
      |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: use ramping-vus, constant-vus, ramping-arrival-rate or constant-arrival-rate
    "#);
    insta::assert_snapshot!(told(r#"{"scenarios":{"a":{"executor":"constant-arrival-rate","duration":"1m"}}}"#), @r#"
    error[E0013]: the executor constant-arrival-rate needs `rate`
     --> in:1:19
      |
    1 | {"scenarios":{"a":{"executor":"constant-arrival-rate","duration":"1m"}}}
      |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write it as in the k6 documentation
    "#);
    insta::assert_snapshot!(told("{\"stages\":[\n  {\"duration\":\"2m\",\"target\":3},\n]}"), @"
    error[E0044]: this JSON is not valid here: trailing comma
     --> in:3:1
      |
    3 | ]}
      | ^
      |
      = help: check that the file is complete; `jq . FILE` checks whether it is JSON
    ");
}

#[test]
fn without_stages_a_number_of_users_for_a_duration_is_a_course_too() {
    insta::assert_snapshot!(told(r#"{"vus":10,"duration":"30s"}"#), @"
    # hpasim trace convert, from: k6 options
    time_s,users
    0,10
    30,10
    ");
}
