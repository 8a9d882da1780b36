//! The values of rendered documents and of expectations, as go-yaml v3 types them.
//!
//! helm-unittest reads both sides with go-yaml v3, whose words for bools are YAML 1.2's: `yes` is a text there. Integers
//! and floats are different types, so that `1` does not equal `1.0`.

use crate::source::Span;
use crate::value::{Map, Value};
use crate::yaml::{self, Node, NodeKind};

/// How deep a document may nest.
const MAX_DEPTH: usize = 1_000;

/// One value with the place of its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Where it was written.
    pub span: Span,
    /// What it is.
    pub kind: DataKind,
}

/// One entry of a mapping.
type Entry = (Vec<u8>, Data);

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum DataKind {
    /// Null.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer above them.
    Uint(u64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(Vec<u8>),
    /// A list.
    List(Vec<Data>),
    /// A mapping in the order in which it is printed.
    Map(Vec<(Vec<u8>, Data)>),
}

impl Data {
    /// The values of a parsed document, whose bytes are `text`.
    ///
    /// # Errors
    /// A document that nests deeper than a thousand levels.
    pub fn of_node(node: &Node, text: &[u8]) -> Result<Data, String> {
        build(node, text, 0)
    }

    /// The same value in a text where its own starts at byte `offset`.
    pub(super) fn moved(mut self, offset: usize) -> Data {
        self.shift(u32::try_from(offset).unwrap_or(u32::MAX));
        self
    }

    fn shift(&mut self, by: u32) {
        self.span.start = self.span.start.saturating_add(by);
        self.span.end = self.span.end.saturating_add(by);
        match &mut self.kind {
            DataKind::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
            DataKind::Map(entries) => entries.iter_mut().for_each(|(_, value)| value.shift(by)),
            _ => {}
        }
    }

    /// The entries, if this is a mapping.
    pub fn entries(&self) -> &[(Vec<u8>, Data)] {
        match &self.kind {
            DataKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items, if this is a list.
    pub fn items(&self) -> &[Data] {
        match &self.kind {
            DataKind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Data> {
        self.entries().iter().find(|(name, _)| name == key.as_bytes()).map(|(_, value)| value)
    }

    /// The bytes, if this is a text.
    pub fn as_text(&self) -> Option<&[u8]> {
        match &self.kind {
            DataKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether both are equal in value and type, wherever they were written.
    pub fn same(&self, other: &Data) -> bool {
        match (&self.kind, &other.kind) {
            (DataKind::List(one), DataKind::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.same(two))
            }
            (DataKind::Map(one), DataKind::Map(two)) => {
                let equal = |((key, value), (other, expected)): (&Entry, &Entry)| key == other && value.same(expected);
                one.len() == two.len() && one.iter().zip(two).all(equal)
            }
            (one, two) => one == two,
        }
    }

    /// Whether every key of `part` has an equal value here; a null fits a key that is not there.
    pub fn has_entries(&self, part: &Data) -> bool {
        part.entries().iter().all(|(key, wanted)| {
            let found = self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value);
            found.map_or(wanted.kind == DataKind::Null, |found| found.same(wanted))
        })
    }

    /// Whether this is null, an empty text, zero, false, or a collection without members.
    pub fn is_empty(&self) -> bool {
        match &self.kind {
            DataKind::Null => true,
            DataKind::Bool(flag) => !flag,
            DataKind::Int(number) => *number == 0,
            DataKind::Uint(number) => *number == 0,
            DataKind::Float(number) => *number == 0.0,
            DataKind::Text(text) => text.is_empty(),
            DataKind::List(items) => items.is_empty(),
            DataKind::Map(entries) => entries.is_empty(),
        }
    }

    /// Go's name of the type; empty for null.
    pub fn go_type(&self) -> &'static str {
        match &self.kind {
            DataKind::Null => "",
            DataKind::Bool(_) => "bool",
            DataKind::Int(_) => "int",
            DataKind::Uint(_) => "uint64",
            DataKind::Float(_) => "float64",
            DataKind::Text(_) => "string",
            DataKind::List(_) => "[]interface {}",
            DataKind::Map(_) => "map[string]interface {}",
        }
    }

    /// The same value with every text [trimmed](trimmed).
    pub fn with_trimmed_texts(&self) -> Data {
        let kind = match &self.kind {
            DataKind::Text(text) => DataKind::Text(trimmed(text)),
            DataKind::List(items) => DataKind::List(items.iter().map(Data::with_trimmed_texts).collect()),
            DataKind::Map(entries) => {
                let entry = |(key, value): &(Vec<u8>, Data)| (key.clone(), value.with_trimmed_texts());
                DataKind::Map(entries.iter().map(entry).collect())
            }
            other => other.clone(),
        };
        Data { span: self.span, kind }
    }

    /// YAML as go-yaml v3 writes it, leading line breaks of texts left out, with a line break at the end.
    pub fn to_yaml(&self) -> String {
        let text = yaml::to_yaml_pretty(&self.to_value()).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The value that templates see when this is set: all numbers are floats, as behind JSON.
    #[allow(clippy::cast_precision_loss)]
    pub fn to_helm(&self) -> Value {
        match &self.kind {
            DataKind::Null => Value::Nil,
            DataKind::Bool(flag) => Value::Bool(*flag),
            DataKind::Int(number) => Value::Float(*number as f64),
            DataKind::Uint(number) => Value::Float(*number as f64),
            DataKind::Float(number) => Value::Float(*number),
            DataKind::Text(text) => Value::str(text),
            DataKind::List(items) => Value::list(items.iter().map(Data::to_helm).collect()),
            DataKind::Map(entries) => {
                let map: Map = entries.iter().map(|(key, value)| (key.as_slice(), value.to_helm())).collect();
                Value::Map(map)
            }
        }
    }

    fn to_value(&self) -> Value {
        match &self.kind {
            DataKind::Null => Value::Nil,
            DataKind::Bool(flag) => Value::Bool(*flag),
            DataKind::Int(number) => Value::Int(*number),
            DataKind::Uint(number) => Value::Uint64(*number),
            DataKind::Float(number) => Value::Float(*number),
            DataKind::Text(text) => Value::str(without_leading_breaks(text)),
            DataKind::List(items) => Value::list(items.iter().map(Data::to_value).collect()),
            DataKind::Map(entries) => {
                let map: Map = entries.iter().map(|(key, value)| (key.as_slice(), value.to_value())).collect();
                Value::Map(map)
            }
        }
    }
}

fn build(node: &Node, text: &[u8], depth: usize) -> Result<Data, String> {
    if depth > MAX_DEPTH {
        return Err(format!("the document nests deeper than {MAX_DEPTH} levels"));
    }
    let kind = match node.kind() {
        NodeKind::Null => DataKind::Null,
        NodeKind::Bool(flag) => match written(node, text) {
            word if is_word_of_1_1(word) => DataKind::Text(word.to_vec()),
            _ => DataKind::Bool(*flag),
        },
        NodeKind::Int(number) => DataKind::Int(*number),
        NodeKind::Uint(number) => DataKind::Uint(*number),
        NodeKind::Float(number) => DataKind::Float(*number),
        NodeKind::Str(text) => DataKind::Text(text.to_vec()),
        NodeKind::Seq(items) => {
            let items = items.iter().map(|item| build(item, text, depth + 1));
            DataKind::List(items.collect::<Result<_, _>>()?)
        }
        NodeKind::Map(entries) => {
            let keys: Vec<Vec<u8>> = entries.iter().map(|entry| key_text(&entry.key, text)).collect();
            let mut sorted: Vec<(&[u8], &Node)> =
                keys.iter().map(Vec::as_slice).zip(entries.iter().map(|entry| &entry.value)).collect();
            yaml::sort_keys(&mut sorted, |(key, _)| key);
            let mut built = Vec::with_capacity(entries.len());
            for (key, value) in sorted {
                built.push((key.to_vec(), build(value, text, depth + 1)?));
            }
            DataKind::Map(built)
        }
    };
    Ok(Data { span: node.span(), kind })
}

fn key_text(key: &Node, text: &[u8]) -> Vec<u8> {
    match key.kind() {
        NodeKind::Bool(_) => written(key, text).to_vec(),
        _ => key.key_text().unwrap_or_default().into_owned(),
    }
}

fn written<'a>(node: &Node, text: &'a [u8]) -> &'a [u8] {
    text.get(node.span().start as usize..node.span().end as usize).unwrap_or_default()
}

/// Whether a word is a bool in YAML 1.1 alone.
fn is_word_of_1_1(word: &[u8]) -> bool {
    [&b"y"[..], b"n", b"yes", b"no", b"on", b"off"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn without_leading_breaks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| *byte != b'\n').unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

/// A text without spaces before line breaks and without line breaks at its start, as actual texts are compared.
pub(super) fn trimmed(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if at > 0 {
            trim_line(&mut out);
            out.push(b'\n');
        }
        out.extend_from_slice(line);
    }
    without_leading_breaks(&out).to_vec()
}

/// Takes the spaces at the end away, and a carriage return behind spaces.
fn trim_line(out: &mut Vec<u8>) {
    let body = out.strip_suffix(b"\r").unwrap_or(out);
    if body.last() == Some(&b' ') {
        let end = body.iter().rposition(|byte| *byte != b' ').map_or(0, |at| at + 1);
        out.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn data(text: &str) -> Data {
        let node = yaml::parse(text.as_bytes(), SourceId::default()).expect("YAML");
        Data::of_node(&node, text.as_bytes()).expect("a shallow document")
    }

    #[test]
    fn types_are_those_of_go_yaml_v3() {
        let types = |text: &str| data(text).items().iter().map(Data::go_type).collect::<Vec<_>>();
        assert_eq!(
            types("[1, 1.0, '1', true, yes, On, null]"),
            ["int", "float64", "string", "bool", "string", "string", ""]
        );
        assert!(!data("a: 1").same(&data("a: 1.0")));
        assert!(data("{b: [x], a: 1}").same(&data("a: 1\nb:\n  - x\n")));
    }

    #[test]
    fn actual_texts_lose_spaces_at_line_ends() {
        assert_eq!(trimmed(b"\n\na  \nb \r\nc "), b"a\nb\nc ");
        assert_eq!(trimmed(b"x\r\n"), b"x\r\n");
    }

    #[test]
    fn a_null_fits_a_missing_key() {
        assert!(data("{a: 1, b: 2}").has_entries(&data("{a: 1, c: null}")));
        assert!(!data("{a: 1}").has_entries(&data("{a: 2}")));
    }
}
