//! Names in Markdown make no markup, and cells of CSV no formula; what is read back is still found.

use super::Sandbox;

const POLICY: &str = "[hpa]\nmaxReplicas = 9\ntargetCPUUtilizationPercentage = 60\n";
const TRACE: &str = "time_s,rps\n0,4\n60,40\n300,4\n";

/// Every cell of a CSV file, comments divided at commas as spreadsheets do it.
fn cells(csv: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(csv.as_bytes());
    let records = reader.records().map(|record| record.expect("CSV"));
    let cells = records.flat_map(|record| {
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        cells
    });
    cells.collect()
}

/// The cells that a spreadsheet would compute; hpasim's own `--set '...'` is no expression.
fn formulas(csv: &str) -> Vec<String> {
    let is_formula = |cell: &String| {
        let shown = cell.trim_start();
        shown.starts_with(['=', '+', '-', '@'])
            && shown.parse::<f64>().is_err()
            && !shown.starts_with("--set '")
    };
    cells(csv).into_iter().filter(is_formula).collect()
}

#[test]
fn names_in_markdown_make_no_cell_no_html_no_link_and_no_mention() {
    let sandbox = Sandbox::new();
    let policy = "a|b\\`*_x_*`<img src=x>[y](z)@octocat#1&lt;.toml";
    sandbox.write(policy, POLICY);
    sandbox.write("www.example.com|c.csv", TRACE);
    let compared = sandbox.done(&format!("compare '{policy}' @default www.example.com|c.csv --engine fluid --seeds 2 --format markdown --plot none -o out"));
    let markdown = &compared.stdout;
    let shown = r"a\|b\\\`\*\_x\_\*\`&lt;img src=x&gt;\[y\](z)@&#8203;octocat#&#8203;1&amp;lt;";
    assert!(
        markdown.starts_with(&format!(
            r"### {shown}, @&#8203;default under www&#8203;.example.com\|c"
        )),
        "{markdown}"
    );
    let sentence = markdown.lines().find(|line| line.starts_with("Over "));
    let sentence = sentence.expect("a sentence");
    assert!(sentence.contains(shown), "{sentence}");
    let bars = |line: &str| {
        line.replace(r"\\", "")
            .replace(r"\|", "")
            .matches('|')
            .count()
    };
    let rows: Vec<&str> = markdown
        .lines()
        .filter(|line| line.starts_with('|'))
        .collect();
    assert!(rows.len() > 5);
    assert!(
        rows.iter().all(|row| bars(row) == bars(rows[1])),
        "{markdown}"
    );
    assert!(!markdown.contains("<img"));
    assert!(!markdown.contains("@octocat"));
}

#[test]
fn names_and_swept_values_in_csv_are_no_formulas() {
    let sandbox = Sandbox::new();
    sandbox.write("=1+1.toml", POLICY);
    sandbox.write("@SUM(A1).csv", TRACE);
    sandbox.write("-2+3,+4.csv", TRACE);
    let traces = ["./@SUM(A1).csv", "./-2+3,+4.csv"];
    let compared = ["=1+1.toml", "@default", traces[0], "--trace", traces[1]];
    let further = [
        "--engine", "fluid", "--seeds", "2", "--plot", "none", "-o", "compared",
    ];
    sandbox.done(&[&["compare"], &compared[..], &further].concat());
    let comparison = sandbox.text("compared/comparison.csv");
    assert_eq!(formulas(&comparison), [""; 0]);
    assert!(comparison.contains("\n'@SUM(A1),"), "{comparison}");
    assert!(comparison.contains(",'=1+1,"), "{comparison}");
    assert!(comparison.contains(",'@default,"), "{comparison}");
    let swept = [
        "sweep",
        "=1+1.toml",
        traces[0],
        traces[1],
        "--engine",
        "fluid",
        "--plot",
        "none",
        "--set",
        "deployment.name=\"=cmd|' /C calc'!A0\",\"-5s\",\"b\"",
        "--set",
        "hpa.maxReplicas=5,9",
    ];
    sandbox.done(&[&swept[..], &["-o", "swept"]].concat());
    let sweep = sandbox.text("swept/sweep.csv");
    assert_eq!(formulas(&sweep), [""; 0], "{sweep}");
    assert!(sweep.contains(",'=cmd|' /C calc'!A0,5,"), "{sweep}");
    assert!(sweep.contains(",'-5s,9,"), "{sweep}");
}

#[test]
fn a_sweep_with_guarded_cells_is_resumed_and_joined() {
    let sandbox = Sandbox::new();
    sandbox.write("=1+1.toml", POLICY);
    sandbox.write("@x.csv", TRACE);
    let sweep = |further: &[&str]| {
        let swept = [
            "sweep",
            "=1+1.toml",
            "@x.csv",
            "--engine",
            "fluid",
            "--plot",
            "none",
            "--quiet",
            "--set",
            "deployment.name=\"=1\",\"+b\",\"c\"",
        ];
        sandbox.done(&[&swept[..], further].concat());
    };
    sweep(&["-o", "whole"]);
    let whole = sandbox.text("whole/sweep.csv");
    let kept = whole.lines().count() - 1;
    let part: String = whole.split_inclusive('\n').take(kept).collect();
    std::fs::create_dir(sandbox.path("resumed")).expect("a folder");
    sandbox.write("resumed/sweep.csv", part);
    sweep(&["-o", "resumed", "--resume"]);
    assert_eq!(sandbox.text("resumed/sweep.csv"), whole);
    for shard in ["0/2", "1/2"] {
        sweep(&["--shard", shard, "-o", &format!("part{}", &shard[..1])]);
    }
    sandbox.done(&["merge", "part0", "part1", "-o", "all.csv"]);
    assert_eq!(sandbox.text("all.csv"), whole);
}

#[test]
fn the_front_of_a_tuning_has_no_formulas() {
    let sandbox = Sandbox::new();
    sandbox.write("prod.toml", POLICY);
    sandbox.write("x.csv", TRACE);
    sandbox.done(&[
        "tune",
        "prod.toml",
        "x.csv",
        "--engine",
        "fluid",
        "--finalists",
        "1",
        "--seeds",
        "2",
        "--plot",
        "none",
        "--goal",
        "min mean_replicas",
        "--param",
        "hpa.maxReplicas=5,9",
        "--param",
        "deployment.name=\"=1+1\",\"@b\"",
        "-o",
        "tuned",
        "--quiet",
    ]);
    let front = sandbox.text("tuned/front.csv");
    assert_eq!(formulas(&front), [""; 0], "{front}");
    assert!(front.contains("'=1+1") || front.contains("'@b"), "{front}");
}

#[test]
fn a_column_with_a_guard_is_found_by_the_policy_that_names_it() {
    let sandbox = Sandbox::new();
    let column = "=queue(\u{202e},\n)";
    sandbox.write(
        "raw.csv",
        format!("time_s,rps,\"{column}\"\n0,4,10\n60,40,90\n300,4,10\n"),
    );
    sandbox.done(&["trace", "convert", "raw.csv", "-o", "file.csv"]);
    let file = sandbox.text("file.csv");
    assert_eq!(formulas(&file), [""; 0], "{file}");
    let printed = sandbox.done(&["trace", "convert", "raw.csv"]).stdout;
    assert!(
        printed.contains(r#"time_s,rps,"'=queue(\u{202e},\n)""#),
        "{printed}"
    );
    sandbox.write("printed.csv", printed);
    sandbox.done(&["trace", "convert", "file.csv", "-o", "twice.csv"]);
    assert_eq!(sandbox.text("twice.csv"), file);
    sandbox.write("policy.toml", format!(
        "[hpa]\nmaxReplicas = 9\n[[hpa.metrics]]\ntype = \"External\"\nexternal.metric.name = {}\nexternal.target = {{ type = \"Value\", value = \"5\" }}\n",
        r#""=queue(\u202e,\n)""#
    ));
    let run = |trace: &str| {
        let arguments = [
            "run",
            "policy.toml",
            trace,
            "--engine",
            "fluid",
            "--format",
            "json",
            "--plot",
            "none",
            "-o",
            trace.trim_end_matches(".csv"),
        ];
        let json = sandbox.done(&arguments).stdout;
        let summary: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        summary["kpis"].clone()
    };
    let kpis = run("raw.csv");
    for trace in ["file.csv", "printed.csv"] {
        assert_eq!(run(trace), kpis, "{trace}");
    }
}
