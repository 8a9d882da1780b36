//! What changed in a chart, and how much of a new version that asks for.
//!
//! A value that is gone or renamed breaks those who set it: major. A new value: minor. Anything else: patch. A chart that
//! is no longer a dependency takes its values along; a new one brings some.

use crate::chart::Metadata;
use crate::source::SourceId;
use crate::version::Bump;
use crate::yaml::{self, Node, NodeKind};
use std::collections::{BTreeMap, BTreeSet};

/// The most values of one file that are compared.
const MOST: usize = 200_000;

/// One reason for a new version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The part of the version that it asks for.
    pub bump: Bump,
    /// What happened, in words.
    pub text: String,
    /// How a changelog of Artifact Hub calls it.
    pub kind: Kind,
}

/// The kinds of changes that Artifact Hub knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `added`.
    Added,
    /// `changed`.
    Changed,
    /// `removed`.
    Removed,
    /// `fixed`.
    Fixed,
    /// `deprecated`.
    Deprecated,
    /// `security`.
    Security,
}

impl Kind {
    /// The name in the annotation.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Changed => "changed",
            Kind::Removed => "removed",
            Kind::Fixed => "fixed",
            Kind::Deprecated => "deprecated",
            Kind::Security => "security",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Kind> {
        let all = [Kind::Added, Kind::Changed, Kind::Removed, Kind::Fixed, Kind::Deprecated, Kind::Security];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

fn reason(bump: Bump, kind: Kind, text: impl Into<String>) -> Reason {
    Reason { bump, text: text.into(), kind }
}

/// What a value is, as far as those who set it care.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Leaf {
    Table,
    List(String),
    Scalar(&'static str, String),
}

/// The reasons that two texts of `values.yaml` give.
pub fn values(old: &[u8], new: &[u8]) -> Vec<Reason> {
    let (Some(old), Some(new)) = (leaves(old), leaves(new)) else {
        return vec![reason(Bump::Patch, Kind::Changed, "values.yaml changed in a way that cannot be compared")];
    };
    let gone: BTreeSet<&String> = old.keys().filter(|path| !new.contains_key(*path)).collect();
    let come: BTreeSet<&String> = new.keys().filter(|path| !old.contains_key(*path)).collect();
    let mut taken = BTreeSet::new();
    let mut reasons = Vec::new();
    for path in outermost(&gone) {
        match renamed(path, &old, &new, &come, &taken) {
            Some(to) => {
                taken.insert(to.clone());
                reasons.push(reason(Bump::Major, Kind::Changed, format!("value `{path}` was renamed to `{to}`")));
            }
            None => reasons.push(reason(Bump::Major, Kind::Removed, format!("value `{path}` was removed"))),
        }
    }
    for path in outermost(&come).into_iter().filter(|path| !taken.contains(*path)) {
        reasons.push(reason(Bump::Minor, Kind::Added, format!("value `{path}` is new")));
    }
    for (path, was) in &old {
        let Some(is) = new.get(path).filter(|is| *is != was) else { continue };
        let shape = |leaf: &Leaf| match leaf {
            Leaf::Table => "a table",
            Leaf::List(_) => "a list",
            Leaf::Scalar(_, _) => "one value",
        };
        if shape(was) != shape(is) && !is_empty(was) && !is_empty(is) {
            let text = format!("value `{path}` was {}, now it is {}", shape(was), shape(is));
            reasons.push(reason(Bump::Major, Kind::Changed, text));
        } else if *was != Leaf::Table || *is != Leaf::Table {
            reasons.push(reason(Bump::Patch, Kind::Changed, format!("the default of `{path}` changed")));
        }
    }
    reasons
}

fn is_empty(leaf: &Leaf) -> bool {
    match leaf {
        Leaf::Table => false,
        Leaf::List(text) => text.is_empty(),
        Leaf::Scalar(kind, text) => *kind == "null" || text.is_empty(),
    }
}

/// The paths of a set that do not lie below another one of it.
fn outermost<'p>(paths: &BTreeSet<&'p String>) -> Vec<&'p String> {
    let below = |path: &str| path.match_indices('.').any(|(at, _)| paths.contains(&path[..at].to_owned()));
    paths.iter().copied().filter(|path| !below(path)).collect()
}

/// The new path under which a value that is gone goes on: with the same content, and the only one of that content.
fn renamed(
    path: &str,
    old: &BTreeMap<String, Leaf>,
    new: &BTreeMap<String, Leaf>,
    come: &BTreeSet<&String>,
    taken: &BTreeSet<String>,
) -> Option<String> {
    let content = |tree: &BTreeMap<String, Leaf>, path: &str| -> Vec<(String, Leaf)> {
        let prefix = format!("{path}.");
        let inner = tree.iter().filter(|(known, _)| *known == path || known.starts_with(&prefix));
        inner.map(|(known, leaf)| (known[path.len()..].to_owned(), leaf.clone())).collect()
    };
    let was = content(old, path);
    // Values that say nothing, such as `""` and `true`, are equal by chance.
    let says_something = was.iter().any(|(_, leaf)| match leaf {
        Leaf::Table => false,
        Leaf::List(text) => text.len() > 2,
        Leaf::Scalar(kind, text) => !matches!(*kind, "bool" | "null") && text.len() > 1,
    });
    let parent = |path: &str| path.rsplit_once('.').map(|(parent, _)| parent.to_owned());
    let candidates: Vec<&String> = outermost(come)
        .into_iter()
        .filter(|to| !taken.contains(*to) && content(new, to) == was)
        .filter(|to| says_something || parent(to) == parent(path))
        .collect();
    match candidates.as_slice() {
        [one] => Some((*one).clone()),
        _ => None,
    }
}

/// Every value with its path; lists count as one value.
fn leaves(text: &[u8]) -> Option<BTreeMap<String, Leaf>> {
    let root = yaml::parse(text, SourceId::default()).ok()?;
    if !matches!(root.kind(), NodeKind::Map(_) | NodeKind::Null) {
        return None;
    }
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), &root)];
    while let Some((path, node)) = open.pop() {
        for entry in node.entries() {
            let key = entry.key.key_text().unwrap_or_default();
            let key = String::from_utf8_lossy(&key).replace('.', "\\.");
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            found.insert(path.clone(), leaf(&entry.value));
            if found.len() > MOST {
                return None;
            }
            open.push((path, &entry.value));
        }
    }
    Some(found)
}

fn leaf(node: &Node) -> Leaf {
    let text = |node: &Node| node.to_text().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default();
    match node.kind() {
        NodeKind::Map(_) => Leaf::Table,
        NodeKind::Seq(items) if items.is_empty() => Leaf::List(String::new()),
        NodeKind::Seq(_) => {
            let json = crate::json::to_json(&node.to_value()).unwrap_or_default();
            Leaf::List(String::from_utf8_lossy(&json).into_owned())
        }
        NodeKind::Null => Leaf::Scalar("null", String::new()),
        NodeKind::Bool(_) => Leaf::Scalar("bool", text(node)),
        NodeKind::Str(_) => Leaf::Scalar("string", text(node)),
        _ => Leaf::Scalar("number", text(node)),
    }
}

/// The reasons that two `Chart.yaml` give.
pub fn metadata(old: &Metadata, new: &Metadata) -> Vec<Reason> {
    let key = |one: &crate::chart::Dependency| match one.alias.is_empty() {
        true => one.name.clone(),
        false => one.alias.clone(),
    };
    let mut reasons = Vec::new();
    for one in old.dependencies() {
        match new.dependencies().iter().find(|other| key(other) == key(one)) {
            None => {
                let text = format!("dependency `{}` was removed, and its values with it", key(one));
                reasons.push(reason(Bump::Major, Kind::Removed, text));
            }
            Some(other) if other.version != one.version => {
                let text = format!("dependency `{}` went from {} to {}", key(one), one.version, other.version);
                reasons.push(reason(Bump::Patch, Kind::Changed, text));
            }
            Some(_) => {}
        }
    }
    for one in new.dependencies() {
        if !old.dependencies().iter().any(|other| key(other) == key(one)) {
            reasons.push(reason(Bump::Minor, Kind::Added, format!("dependency `{}` is new", key(one))));
        }
    }
    reasons
}

/// The reason that a changed file of no particular meaning gives.
pub fn file(name: &str) -> Reason {
    reason(Bump::Patch, Kind::Changed, format!("`{name}` changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_ask_for_versions() {
        type Case = (&'static str, &'static str, &'static [(Bump, &'static str)]);
        let cases: [Case; 9] = [
            ("a: 1\n", "a: 1\nb: 2\n", &[(Bump::Minor, "value `b` is new")]),
            ("a: 1\nb: 2\n", "a: 1\n", &[(Bump::Major, "value `b` was removed")]),
            ("a: {b: hello}\n", "a: {c: hello}\n", &[(Bump::Major, "value `a.b` was renamed to `a.c`")]),
            ("a: 1 # x\n", "# y\na: 1\n", &[]),
            ("a: 1\n", "a: 2\n", &[(Bump::Patch, "the default of `a` changed")]),
            ("a: {b: {c: 1, d: 2}}\n", "a: {}\n", &[(Bump::Major, "value `a.b` was removed")]),
            (
                "a: x\n",
                "a: {b: 1}\n",
                &[(Bump::Minor, "value `a.b` is new"), (Bump::Major, "value `a` was one value, now it is a table")],
            ),
            ("l: [1, 2]\n", "l: [1]\n", &[(Bump::Patch, "the default of `l` changed")]),
            ("a: {k: v1, l: v2}\n", "b: {k: v1, l: v2}\n", &[(Bump::Major, "value `a` was renamed to `b`")]),
        ];
        for (old, new, want) in cases {
            let got = values(old.as_bytes(), new.as_bytes());
            let got: Vec<_> = got.iter().map(|reason| (reason.bump, reason.text.as_str())).collect();
            assert_eq!(got, want, "{old:?} {new:?}");
        }
    }
}
