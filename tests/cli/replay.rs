//! `hpasim replay`.

use std::io::Read;

use super::{Sandbox, project};

/// Some recorded scenarios of one category, as text.
pub(super) fn recorded(category: &str, count: usize) -> String {
    let path = project().join("tests/conformance/decision.jsonl.gz");
    let file = std::fs::File::open(path).expect("the recording");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("a whole recording");
    let wanted = format!("{{\"id\":\"{category}-");
    text.lines()
        .filter(|line| line.starts_with(&wanted))
        .take(count)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn a_recording_that_agrees_exits_with_0() {
    let sandbox = Sandbox::new();
    sandbox.write("some.jsonl", recorded("bounds", 3) + &recorded("zero", 2));
    let replay = sandbox.done("replay some.jsonl");
    insta::assert_snapshot!(replay.stdout, @"
    some.jsonl
     category  scenarios  steps  all fields  desiredReplicas  agreement
     bounds            3      4           4                4      100 %
     zero              2      6           6                6      100 %
     all               5     10          10               10      100 %

    All 10 steps agree with the recorded controller in every field.
    ");
}

#[test]
fn a_recording_that_disagrees_exits_with_99_and_shows_the_field() {
    let sandbox = Sandbox::new();
    let altered = recorded("cpu-edge", 1).replacen(
        "\"desiredReplicas\":6,\"rescaled\"",
        "\"desiredReplicas\":7,\"rescaled\"",
        1,
    );
    sandbox.write("altered.jsonl", altered);
    let replay = sandbox.hpasim("replay altered.jsonl");
    assert_eq!(replay.code, Some(99), "{replay:?}");
    insta::assert_snapshot!(replay.stdout, @"
    altered.jsonl
     category  scenarios  steps  all fields  desiredReplicas  agreement
     cpu-edge          1      2           1                1    50.00 %
     all               1      2           1                1    50.00 %

    cpu-edge-0001 step 0: desiredReplicas
      expected 7
      got      6

    1 of 2 steps agree in every field (50.00 %), 1 in desiredReplicas (50.00 %).
    ");
}

#[test]
fn a_malformed_recording_exits_with_3_and_the_line() {
    let sandbox = Sandbox::new();
    sandbox.write("broken.jsonl", recorded("zero", 1) + "\n{\"id\": 5}\n");
    let replay = sandbox.hpasim("replay broken.jsonl");
    assert_eq!(replay.code, Some(3));
    assert_eq!(replay.stdout, "");
    insta::assert_snapshot!(replay.stderr, @"error: broken.jsonl: line 3 is not a recorded scenario: invalid type, expected a string (column 8)");
}

#[test]
fn what_holds_no_whole_recording_exits_with_3() {
    let sandbox = Sandbox::new();
    sandbox.write("empty.jsonl", "");
    sandbox.write("cut.jsonl.gz", {
        let path = project().join("tests/conformance/decision.jsonl.gz");
        std::fs::read(path).expect("the recording")[..5_000].to_vec()
    });
    for file in ["empty.jsonl", "cut.jsonl.gz"] {
        let replay = sandbox.hpasim(&["replay", file]);
        assert_eq!(replay.code, Some(3), "{replay:?}");
        assert_eq!(replay.stdout, "");
        assert!(
            replay.stderr.starts_with(&format!("error: {file}: ")),
            "{replay:?}"
        );
    }
}

#[test]
fn an_ignored_category_is_left_out_and_said_so() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "some.jsonl",
        recorded("bounds", 2) + &recorded("overflow", 3),
    );
    let replay = sandbox.done("replay some.jsonl --ignore overflow");
    assert!(
        replay.stdout.contains("Left out: overflow (3 scenarios)."),
        "{replay:?}"
    );
}

#[test]
fn a_key_that_is_not_known_is_counted_in_a_warning() {
    let sandbox = Sandbox::new();
    let with_key = recorded("zero", 1).replacen("{\"id\"", "{\"colour\":\"blue\",\"id\"", 1);
    sandbox.write("newer.jsonl", with_key);
    let replay = sandbox.done("replay newer.jsonl");
    assert_eq!(
        replay.stderr,
        "warning: newer.jsonl: hpasim ignored 1 unknown key: colour (1)\n"
    );
}

#[test]
fn a_sample_may_be_an_object_and_its_unknown_keys_are_counted_too() {
    let sandbox = Sandbox::new();
    let line = recorded("cpu-edge", 1);
    let altered = line.replacen(
        "\"p0\":191",
        "\"p0\":{\"value\":191,\"timestamp\":-3,\"unit\":\"m\"}",
        1,
    );
    assert_ne!(line, altered);
    sandbox.write("objects.jsonl", altered);
    let replay = sandbox.done("replay objects.jsonl");
    assert!(
        replay.stderr.contains("hpasim ignored 1 unknown key"),
        "{replay:?}"
    );
}

#[test]
fn an_ignored_category_that_is_not_there_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("some.jsonl", recorded("bounds", 2));
    let replay = sandbox.done("replay some.jsonl --ignore bound --ignore bounds");
    assert_eq!(
        replay.stderr,
        "warning: --ignore bound: no recording has this category\n"
    );
    assert!(
        replay.stdout.ends_with("Nothing was left to compare.\n"),
        "{replay:?}"
    );
}

#[test]
fn json_is_one_object_with_the_same_figures() {
    let sandbox = Sandbox::new();
    sandbox.write("some.jsonl", recorded("bounds", 2) + &recorded("zero", 2));
    let replay = sandbox.done("replay some.jsonl --format json");
    let report = replay.json();
    let steps = report["steps"].as_u64();
    assert!(steps >= Some(4), "{report}");
    assert_eq!(report["agreeing_steps"].as_u64(), steps);
    assert_eq!(report["agreeing_desired"].as_u64(), steps);
    let file = &report["files"][0];
    assert_eq!(file["steps"].as_u64(), steps);
    assert_eq!(file["categories"][0]["category"], "bounds");
    assert_eq!(file["disagreements"], serde_json::json!([]));
}

#[test]
fn a_stated_release_decides_instead_of_the_recorded_one() {
    let sandbox = Sandbox::new();
    sandbox.write("edges.jsonl", recorded("cpu-tolerance", 40));
    sandbox.done("replay edges.jsonl");
    sandbox.done("replay edges.jsonl --kubernetes current");
    let older = sandbox.hpasim("replay edges.jsonl --kubernetes 1.32");
    assert_eq!(older.code, Some(99), "{older:?}");
    let unknown = sandbox.hpasim("replay edges.jsonl --kubernetes 1.25");
    insta::assert_snapshot!(unknown.stderr, @"
    error: invalid value '1.25' for '--kubernetes <RELEASE>'
      [possible values: 1.28, 1.29, 1.30, 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, 1.37, 1.38-dev, current, 1.26, 1.27]

      tip: a similar value exists: '1.27'

    For more information, try '--help'.
    ");
}
