//! `-0`, which scripts write for a tiny negative number, is read as `0`.

use super::Sandbox;

const POLICY: &str = "[hpa]\nmaxReplicas = 3\ntargetCPUUtilizationPercentage = 50\n\n[[deployment.containers]]\nname = \"web\"\nresources = { requests = { cpu = \"100m\" } }\n\n[workload]\ncpu_per_request = \"5ms\"\n";

/// The spellings of minus zero, and numbers too small for a float.
const SPELLINGS: [&str; 5] = ["-0", "-0.0", "-0.00", "-0e0", "-1e-400"];

/// The bytes of the result of `run POLICY TRACE EXTRA..`, without the digests of the inputs.
fn result(sandbox: &Sandbox, policy: &str, trace: &str, extra: &[&str]) -> Vec<Vec<u8>> {
    let mut arguments = vec![
        "run", policy, trace, "--force", "-o", "out", "--quiet", "--plot", "none",
    ];
    arguments.extend(extra);
    sandbox.done(&arguments);
    ["timeline.csv", "decisions.jsonl", "latency.csv"]
        .iter()
        .filter_map(|file| std::fs::read(sandbox.path("out").join(file)).ok())
        .collect()
}

#[test]
fn a_rate_of_minus_zero_gives_the_result_of_zero_in_both_engines() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", POLICY);
    for engine in ["request", "fluid"] {
        let trace =
            |zero: &str| format!("time_s,rps,queue\n0,5,{zero}\n30,{zero},2\n60,{zero},0\n");
        sandbox.write("t.csv", trace("0"));
        let expected = result(&sandbox, "p.toml", "t.csv", &["--engine", engine]);
        for zero in SPELLINGS {
            sandbox.write("t.csv", trace(zero));
            let found = result(&sandbox, "p.toml", "t.csv", &["--engine", engine]);
            assert!(found == expected, "{engine}: {zero}");
        }
    }
}

#[test]
fn a_scale_of_minus_zero_gives_the_result_of_zero() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", POLICY);
    sandbox.write("t.csv", "time_s,rps\n0,5\n60,0\n");
    let with = |scale: &str| {
        let scale = format!("workload.scale={scale}");
        result(&sandbox, "p.toml", "t.csv", &["--set", &scale])
    };
    let expected = with("0.0");
    for zero in ["-0.0", "-0", "-0e0"] {
        assert!(with(zero) == expected, "--set {zero}");
    }
    sandbox.write("p.toml", format!("{POLICY}scale = -0.0\n"));
    assert!(
        result(&sandbox, "p.toml", "t.csv", &[]) == expected,
        "in the policy"
    );
}

#[test]
fn recordings_of_minus_zero_convert_to_zero() {
    let sandbox = Sandbox::new();
    let sample = |zero: &str| {
        format!(
            "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{{\"metric\":{{}},\"values\":[[1700000000,\"{zero}\"],[1700000015,\"3\"],[1700000030,\"{zero}\"]]}}]}}}}"
        )
    };
    let locust = |zero: &str| {
        format!(
            "Timestamp,User Count,Type,Name,Requests/s\n1700000000,5,,Aggregated,{zero}\n1700000001,5,,Aggregated,4\n1700000002,5,,Aggregated,{zero}\n"
        )
    };
    let k6_csv = |zero: &str| {
        format!(
            "metric_name,timestamp,metric_value\nvus,1700000000,{zero}\nvus,1700000001,5\nvus,1700000002,{zero}\n"
        )
    };
    let k6_json = |zero: &str| {
        let line = |second: u32, value: &str| {
            format!(
                "{{\"type\":\"Point\",\"metric\":\"vus\",\"data\":{{\"time\":\"2026-01-01T00:00:0{second}Z\",\"value\":{value}}}}}\n"
            )
        };
        [line(0, zero), line(1, "5"), line(2, zero)].concat()
    };
    let k6_options = |zero: &str| {
        format!(
            "{{\"stages\":[{{\"duration\":\"30s\",\"target\":3}},{{\"duration\":\"30s\",\"target\":{zero}}},{{\"duration\":\"9s\",\"target\":{zero}}}]}}"
        )
    };
    type Recording<'r> = (&'r str, &'r dyn Fn(&str) -> String, &'r [&'r str]);
    let formats: [Recording<'_>; 5] = [
        ("prometheus", &sample, &["--what", "requests"]),
        ("locust", &locust, &[]),
        ("k6-csv", &k6_csv, &["--what", "users"]),
        ("k6-json", &k6_json, &["--what", "users"]),
        ("k6-options", &k6_options, &[]),
    ];
    for (format, recording, extra) in formats {
        let convert = |zero: &str| {
            sandbox.write("in", recording(zero));
            let mut arguments = vec!["trace", "convert", "in", "--input-format", format];
            arguments.extend(extra);
            let run = sandbox.done(&arguments);
            run.stdout
        };
        let expected = convert("0");
        for zero in ["-0", "-0.0", "-0e0"] {
            assert_eq!(convert(zero), expected, "{format}: {zero}");
        }
    }
}

#[test]
fn generated_traces_and_probes_take_minus_zero_for_zero() {
    let sandbox = Sandbox::new();
    let steps = |zero: &str| {
        let arguments = ["trace", "gen", "ramp", &format!("--from={zero}"), "--to=10"];
        let run = sandbox.done(&arguments);
        let lines: Vec<String> = run.stdout.lines().skip(1).map(str::to_owned).collect();
        lines
    };
    assert_eq!(steps("-0.00"), steps("0"));
    let fit = |zero: &str| {
        sandbox.write(
            "probe.csv",
            format!("rps,cpu_millicores\n{zero},{zero}\n5,26\n10,50\n"),
        );
        let run = sandbox.done("calibrate probe.csv");
        run.stdout
    };
    assert_eq!(fit("-0.00"), fit("0"));
}
