//! Reading what a release renders, object by object.

use super::facts::{At, Connection, Facts, Object, Phase, Reference, Selector};
use super::pods;
use super::text::{self, Target};
use crate::lint::helm::name_faults;
use crate::yaml::Node;

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
        let (group, version) = api.split_once('/').unwrap_or(("", &api));
        let (group, version) = (group.to_owned(), version.to_owned());
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
            version,
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
                let kind = text_of(node.at(&["spec", "names", "kind"]));
                let versions = node.at(&["spec", "versions"]).map(Node::items).unwrap_or_default().iter();
                let served = versions.filter(|version| text_of(version.get("served")) != "false");
                let served = served.map(|version| text_of(version.get("name"))).collect();
                self.facts.definitions.push((name, group, kind, served));
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
        if let (Some(name), "ClusterRole") = (node.at(&["roleRef", "name"]), role.as_str()) {
            self.refer("ClusterRole", name, base, by);
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
        // Its pods bear a label with its name and a hash.
        "CronJob" | "StatefulSet" => 52,
        "Job" | "Deployment" | "DaemonSet" | "Service" => 63,
        _ => 253,
    };
    if name.len() > most {
        return Some(format!("a {kind} has at most {most} characters, `{name}` has {}", name.len()));
    }
    let faults = name_faults(kind, name);
    faults.first().map(|fault| format!("`{name}`: {}", fault.split(" (e.g.").next().unwrap_or(fault)))
}
