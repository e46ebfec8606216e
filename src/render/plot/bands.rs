//! Lines with bands over one time axis: what many seeds came to, beside what was recorded or another policy.
//!
//! Quantiles, names and colours are the caller's.

use std::borrow::Cow;

use super::axis::{Axis, Unit};
use super::ink;
use super::page::{BAND_STRENGTH, WIDTH, solid, titled_sheet};
use super::panel::{HEADING, PlottedLine};
use super::plane::{Plane, Reference};
use super::run::{LEFT, RIGHT, time_name};
use super::series::{Strokes, TimedValue, push_step};
use super::symbols::{LegendEntry, LegendKey, entry};
use crate::draw::{Drawing, Ink, Rect};
use crate::scenario::TraceClock;
use crate::units::SimSpan;

/// A picture of panels under each other.
#[derive(Clone, Debug, PartialEq)]
pub struct BandChart {
    /// What it is about.
    pub title: String,
    /// What the reader should see or know.
    pub subtitle: String,
    /// Where the time axis ends, in seconds.
    pub end_seconds: f64,
    /// The clock of its times, if it has one.
    pub clock: Option<TraceClock>,
    /// The start that the KPIs leave out: it has a grey ground.
    pub warm_up: SimSpan,
    /// Stretches that count for nothing, from and to in seconds: they have a grey ground too.
    pub left_out: Vec<[f64; 2]>,
    /// From top to bottom.
    pub panels: Vec<BandPanel>,
}

/// One quantity over time.
#[derive(Clone, Debug, PartialEq)]
pub struct BandPanel {
    /// Its name.
    pub heading: String,
    /// What its numbers are.
    pub quantity: BandQuantity,
    /// How high it is, in points.
    pub height: u32,
    /// Its lines, the last on top and named first.
    pub series: Vec<BandSeries>,
    /// Level lines, named to the right.
    pub levels: Vec<BandLevel>,
    /// The scale reaches at least so far, so that panels can share one; 0 leaves it to the lines.
    pub at_least: f64,
}

/// What the numbers of a panel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandQuantity {
    /// Things that are counted.
    Count,
    /// A plain number.
    Plain,
    /// Percent.
    Percent,
    /// Seconds.
    Latency,
    /// A plain number, on a log scale where the values span magnitudes.
    PlainByMagnitude,
    /// Percent, on a log scale where the values span magnitudes.
    PercentByMagnitude,
    /// Seconds, on a log scale where the values span magnitudes.
    LatencyByMagnitude,
}

/// A line, with a band where its points have one.
#[derive(Clone, Debug, PartialEq)]
pub struct BandSeries {
    /// The line's name.
    pub name: String,
    /// The band's name; `None` where there is no band, empty where it goes without saying.
    pub band_name: Option<String>,
    /// Its colour.
    pub colour: BandColour,
    /// In the order of time; the last holds to the end.
    pub points: Vec<BandPoint>,
}

/// Colours that the colour-blind tell apart (Okabe and Ito).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandColour {
    /// For what was recorded.
    Black,
    /// The first of several.
    Blue,
    /// The second.
    Orange,
    /// The third.
    Green,
    /// The fourth.
    Purple,
    /// The fifth.
    Vermilion,
    /// The sixth.
    Sky,
    /// For what is only context.
    Grey,
}

/// A value from a moment on, until the next point; where it is not a number, line and band are interrupted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandPoint {
    /// The moment, in seconds.
    pub seconds: f64,
    /// The lower edge of the band; the line itself where there is none.
    pub low: f64,
    /// The line.
    pub middle: f64,
    /// The upper edge of the band.
    pub high: f64,
}

/// A level line.
#[derive(Clone, Debug, PartialEq)]
pub struct BandLevel {
    /// Its value.
    pub value: f64,
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: BandColour,
}

/// The chart as marks; without panels or time, the head alone.
#[must_use]
pub fn draw_bands(chart: &BandChart) -> Drawing {
    let heights = chart.panels.iter().map(|panel| f64::from(panel.height));
    let panels: f64 = heights.map(|height| HEADING + height + GAP).sum();
    let height = HEAD + panels - GAP + FOOT;
    let mut drawing = titled_sheet(height, LEFT, &chart.title, &chart.subtitle);
    if chart.end_seconds <= 0.0 {
        return drawing;
    }
    let times = Axis::run_time(chart.end_seconds, chart.clock.as_ref());
    let mut frame = Rect {
        left: LEFT,
        right: f64::from(WIDTH) - RIGHT,
        top: 0.0,
        bottom: HEAD - GAP,
    };
    for (index, panel) in chart.panels.iter().enumerate() {
        frame.top = frame.bottom + GAP + HEADING;
        frame.bottom = frame.top + f64::from(panel.height);
        let plane = Plane {
            frame,
            x: times.clone(),
            y: panel.axis(),
        };
        panel.draw(&mut drawing, &plane, |drawing| {
            plane.shade_warm_up(drawing, chart.warm_up);
            plane.shade_left_out(drawing, &chart.left_out);
        });
        if index + 1 == chart.panels.len() {
            plane.name_x(&mut drawing, &time_name(&times, chart.clock.as_ref()));
        }
    }
    drawing
}

/// Title and subtitle.
const HEAD: f64 = 70.0;
/// The time axis' names.
const FOOT: f64 = 52.0;
/// Between two panels.
const GAP: f64 = 16.0;
const LINE_WIDTH: f64 = 2.2;
/// How high a step of an upright axis is at least, in points, and how many steps an axis has about.
const STEP_HEIGHT: f64 = 38.0;
const STEPS: (f64, f64) = (2.0, 4.0);
/// The least share of the greatest value that lines make a log scale reach down to; levels are always shown.
const FLOOR_SHARE: f64 = 0.01;
/// A level of more than this multiple of the greatest value stays above the panel.
const WORTH_SHOWING: f64 = 2.2;

impl BandColour {
    const fn ink(self) -> Ink {
        match self {
            Self::Black => ink::BLACK,
            Self::Blue => ink::BLUE,
            Self::Orange => ink::ORANGE,
            Self::Green => ink::GREEN,
            Self::Purple => ink::PURPLE,
            Self::Vermilion => ink::VERMILION,
            Self::Sky => ink::SKY,
            Self::Grey => ink::GREY,
        }
    }
}

impl BandQuantity {
    const fn unit(self) -> Unit {
        match self {
            Self::Count => Unit::Count,
            Self::Plain | Self::PlainByMagnitude => Unit::Plain,
            Self::Percent | Self::PercentByMagnitude => Unit::Percent,
            Self::Latency | Self::LatencyByMagnitude => Unit::Latency,
        }
    }

    const fn is_by_magnitude(self) -> bool {
        matches!(
            self,
            Self::PlainByMagnitude | Self::PercentByMagnitude | Self::LatencyByMagnitude
        )
    }
}

impl BandPanel {
    /// The greatest value of its lines, and of what it shares with other panels.
    fn greatest(&self) -> f64 {
        let points = self.series.iter().flat_map(|series| &series.points);
        points.map(|point| point.high).fold(self.at_least, f64::max)
    }

    /// Whether a level is so far above the lines that showing it would squash them.
    fn is_above(&self, level: &BandLevel) -> bool {
        self.quantity == BandQuantity::Count && level.value > WORTH_SHOWING * self.greatest()
    }

    /// Draws the panel on `plane`: first what `under` draws, and bands before lines, so that no band lies on a line.
    pub(super) fn draw(
        &self,
        drawing: &mut Drawing,
        plane: &Plane,
        under: impl FnOnce(&mut Drawing),
    ) {
        under(drawing);
        plane.grid(drawing);
        plane.name_y(drawing);
        let (above, within): (Vec<&BandLevel>, Vec<&BandLevel>) =
            self.levels.iter().partition(|level| self.is_above(level));
        let references = within.iter().map(|level| Reference {
            value: level.value,
            text: level.name.clone(),
            ink: level.colour.ink(),
        });
        plane.references(drawing, &references.collect::<Vec<Reference>>());
        for (row, level) in above.iter().enumerate() {
            plane.above(drawing, row, &level.name, level.colour.ink());
        }
        let series: Cow<'_, [BandSeries]> = if plane.y.is_log() {
            self.series.iter().map(BandSeries::above_zero).collect()
        } else {
            Cow::Borrowed(&self.series)
        };
        for series in series.iter() {
            if series.band_name.is_some() {
                let low = series.steps(plane.x.high, |point| point.low);
                let high = series.steps(plane.x.high, |point| point.high);
                plane.between(drawing, &low, &high, series.colour.ink());
            }
        }
        let middle = |series: &BandSeries| series.steps(plane.x.high, |point| point.middle);
        let lines: Vec<Strokes> = series.iter().map(middle).collect();
        let curves = lines.iter().zip(series.iter()).map(|(strokes, series)| {
            let stroke = solid(series.colour.ink(), LINE_WIDTH);
            PlottedLine { strokes, stroke }
        });
        plane.alternating_curves(drawing, &curves.collect::<Vec<PlottedLine<'_>>>());
        plane.ground(drawing);
        // What lies on top is named first.
        let named = self.series.iter().rev();
        let entries: Vec<LegendEntry> = named.flat_map(BandSeries::legend).collect();
        let log = if plane.y.is_log() { " (log scale)" } else { "" };
        plane.legend(drawing, &format!("{}{log}", self.heading), &entries);
    }

    pub(super) fn axis(&self) -> Axis {
        let shown = || self.levels.iter().filter(|level| !self.is_above(level));
        let most = shown()
            .map(|level| level.value)
            .fold(self.greatest(), f64::max);
        let unit = self.quantity.unit();
        if !self.quantity.is_by_magnitude() {
            let parts = (f64::from(self.height) / STEP_HEIGHT).clamp(STEPS.0, STEPS.1);
            return Axis::from_zero_in(parts, most, unit);
        }
        let points = self.series.iter().flat_map(|series| &series.points);
        let lowest = points.map(|point| point.low).filter(|low| *low > 0.0);
        let lowest = lowest.fold(most, f64::min).max(FLOOR_SHARE * most);
        let levels = || shown().map(|level| level.value);
        let least = levels().fold(lowest, f64::min);
        let axis = Axis::for_ratios(least, most, unit);
        match levels().reduce(f64::max) {
            Some(level) => axis.with_tick_above(level, unit),
            None => axis,
        }
    }
}

impl BandSeries {
    /// The same without the points that a log scale has no place for: zero is no value just above its floor.
    fn above_zero(&self) -> Self {
        let mut series = self.clone();
        for point in &mut series.points {
            if point.middle <= 0.0 {
                point.middle = f64::NAN;
            }
        }
        series
    }

    /// Whether its line or its band is anywhere above zero.
    pub(super) fn is_above_zero(&self) -> bool {
        self.points.iter().any(|point| point.high > 0.0)
    }

    /// One value of the points as steps up to `end`; a new stroke behind each gap.
    fn steps(&self, end: f64, value: fn(&BandPoint) -> f64) -> Strokes {
        let mut all = Strokes::new();
        let mut line: Vec<TimedValue> = Vec::with_capacity(2 * self.points.len());
        for (index, point) in self.points.iter().enumerate() {
            if point.middle.is_nan() {
                all.push(std::mem::take(&mut line));
                continue;
            }
            let until = self
                .points
                .get(index + 1)
                .map_or(end, |next| next.seconds)
                .max(point.seconds);
            push_step(&mut line, point.seconds, value(point));
            push_step(&mut line, until, value(point));
        }
        all.push(line);
        all.retain(|line| !line.is_empty());
        all
    }

    fn legend(&self) -> impl Iterator<Item = LegendEntry> {
        let ink = self.colour.ink();
        let line = entry(LegendKey::Line(solid(ink, LINE_WIDTH)), &self.name);
        let named = self.band_name.iter().filter(|name| !name.is_empty());
        let band = named.map(move |name| entry(LegendKey::Band(ink.tint(BAND_STRENGTH)), name));
        std::iter::once(line).chain(band)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Mark, Paint, SheetPoint};

    fn chart() -> BandChart {
        let point = |seconds: f64, middle: f64| BandPoint {
            seconds,
            low: middle - 1.0,
            middle,
            high: middle + 1.0,
        };
        BandChart {
            title: "a run".to_owned(),
            subtitle: "as many see it".to_owned(),
            end_seconds: 600.0,
            clock: None,
            warm_up: SimSpan::ZERO,
            left_out: Vec::new(),
            panels: vec![BandPanel {
                heading: "replicas".to_owned(),
                quantity: BandQuantity::Count,
                height: 200,
                series: vec![BandSeries {
                    name: "median".to_owned(),
                    band_name: Some("p10 to p90".to_owned()),
                    colour: BandColour::Blue,
                    points: vec![point(0.0, 4.0), point(60.0, 7.0), point(120.0, 7.0)],
                }],
                levels: vec![BandLevel {
                    value: 12.0,
                    name: "max 12".to_owned(),
                    colour: BandColour::Grey,
                }],
                at_least: 0.0,
            }],
        }
    }

    #[test]
    fn the_sheet_is_as_high_as_its_panels_need() {
        let drawing = draw_bands(&chart());
        assert_eq!(drawing.height(), 70 + 25 + 200 + 52);
    }

    #[test]
    fn lines_bands_and_levels_have_their_names() {
        let drawing = draw_bands(&chart());
        let texts: Vec<&str> = drawing.texts().collect();
        for name in [
            "a run",
            "as many see it",
            "replicas",
            "median",
            "p10 to p90",
            "max 12",
        ] {
            assert!(texts.contains(&name), "{name}");
        }
        let fills = drawing.marks().iter().filter(|mark| {
            matches!(
                mark,
                Mark::Path {
                    paint: Paint::Fill { .. },
                    ..
                }
            )
        });
        assert_eq!(fills.count(), 1);
    }

    #[test]
    fn lines_that_coincide_are_both_seen() {
        let mut chart = chart();
        let mut twin = chart.panels[0].series[0].clone();
        twin.colour = BandColour::Orange;
        let line_of = |chart: &BandChart, colour: BandColour| -> f64 {
            let drawing = draw_bands(chart);
            let lines = drawing.marks().iter().filter_map(|mark| match mark {
                Mark::Path {
                    points,
                    paint: Paint::Line(stroke),
                } if stroke.ink == colour.ink() => Some(points),
                _ => None,
            });
            let lines: Vec<&Vec<SheetPoint>> = lines.collect();
            // The first is the line itself, the last its key; between them is what lies on top again.
            let on_top = &lines[1..lines.len() - 1];
            let length = |points: &&Vec<SheetPoint>| points[points.len() - 1].x - points[0].x;
            on_top.iter().map(length).sum()
        };
        assert!(line_of(&chart, BandColour::Blue) <= 0.0);
        chart.panels[0].series.push(twin);
        let [blue, orange] =
            [BandColour::Blue, BandColour::Orange].map(|colour| line_of(&chart, colour));
        let width = f64::from(WIDTH) - LEFT - RIGHT;
        assert!((blue + orange - width).abs() < 1e-6);
        assert!((blue - orange).abs() < 10.0, "{blue} and {orange}");
    }

    #[test]
    fn a_level_far_above_the_lines_does_not_squash_them() {
        let mut chart = chart();
        chart.panels[0].levels[0].value = 100.0;
        assert!(chart.panels[0].axis().high < 12.0);
        let drawing = draw_bands(&chart);
        assert!(drawing.texts().any(|text| text == "max 12"));
    }

    #[test]
    fn a_value_holds_until_the_next_and_the_last_to_the_end() {
        let line = chart().panels[0].series[0].steps(600.0, |point| point.middle);
        let sample = |seconds: f64, value: f64| TimedValue { seconds, value };
        let expected = [
            sample(0.0, 4.0),
            sample(60.0, 4.0),
            sample(60.0, 7.0),
            sample(600.0, 7.0),
        ];
        assert_eq!(line, [expected.to_vec()]);
    }

    #[test]
    fn a_point_without_a_value_interrupts_the_line() {
        let mut chart = chart();
        chart.panels[0].series[0].points[1].middle = f64::NAN;
        let strokes = chart.panels[0].series[0].steps(600.0, |point| point.middle);
        assert_eq!(strokes.len(), 2);
        assert!((strokes[1][0].seconds - 120.0).abs() < 1e-9);
    }

    /// A panel on a log scale with these values, one a minute, and a target of 40.
    fn by_magnitude(values: &[f64]) -> BandChart {
        let mut chart = chart();
        let panel = &mut chart.panels[0];
        panel.quantity = BandQuantity::PlainByMagnitude;
        panel.levels[0].value = 40.0;
        panel.series[0].band_name = None;
        let points = values.iter().enumerate().map(|(minute, value)| BandPoint {
            seconds: 60.0 * minute as f64,
            low: *value,
            middle: *value,
            high: *value,
        });
        panel.series[0].points = points.collect();
        chart
    }

    #[test]
    fn a_log_scale_begins_near_a_hundredth_of_the_greatest_value_and_names_a_value_above_the_target()
     {
        let axis = by_magnitude(&[0.001, 3.0, 44.0]).panels[0].axis();
        assert!(axis.is_log());
        assert!(axis.low > 0.1 && axis.low <= 0.44, "{axis:?}");
        assert!(axis.ticks.iter().any(|tick| tick.value > 40.0), "{axis:?}");
        let high = by_magnitude(&[3.0, 44_000.0]).panels[0].axis();
        assert!(high.low <= 40.0, "the target is shown: {high:?}");
    }

    #[test]
    fn a_log_scale_does_not_draw_zero() {
        let series = by_magnitude(&[0.001, 0.0, 44.0]).panels[0].series[0].above_zero();
        let strokes = series.steps(600.0, |point| point.middle);
        assert_eq!(strokes.len(), 2);
        assert!(strokes.iter().flatten().all(|sample| sample.value > 0.0));
    }

    #[test]
    fn panels_can_share_a_scale() {
        let mut chart = chart();
        chart.panels[0].at_least = 80.0;
        assert!(chart.panels[0].axis().share(80.0) > 0.7);
        assert!(chart.panels[0].axis().share(12.0) < 0.2);
    }

    #[test]
    fn without_time_or_panels_there_is_the_head_alone() {
        let none = BandChart {
            panels: Vec::new(),
            ..chart()
        };
        let no_time = BandChart {
            end_seconds: 0.0,
            ..chart()
        };
        for chart in [none, no_time] {
            let drawing = draw_bands(&chart);
            let texts: Vec<&str> = drawing.texts().collect();
            assert_eq!(texts, ["a run", "as many see it"]);
        }
    }
}
