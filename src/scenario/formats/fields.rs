//! Single fields of CSV lines, selected by the names in the header.
//!
//! Each line is read alone, so a quoted line break gives two lines.

use super::input::{Lines, StreamLine};
use super::nothing_there;
use crate::scenario::diagnostic::{Code, Diagnostic, Place};

/// The indices of the columns `names` in the header, which is the first line with content, and the header's place.
///
/// # Errors
/// The stream `name`, which `tool` wrote, has no header, or a column is missing.
pub(super) fn header<const N: usize>(
    name: &str,
    lines: &mut Lines<'_>,
    names: [&str; N],
    tool: &str,
) -> Result<([usize; N], Place), Diagnostic> {
    while let Some(line) = lines.next()? {
        if !line.bytes.trim_ascii().is_empty() {
            return Ok((columns(&line, names)?, line.place()));
        }
    }
    let help = format!("use the file as {tool} wrote it");
    Err(nothing_there(name, "header", &help))
}

/// The names in a header.
pub(super) fn names(header: &[u8]) -> Vec<String> {
    names_by(header, b',')
}

/// The names in a header with this separator.
pub(super) fn names_by(header: &[u8], separator: u8) -> Vec<String> {
    Fields::of(header, separator)
        .map(|field| String::from_utf8_lossy(field.trim_ascii()).into_owned())
        .collect()
}

fn columns<const N: usize>(
    header: &StreamLine<'_>,
    names: [&str; N],
) -> Result<[usize; N], Diagnostic> {
    let fields: Vec<&[u8]> = Fields::of(header.bytes, b',').collect();
    let mut found = [0; N];
    for (at, name) in found.iter_mut().zip(names) {
        let index = fields
            .iter()
            .position(|field| field.trim_ascii() == name.as_bytes());
        *at = index.ok_or_else(|| {
            let help = "use the file as the tool wrote it".to_owned();
            no_column(name, header.place(), help)
        })?;
    }
    Ok(found)
}

/// The fault of a column that the header at `place` lacks.
pub(super) fn no_column(name: &str, place: Place, help: String) -> Diagnostic {
    Diagnostic {
        code: Code::TraceHeader,
        message: format!("the header has no column `{name}`"),
        place: Some(Box::new(place)),
        help,
    }
}

/// The fields of a line with this separator, without quotes around them.
pub(super) fn split(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    Fields::of(line, separator)
}

/// The number of fields of a line.
pub(super) fn count(line: &[u8]) -> usize {
    Fields::of(line, b',').count()
}

/// The fields at `wanted`; `None` if the line has fewer fields.
pub(super) fn pick<const N: usize>(line: &[u8], wanted: [usize; N]) -> Option<[&[u8]; N]> {
    let mut picked = [None; N];
    let last = wanted.iter().copied().max()?;
    for (index, field) in Fields::of(line, b',').take(last + 1).enumerate() {
        for (slot, at) in picked.iter_mut().zip(wanted) {
            if at == index {
                *slot = Some(field);
            }
        }
    }
    let mut fields: [&[u8]; N] = [&[]; N];
    for (field, slot) in fields.iter_mut().zip(picked) {
        *field = slot?;
    }
    Some(fields)
}

/// The fields of a line, without quotes around them.
struct Fields<'l> {
    rest: Option<&'l [u8]>,
    separator: u8,
}

impl<'l> Fields<'l> {
    fn of(line: &'l [u8], separator: u8) -> Self {
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        Self {
            rest: Some(line),
            separator,
        }
    }
}

impl<'l> Iterator for Fields<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let rest = self.rest?;
        let end = if rest.first() == Some(&b'"') {
            separator_after_quotes(rest, self.separator)
        } else {
            memchr::memchr(self.separator, rest)
        };
        let (field, rest) = match end {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        self.rest = rest;
        let inner = field
            .strip_prefix(b"\"")
            .and_then(|field| field.strip_suffix(b"\""));
        Some(inner.unwrap_or(field))
    }
}

/// The separator after a quoted field.
fn separator_after_quotes(text: &[u8], separator: u8) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            byte if *byte == separator && !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// A field as text; `None` if it is not UTF-8.
pub(super) fn text_of(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_quotes_with_commas() {
        let line = b"1,\"GET \"\"a,b\"\"\",Aggregated,\"x\"";
        assert_eq!(
            pick(line, [2, 0, 3]),
            Some([&b"Aggregated"[..], &b"1"[..], &b"x"[..]])
        );
        assert_eq!(pick(line, [4]), None);
        assert_eq!(pick(b"", [0]), Some([&b""[..]]));
        assert_eq!(
            pick(b"\"open, and never closed", [0]),
            Some([&b"\"open, and never closed"[..]])
        );
    }
}
