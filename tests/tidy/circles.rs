//! Finds files that import each other.
//!
//! A path refers to the file that declares the item, through every re-export. Parent and child
//! modules may name each other, so these pairs are ignored.

use std::collections::{BTreeMap, BTreeSet};

use crate::module::{Import, Module};

/// The uses of each file: user, used file, and the paths that show it.
pub(crate) type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The modules of a crate, by path.
struct Crate<'a>(BTreeMap<&'a [String], &'a Module>);

/// The imports that one search has followed, by module and position. Each is followed only once, so
/// that the search ends even where re-exports form a circle.
type Followed = BTreeSet<(Vec<String>, usize)>;

impl<'a> Crate<'a> {
    /// The files that declare the item of a path in a module; empty for an item outside of the
    /// crate.
    fn declaring(
        &self,
        module: &'a Module,
        path: &[String],
        followed: &mut Followed,
    ) -> BTreeSet<&'a str> {
        let Some(first) = path.first() else {
            return BTreeSet::new();
        };
        let mut base = module.path.clone();
        let rest = match first.as_str() {
            "crate" => {
                base.clear();
                &path[1..]
            }
            "self" | "super" => {
                let mut rest = path;
                while let Some(step @ ("self" | "super")) = rest.first().map(String::as_str) {
                    if step == "super" {
                        base.pop();
                    }
                    rest = &rest[1..];
                }
                rest
            }
            _ => path,
        };
        self.0
            .get(base.as_slice())
            .map(|start| self.inside(start, rest, followed))
            .unwrap_or_default()
    }

    /// The files that declare `names`, as seen from outside of `module`.
    fn inside(
        &self,
        module: &'a Module,
        names: &[String],
        followed: &mut Followed,
    ) -> BTreeSet<&'a str> {
        let Some((first, rest)) = names.split_first() else {
            return BTreeSet::new();
        };
        let mut found = BTreeSet::new();
        if module.items.contains(first) {
            found.insert(module.file.as_str());
        }
        let mut child = module.path.clone();
        child.push(first.clone());
        if let Some(child) = self.0.get(child.as_slice()) {
            found.extend(self.inside(child, rest, followed));
        }
        found.extend(self.imported(module, Some(first), rest, followed));
        if found.is_empty() {
            found = self.imported(module, None, names, followed);
        }
        found
    }

    /// The files that declare `rest` behind the imports called `name`, or behind glob imports.
    fn imported(
        &self,
        module: &'a Module,
        name: Option<&String>,
        rest: &[String],
        followed: &mut Followed,
    ) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        for (at, import) in module.imports.iter().enumerate() {
            if import.name.as_ref() == name && followed.insert((module.path.clone(), at)) {
                let path: Vec<String> = import.path.iter().chain(rest).cloned().collect();
                found.extend(self.declaring(module, &path, followed));
            }
        }
        found
    }
}

/// The uses of each file, without those of its parents and children.
pub(crate) fn uses(modules: &[Module]) -> Uses {
    let whole = Crate(
        modules
            .iter()
            .map(|module| (module.path.as_slice(), module))
            .collect(),
    );
    let homes: BTreeMap<&str, &[String]> = modules
        .iter()
        .rev()
        .map(|module| (module.file.as_str(), module.path.as_slice()))
        .collect();
    let mut uses = Uses::new();
    for module in modules {
        let imported = module.imports.iter().map(|Import { path, .. }| path);
        for path in imported.chain(&module.mentions) {
            for file in whole.declaring(module, path, &mut Followed::new()) {
                let (user, used) = (homes[module.file.as_str()], homes[file]);
                if !user.starts_with(used) && !used.starts_with(user) {
                    uses.entry(module.file.clone())
                        .or_default()
                        .entry(file.to_owned())
                        .or_default()
                        .insert(path.join("::"));
                }
            }
        }
    }
    uses
}

/// The circles: sets of files in which each file reaches every other.
pub(crate) fn circles(uses: &Uses) -> BTreeSet<BTreeSet<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = uses
        .keys()
        .map(|file| (file.as_str(), reached_from(file, uses)))
        .collect();
    reached
        .iter()
        .map(|(file, reached_files)| {
            reached_files
                .iter()
                .copied()
                .filter(|other| reached.get(other).is_some_and(|back| back.contains(file)))
                .collect::<BTreeSet<&str>>()
        })
        .filter(|circle| circle.len() > 1)
        .collect()
}

fn reached_from<'a>(file: &str, uses: &'a Uses) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&str> = uses[file].keys().map(String::as_str).collect();
    while let Some(next) = waiting.pop() {
        if reached.insert(next)
            && let Some(further) = uses.get(next)
        {
            waiting.extend(further.keys().map(String::as_str));
        }
    }
    reached
}

/// A circle in words: its files, then the uses between them.
pub(crate) fn described(circle: &BTreeSet<&str>, uses: &Uses) -> String {
    let files: Vec<&str> = circle.iter().copied().collect();
    let mut lines = vec![format!("{} files: {}", files.len(), files.join(", "))];
    for user in circle {
        for (used, paths) in &uses[*user] {
            if circle.contains(used.as_str()) {
                let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                lines.push(format!("    {user} -> {used}: {}", paths.join(", ")));
            }
        }
    }
    lines.join("\n")
}
