//! Answers of Prometheus to range queries.

use hpasim::scenario::formats::SeriesChoice;

use super::*;

fn matrix(series: &[(&str, &str)]) -> String {
    let series: Vec<String> = series
        .iter()
        .map(|(labels, values)| format!("{{\"metric\":{{{labels}}},\"values\":[{values}]}}"))
        .collect();
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[\n{}\n]}}}}",
        series.join(",\n")
    )
}

#[test]
fn a_single_series_without_labels_is_what_the_user_says() {
    let text = matrix(&[("", r#"[1788935810,"18.63"],[1788935825,"27.26"]"#)]);
    insta::assert_snapshot!(told_as(What::Requests, text), @"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 2026-09-09T06:36:50Z
    time_s,rps
    0,18.63
    15,27.26
    30,27.26
    ");
}

#[test]
fn several_series_are_summed_and_a_missing_sample_holds_on() {
    let text = matrix(&[
        (r#""pod":"a""#, r#"[0,"1"],[15,"2"],[30,"3"],[45,"4"]"#),
        (r#""pod":"b""#, r#"[15,"10"],[45,"20"]"#),
    ]);
    insta::assert_snapshot!(told_as(What::Requests, text), @"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps
    0,1
    15,12
    30,13
    45,24
    60,24
    warning[W0030]: 1 sample is missing in one series while others have them, the first at 1970-01-01T00:00:30Z; hpasim keeps the value before it
    help: nothing, if scrapes failed; otherwise choose series with --series
    ");
}

#[test]
fn nan_gaps_duplicates_and_disorder_are_noted_with_their_places() {
    let text = matrix(&[(
        "",
        r#"[0,"1"],[15,"NaN"],[30,"3"],[30,"4"],[60,"+Inf"],[75,"5"],[45,"6"],[300,"-1"],[315,"7"],["x"]"#,
    )]);
    insta::assert_snapshot!(told_as(What::Requests, text), @r#"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps
    0,1
    30,4
    45,6
    75,5
    315,7
    330,7
    warning[W0030]: 1 gap longer than one and a half steps of 15s, the first after 1970-01-01T00:01:15Z, the longest 3m45s; hpasim keeps the value before the gap
    help: nothing, if the load did not change; otherwise cut the recording with --from and --to

    warning[W0031]: 4 samples are NaN, infinite, negative or not numbers; hpasim ignores such a sample, and a gauge keeps the value before it
     --> in:2:32
      |
    2 | {"metric":{},"values":[[0,"1"],[15,"NaN"],[30,"3"],[30,"4"],[60,"+Inf"],[75,"5"],[45,"6"],[300,"-1"],[315,"7"],["x"]]}
      |                                ^^^^^^^^^^
      |
      = help: check the recording there; without traffic, a query such as 0/0 gives NaN

    warning[W0032]: 1 sample repeats an earlier time; the later one counts
     --> in:2:52
      |
    2 | {"metric":{},"values":[[0,"1"],[15,"NaN"],[30,"3"],[30,"4"],[60,"+Inf"],[75,"5"],[45,"6"],[300,"-1"],[315,"7"],["x"]]}
      |                                                    ^^^^^^^^
      |
      = help: check that the file does not contain a recording twice, or two recordings

    warning[W0033]: 1 time goes back; hpasim takes each row at its own time
     --> in:2:82
      |
    2 | {"metric":{},"values":[[0,"1"],[15,"NaN"],[30,"3"],[30,"4"],[60,"+Inf"],[75,"5"],[45,"6"],[300,"-1"],[315,"7"],["x"]]}
      |                                                                                  ^^^^^^^^
      |
      = help: nothing, unless the file contains two recordings
    "#);
}

#[test]
fn series_of_different_metrics_are_summed_with_a_warning_or_chosen() {
    let text = matrix(&[
        ("", r#"[0,"1"],[15,"2"]"#),
        (
            r#""__name__":"kube_deployment_status_replicas_ready","deployment":"web""#,
            r#"[0,"4"],[15,"4"]"#,
        ),
        (r#""deployment":"idle""#, ""),
    ]);
    insta::assert_snapshot!(told_as(What::Requests, &text), @r#"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps
    0,5
    15,6
    30,6
    warning[W0036]: 1 series has no samples; such a series adds nothing
     --> in:4:1
      |
    4 | {"metric":{"deployment":"idle"},"values":[]}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: nothing, unless you expect samples in the series

    warning[W0038]: 1 series is of another metric than the first; hpasim sums all of them
     --> in:3:1
      |
    3 | {"metric":{"__name__":"kube_deployment_status_replicas_ready","deployment":"web"},"values":[[0,"4"],[15,"4"]]},
      | ^
      |
      = help: choose the series of the load with `hpasim trace convert --series` (a number, or label=value)
    "#);
    let choose = |series: &str| {
        let options = ReadOptions {
            series: Some(SeriesChoice::parse(series)),
            what: Some(What::Requests),
            ..ReadOptions::default()
        };
        told_with(&text, &options, &Shaping::default())
    };
    insta::assert_snapshot!(choose("2"), @"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps
    0,4
    15,4
    30,4
    ");
    assert_eq!(choose("deployment=web"), choose("2"));
    assert_eq!(choose("kube_deployment_status_replicas_ready"), choose("2"));
    insta::assert_snapshot!(choose("deployment=shop"), @"
    error[E0045]: `in` has no such series
    help: the series are 1 {}; 2 {__name__=kube_deployment_status_replicas_ready, deployment=web}; 3 {deployment=idle}
    ");
}

#[test]
fn a_raw_counter_becomes_its_slope_and_resets_are_noted() {
    let text = matrix(&[(
        r#""__name__":"http_requests_total""#,
        r#"[0,"100"],[10,"150"],[20,"170"],[30,"30"],[40,"30"]"#,
    )]);
    insta::assert_snapshot!(told(text), @r#"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps
    0,5
    10,2
    20,3
    30,0
    40,0
    warning[W0035]: 1 counter reset; a counter that falls counts as restarted from 0
     --> in:2:1
      |
    2 | {"metric":{"__name__":"http_requests_total"},"values":[[0,"100"],[10,"150"],[20,"170"],[30,"30"],[40,"30"]]}
      | ^
      |
      = help: nothing, if pods restarted; rate() in a query does the same
    "#);
}

#[test]
fn a_raw_counter_of_cpu_seconds_becomes_millicores() {
    let text = matrix(&[(
        r#""__name__":"container_cpu_usage_seconds_total""#,
        r#"[0,"100"],[10,"105"],[20,"125"]"#,
    )]);
    insta::assert_snapshot!(told(text), @"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,cpu_millicores
    0,500
    10,2000
    20,2000
    ");
}

#[test]
fn cores_become_millicores_when_they_are_called_so() {
    let text = matrix(&[("", r#"[0,"0.25"],[15,"2"]"#)]);
    insta::assert_snapshot!(told_as(What::CpuCores, text), @"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,cpu_millicores
    0,250
    15,2000
    30,2000
    ");
}

#[test]
fn answers_that_are_no_course_of_time() {
    insta::assert_snapshot!(told(r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected end of input"}"#), @"
    error[E0042]: `in` holds an error from Prometheus: parse error: unexpected end of input
    help: correct the query, and run it again
    ");
    insta::assert_snapshot!(told(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#), @"
    error[E0042]: `in` holds a vector, which has no values over time
    help: use /api/v1/query_range (with start, end and step) instead of /api/v1/query
    ");
    insta::assert_snapshot!(told(matrix(&[])), @"
    error[E0030]: `in` has no series
    help: check the query in Prometheus; the metric or a label may have another name
    ");
    insta::assert_snapshot!(told(matrix(&[(r#""__name__":"rps""#, "")])), @"
    error[E0030]: `in` has no samples that are numbers
    help: check the query in Prometheus; the metric or a label may have another name
    ");
    insta::assert_snapshot!(told("{\"status\":\"success\",\n\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{}"), @r#"
    error[E0044]: this JSON is not valid here: EOF while parsing an object
     --> in:2:52
      |
    2 | "data":{"resultType":"matrix","result":[{"metric":{}
      |                                                    ^
      |
      = help: check that the file is complete; `jq . FILE` checks whether it is JSON
    "#);
    insta::assert_snapshot!(told("{\"some\":\"json\"}"), @"
    error[E0042]: `in` is JSON, but not in a known format
    help: the known formats are logs of objects with a time (--time-field names its key), and the output of k6, Prometheus, CloudWatch, vegeta and Artillery
    ");
}

#[test]
fn a_series_without_a_name_is_asked_for() {
    let text = matrix(&[(r#""deployment":"web""#, r#"[0,"1"],[15,"2"]"#)]);
    insta::assert_snapshot!(told(&text), @r#"
    error[E0059]: `in` does not say what its numbers are: a series has no name
     --> in:2:1
      |
    2 | {"metric":{"deployment":"web"},"values":[[0,"1"],[15,"2"]]}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: state it: --what requests, users, cpu-cores (as of `rate(container_cpu_usage_seconds_total[1m])`) or cpu-millicores
    "#);
    assert!(told_as(What::Users, &text).contains("time_s,users\n0,1\n"));
}

#[test]
fn cpu_is_never_requests_whether_its_name_or_a_label_says_so() {
    let series = |labels: &str| matrix(&[(labels, r#"[0,"0.5"],[15,"2"]"#)]);
    let usage = series(r#""__name__":"container_cpu_usage_seconds_total""#);
    insta::assert_snapshot!(told_as(What::Requests, &usage), @r#"
    error[E0059]: the series in `in` is CPU, so it cannot be read as requests or users
     --> in:2:1
      |
    2 | {"metric":{"__name__":"container_cpu_usage_seconds_total"},"values":[[0,"0.5"],[15,"2"]]}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: state the unit: --what cpu-cores (as of `rate(container_cpu_usage_seconds_total[1m])`) or --what cpu-millicores
    "#);
    insta::assert_snapshot!(told_as(What::Users, &usage), @r#"
    error[E0059]: the series in `in` is CPU, so it cannot be read as requests or users
     --> in:2:1
      |
    2 | {"metric":{"__name__":"container_cpu_usage_seconds_total"},"values":[[0,"0.5"],[15,"2"]]}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: state the unit: --what cpu-cores (as of `rate(container_cpu_usage_seconds_total[1m])`) or --what cpu-millicores
    "#);
    let rule = series(r#""__name__":"pod:container_cpu_usage_seconds:sum_irate""#);
    assert!(told(rule).contains("time_s,cpu_millicores\n0,500\n"));
    let millicores = series(r#""__name__":"shop:cpu_millicores:sum""#);
    assert!(told(millicores).contains("time_s,cpu_millicores\n0,0.5\n"));
    for labels in [
        r#""__name__":"cpu_usage""#,
        r#""cpu":"0""#,
        r#""__name__":"kube_pod_container_resource_requests","resource":"cpu","unit":"core""#,
    ] {
        let text = series(labels);
        assert!(
            told(&text).contains("is CPU in an unknown unit"),
            "{labels}"
        );
        assert!(
            told_as(What::Requests, &text).contains("it cannot be read as requests"),
            "{labels}"
        );
        let cores = told_as(What::CpuCores, &text);
        assert!(cores.contains("time_s,cpu_millicores\n0,500\n"), "{labels}");
    }
    insta::assert_snapshot!(told(series(r#""__name__":"cpu_usage""#)), @r#"
    error[E0059]: the series in `in` is CPU in an unknown unit
     --> in:2:1
      |
    2 | {"metric":{"__name__":"cpu_usage"},"values":[[0,"0.5"],[15,"2"]]}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: state the unit: --what cpu-cores (as of `rate(container_cpu_usage_seconds_total[1m])`) or --what cpu-millicores
    "#);
}

#[test]
fn memory_and_a_mixture_are_no_load() {
    let memory = matrix(&[(
        r#""__name__":"container_memory_working_set_bytes""#,
        r#"[0,"1"],[15,"2"]"#,
    )]);
    insta::assert_snapshot!(told(memory), @r#"
    error[E0059]: the series in `in` is memory or a size in bytes, which is no load
     --> in:2:1
      |
    2 | {"metric":{"__name__":"container_memory_working_set_bytes"},"values":[[0,"1"],[15,"2"]]}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: record requests per second, users or CPU; --what cpu-cores and cpu-millicores read it as CPU all the same
    "#);
    let both = matrix(&[
        (
            r#""__name__":"http_requests:rate1m""#,
            r#"[0,"1"],[15,"2"]"#,
        ),
        (
            r#""__name__":"container_cpu_usage_seconds_total""#,
            r#"[0,"1"],[15,"2"]"#,
        ),
    ]);
    insta::assert_snapshot!(told(&both), @r#"
    error[E0059]: some of the series in `in` are CPU or memory, and the others are not
     --> in:2:1
      |
    2 | {"metric":{"__name__":"http_requests:rate1m"},"values":[[0,"1"],[15,"2"]]},
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: choose series of one kind with --series
    "#);
    insta::assert_snapshot!(told_as(What::Requests, &both), @r#"
    error[E0059]: some of the series in `in` are CPU or memory, and the others are not
     --> in:2:1
      |
    2 | {"metric":{"__name__":"http_requests:rate1m"},"values":[[0,"1"],[15,"2"]]},
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: choose series of one kind with --series
    "#);
}

/// An answer with counters of two series.
fn two_counters(name: &str) -> String {
    let values = |from: u64| {
        let value = |step: u64| format!("[{},\"{}\"]", 15 * step, from + 150 * step);
        (0..5).map(value).collect::<Vec<_>>().join(",")
    };
    let labels = |status: u64| format!("\"__name__\":\"{name}\",\"status\":\"{status}\"");
    let (a, b) = (values(1_000_000_000), values(7));
    matrix(&[(&labels(200), &a), (&labels(500), &b)])
}

#[test]
fn a_raw_counter_without_total_is_known_by_its_name_or_by_its_values() {
    let ingress = told(two_counters("nginx_ingress_controller_requests"));
    assert!(
        ingress.ends_with("time_s,rps\n0,20\n15,20\n30,20\n45,20\n60,20\n"),
        "{ingress}"
    );
    insta::assert_snapshot!(told(two_counters("shop_http_requests")), @r#"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps
    0,20
    15,20
    30,20
    45,20
    60,20
    warning[W0042]: `shop_http_requests` has whole numbers that only rise, as counters do; hpasim takes the slope
     --> in:2:1
      |
    2 | {"metric":{"__name__":"shop_http_requests","status":"200"},"values":[[0,"1000000000"],[15,"1000000150"],[30,"1000000300"],[45,"100000...
      | ^
      |
      = help: nothing, if it counts; if it does not, query it without its name, as sum(shop_http_requests)
    "#);
    for gauge in ["shop:requests", "requests_per_second", "shop_active_users"] {
        assert!(
            told(two_counters(gauge)).contains("0,1000000000"),
            "{gauge}"
        );
    }
}

#[test]
fn several_answers_of_one_query_are_one_recording() {
    let labels = r#""__name__":"http:rps""#;
    let first = matrix(&[(labels, r#"[0,"1"],[15,"2"],[30,"3"]"#)]);
    let second = matrix(&[(labels, r#"[30,"3"],[45,"4"]"#)]);
    let rows = "time_s,rps\n0,1\n15,2\n30,3\n45,4\n60,4\n";
    let series = |answer: &str| {
        let start = answer.find("\"result\":").expect("a result") + "\"result\":".len();
        answer[start..answer.len() - 2].to_owned()
    };
    for text in [
        format!("{first}\n{second}"),
        format!("{second}{first}"),
        format!("[{first},{second}]"),
        format!("{}\n{}", series(&first), series(&second)),
    ] {
        let told = told(&text);
        assert!(told.ends_with(rows), "{told}{text}");
    }
}

#[test]
fn remarks_of_prometheus_are_shown() {
    let answer = matrix(&[("\"__name__\":\"http:rps\"", r#"[0,"1"],[15,"2"]"#)]);
    let answer = answer.replacen('{', "{\"warnings\":[\"no store matched\"],\"infos\":[\"PromQL info: metric might not be a counter\"],", 1);
    insta::assert_snapshot!(told(answer), @"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,rps
    0,1
    15,2
    30,2
    warning[W0043]: Prometheus says about the query: no store matched
    help: correct the query, or check that the series is the load

    warning[W0043]: Prometheus says about the query: PromQL info: metric might not be a counter
    help: correct the query, or check that the series is the load
    ");
}

#[test]
fn native_histograms_are_named_with_the_remedy() {
    let answer = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"lat\"},\"histograms\":[[0,{\"count\":\"1\"}]]}]}}";
    insta::assert_snapshot!(told(answer), @r#"
    error[E0042]: the series in `in` are native histograms, which have no single value
     --> in:1:61
      |
    1 | {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"lat"},"histograms":[[0,{"count":"1"}]]}]}}
      |                                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: query their counts: sum(histogram_count(rate(lat[1m])))
    "#);
}

#[test]
fn whole_pods_and_pause_containers_do_not_count_beside_the_containers() {
    let labels = |container: &str| {
        format!("\"__name__\":\"container_cpu_usage_seconds_total\",\"pod\":\"a\"{container}")
    };
    let values = r#"[0,"0"],[15,"7.5"],[30,"15"]"#;
    let [whole, pause, web] = ["", ",\"container\":\"POD\"", ",\"container\":\"web\""].map(labels);
    insta::assert_snapshot!(told(matrix(&[(&whole, values), (&pause, values), (&web, values)])), @r#"
    # hpasim trace convert, from: Prometheus range query; time_s 0 is 1970-01-01T00:00:00Z
    time_s,cpu_millicores
    0,500
    15,500
    30,500
    warning[W0044]: some series are of whole pods (no `container`, or `POD`) beside their containers; hpasim counts only the containers
     --> in:4:1
      |
    4 | {"metric":{"__name__":"container_cpu_usage_seconds_total","pod":"a","container":"web"},"values":[[0,"0"],[15,"7.5"],[30,"15"]]}
      | ^
      |
      = help: nothing, or query only the containers: container!="", container!="POD"
    "#);
    let alone = told(matrix(&[(&whole, values)]));
    assert!(
        alone.contains("0,500\n") && !alone.contains("W0044"),
        "{alone}"
    );
}

#[test]
fn of_a_histogram_only_the_bucket_with_all_requests_counts() {
    let labels = |le: &str| format!("\"__name__\":\"latency_seconds_bucket\",\"le\":\"{le}\"");
    let values = r#"[0,"0"],[15,"150"],[30,"300"]"#;
    let told = told(matrix(&[
        (&labels("0.1"), values),
        (&labels("+Inf"), values),
    ]));
    assert!(told.ends_with("time_s,rps\n0,10\n15,10\n30,10\n"), "{told}");
}

#[test]
fn one_gap_gives_one_warning() {
    let a = r#"[0,"1"],[15,"1"],[30,"1"],[120,"1"],[135,"1"],[150,"1"]"#;
    let b = r#"[0,"1"],[15,"1"],[30,"1"],[120,"1"],[150,"1"]"#;
    let rps = |pod: &str| format!("\"__name__\":\"x:rps\",\"pod\":\"{pod}\"");
    let told_gap = told(matrix(&[(&rps("a"), a), (&rps("b"), b)]));
    assert_eq!(told_gap.matches("W0030").count(), 1, "{told_gap}");
    let nan = r#"[0,"1"],[15,"NaN"],[30,"NaN"],[45,"1"],[60,"1"],[75,"1"]"#;
    let told_nan = told(matrix(&[(&rps("a"), nan)]));
    assert!(
        !told_nan.contains("W0030") && told_nan.contains("2 samples are NaN"),
        "{told_nan}"
    );
}

/// What promtool 2.42 prints of two series of a counter.
const PROMTOOL: &str = "\
http_requests_total{code=\"200\", handler=\"/a, b\", job=\"p\"} =>
2 @[1796089715.767]
4 @[1796089717.767]
6 @[1796089719.767]
http_requests_total{code=\"500\", handler=\"/a, b\", job=\"p\"} =>
0 @[1796089715.767]
NaN @[1796089717.767]
2 @[1796089719.767]
";

#[test]
fn the_text_of_promtool_is_the_same_as_its_json() {
    let series = |code: &str, values: &str| {
        format!(
            r#"{{"metric":{{"__name__":"http_requests_total","code":"{code}","handler":"/a, b","job":"p"}},"values":[{values}]}}"#
        )
    };
    let json = format!(
        "[{},{}]",
        series(
            "200",
            r#"[1796089715.767,"2"],[1796089717.767,"4"],[1796089719.767,"6"]"#
        ),
        series(
            "500",
            r#"[1796089715.767,"0"],[1796089717.767,"NaN"],[1796089719.767,"2"]"#
        )
    );
    assert_eq!(read(PROMTOOL).format.word(), "promtool-text");
    assert_eq!(read(PROMTOOL).trace, read(&json).trace);
    let rows = told_as(
        What::Requests,
        "{} =>\n0.5 @[1796089715.805]\n1 @[1796089717.805]\n",
    );
    assert!(rows.contains("0,0.5\n2,1\n"), "{rows}");
    insta::assert_snapshot!(told(PROMTOOL), @"
    # hpasim trace convert, from: promtool range query; time_s 0 is 2026-12-01T01:48:35.767Z
    time_s,rps
    0,1.5
    2,1
    4,1
    warning[W0031]: 1 sample is NaN, infinite, negative or not a number; hpasim ignores such a sample, and a gauge keeps the value before it
     --> in:7:1
      |
    7 | NaN @[1796089717.767]
      | ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check the recording there; without traffic, a query such as 0/0 gives NaN
    ");
    let histogram = told("up =>\n{count:3, sum:4, (0,1]:3} @[1796089715.767]\n");
    assert!(histogram.contains("native histograms"), "{histogram}");
}
