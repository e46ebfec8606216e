//! Lines and columns of a long text without a scan of the whole text.
//!
//! A text with a fault in each line has as many places as lines, so a place may cost at most a scan of one block.

/// The bytes between two marks: the most that one look-up reads.
const BLOCK_BYTES: usize = 4096;

/// The counts before every block of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct TextMarks {
    blocks: Vec<TextMark>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TextMark {
    /// The line ends before it.
    line_ends: usize,
    /// The characters before it.
    characters: usize,
    /// The start of its line.
    line_start: usize,
}

impl TextMark {
    /// The mark after `bytes`, which begin at byte `start` of the text.
    fn behind(mut self, bytes: &[u8], start: usize) -> Self {
        for (at, byte) in bytes.iter().enumerate() {
            // Every byte except a continuation byte begins a character.
            self.characters += usize::from(byte & 0xc0 != 0x80);
            if *byte == b'\n' {
                self.line_ends += 1;
                self.line_start = start + at + 1;
            }
        }
        self
    }
}

impl TextMarks {
    /// Computes the marks of a text.
    pub(super) fn of(text: &str) -> Self {
        let mut mark = TextMark::default();
        let mut blocks = Vec::with_capacity(text.len() / BLOCK_BYTES + 1);
        for (index, bytes) in text.as_bytes().chunks(BLOCK_BYTES).enumerate() {
            blocks.push(mark);
            mark = mark.behind(bytes, index * BLOCK_BYTES);
        }
        Self { blocks }
    }

    /// The line of byte `at` in `text`, from 1, and the start of that line.
    pub(super) fn line_at(&self, text: &str, at: usize) -> (usize, usize) {
        let mark = self.mark_at(text, at);
        (mark.line_ends + 1, mark.line_start)
    }

    /// The number of characters in `text` between two bytes.
    pub(super) fn characters_between(&self, text: &str, from: usize, to: usize) -> usize {
        self.mark_at(text, to).characters - self.mark_at(text, from).characters
    }

    fn mark_at(&self, text: &str, at: usize) -> TextMark {
        let at = at.min(text.len());
        let block = (at / BLOCK_BYTES).min(self.blocks.len().saturating_sub(1));
        let mark = self.blocks.get(block).copied().unwrap_or_default();
        let start = block * BLOCK_BYTES;
        mark.behind(&text.as_bytes()[start..at], start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_what_a_look_at_the_whole_text_says() {
        let text = "ab\n\nü€ and more\n".repeat(2000) + &"long ".repeat(3000) + "\nend";
        let marks = TextMarks::of(&text);
        for (at, _) in text.char_indices().step_by(37) {
            let before = &text[..at];
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            let line = before.matches('\n').count() + 1;
            assert_eq!(marks.line_at(&text, at), (line, line_start), "byte {at}");
            let column = text[line_start..at].chars().count();
            assert_eq!(marks.characters_between(&text, line_start, at), column);
        }
        assert_eq!(marks.line_at(&text, text.len()).0, 6002);
    }

    #[test]
    fn an_empty_text_has_one_line() {
        assert_eq!(TextMarks::of("").line_at("", 0), (1, 0));
    }

    #[test]
    fn a_place_looks_at_less_than_a_block_however_long_the_text() {
        let text = "0,5\n".repeat(1_000_000);
        let marks = TextMarks::of(&text);
        let looked_at =
            |at: usize| at - (at / BLOCK_BYTES).min(marks.blocks.len() - 1) * BLOCK_BYTES;
        let most = (0..text.len()).step_by(4).map(looked_at).max();
        assert!(most < Some(BLOCK_BYTES), "{most:?}");
    }
}
