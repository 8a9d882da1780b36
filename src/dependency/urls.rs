//! URLs of repositories as Helm compares and joins them, which is as Go's `net/url` reads them.

use crate::chart::os;
use crate::funcs::urls::url::Url;

fn parse(text: &str) -> Option<Url> {
    Url::parse(text.as_bytes()).ok()
}

fn text(url: &Url) -> String {
    String::from_utf8_lossy(&url.to_bytes()).into_owned()
}

/// Whether two addresses of repositories are the same once `.`, `..` and slashes at the end are gone.
pub(crate) fn equal(one: &str, other: &str) -> bool {
    let Some(mut one_url) = parse(one) else { return os::clean(one) == os::clean(other) };
    let Some(mut other_url) = parse(other) else { return false };
    for url in [&mut one_url, &mut other_url] {
        let path = String::from_utf8_lossy(&url.path).into_owned();
        url.path = os::clean(if path.is_empty() { "/" } else { &path }).into_bytes();
    }
    one_url.to_bytes() == other_url.to_bytes()
}

/// Whether Go takes the text for the URL of a request: it has a scheme, or is an absolute path.
pub(crate) fn is_request(text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    // A request has no fragment, so a `#` is part of the path.
    let Some(url) = parse(&text.replace('#', "%23")) else { return false };
    !url.scheme.is_empty() || text.starts_with('/') || text == "*"
}

/// The scheme of a URL in lower case; `None` where the text is no URL.
pub(crate) fn scheme(url: &str) -> Option<String> {
    parse(url).map(|url| String::from_utf8_lossy(&url.scheme).into_owned())
}

/// The last part of the path of a URL: the name that a fetched file gets.
pub(crate) fn base(url: &str) -> String {
    let path = parse(url).map(|url| String::from_utf8_lossy(&url.path).into_owned()).unwrap_or_default();
    os::base(&path).to_owned()
}

/// An address as it stands in an index, made absolute against the address of the repository. The repository's query
/// goes along with it, as in Helm.
///
/// # Errors
/// Helm's text for an address that is no URL.
pub(crate) fn resolve(base: &str, reference: &str) -> Result<String, String> {
    let failed = |text: &str| {
        let why = Url::parse(text.as_bytes()).err().map(|fault| fault.to_string()).unwrap_or_default();
        format!("failed to parse {text} as URL: {why}")
    };
    let mut target = parse(reference).ok_or_else(|| failed(reference))?;
    if !target.scheme.is_empty() {
        return Ok(reference.to_owned());
    }
    let base_url = parse(base).ok_or_else(|| failed(base))?;
    let mut folder = String::from_utf8_lossy(&base_url.path).into_owned();
    if !folder.ends_with('/') {
        folder.push('/');
    }
    let path = String::from_utf8_lossy(&target.path).into_owned();
    let joined = match (path.starts_with('/') || !target.host.is_empty(), path.is_empty()) {
        (true, _) => path,
        (false, true) => folder,
        (false, false) => format!("{folder}{path}"),
    };
    if target.host.is_empty() && target.user.is_none() {
        (target.host, target.user) = (base_url.host, base_url.user);
    }
    target.scheme = base_url.scheme;
    target.query = base_url.query;
    target.path = without_dots(&joined).into_bytes();
    Ok(text(&target))
}

/// A path without `.` and `..`; it starts at the root, and keeps a slash at its end.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut ends_in_folder = false;
    for part in path.strip_prefix('/').unwrap_or(path).split('/') {
        ends_in_folder = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let slash = if ends_in_folder && !parts.is_empty() { "/" } else { "" };
    format!("/{}{slash}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded from Helm's urlutil.Equal and repo.ResolveReferenceURL.
    #[test]
    fn addresses_are_compared_as_helm_does() {
        for (one, other, same) in [
            ("http://a/b", "http://a/b/", true),
            ("http://a", "http://a/", true),
            ("http://a/b/../c", "http://a/c", true),
            ("http://a/b", "http://a/B", false),
            ("http://a/b", "https://a/b", false),
            ("HTTP://a/b", "http://a/b", true),
            ("%", "%", true),
            ("a/b", "a/b/", true),
        ] {
            assert_eq!(equal(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn addresses_are_joined_as_helm_does() {
        for (base, reference, want) in [
            ("http://a/r", "x.tgz", "http://a/r/x.tgz"),
            ("http://a/r/", "c/x.tgz", "http://a/r/c/x.tgz"),
            ("http://a", "x.tgz", "http://a/x.tgz"),
            ("http://a/r", "/x.tgz", "http://a/x.tgz"),
            ("http://a/r", "../x.tgz", "http://a/x.tgz"),
            ("http://a/r?t=1", "x.tgz?q=2", "http://a/r/x.tgz?t=1"),
            ("http://a/r", "https://b/x.tgz", "https://b/x.tgz"),
            ("http://a/r", "//b/x.tgz", "http://b/x.tgz"),
        ] {
            assert_eq!(resolve(base, reference).as_deref(), Ok(want));
        }
        assert!(resolve("http://a", "%zz").is_err());
    }

    #[test]
    fn requests_need_a_scheme_or_a_root() {
        for (text, is) in [
            ("http://a", true),
            ("alias:x", true),
            ("@x", false),
            ("../x", false),
            ("/x", true),
            ("", false),
            ("x", false),
        ] {
            assert_eq!(is_request(text), is, "{text}");
        }
    }
}
