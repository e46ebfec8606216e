//! The plant: pods and their lifecycle, the Deployment, CPU, and the path of a metric to the
//! metrics API.
//!
//! Everything here happens in any cluster, whether or not anything reads the metrics.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | the Deployment, the pods and the metrics pipeline, as a checked policy states them |
//! | [`pods`] | pods as columns, and their steps from creation to removal |
//! | `pod_status` | the facts about a pod, as bits |
//! | [`census`] | the number of pods in each status |
//! | `gone_rows` | rows of removed pods, deleted together |
//! | [`placement`] | room for pods on nodes |
//! | `replica_set` | the order in which pods are deleted |
//! | [`cpu`] | the capacity that CPU gives a pod |
//! | [`served`] | requests served per pod, as integrals |
//! | `kubelet` | CPU counters, housekeeping, and the sample that two readings give |
//! | [`metrics_server`] | scrapes, and the content of the metrics API |
//! | [`station`] | a container's CPU as a server of requests |
//! | [`balancer`] | the choice of an endpoint |
//! | [`connections`] | keep-alive connections |
//! | [`samples`] | samples as columns |
//! | [`plant`] | the Deployment in motion |

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
