//! Which text is confidential, decided by its words alone. Diagnostics never print such text.
//!
//! These rules are for files that have another format than expected. `broken_manifest` has the rules for manifests that cannot be
//! parsed, and `manifest::secrecy` those for objects. If in doubt, a text is hidden.

use std::ops::Range;

/// Keys whose values may be confidential in any object.
const CONFIDENTIAL_KEYS: [&str; 8] = [
    "data",
    "stringData",
    "binaryData",
    "env",
    "args",
    "command",
    "annotations",
    "httpHeaders",
];

/// Types of Secrets.
const SECRET_TYPES: [&str; 4] = [
    "opaque",
    "kubernetes.io/",
    "helm.sh/release",
    "bootstrap.kubernetes.io/",
];

/// Whether the values at `key` may be confidential, even if the key has a typing mistake.
pub(super) fn is_confidential_key(key: &str) -> bool {
    /// The longest key with one extra letter.
    const KEY_BYTES_MAX: usize = 24;
    if key.len() > KEY_BYTES_MAX {
        return false;
    }
    let letters: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    CONFIDENTIAL_KEYS
        .iter()
        .any(|known| is_one_slip_off(letters.as_bytes(), &known.to_ascii_lowercase().into_bytes()))
}

/// Whether one inserted, missing or wrong letter, or two swapped letters, turn one word into the other.
fn is_one_slip_off(word: &[u8], other: &[u8]) -> bool {
    let same = |pair: &(&u8, &u8)| pair.0 == pair.1;
    let prefix = word.iter().zip(other).take_while(same).count();
    let (word, other) = (&word[prefix..], &other[prefix..]);
    let suffix = word
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take_while(same)
        .count();
    let (word, other) = (&word[..word.len() - suffix], &other[..other.len() - suffix]);
    match (word, other) {
        ([a, b], [c, d]) => a == d && b == c,
        _ => word.len() <= 1 && other.len() <= 1,
    }
}

/// Whether `kind` is a kind of Secret, or a mistyped one.
pub(super) fn names_a_secret(kind: &str) -> bool {
    /// `Sercet`, `Secretes`; no other kind of Kubernetes is that near.
    const MISTYPED_LETTERS_MAX: usize = 2;
    let kind = kind.trim().to_ascii_lowercase();
    kind.contains("secret")
        || ["secret", "secrets", "secretlist"].iter().any(|known| {
            kind.len() <= known.len() + MISTYPED_LETTERS_MAX
                && strsim::damerau_levenshtein(&kind, known) <= MISTYPED_LETTERS_MAX
        })
}

/// Whether `text` is the type of a Secret.
pub(super) fn is_type_of_secret(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    SECRET_TYPES.iter().any(|known| text.starts_with(known))
}

/// Whether a text that could not be parsed may hold a Secret.
pub(super) fn may_hold_a_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    mentions_a_secret(&lower) || documents(&lower).any(may_be_a_secret)
}

/// Whether a lower-case text has a word that only Secrets and similar objects have.
fn mentions_a_secret(lower: &str) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = lower.as_bytes();
    let is_word = |(at, word): (usize, &str)| {
        let rest = &bytes[at + word.len()..];
        let rest = rest.strip_prefix(b"list").unwrap_or(rest);
        !is_letter(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && !is_letter(rest.first())
    };
    let types = [
        "kubernetes.io/tls",
        "kubernetes.io/docker",
        "kubernetes.io/basic-auth",
        "kubernetes.io/ssh-auth",
        "kubernetes.io/service-account-token",
    ];
    lower.contains("stringdata")
        || types.iter().any(|known| lower.contains(known))
        || lower.match_indices("secret").any(is_word)
        || lower.match_indices("opaque").any(is_word)
}

/// The documents of a YAML text.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n---")
}

/// Whether a lower-case document may be a Secret by its `kind`, or holds confidential values and has no `kind`.
fn may_be_a_secret(document: &str) -> bool {
    let mut kinds = values_of(document, "kind").peekable();
    if kinds.peek().is_none() {
        return confidential_keys_in(document, ':').next().is_some();
    }
    kinds.any(|kind| kind.is_empty() || names_a_secret(kind))
}

/// The words after `key:`; an empty text if no word follows.
fn values_of<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    keys_in(text, key).map(|key_end| {
        let value = text[key_end..].trim_start_matches([' ', '\t', '"', '\'', ':']);
        let end = value
            .find(|letter: char| !letter.is_ascii_alphanumeric())
            .unwrap_or(value.len());
        &value[..end]
    })
}

/// The ends of each `key` before a colon, including quotes around the key.
fn keys_in<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = usize> + 't {
    words_before(text, ':')
        .filter(move |(word, _)| *word == key)
        .map(|(_, end)| end)
}

/// The ends of the keys whose values may be confidential, even with a typing mistake in the key.
fn confidential_keys_in(text: &str, separator: char) -> impl Iterator<Item = usize> {
    words_before(text, separator)
        .filter(|(word, _)| is_confidential_key(word))
        .map(|(_, end)| end)
}

/// Each word before a separator, and its end, including quotes around the word.
fn words_before(text: &str, separator: char) -> impl Iterator<Item = (&str, usize)> {
    let is_letter =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/');
    text.match_indices(separator).filter_map(move |(at, _)| {
        let quoted = text[..at].trim_end_matches([' ', '\t', '\n', '\r']);
        let word = quoted.strip_suffix(['"', '\'']).unwrap_or(quoted);
        let start = word.trim_end_matches(is_letter).len();
        (start < word.len()).then_some((&word[start..], quoted.len()))
    })
}

/// The parts of a broken manifest after a confidential key, to the end of the key's block.
pub(super) fn confidential_stretches(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for start in confidential_keys_in(text, ':') {
        if found.last().is_none_or(|last| last.end <= start) {
            found.push(start..block_end(text, start));
        }
    }
    found
}

/// The parts of a TOML text that may hold confidential values, also if it cannot be parsed: the lines of a table with a confidential
/// name, and the values of such keys.
pub(super) fn confidential_stretches_of_toml(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut is_in_table = false;
    let mut is_in_value = false;
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let is_name = line.trim_start().starts_with('[') && is_line_of_toml(line.trim());
        if is_name {
            is_in_value = false;
            is_in_table = is_confidential_line_of_toml(line);
        } else if is_in_table || (is_in_value && !starts_with_toml_key(line)) {
            found.push(line_start..line_start + line.trim_end().len());
        } else {
            let key_end = words_before(line, '=')
                .find(|(word, _)| word.split('.').any(is_confidential_key))
                .map(|(_, end)| end);
            is_in_value = key_end.is_some();
            found.extend(key_end.map(|end| line_start + end..line_start + line.trim_end().len()));
        }
        line_start += line.len();
    }
    found
}

/// Whether a line of TOML begins with a key at the left margin, which ends the value before it.
fn starts_with_toml_key(line: &str) -> bool {
    let key = line.trim_start_matches(|letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.')
    });
    key.len() < line.len() && key.trim_start().starts_with('=')
}

/// The end of the block of the key that ends at `key_end`: the next key in a line that is not indented deeper.
///
/// Indentation has no meaning inside brackets, so such a block extends to the end.
fn block_end(text: &str, key_end: usize) -> usize {
    let line_start = text[..key_end].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..key_end];
    if before.contains(['{', '[']) {
        return text.len();
    }
    let depth = indentation(before);
    let mut at = bracketed_end(text, key_end);
    let quotes_in = |stretch: Range<usize>| text[stretch].matches('"').count();
    let mut quotes = quotes_in(key_end..at);
    while let Some(newline) = text[at..].find('\n') {
        let line_start = at + newline + 1;
        quotes += quotes_in(at..line_start);
        at = line_start;
        let line = text[at..].lines().next().unwrap_or_default();
        let is_shallow = indentation(line) <= depth && !line.starts_with('\t');
        let is_next = line.trim_start().starts_with("---") || (is_shallow && starts_with_key(line));
        if is_next && quotes.is_multiple_of(2) {
            return at;
        }
    }
    text.len()
}

/// The closing bracket of the brackets that open right after the key that ends at `key_end`; the end of the text if they never close.
fn bracketed_end(text: &str, key_end: usize) -> usize {
    let value = text[key_end..].trim_start_matches([':', ' ', '\t', '\r', '\n']);
    if !value.starts_with(['{', '[']) {
        return key_end;
    }
    let mut depth = 0usize;
    for (at, letter) in value.char_indices() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text.len() - value.len() + at;
        }
    }
    text.len()
}

/// The indentation of a line's first word; list dashes count.
fn indentation(line: &str) -> usize {
    line.bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'"' | b'\''))
        .count()
}

/// Whether a text consists of keys and values, like YAML and JSON, and is not a table of numbers or a log.
pub(super) fn looks_like_document(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let is_json = start.starts_with('{')
        || start
            .strip_prefix('[')
            .is_some_and(|rest| rest.trim_start().starts_with(['{', '[', '"']));
    is_json
        || text.lines().any(is_line_of_document)
        || text.lines().any(is_confidential_line_of_toml)
}

/// Whether a line is the name of a confidential TOML table, or begins with a confidential key and `=`.
fn is_confidential_line_of_toml(line: &str) -> bool {
    let content = line.trim();
    let is_part = |letter: char| {
        letter.is_ascii_alphanumeric()
            || matches!(letter, '_' | '-' | '.' | '"' | '\'' | ' ' | '\t')
    };
    let named = content.trim_start_matches('[');
    let behind = named.trim_start_matches(is_part);
    let name = &named[..named.len() - behind.len()];
    let is_ended = match named.len() < content.len() {
        true => behind.starts_with(']'),
        false => behind.starts_with('='),
    };
    is_ended && name.split('.').any(|part| is_confidential_key(part.trim()))
}

/// Whether a line belongs to a YAML document or to a PEM key.
pub(super) fn is_line_of_document(line: &str) -> bool {
    let content = line.trim_start_matches([' ', '\t']);
    content.starts_with("---")
        || content.starts_with("%YAML")
        || starts_with_key(line)
        || starts_with_words_and_colon(content)
        || (content.contains('{') && content.contains(':'))
}

/// Whether a line begins with a mistyped key, such as `string Data: x`. In a log, a date comes before the first colon.
fn starts_with_words_and_colon(content: &str) -> bool {
    /// No key of Kubernetes is longer, even with a typing mistake.
    const KEY_BYTES_MAX: usize = 80;
    let Some(colon) = content.find(':') else {
        return false;
    };
    let is_followed = content[colon + 1..].is_empty() || content[colon + 1..].starts_with(' ');
    is_followed && colon <= KEY_BYTES_MAX && !content[..colon].contains([',', '[', '=', '#'])
}

/// Whether a line begins with `key:`, also in a list, in quotes or after a bracket.
fn starts_with_key(line: &str) -> bool {
    /// No key of Kubernetes is longer.
    const KEY_BYTES_MAX: usize = 256;
    let content = line.trim_start_matches([' ', '\t', '-', '?', '{', '[', ',']);
    let is_bracketed = line[..line.len() - content.len()].contains('{');
    let (unquoted, quote) = match content.strip_prefix(['"', '\'']) {
        Some(rest) => (rest, content.chars().next()),
        None => (content, None),
    };
    let length = unquoted
        .bytes()
        .take(KEY_BYTES_MAX)
        .take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'<')
        })
        .count();
    if length == 0 {
        return false;
    }
    let rest = &unquoted[length..];
    let rest = quote.map_or(Some(rest), |quote| rest.strip_prefix(quote));
    let Some(value) = rest.and_then(|rest| rest.trim_start_matches([' ', '\t']).strip_prefix(':'))
    else {
        return false;
    };
    quote.is_some()
        || is_bracketed
        || value.is_empty()
        || value.starts_with([' ', '\t', '\r', '\n'])
}

/// Whether a text that is read as TOML may hold confidential values: it has lines of another format, and either keys of such values
/// or more other lines than lines of TOML.
pub(super) fn is_confidential_document(text: &str) -> bool {
    if !looks_like_document(text) {
        return false;
    }
    let lines = || {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
    };
    let of_toml = lines().filter(|line| is_line_of_toml(line)).count();
    let lower = text.to_ascii_lowercase();
    lines().count() > 2 * of_toml
        || mentions_a_secret(&lower)
        || ["kind", "apiversion"]
            .into_iter()
            .any(|key| keys_in(&lower, key).next().is_some())
        || !confidential_stretches(text).is_empty()
}

/// Whether a line is a table's name, a `key = value`, or the end of an array.
fn is_line_of_toml(line: &str) -> bool {
    let content = line.trim_start_matches(['{', ' ', '\t', ',']);
    let key = content.trim_start_matches(|letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '"' | '\'')
    });
    let is_pair = key.len() < content.len() && key.trim_start().starts_with('=');
    let is_name = line.starts_with('[') && line.contains(']') && !line.contains(['{', ':']);
    is_pair || is_name || line.chars().all(|letter| matches!(letter, ']' | '}' | ','))
}

/// Whether a JSON text that is read as a recording may hold confidential values.
pub(super) fn is_confidential_json(text: &str) -> bool {
    is_json_of_objects(text) || mentions_a_secret(&text.to_ascii_lowercase())
}

/// Whether a JSON text has, near its top, a key that only Kubernetes objects have.
///
/// Deeper in the text, such words may be labels of a series.
pub(super) fn is_json_of_objects(text: &str) -> bool {
    /// The depth of an object in a list, or in the items of a List.
    const DEPTH_MAX: usize = 3;
    const KEYS: [&str; 5] = [
        "apiVersion",
        "kind",
        "stringData",
        "binaryData",
        "immutable",
    ];
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0usize, 0);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let start = at;
                while let Some(inner) = bytes.get(at) {
                    at += 1;
                    match inner {
                        b'\\' => at += 1,
                        b'"' => break,
                        _ => {}
                    }
                }
                let word = text.get(start..at.saturating_sub(1)).unwrap_or_default();
                let is_key = text
                    .get(at..)
                    .is_some_and(|rest| rest.trim_start().starts_with(':'));
                let is_known = KEYS.iter().any(|key| key.eq_ignore_ascii_case(word));
                if is_key && is_known && depth <= DEPTH_MAX {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_that_may_be_meant_as_secrets_are_known() {
        for kind in [
            "Secret",
            "secret",
            "Secrets",
            "Sercet",
            "SecretList",
            "Secrt",
            "SealedSecret",
        ] {
            assert!(names_a_secret(kind), "{kind}");
        }
        for kind in [
            "Service",
            "Deployment",
            "Ingress",
            "ConfigMap",
            "Role",
            "List",
        ] {
            assert!(!names_a_secret(kind), "{kind}");
        }
    }

    #[test]
    fn keys_of_confidential_values_are_known_with_a_slip() {
        for key in [
            "env",
            "Args",
            "comand",
            "annotatoins",
            "\tdata",
            "string'Data",
            "binaryDat",
        ] {
            assert!(is_confidential_key(key), "{key}");
        }
        for key in [
            "image", "name", "envFrom", "metadata", "labels", "spec", "ports",
        ] {
            assert!(!is_confidential_key(key), "{key}");
        }
    }

    #[test]
    fn broken_texts_that_may_hold_a_secret_are_known() {
        for text in [
            "kind: Secret\n\tx",
            "kind: [Secret]\ndata: {a: b",
            "Kind: Sercet\ndata:\n",
            "data:\n  key: x\n",
            "{\"kind\":\"Pod\"}\n---\n{\"stringData\":{",
            "type: Opaque\ndata: {",
            "kind:\n  Secret\n",
        ] {
            assert!(may_hold_a_secret(text), "{text}");
        }
        for text in [
            "kind: Deployment\nspec: {\n",
            "kind: Deployment\nspec:\n  containers:\n  - env:\n    - secretKeyRef: {name: x\n",
        ] {
            assert!(!may_hold_a_secret(text), "{text}");
        }
    }

    #[test]
    fn a_block_ends_at_the_next_key_that_is_indented_no_deeper() {
        let text = "spec:\n  args:\n  - a\n    b\n c\n  image: x\n  env: [{name: a,\nvalue: b}]\n";
        let shown: Vec<&str> = confidential_stretches(text)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(
            shown,
            [":\n  - a\n    b\n c\n", ": [{name: a,\nvalue: b}]\n"]
        );
    }

    #[test]
    fn documents_differ_from_tables_and_logs() {
        for text in [
            "a: b\n",
            "- key:\n",
            " {\"a\":1}",
            "# x\n\"key\":\"value\"\n",
            "-----BEGIN RSA PRIVATE KEY-----\n",
            "\tkind : x\n",
            "- {kind: Secret}\n",
        ] {
            assert!(looks_like_document(text), "{text}");
        }
        for text in [
            "time_s,rps\n0,1\n",
            "127.0.0.1 - - [10/Oct/2025:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5\n",
            "2001:db8::1 - - [10/Oct/2025:13:55:36 -0700] \"GET /\" 200 5\n",
            "[10/Oct/2025:13:55:36 -0700] GET\n",
            "[hpa]\nmaxReplicas = 5\n",
        ] {
            assert!(!looks_like_document(text), "{text}");
        }
    }

    #[test]
    fn labels_of_a_series_make_no_object() {
        assert!(is_json_of_objects("{\"data\": {}, \"kind\" : \"x\"}"));
        assert!(is_json_of_objects("{\"items\": [{\"kind\": \"x\"}]}"));
        assert!(!is_json_of_objects(
            "{\"data\":{\"result\":[{\"metric\":{\"kind\":\"x\"}}]},\"status\":\"kind\"}"
        ));
    }
}
