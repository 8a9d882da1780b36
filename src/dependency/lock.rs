//! `Chart.lock`: Helm's digest of it, and its text.

use crate::chart::{Dependency, Lock};
use crate::diagnostic::Fault;
use crate::edit::Edits;
use crate::json;
use crate::repository::sha256;
use crate::source::SourceId;
use crate::value::{List, ListKind, Map, Value};
use crate::yaml::{self, Node};
use std::ops::Range;

/// The digest of a lock: the sha256 of the dependencies that are declared and of those that are locked, both as JSON.
///
/// `None` is a list that the file does not have, which Helm tells from an empty one.
///
/// # Errors
/// `import-values` that JSON cannot hold.
pub fn digest(declared: Option<&[Dependency]>, locked: Option<&[Dependency]>) -> Result<String, Fault> {
    let both = Value::list(vec![plain(declared), plain(locked)]);
    Ok(format!("sha256:{}", sha256(&json::to_json(&both)?)))
}

/// The digest that Helm 2 wrote: of the declared dependencies alone.
///
/// # Errors
/// `import-values` that JSON cannot hold.
pub fn helm2_digest(declared: Option<&[Dependency]>) -> Result<String, Fault> {
    let map: Map = [("dependencies", plain(declared))].into_iter().collect();
    Ok(format!("sha256:{}", sha256(&json::to_json(&Value::Map(map))?)))
}

fn plain(list: Option<&[Dependency]>) -> Value {
    match list {
        None => Value::List(List::nil(ListKind::Any)),
        Some(list) => Value::list(list.iter().map(Dependency::to_plain).collect()),
    }
}

/// An entry with its fields in the order of their names.
fn entry(dependency: &Dependency) -> Value {
    match dependency.to_plain() {
        Value::Object(object) => Value::Map(object.entries().unwrap_or_default().into_iter().collect()),
        other => other,
    }
}

/// What stands in a lock for a dependency: its name, its repository, its exact version.
pub fn locked(name: &str, repository: &str, version: &str) -> Dependency {
    Dependency {
        name: name.to_owned(),
        repository: repository.to_owned(),
        version: version.to_owned(),
        ..Dependency::default()
    }
}

/// The text of an older lock with the entries, the digest and the time of a new one; entries that say the same keep
/// their text. `None` where the old text has another layout than Helm's.
pub fn mended(old: &[u8], new: &Lock) -> Option<Vec<u8>> {
    let root = yaml::parse(old, SourceId::default()).ok()?;
    let text = std::str::from_utf8(old).ok()?;
    let items = root.get("dependencies")?.items();
    let blocks = blocks(text, items)?;
    let (first, last) = (blocks.first()?, blocks.last()?);
    let mut out = text.get(..first.start)?.to_owned();
    for (at, one) in new.dependencies.iter().enumerate() {
        let same = |at: &usize| items.get(*at).is_some_and(|item| says(item, one));
        let known = Some(at).filter(same).or_else(|| (0..items.len()).find(same));
        match known.and_then(|at| text.get(blocks.get(at)?.clone())) {
            Some(block) => out.push_str(block),
            None => out.push_str(&block(one)?),
        }
    }
    out.push_str(text.get(last.end..)?);
    let root = yaml::parse(out.as_bytes(), SourceId::default()).ok()?;
    let mut edits = Edits::new(out.as_bytes());
    let set = edits.set(&root, &["digest"], &new.digest) && edits.set(&root, &["generated"], &new.generated);
    if set { edits.apply("Chart.lock").ok() } else { None }
}

/// The lines of each entry of a block sequence without indentation.
fn blocks(text: &str, items: &[Node]) -> Option<Vec<Range<usize>>> {
    let start = |item: &Node| {
        let at = item.span().start as usize;
        let line = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
        (text.get(line..at)? == "- ").then_some(line)
    };
    let starts: Vec<usize> = items.iter().map(start).collect::<Option<_>>()?;
    let end = |item: &Node| {
        let at = item.span().end as usize;
        Some(text.get(at..)?.find('\n').map_or(text.len(), |line| at + line + 1))
    };
    let last = end(items.last()?)?;
    let ends = starts.iter().skip(1).copied().chain([last]);
    let ranges: Vec<Range<usize>> = starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
    ranges.iter().all(|range| range.start < range.end).then_some(ranges)
}

/// Whether an entry has exactly these fields.
fn says(item: &Node, one: &Dependency) -> bool {
    let text = |key: &str| item.get(key).and_then(Node::to_text).map(|text| text.into_owned()).unwrap_or_default();
    item.entries().len() == 3
        && text("name") == one.name.as_bytes()
        && text("repository") == one.repository.as_bytes()
        && text("version") == one.version.as_bytes()
}

fn block(one: &Dependency) -> Option<String> {
    let text = String::from_utf8(yaml::to_yaml(&Value::list(vec![entry(one)])).ok()?).ok()?;
    Some(if text.ends_with('\n') { text } else { format!("{text}\n") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untouched_entries_keep_their_text() {
        let old = "# ours\ndependencies:\n- name: a\n  repository: file://../a # here\n  version: 1.0.0\n\
                   - name: b\n  repository: https://x.test\n  version: 2.0.0\ndigest: sha256:00\n\
                   generated: \"2020-01-01T00:00:00Z\"\n";
        let dependencies = vec![locked("a", "file://../a", "1.0.0"), locked("b", "https://x.test", "2.1.0")];
        let new = Lock { generated: "2026-01-01T00:00:00Z".into(), digest: "sha256:11".into(), dependencies };
        let want = old.replace("2.0.0", "2.1.0").replace(":00\n", ":11\n").replace("2020", "2026");
        assert_eq!(mended(old.as_bytes(), &new).map(|text| String::from_utf8_lossy(&text).into_owned()), Some(want));
    }
}
