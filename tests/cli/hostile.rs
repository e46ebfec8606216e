//! Inputs that never end, that are too large, or that name foreign files.

use std::io::Write;
use std::process::Command as Process;

use super::*;

/// No shadow file of a real machine, but one of its form.
const SHADOW: &str = "root:$6$salt$hunter2hash:19000:0:99999:7:::\nbin:*:19000:0:99999:7:::\n";

/// Runs a shell in the sandbox, with the program as `$HPASIM`, and at most 2 GB of address space.
///
/// A time limit ends a program that hangs, so that its test fails.
fn shell(sandbox: &Sandbox, script: &str) -> Finished {
    let program = assert_cmd::cargo::cargo_bin!("hpasim").display();
    let output = Process::new("bash")
        .args(["-c", &format!("ulimit -v 2000000; {script}")])
        .current_dir(sandbox.folder.path())
        .env(
            "HPASIM",
            format!("timeout {} {program}", PATIENCE.as_secs()),
        )
        .env_remove("CLICOLOR_FORCE")
        .output()
        .expect("a process");
    Finished::of(&output)
}

fn make_fifo(sandbox: &Sandbox, name: &str) {
    let made = Process::new("mkfifo").arg(sandbox.path(name)).status();
    assert!(made.expect("a process").success());
}

/// Every command with an input, where `IN` stands for it.
const COMMANDS: [&str; 12] = [
    "run IN traces/spike.csv",
    "run policies/prod.toml IN",
    "compare IN @default traces/spike.csv",
    "compare policies/prod.toml @default --trace IN",
    "sweep IN traces/spike.csv --set hpa.maxReplicas=10,20",
    "tune IN traces/spike.csv",
    "merge IN -o all.csv",
    "replay IN",
    "calibrate IN",
    "export IN",
    "trace info IN",
    "trace convert IN",
];

#[test]
fn a_named_pipe_is_refused_by_every_command_without_waiting_for_a_writer() {
    let sandbox = Sandbox::new();
    make_fifo(&sandbox, "pipe");
    for command in COMMANDS {
        let arguments = command.replace("IN", "pipe");
        let refused = shell(&sandbox, &format!("$HPASIM {arguments}"));
        assert_eq!(refused.code, Some(3), "{arguments}: {refused:?}");
        assert!(
            refused.stderr.starts_with(
                "error[E0001]: cannot read `pipe`: it is a pipe, not a regular file\nhelp: "
            ),
            "{arguments}: {refused:?}"
        );
    }
    let checked = shell(&sandbox, "$HPASIM check pipe");
    assert_eq!(checked.code, Some(3));
    assert!(checked.stdout.contains("it is a pipe"), "{checked:?}");
}

#[test]
fn an_endless_device_is_refused_by_every_command() {
    let sandbox = Sandbox::new();
    for command in COMMANDS {
        let arguments = command.replace("IN", "/dev/zero");
        let refused = shell(&sandbox, &format!("$HPASIM {arguments}"));
        assert_eq!(refused.code, Some(3), "{arguments}: {refused:?}");
        assert!(
            refused
                .stderr
                .contains("it is a device, not a regular file"),
            "{arguments}: {refused:?}"
        );
    }
}

#[test]
fn endless_standard_input_is_left_where_it_shows_what_it_is() {
    let sandbox = Sandbox::new();
    for command in [
        "run - traces/spike.csv",
        "run policies/prod.toml -",
        "check -",
        "calibrate -",
        "trace info -",
        "trace info - --input-format csv",
        "trace convert /dev/stdin",
    ] {
        let refused = shell(&sandbox, &format!("$HPASIM {command} < /dev/zero"));
        assert_eq!(refused.code, Some(3), "{command}: {refused:?}");
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert!(said.contains("error[E0002]"), "{command}: {said}");
        assert!(said.contains("byte 1 is NUL"), "{command}: {said}");
    }
}

#[test]
fn endless_text_is_left_at_the_limit_of_its_kind() {
    let sandbox = Sandbox::new();
    for command in [
        "run - traces/spike.csv",
        "check -",
        "calibrate -",
        "export -",
    ] {
        let refused = shell(&sandbox, &format!("yes 'a = 1' | $HPASIM {command}"));
        assert_eq!(refused.code, Some(3), "{command}: {refused:?}");
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert!(
            said.contains("error[E0058]: cannot read `-`: it is larger than 64 MiB"),
            "{command}: {said}"
        );
    }
}

#[test]
fn lines_without_an_end_are_left_at_their_limit() {
    let sandbox = Sandbox::new();
    let long = |command: &str| {
        let script = format!("$HPASIM {command} < <(yes | tr -d '\\n')");
        let refused = shell(&sandbox, &script);
        assert_eq!(refused.code, Some(3), "{command}: {refused:?}");
        refused.stderr
    };
    insta::assert_snapshot!(long("replay /dev/stdin"), @"error: /dev/stdin: line 1 is longer than 64 MiB; a recording of decisions has one JSON object per line");
    insta::assert_snapshot!(long("merge /dev/stdin -o all.csv"), @"error: /dev/stdin: this is not a part of a sweep: a line is longer than 1 MiB; name a sweep.csv");
    let log = long("trace info - --input-format access-log");
    assert!(
        log.contains("error[E0043]: line 1 is longer than 1 MiB"),
        "{log}"
    );
}

#[test]
fn a_head_of_a_sweep_that_never_ends_is_left() {
    let sandbox = Sandbox::new();
    let refused = shell(
        &sandbox,
        "$HPASIM merge /dev/stdin -o all.csv < <(echo '# hpasim sweep'; yes '# more')",
    );
    assert_eq!(refused.code, Some(3), "{refused:?}");
    insta::assert_snapshot!(refused.stderr, @"error: /dev/stdin: this is not a part of a sweep: the head is longer than 16 MiB; name a sweep.csv");
}

/// A gzip of `mebibytes` of `line`.
fn bomb(line: &str, mebibytes: usize) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let block = line.repeat((1 << 20) / line.len() + 1);
    for _ in 0..mebibytes {
        packer.write_all(block.as_bytes()).expect("packed");
    }
    packer.finish().expect("packed")
}

#[test]
fn a_small_gzip_with_more_than_a_gibibyte_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("zeros.csv.gz", bomb("\0", 1100));
    sandbox.write("rows.csv.gz", bomb("1,1\n", 1100));
    let zeros = shell(&sandbox, "$HPASIM run policies/prod.toml zeros.csv.gz");
    assert_eq!(zeros.code, Some(3), "{zeros:?}");
    assert!(zeros.stderr.contains("byte 1 is NUL"), "{zeros:?}");
    let rows = shell(&sandbox, "$HPASIM run policies/prod.toml rows.csv.gz");
    assert_eq!(rows.code, Some(3), "{rows:?}");
    assert!(
        ["error[E0039]", "error[E0001]"]
            .iter()
            .any(|head| rows.stderr.starts_with(head)),
        "{rows:?}"
    );
}

#[test]
fn a_pipe_of_the_shell_and_standard_input_are_files() {
    let sandbox = Sandbox::new();
    for command in [
        "run <(cat policies/prod.toml) <(cat traces/spike.csv) -o out --plot none -q",
        "run - <(gzip -c traces/spike.csv) -o gz --plot none -q < policies/prod.toml",
        "check <(cat policies/prod.toml)",
        "sweep <(cat policies/prod.toml) traces/spike.csv traces/flap.csv --set hpa.maxReplicas=10,20 -o s -q",
        "trace info <(cat traces/spike.csv)",
        "export <(cat policies/prod.toml)",
        "run /dev/null traces/spike.csv --set hpa.maxReplicas=3 -o null --plot none -q",
    ] {
        let done = shell(&sandbox, &format!("$HPASIM {command}"));
        assert_eq!(done.code, Some(0), "{command}: {done:?}");
    }
}

#[test]
fn a_summary_that_is_a_pipe_does_not_stop_a_run() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("out")).expect("a folder");
    make_fifo(&sandbox, "out/summary.json");
    let run = shell(
        &sandbox,
        "$HPASIM run policies/prod.toml traces/spike.csv -o out --plot none -q",
    );
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr.contains("out holds summary.json, not listed in"),
        "{run:?}"
    );
}

#[test]
fn what_a_policy_names_is_a_regular_file() {
    let sandbox = Sandbox::new();
    make_fifo(&sandbox, "pipe");
    let named = |file: &str| {
        sandbox.write(
            "p.toml",
            format!("extends = \"{file}\"\n[hpa]\nmaxReplicas = 3\n"),
        );
        let run = shell(
            &sandbox,
            "$HPASIM run p.toml traces/spike.csv < policies/prod.toml",
        );
        assert_eq!(run.code, Some(3), "{file}: {run:?}");
        assert!(run.stderr.starts_with("error[E0001]"), "{file}: {run:?}");
        assert!(run.stderr.contains("--> p.toml:1:11"), "{file}: {run:?}");
        run.stderr
    };
    assert!(named("pipe").contains("it is a pipe"));
    assert!(named("/dev/zero").contains("it is a device"));
    assert!(named("/proc/self/environ").contains("it is a file of the kernel"));
    assert!(named("traces").contains("it is a folder"));
    // No standard input by its other name.
    assert!(named("-").contains("there is no such file"));
}

/// Files that hold secrets, none of them a policy: their names, contents, and a word that no output may hold.
const FOREIGN: [(&str, &str, &str); 9] = [
    ("shadow", SHADOW, "hunter2hash"),
    ("passwd", "root:x:0:0:hunter2:/root:/bin/bash\n", "hunter2"),
    (
        ".netrc",
        "machine example.org login me password hunter2\n",
        "hunter2",
    ),
    (".env", "API_KEY=hunter2\n", "hunter2"),
    (
        ".env.toml",
        "API_KEY = \"hunter2\"\nOTHER = \"3\"\n",
        "hunter2",
    ),
    (
        "credentials.toml",
        "[registry]\ntoken = \"hunter2\"\n",
        "hunter2",
    ),
    (
        "id_rsa",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2AAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        "hunter2",
    ),
    (
        "kubeconfig.yaml",
        "apiVersion: v1\nkind: Config\nusers: [{name: me, user: {token: hunter2}}]\n",
        "hunter2",
    ),
    (
        "config.json",
        "{\"auths\": {\"example.org\": {\"auth\": \"hunter2\"}}}",
        "hunter2",
    ),
];

#[test]
fn no_line_of_a_foreign_file_that_a_policy_names_is_shown() {
    let sandbox = Sandbox::new();
    for (file, content, secret) in FOREIGN {
        sandbox.write(file, content);
        for key in ["extends", "manifest"] {
            sandbox.write(
                "p.toml",
                format!("{key} = \"{file}\"\n[hpa]\nmaxReplicas = 3\n"),
            );
            for command in [
                "run p.toml traces/spike.csv",
                "check p.toml",
                "check p.toml --format json",
                "check p.toml --format github",
                "export p.toml",
                "sweep p.toml traces/spike.csv --set hpa.maxReplicas=10,20",
            ] {
                let ended = shell(&sandbox, &format!("$HPASIM {command}"));
                let said = format!("{}{}", ended.stdout, ended.stderr);
                assert_eq!(ended.code, Some(3), "{key} {file} {command}: {said}");
                assert!(said.contains("E0056"), "{key} {file} {command}: {said}");
                assert!(said.contains(file), "{key} {file} {command}: {said}");
                for line in content.lines().filter(|line| line.len() > 12) {
                    assert!(!said.contains(line), "{key} {file} {command}: {said}");
                }
                assert!(!said.contains(secret), "{key} {file} {command}: {said}");
            }
        }
    }
}

#[test]
fn of_an_unknown_key_in_a_file_that_a_policy_names_its_value_is_not_shown() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "app.toml",
        "[metrics]\nport = 9090\ntoken = \"hunter2\" # hunter2\n",
    );
    sandbox.write("p.toml", "extends = \"app.toml\"\n[hpa]\nmaxReplicas = 3\n");
    let run = sandbox.hpasim("run p.toml traces/spike.csv");
    assert_eq!(run.code, Some(3));
    assert!(
        run.stderr.contains("unknown key `token` in `metrics`"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("hunter2"), "{run:?}");
}

#[test]
fn check_stays_below_the_folder_of_its_file() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("mine")).expect("a folder");
    sandbox.write("base.toml", "[hpa]\nmaxReplicas = 3\n");
    sandbox.write("mine/inside.toml", "[hpa]\nmaxReplicas = 3\n");
    sandbox.write("mine/p.toml", "extends = \"../base.toml\"\n");
    sandbox.write("mine/q.toml", "extends = \"inside.toml\"\n");
    let refused = sandbox.hpasim("check mine/p.toml");
    assert_eq!(refused.code, Some(3), "{refused:?}");
    let folder = sandbox.path("mine").canonicalize().expect("a folder");
    let shown = refused
        .stdout
        .replace(&folder.display().to_string(), "FOLDER");
    assert!(shown.contains("it lies outside `FOLDER`"), "{shown}");
    insta::assert_snapshot!(codes_and_places(&shown), @"E0057 mine/p.toml:1:11");
    let code = |arguments: &[&str]| sandbox.hpasim(arguments).code;
    assert_eq!(code(&["check", "mine/p.toml", "--allow-outside"]), Some(0));
    assert_eq!(code(&["check", "mine/q.toml"]), Some(0));
    // A file that the user names as well lies below a root of its own.
    assert_eq!(code(&["check", "mine/p.toml", "base.toml"]), Some(0));
    // Other commands run what the user trusts.
    let run = [
        "run",
        "mine/p.toml",
        "traces/spike.csv",
        "--plot",
        "none",
        "-q",
    ];
    assert_eq!(code(&run), Some(0));
}

#[test]
fn check_stays_within_the_repository_of_its_file() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("repo/.git")).expect("a folder");
    std::fs::create_dir_all(sandbox.path("repo/deep/er")).expect("a folder");
    sandbox.write("outside.toml", "[hpa]\nmaxReplicas = 3\n");
    sandbox.write("repo/base.toml", "[hpa]\nmaxReplicas = 3\n");
    sandbox.write("repo/deep/er/p.toml", "extends = \"../../base.toml\"\n");
    sandbox.write(
        "repo/deep/er/q.toml",
        "extends = \"../../../outside.toml\"\n",
    );
    let check = |file: &str| sandbox.hpasim(&["check", file]);
    assert_eq!(check("repo/deep/er/p.toml").code, Some(0));
    let refused = check("repo/deep/er/q.toml");
    assert!(refused.stdout.contains("E0057"), "{refused:?}");
}

#[cfg(unix)]
#[test]
fn check_follows_no_symbolic_link_out_of_its_folder() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("mine")).expect("a folder");
    sandbox.write("shadow", SHADOW);
    let link = |name: &str| {
        let target = sandbox.path("shadow");
        std::os::unix::fs::symlink(target, sandbox.path(name)).expect("a link");
    };
    link("mine/base.toml");
    link("mine/direct.toml");
    sandbox.write("mine/p.toml", "extends = \"base.toml\"\n");
    for file in ["mine/p.toml", "mine/direct.toml"] {
        let refused = sandbox.hpasim(&["check", file]);
        assert_eq!(refused.code, Some(3), "{refused:?}");
        assert!(refused.stdout.contains("E0057"), "{refused:?}");
        assert!(refused.stdout.contains("--allow-outside"), "{refused:?}");
        assert!(!refused.stdout.contains("hunter2"), "{refused:?}");
    }
}

#[test]
fn check_of_standard_input_stays_below_the_current_folder() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("mine")).expect("a folder");
    sandbox.write("base.toml", "[hpa]\nmaxReplicas = 3\n");
    let script = "cd mine && echo 'extends = \"../base.toml\"' | $HPASIM check -";
    let refused = shell(&sandbox, script);
    assert!(refused.stdout.contains("E0057"), "{refused:?}");
    let inside = shell(&sandbox, "echo 'extends = \"base.toml\"' | $HPASIM check -");
    assert_eq!(inside.code, Some(0), "{inside:?}");
}

#[test]
fn faults_that_are_not_listed_are_counted_in_every_format() {
    let sandbox = Sandbox::new();
    sandbox.write("p.toml", "0,5\n".repeat(24));
    let text = sandbox.hpasim("check p.toml").stdout;
    assert!(
        text.ends_with("... and 4 more\n\n24 errors, 0 warnings and 0 notes in 1 file\n"),
        "{text}"
    );
    let json = sandbox.hpasim("check p.toml --format json").json();
    assert_eq!((&json["errors"], &json["omitted"]), (&24.into(), &4.into()));
    let github = sandbox.hpasim("check p.toml --format github").stdout;
    assert_eq!(
        github.lines().last(),
        Some("::error file=p.toml::4 more errors are not listed")
    );
    sandbox.write("p\u{202e}:.toml", "0,5\n".repeat(24));
    let github = sandbox
        .hpasim(&["check", "p\u{202e}:.toml", "--format", "github"])
        .stdout;
    assert_eq!(
        github.lines().last(),
        Some("::error file=p\\u{202e}%3A.toml::4 more errors are not listed")
    );
    // A policy under two traces has its faults once.
    let traces = ["traces/spike.csv", "traces/flap.csv"];
    for command in ["sweep", "tune"] {
        let mut arguments = vec![command, "p.toml", traces[0], traces[1]];
        if command == "sweep" {
            arguments.extend(["--set", "hpa.maxReplicas=1,2"]);
        }
        let ended = sandbox.hpasim(&arguments);
        assert!(ended.stderr.ends_with("... and 4 more\n"), "{ended:?}");
    }
    sandbox.write("q.toml", "0,5\n".repeat(23));
    let both = sandbox.hpasim(&["compare", "p.toml", "q.toml", traces[0], traces[1]]);
    assert!(both.stderr.ends_with("... and 7 more\n"), "{both:?}");
}

#[test]
fn forty_thousand_faulty_keys_are_counted_and_the_first_thousand_listed() {
    let sandbox = Sandbox::new();
    let keys: String = (0..40_000).map(|key| format!("key{key} = 1\n")).collect();
    sandbox.write("p.toml", format!("[hpa]\nmaxReplicas = 3\n{keys}"));
    let checked = sandbox.hpasim("check p.toml");
    assert_eq!(checked.code, Some(3));
    assert_eq!(checked.stdout.matches("error[E0007]").count(), 1000);
    assert!(
        checked
            .stdout
            .ends_with("... and 39000 more\n\n40000 errors, 0 warnings and 0 notes in 1 file\n")
    );
}

#[cfg(unix)]
#[test]
fn check_does_not_follow_a_linked_folder_out_of_its_repository() {
    let sandbox = Sandbox::new();
    for folder in ["r/.git", "ext"] {
        std::fs::create_dir_all(sandbox.path(folder)).expect("a folder");
    }
    sandbox.write("ext/x.toml", "[hpa]\nmaxReplicas = 0\n");
    std::os::unix::fs::symlink("../ext", sandbox.path("r/dir")).expect("a link");
    let refused = sandbox.hpasim("check r/dir/x.toml");
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stdout.contains("error[E0057]"), "{refused:?}");
    assert!(!refused.stdout.contains("maxReplicas"), "{refused:?}");
}

#[test]
fn check_does_not_say_whether_there_is_a_file_outside() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("mine")).expect("a folder");
    sandbox.write("there.txt", "");
    let said = |name: &str| {
        let text = format!("extends = \"../{name}\"\n[hpa]\nmaxReplicas = 3\n");
        sandbox.write("mine/p.toml", text);
        let refused = sandbox.hpasim("check mine/p.toml");
        assert_eq!(refused.code, Some(3), "{refused:?}");
        refused.stdout.replace(name, "NAME")
    };
    let there = said("there.txt");
    assert!(there.contains("error[E0057]"), "{there}");
    assert_eq!(there, said("gone1.txt"));
}
