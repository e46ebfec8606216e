//! Results of load tests without a course over time: what each is called, and the output to use instead.

use crate::scenario::diagnostic::{Code, Diagnostic};

/// A summary, known by texts that it contains.
struct LoadTestSummary {
    title: &'static str,
    signs: &'static [&'static str],
    remedy: &'static str,
}

const K6: &str = "run k6 with --out csv=run.csv or --out json=run.json, which keep the time of each request; `k6 inspect script.js` prints the stages";
const NO_TIMES: &str = "this tool writes no times of requests; use the access log of the server, or `hey -o csv`, k6 or vegeta";

/// All known summaries.
const SUMMARIES: [LoadTestSummary; 15] = [
    LoadTestSummary {
        title: "summary of k6",
        signs: &["\"root_group\"", "\"metrics\""],
        remedy: K6,
    },
    LoadTestSummary {
        title: "summary of k6",
        signs: &["\"metrics\"", "\"http_reqs\"", "\"http_req_duration\""],
        remedy: K6,
    },
    LoadTestSummary {
        title: "summary of k6",
        signs: &["http_reqs", "http_req_duration", "iterations"],
        remedy: K6,
    },
    LoadTestSummary {
        title: "summary of hey",
        signs: &["Response time histogram:", "Status code distribution:"],
        remedy: "run hey with -o csv, which keeps the time of each request: hey -o csv URL > run.csv",
    },
    LoadTestSummary {
        title: "summary of wrk",
        signs: &["Thread Stats", "Requests/sec"],
        remedy: NO_TIMES,
    },
    LoadTestSummary {
        title: "summary of ab",
        signs: &["This is ApacheBench"],
        remedy: "run ab with -g run.tsv, which keeps the time of each request",
    },
    LoadTestSummary {
        title: "summary of ab",
        signs: &["Requests per second:", "Time per request:"],
        remedy: "run ab with -g run.tsv, which keeps the time of each request",
    },
    LoadTestSummary {
        title: "report of vegeta",
        signs: &["[total, rate", "Latencies"],
        remedy: "encode the results instead of reporting them: vegeta encode results.bin > run.json",
    },
    LoadTestSummary {
        title: "report of vegeta",
        signs: &["\"latencies\"", "\"status_codes\"", "\"earliest\""],
        remedy: "encode the results instead of reporting them: vegeta encode results.bin > run.json",
    },
    LoadTestSummary {
        title: "summary of Locust",
        signs: &["Request Count", "Failure Count", "Median Response Time"],
        remedy: "use the file of the same run that ends in _stats_history.csv",
    },
    LoadTestSummary {
        title: "summary of JMeter",
        signs: &["# Samples", "Average"],
        remedy: "use the JTL file of the run, which has a row for each request: jmeter -n -t plan.jmx -l run.jtl",
    },
    LoadTestSummary {
        title: "summary of Gatling",
        signs: &["numberOfRequests", "meanNumberOfRequestsPerSecond"],
        remedy: "use simulation.log of the same run",
    },
    LoadTestSummary {
        title: "summary of Artillery",
        signs: &["http.request_rate:", "vusers.created"],
        remedy: "run artillery with --output run.json, which has the counts of every ten seconds",
    },
    LoadTestSummary {
        title: "summary of bombardier",
        signs: &["Reqs/sec", "Throughput:"],
        remedy: NO_TIMES,
    },
    LoadTestSummary {
        title: "summary of oha",
        signs: &["Success rate:", "Requests/sec:"],
        remedy: NO_TIMES,
    },
];

/// The fault of a summary, by the first part of its text; `None` for any other text.
pub(super) fn summary_fault(name: &str, text: &str) -> Option<Diagnostic> {
    let is_one = |summary: &&LoadTestSummary| summary.signs.iter().all(|sign| text.contains(sign));
    let summary = SUMMARIES.iter().find(is_one)?;
    Some(Diagnostic {
        code: Code::TraceFormat,
        message: format!(
            "`{name}` is a {}, which has no load over time",
            summary.title
        ),
        place: None,
        help: summary.remedy.to_owned(),
    })
}
