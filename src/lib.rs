//! hpasim: a discrete-event simulator of the Kubernetes Horizontal Pod Autoscaler.
//!
//! It answers one question before a cluster has to: *what will my autoscaler do
//! under this traffic, why, and at what price?*
//!
//! # The rooms, and the way through them
//!
//! ```text
//! policy + trace -> cli reads -> scenario resolves -> Scenario
//!   -> simulation (engine, cluster, workload; at each of its wakes a scaler of `control` decides)
//!   -> Observer -> results (timeline, decisions, KPIs) -> render -> cli writes -> output/
//! ```
//!
//! | room | what it holds |
//! |---|---|
//! | [`scenario`] | text in, a checked [`Scenario`] out |
//! | [`simulation`] | runs of a scenario: observers of a run ([`simulation::Observer`]), and a run that its caller scales ([`simulation::Run`]) |
//! | [`control`] | what scales, behind one trait: the HPA, a schedule, a caller of the library |
//! | [`results`] | KPIs, timeline, decisions |
//! | [`kpi`] | the table of KPIs |
//! | [`hpa`] | the specification of an autoscaler, and the rules of each release |
//! | [`cluster`] | the specification of pods and of the metrics pipeline |
//! | [`workload`] | demand over time, and how clients behave |
//! | [`units`] | time, CPU, counts, seeds |
//! | `files` | loaders for input files (feature `files`) |
//! | `cli` | the command line (feature `cli`, the default) |
//!
//! The other rooms serve the command line, the tests and the benches of this package. They are public and hidden:
//! they may change in any release.
//!
//! # Features
//!
//! Without default features the library simulates; it reads no files and draws no pictures. `files` adds
//! `Scenario::from_files`, `plots` the pictures, and `cli` the command line with both.
//!
//! # The determinism contract
//!
//! The same binary, inputs and seed give the same bytes, whatever the number of
//! threads. Time is an integer number of nanoseconds; events at one instant run in
//! a written order of phases, then in the order of insertion; one seed feeds
//! streams named by what they are for, so that a draw added in one place moves
//! nothing elsewhere.
//!
//! # Example
//!
//! ```
//! use hpasim::{Scenario, Seed, simulate};
//!
//! let scenario = Scenario::from_memory(
//!     ("small.toml", "[hpa]\nmaxReplicas = 10\ntargetCPUUtilizationPercentage = 50\n"),
//!     ("step.csv", "time_s,rps\n0,4\n60,40\n600,40\n"),
//! )?;
//! let run = simulate(&scenario, Seed(1));
//!
//! // 40 requests a second at 10 ms of CPU are 400m: 8 pods at 50 % of 100m each, and the backlog of the step on top.
//! assert!((8..=10).contains(&run.kpis().peak_replicas));
//! assert_eq!(run.kpis().failed_share, Some(0.0));
//! # Ok::<(), hpasim::scenario::Diagnostics>(())
//! ```

// The scenarios of the integration tests, which name the crate, serve unit tests too.
#[cfg(test)]
extern crate self as hpasim;

#[doc(hidden)]
pub mod bounded;
#[doc(hidden)]
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cluster;
#[doc(hidden)]
pub mod conformance;
pub mod control;
#[cfg(feature = "plots")]
#[doc(hidden)]
pub mod draw;
#[doc(hidden)]
pub mod engine;
#[cfg(feature = "files")]
pub mod files;
pub mod hpa;
pub mod kpi;
#[doc(hidden)]
pub mod prometheus;
#[cfg(feature = "plots")]
#[doc(hidden)]
pub mod render;
pub mod results;
pub mod scenario;
#[doc(hidden)]
pub mod search;
pub mod simulation;
#[doc(hidden)]
pub mod text;
pub mod units;
pub mod workload;

pub use results::{SimulatedRun, simulate};
pub use scenario::{Engine, Scenario};
pub use units::Seed;
