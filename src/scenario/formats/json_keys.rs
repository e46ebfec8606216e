//! The keys of JSON logs: of times, of requests, of lines within a line, and of the part of a program that wrote a line.

/// Keys of the time of a request, the best first: its start, then its time of day, then the time of logging.
const TIME_KEYS: [&str; 25] = [
    "StartUTC",
    "start_time",
    "startTime",
    "requestReceivedTimestamp",
    "requestTimeEpoch",
    "time_iso8601",
    "time_local",
    "msec",
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "_time",
    "datetime",
    "date",
    "StartLocal",
    "requestTime",
    "eventTime",
    "timeStamp",
    "timestamp_ms",
    "time_unix",
    "epoch",
    "asctime",
    "receiveTimestamp",
    "stageTimestamp",
];
/// Parts of other keys of a time.
const TIME_KEY_PARTS: [&str; 2] = ["time", "stamp"];
/// Keys that only the log of a request has.
pub(super) const REQUEST_KEYS: [&str; 38] = [
    "request",
    "httpRequest",
    "http",
    "http_request",
    "method",
    "http_method",
    "request_method",
    "httpMethod",
    "RequestMethod",
    "verb",
    "status",
    "status_code",
    "statusCode",
    "http_status",
    "response_code",
    "responseCode",
    "response_status",
    "DownstreamStatus",
    "responseStatus",
    "code",
    "path",
    "uri",
    "url",
    "request_uri",
    "requestUri",
    "requestURI",
    "request_path",
    "RequestPath",
    "authority",
    "request_id",
    "requestId",
    "remote_addr",
    "request_time",
    "response_time",
    "bytes_sent",
    "body_bytes_sent",
    "user_agent",
    "http_user_agent",
];
/// The key of the part of a program that wrote a line, in quotes and with the colon.
pub(super) const LOGGER_KEY: &str = "\"logger\":";
/// Parts of Caddy that are no access log. Their lines may have the fields of a request, which the access log has too, or of a request
/// to Caddy itself (caddyserver.com/docs/logging).
const OTHER_LOGGERS: [&str; 3] = ["http.log.error", "http.handlers", "admin.api"];
/// Caddy's access log.
const ACCESS_LOGGER: &str = "http.log.access";
/// Keys of a line of a log inside an object.
pub(super) const INNER_KEYS: [&str; 6] = ["log", "message", "msg", "line", "textPayload", "_raw"];
/// Keys of an object with the fields of a request.
pub(super) const NESTED_KEYS: [&str; 6] =
    ["_source", "jsonPayload", "result", "event", "fields", "log"];

/// The rank of a key of the time; the stated key alone has one, if there is one.
pub(super) fn rank_of(key: &str, field: Option<&str>) -> Option<usize> {
    if let Some(field) = field {
        return (key == field).then_some(0);
    }
    if let Some(rank) = TIME_KEYS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(key))
    {
        return Some(rank);
    }
    let lower = key.to_ascii_lowercase();
    TIME_KEY_PARTS
        .iter()
        .any(|part| lower.contains(part))
        .then_some(TIME_KEYS.len())
}

/// Whether the line states Caddy's access log as its logger.
pub(super) fn is_of_access_logger(line: &[u8]) -> bool {
    memchr::memmem::find(line, LOGGER_KEY.as_bytes()).is_some_and(|at| {
        let value = line[at + LOGGER_KEY.len()..].trim_ascii_start();
        value
            .strip_prefix(b"\"")
            .is_some_and(|name| name.starts_with(ACCESS_LOGGER.as_bytes()))
    })
}

/// Whether a part of Caddy with this name logs other things than requests.
pub(super) fn is_other_logger(name: &str) -> bool {
    OTHER_LOGGERS.iter().any(|part| name.starts_with(part))
}
