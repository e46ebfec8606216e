//! Sums per period: CloudWatch and Artillery.

use super::*;

const POINTS: &str = "\"Datapoints\":[{\"Timestamp\":\"2026-03-02T10:02:00+01:00\",\"Sum\":120.0,\"Unit\":\"Count\"},{\"Timestamp\":\"2026-03-02T10:00:00+01:00\",\"Sum\":600.0,\"Unit\":\"Count\"}]";

#[test]
fn a_sum_per_period_is_divided_by_the_period() {
    let told_data = told(
        "{\"MetricDataResults\":[{\"Id\":\"m1\",\"Label\":\"RequestCount\",\"Timestamps\":[\"2026-03-02T09:02:00Z\",\"2026-03-02T09:01:00Z\",\"2026-03-02T09:00:00Z\"],\"Values\":[120.0,600.0,60.0],\"StatusCode\":\"Complete\"}],\"Messages\":[]}",
    );
    insta::assert_snapshot!(told_data, @"
    # hpasim trace convert, from: `RequestCount` (sums of 1m, divided by the period); time_s 0 is 2026-03-02T09:00:00Z
    time_s,rps
    0,1
    60,10
    120,2
    180,2
    ");
    let recording = read(format!("{{\"Label\":\"RequestCount\",{POINTS}}}"));
    assert_eq!(recording.utc_offset_seconds, Some(3600));
    assert!(with_seconds(&recording).ends_with("time_s,rps\n0,5\n120,1\n240,1\n"));
}

#[test]
fn a_period_without_a_value_had_no_request() {
    let values = "\"Timestamps\":[\"2026-03-02T09:00:00Z\",\"2026-03-02T09:01:00Z\",\"2026-03-02T09:04:00Z\"],\"Values\":[60,60,60]";
    let told = told(format!(
        "{{\"MetricDataResults\":[{{\"Label\":\"RequestCount\",{values}}}]}}"
    ));
    assert!(
        told.contains("time_s,rps\n0,1\n60,1\n120,0\n240,1\n300,1\n"),
        "{told}"
    );
    assert!(
        told.contains("2 periods of 1m without a value, the first at 2026-03-02T09:02:00Z"),
        "{told}"
    );
}

#[test]
fn what_is_no_load_is_refused() {
    let cpu = told(
        "{\"Label\":\"CPUUtilization\",\"Datapoints\":[{\"Timestamp\":\"2026-03-02T09:02:00Z\",\"Average\":12.0,\"Unit\":\"Percent\"}]}",
    );
    assert!(cpu.contains("E0059"), "{cpu}");
    let two = "{\"MetricDataResults\":[{\"Label\":\"RequestCount\",\"Timestamps\":[\"2026-03-02T09:02:00Z\"],\"Values\":[1]},{\"Label\":\"5XX\",\"Timestamps\":[\"2026-03-02T09:02:00Z\"],\"Values\":[2]}]}";
    let told_two = told(two);
    assert!(
        told_two.contains("E0045") && told_two.contains("--series: 1 RequestCount; 2 5XX"),
        "{told_two}"
    );
    let options = ReadOptions {
        series: Some(hpasim::scenario::formats::SeriesChoice::Number(2)),
        ..ReadOptions::default()
    };
    assert!(told_with(two, &options, &Shaping::default()).contains("time_s,rps\n"));
}

#[test]
fn the_intervals_of_artillery_are_ten_seconds() {
    let told_2 = told(
        "{\"aggregate\":{\"counters\":{}},\"intermediate\":[{\"counters\":{\"http.requests\":100},\"period\":\"1772442000000\"},{\"counters\":{\"http.requests\":50},\"period\":\"1772442010000\"}]}",
    );
    assert!(
        told_2.ends_with("time_s,rps\n0,10\n10,5\n20,5\n"),
        "{told_2}"
    );
    let told_1 = told(
        "{\"aggregate\":{\"scenariosCreated\":2},\"intermediate\":[{\"timestamp\":\"2026-03-02T09:00:10.223Z\",\"requestsCompleted\":100},{\"timestamp\":\"2026-03-02T09:00:20.225Z\",\"requestsCompleted\":50}]}",
    );
    assert!(
        told_1.contains("2026-03-02T09:00:00.223Z\ntime_s,rps\n0,10\n10.002,5\n"),
        "{told_1}"
    );
    let summary = told("{\"aggregate\":{\"counters\":{\"http.requests\":5}}}");
    assert!(
        summary.contains("E0042") && summary.contains("artillery run --output"),
        "{summary}"
    );
}
