//! Shapes and comments become a JSON Schema.

use super::annotations;
use super::json::{Json, Object};
use super::shape::{Shape, ShapeId, Shapes};
use super::uses::{Types, Uses};
use crate::values::documentation::{Documentation, KeyDoc};

/// The longest list that is written as a default.
const LONGEST_DEFAULT: usize = 50;

/// Values that others set for a chart, with their types: a parent whose condition is `NAME.enabled`, and people who set
/// the same for many published charts at once.
///
/// A chart that reads none of them has always passed over them, so they are taken too.
const CONVENTIONAL: [(&str, Types); 6] = [
    ("enabled", Types::BOOLEAN),
    ("nameOverride", Types::STRING),
    ("fullnameOverride", Types::STRING),
    ("namespaceOverride", Types::STRING),
    ("commonLabels", Types::OBJECT),
    ("commonAnnotations", Types::OBJECT),
];

/// Writes schemas of shapes.
pub(super) struct Emitter<'a> {
    pub(super) shapes: &'a Shapes,
    pub(super) docs: &'a Documentation,
}

/// Where in the values a schema is written.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// The keys that lead there, `None` below lists and in the values of subcharts, for which comments do not speak.
    path: Option<&'p [String]>,
    /// Uses of what lies around, which are uses of this too.
    around: Uses,
    /// Whether it lies below `global`.
    global: bool,
}

impl Emitter<'_> {
    /// The schema of the chart's own values.
    pub(super) fn root(&self) -> Object {
        let place = Place { path: Some(&[]), around: Uses::NONE, global: false };
        let mut schema = self.shape(self.shapes.root(), place);
        for keywords in &self.docs.root {
            annotations::overlay(&mut schema, keywords);
        }
        schema
    }

    fn shape(&self, id: ShapeId, place: Place<'_>) -> Object {
        let shape = self.shapes.get(id);
        let doc = place.path.and_then(|path| self.docs.at(path));
        let uses = shape.uses.and(place.around);
        let mut types = if shape.is_chart { Types::OBJECT } else { shape.defaults.types(uses) };
        if let Some(doc) = doc {
            types = annotations::types(types, doc, shape);
        }
        let mut schema = Object::default();
        if let Some(text) = doc.map(|doc| doc.description.as_str()).filter(|text| !text.is_empty()) {
            schema.set("description", Json::str(text));
        }
        if let Some(json) = type_of(types) {
            schema.set("type", json);
        }
        if let Some(default) = shape.own.as_ref().filter(|node| node.items().len() <= LONGEST_DEFAULT) {
            schema.set("default", Json::of(default));
        }
        let handed = Uses::WHOLE.and(Uses::PRINTED).and(Uses::QUOTED);
        let mut around = if uses.has(handed) { place.around.and(Uses::WHOLE) } else { place.around };
        if uses.has(Uses::ANY) {
            around = around.and(Uses::ANY);
        }
        let inner = Place { around, ..place };
        if types.has(Types::ARRAY) {
            self.items(shape, inner, &mut schema);
        }
        if types.has(Types::OBJECT) {
            self.properties((shape, uses), inner, &mut schema);
        }
        for keywords in doc.map(|doc| doc.schema.as_slice()).unwrap_or_default() {
            annotations::overlay(&mut schema, keywords);
        }
        schema
    }

    fn items(&self, shape: &Shape, place: Place<'_>, schema: &mut Object) {
        let Some(item) = shape.item else { return };
        let inner = self.shape(item, Place { path: None, ..place });
        if !inner.is_empty() {
            schema.set("items", Json::Map(inner));
        }
    }

    fn properties(&self, (shape, uses): (&Shape, Uses), place: Place<'_>, schema: &mut Object) {
        let mut keys: Vec<&(String, ShapeId)> = shape.keys.iter().collect();
        // What the chart does not write has no order of its own.
        keys.sort_by_key(|(name, id)| match self.shapes.get(*id).written {
            true => (false, ""),
            false => (true, name.as_str()),
        });
        let mut properties = Object::default();
        let mut required = Vec::new();
        for (name, id) in keys {
            let path: Option<Vec<String>> = place.path.map(|path| path.iter().chain([name]).cloned().collect());
            let key = self.shapes.get(*id);
            let is_global = shape.is_chart && name == "global";
            let inner = match (is_global, key.is_chart) {
                // What a parent has there is put there by Helm.
                (true, _) if place.path.is_none_or(|path| !path.is_empty()) => global(),
                (_, true) => self.shape(*id, Place { path: path.as_deref(), around: Uses::NONE, global: false }),
                _ => self.shape(*id, Place { path: path.as_deref(), global: place.global || is_global, ..place }),
            };
            if path.and_then(|path| self.docs.at(&path)).is_some_and(is_required) {
                required.push(Json::str(name));
            }
            properties.set(name, Json::Map(inner));
        }
        if shape.is_chart && properties.0.iter().all(|(name, _)| name != "global") {
            properties.set("global", Json::Map(global()));
        }
        let closed = self.closed(shape, uses, place, properties.is_empty());
        if shape.is_chart && closed.is_some() {
            add_conventional(&mut properties);
        }
        if !properties.is_empty() {
            schema.set("properties", Json::Map(properties));
        }
        if !required.is_empty() {
            schema.set("required", Json::List(required));
        }
        if let Some(rest) = closed {
            schema.set("additionalProperties", rest);
        }
    }

    /// What other keys may be; `None` for anything.
    fn closed(&self, shape: &Shape, uses: Uses, place: Place<'_>, is_bare: bool) -> Option<Json> {
        if place.global {
            return None;
        }
        let unnamed = Uses::RANGED.and(Uses::DYNAMIC);
        let whole = Uses::WHOLE.and(Uses::ANY).and(Uses::PRINTED).and(Uses::QUOTED).and(Uses::TYPE_TEST).and(Uses::TPL);
        if uses.has(unnamed) && !uses.has(whole) && !shape.is_chart {
            let item = shape.item.map(|item| self.shape(item, Place { path: None, ..place }));
            return item.filter(|item| !item.is_empty()).map(Json::Map);
        }
        let is_read = shape.is_chart || uses.has(Uses::MAP);
        (is_read && !uses.opens() && !is_bare).then_some(Json::Bool(false))
    }
}

fn add_conventional(properties: &mut Object) {
    for (name, types) in CONVENTIONAL {
        if properties.0.iter().all(|(key, _)| key != name) {
            let mut schema = Object::default();
            schema.set("description", Json::str("Set by convention; no template of this chart reads it."));
            if let Some(json) = type_of(types.or(Types::NULL)) {
                schema.set("type", json);
            }
            properties.set(name, Json::Map(schema));
        }
    }
}

fn is_required(doc: &KeyDoc) -> bool {
    doc.schema
        .iter()
        .any(|keywords| keywords.get("required").is_some_and(|node| *node.kind() == crate::yaml::NodeKind::Bool(true)))
}

fn global() -> Object {
    let mut schema = Object::default();
    schema.set("description", Json::str("Values that a chart shares with all of its subcharts."));
    schema.set("type", Json::List(vec![Json::str("object"), Json::str("null")]));
    schema
}

fn type_of(types: Types) -> Option<Json> {
    if types == Types::ALL {
        return None;
    }
    match types.names().as_slice() {
        [] => None,
        [one] => Some(Json::str(*one)),
        names => Some(Json::List(names.iter().map(|name| Json::str(*name)).collect())),
    }
}
