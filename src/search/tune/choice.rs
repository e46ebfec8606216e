//! The choice of the proposal: what held-out traffic says of the shortlisted finalists.

use super::bets::Bet;
use super::caution::{HeldOutVerdict, goal_difference};
use super::goal::Goal;
use super::judge::WhyNotProposed;
use crate::results::comparison::TraceRuns;
use crate::results::statistics::Estimate;
use crate::search::outcome::Objectives;

/// A shortlisted finalist on held-out traffic.
#[derive(Clone, Debug)]
pub struct ShortlistedPolicy<'r> {
    /// Its bets.
    pub bets: Vec<Bet>,
    /// The verdict of held-out traffic.
    pub verdict: &'r HeldOutVerdict,
    /// The runs of today's policy and of this one, by trace.
    pub runs: &'r [TraceRuns],
}

impl ShortlistedPolicy<'_> {
    /// Whether no later policy of the shortlist can be proposed instead.
    #[must_use]
    pub fn ends_the_shortlist(&self) -> bool {
        self.verdict.recommends() && self.bets.is_empty()
    }
}

/// The place of the policy to propose, and why each policy before it is not proposed, in their order.
///
/// Held-out traffic has to recommend the policy. A policy with a bet must also be nearer to the goal, beyond the noise,
/// than the first recommended policy without a bet. If held-out traffic recommends no policy without a bet, the
/// verdict alone decides: it compares with today's policy. `None` where no policy qualifies.
#[must_use]
pub fn choose(
    shortlist: &[ShortlistedPolicy<'_>],
    goal: &Goal,
    objectives: &Objectives,
) -> Option<(usize, Vec<WhyNotProposed>)> {
    let prudent = shortlist.iter().find(|it| it.ends_the_shortlist());
    let mut reasons = Vec::new();
    for (place, policy) in shortlist.iter().enumerate() {
        let is_unpaid = prudent.is_some_and(|prudent| {
            let difference = goal_difference(goal, objectives, policy.runs, prudent.runs);
            !policy.bets.is_empty() && !is_nearer(difference)
        });
        if !policy.verdict.recommends() {
            reasons.push(WhyNotProposed::Verdict(policy.verdict.clone()));
        } else if is_unpaid {
            reasons.push(WhyNotProposed::UnpaidBet(policy.bets.clone()));
        } else {
            return Some((place, reasons));
        }
    }
    None
}

/// Whether a difference in the goal is a gain beyond the noise.
fn is_nearer(difference: Option<Estimate>) -> bool {
    difference.is_some_and(|it| it.mean < 0.0 && it.excludes(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Kpis;
    use crate::results::tests::scenario;
    use crate::search::tune::caution::GoalGains;

    const BETTER: HeldOutVerdict = HeldOutVerdict::Better {
        gains: GoalGains {
            bounds: Vec::new(),
            kpis: Vec::new(),
        },
    };
    const NOISE: HeldOutVerdict = HeldOutVerdict::WithinNoise { gains: Vec::new() };

    /// Ten pods today, and these many under the policy, seed by seed.
    fn runs(replicas: [f64; 3]) -> Vec<TraceRuns> {
        let run = |mean_replicas: f64| Kpis {
            mean_replicas,
            ..Kpis::default()
        };
        vec![TraceRuns {
            trace: "day".to_owned(),
            runs: vec![vec![run(10.0); 3], replicas.map(run).into()],
        }]
    }

    fn bet() -> Vec<Bet> {
        vec![Bet::Tolerance {
            label: "behavior.scaleUp.tolerance".to_owned(),
            tolerance: 0.3,
        }]
    }

    /// The choice among policies, by their bets, verdicts and mean replicas, which the goal minimises.
    fn chosen(
        policies: &[(Vec<Bet>, &HeldOutVerdict, [f64; 3])],
    ) -> Option<(usize, Vec<WhyNotProposed>)> {
        let runs: Vec<Vec<TraceRuns>> = policies.iter().map(|it| runs(it.2)).collect();
        let shortlist: Vec<ShortlistedPolicy<'_>> = policies
            .iter()
            .zip(&runs)
            .map(|((bets, verdict, _), runs)| ShortlistedPolicy {
                bets: bets.clone(),
                verdict,
                runs,
            })
            .collect();
        let goal = Goal::parse("min mean_replicas").expect("a goal");
        choose(&shortlist, &goal, &Objectives::of(&[scenario(60.0)]))
    }

    #[test]
    fn the_first_policy_that_held_out_traffic_recommends_is_proposed() {
        let policies = [
            (Vec::new(), &NOISE, [5.0, 15.0, 9.0]),
            (Vec::new(), &BETTER, [8.0, 8.1, 8.2]),
            (Vec::new(), &BETTER, [7.0, 7.1, 7.2]),
        ];
        let reasons = vec![WhyNotProposed::Verdict(NOISE)];
        assert_eq!(chosen(&policies), Some((1, reasons)));
        assert_eq!(chosen(&policies[..1]), None);
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn a_bet_has_to_pay_beyond_the_noise_beside_the_best_policy_without_one() {
        let prudent = (Vec::new(), &BETTER, [8.0, 8.1, 8.2]);
        let pays = (bet(), &BETTER, [7.0, 7.1, 7.2]);
        assert_eq!(chosen(&[pays, prudent.clone()]), Some((0, Vec::new())));
        let noisy = (bet(), &BETTER, [7.0, 9.5, 7.5]);
        let reasons = vec![WhyNotProposed::UnpaidBet(bet())];
        assert_eq!(chosen(&[noisy, prudent]), Some((1, reasons)));
    }

    #[test]
    fn a_bet_is_compared_with_today_alone_where_no_policy_without_one_is_recommended() {
        let noisy = (bet(), &BETTER, [7.0, 9.5, 7.5]);
        let prudent = (Vec::new(), &NOISE, [6.0, 6.1, 6.2]);
        assert_eq!(chosen(&[noisy, prudent]), Some((0, Vec::new())));
    }
}
