//! Rules that read `questions.yaml`, the form that Rancher shows before it installs a chart.

use crate::diagnostic::nearest;
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::subject::text;
use crate::lint::{Findings, Subject};
use crate::schema_inference::{Usage, UsedValue};
use crate::yaml::{Node, NodeKind};

const FILES: [&str; 2] = ["questions.yaml", "questions.yml"];
const VALUES: &str = "values.yaml";

const fn rule(name: &'static str, doc: Doc, check: Check) -> Rule {
    Rule { name, group: Group::Suspicious, doc, check }
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "questions-dangling-condition",
        Doc {
            what: "A question whose `show_if` names a value that there is not.",
            why: "The condition is never true, and the question is never asked.",
            bad: "show_if: \"ingres.enabled=true\"",
            good: "show_if: \"ingress.enabled=true\"",
        },
        Check::Values(dangling_condition),
    ),
    rule(
        "questions-other-default",
        Doc {
            what: "A question with another default than `values.yaml`.",
            why: "An installation by the form differs from one by the command line, and nobody said so.",
            bad: "- variable: replicas\n  default: 2   # values.yaml says 1",
            good: "- variable: replicas",
        },
        Check::Chart(other_default),
    ),
    rule(
        "questions-unasked-value",
        Doc {
            what: "A value that templates demand, that has no default, and that no question asks for.",
            why: "Who installs by the form cannot succeed.",
            bad: "# {{ required \"a host\" .Values.host }}, and no question for `host`",
            good: "- variable: host\n  required: true",
        },
        Check::Values(unasked_value),
    ),
    rule(
        "questions-unknown-field",
        Doc {
            what: "A field of a question that the form does not know.",
            why: "It does nothing: it is misspelt, or stands in the wrong place.",
            bad: "show_subquestions_if: true",
            good: "show_subquestion_if: true",
        },
        Check::Chart(unknown_field),
    ),
    rule(
        "questions-unread-variable",
        Doc {
            what: "A question for a value that is not in `values.yaml` or that no template reads.",
            why: "Whatever is answered does nothing.",
            bad: "- variable: ingres.host",
            good: "- variable: ingress.host",
        },
        Check::Values(unread_variable),
    ),
    rule(
        "questions-wrong-type",
        Doc {
            what: "A question whose type does not fit the default of its value, or whose default is none of its options.",
            why: "The form shows another kind of field, and hands over a value of another type.",
            bad: "- variable: ingress.enabled   # false in values.yaml\n  type: string",
            good: "- variable: ingress.enabled\n  type: boolean",
        },
        Check::Chart(wrong_type),
    ),
];

/// One question, or one below another.
struct Question<'s> {
    node: &'s Node,
    variable: String,
}

impl<'s> Question<'s> {
    fn keys(&self) -> Vec<&str> {
        self.variable.split('.').collect()
    }

    /// The place of the variable's name.
    fn place(&self) -> &'s Node {
        self.node.get("variable").unwrap_or(self.node)
    }

    /// What `values.yaml` says of the variable.
    fn value(&self, subject: &'s Subject<'_>) -> Option<&'s Node> {
        subject.documents(VALUES).iter().rev().find_map(|document| document.at(&self.keys()))
    }
}

fn document<'s>(subject: &'s Subject<'_>) -> Option<&'s Node> {
    FILES.iter().find_map(|name| subject.document(name))
}

/// All questions in their order, each before those below it.
fn questions<'s>(subject: &'s Subject<'_>) -> Vec<Question<'s>> {
    let mut found = Vec::new();
    let top = document(subject).and_then(|node| node.get("questions")).map(Node::items).unwrap_or_default();
    for node in top {
        let below = node.get("subquestions").map(Node::items).unwrap_or_default();
        for node in std::iter::once(node).chain(below) {
            let variable = text(node, &["variable"]);
            if !variable.is_empty() {
                found.push(Question { node, variable });
            }
        }
    }
    found
}

/// Whether a value stands in `values.yaml` or is read by templates.
enum Known<'u> {
    Read,
    Unread,
    /// There is no such key; where the path ends, templates know these.
    Missing(Option<UsedValue<'u>>),
}

fn known<'u>(usage: &'u Usage, keys: &[&str], is_written: bool) -> Known<'u> {
    let mut at = usage.root();
    for key in keys {
        if at.is_whole() || at.takes_any_key() {
            return Known::Read;
        }
        match at.key(key) {
            Some(inner) => at = inner,
            None if is_written => return Known::Unread,
            None => return Known::Missing(Some(at)),
        }
    }
    match (at.is_read() || at.is_chart(), is_written) {
        (true, _) => Known::Read,
        (false, true) => Known::Unread,
        (false, false) => Known::Missing(None),
    }
}

fn unread_variable(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let (Some(_), Some(usage)) = (document(subject), subject.usage()) else { return };
    for question in questions(subject) {
        let variable = &question.variable;
        let is_written = question.value(subject).is_some();
        match known(usage, &question.keys(), is_written) {
            Known::Read => {}
            Known::Unread => {
                findings.add(question.place().span(), format!("no template reads `{variable}`"));
            }
            Known::Missing(at) => {
                let message = format!("values.yaml has no `{variable}`, and no template reads it");
                let last = question.variable.rsplit('.').next().unwrap_or_default();
                let near = at.and_then(|at| nearest(last, at.names().map(str::as_bytes)));
                let finding = findings.add(question.place().span(), message);
                if let Some(near) = near {
                    finding.hint(format!("templates look for `{near}` there"));
                }
            }
        }
    }
}

/// The names in `a.b=true&&c!=x`.
fn targets(condition: &str) -> impl Iterator<Item = &str> {
    let parts = condition.split("&&").flat_map(|part| part.split("||"));
    parts.filter_map(|part| part.split(['=', '!']).next()).map(str::trim).filter(|name| !name.is_empty())
}

fn dangling_condition(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let (Some(_), Some(usage)) = (document(subject), subject.usage()) else { return };
    let all = questions(subject);
    for question in &all {
        let Some(condition) = question.node.get("show_if") else { continue };
        for target in targets(&text(condition, &[])) {
            let keys: Vec<&str> = target.split('.').collect();
            let is_written = subject.documents(VALUES).iter().any(|document| document.at(&keys).is_some());
            let is_asked = all.iter().any(|one| one.variable == target);
            if is_written || is_asked || matches!(known(usage, &keys, false), Known::Read) {
                continue;
            }
            let near = nearest(target, all.iter().map(|one| one.variable.as_bytes()));
            let finding = findings.add(condition.span(), format!("there is no value `{target}`"));
            if let Some(near) = near {
                finding.hint(format!("did you mean `{near}`?"));
            }
        }
    }
}

/// Whether two scalars are the same once they are texts, as a form hands them over.
fn is_same(one: &Node, other: &Node) -> bool {
    text(one, &[]) == text(other, &[]) && one.entries().is_empty() == other.entries().is_empty()
}

fn other_default(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for question in questions(subject) {
        let (Some(default), Some(value)) = (question.node.get("default"), question.value(subject)) else { continue };
        let is_scalar = value.entries().is_empty() && value.items().is_empty();
        if is_scalar && !is_same(default, value) {
            let (asked, written) = (text(default, &[]), text(value, &[]));
            let message = format!("`{}` is `{asked}` here and `{written}` in values.yaml", question.variable);
            let finding = findings.add(default.span(), message);
            finding.label(value.span(), "the chart's default");
        }
    }
}

fn kind_of(node: &Node) -> &'static str {
    match node.kind() {
        NodeKind::Null => "null",
        NodeKind::Bool(_) => "boolean",
        NodeKind::Int(_) | NodeKind::Uint(_) => "integer",
        NodeKind::Float(_) => "number",
        NodeKind::Str(_) => "text",
        NodeKind::Seq(_) => "list",
        NodeKind::Map(_) => "map",
    }
}

/// Whether a field of a form of this type may hand over what stands in `values.yaml`.
fn fits(form: &str, value: &Node) -> bool {
    let is_text = |value: &str| value.is_empty() || value.contains("{{");
    let plain = match value.kind() {
        NodeKind::Null => return true,
        // An empty text, and a template, may become anything.
        NodeKind::Str(value) if is_text(&String::from_utf8_lossy(value)) => return true,
        _ => kind_of(value),
    };
    match form {
        "boolean" => plain == "boolean",
        "int" => plain == "integer",
        "float" => matches!(plain, "integer" | "number"),
        form if form == "array" || form == "list" || form.starts_with("array[") => plain == "list",
        form if form == "map" || form.starts_with("map[") => plain == "map",
        // What forms do not know they show as a text; a file may be anything.
        "string" | "multiline" | "password" | "hostname" | "enum" | "storageclass" | "pvc" | "secret" | "ipaddr"
        | "cidr" | "cron" | "configmap" => matches!(plain, "text" | "integer" | "number"),
        _ => true,
    }
}

fn wrong_type(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for question in questions(subject) {
        let (form, variable) = (text(question.node, &["type"]).to_lowercase(), &question.variable);
        let place = question.node.get("type").unwrap_or(question.node);
        let default = question.node.get("default");
        for value in default.into_iter().chain(question.value(subject)) {
            if !form.is_empty() && !fits(&form, value) {
                let message = format!("`{variable}` is asked for as {form} and is a {} by default", kind_of(value));
                findings.add(place.span(), message);
                break;
            }
        }
        let options: Vec<&Node> = question.node.get("options").map(Node::items).unwrap_or_default().iter().collect();
        let value = default.or_else(|| question.value(subject)).filter(|value| !text(value, &[]).is_empty());
        if let Some(value) = value.filter(|_| form == "enum" && !options.is_empty()) {
            // An option is a text, or a label with its value.
            let told = |option: &&&Node| match option.get("value") {
                Some(inner) => is_same(inner, value),
                None => is_same(option, value),
            };
            if !options.iter().any(|option| told(&option)) {
                let message = format!("`{}` is none of the options of `{variable}`", text(value, &[]));
                findings.add(place.span(), message);
            }
        }
    }
}

/// The fields of a question.
const FIELDS: &[&str] = &[
    "credential",
    "default",
    "defaults",
    "description",
    "group",
    "hide_input",
    "invalid_chars",
    "label",
    "max",
    "max_length",
    "min",
    "min_length",
    "options",
    "required",
    "satisfies",
    "show_if",
    "show_subquestion_if",
    "subquestions",
    "tooltip",
    "type",
    "valid_chars",
    "variable",
];

fn unknown_field(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for question in questions(subject) {
        for entry in question.node.entries() {
            let key = text(&entry.key, &[]);
            if FIELDS.contains(&key.as_str()) || key.starts_with('$') {
                continue;
            }
            let near = nearest(&key, FIELDS.iter().map(|field| field.as_bytes()));
            let finding = findings.add(entry.key.span(), format!("questions have no field `{key}`"));
            if let Some(near) = near {
                finding.hint(format!("did you mean `{near}`?"));
            }
        }
    }
}

fn unasked_value(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let (Some(_), Some(usage)) = (document(subject), subject.usage()) else { return };
    let asked: Vec<String> = questions(subject).into_iter().map(|question| question.variable).collect();
    let is_asked = |dotted: &str| asked.iter().any(|one| one.strip_prefix(dotted).is_some_and(is_path_end));
    let mut todo = vec![(usage.root(), Vec::<String>::new())];
    while let Some((used, path)) = todo.pop() {
        for (key, inner) in used.keys() {
            let path: Vec<String> = path.iter().cloned().chain([key.to_owned()]).collect();
            let dotted = path.join(".");
            if inner.is_required() && inner.has_no_default() && !is_asked(&dotted) {
                ask_for(subject, &path, findings);
            }
            // What subcharts demand is theirs: they may be switched off.
            if !inner.is_chart() && path.len() < 32 {
                todo.push((inner, path));
            }
        }
    }
}

/// Whether nothing, or a further key, comes behind a path.
fn is_path_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('.')
}

/// Reports a value that templates demand and that is empty.
fn ask_for(subject: &Subject<'_>, path: &[String], findings: &mut Findings<'_>) {
    let value = subject.documents(VALUES).iter().rev().find_map(|document| document.at(path));
    let is_filled =
        |value: &Node| !(text(value, &[]).is_empty() && value.entries().is_empty() && value.items().is_empty());
    let is_read = subject.cases.first().is_some_and(|case| case.reads(path));
    if !is_read || value.is_some_and(is_filled) {
        return;
    }
    let known: Vec<&str> = path.iter().map(String::as_str).collect();
    let spot = document(subject).map(Node::span).map(Into::into).unwrap_or_default();
    let spot = if value.is_some() { subject.spot(VALUES, &known) } else { spot };
    findings.add(spot, format!("templates demand `{}`, and no question asks for it", path.join(".")));
}
