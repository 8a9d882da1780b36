//! What an implementer states: the organisation once, and one file for each environment.
//!
//! What enters is YAML with known fields only; what leaves is an [`Environment`] whose modules become releases, each
//! with values rendered from a template ([`values`]). Every mistake is a diagnostic on its line. The fields are a
//! strict subset of those that `schemas/` describe.

mod check;
mod fields;
mod shipped;
pub mod values;

pub(crate) use check::is_label;
pub use fields::Located;
pub(crate) use fields::{Fields, Findings, kind};
pub use shipped::{shipped_template, shipped_templates};

use crate::diagnostic::{Diagnostic, Valid};
use crate::source::{Source, SourceId, Sources, Span};
use crate::yaml::{self, Node};

/// What holds for all environments of an organisation.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// The name that people read.
    pub name: Located,
    /// The domain under which everything lies.
    pub domain: Located,
    /// The names of its clusters.
    pub clusters: Vec<Located>,
    /// The e-mail address of the administrators.
    pub admin_email: Option<Located>,
    /// The identity provider that all environments share.
    pub keycloak: Keycloak,
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
    /// The e-mail address of the administrators, where it is not the organisation's.
    pub admin_email: Option<Located>,
    /// The identity provider, where it is not the organisation's.
    pub keycloak: Keycloak,
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

/// Where people and services sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keycloak {
    /// Its public URL.
    pub url: Option<Located>,
    /// The realm.
    pub realm: Option<Located>,
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

const ORGANISATION: &[&str] = &["name", "domain", "clusters", "adminEmail", "keycloak"];
const CLUSTER: &[&str] = &["description"];
const KEYCLOAK: &[&str] = &["url", "realm"];
const ENVIRONMENT: &[&str] = &["name", "kind", "cluster", "namespace", "domain", "adminEmail", "keycloak", "modules"];
const MODULE: &[&str] = &["chart", "version", "needs", "settings", "values"];

/// The fields that each part of the files may have, by what messages call the part.
pub const FIELDS: &[(&str, &[&str])] = &[
    ("organisation", ORGANISATION),
    ("cluster", CLUSTER),
    ("keycloak", KEYCLOAK),
    ("environment", ENVIRONMENT),
    ("module", MODULE),
];

/// The most bytes of an environment or organisation file.
const LARGEST: usize = 1 << 20;

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
        let clusters = fields.entries("clusters", found).into_iter().map(|(name, node)| cluster(name, node, found));
        let clusters = clusters.collect();
        let admin_email = email(&fields, found);
        let keycloak = keycloak(&fields, found);
        Some(Organisation { name: name?, domain: domain?, clusters, admin_email, keycloak, node: node.clone() })
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
        let admin_email = email(&fields, found);
        let keycloak = keycloak(&fields, found);
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
            admin_email,
            keycloak,
            modules,
            node: node.clone(),
        })
    }
}

fn parse(source: Source, sources: &mut Sources) -> Valid<(SourceId, Node)> {
    let id = sources.add(source.clone());
    if source.text().len() > LARGEST {
        let message = format!("`{}` is larger than {LARGEST} bytes", source.name());
        return Err(vec![Diagnostic::error(message).at(Span::new(id, 0, 0))]);
    }
    let node = read(source.text(), id)?;
    if let Some(place) = too_deep(&node, 0) {
        let message = format!("mappings and lists nest deeper than {}", values::DEEPEST);
        return Err(vec![Diagnostic::error(message).at(place)]);
    }
    Ok((id, node))
}

/// Reads a file that is one YAML document and has no key twice.
fn read(text: &[u8], id: SourceId) -> Valid<Node> {
    let wrong = |error: &yaml::Error| {
        let start = error.offset().unwrap_or(0);
        Diagnostic::error(error.message()).at(Span::new(id, start, start + 1))
    };
    let mut documents = yaml::parse_all(text, id).map_err(|error| vec![wrong(&error)])?;
    if let Err(error) = yaml::from_yaml_strict(text) {
        return Err(vec![twice(&error, text, id).unwrap_or_else(|| wrong(&error))]);
    }
    let second = documents.get(1).map(Node::span);
    match second {
        Some(span) => {
            let diagnostic = Diagnostic::error("expected one YAML document, found another one").at(span);
            Err(vec![diagnostic.hint("write a file of its own for each")])
        }
        None if documents.is_empty() => Ok(Node::new(Span::new(id, 0, 0), yaml::NodeKind::Null)),
        None => Ok(documents.swap_remove(0)),
    }
}

/// A key that stands twice, at its second place.
fn twice(error: &yaml::Error, text: &[u8], id: SourceId) -> Option<Diagnostic> {
    let (_, rest) = error.message().split_once("key \"")?;
    let (key, _) = rest.split_once("\" already set in map")?;
    let value = error.offset()?.min(text.len());
    let line = memchr::memrchr(b'\n', &text[..value]).map_or(0, |at| at + 1);
    let at = memchr::memmem::rfind(&text[line..value], key.as_bytes()).map_or(value, |at| line + at);
    let diagnostic = Diagnostic::error(format!("key `{key}` stands twice in one mapping"));
    Some(diagnostic.at(Span::new(id, at, at + key.len())).hint("rename or remove one of the two"))
}

/// The first node that nests deeper than values may.
fn too_deep(node: &Node, depth: usize) -> Option<Span> {
    if depth > values::DEEPEST {
        return Some(node.span());
    }
    let below = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    below.into_iter().find_map(|node| too_deep(node, depth + 1))
}

fn cluster(name: Located, node: &Node, found: &mut Findings) -> Located {
    if !node.is_null()
        && let Some(fields) = Fields::new(node, "cluster", CLUSTER, found)
    {
        fields.optional_text("description", found);
    }
    name
}

fn keycloak(fields: &Fields<'_>, found: &mut Findings) -> Keycloak {
    let Some(node) = fields.optional("keycloak") else { return Keycloak::default() };
    let Some(fields) = Fields::new(node, "keycloak", KEYCLOAK, found) else { return Keycloak::default() };
    let url = fields.optional_text("url", found);
    if let Some(url) = &url
        && !check::is_url(&url.text)
    {
        let message = format!("expected a URL such as `https://keycloak.example.org`, found `{}`", url.text);
        found.push(Diagnostic::error(message).at(url.span));
    }
    Keycloak { url, realm: fields.optional_text("realm", found) }
}

fn email(fields: &Fields<'_>, found: &mut Findings) -> Option<Located> {
    let email = fields.optional_text("adminEmail", found)?;
    if !check::is_email(&email.text) {
        let message = format!("expected an e-mail address, found `{}`", email.text.escape_debug());
        found.push(Diagnostic::error(message).at(email.span));
    }
    Some(email)
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
        if let Some(node) = fields.optional(name)
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
