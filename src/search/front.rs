//! The Pareto front: the points that no other beats in every objective, and the front's knee.
//!
//! Less is better for every number.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The points of the front by number, the first objective rising; of equal points the first.
///
/// A point with an objective that is NaN is on no front. O(n log n).
#[must_use]
pub fn pareto_front<const N: usize>(points: &[[f64; N]]) -> Vec<usize> {
    let mut front = Staircase::default();
    in_order(points)
        .into_iter()
        .filter(|place| front.take(place.point))
        .map(|place| place.index)
        .collect()
}

/// All fronts: the first, then the front of the points that are not on the first, and so on, each as in [`pareto_front`].
///
/// O(n log n log f) for f fronts: a point that a front beats is beaten by every
/// front before that one too, so the point's front is found by bisection.
#[must_use]
pub fn pareto_fronts<const N: usize>(points: &[[f64; N]]) -> Vec<Vec<usize>> {
    let mut stairs: Vec<Staircase> = Vec::new();
    let mut fronts: Vec<Vec<usize>> = Vec::new();
    for place in in_order(points) {
        let front = stairs.partition_point(|front| front.beats(place.point));
        if front == stairs.len() {
            stairs.push(Staircase::default());
            fronts.push(Vec::new());
        }
        stairs[front].take(place.point);
        fronts[front].push(place.index);
    }
    fronts
}

/// A point with three objectives, and its number.
#[derive(Clone, Copy)]
struct NumberedPoint {
    point: [OrderedNumber; 3],
    index: usize,
}

/// A number that is not NaN, ordered.
#[derive(Clone, Copy, PartialEq)]
struct OrderedNumber(f64);

impl Eq for OrderedNumber {}

impl PartialOrd for OrderedNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrderedNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The points whose objectives are numbers; in this order a point stands behind all that beat it.
fn in_order<const N: usize>(points: &[[f64; N]]) -> Vec<NumberedPoint> {
    const { assert!(N <= 3, "fronts have two or three objectives") };
    let mut order: Vec<NumberedPoint> = points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.iter().all(|value| !value.is_nan()))
        .map(|(index, point)| {
            let mut three = [OrderedNumber(0.0); 3];
            for (place, value) in three.iter_mut().zip(point) {
                // Adding 0 turns -0 into 0.
                *place = OrderedNumber(value + 0.0);
            }
            NumberedPoint {
                point: three,
                index,
            }
        })
        .collect();
    order.sort_by(|a, b| a.point.cmp(&b.point).then(a.index.cmp(&b.index)));
    order
}

/// A front as later points see it, whose first objective is no less: by the second objective the least third.
///
/// As the second objective rises, the third falls: other points of the front beat nothing that these do not.
#[derive(Default)]
struct Staircase {
    steps: BTreeMap<OrderedNumber, OrderedNumber>,
}

impl Staircase {
    /// Whether a point of the front is no worse than this one in every objective.
    fn beats(&self, [_, second, third]: [OrderedNumber; 3]) -> bool {
        let step = self.steps.range(..=second).next_back();
        step.is_some_and(|(_, least)| *least <= third)
    }

    /// Adds the point to the front, unless the front beats it; whether the point was added.
    fn take(&mut self, point: [OrderedNumber; 3]) -> bool {
        if self.beats(point) {
            return false;
        }
        let [_, second, third] = point;
        // Each step is removed at most once.
        while let Some((&behind, &least)) = self.steps.range(second..).next()
            && least >= third
        {
            self.steps.remove(&behind);
        }
        self.steps.insert(second, third);
        true
    }
}

/// The knee of a front of two objectives: its point farthest inside the straight line between its ends.
///
/// Both objectives are scaled to the front's range, so that their units do not
/// matter. `None` where no point lies inside the line: a front of two points, or
/// one that bends outwards, has no knee.
#[must_use]
pub fn knee(points: &[[f64; 2]], front: &[usize]) -> Option<usize> {
    let (first, last) = (points[*front.first()?], points[*front.last()?]);
    let scaled = |value: f64, from: f64, to: f64| (value - from) / (to - from);
    front
        .iter()
        .map(|index| {
            let point = points[*index];
            let distance =
                scaled(point[0], first[0], last[0]) + scaled(point[1], last[1], first[1]);
            KneeCandidate {
                index: *index,
                distance,
            }
        })
        .filter(|candidate| candidate.distance < 1.0 - 1e-9)
        .min_by(|a, b| a.distance.total_cmp(&b.distance))
        .map(|candidate| candidate.index)
}

/// A point and how far it is from the corner where both objectives are at their best: 1 on the line between the ends.
struct KneeCandidate {
    index: usize,
    distance: f64,
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::engine::random::Stream;
    use crate::units::Seed;

    #[test]
    fn the_front_holds_what_nobody_beats() {
        let points = [
            [3.0, 1.0],
            [1.0, 9.0],
            [2.0, 4.0],
            [2.0, 5.0],
            [4.0, 1.0],
            [f64::NAN, 0.0],
        ];
        assert_eq!(pareto_front(&points), [1, 2, 0]);
    }

    #[test]
    fn equal_points_stand_once_on_the_front() {
        assert_eq!(pareto_front(&[[1.0, 1.0], [1.0, 1.0]]), [0]);
    }

    #[test]
    fn a_third_objective_keeps_points_that_two_would_not() {
        let points = [[1.0, 1.0, 5.0], [2.0, 2.0, 4.0], [2.0, 2.0, 6.0]];
        assert_eq!(pareto_front(&points), [0, 1]);
    }

    #[test]
    fn the_front_agrees_with_the_definition() {
        let mut generator = Stream::Search.generator(Seed(1), 0);
        let mut value = || f64::from(generator.random_range(0..50u8));
        let points: Vec<[f64; 3]> = (0..200).map(|_| [value(), value(), value()]).collect();
        let equals =
            |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).all(|(a, b)| a.total_cmp(b).is_eq());
        let beats =
            |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).all(|(a, b)| a <= b) && !equals(a, b);
        let is_first = |index: usize| {
            let before = &points[..index];
            !before.iter().any(|other| equals(other, &points[index]))
        };
        let wanted: Vec<usize> = (0..points.len())
            .filter(|index| is_first(*index))
            .filter(|index| !points.iter().any(|other| beats(other, &points[*index])))
            .collect();
        assert!(wanted.len() > 3, "a front worth the name");
        let mut found = pareto_front(&points);
        found.sort_unstable();
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_fronts_are_what_peeling_one_after_the_other_gives() {
        let mut generator = Stream::Search.generator(Seed(2), 0);
        let mut value = || f64::from(generator.random_range(0..8u8));
        let mut points: Vec<[f64; 3]> = (0..300).map(|_| [value(), value(), value()]).collect();
        points.push([f64::NAN, 0.0, 0.0]);
        points.push([-0.0, 3.0, 3.0]);
        let mut left: Vec<usize> = (0..points.len()).collect();
        let mut peeled = Vec::new();
        loop {
            let rest: Vec<[f64; 3]> = left.iter().map(|index| points[*index]).collect();
            let front: Vec<usize> = pareto_front(&rest).iter().map(|at| left[*at]).collect();
            if front.is_empty() {
                break;
            }
            left.retain(|index| !front.contains(index));
            peeled.push(front);
        }
        assert!(peeled.len() > 5, "many fronts");
        assert_eq!(pareto_fronts(&points), peeled);
    }

    #[test]
    fn both_zeros_are_one() {
        assert_eq!(pareto_front(&[[-0.0, 5.0], [0.0, 1.0]]), [1]);
    }

    #[test]
    fn the_knee_is_farthest_inside_the_line_between_the_ends() {
        let points = [[0.0, 100.0], [1.0, 30.0], [2.0, 10.0], [10.0, 0.0]];
        let front = pareto_front(&points);
        assert_eq!(knee(&points, &front), Some(2));
    }

    #[test]
    fn a_straight_front_has_no_knee() {
        let points = [[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]];
        assert_eq!(knee(&points, &pareto_front(&points)), None);
        assert_eq!(knee(&points[..2], &[0, 1]), None);
        assert_eq!(knee(&[[1.0, 1.0]], &[0]), None);
        assert_eq!(knee(&[], &[]), None);
    }
}
