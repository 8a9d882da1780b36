//! Which templates of a chart are rendered, and which documents of them an assertion is about.

use super::assertion::{Assertion, Selector};
use super::data::Data;
use super::suite::{Suite, Test};
use crate::chart::Chart;
use regex::Regex;
use std::collections::BTreeMap;

/// The documents of each template file, by Helm's name for it.
pub(super) type Outputs = BTreeMap<String, Vec<Data>>;

/// The templates of an assertion with its documents, numbered; `None` for a template that was not rendered.
pub(super) type Targets<'a> = BTreeMap<String, Option<Vec<(usize, &'a Data)>>>;

/// Leaves in a chart and its subcharts the templates that a suite is about, and all partials.
pub(super) fn keep_templates(chart: &mut Chart, suite: &Suite) {
    let route = route_of(chart, suite);
    let wanted = match suite.templates.is_empty() {
        true => vec![pattern(&route, "**")],
        false => suite.templates.iter().map(|name| pattern(&route, name)).collect(),
    };
    let unwanted: Vec<Option<Regex>> = suite.exclude.iter().map(|name| pattern(&route, name)).collect();
    let path = chart.name().to_owned();
    keep(chart, &path, &wanted, &unwanted);
}

fn keep(chart: &mut Chart, path: &str, wanted: &[Option<Regex>], unwanted: &[Option<Regex>]) {
    chart.templates.retain(|file| {
        let base = file.name.rsplit('/').next().unwrap_or(&file.name);
        let full = format!("{path}/{}", &*file.name);
        let fits = |patterns: &[Option<Regex>]| patterns.iter().flatten().any(|pattern| pattern.is_match(&full));
        base.starts_with('_') || (fits(wanted) && !fits(unwanted))
    });
    for sub in &mut chart.dependencies {
        let path = format!("{path}/charts/{}", sub.name());
        keep(sub, &path, wanted, unwanted);
    }
}

/// A pattern of template names: `*` stands for any part of a path, and what stands around the pattern does not matter.
fn pattern(route: &str, name: &str) -> Option<Regex> {
    let escaped = regex::escape(&full_name(route, name));
    let any = escaped.replace(r"\*\*", r"[0-9A-Za-z_\-/.]+").replace(r"\*", r"[0-9A-Za-z_\-/.]*");
    Regex::new(&any).ok()
}

/// The path of the chart that a suite lies in: `chart`, or `chart/charts/sub`.
pub(super) fn route_of(chart: &Chart, suite: &Suite) -> String {
    suite.route.iter().fold(chart.name().to_owned(), |path, sub| format!("{path}/charts/{sub}"))
}

/// Helm's name for a template file; the folder `templates` may be left out.
pub(super) fn full_name(route: &str, name: &str) -> String {
    let name = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/");
    let known = ["templates", "charts", "crds", "**"].iter().any(|start| name.starts_with(start));
    if known { format!("{route}/{name}") } else { format!("{route}/templates/{name}") }
}

/// The templates that an assertion is about.
pub(super) fn templates_of(
    assertion: &Assertion,
    test: &Test,
    suite: &Suite,
    route: &str,
    outputs: &Outputs,
) -> Vec<String> {
    let named = |names: &[String]| names.iter().map(|name| full_name(route, name)).collect();
    if let Some(template) = &assertion.template {
        return named(std::slice::from_ref(template));
    }
    match (test.templates.as_slice(), suite.templates.as_slice()) {
        ([], names) if names.is_empty() || names.iter().any(|name| name.contains('*')) => {
            outputs.keys().cloned().collect()
        }
        ([], names) => named(names),
        (names, _) => named(names),
    }
}

/// The documents that an assertion is about.
///
/// # Errors
/// Why there is not the one document, or none, that a selector or index wants.
pub(super) fn documents<'a>(
    assertion: &Assertion,
    test: &Test,
    templates: &[String],
    outputs: &'a Outputs,
) -> Result<Targets<'a>, String> {
    let numbered = |name: &String| -> Option<Vec<(usize, &'a Data)>> {
        outputs.get(name).map(|documents| documents.iter().enumerate().collect())
    };
    let mut targets: Targets<'a> = templates.iter().map(|name| (name.clone(), numbered(name))).collect();
    if let Some(selector) = assertion.selector.as_ref().or(test.selector.as_ref()) {
        select(selector, &mut targets)?;
    } else if let Some(index) = test.index.or(assertion.index) {
        for (name, documents) in &mut targets {
            let found = documents.as_ref().and_then(|documents| documents.get(index)).copied();
            let count = documents.as_ref().map_or(0, Vec::len);
            let why = || format!("expected document {index} in `{name}`, found {count} documents");
            *documents = Some(vec![found.ok_or_else(why)?]);
        }
    }
    Ok(targets)
}

fn select(selector: &Selector, targets: &mut Targets<'_>) -> Result<(), String> {
    let path = &selector.path;
    let fits = |document: &Data| {
        let values = path.parsed.find(document);
        values.iter().any(|found| selector.value.as_ref().is_none_or(|wanted| found.data().same(wanted)))
    };
    let mut count = 0;
    targets.retain(|_, documents| {
        let fitting: Vec<_> = documents.iter().flatten().filter(|(_, document)| fits(document)).copied().collect();
        count += fitting.len();
        let any = !fitting.is_empty();
        *documents = Some(fitting);
        any
    });
    let value = selector.value.as_ref().map(|value| format!(" equal to {}", super::shown::shown(value)));
    let value = value.unwrap_or_default();
    match count {
        0 if !selector.skip_empty => Err(format!("expected a document with `{}`{value}, found none", path.text)),
        2.. if !selector.many => {
            Err(format!("expected one document with `{}`{value}, found {count}; see `matchMany`", path.text))
        }
        _ => Ok(()),
    }
}
