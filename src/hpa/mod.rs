//! The autoscaler's core: what the Kubernetes HPA controller decides in one reconcile, and why.
//!
//! A reconcile is a pure function of (rules, spec, memory, observation, now). The current time
//! `now` is an argument.
//!
//! | module | what it holds |
//! |---|---|
//! | [`spec`] | the autoscaler as the API server returns it |
//! | [`spec_input`] | the autoscaler as a user writes it: defaulting and validation |
//! | [`rules`] | differences between releases, and the controller's settings, as data |
//! | [`observation`] | the input of one reconcile: the scale, pods as columns, metrics |
//! | [`requests`] | the request of a pod for a resource, as a release sums it |
//! | `grouping` | one pass over the pods: groups, and the usage and request of each |
//! | [`replicas`] | from one metric to one proposal |
//! | [`stabilize`] | remembered recommendations, and how they limit a proposal |
//! | [`limits`] | rate limits and bounds |
//! | [`status`] | conditions, metric values and their texts |
//! | [`decision`] | the steps of a decision, as a listener receives them |
//! | [`reconcile`](mod@reconcile) | one reconcile, from the scale to the status |

#[doc(hidden)]
pub mod decision;
mod grouping;
#[doc(hidden)]
pub mod limits;
pub mod observation;
#[doc(hidden)]
pub mod reconcile;
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
