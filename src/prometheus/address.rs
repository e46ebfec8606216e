//! Where a server's API is. The credentials in a URL are taken out of it, so that nothing can print them.

use std::fmt;

/// The address of a server, without credentials. A path stays: Mimir, Thanos and managed services have their API below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    base: String,
}

/// A name and a password. They are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct UserInfo {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UserInfo { .. }")
    }
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// It does not begin with a scheme that is known.
    #[error("the URL of a server begins with `http://` or `https://`")]
    NoScheme,
    /// Nothing stands behind the scheme.
    #[error("the URL names no host")]
    NoHost,
    /// It has a query or a fragment.
    #[error("the URL of a server has no `?` and no `#`; give the part before `/api/v1`")]
    HasQuery,
    /// A path with `@`, which may be the rest of a password.
    #[error(
        "the URL has `@` behind a `/`; write `/` in a password as %2F, and `@` in a path as %40"
    )]
    SignInPath,
    /// A letter that no URL has.
    #[error("the URL has a space or a letter that no URL has")]
    BadLetter,
}

impl ServerAddress {
    /// The address in a URL, and the credentials in it.
    ///
    /// # Errors
    /// The text is no URL of a server. The message does not repeat the text, which may hold a password.
    pub fn parse(url: &str) -> Result<(Self, Option<UserInfo>), AddressFault> {
        let (scheme, rest) = url.trim().split_once("://").ok_or(AddressFault::NoScheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(AddressFault::NoScheme);
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if host.is_empty() || host.starts_with(':') {
            return Err(AddressFault::NoHost);
        }
        // The rest of a password with a slash would stand in the path, and in every message.
        if path.contains('@') {
            return Err(AddressFault::SignInPath);
        }
        if path.contains(['?', '#']) {
            return Err(AddressFault::HasQuery);
        }
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain(host) || !is_plain(path) {
            return Err(AddressFault::BadLetter);
        }
        let path = path.trim_end_matches('/');
        let path = ["/api/v1/query_range", "/api/v1/query", "/api/v1"]
            .iter()
            .find_map(|ending| path.strip_suffix(ending))
            .unwrap_or(path);
        let user = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            UserInfo {
                name: decoded(name),
                password: decoded(password),
            }
        });
        let base = format!("{scheme}://{host}{path}");
        Ok((Self { base }, user))
    }

    /// The address of a path of the API, such as `api/v1/query_range`.
    #[must_use]
    pub fn of(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.base)
    }
}

/// A text with its `%40` and the like as letters (RFC 3986, section 2.1); what is no such letter stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut read = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(letter) => {
                read.push(letter);
                at += 3;
            }
            None => {
                read.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_base_url_stays_and_that_of_the_api_goes() {
        for (url, base) in [
            ("http://localhost:9090", "http://localhost:9090"),
            ("http://localhost:9090/", "http://localhost:9090"),
            (
                "HTTPS://mimir.example/prometheus/",
                "https://mimir.example/prometheus",
            ),
            (
                "https://mimir.example/api/prom/api/v1/query_range",
                "https://mimir.example/api/prom",
            ),
            ("http://[::1]:9090/api/v1", "http://[::1]:9090"),
        ] {
            let (address, user) = ServerAddress::parse(url).expect(url);
            assert_eq!(address.to_string(), base);
            assert!(user.is_none());
        }
    }

    #[test]
    fn credentials_leave_the_url_and_are_never_printed() {
        let (address, user) =
            ServerAddress::parse("https://me:p%40ss:w@prom.example/x").expect("a URL");
        let user = user.expect("a user");
        assert_eq!(
            (user.name.as_str(), user.password.as_str()),
            ("me", "p@ss:w")
        );
        assert_eq!(address.to_string(), "https://prom.example/x");
        assert!(!format!("{address:?} {user:?}").contains("p@ss"));
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for (url, fault) in [
            ("localhost:9090", AddressFault::NoScheme),
            ("ftp://host", AddressFault::NoScheme),
            ("http://", AddressFault::NoHost),
            ("http://:9090", AddressFault::NoHost),
            ("http://host/graph?g0.expr=up", AddressFault::HasQuery),
            ("http://ho st", AddressFault::BadLetter),
            ("http://me:pa/ss@host", AddressFault::SignInPath),
            ("http://me:pa?ss@host", AddressFault::SignInPath),
        ] {
            assert_eq!(ServerAddress::parse(url), Err(fault), "{url}");
        }
    }
}
