//! Access logs in text: each line with the date of a request is one request.
//!
//! | log | date of a line | source |
//! |---|---|---|
//! | nginx, Apache, Traefik, Caddy in the common or combined format | `[10/Oct/2025:13:55:36 -0700]` | httpd.apache.org/docs/2.4/logs.html |
//! | HAProxy | `[06/Feb/2009:12:14:14.655]`, local time | docs.haproxy.org, "Log format", "HTTP log format" |
//! | Envoy and Istio in the default format | `[2016-04-15T20:17:00.310Z] "GET ...` | envoyproxy.io, "Access logging", "Default format string" |
//! | AWS load balancers: ALB, classic ELB, NLB with TLS | the first field with a date before the first quote | docs.aws.amazon.com/elasticloadbalancing, "Access log entries" |
//! | any server that writes no date, under a container runtime | at the start of a line with a quoted request line | kubernetes.io, "Logging Architecture" (CRI); `kubectl logs --timestamps` |
//!
//! Only the date is read, so it may stand behind any prefix: `kubectl logs --prefix`, syslog, CRI, a line of docker's JSON files.

use super::input::Lines;
use super::log_counts::{LogLine, count_requests};
use super::recognise::Sign;
use super::stamp::{Dates, Stamp};
use super::{FormatReader, Meanings, RecordedText, What, read_lines};

/// The access log of a server or a proxy, in text.
pub(super) static ACCESS_LOG: FormatReader = FormatReader {
    title: "access log",
    word: "access-log",
    texts: RecordedText::Lines,
    meanings: Meanings::Among(&[What::Requests]),
    has_series: false,
    is_load_test: false,
    recognises: |head| {
        let mut dates = Dates::default();
        let has_date = |line: &&str| date_of_request(line.as_bytes(), &mut dates).is_some();
        head.lines().iter().any(has_date).then_some(Sign::Hint)
    },
    read: |input, _| {
        read_lines(input, |name, lines: Lines<'_>| {
            let mut dates = Dates::default();
            count_requests(
                name,
                lines,
                |line| LogLine::of(date_of_request(line, &mut dates)),
                "line with a date of an access log",
                "such a date looks like [10/Oct/2025:13:55:36 -0700]; convert other log formats to `time_s,rps` yourself",
            )
        })
    },
};

/// The access log of an AWS load balancer.
pub(super) static AWS_LOAD_BALANCER: FormatReader = FormatReader {
    title: "AWS load balancer log",
    word: "aws-elb",
    texts: RecordedText::Lines,
    meanings: Meanings::Among(&[What::Requests]),
    has_series: false,
    is_load_test: false,
    recognises: |head| {
        let mut dates = Dates::default();
        let has_date = |line: &&str| {
            let line = line.as_bytes();
            dates.find_in_brackets(line).is_none()
                && date_of_load_balancer(line, &mut dates).is_some()
        };
        head.lines().iter().any(has_date).then_some(Sign::Name)
    },
    read: |input, _| {
        read_lines(input, |name, lines: Lines<'_>| {
            let mut dates = Dates::default();
            count_requests(
                name,
                lines,
                |line| LogLine::of(date_of_load_balancer(line, &mut dates)),
                "line of an AWS load balancer",
                "such a line begins with a type, a date and the name of the load balancer, or with the last two",
            )
        })
    },
};

/// The date of a line of an access log: in brackets, or at the start of a line with a quoted request line, where only the container's
/// runtime wrote a date.
fn date_of_request(line: &[u8], dates: &mut Dates) -> Option<Stamp> {
    dates.find_in_brackets(line).or_else(|| {
        let stamp = dates.read(line)?.stamp;
        has_request_line(line).then_some(stamp)
    })
}

/// Whether a line quotes the first line of a request, other than in a message about an error.
pub(super) fn has_request_line(line: &[u8]) -> bool {
    let holds = |text: &[u8]| memchr::memmem::find(line, text).is_some();
    holds(b" HTTP/") && holds(b"\"") && !holds(b"request: \"")
}

/// The date of a line of a load balancer: a field, before a name, before the client with its port.
fn date_of_load_balancer(line: &[u8], dates: &mut Dates) -> Option<Stamp> {
    /// A prefix has a few fields, the type of the connection one, and NLB a version.
    const FIELDS_BEFORE_MAX: usize = 8;
    let quote = memchr::memchr(b'"', line)?;
    let fields: Vec<&[u8]> = line[..quote]
        .split(|byte| *byte == b' ')
        .take(FIELDS_BEFORE_MAX + 4)
        .collect();
    let ends_in_port = |field: &[u8]| {
        let colon = field.iter().rposition(|byte| *byte == b':');
        colon.is_some_and(|at| {
            at > 0 && at + 1 < field.len() && field[at + 1..].iter().all(u8::is_ascii_digit)
        })
    };
    fields
        .iter()
        .enumerate()
        .take(FIELDS_BEFORE_MAX)
        .find_map(|(at, field)| {
            let stamp = dates.whole(field)?;
            let name = fields.get(at + 1)?;
            let has_client = fields[at + 2..]
                .iter()
                .take(2)
                .any(|field| ends_in_port(field));
            (name.first()?.is_ascii_alphanumeric() && has_client && dates.whole(name).is_none())
                .then_some(stamp)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_of_a_load_balancer_has_its_date() {
        let seconds = |line: &str| {
            let stamp = date_of_load_balancer(line.as_bytes(), &mut Dates::default())?;
            Some(stamp.nanos / 1_000_000_000)
        };
        let classic = "2026-03-02T09:00:00.943958Z lb 192.0.2.1:2817 10.0.0.1:80 0.00 0.01 0.00 200 200 0 29 \"GET / HTTP/1.1\"";
        let nine = Some(1_772_442_000);
        assert_eq!(seconds(classic), nine);
        assert_eq!(seconds(&format!("https {classic}")), nine);
        assert_eq!(
            seconds(
                "tls 2.0 2026-03-02T09:00:00 net/lb/c6e7 g3d4 72.21.218.154:51341 172.100.100.185:443 5 2 98 - \"-\""
            ),
            nine
        );
        assert_eq!(
            seconds(
                "2026-03-02T09:00:00Z stderr F 2026/03/02 09:00:00 [error] 29#29: request: \"GET /\""
            ),
            None
        );
    }
}
