//! Documents and their verdicts.

use super::check::Walk;
use super::compile::text_of;
use super::path::Path;
use super::rules::Rules;
use super::schemas::{Locations, Lookup, Schemas};
use super::{Document, MissingSchemas, Settings, Strictness, server};
use crate::diagnostic::{Diagnostic, Error};
use crate::source::{SourceId, Span};
use crate::yaml::{self, Node, NodeKind, Overruled};
use std::fmt;

/// What a check says of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is as its type asks.
    Valid,
    /// It is not.
    Invalid,
    /// It could not be checked.
    Error,
    /// It was not to be checked.
    Skipped,
    /// There is no object.
    Empty,
}

impl Verdict {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::Invalid => "invalid",
            Verdict::Error => "error",
            Verdict::Skipped => "skipped",
            Verdict::Empty => "empty",
        }
    }
}

/// Which object it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// `v1`, `apps/v1`, ...
    pub api_version: String,
    /// `Deployment`, ...
    pub kind: String,
    /// Empty where the object names none.
    pub namespace: String,
    /// Empty where the object has none.
    pub name: String,
}

impl ResourceId {
    /// What an object says of itself.
    pub fn of(node: &Node) -> ResourceId {
        let text =
            |node: Option<&Node>, key: &str| node.and_then(|node| text_of(node, key)).unwrap_or_default().to_owned();
        let metadata = node.get("metadata");
        ResourceId {
            api_version: text(Some(node), "apiVersion"),
            kind: text(Some(node), "kind"),
            namespace: text(metadata, "namespace"),
            name: text(metadata, "name"),
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        write!(out, "{} {}{slash}{}", self.kind, self.namespace, self.name)
    }
}

/// One object with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The object.
    pub resource: ResourceId,
    /// Where it starts.
    pub span: Span,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is [`Verdict::Invalid`] or [`Verdict::Error`].
    pub findings: Vec<Diagnostic>,
}

/// Checks documents.
pub struct Validator<'l> {
    settings: Settings,
    schemas: Schemas<'l>,
    rules: Rules,
}

impl<'l> Validator<'l> {
    /// A validator with the program's own types.
    ///
    /// # Errors
    /// A version of Kubernetes that the program has no types of.
    pub fn new(settings: Settings, locations: &'l dyn Locations) -> Result<Validator<'l>, Error> {
        Ok(Validator { settings, schemas: Schemas::new(settings.minor, locations)?, rules: Rules::new() })
    }

    /// CRDs that are added from now on hold until [`Validator::close_scope`].
    pub fn open_scope(&mut self) {
        self.schemas.open_scope();
    }

    /// Forgets the CRDs that were added since the last [`Validator::open_scope`].
    pub fn close_scope(&mut self) {
        self.schemas.close_scope();
    }

    /// Takes the CRDs among the documents of a text: their kinds are known from now on. Other documents and broken ones
    /// are passed over; [`Validator::check`] tells of those.
    pub fn add_crds(&mut self, text: &[u8]) {
        if memchr::memmem::find(text, b"CustomResourceDefinition").is_none() {
            return;
        }
        for document in super::documents(text) {
            let Ok(node) = yaml::parse(document.text, SourceId::default()) else { continue };
            for object in objects(&node) {
                if text_of(object, "kind") == Some("CustomResourceDefinition") {
                    self.schemas.add_crd(object);
                }
            }
        }
    }

    /// Checks one document of a source; a `List` gives a verdict for each of its items.
    ///
    /// # Errors
    /// A schema location that cannot be read.
    pub fn check(&self, document: &Document<'_>, source: SourceId) -> Result<Vec<Checked>, Error> {
        let whole = Span::new(source, document.offset, document.offset + document.text.len());
        let (node, overruled) = match yaml::parse_noting_duplicates(document.text, source) {
            Ok(read) => read,
            Err(error) => {
                let at = document.offset + error.offset().unwrap_or(0);
                let mut wrong = Diagnostic::error(format!("expected YAML, found another text: {}", error.message()));
                wrong.rule = Some("no-yaml");
                let wrong = wrong.at(Span::new(source, at, at + 1));
                let resource = ResourceId::default();
                return Ok(vec![Checked { resource, span: whole, verdict: Verdict::Error, findings: vec![wrong] }]);
            }
        };
        let mut found = Vec::new();
        for object in objects(&node) {
            found.push(self.check_object(object)?);
        }
        if self.settings.strictness == Strictness::Strict {
            add_duplicates(&overruled, &mut found);
        }
        for checked in &mut found {
            checked.span = moved(checked.span, document.offset);
            for finding in &mut checked.findings {
                finding.primary = finding.primary.map(|span| moved(span, document.offset));
            }
        }
        Ok(found)
    }

    fn check_object(&self, node: &Node) -> Result<Checked, Error> {
        let (resource, span) = (ResourceId::of(node), node.span());
        let done = |verdict, findings| Ok(Checked { resource: resource.clone(), span, verdict, findings });
        if node.is_null() {
            return done(Verdict::Empty, Vec::new());
        }
        if !matches!(node.kind(), NodeKind::Map(_)) {
            let text = format!("expected an object, found {}", super::check::name_of(node));
            return done(Verdict::Error, vec![Diagnostic::error(text).at(span)]);
        }
        for (field, value) in [("apiVersion", &resource.api_version), ("kind", &resource.kind)] {
            if value.is_empty() {
                let mut wrong = Diagnostic::error(format!("expected a text in `{field}`, found none"));
                wrong.rule = Some("missing-field");
                return done(Verdict::Error, vec![wrong.at(Path::root(node).span)]);
            }
        }
        let of = match self.schemas.kind(&resource.api_version, &resource.kind)? {
            Lookup::Found(of) => of,
            Lookup::Missing(_) if self.settings.missing == MissingSchemas::Skip => {
                return done(Verdict::Skipped, Vec::new());
            }
            Lookup::Missing(wrong) => {
                let at = node.span_at(&["kind"]).unwrap_or(span);
                return done(Verdict::Error, vec![wrong.at(at)]);
            }
        };
        let found = Vec::new();
        let mut walk = Walk { schemas: &self.schemas, settings: self.settings, cel: &self.rules, found, failed: None };
        walk.check(&of, node, &Path::root(node));
        if self.settings.depth == super::Depth::Server {
            server::check(&mut walk, &resource, node);
        }
        let Walk { found, failed, .. } = walk;
        match (found.is_empty(), failed) {
            (true, None) => done(Verdict::Valid, found),
            (true, Some(failed)) => done(Verdict::Error, vec![failed.at(Path::root(node).span)]),
            (false, _) => done(Verdict::Invalid, found),
        }
    }
}

/// The objects of a document: itself, or the items of a `List`.
fn objects(node: &Node) -> Vec<&Node> {
    let list = text_of(node, "kind") == Some("List") && text_of(node, "apiVersion") == Some("v1");
    match node.get("items") {
        Some(items) if list => items.items().iter().collect(),
        _ => vec![node],
    }
}

fn moved(span: Span, by: usize) -> Span {
    Span::new(span.source, span.start as usize + by, span.end as usize + by)
}

fn add_duplicates(overruled: &[Overruled], found: &mut [Checked]) {
    for key in overruled.iter().map(|overruled| &overruled.entry.key) {
        let at = key.span();
        let holder = |one: &&mut Checked| one.span.start <= at.start && at.start <= one.span.end;
        let only = found.len() == 1;
        let Some(checked) = found.iter_mut().find(|one| only || holder(one)) else { continue };
        let name = key.key_text().unwrap_or_default();
        let text = format!("key `{}` stands twice in this map; the last one wins", String::from_utf8_lossy(&name));
        let mut wrong = Diagnostic::error(text).at(at).hint("take one of them away");
        wrong.rule = Some("duplicate-key");
        checked.findings.push(wrong);
        if matches!(checked.verdict, Verdict::Valid) {
            checked.verdict = Verdict::Invalid;
        }
    }
}
