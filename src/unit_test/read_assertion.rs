//! The entries of `asserts`: which assertions there are, and what each of them takes.

use super::assertion::{Assertion, Check, Counted, Decode, Identity, Part, Side};
use super::read::Reader;
use crate::diagnostic::{Diagnostic, nearest};
use crate::environment::{Fields, kind};
use crate::funcs::regex;
use crate::yaml::{Node, NodeKind};

/// What may stand beside an assertion.
const BESIDE: &[&str] = &["not", "template", "documentIndex", "documentSelector"];

/// What an assertion takes, by the shape of its parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Equal,
    EqualRaw,
    Regex,
    RegexRaw,
    Contains,
    Exists,
    Empty,
    Kind,
    ApiVersion,
    Type,
    Documents,
    Length,
    Greater,
    Less,
    Subset,
    Document,
    Failed,
    Snapshot,
    SnapshotRaw,
}

/// Every assertion: its name, its shape, and whether it is the opposite of that shape.
const ASSERTIONS: &[(&str, Shape, bool)] = &[
    ("contains", Shape::Contains, false),
    ("containsDocument", Shape::Document, false),
    ("equal", Shape::Equal, false),
    ("equalRaw", Shape::EqualRaw, false),
    ("exists", Shape::Exists, false),
    ("failedTemplate", Shape::Failed, false),
    ("greaterOrEqual", Shape::Greater, false),
    ("hasDocuments", Shape::Documents, false),
    ("isAPIVersion", Shape::ApiVersion, false),
    ("isEmpty", Shape::Empty, false),
    ("isKind", Shape::Kind, false),
    ("isNotEmpty", Shape::Empty, true),
    ("isNotNull", Shape::Exists, false),
    ("isNotNullOrEmpty", Shape::Empty, true),
    ("isNotSubset", Shape::Subset, true),
    ("isNotType", Shape::Type, true),
    ("isNull", Shape::Exists, true),
    ("isNullOrEmpty", Shape::Empty, false),
    ("isSubset", Shape::Subset, false),
    ("isType", Shape::Type, false),
    ("lengthEqual", Shape::Length, false),
    ("lessOrEqual", Shape::Less, false),
    ("matchRegex", Shape::Regex, false),
    ("matchRegexRaw", Shape::RegexRaw, false),
    ("matchSnapshot", Shape::Snapshot, false),
    ("matchSnapshotRaw", Shape::SnapshotRaw, false),
    ("notContains", Shape::Contains, true),
    ("notEqual", Shape::Equal, true),
    ("notEqualRaw", Shape::EqualRaw, true),
    ("notExists", Shape::Exists, true),
    ("notFailedTemplate", Shape::Failed, true),
    ("notGreaterOrEqual", Shape::Greater, true),
    ("notLengthEqual", Shape::Length, true),
    ("notLessOrEqual", Shape::Less, true),
    ("notMatchRegex", Shape::Regex, true),
    ("notMatchRegexRaw", Shape::RegexRaw, true),
];

/// Every key that an entry may have.
const KEYS: [&str; ASSERTIONS.len() + BESIDE.len()] = {
    let mut keys = [""; ASSERTIONS.len() + BESIDE.len()];
    let mut at = 0;
    while at < keys.len() {
        keys[at] = if at < BESIDE.len() { BESIDE[at] } else { ASSERTIONS[at - BESIDE.len()].0 };
        at += 1;
    }
    keys
};

/// Reads one entry.
pub(super) fn assertion(reader: &mut Reader<'_>, node: &Node) -> Option<Assertion> {
    let (name, shape, opposite, parameters) = declared(reader, node)?;
    let fields = Fields::new(node, "an assertion", &KEYS, &mut reader.found)?;
    let (index, template) = (reader.index_of(&fields), reader.text_of(&fields, "template"));
    let negative = reader.flag_of(&fields, "not") != opposite;
    let selector = match fields.optional("documentSelector") {
        Some(selector) => Some(reader.selector(selector)?),
        None => None,
    };
    let check = check(reader, name, shape, parameters)?;
    Some(Assertion { name, span: node.span(), template, index, selector, negative, check })
}

fn declared<'n>(reader: &mut Reader<'_>, node: &'n Node) -> Option<(&'static str, Shape, bool, &'n Node)> {
    if !matches!(node.kind(), NodeKind::Map(_)) {
        let message = format!("expected an assertion as a mapping, found {}", kind(node));
        reader.found.push(Diagnostic::error(message).at(node.span()));
        return None;
    }
    let mut known: Option<(&'static str, Shape, bool, &'n Node)> = None;
    for entry in node.entries() {
        let key = String::from_utf8_lossy(&entry.key.key_text().unwrap_or_default()).into_owned();
        let row = ASSERTIONS.iter().find(|(name, ..)| *name == key);
        match (row, known) {
            (Some((name, shape, opposite)), None) => known = Some((*name, *shape, *opposite, &entry.value)),
            (Some((name, ..)), Some((first, ..))) => {
                let message = format!("`{first}` and `{name}` stand in one assertion");
                let diagnostic = Diagnostic::error(message).at(entry.key.span());
                reader.found.push(diagnostic.hint("write each as an entry of its own"));
                return None;
            }
            (None, _) if BESIDE.contains(&key.as_str()) => {}
            (None, _) => {
                let names = ASSERTIONS.iter().map(|(name, ..)| name.as_bytes());
                let near = nearest(&key, names.chain(BESIDE.iter().map(|name| name.as_bytes())));
                let diagnostic = Diagnostic::error(format!("unknown assertion `{key}`")).at(entry.key.span());
                let hint = near.map(|near| format!("did you mean `{near}`?"));
                reader.found.push(diagnostic.hint(hint.unwrap_or_else(|| "see docs/testing.md for all".to_owned())));
                return None;
            }
        }
    }
    if known.is_none() {
        reader.found.push(Diagnostic::error("the entry has no assertion").at(node.span()));
    }
    known
}

fn parameters<'n>(
    reader: &mut Reader<'_>,
    node: &'n Node,
    name: &'static str,
    known: &'static [&'static str],
) -> Option<Fields<'n>> {
    Fields::new(node, name, known, &mut reader.found)
}

fn check(reader: &mut Reader<'_>, name: &'static str, shape: Shape, node: &Node) -> Option<Check> {
    match shape {
        Shape::Equal => {
            let fields = parameters(reader, node, name, &["path", "value", "decodeBase64"])?;
            let value = required(reader, node, name, "value")?;
            let base64 = decode(reader, &fields);
            Some(Check::Equal { path: reader.path_of(&fields, "path")?, value: reader.data(value)?, base64 })
        }
        Shape::EqualRaw => {
            parameters(reader, node, name, &["value"])?;
            let value = required(reader, node, name, "value")?;
            Some(Check::EqualRaw { value: text(reader, value, "value")? })
        }
        Shape::Regex => {
            let fields = parameters(reader, node, name, &["path", "pattern", "decodeBase64"])?;
            let base64 = decode(reader, &fields);
            let pattern = required(reader, node, name, "pattern")?;
            let pattern = expression(reader, pattern, "pattern")?;
            Some(Check::MatchRegex { path: reader.path_of(&fields, "path")?, pattern, base64 })
        }
        Shape::RegexRaw => {
            parameters(reader, node, name, &["pattern"])?;
            let pattern = required(reader, node, name, "pattern")?;
            Some(Check::MatchRegexRaw { pattern: expression(reader, pattern, "pattern")? })
        }
        Shape::Contains => {
            let fields = parameters(reader, node, name, &["path", "content", "count", "any"])?;
            let content = required(reader, node, name, "content")?;
            let part = if reader.flag_of(&fields, "any") { Part::Named } else { Part::Whole };
            let count = reader.integer_of(&fields, "count");
            Some(Check::Contains {
                path: reader.path_of(&fields, "path")?,
                content: reader.data(content)?,
                count,
                part,
            })
        }
        Shape::Subset => {
            let fields = parameters(reader, node, name, &["path", "content"])?;
            let content = required(reader, node, name, "content")?;
            Some(Check::Subset { path: reader.path_of(&fields, "path")?, content: reader.data(content)? })
        }
        Shape::Greater | Shape::Less => {
            let fields = parameters(reader, node, name, &["path", "value"])?;
            let value = required(reader, node, name, "value")?;
            let side = if shape == Shape::Greater { Side::Greater } else { Side::Less };
            Some(Check::Bound { path: reader.path_of(&fields, "path")?, value: reader.data(value)?, side })
        }
        Shape::Length => length(reader, name, node),
        _ => smaller(reader, name, shape, node),
    }
}

/// The assertions that compare with no value of the document's own.
fn smaller(reader: &mut Reader<'_>, name: &'static str, shape: Shape, node: &Node) -> Option<Check> {
    match shape {
        Shape::Exists | Shape::Empty => {
            let fields = parameters(reader, node, name, &["path"])?;
            required(reader, node, name, "path")?;
            let path = reader.path_of(&fields, "path")?;
            Some(if shape == Shape::Exists { Check::Exists { path } } else { Check::NullOrEmpty { path } })
        }
        Shape::Kind | Shape::ApiVersion => {
            parameters(reader, node, name, &["of"])?;
            let of = required(reader, node, name, "of")?;
            let of = text(reader, of, "of")?;
            Some(if shape == Shape::Kind { Check::Kind { of } } else { Check::ApiVersion { of } })
        }
        Shape::Type => {
            let fields = parameters(reader, node, name, &["path", "type"])?;
            let kind = required(reader, node, name, "type")?;
            Some(Check::Type { path: reader.path_of(&fields, "path")?, name: text(reader, kind, "type")? })
        }
        Shape::Documents => {
            let fields = parameters(reader, node, name, &["count", "filterAware"])?;
            required(reader, node, name, "count")?;
            let counted = if reader.flag_of(&fields, "filterAware") { Counted::Selected } else { Counted::All };
            Some(Check::Documents { count: reader.integer_of(&fields, "count")?, counted })
        }
        Shape::Document => {
            let fields = parameters(reader, node, name, &["kind", "apiVersion", "name", "namespace", "any"])?;
            required(reader, node, name, "kind")?;
            required(reader, node, name, "apiVersion")?;
            Some(Check::ContainsDocument(Identity {
                kind: reader.text_of(&fields, "kind")?,
                api_version: reader.text_of(&fields, "apiVersion")?,
                name: reader.text_of(&fields, "name").filter(|name| !name.is_empty()),
                namespace: reader.text_of(&fields, "namespace").filter(|name| !name.is_empty()),
                any: reader.flag_of(&fields, "any"),
            }))
        }
        Shape::Failed => failed(reader, name, node),
        Shape::Snapshot => {
            if node.is_null() {
                let path = reader.path(String::new(), node)?;
                return Some(Check::Snapshot { path, matches: None, differs: None });
            }
            let fields = parameters(reader, node, name, &["path", "matchRegex", "notMatchRegex"])?;
            let path = reader.path_of(&fields, "path")?;
            let matches = nested_pattern(reader, &fields, "matchRegex");
            let differs = nested_pattern(reader, &fields, "notMatchRegex");
            Some(Check::Snapshot { path, matches, differs })
        }
        _ => {
            if !node.is_null() {
                parameters(reader, node, name, &[])?;
            }
            Some(Check::SnapshotRaw)
        }
    }
}

fn length(reader: &mut Reader<'_>, name: &'static str, node: &Node) -> Option<Check> {
    let fields = parameters(reader, node, name, &["path", "paths", "count"])?;
    let count = reader.integer_of(&fields, "count");
    let mut paths = Vec::new();
    match (fields.optional("path"), fields.optional("paths")) {
        (Some(_), None) => paths.push(reader.path_of(&fields, "path")?),
        (None, Some(_)) => {
            for item in fields.items("paths", &mut reader.found) {
                let text = reader.scalar(item, "paths")?;
                paths.push(reader.path(text, item)?);
            }
        }
        _ => {
            let message = format!("`{name}` takes either `path` or `paths`");
            reader.found.push(Diagnostic::error(message).at(node.span()));
            return None;
        }
    }
    if fields.optional("path").is_some() && count.is_none_or(|count| count < 0) {
        let message = format!("`{name}` with `path` has no `count`");
        reader.found.push(Diagnostic::error(message).at(node.span()).hint("add `count:`"));
        return None;
    }
    Some(Check::Length { paths, count })
}

fn failed(reader: &mut Reader<'_>, name: &'static str, node: &Node) -> Option<Check> {
    if node.is_null() {
        return Some(Check::Failed { message: None, pattern: None });
    }
    let fields = parameters(reader, node, name, &["errorMessage", "errorPattern"])?;
    let message = reader.text_of(&fields, "errorMessage").filter(|text| !text.is_empty());
    // A pattern that is no regular expression is taken word for word.
    let pattern = reader.text_of(&fields, "errorPattern").filter(|text| !text.is_empty());
    if message.is_some() && pattern.is_some() {
        let text = format!("`{name}` takes either `errorMessage` or `errorPattern`");
        reader.found.push(Diagnostic::error(text).at(node.span()));
        return None;
    }
    Some(Check::Failed { message, pattern })
}

fn decode(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Decode {
    if reader.flag_of(fields, "decodeBase64") { Decode::Base64 } else { Decode::Never }
}

/// A parameter that must be written, be it as null.
fn required<'n>(reader: &mut Reader<'_>, node: &'n Node, name: &str, parameter: &str) -> Option<&'n Node> {
    let found = node.get(parameter);
    if found.is_none() {
        let message = format!("`{name}` has no `{parameter}`");
        reader.found.push(Diagnostic::error(message).at(node.span()).hint(format!("add `{parameter}:`")));
    }
    found
}

/// A parameter that must be a text.
fn text(reader: &mut Reader<'_>, node: &Node, parameter: &str) -> Option<String> {
    if let Some(text) = node.as_str() {
        return Some(String::from_utf8_lossy(text).into_owned());
    }
    let message = format!("expected `{parameter}` as a text, found {}", kind(node));
    let diagnostic = Diagnostic::error(message).at(node.span());
    reader.found.push(match node.kind() {
        NodeKind::Seq(_) | NodeKind::Map(_) | NodeKind::Null => diagnostic,
        _ => diagnostic.hint("put it in quotes"),
    });
    None
}

fn nested_pattern(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &'static str) -> Option<String> {
    let node = fields.optional(name)?;
    parameters(reader, node, name, &["pattern"])?;
    let pattern = required(reader, node, name, "pattern")?;
    let pattern = expression(reader, pattern, "pattern")?;
    Some(pattern.trim().to_owned())
}

/// A regular expression.
fn expression(reader: &mut Reader<'_>, node: &Node, parameter: &str) -> Option<String> {
    let pattern = text(reader, node, parameter)?;
    let wrong = match pattern.is_empty() {
        true => Some(format!("`{parameter}` is empty, which matches everything")),
        false => regex::compile(pattern.as_bytes()).err(),
    };
    match wrong {
        None => Some(pattern),
        Some(why) => {
            reader.found.push(Diagnostic::error(why).at(node.span()));
            None
        }
    }
}
