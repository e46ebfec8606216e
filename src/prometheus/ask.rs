//! A question to a server, and why there is no answer.

use super::span::StepSpan;

/// A query over a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeQuestion<'q> {
    /// The query in PromQL.
    pub query: &'q str,
    /// Its steps.
    pub span: StepSpan,
}

/// What a server needs beside a query. A server that does not know one of these ignores it.
///
/// `partial_response`, `dedup` and `max_source_resolution` are Thanos' (`docs/components/query.md`): no answer with a store missing,
/// one of two replicas, and raw samples. `nocache` is VictoriaMetrics': it keeps start and end as they are.
pub const FURTHER_FIELDS: [(&str, &str); 4] = [
    ("partial_response", "false"),
    ("dedup", "true"),
    ("max_source_resolution", "0s"),
    ("nocache", "1"),
];

impl RangeQuestion<'_> {
    /// The fields of the request's form.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let own = [
            ("query", self.query.to_owned()),
            ("start", self.span.start.to_string()),
            ("end", self.span.end.to_string()),
            ("step", self.span.step.to_string()),
        ];
        let further = FURTHER_FIELDS.map(|(key, value)| (key, value.to_owned()));
        own.into_iter().chain(further).collect()
    }
}

/// Something that answers questions.
pub trait Ask {
    /// The body of the answer: the JSON of a matrix.
    ///
    /// # Errors
    /// There is no such answer.
    fn ask(&mut self, question: &RangeQuestion<'_>) -> Result<String, AskError>;
}

/// Why a server gives no answer. No message repeats a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The port is closed, the name is not known, or the connection breaks.
    #[error("cannot reach {server}: {why}")]
    Unreachable {
        /// The server.
        server: String,
        /// The reason.
        why: String,
    },
    /// No answer in time.
    #[error(
        "{server} did not answer within {limit}, {tries} times; take a shorter span or a longer `--step`, or raise `--timeout`"
    )]
    TimedOut {
        /// The server.
        server: String,
        /// How long an answer may take.
        limit: String,
        /// How often it was asked.
        tries: u32,
    },
    /// The certificate is not trusted, or the connection is not secure.
    #[error(
        "the connection to {server} is not trusted: {why}; a company's own authority is given with `--ca-file`"
    )]
    Untrusted {
        /// The server.
        server: String,
        /// The reason.
        why: String,
    },
    /// The server wants credentials (401).
    #[error(
        "{server} wants credentials (401); give `--token-file FILE`, or `--user NAME` with `--password-file FILE`"
    )]
    Unauthorized {
        /// The server.
        server: String,
    },
    /// The server refuses these credentials (403).
    #[error(
        "{server} refuses these credentials (403); a system with tenants may want a header, such as X-Scope-OrgID, from `--header-file`"
    )]
    Forbidden {
        /// The server.
        server: String,
    },
    /// Nothing of the API is there (404).
    #[error(
        "{server} has no /api/v1/query_range (404); the URL may lack a path, such as /prometheus or /api/prom"
    )]
    NoApi {
        /// The server.
        server: String,
    },
    /// The server refuses the query, in its own words.
    #[error("{server} refuses a query: {words}; the query is {query}")]
    BadQuery {
        /// The server.
        server: String,
        /// What it says.
        words: String,
        /// The query.
        query: String,
    },
    /// The server is busy or broken, also after several tries.
    #[error("{server} answered {status} {tries} times: {words}")]
    Failing {
        /// The server.
        server: String,
        /// The status of HTTP.
        status: u16,
        /// How often it was asked.
        tries: u32,
        /// What it says.
        words: String,
    },
    /// An answer that is not of this API, such as the page of a login.
    #[error("{server} does not answer like Prometheus: {why}")]
    NotPrometheus {
        /// The server.
        server: String,
        /// What it answered.
        why: String,
    },
    /// A query of the user has no series.
    #[error("no series in this span; the metric or a label may have another name: {query}")]
    NoSeries {
        /// The query.
        query: String,
    },
    /// The server has neither requests nor CPU of the target.
    #[error(
        "the server has neither requests nor CPU of {workload} in this span; check `--from` and `--to`, or see the queries with `--print-queries`"
    )]
    NothingThere {
        /// The target.
        workload: String,
    },
}
