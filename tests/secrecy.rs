//! No reader shows a confidential value of a manifest, whether the manifest is whole or broken.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hpasim::check::{CheckRequest, WITHIN, check};
use hpasim::conformance::replay_recording;
use hpasim::render::check::{check_json, render_check};
use hpasim::render::paint::Colour;
use hpasim::scenario::formats::{
    ReadOptions, RecordedUtilization, RecordingFormat, read_recording,
};
use hpasim::scenario::{LoadRequest, ManifestChoice, MemoryLoader, load, parse_probe, parse_trace};
use hpasim::units::{Millicores, SimSpan};
use proptest::prelude::*;

#[path = "fixtures/confidential.rs"]
mod confidential;

use confidential::{MARKERS, damaged, manifests, secrets_like_recordings, shows, toml_texts};

/// The number of ways that [`damaged`] has.
const WAYS: usize = 13;

const TRACE: &str = "time_s,rps\n0,1\n60,1\n";

fn loaded(policy: &str, text: &str, trace: &str) -> String {
    let mut files = MemoryLoader::default()
        .with(policy, text)
        .with("t.csv", trace);
    let request = LoadRequest::new(Path::new(policy), Path::new("t.csv"));
    match load(request, &mut files) {
        Ok(loaded) => format!("{:?}", loaded.warnings),
        Err(faults) => format!("{faults:?}"),
    }
}

fn checked(path: &str, text: &str) -> String {
    let path = PathBuf::from(path);
    let mut files = MemoryLoader::default().with(&path, text);
    let request = CheckRequest {
        files: &[path],
        choice: ManifestChoice::default(),
        trace: None,
        reading: hpasim::scenario::TraceReading::default(),
        within: WITHIN,
    };
    let report = check(&request, &mut files).expect("no trace to read");
    let json = check_json(&report).expect("JSON");
    format!("{report:?}{}{json}", render_check(&report, Colour::Plain))
}

/// The messages of each reader about a text, by the reader's name.
fn said(text: &str) -> Vec<(String, String)> {
    let mut said = vec![
        (
            "policy app.yaml".to_owned(),
            loaded("app.yaml", text, TRACE),
        ),
        ("policy p.toml".to_owned(), loaded("p.toml", text, TRACE)),
        ("policy p".to_owned(), loaded("p", text, TRACE)),
        (
            "trace".to_owned(),
            loaded("p.toml", "[hpa]\nmaxReplicas = 2\n", text),
        ),
        ("check app.yaml".to_owned(), checked("app.yaml", text)),
        ("check p.toml".to_owned(), checked("p.toml", text)),
        (
            "own CSV".to_owned(),
            format!("{:?}", parse_trace(Path::new("t.csv"), text.as_bytes())),
        ),
        (
            "probe".to_owned(),
            format!("{:?}", parse_probe(Path::new("p.csv"), text.as_bytes())),
        ),
        (
            "replay".to_owned(),
            format!(
                "{:?}",
                replay_recording("r", text.as_bytes(), &BTreeSet::new(), None)
            ),
        ),
    ];
    for format in [None].into_iter().chain(RecordingFormat::ALL.map(Some)) {
        let options = ReadOptions {
            format,
            ..ReadOptions::default()
        };
        let read = read_recording("in", text.as_bytes(), &options);
        said.push((format!("recording {format:?}"), format!("{read:?}")));
    }
    let options = ReadOptions {
        utilization: Some(RecordedUtilization {
            utilization_column: "cpu".to_owned(),
            replicas_column: "replicas".to_owned(),
            cpu_request: Millicores(100),
            age: SimSpan::default(),
        }),
        ..ReadOptions::default()
    };
    let read = read_recording("in", text.as_bytes(), &options);
    said.push(("utilization".to_owned(), format!("{read:?}")));
    said
}

fn assert_silent(text: &str, marker: &str) {
    for (reader, said) in said(text) {
        assert!(!shows(&said, marker), "{reader} says {said}\nof\n{text}");
    }
}

#[test]
fn no_reader_shows_a_confidential_value_of_a_whole_manifest() {
    for marker in MARKERS {
        let recordings = secrets_like_recordings(marker);
        for manifest in manifests(marker).into_iter().chain(recordings) {
            assert_silent(&manifest, marker);
        }
    }
}

#[test]
fn no_reader_shows_a_confidential_value_of_toml_whether_it_can_be_parsed_or_not() {
    for marker in MARKERS {
        for text in toml_texts(marker) {
            assert_silent(&text, marker);
        }
    }
}

#[test]
fn no_reader_shows_a_confidential_value_where_a_manifest_is_cut_or_has_one_letter_more() {
    for (marker_index, marker) in MARKERS.into_iter().enumerate() {
        for (index, manifest) in manifests(marker).into_iter().enumerate() {
            // Each manifest is damaged in each way with each marker, and in each quarter, with
            // another marker each time.
            for way in 0..WAYS {
                let quarter = (index + way + marker_index) % 4;
                assert_silent(
                    &damaged(&manifest, marker, way, quarter as f64 / 4.0),
                    marker,
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn no_reader_shows_a_confidential_value_of_a_broken_manifest(
        index in any::<prop::sample::Index>(),
        way in 0..WAYS,
        share in 0.0..1.0_f64,
        marker in prop::sample::select(&MARKERS[..]),
    ) {
        let manifests = manifests(marker);
        let text = damaged(&manifests[index.index(manifests.len())], marker, way, share);
        for (reader, said) in said(&text) {
            prop_assert!(!shows(&said, marker), "{reader} says {said}\nof\n{text}");
        }
    }
}
