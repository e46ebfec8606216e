//! Whether a result of the fluid engine is one of overloaded pods, where the two engines differ.

use crate::kpi::Kpi;
use crate::scenario::Engine;

/// Above this share of requests that time out or find a full queue, pods are overloaded.
pub const OVERLOADED_SHARE: f64 = 0.01;
/// The KPIs that show it, in the order of [`is_overloaded_fluid`].
pub const OVERLOAD_KPIS: [Kpi; 3] = [
    Kpi::FailedTimedOut,
    Kpi::FailedQueueFull,
    Kpi::RequestsOffered,
];

/// Whether `engine` is the fluid engine and the values of [`OVERLOAD_KPIS`] are those of overloaded pods; NaN is no value.
#[must_use]
pub fn is_overloaded_fluid(engine: Engine, [timed_out, queue_full, offered]: [f64; 3]) -> bool {
    engine == Engine::Fluid && timed_out + queue_full > OVERLOADED_SHARE * offered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_one_percent_of_the_requests_is_an_overload_of_the_fluid_engine_only() {
        let of = |engine, failed| is_overloaded_fluid(engine, [failed, 4.0, 1000.0]);
        assert!(of(Engine::Fluid, 7.0));
        assert!(!of(Engine::Fluid, 6.0));
        assert!(!of(Engine::Request, 7.0));
        assert!(!of(Engine::Fluid, f64::NAN));
    }
}
