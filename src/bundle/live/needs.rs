//! What the objects of releases ask of a cluster: requests, storage classes, Secrets, kinds.

use crate::bundle::again::Object;
use crate::kubernetes::quantity::Quantity;
use crate::yaml::Node;
use std::collections::{BTreeMap, BTreeSet};

/// Objects that nest deeper are not searched.
const DEEPEST: usize = 100;

/// What a release asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    /// Processors and bytes of memory of all pods that stay.
    pub(super) cpu: f64,
    /// Bytes.
    pub(super) memory: f64,
    /// Whether a claim asks for the default class.
    pub(super) default_class: bool,
    /// The classes that claims name.
    pub(super) classes: BTreeSet<String>,
    /// Secrets with the keys that are asked for; optional ones are left out.
    pub(super) secrets: BTreeMap<String, BTreeSet<String>>,
    /// Secrets that the release brings, or that its Jobs and Roles speak of and so make.
    pub(super) brings: BTreeSet<String>,
    /// API version and kind of each object.
    pub(super) kinds: BTreeSet<(String, String)>,
    /// Kinds that come with it as CRDs: group and kind.
    pub(super) crds: BTreeSet<(String, String)>,
}

pub(super) fn field<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.get(key))
}

pub(super) fn string(node: &Node, path: &[&str]) -> String {
    field(node, path)
        .and_then(Node::to_text)
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .unwrap_or_default()
}

impl Needs {
    /// What some objects ask for, with `nodes` nodes in the cluster.
    pub(super) fn of(objects: &[Object], nodes: usize) -> Needs {
        let mut needs = Needs::default();
        for object in objects {
            needs.add(&object.node, nodes);
        }
        needs
    }

    fn add(&mut self, node: &Node, nodes: usize) {
        let kind = string(node, &["kind"]);
        let name = string(node, &["metadata", "name"]);
        self.kinds.insert((string(node, &["apiVersion"]), kind.clone()));
        match kind.as_str() {
            "Secret" => drop(self.brings.insert(name)),
            "ExternalSecret" => {
                let target = string(node, &["spec", "target", "name"]);
                self.brings.insert(if target.is_empty() { name } else { target });
            }
            "Certificate" => drop(self.brings.insert(string(node, &["spec", "secretName"]))),
            "CustomResourceDefinition" => {
                let kind = string(node, &["spec", "names", "kind"]);
                self.crds.insert((string(node, &["spec", "group"]), kind));
            }
            "PersistentVolumeClaim" => self.claim(node),
            "Role" | "Job" => self.words(node, 0),
            _ => {}
        }
        let replicas = field(node, &["spec", "replicas"]).and_then(Node::to_text);
        let replicas = replicas.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok()).unwrap_or(1.0);
        let copies = match kind.as_str() {
            "Deployment" | "StatefulSet" | "ReplicaSet" => replicas,
            "DaemonSet" => nodes as f64,
            _ => 0.0,
        };
        let containers = field(node, &["spec", "template", "spec", "containers"]);
        for container in containers.map(Node::items).unwrap_or_default() {
            self.cpu += copies * requested(container, "cpu");
            self.memory += copies * requested(container, "memory");
        }
        for claim in field(node, &["spec", "volumeClaimTemplates"]).map(Node::items).unwrap_or_default() {
            self.claim(claim);
        }
        self.references(node, 0);
    }

    fn claim(&mut self, claim: &Node) {
        match field(claim, &["spec", "storageClassName"]).map(|_| string(claim, &["spec", "storageClassName"])) {
            None => self.default_class = true,
            // An empty class asks for a volume that somebody made by hand.
            Some(class) if class.is_empty() => {}
            Some(class) => drop(self.classes.insert(class)),
        }
    }

    /// Whatever a Role or Job names may be a Secret that it makes.
    fn words(&mut self, node: &Node, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        if let Some(text) = node.as_str() {
            let text = String::from_utf8_lossy(text);
            let is_name = |word: &&str| !word.is_empty() && word.len() < 254;
            let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '.'));
            self.brings.extend(words.filter(is_name).map(str::to_owned));
        }
        let is_reference = |key: &Node| {
            matches!(key.as_str(), Some(b"secretKeyRef" | b"secretRef" | b"secret" | b"imagePullSecrets" | b"name"))
        };
        for entry in node.entries().iter().filter(|entry| !is_reference(&entry.key)) {
            self.words(&entry.value, depth + 1);
        }
        node.items().iter().for_each(|item| self.words(item, depth + 1));
    }

    fn references(&mut self, node: &Node, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for entry in node.entries() {
            let value = &entry.value;
            let optional = field(value, &["optional"]).and_then(Node::to_text).is_some_and(|text| *text == *b"true");
            match entry.key.as_str() {
                _ if optional => {}
                Some(b"secretKeyRef") => self.secret(string(value, &["name"]), Some(string(value, &["key"]))),
                Some(b"secretRef") => self.secret(string(value, &["name"]), None),
                Some(b"secret") => {
                    let name = [string(value, &["secretName"]), string(value, &["name"])].into_iter();
                    let keys = field(value, &["items"]).map(Node::items).unwrap_or_default();
                    for name in name.filter(|name| !name.is_empty()) {
                        self.secret(name.clone(), None);
                        keys.iter().for_each(|item| self.secret(name.clone(), Some(string(item, &["key"]))));
                    }
                }
                Some(b"imagePullSecrets") => {
                    value.items().iter().for_each(|one| self.secret(string(one, &["name"]), None));
                }
                Some(b"tls") => {
                    for one in value.items().iter().filter(|one| one.get("secretName").is_some()) {
                        self.secret(string(one, &["secretName"]), Some("tls.crt".to_owned()));
                    }
                }
                _ => {}
            }
            self.references(value, depth + 1);
        }
        node.items().iter().for_each(|item| self.references(item, depth + 1));
    }

    fn secret(&mut self, name: String, key: Option<String>) {
        if !name.is_empty() {
            self.secrets.entry(name).or_default().extend(key.filter(|key| !key.is_empty()));
        }
    }
}

fn requested(container: &Node, what: &str) -> f64 {
    let request = [["resources", "requests", what], ["resources", "limits", what]];
    let text = request.iter().map(|path| string(container, path)).find(|text| !text.is_empty());
    text.and_then(|text| Quantity::parse(&text)).map_or(0.0, Quantity::float)
}
