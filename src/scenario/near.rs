//! Which known word a misspelt one probably means: the one rule for keys, KPIs, columns, files and commands.

/// How many letters of a word's beginning name it.
const BEGINNING_MIN: usize = 3;

/// The known word nearest to `word`, if one is [near](is_near).
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = plain(word);
    known
        .filter_map(|candidate| Some((distance(&word, &plain(candidate))?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether `word` probably means `known`: one begins with the other, or at most a third of the letters of `word` are wrong, and at
/// most four.
///
/// A beginning has at least three letters, and a word of one or two letters may have no wrong one. What follows `known` in a longer
/// `word` has at most as many letters as `known`. Capitals, dashes and underscores do not count.
#[must_use]
pub fn is_near(word: &str, known: &str) -> bool {
    distance(&plain(word), &plain(known)).is_some()
}

fn plain(text: &str) -> String {
    text.replace(['_', '-'], "").to_lowercase()
}

/// The number of wrong or missing letters of `word`; `None` where `known` is not near. Both are plain.
fn distance(word: &str, known: &str) -> Option<usize> {
    let length = word.chars().count();
    let difference = known.chars().count().abs_diff(length);
    if length >= BEGINNING_MIN && known.starts_with(word) {
        return Some(difference);
    }
    let known_length = known.chars().count();
    if known_length >= BEGINNING_MIN && difference <= known_length && word.starts_with(known) {
        return Some(difference);
    }
    let allowed = (length / 3).min(4);
    // The distance is at least the difference in length, and its computation costs the product of both lengths.
    if difference > allowed {
        return None;
    }
    Some(strsim::damerau_levenshtein(word, known)).filter(|distance| *distance <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_and_a_word_with_few_wrong_letters_are_near() {
        for (word, known) in [
            ("comp", "compare"),
            ("max-replica", "maxReplicas"),
            ("SPIKE", "spike.csv"),
            ("chekc", "check"),
            ("runner", "run"),
            ("checking", "check"),
            ("X", "x"),
        ] {
            assert!(is_near(word, known), "{word} {known}");
        }
        for (word, known) in [
            ("explain", "replay"),
            ("co", "compare"),
            ("nothing", "check"),
            ("x", "y"),
            ("runaround", "run"),
        ] {
            assert!(!is_near(word, known), "{word} {known}");
        }
    }

    #[test]
    fn the_word_with_the_fewest_wrong_letters_is_the_nearest() {
        let known = ["compare", "completions", "calibrate"];
        assert_eq!(nearest("comp", known.into_iter()), Some("compare"));
        assert_eq!(
            nearest("complation", known.into_iter()),
            Some("completions")
        );
        assert_eq!(nearest("xyz", known.into_iter()), None);
    }
}
