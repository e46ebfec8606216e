//! The runs of a backtest: every seed at the recorded times, and each assumption at both ends of its range.

use std::num::NonZeroUsize;

use super::in_order::collect_in_order;
use super::what_matters::VariantPlan;
use crate::control::Hpa;
use crate::results::backtest::{Backtest, JudgedRows, SimulatedSteps, StepObserver};
use crate::results::statistics::Estimate;
use crate::results::{KpiObserver, Kpis};
use crate::scenario::{Engine, Scenario};
use crate::simulation::{Observer, simulate_observed};
use crate::units::{Seed, SimSpan};

/// How many seeds vary the assumptions.
pub const VARIED_SEEDS: usize = 10;

/// Requests of one run up to which a backtest uses the request engine by default: 60 seeds and the variants then take about a minute.
const REQUESTS_BY_DEFAULT: f64 = 1e6;

/// The engine of a backtest for which none was asked: `usual` for its trace, or the fluid engine if the requests are too many.
#[must_use]
pub fn backtest_engine(usual: Engine, requests: f64) -> Engine {
    match usual {
        Engine::Request if requests > REQUESTS_BY_DEFAULT => Engine::Fluid,
        usual => usual,
    }
}

/// How long a simulation runs before it has forgotten its beginning: the longest window of the autoscaler, the age of its metrics, and
/// the start of a pod; in whole minutes.
#[must_use]
pub fn lead_in(scenario: &Scenario) -> SimSpan {
    let windows = scenario.hpa().map_or(SimSpan::ZERO, longest_window);
    let metrics = &scenario.metrics;
    let custom = metrics.custom.as_ref();
    let metrics_age = metrics.scrape_interval * 2
        + metrics.longest_reading_interval() * 2
        + metrics.lag
        + custom.map_or(SimSpan::ZERO, |it| it.window + it.lag + it.interval);
    let pod = &scenario.deployment.pod;
    let starts = [&pod.schedule, &pod.image_pull, &pod.start, &pod.init];
    let start: f64 = starts.iter().map(|time| time.mean_seconds()).sum();
    let probes = pod.readiness.as_ref().map_or(SimSpan::ZERO, |probe| {
        probe.initial_delay + probe.period * i64::from(probe.success_threshold)
    });
    let all = windows + metrics_age + SimSpan::from_secs_f64(start) + probes;
    SimSpan::from_secs_f64(60.0 * (all.as_secs_f64() / 60.0).ceil())
}

fn longest_window(hpa: &Hpa) -> SimSpan {
    let of_controller = [hpa.settings.downscale_stabilization];
    let rules = hpa.spec.behavior.iter();
    let rules = rules.flat_map(|it| [&it.scale_up, &it.scale_down]);
    let stated = rules.flat_map(|rules| {
        let periods = rules.policies.iter().map(|policy| policy.period);
        rules.stabilization_window.into_iter().chain(periods)
    });
    let longest = stated.chain(of_controller).max();
    longest.unwrap_or(SimSpan::ZERO) + hpa.sync_period
}

/// One run of a backtest.
#[derive(Clone, Debug)]
pub struct BacktestRun {
    /// The run at the recorded times.
    pub steps: SimulatedSteps,
    /// Its KPIs, which say what it touched.
    pub kpis: Kpis,
}

/// Simulates one seed; `also` observes the run.
pub fn simulate_steps<O: Observer>(
    scenario: &Scenario,
    engine: Engine,
    seed: Seed,
    judged: &JudgedRows,
    also: O,
) -> (BacktestRun, O) {
    let scenario = &*scenario.for_seed(seed);
    let mut observer = (
        StepObserver::new(scenario, judged.edges()),
        KpiObserver::new(scenario),
        also,
    );
    simulate_observed(scenario, engine, seed, &mut observer);
    let (steps, kpis, also) = observer;
    let run = BacktestRun {
        steps: steps.finish(),
        kpis: kpis.finish(),
    };
    (run, also)
}

/// An assumption with another value, and the error that it gives.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedBy {
    /// The policy's key.
    pub key: String,
    /// The assumed value.
    pub assumed: String,
    /// The value that lowers the error most.
    pub value: String,
    /// The error of a seed with the assumed value, in replicas, over the seeds that vary the assumptions.
    pub error_assumed: f64,
    /// The error with the other value.
    pub error: f64,
}

/// What the ends of the assumptions' ranges say about the difference between recording and simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The number of assumptions that were varied.
    pub varied: usize,
    /// The number of seeds of each variant.
    pub seeds: usize,
    /// The assumption that lowers the error most; `None` if none lowers it by more than chance.
    pub best: Option<ExplainedBy>,
}

/// Simulates every end of `plan` with `seeds`, whose errors with the assumed values are `assumed_errors`.
///
/// The same seeds pair the runs, so common chance cancels out.
pub fn explain(
    plan: &VariantPlan<'_>,
    engine: Engine,
    judged: &JudgedRows,
    (seeds, assumed_errors): (&[Seed], &[f64]),
    threads: NonZeroUsize,
    simulate: impl Fn(&Scenario, Engine, Seed) -> SimulatedSteps + Sync,
) -> Explanation {
    let ends: Vec<_> = plan.each_end().collect();
    let runs: Vec<(&Scenario, Seed)> = ends
        .iter()
        .flat_map(|end| seeds.iter().map(|seed| (end.scenario, *seed)))
        .collect();
    let run = |(scenario, seed): (&Scenario, Seed)| simulate(scenario, engine, seed);
    let steps = collect_in_order(runs, threads, run);
    let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len().max(1) as f64;
    let error_assumed = mean(assumed_errors);
    let explained = ends.iter().zip(steps.chunks(seeds.len().max(1)));
    let explained = explained.filter_map(|(end, steps)| {
        let errors = Backtest::replica_errors(judged, steps);
        let pairs = errors.iter().zip(assumed_errors);
        let differences: Vec<f64> = pairs.map(|(error, assumed)| error - assumed).collect();
        let estimate = Estimate::of(&differences)?;
        (estimate.mean < 0.0 && estimate.excludes(0.0)).then(|| ExplainedBy {
            key: end.key.to_owned(),
            assumed: end.assumed.to_owned(),
            value: end.value.to_owned(),
            error_assumed,
            error: mean(&errors),
        })
    });
    let mut keys: Vec<&str> = ends.iter().map(|end| end.key).collect();
    keys.dedup();
    Explanation {
        varied: keys.len(),
        seeds: seeds.len(),
        best: explained.min_by(|a, b| a.error.total_cmp(&b.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::backtest::JudgedRows;
    use crate::scenario::judged::{JudgedQuantity, ScoreKind};
    use crate::scenario::recorded::{JudgedSpan, RecordedDay, RecordedQuantity, RecordedRow};
    use crate::units::SimTime;

    const POLICY: &str = r#"
        [hpa]
        minReplicas = 1
        maxReplicas = 30
        targetCPUUtilizationPercentage = 60
        [hpa.behavior.scaleDown]
        stabilizationWindowSeconds = 900
        [[deployment.containers]]
        name = "web"
        resources = { requests = { cpu = "200m" } }
        [workload]
        cpu_per_request = "20ms"
    "#;

    fn two_hours() -> Scenario {
        let row = |row: u32| {
            let hours = f64::from(row) / 60.0;
            let rps = 30.0 + 20.0 * (std::f64::consts::TAU * hours / 0.6).sin();
            format!("{},{rps}\n", 60 * row)
        };
        let trace = format!("time_s,rps\n{}", (0..=120).map(row).collect::<String>());
        Scenario::from_memory(("p.toml", POLICY), ("t.csv", &trace)).expect("a scenario")
    }

    /// A row every 15 s of the second hour.
    fn hour(mut change: impl FnMut(usize, &mut RecordedRow)) -> JudgedRows {
        let at = |seconds: f64| SimTime::from_secs_f64(seconds);
        let rows = (0..240).map(|index| {
            let mut row = RecordedRow::at(at(15.0 * index as f64));
            change(index, &mut row);
            row
        });
        let day = RecordedDay {
            rows: rows.collect(),
            ..RecordedDay::default()
        };
        let span = JudgedSpan {
            recorded_start: at(3600.0),
            calibrate_from: at(0.0),
            simulate_from: at(0.0),
            from: at(3600.0),
            to: at(7200.0),
        };
        JudgedRows::of(&day, &span, None)
    }

    #[test]
    fn a_day_that_the_simulation_made_is_off_by_the_noise_floor_and_covered_as_an_honest_forecast()
    {
        let scenario = two_hours();
        let run = |seed, judged: &JudgedRows| {
            simulate_steps(&scenario, Engine::Fluid, Seed(seed), judged, ())
                .0
                .steps
        };
        let empty = hour(|_, _| {});
        let seeds: Vec<SimulatedSteps> = (1..=20).map(|seed| run(seed, &empty)).collect();
        let mut sums = [0.0; 3];
        let days = 20;
        for day in 0..days {
            let truth = run(1000 + day, &empty);
            let replicas = truth.of(JudgedQuantity::Replicas);
            let judged = hour(|index, row| {
                row.set(RecordedQuantity::DesiredReplicas, Some(replicas[index]));
            });
            let backtest = Backtest::of(judged, seeds.clone(), &[JudgedQuantity::Replicas]);
            let score = backtest.score(JudgedQuantity::Replicas).expect("replicas");
            let kinds = [ScoreKind::Error, ScoreKind::NoiseFloor, ScoreKind::Coverage];
            for (sum, kind) in sums.iter_mut().zip(kinds) {
                *sum += score.figure(kind) / days as f64;
            }
        }
        let [error, floor, coverage] = sums;
        assert!(floor > 0.05, "{floor}");
        assert!((error / floor - 1.0).abs() < 0.25, "{error}, {floor}");
        assert!((0.7..=0.88).contains(&coverage), "{coverage}");
    }

    #[test]
    fn the_lead_in_fills_the_longest_window_in_whole_minutes() {
        let long = lead_in(&two_hours()).as_secs_f64();
        assert!((960.0..=1200.0).contains(&long), "{long}");
        assert!(long % 60.0 < 1e-9, "{long}");
    }

    #[test]
    fn a_backtest_of_many_requests_uses_the_fluid_engine_unless_users_wait_for_answers() {
        assert_eq!(backtest_engine(Engine::Request, 1e5), Engine::Request);
        assert_eq!(backtest_engine(Engine::Request, 1e8), Engine::Fluid);
        assert_eq!(backtest_engine(Engine::Fluid, 0.0), Engine::Fluid);
    }
}
