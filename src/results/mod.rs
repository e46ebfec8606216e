//! The results of a run: recording, KPIs, and their export to bytes.
//!
//! | module | what it holds |
//! |---|---|
//! | [`backtest`] | a recorded day beside its simulation |
//! | [`calibration`] | what a request costs, by a capacity probe |
//! | [`kpis`] | the numbers of a run, gathered as it goes |
//! | [`kpi_report`] | the same of one run, or folded over several seeds |
//! | [`statistics`] | quantiles, intervals, means over pairs |
//! | [`slo`] | the judge that says which seconds broke the SLO |
//! | [`mixture`] | latency quantiles over many stretches of flow |
//! | [`measured`] | latency of single requests |
//! | [`failures`] | failed requests by cause |
//! | [`forecast`] | how well many seeds forecast what was recorded |
//! | [`elasticity`] | how closely supply followed demand |
//! | [`response`] | how soon the autoscaler answered, how often it changed its mind |
//! | [`timeline`] | a run in even intervals |
//! | [`timeline_quantiles`] | the same over several seeds, as median, p10 and p90 |
//! | [`simulated`] | a scenario simulated, and all that came of it |
//! | [`decisions`] | every sync with its reasons |
//! | [`comparison`] | policies beside each other, with intervals |
//! | [`comparison_export`] | the same as bytes |
//! | [`curves`] | what several seeds of a policy came to over time |
//! | [`verdicts`] | whether assertions hold |
//! | [`what_matters`] | how far each assumption moves a result |
//! | [`imported`] | a day as a monitoring system recorded it |
//! | [`usage`] | what a request and a pod cost, by a recording over time |
//! | [`export`] | timeline and summary as bytes |

#[doc(hidden)]
pub mod autoscalers;
#[doc(hidden)]
pub mod backtest;
#[doc(hidden)]
pub mod calibration;
#[doc(hidden)]
pub mod comparison;
#[doc(hidden)]
pub mod comparison_export;
#[doc(hidden)]
pub mod curves;
#[doc(hidden)]
pub mod decisions;
#[doc(hidden)]
pub mod elasticity;
#[doc(hidden)]
pub mod export;
#[doc(hidden)]
pub mod failures;
#[doc(hidden)]
pub mod forecast;
#[doc(hidden)]
pub mod imported;
pub mod kpi_report;
#[doc(hidden)]
pub mod kpis;
#[doc(hidden)]
pub mod measured;
#[doc(hidden)]
pub mod mixture;
pub mod openmetrics;
#[doc(hidden)]
pub mod response;
#[doc(hidden)]
pub mod simulated;
#[doc(hidden)]
pub mod slo;
#[doc(hidden)]
pub mod statistics;
pub mod timeline;
#[doc(hidden)]
pub mod timeline_quantiles;
#[doc(hidden)]
pub mod usage;
pub mod verdicts;
#[doc(hidden)]
pub mod what_matters;

pub use decisions::DecisionLog;
pub use export::{InputFile, Summary};
pub use kpi_report::KpiReport;
pub use kpis::{KpiObserver, Kpis};
pub use simulated::{DecisionRow, SimulatedRun, simulate};
pub use timeline::{Timeline, TimelineColumn, TimelineRecorder, TimelineRow};

#[cfg(test)]
mod file_tests;
#[cfg(test)]
pub(crate) mod request_tests;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod warm_up_tests;
