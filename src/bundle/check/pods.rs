//! What pods name, ask for and are told.

use super::facts::{At, Phase, Pods, Reference};
use super::reader::{Reader, labels, text_of};
use super::text;
use crate::kubernetes::{bytes, millis};
use crate::yaml::Node;

/// Reads the pods of an object, if it makes some.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, base: At, by: usize, kind: &str) {
    let pod = match kind {
        "Pod" => Some(node),
        "CronJob" => node.at(&["spec", "jobTemplate", "spec", "template"]),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => node.at(&["spec", "template"]),
        _ => None,
    };
    let Some(spec) = pod.and_then(|pod| pod.get("spec")) else { return };
    let mut walk = Walk { reader, base, by, maps: Vec::new() };
    walk.volumes(spec);
    let pull = spec.get("imagePullSecrets").map(Node::items).unwrap_or_default();
    pull.iter().for_each(|secret| walk.named("Secret", Some(secret), "name", None));
    let account = text_of(spec.get("serviceAccountName"));
    if account != "default" {
        walk.named("ServiceAccount", Some(spec), "serviceAccountName", None);
    }
    walk.named("PriorityClass", Some(spec), "priorityClassName", None);
    let (mut ports, mut sum, mut first) = (Vec::new(), (0, 0), (0, 0));
    for (part, starts) in [("initContainers", true), ("containers", false)] {
        for container in spec.get(part).map(Node::items).unwrap_or_default() {
            walk.container(container);
            for port in container.get("ports").map(Node::items).unwrap_or_default() {
                let number = text_of(port.get("containerPort")).parse().unwrap_or(0);
                ports.push((text_of(port.get("name")), number));
            }
            let asks = |what: &str| {
                let stated = ["requests", "limits"].iter().find_map(|kind| container.at(&["resources", kind, what]));
                text_of(stated)
            };
            let asked = (millis(&asks("cpu")).unwrap_or(0), bytes(&asks("memory")).unwrap_or(0));
            // Containers that start one after the other need the most of each.
            if starts && text_of(container.get("restartPolicy")) != "Always" {
                first = (asked.0.max(first.0), asked.1.max(first.1));
            } else {
                sum = (asked.0.saturating_add(sum.0), asked.1.saturating_add(sum.1));
            }
        }
    }
    let maps = std::mem::take(&mut walk.maps);
    let replicas = match (kind, node.at(&["spec", "replicas"])) {
        ("CronJob", _) => 0,
        (_, Some(stated)) => text_of(Some(stated)).parse().unwrap_or(1),
        (_, None) => 1,
    };
    let namespace = reader.home(by);
    let phase = reader.facts.objects.get(by).map(|object| object.phase);
    let is_lasting = phase == Some(Phase::Main) && !matches!(kind, "Job" | "CronJob" | "Pod");
    reader.facts.pods.push(Pods {
        by,
        namespace,
        labels: labels(pod.and_then(|pod| pod.at(&["metadata", "labels"]))),
        ports,
        replicas,
        is_daemon: kind == "DaemonSet",
        is_lasting,
        cpu: sum.0.max(first.0),
        memory: sum.1.max(first.1),
        maps,
    });
}

struct Walk<'w, 'r> {
    reader: &'w mut Reader<'r>,
    base: At,
    by: usize,
    maps: Vec<String>,
}

impl Walk<'_, '_> {
    /// Notes the name under `key` of what refers to an object, and the key in it.
    fn named(&mut self, kind: &'static str, holder: Option<&Node>, key: &str, inner: Option<&Node>) {
        let Some(node) = holder.and_then(|holder| holder.get(key)) else { return };
        let name = text_of(Some(node));
        if name.is_empty() {
            return;
        }
        if kind == "ConfigMap" {
            self.maps.push(name.clone());
        }
        let optional = text_of(holder.and_then(|holder| holder.get("optional"))) == "true";
        let namespace = self.reader.home(self.by);
        let place = Reader::at(self.base, node);
        let key = inner.map(|inner| text_of(Some(inner))).filter(|key| !key.is_empty());
        self.reader.facts.references.push(Reference { by: self.by, kind, namespace, name, key, optional, at: place });
    }

    fn volumes(&mut self, spec: &Node) {
        for volume in spec.get("volumes").map(Node::items).unwrap_or_default() {
            self.source("ConfigMap", volume.get("configMap"), "name");
            self.source("Secret", volume.get("secret"), "secretName");
            self.named("PersistentVolumeClaim", volume.get("persistentVolumeClaim"), "claimName", None);
            for part in volume.at(&["projected", "sources"]).map(Node::items).unwrap_or_default() {
                self.source("ConfigMap", part.get("configMap"), "name");
                self.source("Secret", part.get("secret"), "name");
            }
        }
    }

    /// A volume of an object, whole or some of its keys.
    fn source(&mut self, kind: &'static str, holder: Option<&Node>, key: &str) {
        let items = holder.and_then(|holder| holder.get("items")).map(Node::items).unwrap_or_default();
        if items.is_empty() {
            self.named(kind, holder, key, None);
        }
        items.iter().for_each(|item| self.named(kind, holder, key, item.get("key")));
    }

    fn container(&mut self, container: &Node) {
        if let Some(image) = container.get("image") {
            let place = Reader::at(self.base, image);
            self.reader.facts.images.push((text_of(Some(image)), place));
        }
        for from in container.get("envFrom").map(Node::items).unwrap_or_default() {
            self.named("ConfigMap", from.get("configMapRef"), "name", None);
            self.named("Secret", from.get("secretRef"), "name", None);
        }
        let variables = container.get("env").map(Node::items).unwrap_or_default();
        for variable in variables {
            for (kind, part) in [("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")] {
                let from = variable.at(&["valueFrom", part]);
                self.named(kind, from, "name", from.and_then(|from| from.get("key")));
            }
            if let Some(value) = variable.get("value") {
                let name = text_of(variable.get("name"));
                self.reader.told(&name, value, self.base, self.by);
                self.host(&name, value, variables);
            }
        }
        for part in ["command", "args"] {
            for word in container.get(part).map(Node::items).unwrap_or_default() {
                self.reader.told("", word, self.base, self.by);
            }
        }
    }

    /// A variable whose name says that it holds a host; its neighbour holds the port.
    fn host(&mut self, name: &str, value: &Node, variables: &[Node]) {
        let Some(stem) = text::host_stem(name) else { return };
        let host = text_of(Some(value));
        if text::service_host(&host).is_none() {
            return;
        }
        let beside = variables.iter().find(|one| text_of(one.get("name")).eq_ignore_ascii_case(&format!("{stem}PORT")));
        let port = beside.and_then(|one| text_of(one.get("value")).parse().ok());
        let place = Reader::at(self.base, value);
        self.reader.connect_named(&host, port, place, self.by);
    }
}
