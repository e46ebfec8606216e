//! Candidates simulated under all training traces and seeds.
//!
//! A number is a mean over the seeds; `goal` decides what is better.

use std::num::NonZeroUsize;

use super::space::{Candidate, Space};
use crate::kpi::Kpi;
use crate::results::Kpis;
use crate::scenario::{Diagnostics, Engine, Scenario, Template};
use crate::search::in_order::in_order;
use crate::search::outcome::{Objectives, Weighed};
use crate::search::sweep::simulate_kpis;
use crate::units::Seed;
use crate::workload::Demand;

/// The traces, seeds and threads of the simulations.
#[derive(Clone, Copy, Debug)]
pub struct Training<'t> {
    /// The policy with each of the training traces, at least one.
    pub templates: &'t [Template],
    /// The seeds, at least one; all candidates see the same.
    pub seeds: &'t [Seed],
    /// The number of simulations at once.
    pub threads: NonZeroUsize,
}

/// The engine of the simulations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simulator {
    /// Each trace's own engine: fluid wherever it can follow.
    Template,
    /// The request engine wherever it can follow.
    Request,
}

/// The measurements of one candidate: the mean over seeds of every KPI, trace by trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    traces: Vec<MeanKpis>,
    /// The number of its simulations.
    pub runs: u32,
}

/// Every KPI in the order of [`Kpi::ALL`]: its mean over the seeds with a value; NaN without any.
#[derive(Clone, Debug, PartialEq)]
struct MeanKpis([f64; Kpi::COUNT]);

impl MeanKpis {
    fn of(runs: &[Kpis]) -> Self {
        Self(Kpi::ALL.map(|kpi| {
            let values = runs.iter().filter_map(|run| run.value(kpi));
            let (sum, count) =
                values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
            if count > 0.0 { sum / count } else { f64::NAN }
        }))
    }

    fn get(&self, kpi: Kpi) -> f64 {
        self.0[kpi as usize]
    }
}

impl Measured {
    /// Of runs by trace, then by seed.
    #[must_use]
    pub fn of(runs: &[Vec<Kpis>]) -> Self {
        let count: usize = runs.iter().map(Vec::len).sum();
        Self {
            traces: runs.iter().map(|runs| MeanKpis::of(runs)).collect(),
            runs: u32::try_from(count).unwrap_or(u32::MAX),
        }
    }

    /// The mean over seeds of `kpi`, trace by trace; NaN where no seed has a value.
    pub fn by_trace(&self, kpi: Kpi) -> impl Iterator<Item = f64> + '_ {
        self.traces.iter().map(move |kpis| kpis.get(kpi))
    }

    /// The three objectives over all traces.
    #[must_use]
    pub fn weighed(&self, objectives: &Objectives) -> Weighed {
        let weighed = objectives.kpis();
        let rows: Vec<Weighed> = self
            .traces
            .iter()
            .map(|kpis| Weighed::of(weighed.map(|kpi| kpis.get(kpi))))
            .collect();
        objectives.fold(&rows)
    }
}

impl Training<'_> {
    /// Simulates each of `candidates` under all traces and the first `seeds` seeds; an invalid candidate gives its faults.
    ///
    /// `on_run` is called after every simulation, from any thread.
    pub fn evaluate(
        &self,
        space: &Space,
        candidates: &[Candidate],
        seeds: usize,
        on_run: &(impl Fn() + Sync),
    ) -> Vec<Result<Measured, Diagnostics>> {
        let variants: Vec<Variant> = candidates
            .iter()
            .map(|candidate| Variant {
                arguments: space.arguments(candidate),
                simulator: Simulator::Template,
            })
            .collect();
        self.simulate(&variants, seeds, on_run)
    }

    /// Simulates each of `variants` under all traces and the first `seeds` seeds.
    ///
    /// The seeds of one trace are a piece of work of their own, so that few long ones share the cores too.
    pub fn simulate(
        &self,
        variants: &[Variant],
        seeds: usize,
        on_run: &(impl Fn() + Sync),
    ) -> Vec<Result<Measured, Diagnostics>> {
        self.gather(variants, seeds, on_run, |runs| Measured::of(&runs))
    }

    /// The same, run by run: of each variant by trace, then by seed.
    pub(super) fn simulate_each(
        &self,
        variants: &[Variant],
        seeds: usize,
        on_run: &(impl Fn() + Sync),
    ) -> Vec<Result<Vec<Vec<Kpis>>, Diagnostics>> {
        self.gather(variants, seeds, on_run, |runs| runs)
    }

    /// What `of` makes of each variant's runs, as soon as they are complete.
    fn gather<T>(
        &self,
        variants: &[Variant],
        seeds: usize,
        on_run: &(impl Fn() + Sync),
        of: impl Fn(Vec<Vec<Kpis>>) -> T,
    ) -> Vec<Result<T, Diagnostics>> {
        let traces = self.templates.len();
        let seeds = &self.seeds[..seeds.min(self.seeds.len())];
        let mut results = Vec::with_capacity(variants.len());
        let mut runs: Vec<Vec<Kpis>> = Vec::new();
        let mut fault = None;
        // A variant's traces side by side: all its seeds of one trace are one piece.
        let simulate_piece = |piece: u64| {
            let variant = &variants[piece as usize / traces];
            let template = &self.templates[piece as usize % traces];
            let scenario = template.scenario(&variant.arguments)?;
            let engine = variant.simulator.engine(template, &scenario);
            let kpis: Vec<Kpis> = seeds
                .iter()
                .map(|seed| {
                    let kpis = simulate_kpis(&scenario, engine, *seed);
                    on_run();
                    kpis
                })
                .collect();
            Ok(kpis)
        };
        let gather = |piece: u64, done: Result<Vec<Kpis>, Diagnostics>| {
            match done {
                Ok(kpis) => runs.push(kpis),
                Err(diagnostics) => fault = fault.take().or(Some(diagnostics)),
            }
            if piece as usize % traces + 1 == traces {
                let runs = std::mem::take(&mut runs);
                results.push(fault.take().map_or_else(|| Ok(of(runs)), Err));
            }
            Ok::<(), std::convert::Infallible>(())
        };
        let pieces = (variants.len() * traces) as u64;
        let Ok(()) = in_order(0..pieces, self.threads, simulate_piece, gather);
        results
    }
}

/// A policy to simulate, by its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The arguments of `--set`.
    pub arguments: Vec<String>,
    /// The engine that simulates it.
    pub simulator: Simulator,
}

impl Simulator {
    fn engine(self, template: &Template, scenario: &Scenario) -> Engine {
        match (self, &scenario.trace.demand) {
            (Self::Template, _) | (_, Demand::CpuMillicores(_)) => template.engine(),
            (Self::Request, _) => Engine::Request,
        }
    }
}

#[cfg(test)]
#[path = "evaluation/tests.rs"]
mod tests;
