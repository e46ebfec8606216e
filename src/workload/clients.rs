//! How clients behave: when they send, how they choose, when they give up and try again.
//!
//! Self-imposed limit: settings. The fluid engine knows rates alone and looks at
//! none of them; the request engine honours all.

use crate::engine::random::Distribution;
use crate::units::SimSpan;

/// How clients behave (request engine).
#[derive(Clone, Debug, PartialEq)]
pub struct Clients {
    /// How requests of an open load follow each other.
    pub arrivals: Arrivals,
    /// How long a user of a closed load pauses between an answer and the next request.
    pub think_time: Distribution,
    /// What becomes of a request's work once its client has given up.
    pub after_timeout: AfterTimeout,
    /// What clients do about a failed attempt.
    pub retries: Retries,
    /// How a pod is chosen.
    pub balancer: Balancer,
    /// Keep-alive connections; `None`: every request is balanced by itself.
    pub connections: Option<Connections>,
}

/// How the requests of an open load follow each other at a given rate.
///
/// All three are renewal processes in operational time (the integral of the
/// rate), so that a rate that changes between two requests counts for exactly
/// as long as it held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// Independent clients: a Poisson process.
    Poisson,
    /// Evenly spaced: the first 1/rate after the start, and so on.
    Even,
    /// Gamma interarrival times.
    Gamma {
        /// Standard deviation of the interarrival time divided by its mean, above 0: 1 is Poisson, more is bursty.
        cv: f64,
    },
}

/// What becomes of a request's work in its pod once its client has given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterTimeout {
    /// It goes on: most servers notice a closed connection only when they write the answer.
    Continue,
    /// It is dropped at once, and its place is free.
    Cancel,
}

/// What clients do about a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retries {
    /// Attempts after the first; 0 is none.
    pub max: u32,
    /// Pause before the first retry, doubled for each further one; the pause taken is uniform between 0 and this ("full jitter").
    pub backoff: SimSpan,
    /// The longest pause.
    pub max_backoff: SimSpan,
    /// Retries allowed per request, over all clients together; `None`: no bound.
    ///
    /// A token bucket that each request fills by this share and each retry empties by one, as Finagle's `RetryBudget`.
    pub budget: Option<f64>,
}

/// How a pod is chosen for a connection, or for a request where there are no connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balancer {
    /// Any endpoint, equally likely: kube-proxy with iptables.
    Random,
    /// Each endpoint in turn.
    RoundRobin,
    /// The endpoint with the fewest requests that wait for an answer, ties at random.
    LeastRequest,
    /// Of two endpoints chosen at random the one with fewer requests that wait for an answer.
    PowerOfTwo,
}

/// Keep-alive connections, each pinned to the pod that was chosen when it was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Connections {
    /// How many the clients of an open load share, at least 1; each user of a closed load has one of its own.
    pub count: u32,
    /// How long one is used before it is opened anew; it is also when its pod's endpoint is withdrawn.
    pub lifetime: Distribution,
}
