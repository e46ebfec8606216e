//! The outcome of a sweep: cost and harm of each point, the front, the knee, and today's policy.
//!
//! A point has three KPIs, folded over the traces; `sweep.csv` has the others.

use std::borrow::Cow;

use super::front::{knee, pareto_front};
use crate::kpi::{Kpi, OverTraces};
use crate::scenario::Scenario;
use crate::text::visible;
use crate::workload::Demand;

/// Which KPIs are weighed against each other, and how traces fold.
#[derive(Clone, Debug, PartialEq)]
pub struct Objectives {
    cost: Objective,
    harm: Objective,
    /// The currency of the cost, if the policy states one.
    currency: Option<String>,
    /// The length of each trace in seconds, as far as KPIs count it.
    lengths_seconds: Vec<f64>,
}

/// A KPI that is better when it is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// `cost`: where the policy has prices.
    Cost,
    /// `mean_replicas`: where it has none.
    MeanReplicas,
    /// `slo_violation_seconds`.
    SloViolationSeconds,
    /// `throttled_share`: where a trace knows no requests.
    ThrottledShare,
    /// `rescales`.
    Rescales,
}

impl Objective {
    /// The KPI.
    #[must_use]
    pub const fn kpi(self) -> Kpi {
        match self {
            Self::Cost => Kpi::Cost,
            Self::MeanReplicas => Kpi::MeanReplicas,
            Self::SloViolationSeconds => Kpi::SloViolationSeconds,
            Self::ThrottledShare => Kpi::ThrottledShare,
            Self::Rescales => Kpi::Rescales,
        }
    }

    /// The KPI's heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        self.kpi().heading()
    }
}

/// The objectives of one run or one point; NaN where a KPI is null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighed {
    /// The cost objective.
    pub cost: f64,
    /// The harm objective.
    pub harm: f64,
    /// `rescales`.
    pub rescales: f64,
}

impl Objectives {
    /// For scenarios of one policy under the traces of a sweep.
    #[must_use]
    pub fn of(scenarios: &[Scenario]) -> Self {
        let has_prices = scenarios.iter().any(|scenario| !scenario.cost.is_free());
        let knows_requests = scenarios
            .iter()
            .all(|scenario| !matches!(scenario.trace.demand, Demand::CpuMillicores(_)));
        Self {
            cost: if has_prices {
                Objective::Cost
            } else {
                Objective::MeanReplicas
            },
            harm: if knows_requests {
                Objective::SloViolationSeconds
            } else {
                Objective::ThrottledShare
            },
            currency: scenarios
                .iter()
                .find_map(|scenario| scenario.cost.stated_currency())
                .map(str::to_owned),
            lengths_seconds: scenarios
                .iter()
                .map(|scenario| scenario.counted_span().as_secs_f64())
                .collect(),
        }
    }

    /// The heading of an objective for a table, with the currency of the cost; safe to print as it is.
    #[must_use]
    pub fn column_heading(&self, objective: Objective) -> String {
        match (objective, &self.currency) {
            (Objective::Cost, Some(currency)) => {
                format!("{}, {}", objective.heading(), visible(currency))
            }
            _ => objective.heading().to_owned(),
        }
    }

    /// What a number of an objective counts: the currency of the cost, or the heading; safe to print as it is.
    #[must_use]
    pub fn unit(&self, objective: Objective) -> Cow<'_, str> {
        match (objective, &self.currency) {
            (Objective::Cost, Some(currency)) => visible(currency),
            _ => objective.heading().into(),
        }
    }

    /// The currency of the cost, if the policy states one.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// What is paid.
    #[must_use]
    pub fn cost(&self) -> Objective {
        self.cost
    }

    /// What users suffer.
    #[must_use]
    pub fn harm(&self) -> Objective {
        self.harm
    }

    /// The KPIs: cost, harm, rescales.
    #[must_use]
    pub fn kpis(&self) -> [Kpi; 3] {
        [self.cost, self.harm, Objective::Rescales].map(Objective::kpi)
    }

    /// A point, from its rows: one a trace, in their order.
    #[must_use]
    pub fn fold(&self, rows: &[Weighed]) -> Weighed {
        Weighed {
            cost: self.fold_one(self.cost, rows.iter().map(|row| row.cost)),
            harm: self.fold_one(self.harm, rows.iter().map(|row| row.harm)),
            rescales: self.fold_one(Objective::Rescales, rows.iter().map(|row| row.rescales)),
        }
    }

    /// A mean over time is weighted by the lengths of the traces.
    fn fold_one(&self, objective: Objective, values: impl Iterator<Item = f64>) -> f64 {
        if objective.kpi().over_traces() == OverTraces::Sum {
            return values.sum();
        }
        let weighted = values.zip(&self.lengths_seconds);
        let total: f64 = self.lengths_seconds.iter().sum();
        weighted.map(|(value, length)| value * length / total).sum()
    }
}

impl Weighed {
    /// From the values of [`Objectives::kpis`], in their order.
    #[must_use]
    pub fn of(values: [f64; 3]) -> Self {
        let [cost, harm, rescales] = values;
        Self {
            cost,
            harm,
            rescales,
        }
    }
}

/// The outcome of all points.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepOutcome {
    /// The points by number.
    pub points: Vec<Weighed>,
    /// The numbers of those on the front of cost against harm, cost rising.
    pub front: Vec<usize>,
    /// The front's knee.
    pub knee: Option<usize>,
    /// The policy as it stands; `None` where it makes no sense without the swept values.
    pub current: Option<Weighed>,
    /// Whether the fluid engine overloads pods under a policy of the front or the current policy.
    pub is_overloaded: bool,
}

impl SweepOutcome {
    /// Of points by number, and the policy as it stands.
    #[must_use]
    pub fn new(points: Vec<Weighed>, current: Option<Weighed>) -> Self {
        let plane: Vec<[f64; 2]> = points
            .iter()
            .map(|point| [point.cost, point.harm])
            .collect();
        let front = pareto_front(&plane);
        let knee = knee(&plane, &front);
        Self {
            points,
            front,
            knee,
            current,
            is_overloaded: false,
        }
    }

    /// The same, where these points are overloaded in the fluid engine, and the current policy is or is not.
    #[must_use]
    pub fn with_overload(mut self, points: &[bool], current: bool) -> Self {
        self.is_overloaded = current || self.front.iter().any(|&point| points[point]);
        self
    }

    /// Points of the front, at most `most`: its ends, its knee, and others evenly between.
    #[must_use]
    pub fn front_shown(&self, most: usize) -> Vec<usize> {
        let length = self.front.len();
        if length <= most || most < 2 {
            return self.front.clone();
        }
        let mut places: Vec<usize> = (0..most)
            .map(|index| index * (length - 1) / (most - 1))
            .collect();
        let knee = self
            .knee
            .and_then(|knee| self.front.iter().position(|point| *point == knee));
        if let Some(knee) = knee
            && !places.contains(&knee)
        {
            // It takes the place of its neighbour, but never of an end.
            let inner = 1..most - 1;
            let nearest = inner.min_by_key(|index| places[*index].abs_diff(knee));
            if let Some(nearest) = nearest {
                places[nearest] = knee;
            }
        }
        places.sort_unstable();
        places.into_iter().map(|place| self.front[place]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::scenario as scenario_until;
    use crate::scenario::CostRates;

    fn scenario() -> Scenario {
        scenario_until(60.0)
    }

    fn weighed(cost: f64, harm: f64) -> Weighed {
        Weighed::of([cost, harm, 1.0])
    }

    #[test]
    fn traces_add_up_seconds_and_average_replicas_over_time() {
        let mut long = scenario();
        long.cost = CostRates::default();
        let short = long.clone();
        let mut objectives = Objectives::of(&[short, long]);
        objectives.lengths_seconds = vec![100.0, 300.0];
        assert_eq!(objectives.kpis()[0], Kpi::MeanReplicas);
        let folded = objectives.fold(&[weighed(2.0, 10.0), weighed(6.0, 5.0)]);
        assert_eq!(
            folded,
            Weighed {
                cost: 5.0,
                harm: 15.0,
                rescales: 2.0
            }
        );
    }

    #[test]
    fn prices_and_demand_choose_the_objectives() {
        let mut scenario = scenario();
        scenario.cost.per_pod_hour = 0.04;
        scenario.trace_mut().demand = Demand::CpuMillicores(vec![100.0, 100.0]);
        let objectives = Objectives::of(&[scenario]);
        assert_eq!(
            objectives.kpis(),
            [Kpi::Cost, Kpi::ThrottledShare, Kpi::Rescales]
        );
    }

    #[test]
    fn an_overloaded_point_counts_where_it_is_on_the_front() {
        let points = vec![weighed(1.0, 5.0), weighed(2.0, 9.0), weighed(3.0, 1.0)];
        let of = |overloaded: [bool; 3], current: bool| {
            let outcome = SweepOutcome::new(points.clone(), None);
            outcome.with_overload(&overloaded, current).is_overloaded
        };
        assert!(of([false, false, true], false));
        assert!(!of([false, true, false], false));
        assert!(of([false; 3], true));
    }

    #[test]
    fn a_long_front_is_shown_by_its_ends_its_knee_and_some_between() {
        let points: Vec<Weighed> = (0..100)
            .map(|index| {
                let cost = f64::from(index);
                weighed(cost, 1000.0 / (1.0 + cost * cost))
            })
            .collect();
        let outcome = SweepOutcome::new(points, None);
        assert_eq!(outcome.front.len(), 100);
        let knee = outcome.knee.expect("a knee");
        let shown = outcome.front_shown(10);
        assert_eq!(shown.len(), 10);
        assert_eq!((shown[0], shown[9]), (0, 99));
        assert!(shown.contains(&knee), "{knee} in {shown:?}");
    }
}
