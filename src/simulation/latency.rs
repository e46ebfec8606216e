//! How long requests take at a pod that is not overloaded: the fluid engine's stationary curve.
//!
//! Self-imposed limit: closed forms, no state. Both the simulation and the KPI
//! `needed(t)` use these, so that they never disagree.

/// The greatest utilisation at which the stationary curve is read; beyond, the backlog says what more there is to wait.
pub const MAX_UTILIZATION: f64 = 0.98;

/// Latency at one utilisation, the backlog's delay apart: a constant service time, and for a share of requests an exponential wait.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StationaryLatency {
    /// Mean service time E\[S\] in seconds: CPU and I/O at full speed.
    pub service_seconds: f64,
    /// Share of requests that wait: the utilisation rho, capped at [`MAX_UTILIZATION`].
    pub waiting_share: f64,
    /// Mean wait in seconds of those that wait.
    pub wait_seconds: f64,
}

impl StationaryLatency {
    /// Share of requests that take longer than `seconds` when the backlog adds `delay_seconds`.
    #[must_use]
    pub fn share_beyond(&self, seconds: f64, delay_seconds: f64) -> f64 {
        let rest = seconds - self.service_seconds - delay_seconds;
        if rest < 0.0 {
            1.0
        } else if self.wait_seconds <= 0.0 {
            0.0
        } else {
            self.waiting_share * (-rest / self.wait_seconds).exp()
        }
    }

    /// The `quantile` (0..1) of latency in seconds, without the backlog's delay.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> f64 {
        let tail = 1.0 - quantile;
        let wait = if tail >= self.waiting_share {
            0.0
        } else {
            self.wait_seconds * (self.waiting_share / tail).ln()
        };
        self.service_seconds + wait
    }
}
