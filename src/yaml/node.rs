//! Values that know where they were written.

use super::build::{self, Builder};
use super::number;
use super::resolve::Scalar;
use crate::source::Span;
use crate::value::Value;
use std::borrow::Cow;

/// One node of a document: a value with the place of its text. Aliases and merges are expanded; what they bring in
/// keeps the place where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    span: Span,
    kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// `null`, `~` or nothing.
    Null,
    /// A bool of YAML 1.1.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above the range of `Int`.
    Uint(u64),
    /// A number with a fraction or an exponent, or an integer of more than 64 bits.
    Float(f64),
    /// A string.
    Str(Box<[u8]>),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping in the order in which it is written; of equal keys only the last one is left.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, a scalar.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// An entry that counts for nothing, because a later one of its mapping has the same key.
#[derive(Clone, Debug, PartialEq)]
pub struct Overruled {
    /// It.
    pub entry: Entry,
    /// Whether the later one has the same value.
    pub repeats: bool,
}

impl Node {
    /// Whether another node has the same value, wherever that stands.
    pub(crate) fn says_the_same(&self, other: &Node) -> bool {
        let same =
            |one: &Entry, other: &Entry| one.key.says_the_same(&other.key) && one.value.says_the_same(&other.value);
        match (&self.kind, &other.kind) {
            (NodeKind::Seq(one), NodeKind::Seq(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.says_the_same(other))
            }
            (NodeKind::Map(one), NodeKind::Map(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
            }
            (one, other) => one == other,
        }
    }

    /// A node.
    pub fn new(span: Span, kind: NodeKind) -> Node {
        Node { span, kind }
    }

    /// The place of its text.
    pub fn span(&self) -> Span {
        self.span
    }

    /// What it is.
    pub fn kind(&self) -> &NodeKind {
        &self.kind
    }

    /// The entries, if this is a mapping; none otherwise.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entries, to change them.
    pub(super) fn entries_mut(&mut self) -> &mut [Entry] {
        match &mut self.kind {
            NodeKind::Map(entries) => entries,
            _ => &mut [],
        }
    }

    /// The items, if this is a sequence; none otherwise.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Seq(items) => items,
            _ => &[],
        }
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&[u8]> {
        match &self.kind {
            NodeKind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        self.kind == NodeKind::Null
    }

    /// The entry of a key.
    pub fn entry(&self, key: impl AsRef<[u8]>) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key.key_text().as_deref() == Some(key.as_ref()))
    }

    /// The value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The node at the end of a path of keys; in a sequence a key is the number of an item, from 0.
    pub fn at<K: AsRef<[u8]>>(&self, path: &[K]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| match &node.kind {
            NodeKind::Seq(items) => items.get(std::str::from_utf8(key.as_ref()).ok()?.parse::<usize>().ok()?),
            _ => node.get(key),
        })
    }

    /// The place of the value at the end of a path.
    pub fn span_at<K: AsRef<[u8]>>(&self, path: &[K]) -> Option<Span> {
        self.at(path).map(Node::span)
    }

    /// The place of the key at the end of a path, or of the item if the last step is into a sequence.
    pub fn key_span_at<K: AsRef<[u8]>>(&self, path: &[K]) -> Option<Span> {
        let (last, parents) = path.split_last()?;
        let parent = self.at(parents)?;
        match parent.entry(last) {
            Some(entry) => Some(entry.key.span),
            None => parent.span_at(std::slice::from_ref(last)),
        }
    }

    /// The value. All numbers become floats, as in values that come out of JSON.
    #[allow(clippy::cast_precision_loss)]
    pub fn to_value(&self) -> Value {
        let mut builder = Builder::default();
        for step in Steps::new(self) {
            match step {
                Step::OpenSeq => builder.open_list(),
                Step::OpenMap => builder.open_map(),
                Step::Close => builder.close(),
                Step::Key(key) => builder.key(&key.key_text().unwrap_or_default()),
                Step::Scalar(node) => builder.add(match &node.kind {
                    NodeKind::Bool(flag) => Value::Bool(*flag),
                    NodeKind::Int(number) => Value::Float(*number as f64),
                    NodeKind::Uint(number) => Value::Float(*number as f64),
                    NodeKind::Float(number) => Value::Float(*number),
                    NodeKind::Str(text) => Value::str(json_text(text)),
                    _ => Value::Nil,
                }),
            }
        }
        builder.finish()
    }

    /// The text of a scalar as it arrives in a Go field of type string: sigs writes numbers and bools out.
    pub fn to_text(&self) -> Option<Cow<'_, [u8]>> {
        Some(match &self.kind {
            NodeKind::Str(text) => json_text(text),
            NodeKind::Bool(flag) => owned(flag.to_string()),
            NodeKind::Int(number) => owned(number.to_string()),
            NodeKind::Uint(number) => owned(number.to_string()),
            NodeKind::Float(number) => owned(number::format_g32(*number)),
            NodeKind::Null | NodeKind::Seq(_) | NodeKind::Map(_) => return None,
        })
    }

    /// The text of a scalar as a key of a JSON object; `None` where sigs refuses.
    pub fn key_text(&self) -> Option<Cow<'_, [u8]>> {
        match &self.kind {
            NodeKind::Str(text) => Some(json_text(text)),
            NodeKind::Bool(flag) => build::key_text(Scalar::Bool(*flag)).map(owned),
            NodeKind::Int(number) => build::key_text(Scalar::Int(*number)).map(owned),
            NodeKind::Float(number) => build::key_text(Scalar::Float(*number)).map(owned),
            _ => None,
        }
    }

    fn take_children(&mut self, out: &mut Vec<Node>) {
        match std::mem::replace(&mut self.kind, NodeKind::Null) {
            NodeKind::Seq(items) => out.extend(items),
            NodeKind::Map(entries) => out.extend(entries.into_iter().flat_map(|entry| [entry.key, entry.value])),
            _ => {}
        }
    }
}

fn owned<'a>(text: String) -> Cow<'a, [u8]> {
    Cow::Owned(text.into_bytes())
}

/// A string as it comes out of JSON: each invalid byte becomes U+FFFD.
pub(super) fn json_text(text: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(text).is_ok() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for _ in chunk.invalid() {
            out.extend_from_slice("\u{FFFD}".as_bytes());
        }
    }
    Cow::Owned(out)
}

/// Nodes may nest deeper than a call stack reaches, so they are taken apart level by level.
impl Drop for Node {
    fn drop(&mut self) {
        if !matches!(self.kind, NodeKind::Seq(_) | NodeKind::Map(_)) {
            return;
        }
        let mut pending = Vec::new();
        self.take_children(&mut pending);
        while let Some(mut node) = pending.pop() {
            node.take_children(&mut pending);
        }
    }
}

/// One step of a walk over a node.
pub(super) enum Step<'a> {
    OpenSeq,
    OpenMap,
    Close,
    Key(&'a Node),
    Scalar(&'a Node),
}

/// A walk over a node and all below it, in the order of the text.
pub(super) struct Steps<'a> {
    start: Option<&'a Node>,
    open: Vec<Cursor<'a>>,
}

enum Cursor<'a> {
    Seq(std::slice::Iter<'a, Node>),
    Map(std::slice::Iter<'a, Entry>, Option<&'a Node>),
}

impl<'a> Steps<'a> {
    pub(super) fn new(start: &'a Node) -> Steps<'a> {
        Steps { start: Some(start), open: Vec::new() }
    }

    /// How many collections are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    fn enter(&mut self, node: &'a Node) -> Step<'a> {
        match &node.kind {
            NodeKind::Seq(items) => {
                self.open.push(Cursor::Seq(items.iter()));
                Step::OpenSeq
            }
            NodeKind::Map(entries) => {
                self.open.push(Cursor::Map(entries.iter(), None));
                Step::OpenMap
            }
            _ => Step::Scalar(node),
        }
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        if let Some(start) = self.start.take() {
            return Some(self.enter(start));
        }
        let child = match self.open.last_mut()? {
            Cursor::Seq(items) => items.next(),
            Cursor::Map(entries, value) => match value.take() {
                Some(value) => Some(value),
                None => match entries.next() {
                    Some(entry) => {
                        *value = Some(&entry.value);
                        return Some(Step::Key(&entry.key));
                    }
                    None => None,
                },
            },
        };
        match child {
            Some(child) => Some(self.enter(child)),
            None => {
                self.open.pop();
                Some(Step::Close)
            }
        }
    }
}
