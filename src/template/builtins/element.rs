//! `index`, `slice` and `len`.

use super::{basic, pointed_type};
use crate::diagnostic::Fault;
use crate::template::func::{Args, Outcome};
use crate::value::{Kind, List, ListKind, Map, MapKind, Text, Value};

pub(super) fn index(args: Args<'_>) -> Outcome {
    if args.value(0).is_nil() {
        return Err(Fault::new("index of untyped nil"));
    }
    let mut item = args.value(0).clone();
    for index in args.rest(1) {
        item = element(&item, index)?;
    }
    Ok(item)
}

fn element(item: &Value, index: &Value) -> Outcome {
    if let Value::Object(object) = item {
        if object.kind() == Kind::Map {
            return Ok(object.entry(map_key(index)?));
        }
        return match basic(item) {
            Some(plain @ (Value::List(_) | Value::Map(_) | Value::Str(_))) => element(&plain, index),
            _ => Err(Fault::new(format!("can't index item of type {}", pointed_type(item)))),
        };
    }
    match item {
        Value::Nil | Value::Invalid => Err(Fault::new("index of nil pointer")),
        Value::List(list) => {
            let at = position(index, list.len())?;
            list.get(at).cloned().ok_or_else(|| Fault::new("reflect: slice index out of range"))
        }
        Value::Str(text) => {
            let at = position(index, text.len())?;
            let byte = text.get(at).ok_or_else(|| Fault::new("reflect: string index out of range"))?;
            Ok(Value::Uint8(*byte))
        }
        Value::Map(map) => Ok(entry(map, map_key(index)?)),
        _ => Err(Fault::new(format!("can't index item of type {}", item.go_type()))),
    }
}

fn entry(map: &Map, key: &Text) -> Value {
    match map.get(key) {
        Some(value) => value,
        None if map.kind() == MapKind::Text => Value::str(""),
        None => Value::Nil,
    }
}

fn map_key(index: &Value) -> Result<&Text, Fault> {
    match index {
        Value::Str(text) => Ok(text),
        Value::Nil | Value::Invalid => Err(Fault::new("value is nil; should be of type string")),
        _ => Err(Fault::new(format!("value has type {}; should be string", index.go_type()))),
    }
}

/// An index between 0 and `len`, both included: Go checks against the capacity and panics later.
fn position(index: &Value, len: usize) -> Result<usize, Fault> {
    let plain = basic(index);
    let at = match plain.as_ref().unwrap_or(index) {
        Value::Int(at) | Value::Int64(at) => *at,
        // Go converts without a check, so that large numbers become negative.
        Value::Uint64(at) => *at as i64,
        Value::Uint8(at) => i64::from(*at),
        Value::Nil | Value::Invalid => return Err(Fault::new("cannot index slice/array with nil")),
        _ => return Err(Fault::new(format!("cannot index slice/array with type {}", index.go_type()))),
    };
    usize::try_from(at).ok().filter(|at| *at <= len).ok_or_else(|| Fault::new(format!("index out of range: {at}")))
}

pub(super) fn slice(args: Args<'_>) -> Outcome {
    let item = args.value(0);
    if item.is_nil() {
        return Err(Fault::new("slice of untyped nil"));
    }
    let indexes = args.rest(1);
    if indexes.len() > 3 {
        return Err(Fault::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let plain = basic(item);
    match plain.as_ref().unwrap_or(item) {
        Value::Str(_) if indexes.len() == 3 => Err(Fault::new("cannot 3-index slice a string")),
        Value::Str(text) => {
            let (start, end) = bounds(indexes, text.len())?;
            Ok(Value::str(text.get(start..end).unwrap_or_default()))
        }
        Value::List(list) => {
            let (start, end) = bounds(indexes, list.len())?;
            Ok(Value::List(part(list, start, end)))
        }
        _ => Err(Fault::new(format!("can't slice item of type {}", pointed_type(item)))),
    }
}

fn part(list: &List, start: usize, end: usize) -> List {
    if list.is_nil() {
        return list.clone();
    }
    if let (ListKind::Byte, Some(bytes)) = (list.kind(), list.as_bytes()) {
        return List::bytes(bytes.slice(start..end));
    }
    List::new(list.kind(), list.get(start..end).unwrap_or_default().to_vec())
}

fn bounds(indexes: &[Value], len: usize) -> Result<(usize, usize), Fault> {
    let mut at = [0, len, len];
    for (slot, index) in at.iter_mut().zip(indexes) {
        *slot = position(index, len)?;
    }
    let [start, end, limit] = at;
    for (low, high) in [(start, end), (end, limit)] {
        if low > high {
            return Err(Fault::new(format!("invalid slice index: {low} > {high}")));
        }
    }
    Ok((start, end))
}

pub(super) fn len(args: Args<'_>) -> Outcome {
    let item = args.value(0);
    let plain = basic(item);
    let len = match plain.as_ref().unwrap_or(item) {
        // A missing value makes Go panic inside `reflect`.
        Value::Invalid => return Err(Fault::new("reflect: call of reflect.Value.Type on zero Value")),
        Value::Nil => return Err(Fault::new("len of nil pointer")),
        Value::Str(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::Object(object) if object.kind() == Kind::Map => object.entries().unwrap_or_default().len(),
        _ => return Err(Fault::new(format!("len of type {}", pointed_type(item)))),
    };
    Ok(Value::Int(i64::try_from(len).unwrap_or(i64::MAX)))
}
