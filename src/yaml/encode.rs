//! From values to printed YAML.
//!
//! `toYaml` goes from Go values to JSON, reads that JSON as YAML and prints what it read. For nearly all values the
//! detour changes nothing but numbers, so it is skipped; values with characters that do not survive it take it.

use super::decode::{self, Duplicates};
use super::emit::{Context, Emitter};
use super::event::Events;
use super::node::{Node, NodeKind};
use super::number;
use super::order::{self, Dialect};
use super::style::Analysis;
use super::tree::Tree;
use super::wire;
use crate::diagnostic::Fault;
use crate::source::SourceId;
use crate::value::{List, ListKind, Map, Value};

/// Values that nest deeper take the detour, which needs no stack.
const MAX_DIRECT_DEPTH: usize = 200;

/// Longer keys may be too long for go-yaml once they are escaped in JSON.
const MAX_DIRECT_KEY: usize = 160;

/// Prints a value as sigs' `Marshal` does, with a line break at the end.
///
/// It fails where Go does: on numbers that JSON lacks, on values that hold themselves, and on characters that
/// go-yaml does not read back (U+007F, U+0080 to U+009F, U+FFFE, U+FFFF).
pub fn to_yaml(value: &Value) -> Result<Vec<u8>, Fault> {
    let mut emitter = Emitter::new(Dialect::V2);
    match direct(&mut emitter, value, Context::Root, 0) {
        Ok(()) => Ok(emitter.finish()),
        Err(Detour) => through_json(value),
    }
}

/// The value has to go through JSON.
struct Detour;

fn direct(emitter: &mut Emitter, value: &Value, context: Context, depth: usize) -> Result<(), Detour> {
    if depth > MAX_DIRECT_DEPTH {
        return Err(Detour);
    }
    match value {
        Value::Nil | Value::Invalid => emitter.word(b"null"),
        Value::Bool(flag) => emitter.word(if *flag { b"true" } else { b"false" }),
        Value::Int(number) | Value::Int64(number) => emitter.word(number.to_string().as_bytes()),
        Value::Uint64(number) => emitter.word(number.to_string().as_bytes()),
        Value::Uint8(number) => emitter.word(number.to_string().as_bytes()),
        Value::Float(number) if number.is_finite() => emitter.word(float(*number).as_bytes()),
        Value::Str(text) => {
            let analysis = Analysis::of(text, Dialect::V2);
            if !analysis.survives_json {
                return Err(Detour);
            }
            emitter.analysed(text, &analysis);
        }
        Value::List(list) => return direct_list(emitter, list, context, depth),
        Value::Map(map) => return direct_map(emitter, map, depth),
        Value::Float(_) | Value::Object(_) => return Err(Detour),
    }
    Ok(())
}

fn direct_list(emitter: &mut Emitter, list: &List, context: Context, depth: usize) -> Result<(), Detour> {
    if list.is_nil() {
        emitter.word(b"null");
        return Ok(());
    }
    if list.kind() == ListKind::Byte {
        return Err(Detour);
    }
    if list.is_empty() {
        emitter.empty("[]");
        return Ok(());
    }
    let before = emitter.open_sequence(context);
    for item in list.items() {
        emitter.item();
        direct(emitter, item, Context::Item, depth + 1)?;
    }
    emitter.close(before);
    Ok(())
}

fn direct_map(emitter: &mut Emitter, map: &Map, depth: usize) -> Result<(), Detour> {
    if map.is_nil() {
        emitter.word(b"null");
        return Ok(());
    }
    let entries = map.entries();
    if entries.is_empty() {
        emitter.empty("{}");
        return Ok(());
    }
    let before = emitter.open_mapping();
    let mut entries: Vec<_> = entries.iter().collect();
    sort_by_key(&mut entries, |(key, _)| key, Dialect::V2);
    for (key, value) in entries {
        let analysis = Analysis::of(key, Dialect::V2);
        if key.len() > MAX_DIRECT_KEY || !analysis.survives_json {
            return Err(Detour);
        }
        emitter.analysed_key(key, &analysis);
        direct(emitter, value, Context::Value, depth + 1)?;
    }
    emitter.close(before);
    Ok(())
}

/// Sorts entries, which are mostly in order already.
fn sort_by_key<T: Copy>(entries: &mut Vec<T>, key: impl Fn(&T) -> &[u8], dialect: Dialect) {
    let sorted = entries.windows(2).all(|pair| order::less(key(&pair[0]), key(&pair[1]), dialect));
    if !sorted {
        order::sort(entries, key, dialect);
    }
}

/// A float after its way through JSON: an integer if its digits are one of 64 bits.
#[allow(clippy::cast_possible_truncation)]
fn float(number: f64) -> String {
    const EXACT: f64 = 9e15;
    if number == number.trunc() {
        if number.abs() < EXACT {
            return (number as i64).to_string();
        }
        let text = number::format_json(number);
        if number::parse_int(text.as_bytes()).is_some() {
            return text;
        }
    }
    number::format_g(number)
}

fn through_json(value: &Value) -> Result<Vec<u8>, Fault> {
    let json = wire::to_json(value).map_err(|fault| format!("error marshaling into JSON: {fault}"))?;
    let mut events = Events::new(&json);
    let frame = "error converting YAML to JSON: ";
    let bare = |error: super::Error| Fault::new(error.to_string().replacen(frame, "", 1));
    let Some(tree) = Tree::read(&mut events).map_err(bare)? else { return Ok(b"null\n".to_vec()) };
    let node = decode::decode(&tree, &json, SourceId::default(), Duplicates::Allowed).map_err(bare)?;
    let mut emitter = Emitter::new(Dialect::V2);
    emit_node(&mut emitter, &node);
    Ok(emitter.finish())
}

/// What is left to print of an open collection.
enum Open<'a> {
    Items(std::slice::Iter<'a, Node>, isize),
    Entries(std::vec::IntoIter<(&'a [u8], &'a Node)>, isize),
}

fn emit_node(emitter: &mut Emitter, root: &Node) {
    let mut open = Vec::new();
    start_node(emitter, root, Context::Root, &mut open);
    while let Some(innermost) = open.last_mut() {
        let (child, context, before) = match innermost {
            Open::Items(items, before) => (items.next(), Context::Item, *before),
            Open::Entries(entries, before) => match entries.next() {
                Some((key, value)) => {
                    emitter.key(key);
                    (Some(value), Context::Value, *before)
                }
                None => (None, Context::Value, *before),
            },
        };
        match child {
            Some(child) => {
                if context == Context::Item {
                    emitter.item();
                }
                start_node(emitter, child, context, &mut open);
            }
            None => {
                emitter.close(before);
                open.pop();
            }
        }
    }
}

fn start_node<'a>(emitter: &mut Emitter, node: &'a Node, context: Context, open: &mut Vec<Open<'a>>) {
    match node.kind() {
        NodeKind::Null => emitter.word(b"null"),
        NodeKind::Bool(flag) => emitter.word(if *flag { b"true" } else { b"false" }),
        NodeKind::Int(number) => emitter.word(number.to_string().as_bytes()),
        NodeKind::Uint(number) => emitter.word(number.to_string().as_bytes()),
        NodeKind::Float(number) => emitter.word(number::format_g(*number).as_bytes()),
        NodeKind::Str(text) => emitter.string(text),
        NodeKind::Seq(items) if items.is_empty() => emitter.empty("[]"),
        NodeKind::Map(entries) if entries.is_empty() => emitter.empty("{}"),
        NodeKind::Seq(items) => open.push(Open::Items(items.iter(), emitter.open_sequence(context))),
        NodeKind::Map(entries) => {
            let pairs = entries.iter().map(|entry| (entry.key.as_str().unwrap_or_default(), &entry.value));
            let mut pairs: Vec<_> = pairs.collect();
            sort_by_key(&mut pairs, |(key, _)| key, Dialect::V2);
            open.push(Open::Entries(pairs.into_iter(), emitter.open_mapping()));
        }
    }
}
