//! URLs and references as Go's `net/url` reads, joins and writes them.

use super::message::go_quoted;
use std::fmt;

/// A URL without fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    opaque: String,
    user: Option<String>,
    host: String,
    /// The path as it is written, percent signs included.
    pub(crate) path: String,
    query: Option<String>,
    no_authority: bool,
}

/// Parses a URL or reference without fragment; the error is the text after `parse "...": `.
fn parse_parts(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".into());
    }
    let (scheme, rest) = split_scheme(text)?;
    let mut url = Url { scheme: scheme.to_ascii_lowercase(), ..Url::default() };
    let rest = match rest.split_once('?') {
        Some((rest, query)) => {
            url.query = Some(query.to_owned());
            rest
        }
        None => rest,
    };
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_owned();
            return Ok(url);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".into());
        }
    }
    let mut path = rest;
    if (!url.scheme.is_empty() || !rest.starts_with("///"))
        && let Some(after) = rest.strip_prefix("//")
    {
        let end = after.find('/').unwrap_or(after.len());
        path = &after[end..];
        authority(&mut url, &after[..end])?;
    } else {
        url.no_authority = !url.scheme.is_empty() && rest.starts_with('/');
    }
    unescape(path)?;
    url.path = path.to_owned();
    Ok(url)
}

impl Url {
    /// Parses a URL or reference; a fragment is checked and left out. The error is Go's.
    pub(crate) fn parse(text: &str) -> Result<Url, String> {
        let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
        let problem = |text: &str, problem: String| format!("parse {}: {problem}", go_quoted(text));
        let url = parse_parts(address).map_err(|found| problem(address, found))?;
        unescape(fragment).map_err(|found| problem(text, found))?;
        Ok(url)
    }

    pub(crate) fn is_absolute(&self) -> bool {
        !self.scheme.is_empty()
    }

    /// The host without port, and whether it stood in brackets.
    pub(crate) fn host_name(&self) -> (&str, bool) {
        if let Some(rest) = self.host.strip_prefix('[') {
            return (rest.split(']').next().unwrap_or_default(), true);
        }
        let end = self.host.rfind(':').filter(|at| self.host[at + 1..].bytes().all(|byte| byte.is_ascii_digit()));
        (&self.host[..end.unwrap_or(self.host.len())], false)
    }

    /// The path as it is written, if that is not how Go would write it.
    pub(super) fn raw_path(&self) -> &str {
        match unescape(&self.path) {
            Ok(bytes) if escape(&bytes, PATH) == self.path => "",
            _ => &self.path,
        }
    }

    fn escaped_path(&self) -> String {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*[]%".contains(&byte);
        if self.path.bytes().all(valid) {
            return self.path.clone();
        }
        escape(&unescape(&self.path).unwrap_or_default(), PATH)
    }

    /// The URL that `reference` means when it stands in the document at this one.
    pub(crate) fn join(&self, reference: &Url) -> Url {
        let mut url = reference.clone();
        if reference.scheme.is_empty() {
            url.scheme.clone_from(&self.scheme);
        }
        if !reference.scheme.is_empty() || !reference.host.is_empty() || reference.user.is_some() {
            url.path = resolve_path(&reference.escaped_path(), "");
            return url;
        }
        let same_document = reference.path.is_empty() && reference.query.is_none();
        if same_document {
            url.query = self.query.clone().filter(|query| !query.is_empty());
        }
        // Go forgets the opaque part of a base; the schema library puts it back, whatever the reference.
        if !self.opaque.is_empty() {
            url.opaque.clone_from(&self.opaque);
            return url;
        }
        url.host.clone_from(&self.host);
        url.user.clone_from(&self.user);
        url.path = resolve_path(&self.escaped_path(), &reference.escaped_path());
        url
    }
}

/// What only clients ask.
#[cfg(feature = "network")]
impl Url {
    /// The host with its port, if it names one.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port that the URL names.
    pub(crate) fn port(&self) -> Option<u16> {
        let (name, bracketed) = self.host_name();
        let behind = self.host.get(name.len() + if bracketed { 2 } else { 0 }..)?;
        behind.strip_prefix(':')?.parse().ok()
    }

    /// What stands before the `@`: a user, or a user and a password.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// What stands behind the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The URL with another query.
    pub(crate) fn with_query(mut self, query: Option<&str>) -> Url {
        self.query = query.map(str::to_owned);
        self
    }

    /// The URL without user and password.
    pub(crate) fn without_user(mut self) -> Url {
        self.user = None;
        self
    }
}

impl fmt::Display for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(out, "{}:", self.scheme)?;
        }
        if !self.opaque.is_empty() {
            out.write_str(&self.opaque)?;
        } else {
            let bare = self.host.is_empty() && self.user.is_none();
            let named = !self.scheme.is_empty() || !bare;
            if named && !(self.no_authority && bare) && !(bare && self.path.is_empty()) {
                out.write_str("//")?;
            }
            if let Some(user) = &self.user {
                write!(out, "{user}@")?;
            }
            out.write_str(&escape(self.host.as_bytes(), HOST))?;
            let path = self.escaped_path();
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.write_str("/")?;
            }
            out.write_str(&path)?;
        }
        match &self.query {
            Some(query) => write!(out, "?{query}"),
            None => Ok(()),
        }
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".into()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn authority(url: &mut Url, text: &str) -> Result<(), String> {
    let (user, host) = match text.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, text),
    };
    url.host = parse_host(&url.scheme, host)?;
    if let Some(user) = user {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
        if !user.bytes().all(valid) {
            return Err("net/url: invalid userinfo".into());
        }
        unescape(user)?;
        url.user = Some(user.to_owned());
    }
    Ok(())
}

fn parse_host(scheme: &str, host: &str) -> Result<String, String> {
    let port = match (host.rfind('['), host.find(':')) {
        (Some(0), _) => {
            let Some(end) = host.rfind(']') else { return Err("missing ']' in host".into()) };
            check_port(&host[end + 1..])?;
            let name = host[1..end].replace("%25", "%");
            match super::address::parse(&name) {
                Ok(super::address::Family::V6 { .. }) => {}
                Ok(super::address::Family::V4) => return Err("invalid IP-literal".into()),
                Err(problem) => return Err(format!("invalid host: {problem}")),
            }
            return Ok(host.to_owned());
        }
        (Some(_), _) => return Err("invalid IP-literal".into()),
        // Only web addresses may not hold further colons before the port.
        (None, Some(first)) if matches!(scheme, "http" | "https") => &host[first..],
        (None, Some(_)) => &host[host.rfind(':').unwrap_or_default()..],
        (None, None) => "",
    };
    check_port(port)?;
    for (at, byte) in host.bytes().enumerate() {
        let code = host.as_bytes().get(at + 1..at + 3);
        if byte == b'%' {
            let high = code.map_or(0, |code| char::from(code[0]).to_digit(16).unwrap_or(0));
            if high < 8 && code != Some(b"25") {
                let shown = host.get(at..host.len().min(at + 3)).unwrap_or("%");
                return Err(format!("invalid URL escape {}", go_quoted(shown)));
            }
        } else if byte < 0x80 && !HOST(byte) {
            let shown = char::from(byte).to_string();
            return Err(format!("invalid character {} in host name", go_quoted(&shown)));
        }
    }
    Ok(String::from_utf8_lossy(&unescape(host)?).into_owned())
}

fn check_port(port: &str) -> Result<(), String> {
    let digits = port.strip_prefix(':').map(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match digits {
        Some(true) => Ok(()),
        None if port.is_empty() => Ok(()),
        _ => Err(format!("invalid port {} after host", go_quoted(port))),
    }
}

fn resolve_path(base: &str, reference: &str) -> String {
    let full = match reference {
        "" => base.to_owned(),
        _ if reference.starts_with('/') => reference.to_owned(),
        _ => format!("{}{reference}", &base[..base.rfind('/').map_or(0, |at| at + 1)]),
    };
    if full.is_empty() {
        return full;
    }
    let mut path = String::from("/");
    let mut first = true;
    for part in full.split('/') {
        match part {
            "." => first = false,
            ".." => {
                path.truncate(path[1..].rfind('/').map_or(1, |at| at + 1));
                first = path.len() == 1;
            }
            _ => {
                if !first {
                    path.push('/');
                }
                path.push_str(part);
                first = false;
            }
        }
    }
    if matches!(full.rsplit('/').next(), Some("." | "..")) {
        path.push('/');
    }
    if path[1..].starts_with('/') {
        path.remove(0);
    }
    path
}

/// Bytes that stay as they are in a path.
const PATH: fn(u8) -> bool = |byte| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte);
/// Bytes that stay as they are in one segment of a path.
const SEGMENT: fn(u8) -> bool = |byte| byte.is_ascii_alphanumeric() || b"-_.~$&+:=@".contains(&byte);
/// Bytes that stay as they are in a host.
const HOST: fn(u8) -> bool = |byte| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte);

fn escape(bytes: &[u8], keep: fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if keep(*byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Writes a JSON pointer or anchor as a fragment.
pub(super) fn escape_fragment(fragment: &str) -> String {
    if fragment.bytes().all(|byte| byte == b'/' || SEGMENT(byte)) {
        return fragment.to_owned();
    }
    fragment.split('/').map(|token| escape(token.as_bytes(), SEGMENT)).collect::<Vec<_>>().join("/")
}

/// Decodes percent signs; the error is Go's.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte != b'%' {
            out.push(*byte);
            at += 1;
            continue;
        }
        let code = bytes.get(at + 1..at + 3);
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let Some((high, low)) = code.and_then(|code| Some((digit(code[0])?, digit(code[1])?))) else {
            let shown = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 3)]);
            return Err(format!("invalid URL escape {}", go_quoted(&shown)));
        };
        out.push((high * 16 + low) as u8);
        at += 3;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_join_as_in_go() {
        for (base, reference, wanted) in [
            ("file:///values.schema.json", "other.json", "file:///other.json"),
            ("file:///values.schema.json", "", "file:///values.schema.json"),
            ("file:///a/b/c.json", "../d.json", "file:///a/d.json"),
            ("https://x.org/s/a.json", "/b.json", "https://x.org/b.json"),
            ("https://x.org", "b.json", "https://x.org/b.json"),
            ("https://x.org/a", "//y.org/z", "https://y.org/z"),
            ("https://x.org/a?q=1", "", "https://x.org/a?q=1"),
            ("urn:x:root", "", "urn:x:root"),
            ("urn:x:root", "other", "urn:x:root"),
            ("file:///a.json", "urn:q", "urn:q"),
            ("file:///a.json", "sp ace/{x}.json", "file:///sp%20ace/%7Bx%7D.json"),
            ("file:///a.json", "file:other", "file:other"),
        ] {
            let joined = Url::parse(base).unwrap().join(&Url::parse(reference).unwrap());
            assert_eq!(joined.to_string(), wanted, "{base} {reference}");
        }
    }

    #[test]
    fn errors_are_those_of_go() {
        for (text, wanted) in [
            ("a:b:c", None),
            ("1a:b", Some("parse \"1a:b\": first path segment in URL cannot contain colon")),
            (":x", Some("parse \":x\": missing protocol scheme")),
            ("http://h:x/", Some("parse \"http://h:x/\": invalid port \":x\" after host")),
            ("http://a b/", Some("parse \"http://a b/\": invalid character \" \" in host name")),
            ("/%zz", Some("parse \"/%zz\": invalid URL escape \"%zz\"")),
            ("http://[::1", Some("parse \"http://[::1\": missing ']' in host")),
            ("http://u{@h", Some("parse \"http://u{@h\": net/url: invalid userinfo")),
        ] {
            assert_eq!(Url::parse(text).err().as_deref(), wanted, "{text}");
        }
    }
}
