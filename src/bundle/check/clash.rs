//! What two releases may not both have: objects, hosts, ports, clients; and Gateways that nobody serves.

use super::Proof;
use super::facts::{At, Facts, Phase};
use crate::bundle::{Origin, Thing, ThingKind};
use crate::lint::Findings;
use std::collections::HashMap;

/// The first place of each name.
type First = (usize, At);

/// Adds a finding at the second place, with a label at the first.
fn clash(
    proof: &Proof<'_>,
    (second, first): (First, First),
    text: &str,
    message: String,
    findings: &mut Findings<'_>,
) -> usize {
    let spot = proof.spot(second.0, second.1, text, findings);
    let place = proof.spot(first.0, first.1, text, findings).span;
    let finding = findings.add(spot, message);
    if let Some(place) = place {
        finding.label(place, "it is taken here");
    }
    second.0
}

pub(super) fn object_conflict(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    let mut known: HashMap<(&str, &str, &str, &str, &str), First> = HashMap::new();
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(owner) = proof.bundle.releases.get(release) else { continue };
        for object in &facts.objects {
            // Hooks are made anew, and definitions in `crds/` are left alone where they are there.
            if object.phase != Phase::Main || object.name.is_empty() {
                continue;
            }
            let namespace = object.namespace.as_deref().unwrap_or_default();
            let name =
                (owner.cluster.as_str(), namespace, object.group.as_str(), object.kind.as_str(), object.name.as_str());
            let Some(first) = known.get(&name).copied() else {
                known.insert(name, (release, object.at));
                continue;
            };
            if first.0 == release {
                continue;
            }
            let message = format!(
                "{} `{}` of `{}` is also rendered by `{}`",
                object.kind,
                object.name,
                owner.id(),
                proof.called(first.0)
            );
            clash(proof, ((release, object.at), first), &object.name, message, findings);
        }
    }
}

pub(super) fn host_conflict(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    let mut known: HashMap<&str, Vec<(First, &[String])>> = HashMap::new();
    for (release, facts) in proof.facts.iter().enumerate() {
        for host in facts.hosts.iter().filter(|one| one.host != "*" && !one.host.is_empty()) {
            let earlier = known.entry(&host.host).or_default();
            let home = |at: usize| proof.bundle.releases.get(at).map(|one| (&one.cluster, &one.namespace));
            let taken = earlier.iter().find(|(first, paths)| {
                home(first.0) != home(release) || (first.0 != release && share_a_path(paths, &host.paths))
            });
            if let Some((first, _)) = taken {
                let message = format!(
                    "host `{}` of `{}` is taken by `{}`",
                    host.host,
                    proof.called(release),
                    proof.called(first.0)
                );
                clash(proof, ((release, host.at), *first), &host.host, message, findings);
            }
            // One is enough of each release.
            if !earlier.iter().any(|(first, _)| first.0 == release) || !host.paths.is_empty() {
                earlier.push(((release, host.at), &host.paths));
            }
        }
    }
}

fn share_a_path(one: &[String], other: &[String]) -> bool {
    (one.is_empty() && other.is_empty()) || one.iter().any(|path| other.contains(path))
}

fn gateways(facts: &Facts) -> impl Iterator<Item = (&super::facts::Gateway, &super::facts::Server)> {
    facts.gateways.iter().flat_map(|gateway| gateway.servers.iter().map(move |server| (gateway, server)))
}

/// Cluster, labels that choose the pods, and port of a Gateway's server.
type Entrance<'a> = (&'a str, String, u64);

pub(super) fn gateway_port_conflict(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    let mut known: HashMap<Entrance<'_>, Vec<(First, &super::facts::Server)>> = HashMap::new();
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(owner) = proof.bundle.releases.get(release) else { continue };
        for (gateway, server) in gateways(facts) {
            let mut labels = gateway.selector.clone();
            labels.sort();
            let earlier = known.entry((owner.cluster.as_str(), format!("{labels:?}"), server.port)).or_default();
            let raw = |server: &super::facts::Server| matches!(server.protocol.as_str(), "TCP" | "MONGO" | "MYSQL");
            let clashes = |other: &super::facts::Server| {
                raw(server) || raw(other) || server.protocol != other.protocol || has_same_host(server, other)
            };
            let home = |at: usize| proof.bundle.releases.get(at).map(|one| &one.namespace);
            let taken = earlier.iter().find(|(first, other)| home(first.0) != home(release) && clashes(other));
            if let Some((first, other)) = taken {
                let message = match raw(server) || raw(other) || server.protocol != other.protocol {
                    true => format!(
                        "port {} ({}) of the ingress gateway is taken for `{}` by `{}`",
                        server.port,
                        server.protocol,
                        owner.id(),
                        proof.called(first.0)
                    ),
                    false => format!(
                        "port {} of the ingress gateway serves a host of `{}` for `{}` already",
                        server.port,
                        owner.id(),
                        proof.called(first.0)
                    ),
                };
                let first = *first;
                let spot = proof.spot(release, server.at, &server.port.to_string(), findings);
                let place = proof.spot(first.0, first.1, &server.port.to_string(), findings).span;
                let finding = findings.add(spot, message);
                finding.hint("of two Gateways for one port Istio honours one; give each a port of its own");
                if let Some(place) = place {
                    finding.label(place, "it is taken here");
                }
            }
            earlier.push(((release, server.at), server));
        }
    }
}

fn has_same_host(one: &super::facts::Server, other: &super::facts::Server) -> bool {
    // The part before the slash is a namespace.
    let bare = |host: &str| host.rsplit('/').next().unwrap_or(host).to_owned();
    one.hosts.iter().any(|(host, _)| other.hosts.iter().any(|(known, _)| bare(known) == bare(host)))
}

pub(super) fn node_port_conflict(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    let mut known: HashMap<(&str, u64), First> = HashMap::new();
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(owner) = proof.bundle.releases.get(release) else { continue };
        for (port, at) in facts.services.iter().flat_map(|service| &service.node_ports) {
            if *port == 0 {
                continue;
            }
            if !(30000..=32767).contains(port) {
                let spot = proof.spot(release, *at, &port.to_string(), findings);
                findings.add(spot, format!("node port {port} of `{}` lies outside of 30000 to 32767", owner.id()));
            }
            match known.get(&(owner.cluster.as_str(), *port)).copied() {
                Some(first) => {
                    let message =
                        format!("node port {port} of `{}` is taken by `{}`", owner.id(), proof.called(first.0));
                    clash(proof, ((release, *at), first), &port.to_string(), message, findings);
                }
                None => drop(known.insert((&owner.cluster, *port), (release, *at))),
            }
            ingress_port(proof, release, (*port, *at), findings);
        }
    }
}

/// The ports that the load balancer sends requests to belong to the ingress gateway.
fn ingress_port(proof: &Proof<'_>, release: usize, (port, at): (u64, At), findings: &mut Findings<'_>) {
    let Some(owner) = proof.bundle.releases.get(release) else { return };
    let Some(cluster) = proof.surroundings.cluster(&owner.cluster) else { return };
    let serves = |facts: &Facts| facts.pods.iter().any(|pods| pods.labels.iter().any(|(key, _)| key == "istio"));
    let is_gateway = proof.facts.get(release).is_some_and(serves) || owner.namespace == "istio-system";
    if cluster.node_ports.contains(&port) && !is_gateway {
        let spot = proof.spot(release, at, &port.to_string(), findings);
        let message =
            format!("node port {port} of `{}` is that of the ingress gateway of cluster {}", owner.id(), cluster.name);
        findings.add(spot, message).hint("take another port, or leave the choice to Kubernetes");
    }
}

pub(super) fn client_conflict(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    let mut known: HashMap<(String, String, &str), (First, &str)> = HashMap::new();
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(owner) = proof.bundle.releases.get(release) else { continue };
        let spaces = &proof.surroundings.environments;
        let space = spaces.iter().find(|one| one.cluster == owner.cluster && one.namespace == owner.namespace);
        let Some(space) = space.filter(|space| space.shares_realm) else { continue };
        let clients =
            facts.provides.iter().chain(&facts.needs).filter(|(thing, _)| thing.kind == ThingKind::KeycloakClient);
        let realm = |thing: &Thing| thing.field("realm").unwrap_or(&space.realm).to_owned();
        let stated = clients.map(|(thing, at)| (realm(thing), thing.name.as_str(), *at));
        let told = facts.clients.iter().map(|(id, at)| (space.realm.clone(), id.as_str(), *at));
        let all: Vec<_> = stated.chain(told).collect();
        for (realm, id, at) in all {
            let name = (space.keycloak.clone(), realm, id);
            match known.get(&name) {
                Some((first, environment)) if *environment != owner.environment => {
                    let message = format!(
                        "client `{id}` of `{}` is that of `{}` in the same realm `{}`",
                        owner.id(),
                        proof.called(first.0),
                        name.1
                    );
                    let first = *first;
                    clash(proof, ((release, at), first), id, message, findings);
                }
                Some(_) => {}
                None => drop(known.insert(name, ((release, at), owner.environment.as_str()))),
            }
        }
    }
}

/// Labels of the ingress gateway where the bundle does not bring it.
const USUAL: &[(&str, &str)] =
    &[("istio", "ingressgateway"), ("app", "istio-ingressgateway"), ("istio", "ingress"), ("app", "istio-ingress")];

pub(super) fn unmatched_gateway(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    let mut by_label: HashMap<(&str, &str, &str), Vec<&super::facts::Pods>> = HashMap::new();
    for (release, facts) in proof.bundle.releases.iter().zip(proof.facts) {
        for pods in &facts.pods {
            for (key, value) in &pods.labels {
                by_label.entry((&release.cluster, key, value)).or_default().push(pods);
            }
        }
    }
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(owner) = proof.bundle.releases.get(release) else { continue };
        let fetched = |chart: &str| {
            let mut releases = proof.bundle.releases.iter().filter(|one| one.cluster == owner.cluster);
            releases.any(|one| one.chart == chart && matches!(one.origin, Origin::Reference(_)))
        };
        for gateway in facts.gateways.iter().filter(|gateway| !gateway.selector.is_empty()) {
            let usual = gateway.selector.iter().all(|(key, value)| USUAL.contains(&(key.as_str(), value.as_str())));
            let first =
                gateway.selector.first().map(|(key, value)| (owner.cluster.as_str(), key.as_str(), value.as_str()));
            let pods = first.and_then(|first| by_label.get(&first)).into_iter().flatten();
            let mut matching = pods.filter(|pods| gateway.selector.iter().all(|label| pods.labels.contains(label)));
            let by_hand = !has_ingress(proof, &owner.cluster) || fetched("gateway");
            if matching.next().is_some() || (usual && by_hand) {
                continue;
            }
            let labels: Vec<String> = gateway.selector.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            let called = facts.objects.get(gateway.by).map(|object| object.name.as_str()).unwrap_or_default();
            let text = gateway.selector.first().map(|(_, value)| value.as_str()).unwrap_or_default();
            let spot = proof.spot(release, gateway.selector_at, text, findings);
            let message =
                format!("Gateway `{called}` of `{}` selects no pods: none has `{}`", owner.id(), labels.join(", "));
            findings
                .add(spot, message)
                .hint("select the labels of the ingress gateway's pods, such as `istio: ingressgateway`");
        }
    }
}

/// Whether a release of the cluster has pods of an ingress gateway.
fn has_ingress(proof: &Proof<'_>, cluster: &str) -> bool {
    let releases = proof.bundle.releases.iter().zip(proof.facts).filter(|(release, _)| release.cluster == cluster);
    let mut pods = releases.flat_map(|(_, facts)| &facts.pods);
    pods.any(|pods| {
        pods.labels.iter().any(|(key, value)| key == "istio" || USUAL.contains(&(key.as_str(), value.as_str())))
    })
}
