//! Which values an argument states, and which are refused.

use super::*;

fn values(argument: &str) -> Vec<String> {
    let parameter = Parameter::parse(argument).expect("a parameter");
    (0..parameter.count())
        .map(|index| parameter.value(index))
        .collect()
}

fn fault(argument: &str) -> String {
    Parameter::parse(argument).expect_err("a fault").to_string()
}

#[test]
fn commas_outside_quotes_and_brackets_part_a_list() {
    assert_eq!(values("a.b=0,60, 300"), ["0", "60", "300"]);
    assert_eq!(values("a=\"x,y\",'z,\"'"), ["\"x,y\"", "'z,\"'"]);
    assert_eq!(
        values("a=[{ type = \"Pods\", value = 4 }, 2],[]"),
        ["[{ type = \"Pods\", value = 4 }, 2]", "[]"]
    );
    assert_eq!(values("\"a=b\".c=1"), ["1"]);
    assert_eq!(values("a="), [""]);
    // A word gets its quotes; a date and an exponent are values.
    assert_eq!(values("a=5s,45s"), ["\"5s\"", "\"45s\""]);
    assert_eq!(values("a=2026-01-01,1e-3"), ["2026-01-01", "1e-3"]);
}

#[test]
fn a_range_includes_its_end() {
    assert_eq!(values("a=40..55:5"), ["40", "45", "50", "55"]);
    assert_eq!(values("a=0.05..0.2:0.05"), ["0.05", "0.1", "0.15", "0.2"]);
    assert_eq!(values("a=0.5..1.5:0.5"), ["0.5", "1.0", "1.5"]);
    assert_eq!(values("a=-1..1:1"), ["-1", "0", "1"]);
    assert_eq!(values("a=7..7:1"), ["7"]);
}

#[test]
fn a_range_with_a_unit_makes_text() {
    assert_eq!(values("a=10s..30s:10s"), ["\"10s\"", "\"20s\"", "\"30s\""]);
    assert_eq!(values("a=\"1m\"..\"2m\":\"1m\""), ["\"1m\"", "\"2m\""]);
}

#[test]
fn a_list_may_hold_ranges() {
    assert_eq!(
        values("a=0,60..180:60,600"),
        ["0", "60", "120", "180", "600"]
    );
}

#[test]
fn a_range_without_step_is_as_fine_as_its_ends_need() {
    assert_eq!(values("a=1..3"), ["1", "2", "3"]);
    let fine = Parameter::parse("a=0.1..0.2").expect("a parameter");
    assert_eq!(fine.count(), 1001);
    assert_eq!(fine.value(1), "0.1001");
    assert_eq!(fine.range_without_step().as_deref(), Some("0.1..0.2"));
}

#[test]
fn a_faulty_range_says_what_to_write() {
    insta::assert_snapshot!(fault("hpa.maxReplicas"), @"`hpa.maxReplicas`: write path=values, as hpa.maxReplicas=20,40");
    insta::assert_snapshot!(fault("a=10-90"), @"`a=10-90`: a range has two dots; write 10..90:STEP, or 10..90 for values drawn in between (`sweep` then needs --samples)");
    insta::assert_snapshot!(fault("a=40..x:5"), @"`a=40..x:5`: `x` is not a number; a range is from..to:step, as 40..80:5 or 10s..60s:10s");
    insta::assert_snapshot!(fault("a=10s..1m:10s"), @"`a=10s..1m:10s`: a range has one unit, as 10s..60s:10s, and this one has `s` and `m`");
    insta::assert_snapshot!(fault("a=10s..60:10s"), @"`a=10s..60:10s`: a range has one unit, as 10s..60s:10s, and this one has `s` and no unit");
    insta::assert_snapshot!(fault("a=80..40:5"), @"`a=80..40:5`: 80 is more than 40; write the smaller end first");
    insta::assert_snapshot!(fault("a=40..80:0"), @"`a=40..80:0`: the step is 0; write a step above 0");
    insta::assert_snapshot!(fault("a=40..83:5"), @"`a=40..83:5`: steps of 5 from 40 do not reach 83; end the range at 80, or take another step");
    insta::assert_snapshot!(fault("a=10,10"), @"`a=10,10`: the value `10` is listed twice; write each value once");
    insta::assert_snapshot!(fault("a=0.5,0.50"), @"`a=0.5,0.50`: the value `0.50` is listed twice; write each value once");
    insta::assert_snapshot!(fault("a=15,10..20:5"), @"`a=15,10..20:5`: the value `15` is listed twice; write each value once");
    insta::assert_snapshot!(fault("a=5s,\"5s\""), @r#"`a=5s,"5s"`: the value `"5s"` is listed twice; write each value once"#);
    insta::assert_snapshot!(fault("a=0..2000000:1"), @"`a=0..2000000:1`: these are more than 1000000 values; write a greater step");
    insta::assert_snapshot!(fault("a=0..9223372036854775807:0.5"), @"`a=0..9223372036854775807:0.5`: `9223372036854775807` is not a number; a range is from..to:step, as 40..80:5 or 10s..60s:10s");
}

#[test]
fn a_value_in_another_spelling_is_listed_twice() {
    for argument in [
        "a=60s,1m",
        "a=60,0x3C",
        "a=60,6_0",
        "a=60,60.0",
        "a=1e-3,0.001",
        "a=2m,60s..180s:60s",
        "a=\"x\",'x'",
    ] {
        let fault = Parameter::parse(argument).expect_err("a fault").fault;
        assert!(
            matches!(fault, ParameterFault::Repeated(_)),
            "{argument}: {fault}"
        );
    }
    insta::assert_snapshot!(fault("a=60,0x3C"), @"`a=60,0x3C`: the value `0x3C` is listed twice; write each value once");
}

#[test]
fn integers_beyond_a_float_differ_and_an_empty_value_is_no_repeated_one() {
    for argument in ["a=9007199254740993,9007199254740992", "a=,", "a=\"60\",60"] {
        assert_eq!(values(argument).len(), 2, "{argument}");
    }
}

#[test]
fn ranges_of_too_many_values_together_are_refused_before_they_are_compared() {
    let ranges: Vec<String> = (0..150)
        .map(|at| format!("{at}000000..{at}999999:1"))
        .collect();
    let fault = Parameter::parse(&format!("a={}", ranges.join(",")))
        .expect_err("a fault")
        .fault;
    assert_eq!(fault, ParameterFault::TooMany);
}

#[test]
fn a_release_is_text_with_and_without_quotes() {
    let release = |values: &str| format!("controller.kubernetes={values}");
    assert_eq!(values(&release("1.29,1.30")), ["1.29", "1.30"]);
    // The policy's reader refuses 1.3, which is not listed twice.
    assert_eq!(values(&release("1.3,1.30")), ["1.3", "1.30"]);
    insta::assert_snapshot!(fault(&release("1.30,\"1.30\"")), @r#"`controller.kubernetes=1.30,"1.30"`: the value `"1.30"` is listed twice; write each value once"#);
    insta::assert_snapshot!(fault(&release("1.28..1.31:0.01")), @"`controller.kubernetes=1.28..1.31:0.01`: the names of releases are text and have no ranges; list them, as 1.29,1.30,1.31");
}
