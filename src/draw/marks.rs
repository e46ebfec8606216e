//! The marks of a drawing: rectangles, paths and texts, in the order in which they are drawn.

/// An opaque colour, so that the pieces of a line do not show their seams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink {
    /// Red, 0..255.
    pub red: u8,
    /// Green, 0..255.
    pub green: u8,
    /// Blue, 0..255.
    pub blue: u8,
}

impl Ink {
    /// The colour of the sheet.
    pub const WHITE: Self = Self::new(0xFF_FF_FF);

    /// The colour `0xRR_GG_BB`.
    #[must_use]
    pub const fn new(hex: u32) -> Self {
        Self {
            red: (hex >> 16) as u8,
            green: (hex >> 8) as u8,
            blue: hex as u8,
        }
    }

    /// This colour thinned with white: `strength` 1 is the colour itself, 0 is white.
    #[must_use]
    pub fn tint(self, strength: f64) -> Self {
        let thin = |part: u8| (255.0 - (255.0 - f64::from(part)) * strength).round() as u8;
        Self {
            red: thin(self.red),
            green: thin(self.green),
            blue: thin(self.blue),
        }
    }
}

/// A place on the sheet, in points from its top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SheetPoint {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A rectangle on the sheet, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// The left side.
    pub left: f64,
    /// The upper side.
    pub top: f64,
    /// The right side.
    pub right: f64,
    /// The lower side.
    pub bottom: f64,
}

impl Rect {
    /// From the left to the right side, in points.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// From the upper to the lower side, in points.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub ink: Ink,
    /// Its width in points.
    pub width: f64,
    /// Its pattern.
    pub dash: Dash,
}

/// A line's pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Without a gap.
    Solid,
    /// Six points of line, four points of gap.
    Dashed,
}

/// Which point of a text stands at the place given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Its left end.
    Left,
    /// Its middle.
    Middle,
    /// Its right end.
    Right,
}

/// A weight of the shipped font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For most texts.
    Regular,
    /// For headings.
    Bold,
}

/// How a text is set; the place given is on its baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lettering {
    /// The size of an em in points.
    pub size: f64,
    /// The weight.
    pub weight: Weight,
    /// The colour.
    pub ink: Ink,
    /// Which point of the text stands at its place.
    pub align: Align,
}

/// How a path is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Paint {
    /// The shape that the path encloses, in a colour; `strength` 1 hides what lies below it.
    Fill {
        /// The colour.
        ink: Ink,
        /// How opaque the colour is, 0..1.
        strength: f64,
    },
    /// The path itself as a line.
    Line(Stroke),
}

/// One thing on the sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A filled rectangle.
    Rect {
        /// Where.
        rect: Rect,
        /// Its colour.
        ink: Ink,
    },
    /// A line through points, or the shape that they enclose.
    Path {
        /// The corners in their order.
        points: Vec<SheetPoint>,
        /// As a line or as a shape.
        paint: Paint,
    },
    /// A line of text.
    Text {
        /// The place of its baseline.
        place: SheetPoint,
        /// The text.
        text: String,
        /// How it is set.
        lettering: Lettering,
    },
}

/// A picture as data: a white sheet and the marks on it, the last on top.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    width: u32,
    height: u32,
    marks: Vec<Mark>,
}

impl Drawing {
    /// An empty sheet, `width` by `height` points; in a PNG these are pixels.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            marks: Vec::new(),
        }
    }

    /// The width in points.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The height in points.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Adds `points` of empty sheet at the lower edge.
    pub fn lengthen(&mut self, points: u32) {
        self.height += points;
    }

    /// All marks in the order of drawing.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The texts in the order of drawing.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            Mark::Rect { .. } | Mark::Path { .. } => None,
        })
    }

    /// Adds a filled rectangle.
    pub fn rect(&mut self, rect: Rect, ink: Ink) {
        self.marks.push(Mark::Rect { rect, ink });
    }

    /// Adds a filled shape; `strength` 1 hides what lies below it. A shape without points adds nothing.
    pub fn shape(&mut self, points: Vec<SheetPoint>, ink: Ink, strength: f64) {
        self.path(points, Paint::Fill { ink, strength });
    }

    /// Adds a line through points; one without points adds nothing.
    pub fn line(&mut self, points: Vec<SheetPoint>, stroke: Stroke) {
        self.path(points, Paint::Line(stroke));
    }

    fn path(&mut self, points: Vec<SheetPoint>, paint: Paint) {
        if !points.is_empty() {
            self.marks.push(Mark::Path { points, paint });
        }
    }

    /// Adds a line of text with its baseline at `place`.
    pub fn text(&mut self, place: SheetPoint, text: impl Into<String>, lettering: Lettering) {
        self.marks.push(Mark::Text {
            place,
            text: text.into(),
            lettering,
        });
    }
}

/// The lines that a stroke through `points` consists of: the dashes, or the whole line.
pub(super) fn pieces(points: &[SheetPoint], dash: Dash) -> Vec<Vec<SheetPoint>> {
    match dash {
        Dash::Solid => vec![points.to_vec()],
        Dash::Dashed => dashes(points),
    }
}

/// The length of a dash and of the gap behind it, in points.
const DASH_ON: f64 = 6.0;
const DASH_OFF: f64 = 4.0;

/// Cuts a line into dashes along its length.
fn dashes(points: &[SheetPoint]) -> Vec<Vec<SheetPoint>> {
    let mut all = Vec::new();
    let Some(first) = points.first() else {
        return all;
    };
    let mut dash = vec![*first];
    let mut left = DASH_ON;
    let mut drawing = true;
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.x - from.x).hypot(to.y - from.y);
            if length <= left {
                left -= length;
                if drawing {
                    dash.push(to);
                }
                break;
            }
            let part = left / length;
            let turn = SheetPoint {
                x: from.x + (to.x - from.x) * part,
                y: from.y + (to.y - from.y) * part,
            };
            if drawing {
                dash.push(turn);
                all.push(std::mem::take(&mut dash));
                left = DASH_OFF;
            } else {
                dash = vec![turn];
                left = DASH_ON;
            }
            drawing = !drawing;
            from = turn;
        }
    }
    if drawing && dash.len() > 1 {
        all.push(dash);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_on_around_a_corner_and_end_with_the_line() {
        let point = |x: f64, y: f64| SheetPoint { x, y };
        let corner = [point(0.0, 0.0), point(3.0, 0.0), point(3.0, 10.0)];
        let expected = [
            vec![point(0.0, 0.0), point(3.0, 0.0), point(3.0, 3.0)],
            vec![point(3.0, 7.0), point(3.0, 10.0)],
        ];
        assert_eq!(pieces(&corner, Dash::Dashed), expected);
        assert_eq!(pieces(&corner, Dash::Solid), [corner.to_vec()]);
        assert!(pieces(&[], Dash::Dashed).is_empty());
    }

    #[test]
    fn a_tint_lies_between_the_colour_and_white() {
        let ink = Ink::new(0x00_80_FF);
        assert_eq!(ink.tint(1.0), ink);
        assert_eq!(ink.tint(0.0), Ink::WHITE);
        assert_eq!(ink.tint(0.5), Ink::new(0x80_C0_FF));
    }
}
