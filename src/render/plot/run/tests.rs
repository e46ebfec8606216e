//! What must be on the picture, whatever it looks like.

use super::*;
use crate::draw::{Ink, Mark};
use crate::hpa::spec::{MetricSource, MetricSpec, MetricTarget};
use crate::results::request_tests::{answer, calm_segment};
use crate::results::tests::{
    FIVE_RPS_A_POD, decide, even_segment, pods, scenario, story, story_kpis,
};
use crate::results::{KpiObserver, TimelineRecorder};
use crate::simulation::Observer;
use crate::simulation::observer::{FailureCauses, PodSpread, RequestSegment};
use crate::units::SimTime;
use crate::workload::Demand;

fn timeline(scenario: &Scenario) -> Timeline {
    let mut recorder = TimelineRecorder::new(scenario).with_provisioning(FIVE_RPS_A_POD);
    story(&mut recorder);
    recorder.finish()
}

/// A picture of a fluid run that asked for nothing beside its inputs.
fn draw(scenario: &Scenario, timeline: &Timeline) -> Drawing {
    draw_run(&Picture {
        scenario,
        timeline,
        kpis: &story_kpis(),
        promised_latency: Some(0.187),
        engine: Engine::Fluid,
        seed: Seed(1),
        request: &Request::default(),
    })
}

fn story_drawing(scenario: &Scenario) -> Drawing {
    draw(scenario, &timeline(scenario))
}

fn texts(drawing: &Drawing) -> Vec<&str> {
    drawing.texts().collect()
}

/// Twenty minutes of single requests: calm, then from the fifth minute on five times the load, and pods that come a minute later.
fn request_story(observer: &mut impl Observer, users: Option<u32>) {
    for index in 0..240_i64 {
        let start = 5 * index;
        let wobble = (index * 37 % 11) as f64 / 10.0;
        let crowd = (60..160).contains(&index);
        let ready = if (75..190).contains(&index) { 10 } else { 2 };
        let short = crowd && ready == 2;
        let rps = (if crowd { 50.0 } else { 10.0 }) + 2.0 * wobble;
        let offered = (5.0 * rps) as u64;
        let failed = if short {
            offered / 2 + index.unsigned_abs() % 9
        } else {
            0
        };
        let (share, spread) = if short {
            (2.0, 0.1)
        } else {
            (rps / f64::from(ready) / 10.0, 0.4)
        };
        if index == 69 {
            decide(observer, start + 1, 2, 10, 190);
        } else if index == 185 {
            decide(observer, start + 1, 10, 2, 12);
        } else if index % 3 == 0 {
            decide(observer, start + 1, ready, ready, (100.0 * share) as i32);
        }
        let slow = if short { 900 } else { 20 };
        answer(observer, (offered - failed) / 2, 12);
        answer(observer, offered - failed - (offered - failed) / 2, slow);
        let periods = 50 * ready.unsigned_abs();
        observer.served(&RequestSegment {
            nominal_rps: if crowd { 50.0 } else { 10.0 },
            users: users.map(|users| if crowd { 5 * users } else { users }),
            offered,
            succeeded: offered - failed,
            failed: FailureCauses {
                timed_out: (failed / 4) as f64,
                queue_full: (failed - failed / 4) as f64,
                ..FailureCauses::default()
            },
            retried: failed / 3,
            cpu_core_seconds: rps * 0.05,
            cpu_share_of_request: Some(share),
            working_periods: u64::from(periods),
            throttled_periods: u64::from(if short {
                periods * 9 / 10
            } else {
                periods / 20
            }),
            pod_cpu: Some(PodSpread {
                min: share * (1.0 - spread),
                mean: share,
                max: share * (1.0 + spread + 0.3 * wobble * spread),
                max_throttled_share: 0.9,
            }),
            pods: pods(ready, ready, 0),
            ..calm_segment(start, start + 5)
        });
    }
}

fn request_drawing(scenario: &Scenario, users: Option<u32>) -> Drawing {
    let mut observer = (
        KpiObserver::new(scenario).with_provisioning(FIVE_RPS_A_POD),
        TimelineRecorder::new(scenario).with_provisioning(FIVE_RPS_A_POD),
    );
    request_story(&mut observer, users);
    draw_run(&Picture {
        scenario,
        timeline: &observer.1.finish(),
        kpis: &observer.0.finish(),
        promised_latency: None,
        engine: Engine::Request,
        seed: Seed(1),
        request: &Request::default(),
    })
}

#[test]
fn a_picture_says_what_it_shows() {
    let drawing = story_drawing(&scenario(3600.0));
    let texts = texts(&drawing);
    for expected in [
        "prod under spike",
        "fluid engine, seed 1",
        "SLO broken: p95 above 500 ms, or more than 1 % failed",
        "Load, requests per second",
        "offered",
        "served",
        "failed: queue full 80 %, pod gone 20 %",
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
        from: Some(crate::scenario::TraceMoment::After(
            crate::units::SimSpan::from_secs(240),
        )),
        to: None,
        ..Request::default()
    };
    assert_eq!(
        what_was_asked(&asked, &scenario(600.0)),
        ["from 4m 0s of the trace", "hpa.maxReplicas=20"]
    );
    assert_eq!(
        place_asked(&what_was_asked(&asked, &scenario(600.0))),
        PageQuestion::BesideKey("from 4m 0s of the trace, hpa.maxReplicas=20".to_owned())
    );
    assert_eq!(
        what_was_asked(&Request::default(), &scenario(600.0)),
        [""; 0]
    );
}

/// The texts of a picture of a run with so many overrides.
fn asked_for(overrides: usize) -> Vec<String> {
    let scenario = scenario(3600.0);
    let set = (0..overrides).map(|index| format!("workload.some_long_key_{index}=\"2s\""));
    let picture = Picture {
        scenario: &scenario,
        timeline: &timeline(&scenario),
        kpis: &story_kpis(),
        promised_latency: None,
        engine: Engine::Fluid,
        seed: Seed(1),
        request: &Request {
            set: set.collect(),
            ..Request::default()
        },
    };
    draw_run(&picture).texts().map(str::to_owned).collect()
}

#[test]
fn many_overrides_take_lines_of_their_own_and_none_is_lost() {
    let lines: Vec<String> = asked_for(12)
        .into_iter()
        .filter(|text| text.contains("some_long_key"))
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    for index in 0..12 {
        let key = format!("some_long_key_{index}=");
        assert!(lines.iter().any(|line| line.contains(&key)), "{lines:?}");
    }
    for line in &lines {
        let letters = lettering(KEY_SIZE, ink::TEXT, Align::Left);
        assert!(width_of(line, letters) <= HEAD_ROOM, "{line}");
    }
}

#[test]
fn overrides_beyond_all_measure_are_counted() {
    let texts = asked_for(100);
    let last = texts
        .iter()
        .rfind(|text| text.contains("some_long_key"))
        .expect("overrides");
    let (_, left_out) = last.rsplit_once(", and ").expect("a count");
    let left_out: usize = left_out
        .trim_end_matches(" more")
        .parse()
        .expect("a number");
    let shown: usize = texts
        .iter()
        .map(|text| text.matches("some_long_key").count())
        .sum();
    assert_eq!(shown + left_out, 100);
    assert!(texts.iter().any(|text| text == "Replicas"));
}

#[test]
fn the_headline_counts_oom_kills_and_is_no_wider_than_the_picture() {
    let kpis = Kpis {
        slo_violation_seconds: Some(86_000.0),
        latency_seconds_p95: Some(0.012_34),
        failed_share: Some(0.0123),
        throttled_share: Some(0.123),
        oom_kills: Some(123_456.0),
        mean_replicas: 123.4,
        peak_replicas: 1000,
        pod_hours: 123_456.0,
        ..Kpis::default()
    };
    let scenario = scenario(3600.0);
    let headline = |kpis: &Kpis| {
        let value = |kpi: Kpi| kpis.value(kpi);
        headline(&scenario, Some(0.012_34), value).join(" · ")
    };
    let text = headline(&kpis);
    assert!(text.contains("123 k OOM kills"), "{text}");
    let letters = lettering(HEADLINE_SIZE, ink::TEXT, Align::Left);
    assert!(width_of(&text, letters) <= HEAD_ROOM, "{text}");
    let one = Kpis {
        oom_kills: Some(1.0),
        ..Kpis::default()
    };
    assert!(headline(&one).contains("1 OOM kill "));
    assert!(!headline(&Kpis::default()).contains("OOM"));
}

#[test]
fn the_headline_has_the_latency_at_the_quantile_of_the_slo() {
    let mut scenario = scenario(3600.0);
    scenario.slo.latency_quantile = 0.999;
    let drawing = story_drawing(&scenario);
    let latency = |text: &&str| text.contains("p99.9 latency 187 ms");
    assert!(drawing.texts().any(|text| latency(&text)));
    assert!(!drawing.texts().any(|text| text.contains("p95")));
}

/// The rectangles in an ink, in the order of drawing.
fn rects_in(drawing: &Drawing, is_meant: impl Fn(Ink) -> bool) -> Vec<Rect> {
    let marks = drawing.marks().iter();
    let rects = marks.filter_map(|mark| match mark {
        Mark::Rect { rect, ink } if is_meant(*ink) => Some(*rect),
        _ => None,
    });
    rects.collect()
}

#[test]
fn five_seconds_of_a_day_that_broke_the_slo_are_seen_in_a_strip() {
    let scenario = scenario(86_400.0);
    let mut recorder = TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD);
    recorder.flowed(&even_segment(0.0, 86_400.0));
    let mut timeline = recorder.finish();
    let quiet = draw(&scenario, &timeline);
    assert!(!texts(&quiet).contains(&"broken"));
    timeline.rows[6000].slo_violated_share = 1.0;
    let drawing = draw(&scenario, &timeline);
    assert!(texts(&drawing).contains(&"broken"));
    // Of its pixel these 5 s are 6 %.
    let ink = ink::VERMILION.tint(0.6 + 0.4 * 5.0 / 84.375);
    let pieces = rects_in(&drawing, |found| found == ink);
    assert_eq!(pieces.len(), 1);
    assert!(pieces[0].width() >= 1.0);
    let at_breach = LEFT + 1024.0 * 30_000.0 / 86_400.0;
    assert!(pieces[0].left <= at_breach && at_breach <= pieces[0].right);
}

#[test]
fn the_same_run_gives_the_same_picture() {
    let scenario = scenario(3600.0);
    let drawing = story_drawing(&scenario);
    assert_eq!(drawing, story_drawing(&scenario));
    assert_eq!((drawing.width(), drawing.height()), (1200, 1080));
}

#[test]
fn a_metric_that_is_no_cpu_utilization_has_a_panel_of_what_the_reconciles_saw() {
    let mut scenario = scenario(3600.0);
    let spec = &mut scenario.hpa_mut().expect("an autoscaler").spec;
    let resource = "memory".to_owned();
    let memory = MetricSpec::new(
        MetricSource::Resource { resource },
        MetricTarget::Utilization(70),
    );
    spec.metrics = vec![memory.clone()];
    let drawing = story_drawing(&scenario);
    let names = texts(&drawing);
    for expected in [
        "memory, percent of request",
        "target 70 %",
        "as the HPA saw it",
    ] {
        assert!(names.contains(&expected), "{expected} is not in {names:?}");
    }
    assert!(drawing.height() > 1080);

    let cpu = MetricSpec::new(
        MetricSource::Resource {
            resource: "cpu".to_owned(),
        },
        MetricTarget::Utilization(50),
    );
    let autoscaler = scenario.hpa_mut().expect("an autoscaler");
    autoscaler.spec.metrics = vec![cpu, memory];
    let drawing = story_drawing(&scenario);
    let names = texts(&drawing);
    for expected in [
        "Metrics, percent of target",
        "cpu",
        "memory",
        "target 100 %",
    ] {
        assert!(names.contains(&expected), "{expected} is not in {names:?}");
    }
}

#[test]
fn a_fixed_deployment_has_no_target_and_no_bounds() {
    let mut scenario = scenario(3600.0);
    scenario.scaler = None;
    let drawing = story_drawing(&scenario);
    let texts = texts(&drawing);
    assert!(texts.contains(&"used by ready pods"));
    for absent in ["as the HPA saw it", "target 50 %", "min 1", "with retries"] {
        assert!(!texts.contains(&absent), "{absent}");
    }
}

#[test]
fn a_trace_of_cpu_demand_says_that_there_is_no_latency() {
    let mut scenario = scenario(3600.0);
    scenario.trace_mut().demand = Demand::CpuMillicores(vec![100.0, 100.0]);
    let drawing = story_drawing(&scenario);
    let texts = texts(&drawing);
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
    let drawing = story_drawing(&scenario);
    let texts = texts(&drawing);
    let cut = texts
        .into_iter()
        .find(|text| text.starts_with("prodprod"))
        .expect("a title");
    assert!(cut.ends_with('…'));
    assert!(width_of(cut, bold(21.0)) < 1000.0);
}

#[test]
fn of_an_empty_run_there_is_the_head_alone() {
    let drawing = draw(&scenario(3600.0), &Timeline::default());
    let texts = texts(&drawing);
    assert!(texts.contains(&"prod under spike") && texts.contains(&"The run is empty."));
    assert!(!texts.contains(&"Replicas"));
}

#[test]
fn single_requests_show_pods_apart_what_fails_and_how_much_is_throttled() {
    let drawing = request_drawing(&scenario(1200.0), None);
    let texts = texts(&drawing);
    for expected in [
        "request engine, seed 1",
        "failed: queue full 75 %, timed out 25 %",
        "with retries",
        "pods: idlest, mean, busiest",
        "throttled",
        "up to 90 %",
    ] {
        assert!(texts.contains(&expected), "{expected} is not in {texts:?}");
    }
    assert!(!texts.contains(&"users (right)"));
}

#[test]
fn a_closed_load_shows_its_users_on_a_scale_of_their_own() {
    let drawing = request_drawing(&scenario(1200.0), Some(300));
    let texts = texts(&drawing);
    for expected in ["users (right)", "500", "1500"] {
        assert!(texts.contains(&expected), "{expected} is not in {texts:?}");
    }
}

#[test]
fn a_moment_far_above_the_limit_does_not_squash_the_rest() {
    let scenario = scenario(10.0);
    let mut recorder = TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD);
    recorder.served(&calm_segment(0, 5));
    recorder.served(&RequestSegment {
        cpu_share_of_request: Some(16.0),
        ..calm_segment(5, 10)
    });
    let drawing = draw(&scenario, &recorder.finish());
    let texts = texts(&drawing);
    assert!(texts.contains(&"limit 200 %") && texts.contains(&"250 %"));
    assert!(!texts.contains(&"1000 %"), "{texts:?}");
}

#[test]
fn a_pod_that_was_ready_for_a_moment_of_the_interval_has_no_line() {
    let scenario = scenario(10.0);
    let drawing_with_ready_from = |millis: i64| {
        let ready_from = SimTime::ZERO + crate::units::SimSpan::from_millis(millis);
        let mut recorder = TimelineRecorder::new(&scenario).with_provisioning(FIVE_RPS_A_POD);
        recorder.served(&calm_segment(0, 5));
        recorder.served(&RequestSegment {
            end: ready_from,
            cpu_share_of_request: None,
            ..calm_segment(5, 10)
        });
        recorder.served(&RequestSegment {
            start: ready_from,
            cpu_share_of_request: Some(2.4),
            pod_cpu: None,
            ..calm_segment(5, 10)
        });
        draw(&scenario, &recorder.finish())
    };
    // 30 ms are too little to speak for 5 s; a second is not.
    assert!(!texts(&drawing_with_ready_from(9970)).contains(&"250 %"));
    assert!(texts(&drawing_with_ready_from(9000)).contains(&"250 %"));
}
