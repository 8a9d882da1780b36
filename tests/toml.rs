//! TOML against BurntSushi/toml: `tests/toml/record.go` tells how the rows were made.

use super::json::{bytes, column};
use super::print::rows;
use chartwright::json::from_json;
use chartwright::toml::{from_toml, to_toml_or_error_text};
use chartwright::value::Value;
use chartwright::value::print::{quote, to_text};

fn toml(value: &Value) -> String {
    let text = to_toml_or_error_text(value).unwrap_or_else(|fault| fault.message().as_bytes().to_vec());
    String::from_utf8_lossy(&text).into_owned()
}

/// A value with the Go types inside it.
fn types(value: &Value) -> String {
    let quoted = |text: &[u8]| String::from_utf8_lossy(&quote(text)).into_owned();
    match value {
        Value::Map(map) => {
            let entries = map.snapshot();
            let entries = entries.iter().map(|(name, value)| format!("{}: {}, ", quoted(name), types(value)));
            format!("{{{}}}", entries.collect::<String>())
        }
        Value::List(list) => {
            let items = list.iter().map(|item| format!("{}, ", types(item)));
            format!("{}[{}]", list.kind().go_type(), items.collect::<String>())
        }
        Value::Str(text) => quoted(text),
        value => format!("{}({})", value.go_type(), to_text(value).unwrap()),
    }
}

#[test]
fn texts_are_read_as_burntsushi_does() {
    for row in rows("toml", "reads") {
        let text = bytes(&row, "text");
        let shown = String::from_utf8_lossy(&text);
        match from_toml(&text) {
            Ok(value) => {
                assert_eq!("", column(&row, "error"), "{shown}");
                assert_eq!(types(&value), column(&row, "types"), "{shown}");
                assert_eq!(toml(&value), column(&row, "toml"), "{shown}");
            }
            Err(fault) => assert_eq!(fault.message(), column(&row, "error"), "{shown}"),
        }
    }
}

#[test]
fn values_are_written_as_burntsushi_does() {
    for row in rows("toml", "writes") {
        let json = column(&row, "json");
        let value = from_json(json.as_bytes()).unwrap();
        assert_eq!(toml(&value), column(&row, "toml"), "{json}");
    }
}

#[test]
fn nesting_is_limited() {
    let text = format!("a = {}", "[".repeat(100_000));
    assert!(from_toml(text.as_bytes()).is_err());
    let text = format!("[{}a]", "a.".repeat(100_000));
    assert!(from_toml(text.as_bytes()).is_err());
    let mut value = Value::Nil;
    for _ in 0..5_000 {
        value = Value::list(vec![value]);
    }
    assert!(to_toml_or_error_text(&value).unwrap().starts_with(b"toml: value nests deeper"));
}
