//! The comparison.

use super::list;
use crate::kubernetes::ResourceId;
use crate::value::{Value, deep_equal};
use crate::yaml::{Node, NodeKind};
use std::collections::{BTreeMap, BTreeSet};

/// Objects that nest deeper are compared as a whole below this depth.
const DEEPEST: usize = 200;

/// The objects of one side, and of a second render of the same side.
#[derive(Clone, Copy, Debug)]
pub struct Side<'n> {
    /// The objects.
    pub objects: &'n [Node],
    /// The same objects with other random values; empty where nothing is random.
    pub again: &'n [Node],
}

/// One field that differs.
#[derive(Clone, Debug)]
pub struct Field {
    /// Where it stands: `spec.template.spec.containers[name=app].image`.
    pub path: String,
    /// What the first side has; `None` where it lacks the field.
    pub before: Option<Value>,
    /// What the second side has.
    pub after: Option<Value>,
}

/// What differs in one object.
#[derive(Clone, Debug)]
pub enum Change {
    /// Only the second side has it.
    Added(ResourceId),
    /// Only the first side has it.
    Removed(ResourceId),
    /// Both have it, with other fields.
    Changed(ResourceId, Vec<Field>),
}

impl Change {
    /// The object.
    pub fn resource(&self) -> &ResourceId {
        match self {
            Change::Added(resource) | Change::Removed(resource) | Change::Changed(resource, _) => resource,
        }
    }
}

type Objects<'n> = BTreeMap<(ResourceId, usize), &'n Node>;

/// Compares two sides; changes come in the order of their objects.
///
/// An object is known by group, kind, namespace and name: another version of its API is a field that differs. Objects
/// that are there twice are matched in their order.
pub fn compare(one: Side<'_>, other: Side<'_>) -> Vec<Change> {
    let random = [random_fields(one), random_fields(other)];
    let (before, after) = (known(one.objects), known(other.objects));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changes = keys.into_iter().filter_map(|key| match (before.get(key), after.get(key)) {
        (Some(before), Some(after)) => {
            let masked = random.iter().filter_map(|random| random.get(key)).flatten().map(String::as_str).collect();
            let fields = differing(before, after, &masked);
            (!fields.is_empty()).then(|| Change::Changed(ResourceId::of(after), fields))
        }
        (Some(before), None) => Some(Change::Removed(ResourceId::of(before))),
        (None, after) => after.map(|after| Change::Added(ResourceId::of(after))),
    });
    changes.collect()
}

/// The objects by what they are known by, without the version of their API.
fn known(objects: &[Node]) -> Objects<'_> {
    let mut found = Objects::new();
    for object in objects.iter().flat_map(items_of_list) {
        let mut id = ResourceId::of(object);
        id.api_version = id.api_version.split_once('/').map_or(String::new(), |(group, _)| group.to_owned());
        let count = (0..).find(|count| !found.contains_key(&(id.clone(), *count))).unwrap_or(0);
        found.insert((id, count), object);
    }
    found
}

fn items_of_list(object: &Node) -> Vec<&Node> {
    let is_list = object.get("kind").and_then(Node::as_str) == Some(b"List");
    match object.get("items") {
        Some(items) if is_list => items.items().iter().collect(),
        _ if object.is_null() => Vec::new(),
        _ => vec![object],
    }
}

/// The fields of each object that differ between two renders of one side.
fn random_fields(side: Side<'_>) -> BTreeMap<(ResourceId, usize), Vec<String>> {
    if side.again.is_empty() {
        return BTreeMap::new();
    }
    let (first, second) = (known(side.objects), known(side.again));
    let pairs = first.into_iter().filter_map(|(key, one)| {
        let fields = differing(one, second.get(&key)?, &BTreeSet::new());
        let paths: Vec<String> = fields.into_iter().map(|field| field.path).collect();
        (!paths.is_empty()).then_some((key, paths))
    });
    pairs.collect()
}

fn differing(one: &Node, other: &Node, masked: &BTreeSet<&str>) -> Vec<Field> {
    let mut found = Vec::new();
    walk(Some(one), Some(other), String::new(), 0, &mut found);
    found.retain(|field| !masked.contains(field.path.as_str()));
    found
}

fn walk(one: Option<&Node>, other: Option<&Node>, path: String, depth: usize, found: &mut Vec<Field>) {
    match (one.map(Node::kind), other.map(Node::kind)) {
        (Some(NodeKind::Map(_)), Some(NodeKind::Map(_))) if depth < DEEPEST => {
            walk_maps(one, other, &path, depth, found);
        }
        (Some(NodeKind::Seq(before)), Some(NodeKind::Seq(after))) if depth < DEEPEST => {
            walk_lists(before, after, &path, depth, found);
        }
        _ => {
            let (before, after) = (one.map(Node::to_value), other.map(Node::to_value));
            let same = match (&before, &after) {
                (Some(before), Some(after)) => deep_equal(before, after),
                // A null says no more than a field that is not there.
                (Some(one), None) | (None, Some(one)) => one.is_nil(),
                (None, None) => true,
            };
            if !same {
                found.push(Field { path, before, after });
            }
        }
    }
}

fn walk_maps(one: Option<&Node>, other: Option<&Node>, path: &str, depth: usize, found: &mut Vec<Field>) {
    let entries = one.into_iter().chain(other).flat_map(|node| node.entries());
    let keys: BTreeSet<Vec<u8>> = entries.filter_map(|entry| Some(entry.key.key_text()?.into_owned())).collect();
    for key in keys {
        let name = String::from_utf8_lossy(&key);
        let below = match (path.is_empty(), name.contains(['.', '[', ' '])) {
            (_, true) => format!("{path}[{name:?}]"),
            (true, false) => name.into_owned(),
            (false, false) => format!("{path}.{name}"),
        };
        walk(one.and_then(|node| node.get(&key)), other.and_then(|node| node.get(&key)), below, depth + 1, found);
    }
}

fn walk_lists(before: &[Node], after: &[Node], path: &str, depth: usize, found: &mut Vec<Field>) {
    let Some(key) = list::key_of(before, after) else {
        for at in 0..before.len().max(after.len()) {
            walk(before.get(at), after.get(at), format!("{path}[{at}]"), depth + 1, found);
        }
        return;
    };
    let matching = |items: &'_ [Node], name: &[u8]| {
        items.iter().position(|item| list::identity(item, key).as_deref() == Some(name))
    };
    let gone = before.iter().filter_map(|item| Some((list::identity(item, key)?, item)));
    for (name, item) in gone {
        let shown = format!("{path}[{key}={}]", String::from_utf8_lossy(&name));
        let partner = matching(after, &name).and_then(|at| after.get(at));
        walk(Some(item), partner, shown, depth + 1, found);
    }
    for item in after {
        let Some(name) = list::identity(item, key) else { continue };
        if matching(before, &name).is_none() {
            let shown = format!("{path}[{key}={}]", String::from_utf8_lossy(&name));
            walk(None, Some(item), shown, depth + 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml;

    fn objects(text: &str) -> Vec<Node> {
        yaml::parse_all(text.as_bytes(), SourceId::default()).expect("YAML")
    }

    fn told(one: &str, other: &str) -> Vec<String> {
        let (one, other) = (objects(one), objects(other));
        let changes = compare(Side { objects: &one, again: &[] }, Side { objects: &other, again: &[] });
        changes
            .iter()
            .flat_map(|change| match change {
                Change::Added(id) => vec![format!("+ {id}")],
                Change::Removed(id) => vec![format!("- {id}")],
                Change::Changed(id, fields) => fields.iter().map(|field| format!("{id}: {}", field.path)).collect(),
            })
            .collect()
    }

    #[test]
    fn items_are_matched_by_their_names() {
        let one = "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: x, image: i}, {name: y}]}\n";
        let other = "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: y}, {name: x, image: j}, {name: z}]}\n";
        let wanted = ["Pod a: spec.containers[name=x].image", "Pod a: spec.containers[name=z]"];
        assert_eq!(told(one, other), wanted);
        assert_eq!(told(one, one), Vec::<String>::new());
        assert_eq!(told(one, "kind: Pod\nmetadata: {name: b}\n"), ["- Pod a", "+ Pod b"]);
    }

    #[test]
    fn a_version_is_a_field_and_null_is_nothing() {
        let one = "apiVersion: x/v1\nkind: A\nmetadata: {name: a}\nb: null\n";
        let other = "apiVersion: x/v2\nkind: A\nmetadata: {name: a}\n";
        assert_eq!(told(one, other), ["A a: apiVersion"]);
    }

    #[test]
    fn random_fields_are_masked() {
        let text = |value: &str, plain: &str| {
            format!("kind: Secret\nmetadata: {{name: a}}\ndata: {{p: {value}, q: {plain}}}\n")
        };
        let (one, again) = (objects(&text("x1", "u")), objects(&text("x2", "u")));
        let other = objects(&text("x3", "v"));
        let changes = compare(Side { objects: &one, again: &again }, Side { objects: &other, again: &[] });
        let [Change::Changed(_, fields)] = changes.as_slice() else { panic!("{changes:?}") };
        let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["data.q"]);
    }
}
