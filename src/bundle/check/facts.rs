//! What the checks of a bundle need of one rendered release: names, references, ports, selectors, each with its place.
//!
//! A render is read once and then dropped; of thousands of releases only this is kept.

use super::pods;
use super::text::{self, Target};
use crate::bundle::Thing;
use crate::lint::helm::name_faults;
use crate::yaml::Node;

/// A place in what a release renders: the number of the file and the byte in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) file: u32,
    pub(crate) offset: u32,
}

/// When an object is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Of the folder `crds/`, before everything.
    Crd,
    /// A hook before the installation, with its weight.
    Before(i64),
    /// With the release.
    Main,
    /// A hook after the installation.
    After,
    /// A hook that an installation does not run.
    Never,
}

/// A rendered object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    /// None of objects that belong to no namespace.
    pub(crate) namespace: Option<String>,
    pub(crate) phase: Phase,
    /// The keys of a Secret or ConfigMap.
    pub(crate) keys: Vec<String>,
    pub(crate) at: At,
    /// Where its namespace stands, if it is stated.
    pub(crate) namespace_at: Option<At>,
    /// What is wrong with its name.
    pub(crate) name_fault: Option<String>,
}

/// A name of another object.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// The number of the object that names it.
    pub(crate) by: usize,
    pub(crate) kind: &'static str,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) key: Option<String>,
    pub(crate) optional: bool,
    pub(crate) at: At,
}

/// Pods of one workload.
#[derive(Clone, Debug)]
pub(crate) struct Pods {
    /// The number of the workload.
    pub(crate) by: usize,
    pub(crate) namespace: String,
    pub(crate) labels: Vec<(String, String)>,
    /// Ports of containers: name and number.
    pub(crate) ports: Vec<(String, u16)>,
    pub(crate) replicas: u64,
    /// Whether each node gets one.
    pub(crate) is_daemon: bool,
    /// Whether they stay.
    pub(crate) is_lasting: bool,
    /// Thousandths of a processor, and bytes, that one of them asks for.
    pub(crate) cpu: u64,
    pub(crate) memory: u64,
    /// The ConfigMaps that they read.
    pub(crate) maps: Vec<String>,
}

/// A Service.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) by: usize,
    pub(crate) selector: Vec<(String, String)>,
    /// Name, number, and port of the pods.
    pub(crate) ports: Vec<(String, u16, PodPort)>,
    pub(crate) node_ports: Vec<(u64, At)>,
    pub(crate) is_external: bool,
}

/// A port of pods, by number or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PodPort {
    Number(u16),
    Name(String),
}

/// A selector of labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) labels: Vec<(String, String)>,
    /// Key, operator, values.
    pub(crate) expressions: Vec<(String, String, Vec<String>)>,
}

/// Whom a rule of a policy lets through.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) pods: Option<Selector>,
    pub(crate) namespaces: Option<Selector>,
    pub(crate) is_block: bool,
}

/// A rule of a policy; no peers stand for everybody, no ports for all.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    pub(crate) peers: Option<Vec<Peer>>,
    pub(crate) ports: Option<Vec<(PodPort, Option<u16>)>>,
}

/// A NetworkPolicy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) by: usize,
    pub(crate) namespace: String,
    pub(crate) selector: Selector,
    /// None where it says nothing about this way.
    pub(crate) ingress: Option<Vec<Allowance>>,
    pub(crate) egress: Option<Vec<Allowance>>,
}

/// Something in the cluster that a program is told to call.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The number of the object in which it stands.
    pub(crate) by: usize,
    pub(crate) target: Target,
    pub(crate) at: At,
}

/// A server of a Gateway.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) port: u64,
    pub(crate) protocol: String,
    pub(crate) hosts: Vec<(String, At)>,
    pub(crate) at: At,
}

/// A Gateway of Istio.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) by: usize,
    pub(crate) selector: Vec<(String, String)>,
    pub(crate) selector_at: At,
    pub(crate) servers: Vec<Server>,
}

/// A host of a route.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) host: String,
    /// Its paths, for two routes of one host that divide it.
    pub(crate) paths: Vec<String>,
    pub(crate) at: At,
}

/// Everything of one release.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) objects: Vec<Object>,
    pub(crate) references: Vec<Reference>,
    pub(crate) pods: Vec<Pods>,
    pub(crate) services: Vec<Service>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) hosts: Vec<Host>,
    /// Definitions of custom kinds: `plural.group`, the group, the kind.
    pub(crate) definitions: Vec<(String, String, String)>,
    /// Webhooks: groups that they are asked about.
    pub(crate) webhooks: Vec<(usize, Vec<String>)>,
    /// URLs that are told as issuers.
    pub(crate) issuers: Vec<(String, At)>,
    /// Images of pods.
    pub(crate) images: Vec<(String, At)>,
    /// What the chart says that it needs and provides; the places are those of the rendered notes.
    pub(crate) needs: Vec<(Thing, At)>,
    pub(crate) provides: Vec<(Thing, At)>,
    /// Why its notes on needs cannot be read.
    pub(crate) notes_fault: Option<(String, At)>,
    /// Clients of Keycloak that pods or values name.
    pub(crate) clients: Vec<(String, At)>,
    /// Names that its Jobs and objects of other controllers seem to make.
    pub(crate) made: Vec<String>,
    /// How many bytes Helm would store, if they are many.
    pub(crate) stored: usize,
}

/// Reads the objects of one release.
pub(crate) struct Reader<'r> {
    pub(crate) facts: Facts,
    pub(crate) namespace: &'r str,
    /// The text of the document that is read.
    pub(crate) text: Vec<u8>,
}

/// The text of a node; empty where there is none.
pub(crate) fn text_of(node: Option<&Node>) -> String {
    let text = node.and_then(Node::to_text);
    text.map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

/// Labels or a selector of labels.
pub(crate) fn labels(node: Option<&Node>) -> Vec<(String, String)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (text_of(Some(&entry.key)), text_of(Some(&entry.value)))).collect()
}

/// A selector with labels and expressions.
pub(crate) fn selector(node: Option<&Node>) -> Selector {
    let Some(node) = node else { return Selector::default() };
    let expressions = node.get("matchExpressions").map(Node::items).unwrap_or_default().iter().map(|one| {
        let values = one.get("values").map(Node::items).unwrap_or_default();
        let values = values.iter().map(|value| text_of(Some(value))).collect();
        (text_of(one.get("key")), text_of(one.get("operator")), values)
    });
    Selector { labels: labels(node.get("matchLabels")), expressions: expressions.collect() }
}

/// Kinds of Kubernetes that belong to no namespace.
const CLUSTER_KINDS: &[&str] = &[
    "APIService",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "CSIDriver",
    "CSINode",
    "CustomResourceDefinition",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeSnapshotClass",
    "VolumeSnapshotContent",
];
/// Custom kinds that belong to no namespace.
const CUSTOM_CLUSTER_KINDS: &[&str] = &[
    "ClusterIssuer",
    "ClusterSecretStore",
    "ClusterExternalSecret",
    "GatewayClass",
    "GlobalRole",
    "GlobalRoleBinding",
    "RoleTemplate",
    "ClusterRepo",
    "AuthConfig",
    "Setting",
    "ResourceSet",
    "Restore",
    "Backup",
    "Feature",
];

/// Whether a group is Kubernetes' own.
pub(crate) fn is_builtin(group: &str) -> bool {
    !group.contains('.') || (group.ends_with(".k8s.io") && !CUSTOM_K8S_GROUPS.contains(&group))
}

/// Groups below `k8s.io` whose kinds are custom all the same.
const CUSTOM_K8S_GROUPS: &[&str] = &[
    "gateway.networking.k8s.io",
    "snapshot.storage.k8s.io",
    "cluster.x-k8s.io",
    "metrics.k8s.io",
    "autoscaling.k8s.io",
    "policy.networking.k8s.io",
];

impl Reader<'_> {
    pub(crate) fn at(base: At, node: &Node) -> At {
        At { file: base.file, offset: base.offset.saturating_add(node.span().start) }
    }

    /// Reads one document, which starts at `base`.
    pub(crate) fn object(&mut self, node: &Node, base: At, phase: Option<Phase>) {
        let kind = text_of(node.get("kind"));
        if kind == "List" || (kind.ends_with("List") && node.get("items").is_some()) {
            node.get("items")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .for_each(|item| self.object(item, base, phase));
            return;
        }
        let api = text_of(node.get("apiVersion"));
        let group = api.split_once('/').map_or("", |(group, _)| group).to_owned();
        let name_node = node.at(&["metadata", "name"]);
        let name = text_of(name_node);
        let stated = text_of(node.at(&["metadata", "namespace"]));
        let in_cluster = match is_builtin(&group) {
            true => CLUSTER_KINDS.contains(&kind.as_str()),
            false => CUSTOM_CLUSTER_KINDS.contains(&kind.as_str()) && !group.ends_with("istio.io"),
        };
        let namespace = match (in_cluster, stated.is_empty()) {
            (true, _) => None,
            (false, true) => Some(self.namespace.to_owned()),
            (false, false) => Some(stated),
        };
        let phase = phase.unwrap_or_else(|| phase_of(node));
        let keys = ["data", "stringData", "binaryData"].iter().filter_map(|part| node.get(part));
        let keys = match kind.as_str() {
            "Secret" | "ConfigMap" => keys.flat_map(Node::entries).map(|entry| text_of(Some(&entry.key))).collect(),
            _ => Vec::new(),
        };
        let at = Self::at(base, name_node.unwrap_or(node));
        let namespace_at = node.at(&["metadata", "namespace"]).map(|node| Self::at(base, node));
        let generated = node.at(&["metadata", "generateName"]).is_some();
        let name_fault = if generated { None } else { fault_of(&kind, &name) };
        let by = self.facts.objects.len();
        self.facts.objects.push(Object {
            group,
            kind: kind.clone(),
            name,
            namespace,
            phase,
            keys,
            at,
            namespace_at,
            name_fault,
        });
        self.parts(node, base, by, &kind);
    }

    /// What the kinds have that others look for.
    fn parts(&mut self, node: &Node, base: At, by: usize, kind: &str) {
        pods::read(self, node, base, by, kind);
        match kind {
            "Service" => self.service(node, base, by),
            "NetworkPolicy" => self.policy(node, by),
            "Gateway" => self.gateway(node, base, by),
            "VirtualService" => self.virtual_service(node, base, by),
            "Ingress" => self.ingress(node, base, by),
            "HTTPRoute" | "GRPCRoute" | "TLSRoute" => self.gateway_route(node, base, by),
            "CustomResourceDefinition" => {
                let name = text_of(node.at(&["metadata", "name"]));
                let group = text_of(node.at(&["spec", "group"]));
                self.facts.definitions.push((name, group, text_of(node.at(&["spec", "names", "kind"]))));
            }
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => self.webhook(node, base, by),
            "ConfigMap" => {
                for entry in node.get("data").map(Node::entries).unwrap_or_default() {
                    self.told(&text_of(Some(&entry.key)), &entry.value, base, by);
                }
            }
            "PersistentVolumeClaim" => self.storage_class(node.get("spec"), base, by),
            "StatefulSet" => {
                for claim in node.at(&["spec", "volumeClaimTemplates"]).map(Node::items).unwrap_or_default() {
                    self.storage_class(claim.get("spec"), base, by);
                }
                if let Some(service) = node.at(&["spec", "serviceName"]).filter(|one| !text_of(Some(one)).is_empty()) {
                    self.refer("Service", service, base, by);
                }
            }
            "HorizontalPodAutoscaler" => self.target(node.at(&["spec", "scaleTargetRef"]), base, by),
            "RoleBinding" | "ClusterRoleBinding" => self.subjects(node, base, by),
            "Certificate" => {
                if let Some(issuer) = node.at(&["spec", "issuerRef", "name"]) {
                    let kind = match text_of(node.at(&["spec", "issuerRef", "kind"])).as_str() {
                        "ClusterIssuer" => "ClusterIssuer",
                        _ => "Issuer",
                    };
                    self.refer(kind, issuer, base, by);
                }
            }
            _ => {}
        }
    }

    /// Notes a reference to an object of the same namespace.
    pub(crate) fn refer(&mut self, kind: &'static str, node: &Node, base: At, by: usize) {
        let namespace = self.home(by);
        let (name, at) = (text_of(Some(node)), Self::at(base, node));
        if !name.is_empty() {
            let (key, optional) = (None, false);
            self.facts.references.push(Reference { by, kind, namespace, name, key, optional, at });
        }
    }

    /// The namespace of an object, or that of the release.
    pub(crate) fn home(&self, by: usize) -> String {
        let namespace = self.facts.objects.get(by).and_then(|object| object.namespace.clone());
        namespace.unwrap_or_else(|| self.namespace.to_owned())
    }

    fn storage_class(&mut self, spec: Option<&Node>, base: At, by: usize) {
        if let Some(class) = spec.and_then(|spec| spec.get("storageClassName")) {
            self.refer("StorageClass", class, base, by);
        }
    }

    fn target(&mut self, reference: Option<&Node>, base: At, by: usize) {
        let Some(reference) = reference else { return };
        let kind = match text_of(reference.get("kind")).as_str() {
            "Deployment" => "Deployment",
            "StatefulSet" => "StatefulSet",
            _ => return,
        };
        if let Some(name) = reference.get("name") {
            self.refer(kind, name, base, by);
        }
    }

    fn subjects(&mut self, node: &Node, base: At, by: usize) {
        for subject in node.get("subjects").map(Node::items).unwrap_or_default() {
            let Some(name) = subject.get("name") else { continue };
            if text_of(subject.get("kind")) != "ServiceAccount" || text_of(Some(name)) == "default" {
                continue;
            }
            let before = self.facts.references.len();
            self.refer("ServiceAccount", name, base, by);
            let namespace = text_of(subject.get("namespace"));
            if let (Some(reference), false) = (self.facts.references.get_mut(before), namespace.is_empty()) {
                reference.namespace = namespace;
            }
        }
        let role = text_of(node.at(&["roleRef", "kind"]));
        if let (Some(name), "Role") = (node.at(&["roleRef", "name"]), role.as_str()) {
            self.refer("Role", name, base, by);
        }
    }

    fn service(&mut self, node: &Node, base: At, by: usize) {
        let spec = node.get("spec");
        let kind = text_of(node.at(&["spec", "type"]));
        let mut service = Service {
            by,
            selector: labels(spec.and_then(|spec| spec.get("selector"))),
            ports: Vec::new(),
            node_ports: Vec::new(),
            is_external: kind == "ExternalName",
        };
        for port in spec.and_then(|spec| spec.get("ports")).map(Node::items).unwrap_or_default() {
            let number: u16 = text_of(port.get("port")).parse().unwrap_or(0);
            let target = match text_of(port.get("targetPort")) {
                none if none.is_empty() => PodPort::Number(number),
                target => target.parse().map_or(PodPort::Name(target), PodPort::Number),
            };
            service.ports.push((text_of(port.get("name")), number, target));
            if let Some(node) = port.get("nodePort").filter(|_| kind == "NodePort" || kind == "LoadBalancer") {
                let number = text_of(Some(node)).parse().unwrap_or(0);
                service.node_ports.push((number, Self::at(base, node)));
            }
        }
        self.facts.services.push(service);
    }

    fn policy(&mut self, node: &Node, by: usize) {
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

    fn gateway(&mut self, node: &Node, base: At, by: usize) {
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

    fn virtual_service(&mut self, node: &Node, base: At, by: usize) {
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

    fn ingress(&mut self, node: &Node, base: At, by: usize) {
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

    fn gateway_route(&mut self, node: &Node, base: At, by: usize) {
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

    fn webhook(&mut self, node: &Node, base: At, by: usize) {
        let mut groups = Vec::new();
        for webhook in node.get("webhooks").map(Node::items).unwrap_or_default() {
            for rule in webhook.get("rules").map(Node::items).unwrap_or_default() {
                let named = rule.get("apiGroups").map(Node::items).unwrap_or_default();
                groups.extend(named.iter().map(|group| text_of(Some(group))));
            }
            if let Some(name) = webhook.at(&["clientConfig", "service", "name"]) {
                let before = self.facts.references.len();
                self.refer("Service", name, base, by);
                let namespace = text_of(webhook.at(&["clientConfig", "service", "namespace"]));
                if let Some(reference) = self.facts.references.get_mut(before) {
                    reference.namespace = namespace;
                }
            }
        }
        self.facts.webhooks.push((by, groups));
    }

    /// A text that a program is told: URLs in it, and issuers by the name under which it stands.
    pub(crate) fn told(&mut self, name: &str, node: &Node, base: At, by: usize) {
        let value = text_of(Some(node));
        let at = Self::at(base, node);
        if value.len() > text::LONGEST {
            return;
        }
        for (target, _) in text::targets(&value) {
            let at = self.within(node, base, &target.host());
            self.facts.connections.push(Connection { by, target, at });
        }
        let lower = name.to_ascii_lowercase().replace(['_', '-'], "");
        if lower.ends_with("clientid") && !value.is_empty() {
            self.facts.clients.push((value.clone(), at));
        }
        for url in text::issuers(name, &value) {
            let at = self.within(node, base, &url);
            self.facts.issuers.push((url, at));
        }
    }

    /// The place of a part of a text, which may have many lines.
    fn within(&self, node: &Node, base: At, part: &str) -> At {
        let (start, end) = (node.span().start as usize, node.span().end as usize);
        let written = self.text.get(start..end).unwrap_or_default();
        let along = memchr::memmem::find(written, part.as_bytes()).unwrap_or(0);
        let offset = base.offset.saturating_add(u32::try_from(start + along).unwrap_or(u32::MAX));
        At { offset, ..base }
    }

    /// A route or variable that names a Service.
    pub(crate) fn connect_named(&mut self, host: &str, port: Option<u16>, at: At, by: usize) {
        if let Some(target) = text::service_host(host) {
            let target = Target { port, is_url: false, ..target };
            self.facts.connections.push(Connection { by, target, at });
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

/// When an object is made, by its annotations.
fn phase_of(node: &Node) -> Phase {
    let Some(annotations) = node.at(&["metadata", "annotations"]) else { return Phase::Main };
    let events = text_of(annotations.get(crate::render::hooks::HOOK));
    if events.is_empty() {
        return Phase::Main;
    }
    let has = |wanted: &str| events.split(',').any(|event| event.trim() == wanted);
    let weight = text_of(annotations.get("helm.sh/hook-weight")).parse().unwrap_or(0);
    match () {
        () if has("pre-install") => Phase::Before(weight),
        () if has("crd-install") => Phase::Crd,
        () if has("post-install") => Phase::After,
        () => Phase::Never,
    }
}

/// What is wrong with a name of an object.
fn fault_of(kind: &str, name: &str) -> Option<String> {
    if kind.is_empty() {
        return None;
    }
    if name.is_empty() {
        return Some(format!("{kind} has no name"));
    }
    let most = match kind {
        "CronJob" => 52,
        "Job" | "StatefulSet" | "Deployment" | "DaemonSet" | "Service" => 63,
        _ => 253,
    };
    if name.len() > most {
        return Some(format!("a {kind} has at most {most} characters, `{name}` has {}", name.len()));
    }
    let faults = name_faults(kind, name);
    faults.first().map(|fault| format!("`{name}`: {}", fault.split(" (e.g.").next().unwrap_or(fault)))
}
