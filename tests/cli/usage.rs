//! Help, usage errors, and traces made on the command line.

use super::Sandbox;

#[test]
fn help_lists_the_commands_and_the_exit_codes() {
    let sandbox = Sandbox::new();
    let help = sandbox.hpasim(&["--help"]);
    assert_eq!(help.code, Some(0));
    insta::assert_snapshot!(help.stdout, @"
    hpasim: what will my autoscaler do under this traffic, why, and at what price?

    Usage: hpasim <COMMAND>

    Commands:
      run        Simulate a policy under a trace: summary, timeline, decisions, plot
      sweep      Simulate every policy of a grid: a row of KPIs each, the front of cost against harm
      tune       Search for a better policy, and show on other traffic whether it is better
      merge      Join the parts that `sweep --shard I/N` computed
      compare    Set policies side by side under the same traffic: KPIs, differences with intervals, a
                 picture
      replay     Replay recorded decisions of the real controller through the HPA core
      check      Find traps in policies and manifests before any traffic comes
      calibrate  Fit cost per request and idle CPU to a capacity probe
      export     Print a policy as Kubernetes objects, or the patch between two policies
      trace      Make, convert and describe traces
      help       Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Exit codes: 0 done, 1 run-time failure, 2 usage, 3 bad input, 99 an assertion did not hold, 130
    interrupted.
    ");
}

#[test]
fn a_usage_error_exits_with_2() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["run"] as &[&str],
        &["run", "policies/prod.toml"],
        &[
            "run",
            "policies/prod.toml",
            "traces/spike.csv",
            "--seeds",
            "0",
        ],
        &[
            "run",
            "policies/prod.toml",
            "traces/spike.csv",
            "--from",
            "2 fortnights",
        ],
        &[
            "run",
            "policies/prod.toml",
            "traces/spike.csv",
            "--engine",
            "steam",
        ],
        &["fly"],
        &["replay"],
        &["trace", "gen", "spike", "--peak", "-3"],
    ] {
        let run = sandbox.hpasim(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {run:?}");
        assert_eq!(run.stdout, "");
        assert!(run.stderr.starts_with("error: "), "{run:?}");
    }
}

#[test]
fn a_trace_goes_to_stdout_or_to_a_file() {
    let sandbox = Sandbox::new();
    let shown = sandbox.hpasim(&["trace", "gen", "steps", "--seed", "3"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let written = sandbox.hpasim(&["trace", "gen", "steps", "--seed", "3", "-o", "made.csv"]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""));
    assert_eq!(sandbox.read("made.csv"), shown.stdout.as_bytes());
    let run = sandbox.hpasim(&["run", "policies/prod.toml", "made.csv", "--quiet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}
