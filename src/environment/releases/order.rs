//! What waits for what: each release for those that provide what it needs.

use super::super::{Environment, Located};
use super::Placed;
use super::declared::{Declared, Thing};
use std::collections::HashMap;

/// Kinds that belong to a cluster, not to a namespace.
const CLUSTER_WIDE: &[&str] = &["crd", "storageClass", "namespace", "webhook"];
/// Kinds that a program waits for by itself, so that a ring of them does no harm.
const SOFT: &[&str] = &["service", "url", "keycloakClient"];

/// Whether what is provided is what is needed, both in one namespace.
pub(super) fn fits(need: &Thing, provided: &Thing) -> bool {
    match (need.service(), provided.service()) {
        (Some((need, _)), Some((provided, _))) => need == provided,
        _ => {
            need.kind == provided.kind
                && need.name == provided.name
                && (need.kind != "keycloakClient" || need.field("realm") == provided.field("realm"))
        }
    }
}

/// Where a thing is looked for: kind, namespace (none for a cluster's own), name.
type Key = (String, Option<String>, String);

fn key(thing: &Thing, namespace: &str) -> Key {
    if CLUSTER_WIDE.contains(&thing.kind.as_str()) {
        return (thing.kind.clone(), None, thing.name.clone());
    }
    let (kind, name, own) = match thing.service() {
        Some((name, namespace)) => ("service".to_owned(), name, namespace),
        None => (thing.kind.clone(), thing.name.clone(), thing.namespace.clone()),
    };
    (kind, Some(own.unwrap_or_else(|| namespace.to_owned())), name)
}

/// A release by its place: the number of its environment, its own number there.
type Spot = (usize, usize);

/// Lets the releases of one cluster's base infrastructure, from `start` on, wait for each other.
pub(super) fn connect_base(placed: &mut [Placed], start: usize) {
    let placed = &mut placed[start..];
    let mut provided: HashMap<Key, Spot> = HashMap::new();
    for (at, one) in placed.iter().enumerate() {
        for (number, declared) in one.declared.iter().enumerate() {
            for thing in &declared.provides {
                provided.entry(key(thing, &one.environment.namespace.text)).or_insert((at, number));
            }
        }
    }
    let third: HashMap<String, Spot> = placed
        .iter()
        .enumerate()
        .flat_map(|(at, one)| {
            let modules = one.environment.modules.iter().enumerate();
            modules.filter_map(move |(number, module)| Some((module.third_party.clone()?, (at, number))))
        })
        .collect();
    let mut graph = Graph::new(placed.iter().map(|one| &one.environment));
    for hard in [true, false] {
        for (at, one) in placed.iter().enumerate() {
            let namespace = &one.environment.namespace.text;
            for (number, declared) in one.declared.iter().enumerate() {
                for thing in &declared.needs {
                    let provider = match thing.kind.as_str() {
                        "chart" => third.get(&thing.name),
                        _ => provided.get(&key(thing, namespace)),
                    };
                    if let Some(provider) = provider.filter(|_| SOFT.contains(&thing.kind.as_str()) != hard) {
                        graph.wait((at, number), *provider, hard);
                    }
                }
            }
        }
    }
    for at in 0..placed.len() {
        for number in 0..placed[at].environment.modules.len() {
            let needs: Vec<String> = graph.added[at][number]
                .iter()
                .map(|(other, module)| {
                    let name = &placed[*other].environment.modules[*module].release.text;
                    match *other == at {
                        true => name.clone(),
                        false => format!("{}/{name}", placed[*other].environment.namespace.text),
                    }
                })
                .collect();
            add(&mut placed[at].environment, number, needs);
        }
    }
    keep_known(placed);
}

/// Takes needs of the table out whose releases are not there.
fn keep_known(placed: &mut [Placed]) {
    let all: Vec<String> = placed
        .iter()
        .flat_map(|one| {
            one.environment
                .modules
                .iter()
                .map(|module| format!("{}/{}", one.environment.namespace.text, module.release.text))
        })
        .collect();
    for one in placed {
        let namespace = one.environment.namespace.text.clone();
        for module in &mut one.environment.modules {
            module.needs.retain(|need| {
                let whole =
                    if need.text.contains('/') { need.text.clone() } else { format!("{namespace}/{}", need.text) };
                all.contains(&whole)
            });
        }
    }
}

/// Lets the releases of an environment wait for each other, and for base infrastructure.
pub(super) fn connect(environment: &mut Environment, declared: &[Declared], base: &[Placed]) {
    let namespace = environment.namespace.text.clone();
    let mut own: HashMap<Key, usize> = HashMap::new();
    for (at, one) in declared.iter().enumerate() {
        for thing in &one.provides {
            own.entry(key(thing, &namespace)).or_insert(at);
        }
    }
    let mut below: HashMap<Key, String> = HashMap::new();
    for placed in base.iter().filter(|placed| placed.environment.cluster.text == environment.cluster.text) {
        let place = &placed.environment.namespace.text;
        for (module, declared) in placed.environment.modules.iter().zip(&placed.declared) {
            for thing in &declared.provides {
                below.entry(key(thing, place)).or_insert_with(|| format!("{place}/{}", module.release.text));
            }
        }
    }
    // What has a public URL may run in another cluster: the organisation's Keycloak does.
    let mut afar: HashMap<String, String> = HashMap::new();
    for placed in base.iter().filter(|placed| placed.environment.cluster.text != environment.cluster.text) {
        let place = &placed.environment;
        for (module, declared) in place.modules.iter().zip(&placed.declared) {
            let urls = declared.provides.iter().filter(|thing| thing.kind == "url");
            for thing in urls.filter(|thing| thing.name.starts_with("https://")) {
                let id = format!("{}/{}/{}", place.cluster.text, place.namespace.text, module.release.text);
                afar.entry(thing.name.trim_end_matches('/').to_owned()).or_insert(id);
            }
        }
    }
    // The Gateway and the policies of the namespace come first.
    let first = environment.modules.iter().position(|module| module.chart.text == "environment");
    let mut graph = Graph::new(std::iter::once(&*environment));
    let mut beyond: Vec<Vec<String>> = vec![Vec::new(); declared.len()];
    for hard in [true, false] {
        for (at, one) in declared.iter().enumerate() {
            for thing in one.needs.iter().filter(|thing| SOFT.contains(&thing.kind.as_str()) != hard) {
                let key = key(thing, &namespace);
                if let Some(provider) = own.get(&key) {
                    if first != Some(at) {
                        graph.wait((0, at), (0, *provider), hard);
                    }
                } else if let Some(release) = below.get(&key) {
                    beyond[at].push(release.clone());
                } else if let Some(release) = afar.get(thing.name.trim_end_matches('/')).filter(|_| thing.kind == "url")
                {
                    beyond[at].push(release.clone());
                }
            }
        }
    }
    for (at, mut needs) in beyond.into_iter().enumerate() {
        needs.extend(graph.added[0][at].iter().map(|(_, module)| environment.modules[*module].release.text.clone()));
        if let Some(first) = first.filter(|first| *first != at && graph.waits[0][at].is_empty()) {
            needs.push(environment.modules[first].release.text.clone());
        }
        add(environment, at, needs);
    }
}

fn add(environment: &mut Environment, at: usize, needs: Vec<String>) {
    let module = &mut environment.modules[at];
    let span = module.release.span;
    for need in needs {
        if !module.needs.iter().any(|known| known.text == need) {
            module.needs.push(Located { text: need, span });
        }
    }
}

/// Who waits for whom.
struct Graph {
    /// By environment and release: what it waits for, stated and added.
    waits: Vec<Vec<Vec<Spot>>>,
    /// What was added.
    added: Vec<Vec<Vec<Spot>>>,
}

impl Graph {
    fn new<'e>(environments: impl Iterator<Item = &'e Environment>) -> Graph {
        let all: Vec<&Environment> = environments.collect();
        let spot = |home: usize, need: &str| {
            let (place, name) = need.rsplit_once('/').map_or((None, need), |(place, name)| (Some(place), name));
            let at = place.map_or(Some(home), |place| all.iter().position(|one| one.namespace.text == place))?;
            Some((at, all[at].modules.iter().position(|module| module.release.text == name)?))
        };
        let waits: Vec<Vec<Vec<Spot>>> = all
            .iter()
            .enumerate()
            .map(|(home, one)| {
                let needs = |module: &super::super::Module| {
                    module.needs.iter().filter_map(|need| spot(home, &need.text)).collect()
                };
                one.modules.iter().map(needs).collect()
            })
            .collect();
        let added = all.iter().map(|one| vec![Vec::new(); one.modules.len()]).collect();
        Graph { waits, added }
    }

    /// Lets a release wait for another one. What programs wait for by themselves never closes a ring.
    fn wait(&mut self, who: Spot, whom: Spot, hard: bool) {
        if who == whom || self.waits[who.0][who.1].contains(&whom) || (!hard && self.leads(whom, who)) {
            return;
        }
        self.waits[who.0][who.1].push(whom);
        self.added[who.0][who.1].push(whom);
    }

    /// Whether one release waits for another one, by whatever way.
    fn leads(&self, from: Spot, to: Spot) -> bool {
        let (mut open, mut seen) = (vec![from], vec![from]);
        while let Some(spot) = open.pop() {
            if spot == to {
                return true;
            }
            for next in &self.waits[spot.0][spot.1] {
                if !seen.contains(next) {
                    seen.push(*next);
                    open.push(*next);
                }
            }
        }
        false
    }
}
