//! The request engine as a whole: what becomes of requests when pods come and go, clients give up, and load exceeds capacity.
//!
//! What queueing theory knows of it is in `theory.rs`.

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
