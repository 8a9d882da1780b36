//! From a render to its facts.

use super::facts::{At, Facts, Phase};
use super::reader::{Reader, is_builtin, text_of};
use crate::bundle::Thing;
use crate::diagnostic::Diagnostic;
use crate::environment::notes::{NEEDS, note_of};
use crate::lint::stored_size;
use crate::render::Rendered;
use crate::render::action::Prepared;
use crate::source::SourceId;
use crate::yaml::{self, Node};
use std::collections::BTreeMap;

/// Reads everything that a release renders.
pub(crate) fn read(rendered: &Rendered, prepared: &Prepared, namespace: &str) -> Facts {
    let chart = &prepared.chart;
    let mut reader = Reader { facts: Facts::default(), namespace, text: Vec::new() };
    let mut texts: Vec<(Node, Vec<u8>)> = Vec::new();
    for (number, (file, text)) in rendered.files().enumerate() {
        let base = At { file: u32::try_from(number).unwrap_or(u32::MAX), offset: 0 };
        if note_of(file).is_some() {
            notes(&mut reader.facts, file, text, base);
            continue;
        }
        let name = file.rsplit('/').next().unwrap_or_default();
        if name.starts_with('_') || file.ends_with("NOTES.txt") || text.trim_ascii().is_empty() {
            continue;
        }
        for document in yaml::documents(text) {
            let Ok(document) = document else { break };
            let Ok(node) = yaml::parse(&document.text, SourceId::default()) else { break };
            if node.is_null() {
                continue;
            }
            let start = At { offset: u32::try_from(document.offset).unwrap_or(u32::MAX), ..base };
            reader.text = document.text.to_vec();
            reader.object(&node, start, None);
            if makes_others(&node) {
                texts.push((node, document.text.to_vec()));
            }
        }
    }
    for (_, file) in chart.crds() {
        for node in yaml::parse_all(&file.data, SourceId::default()).unwrap_or_default() {
            reader.object(&node, At { file: u32::MAX, offset: 0 }, Some(Phase::Crd));
        }
    }
    let mut facts = reader.facts;
    facts.made = made(&facts, &texts);
    facts.stored = stored_size(chart, &prepared.values, rendered);
    facts
}

/// Groups whose objects only describe the way of requests or metrics.
const PLAIN_GROUPS: &[&str] =
    &["networking.istio.io", "security.istio.io", "gateway.networking.k8s.io", "monitoring.coreos.com"];

/// Whether an object makes others once it is there: Jobs, and objects that a controller acts on.
fn makes_others(node: &Node) -> bool {
    let api = text_of(node.get("apiVersion"));
    let group = api.split_once('/').map_or("", |(group, _)| group);
    match is_builtin(group) {
        true => text_of(node.get("kind")) == "Job",
        false => !PLAIN_GROUPS.contains(&group),
    }
}

/// The names of references that Jobs and objects of controllers name beyond referring to them.
fn made(facts: &Facts, texts: &[(Node, Vec<u8>)]) -> Vec<String> {
    if texts.is_empty() {
        return Vec::new();
    }
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    for reference in &facts.references {
        let job = facts.objects.get(reference.by).is_some_and(|object| object.kind == "Job");
        *wanted.entry(&reference.name).or_default() += usize::from(job);
    }
    let mut found: Vec<String> = Vec::new();
    for (name, own) in wanted {
        let count = texts.iter().map(|(_, text)| memchr::memmem::find_iter(text, name).count()).sum::<usize>();
        if count > own {
            found.push(name.to_owned());
        }
    }
    found
}

fn notes(facts: &mut Facts, file: &str, text: &[u8], base: At) {
    let mut found: Vec<Diagnostic> = Vec::new();
    let node = match yaml::parse(text, SourceId::default()) {
        Ok(node) => node,
        Err(error) => {
            let offset = u32::try_from(error.offset().unwrap_or(0)).unwrap_or(0);
            facts.notes_fault = Some((error.message().to_owned(), At { offset, ..base }));
            return;
        }
    };
    let things = Thing::list(node.items(), &mut found);
    let placed = things.into_iter().map(|thing| {
        let offset = thing.span.start;
        (thing, At { offset, ..base })
    });
    match note_of(file) == Some(NEEDS) {
        true => facts.needs.extend(placed),
        false => facts.provides.extend(placed),
    }
    if let Some(fault) = found.first() {
        let offset = fault.primary.map_or(0, |span| span.start);
        facts.notes_fault = Some((fault.message.clone(), At { offset, ..base }));
    } else if !node.is_null() && !matches!(node.kind(), yaml::NodeKind::Seq(_)) {
        facts.notes_fault = Some(("expected a list of things".to_owned(), base));
    }
}
