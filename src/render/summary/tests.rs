//! Summaries as they are read, word for word.

use super::*;
use crate::results::Kpis;
use crate::results::failures::FailureCause;
use crate::results::request_tests::request_kpis;
use crate::results::tests::{scenario, story_kpis};
use crate::scenario::TraceMoment;
use crate::units::SimSpan;

fn summary(scenario: &Scenario, runs: &[Kpis], files: &[String]) -> String {
    let seeds: Vec<Seed> = (1..).take(runs.len()).map(Seed).collect();
    let run = RunSummary {
        scenario,
        engine: Engine::Fluid,
        seeds: &seeds,
        kpis: &KpiReport::of(runs).expect("a run"),
        what_matters: None,
        assumptions: &scenario.touched(Engine::Fluid, runs),
        request: &Request::default(),
        files,
    };
    render_summary(&run, Colour::Plain)
}

#[test]
fn one_seed() {
    let mut kpis = story_kpis();
    kpis.seconds_at_max = Some(275.0);
    let mut scenario = scenario(3600.0);
    for (key, value) in [("pod.start", "1.5s (p99 5s)"), ("pod.init", "3s")] {
        scenario
            .assumptions
            .push(Assumption::of_default(key, value));
    }
    let files = ["output/prod-spike/plot.png", "output/prod-spike/plot.svg"];
    let text = summary(&scenario, &[kpis], &files.map(str::to_owned));
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    insta::assert_snapshot!(text, @"
    prod under spike, 1h 0m
    fluid engine, seed 1
    assumed: workload.cpu_per_request = 10ms, pod.start = 1.5s (p99 5s),
             pod.init = 3s

    replicas        2 at the start, 3.63 on average, 4 at most
                    at the maximum of 50 for 4m 35s
    pod hours       3.65
    cost            14.6 in 1h 0m, at this rate 350 a day,
                    10.7 k a month (730 h)
    SLO broken for  2m 0s  (p95 above 500 ms, or over 1 % failed)
    good requests   93.9 %, 103 % of the error budget used
                    (5.95 % of requests may be bad)
    latency         p50 10 ms   p95 1.07 s   p99 5 s
    failed          0.81 % of 37.2 k requests
                    queue full 80 %, pod gone 20 %
    throttled       0.92 % of the pods' working time
    rescales        3, 1 of them a reversal within 10 min
    first decision  45 s after pods first fell short

    written         output/prod-spike/plot.png
                    output/prod-spike/plot.svg
    ");
}

#[test]
fn a_cost_has_its_currency_and_what_a_day_and_a_month_would_cost_at_its_rate() {
    let cost = |scenario: &Scenario, runs: &[Kpis]| -> String {
        let text = summary(scenario, runs, &[]);
        let lines = text.lines().skip_while(|line| !line.starts_with("cost"));
        let lines = lines.take_while(|line| !line.starts_with("SLO"));
        lines.map(|line| format!("{line}\n")).collect()
    };
    let mut scenario = scenario(3600.0);
    insta::assert_snapshot!(cost(&scenario, &[story_kpis()]), @"
    cost            14.6 in 1h 0m, at this rate 350 a day,
                    10.7 k a month (730 h)
    ");
    scenario.cost.currency = Some("EUR\u{202e}".to_owned());
    scenario.warm_up = SimSpan::from_secs(1800);
    let dearer = Kpis {
        cost: 2.0 * story_kpis().cost,
        ..story_kpis()
    };
    insta::assert_snapshot!(cost(&scenario, &[story_kpis(), dearer]), @r"
    cost            21.9 (16.1 to 27.7) EUR\u{202e} in 30m 0s,
                    at this rate 1051 (771 to 1332) EUR\u{202e} a day,
                    32 k (23.4 k to 40.5 k) EUR\u{202e} a month (730 h)
    ");
    scenario.cost = crate::scenario::CostRates {
        currency: Some("EUR".to_owned()),
        ..Default::default()
    };
    assert_eq!(cost(&scenario, &[story_kpis()]), "");
}

#[test]
fn the_share_of_good_requests_shows_two_digits_of_the_bad_ones() {
    let table = [
        (1.0, "100 %"),
        (0.999_999, "99.9999 %"),
        (0.9987, "99.87 %"),
        (0.9386, "93.9 %"),
        (0.5, "50 %"),
        (0.0, "0 %"),
    ];
    for (share, text) in table {
        assert_eq!(good_share(share), text);
    }
}

#[test]
fn several_seeds_show_the_median_and_how_far_it_strays() {
    let runs: Vec<Kpis> = (0..10)
        .map(|index| Kpis {
            pod_hours: 3.0 + f64::from(index) / 10.0,
            slo_violation_seconds: Some(60.0 + 5.0 * f64::from(index)),
            ..story_kpis()
        })
        .collect();
    insta::assert_snapshot!(summary(&scenario(3600.0), &runs, &[]), @"
    prod under spike, 1h 0m
    fluid engine, 10 seeds (1 to 10): medians (p10 to p90)
    assumed: workload.cpu_per_request = 10ms

    replicas        2 at the start, 3.63 on average, 4 at most
    pod hours       3.45 (3.09 to 3.81)
    cost            14.6 in 1h 0m, at this rate 350 a day,
                    10.7 k a month (730 h)
    SLO broken for  1m 23s (1m 5s to 1m 41s)
                    (p95 above 500 ms, or over 1 % failed)
    good requests   93.9 %, 103 % of the error budget used
                    (5.95 % of requests may be bad)
    latency         p50 10 ms   p95 1.07 s   p99 5 s
    failed          0.81 % of 37.2 k requests
                    queue full 80 %, pod gone 20 %
    throttled       0.92 % of the pods' working time
    rescales        3, 1 of them a reversal within 10 min
    first decision  45 s after pods first fell short
    ");
}

#[test]
fn quantiles_whose_ranges_need_the_room_have_a_line_each() {
    let runs: Vec<Kpis> = (0..10)
        .map(|index| {
            let strays = |base: f64| Some(base * (1.0 + f64::from(index) / 7.0));
            Kpis {
                latency_seconds_p50: strays(0.0123),
                latency_seconds_p95: strays(0.123),
                latency_seconds_p99: strays(1.23),
                ..story_kpis()
            }
        })
        .collect();
    let text = summary(&scenario(3600.0), &runs, &[]);
    let latency: String = text
        .lines()
        .skip_while(|line| !line.starts_with("latency"))
        .take(3)
        .map(|line| format!("{line}\n"))
        .collect();
    insta::assert_snapshot!(latency, @"
    latency         p50 20.2 ms (13.9 ms to 26.5 ms)
                    p95 202 ms (139 ms to 265 ms)
                    p99 2.02 s (1.39 s to 2.65 s)
    ");
}

#[test]
fn rescales_without_a_change_of_mind_and_with_several() {
    let line_with = |reversals: u32| {
        let kpis = Kpis {
            rescales: 17,
            reversals,
            ..story_kpis()
        };
        let text = summary(&scenario(3600.0), &[kpis], &[]);
        let line = text.lines().find(|line| line.starts_with("rescales"));
        line.expect("a line").to_owned()
    };
    assert_eq!(
        line_with(0),
        "rescales        17, no reversal within 10 min"
    );
    assert_eq!(
        line_with(2),
        "rescales        17, 2 of them reversals within 10 min"
    );
}

#[test]
fn what_is_assumed_is_said_in_words() {
    let mut scenario = scenario(3600.0);
    scenario.assumptions = [
        ("pod.image_pull", "\"0s\""),
        ("slo.latency", "{ quantile = 0.95, limit = \"500ms\" }"),
    ]
    .map(|(key, value)| Assumption::of_default(key, value))
    .to_vec();
    let text = summary(&scenario, &[story_kpis()], &[]);
    assert_eq!(
        text.lines().nth(2),
        Some("assumed: pod.image_pull = 0s, slo.latency = p95 within 500 ms")
    );
    let mut found = Assumption::of_default("metrics.scrape_interval", "\"30s\"");
    found.found_in = Some("metrics-server in app.yaml".to_owned());
    scenario.assumptions = vec![
        Assumption::of_default("metrics.custom", "\"metrics_server\""),
        found,
    ];
    let text = summary(&scenario, &[story_kpis()], &[]);
    let lines: Vec<&str> = text.lines().skip(2).take(3).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    assumed: metrics.custom = metrics_server (Pods, Object and External
             metrics read every 15 s, without a rate window),
             metrics.scrape_interval = 30s (metrics-server in app.yaml)
    ");
}

#[test]
fn a_fixed_deployment_under_cpu_demand() {
    let mut scenario = scenario(3600.0);
    scenario.scaler = None;
    scenario.assumptions.clear();
    scenario.trace_mut().demand = Demand::CpuMillicores(vec![100.0, 100.0]);
    let kpis = Kpis {
        mean_replicas: 2.0,
        peak_replicas: 2,
        pod_hours: 2.0,
        ..Kpis::default()
    };
    insta::assert_snapshot!(summary(&scenario, &[kpis], &[]), @"
    prod under spike, 1h 0m
    fluid engine, seed 1

    replicas        2 at the start, 2 on average, 2 at most
    pod hours       2
    cost            0 in 1h 0m, at this rate 0 a day, 0 a month (730 h)
    requests        unknown: the trace has CPU demand
    autoscaler      none: the replicas are fixed
    ");
}

#[test]
fn colour_is_only_where_it_is_asked_for() {
    let scenario = scenario(3600.0);
    let run = RunSummary {
        scenario: &scenario,
        engine: Engine::Fluid,
        seeds: &[Seed(1)],
        kpis: &KpiReport::One(story_kpis()),
        what_matters: None,
        assumptions: &scenario.touched(Engine::Fluid, &[]),
        request: &Request {
            set: vec!["hpa.maxReplicas=20".to_owned()],
            from: Some(TraceMoment::After(SimSpan::from_secs(180))),
            to: Some(TraceMoment::After(SimSpan::from_secs(600))),
            ..Request::default()
        },
        files: &[],
    };
    assert!(!render_summary(&run, Colour::Plain).contains('\u{1b}'));
    assert!(render_summary(&run, Colour::Ansi).contains("\u{1b}[31m"));
}

#[test]
fn single_requests_have_a_slowest_retries_and_oom_kills() {
    let scenario = scenario(37.0);
    let run = RunSummary {
        scenario: &scenario,
        engine: Engine::Request,
        seeds: &[Seed(1)],
        kpis: &KpiReport::One(request_kpis()),
        what_matters: None,
        assumptions: &scenario.touched(Engine::Fluid, &[]),
        request: &Request::default(),
        files: &[],
    };
    let text = render_summary(&run, Colour::Plain);
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    insta::assert_snapshot!(text, @"
    prod under spike, 37 s
    request engine, seed 1
    assumed: workload.cpu_per_request = 10ms

    replicas        2 at the start, 2.65 on average, 4 at most
    pod hours       0.027
    cost            0.11 in 37 s, at this rate 254 a day,
                    7734 a month (730 h)
    SLO broken for  10 s  (p95 above 500 ms, or over 1 % failed)
    good requests   88 %, 205 % of the error budget used
                    (5.95 % of requests may be bad)
    latency         p50 20 ms   p95 100 ms   p99 600 ms   max 700 ms
    failed          8.3 % of 540 requests
                    queue full 44 %, timed out 44 %, other 11 %
    throttled       18 % of the CFS periods with work
    retries         20 further attempts
    OOM kills       1
    rescales        1, no reversal within 10 min
    first decision  2 s after pods first fell short
    ");
}

#[test]
fn a_single_cause_has_all_and_rare_ones_are_other() {
    let words = |counts: [f64; 6]| {
        causes_in_words(&failures::ranked(|cause: FailureCause| {
            let place = FailureCause::ALL.iter().position(|it| *it == cause);
            counts[place.expect("a cause")]
        }))
    };
    assert_eq!(words([0.0, 0.0, 0.0, 5.0, 0.0, 0.0]), "all timed out");
    assert_eq!(
        words([1.0, 0.0, 20.0, 75.0, 3.0, 1.0]),
        "timed out 75 %, queue full 20 %, other 5 %"
    );
}

#[test]
fn several_seeds_of_single_requests_stay_within_the_width() {
    let runs: Vec<Kpis> = (0..10)
        .map(|index| {
            let strays = |base: f64| Some(base * (1.0 + f64::from(index) / 17.0));
            Kpis {
                throttled_share: strays(0.12),
                retries: strays(123_456.0),
                oom_kills: strays(1234.0),
                failed_share: strays(0.05),
                latency_seconds_max: strays(4.56),
                ..request_kpis()
            }
        })
        .collect();
    let scenario = scenario(37.0);
    let seeds: Vec<Seed> = (1..=10).map(Seed).collect();
    let run = RunSummary {
        scenario: &scenario,
        engine: Engine::Request,
        seeds: &seeds,
        kpis: &KpiReport::of(&runs).expect("a run"),
        what_matters: None,
        assumptions: &scenario.touched(Engine::Fluid, &[]),
        request: &Request::default(),
        files: &[],
    };
    let text = render_summary(&run, Colour::Plain);
    let numbers: Vec<&str> = text.lines().skip(6).collect();
    assert!(numbers.iter().all(|line| line.chars().count() <= WIDTH));
    insta::assert_snapshot!(numbers.join("\n"), @"
    cost            0.11 in 37 s, at this rate 254 a day,
                    7734 a month (730 h)
    SLO broken for  10 s
                    (p95 above 500 ms, or over 1 % failed)
    good requests   88 %, 205 % of the error budget used
                    (5.95 % of requests may be bad)
    latency         p50 20 ms
                    p95 100 ms
                    p99 600 ms
                    max 5.77 s (4.8 s to 6.73 s)
    failed          6.3 % (5.3 % to 7.4 %) of 540 requests
                    queue full 44 %, timed out 44 %, other 11 %
    throttled       15 % (13 % to 18 %) of the CFS periods with work
    retries         156 k (130 k to 182 k) further attempts
    OOM kills       1561 (1299 to 1822)
    rescales        1, no reversal within 10 min
    first decision  2 s after pods first fell short
    ");
}

#[test]
fn what_is_too_long_for_a_line_takes_another_one() {
    let runs: Vec<Kpis> = (0..5_u32)
        .map(|index| Kpis {
            mean_replicas: 13.1 + f64::from(index),
            peak_replicas: 20 + index,
            rescales: 23 + index,
            reversals: 7 + index,
            ..story_kpis()
        })
        .collect();
    let mut scenario = scenario(3600.0);
    scenario.assumptions = vec![Assumption::of_default(
        "deployment.containers",
        "[{ name = \"app\", requests = { cpu = \"100m\" }, limits = { cpu = \"200m\" } }]",
    )];
    let text = summary(&scenario, &runs, &[]);
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    insta::assert_snapshot!(text, @r#"
    prod under spike, 1h 0m
    fluid engine, 5 seeds (1 to 5): medians (p10 to p90)
    assumed: deployment.containers = [{ name = "app",
             requests = { cpu = "100m" }, limits = { cpu = "200m" } }]

    replicas        2 at the start, 15.1 (13.5 to 16.7) on average,
                    22 (20.4 to 23.6) at most
    pod hours       3.65
    cost            14.6 in 1h 0m, at this rate 350 a day,
                    10.7 k a month (730 h)
    SLO broken for  2m 0s
                    (p95 above 500 ms, or over 1 % failed)
    good requests   93.9 %, 103 % of the error budget used
                    (5.95 % of requests may be bad)
    latency         p50 10 ms   p95 1.07 s   p99 5 s
    failed          0.81 % of 37.2 k requests
                    queue full 80 %, pod gone 20 %
    throttled       0.92 % of the pods' working time
    rescales        25 (23 to 27),
                    9 (7 to 11) of them reversals within 10 min
    first decision  45 s after pods first fell short
    "#);
}
