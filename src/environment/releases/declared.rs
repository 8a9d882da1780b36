//! What a release needs and provides, as its chart states it under `chartwright.io/needs` and `chartwright.io/provides`.

use super::super::fields::Findings;
use super::super::thing;
use super::notes::{NEEDS, PROVIDES, add_notes};
use crate::chart::{Chart, Compat, Notices};
use crate::render::action::{RenderOptions, SchemaCheck, prepare};
use crate::render::{Capabilities, Parses, Release, Tracing};
use crate::source::{SourceId, Span};
use crate::template::Limits;
use crate::value::Value;
use crate::world::World;
use crate::yaml::{self, Node, NodeKind};

/// One thing, as releases are derived from it.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) kind: String,
    /// Its name: of a client its id, of a URL the URL.
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) optional: bool,
    /// All its fields.
    pub(super) fields: Node,
}

/// What a release needs and provides.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    pub(super) needs: Vec<Thing>,
    pub(super) provides: Vec<Thing>,
}

impl Declared {
    /// The lists of an entry of `charts/third-party.yaml`.
    pub(super) fn of_entry(entry: &Node) -> Declared {
        let list = |name: &str| entry.get(name).map_or(&[][..], Node::items).iter().filter_map(Thing::read).collect();
        Declared { needs: list("needs"), provides: list("provides") }
    }
}

impl Thing {
    /// Reads a thing; what is wrong with it is told where a bundle is proved.
    fn read(node: &Node) -> Option<Thing> {
        let read = thing::Thing::read(node, &mut Findings::new())?;
        let (kind, fields) = (read.kind.name().to_owned(), thing::fields(node)?.clone());
        Some(Thing { kind, name: read.name, namespace: read.namespace, optional: read.optional, fields })
    }

    /// A field as a text.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let text = self.fields.get(name)?.to_text()?;
        (!text.is_empty()).then(|| String::from_utf8_lossy(&text).into_owned())
    }

    /// The same as a Service of the cluster, where a URL leads to one: `http://NAME`, `http://NAME.NAMESPACE.svc`.
    pub(super) fn service(&self) -> Option<(String, Option<String>)> {
        if self.kind == "service" {
            return Some((self.name.clone(), self.namespace.clone()));
        }
        let (_, rest) = self.name.split_once("://").filter(|_| self.kind == "url")?;
        let host = rest.split(['/', ':', '?']).next()?;
        let mut parts = host.split('.');
        let name = parts.next().filter(|name| !name.is_empty())?;
        match (parts.next(), parts.next()) {
            (None, _) => Some((name.to_owned(), None)),
            (Some(namespace), None | Some("svc")) => Some((name.to_owned(), Some(namespace.to_owned()))),
            _ => None,
        }
    }
}

/// A chart cut down to what its notes on needs are written with.
pub(super) fn notes_of(chart: &Chart) -> Option<Chart> {
    let mut notes = chart.clone();
    notes.raw.clear();
    notes.files.clear();
    notes.templates.retain(|file| file.name.rsplit('/').next().is_some_and(|name| name.starts_with('_')));
    add_notes(&mut notes).then_some(notes)
}

/// Renders the notes of a chart with the values of a release. Every place in them is that of the release.
///
/// # Errors
/// Why they cannot be rendered or read, in words.
pub(super) fn declared(
    notes: &Chart,
    release: &Release,
    values: &Value,
    (compat, world, parses): (Compat, &dyn World, &Parses),
    span: Span,
) -> Result<Declared, String> {
    let none = crate::value::Map::new();
    let user = values.as_map().unwrap_or(&none);
    let prepared = prepare(notes.clone(), user, SchemaCheck::Skip, compat, &mut Notices::new());
    let prepared = prepared.map_err(|error| error.message().to_owned())?;
    let capabilities = Capabilities::of_helm(compat);
    let options =
        RenderOptions { release, capabilities: &capabilities, limits: Limits::default(), tracing: Tracing::Off };
    let rendered = prepared.render_parsed(&options, world, parses).map_err(|failure| failure.helm_text(compat))?;
    let list = |file: &str| -> Result<Vec<Thing>, String> {
        let name = format!("{}/{file}", prepared.chart.name());
        let Some((_, text)) = rendered.files().find(|(known, _)| *known == name) else { return Ok(Vec::new()) };
        let node = yaml::parse(text, SourceId::default()).map_err(|error| error.to_string())?;
        Ok(placed(&node, span, 0).items().iter().filter_map(Thing::read).collect())
    };
    Ok(Declared { needs: list(NEEDS.1)?, provides: list(PROVIDES.1)? })
}

/// The same node with one place everywhere.
pub(super) fn placed(node: &Node, span: Span, depth: usize) -> Node {
    let kind = match node.kind() {
        _ if depth > 100 => NodeKind::Null,
        NodeKind::Seq(items) => NodeKind::Seq(items.iter().map(|item| placed(item, span, depth + 1)).collect()),
        NodeKind::Map(entries) => {
            let entry = |entry: &yaml::Entry| yaml::Entry {
                key: placed(&entry.key, span, depth + 1),
                value: placed(&entry.value, span, depth + 1),
            };
            NodeKind::Map(entries.iter().map(entry).collect())
        }
        kind => kind.clone(),
    };
    Node::new(span, kind)
}
