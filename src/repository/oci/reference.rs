//! `oci://HOST/REPOSITORY[:TAG][@DIGEST]`, by Helm's rules.

use super::Digest;
use crate::diagnostic::{Error, ErrorKind};
use crate::schema::url::Url;
use std::fmt;

/// The longest repository or tag that is looked at.
const LONGEST: usize = 4096;

/// A place in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The registry: a host, often with a port.
    pub registry: String,
    /// The repository inside of the registry.
    pub repository: String,
    /// The tag; a version with `_` where it has `+`.
    pub tag: Option<String>,
    /// The digest.
    pub digest: Option<Digest>,
}

impl Reference {
    /// Whether a text is meant as a reference: it starts with `oci://`.
    pub fn is_oci(text: &str) -> bool {
        text.starts_with("oci://")
    }

    /// Reads a reference, with or without `oci://`. A `+` in the tag becomes `_`, which tags may hold.
    ///
    /// # Errors
    /// A registry, repository, tag or digest that cannot be one; the texts are Helm's.
    pub fn parse(text: &str) -> Result<Reference, Error> {
        if text.len() > LONGEST {
            return Err(invalid(format!("longer than {LONGEST} bytes")));
        }
        let bare = text.strip_prefix("oci://").unwrap_or(text);
        let (bare, digest) = match bare.rsplit_once('@') {
            Some((bare, digest)) => (bare, Some(read_digest(digest)?)),
            None => (bare, None),
        };
        let Some((registry, path)) = bare.split_once('/') else {
            return Err(invalid("missing registry or repository".to_owned()));
        };
        let (repository, tag) = match path.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag.replace('+', "_"))),
            None => (path, None),
        };
        check_registry(registry)?;
        check_repository(repository)?;
        let tag = tag.filter(|tag| !tag.is_empty());
        if let Some(tag) = &tag {
            check_tag(tag)?;
        }
        Ok(Reference { registry: registry.to_owned(), repository: repository.to_owned(), tag, digest })
    }

    /// The same repository with the tag of a version.
    ///
    /// # Errors
    /// A version that cannot be a tag.
    pub fn with_version(&self, version: &str) -> Result<Reference, Error> {
        let tag = version.replace('+', "_");
        check_tag(&tag)?;
        Ok(Reference { tag: Some(tag), digest: None, ..self.clone() })
    }

    /// The same repository with a digest and without a tag.
    pub fn with_digest(&self, digest: Digest) -> Reference {
        Reference { tag: None, digest: Some(digest), ..self.clone() }
    }

    /// The reference of a chart below this repository: its name is the last part of the path.
    ///
    /// # Errors
    /// A name or version that no reference can hold.
    pub fn chart(base: &str, name: &str, version: &str) -> Result<Reference, Error> {
        let base = base.strip_prefix("oci://").unwrap_or(base);
        let path = crate::chart::os::join(base, name);
        let (registry, repository) = path.split_once('/').unwrap_or((&path, ""));
        check_registry(registry)?;
        check_repository(repository)?;
        let bare =
            Reference { registry: registry.to_owned(), repository: repository.to_owned(), tag: None, digest: None };
        bare.with_version(version)
    }

    /// A registry without a repository.
    ///
    /// # Errors
    /// A host that cannot be one.
    pub fn registry_alone(host: &str) -> Result<Reference, Error> {
        let registry = host.strip_prefix("oci://").unwrap_or(host);
        let registry = registry.split('/').next().unwrap_or_default().to_owned();
        check_registry(&registry)?;
        Ok(Reference { registry, repository: String::new(), tag: None, digest: None })
    }

    /// The last part of the repository: the name of its charts.
    pub fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// What the registry is asked for: the digest, or else the tag.
    pub fn target(&self) -> Option<&str> {
        self.digest.as_ref().map(Digest::as_str).or(self.tag.as_deref())
    }

    /// The host that is spoken to; Docker's registry lives elsewhere than its name says.
    pub fn host(&self) -> &str {
        if self.registry == "docker.io" { "registry-1.docker.io" } else { &self.registry }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.registry, self.repository)?;
        match (&self.tag, &self.digest) {
            (Some(tag), _) => write!(out, ":{tag}"),
            (None, Some(digest)) => write!(out, "@{digest}"),
            (None, None) => Ok(()),
        }
    }
}

fn invalid(why: String) -> Error {
    Error::new(ErrorKind::Usage, format!("invalid reference: {why}"))
        .hint("expected `oci://HOST/REPOSITORY`, then `:TAG` or `@DIGEST`")
}

fn quoted(text: &str) -> String {
    let quoted = crate::value::print::quote(text.as_bytes());
    String::from_utf8_lossy(&quoted).into_owned()
}

fn read_digest(text: &str) -> Result<Digest, Error> {
    Digest::parse(text).ok_or_else(|| invalid(format!("invalid digest {}", quoted(text))))
}

fn check_registry(registry: &str) -> Result<(), Error> {
    let url = Url::parse(&format!("http://{registry}/"));
    let whole = url.is_ok_and(|url| url.to_string() == format!("http://{registry}/") && !url.host_name().0.is_empty());
    let plain = !registry.is_empty() && !registry.contains(['@', '?', '#']);
    if whole && plain { Ok(()) } else { Err(invalid(format!("invalid registry {}", quoted(registry)))) }
}

/// Parts of lower-case letters and digits with one of `.`, `_`, `__` or hyphens between them, and slashes between parts.
fn check_repository(repository: &str) -> Result<(), Error> {
    let sound = |part: &str| {
        let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let bytes = part.as_bytes();
        edge(bytes.first()) && edge(bytes.last()) && separators(part).all(is_separator)
    };
    if repository.split('/').all(sound) {
        Ok(())
    } else {
        Err(invalid(format!("invalid repository {}", quoted(repository))))
    }
}

/// What stands between the runs of letters and digits.
fn separators(part: &str) -> impl Iterator<Item = &str> {
    part.split(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit()).filter(|text| !text.is_empty())
}

fn is_separator(text: &str) -> bool {
    matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-')
}

fn check_tag(tag: &str) -> Result<(), Error> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = tag.as_bytes();
    let sound = bytes.first().is_some_and(|byte| word(*byte))
        && bytes.len() <= 128
        && bytes.iter().all(|byte| word(*byte) || matches!(byte, b'.' | b'-'));
    if sound { Ok(()) } else { Err(invalid(format!("invalid tag {}", quoted(tag)))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_by_helms_rules() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let named = format!("oci://localhost:5000/a/b-c__d.e:1.0.0@{digest}");
        for (text, wanted) in [
            ("oci://ghcr.io/org/chart", "ghcr.io org/chart None None"),
            ("ghcr.io/org/chart:1.2.3+build.4", "ghcr.io org/chart Some(\"1.2.3_build.4\") None"),
            ("oci://h:1/a:v1", "h:1 a Some(\"v1\") None"),
            ("oci://[::1]:5000/a", "[::1]:5000 a None None"),
            ("oci://h/a:", "h a None None"),
            ("oci://h", "invalid reference: missing registry or repository"),
            ("oci:///a", "invalid reference: invalid registry \"\""),
            ("oci://user@h/a", "invalid reference: invalid digest \"h/a\""),
            ("oci://h:x/a", "invalid reference: invalid registry \"h:x\""),
            ("oci://h/A", "invalid reference: invalid repository \"A\""),
            ("oci://h/a//b", "invalid reference: invalid repository \"a//b\""),
            ("oci://h/a/../b", "invalid reference: invalid repository \"a/../b\""),
            ("oci://h/a___b", "invalid reference: invalid repository \"a___b\""),
            ("oci://h/a?b=c", "invalid reference: invalid repository \"a?b=c\""),
            ("oci://h/a:-1", "invalid reference: invalid tag \"-1\""),
            ("oci://h/a:1:2", "invalid reference: invalid tag \"1:2\""),
            ("oci://h/a@sha256:12", "invalid reference: invalid digest \"sha256:12\""),
        ] {
            let found = match Reference::parse(text) {
                Ok(found) => format!("{} {} {:?} {:?}", found.registry, found.repository, found.tag, found.digest),
                Err(error) => error.message().to_owned(),
            };
            assert_eq!(found, wanted, "{text}");
        }
        let found = Reference::parse(&named).expect("reads");
        assert_eq!((found.target(), found.name()), (Some(digest.as_str()), "b-c__d.e"));
        assert_eq!(found.to_string(), "localhost:5000/a/b-c__d.e:1.0.0");
        let chart = Reference::chart("oci://h/a/", "x", "1.0.0+b").expect("a chart");
        assert_eq!(chart.to_string(), "h/a/x:1.0.0_b");
        assert_eq!(Reference::chart("oci://h", "x", "1").expect("a chart").to_string(), "h/x:1");
        assert!(Reference::chart("oci://h", "../x", "1").is_err());
    }
}
