//! How close simulations come to recorded runs of real autoscalers (`docs/validation.md`).
//!
//! The recordings are not part of this repository. Where they are missing, each test prints
//! "skipped" and stops. A simulation uses only what was known before the recorded run; nothing is
//! fitted to recorded replicas.

mod forecast;
mod page;
mod recording;

use std::path::{Path, PathBuf};

use forecast::{Forecast, Moment, Score, score};
use hpasim::results::calibration::{Calibration, calibrate};
use hpasim::scenario::{Engine, parse_probe};
use hpasim::workload::Demand;
use page::{Picture, Simulated};
use recording::Recording;

/// A recorded run, and the required accuracy of its simulations.
struct Run {
    name: &'static str,
    policy: &'static str,
    cpu_request_millicores: f64,
    /// The part of the traces before the recording's time 0: a minute of the warm-up, so that the
    /// metrics do not show the load before it begins.
    lead_in_seconds: f64,
    /// The engines, each with its trace and the greatest permitted error.
    simulations: &'static [Simulation],
}

struct Simulation {
    engine: Engine,
    name: &'static str,
    trace: &'static str,
    /// The error of a seed, mean over the seeds. The error of their median is no good measure: it
    /// may jump by a whole replica where the seeds are split.
    error_max: f64,
}

/// The mean difference between four repetitions of gke_flash_stock on the real cluster.
const NOISE_FLOOR: f64 = 0.56;

/// The noise of a pod's CPU reading that single requests cause and the fluid engine lacks: the shot
/// noise sqrt((1 + CV^2) / (rate x window)). The rate is 6.4 requests per second, at which a pod of
/// the gke runs is at its target. The window is one interval of 15 s.
const SHOT_NOISE: &str = "workload.cpu_noise=0.144";

const KNOWN_LOAD: [Run; 3] = [
    Run {
        name: "gke_flash_stock_rep1",
        policy: "gke-stock.toml",
        cpu_request_millicores: 500.0,
        lead_in_seconds: 60.0,
        simulations: &[
            Simulation {
                engine: Engine::Request,
                name: "request engine",
                trace: "gke_flash_stock_rep1.users.csv",
                error_max: 0.9,
            },
            Simulation {
                engine: Engine::Fluid,
                name: "fluid engine",
                trace: "gke_flash_stock_rep1.rps.csv",
                error_max: 0.9,
            },
        ],
    },
    Run {
        name: "gke_flash_tuned_rep2",
        policy: "gke-tuned.toml",
        cpu_request_millicores: 500.0,
        lead_in_seconds: 60.0,
        simulations: &[
            Simulation {
                engine: Engine::Request,
                name: "request engine",
                trace: "gke_flash_tuned_rep2.users.csv",
                error_max: NOISE_FLOOR,
            },
            Simulation {
                engine: Engine::Fluid,
                name: "fluid engine",
                trace: "gke_flash_tuned_rep2.rps.csv",
                error_max: NOISE_FLOOR,
            },
        ],
    },
    Run {
        name: "gke_periodic_tuned_rep1",
        policy: "gke-tuned.toml",
        cpu_request_millicores: 500.0,
        lead_in_seconds: 60.0,
        simulations: &[
            Simulation {
                engine: Engine::Request,
                name: "request engine",
                trace: "gke_periodic_tuned_rep1.users.csv",
                error_max: 1.65,
            },
            Simulation {
                engine: Engine::Fluid,
                name: "fluid engine",
                trace: "gke_periodic_tuned_rep1.rps.csv",
                error_max: 1.65,
            },
        ],
    },
];

const UNKNOWN_LOAD: Run = Run {
    name: "civic_schwifty",
    policy: "civic.toml",
    cpu_request_millicores: 100.0,
    lead_in_seconds: 0.0,
    simulations: &[
        Simulation {
            engine: Engine::Fluid,
            name: "CPU as of 23 s before its reading",
            trace: "civic_schwifty.earlier.csv",
            error_max: 0.8,
        },
        Simulation {
            engine: Engine::Fluid,
            name: "as of its reading",
            trace: "civic_schwifty.cpu.csv",
            error_max: 1.4,
        },
    ],
};

impl Run {
    fn forecast(&self, simulation: &Simulation) -> Forecast {
        let set = match simulation.engine {
            Engine::Fluid if self.policy != UNKNOWN_LOAD.policy => vec![SHOT_NOISE.to_owned()],
            Engine::Fluid | Engine::Request => Vec::new(),
        };
        Forecast {
            policy: self.policy,
            trace: simulation.trace,
            engine: simulation.engine,
            lead_in_seconds: self.lead_in_seconds,
            set,
        }
    }

    fn recording(&self, folder: &Path) -> Recording {
        recording::read(folder, self.name, self.cpu_request_millicores)
    }
}

/// The folder of the recordings; prints "skipped" if it is missing.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn recordings() -> Option<PathBuf> {
    let folder = recording::folder();
    if folder.is_none() {
        eprintln!("skipped: ../shared/validation is not here");
    }
    folder
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/validation")
        .join(file)
}

fn gke_calibration() -> Calibration {
    let path = here("gke_probe.csv");
    let bytes = std::fs::read(&path).expect("the probe");
    let probe = parse_probe(&path, &bytes).expect("a valid probe");
    calibrate(&probe).expect("a rising line")
}

#[test]
fn the_cost_of_a_request_is_the_one_that_the_probe_gives() {
    let fit = gke_calibration();
    let cost = fit.cpu_per_request_ms.value;
    for run in &KNOWN_LOAD {
        for simulation in run.simulations {
            let workload = run.forecast(simulation).load().scenario.workload;
            let stated = workload.cpu_per_request.mean_seconds() * 1e3;
            assert!(
                (stated - cost).abs() < 0.05,
                "{}: {stated} ms, not {cost}",
                run.name
            );
            assert_eq!(workload.idle_cpu.0, 0, "nothing uses less than no CPU");
        }
    }
}

#[test]
fn the_probe_and_the_traces_are_the_recorded_ones() {
    let Some(folder) = recordings() else { return };
    for run in &KNOWN_LOAD {
        let meta = run.recording(&folder).meta;
        let users = meta.load_users_per_30s.expect("a known load");
        let rate = meta.rps_per_user.expect("a rate per user");
        for simulation in run.simulations {
            let trace = run.forecast(simulation).load().scenario.trace;
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
                    run.name
                );
                let seconds = time.as_secs_f64() - run.lead_in_seconds;
                assert!((seconds - 30.0 * index as f64).abs() < 1e-9);
            }
        }
        let probe = std::fs::read_to_string(here("gke_probe.csv")).expect("the probe");
        for [users, rps, millicores] in meta.capacity_probe.expect("a probe").rows {
            let rps: f64 = rps.parse().expect("a rate");
            let row = format!("{users},{rps:.3},{millicores},4\n");
            assert!(probe.contains(&row), "{row}");
        }
    }
}

#[test]
fn the_replayed_demand_is_the_recorded_cpu() {
    let Some(folder) = recordings() else { return };
    let recorded = UNKNOWN_LOAD.recording(&folder).cpu_millicores;
    for (simulation, age) in UNKNOWN_LOAD
        .simulations
        .iter()
        .zip([READING_AGE_SECONDS, 0.0])
    {
        let trace = UNKNOWN_LOAD.forecast(simulation).load().scenario.trace;
        let Demand::CpuMillicores(values) = &trace.demand else {
            panic!("CPU that was recorded");
        };
        let mut expected: Vec<(f64, f64)> = Vec::new();
        for (seconds, millicores) in &recorded {
            let seconds = (seconds - age).max(0.0);
            // Of several readings before the start, only the last one counts.
            expected.retain(|(at, _)| *at < seconds);
            expected.push((seconds, *millicores));
        }
        let found: Vec<(f64, f64)> = trace
            .times
            .iter()
            .map(|time| time.as_secs_f64())
            .zip(values.iter().copied())
            .take(expected.len())
            .collect();
        for (found, expected) in found.iter().zip(&expected) {
            assert!(
                (found.0 - expected.0).abs() < 1e-6 && (found.1 - expected.1).abs() < 1e-6,
                "{found:?}, not {expected:?}"
            );
        }
    }
}

/// The mean age, to its middle, of the reading that a sync sees, in three parts: 7.5 s because a
/// scrape comes every 15 s; 7.8 s because the last of two counter readings, every 10 to 20 s, is
/// that old at the scrape; and half of the 15 s between the two readings.
const READING_AGE_SECONDS: f64 = 23.0;

struct Outcome<'r> {
    run: &'r Run,
    scored: Vec<(&'r Simulation, Vec<Moment>, Score)>,
}

fn outcome<'r>(run: &'r Run, folder: &Path) -> Outcome<'r> {
    let recording = run.recording(folder);
    let scored = run.simulations.iter().map(|simulation| {
        let moments = run.forecast(simulation).moments(&recording.samples);
        let score = score(&moments);
        (simulation, moments, score)
    });
    Outcome {
        run,
        scored: scored.collect(),
    }
}

fn rows(outcome: &Outcome<'_>) -> Vec<Vec<String>> {
    let row = |(simulation, moments, score): &(&Simulation, Vec<Moment>, Score)| {
        let peak = |value: &dyn Fn(&Moment) -> f64| moments.iter().map(value).fold(0.0, f64::max);
        vec![
            outcome.run.name.to_owned(),
            simulation.name.to_owned(),
            format!("{:.2}", score.of_median),
            format!("{:.2}", score.of_seeds),
            format!("{:+.2}", score.bias),
            format!("{:.0} %", score.within_band * 100.0),
            format!("{:.2}", score.seed_to_seed),
            format!("{:.0}", peak(&|moment| moment.recorded.replicas)),
            format!("{}", peak(&Moment::median)),
        ]
    };
    outcome.scored.iter().map(row).collect()
}

const COLUMNS: [&str; 9] = [
    "run",
    "simulated",
    "error of the median",
    "error of a seed",
    "bias",
    "within the band",
    "seed to seed",
    "peak, recorded",
    "peak, median",
];

fn draw(outcome: &Outcome<'_>) {
    let simulated: Vec<Simulated<'_>> = outcome
        .scored
        .iter()
        .map(|(simulation, moments, _)| Simulated {
            name: simulation.name,
            moments,
        })
        .collect();
    let errors: Vec<String> = outcome
        .scored
        .iter()
        .map(|(simulation, _, score)| format!("{} {:.2}", simulation.name, score.of_median))
        .collect();
    let first = outcome.run.forecast(outcome.scored[0].0).load();
    page::assert_picture(&Picture {
        name: outcome.run.name,
        subtitle: format!(
            "mean absolute error of the median in replicas: {} (real runs of one kind differ by {NOISE_FLOOR})",
            errors.join(", ")
        ),
        scenario: &first.scenario,
        lead_in_seconds: outcome.run.lead_in_seconds,
        simulated: &simulated,
    });
}

fn assert_close(outcome: &Outcome<'_>) {
    for (simulation, _, score) in &outcome.scored {
        assert!(
            score.of_seeds <= simulation.error_max,
            "{}, {}: a seed is off by {:.2} replicas, at most {} is expected",
            outcome.run.name,
            simulation.name,
            score.of_seeds,
            simulation.error_max
        );
    }
}

#[test]
fn runs_of_known_load_are_as_close_as_the_page_says() {
    let Some(folder) = recordings() else { return };
    let outcomes: Vec<Outcome<'_>> = KNOWN_LOAD.iter().map(|run| outcome(run, &folder)).collect();
    outcomes.iter().for_each(assert_close);
    outcomes.iter().for_each(draw);
    let rows: Vec<Vec<String>> = outcomes.iter().flat_map(rows).collect();
    page::assert_section("known load", &page::table(&COLUMNS, &rows));
    page::assert_section("sensitivity", &sensitivity(&folder));
    page::assert_section("machine speed", &machine_speed(&folder));
    page::assert_section("latency", &latency(&folder));
}

#[test]
fn the_run_of_unknown_load_is_as_close_as_the_page_says() {
    let Some(folder) = recordings() else { return };
    let outcome = outcome(&UNKNOWN_LOAD, &folder);
    assert_close(&outcome);
    draw(&outcome);
    page::assert_section("unknown load", &page::table(&COLUMNS, &rows(&outcome)));
}

/// The errors for other values of the inputs that were uncertain before the runs.
fn sensitivity(folder: &Path) -> String {
    let fit = gke_calibration();
    let costs = [
        (
            "cost by the line through the origin",
            fit.cpu_per_request_ms_without_idle,
        ),
        (
            "cost at the lower end of its interval",
            fit.cpu_per_request_ms.low,
        ),
        (
            "as simulated: the probe's slope",
            fit.cpu_per_request_ms.value,
        ),
        (
            "cost at the upper end of its interval",
            fit.cpu_per_request_ms.high,
        ),
    ];
    let scrapes = (
        "a scrape every 30 s".to_owned(),
        "metrics.scrape_interval=\"30s\"".to_owned(),
    );
    let settings = costs
        .iter()
        .map(|(name, cost)| (format!("{name}, {cost:.1} ms"), set_cost(*cost)))
        .chain([scrapes]);
    let rows: Vec<Vec<String>> = settings
        .map(|(name, set)| {
            let errors = KNOWN_LOAD
                .iter()
                .map(|run| format!("{:.2}", error_with(run, folder, &set)));
            std::iter::once(name).chain(errors).collect()
        })
        .collect();
    let columns: Vec<&str> = std::iter::once("setting")
        .chain(KNOWN_LOAD.iter().map(|run| run.name))
        .collect();
    page::table(&columns, &rows)
}

fn set_cost(milliseconds: f64) -> String {
    format!("workload.cpu_per_request.mean=\"{milliseconds:.1}ms\"")
}

/// The error of the median in the request engine, with one more `--set`.
fn error_with(run: &Run, folder: &Path, set: &str) -> f64 {
    let mut forecast = run.forecast(&run.simulations[0]);
    forecast.set.push(set.to_owned());
    let samples = run.recording(folder).samples;
    score(&forecast.moments(&samples)).of_median
}

/// The fastest `/cpu` request minus the fastest `/` request, in milliseconds, for the capacity
/// probe and for each load. The runs with a load had four pods and no autoscaler; their files in
/// the recordings are artifacts/v1.1/runs/wc98_{periodic,flash}/rep-1/fixed/locust_fixed_stats.csv.
const FASTEST_IN_PROBE_MS: f64 = 46.5;
const FASTEST_IN_FLASH_MS: f64 = 121.65 - 73.12;
const FASTEST_IN_PERIODIC_MS: f64 = 101.75 - 70.17;

/// The effect of the machines' speed. The speed comes from runs without an autoscaler, but from
/// after the probe.
fn machine_speed(folder: &Path) -> String {
    let speeds = [
        FASTEST_IN_FLASH_MS,
        FASTEST_IN_FLASH_MS,
        FASTEST_IN_PERIODIC_MS,
    ];
    let probe = gke_calibration().cpu_per_request_ms.value;
    let rows = KNOWN_LOAD.iter().zip(speeds).map(|(run, fastest)| {
        let cost = probe * fastest / FASTEST_IN_PROBE_MS;
        let error = error_with(run, folder, &set_cost(cost));
        vec![
            run.name.to_owned(),
            format!("{cost:.1} ms"),
            format!("{error:.2}"),
        ]
    });
    let columns = ["run", "cost at that machine's speed", "error of the median"];
    page::table(&columns, &rows.collect::<Vec<_>>())
}

/// The latencies of users, where the recording has Locust's report.
fn latency(folder: &Path) -> String {
    let rows = KNOWN_LOAD.iter().filter_map(|run| {
        let locust = run.recording(folder).meta.locust?;
        let forecast = run.forecast(&run.simulations[0]);
        let simulated = |figure| forecast.median_of(figure) * 1e3;
        Some(vec![
            run.name.to_owned(),
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
