//! A text that the controller of 1.28 takes for a format string.
//!
//! Go's `fmt.Sprintf` without arguments replaces every verb by a complaint. Its order of the parts of a verb is:
//! flags, index, width, precision, index, verb (<https://pkg.go.dev/fmt>).

use std::iter::Peekable;
use std::str::Chars;

/// A number above this is no width (`tooLarge` in Go's `fmt`).
const NUMBER_MAX: u32 = 1_000_000;

/// `text` as Go's `Sprintf(text)` writes it.
pub(super) fn without_arguments(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter == '%' {
            Directive::default().write(&mut rest, &mut written);
        } else {
            written.push(letter);
        }
    }
    written
}

/// What follows a `%`.
#[derive(Default)]
struct Directive {
    /// Whether an index was seen: `[3]`. Without arguments every index is wrong.
    has_bad_index: bool,
    /// Whether the last part was an index with a number, after which no other index may follow.
    is_after_index: bool,
}

impl Directive {
    fn write(mut self, rest: &mut Peekable<Chars<'_>>, written: &mut String) {
        while rest.next_if(|letter| "#0+- ".contains(*letter)).is_some() {}
        self.skip_index(rest);
        if rest.next_if_eq(&'*').is_some() {
            written.push_str("%!(BADWIDTH)");
            self.is_after_index = false;
        } else {
            skip_number(rest);
        }
        if rest.next_if_eq(&'.').is_some() {
            self.skip_index(rest);
            if rest.next_if_eq(&'*').is_some() {
                written.push_str("%!(BADPREC)");
                self.is_after_index = false;
            } else {
                skip_number(rest);
            }
        }
        if !self.is_after_index {
            self.skip_index(rest);
        }
        match rest.next() {
            None => written.push_str("%!(NOVERB)"),
            Some('%') => written.push('%'),
            Some(verb) => {
                written.push_str("%!");
                written.push(verb);
                written.push_str(if self.has_bad_index {
                    "(BADINDEX)"
                } else {
                    "(MISSING)"
                });
            }
        }
    }

    /// Skips `[n]`; where no bracket closes, only the opening one.
    fn skip_index(&mut self, rest: &mut Peekable<Chars<'_>>) {
        self.is_after_index = false;
        if rest.next_if_eq(&'[').is_none() {
            return;
        }
        self.has_bad_index = true;
        let inside: String = rest.clone().take_while(|letter| *letter != ']').collect();
        if rest.clone().any(|letter| letter == ']') {
            rest.find(|letter| *letter == ']');
            self.is_after_index = inside.parse::<u32>().is_ok_and(|index| index <= NUMBER_MAX);
        }
    }
}

/// Skips digits; a number that is too large takes all of the text with it.
fn skip_number(rest: &mut Peekable<Chars<'_>>) {
    let mut number = 0_u32;
    while let Some(digit) = rest.peek().and_then(|letter| letter.to_digit(10)) {
        if number > NUMBER_MAX {
            rest.by_ref().for_each(drop);
            return;
        }
        number = number * 10 + digit;
        rest.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_without_an_argument_becomes_a_complaint() {
        let cases = [
            ("no verb", "no verb"),
            ("100% %s", "100%s"),
            ("100%", "100%!(NOVERB)"),
            ("100%%", "100%"),
            ("%s and %d", "%!s(MISSING) and %!d(MISSING)"),
            ("50% of it", "50%!o(MISSING)f it"),
            ("%-08.3f|", "%!f(MISSING)|"),
            ("%*d", "%!(BADWIDTH)%!d(MISSING)"),
            ("%.*d", "%!(BADPREC)%!d(MISSING)"),
            ("%[1]d", "%!d(BADINDEX)"),
            ("%[1][2]d", "%![(BADINDEX)2]d"),
            ("%[x", "%!x(BADINDEX)"),
            ("a%ü", "a%!ü(MISSING)"),
            ("%99999999d", "%!(NOVERB)"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_arguments(text), expected, "{text}");
        }
    }
}
