//! `tune` as a real process: what it finds, leaves and doubts, and that its report can be made anew.

mod faults;
mod goals;
mod take_away;

use serde_json::Value;

use super::{Finished, Sandbox};

/// A short search with the fluid engine alone.
const SHORT: [&str; 9] = [
    "--engine",
    "fluid",
    "--budget",
    "40",
    "--finalists",
    "2",
    "--seeds",
    "2",
    "--quiet",
];

/// What can be had cheaper at any time: a target above today's.
const CHEAPER: [&str; 4] = [
    "--goal",
    "min mean_replicas",
    "--param",
    "targetCPUUtilizationPercentage",
];

fn tune(sandbox: &Sandbox, inputs: &[&str], further: &[&[&str]]) -> Finished {
    sandbox.hpasim(&[&["tune"], inputs, &further.concat()].concat())
}

fn done(sandbox: &Sandbox, inputs: &[&str], further: &[&[&str]]) -> Finished {
    let finished = tune(sandbox, inputs, further);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished
}

const PROD_UNDER_SPIKE: [&str; 2] = ["policies/prod.toml", "traces/spike.csv"];

fn summary(sandbox: &Sandbox, folder: &str) -> Value {
    let bytes = sandbox.read(&format!("{folder}/summary.json"));
    serde_json::from_slice(&bytes).expect("JSON")
}

fn text(sandbox: &Sandbox, file: &str) -> String {
    String::from_utf8(sandbox.read(file)).expect("text")
}

fn files_in(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(sandbox.path(folder))
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name().into_string())
        .map(|name| name.expect("a name"))
        .collect();
    names.sort();
    names
}

/// The commands that make the report anew, as they were printed.
fn again(page: &str) -> Vec<Vec<String>> {
    let lines = page.lines().skip_while(|line| !line.starts_with("again "));
    lines
        .map_while(|line| line.split_once("hpasim compare "))
        .map(|(_, arguments)| {
            let words = arguments.split_whitespace();
            words
                .map(|word| word.trim_matches('\'').to_owned())
                .collect()
        })
        .collect()
}

/// The commands to go on with, as they were printed.
fn printed(page: &str) -> Vec<String> {
    let lines = page.lines().skip_while(|line| !line.starts_with("again "));
    lines
        .map_while(|line| line.find("hpasim ").map(|at| line[at..].to_owned()))
        .collect()
}

/// Runs a command as a user would who copies it into a shell.
fn in_shell(sandbox: &Sandbox, command: &str) {
    let program = assert_cmd::cargo::cargo_bin!("hpasim");
    let folder = program.parent().expect("a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .env("PATH", path)
        .current_dir(sandbox.folder.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{command}: {said}");
}

/// Runs such a command; its `comparison.csv`, but for the column that names the trace.
fn compared(sandbox: &Sandbox, arguments: &[String]) -> Vec<String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let further = ["--plot", "none", "--quiet", "-o", "again", "--force"];
    let compared = sandbox.hpasim(&[&["compare"], &arguments[..], &further].concat());
    assert_eq!(compared.code, Some(0), "{}", compared.stderr);
    rows(sandbox, "again/comparison.csv")
}

fn rows(sandbox: &Sandbox, file: &str) -> Vec<String> {
    let rows = text(sandbox, file);
    let without_trace = |row: &str| row.split_once(',').expect("cells").1.to_owned();
    rows.lines().map(without_trace).collect()
}

#[test]
fn the_page_shows_today_beside_the_proposal_its_changes_the_doubts_and_the_patch() {
    let sandbox = Sandbox::new();
    let further: [&[&str]; 3] = [&CHEAPER, &SHORT[..8], &["-o", "out"]];
    let finished = done(&sandbox, &PROD_UNDER_SPIKE, &further);
    assert_eq!(finished.stderr, "");
    insta::assert_snapshot!(finished.stdout, @"
    prod tuned under spike until 15m
    verdict  keep today's policy: the proposed policy is worse on held-out traffic
             (SLO-breaking seconds +30 ± 0)
    goal     min mean_replicas
    search   all 13 policies, fluid engine, 3 seeds; 2 finalists and today's policy
             by the fluid engine
    report   spike from 15m, 2 seeds that the search did not see
             it starts with the pods that today's policy has at that time, for both
             policies: 20

    prod, proposed under spike from 15m, 8m 0s
    fluid engine, 2 seeds (4 to 5): means, and differences to prod ± 95 % interval,
    seed by seed
    * the interval excludes zero; less is better in every row

                                   prod  proposed       to prod
     harm
       SLO broken, s               22.5      52.5       +30 ± 0  *
       failed requests, %          0.61      0.41    -0.2 ± 0.1  *
       latency p95, ms              128       495     +367 ± 19  *
       latency p99, ms              261      1165    +903 ± 149  *
       pods missing, % of needed      0      2.08     +2.08 ± 0  *
     cost
       pod hours                   0.44      0.36  -0.07 ± 0.08
       replicas, mean              3.22      2.68    -0.5 ± 0.6
       replicas, most                20        20         0 ± 0
       pods to spare, % of needed   122      79.2      -43 ± 20  *
     stability
       rescales                      10       8.5        -2 ± 6
       reversals                      4         4         0 ± 0
       pods started                   4         3        -1 ± 0  *
       instability, %              32.3      27.4       -5 ± 20
     speed
       first decision, s              -        30
       enough pods, s                 -      28.2
       recovery, s                    -      28.2

    Over 2 seeds, proposed takes 0.8 ± 0.1 times the pod hours of prod and adds
    30 ± 0 SLO-breaking seconds.

    What to change, and what each change is worth
                     today  proposed  mean replicas  SLO-breaking seconds  rescales
     proposed                                 18.55                 191.7        14
     without target     50        90          28.80                   120      10.7
     CPUUtilization
     Percentage
     today                                    28.80                   120      10.7
    under the training (spike until 15m), fluid engine, means of its seeds

    Which parameter matters
                                        tried      mean  SLO-breaking  rescales
                                               replicas       seconds
     targetCPUUtilizationPercentage  30 to 90      97 %          97 %      94 %
    share of the spread that a parameter explains by itself, over 13 policies that
    cover all values evenly

    warning: worse for users on held-out traffic, in KPIs that the goal does not
             name: SLO-breaking seconds 22.5 -> 52.5 under spike from 15m; latency
             p95 128 ms -> 495 ms under spike from 15m; latency p99 261 ms -> 1.16 s
             under spike from 15m
    warning: worse for users on the traffic of the search, in KPIs that the goal
             does not name: SLO-breaking seconds 120 -> 192 under spike until 15m;
             failed requests 5.4 % -> 10 % under spike until 15m; latency p95 3.46 s
             -> 4.76 s under spike until 15m; recovery 1m 35s -> 2m 25s under spike
             until 15m
    warning: targetCPUUtilizationPercentage = 90 is the first or the last of the
             values that the search tried; widen them with --param
    warning: the held-out traffic has no spike, so the report does not show how the
             policies handle one; name a trace with a spike with --holdout

    Not recommended; to apply it all the same: kubectl patch hpa prod --type merge --patch-file out/patch.yaml
    spec:
      metrics:
      - type: Resource
        resource:
          name: cpu
          target:
            type: Utilization
            averageUtilization: 90

    again    hpasim compare policies/prod.toml out/proposed.toml traces/spike.csv --from 15m --set deployment.replicas=20 --engine fluid --seed 4 --seeds 2
             hpasim check out/proposed.toml --allow-outside
    written  out/plot.png
             out/plot.svg
             out/front.png
             out/front.svg
             out/sensitivity.png
             out/sensitivity.svg
             out/patch.yaml
             out/proposed.toml
             out/front.csv
             out/comparison.csv
             out/summary.json
    ");
}

#[test]
fn pictures_tables_the_policy_and_the_patch_are_left() {
    let sandbox = Sandbox::new();
    let out = ["-o", "out"];
    let finished = done(&sandbox, &PROD_UNDER_SPIKE, &[&CHEAPER, &SHORT, &out]);
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str()),
        ("", "")
    );
    let folder = "out";
    insta::assert_snapshot!(files_in(&sandbox, folder).join("\n"), @"
    comparison.csv
    front.csv
    front.png
    front.svg
    patch.yaml
    plot.png
    plot.svg
    proposed.toml
    sensitivity.png
    sensitivity.svg
    summary.json
    ");
    let svg = text(&sandbox, &format!("{folder}/front.svg"));
    assert!(
        svg.contains("prod tuned under spike until 15m"),
        "the title"
    );
    let summary = summary(&sandbox, folder);
    assert_eq!(summary["command"], "tune");
    assert_eq!(summary["search"]["budget"], 40);
    assert_eq!(
        summary["proposed"]["set"][0],
        "hpa.targetCPUUtilizationPercentage=90"
    );
    let listed = summary["files"].as_array().expect("files").len();
    assert_eq!(listed + 1, files_in(&sandbox, folder).len());
}

#[test]
fn two_traces_have_a_picture_each() {
    let sandbox = Sandbox::new();
    let inputs = [
        "policies/prod.toml",
        "traces/spike.csv",
        "traces/flash-crowd.csv",
    ];
    let plot = ["--plot", "svg", "-o", "out"];
    let finished = done(&sandbox, &inputs, &[&CHEAPER, &SHORT[..8], &plot]);
    insta::assert_snapshot!(files_in(&sandbox, "out").join("\n"), @"
    comparison.csv
    front.csv
    front.svg
    patch.yaml
    plot-flash-crowd-from-20m.svg
    plot-spike-from-15m.svg
    proposed.toml
    sensitivity.svg
    summary.json
    ");
    // A command for each of the two.
    assert_eq!(again(&finished.stdout).len(), 2, "{}", finished.stdout);
}

#[test]
fn any_number_of_jobs_prints_and_leaves_the_same_bytes() {
    let sandbox = Sandbox::new();
    let run = |jobs: &str| {
        let further: [&[&str]; 3] = [&SHORT[..8], &["--jobs", jobs], &["-o", jobs]];
        done(&sandbox, &PROD_UNDER_SPIKE, &further).stdout
    };
    let [one, five] = ["1", "5"].map(run);
    assert_eq!(one.replace("1/", "5/"), five);
    let files = files_in(&sandbox, "1");
    assert_eq!(files, files_in(&sandbox, "5"));
    for file in files {
        let [one, five] = ["1", "5"].map(|folder| sandbox.read(&format!("{folder}/{file}")));
        assert!(one == five, "{file}");
    }
}

#[test]
fn another_seed_searches_and_reports_under_other_seeds() {
    let sandbox = Sandbox::new();
    let none = ["--plot", "none", "--seed", "100", "-o", "out"];
    done(&sandbox, &PROD_UNDER_SPIKE, &[&SHORT, &none]);
    let summary = summary(&sandbox, "out");
    assert_eq!(
        summary["training_seeds"],
        serde_json::json!([100, 101, 102])
    );
    assert_eq!(summary["seeds"], serde_json::json!([103, 104]));
}

#[test]
fn json_is_the_summary() {
    let sandbox = Sandbox::new();
    let json = ["--plot", "none", "--format", "json", "-o", "out"];
    let finished = done(&sandbox, &PROD_UNDER_SPIKE, &[&CHEAPER, &SHORT[..8], &json]);
    assert_eq!(finished.stdout.as_bytes(), sandbox.read("out/summary.json"));
    let mut summary = summary(&sandbox, "out");
    // Versions and hashes change without a change of behaviour.
    summary["hpasim_version"] = Value::Null;
    for input in summary["inputs"].as_array_mut().expect("inputs") {
        input["sha256"] = Value::Null;
    }
    let pretty = serde_json::to_string_pretty(&summary).expect("JSON");
    insta::assert_snapshot!(pretty, @r#"
    {
      "cautions": [
        "worse for users on held-out traffic, in KPIs that the goal does not name: SLO-breaking seconds 22.5 -> 52.5 under spike from 15m; latency p95 128 ms -> 495 ms under spike from 15m; latency p99 261 ms -> 1.16 s under spike from 15m",
        "worse for users on the traffic of the search, in KPIs that the goal does not name: SLO-breaking seconds 120 -> 192 under spike until 15m; failed requests 5.4 % -> 10 % under spike until 15m; latency p95 3.46 s -> 4.76 s under spike until 15m; recovery 1m 35s -> 2m 25s under spike until 15m",
        "targetCPUUtilizationPercentage = 90 is the first or the last of the values that the search tried; widen them with --param",
        "the held-out traffic has no spike, so the report does not show how the policies handle one; name a trace with a spike with --holdout"
      ],
      "command": "tune",
      "files": [
        "patch.yaml",
        "proposed.toml",
        "front.csv",
        "comparison.csv"
      ],
      "goal": "min mean_replicas",
      "held_out": {
        "expense": "pod_hours",
        "expense_ratio": {
          "half_width": 0.149363,
          "mean": 0.832403,
          "pairs": 2
        },
        "policy": "proposed",
        "slo_violation_seconds_difference": {
          "half_width": 0.0,
          "mean": 30.0,
          "pairs": 2
        }
      },
      "held_out_bounds": [],
      "held_out_start": [
        20
      ],
      "held_out_traces": [
        "spike from 15m"
      ],
      "hpasim_version": null,
      "inputs": [
        {
          "path": "policies/prod.toml",
          "sha256": null
        },
        {
          "path": "traces/spike.csv",
          "sha256": null
        }
      ],
      "policy": "prod",
      "proposed": {
        "changes": [
          {
            "path": "hpa.targetCPUUtilizationPercentage",
            "proposed": "90",
            "today": "50",
            "without": {
              "cost": 28.8012,
              "harm": 120.0,
              "rescales": 10.6667
            }
          }
        ],
        "set": [
          "hpa.targetCPUUtilizationPercentage=90"
        ],
        "training": {
          "cost": 18.5522,
          "harm": 191.667,
          "rescales": 14.0
        }
      },
      "request": {
        "budget": 40,
        "engine": "fluid",
        "finalists": 2,
        "goal": "min mean_replicas",
        "holdout": [],
        "hpa": null,
        "method": "evolution",
        "namespace": null,
        "param": [
          "targetCPUUtilizationPercentage"
        ],
        "set": [],
        "split": 0.67
      },
      "schema_version": 1,
      "search": {
        "budget": 40,
        "candidates": 13.0,
        "engine": "fluid",
        "finalists": 2,
        "judge": "fluid",
        "method": "evolution",
        "objectives": [
          "mean_replicas",
          "slo_violation_seconds",
          "rescales"
        ],
        "refused": 0,
        "tried": 13
      },
      "seeds": [
        4,
        5
      ],
      "sensitivity": [
        {
          "cost": 0.967033,
          "harm": 0.973554,
          "path": "hpa.targetCPUUtilizationPercentage",
          "rescales": 0.936667
        }
      ],
      "today": {
        "cost": 28.8012,
        "harm": 120.0,
        "rescales": 10.6667
      },
      "training": [
        "spike until 15m"
      ],
      "training_seeds": [
        1,
        2,
        3
      ],
      "verdict": "keep today's policy: the proposed policy is worse on held-out traffic (SLO-breaking seconds +30 ± 0)"
    }
    "#);
}

#[test]
fn the_report_is_about_the_traces_that_are_held_out() {
    let sandbox = Sandbox::new();
    let holdout = [
        "--holdout",
        "traces/flash-crowd.csv",
        "--plot",
        "none",
        "-o",
        "out",
    ];
    let finished = done(
        &sandbox,
        &PROD_UNDER_SPIKE,
        &[&CHEAPER, &SHORT[..8], &holdout],
    );
    let summary = summary(&sandbox, "out");
    assert_eq!(summary["training"], serde_json::json!(["spike"]));
    assert_eq!(
        summary["held_out_traces"],
        serde_json::json!(["flash-crowd"])
    );
    assert_eq!(summary["request"]["split"], Value::Null);
    assert!(
        !finished.stdout.contains("holds no spike"),
        "{}",
        finished.stdout
    );
    let [again] = &again(&finished.stdout)[..] else {
        panic!("one command: {}", finished.stdout);
    };
    assert_eq!(
        compared(&sandbox, again),
        rows(&sandbox, "out/comparison.csv")
    );
}

#[test]
fn every_row_of_the_front_says_how_to_make_it() {
    let sandbox = Sandbox::new();
    let out = ["--plot", "none", "-o", "out"];
    done(&sandbox, &PROD_UNDER_SPIKE, &[&CHEAPER, &SHORT, &out]);
    let front = text(&sandbox, "out/front.csv");
    let proposed = front.lines().find(|line| line.starts_with("proposed,"));
    let set = proposed.expect("the proposal is a row").rsplit(',').next();
    insta::assert_snapshot!(set.expect("a cell"), @"--set 'hpa.targetCPUUtilizationPercentage=90'");
    assert!(
        front
            .lines()
            .any(|line| line.starts_with("today,50,") && line.ends_with(','))
    );
}
