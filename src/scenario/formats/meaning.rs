//! What the words of a recording say about its numbers: the name and the labels of a series, or the header of a column.

use super::What;

/// What a text says about the numbers beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Told {
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

impl Told {
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
        let mut told = Self::Nothing;
        for (label, value) in labels {
            if label == "__name__" {
                match Self::by(value) {
                    Self::Nothing => {}
                    by_name => return by_name,
                }
            } else if label == "cpu" || value.eq_ignore_ascii_case("cpu") {
                told = Self::Cpu(None);
            } else if value.eq_ignore_ascii_case("memory") && told == Self::Nothing {
                told = Self::Bytes;
            }
        }
        told
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
    use super::*;

    #[test]
    fn names_queries_and_headers_say_cpu_with_and_without_its_unit() {
        let cores = Told::Cpu(Some(What::CpuCores));
        let millicores = Told::Cpu(Some(What::CpuMillicores));
        let unknown = Told::Cpu(None);
        for (text, told) in [
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
            ("container_memory_working_set_bytes", Told::Bytes),
            ("http_request_size_bytes_count", Told::Nothing),
            ("http_requests_total", Told::Nothing),
            ("gcpubsub_messages_total", Told::Nothing),
            ("value", Told::Nothing),
        ] {
            assert_eq!(Told::by(text), told, "{text}");
        }
    }
}
