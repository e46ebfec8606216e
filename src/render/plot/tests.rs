//! What must be on the picture, whatever it looks like.

use super::*;
use crate::results::TimelineRecorder;
use crate::results::tests::{needed, scenario, story, story_kpis};

fn timeline(scenario: &Scenario) -> Timeline {
    let mut recorder = TimelineRecorder::new(scenario, needed);
    story(&mut recorder);
    recorder.finish()
}

fn svg(scenario: &Scenario) -> String {
    let picture = Picture {
        scenario,
        timeline: &timeline(scenario),
        kpis: &story_kpis(),
        engine: Engine::Fluid,
        seed: Seed(1),
        seeds: 1,
        request: &Request::default(),
    };
    render_svg(&picture).expect("a picture")
}

/// The texts of an SVG, in the order of drawing.
fn texts(svg: &str) -> Vec<&str> {
    svg.split("<text")
        .skip(1)
        .filter_map(|element| {
            let (_, after) = element.split_once('>')?;
            after.split_once("</text>").map(|(text, _)| text.trim())
        })
        .collect()
}

#[test]
fn a_picture_says_what_it_shows() {
    let svg = svg(&scenario(3600.0));
    let texts = texts(&svg);
    for expected in [
        "prod under spike",
        "fluid engine, seed 1",
        "SLO broken: p95 above 500 ms, or more than 1 % failed",
        "Load, requests per second",
        "offered",
        "served",
        "failed",
        "CPU, percent of request",
        "as the HPA saw it",
        "target 50 %",
        "limit 200 %",
        "Replicas",
        "desired",
        "current",
        "ready",
        "needed for the SLO",
        "scaled up",
        "scaled down",
        "min 1",
        "max 50",
        "SLO 500 ms",
        "0:30",
        "time from the start, h:mm",
    ] {
        assert!(texts.contains(&expected), "{expected} is not in {texts:?}");
    }
}

#[test]
fn what_was_asked_beside_the_inputs_stands_in_the_head() {
    let asked = Request {
        set: vec!["hpa.maxReplicas=20".to_owned()],
        from: Some(crate::units::SimSpan::from_secs(240)),
        to: None,
    };
    assert_eq!(
        what_was_asked(&asked),
        "from 4m 0s of the trace, hpa.maxReplicas=20"
    );
    assert_eq!(what_was_asked(&Request::default()), "");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let scenario = scenario(3600.0);
    assert_eq!(svg(&scenario), svg(&scenario));
    let picture = Picture {
        scenario: &scenario,
        timeline: &timeline(&scenario),
        kpis: &story_kpis(),
        engine: Engine::Fluid,
        seed: Seed(1),
        seeds: 10,
        request: &Request::default(),
    };
    let png = render_png(&picture).expect("a picture");
    assert_eq!(png, render_png(&picture).expect("a picture"));
    assert_eq!(&png[1..4], b"PNG");
    assert_eq!(png[16..20], WIDTH.to_be_bytes());
    assert_eq!(png[20..24], HEIGHT.to_be_bytes());
}

#[test]
fn vectors_name_a_font_that_any_machine_has() {
    let svg = svg(&scenario(3600.0));
    assert!(svg.contains("font-family=\"Roboto, Helvetica, Arial, sans-serif\""));
    assert!(svg.starts_with("<svg width=\"1200\" height=\"1080\" viewBox=\"0 0 12000 10800\""));
}

#[test]
fn a_fixed_deployment_has_no_target_and_no_bounds() {
    let mut scenario = scenario(3600.0);
    scenario.autoscaler = None;
    let svg = svg(&scenario);
    let texts = texts(&svg);
    assert!(texts.contains(&"used by ready pods"));
    for absent in ["as the HPA saw it", "target 50 %", "min 1"] {
        assert!(!texts.contains(&absent), "{absent}");
    }
}

#[test]
fn a_trace_of_cpu_demand_says_that_there_is_no_latency() {
    let mut scenario = scenario(3600.0);
    scenario.trace.demand = Demand::CpuMillicores(vec![100.0, 100.0]);
    let svg = svg(&scenario);
    let texts = texts(&svg);
    assert!(
        texts
            .iter()
            .any(|text| text.contains("demand as CPU alone"))
    );
    assert!(texts.contains(&"Load, CPU cores"));
    assert!(!texts.iter().any(|text| text.starts_with("Latency")));
}

#[test]
fn an_endless_name_is_cut() {
    let mut scenario = scenario(3600.0);
    scenario.policy_name = "prod".repeat(60);
    let svg = svg(&scenario);
    let cut = texts(&svg)
        .into_iter()
        .find(|text| text.starts_with("prodprod"))
        .expect("a title");
    assert!(cut.ends_with('…'));
    assert!(font::width(cut, 21.0, Weight::Bold) < 1000.0);
}

#[test]
fn an_empty_run_is_no_picture() {
    let picture = Picture {
        scenario: &scenario(3600.0),
        timeline: &Timeline::default(),
        kpis: &Kpis::default(),
        engine: Engine::Fluid,
        seed: Seed(1),
        seeds: 1,
        request: &Request::default(),
    };
    assert!(matches!(render_svg(&picture), Err(PlotError::Empty)));
}
