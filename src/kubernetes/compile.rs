//! Types from JSON Schemas: the structural schemas of CRDs and the files of a schema location.

use super::types::{Bits, Edge, Field, Kind, Limits, Literal, Object, Others, Rule, Span, Text, Type, Unique};
use crate::yaml::{Node, NodeKind};
use std::rc::Rc;

/// Schemas that nest deeper are not read.
const DEEPEST: usize = 200;

/// The longest pattern that is compiled.
const LARGEST_PATTERN: usize = 1 << 20;

/// Whose rules a schema follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// A CRD's: unknown fields are pruned, null is taken where `nullable` says so.
    Structural,
    /// JSON Schema's.
    Json,
}

/// Builds types; `refer` gives the number of what a `$ref` names.
pub(super) struct Compiler<'a> {
    pub(super) flavour: Flavour,
    pub(super) refer: &'a dyn Fn(&str) -> Option<usize>,
}

/// Keywords that would change a verdict and that no type can express.
const UNREADABLE: [&str; 13] = [
    "if", "then", "else", "patternProperties", "propertyNames", "contains", "dependencies", "dependentRequired",
    "dependentSchemas", "prefixItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef",
];

impl Compiler<'_> {
    /// The type of a schema.
    pub(super) fn compile(&self, schema: &Node) -> Rc<Type> {
        Rc::new(self.nested(schema, 0))
    }

    fn nested(&self, schema: &Node, depth: usize) -> Type {
        if depth > DEEPEST {
            return Type::new(Kind::Unreadable("a schema nested too deep".into()));
        }
        match schema.kind() {
            NodeKind::Bool(true) | NodeKind::Null => return anything(),
            NodeKind::Bool(false) => return nothing(),
            _ => {}
        }
        if let Some(strange) = UNREADABLE.iter().find(|word| schema.get(**word).is_some()) {
            return Type::new(Kind::Unreadable((*strange).into()));
        }
        if let Some(target) = text_of(schema, "$ref") {
            return match (self.refer)(target) {
                Some(id) => Type { kind: Kind::Named(id), nullable: true, limits: None },
                None => Type::new(Kind::Unreadable(format!("$ref {target}").into())),
            };
        }
        let mut of = self.of_kind(schema, depth);
        of.limits = self.limits(schema, depth);
        if flag(schema, "nullable") {
            of.nullable = true;
        }
        of
    }

    fn of_kind(&self, schema: &Node, depth: usize) -> Type {
        let mut words = words_of(schema.get("type"));
        let nullable = words.iter().any(|word| *word == "null");
        words.retain(|word| *word != "null");
        words.sort_unstable();
        let either = flag(schema, "x-kubernetes-int-or-string") || text_of(schema, "format") == Some("int-or-string");
        let kind = match words.as_slice() {
            _ if either => Kind::IntOrString,
            [] => self.untyped(schema, depth),
            ["integer", "string"] => Kind::IntOrString,
            ["number", "string"] => Kind::NumberOrString,
            ["integer", "number"] => Kind::Number,
            [word] => self.typed(word, schema, depth),
            _ => Kind::Any,
        };
        let untyped = words.is_empty() && !either && self.flavour == Flavour::Json && !nullable;
        Type { kind, nullable: nullable || untyped, limits: None }
    }

    /// A schema without a type: of an object or list if it has their keywords.
    fn untyped(&self, schema: &Node, depth: usize) -> Kind {
        let has = |word: &str| schema.get(word).is_some();
        match self.flavour {
            // In JSON Schema the keywords of objects say nothing of other values.
            Flavour::Json if has("properties") || has("required") => self.object(schema, depth),
            Flavour::Structural if has("properties") || has("additionalProperties") => self.object(schema, depth),
            Flavour::Structural if has("items") => self.list(schema, depth),
            _ => Kind::Any,
        }
    }

    fn typed(&self, word: &str, schema: &Node, depth: usize) -> Kind {
        let format = text_of(schema, "format").unwrap_or_default();
        match (word, format) {
            ("boolean", _) => Kind::Boolean,
            ("integer", "int32") => Kind::Integer(Bits::Int32),
            ("integer", "int64") => Kind::Integer(Bits::Int64),
            ("integer", _) => Kind::Integer(Bits::Free),
            ("number", _) => Kind::Number,
            ("string", "byte") => Kind::String(Text::Base64),
            ("string", "date-time") => Kind::String(Text::DateTime),
            ("string", _) => Kind::String(Text::Free),
            ("array", _) => self.list(schema, depth),
            ("object", _) => self.object(schema, depth),
            (other, _) => Kind::Unreadable(format!("type {other}").into()),
        }
    }

    fn list(&self, schema: &Node, depth: usize) -> Kind {
        let items = schema.get("items").map_or_else(anything, |items| self.nested(items, depth + 1));
        let keys = words_of(schema.get("x-kubernetes-list-map-keys"));
        let kind = text_of(schema, "x-kubernetes-list-type").unwrap_or_default();
        let unique = match kind {
            "map" if !keys.is_empty() => Unique::Keys(keys.into_iter().map(Box::from).collect()),
            "set" => Unique::Items,
            _ if flag(schema, "uniqueItems") => Unique::Items,
            _ => Unique::No,
        };
        Kind::List { items: Rc::new(items), unique }
    }

    fn object(&self, schema: &Node, depth: usize) -> Kind {
        let required = words_of(schema.get("required"));
        let known = schema.get("properties").map(Node::entries).unwrap_or_default();
        let mut fields: Vec<Field> = known
            .iter()
            .filter_map(|entry| {
                let name = entry.key.key_text()?;
                let name = String::from_utf8_lossy(&name);
                let of = Rc::new(self.nested(&entry.value, depth + 1));
                let default = entry.value.get("default").filter(|_| self.flavour == Flavour::Structural).cloned();
                let required = required.contains(&&*name) && default.is_none();
                Some(Field { name: (*name).into(), required, of, default })
            })
            .collect();
        for name in &required {
            if !fields.iter().any(|field| *field.name == **name) {
                fields.push(Field { name: (*name).into(), required: true, of: Rc::new(anything()), default: None });
            }
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let others = self.others(schema, known.is_empty(), depth);
        match (fields.is_empty(), others) {
            (true, Others::Typed(values)) => Kind::Map(values),
            (_, others) => Kind::Object(Object { fields, others, definition: None }),
        }
    }

    fn others(&self, schema: &Node, plain: bool, depth: usize) -> Others {
        let preserved = flag(schema, "x-kubernetes-preserve-unknown-fields");
        match schema.get("additionalProperties").map(|others| (others.kind(), others)) {
            Some((NodeKind::Bool(false), _)) => Others::Refused,
            Some((NodeKind::Map(_), others)) => Others::Typed(Rc::new(self.nested(others, depth + 1))),
            Some((NodeKind::Bool(true), _)) => Others::Free,
            _ if preserved || plain || self.flavour == Flavour::Json => Others::Free,
            _ => Others::Unknown,
        }
    }

    fn limits(&self, schema: &Node, depth: usize) -> Option<Box<Limits>> {
        // Branches of a structural schema repeat fields of the whole: they know of no other ones.
        let branches = Compiler { flavour: Flavour::Json, refer: self.refer };
        let each = |word: &str| -> Vec<Rc<Type>> {
            let items = schema.get(word).map(Node::items).unwrap_or_default();
            items.iter().map(|item| Rc::new(branches.nested(item, depth + 1))).collect()
        };
        let number = |word: &str| schema.get(word).and_then(number_of);
        let count = |word: &str| number(word).filter(|count| *count >= 0.0).map(|count| count as usize);
        let span = |least: &str, most: &str| Span { least: count(least), most: count(most) };
        let several = words_of(schema.get("type")).iter().filter(|word| **word != "null").count() > 2;
        let limits = Limits {
            values: values_of(schema),
            pattern: text_of(schema, "pattern").map(|pattern| (pattern.into(), compiled(pattern))),
            format: text_of(schema, "format").map(Box::from),
            minimum: bound(schema, "minimum", "exclusiveMinimum"),
            maximum: bound(schema, "maximum", "exclusiveMaximum"),
            multiple_of: number("multipleOf").filter(|step| *step > 0.0),
            length: span("minLength", "maxLength"),
            items: span("minItems", "maxItems"),
            properties: span("minProperties", "maxProperties"),
            all_of: each("allOf"),
            any_of: if several { self.any_of_words(schema, depth) } else { each("anyOf") },
            one_of: each("oneOf"),
            not: schema.get("not").map(|not| Rc::new(branches.nested(not, depth + 1))),
            rules: rules_of(schema),
        };
        (!limits.is_empty()).then(|| Box::new(limits))
    }

    fn any_of_words(&self, schema: &Node, depth: usize) -> Vec<Rc<Type>> {
        let words = words_of(schema.get("type"));
        words.iter().filter(|word| **word != "null").map(|word| Rc::new(Type::new(self.typed(word, schema, depth)))).collect()
    }
}

impl Limits {
    fn is_empty(&self) -> bool {
        let counts = [self.length, self.items, self.properties];
        let none = [self.minimum, self.maximum].iter().all(Option::is_none);
        let alone = self.all_of.is_empty() && self.any_of.is_empty() && self.one_of.is_empty() && self.not.is_none();
        none && alone
            && counts.iter().all(|span| *span == Span::default())
            && self.values.is_none()
            && self.pattern.is_none()
            && self.format.is_none()
            && self.multiple_of.is_none()
            && self.rules.is_empty()
    }
}

fn anything() -> Type {
    Type { kind: Kind::Any, nullable: true, limits: None }
}

fn nothing() -> Type {
    let limits = Limits { values: Some(Vec::new()), ..Limits::default() };
    Type { kind: Kind::Any, nullable: false, limits: Some(Box::new(limits)) }
}

fn compiled(pattern: &str) -> Option<regex::Regex> {
    regex::RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build().ok()
}

fn bound(schema: &Node, word: &str, exclusive: &str) -> Option<(f64, Edge)> {
    let (plain, strict) = (schema.get(word).and_then(number_of), schema.get(exclusive));
    match strict.map(Node::kind) {
        Some(NodeKind::Bool(true)) => plain.map(|plain| (plain, Edge::Refused)),
        Some(NodeKind::Bool(false)) | None => plain.map(|plain| (plain, Edge::Taken)),
        Some(_) => strict.and_then(number_of).map(|strict| (strict, Edge::Refused)),
    }
}

/// The text of a keyword.
pub(super) fn text_of<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    std::str::from_utf8(node.get(key)?.as_str()?).ok()
}

fn flag(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|value| *value.kind() == NodeKind::Bool(true))
}

/// One text or a list of texts.
fn words_of(node: Option<&Node>) -> Vec<&str> {
    let Some(node) = node else { return Vec::new() };
    match node.as_str() {
        Some(text) => std::str::from_utf8(text).into_iter().collect(),
        None => node.items().iter().filter_map(|item| std::str::from_utf8(item.as_str()?).ok()).collect(),
    }
}

/// A number.
#[allow(clippy::cast_precision_loss)]
pub(super) fn number_of(node: &Node) -> Option<f64> {
    match node.kind() {
        NodeKind::Int(number) => Some(*number as f64),
        NodeKind::Uint(number) => Some(*number as f64),
        NodeKind::Float(number) => Some(*number),
        _ => None,
    }
}

fn values_of(schema: &Node) -> Option<Vec<Literal>> {
    if let Some(only) = schema.get("const") {
        return Some(vec![literal(only)]);
    }
    schema.get("enum").map(|values| values.items().iter().map(literal).collect())
}

/// A value of an enumeration, or one to be compared with those.
pub(super) fn literal(node: &Node) -> Literal {
    match node.kind() {
        NodeKind::Null => Literal::Null,
        NodeKind::Bool(flag) => Literal::Boolean(*flag),
        NodeKind::Str(text) => Literal::Text(String::from_utf8_lossy(text).into()),
        NodeKind::Seq(_) | NodeKind::Map(_) => Literal::Other,
        _ => number_of(node).map_or(Literal::Other, Literal::Number),
    }
}

fn rules_of(schema: &Node) -> Vec<Rule> {
    let rules = schema.get("x-kubernetes-validations").map(Node::items).unwrap_or_default();
    let boxed = |rule: &Node, key: &str| text_of(rule, key).map(Box::from);
    rules
        .iter()
        .filter_map(|rule| {
            let (message, message_expression) = (boxed(rule, "message"), boxed(rule, "messageExpression"));
            Some(Rule { rule: boxed(rule, "rule")?, message, message_expression })
        })
        .collect()
}
