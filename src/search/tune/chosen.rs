//! `--param`: the parameters of the search, and their values.

use thiserror::Error;

use super::parameter::{Ends, TunedParameter};
use crate::scenario::{Scenario, Template};
use crate::search::parameter::{Parameter, ParameterError};

/// Why `--param` chooses nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// Its values cannot be read.
    #[error("--param {0}")]
    Values(#[from] ParameterError),
    /// No usual parameter is called so.
    #[error(
        "`--param {name}`: no usual parameter has this name; the names are {known}; for another path write its values, as --param {name}=1,2,3"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// What could be.
        known: String,
    },
    /// A parameter was chosen twice.
    #[error("two --param set `{path}`; write all its values into one")]
    Twice {
        /// The path.
        path: String,
    },
    /// There is nothing to search.
    #[error(
        "there is nothing to search: no parameter has more than one value; name some with --param, as --param hpa.minReplicas=1..10:1"
    )]
    Nothing,
}

/// Values among which today's is looked for; of more it is not worth the time.
const LOOKED_AT: u64 = 2_000;

/// The parameters that `asked` chooses: all `usual` ones without it.
///
/// A name chooses every usual parameter whose path has those keys in a row:
/// `scaleDown`, `stabilizationWindowSeconds`, `hpa.minReplicas`. A path with values,
/// as in `sweep --set`, is searched over them.
///
/// # Errors
/// What is wrong with an argument.
pub fn choose(
    asked: &[String],
    usual: Vec<TunedParameter>,
    template: &Template,
) -> Result<Vec<TunedParameter>, ChoiceError> {
    let mut chosen: Vec<TunedParameter> = Vec::new();
    for argument in asked {
        if argument.contains('=') {
            chosen.push(with_values(argument, &usual, template)?);
        } else {
            let named: Vec<TunedParameter> = usual
                .iter()
                .filter(|parameter| has_keys(parameter.path(), argument))
                .cloned()
                .collect();
            if named.is_empty() {
                return Err(ChoiceError::Unknown {
                    name: argument.clone(),
                    known: names(&usual).join(", "),
                });
            }
            chosen.extend(named);
        }
    }
    if asked.is_empty() {
        chosen = usual;
    }
    for (index, parameter) in chosen.iter().enumerate() {
        if chosen[..index]
            .iter()
            .any(|it| it.path() == parameter.path())
        {
            return Err(ChoiceError::Twice {
                path: parameter.path().to_owned(),
            });
        }
    }
    chosen.retain(|parameter| parameter.count() > 1 || parameter.today().is_none());
    if chosen.is_empty() {
        return Err(ChoiceError::Nothing);
    }
    Ok(chosen)
}

/// Every key by which one of `usual` can be named, each once.
fn names(usual: &[TunedParameter]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for key in usual.iter().flat_map(|it| it.path().split('.')) {
        let is_number = key.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && key != "hpa" && !names.contains(&key) {
            names.push(key);
        }
    }
    names
}

/// Whether the keys of `name` stand in a row among those of `path`.
fn has_keys(path: &str, name: &str) -> bool {
    let path: Vec<&str> = path.split('.').collect();
    let name: Vec<&str> = name.split('.').collect();
    path.windows(name.len()).any(|keys| keys == name)
}

/// A usual parameter with other values keeps its setup and its meaning. Without a range, the ends are all values that the user wants.
fn with_values(
    argument: &str,
    usual: &[TunedParameter],
    template: &Template,
) -> Result<TunedParameter, ChoiceError> {
    let parameter = Parameter::parse(argument)?;
    let known = called(parameter.path(), usual);
    let has_range = parameter.has_range();
    let tuned = match known {
        Some(known) => {
            let parameter = parameter.at_path(known.path());
            let over = known.over(parameter.clone());
            match over.today() {
                Some(_) => over,
                // The same value may be written otherwise, as 0.1 for "0.1".
                None => over.with_today(same_as(known, &parameter, template)),
            }
        }
        None => {
            let today = unchanging(&parameter, template);
            TunedParameter::new(parameter, today)
        }
    };
    Ok(if has_range {
        tuned
    } else {
        // Who writes each value out means these and no others.
        tuned.with_ends(Ends::NATURAL)
    })
}

/// The usual parameter of this path, or the only one that is called so.
fn called<'u>(path: &str, usual: &'u [TunedParameter]) -> Option<&'u TunedParameter> {
    let exactly = usual.iter().find(|it| it.path() == path);
    let mut so = usual.iter().filter(|it| has_keys(it.path(), path));
    exactly.or_else(|| so.next().filter(|_| so.next().is_none()))
}

/// The number of the value under which the policy means what it means today.
fn unchanging(parameter: &Parameter, template: &Template) -> Option<u64> {
    first_equal(parameter, None, &meaning(template, &[])?, template)
}

/// The number of the value that is today's of `known`, whether the policy states it or not.
fn same_as(known: &TunedParameter, parameter: &Parameter, template: &Template) -> Option<u64> {
    let mut arguments: Vec<String> = known.setup().map(str::to_owned).into_iter().collect();
    arguments.push(known.argument(known.today()?));
    let today = meaning(template, &arguments)?;
    first_equal(parameter, known.setup(), &today, template)
}

/// The number of the first value that, after `setup`, makes `scenario` of the policy.
fn first_equal(
    parameter: &Parameter,
    setup: Option<&str>,
    scenario: &Scenario,
    template: &Template,
) -> Option<u64> {
    (0..parameter.count().min(LOOKED_AT)).find(|index| {
        let mut arguments: Vec<String> = setup.map(str::to_owned).into_iter().collect();
        arguments.push(parameter.argument(*index));
        meaning(template, &arguments).as_ref() == Some(scenario)
    })
}

fn meaning(template: &Template, arguments: &[String]) -> Option<Scenario> {
    let mut scenario = template.scenario(arguments).ok()?;
    // What is stated is no assumption any more; it means the same.
    scenario.assumptions.clear();
    Some(scenario)
}

#[cfg(test)]
mod tests {
    use super::super::practice::{PodsToday, parameters};
    use super::super::tests::{EVEN, PROD, template};
    use super::*;

    const PODS: PodsToday = PodsToday {
        mean: 6.0,
        peak: 8.0,
    };

    fn chosen_of(policy: &str, asked: &[&str]) -> Result<Vec<TunedParameter>, ChoiceError> {
        let template = template(policy, EVEN);
        let scenario = template.scenario(&[]).expect("a sound policy");
        let autoscaler = scenario.hpa().expect("an autoscaler");
        let usual = parameters(autoscaler, &template, PODS);
        let asked: Vec<String> = asked.iter().map(|it| (*it).to_owned()).collect();
        choose(&asked, usual, &template)
    }

    /// The labels of what `asked` chooses of the shipped policy.
    fn labels(asked: &[&str]) -> Vec<String> {
        let chosen = chosen_of(PROD, asked).expect("a choice");
        chosen.iter().map(TunedParameter::label).collect()
    }

    /// How many values the only parameter has that `argument` chooses, and today's among them.
    fn values_of(argument: &str) -> (u64, Option<String>) {
        let chosen = chosen_of(PROD, &[argument]).expect("a choice");
        let [parameter] = &chosen[..] else {
            panic!("{argument} chooses one: {chosen:?}");
        };
        let today = parameter.today().map(|it| parameter.value(it));
        (parameter.count(), today)
    }

    fn fault(asked: &[&str]) -> String {
        chosen_of(PROD, asked).expect_err("a fault").to_string()
    }

    #[test]
    fn without_a_choice_everything_usual_is_searched() {
        // Target, bounds; up: window, two policies, tolerance; down: window, one policy, tolerance.
        assert_eq!(labels(&[]).len(), 1 + 2 + (1 + 4 + 1) + (1 + 2 + 1));
    }

    #[test]
    fn a_name_chooses_what_has_its_keys_in_a_row() {
        assert_eq!(labels(&["minReplicas"]), ["minReplicas"]);
        assert_eq!(labels(&["hpa.minReplicas"]), ["minReplicas"]);
        let windows = [
            "behavior.scaleUp.stabilizationWindowSeconds",
            "behavior.scaleDown.stabilizationWindowSeconds",
        ];
        assert_eq!(labels(&["stabilizationWindowSeconds"]), windows);
        assert_eq!(
            labels(&["scaleUp.stabilizationWindowSeconds"]),
            windows[..1]
        );
        insta::assert_snapshot!(labels(&["scaleDown", "maxReplicas"]).join("\n"), @"
        behavior.scaleDown.stabilizationWindowSeconds
        behavior.scaleDown.policies.0.value (Percent)
        behavior.scaleDown.policies.0.periodSeconds (Percent)
        behavior.scaleDown.tolerance
        maxReplicas
        ");
    }

    #[test]
    fn keys_that_do_not_stand_in_a_row_choose_nothing() {
        assert!(fault(&["scaleUp.value"]).contains("no usual parameter has this name"));
        assert!(fault(&["Replicas"]).contains("no usual parameter has this name"));
    }

    #[test]
    fn a_name_with_values_is_the_only_usual_path_that_is_called_so() {
        assert_eq!(labels(&["minReplicas=2..9:1"]), ["minReplicas"]);
        // Two windows are called so, and no key of a policy.
        let both = chosen_of(PROD, &["stabilizationWindowSeconds=0,60"]).expect("a choice");
        assert_eq!(both[0].path(), "stabilizationWindowSeconds");
    }

    #[test]
    fn a_range_may_be_too_narrow_and_a_list_is_meant() {
        let borders = |argument: &str| {
            let chosen = chosen_of(PROD, &[argument]).expect("a choice");
            chosen[0].is_at_border(chosen[0].count() - 1)
        };
        assert!(borders("hpa.minReplicas=1..4:1"));
        assert!(!borders("hpa.minReplicas=1,4"));
    }

    #[test]
    fn a_usual_path_with_values_is_searched_over_those() {
        assert_eq!(
            values_of("hpa.minReplicas=1..5:1"),
            (5, Some("1".to_owned()))
        );
        assert_eq!(values_of("hpa.minReplicas=2,4"), (2, None));
        // One value is a change too, unless it is today's.
        assert_eq!(values_of("hpa.minReplicas=4"), (1, None));
    }

    #[test]
    fn a_usual_value_that_is_written_otherwise_is_todays_all_the_same() {
        assert_eq!(
            values_of("hpa.behavior.scaleUp.tolerance=0..0.3:0.05"),
            (7, Some("0.1".to_owned()))
        );
        assert_eq!(
            values_of("hpa.behavior.scaleUp.tolerance=\"50m\",\"100m\""),
            (2, Some("\"100m\"".to_owned()))
        );
    }

    #[test]
    fn todays_value_of_a_list_that_has_to_be_written_first_is_found() {
        let small = super::super::tests::SMALL;
        let argument = "hpa.behavior.scaleUp.policies.0.value=\"9\",0x4";
        let chosen = chosen_of(small, &[argument]).expect("a choice");
        assert_eq!(chosen[0].today(), Some(1));
        assert!(chosen[0].setup().is_some());
    }

    #[test]
    fn any_path_is_searched_and_todays_value_found_by_what_it_means() {
        let today = |value: &str| Some(value.to_owned());
        assert_eq!(
            values_of("controller.sync_period=\"30s\",\"15s\""),
            (2, today("\"15s\""))
        );
        // The same in other words.
        assert_eq!(
            values_of("controller.sync_period=\"30s\",\"15000ms\""),
            (2, today("\"15000ms\""))
        );
        assert_eq!(values_of("controller.sync_period=10s..30s:10s"), (3, None));
        assert_eq!(
            values_of("hpa.behavior.scaleUp.selectPolicy=\"Min\",\"Max\""),
            (2, today("\"Max\""))
        );
    }

    #[test]
    fn a_value_that_is_no_policy_is_not_todays() {
        assert_eq!(
            values_of("controller.sync_period=\"never\",\"15s\""),
            (2, Some("\"15s\"".to_owned()))
        );
    }

    #[test]
    fn what_chooses_nothing_is_told_with_the_remedy() {
        insta::assert_snapshot!(fault(&["windows"]), @"`--param windows`: no usual parameter has this name; the names are targetCPUUtilizationPercentage, minReplicas, maxReplicas, behavior, scaleUp, stabilizationWindowSeconds, policies, value, periodSeconds, tolerance, scaleDown; for another path write its values, as --param windows=1,2,3");
        insta::assert_snapshot!(fault(&["minReplicas", "hpa.minReplicas=1,2"]), @"two --param set `hpa.minReplicas`; write all its values into one");
        insta::assert_snapshot!(fault(&["scaleUp", "stabilizationWindowSeconds"]), @"two --param set `hpa.behavior.scaleUp.stabilizationWindowSeconds`; write all its values into one");
        insta::assert_snapshot!(fault(&["hpa.minReplicas=1..x:2"]), @"--param `hpa.minReplicas=1..x:2`: `x` is not a number; a range is from..to:step, as 40..80:5 or 10s..60s:10s");
        insta::assert_snapshot!(fault(&["hpa.minReplicas=1"]), @"there is nothing to search: no parameter has more than one value; name some with --param, as --param hpa.minReplicas=1..10:1");
        assert_eq!(fault(&[""]), fault(&["windows"]).replace("windows", ""));
    }
}
