//! Functions between texts and lists of texts.

use super::output::{assemble, check_size};
use crate::diagnostic::Fault;
use crate::template::func::{Args, Outcome};
use crate::value::print::{decode_rune, strval};
use crate::value::{List, ListKind, Map, MapKind, Text, Value};
use memchr::memmem;

/// Prints each element that is not nil; a value that is no list becomes a list of one, nil an empty list.
pub(super) fn to_strings(args: Args<'_>) -> Outcome {
    strings_of(args.value(0)).map(Value::List)
}

pub(super) fn join(args: Args<'_>) -> Outcome {
    let separator = args.text(0)?;
    let parts = strings_of(args.value(1))?;
    if let [Value::Str(part)] = parts.items() {
        return Ok(Value::Str(part.clone()));
    }
    assemble(|out| {
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(separator);
            }
            if let Value::Str(part) = part {
                out.extend_from_slice(part);
            }
            check_size(Some(out.len()))?;
        }
        Ok(())
    })
}

/// Sorts the elements as texts, byte by byte.
pub(super) fn sort_alpha(args: Args<'_>) -> Outcome {
    let Value::List(list) = args.value(0) else {
        return Ok(strings(vec![Value::Str(strval(args.value(0))?)]));
    };
    let parts = strings_of(&Value::List(list.clone()))?;
    if parts.is_nil() {
        return Ok(Value::List(parts));
    }
    let mut sorted = parts.to_vec();
    sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(strings(sorted))
}

/// A map with the parts under `_0`, `_1`, ...
pub(super) fn split(args: Args<'_>) -> Outcome {
    Ok(numbered(parts_of(args.text(1)?, args.text(0)?, usize::MAX)))
}

/// Does the same as `split` with at most that many parts; a negative number means all, 0 none.
pub(super) fn splitn(args: Args<'_>) -> Outcome {
    let most = args.int(1)?;
    let most = if most < 0 { usize::MAX } else { usize::try_from(most).unwrap_or(usize::MAX) };
    Ok(numbered(parts_of(args.text(2)?, args.text(0)?, most)))
}

pub(super) fn split_list(args: Args<'_>) -> Outcome {
    Ok(strings(parts_of(args.text(1)?, args.text(0)?, usize::MAX)))
}

fn strings(items: Vec<Value>) -> Value {
    Value::List(List::new(ListKind::Text, items))
}

fn strings_of(value: &Value) -> Result<List, Fault> {
    let items = match value {
        Value::List(list) if list.kind() == ListKind::Text => return Ok(list.clone()),
        Value::List(list) => {
            let present = list.iter().filter(|item| !item.is_nil());
            present.map(|item| strval(item).map(Value::Str)).collect::<Result<_, _>>()?
        }
        _ if value.is_nil() => Vec::new(),
        _ => vec![Value::Str(strval(value)?)],
    };
    Ok(List::new(ListKind::Text, items))
}

/// Splits at a separator into at most `most` parts, the last one with all the rest; an empty separator splits into
/// characters.
fn parts_of(text: &Text, separator: &Text, most: usize) -> Vec<Value> {
    if most == 0 {
        return Vec::new();
    }
    if separator.is_empty() {
        return runes_of(text, most);
    }
    let mut parts = Vec::new();
    let mut done = 0;
    for at in memmem::find_iter(text, separator.as_bytes()).take(most - 1) {
        parts.push(Value::str(&text[done..at]));
        done = at + separator.len();
    }
    parts.push(if done == 0 { Value::Str(text.clone()) } else { Value::str(&text[done..]) });
    parts
}

fn runes_of(text: &Text, most: usize) -> Vec<Value> {
    let mut runes = Vec::new();
    let mut rest: &[u8] = text;
    while !rest.is_empty() {
        let (_, length) = decode_rune(rest);
        let (rune, after) = if runes.len() + 1 == most { (rest, &rest[..0]) } else { rest.split_at(length) };
        runes.push(Value::str(rune));
        rest = after;
    }
    runes
}

fn numbered(parts: Vec<Value>) -> Value {
    let keyed = parts.into_iter().enumerate().map(|(at, part)| (Text::from(format!("_{at}")), part));
    Value::Map(Map::from_entries(MapKind::Text, keyed.collect()))
}
