//! Outside text as inline Markdown that displays the text, without markup, links or mentions.

use super::visible;

/// Splits a word that GitHub or GitLab would turn into a link or a mention; it has no width.
const BREAK: &str = "&#8203;";

/// `text` as inline Markdown that displays exactly that text.
#[must_use]
pub fn escaped(text: &str) -> String {
    let text = visible(text);
    let mut markdown = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '&' => markdown.push_str("&amp;"),
            '<' => markdown.push_str("&lt;"),
            '>' => markdown.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '~' | '$' | '[' | ']' | '|' => {
                markdown.push('\\');
                markdown.push(letter);
            }
            // `@name`, `#123`: links are detected in the rendered text, so a backslash does not help.
            '@' | '#' => {
                markdown.push(letter);
                markdown.push_str(BREAK);
            }
            // `https://...`, `www...`: links without brackets.
            ':' if rest.as_str().starts_with("//") => {
                markdown.push(letter);
                markdown.push_str(BREAK);
            }
            '.' if ends_with_www(&markdown) => {
                markdown.push_str(BREAK);
                markdown.push(letter);
            }
            _ => markdown.push(letter),
        }
    }
    markdown
}

fn ends_with_www(text: &str) -> bool {
    let tail = text.len().checked_sub(3).and_then(|at| text.get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case("www"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_markup_becomes_text() {
        let cases = [
            ("prod", "prod"),
            ("my-policy.v2", "my-policy.v2"),
            ("a|b", r"a\|b"),
            ("back\\slash", r"back\\slash"),
            ("`code`", r"\`code\`"),
            ("*bold* _it_ ~no~", r"\*bold\* \_it\_ \~no\~"),
            ("<img src=x>&amp;", "&lt;img src=x&gt;&amp;amp;"),
            ("![a](b) [c][d]", r"!\[a\](b) \[c\]\[d\]"),
            ("@octocat", "@&#8203;octocat"),
            ("x#123", "x#&#8203;123"),
            ("https://example.com", "https:&#8203;//example.com"),
            ("WWW.example.com", "WWW&#8203;.example.com"),
            ("$x$", r"\$x\$"),
            ("a\nb\u{1b}[31m", r"a\\nb\\u{1b}\[31m"),
        ];
        for (text, markdown) in cases {
            assert_eq!(escaped(text), markdown, "{text:?}");
        }
    }
}
