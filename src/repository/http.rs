//! HTTP as repositories and registries need it: bounded in bytes, hops and time, and careful with credentials.
//!
//! What enters is a request; what leaves is an answer of any status, or an [`Error`] behind which a [`Failure`] stands.
//! Redirects are followed here and not by the client below, because only here it is known which headers are secret:
//! they stay with the scheme, host and port that they were meant for. The reference for proxies, certificates and
//! timeouts is Helm's `pkg/getter`.

mod failure;
mod proxy;
mod tls;

pub use failure::{Failure, Trouble};
pub(crate) use failure::{plain, shown};
pub use proxy::Proxies;
pub use tls::Verification;

use super::transport::{Credentials, Request, Response, Transport};
use crate::diagnostic::{Error, ErrorKind};
use crate::schema::url::{Url, unescape};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use ureq::http::{self, HeaderMap};
use ureq::{Agent, Proxy};

/// How many redirects one request may follow; Go's limit.
const MOST_HOPS: usize = 10;
/// The time for one request with everything that it is redirected to; Helm's limit.
const TIME: Duration = Duration::from_secs(120);
/// The time until a connection stands.
const CONNECT_TIME: Duration = Duration::from_secs(30);
/// Bytes a second that an upload gets time for, beyond the time of every request.
const SLOWEST_UPLOAD: u64 = 64 * 1024;
/// The most bytes of a body that only explains a status.
const LARGEST_EXPLANATION: u64 = 64 * 1024;

/// How a client speaks.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The client's certificate.
    pub cert_file: Option<PathBuf>,
    /// The key of the client's certificate.
    pub key_file: Option<PathBuf>,
    /// Whether the server's certificate has to be good.
    pub verification: Verification,
    /// To whom credentials may go.
    pub pass_credentials: PassCredentials,
    /// The proxies.
    pub proxies: Proxies,
    /// The file of certificates that the system trusts; SSL_CERT_FILE. `None` looks where Go does.
    pub system_certificates: Option<PathBuf>,
    /// Folders of further certificates that the system trusts; SSL_CERT_DIR. Empty looks where Go does.
    pub system_folders: Vec<PathBuf>,
    /// The time for one request.
    pub timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions {
            ca_file: None,
            cert_file: None,
            key_file: None,
            verification: Verification::Full,
            pass_credentials: PassCredentials::SameHost,
            proxies: Proxies::default(),
            system_certificates: None,
            system_folders: Vec::new(),
            timeout: TIME,
        }
    }
}

impl HttpOptions {
    /// The proxies and the certificates that the variables of an environment name.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> HttpOptions {
        HttpOptions {
            proxies: Proxies::from_variables(variable),
            system_certificates: variable("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from),
            system_folders: variable("SSL_CERT_DIR")
                .into_iter()
                .flat_map(|text| text.split(':').map(PathBuf::from).collect::<Vec<_>>())
                .filter(|path| !path.as_os_str().is_empty())
                .collect(),
            ..HttpOptions::default()
        }
    }
}

/// To whom credentials may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PassCredentials {
    /// To the scheme, host and port that they are meant for.
    #[default]
    SameHost,
    /// `--pass-credentials`: to everybody that a repository or a redirect names, except from https to http.
    AllHosts,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks whether something is there.
    Head,
    /// Adds.
    Post,
    /// Writes.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// A request.
#[derive(Clone)]
pub struct Call<'a> {
    /// What it does.
    pub method: Method,
    /// An absolute `http://` or `https://` URL. A user in it counts where `credentials` are not given.
    pub url: &'a str,
    /// Who asks.
    pub credentials: Option<&'a Credentials>,
    /// Further headers. Along a redirect to another host only `Accept` and `Range` go.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Option<Bytes>,
    /// The most bytes that the answer may have.
    pub limit: u64,
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and body may be secret, and so may user and query of the URL.
        write!(out, "Call({} {})", self.method.name(), shown(self.url))
    }
}

impl<'a> Call<'a> {
    /// A request without headers and body, whose answer may have a megabyte.
    pub fn new(method: Method, url: &'a str) -> Call<'a> {
        Call { method, url, credentials: None, headers: Vec::new(), body: None, limit: 1 << 20 }
    }

    /// Says who asks.
    pub fn credentials(mut self, credentials: Option<&'a Credentials>) -> Call<'a> {
        self.credentials = credentials;
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Call<'a> {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends these bytes as this kind of content.
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Call<'a> {
        self.headers.push(("Content-Type", content_type.to_owned()));
        self.body = Some(body.into());
        self
    }

    /// Bounds the answer.
    pub fn limit(mut self, limit: u64) -> Call<'a> {
        self.limit = limit;
        self
    }
}

/// What a server answered, with any status.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; of an answer that is no success only as much as explains it.
    pub body: Bytes,
    /// The URL that answered, at the end of all redirects.
    pub url: String,
    headers: HeaderMap,
    method: Method,
}

impl fmt::Debug for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Answer({} {}, {} bytes)", self.status, shown(&self.url), self.body.len())
    }
}

impl Answer {
    /// Whether the status is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers of this name.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// The error for an answer that asks for a user whom nobody knows.
    pub(super) fn to_unknown(&self, host: &str) -> Error {
        let trouble = Trouble::NoCredentials(plain(host));
        Failure { method: self.method.name(), url: shown(&self.url), trouble, registry: String::new() }.into_error()
    }

    /// The error that this answer is where a success was wanted.
    pub fn into_error(self) -> Error {
        let trouble = Trouble::Status(self.status, failure::said(&self.body));
        let registry = failure::registry_errors(&self.body);
        Failure { method: self.method.name(), url: shown(&self.url), trouble, registry }.into_error()
    }
}

/// A client over HTTP/1.1. It keeps connections, and may be used by several threads.
pub struct Http {
    options: HttpOptions,
    identity: tls::Identity,
    agents: Mutex<Vec<(Route, Agent)>>,
}

/// What connections have in common.
#[derive(Clone, PartialEq, Eq)]
struct Route {
    tls: bool,
    proxy: Option<String>,
}

impl fmt::Debug for Http {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Http").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Http {
    /// A client that speaks like this. Nothing is sent yet.
    ///
    /// # Errors
    /// Files of certificates or keys that cannot be read.
    pub fn new(options: HttpOptions) -> Result<Http, Error> {
        let identity = tls::Identity::read(&options)?;
        Ok(Http { options, identity, agents: Mutex::new(Vec::new()) })
    }

    /// How this client speaks.
    pub fn options(&self) -> &HttpOptions {
        &self.options
    }

    /// Sends a request and follows redirects. Every status comes back as an answer.
    ///
    /// # Errors
    /// A server that cannot be reached or trusted, an answer beyond its limits of bytes, hops or time.
    pub fn send(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let began = Instant::now();
        let mut leg = Leg::first(call)?;
        for _ in 0..=MOST_HOPS {
            let (status, headers, body) = self.exchange(call, &leg)?;
            let Some(place) = redirect(status, &headers) else {
                let url = leg.url.to_string();
                return Ok(Answer { status, body, url, headers, method: leg.method });
            };
            leg = leg.follow(place, status, self.options.pass_credentials)?;
            if began.elapsed() >= self.options.timeout {
                return Err(leg.failed(Trouble::Timeout(self.options.timeout)));
            }
        }
        Err(leg.failed(Trouble::Redirect(format!("stopped after {MOST_HOPS} redirects"))))
    }

    /// As [`Http::send`], where only a success will do.
    ///
    /// # Errors
    /// A status that is no success, too.
    pub fn fetch(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let answer = self.send(call)?;
        if answer.is_success() { Ok(answer) } else { Err(answer.into_error()) }
    }

    fn exchange(&self, call: &Call<'_>, leg: &Leg) -> Result<(u16, HeaderMap, Bytes), Error> {
        let agent = self.agent(leg)?;
        let mut request = http::Request::builder().method(leg.method.name()).uri(leg.url.to_string());
        for (name, value) in &leg.headers {
            request = request.header(*name, value);
        }
        let wrong = |error: http::Error| leg.failed(Trouble::Broken(plain(&error.to_string())));
        let told = |error| leg.failed(self.trouble(error, leg));
        let body = leg.body.as_ref();
        let answer = match body {
            Some(body) => {
                let request = request.body(body.as_ref()).map_err(wrong)?;
                let time = self.options.timeout + Duration::from_secs(body.len() as u64 / SLOWEST_UPLOAD);
                agent.run(agent.configure_request(request).timeout_global(Some(time)).build())
            }
            None => agent.run(request.body(()).map_err(wrong)?),
        };
        let (parts, body) = answer.map_err(told)?.into_parts();
        let status = parts.status.as_u16();
        let limit = if parts.status.is_success() { call.limit } else { LARGEST_EXPLANATION.min(call.limit) };
        let bytes = match leg.method {
            Method::Head => Bytes::new(),
            _ => self.read(body, limit, parts.status.is_success(), leg)?,
        };
        Ok((status, parts.headers, bytes))
    }

    fn read(&self, body: ureq::Body, limit: u64, whole: bool, leg: &Leg) -> Result<Bytes, Error> {
        let announced = body.content_length();
        if whole && announced.is_some_and(|length| length > limit) {
            return Err(leg.failed(Trouble::TooLarge(limit)));
        }
        // What a server announces is no reason to take memory.
        let room = announced.unwrap_or(0).min(limit).min(1 << 20);
        let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
        let mut reader = body.into_with_config().limit(u64::MAX).reader().take(limit.saturating_add(1));
        if let Err(error) = reader.read_to_end(&mut bytes) {
            return Err(leg.failed(self.trouble(ureq::Error::from(error), leg)));
        }
        if bytes.len() as u64 > limit {
            if whole {
                return Err(leg.failed(Trouble::TooLarge(limit)));
            }
            bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(Bytes::from(bytes))
    }

    fn agent(&self, leg: &Leg) -> Result<Agent, Error> {
        let proxy = self.options.proxies.of(&leg.url).map(str::to_owned);
        let route = Route { tls: leg.url.scheme == "https", proxy };
        let mut agents = self.agents.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, agent)) = agents.iter().find(|(known, _)| *known == route) {
            return Ok(agent.clone());
        }
        let proxy = match &route.proxy {
            Some(proxy) if proxy.starts_with("socks") => return Err(no_proxy("SOCKS is not spoken here")),
            Some(proxy) => Some(Proxy::new(proxy).map_err(|_| no_proxy("its URL cannot be read"))?),
            None => None,
        };
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent(concat!("chartwright/", env!("CARGO_PKG_VERSION")))
            .accept("")
            .accept_encoding("")
            .timeout_global(Some(self.options.timeout))
            .timeout_connect(Some(CONNECT_TIME.min(self.options.timeout)));
        if route.tls {
            config = config.tls_config(self.identity.tls());
        }
        let agent = config.build().new_agent();
        agents.push((route, agent.clone()));
        Ok(agent)
    }

    fn trouble(&self, error: ureq::Error, leg: &Leg) -> Trouble {
        let (host, _) = leg.url.host_name();
        let port = leg.url.port().unwrap_or(if leg.url.scheme == "https" { 443 } else { 80 });
        match error {
            ureq::Error::Timeout(_) => Trouble::Timeout(self.options.timeout),
            ureq::Error::HostNotFound => Trouble::NoHost(plain(host)),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Trouble::Refused(plain(&format!("{host}:{port}")))
            }
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Trouble::Timeout(self.options.timeout)
            }
            other => {
                let text = plain(&other.to_string());
                let text = text.strip_prefix("io: ").or_else(|| text.strip_prefix("rustls: ")).unwrap_or(&text);
                match text.strip_prefix("invalid peer certificate: ") {
                    None if text.contains("InvalidContentType") => Trouble::NoTls,
                    Some(why) => Trouble::Certificate(certificate_trouble(why)),
                    None => Trouble::Broken(text.to_owned()),
                }
            }
        }
    }
}

fn certificate_trouble(why: &str) -> String {
    let known = [
        ("UnknownIssuer", "its certificate is signed by nobody that we trust"),
        ("Expired", "its certificate has expired"),
        ("NotValidForName", "its certificate is for another host"),
        ("CaUsedAsEndEntity", "its certificate is that of an authority, not of a server"),
    ];
    let told = known.into_iter().find(|(name, _)| why.starts_with(name)).map(|(_, text)| text.to_owned());
    told.unwrap_or_else(|| format!("its certificate is not good: {why}"))
}

fn no_proxy(why: &str) -> Error {
    let message = format!("cannot use the proxy of the environment: {why}");
    Error::new(ErrorKind::Usage, message).hint("look at HTTP_PROXY, HTTPS_PROXY and NO_PROXY")
}

/// One request on the way along redirects.
struct Leg {
    method: Method,
    url: Url,
    headers: Vec<(&'static str, String)>,
    body: Option<Bytes>,
}

impl Leg {
    fn first(call: &Call<'_>) -> Result<Leg, Error> {
        let url = parse(call.url)?;
        let mut headers = call.headers.clone();
        let own = own_credentials(&url);
        if let Some(credentials) = call.credentials.or(own.as_ref()) {
            headers.push(("Authorization", authorization(credentials)));
        }
        Ok(Leg { method: call.method, url: url.without_user(), headers, body: call.body.clone() })
    }

    /// The request that a redirect asks for.
    fn follow(mut self, place: &str, status: u16, pass: PassCredentials) -> Result<Leg, Error> {
        let refuse = |leg: &Leg, why: String| Err(leg.failed(Trouble::Redirect(why)));
        let next = match Url::parse(place) {
            Ok(reference) => self.url.join(&reference).without_user(),
            Err(_) => return refuse(&self, "the redirect names no URL".to_owned()),
        };
        if !matches!(next.scheme.as_str(), "http" | "https") || next.host().is_empty() {
            return refuse(&self, format!("redirected to `{}`, which is no web address", shown(&next.to_string())));
        }
        let same = origin(&self.url) == origin(&next);
        let downgrade = self.url.scheme == "https" && next.scheme == "http";
        if downgrade {
            return refuse(&self, format!("redirected from https to `{}`", shown(&next.to_string())));
        }
        if self.body.is_some() || !matches!(self.method, Method::Get | Method::Head) {
            let keeps = matches!(status, 307 | 308);
            if !same || !keeps {
                return refuse(&self, format!("redirected to `{}` while sending", shown(&next.to_string())));
            }
        }
        if !same {
            let secret = |name: &str| !matches!(name, "Accept" | "Range");
            let passed = pass == PassCredentials::AllHosts;
            self.headers.retain(|(name, _)| !secret(name) || passed && *name == "Authorization");
        }
        self.url = next;
        Ok(self)
    }

    fn failed(&self, trouble: Trouble) -> Error {
        let (url, registry) = (shown(&self.url.to_string()), String::new());
        Failure { method: self.method.name(), url, trouble, registry }.into_error()
    }
}

fn parse(text: &str) -> Result<Url, Error> {
    let wrong = |why: &str| {
        let message = format!("expected an http or https URL, found `{}`{why}", shown(text));
        Error::new(ErrorKind::Usage, message)
    };
    let url = Url::parse(text).map_err(|_| wrong(""))?;
    if !matches!(url.scheme.as_str(), "http" | "https") || url.host_name().0.is_empty() {
        return Err(wrong(""));
    }
    Ok(url)
}

/// Where a redirect leads, if an answer is one.
fn redirect(status: u16, headers: &HeaderMap) -> Option<&str> {
    matches!(status, 301 | 302 | 303 | 307 | 308).then(|| headers.get("Location")?.to_str().ok()).flatten()
}

/// Scheme, host and port.
fn origin(url: &Url) -> (&str, String, u16) {
    let default = if url.scheme == "https" { 443 } else { 80 };
    (&url.scheme, url.host_name().0.to_ascii_lowercase(), url.port().unwrap_or(default))
}

/// Whether two URLs have the same scheme, host and port, so that what is secret for one may go to the other.
pub fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => !one.scheme.is_empty() && origin(&one) == origin(&other),
        _ => false,
    }
}

/// The credentials that a URL itself names.
pub(super) fn own_credentials(url: &Url) -> Option<Credentials> {
    let (username, password) = url.user()?.split_once(':').unwrap_or((url.user()?, ""));
    let decoded = |text: &str| unescape(text).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Some(Credentials::Basic { username: decoded(username).ok()?, password: decoded(password).ok()? })
}

/// The value of `Authorization`.
pub(crate) fn authorization(credentials: &Credentials) -> String {
    match credentials {
        Credentials::Basic { username, password } => {
            format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
        }
        Credentials::Bearer(token) => format!("Bearer {token}"),
    }
}

impl Transport for Http {
    fn get(&self, request: &Request<'_>) -> Result<Response, Error> {
        let mut call = Call::new(Method::Get, request.url).credentials(request.credentials).limit(request.limit);
        if let Some(accept) = request.accept {
            call = call.header("Accept", accept);
        }
        if let Some(etag) = request.etag {
            call = call.header("If-None-Match", etag);
        }
        let answer = self.send(&call)?;
        match answer.status {
            304 if request.etag.is_some() => Ok(Response::NotModified),
            // Helm takes nothing but 200, so that a part or an empty answer is never a chart.
            200 => {
                let etag = answer.header("ETag").map(str::to_owned);
                Ok(Response::Body { bytes: answer.body, etag })
            }
            _ => Err(answer.into_error()),
        }
    }
}
