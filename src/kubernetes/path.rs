//! Where in a document a check stands.

use crate::source::Span;
use crate::yaml::{Entry, Node};
use std::fmt;

/// A place in a document, as the fields that lead to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
    /// Where a person looks for the field: at its key, or at its item.
    pub(super) span: Span,
    pub(super) depth: usize,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Root,
    Key(&'a Node),
    Item(usize),
}

impl<'a> Path<'a> {
    /// The place of a whole document.
    pub(super) fn root(node: &Node) -> Path<'static> {
        let span = node.entries().first().map_or(node.span(), |entry| entry.key.span());
        Path { parent: None, step: Step::Root, span, depth: 0 }
    }

    /// The place of a field.
    pub(super) fn key<'b>(&'b self, entry: &'b Entry) -> Path<'b> {
        Path { parent: Some(self), step: Step::Key(&entry.key), span: entry.key.span(), depth: self.depth + 1 }
    }

    /// The place of an item.
    pub(super) fn item<'b>(&'b self, at: usize, node: &Node) -> Path<'b> {
        let span = node.entries().first().map_or(node.span(), |entry| entry.key.span());
        Path { parent: Some(self), step: Step::Item(at), span, depth: self.depth + 1 }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path is at most as deep as a check goes.
        if let Some(parent) = self.parent {
            fmt::Display::fmt(parent, out)?;
        }
        let below = self.parent.is_some_and(|parent| parent.parent.is_some());
        let dot = if below { "." } else { "" };
        match self.step {
            Step::Root => Ok(()),
            Step::Item(at) => write!(out, "[{at}]"),
            Step::Key(key) => {
                let name = key.key_text().unwrap_or_default();
                let name = String::from_utf8_lossy(&name);
                match name.contains(['.', '[', ' ']) {
                    true => write!(out, "[{name:?}]"),
                    false => write!(out, "{dot}{name}"),
                }
            }
        }
    }
}
