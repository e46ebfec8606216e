//! `--what`: every command that takes a trace asks what the numbers of a nameless series are.

use super::Sandbox;

const POLICY: &str = "[hpa]\nmaxReplicas = 10\ntargetCPUUtilizationPercentage = 50\n";

/// A range query with this metric.
fn answer(metric: &str) -> String {
    let samples: Vec<String> = (0..40)
        .map(|step| format!("[{},\"{}\"]", step * 15, 5 + step % 7))
        .collect();
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{{\"metric\":{{{metric}}},\"values\":[{}]}}]}}}}",
        samples.join(",")
    )
}

#[test]
fn every_command_with_a_trace_asks_what_a_nameless_series_is() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", POLICY);
    sandbox.write("sum.json", answer(""));
    for command in [
        "run p.toml sum.json --engine fluid --plot none -o run",
        "compare p.toml @fixed:2 sum.json --engine fluid --seeds 2 --plot none -o compare",
        "sweep p.toml sum.json --set hpa.maxReplicas=4,8 --plot none -o sweep",
        "tune p.toml sum.json --engine fluid --budget 4 --finalists 1 --seeds 2 --plot none -o tune",
        "check p.toml --trace sum.json",
        "trace info sum.json",
        "trace convert sum.json",
    ] {
        let asked = sandbox.hpasim(command);
        assert_eq!(asked.code, Some(3), "{command}: {asked:?}");
        assert!(
            asked.stderr.contains("error[E0059]"),
            "{command}: {asked:?}"
        );
        assert!(
            asked.stderr.contains("--what requests, users, cpu-cores"),
            "{command}: {asked:?}"
        );
        sandbox.done(&format!("{command} --what requests"));
    }
    for folder in ["run", "compare", "sweep", "tune"] {
        let summary = sandbox.json(&format!("{folder}/summary.json"));
        assert_eq!(summary["request"]["what"], "requests", "{folder}");
    }
}

#[test]
fn a_series_with_an_empty_name_is_nameless() {
    let sandbox = Sandbox::new();
    for (file, metric) in [
        ("empty.json", "\"__name__\":\"\""),
        ("blank.json", "\"__name__\":\" \",\"job\":\"shop\""),
    ] {
        sandbox.write(file, answer(metric));
        let asked = sandbox.hpasim(&format!("trace info {file}"));
        assert_eq!(asked.code, Some(3), "{asked:?}");
        assert!(asked.stderr.contains("a series has no name"), "{asked:?}");
        sandbox.done(&format!("trace info {file} --what users"));
    }
}

#[test]
fn the_stated_meaning_is_part_of_the_question() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", POLICY);
    sandbox.write("sum.json", answer(""));
    let run = "run p.toml sum.json --plot none --engine fluid";
    sandbox.done(&format!("{run} --what requests"));
    sandbox.done(&format!("{run} --what cpu-cores"));
    // The fluid engine is the usual one of CPU.
    for folder in [
        "output/p-sum-fluid-what-requests",
        "output/p-sum-what-cpu-cores",
    ] {
        assert!(
            sandbox.path(folder).join("summary.json").exists(),
            "{folder}"
        );
    }
    let other = sandbox.hpasim(&format!(
        "{run} --what cpu-cores -o output/p-sum-fluid-what-requests"
    ));
    assert_ne!(other.code, Some(0), "{other:?}");
}

#[test]
fn no_command_reads_cpu_as_requests() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", POLICY);
    sandbox.write(
        "cpu.json",
        answer("\"__name__\":\"container_cpu_usage_seconds_total\""),
    );
    let run = "run p.toml cpu.json --plot none -o out";
    let refused = sandbox.hpasim(&format!("{run} --what requests"));
    assert_eq!(refused.code, Some(3), "{refused:?}");
    insta::assert_snapshot!(refused.stderr, @r#"
    error[E0059]: the series in `cpu.json` is CPU, so it cannot be read as requests or users
     --> cpu.json:1:61
      |
    1 | {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"container_cpu_usage_seconds_total"},"values":[[0,"...
      |                                                             ^
      |
      = help: state the unit: --what cpu-cores (as of `rate(container_cpu_usage_seconds_total[1m])`) or --what cpu-millicores
    "#);
    let done = sandbox.done(run);
    assert!(
        done.stdout.contains("unknown: the trace has CPU demand"),
        "{done:?}"
    );
}
