//! The cost that a seed draws is the same in every command that runs the seed.

use super::Sandbox;

const UNCERTAIN: &str = "\
[hpa]
minReplicas = 2
maxReplicas = 40
targetCPUUtilizationPercentage = 60
[workload]
cpu_per_request = { dist = \"lognormal\", mean = \"20ms\", cv = 1.0, standard_error = \"2ms\", machine = 0.4 }
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("uncertain.toml", UNCERTAIN);
    sandbox.write("short.csv", "time_s,rps\n0,20\n60,60\n240,20\n300,20\n");
    sandbox
}

/// `mean_replicas` of a summary or of one of its policies.
fn mean_replicas(kpis: &serde_json::Value) -> f64 {
    kpis["mean_replicas"].as_f64().expect("the KPI")
}

#[test]
fn run_compare_and_sweep_draw_the_same_cost_for_a_seed() {
    let sandbox = sandbox();
    let run = |seed: u32, further: &str| {
        let command = format!(
            "run uncertain.toml short.csv --engine fluid --seed {seed} --format json --plot none -q -o run --force {further}"
        );
        mean_replicas(&sandbox.done(command.as_str()).json()["kpis"])
    };
    let certain =
        "--set workload.cpu_per_request.machine=0 --set workload.cpu_per_request.standard_error=0s";
    let drawn = run(3, "");
    assert!((drawn - run(3, certain)).abs() > 1e-3);
    assert!((drawn - run(4, "")).abs() > 1e-3);

    let command = "run uncertain.toml short.csv --engine fluid --seed 3 --seeds 2 --format json --plot none -q -o two";
    let median = sandbox.done(command).json()["kpis"]["mean_replicas"]["median"].as_f64();
    let expected = f64::midpoint(drawn, run(4, ""));
    assert!((median.expect("the median") - expected).abs() < 1e-3);

    sandbox.done(
        "sweep uncertain.toml short.csv --engine fluid --seed 3 --set hpa.maxReplicas=40,41 --plot none -q -o swept",
    );
    let swept = sandbox.text("swept/sweep.csv");
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(swept.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let column = header
        .iter()
        .position(|name| name == "mean_replicas")
        .expect("the KPI");
    let row = reader.records().next().expect("a row").expect("a row");
    assert_eq!(row[column].parse::<f64>().ok(), Some(drawn));

    for plot in ["none", "svg"] {
        let command = format!(
            "compare uncertain.toml uncertain.toml@hpa.maxReplicas=41 short.csv --engine fluid --seed 3 --seeds 1 --plot {plot} -q -o compared --force"
        );
        sandbox.done(command.as_str());
        let csv = sandbox.text("compared/comparison.csv");
        let is_first = |row: &&str| row.contains("mean_replicas") && row.contains("uncertain");
        let row = csv.lines().find(is_first).expect("the row of the KPI");
        let has_drawn = |cell: &str| {
            cell.parse::<f64>()
                .is_ok_and(|it| (it - drawn).abs() < 1e-3)
        };
        assert!(row.split(',').any(has_drawn), "{plot}: {drawn}, {row}");
    }
}

#[test]
fn a_run_says_which_cost_its_seeds_drew() {
    let sandbox = sandbox();
    let run = |further: &str| {
        let command = format!(
            "run uncertain.toml short.csv --engine fluid --plot none -o run --force {further}"
        );
        let page = sandbox.done(command.as_str()).stdout;
        let line = page
            .lines()
            .find(|line| line.starts_with("cost of a request"));
        let costs = sandbox.json("run/summary.json")["drawn_cpu_per_request_ms"].clone();
        (line.map(str::to_owned), costs)
    };
    let (line, costs) = run("--seed 3");
    insta::assert_snapshot!(line.expect("the line"), @"cost of a request: 20 ms stated, drawn 9.42 ms");
    assert_eq!(costs.as_array().map(Vec::len), Some(1));
    let (line, costs) = run("--seeds 20");
    insta::assert_snapshot!(line.expect("the line"), @"cost of a request: 20 ms stated, drawn 17.9 ms (11.7 ms to 29.8 ms)");
    assert_eq!(costs.as_array().map(Vec::len), Some(20));
    let (line, costs) = run("--set workload.cpu_per_request=20ms");
    assert_eq!((line, costs.is_null()), (None, true));
}
