//! A proposal as a reviewer reads it: the verdict, what changes, what it buys, what it costs, what it bets on.

use super::cautions::side_effect;
use super::{ProposalView, TunePage};
use crate::kpi::{ComparisonRow, Kpi};
use crate::render::comparison::signed;
use crate::render::human;
use crate::render::prose::folded;
use crate::results::statistics::Estimate;
use crate::search::outcome::Objectives;
use crate::search::table::plain_text;
use crate::search::tune::bets::Bet;
use crate::search::tune::caution::{GoalGains, HeldOutVerdict, KpiDifference};
use crate::search::tune::judge::{NotProposed, WhyNotProposed};
use crate::search::tune::space::{Candidate, Space};
use crate::text::visible;

/// The lines below the verdict.
pub(super) fn review(page: &TunePage<'_>, proposal: &ProposalView<'_>) -> String {
    let balance = proposal.balance;
    let nothing = |differences: &[KpiDifference]| match differences {
        [] => "nothing beyond the noise".to_owned(),
        differences => listed(page.objectives, differences),
    };
    let changes = changes_text(page.space, proposal.candidate);
    let mut text = [
        folded("changes  ", &visible(&changes)),
        folded("buys     ", &nothing(&balance.buys)),
        folded("costs    ", &nothing(&balance.costs)),
    ]
    .concat();
    if proposal.bets.is_empty() {
        text.push_str(&folded("bets on  ", "nothing outside of the simulation"));
    }
    for bet in proposal.bets {
        text.push_str(&folded("bets on  ", &visible(&bet_text(bet))));
    }
    for not_proposed in page.not_proposed {
        let line = not_proposed_text(page.space, page.objectives, not_proposed);
        text.push_str(&folded("not      ", &visible(&line)));
    }
    text
}

/// `minReplicas 1 -> 8, maxReplicas 50 -> 60`.
pub(super) fn changes_text(space: &Space, candidate: &Candidate) -> String {
    let changes = space.changes(candidate).map(|change| {
        let label = change.parameter.label();
        let value = plain_text(&change.parameter.value(change.value));
        match change.parameter.today_text() {
            Some(today) => format!("{label} {} -> {value}", plain_text(&today)),
            None => format!("{label} = {value}"),
        }
    });
    changes.collect::<Vec<String>>().join(", ")
}

/// A bet and its price, in one line.
#[must_use]
pub fn bet_text(bet: &Bet) -> String {
    match bet {
        Bet::Bursting { label, target } => format!(
            "idle CPU of the nodes: at {label} = {} %, load that grows by {} % uses all the CPU that the pods request, and only what the nodes have left over serves more",
            human::trimmed(*target, 1),
            human::trimmed((100.0 * 100.0 / target - 100.0).max(0.0), 0)
        ),
        Bet::Tolerance { label, tolerance } => format!(
            "load that returns by itself: with {label} = {tolerance}, the autoscaler does nothing about a metric that is {} % off its target, however long",
            human::trimmed(100.0 * tolerance, 1)
        ),
        Bet::LowFloor { floor, needed } => format!(
            "metrics that never drop without load: the quietest minute of the search's traffic needs {} pods, and minReplicas = {} lets an outage upstream take the rest away",
            needed.0,
            human::trimmed(*floor, 0)
        ),
    }
}

/// A better policy that is not proposed, and why.
#[must_use]
pub fn not_proposed_text(
    space: &Space,
    objectives: &Objectives,
    not_proposed: &NotProposed,
) -> String {
    let changes = changes_text(space, &not_proposed.candidate);
    let reason = match &not_proposed.reason {
        WhyNotProposed::Verdict(verdict) => verdict_text(objectives, verdict),
        WhyNotProposed::UnpaidBet(bets) => {
            let bets: Vec<String> = bets.iter().map(bet_text).collect();
            format!(
                "on held-out traffic it is not nearer to the goal than this proposal beyond the noise, and it bets on {}",
                bets.join("; ")
            )
        }
    };
    format!("better under the training, and not proposed: {changes} ({reason})")
}

/// The verdict of held-out traffic, in one line.
#[must_use]
pub fn verdict_text(objectives: &Objectives, verdict: &HeldOutVerdict) -> String {
    match verdict {
        HeldOutVerdict::Better { gains } => format!(
            "better: {}, on traffic and seeds that the search did not see",
            gains_text(objectives, gains)
        ),
        HeldOutVerdict::Trade { gains, losses } => format!(
            "a trade-off: {}, but {}, on traffic and seeds that the search did not see",
            gains_text(objectives, gains),
            listed(objectives, losses)
        ),
        HeldOutVerdict::WithinNoise { gains } if gains.is_empty() => {
            "keep today's policy: the held-out runs have no value of the KPIs that were to become less".to_owned()
        }
        HeldOutVerdict::WithinNoise { gains } => format!(
            "keep today's policy: on held-out traffic the gain is within the noise ({})",
            listed(objectives, gains)
        ),
        HeldOutVerdict::Worse { losses } => format!(
            "keep today's policy: the proposed policy is worse on held-out traffic ({})",
            listed(objectives, losses)
        ),
        HeldOutVerdict::Felt { effects } => {
            let effects: Vec<String> = effects.iter().map(side_effect).collect();
            format!(
                "keep today's policy: users feel the proposed policy on held-out traffic ({}); a goal that names these KPIs allows it",
                effects.join("; ")
            )
        }
        HeldOutVerdict::Harmful => {
            "better in what the goal asks for on traffic that the search did not see, but harmful on the traffic of the search: read the warnings".to_owned()
        }
        HeldOutVerdict::BoundMissed => {
            "the goal is missed on traffic and seeds that the search did not see".to_owned()
        }
        HeldOutVerdict::OneSeed => {
            "unknown: one seed cannot show the noise; use --seeds 10".to_owned()
        }
    }
}

/// `slo_violation_seconds <= 60 holds, which today's policy misses; cost -0.3 ± 0.1`.
fn gains_text(objectives: &Objectives, gains: &GoalGains) -> String {
    let mut parts: Vec<String> = Vec::new();
    for bound in &gains.bounds {
        let condition = bound.condition();
        parts.push(format!("{condition} holds, and today's policy misses it"));
    }
    if !gains.kpis.is_empty() {
        parts.push(listed(objectives, &gains.kpis));
    }
    parts.join("; ")
}

fn listed(objectives: &Objectives, differences: &[KpiDifference]) -> String {
    let texts: Vec<String> = differences
        .iter()
        .map(|it| difference(objectives, it))
        .collect();
    texts.join(", ")
}

/// `mean replicas +0.2 ± 0.3`, `latency p95 -3.1 ± 0.2 ms`.
fn difference(objectives: &Objectives, found: &KpiDifference) -> String {
    let facts = found.kpi.facts();
    let is_of_the_row = |row: &ComparisonRow| row.factor > 1.0 || facts.heading.is_empty();
    let Some(row) = facts.row.filter(is_of_the_row) else {
        let unit = currency_of(objectives, found.kpi);
        return format!("{} {}{unit}", found.heading(), signed(&found.difference));
    };
    let scaled = Estimate {
        mean: row.factor * found.difference.mean,
        half_width: found.difference.half_width.map(|it| row.factor * it),
        ..found.difference
    };
    let text = format!("{} {}", name(found.kpi), signed(&scaled));
    match row.name_and_unit() {
        (_, "") => text,
        (_, unit) => format!("{text} {unit}"),
    }
}

/// ` EUR` behind a cost whose currency is stated; nothing behind any other value.
pub(super) fn currency_of(objectives: &Objectives, kpi: Kpi) -> String {
    match (kpi, objectives.currency()) {
        (Kpi::Cost, Some(currency)) => format!(" {}", visible(currency)),
        _ => String::new(),
    }
}

/// The words of a KPI: its heading, or the label of its row without the unit.
pub(super) fn name(kpi: Kpi) -> &'static str {
    let facts = kpi.facts();
    match facts.row {
        Some(row) if facts.heading.is_empty() => row.name_and_unit().0,
        _ => kpi.heading(),
    }
}

#[cfg(test)]
#[path = "review/tests.rs"]
mod tests;
