//! The head of a manifest, read while the whole of it is checked.
//!
//! Helm unmarshals every manifest into a small struct (`SimpleHead`) to sort it and to find hooks, and so finds faults
//! in YAML that templates made. [`check`] walks over the events without building anything; a manifest with anchors,
//! tags, odd keys or a fault is read again the long way.

use super::error::Error;
use super::event::{Event, EventKind, Events};
use super::json;
use super::node::{Entry, Node, NodeKind};
use super::number;
use super::resolve::{self, Scalar};
use crate::source::SourceId;
use std::borrow::Cow;

/// What Helm reads of a manifest. Missing texts are empty, as in Go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    /// `apiVersion`.
    pub api_version: Cow<'a, str>,
    /// `kind`.
    pub kind: Cow<'a, str>,
    /// `metadata`, unless it is missing or null.
    pub metadata: Option<Metadata<'a>>,
}

/// What Helm reads of `metadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// `name`.
    pub name: Cow<'a, str>,
    /// `annotations`, unless they are missing or null; of equal keys the last one counts.
    pub annotations: Option<Vec<(Cow<'a, str>, Cow<'a, str>)>>,
}

impl Head<'_> {
    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        let annotations = self.metadata.as_ref()?.annotations.as_ref()?;
        annotations.iter().rev().find(|(have, _)| have == key).map(|(_, value)| value.as_ref())
    }

    /// Whether there are any annotations.
    pub fn has_annotations(&self) -> bool {
        self.metadata.as_ref().is_some_and(|metadata| metadata.annotations.as_ref().is_some_and(|all| !all.is_empty()))
    }
}

/// Checks a manifest as Helm does when it unmarshals it into `SimpleHead`, and returns its head.
///
/// Only the first document of the text counts. Fields are found whatever the case of their letters, and numbers
/// and bools in them become texts.
pub fn check(text: &[u8]) -> Result<Head<'_>, Error> {
    match Walk::new(text).run()? {
        Some(head) => Ok(head),
        None => read(text),
    }
}

/// What a value under a key of the head means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Other,
    ApiVersion,
    Kind,
    Metadata,
    Name,
    Annotations,
    Annotation,
}

/// What an open collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Sequence,
    /// A mapping, and whether its next node is a key.
    Mapping {
        key: bool,
    },
}

struct Walk<'a> {
    text: &'a [u8],
    events: Events<'a>,
    open: Vec<Part>,
    head: Head<'a>,
    /// What the value to come means.
    field: Field,
    /// What the collection at depth 2 is, and the one at depth 3.
    inside: [Field; 2],
    seen: [bool; 7],
    annotation: Cow<'a, str>,
}

impl<'a> Walk<'a> {
    fn new(text: &'a [u8]) -> Walk<'a> {
        Walk {
            text,
            events: Events::new(text),
            open: Vec::with_capacity(16),
            head: Head::default(),
            field: Field::Other,
            inside: [Field::Other; 2],
            seen: [false; 7],
            annotation: Cow::Borrowed(""),
        }
    }

    /// Walks to the end of the document; `None` if the manifest has to be read the long way.
    fn run(mut self) -> Result<Option<Head<'a>>, Error> {
        if self.events.next()?.kind == EventKind::StreamEnd {
            return Ok(Some(self.head));
        }
        loop {
            let event = self.events.next()?;
            if event.tagged || event.anchored {
                return Ok(None);
            }
            let plain_walk = match event.kind {
                EventKind::DocumentEnd => return Ok(Some(self.head)),
                EventKind::SequenceEnd | EventKind::MappingEnd => {
                    self.open.pop();
                    true
                }
                _ => match self.open.last_mut() {
                    Some(Part::Mapping { key }) if *key => {
                        *key = false;
                        self.key(&event)
                    }
                    Some(Part::Mapping { key }) => {
                        *key = true;
                        self.value(&event)
                    }
                    _ => self.value(&event),
                },
            };
            if !plain_walk {
                return Ok(None);
            }
        }
    }

    /// Takes a key; false if it is unusual.
    fn key(&mut self, event: &Event) -> bool {
        let characters = self.events.characters(event.piece);
        match event.kind {
            EventKind::Plain if is_odd_key(characters) => return false,
            EventKind::Plain | EventKind::Quoted => {}
            _ => return false,
        }
        let fields: &[(&[u8], Field)] = match (self.open.len(), self.inside) {
            (1, _) => &[(b"apiVersion", Field::ApiVersion), (b"kind", Field::Kind), (b"metadata", Field::Metadata)],
            (2, [Field::Metadata, _]) => &[(b"name", Field::Name), (b"annotations", Field::Annotations)],
            (3, [_, Field::Annotations]) => {
                let Some(key) = self.characters(event) else { return false };
                let Some(key) = coerced_key(key, event.kind) else { return false };
                self.annotation = key;
                self.field = Field::Annotation;
                return true;
            }
            _ => {
                self.field = Field::Other;
                return true;
            }
        };
        self.field = Field::Other;
        for (name, field) in fields {
            if characters == *name {
                self.field = *field;
                return !std::mem::replace(&mut self.seen[*field as usize], true);
            }
            if folds_to(characters, name) {
                return false;
            }
        }
        true
    }

    /// Takes a value or opens it; false if it is unusual.
    fn value(&mut self, event: &Event) -> bool {
        let field = std::mem::replace(&mut self.field, Field::Other);
        match event.kind {
            EventKind::Plain | EventKind::Quoted if field == Field::Other => {
                // The root may be null, but no other scalar.
                let characters = self.events.characters(event.piece);
                let finite = event.kind == EventKind::Quoted || !is_odd_number(characters);
                finite && (!self.open.is_empty() || is_null(characters, event.kind))
            }
            EventKind::Plain | EventKind::Quoted => self.scalar(event, field),
            EventKind::MappingStart => {
                match field {
                    Field::Metadata => self.head.metadata = Some(Metadata::default()),
                    Field::Annotations => self.annotations().clear(),
                    Field::Other => {}
                    _ => return false,
                }
                if let depth @ (1 | 2) = self.open.len() {
                    self.inside[depth - 1] = field;
                }
                self.open.push(Part::Mapping { key: true });
                true
            }
            EventKind::SequenceStart => {
                self.open.push(Part::Sequence);
                field == Field::Other && self.open.len() > 1
            }
            _ => false,
        }
    }

    fn scalar(&mut self, event: &Event, field: Field) -> bool {
        let Some(characters) = self.characters(event) else { return false };
        let Some(text) = coerced(characters, event.kind) else {
            // Null leaves a field as it is, and an annotation empty.
            if field == Field::Annotation {
                let key = std::mem::take(&mut self.annotation);
                self.annotations().push((key, Cow::Borrowed("")));
            }
            return true;
        };
        match field {
            Field::ApiVersion => self.head.api_version = text,
            Field::Kind => self.head.kind = text,
            Field::Name => self.head.metadata.get_or_insert_default().name = text,
            Field::Annotation => {
                let key = std::mem::take(&mut self.annotation);
                self.annotations().push((key, text));
            }
            Field::Metadata | Field::Annotations | Field::Other => return false,
        }
        true
    }

    fn annotations(&mut self) -> &mut Vec<(Cow<'a, str>, Cow<'a, str>)> {
        self.head.metadata.get_or_insert_default().annotations.get_or_insert_default()
    }

    /// The characters of a scalar, borrowed where they lie in the text.
    fn characters(&self, event: &Event) -> Option<Cow<'a, str>> {
        let piece = event.piece;
        if piece.scratch || matches!(self.events.scanner.text, Cow::Owned(_)) {
            return std::str::from_utf8(self.events.characters(piece)).ok().map(|text| Cow::Owned(text.to_owned()));
        }
        std::str::from_utf8(self.text.get(piece.start()..piece.end())?).ok().map(Cow::Borrowed)
    }
}

/// Whether a plain key may be one that JSON refuses, or a merge.
fn is_odd_key(text: &[u8]) -> bool {
    match text.first() {
        None => true,
        Some(b'~' | b'n' | b'N' | b'0'..=b'9' | b'+' | b'-') => {
            matches!(resolve::plain(text), Scalar::Null | Scalar::Uint(_))
        }
        Some(b'<') => text == b"<<",
        Some(_) => false,
    }
}

/// Whether a plain scalar is a number that JSON lacks.
fn is_odd_number(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'.' | b'+' | b'-'))
        && matches!(resolve::plain(text), Scalar::Float(number) if !number.is_finite())
}

fn is_null(text: &[u8], kind: EventKind) -> bool {
    kind == EventKind::Plain && resolve::plain(text) == Scalar::Null
}

/// A scalar as a Go string; `None` for null.
fn coerced(text: Cow<'_, str>, kind: EventKind) -> Option<Cow<'_, str>> {
    if kind == EventKind::Quoted {
        return Some(text);
    }
    Some(match resolve::plain(text.as_bytes()) {
        Scalar::Null => return None,
        Scalar::Bool(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
        Scalar::Int(number) => Cow::Owned(number.to_string()),
        Scalar::Uint(number) => Cow::Owned(number.to_string()),
        Scalar::Float(number) => Cow::Owned(number::format_g32(number)),
        Scalar::Str | Scalar::Timestamp => text,
    })
}

/// A key as a Go string; `None` where the long way has to decide.
fn coerced_key(text: Cow<'_, str>, kind: EventKind) -> Option<Cow<'_, str>> {
    match resolve::plain(text.as_bytes()) {
        Scalar::Float(_) if kind == EventKind::Plain => None,
        _ => coerced(text, kind),
    }
}

/// Whether a key names a field in another case, as Go's JSON compares names: U+017F is an `s`, U+212A a `k`.
fn folds_to(key: &[u8], name: &[u8]) -> bool {
    if key.is_ascii() {
        return key.eq_ignore_ascii_case(name);
    }
    let Ok(key) = std::str::from_utf8(key) else { return false };
    let folded = key.chars().map(|found| match found {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        _ => found.to_ascii_lowercase(),
    });
    folded.eq(name.iter().map(|byte| char::from(byte.to_ascii_lowercase())))
}

// The long way.

/// Reads a head by way of a whole tree.
fn read<'a>(text: &[u8]) -> Result<Head<'a>, Error> {
    let mut node = super::decode_first(text, SourceId::default())?;
    json::check_keys(&node, text)?;
    coerce_fields(&mut node);
    json::check_values(&node, text)?;
    let mut reader = Reader { text, error: None };
    let head = reader.head(&node);
    match reader.error {
        Some(error) => Err(error),
        None => Ok(head),
    }
}

/// Makes texts of the scalars in fields that are strings in Go.
fn coerce_fields(root: &mut Node) {
    for entry in root.entries_mut() {
        if key_is(entry, "apiVersion") || key_is(entry, "kind") {
            coerce(&mut entry.value);
        } else if key_is(entry, "metadata") {
            for entry in entry.value.entries_mut() {
                if key_is(entry, "name") {
                    coerce(&mut entry.value);
                } else if key_is(entry, "annotations") {
                    entry.value.entries_mut().iter_mut().for_each(|entry| coerce(&mut entry.value));
                }
            }
        }
    }
}

fn coerce(node: &mut Node) {
    if let Some(text) = node.to_text().map(Cow::into_owned) {
        *node = Node::new(node.span(), NodeKind::Str(text.into()));
    }
}

fn key_is(entry: &Entry, name: &str) -> bool {
    entry.key.key_text().is_some_and(|key| folds_to(&key, name.as_bytes()))
}

/// Fills a head in the order of JSON and keeps the first type error.
struct Reader<'t> {
    text: &'t [u8],
    error: Option<Error>,
}

/// How Go names the type behind `metadata`.
const METADATA_TYPE: &str =
    "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";

impl Reader<'_> {
    fn unfit(&mut self, node: &Node, target: &str) {
        let found = match node.kind() {
            NodeKind::Seq(_) => "array",
            NodeKind::Map(_) => "object",
            NodeKind::Str(_) => "string",
            NodeKind::Bool(_) => "bool",
            _ => "number",
        };
        let problem = format!("json: cannot unmarshal {found} into Go {target}");
        let (text, start) = (self.text, node.span().start as usize);
        self.error.get_or_insert_with(|| Error::target(text, problem, start));
    }

    fn head<'a>(&mut self, root: &Node) -> Head<'a> {
        let mut head = Head::default();
        match root.kind() {
            NodeKind::Null | NodeKind::Map(_) => {}
            _ => self.unfit(root, "value of type util.SimpleHead"),
        }
        for entry in sorted(root) {
            if key_is(entry, "apiVersion") {
                self.string(&entry.value, &mut head.api_version, "SimpleHead.apiVersion");
            } else if key_is(entry, "kind") {
                self.string(&entry.value, &mut head.kind, "SimpleHead.kind");
            } else if key_is(entry, "metadata") {
                self.metadata(&entry.value, &mut head.metadata);
            }
        }
        head
    }

    fn metadata(&mut self, node: &Node, metadata: &mut Option<Metadata<'_>>) {
        match node.kind() {
            NodeKind::Null => *metadata = None,
            NodeKind::Map(_) => {
                let metadata = metadata.get_or_insert_default();
                for entry in sorted(node) {
                    if key_is(entry, "name") {
                        self.string(&entry.value, &mut metadata.name, ".metadata.name");
                    } else if key_is(entry, "annotations") {
                        self.annotations(&entry.value, &mut metadata.annotations);
                    }
                }
            }
            _ => {
                // Go makes the struct before it looks at the value.
                metadata.get_or_insert_default();
                self.unfit(node, &format!("struct field SimpleHead.metadata of type {METADATA_TYPE}"));
            }
        }
    }

    fn annotations(&mut self, node: &Node, all: &mut Option<Vec<(Cow<'_, str>, Cow<'_, str>)>>) {
        match node.kind() {
            NodeKind::Null => *all = None,
            NodeKind::Map(_) => {
                let all = all.get_or_insert_default();
                for entry in sorted(node) {
                    let mut value = Cow::Borrowed("");
                    self.string(&entry.value, &mut value, ".metadata.annotations");
                    all.push((owned(&entry.key.key_text().unwrap_or_default()), value));
                }
            }
            _ => self.unfit(node, "struct field .metadata.annotations of type map[string]string"),
        }
    }

    fn string(&mut self, node: &Node, field: &mut Cow<'_, str>, name: &str) {
        match node.kind() {
            NodeKind::Null => {}
            NodeKind::Str(_) => *field = owned(&node.to_text().unwrap_or_default()),
            _ => self.unfit(node, &format!("struct field {name} of type string")),
        }
    }
}

fn owned<'a>(text: &[u8]) -> Cow<'a, str> {
    Cow::Owned(String::from_utf8_lossy(text).into_owned())
}

/// The entries of a mapping in the order of JSON.
fn sorted(node: &Node) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = node.entries().iter().collect();
    entries.sort_by(|a, b| a.key.key_text().cmp(&b.key.key_text()));
    entries
}
