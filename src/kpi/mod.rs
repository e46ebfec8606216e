//! The KPIs: every number that a run comes down to, each declared in one row of one table.
//!
//! | module | what it holds |
//! |---|---|
//! | [`table`] | the rows: names, units, sentences; the ids and the values of a run that come from them |
//!
//! `simulation` knows none of them; `results` counts them.

pub mod table;

use std::fmt;

pub use table::{Kpi, Kpis};

/// What a KPI is about; the order is that of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KpiGroup {
    /// What was offered: the same for all policies, or nearly.
    Load,
    /// What users suffer.
    Harm,
    /// What it takes.
    Cost,
    /// How calm it is.
    Stability,
    /// How soon it answers.
    Speed,
}

impl KpiGroup {
    /// All groups, in the order of a comparison.
    pub const ALL: [Self; 5] = [
        Self::Load,
        Self::Harm,
        Self::Cost,
        Self::Stability,
        Self::Speed,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Harm => "harm",
            Self::Cost => "cost",
            Self::Stability => "stability",
            Self::Speed => "speed",
        }
    }
}

/// How a KPI of several traces becomes one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverTraces {
    /// Counts, seconds, hours and money add up.
    Sum,
    /// The greatest of the traces' values counts.
    Greatest,
    /// As an objective of `sweep` and `tune` the mean over the traces' time together; in any other goal as [`OverTraces::Greatest`].
    MeanOverTime,
}

impl OverTraces {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Greatest => "greatest",
            Self::MeanOverTime => "mean over time",
        }
    }
}

/// What several seeds make of a KPI: a quantile of the values that the seeds give it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedFold {
    /// Its name in files.
    pub name: &'static str,
    /// Which quantile, 0..1.
    pub quantile: f64,
}

impl SeedFold {
    /// The median: the typical value.
    pub const MEDIAN: Self = Self {
        name: "median",
        quantile: 0.5,
    };
    /// The 10th percentile.
    pub const P10: Self = Self {
        name: "p10",
        quantile: 0.1,
    };
    /// The 90th percentile.
    pub const P90: Self = Self {
        name: "p90",
        quantile: 0.9,
    };
    /// All folds, in the order of files; every KPI has them.
    pub const ALL: [Self; 3] = [Self::MEDIAN, Self::P10, Self::P90];
}

/// Which way a KPI is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The less, the better.
    Less,
    /// The more, the better.
    More,
    /// It is neither good nor bad.
    Neither,
}

impl Better {
    /// Its word; `-` for neither.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "less",
            Self::More => "more",
            Self::Neither => "-",
        }
    }
}

/// The engines that give a KPI a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// Both engines.
    BothEngines,
    /// The request engine alone: null under the fluid engine.
    RequestEngine,
}

/// The row of a KPI in the table that a terminal shows of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparisonRow {
    /// Where it stands in its group, from 1.
    pub place: u8,
    /// What stands before the numbers, with their unit.
    pub label: &'static str,
    /// From the KPI's unit to the label's.
    pub factor: f64,
    /// Left out where no policy has a value above zero.
    pub is_rare: bool,
}

const fn row(place: u8, label: &'static str) -> Option<ComparisonRow> {
    Some(ComparisonRow {
        place,
        label,
        factor: 1.0,
        is_rare: false,
    })
}

const fn rare_row(place: u8, label: &'static str) -> Option<ComparisonRow> {
    Some(ComparisonRow {
        place,
        label,
        factor: 1.0,
        is_rare: true,
    })
}

/// A share, shown in percent.
const fn percent(row: Option<ComparisonRow>) -> Option<ComparisonRow> {
    scaled(row, 100.0)
}

/// Seconds, shown in milliseconds.
const fn milliseconds(row: Option<ComparisonRow>) -> Option<ComparisonRow> {
    scaled(row, 1000.0)
}

const fn scaled(row: Option<ComparisonRow>, factor: f64) -> Option<ComparisonRow> {
    match row {
        Some(row) => Some(ComparisonRow { factor, ..row }),
        None => None,
    }
}

/// What is to be said of a KPI.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KpiFacts {
    /// Its name in files and arguments.
    pub name: &'static str,
    /// What it is, in one sentence without its full stop.
    pub what: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it is about.
    pub group: KpiGroup,
    /// How several traces become one number.
    pub over_traces: OverTraces,
    /// Which way it is better.
    pub better: Better,
    /// What it does not say; empty where nothing is to be said.
    pub leaves_out: &'static str,
    /// Where the definition comes from; empty for hpasim's own.
    pub source: &'static str,
    /// Which engines know it.
    pub known_by: KnownBy,
    /// What it is called in a sentence or over a column; empty where its name serves.
    pub heading: &'static str,
    /// Its row in a comparison; `None` where a terminal shows none.
    pub row: Option<ComparisonRow>,
    /// Whether its values are whole numbers in files, under every engine.
    pub is_whole: bool,
}

impl Kpi {
    /// The KPI called `name`, which a person or a file wrote.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kpi| kpi.name() == name)
    }

    /// Its name in files and arguments.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// What it is about.
    #[must_use]
    pub const fn group(self) -> KpiGroup {
        self.facts().group
    }

    /// What it is called in a sentence or over a column.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        let facts = self.facts();
        if facts.heading.is_empty() {
            facts.name
        } else {
            facts.heading
        }
    }

    /// How several traces become one number.
    #[must_use]
    pub const fn over_traces(self) -> OverTraces {
        self.facts().over_traces
    }

    /// Those that a terminal shows in a comparison with their rows, in its order.
    #[must_use]
    pub fn compared() -> Vec<(Self, ComparisonRow)> {
        let mut compared: Vec<(Self, ComparisonRow)> = Self::ALL
            .into_iter()
            .filter_map(|kpi| Some((kpi, kpi.facts().row?)))
            .collect();
        compared.sort_by_key(|(kpi, row)| (kpi.group(), row.place));
        compared
    }
}

impl fmt::Display for Kpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_its_kpi_and_no_other_text_to_one() {
        for kpi in Kpi::ALL {
            assert_eq!(Kpi::named(kpi.name()), Some(kpi));
        }
        assert_eq!(Kpi::named("happiness"), None);
        assert_eq!(Kpi::named("Cost"), None);
    }

    #[test]
    fn in_every_row_of_a_comparison_less_is_better_as_its_page_says() {
        for (kpi, _) in Kpi::compared() {
            assert_eq!(kpi.facts().better, Better::Less, "{kpi}");
        }
    }

    #[test]
    fn the_places_within_a_group_count_from_one() {
        let compared = Kpi::compared();
        for group in KpiGroup::ALL {
            let rows = compared.iter().filter(|(kpi, _)| kpi.group() == group);
            let places: Vec<u8> = rows.map(|(_, row)| row.place).collect();
            let expected: Vec<u8> = (1..).take(places.len()).collect();
            assert_eq!(places, expected, "{}", group.as_str());
        }
    }

    #[test]
    fn a_value_is_found_by_its_id() {
        let kpis = Kpis {
            rescales: 3,
            cost: 1.5,
            retries: Some(4.0),
            ..Kpis::default()
        };
        assert_eq!(kpis.value(Kpi::Rescales), Some(3.0));
        assert_eq!(kpis.value(Kpi::Cost), Some(1.5));
        assert_eq!(kpis.value(Kpi::Retries), Some(4.0));
        assert_eq!(kpis.value(Kpi::OomKills), None);
    }
}
