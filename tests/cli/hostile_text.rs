//! Hostile text from every source reaches every place where hpasim prints or writes: it is shown, never obeyed.

use super::{Finished, Sandbox};

/// A name that most file systems allow. It holds a colour that hpasim never uses (by ESC and by C1), a carriage
/// return, text that runs backwards, a bell, a link, invisible characters, and a line feed.
const HOSTILE: &str =
    "x\u{1b}[45m\u{9b}45m\r\u{202e}\u{7}\u{1b}]8;;link\u{7}\u{200b}\u{7f}\u{2028}\nINJECTED";

/// The same as it is shown.
const SHOWN: &str =
    r"x\u{1b}[45m\u{9b}45m\r\u{202e}\u{7}\u{1b}]8;;link\u{7}\u{200b}\u{7f}\u{2028}\nINJECTED";

/// Whether a terminal or a reader would be misled by the character.
fn is_harmful(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
        || matches!(letter, '\u{61c}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// `text` without the colours that hpasim may use: any but the hostile one.
fn without_own_colours(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::new();
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let sequence = &rest[at..];
        let end = sequence[2..].find(|letter: char| !letter.is_ascii_digit() && letter != ';');
        let length = 2 + end.expect("an end") + 1;
        let is_colour = sequence[..length].ends_with('m') && !sequence.starts_with("\u{1b}[45");
        plain.push_str(if is_colour { "" } else { &sequence[..length] });
        rest = &sequence[length..];
    }
    plain + rest
}

fn assert_harmless(text: &str, context: &str) {
    let found: Vec<char> = text.chars().filter(|it| is_harmful(*it)).collect();
    assert!(found.is_empty(), "{context}: {found:?} in\n{text:?}");
    let is_injected = |line: &str| line.trim_start().starts_with("INJECTED");
    assert!(!text.lines().any(is_injected), "{context}:\n{text}");
}

/// What the command prints, which is harmless, with colours too.
fn harmless(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let coloured = sandbox.hpasim_coloured(arguments);
    let context = format!("coloured {arguments:?}");
    assert_harmless(&without_own_colours(&coloured.stdout), &context);
    assert_harmless(&without_own_colours(&coloured.stderr), &context);
    let plain = sandbox.hpasim(arguments);
    assert_harmless(&plain.stdout, &format!("stdout of {arguments:?}"));
    assert_harmless(&plain.stderr, &format!("stderr of {arguments:?}"));
    assert_eq!(plain.code, coloured.code, "{plain:?}");
    plain
}

/// The same of a command that shows the hostile text.
fn shown(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let finished = harmless(sandbox, arguments);
    let all = format!("{}{}", finished.stdout, finished.stderr);
    assert!(
        all.contains(r"\u{1b}[45m\u{9b}45m\r\u{202e}"),
        "{arguments:?} shows nothing of it:\n{all}"
    );
    finished
}

/// The text as a string of TOML, JSON or YAML.
fn quoted(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        '"' | '\\' => format!("\\{letter}"),
        letter if is_harmful(letter) || letter == '\n' => format!("\\u{:04x}", u32::from(letter)),
        letter => letter.to_string(),
    });
    format!("\"{}\"", letters.collect::<String>())
}

/// A policy and a trace whose files and names are hostile, five minutes long.
struct HostileInputs {
    policy: String,
    trace: String,
}

fn hostile_inputs(sandbox: &Sandbox) -> HostileInputs {
    // The policy is called after its file: a `name` with control characters is refused.
    let policy = format!("{HOSTILE}.toml");
    sandbox.write(
        &policy,
        // A currency with control characters is refused, too.
        "[hpa]\nmaxReplicas = 9\ntargetCPUUtilizationPercentage = 60\n[slo]\nassert = [\"rescales<=1\"]\n[cost]\nper_pod_hour = 1\ncurrency = \"EUR\"\n",
    );
    let trace = format!("{HOSTILE}.csv");
    sandbox.write(
        &trace,
        format!("time_s,rps,\"={HOSTILE}\"\n0,4,1\n60,40,2\n300,4,3\n"),
    );
    HostileInputs { policy, trace }
}

#[test]
fn names_of_files_policies_and_traces_are_shown_in_every_summary() {
    let sandbox = Sandbox::new();
    let HostileInputs { policy, trace } = &hostile_inputs(&sandbox);
    let set = format!("deployment.name={}", quoted(HOSTILE));
    let inputs = [
        policy.as_str(),
        trace,
        "--engine",
        "fluid",
        "--force",
        "--plot",
        "none",
    ];
    let run = |further: &[&str]| shown(&sandbox, &[&["run"], &inputs[..], further].concat());
    let table = run(&["-o", "out", "--set", &set]);
    assert!(
        table
            .stdout
            .contains(&format!("{SHOWN} under {SHOWN}, 5m 0s"))
    );
    assert!(table.stdout.contains("with: deployment.name"));
    // In JSON the value is the same.
    let json = harmless(
        &sandbox,
        &[&["run"], &inputs[..], &["--format", "json", "-o", "out"]].concat(),
    );
    let summary = json.json();
    assert_eq!(summary["policy"], HOSTILE);
    assert_eq!(summary["trace"], HOSTILE);
    let compared = [
        policy.as_str(),
        "@default",
        trace,
        "--engine",
        "fluid",
        "--seeds",
        "2",
        "--force",
        "--plot",
        "none",
    ];
    for format in ["table", "markdown", "csv"] {
        let further = ["--format", format, "-o", "compared"];
        shown(&sandbox, &[&["compare"], &compared[..], &further].concat());
    }
    let further = ["--format", "json", "-o", "compared"];
    let json = harmless(&sandbox, &[&["compare"], &compared[..], &further].concat());
    let comparison = json.json();
    assert_eq!(comparison["policies"][0], HOSTILE);
    let swept = format!("deployment.name=\"a\",{}", quoted(HOSTILE));
    let further = [
        "--set",
        &swept,
        "--set",
        "hpa.maxReplicas=5,9",
        "-o",
        "swept",
    ];
    shown(&sandbox, &[&["sweep"], &inputs[..], &further].concat());
    let further = [
        "--param",
        "maxReplicas",
        "--goal",
        "min mean_replicas",
        "--budget",
        "4",
        "--finalists",
        "1",
        "--seeds",
        "2",
        "-o",
        "tuned",
    ];
    shown(&sandbox, &[&["tune"], &inputs[..], &further].concat());
}

#[test]
fn files_hold_no_raw_escape_where_their_format_has_another_way() {
    let sandbox = Sandbox::new();
    let HostileInputs { policy, trace } = &hostile_inputs(&sandbox);
    let compared = [
        policy.as_str(),
        "@default",
        trace,
        "--engine",
        "fluid",
        "--seeds",
        "2",
        "--plot",
        "svg",
        "-o",
        "compared",
    ];
    harmless(
        &sandbox,
        &[&["compare"], &compared[..], &["--force"]].concat(),
    );
    let run = [
        policy.as_str(),
        trace,
        "--engine",
        "fluid",
        "--plot",
        "svg",
        "-o",
        "out",
    ];
    harmless(&sandbox, &[&["run"], &run[..], &["--force"]].concat());
    for file in [
        "compared/comparison.json",
        "compared/summary.json",
        "out/summary.json",
        "out/decisions.jsonl",
    ] {
        let text = sandbox.text(file);
        assert_harmless(&text, file);
    }
    let drawn = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(sandbox.path(folder)).expect("a folder");
        let names = entries.map(|it| it.expect("an entry").file_name());
        let names = names.map(|it| format!("{folder}/{}", it.to_string_lossy()));
        names.filter(|it| it.ends_with(".svg")).collect()
    };
    let pictures = [drawn("compared"), drawn("out")].concat();
    assert_eq!(pictures.len(), 2);
    for picture in pictures {
        let text = sandbox.text(&picture);
        assert_harmless(&text, &picture);
        assert!(text.contains(r"x\u{1b}[45m"), "{picture}");
    }
}

#[test]
fn results_of_others_are_named_with_their_text_shown() {
    let sandbox = Sandbox::new();
    let HostileInputs { policy, trace } = &hostile_inputs(&sandbox);
    let fast = ["--engine", "fluid", "--plot", "none"];
    let run = ["run", policy, trace, "-o", "out"];
    shown(&sandbox, &[&run[..], &fast].concat());
    let other = ["run", "policies/prod.toml", "traces/spike.csv", "-o", "out"];
    assert_eq!(shown(&sandbox, &[&other[..], &fast].concat()).code, Some(1));
    let sweep = |values: &str, further: &[&str]| {
        let set = format!("deployment.name={},{values}", quoted(HOSTILE));
        let sweep = ["sweep", policy, trace, "--set", &set];
        harmless(&sandbox, &[&sweep[..], &fast, further].concat())
    };
    sweep("\"a\"", &["-o", "one", "--force"]);
    assert_ne!(sweep("\"b\"", &["-o", "one", "--resume"]).code, Some(0));
    sweep("\"a\"", &["-o", "part0", "--force", "--shard", "0/2"]);
    sweep(
        "\"a\"",
        &["-o", "part1", "--force", "--shard", "1/2", "--seed", "5"],
    );
    let parts = format!("{HOSTILE}-parts.csv");
    sandbox.write(&parts, sandbox.read("part1/sweep.csv"));
    let merge = shown(&sandbox, &["merge", "part0", &parts, "-o", "all.csv"]);
    assert_eq!(merge.code, Some(3), "{merge:?}");
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_text_shown() {
    let sandbox = Sandbox::new();
    let HostileInputs { policy, trace } = &hostile_inputs(&sandbox);
    sandbox.write("name.toml", format!("name = {}\n", quoted(HOSTILE)));
    sandbox.write("raw.toml", format!("# {HOSTILE}\nname = \"{HOSTILE}\"\n"));
    sandbox.write(
        "key.toml",
        format!("{} = 1\n[hpa]\nmaxReplicas = 9\n", quoted(HOSTILE)),
    );
    sandbox.write("metric.toml", format!(
        "[hpa]\nmaxReplicas = 9\n[[hpa.metrics]]\ntype = \"External\"\nexternal.metric.name = {}\nexternal.target = {{ type = \"Value\", value = \"5\" }}\n",
        quoted(HOSTILE)
    ));
    sandbox.write(
        "assert.toml",
        format!(
            "[hpa]\nmaxReplicas = 9\n[slo]\nassert = [{}]\n",
            quoted(HOSTILE)
        ),
    );
    sandbox.write("extends.toml", format!("extends = {}\n", quoted(HOSTILE)));
    sandbox.write("trace.csv", format!("time_s,\"{HOSTILE}\"\n0,1\n60,1\n"));
    sandbox.write(
        "twice.csv",
        format!("time_s,rps,\"{HOSTILE}\",\"{HOSTILE}\"\n0,1,1,1\n60,1,1,1\n"),
    );
    sandbox.write("rows.csv", format!("time_s,rps\n0,\"{HOSTILE}\"\n60,1\n"));
    sandbox.write(
        "words.csv",
        format!("time_s,rps,\"{HOSTILE}\"\n0,1,w\n60,1,w\n"),
    );
    sandbox.write("probe.csv", format!("rps,\"{HOSTILE}\"\n0,1\n60,1\n"));
    for arguments in [
        &["run", "raw.toml", trace] as &[&str],
        &["run", "key.toml", trace],
        &["run", "metric.toml", trace],
        &["run", "assert.toml", trace],
        &["run", "extends.toml", trace],
        &["run", policy, "twice.csv"],
        &["run", policy, "rows.csv"],
        &[
            "run",
            policy,
            "words.csv",
            "--engine",
            "fluid",
            "--plot",
            "none",
            "-o",
            "out",
        ],
        &["calibrate", "probe.csv"],
        &["trace", "info", "twice.csv"],
        &["trace", "info", "words.csv"],
        &["check", "raw.toml", "key.toml", "assert.toml"],
    ] {
        shown(&sandbox, arguments);
    }
    harmless(&sandbox, &["run", "name.toml", trace]);
    harmless(&sandbox, &["run", policy, "trace.csv"]);
    harmless(&sandbox, &["trace", "info", "trace.csv"]);
}

#[test]
fn arguments_are_shown_in_what_is_wrong_with_them() {
    let sandbox = Sandbox::new();
    let HostileInputs { policy, trace } = &hostile_inputs(&sandbox);
    let key = format!("{HOSTILE}=1");
    let value = format!("hpa.maxReplicas={HOSTILE}");
    let swept = format!("hpa.maxReplicas=1,{HOSTILE}");
    let asserted = format!("{HOSTILE}.rescales<=1");
    let range = format!("hpa.maxReplicas=1..{HOSTILE}:1");
    let inside = format!("{HOSTILE}/made.csv");
    let option = format!("--{HOSTILE}");
    let flag = format!("--seeds={HOSTILE}");
    for arguments in [
        &[HOSTILE] as &[&str],
        &[&option],
        &["run", &option],
        &["run", HOSTILE, trace],
        &["run", policy, HOSTILE],
        &["run", policy, trace, "--seeds", HOSTILE],
        &["run", policy, trace, &flag],
        &["run", policy, trace, "--from", HOSTILE],
        &["run", policy, trace, "--warm-up", HOSTILE],
        &["run", policy, trace, "--engine", HOSTILE],
        &["run", policy, trace, "--format", HOSTILE],
        &["run", policy, trace, "--set", HOSTILE],
        &["run", policy, trace, "--set", &key],
        &["run", policy, trace, "--set", &value],
        &["run", policy, trace, "--assert", HOSTILE],
        &["run", policy, trace, "--assert", &asserted],
        &["run", policy, trace, HOSTILE],
        &["compare", policy, HOSTILE, trace],
        &["compare", policy, &format!("@{HOSTILE}"), trace],
        &["compare", policy, "@default", trace, "--assert", &asserted],
        &["sweep", policy, trace, "--set", &swept],
        &["sweep", policy, trace, "--set", &range],
        &["sweep", policy, trace, "--shard", HOSTILE],
        &["tune", policy, trace, "--param", HOSTILE],
        &["tune", policy, trace, "--goal", HOSTILE],
        &["tune", policy, trace, "--goal", &format!("min {HOSTILE}")],
        &["tune", policy, trace, "--holdout", HOSTILE],
        &["tune", policy, trace, "--split", HOSTILE],
        &["merge", HOSTILE, "-o", "all.csv"],
        &["merge", policy, "-o", "all.csv"],
        &["replay", HOSTILE],
        &["replay", policy],
        &["check", HOSTILE],
        &["check", policy, "--within", HOSTILE],
        &["calibrate", HOSTILE],
        &["calibrate", policy],
        &["export", HOSTILE],
        &["export", "--patch", HOSTILE, policy],
        &["trace", HOSTILE],
        &["trace", "info", HOSTILE],
        &[
            "trace",
            "info",
            trace,
            "--series",
            HOSTILE,
            "--input-format",
            "prometheus",
        ],
        &["trace", "convert", trace, "--step", HOSTILE],
        &["trace", "convert", trace, "--from", HOSTILE],
        &["trace", "convert", trace, "-o", &inside],
        &["trace", "gen", "spike", "--peak", HOSTILE],
        &["trace", "gen", "spike", "-o", &inside],
        &[
            "run", policy, trace, "--engine", "fluid", "--plot", "none", "-o", trace,
        ],
    ] {
        let finished = shown(&sandbox, arguments);
        assert_ne!(finished.code, Some(0), "{arguments:?}");
    }
}

/// A Deployment, its autoscalers and what stands beside them, all with hostile names and labels.
fn hostile_manifest() -> String {
    let name = quoted(HOSTILE);
    format!(
        "# \u{202e}\u{200b}raw\n\
apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {name}, labels: {{{name}: {name}}}}}\n\
spec:\n  replicas: 2\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
spec:\n      containers:\n      - name: {name}\n        image: {name}\n        resources: {{requests: {{cpu: 100m}}}}\n        \
envFrom: [{{configMapRef: {{name: {name}}}}}]\n\
---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}, namespace: {name}}}\n\
spec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}\n  minReplicas: 2\n  maxReplicas: 9\n  \
metrics:\n  - type: ContainerResource\n    containerResource: {{name: cpu, container: {name}, target: {{type: Utilization, averageUtilization: 60}}}}\n  \
- type: External\n    external: {{metric: {{name: {name}, selector: {{matchLabels: {{{name}: {name}}}}}}}, target: {{type: Value, value: 5}}}}\n\
---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {name}}}\nspec: {{selector: {{app: other}}, ports: [{{port: 80}}]}}\n\
---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}, namespace: other}}\n\
spec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}\n  maxReplicas: 9\n  {name}: 1\n"
    )
}

#[test]
fn names_and_labels_of_kubernetes_objects_are_shown_in_every_format() {
    let sandbox = Sandbox::new();
    let HostileInputs { trace, .. } = &hostile_inputs(&sandbox);
    let manifest = format!("{HOSTILE}.yaml");
    sandbox.write(&manifest, hostile_manifest());
    shown(&sandbox, &["check", &manifest]);
    shown(&sandbox, &["check", &manifest, "--format", "github"]);
    let json = harmless(&sandbox, &["check", &manifest, "--format", "json"]);
    let report = json.json();
    assert_eq!(report["diagnostics"][0]["file"], manifest.as_str());
    shown(&sandbox, &["run", &manifest, trace]);
    shown(&sandbox, &["run", &manifest, trace, "--hpa", HOSTILE]);
    shown(
        &sandbox,
        &[
            "run",
            &manifest,
            trace,
            "--namespace",
            HOSTILE,
            "--hpa",
            "none",
        ],
    );
    let first = hostile_manifest()
        .split("---\napiVersion: v1")
        .next()
        .expect("a part")
        .to_owned();
    sandbox.write("one.yaml", first);
    let exported = harmless(&sandbox, &["export", "one.yaml", "--deployment"]);
    // The API server refuses such a name of an autoscaler, and so does hpasim.
    assert_eq!(exported.code, Some(3), "{exported:?}");
    assert!(exported.stderr.contains(r"\u{1b}[45m"), "{exported:?}");
}

#[test]
fn a_finding_is_one_command_of_github_whatever_its_names_hold() {
    let sandbox = Sandbox::new();
    let hostile = "a,b:c%0A::set-output name=x::y\r\n::error::z";
    let manifest = format!("{hostile}.yaml").replace('/', "");
    sandbox.write(&manifest, format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {0}}}\nspec:\n  scaleTargetRef: {{kind: Deployment, name: {0}}}\n  maxReplicas: 3\n",
        quoted(hostile)
    ));
    let check = harmless(&sandbox, &["check", &manifest, "--format", "github"]);
    assert!(!check.stdout.is_empty());
    for line in check.stdout.lines() {
        assert!(
            line.starts_with("::error ")
                || line.starts_with("::warning ")
                || line.starts_with("::notice "),
            "{line}"
        );
        let (properties, _) = line[2..].split_once("::").expect("properties");
        if properties.contains("file=") {
            assert!(
                properties.contains(r"file=a%2Cb%3Ac%250A%3A%3Aset-output name=x%3A%3Ay\r\n%3A%3Aerror%3A%3Az.yaml,line="),
                "{line}"
            );
        }
    }
}

#[test]
fn labels_and_names_of_recordings_are_shown() {
    let sandbox = Sandbox::new();
    let name = quoted(HOSTILE);
    sandbox.write("prometheus.json", format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[\n{{\"metric\":{{\"__name__\":{name},{name}:{name}}},\"values\":[[0,\"1\"],[15,\"2\"]]}},\n{{\"metric\":{{\"__name__\":\"b\"}},\"values\":[[0,\"1\"],[15,\"x\"]]}}]}}}}"
    ));
    sandbox.write(
        "error.json",
        format!("{{\"status\":\"error\",\"errorType\":{name},\"error\":{name}}}"),
    );
    sandbox.write(
        "options.json",
        format!("{{\"scenarios\":{{{name}:{{\"executor\":{name}}}}}}}"),
    );
    sandbox.write("locust.csv", format!(
        "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%\n1,1,GET,\"{HOSTILE}\",1,0,1\n\"{HOSTILE}\",2,,Aggregated,2,0,1\n3,2,,Aggregated,2,0,1\n9,2,,Aggregated,2,0,1\n"
    ));
    let line = HOSTILE.replace('\n', "");
    sandbox.write("access.log", format!(
        "1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET /{line} HTTP/1.0\" 200 1\n{line}\n1.2.3.4 - - [10/Oct/2000:13:55:39 -0700] \"GET / HTTP/1.0\" 200 1\n"
    ));
    sandbox.write("k6.json", format!(
        "{{\"type\":\"Metric\",\"data\":{{}},\"metric\":\"http_reqs\"}}\n{{\"type\":\"Point\",\"metric\":\"http_reqs\",\"data\":{{\"time\":{name},\"value\":1,\"tags\":{{\"scenario\":{name}}}}}}}\n"
    ));
    for file in [
        "prometheus.json",
        "error.json",
        "options.json",
        "locust.csv",
        "access.log",
        "k6.json",
    ] {
        for command in ["info", "convert"] {
            harmless(&sandbox, &["trace", command, file]);
        }
    }
    shown(&sandbox, &["trace", "info", "error.json"]);
    shown(&sandbox, &["trace", "info", "options.json"]);
    for series in [HOSTILE, "other"] {
        let command = ["trace", "info", "prometheus.json", "--series", series];
        harmless(&sandbox, &command);
    }
    shown(
        &sandbox,
        &["trace", "info", "prometheus.json", "--series", "other"],
    );
}

#[test]
fn what_a_replayed_recording_holds_is_shown() {
    let sandbox = Sandbox::new();
    let name = quoted(HOSTILE);
    let scenario = super::replay::recorded("cpu-edge", 1);
    let altered = scenario
        .replacen(
            "\"id\":\"cpu-edge-0001\"",
            &format!("\"id\":{name},{name}:1"),
            1,
        )
        .replacen("\"ValidMetricFound\"", &name, 1);
    let file = format!("{HOSTILE}.jsonl");
    sandbox.write(&file, altered);
    let replay = shown(&sandbox, &["replay", &file]);
    assert_eq!(replay.code, Some(99), "{replay:?}");
    harmless(&sandbox, &["replay", &file, "--format", "json"]);
    sandbox.write("broken.jsonl", format!("{{\"id\":{name},\"suite\":\n"));
    harmless(&sandbox, &["replay", "broken.jsonl"]);
}

#[test]
fn a_line_with_escapes_is_marked_where_it_is_wrong() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "p.toml",
        "[hpa]\n\tmaxReplicas = 9 # \u{202e}\n\"\u{202e}\u{200b}\" = 1\nbehavior = { \"\u{202e}\" = 1, wrong = 2 }\n",
    );
    let check = harmless(&sandbox, &["check", "p.toml"]);
    insta::assert_snapshot!(check.stdout, @r#"
    error[E0007]: unknown key `\u{202e}\u{200b}` in `hpa`
     --> p.toml:3:1
      |
    3 | "\u{202e}\u{200b}" = 1
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: the keys here are: scaleTargetRef, minReplicas, maxReplicas, metrics, behavior, targetCPUUtilizationPercentage

    error[E0007]: unknown key `\u{202e}` in `hpa.behavior`
     --> p.toml:4:14
      |
    4 | behavior = { "\u{202e}" = 1, wrong = 2 }
      |              ^^^^^^^^^^
      |
      = help: the keys here are: scaleUp, scaleDown

    error[E0007]: unknown key `wrong` in `hpa.behavior`
     --> p.toml:4:23
      |
     ::: 
    4 | behavior = { "\u{202e}" = 1, wrong = 2 }
      |                              ^^^^^
      |
      = help: the keys here are: scaleUp, scaleDown

    3 errors, 0 warnings and 0 notes in 1 file
    "#);
}
