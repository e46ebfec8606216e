//! The space that is searched: a candidate has one value for each parameter.

use rand::RngExt;
use rand_pcg::Pcg32;

use super::parameter::TunedParameter;
use crate::engine::random::Stream;
use crate::search::grid::stratified;
use crate::units::Seed;

/// All parameters that are searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    parameters: Vec<TunedParameter>,
}

/// For each parameter the number of its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate(Vec<u64>);

/// The probability that a child takes a value from its second parent.
const FROM_THE_OTHER: f64 = 0.3;
/// The probability that a mutation takes a neighbouring value.
const TO_A_NEIGHBOUR: f64 = 0.6;

impl Space {
    /// Of these parameters, each with at least one value.
    #[must_use]
    pub fn new(parameters: Vec<TunedParameter>) -> Self {
        Self { parameters }
    }

    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> &[TunedParameter] {
        &self.parameters
    }

    /// The number of candidates; rounded beyond 2^53.
    #[must_use]
    pub fn size(&self) -> f64 {
        let counts = self.parameters.iter().map(|it| it.count() as f64);
        counts.product()
    }

    /// The policy as it is today; `None` where a parameter may not stay as it is.
    #[must_use]
    pub fn today(&self) -> Option<Candidate> {
        let values = self.parameters.iter().map(TunedParameter::today);
        values.collect::<Option<Vec<u64>>>().map(Candidate)
    }

    /// Today's policy with other values, each as the parameter's place and the value's number; `None` where another parameter may not stay as it is.
    #[must_use]
    pub fn today_with(&self, values: &[(usize, u64)]) -> Option<Candidate> {
        let value = |(place, parameter): (usize, &TunedParameter)| {
            let set = values.iter().find(|(set, _)| *set == place);
            set.map_or_else(|| parameter.today(), |(_, value)| Some(*value))
        };
        let values = self.parameters.iter().enumerate().map(value);
        values.collect::<Option<Vec<u64>>>().map(Candidate)
    }

    /// The changes of `candidate` to today's policy, in the order of the parameters.
    pub fn changes<'s>(
        &'s self,
        candidate: &'s Candidate,
    ) -> impl Iterator<Item = Change<'s>> + use<'s> {
        let values = self.parameters.iter().zip(&candidate.0).enumerate();
        values
            .filter(|(_, (parameter, value))| parameter.today() != Some(**value))
            .map(|(place, (parameter, value))| Change {
                place,
                parameter,
                value: *value,
            })
    }

    /// The arguments of `--set` that make `candidate` of today's policy: only what differs.
    #[must_use]
    pub fn arguments(&self, candidate: &Candidate) -> Vec<String> {
        let mut setups: Vec<String> = Vec::new();
        let mut values = Vec::new();
        for change in self.changes(candidate) {
            if let Some(setup) = change.parameter.setup()
                && !setups.iter().any(|known| known == setup)
            {
                setups.push(setup.to_owned());
            }
            values.push(change.parameter.argument(change.value));
        }
        setups.extend(values);
        setups
    }

    /// The number of the value that `candidate` has of the parameter at `place`.
    #[must_use]
    pub fn value(&self, candidate: &Candidate, place: usize) -> u64 {
        candidate.0[place]
    }

    /// `candidate` with today's value of the parameter at `place`; `None` without a value of today.
    #[must_use]
    pub fn put_back(&self, candidate: &Candidate, place: usize) -> Option<Candidate> {
        let mut other = candidate.clone();
        other.0[place] = self.parameters[place].today()?;
        Some(other)
    }

    /// A Latin hypercube: `count` candidates that cover the values of each parameter evenly.
    #[must_use]
    pub fn latin_hypercube(&self, count: u32, seed: Seed) -> Vec<Candidate> {
        let columns: Vec<Vec<u64>> = self
            .parameters
            .iter()
            .zip(0..)
            .map(|(parameter, member)| stratified(parameter.count(), count, seed, member))
            .collect();
        (0..count as usize)
            .map(|row| Candidate(columns.iter().map(|column| column[row]).collect()))
            .collect()
    }

    /// The generator of a search: apart from those of the hypercube's columns.
    pub(super) fn generator(&self, seed: Seed) -> Pcg32 {
        Stream::Search.generator(seed, self.parameters.len() as u64)
    }

    /// A child of two: each value from one of them, and one value or more changed.
    pub(super) fn child(
        &self,
        one: &Candidate,
        other: &Candidate,
        generator: &mut Pcg32,
    ) -> Candidate {
        let mut child = one.clone();
        for (value, others) in child.0.iter_mut().zip(&other.0) {
            if generator.random_bool(FROM_THE_OTHER) {
                *value = *others;
            }
        }
        // One value always changes, and each other with probability 1/n: about two on average.
        let sure = generator.random_range(0..self.parameters.len());
        let likely = 1.0 / self.parameters.len() as f64;
        for (place, parameter) in self.parameters.iter().enumerate() {
            if place == sure || generator.random_bool(likely) {
                child.0[place] = moved(child.0[place], parameter.count(), generator);
            }
        }
        child
    }
}

/// One value that a candidate changes.
#[derive(Clone, Copy, Debug)]
pub struct Change<'s> {
    /// The parameter's place in the space.
    pub place: usize,
    /// The parameter.
    pub parameter: &'s TunedParameter,
    /// The number of the value it changes to.
    pub value: u64,
}

/// Neighbours lie within this part of all values, or next to each other where those are few.
const NEIGHBOURHOOD: u64 = 10;

/// Another of `count` values: mostly a neighbour, else any.
fn moved(value: u64, count: u64, generator: &mut Pcg32) -> u64 {
    if generator.random_bool(TO_A_NEIGHBOUR) {
        let distance = generator.random_range(1..=(count / NEIGHBOURHOOD).max(1));
        let neighbour = if generator.random_bool(0.5) {
            value.checked_add(distance)
        } else {
            value.checked_sub(distance)
        };
        if let Some(neighbour) = neighbour.filter(|neighbour| *neighbour < count) {
            return neighbour;
        }
    }
    generator.random_range(0..count)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::search::parameter::Parameter;

    impl Candidate {
        /// Of these numbers of values.
        pub(crate) fn of(values: &[u64]) -> Self {
            Self(values.to_vec())
        }
    }

    fn parameter(path: &str, values: &[&str], today: Option<u64>) -> TunedParameter {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        TunedParameter::new(Parameter::listed(path, values), today)
    }

    /// Two numbers of one list that has to be written first, and a third apart from them.
    fn space() -> Space {
        let setup = Some("list=[{ value = 1 }, { value = 2 }]".to_owned());
        Space::new(vec![
            parameter("list.0.value", &["1", "4", "9"], Some(0)).with_setup(setup.clone()),
            parameter("list.1.value", &["2", "5"], Some(0)).with_setup(setup),
            parameter("other", &["\"a\"", "\"b\"", "\"c\"", "\"d\""], Some(1)),
        ])
    }

    /// Parameters with these numbers of values.
    fn space_of(counts: &[u64]) -> Space {
        let parameters = counts.iter().enumerate().map(|(place, count)| {
            let values = (0..*count).map(|value| value.to_string()).collect();
            let path = format!("p{place}");
            TunedParameter::new(Parameter::listed(&path, values), Some(0))
        });
        Space::new(parameters.collect())
    }

    #[test]
    fn todays_policy_is_made_without_any_argument() {
        let space = space();
        let today = space.today().expect("today's values are known");
        assert_eq!(today, Candidate(vec![0, 0, 1]));
        assert!(space.arguments(&today).is_empty());
        assert_eq!(space.changes(&today).count(), 0);
    }

    #[test]
    fn a_space_in_which_a_parameter_cannot_stay_holds_no_policy_of_today() {
        let space = Space::new(vec![
            parameter("a", &["1", "2"], Some(0)),
            parameter("b", &["1", "2"], None),
        ]);
        assert_eq!(space.today(), None);
        let candidate = Candidate(vec![0, 0]);
        assert_eq!(space.arguments(&candidate), ["b=1"]);
        assert_eq!(space.put_back(&candidate, 1), None);
    }

    #[test]
    fn what_has_to_be_written_first_stands_once_and_before_all_values() {
        let both = Candidate(vec![2, 1, 3]);
        assert_eq!(
            space().arguments(&both),
            [
                "list=[{ value = 1 }, { value = 2 }]",
                "list.0.value=9",
                "list.1.value=5",
                "other=\"d\"",
            ]
        );
        let neither = Candidate(vec![0, 0, 0]);
        assert_eq!(space().arguments(&neither), ["other=\"a\""]);
    }

    #[test]
    fn a_change_put_back_leaves_the_others() {
        let space = space();
        let candidate = Candidate(vec![2, 1, 3]);
        let reduced = space.put_back(&candidate, 2).expect("today's value");
        assert_eq!(reduced, Candidate(vec![2, 1, 1]));
        let places: Vec<usize> = space.changes(&reduced).map(|it| it.place).collect();
        assert_eq!(places, [0, 1]);
    }

    #[test]
    fn the_size_is_the_number_of_all_combinations() {
        assert_eq!(space().size().to_bits(), 24f64.to_bits());
    }

    #[test]
    fn a_latin_hypercube_takes_every_value_as_often_as_any_other() {
        let space = space_of(&[3, 5, 15]);
        let drawn = space.latin_hypercube(30, Seed(1));
        assert_eq!(drawn.len(), 30);
        for (place, parameter) in space.parameters().iter().enumerate() {
            for value in 0..parameter.count() {
                let times = drawn
                    .iter()
                    .filter(|it| space.value(it, place) == value)
                    .count();
                assert_eq!(times as u64, 30 / parameter.count(), "{place}: {value}");
            }
        }
    }

    #[test]
    fn from_one_seed_comes_one_sample_and_from_another_another() {
        let space = space_of(&[9, 9, 9]);
        let drawn = |seed| space.latin_hypercube(20, Seed(seed));
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }

    #[test]
    fn children_come_from_their_parents_and_a_few_changes() {
        let space = space_of(&[50; 20]);
        let (one, other) = (Candidate(vec![10; 20]), Candidate(vec![40; 20]));
        let mut generator = space.generator(Seed(1));
        let mut from = [0; 3];
        for _ in 0..200 {
            for value in space.child(&one, &other, &mut generator).0 {
                let parent = match value {
                    10 => 0,
                    40 => 1,
                    _ => 2,
                };
                from[parent] += 1;
            }
        }
        // Of 20 values about two change; of the rest three in ten are the other's.
        let share = |count: i32| f64::from(count) / 4000.0;
        assert!((0.57..0.69).contains(&share(from[0])), "{from:?}");
        assert!((0.22..0.32).contains(&share(from[1])), "{from:?}");
        assert!((0.06..0.13).contains(&share(from[2])), "{from:?}");
    }

    #[test]
    fn any_value_is_within_reach_of_a_child() {
        let space = space_of(&[4, 30]);
        let mut generator = space.generator(Seed(3));
        let parent = Candidate(vec![0, 29]);
        let mut met = [BTreeSet::new(), BTreeSet::new()];
        for _ in 0..2000 {
            let child = space.child(&parent, &parent, &mut generator);
            for (place, met) in met.iter_mut().enumerate() {
                met.insert(space.value(&child, place));
            }
        }
        assert_eq!(met.map(|values| values.len()), [4, 30]);
    }

    proptest! {
        #[test]
        fn a_childs_values_exist_and_its_seed_repeats_it(
            counts in proptest::collection::vec(1..40u64, 1..8),
            seed in any::<u64>(),
        ) {
            let space = space_of(&counts);
            let family = |seed| {
                let mut generator = space.generator(Seed(seed));
                let mut parents = space.latin_hypercube(2, Seed(seed));
                for _ in 0..20 {
                    let [.., one, other] = &parents[..] else {
                        panic!("two parents");
                    };
                    parents.push(space.child(one, other, &mut generator));
                }
                parents
            };
            let members = family(seed);
            for member in &members {
                for (place, count) in counts.iter().enumerate() {
                    prop_assert!(space.value(member, place) < *count, "{member:?}");
                }
            }
            prop_assert_eq!(family(seed), members);
        }
    }
}
