//! hpasim: a discrete-event simulator of the Kubernetes Horizontal Pod Autoscaler.

// The scenarios of the integration tests, which name the crate, serve unit tests too.
#[cfg(test)]
extern crate self as hpasim;

pub mod cluster;
pub mod conformance;
pub mod engine;
pub mod hpa;
pub mod render;
pub mod results;
pub mod scenario;
pub mod simulation;
pub mod units;
pub mod workload;

pub mod cli;
