//! Every autoscaler of a manifest under one trace: each as a scenario of its own, or the reason why it cannot be simulated.

use super::super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::super::loader::PolicyFiles;
use super::{
    DemandMaterial, Engine, LoadRequest, LoadedFile, Loader, ManifestChoice, Material,
    PolicyMaterial, Resolved,
};

/// Every autoscaler of a manifest under one trace.
#[derive(Clone, Debug, PartialEq)]
pub struct EachAutoscaler {
    /// The autoscalers, in the order of the manifest.
    pub autoscalers: Vec<LoadedAutoscaler>,
    /// The engine for the trace.
    pub engine: Engine,
    /// Every file read, in the order of reading.
    pub inputs: Vec<LoadedFile>,
}

/// An autoscaler under the trace.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedAutoscaler {
    /// Its namespace and name: `shop/web`.
    pub name: String,
    /// The scenario, or all faults of this autoscaler.
    pub resolved: Result<Resolved, Diagnostics>,
}

/// Loads a trace and every autoscaler of a manifest, or of the manifest that a policy names.
///
/// The manifest and the trace are read once.
///
/// # Errors
/// The files have no autoscaler, or the trace has faults.
pub fn load_each(
    request: LoadRequest<'_>,
    choice: &ManifestChoice,
    loader: &mut dyn Loader,
) -> Result<EachAutoscaler, Diagnostics> {
    let mut files = PolicyFiles::new(loader, choice.clone());
    // Of several autoscalers it chooses none: only the manifest counts.
    files.read_policy(request.policy);
    let names = files.autoscalers();
    let mut inputs = std::mem::take(&mut files.inputs);
    let demand = DemandMaterial::read(&request, files.loader, &mut inputs);
    let Some(engine) = demand.engine.filter(|_| !names.is_empty()) else {
        let mut faults = std::mem::take(&mut files.faults);
        if !names.is_empty() {
            faults = Diagnostics::default();
        } else if !faults.list.iter().any(is_error) {
            faults = Diagnostics::one(no_autoscaler());
        }
        faults.absorb(demand.faults);
        return Err(faults);
    };
    let autoscalers = names
        .into_iter()
        .map(|name| load_one(name, &request, &demand, &mut files))
        .collect();
    Ok(EachAutoscaler {
        autoscalers,
        engine,
        inputs,
    })
}

fn load_one(
    name: String,
    request: &LoadRequest<'_>,
    demand: &DemandMaterial,
    files: &mut PolicyFiles<'_>,
) -> LoadedAutoscaler {
    files.choice.hpa = Some(name.clone());
    files.faults = Diagnostics::default();
    let tree = files.read_policy(request.policy);
    let set = files.add_overrides(request.set);
    let policy = PolicyMaterial {
        sources: files.sources.clone(),
        tree,
        set,
        unusable_memory: files.unusable_memory.take(),
        faults: std::mem::take(&mut files.faults),
    };
    let resolved = Material::of(request, policy, demand.clone()).resolve(&[]);
    LoadedAutoscaler { name, resolved }
}

fn is_error(fault: &Diagnostic) -> bool {
    fault.severity() == super::super::diagnostic::Severity::Error
}

fn no_autoscaler() -> Diagnostic {
    Diagnostic {
        code: Code::ManifestChoice,
        message: "`--all` needs a Kubernetes manifest with autoscalers, and this one has none"
            .to_owned(),
        place: None,
        help: "omit `--all`, or name a manifest: `kubectl get hpa,deploy -A -o yaml`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::MemoryLoader;

    /// Two autoscalers of one name, and one whose target is missing.
    const MANIFEST: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: 100m}}}]}}}
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: a}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: b}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: gone}, maxReplicas: 7}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: c}
spec: {template: {spec: {containers: [{name: app, resources: {requests: {cpu: 100m}}}]}}}
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: c}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 9}
";

    /// The name of each autoscaler, with its maximum or its first fault.
    fn each(policy: &str, trace: &str) -> Result<Vec<String>, Diagnostics> {
        let mut loader = MemoryLoader::default()
            .with("all.yaml", MANIFEST)
            .with(
                "p.toml",
                "manifest = \"all.yaml\"\n[slo]\nerror_rate = 0.1\n",
            )
            .with("own.toml", "[hpa]\nmaxReplicas = 3\n")
            .with("t.csv", trace);
        let request = LoadRequest::new(Path::new(policy), Path::new("t.csv"));
        let loaded = load_each(request, &ManifestChoice::default(), &mut loader)?;
        let text = |it: &LoadedAutoscaler| match &it.resolved {
            Ok(resolved) => {
                let hpa = resolved.scenario.hpa().expect("an autoscaler");
                format!("{} {}", it.name, hpa.spec.max_replicas.0)
            }
            Err(faults) => format!("{} {}", it.name, faults.list[0].code),
        };
        Ok(loaded.autoscalers.iter().map(text).collect())
    }

    const TRACE: &str = "time_s,rps\n0,4\n60,4\n";

    #[test]
    fn each_autoscaler_is_loaded_or_has_its_own_faults() {
        let expected = ["a/web 5", "b/web E0025", "c/web 9"];
        for policy in ["all.yaml", "p.toml"] {
            assert_eq!(each(policy, TRACE).expect("a trace"), expected, "{policy}");
        }
    }

    #[test]
    fn without_an_autoscaler_or_a_trace_nothing_is_loaded() {
        let codes = |policy, trace| {
            let faults = each(policy, trace).expect_err("nothing to load");
            let codes = faults.list.iter().map(|it| it.code.number());
            codes.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(codes("own.toml", TRACE), "E0024");
        assert_eq!(codes("missing.yaml", TRACE), "E0001");
        assert_eq!(codes("all.yaml", "time_s,rps\n"), "E0030");
    }
}
