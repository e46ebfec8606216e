//! `--set path=value`: one key of a policy, changed from the command line.
//!
//! This module changes the tree. The typed reader checks the key and the value
//! later, and its messages point at the argument.

use super::diagnostic::Code;
use super::hpa_section;
use super::keys::declared::{CLUSTER, KUBERNETES};
use super::keys::kinds::is_unsaid;
use super::keys::{self, KeyRow};
use super::policy::SECTIONS;
use super::reader::Faults;
use super::source::{Origin, SourceId, Sources};
use super::toml_text::{PathKey, ValueFault, is_value, parse_path, parse_value};
use super::tree::{Entry, Node, Table, Value};
use crate::text::shell_word;

/// What a diagnostic calls the argument of `--set`.
pub(super) const SOURCE_NAME: &str = "--set";

/// A parsed argument.
struct Override {
    keys: Vec<PathKey>,
    value: Node,
}

/// Keeps the arguments of `--set`.
pub(super) fn add_arguments(sources: &mut Sources, arguments: &[String]) -> Vec<SourceId> {
    arguments
        .iter()
        .map(|argument| sources.add(SOURCE_NAME.to_owned(), argument.clone()))
        .collect()
}

/// Applies the arguments kept as `ids` to `table`, in their order.
pub(super) fn apply(
    table: &mut Table,
    ids: &[SourceId],
    sources: &Sources,
    faults: &mut Faults<'_>,
) {
    for &id in ids {
        if let Some(change) = parse(id, sources, faults) {
            write_out(table, &change.keys, id);
            put(table, &change.keys, change.value, id, faults);
        }
    }
}

/// The keys of the path that an argument sets; `None` where it has no path.
pub(super) fn path(id: SourceId, sources: &Sources) -> Option<Vec<String>> {
    let text = &sources.get(id).text;
    let keys = parse_path(&text[..equals_sign(text)?])?;
    Some(keys.into_iter().map(|key| key.key).collect())
}

fn parse(id: SourceId, sources: &Sources, faults: &mut Faults<'_>) -> Option<Override> {
    let text = &sources.get(id).text;
    let whole = Origin::new(id, 0..text.len());
    let Some(equals) = equals_sign(text) else {
        faults.report(
            Code::OverrideMalformed,
            whole,
            "`--set` takes path=value",
            "write `--set hpa.maxReplicas=20`",
        );
        return None;
    };
    let Some(keys) = parse_path(&text[..equals]) else {
        faults.report(
            Code::OverrideMalformed,
            Origin::new(id, 0..equals),
            format!("`{}` is not a path", &text[..equals]),
            "join keys with dots, elements of arrays by number: `hpa.metrics.0.type`",
        );
        return None;
    };
    if let Some(key @ ("extends" | "remove" | "manifest")) =
        keys.first().map(|key| key.key.as_str())
    {
        faults.report(
            Code::OverrideMalformed,
            whole,
            format!("`{key}` says how files are put together and cannot be set"),
            "write it into a policy file",
        );
        return None;
    }
    if let [first, ..] = &keys[..]
        && !is_of_the_root(&first.key)
        && let Some(settings) = settings_of_key(&text[..equals], Some(&text[equals + 1..]))
    {
        faults.report(
            Code::UnknownKey,
            first.origin(id),
            format!("a policy has no section `{}`", first.key),
            format!("write the whole path: {settings}"),
        );
        return None;
    }
    let value = text[equals + 1..].trim();
    if let Some(first) = first_of_several(value) {
        faults.report(
            Code::OverrideMalformed,
            Origin {
                start: equals + 1,
                ..whole
            },
            format!("`{value}` is several values, and this `--set` takes one"),
            format!(
                "write one, as `--set {}`; `hpasim sweep` takes several, and `hpasim tune` takes them with `--param`",
                shell_word(&format!("{}={first}", &text[..equals]))
            ),
        );
        return None;
    }
    if is_unquoted_text(&keys, value) {
        return Some(Override {
            keys,
            value: bare_word(text, id, equals + 1),
        });
    }
    match parse_value(sources, id, equals + 1) {
        Ok(value) => Some(Override { keys, value }),
        Err(ValueFault::Number(list)) => {
            faults.extend(list);
            None
        }
        Err(ValueFault::Syntax) => {
            let path = &text[..equals];
            // What more than a line there is was pasted by mistake.
            let value = text[equals + 1..].trim().lines().next().unwrap_or_default();
            let help = if value.is_empty() {
                format!("write a value after the sign, as `--set '{path}=1'`")
            } else {
                format!("put a text into quotes: `--set '{path}=\"{value}\"'`")
            };
            faults.report(
                Code::OverrideMalformed,
                Origin::new(id, equals + 1..text.len()),
                if value.is_empty() {
                    format!("`{path}` is set to nothing")
                } else {
                    format!("`{value}` is not a TOML value")
                },
                help,
            );
            None
        }
    }
}

/// Whether `value` is a text that an argument may state without quotes.
fn is_unquoted_text(keys: &[PathKey], value: &str) -> bool {
    is_bare_word(value) || (is_release(keys) && is_value(value) && !value.starts_with(['"', '\'']))
}

/// Whether the path is that of the release, whose name looks like a number: `1.30` is not 1.3.
fn is_release(keys: &[PathKey]) -> bool {
    let path = keys.iter().map(|key| key.key.as_str());
    path.eq(["controller", KUBERNETES.name])
}

/// Whether `path` is that of the release, whose values are text also where they look like numbers.
#[must_use]
pub fn is_path_of_release(path: &str) -> bool {
    parse_path(path).is_some_and(|keys| is_release(&keys))
}

/// The most paths that a suggestion lists.
const PATHS_MAX: usize = 3;

/// How to set the keys of a policy that end in `name`, as `--set hpa.maxReplicas=80`; `None` where no key does.
///
/// Several keys are joined by "or", at most three. A value that a shell would split or read becomes `VALUE`.
#[must_use]
pub fn settings_of_key(name: &str, value: Option<&str>) -> Option<String> {
    let is_plain = |text: &&str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-%,:".contains(letter);
        !text.is_empty() && text.chars().all(plain)
    };
    let value = value.filter(is_plain).unwrap_or("VALUE");
    let of_the_root = (name == "name").then(|| name.to_owned());
    let paths = of_the_root.into_iter().chain(paths_of_key(name));
    let paths = paths.take(PATHS_MAX);
    let settings: Vec<String> = paths.map(|path| format!("--set {path}={value}")).collect();
    (!settings.is_empty()).then(|| settings.join(" or "))
}

/// The paths of a policy that end in `name`, as `--set` takes them; a table is set by its keys.
///
/// `maxReplicas`, `max-replicas` and `hpa.maxReplicas` all give `hpa.maxReplicas`.
fn paths_of_key(name: &str) -> Vec<String> {
    let plain = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let end = format!(".{}", plain(name));
    let declared: Vec<String> = keys::all().iter().map(KeyRow::path).collect();
    let is_table = |path: &str| {
        let within = format!("{path}.");
        declared.iter().any(|other| other.starts_with(&within))
    };
    hpa_section::paths_of_single_values()
        .chain(declared.iter().cloned())
        // A path into an array needs the number of the element.
        .filter(|path| !path.contains(".N.") && !is_table(path))
        .filter(|path| format!(".{}", plain(path)).ends_with(&end))
        .collect()
}

/// Whether a policy can have `key` at its root.
fn is_of_the_root(key: &str) -> bool {
    SECTIONS.contains(&key) || ["name", CLUSTER.name].contains(&key)
}

/// The first value of a list or range, which only `sweep` and `tune` take: `10` of `10,20` and of `10..40:10`.
///
/// It is a number or a duration, because a text may contain commas and dots.
fn first_of_several(text: &str) -> Option<&str> {
    if is_value(text) || text.starts_with(['[', '{']) {
        return None;
    }
    let end = text.find(',').or_else(|| text.find(".."))?;
    let first = text[..end].trim();
    let unquoted = first.strip_prefix(['"', '\'']).unwrap_or(first);
    let unsigned = unquoted.strip_prefix(['-', '+']).unwrap_or(unquoted);
    unsigned
        .starts_with(|letter: char| letter.is_ascii_digit())
        .then_some(first)
}

/// Whether `text` is no TOML, and a word that needs no quotes in an argument: `45s`, `-5s`, `250m`, `Min`.
fn is_bare_word(text: &str) -> bool {
    let is_of_a_word =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-' | '%');
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(is_of_a_word)
        && !is_value(text)
}

/// `text` as a TOML value: a bare word gets its quotes.
#[must_use]
pub fn quote_bare_word(text: &str) -> String {
    if is_bare_word(text) {
        format!("\"{text}\"")
    } else {
        text.to_owned()
    }
}

/// A well-formed argument as a line of a policy's file: what is read as a text without quotes gets them.
pub(super) fn line_of_file(argument: &str) -> String {
    let Some(equals) = equals_sign(argument) else {
        return argument.to_owned();
    };
    let (path, value) = (argument[..equals].trim(), argument[equals + 1..].trim());
    let is_text = parse_path(path).is_some_and(|keys| is_unquoted_text(&keys, value));
    if is_text {
        format!("{path} = \"{value}\"")
    } else {
        format!("{path} = {value}")
    }
}

/// The bare word from the byte `start` of the argument on.
fn bare_word(argument: &str, source: SourceId, start: usize) -> Node {
    let rest = &argument[start..];
    let start = start + rest.len() - rest.trim_start().len();
    let word = rest.trim();
    let origin = Origin::new(source, start..start + word.len());
    Node::new(Value::Text(word.to_owned()), origin)
}

/// The first equals sign outside quotes.
fn equals_sign(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '=') => return Some(at),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    None
}

/// Writes out the value that lies above the key that a path sets, where it is unsaid or short.
///
/// `workload.cpu_per_request.mean` belongs to the table of the default where the policy does not state the cost, and
/// `workload.cpu_per_request.machine` to a table of the plain duration that the policy states.
fn write_out(table: &mut Table, keys: &[PathKey], id: SourceId) {
    let [section, key, inner] = keys else { return };
    let Some(declared) = keys::find(&section.key, &key.key) else {
        return;
    };
    let Some(mut default) = declared.default_text().and_then(parse_flat_table) else {
        return;
    };
    let beside = keys::names(declared.keys_beside());
    let is_of_default = default.get(&inner.key).is_some();
    let stated = table.get(&section.key).and_then(|node| node.get(&key.key));
    let origin = stated.map_or(key.origin(id), |node| node.origin);
    if let Some(Value::Text(plain)) = stated.map(|node| &node.value)
        && beside.contains(&inner.key.as_str())
    {
        default = constant(plain, origin);
    } else if !is_of_default || stated.is_some_and(|node| !is_unsaid(node, &beside)) {
        return;
    }
    default.for_each_mut(|entry| {
        entry.key_origin = origin;
        entry.node.origin = origin;
    });
    if let Some(Value::Table(stated_beside)) = stated.map(|node| &node.value) {
        default.merge(stated_beside.clone());
    }
    if table.get(&section.key).is_none() {
        let place = section.origin(id);
        table.put(
            &section.key,
            Node::new(Value::Table(Table::default()), place),
        );
    }
    if let Some(Node {
        value: Value::Table(section),
        ..
    }) = table.get_mut(&section.key)
    {
        section.put(&key.key, Node::new(Value::Table(default), origin));
    }
}

/// A default that is a table of single values; `None` where the default is something else.
fn parse_flat_table(text: &str) -> Option<Table> {
    let mut sources = Sources::default();
    let id = sources.add(SOURCE_NAME.to_owned(), text.to_owned());
    match parse_value(&sources, id, 0).ok()?.value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

/// A plain duration as the table that says the same.
fn constant(plain: &str, origin: Origin) -> Table {
    let text = |text: &str| Node::new(Value::Text(text.to_owned()), origin);
    let mut table = Table::default();
    table.put("dist", text("constant"));
    table.put("value", text(plain));
    table
}

/// Puts `value` at `keys`, making the tables on the way.
fn put(table: &mut Table, keys: &[PathKey], value: Node, id: SourceId, faults: &mut Faults<'_>) {
    let [first, rest @ ..] = keys else { return };
    let key_origin = first.origin(id);
    if rest.is_empty() {
        table.insert(Entry {
            key: first.key.clone(),
            key_origin,
            node: value,
        });
        return;
    }
    if table.get(&first.key).is_none() {
        if let Some(next) = rest.first()
            && is_index(&next.key)
        {
            faults.report(
                Code::PathNowhere,
                next.origin(id),
                format!(
                    "the policy has no `{}`, so there is no element {}",
                    first.key, next.key
                ),
                format!("set the whole array: `{}=[...]`", first.key),
            );
            return;
        }
        table.insert(Entry {
            key: first.key.clone(),
            key_origin,
            node: Node::new(Value::Table(Table::default()), key_origin),
        });
    }
    if let Some(node) = table.get_mut(&first.key) {
        put_below(node, first, rest, value, id, faults);
    }
}

/// Puts `value` at `rest` below `node`, which is called `parent`.
fn put_below(
    node: &mut Node,
    parent: &PathKey,
    rest: &[PathKey],
    value: Node,
    id: SourceId,
    faults: &mut Faults<'_>,
) {
    let Some(next) = rest.first() else {
        *node = value;
        return;
    };
    let origin = next.origin(id);
    match &mut node.value {
        Value::Table(table) => put(table, rest, value, id, faults),
        Value::Array(items) => {
            let length = items.len();
            let item = next
                .key
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index));
            match item {
                Some(item) => put_below(item, next, &rest[1..], value, id, faults),
                None => faults.report(
                    Code::PathNowhere,
                    origin,
                    format!("`{}` has no element `{}`", parent.key, next.key),
                    match length {
                        0 => format!("`{}` is empty; set the whole array", parent.key),
                        1 => "its only element is 0".to_owned(),
                        _ => format!("its elements are 0 to {}", length - 1),
                    },
                ),
            }
        }
        other => faults.report(
            Code::PathNowhere,
            origin,
            format!(
                "`{}` is {}, so nothing lies below it",
                parent.key,
                other.type_name()
            ),
            format!("end the path at `{}`", parent.key),
        ),
    }
}

/// Whether a key is the number of an element.
fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_that_is_no_toml_gets_quotes() {
        for (typed, value) in [
            ("45s", "\"45s\""),
            ("-5s", "\"-5s\""),
            ("1_000s", "\"1_000s\""),
            ("250m", "\"250m\""),
            ("Min", "\"Min\""),
            ("10%", "\"10%\""),
            ("80", "80"),
            ("0.5", "0.5"),
            ("-5", "-5"),
            ("1_000", "1_000"),
            ("0xFF", "0xFF"),
            ("inf", "inf"),
            ("true", "true"),
            ("\"45s\"", "\"45s\""),
            ("3 4", "3 4"),
            ("{ dist = 1s }", "{ dist = 1s }"),
            ("", ""),
        ] {
            assert_eq!(quote_bare_word(typed), value, "{typed}");
        }
    }

    #[test]
    fn a_list_and_a_range_are_several_values_and_a_text_or_an_array_is_one() {
        for (text, first) in [
            ("10,20", Some("10")),
            ("5s, 45s", Some("5s")),
            ("10..40:10", Some("10")),
            ("10s..40s", Some("10s")),
            ("\"a,b\"", None),
            ("[1,2", None),
            ("{ a = 1, b }", None),
            ("0.5", None),
            ("-1,1", Some("-1")),
            ("\"5s\",\"6s\"", Some("\"5s\"")),
            ("a,b", None),
            ("https://x..y", None),
            (",", None),
        ] {
            assert_eq!(first_of_several(text), first, "{text}");
        }
    }

    #[test]
    fn a_key_is_found_by_the_end_of_its_path() {
        for name in ["maxReplicas", "max-replicas", "hpa.maxReplicas"] {
            assert_eq!(paths_of_key(name), ["hpa.maxReplicas"], "{name}");
        }
        assert_eq!(paths_of_key("init"), ["pod.init"]);
        assert_eq!(paths_of_key("Replicas"), ["deployment.replicas"]);
        assert!(paths_of_key("nothing").is_empty());
    }

    #[test]
    fn a_suggestion_lists_every_key_that_could_be_meant_and_no_table() {
        assert_eq!(
            settings_of_key("stabilizationWindowSeconds", Some("60")).as_deref(),
            Some(
                "--set hpa.behavior.scaleUp.stabilizationWindowSeconds=60 or --set hpa.behavior.scaleDown.stabilizationWindowSeconds=60"
            )
        );
        assert_eq!(
            settings_of_key("maxReplicas", Some("a b")).as_deref(),
            Some("--set hpa.maxReplicas=VALUE")
        );
        assert_eq!(settings_of_key("requests", Some("1")), None);
        assert_eq!(
            settings_of_key("name", Some("x")).as_deref(),
            Some("--set name=x or --set deployment.name=x")
        );
    }
}
