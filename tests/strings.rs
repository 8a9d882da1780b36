//! Calls of string functions, each with the result or the error that Sprig gives.
//!
//! A line of `strings/*.jsonl` is one call: `f` the function, `a` its arguments, and `r` the result or `e` the error.
//! `{"base64": ..}` stands for a text that is no UTF-8, `{"strings": [..]}` for a `[]string`, `{"bytes": ..}` for a
//! `[]byte`. The results were recorded from Sprig 3.3.0 with Go 1.26.

use base64::Engine;
use chartwright::funcs;
use chartwright::template::func::{Args, Body, Func, FuncTable};
use chartwright::value::{List, ListKind, Map, Value};
use chartwright::world::FixedWorld;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

fn table() -> FuncTable {
    let chapters: [&[Func]; 6] = [
        funcs::strings::FUNCS,
        funcs::regex::FUNCS,
        funcs::versions::FUNCS,
        funcs::urls::FUNCS,
        funcs::paths::FUNCS,
        funcs::encoding::FUNCS,
    ];
    FuncTable::new(&chapters)
}

fn decode(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().expect("a number")),
        },
        Json::String(text) => Value::str(text),
        Json::Array(items) => Value::list(items.iter().map(decode).collect()),
        Json::Object(fields) => match fields.iter().next().map(|(name, value)| (name.as_str(), value)) {
            Some(("base64", Json::String(text))) => Value::from(from_base64(text)),
            Some(("bytes", Json::String(text))) => {
                let bytes = from_base64(text).into_iter().map(Value::Uint8).collect();
                Value::List(List::new(ListKind::Byte, bytes))
            }
            Some(("strings", Json::Array(items))) => {
                Value::List(List::new(ListKind::Text, items.iter().map(decode).collect()))
            }
            Some(("nil", _)) => Value::List(List::nil(ListKind::Text)),
            Some(("map", Json::Object(entries))) => {
                Value::Map(entries.iter().map(|(key, value)| (key.as_str(), decode(value))).collect::<Map>())
            }
            _ => panic!("no value: {json}"),
        },
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}

fn encode(value: &Value) -> Json {
    match value {
        Value::Nil | Value::Invalid => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Int(number) => json!(number),
        Value::Str(text) => match text.to_str() {
            Some(text) => json!(text),
            None => json!({ "base64": base64::engine::general_purpose::STANDARD.encode(text) }),
        },
        Value::List(list) if list.is_nil() => json!({ "nil": list.kind().go_type() }),
        Value::List(list) if list.kind() == ListKind::Text => {
            json!({ "strings": list.iter().map(encode).collect::<Vec<_>>() })
        }
        Value::Map(map) => {
            let entries = map.snapshot().into_iter().map(|(key, value)| (key.to_string(), encode(&value)));
            json!({ "map": entries.collect::<serde_json::Map<_, _>>() })
        }
        Value::Object(object) => json!({ "version": object.display() }),
        _ => panic!("no result: {value:?}"),
    }
}

fn call(func: &Func, args: &[Value]) -> Json {
    let outcome = match func.body {
        Body::Pure(body) => body(Args(args)),
        Body::World(body) => body(&FixedWorld::new(0, 7), Args(args)),
        _ => panic!("{} needs the executor", func.name),
    };
    match outcome {
        Ok(value) => json!({ "r": encode(&value) }),
        Err(fault) => json!({ "e": fault.message() }),
    }
}

fn check(file: &Path, table: &FuncTable) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(file).expect("cases");
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let case: Json = serde_json::from_str(line).expect(line);
        let name = case["f"].as_str().expect(line);
        let func = table.get(table.find(name).expect(name));
        let args: Vec<Value> = case["a"].as_array().expect(line).iter().map(decode).collect();
        let found = call(func, &args);
        let same = |part: &str| found.get(part) == case.get(part);
        if !same("r") || !same("e") {
            wrong.push(format!("{}:{}: {line}\n  found {found}", file.display(), number + 1));
        }
    }
    (text.lines().count(), wrong)
}

#[test]
fn functions_give_what_sprig_gives() {
    let table = table();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strings");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("tests/strings").map(|entry| entry.expect("entry").path()).collect();
    // Further recordings, too many to keep here.
    files.extend(std::env::var_os("CHARTWRIGHT_STRINGS").map(PathBuf::from));
    files.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for file in &files {
        let (cases, differences) = check(file, &table);
        count += cases;
        wrong.extend(differences);
    }
    assert!(wrong.is_empty(), "{} of {count} calls differ:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}
