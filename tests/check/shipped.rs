//! The shop's files: every fault that is in them is found, and nothing else.

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
        within: WITHIN,
    };
    let report = check(&request, &mut files).expect("no trace");
    let lines: Vec<String> = report
        .findings
        .iter()
        .map(|finding| finding.diagnostic.to_string())
        .collect();
    lines.join("\n")
}

#[test]
fn the_shop_as_it_was_deployed() {
    insta::assert_snapshot!(lines("policies/privrocket.yaml"), @"
    W0101: `replicas: 1` beside an autoscaler: every `kubectl apply` resets it (policies/privrocket.yaml:29:13)
    W0111: no readiness probe: a pod gets requests as soon as its container runs (policies/privrocket.yaml:39:9)
    I0103: no preStop hook: a pod gets SIGTERM while requests still arrive (policies/privrocket.yaml:39:9)
    E0105: the namespace `privrocket-preprod` has no Secret `stripe-secret`: the files hold it in another namespace (policies/privrocket.yaml:50:25)
    E0105: the namespace `privrocket-preprod` has no Secret `stripe-secret`: the files hold it in another namespace (policies/privrocket.yaml:55:25)
    W0116: 4 of 6 objects state no namespace; the others are in `privrocket-preprod` (policies/privrocket.yaml:68:9)
    W0117: the file holds 2 values of a Secret in clear text (policies/privrocket.yaml:70:1)
    E0106: the Service selects no pod: app=privrocket-app (policies/privrocket.yaml:80:3)
    E0107: there is no Service `privrocket-service` in the namespace `default` (policies/privrocket.yaml:93:13)
    E0108: no Service of the namespace `default` has the port 7777 (policies/privrocket.yaml:95:17)
    E0101: the autoscaler never scales: its target is Deployment default/privrocket-deployment, and the files hold Deployment privrocket-preprod/privrocket-deployment (policies/privrocket.yaml:105:11)
    I0101: one sync multiplies the pods by at most 4.00: from 1 to 50 pods this alone takes 3 syncs; with the rate limits it takes 5 (1m15s) (policies/privrocket.yaml:111:15)
    W0105: the period is shorter than the 15s between two syncs: 100% in 5s, 4 in 5s (policies/privrocket.yaml:119:7)
    W0108: half of the pods can be gone 15s after the load falls (policies/privrocket.yaml:126:5)
    W0106: a stabilization window of 5s has no effect (policies/privrocket.yaml:127:7)
    W0105: the period is shorter than the 15s between two syncs: 50% in 5s (policies/privrocket.yaml:128:7)
    ");
}

#[test]
fn the_payment_service_as_it_was_deployed() {
    insta::assert_snapshot!(lines("policies/stripe-flask-app.yaml"), @"
    I0106: no autoscaler in the files scales this workload: it has 1 pod whatever the load (policies/stripe-flask-app.yaml:9:9)
    W0111: no readiness probe: a pod gets requests as soon as its container runs (policies/stripe-flask-app.yaml:20:9)
    W0117: the file holds 1 value of a Secret in clear text (policies/stripe-flask-app.yaml:43:1)
    E0108: the Service `stripe-flask-service` does not have the port 7777 (policies/stripe-flask-app.yaml:67:17)
    ");
}

#[test]
fn the_policies() {
    insta::assert_snapshot!(lines("policies/prod.toml"), @"
    I0101: one sync multiplies the pods by at most 4.00: from 1 to 50 pods this alone takes 3 syncs; with the rate limits it takes 5 (1m15s) (policies/prod.toml:12:34)
    W0105: the period is shorter than the 15s between two syncs: 100% in 5s, 4 in 5s (policies/prod.toml:18:1)
    W0108: half of the pods can be gone 15s after the load falls (policies/prod.toml:25:15)
    W0106: a stabilization window of 5s has no effect (policies/prod.toml:26:1)
    W0105: the period is shorter than the 15s between two syncs: 50% in 5s (policies/prod.toml:27:1)
    W0111: no readiness probe: a pod gets requests as soon as its container runs (policies/prod.toml:32:14)
    I0103: no preStop hook: a pod gets SIGTERM while requests still arrive (policies/prod.toml:32:14)
    ");
    insta::assert_snapshot!(lines("policies/fast.toml"), @"
    I0101: one sync multiplies the pods by at most 5.71: from 3 to 50 pods this alone takes 2 syncs; with the rate limits it takes 2 (30s) (policies/fast.toml:7:34)
    W0105: the period is shorter than the 15s between two syncs: 50% in 5s (policies/prod.toml:27:1)
    W0111: no readiness probe: a pod gets requests as soon as its container runs (policies/prod.toml:32:14)
    I0103: no preStop hook: a pod gets SIGTERM while requests still arrive (policies/prod.toml:32:14)
    ");
    insta::assert_snapshot!(lines("policies/probed.toml"), @"
    I0101: one sync multiplies the pods by at most 4.00: from 1 to 50 pods this alone takes 3 syncs; with the rate limits it takes 5 (1m15s) (policies/prod.toml:12:34)
    W0105: the period is shorter than the 15s between two syncs: 100% in 5s, 4 in 5s (policies/prod.toml:18:1)
    W0108: half of the pods can be gone 15s after the load falls (policies/prod.toml:25:15)
    W0106: a stabilization window of 5s has no effect (policies/prod.toml:26:1)
    W0105: the period is shorter than the 15s between two syncs: 50% in 5s (policies/prod.toml:27:1)
    I0103: no preStop hook: a pod gets SIGTERM while requests still arrive (policies/prod.toml:32:14)
    ");
    insta::assert_snapshot!(lines("policies/no-behavior.toml"), @"
    I0101: one sync multiplies the pods by at most 4.00: from 1 to 50 pods this alone takes 3 syncs; with the rate limits it takes 5 (1m15s) (policies/prod.toml:12:34)
    W0111: no readiness probe: a pod gets requests as soon as its container runs (policies/prod.toml:32:14)
    I0103: no preStop hook: a pod gets SIGTERM while requests still arrive (policies/prod.toml:32:14)
    ");
}
