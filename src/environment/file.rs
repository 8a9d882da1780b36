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
        cured(error, text, start, id)
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

/// What YAML's own words mean for somebody who writes a file by hand, and where the cause stands.
fn cured(error: &yaml::Error, text: &[u8], start: usize, id: SourceId) -> Diagnostic {
    let diagnostic = Diagnostic::error(error.message());
    let message = error.message();
    let at = start.min(text.len());
    let line = memchr::memrchr(b'\n', &text[..at]).map_or(0, |at| at + 1);
    let here = Span::new(id, start, start + 1);
    if message.contains("cannot start any token") && text.get(at) == Some(&b'\t') {
        return diagnostic.at(here).hint("this is a tab; YAML is indented with spaces");
    }
    if message.contains("invalid map key") {
        return Diagnostic::error("a text that begins with `{` or `[` has no quotes")
            .at(here)
            .hint("put it in quotes; these files are no templates");
    }
    // The eye does not tell it apart from a space; what follows from it is told of the next line.
    let before = memchr::memrchr(b'\n', text[..line].trim_ascii_end()).map_or(0, |at| at + 1);
    let hard = "\u{a0}".as_bytes();
    if let Some(found) = memchr::memmem::find(&text[before..at], hard) {
        let place = Span::new(id, before + found, before + found + hard.len());
        return Diagnostic::error("a no-break space stands where a space belongs")
            .at(place)
            .hint("type an ordinary space");
    }
    if message.contains("mapping values are not allowed") {
        let hint = "is the line indented as its neighbours are? A text with `: ` in it stands in quotes";
        return diagnostic.at(here).hint(hint);
    }
    if message.contains("could not find expected ':'") {
        // Told of where the next line begins.
        let before = text[..line].trim_ascii_end();
        let begin = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let indent = before[begin..].len() - before[begin..].trim_ascii_start().len();
        let place = Span::new(id, begin + indent, before.len().max(begin + indent + 1));
        return diagnostic.at(place).hint("write `FIELD: VALUE`, with a space behind the colon");
    }
    if message.contains("expected '-' indicator") || message.contains("expected <block end>") {
        return diagnostic.at(here).hint("is the line indented as its neighbours are? A list and fields do not mix");
    }
    if message.contains("unexpected end of stream") {
        let diagnostic = diagnostic.hint("a quote or bracket is opened and not closed");
        return match opened(text) {
            Some((from, to)) => diagnostic.at(Span::new(id, from, to)),
            None => diagnostic.at(here),
        };
    }
    diagnostic.at(here)
}

/// The first value that begins with a quote which its line does not close.
fn opened(text: &[u8]) -> Option<(usize, usize)> {
    let mut start = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let value = memchr::memmem::find(line, b": ").map_or(0, |at| at + 2);
        let trimmed = line[value..].trim_ascii();
        if let Some(quote) = trimmed.first().filter(|first| matches!(first, b'"' | b'\''))
            && memchr::memchr_iter(*quote, trimmed).count() % 2 == 1
        {
            let from = start + line.len() - line[value..].trim_ascii_start().len();
            return Some((from, from + trimmed.len()));
        }
        start += line.len();
    }
    None
}

/// A key that stands twice, at its second place.
fn twice(error: &yaml::Error, text: &[u8], id: SourceId) -> Option<Diagnostic> {
    let (_, rest) = error.message().split_once("key \"")?;
    let (key, _) = rest.split_once("\" already set in map")?;
    let value = error.offset()?.min(text.len());
    // A key ends with a colon; its value may begin on a line behind.
    let is_key = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let behind = text.get(at + key.len()..).unwrap_or_default();
        let behind = behind.strip_prefix(b"\"").or(behind.strip_prefix(b"'")).unwrap_or(behind).trim_ascii_start();
        before.is_none_or(|before| b" \t\n{,\"'".contains(before)) && behind.first() == Some(&b':')
    };
    let last = memchr::memmem::find_iter(&text[..value], key.as_bytes()).filter(|at| is_key(*at)).last();
    let at = last.unwrap_or(value);
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
