//! What `lint` found, in each of its forms.

use super::report::harmless;
use super::ui::{Stop, Ui};
use crate::diagnostic::Severity;
use crate::lint::{Finding, page, rules};
use crate::source::Sources;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// Source lines, carets and hints
    #[default]
    Text,
    /// One JSON document; schemas/lint-report.schema.json describes it
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// JUnit's XML
    Junit,
    /// Annotations of GitHub's workflows
    Github,
}

/// What was found in one chart.
pub(super) struct Linted {
    /// The chart's path.
    pub(super) path: String,
    pub(super) findings: Vec<Finding>,
    /// How many findings lie in each vendored subchart and are not shown.
    pub(super) folded: BTreeMap<String, usize>,
}

/// The name of a file, a line and a column, from 1.
struct Place {
    file: String,
    line: usize,
    column: usize,
}

fn place(finding: &Finding, sources: &Sources) -> Option<Place> {
    let (source, at) = sources.locate(finding.diagnostic.primary?)?;
    Some(Place { file: source.name().to_owned(), line: at.line, column: at.column })
}

/// What tells a finding from others when lines move: its rule, file and message.
pub(super) type Identity = (String, String, String);

/// The identity of a finding.
pub(super) fn identity(finding: &Finding, sources: &Sources) -> Identity {
    let file = place(finding, sources).map(|place| place.file).unwrap_or_default();
    let rule = finding.diagnostic.rule.unwrap_or_default().to_owned();
    (rule, file, finding.diagnostic.message.clone())
}

fn level(finding: &Finding) -> &'static str {
    match finding.diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// Writes the report.
pub(super) fn print(output: Output, linted: &[Linted], ui: &mut Ui) -> Result<(), Stop> {
    match output {
        Output::Text => text(linted, ui),
        Output::Json => print_json(&json_report(linted, &ui.sources), ui),
        Output::Sarif => print_json(&sarif(linted, &ui.sources), ui),
        Output::Junit => {
            let report = junit(linted, &ui.sources);
            ui.print(report)
        }
        Output::Github => {
            let report = github(linted, &ui.sources);
            ui.print(report)
        }
    }
}

fn print_json(report: &Value, ui: &mut Ui) -> Result<(), Stop> {
    ui.print(format!("{report:#}\n"))
}

fn text(linted: &[Linted], ui: &mut Ui) -> Result<(), Stop> {
    for one in linted {
        one.findings.iter().for_each(|finding| ui.warn(&finding.diagnostic));
        for (subchart, count) in &one.folded {
            let noun = if *count == 1 { "finding" } else { "findings" };
            ui.say(&format!("note: {count} {noun} in {}/{subchart} (--vendored shows them)", harmless(&one.path)));
        }
    }
    let count = |severity: Severity| {
        linted.iter().flat_map(|one| &one.findings).filter(|one| one.diagnostic.severity == severity).count()
    };
    let plural = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let told = [
        plural(count(Severity::Error), "error"),
        plural(count(Severity::Warning), "warning"),
        format!("{} worth knowing", count(Severity::Info)),
    ];
    ui.print(format!("{}: {}\n", plural(linted.len(), "chart"), told.join(", ")))
}

fn json_finding(finding: &Finding, sources: &Sources) -> Value {
    let place = place(finding, sources);
    let output =
        finding.output.as_ref().map(|output| json!({ "file": output.file, "line": output.line, "case": output.case }));
    json!({
        "rule": finding.diagnostic.rule,
        "level": level(finding),
        "message": finding.diagnostic.message,
        "file": place.as_ref().map(|place| place.file.as_str()),
        "line": place.as_ref().map(|place| place.line),
        "column": place.as_ref().map(|place| place.column),
        "hints": finding.diagnostic.hints,
        "subchart": finding.subchart,
        "output": output,
        "implied": false,
    })
}

/// A finding for programs: itself, and what it implies.
fn expanded(finding: &Finding) -> Vec<Finding> {
    let implied = finding.implied.iter().map(|(span, message)| {
        let mut diagnostic = finding.diagnostic.clone();
        diagnostic.message.clone_from(message);
        diagnostic.hints.clear();
        Finding { diagnostic: diagnostic.at(*span), implied: Vec::new(), ..finding.clone() }
    });
    std::iter::once(finding.clone()).chain(implied).collect()
}

fn json_report(linted: &[Linted], sources: &Sources) -> Value {
    let charts = linted.iter().map(|one| {
        let told = |finding: &Finding| {
            let mut all: Vec<Value> = expanded(finding).iter().map(|one| json_finding(one, sources)).collect();
            all.iter_mut().skip(1).for_each(|one| one["implied"] = json!(true));
            all
        };
        let findings: Vec<Value> = one.findings.iter().flat_map(told).collect();
        json!({ "path": one.path, "findings": findings, "vendored": one.folded })
    });
    json!({ "version": 1, "charts": charts.collect::<Vec<_>>() })
}

fn sarif(linted: &[Linted], sources: &Sources) -> Value {
    let described = rules().map(|rule| {
        json!({
            "id": rule.name,
            "shortDescription": { "text": rule.doc.what },
            "help": { "text": page(rule), "markdown": page(rule) },
        })
    });
    let results = linted.iter().flat_map(|one| &one.findings).flat_map(expanded).map(|finding| {
        let level = match finding.diagnostic.severity {
            Severity::Info => "note",
            _ => level(&finding),
        };
        let places = place(&finding, sources).map(|place| {
            let region = json!({ "startLine": place.line, "startColumn": place.column });
            json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&place.file) }, "region": region } })
        });
        let text = std::iter::once(finding.diagnostic.message.clone()).chain(finding.diagnostic.hints.iter().cloned());
        json!({
            "ruleId": finding.diagnostic.rule,
            "level": level,
            "message": { "text": text.collect::<Vec<_>>().join("\n") },
            "locations": places.into_iter().collect::<Vec<_>>(),
        })
    });
    let driver = json!({
        "name": "chartwright",
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": described.collect::<Vec<_>>(),
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "results": results.collect::<Vec<_>>() }],
    })
}

/// A path as a reference relative to where the report is read.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
    path.bytes().fold(String::new(), |mut out, byte| {
        if plain(byte) {
            out.push(char::from(byte))
        } else {
            out.push_str(&format!("%{byte:02X}"))
        }
        out
    })
}

fn xml(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, letter| {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            letter if letter.is_control() => out.push('\u{FFFD}'),
            letter => out.push(letter),
        }
        out
    })
}

fn junit(linted: &[Linted], sources: &Sources) -> String {
    let fails = |finding: &&Finding| finding.diagnostic.severity > Severity::Info;
    let failures: usize = linted.iter().map(|one| one.findings.iter().filter(fails).count()).sum();
    let tests: usize = linted.iter().map(|one| one.findings.len().max(1)).sum();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"chartwright lint\" tests=\"{tests}\" failures=\"{failures}\">\n"
    );
    for one in linted {
        let failed = one.findings.iter().filter(fails).count();
        let (name, tests) = (xml(&one.path), one.findings.len().max(1));
        out.push_str(&format!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\">\n"));
        if one.findings.is_empty() {
            out.push_str(&format!("    <testcase classname=\"{name}\" name=\"lint\"/>\n"));
        }
        for finding in &one.findings {
            let place = place(finding, sources).map(|at| format!("{}:{}:{}", at.file, at.line, at.column));
            let (place, rule) = (xml(&place.unwrap_or_default()), finding.diagnostic.rule.unwrap_or_default());
            let case = format!("    <testcase classname=\"{name}\" name=\"{rule} {place}\"");
            let message = xml(&finding.diagnostic.message);
            let kind = level(finding);
            out.push_str(&match fails(&finding) {
                true => format!(
                    "{case}>\n      <failure message=\"{message}\" type=\"{kind}\">{place}</failure>\n    </testcase>\n"
                ),
                false => format!("{case}>\n      <system-out>{message}</system-out>\n    </testcase>\n"),
            });
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// A text in a workflow command; in a property commas and colons are written out too.
fn command(text: &str, is_property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if is_property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

fn github(linted: &[Linted], sources: &Sources) -> String {
    let lines = linted.iter().flat_map(|one| &one.findings).map(|finding| {
        let kind = match finding.diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let place = place(finding, sources)
            .map(|at| format!("file={},line={},col={},", command(&at.file, true), at.line, at.column));
        let title = command(finding.diagnostic.rule.unwrap_or_default(), true);
        let text = command(&finding.diagnostic.message, false);
        format!("::{kind} {}title={title}::{text}\n", place.unwrap_or_default())
    });
    lines.collect()
}
