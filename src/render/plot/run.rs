//! The picture of a run: load, CPU, what the autoscaler acted on, replicas and latency over one time axis.

mod seeds;

use super::axis::Axis;
use super::ink;
use super::page::{KEY_SIZE, MARGIN, WIDTH, at, bold, lettering, shortened, soft, width_of};
use super::panel::{Breaches, HEADING};
use super::panels::{Draft, PanelKind, knows_requests, quantile_name};
use super::plane::Plane;
use super::series::{LineShape, broken_stretches, strokes};
use super::symbols::{LegendKey, draw_legend, entry};
use crate::draw::{Align, Drawing, Rect};
use crate::kpi::Kpi;
use crate::render::human;
use crate::render::words::{counted_part, part_of_trace};
use crate::results::export::Request;
use crate::results::{Kpis, Timeline};
use crate::scenario::{Engine, Scenario, TraceClock};
use crate::units::{Seed, SimTime};

pub use seeds::{SeedsPicture, draw_seeds};

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
    /// The seed.
    pub seed: Seed,
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
}

/// The drawing of a run; of an empty one the head alone.
#[must_use]
pub fn draw_run(picture: &Picture<'_>) -> Drawing {
    let end = picture.timeline.end.as_secs_f64();
    let asked = place_asked(&what_was_asked(picture.request, picture.scenario));
    let kinds = PanelKind::all(picture.scenario);
    let mut drawing = sheet(&kinds);
    let breaches = Breaches {
        stretches: broken_stretches(picture.timeline),
        shares: strokes(picture.timeline, LineShape::Step, |row| {
            Some(row.slo_violated_share)
        }),
    };
    let head = PictureHead {
        scenario: picture.scenario,
        how: format!("{} engine, seed {}", picture.engine.as_str(), picture.seed),
        headline: headline(picture.scenario, picture.promised_latency, |kpi| {
            picture.kpis.value(kpi)
        }),
        asked: &asked,
    };
    head.draw(&mut drawing);
    let is_kept = breaches.stretches.is_empty();
    draw_key(&mut drawing, picture.scenario, is_kept, &ONE_SEED);
    if picture.timeline.rows.is_empty() || end <= 0.0 {
        say_empty(&mut drawing);
        return drawing;
    }
    let columns = f64::from(WIDTH) - RIGHT - LEFT;
    let draft = Draft {
        scenario: picture.scenario,
        timeline: picture.timeline,
        kpis: picture.kpis,
        times: Axis::run_time(end, picture.scenario.clock.as_ref()),
        breaches,
        is_dense: picture.timeline.rows.len() as f64 > 2.0 * columns,
    };
    let layout = PanelLayout::of(&kinds, &drawing, TOP + asked.height(), GAP);
    for (kind, frame) in layout.panels {
        draft.draw(&mut drawing, kind, frame);
    }
    let last = Plane {
        frame: layout.axis,
        x: draft.times.clone(),
        y: draft.times.clone(),
    };
    let name = time_name(&last.x, picture.scenario.clock.as_ref());
    last.name_x(&mut drawing, &name);
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

/// The sheet for panels of these kinds.
fn sheet(kinds: &[PanelKind]) -> Drawing {
    let extra = EXTRA_HEIGHT * kinds.len().saturating_sub(USUAL_PANELS) as f64;
    Drawing::new(WIDTH, (HEIGHT + extra) as u32)
}

fn say_empty(drawing: &mut Drawing) {
    let letters = lettering(KEY_SIZE, ink::TEXT, Align::Left);
    drawing.text(at(LEFT, TOP + HEADING), "The run is empty.", letters);
}

/// Where the panels stand.
struct PanelLayout {
    /// From top to bottom.
    panels: Vec<(PanelKind, Rect)>,
    /// The frame under which the time axis is named.
    axis: Rect,
}

impl PanelLayout {
    /// From `top` down. Rescales are marked under the replicas: where these come last, the time axis is `marks` lower.
    fn of(kinds: &[PanelKind], drawing: &Drawing, top: f64, marks: f64) -> Self {
        let marks = match kinds.last() {
            Some(PanelKind::Replicas) => marks,
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
        let place = |kind: &PanelKind| {
            frame.top = frame.bottom + GAP + HEADING;
            frame.bottom = frame.top + room * kind.weight() / weights;
            (*kind, frame)
        };
        let panels = kinds.iter().map(place).collect();
        frame.bottom += marks;
        Self {
            panels,
            axis: frame,
        }
    }
}

/// What a time axis is.
pub(super) fn time_name(times: &Axis, clock: Option<&TraceClock>) -> String {
    let colons = times
        .ticks
        .first()
        .map_or(1, |tick| tick.label.matches(':').count());
    let unit = match colons {
        0 => "month-day",
        1 => "h:mm",
        _ => "h:mm:ss",
    };
    match clock {
        None => format!("time from the start, {unit}"),
        Some(clock) => format!(
            "clock time, {unit} ({}), from {} on",
            clock.zone_name(),
            clock.day(SimTime::ZERO)
        ),
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

/// What stands above the panels, beside the key to the shading.
struct PictureHead<'a> {
    scenario: &'a Scenario,
    /// The engine and the seeds.
    how: String,
    /// What it came to.
    headline: Vec<String>,
    asked: &'a PageQuestion,
}

impl PictureHead<'_> {
    fn draw(&self, drawing: &mut Drawing) {
        let right = f64::from(WIDTH) - MARGIN;
        let small = lettering(KEY_SIZE, ink::TEXT_SOFT, Align::Right);
        let title = bold(21.0);
        let Scenario {
            policy_name,
            trace_name,
            ..
        } = self.scenario;
        let names = format!("{policy_name} under {trace_name}");
        let room = HEAD_ROOM - width_of(&self.how, small) - MARGIN;
        drawing.text(at(LEFT, 34.0), shortened(&names, title, room), title);
        drawing.text(at(right, 34.0), &self.how, small);
        let letters = lettering(HEADLINE_SIZE, ink::TEXT, Align::Left);
        let wide = self.headline.join("   ·   ");
        let headline = if width_of(&wide, letters) <= HEAD_ROOM {
            wide
        } else {
            self.headline.join(" · ")
        };
        drawing.text(at(LEFT, 59.0), headline, letters);
        match self.asked {
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
}

/// How the key to the shading begins.
struct KeyWords {
    kept: &'static str,
    broken: &'static str,
}

const ONE_SEED: KeyWords = KeyWords {
    kept: "SLO kept throughout",
    broken: "SLO broken",
};

/// The meaning of the shading, or the reason why nothing is shaded.
fn draw_key(drawing: &mut Drawing, scenario: &Scenario, is_kept: bool, words: &KeyWords) {
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
    let KeyWords { kept, broken } = words;
    if is_kept {
        let text = format!("{kept}: {quantile} at most {limit}, at most {errors} failed");
        return drawing.text(place, text, letters);
    }
    let text = format!("{broken}: {quantile} above {limit}, or more than {errors} failed");
    let mut broken = entry(LegendKey::Band(ink::BROKEN), text);
    broken.ink = ink::TEXT_SOFT;
    draw_legend(drawing, place, f64::from(WIDTH) - MARGIN, &[broken]);
}

/// What the command asked for beside the inputs, if anything.
fn what_was_asked(request: &Request, scenario: &Scenario) -> Vec<String> {
    let part = part_of_trace(request).map(|part| format!("{part} of the trace"));
    let counted = counted_part(request, scenario).map(|part| format!("{part} (grey: warm-up)"));
    part.into_iter()
        .chain(counted)
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

/// The KPIs that people ask for first. `value` is their value, or their median over several seeds.
fn headline(
    scenario: &Scenario,
    promised_latency: Option<f64>,
    value: impl Fn(Kpi) -> Option<f64>,
) -> Vec<String> {
    let positive = |kpi: Kpi| value(kpi).filter(|value| *value > 0.0);
    let mut parts = Vec::with_capacity(7);
    if let Some(seconds) = value(Kpi::SloViolationSeconds) {
        parts.push(format!("SLO broken for {}", human::duration(seconds)));
    }
    if let Some(seconds) = promised_latency {
        let quantile = quantile_name(scenario.slo.latency_quantile);
        parts.push(format!("{quantile} latency {}", human::latency(seconds)));
    }
    if let Some(share) = value(Kpi::FailedShare) {
        parts.push(format!("{} failed", human::percent(share)));
    }
    if let Some(share) = positive(Kpi::ThrottledShare) {
        parts.push(format!("CPU throttled {}", human::percent(share)));
    }
    if let Some(kills) = positive(Kpi::OomKills) {
        let unit = if kills > 1.0 { "OOM kills" } else { "OOM kill" };
        parts.push(format!("{} {unit}", human::count(kills)));
    }
    let known = |kpi: Kpi| value(kpi).unwrap_or(0.0);
    parts.push(format!(
        "replicas {} on average, {} at most",
        human::significant(known(Kpi::MeanReplicas)),
        human::trimmed(known(Kpi::PeakReplicas), 1)
    ));
    let hours = human::significant(known(Kpi::PodHours));
    parts.push(format!("{hours} pod hours"));
    parts
}

#[cfg(test)]
mod tests;
