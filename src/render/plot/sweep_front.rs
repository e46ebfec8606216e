//! The picture of a sweep: cost against harm, the front, the knee, and the policy as it stands.
//!
//! Self-imposed limit: the plane of two objectives; what single parameters do is `sweep_parameters`'.

use std::collections::BTreeSet;

use plotters::prelude::DrawingBackend;

use super::canvas::{self, Align, Canvas, Ink, Lettering, Point, Rect, Sheet};
use super::font::{self, Weight};
use super::panel::{lettering, solid};
use super::plane::{Axis, Plane, diamond, disc, draw_sheet, extent, finite_quantile, star};
use super::{PlotError, WIDTH, ink, shortened};
use crate::render::sweep::{SweepAnswer, number};
use crate::search::outcome::{Outcome, Weighed};

const SHEET: Sheet = Sheet {
    width: WIDTH,
    height: 800,
};
const LEFT: f64 = 84.0;
const FRAME: Rect = Rect {
    left: LEFT,
    top: 166.0,
    right: 1160.0,
    bottom: 734.0,
};
/// The colour of points that some other beats.
const CLOUD: Ink = Ink::new(0xB8_BE_C4);
const FRONT_INK: Ink = ink::BLUE;
const KNEE_INK: Ink = ink::VERMILION;

/// `front.svg`.
///
/// # Errors
/// Where the library fails.
pub fn render_front_svg(answer: &SweepAnswer<'_>, outcome: &Outcome) -> Result<String, PlotError> {
    canvas::to_svg(SHEET, |canvas| draw(canvas, answer, outcome))
}

/// `front.png`.
///
/// # Errors
/// Where the library fails.
pub fn render_front_png(answer: &SweepAnswer<'_>, outcome: &Outcome) -> Result<Vec<u8>, PlotError> {
    canvas::to_png(SHEET, |canvas| draw(canvas, answer, outcome))
}

fn draw<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    answer: &SweepAnswer<'_>,
    outcome: &Outcome,
) -> Result<(), PlotError> {
    let objectives = answer.objectives;
    let title = format!(
        "{}: {} against {}",
        answer.title(),
        objectives.cost().heading(),
        objectives.harm().heading()
    );
    draw_sheet(canvas, SHEET, LEFT, &title, &answer.subtitle())?;
    let plane = plane_of(outcome);
    plane.axes(canvas)?;
    name_axes(canvas, answer)?;
    let beyond = draw_cloud(canvas, &plane, outcome)?;
    draw_front(canvas, &plane, outcome)?;
    draw_named(canvas, &plane, outcome)?;
    draw_key(canvas, answer, outcome, beyond)
}

/// What the axes reach: all that is named, and all but the worst tenth of the rest.
fn plane_of(outcome: &Outcome) -> Plane {
    let named = outcome
        .front
        .iter()
        .map(|point| outcome.points[*point])
        .chain(outcome.current);
    let named: Vec<Weighed> = named.collect();
    let axis = |value: fn(&Weighed) -> f64, parts: f64| {
        let (low, high) = extent(named.iter().map(value));
        let mut all: Vec<f64> = outcome.points.iter().map(value).collect();
        let ninth = finite_quantile(&mut all, SHOWN_SHARE);
        let (least, _) = extent(all.iter().copied());
        Axis::around(low.min(least), high.max(ninth), parts)
    };
    Plane {
        frame: FRAME,
        x: axis(|point| point.cost, 8.0),
        y: axis(|point| point.harm, 6.0),
    }
}

/// The share of all points that lies within the axes at least.
const SHOWN_SHARE: f64 = 0.9;

fn name_axes<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    answer: &SweepAnswer<'_>,
) -> Result<(), PlotError> {
    let soft = lettering(13.5, ink::TEXT_SOFT, Align::Middle);
    canvas.text(
        Point {
            x: f64::midpoint(FRAME.left, FRAME.right),
            y: FRAME.bottom + 46.0,
        },
        &format!("{} (less is cheaper)", answer.objectives.cost().heading()),
        soft,
    )?;
    canvas.text(
        Point {
            x: FRAME.left,
            y: FRAME.top - 12.0,
        },
        &format!("{} (less is better)", answer.objectives.harm().heading()),
        Lettering {
            align: Align::Left,
            ..soft
        },
    )
}

/// How many points lie beyond the axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Beyond(usize);

/// Points nearer to each other than this, in points of the sheet, are one mark.
const PITCH: f64 = 2.0;

/// Every point once where it can be seen, however many there are.
fn draw_cloud<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    plane: &Plane,
    outcome: &Outcome,
) -> Result<Beyond, PlotError> {
    let mut taken = BTreeSet::new();
    let mut beyond = 0;
    let radius = if outcome.points.len() > 2000 {
        2.0
    } else {
        3.0
    };
    for point in &outcome.points {
        if point.cost.is_nan() || point.harm.is_nan() {
            continue;
        }
        if point.cost > plane.x.high || point.harm > plane.y.high {
            beyond += 1;
            continue;
        }
        let place = plane.place(point.cost, point.harm);
        let cell = ((place.x / PITCH) as i32, (place.y / PITCH) as i32);
        if taken.insert(cell) {
            disc(canvas, place, radius, CLOUD)?;
        }
    }
    Ok(Beyond(beyond))
}

/// The front as steps: what lies up and to the right of it is beaten.
fn draw_front<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    plane: &Plane,
    outcome: &Outcome,
) -> Result<(), PlotError> {
    let mut steps: Vec<Point> = Vec::new();
    for point in &outcome.front {
        let place = plane.place(outcome.points[*point].cost, outcome.points[*point].harm);
        if let Some(last) = steps.last().copied() {
            steps.push(Point {
                x: place.x,
                y: last.y,
            });
        }
        steps.push(place);
    }
    canvas.line(&steps, solid(FRONT_INK, 1.6))?;
    for point in &outcome.front {
        let place = plane.place(outcome.points[*point].cost, outcome.points[*point].harm);
        disc(canvas, place, 4.4, FRONT_INK)?;
    }
    Ok(())
}

/// The key's lines, from the first one's baseline down.
const KEY_TOP: f64 = 84.0;
const KEY_PITCH: f64 = 21.0;
/// From the middle of a mark to its text.
const KEY_INDENT: f64 = 14.0;

/// What the marks are, above the plane: nothing is written on the data.
fn draw_key<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    answer: &SweepAnswer<'_>,
    outcome: &Outcome,
    beyond: Beyond,
) -> Result<(), PlotError> {
    let middle = |line: f64| Point {
        x: LEFT + 8.0,
        y: KEY_TOP + KEY_PITCH * line - 4.5,
    };
    disc(canvas, middle(0.0), 4.4, FRONT_INK)?;
    let front = "front: no policy is both cheaper and better";
    let x = write_key(canvas, middle(0.0), front, ink::TEXT)? + 36.0;
    let others = Point { x, ..middle(0.0) };
    disc(canvas, others, 4.4, CLOUD)?;
    let text = match beyond.0 {
        0 => "other policies".to_owned(),
        count => format!("other policies ({count} of them lie beyond the axes)"),
    };
    write_key(canvas, others, &text, ink::TEXT)?;
    let mut line = 1.0;
    if let Some(knee) = outcome.knee {
        diamond(canvas, middle(line), 7.5, KNEE_INK)?;
        let numbers = numbers(answer, outcome.points[knee]);
        let text = format!("knee: {numbers}; {}", answer.settings(knee));
        write_key(canvas, middle(line), &text, KNEE_INK)?;
        line += 1.0;
    }
    if let Some(current) = outcome.current {
        star(canvas, middle(line), 8.0, ink::BLACK)?;
        let text = format!("current policy: {}", numbers(answer, current));
        write_key(canvas, middle(line), &text, ink::BLACK)?;
    }
    Ok(())
}

/// Writes beside a mark; says where the text ends.
fn write_key<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    mark: Point,
    text: &str,
    ink: Ink,
) -> Result<f64, PlotError> {
    let letters = lettering(13.0, ink, Align::Left);
    let place = Point {
        x: mark.x + KEY_INDENT,
        y: mark.y + 4.5,
    };
    let text = shortened(text, letters, FRAME.right - place.x);
    canvas.text(place, &text, letters)?;
    Ok(place.x + font::width(&text, 13.0, Weight::Regular))
}

/// The knee and the policy as it stands, on top of everything.
fn draw_named<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    plane: &Plane,
    outcome: &Outcome,
) -> Result<(), PlotError> {
    let white = Ink::new(0xFF_FF_FF);
    if let Some(knee) = outcome.knee {
        let point = outcome.points[knee];
        let place = plane.place(point.cost, point.harm);
        diamond(canvas, place, 12.0, white)?;
        diamond(canvas, place, 9.5, KNEE_INK)?;
    }
    if let Some(current) = outcome.current {
        let place = plane.place(current.cost, current.harm);
        star(canvas, place, 14.5, white)?;
        star(canvas, place, 11.0, ink::BLACK)?;
    }
    Ok(())
}

fn numbers(answer: &SweepAnswer<'_>, point: Weighed) -> String {
    let (cost, harm) = (answer.objectives.cost(), answer.objectives.harm());
    format!(
        "{} {}, {} {}",
        number(cost, point.cost),
        cost.heading(),
        number(harm, point.harm),
        harm.heading()
    )
}
