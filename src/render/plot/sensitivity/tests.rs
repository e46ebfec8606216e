//! What is in the picture, whatever it looks like.

use super::*;
use crate::draw::Mark;

const OBJECTIVES: [Objective; 3] = [
    Objective::MeanReplicas,
    Objective::SloViolationSeconds,
    Objective::Rescales,
];

fn row(label: &str, shares: [f64; 3]) -> SensitivityRow {
    SensitivityRow {
        label: label.to_owned(),
        shares: Weighed::of(shares),
    }
}

fn picture(rows: &[SensitivityRow]) -> SensitivityPicture<'_> {
    SensitivityPicture {
        title: "prod under spike: which parameter matters",
        subtitle: "2,000 policies",
        objectives: OBJECTIVES,
        rows,
    }
}

fn draw(rows: &[SensitivityRow]) -> Drawing {
    draw_sensitivity(&picture(rows))
}

fn many(count: usize) -> Vec<SensitivityRow> {
    (0..count)
        .map(|index| {
            let share = 0.6 / (1.0 + index as f64);
            let label = format!("behavior.scaleDown.policies.{index}.periodSeconds");
            row(&label, [share, 0.5 * share, share * share])
        })
        .collect()
}

/// The bars of a colour.
fn bars(drawing: &Drawing, color: Ink) -> Vec<Rect> {
    let marks = drawing.marks().iter();
    let rects = marks.filter_map(|mark| match mark {
        Mark::Rect { rect, ink } if *ink == color => Some(*rect),
        _ => None,
    });
    rects.collect()
}

#[test]
fn a_picture_of_sensitivity_says_what_it_shows() {
    let drawing = draw(&[
        row("maxReplicas", [0.41, 0.07, f64::NAN]),
        row(
            "behavior.scaleDown.stabilizationWindowSeconds",
            [0.004, 0.0, 1.0],
        ),
    ]);
    let texts = drawing.texts().collect::<Vec<&str>>();
    for expected in [
        "prod under spike: which parameter matters",
        "mean replicas",
        "SLO-breaking seconds",
        "rescales",
        "maxReplicas",
        "behavior.scaleDown.stabilizationWindowSeconds",
        "41 %",
        "7 %",
        "–",
        "<1 %",
        "0 %",
        "100 %",
    ] {
        assert!(texts.contains(&expected), "{expected} is not in {texts:?}");
    }
}

#[test]
fn a_bar_is_as_long_as_its_share_on_one_scale_for_all() {
    let drawing = draw(&[row("a", [0.8, 0.4, 0.2])]);
    let lengths = [ink::BLUE, ink::VERMILION, ink::PURPLE].map(|color| {
        let bars = bars(&drawing, color);
        assert_eq!(bars.len(), 1, "{color:?}");
        bars[0].width()
    });
    assert!((lengths[0] / lengths[1] - 2.0).abs() < 0.02, "{lengths:?}");
    assert!((lengths[1] / lengths[2] - 2.0).abs() < 0.02, "{lengths:?}");
}

#[test]
fn what_is_unknown_or_nothing_has_no_bar() {
    let drawing = draw(&[
        row("a", [f64::NAN, 0.3, 0.3]),
        row("b", [0.0, 0.3, f64::NAN]),
    ]);
    assert!(bars(&drawing, ink::BLUE).is_empty());
    assert_eq!(bars(&drawing, ink::VERMILION).len(), 2);
    assert_eq!(bars(&drawing, ink::PURPLE).len(), 1);
}

#[test]
fn the_sheet_is_as_high_as_there_are_rows() {
    for count in [1, 2, 16] {
        let rows = many(count);
        let drawing = draw(&rows);
        let expected = 174 + 32 * u32::try_from(count).expect("few");
        assert_eq!(drawing.height(), expected);
        let texts = drawing.texts().collect::<Vec<&str>>();
        assert!(rows.iter().all(|row| texts.contains(&row.label.as_str())));
    }
}

#[test]
fn no_rows_and_no_known_share_are_pictures_all_the_same() {
    let nothing = draw(&[]);
    let text = "no parameter took more than one value";
    assert!(nothing.texts().any(|found| found == text));
    let unknown = draw(&[row("a", [f64::NAN; 3])]);
    assert_eq!(unknown.texts().filter(|text| *text == "–").count(), 3);
}

#[test]
fn neither_names_nor_bars_reach_into_the_next_column() {
    let long = "very.".repeat(40) + "long";
    for label in ["a", &long] {
        let rows = [row(label, [1.2, 1.0, 1.0])];
        let picture = picture(&rows);
        let chart = SensitivityChart::of(&picture);
        let [first, second, third] = chart.columns();
        assert!(LEFT + chart.label_room < first.frame.left);
        assert!(first.frame.right + VALUE_ROOM < second.frame.left);
        assert!(third.frame.right + VALUE_ROOM <= f64::from(WIDTH) - RIGHT + 1e-9);
        let value = width_of("100 %", lettering(12.5, ink::TEXT, Align::Left));
        assert!(VALUE_INDENT + value < VALUE_ROOM);
        assert!(first.frame.right - first.frame.left > 150.0);
        let drawing = draw(&rows);
        for bar in bars(&drawing, ink::BLUE) {
            assert!(bar.left >= first.frame.left && bar.right <= first.frame.right + 1e-9);
        }
        let name = drawing
            .texts()
            .collect::<Vec<&str>>()
            .into_iter()
            .find(|text| label.starts_with(text.trim_end_matches('…')))
            .expect("the name");
        assert!(width_of(name, LABEL) <= chart.label_room);
    }
}
