//! The files of a policy: the caller's loader, `extends` and manifests.
//!
//! The only keys known here are `manifest`, `extends`, `remove` and `name`, which combine files.

mod together;

use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use super::file_fault::{text_of, trace_too_large, unreadable};
use super::file_request::{FileKind, FileRequest, LoadError, NamedBy, STANDARD_INPUT};
use super::foreign_file;
use super::manifest::{
    self, CopiedObjects, HpaIdentity, KeyNote, ManifestChoice, Objects, UnusableMemory,
};
use super::overrides;
use super::reader::Faults;
use super::secrecy::{confidential_stretches_of_toml, is_confidential_document};
use super::source::{Confidential, Origin, SourceId, Sources};
use super::toml_text::{parse_document, parse_path};
use super::tree::{Entry, Table, Value};

/// Reads files for a scenario.
pub trait Loader {
    /// The whole content of the file at `path`.
    ///
    /// # Errors
    /// Why the loader cannot read it.
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError>;

    /// The whole content of the requested file, at most of the size of its kind.
    ///
    /// A loader that reads from a file system stops at the limit, and reads a file that another file names only if it is a
    /// regular file.
    ///
    /// # Errors
    /// Why the loader cannot read it.
    fn fetch(&mut self, request: FileRequest<'_>) -> Result<Vec<u8>, LoadError> {
        request.within_limit(self.read(request.path)?)
    }

    /// The files that a path stands for if it is a folder or a pattern, in the order of their names; `None` for the path of one file.
    ///
    /// Only paths that the user names are expanded.
    ///
    /// # Errors
    /// There are no such files, or the folder cannot be read.
    fn expand(&mut self, _path: &Path) -> Result<Option<Vec<PathBuf>>, LoadError> {
        Ok(None)
    }
}

/// A file of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedFile {
    /// The path that the loader was given.
    pub path: PathBuf,
    /// The bytes as read; a gzip is still compressed.
    pub bytes: Vec<u8>,
}

/// Reads a file.
///
/// # Errors
/// The diagnostic of a file that cannot be read; its place is `asked_by`, if a policy names the file.
pub(crate) fn read_file(
    loader: &mut dyn Loader,
    path: &Path,
    kind: FileKind,
    asked_by: Option<Box<Place>>,
) -> Result<Vec<u8>, Diagnostic> {
    let named_by = match asked_by {
        Some(_) => NamedBy::Policy,
        None => NamedBy::User,
    };
    let request = FileRequest {
        path,
        kind,
        named_by,
    };
    loader.fetch(request).map_err(|error| match (error, kind) {
        (LoadError::TooLarge { bytes_max }, FileKind::Trace) => trace_too_large(path, bytes_max),
        (error, _) => unreadable(path, &error, asked_by),
    })
}

/// The longest chain of `extends`.
const EXTENDS_DEPTH_MAX: usize = 32;

/// Reads a policy and its bases.
pub(super) struct PolicyFiles<'l> {
    /// The caller's loader.
    pub(super) loader: &'l mut dyn Loader,
    /// The texts read.
    pub(super) sources: Sources,
    /// The files read.
    pub(super) inputs: Vec<LoadedFile>,
    /// The faults of the texts.
    pub(super) faults: Diagnostics,
    /// The chosen objects of a manifest.
    pub(super) choice: ManifestChoice,
    /// The name and namespace of the autoscaler in a manifest; the topmost manifest counts.
    pub(super) identity: Option<HpaIdentity>,
    /// Why the memory in that autoscaler's status is not used, if there is a status.
    pub(super) unusable_memory: Option<UnusableMemory>,
    /// How many manifests were requested.
    manifests: usize,
    /// Warnings about single keys of a manifest.
    notes: Vec<(SourceId, KeyNote)>,
    /// The manifests that were read, by path: each autoscaler of a manifest is read from the same objects.
    read: Vec<(PathBuf, ReadManifest)>,
}

/// The objects of a manifest, with its source; of a folder the source of the first file.
#[derive(Clone, Debug)]
struct ReadManifest {
    source: SourceId,
    objects: Rc<Objects>,
}

/// A policy with its bases merged in.
#[derive(Clone, Debug)]
pub(super) struct PolicyTree {
    /// All keys, with those of the bases.
    pub(super) table: Table,
    /// The policy's own file.
    pub(super) source: SourceId,
}

impl<'l> PolicyFiles<'l> {
    /// A reader without files.
    pub(super) fn new(loader: &'l mut dyn Loader, choice: ManifestChoice) -> Self {
        Self {
            loader,
            sources: Sources::default(),
            inputs: Vec::new(),
            faults: Diagnostics::default(),
            choice,
            identity: None,
            unusable_memory: None,
            manifests: 0,
            notes: Vec::new(),
            read: Vec::new(),
        }
    }

    /// The full name of each autoscaler in the manifests that were read.
    pub(super) fn autoscalers(&self) -> Vec<String> {
        let objects = self.read.iter().flat_map(|(_, it)| &it.objects.list);
        let autoscalers = objects.filter(|it| it.is_autoscaler());
        let mut names: Vec<String> = Vec::new();
        for name in autoscalers.map(|it| self.choice.full_name(it)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The objects of the chosen autoscaler, for a file; `None` without a manifest or without an autoscaler in it.
    pub(super) fn copied_objects(&self) -> Option<CopiedObjects> {
        let (_, manifest) = self.read.last()?;
        let ReadManifest { source, objects } = manifest;
        // What cannot be chosen was refused when the policy was read.
        manifest::copied_objects((**objects).clone(), &self.choice, &self.sources, *source).ok()?
    }

    /// Adds the arguments of `--set` as sources.
    pub(super) fn add_overrides(&mut self, set: &[String]) -> Vec<SourceId> {
        overrides::add_arguments(&mut self.sources, set)
    }

    /// Reports a choice among objects if no manifest was read.
    pub(super) fn check_choice(&mut self) {
        if self.manifests > 0 {
            return;
        }
        let stated = [
            ("--hpa", &self.choice.hpa),
            ("--namespace", &self.choice.namespace),
        ];
        for (argument, value) in stated {
            if value.is_some() {
                self.faults.list.push(Diagnostic {
                    code: Code::NoEffect,
                    message: format!(
                        "`{argument}` has no effect: the policy is not a Kubernetes manifest"
                    ),
                    place: None,
                    help: "omit it; a TOML policy has only one autoscaler".to_owned(),
                });
            }
        }
    }

    /// The policy at `path` with its bases; `None` if a file could not be used.
    pub(super) fn read_policy(&mut self, path: &Path) -> Option<PolicyTree> {
        let tree = match self.loader.expand(path) {
            Ok(None) => self.read_layer(path, None, &mut Vec::new())?,
            Ok(Some(found)) => self.read_found(path, &found)?,
            Err(error) => {
                self.faults.list.push(unreadable(path, &error, None));
                return None;
            }
        };
        for (manifest, note) in std::mem::take(&mut self.notes) {
            let section = tree.table.get(note.section);
            let stated = section.and_then(|section| section.get(note.key));
            if stated.is_none_or(|stated| stated.origin.source == manifest) {
                self.faults.list.push(note.warning);
            }
        }
        Some(tree)
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
                    format!("`{}` extends itself in a circle", path.display()),
                    "remove `extends` from one of the files in the circle",
                )
            } else {
                (
                    format!("more than {EXTENDS_DEPTH_MAX} policies extend each other"),
                    "merge some of these policies into one file",
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
        if let Some(known) = self.known_manifest(path) {
            let (table, source) = (self.table_of(&known)?, known.source);
            return Some(PolicyTree { table, source });
        }
        let text = self.read_text(path, place.clone())?;
        let is_manifest = is_manifest(path, &text);
        let source = self.add_source(path, text, asked_by);
        if is_manifest {
            let table = self.manifest_table(path, source, place)?;
            return Some(PolicyTree { table, source });
        }
        let text = &self.sources.get(source).text;
        if is_confidential_document(text) {
            self.sources.hide_all(source);
        } else {
            let hidden = confidential_stretches_of_toml(text);
            self.sources.hide(source, Confidential::of_hidden(hidden));
        }
        let mut table = self.policy_table(source, place)?;
        let manifest = table.remove("manifest");
        let extends = table.remove("extends");
        let remove = table.remove("remove");
        let mut faults = Faults::new(&self.sources);
        let manifest = file_named("manifest", manifest, &mut faults);
        let extends = file_named("extends", extends, &mut faults);
        if let (Some(entry), None, None) = (&remove, &extends, &manifest) {
            faults.report(
                Code::Conflict,
                entry.key_origin,
                "`remove` deletes keys of a base, and this policy has no base",
                "name the base with `extends`, or delete this line",
            );
        }
        let found = faults.into_diagnostics();
        self.faults.absorb(found);
        if manifest.is_none() && extends.is_none() {
            return Some(PolicyTree { table, source });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        // An autoscaler of this policy takes no name from a base's manifest.
        let base = extends.map(|file| {
            chain.push(plain);
            let base = self.read_layer(&beside(folder, &file.name), Some(file.origin), chain);
            chain.pop();
            base
        });
        let below =
            manifest.map(|file| self.read_manifest(&beside(folder, &file.name), file.origin));
        let mut below = match below {
            Some(manifest) => manifest?,
            None => Table::default(),
        };
        if let Some(base) = base {
            let mut base = base?.table;
            // The name belongs to the base alone.
            base.remove("name");
            below.merge(base);
        }
        let mut base = below;
        let mut faults = Faults::new(&self.sources);
        if let Some(entry) = remove {
            remove_keys(&mut base, &entry.node.value, entry.node.origin, &mut faults);
        }
        let found = faults.into_diagnostics();
        self.faults.absorb(found);
        base.merge(table);
        Some(PolicyTree {
            table: base,
            source,
        })
    }

    /// The keys in the manifest at `path`, which the policy names at `asked_by`.
    fn read_manifest(&mut self, path: &Path, asked_by: Origin) -> Option<Table> {
        if let Some(known) = self.known_manifest(path) {
            return self.table_of(&known);
        }
        let place = Some(Box::new(Place::of(&self.sources, asked_by)));
        let text = self.read_text(path, place.clone())?;
        let source = self.add_source(path, text, Some(asked_by));
        self.manifest_table(path, source, place)
    }

    fn known_manifest(&self, path: &Path) -> Option<ReadManifest> {
        let known = self.read.iter().find(|(known, _)| known == path);
        known.map(|(_, manifest)| manifest.clone())
    }

    fn keep(&mut self, path: &Path, source: SourceId, objects: Objects) -> ReadManifest {
        let objects = Rc::new(objects);
        let manifest = ReadManifest { source, objects };
        self.read.push((path.to_owned(), manifest.clone()));
        manifest
    }

    /// Adds the text of the file at `path`, which a policy names at `asked_by`; `None` means that the user names it.
    fn add_source(&mut self, path: &Path, text: String, asked_by: Option<Origin>) -> SourceId {
        let source = self.sources.add(path.display().to_string(), text);
        if asked_by.is_some() {
            self.sources.mark_as_named_by_a_policy(source);
        }
        source
    }

    /// The keys of the TOML policy in `source`, which a policy names at `asked_by`.
    fn policy_table(&mut self, source: SourceId, asked_by: Option<Box<Place>>) -> Option<Table> {
        let parsed = parse_document(&self.sources, source);
        let parsed = match asked_by {
            Some(place) => parsed
                .map_err(|faults| {
                    foreign_file::not_readable(&self.sources, source, &faults, &place)
                })
                .and_then(|table| {
                    foreign_file::require_policy(table, &self.sources, source, &place)
                }),
            None => parsed,
        };
        parsed.map_err(|faults| self.faults.absorb(faults)).ok()
    }

    /// The policy's keys in the manifest `source`, which a policy names at `asked_by`.
    fn manifest_table(
        &mut self,
        path: &Path,
        source: SourceId,
        asked_by: Option<Box<Place>>,
    ) -> Option<Table> {
        // A manifest that cannot be read is one too.
        self.manifests += 1;
        let objects = manifest::read_objects(&mut self.sources, source);
        let objects = match asked_by {
            Some(place) => objects
                .map_err(|faults| {
                    foreign_file::not_readable(&self.sources, source, &faults, &place)
                })
                .and_then(|objects| {
                    foreign_file::require_manifest(objects, &self.sources, source, &place)
                }),
            None => objects,
        };
        match objects {
            Ok(objects) => {
                let manifest = self.keep(path, source, objects);
                self.table_of(&manifest)
            }
            Err(faults) => {
                self.faults.absorb(faults);
                None
            }
        }
    }

    /// The policy's keys in the objects that `--hpa` and `--namespace` choose.
    fn table_of(&mut self, manifest: &ReadManifest) -> Option<Table> {
        self.manifests += 1;
        let ReadManifest { source, objects } = manifest;
        match manifest::policy_part((**objects).clone(), &self.choice, &self.sources, *source) {
            Ok(part) => {
                if part.identity.is_some() {
                    self.identity = part.identity;
                    self.unusable_memory = part.unusable_memory;
                }
                self.faults.list.extend(part.faults);
                let notes = part.notes.into_iter();
                self.notes.extend(notes.map(|note| (*source, note)));
                Some(part.table)
            }
            Err(faults) => {
                self.faults.absorb(faults);
                None
            }
        }
    }

    /// The text of a file, which becomes an input; adds a fault if it cannot be read.
    fn read_text(&mut self, path: &Path, asked_by: Option<Box<Place>>) -> Option<String> {
        let bytes = match read_file(self.loader, path, FileKind::Policy, asked_by.clone()) {
            Ok(bytes) => bytes,
            Err(fault) => {
                self.faults.list.push(fault);
                return None;
            }
        };
        let text = text_of(path, &bytes).map(str::to_owned);
        self.inputs.push(LoadedFile {
            path: path.to_owned(),
            bytes,
        });
        let noted = text.map_err(|fault| {
            self.faults.list.push(Diagnostic {
                place: asked_by,
                ..fault
            });
        });
        noted.ok()
    }
}

/// The path of a file that a file in `folder` names. There, `-` is not standard input.
fn beside(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    if path == Path::new(STANDARD_INPUT) {
        return Path::new(".").join(path);
    }
    path
}

/// A file that a policy names.
struct NamedFile {
    name: String,
    origin: Origin,
}

fn file_named(key: &str, entry: Option<Entry>, faults: &mut Faults<'_>) -> Option<NamedFile> {
    let node = entry?.node;
    match node.value {
        Value::Text(name) => Some(NamedFile {
            name,
            origin: node.origin,
        }),
        other => {
            faults.wrong_type(key, "a string", &other, node.origin);
            None
        }
    }
}

/// Whether the file is a Kubernetes manifest, by its name or its content.
pub(super) fn is_manifest(path: &Path, text: &str) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json")) || manifest::looks_like_manifest(text)
}

/// Whether a file of a folder holds settings of Helm or of another tool, although it has the ending of a manifest.
pub(super) fn is_other_data(path: &Path, text: &str) -> bool {
    is_manifest(path, text) && !manifest::looks_like_manifest(text)
}

/// The fault of a policy whose file name is that of a trace.
fn other_format(path: &Path, place: &Option<Box<Place>>) -> Option<Diagnostic> {
    let extension = path.extension()?.to_str()?;
    matches!(extension, "csv" | "gz").then(|| Diagnostic {
        code: Code::Unsupported,
        message: format!("`{}` looks like a trace", path.display()),
        place: place.clone(),
        help: "name the policy first and the trace second".to_owned(),
    })
}

/// `path` without `.` and `name/..`, so that equal files have equal paths.
pub(super) fn without_detours(path: &Path) -> PathBuf {
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

/// Removes the keys in `remove = [..]` from a base.
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
        if let Err(help) = remove_path(base, &keys, faults) {
            faults.report(
                Code::PathNowhere,
                node.origin,
                format!("the base has no `{path}` to remove"),
                help,
            );
        }
    }
    base.drop_nulls();
}

/// Removes the value at a path from a table; the error is the remedy.
fn remove_path(table: &mut Table, keys: &[String], faults: &mut Faults<'_>) -> Result<(), String> {
    let [first, rest @ ..] = keys else {
        return Err("write a path such as \"hpa.behavior\"".to_owned());
    };
    match table.get_mut(first).map(|node| &mut node.value) {
        Some(Value::Table(inner)) if !rest.is_empty() => remove_path(inner, rest, faults),
        Some(value) if rest.is_empty() && *value != Value::Null => {
            *value = Value::Null;
            Ok(())
        }
        _ => {
            let is_left = |entry: &&Entry| entry.node.value != Value::Null;
            let left = table.entries().iter().filter(is_left);
            let written = left.map(|entry| entry.key.as_str());
            let near = faults.nearest_written(first, written);
            Err(near.map_or_else(
                || "delete the path from the list".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ))
        }
    }
}
