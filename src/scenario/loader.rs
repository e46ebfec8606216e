//! Files come through here: the loader that a caller hands in, and policies that extend each other.
//!
//! Self-imposed limit: no file system of its own, and no key but `extends`,
//! `remove` and `name`, which say how files are put together.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::reader::{Faults, nearest};
use super::source::{Origin, SourceId, Sources};
use super::toml_text::{parse_document, parse_path};
use super::tree::{Table, Value};

/// Reads files for a scenario.
pub trait Loader {
    /// The whole content of the file at `path`.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError>;
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// It may not be read.
    #[error("permission denied")]
    Denied,
    /// It is a folder.
    #[error("it is a folder")]
    Folder,
    /// Anything else, in the system's words.
    #[error("{0}")]
    Other(String),
}

impl From<std::io::Error> for LoadError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::IsADirectory => Self::Folder,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl LoadError {
    fn help(&self, asked_by: Option<&Place>) -> &'static str {
        match self {
            Self::Missing if asked_by.is_some() => {
                "check the path: it starts at the folder of the file that names it"
            }
            Self::Missing => "check the path",
            Self::Denied => "make the file readable for you",
            Self::Folder => "name a file in that folder",
            Self::Other(_) => "check the file and the disk",
        }
    }
}

/// A file that went into a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Its path, as the loader was asked for it.
    pub path: PathBuf,
    /// Its bytes as they were read, compressed ones still compressed.
    pub bytes: Vec<u8>,
}

/// Reads a file.
///
/// # Errors
/// The diagnostic for it; its place is `asked_by`, where a text names the file.
pub(super) fn read_file(
    loader: &mut dyn Loader,
    path: &Path,
    asked_by: Option<Box<Place>>,
) -> Result<Vec<u8>, Diagnostic> {
    loader.read(path).map_err(|error| Diagnostic {
        code: Code::FileUnreadable,
        message: format!("cannot read `{}`: {error}", path.display()),
        help: error.help(asked_by.as_deref()).to_owned(),
        place: asked_by,
    })
}

/// Bytes as text without a byte order mark.
///
/// # Errors
/// The diagnostic for a file that holds something else.
pub(super) fn text_of<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, Diagnostic> {
    let not_text = |what: String| Diagnostic {
        code: Code::FileNotText,
        message: format!("`{}` is not a text file: {what}", path.display()),
        place: None,
        help: "give a file of plain UTF-8 text (a trace may be compressed with gzip)".to_owned(),
    };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| not_text(format!("byte {} is not UTF-8", error.valid_up_to() + 1)))?;
    match text.find('\0') {
        Some(at) => Err(not_text(format!("byte {} is NUL", at + 1))),
        None => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
    }
}

/// How many policies may stand on each other's shoulders.
const EXTENDS_DEPTH_MAX: usize = 32;

/// Reads a policy and all that it extends.
pub(super) struct PolicyFiles<'l> {
    /// Where files come from.
    pub(super) loader: &'l mut dyn Loader,
    /// The texts read.
    pub(super) sources: Sources,
    /// The files read.
    pub(super) inputs: Vec<InputFile>,
    /// What is wrong with them.
    pub(super) faults: Diagnostics,
}

/// A policy with its bases merged in.
pub(super) struct PolicyTree {
    /// All keys.
    pub(super) table: Table,
    /// The policy's own file.
    pub(super) source: SourceId,
}

impl PolicyFiles<'_> {
    /// The policy at `path`, its bases below it; `None` when some file could not be used.
    pub(super) fn read_policy(&mut self, path: &Path) -> Option<PolicyTree> {
        self.read_layer(path, None, &mut Vec::new())
    }

    fn read_layer(
        &mut self,
        path: &Path,
        asked_by: Option<Origin>,
        chain: &mut Vec<PathBuf>,
    ) -> Option<PolicyTree> {
        let place = asked_by.map(|origin| Box::new(Place::of(&self.sources, origin)));
        let plain = without_detours(path);
        let loops = chain.contains(&plain);
        if loops || chain.len() >= EXTENDS_DEPTH_MAX {
            let (message, help) = if loops {
                (
                    format!("`{}` ends up extending itself", path.display()),
                    "take `extends` out of one of the files in the circle",
                )
            } else {
                (
                    format!("more than {EXTENDS_DEPTH_MAX} policies extend each other"),
                    "merge some of them into one file",
                )
            };
            self.faults.list.push(Diagnostic {
                code: Code::ExtendsLoop,
                message,
                place,
                help: help.to_owned(),
            });
            return None;
        }
        if let Some(fault) = other_format(path, &place) {
            self.faults.list.push(fault);
            return None;
        }
        let bytes = match read_file(self.loader, path, place) {
            Ok(bytes) => bytes,
            Err(fault) => {
                self.faults.list.push(fault);
                return None;
            }
        };
        let text = text_of(path, &bytes).map(str::to_owned);
        self.inputs.push(InputFile {
            path: path.to_owned(),
            bytes,
        });
        let text = match text {
            Ok(text) => text,
            Err(fault) => {
                self.faults.list.push(fault);
                return None;
            }
        };
        let source = self.sources.add(path.display().to_string(), text);
        let mut table = match parse_document(&self.sources, source) {
            Ok(table) => table,
            Err(faults) => {
                self.faults.absorb(faults);
                return None;
            }
        };
        let extends = table.remove("extends");
        let remove = table.remove("remove");
        let mut faults = Faults::new(&self.sources);
        let base_name = extends.and_then(|entry| match entry.node.value {
            Value::Text(name) => Some((name, entry.node.origin)),
            other => {
                faults.wrong_type("extends", "a string", &other, entry.node.origin);
                None
            }
        });
        if let (Some(entry), None) = (&remove, &base_name) {
            faults.report(
                Code::Conflict,
                entry.key_origin,
                "`remove` leaves out keys of a base, and this policy extends none",
                "name the base with `extends`, or delete this line",
            );
        }
        let found = faults.into_list();
        self.faults.list.extend(found);
        let Some((base_name, base_origin)) = base_name else {
            return Some(PolicyTree { table, source });
        };
        chain.push(plain);
        let base_path = path.parent().unwrap_or(Path::new("")).join(base_name);
        let base = self.read_layer(&base_path, Some(base_origin), chain);
        chain.pop();
        let mut base = base?.table;
        // A name is one policy's own: who extends it is another.
        base.remove("name");
        let mut faults = Faults::new(&self.sources);
        if let Some(entry) = remove {
            remove_keys(&mut base, &entry.node.value, entry.node.origin, &mut faults);
        }
        let found = faults.into_list();
        self.faults.list.extend(found);
        base.merge(table);
        Some(PolicyTree {
            table: base,
            source,
        })
    }
}

/// What is wrong with a policy whose name says that it is none.
fn other_format(path: &Path, place: &Option<Box<Place>>) -> Option<Diagnostic> {
    let extension = path.extension()?.to_str()?;
    let (what, help) = match extension {
        "yaml" | "yml" | "json" => (
            "a Kubernetes manifest, which this version does not read",
            "write a TOML policy whose [hpa] is the `spec` of the HorizontalPodAutoscaler",
        ),
        "csv" | "gz" => ("a trace", "name the policy first and the trace second"),
        _ => return None,
    };
    Some(Diagnostic {
        code: Code::Unsupported,
        message: format!("`{}` looks like {what}", path.display()),
        place: place.clone(),
        help: help.to_owned(),
    })
}

/// `path` without `.` and `name/..`, so that two ways to one file compare equal.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Takes the keys that `remove = [..]` names out of a base.
fn remove_keys(base: &mut Table, value: &Value, origin: Origin, faults: &mut Faults<'_>) {
    let Value::Array(paths) = value else {
        faults.wrong_type("remove", "an array of strings", value, origin);
        return;
    };
    for node in paths {
        let Value::Text(path) = &node.value else {
            faults.wrong_type("remove", "an array of strings", &node.value, node.origin);
            continue;
        };
        let keys: Vec<String> = parse_path(path)
            .unwrap_or_default()
            .into_iter()
            .map(|key| key.key)
            .collect();
        if let Err(help) = remove_path(base, &keys) {
            faults.report(
                Code::PathNowhere,
                node.origin,
                format!("the base has no `{path}` to remove"),
                help,
            );
        }
    }
}

/// Takes one path out of a table, or says what to write instead.
fn remove_path(table: &mut Table, keys: &[String]) -> Result<(), String> {
    let missing = |table: &Table, key: &str| {
        nearest(key, table.entries.iter().map(|entry| entry.key.as_str())).map_or_else(
            || "delete the path from the list".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )
    };
    match keys {
        [] => Err("write a path as \"hpa.behavior\"".to_owned()),
        [last] => match table.remove(last) {
            Some(_) => Ok(()),
            None => Err(missing(table, last)),
        },
        [first, rest @ ..] => {
            if let Some(super::tree::Node {
                value: Value::Table(inner),
                ..
            }) = table.get_mut(first)
            {
                return remove_path(inner, rest);
            }
            Err(missing(table, first))
        }
    }
}
