//! One environment: its file laid over the organisation's choices and the profile of its kind.

use super::fields::{Findings, Located};
use super::modules::Module;
use super::organisation::Organisation;
use super::pairs;
use super::part::{Named, Read};
use super::profile;
use super::settings::{ENVIRONMENT, Identity, Settings};
use super::shape::{self, Strictness};
use super::{check, file};
use crate::diagnostic::{Diagnostic, Severity, Valid};
use crate::source::{Source, SourceId, Sources};
use crate::yaml::{Entry, Node, NodeKind};
use std::collections::BTreeMap;

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
    /// The groups that enter it; all of the organisation where none are stated.
    pub groups: Vec<Located>,
    /// Hosts that are not `SERVICE.DOMAIN`, by service.
    pub hosts: Named<Option<Located>>,
    /// Its choices: profile, organisation and own file, laid over each other.
    pub settings: Settings,
    /// Its modules in the order of the file, without those that are switched off.
    pub modules: Vec<Module>,
    /// All layers as one, for values templates: each leaf has the place where it was written.
    pub node: Node,
    /// The layers, the weakest first: profile, what the organisation states for all, its defaults, those of the kind,
    /// the environment's own file.
    pub layers: Vec<Node>,
    /// Labels of its namespace.
    pub labels: BTreeMap<String, String>,
    /// Whether it is a part of the base infrastructure of a cluster, which nobody states.
    pub is_base: bool,
    /// Variables of values templates that were derived: what charts want of others.
    pub derived: Vec<(&'static str, Node)>,
    /// What was found that does not hinder.
    pub warnings: Vec<Diagnostic>,
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
    /// All kinds.
    pub const ALL: [Kind; 3] = [Kind::Sandbox, Kind::Pilot, Kind::Production];

    /// The word in files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Sandbox => "sandbox",
            Kind::Pilot => "pilot",
            Kind::Production => "production",
        }
    }

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == word)
    }
}

impl Environment {
    /// The realm in which people and services sign in: the stated one, else that of its own Keycloak or of the
    /// organisation's.
    pub fn realm(&self) -> &str {
        let keycloak = &self.settings.keycloak;
        let is_own = keycloak.mode.as_ref().is_some_and(|mode| mode.text == "environment");
        let default = if is_own { "staff" } else { "master" };
        keycloak.realm.as_ref().map_or(default, |realm| realm.text.as_str())
    }

    /// Reads an environment file, on its own or as part of an organisation.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with its place; warnings among it.
    pub fn load(source: Source, organisation: Option<&Organisation>, sources: &mut Sources) -> Valid<Environment> {
        let (id, node) = file::parse(source, sources)?;
        let mut found = Findings::new();
        shape::check_part(&ENVIRONMENT, &node, Strictness::Whole, &mut found);
        let wrong = found.len();
        let node = shape::as_meant(&ENVIRONMENT, &node);
        check::secrets::plain(&node, &mut found);
        let environment = Environment::from_node(id, &node, organisation, sources);
        if let Some(environment) = environment {
            check::environment::check(&environment, organisation, &mut found);
            check::modules::check(&environment, &mut found);
            check::services::check(&environment, organisation, &mut found);
            // Nothing reaches a name that cannot stay.
            let named = |span| found.iter().any(|one| one.severity == Severity::Error && one.primary == Some(span));
            let is_named = !named(environment.name.span) && !named(environment.namespace.span);
            if let Some(organisation) = organisation.filter(|_| is_named) {
                check::membership::check(&environment, organisation, &mut found);
            }
            shape::drop_consequences(&mut found, wrong, &[]);
            file::arrange(&mut found);
            if !found.iter().any(|one| one.severity == Severity::Error) {
                return Ok(Environment { warnings: found, ..environment });
            }
        }
        file::arrange(&mut found);
        Err(found)
    }

    fn from_node(
        source: SourceId,
        node: &Node,
        organisation: Option<&Organisation>,
        sources: &mut Sources,
    ) -> Option<Environment> {
        let own = Identity::read(Some(node));
        let kind = own.kind.as_ref().and_then(|kind| Kind::of(&kind.text))?;
        let layers = layers(node, kind, organisation, sources);
        let none = Node::new(node.span(), NodeKind::Map(Vec::new()));
        let node = layers.iter().fold(none, |under, over| shape::merge(&ENVIRONMENT, &under, over));
        let modules = own.modules.into_iter().filter(|(_, fields)| fields.enabled.is_none_or(|flag| flag.value));
        let modules = modules.filter_map(|(release, fields)| Module::new(release, fields)).collect();
        let namespace = own.namespace?;
        let settings = Settings::read(Some(&node));
        let labels = settings.namespace_labels.iter();
        let labels =
            labels.filter_map(|(name, label)| Some((name.text.clone(), label.as_ref()?.text.clone()))).collect();
        Some(Environment {
            source,
            name: own.name.unwrap_or_else(|| namespace.clone()),
            kind,
            cluster: own.cluster?,
            namespace,
            domain: own.domain?,
            groups: own.groups,
            hosts: own.hosts,
            settings,
            modules,
            node,
            layers,
            labels,
            is_base: false,
            derived: Vec::new(),
            warnings: Vec::new(),
        })
    }
}

/// Profile, organisation and environment, the weakest first.
fn layers(own: &Node, kind: Kind, organisation: Option<&Organisation>, sources: &mut Sources) -> Vec<Node> {
    let profile = profile::layer(kind, sources);
    let Some(organisation) = organisation else { return vec![profile, own.clone()] };
    let stated = &organisation.node;
    let defaults = stated.get("defaults");
    let of_kind = stated.get("kinds").and_then(|kinds| kinds.get(kind.name()));
    // An environment's own Keycloak has nothing of the organisation's.
    let upper = [Some(own), of_kind, defaults, Some(&profile)];
    let mode = upper.into_iter().flatten().find_map(|layer| layer.get("keycloak")?.get("mode")?.as_str());
    let shares = mode.is_none_or(|mode| mode == b"organisation");
    let cluster = own.get("cluster").and_then(Node::as_str).map(String::from_utf8_lossy).unwrap_or_default();
    let inherited = pairs::inherited(organisation, &cluster, false);
    let mut entries: Vec<Entry> = inherited.entries().to_vec();
    entries.retain(|entry| shares || entry.key.as_str() != Some(b"keycloak"));
    let inherited = Node::new(stated.span(), NodeKind::Map(entries));
    let upper = [Some(&inherited), defaults, of_kind, Some(own)];
    std::iter::once(profile.clone()).chain(upper.into_iter().flatten().cloned()).collect()
}
