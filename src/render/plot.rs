//! The picture of a run: load, CPU, replicas and latency over one time axis.
//!
//! Self-imposed limit: one drawing for pixels and vectors; the same run gives
//! the same bytes, with or without fonts on the machine. Colours are Okabe and
//! Ito's, which the colour-blind tell apart.

mod axis;
pub mod bands;
mod canvas;
pub mod compared;
mod font;
pub mod front;
mod front_mark;
mod mark;
mod panel;
mod panels;
mod plane;
mod plot_error;
pub mod sensitivity;
mod series;
mod sweep_bins;
pub mod sweep_front;
pub mod sweep_heat;
pub mod sweep_parameters;

use plotters::prelude::DrawingBackend;

use self::axis::{Tick, time_ticks};
use self::canvas::{Align, Canvas, Lettering, Rect, Sheet, SheetPoint};
use self::font::Weight;
use self::mark::{LegendKey, draw_mark};
use self::panel::{STRIP, lettering};
use self::panels::PanelKind;
pub use self::plot_error::PlotError;
use self::series::{Stretch, broken_stretches};
use super::human;
use super::summary::part_of_trace;
use crate::results::export::Request;
use crate::results::{Kpis, Timeline};
use crate::scenario::{Engine, Scenario};
use crate::units::Seed;
use crate::workload::Demand;

/// The picture's width in points; in a PNG, pixels.
pub const WIDTH: u32 = 1200;
/// The picture's height in points; in a PNG, pixels.
pub const HEIGHT: u32 = 1080;

const SHEET: Sheet = Sheet {
    width: WIDTH,
    height: HEIGHT,
};

/// The colours, after Okabe and Ito (2008).
mod ink {
    use super::canvas::Ink;

    pub(super) const TEXT: Ink = Ink::new(0x22_22_22);
    pub(super) const TEXT_SOFT: Ink = Ink::new(0x59_59_59);
    pub(super) const GRID: Ink = Ink::new(0xE4_E4_E4);
    pub(super) const AXIS: Ink = Ink::new(0x80_80_80);
    pub(super) const BROKEN: Ink = Ink::new(0xFB_E3_D8);
    pub(super) const BLACK: Ink = Ink::new(0x11_11_11);
    pub(super) const GREY: Ink = Ink::new(0x75_75_75);
    pub(super) const ORANGE: Ink = Ink::new(0xE6_9F_00);
    pub(super) const SKY: Ink = Ink::new(0x56_B4_E9);
    pub(super) const GREEN: Ink = Ink::new(0x00_9E_73);
    pub(super) const BLUE: Ink = Ink::new(0x00_72_B2);
    pub(super) const VERMILION: Ink = Ink::new(0xD5_5E_00);
    pub(super) const PURPLE: Ink = Ink::new(0xA8_4E_80);
}

/// What a picture shows.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// What ran.
    pub scenario: &'a Scenario,
    /// What happened, under `seed`.
    pub timeline: &'a Timeline,
    /// What it came to, under `seed`.
    pub kpis: &'a Kpis,
    /// Which engine ran it.
    pub engine: Engine,
    /// The seed that is shown.
    pub seed: Seed,
    /// How many seeds ran; the picture shows the first.
    pub seeds: usize,
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
}

/// `plot.svg`.
///
/// # Errors
/// Where the run is empty.
pub fn render_svg(picture: &Picture<'_>) -> Result<String, PlotError> {
    canvas::to_svg(SHEET, |canvas| draw(canvas, picture))
}

/// `plot.png`.
///
/// # Errors
/// Where the run is empty.
pub fn render_png(picture: &Picture<'_>) -> Result<Vec<u8>, PlotError> {
    canvas::to_png(SHEET, |canvas| draw(canvas, picture))
}

const LEFT: f64 = 72.0;
const RIGHT: f64 = 104.0;
/// How wide the head may be: 24 points are left to the right.
const HEAD_ROOM: f64 = WIDTH as f64 - LEFT - 24.0;
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
/// Between two panels; under the replicas it holds the rescales' marks.
const GAP: f64 = 19.0;

/// What all panels share.
struct Shared<'a> {
    picture: &'a Picture<'a>,
    end: f64,
    times: Vec<Tick>,
    broken: Vec<Stretch>,
    asked: PageQuestion,
    /// Whether there are more intervals than the picture can show one by one.
    dense: bool,
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

fn draw<B: DrawingBackend>(canvas: &mut Canvas<B>, picture: &Picture<'_>) -> Result<(), PlotError> {
    let end = picture.timeline.end.as_secs_f64();
    if picture.timeline.rows.is_empty() || end <= 0.0 {
        return Err(PlotError::Empty);
    }
    let shared = Shared {
        picture,
        end,
        times: time_ticks(end),
        broken: broken_stretches(picture.timeline),
        asked: place_asked(&what_was_asked(picture.request)),
        dense: picture.timeline.rows.len() as f64 > 2.0 * (f64::from(WIDTH) - RIGHT - LEFT),
    };
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    canvas.rect(
        Rect {
            left: 0.0,
            top: 0.0,
            right: width,
            bottom: height,
        },
        canvas::Ink::new(0xFF_FF_FF),
    )?;
    draw_head(canvas, &shared)?;
    let kinds = panel_kinds(&picture.scenario.trace.demand);
    // Rescales are marked under the replicas: where these come last, the time axis makes room.
    let marks = match kinds.last() {
        Some(PanelKind::Replicas) => GAP,
        _ => 0.0,
    };
    let panels_top = TOP + shared.asked.height();
    let room = height - panels_top - BOTTOM - marks - (STRIP + GAP) * kinds.len() as f64 + GAP;
    let weights: f64 = kinds.iter().map(|kind| kind.weight()).sum();
    let mut top = panels_top;
    for kind in kinds {
        let frame = Rect {
            left: LEFT,
            right: width - RIGHT,
            top: top + STRIP,
            bottom: top + STRIP + room * kind.weight() / weights,
        };
        kind.draw(canvas, &shared, frame)?;
        top = frame.bottom + GAP;
    }
    draw_time_axis(canvas, &shared, top - GAP + marks)
}

fn panel_kinds(demand: &Demand) -> &'static [PanelKind] {
    match demand {
        Demand::RequestsPerSecond(_) | Demand::Users(_) => &[
            PanelKind::Load,
            PanelKind::Cpu,
            PanelKind::Replicas,
            PanelKind::Latency,
        ],
        Demand::CpuMillicores(_) => &[PanelKind::Demand, PanelKind::Cpu, PanelKind::Replicas],
    }
}

/// Title, what it came to, and the key to the shading.
fn draw_head<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    shared: &Shared<'_>,
) -> Result<(), PlotError> {
    let picture = shared.picture;
    let width = f64::from(WIDTH);
    let how = how_it_ran(picture);
    let how_width = font::width(&how, 13.0, Weight::Regular);
    let title = Lettering {
        weight: Weight::Bold,
        ..lettering(21.0, ink::TEXT, Align::Left)
    };
    let names = format!(
        "{} under {}",
        picture.scenario.policy_name, picture.scenario.trace_name
    );
    let names = shortened(&names, title, width - LEFT - 24.0 - how_width - 24.0);
    canvas.text(SheetPoint { x: LEFT, y: 34.0 }, &names, title)?;
    canvas.text(
        SheetPoint {
            x: width - 24.0,
            y: 34.0,
        },
        &how,
        lettering(13.0, ink::TEXT_SOFT, Align::Right),
    )?;
    canvas.text(
        SheetPoint { x: LEFT, y: 59.0 },
        &headline(picture.kpis),
        lettering(HEADLINE_SIZE, ink::TEXT, Align::Left),
    )?;
    draw_key(canvas, shared)?;
    draw_asked(canvas, &shared.asked)
}

fn draw_asked<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    asked: &PageQuestion,
) -> Result<(), PlotError> {
    match asked {
        PageQuestion::BesideKey(line) => {
            let place = SheetPoint {
                x: f64::from(WIDTH) - 24.0,
                y: KEY_BASELINE,
            };
            canvas.text(place, line, lettering(13.0, ink::TEXT_SOFT, Align::Right))
        }
        PageQuestion::BelowKey(lines) => {
            let mut y = KEY_BASELINE;
            for line in lines {
                y += ASKED_LEADING;
                let soft = lettering(13.0, ink::TEXT_SOFT, Align::Left);
                canvas.text(SheetPoint { x: LEFT, y }, line, soft)?;
            }
            Ok(())
        }
    }
}

/// What the shading means, or why there is none.
fn draw_key<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    shared: &Shared<'_>,
) -> Result<(), PlotError> {
    let picture = shared.picture;
    let soft = lettering(13.0, ink::TEXT_SOFT, Align::Left);
    let baseline = KEY_BASELINE;
    if let Demand::CpuMillicores(_) = picture.scenario.trace.demand {
        let place = SheetPoint {
            x: LEFT,
            y: baseline,
        };
        return canvas.text(
            place,
            "This trace knows demand as CPU alone: requests, their latency and the SLO are unknown.",
            soft,
        );
    }
    let slo = &picture.scenario.slo;
    let limit = human::latency(slo.latency_limit.as_secs_f64());
    let quantile = quantile_name(slo.latency_quantile);
    let errors = human::percent(slo.error_rate);
    let (mark, text) = if shared.broken.is_empty() {
        let text =
            format!("SLO kept throughout: {quantile} at most {limit}, at most {errors} failed");
        (None, text)
    } else {
        let text = format!("SLO broken: {quantile} above {limit}, or more than {errors} failed");
        (Some(LegendKey::Band(ink::BROKEN)), text)
    };
    let mut x = LEFT;
    if let Some(mark) = mark {
        x += draw_mark(canvas, mark, x, baseline - 4.5)? + 7.0;
    }
    canvas.text(SheetPoint { x, y: baseline }, &text, soft)
}

/// `p95`, `p99.9`.
fn quantile_name(quantile: f64) -> String {
    format!("p{}", human::trimmed(quantile * 100.0, 3))
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
    let style = lettering(13.0, ink::TEXT_SOFT, Align::Left);
    let wide = |text: &str| font::width(text, style.size, style.weight);
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
fn headline(kpis: &Kpis) -> String {
    let mut parts = Vec::with_capacity(7);
    if let Some(seconds) = kpis.slo_violation_seconds {
        parts.push(format!("SLO broken for {}", human::duration(seconds)));
    }
    if let Some(p95) = kpis.latency_seconds_p95 {
        parts.push(format!("p95 latency {}", human::latency(p95)));
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
    if font::width(&wide, HEADLINE_SIZE, Weight::Regular) <= HEAD_ROOM {
        wide
    } else {
        parts.join(" · ")
    }
}

/// `text`, cut where it would be wider than `room`.
fn shortened(text: &str, lettering: Lettering, room: f64) -> String {
    let fits = |text: &str| font::width(text, lettering.size, lettering.weight) <= room;
    if fits(text) {
        return text.to_owned();
    }
    let mut letters: Vec<char> = text.chars().collect();
    loop {
        letters.pop();
        let cut: String = letters.iter().chain(&['…']).collect();
        if fits(&cut) || letters.is_empty() {
            return cut;
        }
    }
}

fn draw_time_axis<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    shared: &Shared<'_>,
    bottom: f64,
) -> Result<(), PlotError> {
    let frame = Rect {
        left: LEFT,
        right: f64::from(WIDTH) - RIGHT,
        top: bottom,
        bottom,
    };
    name_times(canvas, frame, shared.end, &shared.times)?;
    if shared.dense {
        canvas.text(
            SheetPoint {
                x: f64::from(WIDTH) - 24.0,
                y: bottom + 37.0,
            },
            "a line too dense to draw is its mean on the range it spans",
            lettering(12.0, ink::TEXT_SOFT, Align::Right),
        )?;
    }
    Ok(())
}

/// The names of moments below `frame`, and that of their axis.
fn name_times<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    frame: Rect,
    end: f64,
    times: &[Tick],
) -> Result<(), PlotError> {
    for tick in times {
        let place = SheetPoint {
            x: frame.left + tick.value / end * (frame.right - frame.left),
            y: frame.bottom + 18.0,
        };
        canvas.text(
            place,
            &tick.label,
            lettering(12.0, ink::TEXT_SOFT, Align::Middle),
        )?;
    }
    let seconds_shown = times
        .first()
        .is_some_and(|tick| tick.label.matches(':').count() == 2);
    let name = if seconds_shown {
        "time from the start, h:mm:ss"
    } else {
        "time from the start, h:mm"
    };
    canvas.text(
        SheetPoint {
            x: f64::midpoint(frame.left, frame.right),
            y: frame.bottom + 37.0,
        },
        name,
        lettering(12.5, ink::TEXT_SOFT, Align::Middle),
    )
}

#[cfg(test)]
mod tests;
