//! What Prometheus, or a system with its HTTP API, recorded of an autoscaler, its pods and their requests.
//!
//! | module | content |
//! |---|---|
//! | [`queries`] | the quantities, and the queries that may have them |
//! | [`span`] | a span of time, and the pieces in which a server answers it |
//! | [`ask`] | a question, its answer, and the reasons for no answer |
//! | [`address`] | where the API is, and the credentials in a URL |
//! | [`gathered`] | the questions of an import, asked in order |
//! | `client` | the questions over HTTP (feature `import`) |

pub mod address;
pub mod ask;
#[cfg(feature = "import")]
pub mod client;
pub mod gathered;
pub mod queries;
pub mod span;
