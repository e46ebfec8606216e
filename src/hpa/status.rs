//! The autoscaler's status: conditions, metric values, and the texts that go with them.
//!
//! Self-imposed limit: remembers and words; decides nothing.
