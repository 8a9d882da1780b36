//! Values in messages: on one line, cut where they are long.

use super::data::{Data, DataKind};

/// The most characters of a value that a message shows.
const LONGEST: usize = 160;

/// A value as one line of flow YAML.
pub(super) fn shown(data: &Data) -> String {
    let mut out = String::new();
    write(data, &mut out);
    cut(&out)
}

/// A text in quotes.
pub(super) fn shown_text(text: &str) -> String {
    cut(&format!("{text:?}"))
}

fn write(data: &Data, out: &mut String) {
    // What is cut off need not be written.
    if out.len() > LONGEST * 4 {
        return;
    }
    match &data.kind {
        DataKind::Null => out.push_str("null"),
        DataKind::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        DataKind::Int(number) => out.push_str(&number.to_string()),
        DataKind::Uint(number) => out.push_str(&number.to_string()),
        // As debug output a float always shows that it is one.
        DataKind::Float(number) => out.push_str(&format!("{number:?}")),
        DataKind::Text(text) => out.push_str(&format!("{:?}", String::from_utf8_lossy(text))),
        DataKind::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        DataKind::Map(entries) => {
            out.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&String::from_utf8_lossy(key));
                out.push_str(": ");
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The first place where two values differ.
pub(super) fn difference(path: &str, expected: &Data, actual: &Data) -> String {
    match (&expected.kind, &actual.kind) {
        (DataKind::Map(wanted), DataKind::Map(found)) => {
            for (key, value) in wanted {
                let name = joined(path, &String::from_utf8_lossy(key));
                match found.iter().find(|(other, _)| other == key) {
                    Some((_, other)) if other.same(value) => {}
                    Some((_, other)) => return difference(&name, value, other),
                    None => return format!("expected `{name}` to be {}, found nothing", shown(value)),
                }
            }
            let more = found.iter().find(|(key, _)| wanted.iter().all(|(other, _)| other != key));
            match more {
                Some((key, value)) => {
                    let name = joined(path, &String::from_utf8_lossy(key));
                    format!("expected nothing at `{name}`, found {}", shown(value))
                }
                None => plain(path, expected, actual),
            }
        }
        (DataKind::List(wanted), DataKind::List(found)) if wanted.len() == found.len() => {
            let unequal = wanted.iter().zip(found).position(|(one, two)| !one.same(two));
            match unequal.and_then(|at| Some((at, wanted.get(at)?, found.get(at)?))) {
                Some((at, one, two)) => difference(&format!("{path}[{at}]"), one, two),
                None => plain(path, expected, actual),
            }
        }
        (DataKind::Text(wanted), DataKind::Text(found)) if wanted.contains(&b'\n') && found.contains(&b'\n') => {
            let (wanted, found) = (String::from_utf8_lossy(wanted), String::from_utf8_lossy(found));
            format!("the text at `{path}` differs: {}", first_difference(&wanted, &found))
        }
        _ => plain(path, expected, actual),
    }
}

fn plain(path: &str, expected: &Data, actual: &Data) -> String {
    let types = match expected.go_type() == actual.go_type() {
        true => String::new(),
        false => format!(" ({} instead of {})", named(actual), named(expected)),
    };
    format!("expected `{path}` to be {}, found {}{types}", shown(expected), shown(actual))
}

fn named(data: &Data) -> &'static str {
    if data.go_type().is_empty() { "null" } else { data.go_type() }
}

fn joined(path: &str, key: &str) -> String {
    match (path.is_empty(), key.contains(['.', '[', ' '])) {
        (_, true) => format!("{path}[{key:?}]"),
        (true, false) => key.to_owned(),
        (false, false) => format!("{path}.{key}"),
    }
}

/// The first line in which two texts differ.
pub(super) fn first_difference(expected: &str, actual: &str) -> String {
    let (mut wanted, mut found) = (expected.lines(), actual.lines());
    let mut number = 1;
    loop {
        match (wanted.next(), found.next()) {
            (Some(one), Some(two)) if one == two => number += 1,
            (None, None) => return "expected another line break at the end".to_owned(),
            (one, two) => {
                let told = |line: Option<&str>| line.map_or_else(|| "no line".to_owned(), shown_text);
                return format!("line {number}: expected {}, found {}", told(one), told(two));
            }
        }
    }
}
