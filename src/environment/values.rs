//! Values of a release from a template in Tera.
//!
//! The template is YAML first: Tera renders each scalar alone, so that a rendered `no`, `#` or line break stays a
//! text. A scalar that is one expression and nothing else takes the type of its result; where that result is `none`,
//! the entry is left out, so that the chart's default holds. The reference for expressions is Tera 2; an undefined
//! variable is an error. Scalars, loops and results are bounded.

use super::origins::{ValueOrigin, ValueOrigins};
use super::scope::{self, NAMES};
use super::{Environment, Module, Organisation};
use crate::diagnostic::{Diagnostic, Valid, nearest};
use crate::source::{Source, SourceId, Sources, Span};
use crate::value::{Map, Text, Value};
use crate::yaml::{self, Node, NodeKind};
use serde_json::Value as Json;
use std::borrow::Cow;
use tera::{Context, Tera};

/// How deep a values template may nest.
pub(super) const DEEPEST: usize = 100;
/// The most bytes of a values template.
const LARGEST_TEMPLATE: usize = 1 << 20;
/// The most bytes of a scalar that Tera reads.
const LARGEST_SCALAR: usize = 64 << 10;
/// The most bytes that one scalar may render to.
const LARGEST_RESULT: usize = 1 << 20;
/// The most bytes that all scalars of a template may render to.
const LARGEST_OUTPUT: usize = 4 << 20;
/// The most numbers of a `range`.
const LONGEST_RANGE: i128 = 1000;
/// How often all blocks of a template are repeated.
const MOST_REPEATS: usize = 10_000;
/// The widest indentation that the filter `indent` makes.
const WIDEST: i64 = 100;

/// What a values template can ask for; `docs/environments.md` describes the variables.
pub struct Scope<'a> {
    context: Context,
    /// The variables with their places.
    variables: Node,
    tera: Tera,
    module: &'a Module,
}

/// A walk over one template.
struct Rendering<'s> {
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

/// The values of a release and where they come from.
#[derive(Clone, Debug)]
pub struct ReleaseValues {
    /// The values.
    pub value: Value,
    /// Where each comes from.
    pub origins: ValueOrigins,
}

impl ReleaseValues {
    /// Lays what somebody states over the values.
    fn overlay(&mut self, stated: &Node) {
        self.value = overlay(self.value.clone(), &plain(stated, 0));
        self.origins.overlay(stated, &mut Vec::new());
    }
}

impl<'a> Scope<'a> {
    /// The scope of one module.
    pub fn new(organisation: Option<&Organisation>, environment: &Environment, module: &'a Module) -> Scope<'a> {
        let variables = scope::variables(organisation, environment, module);
        let mut context = Context::new();
        for entry in variables.entries() {
            context.insert(super::fields::text(&entry.key), &json(&entry.value, 0));
        }
        Scope { context, variables, tera: engine(), module }
    }

    /// Renders a template.
    ///
    /// # Errors
    /// A text that is no YAML, every scalar that Tera refuses, and every setting of the module that the template
    /// never reads, each with its place.
    pub fn render(&self, template: &[u8], source: SourceId) -> Valid<ReleaseValues> {
        if template.len() > LARGEST_TEMPLATE {
            let message = format!("values template is larger than {LARGEST_TEMPLATE} bytes");
            return Err(vec![Diagnostic::error(message).at(Span::new(source, 0, 0))]);
        }
        let node = super::file::read(template, source)?;
        if !matches!(node.kind(), NodeKind::Map(_) | NodeKind::Null) {
            let message = format!("expected a values template as a mapping, found {}", super::fields::kind(&node));
            return Err(vec![Diagnostic::error(message).at(node.span())]);
        }
        let (path, origins) = (Vec::new(), ValueOrigins::default());
        let mut rendering = Rendering {
            scope: self,
            found: Vec::new(),
            left: LARGEST_OUTPUT,
            repeats: MOST_REPEATS,
            path,
            origins,
            context: Cow::Borrowed(&self.context),
        };
        let value = rendering.node(&node, 0).unwrap_or(Value::Nil);
        let Rendering { mut found, origins, .. } = rendering;
        if let Some(settings) = &self.module.settings {
            unread(settings, &reads(template), &mut found);
        }
        if found.is_empty() { Ok(ReleaseValues { value, origins }) } else { Err(found) }
    }

    /// The result of one expression: for conditions, and for texts that may be templates.
    ///
    /// # Errors
    /// What Tera says of it.
    pub(super) fn evaluate(&self, text: &str) -> Result<Option<Value>, String> {
        let mut rendering = Rendering {
            scope: self,
            found: Vec::new(),
            left: LARGEST_OUTPUT,
            repeats: 0,
            path: Vec::new(),
            origins: ValueOrigins::default(),
            context: Cow::Borrowed(&self.context),
        };
        if is_template(text.as_bytes()) { rendering.evaluate(text.as_bytes()) } else { Ok(Some(Value::str(text))) }
    }

    /// A variable with its places.
    pub(super) fn variable(&self, name: &str) -> Option<&Node> {
        self.variables.get(name)
    }

    /// The places that an expression reads, and those of all leaves where it is one path and nothing else.
    fn places(&self, text: &[u8]) -> Vec<Span> {
        let text = String::from_utf8_lossy(text);
        let mut places = Vec::new();
        for path in paths(&text) {
            let mut node = &self.variables;
            let mut reached = 0;
            for key in &path {
                let Some(next) = node.get(key) else { break };
                node = next;
                reached += 1;
            }
            let whole = reached == path.len();
            let leaf = !matches!(node.kind(), NodeKind::Map(_));
            if reached > 0 && (whole || leaf) && !places.contains(&node.span()) {
                places.push(node.span());
            }
        }
        places
    }
}

/// The values of a module: its template rendered, its own values over that, without what is handed over as a secret.
///
/// # Errors
/// What is wrong with the template and with settings that nobody reads, each with its place.
pub fn release_values(
    organisation: Option<&Organisation>,
    environment: &Environment,
    module: &Module,
    template: Option<Source>,
    sources: &mut Sources,
) -> Valid<ReleaseValues> {
    let mut values = ReleaseValues { value: Value::Map(Map::new()), origins: ValueOrigins::default() };
    if let Some(defaults) = &module.defaults {
        values.overlay(defaults);
    }
    if let Some(template) = template {
        let id = sources.add(template.clone());
        let scope = Scope::new(organisation, environment, module);
        let rendered = scope.render(template.text(), id).map_err(|found| {
            let frame = |diagnostic: Diagnostic| {
                diagnostic.frame(format!("the values of `{}`", module.release.text), Some(module.release.span))
            };
            found.into_iter().map(frame).collect::<Vec<_>>()
        })?;
        if !rendered.value.is_nil() {
            values.value = overlay(values.value, &rendered.value);
            values.origins.extend(rendered.origins);
        }
    } else if let Some(settings) = &module.settings {
        let message = format!("chart `{}` has no values template, so nobody reads `settings`", module.chart.text);
        return Err(vec![Diagnostic::error(message).at(settings.span()).hint("set `values` instead")]);
    }
    if let Some(own) = &module.values {
        values.overlay(own);
    }
    for (path, _) in &module.secret_values {
        let keys: Vec<String> = path.text.split('.').map(str::to_owned).collect();
        remove(&values.value, &keys);
        values.origins.forget(&keys);
    }
    Ok(values)
}

/// Takes a path out of values.
fn remove(value: &Value, path: &[String]) {
    let Some((last, tables)) = path.split_last() else { return };
    let mut table = value.as_map().cloned();
    for key in tables {
        table = table.and_then(|table| table.get(key)?.as_map().cloned());
    }
    if let Some(table) = table {
        table.remove(last);
    }
}

/// The dotted paths that a template text names, outside of texts in quotes.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for tag in text.split('{').skip(1).filter(|tag| !tag.is_empty()) {
        let end = tag.find("}}").or_else(|| tag.find("%}")).unwrap_or(tag.len());
        let mut letters = tag[..end].chars().peekable();
        let mut word = String::new();
        let mut push = |word: &mut String| {
            let whole = std::mem::take(word);
            let keys: Vec<String> = whole.split(['.', '?']).filter(|key| !key.is_empty()).map(str::to_owned).collect();
            if keys.first().is_some_and(|first| NAMES.contains(&first.as_str())) {
                paths.push(keys);
            }
        };
        while let Some(letter) = letters.next() {
            match letter {
                '\'' | '"' | '`' => {
                    push(&mut word);
                    letters.by_ref().find(|end| *end == letter);
                }
                letter if letter.is_alphanumeric() || matches!(letter, '_' | '.' | '?') => word.push(letter),
                _ => push(&mut word),
            }
        }
        push(&mut word);
    }
    paths
}

impl Rendering<'_> {
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
                return self.refuse(format!("values nest deeper than {DEEPEST}"), entry.key.span());
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
                self.refuse(format!("`{}` is neither true nor false", block.expression), at);
                return;
            }
            (Json::Array(items), [_]) => items.into_iter().map(|item| (Json::Null, item)).collect(),
            (Json::Object(fields), [_, _]) => fields.into_iter().map(|(key, value)| (Json::from(key), value)).collect(),
            (_, [_]) => return self.refuse(format!("`{}` is no list", block.expression), at),
            _ => return self.refuse(format!("`{}` is no mapping", block.expression), at),
        };
        let Some(left) = self.repeats.checked_sub(turns.len()) else {
            return self.refuse(format!("blocks are repeated more than {MOST_REPEATS} times"), at);
        };
        self.repeats = left;
        let outer = self.context.clone().into_owned();
        for (key, value) in turns {
            let mut context = outer.clone();
            for (name, json) in block.names.iter().zip(if block.names.len() == 1 { vec![value] } else { vec![key, value] }) {
                context.insert(name.clone(), &json);
            }
            self.context = Cow::Owned(context);
            render(self);
        }
        self.context = Cow::Owned(outer);
    }

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
                return self.refuse(format!("values nest deeper than {DEEPEST}"), entry.key.span());
            }
            if !matches!(entry.value.kind(), NodeKind::Map(_)) {
                return self.refuse("expected a mapping below a block of a mapping".to_owned(), entry.value.span());
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
        let taken = self.scope.variables.at(&keys).cloned();
        if let Some(taken) = taken {
            self.trace_below(&taken, span, 0);
        }
    }

    fn trace_below(&mut self, node: &Node, template: Span, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let entries = node.entries().iter().map(|entry| (super::fields::text(&entry.key), &entry.value));
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
        let rendered = self.scope.tera.render_str_to(template, &self.context, false, &mut out);
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

/// Tera with our filter for types, and with bounds on what makes much out of little.
fn engine() -> Tera {
    let mut tera = Tera::new();
    tera.autoescape_on(Vec::<&str>::new());
    tera.register_filter("as_json", as_json);
    tera.register_filter("indent", indent);
    tera.register_filter("hours", hours);
    tera.register_function("range", range);
    tera
}

fn is_template(text: &[u8]) -> bool {
    memchr::memchr_iter(b'{', text).any(|at| matches!(text.get(at + 1), Some(b'{' | b'%' | b'#')))
}

/// How many `for` tags a scalar holds.
fn loops(text: &str) -> usize {
    let tags = text.split("{%").skip(1);
    tags.filter(|tag| tag.trim_start_matches('-').trim_start().starts_with("for")).count()
}

/// The expression of a scalar that holds one and nothing else.
fn expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then(|| inner.trim_matches('-').trim())
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

/// The paths behind `settings` that a template reads; `None` when it reads settings as a whole.
fn reads(template: &[u8]) -> Option<Vec<Vec<String>>> {
    let text = String::from_utf8_lossy(template);
    let mut paths = Vec::new();
    for (at, word) in text.match_indices("settings") {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let before = text[..at].chars().next_back();
        if before.is_some_and(|letter| is_word(letter) || letter == '.') {
            continue;
        }
        let rest = &text[at + word.len()..];
        let end = rest.find(|letter: char| !is_word(letter) && letter != '.' && letter != '?');
        let path = &rest[..end.unwrap_or(rest.len())];
        let keys = path.split(['.', '?']).filter(|key| !key.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let whole = keys.is_empty() && (path.is_empty() && !rest.starts_with(':'));
        if whole {
            return None;
        }
        paths.push(keys);
    }
    Some(paths)
}

/// Settings that no expression reads are misspelt, or meant for another chart.
fn unread(settings: &Node, reads: &Option<Vec<Vec<String>>>, found: &mut Vec<Diagnostic>) {
    let Some(reads) = reads else { return };
    let mut pending = vec![(Vec::new(), settings)];
    while let Some((path, node)) = pending.pop() {
        for entry in node.entries() {
            let mut path: Vec<String> = path.clone();
            path.push(super::fields::text(&entry.key));
            let is_read = reads.iter().any(|read| !read.is_empty() && path.starts_with(read));
            let leads_on = reads.iter().any(|read| read.starts_with(&path));
            if is_read {
                continue;
            }
            if leads_on {
                pending.push((path, &entry.value));
                continue;
            }
            let depth = path.len() - 1;
            let siblings = reads.iter().filter(|read| read.starts_with(&path[..depth]));
            let mut siblings: Vec<&str> = siblings.filter_map(|read| read.get(depth)).map(String::as_str).collect();
            siblings.sort_unstable();
            siblings.dedup();
            let hint = match nearest(&path[depth], siblings.iter().map(|name| name.as_bytes())) {
                Some(near) => format!("did you mean `{near}`?"),
                None if siblings.is_empty() => "remove it".to_owned(),
                None => format!("settings that are read: {}", siblings.join(", ")),
            };
            let message = format!("no values template reads the setting `{}`", path.join("."));
            found.push(Diagnostic::error(message).at(entry.key.span()).hint(hint));
        }
    }
}

/// What [`as_json`] says of an undefined value, whose expression it does not know.
const UNDEFINED: &str = "undefined";

fn as_json(value: &tera::Value, _: tera::Kwargs, _: &tera::State) -> tera::TeraResult<String> {
    if value.is_undefined() {
        return Err(tera::Error::message(UNDEFINED));
    }
    serde_json::to_string(value).map_err(|error| tera::Error::message(error.to_string()))
}

/// Tera's `range` with a lower bound on its length.
fn range(arguments: tera::Kwargs, _: &tera::State) -> tera::TeraResult<Vec<i128>> {
    let start = arguments.get::<i128>("start")?.unwrap_or_default();
    let end = arguments.must_get::<i128>("end")?;
    let step = arguments.get::<i128>("step_by")?.unwrap_or(1);
    if step < 1 {
        return Err(tera::Error::message("`range` needs a `step_by` above 0"));
    }
    let length = end.saturating_sub(start).saturating_add(step - 1) / step;
    if length > LONGEST_RANGE {
        return Err(tera::Error::message(format!("`range` makes more than {LONGEST_RANGE} numbers")));
    }
    Ok((0..length.max(0)).map(|at| start + at * step).collect())
}

/// The whole hours of a duration such as `7h` or `90m`, rounded up.
fn hours(text: &str, _: tera::Kwargs, _: &tera::State) -> tera::TeraResult<u64> {
    let wrong = || tera::Error::message(format!("`hours` needs a duration such as `168h`, not `{text}`"));
    let (mut seconds, mut rest) = (0.0_f64, text);
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..end].parse().map_err(|_| wrong())?;
        let word = rest[end..].find(|letter: char| letter.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        let unit = match &rest[end..word] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return Err(wrong()),
        };
        seconds += number * unit;
        rest = &rest[word..];
    }
    Ok((seconds / 3600.0).ceil() as u64)
}

/// Indents all lines but the first.
fn indent(text: &str, arguments: tera::Kwargs, _: &tera::State) -> tera::TeraResult<String> {
    let width = arguments.get::<i64>("width")?.unwrap_or(4);
    let Ok(columns) = usize::try_from(width.min(WIDEST)) else {
        return Err(tera::Error::message("`indent` needs a `width` of 0 or more"));
    };
    if width > WIDEST {
        return Err(tera::Error::message(format!("`indent` makes at most {WIDEST} columns")));
    }
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(columns))))
}

/// The value of a node that is no template. Whole numbers stay whole, as people wrote them.
pub(crate) fn plain(node: &Node, depth: usize) -> Value {
    match node.kind() {
        _ if depth > DEEPEST => Value::Nil,
        NodeKind::Int(number) => Value::Int64(*number),
        NodeKind::Uint(number) => Value::Uint64(*number),
        NodeKind::Seq(items) => Value::list(items.iter().map(|item| plain(item, depth + 1)).collect()),
        NodeKind::Map(entries) => {
            let entry = |entry: &yaml::Entry| {
                (Text::from(&*entry.key.key_text().unwrap_or_default()), plain(&entry.value, depth + 1))
            };
            Value::Map(entries.iter().map(entry).collect())
        }
        _ => node.to_value(),
    }
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
