//! URLs as Go's package `net/url` reads and writes them.

use super::address::check_ipv6;
use super::escape::{Part, escape, quoted, unescape};
use crate::diagnostic::Fault;

/// A URL; everything but query and opaque part is decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Vec<u8>,
    /// What follows the scheme where no slash does.
    pub(crate) opaque: Vec<u8>,
    pub(crate) user: Option<User>,
    /// The host, with its port if it has one.
    pub(crate) host: Vec<u8>,
    pub(crate) path: Vec<u8>,
    pub(crate) query: Vec<u8>,
    pub(crate) fragment: Vec<u8>,
}

/// User name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl Url {
    /// Reads a URL or a reference to one; the fault has the text of Go's `url.Error`.
    pub(crate) fn parse(text: &[u8]) -> Result<Url, Fault> {
        let told = |whole: &[u8], fault: Fault| Fault::new(format!("parse {}: {fault}", quoted(whole)));
        let (main, fragment) = cut(text, b'#');
        let mut url = Url::parse_main(main).map_err(|fault| told(main, fault))?;
        url.fragment = unescape(fragment, Part::Fragment).map_err(|fault| told(text, fault))?;
        Ok(url)
    }

    /// Reads a URL without fragment.
    pub(super) fn parse_main(text: &[u8]) -> Result<Url, Fault> {
        if text.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
            return Err(Fault::new("net/url: invalid control character in URL"));
        }
        let mut url = Url::default();
        if text == b"*" {
            url.path = text.to_vec();
            return Ok(url);
        }
        let (scheme, rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = cut(rest, b'?');
        url.query = query.to_vec();
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err(Fault::new("first path segment in URL cannot contain colon"));
            }
        }
        let has_authority = rest.starts_with(b"//") && (!scheme.is_empty() || !rest.starts_with(b"///"));
        let path = if has_authority {
            let end = memchr::memchr(b'/', &rest[2..]).map_or(rest.len(), |at| at + 2);
            (url.user, url.host) = parse_authority(&url.scheme, &rest[2..end])?;
            &rest[end..]
        } else {
            rest
        };
        url.path = unescape(path, Part::Path)?;
        Ok(url)
    }

    /// User name and password as they stand in a URL; empty where there are none.
    pub(super) fn userinfo(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(user) = &self.user {
            user.write(&mut out);
        }
        out
    }

    /// The host without port and without the brackets of an IPv6 address.
    pub(super) fn hostname(&self) -> &[u8] {
        let host = match memchr::memrchr(b':', &self.host) {
            Some(at) if is_port(&self.host[at..]) => &self.host[..at],
            _ => &self.host,
        };
        host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host)
    }

    /// The URL as text.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            escape(&mut out, &self.fragment, Part::Fragment);
        }
        out
    }

    fn write_hierarchy(&self, out: &mut Vec<u8>) {
        let named = !self.host.is_empty() || self.user.is_some();
        if named || !self.scheme.is_empty() && !self.path.is_empty() {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            user.write(out);
            out.push(b'@');
        }
        escape(out, &self.host, Part::Host);
        if !self.host.is_empty() && self.path.first().is_some_and(|byte| *byte != b'/') {
            out.push(b'/');
        }
        // A first segment with a colon would read as a scheme.
        if out.is_empty() && cut(&self.path, b'/').0.contains(&b':') {
            out.extend_from_slice(b"./");
        }
        match self.path.as_slice() {
            b"*" => out.push(b'*'),
            path => escape(out, path, Part::Path),
        }
    }
}

impl User {
    fn write(&self, out: &mut Vec<u8>) {
        escape(out, &self.name, Part::UserPassword);
        if let Some(password) = &self.password {
            out.push(b':');
            escape(out, password, Part::UserPassword);
        }
    }
}

fn cut(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    match memchr::memchr(mark, text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}

/// Splits at the colon behind a scheme; without one the scheme is empty.
fn split_scheme(text: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(Fault::new("missing protocol scheme")),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn parse_authority(scheme: &[u8], authority: &[u8]) -> Result<(Option<User>, Vec<u8>), Fault> {
    let Some(at) = memchr::memrchr(b'@', authority) else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let host = parse_host(scheme, &authority[at + 1..])?;
    let userinfo = &authority[..at];
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !userinfo.iter().all(is_allowed) {
        return Err(Fault::new("net/url: invalid userinfo"));
    }
    let (name, password) = match memchr::memchr(b':', userinfo) {
        Some(at) => (&userinfo[..at], Some(&userinfo[at + 1..])),
        None => (userinfo, None),
    };
    let name = unescape(name, Part::UserPassword)?;
    let password = password.map(|password| unescape(password, Part::UserPassword)).transpose()?;
    Ok((Some(User { name, password }), host))
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, Fault> {
    match memchr::memrchr(b'[', host) {
        Some(0) => return parse_bracketed(&host[1..]),
        Some(_) => return Err(Fault::new("invalid IP-literal")),
        None => {}
    }
    // Lists of hosts with ports are in use with database schemes; with web schemes one colon is all.
    let is_web = matches!(scheme, b"http" | b"https");
    let colon = if is_web { memchr::memchr(b':', host) } else { memchr::memrchr(b':', host) };
    if let Some(colon) = colon {
        check_port(&host[colon..])?;
    }
    unescape(host, Part::Host)
}

/// Reads an IPv6 address behind its opening bracket.
fn parse_bracketed(text: &[u8]) -> Result<Vec<u8>, Fault> {
    let Some(end) = memchr::memrchr(b']', text) else { return Err(Fault::new("missing ']' in host")) };
    let (address, port) = (&text[..end], &text[end + 1..]);
    check_port(port)?;
    let zone = memchr::memmem::find(address, b"%25").unwrap_or(address.len());
    let mut host = unescape(&address[..zone], Part::Host)?;
    host.extend(unescape(&address[zone..], Part::Zone)?);
    check_ipv6(&host)?;
    Ok([b"[", host.as_slice(), b"]", port].concat())
}

fn check_port(port: &[u8]) -> Result<(), Fault> {
    if port.is_empty() || is_port(port) {
        return Ok(());
    }
    Err(Fault::new(format!("invalid port {} after host", quoted(port))))
}

fn is_port(text: &[u8]) -> bool {
    text.strip_prefix(b":").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}
