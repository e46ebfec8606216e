//! The shipped policies and manifests: `check` finds exactly their known faults.

use super::*;

fn lines(path: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .expect("a shipped file");
    let mut files = MemoryLoader::default();
    files.insert(path, text);
    if path.ends_with(".toml") {
        let base = "policies/prod.toml";
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(base));
        files.insert(base, text.expect("a shipped file"));
    }
    let paths = [PathBuf::from(path)];
    let request = CheckRequest {
        files: &paths,
        choice: ManifestChoice::default(),
        trace: None,
        reading: hpasim::scenario::TraceReading::default(),
        within: WITHIN,
    };
    let report = check(&request, &mut files).expect("no trace");
    let lines: Vec<String> = report
        .findings
        .iter()
        .map(|finding| {
            let diagnostic = &finding.diagnostic;
            let place = diagnostic.place.as_ref().expect("a place");
            let (source, line, column) = (&place.source, place.line, place.column);
            format!("{} {source}:{line}:{column}", diagnostic.code)
        })
        .collect();
    lines.join("\n")
}

#[test]
fn the_shop_as_it_was_deployed() {
    insta::assert_snapshot!(lines("policies/privrocket.yaml"), @"
    E0105 policies/privrocket.yaml:50:25
    E0105 policies/privrocket.yaml:55:25
    E0106 policies/privrocket.yaml:80:3
    E0107 policies/privrocket.yaml:93:13
    E0108 policies/privrocket.yaml:95:17
    E0101 policies/privrocket.yaml:105:11
    W0101 policies/privrocket.yaml:29:13
    W0111 policies/privrocket.yaml:39:9
    W0116 policies/privrocket.yaml:68:9
    W0117 policies/privrocket.yaml:70:1
    W0105 policies/privrocket.yaml:119:7
    W0108 policies/privrocket.yaml:126:5
    W0106 policies/privrocket.yaml:127:7
    W0105 policies/privrocket.yaml:128:7
    I0103 policies/privrocket.yaml:39:9
    I0101 policies/privrocket.yaml:111:15
    ");
}

#[test]
fn the_payment_service_as_it_was_deployed() {
    insta::assert_snapshot!(lines("policies/stripe-flask-app.yaml"), @"
    E0108 policies/stripe-flask-app.yaml:67:17
    W0111 policies/stripe-flask-app.yaml:20:9
    W0117 policies/stripe-flask-app.yaml:43:1
    I0106 policies/stripe-flask-app.yaml:9:9
    ");
}

#[test]
fn the_shipped_policies() {
    insta::assert_snapshot!(lines("policies/prod.toml"), @"
    W0105 policies/prod.toml:18:1
    W0108 policies/prod.toml:25:15
    W0106 policies/prod.toml:26:1
    W0105 policies/prod.toml:27:1
    W0111 policies/prod.toml:32:14
    I0101 policies/prod.toml:12:34
    I0103 policies/prod.toml:32:14
    ");
    insta::assert_snapshot!(lines("policies/fast.toml"), @"
    W0105 policies/prod.toml:27:1
    W0111 policies/prod.toml:32:14
    I0101 policies/fast.toml:7:34
    I0103 policies/prod.toml:32:14
    ");
    insta::assert_snapshot!(lines("policies/probed.toml"), @"
    W0105 policies/prod.toml:18:1
    W0108 policies/prod.toml:25:15
    W0106 policies/prod.toml:26:1
    W0105 policies/prod.toml:27:1
    I0101 policies/prod.toml:12:34
    I0103 policies/prod.toml:32:14
    ");
    insta::assert_snapshot!(lines("policies/no-behavior.toml"), @"
    W0111 policies/prod.toml:32:14
    I0101 policies/prod.toml:12:34
    I0103 policies/prod.toml:32:14
    ");
}
