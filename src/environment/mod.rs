//! What an implementer states: the organisation once, and one file for each environment.
//!
//! What enters is YAML with known fields only; what leaves is an [`Environment`] whose modules become releases, each
//! with values rendered from a template ([`values`]). Every mistake is a diagnostic on its line. The fields are a
//! strict subset of those that `schemas/` describe.

mod check;
mod fields;
pub mod values;

pub use fields::Located;

use crate::diagnostic::{Diagnostic, Valid};
use crate::source::{Source, SourceId, Sources};
use crate::yaml::{self, Node};
use fields::{Fields, Findings};

/// What holds for all environments of an organisation.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// The name that people read.
    pub name: Located,
    /// The domain under which everything lies.
    pub domain: Located,
    /// The names of its clusters.
    pub clusters: Vec<Located>,
    /// The file as it was read, for values templates.
    pub node: Node,
}

/// One namespace with the modules that run in it.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The file that states it.
    pub source: SourceId,
    /// The short name, by default the namespace.
    pub name: Located,
    /// What it is for.
    pub kind: Kind,
    /// The cluster that holds the namespace.
    pub cluster: Located,
    /// The namespace.
    pub namespace: Located,
    /// The domain under which its hosts lie.
    pub domain: Located,
    /// Its modules in the order of the file.
    pub modules: Vec<Module>,
    /// The file as it was read, for values templates.
    pub node: Node,
}

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For trying things out: versions may move.
    Sandbox,
    /// A pilot with real people: frozen versions only.
    Pilot,
    /// The programme itself: frozen versions only.
    Production,
}

impl Kind {
    /// The word in files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Sandbox => "sandbox",
            Kind::Pilot => "pilot",
            Kind::Production => "production",
        }
    }
}

/// A module: one release of one chart.
#[derive(Clone, Debug)]
pub struct Module {
    /// The name of the release.
    pub release: Located,
    /// The name of the chart.
    pub chart: Located,
    /// The exact version of the chart.
    pub version: Located,
    /// Releases of this environment that must be there first.
    pub needs: Vec<Located>,
    /// Settings for the values template.
    pub settings: Option<Node>,
    /// Values that win over those of the template.
    pub values: Option<Node>,
}

const ORGANISATION: &[&str] = &["name", "domain", "clusters"];
const ENVIRONMENT: &[&str] = &["name", "kind", "cluster", "namespace", "domain", "modules"];
const MODULE: &[&str] = &["chart", "version", "needs", "settings", "values"];

impl Organisation {
    /// Reads `organisation.yaml`.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with its place.
    pub fn load(source: Source, sources: &mut Sources) -> Valid<Organisation> {
        let (_, node) = parse(source, sources)?;
        let mut found = Findings::new();
        let organisation = Organisation::from_node(&node, &mut found);
        organisation.filter(|_| found.is_empty()).ok_or(found)
    }

    fn from_node(node: &Node, found: &mut Findings) -> Option<Organisation> {
        let fields = Fields::new(node, "organisation", ORGANISATION, found)?;
        let name = fields.text("name", found);
        let domain = fields.text("domain", found);
        if let Some(domain) = &domain {
            check::domain(domain, found);
        }
        let clusters = fields.entries("clusters", found).into_iter().map(|(name, _)| name).collect();
        Some(Organisation { name: name?, domain: domain?, clusters, node: node.clone() })
    }
}

impl Environment {
    /// Reads an environment file, on its own or as part of an organisation.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with its place.
    pub fn load(source: Source, organisation: Option<&Organisation>, sources: &mut Sources) -> Valid<Environment> {
        let (id, node) = parse(source, sources)?;
        let mut found = Findings::new();
        let environment = Environment::from_node(id, &node, &mut found);
        if let Some(environment) = &environment {
            check::environment(environment, organisation, &mut found);
        }
        environment.filter(|_| found.is_empty()).ok_or(found)
    }

    fn from_node(source: SourceId, node: &Node, found: &mut Findings) -> Option<Environment> {
        let fields = Fields::new(node, "environment", ENVIRONMENT, found)?;
        let kind = fields.text("kind", found).and_then(|kind| kind_of(&kind, found));
        let cluster = fields.text("cluster", found);
        let namespace = fields.text("namespace", found);
        let name = fields.optional_text("name", found).or_else(|| namespace.clone());
        let domain = fields.text("domain", found);
        let modules = fields.entries("modules", found);
        if modules.is_empty() && fields.optional("modules").is_none() {
            let message = "environment has no `modules`".to_owned();
            found.push(Diagnostic::error(message).at(node.span()).hint("add `modules:` with one entry per release"));
        }
        let modules = modules.into_iter().filter_map(|(release, node)| module(release, node, found)).collect();
        Some(Environment {
            source,
            name: name?,
            kind: kind?,
            cluster: cluster?,
            namespace: namespace?,
            domain: domain?,
            modules,
            node: node.clone(),
        })
    }
}

fn parse(source: Source, sources: &mut Sources) -> Valid<(SourceId, Node)> {
    let id = sources.add(source.clone());
    match yaml::parse(source.text(), id) {
        Ok(node) => Ok((id, node)),
        Err(error) => {
            let start = error.offset().unwrap_or(0);
            let span = crate::source::Span::new(id, start, start + 1);
            Err(vec![Diagnostic::error(error.message()).at(span)])
        }
    }
}

fn kind_of(kind: &Located, found: &mut Findings) -> Option<Kind> {
    let known = [Kind::Sandbox, Kind::Pilot, Kind::Production];
    let kind_found = known.into_iter().find(|known| known.name() == kind.text);
    if kind_found.is_none() {
        let message = format!("expected kind `sandbox`, `pilot` or `production`, found `{}`", kind.text);
        found.push(Diagnostic::error(message).at(kind.span));
    }
    kind_found
}

fn module(release: Located, node: &Node, found: &mut Findings) -> Option<Module> {
    let fields = Fields::new(node, "module", MODULE, found)?;
    let chart = fields.text("chart", found);
    let version = fields.text("version", found);
    let needs = fields.texts("needs", found);
    for name in ["settings", "values"] {
        if let Some(node) = fields.optional(if name == "settings" { "settings" } else { "values" })
            && !matches!(node.kind(), yaml::NodeKind::Map(_))
        {
            let message = format!("expected `{name}` as a mapping, found {}", fields::kind(node));
            found.push(Diagnostic::error(message).at(node.span()));
        }
    }
    Some(Module {
        release,
        chart: chart?,
        version: version?,
        needs,
        settings: fields.optional("settings").cloned(),
        values: fields.optional("values").cloned(),
    })
}
