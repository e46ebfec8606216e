//! Questions over HTTP.

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error};

use super::address::{ServerAddress, UserInfo};
use super::ask::{Ask, AskError, RangeQuestion};

/// How often a question is asked before its failure counts.
const TRIES: u32 = 4;
/// The pause before the second try; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause that a server may ask for with `Retry-After`.
const PAUSE_MAX: Duration = Duration::from_secs(20);
/// The largest answer.
const ANSWER_BYTES_MAX: u64 = 256 << 20;
/// How many letters of a server's own words a message shows.
const WORDS_MAX: usize = 300;

/// Credentials, and trusted authorities.
#[derive(Clone, Default)]
pub struct ClientSettings {
    /// A name and a password.
    pub user: Option<UserInfo>,
    /// A token.
    pub bearer_token: Option<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The authorities to trust instead of the system's, as PEM.
    pub authorities: Option<Vec<u8>>,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// Why settings make no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsFault {
    /// No certificate is in the file of authorities.
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    /// A name or a value that no header can have.
    #[error(
        "the header `{name}` cannot be sent: its name or its value has a letter that HTTP does not have"
    )]
    BadHeader {
        /// The name.
        name: String,
    },
    /// A token or a password with a letter that no header can have.
    #[error("the credentials have a letter that HTTP cannot send")]
    BadCredentials,
}

/// A client of one server.
pub struct HttpClient {
    agent: Agent,
    address: ServerAddress,
    headers: HeaderMap,
    timeout: Duration,
}

impl HttpClient {
    /// A client.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn new(address: ServerAddress, settings: &ClientSettings) -> Result<Self, SettingsFault> {
        let roots = match &settings.authorities {
            Some(pem) => own_authorities(pem)?,
            None => RootCerts::PlatformVerifier,
        };
        let config = Config::builder()
            .http_status_as_error(false)
            .timeout_global(Some(settings.timeout))
            // A redirect would take the headers of a file elsewhere, and make a GET without a form.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(AutoHeaderValue::Provided(
                concat!("hpasim/", env!("CARGO_PKG_VERSION"))
                    .to_owned()
                    .into(),
            ))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Ok(Self {
            agent: Agent::new_with_config(config),
            address,
            headers: headers_of(settings)?,
            timeout: settings.timeout,
        })
    }

    fn server(&self) -> String {
        self.address.to_string()
    }

    fn send(&self, question: &RangeQuestion<'_>) -> Result<Response<Body>, Error> {
        let mut request = self.agent.post(self.address.of("api/v1/query_range"));
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.clone());
        }
        request.send_form(question.fields())
    }

    /// The body of a response that is an answer, or why it is not one.
    fn judge(
        &self,
        question: &RangeQuestion<'_>,
        tries: u32,
        response: &mut Response<Body>,
    ) -> Result<Result<String, AskError>, Error> {
        let status = response.status();
        let body = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()?;
        let server = self.server();
        Ok(match status.as_u16() {
            200 if is_answer(&body) => Ok(body),
            200 => Err(AskError::NotPrometheus {
                server,
                why: format!("it sent {}", kind_of(&body)),
            }),
            401 => Err(AskError::Unauthorized { server }),
            403 => Err(AskError::Forbidden { server }),
            404 => Err(AskError::NoApi { server }),
            300..=399 => Err(AskError::NotPrometheus {
                server,
                why: "it redirects, as a login does; give the URL to which it redirects".to_owned(),
            }),
            400 | 422 => Err(AskError::BadQuery {
                server,
                words: words_of(&body),
                query: question.query.to_owned(),
            }),
            status => Err(AskError::Failing {
                server,
                status,
                tries,
                words: words_of(&body),
            }),
        })
    }

    /// The words for a question that got no response.
    fn failure(&self, error: &Error, tries: u32) -> AskError {
        let server = self.server();
        let unreachable = |why: &str| AskError::Unreachable {
            server: server.clone(),
            why: why.to_owned(),
        };
        match error {
            Error::Timeout(_) | Error::BodyStalled => AskError::TimedOut {
                server,
                limit: format!("{:?}", self.timeout),
                tries,
            },
            Error::HostNotFound => unreachable("the name of the host is not known"),
            Error::ConnectionFailed => unreachable("the connection failed"),
            Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                unreachable("the connection was refused")
            }
            Error::Io(error) if error.to_string().contains("InvalidContentType") => {
                unreachable("it does not speak TLS; write `http://`")
            }
            Error::Io(error) if is_of_tls(error) => AskError::Untrusted {
                server,
                why: error.to_string(),
            },
            Error::Rustls(error) => AskError::Untrusted {
                server,
                why: error.to_string(),
            },
            Error::Tls(why) => AskError::Untrusted {
                server,
                why: (*why).to_owned(),
            },
            Error::BodyExceedsLimit(bytes) => AskError::NotPrometheus {
                server,
                why: format!("its answer is larger than {} MB", bytes >> 20),
            },
            Error::Io(error) if error.to_string().contains("failed to lookup") => {
                unreachable("the name of the host is not known")
            }
            other => unreachable(&other.to_string()),
        }
    }
}

impl Ask for HttpClient {
    fn ask(&mut self, question: &RangeQuestion<'_>) -> Result<String, AskError> {
        let mut pause = FIRST_PAUSE;
        for tries in 1.. {
            let sent = self.send(question);
            let asked_for = sent.as_ref().ok().and_then(retry_after);
            let answer = sent.and_then(|mut response| self.judge(question, tries, &mut response));
            let fault = match answer {
                Ok(Ok(body)) => return Ok(body),
                Ok(Err(fault)) => fault,
                Err(error) => self.failure(&error, tries),
            };
            if tries == TRIES || !may_pass(&fault) {
                return Err(fault);
            }
            std::thread::sleep(asked_for.unwrap_or(pause).min(PAUSE_MAX));
            pause *= 2;
        }
        unreachable!("the last try returns")
    }
}

/// Whether another try may have an answer.
fn may_pass(fault: &AskError) -> bool {
    match fault {
        AskError::Failing { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
        AskError::TimedOut { .. } | AskError::Unreachable { .. } => true,
        _ => false,
    }
}

fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let value = response.headers().get("retry-after")?.to_str().ok()?;
    let waits = response.status() == StatusCode::TOO_MANY_REQUESTS
        || response.status() == StatusCode::SERVICE_UNAVAILABLE;
    value
        .parse()
        .ok()
        .filter(|_| waits)
        .map(Duration::from_secs)
}

/// rustls hands its errors through the connection's, as invalid data (`rustls::Stream::complete_io`).
fn is_of_tls(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData
}

fn own_authorities(pem: &[u8]) -> Result<RootCerts, SettingsFault> {
    let certificates: Vec<Certificate<'static>> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(SettingsFault::NoCertificate);
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

fn headers_of(settings: &ClientSettings) -> Result<HeaderMap, SettingsFault> {
    let mut headers = HeaderMap::new();
    for (written, value) in &settings.headers {
        let name = HeaderName::try_from(written.as_str());
        let value = HeaderValue::try_from(value.as_str());
        let (Ok(name), Ok(mut value)) = (name, value) else {
            return Err(SettingsFault::BadHeader {
                name: written.clone(),
            });
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let basic = settings.user.as_ref().map(|user| {
        let pair = format!("{}:{}", user.name, user.password);
        format!("Basic {}", STANDARD.encode(pair))
    });
    let bearer = settings
        .bearer_token
        .as_ref()
        .map(|token| format!("Bearer {token}"));
    if let Some(value) = bearer.or(basic) {
        let value = HeaderValue::try_from(value);
        let mut value = value.map_err(|_| SettingsFault::BadCredentials)?;
        value.set_sensitive(true);
        headers.insert("authorization", value);
    }
    Ok(headers)
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: Option<String>,
}

/// What a server says about its failure: the error of the API, or the beginning of another text.
fn words_of(body: &str) -> String {
    let words = serde_json::from_str::<ErrorAnswer>(body)
        .ok()
        .and_then(|it| it.error);
    let words = words.unwrap_or_else(|| match body.trim_start().starts_with('<') {
        true => "a page of HTML".to_owned(),
        false => body.trim().to_owned(),
    });
    let mut letters = words.chars();
    let shown: String = letters.by_ref().take(WORDS_MAX).collect();
    let more = if letters.next().is_some() { "…" } else { "" };
    match shown.is_empty() {
        true => "without a word".to_owned(),
        false => format!("{shown}{more}"),
    }
}

fn is_answer(body: &str) -> bool {
    body.trim_start().starts_with('{') && body.contains("\"status\"")
}

fn kind_of(body: &str) -> &'static str {
    match body.trim_start().chars().next() {
        None => "nothing",
        Some('<') => "a page of HTML, perhaps that of a login",
        Some('{' | '[') => "JSON without a `status`",
        Some(_) => "a text",
    }
}
