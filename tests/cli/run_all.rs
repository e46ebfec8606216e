//! `hpasim run --all` as a process: every autoscaler of a manifest, and those that cannot be simulated.

use super::check::{autoscaler, deployment};
use super::*;

const RUN: &str = "run all.yaml traces/spike.csv --all --engine fluid -o out";

/// Autoscalers and Deployments of these numbers; those of odd numbers have no target.
fn manifest(numbers: impl Iterator<Item = usize>) -> String {
    let objects = numbers.flat_map(|number| [autoscaler(number), deployment(number)]);
    objects.collect::<Vec<_>>().join("---\n")
}

#[test]
fn each_autoscaler_has_a_row_and_those_without_a_target_say_why() {
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", manifest(0..6));
    let run = sandbox.hpasim(RUN);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        run.stdout
            .starts_with("6 autoscalers of all, each under spike, ")
    );
    assert!(
        run.stdout.contains("not simulated: 3\n  n1/app: E0025 "),
        "{}",
        run.stdout
    );
    assert_eq!(sandbox.names("out"), ["autoscalers.csv", "summary.json"]);
    let csv = sandbox.text("out/autoscalers.csv");
    let first_cells: Vec<&str> = csv
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    let names = [
        "autoscaler",
        "n0/app",
        "n1/app",
        "n2/app",
        "n3/app",
        "n4/app",
        "n5/app",
    ];
    assert_eq!(first_cells, names, "in the order of the manifest");
}

#[test]
fn a_row_has_the_kpis_of_a_single_run() {
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", manifest([0, 2, 4].into_iter()));
    let all = sandbox.done(&format!("{RUN} --format json")).json();
    let alone = sandbox.done(
        "run all.yaml traces/spike.csv --hpa n2/app --engine fluid --plot none --format json -o alone",
    );
    let row = &all["autoscalers"][1];
    assert_eq!(row["autoscaler"], "n2/app");
    assert_eq!(row["kpis"], alone.json()["kpis"]);
    assert_eq!(all["request"]["all"], true);
}

#[test]
fn the_longest_time_outside_the_slo_comes_first() {
    let sandbox = Sandbox::new();
    // A load that all pods together cannot serve: more pods, less harm.
    sandbox.write("all.yaml", manifest([4, 0, 2].into_iter()));
    let page = sandbox
        .done(&format!("{RUN} --set workload.cpu_per_request=100ms"))
        .stdout;
    let names: Vec<&str> = page
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| word.ends_with("/app"))
        .collect();
    assert_eq!(names, ["n0/app", "n2/app", "n4/app"], "{page}");
}

#[test]
fn the_table_is_the_same_for_any_number_of_cores() {
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", manifest(0..6));
    let csv = |cores| {
        let output = hpasim_on(cores)
            .args(RUN.split(' '))
            .args(["--format", "csv", "--force", "--seeds", "3"])
            .current_dir(sandbox.path(""))
            .output()
            .expect("a process");
        String::from_utf8(output.stdout).expect("text")
    };
    let of_one = csv(Cores::One);
    assert!(of_one.starts_with("autoscaler,"), "{of_one}");
    assert_eq!(of_one, csv(Cores::All));
}

#[test]
fn an_assertion_is_judged_for_each_autoscaler_or_for_the_named_one() {
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", manifest([0, 4].into_iter()));
    let of_all = sandbox.hpasim(&format!("{RUN} --assert peak_replicas<=3"));
    assert_eq!(of_all.code, Some(99), "{}", of_all.stderr);
    assert!(of_all.stdout.contains("✓ n0/app") && of_all.stdout.contains("✗ n4/app"));
}

#[test]
fn another_question_does_not_replace_the_results() {
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", manifest(std::iter::once(0)));
    sandbox.done(RUN);
    let single = RUN.replace(" --all", "");
    assert_eq!(sandbox.hpasim(&single).code, Some(1));
}

#[test]
fn without_an_autoscaler_that_can_be_simulated_nothing_is_written() {
    let sandbox = Sandbox::new();
    sandbox.write("all.yaml", manifest([1, 3].into_iter()));
    let refused = sandbox.hpasim(RUN);
    assert_eq!(refused.code, Some(3));
    assert!(
        refused
            .stderr
            .contains("none of the 2 autoscalers can be simulated")
    );
    assert!(!sandbox.path("out").exists());
    let policy = sandbox.hpasim("run policies/prod.toml traces/spike.csv --all");
    assert!(
        policy.stderr.contains("error[E0024]: `--all` needs"),
        "{}",
        policy.stderr
    );
    let csv = sandbox.hpasim("run policies/prod.toml traces/spike.csv --format csv");
    assert_eq!(csv.code, Some(2));
}
