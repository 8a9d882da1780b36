//! Names that mean the same tomorrow, and names that do not.

use crate::version::Version;

/// Tags and branches that go with whatever is newest.
const MOVING: &[&str] = &[
    "canary",
    "dev",
    "develop",
    "development",
    "edge",
    "head",
    "latest",
    "main",
    "master",
    "nightly",
    "rolling",
    "snapshot",
    "stable",
    "staging",
    "trunk",
    "unstable",
];

/// Marks of what comes before a release.
const EARLY: &[&str] = &["alpha", "beta", "rc", "pre"];

/// Whether a version is exactly three numbers, without `v`, suffix or build.
pub fn is_frozen_version(version: &str) -> bool {
    Version::parse_strict(version).is_ok_and(|parsed| parsed.prerelease().is_empty() && parsed.metadata().is_empty())
}

/// Why the tag of an image can mean another image tomorrow; `None` where it cannot, as far as a name tells.
pub fn moving_tag(tag: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['-', '_', '.', '+']).collect();
    if let Some(word) = words.iter().find(|word| MOVING.contains(word)) {
        return Some(format!("`{word}` moves"));
    }
    let early = |word: &&&str| EARLY.contains(&word.trim_end_matches(|letter: char| letter.is_ascii_digit()));
    if let Some(word) = words.iter().skip(1).find(early) {
        return Some(format!("`{word}` is no release"));
    }
    let numbers: Vec<&str> = lower.strip_prefix('v').unwrap_or(&lower).split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    // A date or a build number counts up and stays.
    let is_short = |part: &&str| part.len() <= 4;
    if numbers.len() < 3 && numbers.iter().all(|part| is_number(part) && is_short(part)) {
        return Some(format!("{} number{} can move", numbers.len(), if numbers.len() == 1 { "" } else { "s" }));
    }
    None
}

/// Why a git reference can mean another commit tomorrow: only a commit, and a tag of three numbers, stay.
pub fn moving_reference(reference: &str) -> Option<String> {
    let reference = reference.strip_prefix("refs/tags/").unwrap_or(reference);
    let is_commit = matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit || is_frozen_version(reference.strip_prefix('v').unwrap_or(reference)) {
        return None;
    }
    Some("it can move; a tag such as v1.2.3 or a commit stays".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_move_are_known() {
        for tag in [
            "latest",
            "develop",
            "17.0-develop",
            "1.2",
            "v2",
            "1.2-develop",
            "1.2.0-rc.1",
            "16",
            "Main",
            "1.0.0-alpha2",
        ] {
            assert!(moving_tag(tag).is_some(), "{tag}");
        }
        for tag in [
            "1.2.3",
            "v1.2.3",
            "3.4.1-debian-11-r0",
            "1.2.0.1-B4",
            "v2025.2.1",
            "20240101",
            "17.0.1.2.0",
            "1.27.3-alpine",
        ] {
            assert_eq!(moving_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn references_that_stay_are_known() {
        for reference in ["v1.2.3", "1.2.3", "refs/tags/v1.0.0", "0123456789abcdef0123456789abcdef01234567"] {
            assert_eq!(moving_reference(reference), None, "{reference}");
        }
        for reference in ["master", "1.2", "17.0-develop", "v1.2.3-rc", "abc1234"] {
            assert!(moving_reference(reference).is_some(), "{reference}");
        }
        assert!(is_frozen_version("1.2.3") && !is_frozen_version("v1.2.3") && !is_frozen_version("1.2.3+b"));
    }
}
