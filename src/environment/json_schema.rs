//! The JSON Schemas (2020-12) of our files, made from the tables of fields that the reader checks.

use super::forms::Form;
use super::organisation::Estate;
use super::settings::ENVIRONMENT;
use super::shape::{Part, Shape};
use serde_json::{Map, Value, json};

const BASE: &str = "https://openg2p.github.io/chartwright/schemas";

/// The parts of our files, by what messages call them.
pub const PARTS: &[&Part] = &[&Estate::PART, &ENVIRONMENT];

/// The schema of `organisation.yaml`.
pub fn organisation_schema() -> String {
    schema("organisation", "Organisation", &Estate::PART)
}

/// The schema of an environment's file.
pub fn environment_schema() -> String {
    schema("environment", "Environment", &ENVIRONMENT)
}

fn schema(name: &str, title: &str, part: &Part) -> String {
    let mut definitions = Map::new();
    let mut root = object(part, &mut definitions);
    let head = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("$id", json!(format!("{BASE}/{name}.schema.json"))),
        ("title", json!(title)),
    ];
    for (key, value) in head {
        root.insert(key.to_owned(), value);
    }
    root.insert("$defs".to_owned(), Value::Object(definitions));
    let mut text = serde_json::to_string_pretty(&Value::Object(root)).unwrap_or_default();
    text.push('\n');
    text
}

fn object(part: &Part, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in part.all() {
        let mut value = of(&field.shape, definitions);
        if !field.required && !matches!(field.shape, Shape::PartOrNothing(_)) {
            // Nothing behind a name is as good as no name.
            value = nullable(value);
        }
        if let Value::Object(value) = &mut value {
            value.insert("description".to_owned(), json!(prose(field.about)));
        }
        properties.insert(field.name.to_owned(), value);
        if field.required {
            required.push(json!(field.name));
        }
    }
    let mut object = Map::new();
    object.insert("description".to_owned(), json!(prose(part.about)));
    object.insert("type".to_owned(), json!("object"));
    object.insert("additionalProperties".to_owned(), json!(false));
    if !required.is_empty() {
        object.insert("required".to_owned(), Value::Array(required));
    }
    object.insert("properties".to_owned(), Value::Object(properties));
    object
}

/// A doc comment as prose: without the blank before each of its lines.
pub(super) fn prose(about: &str) -> String {
    about.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn nullable(value: Value) -> Value {
    json!({ "anyOf": [{ "type": "null" }, value] })
}

fn of(shape: &Shape, definitions: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::Text(form) => text(form),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::List(item) => json!({ "type": "array", "items": of(item, definitions) }),
        Shape::Some(item) => json!({ "type": "array", "minItems": 1, "items": of(item, definitions) }),
        Shape::Map(form, value) => {
            let mut names = text(form);
            if let Value::Object(names) = &mut names {
                names.remove("type");
                names.remove("minLength");
            }
            let value = of(value, definitions);
            json!({ "type": "object", "propertyNames": names, "additionalProperties": value })
        }
        Shape::Part(part) | Shape::Secret(part) => reference(part, definitions),
        Shape::PartOrNothing(part) => nullable(reference(part, definitions)),
        Shape::Any => json!({ "type": "object" }),
    }
}

fn reference(part: &Part, definitions: &mut Map<String, Value>) -> Value {
    let name = part.name.replace(' ', "-");
    if !definitions.contains_key(&name) {
        definitions.insert(name.clone(), Value::Null);
        let object = object(part, definitions);
        definitions.insert(name.clone(), Value::Object(object));
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn text(form: &Form) -> Value {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("minLength".to_owned(), json!(1));
    if form.longest < 65_536 {
        schema.insert("maxLength".to_owned(), json!(form.longest));
    }
    if !form.pattern.is_empty() {
        schema.insert("pattern".to_owned(), json!(form.pattern));
    }
    Value::Object(schema)
}
