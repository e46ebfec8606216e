//! The picture of a sweep: cost against harm, the front, the knee, and the policy as it stands.
//!
//! Self-imposed limit: which policies have a name, and what is said of them; the drawing is `front`'s.

use super::front::{FrontMark, FrontPicture, MarkRole, Reach, render_front_png, render_front_svg};
use super::plot_error::PlotError;
use crate::render::sweep::{SweepAnswer, number};
use crate::search::outcome::{SweepOutcome, Weighed};

/// `front.svg`.
///
/// # Errors
/// Where the library fails.
pub fn render_sweep_front_svg(
    answer: &SweepAnswer<'_>,
    outcome: &SweepOutcome,
) -> Result<String, PlotError> {
    render_front_svg(&FrontWords::of(answer, outcome).picture(answer, outcome))
}

/// `front.png`.
///
/// # Errors
/// Where the library fails.
pub fn render_sweep_front_png(
    answer: &SweepAnswer<'_>,
    outcome: &SweepOutcome,
) -> Result<Vec<u8>, PlotError> {
    render_front_png(&FrontWords::of(answer, outcome).picture(answer, outcome))
}

/// All that is written.
struct FrontWords {
    title: String,
    subtitle: String,
    marks: Vec<FrontMark>,
}

impl FrontWords {
    fn of(answer: &SweepAnswer<'_>, outcome: &SweepOutcome) -> Self {
        let knee = outcome.knee.map(|knee| {
            let at = outcome.points[knee];
            FrontMark {
                role: MarkRole::Knee,
                at,
                text: format!("knee: {}; {}", numbers(answer, at), answer.settings(knee)),
            }
        });
        let current = outcome.current.map(|at| FrontMark {
            role: MarkRole::Current,
            at,
            text: format!("current policy: {}", numbers(answer, at)),
        });
        Self {
            title: format!(
                "{}: {} against {}",
                answer.title(),
                answer.objectives.cost().heading(),
                answer.objectives.harm().heading()
            ),
            subtitle: answer.subtitle(),
            marks: knee.into_iter().chain(current).collect(),
        }
    }

    fn picture<'a>(
        &'a self,
        answer: &SweepAnswer<'_>,
        outcome: &'a SweepOutcome,
    ) -> FrontPicture<'a> {
        FrontPicture {
            title: &self.title,
            subtitle: &self.subtitle,
            cost: answer.objectives.cost(),
            harm: answer.objectives.harm(),
            points: &outcome.points,
            front: &outcome.front,
            marks: &self.marks,
            reach: Reach::WholeFront,
        }
    }
}

fn numbers(answer: &SweepAnswer<'_>, point: Weighed) -> String {
    let (cost, harm) = (answer.objectives.cost(), answer.objectives.harm());
    format!(
        "{} {}, {} {}",
        number(cost, point.cost),
        cost.heading(),
        number(harm, point.harm),
        harm.heading()
    )
}
