//! The arguments of a server: its URL, credentials, and trusted authorities.
//!
//! Secrets come from files or from the environment. Every user of a machine can read the arguments of a process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::error::CommandError;
use crate::prometheus::address::{ServerAddress, UserInfo};
use crate::scenario::parse_duration;

/// The variable with a bearer token.
const TOKEN: &str = "HPASIM_PROMETHEUS_TOKEN";
/// The variable with the password of `--user`.
const PASSWORD: &str = "HPASIM_PROMETHEUS_PASSWORD";
/// The largest file with a secret, a header or an authority.
const BYTES_MAX: u64 = 1 << 20;

/// A server and its credentials.
#[derive(Args, Clone, Debug)]
pub(super) struct ServerArgs {
    /// Prometheus, or what speaks its API; a path stays
    #[arg(long, value_name = "URL")]
    pub(super) prometheus: Option<String>,
    /// Bearer token [env: HPASIM_PROMETHEUS_TOKEN]
    #[arg(
        long,
        value_name = "FILE",
        requires = "prometheus",
        conflicts_with = "user"
    )]
    token_file: Option<PathBuf>,
    /// Name for basic authentication
    #[arg(long, value_name = "NAME", requires = "prometheus")]
    user: Option<String>,
    /// Password [env: HPASIM_PROMETHEUS_PASSWORD]
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Headers, a line each: X-Scope-OrgID: shop
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    header_file: Option<PathBuf>,
    /// Authorities to trust, in PEM [default: the system's]
    #[arg(long, value_name = "FILE", requires = "prometheus")]
    ca_file: Option<PathBuf>,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_timeout)]
    timeout: Duration,
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let span = parse_duration(text)?;
    let timeout = Duration::from_nanos(span.as_nanos().unsigned_abs());
    match timeout >= Duration::from_millis(1) {
        true => Ok(timeout),
        false => Err("write a time above zero, such as 60s".to_owned()),
    }
}

/// A server, and everything that a client needs.
#[cfg_attr(
    not(feature = "import"),
    expect(dead_code, reason = "only the client of a server needs it")
)]
pub(super) struct NamedServer {
    /// Where its API is.
    pub(super) address: ServerAddress,
    /// A name and a password.
    pub(super) user: Option<UserInfo>,
    /// A token.
    pub(super) bearer_token: Option<String>,
    /// Further headers.
    pub(super) headers: Vec<(String, String)>,
    /// Authorities to trust.
    pub(super) authorities: Option<Vec<u8>>,
    /// How long an answer may take.
    pub(super) timeout: Duration,
}

impl ServerArgs {
    /// The server; `None` where none is named.
    ///
    /// # Errors
    /// The URL is not valid, or a file of a secret cannot be read.
    pub(super) fn server(&self) -> Result<Option<NamedServer>, CommandError> {
        let Some(url) = &self.prometheus else {
            return Ok(None);
        };
        let (address, in_url) = ServerAddress::parse(url).map_err(CommandError::usage)?;
        let token = match &self.token_file {
            Some(path) => Some(secret_in(path)?),
            None => variable(TOKEN).filter(|_| self.user.is_none() && in_url.is_none()),
        };
        let user = match &self.user {
            Some(name) => Some(UserInfo {
                name: name.clone(),
                password: match &self.password_file {
                    Some(path) => secret_in(path)?,
                    None => variable(PASSWORD).ok_or_else(|| {
                        CommandError::usage(format!(
                            "`--user` needs a password: `--password-file FILE`, or the variable {PASSWORD}"
                        ))
                    })?,
                },
            }),
            None => in_url,
        };
        let headers = self.header_file.as_deref().map(headers_in).transpose()?;
        let authorities = self.ca_file.as_deref().map(read).transpose()?;
        Ok(Some(NamedServer {
            address,
            user,
            bearer_token: token,
            headers: headers.unwrap_or_default(),
            authorities,
            timeout: self.timeout,
        }))
    }

    /// The file of the headers, for messages about it.
    #[cfg_attr(
        not(feature = "import"),
        expect(dead_code, reason = "only the client of a server needs it")
    )]
    pub(super) fn header_file(&self) -> &Path {
        self.header_file.as_deref().unwrap_or(Path::new(""))
    }

    /// The file of the authorities, for messages about it.
    #[cfg_attr(
        not(feature = "import"),
        expect(dead_code, reason = "only the client of a server needs it")
    )]
    pub(super) fn ca_file(&self) -> &Path {
        self.ca_file.as_deref().unwrap_or(Path::new(""))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let unreadable = |error: std::io::Error| CommandError::bad_file(path, &error);
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, BYTES_MAX + 1), &mut bytes)
        .map_err(unreadable)?;
    match bytes.len() as u64 > BYTES_MAX {
        true => Err(CommandError::bad_file(path, &FileTooLong)),
        false => Ok(bytes),
    }
}

/// A file is far larger than a secret, headers or authorities are.
#[derive(Debug, thiserror::Error)]
#[error("it is larger than 1 MiB")]
struct FileTooLong;

fn text_in(path: &Path) -> Result<String, CommandError> {
    let bytes = read(path)?;
    String::from_utf8(bytes).map_err(|_| CommandError::bad_file(path, &NotText))
}

/// A file of secrets is no text.
#[derive(Debug, thiserror::Error)]
#[error("it is not text in UTF-8")]
struct NotText;

/// A file of a secret is empty.
#[derive(Debug, thiserror::Error)]
#[error("it is empty")]
struct NoSecret;

/// A line of the header file is no header. The message does not repeat the line.
#[derive(Debug, thiserror::Error)]
#[error("line {0} is no header; write `Name: value`")]
struct NoHeader(usize);

/// The secret in a file, without the line end behind it.
fn secret_in(path: &Path) -> Result<String, CommandError> {
    let text = text_in(path)?;
    let secret = text.trim_end_matches(['\n', '\r']);
    match secret.is_empty() {
        true => Err(CommandError::bad_file(path, &NoSecret)),
        false => Ok(secret.to_owned()),
    }
}

fn headers_in(path: &Path) -> Result<Vec<(String, String)>, CommandError> {
    let text = text_in(path)?;
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(index, line)| {
            let pair = line
                .split_once(':')
                .map(|(name, value)| (name.trim(), value.trim()));
            match pair {
                Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
                _ => Err(CommandError::bad_file(path, &NoHeader(index + 1))),
            }
        })
        .collect()
}
