//! What may stand in our files: one table of fields that the reader, the JSON Schemas and the documentation share.

use super::fields::{Findings, kind, text};
use super::forms::Form;
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::yaml::{Entry, Node, NodeKind};

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text of this form.
    Text(Form),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number between these two.
    Whole(u64, u64),
    /// `true` or `false`.
    Bool,
    /// A list.
    List(&'static Shape),
    /// A list that names something: without it everything is meant, so that an empty one would be misread.
    Some(&'static Shape),
    /// A mapping from names of this form.
    Map(Form, &'static Shape),
    /// A mapping with known fields.
    Part(&'static Part),
    /// A mapping with known fields, or nothing behind its name.
    PartOrNothing(&'static Part),
    /// A reference to a secret: a part that is never merged field by field, and that no text may stand for.
    Secret(&'static Part),
    /// Any mapping.
    Any,
}

/// A field of a part.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in files.
    pub name: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// Whether it has to be there.
    pub required: bool,
    /// What it means; one or more sentences.
    pub about: &'static str,
}

/// A mapping with known fields.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// What messages call it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its own fields.
    pub fields: &'static [Field],
    /// A part whose fields it has too.
    pub base: Option<&'static Part>,
}

impl Part {
    /// Its fields, those of its base behind its own.
    pub fn all(&self) -> impl Iterator<Item = &'static Field> + Clone {
        self.fields.iter().chain(self.base.map_or(&[][..], |base| base.fields))
    }

    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.all().find(|field| field.name == name)
    }
}

/// Whether fields that have to be there are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// A whole file.
    Whole,
    /// A layer of defaults, in which anything may be left out.
    Layer,
}

/// Tells everything in a node that is not of a part's shape.
pub(super) fn check_part(part: &Part, node: &Node, strictness: Strictness, found: &mut Findings) {
    if !matches!(node.kind(), NodeKind::Map(_)) {
        let message = format!("expected {} as a mapping, found {}", part.name, kind(node));
        let needed: Vec<&str> = part.all().filter(|field| field.required).map(|field| field.name).collect();
        let all = || part.all().map(|field| field.name).collect::<Vec<_>>();
        let names = if needed.is_empty() { all() } else { needed };
        let hint = format!("write its fields as `FIELD: VALUE`: {}", names.join(", "));
        found.push(Diagnostic::error(message).at(node.span()).hint(hint));
        return;
    }
    for entry in node.entries() {
        let key = text(&entry.key);
        match part.field(&key) {
            Some(field) if entry.value.is_null() && !matches!(field.shape, Shape::PartOrNothing(_)) => {}
            Some(field) => check(&field.shape, field.name, &entry.value, strictness, found),
            None => found.push(unknown(part, node, &key, entry)),
        }
    }
    if strictness == Strictness::Layer {
        return;
    }
    let misspelt = |name: &str| node.entries().iter().any(|entry| meant(part, node, &text(&entry.key)) == Some(name));
    for field in part.all().filter(|field| field.required && !misspelt(field.name)) {
        let entry = node.entry(field.name);
        if entry.is_some_and(|entry| !entry.value.is_null()) {
            continue;
        }
        let example = example(&field.shape).map_or(String::new(), |example| format!(" {example}"));
        let hint = match entry {
            Some(_) => format!("write a value behind it, as in `{}:{example}`", field.name),
            None => format!("add `{}:{example}`", field.name),
        };
        let message = format!("{} has no `{}`", part.name, field.name);
        let place = entry.map_or_else(|| first_line(node), |entry| entry.key.span());
        found.push(Diagnostic::error(message).at(place).hint(hint));
    }
}

/// Where a mapping begins: its first key, so that what is shown is one line.
fn first_line(node: &Node) -> Span {
    node.entries().first().map_or(node.span(), |entry| entry.key.span())
}

fn example(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Text(form) if form.example != "text" => Some(form.example.to_owned()),
        Shape::OneOf(words) => words.first().map(|word| (*word).to_owned()),
        _ => None,
    }
}

fn unknown(part: &Part, node: &Node, key: &str, entry: &Entry) -> Diagnostic {
    let names = part.all().map(|field| field.name);
    let stated = || nearest(key, names.clone().map(str::as_bytes));
    let hint = match meant(part, node, key).map(str::to_owned).or_else(stated) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known fields: {}", names.collect::<Vec<_>>().join(", ")),
    };
    let message = format!("unknown field `{}` in {}", key.escape_debug(), part.name);
    Diagnostic::error(message).at(entry.key.span()).hint(hint)
}

/// The field that a key which is none stands for: the nearest one that is not stated itself, or the only one that begins
/// as it does (`reach` for `reaches`).
fn meant(part: &Part, node: &Node, key: &str) -> Option<&'static str> {
    if part.field(key).is_some() {
        return None;
    }
    let free = || part.all().map(|field| field.name).filter(|name| node.entry(*name).is_none());
    if let Some(near) = nearest(key, free().map(str::as_bytes)) {
        return free().find(|name| *name == near);
    }
    let plain = |text: &str| text.replace(['-', '_', ' '], "").to_ascii_lowercase();
    let key = plain(key);
    let alike = |name: &&str| {
        let name = plain(name);
        name == key || key.len() > 3 && (name.starts_with(&key) || name.len() > 3 && key.starts_with(&name))
    };
    let mut names = free().filter(alike);
    names.next().filter(|_| names.next().is_none())
}

/// The same file with every misspelt field under the name that was meant, so that what it states is not missed too.
pub(super) fn as_meant(part: &Part, node: &Node) -> Node {
    let NodeKind::Map(entries) = node.kind() else { return node.clone() };
    let mut named: Vec<Entry> = Vec::new();
    for entry in entries {
        let stated = text(&entry.key);
        let name = meant(part, node, &stated);
        let taken = |name: &str| named.iter().any(|other: &Entry| text(&other.key) == name);
        let name = name.filter(|name| !taken(name));
        let key = match name {
            Some(name) => Node::new(entry.key.span(), NodeKind::Str(name.as_bytes().into())),
            None => entry.key.clone(),
        };
        let value = match part.field(name.unwrap_or(&stated)) {
            Some(field) => value_as_meant(&field.shape, &entry.value),
            None => entry.value.clone(),
        };
        named.push(Entry { key, value });
    }
    Node::new(node.span(), NodeKind::Map(named))
}

fn value_as_meant(shape: &Shape, node: &Node) -> Node {
    match (shape, node.kind()) {
        (Shape::Part(part) | Shape::PartOrNothing(part) | Shape::Secret(part), NodeKind::Map(_)) => {
            as_meant(part, node)
        }
        (Shape::Map(_, value), NodeKind::Map(entries)) => {
            let entry = |entry: &Entry| Entry { key: entry.key.clone(), value: value_as_meant(value, &entry.value) };
            Node::new(node.span(), NodeKind::Map(entries.iter().map(entry).collect()))
        }
        _ => node.clone(),
    }
}

fn check(shape: &Shape, name: &str, node: &Node, strictness: Strictness, found: &mut Findings) {
    match shape {
        Shape::Text(form) => check_text(form, name, node, found),
        Shape::OneOf(words) => check_word(words, name, node, found),
        Shape::Whole(least, most) => check_whole(*least, *most, name, node, found),
        Shape::Bool => {
            if !matches!(node.kind(), NodeKind::Bool(_)) {
                let message = format!("expected `{name}` as `true` or `false`, found {}", kind(node));
                found.push(Diagnostic::error(message).at(node.span()));
            }
        }
        Shape::Some(_) if matches!(node.kind(), NodeKind::Seq(items) if items.is_empty()) => {
            let message = format!("`{name}` is an empty list, which would count as if it were not stated");
            let hint = format!("list what is meant, or leave `{name}` out");
            found.push(Diagnostic::error(message).at(node.span()).hint(hint));
        }
        Shape::List(item) | Shape::Some(item) => {
            if !matches!(node.kind(), NodeKind::Seq(_)) {
                let message = format!("expected `{name}` as a list, found {}", kind(node));
                let diagnostic = Diagnostic::error(message).at(node.span());
                let item = node.to_text().map(|text| String::from_utf8_lossy(&text).into_owned());
                let item = item.filter(|item| item.len() < 40).map_or("ONE".to_owned(), |item| item);
                found.push(diagnostic.hint(format!("write `[{item}]`, or `- {item}` on a line of its own")));
            }
            for inner in node.items() {
                check(item, name, inner, strictness, found);
            }
        }
        Shape::Map(form, value) => check_map(form, value, name, node, strictness, found),
        Shape::Part(part) => check_part(part, node, strictness, found),
        Shape::PartOrNothing(part) => {
            if !node.is_null() {
                check_part(part, node, strictness, found);
            }
        }
        Shape::Secret(part) => check_secret(part, name, node, found),
        Shape::Any => {
            if !matches!(node.kind(), NodeKind::Map(_)) {
                let message = format!("expected `{name}` as a mapping, found {}", kind(node));
                found.push(Diagnostic::error(message).at(node.span()));
            }
        }
    }
}

fn check_secret(part: &Part, name: &str, node: &Node, found: &mut Findings) {
    if matches!(node.kind(), NodeKind::Map(_)) {
        return check_part(part, node, Strictness::Whole, found);
    }
    let message = format!("expected `{name}` as a reference to a secret, found {}", plainly(node));
    found.push(Diagnostic::error(message).at(node.span()).hint(
        "write `{secret: NAME, key: KEY}` for a Secret that is there, or `{file: PATH}`, `{env: NAME}`, `{external: ..}` or `{generate: {}}`",
    ));
}

fn plainly(node: &Node) -> &'static str {
    match node.kind() {
        NodeKind::Str(text) if !text.is_empty() => "plain text",
        _ => kind(node),
    }
}

fn check_map(form: &Form, value: &Shape, name: &str, node: &Node, strictness: Strictness, found: &mut Findings) {
    if !matches!(node.kind(), NodeKind::Map(_)) {
        let message = format!("expected `{name}` as a mapping, found {}", kind(node));
        found.push(Diagnostic::error(message).at(node.span()));
        return;
    }
    for entry in node.entries() {
        let key = text(&entry.key);
        if !form.fits(&key) {
            let message = format!("expected {} in `{name}`, found `{}`", described(form), key.escape_debug());
            found.push(Diagnostic::error(message).at(entry.key.span()).hint(format!("for example `{}`", form.example)));
        }
        let nothing = entry.value.is_null() && !matches!(value, Shape::PartOrNothing(_) | Shape::Part(_));
        if !nothing {
            check(value, &key, &entry.value, strictness, found);
        }
    }
}

fn described(form: &Form) -> String {
    match form.longest {
        longest @ ..=63 if form.name.starts_with("a name") => {
            format!("{} (at most {longest} characters)", form.name)
        }
        _ => form.name.to_owned(),
    }
}

fn check_text(form: &Form, name: &str, node: &Node, found: &mut Findings) {
    let stated = match node.kind() {
        NodeKind::Str(bytes) if !bytes.is_empty() => String::from_utf8_lossy(bytes),
        _ => {
            let is_scalar =
                matches!(node.kind(), NodeKind::Float(_) | NodeKind::Int(_) | NodeKind::Uint(_) | NodeKind::Bool(_));
            let text = node.to_text().filter(|_| is_scalar).map(|text| String::from_utf8_lossy(&text).into_owned());
            let diagnostic = match text {
                // Quotes alone would not help.
                Some(text) if !form.fits(&text) => {
                    let message = format!("expected `{name}` as {}, found {}", described(form), kind(node));
                    Diagnostic::error(message).hint(format!("for example `{}`", form.example))
                }
                Some(_) => Diagnostic::error(format!("expected `{name}` as a text, found {}", kind(node)))
                    .hint("put it in quotes"),
                None => Diagnostic::error(format!("expected `{name}` as a text, found {}", kind(node)))
                    .hint(format!("for example `{}`", form.example)),
            };
            found.push(diagnostic.at(node.span()));
            return;
        }
    };
    if !form.fits(&stated) {
        let shown: String = stated.chars().take(80).collect();
        let message = format!("expected `{name}` as {}, found `{}`", described(form), shown.escape_debug());
        found.push(Diagnostic::error(message).at(node.span()).hint(format!("for example `{}`", form.example)));
    }
}

fn check_word(words: &[&'static str], name: &str, node: &Node, found: &mut Findings) {
    let stated = match node.kind() {
        NodeKind::Str(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => {
            let message = format!("expected `{name}` as a text, found {}", kind(node));
            found.push(Diagnostic::error(message).at(node.span()).hint(format!("one of {}", words.join(", "))));
            return;
        }
    };
    if words.contains(&stated.as_str()) {
        return;
    }
    let listed: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let listed = match listed.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => listed.join(""),
    };
    let message = format!("expected {name} {listed}, found `{}`", stated.escape_debug());
    let mut diagnostic = Diagnostic::error(message).at(node.span());
    if let Some(near) = nearest(&stated, words.iter().map(|word| word.as_bytes())) {
        diagnostic = diagnostic.hint(format!("did you mean `{near}`?"));
    }
    found.push(diagnostic);
}

fn check_whole(least: u64, most: u64, name: &str, node: &Node, found: &mut Findings) {
    let number = match node.kind() {
        NodeKind::Int(number) => u64::try_from(*number).ok(),
        NodeKind::Uint(number) => Some(*number),
        _ => {
            let number = node.to_text().filter(|_| matches!(node.kind(), NodeKind::Float(_)));
            let shown = match number {
                Some(number) => format!("`{}`", String::from_utf8_lossy(&number)),
                None => kind(node).to_owned(),
            };
            let message = format!("expected `{name}` as a whole number, found {shown}");
            let mut diagnostic = Diagnostic::error(message).at(node.span());
            let text = node.as_str().map(String::from_utf8_lossy);
            if text.is_some_and(|text| text.parse::<u64>().is_ok()) {
                diagnostic = diagnostic.hint("take the quotes away");
            }
            found.push(diagnostic);
            return;
        }
    };
    if !number.is_some_and(|number| (least..=most).contains(&number)) {
        let shown = match node.kind() {
            NodeKind::Int(number) => number.to_string(),
            _ => number.map_or(String::new(), |number| number.to_string()),
        };
        let message = format!("expected `{name}` between {least} and {most}, found {shown}");
        found.push(Diagnostic::error(message).at(node.span()));
    }
}

/// The field of an environment at a path.
pub(super) fn known_field(path: &[&str]) -> Option<&'static Field> {
    let mut part = &super::settings::ENVIRONMENT;
    let mut keys = path.iter();
    loop {
        let field = part.field(keys.next()?)?;
        let rest = keys.len();
        match field.shape {
            _ if rest == 0 => return Some(field),
            Shape::Part(below) | Shape::PartOrNothing(below) | Shape::Secret(below) => part = below,
            Shape::Map(_, value) => {
                keys.next();
                match value {
                    _ if rest == 1 => return Some(field),
                    Shape::Part(below) | Shape::PartOrNothing(below) | Shape::Secret(below) => part = below,
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

/// The path of an environment's field that is nearest to one that is none; nothing where all of its fields are known.
pub fn misspelt_field(path: &[&str]) -> Option<String> {
    let mut part = super::settings::ENVIRONMENT;
    let mut keys = path.iter();
    let mut known: Vec<&str> = Vec::new();
    while let Some(key) = keys.next() {
        let Some(field) = part.field(key) else {
            let near = nearest(key, part.all().map(|field| field.name.as_bytes()))?;
            return Some(known.into_iter().chain([near.as_str()]).collect::<Vec<_>>().join("."));
        };
        known.push(key);
        let below = match field.shape {
            Shape::Part(below) | Shape::PartOrNothing(below) | Shape::Secret(below) => below,
            Shape::Map(_, Shape::Part(below) | Shape::PartOrNothing(below)) => {
                known.push(keys.next()?);
                below
            }
            _ => return None,
        };
        part = *below;
    }
    None
}

/// The mappings that hold a place at which something is wrong, each with its key: what is judged further of them follows
/// from that, most of the time.
pub(super) fn troubled(node: &Node, found: &[Diagnostic]) -> Vec<Span> {
    let wrong: Vec<Span> = found.iter().filter_map(|one| one.primary).collect();
    let mut around = Vec::new();
    for place in wrong {
        let (mut here, mut hold) = (node, None);
        while let Some(entry) = here.entries().iter().find(|entry| holds(entry, place)) {
            if holds_within(&entry.value, place) {
                hold = Some(Span { end: entry.value.span().end, ..entry.key.span() });
            }
            here = &entry.value;
        }
        around.extend(hold);
    }
    around
}

fn holds(entry: &Entry, place: Span) -> bool {
    entry.key.span().source == place.source
        && (entry.key.span().start..=entry.value.span().end).contains(&place.start)
        && matches!(entry.value.kind(), NodeKind::Map(_))
}

fn holds_within(node: &Node, place: Span) -> bool {
    (node.span().start..=node.span().end).contains(&place.start)
}

/// Takes out what only follows from mistakes in the same mappings; `from` is the number of those.
pub(super) fn drop_consequences(found: &mut Findings, from: usize, around: &[Span]) {
    let within = |span: Span| {
        around.iter().any(|hold| hold.source == span.source && (hold.start..=hold.end).contains(&span.start))
    };
    let told: Vec<Span> = found.iter().take(from).filter_map(|one| one.primary).collect();
    let mut at = 0;
    found.retain(|one| {
        at += 1;
        let touches = |span: Span| within(span) || told.contains(&span);
        let follows = one.primary.is_some_and(touches) || one.labels.iter().any(|label| touches(label.span));
        at <= from || !follows
    });
}

/// Lays one layer over another: parts and maps field by field, everything else as a whole. Every leaf keeps the place
/// where it was written; a null removes what the lower layer has.
pub(super) fn merge(part: &Part, under: &Node, over: &Node) -> Node {
    merge_entries(under, over, &|name| part.field(name).map(|field| field.shape))
}

fn merge_entries(under: &Node, over: &Node, shape_of: &dyn Fn(&str) -> Option<Shape>) -> Node {
    let mut entries: Vec<Entry> = Vec::new();
    for entry in under.entries() {
        let key = text(&entry.key);
        let Some(over) = over.entry(&key) else {
            entries.push(entry.clone());
            continue;
        };
        if over.value.is_null() {
            continue;
        }
        let value = merge_shape(shape_of(&key), &entry.value, &over.value);
        entries.push(Entry { key: over.key.clone(), value });
    }
    for entry in over.entries() {
        if under.entry(text(&entry.key)).is_none() {
            entries.push(entry.clone());
        }
    }
    let span: Span = if over.entries().is_empty() { under.span() } else { over.span() };
    Node::new(span, NodeKind::Map(entries))
}

fn merge_shape(shape: Option<Shape>, under: &Node, over: &Node) -> Node {
    let maps = matches!((under.kind(), over.kind()), (NodeKind::Map(_), NodeKind::Map(_)));
    match shape {
        Some(Shape::Part(part) | Shape::PartOrNothing(part)) if maps => merge(part, under, over),
        Some(Shape::Map(_, value)) if maps => merge_entries(under, over, &|_| Some(*value)),
        _ => over.clone(),
    }
}
