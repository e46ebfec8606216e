//! Which parameter matters: how much of the spread of each objective a parameter explains by itself.
//!
//! These are statistics of an even sample; `finalists` computes what a single change is worth.

use super::method::Tried;
use super::space::Space;
use crate::search::outcome::Weighed;

/// The most groups of values.
const GROUPS_MOST: usize = 8;

/// For each parameter the share of the spread of cost, harm and rescales that it explains, 0..1.
///
/// The correlation ratio, adjusted for chance (Kelley's ε²), of ranks: a first-order
/// sensitivity that few extreme candidates cannot decide. NaN where all candidates
/// come to the same. What only several parameters together do is in no share, so
/// that they need not add up to 1.
#[must_use]
pub fn sensitivity(space: &Space, sample: &[Tried]) -> Vec<Weighed> {
    let ranked = |objective: fn(&Weighed) -> f64| {
        let values: Vec<f64> = sample.iter().map(|it| objective(&it.weighed)).collect();
        ranks(&values)
    };
    let cost = ranked(|it| it.cost);
    let harm = ranked(|it| it.harm);
    let rescales = ranked(|it| it.rescales);
    (0..space.parameters().len())
        .map(|place| {
            let values: Vec<u64> = sample
                .iter()
                .map(|it| space.value(&it.candidate, place))
                .collect();
            let groups = groups(&values, space.parameters()[place].count());
            Weighed {
                cost: explained(&cost, &groups),
                harm: explained(&harm, &groups),
                rescales: explained(&rescales, &groups),
            }
        })
        .collect()
}

/// The rank of each value, equal values sharing the mean of theirs; unknown ones are worst.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for equal in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let shared = start as f64 + (equal.len() - 1) as f64 / 2.0;
        for index in equal {
            ranks[*index] = shared;
        }
        start += equal.len();
    }
    ranks
}

/// The group of each value: neighbouring values share one where there are many.
fn groups(values: &[u64], count: u64) -> Vec<usize> {
    let most = GROUPS_MOST as u64;
    values
        .iter()
        .map(|value| if count <= most { *value } else { value * most / count } as usize)
        .collect()
}

/// ε²: the share of the variance between groups, less what chance would give.
fn explained(values: &[f64], groups: &[usize]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let total: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let mut sums = [0.0; GROUPS_MOST];
    let mut counts = [0.0; GROUPS_MOST];
    for (value, group) in values.iter().zip(groups) {
        sums[*group] += value;
        counts[*group] += 1.0;
    }
    let groups_met = counts.iter().filter(|count| **count > 0.0).count() as f64;
    let between: f64 = sums
        .iter()
        .zip(&counts)
        .filter(|(_, count)| **count > 0.0)
        .map(|(sum, count)| (sum / count - mean).powi(2) * count)
        .sum();
    let freedom = count - groups_met;
    if total <= 0.0 || freedom <= 0.0 {
        return f64::NAN;
    }
    let by_chance = (groups_met - 1.0) * (total - between) / freedom;
    ((between - by_chance) / total).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::evaluation::Measured;
    use super::super::goal::Score;
    use super::super::parameter::TunedParameter;
    use super::*;
    use crate::search::parameter::Parameter;
    use crate::units::Seed;

    /// A parameter with this number of values.
    fn parameter(path: &str, count: u64) -> TunedParameter {
        let values = (0..count).map(|value| value.to_string()).collect();
        TunedParameter::new(Parameter::listed(path, values), Some(0))
    }

    /// An even sample, of which `objectives` says what comes of each candidate by its values' numbers.
    fn sample(space: &Space, objectives: impl Fn(&[f64]) -> [f64; 3]) -> Vec<Tried> {
        let drawn = space.latin_hypercube(400, Seed(1));
        let tried = drawn.into_iter().map(|candidate| {
            let places = 0..space.parameters().len();
            let values: Vec<f64> = places
                .map(|place| space.value(&candidate, place) as f64)
                .collect();
            Tried {
                weighed: Weighed::of(objectives(&values)),
                measured: Measured::of(&[]),
                score: Score {
                    violation: 0.0,
                    value: 0.0,
                    tie: 0.0,
                },
                candidate,
            }
        });
        tried.collect()
    }

    fn space() -> Space {
        Space::new(vec![parameter("few", 4), parameter("many", 40)])
    }

    #[test]
    fn a_parameter_that_decides_all_explains_all_and_the_other_nothing() {
        let space = space();
        let tried = sample(&space, |values| [values[0], -values[1], values[0].powi(9)]);
        let [few, many] = sensitivity(&space, &tried)[..] else {
            panic!("two parameters");
        };
        assert!(few.cost > 0.999 && many.cost < 0.05, "{few:?} {many:?}");
        // Forty values are eight groups, so a little of the spread is within.
        assert!(many.harm > 0.95 && few.harm < 0.05, "{few:?} {many:?}");
        // Of ranks an extreme value is one step above the next.
        assert!(few.rescales > 0.999, "{few:?}");
    }

    #[test]
    fn two_that_decide_together_share_what_they_explain() {
        let space = Space::new(vec![parameter("one", 5), parameter("other", 5)]);
        let tried = sample(&space, |values| [values[0] + values[1], 0.0, 0.0]);
        for shares in sensitivity(&space, &tried) {
            assert!((0.35..0.6).contains(&shares.cost), "{shares:?}");
        }
    }

    #[test]
    fn of_what_never_differs_nothing_is_known() {
        let space = space();
        let tried = sample(&space, |values| [1.0, values[0], 7.0]);
        let shares = sensitivity(&space, &tried);
        assert!(
            shares
                .iter()
                .all(|it| it.cost.is_nan() && it.rescales.is_nan())
        );
        assert!(shares.iter().all(|it| !it.harm.is_nan()));
    }

    #[test]
    fn without_a_sample_nothing_is_known() {
        let space = space();
        let known = |shares: &Weighed| !shares.cost.is_nan() || !shares.harm.is_nan();
        assert!(!sensitivity(&space, &[]).iter().any(known));
        let one = sample(&space, |values| [values[0], values[1], 0.0]);
        assert!(!sensitivity(&space, &one[..1]).iter().any(known));
    }

    #[test]
    fn candidates_without_a_value_count_as_the_worst() {
        let space = space();
        let tried = sample(&space, |values| {
            let harm = if values[0] > 1.0 { f64::NAN } else { 0.0 };
            [values[0], harm, 0.0]
        });
        let shares = sensitivity(&space, &tried);
        assert!(shares[0].harm > 0.999, "{shares:?}");
    }

    #[test]
    fn equal_values_share_the_mean_of_their_ranks() {
        let wanted = [1.5, 0.0, 1.5, 3.0, 4.0];
        assert_eq!(ranks(&[5.0, -1.0, 5.0, 9.0, f64::NAN]), wanted);
    }

    #[test]
    fn many_values_fall_into_few_groups() {
        assert_eq!(groups(&[0, 1, 2], 3), [0, 1, 2]);
        assert_eq!(groups(&[0, 7], 8), [0, 7]);
        assert_eq!(groups(&[0, 12, 13, 99], 100), [0, 0, 1, 7]);
    }
}
