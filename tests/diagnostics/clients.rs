//! The keys of `[workload]` about clients.

use super::*;

fn about_workload(lines: &str) -> String {
    about_policy(&format!("[workload]\n{lines}"))
}

#[test]
fn words_that_are_none_of_those_there_are() {
    let text = about_workload(
        "arrivals = \"poison\"\nafter_timeout = \"stop\"\nbalancer = \"leastrequest\"\n[pod]\ncpu_model = \"cfs\"\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0009]: `workload.arrivals` does not accept "poison"
     --> p.toml:2:12
      |
    2 | arrivals = "poison"
      |            ^^^^^^^^
      |
      = help: did you mean "poisson"?

    error[E0009]: `workload.after_timeout` does not accept "stop"
     --> p.toml:3:17
      |
    3 | after_timeout = "stop"
      |                 ^^^^^^
      |
      = help: write "continue" or "cancel"

    error[E0009]: `workload.balancer` does not accept "leastrequest"
     --> p.toml:4:12
      |
    4 | balancer = "leastrequest"
      |            ^^^^^^^^^^^^^^
      |
      = help: did you mean "least_request"?

    error[E0009]: `pod.cpu_model` does not accept "cfs"
     --> p.toml:6:13
      |
    6 | cpu_model = "cfs"
      |             ^^^^^
      |
      = help: write "quota" or "shared"
    "#);
}

#[test]
fn gamma_arrivals_without_saying_how_bursty() {
    let text = about_workload("arrivals = \"gamma\"\n")
        + "\n\n"
        + &about_workload("arrivals = { process = \"gamma\" }\n");
    insta::assert_snapshot!(text, @r#"
    error[E0013]: `workload.arrivals` = "gamma" needs `cv`, which states how bursty the arrivals are
     --> p.toml:2:12
      |
    2 | arrivals = "gamma"
      |            ^^^^^^^
      |
      = help: write arrivals = { process = "gamma", cv = 2.0 }

    error[E0013]: `workload.arrivals` needs a `cv`
     --> p.toml:2:12
      |
    2 | arrivals = { process = "gamma" }
      |            ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `cv`: a number: 1 is Poisson, above 1 is burstier, below 1 is steadier
    "#);
}

#[test]
fn arrivals_of_no_process_or_with_a_cv_too_many() {
    let text = about_workload("arrivals = { cv = 2.0 }\n")
        + "\n\n"
        + &about_workload("arrivals = { process = \"even\", cv = 2.0 }\n");
    insta::assert_snapshot!(text, @r#"
    error[E0013]: `workload.arrivals` needs a `process`
     --> p.toml:2:12
      |
    2 | arrivals = { cv = 2.0 }
      |            ^^^^^^^^^^^^
      |
      = help: add `process`: "poisson", "even" or "gamma"

    error[E0014]: only gamma arrivals take `workload.arrivals.cv`
     --> p.toml:2:32
      |
    2 | arrivals = { process = "even", cv = 2.0 }
      |                                ^^
      |
      = help: write process = "gamma", or a word instead of the table, such as arrivals = "even"
    "#);
}

#[test]
fn arrivals_that_are_no_longer_a_process() {
    let text = about_workload("arrivals = { process = \"gamma\", cv = 0 }\n")
        + "\n\n"
        + &about_workload("arrivals = { process = \"gamma\", cv = 101 }\n");
    insta::assert_snapshot!(text, @r#"
    error[E0012]: `workload.arrivals.cv` is 0
     --> p.toml:2:38
      |
    2 | arrivals = { process = "gamma", cv = 0 }
      |                                      ^
      |
      = help: write a number from 0.01 to 100

    error[E0012]: `workload.arrivals.cv` is 101
     --> p.toml:2:38
      |
    2 | arrivals = { process = "gamma", cv = 101 }
      |                                      ^^^
      |
      = help: write a number from 0.01 to 100
    "#);
}

#[test]
fn users_who_never_pause() {
    let text = about_files(
        MemoryLoader::default()
            .with("p.toml", "[workload]\nthink_time = \"0s\"\n")
            .with("t.csv", "time_s,users\n0,5\n60,5\n"),
    );
    insta::assert_snapshot!(text, @r#"
    error[E0012]: `workload.think_time` is less than 1ms on average
     --> p.toml:2:14
      |
    2 | think_time = "0s"
      |              ^^^^
      |
      = help: write "1ms" or more: a user without a pause would send endlessly while requests fail at once
    "#);
}

#[test]
fn retries_without_their_number() {
    let text = about_workload("retries = { backoff = \"1s\" }\n");
    insta::assert_snapshot!(text, @r#"
    error[E0013]: `workload.retries` needs a `max`
     --> p.toml:2:11
      |
    2 | retries = { backoff = "1s" }
      |           ^^^^^^^^^^^^^^^^^^
      |
      = help: add `max`: the number of attempts after the first, such as max = 2
    "#);
}

#[test]
fn retries_without_end() {
    let text = about_workload("retries = 101\n")
        + "\n\n"
        + &about_workload("retries = { max = -1, budget = 101 }\n");
    insta::assert_snapshot!(text, @"
    error[E0012]: `workload.retries` is 101
     --> p.toml:2:11
      |
    2 | retries = 101
      |           ^^^
      |
      = help: write an integer from 0 to 100

    error[E0012]: `workload.retries.max` is -1
     --> p.toml:2:19
      |
    2 | retries = { max = -1, budget = 101 }
      |                   ^^
      |
      = help: write an integer from 0 to 100

    error[E0012]: `workload.retries.budget` is 101
     --> p.toml:2:32
      |
    2 | retries = { max = -1, budget = 101 }
      |                                ^^^
      |
      = help: write a number from 0 to 100
    ");
}

#[test]
fn a_longest_pause_below_the_first() {
    let text = about_workload("retries = { max = 2, backoff = \"2s\", max_backoff = \"1s\" }\n")
        + "\n\n"
        + &about_workload("retries = { max = 2, backoff = \"30s\" }\n");
    insta::assert_snapshot!(text, @r#"
    error[E0012]: the longest pause before a retry (`max_backoff`, 1s) is shorter than the first (`backoff`, 2s)
     --> p.toml:2:52
      |
    2 | retries = { max = 2, backoff = "2s", max_backoff = "1s" }
      |                                                    ^^^^
      |
      = help: write max_backoff = "2s" or more

    error[E0012]: the longest pause before a retry (`max_backoff`, 10s) is shorter than the first (`backoff`, 30s)
     --> p.toml:2:32
      |
    2 | retries = { max = 2, backoff = "30s" }
      |                                ^^^^^
      |
      = help: write max_backoff = "30s" or more
    "#);
}

#[test]
fn connections_in_a_number_or_of_a_length_that_cannot_be() {
    let text = about_workload("connections = 0\n")
        + "\n\n"
        + &about_workload("connections = { count = 1000001, lifetime = \"0s\" }\n");
    insta::assert_snapshot!(text, @r#"
    error[E0012]: `workload.connections` is 0
     --> p.toml:2:15
      |
    2 | connections = 0
      |               ^
      |
      = help: write an integer from 1 to 1000000

    error[E0012]: `workload.connections.count` is 1000001
     --> p.toml:2:25
      |
    2 | connections = { count = 1000001, lifetime = "0s" }
      |                         ^^^^^^^
      |
      = help: write an integer from 1 to 1000000

    error[E0012]: `workload.connections.lifetime` is 0, so no connection would be kept
     --> p.toml:2:45
      |
    2 | connections = { count = 1000001, lifetime = "0s" }
      |                                             ^^^^
      |
      = help: write how long a connection is used, such as "5m"; without `connections` the balancer chooses a pod for each request
    "#);
}

#[test]
fn connections_of_an_unknown_number() {
    let text = about_workload("connections = { lifetime = \"5m\" }\n");
    insta::assert_snapshot!(text, @r#"
    warning[W0006]: there is no autoscaler: the number of pods stays at 1
     --> p.toml:1:1
      |
    1 | [workload]
      | ^
      |
      = help: add [hpa] to the policy, or a HorizontalPodAutoscaler to the manifest; `deployment.replicas` is the number of pods

    error[E0013]: `workload.connections` needs `count` under open load: the clients share that many connections
     --> p.toml:2:1
      |
    2 | connections = { lifetime = "5m" }
      | ^^^^^^^^^^^
      |
      = help: write connections = { count = 100, lifetime = "5m" }
    "#);
}

#[test]
fn a_timeout_that_no_request_can_meet() {
    let text = about_workload("io_per_request = \"2s\"\ntimeout = \"1s\"\nretries = 3\n");
    insta::assert_snapshot!(codes_and_places(&text), @"E0012 p.toml:3:11");
}
