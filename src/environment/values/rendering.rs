//! The walk over one template.

use super::super::fields;
use super::super::origins::{ValueOrigin, ValueOrigins};
use super::super::scope::NAMES;
use super::convert::{from_json, plain};
use super::expressions::{expression, is_template, loops};
use super::functions::{ENGINE, UNDEFINED};
use super::{DEEPEST, Scope};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::value::{Map, Text, Value};
use crate::yaml::{self, Node, NodeKind};
use serde_json::Value as Json;
use std::borrow::Cow;
use tera::Context;

/// The most bytes of a scalar that Tera reads.
const LARGEST_SCALAR: usize = 64 << 10;
/// The most bytes that one scalar may render to.
const LARGEST_RESULT: usize = 1 << 20;
/// The most bytes that all scalars of a template may render to.
const LARGEST_OUTPUT: usize = 4 << 20;
/// How often all blocks of a template are repeated.
const MOST_REPEATS: usize = 10_000;

/// A walk over one template.
pub(super) struct Rendering<'s> {
    scope: &'s Scope<'s>,
    found: Vec<Diagnostic>,
    left: usize,
    /// How often blocks may still be repeated.
    repeats: usize,
    path: Vec<String>,
    origins: ValueOrigins,
    /// The variables, with those of blocks.
    context: Cow<'s, Context>,
}

impl<'s> Rendering<'s> {
    /// Nothing is rendered yet.
    pub(super) fn new(scope: &'s Scope<'s>) -> Rendering<'s> {
        Rendering {
            scope,
            found: Vec::new(),
            left: LARGEST_OUTPUT,
            repeats: MOST_REPEATS,
            path: Vec::new(),
            origins: ValueOrigins::default(),
            context: Cow::Borrowed(&scope.context),
        }
    }

    /// The values of a whole template, where they come from, and what is wrong with it.
    pub(super) fn whole(mut self, template: &Node) -> (Value, ValueOrigins, Vec<Diagnostic>) {
        let value = self.node(template, 0).unwrap_or(Value::Nil);
        (value, self.origins, self.found)
    }

    /// The result of one text, `None` where it is left out.
    ///
    /// # Errors
    /// What Tera says of it.
    pub(super) fn only(mut self, text: &str) -> Result<Option<Value>, String> {
        self.evaluate(text.as_bytes())
    }

    /// The value of a node; `None` for a scalar that is left out.
    fn node(&mut self, node: &Node, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            self.found.push(Diagnostic::error(format!("values nest deeper than {DEEPEST}")).at(node.span()));
            return None;
        }
        match node.kind() {
            NodeKind::Str(text) => {
                let value = self.scalar(text, node.span())?;
                self.trace(text, node.span(), &value);
                Some(value)
            }
            NodeKind::Seq(items) => Some(Value::list(self.items(items, depth))),
            NodeKind::Map(entries) => {
                let map = Map::new();
                for entry in entries {
                    self.entry(entry, depth, &map);
                }
                Some(Value::Map(map))
            }
            _ => {
                self.origins.set(&self.path, ValueOrigin { template: Some(node.span()), read: Vec::new() });
                Some(plain(node, depth))
            }
        }
    }

    fn items(&mut self, items: &[Node], depth: usize) -> Vec<Value> {
        let mut values = Vec::new();
        for item in items {
            self.item(item, depth, &mut values);
        }
        values
    }

    fn item(&mut self, item: &Node, depth: usize, values: &mut Vec<Value>) {
        if let [entry] = item.entries()
            && let Some(block) = Block::of(&entry.key)
        {
            if depth > DEEPEST {
                return self.tell(format!("values nest deeper than {DEEPEST}"), entry.key.span());
            }
            return self.block(&block, entry, &mut |rendering| match entry.value.kind() {
                NodeKind::Seq(inner) => inner.iter().for_each(|item| rendering.item(item, depth + 1, values)),
                _ => rendering.item(&entry.value, depth + 1, values),
            });
        }
        self.path.push(values.len().to_string());
        values.extend(self.node(item, depth + 1));
        self.path.pop();
    }

    /// Renders what a block holds, as often as it says.
    fn block(&mut self, block: &Block, entry: &yaml::Entry, render: &mut dyn FnMut(&mut Self)) {
        let at = entry.key.span();
        let json = match self.json(&block.expression) {
            Ok(json) => json,
            Err(message) => {
                self.refuse(message, at);
                return;
            }
        };
        let turns: Vec<(Json, Json)> = match (json, &block.names[..]) {
            (Json::Bool(true), []) => return render(self),
            (Json::Bool(false), []) => return,
            (_, []) => {
                return self.tell(format!("`{}` is neither true nor false", block.expression), at);
            }
            (Json::Array(items), [_]) => items.into_iter().map(|item| (Json::Null, item)).collect(),
            (Json::Object(fields), [_, _]) => fields.into_iter().map(|(key, value)| (Json::from(key), value)).collect(),
            (_, [_]) => return self.tell(format!("`{}` is no list", block.expression), at),
            _ => return self.tell(format!("`{}` is no mapping", block.expression), at),
        };
        let Some(left) = self.repeats.checked_sub(turns.len()) else {
            return self.tell(format!("blocks are repeated more than {MOST_REPEATS} times"), at);
        };
        self.repeats = left;
        let outer = self.context.clone().into_owned();
        for (key, value) in turns {
            let mut context = outer.clone();
            for (name, json) in
                block.names.iter().zip(if block.names.len() == 1 { vec![value] } else { vec![key, value] })
            {
                context.insert(name.clone(), &json);
            }
            self.context = Cow::Owned(context);
            render(self);
        }
        self.context = Cow::Owned(outer);
    }

    fn tell(&mut self, message: String, at: Span) {
        self.found.push(Diagnostic::error(message).at(at));
    }

    /// Tells what Tera says of an expression, with a cure.
    fn refuse(&mut self, message: String, at: Span) {
        let mut diagnostic = Diagnostic::error(message).at(at);
        if let Some(hint) = hint(&diagnostic.message, &self.context) {
            diagnostic = diagnostic.hint(hint);
        }
        self.found.push(diagnostic);
    }

    fn entry(&mut self, entry: &yaml::Entry, depth: usize, map: &Map) {
        if let Some(block) = Block::of(&entry.key) {
            if depth > DEEPEST {
                return self.tell(format!("values nest deeper than {DEEPEST}"), entry.key.span());
            }
            if !matches!(entry.value.kind(), NodeKind::Map(_)) {
                return self.tell("expected a mapping below a block of a mapping".to_owned(), entry.value.span());
            }
            return self.block(&block, entry, &mut |rendering| {
                for inner in entry.value.entries() {
                    rendering.entry(inner, depth + 1, map);
                }
            });
        }
        let written = entry.key.key_text().unwrap_or_default();
        let key = match self.scalar(&written, entry.key.span()) {
            Some(Value::Str(text)) => text,
            Some(_) if !is_template(&written) => Text::from(&*written),
            None => return,
            Some(_) => {
                self.found.push(Diagnostic::error("expected a key that renders to a text").at(entry.key.span()));
                return;
            }
        };
        if map.get(&key).is_some() {
            let message = format!("two keys render to `{key}`");
            self.found.push(Diagnostic::error(message).at(entry.key.span()));
        }
        self.path.push(key.to_str_lossy().into_owned());
        if matches!(entry.value.kind(), NodeKind::Map(_) | NodeKind::Seq(_)) {
            let read = self.scope.places(&written);
            self.origins.set(&self.path, ValueOrigin { template: Some(entry.key.span()), read });
        }
        if let Some(value) = self.node(&entry.value, depth + 1) {
            map.insert(key, value);
        }
        self.path.pop();
    }

    /// Records where a rendered scalar comes from; each leaf of a table that is taken over as a whole has its own.
    fn trace(&mut self, text: &[u8], span: Span, value: &Value) {
        let read = if is_template(text) { self.scope.places(text) } else { Vec::new() };
        self.origins.set(&self.path, ValueOrigin { template: Some(span), read });
        if !matches!(value, Value::Map(_) | Value::List(_)) {
            return;
        }
        let expression = std::str::from_utf8(text).ok().and_then(expression).unwrap_or_default();
        let keys: Vec<&str> = expression.split('.').map(str::trim).collect();
        let taken = self.scope.at(&keys).cloned();
        if let Some(taken) = taken {
            self.trace_below(&taken, span, 0);
        }
    }

    fn trace_below(&mut self, node: &Node, template: Span, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let entries = node.entries().iter().map(|entry| (fields::text(&entry.key), &entry.value));
        let items = node.items().iter().enumerate().map(|(number, item)| (number.to_string(), item));
        for (key, below) in entries.chain(items) {
            self.path.push(key);
            self.origins.set(&self.path, ValueOrigin { template: Some(template), read: vec![below.span()] });
            self.trace_below(below, template, depth + 1);
            self.path.pop();
        }
    }

    fn scalar(&mut self, text: &[u8], span: Span) -> Option<Value> {
        if !is_template(text) {
            return Some(Value::str(text));
        }
        match self.evaluate(text) {
            Ok(value) => value,
            Err(message) => {
                self.refuse(message, span);
                None
            }
        }
    }

    fn evaluate(&mut self, text: &[u8]) -> Result<Option<Value>, String> {
        let text = std::str::from_utf8(text).map_err(|_| "expected a template in UTF-8".to_owned())?;
        if text.len() > LARGEST_SCALAR {
            return Err(format!("one scalar holds more than {LARGEST_SCALAR} bytes of template"));
        }
        if loops(text) > 1 {
            return Err("one scalar holds more than one `for`".to_owned());
        }
        let Some(expression) = expression(text) else {
            return self.run(text).map(|text| Some(Value::from(text)));
        };
        let json = self.json(expression)?;
        Ok(if json.is_null() { None } else { Some(from_json(&json, 0)) })
    }

    /// The result of an expression.
    fn json(&mut self, expression: &str) -> Result<Json, String> {
        let json =
            self.run(&format!("{{{{ ({expression}) | as_json }}}}")).map_err(|message| match message.as_str() {
                UNDEFINED => format!("`{expression}` is not defined"),
                _ => message,
            })?;
        serde_json::from_str(&json).map_err(|error| error.to_string())
    }

    fn run(&mut self, template: &str) -> Result<String, String> {
        let mut out = Bounded { bytes: Vec::new(), left: LARGEST_RESULT.min(self.left), full: false };
        let rendered = ENGINE.render_str_to(template, &self.context, false, &mut out);
        if out.full {
            let limit = if self.left < LARGEST_RESULT { LARGEST_OUTPUT } else { LARGEST_RESULT };
            return Err(format!("renders to more than {limit} bytes"));
        }
        rendered.map_err(|error| headline(&error))?;
        self.left -= out.bytes.len().min(self.left);
        String::from_utf8(out.bytes).map_err(|_| "renders to a text that is not UTF-8".to_owned())
    }
}

/// A key of a mapping, or the only key of an item, that says whether or how often what it holds is rendered:
/// `{% if EXPRESSION %}`, `{% for ITEM in LIST %}`, `{% for KEY, VALUE in MAPPING %}`.
struct Block {
    names: Vec<String>,
    expression: String,
}

impl Block {
    fn of(key: &Node) -> Option<Block> {
        let NodeKind::Str(text) = key.kind() else { return None };
        let inner = std::str::from_utf8(text).ok()?.trim().strip_prefix("{%")?.strip_suffix("%}")?;
        let inner = inner.trim_matches('-').trim();
        if inner.contains("%}") {
            return None;
        }
        if let Some(expression) = inner.strip_prefix("if ") {
            return Some(Block { names: Vec::new(), expression: expression.trim().to_owned() });
        }
        let (names, expression) = inner.strip_prefix("for ")?.split_once(" in ")?;
        let names: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).collect();
        (names.len() <= 2).then(|| Block { names, expression: expression.trim().to_owned() })
    }
}

/// A text that refuses to grow past a bound.
struct Bounded {
    bytes: Vec<u8>,
    left: usize,
    full: bool,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            self.full = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Tera's message without its report, which shows a text that nobody wrote.
fn headline(error: &tera::Error) -> String {
    let words = match error.kind() {
        tera::ErrorKind::SyntaxError(report) | tera::ErrorKind::RenderingError(report) => report.message().to_owned(),
        _ => error.to_string(),
    };
    let words = words.split(". Available variables").next().unwrap_or_default();
    let words = words.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("values template failed");
    let mut letters = words.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A cure for a message that names a variable in backticks or quotes.
fn hint(message: &str, context: &Context) -> Option<String> {
    let quoted = message.split(['`', '\'']).nth(1)?;
    let first = quoted.split(['.', '[']).next()?;
    if first == "organisation" {
        return Some("name the organisation's file with --organisation".to_owned());
    }
    if context.contains_key(first) {
        return Some("state it, or give the expression a `default`".to_owned());
    }
    let near = nearest(first, NAMES.iter().map(|name| name.as_bytes()))?;
    Some(format!("did you mean `{near}`?"))
}
