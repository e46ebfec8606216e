//! The picture of a comparison: the panels of a run, a colour for each policy, seeds as median and band.

use super::acted_on::MetricScale;
use super::axis::Unit;
use super::bands::{
    BandChart, BandColour, BandLevel, BandPanel, BandPoint, BandQuantity, BandSeries,
};
use super::panels::{knows_requests, quantile_name};
use crate::control::Hpa;
use crate::render::human;
use crate::results::curves::{Curve, CurvePoint, PolicyCurves};
use crate::scenario::{Engine, Scenario};

/// What the picture shows.
#[derive(Clone, Copy, Debug)]
pub struct ComparedPicture<'a> {
    /// The trace's name.
    pub trace: &'a str,
    /// Which engine ran.
    pub engine: Engine,
    /// How many seeds.
    pub seeds: usize,
    /// The policies' names.
    pub policies: &'a [String],
    /// Each policy under the trace: its replica bounds are drawn, and the SLO of the first.
    pub scenarios: &'a [Scenario],
    /// What happened, by policy.
    pub curves: &'a [PolicyCurves],
}

impl ComparedPicture<'_> {
    fn knows_requests(&self) -> bool {
        knows_requests(&self.scenarios[0])
    }

    /// The autoscalers that have metrics, by policy.
    fn autoscalers(&self) -> impl Iterator<Item = Option<&Hpa>> {
        let autoscalers = self.scenarios.iter().map(Scenario::hpa);
        autoscalers.map(|it| it.filter(|it| !it.spec.metrics.is_empty()))
    }
}

/// The policies' colours; of more than these each gets a panel of its own.
const COLOURS: [BandColour; 6] = [
    BandColour::Blue,
    BandColour::Vermilion,
    BandColour::Green,
    BandColour::Orange,
    BandColour::Purple,
    BandColour::Sky,
];

/// Letters of a policy's name that a legend shows at most, and even where there is little room.
const NAME_LETTERS: std::ops::RangeInclusive<usize> = 6..=20;
/// Letters at most of a policy's name with its metrics.
const NAME_AND_METRICS_LETTERS: usize = 48;
/// Letters at most of a metric's name in a heading.
const METRIC_LETTERS: usize = 30;
/// Points that a legend has, and beside the longest entry that is no policy's.
const WHOLE_LEGEND_WIDTH: usize = 820;
const LEGEND_WIDTH: usize = 620;
/// Points that an entry takes beside its letters, and one letter with what a wider font adds.
const ENTRY_WIDTH: usize = 44;
const LETTER_WIDTH: usize = 8;

/// The chart of a comparison under one trace.
#[must_use]
pub fn compared_chart(picture: &ComparedPicture<'_>) -> BandChart {
    let panels = if picture.policies.len() <= COLOURS.len() {
        shared_panels(picture)
    } else {
        panels_of_their_own(picture)
    };
    let seeds = match picture.seeds {
        1 => "one seed".to_owned(),
        seeds => format!("median of {seeds} seeds, shaded from the 10th to the 90th percentile"),
    };
    let together = match picture.policies {
        [_] => "",
        names if names.len() > COLOURS.len() => "",
        _ => "; where lines coincide, their colours alternate",
    };
    let warm_up = picture.scenarios[0].warm_up.as_secs_f64();
    let counted = if warm_up > 0.0 {
        format!(
            "; KPIs from {} on (grey: warm-up)",
            human::duration(warm_up)
        )
    } else {
        String::new()
    };
    BandChart {
        title: title(picture),
        subtitle: format!(
            "{} engine, {seeds}{counted}{together}",
            picture.engine.as_str()
        ),
        end_seconds: picture
            .curves
            .first()
            .map_or(0.0, PolicyCurves::end_seconds),
        clock: picture.scenarios[0].clock.clone(),
        warm_up: picture.scenarios[0].warm_up,
        left_out: Vec::new(),
        panels,
    }
}

fn title(picture: &ComparedPicture<'_>) -> String {
    match picture.policies {
        names if names.len() <= COLOURS.len() => {
            format!("{} under {}", names.join(", "), picture.trace)
        }
        names => format!("{} policies under {}", names.len(), picture.trace),
    }
}

/// One panel a quantity, all policies in it.
fn shared_panels(picture: &ComparedPicture<'_>) -> Vec<BandPanel> {
    let cpu = panel("CPU, percent of request", BandQuantity::Percent, 130)
        .with(each(picture, Curve::CpuPercent));
    let mut replicas =
        panel("Replicas", BandQuantity::Count, 230).with(each(picture, Curve::Replicas));
    replicas.levels = bounds(picture.scenarios);
    if !picture.knows_requests() {
        let used = panel("CPU used by all pods, cores", BandQuantity::Plain, 150);
        let mut panels = vec![used.with(each(picture, Curve::CpuCores)), cpu];
        panels.extend(acted_on(picture));
        panels.push(replicas);
        return panels;
    }
    replicas.series.insert(0, needed(picture));
    let mut panels = vec![offered(picture)];
    panels.extend(failed(picture));
    panels.push(cpu);
    panels.extend(acted_on(picture));
    panels.extend([replicas, latency(picture)]);
    let broken = panel("SLO broken so far, seconds", BandQuantity::Count, 140);
    panels.push(broken.with(each(picture, Curve::BrokenSeconds)));
    panels
}

fn offered(picture: &ComparedPicture<'_>) -> BandPanel {
    let load = panel("Offered load, requests/s", BandQuantity::Plain, 90);
    load.with(vec![line(
        "offered",
        BandColour::Grey,
        &picture.curves[0],
        picture.curves[0].band(Curve::OfferedRps),
    )])
}

/// Failures on a scale of their own, where any policy has some.
fn failed(picture: &ComparedPicture<'_>) -> Option<BandPanel> {
    let mut series = each(picture, Curve::FailedRps);
    if !series.iter().flat_map(|it| &it.points).any(is_above_zero) {
        return None;
    }
    series.iter_mut().for_each(hide_zeros);
    Some(panel("Failed, requests/s", BandQuantity::Plain, 110).with(series))
}

fn is_above_zero(point: &BandPoint) -> bool {
    point.high > 0.0
}

/// Interrupts a line where it is zero: lines at zero would hide each other and the axis, except where a value begins and ends.
pub(super) fn hide_zeros(line: &mut BandSeries) {
    let above: Vec<bool> = line.points.iter().map(is_above_zero).collect();
    for (index, point) in line.points.iter_mut().enumerate() {
        let around = index.saturating_sub(1)..(index + 2).min(above.len());
        if !above[around].contains(&true) {
            point.middle = f64::NAN;
        }
    }
}

/// What the autoscalers acted on: the metric that all of them have, in its unit, else the greatest metric of each in
/// percent of its target. A policy without an autoscaler has no line.
pub(super) fn acted_on(picture: &ComparedPicture<'_>) -> Option<BandPanel> {
    let autoscalers: Vec<&Hpa> = picture.autoscalers().flatten().collect();
    let scale = MetricScale::of(&autoscalers)?;
    let shared = scale.shared_metric();
    let heading = match shared {
        Some((name, suffix)) => format!("HPA metric: {}{suffix}", cut(name, METRIC_LETTERS)),
        None => "HPA metrics, percent of target".to_owned(),
    };
    // A share of what pods request is bounded by their limits; a share of a target is not.
    let quantity = match scale.unit() {
        Unit::Percent if shared.is_some() => BandQuantity::Percent,
        Unit::Percent => BandQuantity::PercentByMagnitude,
        _ => BandQuantity::PlainByMagnitude,
    };
    let names = match shared {
        Some(_) => policy_names(picture.policies),
        None => names_with_metrics(picture),
    };
    let mut panel = panel(&heading, quantity, 130);
    let policies = picture.autoscalers().zip(names).zip(picture.curves);
    for (((autoscaler, name), curves), colour) in policies.zip(COLOURS) {
        let Some(autoscaler) = autoscaler else {
            continue;
        };
        let seen = curves.band_seen(&scale.divisors(autoscaler));
        panel.series.push(line(&name, colour, curves, seen));
        if let Some(target) = scale.target(autoscaler) {
            add_level(
                &mut panel.levels,
                target.value,
                scale.target_name(&target),
                colour,
            );
        }
    }
    panel.series.reverse();
    Some(panel)
}

/// `prod: cpu`, `two: greatest of cpu, in_flight`.
fn names_with_metrics(picture: &ComparedPicture<'_>) -> Vec<String> {
    let policies = picture.policies.iter().zip(picture.autoscalers());
    let named: Vec<String> = policies
        .map(|(name, autoscaler)| {
            let metrics = autoscaler.into_iter().flat_map(|it| &it.spec.metrics);
            let metrics: Vec<String> = metrics.map(|metric| metric.source.name()).collect();
            match &metrics[..] {
                [] => String::new(),
                [metric] => format!("{name}: {metric}"),
                [_, _] => format!("{name}: greatest of {}", metrics.join(", ")),
                _ => format!("{name}: greatest of {}", metrics.len()),
            }
        })
        .collect();
    legend_names(&named, NAME_AND_METRICS_LETTERS, WHOLE_LEGEND_WIDTH)
}

fn latency(picture: &ComparedPicture<'_>) -> BandPanel {
    let slo = &picture.scenarios[0].slo;
    let limit = slo.latency_limit.as_secs_f64();
    let heading = format!("Latency, {}", quantile_name(slo.latency_quantile));
    let mut latency = panel(&heading, BandQuantity::LatencyByMagnitude, 160)
        .with(each(picture, Curve::PromisedLatency));
    latency.levels.push(BandLevel {
        value: limit,
        name: format!("SLO {}", human::latency(limit)),
        colour: BandColour::Black,
    });
    latency
}

/// A panel of replicas for each policy, all on one scale.
fn panels_of_their_own(picture: &ComparedPicture<'_>) -> Vec<BandPanel> {
    let mut panels: Vec<BandPanel> = picture
        .policies
        .iter()
        .zip(picture.curves)
        .zip(picture.scenarios)
        .map(|((name, curves), scenario)| {
            let heading = format!("Replicas, {}", cut(name, *NAME_LETTERS.end()));
            let mut panel = panel(&heading, BandQuantity::Count, 76);
            panel.levels = bounds(std::slice::from_ref(scenario));
            if picture.knows_requests() {
                panel.series.push(needed(picture));
            }
            panel.with(vec![line(
                "replicas",
                BandColour::Blue,
                curves,
                curves.band(Curve::Replicas),
            )])
        })
        .collect();
    let most = panels
        .iter()
        .flat_map(|panel| panel.series.iter().flat_map(|series| &series.points))
        .map(|point| point.high)
        .fold(0.0, f64::max);
    for panel in &mut panels {
        panel.at_least = most;
    }
    panels
}

/// The replica bounds: of one policy in its colour, of several in grey.
pub(super) fn bounds(scenarios: &[Scenario]) -> Vec<BandLevel> {
    let mut levels: Vec<BandLevel> = Vec::new();
    let colours = COLOURS
        .into_iter()
        .chain(std::iter::repeat(BandColour::Grey));
    for (scenario, colour) in scenarios.iter().zip(colours) {
        let colour = if scenarios.len() == 1 {
            BandColour::Grey
        } else {
            colour
        };
        let Some(spec) = scenario.hpa().map(|autoscaler| &autoscaler.spec) else {
            continue;
        };
        for (word, replicas) in [("min", spec.min_replicas), ("max", spec.max_replicas)] {
            let name = format!("{word} {replicas}");
            add_level(&mut levels, f64::from(replicas.0), name, colour);
        }
    }
    levels
}

/// Adds a level in its policy's colour; one that another policy has too turns grey.
fn add_level(levels: &mut Vec<BandLevel>, value: f64, name: String, colour: BandColour) {
    match levels.iter_mut().find(|level| level.name == name) {
        Some(level) => level.colour = BandColour::Grey,
        None => levels.push(BandLevel {
            value,
            name,
            colour,
        }),
    }
}

fn needed(picture: &ComparedPicture<'_>) -> BandSeries {
    line(
        "needed for the SLO",
        BandColour::Black,
        &picture.curves[0],
        picture.curves[0].band(Curve::Needed),
    )
}

/// One line for each policy; the first lies on top and is named first.
fn each(picture: &ComparedPicture<'_>, curve: Curve) -> Vec<BandSeries> {
    let names = policy_names(picture.policies);
    let policies = names.iter().zip(picture.curves).zip(COLOURS);
    policies
        .map(|((name, curves), colour)| line(name, colour, curves, curves.band(curve)))
        .rev()
        .collect()
}

pub(super) fn line(
    name: &str,
    colour: BandColour,
    curves: &PolicyCurves,
    points: Vec<CurvePoint>,
) -> BandSeries {
    let points = points.into_iter().map(|point| {
        let nothing = f64::NAN;
        let (low, middle, high) = point.band.map_or((nothing, nothing, nothing), |band| {
            (band.p10, band.median, band.p90)
        });
        BandPoint {
            seconds: point.seconds,
            low,
            middle,
            high,
        }
    });
    BandSeries {
        name: name.to_owned(),
        band_name: (curves.seeds.len() > 1).then(String::new),
        colour,
        points: points.collect(),
    }
}

/// The policies' names as a legend shows them.
fn policy_names(policies: &[String]) -> Vec<String> {
    legend_names(policies, *NAME_LETTERS.end(), LEGEND_WIDTH)
}

/// Names of at most `most` letters, the longest cut until all fit into `room` points of a legend.
fn legend_names(names: &[String], most: usize, room: usize) -> Vec<String> {
    let width = |letters: usize| -> usize {
        let names = names.iter().map(|name| name.chars().count().min(letters));
        names.map(|name| name * LETTER_WIDTH + ENTRY_WIDTH).sum()
    };
    let letters = (*NAME_LETTERS.start()..=most)
        .rev()
        .find(|letters| width(*letters) <= room)
        .unwrap_or(*NAME_LETTERS.start());
    names.iter().map(|name| cut(name, letters)).collect()
}

/// Beginning and end, where names tend to differ, and a mark for what is left out between them.
fn cut(name: &str, letters: usize) -> String {
    let all: Vec<char> = name.chars().collect();
    if all.len() <= letters {
        return name.to_owned();
    }
    let start = letters / 2;
    let end = letters - 1 - start;
    let kept = all[..start]
        .iter()
        .chain(&['…'])
        .chain(&all[all.len() - end..]);
    kept.collect()
}

pub(super) fn panel(heading: &str, quantity: BandQuantity, height: u32) -> BandPanel {
    BandPanel {
        heading: heading.to_owned(),
        quantity,
        height,
        series: Vec::new(),
        levels: Vec::new(),
        at_least: 0.0,
    }
}

impl BandPanel {
    /// The same with further lines.
    pub(super) fn with(mut self, series: Vec<BandSeries>) -> Self {
        self.series.extend(series);
        self
    }
}

#[cfg(test)]
#[path = "compared/tests.rs"]
mod tests;
