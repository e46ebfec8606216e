//! The commands about traces as real processes.

use super::*;

/// Exit code, stdout and stderr in one text.
fn outcome(sandbox: &Sandbox, arguments: impl Arguments, stdin: &str) -> String {
    let finished = sandbox.fed(arguments, stdin);
    let code = finished.code.unwrap_or(-1);
    format!("exit {code}\n{}{}", finished.stdout, finished.stderr)
}

const LOG: &str = "\
a - - [01/Jul/1995:00:00:01 -0400] \"GET / HTTP/1.0\" 200 6245
a - - [01/Jul/1995:00:00:02 -0400] \"GET / HTTP/1.0\" 200 6245
a - - [01/Jul/1995:00:00:02 -0400] \"GET / HTTP/1.0\" 200 6245
a - - [01/Jul/1995:00:00:08 -0400] \"GET / HTTP/1.0\" 200 6245
";

const POLICY: &str = "[hpa]\nmaxReplicas = 10\n";

#[test]
fn a_log_is_converted_to_a_file_that_run_accepts() {
    let sandbox = Sandbox::new();
    sandbox.write("access.log", LOG);
    sandbox.write("p.toml", POLICY);
    let told = outcome(
        &sandbox,
        "trace convert access.log -o out.csv --step 4s --scale 3",
        "",
    );
    insta::assert_snapshot!(told, @"exit 0");
    let written = sandbox.text("out.csv");
    insta::assert_snapshot!(written, @"
    # hpasim trace convert, from: access log
    timestamp,rps
    1995-07-01T00:00:01-04:00,2.25
    1995-07-01T00:00:05-04:00,0.75
    1995-07-01T00:00:09-04:00,0.75
    ");
    sandbox.done("run p.toml out.csv --plot none");
}

#[test]
fn run_takes_a_recording_as_it_is_and_from_standard_input() {
    let sandbox = Sandbox::new();
    sandbox.write("access.log", LOG);
    sandbox.write("p.toml", POLICY);
    for (input, stdin) in [("access.log", ""), ("-", LOG)] {
        sandbox
            .fed(&format!("run p.toml {input} --plot none --quiet"), stdin)
            .done();
    }
    let timelines = ["output/p-access", "output/p-stdin"]
        .map(|folder| sandbox.read(&format!("{folder}/timeline.csv")));
    assert_eq!(timelines[0], timelines[1]);
}

#[test]
fn info_says_what_a_recording_is_and_becomes() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(outcome(&sandbox, "trace info -", LOG), @"
    exit 0
    -: access log
    span            8 s from 1995-07-01T00:00:01-04:00
    rows            4, most of them 1 s, 1 of another length
    gaps            none
    requests        min 0/s   mean 0.5/s   p99 2/s   max 2/s
    in all          about 4 requests
    burstiness      index of dispersion 1 of the counts per 1 s (Poisson: 1);
                    coefficient of variation 1.41
    becomes         `rps`, open load, for either engine
    ");
    insta::assert_snapshot!(outcome(&sandbox, "trace info - --format json --step 4s", LOG), @r#"
    exit 0
    {
      "name": "-",
      "format": "access log",
      "start": "1995-07-01T00:00:01-04:00",
      "span_seconds": 8.0,
      "rows": 2,
      "step_seconds": 4.0,
      "rows_of_another_length": 0,
      "gaps": 0,
      "becomes": "rps",
      "min": 0.25,
      "mean": 0.5,
      "p99": 0.75,
      "max": 0.75,
      "requests": 4.0,
      "coefficient_of_variation": 0.5,
      "index_of_dispersion": 0.5,
      "ceiling_millicores": null,
      "samples_at_ceiling": null,
      "columns": []
    }
    "#);
}

#[test]
fn info_counts_what_stands_at_the_ceiling() {
    let sandbox = Sandbox::new();
    let text = "time_s,cpu_millicores\n0,100\n15,3980\n30,4000\n45,3990\n60,100\n";
    insta::assert_snapshot!(outcome(&sandbox, "trace info - --quiet", text), @"
    exit 0
    -: hpasim CSV
    span            1m 0s
    rows            4, each 15 s
    gaps            none
    CPU             min 100m   mean 3018m   p99 4000m   max 4000m
    burstiness      coefficient of variation 0.56
    ceiling         3 of 4 samples at 4000m: lower bounds of the demand
    becomes         `cpu_millicores`, for the fluid engine; requests are not known
    ");
}

#[test]
fn a_format_can_be_forced_and_from_is_a_time() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(outcome(&sandbox, "trace convert - --input-format locust", LOG), @r#"
    exit 3
    error[E0031]: the header has no column `Timestamp`
     --> -:1:1
      |
    1 | a - - [01/Jul/1995:00:00:01 -0400] "GET / HTTP/1.0" 200 6245
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: use the file as the tool wrote it
    "#);
    let told = outcome(&sandbox, "trace convert - --from k6-csv", LOG);
    assert!(told.starts_with("exit 2"), "{told}");
    assert!(told.contains("--input-format k6-csv"), "{told}");
}

#[test]
fn a_folder_a_missing_file_and_one_that_may_not_be_read() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("logs")).expect("a folder");
    sandbox.write("p.toml", POLICY);
    let of_folder = outcome(&sandbox, "trace info logs", "");
    assert_eq!(codes_and_places(&of_folder), "E0001");
    insta::assert_snapshot!(codes_and_places(&outcome(&sandbox, "trace info none.csv", "")), @"E0001");
    let of_run = outcome(&sandbox, "run p.toml logs", "");
    assert_eq!(of_run, of_folder);
}

#[cfg(unix)]
#[test]
fn no_permission() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.write("secret.csv", "time_s,rps\n0,1\n60,1\n");
    let path = sandbox.path("secret.csv");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    if std::fs::read(&path).is_ok() {
        // Root reads everything; the text itself is tested without the file system.
        return;
    }
    assert_eq!(
        outcome(&sandbox, "trace info secret.csv", ""),
        "exit 3\nerror[E0001]: cannot read `secret.csv`: permission denied\nhelp: make the file readable for you\n"
    );
}

#[test]
fn nothing_is_written_when_the_recording_is_broken() {
    let sandbox = Sandbox::new();
    let told = outcome(
        &sandbox,
        "trace convert - -o out.csv",
        "{\"status\":\"error\",\"errorType\":\"x\",\"error\":\"no\"}",
    );
    assert!(told.starts_with("exit 3"), "{told}");
    assert!(!sandbox.path("out.csv").exists());
}

#[test]
fn the_shipped_load_test_of_k6_runs_as_users() {
    let sandbox = Sandbox::new();
    let stages = "traces/k6-stages.json";
    let policy = "policies/prod.toml";
    let told = outcome(
        &sandbox,
        &format!("run {policy} {stages} --plot none --to 3m"),
        "",
    );
    assert!(
        told.starts_with("exit 0\nprod under k6-stages, 3m 0s\nrequest engine"),
        "{told}"
    );
    insta::assert_snapshot!(outcome(&sandbox, &format!("trace info {stages}"), ""), @"
    exit 0
    traces/k6-stages.json: k6 options
    span            15m 0s
    rows            242, most of them 1 s, 2 of another length
    gaps            none
    users           min 0   mean 133   p99 200   max 200
    burstiness      coefficient of variation 0.63
    becomes         `users`, closed load, for the request engine
    ");
}

#[test]
fn the_shipped_recording_of_locust_is_a_trace_with_its_users_and_cpu() {
    let sandbox = Sandbox::new();
    let recorded = "traces/recorded-locust.csv";
    insta::assert_snapshot!(outcome(&sandbox, &format!("trace info {recorded}"), ""), @"
    exit 0
    traces/recorded-locust.csv: hpasim CSV
    span            13m 0s
    rows            780, each 1 s
    gaps            none
    requests        min 2/s   mean 44.7/s   p99 102/s   max 108/s
    in all          about 34.9 k requests
    burstiness      index of dispersion 17.8 of the counts per 1 s (Poisson: 1);
                    coefficient of variation 0.63
    metrics         active_users, server_cpu_millicores
    becomes         `rps`, open load, for either engine
    ");
}

#[test]
fn the_shipped_probe_says_what_a_request_cost_the_recorded_server() {
    let sandbox = Sandbox::new();
    let told = outcome(&sandbox, "calibrate traces/recorded-locust-probe.csv", "");
    assert!(told.starts_with("exit 0"), "{told}");
    assert!(
        told.contains("cost per request (CPU time)   6.51 ms"),
        "{told}"
    );
    assert!(told.contains("does not reject a straight line"), "{told}");
}

#[test]
fn a_hundred_megabytes_of_anything_are_refused_by_run_too() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", POLICY);
    sandbox.write("huge.csv", "nothing to see here\n".repeat(5 << 20));
    insta::assert_snapshot!(codes_and_places(&outcome(&sandbox, "run p.toml huge.csv", "")), @"E0042");
}

#[test]
fn the_recorded_trace_cost_as_much_cpu_a_request_as_the_probe_says() {
    let text = std::fs::read(project().join("traces/recorded-locust.csv")).expect("a trace");
    let parsed =
        hpasim::scenario::parse_trace(Path::new("recorded-locust.csv"), &text).expect("a trace");
    let hpasim::workload::Demand::RequestsPerSecond(rates) = &parsed.trace.demand else {
        panic!("the recording counts requests");
    };
    let cpu = parsed
        .trace
        .column("server_cpu_millicores")
        .expect("the CPU");
    let millicores_a_request = cpu.values.iter().sum::<f64>() / rates.iter().sum::<f64>();
    // What `calibrate` makes of the probe, in milliseconds of CPU a request.
    let probed = 6.51;
    assert!(
        (millicores_a_request / probed - 1.0).abs() < 0.035,
        "{millicores_a_request}"
    );
}

/// What an autoscaler saw: pods were added at 45 s.
const SEEN: &str = "\
time_s,cpu_percent,ready
0,40,2
15,60,2
30,180,2
45,190,6
60,70,6
75,65,6
";

#[test]
fn recorded_utilization_becomes_a_trace_that_run_accepts() {
    let sandbox = Sandbox::new();
    sandbox.write("hpa.csv", SEEN);
    sandbox.write("p.toml", POLICY);
    let told = outcome(
        &sandbox,
        "trace convert hpa.csv --cpu-utilization cpu_percent --replicas ready --cpu-request 100m --age 23s -o cpu.csv --quiet",
        "",
    );
    insta::assert_snapshot!(told, @"exit 0");
    insta::assert_snapshot!(sandbox.text("cpu.csv"), @"
    # hpasim trace convert, from: `cpu_percent` (percent of 100m) x `ready`, as of 23s before each reading
    time_s,cpu_millicores
    0,120
    7,360
    22,380
    37,140
    52,390
    90,390
    ");
    sandbox.done("run p.toml cpu.csv --plot none");
}

#[test]
fn the_example_of_the_page_about_traces_is_what_the_conversion_gives() {
    let page = include_str!("../../docs/traces.md");
    for row in SEEN.lines().skip(1) {
        let cells = format!("| {} |", row.replace(',', " | "));
        assert!(page.contains(&cells), "{cells}");
    }
    let converted = Sandbox::new().fed(
        "trace convert - --cpu-utilization cpu_percent --replicas ready --cpu-request 100m --age 23s --quiet",
        SEEN,
    );
    for row in converted.stdout.lines().skip(2).take(5) {
        let (from, cpu) = row.split_once(',').expect("two columns");
        let words = format!("{cpu}m from {from} s");
        assert!(page.contains(&words), "{words}");
    }
}

#[test]
fn options_about_utilization_need_each_other() {
    let sandbox = Sandbox::new();
    for (options, missing) in [
        ("--cpu-utilization cpu_percent", "--replicas <COL>"),
        (
            "--cpu-utilization cpu_percent --replicas ready",
            "--cpu-request <CPU>",
        ),
        ("--age 23s", "--cpu-utilization <COL>"),
        ("--replicas ready", "--cpu-utilization <COL>"),
    ] {
        let finished = sandbox.fed(&format!("trace convert - {options}"), SEEN);
        assert_eq!(finished.code, Some(2), "{options}");
        assert!(finished.stderr.contains(missing), "{}", finished.stderr);
    }
    for (option, reason) in [
        (
            "--cpu-request 0",
            "write CPU from 1m to 100k cores, such as 500m or 2",
        ),
        (
            "--cpu-request 100Mi",
            "write CPU from 1m to 100k cores, such as 500m or 2",
        ),
        (
            "--cpu-request much",
            "write CPU from 1m to 100k cores, such as 500m or 2",
        ),
        ("--cpu-request 100m --what users", "cannot be used with"),
    ] {
        let options = format!("--cpu-utilization cpu_percent --replicas ready {option}");
        let finished = sandbox.fed(&format!("trace convert - {options}"), SEEN);
        assert_eq!(finished.code, Some(2), "{options}");
        assert!(finished.stderr.contains(reason), "{}", finished.stderr);
    }
}

#[test]
fn several_files_of_one_recording_are_told_the_way() {
    let told = outcome(&Sandbox::new(), "trace convert a.json b.json -o c.csv", "");
    assert!(
        told.starts_with("exit 2\n") && told.contains("cat FILE b.json | hpasim trace convert -"),
        "{told}"
    );
}
