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
//! | [`measured`] | the metrics that are measured, and what an engine reports at a scrape |
//! | [`metrics_server`] | scrapes, and the content of the metrics API |
//! | `custom_metrics` | Pods, Object and External metrics through Prometheus and its adapter |
//! | [`station`] | a container's CPU as a server of requests |
//! | [`stationary`] | the latency of a pod by its utilization, as a table |
//! | [`balancer`] | the choice of an endpoint |
//! | [`connections`] | keep-alive connections |
//! | [`samples`] | samples as columns |
//! | [`plant`] | the Deployment in motion |

#[doc(hidden)]
pub mod balancer;
#[doc(hidden)]
pub mod census;
pub mod config;
#[doc(hidden)]
pub mod connections;
#[doc(hidden)]
pub mod cpu;
mod custom_metrics;
mod gone_rows;
mod kubelet;
#[doc(hidden)]
pub mod measured;
#[doc(hidden)]
pub mod metrics_server;
#[doc(hidden)]
pub mod placement;
#[doc(hidden)]
pub mod plant;
mod pod_status;
#[doc(hidden)]
pub mod pods;
mod replica_set;
#[doc(hidden)]
pub mod samples;
#[doc(hidden)]
pub mod served;
#[doc(hidden)]
pub mod station;
#[doc(hidden)]
pub mod stationary;
