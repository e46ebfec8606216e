//! Values as JSON that a terminal can show: no raw control characters, and the same values for every reader.
//!
//! Only this module writes JSON.

use std::borrow::Cow;
use std::fmt::Write;

use serde::Serialize;

use super::is_unseen;

/// `value` in several lines, with a final newline.
///
/// # Errors
/// The error of the JSON writer.
pub fn pretty(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut json = serde_json::to_string_pretty(value)?;
    json.push('\n');
    Ok(match escaped(&json) {
        Cow::Borrowed(_) => json,
        Cow::Owned(escaped) => escaped,
    })
}

/// `value` in one line, with a final newline.
///
/// # Errors
/// The error of the JSON writer.
pub fn line(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut json = serde_json::to_string(value)?;
    json.push('\n');
    Ok(match escaped(&json) {
        Cow::Borrowed(_) => json,
        Cow::Owned(escaped) => escaped,
    })
}

/// The line `object`, a JSON object that is not empty, with `text` called `key` as its first field.
///
/// # Errors
/// The error of the JSON writer.
pub fn with_first_field(key: &str, text: &str, object: &str) -> Result<String, serde_json::Error> {
    let (key, text) = (serde_json::to_string(key)?, serde_json::to_string(text)?);
    let rest = object.strip_prefix('{').unwrap_or(object);
    Ok(format!("{{{key}:{text},{rest}"))
}

/// JSON with `\uXXXX` for invisible characters. The JSON writer escapes C0 itself; all other invisible characters can only be in
/// strings.
fn escaped(json: &str) -> Cow<'_, str> {
    // Nearly all JSON is ASCII, in which the writer leaves only DEL unescaped.
    if json.is_ascii() && memchr::memchr(0x7f, json.as_bytes()).is_none() {
        return Cow::Borrowed(json);
    }
    let is_raw = |character: char| is_unseen(character) && character != '\n';
    let Some(first) = json.find(is_raw) else {
        return Cow::Borrowed(json);
    };
    let (clean, rest) = json.split_at(first);
    let mut escaped = clean.to_owned();
    for character in rest.chars() {
        if is_raw(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_stands_raw_in_json_and_the_value_is_the_same() {
        let value = "a\u{1b}[31m\u{9b}\u{7f}\r\n\u{202e}\u{200b}\u{e0041}ü€😀";
        let json = line(&value).expect("JSON");
        assert_eq!(
            json,
            "\"a\\u001b[31m\\u009b\\u007f\\r\\n\\u202e\\u200b\\udb40\\udc41ü€😀\"\n"
        );
        let read: String = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read, value);
        let read: Vec<String> =
            serde_json::from_str(&pretty(&[value]).expect("JSON")).expect("JSON");
        assert_eq!(read, [value]);
    }
}
