//! Rules that read template files.

use crate::chart::os;
use crate::lint::rule::{Check, Doc, Group, Rule};
use crate::lint::{Case, Findings, Spot, Subject};
use crate::source::{SourceId, Span};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "bad-template-extension",
        group: Group::Correctness,
        doc: Doc {
            what: "A file in `templates/` that ends neither in .yaml, .yml, .tpl nor .txt.",
            why: "Helm renders and installs it all the same; a forgotten copy is installed twice.",
            bad: "templates/service.yaml.bak",
            good: "docs/service.yaml.bak",
        },
        check: Check::Chart(bad_template_extension),
    },
    Rule {
        name: "capabilities-change-offline",
        group: Group::Style,
        doc: Doc {
            what: "A template that asks `.Capabilities.APIVersions` for an API that Helm alone cannot know.",
            why: "Without a cluster (`helm template`, Argo CD, a bundle) the answer is no, and other objects come out.",
            bad: "{{- if .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1\" }}",
            good: "{{- if .Values.metrics.enabled }}",
        },
        check: Check::Chart(capabilities_change_offline),
    },
    Rule {
        name: "lookup-under-gitops",
        group: Group::Style,
        doc: Doc {
            what: "A template that calls `lookup`.",
            why: "Where charts are rendered without a cluster it finds nothing, so that each sync may change the object.",
            bad: "{{- $old := lookup \"v1\" \"Secret\" .Release.Namespace \"db\" }}",
            good: "{{- if .Values.existingSecret }}",
        },
        check: Check::Chart(lookup_under_gitops),
    },
    Rule {
        name: "missing-templates",
        group: Group::Suspicious,
        doc: Doc {
            what: "A chart that has neither templates nor subcharts.",
            why: "Installing it does nothing.",
            bad: "Chart.yaml\nvalues.yaml",
            good: "Chart.yaml\nvalues.yaml\ntemplates/deployment.yaml",
        },
        check: Check::Chart(missing_templates),
    },
    Rule {
        name: "random-without-lookup",
        group: Group::Suspicious,
        doc: Doc {
            what: "A template that makes a random value or key and never looks whether there is one already.",
            why: "Every upgrade makes another password, and what holds the old one stops working.",
            bad: "password: {{ randAlphaNum 16 | b64enc }}",
            good: "{{- $old := lookup \"v1\" \"Secret\" .Release.Namespace \"db\" }}\n\
                   password: {{ ($old.data).password | default (randAlphaNum 16 | b64enc) }}",
        },
        check: Check::Chart(random_without_lookup),
    },
    Rule {
        name: "undefined-value",
        group: Group::Suspicious,
        doc: Doc {
            what: "An action that prints a value which is set nowhere.",
            why: "Nothing is written where a value was meant, and nobody is told.",
            bad: "host: {{ .Values.ingress.hots }}",
            good: "host: {{ .Values.ingress.host }}",
        },
        check: Check::Case(undefined_value),
    },
];

/// The chart's own template files with their sources.
fn own_templates<'s>(subject: &'s Subject<'_>) -> Vec<(&'s str, &'s [u8], SourceId)> {
    let files = subject.chart.templates.iter().filter_map(|file| {
        let id = subject.template(&os::join(subject.chart.name(), &file.name))?;
        Some((&*file.name, &*file.data, id))
    });
    files.collect()
}

/// The words of all actions of a template text with their places; texts in quotes and comments are no words.
pub(in crate::lint) fn words(text: &[u8]) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| memchr::memmem::find(rest, b"{{")) {
        at += open + 2;
        let inner = text.get(at..).unwrap_or_default();
        let start = inner.iter().take_while(|byte| matches!(byte, b'-' | b' ')).count();
        if inner.get(start..).is_some_and(|rest| rest.starts_with(b"/*")) {
            at += memchr::memmem::find(inner, b"*/").map_or(inner.len(), |end| end + 2);
            continue;
        }
        at = action_words(text, at, &mut found);
    }
    found
}

fn action_words<'t>(text: &'t [u8], mut at: usize, found: &mut Vec<(usize, &'t str)>) -> usize {
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' | b'\'' | b'`' => {
                at += 1;
                while let Some(&inner) = text.get(at) {
                    at += if inner == b'\\' && byte != b'`' { 2 } else { 1 };
                    if inner == byte {
                        break;
                    }
                }
            }
            b'}' if text.get(at + 1) == Some(&b'}') => return at + 2,
            b'.' | b'$' | b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let rest = text.get(at..).unwrap_or_default();
                let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'$' | b'_');
                let len = rest.iter().take_while(inside).count().max(1);
                if let Ok(word) = std::str::from_utf8(&rest[..len]) {
                    found.push((at, word));
                }
                at += len;
            }
            _ => at += 1,
        }
    }
    at
}

fn bad_template_extension(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (name, _, id) in own_templates(subject) {
        let extension = os::extension(name);
        if !matches!(extension, ".yaml" | ".yml" | ".tpl" | ".txt") {
            let message = format!("expected .yaml, .yml, .tpl or .txt, found `{extension}`");
            findings
                .add(Span::new(id, 0, 1), message)
                .hint("move the file out of templates/, or name it in .helmignore");
        }
    }
}

fn missing_templates(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.chart.templates.is_empty() && subject.chart.dependencies.is_empty() {
        findings.add(subject.spot("Chart.yaml", &["name"]), "the chart has neither templates nor subcharts");
    }
}

fn lookup_under_gitops(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (_, text, id) in own_templates(subject) {
        for (at, word) in words(text).into_iter().filter(|(_, word)| *word == "lookup") {
            findings.add(Span::new(id, at, at + word.len()), "`lookup` finds nothing where there is no cluster");
        }
    }
}

/// Functions whose result is another one each time.
const RANDOM: &[&str] = &[
    "genCA",
    "genPrivateKey",
    "genSelfSignedCert",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randNumeric",
    "uuidv4",
];

fn random_without_lookup(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (_, text, id) in own_templates(subject) {
        let words = words(text);
        if words.iter().any(|(_, word)| *word == "lookup") {
            continue;
        }
        for (at, word) in words.into_iter().filter(|(_, word)| RANDOM.contains(word)) {
            let message = format!("`{word}` makes another value at every upgrade");
            findings
                .add(Span::new(id, at, at + word.len()), message)
                .hint("keep what `lookup` finds, or ask for the value");
        }
    }
}

fn capabilities_change_offline(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for (_, text, id) in own_templates(subject) {
        for (at, word) in words(text) {
            if !word.ends_with(".Capabilities.APIVersions.Has") && !word.ends_with(".Capabilities.APIVersions") {
                continue;
            }
            let line = text.get(at..).unwrap_or_default();
            let line = String::from_utf8_lossy(line.split(|byte| *byte == b'\n').next().unwrap_or_default());
            let Some(asked) = line.split('"').nth(1) else { continue };
            // Groups of Kubernetes itself are known to Helm.
            let group = asked.split_once('/').map_or("", |(group, _)| group);
            if group.contains('.') && !group.ends_with(".k8s.io") {
                let message = format!("without a cluster `{asked}` is not there");
                findings.add(Span::new(id, at, at + word.len()), message).hint("let a value decide");
            }
        }
    }
}

fn undefined_value(case: &Case, findings: &mut Findings<'_>) {
    let Some(trace) = &case.rendered.trace else { return };
    for (place, action) in trace.recorder.unset_actions() {
        let Some(file) = trace.source_of(*place) else { continue };
        let Some(id) = case.template(&file.name) else { continue };
        // Only a plain path says that a value was meant; a function may have its reasons.
        let path = action.trim_start_matches("{{").trim_end_matches("}}").trim();
        let path = path.strip_prefix('$').unwrap_or(path);
        let Some(keys) = path.strip_prefix(".Values.") else { continue };
        if keys.contains([' ', '|', '(']) {
            continue;
        }
        let text = &file.text;
        let start = (place.pos as usize).min(text.len());
        let end =
            text.get(start..).and_then(|rest| memchr::memmem::find(rest, b"}}")).map_or(start + 1, |end| start + end);
        let near = near_key(case, &file.name, keys);
        let finding = findings
            .add(Spot::from(Span::new(id, start, end)), format!("`.Values.{keys}` is not set, and nothing is written"));
        if let Some(near) = near {
            finding.hint(format!("did you mean `{near}`?"));
        }
    }
}

/// The key nearest to the last of a path, in the table where it was looked for.
fn near_key(case: &Case, file: &str, keys: &str) -> Option<String> {
    let mut table = case.prepared.values.clone();
    let charts = file.split("/charts/").skip(1).filter_map(|rest| rest.split('/').next());
    let (tables, last) = keys.rsplit_once('.').unwrap_or(("", keys));
    for key in charts.chain(tables.split('.').filter(|key| !key.is_empty())) {
        table = table.get(key)?.as_map()?.clone();
    }
    crate::diagnostic::nearest(last, table.keys().iter().map(|key| key.as_bytes()))
}
