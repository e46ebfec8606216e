//! The request engine as a whole: the outcome of requests when pods come and go, clients time out,
//! and load exceeds capacity.
//!
//! `theory.rs` compares the engine with queueing theory.

#[path = "requests/any.rs"]
mod any;
#[path = "requests/facts.rs"]
mod facts;
#[path = "requests/overload.rs"]
mod overload;
#[path = "requests/pods.rs"]
mod pods;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "plant/scenarios.rs"]
mod scenarios;
