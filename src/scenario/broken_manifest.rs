//! The confidential parts of a manifest that cannot be parsed.
//!
//! A typing mistake may hide the key of a confidential value. An excerpt therefore shows only known keys, and values only of
//! harmless keys below known keys.

use std::ops::Range;

use super::policy::SECTIONS;
use super::secrecy::confidential_stretches;

/// Keys whose values an excerpt shows.
#[rustfmt::skip]
const HARMLESS_KEYS: [&str; 22] = [
    "apiVersion", "kind", "name", "namespace", "replicas", "minReplicas", "maxReplicas", "type",
    "cpu", "memory", "image", "averageUtilization", "averageValue", "periodSeconds",
    "stabilizationWindowSeconds", "selectPolicy", "containerPort", "targetPort", "port",
    "terminationGracePeriodSeconds", "initialDelaySeconds", "container",
];

/// Further keys that an excerpt shows without their values.
#[rustfmt::skip]
const KNOWN_KEYS: [&str; 89] = [
    "<<", "advanced", "affinity", "annotations", "args", "backend", "behavior", "binaryData",
    "claims", "command", "containerPolicies", "containerResource", "containers", "cooldownPeriod",
    "current", "data", "describedObject", "env", "envFrom", "exec", "external", "failureThreshold",
    "fieldRef", "grpc", "host", "hostNetwork", "http", "httpGet", "imagePullPolicy",
    "imagePullSecrets", "initContainers", "items", "labels", "lifecycle", "limits", "livenessProbe",
    "matchExpressions", "matchLabels", "maxAllowed", "maxReplicaCount", "maxSurge",
    "maxUnavailable", "metadata", "metric", "metrics", "minAllowed", "minAvailable",
    "minReadySeconds", "minReplicaCount", "nodeSelector", "object", "path", "paths", "pods",
    "policies", "pollingInterval", "ports", "postStart", "preStop", "protocol", "readinessProbe",
    "requests", "resource", "resources", "restartPolicy", "rollingUpdate", "rules", "scaleDown",
    "scaleTargetRef", "scaleUp", "securityContext", "selector", "serviceAccountName", "spec",
    "startupProbe", "status", "strategy", "stringData", "successThreshold", "target",
    "targetCPUUtilizationPercentage", "tcpSocket", "template", "timeoutSeconds", "tolerance",
    "tolerations", "triggers", "value", "volumes",
];

/// The parts of a broken manifest that diagnostics never print, in any order.
pub(super) fn stretches_of_broken_manifest(text: &str) -> Vec<Range<usize>> {
    let mut found = confidential_stretches(text);
    let mut covered: Option<CoveredBlock> = None;
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let after = &text[line_start + line.len()..];
        if is_document_start(content, after) {
            covered = None;
        }
        let parts = Line::of(content);
        let outer = covered.filter(|block| block.goes_on_in(&parts));
        let shown = match outer {
            Some(_) => parts.shown_of_covered(),
            None => parts.shown(),
        };
        if shown < content.len() {
            found.push(line_start + shown..line_start + content.len());
        }
        if !parts.is_blank_or_comment() {
            covered = match outer {
                Some(block) => Some(block.after(content)),
                None => CoveredBlock::behind(&parts, shown),
            };
        }
        line_start += line.len();
    }
    found
}

/// Whether a document begins after `content`. Indented text after it may still belong to the text before.
fn is_document_start(content: &str, after: &str) -> bool {
    let next = after.trim_start_matches(['\r', '\n']);
    content.starts_with("--- ") || (content == "---" && !next.starts_with([' ', '\t']))
}

/// A line of a broken manifest, without its line end.
struct Line<'t> {
    content: &'t str,
    /// The spaces, tabs and list dashes at its start.
    lead: &'t str,
    /// The known key at its start.
    key: Option<&'t str>,
    /// The text after that key and its colon.
    value: &'t str,
}

impl<'t> Line<'t> {
    fn of(content: &'t str) -> Self {
        let rest = content.trim_start_matches([' ', '\t', '-']);
        let lead = &content[..content.len() - rest.len()];
        let after =
            rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '<');
        let key = &rest[..rest.len() - after.len()];
        let value = after.trim_start_matches(' ').strip_prefix([':', '=']);
        match value {
            Some(value) if is_known_key(key) => Self {
                content,
                lead,
                key: Some(key),
                value,
            },
            _ => Self {
                content,
                lead,
                key: None,
                value: rest,
            },
        }
    }

    fn is_blank_or_comment(&self) -> bool {
        self.key.is_none() && (self.value.is_empty() || self.value.starts_with('#'))
    }

    /// How many bytes of the line an excerpt may show if nothing above covers the line.
    fn shown(&self) -> usize {
        let is_harmless = self.key.is_some_and(|key| HARMLESS_KEYS.contains(&key));
        if is_harmless && is_word_or_template(self.value.trim()) {
            self.content.len()
        } else {
            self.shown_of_covered()
        }
    }

    /// How many bytes of the line an excerpt may always show: the indentation, a known key, and opening brackets after it.
    fn shown_of_covered(&self) -> usize {
        let value = match self.key {
            Some(_) => self.value.trim_start_matches([' ', '[', '{']),
            None => self.value,
        };
        self.content.len() - value.len()
    }

    /// The column of the first character; a tab may be eight columns wide.
    fn column_max(&self) -> usize {
        /// The widest tab of terminals and editors.
        const TAB_COLUMNS: usize = 8;
        self.lead
            .chars()
            .take_while(|letter| *letter != '-')
            .map(|letter| if letter == '\t' { TAB_COLUMNS } else { 1 })
            .sum()
    }

    /// Whether the line is an item of a list.
    fn is_item(&self) -> bool {
        self.lead.contains('-')
    }
}

/// A covered value or block that may continue in the next lines.
#[derive(Clone, Copy)]
struct CoveredBlock {
    /// The block contains the lines from this column on.
    column: usize,
    /// The block contains list items from one column earlier on.
    has_items: bool,
    /// The number of open brackets.
    brackets: usize,
    /// The open quote.
    quote: Option<char>,
}

impl CoveredBlock {
    /// The block that continues after a line of which an excerpt shows `shown` bytes; `None` if nothing was covered.
    fn behind(line: &Line<'_>, shown: usize) -> Option<Self> {
        if shown == line.content.len() {
            return None;
        }
        let value = line.value.trim_start();
        let quote = value
            .chars()
            .next()
            .filter(|letter| matches!(letter, '"' | '\''));
        let block = Self {
            column: 0,
            has_items: false,
            brackets: 0,
            quote: quote.filter(|quote| is_odd(value, *quote)),
        };
        let block = Self {
            brackets: block.after(value).brackets,
            ..block
        };
        let is_one_value = line.key.is_none() && value.starts_with(['[', '{']);
        let key_column = line.lead.len();
        let has_key = line.key.is_some() || value.contains(':');
        Some(match has_key {
            _ if is_one_value && block.brackets == 0 => return None,
            true => Self {
                column: key_column + 1,
                has_items: true,
                ..block
            },
            false if line.is_item() => Self {
                column: line.lead.find('-').unwrap_or_default() + 1,
                ..block
            },
            // The value of a line above, or a key without its colon.
            false => Self {
                column: key_column,
                ..block
            },
        })
    }

    fn goes_on_in(&self, line: &Line<'_>) -> bool {
        let column = line.column_max();
        self.brackets > 0
            || self.quote.is_some()
            || column >= self.column
            || (self.has_items && line.is_item() && column + 1 >= self.column)
    }

    /// The block after one more of its lines.
    fn after(self, line: &str) -> Self {
        let brackets = line
            .chars()
            .fold(self.brackets, |open, letter| match letter {
                '[' | '{' => open + 1,
                ']' | '}' => open.saturating_sub(1),
                _ => open,
            });
        Self {
            brackets,
            quote: self.quote.filter(|quote| !is_odd(line, *quote)),
            ..self
        }
    }
}

/// Whether a key is one of Kubernetes or of a policy. Such a key itself is not confidential.
pub(super) fn is_known_key(key: &str) -> bool {
    HARMLESS_KEYS.contains(&key) || KNOWN_KEYS.contains(&key) || SECTIONS.contains(&key)
}

/// Whether a text has an odd number of these quotes.
fn is_odd(text: &str, quote: char) -> bool {
    !text.matches(quote).count().is_multiple_of(2)
}

/// Whether a value is empty, one plain word, or a template of such words.
fn is_word_or_template(value: &str) -> bool {
    let is_word = |text: &str| {
        text.chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '/' | '_'))
    };
    let template = value
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    match template {
        Some(words) => words
            .split_whitespace()
            .all(|word| is_word(word) && (word.starts_with('.') || word == "-")),
        None => is_word(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::source::Confidential;

    /// A broken manifest as diagnostics may print it, with `~` for each covered part.
    fn shown(text: &str) -> String {
        let hidden = Confidential::of_hidden(stretches_of_broken_manifest(text)).hidden;
        let mut shown = String::new();
        let mut at = 0;
        for range in hidden {
            shown.push_str(&text[at..range.start]);
            shown.push('~');
            at = range.end;
        }
        shown + &text[at..]
    }

    #[test]
    fn digits_are_shown_of_harmless_keys_only() {
        assert_eq!(
            shown("kind: ConfigMap\ndta:\n  pin: 123456\n pass: 987654\n"),
            "kind: ConfigMap\n~"
        );
        assert_eq!(shown("spec: 123456\npin: 987654\n"), "spec: ~\n~\n");
        assert_eq!(shown("spec: [123456, 2\n"), "spec: [~\n");
        assert_eq!(shown("spec:\n  replicas: 3\n"), "spec:\n  replicas: 3\n");
    }

    #[test]
    fn a_covered_value_covers_the_values_of_the_lines_that_may_belong_to_it() {
        for (text, expected) in [
            ("foo: |\n  name: x\nname: y\n", "~\n  name: ~\nname: y\n"),
            ("foo:\n- name: x\nname: y\n", "~\n- name: ~\nname: y\n"),
            (
                "- foo\n  name: x\n- name: y\n",
                "- ~\n  name: ~\n- name: y\n",
            ),
            (
                "spec:\n  env\n  - name: x\nname: y\n",
                "spec:\n  ~\n  - name: ~\nname: y\n",
            ),
            (
                "spec: {a: b,\nname: x}\nname: y\n",
                "spec: {~\nname: ~\nname: y\n",
            ),
            ("foo: \"a\nname: x\"\nname: y\n", "~\nname: ~\nname: y\n"),
            ("foo\nname: x\n---\nname: y\n", "~\nname: ~\n---\nname: y\n"),
            ("foo: >-\n  x\n---\n name: y\n", "~\n  ~\n---\n name: ~\n"),
            ("# foo\nname: x\n", "~\nname: x\n"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn one_word_or_a_template_is_shown_of_a_harmless_key() {
        let template = "name: {{ .Values.name }}\nimage: {{- .Values.image -}}\n";
        assert_eq!(shown(template), template);
        for value in ["a b", "a: b", "aGI=", "a#b", "'a'", "*a", "\u{fc}"] {
            assert_eq!(shown(&format!("name: {value}\n")), "name: ~\n", "{value}");
        }
    }
}
