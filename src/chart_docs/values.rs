//! The values of a chart as rows: what is written, and what comments say about it.

use crate::chart::Chart;
use crate::diagnostic::{Error, ErrorKind};
use crate::json;
use crate::source::SourceId;
use crate::values::documentation::{Documentation, KeyDoc};
use crate::yaml::{self, Node, NodeKind};

/// A longer default is not shown.
const LONGEST_DEFAULT: usize = 200;
/// Values that lie deeper are part of those above them.
const DEEPEST: usize = 50;

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The dotted path.
    pub(super) key: String,
    /// The type in JSON's words.
    pub(super) kind: String,
    /// The default as JSON.
    pub(super) default: String,
    /// What is shown instead of the default.
    pub(super) shown: Option<String>,
    /// What comments say.
    pub(super) description: String,
    section: Option<String>,
    line: usize,
}

/// A section and its rows; those of no section have no title.
pub(super) type Group = (Option<String>, Vec<Entry>);

/// The rows by section, in the order of the text; those of no section first.
pub(super) fn groups(chart: &Chart) -> Result<Vec<Group>, Error> {
    let Some(file) = chart.raw_file("values.yaml") else { return Ok(Vec::new()) };
    let failed = |why: &str| {
        Error::new(ErrorKind::Content, format!("cannot read values.yaml of chart `{}`: {why}", chart.name()))
    };
    let root = yaml::parse(&file.data, SourceId::default()).map_err(|error| failed(&error.to_string()))?;
    if !matches!(root.kind(), NodeKind::Map(_) | NodeKind::Null) {
        return Err(failed("expected a mapping"));
    }
    let docs = Documentation::read(&file.data, &root);
    let mut entries = Vec::new();
    add(&root, &mut Vec::new(), (&docs, None), &mut entries);
    add_unwritten(&root, &docs, &mut entries);
    entries.sort_by_key(|entry| entry.line);
    let mut groups: Vec<Group> = vec![(None, Vec::new())];
    for entry in entries {
        let section = entry.section.clone().or_else(|| section_at(&docs, entry.line));
        match groups.iter_mut().find(|(title, _)| *title == section) {
            Some((_, entries)) => entries.push(entry),
            None => groups.push((section, vec![entry])),
        }
    }
    groups.retain(|(_, entries)| !entries.is_empty());
    Ok(groups)
}

fn section_at(docs: &Documentation, line: usize) -> Option<String> {
    docs.sections.iter().rev().find(|(start, _)| *start < line).map(|(_, title)| title.clone())
}

fn add(node: &Node, path: &mut Vec<String>, (docs, section): (&Documentation, Option<&str>), found: &mut Vec<Entry>) {
    for entry in node.entries() {
        let Some(key) = entry.key.key_text() else { continue };
        path.push(String::from_utf8_lossy(&key).into_owned());
        let doc = docs.at(path).cloned().unwrap_or_default();
        let section = doc.section.as_deref().or(section);
        let holds = !entry.value.entries().is_empty() && path.len() < DEEPEST;
        if !doc.ignored {
            if !holds || doc.marked {
                found.push(row(path, Some(&entry.value), &doc, section));
            }
            let told = |path: &[String]| {
                docs.keys().any(|(key, doc)| key.len() > path.len() && key.starts_with(path) && doc.marked)
            };
            if holds && (!doc.marked || told(path)) {
                let before = found.len();
                add(&entry.value, path, (docs, section), found);
                if doc.marked {
                    // The row of the map stands for the keys of which nobody speaks.
                    let own = found.split_off(before);
                    found.extend(own.into_iter().filter(|entry| !entry.description.is_empty()));
                }
            }
        }
        path.pop();
    }
}

/// Adds what `@param` and `@extra` tell of keys that are not written.
fn add_unwritten(root: &Node, docs: &Documentation, found: &mut Vec<Entry>) {
    for (path, doc) in docs.keys().filter(|(path, doc)| doc.marked && !doc.ignored && root.at(path).is_none()) {
        found.push(row(path, None, doc, doc.section.as_deref()));
    }
}

fn row(path: &[String], value: Option<&Node>, doc: &KeyDoc, section: Option<&str>) -> Entry {
    let kind = match value.map(Node::kind) {
        _ if doc.kind.is_some() => doc.kind.as_deref().unwrap_or_default(),
        None | Some(NodeKind::Null) => "any",
        Some(NodeKind::Bool(_)) => "boolean",
        Some(NodeKind::Int(_) | NodeKind::Uint(_)) => "integer",
        Some(NodeKind::Float(_)) => "number",
        Some(NodeKind::Str(_)) => "string",
        Some(NodeKind::Seq(_)) => "array",
        Some(NodeKind::Map(_)) => "object",
    };
    let default = value.map(default_of).unwrap_or_default();
    let too_long = default.chars().count() > LONGEST_DEFAULT;
    let shown = doc.default.clone().or_else(|| too_long.then(|| "see values.yaml".to_owned()));
    Entry {
        key: dotted(path),
        kind: kind.to_owned(),
        default,
        shown,
        description: doc.description.clone(),
        section: section.map(str::to_owned),
        line: doc.line,
    }
}

/// The value as JSON; whole numbers are written out.
fn default_of(node: &Node) -> String {
    if let NodeKind::Int(_) | NodeKind::Uint(_) = node.kind() {
        return node.to_text().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default();
    }
    // Values that have no JSON cannot be read from YAML.
    json::to_raw_json(&node.to_value()).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

fn dotted(path: &[String]) -> String {
    let quoted = |key: &String| if key.contains('.') { format!("\"{key}\"") } else { key.clone() };
    path.iter().map(quoted).collect::<Vec<_>>().join(".")
}
