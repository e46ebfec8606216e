//! The declarations, imports and mentioned paths of a source, without its tests.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, Meta, Stmt, TraitItem, UseTree};

/// A module: a file, or `mod name { .. }` inside of one.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Its path without `crate`, name by name.
    pub(crate) path: Vec<String>,
    /// Its file, relative to `src`.
    pub(crate) file: String,
    /// The names of its own items of any kind.
    pub(crate) items: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    /// The paths in its code. A single name is a path of length one.
    pub(crate) mentions: BTreeSet<Vec<String>>,
    /// The types that it declares, including those inside of functions.
    pub(crate) types: BTreeSet<String>,
}

/// One name that a `use` imports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// Its name here; `None` stands for `*`.
    pub(crate) name: Option<String>,
}

/// The modules of the sources; each source is a file relative to `src` and its text.
///
/// # Panics
///
/// If a text is not valid Rust.
pub(crate) fn modules_of(sources: &[(String, String)]) -> Vec<Module> {
    let mut found = Vec::new();
    let mut tests = Vec::new();
    for (file, text) in sources {
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("src/{file}: {error}"));
        read_module(
            path_of_file(file),
            file,
            &parsed.items,
            &mut found,
            &mut tests,
        );
    }
    found.retain(|module| !tests.iter().any(|test| module.path.starts_with(test)));
    found
}

fn path_of_file(file: &str) -> Vec<String> {
    let mut path: Vec<String> = Path::new(file)
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if path
        .last()
        .is_some_and(|last| last == "mod" || (path.len() == 1 && last == "lib"))
    {
        path.pop();
    }
    path
}

fn read_module(
    path: Vec<String>,
    file: &str,
    items: &[Item],
    found: &mut Vec<Module>,
    tests: &mut Vec<Vec<String>>,
) {
    let mut reader = Reader {
        module: Module {
            path,
            file: file.to_owned(),
            ..Module::default()
        },
        inner: Vec::new(),
        tests,
    };
    for item in items {
        reader.declare(item);
        reader.visit_item(item);
    }
    let Reader { module, inner, .. } = reader;
    found.push(module);
    for (path, items) in inner {
        read_module(path, file, items, found, tests);
    }
}

struct Reader<'a, 't> {
    module: Module,
    /// Modules whose items are in the same file.
    inner: Vec<(Vec<String>, &'a [Item])>,
    tests: &'t mut Vec<Vec<String>>,
}

impl Reader<'_, '_> {
    fn declare(&mut self, item: &Item) {
        if item_attributes(item).iter().any(is_test) {
            return;
        }
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::TraitAlias(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => {
                self.module
                    .items
                    .extend(item.ident.as_ref().map(ToString::to_string));
                declared_in_macro(&item.mac.tokens, &mut self.module);
                return;
            }
            _ => return,
        };
        self.module.items.insert(name.to_string());
    }

    fn import(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.import(&inner.tree, path);
                path.pop();
            }
            UseTree::Group(group) => {
                for inner in &group.items {
                    self.import(inner, path);
                }
            }
            UseTree::Name(name) => self.import_as(path, &name.ident.to_string(), None),
            UseTree::Rename(rename) => self.import_as(
                path,
                &rename.ident.to_string(),
                Some(rename.rename.to_string()),
            ),
            UseTree::Glob(_) => self.module.imports.push(Import {
                path: path.clone(),
                name: None,
            }),
        }
    }

    /// `use a::b::{self}` imports `b`.
    fn import_as(&mut self, path: &[String], last: &str, renamed: Option<String>) {
        let mut path = path.to_vec();
        if last != "self" {
            path.push(last.to_owned());
        }
        let name = renamed.or_else(|| path.last().cloned());
        self.module.imports.push(Import { path, name });
    }
}

impl<'a> Visit<'a> for Reader<'a, '_> {
    fn visit_item(&mut self, item: &'a Item) {
        if let Item::Mod(inner) = item {
            let mut path = self.module.path.clone();
            path.push(inner.ident.to_string());
            if inner.attrs.iter().any(is_test) {
                self.tests.push(path);
            } else if let Some((_, items)) = &inner.content {
                self.inner.push((path, items));
            }
        } else if !item_attributes(item).iter().any(is_test) {
            match item {
                Item::Enum(item) => self.module.types.insert(item.ident.to_string()),
                Item::Struct(item) => self.module.types.insert(item.ident.to_string()),
                Item::Trait(item) => self.module.types.insert(item.ident.to_string()),
                Item::Type(item) => self.module.types.insert(item.ident.to_string()),
                Item::Union(item) => self.module.types.insert(item.ident.to_string()),
                _ => false,
            };
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'a ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => &item.attrs[..],
            ImplItem::Fn(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_test) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'a TraitItem) {
        if !matches!(item, TraitItem::Fn(function) if function.attrs.iter().any(is_test)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if !matches!(statement, Stmt::Local(local) if local.attrs.iter().any(is_test)) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.import(&item.tree, &mut Vec::new());
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        if path.leading_colon.is_none() {
            let names = path.segments.iter().map(|part| part.ident.to_string());
            self.module.mentions.insert(names.collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'a syn::Macro) {
        mentioned_in(&invoked.tokens, &mut self.module.mentions);
        visit::visit_macro(self, invoked);
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        if let Meta::List(list) = &attribute.meta {
            mentioned_in(&list.tokens, &mut self.module.mentions);
        }
    }
}

/// The attributes of an item that can be a test.
pub(crate) fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether the attribute is `#[cfg(test)]`, alone or combined with further conditions.
pub(crate) fn is_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    let condition = list.tokens.to_string().replace(' ', "");
    attribute.path().is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
}

/// The names that a macro's text declares literally.
fn declared_in_macro(tokens: &TokenStream, module: &mut Module) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match (token, tokens.get(at + 1)) {
            (TokenTree::Group(group), _) => declared_in_macro(&group.stream(), module),
            (TokenTree::Ident(keyword), Some(TokenTree::Ident(name))) => {
                let keyword = keyword.to_string();
                let is_type = ["struct", "enum", "trait", "type", "union"];
                if is_type.contains(&keyword.as_str()) {
                    module.types.insert(name.to_string());
                    module.items.insert(name.to_string());
                } else if ["fn", "const", "static"].contains(&keyword.as_str()) {
                    module.items.insert(name.to_string());
                }
            }
            _ => {}
        }
    }
}

/// The paths in unparsed tokens, including those in the strings of serde attributes.
fn mentioned_in(tokens: &TokenStream, mentions: &mut BTreeSet<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    for token in tokens.clone() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == ':' => {
                colons += 1;
                continue;
            }
            TokenTree::Ident(name) => {
                if colons != 2 {
                    mentions.insert(std::mem::take(&mut path));
                }
                path.push(name.to_string());
            }
            other => {
                mentions.insert(std::mem::take(&mut path));
                match other {
                    TokenTree::Group(group) => mentioned_in(&group.stream(), mentions),
                    TokenTree::Literal(text) => {
                        let text = text.to_string();
                        let inner = text.trim_matches('"');
                        if inner.contains("::") && !inner.contains(' ') {
                            mentions.insert(inner.split("::").map(str::to_owned).collect());
                        }
                    }
                    _ => {}
                }
            }
        }
        colons = 0;
    }
    mentions.insert(path);
    mentions.remove(&Vec::new());
}
