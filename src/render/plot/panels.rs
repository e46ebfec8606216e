//! What the panels show: which column of the timeline in which colour, and which limits beside it.
//!
//! Self-imposed limit: choices alone; how a line comes to the sheet is in `panel`.

use plotters::prelude::DrawingBackend;

use super::axis::{AxisScale, Unit};
use super::canvas::{Canvas, Ink, Rect, Stroke};
use super::mark::LegendKey;
use super::panel::{Heat, LegendEntry, Moment, Panel, PlottedLine, Reference, dashed, solid};
use super::plot_error::PlotError;
use super::series::{LineShape, Strokes, greatest, strokes};
use super::{Shared, ink, quantile_name};
use crate::control::Hpa;
use crate::hpa::rules::Gate;
use crate::hpa::spec::MetricTarget;
use crate::render::human;
use crate::render::summary::causes_in_words;
use crate::results::TimelineRow;
use crate::results::failures::ranked;
use crate::scenario::Scenario;
use crate::simulation::observer::PodSpread;
use crate::units::Replicas;
use crate::workload::Demand;

/// A panel by what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PanelKind {
    /// Requests offered, served, failed.
    Load,
    /// CPU asked for and used, for traces that know no requests.
    Demand,
    /// CPU in percent of request.
    Cpu,
    /// Replicas.
    Replicas,
    /// Latency of what succeeded.
    Latency,
}

impl PanelKind {
    /// Its height beside the others'.
    pub(super) fn weight(self) -> f64 {
        match self {
            Self::Load | Self::Demand => 0.85,
            Self::Cpu => 1.1,
            Self::Replicas => 1.3,
            Self::Latency => 0.95,
        }
    }

    /// Draws it into `frame`.
    pub(super) fn draw<B: DrawingBackend>(
        self,
        canvas: &mut Canvas<B>,
        shared: &Shared<'_>,
        frame: Rect,
    ) -> Result<(), PlotError> {
        let draft = Draft { shared, frame };
        match self {
            Self::Load => draft.load(canvas),
            Self::Demand => draft.demand(canvas),
            Self::Cpu => draft.cpu(canvas),
            Self::Replicas => draft.replicas(canvas),
            Self::Latency => draft.latency(canvas),
        }
    }
}

/// A limit so far above the data that showing it would squash them stays outside.
const WORTH_SHOWING: f64 = 2.2;

/// CPU of pods that were ready for less than this share of an interval tells of a moment, and is not drawn.
const READY_SHARE_MIN: f64 = 0.1;

/// Use far above a pod's CPU limit is that of a moment, and stands at the top of an axis of this multiple of the limit.
const ABOVE_LIMIT: f64 = 1.2;

struct Draft<'a> {
    shared: &'a Shared<'a>,
    frame: Rect,
}

fn entry(mark: LegendKey, text: impl Into<String>) -> LegendEntry {
    LegendEntry {
        mark,
        text: text.into(),
    }
}

fn curve(strokes: &Strokes, stroke: Stroke) -> PlottedLine<'_> {
    PlottedLine { strokes, stroke }
}

fn reference(value: f64, text: String, ink: Ink) -> Reference {
    Reference { value, text, ink }
}

impl Draft<'_> {
    fn scenario(&self) -> &Scenario {
        self.shared.picture.scenario
    }

    fn strokes(&self, shape: LineShape, value: impl FnMut(&TimelineRow) -> Option<f64>) -> Strokes {
        strokes(self.shared.picture.timeline, shape, value)
    }

    fn panel(&self, scale: AxisScale, unit: Unit) -> Panel {
        Panel {
            frame: self.frame,
            scale,
            unit,
            end: self.shared.end,
        }
    }

    fn load<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let offered = self.strokes(LineShape::Slope, |row| Some(row.offered_rps));
        let served = self.strokes(LineShape::Slope, |row| Some(row.succeeded_rps));
        let rows = &self.shared.picture.timeline.rows;
        let failing_at = |row: Option<&TimelineRow>| row.is_some_and(|row| row.failed_rps > 0.0);
        // Zero would only thicken the axis, except where failures begin and end; where lines become ribbons it is counted in.
        let shown: Vec<bool> = (0..rows.len())
            .map(|row| {
                let before = row.checked_sub(1).and_then(|before| rows.get(before));
                self.shared.dense
                    || failing_at(before)
                    || failing_at(rows.get(row))
                    || failing_at(rows.get(row + 1))
            })
            .collect();
        let mut shown = shown.into_iter();
        let failed = self.strokes(LineShape::Slope, |row| {
            shown.next().unwrap_or(false).then_some(row.failed_rps)
        });
        let attempts = self.attempts();
        let most = greatest([&offered, &served, &failed, &attempts]);
        let panel = self.panel(AxisScale::from_zero(most, Unit::Plain), Unit::Plain);
        let wide = solid(ink::GREY.tint(0.55), 4.5);
        let thin = dashed(ink::GREY, 1.4);
        let green = solid(ink::GREEN, 1.8);
        let red = solid(ink::VERMILION, 1.8);
        panel.shade(canvas, &self.shared.broken)?;
        panel.axes(canvas, &self.shared.times)?;
        let curves = [
            curve(&offered, wide),
            curve(&attempts, thin),
            curve(&served, green),
            curve(&failed, red),
        ];
        let has_failures = greatest([&failed]) > 0.0;
        panel.curves(canvas, if has_failures { &curves } else { &curves[..3] })?;
        let users = self.users(canvas)?;
        panel.ground(canvas)?;
        let mut entries = vec![entry(LegendKey::Line(wide), "offered")];
        if !attempts.is_empty() {
            entries.push(entry(LegendKey::Line(thin), "with retries"));
        }
        entries.push(entry(LegendKey::Line(green), "served"));
        if has_failures {
            entries.push(entry(LegendKey::Line(red), self.failed_in_words()));
        }
        entries.extend(users);
        panel.legend(canvas, "Load, requests per second", &entries)
    }

    /// What was offered and tried again, where anything was.
    fn attempts(&self) -> Strokes {
        let rows = &self.shared.picture.timeline.rows;
        let retried = |row: &TimelineRow| row.retried_rps.unwrap_or(0.0);
        if rows.iter().all(|row| retried(row) <= 0.0) {
            return Strokes::new();
        }
        self.strokes(LineShape::Slope, |row| Some(row.offered_rps + retried(row)))
    }

    /// `failed: timed out 83 %, queue full 17 %`.
    fn failed_in_words(&self) -> String {
        let kpis = &self.shared.picture.kpis;
        let causes = ranked(|cause| kpis.value(cause.kpi()).unwrap_or(0.0));
        if causes.is_empty() {
            "failed".to_owned()
        } else {
            format!("failed: {}", causes_in_words(&causes))
        }
    }

    /// The users of a closed load on a scale of their own, to the right; their entry in the legend.
    fn users<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
    ) -> Result<Option<LegendEntry>, PlotError> {
        let users = self.strokes(LineShape::Step, |row| row.users.map(f64::from));
        if users.is_empty() {
            return Ok(None);
        }
        let scale = AxisScale::from_zero(greatest([&users]), Unit::Count);
        let panel = self.panel(scale, Unit::Count);
        let purple = dashed(ink::PURPLE, 1.8);
        panel.curves(canvas, &[curve(&users, purple)])?;
        panel.right_axis(canvas, ink::PURPLE)?;
        Ok(Some(entry(LegendKey::Line(purple), "users (right)")))
    }

    fn demand<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let trace = &self.scenario().trace;
        let Demand::CpuMillicores(millicores) = &trace.demand else {
            return Ok(());
        };
        let scale = self.scenario().workload.scale;
        let asked = self.strokes(LineShape::Slope, |row| {
            let next = trace.times.partition_point(|time| *time <= row.time);
            let value = millicores.get(next.checked_sub(1)?)?;
            Some(value * scale / 1000.0)
        });
        let used = self.strokes(LineShape::Slope, |row| Some(row.cpu_cores));
        let most = greatest([&asked, &used]);
        let panel = self.panel(AxisScale::from_zero(most, Unit::Plain), Unit::Plain);
        let wide = solid(ink::GREY.tint(0.55), 4.5);
        let green = solid(ink::GREEN, 1.8);
        panel.axes(canvas, &self.shared.times)?;
        panel.curves(canvas, &[curve(&asked, wide), curve(&used, green)])?;
        panel.ground(canvas)?;
        let entries = [
            entry(LegendKey::Line(wide), "demand"),
            entry(LegendKey::Line(green), "used by all pods"),
        ];
        panel.legend(canvas, "Load, CPU cores", &entries)
    }

    fn cpu<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let used = self.strokes(LineShape::Slope, |row| {
            row.cpu_percent
                .filter(|_| row.cpu_percent_time_share >= READY_SHARE_MIN)
        });
        let seen = self.strokes(LineShape::Step, |row| row.cpu_percent_seen);
        let autoscaler = self.scenario().hpa();
        let target = autoscaler.and_then(CpuTarget::of);
        let limit = limit_percent(self.scenario());
        let pod = |value: fn(&PodSpread) -> f64| {
            move |row: &TimelineRow| row.pod_cpu.as_ref().map(|pods| 100.0 * value(pods))
        };
        let idlest = self.strokes(LineShape::Slope, pod(|pods| pods.min));
        let busiest = self.strokes(LineShape::Slope, pod(|pods| pods.max));
        let band_top = target.map_or(0.0, |target| target.high);
        let data = greatest([&used, &seen, &busiest]);
        // A pod that was ready for milliseconds alone spent a quota at full speed in them: that is not worth squashing the rest.
        let most_shown = limit.map_or(data, |limit| data.min(ABOVE_LIMIT * limit));
        let data = most_shown.max(band_top);
        let limit_shown = limit.filter(|limit| *limit <= WORTH_SHOWING * data);
        let most = data.max(limit_shown.unwrap_or(0.0));
        let panel = self.panel(AxisScale::from_zero(most, Unit::Percent), Unit::Percent);
        let band = ink::GREEN.tint(0.28);
        let blue = solid(ink::BLUE, 1.4);
        let orange = solid(ink::ORANGE, 3.6);
        panel.shade(canvas, &self.shared.broken)?;
        if let Some(target) = target {
            panel.band(canvas, target.low, target.high, band)?;
        }
        panel.axes(canvas, &self.shared.times)?;
        let mut references = Vec::new();
        if let Some(limit) = limit_shown {
            let text = format!("limit {limit:.0} %");
            references.push(reference(limit, text, ink::VERMILION));
        }
        if let Some(target) = target {
            let text = format!("target {:.0} %", target.percent);
            references.push(reference(target.percent, text, ink::GREEN));
        }
        panel.between(canvas, &idlest, &busiest, ink::BLUE)?;
        panel.references(canvas, &references)?;
        panel.curves(canvas, &[curve(&seen, orange), curve(&used, blue)])?;
        panel.ground(canvas)?;
        self.throttling(canvas, &panel)?;
        if let (Some(limit), None) = (limit, limit_shown) {
            panel.above(canvas, &format!("limit {limit:.0} %"), ink::VERMILION)?;
        }
        let mut entries = vec![if busiest.is_empty() {
            entry(LegendKey::Line(blue), "used by ready pods")
        } else {
            let fill = ink::BLUE.tint(0.2);
            entry(
                LegendKey::Ribbon { line: blue, fill },
                "pods: idlest, mean, busiest",
            )
        }];
        if !seen.is_empty() {
            entries.push(entry(LegendKey::Line(orange), "as the HPA saw it"));
        }
        if target.is_some() {
            entries.push(entry(LegendKey::Band(band), "within tolerance"));
        }
        panel.legend(canvas, "CPU, percent of request", &entries)
    }

    /// How much of their time pods were throttled, under the panel, where they were at all.
    fn throttling<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        panel: &Panel,
    ) -> Result<(), PlotError> {
        let shares = self.strokes(LineShape::Step, |row| Some(row.throttled_share));
        let most = greatest([&shares]);
        if most <= 0.0 {
            return Ok(());
        }
        let heat = Heat {
            shares: &shares,
            ink: ink::VERMILION,
            name: "throttled",
            most: format!("up to {}", human::percent(most)),
        };
        panel.heat(canvas, &heat)
    }

    fn replicas<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let count = |replicas: Replicas| Some(f64::from(replicas.0));
        let desired = self.strokes(LineShape::Step, |row| count(row.desired));
        let current = self.strokes(LineShape::Step, |row| count(row.current));
        let ready = self.strokes(LineShape::Step, |row| count(row.ready));
        let needed = self.strokes(LineShape::Step, |row| row.needed.and_then(count));
        let data = greatest([&desired, &current, &ready, &needed]);
        let bounds = self.scenario().hpa().map(|it| &it.spec);
        let max = bounds.map(|spec| f64::from(spec.max_replicas.0));
        let max_shown = max.filter(|max| *max <= WORTH_SHOWING * data);
        let panel = self.panel(
            AxisScale::from_zero(data.max(max_shown.unwrap_or(0.0)), Unit::Count),
            Unit::Count,
        );
        let fill = ink::SKY.tint(0.42);
        let sky = solid(ink::SKY, 1.2);
        let wide = solid(ink::BLUE.tint(0.45), 4.5);
        let black = solid(ink::BLACK, 1.6);
        let purple = dashed(ink::PURPLE, 2.0);
        panel.shade(canvas, &self.shared.broken)?;
        panel.area(canvas, &ready, fill)?;
        panel.axes(canvas, &self.shared.times)?;
        let mut references = Vec::new();
        if let Some(max) = max_shown {
            references.push(reference(max, format!("max {max:.0}"), ink::GREY));
        }
        if let Some(spec) = bounds {
            let min = spec.min_replicas;
            references.push(reference(f64::from(min.0), format!("min {min}"), ink::GREY));
        }
        panel.references(canvas, &references)?;
        let curves = [
            curve(&ready, sky),
            curve(&current, wide),
            curve(&desired, black),
            curve(&needed, purple),
        ];
        panel.curves(canvas, &curves)?;
        panel.ground(canvas)?;
        if let (Some(max), None) = (max, max_shown) {
            panel.above(canvas, &format!("max {max:.0}"), ink::GREY)?;
        }
        let (up, down) = (LegendKey::Up(ink::GREEN), LegendKey::Down(ink::VERMILION));
        let rescales = &self.shared.picture.timeline.rescales;
        let moments: Vec<Moment> = rescales
            .iter()
            .map(|rescale| Moment {
                seconds: rescale.time.as_secs_f64(),
                mark: if rescale.to > rescale.from { up } else { down },
            })
            .collect();
        panel.moments(canvas, &moments)?;
        let mut entries = vec![
            entry(LegendKey::Line(black), "desired"),
            entry(LegendKey::Line(wide), "current"),
            entry(LegendKey::Area { line: sky, fill }, "ready"),
        ];
        if !needed.is_empty() {
            entries.push(entry(LegendKey::Line(purple), "needed for the SLO"));
        }
        if !moments.is_empty() {
            entries.push(entry(up, "scaled up"));
            entries.push(entry(down, "scaled down"));
        }
        panel.legend(canvas, "Replicas", &entries)
    }

    fn latency<B: DrawingBackend>(&self, canvas: &mut Canvas<B>) -> Result<(), PlotError> {
        let slo = &self.scenario().slo;
        let promised = self.strokes(LineShape::Slope, |row| row.latency.map(|it| it.promised));
        let median = self.strokes(LineShape::Slope, |row| row.latency.map(|it| it.p50));
        let limit = slo.latency_limit.as_secs_f64();
        let most = greatest([&promised, &median]).max(limit);
        let least = median
            .iter()
            .flatten()
            .fold(limit, |least, sample| sample.value.min(least));
        let panel = self.panel(AxisScale::for_latency(least, most), Unit::Latency);
        let blue = solid(ink::BLUE, 1.8);
        let sky = solid(ink::SKY, 1.6);
        panel.shade(canvas, &self.shared.broken)?;
        panel.axes(canvas, &self.shared.times)?;
        let text = format!("SLO {}", human::latency(limit));
        panel.references(canvas, &[reference(limit, text, ink::VERMILION)])?;
        panel.curves(canvas, &[curve(&median, sky), curve(&promised, blue)])?;
        panel.ground(canvas)?;
        let entries = [
            entry(LegendKey::Line(blue), quantile_name(slo.latency_quantile)),
            entry(LegendKey::Line(sky), "median"),
        ];
        let heading = match panel.scale {
            AxisScale::Log { .. } => "Latency of served requests (log scale)",
            AxisScale::Linear { .. } => "Latency of served requests",
        };
        panel.legend(canvas, heading, &entries)
    }
}

/// The CPU utilisation that the autoscaler aims at, and around it where it stays put; percent of request.
#[derive(Clone, Copy, Debug, PartialEq)]
struct CpuTarget {
    percent: f64,
    low: f64,
    high: f64,
}

impl CpuTarget {
    /// The first CPU utilisation target of the autoscaler.
    fn of(autoscaler: &Hpa) -> Option<Self> {
        let percent = autoscaler.spec.metrics.iter().find_map(|metric| {
            match (metric.source.is_cpu(), metric.target) {
                (true, MetricTarget::Utilization(percent)) => Some(f64::from(percent)),
                _ => None,
            }
        })?;
        let settings = &autoscaler.settings;
        let behavior = match settings.configurable_tolerance {
            Gate::On => autoscaler.spec.behavior.as_ref(),
            Gate::Off => None,
        };
        let tolerance = settings.tolerance;
        let up = behavior.and_then(|behavior| behavior.scale_up.tolerance);
        let down = behavior.and_then(|behavior| behavior.scale_down.tolerance);
        Some(Self {
            percent,
            low: percent * (1.0 - down.unwrap_or(tolerance)).max(0.0),
            high: percent * (1.0 + up.unwrap_or(tolerance)),
        })
    }
}

/// The pod's CPU limit in percent of its request; `None` unless every container, or the pod, has both.
fn limit_percent(scenario: &Scenario) -> Option<f64> {
    let deployment = &scenario.deployment;
    let (mut limit, mut request) = (0.0, 0.0);
    for container in &deployment.containers {
        limit += deployment.cpu_limit_of(container)?.as_cores();
        if deployment.pod_level.cpu_request.is_none() {
            request += container.cpu_request.or(container.cpu_limit)?.as_cores();
        }
    }
    if let Some(pod_limit) = deployment.pod_level.cpu_limit {
        limit = limit.min(pod_limit.as_cores());
    }
    if let Some(pod_request) = deployment.pod_level.cpu_request {
        request = pod_request.as_cores();
    }
    (request > 0.0).then(|| 100.0 * limit / request)
}
