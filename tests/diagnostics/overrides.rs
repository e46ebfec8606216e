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
    error[E0005]: `hpa..maxReplicas` is no path
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
    insta::assert_snapshot!(codes_and_places(&text), @"E0016 p.toml:2:15");
}

#[test]
fn set_with_more_than_one_value() {
    let text = about_set("hpa.maxReplicas=3 4");
    insta::assert_snapshot!(text, @r#"
    error[E0005]: `3 4` is no TOML value
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
