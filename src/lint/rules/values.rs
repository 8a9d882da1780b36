//! Rules that read `values.yaml`, and what templates read of it.

use crate::chart::Chart;
use crate::diagnostic::nearest;
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Explored, Findings, Subject};
use crate::value::{Map, Text, Value};
use crate::yaml::{self, Node, NodeKind};

const FILE: &str = "values.yaml";

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
        check: Check::Chart(number_becomes_float),
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
        check: Check::Chart(unused_value),
    },
];

fn walk<'n>(documents: &'n [Node], mut visit: impl FnMut(&'n yaml::Entry)) {
    let mut todo: Vec<&Node> = documents.iter().collect();
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for entry in node.entries() {
            visit(entry);
            todo.push(&entry.value);
        }
    }
}

fn boolean_key(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    walk(subject.documents(FILE), |entry| {
        if let NodeKind::Bool(flag) = entry.key.kind() {
            findings.add(entry.key.span(), format!("YAML reads this key as `{flag}`")).hint("put it into quotes");
        }
    });
}

fn duplicate_key(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for name in [FILE, "Chart.yaml"] {
        let Some((file, (id, _))) = subject.chart.raw_file(name).zip(subject.files.get(name)) else { continue };
        let Ok((_, overruled)) = yaml::parse_noting_duplicates(&file.data, *id) else { continue };
        for key in overruled {
            let message = format!("`{}` stands here again further down, and that one counts", text(&key, &[]));
            findings.add(key.span(), message);
        }
    }
}

/// From this number on Go prints a float with an exponent.
const EXPONENT_FROM: u64 = 1_000_000;

fn number_becomes_float(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    walk(subject.documents(FILE), |entry| {
        let large = match entry.value.kind() {
            NodeKind::Int(number) => number.unsigned_abs() >= EXPONENT_FROM,
            NodeKind::Uint(_) => true,
            _ => false,
        };
        if large {
            let shown = text(&entry.value, &[]);
            let message = format!("templates print `{shown}` with an exponent");
            findings.add(entry.value.span(), message).hint("put it into quotes, or print it with `int64`");
        }
    });
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
        let stands_for = PLACEHOLDERS.iter().any(|mark| value.to_lowercase().contains(mark));
        if value.contains("PRIVATE KEY-----") || (named && value.len() >= 4 && !stands_for) {
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

/// What decides whether a key is used.
struct Reads<'s> {
    explored: Vec<&'s Explored>,
    /// Dotted paths that Helm itself reads: conditions, tags, imports.
    exempt: Vec<Vec<String>>,
}

impl Reads<'_> {
    /// The tables at a path in every case, with the record of their reads. What is below `global` every subchart has too.
    fn tables(&self, path: &[String]) -> Vec<(&Explored, Map)> {
        let is_global = path.first().is_some_and(|first| first == "global");
        let mut found = Vec::new();
        for explored in &self.explored {
            let mut tops = vec![explored.prepared.values.clone()];
            if is_global {
                subchart_tables(&explored.prepared.chart, &explored.prepared.values, &mut tops);
            }
            found.extend(tops.into_iter().filter_map(|top| Some((*explored, table_at(&top, path)?))));
        }
        found
    }

    fn is_read(&self, tables: &[(&Explored, Map)], key: &str) -> bool {
        tables.iter().any(|(explored, table)| {
            let Some(trace) = &explored.rendered.trace else { return true };
            !trace.recorder.reads_of(table, key.as_bytes()).is_empty() || !trace.recorder.reads_of_all(table).is_empty()
        })
    }

    fn is_exempt(&self, path: &[String]) -> bool {
        self.exempt.iter().any(|known| known.starts_with(path) || path.starts_with(known))
    }

    /// Keys that templates look for in a table and that it does not have.
    fn missing(&self, tables: &[(&Explored, Map)]) -> Vec<Text> {
        let mut missing: Vec<Text> = Vec::new();
        for (explored, table) in tables {
            let Some(trace) = &explored.rendered.trace else { continue };
            missing.extend(trace.recorder.keys_read(table).into_iter().filter(|key| !table.contains(key)));
        }
        missing
    }
}

fn table_at(top: &Map, path: &[String]) -> Option<Map> {
    path.iter().try_fold(top.clone(), |table, key| table.get(key)?.as_map().cloned())
}

/// The tables of all subcharts below a chart.
fn subchart_tables(chart: &Chart, values: &Map, found: &mut Vec<Map>) {
    for sub in &chart.dependencies {
        if let Some(Value::Map(table)) = values.get(sub.name()) {
            found.push(table.clone());
            subchart_tables(sub, &table, found);
        }
    }
}

fn unused_value(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    // A chart that did not render, or whose branches are too many, tells nothing.
    let explored: Vec<&Explored> = subject.cases.iter().filter_map(|case| case.explored.as_ref()).collect();
    if explored.is_empty() || explored.len() < subject.cases.len() || subject.chart.is_library() {
        return;
    }
    let reads = Reads { explored, exempt: exempt(subject.chart) };
    for document in subject.documents(FILE) {
        look(document, &mut Vec::new(), &reads, subject, findings);
    }
}

fn exempt(chart: &Chart) -> Vec<Vec<String>> {
    let mut exempt = vec![vec!["tags".to_owned()], vec!["exports".to_owned()]];
    add_exempt(chart, &[], &mut exempt);
    exempt
}

fn add_exempt(chart: &Chart, prefix: &[String], exempt: &mut Vec<Vec<String>>) {
    let below = |path: &str| {
        let keys = path.trim().split('.').filter(|key| !key.is_empty()).map(str::to_owned);
        prefix.iter().cloned().chain(keys).collect::<Vec<_>>()
    };
    for one in chart.metadata.dependencies() {
        exempt.extend(one.condition.split(',').filter(|path| !path.trim().is_empty()).map(below));
        let key = if one.alias.is_empty() { &one.name } else { &one.alias };
        for import in &one.import_values {
            let Value::Map(import) = import else { continue };
            let child =
                import.get("child").and_then(|child| child.as_str().map(ToString::to_string)).unwrap_or_default();
            exempt.push(below(&format!("{key}.{child}")));
        }
        if let Some(sub) = chart.dependencies.iter().find(|sub| sub.name() == one.name) {
            add_exempt(sub, &below(key), exempt);
        }
    }
}

/// Reports the entries of a map that nobody reads, the outermost only.
fn look(node: &Node, path: &mut Vec<String>, reads: &Reads<'_>, subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let tables = reads.tables(path);
    if tables.is_empty() {
        return;
    }
    for entry in node.entries() {
        let key = text(&entry.key, &[]);
        path.push(key.clone());
        let has_entries = !entry.value.entries().is_empty();
        if reads.is_exempt(path) && !has_entries {
            path.pop();
            continue;
        }
        let is_subchart = path.len() == 1 && is_dependency(subject.chart, &key);
        let is_bare_global = path.last().is_some_and(|last| last == "global");
        if has_entries && (is_subchart || is_bare_global || reads.is_exempt(path) || is_read_inside(path, reads)) {
            look(&entry.value, path, reads, subject, findings);
        } else if !is_subchart && !is_bare_global && !reads.is_read(&tables, &key) {
            report(entry, path, &reads.missing(&tables), findings);
        }
        path.pop();
    }
}

fn is_dependency(chart: &Chart, key: &str) -> bool {
    let declared = chart.metadata.dependencies().iter().any(|one| one.name == key || one.alias == key);
    declared || chart.dependencies.iter().any(|sub| sub.name() == key)
}

/// Whether anything in the table at a path is read.
fn is_read_inside(path: &[String], reads: &Reads<'_>) -> bool {
    reads.tables(path).iter().any(|(explored, table)| {
        let Some(trace) = &explored.rendered.trace else { return true };
        let mut todo = vec![table.clone()];
        while let Some(table) = todo.pop() {
            if !trace.recorder.keys_read(&table).is_empty() || !trace.recorder.reads_of_all(&table).is_empty() {
                return true;
            }
            todo.extend(table.entries().iter().filter_map(|(_, value)| value.as_map().cloned()));
        }
        false
    })
}

fn report(entry: &yaml::Entry, path: &[String], missing: &[Text], findings: &mut Findings<'_>) {
    let key = path.last().map(String::as_str).unwrap_or_default();
    let finding = findings.add(entry.key.span(), format!("no template reads `{}`", path.join(".")));
    if let Some(near) = nearest(key, missing.iter().map(|key| key.as_bytes())) {
        finding.hint(format!("templates look for `{near}` here"));
    }
}
