//! The core against all recordings of the real controller.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use hpasim::conformance::{FileReport, replay_recording};

fn replay(file: &str) -> FileReport {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/conformance")
        .join(file);
    let recording = File::open(&path).expect("the recording ships with the project");
    replay_recording(file, recording, &BTreeSet::new()).expect("the recording is well-formed")
}

/// Every step agrees in every field, even in the category `overflow` (the wrap-around of one
/// processor).
fn assert_agrees(file: &str, steps: usize) {
    let report = replay(file);
    assert!(
        report.agreement.is_complete(),
        "{} of {} steps of {file} agree; the first that do not: {:#?}",
        report.agreement.agreeing_steps,
        report.agreement.steps,
        report.disagreements.iter().take(5).collect::<Vec<_>>()
    );
    assert_eq!(report.agreement.steps, steps, "{file}");
    assert_eq!(report.unknown_keys.len(), 0, "{:?}", report.unknown_keys);
}

#[test]
fn decisions_of_the_current_controller_agree_in_every_field() {
    assert_agrees("decision.jsonl.gz", 6_015);
}

#[test]
fn timelines_of_the_current_controller_agree_in_every_field() {
    assert_agrees("timeline.jsonl.gz", 37_729);
}

#[test]
fn histories_with_edits_and_restarts_agree_in_every_field() {
    assert_agrees("edits.jsonl.gz", 9_444);
}

#[test]
fn decisions_of_1_28_agree_in_every_field() {
    assert_agrees("v1.28/decision.jsonl.gz", 2_278);
}

#[test]
fn timelines_of_1_28_agree_in_every_field() {
    assert_agrees("v1.28/timeline.jsonl.gz", 10_599);
}
