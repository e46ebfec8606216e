//! The picture of a run with several seeds: the median at each moment, on a band from p10 to p90.

use super::super::acted_on::{ActedOn, MetricScale};
use super::super::axis::Unit;
use super::super::bands::{BandColour, BandLevel, BandPanel, BandQuantity, BandSeries};
use super::super::compared::{ComparedPicture, acted_on, bounds, hide_zeros, line, panel};
use super::super::panel::Strip;
use super::super::panels::{WORTH_SHOWING, cpu_target, limit_percent};
use super::super::series::{Strokes, push_step};
use super::*;
use crate::results::KpiReport;
use crate::results::curves::{Curve, PolicyCurves};
use crate::workload::Demand;

/// What a picture of several seeds shows.
#[derive(Clone, Copy, Debug)]
pub struct SeedsPicture<'a> {
    /// What ran.
    pub scenario: &'a Scenario,
    /// Which engine ran it.
    pub engine: Engine,
    /// What happened, by seed; with the curves of [`Curve::OF_SEEDS`].
    pub curves: &'a PolicyCurves,
    /// What it came to over the seeds.
    pub kpis: &'a KpiReport,
    /// The median latency in seconds at the quantile that the SLO promises, over the whole run.
    pub promised_latency: Option<f64>,
    /// What the command asked for beside the inputs.
    pub request: &'a Request,
}

/// Below so many seeds p10 and p90 lie next to the least and the greatest seed.
const FEW_SEEDS: usize = 10;

const SEVERAL_SEEDS: KeyWords = KeyWords {
    kept: "SLO kept throughout by every seed",
    broken: "SLO broken, the darker the more seeds",
};

/// The drawing of several seeds; of an empty run the head alone.
#[must_use]
pub fn draw_seeds(picture: &SeedsPicture<'_>) -> Drawing {
    let SeedsPicture {
        scenario,
        engine,
        curves,
        ..
    } = *picture;
    let asked = place_asked(&what_was_asked(picture.request, picture.scenario));
    let kinds = PanelKind::all(scenario);
    let mut drawing = sheet(&kinds);
    let seeds = curves.seeds.len();
    let few = if seeds < FEW_SEEDS {
        " (few: a rough band)"
    } else {
        ""
    };
    let mut headline = headline(scenario, picture.promised_latency, |kpi| {
        picture.kpis.typical(kpi)
    });
    headline[0].insert_str(0, "median: ");
    let head = PictureHead {
        scenario,
        how: format!(
            "{} engine, median and p10 to p90 of {seeds} seeds{few}",
            engine.as_str()
        ),
        headline,
        asked: &asked,
    };
    head.draw(&mut drawing);
    let end = curves.end_seconds();
    let violated = violated_shares(curves, end);
    let is_kept = violated.iter().flatten().all(|share| share.value <= 0.0);
    draw_key(&mut drawing, scenario, is_kept, &SEVERAL_SEEDS);
    if end <= 0.0 || violated.is_empty() {
        say_empty(&mut drawing);
        return drawing;
    }
    let clock = scenario.clock.as_ref();
    let times = Axis::run_time(end, clock);
    let layout = PanelLayout::of(&kinds, &drawing, TOP + asked.height(), 0.0);
    for (kind, frame) in layout.panels {
        let Some(panel) = picture.panel(kind, frame) else {
            continue;
        };
        let plane = Plane {
            frame,
            x: times.clone(),
            y: match kind {
                PanelKind::Latency => latency_axis(&panel),
                _ => panel.axis(),
            },
        };
        panel.draw(&mut drawing, &plane, |drawing| {
            plane.shade_warm_up(drawing, scenario.warm_up);
            plane.shade_shares(drawing, &violated);
        });
        if kind == PanelKind::Load && !is_kept {
            let strip = Strip {
                shares: &violated,
                slice: 1.0,
                least_strength: 0.15,
                name: "broken",
                amount: picture.broken_amount(),
            };
            plane.strip(&mut drawing, &strip);
        }
    }
    let axis = Plane {
        frame: layout.axis,
        x: times.clone(),
        y: times,
    };
    axis.name_x(&mut drawing, &time_name(&axis.x, clock));
    let place = at(f64::from(WIDTH) - MARGIN, axis.frame.bottom + 39.0);
    let is_dense = curves.starts().len() as f64 > axis.frame.width();
    let text = if is_dense {
        "a line too dense to draw is its mean on the range it spans"
    } else {
        "where lines coincide, their colours alternate"
    };
    drawing.text(place, text, soft(Align::Right));
    drawing
}

/// From the least value of a line to the greatest of a band or a level.
fn latency_axis(panel: &BandPanel) -> Axis {
    let points = || panel.series.iter().flat_map(|series| &series.points);
    let levels = || panel.levels.iter().map(|level| level.value);
    let lines = points()
        .map(|point| point.middle)
        .filter(|value| *value > 0.0);
    let least = lines.chain(levels()).fold(f64::INFINITY, f64::min);
    let most = points()
        .map(|point| point.high)
        .chain(levels())
        .fold(0.0, f64::max);
    Axis::for_ratios(least, most, Unit::Latency)
}

/// The share of the seeds that broke the SLO, over time.
fn violated_shares(curves: &PolicyCurves, end: f64) -> Strokes {
    let starts = curves.starts();
    let ends = starts.iter().skip(1).copied().chain([end]);
    let mut line = Vec::new();
    let shares = curves.means(Curve::SloViolatedShare);
    for ((start, end), share) in starts.iter().zip(ends).zip(shares) {
        push_step(&mut line, *start, share.unwrap_or(0.0));
        push_step(&mut line, end, share.unwrap_or(0.0));
    }
    if line.is_empty() {
        Strokes::new()
    } else {
        vec![line]
    }
}

impl SeedsPicture<'_> {
    /// The median time that broke the SLO; where that is 0, how many seeds broke it.
    fn broken_amount(&self) -> String {
        let seconds = self.kpis.typical(Kpi::SloViolationSeconds);
        match seconds.filter(|seconds| *seconds > 0.0) {
            Some(seconds) => human::duration(seconds),
            None => match self.curves.seeds_above_zero(Curve::SloViolatedShare) {
                1 => "in 1 seed".to_owned(),
                seeds => format!("in {seeds} seeds"),
            },
        }
    }

    /// A panel; `None` of a kind that the policy does not have.
    fn panel(&self, kind: PanelKind, frame: Rect) -> Option<BandPanel> {
        let mut panel = match kind {
            PanelKind::Load => self.load(),
            PanelKind::Demand => self.demand(),
            PanelKind::ActedOn => self.acted_on()?,
            PanelKind::Cpu => self.cpu(),
            PanelKind::Replicas => self.replicas(),
            PanelKind::Latency => self.latency(),
        };
        panel.height = frame.height() as u32;
        Some(panel)
    }

    /// A line on its band.
    fn banded(&self, name: &str, colour: BandColour, curve: Curve) -> BandSeries {
        line(name, colour, self.curves, self.curves.band_of_most(curve))
    }

    /// A line alone.
    fn alone(&self, name: &str, colour: BandColour, curve: Curve) -> BandSeries {
        BandSeries {
            band_name: None,
            ..self.banded(name, colour, curve)
        }
    }

    fn load(&self) -> BandPanel {
        let mut load = panel("Load, requests per second", BandQuantity::Plain, 0);
        let mut failed = self.banded("failed", BandColour::Vermilion, Curve::FailedRps);
        hide_zeros(&mut failed);
        if failed.points.iter().any(|point| point.high > 0.0) {
            load.series.push(failed);
        }
        load.with(vec![
            self.banded("served", BandColour::Green, Curve::SucceededRps),
            self.alone("offered", BandColour::Grey, Curve::OfferedRps),
        ])
    }

    fn demand(&self) -> BandPanel {
        let mut asked = self.alone("demand", BandColour::Grey, Curve::CpuCores);
        if let Demand::CpuMillicores(millicores) = &self.scenario.trace.demand {
            for point in &mut asked.points {
                let times = &self.scenario.trace.times;
                let next = times.partition_point(|time| time.as_secs_f64() <= point.seconds);
                let value = next.checked_sub(1).and_then(|row| millicores.get(row));
                let scale = self.scenario.workload.scale / 1000.0;
                point.middle = value.map_or(f64::NAN, |value| value * scale);
                (point.low, point.high) = (point.middle, point.middle);
            }
        }
        let used = self.banded("used by all pods", BandColour::Green, Curve::CpuCores);
        panel("Load, CPU cores", BandQuantity::Plain, 0).with(vec![used, asked])
    }

    /// As with one seed; of several metrics the greatest.
    fn acted_on(&self) -> Option<BandPanel> {
        let mut panel = acted_on(&ComparedPicture {
            trace: &self.scenario.trace_name,
            engine: self.engine,
            seeds: self.curves.seeds.len(),
            policies: &["as the HPA saw it".to_owned()],
            scenarios: std::slice::from_ref(self.scenario),
            curves: std::slice::from_ref(self.curves),
        })?;
        panel.heading = ActedOn::heading(&MetricScale::of(&[self.scenario.hpa()?])?);
        for series in &mut panel.series {
            series.colour = BandColour::Orange;
        }
        for level in &mut panel.levels {
            level.colour = BandColour::Green;
        }
        Some(panel)
    }

    fn cpu(&self) -> BandPanel {
        let used = self.banded("used by ready pods", BandColour::Blue, Curve::CpuPercent);
        let seen = self.alone(
            "as the HPA saw it",
            BandColour::Orange,
            Curve::CpuPercentSeen,
        );
        let points = used.points.iter().chain(&seen.points);
        let target = cpu_target(self.scenario).map(|target| target.value);
        let data = points
            .map(|point| point.high)
            .fold(target.unwrap_or(0.0), f64::max);
        let mut levels = Vec::new();
        if let Some(value) = target {
            levels.push(BandLevel {
                value,
                name: format!("target {value:.0} %"),
                colour: BandColour::Green,
            });
        }
        let limit = limit_percent(self.scenario);
        if let Some(value) = limit.filter(|limit| *limit <= WORTH_SHOWING * data) {
            levels.push(BandLevel {
                value,
                name: format!("limit {value:.0} %"),
                colour: BandColour::Vermilion,
            });
        }
        let cpu = panel("CPU, percent of request", BandQuantity::Percent, 0);
        let was_seen = seen.points.iter().any(|point| !point.middle.is_nan());
        let seen = was_seen.then_some(seen);
        BandPanel { levels, ..cpu }.with(seen.into_iter().chain([used]).collect())
    }

    fn replicas(&self) -> BandPanel {
        let mut replicas = panel("Replicas", BandQuantity::Count, 0);
        replicas.levels = bounds(std::slice::from_ref(self.scenario));
        if knows_requests(self.scenario) {
            let needed = self.alone("needed for the SLO", BandColour::Purple, Curve::Needed);
            replicas.series.push(needed);
        }
        replicas.with(vec![
            self.banded("ready", BandColour::Sky, Curve::ReadyReplicas),
            self.banded("desired", BandColour::Black, Curve::Replicas),
        ])
    }

    fn latency(&self) -> BandPanel {
        let slo = &self.scenario.slo;
        let limit = slo.latency_limit.as_secs_f64();
        let heading = "Latency of served requests";
        let mut latency = panel(heading, BandQuantity::LatencyByMagnitude, 0);
        latency.levels.push(BandLevel {
            value: limit,
            name: format!("SLO {}", human::latency(limit)),
            colour: BandColour::Vermilion,
        });
        let promised = quantile_name(slo.latency_quantile);
        latency.with(vec![
            self.banded("p50", BandColour::Sky, Curve::LatencyP50),
            self.banded(&promised, BandColour::Blue, Curve::PromisedLatency),
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::draw::{Ink, Mark, Paint};
    use crate::results::curves::SeedCurves;
    use crate::results::tests::{scenario, story_kpis, story_timeline};
    use crate::units::Replicas;

    /// Three seeds, with 5, 10 and 20 more desired pods than the story.
    fn curves() -> PolicyCurves {
        let seeds = [5, 10, 20].map(|more| {
            let mut timeline = story_timeline();
            for row in &mut timeline.rows {
                row.desired = Replicas(row.desired.0 + more);
            }
            SeedCurves::of(&timeline, &Curve::OF_SEEDS, 1000)
        });
        PolicyCurves {
            seeds: seeds.to_vec(),
        }
    }

    fn draw(scenario: &Scenario, curves: &PolicyCurves) -> Drawing {
        let kpis = KpiReport::of(&[story_kpis(), story_kpis(), story_kpis()]).expect("three runs");
        draw_with(scenario, curves, &kpis)
    }

    fn draw_with(scenario: &Scenario, curves: &PolicyCurves, kpis: &KpiReport) -> Drawing {
        draw_seeds(&SeedsPicture {
            scenario,
            engine: Engine::Fluid,
            curves,
            kpis,
            promised_latency: Some(0.187),
            request: &Request::default(),
        })
    }

    /// The areas of this colour at the strength of a band.
    fn bands(drawing: &Drawing, colour: Ink) -> usize {
        let is_band = |mark: &&Mark| {
            matches!(mark, Mark::Path { paint: Paint::Fill { ink, strength }, .. }
                if *ink == colour && *strength < 0.5)
        };
        drawing.marks().iter().filter(is_band).count()
    }

    #[test]
    fn the_picture_says_that_it_shows_the_median_and_a_band_of_the_seeds() {
        let drawing = draw(&scenario(3600.0), &curves());
        let texts: Vec<&str> = drawing.texts().collect();
        for expected in [
            "prod under spike",
            "fluid engine, median and p10 to p90 of 3 seeds (few: a rough band)",
            "SLO broken, the darker the more seeds: p95 above 500 ms, or more than 1 % failed",
            "Load, requests per second",
            "served",
            "failed",
            "CPU, percent of request",
            "target 50 %",
            "Replicas",
            "desired",
            "ready",
            "Latency of served requests (log scale)",
            "p95",
            "p50",
            "SLO 500 ms",
        ] {
            assert!(texts.contains(&expected), "{expected}: {texts:?}");
        }
        let headline = texts.iter().find(|text| text.starts_with("median: "));
        assert!(headline.is_some_and(|text| text.contains("pod hours")));
    }

    #[test]
    fn the_band_lies_behind_the_median() {
        let drawing = draw(&scenario(3600.0), &curves());
        assert!(bands(&drawing, ink::BLACK) > 0, "desired replicas");
        assert!(bands(&drawing, ink::BLUE) > 0, "CPU and latency");
        assert!(bands(&drawing, ink::VERMILION) > 0, "failures");
        let marks = drawing.marks();
        let is_black = |mark: &&Mark, filled: bool| match mark {
            Mark::Path { paint, .. } => match paint {
                Paint::Fill { ink, .. } => filled && *ink == ink::BLACK,
                Paint::Line(stroke) => !filled && stroke.ink == ink::BLACK,
            },
            _ => false,
        };
        let band = marks.iter().position(|mark| is_black(&mark, true));
        let line = marks.iter().position(|mark| is_black(&mark, false));
        assert!(band < line, "{band:?} {line:?}");
    }

    #[test]
    fn a_trace_of_cpu_has_no_panel_of_latency_and_its_demand_is_that_of_the_trace() {
        let mut scenario = scenario(3600.0);
        let rows = scenario.trace.times.len();
        Arc::make_mut(&mut scenario.trace).demand = Demand::CpuMillicores(vec![2000.0; rows]);
        let drawing = draw(&scenario, &curves());
        let texts: Vec<&str> = drawing.texts().collect();
        assert!(texts.contains(&"demand") && texts.contains(&"used by all pods"));
        assert!(!texts.iter().any(|text| text.starts_with("Latency")));
    }

    #[test]
    fn without_a_seed_that_broke_the_slo_nothing_is_shaded() {
        let mut timeline = story_timeline();
        for row in &mut timeline.rows {
            row.slo_violated_share = 0.0;
            row.failed_rps = 0.0;
        }
        let seed = SeedCurves::of(&timeline, &Curve::OF_SEEDS, 1000);
        let kept = PolicyCurves {
            seeds: vec![seed.clone(), seed],
        };
        let drawing = draw(&scenario(3600.0), &kept);
        let texts: Vec<&str> = drawing.texts().collect();
        assert!(
            texts
                .iter()
                .any(|text| text.starts_with("SLO kept throughout by every seed"))
        );
        assert!(!texts.contains(&"failed") && !texts.contains(&"broken"));
    }

    #[test]
    fn where_the_median_seed_kept_the_slo_the_strip_counts_the_seeds_that_broke_it() {
        let mut broken = story_timeline();
        broken.rows[3].slo_violated_share = 1.0;
        let mut kept = story_timeline();
        for row in &mut kept.rows {
            row.slo_violated_share = 0.0;
        }
        let seeds = [&broken, &kept, &kept];
        let curves = PolicyCurves {
            seeds: seeds
                .map(|timeline| SeedCurves::of(timeline, &Curve::OF_SEEDS, 1000))
                .to_vec(),
        };
        let runs = [15.0, 0.0, 0.0].map(|slo_violation_seconds| Kpis {
            slo_violation_seconds: Some(slo_violation_seconds),
            ..story_kpis()
        });
        let kpis = KpiReport::of(&runs).expect("three runs");
        let drawing = draw_with(&scenario(3600.0), &curves, &kpis);
        let texts: Vec<&str> = drawing.texts().collect();
        assert!(texts.contains(&"broken") && texts.contains(&"in 1 seed"));
    }

    #[test]
    fn cpu_that_no_autoscaler_saw_has_no_line_and_no_name() {
        let mut timeline = story_timeline();
        for row in &mut timeline.rows {
            row.cpu_percent_seen = None;
        }
        let unseen = PolicyCurves {
            seeds: vec![SeedCurves::of(&timeline, &Curve::OF_SEEDS, 1000)],
        };
        let names_it = |curves: &PolicyCurves| {
            let drawing = draw(&scenario(3600.0), curves);
            drawing.texts().any(|text| text == "as the HPA saw it")
        };
        assert!(names_it(&curves()) && !names_it(&unseen));
    }

    #[test]
    fn an_empty_run_has_the_head_alone() {
        let drawing = draw(&scenario(3600.0), &PolicyCurves::default());
        assert!(drawing.texts().any(|text| text == "The run is empty."));
    }
}
