//! The autoscaler's core: what the Kubernetes HPA controller decides in one reconcile, and why.
//!
//! A reconcile is a pure function of (rules, spec, memory, observation, now). The current time
//! `now` is an argument.
//!
//! | module | what it holds |
//! |---|---|
//! | [`spec`] | the autoscaler as the API server returns it |
//! | [`spec_input`] | the autoscaler as a user writes it: defaulting and validation |
//! | [`release`] | the releases, and the rules in which they differ, as data |
//! | [`release_facts`] | those rules in words, for `docs/releases.md` |
//! | [`rules`] | the rules of a release under the controller's settings |
//! | [`observation`] | the input of one reconcile: the scale, pods as columns, metrics |
//! | [`requests`] | the request of a pod for a resource, as a release sums it |
//! | `grouping` | one pass over the pods: groups, and the usage and request of each |
//! | [`replicas`] | from one metric to one proposal |
//! | [`stabilize`] | remembered recommendations, and how they limit a proposal |
//! | [`limits`] | rate limits and bounds |
//! | `format_string` | a text that 1.28 takes for a format string |
//! | [`status`] | conditions, metric values and their texts |
//! | [`decision`] | the steps of a decision, as a listener receives them |
//! | [`reconcile`](mod@reconcile) | one reconcile, from the scale to the status |

#[doc(hidden)]
pub mod decision;
mod format_string;
mod grouping;
#[doc(hidden)]
pub mod limits;
pub mod observation;
#[doc(hidden)]
pub mod reconcile;
pub mod release;
pub mod release_facts;
#[doc(hidden)]
pub mod replicas;
#[doc(hidden)]
pub mod requests;
pub mod rules;
pub mod spec;
#[doc(hidden)]
pub mod spec_input;
#[doc(hidden)]
pub mod stabilize;
#[doc(hidden)]
pub mod status;

#[doc(hidden)]
pub use reconcile::{HpaMemory, ReconcileOutcome, RescaleReason, reconcile};
