//! Logs of JSON objects, and logs in text with other dates than those of nginx.

use super::*;

/// Five requests: two in the first second, one each in the next two, one at the ninth.
const TIMES: [(&str, f64); 5] = [
    ("2026-03-02T09:00:00.150", 1_772_442_000.15),
    ("2026-03-02T09:00:00.650", 1_772_442_000.65),
    ("2026-03-02T09:00:01.150", 1_772_442_001.15),
    ("2026-03-02T09:00:02.150", 1_772_442_002.15),
    ("2026-03-02T09:00:09.150", 1_772_442_009.15),
];
/// The rows of these requests.
const ROWS: &str = "0,2\n1,1\n2,1\n3,0\n9,1\n10,1\n";

/// Lines of a log, made of the date in words and the epoch seconds of each request.
fn lines(line: impl Fn(&str, f64) -> String) -> String {
    TIMES
        .iter()
        .map(|(date, epoch)| line(date, *epoch) + "\n")
        .collect()
}

/// Asserts that a log holds the five requests from nine o'clock, and returns its format and its warnings.
fn assert_five_requests(log: &str) -> (String, Vec<Code>) {
    let recording = read(log);
    let csv = with_seconds(&recording);
    let (head, rows) = csv.split_once("time_s,rps\n").expect("requests");
    assert!(head.contains("2026-03-02T09:00:00Z"), "{head}\n{log}");
    assert_eq!(rows, ROWS, "{log}");
    let codes = recording.warnings.iter().map(|warning| warning.code);
    (recording.format.word().to_owned(), codes.collect())
}

fn access(date: &str) -> String {
    let time = &date[11..19];
    format!("192.0.2.1 - - [02/Mar/2026:{time} +0000] \"GET / HTTP/1.1\" 200 5")
}

#[test]
fn json_lines_of_each_tool_count_by_their_own_time() {
    let logs = [
        lines(|date, _| {
            format!(r#"{{"time":"{date}+00:00","request":"GET / HTTP/1.1","status":"200"}}"#)
        }),
        lines(|_, epoch| {
            format!(r#"{{"msec":"{epoch:.3}","request_time":"0.002","status":"200"}}"#)
        }),
        lines(|date, _| {
            format!(
                r#"{{"time_local":"02/Mar/2026:{} +0000","status":"200"}}"#,
                &date[11..19]
            )
        }),
        lines(|_, epoch| {
            format!(
                r#"{{"level":"info","ts":{epoch},"msg":"handled request","request":{{"method":"GET"}},"status":200}}"#
            )
        }),
        lines(|date, _| {
            format!(
                r#"{{"DownstreamStatus":200,"StartLocal":"{date}+01:00","StartUTC":"{date}Z","time":"2026-03-02T10:00:00Z"}}"#
            )
        }),
        lines(|date, _| {
            format!(r#"{{"authority":"a","start_time":"{date}Z","response_code":200}}"#)
        }),
        lines(|date, _| {
            format!(
                r#"{{"httpRequest":{{"status":200}},"receiveTimestamp":"2026-03-02T10:00:00Z","timestamp":"{date}Z"}}"#
            )
        }),
        lines(|_, epoch| format!(r#"{{"timestamp":{:.0},"status":200}}"#, epoch * 1e3)),
        lines(|_, epoch| format!(r#"{{"timestamp":{:.0},"status":200}}"#, epoch * 1e6)),
        lines(|date, _| format!(r#"{{ "status" : 200, "@timestamp" : "{date}Z" }}"#)),
        lines(|date, _| {
            format!(r#"{{"level":"info","time":"{date}Z","msg":"no sign of a request"}}"#)
        }),
        lines(|date, _| {
            format!(r#"{{"_index":"i","_source":{{"@timestamp":"{date}Z","http":{{}}}}}}"#)
        }),
    ];
    for log in logs {
        assert_eq!(assert_five_requests(&log), ("json-log".to_owned(), vec![]));
    }
}

#[test]
fn objects_may_have_a_prefix_or_stand_in_an_array() {
    let object = |date: &str, _: f64| format!(r#"{{"time":"{date}Z","status":200}}"#);
    let objects = lines(object);
    let prefixed = lines(|date, epoch| format!("[pod/web-1/web] {}", object(date, epoch)));
    let cri =
        lines(|date, epoch| format!("2026-03-02T10:00:00.1Z stdout F {}", object(date, epoch)));
    let array = format!("[{}]", objects.trim_end().replace('\n', ","));
    let array_of_lines = format!("[\n{}\n]\n", objects.trim_end().replace('\n', ",\n"));
    let spread = array.replace(',', ",\n  ").replace('{', "\n  {\n");
    for log in [prefixed, cri, array, array_of_lines, spread] {
        assert_five_requests(&log);
    }
}

#[test]
fn the_line_inside_a_line_of_a_collector_counts() {
    let wrapped = |inner: &str| inner.replace('"', "\\\"");
    let docker = |inner: String| {
        format!(
            r#"{{"log":"{}\n","stream":"stdout","time":"2026-03-02T10:00:00Z"}}"#,
            wrapped(&inner)
        )
    };
    let starting = docker("starting".to_owned()) + "\n";
    let json = lines(|date, _| docker(format!(r#"{{"time":"{date}Z","status":200}}"#)));
    let (format, codes) = assert_five_requests(&(starting.clone() + &json));
    assert_eq!((format.as_str(), codes), ("json-log", vec![]));
    let text = lines(|date, _| docker(access(date)));
    let (format, _) = assert_five_requests(&(starting + &text));
    assert_eq!(format, "access-log");
    assert_five_requests(&lines(|date, _| {
        let inner = wrapped("INFO: 192.0.2.1:5 - \"GET / HTTP/1.1\" 200 OK");
        format!(r#"{{"log":"{inner}\n","stream":"stdout","time":"{date}Z"}}"#)
    }));
}

#[test]
fn lines_about_the_program_are_no_requests() {
    let log = lines(|date, _| format!(r#"{{"ts":"{date}Z","status":200}}"#));
    let log = format!("{{\"ts\":\"2026-03-02T08:00:00Z\",\"msg\":\"serving\"}}\n{log}");
    let (_, codes) = assert_five_requests(&log);
    assert_eq!(codes, vec![]);
}

#[test]
fn other_json_lines_of_caddy_are_no_requests_and_no_fault() {
    let access = lines(|_, epoch| {
        format!(
            r#"{{"level":"info","ts":{epoch},"logger":"http.log.access.log0","msg":"handled request","request":{{"method":"GET"}},"status":502}}"#
        )
    });
    let others = r#"{"level":"error","ts":1772442001.2,"logger":"http.log.error","msg":"dial tcp","request":{"method":"GET"},"status":502}
{"level":"info","ts":1772441990.1,"logger":"admin.api","msg":"received request","method":"GET","uri":"/config/"}
{"level":"info","msg":"without a time"}
{"level":"info","ts":1772441990.2,"logger":"tls.obtain","msg":"certificate obtained successfully"}
"#;
    let expected = ("json-log".to_owned(), vec![]);
    assert_eq!(assert_five_requests(&format!("{others}{access}")), expected);
    assert_eq!(assert_five_requests(&format!("{access}{others}")), expected);
}

#[test]
fn more_lines_without_a_request_than_with_one_are_noted_as_that() {
    let access = lines(|date, _| format!(r#"{{"ts":"{date}Z","status":200}}"#));
    let others = "{\"ts\":\"2026-03-02T09:00:00Z\",\"msg\":\"done\"}\n".repeat(6);
    let told = told(format!("{access}{others}"));
    assert!(
        told.contains("W0039]: 6 lines hold no request, more than lines that do"),
        "{told}"
    );
}

#[test]
fn a_line_in_parts_is_one_request() {
    let filler = "x".repeat(60);
    let cri = |inner: String, at: usize| {
        let (first, rest) = inner.split_at(at);
        format!(
            "2026-03-02T09:00:00.1Z stdout P {first}\n2026-03-02T09:00:00.1Z stderr F starting\n2026-03-02T09:00:00.1Z stdout F {rest}"
        )
    };
    let json = |date: &str| format!(r#"{{"a":"{filler}","time":"{date}Z","status":200}}"#);
    for at in [3, 70] {
        let (format, _) = assert_five_requests(&lines(|date, _| cri(json(date), at)));
        assert_eq!(format, "json-log");
        let (format, _) = assert_five_requests(&lines(|date, _| {
            cri(access(date) + &format!(" \"{filler}\""), at)
        }));
        assert_eq!(format, "access-log");
        let (format, _) = assert_five_requests(&lines(|date, _| {
            let inner = "INFO: 192.0.2.1:5 - \"GET /a HTTP/1.1\" 200 and a long text behind it that runs on";
            cri(inner.to_owned(), at).replace("2026-03-02T09:00:00.1", date)
        }));
        assert_eq!(format, "access-log");
    }
    let part = "y".repeat(16 << 10);
    let docker = lines(|date, _| {
        format!(
            "{{\"log\":\"{{\\\"time\\\":\\\"{date}Z\\\",\\\"a\\\":\\\"{part}\",\"stream\":\"stdout\",\"time\":\"2026-03-02T10:00:00Z\"}}\n\
             {{\"log\":\"{part}\\\",\\\"status\\\":200}}\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-02T10:00:00Z\"}}"
        )
    });
    assert_eq!(
        assert_five_requests(&docker),
        ("json-log".to_owned(), vec![])
    );
}

#[test]
fn a_log_of_iis_without_the_field_date_takes_it_from_the_line_date() {
    let log = "#Software: Microsoft Internet Information Services 10.0\n#Date: 2026-03-01 23:59:58\n#Fields: time c-ip\n\
               23:59:59 a\n00:00:00 a\n23:59:59 late\n00:00:01 a\n\
               #Date: 2026-03-02 00:00:05\n#Fields: time c-ip\n00:00:05 a\n";
    insta::assert_snapshot!(told(log), @"
    # hpasim trace convert, from: W3C extended log (CloudFront, IIS); time_s 0 is 2026-03-01T23:59:59Z
    time_s,rps
    0,2
    1,1
    2,1
    3,0
    6,1
    7,1
    ");
    let undated = told("#Fields: time c-ip\n23:59:59 a\n");
    assert!(undated.contains("`#Date:`"), "{undated}");
}

#[test]
fn the_user_names_the_key_of_the_time() {
    let log = lines(|_, epoch| format!(r#"{{"at":{{"clock":{epoch}}},"ended":{}}}"#, epoch + 60.0));
    for (field, expected) in [
        ("at.clock", "2026-03-02T09:00:00Z"),
        ("ended", "2026-03-02T09:01:00Z"),
    ] {
        let options = ReadOptions {
            time_field: Some(field.to_owned()),
            ..ReadOptions::default()
        };
        let told = told_with(&log, &options, &Shaping::default());
        assert!(told.contains(expected) && told.ends_with(ROWS), "{told}");
    }
    insta::assert_snapshot!(told(&log), @"
    error[E0042]: `in` is JSON, but not in a known format
    help: the known formats are logs of objects with a time (--time-field names its key), and the output of k6, Prometheus, CloudWatch, vegeta and Artillery
    ");
}

#[test]
fn dates_of_servers_and_load_balancers_are_read_behind_any_prefix() {
    let clf = |date: &str| format!("02/Mar/2026:{}", &date[11..23]);
    let logs = [
        lines(|date, _| format!("[pod/web-1/web] {}", access(date))),
        lines(|date, _| format!("2026-03-02T10:00:00.1Z stdout F {}", access(date))),
        lines(|date, _| format!("<190>Mar  2 09:00:00 host nginx: {}", access(date))),
        lines(|date, _| format!("[{date}Z] \"GET / HTTP/2\" 204 - 154 0 226 100 \"-\"")),
        lines(|date, _| format!("web-1 192.0.2.1 - - [{} +0000] \"GET /\" 200", clf(date))),
        lines(|date, _| format!("{date}Z stdout F INFO: 192.0.2.1:5 - \"GET / HTTP/1.1\" 200 OK")),
    ];
    for log in logs {
        assert_eq!(
            assert_five_requests(&log),
            ("access-log".to_owned(), vec![])
        );
    }
    let haproxy = lines(|date, _| {
        format!(
            "Mar  2 09:00:00 h haproxy[1]: 10.0.1.2:3 [{}] in s/1 10/0/30 {{a}} \"GET /\"",
            clf(date)
        )
    });
    assert_eq!(
        assert_five_requests(&haproxy).1,
        vec![Code::RecordingTimeZone]
    );
    let elb = "lb 192.0.2.1:2817 10.0.0.1:80 0.0 0.1 0.0 200 200 0 29 \"GET / HTTP/1.1\"";
    for log in [
        lines(|date, _| format!("{date}Z {elb}")),
        lines(|date, _| format!("https {date}Z app/{elb}")),
        lines(|date, _| format!("tls 2.0 {date} net/lb/1 l {elb}")).replace(" lb ", " "),
    ] {
        assert_eq!(assert_five_requests(&log).0, "aws-elb");
    }
    let fields = lines(|date, _| format!("{}\t{}\tLAX1\tGET", &date[..10], &date[11..19]));
    let cloudfront =
        format!("#Version: 1.0\n#Fields: date time x-edge-location cs-method\n{fields}");
    let iis = format!(
        "#Software: IIS\n#Fields: s-ip date time\n{}",
        fields.replace('\t', " ").replace("2026", "192.0.2.1 2026")
    );
    for log in [cloudfront, iis] {
        assert_eq!(assert_five_requests(&log), ("w3c-log".to_owned(), vec![]));
    }
}

#[test]
fn any_number_of_lines_may_come_before_the_first_request() {
    let notices = "2026/03/02 08:59:58 [notice] 1#1: start worker process 1\n".repeat(9000);
    let log = notices + &lines(|date, _| access(date));
    assert_eq!(
        assert_five_requests(&log).1,
        vec![Code::RecordingUnreadable]
    );
}

#[test]
fn a_log_without_requests_is_called_a_log() {
    let log = "2026-03-02 09:00:01 INFO started\n2026-03-02 09:00:02 INFO, working\n";
    insta::assert_snapshot!(told(log), @"
    error[E0042]: `in` looks like a log, but no line has the date of a request
    help: use the access log, whose dates look like [10/Oct/2025:13:55:36 -0700], or JSON lines with a time; convert another log to `time_s,rps`
    ");
}
