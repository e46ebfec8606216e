//! How close simulations come to recorded runs of real autoscalers (`docs/validation.md`).
//!
//! The recordings are not part of this repository. Where they are missing, each test prints
//! "skipped" and stops. A simulation uses only what was known before the recorded run; nothing is
//! fitted to recorded replicas.

mod cases;
mod forecast;
mod page;
mod recording;

use std::path::{Path, PathBuf};

use cases::{AKS, AKS_STAGES, Condition, GKE, Simulation, UNKNOWN_LOAD};
use forecast::{Forecast, score};
use hpasim::results::calibration::{Calibration, CostEstimate, MachineClass, calibrate};
use hpasim::results::forecast::{ForecastMoment, ForecastScore};
use hpasim::scenario::parse_probe;
use hpasim::workload::Demand;
use page::{Picture, Simulated};
use recording::{CapacityProbe, Recorded};

/// The mean difference between four repetitions of gke_flash_stock on the real cluster.
const GKE_NOISE_FLOOR: f64 = 0.56;

/// The folder of the recordings; prints "skipped" if it is missing.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn recordings() -> Option<PathBuf> {
    let folder = recording::folder();
    if folder.is_none() {
        eprintln!("skipped: ../shared/validation is not here");
    }
    folder
}

fn gke_calibration() -> Calibration {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validation/gke_probe.csv");
    let bytes = std::fs::read(&path).expect("the probe");
    let probe = parse_probe(&path, &bytes).expect("a valid probe");
    calibrate(&probe).expect("a rising line")
}

#[test]
fn the_cost_of_a_request_is_the_one_that_the_probe_gives() {
    let cost = CostEstimate::of_one(&gke_calibration(), MachineClass::Mixed);
    for condition in &GKE {
        for simulation in condition.simulations {
            let workload = condition.forecast(simulation).load().scenario.workload;
            let stated = workload.cpu_per_request.mean_seconds() * 1e3;
            let uncertainty = workload.cost_uncertainty;
            let error = uncertainty.standard_error_seconds * 1e3;
            assert!((stated - cost.mean_ms).abs() < 0.05, "{stated} ms");
            assert!((error - cost.standard_error_ms).abs() < 0.005, "{error} ms");
            assert!((uncertainty.machine_deviation - cost.machine_deviation).abs() < 1e-9);
            assert_eq!(workload.idle_cpu.0, 0, "nothing uses less than no CPU");
        }
    }
}

#[test]
fn the_probe_and_the_traces_of_gke_are_the_recorded_ones() {
    let Some(folder) = recordings() else { return };
    let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validation/gke_probe.csv");
    let probe = std::fs::read_to_string(probe).expect("the probe");
    for condition in &GKE {
        let meta = condition.recorded(&folder).remove(0).meta;
        let users = meta.load_users_per_30s.expect("a known load");
        let rate = meta.rps_per_user.expect("a rate per user");
        for simulation in condition.simulations {
            let trace = condition.forecast(simulation).load().scenario.trace;
            let (values, factor) = match &trace.demand {
                Demand::Users(values) => (values, 1.0),
                Demand::RequestsPerSecond(values) => (values, rate),
                Demand::CpuMillicores(_) => panic!("a known load is not known as CPU"),
            };
            assert_eq!(values.len(), users.len() + 2, "the warm-up, and the end");
            let rows = trace.times.iter().zip(values).skip(1);
            for (index, ((time, value), users)) in rows.zip(&users).enumerate() {
                assert!(
                    (value - users * factor).abs() < 1e-3,
                    "{}: row {index}",
                    condition.name
                );
                let seconds = time.as_secs_f64() - condition.lead_in_seconds;
                assert!((seconds - 30.0 * index as f64).abs() < 1e-9);
            }
        }
        let Some(CapacityProbe::Measured { rows }) = meta.capacity_probe else {
            panic!("{}: a measured probe", condition.name);
        };
        for [users, rps, millicores] in rows {
            let rps: f64 = rps.parse().expect("a rate");
            let row = format!("{users},{rps:.3},{millicores},4\n");
            assert!(probe.contains(&row), "{row}");
        }
    }
}

/// The set-up of the runs on AKS, in seconds: 120 logins one after the other.
const AKS_SETUP_SECONDS: f64 = 28.3;
/// The users of their stages: few (B) and many (P).
const AKS_USERS: [(&str, f64); 2] = [("'B'", 1.0), ("'P'", 12.0)];

/// The stages of k6 in a recording's words: the end of each in seconds since the first, and the users then.
fn k6_stages(load: &str) -> Vec<(f64, f64)> {
    let (_, list) = load.split_once("stages [").expect("stages");
    let mut end = 0.0;
    list.trim_end_matches([']', ')'])
        .split("), (")
        .map(|stage| {
            let (seconds, users) = stage
                .trim_start_matches('(')
                .split_once(", ")
                .expect("a pair");
            end += seconds.parse::<f64>().expect("seconds");
            let named = AKS_USERS.iter().find(|(name, _)| *name == users);
            let users = named.map_or_else(|| users.parse().expect("users"), |(_, users)| *users);
            (end, users)
        })
        .collect()
}

#[test]
fn the_traces_of_aks_reach_the_users_of_every_stage_at_its_end() {
    let Some(folder) = recordings() else { return };
    for condition in &AKS {
        let load = condition.recorded(&folder).remove(0).meta.load;
        let trace = condition.forecast(&condition.simulations[0]).load();
        let trace = trace.scenario.trace;
        let Demand::Users(users) = &trace.demand else {
            panic!("virtual users");
        };
        let first = condition.lead_in_seconds + AKS_SETUP_SECONDS;
        let at = |seconds: f64| {
            let row = trace
                .times
                .partition_point(|time| time.as_secs_f64() <= seconds);
            users[row - 1]
        };
        for (end, expected) in k6_stages(&load) {
            let found = at(first + end + 0.01);
            assert!(
                (found - expected).abs() < 1e-9,
                "{}, {end} s: {found}",
                condition.name
            );
        }
        let in_setup = f64::from(u8::from(
            !AKS_STAGES.contains(&condition.simulations[0].load),
        ));
        assert!(
            (at(first - 1.0) - in_setup).abs() < 1e-9,
            "{}",
            condition.name
        );
    }
}

/// What the recordings and simulations of a condition give.
struct Outcome<'c> {
    condition: &'c Condition,
    recorded: Vec<Recorded>,
    /// By simulation, then by recording.
    scored: Vec<Vec<(Vec<ForecastMoment>, ForecastScore)>>,
}

impl<'c> Outcome<'c> {
    fn of(condition: &'c Condition, folder: &Path) -> Self {
        let recorded = condition.recorded(folder);
        let scored = condition.simulations.iter().map(|simulation| {
            let runs = condition.forecast(simulation).runs();
            let against = |recorded: &Recorded| {
                let moments = runs.moments(&recorded.samples);
                let score = score(&moments);
                (moments, score)
            };
            recorded.iter().map(against).collect()
        });
        Self {
            condition,
            scored: scored.collect(),
            recorded,
        }
    }

    /// How much repetitions differ from each other, where there are two.
    fn noise_floor(&self) -> Option<f64> {
        match self.recorded.as_slice() {
            [one, two] => Some(one.difference(two)),
            _ => (self.condition.name == GKE[0].name).then_some(GKE_NOISE_FLOOR),
        }
    }

    /// Simulations with their scores, a row for each recording.
    fn rows(&self) -> impl Iterator<Item = (&'c Simulation, &'static str, &ForecastScore)> {
        let names = self.condition.recordings;
        let simulations = self.condition.simulations.iter().zip(&self.scored);
        simulations.flat_map(move |(simulation, scored)| {
            let named = names.iter().zip(scored);
            named.map(move |(name, (_, score))| (simulation, *name, score))
        })
    }

    /// The mean over the recordings of a figure of the first simulation.
    fn mean(&self, figure: fn(&ForecastScore) -> f64) -> f64 {
        let scored = &self.scored[0];
        scored.iter().map(|(_, score)| figure(score)).sum::<f64>() / scored.len() as f64
    }

    fn assert_close(&self) {
        for (simulation, name, score) in self.rows() {
            assert!(
                score.of_seeds <= simulation.error_max,
                "{name}, {}: a seed is off by {:.2} replicas, at most {} is expected",
                simulation.name,
                score.of_seeds,
                simulation.error_max
            );
        }
    }
}

fn outcomes<'c>(conditions: &'c [Condition], folder: &Path) -> Vec<Outcome<'c>> {
    let outcomes: Vec<Outcome<'_>> = conditions
        .iter()
        .map(|condition| Outcome::of(condition, folder))
        .collect();
    outcomes.iter().for_each(Outcome::assert_close);
    outcomes
}

const COLUMNS: [&str; 8] = [
    "run",
    "simulated",
    "error of a seed",
    "noise floor",
    "CRPS",
    "PIT coverage",
    "error of the median",
    "bias",
];

fn table(outcomes: &[Outcome<'_>]) -> String {
    let rows = outcomes.iter().flat_map(|outcome| {
        let floor = outcome.noise_floor();
        outcome.rows().map(move |(simulation, name, score)| {
            vec![
                name.to_owned(),
                simulation.name.to_owned(),
                format!("{:.2}", score.of_seeds),
                floor.map_or_else(|| "-".to_owned(), |floor| format!("{floor:.2}")),
                format!("{:.2}", score.crps),
                format!("{:.0} %", score.coverage * 100.0),
                format!("{:.2}", score.of_median),
                format!("{:+.2}", score.bias),
            ]
        })
    });
    page::table(&COLUMNS, &rows.collect::<Vec<_>>())
}

/// The mean over all recordings, each with the same weight, of a figure of the first simulation.
fn pooled(outcomes: &[Outcome<'_>], figure: fn(&ForecastScore) -> f64) -> f64 {
    let figures = outcomes.iter().flat_map(|outcome| &outcome.scored[0]);
    let figures: Vec<f64> = figures.map(|(_, score)| figure(score)).collect();
    figures.iter().sum::<f64>() / figures.len() as f64
}

/// The error of the constant that fits each recording best, mean over the recordings.
fn best_constant(outcomes: &[Outcome<'_>]) -> f64 {
    let recorded = outcomes.iter().flat_map(|outcome| &outcome.recorded);
    let errors: Vec<f64> = recorded.map(Recorded::error_of_best_constant).collect();
    errors.iter().sum::<f64>() / errors.len() as f64
}

fn summary(groups: &[(&str, &[Outcome<'_>])]) -> String {
    let row = |name: String,
               floor: Option<f64>,
               constant: f64,
               mean: &dyn Fn(fn(&ForecastScore) -> f64) -> f64| {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        vec![
            name,
            format!("{:.2}", mean(|score| score.of_seeds)),
            floor.map_or_else(|| "-".to_owned(), |floor| format!("{floor:.2}")),
            format!("{constant:.2}"),
            format!("{:.2}", mean(|score| score.crps)),
            percent(mean(|score| score.coverage)),
            percent(mean(|score| score.differing)),
            percent(mean(|score| score.coverage_where_differing)),
        ]
    };
    let mut rows = Vec::new();
    for (cluster, outcomes) in groups {
        for outcome in *outcomes {
            let name = outcome.condition.name.to_owned();
            let constant = best_constant(std::slice::from_ref(outcome));
            rows.push(row(name, outcome.noise_floor(), constant, &|it| {
                outcome.mean(it)
            }));
        }
        let runs: usize = outcomes.iter().map(|outcome| outcome.recorded.len()).sum();
        let name = format!("**{cluster}, all {runs} runs**");
        let constant = best_constant(outcomes);
        rows.push(row(name, None, constant, &|it| pooled(outcomes, it)));
    }
    let columns = [
        "condition",
        "error of a seed",
        "noise floor",
        "best constant",
        "CRPS",
        "PIT coverage",
        "moments at which seeds differ",
        "PIT coverage there",
    ];
    page::table(&columns, &rows)
}

fn draw(outcome: &Outcome<'_>) {
    let simulated: Vec<Simulated<'_>> = outcome
        .condition
        .simulations
        .iter()
        .zip(&outcome.scored)
        .map(|(simulation, scored)| Simulated {
            name: simulation.name,
            moments: &scored[0].0,
        })
        .collect();
    let floor = outcome.noise_floor().map_or_else(String::new, |floor| {
        format!(" (two runs of this kind differ by {floor:.2})")
    });
    let first = outcome
        .condition
        .forecast(&outcome.condition.simulations[0]);
    page::assert_picture(&Picture {
        name: outcome.condition.recordings[0],
        subtitle: format!(
            "a seed is off by {:.2} replicas on average, CRPS {:.2}{floor}",
            outcome.scored[0][0].1.of_seeds, outcome.scored[0][0].1.crps
        ),
        scenario: &first.load().scenario,
        lead_in_seconds: outcome.condition.lead_in_seconds,
        simulated: &simulated,
    });
}

/// The conditions on AKS that the page draws.
const DRAWN: [&str; 3] = [
    "aks_auth_h1_gradual",
    "aks_auth_h2_spike",
    "aks_auth_h3_oscillating",
];

#[test]
fn runs_of_known_load_are_as_close_as_the_page_says() {
    let Some(folder) = recordings() else { return };
    let (aks, gke) = (outcomes(&AKS, &folder), outcomes(&GKE, &folder));
    let is_drawn = |outcome: &&Outcome<'_>| DRAWN.contains(&outcome.condition.name);
    aks.iter().filter(is_drawn).chain(&gke).for_each(draw);
    page::assert_section("summary", &summary(&[("AKS", &aks), ("GKE", &gke)]));
    page::assert_section("aks", &table(&aks));
    page::assert_section("gke", &table(&gke));
    assert_as_close_as_repetitions(&aks);
    for (name, outcomes) in [("AKS", &aks), ("GKE", &gke)] {
        let coverage = pooled(outcomes, |score| score.coverage);
        assert!((0.7..=0.9).contains(&coverage), "{name}: {coverage:.2}");
    }
    page::assert_section("aks sensitivity", &aks_sensitivity(&folder));
    page::assert_section("gke sensitivity", &gke_sensitivity(&folder));
    page::assert_section("machine speed", &machine_speed(&folder));
    page::assert_section("latency", &latency(&folder));
}

/// How much more than its noise floor a condition may be off by, in replicas.
const BEYOND_FLOOR: f64 = 0.05;

/// The condition that is off by more: a floor of two runs is uncertain, and theirs are alike.
const ABOVE_FLOOR: &str = "aks_auth_h2_gradual";

/// Where the autoscaler watches CPU, a simulation is about as close to a recorded run as two recorded runs are to each other.
fn assert_as_close_as_repetitions(aks: &[Outcome<'_>]) {
    for outcome in aks {
        let name = outcome.condition.name;
        let (error, floor) = (outcome.mean(|score| score.of_seeds), outcome.noise_floor());
        let floor = floor.expect("two recordings");
        if !name.contains("_h3_") && name != ABOVE_FLOOR {
            assert!(
                error <= floor + BEYOND_FLOOR,
                "{name}: {error:.2}, {floor:.2}"
            );
        }
    }
}

#[test]
fn runs_of_unknown_load_are_as_close_as_the_page_says() {
    let Some(folder) = recordings() else { return };
    let outcomes = outcomes(&UNKNOWN_LOAD, &folder);
    outcomes.iter().for_each(draw);
    page::assert_section("unknown load", &table(&outcomes));
}

/// The mean error of a seed over the recordings of a condition.
fn error_of(condition: &Condition, forecast: &Forecast, folder: &Path) -> f64 {
    let runs = forecast.runs();
    let recorded = condition.recorded(folder);
    let error = |recorded: &Recorded| score(&runs.moments(&recorded.samples)).of_seeds;
    recorded.iter().map(error).sum::<f64>() / recorded.len() as f64
}

/// The same in the first simulation with further settings.
fn error_with(condition: &Condition, folder: &Path, set: &[String]) -> f64 {
    let mut forecast = condition.forecast(&condition.simulations[0]);
    forecast.set.extend_from_slice(set);
    error_of(condition, &forecast, folder)
}

/// The cost, as exactly known.
fn exact_cost(milliseconds: f64) -> Vec<String> {
    vec![
        format!("workload.cpu_per_request.mean=\"{milliseconds:.1}ms\""),
        "workload.cpu_per_request.standard_error=\"0s\"".to_owned(),
        "workload.cpu_per_request.machine=0".to_owned(),
    ]
}

/// The errors on GKE for other values of the inputs that were uncertain before the runs.
fn gke_sensitivity(folder: &Path) -> String {
    let fit = gke_calibration();
    let cost = fit.cpu_per_request_ms;
    let exact = |name: &str, cost: f64| (format!("{name}, {cost:.1} ms"), exact_cost(cost));
    let settings = [
        ("as simulated".to_owned(), Vec::new()),
        exact("cost exact, by the probe's slope", cost.value),
        exact("cost exact, at the lower end of its interval", cost.low),
        exact("cost exact, at the upper end of its interval", cost.high),
        exact(
            "cost exact, by the line through the origin",
            fit.cpu_per_request_ms_without_idle,
        ),
        (
            "a scrape every 15 s".to_owned(),
            vec!["metrics.scrape_interval=\"15s\"".to_owned()],
        ),
    ];
    let rows = settings.iter().map(|(name, set)| {
        let errors = GKE
            .iter()
            .map(|condition| format!("{:.2}", error_with(condition, folder, set)));
        std::iter::once(name.clone()).chain(errors).collect()
    });
    let names = GKE.iter().map(|condition| condition.name);
    let columns: Vec<&str> = std::iter::once("setting").chain(names).collect();
    page::table(&columns, &rows.collect::<Vec<Vec<String>>>())
}

/// The errors on AKS for other pipelines of metrics, and for another reading of the set-up.
fn aks_sensitivity(folder: &Path) -> String {
    let settings: [(&str, &[&str]); 5] = [
        (
            "as simulated: `cluster = \"aks\"`, a scrape every 60 s; a rate over 1 min",
            &[],
        ),
        (
            "hpasim's defaults: `cluster = \"kubeadm\"`, 15 s",
            &["metrics.scrape_interval=\"15s\""],
        ),
        (
            "a scrape every 180 s",
            &["metrics.scrape_interval=\"180s\""],
        ),
        (
            "custom metrics by default: read at the scrapes of metrics-server",
            &["metrics.custom=\"metrics_server\""],
        ),
        (
            "custom metrics without a rate window",
            &["metrics.custom.window=\"0s\""],
        ),
    ];
    let mean_of = |group: &str, error: &dyn Fn(&Condition) -> f64| {
        let conditions = AKS
            .iter()
            .filter(|condition| condition.name.contains(group));
        let errors: Vec<f64> = conditions.map(error).collect();
        format!("{:.2}", errors.iter().sum::<f64>() / errors.len() as f64)
    };
    let groups = ["_h1_", "_h2_", "_h3_"];
    let mut rows: Vec<Vec<String>> = settings
        .iter()
        .map(|(name, set)| {
            let set: Vec<String> = set.iter().map(|&set| set.to_owned()).collect();
            let errors = groups.map(|group| mean_of(group, &|it| error_with(it, folder, &set)));
            std::iter::once((*name).to_owned()).chain(errors).collect()
        })
        .collect();
    let with_setup = |condition: &Condition| {
        let forecast = condition.forecast(&condition.simulations[0]);
        let trace = forecast.trace.replace("_stages", "");
        error_of(condition, &Forecast { trace, ..forecast }, folder)
    };
    rows.push(vec![
        "h3 with its set-up as one user".to_owned(),
        "-".to_owned(),
        "-".to_owned(),
        mean_of("_h3_", &with_setup),
    ]);
    page::table(
        &[
            "setting",
            "h1: CPU 70 %",
            "h2: CPU 50 %, fast",
            "h3: requests per second",
        ],
        &rows,
    )
}

/// The fastest `/cpu` request minus the fastest `/` request, in milliseconds, for the capacity
/// probe and for each load. The runs with a load had four pods and no autoscaler; their files in
/// the recordings are artifacts/v1.1/runs/wc98_{periodic,flash}/rep-1/fixed/locust_fixed_stats.csv.
const FASTEST_IN_PROBE_MS: f64 = 46.5;
const FASTEST_MS: [(&str, f64); 3] = [
    ("gke_flash_stock_rep1", 121.65 - 73.12),
    ("gke_flash_tuned_rep2", 121.65 - 73.12),
    ("gke_periodic_tuned_rep1", 101.75 - 70.17),
];

/// The effect of the machines' speed. The speed comes from runs without an autoscaler, but from
/// after the probe.
fn machine_speed(folder: &Path) -> String {
    let probe = gke_calibration().cpu_per_request_ms.value;
    let rows = FASTEST_MS.iter().map(|(name, fastest)| {
        let condition = GKE.iter().find(|condition| condition.name == *name);
        let condition = condition.expect("a run on GKE");
        let cost = probe * fastest / FASTEST_IN_PROBE_MS;
        let error = error_with(condition, folder, &exact_cost(cost));
        vec![
            condition.name.to_owned(),
            format!("{cost:.1} ms"),
            format!("{error:.2}"),
        ]
    });
    let columns = ["run", "cost at that machine's speed", "error of a seed"];
    page::table(&columns, &rows.collect::<Vec<_>>())
}

/// The latencies of users, where the recording has Locust's report.
fn latency(folder: &Path) -> String {
    let rows = GKE.iter().filter_map(|condition| {
        let locust = condition.recorded(folder).remove(0).meta.locust?;
        let forecast = condition.forecast(&condition.simulations[0]);
        let simulated = |figure| forecast.median_of(figure) * 1e3;
        Some(vec![
            condition.name.to_owned(),
            format!("{} ms", locust.p50),
            format!("{:.0} ms", simulated(|kpis| kpis.latency_seconds_p50)),
            format!("{} ms", locust.p95),
            format!("{:.0} ms", simulated(|kpis| kpis.latency_seconds_p95)),
        ])
    });
    let columns = [
        "run",
        "p50, recorded",
        "p50, simulated",
        "p95, recorded",
        "p95, simulated",
    ];
    page::table(&columns, &rows.collect::<Vec<_>>())
}
