//! What is in the picture, whatever it looks like.

use super::*;
use crate::render::plot::bands::render_bands_svg;
use crate::results::TimelineRecorder;
use crate::results::curves::SeedCurves;
use crate::results::tests::{even_segment, scenario};
use crate::simulation::Observer;
use crate::units::Replicas;

fn curves(desired: i32) -> PolicyCurves {
    let mut recorder = TimelineRecorder::new(&scenario(600.0));
    let mut segment = even_segment(0.0, 600.0);
    segment.pods.desired = Replicas(desired);
    recorder.flowed(&segment);
    let seed = SeedCurves::of(&recorder.finish());
    PolicyCurves {
        seeds: vec![seed.clone(), seed],
    }
}

fn chart(names: &[&str]) -> BandChart {
    let scenario = scenario(600.0);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let curves: Vec<PolicyCurves> = (1..=names.len() as i32).map(curves).collect();
    compared_chart(&ComparedPicture {
        trace: "spike",
        engine: Engine::Request,
        seeds: 2,
        policies: &names,
        scenario: &scenario,
        curves: &curves,
    })
}

#[test]
fn up_to_six_policies_share_the_panels_of_a_run() {
    let chart = chart(&["prod", "fast"]);
    let headings: Vec<&str> = chart.panels.iter().map(|it| it.heading.as_str()).collect();
    assert_eq!(
        headings,
        [
            "Offered and failed, requests/s",
            "CPU, % of request",
            "Replicas",
            "Latency, p95",
            "SLO broken so far, seconds"
        ]
    );
    let replicas = &chart.panels[2].series;
    let names: Vec<&str> = replicas.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["needed for the SLO", "fast", "prod"]);
    assert!(replicas[1].colour != replicas[2].colour);
    let svg = render_bands_svg(&chart).expect("a picture");
    assert!(svg.contains("prod, fast under spike"));
}

#[test]
fn more_policies_get_panels_of_their_own_on_one_scale() {
    let chart = chart(&["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(chart.panels.len(), 7);
    assert!(
        chart
            .panels
            .iter()
            .all(|it| (it.at_least - 7.0).abs() < 1e-9)
    );
    assert_eq!(chart.title, "7 policies under spike");
    render_bands_svg(&chart).expect("a picture");
}

#[test]
fn names_are_cut_until_a_legend_holds_them() {
    let names = |count: usize, letters: usize| vec!["x".repeat(letters); count];
    assert_eq!(legend_names(&names(2, 12))[0], "x".repeat(12));
    assert_eq!(legend_names(&names(6, 30))[0], "xxx…xxx");
    assert_eq!(cut("@oracle-instant:130", 9), "@ora…:130");
    assert_eq!(legend_names(&names(2, 40))[0].chars().count(), 20);
}
