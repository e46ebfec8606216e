//! What is in the picture, whatever it looks like.

use super::*;
use crate::hpa::spec::{MetricSource, MetricSpec, MetricTarget};
use crate::render::plot::bands::draw_bands;
use crate::results::TimelineRecorder;
use crate::results::curves::{POINTS_MAX, SeedCurves};
use crate::results::tests::{even_segment, scenario};
use crate::simulation::Observer;
use crate::units::{Replicas, SimSpan};

/// A policy of which `failed_rps` fail in the sixth minute.
fn curves(desired: i32, failed_rps: f64) -> PolicyCurves {
    let mut recorder = TimelineRecorder::new(&scenario(600.0));
    let mut segment = even_segment(0.0, 600.0);
    segment.pods.desired = Replicas(desired);
    recorder.flowed(&segment);
    let mut timeline = recorder.finish();
    for row in &mut timeline.rows[60..72] {
        row.failed_rps = failed_rps;
    }
    let seed = SeedCurves::of(&timeline, &Curve::COMPARED, POINTS_MAX);
    PolicyCurves {
        seeds: vec![seed.clone(), seed],
    }
}

fn chart(names: &[&str]) -> BandChart {
    let scenarios = vec![scenario(600.0); names.len()];
    chart_of(names, &scenarios, 0.0)
}

fn chart_of(names: &[&str], scenarios: &[Scenario], failed_rps: f64) -> BandChart {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let curves: Vec<PolicyCurves> = (1..=names.len() as i32)
        .map(|desired| curves(desired, if desired == 2 { failed_rps } else { 0.0 }))
        .collect();
    compared_chart(&ComparedPicture {
        trace: "spike",
        engine: Engine::Request,
        seeds: 2,
        policies: &names,
        scenarios,
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
            "Offered load, requests/s",
            "CPU, percent of request",
            "HPA metric: cpu, percent of request",
            "Replicas",
            "Latency, p95",
            "SLO broken so far, seconds"
        ]
    );
    let replicas = &chart.panels[3].series;
    let names: Vec<&str> = replicas.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["needed for the SLO", "fast", "prod"]);
    assert!(replicas[1].colour != replicas[2].colour);
    let drawing = draw_bands(&chart);
    assert_eq!(drawing.texts().next(), Some("prod, fast under spike"));
}

#[test]
fn failures_have_a_panel_of_their_own_with_every_policy_named() {
    let scenarios = vec![scenario(600.0); 2];
    let chart = chart_of(&["prod", "fast"], &scenarios, 3.0);
    let panel = &chart.panels[1];
    assert_eq!(panel.heading, "Failed, requests/s");
    let [fast, prod] = &panel.series[..] else {
        panic!("two policies: {panel:?}");
    };
    assert_eq!((fast.name.as_str(), prod.name.as_str()), ("fast", "prod"));
    assert!(prod.points.iter().all(|point| point.middle.is_nan()));
    // Twelve rows of failures, and one before and behind them that leads down to zero.
    let shown = fast.points.iter().filter(|point| !point.middle.is_nan());
    assert_eq!(shown.count(), 14);
}

#[test]
fn bounds_of_one_policy_have_its_colour_and_shared_ones_are_grey() {
    let mut scenarios = vec![scenario(600.0); 2];
    let fast = scenarios[1].hpa_mut().expect("an autoscaler");
    fast.spec.min_replicas = Replicas(3);
    let chart = chart_of(&["prod", "fast"], &scenarios, 0.0);
    let levels = &chart.panels[3].levels;
    let named: Vec<(&str, BandColour)> = levels
        .iter()
        .map(|level| (level.name.as_str(), level.colour))
        .collect();
    let expected = [
        ("min 1", BandColour::Blue),
        ("max 50", BandColour::Grey),
        ("min 3", BandColour::Vermilion),
    ];
    assert_eq!(named, expected);
}

/// The panel of metrics of two policies; `fast` acts on `metrics`.
fn metrics_panel(metrics: Vec<MetricSpec>) -> BandPanel {
    let mut scenarios = vec![scenario(600.0); 2];
    scenarios[1].hpa_mut().expect("an autoscaler").spec.metrics = metrics;
    let chart = chart_of(&["prod", "fast"], &scenarios, 0.0);
    chart.panels[2].clone()
}

fn named_levels(panel: &BandPanel) -> Vec<(&str, BandColour)> {
    let levels = panel.levels.iter();
    levels.map(|it| (it.name.as_str(), it.colour)).collect()
}

fn cpu(percent: i32) -> MetricSpec {
    let resource = "cpu".to_owned();
    let source = MetricSource::Resource { resource };
    MetricSpec::new(source, MetricTarget::Utilization(percent))
}

#[test]
fn policies_with_one_metric_have_it_in_its_unit_with_a_target_each() {
    let panel = metrics_panel(vec![cpu(70)]);
    assert_eq!(panel.heading, "HPA metric: cpu, percent of request");
    let names: Vec<&str> = panel.series.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["fast", "prod"]);
    let expected = [
        ("target 50 %", BandColour::Blue),
        ("target 70 %", BandColour::Vermilion),
    ];
    assert_eq!(named_levels(&panel), expected);
}

#[test]
fn policies_with_other_metrics_are_in_percent_of_their_targets() {
    let resource = "memory".to_owned();
    let source = MetricSource::Resource { resource };
    let memory = MetricSpec::new(source, MetricTarget::Utilization(80));
    let panel = metrics_panel(vec![cpu(70), memory]);
    assert_eq!(panel.heading, "HPA metrics, percent of target");
    let names: Vec<&str> = panel.series.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["fast: greatest of cpu, memory", "prod: cpu"]);
    assert_eq!(named_levels(&panel), [("target 100 %", BandColour::Grey)]);
}

#[test]
fn a_policy_without_an_autoscaler_has_no_line_of_metrics() {
    let panel = metrics_panel(Vec::new());
    let names: Vec<&str> = panel.series.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["prod"]);
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
}

#[test]
fn names_are_cut_until_a_legend_holds_them() {
    let names = |count: usize, letters: usize| vec!["x".repeat(letters); count];
    assert_eq!(policy_names(&names(2, 12))[0], "x".repeat(12));
    assert_eq!(policy_names(&names(6, 30))[0], "xxx…xxx");
    assert_eq!(cut("@oracle-instant:130", 9), "@ora…:130");
    assert_eq!(policy_names(&names(2, 40))[0].chars().count(), 20);
}

#[test]
fn the_warm_up_has_a_grey_ground_in_every_panel() {
    let mut scenarios = vec![scenario(600.0); 2];
    let grounds = |scenarios: &[Scenario]| {
        let chart = chart_of(&["prod", "fast"], scenarios, 0.0);
        let panels = chart.panels.len();
        (draw_bands(&chart).marks().len(), panels)
    };
    let (without, panels) = grounds(&scenarios);
    for scenario in &mut scenarios {
        scenario.warm_up = SimSpan::from_secs(300);
    }
    assert_eq!(grounds(&scenarios).0, without + panels);
}
