//! What is different between two environments: their choices with all layers, and their modules.

use super::environments::Environment;
use super::fields::text;
use crate::source::Span;
use crate::yaml::{Node, NodeKind};
use std::collections::BTreeMap;

/// A field in which two environments differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path.
    pub path: String,
    /// What the first one has there, and where that was written.
    pub one: Option<(String, Span)>,
    /// What the second one has there, and where that was written.
    pub other: Option<(String, Span)>,
}

/// The fields in which two environments differ, by path.
pub fn compare(one: &Environment, other: &Environment) -> Vec<Difference> {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    flatten(&one.node, String::new(), &mut left);
    flatten(&other.node, String::new(), &mut right);
    let mut paths: Vec<&String> = left.keys().chain(right.keys()).collect();
    paths.sort();
    paths.dedup();
    let differs = |path: &&&String| {
        let text = |side: &BTreeMap<String, (String, Span)>| side.get(**path).map(|(text, _)| text.clone());
        text(&left) != text(&right)
    };
    let differing = paths.iter().filter(differs);
    differing
        .map(|path| Difference {
            path: (*path).clone(),
            one: left.get(*path).cloned(),
            other: right.get(*path).cloned(),
        })
        .collect()
}

/// The leaves of a node by path.
fn flatten(node: &Node, path: String, leaves: &mut BTreeMap<String, (String, Span)>) {
    let below = |key: String| if path.is_empty() { key } else { format!("{path}.{key}") };
    match node.kind() {
        NodeKind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                flatten(&entry.value, below(text(&entry.key)), leaves);
            }
        }
        NodeKind::Seq(items) => {
            let simple =
                items.iter().map(|item| item.to_text().map(|text| String::from_utf8_lossy(&text).into_owned()));
            match simple.collect::<Option<Vec<_>>>() {
                Some(texts) => {
                    leaves.insert(path, (format!("[{}]", texts.join(", ")), node.span()));
                }
                None => {
                    for (number, item) in items.iter().enumerate() {
                        flatten(item, below(number.to_string()), leaves);
                    }
                }
            }
        }
        NodeKind::Map(_) => {
            leaves.insert(path, ("{}".to_owned(), node.span()));
        }
        _ => {
            let shown = node.to_text().map_or("null".to_owned(), |text| String::from_utf8_lossy(&text).into_owned());
            leaves.insert(path, (shown, node.span()));
        }
    }
}
