//! The picture of a front: cost against harm, the points that no other beats, and policies with a name.

use std::collections::BTreeSet;

use super::axis::Axis;
use super::ink;
use super::page::{at, lettering, solid, titled_sheet};
use super::plane::{Plane, extent, finite_quantile};
pub use super::symbols::MarkRole;
use super::symbols::{LegendEntry, LegendKey, Look, Shape, draw_legend, entry, looks};
use crate::draw::{Align, Drawing, Ink, Rect, SheetPoint};
use crate::render::sweep_answer::{SweepAnswer, number};
use crate::search::outcome::{Objectives, SweepOutcome, Weighed};

/// What a picture of a front shows.
#[derive(Clone, Copy, Debug)]
pub struct FrontPicture<'a> {
    /// The bold line.
    pub title: &'a str,
    /// The line below it.
    pub subtitle: &'a str,
    /// What is paid, which grows to the right, and what users suffer, which grows upwards.
    pub objectives: &'a Objectives,
    /// All points; NaN where an objective is unknown.
    pub points: &'a [Weighed],
    /// The points on the front of cost against harm by number, cost rising.
    pub front: &'a [usize],
    /// Named policies: drawn on top, and explained in the key, in this order.
    pub marks: &'a [FrontMark],
    /// How far the axes go.
    pub reach: Reach,
}

/// A policy with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontMark {
    /// What it is, which decides how it looks.
    pub role: MarkRole,
    /// Where it stands; where cost or harm is NaN, it stands in the key alone.
    pub at: Weighed,
    /// The whole line of the key; what is wider than the picture is cut.
    pub text: String,
}

/// How far the axes go. They always hold every mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Over the whole front, and all but the worst tenth of the points.
    WholeFront,
    /// As [`Self::WholeFront`], but not much further than the marks, or the best tenth of the points where
    /// that is more: what a wide search finds at the far ends of the front does not squash the rest.
    AroundMarks,
}

/// The front as marks.
#[must_use]
pub fn draw_front(picture: &FrontPicture<'_>) -> Drawing {
    FrontChart::of(picture).draw()
}

/// The front of a sweep, with its knee and the policy as it stands.
#[must_use]
pub fn draw_sweep_front(answer: &SweepAnswer<'_>, outcome: &SweepOutcome) -> Drawing {
    let (cost, harm) = (answer.objectives.cost(), answer.objectives.harm());
    let numbers = |point: Weighed| {
        format!(
            "{} {}, {} {}",
            number(cost, point.cost),
            answer.objectives.unit(cost),
            number(harm, point.harm),
            answer.objectives.unit(harm)
        )
    };
    let knee = outcome.knee.map(|knee| {
        let at = outcome.points[knee];
        FrontMark {
            role: MarkRole::Knee,
            at,
            text: format!("knee: {}; {}", numbers(at), answer.settings(knee)),
        }
    });
    let current = outcome.current.map(|at| FrontMark {
        role: MarkRole::Current,
        at,
        text: format!("current policy: {}", numbers(at)),
    });
    let marks: Vec<FrontMark> = knee.into_iter().chain(current).collect();
    let (cost_name, harm_name) = (cost.heading(), harm.heading());
    draw_front(&FrontPicture {
        title: &format!("{}: {cost_name} against {harm_name}", answer.title()),
        subtitle: &answer.subtitle(),
        objectives: answer.objectives,
        points: &outcome.points,
        front: &outcome.front,
        marks: &marks,
        reach: Reach::WholeFront,
    })
}

const LEFT: f64 = 84.0;
const RIGHT: f64 = 1160.0;
/// The top of the plane below a key of [`KEY_LINES`].
const TOP: f64 = 166.0;
const PLANE_HEIGHT: f64 = 568.0;
/// The horizontal axis' names below the plane.
const FOOT: f64 = 66.0;
/// The first baseline of the key, and the way from one to the next.
const KEY_TOP: f64 = 84.0;
const KEY_PITCH: f64 = 21.0;
/// So many marks have room above the plane; with more it moves down.
const KEY_LINES: usize = 2;

/// The colour of points that some other beats.
const CLOUD: Ink = Ink::new(0xB8_BE_C4);
const FRONT_INK: Ink = ink::BLUE;
const FRONT_RADIUS: f64 = 4.4;
/// More points than this are drawn smaller.
const MANY_POINTS: usize = 1000;
/// The share of all points that lies within the axes, if these reach over the whole front.
const SHOWN_SHARE: f64 = 0.9;
/// The same around the marks.
const LEAST_SHOWN_SHARE: f64 = 0.1;
/// How far axes around the marks go, in the greatest value of a mark.
const BEYOND_MARKS: f64 = 1.4;
/// The least that they go, so that no mark reaches over the frame's far sides.
const ABOVE_MARKS: f64 = 1.05;
/// Points nearer to each other than this, in points of the sheet, are one mark.
const PITCH: f64 = 2.0;

struct FrontChart<'a> {
    picture: &'a FrontPicture<'a>,
    plane: Plane,
    looks: Vec<Look>,
}

/// How many points lie beyond the axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Beyond {
    front: usize,
    others: usize,
}

impl<'a> FrontChart<'a> {
    fn of(picture: &'a FrontPicture<'a>) -> Self {
        let top = TOP + KEY_PITCH * picture.marks.len().saturating_sub(KEY_LINES) as f64;
        let frame = Rect {
            left: LEFT,
            top,
            right: RIGHT,
            bottom: top + PLANE_HEIGHT,
        };
        Self {
            picture,
            plane: plane_of(picture, frame),
            looks: looks(picture.marks.iter().map(|mark| mark.role)),
        }
    }

    fn draw(&self) -> Drawing {
        let picture = self.picture;
        let height = self.plane.frame.bottom + FOOT;
        let mut drawing = titled_sheet(height, LEFT, picture.title, picture.subtitle);
        let plane = &self.plane;
        plane.grid(&mut drawing);
        plane.ground(&mut drawing);
        self.draw_cloud(&mut drawing);
        self.draw_steps(&mut drawing);
        for (mark, look) in picture.marks.iter().zip(&self.looks) {
            if is_known(&mark.at) {
                look.draw(&mut drawing, self.place(&mark.at));
            }
        }
        // Data may reach over the frame, but not over the names.
        plane.name_y(&mut drawing);
        let objectives = picture.objectives;
        let cost = objectives.column_heading(objectives.cost());
        let cost = format!("{cost} (less is cheaper)");
        plane.name_x(&mut drawing, &cost);
        let harm = format!("{} (less is better)", objectives.harm().heading());
        let place = at(plane.frame.left, plane.frame.top - 12.0);
        let letters = lettering(13.0, ink::TEXT_SOFT, Align::Left);
        drawing.text(place, harm, letters);
        self.draw_key(&mut drawing);
        drawing
    }

    fn is_within(&self, point: &Weighed) -> bool {
        point.cost <= self.plane.x.high && point.harm <= self.plane.y.high
    }

    fn place(&self, point: &Weighed) -> SheetPoint {
        self.plane.place(point.cost, point.harm)
    }

    /// Every point once where it can be seen, however many there are.
    fn draw_cloud(&self, drawing: &mut Drawing) {
        let points = self.picture.points;
        let mut taken = BTreeSet::new();
        let radius = if points.len() > MANY_POINTS { 2.0 } else { 3.0 };
        for point in points {
            if !is_known(point) || !self.is_within(point) {
                continue;
            }
            let place = self.place(point);
            let cell = ((place.x / PITCH) as i32, (place.y / PITCH) as i32);
            if taken.insert(cell) {
                Shape::Disc.draw(drawing, place, radius, CLOUD);
            }
        }
    }

    /// The front as steps: what lies up and to the right of it is beaten.
    fn draw_steps(&self, drawing: &mut Drawing) {
        let front = self.front();
        drawing.line(self.steps(&front), solid(FRONT_INK, 1.6));
        for point in front.iter().filter(|point| self.is_within(point)) {
            Shape::Disc.draw(drawing, self.place(point), FRONT_RADIUS, FRONT_INK);
        }
    }

    fn front(&self) -> Vec<Weighed> {
        let points = self.picture.points;
        let front = self.picture.front.iter();
        front.map(|point| points[*point]).filter(is_known).collect()
    }

    /// Its corners; where it goes beyond the axes, it ends at the frame.
    fn steps(&self, front: &[Weighed]) -> Vec<SheetPoint> {
        let frame = self.plane.frame;
        let mut steps: Vec<SheetPoint> = Vec::new();
        let mut comes_from_above = false;
        for point in front {
            let place = self.place(point);
            if point.cost > self.plane.x.high {
                // All that follow cost still more.
                steps.extend(steps.last().copied().map(|last| at(frame.right, last.y)));
                break;
            }
            if self.is_within(point) {
                let last = steps.last().map(|last| last.y);
                let height = last.or(comes_from_above.then_some(frame.top));
                steps.extend(height.map(|y| at(place.x, y)));
                steps.push(place);
            } else {
                comes_from_above = true;
            }
        }
        steps
    }

    fn beyond(&self) -> Beyond {
        let is_beyond = |point: &Weighed| is_known(point) && !self.is_within(point);
        let all = self
            .picture
            .points
            .iter()
            .filter(|it| is_beyond(it))
            .count();
        let front = self.front().iter().filter(|it| is_beyond(it)).count();
        Beyond {
            front,
            others: all - front,
        }
    }

    /// What the marks are, above the plane: nothing is written on the data.
    fn draw_key(&self, drawing: &mut Drawing) {
        let beyond = self.beyond();
        let disc = |ink: Ink| LegendKey::Shape {
            shape: Shape::Disc,
            ink,
            radius: FRONT_RADIUS,
        };
        let front = format!(
            "front: no policy is both cheaper and better{}",
            beyond_the_axes(beyond.front, "its points")
        );
        let others = format!("other policies{}", beyond_the_axes(beyond.others, "them"));
        let first = vec![entry(disc(FRONT_INK), front), entry(disc(CLOUD), others)];
        let marks = self.picture.marks.iter().zip(&self.looks);
        let marks = marks.map(|(mark, look)| {
            vec![LegendEntry {
                key: look.in_key(),
                text: mark.text.clone(),
                ink: look.text,
            }]
        });
        for (line, entries) in std::iter::once(first).chain(marks).enumerate() {
            let place = at(LEFT, KEY_TOP + KEY_PITCH * line as f64);
            draw_legend(drawing, place, RIGHT, &entries);
        }
    }
}

fn beyond_the_axes(count: usize, of: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!(" (1 of {of} lies beyond the axes)"),
        count => format!(" ({count} of {of} lie beyond the axes)"),
    }
}

/// Whether it has a place on the plane.
fn is_known(point: &Weighed) -> bool {
    point.cost.is_finite() && point.harm.is_finite()
}

fn plane_of(picture: &FrontPicture<'_>, frame: Rect) -> Plane {
    let y = axis_of(picture, |point| point.harm, |_| true, 6.0);
    // A point whose harm is beyond the axes does not stretch the axis of cost either.
    let is_shown = |point: &Weighed| picture.reach == Reach::WholeFront || point.harm <= y.high;
    let x = axis_of(picture, |point| point.cost, is_shown, 8.0);
    Plane { frame, x, y }
}

/// What an axis reaches, of the points that are shown.
fn axis_of(
    picture: &FrontPicture<'_>,
    value: fn(&Weighed) -> f64,
    is_shown: impl Fn(&Weighed) -> bool,
    parts: f64,
) -> Axis {
    let shown = || picture.points.iter().filter(|point| is_shown(point));
    let mut all: Vec<f64> = shown().map(value).collect();
    let (least, _) = extent(all.iter().copied());
    let most_points = finite_quantile(&mut all, SHOWN_SHARE);
    let few_points = finite_quantile(&mut all, LEAST_SHOWN_SHARE);
    let (marks_low, marks_high) = extent(picture.marks.iter().map(|mark| value(&mark.at)));
    let front = picture.front.iter().map(|point| &picture.points[*point]);
    let (_, front_high) = extent(front.filter(|point| is_shown(point)).map(value));
    let low = least.min(marks_low);
    let whole = front_high.max(most_points).max(marks_high);
    let high = match picture.reach {
        Reach::AroundMarks if marks_high.is_finite() => {
            let around = (BEYOND_MARKS * marks_high).max(few_points);
            around.min(whole.max(ABOVE_MARKS * marks_high))
        }
        _ => whole,
    };
    Axis::around(low, high, parts)
}

#[cfg(test)]
mod tests;
