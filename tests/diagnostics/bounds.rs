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

#[test]
fn a_currency_is_a_short_text_that_is_seen() {
    let about = |currency: &str| {
        about_policy(&format!(
            "[hpa]\nmaxReplicas = 3\n[cost]\nper_pod_hour = 0.04\ncurrency = \"{currency}\"\n"
        ))
    };
    insta::assert_snapshot!(about(""), @r#"
    error[E0021]: `cost.currency` is empty, and it stands behind every number of its unit
     --> p.toml:5:12
      |
    5 | currency = ""
      |            ^^
      |
      = help: write a short name, such as "EUR", or delete the line
    "#);
    for (currency, fault) in [
        (" ", "is empty"),
        ("12345678901234567", "is longer than 16 letters"),
        ("EUR\\u202E", "contains a character that is not seen"),
    ] {
        let text = about(currency);
        assert!(text.contains(fault), "{currency}: {text}");
    }
    for currency in ["EUR", " € ", "credits of a team", "1234567890123456"] {
        let is_short = currency.len() <= 16;
        assert_eq!(about(currency).is_empty(), is_short, "{currency}");
    }
}

#[test]
fn a_release_is_text_because_its_name_looks_like_another_number() {
    let about = |value: &str| {
        about_policy(&format!(
            "[hpa]\nmaxReplicas = 3\n[controller]\nkubernetes = {value}\n"
        ))
    };
    let all = ["1.30", "1.3", "\"1.3\"", "1.25", "1"].map(about);
    insta::assert_snapshot!(all.join("\n\n"), @r#"
    error[E0008]: `controller.kubernetes` must be a string, and this is a number: 1.30 without quotes is the number 1.3
     --> p.toml:4:14
      |
    4 | kubernetes = 1.30
      |              ^^^^
      |
      = help: put it in quotes: "1.30"

    error[E0008]: `controller.kubernetes` must be a string, and this is a number: 1.30 without quotes is the number 1.3
     --> p.toml:4:14
      |
    4 | kubernetes = 1.3
      |              ^^^
      |
      = help: put it in quotes: "1.30"

    error[E0009]: `controller.kubernetes` does not accept "1.3"
     --> p.toml:4:14
      |
    4 | kubernetes = "1.3"
      |              ^^^^^
      |
      = help: did you mean "1.30"?

    error[E0008]: `controller.kubernetes` must be a string, and this is a float
     --> p.toml:4:14
      |
    4 | kubernetes = 1.25
      |              ^^^^
      |
      = help: write a string

    error[E0008]: `controller.kubernetes` must be a string, and this is an integer
     --> p.toml:4:14
      |
    4 | kubernetes = 1
      |              ^
      |
      = help: put it in quotes: "1"
    "#);
}
