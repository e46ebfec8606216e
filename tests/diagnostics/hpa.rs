//! `[hpa]`, and its requirements on containers and trace.

use super::*;

#[test]
fn max_below_min() {
    let text = about_policy("[hpa]\nminReplicas = 5\nmaxReplicas = 3\n");
    insta::assert_snapshot!(codes_and_places(&text), @"E0016 p.toml:3:15");
}

#[test]
fn no_max_at_all() {
    let text = about_policy("[hpa]\nminReplicas = 5\n");
    insta::assert_snapshot!(text, @"
    error[E0016]: hpa.maxReplicas: an autoscaler needs maxReplicas
     --> p.toml:1:1
      |
    1 | [hpa]
      | ^^^^^
      |
      = help: add maxReplicas, such as 10
    ");
}

#[test]
fn metrics_of_both_versions() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\ntargetCPUUtilizationPercentage = 50\nmetrics = [{ type = \"Resource\", resource = { name = \"cpu\", target = { type = \"Utilization\", averageUtilization = 50 } } }]\n",
    );
    insta::assert_snapshot!(text, @"
    error[E0014]: `metrics` (autoscaling/v2) and `targetCPUUtilizationPercentage` (autoscaling/v1) exclude each other
     --> p.toml:3:1
      |
    3 | targetCPUUtilizationPercentage = 50
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: keep one of the two; with `metrics`, the target of the first is `hpa.metrics.0.resource.target.averageUtilization`; to drop a key of the base, list it in `remove = [..]`
    ");
}

#[test]
fn utilization_without_a_request() {
    let text = about_policy("[hpa]\nmaxReplicas = 3\n[[deployment.containers]]\nname = \"app\"\n");
    insta::assert_snapshot!(text, @"
    error[E0017]: container `app` requests no cpu, and the autoscaler has a utilization target for cpu
     --> p.toml:3:1
      |
    3 | [[deployment.containers]]
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add resources.requests.cpu: utilization is usage divided by request
    ");
}

#[test]
fn memory_utilization_of_a_sidecar_without_a_request() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\nmetrics = [{ type = \"Resource\", resource = { name = \"memory\", target = { type = \"Utilization\", averageUtilization = 50 } } }]\n[[deployment.containers]]\nname = \"app\"\nresources = { limits = { memory = \"64Mi\" } }\n[[deployment.containers]]\nname = \"proxy\"\nresources = { requests = { cpu = \"10m\" } }\n",
    );
    insta::assert_snapshot!(text, @r#"
    warning[W0013]: the autoscaler scales on memory, and nothing states the memory of a pod: `workload.memory_base` is its default of 32Mi
     --> p.toml:3:53
      |
    3 | metrics = [{ type = "Resource", resource = { name = "memory", target = { type = "Utilization", averageUtilization = 50 } } }]
      |                                                     ^^^^^^^^
      |
      = help: state `workload.memory_base`, which `kubectl top pod` shows of an idle pod, and `workload.memory_per_request`, which each request in the pod adds; or add the autoscaler's status, as `kubectl get hpa -o yaml` prints it

    error[E0017]: container `proxy` requests no memory, and the autoscaler has a utilization target for memory
     --> p.toml:7:1
      |
    7 | [[deployment.containers]]
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add resources.requests.memory: utilization is usage divided by request
    "#);
}

#[test]
fn a_container_that_is_not_there() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\nmetrics = [{ type = \"ContainerResource\", containerResource = { name = \"cpu\", container = \"web\", target = { type = \"Utilization\", averageUtilization = 50 } } }]\n",
    );
    insta::assert_snapshot!(text, @r##"
    error[E0018]: the pod has no container `web`
     --> p.toml:3:90
      |
    3 | metrics = [{ type = "ContainerResource", containerResource = { name = "cpu", container = "web", target = { type = "Utilization", aver...
      |                                                                                          ^^^^^
      |
      = help: its containers are: app
    "##);
}

#[test]
fn a_container_resource_without_its_container() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\nmetrics = [{ type = \"ContainerResource\", containerResource = { name = \"cpu\", target = { type = \"Utilization\", averageUtilization = 50 } } }]\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0013]: `hpa.metrics.0.containerResource` needs a `container`
     --> p.toml:3:62
      |
    3 | ...urce", containerResource = { name = "cpu", target = { type = "Utilization", averageUtilization = 50 } } }]
      |                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `container`: a string
    "#);
}

#[test]
fn metrics_with_parts_missing() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\nmetrics = [\n  {},\n  { type = \"resource\" },\n  { type = \"Pods\" },\n  { type = \"Pods\", pods = { metric = { name = \"in_flight\" } }, object = {} },\n  { type = \"Object\", object = { metric = { name = \"depth\" }, target = { type = \"Value\", value = 3 } } },\n]\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0013]: `hpa.metrics.0` needs a `type`
     --> p.toml:4:3
      |
    4 |   {},
      |   ^^
      |
      = help: add `type`: a word such as "Resource"

    error[E0009]: `hpa.metrics.1.type` does not accept "resource"
     --> p.toml:5:12
      |
    5 |   { type = "resource" },
      |            ^^^^^^^^^^
      |
      = help: did you mean "Resource"?

    error[E0013]: `hpa.metrics.2` needs a `pods`
     --> p.toml:6:3
      |
    6 |   { type = "Pods" },
      |   ^^^^^^^^^^^^^^^^^
      |
      = help: add `pods`: the metric and its target

    error[E0013]: `hpa.metrics.3.pods` needs a `target`
     --> p.toml:7:27
      |
    7 |   { type = "Pods", pods = { metric = { name = "in_flight" } }, object = {} },
      |                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `target`: a table such as { type = "AverageValue", averageValue = 10 }

    error[E0014]: `hpa.metrics.3` is of type Pods, so its body is `pods`, not `object`
     --> p.toml:7:64
      |
    7 |   { type = "Pods", pods = { metric = { name = "in_flight" } }, object = {} },
      |                                                                ^^^^^^
      |
      = help: delete `object`, or change `type`

    error[E0013]: `hpa.metrics.4.object` needs a `describedObject`
     --> p.toml:8:31
      |
    8 |   { type = "Object", object = { metric = { name = "depth" }, target = { type = "Value", value = 3 } } },
      |                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `describedObject`: a table such as { kind = "Ingress", name = "shop" }
    "#);
}

#[test]
fn a_target_that_does_not_fit_its_metric() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\nmetrics = [\n  { type = \"Pods\", pods = { metric = { name = \"in_flight\" }, target = { type = \"Value\", value = 3 } } },\n  { type = \"Resource\", resource = { name = \"cpu\", target = { type = \"Utilization\", averageUtilization = 0 } } },\n]\n",
    );
    insta::assert_snapshot!(text, @r##"
    error[E0016]: hpa.metrics.0.pods.target: a Pods metric needs a target: averageValue
     --> p.toml:4:71
      |
    4 |   { type = "Pods", pods = { metric = { name = "in_flight" }, target = { type = "Value", value = 3 } } },
      |                                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write one of averageValue

    error[E0016]: hpa.metrics.1.resource.target.averageUtilization: averageUtilization must be greater than 0
     --> p.toml:5:105
      |
    5 |   { type = "Resource", resource = { name = "cpu", target = { type = "Utilization", averageUtilization = 0 } } },
      |                                                                                                         ^
      |
      = help: write a positive target
    "##);
}

#[test]
fn a_custom_metric_that_the_trace_lacks() {
    let text = text_about(MemoryLoader::default().with("t.csv", "time_s,rps,queue_depth\n0,1,5\n9,1,5\n").with("p.toml", "[hpa]\nmaxReplicas = 3\nmetrics = [\n  { type = \"External\", external = { metric = { name = \"queue_deph\" }, target = { type = \"Value\", value = 3 } } },\n  { type = \"Pods\", pods = { metric = { name = \"widgets\" }, target = { type = \"AverageValue\", averageValue = 3 } } },\n]\n"), &[], None, None);
    insta::assert_snapshot!(text, @r#"
    error[E0020]: the trace has no column `queue_deph` for this External metric
     --> p.toml:4:55
      |
    4 |   { type = "External", external = { metric = { name = "queue_deph" }, target = { type = "Value", value = 3 } } },
      |                                                       ^^^^^^^^^^^^
      |
      = help: did you mean `queue_depth`?

    error[E0020]: the trace has no column `widgets` for this Pods metric
     --> p.toml:5:47
      |
    5 |   { type = "Pods", pods = { metric = { name = "widgets" }, target = { type = "AverageValue", averageValue = 3 } } },
      |                                               ^^^^^^^^^
      |
      = help: the built-in metrics are requests_per_second, in_flight, queue_length; the other columns of the trace are queue_depth
    "#);
}

#[test]
fn a_custom_metric_with_a_bare_trace() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\nmetrics = [{ type = \"External\", external = { metric = { name = \"depth\" }, target = { type = \"Value\", value = 3 } } }]\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0020]: the trace has no column `depth` for this External metric
     --> p.toml:3:64
      |
    3 | metrics = [{ type = "External", external = { metric = { name = "depth" }, target = { type = "Value", value = 3 } } }]
      |                                                                ^^^^^^^
      |
      = help: add a column with that name to the trace
    "#);
}

#[test]
fn a_behaviour_that_the_api_server_refuses() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\n[hpa.behavior.scaleUp]\nstabilizationWindowSeconds = 4000\npolicies = []\n[hpa.behavior.scaleDown]\npolicies = [{ type = \"Percent\", value = 0, periodSeconds = 1801 }]\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0016]: hpa.behavior.scaleUp.stabilizationWindowSeconds: a window of 4000 s is outside 0..3600
     --> p.toml:4:30
      |
    4 | stabilizationWindowSeconds = 4000
      |                              ^^^^
      |
      = help: the API server accepts at most one hour

    error[E0016]: hpa.behavior.scaleUp.policies: policies must hold at least one policy
     --> p.toml:5:12
      |
    5 | policies = []
      |            ^^
      |
      = help: leave the key out for the defaults, or switch the direction off with the selectPolicy Disabled

    error[E0016]: hpa.behavior.scaleDown.policies.0.value: a policy's value of 0 is not greater than 0
     --> p.toml:7:41
      |
    7 | policies = [{ type = "Percent", value = 0, periodSeconds = 1801 }]
      |                                         ^
      |
      = help: write 1 or more, or switch the direction off with the selectPolicy Disabled

    error[E0016]: hpa.behavior.scaleDown.policies.0.periodSeconds: a period of 1801 s is outside 1..1800
     --> p.toml:7:60
      |
    7 | policies = [{ type = "Percent", value = 0, periodSeconds = 1801 }]
      |                                                            ^^^^
      |
      = help: the API server accepts at most half an hour
    "#);
}

#[test]
fn a_behaviour_with_faulty_parts() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\n[hpa.behavior.scaleUp]\nselectPolicy = \"Maximum\"\ntolerance = \"-0.1\"\npolicies = [{ type = \"Pod\", value = 4 }]\n",
    );
    insta::assert_snapshot!(text, @r#"
    error[E0009]: `hpa.behavior.scaleUp.selectPolicy` does not accept "Maximum"
     --> p.toml:4:16
      |
    4 | selectPolicy = "Maximum"
      |                ^^^^^^^^^
      |
      = help: write "Max" or "Min" or "Disabled"

    error[E0012]: `hpa.behavior.scaleUp.tolerance`: `-0.1` is negative
     --> p.toml:5:13
      |
    5 | tolerance = "-0.1"
      |             ^^^^^^
      |
      = help: write a quantity of 0 or more

    error[E0013]: `hpa.behavior.scaleUp.policies.0` needs a `periodSeconds`
     --> p.toml:6:13
      |
    6 | policies = [{ type = "Pod", value = 4 }]
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `periodSeconds`: the seconds within which that much may change

    error[E0009]: `hpa.behavior.scaleUp.policies.0.type` does not accept "Pod"
     --> p.toml:6:22
      |
    6 | policies = [{ type = "Pod", value = 4 }]
      |                      ^^^^^
      |
      = help: did you mean "Pods"?
    "#);
}

#[test]
fn no_replicas_without_the_gate() {
    let text = about_policy(
        "[hpa]\nminReplicas = 0\nmaxReplicas = 3\n[controller]\nkubernetes = \"1.36\"\n",
    );
    insta::assert_snapshot!(text, @"
    error[E0016]: hpa.minReplicas: minReplicas must be at least 1
     --> p.toml:2:15
      |
    2 | minReplicas = 0
      |               ^
      |
      = help: write 1 or more, or switch the gate HPAScaleToZero on: it is on since Kubernetes 1.37, and with controller.scale_to_zero = true
    ");
}

#[test]
fn two_names_for_one_deployment() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\nscaleTargetRef = { kind = \"StatefulSet\", name = \"web\" }\n[deployment]\nname = \"shop\"\n",
    );
    insta::assert_snapshot!(text, @r#"
    warning[W0003]: the StatefulSet is simulated as a Deployment
     --> p.toml:3:27
      |
    3 | scaleTargetRef = { kind = "StatefulSet", name = "web" }
      |                           ^^^^^^^^^^^^^
      |
      = help: consider this when you read the results: pods start and stop in no order

    error[E0014]: the autoscaler scales `web`, and the Deployment has the name `shop`
     --> p.toml:3:49
      |
    3 | scaleTargetRef = { kind = "StatefulSet", name = "web" }
      |                                                 ^^^^^
      |
      = help: give both the same name
    "#);
}

#[test]
fn a_stateful_set_is_simulated_as_a_deployment() {
    let text = about_policy(
        "[hpa]\nmaxReplicas = 3\nscaleTargetRef = { kind = \"StatefulSet\", name = \"web\" }\n",
    );
    insta::assert_snapshot!(codes_and_places(&text), @"W0003 p.toml:3:27");
}

#[test]
fn a_tolerance_without_effect() {
    let about = |controller: &str| {
        about_policy(&format!(
            "[controller]\n{controller}\n[hpa]\nmaxReplicas = 3\n[hpa.behavior.scaleUp]\ntolerance = 0.05\n"
        ))
    };
    for honoured in [
        "kubernetes = \"1.34\"\nconfigurable_tolerance = true",
        "kubernetes = \"1.35\"",
        "kubernetes = \"1.37\"",
        "kubernetes = \"current\"",
    ] {
        assert_eq!(about(honoured), "", "{honoured}");
    }
    insta::assert_snapshot!(about("kubernetes = \"1.32\""), @r#"
    warning[W0002]: the tolerance in `behavior` has no effect in Kubernetes 1.32 with this [controller]
     --> p.toml:5:6
      |
    5 | [hpa.behavior.scaleUp]
      |      ^^^^^^^^
      |
      = help: set kubernetes = "1.35" or newer
    "#);
    insta::assert_snapshot!(about("kubernetes = \"1.33\""), @"
    warning[W0002]: the tolerance in `behavior` has no effect in Kubernetes 1.33 with this [controller]
     --> p.toml:5:6
      |
    5 | [hpa.behavior.scaleUp]
      |      ^^^^^^^^
      |
      = help: set configurable_tolerance = true
    ");
    let text = about("kubernetes = \"1.35\"\nconfigurable_tolerance = false");
    insta::assert_snapshot!(text, @"
    warning[W0002]: the tolerance in `behavior` has no effect in Kubernetes 1.35 with this [controller]
     --> p.toml:6:6
      |
    6 | [hpa.behavior.scaleUp]
      |      ^^^^^^^^
      |
      = help: set configurable_tolerance = true
    ");
}

#[test]
fn more_replicas_than_a_simulation_holds() {
    let text = about_policy("[hpa]\nminReplicas = 50000000\nmaxReplicas = 9999999999\n");
    insta::assert_snapshot!(text, @"
    error[E0012]: `hpa.minReplicas` is 50000000; a simulation holds every pod in memory
     --> p.toml:2:15
      |
    2 | minReplicas = 50000000
      |               ^^^^^^^^
      |
      = help: write 100000 or less

    error[E0012]: `hpa.maxReplicas` is 9999999999; a simulation holds every pod in memory
     --> p.toml:3:15
      |
    3 | maxReplicas = 9999999999
      |               ^^^^^^^^^^
      |
      = help: write 100000 or less
    ");
}

#[test]
fn replicas_below_everything_are_the_api_servers_to_refuse() {
    let text = about_policy("[hpa]\nminReplicas = -9999999999\nmaxReplicas = 100000\n");
    insta::assert_snapshot!(text, @"
    error[E0016]: hpa.minReplicas: minReplicas must not be negative
     --> p.toml:2:15
      |
    2 | minReplicas = -9999999999
      |               ^^^^^^^^^^^
      |
      = help: write 1 or more
    ");
}

#[test]
fn a_gate_that_the_release_does_not_have() {
    let about = |controller: &str| {
        about_policy(&format!(
            "[hpa]\nmaxReplicas = 3\n[controller]\n{controller}\n"
        ))
    };
    let before = about("kubernetes = \"1.32\"\nconfigurable_tolerance = true");
    insta::assert_snapshot!(before, @"
    warning[W0011]: Kubernetes 1.32 has no gate for `controller.configurable_tolerance`: it does not have the feature either
     --> p.toml:5:1
      |
    5 | configurable_tolerance = true
      | ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: delete `configurable_tolerance`, or choose another release with `controller.kubernetes`
    ");
    insta::assert_snapshot!(about("configurable_tolerance = true"), @"
    warning[W0011]: Kubernetes 1.37 has no gate for `controller.configurable_tolerance`: the feature is always on there
     --> p.toml:4:1
      |
    4 | configurable_tolerance = true
      | ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: delete `configurable_tolerance`, or choose another release with `controller.kubernetes`
    ");
    assert_eq!(about("scale_to_zero = false"), "");
}

#[test]
fn a_release_that_another_stands_for() {
    let about = |release: &str| {
        about_policy(&format!(
            "[hpa]\nmaxReplicas = 3\n[controller]\nkubernetes = \"{release}\"\n"
        ))
    };
    insta::assert_snapshot!(about("1.26"), @r#"
    warning[W0012]: Kubernetes 1.26 is simulated by the rules of 1.28: only texts differ
     --> p.toml:4:14
      |
    4 | kubernetes = "1.26"
      |              ^^^^^^
      |
      = help: nothing, or write kubernetes = "1.28"
    "#);
    insta::assert_snapshot!(about("1.27"), @r#"
    warning[W0012]: Kubernetes 1.27 is simulated by the rules of 1.28: texts differ, and one number: an average at a ratio of exactly 1 with pods that have no sample (k/k#117845)
     --> p.toml:4:14
      |
    4 | kubernetes = "1.27"
      |              ^^^^^^
      |
      = help: nothing, or write kubernetes = "1.28"
    "#);
    insta::assert_snapshot!(about("1.25"), @r#"
    error[E0009]: `controller.kubernetes` does not accept "1.25"
     --> p.toml:4:14
      |
    4 | kubernetes = "1.25"
      |              ^^^^^^
      |
      = help: did you mean "1.28"?
    "#);
}

#[test]
fn a_sidecar_without_a_request_is_a_fault_where_the_release_counts_it() {
    for (release, expected) in [
        ("1.28", ""),
        ("1.29", "E0017 p.toml:8:1"),
        ("1.34", "E0017 p.toml:8:1"),
        ("1.37", "E0017 p.toml:8:1"),
    ] {
        let text = about_policy(&format!(
            "[hpa]\nmaxReplicas = 3\n[controller]\nkubernetes = \"{release}\"\n[[deployment.containers]]\nname = \"app\"\nresources.requests.cpu = \"100m\"\n[[deployment.containers]]\nname = \"mesh\"\nrestartable_init = true\n"
        ));
        assert_eq!(codes_and_places(&text), expected, "{release}");
    }
}
