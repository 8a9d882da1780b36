//! Values, nodes and JSON into each other, and one laid over the other.

use super::super::fields;
use super::DEEPEST;
use crate::value::{Text, Value};
use crate::yaml::{self, Node, NodeKind};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// The value of a node that is no template. Whole numbers stay whole, as people wrote them.
pub(crate) fn plain(node: &Node, depth: usize) -> Value {
    match node.kind() {
        _ if depth > DEEPEST => Value::Nil,
        NodeKind::Int(number) => Value::Int64(*number),
        NodeKind::Uint(number) => Value::Uint64(*number),
        NodeKind::Seq(items) => Value::list(items.iter().map(|item| plain(item, depth + 1)).collect()),
        NodeKind::Map(entries) => {
            let entry = |entry: &yaml::Entry| {
                (Text::from(&*entry.key.key_text().unwrap_or_default()), plain(&entry.value, depth + 1))
            };
            Value::Map(entries.iter().map(entry).collect())
        }
        _ => node.to_value(),
    }
}

/// A node as Tera sees it.
pub(in super::super) fn variable(node: &Node) -> tera::Value {
    tera::Value::from_serializable(&Shown { node, depth: 0 })
}

/// A node on its way to Tera, and how deep it stands.
struct Shown<'n> {
    node: &'n Node,
    depth: usize,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.depth > DEEPEST {
            return serializer.serialize_none();
        }
        let below = |node| Shown { node, depth: self.depth + 1 };
        match self.node.kind() {
            NodeKind::Null => serializer.serialize_none(),
            NodeKind::Bool(flag) => serializer.serialize_bool(*flag),
            NodeKind::Int(number) => serializer.serialize_i64(*number),
            NodeKind::Uint(number) => serializer.serialize_u64(*number),
            NodeKind::Float(number) => serializer.serialize_f64(*number),
            NodeKind::Str(text) => serializer.serialize_str(&String::from_utf8_lossy(text)),
            NodeKind::Seq(items) => serializer.collect_seq(items.iter().map(below)),
            NodeKind::Map(entries) => {
                serializer.collect_map(entries.iter().map(|entry| (fields::text(&entry.key), below(&entry.value))))
            }
        }
    }
}

/// What Tera gives.
pub(super) fn from_json(json: &Json, depth: usize) -> Value {
    match json {
        _ if depth > DEEPEST => Value::Nil,
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int64(int),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::str(text),
        Json::Array(items) => Value::list(items.iter().map(|item| from_json(item, depth + 1)).collect()),
        Json::Object(fields) => {
            let entry = |(key, value): (&String, &Json)| (Text::from(key.as_str()), from_json(value, depth + 1));
            Value::Map(fields.iter().map(entry).collect())
        }
    }
}

/// Lays `over` on `under`: maps merge key by key, everything else is replaced.
pub fn overlay(under: Value, over: &Value) -> Value {
    match (under, over) {
        (Value::Map(under), Value::Map(over)) => {
            for (key, value) in over.snapshot() {
                let merged = match under.get(&key) {
                    Some(have) => overlay(have, &value),
                    None => value,
                };
                under.insert(key, merged);
            }
            Value::Map(under)
        }
        (_, over) => over.clone(),
    }
}
