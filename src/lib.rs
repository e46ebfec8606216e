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
//! | [`units`] | time, CPU, counts, seeds |
//! | [`text`] | strings from outside, made safe for terminal, JSON, CSV and Markdown |
//! | [`draw`] | a picture as a list of marks, and its bytes as SVG and PNG |
//! | [`hpa`] | the autoscaler's core: a pure function of rules, spec, memory, observation and time |
//! | [`control`] | what scales, behind one trait: the HPA, a schedule, a caller of the library |
//! | [`engine`] | event queue and random streams; knows no pod |
//! | [`kpi`] | what the KPIs are: one table |
//! | [`workload`] | demand over time |
//! | [`cluster`] | the plant: pods, CPU, the metrics pipeline; knows no autoscaler |
//! | [`scenario`] | text in, a checked [`Scenario`] out |
//! | [`check`] | rules that find traps in policies and manifests |
//! | [`simulation`] | the only meeting point of `control`, `cluster` and `workload` |
//! | [`conformance`] | recorded decisions and their replay through `hpa` |
//! | [`results`] | recording, KPIs, export to bytes |
//! | [`search`] | grids and samples of policies, many runs in order, Pareto fronts, the search for a better policy |
//! | [`render`] | text, tables, plots |
//! | [`cli`] | the command line: the only room with files, clock and terminal |
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

pub mod bounded;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cluster;
pub mod conformance;
pub mod control;
#[cfg(feature = "plots")]
pub mod draw;
pub mod engine;
#[cfg(feature = "files")]
pub mod files;
pub mod hpa;
pub mod kpi;
#[cfg(feature = "plots")]
pub mod render;
pub mod results;
pub mod scenario;
pub mod search;
pub mod simulation;
pub mod text;
pub mod units;
pub mod workload;

pub use results::{SimulatedRun, simulate};
pub use scenario::{Engine, Scenario};
pub use units::Seed;
