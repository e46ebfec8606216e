//! Demand over time: what arrives, and how much work it is.
//!
//! Self-imposed limit: knows no pod and no autoscaler, and reads no file: text
//! becomes a [`Trace`] in `scenario`.

pub mod arrivals;
pub mod clients;
pub mod generate;
pub mod retry_budget;
pub mod trace;
pub mod users;

use crate::engine::random::Distribution;
use crate::units::{Millicores, SimSpan};

pub use clients::{AfterTimeout, Arrivals, Balancer, Clients, Connections, Retries};
pub use trace::{Demand, MetricColumn, Trace};

/// What one request costs, and what its sender bears: `[workload]` of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// CPU time of one request in the first container, in core-seconds (10 ms of one core: "10ms").
    pub cpu_per_request: Distribution,
    /// Time of one request that is no CPU: I/O, calls to others.
    pub io_per_request: Distribution,
    /// CPU that the first container uses without any request.
    pub idle_cpu: Millicores,
    /// Relative standard deviation of CPU use around what the work explains, drawn per housekeeping interval; 0 is none.
    pub cpu_noise: f64,
    /// Requests that a pod works on at a time, at least 1.
    pub concurrency: u32,
    /// Requests that wait at a pod beyond those; more are turned away.
    pub queue: u32,
    /// After how long the client gives up; what is given up has failed.
    pub timeout: SimSpan,
    /// Memory of a pod without requests, in bytes.
    pub memory_base_bytes: u64,
    /// Memory that each request in flight adds, in bytes.
    pub memory_per_request_bytes: u64,
    /// Multiplies the trace's demand: requests per second, CPU or users.
    pub scale: f64,
    /// How clients send, choose a pod and bear failure.
    pub clients: Clients,
}
