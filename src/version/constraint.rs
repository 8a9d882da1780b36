//! Constraints: groups of conditions joined by `||`, conditions joined by blank or comma.

use super::{Version, is_identifier, suffix};
use crate::diagnostic::Fault;
use crate::value::print;
use std::fmt;

/// The longest constraint text that is read, in bytes.
const MAX_LENGTH: usize = 512;
/// The most groups that `||` may join.
const MAX_GROUPS: usize = 32;

/// A condition on versions, as `dependencies[].version`, `kubeVersion` and `semverCompare` write it.
///
/// A group matches pre-releases only where one of its conditions names a pre-release itself.
#[derive(Clone, Debug)]
pub struct Constraint {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    conditions: Vec<Condition>,
    prereleases: bool,
}

#[derive(Clone, Debug)]
struct Condition {
    operator: Operator,
    sign: &'static str,
    bound: Version,
    /// The version as it was written, for messages.
    written: String,
    wildcard: Wildcard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// The first part of a written version that stands for any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wildcard {
    None,
    Patch,
    Minor,
    Major,
}

/// All signs, longer ones before their beginnings.
const SIGNS: [(&str, Operator); 11] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterEqual),
    ("=>", Operator::GreaterEqual),
    ("<=", Operator::LessEqual),
    ("=<", Operator::LessEqual),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

impl Constraint {
    /// Reads a constraint.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Constraint, Fault> {
        let text = text.as_ref();
        if text.len() > MAX_LENGTH {
            return Err(Fault::new(format!("constraint string is too long (max {MAX_LENGTH} bytes)")));
        }
        let text = rewrite_ranges(text);
        let groups = split_groups(&text);
        if groups.len() > MAX_GROUPS {
            return Err(Fault::new(format!("too many constraint groups (max {MAX_GROUPS})")));
        }
        Ok(Constraint { groups: groups.into_iter().map(Group::parse).collect::<Result<_, _>>()? })
    }

    /// Whether a version meets the constraint.
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| group.conditions.iter().all(|condition| group.test(condition, version).is_ok()))
    }

    /// Checks a version and says why it does not fit: one text for each unmet condition, in order.
    pub fn validate(&self, version: &Version) -> Result<(), Vec<Fault>> {
        let mut faults: Vec<Fault> = Vec::new();
        let mut prerelease_told = false;
        for group in &self.groups {
            let mut met = true;
            for condition in &group.conditions {
                let Err(fault) = group.test(condition, version) else { continue };
                met = false;
                if group.excludes(version) {
                    if prerelease_told {
                        continue;
                    }
                    prerelease_told = true;
                }
                faults.push(fault);
            }
            if met {
                return Ok(());
            }
        }
        Err(faults)
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, group) in self.groups.iter().enumerate() {
            if at > 0 {
                out.write_str(" || ")?;
            }
            for (at, condition) in group.conditions.iter().enumerate() {
                let gap = if at > 0 { " " } else { "" };
                write!(out, "{gap}{}{}", condition.sign, condition.written)?;
            }
        }
        Ok(())
    }
}

impl Group {
    fn parse(text: &[u8]) -> Result<Group, Fault> {
        let Some(written) = scan_group(text) else {
            return Err(Fault::new(format!("improper constraint: {}", quote(text))));
        };
        let conditions: Vec<Condition> = written.into_iter().map(Condition::read).collect::<Result<_, _>>()?;
        let prereleases = conditions.iter().any(|condition| !condition.bound.prerelease().is_empty());
        Ok(Group { conditions, prereleases })
    }

    fn excludes(&self, version: &Version) -> bool {
        !version.prerelease().is_empty() && !self.prereleases
    }

    fn test(&self, condition: &Condition, version: &Version) -> Result<(), Fault> {
        if self.excludes(version) {
            return Err(Fault::new(format!(
                "{} is a prerelease version and the constraint is only looking for release versions",
                quote(version.to_string().as_bytes())
            )));
        }
        let Some(relation) = condition.objection(version) else { return Ok(()) };
        let (version, written) = (quote(version.to_string().as_bytes()), quote(condition.written.as_bytes()));
        let (relation, remark) = relation.split_once(". ").map_or((relation, None), |(a, b)| (a, Some(b)));
        let remark = remark.map_or_else(String::new, |remark| format!(". {remark}"));
        Err(Fault::new(format!("{version} {relation} {written}{remark}")))
    }
}

impl Condition {
    fn read(written: Written<'_>) -> Result<Condition, Fault> {
        let cv = written.version;
        let prerelease = cv.prerelease.map_or_else(String::new, |text| format!("-{text}"));
        let major = cv.major;
        let (wildcard, text) = match (cv.minor.filter(|part| !is_any(part)), cv.patch.filter(|part| !is_any(part))) {
            _ if is_any(major) => (Wildcard::Major, format!("0.0.0{prerelease}")),
            (None, _) => (Wildcard::Minor, format!("{major}.0.0{prerelease}")),
            (Some(minor), None) => (Wildcard::Patch, format!("{major}.{minor}.0{prerelease}")),
            (Some(_), Some(_)) => (Wildcard::None, cv.text.to_owned()),
        };
        let bound = Version::parse(text).map_err(|_| Fault::new("constraint parser error"))?;
        let (sign, operator) = written.sign;
        Ok(Condition { operator, sign, bound, written: cv.text.to_owned(), wildcard })
    }

    /// Why a version does not fit, as the words between version and constraint; a remark follows after a full stop.
    fn objection(&self, version: &Version) -> Option<&'static str> {
        let fits = |fits: bool, objection: &'static str| if fits { None } else { Some(objection) };
        match self.operator {
            Operator::Equal if self.wildcard == Wildcard::None => fits(*version == self.bound, "is not equal to"),
            Operator::Equal | Operator::Tilde => self.tilde_objection(version),
            Operator::NotEqual => fits(self.differs(version), "is equal to"),
            Operator::Greater => fits(self.is_below(version), "is less than or equal to"),
            Operator::Less => fits(*version < self.bound, "is greater than or equal to"),
            Operator::GreaterEqual => fits(*version >= self.bound, "is less than"),
            Operator::LessEqual => fits(self.is_not_below(version), "is greater than"),
            Operator::Caret => self.caret_objection(version),
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let bound = &self.bound;
        match self.wildcard {
            Wildcard::None => version != bound,
            _ if bound.major() != version.major() => true,
            Wildcard::Minor => false,
            _ if bound.minor() != version.minor() => true,
            Wildcard::Patch => version.prerelease() != bound.prerelease(),
            // `!=*` names 0.0.0 once major and minor agree.
            Wildcard::Major => version != bound,
        }
    }

    fn is_below(&self, version: &Version) -> bool {
        let (bound, same) = (&self.bound, version.major() == self.bound.major());
        match self.wildcard {
            Wildcard::Minor => version.major() > bound.major(),
            Wildcard::Patch if same => version.minor() > bound.minor(),
            Wildcard::Patch => version.major() > bound.major(),
            Wildcard::None | Wildcard::Major => version > bound,
        }
    }

    fn is_not_below(&self, version: &Version) -> bool {
        let bound = &self.bound;
        match self.wildcard {
            Wildcard::None => version <= bound,
            Wildcard::Minor => version.major() <= bound.major(),
            Wildcard::Patch | Wildcard::Major => (version.major(), version.minor()) <= (bound.major(), bound.minor()),
        }
    }

    fn tilde_objection(&self, version: &Version) -> Option<&'static str> {
        let bound = &self.bound;
        if version < bound {
            return Some("is less than");
        }
        let zero = (bound.major(), bound.minor(), bound.patch()) == (0, 0, 0);
        if zero && matches!(self.wildcard, Wildcard::None | Wildcard::Major) {
            return None;
        }
        if version.major() != bound.major() {
            return Some("does not have same major version as");
        }
        if version.minor() != bound.minor() && self.wildcard != Wildcard::Minor {
            return Some("does not have same major and minor version as");
        }
        None
    }

    fn caret_objection(&self, version: &Version) -> Option<&'static str> {
        let bound = &self.bound;
        if version < bound {
            return Some("is less than");
        }
        if bound.major() > 0 || self.wildcard == Wildcard::Minor {
            return (version.major() != bound.major()).then_some("does not have same major version as");
        }
        if version.major() > 0 {
            return Some("does not have same major version as");
        }
        if bound.minor() > 0 || self.wildcard == Wildcard::Patch {
            return (version.minor() != bound.minor()).then_some(
                "does not have same minor version as. \
                 Expected minor versions to match when constraint major version is 0",
            );
        }
        if version.minor() > 0 {
            return Some("does not have same minor version as");
        }
        (version.patch() != bound.patch())
            .then_some("does not equal. Expect version and constraint to equal when major and minor versions are 0")
    }
}

/// One condition as it stands in the text.
struct Written<'a> {
    sign: (&'static str, Operator),
    version: WrittenVersion<'a>,
}

/// A version of a constraint: its numbers may be wildcards.
struct WrittenVersion<'a> {
    text: &'a str,
    major: &'a str,
    minor: Option<&'a str>,
    patch: Option<&'a str>,
    prerelease: Option<&'a str>,
}

fn quote(text: &[u8]) -> String {
    String::from_utf8_lossy(&print::quote(text)).into_owned()
}

fn is_any(part: &str) -> bool {
    matches!(part, "x" | "X" | "*")
}

fn is_number_or_any(byte: u8) -> bool {
    // The bar is allowed here by accident in the library, and `1|2` is a constraint that no version can be read from.
    byte.is_ascii_digit() || matches!(byte, b'x' | b'X' | b'*' | b'|')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let length = text.iter().take_while(|byte| is_space(**byte)).count();
    &text[length..]
}

/// Reads a version at the beginning of a text, as far as it goes, and returns what follows.
fn scan_version(text: &[u8]) -> Option<(WrittenVersion<'_>, &[u8])> {
    let allowed = |byte: u8| is_identifier(byte) || is_number_or_any(byte) || matches!(byte, b'.' | b'+');
    let end = text.iter().position(|byte| !allowed(*byte)).unwrap_or(text.len());
    let head = std::str::from_utf8(&text[..end]).ok()?;
    let part = |rest: &str| rest.bytes().take_while(|byte| is_number_or_any(*byte)).count();
    let rest = head.strip_prefix('v').unwrap_or(head);
    let length = part(rest);
    if length == 0 {
        return None;
    }
    let (major, rest) = rest.split_at(length);
    let further = |rest: &'_ str| -> usize { rest.strip_prefix('.').map_or(0, part) };
    let (minor, rest) = match further(rest) {
        0 => (None, rest),
        length => (rest.get(1..=length), &rest[length + 1..]),
    };
    let (patch, rest) = match further(rest) {
        0 => (None, rest),
        length => (rest.get(1..=length), &rest[length + 1..]),
    };
    let (prerelease, rest) = suffix(rest, '-');
    let (_, rest) = suffix(rest, '+');
    let (written, _) = head.split_at(head.len() - rest.len());
    Some((WrittenVersion { text: written, major, minor, patch, prerelease }, &text[written.len()..]))
}

/// Reads the conditions of a group; nothing, if there is anything else in it.
fn scan_group(text: &[u8]) -> Option<Vec<Written<'_>>> {
    let mut found = Vec::with_capacity(1);
    let mut rest = skip_spaces(text);
    loop {
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign.as_bytes()));
        let sign = sign.copied().unwrap_or(("", Operator::Equal));
        let (version, after) = scan_version(skip_spaces(&rest[sign.0.len()..]))?;
        found.push(Written { sign, version });
        let next = skip_spaces(after);
        if next.is_empty() {
            return Some(found);
        }
        rest = match next.strip_prefix(b",") {
            Some(next) => skip_spaces(next),
            None if next.len() < after.len() => next,
            None => return None,
        };
    }
}

fn split_groups(text: &[u8]) -> Vec<&[u8]> {
    let mut groups = Vec::with_capacity(1);
    let mut start = 0;
    for at in memchr::memmem::find_iter(text, b"||") {
        groups.push(&text[start..at]);
        start = at + 2;
    }
    groups.push(&text[start..]);
    groups
}

/// A hyphen range `1.2 - 2.3`, found at some place of a constraint.
struct Range<'a> {
    whole: &'a [u8],
    from: &'a str,
    to: &'a str,
}

/// Writes hyphen ranges as two conditions.
fn rewrite_ranges(text: &[u8]) -> Vec<u8> {
    let mut written = text.to_vec();
    let mut rest = text;
    while let Some((range, after)) = find_range(rest) {
        rest = after;
        let Some(at) = memchr::memmem::find(&written, range.whole) else { continue };
        let conditions = format!(">= {}, <= {} ", range.from, range.to);
        written.splice(at..at + range.whole.len(), conditions.into_bytes());
    }
    written
}

fn find_range(text: &[u8]) -> Option<(Range<'_>, &[u8])> {
    // Without a hyphen between blanks there is no range; nearly every constraint ends here.
    memchr::memchr_iter(b'-', text).find(|at| text.get(at + 1).is_some_and(|byte| is_space(*byte)))?;
    (0..text.len()).find_map(|start| range_at(&text[start..]))
}

fn range_at(text: &[u8]) -> Option<(Range<'_>, &[u8])> {
    let (from, rest) = scan_version(skip_spaces(text))?;
    let hyphen = skip_spaces(rest);
    let after = hyphen.strip_prefix(b"-")?;
    let second = skip_spaces(after);
    if hyphen.len() == rest.len() || second.len() == after.len() {
        return None;
    }
    let (to, rest) = scan_version(second)?;
    let rest = skip_spaces(rest);
    Some((Range { whole: &text[..text.len() - rest.len()], from: from.text, to: to.text }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect(text)
    }

    #[test]
    fn ranges_and_wildcards() {
        for (constraint, text, fits) in [
            ("1.2 - 1.4.5", "1.4.6", false),
            ("1.2 - 1.4.5", "1.2.0", true),
            (">=1.20-0", "v1.28.3-gke.100", true),
            (">=1.20", "v1.28.3-gke.100", false),
            ("*", "3.0.0-a", false),
            ("1.x || >=2.5.0 <3", "2.6.1", true),
            ("~> 1.2", "1.3.0", false),
            ("^0.0.3", "0.0.4", false),
            ("!=*", "0.0.5", true),
        ] {
            assert_eq!(
                Constraint::parse(constraint).expect(constraint).check(&version(text)),
                fits,
                "{constraint} {text}"
            );
        }
    }

    #[test]
    fn improper_constraints() {
        for (text, message) in [
            ("", "improper constraint: \"\""),
            ("latest", "improper constraint: \"latest\""),
            (">=1.2.3 || bad", "improper constraint: \" bad\""),
            ("1.2,", "improper constraint: \"1.2,\""),
            ("1|2", "constraint parser error"),
            ("1.xx", "constraint parser error"),
        ] {
            assert_eq!(Constraint::parse(text).expect_err(text).message(), message);
        }
    }

    #[test]
    fn reasons() {
        let reasons = |constraint: &str, text: &str| -> Vec<String> {
            let result = Constraint::parse(constraint).expect(constraint).validate(&version(text));
            result.expect_err(text).iter().map(|fault| fault.message().to_owned()).collect()
        };
        assert_eq!(
            reasons(">=1.2, <2 || ^3", "2.1.0"),
            ["\"2.1.0\" is greater than or equal to \"2\"", "\"2.1.0\" is less than \"3\""]
        );
        assert_eq!(
            reasons("1.0 || 2.0", "1.0.0-rc1"),
            ["\"1.0.0-rc1\" is a prerelease version and the constraint is only looking for release versions"]
        );
        assert_eq!(
            reasons("^0.0.3", "0.0.4"),
            [
                "\"0.0.4\" does not equal \"0.0.3\". Expect version and constraint to equal when major and minor versions are 0"
            ]
        );
    }
}
