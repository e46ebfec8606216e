//! The names that a message lists: of many only the first.

/// How many names a message lists.
const LISTED_MAX: usize = 8;

/// `a, b, c`; of a long list only the first names and the number of the others.
pub(crate) fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names = names.fuse();
    let shown: Vec<String> = names.by_ref().take(LISTED_MAX).collect();
    let text = shown.join(", ");
    match names.count() {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}
