//! The autoscaler's core: what the Kubernetes HPA controller decides in one reconcile, and why.
//!
//! Self-imposed limits: a pure function of (rules, spec, memory, observation, now).
//! No I/O, no clock (`now` is an argument), no randomness, no serde, no map
//! iteration, and nothing from the crate but [`units`](crate::units). In the
//! steady state a reconcile allocates nothing.
//!
//! | module | what it holds |
//! |---|---|
//! | [`spec`] | the autoscaler as the API server would hand it out |
//! | [`spec_input`] | the autoscaler as somebody wrote it: defaulting and validation |
//! | [`rules`] | what differs between releases, and the controller's own settings, as data |
//! | [`observation`] | what one reconcile sees: the scale, pods as columns, metrics |
//! | [`requests`] | what a pod requests of a resource, as a release sums it |
//! | `grouping` | one pass over the pods: who counts, and what the groups use and request |
//! | [`replicas`] | from one metric to one proposal |
//! | [`stabilize`] | recommendations remembered, and what they hold back |
//! | [`limits`] | rate limits and bounds |
//! | [`status`] | conditions, metric values and their texts |
//! | [`decision`] | what a reconcile tells a listener, and the errors it can end in |
//! | [`reconcile`](mod@reconcile) | the order of it all |

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
