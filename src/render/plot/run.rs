//! The picture of a run: load, CPU, what the autoscaler acted on, replicas and latency over one time axis.

use super::axis::Axis;
use super::ink;
use super::page::{KEY_SIZE, MARGIN, WIDTH, at, bold, lettering, shortened, soft, width_of};
use super::panel::{Breaches, HEADING};
use super::panels::{Draft, PanelKind, knows_requests, quantile_name};
use super::plane::Plane;
use super::series::{LineShape, broken_stretches, strokes};
use super::symbols::{LegendKey, draw_legend, entry};
use crate::draw::{Align, Drawing, Rect};
use crate::render::human;
use crate::render::words::part_of_trace;
use crate::results::export::Request;
use crate::results::{Kpis, Timeline};
use crate::scenario::{Engine, Scenario};
use crate::units::Seed;

/// What a picture shows.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// What ran.
    pub scenario: &'a Scenario,
    /// What happened, under `seed`.
    pub timeline: &'a Timeline,
    /// What it came to, under `seed`.
    pub kpis: &'a Kpis,
    /// Latency in seconds at the quantile that the SLO promises, over the whole run under `seed`.
    pub promised_latency: Option<f64>,
    /// Which engine ran it.
    pub engine: Engine,
    /// The seed that is shown.
    pub seed: Seed,
    /// How many seeds ran; the picture shows the first.
    pub seeds: usize,
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
}

/// The drawing of a run; of an empty one the head alone.
#[must_use]
pub fn draw_run(picture: &Picture<'_>) -> Drawing {
    let end = picture.timeline.end.as_secs_f64();
    let asked = place_asked(&what_was_asked(picture.request));
    let kinds = PanelKind::all(picture.scenario);
    let extra = EXTRA_HEIGHT * kinds.len().saturating_sub(USUAL_PANELS) as f64;
    let mut drawing = Drawing::new(WIDTH, (HEIGHT + extra) as u32);
    let breaches = Breaches {
        stretches: broken_stretches(picture.timeline),
        shares: strokes(picture.timeline, LineShape::Step, |row| {
            Some(row.slo_violated_share)
        }),
    };
    draw_head(&mut drawing, picture, &asked, &breaches);
    if picture.timeline.rows.is_empty() || end <= 0.0 {
        let place = at(LEFT, TOP + HEADING);
        drawing.text(
            place,
            "The run is empty.",
            lettering(KEY_SIZE, ink::TEXT, Align::Left),
        );
        return drawing;
    }
    let columns = f64::from(WIDTH) - RIGHT - LEFT;
    let draft = Draft {
        scenario: picture.scenario,
        timeline: picture.timeline,
        kpis: picture.kpis,
        times: Axis::time(end),
        breaches,
        is_dense: picture.timeline.rows.len() as f64 > 2.0 * columns,
    };
    let last = draw_panels(&mut drawing, &draft, &kinds, TOP + asked.height());
    last.name_x(&mut drawing, time_name(&last.x));
    if draft.is_dense {
        let place = at(f64::from(WIDTH) - MARGIN, last.frame.bottom + 39.0);
        let text = "a line too dense to draw is its mean on the range it spans";
        drawing.text(place, text, soft(Align::Right));
    }
    drawing
}

/// The height of a picture of [`USUAL_PANELS`] in points, and what a further panel adds.
const HEIGHT: f64 = 1080.0;
const EXTRA_HEIGHT: f64 = 180.0;
const USUAL_PANELS: usize = 4;
/// The panels' sides: the values of an axis stand to the left, the names of level lines to the right.
pub(super) const LEFT: f64 = 72.0;
pub(super) const RIGHT: f64 = 104.0;
/// How wide the head may be.
const HEAD_ROOM: f64 = WIDTH as f64 - LEFT - MARGIN;
/// The size of the KPIs' letters.
const HEADLINE_SIZE: f64 = 14.5;
/// On which line the key to the shading stands.
const KEY_BASELINE: f64 = 81.0;
/// Where the panels begin: title, KPIs and key are above, and what was asked for where it needs lines of its own.
const TOP: f64 = 88.0;
/// Between two lines of what was asked for.
const ASKED_LEADING: f64 = 18.0;
/// The most lines of it: beyond, they would take the panels' room.
const ASKED_LINES_MAX: usize = 4;
/// The time axis' names below the last panel.
const BOTTOM: f64 = 50.0;
/// Between two panels; it holds the strip of a panel, and under the replicas the rescales' marks.
const GAP: f64 = 23.0;

/// Draws the panels from `top` down; returns where the time axis stands.
fn draw_panels(drawing: &mut Drawing, draft: &Draft<'_>, kinds: &[PanelKind], top: f64) -> Plane {
    // Rescales are marked under the replicas: where these come last, the time axis makes room.
    let marks = match kinds.last() {
        Some(PanelKind::Replicas) => GAP,
        _ => 0.0,
    };
    let gaps = (HEADING + GAP) * kinds.len() as f64 - GAP;
    let room = f64::from(drawing.height()) - top - BOTTOM - marks - gaps;
    let weights: f64 = kinds.iter().map(|kind| kind.weight()).sum();
    let mut frame = Rect {
        left: LEFT,
        right: f64::from(WIDTH) - RIGHT,
        top,
        bottom: top - GAP,
    };
    for kind in kinds {
        frame.top = frame.bottom + GAP + HEADING;
        frame.bottom = frame.top + room * kind.weight() / weights;
        draft.draw(drawing, *kind, frame);
    }
    frame.bottom += marks;
    Plane {
        frame,
        x: draft.times.clone(),
        y: draft.times.clone(),
    }
}

/// What a time axis is.
pub(super) fn time_name(times: &Axis) -> &'static str {
    let first = times.ticks.first();
    if first.is_some_and(|tick| tick.label.matches(':').count() == 2) {
        "time from the start, h:mm:ss"
    } else {
        "time from the start, h:mm"
    }
}

/// Where it stands what the command asked for beside the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PageQuestion {
    /// To the right of the key.
    BesideKey(String),
    /// In lines below it.
    BelowKey(Vec<String>),
}

impl PageQuestion {
    /// How much further down the panels begin.
    fn height(&self) -> f64 {
        match self {
            Self::BesideKey(_) => 0.0,
            Self::BelowKey(lines) => lines.len() as f64 * ASKED_LEADING,
        }
    }
}

/// Title, what it came to, and the key to the shading.
fn draw_head(
    drawing: &mut Drawing,
    picture: &Picture<'_>,
    asked: &PageQuestion,
    breaches: &Breaches,
) {
    let right = f64::from(WIDTH) - MARGIN;
    let how = how_it_ran(picture);
    let small = lettering(KEY_SIZE, ink::TEXT_SOFT, Align::Right);
    let title = bold(21.0);
    let names = format!(
        "{} under {}",
        picture.scenario.policy_name, picture.scenario.trace_name
    );
    let room = HEAD_ROOM - width_of(&how, small) - MARGIN;
    drawing.text(at(LEFT, 34.0), shortened(&names, title, room), title);
    drawing.text(at(right, 34.0), how, small);
    let headline = headline(picture);
    let letters = lettering(HEADLINE_SIZE, ink::TEXT, Align::Left);
    drawing.text(at(LEFT, 59.0), headline, letters);
    draw_key(drawing, picture.scenario, breaches);
    match asked {
        PageQuestion::BesideKey(line) if line.is_empty() => {}
        PageQuestion::BesideKey(line) => drawing.text(at(right, KEY_BASELINE), line, small),
        PageQuestion::BelowKey(lines) => {
            for (line, number) in lines.iter().zip(1u32..) {
                let y = KEY_BASELINE + ASKED_LEADING * f64::from(number);
                let letters = lettering(KEY_SIZE, ink::TEXT_SOFT, Align::Left);
                drawing.text(at(LEFT, y), line, letters);
            }
        }
    }
}

/// The meaning of the shading, or the reason why nothing is shaded.
fn draw_key(drawing: &mut Drawing, scenario: &Scenario, breaches: &Breaches) {
    let place = at(LEFT, KEY_BASELINE);
    let letters = lettering(KEY_SIZE, ink::TEXT_SOFT, Align::Left);
    if !knows_requests(scenario) {
        let text = "This trace knows demand as CPU alone: requests, their latency and the SLO are unknown.";
        return drawing.text(place, text, letters);
    }
    let slo = &scenario.slo;
    let limit = human::latency(slo.latency_limit.as_secs_f64());
    let quantile = quantile_name(slo.latency_quantile);
    let errors = human::percent(slo.error_rate);
    if breaches.stretches.is_empty() {
        let text =
            format!("SLO kept throughout: {quantile} at most {limit}, at most {errors} failed");
        return drawing.text(place, text, letters);
    }
    let text = format!("SLO broken: {quantile} above {limit}, or more than {errors} failed");
    let mut broken = entry(LegendKey::Band(ink::BROKEN), text);
    broken.ink = ink::TEXT_SOFT;
    draw_legend(drawing, place, f64::from(WIDTH) - MARGIN, &[broken]);
}

fn how_it_ran(picture: &Picture<'_>) -> String {
    let engine = picture.engine.as_str();
    let seed = picture.seed;
    if picture.seeds > 1 {
        format!("{engine} engine, seed {seed} of {} seeds", picture.seeds)
    } else {
        format!("{engine} engine, seed {seed}")
    }
}

/// What the command asked for beside the inputs, if anything.
fn what_was_asked(request: &Request) -> Vec<String> {
    let part = part_of_trace(request).map(|part| format!("{part} of the trace"));
    part.into_iter()
        .chain(request.set.iter().cloned())
        .collect()
}

/// Beside the key where it fits, else in as few lines as hold it; what is too much for these is counted.
fn place_asked(items: &[String]) -> PageQuestion {
    let style = lettering(KEY_SIZE, ink::TEXT_SOFT, Align::Left);
    let wide = |text: &str| width_of(text, style);
    let one_line = items.join(", ");
    if wide(&one_line) <= f64::from(WIDTH) / 2.0 {
        return PageQuestion::BesideKey(one_line);
    }
    let lines_with = |shown: usize| {
        let mut items: Vec<String> = items.to_vec();
        let left_out = items.split_off(shown).len();
        if left_out > 0 {
            items.push(format!("and {left_out} more"));
        }
        human::lines_of(&human::with_commas(&items), |line| wide(line) <= HEAD_ROOM)
    };
    let lines = (0..=items.len())
        .rev()
        .map(lines_with)
        .find(|lines| lines.len() <= ASKED_LINES_MAX)
        .unwrap_or_default();
    PageQuestion::BelowKey(
        lines
            .iter()
            .map(|line| shortened(line, style, HEAD_ROOM))
            .collect(),
    )
}

/// The KPIs that people ask for first.
fn headline(picture: &Picture<'_>) -> String {
    let kpis = picture.kpis;
    let mut parts = Vec::with_capacity(7);
    if let Some(seconds) = kpis.slo_violation_seconds {
        parts.push(format!("SLO broken for {}", human::duration(seconds)));
    }
    if let Some(seconds) = picture.promised_latency {
        let quantile = quantile_name(picture.scenario.slo.latency_quantile);
        parts.push(format!("{quantile} latency {}", human::latency(seconds)));
    }
    if let Some(share) = kpis.failed_share {
        parts.push(format!("{} failed", human::percent(share)));
    }
    if let Some(share) = kpis.throttled_share.filter(|share| *share > 0.0) {
        parts.push(format!("CPU throttled {}", human::percent(share)));
    }
    if let Some(kills) = kpis.oom_kills.filter(|kills| *kills > 0.0) {
        let unit = if kills > 1.0 { "OOM kills" } else { "OOM kill" };
        parts.push(format!("{} {unit}", human::count(kills)));
    }
    parts.push(format!(
        "replicas {} on average, {} at most",
        human::significant(kpis.mean_replicas),
        kpis.peak_replicas
    ));
    parts.push(format!("{} pod hours", human::significant(kpis.pod_hours)));
    let wide = parts.join("   ·   ");
    let letters = lettering(HEADLINE_SIZE, ink::TEXT, Align::Left);
    if width_of(&wide, letters) <= HEAD_ROOM {
        wide
    } else {
        parts.join(" · ")
    }
}

#[cfg(test)]
mod tests;
