//! Rules that read `values.yaml`, and what templates read of it.

use crate::diagnostic::nearest;
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Findings, Fix, Subject};
use crate::schema_inference::{Usage, UsedValue};
use crate::source::Span;
use crate::value::Value;
use crate::yaml::{self, Node, NodeKind, Overruled};
use std::cell::OnceCell;

const FILE: &str = "values.yaml";
/// The most names of a map among which the nearest is looked for.
const MOST_NAMES: usize = 1000;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "boolean-key",
        group: Group::Suspicious,
        doc: Doc {
            what: "A key such as `y`, `on` or `no`, which YAML 1.1 reads as a boolean.",
            why: "The key becomes `true` or `false`, and nobody finds it under its name.",
            bad: "on: push",
            good: "\"on\": push",
        },
        check: Check::Chart(boolean_key),
    },
    Rule {
        name: "duplicate-key",
        group: Group::Suspicious,
        doc: Doc {
            what: "A key that stands twice in one map.",
            why: "Only the last one counts, and nobody is told.",
            bad: "replicas: 1\nreplicas: 3",
            good: "replicas: 3",
        },
        check: Check::Chart(duplicate_key),
    },
    Rule {
        name: "null-override",
        group: Group::Suspicious,
        doc: Doc {
            what: "A null in a chart's own values for a key of a subchart.",
            why: "Helm 3 and some versions of Helm 4 disagree whether it removes the subchart's default.",
            bad: "api:\n  resources:\n    limits: null",
            good: "api:\n  resources:\n    limits: {}",
        },
        check: Check::Chart(null_override),
    },
    Rule {
        name: "number-becomes-float",
        group: Group::Suspicious,
        doc: Doc {
            what: "A large integer in values, which templates see as a floating point number.",
            why: "It is printed as `1e+06`, and above 2^53 digits are lost.",
            bad: "maxBytes: 1000000",
            good: "maxBytes: \"1000000\"",
        },
        check: Check::Values(number_becomes_float),
    },
    Rule {
        name: "plain-secret",
        group: Group::Security,
        doc: Doc {
            what: "A literal password, token or private key in `values.yaml`.",
            why: "Everybody who has the chart has the secret.",
            bad: "database:\n  password: hunter2",
            good: "database:\n  existingSecret: database",
        },
        check: Check::Chart(plain_secret),
    },
    Rule {
        name: "schema-rejects-subchart",
        group: Group::Suspicious,
        doc: Doc {
            what: "A schema without additional properties that leaves out `global`.",
            why: "Helm gives every subchart a `global` table, so that the chart fails as soon as it is somebody's subchart.",
            bad: "{\"additionalProperties\": false, \"properties\": {\"image\": {}}}",
            good: "{\"additionalProperties\": false, \"properties\": {\"image\": {}, \"global\": {}}}",
        },
        check: Check::Chart(schema_rejects_subchart),
    },
    Rule {
        name: "unused-value",
        group: Group::Suspicious,
        doc: Doc {
            what: "A key of `values.yaml` that no template reads, on any branch and in no case.",
            why: "Setting it does nothing: it is misspelt, misplaced, or a leftover.",
            bad: "imgae:\n  tag: 1.4.2",
            good: "image:\n  tag: 1.4.2",
        },
        check: Check::Values(unused_value),
    },
];

fn walk<'n>(documents: impl IntoIterator<Item = &'n Node>, mut visit: impl FnMut(&'n yaml::Entry)) {
    let mut todo: Vec<&Node> = documents.into_iter().collect();
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for entry in node.entries() {
            visit(entry);
            todo.push(&entry.value);
        }
    }
}

fn boolean_key(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    walk(subject.values_documents(), |entry| {
        if let NodeKind::Bool(flag) = entry.key.kind() {
            findings.add(entry.key.span(), format!("YAML reads this key as `{flag}`")).hint("put it into quotes");
        }
    });
}

fn duplicate_key(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (id, overruled) in &subject.overruled {
        let Some(source) = findings.sources.get(*id) else { continue };
        let fixes: Vec<Option<Fix>> = overruled.iter().map(|one| without_entry(one, source.text())).collect();
        for (Overruled { entry, .. }, fix) in overruled.iter().zip(fixes) {
            let message = format!("`{}` stands here again further down, and that one counts", text(&entry.key, &[]));
            findings.add(entry.key.span(), message).fix = fix;
        }
    }
}

/// Takes an entry away that says what a later one says again, if it has its lines for itself.
fn without_entry(overruled: &Overruled, text: &[u8]) -> Option<Fix> {
    let (key, value) = (overruled.entry.key.span(), overruled.entry.value.span());
    let before = text.get(..key.start as usize).filter(|_| overruled.repeats)?;
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let end = value.end.max(key.end) as usize;
    let rest = text.get(end..)?;
    let line = rest.get(..memchr::memchr(b'\n', rest)? + 1)?;
    let is_own = before.get(start..)?.iter().all(|byte| *byte == b' ');
    // A block scalar ends with its last line break; `a: &x 1` says something to others.
    let ends = text.get(..end)?.ends_with(b"\n");
    let is_plain = !text.get(start..end)?.iter().any(|byte| matches!(byte, b'&' | b'*' | b'#'));
    let alone = ends || line.trim_ascii().is_empty();
    let end = if ends { end } else { end + line.len() };
    (is_own && is_plain && alone).then(|| Fix { span: Span::new(key.source, start, end), text: String::new() })
}

/// From this number on Go prints a float with an exponent.
const EXPONENT_FROM: u64 = 1_000_000;

fn number_becomes_float(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let mut todo: Vec<(&Node, Vec<String>)> = subject.documents(FILE).iter().map(|node| (node, Vec::new())).collect();
    while let Some((node, path)) = todo.pop() {
        let large = match node.kind() {
            NodeKind::Int(number) => number.unsigned_abs() >= EXPONENT_FROM,
            NodeKind::Uint(_) => true,
            _ => false,
        };
        if large {
            let shown = text(node, &[]);
            let message = format!("templates print `{shown}` with an exponent");
            let fix = in_quotes(node, &path, subject, findings);
            let finding = findings.add(node.span(), message);
            finding.hint("put it into quotes, or print it with `int64`").fix = fix;
        }
        let below = |key: String| path.iter().cloned().chain([key]).collect::<Vec<_>>();
        todo.extend(node.items().iter().enumerate().map(|(at, item)| (item, below(at.to_string()))));
        todo.extend(node.entries().iter().map(|entry| (&entry.value, below(text(&entry.key, &[])))));
    }
}

/// Puts a number into quotes, if templates do nothing but print it and no schema asks for a number.
fn in_quotes(node: &Node, path: &[String], subject: &Subject<'_>, findings: &Findings<'_>) -> Option<Fix> {
    let span = node.span();
    let written = findings.sources.get(span.source)?.text().get(span.start as usize..span.end as usize)?;
    let is_plain = written.iter().all(u8::is_ascii_digit) && written == text(node, &[]).as_bytes();
    let mut value = subject.usage()?.root();
    for key in path {
        if value.is_whole() || value.takes_any_key() {
            return None;
        }
        value = value.key(key)?;
    }
    let is_free = subject.chart.schema.is_none() && value.is_only_printed();
    (is_plain && is_free).then(|| Fix { span, text: format!("\"{}\"", text(node, &[])) })
}

fn null_override(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(values) = subject.document(FILE) else { return };
    for dependency in subject.chart.metadata.dependencies() {
        let key = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
        let sub = subject.chart.dependencies.iter().find(|sub| sub.name() == dependency.name);
        let (Some(table), Some(defaults)) = (values.get(key), sub.and_then(|sub| sub.values.as_ref())) else {
            continue;
        };
        let mut todo = vec![(table, Value::Map(defaults.clone()))];
        while let Some((node, under)) = todo.pop() {
            let Value::Map(under) = under else { continue };
            for entry in node.entries() {
                let Some(default) = under.get(text(&entry.key, &[])) else { continue };
                if entry.value.is_null() && !default.is_nil() {
                    let message =
                        format!("whether this null removes the default of `{key}` depends on the version of Helm");
                    findings.add(entry.key.span(), message);
                } else {
                    todo.push((&entry.value, default));
                }
            }
        }
    }
}

/// Names of keys that hold secrets.
const SECRET_KEYS: &[&str] =
    &["password", "passwd", "secretkey", "privatekey", "accesskey", "apikey", "token", "clientsecret"];
/// Words that stand for a secret and are none.
const PLACEHOLDERS: &[&str] = &["changeme", "change-me", "todo", "xxx", "example", "<", "{{", "${", "$("];

fn plain_secret(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    walk(subject.documents(FILE), |entry| {
        let NodeKind::Str(value) = entry.value.kind() else { return };
        let value = String::from_utf8_lossy(value);
        let key: String = text(&entry.key, &[]).to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let named = SECRET_KEYS.iter().any(|known| key.ends_with(known));
        let is_literal = || {
            let lower = value.to_lowercase();
            value.len() >= 4 && !PLACEHOLDERS.iter().any(|mark| lower.contains(mark))
        };
        if value.contains("PRIVATE KEY-----") || (named && is_literal()) {
            let message = format!("`{}` holds a literal secret", text(&entry.key, &[]));
            findings.add(entry.key.span(), message).hint("let users name a Secret that exists");
        }
    });
}

fn schema_rejects_subchart(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let Some(schema) = &subject.chart.schema else { return };
    let Ok(Value::Map(schema)) = crate::json::from_json(schema) else { return };
    let closed = matches!(schema.get("additionalProperties"), Some(Value::Bool(false)));
    let properties = schema.get("properties").and_then(|value| value.as_map().cloned()).unwrap_or_default();
    let pattern = schema.get("patternProperties").is_some();
    if closed && !pattern && !properties.contains("global") {
        let message = "values.schema.json refuses `global`, which Helm gives to every subchart";
        findings
            .add(subject.spot(FILE, &[]), message)
            .hint("add `\"global\": {\"type\": \"object\"}` to its properties");
    }
}

fn unused_value(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.chart.is_library() {
        return;
    }
    let Some(usage) = subject.usage() else { return };
    for document in subject.values_documents() {
        let mut path = Vec::new();
        look(document, usage.root(), &mut path, usage, findings);
    }
}

/// Reports what is below a value and nobody reads, the outermost only.
fn look(node: &Node, used: UsedValue<'_>, path: &mut Vec<String>, usage: &Usage, findings: &mut Findings<'_>) {
    if used.is_whole() {
        return;
    }
    for (at, item) in node.items().iter().enumerate() {
        let Some(used) = used.item() else { break };
        path.push(at.to_string());
        look(item, used, path, usage, findings);
        path.pop();
    }
    let names: OnceCell<Vec<&str>> = OnceCell::new();
    for entry in node.entries() {
        let key = text(&entry.key, &[]);
        // Helm hands `global` of every chart down to all that are in it.
        let is_global = used.is_chart() && key == "global";
        let found = if is_global { usage.root().key(&key) } else { used.key(&key) };
        path.push(key);
        match found {
            Some(inner) if inner.is_entered() || inner.is_chart() || inner.is_whole() => {
                look(&entry.value, inner, path, usage, findings);
            }
            Some(inner) if inner.is_read() || used.takes_any_key() => {}
            None if used.takes_any_key() => {}
            _ => report(entry, path, names.get_or_init(|| used.names().take(MOST_NAMES).collect()), findings),
        }
        path.pop();
    }
}

fn report(entry: &yaml::Entry, path: &mut Vec<String>, names: &[&str], findings: &mut Findings<'_>) {
    let key = path.last().cloned().unwrap_or_default();
    let mut implied = Vec::new();
    add_below(&entry.value, path, &mut implied);
    let finding = findings.add(entry.key.span(), unread(path));
    finding.implied = implied;
    if let Some(near) = nearest(&key, names.iter().map(|name| name.as_bytes())) {
        finding.hint(format!("templates look for `{near}` here"));
    }
}

fn unread(path: &[String]) -> String {
    format!("no template reads `{}`", path.join("."))
}

/// The keys in a value that nobody reads.
fn add_below(node: &Node, path: &mut Vec<String>, found: &mut Vec<(Span, String)>) {
    for entry in node.entries() {
        path.push(text(&entry.key, &[]));
        found.push((entry.key.span(), unread(path)));
        add_below(&entry.value, path, found);
        path.pop();
    }
}
