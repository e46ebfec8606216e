//! The KPIs of a question: the values of one run, or folds over several seeds.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::kpis::Kpis;
use super::statistics::sorted_quantile;
use crate::kpi::{Kpi, SeedFold};
use crate::text::rounding::readable;

/// The KPIs of one run, or what several seeds make of each.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it in a run, and a box would show in every match"
)]
pub enum KpiReport {
    /// One seed.
    One(Kpis),
    /// Several seeds, in the order of [`Kpi::ALL`].
    Folded(Vec<FoldedKpi>),
}

/// One KPI over several seeds: over those in which it is not null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoldedKpi {
    /// Which.
    pub kpi: Kpi,
    /// The median; `None` where no seed gives a value.
    pub median: Option<f64>,
    /// The 10th percentile.
    pub p10: Option<f64>,
    /// The 90th percentile.
    pub p90: Option<f64>,
    /// The seeds that give a value.
    pub seeds: u32,
}

impl KpiReport {
    /// The KPIs of runs that differ in their seed alone: as they are for one, folded for several.
    ///
    /// `None` without any run.
    #[must_use]
    pub fn of(runs: &[Kpis]) -> Option<Self> {
        match runs {
            [] => None,
            [only] => Some(Self::One(only.clone())),
            several => Some(Self::Folded(fold(several))),
        }
    }

    /// One KPI: its value for one seed, its median for several.
    #[must_use]
    pub fn typical(&self, kpi: Kpi) -> Option<f64> {
        match self {
            Self::One(kpis) => kpis.value(kpi),
            Self::Folded(folded) => folded.get(kpi as usize).and_then(|it| it.median),
        }
    }

    /// The name of what [`KpiReport::typical`] gives for several seeds; `None` for one seed.
    #[must_use]
    pub const fn statistic(&self) -> Option<&'static str> {
        match self {
            Self::One(_) => None,
            Self::Folded(_) => Some(SeedFold::MEDIAN.name),
        }
    }

    /// The fold of one KPI; `None` for one seed.
    #[must_use]
    pub fn folded(&self, kpi: Kpi) -> Option<&FoldedKpi> {
        match self {
            Self::One(_) => None,
            Self::Folded(folded) => folded.get(kpi as usize),
        }
    }
}

#[doc(hidden)]
/// Folds each KPI over `runs`: median, 10th and 90th percentile, linear between order statistics (R's type 7).
#[must_use]
pub fn fold(runs: &[Kpis]) -> Vec<FoldedKpi> {
    Kpi::ALL
        .into_iter()
        .map(|kpi| {
            let mut values: Vec<f64> = runs.iter().filter_map(|run| run.value(kpi)).collect();
            values.sort_by(f64::total_cmp);
            FoldedKpi {
                kpi,
                median: sorted_quantile(&values, SeedFold::MEDIAN.quantile),
                p10: sorted_quantile(&values, SeedFold::P10.quantile),
                p90: sorted_quantile(&values, SeedFold::P90.quantile),
                seeds: u32::try_from(values.len()).unwrap_or(u32::MAX),
            }
        })
        .collect()
}

impl Serialize for KpiReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(kpis) => kpis.serialize(serializer),
            Self::Folded(folded) => {
                let mut map = serializer.serialize_map(Some(folded.len()))?;
                for kpi in folded {
                    map.serialize_entry(kpi.kpi.name(), kpi)?;
                }
                map.end()
            }
        }
    }
}

impl Serialize for FoldedKpi {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry(SeedFold::MEDIAN.name, &self.median.map(readable))?;
        map.serialize_entry(SeedFold::P10.name, &self.p10.map(readable))?;
        map.serialize_entry(SeedFold::P90.name, &self.p90.map(readable))?;
        map.serialize_entry("seeds", &self.seeds)?;
        map.end()
    }
}
