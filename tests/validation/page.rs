//! `docs/validation.md` and its pictures, with the figures of the tests.
//!
//! Writes only if `HPASIM_WRITE_DOCS` is set; otherwise compares the page with its expected
//! content.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use hpasim::render::plot::bands::{
    BandChart, BandColour, BandLevel, BandPanel, BandPoint, BandQuantity, BandSeries, draw_bands,
};
use hpasim::results::forecast::ForecastMoment;
use hpasim::scenario::Scenario;
use hpasim::units::SimSpan;
use hpasim::workload::Demand;

/// The command that updates the page.
const REMEDY: &str = "HPASIM_WRITE_DOCS=1 cargo test --test validation";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn is_writing() -> bool {
    std::env::var_os("HPASIM_WRITE_DOCS").is_some()
}

/// Compares the section `name` of the page with `text`, or writes it.
pub(crate) fn assert_section(name: &str, text: &str) {
    let path = docs().join("validation.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (begin, end) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let start = page.find(&begin).expect("the section's begin") + begin.len();
    let stop = page.find(&end).expect("the section's end");
    if is_writing() {
        let fresh = format!("{}{text}{}", &page[..start], &page[stop..]);
        std::fs::write(&path, fresh).expect("a written page");
    } else {
        assert_eq!(
            &page[start..stop],
            text,
            "docs/validation.md is not current: {REMEDY}"
        );
    }
}

/// One simulated line of a picture.
pub(crate) struct Simulated<'a> {
    pub(crate) name: &'a str,
    pub(crate) moments: &'a [ForecastMoment],
}

/// The content of a picture.
pub(crate) struct Picture<'a> {
    pub(crate) name: &'a str,
    pub(crate) subtitle: String,
    pub(crate) scenario: &'a Scenario,
    /// The part of its trace before the recording's time 0.
    pub(crate) lead_in_seconds: f64,
    /// The first with its band, the others as lines.
    pub(crate) simulated: &'a [Simulated<'a>],
}

/// Compares the picture with its expected content, or writes it.
pub(crate) fn assert_picture(picture: &Picture<'_>) {
    let path = docs().join(format!("validation/{}.svg", picture.name));
    if is_writing() {
        let svg = draw_bands(&chart(picture)).to_svg().expect("a picture");
        std::fs::write(&path, svg).expect("a written picture");
        return;
    }
    let svg = std::fs::read_to_string(&path).expect("the picture");
    assert!(
        svg.contains(&picture.subtitle),
        "docs/validation/{}.svg does not say `{}`: {REMEDY}",
        picture.name,
        picture.subtitle
    );
}

fn chart(picture: &Picture<'_>) -> BandChart {
    let scenario = picture.scenario;
    let spec = scenario.hpa().map(|hpa| &hpa.spec);
    let bounds = spec.map(|spec| {
        let level = |name: &str, value: i32| BandLevel {
            value: f64::from(value),
            name: format!("{name} {value}"),
            colour: BandColour::Grey,
        };
        vec![
            level("min", spec.min_replicas.0),
            level("max", spec.max_replicas.0),
        ]
    });
    BandChart {
        title: picture.name.to_owned(),
        subtitle: picture.subtitle.clone(),
        clock: None,
        end_seconds: scenario.trace.end().as_secs_f64() - picture.lead_in_seconds,
        warm_up: SimSpan::ZERO,
        left_out: Vec::new(),
        panels: vec![
            load_panel(scenario, picture.lead_in_seconds),
            BandPanel {
                heading: "replicas".to_owned(),
                quantity: BandQuantity::Count,
                height: 300,
                series: replica_series(picture.simulated),
                levels: bounds.unwrap_or_default(),
                at_least: 0.0,
            },
        ],
    }
}

fn load_panel(scenario: &Scenario, lead_in_seconds: f64) -> BandPanel {
    let (heading, values) = match &scenario.trace.demand {
        Demand::RequestsPerSecond(values) => ("load in requests/s", values),
        Demand::CpuMillicores(values) => ("demand in millicores", values),
        Demand::Users(values) => ("load in users", values),
    };
    let last = values.len() - 1;
    let points = scenario.trace.times.iter().zip(values).take(last);
    BandPanel {
        heading: heading.to_owned(),
        quantity: BandQuantity::Plain,
        height: 110,
        series: vec![BandSeries {
            name: "as recorded".to_owned(),
            band_name: None,
            colour: BandColour::Grey,
            points: points
                .map(|(time, value)| point(time.as_secs_f64() - lead_in_seconds, *value))
                .filter(|point| point.seconds >= 0.0)
                .collect(),
        }],
        levels: Vec::new(),
        at_least: 0.0,
    }
}

fn point(seconds: f64, value: f64) -> BandPoint {
    BandPoint {
        seconds,
        low: value,
        middle: value,
        high: value,
    }
}

fn replica_series(simulated: &[Simulated<'_>]) -> Vec<BandSeries> {
    let colours = [BandColour::Blue, BandColour::Orange];
    let lines = simulated
        .iter()
        .zip(colours)
        .enumerate()
        .map(|(index, (simulated, colour))| BandSeries {
            name: format!("{}, median", simulated.name),
            band_name: (index == 0).then(|| "its p10 to p90".to_owned()),
            colour,
            points: simulated
                .moments
                .iter()
                .map(|moment| BandPoint {
                    seconds: moment.seconds,
                    low: moment.quantile(0.1),
                    middle: moment.median(),
                    high: moment.quantile(0.9),
                })
                .collect(),
        });
    let recorded = BandSeries {
        name: "recorded".to_owned(),
        band_name: None,
        colour: BandColour::Black,
        points: simulated[0]
            .moments
            .iter()
            .map(|moment| point(moment.seconds, moment.recorded))
            .collect(),
    };
    // The last line is drawn on top.
    lines
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .chain([recorded])
        .collect()
}

/// A Markdown table.
pub(crate) fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!(
        "| {} |\n|{}\n",
        columns.join(" | "),
        "---|".repeat(columns.len())
    );
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}
