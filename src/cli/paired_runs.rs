//! Policies side by side: every policy under every trace with the same seeds, on all cores.
//!
//! Self-imposed limit: simulates and keeps; what the runs say beside each other is compared in `results`.

use super::progress::{Progress, ProgressMode};
use crate::results::Kpis;
use crate::results::curves::{PolicyCurves, SeedCurves};
use crate::results::kpis::KpiObserver;
use crate::results::timeline::TimelineRecorder;
use crate::scenario::{Engine, Scenario};
use crate::search::in_order::{all_cores, collect_in_order};
use crate::simulation::simulate;
use crate::units::{Seed, SimSpan, SimTime};

/// The policies under one trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct PairedTrace<'s> {
    /// By policy.
    pub(super) scenarios: &'s [Scenario],
    /// Which engine follows the trace.
    pub(super) engine: Engine,
}

/// What is kept of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// The figures.
    Kpis,
    /// The figures, and what a picture shows.
    KpisAndCurves,
}

/// What is left of the runs of every policy under one trace.
#[derive(Clone, Debug)]
pub(super) struct TraceResults {
    /// By policy, then by seed.
    pub(super) kpis: Vec<Vec<Kpis>>,
    /// By policy; empty unless curves were to be kept.
    pub(super) curves: Vec<PolicyCurves>,
}

/// Simulates every policy under every trace with every seed; results by trace, in the order of `traces`.
///
/// `hint` is said once the work has taken long.
pub(super) fn simulate_paired(
    traces: &[PairedTrace<'_>],
    seeds: &[Seed],
    kept: Kept,
    mode: ProgressMode,
    hint: Option<&'static str>,
) -> Vec<TraceResults> {
    let jobs: Vec<Job<'_>> = traces.iter().flat_map(|trace| trace.jobs(seeds)).collect();
    let length: SimSpan = jobs.iter().map(|job| job.end() - SimTime::ZERO).sum();
    let progress = Progress::new(1, SimTime::ZERO + length, hint, mode);
    let simulate = |job: Job<'_>| job.simulate(kept, &progress);
    let mut runs = collect_in_order(jobs, all_cores(), simulate).into_iter();
    traces
        .iter()
        .map(|trace| gather(trace.scenarios.len(), seeds.len(), kept, &mut runs))
        .collect()
}

/// The runs of one trace, taken from those of all.
fn gather(
    policies: usize,
    seeds: usize,
    kept: Kept,
    runs: &mut impl Iterator<Item = JobResult>,
) -> TraceResults {
    let mut results = TraceResults {
        kpis: Vec::with_capacity(policies),
        curves: Vec::new(),
    };
    for _ in 0..policies {
        let runs = runs.by_ref().take(seeds);
        let (kpis, curves): (Vec<Kpis>, Vec<Option<SeedCurves>>) =
            runs.map(|run| (run.kpis, run.curves)).unzip();
        results.kpis.push(kpis);
        if kept == Kept::KpisAndCurves {
            results.curves.push(PolicyCurves {
                seeds: curves.into_iter().flatten().collect(),
            });
        }
    }
    results
}

impl<'s> PairedTrace<'s> {
    /// By policy, then by seed.
    fn jobs(self, seeds: &[Seed]) -> impl Iterator<Item = Job<'s>> {
        self.scenarios.iter().flat_map(move |scenario| {
            seeds.iter().map(move |seed| Job {
                scenario,
                engine: self.engine,
                seed: *seed,
            })
        })
    }
}

/// One run to be made.
#[derive(Clone, Copy)]
struct Job<'s> {
    scenario: &'s Scenario,
    engine: Engine,
    seed: Seed,
}

/// What is left of one run.
struct JobResult {
    kpis: Kpis,
    curves: Option<SeedCurves>,
}

impl Job<'_> {
    fn end(self) -> SimTime {
        self.scenario.trace.end()
    }

    fn simulate(self, kept: Kept, progress: &Progress) -> JobResult {
        match kept {
            Kept::Kpis => self.simulate_counted(progress),
            Kept::KpisAndCurves => self.simulate_drawn(progress),
        }
    }

    fn simulate_counted(self, progress: &Progress) -> JobResult {
        let mut observer = (
            KpiObserver::new(self.scenario),
            progress.of_run_until(self.end()),
        );
        simulate(self.scenario, self.engine, self.seed, &mut observer);
        let (kpis, progress) = observer;
        progress.finish();
        JobResult {
            kpis: kpis.finish(),
            curves: None,
        }
    }

    fn simulate_drawn(self, progress: &Progress) -> JobResult {
        let mut observer = (
            KpiObserver::new(self.scenario),
            TimelineRecorder::new(self.scenario),
            progress.of_run_until(self.end()),
        );
        simulate(self.scenario, self.engine, self.seed, &mut observer);
        let (kpis, recorder, progress) = observer;
        progress.finish();
        JobResult {
            kpis: kpis.finish(),
            curves: Some(SeedCurves::of(&recorder.finish())),
        }
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

    fn simulate_both(scenarios: &[Scenario], kept: Kept) -> Vec<TraceResults> {
        let under = |engine| PairedTrace { scenarios, engine };
        let traces = [under(Engine::Request), under(Engine::Fluid)];
        simulate_paired(&traces, &SEEDS, kept, ProgressMode::Off, None)
    }

    #[test]
    fn each_run_stands_by_its_trace_policy_and_seed() {
        let scenarios = policies();
        for kept in [Kept::Kpis, Kept::KpisAndCurves] {
            let results = simulate_both(&scenarios, kept);
            for (trace, engine) in [Engine::Request, Engine::Fluid].into_iter().enumerate() {
                for (policy, scenario) in scenarios.iter().enumerate() {
                    let alone = SEEDS.map(|seed| simulate_kpis(scenario, engine, seed));
                    assert_eq!(results[trace].kpis[policy], alone, "{engine:?} {policy}");
                }
            }
            let requests = &results[0].kpis;
            assert_ne!(requests[0], requests[1], "policies differ");
            assert_ne!(requests[0][0], requests[0][1], "seeds differ");
            assert_ne!(requests, &results[1].kpis, "traces differ");
        }
    }

    #[test]
    fn curves_are_there_only_where_they_are_to_be_kept() {
        let scenarios = policies();
        for results in simulate_both(&scenarios, Kept::Kpis) {
            assert!(results.curves.is_empty());
        }
        for results in simulate_both(&scenarios, Kept::KpisAndCurves) {
            let seeds: Vec<usize> = results.curves.iter().map(|it| it.seeds.len()).collect();
            assert_eq!(seeds, [2, 2]);
        }
    }
}
