//! What belongs to an autoscaler: its target, the Services and PodDisruptionBudgets that select the target's pods, and the Ingresses to
//! these Services.

use std::collections::{BTreeMap, BTreeSet};

use super::network::backends;
use super::pod_selector::PodSelector;
use super::selection::{Selection, pod_labels};
use crate::scenario::manifest::Object;
use crate::scenario::survey::{Subject, Survey};
use crate::scenario::tree::Node;

/// For each object of the files that belongs to an autoscaler: the title of the autoscaler, by the title of the object.
pub(super) struct Scopes {
    autoscaler_of: BTreeMap<String, String>,
}

impl Scopes {
    /// Of objects that belong to several autoscalers the first one counts.
    pub(super) fn of(survey: &Survey, namespace: &str) -> Self {
        let mut autoscaler_of = BTreeMap::new();
        let mut put = |object: String, subject: &str| {
            autoscaler_of
                .entry(object)
                .or_insert_with(|| subject.to_owned());
        };
        for subject in survey.subjects.iter().filter(|it| it.target.is_some()) {
            put(subject.title.clone(), &subject.title);
            if let Some(workload) = &subject.workload {
                put(workload.title(namespace), &subject.title);
            }
        }
        let mut pods: BTreeMap<&str, Selection<'_>> = BTreeMap::new();
        for object in survey.objects.iter().filter(|it| it.is_workload()) {
            let own = object.namespace_or(namespace);
            pods.entry(own).or_default().add(object);
        }
        for object in &survey.objects {
            let here = pods.get_mut(object.namespace_or(namespace));
            let workload = here
                .zip(selector(object))
                .and_then(|(here, selector)| here.first_selected(selector));
            let subject = workload.and_then(|it| autoscaler_of.get(&it.title(namespace)));
            if let Some(subject) = subject.cloned() {
                autoscaler_of
                    .entry(object.title(namespace))
                    .or_insert(subject);
            }
        }
        for ingress in survey.objects.iter().filter(|it| it.kind == "Ingress") {
            let mut services = services_of(ingress, namespace);
            let subject = services.find_map(|service| autoscaler_of.get(&service));
            if let Some(subject) = subject.cloned() {
                autoscaler_of
                    .entry(ingress.title(namespace))
                    .or_insert(subject);
            }
        }
        Self { autoscaler_of }
    }

    /// The title of the autoscaler to which the object with this title belongs.
    pub(super) fn autoscaler_of(&self, object: &str) -> Option<&str> {
        self.autoscaler_of.get(object).map(String::as_str)
    }
}

/// The titles of all objects that belong to an autoscaler, itself and other autoscalers of its target included.
pub(super) fn objects_of(
    autoscaler: &Subject,
    survey: &Survey,
    namespace: &str,
) -> BTreeSet<String> {
    let mut titles = BTreeSet::from([autoscaler.title.clone()]);
    let wanted = |it: &Subject| it.target.as_ref().map(|target| target.wanted.clone());
    let target = wanted(autoscaler);
    let rivals = survey
        .subjects
        .iter()
        .filter(|it| it.target.is_some() && wanted(it) == target);
    titles.extend(rivals.map(|it| it.title.clone()));
    let Some(workload) = &autoscaler.workload else {
        return titles;
    };
    titles.insert(workload.title(namespace));
    let own = workload.namespace_or(namespace);
    let labels = pod_labels(workload);
    for object in &survey.objects {
        let is_here = object.namespace_or(namespace) == own;
        let selector = selector(object).filter(|_| is_here);
        if selector.zip(labels).is_some_and(|(selector, labels)| {
            PodSelector::of_labels(Some(selector)).matches(Some(labels))
        }) {
            titles.insert(object.title(namespace));
        }
    }
    for ingress in survey.objects.iter().filter(|it| it.kind == "Ingress") {
        if services_of(ingress, namespace).any(|service| titles.contains(&service)) {
            titles.insert(ingress.title(namespace));
        }
    }
    titles
}

/// The labels with which an object chooses pods that it does not create; `None` if it chooses none.
fn selector(object: &Object) -> Option<&Node> {
    let path: &[&str] = match object.kind.as_str() {
        "Service" => &["spec", "selector"],
        "PodDisruptionBudget" => &["spec", "selector", "matchLabels"],
        _ => return None,
    };
    let selector = object.tree.at(path);
    selector.filter(|it| !it.entries().is_empty())
}

/// The titles of the Services to which an Ingress leads.
fn services_of<'o>(ingress: &'o Object, namespace: &'o str) -> impl Iterator<Item = String> + 'o {
    let own = ingress.namespace_or(namespace);
    let names = backends(ingress).into_iter().map(|it| it.name);
    names
        .filter_map(Node::text)
        .map(move |name| format!("Service {own}/{name}"))
}
