//! `--set`.

use super::*;

#[test]
fn set_without_a_value() {
    let text = about_set("hpa.maxReplicas");
    insta::assert_snapshot!(text, @r##"
    error[E0005]: `--set` takes path=value
     --> --set:1:1
      |
    1 | hpa.maxReplicas
      | ^^^^^^^^^^^^^^^
      |
      = help: write `--set hpa.maxReplicas=20`
    "##);
}

#[test]
fn set_with_a_bare_word_of_the_wrong_type() {
    let text = about_set("hpa.maxReplicas=many");
    insta::assert_snapshot!(codes_and_places(&text), @"E0008 --set:1:17");
}

#[test]
fn set_without_the_section() {
    let text = about_set("maxReplicas=80");
    insta::assert_snapshot!(text, @"
    error[E0007]: a policy has no section `maxReplicas`
     --> --set:1:1
      |
    1 | maxReplicas=80
      | ^^^^^^^^^^^
      |
      = help: write the whole path: --set hpa.maxReplicas=80
    ");
    let text = about_set("behavior.scaleDown.stabilizationWindowSeconds=60");
    insta::assert_snapshot!(text, @"
    error[E0007]: a policy has no section `behavior`
     --> --set:1:1
      |
    1 | behavior.scaleDown.stabilizationWindowSeconds=60
      | ^^^^^^^^
      |
      = help: write the whole path: --set hpa.behavior.scaleDown.stabilizationWindowSeconds=60
    ");
}

#[test]
fn set_with_nothing() {
    let text = about_set("hpa.maxReplicas=");
    insta::assert_snapshot!(text, @r##"
    error[E0005]: `hpa.maxReplicas` is set to nothing
     --> --set:1:17
      |
    1 | hpa.maxReplicas=
      |                 ^
      |
      = help: write a value after the sign, as `--set 'hpa.maxReplicas=1'`
    "##);
}

#[test]
fn set_with_a_path_that_is_none() {
    let text = about_set("hpa..maxReplicas=3");
    insta::assert_snapshot!(text, @r##"
    error[E0005]: `hpa..maxReplicas` is not a path
     --> --set:1:1
      |
    1 | hpa..maxReplicas=3
      | ^^^^^^^^^^^^^^^^
      |
      = help: join keys with dots, elements of arrays by number: `hpa.metrics.0.type`
    "##);
}

#[test]
fn set_of_an_unknown_key() {
    let text = about_set("hpa.maxReplica=3");
    insta::assert_snapshot!(text, @r##"
    error[E0007]: unknown key `maxReplica` in `hpa`
     --> --set:1:5
      |
    1 | hpa.maxReplica=3
      |     ^^^^^^^^^^
      |
      = help: did you mean `maxReplicas`?
    "##);
}

#[test]
fn set_of_a_wrong_type() {
    let text = about_set("workload.timeout=15");
    insta::assert_snapshot!(codes_and_places(&text), @"E0010 --set:1:18");
}

#[test]
fn set_beyond_an_array() {
    let text = about_set("hpa.metrics.3.resource.target.averageUtilization=60");
    insta::assert_snapshot!(text, @r##"
    error[E0006]: `metrics` has no element `3`
     --> --set:1:13
      |
    1 | hpa.metrics.3.resource.target.averageUtilization=60
      |             ^
      |
      = help: its only element is 0
    "##);
}

#[test]
fn set_below_a_number() {
    let text = about_set("hpa.maxReplicas.x=60");
    insta::assert_snapshot!(text, @r##"
    error[E0006]: `maxReplicas` is an integer, so nothing lies below it
     --> --set:1:17
      |
    1 | hpa.maxReplicas.x=60
      |                 ^
      |
      = help: end the path at `maxReplicas`
    "##);
}

#[test]
fn set_into_an_array_that_is_not_there() {
    let text = about_set("deployment.containers.0.name=\"x\"");
    insta::assert_snapshot!(text, @r##"
    error[E0006]: the policy has no `containers`, so there is no element 0
     --> --set:1:23
      |
    1 | deployment.containers.0.name="x"
      |                       ^
      |
      = help: set the whole array: `containers=[...]`
    "##);
}

#[test]
fn set_of_a_manifest_is_refused_because_files_are_read_before_it() {
    for value in ["app.yaml", "\"app.yaml\"", "5"] {
        let text = about_set(&format!("manifest={value}"));
        assert!(
            text.contains("error[E0005]: `manifest` says how files are put together"),
            "{text}"
        );
    }
}

#[test]
fn set_of_extends() {
    let text = about_set("extends=\"q.toml\"");
    insta::assert_snapshot!(text, @r##"
    error[E0005]: `extends` says how files are put together and cannot be set
     --> --set:1:1
      |
    1 | extends="q.toml"
      | ^^^^^^^^^^^^^^^^
      |
      = help: write it into a policy file
    "##);
}

#[test]
fn set_that_the_api_server_refuses() {
    let text = about_set("hpa.minReplicas=20");
    insta::assert_snapshot!(codes_and_places(&text), @"E0016 --set:1:1");
}

#[test]
fn set_with_more_than_one_value() {
    let text = about_set("hpa.maxReplicas=3 4");
    insta::assert_snapshot!(text, @r#"
    error[E0005]: `3 4` is not a TOML value
     --> --set:1:17
      |
    1 | hpa.maxReplicas=3 4
      |                 ^^^
      |
      = help: put a text into quotes: `--set 'hpa.maxReplicas="3 4"'`
    "#);
}

#[test]
fn set_with_two_lines() {
    let text = about_set("hpa.maxReplicas=3\nhpa.minReplicas=4");
    insta::assert_snapshot!(codes_and_places(&text), @"E0005 --set:1:17");
}

#[test]
fn set_with_the_list_of_a_sweep() {
    let text = about_set("hpa.maxReplicas=10,20");
    insta::assert_snapshot!(text, @"
    error[E0005]: `10,20` is several values, and this `--set` takes one
     --> --set:1:17
      |
    1 | hpa.maxReplicas=10,20
      |                 ^^^^^
      |
      = help: write one, as `--set hpa.maxReplicas=10`; `hpasim sweep` takes several, and `hpasim tune` takes them with `--param`
    ");
}

#[test]
fn set_with_the_range_of_a_sweep() {
    let text = about_set("hpa.maxReplicas=20..40:10");
    insta::assert_snapshot!(text, @"
    error[E0005]: `20..40:10` is several values, and this `--set` takes one
     --> --set:1:17
      |
    1 | hpa.maxReplicas=20..40:10
      |                 ^^^^^^^^^
      |
      = help: write one, as `--set hpa.maxReplicas=20`; `hpasim sweep` takes several, and `hpasim tune` takes them with `--param`
    ");
}

#[test]
fn set_with_digits_in_groups_and_a_unit() {
    let text = about_set("pod.init=1_000s");
    insta::assert_snapshot!(text, @r#"
    error[E0010]: `pod.init`: `1_000s` is not a duration
     --> --set:1:10
      |
    1 | pod.init=1_000s
      |          ^^^^^^
      |
      = help: write "1000s"
    "#);
}

#[test]
fn set_of_an_infinite_duration() {
    let text = about_set("pod.init=inf");
    insta::assert_snapshot!(text, @r#"
    error[E0010]: `pod.init`: inf is not a duration
     --> --set:1:10
      |
    1 | pod.init=inf
      |          ^^^
      |
      = help: write a number and its unit, such as "250ms", "15s", "1m30s" or "2h"
    "#);
}

#[test]
fn set_of_a_negative_duration() {
    let text = about_set("pod.init=-5s");
    insta::assert_snapshot!(text, @r#"
    error[E0010]: `pod.init`: `-5s` is not a duration
     --> --set:1:10
      |
    1 | pod.init=-5s
      |          ^^^
      |
      = help: a duration is not negative; write "5s"
    "#);
}

#[test]
fn set_of_the_cost_without_prices() {
    let text = about_set("slo.assert=['cost<=3']");
    insta::assert_snapshot!(text, @"
    error[E0026]: `cost<=3`: the policy has no prices, so its cost is always 0
     --> --set:1:13
      |
    1 | slo.assert=['cost<=3']
      |             ^^^^^^^^^
      |
      = help: add prices in [cost], such as `per_pod_hour = 0.04`, or assert `pod_hours`
    ");
}

#[test]
fn the_override_that_breaks_a_rule_is_at_fault_and_not_the_file() {
    let policy = "[hpa]\nmaxReplicas = 10\ntargetCPUUtilizationPercentage = 50\n";
    let text = text_about(
        MemoryLoader::default().with("p.toml", policy),
        &["pod.init=3s", "hpa.minReplicas=20", "pod.start=1s"],
        None,
        None,
    );
    insta::assert_snapshot!(text, @"
    error[E0016]: hpa.maxReplicas: maxReplicas (10) must not be below minReplicas (20), with `maxReplicas` at p.toml:2
     --> --set:1:1
      |
    1 | hpa.minReplicas=20
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: write 20 or more, or lower minReplicas
    ");
}

#[test]
fn a_fault_of_the_file_stays_in_the_file() {
    let policy = "[hpa]\nmaxReplicas = 10\nminReplicas = 20\ntargetCPUUtilizationPercentage = 50\n";
    let text = text_about(
        MemoryLoader::default().with("p.toml", policy),
        &["pod.init=3s"],
        None,
        None,
    );
    insta::assert_snapshot!(text, @"
    error[E0016]: hpa.maxReplicas: maxReplicas (10) must not be below minReplicas (20)
     --> p.toml:2:15
      |
    2 | maxReplicas = 10
      |               ^^
      |
      = help: write 20 or more, or lower minReplicas
    ");
}

#[test]
fn set_of_a_text_with_a_comma_or_two_dots_needs_quotes() {
    for (argument, quoted) in [
        ("name=a,b", "--set 'name=\"a,b\"'"),
        ("name=https://x..y", "--set 'name=\"https://x..y\"'"),
    ] {
        let text = about_set(argument);
        let help = format!("= help: put a text into quotes: `{quoted}`");
        assert!(text.contains(&help), "{text}");
    }
}

#[test]
fn set_with_a_list_of_quoted_durations() {
    let text = about_set("pod.init=\"5s\",\"6s\"");
    insta::assert_snapshot!(text, @r#"
    error[E0005]: `"5s","6s"` is several values, and this `--set` takes one
     --> --set:1:10
      |
    1 | pod.init="5s","6s"
      |          ^^^^^^^^^
      |
      = help: write one, as `--set 'pod.init="5s"'`; `hpasim sweep` takes several, and `hpasim tune` takes them with `--param`
    "#);
}

#[test]
fn a_rule_between_keys_blames_the_set_that_breaks_it_and_names_the_place_of_the_other_key() {
    let text = text_about(MemoryLoader::default(), &["hpa.minReplicas=20"], None, None);
    insta::assert_snapshot!(text, @"
    error[E0016]: hpa.maxReplicas: maxReplicas (10) must not be below minReplicas (20), with `maxReplicas` at p.toml:2
     --> --set:1:1
      |
    1 | hpa.minReplicas=20
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: write 20 or more, or lower minReplicas
    ");
}

#[test]
fn the_last_set_of_one_path_is_to_blame() {
    let set = ["hpa.minReplicas=20", "hpa.minReplicas=30"];
    let text = text_about(MemoryLoader::default(), &set, None, None);
    insta::assert_snapshot!(text, @"
    error[E0016]: hpa.maxReplicas: maxReplicas (10) must not be below minReplicas (30), with `maxReplicas` at p.toml:2
     --> --set:1:1
      |
    1 | hpa.minReplicas=30
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: write 30 or more, or lower minReplicas
    ");
    let set = [
        "controller.sync_jitter=20s",
        "controller.sync_period=30s",
        "controller.sync_period=5s",
    ];
    let text = text_about(MemoryLoader::default(), &set, None, None);
    insta::assert_snapshot!(text, @"
    error[E0012]: `controller.sync_jitter` is longer than the period of 5s, with `controller.sync_jitter` in another `--set`
     --> --set:1:1
      |
    1 | controller.sync_period=5s
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write a jitter no longer than the period
    ");
}

#[test]
fn a_fault_of_one_set_alone_keeps_its_place() {
    let set = ["hpa.maxReplica=3", "hpa.minReplicas=2"];
    let text = text_about(MemoryLoader::default(), &set, None, None);
    insta::assert_snapshot!(text, @"
    error[E0007]: unknown key `maxReplica` in `hpa`
     --> --set:1:5
      |
    1 | hpa.maxReplica=3
      |     ^^^^^^^^^^
      |
      = help: did you mean `maxReplicas`?
    ");
}

#[test]
fn faults_are_in_the_order_of_the_places_they_are_moved_to() {
    let files = MemoryLoader::default().with("p.toml", "[hpa]\nmaxReplicas = 10\nnonsense = 1\n");
    let text = text_about(files, &["hpa.minReplicas=20"], None, None);
    insta::assert_snapshot!(codes_and_places(&text), @"
    E0016 --set:1:1
    E0007 p.toml:3:1
    ");
}

#[test]
fn set_of_one_key_of_a_table_that_needs_two() {
    let text = about_set("pod.warm_up.factor=2");
    insta::assert_snapshot!(text, @r#"
    error[E0013]: `pod.warm_up` needs a `duration`
     --> --set:1:5
      |
    1 | pod.warm_up.factor=2
      |     ^^^^^^^
      |
      = help: add `duration`: for example { factor = 3.0, duration = "60s" }
    "#);
    // The other keys of `workload.overload` have a default.
    insta::assert_snapshot!(about_set("workload.overload.factor=2.7"), @"");
}
