//! The marks of named policies on the picture of a front: what each looks like on the plane and in the key.
//!
//! Self-imposed limit: shape, size and colour by role; where a mark stands and what is written beside it others say.

use plotters::prelude::DrawingBackend;

use super::canvas::{Canvas, Ink, SheetPoint};
use super::ink;
use super::plane::{diamond, disc, square, star, triangle_down, triangle_up};
use super::plot_error::PlotError;

/// What a named policy is in the picture; it decides how its mark looks.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MarkShape {
    Star,
    Diamond,
    /// Shades of grey alone tell it from a diamond.
    EyedDiamond,
    Square,
    TriangleUp,
    TriangleDown,
}

/// How a mark is drawn: radii in points of the sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    shape: MarkShape,
    ink: Ink,
    /// The colour of the line of the key.
    pub(super) lettering: Ink,
    on_plane: f64,
    /// With the white rim that lifts it off the data.
    with_rim: f64,
    in_key: f64,
}

const STAR: Look = Look {
    shape: MarkShape::Star,
    ink: ink::BLACK,
    lettering: ink::BLACK,
    on_plane: 11.0,
    with_rim: 14.5,
    in_key: 8.0,
};
const KNEE: Look = Look {
    shape: MarkShape::Diamond,
    ink: ink::VERMILION,
    lettering: ink::VERMILION,
    on_plane: 9.5,
    with_rim: 12.0,
    in_key: 7.5,
};
const PROPOSED: Look = Look {
    shape: MarkShape::EyedDiamond,
    ink: ink::GREEN,
    lettering: ink::TEXT,
    on_plane: 11.0,
    with_rim: 13.5,
    in_key: 8.0,
};
const OTHERS: [Look; 3] = [
    Look {
        shape: MarkShape::Square,
        ink: ink::PURPLE,
        lettering: ink::TEXT,
        on_plane: 8.5,
        with_rim: 11.0,
        in_key: 7.0,
    },
    Look {
        shape: MarkShape::TriangleUp,
        ink: ink::ORANGE,
        lettering: ink::TEXT,
        on_plane: 9.5,
        with_rim: 13.0,
        in_key: 7.5,
    },
    Look {
        shape: MarkShape::TriangleDown,
        ink: ink::SKY,
        lettering: ink::TEXT,
        on_plane: 9.5,
        with_rim: 13.0,
        in_key: 7.5,
    },
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
    /// On the data, with its rim.
    pub(super) fn draw_on_plane<B: DrawingBackend>(
        self,
        canvas: &mut Canvas<B>,
        middle: SheetPoint,
    ) -> Result<(), PlotError> {
        self.outline(canvas, middle, self.with_rim, Ink::new(0xFF_FF_FF))?;
        self.body(canvas, middle, self.on_plane)
    }

    /// Before a line of the key.
    pub(super) fn draw_in_key<B: DrawingBackend>(
        self,
        canvas: &mut Canvas<B>,
        middle: SheetPoint,
    ) -> Result<(), PlotError> {
        self.body(canvas, middle, self.in_key)
    }

    fn body<B: DrawingBackend>(
        self,
        canvas: &mut Canvas<B>,
        middle: SheetPoint,
        radius: f64,
    ) -> Result<(), PlotError> {
        self.outline(canvas, middle, radius, self.ink)?;
        if self.shape == MarkShape::EyedDiamond {
            disc(canvas, middle, radius * EYE, Ink::new(0xFF_FF_FF))?;
        }
        Ok(())
    }

    fn outline<B: DrawingBackend>(
        self,
        canvas: &mut Canvas<B>,
        middle: SheetPoint,
        radius: f64,
        ink: Ink,
    ) -> Result<(), PlotError> {
        match self.shape {
            MarkShape::Star => star(canvas, middle, radius, ink),
            MarkShape::Diamond | MarkShape::EyedDiamond => diamond(canvas, middle, radius, ink),
            MarkShape::Square => square(canvas, middle, radius, ink),
            MarkShape::TriangleUp => triangle_up(canvas, middle, radius, ink),
            MarkShape::TriangleDown => triangle_down(canvas, middle, radius, ink),
        }
    }
}

/// How large the eye of a diamond is, in its radius.
const EYE: f64 = 0.3;

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
}
