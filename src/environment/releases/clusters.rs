//! The base infrastructure of clusters.

use super::super::part::{Flag, Read, find};
use super::super::settings::Settings;
use super::super::shape;
use super::super::values::Scope;
use super::super::{Environment, Kind, Located, Module, Organisation};
use super::{Placed, Work, facts, order, table};
use crate::yaml::Node;
use std::collections::BTreeMap;

impl Work<'_> {
    /// Base infrastructure of all clusters that environments lie in, and of those whose Rancher manages them; the latter first.
    pub(super) fn clusters(&mut self) -> Vec<Placed> {
        let Some(organisation) = self.sought.organisation else { return Vec::new() };
        let environments: Vec<&Environment> = self.sought.environments.iter().collect();
        let mut placed = Vec::new();
        for name in used(organisation, &environments) {
            let start = placed.len();
            self.cluster(organisation, &name, &environments, &mut placed);
            order::connect_base(&mut placed, start);
        }
        placed
    }

    fn cluster(
        &mut self,
        organisation: &Organisation,
        name: &Located,
        environments: &[&Environment],
        placed: &mut Vec<Placed>,
    ) {
        let mut facts = facts::of_cluster(organisation, name, environments);
        facts.extend(facts::of_base(organisation, name, environments));
        let nowhere = Located { text: "kube-system".to_owned(), span: name.span };
        let mut frame = place(organisation, name, nowhere, facts);
        // Without Prometheus in the cluster nobody knows its kinds.
        let monitored = environments.iter().filter(|one| one.cluster.text == name.text);
        let monitored = monitored.filter_map(|one| one.settings.monitoring.enabled).any(|flag| flag.value);
        frame.settings.monitoring.enabled = Some(Flag { value: monitored, span: name.span });
        let changes = find(&organisation.estate.clusters, &name.text).map(|cluster| cluster.releases.clone());
        let changes = changes.unwrap_or_default();
        let mut seen = Vec::new();
        let start = placed.len();
        for entry in self.table.cluster.clone() {
            for (mut module, namespace) in self.of_entry(organisation, &frame, &entry) {
                seen.push(module.release.text.clone());
                if !Work::change(&mut module, &changes) {
                    continue;
                }
                self.belongs(&mut module, &changes, name.span);
                let at = placed[start..].iter().position(|one| one.environment.namespace.text == namespace.text);
                let at = at.map_or_else(
                    || {
                        let environment =
                            Environment { namespace: namespace.clone(), modules: Vec::new(), ..frame.clone() };
                        placed.push(Placed { environment, declared: Vec::new() });
                        placed.len() - 1
                    },
                    |at| start + at,
                );
                placed[at].environment.labels.extend(entry.labels.iter().cloned());
                placed[at].environment.modules.push(module);
            }
        }
        self.unknown(&changes, &seen);
        for one in &mut placed[start..] {
            let modules = one.environment.modules.clone();
            one.declared = modules.iter().map(|module| self.declare(&one.environment, module)).collect();
        }
    }

    /// The releases of an entry with their namespaces.
    fn of_entry(
        &mut self,
        organisation: &Organisation,
        frame: &Environment,
        entry: &table::Entry,
    ) -> Vec<(Module, Located)> {
        let pending = pending(&entry.release);
        let items = match &entry.each {
            None => vec![None],
            Some(each) => {
                let scope = Scope::new(Some(organisation), frame, &pending);
                let name = each.text.trim_matches(['{', '}', ' ']);
                let list = scope.variable(name).map(Node::items).unwrap_or_default();
                list.iter().cloned().map(Some).collect()
            }
        };
        let mut found = Vec::new();
        for item in items {
            let pending = Module { item, ..pending.clone() };
            let scope = Scope::new(Some(organisation), frame, &pending);
            if !self.holds(&scope, &entry.when) {
                continue;
            }
            let Some(module) = self.module(&scope, entry) else { continue };
            let listed = entry.third_party.as_ref().and_then(|name| self.third.find(&name.text)?.get("namespace"));
            let listed =
                listed.and_then(|node| Some((String::from_utf8_lossy(node.as_str()?).into_owned(), node.span())));
            let listed = listed.map(|(text, span)| Located { text, span });
            let Some(namespace) = entry.namespace.clone().or(listed) else { continue };
            found.push((Module { item: pending.item.clone(), ..module }, namespace));
        }
        found
    }
}

/// A module that stands for an entry whose conditions are not yet known.
pub(super) fn pending(release: &Located) -> Module {
    let nothing = |text: &str| Located { text: text.to_owned(), span: release.span };
    Module {
        release: release.clone(),
        chart: nothing("none"),
        version: nothing("0.0.0"),
        needs: Vec::new(),
        settings: None,
        values: None,
        secret_values: Vec::new(),
        wait: true,
        timeout: None,
        third_party: None,
        defaults: None,
        why: None,
        item: None,
    }
}

/// The clusters of environments and their managers, the managers first.
fn used(organisation: &Organisation, environments: &[&Environment]) -> Vec<Located> {
    let clusters = &organisation.estate.clusters;
    let mut wanted: Vec<&str> = environments.iter().map(|one| one.cluster.text.as_str()).collect();
    let mut at = 0;
    while let Some(name) = wanted.get(at).copied() {
        let by = find(clusters, name).and_then(|cluster| cluster.managed_by.as_ref());
        if let Some(by) = by.filter(|by| !wanted.contains(&by.text.as_str())) {
            wanted.push(&by.text);
        }
        at += 1;
    }
    let manages =
        |name: &str| clusters.iter().any(|(_, one)| one.managed_by.as_ref().is_some_and(|by| by.text == name));
    let used = clusters.iter().map(|(name, _)| name).filter(|name| wanted.contains(&name.text.as_str()));
    let (first, then): (Vec<&Located>, Vec<&Located>) = used.partition(|name| manages(&name.text));
    first.into_iter().chain(then).cloned().collect()
}

/// A namespace of base infrastructure as an environment without modules.
fn place(organisation: &Organisation, cluster: &Located, namespace: Located, facts: facts::Facts) -> Environment {
    let span = cluster.span;
    let under = super::super::pairs::inherited(organisation, &cluster.text, true);
    let defaults = organisation.node.get("defaults");
    let node = defaults.map_or_else(|| under.clone(), |over| shape::merge(&Settings::PART, &under, over));
    let mut settings = Settings::read(Some(&node));
    // Where administrators sign in is no choice of environments.
    settings.keycloak = Settings::read(Some(&under)).keycloak;
    let own = find(&organisation.estate.clusters, &cluster.text).and_then(|cluster| cluster.storage.class.clone());
    settings.storage.class = own.or_else(|| organisation.estate.storage.class.clone());
    Environment {
        source: organisation.source,
        name: Located { text: format!("base-{}", cluster.text), span },
        kind: Kind::Production,
        cluster: cluster.clone(),
        namespace,
        domain: organisation.domain.clone(),
        groups: Vec::new(),
        hosts: Vec::new(),
        settings,
        modules: Vec::new(),
        node,
        layers: Vec::new(),
        labels: BTreeMap::new(),
        is_base: true,
        derived: facts,
        warnings: Vec::new(),
    }
}

impl Environment {
    /// Whether a module is there under a name.
    pub(super) fn has_release(&self, name: &str) -> bool {
        self.modules.iter().any(|module| module.release.text == name)
    }
}
