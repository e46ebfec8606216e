//! Which candidates a search keeps: half by the goal, half by the front and the distance to their neighbours.
//!
//! The front and its crowding distance are those of NSGA-II (Deb, Pratap, Agarwal,
//! Meyarivan 2002).

use super::goal::Score;
use crate::search::front::pareto_fronts;
use crate::search::outcome::Weighed;

/// The numbers that rank a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CandidateScore {
    pub(super) weighed: Weighed,
    pub(super) score: Score,
}

/// The numbers of the `count` candidates that are kept, the best by the goal first.
///
/// Half of the places go to the candidates nearest to the goal, so that the search reaches
/// it. The other half goes to the fronts, the first front first and the greatest crowding
/// distance first, so that the search finds the whole front.
pub(super) fn keep(judged: &[CandidateScore], count: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = by_goal(judged).into_iter().take(count / 2).collect();
    let mut is_kept = vec![false; judged.len()];
    for index in &kept {
        is_kept[*index] = true;
    }
    let others = by_front(judged)
        .into_iter()
        .filter(|index| !is_kept[*index]);
    kept.extend(others.take(count - kept.len()));
    kept
}

/// All numbers, nearest to the goal first.
pub(super) fn by_goal(judged: &[CandidateScore]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..judged.len()).collect();
    order.sort_by(|a, b| judged[*a].score.compare(&judged[*b].score).then(a.cmp(b)));
    order
}

/// All numbers by front, and within a front by crowding distance, the greatest first.
fn by_front(judged: &[CandidateScore]) -> Vec<usize> {
    let points: Vec<[f64; 3]> = judged.iter().map(|it| objectives(&it.weighed)).collect();
    let mut order = Vec::with_capacity(judged.len());
    for members in pareto_fronts(&points) {
        let places: Vec<[f64; 3]> = members.iter().map(|index| points[*index]).collect();
        let room = crowding(&places);
        let mut loneliest: Vec<usize> = (0..members.len()).collect();
        loneliest.sort_by(|a, b| room[*b].total_cmp(&room[*a]).then(a.cmp(b)));
        order.extend(loneliest.into_iter().map(|place| members[place]));
    }
    order
}

/// Cost, harm, rescales.
pub(super) fn objectives(weighed: &Weighed) -> [f64; 3] {
    [weighed.cost, weighed.harm, weighed.rescales]
}

/// The crowding distance of each point: how far its neighbours are apart, as a share of the front's range; infinite at the ends.
fn crowding(points: &[[f64; 3]]) -> Vec<f64> {
    let mut room = vec![0.0; points.len()];
    for objective in 0..3 {
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|a, b| points[*a][objective].total_cmp(&points[*b][objective]));
        let (Some(&first), Some(&last)) = (order.first(), order.last()) else {
            return room;
        };
        let range = points[last][objective] - points[first][objective];
        room[first] = f64::INFINITY;
        room[last] = f64::INFINITY;
        if range > 0.0 {
            for three in order.windows(3) {
                let apart = points[three[2]][objective] - points[three[0]][objective];
                room[three[1]] += apart / range;
            }
        }
    }
    room
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judged(objectives: [f64; 3], violation: f64, value: f64) -> CandidateScore {
        CandidateScore {
            weighed: Weighed::of(objectives),
            score: Score {
                violation,
                value,
                tie: 0.0,
            },
        }
    }

    /// Cost against harm on one line, and the goal in its middle.
    fn line() -> Vec<CandidateScore> {
        (0..21)
            .map(|step| {
                let place = f64::from(step);
                let far = (place - 10.0).abs();
                judged([place, 20.0 - place, 0.0], 0.0, far)
            })
            .collect()
    }

    #[test]
    fn the_nearest_to_the_goal_and_the_ends_of_the_front_are_kept() {
        let kept = keep(&line(), 6);
        assert_eq!(kept.len(), 6);
        assert_eq!(kept[..3], [10, 9, 11]);
        assert!(kept.contains(&0) && kept.contains(&20), "{kept:?}");
    }

    #[test]
    fn a_met_bound_comes_before_any_value() {
        let all = [
            judged([1.0, 1.0, 1.0], 0.5, 0.0),
            judged([2.0, 2.0, 2.0], 0.0, 9.0),
            judged([3.0, 3.0, 3.0], 0.0, 8.0),
        ];
        assert_eq!(by_goal(&all), [2, 1, 0]);
    }

    #[test]
    fn of_equals_the_first_comes_first() {
        let all = [judged([1.0, 1.0, 1.0], 0.0, 1.0); 3];
        assert_eq!(by_goal(&all), [0, 1, 2]);
        assert_eq!(keep(&all, 3), [0, 1, 2]);
    }

    #[test]
    fn who_is_beaten_is_kept_after_the_front() {
        let all = [
            judged([3.0, 3.0, 3.0], 0.0, 3.0),
            judged([2.0, 2.0, 2.0], 0.0, 2.0),
            judged([1.0, 1.0, 1.0], 0.0, 1.0),
        ];
        assert_eq!(by_front(&all), [2, 1, 0]);
    }

    #[test]
    fn what_is_not_known_is_on_no_front() {
        let all = [
            judged([f64::NAN, 0.0, 0.0], 0.0, 0.0),
            judged([1.0, f64::NAN, 0.0], 0.0, 0.0),
            judged([1.0, 1.0, 1.0], 0.0, 9.0),
        ];
        assert_eq!(by_front(&all), [2]);
        assert_eq!(keep(&all, 1), [2]);
        assert_eq!(keep(&all, 3), [0, 2]);
    }

    #[test]
    fn nothing_of_nothing_is_kept() {
        assert!(keep(&[], 8).is_empty());
        assert!(keep(&line(), 0).is_empty());
    }

    proptest! {
        #[test]
        fn as_many_as_wanted_are_kept_each_once(
            points in proptest::collection::vec((0..6u8, 0..6u8, 0..6u8, 0..3u8, 0..9u8), 0..60),
            count in 0..80usize,
        ) {
            let all: Vec<CandidateScore> = points
                .iter()
                .map(|(cost, harm, rescales, violation, value)| {
                    let objectives = [cost, harm, rescales].map(|value| f64::from(*value));
                    judged(objectives, f64::from(*violation), f64::from(*value))
                })
                .collect();
            let mut kept = keep(&all, count);
            prop_assert_eq!(kept.len(), count.min(all.len()));
            if let Some(best) = by_goal(&all).first().filter(|_| count > 1) {
                prop_assert_eq!(&kept[0], best);
            }
            kept.sort_unstable();
            kept.dedup();
            prop_assert_eq!(kept.len(), count.min(all.len()));
        }
    }
}
