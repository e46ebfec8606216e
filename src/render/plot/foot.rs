//! Lines of text below a picture.

use super::ink;
use super::page::{KEY_SIZE, MARGIN, WIDTH, at, lettering, shortened};
use crate::draw::{Align, Drawing};

/// The side of the lines.
const LEFT: f64 = 72.0;
/// From one baseline to the next.
const LEADING: f64 = 19.0;
/// From the picture to the first baseline, and from the last to the edge.
const SPACE: f64 = 14.0;

/// For each space at the start of a line.
const INDENT: f64 = 8.0;

/// The drawing with `lines` below it; without lines, the drawing itself.
#[must_use]
pub fn with_foot(mut drawing: Drawing, lines: &[String]) -> Drawing {
    if lines.is_empty() {
        return drawing;
    }
    let top = f64::from(drawing.height());
    drawing.lengthen((LEADING * lines.len() as f64 + 2.0 * SPACE).ceil() as u32);
    let letters = lettering(KEY_SIZE, ink::TEXT, Align::Left);
    for (index, line) in lines.iter().enumerate() {
        let baseline = top + SPACE + LEADING * index as f64;
        let text = line.trim_start();
        let left = LEFT + INDENT * (line.len() - text.len()) as f64;
        let room = f64::from(WIDTH) - left - MARGIN;
        drawing.text(at(left, baseline), shortened(text, letters, room), letters);
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_stands_below_the_picture_and_within_its_width() {
        let picture = Drawing::new(WIDTH, 400);
        assert_eq!(with_foot(picture.clone(), &[]), picture);
        let lines = ["what matters".to_owned(), "long ".repeat(200)];
        let drawing = with_foot(picture, &lines);
        assert!(drawing.height() > 400 + 2 * LEADING as u32);
        let texts: Vec<&str> = drawing.texts().collect();
        assert_eq!(texts[0], "what matters");
        assert!(texts[1].ends_with('…'), "{}", texts[1]);
    }
}
