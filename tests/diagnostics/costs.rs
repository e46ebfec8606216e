//! The cost of a request: its uncertainty, its warm-up and its overload.

use super::*;

#[test]
fn an_uncertainty_of_the_cost_that_says_nothing() {
    let text = about_policy(
        "[workload]\ncpu_per_request = { dist = \"constant\", value = \"20ms\", standard_error = \"30ms\", machine = 3 }\n",
    ) + "\n\n"
        + &about_policy("[workload]\ncpu_per_request = { machin = 0.2 }\n")
        + "\n\n"
        + &about_policy(
            "[workload]\nio_per_request = { dist = \"constant\", value = \"20ms\", machine = 0.2 }\n",
        );
    insta::assert_snapshot!(text, @r#"
    error[E0012]: `workload.cpu_per_request.standard_error` is more than half of the mean cost of 20ms
     --> p.toml:2:56
      |
    2 | cpu_per_request = { dist = "constant", value = "20ms", standard_error = "30ms", machine = 3 }
      |                                                        ^^^^^^^^^^^^^^
      |
      = help: measure the cost at more loads, and at heavier ones: such an estimate says nothing

    error[E0012]: `workload.cpu_per_request.machine` is 3
     --> p.toml:2:91
      |
    2 | cpu_per_request = { dist = "constant", value = "20ms", standard_error = "30ms", machine = 3 }
      |                                                                                           ^
      |
      = help: write a number from 0 to 1

    error[E0007]: unknown key `machin` in `workload.cpu_per_request`
     --> p.toml:2:21
      |
    2 | cpu_per_request = { machin = 0.2 }
      |                     ^^^^^^
      |
      = help: did you mean `machine`?

    error[E0007]: unknown key `machine` in `workload.io_per_request`
     --> p.toml:2:55
      |
    2 | io_per_request = { dist = "constant", value = "20ms", machine = 0.2 }
      |                                                       ^^^^^^^
      |
      = help: the keys here are: dist, value
    "#);
}

#[test]
fn faulty_costs_that_vary() {
    let text = about_policy(
        "[pod]\nwarm_up = { factor = 0.5, duration = \"0s\" }\n[workload]\noverload = { factor = nan, from = 1.0 }\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0012]: `pod.warm_up.factor` is 0.5
     --> p.toml:2:22
      |
    2 | warm_up = { factor = 0.5, duration = "0s" }
      |                      ^^^
      |
      = help: write a number from 1 to 100

    error[E0012]: `pod.warm_up.duration` is 0s
     --> p.toml:2:38
      |
    2 | warm_up = { factor = 0.5, duration = "0s" }
      |                                      ^^^^
      |
      = help: write "1ms" or more

    error[E0012]: `workload.overload.factor` is NaN
     --> p.toml:4:23
      |
    4 | overload = { factor = nan, from = 1.0 }
      |                       ^^^
      |
      = help: write a number from 1 to 100

    error[E0012]: `workload.overload.from` is 1
     --> p.toml:4:35
      |
    4 | overload = { factor = nan, from = 1.0 }
      |                                   ^^^
      |
      = help: write a number from 0 to 0.99
    "#);
    let text = about_policy(
        "[pod]\nwarm_up = { factor = 2, duration = \"-3s\" }\n[workload]\noverload = { factor = 1000, from = -0.1 }\n",
    );
    insta::assert_snapshot!(codes_and_places(&text), @"
    E0010 p.toml:2:36
    E0012 p.toml:4:23
    E0012 p.toml:4:36
    ");
    let text =
        about_policy("[pod]\nwarm_up = 3.0\n[workload]\noverload = { from = 0.5, form = 1 }\n");
    insta::assert_snapshot!(text, @"
    error[E0008]: `pod.warm_up` must be a table, and this is a float
     --> p.toml:2:11
      |
    2 | warm_up = 3.0
      |           ^^^
      |
      = help: write a table

    error[E0013]: `workload.overload` needs a `factor`
     --> p.toml:4:12
      |
    4 | overload = { from = 0.5, form = 1 }
      |            ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `factor`: for example { factor = 2.7, from = 0.8 }

    error[E0007]: unknown key `form` in `workload.overload`
     --> p.toml:4:26
      |
    4 | overload = { from = 0.5, form = 1 }
      |                          ^^^^
      |
      = help: did you mean `from`?
    ");
}

#[test]
fn a_currency_without_a_price_has_no_effect() {
    insta::assert_snapshot!(about_set("cost.currency=EUR"), @r#"
    warning[W0002]: `cost.currency` has no effect: there are no prices, so there is no cost
     --> --set:1:6
      |
    1 | cost.currency=EUR
      |      ^^^^^^^^
      |
      = help: write a price, such as --set cost.per_pod_hour=0.04
    "#);
}
