//! `Marshal`, `MarshalIndent` and an encoder without HTML escaping.

use crate::diagnostic::Fault;
use crate::value::{Kind, List, ListKind, Object, Text, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashSet;
use std::io::Write;

/// Go looks for cycles only where values nest deeper than this.
const CYCLES_FROM: usize = 1000;
/// Deeper values are refused; Go would go on until memory ends.
const DEEPEST: usize = 1_000_000;
/// The longest text that is written, in bytes: shared values can unfold without end.
const LONGEST: usize = 1 << 29;

/// Writes a value as `json.Marshal` does: no white space, `<`, `>` and `&` escaped.
///
/// Fails with Go's text for NaN and infinities, cycles and functions, and with ours past the limits of depth and size.
pub fn to_json(value: &Value) -> Result<Vec<u8>, Fault> {
    Writer { out: Vec::new(), html: true, pretty: false }.run(value)
}

/// Writes a value as [`to_json`] does, but leaves `<`, `>` and `&` as they are (Sprig's `toRawJson`).
pub fn to_raw_json(value: &Value) -> Result<Vec<u8>, Fault> {
    Writer { out: Vec::new(), html: false, pretty: false }.run(value)
}

/// Writes a value as `json.MarshalIndent` does with two spaces (Sprig's `toPrettyJson`).
pub fn to_pretty_json(value: &Value) -> Result<Vec<u8>, Fault> {
    Writer { out: Vec::new(), html: true, pretty: true }.run(value)
}

/// Appends one JSON string as [`to_json`] writes it, quotes included.
pub fn write_json_string(out: &mut Vec<u8>, text: &[u8]) {
    write_string(out, text, true);
}

struct Writer {
    out: Vec<u8>,
    html: bool,
    pretty: bool,
}

/// A container that is being written.
struct Open {
    items: Items,
    /// How many elements are out.
    written: usize,
    /// What to forget about cycles when it closes.
    seen: Option<(usize, usize)>,
}

enum Items {
    Members(std::vec::IntoIter<(Text, Value)>),
    Elements(List),
}

impl Open {
    fn closing(&self) -> u8 {
        match self.items {
            Items::Members(_) => b'}',
            Items::Elements(_) => b']',
        }
    }

    fn next(&mut self) -> Option<(Option<Text>, Value)> {
        match &mut self.items {
            Items::Members(members) => members.next().map(|(key, value)| (Some(key), value)),
            Items::Elements(list) => list.get(self.written).map(|value| (None, value.clone())),
        }
    }
}

impl Writer {
    fn run(mut self, value: &Value) -> Result<Vec<u8>, Fault> {
        let mut stack: Vec<Open> = Vec::new();
        let mut seen = HashSet::new();
        stack.extend(self.begin(value)?);
        while let Some(top) = stack.last_mut() {
            let Some((key, value)) = top.next() else {
                let (closing, empty) = (top.closing(), top.written == 0);
                if let Some(place) = top.seen {
                    seen.remove(&place);
                }
                stack.pop();
                if !empty {
                    self.line(stack.len());
                }
                self.out.push(closing);
                continue;
            };
            if top.written > 0 {
                self.out.push(b',');
            }
            top.written += 1;
            self.line(stack.len());
            if let Some(key) = key {
                write_string(&mut self.out, &key, self.html);
                self.out.extend_from_slice(if self.pretty { b": " } else { b":" });
            }
            if let Some(mut open) = self.begin(&value)? {
                if stack.len() >= CYCLES_FROM {
                    open.seen = place(&value);
                    if open.seen.is_some_and(|place| !seen.insert(place)) {
                        return Err(unsupported(format!("encountered a cycle via {}", value.go_type())));
                    }
                }
                if stack.len() >= DEEPEST {
                    return Err(Fault::new(format!("json: value nests deeper than {DEEPEST} levels")));
                }
                stack.push(open);
            }
            if self.out.len() > LONGEST {
                return Err(Fault::new(format!("json: text is longer than {LONGEST} bytes")));
            }
        }
        Ok(self.out)
    }

    /// Starts a new line at this depth, where lines are asked for.
    fn line(&mut self, depth: usize) {
        if self.pretty {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + 2 * depth, b' ');
        }
    }

    /// Writes a scalar, or the opening of a container, which is returned.
    fn begin(&mut self, value: &Value) -> Result<Option<Open>, Fault> {
        match value {
            Value::Invalid | Value::Nil => self.word("null"),
            Value::Bool(flag) => self.word(if *flag { "true" } else { "false" }),
            Value::Int(number) | Value::Int64(number) => self.number(number),
            Value::Uint64(number) => self.number(number),
            Value::Uint8(number) => self.number(number),
            Value::Float(number) => return self.float(*number),
            Value::Str(text) => write_string(&mut self.out, text, self.html),
            Value::List(list) if list.is_nil() => self.word("null"),
            Value::List(list) if list.kind() == ListKind::Byte => self.bytes(list),
            Value::List(list) => return Ok(Some(self.open(b'[', Items::Elements(list.clone())))),
            Value::Map(map) if map.is_nil() => self.word("null"),
            Value::Map(map) => return Ok(Some(self.open(b'{', Items::Members(map.snapshot().into_iter())))),
            Value::Object(object) => return self.object(object.as_ref()),
        }
        Ok(None)
    }

    fn open(&mut self, opening: u8, items: Items) -> Open {
        self.out.push(opening);
        Open { items, written: 0, seen: None }
    }

    fn object(&mut self, object: &dyn Object) -> Result<Option<Open>, Fault> {
        if let Some(plain) = object.to_plain().or_else(|| object.underlying()) {
            // An object that stands for another one could do so for ever.
            return match plain {
                Value::Object(inner) => match inner.entries() {
                    Some(entries) => Ok(Some(self.open(b'{', Items::Members(entries.into_iter())))),
                    None => Err(unsupported_type(&object.go_type())),
                },
                plain => self.begin(&plain),
            };
        }
        if let Some(entries) = object.entries() {
            return Ok(Some(self.open(b'{', Items::Members(entries.into_iter()))));
        }
        if matches!(object.kind(), Kind::Func | Kind::Complex128) {
            return Err(unsupported_type(&object.go_type()));
        }
        let fields = object.json_fields().into_iter().map(|(name, value)| (Text::from(name.as_ref()), value));
        let fields: Vec<_> = fields.collect();
        Ok(Some(self.open(b'{', Items::Members(fields.into_iter()))))
    }

    fn word(&mut self, word: &str) {
        self.out.extend_from_slice(word.as_bytes());
    }

    fn number(&mut self, number: impl std::fmt::Display) {
        // Writing to a vector cannot fail.
        let _ = write!(self.out, "{number}");
    }

    fn float(&mut self, number: f64) -> Result<Option<Open>, Fault> {
        if number.is_nan() {
            return Err(unsupported("NaN".into()));
        }
        if number.is_infinite() {
            return Err(unsupported(if number > 0.0 { "+Inf" } else { "-Inf" }.into()));
        }
        let size = number.abs();
        if size != 0.0 && size < 1e-6 {
            self.number(format_args!("{number:e}"));
        } else if size >= 1e21 {
            self.word(&format!("{number:e}").replace('e', "e+"));
        } else {
            self.number(number);
        }
        Ok(None)
    }

    fn bytes(&mut self, list: &List) {
        self.out.push(b'"');
        self.out.extend_from_slice(STANDARD.encode(list.to_bytes().unwrap_or_default()).as_bytes());
        self.out.push(b'"');
    }
}

/// What tells one map or list from another.
fn place(value: &Value) -> Option<(usize, usize)> {
    match value {
        Value::Map(map) => Some((map.address(), usize::MAX)),
        Value::List(list) => Some((list.as_ptr().addr(), list.len())),
        _ => None,
    }
}

fn unsupported(what: String) -> Fault {
    Fault::new(format!("json: unsupported value: {what}"))
}

fn unsupported_type(name: &str) -> Fault {
    Fault::new(format!("json: unsupported type: {name}"))
}

fn write_string(out: &mut Vec<u8>, text: &[u8], html: bool) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        write_valid(out, chunk.valid(), html);
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
    out.push(b'"');
}

fn write_valid(out: &mut Vec<u8>, text: &str, html: bool) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            0..0x20 | b'"' | b'\\' => 1,
            b'<' | b'>' | b'&' if html => 1,
            // U+2028 and U+2029 end lines in JavaScript.
            0xe2 if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9])) => 3,
            _ => {
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(&bytes[start..at]);
        write_escape(out, byte, bytes.get(at + 2).copied());
        at += length;
        start = at;
    }
    out.extend_from_slice(&bytes[start..]);
}

fn write_escape(out: &mut Vec<u8>, byte: u8, third: Option<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0xe2 => {
            out.extend_from_slice(if third == Some(0xa8) { b"\\u2028" } else { b"\\u2029" });
            return;
        }
        _ => {
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Map, MapKind};

    fn json(value: &Value) -> String {
        String::from_utf8(to_json(value).unwrap()).unwrap()
    }

    #[test]
    fn floats_have_go_s_form() {
        let table = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (-1.25e-10, "-1.25e-10"),
            (123456789012345678901234567890.0, "1.2345678901234568e+29"),
            (0.1, "0.1"),
        ];
        for (number, wanted) in table {
            assert_eq!(json(&Value::Float(number)), wanted);
        }
        let table = [(f64::NAN, "NaN"), (f64::INFINITY, "+Inf"), (f64::NEG_INFINITY, "-Inf")];
        for (number, wanted) in table {
            let fault = to_json(&Value::Float(number)).unwrap_err();
            assert_eq!(fault.message(), format!("json: unsupported value: {wanted}"));
        }
    }

    #[test]
    fn strings_are_escaped_as_go_does() {
        let text = b"\"\\/<>&'\x00\x08\x0c\n\r\t\x1f\x7f\xc3\xa9\xe2\x80\xa8\xe2\x80\xa9\xff\xe4\xbd\xf0\x9f\x98\x80";
        let wanted = r#""\"\\/\u003c\u003e\u0026'\u0000\b\f\n\r\t\u001f"#.to_string()
            + "\x7f\u{e9}"
            + r"\u2028\u2029\ufffd\ufffd\ufffd"
            + "\u{1f600}\"";
        assert_eq!(json(&Value::str(text)), wanted);
        assert_eq!(to_raw_json(&Value::from("<&>")).unwrap(), b"\"<&>\"");
    }

    #[test]
    fn containers_are_compact_or_indented() {
        let inner = Value::list(vec![Value::Int(1), Value::list(Vec::new()), Map::new().into(), Value::Nil]);
        let map: Map = [("b", inner), ("a", Value::str("x"))].into_iter().collect();
        map.insert("n", Map::nil(MapKind::Any));
        map.insert("l", List::nil(ListKind::Any));
        let bytes = [104, 105].map(Value::Uint8).to_vec();
        map.insert("y", List::new(ListKind::Byte, bytes));
        let value = Value::Map(map);
        assert_eq!(json(&value), r#"{"a":"x","b":[1,[],{},null],"l":null,"n":null,"y":"aGk="}"#);
        let pretty = String::from_utf8(to_pretty_json(&value).unwrap()).unwrap();
        let wanted = "{\n  \"a\": \"x\",\n  \"b\": [\n    1,\n    [],\n    {},\n    null\n  ],\n  \"l\": null,\n  \
                      \"n\": null,\n  \"y\": \"aGk=\"\n}";
        assert_eq!(pretty, wanted);
    }

    #[test]
    fn a_cycle_is_go_s_error() {
        let map = Map::new();
        map.insert("m", Value::list(vec![map.clone().into()]));
        let fault = to_json(&map.clone().into()).unwrap_err();
        assert!(fault.message().starts_with("json: unsupported value: encountered a cycle via "), "{fault}");
        map.remove("m");
    }
}
