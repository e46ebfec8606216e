//! Help, usage errors, and traces made on the command line.

use super::Sandbox;

#[test]
fn help_lists_the_commands_and_the_exit_codes() {
    let sandbox = Sandbox::new();
    let help = sandbox.done("--help");
    insta::assert_snapshot!(help.stdout, @"
    What will my autoscaler do under this traffic, why, and at what price?

    Usage: hpasim <COMMAND>

    Commands:
      run          Simulate a policy under a trace: summary, timeline, decisions,
                   plot
      sweep        Simulate every policy of a grid: KPIs of each, and the front of
                   cost and harm
      tune         Search for a better policy, and test it on other traffic
      merge        Join the parts that `sweep --shard I/N` computed
      compare      Compare policies under the same traffic: KPIs, differences, a
                   picture
      replay       Replay recorded decisions of the real controller
      check        Find traps in policies and manifests
      calibrate    Fit cost per request and idle CPU to probes or a recording
      import       Import a recorded day: policy, traffic, what happened
      backtest     Simulate a day that happened: how close is the simulation?
      export       Print a policy as Kubernetes objects, or a patch between two
      trace        Make, convert and describe traces
      completions  Print the completions of a shell
      man          Print the man page, or write the man pages of all commands
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Examples:
      hpasim run policies/prod.toml traces/spike.csv
      hpasim compare policies/prod.toml policies/fast.toml traces/spike.csv

    Exit codes:
      0    done
      1    run-time failure
      2    usage
      3    bad input
      99   an assertion does not hold
      130  interrupted
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
fn a_flag_that_is_a_key_of_the_policy_names_set() {
    let sandbox = Sandbox::new();
    let tip = |arguments: &[&str]| {
        let run = sandbox.hpasim(arguments);
        assert_eq!(run.code, Some(2), "{run:?}");
        let tip = run.stderr.lines().find(|line| line.contains("tip:"));
        tip.unwrap_or_default().trim().to_owned()
    };
    insta::assert_snapshot!(tip(&["run", "p.toml", "t.csv", "--maxReplicas", "80"]), @"tip: a key of the policy is set with --set hpa.maxReplicas=80");
    insta::assert_snapshot!(tip(&["tune", "p.toml", "t.csv", "--max-replicas=80"]), @"tip: a key of the policy is set with --set hpa.maxReplicas=80");
    insta::assert_snapshot!(tip(&["run", "p.toml", "t.csv", "--init"]), @"tip: a key of the policy is set with --set pod.init=VALUE");
    // `check` has no --set, and `--sed` is nearer to a flag than to a key.
    insta::assert_snapshot!(tip(&["check", "p.toml", "--maxReplicas", "80"]), @"tip: to pass '--maxReplicas' as a value, use '-- --maxReplicas'");
    insta::assert_snapshot!(tip(&["run", "p.toml", "t.csv", "--sed", "3"]), @"tip: a similar argument exists: '--seed'");
}

#[test]
fn a_command_is_suggested_where_it_is_near() {
    let sandbox = Sandbox::new();
    let stderr = |word: &str| sandbox.hpasim(&[word]).stderr;
    assert!(stderr("calibrat").contains("'calibrate'"));
    assert!(stderr("sweeep").contains("'sweep'"));
    assert!(stderr("runner").contains("'run'"));
    assert!(stderr("checking").contains("'check'"));
    insta::assert_snapshot!(stderr("explain"), @"
    error: unrecognized subcommand 'explain'

    Usage: hpasim <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn a_missing_file_offers_the_near_name() {
    let sandbox = Sandbox::new();
    let help = |policy: &str, trace: &str| {
        let run = sandbox.hpasim(&["run", policy, trace]);
        assert_eq!(run.code, Some(3), "{run:?}");
        let help = run.stderr.lines().find(|line| line.contains("help:"));
        help.unwrap_or_default().trim().to_owned()
    };
    insta::assert_snapshot!(help("policies/prud.toml", "traces/spike.csv"), @"help: did you mean `policies/prod.toml`?");
    insta::assert_snapshot!(help("policies/prod.toml", "traces/spikes.cvs"), @"help: did you mean `traces/spike.csv`?");
    insta::assert_snapshot!(help("policies/x.toml", "traces/spike.csv"), @"help: check the path");
    insta::assert_snapshot!(help("policies/nothing-like-it.toml", "traces/spike.csv"), @"help: check the path");
    insta::assert_snapshot!(help("nowhere/prod.toml", "traces/spike.csv"), @"help: check the path");
}

#[test]
fn a_package_gets_completions_and_man_pages() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = sandbox.done(&["completions", shell]);
        assert!(run.stdout.contains("calibrate"), "{shell}");
    }
    let page = sandbox.hpasim("man");
    assert!(page.stdout.contains(".TH HPASIM 1"), "{page:?}");
    let pages = sandbox.hpasim("man -o man1");
    assert_eq!((pages.code, pages.stdout.as_str()), (Some(0), ""));
    assert_eq!(sandbox.read("man1/hpasim.1"), page.stdout.as_bytes());
    let run = sandbox.text("man1/hpasim-run.1");
    assert!(run.contains("maxReplicas"), "{run}");
}

#[test]
fn a_trace_goes_to_stdout_or_to_a_file() {
    let sandbox = Sandbox::new();
    let shown = sandbox.done("trace gen steps --seed 3");
    let written = sandbox.hpasim("trace gen steps --seed 3 -o made.csv");
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""));
    assert_eq!(sandbox.read("made.csv"), shown.stdout.as_bytes());
    sandbox.done("run policies/prod.toml made.csv --quiet");
}

#[test]
fn help_fits_80_columns_of_any_terminal() {
    let sandbox = Sandbox::new();
    for command in ["run", "compare", "sweep", "tune", "export"] {
        let help = sandbox.done(&format!("{command} --help")).stdout;
        let widest = help.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{help}");
    }
}

#[cfg(not(feature = "import"))]
#[test]
fn a_server_is_not_asked_without_the_feature_and_the_message_names_it() {
    let sandbox = Sandbox::new();
    let manifest = include_str!("../../examples/shop/app.yaml");
    sandbox.write("app.yaml", manifest);
    let import = sandbox.hpasim("import app.yaml --prometheus http://127.0.0.1:9");
    assert_eq!(import.code, Some(2));
    insta::assert_snapshot!(import.stderr.lines().last().unwrap_or_default(), @"error: this hpasim was built without the feature `import`, which asks a server; build it with `cargo build --release --features import`, or print the queries with `--print-queries`");
    assert!(!sandbox.path("output").exists());
}
