//! The runs behind `--what-matters`: each touched assumption at both ends of its plausible range, one at a time.
//!
//! A variant is resolved by the code of `--set`, so its KPIs are those of `run --set`.

use std::num::NonZeroUsize;

use super::in_order::collect_in_order;
use crate::results::Kpis;
use crate::results::comparison::TraceRuns;
use crate::results::what_matters::{EndOutcome, RangeEnd, VariedAssumption};
use crate::scenario::{Assumption, Diagnostic, Engine, Resolved, Scenario};
use crate::units::{Seed, SimTime};

/// The policies of a result under one trace, as they were simulated.
#[derive(Clone, Copy, Debug)]
pub struct AssumingTrace<'a> {
    /// Which engine follows the trace.
    pub engine: Engine,
    /// By policy.
    pub scenarios: &'a [Scenario],
}

/// A policy under a trace, by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyPlace {
    /// The place of the trace.
    pub trace: usize,
    /// The place of the policy.
    pub policy: usize,
}

/// An assumption at an end of its range.
#[derive(Clone, Copy, Debug)]
pub struct VariedEnd<'p> {
    /// The policy's key.
    pub key: &'p str,
    /// The default.
    pub assumed: &'p str,
    /// The value of this end.
    pub value: &'p str,
    /// The scenario with the value.
    pub scenario: &'p Scenario,
}

/// The variants of a result, before they are simulated.
#[derive(Clone, Debug)]
pub struct VariantPlan<'a> {
    traces: &'a [AssumingTrace<'a>],
    result: &'a [TraceRuns],
    varied: Vec<PlannedAssumption>,
}

#[derive(Clone, Debug)]
struct PlannedAssumption {
    key: String,
    value: String,
    /// Low and high.
    ends: [PlannedEnd; 2],
}

#[derive(Clone, Debug)]
struct PlannedEnd {
    value: String,
    variants: PlannedVariants,
}

#[derive(Clone, Debug)]
enum PlannedVariants {
    Default,
    Skipped(String),
    /// Of each policy that assumes the default.
    Of(Vec<(PolicyPlace, Scenario)>),
}

impl<'a> VariantPlan<'a> {
    /// The variants of the assumptions that `result` touched: the runs by trace, policy and seed.
    ///
    /// `resolve` makes the scenario of a policy under a trace with further settings, as `--set` takes them. It gives a message
    /// where the settings are refused.
    pub fn of(
        traces: &'a [AssumingTrace<'a>],
        result: &'a [TraceRuns],
        resolve: impl Fn(PolicyPlace, &[String]) -> Result<Resolved, String>,
    ) -> Self {
        let mut touched: Vec<&Assumption> = Vec::new();
        for (trace, runs) in traces.iter().zip(result) {
            for (scenario, runs) in trace.scenarios.iter().zip(&runs.runs) {
                for assumption in scenario.touched(trace.engine, runs) {
                    if !touched.iter().any(|it| it.key == assumption.key) {
                        touched.push(assumption);
                    }
                }
            }
        }
        let plan = |assumption: &Assumption| {
            let declared = assumption.declared?;
            let end = |value: &str| PlannedEnd {
                value: value.to_owned(),
                variants: if value == assumption.value {
                    PlannedVariants::Default
                } else {
                    variants(traces, &assumption.key, value, &resolve)
                },
            };
            Some(PlannedAssumption {
                key: assumption.key.clone(),
                value: assumption.value.clone(),
                ends: [end(declared.low), end(declared.high)],
            })
        };
        Self {
            traces,
            result,
            varied: touched.into_iter().filter_map(plan).collect(),
        }
    }

    /// When the run of each variant ends, for each seed.
    pub fn ends(&self) -> impl Iterator<Item = SimTime> + '_ {
        self.variants().map(|(_, scenario)| scenario.trace.end())
    }

    /// Simulates every variant with every seed on `threads` threads.
    ///
    /// The results are the same for any number of threads, provided that `simulate` looks at its arguments alone.
    #[must_use]
    pub fn simulate(
        &self,
        seeds: &[Seed],
        threads: NonZeroUsize,
        simulate: impl Fn(&Scenario, Engine, Seed) -> Kpis + Sync,
    ) -> Vec<VariedAssumption> {
        let runs: Vec<(&Scenario, Engine, Seed)> = self
            .variants()
            .flat_map(|(place, scenario)| {
                let engine = self.traces[place.trace].engine;
                seeds.iter().map(move |seed| (scenario, engine, *seed))
            })
            .collect();
        let run = |(scenario, engine, seed)| simulate(scenario, engine, seed);
        let mut kpis = collect_in_order(runs, threads, run).into_iter();
        let mut outcome = |variants: &PlannedVariants| match variants {
            PlannedVariants::Default => EndOutcome::Default,
            PlannedVariants::Skipped(reason) => EndOutcome::Skipped(reason.clone()),
            PlannedVariants::Of(variants) => {
                let mut all = self.result.to_vec();
                for (place, _) in variants {
                    let of_seeds = kpis.by_ref().take(seeds.len()).collect();
                    all[place.trace].runs[place.policy] = of_seeds;
                }
                EndOutcome::Runs(all)
            }
        };
        let mut end = |end: &PlannedEnd| RangeEnd {
            value: end.value.clone(),
            outcome: outcome(&end.variants),
        };
        let varied = self.varied.iter().map(|it| VariedAssumption {
            key: it.key.clone(),
            value: it.value.clone(),
            low: end(&it.ends[0]),
            high: end(&it.ends[1]),
        });
        varied.collect()
    }

    /// The scenario of the first policy at each end that differs from its default; the two ends of an assumption follow each other.
    pub fn each_end(&self) -> impl Iterator<Item = VariedEnd<'_>> {
        self.varied.iter().flat_map(|it| {
            it.ends.iter().filter_map(|end| match &end.variants {
                PlannedVariants::Of(variants) => Some(VariedEnd {
                    key: &it.key,
                    assumed: &it.value,
                    value: &end.value,
                    scenario: variants.first().map(|(_, scenario)| scenario)?,
                }),
                PlannedVariants::Default | PlannedVariants::Skipped(_) => None,
            })
        })
    }

    /// In the order in which their runs are taken.
    fn variants(&self) -> impl Iterator<Item = (PolicyPlace, &Scenario)> {
        let ends = self.varied.iter().flat_map(|it| &it.ends);
        ends.flat_map(|end| match &end.variants {
            PlannedVariants::Of(variants) => variants.as_slice(),
            PlannedVariants::Default | PlannedVariants::Skipped(_) => &[],
        })
        .map(|(place, scenario)| (*place, scenario))
    }
}

/// The variants of every policy that assumes the default of `key`.
///
/// A value that is refused, or that causes a warning, is not plausible beside the other keys.
fn variants(
    traces: &[AssumingTrace<'_>],
    key: &str,
    value: &str,
    resolve: &impl Fn(PolicyPlace, &[String]) -> Result<Resolved, String>,
) -> PlannedVariants {
    let setting = [format!("{key}={value}")];
    let mut variants = Vec::new();
    for (trace, of_trace) in traces.iter().enumerate() {
        for (policy, scenario) in of_trace.scenarios.iter().enumerate() {
            let mut unstated = scenario.assumptions.iter();
            if !unstated.any(|it| it.key == key && it.declared.is_some()) {
                continue;
            }
            let place = PolicyPlace { trace, policy };
            match plausible(place, &setting, resolve) {
                Ok(scenario) => variants.push((place, scenario)),
                Err(reason) => return PlannedVariants::Skipped(reason),
            }
        }
    }
    PlannedVariants::Of(variants)
}

fn plausible(
    place: PolicyPlace,
    setting: &[String],
    resolve: &impl Fn(PolicyPlace, &[String]) -> Result<Resolved, String>,
) -> Result<Scenario, String> {
    let usual = resolve(place, &[])?.warnings;
    let is_new = |warning: &&Diagnostic| {
        let mut usual = usual.iter();
        !usual.any(|it| it.code == warning.code && it.message == warning.message)
    };
    let resolved = resolve(place, setting)?;
    match resolved.warnings.iter().find(is_new) {
        Some(warning) => Err(warning.message.clone()),
        None => Ok(resolved.scenario),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::results::what_matters::{MovedResult, WhatMatters};
    use crate::scenario::{LoadRequest, ManifestChoice, MemoryLoader, Template};
    use crate::search::sweep::simulate_kpis;

    const POLICY: &str = include_str!("../../tests/fixtures/what_matters.toml");
    const TRACE: &str = "time_s,rps\n0,4\n120,30\n300,4\n";
    const SEEDS: [Seed; 2] = [Seed(3), Seed(4)];

    fn template(set: &[&str]) -> Template {
        let mut loader = MemoryLoader::default()
            .with("p.toml", POLICY)
            .with("t.csv", TRACE);
        let set: Vec<String> = set.iter().map(|it| (*it).to_owned()).collect();
        let request = LoadRequest {
            set: &set,
            ..LoadRequest::new(Path::new("p.toml"), Path::new("t.csv"))
        };
        Template::load(request, &ManifestChoice::default(), &mut loader).expect("a template")
    }

    fn runs_of(scenario: &Scenario) -> Vec<TraceRuns> {
        let run = |seed| simulate_kpis(scenario, Engine::Request, seed);
        vec![TraceRuns {
            trace: "t".to_owned(),
            runs: vec![SEEDS.map(run).to_vec()],
        }]
    }

    /// What the plan of the policy with these settings gives on so many threads.
    fn varied(set: &[&str], threads: usize) -> (Vec<TraceRuns>, Vec<VariedAssumption>) {
        let template = template(set);
        let scenario = template.scenario(&[]).expect("a scenario");
        let result = runs_of(&scenario);
        let scenarios = [scenario];
        let traces = [AssumingTrace {
            engine: Engine::Request,
            scenarios: &scenarios,
        }];
        let plan = VariantPlan::of(&traces, &result, |_, set| {
            template.resolve(set).map_err(|faults| faults.to_string())
        });
        let threads = NonZeroUsize::new(threads).expect("a thread");
        let varied = plan.simulate(&SEEDS, threads, simulate_kpis);
        (result, varied)
    }

    fn keys(varied: &[VariedAssumption]) -> Vec<&str> {
        varied.iter().map(|it| it.key.as_str()).collect()
    }

    #[test]
    fn a_variant_is_the_run_with_the_setting() {
        let (_, all) = varied(&[], 2);
        let init = all
            .iter()
            .find(|it| it.key == "pod.init")
            .expect("a variant");
        let setting = format!("pod.init={}", init.high.value);
        let scenario = template(&[&setting]).scenario(&[]).expect("a scenario");
        assert_eq!(init.high.outcome, EndOutcome::Runs(runs_of(&scenario)));
    }

    #[test]
    fn a_stated_key_is_never_varied() {
        let (_, all) = varied(&[], 1);
        for stated in ["workload.cpu_per_request", "deployment.containers"] {
            assert!(!keys(&all).contains(&stated), "{stated}");
        }
        assert!(keys(&all).contains(&"cluster"));
        let (_, without) = varied(&["pod.init=1s", "cluster=gke"], 1);
        assert!(!keys(&without).contains(&"pod.init"));
        assert!(!keys(&without).contains(&"cluster"));
    }

    #[test]
    fn the_result_is_the_same_on_any_number_of_threads() {
        let of = |threads| {
            let (runs, varied) = varied(&[], threads);
            let result = MovedResult {
                policies: &[],
                seconds: 300.0,
                runs: &runs,
            };
            WhatMatters::of(&result, &varied)
        };
        let one = of(1);
        assert!(!one.shown().is_empty());
        assert_eq!(one, of(3));
    }

    #[test]
    fn an_end_that_another_key_refuses_is_skipped_with_the_reason() {
        // A startup probe that fails after 10 s bears no initialisation of 45 s.
        let probe = "pod.startup={ period = \"5s\", failure_threshold = 3 }";
        let (_, all) = varied(&[probe], 1);
        let init = all
            .iter()
            .find(|it| it.key == "pod.init")
            .expect("a variant");
        let EndOutcome::Skipped(reason) = &init.high.outcome else {
            panic!("{init:?}");
        };
        assert!(reason.contains("startup probe"), "{reason}");
    }
}
