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

pub mod decision;
mod grouping;
pub mod limits;
pub mod observation;
pub mod reconcile;
pub mod replicas;
pub mod requests;
pub mod rules;
pub mod spec;
pub mod spec_input;
pub mod stabilize;
pub mod status;

pub use reconcile::{HpaMemory, ReconcileOutcome, RescaleReason, reconcile};
