//! Policies side by side: every policy under every trace with the same seeds, on all cores.
//!
//! It simulates and keeps the runs; `results` compares them.

use super::choices::PlotChoice;
use super::error::CommandError;
use super::file_names::{PLOT, distinct_file_names};
use super::progress::Progress;
use super::result_files::{ResultFile, pictures};
use crate::render::comparison::TraceFacts;
use crate::render::plot::bands::draw_bands;
use crate::render::plot::compared::{ComparedPicture, compared_chart};
use crate::render::plot::foot::with_foot;
use crate::results::Kpis;
use crate::results::comparison::TraceRuns;
use crate::results::curves::{Curve, POINTS_MAX, PolicyCurves, SeedCurves};
use crate::results::kpis::KpiObserver;
use crate::results::timeline::TimelineRecorder;
use crate::scenario::{Engine, Scenario};
use crate::search::in_order::{all_cores, collect_in_order};
use crate::search::what_matters::AssumingTrace;
use crate::simulation::simulate_observed;
use crate::units::Seed;

/// The policies under one trace.
#[derive(Clone, Debug)]
pub(super) struct PairedTrace {
    /// The unique name of the trace in tables and files.
    pub(super) label: String,
    /// Which engine follows the trace.
    pub(super) engine: Engine,
    /// By policy.
    pub(super) scenarios: Vec<Scenario>,
}

/// The results of the runs, by trace.
#[derive(Clone, Debug, Default)]
pub(super) struct PairedRuns {
    /// The figures.
    pub(super) kpis: Vec<TraceRuns>,
    /// The curves of the pictures, by policy; empty without pictures.
    pub(super) curves: Vec<Vec<PolicyCurves>>,
}

/// Simulates every policy under every trace with every seed; results by trace, in the order of `traces`.
///
/// Curves are kept for the pictures of `plot`. `hint` appears once when the work takes long.
pub(super) fn simulate_paired(
    traces: &[PairedTrace],
    seeds: &[Seed],
    plot: PlotChoice,
    allows_progress: bool,
    hint: Option<&'static str>,
) -> PairedRuns {
    let runs: Vec<PairedRun<'_>> = traces.iter().flat_map(|trace| trace.runs(seeds)).collect();
    let ends = runs.iter().map(|run| run.scenario.trace.end());
    let progress = Progress::new(ends, hint, allows_progress);
    let simulate = |run: PairedRun<'_>| match plot {
        PlotChoice::None => (
            simulate_counted(run.scenario, run.engine, run.seed, &progress),
            None,
        ),
        _ => run.simulate_drawn(&progress),
    };
    let mut left = collect_in_order(runs, all_cores(), simulate).into_iter();
    let mut results = PairedRuns::default();
    for trace in traces {
        let of_policy = |_: &Scenario| left.by_ref().take(seeds.len()).unzip();
        let (kpis, curves): (_, Vec<Vec<Option<SeedCurves>>>) =
            trace.scenarios.iter().map(of_policy).unzip();
        results.kpis.push(TraceRuns {
            trace: trace.label.clone(),
            runs: kpis,
        });
        let kept = |curves: Vec<Option<SeedCurves>>| PolicyCurves {
            seeds: curves.into_iter().flatten().collect(),
        };
        results.curves.push(curves.into_iter().map(kept).collect());
    }
    results
}

/// The facts of the traces for headings.
pub(super) fn trace_facts(traces: &[PairedTrace]) -> Vec<TraceFacts> {
    let facts = |trace: &PairedTrace| TraceFacts {
        seconds: trace.scenarios[0].trace.end().as_secs_f64(),
        warm_up_seconds: trace.scenarios[0].warm_up.as_secs_f64(),
        engine: trace.engine,
        currency: trace.currency().map(str::to_owned),
    };
    traces.iter().map(facts).collect()
}

/// A picture of each trace with the lines `foot` below it, in each kind asked for; of several traces each has its name in the file's.
///
/// # Errors
/// A picture cannot be drawn.
pub(super) fn paired_pictures(
    traces: &[PairedTrace],
    runs: &PairedRuns,
    policies: &[String],
    seeds: usize,
    plot: PlotChoice,
    foot: &[String],
) -> Result<Vec<ResultFile>, CommandError> {
    let mut files = Vec::new();
    if plot == PlotChoice::None {
        return Ok(files);
    }
    let labels: Vec<&str> = traces.iter().map(|trace| trace.label.as_str()).collect();
    let names = distinct_file_names(&labels);
    for ((trace, name), curves) in traces.iter().zip(&names).zip(&runs.curves) {
        let chart = compared_chart(&ComparedPicture {
            trace: &trace.label,
            engine: trace.engine,
            seeds,
            policies,
            scenarios: &trace.scenarios,
            curves,
        });
        let stem = match traces {
            [_] => PLOT.to_owned(),
            _ => format!("{PLOT}-{name}"),
        };
        files.extend(pictures(&with_foot(draw_bands(&chart), foot), &stem, plot)?);
    }
    Ok(files)
}

/// The KPIs of one run.
pub(super) fn simulate_counted(
    scenario: &Scenario,
    engine: Engine,
    seed: Seed,
    progress: &Progress,
) -> Kpis {
    let scenario = &*scenario.for_seed(seed);
    let mut observer = (
        KpiObserver::new(scenario),
        progress.of_run(scenario.trace.end()),
    );
    simulate_observed(scenario, engine, seed, &mut observer);
    let (kpis, progress) = observer;
    progress.finish();
    kpis.finish()
}

impl PairedTrace {
    /// The currency of the costs, if a policy with prices states one. `compare` refuses several.
    pub(super) fn currency(&self) -> Option<&str> {
        self.scenarios
            .iter()
            .find_map(|scenario| scenario.cost.stated_currency())
    }

    /// The policies with their assumptions.
    pub(super) fn assuming(&self) -> AssumingTrace<'_> {
        AssumingTrace {
            engine: self.engine,
            scenarios: &self.scenarios,
        }
    }

    /// By policy, then by seed.
    fn runs<'s>(&'s self, seeds: &'s [Seed]) -> impl Iterator<Item = PairedRun<'s>> {
        self.scenarios.iter().flat_map(move |scenario| {
            seeds.iter().map(move |seed| PairedRun {
                scenario,
                engine: self.engine,
                seed: *seed,
            })
        })
    }
}

/// One run to be made.
#[derive(Clone, Copy)]
struct PairedRun<'s> {
    scenario: &'s Scenario,
    engine: Engine,
    seed: Seed,
}

impl PairedRun<'_> {
    fn simulate_drawn(self, progress: &Progress) -> (Kpis, Option<SeedCurves>) {
        let scenario = &*self.scenario.for_seed(self.seed);
        let mut observer = (
            KpiObserver::new(scenario),
            TimelineRecorder::new(scenario),
            progress.of_run(scenario.trace.end()),
        );
        simulate_observed(scenario, self.engine, self.seed, &mut observer);
        let (kpis, recorder, progress) = observer;
        progress.finish();
        let curves = SeedCurves::of(&recorder.finish(), &Curve::COMPARED, POINTS_MAX);
        (kpis.finish(), Some(curves))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::scenario;
    use crate::search::sweep::simulate_kpis;
    use crate::units::Replicas;

    const SEEDS: [Seed; 2] = [Seed(3), Seed(4)];

    /// Two policies that differ under a trace of requests.
    fn policies() -> Vec<Scenario> {
        let two = scenario(60.0);
        let mut three = two.clone();
        three.deployment.replicas = Replicas(3);
        vec![two, three]
    }

    fn simulate_both(scenarios: &[Scenario], plot: PlotChoice) -> PairedRuns {
        let under = |engine: Engine| PairedTrace {
            label: engine.as_str().to_owned(),
            engine,
            scenarios: scenarios.to_vec(),
        };
        let traces = [under(Engine::Request), under(Engine::Fluid)];
        simulate_paired(&traces, &SEEDS, plot, false, None)
    }

    #[test]
    fn each_run_stands_by_its_trace_policy_and_seed() {
        let scenarios = policies();
        for plot in [PlotChoice::None, PlotChoice::All] {
            let results = simulate_both(&scenarios, plot).kpis;
            for (trace, engine) in [Engine::Request, Engine::Fluid].into_iter().enumerate() {
                for (policy, scenario) in scenarios.iter().enumerate() {
                    let alone = SEEDS.map(|seed| simulate_kpis(scenario, engine, seed));
                    assert_eq!(results[trace].runs[policy], alone, "{engine:?} {policy}");
                }
            }
            let requests = &results[0].runs;
            assert_ne!(requests[0], requests[1], "policies differ");
            assert_ne!(requests[0][0], requests[0][1], "seeds differ");
            assert_ne!(requests, &results[1].runs, "traces differ");
        }
    }

    #[test]
    fn curves_are_there_only_where_there_are_pictures() {
        let scenarios = policies();
        let curves = |plot| {
            let of_traces = simulate_both(&scenarios, plot).curves;
            let of_policies = of_traces.into_iter().flatten();
            of_policies.map(|it| it.seeds.len()).collect::<Vec<_>>()
        };
        assert_eq!(curves(PlotChoice::None), [0; 4]);
        assert_eq!(curves(PlotChoice::All), [2; 4]);
    }
}
