//! Which pods a selector selects, also for files with thousands of Services and pods.
//!
//! Pods with the same labels share one label set, and the answer to each selector is stored. Many pods of few kinds and many
//! Services with one selector therefore need no pass each.

use std::collections::{BTreeMap, BTreeSet};

use crate::scenario::manifest::Object;
use crate::scenario::tree::{Node, Value};

/// A label value or a port, in a comparable form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LabelWord<'o> {
    Text(&'o str),
    Integer(i64),
    Boolean(bool),
}

impl<'o> LabelWord<'o> {
    /// `None` for a table or a list, to which no object refers.
    pub(super) fn of(node: &'o Node) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(Self::Text(text)),
            Value::Integer(number) => Some(Self::Integer(*number)),
            Value::Boolean(value) => Some(Self::Boolean(*value)),
            _ => None,
        }
    }
}

/// The labels of an object's pods.
pub(super) fn pod_labels(object: &Object) -> Option<&Node> {
    match object.kind.as_str() {
        "Pod" => object.tree.at(&["metadata", "labels"]),
        "CronJob" => {
            let path = ["spec", "jobTemplate", "spec", "template"];
            object.tree.at(&path)?.at(&["metadata", "labels"])
        }
        _ => object.tree.at(&["spec", "template", "metadata", "labels"]),
    }
}

/// Labels or a selector, by key.
type Labels<'o> = BTreeMap<&'o str, LabelWord<'o>>;

/// Objects with pods, by the labels of the pods.
#[derive(Default)]
pub(super) struct Selection<'o> {
    /// The label sets.
    distinct: BTreeSet<Labels<'o>>,
    /// The label sets, in the order of the files, each with the first object that has it.
    sets: Vec<(Labels<'o>, &'o Object)>,
    /// The indices of the label sets that have a label, in order.
    with_label: BTreeMap<(&'o str, LabelWord<'o>), Vec<usize>>,
    /// The stored answer of each selector.
    known: BTreeMap<Labels<'o>, Option<&'o Object>>,
    /// How often a label set was compared with a selector.
    #[cfg(test)]
    compared: usize,
}

impl<'o> Selection<'o> {
    /// Adds an object. An object whose pods have no labels is never selected.
    pub(super) fn add(&mut self, object: &'o Object) {
        let entries = pod_labels(object).map_or(&[][..], Node::entries);
        let words = entries
            .iter()
            .filter_map(|entry| Some((entry.key.as_str(), LabelWord::of(&entry.node)?)));
        let labels: Labels<'o> = words.collect();
        if labels.is_empty() || !self.distinct.insert(labels.clone()) {
            return;
        }
        let number = self.sets.len();
        for (key, value) in &labels {
            self.with_label
                .entry((*key, *value))
                .or_default()
                .push(number);
        }
        self.sets.push((labels, object));
    }

    /// The first object whose pods the selector selects.
    pub(super) fn first_selected(&mut self, selector: &'o Node) -> Option<&'o Object> {
        let wanted = selector.entries().iter();
        let wanted = wanted.map(|entry| Some((entry.key.as_str(), LabelWord::of(&entry.node)?)));
        let wanted: Labels<'o> = wanted.collect::<Option<_>>()?;
        if let Some(known) = self.known.get(&wanted) {
            return *known;
        }
        let found = self.search(&wanted);
        self.known.insert(wanted, found);
        found
    }

    /// Compares the label sets that have the rarest of the wanted labels.
    fn search(&mut self, wanted: &Labels<'o>) -> Option<&'o Object> {
        let mut rarest: Option<&[usize]> = None;
        for (key, value) in wanted {
            let found = self.with_label.get(&(*key, *value))?;
            if rarest.is_none_or(|rarest| found.len() < rarest.len()) {
                rarest = Some(found);
            }
        }
        for number in rarest? {
            #[cfg(test)]
            {
                self.compared += 1;
            }
            let (labels, object) = &self.sets[*number];
            if wanted
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
            {
                return Some(object);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::scenario::survey::{Survey, survey};
    use crate::scenario::{ManifestChoice, MemoryLoader};

    fn surveyed(pods: impl Iterator<Item = String>, selectors: &[String]) -> Survey {
        let pods = pods.enumerate().map(|(number, labels)| {
            format!(
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, labels: {labels}}}\nspec: {{containers: []}}\n"
            )
        });
        let services = selectors.iter().enumerate().map(|(number, selector)| {
            format!(
                "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{number}}}\nspec: {{selector: {selector}}}\n"
            )
        });
        let text: String = pods.chain(services).collect();
        let files = [PathBuf::from("app.yaml")];
        survey(
            &files,
            &ManifestChoice::default(),
            &mut MemoryLoader::default().with("app.yaml", text),
        )
    }

    /// How many Services select a pod, and how many label sets were compared for all of them.
    fn compared(pods: impl Iterator<Item = String>, selectors: &[String]) -> (usize, usize) {
        let survey = surveyed(pods, selectors);
        let mut selection = Selection::default();
        let of_kind = |kind: &'static str| survey.objects.iter().filter(move |it| it.kind == kind);
        of_kind("Pod").for_each(|pod| selection.add(pod));
        let selectors = of_kind("Service").filter_map(|it| it.tree.at(&["spec", "selector"]));
        let found = selectors.filter(|it| selection.first_selected(it).is_some());
        (found.count(), selection.compared)
    }

    #[test]
    fn pods_with_the_same_labels_are_compared_once() {
        let labels = |number: usize| ["{a: '1'}", "{b: '1'}"][number % 2].to_owned();
        let selectors: Vec<String> = (0..500)
            .map(|it| format!("{{a: '1', b: '{it}'}}"))
            .collect();
        assert_eq!(compared((0..1000).map(labels), &selectors), (0, 1));
    }

    #[test]
    fn services_with_the_same_selector_are_compared_once() {
        let labels = |number: usize| {
            let key = ["a", "b"][number % 2];
            format!("{{{key}: '1', app: 'app{number}'}}")
        };
        let selectors = vec!["{a: '1', b: '1'}".to_owned(); 1000];
        assert_eq!(compared((0..1000).map(labels), &selectors), (0, 500));
    }

    #[test]
    fn the_first_pod_with_all_labels_of_the_same_type_is_selected() {
        let pods = ["{a: '1'}", "{}", "{a: 1, b: 'x'}", "{a: '1', b: 'x'}"];
        let selectors = [
            "{a: '1', b: 'x'}",
            "{b: 'x'}",
            "{a: '1', b: 1.5}",
            "{c: 'x'}",
        ];
        let survey = surveyed(
            pods.iter().map(|it| (*it).to_owned()),
            &selectors.map(str::to_owned),
        );
        let mut selection = Selection::default();
        survey.objects[..4]
            .iter()
            .for_each(|pod| selection.add(pod));
        let place = |service: usize| {
            let selector = survey.objects[4 + service].tree.at(&["spec", "selector"]);
            let found = selection.first_selected(selector.expect("a selector"))?;
            survey.objects.iter().position(|it| std::ptr::eq(it, found))
        };
        let places: Vec<Option<usize>> = (0..4).map(place).collect();
        assert_eq!(places, [Some(3), Some(2), None, None]);
    }
}
