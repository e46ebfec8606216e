//! `tune` as a real process: its report, its files, and what other commands say of its proposal.
//!
//! A figure that a search found by chance is no fact of a test. Here stand the parts of a report, and that
//! other commands find the same figures.

mod faults;
mod goals;
mod take_away;

use serde_json::{Value, json};

use super::{Finished, Sandbox, words};

const PROD_UNDER_SPIKE: &str = "policies/prod.toml traces/spike.csv";

/// A short search with the fluid engine alone.
const SHORT: &str = "--engine fluid --budget 40 --finalists 2 --seeds 2";

/// A goal that a target above today's meets at any time.
const CHEAPER: &str = "--goal 'min mean_replicas' --param targetCPUUtilizationPercentage";

/// No pictures, which take the longest.
const OUT: &str = "--plot none -o out";

fn tuned(sandbox: &Sandbox, arguments: &str) -> Finished {
    sandbox.done(&format!("tune {arguments}"))
}

/// The commands to go on with, as they were printed.
fn printed(page: &str) -> Vec<String> {
    let lines = page.lines().skip_while(|line| !line.starts_with("again "));
    lines
        .map_while(|line| line.find("hpasim ").map(|at| line[at..].to_owned()))
        .collect()
}

/// Those of them that compute the report again.
fn comparisons(page: &str) -> Vec<String> {
    let mut commands = printed(page);
    commands.retain(|command| command.starts_with("hpasim compare "));
    commands
}

/// The only comparison that the page prints gives the figures of `out/comparison.csv`.
fn assert_repeatable(sandbox: &Sandbox, page: &str) {
    let [command] = &comparisons(page)[..] else {
        panic!("one command: {page}");
    };
    let command = command.replacen("hpasim ", "", 1);
    sandbox.done(&format!("{command} --plot none --quiet -o again --force"));
    let rows = rows(sandbox, "again/comparison.csv");
    assert!(rows.len() > 50, "{rows:?}");
    assert_eq!(rows, self::rows(sandbox, "out/comparison.csv"), "{command}");
}

/// The rows of a comparison without the column that names the trace.
fn rows(sandbox: &Sandbox, file: &str) -> Vec<String> {
    let without_trace = |row: &str| row.split_once(',').expect("cells").1.to_owned();
    sandbox.text(file).lines().map(without_trace).collect()
}

/// Cost, harm and rescales that `run` gives a policy under the training of prod under spike: means over its seeds.
fn by_run(sandbox: &Sandbox, policy: &str, set: &str) -> [f64; 3] {
    let seeds = 1..=3;
    let runs = seeds.map(|seed| {
        let options = format!("--to 15m --engine fluid --seed {seed} --format json --plot none");
        let run = format!("run {policy} traces/spike.csv {options} {set} --force -q -o by-run");
        let kpis = sandbox.done(&run).json()["kpis"].take();
        let names = ["mean_replicas", "slo_violation_seconds", "rescales"];
        names.map(|name| kpis[name].as_f64().expect("a KPI") / 3.0)
    });
    runs.reduce(|sum, run| std::array::from_fn(|at| sum[at] + run[at]))
        .expect("runs")
}

/// The objectives of a policy as the summary has them.
fn objectives(value: &Value) -> [f64; 3] {
    ["cost", "harm", "rescales"].map(|name| value[name].as_f64().expect("an objective"))
}

/// Files hold six digits.
fn assert_same_figures(found: [f64; 3], of_run: [f64; 3]) {
    let is_near = |at: usize| (found[at] - of_run[at]).abs() <= 1e-5 * of_run[at];
    assert!((0..3).all(is_near), "{found:?}, by run {of_run:?}");
}

/// A page whose folded lines are whole again: where the next word had no room, the next line belongs
/// to the one before.
fn unfolded(page: &str) -> String {
    let mut whole = String::new();
    let mut width = 0;
    for line in page.lines() {
        // A value and its interval stay together: `30 ± 0`.
        let together = if line.contains('±') { 3 } else { 1 };
        let word = line
            .split_whitespace()
            .take(together)
            .map(|word| 1 + word.chars().count());
        let word = word.sum::<usize>();
        // `verdict  `, `buys     `: a line of its own, however wide the one before it.
        let lead = line.get(..9).unwrap_or_default();
        let has_label = !lead.starts_with(' ') && lead.ends_with("  ");
        let is_folded = word > 0 && width <= 80 && width + word > 80 && !has_label;
        whole.push_str(if is_folded { " " } else { "\n" });
        whole.push_str(if is_folded { line.trim_start() } else { line });
        width = line.chars().count();
    }
    whole
}

/// The beginnings of lines that depend on what a search finds: the outline has no more of them.
const FOUND: [&str; 7] = [
    "verdict", "buys", "costs", "bets on", "not ", "Over ", "warning",
];

/// The lines of a page that begin at its edge, each number as `#`; of what a search finds only that there is a line.
fn outline(page: &str) -> String {
    let mut outline: Vec<String> = Vec::new();
    for line in unfolded(page)
        .lines()
        .filter(|line| line.starts_with(|it: char| it.is_ascii_graphic()))
    {
        let found = FOUND.into_iter().find(|start| line.starts_with(start));
        let patch = line.find("kubectl patch").map(|at| &line[at..]);
        let line = found.map_or_else(|| without_figures(patch.unwrap_or(line)), str::to_owned);
        if outline.last() != Some(&line) {
            outline.push(line);
        }
    }
    outline.join("\n")
}

fn without_figures(line: &str) -> String {
    let mut words = String::new();
    for letter in line.chars() {
        match letter {
            '0'..='9' if words.ends_with('#') => {}
            '0'..='9' => words.push('#'),
            '.' if words.ends_with('#') => {}
            _ => words.push(letter),
        }
    }
    words
}

/// The same value with null for each number that is measured.
fn without_measures(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::Null,
        Value::Array(items) => items.iter().map(without_measures).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), without_measures(value)))
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn the_page_shows_today_beside_the_proposal_its_changes_the_doubts_and_the_patch() {
    let sandbox = Sandbox::new();
    let finished = tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} {OUT}"),
    );
    assert_eq!(finished.stderr, "");
    let page = unfolded(&finished.stdout);
    insta::assert_snapshot!(outline(&page), @"
    prod tuned under spike until #m
    verdict
    changes  targetCPUUtilizationPercentage # -> #
    buys
    costs
    bets on
    goal     min mean_replicas
    search   all # policies, fluid engine, # seeds; # finalists and today's policy by the fluid engine
    report   spike from #m with a spike, # seeds that the search did not see; ± is the # % interval over these seeds, and other days may differ by more it starts with the pods that today's policy has at that time, for both policies: #
    The best single change, the best pair of changes, and the best of all
    under the training (spike until #m), fluid engine, means of # seeds
    prod, proposed under spike from #m with a spike, #m #s
    fluid engine, # seeds (# to #): means, and differences to prod ± # % interval, seed by seed
    * the interval excludes zero; less is better in every row
    Over 
    What to change, and what each change is worth
    under the training (spike until #m), fluid engine, means of its seeds
    Which parameter matters
    warning
    kubectl patch hpa prod --type merge --patch-file out/patch.yaml
    spec:
    again    hpasim compare policies/prod.toml out/proposed.toml out/held-out.csv --set deployment.replicas=# --engine fluid --seed # --seeds #
    written  out/held-out.csv
    ");
    let summary = sandbox.json("out/summary.json");
    let verdict = format!(
        "\nverdict  {}\n",
        summary["verdict"].as_str().expect("a verdict")
    );
    assert!(page.contains(&verdict), "{page}");
    let cautions = summary["cautions"].as_array().expect("a list");
    assert_eq!(page.matches("warning: ").count(), cautions.len());
    for caution in cautions {
        let caution = caution.as_str().expect("a text");
        assert!(page.contains(&format!("warning: {caution}")), "{page}");
    }
}

#[test]
fn the_policy_that_tune_writes_has_by_run_the_figures_that_tune_reports() {
    let sandbox = Sandbox::new();
    tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} {OUT}"),
    );
    let summary = sandbox.json("out/summary.json");
    let [today, proposed] = [&summary["today"], &summary["proposed"]["training"]].map(objectives);
    assert_same_figures(proposed, by_run(&sandbox, "out/proposed.toml", ""));
    assert_same_figures(today, by_run(&sandbox, "policies/prod.toml", ""));
    assert!(proposed[0] < today[0], "{proposed:?} {today:?}");
}

#[test]
fn every_row_of_the_front_has_by_run_its_figures_and_none_beats_another() {
    let sandbox = Sandbox::new();
    tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} {OUT}"),
    );
    let front = sandbox.text("out/front.csv");
    let mut reader = csv::Reader::from_reader(front.as_bytes());
    let mut points: Vec<[f64; 3]> = Vec::new();
    for record in reader.records() {
        let record = record.expect("a row");
        let point = [2, 3, 4].map(|at| record[at].parse().expect("a number"));
        assert_same_figures(point, by_run(&sandbox, "policies/prod.toml", &record[7]));
        if &record[0] != "today" {
            points.push(point);
        }
    }
    let begins = |start| front.lines().any(|line| line.starts_with(start));
    assert!(begins("today,50,") && begins("proposed,"), "{front}");
    assert!(points.len() > 1, "{front}");
    for point in &points {
        let beats = |other: &[f64; 3]| {
            (0..3).all(|at| other[at] <= point[at]) && (0..3).any(|at| other[at] < point[at])
        };
        assert!(!points.iter().any(beats), "{point:?} of {front}");
    }
}

#[test]
fn pictures_tables_the_policy_and_the_patch_are_left() {
    let sandbox = Sandbox::new();
    let quiet = format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} --quiet -o out");
    let finished = tuned(&sandbox, &quiet);
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str()),
        ("", "")
    );
    insta::assert_snapshot!(sandbox.names("out").join("\n"), @"
    comparison.csv
    front.csv
    front.png
    front.svg
    held-out.csv
    patch.yaml
    plot.png
    plot.svg
    proposed.toml
    sensitivity.png
    sensitivity.svg
    summary.json
    ");
    let svg = sandbox.text("out/front.svg");
    assert!(
        svg.contains("prod tuned under spike until 15m"),
        "the title"
    );
    let listed = sandbox.json("out/summary.json")["files"]
        .as_array()
        .map(Vec::len);
    assert_eq!(listed, Some(sandbox.names("out").len() - 1));
}

#[test]
fn a_budget_too_small_for_the_sensitivity_leaves_neither_its_text_nor_its_picture() {
    let sandbox = Sandbox::new();
    let finished = tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {SHORT} --plot svg -o out"),
    );
    let page = finished.stdout;
    assert!(
        page.contains("unknown: this needs an even sample"),
        "{page}"
    );
    assert!(!sandbox.names("out").contains(&"sensitivity.svg".to_owned()));
}

#[test]
fn two_traces_have_a_picture_each() {
    let sandbox = Sandbox::new();
    let traces = "traces/spike.csv traces/flash-crowd.csv";
    let plot = "--plot svg -o out";
    let finished = tuned(
        &sandbox,
        &format!("policies/prod.toml {traces} {CHEAPER} {SHORT} {plot}"),
    );
    insta::assert_snapshot!(sandbox.names("out").join("\n"), @"
    comparison.csv
    front.csv
    front.svg
    held-out.csv
    patch.yaml
    plot-flash-crowd-from-20m-with-a-spike.svg
    plot-spike-from-15m.svg
    proposed.toml
    sensitivity.svg
    summary.json
    ");
    // A command for each of the two.
    assert_eq!(
        comparisons(&finished.stdout).len(),
        2,
        "{}",
        finished.stdout
    );
}

#[test]
fn any_number_of_jobs_prints_and_leaves_the_same_bytes() {
    let sandbox = Sandbox::new();
    let run = |jobs| {
        let arguments = format!("{PROD_UNDER_SPIKE} {SHORT} --jobs {jobs} -o {jobs}");
        tuned(&sandbox, &arguments).stdout
    };
    let [one, five] = ["1", "5"].map(run);
    assert_eq!(one.replace("1/", "5/"), five);
    let files = sandbox.names("1");
    assert_eq!(files, sandbox.names("5"));
    for file in files {
        let [one, five] = ["1", "5"].map(|folder| sandbox.read(&format!("{folder}/{file}")));
        assert!(one == five, "{file}");
    }
}

#[test]
fn another_seed_searches_and_reports_under_other_seeds() {
    let sandbox = Sandbox::new();
    tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {SHORT} --seed 100 {OUT}"),
    );
    let summary = sandbox.json("out/summary.json");
    assert_eq!(summary["training_seeds"], json!([100, 101, 102]));
    assert_eq!(summary["seeds"], json!([103, 104]));
}

#[test]
fn json_is_the_summary_and_has_what_the_proposal_changes() {
    let sandbox = Sandbox::new();
    let json = format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} {OUT} --format json");
    let finished = tuned(&sandbox, &json);
    assert_eq!(finished.stdout.as_bytes(), sandbox.read("out/summary.json"));
    let summary = finished.json();
    let parts = ["proposed", "held_out", "sensitivity"]
        .map(|part| (part, without_measures(&summary[part])));
    let parts: Value = parts.into_iter().collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&parts).expect("JSON"), @r#"
    {
      "held_out": {
        "expense": "pod_hours",
        "expense_ratio": {
          "half_width": null,
          "mean": null,
          "pairs": 2
        },
        "policy": "proposed",
        "slo_violation_seconds_difference": {
          "half_width": null,
          "mean": null,
          "pairs": 2
        }
      },
      "proposed": {
        "changes": [
          {
            "path": "hpa.targetCPUUtilizationPercentage",
            "proposed": "90",
            "today": "50",
            "without": {
              "cost": null,
              "harm": null,
              "rescales": null
            }
          }
        ],
        "set": [
          "hpa.targetCPUUtilizationPercentage=90"
        ],
        "training": {
          "cost": null,
          "harm": null,
          "rescales": null
        }
      },
      "sensitivity": [
        {
          "cost": null,
          "harm": null,
          "path": "hpa.targetCPUUtilizationPercentage",
          "rescales": null
        }
      ]
    }
    "#);
}

#[test]
fn the_report_is_about_the_traces_that_are_held_out() {
    let sandbox = Sandbox::new();
    let holdout = "--holdout traces/flash-crowd.csv";
    let finished = tuned(
        &sandbox,
        &format!("{PROD_UNDER_SPIKE} {CHEAPER} {SHORT} {OUT} {holdout}"),
    );
    let summary = sandbox.json("out/summary.json");
    assert_eq!(summary["training"], json!(["spike"]));
    assert_eq!(summary["held_out_traces"], json!(["flash-crowd"]));
    assert_eq!(summary["request"]["split"], Value::Null);
    assert!(
        !finished.stdout.contains("has no spike"),
        "{}",
        finished.stdout
    );
    assert_repeatable(&sandbox, &finished.stdout);
}
