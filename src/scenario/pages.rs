//! Texts for the pages other than the keys: the kinds of distributions, and every bound with its reason.
//!
//! `docs/model.md` and `docs/policy.md` contain these texts.

use super::distribution::{self, GAMMA_CV, LOG_NORMAL_CV, P99_BY_MEDIAN_MAX, PARETO_SHAPE};
use super::hpa_section::REPLICAS_MAX;
use super::keys;
use super::manifest::yaml::{DEPTH_MAX, VALUES_MAX};
use super::policy::NAME_ALLOWED;
use super::trace_text::USERS_MAX;
use super::values::DURATION_MAX;
use crate::bounded::POLICY_BYTES_MAX;

/// A kind of distribution, for the page.
#[derive(Clone, Debug)]
pub struct DistributionRow {
    /// The word of `dist`.
    pub word: &'static str,
    /// The keys that state it.
    pub keys: String,
    /// Its meaning.
    pub means: &'static str,
}

/// Every kind of distribution.
pub fn distributions() -> impl Iterator<Item = DistributionRow> {
    distribution::kinds().map(|(word, keys, means)| DistributionRow { word, keys, means })
}

/// A bound with its reason.
#[derive(Clone, Debug)]
pub struct BoundRow {
    /// The key or the input with the bound.
    pub of: String,
    /// The allowed values.
    pub allowed: String,
    /// The reason.
    pub why: &'static str,
}

/// Every bound that has a reason: those of the keys, then those of other input.
#[must_use]
pub fn bounds() -> Vec<BoundRow> {
    let of_keys = keys::all().into_iter().filter_map(|key| {
        let of = format!("`{}`", key.path());
        let (allowed, why) = key.bound?;
        Some(BoundRow { of, allowed, why })
    });
    of_keys.chain(bounds_of_other_input()).collect()
}

fn bounds_of_other_input() -> impl Iterator<Item = BoundRow> {
    let row = |of: &str, allowed: String, why| BoundRow {
        of: of.to_owned(),
        allowed,
        why,
    };
    let range = |least: &f64, most: &f64| format!("{least} to {most}");
    [
        row(
            "`name`",
            NAME_ALLOWED.to_owned(),
            "the output folder has this name",
        ),
        row(
            "`hpa.minReplicas`, `hpa.maxReplicas`",
            format!("at most {REPLICAS_MAX}"),
            "the same reason as for `deployment.replicas`",
        ),
        row(
            "any duration",
            format!("at most {DURATION_MAX}"),
            "a longer one is a typing mistake",
        ),
        row(
            "`cv` of a lognormal",
            range(LOG_NORMAL_CV.start(), LOG_NORMAL_CV.end()),
            "above, nearly every draw is close to 0",
        ),
        row(
            "`p99` of a lognormal",
            format!("from the median to {P99_BY_MEDIAN_MAX} times that"),
            "above, single draws last longer than the simulation",
        ),
        row(
            "`cv` of a gamma distribution",
            range(GAMMA_CV.start(), GAMMA_CV.end()),
            "below, it is a constant; above, nearly every draw is close to 0",
        ),
        row(
            "`shape` of a Pareto distribution",
            range(PARETO_SHAPE.start(), PARETO_SHAPE.end()),
            "below, the mean is infinite or nearly so; above, it is a constant",
        ),
        row(
            "a manifest",
            format!(
                "at most {} MiB, {VALUES_MAX} values (with aliases expanded), {DEPTH_MAX} levels",
                POLICY_BYTES_MAX >> 20
            ),
            "hpasim holds it in memory; no cluster has that many values or levels",
        ),
        row(
            "`users` of a trace, times `workload.scale`",
            format!("at most {USERS_MAX}"),
            "hpasim holds each user in memory",
        ),
    ]
    .into_iter()
}
