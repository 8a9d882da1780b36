//! Services, Ingresses and NetworkPolicies.

use super::super::address;
use super::names;
use super::{Server, as_text, integer, is_set, item_text, items, text_of};
use crate::yaml::{Node, NodeKind};
use std::collections::HashSet;

impl<'n> Server<'n> {
    pub(super) fn service(&mut self, spec: Option<&'n Node>) {
        let Some(spec) = spec.filter(|spec| !spec.is_null()) else {
            self.wrong(self.root, "missing-field", "expected ports in `spec.ports`, found none");
            return;
        };
        self.one_of(spec, "type", &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]);
        self.one_of(spec, "sessionAffinity", &["None", "ClientIP"]);
        self.one_of(spec, "externalTrafficPolicy", &["Cluster", "Local"]);
        self.one_of(spec, "internalTrafficPolicy", &["Cluster", "Local"]);
        self.one_of(spec, "ipFamilyPolicy", &["SingleStack", "PreferDualStack", "RequireDualStack"]);
        self.label_map(spec.get("selector"));
        let kind = text_of(spec, "type").filter(|kind| !kind.is_empty()).unwrap_or("ClusterIP");
        let headless = text_of(spec, "clusterIP") == Some("None");
        let ports = items(spec, "ports");
        if kind == "ExternalName" {
            if self.required_text(spec, "externalName").is_some()
                && let Some(name) = spec.get("externalName")
            {
                self.named(name, |text| names::dns_subdomain(text.strip_suffix('.').unwrap_or(text)));
            }
        } else if ports.is_empty() && !headless {
            self.wrong(spec, "missing-field", "expected at least one of `ports`, found none");
        }
        if let Some(address) = spec.get("clusterIP")
            && as_text(address).is_some_and(|text| !matches!(text, "" | "None") && address::ip(text).is_none())
        {
            self.wrong(address, "wrong-format", "expected an IP address, `None` or nothing, found another text");
        }
        self.service_ports(ports, kind);
    }

    fn service_ports(&mut self, ports: &'n [Node], kind: &str) {
        let mut names = HashSet::new();
        for port in ports {
            self.port(port, "port");
            // The server puts `port` in for zero.
            if port.get("targetPort").is_none_or(|target| !matches!(target.kind(), NodeKind::Int(0))) {
                self.port_or_name(port, "targetPort");
            }
            self.one_of(port, "protocol", &["TCP", "UDP", "SCTP"]);
            self.node_port(port, kind);
            let name = text_of(port, "name").filter(|name| !name.is_empty());
            match (name, port.get("name")) {
                (Some(name), Some(node)) => {
                    self.named(node, names::dns_label);
                    if !names.insert(name) {
                        self.wrong(
                            node,
                            "duplicate-merge-key",
                            "expected a name that no other port of the Service has",
                        );
                    }
                }
                _ if ports.len() > 1 => {
                    self.wrong(port, "missing-field", "expected a `name` where there are several ports, found none");
                }
                _ => {}
            }
        }
    }

    fn node_port(&mut self, port: &'n Node, kind: &str) {
        let Some((node, number)) = integer(port, "nodePort").filter(|(_, number)| *number != 0) else { return };
        if kind == "ClusterIP" {
            let hint = "leave it out, or choose the type `NodePort`";
            self.wrong_hint(
                node,
                "wrong-value",
                "expected no `nodePort` in a Service of type `ClusterIP`, found one",
                hint,
            );
        } else if !(30000..=32767).contains(&number) {
            self.wrong(node, "port-out-of-range", format!("expected a node port from 30000 to 32767, found {number}"));
        }
    }

    pub(super) fn ingress(&mut self, spec: Option<&'n Node>) {
        let Some(spec) = spec else { return };
        let rules = items(spec, "rules");
        let fallback = spec.get("defaultBackend").filter(|backend| !backend.is_null());
        if rules.is_empty() && fallback.is_none() {
            self.wrong(spec, "missing-field", "expected `rules` or a `defaultBackend`, found none");
        }
        fallback.into_iter().for_each(|backend| self.backend(backend));
        for entry in items(spec, "tls") {
            items(entry, "hosts").iter().for_each(|host| self.named(host, names::dns_subdomain_or_wildcard));
        }
        for rule in rules {
            if let Some(host) = rule.get("host") {
                self.named(host, names::dns_subdomain_or_wildcard);
                if as_text(host).is_some_and(|host| address::ip(host).is_some()) {
                    self.wrong(host, "invalid-name", "expected a DNS name, found an IP address");
                }
            }
            let Some(http) = rule.get("http").filter(|http| !http.is_null()) else { continue };
            let paths = items(http, "paths");
            if paths.is_empty() {
                self.wrong(http, "missing-field", "expected at least one of `paths`, found none");
            }
            paths.iter().for_each(|path| self.ingress_path(path));
        }
    }

    fn ingress_path(&mut self, path: &'n Node) {
        self.one_of(path, "pathType", &["Exact", "Prefix", "ImplementationSpecific"]);
        let absolute = matches!(text_of(path, "pathType"), Some("Exact" | "Prefix"));
        let text = text_of(path, "path").unwrap_or_default();
        if absolute && !text.starts_with('/') {
            let at = path.get("path").unwrap_or(path);
            self.wrong(at, "wrong-value", "expected a path that starts with `/`, found another one");
        } else if absolute && (text.contains("//") || text.split('/').any(|part| matches!(part, "." | ".."))) {
            let at = path.get("path").unwrap_or(path);
            self.wrong(at, "wrong-value", "expected a path without `//`, `.` and `..`");
        }
        path.get("backend").into_iter().for_each(|backend| self.backend(backend));
    }

    fn backend(&mut self, backend: &'n Node) {
        let (service, resource) = (is_set(backend, "service"), is_set(backend, "resource"));
        if service == resource {
            self.wrong(backend, "wrong-value", "expected `service` or `resource`, found both or none");
            return;
        }
        let Some(service) = backend.get("service").filter(|_| service) else { return };
        self.required_text(service, "name");
        if let Some(name) = service.get("name") {
            self.named(name, names::dns_1035_label);
        }
        let Some(port) = service.get("port").filter(|port| !port.is_null()) else {
            self.wrong(service, "missing-field", "expected a `port`, found none");
            return;
        };
        let named = !text_of(port, "name").unwrap_or_default().is_empty();
        let numbered = integer(port, "number").is_some_and(|(_, number)| number != 0);
        if named && numbered {
            self.wrong(port, "wrong-value", "expected a `name` or a `number`, found both");
        } else if !named && !numbered {
            self.wrong(port, "missing-field", "expected a `name` or a `number`, found none");
        }
        self.port(port, "number");
    }

    pub(super) fn network_policy(&mut self, spec: Option<&'n Node>) {
        let Some(spec) = spec else { return };
        self.selector(spec.get("podSelector"));
        let kinds = items(spec, "policyTypes");
        if let Some(third) = kinds.get(2) {
            self.wrong(third, "wrong-value", "expected at most `Ingress` and `Egress`, found a third");
        }
        for kind in kinds {
            if item_text(kind).is_some_and(|kind| !matches!(kind, "Ingress" | "Egress")) {
                self.wrong(kind, "wrong-value", "expected `Ingress` or `Egress`, found another text");
            }
        }
        for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
            for rule in items(spec, rules) {
                items(rule, "ports").iter().for_each(|port| self.policy_port(port));
                items(rule, peers).iter().for_each(|peer| self.policy_peer(peer));
            }
        }
    }

    fn policy_port(&mut self, port: &'n Node) {
        self.port_or_name(port, "port");
        self.port(port, "endPort");
        self.one_of(port, "protocol", &["TCP", "UDP", "SCTP"]);
        let Some((node, end)) = integer(port, "endPort") else { return };
        match port.get("port").map(Node::kind) {
            Some(NodeKind::Int(start)) if end < *start => {
                self.wrong(node, "out-of-range", "expected at least `port`, found less");
            }
            Some(NodeKind::Int(_)) => {}
            _ => {
                self.wrong(node, "wrong-value", "expected a number in `port` beside it, found none");
            }
        }
    }

    fn policy_peer(&mut self, peer: &'n Node) {
        let block = peer.get("ipBlock").filter(|block| !block.is_null());
        let selectors = is_set(peer, "podSelector") || is_set(peer, "namespaceSelector");
        match (block, selectors) {
            (None, false) => {
                let hint = "set `podSelector`, `namespaceSelector` or `ipBlock`";
                self.wrong_hint(peer, "missing-field", "expected a peer, found none", hint);
            }
            (Some(block), true) => {
                self.wrong(block, "wrong-value", "expected no selectors beside an `ipBlock`, found some");
            }
            _ => {}
        }
        self.selector(peer.get("podSelector"));
        self.selector(peer.get("namespaceSelector"));
        let Some(block) = block else { return };
        for range in block.get("cidr").into_iter().chain(items(block, "except")) {
            if item_text(range).is_some_and(|text| !address::is_cidr(text)) {
                self.wrong(range, "wrong-format", "expected a range like `10.0.0.0/8`, found another text");
            }
        }
    }
}
