//! JSON whose keys stay in the order in which they were added.

use crate::json::{to_raw_json, write_json_string};
use crate::value::Value;
use crate::yaml::{Node, NodeKind};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(String),
    Str(String),
    List(Vec<Json>),
    Map(Object),
}

/// A JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object(pub(super) Vec<(String, Json)>);

/// Values that nest deeper are cut off.
const DEEPEST: usize = 200;

impl Object {
    /// Sets a key, in the place that it has or else as the last one.
    pub(super) fn set(&mut self, key: &str, value: Json) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.retain(|(name, _)| name != key);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Json {
    pub(super) fn str(text: impl Into<String>) -> Json {
        Json::Str(text.into())
    }

    /// What a YAML node becomes as JSON.
    pub(super) fn of(node: &Node) -> Json {
        Json::at_depth(node, 0)
    }

    fn at_depth(node: &Node, depth: usize) -> Json {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match node.kind() {
            _ if depth > DEEPEST => Json::Null,
            NodeKind::Null => Json::Null,
            NodeKind::Bool(flag) => Json::Bool(*flag),
            NodeKind::Int(number) => Json::Number(number.to_string()),
            NodeKind::Uint(number) => Json::Number(number.to_string()),
            NodeKind::Float(number) => {
                to_raw_json(&Value::Float(*number)).map_or(Json::Null, |out| Json::Number(text(&out)))
            }
            NodeKind::Str(bytes) => Json::Str(text(bytes)),
            NodeKind::Seq(items) => Json::List(items.iter().map(|item| Json::at_depth(item, depth + 1)).collect()),
            NodeKind::Map(entries) => {
                let mut object = Object::default();
                for entry in entries {
                    let key = entry.key.key_text().unwrap_or_default();
                    object.set(&text(&key), Json::at_depth(&entry.value, depth + 1));
                }
                Json::Map(object)
            }
        }
    }

    /// The text, two blanks for each level, with a line break at its end.
    pub(super) fn to_text(&self) -> String {
        let mut out = Vec::new();
        self.write(0, &mut out);
        out.push(b'\n');
        String::from_utf8_lossy(&out).into_owned()
    }

    fn write(&self, level: usize, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Json::Number(number) => out.extend_from_slice(number.as_bytes()),
            Json::Str(text) => write_json_string(out, text.as_bytes()),
            Json::List(items) if items.iter().all(|item| !matches!(item, Json::List(_) | Json::Map(_))) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    out.extend_from_slice(if at > 0 { b", " } else { b"" });
                    item.write(level, out);
                }
                out.push(b']');
            }
            Json::List(items) => {
                let each = items.iter().map(|item| (None, item));
                write_lines((b'[', b']'), each, level, out);
            }
            Json::Map(Object(entries)) if entries.is_empty() => out.extend_from_slice(b"{}"),
            Json::Map(Object(entries)) => {
                let each = entries.iter().map(|(key, value)| (Some(key.as_str()), value));
                write_lines((b'{', b'}'), each, level, out);
            }
        }
    }
}

fn write_lines<'j>(
    (open, close): (u8, u8),
    each: impl Iterator<Item = (Option<&'j str>, &'j Json)>,
    level: usize,
    out: &mut Vec<u8>,
) {
    out.push(open);
    for (at, (key, value)) in each.enumerate() {
        out.extend_from_slice(if at > 0 { b",\n" } else { b"\n" });
        out.extend(std::iter::repeat_n(b' ', 2 * (level + 1)));
        if let Some(key) = key {
            write_json_string(out, key.as_bytes());
            out.extend_from_slice(b": ");
        }
        value.write(level + 1, out);
    }
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', 2 * level));
    out.push(close);
}
