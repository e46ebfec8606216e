//! `hpasim check` as a process: exit codes, formats, stdin.

use super::*;

#[test]
fn what_is_broken_ends_with_3_and_a_trap_with_0() {
    let sandbox = Sandbox::new();
    let broken = sandbox.hpasim("check policies/privrocket.yaml");
    assert_eq!(broken.code, Some(3), "{}", broken.stderr);
    assert!(broken.stdout.contains("error[E0101]"), "{}", broken.stdout);
    assert!(
        broken
            .stdout
            .ends_with("6 errors, 8 warnings and 2 notes in 1 file\n")
    );
    assert_eq!(broken.stderr, "", "findings are data");
    let trap = sandbox.done("check policies/prod.toml");
    assert!(trap.stdout.contains("warning[W0105]"));
}

#[test]
fn deny_warnings_ends_with_99_unless_something_is_broken() {
    let sandbox = Sandbox::new();
    let deny = |file: &str| sandbox.hpasim(&["check", file, "--deny", "warnings"]).code;
    assert_eq!(deny("policies/prod.toml"), Some(99));
    assert_eq!(deny("policies/privrocket.yaml"), Some(3));
    sandbox.write("plain.toml", "[hpa]\nmaxReplicas = 3\n");
    assert_eq!(deny("plain.toml"), Some(0));
}

#[test]
fn a_file_that_is_not_there_ends_with_3() {
    let sandbox = Sandbox::new();
    let missing = sandbox.hpasim("check policies/prod.toml none.yaml");
    assert_eq!(missing.code, Some(3));
    assert!(
        missing
            .stdout
            .contains("error[E0001]: cannot read `none.yaml`")
    );
}

#[test]
fn json_is_one_object_with_a_place_for_each_finding() {
    let sandbox = Sandbox::new();
    let json = sandbox.hpasim("check policies/stripe-flask-app.yaml --format json");
    let report = json.json();
    let found = report["diagnostics"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|it| it["code"] == "E0108")
        .expect("the port");
    assert_eq!(found["severity"], "error");
    assert_eq!(found["file"], "policies/stripe-flask-app.yaml");
    assert_eq!((&found["line"], &found["column"]), (&67.into(), &17.into()));
    assert_eq!(found["object"], "Ingress default/stripe-flask-ingress");
    assert!(found["help"].is_string() && found["message"].is_string());
    assert_eq!(json.code, Some(3));
}

#[test]
fn github_gets_an_annotation_a_line() {
    let sandbox = Sandbox::new();
    let text = sandbox.hpasim("check policies/stripe-flask-app.yaml --format github");
    let line = text.stdout.lines().last().expect("an annotation");
    assert!(
        line.starts_with(
            "::error file=policies/stripe-flask-app.yaml,line=67,col=17,title=E0108::the Service"
        ),
        "{line}"
    );
    assert_eq!(text.stdout.lines().count(), 4);
}

#[test]
fn stdin_is_a_file_called_dash() {
    let sandbox = Sandbox::new();
    let checked = sandbox.fed("check -", sandbox.read("policies/stripe-flask-app.yaml"));
    assert!(checked.stdout.contains("--> -:67:17"), "{checked:?}");
    assert_eq!(checked.code, Some(3));
}

#[test]
fn colour_is_for_terminals_and_those_who_ask() {
    let sandbox = Sandbox::new();
    let plain = sandbox.hpasim("check policies/prod.toml");
    assert!(!plain.stdout.contains('\u{1b}'));
}

#[test]
fn what_a_secret_holds_is_in_no_format() {
    let sandbox = Sandbox::new();
    for format in ["text", "json", "github"] {
        let shown = sandbox.hpasim(&["check", "policies/privrocket.yaml", "--format", format]);
        assert!(!shown.stdout.contains("placeholder-not"), "{format}");
    }
}

#[test]
fn run_takes_what_check_finds_broken() {
    let sandbox = Sandbox::new();
    for file in ["policies/privrocket.yaml", "policies/stripe-flask-app.yaml"] {
        sandbox.done(&format!(
            "run {file} traces/spike.csv --engine fluid --plot none -o out --force"
        ));
    }
}
