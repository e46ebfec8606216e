//! What is in the picture, whatever it looks like.

use super::*;
use crate::render::plot::tests::texts;

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

fn svg(rows: &[SensitivityRow]) -> String {
    render_sensitivity_svg(&picture(rows)).expect("a picture")
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

/// Left and right end of the bars of a colour, in points.
fn bars(svg: &str, color: &str) -> Vec<(f64, f64)> {
    let number = |element: &str, name: &str| -> f64 {
        let (_, after) = element.split_once(&format!(" {name}=\"")).expect(name);
        let (number, _) = after.split_once('"').expect("a quote");
        number.parse::<f64>().expect("a number") / 10.0
    };
    svg.split("<rect")
        .skip(1)
        .filter_map(|element| element.split_once("/>"))
        .filter(|(element, _)| element.contains(color))
        .map(|(element, _)| {
            let left = number(element, "x");
            (left, left + number(element, "width"))
        })
        .collect()
}

#[test]
fn a_picture_of_sensitivity_says_what_it_shows() {
    let svg = svg(&[
        row("maxReplicas", [0.41, 0.07, f64::NAN]),
        row(
            "behavior.scaleDown.stabilizationWindowSeconds",
            [0.004, 0.0, 1.0],
        ),
    ]);
    let texts = texts(&svg);
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
        "&lt;1 %",
        "0 %",
        "100 %",
    ] {
        assert!(texts.contains(&expected), "{expected} is not in {texts:?}");
    }
}

#[test]
fn a_bar_is_as_long_as_its_share_on_one_scale_for_all() {
    let svg = svg(&[row("a", [0.8, 0.4, 0.2])]);
    let lengths = ["#0072B2", "#D55E00", "#A84E80"].map(|color| {
        let bars = bars(&svg, color);
        assert_eq!(bars.len(), 1, "{color}");
        bars[0].1 - bars[0].0
    });
    assert!((lengths[0] / lengths[1] - 2.0).abs() < 0.02, "{lengths:?}");
    assert!((lengths[1] / lengths[2] - 2.0).abs() < 0.02, "{lengths:?}");
}

#[test]
fn what_is_unknown_or_nothing_has_no_bar() {
    let svg = svg(&[
        row("a", [f64::NAN, 0.3, 0.3]),
        row("b", [0.0, 0.3, f64::NAN]),
    ]);
    assert!(bars(&svg, "#0072B2").is_empty());
    assert_eq!(bars(&svg, "#D55E00").len(), 2);
    assert_eq!(bars(&svg, "#A84E80").len(), 1);
}

#[test]
fn the_sheet_is_as_high_as_there_are_rows() {
    for count in [1, 2, 16] {
        let rows = many(count);
        let picture = picture(&rows);
        let height = SensitivityChart::of(&picture).sheet().height;
        assert_eq!(height, 174 + 32 * u32::try_from(count).expect("few"));
        let svg = svg(&rows);
        let texts = texts(&svg);
        assert!(rows.iter().all(|row| texts.contains(&row.label.as_str())));
    }
}

#[test]
fn no_rows_and_no_known_share_are_pictures_all_the_same() {
    let nothing = svg(&[]);
    assert!(texts(&nothing).contains(&"no parameter took more than one value"));
    let unknown = svg(&[row("a", [f64::NAN; 3])]);
    assert_eq!(texts(&unknown).iter().filter(|it| **it == "–").count(), 3);
    let png = render_sensitivity_png(&picture(&many(1))).expect("a picture");
    assert_eq!(&png[1..4], b"PNG");
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
        let value = font::width("100 %", 12.5, Weight::Regular);
        assert!(VALUE_INDENT + value < VALUE_ROOM);
        assert!(first.frame.right - first.frame.left > 150.0);
        let svg = svg(&rows);
        for ((left, right), column) in bars(&svg, "#0072B2").into_iter().zip([first]) {
            assert!(left >= column.frame.left - 0.1 && right <= column.frame.right + 0.1);
        }
        let name = texts(&svg)
            .into_iter()
            .find(|text| label.starts_with(text.trim_end_matches('…')))
            .expect("the name");
        assert!(font::width(name, LABEL_SIZE, Weight::Regular) <= chart.label_room);
    }
}
