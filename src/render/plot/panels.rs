//! What the panels of a run show: which column of the timeline in which colour, and which limits beside it.

use super::acted_on::{ActedOn, PlottedTarget};
use super::axis::{Axis, Unit};
use super::ink;
use super::page::{BAND_STRENGTH, dashed, shortened, soft, solid};
use super::panel::{Breaches, Moment, PlottedLine, SLICE, Strip};
use super::plane::{Plane, Reference};
use super::series::{LineShape, Strokes, greatest, strokes};
use super::symbols::{LegendEntry, LegendKey, Shape, entry};
use crate::draw::{Align, Drawing, Ink, Rect, Stroke};
use crate::hpa::spec::MetricTarget;
use crate::render::human;
use crate::render::words::causes_in_words;
use crate::results::failures::ranked;
use crate::results::{Kpis, Timeline, TimelineRow};
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
    /// Metrics beside the CPU utilization of the pods.
    ActedOn,
    /// CPU in percent of request.
    Cpu,
    /// Replicas.
    Replicas,
    /// Latency of what succeeded.
    Latency,
}

impl PanelKind {
    /// The panels of a run, from top to bottom.
    pub(super) fn all(scenario: &Scenario) -> Vec<Self> {
        let knows_requests = knows_requests(scenario);
        let load = if knows_requests {
            Self::Load
        } else {
            Self::Demand
        };
        let has_metrics = scenario.hpa().is_some_and(ActedOn::has_panel);
        let acted_on = has_metrics.then_some(Self::ActedOn);
        let latency = knows_requests.then_some(Self::Latency);
        [load]
            .into_iter()
            .chain(acted_on)
            .chain([Self::Cpu, Self::Replicas])
            .chain(latency)
            .collect()
    }

    /// Its height beside the others'.
    pub(super) fn weight(self) -> f64 {
        match self {
            Self::Load | Self::Demand => 0.85,
            Self::ActedOn => 0.9,
            Self::Cpu => 1.1,
            Self::Replicas => 1.3,
            Self::Latency => 0.95,
        }
    }
}

/// Whether the trace is one of requests, so that latency and SLO are known.
pub(super) fn knows_requests(scenario: &Scenario) -> bool {
    !matches!(scenario.trace.demand, Demand::CpuMillicores(_))
}

/// `p95`, `p99.9`.
pub(super) fn quantile_name(quantile: f64) -> String {
    format!("p{}", human::trimmed(quantile * 100.0, 3))
}

/// A limit so far above the data that showing it would squash them stays outside.
pub(super) const WORTH_SHOWING: f64 = 2.2;
/// CPU of pods that were ready for less than this share of an interval tells of a moment, and is not drawn.
const READY_SHARE_MIN: f64 = 0.1;
/// Use far above a pod's CPU limit is that of a moment, and stands at the top of an axis of this multiple of the limit.
const ABOVE_LIMIT: f64 = 1.2;
/// The widest name of a metric in a legend of several, in points.
const METRIC_NAME_ROOM: f64 = 150.0;
/// The colours of metrics that share a panel, in the order of the spec.
const METRIC_INKS: [Ink; 5] = [ink::ORANGE, ink::BLUE, ink::PURPLE, ink::SKY, ink::BLACK];

/// All that the panels of a run are made from.
pub(super) struct Draft<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) timeline: &'a Timeline,
    pub(super) kpis: &'a Kpis,
    pub(super) times: Axis,
    pub(super) breaches: Breaches,
    /// Whether there are more intervals than the picture can show one by one.
    pub(super) is_dense: bool,
}

fn curve(strokes: &Strokes, stroke: Stroke) -> PlottedLine<'_> {
    PlottedLine { strokes, stroke }
}

fn reference(value: f64, text: String, ink: Ink) -> Reference {
    Reference { value, text, ink }
}

impl Draft<'_> {
    /// Draws a panel into `frame`.
    pub(super) fn draw(&self, drawing: &mut Drawing, kind: PanelKind, frame: Rect) {
        match kind {
            PanelKind::Load => self.load(drawing, frame),
            PanelKind::Demand => self.demand(drawing, frame),
            PanelKind::ActedOn => self.acted_on(drawing, frame),
            PanelKind::Cpu => self.cpu(drawing, frame),
            PanelKind::Replicas => self.replicas(drawing, frame),
            PanelKind::Latency => self.latency(drawing, frame),
        }
    }

    fn strokes(&self, shape: LineShape, value: impl FnMut(&TimelineRow) -> Option<f64>) -> Strokes {
        strokes(self.timeline, shape, value)
    }

    fn panel(&self, frame: Rect, y: Axis) -> Plane {
        Plane {
            frame,
            x: self.times.clone(),
            y,
        }
    }

    /// What lies below all data: the warm-up, what broke the SLO, then what `under` draws, then the grid.
    fn ground_work(
        &self,
        drawing: &mut Drawing,
        panel: &Plane,
        under: impl FnOnce(&mut Drawing, &Plane),
    ) {
        panel.shade_warm_up(drawing, self.scenario.warm_up);
        panel.shade(drawing, &self.breaches);
        under(drawing, panel);
        panel.grid(drawing);
        panel.name_y(drawing);
    }

    fn load(&self, drawing: &mut Drawing, frame: Rect) {
        let offered = self.strokes(LineShape::Slope, |row| Some(row.offered_rps));
        let served = self.strokes(LineShape::Slope, |row| Some(row.succeeded_rps));
        let failed = self.failed();
        let attempts = self.attempts();
        let most = greatest([&offered, &served, &failed, &attempts]);
        let panel = self.panel(frame, Axis::from_zero(most, Unit::Plain));
        let wide = solid(ink::GREY.tint(0.55), 4.5);
        let thin = dashed(ink::GREY, 1.4);
        let green = solid(ink::GREEN, 1.8);
        let red = solid(ink::VERMILION, 1.8);
        self.ground_work(drawing, &panel, |_, _| {});
        let mut curves = vec![
            curve(&offered, wide),
            curve(&attempts, thin),
            curve(&served, green),
        ];
        let mut entries = vec![entry(LegendKey::Line(wide), "offered")];
        if !attempts.is_empty() {
            entries.push(entry(LegendKey::Line(thin), "with retries"));
        }
        entries.push(entry(LegendKey::Line(green), "served"));
        if greatest([&failed]) > 0.0 {
            curves.push(curve(&failed, red));
            entries.push(entry(LegendKey::Line(red), self.failed_in_words()));
        }
        panel.curves(drawing, &curves);
        entries.extend(self.users(drawing, frame));
        panel.ground(drawing);
        self.broken(drawing, &panel);
        panel.legend(drawing, "Load, requests per second", &entries);
    }

    /// Requests that failed; zero would only thicken the axis, except where failures begin and end and where lines become ribbons.
    fn failed(&self) -> Strokes {
        let rows = &self.timeline.rows;
        let fails_at = |row: usize| rows.get(row).is_some_and(|row| row.failed_rps > 0.0);
        let mut numbers = 0..rows.len();
        self.strokes(LineShape::Slope, |row| {
            let number = numbers.next()?;
            let is_shown = self.is_dense
                || fails_at(number)
                || fails_at(number + 1)
                || number.checked_sub(1).is_some_and(fails_at);
            is_shown.then_some(row.failed_rps)
        })
    }

    /// What was offered and tried again, where anything was.
    fn attempts(&self) -> Strokes {
        let retried = |row: &TimelineRow| row.retried_rps.unwrap_or(0.0);
        if self.timeline.rows.iter().all(|row| retried(row) <= 0.0) {
            return Strokes::new();
        }
        self.strokes(LineShape::Slope, |row| Some(row.offered_rps + retried(row)))
    }

    /// `failed: timed out 83 %, queue full 17 %`.
    fn failed_in_words(&self) -> String {
        let causes = ranked(|cause| self.kpis.value(cause.kpi()).unwrap_or(0.0));
        if causes.is_empty() {
            "failed".to_owned()
        } else {
            format!("failed: {}", causes_in_words(&causes))
        }
    }

    /// The users of a closed load on a scale of their own, to the right; their entry in the legend.
    fn users(&self, drawing: &mut Drawing, frame: Rect) -> Option<LegendEntry> {
        let users = self.strokes(LineShape::Step, |row| row.users.map(f64::from));
        if users.is_empty() {
            return None;
        }
        let panel = self.panel(frame, Axis::from_zero(greatest([&users]), Unit::Count));
        let purple = dashed(ink::PURPLE, 1.8);
        panel.curves(drawing, &[curve(&users, purple)]);
        panel.name_y_right(drawing, ink::PURPLE);
        Some(entry(LegendKey::Line(purple), "users (right)"))
    }

    /// How much of each moment broke the SLO, under the panel, where anything did: a pixel of a day is more than a minute.
    fn broken(&self, drawing: &mut Drawing, panel: &Plane) {
        if self.breaches.stretches.is_empty() {
            return;
        }
        let seconds = self.kpis.slo_violation_seconds;
        let strip = Strip {
            shares: &self.breaches.shares,
            slice: 1.0,
            least_strength: 0.6,
            name: "broken",
            amount: seconds.map(human::duration).unwrap_or_default(),
        };
        panel.strip(drawing, &strip);
    }

    fn demand(&self, drawing: &mut Drawing, frame: Rect) {
        let trace = &self.scenario.trace;
        let Demand::CpuMillicores(millicores) = &trace.demand else {
            return;
        };
        let scale = self.scenario.workload.scale;
        let asked = self.strokes(LineShape::Slope, |row| {
            let next = trace.times.partition_point(|time| *time <= row.time);
            let value = millicores.get(next.checked_sub(1)?)?;
            Some(value * scale / 1000.0)
        });
        let used = self.strokes(LineShape::Slope, |row| Some(row.cpu_cores));
        let most = greatest([&asked, &used]);
        let panel = self.panel(frame, Axis::from_zero(most, Unit::Plain));
        let wide = solid(ink::GREY.tint(0.55), 4.5);
        let green = solid(ink::GREEN, 1.8);
        self.ground_work(drawing, &panel, |_, _| {});
        panel.curves(drawing, &[curve(&asked, wide), curve(&used, green)]);
        panel.ground(drawing);
        let entries = [
            entry(LegendKey::Line(wide), "demand"),
            entry(LegendKey::Line(green), "used by all pods"),
        ];
        panel.legend(drawing, "Load, CPU cores", &entries);
    }

    fn acted_on(&self, drawing: &mut Drawing, frame: Rect) {
        let autoscaler = self.scenario.hpa();
        let Some(acted_on) = autoscaler.and_then(|it| ActedOn::of(it, self.timeline)) else {
            return;
        };
        let target = acted_on.target;
        let most = greatest(acted_on.metrics.iter().map(|it| &it.values)).max(target.high);
        let least = acted_on.least_positive().unwrap_or(target.value);
        let axis = Axis::for_ratios(least.min(target.low), most, acted_on.unit);
        let panel = self.panel(frame, axis);
        let band = ink::GREEN.tint(0.28);
        self.ground_work(drawing, &panel, |drawing, panel| {
            panel.band(drawing, target.low, target.high, band);
        });
        let text = acted_on.target_name.clone();
        panel.references(drawing, &[reference(target.value, text, ink::GREEN)]);
        let is_alone = acted_on.metrics.len() == 1;
        let mut entries = Vec::new();
        for (metric, ink) in acted_on.metrics.iter().zip(METRIC_INKS.iter().cycle()) {
            let stroke = solid(*ink, if is_alone { 3.0 } else { 2.0 });
            panel.curves(drawing, &[curve(&metric.values, stroke)]);
            let name = if is_alone {
                "as the HPA saw it".to_owned()
            } else {
                shortened(&metric.name, soft(Align::Left), METRIC_NAME_ROOM)
            };
            entries.push(entry(LegendKey::Line(stroke), name));
        }
        panel.ground(drawing);
        entries.push(entry(LegendKey::Band(band), "within tolerance"));
        let log = if panel.y.is_log() { " (log scale)" } else { "" };
        panel.legend(drawing, &format!("{}{log}", acted_on.heading), &entries);
    }

    fn cpu(&self, drawing: &mut Drawing, frame: Rect) {
        let used = self.strokes(LineShape::Slope, |row| {
            row.cpu_percent
                .filter(|_| row.cpu_percent_time_share >= READY_SHARE_MIN)
        });
        let seen = self.strokes(LineShape::Step, |row| row.cpu_percent_seen);
        let target = cpu_target(self.scenario);
        let limit = limit_percent(self.scenario);
        let pod = |value: fn(&PodSpread) -> f64| {
            move |row: &TimelineRow| row.pod_cpu.as_ref().map(|pods| 100.0 * value(pods))
        };
        let idlest = self.strokes(LineShape::Slope, pod(|pods| pods.min));
        let busiest = self.strokes(LineShape::Slope, pod(|pods| pods.max));
        let data = greatest([&used, &seen, &busiest]);
        // A pod that was ready for milliseconds alone spent a quota at full speed in them: that is not worth squashing the rest.
        let most_shown = limit.map_or(data, |limit| data.min(ABOVE_LIMIT * limit));
        let data = most_shown.max(target.map_or(0.0, |target| target.high));
        let limit_shown = limit.filter(|limit| *limit <= WORTH_SHOWING * data);
        let most = data.max(limit_shown.unwrap_or(0.0));
        let panel = self.panel(frame, Axis::from_zero(most, Unit::Percent));
        let band = ink::GREEN.tint(0.28);
        let blue = solid(ink::BLUE, 1.4);
        let orange = solid(ink::ORANGE, 3.6);
        self.ground_work(drawing, &panel, |drawing, panel| {
            if let Some(target) = target {
                panel.band(drawing, target.low, target.high, band);
            }
        });
        let limit_line = limit_shown
            .map(|limit| reference(limit, format!("limit {limit:.0} %"), ink::VERMILION));
        let target_line = target.map(|target| {
            let text = format!("target {:.0} %", target.value);
            reference(target.value, text, ink::GREEN)
        });
        let references: Vec<Reference> = limit_line.into_iter().chain(target_line).collect();
        panel.between(drawing, &idlest, &busiest, ink::BLUE);
        panel.references(drawing, &references);
        panel.curves(drawing, &[curve(&seen, orange), curve(&used, blue)]);
        panel.ground(drawing);
        self.throttling(drawing, &panel);
        if let (Some(limit), None) = (limit, limit_shown) {
            panel.above(drawing, 0, &format!("limit {limit:.0} %"), ink::VERMILION);
        }
        let fill = ink::BLUE.tint(BAND_STRENGTH);
        let ribbon = LegendKey::Ribbon { line: blue, fill };
        let mut entries = vec![if busiest.is_empty() {
            entry(LegendKey::Line(blue), "used by ready pods")
        } else {
            entry(ribbon, "pods: idlest, mean, busiest")
        }];
        if !seen.is_empty() {
            entries.push(entry(LegendKey::Line(orange), "as the HPA saw it"));
        }
        if target.is_some() {
            entries.push(entry(LegendKey::Band(band), "within tolerance"));
        }
        panel.legend(drawing, "CPU, percent of request", &entries);
    }

    /// How much of their time pods were throttled, under the panel, where they were at all.
    fn throttling(&self, drawing: &mut Drawing, panel: &Plane) {
        let shares = self.strokes(LineShape::Step, |row| Some(row.throttled_share));
        let most = greatest([&shares]);
        if most <= 0.0 {
            return;
        }
        let strip = Strip {
            shares: &shares,
            slice: SLICE,
            least_strength: 0.15,
            name: "throttled",
            amount: format!("up to {}", human::percent(most)),
        };
        panel.strip(drawing, &strip);
    }

    fn replicas(&self, drawing: &mut Drawing, frame: Rect) {
        let count = |replicas: Replicas| Some(f64::from(replicas.0));
        let desired = self.strokes(LineShape::Step, |row| count(row.desired));
        let current = self.strokes(LineShape::Step, |row| count(row.current));
        let ready = self.strokes(LineShape::Step, |row| count(row.ready));
        let needed = self.strokes(LineShape::Step, |row| row.needed.and_then(count));
        let data = greatest([&desired, &current, &ready, &needed]);
        let bounds = self.scenario.hpa().map(|it| &it.spec);
        let max = bounds.map(|spec| f64::from(spec.max_replicas.0));
        let max_shown = max.filter(|max| *max <= WORTH_SHOWING * data);
        let most = data.max(max_shown.unwrap_or(0.0));
        let panel = self.panel(frame, Axis::from_zero(most, Unit::Count));
        let fill = ink::SKY.tint(0.42);
        let sky = solid(ink::SKY, 1.2);
        let wide = solid(ink::BLUE.tint(0.45), 4.5);
        let black = solid(ink::BLACK, 1.6);
        let purple = dashed(ink::PURPLE, 2.0);
        self.ground_work(drawing, &panel, |drawing, panel| {
            panel.area(drawing, &ready, fill);
        });
        let max_line = max_shown.map(|max| reference(max, format!("max {max:.0}"), ink::GREY));
        let min_line = bounds.map(|spec| {
            let min = spec.min_replicas;
            reference(f64::from(min.0), format!("min {min}"), ink::GREY)
        });
        let references: Vec<Reference> = max_line.into_iter().chain(min_line).collect();
        panel.references(drawing, &references);
        let curves = [
            curve(&ready, sky),
            curve(&current, wide),
            curve(&desired, black),
            curve(&needed, purple),
        ];
        panel.curves(drawing, &curves);
        panel.ground(drawing);
        if let (Some(max), None) = (max, max_shown) {
            panel.above(drawing, 0, &format!("max {max:.0}"), ink::GREY);
        }
        let rescales = self.timeline.rescales.iter().map(|rescale| Moment {
            seconds: rescale.time.as_secs_f64(),
            is_up: rescale.to > rescale.from,
        });
        let moments: Vec<Moment> = rescales.collect();
        panel.moments(drawing, &moments);
        let mut entries = vec![
            entry(LegendKey::Line(black), "desired"),
            entry(LegendKey::Line(wide), "current"),
            entry(LegendKey::Area { line: sky, fill }, "ready"),
        ];
        if !needed.is_empty() {
            entries.push(entry(LegendKey::Line(purple), "needed for the SLO"));
        }
        if !moments.is_empty() {
            let triangle = |shape: Shape, ink: Ink| LegendKey::Shape {
                shape,
                ink,
                radius: 4.5,
            };
            let (up, down) = (Shape::TriangleUp, Shape::TriangleDown);
            entries.push(entry(triangle(up, ink::GREEN), "scaled up"));
            entries.push(entry(triangle(down, ink::VERMILION), "scaled down"));
        }
        panel.legend(drawing, "Replicas", &entries);
    }

    fn latency(&self, drawing: &mut Drawing, frame: Rect) {
        let slo = &self.scenario.slo;
        let promised = self.strokes(LineShape::Slope, |row| row.latency.map(|it| it.promised));
        let median = self.strokes(LineShape::Slope, |row| row.latency.map(|it| it.p50));
        let limit = slo.latency_limit.as_secs_f64();
        let most = greatest([&promised, &median]).max(limit);
        let least = median
            .iter()
            .flatten()
            .fold(limit, |least, sample| sample.value.min(least));
        let panel = self.panel(frame, Axis::for_ratios(least, most, Unit::Latency));
        let blue = solid(ink::BLUE, 1.8);
        let sky = solid(ink::SKY, 1.6);
        self.ground_work(drawing, &panel, |_, _| {});
        let text = format!("SLO {}", human::latency(limit));
        panel.references(drawing, &[reference(limit, text, ink::VERMILION)]);
        panel.curves(drawing, &[curve(&median, sky), curve(&promised, blue)]);
        panel.ground(drawing);
        let entries = [
            entry(LegendKey::Line(blue), quantile_name(slo.latency_quantile)),
            entry(LegendKey::Line(sky), "median"),
        ];
        let heading = if panel.y.is_log() {
            "Latency of served requests (log scale)"
        } else {
            "Latency of served requests"
        };
        panel.legend(drawing, heading, &entries);
    }
}

/// The first CPU utilisation target of the autoscaler, in percent of request.
pub(super) fn cpu_target(scenario: &Scenario) -> Option<PlottedTarget> {
    let autoscaler = scenario.hpa()?;
    let percent = autoscaler.spec.metrics.iter().find_map(|metric| {
        match (metric.source.is_cpu(), metric.target) {
            (true, MetricTarget::Utilization(percent)) => Some(f64::from(percent)),
            _ => None,
        }
    })?;
    Some(PlottedTarget::of(autoscaler, percent))
}

/// The pod's CPU limit in percent of its request; `None` unless every container, or the pod, has both.
pub(super) fn limit_percent(scenario: &Scenario) -> Option<f64> {
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
