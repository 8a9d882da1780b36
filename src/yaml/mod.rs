//! YAML, read and written exactly as Helm does it.
//!
//! Helm reads YAML with `sigs.k8s.io/yaml`, which is `go.yaml.in/yaml/v2` (YAML 1.1 with Go's own rules) on the way
//! to JSON, and writes it with the same pair, or with `go.yaml.in/yaml/v3` in `toYamlPretty`. Bytes become
//! tokens in the scanner, tokens become events, and events become a [`Value`] ([`from_yaml`]), a [`Node`]
//! that knows its places ([`parse`]) or nothing at all ([`check`]). Faults carry Go's text and the real place.

mod build;
mod decode;
mod documents;
mod emit;
mod encode;
mod error;
mod event;
mod fetch;
mod head;
mod json;
mod node;
mod number;
mod order;
mod pretty;
mod properties;
mod reader;
mod resolve;
mod scalar;
mod scanner;
mod style;
mod syntax;
mod token;
mod tree;
mod wire;

pub use documents::{Document, DocumentError, documents};
pub use encode::to_yaml;
pub use error::Error;
pub use head::{Head, Metadata, check};
pub use node::{Entry, Node, NodeKind, Overruled};
pub use pretty::to_yaml_pretty;

use crate::source::SourceId;
use crate::value::{List, ListKind, Map, Value};
use build::Direct;
use decode::Duplicates;
use event::Events;
use tree::Tree;

/// Reads the first document of a text as sigs' `Unmarshal` does into an `interface {}`.
///
/// All numbers are floats, all maps are `map[string]interface {}`; no document is null.
pub fn from_yaml(text: &[u8]) -> Result<Value, Error> {
    match build::direct(text)? {
        Direct::Done(value) => Ok(value),
        Direct::Unusual => Ok(parse(text, SourceId::default())?.to_value()),
    }
}

/// Reads as [`from_yaml`], but equal keys in one mapping are an error, as in sigs' `UnmarshalStrict`.
pub fn from_yaml_strict(text: &[u8]) -> Result<Value, Error> {
    Ok(parse_first(text, SourceId::default(), Duplicates::Refused)?.to_value())
}

/// Reads a document that must be a mapping, as Helm reads values and `fromYaml` its argument; null is an empty one.
pub fn from_yaml_map(text: &[u8]) -> Result<Map, Error> {
    match from_yaml(text)? {
        Value::Map(map) => Ok(map),
        Value::Nil => Ok(Map::new()),
        other => Err(unfit(text, &other, "map[string]interface {}")),
    }
}

/// Reads a document that must be a sequence, as `fromYamlArray` does; null is an empty one.
pub fn from_yaml_array(text: &[u8]) -> Result<List, Error> {
    match from_yaml(text)? {
        Value::List(list) => Ok(list),
        Value::Nil => Ok(List::new(ListKind::Any, Vec::new())),
        other => Err(unfit(text, &other, "[]interface {}")),
    }
}

fn unfit(text: &[u8], found: &Value, target: &str) -> Error {
    let start = text.len() - text.trim_ascii_start().len();
    let found = match found {
        Value::Bool(_) => "bool",
        Value::Str(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "number",
    };
    Error::target(text, format!("json: cannot unmarshal {found} into Go value of type {target}"), start)
}

/// Reads the first document of a text with the places of all its parts. It fails exactly where [`from_yaml`] does.
pub fn parse(text: &[u8], source: SourceId) -> Result<Node, Error> {
    parse_first(text, source, Duplicates::Allowed)
}

/// Reads as [`parse`], but equal keys in one mapping are an error.
pub fn parse_strict(text: &[u8], source: SourceId) -> Result<Node, Error> {
    parse_first(text, source, Duplicates::Refused)
}

/// Whether key `a` is printed before key `b`.
pub(crate) fn key_less(a: &[u8], b: &[u8]) -> bool {
    order::less(a, b, order::Dialect::V2)
}

/// Sorts by the order in which keys are printed.
pub(crate) fn sort_keys<T: Copy>(items: &mut Vec<T>, key: impl Fn(&T) -> &[u8]) {
    order::sort(items, key, order::Dialect::V2);
}

/// Reads as [`parse`]; the entries that a later one of the same key in their mapping overrules come back
/// with the document.
pub fn parse_noting_duplicates(text: &[u8], source: SourceId) -> Result<(Node, Vec<Overruled>), Error> {
    let mut events = Events::new(text);
    let Some(tree) = Tree::read(&mut events)? else {
        return Ok((Node::new(crate::source::Span::new(source, 0, 0), NodeKind::Null), Vec::new()));
    };
    let text = &events.scanner.text;
    let (node, overruled) = decode::decode_noting(&tree, text, source, Duplicates::Allowed)?;
    json::check(&node, text)?;
    Ok((node, overruled))
}

fn parse_first(text: &[u8], source: SourceId, duplicates: Duplicates) -> Result<Node, Error> {
    let mut events = Events::new(text);
    match Tree::read(&mut events)? {
        Some(tree) => expand(&tree, &events, source, duplicates),
        None => Ok(Node::new(crate::source::Span::new(source, 0, 0), NodeKind::Null)),
    }
}

/// Reads the first document of a text, whether or not it has a JSON form.
fn decode_first(text: &[u8], source: SourceId) -> Result<Node, Error> {
    let mut events = Events::new(text);
    match Tree::read(&mut events)? {
        Some(tree) => decode::decode(&tree, &events.scanner.text, source, Duplicates::Allowed),
        None => Ok(Node::new(crate::source::Span::new(source, 0, 0), NodeKind::Null)),
    }
}

/// Reads all documents of a stream with the places of all their parts.
pub fn parse_all(text: &[u8], source: SourceId) -> Result<Vec<Node>, Error> {
    let (documents, _) = parse_all_noting_duplicates(text, source)?;
    Ok(documents)
}

/// Reads as [`parse_all`]; the entries of all documents that a later one of the same key in their mapping overrules
/// come back with them.
pub fn parse_all_noting_duplicates(text: &[u8], source: SourceId) -> Result<(Vec<Node>, Vec<Overruled>), Error> {
    let mut events = Events::new(text);
    let (mut documents, mut overruled) = (Vec::new(), Vec::new());
    while let Some(tree) = Tree::read(&mut events)? {
        let text = &events.scanner.text;
        let (node, found) = decode::decode_noting(&tree, text, source, Duplicates::Allowed)?;
        json::check(&node, text)?;
        documents.push(node);
        overruled.extend(found);
    }
    Ok((documents, overruled))
}

fn expand(tree: &Tree, events: &Events<'_>, source: SourceId, duplicates: Duplicates) -> Result<Node, Error> {
    let text = &events.scanner.text;
    let node = decode::decode(tree, text, source, duplicates)?;
    json::check(&node, text)?;
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn errors_know_the_line_that_go_misses() {
        let error = from_yaml(b"a: 1\nb: [1\nc: 2\n").expect_err("an open bracket");
        assert_eq!(error.go_text(), "error converting YAML to JSON: yaml: line 2: did not find expected ',' or ']'");
        assert_eq!((error.line(), error.offset()), (Some(3), Some(12)));
        assert_eq!(error.message(), "did not find expected ',' or ']'");
    }

    #[test]
    fn nodes_know_their_places() {
        let source = SourceId(3);
        let node = parse(b"a:\n  b: [x, \"y z\"]\n  c: 1 # one\n", source).expect("YAML");
        assert_eq!(node.span_at(&["a", "b", "1"]), Some(Span::new(source, 12, 17)));
        assert_eq!(node.key_span_at(&["a", "c"]), Some(Span::new(source, 21, 22)));
        assert_eq!(node.span_at(&["a"]), Some(Span::new(source, 5, 25)));
        assert_eq!(node.span_at(&["a", "d"]), None);
    }

    #[test]
    fn merged_entries_keep_the_place_where_they_are_written() {
        let node = parse(b"x: &x {k: 1, l: 2}\nz:\n  l: 3\n  <<: *x\n", SourceId(0)).expect("YAML");
        assert_eq!(node.span_at(&["z", "k"]), Some(Span::new(SourceId(0), 10, 11)));
        assert_eq!(node.get("z").and_then(|z| z.get("l")).map(Node::kind), Some(&NodeKind::Int(2)));
    }

    #[test]
    fn targets_of_another_type_are_refused_in_go_s_words() {
        let error = from_yaml_map(b"- a").expect_err("a list").to_string();
        let expected = "json: cannot unmarshal array into Go value of type map[string]interface {}";
        assert_eq!(error, format!("error unmarshaling JSON: while decoding JSON: {expected}"));
        assert!(from_yaml_map(b"# nothing").expect("an empty document").is_empty());
        assert!(from_yaml_array(b"null").expect("a null document").is_empty());
    }

    #[test]
    fn duplicate_keys_are_refused_on_demand() {
        let error = from_yaml_strict(b"a: 1\nb: 2\na: 3\n").expect_err("two keys `a`").to_string();
        let expected = "yaml: unmarshal errors:\n  line 3: key \"a\" already set in map";
        assert_eq!(error, format!("error converting YAML to JSON: {expected}"));
        assert!(from_yaml(b"a: 1\na: 3\n").is_ok());
    }

    #[test]
    fn heads_are_read_whatever_their_types() {
        let head = check(b"kind: 5\nmetadata:\n  name: x\n  annotations: {helm.sh/hook-weight: -1}\n").expect("a head");
        assert_eq!((head.kind.as_ref(), head.annotation("helm.sh/hook-weight")), ("5", Some("-1")));
        let error = check(b"kind: [x]\n").expect_err("a list").to_string();
        assert!(error.ends_with("json: cannot unmarshal array into Go struct field SimpleHead.kind of type string"));
    }
}
