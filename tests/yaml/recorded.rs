//! Recorded cases: a text, and what Helm's YAML reader and writer make of it.

use chartwright::value::Value;
use chartwright::yaml;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// The folder of the shared cases.
fn shared() -> PathBuf {
    std::env::var_os("CHARTWRIGHT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from)
}

/// Whether a value is what JSON says.
pub(crate) fn same(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Nil, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Float(a), Json::Number(b)) => b.as_f64() == Some(*a),
        (Value::Str(a), Json::String(b)) => a.as_bytes() == b.as_bytes(),
        (Value::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Json::Object(b)) => {
            a.len() == b.len() && b.iter().all(|(key, b)| a.get(key).is_some_and(|a| same(&a, b)))
        }
        _ => false,
    }
}

/// The text of a case.
fn text(case: &Json) -> Vec<u8> {
    use base64::Engine;
    match case["base64"].as_str() {
        Some(text) => base64::engine::general_purpose::STANDARD.decode(text).expect("base64"),
        None => case["text"].as_str().expect("text").as_bytes().to_vec(),
    }
}

/// What is wrong with our reading of one case.
fn mismatch(case: &Json) -> Option<String> {
    let text = text(case);
    let read = yaml::from_yaml(&text);
    let parsed = yaml::parse(&text, Default::default()).map(|node| node.to_value());
    if format!("{read:?}") != format!("{parsed:?}") {
        return Some(format!("from_yaml: {read:?}\nparse: {parsed:?}"));
    }
    match (read, case.get("error").and_then(Json::as_str)) {
        (Err(ours), Some(theirs)) if ours.to_string() == theirs => None,
        (Err(ours), theirs) => Some(format!("error: {ours}\nexpected {theirs:?}")),
        (Ok(value), Some(theirs)) => Some(format!("value: {value:?}\nexpected error {theirs}")),
        (Ok(value), None) if !same(&value, &case["json"]) => {
            Some(format!("value: {value:?}\nexpected {}", case["json"]))
        }
        (Ok(value), None) => written_otherwise(&value, case),
    }
}

/// What is wrong with our writing of one case.
fn written_otherwise(value: &Value, case: &Json) -> Option<String> {
    let ours = match yaml::to_yaml(value) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(fault) => format!("ERROR {fault}"),
    };
    let pretty = match yaml::to_yaml_pretty(value) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(fault) => format!("ERROR {fault}"),
    };
    let expected = [(ours, case.get("yaml")), (pretty, case.get("pretty"))];
    let (ours, theirs) = expected.into_iter().find(|(ours, theirs)| theirs.is_some_and(|theirs| theirs != ours))?;
    Some(format!("written:\n{ours}\nexpected:\n{}", theirs?.as_str()?))
}

/// The texts of the snippets.
pub(crate) fn snippets() -> Vec<Vec<u8>> {
    cases(&own()).unwrap_or_default().iter().map(text).collect()
}

/// The snippets in this repository.
fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/yaml/snippets.jsonl")
}

/// The cases of a file, if it is there.
fn cases(path: &Path) -> Option<Vec<Json>> {
    let lines = std::fs::read_to_string(path).ok()?;
    Some(lines.lines().map(|line| serde_json::from_str(line).expect("a case")).collect())
}

#[allow(clippy::print_stderr)]
fn left_out(path: &Path) {
    eprintln!("left out: {} is not there", path.display());
}

fn check(path: &Path) {
    let Some(cases) = cases(path) else {
        left_out(path);
        return;
    };
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            Some(format!("{} {:?}\n{}\n", case["name"], text(case).escape_ascii().to_string(), mismatch(case)?))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong[..wrong.len().min(12)].join("\n"));
}

#[test]
fn snippets_are_read_and_written_as_by_go() {
    check(&own());
}

#[test]
fn mutations_are_read_and_written_as_by_go() {
    check(&shared().join("conformance/yaml/mutations.jsonl"));
}
