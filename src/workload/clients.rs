//! The behaviour of clients: when they send, how they choose a pod, when they time out and retry.
//!
//! These settings apply to the request engine. The fluid engine works with rates; arrivals and
//! balancer shape the latency of a pod that it reads.

use crate::engine::random::Distribution;
use crate::units::SimSpan;

/// The behaviour of clients (request engine).
#[derive(Clone, Debug, PartialEq)]
pub struct Clients {
    /// The gaps between the requests of an open load.
    pub arrivals: Arrivals,
    /// The pause of a user of a closed load between an answer and the next request.
    pub think_time: Distribution,
    /// The fate of a request's work after its client timed out.
    pub after_timeout: AfterTimeout,
    /// The retries after a failed attempt.
    pub retries: Retries,
    /// How a pod is chosen.
    pub balancer: Balancer,
    /// Keep-alive connections; `None` balances every request by itself.
    pub connections: Option<Connections>,
}

/// The gaps between the requests of an open load at a given rate.
///
/// All three are renewal processes in operational time (the integral of the rate), so that a rate
/// that changes between two requests counts for exactly as long as it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// Independent clients: a Poisson process.
    Poisson,
    /// Evenly spaced: the first request 1/rate after the start, and so on.
    Even,
    /// Gamma interarrival times.
    Gamma {
        /// Standard deviation of the interarrival time divided by its mean, above 0: 1 is Poisson, more is bursty.
        cv: f64,
    },
}

impl Arrivals {
    /// Standard deviation of the interarrival times divided by their mean.
    #[must_use]
    pub fn coefficient_of_variation(self) -> f64 {
        match self {
            Self::Poisson => 1.0,
            Self::Even => 0.0,
            Self::Gamma { cv } => cv,
        }
    }
}

/// The fate of a request's work in its pod after its client timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterTimeout {
    /// The work continues: most servers notice a closed connection only when they write the answer.
    Continue,
    /// The work stops at once, and its place is free.
    Cancel,
}

/// The retries after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retries {
    /// Attempts after the first; 0 switches retries off.
    pub max: u32,
    /// The pause before the first retry, doubled for each further retry. The actual pause is
    /// uniform between 0 and this value ("full jitter").
    pub backoff: SimSpan,
    /// The longest pause.
    pub max_backoff: SimSpan,
    /// Retries allowed per request, over all clients together; `None` sets no bound.
    ///
    /// A token bucket: each request adds this share of a token, and each retry takes one token, as
    /// in Finagle's `RetryBudget`.
    pub budget: Option<f64>,
}

/// The choice of a pod for a connection, or for a request where there are no connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balancer {
    /// Any endpoint with equal probability: kube-proxy with iptables.
    Random,
    /// Each endpoint in turn.
    RoundRobin,
    /// The endpoint with the fewest unanswered requests; ties at random.
    LeastRequest,
    /// Of two random endpoints, the one with fewer unanswered requests.
    PowerOfTwo,
}

/// Keep-alive connections. Each is pinned to the pod that was chosen when it was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Connections {
    /// The number of connections that the clients of an open load share, at least 1. Each user of a
    /// closed load has a connection of its own.
    pub count: u32,
    /// How long a connection lives until it is opened again. It is also opened again when its pod's
    /// endpoint is withdrawn.
    pub lifetime: Distribution,
}
