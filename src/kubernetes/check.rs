//! A document against its type.

use super::compile::{literal, number_of};
use super::path::Path;
use super::schemas::Schemas;
use super::types::{Bits, Edge, Kind, Limits, Literal, Object, Others, Span as Range, Text, Type, Unique};
use super::{Depth, Settings, Strictness, formats, rules};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::yaml::{Entry, Node, NodeKind};
use std::collections::HashSet;
use std::rc::Rc;

/// Documents that nest deeper are not checked.
const DEEPEST: usize = 300;

/// So many findings of one document are told.
const MOST_FINDINGS: usize = 200;

/// A check of one document.
pub(super) struct Walk<'a, 's> {
    pub(super) schemas: &'a Schemas<'s>,
    pub(super) settings: Settings,
    pub(super) cel: &'a rules::Rules,
    pub(super) found: Vec<Diagnostic>,
    /// What kept the check from its end.
    pub(super) failed: Option<Diagnostic>,
}

impl Walk<'_, '_> {
    /// Adds a finding at the field itself.
    pub(super) fn report(
        &mut self,
        rule: &'static str,
        at: &Path<'_>,
        text: impl AsRef<str>,
    ) -> Option<&mut Diagnostic> {
        self.report_at(rule, at, at.span, text)
    }

    /// Adds a finding about the field at another place.
    pub(super) fn report_at(
        &mut self,
        rule: &'static str,
        at: &Path<'_>,
        span: Span,
        text: impl AsRef<str>,
    ) -> Option<&mut Diagnostic> {
        if self.found.len() >= MOST_FINDINGS {
            return None;
        }
        let (path, text) = (at.to_string(), text.as_ref());
        let message = if path.is_empty() { text.to_owned() } else { format!("`{path}`: {text}") };
        let mut wrong = Diagnostic::error(message).at(span);
        wrong.rule = Some(rule);
        self.found.push(wrong);
        self.found.last_mut()
    }

    /// Checks a node against a type.
    pub(super) fn check(&mut self, of: &Type, node: &Node, at: &Path<'_>) {
        if at.depth > DEEPEST {
            self.report("too-deep", at, format!("expected at most {DEEPEST} levels, found more"));
            return;
        }
        if let Kind::Named(id) = of.kind {
            let Some(target) = self.schemas.resolve(id) else {
                self.failed = Some(Diagnostic::error(format!("`{at}`: the schema of this field cannot be found")));
                return;
            };
            // A reference says of null what its target says.
            return self.check(&target, node, at);
        }
        if node.is_null() {
            return self.check_null(of, node, at);
        }
        self.check_kind(of, node, at);
        if let Some(limits) = &of.limits {
            self.check_limits(limits, node, at);
            if !limits.rules.is_empty() {
                let rules = self.cel;
                rules.check(self, (of, &limits.rules), node, at);
            }
        }
    }

    fn check_null(&mut self, of: &Type, node: &Node, at: &Path<'_>) {
        if of.nullable || matches!(of.kind, Kind::Any) && of.limits.is_none() {
            return;
        }
        let text = format!("expected {}, found null", of.name());
        if let Some(wrong) = self.report_at("wrong-type", at, visible(node, at), text) {
            wrong.hints.push("set it, or leave the field out".to_owned());
        }
    }

    fn check_kind(&mut self, of: &Type, node: &Node, at: &Path<'_>) {
        match (&of.kind, node.kind()) {
            (Kind::Any | Kind::Named(_), _) => {}
            (Kind::Unreadable(word), _) => {
                let text = format!("`{at}`: its schema has `{word}`, which chartwright cannot check");
                self.failed = Some(Diagnostic::error(text));
            }
            (Kind::Boolean, NodeKind::Bool(_)) => {}
            (Kind::Integer(bits), kind) if whole(kind) => self.check_bits(*bits, node, at),
            (Kind::Number, kind) if is_number(kind) => {}
            (Kind::String(text), NodeKind::Str(bytes)) => self.check_text(*text, bytes, node, at),
            (Kind::IntOrString, NodeKind::Str(_)) => {}
            (Kind::IntOrString, kind) if whole(kind) => {}
            (Kind::NumberOrString, NodeKind::Str(_)) => {}
            (Kind::NumberOrString, kind) if is_number(kind) => {}
            (Kind::List { items, unique }, NodeKind::Seq(nodes)) => self.check_list(items, unique, nodes, at),
            (Kind::Map(values), NodeKind::Map(entries)) => {
                entries.iter().for_each(|entry| self.check(values, &entry.value, &at.key(entry)));
            }
            (Kind::Object(object), NodeKind::Map(entries)) => self.check_object(object, entries, at),
            _ => self.refuse_kind(of, node, at),
        }
    }

    fn refuse_kind(&mut self, of: &Type, node: &Node, at: &Path<'_>) {
        let text = format!("expected {}, found {}", of.name(), name_of(node));
        let scalar = !matches!(node.kind(), NodeKind::Seq(_) | NodeKind::Map(_) | NodeKind::Str(_));
        let number =
            node.as_str().is_some_and(|text| text.trim_ascii().iter().all(u8::is_ascii_digit) && !text.is_empty());
        let hint = match (&of.kind, node.kind()) {
            (Kind::String(_), _) if scalar => "put quotes around it, in a template with `quote`",
            (Kind::Integer(_) | Kind::Number, _) if number => "take the quotes away, in a template with `int`",
            (Kind::Boolean, NodeKind::Str(text)) if matches!(&**text, b"true" | b"false") => "take the quotes away",
            (Kind::List { .. }, _) => "write it as a list, one `- ` for each item",
            _ => "",
        };
        if let Some(wrong) = self.report_at("wrong-type", at, visible(node, at), text)
            && !hint.is_empty()
        {
            wrong.hints.push(hint.to_owned());
        }
    }

    fn check_bits(&mut self, bits: Bits, node: &Node, at: &Path<'_>) {
        let Some(number) = number_of(node) else { return };
        let fits = match bits {
            Bits::Free => true,
            Bits::Int32 => (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number),
            Bits::Int64 => (-9.3e18..9.3e18).contains(&number),
        };
        if !fits && self.settings.depth == Depth::Server {
            let width = if bits == Bits::Int32 { 32 } else { 64 };
            self.report_at(
                "out-of-range",
                at,
                node.span(),
                format!("expected an integer of {width} bits, found a larger one"),
            );
        }
    }

    fn check_text(&mut self, text: Text, bytes: &[u8], node: &Node, at: &Path<'_>) {
        if self.settings.depth != Depth::Server {
            return;
        }
        let wrong = match text {
            Text::Base64 if !formats::is_base64(bytes) => "expected base64",
            Text::DateTime if !formats::is_date_time(bytes) => "expected a time like 2026-01-31T12:00:00Z",
            _ => return,
        };
        if let Some(found) =
            self.report_at("wrong-format", at, visible(node, at), format!("{wrong}, found another text"))
            && text == Text::Base64
        {
            found
                .hints
                .push("encode it, in a template with `b64enc`; a Secret takes plain text in `stringData`".to_owned());
        }
    }

    fn check_list(&mut self, items: &Type, unique: &Unique, nodes: &[Node], at: &Path<'_>) {
        for (number, node) in nodes.iter().enumerate() {
            self.check(items, node, &at.item(number, node));
            // A server reads such an item as one that has none of its fields.
            if node.is_null() && self.settings.depth == Depth::Server && self.has_required(items) {
                let at = at.item(number, node);
                self.report_at("missing-field", &at, visible(node, &at), "expected an item, found null");
            }
        }
        if self.settings.depth == Depth::Server {
            self.check_unique(unique, nodes, at);
        }
    }

    /// Whether a type is an object some of whose fields must be there.
    fn has_required(&self, of: &Type) -> bool {
        let resolved = match of.kind {
            Kind::Named(id) => self.schemas.resolve(id),
            _ => None,
        };
        match &resolved.as_deref().unwrap_or(of).kind {
            Kind::Object(object) => object.fields.iter().any(|field| field.required),
            _ => false,
        }
    }

    fn check_unique(&mut self, unique: &Unique, nodes: &[Node], at: &Path<'_>) {
        let mut seen = HashSet::new();
        for (number, node) in nodes.iter().enumerate() {
            let identity = match unique {
                Unique::No => return,
                Unique::Items => identity(node),
                Unique::Keys(keys) => {
                    let parts: Option<Vec<_>> = keys.iter().map(|key| key_identity(key, node)).collect();
                    match parts {
                        Some(parts) => parts.join("\u{0}"),
                        None => continue,
                    }
                }
            };
            if seen.insert(identity) {
                continue;
            }
            let text = match unique {
                Unique::Keys(keys) => format!("another item has the same {}", spoken(keys)),
                _ => "another item is the same".to_owned(),
            };
            if let Some(wrong) = self.report("duplicate-merge-key", &at.item(number, node), text) {
                wrong.hints.push("an apply keeps one of them; take the other one away".to_owned());
            }
        }
    }

    fn check_object(&mut self, object: &Object, entries: &[Entry], at: &Path<'_>) {
        let mut required = object.fields.iter().filter(|field| field.required).count();
        for entry in entries {
            let Some(name) = entry.key.key_text() else { continue };
            match (object.field(&name), &object.others) {
                (Some(field), _) => {
                    // A server reads null there as an object that has none of its fields.
                    let is_empty = field.required && entry.value.is_null() && self.settings.depth == Depth::Server;
                    if is_empty && self.has_required(&field.of) {
                        let at = at.key(entry);
                        self.report_at("missing-field", &at, visible(&entry.value, &at), "expected a map, found null");
                    }
                    required -= usize::from(field.required);
                    self.check(&field.of, &entry.value, &at.key(entry));
                }
                (None, Others::Typed(values)) => self.check(values, &entry.value, &at.key(entry)),
                (None, Others::Free) => {}
                (None, Others::Unknown) if self.settings.strictness == Strictness::Lenient => {}
                (None, Others::Unknown | Others::Refused) => self.refuse_field(object, entry, &name, at),
            }
        }
        if required > 0 {
            self.report_missing(object, entries, at);
        }
    }

    fn report_missing(&mut self, object: &Object, entries: &[Entry], at: &Path<'_>) {
        for field in object.fields.iter().filter(|field| field.required) {
            let present = |entry: &Entry| entry.key.key_text().is_some_and(|name| *name == *field.name.as_bytes());
            if !entries.iter().any(present) {
                self.report("missing-field", at, format!("expected a field `{}`, found none", field.name));
            }
        }
    }

    fn refuse_field(&mut self, object: &Object, entry: &Entry, name: &[u8], at: &Path<'_>) {
        let shown = String::from_utf8_lossy(name);
        let mut hints = Vec::new();
        if let Some(when) = object.definition.and_then(|id| self.schemas.when(id, &shown)) {
            hints.push(format!("`{shown}` is a field {when}; this is a check for 1.{}", self.schemas.minor));
        } else if let Some(near) = nearest(&shown, object.fields.iter().map(|field| field.name.as_bytes())) {
            hints.push(format!("did you mean `{near}`?"));
        } else if let Some(below) = self.holder_of(object, name) {
            hints.push(format!("`{below}` has a field of this name: indent it below that"));
        }
        let here = at.key(entry);
        if let Some(wrong) = self.report("unknown-field", &here, "unknown field") {
            wrong.hints = hints;
        }
    }

    /// The field of an object whose value has a field of this name.
    fn holder_of(&self, object: &Object, name: &[u8]) -> Option<String> {
        object.fields.iter().filter(|field| &*field.name != "status").find_map(|field| {
            let mut of = Rc::clone(&field.of);
            for _ in 0..3 {
                let next = match &of.kind {
                    Kind::Named(id) => self.schemas.resolve(*id)?,
                    Kind::List { items, .. } => Rc::clone(items),
                    Kind::Object(inner) => return inner.field(name).map(|_| field.name.to_string()),
                    _ => return None,
                };
                of = next;
            }
            None
        })
    }

    fn check_limits(&mut self, limits: &Limits, node: &Node, at: &Path<'_>) {
        if let Some(values) = &limits.values {
            self.check_values(values, node, at);
        }
        match node.kind() {
            NodeKind::Str(text) => self.check_string(limits, text, node, at),
            NodeKind::Seq(items) => self.check_count(limits.items, items.len(), "items", at),
            NodeKind::Map(entries) => self.check_count(limits.properties, entries.len(), "fields", at),
            _ => self.check_bounds(limits, node, at),
        }
        self.check_combined(limits, node, at);
    }

    fn check_values(&mut self, values: &[Literal], node: &Node, at: &Path<'_>) {
        let value = literal(node);
        if value == Literal::Other && values.contains(&Literal::Other) || values.contains(&value) {
            return;
        }
        let known: Vec<String> = values.iter().filter_map(spelt).collect();
        let text = format!("expected {}, found another value", one_of(&known));
        let near = node.as_str().and_then(|text| {
            let text = String::from_utf8_lossy(text);
            let same = known.iter().find(|known| known.eq_ignore_ascii_case(&text)).cloned();
            same.or_else(|| nearest(&text, known.iter().map(|known| known.as_bytes())))
        });
        if let Some(wrong) = self.report_at("wrong-value", at, visible(node, at), text) {
            wrong.hints.extend(near.map(|near| format!("did you mean `{near}`?")));
        }
    }

    fn check_string(&mut self, limits: &Limits, text: &[u8], node: &Node, at: &Path<'_>) {
        let text = String::from_utf8_lossy(text);
        if let Some((pattern, compiled)) = &limits.pattern {
            let fits = compiled.as_ref().is_none_or(|compiled| compiled.is_match(&text));
            if !fits {
                let text = format!("expected a text that fits `{pattern}`, found another one");
                self.report_at("wrong-value", at, visible(node, at), text);
            }
        }
        if let Some(format) = &limits.format
            && self.settings.depth == Depth::Server
            && !formats::fits(format, &text)
        {
            self.report_at(
                "wrong-format",
                at,
                visible(node, at),
                format!("expected a text of format `{format}`, found another one"),
            );
        }
        self.check_count(limits.length, text.chars().count(), "characters", at);
    }

    fn check_count(&mut self, range: Range, count: usize, what: &str, at: &Path<'_>) {
        if let Some(least) = range.least.filter(|least| count < *least) {
            self.report("wrong-size", at, format!("expected at least {least} {what}, found {count}"));
        }
        if let Some(most) = range.most.filter(|most| count > *most) {
            self.report("wrong-size", at, format!("expected at most {most} {what}, found {count}"));
        }
    }

    fn check_bounds(&mut self, limits: &Limits, node: &Node, at: &Path<'_>) {
        let Some(number) = number_of(node) else { return };
        let mut refuse = |text: String| {
            self.report_at("out-of-range", at, node.span(), format!("{text}, found {number}"));
        };
        match limits.minimum {
            Some((least, Edge::Taken)) if number < least => refuse(format!("expected at least {least}")),
            Some((least, Edge::Refused)) if number <= least => refuse(format!("expected more than {least}")),
            _ => {}
        }
        match limits.maximum {
            Some((most, Edge::Taken)) if number > most => refuse(format!("expected at most {most}")),
            Some((most, Edge::Refused)) if number >= most => refuse(format!("expected less than {most}")),
            _ => {}
        }
        if let Some(step) = limits.multiple_of
            && (number / step).fract() != 0.0
        {
            refuse(format!("expected a multiple of {step}"));
        }
    }

    fn check_combined(&mut self, limits: &Limits, node: &Node, at: &Path<'_>) {
        for of in &limits.all_of {
            self.check(of, node, at);
        }
        if !limits.any_of.is_empty() && self.taking(&limits.any_of, node, at) == 0 {
            self.report(
                "wrong-value",
                at,
                format!("expected one of {} forms, found none of them", limits.any_of.len()),
            );
        }
        if !limits.one_of.is_empty() {
            let count = self.taking(&limits.one_of, node, at);
            if count != 1 {
                let found = if count == 0 { "none".to_owned() } else { count.to_string() };
                let text = format!("expected exactly one of {} forms, found {found} of them", limits.one_of.len());
                self.report("wrong-value", at, text);
            }
        }
        if let Some(not) = &limits.not
            && self.taking(std::slice::from_ref(not), node, at) == 1
        {
            self.report("wrong-value", at, "found a form that its schema rules out");
        }
    }

    /// How many of some types take a node.
    fn taking(&mut self, types: &[Rc<Type>], node: &Node, at: &Path<'_>) -> usize {
        let before = std::mem::take(&mut self.found);
        let mut count = 0;
        for of in types {
            self.check(of, node, at);
            count += usize::from(self.found.is_empty());
            self.found.clear();
        }
        self.found = before;
        count
    }
}

/// The place of a value, or of its field where the value takes no room or several lines.
fn visible(node: &Node, at: &Path<'_>) -> Span {
    let span = node.span();
    let wide = matches!(node.kind(), NodeKind::Seq(_) | NodeKind::Map(_));
    if wide || span.end <= span.start { at.span } else { span }
}

/// What a node is, in words.
pub(super) fn name_of(node: &Node) -> &'static str {
    match node.kind() {
        NodeKind::Null => "null",
        NodeKind::Bool(_) => "boolean",
        NodeKind::Int(_) | NodeKind::Uint(_) => "integer",
        NodeKind::Float(_) => "number",
        NodeKind::Str(_) => "string",
        NodeKind::Seq(_) => "list",
        NodeKind::Map(_) => "map",
    }
}

fn whole(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Int(_) | NodeKind::Uint(_) => true,
        NodeKind::Float(number) => number.fract() == 0.0,
        _ => false,
    }
}

fn is_number(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Int(_) | NodeKind::Uint(_) | NodeKind::Float(_))
}

/// A text that is equal for equal nodes.
fn identity(node: &Node) -> String {
    let text = crate::json::to_raw_json(&node.to_value()).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

/// What a merge key of an item is, with the defaults that an API server puts in.
fn key_identity(key: &str, node: &Node) -> Option<String> {
    match node.get(key).filter(|value| !value.is_null()) {
        Some(value) => Some(identity(value)),
        None if key == "protocol" => Some("\"TCP\"".to_owned()),
        None => None,
    }
}

fn spoken(keys: &[Box<str>]) -> String {
    let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    named.join(" and ")
}

fn spelt(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Null => Some("null".to_owned()),
        Literal::Boolean(flag) => Some(flag.to_string()),
        Literal::Number(number) => Some(number.to_string()),
        Literal::Text(text) => Some(text.to_string()),
        Literal::Other => None,
    }
}

fn one_of(known: &[String]) -> String {
    let shown: Vec<String> = known.iter().take(12).map(|value| format!("`{value}`")).collect();
    let more = if known.len() > 12 { " or another one" } else { "" };
    match shown.len() {
        0 => "no value at all".to_owned(),
        1 => shown.concat(),
        _ => format!("one of {}{more}", shown.join(", ")),
    }
}
