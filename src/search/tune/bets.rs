//! Changes that bet on what a simulation cannot know, and the price of each bet.
//!
//! A bet is a change towards the risk: a policy that has it today bets nothing new.

use super::parameter::TunedParameter;
use super::space::{Candidate, Space};
use super::traffic::quietest_minute;
use crate::scenario::Scenario;
use crate::search::table::plain_text;
use crate::simulation::latency::Provisioning;
use crate::units::{Quantity, Replicas};
use crate::workload::Demand;

/// A higher CPU target plans on CPU above the request: percent of the request.
const TARGET_PRUDENT: f64 = 80.0;
/// A greater tolerance leaves load above the target unanswered: the default is 0.1.
const TOLERANCE_PRUDENT: f64 = 0.2;

/// A change that bets on something.
#[derive(Clone, Debug, PartialEq)]
pub enum Bet {
    /// A CPU target near or above the request, where the limit lets a container use more.
    Bursting {
        /// The parameter's label.
        label: String,
        /// The target, in percent of the request.
        target: f64,
    },
    /// A wide tolerance.
    Tolerance {
        /// The parameter's label.
        label: String,
        /// The tolerance, as a share of the target.
        tolerance: f64,
    },
    /// A `minReplicas` below the need of the quietest minute.
    LowFloor {
        /// `minReplicas`.
        floor: f64,
        /// The pods that the quietest minute of the training needs.
        needed: Replicas,
    },
}

/// The facts of the pods and the traffic that make a change a bet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prudence {
    /// Whether a container may use more CPU than it requests.
    can_burst: bool,
    /// The pods that the quietest minute of each trace needs, the most of all traces; `None` where unknown.
    quietest_minute_pods: Option<Replicas>,
}

impl Prudence {
    /// For today's policy under each trace of the training.
    #[must_use]
    pub fn of(scenarios: &[Scenario]) -> Self {
        Self {
            can_burst: scenarios.iter().any(can_burst),
            quietest_minute_pods: scenarios
                .iter()
                .filter_map(quietest_minute_pods)
                .max_by_key(|it| it.0),
        }
    }

    /// The bets of `candidate` that today's policy does not make.
    #[must_use]
    pub fn bets(&self, space: &Space, candidate: &Candidate) -> Vec<Bet> {
        let changes = space.changes(candidate);
        changes
            .filter_map(|change| self.bet(change.parameter, change.value))
            .collect()
    }

    fn bet(&self, parameter: &TunedParameter, value: u64) -> Option<Bet> {
        let value = number(&parameter.value(value))?;
        let today = parameter.today_text().and_then(|text| number(&text));
        let rises = today.is_none_or(|today| value > today);
        let falls = today.is_none_or(|today| value < today);
        let label = parameter.label();
        let path = parameter.path();
        if is_cpu_target(parameter) {
            let is_bet = self.can_burst && rises && value > TARGET_PRUDENT;
            return is_bet.then_some(Bet::Bursting {
                label,
                target: value,
            });
        }
        if path.ends_with(".tolerance") {
            let is_bet = rises && value > TOLERANCE_PRUDENT;
            return is_bet.then_some(Bet::Tolerance {
                label,
                tolerance: value,
            });
        }
        let needed = self
            .quietest_minute_pods
            .filter(|_| path == "hpa.minReplicas")?;
        let is_bet = falls && value < f64::from(needed.0);
        is_bet.then_some(Bet::LowFloor {
            floor: value,
            needed,
        })
    }
}

fn is_cpu_target(parameter: &TunedParameter) -> bool {
    let path = parameter.path();
    path == "hpa.targetCPUUtilizationPercentage"
        || (path.ends_with(".averageUtilization")
            && parameter
                .metric()
                .is_some_and(|name| name.starts_with("cpu")))
}

/// A number or a quantity, as one would type it in TOML.
fn number(value: &str) -> Option<f64> {
    let text = plain_text(value);
    let of_quantity = || {
        let milli = text.parse::<Quantity>().ok()?.milli_value().ok()?;
        Some(milli.0 as f64 / 1000.0)
    };
    text.parse().ok().or_else(of_quantity)
}

fn can_burst(scenario: &Scenario) -> bool {
    let deployment = &scenario.deployment;
    let mut containers = deployment.containers.iter();
    containers.any(
        |container| match (container.cpu_request, deployment.cpu_limit_of(container)) {
            (Some(request), Some(limit)) => limit > request,
            (_, None) => true,
            (None, Some(_)) => false,
        },
    )
}

fn quietest_minute_pods(scenario: &Scenario) -> Option<Replicas> {
    match scenario.trace.demand {
        Demand::RequestsPerSecond(_) => {
            Provisioning::of(scenario).needed(quietest_minute(&scenario.trace))
        }
        Demand::CpuMillicores(_) | Demand::Users(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::tune::tests::{EVEN, PROD, question};

    /// The bets of one change to a policy under 40 requests a second, by its argument.
    fn bets(policy: &str, parameter: &str) -> Vec<Bet> {
        let question = question(policy, &[EVEN], "", &[parameter]);
        let candidate = question.space.today_with(&[(0, 0)]).expect("a value");
        question.prudence.bets(&question.space, &candidate)
    }

    #[test]
    fn a_target_above_80_percent_is_a_bet_only_where_pods_may_burst() {
        let target = |value: u32| format!("hpa.targetCPUUtilizationPercentage={value}");
        let bet = Bet::Bursting {
            label: "targetCPUUtilizationPercentage".to_owned(),
            target: 85.0,
        };
        assert_eq!(bets(PROD, &target(85)), [bet]);
        assert_eq!(bets(PROD, &target(80)), []);
        let guaranteed = PROD.replace("limits = { cpu = \"200m\"", "limits = { cpu = \"100m\"");
        assert_eq!(bets(&guaranteed, &target(85)), []);
        let bold = PROD.replace("Percentage = 50", "Percentage = 90");
        assert_eq!(bets(&bold, &target(85)), []);
    }

    #[test]
    fn a_tolerance_above_two_tenths_is_a_bet() {
        let found = |argument: &str| {
            let bets = bets(PROD, argument);
            bets.into_iter()
                .map(|bet| match bet {
                    Bet::Tolerance { label, tolerance } => (label, tolerance),
                    other => panic!("a tolerance: {other:?}"),
                })
                .collect::<Vec<(String, f64)>>()
        };
        for value in ["\"0.3\"", "\"300m\"", "0.3"] {
            let scale_up = found(&format!("hpa.behavior.scaleUp.tolerance={value}"));
            assert_eq!(scale_up, [("behavior.scaleUp.tolerance".to_owned(), 0.3)]);
        }
        for value in ["\"0.2\"", "\"200m\""] {
            assert_eq!(
                found(&format!("hpa.behavior.scaleUp.tolerance={value}")),
                []
            );
        }
        let of_controller = found("controller.tolerance=0.3");
        assert_eq!(of_controller, [("controller.tolerance".to_owned(), 0.3)]);
        assert_eq!(found("controller.tolerance=0.2"), []);
    }

    #[test]
    fn a_floor_below_the_need_of_the_quietest_minute_is_a_bet_where_it_was_higher() {
        let careful = PROD.replace("minReplicas = 1", "minReplicas = 8");
        let found = bets(&careful, "hpa.minReplicas=2");
        let [Bet::LowFloor { floor, needed }] = &found[..] else {
            panic!("a low floor: {found:?}");
        };
        assert!(*floor < 2.5 && needed.0 > 2, "{found:?}");
        assert_eq!(bets(PROD, "hpa.minReplicas=2"), []);
        assert_eq!(bets(&careful, "hpa.minReplicas=7"), []);
    }
}
