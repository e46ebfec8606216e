//! The names of result files: which there are, and what of a name from outside can be part of one.

use std::collections::BTreeSet;

/// The mark of completeness.
pub(super) const SUMMARY: &str = "summary.json";
/// One row every interval.
pub(super) const TIMELINE: &str = "timeline.csv";
/// The histogram of latency.
pub(super) const LATENCY: &str = "latency.csv";
/// One line every reconcile.
pub(super) const DECISIONS: &str = "decisions.jsonl";
/// The picture in vectors.
pub(super) const PLOT_SVG: &str = "plot.svg";
/// The picture in pixels.
pub(super) const PLOT_PNG: &str = "plot.png";
/// A comparison, a row for each KPI and policy.
pub(super) const COMPARISON_CSV: &str = "comparison.csv";
/// The same for programs.
pub(super) const COMPARISON_JSON: &str = "comparison.json";
/// Every policy on the front of a tuning.
pub(super) const FRONT_CSV: &str = "front.csv";
/// What a tuning proposes, for kubectl.
pub(super) const PATCH: &str = "patch.yaml";
/// The same as a policy of its own.
pub(super) const PROPOSED_TOML: &str = "proposed.toml";
/// Which parameter matters, in pixels.
pub(super) const SENSITIVITY_PNG: &str = "sensitivity.png";
/// The same in vectors.
pub(super) const SENSITIVITY_SVG: &str = "sensitivity.svg";
/// The rows of a sweep.
pub(super) const SWEEP: &str = "sweep.csv";
/// The pictures of a sweep.
pub(super) const SWEEP_PICTURES: [&str; 6] = [
    "front.png",
    "front.svg",
    "parameters.png",
    "parameters.svg",
    "heatmap.png",
    "heatmap.svg",
];
/// Everything that a command writes beside the summary, pictures apart.
const RUN_FILES: [&str; 13] = [
    TIMELINE,
    LATENCY,
    DECISIONS,
    PLOT_SVG,
    PLOT_PNG,
    COMPARISON_CSV,
    COMPARISON_JSON,
    FRONT_CSV,
    PATCH,
    PROPOSED_TOML,
    SENSITIVITY_PNG,
    SENSITIVITY_SVG,
    SWEEP,
];
/// Whether a command writes files of this name. A path is no name: what an untrusted summary lists stays in its folder.
pub(super) fn is_result(name: &str) -> bool {
    let is_picture =
        name.starts_with("plot-") && (name.ends_with(".svg") || name.ends_with(".png"));
    let is_known = name == SUMMARY || RUN_FILES.contains(&name) || SWEEP_PICTURES.contains(&name);
    is_known || (is_picture && !name.contains(['/', '\\']))
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
    fn names_that_a_file_system_may_take_for_one_get_numbers() {
        let names = distinct_file_names(&["a b", "a-b", "a:b", "A-B", "a-b-2", "c"]);
        assert_eq!(names, ["a-b", "a-b-2", "a-b-3", "A-B-4", "a-b-2-2", "c"]);
    }
}
