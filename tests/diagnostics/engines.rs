//! Conflicts of policy, trace and engine.

use super::*;

const USERS: &str = "time_s,users\n0,5\n60,5\n";
const CPU: &str = "time_s,cpu_millicores\n0,500\n60,500\n";
/// Every key that the fluid engine does not look at.
const EVERY_KEY: &str = "\
[workload]
arrivals = \"even\"
after_timeout = \"cancel\"
retries = 2
balancer = \"least_request\"
connections = 4
[pod]
cpu_model = \"shared\"
";

/// About a policy with an autoscaler, at its end if `policy` has none.
fn about(engine: Option<Engine>, policy: &str, trace: &str) -> String {
    let autoscaler = if policy.contains("[hpa]") { "" } else { POLICY };
    let files = MemoryLoader::default()
        .with("p.toml", format!("{policy}{autoscaler}"))
        .with("t.csv", trace);
    text_for(engine, files, &[], None, None)
}

#[test]
fn users_cannot_be_followed_as_rates() {
    let text = about(Some(Engine::Fluid), POLICY, USERS);
    insta::assert_snapshot!(text, @"
    error[E0041]: a load of `users` (closed load) needs the request engine: the time of a user's next request depends on the answer before it
     --> t.csv:1:8
      |
    1 | time_s,users
      |        ^^^^^
      |
      = help: use --engine request (or omit --engine), or give the offered rate as `rps`
    ");
}

#[test]
fn demand_known_as_cpu_has_no_requests() {
    let text = about(Some(Engine::Request), POLICY, CPU);
    insta::assert_snapshot!(text, @"
    error[E0041]: a load of `cpu_millicores` needs the fluid engine: its requests are unknown
     --> t.csv:1:8
      |
    1 | time_s,cpu_millicores
      |        ^^^^^^^^^^^^^^
      |
      = help: use --engine fluid (or omit --engine), or give the load as `rps` or `users`
    ");
}

#[test]
fn an_engine_that_cannot_follow_the_trace_hides_no_other_fault() {
    let text = about(Some(Engine::Fluid), "[workload]\ntimeout = 5\n", USERS);
    insta::assert_snapshot!(text, @r#"
    error[E0010]: `workload.timeout`: 5 has no unit, and a duration needs one
     --> p.toml:2:11
      |
    2 | timeout = 5
      |           ^
      |
      = help: write "5s"

    error[E0041]: a load of `users` (closed load) needs the request engine: the time of a user's next request depends on the answer before it
     --> t.csv:1:8
      |
    1 | time_s,users
      |        ^^^^^
      |
      = help: use --engine request (or omit --engine), or give the offered rate as `rps`
    "#);
}

#[test]
fn the_request_engine_looks_at_every_key() {
    assert_eq!(about(None, EVERY_KEY, TRACE), "");
    assert_eq!(about(Some(Engine::Request), EVERY_KEY, TRACE), "");
}

#[test]
fn the_fluid_engine_names_each_key_that_it_does_not_look_at() {
    let text = about(Some(Engine::Fluid), EVERY_KEY, TRACE);
    let (first, others) = text.split_once("\n\n").expect("several warnings");
    insta::assert_snapshot!(first, @r#"
    warning[W0002]: the fluid engine simulates rates, not requests: `workload.after_timeout` has no effect
     --> p.toml:3:1
      |
    3 | after_timeout = "cancel"
      | ^^^^^^^^^^^^^
      |
      = help: use --engine request, or delete the line
    "#);
    insta::assert_snapshot!(codes_and_places(others), @"
    W0002 p.toml:4:1
    W0002 p.toml:6:1
    ");
}

#[test]
fn demand_known_as_cpu_is_followed_as_a_rate_and_says_so() {
    let text = about(None, "[workload]\nretries = { max = 1 }\n", CPU);
    insta::assert_snapshot!(text, @"
    warning[W0002]: the fluid engine simulates rates, not requests: `workload.retries` has no effect
     --> p.toml:2:1
      |
    2 | retries = { max = 1 }
      | ^^^^^^^
      |
      = help: delete the line; the request engine uses it with a trace of `rps` or `users`

    warning[W0040]: used CPU is demand that the limits of that day may have capped: the samples show no ceiling
     --> t.csv:1:8
      |
    1 | time_s,cpu_millicores
      |        ^^^^^^^^^^^^^^
      |
      = help: use requests (`rps`) if you have them; `hpasim trace info --ceiling` tests another ceiling, such as pods times limit
    ");
}

#[test]
fn the_fluid_engine_is_silent_about_what_it_does_anyway() {
    let policy = "[workload]\narrivals = \"poisson\"\nafter_timeout = \"continue\"\nretries = 0\nbalancer = \"random\"\n";
    assert_eq!(about(Some(Engine::Fluid), policy, TRACE), "");
}

#[test]
fn an_open_load_does_not_think() {
    let policy = "[workload]\nthink_time = \"2s\"\n";
    let text = about(Some(Engine::Request), policy, TRACE);
    insta::assert_snapshot!(text, @r#"
    warning[W0002]: `workload.think_time` has no effect under open load: clients send without waiting for answers
     --> p.toml:2:1
      |
    2 | think_time = "2s"
      | ^^^^^^^^^^
      |
      = help: delete the line, or use a trace of `users`
    "#);
    assert_eq!(about(Some(Engine::Fluid), policy, TRACE), text);
    assert_eq!(about(None, policy, USERS), "");
}

#[test]
fn users_send_when_they_have_thought_over_connections_of_their_own() {
    let policy =
        "[workload]\narrivals = \"even\"\nconnections = { count = 4, lifetime = \"5m\" }\n";
    let text = about(None, policy, USERS);
    insta::assert_snapshot!(text, @r#"
    warning[W0002]: `workload.arrivals` has no effect under closed load: a user sends after its think time
     --> p.toml:2:1
      |
    2 | arrivals = "even"
      | ^^^^^^^^
      |
      = help: delete the line and set `think_time`, or use a trace of `rps`

    warning[W0002]: the number of connections has no effect under closed load: each user has one connection
     --> p.toml:3:17
      |
    3 | connections = { count = 4, lifetime = "5m" }
      |                 ^^^^^
      |
      = help: write connections = { lifetime = "5m" }, without a `count`
    "#);
    let plain = about(None, "[workload]\nconnections = 4\n", USERS);
    insta::assert_snapshot!(codes_and_places(&plain), @"W0002 p.toml:2:1");
    assert_eq!(about(None, "[workload]\nconnections = {}\n", USERS), "");
}

#[test]
fn a_scale_that_makes_more_users_than_are_simulated() {
    let files = MemoryLoader::default().with("t.csv", "time_s,users\n0,6000000\n60,5\n");
    let text = text_for(None, files, &["workload.scale=2"], None, None);
    insta::assert_snapshot!(text, @"
    error[E0012]: the scaled trace has 12000000 users at once
     --> --set:1:10
      |
    1 | workload.scale=2
      |          ^^^^^
      |
      = help: write a `workload.scale` that gives at most 10000000 users
    ");
}

const SMALL_POD: &str = "\
[[deployment.containers]]
name = \"app\"
resources = { requests = { cpu = \"100m\" }, limits = { memory = \"16Mi\" } }
";

#[test]
fn a_pod_that_memory_kills_at_every_start() {
    let text = about(None, SMALL_POD, TRACE);
    insta::assert_snapshot!(text, @r#"
    warning[W0004]: each pod is OOM-killed at every start: the memory limit of `app` is 16Mi, and it uses 32Mi when idle and 33024Ki with one request
     --> p.toml:3:55
      |
    3 | resources = { requests = { cpu = "100m" }, limits = { memory = "16Mi" } }
      |                                                       ^^^^^^
      |
      = help: raise the limit, or lower `workload.memory_base` or `workload.memory_per_request`
    "#);
    let stated = format!("{SMALL_POD}[workload]\nmemory_base = \"17000000\"\n");
    let text = about(None, &stated, TRACE);
    insta::assert_snapshot!(text, @r#"
    warning[W0004]: each pod is OOM-killed at every start: the memory limit of `app` is 16Mi, and it uses 17000000 bytes when idle and 17262144 bytes with one request
     --> p.toml:5:1
      |
    5 | memory_base = "17000000"
      | ^^^^^^^^^^^
      |
      = help: raise the limit, or lower `workload.memory_base` or `workload.memory_per_request`
    "#);
}

#[test]
fn a_pod_that_its_first_request_kills() {
    let policy = format!("{SMALL_POD}[workload]\nmemory_base = \"16Mi\"\n");
    let text = about(None, &policy, TRACE);
    insta::assert_snapshot!(text, @r#"
    warning[W0004]: each pod is OOM-killed by its first request: the memory limit of `app` is 16Mi, and it uses 16Mi when idle and 16640Ki with one request
     --> p.toml:5:1
      |
    5 | memory_base = "16Mi"
      | ^^^^^^^^^^^
      |
      = help: raise the limit, or lower `workload.memory_base` or `workload.memory_per_request`
    "#);
    let enough = format!("{SMALL_POD}[workload]\nmemory_base = \"16128Ki\"\n");
    assert_eq!(about(None, &enough, TRACE), "");
}

#[test]
fn the_fluid_engine_kills_nothing() {
    assert_eq!(about(Some(Engine::Fluid), SMALL_POD, TRACE), "");
}

#[test]
fn a_mean_request_beyond_the_timeout_is_one_for_the_request_engine() {
    let policy = "[workload]\ncpu_per_request = { dist = \"lognormal\", mean = \"10ms\", cv = 1.0 }\ntimeout = \"9ms\"\n";
    let rate = "time_s,rps\n0,5\n60,5\n";
    assert_eq!(about(Some(Engine::Request), policy, rate), "");
    let text = about(Some(Engine::Fluid), policy, rate);
    insta::assert_snapshot!(text, @r#"
    error[E0012]: a request takes 10ms on average, and its client times out after 9ms: the fluid engine knows only the mean, so it would serve no request
     --> p.toml:3:1
      |
    3 | timeout = "9ms"
      | ^^^^^^^
      |
      = help: write a longer `timeout`, or use --engine request
    "#);
}
