//! Schemas and values with the errors that Helm's library gives, recorded from it; `tests/schema/README.md` tells how.
//!
//! Helm takes properties in random order, so lines are compared sorted, and so are the names in a line that lists
//! properties.

use chartwright::schema::{Key, Offline, Subject, Verdict, error_text, validate, validate_charts};
use chartwright::value::{Map, Value};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

struct Case {
    name: String,
    schema: String,
    values: Json,
    error: Option<String>,
}

fn cases(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap();
    let read = |line: &str| {
        let case: Json = serde_json::from_str(line).unwrap();
        let text = |key: &str| case[key].as_str().map(str::to_owned);
        Case {
            name: text("name").unwrap(),
            schema: text("schema").unwrap(),
            values: case["values"].clone(),
            error: text("error"),
        }
    };
    text.lines().map(read).collect()
}

/// Values as Helm has them after reading YAML: every number is a float.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Float(number.as_f64().unwrap()),
        Json::String(text) => Value::str(text),
        Json::Array(items) => Value::list(items.iter().map(value).collect()),
        Json::Object(members) => members.iter().map(|(key, item)| (key.as_str(), value(item))).collect::<Map>().into(),
    }
}

/// An error with all that is random in Helm put in order.
fn normal(error: Option<&str>) -> Option<Vec<String>> {
    let line = |line: &str| match line.split_once("additional properties ") {
        Some((place, names)) => {
            let mut names: Vec<&str> = names.trim_end_matches(" not allowed").split(", ").collect();
            names.sort_unstable();
            format!("{place}additional properties {}", names.join(", "))
        }
        None => line.to_owned(),
    };
    let mut lines: Vec<String> = error?.split('\n').map(line).collect();
    lines.sort_unstable();
    Some(lines)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema")
}

#[test]
fn errors_are_those_of_helm() {
    let mut failures = 0;
    let mut count = 0;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "jsonl")) {
        for case in cases(file) {
            count += 1;
            let outcome = validate(case.schema.as_bytes(), &value(&case.values), &Offline);
            let error = outcome.error();
            if normal(error.as_deref()) != normal(case.error.as_deref()) {
                failures += 1;
                if failures <= 400 {
                    println!("{}\n  {}\n  {}", case.name, case.schema, case.values);
                    println!("  want {:?}\n  have {error:?}\n", case.error);
                }
            }
        }
    }
    assert!(failures == 0, "{failures} of {count} differ");
}

fn check(schema: &str, values: &Value) -> Option<String> {
    validate(schema.as_bytes(), values, &Offline).error()
}

#[test]
fn hostile_schemas_are_refused_in_time() {
    let empty: Value = Map::new().into();
    let deep = |count: usize| format!("{}{{}}{}", r#"{"not":"#.repeat(count), "}".repeat(count));
    assert_eq!(check(&deep(100_000), &empty).as_deref(), Some("exceeded max depth"));
    assert!(check(&deep(9_000), &empty).is_some_and(|error| error.contains("deeper than 400 levels")));
    assert!(check(&deep(60), &empty).is_none());

    // Each definition applies the next one twice.
    let doubled: String = (0..60).map(|at| format!(r##""d{at}":{{"allOf":[{0},{0}]}},"##, reference(at + 1))).collect();
    let schema = format!(r##"{{"allOf":[{}],"$defs":{{{doubled}"d60":{{"type":"object"}}}}}}"##, reference(0));
    assert!(check(&schema, &empty).is_some_and(|error| error.contains("more than 5000000 steps")));

    let mut nested: Value = Map::new().into();
    for _ in 0..3_000 {
        nested = [("a", nested)].into_iter().collect::<Map>().into();
    }
    let schema = r##"{"additionalProperties":{"$ref":"#"}}"##;
    assert!(check(schema, &nested).is_some_and(|error| error.contains("deeper than 400 levels")));

    let pattern = r#"{"properties":{"a":{"pattern":"((a{1,1000}){1,1000}){1,1000}"}}}"#;
    assert!(check(pattern, &empty).is_some_and(|error| error.contains("error parsing regexp")));
    let loops =
        r##"{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/a","a":{"$ref":"#/b"},"b":{"$ref":"#/a"}}"##;
    assert!(check(loops, &empty).is_some_and(|error| error.contains("causing reference cycle")));
}

fn reference(at: usize) -> String {
    format!(r##"{{"$ref":"#/$defs/d{at}"}}"##)
}

#[test]
fn findings_name_path_keyword_and_schema() {
    let schema = r##"{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"port":{"type":"integer"}},
        "properties":{"list":{"items":{"anyOf":[{"$ref":"#/definitions/port"},{"type":"null"}]}}},"required":["name"]}"##;
    let values = serde_json::json!({"list": [1, "x"]});
    let outcome = validate(schema.as_bytes(), &value(&values), &Offline);
    let Verdict::Invalid(problem) = outcome.verdict else { panic!("{outcome:?}") };
    let found: Vec<_> = problem.findings.iter().map(|finding| (finding.keyword, finding.schema.as_str())).collect();
    let place = "file:///values.schema.json#/properties/list/items";
    assert_eq!(found, [("required", "file:///values.schema.json#"), ("anyOf", place)]);
    let any_of = &problem.findings[1];
    assert_eq!(any_of.path, [Key::Name("list".into()), Key::Index(1)]);
    let cause = &any_of.causes[0];
    assert_eq!((cause.keyword, cause.message.as_str()), ("type", "got string, want integer"));
    assert_eq!(cause.schema, "file:///values.schema.json#/definitions/port");
}

#[test]
fn charts_and_subcharts_are_told_apart() {
    let values = value(&serde_json::json!({"sub": {"x": "bad"}, "odd": 5}));
    let map = values.as_map().unwrap();
    let (sub, odd) = (map.get("sub").unwrap(), map.get("odd").unwrap());
    let whole: &[u8] = br#"{"required":["a"]}"#;
    let part: &[u8] = br#"{"properties":{"x":{"type":"integer"}}}"#;
    let subjects = [
        Subject { chart: "conf", schema: Some(whole), values: &values },
        Subject { chart: "sub", schema: Some(part), values: &sub },
        Subject { chart: "plain", schema: None, values: &sub },
        Subject { chart: "odd", schema: None, values: &odd },
    ];
    let wanted = "conf:\n- at '': missing property 'a'\nsub:\n- at '/x': got string, want integer\n\
        odd:\ninvalid type for values: expected object (map), got float64\n";
    assert_eq!(error_text(&validate_charts(subjects, &Offline)).as_deref(), Some(wanted));
}

#[test]
fn unknown_names_are_told() {
    let schema = br#"{"$schema":"urn:nope","properties":{"a":{"type":"string"}}}"#;
    let outcome = validate(schema, &Map::new().into(), &Offline);
    assert_eq!((outcome.verdict, outcome.unresolved), (Verdict::Valid, vec!["urn:nope".to_owned()]));
}

/// Another implementation has to agree about valid and invalid, where it follows the same rules: it has formats and
/// contents of its own, asserts them elsewhere, and fetches nothing.
#[test]
fn a_second_implementation_agrees() {
    let (mut agreed, mut left_out) = (0, 0);
    for case in cases(&folder().join("cases.jsonl")) {
        let Ok(schema) = serde_json::from_str::<Json>(&case.schema) else {
            left_out += 1;
            continue;
        };
        let other = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::regex()).build(&schema);
        let own = case.error.is_none();
        match other {
            Ok(validator) if !case.name.contains("format") && validator.is_valid(&case.values) == own => agreed += 1,
            Err(_) if !own => agreed += 1,
            _ => left_out += 1,
        }
    }
    println!("{agreed} verdicts agree, {left_out} left out");
    assert!(agreed > 600, "only {agreed} verdicts agree");
}
