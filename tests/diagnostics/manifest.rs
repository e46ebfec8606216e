//! Manifests: unreadable text, ambiguous choices, and confidential values.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use hpasim::scenario::{ManifestChoice, load_choosing, parse_probe};
use proptest::prelude::*;

use super::*;

pub(crate) const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers:
      - name: app
        resources: {requests: {cpu: 200m}}
";
pub(crate) const HPA: &str = "\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: 7
";

pub(crate) fn about_files(mut files: MemoryLoader, path: &str, choice: &ManifestChoice) -> String {
    add_where_missing(&mut files, "t.csv", TRACE);
    let request = LoadRequest::new(Path::new(path), Path::new("t.csv"));
    let diagnostics = match load_choosing(request, choice, &mut files) {
        Ok(loaded) => Diagnostics {
            list: loaded.warnings,
            ..Diagnostics::default()
        },
        Err(diagnostics) => diagnostics,
    };
    render_diagnostics(&diagnostics, Colour::Plain)
}

pub(crate) fn about_manifest(text: impl AsRef<[u8]>) -> String {
    about_files(
        MemoryLoader::default().with("app.yaml", text),
        "app.yaml",
        &ManifestChoice::default(),
    )
}

fn about_choice(text: &str, hpa: Option<&str>) -> String {
    let choice = ManifestChoice {
        hpa: hpa.map(str::to_owned),
        namespace: None,
    };
    about_files(
        MemoryLoader::default().with("app.yaml", text),
        "app.yaml",
        &choice,
    )
}

#[test]
fn a_whole_manifest_needs_no_comment() {
    assert_eq!(about_manifest(format!("{DEPLOYMENT}{HPA}")), "");
}

#[test]
fn an_unknown_key_of_the_autoscaler_is_shown_as_in_a_policy() {
    let text =
        format!("{DEPLOYMENT}{HPA}  minReplica: 2\n  behavior: {{scaleUp: {{tolerence: 0.1}}}}\n");
    insta::assert_snapshot!(about_manifest(text), @"
    error[E0007]: unknown key `minReplica` in `spec`
      --> app.yaml:17:3
       |
    17 |   minReplica: 2
       |   ^^^^^^^^^^
       |
       = help: did you mean `minReplicas`?

    error[E0007]: unknown key `tolerence` in `hpa.behavior.scaleUp`
      --> app.yaml:18:24
       |
    18 |   behavior: {scaleUp: {tolerence: 0.1}}
       |                        ^^^^^^^^^
       |
       = help: did you mean `tolerance`?
    ");
}

#[test]
fn what_the_api_server_refuses_is_shown_in_the_manifest() {
    let text = format!("{DEPLOYMENT}{HPA}  minReplicas: 9\n").replace("cpu: 200m", "cpu: 200MB");
    insta::assert_snapshot!(about_manifest(text), @r#"
    error[E0011]: `deployment.containers.0.resources.requests.cpu`: `200MB` is not a quantity: the suffix must be one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei
     --> app.yaml:9:37
      |
    9 |         resources: {requests: {cpu: 200MB}}
      |                                     ^^^^^
      |
      = help: write "200M"

    error[E0016]: hpa.maxReplicas: maxReplicas (7) must not be below minReplicas (9)
      --> app.yaml:16:16
       |
    16 |   maxReplicas: 7
       |                ^
       |
       = help: write 9 or more, or lower minReplicas
    "#);
}

#[test]
fn several_autoscalers_and_none_chosen() {
    let second = HPA.replace("name: shop}\nspec", "name: other, namespace: web}\nspec");
    let text = format!("{DEPLOYMENT}{HPA}{second}");
    insta::assert_snapshot!(about_manifest(&text), @"
    error[E0024]: the manifest holds 2 autoscalers: default/shop, web/other
      --> app.yaml:20:18
       |
    20 | metadata: {name: other, namespace: web}
       |                  ^^^^^
       |
       = help: choose one with `--hpa NAME`
    ");
    insta::assert_snapshot!(about_choice(&text, Some("othr")), @"
    error[E0024]: the manifest has no HorizontalPodAutoscaler `othr`
     --> app.yaml:1:1
      |
    1 | apiVersion: apps/v1
      | ^
      |
      = help: did you mean `other`?
    ");
    insta::assert_snapshot!(about_choice(&text, Some("payment")), @"
    error[E0024]: the manifest has no HorizontalPodAutoscaler `payment`
     --> app.yaml:1:1
      |
    1 | apiVersion: apps/v1
      | ^
      |
      = help: its autoscalers are: default/shop, web/other
    ");
    insta::assert_snapshot!(about_choice(DEPLOYMENT, Some("shop")), @"
    error[E0024]: the manifest has no HorizontalPodAutoscaler `shop`
     --> app.yaml:1:1
      |
    1 | apiVersion: apps/v1
      | ^
      |
      = help: omit `--hpa` to simulate a fixed Deployment
    ");
    let twin = format!("{DEPLOYMENT}{HPA}{HPA}").replacen(
        "name: shop}\nspec:\n  scale",
        "name: shop, namespace: a}\nspec:\n  scale",
        1,
    );
    let twin = twin.replace(
        "metadata: {name: shop}\nspec:\n  scale",
        "metadata: {name: shop, namespace: b}\nspec:\n  scale",
    );
    insta::assert_snapshot!(about_choice(&twin, Some("shop")), @"
    error[E0024]: the manifest has several autoscalers with the name `shop`: a/shop, b/shop
      --> app.yaml:20:18
       |
    20 | metadata: {name: shop, namespace: b}
       |                  ^^^^
       |
       = help: name the namespace too: `--hpa b/shop`
    ");
}

#[test]
fn a_target_that_is_elsewhere_or_nowhere() {
    let elsewhere = format!(
        "{}{HPA}",
        DEPLOYMENT.replace("{name: shop}", "{name: shop, namespace: web}")
    );
    insta::assert_snapshot!(about_manifest(elsewhere), @"
    warning[W0005]: the autoscaler scales Deployment default/shop, and the manifest holds Deployment web/shop: in a cluster it would never scale
      --> app.yaml:15:65
       |
    15 |   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
       |                                                                 ^^^^
       |
       = help: hpasim simulates Deployment web/shop as its target; give both the same namespace, group and kind
    ");
    let other = format!(
        "{DEPLOYMENT}{}",
        HPA.replace("Deployment, name: shop", "Deployment, name: shopp")
    );
    insta::assert_snapshot!(about_manifest(other), @"
    error[E0025]: the autoscaler scales Deployment default/shopp, which is not in the manifest
      --> app.yaml:15:65
       |
    15 |   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shopp}
       |                                                                 ^^^^^
       |
       = help: correct `scaleTargetRef`, or add the object; the manifest holds: Deployment default/shop
    ");
    insta::assert_snapshot!(about_manifest(HPA), @"
    error[E0025]: the autoscaler scales Deployment default/shop, which is not in the manifest
     --> app.yaml:6:65
      |
    6 |   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
      |                                                                 ^^^^
      |
      = help: add the Deployment to the file: `kubectl get hpa,deploy -o yaml`
    ");
    insta::assert_snapshot!(about_manifest("kind: Service\nmetadata: {name: shop}\n"), @"
    error[E0024]: the manifest has neither a HorizontalPodAutoscaler nor a Deployment
     --> app.yaml:1:1
      |
    1 | kind: Service
      | ^
      |
      = help: add them to the file: `kubectl get hpa,deploy -o yaml`
    ");
    let two = format!(
        "{DEPLOYMENT}---\n{}",
        DEPLOYMENT.replace("name: shop", "name: other")
    );
    insta::assert_snapshot!(about_manifest(two), @"
    error[E0024]: the manifest has no autoscaler, and several Deployments: Deployment default/shop, Deployment default/other
      --> app.yaml:13:18
       |
    13 | metadata: {name: other}
       |                  ^^^^^
       |
       = help: keep one of them in the file, or add the autoscaler
    ");
}

#[test]
fn an_autoscaler_without_a_target() {
    let text = HPA.replace(
        "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}\n",
        "",
    );
    insta::assert_snapshot!(about_manifest(format!("{DEPLOYMENT}{text}")), @"
    error[E0025]: the autoscaler has no target
      --> app.yaml:13:18
       |
    13 | metadata: {name: shop}
       |                  ^^^^
       |
       = help: write `scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: NAME}` into its `spec`
    ");
    let bare = "kind: HorizontalPodAutoscaler\napiVersion: autoscaling/v2\n";
    insta::assert_snapshot!(codes_and_places(&about_manifest(bare)), @"E0025 app.yaml:1:1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_wrong_with_a_manifest_no_reader_panics_and_no_secret_is_shown(
        place in 0..2_usize,
        at in 0.0..1.0,
        length in 0..30_usize,
        instead in prop::sample::select(vec![
            "", "[", "{", "]", "\t", ": ", "null", "-5", "*a", "&a ", "\n", "- ", "'", "\"", "---\n", "#", "stringData:", "yes", "1e400", "|\n",
        ]),
    ) {
        let shipped = [
            include_str!("../../policies/privrocket.yaml"),
            include_str!("../../policies/stripe-flask-app.yaml"),
        ][place];
        // The comments at the top mention Secrets, which would make a Secret easier to recognise.
        let text = &shipped[shipped.find("apiVersion").expect("an object")..];
        let start = (text.len() as f64 * at) as usize;
        let end = (start + length).min(text.len());
        let changed = format!("{}{instead}{}", &text[..start], &text[end..]);
        let shown = about_manifest(&changed);
        prop_assert!(!shown.contains("placeholder"), "{shown}");
    }
}

#[test]
fn text_that_is_no_manifest() {
    insta::assert_snapshot!(about_manifest(""), @"
    error[E0024]: the manifest holds no object
     --> app.yaml:1:1
      |
    1 |
      | ^
      |
      = help: write the HorizontalPodAutoscaler and its Deployment into it
    ");
    insta::assert_snapshot!(about_manifest(b"kind: caf\xe9\n"), @"
    error[E0002]: `app.yaml` is not a text file: byte 10 is not UTF-8
    help: use a plain UTF-8 text file (gzip is allowed for a trace)
    ");
    let utf_16: Vec<u8> = "\u{feff}kind: Deployment\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    insta::assert_snapshot!(about_manifest(utf_16), @"
    error[E0002]: `app.yaml` is UTF-16, not UTF-8
    help: save it as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`
    ");
    insta::assert_snapshot!(about_manifest("hpa:\n\tmaxReplicas: 5\n"), @"
    error[E0022]: a tab indents this line, and YAML allows only spaces
     --> app.yaml:2:1
      |
    2 |     maxReplicas: 5
      | ^^^^
      |
      = help: replace the tab with spaces
    ");
    insta::assert_snapshot!(about_manifest("just text\n"), @"
    error[E0013]: this is not a Kubernetes object: it has no `kind`
     --> app.yaml:1:1
      |
     ::: 
    1 | <hidden>
      | ^^^^^^^^
      |
      = note: `<hidden>` replaces text that may be secret
      = help: start it with `apiVersion` and `kind`, or delete it
    ");
    insta::assert_snapshot!(about_manifest("[hpa]\nmaxReplicas = 5\n"), @"
    error[E0022]: this is not valid YAML: did not find expected <document start>
     --> app.yaml:2:1
      |
    2 | maxReplicas = 5
      | ^
      |
      = help: indent with spaces, write one `key: value` on a line, and put quotes around values with `: `, `#` or a bracket
    ");
}

#[test]
fn a_manifest_that_a_policy_names() {
    let default = ManifestChoice::default();
    let files = MemoryLoader::default().with("p.toml", "manifest = \"app.yml\"\n");
    insta::assert_snapshot!(codes_and_places(&about_files(files, "p.toml", &default)), @"E0001 p.toml:1:12");
    let files = MemoryLoader::default().with("p.toml", "manifest = 5\n");
    insta::assert_snapshot!(about_files(files, "p.toml", &default), @r#"
    error[E0008]: `manifest` must be a string, and this is an integer
     --> p.toml:1:12
      |
    1 | manifest = 5
      |            ^
      |
      = help: put it in quotes: "5"
    "#);
    let files = MemoryLoader::default()
        .with(
            "p.toml",
            "manifest = \"app.yaml\"\n[hpa]\ntargetCPUUtilizationPercentage = 50\n",
        )
        .with("app.yaml", format!("{DEPLOYMENT}{HPA}  metrics: []\n"));
    insta::assert_snapshot!(codes_and_places(&about_files(files, "p.toml", &default)), @"E0014 p.toml:3:1");
    let choice = ManifestChoice {
        hpa: Some("shop".to_owned()),
        namespace: None,
    };
    let files = MemoryLoader::default().with("p.toml", POLICY);
    insta::assert_snapshot!(about_files(files, "p.toml", &choice), @"
    warning[W0002]: `--hpa` has no effect: the policy is not a Kubernetes manifest
    help: omit it; a TOML policy has only one autoscaler
    ");
}

#[test]
fn a_manifest_in_the_place_of_the_trace_shows_no_line() {
    let json = "{\"kind\":\"Secret\",\"stringData\":{\"KEY\":\"s3cret-value\"}}";
    for text in [json, "kind: Secret\nstringData:\n  KEY: s3cret-value\n"] {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).expect("packed");
        let packed = packed.finish().expect("packed");
        for shown in [about_trace(text), about_trace(packed)] {
            assert!(!shown.contains("s3cret"), "{shown}");
        }
        let probe = parse_probe(Path::new("probe.csv"), text.as_bytes()).expect_err("a fault");
        assert!(!format!("{probe:?}").contains("s3cret"));
    }
    insta::assert_snapshot!(about_trace(json), @"
    error[E0015]: `t.csv` looks like a Kubernetes manifest, not like rows of numbers
    help: a manifest takes the place of the policy: `hpasim run app.yaml spike.csv`
    ");
}

#[test]
fn a_secret_beside_the_fault_is_covered() {
    let line = "{\"kind\":\"List\",\"items\":[{\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\"},\"data\":{\"KEY\":\"s3cret-value\"}},{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"shop\"},\"spec\":{\"replicas\":-1,\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\"}]}}}}]}";
    let shown = about_manifest(line);
    assert!(!shown.contains("s3cret"), "{shown}");
    insta::assert_snapshot!(shown, @r#"
    error[E0012]: `deployment.replicas` is -1
     --> app.yaml:1:164
      |
     ::: 
    1 | ...ind":"Deployment","metadata":{"name":"shop"},"spec":{"replicas":-1,"template":{"spec":{"containers":[{"name":"app"}]}}}}]}
      |                                                                    ^^
      |
      = note: `<hidden>` replaces text that may be secret
      = help: write an integer from 0 to 100000
    "#);
}

#[test]
fn a_manifest_under_a_policys_name_shows_no_secret() {
    let text = "kind: Secret\nstringData:\n  KEY: s3cret-value: x\n---\nkind: Deployment\n";
    for path in ["p.toml", "p"] {
        let files = MemoryLoader::default().with(path, text);
        let shown = about_files(files, path, &ManifestChoice::default());
        assert!(
            !shown.contains("s3cret") && shown.starts_with("error[E0022]"),
            "{shown}"
        );
    }
}
