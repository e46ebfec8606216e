//! The plant: pods and their lifecycle, the Deployment, CPU, and the way of a metric to the metrics API.
//!
//! Self-imposed limit: knows no autoscaler. Everything here happens in any
//! cluster, whether or not somebody watches the metrics.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | what a policy says of all this, checked |
//! | [`pods`] | pods as columns, their steps from created to gone |
//! | `pod_status` | what is true of a pod |
//! | [`census`] | how many pods there are of each kind |
//! | `gone_rows` | rows of pods that are gone, removed together |
//! | [`placement`] | where pods find room |
//! | `replica_set` | which pods go first |
//! | [`cpu`] | what CPU lets a pod do |
//! | [`served`] | requests served per pod, as integrals |
//! | `kubelet` | counters, housekeeping, and the sample that two readings give |
//! | [`metrics_server`] | scrapes, and what the metrics API shows |
//! | [`station`] | a container's CPU as a server of requests |
//! | [`balancer`] | which endpoint gets a request |
//! | [`connections`] | keep-alive connections |
//! | [`samples`] | samples as columns |
//! | [`plant`] | all of it in motion |

pub mod balancer;
pub mod census;
pub mod config;
pub mod connections;
pub mod cpu;
mod gone_rows;
mod kubelet;
pub mod metrics_server;
pub mod placement;
pub mod plant;
mod pod_status;
pub mod pods;
mod replica_set;
pub mod samples;
pub mod served;
pub mod station;
