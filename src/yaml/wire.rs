//! The JSON that lies between Go values and YAML, as Go's `encoding/json` writes it.

use super::number;
use crate::diagnostic::Fault;
use crate::value::{Kind, List, ListKind, Map, Object, Text, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::rc::Rc;

/// From this depth on Go looks for maps that hold themselves.
const CYCLES_FROM: usize = 1000;

/// Nothing that Go could still read back nests deeper.
const MAX_DEPTH: usize = 20_000;

/// Writes a value as `json.Marshal` does.
pub(super) fn to_json(value: &Value) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer { out: Vec::new(), open: Vec::new() };
    writer.start(value)?;
    while writer.go_on()? {}
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    open: Vec<Open>,
}

/// What is left to write of an open collection.
enum Open {
    Items(List, usize),
    Entries { left: std::vec::IntoIter<(Text, Value)>, first: bool, address: Option<usize> },
}

impl Writer {
    /// Writes a scalar, or opens a collection.
    fn start(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Nil | Value::Invalid => self.put("null"),
            Value::Bool(flag) => self.put(if *flag { "true" } else { "false" }),
            Value::Int(number) | Value::Int64(number) => self.put(&number.to_string()),
            Value::Uint64(number) => self.put(&number.to_string()),
            Value::Uint8(number) => self.put(&number.to_string()),
            Value::Float(number) if number.is_finite() => self.put(&number::format_json(*number)),
            Value::Float(number) => {
                return Err(Fault::new(format!("json: unsupported value: {}", number::format_g(*number))));
            }
            Value::Str(text) => self.string(text),
            Value::List(list) => return self.start_list(list),
            Value::Map(map) => return self.start_map(map),
            Value::Object(object) => return self.start_object(object),
        }
        Ok(())
    }

    fn start_list(&mut self, list: &List) -> Result<(), Fault> {
        if list.is_nil() {
            self.put("null");
        } else if list.kind() == ListKind::Byte {
            let bytes: Vec<u8> = list.items().iter().map(byte).collect();
            self.string(STANDARD.encode(bytes).as_bytes());
        } else {
            self.put("[");
            self.open(Open::Items(list.clone(), 0))?;
        }
        Ok(())
    }

    fn start_map(&mut self, map: &Map) -> Result<(), Fault> {
        if map.is_nil() {
            self.put("null");
            return Ok(());
        }
        let address = map.address();
        if self.open.len() >= CYCLES_FROM && self.holds(address) {
            let kind = map.kind().go_type();
            return Err(Fault::new(format!("json: unsupported value: encountered a cycle via {kind}")));
        }
        self.put("{");
        self.open(Open::Entries { left: map.snapshot().into_iter(), first: true, address: Some(address) })
    }

    fn start_object(&mut self, object: &Rc<dyn Object>) -> Result<(), Fault> {
        if object.kind() == Kind::Func {
            return Err(Fault::new(format!("json: unsupported type: {}", object.go_type())));
        }
        if self.open.len() > MAX_DEPTH {
            return Err(too_deep());
        }
        if let Some(plain) = object.to_plain().or_else(|| object.underlying()) {
            return match plain {
                // A value that is its own plain form would never end.
                Value::Object(inner) if Rc::ptr_eq(&inner, object) => Err(too_deep()),
                plain => self.start(&plain),
            };
        }
        let fields = object.entries().unwrap_or_else(|| {
            let members = object.json_fields().into_iter();
            members.map(|(name, value)| (Text::from(name.as_ref()), value)).collect()
        });
        self.put("{");
        self.open(Open::Entries { left: fields.into_iter(), first: true, address: None })
    }

    fn open(&mut self, open: Open) -> Result<(), Fault> {
        self.open.push(open);
        if self.open.len() > MAX_DEPTH { Err(too_deep()) } else { Ok(()) }
    }

    fn holds(&self, wanted: usize) -> bool {
        self.open.iter().any(|open| matches!(open, Open::Entries { address: Some(have), .. } if *have == wanted))
    }

    /// Writes the next part of the innermost collection; false when all is written.
    fn go_on(&mut self) -> Result<bool, Fault> {
        let Some(open) = self.open.last_mut() else { return Ok(false) };
        match open {
            Open::Items(list, next) => {
                let item = list.items().get(*next).cloned();
                let comma = if *next > 0 { "," } else { "" };
                *next += 1;
                let Some(item) = item else { return Ok(self.close("]")) };
                self.put(comma);
                self.start(&item)?;
            }
            Open::Entries { left, first, .. } => {
                let comma = if std::mem::take(first) { "" } else { "," };
                let Some((key, value)) = left.next() else { return Ok(self.close("}")) };
                self.put(comma);
                self.string(&key);
                self.put(":");
                self.start(&value)?;
            }
        }
        Ok(true)
    }

    fn close(&mut self, bracket: &str) -> bool {
        self.open.pop();
        self.put(bracket);
        true
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        for chunk in text.utf8_chunks() {
            for found in chunk.valid().chars() {
                self.character(found);
            }
            for _ in chunk.invalid() {
                self.put("\\ufffd");
            }
        }
        self.out.push(b'"');
    }

    fn character(&mut self, found: char) {
        match found {
            '"' => self.put("\\\""),
            '\\' => self.put("\\\\"),
            '\x08' => self.put("\\b"),
            '\x0C' => self.put("\\f"),
            '\n' => self.put("\\n"),
            '\r' => self.put("\\r"),
            '\t' => self.put("\\t"),
            '\0'..='\x1F' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                self.put(&format!("\\u{:04x}", u32::from(found)));
            }
            _ => self.out.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn too_deep() -> Fault {
    Fault::new("json: unsupported value: encountered a cycle")
}

/// An element of `[]byte`.
pub(super) fn byte(value: &Value) -> u8 {
    match value {
        Value::Uint8(byte) => *byte,
        Value::Int(number) | Value::Int64(number) => number.to_le_bytes()[0],
        _ => 0,
    }
}
