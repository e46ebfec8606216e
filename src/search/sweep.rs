//! A sweep: every point of a grid under every trace and seed, a row of KPIs each.
//!
//! It hands each row on at once, so its memory does not grow with the number of rows.

use std::num::NonZeroUsize;
use std::ops::Range;

use super::grid::Grid;
use super::in_order::in_order;
use crate::results::{KpiObserver, KpiReport, Kpis};
use crate::scenario::{Diagnostics, Engine, Scenario, Template};
use crate::simulation::{Extent, simulate_observed};
use crate::units::Seed;

/// The KPIs of one run, nothing else kept.
#[must_use]
pub fn simulate_kpis(scenario: &Scenario, engine: Engine, seed: Seed) -> Kpis {
    let scenario = &*scenario.for_seed(seed);
    let mut observer = KpiObserver::new(scenario);
    simulate_observed(scenario, engine, seed, &mut observer);
    observer.finish()
}

/// What is swept, under which traces and seeds.
#[derive(Debug)]
pub struct Sweep {
    /// The policy with each of the traces.
    pub templates: Vec<Template>,
    /// The points.
    pub grid: Grid,
    /// The seeds, at least one.
    pub seeds: Vec<Seed>,
}

/// Which point and which trace a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// The number of the point in the grid.
    pub point: u64,
    /// The number of the trace among the templates.
    pub trace: usize,
}

/// One row of a sweep.
#[derive(Clone, Debug)]
pub struct SweepRow {
    /// Its number: points in order, the traces of each side by side.
    pub number: u64,
    /// What came of it, over the seeds.
    pub report: KpiReport,
}

/// Points that are no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPoints {
    /// How many rows cannot be simulated.
    pub count: u64,
    /// How many were looked at.
    pub of: u64,
    /// The arguments of `--set` of the first.
    pub arguments: Vec<String>,
    /// What is wrong with the first.
    pub diagnostics: Diagnostics,
}

/// Why a sweep's rows do not come.
#[derive(Debug)]
pub enum SweepError<E> {
    /// A point is no policy.
    Invalid(Box<InvalidPoints>),
    /// The receiver of the rows failed.
    Sink(E),
}

impl Sweep {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.grid.count() * self.templates.len() as u64
    }

    /// How many simulations make a row.
    #[must_use]
    pub fn runs_per_row(&self) -> u64 {
        self.seeds.len() as u64
    }

    /// What the row of this number is about.
    #[must_use]
    pub fn key(&self, row: u64) -> RowKey {
        let traces = self.templates.len() as u64;
        RowKey {
            point: row / traces,
            trace: (row % traces) as usize,
        }
    }

    /// The scenario of the row of this number.
    ///
    /// # Errors
    /// Everything that is wrong with the point, as a single run says it.
    pub fn scenario(&self, row: u64) -> Result<Scenario, Diagnostics> {
        let key = self.key(row);
        self.templates[key.trace].scenario(&self.grid.arguments(key.point))
    }

    /// Resolves every row without simulating it, and sums the work of one run of each.
    ///
    /// Finds faulty points before the first simulation; points differ in their work.
    ///
    /// # Errors
    /// The first row that makes no scenario, and how many there are.
    pub fn check(
        &self,
        rows: Range<u64>,
        threads: NonZeroUsize,
    ) -> Result<Extent, Box<InvalidPoints>> {
        let of = rows.end.saturating_sub(rows.start);
        let mut invalid: Option<Box<InvalidPoints>> = None;
        let mut extent = Extent::default();
        let resolve = |batch: u64| {
            let from = rows.start + batch * CHECKED_AT_ONCE;
            let to = (from + CHECKED_AT_ONCE).min(rows.end);
            self.check_batch(from..to)
        };
        let gather = |_, (of_batch, faults): (Extent, Vec<(u64, Diagnostics)>)| {
            extent = extent.and(of_batch);
            for (row, diagnostics) in faults {
                match &mut invalid {
                    Some(invalid) => invalid.count += 1,
                    None => {
                        invalid = Some(Box::new(InvalidPoints {
                            count: 1,
                            of,
                            arguments: self.grid.arguments(self.key(row).point),
                            diagnostics,
                        }));
                    }
                }
            }
            Ok::<(), std::convert::Infallible>(())
        };
        let Ok(()) = in_order(0..of.div_ceil(CHECKED_AT_ONCE), threads, resolve, gather);
        invalid.map_or(Ok(extent), Err)
    }

    /// The work of one run of each of some rows, and the faults of the others.
    fn check_batch(&self, rows: Range<u64>) -> (Extent, Vec<(u64, Diagnostics)>) {
        let mut extent = Extent::default();
        let mut faults = Vec::new();
        for row in rows {
            match self.scenario(row) {
                Ok(scenario) => {
                    let engine = self.templates[self.key(row).trace].engine();
                    extent = extent.and(Extent::of(&scenario, engine));
                }
                Err(diagnostics) => faults.push((row, diagnostics)),
            }
        }
        (extent, faults)
    }

    /// The work of one run of the policy as it stands under each trace, which [`Sweep::current`] simulates.
    #[must_use]
    pub fn current_extent(&self) -> Extent {
        let shared = self.grid.shared_arguments();
        let scenarios = self.templates.iter().map(|template| {
            let scenario = template.scenario(&shared)?;
            Ok(Extent::of(&scenario, template.engine()))
        });
        // A policy that is incomplete without the swept values is not simulated.
        let extents: Result<Vec<Extent>, Diagnostics> = scenarios.collect();
        let extents = extents.unwrap_or_default();
        extents.into_iter().fold(Extent::default(), Extent::and)
    }

    /// Simulates `rows` on `threads` threads and hands them to `sink` in order, as they come.
    ///
    /// `on_run` is called after every simulation, from any thread.
    ///
    /// # Errors
    /// A point that is no policy, or what `sink` says first.
    pub fn run<E>(
        &self,
        rows: Range<u64>,
        threads: NonZeroUsize,
        on_run: impl Fn() + Sync,
        mut sink: impl FnMut(SweepRow) -> Result<(), E>,
    ) -> Result<(), SweepError<E>> {
        let seeds = self.runs_per_row();
        let simulate_piece = |piece: u64| {
            let row = rows.start + piece / seeds;
            let scenario = self.scenario(row)?;
            let engine = self.templates[self.key(row).trace].engine();
            let kpis = simulate_kpis(&scenario, engine, self.seeds[(piece % seeds) as usize]);
            on_run();
            Ok(kpis)
        };
        let mut of_row: Vec<Kpis> = Vec::new();
        let gather = |piece: u64, kpis: Result<Kpis, Diagnostics>| {
            let number = rows.start + piece / seeds;
            of_row.push(kpis.map_err(|diagnostics| self.invalid(number, diagnostics))?);
            if of_row.len() as u64 == seeds
                && let Some(report) = KpiReport::of(&of_row)
            {
                of_row.clear();
                sink(SweepRow { number, report }).map_err(SweepError::Sink)?;
            }
            Ok(())
        };
        let pieces = rows.end.saturating_sub(rows.start) * seeds;
        in_order(0..pieces, threads, simulate_piece, gather)
    }

    /// What the policy as it stands gives under each trace: the parameters with one value applied, none of the swept ones.
    ///
    /// # Errors
    /// The policy makes sense only with the values that are swept.
    pub fn current(&self) -> Result<Vec<KpiReport>, Diagnostics> {
        let shared = self.grid.shared_arguments();
        self.templates
            .iter()
            .map(|template| {
                let scenario = template.scenario(&shared)?;
                let kpis: Vec<Kpis> = self
                    .seeds
                    .iter()
                    .map(|seed| simulate_kpis(&scenario, template.engine(), *seed))
                    .collect();
                Ok(KpiReport::of(&kpis).unwrap_or_else(|| KpiReport::Folded(Vec::new())))
            })
            .collect()
    }

    fn invalid<E>(&self, row: u64, diagnostics: Diagnostics) -> SweepError<E> {
        SweepError::Invalid(Box::new(InvalidPoints {
            count: 1,
            of: 1,
            arguments: self.grid.arguments(self.key(row).point),
            diagnostics,
        }))
    }
}

/// How many rows are resolved in one piece of work: a row takes microseconds.
const CHECKED_AT_ONCE: u64 = 64;
