//! `--what-matters`: which assumptions move a result, and that each variant is a run with `--set`.

use serde_json::Value;

use super::{Cores, Sandbox, hpasim_on};

/// A policy that states much.
const POLICY: &str = include_str!("../fixtures/what_matters.toml");

/// The same with a higher target.
const OTHER: &str = "extends = \"p.toml\"\n[hpa]\ntargetCPUUtilizationPercentage = 60\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", format!("{POLICY}init = \"2s\"\n"));
    sandbox.write("other.toml", OTHER);
    sandbox.write("t.csv", "time_s,rps\n0,4\n120,30\n360,4\n");
    sandbox
}

/// The assumptions of a summary that were varied, with the one that matters most first.
fn influences(summary: &Value) -> &[Value] {
    let all = summary["what_matters"]["assumptions"].as_array();
    all.expect("what matters")
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().expect("text")
}

#[test]
fn each_end_of_a_range_is_the_run_with_that_setting() {
    let sandbox = sandbox();
    let options = "--plot none --format json --seeds 3 --force -o out";
    let run = |more: &[&str]| {
        let mut arguments = vec!["run", "p.toml", "t.csv"];
        arguments.extend(options.split(' '));
        arguments.extend(more);
        sandbox.done(&arguments).json()
    };
    let summary = run(&["--what-matters"]);
    let influences = influences(&summary);
    assert!(influences.len() > 5, "{influences:?}");
    for influence in &influences[..2] {
        for (end, value) in [("low", "at_low"), ("high", "at_high")] {
            let setting = format!("{}={}", text(influence, "key"), text(influence, end));
            let alone = run(&["--set", &setting]);
            for of_kpi in influence["moves"].as_array().expect("KPIs") {
                let kpi = text(of_kpi, "kpi");
                assert_eq!(
                    of_kpi[value], alone["kpis"][kpi]["median"],
                    "{setting} {kpi}"
                );
                assert_eq!(
                    of_kpi["at_default"], summary["kpis"][kpi]["median"],
                    "{kpi}"
                );
            }
        }
    }
}

#[test]
fn only_what_the_policy_does_not_state_and_the_run_touched_is_varied() {
    let sandbox = sandbox();
    let run = sandbox.done("run p.toml t.csv --what-matters --plot none --format json");
    let summary = run.json();
    let listed = summary["assumptions"].as_array().expect("a list");
    let listed: Vec<&str> = listed.iter().map(|it| text(it, "key")).collect();
    for influence in influences(&summary) {
        assert!(listed.contains(&text(influence, "key")), "{influence}");
    }
    for stated in [
        "workload.cpu_per_request",
        "pod.init",
        "deployment.containers",
    ] {
        assert!(!listed.contains(&stated), "{stated}");
    }
    // No metric and no kill made memory matter.
    assert!(!listed.contains(&"workload.memory_base"));
}

#[test]
fn the_bytes_are_the_same_on_any_number_of_cores() {
    let sandbox = sandbox();
    let on = |cores: Cores, folder: &str| {
        let mut command = hpasim_on(cores);
        command.current_dir(sandbox.folder.path());
        command.args("run p.toml t.csv --what-matters --seeds 2 -o".split(' '));
        assert!(
            command
                .arg(folder)
                .output()
                .expect("a process")
                .status
                .success()
        );
    };
    on(Cores::One, "one");
    on(Cores::All, "all");
    for file in ["summary.json", "plot.svg"] {
        let read = |folder: &str| sandbox.read(&format!("{folder}/{file}"));
        assert!(read("one") == read("all"), "{file}");
    }
}

#[test]
fn page_and_picture_show_three_assumptions_with_their_ranges() {
    let sandbox = sandbox();
    let run = sandbox.done("run p.toml t.csv --what-matters -o out");
    let page: Vec<&str> = run.stdout.lines().collect();
    let head = page
        .iter()
        .position(|line| line.starts_with("What matters: "));
    let head = head.expect("a heading");
    let assumptions = page[head + 1..]
        .iter()
        .filter(|line| line.contains(", plausible "));
    assert_eq!(assumptions.clone().count(), 3, "{}", run.stdout);
    let picture = sandbox.text("out/plot.svg");
    for line in assumptions {
        assert!(picture.contains(line.trim()), "{line}");
    }
    let shown = &page[head..];
    assert!(
        shown.iter().any(|line| line.contains("SLO broken ")),
        "{shown:?}"
    );
    assert!(page.iter().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_comparison_says_what_moves_its_differences() {
    let sandbox = sandbox();
    let run =
        sandbox.done("compare p.toml other.toml @oracle t.csv --what-matters --seeds 3 -o out");
    assert!(
        run.stdout.contains("assumed: cluster = kubeadm"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("What matters to the differences to p:"),
        "{}",
        run.stdout
    );
    let summary = sandbox.json("out/summary.json");
    let first = &influences(&summary)[0];
    let policies: Vec<&str> = first["moves"]
        .as_array()
        .expect("KPIs")
        .iter()
        .map(|it| text(it, "policy"))
        .collect();
    assert_eq!(
        policies,
        ["other", "other", "other", "@oracle", "@oracle", "@oracle"]
    );
    let of_cluster = summary["assumptions"].as_array().expect("a list");
    let of_cluster = of_cluster
        .iter()
        .find(|it| it["key"] == "cluster")
        .expect("assumed");
    // An oracle reads no metric.
    assert_eq!(of_cluster["policies"], serde_json::json!(["p", "other"]));
    let picture = sandbox.text("out/plot.svg");
    assert!(picture.contains("What matters to the differences to p"));
}

#[test]
fn without_the_option_nothing_is_varied() {
    let sandbox = sandbox();
    let run = sandbox.done("run p.toml t.csv --plot none --format json");
    assert_eq!(run.json()["what_matters"], Value::Null);
}
