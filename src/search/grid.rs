//! The points of a search: every combination of the values, or a Latin hypercube of them.
//!
//! A point is computed from its number: a grid of millions takes no memory, and a
//! hypercube one number for each point and swept parameter.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::RngExt;
use thiserror::Error;

use super::parameter::{Parameter, ParameterError};
use crate::engine::random::Stream;
use crate::units::Seed;

/// The most points of one search.
pub const POINTS_MAX: u64 = 100_000_000;

/// The most points that are drawn.
pub const SAMPLES_MAX: u32 = 10_000_000;

/// The most numbers that a hypercube holds, one for each point and swept parameter: 800 MB.
pub const DRAWN_MAX: u64 = 100_000_000;

/// What is wrong with a search's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GridError {
    /// One of them.
    #[error("--set {0}")]
    Parameter(#[from] ParameterError),
    /// No parameter takes more than one value.
    #[error(
        "no parameter has several values; write some, as --set hpa.maxReplicas=10,20,40 or --set hpa.targetCPUUtilizationPercentage=40..80:5"
    )]
    NothingSwept,
    /// A path with several values stands twice.
    #[error("`{path}` is set twice; write all its values into one --set")]
    Twice {
        /// The path.
        path: String,
    },
    /// A path lies below another one, and one of them is swept.
    #[error("`{inner}` lies below `{outer}`, so each would replace the other; sweep one of them")]
    Within {
        /// The longer path.
        inner: String,
        /// The shorter path.
        outer: String,
    },
    /// A grid needs steps.
    #[error(
        "`--set {path}={range}` has no step; write `{range}:STEP`, or draw from it with --samples"
    )]
    NoStep {
        /// The path.
        path: String,
        /// The range as it was written.
        range: String,
    },
    /// More points to draw than fit in memory.
    #[error("--samples {0} is more than {SAMPLES_MAX} points; draw fewer")]
    TooManySamples(u32),
    /// More points and parameters to draw than fit in memory.
    #[error(
        "--samples {samples} of {swept} swept parameters are more than the {DRAWN_MAX} values that fit in memory; draw at most {}, or sweep fewer parameters",
        DRAWN_MAX / swept
    )]
    TooManyDrawn {
        /// The points to draw.
        samples: u32,
        /// The parameters with more than one value.
        swept: u64,
    },
    /// More points than are simulated.
    #[error(
        "the grid has more than {POINTS_MAX} points; take greater steps, or draw some with --samples"
    )]
    TooMany,
}

/// The points of a search, each a value for every parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    parameters: Vec<Parameter>,
    /// The places of the swept parameters among `parameters`.
    swept: Vec<usize>,
    points: Points,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Points {
    /// Every combination; the last parameter changes fastest.
    All { count: u64 },
    /// Drawn: for each swept parameter the number of the value at each point.
    Drawn {
        count: u64,
        chosen: Arc<Vec<Vec<u64>>>,
    },
}

impl Grid {
    /// Every combination of the values that `arguments` (each `path=values`) state.
    ///
    /// # Errors
    /// What is wrong with an argument, or with all together.
    pub fn full(arguments: &[String]) -> Result<Self, GridError> {
        let parameters = parse(arguments)?;
        for parameter in &parameters {
            if let Some(range) = parameter.range_without_step() {
                return Err(GridError::NoStep {
                    path: parameter.path().to_owned(),
                    range,
                });
            }
        }
        let count = parameters
            .iter()
            .try_fold(1u64, |product, parameter| {
                product.checked_mul(parameter.count())
            })
            .filter(|count| *count <= POINTS_MAX)
            .ok_or(GridError::TooMany)?;
        Ok(Self {
            swept: swept_places(&parameters),
            parameters,
            points: Points::All { count },
        })
    }

    /// `count` points of a Latin hypercube over the values that `arguments` state.
    ///
    /// Each parameter's values are cut into `count` even strata, of which each is
    /// drawn from once (McKay, Beckman, Conover 1979): the sample covers every
    /// range evenly, however many parameters there are.
    ///
    /// # Errors
    /// What is wrong with an argument, or with all together.
    pub fn latin_hypercube(
        arguments: &[String],
        count: u32,
        seed: Seed,
    ) -> Result<Self, GridError> {
        if count > SAMPLES_MAX {
            return Err(GridError::TooManySamples(count));
        }
        let parameters = parse(arguments)?;
        let swept = swept_places(&parameters);
        if u64::from(count) * swept.len() as u64 > DRAWN_MAX {
            return Err(GridError::TooManyDrawn {
                samples: count,
                swept: swept.len() as u64,
            });
        }
        // A parameter draws from the stream of its place, whichever others are swept.
        let chosen: Vec<Vec<u64>> = swept
            .iter()
            .map(|place| stratified(parameters[*place].count(), count, seed, *place as u64))
            .collect();
        Ok(Self {
            parameters,
            swept,
            points: Points::Drawn {
                count: u64::from(count),
                chosen: Arc::new(chosen),
            },
        })
    }

    /// The parameters, in the order of the command line.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The parameters that take more than one value.
    pub fn swept(&self) -> impl Iterator<Item = &Parameter> {
        self.swept.iter().map(|place| &self.parameters[*place])
    }

    /// The arguments of `--set` that all points share: the parameters with one value.
    #[must_use]
    pub fn shared_arguments(&self) -> Vec<String> {
        self.parameters
            .iter()
            .filter(|parameter| !parameter.is_swept())
            .map(|parameter| parameter.argument(0))
            .collect()
    }

    /// How many points there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.points {
            Points::All { count } | Points::Drawn { count, .. } => *count,
        }
    }

    /// The arguments of `--set` of the point of this number, of all parameters in their order.
    #[must_use]
    pub fn arguments(&self, point: u64) -> Vec<String> {
        let mut indices = vec![0; self.parameters.len()];
        for (place, index) in self.swept.iter().zip(self.swept_indices(point)) {
            indices[*place] = index;
        }
        self.parameters
            .iter()
            .zip(indices)
            .map(|(parameter, index)| parameter.argument(index))
            .collect()
    }

    /// The values of the swept parameters at the point of this number, as one would type them in TOML.
    #[must_use]
    pub fn swept_values(&self, point: u64) -> Vec<String> {
        self.swept()
            .zip(self.swept_indices(point))
            .map(|(parameter, index)| parameter.value(index))
            .collect()
    }

    /// The numbers of the swept parameters' values at the point of this number.
    ///
    /// The other parameters cost nothing here: `merge` asks this for every row.
    #[must_use]
    pub fn swept_indices(&self, point: u64) -> Vec<u64> {
        match &self.points {
            Points::All { .. } => {
                let mut left = point;
                let mut indices: Vec<u64> = self
                    .swept
                    .iter()
                    .rev()
                    .map(|place| {
                        let count = self.parameters[*place].count();
                        let index = left % count;
                        left /= count;
                        index
                    })
                    .collect();
                indices.reverse();
                indices
            }
            Points::Drawn { chosen, .. } => chosen
                .iter()
                .map(|chosen| {
                    let at = usize::try_from(point).unwrap_or(usize::MAX);
                    chosen.get(at).copied().unwrap_or(0)
                })
                .collect(),
        }
    }
}

/// The places of the parameters that take more than one value.
fn swept_places(parameters: &[Parameter]) -> Vec<usize> {
    let places = parameters.iter().enumerate();
    places
        .filter(|(_, parameter)| parameter.is_swept())
        .map(|(place, _)| place)
        .collect()
}

/// Two values of one path that are not swept are allowed: the later one counts, as in `hpasim run`.
fn parse(arguments: &[String]) -> Result<Vec<Parameter>, GridError> {
    let parameters = arguments
        .iter()
        .map(|argument| Parameter::parse(argument))
        .collect::<Result<Vec<Parameter>, ParameterError>>()?;
    if !parameters.iter().any(Parameter::is_swept) {
        return Err(GridError::NothingSwept);
    }
    let mut is_swept: BTreeMap<&str, bool> = BTreeMap::new();
    for parameter in &parameters {
        if let Some(is_twin_swept) = is_swept.insert(parameter.path(), parameter.is_swept())
            && (is_twin_swept || parameter.is_swept())
        {
            return Err(GridError::Twice {
                path: parameter.path().to_owned(),
            });
        }
    }
    match nested(&parameters) {
        Some(fault) => Err(fault),
        None => Ok(parameters),
    }
}

/// Two parameters of which one is part of the other's value, where a point has several values.
fn nested(parameters: &[Parameter]) -> Option<GridError> {
    let pairs = parameters.iter().flat_map(|inner| {
        let others = parameters.iter();
        others.map(move |outer| (inner, outer))
    });
    let is_nested = |(inner, outer): &(&Parameter, &Parameter)| {
        let below = inner.path().strip_prefix(outer.path());
        below.is_some_and(|rest| rest.starts_with('.')) && (inner.is_swept() || outer.is_swept())
    };
    pairs
        .into_iter()
        .find(is_nested)
        .map(|(inner, outer)| GridError::Within {
            inner: inner.path().to_owned(),
            outer: outer.path().to_owned(),
        })
}

/// For each of `count` points the number of one of `values`: one draw from each of `count` strata, in random order.
pub(super) fn stratified(values: u64, count: u32, seed: Seed, member: u64) -> Vec<u64> {
    let mut generator = Stream::Search.generator(seed, member);
    let mut strata: Vec<u32> = (0..count).collect();
    for last in (1..strata.len()).rev() {
        strata.swap(last, generator.random_range(0..=last));
    }
    strata
        .into_iter()
        .map(|stratum| {
            let place = (f64::from(stratum) + generator.random::<f64>()) / f64::from(count);
            ((place * values as f64) as u64).min(values - 1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swept_key_and_the_table_above_it_would_replace_each_other() {
        let cost = "workload.cpu_per_request";
        for list in [
            [&*format!("{cost}.machine=0,0.9"), &*format!("{cost}=5ms")],
            [
                &*format!("{cost}=5ms,10ms"),
                &*format!("{cost}.machine=0.9"),
            ],
        ] {
            let fault = Grid::full(&arguments(&list))
                .expect_err("nested")
                .to_string();
            let expected = format!(
                "`{cost}.machine` lies below `{cost}`, so each would replace the other; sweep one of them"
            );
            assert_eq!(fault, expected);
        }
        assert!(Grid::full(&arguments(&["pod.init=1s,2s", "pod.init_delay=1"])).is_ok());
    }

    fn arguments(list: &[&str]) -> Vec<String> {
        list.iter().map(|argument| (*argument).to_owned()).collect()
    }

    #[test]
    fn the_last_parameter_changes_fastest() {
        let grid = Grid::full(&arguments(&["a=1,2", "c=7", "b=10..30:10"])).expect("a grid");
        assert_eq!(grid.count(), 6);
        let points: Vec<Vec<String>> = (0..6).map(|point| grid.swept_values(point)).collect();
        assert_eq!(points[0], ["1", "10"]);
        assert_eq!(points[1], ["1", "20"]);
        assert_eq!(points[3], ["2", "10"]);
        assert_eq!(grid.arguments(5), ["a=2", "c=7", "b=30"]);
        assert_eq!(grid.shared_arguments(), ["c=7"]);
    }

    #[test]
    fn a_latin_hypercube_draws_once_from_each_stratum() {
        let list = arguments(&["a=0..99:1", "b=x,y"]);
        let grid = Grid::latin_hypercube(&list, 100, Seed(1)).expect("a grid");
        let mut first: Vec<u64> = (0..100).map(|point| grid.swept_indices(point)[0]).collect();
        assert_ne!(first, (0..100).collect::<Vec<u64>>(), "in random order");
        first.sort_unstable();
        assert_eq!(first, (0..100).collect::<Vec<u64>>());
        let second = (0..100).filter(|point| grid.swept_indices(*point)[1] == 0);
        assert_eq!(second.count(), 50);
    }

    #[test]
    fn the_seed_decides_the_sample() {
        let list = arguments(&["a=0.1..0.9", "b=1..50"]);
        let draw = |seed: u64| Grid::latin_hypercube(&list, 20, Seed(seed)).expect("a grid");
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn what_is_no_grid_is_refused() {
        let fault = |list: &[&str]| {
            Grid::full(&arguments(list))
                .expect_err("a fault")
                .to_string()
        };
        insta::assert_snapshot!(fault(&[]), @"no parameter has several values; write some, as --set hpa.maxReplicas=10,20,40 or --set hpa.targetCPUUtilizationPercentage=40..80:5");
        assert_eq!(fault(&["a=1"]), fault(&[]));
        insta::assert_snapshot!(fault(&["a=1,2", "a=3"]), @"`a` is set twice; write all its values into one --set");
        insta::assert_snapshot!(fault(&["a=1..9"]), @"`--set a=1..9` has no step; write `1..9:STEP`, or draw from it with --samples");
        assert_eq!(fault(&["a=1", "a=2", "a=3,4"]), fault(&["a=1,2", "a=3"]));
        insta::assert_snapshot!(fault(&["a=0..99999:1", "b=0..99999:1"]), @"the grid has more than 100000000 points; take greater steps, or draw some with --samples");
    }

    #[test]
    fn a_sample_that_does_not_fit_in_memory_is_refused_before_it_is_drawn() {
        let list: Vec<String> = (0..300).map(|number| format!("p{number}=1,2")).collect();
        let fault = Grid::latin_hypercube(&list, SAMPLES_MAX, Seed(1)).expect_err("24 GB");
        insta::assert_snapshot!(fault, @"--samples 10000000 of 300 swept parameters are more than the 100000000 values that fit in memory; draw at most 333333, or sweep fewer parameters");
    }

    #[test]
    fn parameters_with_one_value_take_no_memory_and_change_no_draw_of_the_others() {
        let mut list: Vec<String> = (0..10_000).map(|number| format!("p{number}=1")).collect();
        list.push("a=0..99:1".to_owned());
        let grid = Grid::latin_hypercube(&list, 100_000, Seed(1)).expect("a grid");
        assert_eq!(grid.swept_indices(7).len(), 1);
        let drawn = stratified(100, 100_000, Seed(1), 10_000);
        assert_eq!(grid.swept_indices(7), [drawn[7]]);
        assert_eq!(grid.arguments(7).len(), 10_001);
        assert_eq!(grid.arguments(7)[9_999], "p9999=1");
    }
}
