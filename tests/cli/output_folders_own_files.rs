//! Files of one's own near the results: inputs, other files of the folder, and what a link leads to stay as they are.

use std::process::Command;

use super::Sandbox;
use super::output_folders::{RUN, refused};

#[test]
fn a_folder_of_ones_own_is_not_littered() {
    let sandbox = Sandbox::new();
    let before = sandbox.names("policies");
    for arguments in [
        &[
            "run",
            "policies/prod.toml",
            "traces/flap.csv",
            "-o",
            "policies",
        ][..],
        &[
            "compare",
            "policies/prod.toml",
            "@default",
            "traces/flap.csv",
            "-o",
            "policies",
        ],
        &[
            "sweep",
            "policies/prod.toml",
            "traces/flap.csv",
            "--set",
            "hpa.maxReplicas=2,3",
            "-o",
            "policies",
        ],
        &[
            "tune",
            "policies/prod.toml",
            "traces/spike.csv",
            "--budget",
            "5",
            "-o",
            "policies",
        ],
    ] {
        let finished = sandbox.hpasim(arguments);
        let said = refused(&finished, 1);
        assert_eq!(
            said,
            "error: policies holds files that hpasim did not write (conservative.toml, fast.toml, no-behavior.toml and 5 more); name an empty folder or a new one with -o, or write among them with --force",
        );
        assert_eq!(sandbox.names("policies"), before);
    }
}

#[test]
fn an_output_that_is_an_input_is_refused_even_with_force() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("out")).expect("a folder");
    let trace = sandbox.read("traces/flap.csv");
    sandbox.write("out/timeline.csv", &trace);
    sandbox.write("out/proposed.toml", "extends = \"../policies/prod.toml\"\n");
    sandbox.write("out/sweep.csv", &trace);
    let said = |place: &str| {
        format!(
            "error: {place} is an input of this command, and the output would replace it; choose another place with -o"
        )
    };
    for (arguments, place) in [
        (
            &["run", "policies/prod.toml", "out/timeline.csv", "-o", "out"][..],
            "out/timeline.csv",
        ),
        (
            &["run", "out/proposed.toml", "traces/flap.csv", "-o", "./out"],
            "out/proposed.toml",
        ),
        (
            &["tune", "out/proposed.toml", "traces/spike.csv", "-o", "out"],
            "out/proposed.toml",
        ),
        (
            &[
                "sweep",
                "policies/prod.toml",
                "out/sweep.csv",
                "--set",
                "hpa.maxReplicas=2,3",
                "-o",
                "out",
            ],
            "out/sweep.csv",
        ),
        (
            &[
                "compare",
                "out/proposed.toml",
                "@default",
                "traces/flap.csv",
                "-o",
                "out",
            ],
            "out/proposed.toml",
        ),
        (
            &[
                "trace",
                "convert",
                "out/timeline.csv",
                "-o",
                "./out/../out/timeline.csv",
            ],
            "./out/../out/timeline.csv",
        ),
        (&["merge", "out", "-o", "out/sweep.csv"], "out/sweep.csv"),
    ] {
        let finished = sandbox.hpasim(&[arguments, &["--force"]].concat());
        let code = if arguments[0] == "merge" { 3 } else { 2 };
        if code == 2 {
            assert_eq!(refused(&finished, code), said(place), "{arguments:?}");
        } else {
            assert_eq!(finished.code, Some(code), "no sweep at all: {finished:?}");
        }
    }
    assert!(sandbox.read("out/timeline.csv") == trace);
    assert_eq!(
        sandbox.names("out"),
        ["proposed.toml", "sweep.csv", "timeline.csv"]
    );
}

#[test]
fn a_part_is_not_merged_into_itself() {
    let sandbox = Sandbox::new();
    let sweep = [
        "sweep",
        "policies/prod.toml",
        "traces/flap.csv",
        "--set",
        "hpa.maxReplicas=2,3",
    ];
    sandbox.done(&[&sweep[..], &["-q", "-o", "part"]].concat());
    let before = sandbox.read("part/sweep.csv");
    let merged = sandbox.hpasim("merge part -o part/sweep.csv --force");
    insta::assert_snapshot!(refused(&merged, 2), @"error: part/sweep.csv is an input of this command, and the output would replace it; choose another place with -o");
    assert!(sandbox.read("part/sweep.csv") == before);
}

#[test]
fn a_trace_is_not_written_over_a_file_without_force() {
    let sandbox = Sandbox::new();
    sandbox.write("mine.csv", "precious");
    for arguments in [
        &["trace", "gen", "spike", "-o", "mine.csv"][..],
        &["trace", "convert", "traces/flap.csv", "-o", "mine.csv"],
    ] {
        let finished = sandbox.hpasim(arguments);
        assert_eq!(
            refused(&finished, 2),
            "error: mine.csv already exists; choose another file with -o, or overwrite it with --force"
        );
        assert_eq!(sandbox.read("mine.csv"), b"precious");
        sandbox.done(&[arguments, &["--force"]].concat());
        assert!(sandbox.read("mine.csv").starts_with(b"#"));
        sandbox.write("mine.csv", "precious");
    }
    sandbox.done("trace gen spike -o /dev/null");
}

#[test]
fn a_summary_that_lists_paths_removes_nothing_outside_its_folder() {
    let sandbox = Sandbox::new();
    sandbox.done(&[&RUN[..], &["-o", "out"]].concat());
    std::fs::create_dir(sandbox.path("out/plot-")).expect("a folder");
    sandbox.write("mine.png", "precious");
    let text = sandbox.text("out/summary.json");
    let crafted = text.replace(
        "\"timeline.csv\"",
        "\"timeline.csv\", \"plot-/../../mine.png\", \"../mine.png\"",
    );
    assert_ne!(crafted, text);
    sandbox.write("out/summary.json", crafted);
    sandbox.done(&[&RUN[..], &["-o", "out"]].concat());
    assert_eq!(sandbox.read("mine.png"), b"precious");
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_lock_is_not_written_through() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("out")).expect("a folder");
    sandbox.write("mine.txt", "precious");
    std::os::unix::fs::symlink("../mine.txt", sandbox.path("out/.hpasim.lock")).expect("a link");
    let run = sandbox.hpasim(&[&RUN[..], &["-o", "out", "--force"]].concat());
    insta::assert_snapshot!(refused(&run, 1), @"error: out/.hpasim.lock is not a lock file of hpasim; remove it, or choose another folder with -o");
    assert_eq!(sandbox.read("mine.txt"), b"precious");
}

#[test]
fn a_file_of_ones_own_beside_results_is_neither_overwritten_nor_left_as_if_it_were_one() {
    let sandbox = Sandbox::new();
    sandbox.done(&[&RUN[..], &["-o", "out"]].concat());
    sandbox.write("out/plot.svg", "mine");
    let plain = [
        "run",
        "policies/prod.toml",
        "traces/flap.csv",
        "-q",
        "-o",
        "out",
    ];
    insta::assert_snapshot!(refused(&sandbox.hpasim(&plain), 1), @"error: out holds plot.svg, not listed in the summary.json of a completed run; choose another folder with -o, or remove it with --force");
    assert_eq!(sandbox.read("out/plot.svg"), b"mine");
}

#[test]
fn a_folder_in_the_place_of_a_result_is_found_before_anything_is_removed() {
    let sandbox = Sandbox::new();
    sandbox.done(&[&RUN[..], &["-o", "out"]].concat());
    let before = sandbox.read("out/timeline.csv");
    for obstacle in ["plot.svg", "plot-x.svg", "latency.csv"] {
        // The obstacle may take the place of a result.
        let _ = std::fs::remove_file(sandbox.path(&format!("out/{obstacle}")));
        std::fs::create_dir(sandbox.path(&format!("out/{obstacle}"))).expect("a folder");
        let plain = [
            "run",
            "policies/prod.toml",
            "traces/flap.csv",
            "-q",
            "-o",
            "out",
        ];
        let failed = sandbox.hpasim(&[&plain[..], &["--force"]].concat());
        assert!(refused(&failed, 1).contains("a folder of that name is in the way"));
        assert!(sandbox.path("out/summary.json").exists());
        assert!(sandbox.read("out/timeline.csv") == before);
        std::fs::remove_dir(sandbox.path(&format!("out/{obstacle}"))).expect("removed");
    }
}

#[cfg(unix)]
#[test]
fn standard_input_that_comes_from_the_output_is_an_input() {
    let sandbox = Sandbox::new();
    let trace = sandbox.read("traces/flap.csv");
    sandbox.write("c.csv", &trace);
    std::fs::create_dir(sandbox.path("out")).expect("a folder");
    sandbox.write("out/timeline.csv", &trace);
    for (arguments, file) in [
        (
            &["trace", "convert", "-", "-o", "c.csv", "--force"][..],
            "c.csv",
        ),
        (
            &["run", "policies/prod.toml", "-", "-o", "out", "--force"],
            "out/timeline.csv",
        ),
    ] {
        let input = std::fs::File::open(sandbox.path(file)).expect("a file");
        let output = Command::new(assert_cmd::cargo::cargo_bin!("hpasim"))
            .current_dir(sandbox.folder.path())
            .args(arguments)
            .stdin(input)
            .output()
            .expect("a process");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("is an input of this command"), "{said}");
        assert!(sandbox.read(file) == trace);
    }
}

#[test]
fn a_picture_of_ones_own_beside_a_sweep_is_not_overwritten_when_the_sweep_is_asked_again() {
    let sandbox = Sandbox::new();
    let sweep = |further: &[&str]| {
        let start = [
            "sweep",
            "policies/prod.toml",
            "traces/flap.csv",
            "-q",
            "-o",
            "out",
        ];
        let set = ["--set", "hpa.maxReplicas=2,3"];
        sandbox.hpasim(&[&start[..], &set, further].concat())
    };
    sweep(&["--plot", "none"]).done();
    sandbox.write("out/front.svg", "mine");
    for further in [&[][..], &["--resume"]] {
        let said = sweep(further);
        assert!(refused(&said, 1).contains("out holds front.svg, not listed in"));
        assert_eq!(sandbox.read("out/front.svg"), b"mine");
    }
    sweep(&["--force"]).done();
}

#[test]
fn earlier_pictures_that_a_command_does_not_draw_go_with_a_line_about_it() {
    let sandbox = Sandbox::new();
    let run = "run policies/prod.toml traces/flap.csv --engine fluid -o out";
    let drawn = sandbox.done(&format!("{run} --plot all"));
    assert_eq!(drawn.stderr, "");
    let fewer = sandbox.done(&format!("{run} --plot svg"));
    insta::assert_snapshot!(fewer.stderr, @"removed from out, since this command does not write them: plot.png");
    let none = sandbox.done(&format!("{run} --plot none --quiet"));
    assert_eq!(none.stderr, "");
    let files = sandbox.names("out");
    assert!(
        !files.iter().any(|name| name.starts_with("plot")),
        "{files:?}"
    );
    let again = sandbox.done(&format!("{run} --plot none"));
    assert_eq!(again.stderr, "");
}
