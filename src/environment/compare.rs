//! What is different between two environments: their choices with all layers, and their modules.

use super::environments::Environment;
use super::fields::text;
use crate::source::Span;
use crate::yaml::{Node, NodeKind};
use std::collections::{BTreeMap, BTreeSet};

/// A field in which two environments, or the values of two releases, differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The keys that lead to it; items of lists are numbered from 0.
    pub path: Vec<String>,
    /// What the first one has there, and where that was written.
    pub one: Option<(String, Span)>,
    /// What the second one has there, and where that was written.
    pub other: Option<(String, Span)>,
}

type Leaves = BTreeMap<Vec<String>, (String, Span)>;

/// The choices in which two environments differ, all layers taken together, by path.
pub fn compare(one: &Environment, other: &Environment) -> Vec<Difference> {
    compare_nodes(&one.node, &other.node)
}

/// The leaves in which two documents differ, by path.
pub fn compare_nodes(one: &Node, other: &Node) -> Vec<Difference> {
    let (mut left, mut right) = (Leaves::new(), Leaves::new());
    flatten(one, &mut Vec::new(), &mut left);
    flatten(other, &mut Vec::new(), &mut right);
    let paths: BTreeSet<&Vec<String>> = left.keys().chain(right.keys()).collect();
    let differing = paths.into_iter().filter_map(|path| {
        let (one, other) = (left.get(path), right.get(path));
        let same = one.map(|(text, _)| text) == other.map(|(text, _)| text);
        (!same).then(|| Difference { path: path.clone(), one: one.cloned(), other: other.cloned() })
    });
    differing.collect()
}

/// The leaves of a node by path.
fn flatten(node: &Node, path: &mut Vec<String>, leaves: &mut Leaves) {
    match node.kind() {
        NodeKind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                path.push(text(&entry.key));
                flatten(&entry.value, path, leaves);
                path.pop();
            }
        }
        NodeKind::Seq(items) => {
            let simple =
                items.iter().map(|item| item.to_text().map(|text| String::from_utf8_lossy(&text).into_owned()));
            if let Some(texts) = simple.collect::<Option<Vec<_>>>() {
                leaves.insert(path.clone(), (format!("[{}]", texts.join(", ")), node.span()));
                return;
            }
            for (number, item) in items.iter().enumerate() {
                path.push(number.to_string());
                flatten(item, path, leaves);
                path.pop();
            }
        }
        NodeKind::Map(_) => {
            leaves.insert(path.clone(), ("{}".to_owned(), node.span()));
        }
        _ => {
            let shown = node.to_text().map_or("null".to_owned(), |text| String::from_utf8_lossy(&text).into_owned());
            leaves.insert(path.clone(), (shown, node.span()));
        }
    }
}
