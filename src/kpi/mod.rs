//! The KPIs: every number that summarises a run, each declared in one row of one table.
//!
//! | module | content |
//! |---|---|
//! | [`table`] | the rows: names, units, sentences; and the ids and the values of a run that are made from them |
//!
//! `results` counts the KPIs.

pub mod table;

use std::fmt;

pub use table::{Kpi, Kpis};

/// The topic of a KPI; the order is that of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KpiGroup {
    /// The load, which is nearly the same for all policies.
    Load,
    /// The harm to users.
    Harm,
    /// The resources and their price.
    Cost,
    /// The number of changes.
    Stability,
    /// The time to react.
    Speed,
}

impl KpiGroup {
    /// Every group, in the order of a comparison.
    pub const ALL: [Self; 5] = [
        Self::Load,
        Self::Harm,
        Self::Cost,
        Self::Stability,
        Self::Speed,
    ];

    /// The group's word.
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

/// How the values of several traces become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverTraces {
    /// The sum: counts, seconds, hours and money.
    Sum,
    /// The largest value of the traces.
    Greatest,
    /// The smallest value of the traces: a share of which more is better.
    Least,
    /// As an objective of `sweep` and `tune`, the mean over the total time of the traces; in any other goal, as [`OverTraces::Greatest`].
    MeanOverTime,
}

impl OverTraces {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Greatest => "greatest",
            Self::Least => "least",
            Self::MeanOverTime => "mean over time",
        }
    }
}

/// How the values of several seeds become one number: a quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedFold {
    /// The name in files.
    pub name: &'static str,
    /// The quantile, 0..1.
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
    /// Every fold, in the order of files; all apply to every KPI.
    pub const ALL: [Self; 3] = [Self::MEDIAN, Self::P10, Self::P90];
}

/// The direction in which a KPI is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Less,
    /// More is better.
    More,
    /// Neither direction is better.
    Neither,
}

impl Better {
    /// The word; `-` for neither.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "less",
            Self::More => "more",
            Self::Neither => "-",
        }
    }
}

/// The engines that compute a KPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// Both engines.
    BothEngines,
    /// The request engine only: null under the fluid engine.
    RequestEngine,
}

/// The row of a KPI in the terminal's table of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparisonRow {
    /// The position in its group, from 1.
    pub place: u8,
    /// The label of the row, with the unit.
    pub label: &'static str,
    /// The factor from the KPI's unit to the label's unit.
    pub factor: f64,
    /// Whether the row is omitted if no policy has a value above zero.
    pub is_rare: bool,
}

impl ComparisonRow {
    /// The label without the unit, and the unit: `latency p95` and `ms`; `replicas, most` has none.
    #[must_use]
    pub fn name_and_unit(&self) -> (&'static str, &'static str) {
        let is_unit = |text: &str| matches!(text, "s" | "ms") || text.starts_with('%');
        match self.label.rsplit_once(", ") {
            Some((name, unit)) if is_unit(unit) => (name, unit),
            _ => (self.label, ""),
        }
    }
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

/// A share, printed in percent.
const fn percent(row: Option<ComparisonRow>) -> Option<ComparisonRow> {
    scaled(row, 100.0)
}

/// Seconds, printed in milliseconds.
const fn milliseconds(row: Option<ComparisonRow>) -> Option<ComparisonRow> {
    scaled(row, 1000.0)
}

const fn scaled(row: Option<ComparisonRow>, factor: f64) -> Option<ComparisonRow> {
    match row {
        Some(row) => Some(ComparisonRow { factor, ..row }),
        None => None,
    }
}

/// The facts about a KPI.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KpiFacts {
    /// The name in files and arguments.
    pub name: &'static str,
    /// The definition, in one sentence without its full stop.
    pub what: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// The topic.
    pub group: KpiGroup,
    /// How several traces become one number.
    pub over_traces: OverTraces,
    /// The direction in which it is better.
    pub better: Better,
    /// What the KPI does not count; empty if there is nothing to say.
    pub leaves_out: &'static str,
    /// The source of the definition; empty for hpasim's own.
    pub source: &'static str,
    /// The engines that compute it.
    pub known_by: KnownBy,
    /// The words for sentences and column headings; empty if the name serves.
    pub heading: &'static str,
    /// The row in a comparison; `None` if a terminal prints none.
    pub row: Option<ComparisonRow>,
    /// Whether files have whole numbers for it, under every engine.
    pub is_whole: bool,
}

impl Kpi {
    /// The KPI with the name `name`, from a user or a file.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kpi| kpi.name() == name)
    }

    /// The name in files and arguments.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The topic.
    #[must_use]
    pub const fn group(self) -> KpiGroup {
        self.facts().group
    }

    /// The words for sentences and column headings.
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

    /// The KPIs of the terminal's comparison with their rows, in order.
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
