//! Names and numbers that would lead out of the output folder, exhaust the memory or overflow the clock.

use super::*;

#[test]
fn a_name_that_cannot_name_a_folder() {
    let about = |name: &str| about_policy(&format!("name = \"{name}\"\n"));
    insta::assert_snapshot!(about("../escape"), @r#"
    error[E0021]: `name` contains a slash, and the output folder has this name
     --> p.toml:1:8
      |
    1 | name = "../escape"
      |        ^^^^^^^^^^^
      |
      = help: write a plain word, such as "prod"; --output chooses another folder
    "#);
    for (name, what) in [
        ("/etc", "contains a slash"),
        ("..", "starts with a dot"),
        (".hidden", "starts with a dot"),
        ("", "is empty"),
        ("a\\\\b", "contains a slash"),
        ("two\\nlines", "contains a control character"),
    ] {
        let text = about(name);
        let head = format!("error[E0021]: `name` {what}, and ");
        assert!(text.starts_with(&head), "{name}: {text}");
    }
}

#[test]
fn intervals_too_short_and_a_lag_too_long() {
    let text = about_policy(
        "[metrics]\nscrape_interval = \"1ms\"\nhousekeeping = \"1ns\"\nlag = \"61m\"\n[pod]\nreadiness = { period = \"0s\" }\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0012]: `metrics.scrape_interval` is 1ms
     --> p.toml:2:19
      |
    2 | scrape_interval = "1ms"
      |                   ^^^^^
      |
      = help: write "1s" or more

    error[E0012]: `metrics.housekeeping` is 0.000000001s
     --> p.toml:3:16
      |
    3 | housekeeping = "1ns"
      |                ^^^^^
      |
      = help: write "1s" or more

    error[E0012]: `metrics.lag` is 1h1m
     --> p.toml:4:7
      |
    4 | lag = "61m"
      |       ^^^^^
      |
      = help: write "1h" or less

    error[E0012]: `pod.readiness.period` is 0s
     --> p.toml:6:24
      |
    6 | readiness = { period = "0s" }
      |                        ^^^^
      |
      = help: write "1s" or more
    "#);
}

#[test]
fn intervals_longer_than_any_cluster_has() {
    let text = about_policy("[metrics]\nscrape_interval = \"2h\"\nhousekeeping = \"8784h\"\n");
    insta::assert_snapshot!(codes_and_places(&text), @"
    E0012 p.toml:2:19
    E0012 p.toml:3:16
    ");
}

#[test]
fn a_timeout_that_no_request_can_meet() {
    let text = about_policy("[workload]\ntimeout = \"5s\"\nio_per_request = \"6s\"\n");
    insta::assert_snapshot!(text, @r#"
    error[E0012]: a request takes at least 6s, and its client times out after 5s: every request would fail
     --> p.toml:2:11
      |
    2 | timeout = "5s"
      |           ^^^^
      |
      = help: write a longer `timeout`, or lower the cost of a request
    "#);
}
