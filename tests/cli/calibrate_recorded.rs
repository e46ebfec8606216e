//! `hpasim calibrate` by a recording over time.

use std::fmt::Write;

use super::{Finished, Sandbox};

/// 2026-11-28T00:00:00Z.
const START: u64 = 1_795_824_000;
const READINGS: u64 = 480;

/// Rate, CPU in cores and ready pods, a reading a minute: 10 ms a request, 40m a pod, and 300m for a minute in a new pod.
fn readings() -> Vec<(f64, f64, f64)> {
    let mut pods = 2.0_f64;
    let at = |index: u64| {
        let wave = (index as f64 / 60.0).sin();
        // Without chance, yet without a period either.
        let noise = (index.wrapping_mul(2_654_435_761) % 1000) as f64 / 1000.0 - 0.5;
        let rps = 100.0 + 60.0 * wave + 8.0 * noise;
        let wanted = (rps / 25.0).ceil();
        let came = (wanted - pods).max(0.0);
        pods = if wanted < pods - 1.0 {
            pods - 1.0
        } else {
            pods.max(wanted)
        };
        let other = (index.wrapping_mul(40_503) % 997) as f64 / 997.0 - 0.5;
        let cpu = 40.0 * pods + 10.0 * rps + 300.0 * came + 40.0 * other;
        (rps, cpu / 1000.0, pods)
    };
    (0..READINGS).map(at).collect()
}

/// An answer of Prometheus, which begins at `start`.
fn answer(start: u64, values: impl Iterator<Item = f64>) -> String {
    let values: Vec<String> = values
        .enumerate()
        .map(|(index, value)| format!("[{},\"{value:.4}\"]", start + 60 * index as u64))
        .collect();
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}}"#,
        values.join(",")
    )
}

/// A folder with `rps.json`, `cpu.json`, `replicas.json` and `recorded.csv`.
fn recorded() -> Sandbox {
    let sandbox = Sandbox::new();
    let all = readings();
    sandbox.write("rps.json", answer(START, all.iter().map(|it| it.0)));
    sandbox.write("cpu.json", answer(START, all.iter().map(|it| it.1)));
    sandbox.write("replicas.json", answer(START, all.iter().map(|it| it.2)));
    sandbox.write("recorded.csv", table(&all));
    sandbox
}

/// The columns that a recording has, with empty cells, an event, a cell that is no number, and a row without a time.
fn table(all: &[(f64, f64, f64)]) -> String {
    let mut text = "time_s,rps,cpu_millicores,throttled_share,desired_replicas,current_replicas,ready_replicas,event\n".to_owned();
    for (index, (rps, cpu, pods)) in all.iter().enumerate() {
        let ready = if index % 7 == 0 {
            String::new()
        } else {
            pods.to_string()
        };
        let event = if index == 9 { "rollout" } else { "" };
        let rps = match index {
            5 | 6 => "n/a".to_owned(),
            _ => format!("{rps:.3}"),
        };
        let _ = writeln!(
            text,
            "{},{rps},{:.1},,,{pods},{ready},{event}",
            index * 60,
            cpu * 1000.0
        );
    }
    text + ",1,2,,,,,\n"
}

fn refused(finished: &Finished) -> &str {
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert_eq!(finished.stdout, "");
    &finished.stderr
}

#[test]
fn three_files_of_prometheus_give_cost_idle_use_startup_and_the_lines_of_the_policy() {
    let calibrated =
        recorded().done("calibrate --rps rps.json --cpu cpu.json --replicas replicas.json");
    insta::assert_snapshot!(calibrated.stdout, @r#"
    rps.json, cpu.json and replicas.json: 480 readings of CPU with a rate, 479 used
    cpu = idle x pods + cost x rps + startup of new pods, by a robust fit:
                                           estimate     95 % interval
     cost per request (CPU time)            9.98 ms  9.92 ms to 10 ms
     idle use of a pod                        40.7m    39.5m to 41.9m
     startup of a pod (millicore-seconds)     18237    16752 to 19722
    R² 0.9995; standard deviation of the readings from the fit: 15m

    - CPU does not lag behind the rate.
    - Readings left out: 1 too far from the fit.
    - Startup: 7 new pods, with more CPU than others over 60 s.
    - The cost does not change with the hour of the day beyond its noise.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "9.98ms", cv = 1.0, standard_error = "29.3us" }
    idle_cpu = "41m"

    [pod]
    startup_cpu = { cpu = "304m", duration = "60s" }
    "#);
    assert_eq!(calibrated.stderr, "");
}

#[test]
fn two_files_of_prometheus_say_what_replicas_would_add() {
    let calibrated = recorded().done("calibrate --rps rps.json --cpu cpu.json");
    insta::assert_snapshot!(calibrated.stdout, @r#"
    rps.json and cpu.json: 480 readings of CPU with a rate, 472 used
    cpu = idle x pods + cost x rps + startup of new pods, by a robust fit:
                                  estimate       95 % interval
     cost per request (CPU time)   11.4 ms  11.4 ms to 11.5 ms
     idle use of all pods            57.1m      49.7m to 64.5m
    R² 0.9985; standard deviation of the readings from the fit: 21.4m

    - CPU does not lag behind the rate.
    - Readings left out: 8 too far from the fit.
    - Without replicas, the fit treats the pods as one: idle use is that of all
      pods, the idle use of pods that come with the load counts as cost, and startup
      is not known. Add replicas, as `--replicas` or a column.
    - The cost does not change with the hour of the day beyond its noise.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "11.4ms", cv = 1.0, standard_error = "24.7us" }
    "#);
}

#[test]
fn a_table_with_a_time_column_is_a_recording_with_one_warning_for_each_kind_of_fault() {
    let sandbox = recorded();
    let calibrated = sandbox.done("calibrate recorded.csv");
    insta::assert_snapshot!(calibrated.stdout, @r#"
    recorded.csv: 480 readings of CPU with a rate, 479 used
    cpu = idle x pods + cost x rps + startup of new pods, by a robust fit:
                                           estimate     95 % interval
     cost per request (CPU time)            9.98 ms  9.92 ms to 10 ms
     idle use of a pod                        40.7m    39.5m to 41.9m
     startup of a pod (millicore-seconds)     18568    16999 to 20138
    R² 0.9995; standard deviation of the readings from the fit: 15m

    - CPU does not lag behind the rate.
    - Readings left out: 1 too far from the fit.
    - Startup: 7 new pods, with more CPU than others over 60 s.
    - The cost does not change with the hour of the day beyond its noise.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "9.98ms", cv = 1.0, standard_error = "29.3us" }
    idle_cpu = "41m"

    [pod]
    startup_cpu = { cpu = "309m", duration = "60s" }
    "#);
    insta::assert_snapshot!(calibrated.stderr, @"
    warning[W0031]: 2 samples are NaN, infinite, negative or not numbers; hpasim ignores such a sample, and a gauge keeps the value before it
     --> recorded.csv:7:1
      |
    7 | 300,n/a,1259.3,,,5,5,
      | ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check the recording there; without traffic, a query such as 0/0 gives NaN

    warning[W0039]: 1 line is unreadable; hpasim ignores such lines
       --> recorded.csv:482:1
        |
    482 | ,1,2,,,,,
        | ^^^^^^^^^
        |
        = help: check that the file is complete and has one format
    ");
}

#[test]
fn a_table_on_standard_input_is_a_recording_too() {
    let sandbox = recorded();
    let from_file = sandbox.done("calibrate recorded.csv").stdout;
    let piped = sandbox.fed("calibrate -", table(&readings()));
    assert_eq!(piped.code, Some(0), "{piped:?}");
    assert_eq!(piped.stdout, from_file.replace("recorded.csv", "-"));
}

#[test]
fn json_has_the_figures_of_the_page_and_its_policy() {
    let command = "calibrate --rps rps.json --cpu cpu.json --replicas replicas.json --format json --timezone Europe/Berlin";
    let calibrated = recorded().done(command);
    let mut report: serde_json::Value = serde_json::from_str(&calibrated.stdout).expect("JSON");
    let hours = report["by_hour"]["hours"].take();
    // Midnight UTC is one o'clock in Berlin.
    assert_eq!(hours[0]["hour"], 1);
    assert_eq!(report["hours_in"], "Europe/Berlin");
    let written = serde_json::to_string_pretty(&report).expect("JSON");
    insta::assert_snapshot!(written, @r#"
    {
      "at_limit": 0,
      "by_hour": {
        "changes": false,
        "hours": null,
        "p_value": 0.962179
      },
      "cpu_per_request_ms": {
        "high": 10.0354,
        "low": 9.92014,
        "standard_error": 0.0293299,
        "value": 9.97777
      },
      "file": "rps.json, cpu.json and replicas.json",
      "has_replicas": true,
      "hours_in": "Europe/Berlin",
      "idle_cpu_millicores": {
        "high": 41.9114,
        "low": 39.4672,
        "standard_error": 0.621921,
        "value": 40.6893
      },
      "lag_s": 0.0,
      "outliers": 1,
      "policy": "[workload]\ncpu_per_request = { dist = \"lognormal\", mean = \"9.98ms\", cv = 1.0, standard_error = \"29.3us\" }\nidle_cpu = \"41m\"\n\n[pod]\nstartup_cpu = { cpu = \"304m\", duration = \"60s\" }\n",
      "r_squared": 0.999466,
      "rows": 480,
      "rows_used": 479,
      "scatter_millicores": 14.9634,
      "startup": {
        "duration_s": 60.0,
        "millicore_seconds": {
          "high": 19722.197,
          "low": 16752.076,
          "standard_error": 606.912,
          "value": 18237.137
        },
        "new_pods": 7.0
      },
      "without_load": 0
    }
    "#);
}

#[test]
fn files_whose_times_do_not_meet_are_refused_with_their_dates() {
    let sandbox = recorded();
    let later = readings().into_iter().map(|it| it.1);
    sandbox.write("later.json", answer(START + 86_400, later));
    insta::assert_snapshot!(refused(&sandbox.hpasim("calibrate --rps rps.json --cpu later.json")), @"error: later.json: its times do not meet those of `rps.json`: 2026-11-29T00:00:00Z to 2026-11-29T07:59:00Z here, 2026-11-28T00:00:00Z to 2026-11-28T07:59:00Z there");
}

#[test]
fn cpu_that_falls_with_the_rate_is_refused() {
    let sandbox = recorded();
    let falling = readings().into_iter().map(|it| 5.0 - it.1);
    sandbox.write("falling.json", answer(START, falling));
    insta::assert_snapshot!(refused(&sandbox.hpasim("calibrate --rps rps.json --cpu falling.json")), @"error: rps.json and falling.json: CPU does not grow with the rate: one more request per second changes it by -11.351 millicores; check that both series belong to the same service");
}

#[test]
fn too_few_readings_are_refused() {
    let sandbox = recorded();
    let few = readings().into_iter().take(10).map(|it| it.1);
    sandbox.write("few.json", answer(START, few));
    insta::assert_snapshot!(refused(&sandbox.hpasim("calibrate --rps rps.json --cpu few.json")), @"error: rps.json and few.json: only 10 readings of CPU have a rate at their time (and replicas, if given) and are below the limit; a fit needs 20");
}

#[test]
fn a_file_that_is_no_recording_is_refused() {
    let sandbox = recorded();
    sandbox.write("notes.txt", "Meeting at ten\nBring cake\n");
    insta::assert_snapshot!(refused(&sandbox.hpasim("calibrate --rps notes.txt --cpu cpu.json")), @"
    error[E0042]: `notes.txt` is neither a trace nor a recording in a known format
    help: a trace is CSV with a header, such as `time_s,rps`; `hpasim trace info --help` lists the formats of recordings
    ");
}

#[test]
fn arguments_that_say_nothing_about_the_input_are_refused() {
    let sandbox = recorded();
    let fault = |command: &str| {
        let refused = sandbox.hpasim(command);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        refused.stderr
    };
    let faults = [
        fault("calibrate --rps - --cpu -"),
        fault("calibrate --rps rps.json --cpu cpu.json --machine mixed"),
        fault("calibrate recorded.csv --timezone UTC"),
    ];
    insta::assert_snapshot!(faults.concat(), @"
    error: standard input (`-`) can be read once; name files for the others
    error: a recording is of the machines that serve; leave `--machine` out
    warning[W0031]: 2 samples are NaN, infinite, negative or not numbers; hpasim ignores such a sample, and a gauge keeps the value before it
     --> recorded.csv:7:1
      |
    7 | 300,n/a,1259.3,,,5,5,
      | ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: check the recording there; without traffic, a query such as 0/0 gives NaN

    warning[W0039]: 1 line is unreadable; hpasim ignores such lines
       --> recorded.csv:482:1
        |
    482 | ,1,2,,,,,
        | ^^^^^^^^^
        |
        = help: check that the file is complete and has one format

    error: the recording has no dates, so `--timezone` says nothing; leave it out
    ");
}
