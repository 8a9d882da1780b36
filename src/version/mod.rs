//! Versions and version constraints as Helm reads them.
//!
//! A text enters, a [`Version`] or [`Constraint`] leaves; both keep what they were made from. The reference is the
//! behaviour of Masterminds/semver v3.5.0: loose versions (`v1`, `1.2`, `01.2.3`), its constraint dialect, its texts.

mod constraint;

pub use constraint::Constraint;

use crate::diagnostic::Fault;
use std::cmp::Ordering;
use std::fmt;

/// The part of a version that a release raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bump {
    /// The third number.
    Patch,
    /// The second number; the third becomes 0.
    Minor,
    /// The first number; the others become 0.
    Major,
}

impl Bump {
    /// `major`, `minor` or `patch`.
    pub fn name(self) -> &'static str {
        match self {
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
        }
    }
}

/// The longest version text that is read, in bytes.
const MAX_LENGTH: usize = 256;

const INVALID: &str = "invalid semantic version";

/// A semantic version.
///
/// Order and equality are those of precedence: build metadata does not count.
#[derive(Clone, Debug)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
    prerelease: String,
    metadata: String,
    original: String,
}

impl Version {
    /// Reads a version leniently: a leading `v`, missing minor or patch and leading zeros are allowed.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Version, Fault> {
        let text = readable(text.as_ref())?;
        let Some(parts) = Parts::scan(text) else { return Err(Fault::new(INVALID)) };
        let segment = |digits: Option<&str>| match digits {
            Some(digits) => {
                parse_uint(digits).map_err(|why| Fault::new(format!("error parsing version segment: {why}")))
            }
            None => Ok(0),
        };
        let (major, minor, patch) = (segment(Some(parts.major))?, segment(parts.minor)?, segment(parts.patch)?);
        let prerelease = parts.prerelease.unwrap_or_default();
        if !prerelease.is_empty() {
            check_prerelease(prerelease)?;
        }
        let metadata = parts.metadata.unwrap_or_default();
        Ok(Version {
            major,
            minor,
            patch,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// Reads a version by the letter of the specification: three numbers without leading zeros, no `v`.
    pub fn parse_strict(text: impl AsRef<[u8]>) -> Result<Version, Fault> {
        if text.as_ref().is_empty() {
            return Err(Fault::new("version string empty"));
        }
        let text = too_long(text.as_ref())?;
        let mut parts = text.splitn(3, |byte| *byte == b'.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Fault::new(INVALID));
        };
        let (rest, metadata) = cut(rest, b'+');
        if let Some(metadata) = metadata {
            check_metadata(metadata)?;
        }
        let (patch, prerelease) = cut(rest, b'-');
        if let Some(prerelease) = prerelease {
            check_prerelease(prerelease)?;
        }
        for segment in [major, minor, patch] {
            if !segment.iter().all(u8::is_ascii_digit) {
                return Err(Fault::new("invalid characters in version"));
            }
            if segment.len() > 1 && segment.starts_with(b"0") {
                return Err(Fault::new("version segment starts with 0"));
            }
        }
        Ok(Version {
            major: parse_uint(major)?,
            minor: parse_uint(minor)?,
            patch: parse_uint(patch)?,
            prerelease: owned(prerelease.unwrap_or_default()),
            metadata: owned(metadata.unwrap_or_default()),
            original: owned(text),
        })
    }

    /// The first number.
    pub fn major(&self) -> u64 {
        self.major
    }

    /// The second number.
    pub fn minor(&self) -> u64 {
        self.minor
    }

    /// The third number.
    pub fn patch(&self) -> u64 {
        self.patch
    }

    /// What stands after the hyphen; empty for a release.
    pub fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// What stands after the plus sign; often empty.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The text that the version was read from, with its `v` if it had one.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The next major version. Fails where the number would not fit into 64 bits.
    pub fn next_major(&self) -> Result<Version, Fault> {
        let major = next("major", self.major)?;
        Ok(self.successor(major, 0, 0))
    }

    /// The next minor version. Fails where the number would not fit into 64 bits.
    pub fn next_minor(&self) -> Result<Version, Fault> {
        let minor = next("minor", self.minor)?;
        Ok(self.successor(self.major, minor, 0))
    }

    /// The next patch version; of a pre-release its release. Fails where the number would not fit into 64 bits.
    pub fn next_patch(&self) -> Result<Version, Fault> {
        let patch = if self.prerelease.is_empty() { next("patch", self.patch)? } else { self.patch };
        Ok(self.successor(self.major, self.minor, patch))
    }

    /// The next version of this kind. Fails where a number would not fit into 64 bits.
    pub fn next(&self, bump: Bump) -> Result<Version, Fault> {
        match bump {
            Bump::Patch => self.next_patch(),
            Bump::Minor => self.next_minor(),
            Bump::Major => self.next_major(),
        }
    }

    /// The same version with another pre-release part; the empty text removes it.
    pub fn with_prerelease(&self, prerelease: impl AsRef<[u8]>) -> Result<Version, Fault> {
        let prerelease = prerelease.as_ref();
        if !prerelease.is_empty() {
            check_prerelease(prerelease)?;
        }
        Ok(Version { prerelease: owned(prerelease), ..self.clone() }.renamed())
    }

    /// The same version with other build metadata; the empty text removes it.
    pub fn with_metadata(&self, metadata: impl AsRef<[u8]>) -> Result<Version, Fault> {
        let metadata = metadata.as_ref();
        if !metadata.is_empty() {
            check_metadata(metadata)?;
        }
        Ok(Version { metadata: owned(metadata), ..self.clone() }.renamed())
    }

    fn successor(&self, major: u64, minor: u64, patch: u64) -> Version {
        let (prerelease, metadata) = (String::new(), String::new());
        Version { major, minor, patch, prerelease, metadata, original: self.original.clone() }.renamed()
    }

    fn renamed(mut self) -> Version {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{self}");
        self
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(out, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(out, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let numbers = |version: &Version| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (false, false) => compare_prerelease(&self.prerelease, &other.prerelease),
                (ours, theirs) => ours.cmp(&theirs),
            }
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl std::str::FromStr for Version {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Version, Fault> {
        Version::parse(text)
    }
}

/// The parts of a version text before anything is said about them.
struct Parts<'a> {
    major: &'a str,
    minor: Option<&'a str>,
    patch: Option<&'a str>,
    prerelease: Option<&'a str>,
    metadata: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn scan(text: &'a str) -> Option<Parts<'a>> {
        let rest = text.strip_prefix('v').unwrap_or(text);
        let digits = |rest: &'a str| {
            let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
            (end > 0).then(|| rest.split_at(end))
        };
        let further = |rest: &'a str| match rest.strip_prefix('.').and_then(digits) {
            Some((segment, rest)) => (Some(segment), rest),
            None => (None, rest),
        };
        let (major, rest) = digits(rest)?;
        let (minor, rest) = further(rest);
        let (patch, rest) = further(rest);
        let (prerelease, rest) = suffix(rest, '-');
        let (metadata, rest) = suffix(rest, '+');
        rest.is_empty().then_some(Parts { major, minor, patch, prerelease, metadata })
    }
}

/// Splits off `mark` and the dotted identifiers after it, if they stand at the beginning.
fn suffix(text: &str, mark: char) -> (Option<&str>, &str) {
    let Some(rest) = text.strip_prefix(mark) else { return (None, text) };
    let mut end = 0;
    loop {
        let length = rest[end..].bytes().take_while(|byte| is_identifier(*byte)).count();
        if length == 0 {
            // A dot without an identifier behind it belongs to whatever follows.
            end = end.saturating_sub(1);
            break;
        }
        end += length;
        if rest.as_bytes().get(end) != Some(&b'.') {
            break;
        }
        end += 1;
    }
    if end == 0 { (None, text) } else { (Some(&rest[..end]), &rest[end..]) }
}

fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn too_long(text: &[u8]) -> Result<&[u8], Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::new(format!("version string is too long (max {MAX_LENGTH} bytes)")));
    }
    Ok(text)
}

fn readable(text: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(too_long(text)?).map_err(|_| Fault::new(INVALID))
}

fn cut(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(mark, text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn owned(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// Reads decimal digits, with the texts of Go's `strconv.ParseUint`.
fn parse_uint(digits: impl AsRef<[u8]>) -> Result<u64, Fault> {
    let digits = digits.as_ref();
    let quoted = owned(digits);
    if digits.is_empty() {
        return Err(Fault::new(format!("strconv.ParseUint: parsing \"{quoted}\": invalid syntax")));
    }
    quoted.parse().map_err(|_| Fault::new(format!("strconv.ParseUint: parsing \"{quoted}\": value out of range")))
}

fn next(segment: &str, number: u64) -> Result<u64, Fault> {
    number.checked_add(1).ok_or_else(|| Fault::new(format!("{segment} version increment would overflow uint64")))
}

fn check_prerelease(text: impl AsRef<[u8]>) -> Result<(), Fault> {
    for part in text.as_ref().split(|byte| *byte == b'.') {
        if part.is_empty() || !part.iter().all(|byte| is_identifier(*byte)) {
            return Err(Fault::new("invalid prerelease string"));
        }
        if part.len() > 1 && part.starts_with(b"0") && part.iter().all(u8::is_ascii_digit) {
            return Err(Fault::new("version segment starts with 0"));
        }
    }
    Ok(())
}

fn check_metadata(text: &[u8]) -> Result<(), Fault> {
    let sound = |part: &[u8]| !part.is_empty() && part.iter().all(|byte| is_identifier(*byte));
    if text.split(|byte| *byte == b'.').all(sound) { Ok(()) } else { Err(Fault::new("invalid metadata string")) }
}

/// Compares pre-release parts identifier by identifier; a missing identifier counts as an empty one.
fn compare_prerelease(ours: &str, theirs: &str) -> Ordering {
    let (mut ours, mut theirs) = (ours.split('.'), theirs.split('.'));
    loop {
        let (our, their) = (ours.next(), theirs.next());
        if our.is_none() && their.is_none() {
            return Ordering::Equal;
        }
        let order = compare_identifier(our.unwrap_or_default(), their.unwrap_or_default());
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn compare_identifier(ours: &str, theirs: &str) -> Ordering {
    if ours.is_empty() || theirs.is_empty() {
        return ours.len().cmp(&theirs.len());
    }
    // A number too big for 64 bits counts as text.
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    match (number(ours), number(theirs)) {
        (Some(our), Some(their)) => our.cmp(&their),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => ours.cmp(theirs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(result: Result<Version, Fault>) -> String {
        result.expect_err("a fault").message().to_owned()
    }

    #[test]
    fn loose_versions_are_completed() {
        for (text, printed) in [
            ("1", "1.0.0"),
            ("v1.2", "1.2.0"),
            ("01.02.003", "1.2.3"),
            ("1.2.3-a.b+c.d", "1.2.3-a.b+c.d"),
            ("1-x", "1.0.0-x"),
            ("1.2.3--", "1.2.3--"),
        ] {
            let version = Version::parse(text).expect(text);
            assert_eq!((version.to_string().as_str(), version.original()), (printed, text));
        }
    }

    #[test]
    fn faults_have_the_texts_of_the_library() {
        for text in ["", "abc", " 1.2.3", "1.2.3-", "1.2.3.4", "V1", "1.2.3+", "1.2.3-a..b", "vv1", "1.2.3-é"] {
            assert_eq!(fault(Version::parse(text)), "invalid semantic version", "{text}");
        }
        assert_eq!(fault(Version::parse("1.2.3-01")), "version segment starts with 0");
        assert_eq!(
            fault(Version::parse("1.99999999999999999999")),
            "error parsing version segment: strconv.ParseUint: parsing \"99999999999999999999\": value out of range"
        );
        for (text, message) in [
            ("", "version string empty"),
            ("1.2", "invalid semantic version"),
            ("v1.2.3", "invalid characters in version"),
            ("1.02.3", "version segment starts with 0"),
            ("1..3", "strconv.ParseUint: parsing \"\": invalid syntax"),
            ("1.2.3+", "invalid metadata string"),
            ("1.2.3-a_b", "invalid prerelease string"),
            ("1.2.3-01", "version segment starts with 0"),
        ] {
            assert_eq!(fault(Version::parse_strict(text)), message, "{text}");
        }
        let long = "1".repeat(257);
        assert_eq!(fault(Version::parse(long)), "version string is too long (max 256 bytes)");
    }

    #[test]
    fn precedence_ignores_metadata_and_puts_prereleases_first() {
        let order =
            ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.0.1"];
        let versions: Vec<Version> = order.iter().map(|text| Version::parse(text).expect(text)).collect();
        assert!(versions.is_sorted_by(|a, b| a < b));
        assert_eq!(Version::parse("1.2.3+a").expect("a"), Version::parse("v1.2.3+b").expect("b"));
    }

    #[test]
    fn successors_keep_the_prefix() {
        let version = Version::parse("v1.2.3-x+y").expect("version");
        assert_eq!(version.next_patch().expect("patch").original(), "v1.2.3");
        assert_eq!(version.next_minor().expect("minor").original(), "v1.3.0");
        assert_eq!(version.with_prerelease("b").expect("pre").original(), "v1.2.3-b+y");
        let last = Version::parse("18446744073709551615.0.0").expect("version");
        assert_eq!(fault(last.next_major()), "major version increment would overflow uint64");
    }
}
