//! Files: missing, binary, extending each other.

use super::*;

#[test]
fn a_binary_policy() {
    let text = text_about(
        Files::default().with("p.toml", b"[hpa]\x00\x01"),
        &[],
        None,
        None,
    );
    insta::assert_snapshot!(text, @r##"
    error[E0002]: `p.toml` is not a text file: byte 6 is NUL
    help: give a file of plain UTF-8 text (a trace may be compressed with gzip)
    "##);
}

#[test]
fn a_policy_that_is_no_utf8() {
    let text = text_about(
        Files::default().with("p.toml", b"# caf\xe9"),
        &[],
        None,
        None,
    );
    insta::assert_snapshot!(text, @r##"
    error[E0002]: `p.toml` is not a text file: byte 6 is not UTF-8
    help: give a file of plain UTF-8 text (a trace may be compressed with gzip)
    "##);
}

#[test]
fn a_missing_base() {
    let text = text_about(
        Files::default().with("p.toml", "# prod, but louder\nextends = \"prdo.toml\"\n"),
        &[],
        None,
        None,
    );
    insta::assert_snapshot!(text, @r##"
    error[E0001]: cannot read `prdo.toml`: there is no such file
     --> p.toml:2:11
      |
    2 | extends = "prdo.toml"
      |           ^^^^^^^^^^^
      |
      = help: check the path: it starts at the folder of the file that names it
    "##);
}

#[test]
fn policies_in_a_circle() {
    let text = text_about(
        Files::default()
            .with("p.toml", "extends = \"q.toml\"\n")
            .with("q.toml", "extends = \"./p.toml\"\n"),
        &[],
        None,
        None,
    );
    insta::assert_snapshot!(text, @r##"
    error[E0003]: `./p.toml` ends up extending itself
     --> q.toml:1:11
      |
    1 | extends = "./p.toml"
      |           ^^^^^^^^^^
      |
      = help: take `extends` out of one of the files in the circle
    "##);
}

#[test]
fn a_fault_in_a_base_is_shown_there() {
    let text = text_about(
        Files::default()
            .with("p.toml", "extends = \"base/q.toml\"\n")
            .with("base/q.toml", "[hpa]\nmaxReplicas = 3\nminReplicas = 5\n"),
        &[],
        None,
        None,
    );
    insta::assert_snapshot!(text, @r##"
    error[E0016]: hpa.maxReplicas: maxReplicas (3) must not be below minReplicas (5)
     --> base/q.toml:2:15
      |
    2 | maxReplicas = 3
      |               ^
      |
      = help: write 5 or more, or lower minReplicas
    "##);
}

#[test]
fn remove_of_what_is_not_there() {
    let text = text_about(
        Files::default()
            .with(
                "p.toml",
                "extends = \"q.toml\"\nremove = [\"hpa.behaviour\", 3]\n",
            )
            .with("q.toml", "[hpa]\nmaxReplicas = 3\n[hpa.behavior]\n"),
        &[],
        None,
        None,
    );
    insta::assert_snapshot!(text, @r##"
    error[E0006]: the base has no `hpa.behaviour` to remove
     --> p.toml:2:11
      |
    2 | remove = ["hpa.behaviour", 3]
      |           ^^^^^^^^^^^^^^^
      |
      = help: did you mean `behavior`?

    error[E0008]: `remove` takes an array of strings, and this is an integer
     --> p.toml:2:28
      |
    2 | remove = ["hpa.behaviour", 3]
      |                            ^
      |
      = help: write an array of strings
    "##);
}

#[test]
fn remove_without_a_base() {
    let text = about_policy("remove = [\"hpa.behavior\"]\n");
    insta::assert_snapshot!(text, @r##"
    error[E0014]: `remove` leaves out keys of a base, and this policy extends none
     --> p.toml:1:1
      |
    1 | remove = ["hpa.behavior"]
      | ^^^^^^
      |
      = help: name the base with `extends`, or delete this line
    "##);
}

#[test]
fn a_missing_trace() {
    let text = {
        let mut files = Files::default().with("p.toml", POLICY);
        let set = [];
        let request = LoadRequest {
            policy: Path::new("p.toml"),
            trace: Path::new("traces/none.csv"),
            set: &set,
            from: None,
            to: None,
            engine: None,
        };
        render_diagnostics(
            &load(request, &mut files).expect_err("no trace"),
            Colour::Plain,
        )
    };
    insta::assert_snapshot!(text, @r##"
    error[E0001]: cannot read `traces/none.csv`: there is no such file
    help: check the path
    "##);
}

#[test]
fn a_policy_that_is_a_trace() {
    let trace = Path::new("t.csv");
    let request = LoadRequest {
        policy: trace,
        trace,
        set: &[],
        from: None,
        to: None,
        engine: None,
    };
    let mut files = Files::default().with("t.csv", TRACE);
    let diagnostics = load(request, &mut files).expect_err("no policy");
    let text = render_diagnostics(&diagnostics, Colour::Plain);
    insta::assert_snapshot!(text, @r##"
    error[E0015]: `t.csv` looks like a trace
    help: name the policy first and the trace second
    "##);
}

#[test]
fn a_policy_with_a_fault_in_every_line() {
    let text = about_policy(&"0,5\n".repeat(30));
    let text = &text[text.rfind("error").unwrap_or(0)..];
    insta::assert_snapshot!(text, @r##"
    error[E0004]: this is not TOML: key with no value, expected `=`
      --> p.toml:20:2
       |
    20 | 0,5
       |  ^
       |
       = help: a line is `key = value` or `[table]`; strings stand in quotes, as `timeout = "5s"`

    ... and 10 more
    "##);
}

#[test]
fn a_manifest() {
    let text = {
        let mut files = Files::default().with("t.csv", TRACE);
        let set = [];
        let request = LoadRequest {
            policy: Path::new("app.yaml"),
            trace: Path::new("t.csv"),
            set: &set,
            from: None,
            to: None,
            engine: None,
        };
        render_diagnostics(
            &load(request, &mut files).expect_err("no policy"),
            Colour::Plain,
        )
    };
    insta::assert_snapshot!(text, @"
    error[E0001]: cannot read `app.yaml`: there is no such file
    help: check the path
    ");
}
