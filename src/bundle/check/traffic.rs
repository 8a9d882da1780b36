//! Reading who is reached and by which way: Services, policies, Gateways and routes.

use super::facts::{Allowance, At, Gateway, Host, Peer, PodPort, Policy, Server, Service};
use super::reader::{Reader, labels, selector, text_of};
use crate::yaml::Node;

impl Reader<'_> {
    pub(super) fn service(&mut self, node: &Node, base: At, by: usize) {
        let spec = node.get("spec");
        let kind = text_of(node.at(&["spec", "type"]));
        let mut service = Service {
            by,
            selector: labels(spec.and_then(|spec| spec.get("selector"))),
            ports: Vec::new(),
            node_ports: Vec::new(),
            named_ports: Vec::new(),
            is_external: kind == "ExternalName",
        };
        for port in spec.and_then(|spec| spec.get("ports")).map(Node::items).unwrap_or_default() {
            let number: u16 = text_of(port.get("port")).parse().unwrap_or(0);
            let target = match text_of(port.get("targetPort")) {
                none if none.is_empty() => PodPort::Number(number),
                target => target.parse().map_or(PodPort::Name(target), PodPort::Number),
            };
            if let (PodPort::Name(name), Some(node)) = (&target, port.get("targetPort")) {
                service.named_ports.push((name.clone(), Self::at(base, node)));
            }
            service.ports.push((text_of(port.get("name")), number, target));
            if let Some(node) = port.get("nodePort").filter(|_| kind == "NodePort" || kind == "LoadBalancer") {
                let number = text_of(Some(node)).parse().unwrap_or(0);
                service.node_ports.push((number, Self::at(base, node)));
            }
        }
        self.facts.services.push(service);
    }

    pub(super) fn policy(&mut self, node: &Node, by: usize) {
        let Some(spec) = node.get("spec") else { return };
        let types = spec.get("policyTypes").map(Node::items).unwrap_or_default();
        let types: Vec<String> = types.iter().map(|one| text_of(Some(one))).collect();
        let says = |way: &str, key: &str, default: bool| {
            let named = types.iter().any(|one| one == way) || (types.is_empty() && default);
            let rules = spec.get(key).map(Node::items).unwrap_or_default();
            let peers = if key == "ingress" { "from" } else { "to" };
            named.then(|| rules.iter().map(|rule| allowance(rule, peers)).collect())
        };
        let (ingress, egress) =
            (says("Ingress", "ingress", true), says("Egress", "egress", spec.get("egress").is_some()));
        let (namespace, selector) = (self.home(by), selector(spec.get("podSelector")));
        self.facts.policies.push(Policy { by, namespace, selector, ingress, egress });
    }

    pub(super) fn gateway(&mut self, node: &Node, base: At, by: usize) {
        let Some(selector) = node.at(&["spec", "selector"]) else {
            for listener in node.at(&["spec", "listeners"]).map(Node::items).unwrap_or_default() {
                for secret in listener.at(&["tls", "certificateRefs"]).map(Node::items).unwrap_or_default() {
                    if let Some(name) = secret.get("name") {
                        self.refer("Secret", name, base, by);
                    }
                }
            }
            return;
        };
        let servers = node.at(&["spec", "servers"]).map(Node::items).unwrap_or_default().iter().map(|server| {
            let number = server.at(&["port", "number"]);
            let hosts = server.get("hosts").map(Node::items).unwrap_or_default();
            Server {
                port: text_of(number).parse().unwrap_or(0),
                protocol: text_of(server.at(&["port", "protocol"])).to_ascii_uppercase(),
                hosts: hosts.iter().map(|host| (text_of(Some(host)), Self::at(base, host))).collect(),
                at: Self::at(base, number.unwrap_or(server)),
            }
        });
        let servers = servers.collect();
        let selector_at = Self::at(base, selector.entries().first().map_or(selector, |entry| &entry.value));
        self.facts.gateways.push(Gateway { by, selector: labels(Some(selector)), selector_at, servers });
    }

    pub(super) fn virtual_service(&mut self, node: &Node, base: At, by: usize) {
        let mesh_only = node.at(&["spec", "gateways"]).is_none();
        for gateway in node.at(&["spec", "gateways"]).map(Node::items).unwrap_or_default() {
            let text = text_of(Some(gateway));
            if text == "mesh" || text.is_empty() {
                continue;
            }
            let before = self.facts.references.len();
            self.refer("Gateway", gateway, base, by);
            if let (Some((namespace, name)), Some(reference)) =
                (text.split_once('/'), self.facts.references.get_mut(before))
            {
                (reference.namespace, reference.name) = (namespace.to_owned(), name.to_owned());
            }
        }
        let mut paths = Vec::new();
        for part in ["http", "tcp", "tls"] {
            for rule in node.at(&["spec", part]).map(Node::items).unwrap_or_default() {
                let matches = rule.get("match").map(Node::items).unwrap_or_default();
                for one in matches {
                    let uri = one.get("uri").map(Node::entries).unwrap_or_default();
                    paths.extend(uri.iter().map(|entry| text_of(Some(&entry.value))));
                }
                if matches.is_empty() && part == "http" {
                    paths.push("/".to_owned());
                }
                for route in rule.get("route").map(Node::items).unwrap_or_default() {
                    if let Some(host) = route.at(&["destination", "host"]) {
                        let port = text_of(route.at(&["destination", "port", "number"])).parse().ok();
                        self.connect_named(&text_of(Some(host)), port, Self::at(base, host), by);
                    }
                }
            }
        }
        let hosts = node.at(&["spec", "hosts"]).filter(|_| !mesh_only);
        for host in hosts.map(Node::items).unwrap_or_default() {
            let name = text_of(Some(host));
            self.facts.hosts.push(Host { host: name, paths: paths.clone(), at: Self::at(base, host) });
        }
    }

    pub(super) fn ingress(&mut self, node: &Node, base: At, by: usize) {
        for secret in node.at(&["spec", "tls"]).map(Node::items).unwrap_or_default() {
            if let Some(name) = secret.get("secretName") {
                self.refer("Secret", name, base, by);
            }
        }
        for rule in node.at(&["spec", "rules"]).map(Node::items).unwrap_or_default() {
            let mut paths = Vec::new();
            for path in rule.at(&["http", "paths"]).map(Node::items).unwrap_or_default() {
                paths.push(text_of(path.get("path")));
                if let Some(service) = path.at(&["backend", "service", "name"]) {
                    let port = text_of(path.at(&["backend", "service", "port", "number"])).parse().ok();
                    self.connect_named(&text_of(Some(service)), port, Self::at(base, service), by);
                }
            }
            if let Some(host) = rule.get("host") {
                let at = Self::at(base, host);
                self.facts.hosts.push(Host { host: text_of(Some(host)), paths, at });
            }
        }
    }

    pub(super) fn gateway_route(&mut self, node: &Node, base: At, by: usize) {
        for parent in node.at(&["spec", "parentRefs"]).map(Node::items).unwrap_or_default() {
            let Some(name) = parent.get("name") else { continue };
            let before = self.facts.references.len();
            self.refer("Gateway", name, base, by);
            let namespace = text_of(parent.get("namespace"));
            if let (Some(reference), false) = (self.facts.references.get_mut(before), namespace.is_empty()) {
                reference.namespace = namespace;
            }
        }
        let mut paths = Vec::new();
        for rule in node.at(&["spec", "rules"]).map(Node::items).unwrap_or_default() {
            let matches = rule.get("matches").map(Node::items).unwrap_or_default();
            paths.extend(matches.iter().map(|one| text_of(one.at(&["path", "value"]))));
            for backend in rule.get("backendRefs").map(Node::items).unwrap_or_default() {
                if let Some(name) = backend.get("name") {
                    let port = text_of(backend.get("port")).parse().ok();
                    let mut host = text_of(Some(name));
                    let namespace = text_of(backend.get("namespace"));
                    if !namespace.is_empty() {
                        host = format!("{host}.{namespace}.svc");
                    }
                    self.connect_named(&host, port, Self::at(base, name), by);
                }
            }
        }
        for host in node.at(&["spec", "hostnames"]).map(Node::items).unwrap_or_default() {
            let at = Self::at(base, host);
            self.facts.hosts.push(Host { host: text_of(Some(host)), paths: paths.clone(), at });
        }
    }
}

fn allowance(rule: &Node, key: &str) -> Allowance {
    let peers = rule.get(key).map(Node::items).filter(|peers| !peers.is_empty()).map(|peers| {
        let peer = |peer: &Node| Peer {
            pods: peer.get("podSelector").map(|one| selector(Some(one))),
            namespaces: peer.get("namespaceSelector").map(|one| selector(Some(one))),
            is_block: peer.get("ipBlock").is_some(),
        };
        peers.iter().map(peer).collect()
    });
    let ports = rule.get("ports").map(Node::items).filter(|ports| !ports.is_empty()).map(|ports| {
        let tcp = ports.iter().filter(|port| !matches!(text_of(port.get("protocol")).as_str(), "UDP" | "SCTP"));
        let port = |port: &Node| {
            let number = text_of(port.get("port"));
            let last = text_of(port.get("endPort")).parse().ok();
            let first = match number.is_empty() {
                true => return (PodPort::Number(0), Some(u16::MAX)),
                false => number.parse().map_or(PodPort::Name(number), PodPort::Number),
            };
            (first, last)
        };
        tcp.map(port).collect()
    });
    Allowance { peers, ports }
}
