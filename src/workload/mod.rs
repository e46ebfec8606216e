//! Demand over time: the arrivals, and the work of each request.
//!
//! `scenario` turns text into a [`Trace`].

#[doc(hidden)]
pub mod arrivals;
#[doc(hidden)]
pub mod clients;
mod cost;
#[doc(hidden)]
pub mod generate;
#[doc(hidden)]
pub mod retry_budget;
#[doc(hidden)]
pub mod splice;
pub mod trace;
#[doc(hidden)]
pub mod users;

use crate::engine::random::Distribution;
use crate::units::{Millicores, SimSpan};

pub use clients::{AfterTimeout, Arrivals, Balancer, Clients, Connections, Retries};
pub use cost::{CostUncertainty, DrawnCost};
pub use trace::{Demand, MetricColumn, Trace};

/// The load before the start, which the counters and the metrics of the initial pods have seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadBefore {
    /// The load of the first row, for a long time.
    #[default]
    Steady,
    /// No load.
    Idle,
}

/// The growth of a request's cost in a pod under high load: `workload.overload`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overload {
    /// The cost of a request at utilization 1, as a multiple of the plain cost; 1 or more.
    pub factor: f64,
    /// The utilization up to which a request has its plain cost; at least 0 and below 1.
    pub from: f64,
}

impl Overload {
    /// The cost of a request at this utilization (0..1), as a multiple of the plain cost: linear
    /// between `from` and 1.
    #[must_use]
    pub fn cost_factor(&self, utilization: f64) -> f64 {
        let above = (utilization.min(1.0) - self.from).max(0.0);
        1.0 + self.slope() * above
    }

    /// The growth of the cost factor per unit of utilization above `from`.
    #[must_use]
    pub fn slope(&self) -> f64 {
        (self.factor - 1.0) / (1.0 - self.from)
    }
}

/// The cost of one request, and the behaviour of clients: `[workload]` of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// CPU time of one request in the first container; its mean is in core-seconds ("10ms" is 10 ms
    /// of one core).
    pub cpu_per_request: Distribution,
    /// The uncertainty of `cpu_per_request`.
    pub cost_uncertainty: CostUncertainty,
    /// Time of one request without CPU: I/O, calls to other services.
    pub io_per_request: Distribution,
    /// CPU that the first container uses without any request.
    pub idle_cpu: Millicores,
    /// Noise of CPU use, as a standard deviation relative to the use, drawn for each housekeeping
    /// interval; 0 switches it off.
    pub cpu_noise: f64,
    /// Requests that a pod processes at the same time, at least 1.
    pub concurrency: u32,
    /// How the cost of a request grows in a pod under high load; `None` if it stays the same.
    pub overload: Option<Overload>,
    /// Requests that wait at a pod beyond those in process. The pod rejects any more.
    pub queue: u32,
    /// The client's timeout; a request that times out has failed.
    pub timeout: SimSpan,
    /// Memory of a pod without requests, in bytes.
    pub memory_base_bytes: u64,
    /// Memory that each request in flight adds, in bytes.
    pub memory_per_request_bytes: u64,
    /// A factor on the trace's demand: requests per second, CPU or users.
    pub scale: f64,
    /// The load before the start.
    pub before: LoadBefore,
    /// How clients send, choose a pod and retry.
    pub clients: Clients,
}
