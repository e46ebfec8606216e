//! The names of result files, and which characters of an outside name a file name may contain.

use std::collections::BTreeSet;

use crate::scenario::recorded::RECORDED_CSV;

/// The mark of completeness.
pub(super) const SUMMARY: &str = "summary.json";
/// One row every interval.
pub(super) const TIMELINE: &str = "timeline.csv";
/// The same over several seeds: median, p10 and p90.
pub(super) const TIMELINE_QUANTILES: &str = "timeline_quantiles.csv";
/// The histogram of latency.
pub(super) const LATENCY: &str = "latency.csv";
/// One line every reconcile.
pub(super) const DECISIONS: &str = "decisions.jsonl";
/// Samples for Prometheus.
pub(super) const OPENMETRICS: &str = "openmetrics.txt";
/// A recorded day beside its simulation, a row for each recorded row.
pub(super) const BACKTEST: &str = "backtest.csv";
/// Every autoscaler of a manifest, a row for each.
pub(super) const AUTOSCALERS: &str = "autoscalers.csv";
/// A comparison, a row for each KPI and policy.
pub(super) const COMPARISON_CSV: &str = "comparison.csv";
/// The same for programs.
pub(super) const COMPARISON_JSON: &str = "comparison.json";
/// Every policy on the front of a tuning.
pub(super) const FRONT_CSV: &str = "front.csv";
/// The held-out traffic of a tuning with the training's spike in it.
pub(super) const HELD_OUT_CSV: &str = "held-out.csv";
/// What a tuning proposes, for kubectl.
pub(super) const PATCH: &str = "patch.yaml";
/// The same as a policy of its own.
pub(super) const PROPOSED_TOML: &str = "proposed.toml";
/// The policy of an import.
pub(super) const IMPORTED_POLICY: &str = "policy.toml";
/// The objects of an import.
pub(super) const IMPORTED_MANIFEST: &str = "manifest.yaml";
/// The load of an import.
pub(super) const TRAFFIC: &str = "traffic.csv";
/// What was found, assumed and missing.
pub(super) const IMPORT_MD: &str = "import.md";
/// The rows of a sweep.
pub(super) const SWEEP: &str = "sweep.csv";
/// The picture of a run or a comparison, without the end that says how it is encoded.
pub(super) const PLOT: &str = "plot";
/// Cost against harm, in the same way.
pub(super) const FRONT: &str = "front";
/// What each swept parameter does.
pub(super) const PARAMETERS: &str = "parameters";
/// Two swept parameters as a map.
pub(super) const HEATMAP: &str = "heatmap";
/// Which parameter matters.
pub(super) const SENSITIVITY: &str = "sensitivity";
/// What an import writes besides a summary. A user may have files of these names elsewhere, so no other command takes them for its own.
const IMPORTED: [&str; 5] = [
    IMPORTED_POLICY,
    IMPORTED_MANIFEST,
    TRAFFIC,
    IMPORT_MD,
    RECORDED_CSV,
];
/// The command with these files.
const IMPORT: &str = "import";
/// Every picture.
const PICTURES: [&str; 5] = [PLOT, FRONT, PARAMETERS, HEATMAP, SENSITIVITY];
/// Everything that a command writes, pictures apart.
const FILES: [&str; 15] = [
    SUMMARY,
    TIMELINE,
    TIMELINE_QUANTILES,
    LATENCY,
    DECISIONS,
    OPENMETRICS,
    AUTOSCALERS,
    BACKTEST,
    COMPARISON_CSV,
    COMPARISON_JSON,
    FRONT_CSV,
    HELD_OUT_CSV,
    PATCH,
    PROPOSED_TOML,
    SWEEP,
];

/// Whether `command` takes files of this name for results. A path is no name: what an untrusted summary lists stays in its folder.
pub(super) fn is_result(command: &str, name: &str) -> bool {
    let is_picture = match name.rsplit_once('.') {
        Some((stem, "svg" | "png")) => PICTURES.contains(&stem) || stem.starts_with("plot-"),
        _ => false,
    };
    let is_imported = command == IMPORT && IMPORTED.contains(&name);
    is_imported || FILES.contains(&name) || (is_picture && !name.contains(['/', '\\']))
}

/// A name without what means something in a path: `@fixed:3` becomes `fixed-3`.
pub(super) fn path_safe(name: &str) -> String {
    let letters = name
        .trim_start_matches(['@', '.', '/'])
        .chars()
        .map(|letter| match letter {
            letter if letter.is_alphanumeric() => letter,
            '.' | '_' | '-' => letter,
            _ => '-',
        });
    letters.collect()
}

/// More letters of a name do not go into a file's name.
const FILE_NAME_LETTERS_MAX: usize = 80;

/// The names, each as a part of a file's name that no other has, whatever the file system makes of capitals.
pub(super) fn distinct_file_names(names: &[&str]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    names
        .iter()
        .map(|name| {
            let safe: String = path_safe(name)
                .chars()
                .take(FILE_NAME_LETTERS_MAX)
                .collect();
            let numbered = (2_u64..).map(|number| format!("{safe}-{number}"));
            std::iter::once(safe.clone())
                .chain(numbered)
                .find(|name| taken.insert(name.to_lowercase()))
                .unwrap_or(safe)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_result_and_a_path_or_another_picture_is_none() {
        for name in ["plot.svg", "plot-spike.png", "heatmap.png", "front.svg"] {
            assert!(is_result("run", name), "{name}");
        }
        for name in [
            "plot-../../key.png",
            "photo.png",
            "front.toml",
            "plot",
            "policy.toml",
        ] {
            assert!(!is_result("run", name), "{name}");
        }
    }

    #[test]
    fn names_that_a_file_system_may_take_for_one_get_numbers() {
        let names = distinct_file_names(&["a b", "a-b", "a:b", "A-B", "a-b-2", "c"]);
        assert_eq!(names, ["a-b", "a-b-2", "a-b-3", "A-B-4", "a-b-2-2", "c"]);
    }
}
