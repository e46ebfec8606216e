//! `hpasim calibrate`: full pods, and several probes.

use super::Sandbox;

/// Five rows on a line, and two of full pods.
const OVERLOADED: &str = "rps,cpu_millicores\n2,42\n4,80\n6,121\n8,160\n10,201\n12,249\n7,250\n";

#[test]
fn rows_of_full_pods_are_noticed_and_with_the_limit_left_out() {
    let sandbox = Sandbox::new();
    sandbox.write("probe.csv", OVERLOADED);
    let noticed = sandbox.done("calibrate probe.csv");
    insta::assert_snapshot!(noticed.stdout, @r#"
    probe.csv: 7 rows, 2 to 12 rps a pod
    no column `replicas`: the fit treats `rps` and `cpu_millicores` as those of one
    pod

    cpu = idle + cost x rps, by least squares:
                                  estimate       95 % interval  standard error
     cost per request (CPU time)   20.5 ms  6.78 ms to 34.3 ms         5.35 ms
     idle use                        13.9m      -91.7m to 119m           41.1m
    R² 0.7467; standard deviation of the readings from the line: 44.7m

    - Line 8 has 7 rps a pod at 250m, and the greatest rate of the probe is 12 rps
      with hardly more CPU: the pods were full, and such a row says nothing about
      the cost. State the CPU limit of a pod with `--limit`, or delete such rows.
      The key `workload.overload` models pods that serve less once they are full.
    - R² is low: the load explains 75 % of the CPU's variance. Something else uses
      CPU, or the readings belong to other moments than the rates. Measure again,
      and hold each load for two minutes.
    - Linear: the test does not reject a straight line (t test of a term in the
      square of the rate, p = 0.492, level 0.05).
    - Idle use belongs to all measured pods together; `idle_cpu` of the policy
      belongs to one pod. If you measured several pods, divide it by their number,
      or add a column `replicas`.
    - Line 8 (7 rps a pod, 250m) is 31.9 standard errors from the line of the
      others. The fit keeps it; without it, a request costs 20.5 ms.
    - `machine` is assumed: 0.06 (machines of one type and one processor, as
      measured on Standard_D4as_v5). `--machine` chooses another class; several
      probes measure it.
    - Few rows: seeds draw a normal error, which is too narrow here. Compare the
      standard error with the 95 % interval, and measure at more loads.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "20.5ms", cv = 1.0, standard_error = "5.35ms", machine = 0.06 }
    idle_cpu = "14m"
    "#);
    let limited = sandbox.done("calibrate probe.csv --limit 250m --machine mixed");
    insta::assert_snapshot!(limited.stdout, @r#"
    probe.csv: 5 rows, 2 to 10 rps a pod
    no column `replicas`: the fit treats `rps` and `cpu_millicores` as those of one
    pod

    cpu = idle + cost x rps, by least squares:
                                  estimate       95 % interval  standard error
     cost per request (CPU time)   19.9 ms  19.4 ms to 20.4 ms         0.14 ms
     idle use                         1.4m     -1.59m to 4.39m           0.94m
    R² 0.9998; standard deviation of the readings from the line: 0.89m

    - Lines 7, 8 are at the CPU limit (95 % of `--limit` or more) and left out: at
      the limit a rate is what the pods could serve. The probe has no column
      `replicas`, so `--limit` is compared with all its pods together.
    - Linear: the test does not reject a straight line (t test of a term in the
      square of the rate, p = 0.310, level 0.05).
    - Idle use belongs to all measured pods together; `idle_cpu` of the policy
      belongs to one pod. If you measured several pods, divide it by their number,
      or add a column `replicas`.
    - `machine` is assumed: 0.24 (a type with several processors, as measured on
      GKE's E2). `--machine` chooses another class; several probes measure it.
    - Few rows: seeds draw a normal error, which is too narrow here. Compare the
      standard error with the 95 % interval, and measure at more loads.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "19.9ms", cv = 1.0, standard_error = "0.14ms", machine = 0.24 }
    idle_cpu = "1m"
    "#);
    let far = sandbox.done("calibrate probe.csv --limit 2");
    assert!(
        far.stdout.contains("- No row is at the CPU limit"),
        "{}",
        far.stdout
    );
}

#[test]
fn a_limit_that_leaves_too_few_rows_or_is_none() {
    let sandbox = Sandbox::new();
    sandbox.write("probe.csv", OVERLOADED);
    let refused = sandbox.hpasim("calibrate probe.csv --limit 80m");
    assert_eq!(refused.code, Some(3));
    insta::assert_snapshot!(refused.stderr, @"error: probe.csv: 6 of 7 rows are at the limit of 80m; check `--limit`, or measure three rows with two different loads below it");
    let none = sandbox.hpasim("calibrate probe.csv --limit 0");
    assert_eq!(none.code, Some(2));
    insta::assert_snapshot!(none.stderr, @"
    error: invalid value '0' for '--limit <CPU>': write CPU from 1m to 100k cores, such as 500m or 2

    For more information, try '--help'.
    ");
}

#[test]
fn several_probes_measure_the_machines() {
    let sandbox = Sandbox::new();
    for (day, cost) in [("mon", 10), ("tue", 12), ("wed", 14)] {
        let rows: String = (1..=6)
            .map(|rps| format!("{rps},{}\n", 5 + cost * rps + rps % 2))
            .collect();
        sandbox.write(&format!("{day}.csv"), format!("rps,cpu_millicores\n{rows}"));
    }
    let together = sandbox.done("calibrate mon.csv tue.csv wed.csv");
    let (_, end) = together.stdout.split_once("3 probes").expect("the end");
    insta::assert_snapshot!(end, @r#"
    , each on a machine of its own: a request costs 11.8 ms (geometric mean;
    standard error 1.16 ms). The logarithm of the machines' speed has a standard
    deviation of 0.17 (95 %: 0.088 to 1.07), beyond the errors of the probes.
    So few probes say little about the machines. If the interval is wide, write the
    `machine` of a class into the policy: 0.06 for one machine type with one
    processor, 0.24 for a type with several processors.

    Put into the policy:
    [workload]
    cpu_per_request = { dist = "lognormal", mean = "11.8ms", cv = 1.0, standard_error = "1.16ms", machine = 0.17 }
    idle_cpu = "6m"
    "#);
    let (_, lines) = end.split_once("Put into the policy:\n").expect("the lines");
    sandbox.write(
        "calibrated.toml",
        format!("[hpa]\nmaxReplicas = 10\n{lines}"),
    );
    sandbox.write("flat.csv", "time_s,rps\n0,5\n60,5\n");
    sandbox.done("run calibrated.toml flat.csv --plot none --quiet");
    sandbox.write("again.csv", sandbox.text("mon.csv"));
    let twice = sandbox.hpasim("calibrate mon.csv again.csv");
    assert_eq!(twice.code, Some(3));
    insta::assert_snapshot!(twice.stderr, @"error: again.csv: it has the same rows as `mon.csv`");
    let json = sandbox
        .done("calibrate mon.csv tue.csv wed.csv --format json")
        .json();
    assert_eq!(json["probes"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["probes"][0]["file"], "mon.csv");
    insta::assert_snapshot!(json["cost"], @r#"{"idle_cpu_millicores":5.8,"machine":0.169239,"machine_high":1.06627,"machine_known_from":"3 probes","machine_low":0.087509,"mean_ms":11.8013,"standard_error_ms":1.15605}"#);
    let from_stdin = sandbox.hpasim("calibrate - -");
    assert_eq!(from_stdin.code, Some(2));
    insta::assert_snapshot!(from_stdin.stderr, @"error: standard input (`-`) can be read once; name files for the others");
    let both = sandbox.hpasim("calibrate mon.csv tue.csv --machine same");
    assert_eq!(both.code, Some(2));
    insta::assert_snapshot!(both.stderr, @"error: several probes measure how the machines differ; leave `--machine` out, or give one probe");
}
