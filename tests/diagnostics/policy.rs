//! Keys and values of a policy.

use super::*;

#[test]
fn an_unknown_key_names_the_nearest_one() {
    let text = about_policy("[hpa]\nmaxReplica = 10\nminReplicas = 1\n");
    insta::assert_snapshot!(text, @"
    error[E0016]: hpa.maxReplicas: an autoscaler needs maxReplicas
     --> p.toml:1:1
      |
    1 | [hpa]
      | ^^^^^
      |
      = help: add maxReplicas, such as 10

    error[E0007]: unknown key `maxReplica` in `hpa`
     --> p.toml:2:1
      |
    2 | maxReplica = 10
      | ^^^^^^^^^^
      |
      = help: did you mean `maxReplicas`?
    ");
}

#[test]
fn an_unknown_key_like_no_other_lists_what_there_is() {
    let text = about_policy("[metrics]\ncolour = \"blue\"\n");
    insta::assert_snapshot!(text, @r#"
    error[E0007]: unknown key `colour` in `metrics`
     --> p.toml:2:1
      |
    2 | colour = "blue"
      | ^^^^^^
      |
      = help: the keys here are: scrape_interval, stats, housekeeping, housekeeping_jitter, lag, custom
    "#);
}

#[test]
fn an_unknown_section() {
    let text = about_policy("[deploymnt]\nreplicas = 2\n");
    insta::assert_snapshot!(text, @r##"
    error[E0007]: unknown key `deploymnt`
     --> p.toml:1:2
      |
    1 | [deploymnt]
      |  ^^^^^^^^^
      |
      = help: did you mean `deployment`?
    "##);
}

#[test]
fn wrong_types_are_all_reported_at_once() {
    let text = about_policy(
        "name = 7\n[hpa]\nmaxReplicas = \"10\"\nminReplicas = 1.5\n[controller]\nscale_to_zero = \"true\"\ntolerance = [0.1]\n[pod]\nreadiness = 5\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0008]: `name` must be a string, and this is an integer
     --> p.toml:1:8
      |
    1 | name = 7
      |        ^
      |
      = help: put it in quotes: "7"

    error[E0008]: `hpa.maxReplicas` must be an integer, and this is a string
     --> p.toml:3:15
      |
    3 | maxReplicas = "10"
      |               ^^^^
      |
      = help: remove the quotes: 10

    error[E0008]: `hpa.minReplicas` must be an integer, and this is a float
     --> p.toml:4:15
      |
    4 | minReplicas = 1.5
      |               ^^^
      |
      = help: write an integer

    error[E0008]: `controller.scale_to_zero` must be true or false, and this is a string
     --> p.toml:6:17
      |
    6 | scale_to_zero = "true"
      |                 ^^^^^^
      |
      = help: remove the quotes: true

    error[E0008]: `controller.tolerance` must be a number, and this is an array
     --> p.toml:7:13
      |
    7 | tolerance = [0.1]
      |             ^^^^^
      |
      = help: write a number

    error[E0008]: `pod.readiness` must be a table, and this is an integer
     --> p.toml:9:13
      |
    9 | readiness = 5
      |             ^
      |
      = help: write a table
    "#);
}

#[test]
fn a_number_that_no_key_can_hold() {
    let text = about_policy("[deployment]\nreplicas = 99999999999999999999\n");
    insta::assert_snapshot!(text, @"
    error[E0012]: the number 99999999999999999999 is out of range
     --> p.toml:2:12
      |
    2 | replicas = 99999999999999999999
      |            ^^^^^^^^^^^^^^^^^^^^
      |
      = help: write a number that fits in 64 bits
    ");
}

#[test]
fn a_number_out_of_range() {
    let text = about_policy(
        "[workload]\nconcurrency = 0\nscale = -1\ncpu_noise = nan\n[slo]\nlatency = { quantile = 95 }\n",
    );
    insta::assert_snapshot!(text, @r##"
    error[E0012]: `workload.concurrency` is 0
     --> p.toml:2:15
      |
    2 | concurrency = 0
      |               ^
      |
      = help: write an integer from 1 to 1000000

    error[E0012]: `workload.scale` is -1
     --> p.toml:3:9
      |
    3 | scale = -1
      |         ^^
      |
      = help: write a number from 0 to 1000000000

    error[E0012]: `workload.cpu_noise` is NaN
     --> p.toml:4:13
      |
    4 | cpu_noise = nan
      |             ^^^
      |
      = help: write a number from 0 to 10

    error[E0012]: `slo.latency.quantile` is 95
     --> p.toml:6:24
      |
    6 | latency = { quantile = 95 }
      |                        ^^
      |
      = help: write a number from 0.01 to 0.9999
    "##);
}

#[test]
fn a_bare_number_is_no_duration() {
    let text = about_policy("[workload]\ntimeout = 90\n");
    insta::assert_snapshot!(codes_and_places(&text), @"E0010 p.toml:2:11");
}

#[test]
fn days_are_no_durations() {
    let text =
        about_policy("[pod]\ninit = \"2d\"\ngrace_period = \"soon\"\nendpoint_lag = \"-5s\"\n");
    insta::assert_snapshot!(text, @r#"
    error[E0010]: `pod.init`: `2d` is not a duration
     --> p.toml:2:8
      |
    2 | init = "2d"
      |        ^^^^
      |
      = help: days differ in length; write "48h"

    error[E0010]: `pod.grace_period`: `soon` is not a duration
     --> p.toml:3:16
      |
    3 | grace_period = "soon"
      |                ^^^^^^
      |
      = help: write a number and its unit, such as "250ms", "15s", "1m30s" or "2h"

    error[E0010]: `pod.endpoint_lag`: `-5s` is not a duration
     --> p.toml:4:16
      |
    4 | endpoint_lag = "-5s"
      |                ^^^^^
      |
      = help: a duration is not negative; write "5s"
    "#);
}

#[test]
fn a_duration_too_short() {
    let text = about_policy("[controller]\nsync_period = \"0s\"\nsync_jitter = \"20s\"\n");
    insta::assert_snapshot!(text, @r#"
    warning[W0002]: [controller] has no effect: the policy has no [hpa], so the number of pods is fixed
     --> p.toml:1:1
      |
    1 | [controller]
      | ^^^^^^^^^^^^
      |
      = help: add [hpa], or delete this section

    error[E0012]: `controller.sync_period` is 0s
     --> p.toml:2:15
      |
    2 | sync_period = "0s"
      |               ^^^^
      |
      = help: write "1s" or more

    error[E0012]: `controller.sync_jitter` is longer than the period of 15s
     --> p.toml:3:1
      |
    3 | sync_jitter = "20s"
      | ^^^^^^^^^^^
      |
      = help: write a jitter no longer than the period
    "#);
}

#[test]
fn a_bad_quantity() {
    let text = about_policy(
        "[workload]\nidle_cpu = \"1x\"\nmemory_base = \"32MB\"\nmemory_per_request = \"256m\"\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0011]: `workload.idle_cpu`: `1x` is not a quantity: the suffix must be one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei
     --> p.toml:2:12
      |
    2 | idle_cpu = "1x"
      |            ^^^^
      |
      = help: write CPU such as "100m" or "0.5", memory such as "64Mi" or "1Gi"

    error[E0011]: `workload.memory_base`: `32MB` is not a quantity: the suffix must be one of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei
     --> p.toml:3:15
      |
    3 | memory_base = "32MB"
      |               ^^^^^^
      |
      = help: write "32M"

    error[E0012]: `workload.memory_per_request`: it is less than a byte, because the suffix `m` means a thousandth
     --> p.toml:4:22
      |
    4 | memory_per_request = "256m"
      |                      ^^^^^^
      |
      = help: write "64Mi" for mebibytes or "64M" for megabytes
    "#);
}

#[test]
fn a_word_that_a_key_does_not_know() {
    let text = about_policy(
        "[controller]\nkubernetes = \"1.36.2\"\n[pod]\nstart = { dist = \"log-normal\", mean = \"2s\", cv = 1 }\n",
    );
    insta::assert_snapshot!(text, @r#"
    warning[W0002]: [controller] has no effect: the policy has no [hpa], so the number of pods is fixed
     --> p.toml:1:1
      |
    1 | [controller]
      | ^^^^^^^^^^^^
      |
      = help: add [hpa], or delete this section

    error[E0009]: `controller.kubernetes` does not accept "1.36.2"
     --> p.toml:2:14
      |
    2 | kubernetes = "1.36.2"
      |              ^^^^^^^^
      |
      = help: did you mean "1.32"?

    error[E0009]: `pod.start.dist` does not accept "log-normal"
     --> p.toml:4:18
      |
    4 | start = { dist = "log-normal", mean = "2s", cv = 1 }
      |                  ^^^^^^^^^^^^
      |
      = help: did you mean "lognormal"?
    "#);
}

#[test]
fn faulty_distributions() {
    let text = about_policy(
        "[pod]\nschedule = { mean = \"1s\" }\nstart = { dist = \"lognormal\", median = \"5s\", p99 = \"1s\" }\ninit = { dist = \"lognormal\", median = \"5s\", cv = 1.0 }\nimage_pull = { dist = \"empirical\", values = [] }\n[workload]\ncpu_per_request = \"0s\"\nio_per_request = { dist = \"gamma\", mean = \"0s\" }\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0013]: `pod.schedule` is a table without `dist`
     --> p.toml:2:12
      |
    2 | schedule = { mean = "1s" }
      |            ^^^^^^^^^^^^^^^
      |
      = help: write a table such as { dist = "lognormal", mean = "10ms", cv = 1.0 }, or a plain duration

    error[E0012]: `p99` (1s) is below `median` (5s)
     --> p.toml:3:52
      |
    3 | start = { dist = "lognormal", median = "5s", p99 = "1s" }
      |                                                    ^^^^
      |
      = help: write at least "5s"

    error[E0014]: `pod.init` states a lognormal twice: by median and p99, and by mean and cv
     --> p.toml:4:8
      |
    4 | init = { dist = "lognormal", median = "5s", cv = 1.0 }
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: keep one of the two pairs

    error[E0012]: `pod.image_pull.values` is empty
     --> p.toml:5:36
      |
    5 | image_pull = { dist = "empirical", values = [] }
      |                                    ^^^^^^
      |
      = help: write at least one duration

    error[E0012]: `workload.cpu_per_request` is 0, so one pod could serve any load
     --> p.toml:7:19
      |
    7 | cpu_per_request = "0s"
      |                   ^^^^
      |
      = help: write the cost of a request, such as "10ms"

    error[E0013]: `workload.io_per_request` needs a `cv`
     --> p.toml:8:18
      |
    8 | io_per_request = { dist = "gamma", mean = "0s" }
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `cv`: a number

    error[E0012]: `workload.io_per_request.mean` is 0
     --> p.toml:8:43
      |
    8 | io_per_request = { dist = "gamma", mean = "0s" }
      |                                           ^^^^
      |
      = help: write a duration above 0, or "0s" instead of the whole table
    "#);
}

#[test]
fn toml_that_is_none() {
    let text = about_policy("[hpa\nmaxReplicas = 10\nminReplicas = = 2\n");
    insta::assert_snapshot!(text, @r#"
    error[E0004]: this is not valid TOML: unclosed table, expected `]`
     --> p.toml:1:5
      |
    1 | [hpa
      |     ^
      |
      = help: a line is `key = value` or `[table]`; text needs quotes, such as `timeout = "5s"`

    error[E0004]: this is not valid TOML: extra `=`, expected nothing
     --> p.toml:3:15
      |
    3 | minReplicas = = 2
      |               ^
      |
      = help: a line is `key = value` or `[table]`; text needs quotes, such as `timeout = "5s"`
    "#);
}

#[test]
fn a_key_twice() {
    let text = about_policy("[hpa]\nmaxReplicas = 10\nmaxReplicas = 20\n");
    insta::assert_snapshot!(text, @"
    error[E0004]: this is not valid TOML: duplicate key
     --> p.toml:3:1
      |
    3 | maxReplicas = 20
      | ^^^^^^^^^^^
      |
      = help: keep one of the two
    ");
}

#[test]
fn a_limit_below_its_request() {
    let text = about_policy(
        "[[deployment.containers]]\nname = \"app\"\nresources = { requests = { cpu = \"100m\", memory = \"64Mi\" }, limits = { cpu = \"50m\", memory = \"32Mi\" } }\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0019]: the cpu limit of `app` is below its request
     --> p.toml:3:78
      |
    3 | resources = { requests = { cpu = "100m", memory = "64Mi" }, limits = { cpu = "50m", memory = "32Mi" } }
      |                                                                              ^^^^^
      |
      = help: raise the limit to the request or above; otherwise the API server refuses the pod

    error[E0019]: the memory limit of `app` is below its request
     --> p.toml:3:94
      |
    3 | resources = { requests = { cpu = "100m", memory = "64Mi" }, limits = { cpu = "50m", memory = "32Mi" } }
      |                                                                                              ^^^^^^
      |
      = help: raise the limit to the request or above; otherwise the API server refuses the pod
    "#);
}

#[test]
fn containers_that_contradict_each_other() {
    let text = about_policy(
        "[deployment]\ncontainers = [{ name = \"app\", idle_cpu = \"1m\" }, { name = \"app\", ports = [70000] }, {}]\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0014]: the first container serves the requests, so its `idle_cpu` is `workload.idle_cpu`
     --> p.toml:2:31
      |
    2 | containers = [{ name = "app", idle_cpu = "1m" }, { name = "app", ports = [70000] }, {}]
      |                               ^^^^^^^^
      |
      = help: move the line to [workload]; only a sidecar has its own `idle_cpu`

    error[E0014]: two containers have the name `app`
     --> p.toml:2:59
      |
    2 | containers = [{ name = "app", idle_cpu = "1m" }, { name = "app", ports = [70000] }, {}]
      |                                                           ^^^^^
      |
      = help: give each its own name

    error[E0012]: `deployment.containers.1.ports` is 70000
     --> p.toml:2:75
      |
    2 | containers = [{ name = "app", idle_cpu = "1m" }, { name = "app", ports = [70000] }, {}]
      |                                                                           ^^^^^
      |
      = help: write an integer from 1 to 65535

    error[E0013]: `deployment.containers.2` needs a `name`
     --> p.toml:2:85
      |
    2 | containers = [{ name = "app", idle_cpu = "1m" }, { name = "app", ports = [70000] }, {}]
      |                                                                                     ^^
      |
      = help: add `name`: a string
    "#);
}

#[test]
fn a_controller_without_an_autoscaler() {
    let text = about_policy("[controller]\nsync_period = \"30s\"\n");
    insta::assert_snapshot!(codes_and_places(&text), @"
    W0002 p.toml:1:1
    W0006 p.toml:1:1
    ");
}

#[test]
fn a_pod_of_more_containers_than_any_cluster_has() {
    let containers: String = (0..65_537)
        .map(|number| format!("[[deployment.containers]]\nname = \"c{number}\"\n"))
        .collect();
    insta::assert_snapshot!(about_policy(&format!("[hpa]\nmaxReplicas = 10\n{containers}")), @r##"
    error[E0012]: the pod has 65537 containers
        --> p.toml:2003:1
         |
    2003 | [[deployment.containers]]
         | ^^^^^^^^^^^^^^^^^^^^^^^^^
         |
         = help: write at most 1000
    "##);
}

#[test]
fn a_number_with_a_unit_needs_quotes() {
    let text = about_policy("[pod]\ninit = 1_000s\n");
    insta::assert_snapshot!(text, @r#"
    error[E0004]: this is not valid TOML: `1000s` is not a number
     --> p.toml:2:8
      |
    2 | init = 1_000s
      |        ^^^^^^
      |
      = help: put a text into quotes: "1000s"
    "#);
}

#[test]
fn an_assertion_about_the_cost_needs_prices() {
    let text = about_policy("[slo]\nassert = [\"rescales<4\", \"cost<=3\"]\n");
    insta::assert_snapshot!(text, @r#"
    error[E0026]: `cost<=3`: the policy has no prices, so its cost is always 0
     --> p.toml:2:25
      |
    2 | assert = ["rescales<4", "cost<=3"]
      |                         ^^^^^^^^^
      |
      = help: add prices in [cost], such as `per_pod_hour = 0.04`, or assert `pod_hours`
    "#);
}

#[test]
fn without_an_autoscaler_the_number_of_pods_is_fixed() {
    insta::assert_snapshot!(about_policy("[deployment]\nreplicas = 3\n"), @"
    warning[W0006]: there is no autoscaler: the number of pods stays at 3
     --> p.toml:2:1
      |
    2 | replicas = 3
      | ^^^^^^^^
      |
      = help: add [hpa] to the policy, or a HorizontalPodAutoscaler to the manifest; `deployment.replicas` is the number of pods
    ");
}

#[test]
fn a_memory_metric_without_a_stated_memory() {
    let policy = "[hpa]\nmaxReplicas = 3\n[[hpa.metrics]]\ntype = \"ContainerResource\"\ncontainerResource = { name = \"memory\", container = \"app\", target = { type = \"AverageValue\", averageValue = \"100Mi\" } }\n";
    insta::assert_snapshot!(about_policy(policy), @r#"
    warning[W0013]: the autoscaler scales on memory, and nothing states the memory of a pod: `workload.memory_base` is its default of 32Mi
     --> p.toml:5:52
      |
    5 | containerResource = { name = "memory", container = "app", target = { type = "AverageValue", averageValue = "100Mi" } }
      |                                                    ^^^^^
      |
      = help: state `workload.memory_base`, which `kubectl top pod` shows of an idle pod, and `workload.memory_per_request`, which each request in the pod adds; or add the autoscaler's status, as `kubectl get hpa -o yaml` prints it
    "#);
    let stated = format!("{policy}[workload]\nmemory_base = \"80Mi\"\n");
    assert_eq!(about_policy(&stated), "");
}

#[test]
fn zero_replicas_are_scaled_only_by_releases_that_look_at_the_minimum() {
    let policy = |kubernetes: &str| {
        format!(
            "[hpa]\nminReplicas = 0\nmaxReplicas = 3\nmetrics = [{{ type = \"External\", external = {{ metric = {{ name = \"queue\" }}, target = {{ type = \"AverageValue\", averageValue = 5 }} }} }}]\n[controller]\nkubernetes = \"{kubernetes}\"\nscale_to_zero = true\n[deployment]\nreplicas = 0\n"
        )
    };
    let about = |kubernetes: &str| {
        about_files(
            MemoryLoader::default()
                .with("p.toml", policy(kubernetes))
                .with("t.csv", "time_s,rps,queue\n0,4,1\n60,4,1\n"),
        )
    };
    assert_eq!(about("1.34"), "");
    assert!(
        about("1.37").starts_with("warning[W0014]"),
        "{}",
        about("1.37")
    );
}

#[test]
fn recorded_cpu_contains_the_cpu_at_rest() {
    let policy = "[hpa]\nmaxReplicas = 3\n[workload]\nidle_cpu = \"5m\"\n[[deployment.containers]]\nname = \"app\"\nresources = { requests = { cpu = \"100m\" } }\n[[deployment.containers]]\nname = \"mesh\"\nidle_cpu = \"7m\"\nresources = { requests = { cpu = \"10m\" } }\n";
    let files = MemoryLoader::default()
        .with("p.toml", policy)
        .with("t.csv", "time_s,cpu_millicores\n0,400\n60,400\n");
    insta::assert_snapshot!(about_files(files), @r#"
    warning[W0002]: `workload.idle_cpu` has no effect: the recorded CPU usage contains the CPU of containers at rest
     --> p.toml:4:1
      |
    4 | idle_cpu = "5m"
      | ^^^^^^^^
      |
      = help: delete the line, or use a trace of `rps` or `users`

    warning[W0002]: `deployment.containers.1.idle_cpu` has no effect: the recorded CPU usage contains the CPU of containers at rest
      --> p.toml:10:1
       |
    10 | idle_cpu = "7m"
       | ^^^^^^^^
       |
       = help: delete the line, or use a trace of `rps` or `users`

    warning[W0040]: used CPU is demand that the limits of that day may have capped: the samples show no ceiling
     --> t.csv:1:8
      |
    1 | time_s,cpu_millicores
      |        ^^^^^^^^^^^^^^
      |
      = help: use requests (`rps`) if you have them; `hpasim trace info --ceiling` tests another ceiling, such as pods times limit
    "#);
}
