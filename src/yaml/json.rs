//! What JSON says about a document, on the way that Helm's values take: YAML, Go values, JSON, Go values.

use super::error::Error;
use super::node::{Entry, Node, NodeKind, Step, Steps};
use super::number;
use super::scanner::MAX_DEPTH;
use super::syntax;

/// Finds out whether a document has a JSON form.
pub(super) fn check(node: &Node, text: &[u8]) -> Result<(), Error> {
    check_keys(node, text)?;
    check_values(node, text)
}

/// Finds keys that sigs cannot make strings of.
pub(super) fn check_keys(node: &Node, text: &[u8]) -> Result<(), Error> {
    if let Some(entry) = bad_key(node) {
        return Err(Error::json(text, unsupported_key(entry), entry.key.span().start as usize));
    }
    Ok(())
}

/// Finds numbers that JSON lacks, and nesting that Go's JSON reader refuses.
pub(super) fn check_values(node: &Node, text: &[u8]) -> Result<(), Error> {
    if let Some((number, at)) = bad_number(node) {
        let problem = format!("json: unsupported value: {}", number::format_g(number));
        return Err(Error::json(text, problem, at));
    }
    let mut steps = Steps::new(node);
    let mut last = 0;
    while let Some(step) = steps.next() {
        if let Step::Scalar(node) | Step::Key(node) = step {
            last = node.span().start as usize;
        }
        if steps.depth() > MAX_DEPTH {
            return Err(Error::target(text, "exceeded max depth", last));
        }
    }
    Ok(())
}

/// A key that sigs cannot make a string of: null, or an integer above 64 signed bits.
fn bad_key(node: &Node) -> Option<&Entry> {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        match node.kind() {
            NodeKind::Seq(items) => pending.extend(items.iter().rev()),
            NodeKind::Map(entries) => {
                if let Some(bad) = entries.iter().find(|entry| entry.key.key_text().is_none()) {
                    return Some(bad);
                }
                pending.extend(entries.iter().rev().map(|entry| &entry.value));
            }
            _ => {}
        }
    }
    None
}

fn unsupported_key(entry: &Entry) -> String {
    let kind = if entry.key.is_null() { "%!s(<nil>)" } else { "uint64" };
    let (key, value) = (syntax::go_syntax(&entry.key), syntax::go_syntax(&entry.value));
    format!("unsupported map key of type: {kind}, key: {key}, value: {value}")
}

/// The first number, in the order of JSON, that is not finite.
fn bad_number(node: &Node) -> Option<(f64, usize)> {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        match node.kind() {
            NodeKind::Float(number) if !number.is_finite() => return Some((*number, node.span().start as usize)),
            NodeKind::Seq(items) => pending.extend(items.iter().rev()),
            NodeKind::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().map(|entry| (entry.key.key_text(), &entry.value)).collect();
                entries.sort_by(|a, b| b.0.cmp(&a.0));
                pending.extend(entries.into_iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
    None
}
