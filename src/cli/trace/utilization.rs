//! The arguments of `trace convert` for a table with recorded CPU utilization.

use clap::Args;

use crate::cli::choices::parse_cpu;
use crate::scenario::formats::RecordedUtilization;
use crate::scenario::parse_duration;
use crate::units::{Millicores, SimSpan};

/// A table with CPU utilization and replicas, as an autoscaler saw them.
#[derive(Args, Debug)]
pub struct UtilizationArgs {
    /// CSV column of CPU utilization, in percent of the request
    #[arg(
        long,
        value_name = "COL",
        requires_all = ["replicas", "cpu_request"],
        conflicts_with_all = ["input_format", "what", "series"]
    )]
    pub cpu_utilization: Option<String>,
    /// CSV column of the pods that the utilization is the mean of
    #[arg(long, value_name = "COL", requires = "cpu_utilization")]
    pub replicas: Option<String>,
    /// CPU request of a pod, such as 100m
    #[arg(long, value_name = "CPU", requires = "cpu_utilization", value_parser = parse_cpu)]
    pub cpu_request: Option<Millicores>,
    /// Age of a reading: it is about the load and the pods of then
    #[arg(long, value_name = "DURATION", requires = "cpu_utilization", value_parser = parse_duration)]
    pub age: Option<SimSpan>,
}

impl UtilizationArgs {
    /// The columns, if the command names them.
    pub(super) fn columns(&self) -> Option<RecordedUtilization> {
        Some(RecordedUtilization {
            utilization_column: self.cpu_utilization.clone()?,
            replicas_column: self.replicas.clone()?,
            cpu_request: self.cpu_request?,
            age: self.age.unwrap_or_default(),
        })
    }
}
