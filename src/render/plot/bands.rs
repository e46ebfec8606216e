//! Lines with bands over one time axis: what many seeds came to, beside what was recorded or another policy.
//!
//! Self-imposed limit: draws what it is given; quantiles are the caller's. The
//! caller names lines and bands, and this chooses no words of its own.

use plotters::prelude::DrawingBackend;

use super::axis::{AxisScale, Unit, time_ticks};
use super::canvas::{self, Align, Canvas, Ink, Lettering, Rect, Sheet, SheetPoint};
use super::font::Weight;
use super::mark::LegendKey;
use super::panel::{
    BAND_STRENGTH, LegendEntry, Panel, PlottedLine, Reference, STRIP, lettering, solid,
};
use super::plot_error::PlotError;
use super::series::{Strokes, TimedValue, push_step};
use super::{LEFT, RIGHT, WIDTH, ink, name_times, shortened};

/// A picture of panels under each other.
#[derive(Clone, Debug, PartialEq)]
pub struct BandChart {
    /// What it is about.
    pub title: String,
    /// What the reader should see or know.
    pub subtitle: String,
    /// Where the time axis ends, in seconds.
    pub end_seconds: f64,
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
    /// Seconds, on a scale of magnitudes where they span several.
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
}

/// The chart as SVG.
///
/// # Errors
/// Where there is no time to show, or the library fails.
pub fn render_bands_svg(chart: &BandChart) -> Result<String, PlotError> {
    canvas::to_svg(chart.sheet(), |canvas| draw(canvas, chart))
}

/// The chart as PNG.
///
/// # Errors
/// Where there is no time to show, or the library fails.
pub fn render_bands_png(chart: &BandChart) -> Result<Vec<u8>, PlotError> {
    canvas::to_png(chart.sheet(), |canvas| draw(canvas, chart))
}

/// Title and subtitle.
const HEAD: f64 = 70.0;
/// The time axis' names.
const FOOT: f64 = 52.0;
/// Between two panels.
const GAP: f64 = 16.0;
const LINE_WIDTH: f64 = 2.2;

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
            Self::Plain => Unit::Plain,
            Self::Percent => Unit::Percent,
            Self::Latency | Self::LatencyByMagnitude => Unit::Latency,
        }
    }
}

impl BandChart {
    fn sheet(&self) -> Sheet {
        let panels: f64 = self
            .panels
            .iter()
            .map(|panel| STRIP + f64::from(panel.height) + GAP)
            .sum();
        Sheet {
            width: WIDTH,
            height: (HEAD + panels - GAP + FOOT).ceil() as u32,
        }
    }
}

impl BandPanel {
    /// A little more than the greatest value, and than what it shares with other panels.
    fn scale(&self) -> AxisScale {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let levels = || self.levels.iter().map(|level| level.value);
        let most = points().map(|point| point.high).chain(levels());
        let most = most.fold(self.at_least, f64::max);
        if self.quantity != BandQuantity::LatencyByMagnitude {
            return AxisScale::from_zero(most, self.quantity.unit());
        }
        let lowest = points().map(|point| point.low).filter(|low| *low > 0.0);
        AxisScale::for_latency(lowest.chain(levels()).fold(most, f64::min), most)
    }
}

impl BandSeries {
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

    fn legend(&self) -> Vec<LegendEntry> {
        let ink = self.colour.ink();
        let line = LegendEntry {
            mark: LegendKey::Line(solid(ink, LINE_WIDTH)),
            text: self.name.clone(),
        };
        let named = self.band_name.iter().filter(|name| !name.is_empty());
        let band = named.map(|name| LegendEntry {
            mark: LegendKey::Band(ink.tint(BAND_STRENGTH)),
            text: name.clone(),
        });
        std::iter::once(line).chain(band).collect()
    }
}

fn draw<B: DrawingBackend>(canvas: &mut Canvas<B>, chart: &BandChart) -> Result<(), PlotError> {
    if chart.end_seconds <= 0.0 || chart.panels.is_empty() {
        return Err(PlotError::Empty);
    }
    let sheet = chart.sheet();
    let mut frame = Rect {
        left: 0.0,
        top: 0.0,
        right: f64::from(sheet.width),
        bottom: f64::from(sheet.height),
    };
    canvas.rect(frame, Ink::new(0xFF_FF_FF))?;
    draw_head(canvas, chart)?;
    frame.left = LEFT;
    frame.right -= RIGHT;
    frame.bottom = HEAD - GAP;
    let times = time_ticks(chart.end_seconds);
    for panel in &chart.panels {
        frame.top = frame.bottom + GAP + STRIP;
        frame.bottom = frame.top + f64::from(panel.height);
        let place = Panel {
            frame,
            scale: panel.scale(),
            unit: panel.quantity.unit(),
            end: chart.end_seconds,
        };
        place.axes(canvas, &times)?;
        draw_panel(canvas, place, panel)?;
    }
    name_times(canvas, frame, chart.end_seconds, &times)
}

fn draw_head<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    chart: &BandChart,
) -> Result<(), PlotError> {
    let room = f64::from(WIDTH) - LEFT - 24.0;
    let title = Lettering {
        weight: Weight::Bold,
        ..lettering(19.0, ink::TEXT, Align::Left)
    };
    let subtitle = lettering(13.5, ink::TEXT_SOFT, Align::Left);
    canvas.text(
        SheetPoint { x: LEFT, y: 32.0 },
        &shortened(&chart.title, title, room),
        title,
    )?;
    canvas.text(
        SheetPoint { x: LEFT, y: 56.0 },
        &shortened(&chart.subtitle, subtitle, room),
        subtitle,
    )
}

/// Bands first, so that no band lies on a line.
fn draw_panel<B: DrawingBackend>(
    canvas: &mut Canvas<B>,
    place: Panel,
    panel: &BandPanel,
) -> Result<(), PlotError> {
    let levels: Vec<Reference> = panel
        .levels
        .iter()
        .map(|level| Reference {
            value: level.value,
            text: level.name.clone(),
            ink: ink::GREY,
        })
        .collect();
    place.references(canvas, &levels)?;
    for series in &panel.series {
        if series.band_name.is_some() {
            let low = series.steps(place.end, |point| point.low);
            let high = series.steps(place.end, |point| point.high);
            place.between(canvas, &low, &high, series.colour.ink())?;
        }
    }
    for series in &panel.series {
        let strokes = series.steps(place.end, |point| point.middle);
        let curve = PlottedLine {
            strokes: &strokes,
            stroke: solid(series.colour.ink(), LINE_WIDTH),
        };
        place.curves(canvas, &[curve])?;
    }
    place.ground(canvas)?;
    // What lies on top is named first.
    let named = panel.series.iter().rev();
    let entries: Vec<LegendEntry> = named.flat_map(BandSeries::legend).collect();
    place.legend(canvas, &panel.heading, &entries)
}

#[cfg(test)]
mod tests {
    use super::*;

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
                }],
                at_least: 0.0,
            }],
        }
    }

    #[test]
    fn the_sheet_is_as_high_as_its_panels_need() {
        let png = render_bands_png(&chart()).expect("a picture");
        assert_eq!(png[16..20], WIDTH.to_be_bytes());
        assert_eq!(png[20..24], (70u32 + 25 + 200 + 52).to_be_bytes());
    }

    #[test]
    fn lines_bands_and_levels_have_their_names() {
        let svg = render_bands_svg(&chart()).expect("a picture");
        for name in [
            "a run",
            "as many see it",
            "replicas",
            "median",
            "p10 to p90",
            "max 12",
        ] {
            assert!(svg.contains(name), "{name}");
        }
        assert_eq!(svg.matches("<polygon").count(), 1);
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
        render_bands_svg(&chart).expect("a picture");
    }

    #[test]
    fn panels_can_share_a_scale() {
        let mut chart = chart();
        chart.panels[0].at_least = 80.0;
        assert!(chart.panels[0].scale().share(80.0) > 0.7);
        assert!(chart.panels[0].scale().share(12.0) < 0.2);
    }

    #[test]
    fn without_time_or_panels_there_is_no_picture() {
        let none = BandChart {
            panels: Vec::new(),
            ..chart()
        };
        assert!(matches!(render_bands_svg(&none), Err(PlotError::Empty)));
        let no_time = BandChart {
            end_seconds: 0.0,
            ..chart()
        };
        assert!(matches!(render_bands_png(&no_time), Err(PlotError::Empty)));
    }
}
