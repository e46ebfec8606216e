//! The page as it is read.

use super::*;
use crate::results::Kpis;
use crate::results::comparison::TraceRuns;

fn run(pod_hours: f64, broken: f64) -> Kpis {
    Kpis {
        pod_hours,
        mean_replicas: pod_hours * 2.0,
        peak_replicas: 9,
        slo_violation_seconds: Some(broken),
        failed_share: Some(0.012),
        latency_seconds_p95: Some(0.187),
        latency_seconds_p99: Some(broken / 100.0),
        under_provisioned_percent: Some(3.2),
        rescales: 12,
        first_decision_seconds: Some(17.5),
        ..Kpis::default()
    }
}

fn text(policies: &[&str], runs: Vec<Vec<Kpis>>, format: TableFormat) -> String {
    let seeds: Vec<Seed> = (1..=runs[0].len() as u64).map(Seed).collect();
    let names = policies.iter().map(|name| (*name).to_owned()).collect();
    let traces = [TraceRuns {
        trace: "spike".to_owned(),
        runs,
    }];
    let comparison = Comparison::of(names, &traces);
    let page = ComparisonPage {
        comparison: &comparison,
        traces: &[TraceFacts {
            seconds: 1380.0,
            warm_up_seconds: 0.0,
            engine: Engine::Request,
            currency: None,
        }],
        seeds: &seeds,
        assumed: &[],
        what_matters: None,
        files: &["output/compare-prod-fast-spike/summary.json".to_owned()],
    };
    render_comparison(&page, format)
}

fn prod() -> Vec<Kpis> {
    vec![run(7.0, 170.0), run(7.4, 182.0), run(7.2, 175.0)]
}

fn fast() -> Vec<Kpis> {
    vec![run(8.3, 131.0), run(8.7, 139.0), run(8.5, 135.0)]
}

#[test]
fn a_table_shows_values_differences_and_what_is_sure_and_ends_in_a_sentence() {
    insta::assert_snapshot!(text(&["prod", "fast"], vec![prod(), fast()], TableFormat::Plain), @"
    prod, fast under spike, 23m 0s
    request engine, 3 seeds (1 to 3): means, and differences to prod ± 95 %
    interval, seed by seed
    * the interval excludes zero; less is better in every row

                                  prod  fast    to prod
     harm
       SLO broken, s               176   135    -41 ± 5  *
       failed requests, %          1.2   1.2      0 ± 0
       latency p95, ms             187   187      0 ± 0
       latency p99, ms            1757  1350  -407 ± 52  *
       pods missing, % of needed   3.2   3.2      0 ± 0
     cost
       pod hours                   7.2   8.5   +1.3 ± 0  *
       replicas, mean             14.4    17   +2.6 ± 0  *
       replicas, most                9     9      0 ± 0
     stability
       rescales                     12    12      0 ± 0
       reversals                     0     0      0 ± 0
       pods started                  0     0      0 ± 0
     speed
       first decision, s          17.5  17.5      0 ± 0

    Over 3 seeds, fast takes 1.18 ± 0.01 times the pod hours of prod and saves
    41 ± 5 SLO-breaking seconds.

    written  output/compare-prod-fast-spike/summary.json
    ");
}

#[test]
fn markdown_is_markdown() {
    insta::assert_snapshot!(text(&["prod", "fast"], vec![prod(), fast()], TableFormat::Markdown), @r"
    ### prod, fast under spike

    23m 0s, request engine, 3 seeds (1 to 3): means, and differences to prod ± 95 % interval, seed by seed. \* the interval excludes zero; less is better in every row.

    |                           | prod | fast |   to prod |    |
    |---------------------------|------|------|-----------|----|
    | **harm**                  |      |      |           |    |
    | SLO broken, s             |  176 |  135 |   -41 ± 5 | \* |
    | failed requests, %        |  1.2 |  1.2 |     0 ± 0 |    |
    | latency p95, ms           |  187 |  187 |     0 ± 0 |    |
    | latency p99, ms           | 1757 | 1350 | -407 ± 52 | \* |
    | pods missing, % of needed |  3.2 |  3.2 |     0 ± 0 |    |
    | **cost**                  |      |      |           |    |
    | pod hours                 |  7.2 |  8.5 |  +1.3 ± 0 | \* |
    | replicas, mean            | 14.4 |   17 |  +2.6 ± 0 | \* |
    | replicas, most            |    9 |    9 |     0 ± 0 |    |
    | **stability**             |      |      |           |    |
    | rescales                  |   12 |   12 |     0 ± 0 |    |
    | reversals                 |    0 |    0 |     0 ± 0 |    |
    | pods started              |    0 |    0 |     0 ± 0 |    |
    | **speed**                 |      |      |           |    |
    | first decision, s         | 17.5 | 17.5 |     0 ± 0 |    |

    Over 3 seeds, fast takes 1.18 ± 0.01 times the pod hours of prod and saves 41 ± 5 SLO-breaking seconds.
    ");
}

#[test]
fn a_value_of_some_seeds_says_of_how_many() {
    let decided = |seconds: Option<f64>| Kpis {
        first_decision_seconds: seconds,
        ..run(7.0, 170.0)
    };
    let prod = vec![
        decided(Some(19.0)),
        decided(Some(19.0)),
        decided(Some(19.0)),
    ];
    let fast = vec![decided(Some(8.67)), decided(None), decided(None)];
    let page = text(&["prod", "fast"], vec![prod, fast], TableFormat::Plain);
    let lines: Vec<&str> = page
        .lines()
        .filter(|line| line.contains(" of 3"))
        .chain(page.lines().filter(|line| line.contains("of N")))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
       first decision, s            19  8.67 (1 of 3)  -10.3 (1 of 3)
    (n of N): n of the N seeds have a value, and the mean is over these seeds
    ");
}

#[test]
fn policies_that_do_not_fit_80_columns_get_a_table_of_their_own() {
    let names = [
        "prod",
        "a-long-name",
        "another-name",
        "a-third-name",
        "a-fourth",
    ];
    let page = text(&names, vec![prod(); 5], TableFormat::Plain);
    assert_eq!(page.matches("SLO broken, s").count(), 3, "{page}");
    let table = page.lines().skip(3);
    let widest = table.map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{page}");
}

#[test]
fn the_labels_of_a_second_table_are_those_of_the_first() {
    let names = [
        "today",
        "proposed-for-the-next-week",
        "the-policy-of-tuning",
    ];
    let page = text(&names, vec![prod(), fast(), fast()], TableFormat::Plain);
    let labelled = |label: &str| page.lines().filter(|line| line.starts_with(label)).count();
    for label in ["   failed requests, %  ", "   pods missing, % of needed  "] {
        assert_eq!(labelled(label), 2, "{label}: {page}");
    }
    assert!(
        page.lines().all(|line| line.chars().count() <= 80),
        "{page}"
    );
}

#[test]
fn a_policy_without_prices_has_no_cost_and_no_difference_of_cost() {
    let priced = || {
        let with_cost = |run: Kpis| Kpis { cost: 4.2, ..run };
        prod().into_iter().map(with_cost).collect::<Vec<Kpis>>()
    };
    let cost = |runs: Vec<Vec<Kpis>>| {
        let page = text(&["a", "b"], runs, TableFormat::Plain);
        let row = page.lines().find(|line| line.starts_with("   cost "));
        row.expect("a row")
            .split_whitespace()
            .collect::<Vec<&str>>()
            .join(" ")
    };
    assert_eq!(cost(vec![priced(), fast()]), "cost 4.2 -");
    assert_eq!(cost(vec![prod(), priced()]), "cost - 4.2");
    assert_eq!(cost(vec![priced(), priced()]), "cost 4.2 4.2 0 ± 0");
}

#[test]
fn one_seed_claims_nothing() {
    let runs = vec![prod()[..1].to_vec(), fast()[..1].to_vec()];
    insta::assert_snapshot!(text(&["prod", "fast"], runs, TableFormat::Plain), @"
    prod, fast under spike, 23m 0s
    request engine, seed 1; beside each value the difference to prod
    one seed cannot show the noise; use --seeds 10

                                  prod  fast  to prod
     harm
       SLO broken, s               170   131      -39
       failed requests, %          1.2   1.2        0
       latency p95, ms             187   187        0
       latency p99, ms            1700  1310     -390
       pods missing, % of needed   3.2   3.2        0
     cost
       pod hours                     7   8.3     +1.3
       replicas, mean               14  16.6     +2.6
       replicas, most                9     9        0
     stability
       rescales                     12    12        0
       reversals                     0     0        0
       pods started                  0     0        0
     speed
       first decision, s          17.5  17.5        0

    Under the one seed, fast takes 1.19 times the pod hours of prod and saves 39
    SLO-breaking seconds.

    written  output/compare-prod-fast-spike/summary.json
    ");
}

/// The sentence, which can have several lines.
fn sentence_of(text: &str) -> &str {
    let start = text.find("Over ").expect("a sentence");
    text[start..].split("\n\n").next().unwrap_or_default()
}

#[test]
fn noise_is_called_noise() {
    let noisy = vec![run(7.5, 160.0), run(7.0, 195.0), run(7.3, 171.0)];
    let text = text(&["prod", "other"], vec![prod(), noisy], TableFormat::Plain);
    insta::assert_snapshot!(sentence_of(&text), @"
    Over 3 seeds, other takes as many pod hours as prod within the noise (1.0 ± 0.2
    times) and leaves the SLO-breaking seconds as they are within the noise
    (0 ± 30).
    ");
}

#[test]
fn a_policy_that_is_the_first_again_differs_in_nothing() {
    let text = text(&["prod", "same"], vec![prod(), prod()], TableFormat::Plain);
    assert!(
        !text.lines().skip(3).any(|line| line.contains(" *")),
        "{text}"
    );
    insta::assert_snapshot!(sentence_of(&text), @"
    Over 3 seeds, same takes as many pod hours as prod and breaks the SLO for as
    long.
    ");
}

#[test]
fn many_policies_take_several_tables() {
    let names = ["a", "b", "c", "d", "e"];
    let runs = vec![prod(), fast(), prod(), fast(), prod()];
    let plain = text(&names, runs.clone(), TableFormat::Plain);
    assert_eq!(plain.matches("pod hours  ").count(), 2, "{plain}");
    let widest = plain.lines().take_while(|line| !line.starts_with("Over"));
    assert!(
        widest.map(|line| line.chars().count()).max() < Some(110),
        "{plain}"
    );
    let markdown = text(&names, runs, TableFormat::Markdown);
    assert_eq!(markdown.matches("| pod hours").count(), 1, "{markdown}");
}
