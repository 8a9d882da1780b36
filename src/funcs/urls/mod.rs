//! Sprig's functions on URLs.

mod address;
mod escape;
pub(crate) mod url;

use crate::diagnostic::Fault;
use crate::template::func::{Args, Func, Outcome, Param};
use crate::value::{Kind, Map, MapKind, Text, Value};
use url::Url;

/// The functions of this chapter.
pub const FUNCS: &[Func] =
    &[Func::new("urlParse", &[Param::Str], url_parse), Func::new("urlJoin", &[Param::Map], url_join)];

/// A URL with another path, made from its decoded one.
///
/// # Errors
/// A text that Go does not read as a URL.
pub(crate) fn with_path(url: &str, change: impl FnOnce(&str) -> String) -> Result<String, Fault> {
    let mut url = Url::parse(url.as_bytes())?;
    url.path = change(&String::from_utf8_lossy(&url.path)).into_bytes();
    Ok(String::from_utf8_lossy(&url.to_bytes()).into_owned())
}

/// Whether Go's `ParseRequestURI` takes a text and finds a scheme in it.
pub(crate) fn is_request(text: &[u8]) -> bool {
    Url::parse_main(text).is_ok_and(|url| !url.scheme.is_empty())
}

/// Whether Go takes a text as a reference that leads to a host or a file.
pub(crate) fn is_url_reference(text: &[u8]) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let leads = !url.host.is_empty() || url.path.is_empty() || url.path.contains(&b'.');
    leads && !url.host.starts_with(b".")
}

/// The parts of a URL, decoded, under the names that `urlJoin` reads.
fn url_parse(args: Args<'_>) -> Outcome {
    let url = Url::parse(args.text(0)?).map_err(|fault| Fault::new(format!("unable to parse url: {fault}")))?;
    let userinfo = url.userinfo();
    let hostname = url.hostname().to_vec();
    let parts = [
        ("fragment", url.fragment),
        ("host", url.host),
        ("hostname", hostname),
        ("opaque", url.opaque),
        ("path", url.path),
        ("query", url.query),
        ("scheme", url.scheme),
        ("userinfo", userinfo),
    ];
    let entries = parts.into_iter().map(|(name, part)| (Text::from(name), Value::from(part)));
    Ok(Value::Map(Map::from_entries(MapKind::Any, entries.collect())))
}

fn url_join(args: Args<'_>) -> Outcome {
    let parts = args.map(0)?;
    let mut url = Url {
        scheme: part(parts, "scheme")?,
        host: part(parts, "host")?,
        path: part(parts, "path")?,
        query: part(parts, "query")?,
        opaque: part(parts, "opaque")?,
        fragment: part(parts, "fragment")?,
        user: None,
    };
    let userinfo = part(parts, "userinfo")?;
    if !userinfo.is_empty() {
        let example = [b"proto://", &userinfo[..], b"@host"].concat();
        let example = Url::parse(&example);
        url.user = example.map_err(|fault| Fault::new(format!("unable to parse userinfo in dict: {fault}")))?.user;
    }
    Ok(Value::from(url.to_bytes()))
}

/// The text under a key; empty where there is no such key.
fn part(parts: &Map, key: &str) -> Result<Vec<u8>, Fault> {
    let Some(value) = parts.get(key) else { return Ok(Vec::new()) };
    let text = match &value {
        Value::Str(text) => return Ok(text.to_vec()),
        Value::Object(object) if object.kind() == Kind::String => object.underlying(),
        _ if value.is_nil() => {
            return Err(Fault::new("runtime error: invalid memory address or nil pointer dereference"));
        }
        _ => None,
    };
    match text {
        Some(Value::Str(text)) => Ok(text.to_vec()),
        _ => Err(Fault::new(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            value.kind().name()
        ))),
    }
}
