//! JSON merge patches (RFC 7386): what turns one document into another.
//!
//! Self-imposed limit: documents in, a document out; knows no Kubernetes.

use super::document::{Document, Field};

/// The smallest patch that turns `from` into `to`; `None` where they are the same.
///
/// Tables are patched key by key, a key that `to` has not becomes null, and
/// everything else, lists included, is replaced whole. Documents that hold
/// nulls of their own cannot be patched to; none of ours do.
pub(in super::super) fn merge_patch(from: &Document, to: &Document) -> Option<Document> {
    if from == to {
        return None;
    }
    let (Document::Map(old), Document::Map(new)) = (from, to) else {
        return Some(to.clone());
    };
    let gone = old.iter().filter(|field| to.get(&field.key).is_none());
    let mut fields: Vec<Field> = new
        .iter()
        .filter_map(|field| {
            let value = match from.get(&field.key) {
                Some(before) => merge_patch(before, &field.value)?,
                None => field.value.clone(),
            };
            Some(Field {
                key: field.key.clone(),
                value,
            })
        })
        .collect();
    fields.extend(gone.map(|field| Field {
        key: field.key.clone(),
        value: Document::Null,
    }));
    // The same keys in another order are the same.
    (!fields.is_empty()).then_some(Document::Map(fields))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 7386, section 2, word for word.
    fn apply(target: Option<Document>, patch: Document) -> Document {
        let Document::Map(changes) = patch else {
            return patch;
        };
        let mut fields = match target {
            Some(Document::Map(fields)) => fields,
            _ => Vec::new(),
        };
        for change in changes {
            let at = fields.iter().position(|field| field.key == change.key);
            let old = at.map(|at| fields.remove(at).value);
            if change.value != Document::Null {
                fields.push(Field {
                    key: change.key,
                    value: apply(old, change.value),
                });
            }
        }
        Document::Map(fields)
    }

    /// Keys in order, so that equal means the same.
    fn sorted(document: Document) -> Document {
        match document {
            Document::Map(mut fields) => {
                fields.sort_by(|a, b| a.key.cmp(&b.key));
                let sort = |field: Field| Field {
                    value: sorted(field.value),
                    ..field
                };
                Document::Map(fields.into_iter().map(sort).collect())
            }
            other => other,
        }
    }

    fn any_document() -> impl Strategy<Value = Document> {
        let leaf = prop_oneof![
            (0..3_i64).prop_map(Document::Integer),
            "[ab]{0,2}".prop_map(Document::Text),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Document::List),
                prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|map| {
                    let field = |(key, value)| Field { key, value };
                    Document::Map(map.into_iter().map(field).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn applied_to_one_it_gives_the_other(from in any_document(), to in any_document()) {
            let result = match merge_patch(&from, &to) {
                Some(patch) => apply(Some(from), patch),
                None => from,
            };
            prop_assert_eq!(sorted(result), sorted(to));
        }
    }

    #[test]
    fn only_what_differs_is_in_it() {
        let from = Document::map()
            .with("same", Document::Integer(1))
            .with("gone", Document::Integer(2))
            .with("list", Document::List(vec![Document::Integer(1)]))
            .build();
        let to = Document::map()
            .with("list", Document::List(vec![Document::Integer(2)]))
            .with("same", Document::Integer(1))
            .build();
        let expected = Document::map()
            .with("list", Document::List(vec![Document::Integer(2)]))
            .with("gone", Document::Null)
            .build();
        assert_eq!(merge_patch(&from, &to), Some(expected));
        assert_eq!(merge_patch(&to, &to), None);
    }
}
