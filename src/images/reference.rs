//! References to images, as registries name them.

use std::fmt;

/// A reference in its parts, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    text: String,
    /// Bytes before the `/` that ends the registry; none where no registry is named.
    registry: Option<usize>,
    /// Where the repository ends.
    repository: usize,
    /// Where the tag ends.
    tag: usize,
}

/// The longest reference that is one.
const LONGEST: usize = 1024;

impl Reference {
    /// Reads a reference: `[REGISTRY/]PATH[:TAG][@DIGEST]`.
    pub fn parse(text: &str) -> Option<Reference> {
        if text.len() > LONGEST {
            return None;
        }
        let (before, digest) = text.split_once('@').map_or((text, None), |(before, digest)| (before, Some(digest)));
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return None;
        }
        let last = before.rfind('/').map_or(0, |at| at + 1);
        let colon = before.get(last..)?.find(':').map(|at| last + at);
        let repository = colon.unwrap_or(before.len());
        if colon.is_some() && !is_tag(before.get(repository + 1..)?) {
            return None;
        }
        let whole = before.get(..repository)?;
        let first = whole.find('/');
        let is_host = |host: &str| host.contains(['.', ':']) || host == "localhost";
        let registry = first.filter(|at| whole.get(..*at).is_some_and(is_host));
        let path = registry.map_or(Some(whole), |at| whole.get(at + 1..))?;
        let host_fits = registry.is_none_or(|at| whole.get(..at).is_some_and(is_registry));
        let fits = host_fits && !path.is_empty() && path.split('/').all(is_component);
        fits.then(|| Reference { text: text.to_owned(), registry, repository, tag: before.len() })
    }

    /// The registry, where one is named.
    pub fn registry(&self) -> Option<&str> {
        self.text.get(..self.registry?)
    }

    /// The repository without its registry: `bitnami/redis`.
    pub fn repository(&self) -> &str {
        let start = self.registry.map_or(0, |at| at + 1);
        self.text.get(start..self.repository).unwrap_or_default()
    }

    /// The tag, where one is named.
    pub fn tag(&self) -> Option<&str> {
        self.text.get(self.repository + 1..self.tag)
    }

    /// The digest, where one is named.
    pub fn digest(&self) -> Option<&str> {
        self.text.get(self.tag + 1..)
    }

    /// The last part of the repository, which lists use as a name.
    pub fn name(&self) -> &str {
        self.repository().rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let digits = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let part = |part: &str| {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        letters && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
    };
    host.split('.').all(part) && port.is_none_or(digits)
}

/// A part of a path: lower-case letters and digits with separators between them.
fn is_component(text: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let letters = text.bytes().all(|byte| plain(&byte) || matches!(byte, b'.' | b'_' | b'-'));
    letters && text.as_bytes().first().is_some_and(plain) && text.as_bytes().last().is_some_and(plain)
}

fn is_tag(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = text.bytes().next().is_some_and(letter);
    first && text.len() <= 128 && text.bytes().all(|byte| letter(byte) || matches!(byte, b'.' | b'-'))
}

fn is_digest(text: &str) -> bool {
    let Some((kind, hex)) = text.split_once(':') else { return false };
    let known = matches!((kind, hex.len()), ("sha256", 64) | ("sha384", 96) | ("sha512", 128));
    known && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_in_their_parts() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let text = format!("localhost:5000/a/b_c:1.2@{digest}");
        let reference = Reference::parse(&text).expect("a reference");
        assert_eq!((reference.registry(), reference.repository()), (Some("localhost:5000"), "a/b_c"));
        assert_eq!((reference.tag(), reference.digest()), (Some("1.2"), Some(digest.as_str())));
        let plain = Reference::parse("redis").expect("a reference");
        assert_eq!((plain.registry(), plain.tag(), plain.name()), (None, None, "redis"));
        for text in ["", "A/b", "a:", "a@sha256:12", "a b", "-a", "a//b", "http://a/b", "a/b:c:d", "/a"] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
