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
    let line = text.stdout.lines().next().expect("an annotation");
    assert!(
        line.starts_with(
            "::error file=policies/stripe-flask-app.yaml,line=67,col=17,title=E0108 Ingress default/stripe-flask-ingress::the Service"
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

/// Sixteen autoscalers with their Deployments, in a folder with files of other tools.
fn write_folder(sandbox: &Sandbox) {
    for folder in ["k8s", "k8s/team", "k8s/.git"] {
        std::fs::create_dir(sandbox.path(folder)).expect("a folder");
    }
    for number in 0..16 {
        sandbox.write(&format!("k8s/hpa-{number}.yaml"), autoscaler(number));
        sandbox.write(&format!("k8s/team/{number}.yml"), deployment(number));
    }
    sandbox.write("k8s/values.yaml", "replicas: 3\n");
    sandbox.write("k8s/.git/broken.yaml", "kind: [\n");
}

/// An autoscaler; that of an odd number has a target that is missing.
pub(crate) fn autoscaler(number: usize) -> String {
    let target = if number % 2 == 1 { "gone" } else { "app" };
    format!(
        "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: app, namespace: n{number}}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}
  maxReplicas: {}
  metrics:
  - type: Resource
    resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 60}}}}
",
        3 + number
    )
}

pub(crate) fn deployment(number: usize) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: app, namespace: n{number}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: app}}}}
  template:
    metadata: {{labels: {{app: app}}}}
    spec:
      containers:
      - name: app
        resources: {{requests: {{cpu: 100m}}}}
"
    )
}

#[test]
fn a_folder_and_a_pattern_are_the_manifests_in_them() {
    let sandbox = Sandbox::new();
    write_folder(&sandbox);
    let folder = sandbox.hpasim("check k8s");
    assert_eq!(folder.code, Some(3), "{}", folder.stderr);
    assert!(
        folder.stdout.starts_with("Objects, the worst first"),
        "{}",
        folder.stdout
    );
    assert!(
        folder.stdout.contains(" in 32 files\n"),
        "{}",
        folder.stdout
    );
    let left_out = "no manifests, and left out: k8s/values.yaml\n";
    assert!(folder.stdout.contains(left_out), "{}", folder.stdout);
    let pattern = sandbox.hpasim(&["check", "k8s/**/*.y*ml"]);
    assert_eq!(pattern.stdout, folder.stdout);
    let some = sandbox.hpasim(&["check", "k8s/team/[0-2].yml"]);
    assert!(some.stdout.ends_with(" in 3 files\n"), "{}", some.stdout);
}

#[test]
fn a_pattern_or_a_folder_without_manifests_is_refused() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("empty")).expect("a folder");
    for path in ["empty", "empty/*.yaml", "none/*.yaml", "traces/*.yaml"] {
        let refused = sandbox.hpasim(&["check", path]);
        assert_eq!(refused.code, Some(3), "{path}");
        assert!(
            refused.stdout.contains("error[E0001]"),
            "{}",
            refused.stdout
        );
        let run = sandbox.hpasim(&["run", path, "traces/spike.csv"]);
        assert_eq!(run.code, Some(3), "{path}");
        assert!(run.stderr.contains("error[E0001]"), "{}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_read() {
    let sandbox = Sandbox::new();
    write_folder(&sandbox);
    sandbox.write("outside.yaml", "kind: Secret\ndata: {word: aGlkZGVu}\n");
    let link = sandbox.path("k8s/link.yaml");
    std::os::unix::fs::symlink(sandbox.path("outside.yaml"), link).expect("a link");
    let checked = sandbox.hpasim("check k8s --full");
    assert!(
        checked.stdout.contains("error[E0057]"),
        "{}",
        checked.stdout
    );
    assert!(!checked.stdout.contains("Secret"));
}

#[test]
fn run_and_export_take_a_folder() {
    let sandbox = Sandbox::new();
    write_folder(&sandbox);
    let exported = sandbox.done("export k8s --hpa n2/app");
    assert!(exported.stdout.contains("maxReplicas: 5\n"));
    let run = "run k8s traces/spike.csv --hpa n2/app --engine fluid --plot none -o out";
    sandbox.done(run);
    let inputs = sandbox.json("out/summary.json")["inputs"].clone();
    // The manifests and the trace, without the file of another tool.
    assert_eq!(inputs.as_array().expect("a list").len(), 33);
    let unclear = sandbox.hpasim("run k8s traces/spike.csv");
    assert!(unclear.stderr.contains("the manifest holds 16 autoscalers"));
}

#[test]
fn allowed_codes_and_lesser_findings_are_left_out() {
    let sandbox = Sandbox::new();
    let check = |arguments: &str| sandbox.hpasim(&format!("check policies/prod.toml {arguments}"));
    let deny = "--deny warnings";
    assert_eq!(
        check(&format!("{deny} --allow W0105,w0108,W0106 --allow W0111")).code,
        Some(0)
    );
    let errors = check("--min-severity error");
    assert!(
        errors.stdout.starts_with("nothing else found in 1 file\n"),
        "{}",
        errors.stdout
    );
    assert_eq!(check(&format!("{deny} --min-severity error")).code, Some(2));
    let unknown = check("--allow W105");
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.stderr.contains("did you mean W0105?"),
        "{}",
        unknown.stderr
    );
}
