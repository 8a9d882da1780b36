//! Who gives what, by name.

use super::facts::{Facts, Pods, Service};
use crate::bundle::{Bundle, Origin, Surroundings, Thing, ThingKind, third_party};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A release that gives something, with the keys of a Secret or ConfigMap where they are known.
#[derive(Clone, Debug)]
pub(super) struct Giver<'a> {
    pub(super) release: usize,
    pub(super) keys: Option<&'a [String]>,
}

/// A Service with where it is.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) release: usize,
    /// None of a Service that a chart only says to provide.
    pub(super) service: Option<&'a Service>,
    pub(super) port: Option<u16>,
}

/// The name of an object: cluster, namespace (empty for none), kind, name.
pub(super) type Name<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The name of a thing that is no object: cluster, kind, name.
pub(super) type ThingName<'a> = (&'a str, ThingKind, &'a str);

#[derive(Default)]
pub(crate) struct Index<'a> {
    pub(super) objects: HashMap<Name<'a>, Vec<Giver<'a>>>,
    /// Things that are no objects, with their releases.
    pub(super) things: HashMap<ThingName<'a>, Vec<(usize, &'a Thing)>>,
    /// URLs that releases provide, of all clusters.
    pub(super) urls: Vec<(&'a str, usize)>,
    /// What environments say is there, with its keys: cluster, namespace, kind, name.
    pub(super) external: HashMap<(&'a str, &'a str, ThingKind, &'a str), &'a [String]>,
    pub(super) services: HashMap<(&'a str, &'a str, &'a str), Vec<Known<'a>>>,
    /// Pods by cluster and namespace.
    pub(super) pods: HashMap<(&'a str, &'a str), Vec<(usize, &'a Pods)>>,
    /// Policies by cluster and namespace.
    pub(super) policies: HashMap<(&'a str, &'a str), Vec<&'a super::facts::Policy>>,
    /// Groups and kinds that are defined, and groups with plurals of charts that were not fetched.
    pub(super) kinds: HashMap<(&'a str, &'a str, &'a str), usize>,
    pub(super) plurals: HashMap<(&'a str, &'a str), usize>,
    /// Versions in which kinds are served, where definitions say so: cluster, group, kind.
    pub(super) served: HashMap<(&'a str, &'a str, &'a str), &'a [String]>,
    /// Clusters with charts of which only the name is known.
    pub(super) partly: BTreeSet<&'a str>,
    /// Clusters whose base infrastructure is part of the bundle.
    pub(super) based: BTreeSet<&'a str>,
    /// Namespaces of releases: cluster and namespace, with the first release.
    pub(super) namespaces: HashMap<(&'a str, &'a str), usize>,
    /// Names that objects of the namespace seem to make when they run.
    pub(super) made: HashSet<(&'a str, &'a str, &'a str)>,
    /// Pods that read a ConfigMap: cluster, namespace, name.
    pub(super) readers: HashMap<(&'a str, &'a str, &'a str), Vec<&'a Pods>>,
    /// Labels of namespaces.
    pub(super) labels: HashMap<(&'a str, &'a str), &'a std::collections::BTreeMap<String, String>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(bundle: &'a Bundle, facts: &'a [Facts], surroundings: &'a Surroundings) -> Index<'a> {
        let mut index = Index::default();
        for (at, release) in bundle.releases.iter().enumerate() {
            let home = (release.cluster.as_str(), release.namespace.as_str());
            index.namespaces.entry(home).or_insert(at);
            if !release.labels.is_empty() {
                index.labels.insert(home, &release.labels);
            }
            if third_party().iter().any(|one| one.chart == release.chart) {
                index.based.insert(home.0);
            }
            if let Origin::Reference(reference) = &release.origin {
                index.partly.insert(home.0);
                reference.provides.iter().for_each(|thing| index.thing(at, home, thing));
            }
            if let Some(facts) = facts.get(at) {
                index.facts(at, home, facts);
            }
        }
        for space in &surroundings.environments {
            for thing in &space.external {
                let namespace = thing.namespace.as_deref().unwrap_or(&space.namespace);
                index.external.insert((&space.cluster, namespace, thing.kind, &thing.name), &thing.keys);
                if thing.kind == ThingKind::Crd {
                    index.plurals.entry((&space.cluster, &thing.name)).or_insert(usize::MAX);
                }
            }
        }
        index
    }

    fn facts(&mut self, at: usize, home: (&'a str, &'a str), facts: &'a Facts) {
        let cluster = home.0;
        for object in &facts.objects {
            let namespace = object.namespace.as_deref().unwrap_or_default();
            let keys = (!object.keys.is_empty()).then_some(object.keys.as_slice());
            let giver = Giver { release: at, keys };
            self.objects.entry((cluster, namespace, &object.kind, &object.name)).or_default().push(giver);
        }
        for (thing, _) in &facts.provides {
            self.thing(at, home, thing);
        }
        for service in &facts.services {
            let Some(object) = facts.objects.get(service.by) else { continue };
            let namespace = object.namespace.as_deref().unwrap_or(home.1);
            let known = Known { release: at, service: Some(service), port: None };
            self.services.entry((cluster, namespace, &object.name)).or_default().push(known);
        }
        for pods in &facts.pods {
            self.pods.entry((cluster, &pods.namespace)).or_default().push((at, pods));
            for map in &pods.maps {
                self.readers.entry((cluster, &pods.namespace, map)).or_default().push(pods);
            }
        }
        for policy in &facts.policies {
            self.policies.entry((cluster, &policy.namespace)).or_default().push(policy);
        }
        for (name, group, kind, versions) in &facts.definitions {
            self.kinds.entry((cluster, group, kind)).or_insert(at);
            if !versions.is_empty() {
                self.served.entry((cluster, group, kind)).or_insert(versions);
            }
            self.plurals.entry((cluster, name)).or_insert(at);
        }
        for name in &facts.made {
            self.made.insert((cluster, home.1, name));
        }
    }

    fn thing(&mut self, at: usize, home: (&'a str, &'a str), thing: &'a Thing) {
        let namespace = thing.namespace.as_deref().unwrap_or(home.1);
        self.things.entry((home.0, thing.kind, &thing.name)).or_default().push((at, thing));
        match thing.kind {
            ThingKind::Url => self.urls.push((&thing.name, at)),
            ThingKind::Crd => {
                let first = self.plurals.entry((home.0, &thing.name)).or_insert(at);
                *first = (*first).min(at);
            }
            ThingKind::Service => {
                let known = Known { release: at, service: None, port: thing.port };
                self.services.entry((home.0, namespace, &thing.name)).or_default().push(known);
            }
            _ => {}
        }
        if let Some(kind) = thing.kind.object() {
            let namespace =
                if matches!(kind, "StorageClass" | "Namespace" | "CustomResourceDefinition") { "" } else { namespace };
            let keys = (!thing.keys.is_empty()).then_some(thing.keys.as_slice());
            let giver = Giver { release: at, keys };
            self.objects.entry((home.0, namespace, kind, &thing.name)).or_default().push(giver);
        }
    }

    /// Whether an environment says that it is there.
    pub(super) fn is_external(&self, cluster: &str, namespace: &str, kind: ThingKind, name: &str) -> bool {
        self.external.contains_key(&(cluster, namespace, kind, name))
    }

    /// The Service that a host names for somebody in `namespace`, with its namespace.
    pub(super) fn service<'s>(
        &'s self,
        cluster: &'s str,
        namespace: &'s str,
        labels: &'s [String],
    ) -> Option<(&'s [Known<'s>], String)> {
        let tries: &[(usize, Option<usize>)] = match labels.len() {
            1 => &[(0, None)],
            2 => &[(0, Some(1)), (1, None)],
            3 => &[(1, Some(2))],
            _ => return None,
        };
        for (name, space) in tries {
            let namespace: &'s str = space.and_then(|at| labels.get(at)).map_or(namespace, String::as_str);
            let name: &'s str = labels.get(*name)?;
            if let Some(known) = self.services.get(&(cluster, namespace, name)) {
                return Some((known, namespace.to_owned()));
            }
        }
        None
    }
}
