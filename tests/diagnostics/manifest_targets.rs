//! Manifests whose target a cluster would not scale by the autoscaler, as `run` reads them.

use super::*;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        resources: {requests: {cpu: 200m}}\n";

fn hpa(reference: &str) -> String {
    format!(
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: shop}}\nspec:\n  scaleTargetRef: {{{reference}}}\n  maxReplicas: 7\n"
    )
}

fn about_manifest(text: &str) -> String {
    let files = MemoryLoader::default()
        .with("app.yaml", text)
        .with("p.toml", "manifest = \"app.yaml\"\n");
    text_about(files, &[], None, None)
}

/// The same, with the manifest in the place of the policy.
fn about_alone(text: &str) -> String {
    let mut files = MemoryLoader::default()
        .with("app.yaml", text)
        .with("t.csv", TRACE);
    let request = LoadRequest::new(Path::new("app.yaml"), Path::new("t.csv"));
    let diagnostics = match load(request, &mut files) {
        Ok(loaded) => Diagnostics {
            list: loaded.warnings,
            ..Diagnostics::default()
        },
        Err(diagnostics) => diagnostics,
    };
    render_diagnostics(&diagnostics, Colour::Plain)
}

#[test]
fn a_group_without_the_kind_is_a_warning_of_a_run() {
    let dead = format!(
        "{DEPLOYMENT}{}",
        hpa("apiVersion: extensions/v1beta1, kind: Deployment, name: shop")
    );
    insta::assert_snapshot!(about_manifest(&dead), @"
    warning[W0005]: the `scaleTargetRef` has the `apiVersion` extensions/v1beta1, and no cluster has a Deployment in that group: in a cluster the autoscaler would never scale
      --> app.yaml:15:32
       |
    15 |   scaleTargetRef: {apiVersion: extensions/v1beta1, kind: Deployment, name: shop}
       |                                ^^^^^^^^^^^^^^^^^^
       |
       = help: write `apiVersion: apps/v1`; hpasim simulates the object as the target
    ");
    let right = format!(
        "{DEPLOYMENT}{}",
        hpa("apiVersion: apps/v1, kind: Deployment, name: shop")
    );
    assert_eq!(about_manifest(&right), "");
}

#[test]
fn a_scaled_object_is_not_a_fixed_number_of_pods() {
    let keda = format!(
        "{DEPLOYMENT}---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {{name: shop}}\nspec: {{scaleTargetRef: {{name: shop}}}}\n"
    );
    insta::assert_snapshot!(about_alone(&keda), @"
    error[E0015]: a ScaledObject of KEDA scales Deployment default/shop, and hpasim does not simulate KEDA yet
      --> app.yaml:13:18
       |
    13 | metadata: {name: shop}
       |                  ^^^^
       |
       = help: KEDA makes an autoscaler of it; simulate that one: `kubectl get hpa keda-hpa-shop -o yaml`
    ");
}

#[test]
fn a_target_without_a_pod_template() {
    let bare = format!(
        "apiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nmetadata: {{name: f}}\n{}",
        hpa("apiVersion: flink.apache.org/v1beta1, kind: FlinkDeployment, name: f")
    );
    insta::assert_snapshot!(about_alone(&bare), @"
    error[E0025]: FlinkDeployment default/f is in the manifest, but without a pod template
     --> app.yaml:9:87
      |
    9 |   scaleTargetRef: {apiVersion: flink.apache.org/v1beta1, kind: FlinkDeployment, name: f}
      |                                                                                       ^
      |
      = help: write its pods as `[deployment]` and `[pod]` into a policy that names this manifest, or add them as a Deployment
    ");
}

#[test]
fn a_file_from_which_a_tool_makes_objects() {
    let template = "apiVersion: template.openshift.io/v1\nkind: Template\nobjects: []\n";
    insta::assert_snapshot!(about_alone(template), @"
    error[E0024]: the manifest is an OpenShift Template, which holds no objects that a cluster runs
     --> app.yaml:1:1
      |
    1 | apiVersion: template.openshift.io/v1
      | ^
      |
      = help: let its tool write the objects: `oc process -f FILE | hpasim run - TRACE`
    ");
}

#[test]
fn an_autoscaler_and_a_scaled_object_of_one_target_are_not_simulated() {
    let both = |annotations: &str| {
        format!(
            "{DEPLOYMENT}{}---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {{name: shop{annotations}}}\nspec: {{scaleTargetRef: {{name: shop}}}}\n",
            hpa("apiVersion: apps/v1, kind: Deployment, name: shop")
        )
    };
    let refused = about_manifest(&both(""));
    assert!(
        refused.starts_with("error[E0103]: two autoscalers scale Deployment default/shop"),
        "{refused}"
    );
    let taken_over = both(", annotations: {scaledobject.keda.sh/transfer-hpa-ownership: \"true\"}");
    assert_eq!(about_manifest(&taken_over), "");
}
