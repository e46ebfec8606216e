//! `hpasim import` from a real Prometheus, and from servers that fail.

mod made_day;
mod server;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::Ordering;
use std::time::Duration;

use made_day::{COST_MS, IDLE_MILLICORES, MANIFEST, START, START_SECONDS};
use server::{Prometheus, Reply, scripted};
use tempfile::TempDir;

fn hpasim(folder: &Path, arguments: &[&str]) -> Output {
    let program = assert_cmd::cargo::cargo_bin!("hpasim");
    Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .env_remove("HPASIM_PROMETHEUS_TOKEN")
        .env_remove("HPASIM_PROMETHEUS_PASSWORD")
        .output()
        .expect("hpasim")
}

fn stdout_of(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The made days in blocks of Prometheus within `folder`.
fn made_days(folder: &Path) -> std::path::PathBuf {
    made_day::write_inputs(folder);
    let run = [
        "run",
        "truth.toml",
        "truth.csv",
        "--engine",
        "fluid",
        "--plot",
        "none",
        "-q",
        "-o",
        "truth",
    ];
    stdout_of(&hpasim(folder, &run));
    let timeline = std::fs::read_to_string(folder.join("truth/timeline.csv")).expect("a timeline");
    let vanish = Some((START + 3_600, START + 5_400));
    server::fill(folder, &made_day::open_metrics(&timeline, vanish))
}

/// An import of both days into `folder/web`.
fn import<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "import",
        "shop.yaml",
        "--prometheus",
        url,
        "--from",
        "2026-11-27",
        "--to",
        "2026-11-29",
        "-o",
        "web",
    ];
    arguments.extend(more);
    arguments
}

fn copy_inputs() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shop.yaml"), MANIFEST).expect("a file");
    folder
}

fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).expect("a file")
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn two_made_days_of_a_real_prometheus_are_imported_as_they_were() {
    if !server::has_prometheus() {
        eprintln!("skipped: prometheus and promtool are not here");
        return;
    }
    let folder = copy_inputs();
    let data = made_days(folder.path());
    let server = Prometheus::start(
        folder.path(),
        &data,
        &["--web.external-url=http://localhost/prometheus"],
    );
    let url = format!("{}/prometheus/", server.url);
    let page = stdout_of(&hpasim(folder.path(), &import(&url, &[])));
    assert!(page.contains("v1.33.1-eks-595af52"), "{page}");

    // The mean over the days is that of the truth, although 15 s of two days are more than 11,000 points.
    let truth: f64 = made_day::trace()
        .lines()
        .skip(1)
        .map(|line| {
            line.split_once(',')
                .expect("a row")
                .1
                .parse::<f64>()
                .expect("a rate")
        })
        .sum::<f64>()
        / 577.0;
    let traffic = read(&folder, "web/traffic.csv");
    let rates: Vec<f64> = traffic
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(|line| {
            line.rsplit(',')
                .next()
                .expect("a rate")
                .parse()
                .expect("a number")
        })
        .collect();
    assert!(rates.len() > 11_000, "{} rows", rates.len());
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    assert!(
        (mean / truth - 1.0).abs() < 0.02,
        "{mean} instead of {truth}"
    );

    let policy = read(&folder, "web/policy.toml");
    let mean = policy
        .split_once("mean = \"")
        .expect("a cost")
        .1
        .split_once("ms\"")
        .expect("milliseconds")
        .0;
    let cost: f64 = mean.parse().expect("a number");
    assert!((cost / COST_MS - 1.0).abs() < 0.02, "{policy}");
    let idle = policy
        .split_once("idle_cpu = \"")
        .expect("an idle use")
        .1
        .split_once('m')
        .expect("millicores")
        .0;
    let idle: f64 = idle.parse().expect("a number");
    assert!((idle - IDLE_MILLICORES).abs() < 2.0, "{policy}");
    assert!(
        policy.contains(&format!("median = \"{START_SECONDS}s\"")),
        "{policy}"
    );
    for line in [
        "manifest = \"manifest.yaml\"",
        "cluster = \"eks\"",
        "kubernetes = \"1.33\"",
    ] {
        assert!(policy.contains(line), "{policy}");
    }
    let account = read(&folder, "web/import.md");
    assert!(account.contains("ingress-nginx"), "{account}");
    assert!(
        account.contains("The load has no value from 2026-11-27T01:0"),
        "{account}"
    );
    for name in [
        "policy.toml",
        "manifest.yaml",
        "traffic.csv",
        "recorded.csv",
        "import.md",
        "summary.json",
    ] {
        assert!(
            !read(&folder, &format!("web/{name}")).contains("hunter2"),
            "{name}"
        );
    }

    // The second day is simulated with the cost of the first one.
    let backtest = [
        "backtest",
        "web",
        "--seeds",
        "3",
        "--plot",
        "none",
        "-o",
        "again",
        "--assert",
        "replica_error<0.4",
    ];
    let page = stdout_of(&hpasim(folder.path(), &backtest));
    assert!(
        page.contains("2026-11-28T00:00:00Z to 2026-11-29T00:00:00Z"),
        "{page}"
    );
}

#[test]
fn queries_are_printed_and_nothing_is_asked() {
    let folder = copy_inputs();
    let server = scripted(|_, _| Reply::of("200 OK", ""));
    let text = stdout_of(&hpasim(
        folder.path(),
        &import(&server.url, &["--print-queries"]),
    ));
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
    assert!(text.contains("# requests per second\ncurl -s "), "{text}");
    assert!(text.contains("container_cpu_usage_seconds_total"), "{text}");
    assert!(!folder.path().join("web").exists());
}

/// The message of an import from a server that always answers in one way; the folder does not exist afterwards.
fn refused(
    answer: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
    more: &[&str],
) -> (String, usize) {
    let folder = copy_inputs();
    let server = scripted(answer);
    let output = hpasim(folder.path(), &import(&server.url, more));
    assert_eq!(output.status.code(), Some(1), "{}", stderr_of(&output));
    assert!(!folder.path().join("web").exists());
    let message = stderr_of(&output).replace(&server.url, "SERVER");
    (message, server.requests.load(Ordering::SeqCst))
}

#[test]
fn a_server_that_wants_credentials_is_asked_once() {
    let (message, requests) = refused(|_, _| Reply::of("401 Unauthorized", "no"), &[]);
    assert_eq!(requests, 1);
    insta::assert_snapshot!(message, @"error: SERVER wants credentials (401); give `--token-file FILE`, or `--user NAME` with `--password-file FILE`");
}

#[test]
fn a_server_that_is_busy_is_asked_again_and_then_its_words_are_shown() {
    let busy = |_: usize, _: &str| Reply {
        headers: "Retry-After: 0\r\n",
        ..Reply::of(
            "503 Service Unavailable",
            r#"{"status":"error","error":"TSDB not ready"}"#,
        )
    };
    let (message, requests) = refused(busy, &[]);
    assert_eq!(requests, 4);
    insta::assert_snapshot!(message, @"error: SERVER answered 503 4 times: TSDB not ready");
}

#[test]
fn a_server_that_does_not_answer_in_time_is_named_with_the_remedy() {
    let slow = |_: usize, _: &str| Reply {
        pause: Duration::from_millis(700),
        ..Reply::of("200 OK", "{}")
    };
    let (message, _) = refused(slow, &["--timeout", "200ms"]);
    insta::assert_snapshot!(message, @"error: SERVER did not answer within 200ms, 4 times; take a shorter span or a longer `--step`, or raise `--timeout`");
}

#[test]
fn the_page_of_a_login_is_no_prometheus() {
    let (message, _) = refused(|_, _| Reply::of("200 OK", "<html>Sign in</html>"), &[]);
    insta::assert_snapshot!(message, @"error: SERVER does not answer like Prometheus: it sent a page of HTML, perhaps that of a login");
}

/// An answer to any query: a value every 15 s.
fn ten_minutes() -> String {
    let values: Vec<String> = (0..60)
        .map(|step| format!("[{},\"2\"]", START + step * 15))
        .collect();
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}},"warnings":["a store is away"]}}"#,
        values.join(",")
    )
}

#[test]
fn a_server_without_the_target_is_told_and_nothing_is_written() {
    let empty = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    let (message, _) = refused(move |_, _| Reply::of("200 OK", empty), &[]);
    insta::assert_snapshot!(message, @"error: the server has neither requests nor CPU of shop/web in this span; check `--from` and `--to`, or see the queries with `--print-queries`");
}

#[test]
fn a_broken_answer_is_no_missing_series() {
    let (message, _) = refused(|_, _| Reply::of("200 OK", r#"{"status":"succ"#), &[]);
    assert!(
        message.starts_with("error: the server does not answer like Prometheus: "),
        "{message}"
    );
}

#[test]
fn a_redirect_gets_no_header_and_is_told() {
    let other = scripted(|_, _| Reply::of("200 OK", "{}"));
    let location = format!("Location: {}/\r\n", other.url);
    let location: &'static str = Box::leak(location.into_boxed_str());
    let redirect = move |_: usize, _: &str| Reply {
        headers: location,
        ..Reply::of("302 Found", "")
    };
    let (message, _) = refused(redirect, &[]);
    assert_eq!(other.requests.load(Ordering::SeqCst), 0);
    insta::assert_snapshot!(message, @"error: SERVER does not answer like Prometheus: it redirects, as a login does; give the URL to which it redirects");
}

#[test]
fn credentials_reach_the_server_and_no_message_and_no_file() {
    let folder = copy_inputs();
    let answer = |_: usize, text: &str| {
        let is_known = text
            .to_lowercase()
            .contains("authorization: bearer hunter2")
            && text.contains("shop-tenant");
        match is_known {
            true => Reply::of("200 OK", &ten_minutes()),
            false => Reply::of("403 Forbidden", "no"),
        }
    };
    let server = scripted(answer);
    std::fs::write(folder.path().join("token"), "hunter2\n").expect("a file");
    std::fs::write(
        folder.path().join("headers"),
        "X-Scope-OrgID: shop-tenant\n",
    )
    .expect("a file");
    let more = ["--token-file", "token", "--header-file", "headers"];
    let output = hpasim(folder.path(), &import(&server.url, &more));
    let page = stdout_of(&output);
    assert!(!page.contains("hunter2") && !stderr_of(&output).contains("hunter2"));
    assert!(page.contains("a store is away"), "{page}");
    for entry in std::fs::read_dir(folder.path().join("web")).expect("a folder") {
        let text = std::fs::read_to_string(entry.expect("a file").path()).expect("text");
        assert!(
            !text.contains("hunter2") && !text.contains("shop-tenant"),
            "{text}"
        );
    }
}

#[test]
fn the_credentials_of_a_url_are_sent_and_never_shown() {
    let folder = copy_inputs();
    // Base64 of `me:hunter2`.
    let server = scripted(|_, text| match text.contains("Basic bWU6aHVudGVyMg==") {
        true => Reply::of("404 Not Found", "nothing"),
        false => Reply::of("401 Unauthorized", "no"),
    });
    let url = server.url.replace("http://", "http://me:hunter2@");
    let message = stderr_of(&hpasim(folder.path(), &import(&url, &[])));
    let message = message.replace(&server.url, "SERVER");
    insta::assert_snapshot!(message, @"error: SERVER has no /api/v1/query_range (404); the URL may lack a path, such as /prometheus or /api/prom");
}

#[test]
fn files_of_requests_cpu_and_replicas_make_the_same_folder_without_a_server() {
    let folder = copy_inputs();
    let answer = |value: &dyn Fn(i64) -> f64| {
        let values: Vec<String> = (0..=960)
            .map(|step| format!("[{},\"{}\"]", START + step * 15, value(step)))
            .collect();
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}}"#,
            values.join(",")
        )
    };
    let rate = |step: i64| 50.0 + 40.0 * (step as f64 / 100.0).sin();
    let pods = |step: i64| if step % 240 < 120 { 4.0 } else { 6.0 };
    let cores = |step: i64| (rate(step) * 0.01) + pods(step) * 0.03;
    for (name, text) in [
        ("rps.json", answer(&rate)),
        ("cpu.json", answer(&cores)),
        ("replicas.json", answer(&pods)),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let files = [
        "import",
        "shop.yaml",
        "--rps",
        "rps.json",
        "--cpu",
        "cpu.json",
        "--replicas",
        "replicas.json",
        "-o",
        "web",
    ];
    let page = stdout_of(&hpasim(folder.path(), &files));
    assert!(page.contains("A request costs 10"), "{page}");
    assert!(page.contains("the files do not hold them"), "{page}");
    let recorded = read(&folder, "web/recorded.csv");
    assert!(recorded.lines().count() > 900, "{recorded}");
    let run = [
        "run",
        "web/policy.toml",
        "web/traffic.csv",
        "--plot",
        "none",
        "-q",
        "-o",
        "again",
        "--engine",
        "fluid",
    ];
    stdout_of(&hpasim(folder.path(), &run));
}
