//! The print room against outputs recorded from Go (`tests/print/record.go` says how).

use chartwright::value::print::{
    Complex, can_backquote, format_float, quote, quote_ascii, quote_rune, rune_count, sprint, sprintf, sprintln,
};
use chartwright::value::{List, ListKind, Map, Value};
use serde_json::Value as Json;
use std::path::Path;
use std::rc::Rc;

/// The recorded rows of `tests/FOLDER/NAME.jsonl`.
pub(crate) fn rows(folder: &str, name: &str) -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(name).with_extension("jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The bytes of a recorded text: a string, or `{"hex": ...}`.
pub(crate) fn bytes(text: &Json) -> Vec<u8> {
    match text {
        Json::String(text) => text.clone().into_bytes(),
        text => unhex(text["hex"].as_str().unwrap()),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// A recorded value with its Go type.
pub(crate) fn value(json: &Json) -> Value {
    let tagged = match json {
        Json::Null => return Value::Nil,
        Json::Bool(flag) => return Value::Bool(*flag),
        Json::Object(tagged) => tagged,
        _ => panic!("no such value: {json}"),
    };
    let (tag, inner) = tagged.iter().next().unwrap();
    let number = || inner.as_str().unwrap();
    let items = || inner.as_array().unwrap().iter().map(value).collect::<Vec<_>>();
    match tag.as_str() {
        "int" => Value::Int(number().parse().unwrap()),
        "int64" => Value::Int64(number().parse().unwrap()),
        "uint64" => Value::Uint64(number().parse().unwrap()),
        "uint8" => Value::Uint8(number().parse().unwrap()),
        "float64" => Value::Float(f64::from_bits(number().parse().unwrap())),
        "string" => Value::from(bytes(inner)),
        "bytes" => {
            let items = unhex(number()).into_iter().map(Value::Uint8).collect();
            Value::List(List::new(ListKind::Byte, items))
        }
        "strings" => Value::List(List::new(ListKind::Text, items())),
        "list" => Value::list(items()),
        "map" => {
            let entries = inner.as_object().unwrap().iter();
            Value::Map(entries.map(|(key, inner)| (key.as_str(), value(inner))).collect::<Map>())
        }
        "complex" => {
            let parts = items();
            let (Value::Float(real), Value::Float(imaginary)) = (&parts[0], &parts[1]) else { panic!("{json}") };
            Value::Object(Rc::new(Complex { real: *real, imaginary: *imaginary }))
        }
        _ => panic!("no such type: {tag}"),
    }
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&quote(bytes)).into_owned()
}

#[test]
fn sprintf_prints_as_go_does() {
    let mut wrong = Vec::new();
    for row in rows("print", "sprintf") {
        let args: Vec<Value> = row["args"].as_array().unwrap().iter().map(value).collect();
        let format = bytes(&row["format"]);
        for (name, printed) in [
            ("out", sprintf(&format, &args).unwrap()),
            ("print", sprint(&args).unwrap()),
            ("println", sprintln(&args).unwrap()),
        ] {
            if printed != bytes(&row[name]) {
                wrong.push(format!("{row}\n  {name}: {}", show(&printed)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows differ\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
}

#[test]
fn floats_print_as_in_go() {
    for row in rows("print", "float") {
        let number = f64::from_bits(row["number"].as_str().unwrap().parse().unwrap());
        let format = row["format"].as_str().unwrap().chars().next().unwrap();
        let printed = format_float(number, format, row["precision"].as_i64().unwrap() as i32);
        assert_eq!(printed, row["out"].as_str().unwrap(), "{row}");
    }
}

#[test]
fn texts_are_quoted_as_in_go() {
    for row in rows("print", "quote") {
        let text = bytes(&row["text"]);
        let rune = row["rune"].as_str().unwrap().chars().next().unwrap();
        assert_eq!(show(&quote(&text)), show(&bytes(&row["quote"])), "{row}");
        assert_eq!(show(&quote_ascii(&text)), show(&bytes(&row["ascii"])), "{row}");
        assert_eq!(quote_rune(rune), row["quoted"].as_str().unwrap(), "{row}");
        assert_eq!(can_backquote(&text), row["raw"].as_bool().unwrap(), "{row}");
        assert_eq!(rune_count(&text) as u64, row["count"].as_u64().unwrap(), "{row}");
    }
}
