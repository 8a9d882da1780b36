//! Strict reading of our own YAML files: every field has a type, unknown fields are errors that name the nearest one.

use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::yaml::{Node, NodeKind};

/// What is wrong so far.
pub(crate) type Findings = Vec<Diagnostic>;

/// The fields of one mapping.
pub(crate) struct Fields<'n> {
    node: &'n Node,
    what: &'static str,
    known: &'static [&'static str],
}

impl<'n> Fields<'n> {
    /// The fields of `node`, which is a `what` and may only have the `known` ones.
    pub(crate) fn new(
        node: &'n Node,
        what: &'static str,
        known: &'static [&'static str],
        found: &mut Findings,
    ) -> Option<Fields<'n>> {
        if !matches!(node.kind(), NodeKind::Map(_)) {
            found
                .push(Diagnostic::error(format!("expected {what} as a mapping, found {}", kind(node))).at(node.span()));
            return None;
        }
        for entry in node.entries() {
            let key = text(&entry.key);
            if known.contains(&key.as_str()) {
                continue;
            }
            let near = nearest(&key, known.iter().map(|name| name.as_bytes()));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known fields: {}", known.join(", ")),
            };
            found.push(Diagnostic::error(format!("unknown field `{key}` in {what}")).at(entry.key.span()).hint(hint));
        }
        Some(Fields { node, what, known })
    }

    /// A field that may be absent; null counts as absent.
    pub(crate) fn optional(&self, name: &'static str) -> Option<&'n Node> {
        debug_assert!(self.known.contains(&name), "`{name}` is not among the known fields");
        self.node.get(name).filter(|node| !node.is_null())
    }

    /// A text that must be there.
    pub(crate) fn text(&self, name: &'static str, found: &mut Findings) -> Option<Located> {
        let Some(node) = self.optional(name) else {
            let message = format!("{} has no `{name}`", self.what);
            found.push(Diagnostic::error(message).at(self.node.span()).hint(format!("add `{name}:`")));
            return None;
        };
        as_text(node, name, found)
    }

    /// A list of texts; absent is empty.
    pub(crate) fn texts(&self, name: &'static str, found: &mut Findings) -> Vec<Located> {
        let Some(node) = self.optional(name) else { return Vec::new() };
        if !matches!(node.kind(), NodeKind::Seq(_)) {
            found.push(Diagnostic::error(format!("expected `{name}` as a list, found {}", kind(node))).at(node.span()));
            return Vec::new();
        }
        node.items().iter().filter_map(|item| as_text(item, name, found)).collect()
    }

    /// The items of a list; absent is empty.
    pub(crate) fn items(&self, name: &'static str, found: &mut Findings) -> &'n [Node] {
        let Some(node) = self.optional(name) else { return &[] };
        if !matches!(node.kind(), NodeKind::Seq(_)) {
            found.push(Diagnostic::error(format!("expected `{name}` as a list, found {}", kind(node))).at(node.span()));
        }
        node.items()
    }

    /// A count that must be there.
    pub(crate) fn count(&self, name: &'static str, found: &mut Findings) -> Option<usize> {
        let node = self.optional(name).unwrap_or(self.node);
        match node.kind() {
            NodeKind::Int(number) if *number >= 0 => usize::try_from(*number).ok(),
            _ => {
                let found_kind = if self.optional(name).is_some() { kind(node) } else { "nothing" };
                let message = format!("expected `{name}` as a whole number, found {found_kind}");
                found.push(Diagnostic::error(message).at(node.span()));
                None
            }
        }
    }

    /// The entries of a mapping; absent is empty.
    pub(crate) fn entries(&self, name: &'static str, found: &mut Findings) -> Vec<(Located, &'n Node)> {
        let Some(node) = self.optional(name) else { return Vec::new() };
        if !matches!(node.kind(), NodeKind::Map(_)) {
            let message = format!("expected `{name}` as a mapping, found {}", kind(node));
            found.push(Diagnostic::error(message).at(node.span()));
            return Vec::new();
        }
        let entry =
            |entry: &'n crate::yaml::Entry| (Located { text: text(&entry.key), span: entry.key.span() }, &entry.value);
        node.entries().iter().map(entry).collect()
    }
}

/// A text and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

fn as_text(node: &Node, name: &str, found: &mut Findings) -> Option<Located> {
    match node.kind() {
        NodeKind::Str(bytes) if !bytes.is_empty() => {
            Some(Located { text: String::from_utf8_lossy(bytes).into_owned(), span: node.span() })
        }
        _ => {
            let mut diagnostic = Diagnostic::error(format!("expected `{name}` as a text, found {}", kind(node)));
            if matches!(node.kind(), NodeKind::Float(_) | NodeKind::Int(_) | NodeKind::Uint(_) | NodeKind::Bool(_)) {
                diagnostic = diagnostic.hint("put it in quotes");
            }
            found.push(diagnostic.at(node.span()));
            None
        }
    }
}

/// The text of a key or scalar.
pub(crate) fn text(node: &Node) -> String {
    String::from_utf8_lossy(&node.key_text().unwrap_or_default()).into_owned()
}

/// What a node is, for messages.
pub(crate) fn kind(node: &Node) -> &'static str {
    match node.kind() {
        NodeKind::Null => "nothing",
        NodeKind::Bool(_) => "a bool",
        NodeKind::Int(_) | NodeKind::Uint(_) | NodeKind::Float(_) => "a number",
        NodeKind::Str(text) if text.is_empty() => "an empty text",
        NodeKind::Str(_) => "a text",
        NodeKind::Seq(_) => "a list",
        NodeKind::Map(_) => "a mapping",
    }
}

/// Whether a text is a DNS label, whatever its length.
pub(crate) fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}
