//! The Pareto front: the points that no other beats in every objective, and the front's knee.
//!
//! Self-imposed limit: numbers; less is better, and what they stand for is not known here.

/// The points of the front by number, the first objective rising; of equal points the first.
///
/// A point with an objective that is not a number is on no front.
#[must_use]
pub fn pareto_front<const N: usize>(points: &[[f64; N]]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len())
        .filter(|index| points[*index].iter().all(|value| !value.is_nan()))
        .collect();
    order.sort_by(|a, b| compare(&points[*a], &points[*b]).then(a.cmp(b)));
    // In this order whoever beats a point stands before it.
    let mut front: Vec<usize> = Vec::new();
    for index in order {
        let point = &points[index];
        let is_beaten = front
            .iter()
            .rev()
            .any(|kept| points[*kept].iter().zip(point).all(|(a, b)| a <= b));
        if !is_beaten {
            front.push(index);
        }
    }
    front
}

fn compare<const N: usize>(one: &[f64; N], other: &[f64; N]) -> std::cmp::Ordering {
    one.iter()
        .zip(other)
        .map(|(a, b)| a.total_cmp(b))
        .find(|order| order.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
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
            Candidate {
                index: *index,
                distance,
            }
        })
        .filter(|candidate| candidate.distance < 1.0 - 1e-9)
        .min_by(|a, b| a.distance.total_cmp(&b.distance))
        .map(|candidate| candidate.index)
}

/// A point and how far it is from the corner where both objectives are at their best: 1 on the line between the ends.
struct Candidate {
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
        let equals = |a: &[f64; 3], b: &[f64; 3]| compare(a, b).is_eq();
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
