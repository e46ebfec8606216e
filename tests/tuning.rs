//! What a search finds on its training traces: a finalist that is never worse than the best single change, and which
//! method finds more with the same budget, the measurement for docs/tuning.md.
//!
//! The command itself reports how a proposal
//! performs on other traffic. `HPASIM_WRITE_DOCS=1 cargo test --release --test tuning -- --ignored`
//! repeats the measurement and writes the table.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hpasim::files::FileLoader;
use hpasim::results::statistics::Estimate;
use hpasim::scenario::{LoadRequest, ManifestChoice, MemoryLoader, Template, load_templates};
use hpasim::search::outcome::Weighed;
use hpasim::search::tune::evaluation::{Simulator, Variant};
use hpasim::search::tune::goal::{Goal, Score};
use hpasim::search::tune::judge::Judge;
use hpasim::search::tune::method::{Answer, Findings, Method};
use hpasim::search::tune::question::{Asked, TuningQuestion};
use hpasim::units::Seed;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;

const PAGE: &str = "docs/tuning.md";
const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->\n";

/// The training traces of each measurement.
const TRAININGS: [&[&str]; 3] = [&["diurnal", "spike"], &["flash-crowd"], &["steps"]];
/// The default budget of the command.
const BUDGET: u32 = 2000;
/// The budget with which random search gets as far.
const RANDOM_BUDGET: u32 = 10_000;
/// Searches with each method.
const SEARCHES: u64 = 10;

fn question(traces: &[&str]) -> TuningQuestion {
    let traces: Vec<PathBuf> = traces
        .iter()
        .map(|trace| PathBuf::from(format!("traces/{trace}.csv")))
        .collect();
    let requests: Vec<LoadRequest<'_>> = traces
        .iter()
        .map(|trace| LoadRequest::new(Path::new("policies/prod.toml"), trace))
        .collect();
    let templates = load_templates(&requests, &ManifestChoice::default(), &mut FileLoader)
        .expect("the inputs are sound")
        .into_iter()
        .map(Template::preferring_fluid)
        .collect();
    let asked = Asked {
        parameters: &[],
        goal: Goal::BetterThanToday,
        answer: Answer::Best,
        seeds: vec![Seed(1), Seed(2), Seed(3)],
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    TuningQuestion::ask(templates, asked).expect("there is something to tune")
}

/// The quality of a search's result.
#[derive(Clone, Copy, Debug)]
struct Worth {
    /// The lowest sum of cost and harm, each relative to today's policy, among the policies that
    /// are at least as good as today's in both.
    goal: f64,
    /// The share of the space from zero to twice today's values that the front dominates.
    volume: f64,
}

fn worth(question: &TuningQuestion, findings: &Findings) -> Worth {
    let today = question.today.weighed(&question.objectives);
    let best = &findings.tried[findings.by_goal()[0]];
    assert!(
        best.score.is_met(),
        "today's policy itself is no worse than today"
    );
    let front: Vec<[f64; 3]> = findings
        .front()
        .into_iter()
        .map(|number| in_parts(findings.tried[number].weighed, today))
        .collect();
    Worth {
        goal: best.score.value,
        volume: dominated_volume(&front),
    }
}

/// The objectives relative to twice today's values.
fn in_parts(point: Weighed, today: Weighed) -> [f64; 3] {
    [
        point.cost / (2.0 * today.cost),
        point.harm / (2.0 * today.harm),
        point.rescales / (2.0 * today.rescales),
    ]
}

/// The share of the unit cube that the points dominate. It is computed in slices of the third
/// objective; each slice is a staircase of the other two.
fn dominated_volume(points: &[[f64; 3]]) -> f64 {
    let mut inside: Vec<[f64; 3]> = points
        .iter()
        .copied()
        .filter(|point| point.iter().all(|value| *value < 1.0))
        .collect();
    inside.sort_by(|a, b| a[2].total_cmp(&b[2]));
    let mut volume = 0.0;
    for (index, point) in inside.iter().enumerate() {
        let until = inside.get(index + 1).map_or(1.0, |next| next[2]);
        volume += dominated_area(&inside[..=index]) * (until - point[2]);
    }
    volume
}

fn dominated_area(points: &[[f64; 3]]) -> f64 {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut area = 0.0;
    let mut lowest = 1.0_f64;
    for (index, point) in points.iter().enumerate() {
        lowest = lowest.min(point[1]);
        let until = points.get(index + 1).map_or(1.0, |next| next[0]);
        area += (1.0 - lowest) * (until - point[0]);
    }
    area
}

/// The parameters of the random days: those that decide most.
const FEW_PARAMETERS: [&str; 4] = [
    "targetCPUUtilizationPercentage",
    "minReplicas",
    "stabilizationWindowSeconds",
    "tolerance",
];
/// Enough for every single change of them, and little more.
const FEW_BUDGET: u32 = 170;

/// A day of a random height, noise and, on some days, a spike; its 144 rows pass in two hours, so that the test is quick.
fn random_day(number: u64) -> String {
    let mut generator = Pcg32::seed_from_u64(number);
    let night: f64 = generator.random_range(5.0..60.0);
    let height: f64 = generator.random_range(0.0..200.0);
    let noise: f64 = generator.random_range(0.0..0.3);
    let spike = generator.random_bool(0.5).then(|| {
        let start = generator.random_range(0..130);
        (
            start..start + generator.random_range(1..12),
            generator.random_range(2.0..5.0),
        )
    });
    let mut csv = String::from("time_s,rps\n");
    for row in 0..=144 {
        let of_day = (1.0 - (f64::from(row) / 144.0 * std::f64::consts::TAU).cos()) / 2.0;
        let mut rps = (night + height * of_day) * (1.0 + noise * generator.random_range(-1.0..1.0));
        if let Some((rows, factor)) = &spike
            && rows.contains(&row)
        {
            rps *= factor;
        }
        writeln!(csv, "{},{rps:.3}", 50 * row).expect("a string takes all");
    }
    csv
}

fn day_question(number: u64, answer: Answer) -> TuningQuestion {
    let mut files = MemoryLoader::default()
        .with("policy.toml", include_str!("../policies/prod.toml"))
        .with("day.csv", random_day(number));
    let request = LoadRequest::new(Path::new("policy.toml"), Path::new("day.csv"));
    let template = Template::load(request, &ManifestChoice::default(), &mut files)
        .expect("the inputs are sound")
        .preferring_fluid();
    let goal = match number % 3 {
        0 => Goal::BetterThanToday,
        1 => Goal::parse("min rescales").expect("a goal"),
        _ => Goal::parse("min slo_violation_seconds subject to rescales<=200").expect("a goal"),
    };
    let asked = Asked {
        parameters: &FEW_PARAMETERS.map(str::to_owned),
        goal,
        answer,
        seeds: vec![Seed(1)],
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    TuningQuestion::ask(vec![template], asked).expect("there is something to tune")
}

/// How near to the goal the best finalist is in the search's own engine, and how many changes it has.
fn best_finalist(question: &TuningQuestion) -> (Score, usize) {
    let search = question.search(FEW_BUDGET, Seed(1));
    let mut findings = search.run(Method::Evolution, &|| ());
    let finalists = search.finalists(&mut findings, 6, &|| ());
    let judge = Judge {
        simulator: Simulator::Template,
        further_seeds: &[],
        labels: &["day".to_owned()],
    };
    let judgement = search.judge_finalists(&finalists, judge, &|| ());
    let changes = judgement.best.map_or(0, |best| {
        let changes = question.space.changes(&finalists[best].candidate);
        changes.count()
    });
    (*judgement.nearest(), changes)
}

/// How near to the goal the best single change is: every value of each parameter alone.
fn best_of_grid(question: &TuningQuestion) -> Score {
    let parameters = question.space.parameters().iter();
    let arguments = parameters.flat_map(|parameter| {
        let values = (0..parameter.count()).map(|value| parameter.argument(value));
        let setup = parameter.setup().map(str::to_owned);
        values.map(move |value| {
            setup
                .iter()
                .cloned()
                .chain([value])
                .collect::<Vec<String>>()
        })
    });
    let variants: Vec<Variant> = arguments
        .map(|arguments| Variant {
            arguments,
            simulator: Simulator::Template,
        })
        .collect();
    let measured = question.training().simulate(&variants, 1, &|| ());
    let scores = measured.into_iter().flatten().map(|measured| {
        let (goal, objectives) = (&question.goal, &question.objectives);
        goal.score(&measured, &question.today, objectives)
    });
    scores.min_by(Score::compare).expect("single changes")
}

#[test]
fn over_20_random_days_the_best_finalist_is_never_worse_than_the_best_single_change() {
    for day in 0..20 {
        let question = day_question(day, Answer::Best);
        let (best, _) = best_finalist(&question);
        let single = best_of_grid(&question);
        assert!(
            best.compare(&single).is_le(),
            "day {day}: best finalist {best:?}, best single change {single:?}"
        );
    }
}

#[test]
fn asked_for_one_change_the_answer_is_the_best_of_the_grid() {
    for day in 20..23 {
        let question = day_question(day, Answer::OneChange);
        let (best, changes) = best_finalist(&question);
        assert!(changes <= 1, "day {day}: {changes} changes");
        let single = best_of_grid(&question);
        assert!(
            best.compare(&single).is_eq(),
            "day {day}: best finalist {best:?}, best single change {single:?}"
        );
    }
}

#[test]
fn the_dominated_volume_is_that_of_boxes() {
    assert!((dominated_volume(&[[0.5, 0.5, 0.5]]) - 0.125).abs() < 1e-12);
    let two = [[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]];
    assert!((dominated_volume(&two) - 0.75).abs() < 1e-12);
    let beaten = [[0.5, 0.5, 0.5], [0.6, 0.6, 0.6], [0.1, 0.1, 1.5]];
    assert!((dominated_volume(&beaten) - 0.125).abs() < 1e-12);
}

#[test]
fn evolution_finds_more_than_random_search_with_the_same_budget() {
    let question = question(&["flash-crowd"]);
    // The luck of one search is larger than the difference of the methods.
    let found = |method| {
        let searches = (1..=8).map(|seed| {
            let search = question.search(400, Seed(seed));
            worth(&question, &search.run(method, &|| ()))
        });
        searches.fold((0.0, 0.0), |(goal, volume), worth| {
            (goal + worth.goal, volume + worth.volume)
        })
    };
    let (random, evolution) = (found(Method::Random), found(Method::Evolution));
    assert!(evolution.1 > random.1, "{evolution:?} {random:?}");
}

/// One line of the table: the quality of all searches with one method.
fn measured(question: &TuningQuestion, method: Method, budget: u32) -> Vec<Worth> {
    (1..=SEARCHES)
        .map(|seed| {
            worth(
                question,
                &question.search(budget, Seed(seed)).run(method, &|| ()),
            )
        })
        .collect()
}

fn cell(worth: &[Worth], value: fn(&Worth) -> f64) -> String {
    let values: Vec<f64> = worth.iter().map(value).collect();
    let estimate = Estimate::of(&values).expect("searches were made");
    format!(
        "{:.3} ± {:.3}",
        estimate.mean,
        estimate.half_width.unwrap_or(0.0)
    )
}

#[test]
#[ignore = "a quarter of an hour: the measurement of docs/tuning.md"]
#[expect(clippy::print_stdout, reason = "a person measures and reads the table")]
fn methods_measured_with_the_same_budget() {
    let mut table = String::from(
        "| training | method | policies tried | cost + harm of the best | volume behind the front |\n|---|---|---:|---:|---:|\n",
    );
    for traces in TRAININGS {
        let question = question(traces);
        let mut best_goals = Vec::new();
        for (method, budget) in [
            (Method::Random, BUDGET),
            (Method::Halving, BUDGET),
            (Method::Evolution, BUDGET),
            (Method::Random, RANDOM_BUDGET),
        ] {
            let worth = measured(&question, method, budget);
            writeln!(
                table,
                "| {} | {} | {budget} | {} | {} |",
                traces.join(" + "),
                method.as_str(),
                cell(&worth, |it| it.goal),
                cell(&worth, |it| it.volume),
            )
            .expect("a string takes all");
            best_goals.push(worth.iter().map(|it| it.goal).sum::<f64>());
        }
        // The claim of the page: as good as the best of five times as many random policies.
        assert!(best_goals[2] <= best_goals[3], "{traces:?}: {best_goals:?}");
    }
    println!("{table}");
    if std::env::var_os("HPASIM_WRITE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
        let page = std::fs::read_to_string(&path).expect("the page is there");
        let begin = page.find(BEGIN).expect("the mark stands") + BEGIN.len();
        let end = page.find(END).expect("the mark stands");
        let page = format!("{}{table}{}", &page[..begin], &page[end..]);
        std::fs::write(&path, page).expect("the page can be written");
    }
}
