//! What each swept parameter does: cost and harm over its values, each value at its place.
//!
//! Of few values, line and band are the median and p10 to p90 of all policies with a value. Of values so many that
//! each has few policies, every policy is a dot, and line and band are those of the policies nearby.

use std::collections::BTreeSet;

use super::axis::{Axis, Tick};
use super::ink;
use super::page::{
    BAND_STRENGTH, WIDTH, lettering, shortened, soft, solid, titled_sheet, width_of,
};
use super::plane::{Plane, extent, finite_quantile};
use super::symbols::Shape;
use crate::draw::{Align, Drawing, Ink, Rect};
use crate::render::sweep_answer::SweepAnswer;
use crate::scenario::parse_duration;
use crate::search::outcome::{SweepOutcome, Weighed};
use crate::search::parameter::Parameter;
use crate::search::table::plain_text;
use crate::units::{Quantity, parse_number};

/// What each parameter of a sweep does, as marks.
#[must_use]
pub fn draw_parameters(answer: &SweepAnswer<'_>, outcome: &SweepOutcome) -> Drawing {
    let swept = answer.grid.swept().enumerate();
    let effects: Vec<Effect> = swept
        .map(|(position, parameter)| Effect::of(answer, outcome, parameter, position))
        .collect();
    // One scale for all parameters: the steeper line is the stronger lever.
    let axis = |values: fn(&Effect) -> &Trend| {
        let (low, high) = extent(effects.iter().flat_map(|effect| values(effect).ends()));
        Axis::around(low, high, 4.0)
    };
    let (cost, harm) = (axis(|effect| &effect.cost), axis(|effect| &effect.harm));
    let columns = match effects.len() {
        4 => 2,
        count => count.clamp(1, COLUMNS_MAX),
    };
    let height = HEAD + ROW_HEIGHT * effects.len().div_ceil(columns) as f64;
    let title = format!("{}: what each parameter does", answer.title());
    let nearby = if effects.iter().any(|effect| !effect.cost.dots.is_empty()) {
        ", or of the policies nearby (dots)"
    } else {
        ""
    };
    let subtitle = match (&effects[..], nearby) {
        // Without another parameter, each value is one policy.
        ([_], "") => answer.subtitle(),
        ([_], _) => format!(
            "{}; line: median of the policies nearby (dots); band: p10 to p90",
            answer.subtitle()
        ),
        _ => format!(
            "{}; line: median over the values of all other parameters{nearby}; band: p10 to p90",
            answer.subtitle()
        ),
    };
    let mut drawing = titled_sheet(height, LEFT, &title, &subtitle);
    let room = f64::from(WIDTH) - LEFT - RIGHT - GAP * (columns - 1) as f64;
    let width = room / columns as f64;
    for (index, effect) in effects.iter().enumerate() {
        let left = LEFT + (width + GAP) * (index % columns) as f64;
        let top = HEAD + ROW_HEIGHT * (index / columns) as f64;
        let frame = Rect {
            left,
            top,
            right: left + width,
            bottom: top + PANEL,
        };
        let x = effect.values.axis(width);
        let mut upper = Plane {
            frame,
            x,
            y: cost.clone(),
        };
        let objectives = answer.objectives;
        let heading = |objective| objectives.column_heading(objective);
        effect
            .cost
            .draw(&mut drawing, &upper, &heading(objectives.cost()), ink::BLUE);
        upper.frame.top += PANEL + BETWEEN;
        upper.frame.bottom += PANEL + BETWEEN;
        let lower = Plane {
            y: harm.clone(),
            ..upper
        };
        effect.harm.draw(
            &mut drawing,
            &lower,
            &heading(objectives.harm()),
            ink::VERMILION,
        );
        let letters = lettering(13.0, ink::TEXT, Align::Middle);
        lower.name_x(&mut drawing, &shortened(&effect.name, letters, width));
    }
    drawing
}

const LEFT: f64 = 72.0;
const RIGHT: f64 = 28.0;
const HEAD: f64 = 100.0;
/// The height of one panel.
const PANEL: f64 = 170.0;
/// Between a parameter's two panels: the lower one's name.
const BETWEEN: f64 = 34.0;
/// Below a parameter's panels: its values and its name.
const FOOT: f64 = 76.0;
/// A parameter's two panels with all their names.
const ROW_HEIGHT: f64 = 2.0 * PANEL + BETWEEN + FOOT;
/// Between two parameters side by side.
const GAP: f64 = 64.0;
/// The most parameters side by side.
const COLUMNS_MAX: usize = 3;
/// Of samples, a value with fewer policies than this says little by itself.
const POLICIES_LEAST: usize = 20;
/// More values than this have no line through each of them.
const VALUES_MAX: usize = 400;
/// The points of a line through the policies nearby, and into how many parts these divide all policies.
const NEARBY_POINTS: usize = 40;
const NEARBY_PARTS: usize = 8;
/// The fewest policies nearby that a quantile is taken of.
const NEARBY_LEAST: usize = 9;
/// The dots that axes must hold, from this quantile to as much below 1.
const DOTS_BEYOND: f64 = 0.02;
/// Up to so many values name themselves on the axis.
const NAMED_MAX: usize = 14;
/// From the frame to the least and greatest value, in the length between them.
const SIDE: f64 = 0.04;
/// Between the names of two values, and the widest of these names, in points.
const NAME_GAP: f64 = 10.0;
const NAME_ROOM: f64 = 110.0;
/// From one round number that names an axis to the next, in points, about.
const ROUND_WIDTH: f64 = 90.0;
/// Dots nearer to each other than this, in points of the sheet, are one.
const PITCH: f64 = 2.0;

/// One parameter's values, and what they come to.
struct Effect {
    name: String,
    values: Values,
    cost: Trend,
    harm: Trend,
}

/// The values of a parameter that occur, in their order, each with its place.
#[derive(Clone, Debug, PartialEq)]
struct Values {
    /// Empty where round numbers name the axis.
    names: Vec<String>,
    places: Vec<f64>,
    /// What numbers are followed by, where it is the same for all; `None` where values are words or have several units.
    unit: Option<String>,
}

impl Values {
    /// Numbers, durations and quantities stand where they are; words stand side by side.
    fn of(names: Vec<String>) -> Self {
        let split: Option<Vec<(f64, &str)>> =
            names.iter().map(|name| number_and_unit(name)).collect();
        let unit = split.as_deref().and_then(|split| {
            let (_, first) = split.first()?;
            let is_same = split.iter().all(|(_, unit)| unit == first);
            is_same.then(|| (*first).to_owned())
        });
        let places = match split {
            Some(split) if unit.is_some() => split.into_iter().map(|(number, _)| number).collect(),
            _ => all(&names, |name| {
                Some(parse_duration(name).ok()?.as_secs_f64())
            })
            .or_else(|| {
                all(&names, |name| {
                    name.parse::<Quantity>()
                        .ok()
                        .map(Quantity::as_approximate_f64)
                })
            })
            .unwrap_or_else(|| (0..names.len()).map(|index| index as f64).collect()),
        };
        let are_many = unit.is_some() && names.len() > NAMED_MAX;
        Self {
            names: if are_many { Vec::new() } else { names },
            places,
            unit,
        }
    }

    /// A horizontal axis of this width, named by values, or of many numbers by round ones.
    fn axis(&self, width: f64) -> Axis {
        let (low, high) = extent(self.places.iter().copied());
        let side = SIDE * (high - low).max(1e-9);
        let (low, high) = (low - side, high + side);
        let values = self
            .names
            .iter()
            .zip(&self.places)
            .map(|(name, place)| Tick {
                value: *place,
                label: shortened(name, soft(Align::Middle), NAME_ROOM),
            });
        let ticks: Vec<Tick> = match &self.unit {
            Some(unit) if self.names.is_empty() => {
                let parts = (width / ROUND_WIDTH).clamp(4.0, 12.0);
                let round = Axis::around(low, high, parts).ticks.into_iter();
                let within = round.filter(|tick| (low..=high).contains(&tick.value));
                within
                    .map(|tick| Tick {
                        label: format!("{}{unit}", tick.label),
                        ..tick
                    })
                    .collect()
            }
            _ => values.collect(),
        };
        let mut axis = Axis::named(low, high, ticks);
        axis.ticks = apart(&axis, width);
        axis
    }
}

/// A number of every name, or nothing.
fn all(names: &[String], number: impl Fn(&str) -> Option<f64>) -> Option<Vec<f64>> {
    names.iter().map(|name| number(name)).collect()
}

/// `30s` as 30 and `s`.
fn number_and_unit(name: &str) -> Option<(f64, &str)> {
    let end = name
        .find(|letter: char| letter.is_ascii_alphabetic() || letter == '%')
        .unwrap_or(name.len());
    let (number, unit) = name.split_at(end);
    let number = parse_number(number)?;
    let is_unit = unit == "%" || unit.chars().all(|letter| letter.is_ascii_alphabetic());
    is_unit.then_some((number, unit))
}

/// The ticks whose names do not touch; of two that would, the one further to the left remains, but the last always does.
fn apart(axis: &Axis, width: f64) -> Vec<Tick> {
    let mut kept: Vec<Tick> = Vec::new();
    let half = |tick: &Tick| width_of(&tick.label, soft(Align::Middle)) / 2.0;
    let touch = |one: &Tick, other: &Tick| {
        let way = (axis.share(other.value) - axis.share(one.value)).abs() * width;
        way < half(one) + half(other) + NAME_GAP
    };
    let mut sorted = axis.ticks.clone();
    sorted.sort_by(|one, other| one.value.total_cmp(&other.value));
    let count = sorted.len();
    for (index, tick) in sorted.into_iter().enumerate() {
        if index + 1 == count {
            while kept.len() > 1 && kept.last().is_some_and(|last| touch(last, &tick)) {
                kept.pop();
            }
        }
        if !kept.last().is_some_and(|last| touch(last, &tick)) {
            kept.push(tick);
        }
    }
    kept
}

/// An objective along a parameter.
#[derive(Clone, Debug, PartialEq)]
struct Trend {
    /// By place, rising.
    spreads: Vec<(f64, Spread)>,
    /// Single policies: place and value; empty where the line goes through the values.
    dots: Vec<(f64, f64)>,
}

/// An objective over several policies.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    low: f64,
    middle: f64,
    high: f64,
}

impl Spread {
    /// `None` where no policy has a value.
    fn of(mut values: Vec<f64>) -> Option<Self> {
        let spread = Self {
            low: finite_quantile(&mut values, 0.1),
            middle: finite_quantile(&mut values, 0.5),
            high: finite_quantile(&mut values, 0.9),
        };
        spread.middle.is_finite().then_some(spread)
    }
}

impl Effect {
    fn of(
        answer: &SweepAnswer<'_>,
        outcome: &SweepOutcome,
        parameter: &Parameter,
        position: usize,
    ) -> Self {
        let numbers = 0..outcome.points.len();
        let mut policies: Vec<(u64, usize)> = numbers
            .map(|point| (answer.grid.swept_indices(point as u64)[position], point))
            .collect();
        policies.sort_unstable();
        let by_value = || policies.chunk_by(|one, other| one.0 == other.0);
        let names = by_value().map(|policies| plain_text(&parameter.value(policies[0].0)));
        let values = Values::of(names.collect());
        let count = values.places.len();
        let few = answer.samples.is_some() && policies.len() < POLICIES_LEAST * count;
        let is_cloud = few || count > VALUES_MAX;
        let trend = |value: fn(&Weighed) -> f64| {
            let by_place = values
                .places
                .iter()
                .zip(by_value())
                .map(|(place, policies)| {
                    let values = policies
                        .iter()
                        .map(|(_, point)| value(&outcome.points[*point]));
                    (*place, values)
                });
            if is_cloud {
                let dots = by_place.flat_map(|(place, values)| values.map(move |it| (place, it)));
                Trend::through_neighbours(dots.collect())
            } else {
                Trend::through_values(by_place.map(|(place, values)| (place, values.collect())))
            }
        };
        Self {
            name: answer.parameter_name(parameter.path()),
            cost: trend(|point| point.cost),
            harm: trend(|point| point.harm),
            values,
        }
    }
}

impl Trend {
    fn through_values(values: impl Iterator<Item = (f64, Vec<f64>)>) -> Self {
        let spreads = values.filter_map(|(place, values)| Some((place, Spread::of(values)?)));
        let mut spreads: Vec<(f64, Spread)> = spreads.collect();
        spreads.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self {
            spreads,
            dots: Vec::new(),
        }
    }

    fn through_neighbours(mut dots: Vec<(f64, f64)>) -> Self {
        dots.retain(|(_, value)| value.is_finite());
        dots.sort_by(|one, other| one.0.total_cmp(&other.0));
        let count = (dots.len() / NEARBY_PARTS)
            .max(NEARBY_LEAST)
            .min(dots.len());
        let last = dots.len() - count;
        let starts: BTreeSet<usize> = (0..=NEARBY_POINTS)
            .map(|point| last * point / NEARBY_POINTS)
            .collect();
        let spreads = starts.into_iter().filter_map(|start| {
            let nearby = &dots[start..start + count];
            let place = nearby.iter().map(|(place, _)| place).sum::<f64>() / count as f64;
            let values = nearby.iter().map(|(_, value)| *value).collect();
            Some((place, Spread::of(values)?))
        });
        Self {
            spreads: spreads.collect(),
            dots,
        }
    }

    /// What the upright axis must hold.
    fn ends(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.dots.iter().map(|(_, value)| *value).collect();
        let dots = [DOTS_BEYOND, 1.0 - DOTS_BEYOND].map(|it| finite_quantile(&mut values, it));
        let spreads = self.spreads.iter().flat_map(|(_, it)| [it.low, it.high]);
        spreads.chain(dots).collect()
    }

    fn draw(&self, drawing: &mut Drawing, plane: &Plane, heading: &str, ink: Ink) {
        plane.grid(drawing);
        plane.name_y(drawing);
        plane.heading(drawing, heading);
        let along = |value: fn(&Spread) -> f64| {
            let places = self.spreads.iter();
            places.map(move |(place, spread)| plane.place(*place, value(spread)))
        };
        let low: Vec<_> = along(|spread| spread.low).collect();
        let band = low.into_iter().chain(along(|spread| spread.high).rev());
        drawing.shape(band.collect(), ink, BAND_STRENGTH);
        let mut taken = BTreeSet::new();
        for (place, value) in &self.dots {
            let dot = plane.place(*place, *value);
            if taken.insert(((dot.x / PITCH) as i32, (dot.y / PITCH) as i32)) {
                Shape::Disc.draw(drawing, dot, 1.8, ink.tint(0.45));
            }
        }
        drawing.line(along(|spread| spread.middle).collect(), solid(ink, 2.2));
        if self.dots.is_empty() && self.spreads.len() <= NEARBY_POINTS {
            for middle in along(|spread| spread.middle) {
                Shape::Disc.draw(drawing, middle, 3.4, ink);
            }
        }
        plane.ground(drawing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(names: &[&str]) -> Values {
        Values::of(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn a_value_stands_where_it_is() {
        assert_eq!(values(&["0", "60", "900"]).places, [0.0, 60.0, 900.0]);
        assert_eq!(values(&["30s", "1m", "5m"]).places, [30.0, 60.0, 300.0]);
        assert_eq!(values(&["500m", "1", "2"]).places, [0.5, 1.0, 2.0]);
        assert_eq!(values(&["Max", "Min"]).places, [0.0, 1.0]);
        let axis = values(&["0", "60", "900"]).axis(500.0);
        let way = |from: f64, to: f64| axis.share(to) - axis.share(from);
        assert!((way(0.0, 60.0) * 14.0 - way(60.0, 900.0)).abs() < 1e-9);
        assert_eq!(labels(&axis), ["0", "60", "900"]);
    }

    #[test]
    fn names_that_would_touch_are_left_out_but_the_ends_are_not() {
        let axis = values(&["0", "1", "2", "100", "9000"]).axis(500.0);
        assert_eq!(labels(&axis), ["0", "9000"]);
    }

    #[test]
    fn many_values_are_named_by_round_numbers_with_their_unit() {
        let names: Vec<String> = (1..=30).map(|value| format!("{value}s")).collect();
        let axis = Values::of(names).axis(500.0);
        assert_eq!(
            labels(&axis),
            ["0s", "5s", "10s", "15s", "20s", "25s", "30s"]
        );
    }

    #[test]
    fn each_value_has_its_own_median() {
        let many = (0..100).map(|value| (f64::from(value), vec![f64::from(value), f64::NAN]));
        let trend = Trend::through_values(many);
        assert_eq!(trend.spreads.len(), 100);
        assert!((trend.spreads[41].1.middle - 41.0).abs() < 1e-9);
    }

    #[test]
    fn samples_are_dots_with_the_median_of_those_nearby() {
        let dots = (0..400).map(|index| (f64::from(index), f64::from(index % 3)));
        let trend = Trend::through_neighbours(dots.collect());
        assert_eq!(trend.dots.len(), 400);
        assert!(
            trend
                .spreads
                .iter()
                .all(|(_, spread)| (spread.middle - 1.0).abs() < 1e-9)
        );
        assert!(Trend::through_neighbours(Vec::new()).spreads.is_empty());
    }
}
