//! The report about a whole cluster, as `kubectl get hpa,deploy -A -o yaml` prints it: what is read first, and how to see less.

use hpasim::check::Finding;
use hpasim::render::check::check_json;
use hpasim::render::check_page::{is_long, render_check_page};
use hpasim::scenario::{Code, Severity, TraceReading};

use super::*;

/// How many autoscalers the cluster has.
const AUTOSCALERS: usize = 80;

/// The namespace and the name of an autoscaler: few names, as in a cluster of many teams.
fn name(number: usize) -> (String, &'static str) {
    let names = ["web", "api", "worker", "search"];
    (
        format!("team-{}", number / names.len()),
        names[number % names.len()],
    )
}

/// A List of 80 autoscalers, their Deployments and a Service for each of the first ten.
fn cluster() -> String {
    let mut list = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    for number in 0..AUTOSCALERS {
        let (namespace, name) = name(number);
        // Every tenth names a target that is not there; every eighth cannot move.
        let target = if number % 10 == 9 { "gone" } else { name };
        let min = if number % 8 == 0 { 20 } else { 2 };
        list.push_str(&format!(
            "- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {{name: {name}, namespace: {namespace}}}
  spec:
    scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}
    minReplicas: {min}
    maxReplicas: 20
    metrics:
    - type: Resource
      resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 60}}}}
"
        ));
    }
    for number in 0..AUTOSCALERS {
        let (namespace, name) = name(number);
        // Every twentieth states no request.
        let requests = if number % 20 == 4 {
            ""
        } else {
            "requests: {cpu: 100m}"
        };
        list.push_str(&format!(
            "- apiVersion: apps/v1
  kind: Deployment
  metadata: {{name: {name}, namespace: {namespace}}}
  spec:
    replicas: 3
    selector: {{matchLabels: {{app: {name}}}}}
    template:
      metadata: {{labels: {{app: {name}}}}}
      spec:
        containers:
        - name: app
          resources: {{{requests}}}
"
        ));
    }
    for number in 0..10 {
        let (namespace, name) = name(number);
        list.push_str(&format!(
            "- apiVersion: v1
  kind: Service
  metadata: {{name: {name}, namespace: {namespace}}}
  spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata: {{name: {name}, namespace: {namespace}}}
  spec: {{defaultBackend: {{service: {{name: {name}, port: {{number: 8080}}}}}}}}
"
        ));
    }
    list
}

fn report() -> CheckReport {
    report_of(&[("all.yaml", &cluster())])
}

fn report_about(hpa: &str) -> CheckReport {
    let choice = ManifestChoice {
        hpa: Some(hpa.to_owned()),
        namespace: None,
    };
    report_with(&[("all.yaml", &cluster())], choice, None, WITHIN)
}

/// The objects of all findings, each once.
fn objects(report: &CheckReport) -> Vec<&str> {
    let objects = report.findings.iter();
    let mut objects: Vec<&str> = objects.filter_map(|it| it.object.as_deref()).collect();
    objects.sort_unstable();
    objects.dedup();
    objects
}

#[test]
fn eighty_autoscalers_are_a_page() {
    let report = report();
    assert!(is_long(&report));
    let page = render_check_page(&report, Colour::Plain);
    insta::assert_snapshot!(page, @"
    Objects, the worst first: errors (E), warnings (W) and notes (I). The row of an
    autoscaler counts its target and what selects or serves its pods too.
     object              E  W  I  worst finding
     hpa team-1/web      2  2  1  E0017 A utilization target on a resource that ...
     hpa team-6/web      1  3  1  E0017 A utilization target on a resource that ...
     hpa team-16/web     1  3  1  E0017 A utilization target on a resource that ...
     hpa team-0/web      1  3  1  E0108 An Ingress that uses a port that the ...
     hpa team-2/web      1  3  1  E0108 An Ingress that uses a port that the ...
     hpa team-11/web     1  2  1  E0017 A utilization target on a resource that ...
     hpa team-0/api      1  2  1  E0108 An Ingress that uses a port that the ...
     hpa team-0/worker   1  2  1  E0108 An Ingress that uses a port that the ...
     hpa team-0/search   1  2  1  E0108 An Ingress that uses a port that the ...
     hpa team-1/api      1  2  1  E0108 An Ingress that uses a port that the ...
     hpa team-1/worker   1  2  1  E0108 An Ingress that uses a port that the ...
     hpa team-1/search   1  2  1  E0108 An Ingress that uses a port that the ...
     hpa team-2/api      1  0  0  E0025 The autoscaler's target is not in the files
     hpa team-4/search   1  0  0  E0025 The autoscaler's target is not in the files
     hpa team-7/api      1  0  0  E0025 The autoscaler's target is not in the files
     hpa team-9/search   1  0  0  E0025 The autoscaler's target is not in the files
     hpa team-12/api     1  0  0  E0025 The autoscaler's target is not in the files
     hpa team-14/search  1  0  0  E0025 The autoscaler's target is not in the files
     hpa team-17/api     1  0  0  E0025 The autoscaler's target is not in the files
     hpa team-19/search  1  0  0  E0025 The autoscaler's target is not in the files
     and 61 others, 1 of them with errors

    error[E0108]: An Ingress that uses a port that the Service does not have
        10 objects, for example ing team-0/web at all.yaml:1771:63
    error[E0025]: The autoscaler's target is not in the files
        8 objects, for example hpa team-2/api at all.yaml:98:67
    error[E0017]: A utilization target on a resource that a container does not
                  request
        4 objects, for example deploy team-1/web at all.yaml:862:11
    warning[W0101]: `replicas` beside an autoscaler
        72 objects, for example hpa team-0/web at all.yaml:808:15
    warning[W0111]: No readiness probe
        72 objects, for example hpa team-0/web at all.yaml:814:11
    warning[W0102]: `minReplicas` equals `maxReplicas`
        10 objects, for example hpa team-0/web at all.yaml:10:5
    info[I0103]: No preStop hook
        72 objects, for example hpa team-0/web at all.yaml:814:11

    22 errors, 154 warnings and 72 notes in 1 file

    `--hpa NS/NAME` shows the findings of one autoscaler with their lines, reasons
    and remedies, `--full` those of all objects, and `--format json` all of them for
    programs. `--allow CODE` leaves out a code.
    ");
    assert!(
        page.lines().all(|line| line.chars().count() <= 80),
        "{page}"
    );
    let full = render_check(&report, Colour::Plain);
    assert!(full.lines().count() > 1000 && page.lines().count() < 60);
}

#[test]
fn few_objects_or_few_findings_are_shown_in_full() {
    let one = report_about("team-1/web");
    assert!(!is_long(&one) && !one.findings.is_empty());
    let mut few = report();
    few.leave_out_below(Severity::Error);
    few.findings.truncate(20);
    assert!(!is_long(&few));
}

#[test]
fn errors_come_before_warnings_before_notes() {
    let severities: Vec<Severity> = report().findings.iter().map(Finding::severity).collect();
    assert!(severities.is_sorted() && severities.contains(&Severity::Info));
}

#[test]
fn an_autoscaler_of_one_namespace_is_shown_with_all_that_belongs_to_it() {
    let report = report_about("team-1/web");
    let expected = [
        "Deployment team-1/web",
        "HorizontalPodAutoscaler team-1/web",
        "Ingress team-1/web",
    ];
    assert_eq!(objects(&report), expected);
    let every_web = report_about("web");
    assert_eq!(every_web.subjects, AUTOSCALERS / 4);
}

#[test]
fn the_other_autoscaler_of_the_target_is_shown_too() {
    let second = healthy_but(
        "metadata: {name: shop, namespace: prod}\nspec:\n  scale",
        "metadata: {name: a, namespace: prod}\nspec:\n  scale",
    );
    let hpa = &HEALTHY[HEALTHY.rfind("---").expect("an autoscaler")..];
    let both = format!("{second}{hpa}");
    for name in ["a", "shop"] {
        let choice = ManifestChoice {
            hpa: Some(name.to_owned()),
            namespace: None,
        };
        let report = report_with(&[("app.yaml", &both)], choice, None, WITHIN);
        assert!(codes(&report).contains(&"E0103"), "{name}");
    }
}

#[test]
fn a_fault_of_reading_belongs_to_the_object_that_it_is_in() {
    let report = report();
    let no_request: Vec<(Option<&str>, Option<&str>)> = report
        .findings
        .iter()
        .filter(|it| it.diagnostic.code == Code::NoRequest)
        .map(|it| (it.object.as_deref(), it.autoscaler.as_deref()))
        .collect();
    let first = (
        Some("Deployment team-1/web"),
        Some("HorizontalPodAutoscaler team-1/web"),
    );
    assert_eq!((no_request.len(), no_request[0]), (4, first));
}

#[test]
fn a_finding_names_its_object_where_there_are_several() {
    let text = render_check(&report_about("team-1/web"), Colour::Plain);
    let named = |object: &str| text.contains(&format!("= object: {object}\n"));
    assert!(
        named("Deployment team-1/web") && named("HorizontalPodAutoscaler team-1/web"),
        "{text}"
    );
}

#[test]
fn an_unknown_autoscaler_is_refused_with_the_nearest_name() {
    let refused = |hpa: &str| {
        let choice = ManifestChoice {
            hpa: Some(hpa.to_owned()),
            namespace: None,
        };
        let files = [PathBuf::from("app.yaml")];
        let request = CheckRequest {
            files: &files,
            choice,
            trace: None,
            reading: TraceReading::default(),
            within: WITHIN,
        };
        let mut loader = MemoryLoader::default().with("app.yaml", cluster());
        let faults = check(&request, &mut loader).expect_err("no such autoscaler");
        faults.list[0].help.clone()
    };
    insta::assert_snapshot!(refused("wbe"), @"did you mean `web`?");
    insta::assert_snapshot!(refused("team-1/wbe"), @"did you mean `team-1/web`?");
    insta::assert_snapshot!(refused("nothing-like-it"), @"the files hold: team-0/web, team-0/api, team-0/worker, team-0/search, team-1/web, team-1/api, team-1/worker, team-1/search and 72 more");
}

#[test]
fn what_is_allowed_or_less_severe_is_left_out_and_counted() {
    let mut report = report();
    let all = report.findings.len();
    let errors = report.count(Severity::Error);
    report.allow(&[Code::FixedReplicas, Code::NoPreStop]);
    assert!(!codes(&report).contains(&"W0101"));
    assert_eq!(report.findings.len() + report.allowed, all);
    report.leave_out_below(Severity::Error);
    assert_eq!(report.findings.len(), errors);
    let text = render_check(&report, Colour::Plain);
    let lines: Vec<&str> = text.lines().rev().take(2).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    82 findings are left out by --min-severity
    144 findings are left out by --allow
    ");
    assert!(
        check_json(&report)
            .expect("JSON")
            .contains(&format!("\"allowed\": {},", report.allowed))
    );
}
