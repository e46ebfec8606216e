//! Results of load generators: those with a course over time, and summaries without one.

use super::*;

/// Nine o'clock of 2 March 2026 in epoch seconds.
const NINE: u64 = 1_772_442_000;
/// Seconds after nine at which a request starts.
const STARTS: [u64; 4] = [0, 0, 1, 5];
/// The rows of these requests.
const ROWS: &str = "time_s,rps\n0,2\n1,1\n2,0\n5,1\n6,1\n";

fn lines(line: impl Fn(u64) -> String) -> String {
    STARTS
        .iter()
        .map(|start| line(NINE + start) + "\n")
        .collect()
}

fn assert_requests(text: &str, word: &str) {
    let recording = read(text);
    assert_eq!(recording.format.word(), word, "{text}");
    let csv = with_seconds(&recording);
    assert!(csv.ends_with(ROWS), "{csv}");
    assert_eq!(
        recording.origin_nanos.is_some(),
        word != "hey-csv",
        "{word}"
    );
}

#[test]
fn each_request_of_a_load_generator_counts_at_its_start() {
    let jmeter = "timeStamp,elapsed,label,responseCode,responseMessage,threadName\n";
    let rows = lines(|at| format!("{at}150,43,GET /,200,OK,t 1-1"));
    let transaction = format!(
        "{NINE}150,43,tx,200,\"Number of samples in transaction : 2, number of failing samples : 0\",t 1-1\n"
    );
    assert_requests(&format!("{jmeter}{transaction}{rows}"), "jmeter-csv");
    assert_requests(&format!("{jmeter}{rows}").replace(',', ";"), "jmeter-csv");
    let dates = "2026/03/02 09:00:00.150,4,a\n2026/03/02 09:00:00.250,4,a\n2026/03/02 09:00:01.000,4,a\n2026/03/02 09:00:05.000,4,a\n";
    assert_requests(&format!("timeStamp,elapsed,label\n{dates}"), "jmeter-csv");
    let xml = lines(|at| {
        format!(
            "<sample t=\"50\" ts=\"{at}000\" rm=\"Number of samples in transaction : 1\">\n<httpSample t=\"45\" lt=\"0\" ts=\"{at}000\" lb=\"GET\">\n<responseData/>\n</httpSample>\n</sample>"
        )
    });
    assert_requests(
        &format!("<testResults version=\"1.2\">\n{xml}</testResults>\n"),
        "jmeter-xml",
    );
    let gatling = lines(|at| format!("REQUEST\t\treq\t{at}003\t{at}500\tOK\t "));
    assert_requests(
        &format!("RUN\tp\ts\t{NINE}000\t \t3.9\nUSER\tsc\tSTART\t{NINE}000\n{gatling}"),
        "gatling",
    );
    assert_requests(
        &lines(|at| format!("REQUEST\tsc\t1\t\treq\t{at}003\t{at}500\tOK\t ")),
        "gatling",
    );
    assert_requests(
        &lines(|at| format!("{at}000000000,200,1234,0,5,,aGk=,,7,GET,http://x,")),
        "vegeta-csv",
    );
    assert_requests(
        &lines(|at| {
            format!(
                "{{\"attack\":\"\",\"seq\":0,\"code\":200,\"timestamp\":\"2026-03-02T09:00:0{}Z\",\"latency\":5}}",
                at - NINE
            )
        }),
        "vegeta-json",
    );
    let hey = lines(|at| format!("0.0087,0.0047,200,{}.1500", at - NINE));
    assert_requests(
        &format!("response-time,DNS+dialup,status-code,offset\n{hey}"),
        "hey-csv",
    );
    let ab = lines(|at| format!("Mon Mar 02 09:00:00 2026\t{at}\t0\t1\t1\t1"));
    assert_requests(
        &format!("starttime\tseconds\tctime\tdtime\tttime\twait\n{ab}"),
        "ab-tsv",
    );
}

#[test]
fn a_summary_is_called_one_and_the_remedy_names_the_output_to_use() {
    let summaries = [
        (
            "{\"root_group\":{},\n\"metrics\":{\"http_reqs\":{\"count\":3600,\"rate\":6.0},\"vus\":{\"value\":10}}}",
            "k6",
            "--out csv",
        ),
        (
            "{\"metrics\":{\"http_reqs\":{\"values\":{\"count\":1}},\"http_req_duration\":{}}}",
            "k6",
            "--out csv",
        ),
        (
            "     http_req_duration..: avg=12ms\n     http_reqs..........: 3600 6/s\n     iterations.........: 1\n",
            "k6",
            "--out csv",
        ),
        (
            "Summary:\n  Total: 30 secs\n\nResponse time histogram:\n  0.1 [1]\n\nStatus code distribution:\n  [200] 100 responses\n",
            "hey",
            "-o csv",
        ),
        (
            "Running 30s test @ http://x\n  Thread Stats   Avg   Stdev\nRequests/sec: 748868.53\n",
            "wrk",
            "access log",
        ),
        (
            "This is ApacheBench, Version 2.3\nRequests per second: 5\n",
            "ab",
            "-g run.tsv",
        ),
        (
            "Requests      [total, rate, throughput]  1200, 120.00, 65.87\nLatencies     [min, mean]  1ms, 2ms\n",
            "vegeta",
            "vegeta encode",
        ),
        (
            "{\"latencies\":{\"total\":1},\"earliest\":\"2026-03-02T09:00:00Z\",\"requests\":1200,\"status_codes\":{}}",
            "vegeta",
            "vegeta encode",
        ),
        (
            "Type,Name,Request Count,Failure Count,Median Response Time\nGET,/,5,0,1\n",
            "Locust",
            "_stats_history.csv",
        ),
    ];
    for (text, tool, remedy) in summaries {
        let told = told(text);
        assert!(
            told.contains(&format!("of {tool}, which has no load over time")),
            "{told}"
        );
        assert!(told.contains("E0042") && told.contains(remedy), "{told}");
    }
}
