//! The core against all recordings of the real controller.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use hpasim::conformance::{FileReport, replay_recording};
use hpasim::hpa::rules::Release;

/// The recordings, and the steps of each.
const RECORDINGS: [(&str, [(&str, usize); 3]); 9] = [
    (
        "v1.28",
        [("decision", 2_278), ("timeline", 10_599), ("", 0)],
    ),
    (
        "1.29",
        [("decision", 396), ("timeline", 3_018), ("edits", 2_478)],
    ),
    (
        "1.32",
        [("decision", 490), ("timeline", 11_305), ("edits", 2_954)],
    ),
    (
        "1.33",
        [("decision", 520), ("timeline", 11_305), ("edits", 2_954)],
    ),
    (
        "1.34",
        [("decision", 346), ("timeline", 636), ("edits", 443)],
    ),
    (
        "1.35",
        [("decision", 653), ("timeline", 3_209), ("edits", 2_039)],
    ),
    (
        "1.36",
        [("decision", 720), ("timeline", 4_879), ("edits", 2_039)],
    ),
    (
        "1.37",
        [("decision", 564), ("timeline", 3_807), ("edits", 481)],
    ),
    (
        ".",
        [("decision", 6_015), ("timeline", 37_729), ("edits", 9_444)],
    ),
];

fn replay(file: &str, release: Option<Release>) -> FileReport {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/conformance")
        .join(file);
    let recording = File::open(&path).expect("the recording ships with the project");
    replay_recording(file, recording, &BTreeSet::new(), release)
        .expect("the recording is well-formed")
}

/// Every step agrees in every field, even in the category `overflow` (the wrap-around of one
/// processor).
fn assert_agrees(folder: &str) {
    let (_, files) = RECORDINGS
        .iter()
        .find(|(known, _)| *known == folder)
        .expect("a folder with recordings");
    for (name, steps) in files.iter().filter(|(_, steps)| *steps > 0) {
        let file = format!("{folder}/{name}.jsonl.gz");
        let report = replay(&file, None);
        assert!(
            report.agreement.is_complete(),
            "{} of {} steps of {file} agree; the first that do not: {:#?}",
            report.agreement.agreeing_steps,
            report.agreement.steps,
            report.disagreements.iter().take(5).collect::<Vec<_>>()
        );
        assert_eq!(report.agreement.steps, *steps, "{file}");
        assert_eq!(report.unknown_keys.len(), 0, "{:?}", report.unknown_keys);
    }
}

#[test]
fn decisions_of_1_28_agree_in_every_field() {
    assert_agrees("v1.28");
}

#[test]
fn decisions_of_1_29_agree_in_every_field() {
    assert_agrees("1.29");
}

#[test]
fn decisions_of_1_32_agree_in_every_field() {
    assert_agrees("1.32");
}

#[test]
fn decisions_of_1_33_agree_in_every_field() {
    assert_agrees("1.33");
}

#[test]
fn decisions_of_1_34_agree_in_every_field() {
    assert_agrees("1.34");
}

#[test]
fn decisions_of_1_35_agree_in_every_field() {
    assert_agrees("1.35");
}

#[test]
fn decisions_of_1_36_agree_in_every_field() {
    assert_agrees("1.36");
}

#[test]
fn decisions_of_1_37_agree_in_every_field() {
    assert_agrees("1.37");
}

#[test]
fn decisions_of_1_38_dev_agree_in_every_field() {
    assert_agrees(".");
}

#[test]
fn each_release_with_new_rules_is_told_from_the_one_before() {
    for pair in Release::ALL.windows(2) {
        let [before, release] = pair else { continue };
        let folder = match release {
            Release::V1_30 | Release::V1_31 | Release::V1_32 => continue,
            Release::V1_38Dev => ".".to_owned(),
            _ => release.to_string(),
        };
        let report = replay(&format!("{folder}/decision.jsonl.gz"), Some(*before));
        assert!(!report.agreement.is_complete(), "{before} and {release}");
    }
}
