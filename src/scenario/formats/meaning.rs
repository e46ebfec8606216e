//! What the words of a recording say about its numbers: the name and the labels of a series, or the header of a column.

use super::What;

/// What a text says about the numbers beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum StatedMeaning {
    /// They are CPU; `None` without a known unit.
    Cpu(Option<What>),
    /// They are memory or sizes in bytes.
    Bytes,
    /// Nothing that is known here.
    Nothing,
}

/// Units of CPU that are no amount of CPU.
const SHARES: [&str; 8] = [
    "percent",
    "percentage",
    "pct",
    "ratio",
    "util",
    "utilization",
    "utilisation",
    "load",
];
/// Words for an amount of CPU that do not contain `cpu`.
const AMOUNTS: [&str; 4] = ["millicore", "millicores", "nanocore", "nanocores"];
/// Labels whose value names a resource or a unit. The value of any other label, such as `backend`, says nothing about numbers.
const NAMING_LABELS: [&str; 5] = ["metric", "metric_name", "resource", "resource_name", "unit"];

impl StatedMeaning {
    /// What a name, a query or a header says.
    pub(in crate::scenario) fn by(text: &str) -> Self {
        let words = words_of(text);
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        // A word such as `gcpubsub` has these letters in its middle.
        let is_cpu = |word: &String| word.starts_with("cpu") || word.ends_with("cpu");
        if words.iter().any(is_cpu) || has(&AMOUNTS) {
            let begins = |prefix: &str| words.iter().any(|word| word.starts_with(prefix));
            return Self::Cpu(if has(&SHARES) || text.contains('%') || begins("nano") {
                None
            } else if begins("milli") || has(&["mcpu"]) {
                Some(What::CpuMillicores)
            } else if has(&["seconds", "core", "cores"]) {
                Some(What::CpuCores)
            } else {
                None
            });
        }
        // The `_count` of a histogram of sizes counts requests.
        let counts = words.last().is_some_and(|last| last == "count");
        if has(&["bytes", "memory"]) && !counts {
            return Self::Bytes;
        }
        Self::Nothing
    }

    /// What the labels of a series say, `__name__` among them.
    pub(super) fn by_labels<'l>(labels: impl Iterator<Item = (&'l String, &'l String)>) -> Self {
        let mut stated = Self::Nothing;
        for (label, value) in labels {
            if label == "__name__" {
                match Self::by(value) {
                    Self::Nothing => {}
                    by_name => return by_name,
                }
                continue;
            }
            let is_value = |word: &str| {
                NAMING_LABELS.contains(&label.as_str()) && value.eq_ignore_ascii_case(word)
            };
            if label == "cpu" || is_value("cpu") {
                stated = Self::Cpu(None);
            } else if is_value("memory") && stated == Self::Nothing {
                stated = Self::Bytes;
            }
        }
        stated
    }
}

/// The words of a text in lower case, also of `camelCase`.
fn words_of(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in text.chars() {
        if !letter.is_ascii_alphanumeric() || (was_lower && letter.is_ascii_uppercase()) {
            words.push(String::new());
        }
        was_lower = letter.is_ascii_lowercase();
        if let (true, Some(word)) = (letter.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn names_queries_and_headers_say_cpu_with_and_without_its_unit() {
        let cores = StatedMeaning::Cpu(Some(What::CpuCores));
        let millicores = StatedMeaning::Cpu(Some(What::CpuMillicores));
        let unknown = StatedMeaning::Cpu(None);
        for (text, stated) in [
            ("container_cpu_usage_seconds_total", cores),
            ("sum(rate(container_cpu_usage_seconds_total[1m]))", cores),
            (
                "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate",
                cores,
            ),
            ("process_cpu_seconds_total", cores),
            ("cpu_cores", cores),
            ("cpu_millicores", millicores),
            ("Millicores", millicores),
            ("cpu usage (mcpu)", millicores),
            ("cpu", unknown),
            ("cpu_usage", unknown),
            ("CPUUtilization", unknown),
            ("processCpuLoad", unknown),
            ("vcpu", unknown),
            ("cpu_seconds_ratio", unknown),
            ("CPU %", unknown),
            ("container_memory_working_set_bytes", StatedMeaning::Bytes),
            ("http_request_size_bytes_count", StatedMeaning::Nothing),
            ("http_requests_total", StatedMeaning::Nothing),
            ("gcpubsub_messages_total", StatedMeaning::Nothing),
            ("value", StatedMeaning::Nothing),
        ] {
            assert_eq!(StatedMeaning::by(text), stated, "{text}");
        }
    }

    #[test]
    fn only_labels_that_name_a_resource_say_what_a_series_is() {
        let of = |labels: &[(&str, &str)]| {
            let owned = labels
                .iter()
                .map(|(label, value)| (label.to_string(), value.to_string()));
            let labels: BTreeMap<String, String> = owned.collect();
            StatedMeaning::by_labels(labels.iter())
        };
        let requests = ("__name__", "http_requests_total");
        for (labels, stated) in [
            (
                &[requests, ("backend", "memory")][..],
                StatedMeaning::Nothing,
            ),
            (&[requests, ("pool", "cpu")], StatedMeaning::Nothing),
            (&[("resource", "memory")], StatedMeaning::Bytes),
            (
                &[("resource", "memory"), ("metric", "cpu")],
                StatedMeaning::Cpu(None),
            ),
            (
                &[("__name__", "node_seconds_total"), ("cpu", "0")],
                StatedMeaning::Cpu(None),
            ),
        ] {
            assert_eq!(of(labels), stated, "{labels:?}");
        }
    }
}
