//! `hpasim calibrate`.

use super::{Finished, Sandbox, codes_and_places, project};

fn calibrate(probe: &str) -> Finished {
    let sandbox = Sandbox::new();
    sandbox.write("probe.csv", probe);
    sandbox.hpasim("calibrate probe.csv")
}

/// What is said about a probe that is refused.
fn fault(probe: &str) -> String {
    let refused = calibrate(probe);
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert_eq!(refused.stdout, "");
    refused.stderr
}

#[test]
fn a_recorded_probe_gives_cost_idle_use_and_the_lines_of_the_policy() {
    let sandbox = Sandbox::new();
    let recorded = std::fs::read(project().join("tests/validation/gke_probe.csv"));
    sandbox.write("probe.csv", recorded.expect("the probe"));
    let calibrated = sandbox.done("calibrate probe.csv");
    insta::assert_snapshot!(calibrated.stdout, @r#"
    probe.csv: 15 rows, 2.32 to 17.1 rps a pod
    `rps` belongs to all pods and `cpu_millicores` to one; the fit divides `rps` by
    `replicas`

    cpu = idle + cost x rps, by least squares:
                                  estimate     95 % interval  standard error
     cost per request (CPU time)   46.7 ms  42.4 ms to 51 ms         1.99 ms
     idle use                       -70.2m   -118m to -22.5m           22.1m
    R² 0.9769; standard deviation of the readings from the line: 35.5m

    - Linear: the test does not reject a straight line (t test of a term in the
      square of the rate, p = 0.167, level 0.05).
    - The estimate of idle use is below zero, which is impossible. The usual reason
      is a probe that raises its load step by step: a reading covers the time before
      it, so all readings are too low by a similar amount. The cost, which is the
      slope, is still right. Another reason is a cost that grows with the load. The
      policy gets the slope and no idle use. If the readings were steady, the line
      through the origin, 41 ms, is the better cost at these loads. Best is a new
      probe that holds each load for two minutes, without pauses.
    - Line 19 (17.1 rps a pod, 817m) is 4.56 standard errors from the line of the
      others. The fit keeps it; without it, a request costs 44.2 ms.
    - `machine` is assumed: 0.06 (machines of one type and one processor, as
      measured on Standard_D4as_v5). `--machine` chooses another class; several
      probes measure it.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "46.7ms", cv = 1.0, standard_error = "1.99ms", machine = 0.06 }
    idle_cpu = "0m"
    "#);
    insta::assert_snapshot!(calibrated.stderr, @"
    warning[W0001]: the column `users` is ignored
     --> probe.csv:4:1
      |
    4 | users,rps,cpu_millicores,replicas
      | ^^^^^
      |
      = help: nothing; the columns of a probe are `rps`, `cpu_millicores`, `replicas`
    ");
}

#[test]
fn the_lines_it_prints_are_a_policy() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "probe.csv",
        "rps,cpu_millicores\n2,25.1\n4,44.7\n6,65.3\n8,84.9\n10,105\n",
    );
    let calibrated = sandbox.hpasim("calibrate probe.csv");
    let (_, lines) = calibrated
        .stdout
        .split_once("Put into the policy:\n")
        .expect("the lines");
    insta::assert_snapshot!(lines, @r#"
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "10ms", cv = 1.0, standard_error = "40.8us", machine = 0.06 }
    idle_cpu = "5m"
    "#);
    sandbox.write(
        "calibrated.toml",
        format!("[hpa]\nmaxReplicas = 10\n{lines}"),
    );
    sandbox.write("flat.csv", "time_s,rps\n0,5\n60,5\n");
    sandbox.done("run calibrated.toml flat.csv --plot none --quiet");
}

#[test]
fn a_relation_that_is_not_linear_is_said_to_be_so() {
    let rows: String = (1..=10)
        .map(|rps| format!("{rps},{}\n", 5 * rps * rps + 20 + rps % 2))
        .collect();
    let calibrated = calibrate(&format!("rps,cpu_millicores\n{rows}"));
    assert_eq!(calibrated.code, Some(0), "{calibrated:?}");
    insta::assert_snapshot!(calibrated.stdout, @r#"
    probe.csv: 10 rows, 1 to 10 rps a pod
    no column `replicas`: the fit treats `rps` and `cpu_millicores` as those of one
    pod

    cpu = idle + cost x rps, by least squares:
                                  estimate       95 % interval  standard error
     cost per request (CPU time)     55 ms  44.7 ms to 65.3 ms         4.47 ms
     idle use                       -89.3m     -153m to -25.3m           27.8m
    R² 0.9497; standard deviation of the readings from the line: 40.6m

    - Not linear: CPU grows faster than the load (t test of a term in the square of
      the rate, p < 0.001); by a parabola, one more request costs 9.97 ms at 1 rps a
      pod and 100 ms at 10. hpasim uses one cost for all loads: keep the rows near
      the load at which the autoscaler holds a pod (its target x the CPU request),
      and do not trust the simulation far from it.
    - The estimate of idle use is below zero, which is impossible: the cost grows
      with the load. The policy gets the slope and no idle use, which is too much at
      light load; by the line through the origin, a request costs 42.2 ms.
    - `machine` is assumed: 0.06 (machines of one type and one processor, as
      measured on Standard_D4as_v5). `--machine` chooses another class; several
      probes measure it.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "55ms", cv = 1.0, standard_error = "4.47ms", machine = 0.06 }
    idle_cpu = "0m"
    "#);
}

#[test]
fn a_row_far_off_is_named_with_its_line() {
    let calibrated = calibrate(
        "# by hand\nrps,cpu_millicores\n1,12\n2,21\n3,33\n4,41\n\n5,150\n6,62\n7,71\n8,82\n",
    );
    assert_eq!(calibrated.code, Some(0), "{calibrated:?}");
    insta::assert_snapshot!(calibrated.stdout, @"
    probe.csv: 8 rows, 1 to 8 rps a pod
    no column `replicas`: the fit treats `rps` and `cpu_millicores` as those of one
    pod

    cpu = idle + cost x rps, by least squares:
                                  estimate        95 % interval  standard error
     cost per request (CPU time)   11.1 ms  -2.99 ms to 25.3 ms         5.77 ms
     idle use                        8.86m      -62.5m to 80.2m           29.2m
    R² 0.3830; standard deviation of the readings from the line: 37.4m

    - R² is low: the load explains 38 % of the CPU's variance. Something else uses
      CPU, or the readings belong to other moments than the rates. Measure again,
      and hold each load for two minutes.
    - Linear: the test does not reject a straight line (t test of a term in the
      square of the rate, p = 0.358, level 0.05).
    - The interval of the cost includes zero: these rows do not show that a request
      costs CPU. Measure more loads, and heavier ones.
    - Idle use belongs to all measured pods together; `idle_cpu` of the policy
      belongs to one pod. If you measured several pods, divide it by their number,
      or add a column `replicas`.
    - Line 8 (5 rps a pod, 150m) is 111 standard errors from the line of the others.
      The fit keeps it; without it, a request costs 9.97 ms.
    - `machine` is assumed: 0.06 (machines of one type and one processor, as
      measured on Standard_D4as_v5). `--machine` chooses another class; several
      probes measure it.
    - Few rows: seeds draw a normal error, which is too narrow here. Compare the
      standard error with the 95 % interval, and measure at more loads.

    No lines for the policy: the standard error is more than half of the cost.
    Measure more loads, and heavier ones.
    ");
}

/// Lines of a report that the reader should know of.
fn notes(probe: &str) -> String {
    let calibrated = calibrate(probe);
    assert_eq!(calibrated.code, Some(0), "{calibrated:?}");
    let (_, notes) = calibrated.stdout.split_once("\n\n- ").expect("notes");
    notes.to_owned()
}

#[test]
fn cpu_of_all_pods_beside_a_column_replicas_is_noticed() {
    let calibrated = calibrate(
        "rps,cpu_millicores,replicas\n10,100,1\n20,200,1\n40,400,2\n80,900,2\n160,1700,4\n",
    );
    assert_eq!(calibrated.code, Some(0), "{calibrated:?}");
    insta::assert_snapshot!(calibrated.stdout, @r#"
    probe.csv: 5 rows, 10 to 40 rps a pod
    `rps` belongs to all pods and `cpu_millicores` to one; the fit divides `rps` by
    `replicas`

    cpu = idle + cost x rps, by least squares:
                                  estimate       95 % interval  standard error
     cost per request (CPU time)   43.3 ms  1.12 ms to 85.5 ms         13.3 ms
     idle use                        -467m      -1675m to 742m            380m
    R² 0.7806; standard deviation of the readings from the line: 356m

    - `cpu_millicores` probably belongs to all pods together: R² is 0.9983 with the
      rate of all pods, and 0.7806 with the rate of one pod. If so, all figures here
      are wrong: divide `cpu_millicores` by `replicas`, and calibrate again.
    - R² is low: the load explains 78 % of the CPU's variance. Something else uses
      CPU, or the readings belong to other moments than the rates. Measure again,
      and hold each load for two minutes.
    - Linear: the test does not reject a straight line (F test for lack of fit over
      equal loads, p = 0.676, level 0.05).
    - The estimate of idle use is below zero, but its interval includes zero. The
      policy gets 0m.
    - `machine` is assumed: 0.06 (machines of one type and one processor, as
      measured on Standard_D4as_v5). `--machine` chooses another class; several
      probes measure it.
    - Few rows: seeds draw a normal error, which is too narrow here. Compare the
      standard error with the 95 % interval, and measure at more loads.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "43.3ms", cv = 1.0, standard_error = "13.3ms", machine = 0.06 }
    idle_cpu = "0m"
    "#);
    // The same, written as it should be.
    let right =
        notes("rps,cpu_millicores,replicas\n10,100,1\n20,200,1\n40,200,2\n80,450,2\n160,425,4\n");
    assert!(!right.contains("all pods"), "{right}");
}

#[test]
fn json_is_one_object_with_the_same_figures() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "probe.csv",
        "rps,cpu_millicores,replicas\n4,25.1,2\n8,44.7,2\n12,65.3,2\n20,105,2\n",
    );
    let calibrated = sandbox.done("calibrate probe.csv --format json");
    insta::assert_snapshot!(calibrated.stdout, @r#"
    {
      "file": "probe.csv",
      "measured_on": "`rps` belongs to all pods and `cpu_millicores` to one; the fit divides `rps` by `replicas`",
      "rows": 4,
      "rps_min": 2.0,
      "rps_max": 10.0,
      "cpu_millicores_max": 105.0,
      "cpu_per_request_ms": {
        "value": 10.0071,
        "standard_error": 0.0515079,
        "low": 9.78552,
        "high": 10.2288
      },
      "idle_cpu_millicores": {
        "value": 4.98571,
        "standard_error": 0.321667,
        "low": 3.60169,
        "high": 6.36973
      },
      "r_squared": 0.999947,
      "scatter_millicores": 0.304725,
      "r_squared_as_totals": null,
      "cpu_per_request_ms_without_idle": 10.7103,
      "linearity": {
        "test": "quadratic_term",
        "p_value": 0.940392,
        "shape": "straight",
        "cost_ms_at_rps_min": 10.0307,
        "cost_ms_at_rps_max": 9.98523
      },
      "outliers": [],
      "rate_falls": [],
      "lines_at_limit": null,
      "r_squared_is_low": false,
      "idle_is_below_zero": false,
      "cpu_looks_like_that_of_all_pods": false,
      "cost": {
        "mean_ms": 10.0071,
        "standard_error_ms": 0.0515079,
        "machine": 0.06,
        "machine_low": null,
        "machine_high": null,
        "machine_known_from": "machines of one type and one processor, as measured on Standard_D4as_v5",
        "idle_cpu_millicores": 4.98571
      },
      "policy": "[workload]\ncpu_per_request = { dist = \"lognormal\", mean = \"10ms\", cv = 1.0, standard_error = \"51.5us\", machine = 0.06 }\nidle_cpu = \"5m\"\n"
    }
    "#);
}

#[test]
fn columns_that_are_missing_or_there_twice() {
    insta::assert_snapshot!(fault("rps,cpu\n1,2\n"), @"
    error[E0050]: the header has no column `cpu_millicores`
     --> probe.csv:1:5
      |
    1 | rps,cpu
      |     ^^^
      |
      = help: if `cpu` is in millicores, rename it to `cpu_millicores`
    ");
    insta::assert_snapshot!(fault("qps,cpu_milicores\n1,2\n"), @"
    error[E0050]: the header has no column `rps`
     --> probe.csv:1:1
      |
    1 | qps,cpu_milicores
      | ^^^
      |
      = help: if `qps` is that column, rename it to `rps`

    error[E0050]: the header has no column `cpu_millicores`
     --> probe.csv:1:5
      |
    1 | qps,cpu_milicores
      |     ^^^^^^^^^^^^^
      |
      = help: if `cpu_milicores` is in millicores, rename it to `cpu_millicores`
    ");
    insta::assert_snapshot!(fault("rps,cpu_millicores,rps\n1,2,3\n"), @"
    error[E0050]: two columns have the name `rps`
     --> probe.csv:1:20
      |
    1 | rps,cpu_millicores,rps
      |                    ^^^
      |
      = help: keep one of the two
    ");
}

#[test]
fn cells_that_are_no_numbers_or_out_of_range() {
    let text = "rps,cpu_millicores,replicas\n1,120m,1\n-2,3,1\n3,NaN,1\n4,inf,1\n5,,1\n6,1e13,1\n7,8,0\n8,9,1.5\n9,10\n";
    insta::assert_snapshot!(fault(text), @"
    error[E0051]: `120m` is not a number
     --> probe.csv:2:3
      |
    2 | 1,120m,1
      |   ^^^^
      |
      = help: write a plain number without a unit, such as 12.5 or 250

    error[E0052]: -2 is negative
     --> probe.csv:3:1
      |
    3 | -2,3,1
      | ^^
      |
      = help: write a number of 0 or more

    error[E0052]: NaN is not a finite number
     --> probe.csv:4:3
      |
    4 | 3,NaN,1
      |   ^^^
      |
      = help: delete a row without a measurement

    error[E0052]: inf is not a finite number
     --> probe.csv:5:3
      |
    5 | 4,inf,1
      |   ^^^
      |
      = help: delete a row without a measurement

    error[E0051]: the value is empty
     --> probe.csv:6:3
      |
    6 | 5,,1
      |   ^
      |
      = help: write a number, or delete a row without a measurement

    error[E0052]: 1e13 is more than 1e12
     --> probe.csv:7:3
      |
    7 | 6,1e13,1
      |   ^^^^
      |
      = help: check the unit

    error[E0052]: 0 is not a number of pods
     --> probe.csv:8:5
      |
    8 | 7,8,0
      |     ^
      |
      = help: write how many pods shared the load: a whole number of 1 or more

    error[E0052]: 1.5 is not a number of pods
     --> probe.csv:9:5
      |
    9 | 8,9,1.5
      |     ^^^
      |
      = help: write how many pods shared the load: a whole number of 1 or more

    error[E0053]: the row has 2 fields, the header 3
      --> probe.csv:10:1
       |
    10 | 9,10
       | ^^^^
       |
       = help: write one value for each column, commas between values, and a point before decimals
    ");
}

#[test]
fn too_few_rows() {
    insta::assert_snapshot!(fault(""), @"
    error[E0054]: the probe is empty
    help: a probe has a header, such as `rps,cpu_millicores`, and a row for each load
    ");
    insta::assert_snapshot!(fault("rps,cpu_millicores\n"), @"
    error[E0054]: `probe.csv` has a header and no rows
    help: measure at least 3 different loads; ten, from light load to the limit, make a good probe
    ");
    insta::assert_snapshot!(fault("rps,cpu_millicores\n1,10\n2,20\n"), @"
    error[E0054]: `probe.csv` has 2 rows
    help: measure at least 3 different loads; ten, from light load to the limit, make a good probe
    ");
}

#[test]
fn one_load_only() {
    insta::assert_snapshot!(fault("rps,cpu_millicores\n5,10\n5,11\n5,12\n"), @"
    error[E0055]: all rows of `probe.csv` have the same load: 5 requests per second per pod
    help: measure at different loads: the cost of a request is the slope between loads
    ");
    insta::assert_snapshot!(fault("rps,cpu_millicores,replicas\n5,10,1\n10,11,2\n15,12,3\n"), @"
    error[E0055]: all rows of `probe.csv` have the same load: 5 requests per second per pod
    help: measure at different loads: the cost of a request is the slope between loads
    ");
}

#[test]
fn cpu_that_does_not_grow() {
    insta::assert_snapshot!(fault("rps,cpu_millicores\n5,30\n6,20\n7,15\n"), @"error: probe.csv: CPU does not grow with the load: one more request per second changes it by -7.500 millicores; check that `rps` and `cpu_millicores` belong to the same pods and the same time");
}

#[test]
fn a_file_that_is_not_there_or_no_text() {
    let sandbox = Sandbox::new();
    let missing = sandbox.hpasim("calibrate none.csv");
    assert_eq!(missing.code, Some(3));
    insta::assert_snapshot!(codes_and_places(&missing.stderr), @"E0001");
    sandbox.write("probe.csv", [0xff, 0xfe, 0x00]);
    let binary = sandbox.hpasim("calibrate probe.csv");
    assert_eq!(binary.code, Some(3));
    insta::assert_snapshot!(codes_and_places(&binary.stderr), @"E0002");
}

#[test]
fn a_reading_beside_an_exact_line_is_off_in_percent() {
    let sandbox = Sandbox::new();
    let mut probe = "rps,cpu_millicores\n".to_owned();
    for rps in 1..=20 {
        let cpu = 20.0 + 6.0 * f64::from(rps);
        let read = if rps == 10 { cpu * 0.976 } else { cpu };
        probe.push_str(&format!("{rps},{read:.4}\n"));
    }
    sandbox.write("probe.csv", probe);
    let run = sandbox.hpasim("calibrate probe.csv");
    let note = run
        .stdout
        .split("- Line ")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next());
    insta::assert_snapshot!(note.unwrap_or(&run.stdout).trim_start(), @"
    11 (10 rps a pod, 78.1m) is 2.4 % below the line of the others, which lie
      close to their line. The fit keeps it; without it, a request costs 6 ms.
    - `machine` is assumed: 0.06 (machines of one type and one processor, as
      measured on Standard_D4as_v5). `--machine` chooses another class; several
      probes measure it.
    ");
}
