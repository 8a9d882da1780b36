//! Our files as text: one YAML document of bounded size and depth, no key twice.

use super::fields::Findings;
use super::values::DEEPEST;
use crate::diagnostic::{Diagnostic, Valid};
use crate::source::{Source, SourceId, Sources, Span};
use crate::yaml::{self, Node};

/// The most bytes of an environment or organisation file.
const LARGEST: usize = 1 << 20;

pub(super) fn parse(source: Source, sources: &mut Sources) -> Valid<(SourceId, Node)> {
    let id = sources.add(source.clone());
    if source.text().len() > LARGEST {
        let message = format!("`{}` is larger than {LARGEST} bytes", source.name());
        return Err(vec![Diagnostic::error(message).at(Span::new(id, 0, 0))]);
    }
    let node = read(source.text(), id)?;
    if let Some(place) = too_deep(&node, 0) {
        let message = format!("mappings and lists nest deeper than {DEEPEST}");
        return Err(vec![Diagnostic::error(message).at(place)]);
    }
    Ok((id, node))
}

/// Reads a file that is one YAML document and has no key twice.
pub(super) fn read(text: &[u8], id: SourceId) -> Valid<Node> {
    let wrong = |error: &yaml::Error| {
        let start = error.offset().unwrap_or(0);
        Diagnostic::error(error.message()).at(Span::new(id, start, start + 1))
    };
    let mut documents = yaml::parse_all(text, id).map_err(|error| vec![wrong(&error)])?;
    if let Err(error) = yaml::from_yaml_strict(text) {
        return Err(vec![twice(&error, text, id).unwrap_or_else(|| wrong(&error))]);
    }
    let second = documents.get(1).map(Node::span);
    match second {
        Some(span) => {
            let diagnostic = Diagnostic::error("expected one YAML document, found another one").at(span);
            Err(vec![diagnostic.hint("write a file of its own for each")])
        }
        None if documents.is_empty() => Ok(Node::new(Span::new(id, 0, 0), yaml::NodeKind::Null)),
        None => Ok(documents.swap_remove(0)),
    }
}

/// A key that stands twice, at its second place.
fn twice(error: &yaml::Error, text: &[u8], id: SourceId) -> Option<Diagnostic> {
    let (_, rest) = error.message().split_once("key \"")?;
    let (key, _) = rest.split_once("\" already set in map")?;
    let value = error.offset()?.min(text.len());
    let line = memchr::memrchr(b'\n', &text[..value]).map_or(0, |at| at + 1);
    let at = memchr::memmem::rfind(&text[line..value], key.as_bytes()).map_or(value, |at| line + at);
    let diagnostic = Diagnostic::error(format!("key `{key}` stands twice in one mapping"));
    Some(diagnostic.at(Span::new(id, at, at + key.len())).hint("rename or remove one of the two"))
}

/// The first node that nests deeper than values may.
fn too_deep(node: &Node, depth: usize) -> Option<Span> {
    if depth > DEEPEST {
        return Some(node.span());
    }
    let below = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    below.into_iter().find_map(|node| too_deep(node, depth + 1))
}

/// Sorts findings by file and place, so that a reader goes through a file once; equal ones are told once.
pub(super) fn arrange(found: &mut Findings) {
    found.sort_by_key(|one| one.primary.map(|span| (span.source, span.start)));
    found.dedup_by(|one, other| one.primary == other.primary && one.message == other.message);
}
