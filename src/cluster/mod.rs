//! The plant: pods and their lifecycle, the Deployment, CPU, and the way of a metric to the metrics API.
//!
//! Self-imposed limit: knows no autoscaler. Everything here happens in any
//! cluster, whether or not somebody watches the metrics.

pub mod config;
