//! Why a request failed, so that both faces of the command line can tell it in their own words.

use crate::diagnostic::{Error, ErrorKind};
use crate::schema::url::Url;
use std::fmt;
use std::time::Duration;
use ureq::http::StatusCode;

/// The most characters of a server's own words that a message repeats.
const LONGEST: usize = 300;

/// What went wrong with one request. It stands behind the [`Error`] that a client returns: see [`Failure::behind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The method.
    pub method: &'static str,
    /// The URL without user, password and query.
    pub url: String,
    /// What happened.
    pub trouble: Trouble,
}

/// What can happen to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A status that is no success, with what the server said.
    Status(u16, String),
    /// The name has no address.
    NoHost(String),
    /// Nobody listens at this address.
    Refused(String),
    /// The time was over.
    Timeout(Duration),
    /// The certificate of the server is not trusted; the reason.
    Certificate(String),
    /// More bytes came than asked for.
    TooLarge(u64),
    /// A redirect that is not followed; the reason.
    Redirect(String),
    /// Anything else.
    Broken(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.url;
        let doing = match self.method {
            "GET" | "HEAD" => "fetch",
            "DELETE" => "delete",
            _ => "send to",
        };
        match &self.trouble {
            Trouble::Status(status, said) if said.is_empty() => {
                write!(out, "cannot {doing} `{url}`: {}", status_text(*status))
            }
            Trouble::Status(status, said) => {
                write!(out, "cannot {doing} `{url}`: {}: {said}", status_text(*status))
            }
            Trouble::NoHost(host) => write!(out, "cannot reach `{url}`: host `{host}` has no address"),
            Trouble::Refused(host) => write!(out, "cannot reach `{url}`: nobody listens at `{host}`"),
            Trouble::Timeout(time) => {
                write!(out, "cannot {doing} `{url}`: no whole answer within {} s", time.as_secs_f32())
            }
            Trouble::Certificate(why) => write!(out, "cannot trust `{url}`: {why}"),
            Trouble::TooLarge(limit) => write!(out, "`{url}` sends more than {limit} bytes"),
            Trouble::Redirect(why) => write!(out, "cannot follow `{url}`: {why}"),
            Trouble::Broken(why) => write!(out, "cannot {doing} `{url}`: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// The failure that stands behind an error of this room.
    pub fn behind(error: &Error) -> Option<&Failure> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// The status with which the server refused.
    pub fn status(&self) -> Option<u16> {
        match self.trouble {
            Trouble::Status(status, _) => Some(status),
            _ => None,
        }
    }

    /// The text of Helm's getter and of Go's HTTP client for the same failure.
    pub fn helm_text(&self) -> String {
        let url = &self.url;
        let method = format!("{}{}", &self.method[..1], self.method[1..].to_ascii_lowercase());
        let go = |why: &str| format!("{method} \"{url}\": {why}");
        match &self.trouble {
            Trouble::Status(status, _) => format!("failed to fetch {url} : {}", status_text(*status)),
            Trouble::NoHost(host) => go(&format!("dial tcp: lookup {host}: no such host")),
            Trouble::Refused(address) => go(&format!("dial tcp {address}: connect: connection refused")),
            Trouble::Timeout(_) => go("context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
            Trouble::Certificate(_) => {
                go("tls: failed to verify certificate: x509: certificate signed by unknown authority")
            }
            Trouble::Redirect(why) => go(why),
            Trouble::TooLarge(_) | Trouble::Broken(_) => self.to_string(),
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match &self.trouble {
            Trouble::Status(401 | 403, _) => {
                "give --username and --password, or log in with `chartwright registry login HOST`"
            }
            Trouble::Status(404, _) => "look at the URL, the name and the version",
            Trouble::Status(407, _) => "the proxy wants a user and a password in HTTP_PROXY or HTTPS_PROXY",
            Trouble::Status(429, _) => "the server wants fewer requests; try again later",
            Trouble::Status(500..=599, _) => "the server is in trouble; try again later",
            Trouble::NoHost(_) => "look at the name of the host, and at HTTP_PROXY and HTTPS_PROXY",
            Trouble::Refused(_) => "look whether the server runs, and at its port",
            Trouble::Certificate(_) => "name the authority that signed it with --ca-file",
            Trouble::Timeout(_) => "look at the network, or try again later",
            _ => return None,
        };
        Some(text.to_owned())
    }

    pub(crate) fn into_error(self) -> Error {
        let kind = match self.trouble {
            Trouble::TooLarge(_) => ErrorKind::Limit,
            _ => ErrorKind::Network,
        };
        let error = Error::new(kind, self.to_string());
        let error = match self.hint() {
            Some(hint) => error.hint(hint),
            None => error,
        };
        error.because(self)
    }
}

/// `404 Not Found`.
fn status_text(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// A URL as messages may show it: no user, no password, no query, which may be a signature.
pub(crate) fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) => {
            let hidden = parsed.query().map(|_| "***");
            plain(&parsed.without_user().with_query(hidden).to_string())
        }
        Err(_) => plain(url.split(['?', '#']).next().map_or("", |url| url.rsplit('@').next().unwrap_or(url))),
    }
}

/// What somebody else wrote, on one line, without control characters, cut where it is long.
pub(crate) fn plain(text: &str) -> String {
    let letters = text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter });
    let harmful = |letter: &char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let kept: String = letters.filter(|letter| !harmful(letter)).take(LONGEST * 4).collect();
    let words: Vec<&str> = kept.split(' ').filter(|word| !word.is_empty()).collect();
    let text = words.join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// What a server said beside its status: the messages of an OCI or ChartMuseum error, or a short plain text.
pub(super) fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..body.len().min(64 * 1024)).unwrap_or_default());
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
        let errors = value.get("errors").and_then(|errors| errors.as_array());
        let messages = errors.into_iter().flatten().filter_map(|error| {
            error.get("message").and_then(|message| message.as_str()).or_else(|| error.get("code")?.as_str())
        });
        let messages: Vec<&str> = messages.collect();
        let single = value.get("error").or_else(|| value.get("message")).and_then(|error| error.as_str());
        return plain(&if messages.is_empty() { single.unwrap_or_default().to_owned() } else { messages.join("; ") });
    }
    let looks_like_page = text.trim_start().starts_with('<');
    if looks_like_page || text.contains('\0') { String::new() } else { plain(&text) }
}
