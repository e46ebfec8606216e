//! JSON merge patches (RFC 7386) between documents.

use indexmap::IndexMap;

use super::document::Document;

/// The smallest patch from `from` to `to`; `None` if they are equal.
///
/// Tables are compared key by key. A key that `to` lacks becomes null, and every other value, including a list, is replaced as a
/// whole. A document that contains nulls cannot be the goal of a patch; hpasim has no such documents.
pub(in super::super) fn merge_patch(from: &Document, to: &Document) -> Option<Document> {
    if from == to {
        return None;
    }
    let (Document::Map(old), Document::Map(new)) = (from, to) else {
        return Some(to.clone());
    };
    let mut fields = IndexMap::new();
    for (key, value) in new {
        let changed = match old.get(key) {
            Some(before) => merge_patch(before, value),
            None => Some(value.clone()),
        };
        fields.extend(changed.map(|value| (key.clone(), value)));
    }
    let gone = old.keys().filter(|key| !new.contains_key(*key));
    fields.extend(gone.map(|key| (key.clone(), Document::Null)));
    Some(Document::Map(fields))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 7386, section 2, literally.
    fn apply(target: Option<Document>, patch: Document) -> Document {
        let Document::Map(changes) = patch else {
            return patch;
        };
        let mut fields = match target {
            Some(Document::Map(fields)) => fields,
            _ => IndexMap::new(),
        };
        for (key, value) in changes {
            let old = fields.shift_remove(&key);
            if value != Document::Null {
                fields.insert(key, apply(old, value));
            }
        }
        Document::Map(fields)
    }

    fn any_document() -> impl Strategy<Value = Document> {
        let leaf = prop_oneof![
            (0..3_i64).prop_map(Document::Integer),
            "[ab]{0,2}".prop_map(Document::Text),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Document::List),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|map| Document::Map(map.into_iter().collect())),
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
            prop_assert_eq!(result, to);
        }
    }

    #[test]
    fn only_what_differs_is_in_it() {
        let list = |item| Document::List(vec![Document::Integer(item)]);
        let from = Document::table([
            ("same", Document::Integer(1)),
            ("gone", Document::Integer(2)),
            ("list", list(1)),
        ]);
        let to = Document::table([("list", list(2)), ("same", Document::Integer(1))]);
        let expected = Document::table([("list", list(2)), ("gone", Document::Null)]);
        assert_eq!(merge_patch(&from, &to), Some(expected));
        assert_eq!(merge_patch(&to, &to), None);
    }
}
