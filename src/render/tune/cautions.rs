//! The reasons to doubt a proposal, in words.

use anstyle::AnsiColor;

use crate::kpi::Kpi;
use crate::render::human;
use crate::render::paint::{Colour, painted};
use crate::render::prose::folded;
use crate::render::sweep_answer::OVERLOADED_FLUID;
use crate::search::table::plain_text;
use crate::search::tune::caution::{Caution, SideEffect};
use crate::search::tune::traffic::{SPIKE_FACTOR, SPIKE_MINUTES};
use crate::text::visible;

/// `warning: ...`, and what to do about it.
pub(super) fn caution_line(caution: &Caution, colour: Colour) -> String {
    let label = painted("warning", AnsiColor::Yellow.on_default().bold(), colour);
    let text = folded("warning: ", &visible(&caution_text(caution)));
    text.replacen("warning", &label, 1)
}

/// A reason to doubt, and the remedy.
#[must_use]
pub fn caution_text(caution: &Caution) -> String {
    match caution {
        Caution::SideEffects(effects) => {
            let effects: Vec<String> = effects.iter().map(side_effect).collect();
            format!(
                "worse for users on held-out traffic, in KPIs that the goal does not name: {}",
                effects.join("; ")
            )
        }
        Caution::TrainingSideEffects(effects) => {
            let effects: Vec<String> = effects.iter().map(side_effect).collect();
            format!(
                "worse for users on the traffic of the search, in KPIs that the goal does not name: {}",
                effects.join("; ")
            )
        }
        Caution::HardlyScales { today, proposed } => format!(
            "the proposed policy hardly scales ({} rescales in a held-out run, {} today): like a fixed number of pods, it fits this traffic and no other",
            human::trimmed(*proposed, 1),
            human::trimmed(*today, 1)
        ),
        Caution::Tolerance => {
            "Kubernetes accepts `tolerance` in `behavior` by default from 1.35 on (earlier: with the feature gate HPAConfigurableTolerance); for an older cluster, search the other parameters with --param".to_owned()
        }
        Caution::AtBorder { label, value } => format!(
            "{label} = {} is the first or the last of the values that the search tried; widen them with --param",
            plain_text(value)
        ),
        Caution::TrainedWithoutSpike => format!(
            "the traffic of the search has no spike (load that grows {SPIKE_FACTOR} times within {SPIKE_MINUTES} minutes), so the search did not prepare for one; add a trace with a spike, as from `hpasim trace gen spike`"
        ),
        Caution::HeldOutWithoutSpike => {
            "the held-out traffic has no spike, so the report does not show how the policies handle one; name a trace with a spike with --holdout".to_owned()
        }
        Caution::GoalOutOfReach => {
            "no policy that the search tried meets the goal on the traffic of the search; this one misses it least".to_owned()
        }
        Caution::OverloadedFluid => format!(
            "under today's policy {OVERLOADED_FLUID}; trust the numbers of the request engine, or search with --engine request"
        ),
        Caution::OutsidePatch { path, value } => format!(
            "{path} = {value} is not a field of a HorizontalPodAutoscaler, so the patch does not contain it"
        ),
    }
}

/// `latency p95 111 ms -> 184 ms under diurnal`.
pub(super) fn side_effect(effect: &SideEffect) -> String {
    let SideEffect {
        kpi,
        trace,
        today,
        proposed,
    } = effect;
    let values = |shown: fn(f64) -> String| format!("{} -> {}", shown(*today), shown(*proposed));
    let text = match *kpi {
        Kpi::SloViolationSeconds => format!("SLO-breaking seconds {}", values(human::significant)),
        Kpi::FailedShare => format!("failed requests {}", values(human::percent)),
        Kpi::LatencySecondsP95 => format!("latency p95 {}", values(human::latency)),
        Kpi::LatencySecondsP99 => format!("latency p99 {}", values(human::latency)),
        Kpi::RecoverySeconds => format!("recovery {}", values(human::duration)),
        other => format!("{other} {}", values(human::significant)),
    };
    format!("{text} under {trace}")
}
