//! What comments ask of a schema.

use super::json::{Json, Object};
use super::shape::Shape;
use super::uses::{Types, Uses};
use crate::values::documentation::KeyDoc;
use crate::yaml::{Node, NodeKind};

/// The types under a comment that names one: its own, those of the defaults, and a text where it may be a template.
///
/// A comment says what a value is meant to be; what the chart itself writes has to stay valid.
pub(super) fn types(found: Types, doc: &KeyDoc, shape: &Shape) -> Types {
    let words = doc.kind.as_deref().map(|kind| kind.split(['|', '/']).map(Types::named).collect::<Option<Vec<_>>>());
    let Some(Some(words)) = words else {
        return if doc.nullable { found.or(Types::NULL) } else { found };
    };
    let named = words.into_iter().fold(Types::NONE, Types::or);
    let mut types = named.or(shape.defaults.filled).or(shape.defaults.empty);
    if shape.defaults.null || doc.nullable || (!shape.defaults.is_known() && shape.own.is_none()) {
        types = types.or(Types::NULL);
    }
    let widened = Uses::TPL.and(Uses::TYPE_TEST);
    if shape.uses.has(widened) || found.has(Types::STRING) { types.or(Types::STRING) } else { types }
}

/// Keywords that are not of JSON Schema: they steer the tools that brought them.
const STEERING: [&str; 7] =
    ["hidden", "skipProperties", "mergeProperties", "item", "itemProperties", "itemEnum", "itemRef"];

/// Sets the keywords of a `@schema` comment over what was found.
pub(super) fn overlay(schema: &mut Object, keywords: &Node) {
    let flag = |name: &str| keywords.get(name).is_some_and(|node| *node.kind() == NodeKind::Bool(true));
    if flag("hidden") {
        *schema = Object::default();
        return;
    }
    if flag("skipProperties") {
        schema.remove("properties");
        schema.remove("additionalProperties");
    }
    if flag("mergeProperties") {
        merge_properties(schema);
    }
    for entry in keywords.entries() {
        let Some(name) = entry.key.key_text() else { continue };
        let name = String::from_utf8_lossy(&name);
        let is_flag = matches!(entry.value.kind(), NodeKind::Bool(_));
        match &*name {
            // The key is required of the map around it.
            "required" if is_flag => {}
            _ if STEERING.contains(&&*name) => {}
            "type" => set_type(schema, &entry.value),
            _ => schema.set(&name, Json::of(&entry.value)),
        }
    }
    set_items(schema, keywords);
}

/// A type is a name or a list of names; other tools' words for types are those of JSON Schema here.
fn set_type(schema: &mut Object, node: &Node) {
    let name = |node: &Node| {
        let text = node.to_text().map_or("null".to_owned(), |text| String::from_utf8_lossy(&text).into_owned());
        let known = Types::named(&text).filter(|_| !matches!(text.as_str(), "tpl"));
        known.and_then(|types| types.names().first().copied()).map_or(text, str::to_owned)
    };
    match node.kind() {
        NodeKind::Seq(items) => {
            schema.set("type", Json::List(items.iter().map(|item| Json::Str(name(item))).collect()))
        }
        _ => schema.set("type", Json::Str(name(node))),
    }
}

/// `item`, `itemProperties`, `itemEnum` and `itemRef` speak of the items of a list.
fn set_items(schema: &mut Object, keywords: &Node) {
    let mut items = Object::default();
    for (word, keyword) in
        [("item", "type"), ("itemProperties", "properties"), ("itemEnum", "enum"), ("itemRef", "$ref")]
    {
        if let Some(node) = keywords.get(word) {
            items.set(keyword, Json::of(node));
        }
    }
    if !items.is_empty() {
        schema.set("items", Json::Map(items));
    }
}

/// One schema for all keys of a map: that of the first, for every key.
fn merge_properties(schema: &mut Object) {
    let found = schema.0.iter().find(|(name, _)| name == "properties");
    let Some((_, Json::Map(Object(properties)))) = found else { return };
    let Some((_, first)) = properties.first().cloned() else { return };
    schema.remove("properties");
    schema.set("additionalProperties", first);
}
