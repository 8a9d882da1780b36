//! Values of a release from a template in Tera.
//!
//! The template is YAML first: Tera renders each scalar alone, so that a rendered `no`, `#` or line break stays a
//! text. A scalar that is one expression and nothing else takes the type of its result. The reference for expressions
//! is Tera 2; an undefined variable is an error.

use super::{Environment, Module, Organisation};
use crate::diagnostic::{Diagnostic, Valid};
use crate::source::{SourceId, Span};
use crate::value::{Map, Text, Value};
use crate::yaml::{self, Node, NodeKind};
use serde_json::Value as Json;
use tera::{Context, Tera};

/// How deep a values template may nest.
const DEEPEST: usize = 100;

/// What a values template can ask for: `organisation`, `environment`, `module` and `release`.
pub struct Scope {
    context: Context,
    tera: Tera,
}

impl Scope {
    /// The scope of one module.
    pub fn new(organisation: Option<&Organisation>, environment: &Environment, module: &Module) -> Scope {
        let mut context = Context::new();
        let organisation = organisation.map_or(Json::Object(serde_json::Map::new()), |known| json(&known.node, 0));
        context.insert("organisation", &organisation);
        let mut stated = json(&environment.node, 0);
        if let Json::Object(fields) = &mut stated {
            fields.insert("name".into(), Json::from(environment.name.text.as_str()));
            fields.remove("modules");
        }
        context.insert("environment", &stated);
        context.insert("domain", &environment.domain.text);
        let settings = module.settings.as_ref().map_or(Json::Object(serde_json::Map::new()), |node| json(node, 0));
        context.insert("settings", &settings);
        context.insert("release", &module.release.text);
        context.insert("version", &module.version.text);
        context.insert("modules", &modules(environment));
        let mut tera = Tera::new();
        tera.autoescape_on(Vec::<&str>::new());
        tera.register_filter("as_json", as_json);
        Scope { context, tera }
    }

    /// Renders a template.
    ///
    /// # Errors
    /// A text that is no YAML, and every scalar that Tera refuses, each with its place.
    pub fn render(&self, template: &[u8], source: SourceId) -> Valid<Value> {
        let node = yaml::parse(template, source).map_err(|error| {
            let start = error.offset().unwrap_or(0);
            vec![Diagnostic::error(error.message()).at(Span::new(source, start, start + 1))]
        })?;
        let mut found = Vec::new();
        let value = self.node(&node, 0, &mut found);
        if found.is_empty() { Ok(value) } else { Err(found) }
    }

    fn node(&self, node: &Node, depth: usize, found: &mut Vec<Diagnostic>) -> Value {
        if depth > DEEPEST {
            found.push(Diagnostic::error(format!("values nest deeper than {DEEPEST}")).at(node.span()));
            return Value::Nil;
        }
        match node.kind() {
            NodeKind::Str(text) => self.scalar(text, node.span(), found),
            NodeKind::Seq(items) => Value::list(items.iter().map(|item| self.node(item, depth + 1, found)).collect()),
            NodeKind::Map(entries) => {
                let map = Map::new();
                for entry in entries {
                    let key = entry.key.key_text().unwrap_or_default();
                    let key = match self.scalar(&key, entry.key.span(), found) {
                        Value::Str(text) => text,
                        _ => Text::from(&*key),
                    };
                    map.insert(key, self.node(&entry.value, depth + 1, found));
                }
                Value::Map(map)
            }
            _ => node.to_value(),
        }
    }

    fn scalar(&self, text: &[u8], span: Span, found: &mut Vec<Diagnostic>) -> Value {
        let Ok(text) = std::str::from_utf8(text) else { return Value::str(text) };
        if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            return Value::str(text);
        }
        let result = match expression(text) {
            Some(expression) => self
                .run(&format!("{{{{ ({expression}) | as_json }}}}"))
                .and_then(|json| serde_json::from_str(&json).map_err(|error| error.to_string()))
                .map(|json: Json| from_json(&json, 0)),
            None => self.run(text).map(Value::from),
        };
        result.unwrap_or_else(|message| {
            found.push(Diagnostic::error(message).at(span));
            Value::Nil
        })
    }

    fn run(&self, template: &str) -> Result<String, String> {
        self.tera.render_str(template, &self.context, false).map_err(|error| headline(&error.to_string()))
    }
}

/// The expression of a scalar that holds one and nothing else.
fn expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then(|| inner.trim_matches('-').trim())
}

/// The first words of Tera's report, which otherwise shows a text that nobody wrote.
fn headline(report: &str) -> String {
    let line = report.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("values template failed");
    let line = line.strip_prefix("error:").unwrap_or(line).trim();
    let mut words = line.to_owned();
    if let Some(first) = words.get(..1) {
        let lower = first.to_lowercase();
        words.replace_range(..1, &lower);
    }
    words
}

fn as_json(value: &tera::Value, _: tera::Kwargs, _: &tera::State) -> tera::TeraResult<String> {
    serde_json::to_string(value).map_err(|error| tera::Error::message(error.to_string()))
}

fn modules(environment: &Environment) -> Json {
    let entry = |module: &Module| {
        let fields = [("chart", &module.chart.text), ("version", &module.version.text)];
        let fields = fields.into_iter().map(|(name, text)| (name.to_owned(), Json::from(text.as_str())));
        (module.release.text.clone(), Json::Object(fields.collect()))
    };
    Json::Object(environment.modules.iter().map(entry).collect())
}

fn json(node: &Node, depth: usize) -> Json {
    if depth > DEEPEST {
        return Json::Null;
    }
    match node.kind() {
        NodeKind::Null => Json::Null,
        NodeKind::Bool(flag) => Json::from(*flag),
        NodeKind::Int(number) => Json::from(*number),
        NodeKind::Uint(number) => Json::from(*number),
        NodeKind::Float(number) => Json::from(*number),
        NodeKind::Str(text) => Json::from(String::from_utf8_lossy(text).into_owned()),
        NodeKind::Seq(items) => items.iter().map(|item| json(item, depth + 1)).collect(),
        NodeKind::Map(entries) => {
            let entry = |entry: &yaml::Entry| (super::fields::text(&entry.key), json(&entry.value, depth + 1));
            Json::Object(entries.iter().map(entry).collect())
        }
    }
}

fn from_json(json: &Json, depth: usize) -> Value {
    match json {
        _ if depth > DEEPEST => Value::Nil,
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int64(int),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::str(text),
        Json::Array(items) => Value::list(items.iter().map(|item| from_json(item, depth + 1)).collect()),
        Json::Object(fields) => {
            let entry = |(key, value): (&String, &Json)| (Text::from(key.as_str()), from_json(value, depth + 1));
            Value::Map(fields.iter().map(entry).collect())
        }
    }
}

/// Lays `over` on `under`: maps merge key by key, everything else is replaced.
pub fn overlay(under: Value, over: &Value) -> Value {
    match (under, over) {
        (Value::Map(under), Value::Map(over)) => {
            for (key, value) in over.snapshot() {
                let merged = match under.get(&key) {
                    Some(have) => overlay(have, &value),
                    None => value,
                };
                under.insert(key, merged);
            }
            Value::Map(under)
        }
        (_, over) => over.clone(),
    }
}
