//! Files: missing, binary, extending each other.

use hpasim::scenario::{LoadError, Loader};

use super::*;

#[test]
fn a_binary_policy() {
    let text = about_files(MemoryLoader::default().with("p.toml", b"[hpa]\x00\x01"));
    insta::assert_snapshot!(text, @"
    error[E0002]: `p.toml` is not a text file: byte 6 is NUL
    help: use a plain UTF-8 text file (gzip is allowed for a trace)
    ");
}

#[test]
fn a_policy_that_is_no_utf8() {
    let text = about_files(MemoryLoader::default().with("p.toml", b"# caf\xe9"));
    insta::assert_snapshot!(text, @"
    error[E0002]: `p.toml` is not a text file: byte 6 is not UTF-8
    help: use a plain UTF-8 text file (gzip is allowed for a trace)
    ");
}

#[test]
fn a_missing_base() {
    let text = about_files(
        MemoryLoader::default().with("p.toml", "# prod, but louder\nextends = \"prdo.toml\"\n"),
    );
    insta::assert_snapshot!(text, @r#"
    error[E0001]: cannot read `prdo.toml`: there is no such file
     --> p.toml:2:11
      |
    2 | extends = "prdo.toml"
      |           ^^^^^^^^^^^
      |
      = help: check the path; it is relative to the folder of the file that names it
    "#);
}

#[test]
fn policies_in_a_circle() {
    let text = about_files(
        MemoryLoader::default()
            .with("p.toml", "extends = \"q.toml\"\n")
            .with("q.toml", "extends = \"./p.toml\"\n"),
    );
    insta::assert_snapshot!(text, @r#"
    error[E0003]: `./p.toml` extends itself in a circle
     --> q.toml:1:11
      |
    1 | extends = "./p.toml"
      |           ^^^^^^^^^^
      |
      = help: remove `extends` from one of the files in the circle
    "#);
}

#[test]
fn a_fault_in_a_base_is_shown_there() {
    let text = about_files(
        MemoryLoader::default()
            .with("p.toml", "extends = \"base/q.toml\"\n")
            .with("base/q.toml", "[hpa]\nmaxReplicas = 3\nminReplicas = 5\n"),
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
    let text = about_files(
        MemoryLoader::default()
            .with(
                "p.toml",
                "extends = \"q.toml\"\nremove = [\"hpa.behaviour\", 3]\n",
            )
            .with("q.toml", "[hpa]\nmaxReplicas = 3\n[hpa.behavior]\n"),
    );
    insta::assert_snapshot!(text, @r#"
    error[E0006]: the base has no `hpa.behaviour` to remove
     --> p.toml:2:11
      |
    2 | remove = ["hpa.behaviour", 3]
      |           ^^^^^^^^^^^^^^^
      |
      = help: did you mean `behavior`?

    error[E0008]: `remove` must be an array of strings, and this is an integer
     --> p.toml:2:28
      |
    2 | remove = ["hpa.behaviour", 3]
      |                            ^
      |
      = help: write an array of strings
    "#);
}

#[test]
fn remove_without_a_base() {
    let text = about_policy("remove = [\"hpa.behavior\"]\n");
    insta::assert_snapshot!(text, @r#"
    error[E0014]: `remove` deletes keys of a base, and this policy has no base
     --> p.toml:1:1
      |
    1 | remove = ["hpa.behavior"]
      | ^^^^^^
      |
      = help: name the base with `extends`, or delete this line
    "#);
}

#[test]
fn a_missing_trace() {
    let text = {
        let mut files = MemoryLoader::default().with("p.toml", POLICY);
        let set = [];
        let request = LoadRequest {
            set: &set,
            ..LoadRequest::new(Path::new("p.toml"), Path::new("traces/none.csv"))
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
    let request = LoadRequest::new(trace, trace);
    let mut files = MemoryLoader::default().with("t.csv", TRACE);
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
    insta::assert_snapshot!(text, @r#"
    error[E0004]: this is not valid TOML: key with no value, expected `=`
      --> p.toml:20:2
       |
    20 | 0,5
       |  ^
       |
       = help: a line is `key = value` or `[table]`; text needs quotes, such as `timeout = "5s"`

    ... and 10 more
    "#);
}

#[test]
fn a_manifest() {
    let text = {
        let mut files = MemoryLoader::default().with("t.csv", TRACE);
        let set = [];
        let request = LoadRequest {
            set: &set,
            ..LoadRequest::new(Path::new("app.yaml"), Path::new("t.csv"))
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

/// What a user reads about a policy that names `base` by `extends`.
fn about_base(base: &str) -> String {
    about_files(
        MemoryLoader::default()
            .with("p.toml", "# louder\nextends = \"base\"\n")
            .with("base", base),
    )
}

#[test]
fn a_base_that_is_no_toml_is_named_without_its_lines() {
    insta::assert_snapshot!(about_base("# users\nroot:$6$salt$hash:19000::\n"), @r#"
    error[E0056]: `base` is neither a policy nor a Kubernetes manifest: line 2 is not valid TOML
     --> p.toml:2:11
      |
    2 | extends = "base"
      |           ^^^^^^
      |
      = help: correct the path, or run `hpasim check base` to see what is wrong; hpasim prints no lines of a file that a policy names
    "#);
}

#[test]
fn a_base_that_is_another_programs_toml_is_named_without_its_lines() {
    insta::assert_snapshot!(about_base("API_KEY = \"hunter2\"\n"), @r#"
    error[E0056]: `base` is neither a policy nor a Kubernetes manifest: it has no section of hpa, controller, deployment, pod, workload, metrics, slo, cost
     --> p.toml:2:11
      |
    2 | extends = "base"
      |           ^^^^^^
      |
      = help: correct the path, or run `hpasim check base` to see what is wrong; hpasim prints no lines of a file that a policy names
    "#);
}

#[test]
fn a_base_that_is_another_kind_of_manifest_is_named_without_its_lines() {
    insta::assert_snapshot!(about_base("apiVersion: v1\nkind: Config\nusers: []\n"), @r#"
    error[E0056]: `base` is neither a policy nor a Kubernetes manifest: it holds no HorizontalPodAutoscaler and no Deployment
     --> p.toml:2:11
      |
    2 | extends = "base"
      |           ^^^^^^
      |
      = help: correct the path, or run `hpasim check base` to see what is wrong; hpasim prints no lines of a file that a policy names
    "#);
}

#[test]
fn a_manifest_that_is_no_yaml_is_named_without_its_lines() {
    let text = about_files(
        MemoryLoader::default()
            .with("p.toml", "manifest = \"app.yaml\"\n")
            .with("app.yaml", "kind: Secret\ndata: {a: hunter2\n"),
    );
    insta::assert_snapshot!(text, @r#"
    error[E0056]: `app.yaml` is neither a policy nor a Kubernetes manifest: line 2 is not valid YAML
     --> p.toml:1:12
      |
    1 | manifest = "app.yaml"
      |            ^^^^^^^^^^
      |
      = help: correct the path, or run `hpasim check app.yaml` to see what is wrong; hpasim prints no lines of a file that a policy names
    "#);
}

#[test]
fn a_base_that_is_no_text_is_shown_where_it_is_named() {
    insta::assert_snapshot!(codes_and_places(&about_base("[hpa]\0")), @"E0002 p.toml:2:11");
}

#[test]
fn of_an_unknown_key_in_a_base_the_key_alone_is_shown() {
    insta::assert_snapshot!(about_base("[hpa]\nmaxReplicas = 3\ntoken = \"hunter2\" # mine\n"), @"
    error[E0007]: unknown key `token` in `hpa`
     --> base:3:1
      |
    3 | token
      | ^^^^^
      |
      = help: the keys here are: scaleTargetRef, minReplicas, maxReplicas, metrics, behavior, targetCPUUtilizationPercentage
    ");
}

#[test]
fn a_base_of_comments_alone_is_a_policy() {
    let text = about_base("# nothing yet\n");
    assert!(!text.contains("E0056"), "{text}");
}

#[test]
fn a_policy_larger_than_its_limit() {
    let text = about_policy(&"# more\n".repeat(10 << 20));
    insta::assert_snapshot!(text, @"
    error[E0058]: cannot read `p.toml`: it is larger than 64 MiB
    help: check that this is the intended file, and remove what the simulation does not need
    ");
}

/// A loader that keeps to a folder, as that of `check` does.
struct Confined;

impl Loader for Confined {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        match path.to_str() {
            Some("p.toml") => Ok(b"extends = \"../base.toml\"\n".to_vec()),
            Some("t.csv") => Ok(TRACE.into()),
            _ => Err(LoadError::Outside("`/home/me/repository`".to_owned())),
        }
    }
}

#[test]
fn a_base_outside_the_folder_of_check() {
    let request = LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"));
    let diagnostics = load(request, &mut Confined).expect_err("a base outside");
    insta::assert_snapshot!(render_diagnostics(&diagnostics, Colour::Plain), @r#"
    error[E0057]: cannot read `../base.toml`: it lies outside `/home/me/repository`
     --> p.toml:1:11
      |
    1 | extends = "../base.toml"
      |           ^^^^^^^^^^^^^^
      |
      = help: move the file into that folder, or let `check` read it with --allow-outside
    "#);
}
