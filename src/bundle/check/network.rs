//! Connections inside the cluster: whether the Service is there, has the port, and policies let the pair talk.

use super::Proof;
use super::facts::{Allowance, Connection, Facts, Peer, Phase, PodPort, Pods, Selector, Service};
use super::index::Known;
use crate::bundle::ThingKind;
use crate::diagnostic::nearest;
use crate::lint::Findings;

/// Each connection with its release and the Service that it names.
fn connections<'a>(proof: &Proof<'a>) -> impl Iterator<Item = (usize, &'a Facts, &'a Connection)> {
    let all = proof.facts.iter().enumerate();
    all.flat_map(|(at, facts)| facts.connections.iter().map(move |connection| (at, facts, connection)))
}

/// Where a connection starts: the namespace of what names it.
fn home(facts: &Facts, connection: &Connection) -> String {
    let object = facts.objects.get(connection.by);
    object.and_then(|object| object.namespace.clone()).unwrap_or_default()
}

pub(super) fn unknown_host(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts, connection) in connections(proof) {
        let Some(user) = proof.bundle.releases.get(release) else { continue };
        let (target, namespace) = (&connection.target, home(facts, connection));
        let is_hook = facts.objects.get(connection.by).is_some_and(|object| object.phase == Phase::Never);
        if is_hook || proof.index.service(&user.cluster, &namespace, &target.labels).is_some() {
            continue;
        }
        let kind = facts.objects.get(connection.by).map(|object| object.kind.as_str()).unwrap_or_default();
        // A route's word names a Service for certain; a text only where it says so or stands in a URL.
        let is_route = matches!(kind, "VirtualService" | "Ingress" | "HTTPRoute" | "GRPCRoute" | "TLSRoute");
        let space = target.labels.get(1).map_or(namespace.as_str(), String::as_str);
        let known_space = proof.index.namespaces.contains_key(&(user.cluster.as_str(), space));
        let certain = match target.labels.len() {
            1 => target.is_url || is_route || target.port.is_some(),
            2 => target.is_sure || known_space,
            _ => false,
        };
        if !certain || !(known_space || proof.index.based.contains(user.cluster.as_str())) {
            continue;
        }
        let name = target.labels.first().map(String::as_str).unwrap_or_default();
        if is_api_server(space, name) || is_dispensable(facts, name) || is_external(proof, &user.cluster, space, name) {
            continue;
        }
        let host = target.host();
        let spot = proof.spot(release, connection.at, &host, findings);
        let message = format!("`{}` calls `{host}`, and there is no such Service in namespace `{space}`", user.id());
        let names = proof.index.services.keys().filter(|(cluster, of, _)| *cluster == user.cluster && *of == space);
        let mut names: Vec<&str> = names.map(|(.., name)| *name).collect();
        names.sort_unstable();
        let near = nearest(
            target.labels.first().map(String::as_str).unwrap_or_default(),
            names.into_iter().map(str::as_bytes),
        );
        let finding = findings.add(spot, message);
        match near {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding.hint("name a Service of the bundle, or list it under `external` of the environment"),
        };
    }
}

/// The Service that every cluster has.
fn is_api_server(namespace: &str, name: &str) -> bool {
    (namespace, name) == ("default", "kubernetes")
}

/// Whether the chart says that it does without a Service.
fn is_dispensable(facts: &Facts, name: &str) -> bool {
    let services = facts.needs.iter().filter(|(need, _)| need.kind == ThingKind::Service && need.optional);
    services.into_iter().any(|(need, _)| need.name == name)
}

fn is_external(proof: &Proof<'_>, cluster: &str, namespace: &str, name: &str) -> bool {
    proof.index.is_external(cluster, namespace, ThingKind::Service, name)
}

/// Whether one of the Services of a name has a port.
fn has_port(known: &[Known<'_>], port: u16) -> bool {
    known.iter().any(|one| match one.service {
        Some(service) => service.is_external || service.ports.iter().any(|(_, number, _)| *number == port),
        None => one.port.is_none_or(|known| known == port),
    })
}

/// Named ports of Services that none of their pods has.
fn unnamed(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts) in proof.facts.iter().enumerate() {
        let Some(user) = proof.bundle.releases.get(release) else { continue };
        for service in facts.services.iter().filter(|service| !service.selector.is_empty() && !service.is_external) {
            let Some(object) = facts.objects.get(service.by).filter(|object| object.phase == Phase::Main) else {
                continue;
            };
            let namespace = object.namespace.as_deref().unwrap_or(&user.namespace);
            let pods = proof.index.pods.get(&(user.cluster.as_str(), namespace)).map(Vec::as_slice).unwrap_or_default();
            let selected = |pods: &&Pods| service.selector.iter().all(|label| pods.labels.contains(label));
            let mut names: Vec<&str> = Vec::new();
            for pods in pods.iter().map(|(_, pods)| *pods).filter(selected) {
                names.extend(pods.ports.iter().map(|(name, _)| name.as_str()).filter(|name| !name.is_empty()));
            }
            // Pods without a named port may be those of somebody else.
            names.sort_unstable();
            names.dedup();
            for (name, at) in &service.named_ports {
                if names.is_empty() || names.contains(&name.as_str()) {
                    continue;
                }
                let spot = proof.spot(release, *at, name, findings);
                let message = format!(
                    "Service `{}` of `{}` leads to port `{name}`, which its pods do not have",
                    object.name,
                    user.id()
                );
                let near = nearest(name, names.iter().map(|name| name.as_bytes()));
                let hint = near.map(|near| format!("did you mean `{near}`?"));
                findings.add(spot, message).hint(hint.unwrap_or_else(|| format!("they have {}", names.join(", "))));
            }
        }
    }
}

pub(super) fn unknown_port(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    unnamed(proof, findings);
    for (release, facts, connection) in connections(proof) {
        let Some(user) = proof.bundle.releases.get(release) else { continue };
        let (target, namespace) = (&connection.target, home(facts, connection));
        let Some((known, space)) = proof.index.service(&user.cluster, &namespace, &target.labels) else { continue };
        let Some(port) = target.port.filter(|port| !has_port(known, *port)) else { continue };
        // Behind a headless Service pods answer on ports of their own.
        let headless = known.iter().filter_map(|one| one.service).any(|service| service.ports.is_empty());
        if headless {
            continue;
        }
        let spot = proof.spot(release, connection.at, &port.to_string(), findings);
        let host = target.host();
        let mut ports: Vec<String> = known
            .iter()
            .flat_map(|one| {
                let own = one.service.map(|service| service.ports.as_slice()).unwrap_or_default();
                own.iter().map(|(_, number, _)| number.to_string()).chain(one.port.map(|port| port.to_string()))
            })
            .collect();
        ports.sort();
        ports.dedup();
        let message = format!(
            "`{}` calls `{host}` on port {port}, which Service `{host}` of namespace `{space}` does not have",
            user.id()
        );
        findings.add(spot, message).hint(format!("it has {}", ports.join(", ")));
    }
}

pub(super) fn blocked_connection(proof: &Proof<'_>, findings: &mut Findings<'_>) {
    for (release, facts, connection) in connections(proof) {
        let Some(user) = proof.bundle.releases.get(release) else { continue };
        let (target, namespace) = (&connection.target, home(facts, connection));
        let Some((known, space)) = proof.index.service(&user.cluster, &namespace, &target.labels) else { continue };
        let (Some(port), Some(one)) = (target.port, known.iter().find(|one| one.service.is_some())) else { continue };
        let Some(service) = one.service.filter(|service| !service.selector.is_empty()) else { continue };
        let Some((_, _, pod_port)) = service.ports.iter().find(|(_, number, _)| *number == port) else { continue };
        let servers = selected(proof, &user.cluster, &space, service);
        for caller in callers(proof, release, facts, connection, &namespace) {
            for (_, server) in servers.iter().take(1) {
                let pair = Pair { proof, cluster: &user.cluster, caller, server, port: pod_port };
                let Some((policy, way)) = pair.blocked() else { continue };
                let host = target.host();
                let spot = proof.spot(release, connection.at, &host, findings);
                let message =
                    format!("`{}` calls `{host}` on port {port}, and {way} `{policy}` does not let it", user.id());
                findings.add(spot, message).hint(match way {
                    "the egress of NetworkPolicy" => "let the caller's policy reach it",
                    _ => "let the policy of the called admit the caller",
                });
                break;
            }
        }
    }
}

/// The pods behind a Service.
fn selected<'a>(proof: &Proof<'a>, cluster: &str, namespace: &str, service: &Service) -> Vec<(usize, &'a Pods)> {
    let pods = proof.index.pods.get(&(cluster, namespace)).into_iter().flatten();
    let matches = |pods: &&(usize, &Pods)| service.selector.iter().all(|label| pods.1.labels.contains(label));
    pods.filter(matches).copied().collect()
}

/// The pods that make a connection: those in which it stands, or which read the ConfigMap in which it stands.
fn callers<'a>(
    proof: &Proof<'a>,
    release: usize,
    facts: &'a Facts,
    connection: &Connection,
    namespace: &str,
) -> Vec<&'a Pods> {
    let own: Vec<&Pods> = facts.pods.iter().filter(|pods| pods.by == connection.by && pods.is_lasting).collect();
    let (Some(object), Some(user)) = (facts.objects.get(connection.by), proof.bundle.releases.get(release)) else {
        return own;
    };
    if object.kind != "ConfigMap" {
        return own;
    }
    let readers = proof.index.readers.get(&(user.cluster.as_str(), namespace, object.name.as_str()));
    readers.into_iter().flatten().copied().filter(|pods| pods.is_lasting).collect()
}

/// Two pods that are to talk.
struct Pair<'p, 'a> {
    proof: &'p Proof<'a>,
    cluster: &'p str,
    caller: &'p Pods,
    server: &'p Pods,
    port: &'p PodPort,
}

impl Pair<'_, '_> {
    /// The first policy that is in the way, and which way.
    fn blocked(&self) -> Option<(String, &'static str)> {
        let ways = [
            (self.caller, self.server, "the egress of NetworkPolicy"),
            (self.server, self.caller, "the ingress of NetworkPolicy"),
        ];
        ways.into_iter().enumerate().find_map(|(nth, (own, other, way))| {
            let policies = self.proof.index.policies.get(&(self.cluster, own.namespace.as_str()));
            let on_us = policies.into_iter().flatten().filter(|policy| policy.selector.takes(&own.labels));
            let rules =
                |policy: &super::facts::Policy| if nth == 0 { policy.egress.clone() } else { policy.ingress.clone() };
            let stated: Vec<_> = on_us.filter_map(|policy| Some((policy, rules(policy)?))).collect();
            let (first, _) = stated.first()?;
            let admits = |rule: &Allowance| self.admits(rule, other);
            if stated.iter().any(|(_, rules)| rules.iter().any(admits)) {
                return None;
            }
            Some((self.name_of(first), way))
        })
    }

    fn name_of(&self, policy: &super::facts::Policy) -> String {
        let all = self.proof.bundle.releases.iter().zip(self.proof.facts);
        let mut own = all.filter(|(release, _)| release.cluster == self.cluster);
        let name = own.find_map(|(_, facts)| {
            let is = facts.policies.iter().any(|one| std::ptr::eq(one, policy));
            is.then(|| facts.objects.get(policy.by).map(|object| object.name.clone())).flatten()
        });
        name.unwrap_or_default()
    }

    fn admits(&self, rule: &Allowance, other: &Pods) -> bool {
        let ports = rule.ports.as_ref().is_none_or(|ports| ports.iter().any(|port| self.is_port(port)));
        ports && rule.peers.as_ref().is_none_or(|peers| peers.iter().any(|peer| self.is_peer(peer, other)))
    }

    /// Whether a port of a rule is that of the called pods.
    fn is_port(&self, (port, last): &(PodPort, Option<u16>)) -> bool {
        let number = |port: &PodPort| match port {
            PodPort::Number(number) => Some(*number),
            PodPort::Name(name) => self.server.ports.iter().find(|(known, _)| known == name).map(|(_, number)| *number),
        };
        match (number(port), number(self.port)) {
            (Some(first), Some(wanted)) => first == wanted || last.is_some_and(|last| (first..=last).contains(&wanted)),
            _ => port == self.port,
        }
    }

    fn is_peer(&self, peer: &Peer, other: &Pods) -> bool {
        if peer.is_block {
            // Addresses of pods are not known before the installation; who names them knows what it does.
            return true;
        }
        let own = if std::ptr::eq(other, self.server) { self.caller } else { self.server };
        let namespace = match &peer.namespaces {
            Some(selector) => selector.takes(&self.namespace_labels(&other.namespace)),
            None => own.namespace == other.namespace,
        };
        namespace && peer.pods.as_ref().is_none_or(|selector| selector.takes(&other.labels))
    }

    fn namespace_labels(&self, namespace: &str) -> Vec<(String, String)> {
        let mut labels = vec![("kubernetes.io/metadata.name".to_owned(), namespace.to_owned())];
        let stated = self.proof.index.labels.get(&(self.cluster, namespace));
        labels.extend(stated.into_iter().flat_map(|all| all.iter().map(|(key, value)| (key.clone(), value.clone()))));
        labels
    }
}

impl Selector {
    /// Whether labels are among those that are selected; an empty selector takes all.
    fn takes(&self, labels: &[(String, String)]) -> bool {
        let value = |key: &str| labels.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        self.labels.iter().all(|(key, wanted)| value(key) == Some(wanted))
            && self.expressions.iter().all(|(key, operator, values)| {
                let have = value(key);
                match operator.as_str() {
                    "In" => have.is_some_and(|have| values.contains(have)),
                    "NotIn" => have.is_none_or(|have| !values.contains(have)),
                    "Exists" => have.is_some(),
                    _ => have.is_none(),
                }
            })
    }
}
