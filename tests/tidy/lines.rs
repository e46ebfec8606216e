//! Counts the lines of code of a source, without comments, blank lines and tests.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::module::{is_test, item_attributes};

/// The number of lines that contain code of the program.
///
/// # Panics
///
/// When the text is not Rust.
pub(crate) fn code_lines(text: &str) -> usize {
    let parsed = syn::parse_file(text).expect("a source that parses");
    let mut tests = Tests(Vec::new());
    tests.visit_file(&parsed);
    let tokens: TokenStream = text.parse().expect("a source that parses");
    let mut lines = BTreeSet::new();
    touched(&tokens, &mut lines);
    lines
        .iter()
        .filter(|line| !tests.0.iter().any(|test| test.contains(line)))
        .count()
}

struct Tests(Vec<RangeInclusive<usize>>);

impl<'a> Visit<'a> for Tests {
    fn visit_item(&mut self, item: &'a syn::Item) {
        if item_attributes(item).iter().any(is_test) {
            let span = item.span();
            self.0.push(span.start().line..=span.end().line);
        } else {
            visit::visit_item(self, item);
        }
    }
}

/// The parser turns a doc comment into an attribute `doc`.
fn touched(tokens: &TokenStream, lines: &mut BTreeSet<usize>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let mark = |at: usize, mark: char| matches!(tokens.get(at), Some(TokenTree::Punct(found)) if found.as_char() == mark);
        if mark(at, '#') {
            let attribute = at + 1 + usize::from(mark(at + 1, '!'));
            if is_doc(tokens.get(attribute)) {
                at = attribute + 1;
                continue;
            }
        }
        if let TokenTree::Group(group) = token {
            lines.insert(group.span_open().start().line);
            touched(&group.stream(), lines);
            lines.insert(group.span_close().end().line);
        } else {
            lines.extend(token.span().start().line..=token.span().end().line);
        }
        at += 1;
    }
}

fn is_doc(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group))
        if group.delimiter() == Delimiter::Bracket
            && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc"))
}
