//! `toYamlPretty`: go-yaml v3 prints Go values as they are, without the way through JSON.

use super::emit::{Context, Emitter};
use super::number;
use super::order::{self, Dialect};
use super::style::Position;
use super::wire;
use crate::diagnostic::Fault;
use crate::value::{List, ListKind, Map, Object, Text, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Deeper values are refused; Go's own stack overflows on maps that hold themselves.
const MAX_DEPTH: usize = 1000;

/// How many characters of base64 v3 writes on one line.
const BASE64_LINE: usize = 70;

/// Prints a value as Helm's `toYamlPretty` does, with a line break at the end.
///
/// It fails on values that nest more than a thousand levels deep, among them maps that hold themselves.
pub fn to_yaml_pretty(value: &Value) -> Result<Vec<u8>, Fault> {
    let mut emitter = Emitter::new(Dialect::V3);
    write(&mut emitter, value, Context::Root, 0)?;
    Ok(emitter.finish())
}

fn write(emitter: &mut Emitter, value: &Value, context: Context, depth: usize) -> Result<(), Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::new(format!("yaml: exceeded max depth of {MAX_DEPTH}")));
    }
    match value {
        Value::Nil | Value::Invalid => emitter.word(b"null"),
        Value::Bool(flag) => emitter.word(if *flag { b"true" } else { b"false" }),
        Value::Int(number) | Value::Int64(number) => emitter.word(number.to_string().as_bytes()),
        Value::Uint64(number) => emitter.word(number.to_string().as_bytes()),
        Value::Uint8(number) => emitter.word(number.to_string().as_bytes()),
        Value::Float(number) => emitter.word(float(*number).as_bytes()),
        Value::Str(text) => string(emitter, text),
        Value::List(list) => return write_list(emitter, list, context, depth),
        Value::Map(map) => return write_map(emitter, map, depth),
        Value::Object(object) => return write_object(emitter, &**object, context, depth),
    }
    Ok(())
}

fn float(number: f64) -> String {
    match number::format_g(number).as_str() {
        "+Inf" => ".inf".to_owned(),
        "-Inf" => "-.inf".to_owned(),
        "NaN" => ".nan".to_owned(),
        text => text.to_owned(),
    }
}

fn string(emitter: &mut Emitter, text: &[u8]) {
    if std::str::from_utf8(text).is_ok() {
        emitter.string(text);
    } else {
        emitter.tagged(b"!!binary", &base64_lines(text), Position::Value);
    }
}

fn base64_lines(text: &[u8]) -> Vec<u8> {
    let encoded = STANDARD.encode(text).into_bytes();
    if encoded.len() < BASE64_LINE {
        return encoded;
    }
    encoded.chunks(BASE64_LINE).flat_map(|line| line.iter().copied().chain([b'\n'])).collect()
}

fn write_list(emitter: &mut Emitter, list: &List, context: Context, depth: usize) -> Result<(), Fault> {
    if list.is_empty() {
        emitter.empty("[]");
        return Ok(());
    }
    let before = emitter.open_sequence(context);
    for item in list.items() {
        emitter.item();
        match list.kind() {
            ListKind::Byte => emitter.word(wire::byte(item).to_string().as_bytes()),
            _ => write(emitter, item, Context::Item, depth + 1)?,
        }
    }
    emitter.close(before);
    Ok(())
}

fn write_map(emitter: &mut Emitter, map: &Map, depth: usize) -> Result<(), Fault> {
    let entries = map.entries();
    let mut entries: Vec<(&Text, &Value)> = entries.iter().collect();
    order::sort(&mut entries, |(key, _)| key, Dialect::V3);
    write_entries(emitter, entries.into_iter().map(|(key, value)| (key.as_bytes(), value)), depth)
}

fn write_entries<'v>(
    emitter: &mut Emitter,
    entries: impl ExactSizeIterator<Item = (&'v [u8], &'v Value)>,
    depth: usize,
) -> Result<(), Fault> {
    if entries.len() == 0 {
        emitter.empty("{}");
        return Ok(());
    }
    let before = emitter.open_mapping();
    for (key, value) in entries {
        if std::str::from_utf8(key).is_ok() {
            emitter.key(key);
        } else {
            emitter.tagged_key(b"!!binary", &base64_lines(key));
        }
        write(emitter, value, Context::Value, depth + 1)?;
    }
    emitter.close(before);
    Ok(())
}

fn write_object(emitter: &mut Emitter, object: &dyn Object, context: Context, depth: usize) -> Result<(), Fault> {
    if let Some(entries) = object.entries() {
        return write_entries(emitter, entries.iter().map(|(key, value)| (key.as_bytes(), value)), depth);
    }
    let plain = object.to_plain();
    match object.go_type().as_ref() {
        "time.Duration" => {
            string(emitter, object.display().unwrap_or_default().as_bytes());
            return Ok(());
        }
        "time.Time" | "*time.Time" => {
            if let Some(Value::Str(time)) = &plain {
                emitter.word(time);
                return Ok(());
            }
        }
        _ => {}
    }
    // What JSON writes as a string implements `MarshalText`, which v3 asks too.
    if let Some(Value::Str(text)) = &plain {
        string(emitter, text);
        return Ok(());
    }
    let exported = |name: &str| name.starts_with(|first: char| first.is_uppercase());
    let fields = object.fields().into_iter().filter(|(name, _)| exported(name));
    let fields: Vec<_> = fields.map(|(name, value)| (name.to_lowercase(), value)).collect();
    match plain.or_else(|| object.underlying()) {
        Some(plain) if fields.is_empty() => write(emitter, &plain, context, depth + 1),
        _ => write_entries(emitter, fields.iter().map(|(name, value)| (name.as_bytes(), value)), depth),
    }
}
