//! Values that a chart does not have: a key that stands nowhere in its files has no effect.

use crate::chart::Chart;
use crate::diagnostic::{Diagnostic, nearest};
use crate::environment::fields::{Findings, text};
use crate::value::{Map, Value};
use crate::yaml::{Node, NodeKind};
use std::collections::BTreeSet;

/// Tells of stated values that no file of a chart or of its dependencies mentions. Below the first level only misspelt
/// ones are told of: what is there may be handed to Kubernetes as a whole.
pub(super) fn unread(chart: &Chart, stated: &Node, found: &mut Findings) {
    if chart.values.is_some() {
        below(chart, &mut Vec::new(), stated, found);
    }
}

fn below(chart: &Chart, path: &mut Vec<String>, stated: &Node, found: &mut Findings) {
    let known = known(chart, path);
    if known.is_empty() || path.len() > 20 {
        return;
    }
    for entry in stated.entries() {
        let key = text(&entry.key);
        if path.is_empty() && key == "global" {
            continue;
        }
        if known.contains(&key) {
            if matches!(entry.value.kind(), NodeKind::Map(_)) {
                path.push(key);
                below(chart, path, &entry.value, found);
                path.pop();
            }
            continue;
        }
        let near = nearest(&key, known.iter().map(|name| name.as_bytes()));
        if near.is_none() && !path.is_empty() || mentions(chart, key.as_bytes()) {
            continue;
        }
        let whole: Vec<&str> = path.iter().map(String::as_str).chain([key.as_str()]).collect();
        let message = format!("chart `{}` has no value `{}`, so nobody reads it", chart.name(), whole.join("."));
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the chart's values.yaml lists what it reads".to_owned(),
        };
        found.push(Diagnostic::warning(message).at(entry.key.span()).hint(hint));
    }
}

/// The keys that a chart and its dependencies state at a path.
fn known(chart: &Chart, path: &[String]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let own = path.iter().try_fold(chart.values.clone(), |map, key| match map?.get(key.as_bytes()) {
        Some(Value::Map(below)) => Some(Some(below)),
        _ => None,
    });
    let names = |map: &Map| map.keys().into_iter().map(|key| key.to_string()).collect::<Vec<_>>();
    keys.extend(own.flatten().iter().flat_map(names));
    for dependency in chart.metadata.dependencies.iter().flatten() {
        let called = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
        match path.split_first() {
            None => drop(keys.insert(called.clone())),
            Some((first, rest)) if first == called => {
                let attached = chart.dependencies.iter().find(|one| one.metadata.name == dependency.name);
                keys.extend(attached.into_iter().flat_map(|attached| self::known(attached, rest)));
            }
            Some(_) => {}
        }
    }
    keys
}

/// Whether a word stands in a file of a chart or of its dependencies, its prose apart.
fn mentions(chart: &Chart, word: &[u8]) -> bool {
    let is_prose = |name: &str| name.to_ascii_lowercase().ends_with(".md");
    let files = chart.raw.iter().chain(&chart.templates).chain(&chart.files).filter(|file| !is_prose(&file.name));
    let stands = |text: &[u8]| {
        memchr::memmem::find_iter(text, word).any(|at| {
            let inner = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            !inner(at.checked_sub(1).and_then(|before| text.get(before))) && !inner(text.get(at + word.len()))
        })
    };
    files.into_iter().any(|file| stands(&file.data)) || chart.dependencies.iter().any(|one| mentions(one, word))
}
