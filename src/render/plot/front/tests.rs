//! What is in the picture, and that nothing in it lies on anything else.

use std::sync::LazyLock;

use super::*;
use crate::draw::{Mark, Paint};
use crate::render::plot::page::width_of;

fn at(cost: f64, harm: f64) -> Weighed {
    Weighed::of([cost, harm, 1.0])
}

fn mark(role: MarkRole, at: Weighed, text: &str) -> FrontMark {
    FrontMark {
        role,
        at,
        text: text.to_owned(),
    }
}

/// A long tail of cheap policies that break the SLO all day, and many good ones.
fn points() -> Vec<Weighed> {
    let absurd = (0..40).map(|index| at(5.0 + 0.1 * f64::from(index), 40_000.0));
    let good = (0..160).map(|index| {
        let step = f64::from(index);
        at(10.0 + step * 0.1, 100.0 + 400.0 / (1.0 + step) + step % 7.0)
    });
    absurd.chain(good).collect()
}

/// The first of the absurd and the good ones up to the least harm.
const FRONT: [usize; 4] = [0, 40, 41, 45];

/// Mean replicas against SLO-breaking seconds.
static OBJECTIVES: LazyLock<Objectives> = LazyLock::new(|| Objectives::of(&[]));

fn picture<'a>(
    points: &'a [Weighed],
    front: &'a [usize],
    marks: &'a [FrontMark],
    reach: Reach,
) -> FrontPicture<'a> {
    FrontPicture {
        title: "prod under spike",
        subtitle: "200 policies",
        objectives: &OBJECTIVES,
        points,
        front,
        marks,
        reach,
    }
}

fn five_marks() -> Vec<FrontMark> {
    let other = MarkRole::Other;
    vec![
        mark(MarkRole::Current, at(20.0, 300.0), "today"),
        mark(MarkRole::Proposed, at(12.0, 150.0), "proposed"),
        mark(other, at(11.0, 280.0), "cheaper"),
        mark(other, at(13.0, 120.0), "calmer"),
        mark(other, at(90.0, 0.0), "@static-peak"),
    ]
}

/// The height of the baseline of a text.
fn height_of(drawing: &Drawing, text: &str) -> f64 {
    let mut heights = drawing.marks().iter().filter_map(|mark| match mark {
        Mark::Text {
            place, text: found, ..
        } if found == text => Some(place.y),
        _ => None,
    });
    heights
        .next()
        .unwrap_or_else(|| panic!("{text} is missing"))
}

#[test]
fn a_front_says_what_it_shows() {
    let (points, marks) = (points(), five_marks());
    let picture = picture(&points, &FRONT, &marks, Reach::WholeFront);
    let drawing = draw_front(&picture);
    let texts: Vec<&str> = drawing.texts().collect();
    for expected in [
        "prod under spike",
        "200 policies",
        "mean replicas (less is cheaper)",
        "SLO-breaking seconds (less is better)",
        "front: no policy is both cheaper and better",
        "other policies",
        "today",
        "proposed",
        "@static-peak",
    ] {
        assert!(texts.contains(&expected), "{expected} is not in {texts:?}");
    }
}

#[test]
fn the_plane_moves_down_with_the_lines_of_the_key() {
    let points = points();
    for count in 0..9 {
        let marks: Vec<FrontMark> = (0..count)
            .map(|index| mark(MarkRole::Other, at(12.0, 150.0), &format!("mark {index}")))
            .collect();
        let picture = picture(&points, &FRONT, &marks, Reach::WholeFront);
        let lower = 21 * u32::try_from(count).expect("few").saturating_sub(2);
        let chart = FrontChart::of(&picture);
        let drawing = draw_front(&picture);
        assert_eq!(drawing.height(), 800 + lower);
        let frame = chart.plane.frame;
        assert!((frame.bottom - frame.top - 568.0).abs() < 1e-9);
        let axis = height_of(&drawing, "SLO-breaking seconds (less is better)");
        assert!(axis < frame.top);
        for mark in &marks {
            let line = height_of(&drawing, &mark.text);
            assert!(line + 20.0 < axis, "{count}: {line} {axis}");
        }
    }
}

#[test]
fn every_mark_lies_within_the_axes() {
    let (points, marks) = (points(), five_marks());
    for reach in [Reach::WholeFront, Reach::AroundMarks] {
        let picture = picture(&points, &FRONT, &marks, reach);
        let Plane { x, y, .. } = FrontChart::of(&picture).plane;
        for mark in &marks {
            assert!((x.low..=x.high).contains(&mark.at.cost), "{mark:?} {x:?}");
            assert!((y.low..=y.high).contains(&mark.at.harm), "{mark:?} {y:?}");
        }
    }
}

#[test]
fn around_the_marks_no_mark_reaches_over_the_far_sides() {
    let marks = [mark(MarkRole::Current, at(500.0, 500.0), "today")];
    let points = [at(100.0, 400.0), at(200.0, 100.0)];
    let picture = picture(&points, &[0, 1], &marks, Reach::AroundMarks);
    let chart = FrontChart::of(&picture);
    let (frame, place) = (chart.plane.frame, chart.place(&marks[0].at));
    assert!(place.y - frame.top > 15.0, "{place:?}");
    assert!(frame.right - place.x > 15.0, "{place:?}");
}

#[test]
fn around_the_marks_the_ends_of_the_front_do_not_squash_the_rest() {
    let (points, marks) = (points(), five_marks());
    let whole = picture(&points, &FRONT, &marks, Reach::WholeFront);
    assert!(FrontChart::of(&whole).plane.y.high >= 40_000.0);
    let around = picture(&points, &FRONT, &marks, Reach::AroundMarks);
    let chart = FrontChart::of(&around);
    assert!(chart.plane.y.high <= 500.0, "{:?}", chart.plane.y);
    assert_eq!(
        chart.beyond(),
        Beyond {
            front: 2,
            others: 39
        }
    );
    let drawing = draw_front(&around);
    let texts: Vec<&str> = drawing.texts().collect();
    for expected in [
        "front: no policy is both cheaper and better (2 of its points lie beyond the axes)",
        "other policies (39 of them lie beyond the axes)",
    ] {
        assert!(texts.contains(&expected), "{expected} is not in {texts:?}");
    }
}

#[test]
fn what_lies_beyond_the_axes_is_counted() {
    assert_eq!(beyond_the_axes(0, "them"), "");
    assert_eq!(
        beyond_the_axes(1, "its points"),
        " (1 of its points lies beyond the axes)"
    );
}

#[test]
fn a_front_that_goes_beyond_the_axes_ends_at_the_frame() {
    let points = [
        at(1.0, 9000.0),
        at(2.0, 20.0),
        at(3.0, 10.0),
        at(900.0, 0.0),
    ];
    let marks = [mark(MarkRole::Current, at(4.0, 20.0), "today")];
    let picture = picture(&points, &[0, 1, 2, 3], &marks, Reach::AroundMarks);
    let chart = FrontChart::of(&picture);
    let frame = chart.plane.frame;
    let steps = chart.steps(&chart.front());
    let (first, last) = (steps[0], steps[steps.len() - 1]);
    assert!((first.y - frame.top).abs() < 1e-9, "{first:?}");
    assert!((first.x - chart.place(&points[1]).x).abs() < 1e-9);
    assert!((last.x - frame.right).abs() < 1e-9, "{last:?}");
    assert!((last.y - chart.place(&points[2]).y).abs() < 1e-9);
}

#[test]
fn a_mark_of_unknown_harm_stands_in_the_key_alone() {
    let points = points();
    let shapes_with = |harm: f64| {
        let marks = [mark(MarkRole::Current, at(12.0, harm), "today")];
        let picture = picture(&points, &FRONT, &marks, Reach::AroundMarks);
        let drawing = draw_front(&picture);
        assert!(drawing.texts().any(|text| text == "today"));
        let black = drawing.marks().iter().filter(|mark| match mark {
            Mark::Text { lettering, .. } => lettering.ink == ink::BLACK,
            Mark::Path {
                paint: Paint::Fill { ink, .. },
                ..
            } => *ink == ink::BLACK,
            _ => false,
        });
        black.count()
    };
    // The line of the key and its star; on the plane one star more.
    assert_eq!(shapes_with(150.0), 3);
    assert_eq!(shapes_with(f64::NAN), 2);
}

#[test]
fn nothing_at_all_is_a_picture_all_the_same() {
    for reach in [Reach::WholeFront, Reach::AroundMarks] {
        let drawing = draw_front(&picture(&[], &[], &[], reach));
        assert!(drawing.texts().any(|text| text == "other policies"));
        let unknown = [at(f64::NAN, f64::NAN)];
        let marks = [mark(MarkRole::Proposed, unknown[0], "proposed")];
        let drawing = draw_front(&picture(&unknown, &[], &marks, reach));
        assert!(drawing.texts().any(|text| text == "proposed"));
    }
}

#[test]
fn a_line_of_the_key_is_no_wider_than_the_picture() {
    let marks = [mark(MarkRole::Proposed, at(1.0, 1.0), &"long ".repeat(100))];
    let drawing = draw_front(&picture(&[], &[], &marks, Reach::WholeFront));
    let line = drawing.texts().find(|text| text.starts_with("long"));
    let line = line.expect("the line");
    assert!(line.ends_with('…'));
    let letters = lettering(13.0, ink::TEXT, Align::Left);
    assert!(width_of(line, letters) <= RIGHT - LEFT);
}
