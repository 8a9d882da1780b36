//! Addresses of repositories and archives as Helm compares and joins them.

use crate::chart::os;
use crate::diagnostic::Fault;
use crate::schema::url::Url;

/// Whether two addresses are the same once `.`, `..` and slashes at the end are gone.
pub fn equal(one: &str, other: &str) -> bool {
    let Ok(one_url) = Url::parse(one) else { return os::clean(one) == os::clean(other) };
    let Ok(other_url) = Url::parse(other) else { return false };
    let cleaned = |mut url: Url| {
        url.path = os::clean(if url.path.is_empty() { "/" } else { &url.path });
        url.to_string()
    };
    cleaned(one_url) == cleaned(other_url)
}

/// The address of an archive that an index names, made absolute against the address of the repository, whose query
/// goes along.
///
/// # Errors
/// Helm's text for an address that is no URL.
pub fn resolve(repository: &str, reference: &str) -> Result<String, Fault> {
    let failed = |text: &str, why: String| Fault::new(format!("failed to parse {text} as URL: {why}"));
    let target = Url::parse(reference).map_err(|why| failed(reference, why))?;
    if target.is_absolute() {
        return Ok(reference.to_owned());
    }
    let mut base = Url::parse(repository).map_err(|why| failed(repository, why))?;
    base.path = format!("{}/", base.path.strip_suffix('/').unwrap_or(&base.path));
    let query = base.query().map(str::to_owned);
    Ok(base.join(&target).with_query(query.as_deref()).to_string())
}

/// The last part of the path of a URL: the name that a fetched file gets.
pub fn base_name(url: &str) -> String {
    let path = Url::parse(url).map(|url| crate::schema::url::unescape(&url.path).unwrap_or_default());
    os::base(&String::from_utf8_lossy(&path.unwrap_or_default())).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded from Helm's urlutil.Equal and repo.ResolveReferenceURL.
    #[test]
    fn addresses_are_joined_as_helm_does() {
        for (one, other, same) in [
            ("http://a/b", "http://a/b/", true),
            ("http://a", "http://a/", true),
            ("http://a/b/../c", "http://a/c", true),
            ("http://a/b", "http://a/B", false),
            ("http://a/b", "https://a/b", false),
            ("%", "%", true),
        ] {
            assert_eq!(equal(one, other), same, "{one} {other}");
        }
        for (base, reference, wanted) in [
            ("http://a/charts", "x-1.tgz", "http://a/charts/x-1.tgz"),
            ("http://a/charts/", "x-1.tgz", "http://a/charts/x-1.tgz"),
            ("http://a/charts?k=v", "../x-1.tgz", "http://a/x-1.tgz?k=v"),
            ("http://a/charts", "/x-1.tgz", "http://a/x-1.tgz"),
            ("http://a/charts", "https://b/x-1.tgz?q", "https://b/x-1.tgz?q"),
            ("http://u:p@a", "index.yaml", "http://u:p@a/index.yaml"),
        ] {
            assert_eq!(resolve(base, reference).expect("joins"), wanted);
        }
        assert_eq!(base_name("https://a/b/x%2B1.tgz?q=1"), "x+1.tgz");
    }
}
