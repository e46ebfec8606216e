//! Symbols: shapes on a plane, and what a line, an area or a shape looks like in a key.

use super::ink;
use super::page::{KEY_SIZE, WIDER_FONT, at, lettering, shortened, width_of};
use crate::draw::{Align, Drawing, Ink, Rect, SheetPoint, Stroke};

/// What a named policy is in the picture of a front; it decides how its symbol looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkRole {
    /// The policy as it stands: a black star.
    Current,
    /// The knee of the front: a vermilion diamond.
    Knee,
    /// What is proposed: a green diamond with a white eye.
    Proposed,
    /// Anything else with a name: a square and two triangles in turn, each of another colour.
    Other,
}

/// A filled shape around a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Disc,
    Star,
    Diamond,
    /// With a white eye: shades of grey alone tell it from a diamond.
    EyedDiamond,
    Square,
    TriangleUp,
    TriangleDown,
}

impl Shape {
    /// Each corner: the share of a turn, clockwise from the top, and the share of the radius.
    fn corners(self) -> Vec<(f64, f64)> {
        let even = |count: u32, first: f64| -> Vec<(f64, f64)> {
            let corner = |corner: u32| (first + f64::from(corner) / f64::from(count), 1.0);
            (0..count).map(corner).collect()
        };
        match self {
            Self::Disc => even(20, 0.0),
            Self::Diamond | Self::EyedDiamond => even(4, 0.0),
            Self::Square => even(4, 0.125),
            Self::TriangleUp => even(3, 0.0),
            Self::TriangleDown => even(3, 1.0 / 6.0),
            Self::Star => {
                let mut corners = even(10, 0.0);
                for inner in corners.iter_mut().skip(1).step_by(2) {
                    inner.1 = 0.42;
                }
                corners
            }
        }
    }

    /// Draws it around `middle`; `radius` reaches its corners.
    pub(super) fn draw(self, drawing: &mut Drawing, middle: SheetPoint, radius: f64, ink: Ink) {
        let corners = self.corners().into_iter().map(|(turn, reach)| {
            let angle = turn * std::f64::consts::TAU;
            at(
                middle.x + radius * reach * angle.sin(),
                middle.y - radius * reach * angle.cos(),
            )
        });
        drawing.shape(corners.collect(), ink, 1.0);
        if self == Self::EyedDiamond {
            Self::Disc.draw(drawing, middle, EYE * radius, Ink::WHITE);
        }
    }
}

/// The radius of a diamond's eye, in that of the diamond.
const EYE: f64 = 0.3;

/// How a named policy looks; radii in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    pub(super) shape: Shape,
    pub(super) ink: Ink,
    /// The colour of its line of the key.
    pub(super) text: Ink,
    radius: f64,
    /// With the white rim that lifts it off the data.
    rim: f64,
    radius_in_key: f64,
}

const fn look(shape: Shape, ink: Ink, text: Ink, radii: [f64; 3]) -> Look {
    Look {
        shape,
        ink,
        text,
        radius: radii[0],
        rim: radii[1],
        radius_in_key: radii[2],
    }
}

const STAR: Look = look(Shape::Star, ink::BLACK, ink::BLACK, [11.0, 14.5, 8.0]);
const KNEE: Look = look(
    Shape::Diamond,
    ink::VERMILION,
    ink::VERMILION,
    [9.5, 12.0, 7.5],
);
const PROPOSED: Look = look(Shape::EyedDiamond, ink::GREEN, ink::TEXT, [11.0, 13.5, 8.0]);
const OTHERS: [Look; 3] = [
    look(Shape::Square, ink::PURPLE, ink::TEXT, [8.5, 11.0, 7.0]),
    look(Shape::TriangleUp, ink::ORANGE, ink::TEXT, [9.5, 13.0, 7.5]),
    look(Shape::TriangleDown, ink::SKY, ink::TEXT, [9.5, 13.0, 7.5]),
];

/// A look for each role in turn.
pub(super) fn looks(roles: impl Iterator<Item = MarkRole>) -> Vec<Look> {
    let mut others = OTHERS.into_iter().cycle();
    roles
        .map(|role| match role {
            MarkRole::Current => STAR,
            MarkRole::Knee => KNEE,
            MarkRole::Proposed => PROPOSED,
            MarkRole::Other => others.next().unwrap_or(OTHERS[0]),
        })
        .collect()
}

impl Look {
    /// Draws it on the data, with its rim.
    pub(super) fn draw(self, drawing: &mut Drawing, middle: SheetPoint) {
        self.shape.draw(drawing, middle, self.rim, Ink::WHITE);
        self.shape.draw(drawing, middle, self.radius, self.ink);
    }

    pub(super) fn in_key(self) -> LegendKey {
        LegendKey::Shape {
            shape: self.shape,
            ink: self.ink,
            radius: self.radius_in_key,
        }
    }
}

/// What a line, an area or a shape looks like in a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum LegendKey {
    Line(Stroke),
    /// A thin line on a wide one.
    Area {
        line: Stroke,
        fill: Ink,
    },
    /// A line in the middle of a band.
    Ribbon {
        line: Stroke,
        fill: Ink,
    },
    Band(Ink),
    Shape {
        shape: Shape,
        ink: Ink,
        radius: f64,
    },
}

/// The width of a line in a key, and the room of a shape.
const KEY_WIDTH: f64 = 24.0;
const SHAPE_WIDTH: f64 = 16.0;

impl LegendKey {
    fn width(self) -> f64 {
        match self {
            Self::Shape { .. } => SHAPE_WIDTH,
            _ => KEY_WIDTH,
        }
    }

    /// Draws it with its left end at `x` and its middle at height `middle`.
    fn draw(self, drawing: &mut Drawing, x: f64, middle: f64) {
        let level = |y: f64| vec![at(x, y), at(x + KEY_WIDTH, y)];
        let block = Rect {
            left: x,
            right: x + KEY_WIDTH,
            top: middle - 5.0,
            bottom: middle + 5.0,
        };
        match self {
            Self::Line(stroke) => drawing.line(level(middle), stroke),
            Self::Area { line, fill } => {
                drawing.rect(block, fill);
                drawing.line(level(block.top), line);
            }
            Self::Ribbon { line, fill } => {
                drawing.rect(block, fill);
                drawing.line(level(middle), line);
            }
            Self::Band(ink) => drawing.rect(block, ink),
            Self::Shape { shape, ink, radius } => {
                shape.draw(drawing, at(x + SHAPE_WIDTH / 2.0, middle), radius, ink);
            }
        }
    }
}

/// A name in a key, with what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LegendEntry {
    pub(super) key: LegendKey,
    pub(super) text: String,
    /// The colour of the text.
    pub(super) ink: Ink,
}

pub(super) fn entry(key: LegendKey, text: impl Into<String>) -> LegendEntry {
    LegendEntry {
        key,
        text: text.into(),
        ink: ink::TEXT,
    }
}

/// From a symbol to its name, and from a name to the next symbol.
const NAME_INDENT: f64 = 6.0;
const ENTRY_GAP: f64 = 14.0;

/// Draws entries side by side from `place` on, which is on the baseline, and cuts what would go beyond `right`.
///
/// They stand far enough apart for a viewer of vectors that has a wider font.
pub(super) fn draw_legend(
    drawing: &mut Drawing,
    place: SheetPoint,
    right: f64,
    entries: &[LegendEntry],
) {
    let mut x = place.x;
    for entry in entries {
        let letters = lettering(KEY_SIZE, entry.ink, Align::Left);
        entry.key.draw(drawing, x, place.y - 4.4);
        x += entry.key.width() + NAME_INDENT;
        let text = shortened(&entry.text, letters, right - x);
        let next = x + width_of(&text, letters) * WIDER_FONT + ENTRY_GAP;
        drawing.text(at(x, place.y), text, letters);
        x = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_named_policies_look_different_in_shape_and_colour() {
        let other = MarkRole::Other;
        let roles = [MarkRole::Current, MarkRole::Proposed, other, other, other];
        let looks = looks(roles.into_iter());
        for (index, look) in looks.iter().enumerate() {
            for later in &looks[index + 1..] {
                assert_ne!(look.shape, later.shape);
                assert_ne!(look.ink, later.ink);
            }
        }
        assert!(looks.iter().all(|look| look.ink != ink::BLUE));
    }

    #[test]
    fn entries_stand_side_by_side_and_end_before_the_right_side() {
        let mut drawing = Drawing::new(400, 20);
        let band = LegendKey::Band(ink::BLUE);
        let entries = [entry(band, "first"), entry(band, "second ".repeat(30))];
        draw_legend(&mut drawing, at(10.0, 15.0), 300.0, &entries);
        let texts: Vec<&str> = drawing.texts().collect();
        assert_eq!(texts[0], "first");
        assert!(texts[1].starts_with("second") && texts[1].ends_with('…'));
    }
}
