//! `metadata`: names, labels, annotations.

use super::super::ResourceId;
use super::names::{self, Broken};
use super::{Server, group, text_of};
use crate::yaml::Node;

/// The most bytes of all annotations of one object.
const ANNOTATIONS: usize = 256 << 10;

/// Kinds that are questions to a server and have no name.
const NAMELESS: [&str; 7] = [
    "TokenReview", "SubjectAccessReview", "LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview",
    "SelfSubjectReview", "DeleteOptions",
];

impl<'n> Server<'n> {
    pub(super) fn metadata(&mut self, resource: &ResourceId) {
        if NAMELESS.contains(&resource.kind.as_str()) || resource.kind.ends_with("List") {
            return;
        }
        let Some(metadata) = self.root.get("metadata") else {
            self.wrong(self.root, "missing-field", "expected a name in `metadata.name`, found none");
            return;
        };
        let generated = text_of(metadata, "generateName").filter(|name| !name.is_empty());
        let name = text_of(metadata, "name").filter(|name| !name.is_empty());
        if name.is_none() && generated.is_none() && metadata.get("name").is_none_or(|name| name.is_null() || name.as_str().is_some()) {
            self.wrong(metadata, "missing-field", "expected a name, found none");
        }
        let rule = rule_of(resource, self.minor);
        if let Some(name) = metadata.get("name") {
            self.named(name, rule);
        }
        if let Some(namespace) = metadata.get("namespace") {
            self.named(namespace, names::dns_label);
        }
        self.labels(metadata);
        self.annotations(metadata);
        for finalizer in super::items(metadata, "finalizers") {
            self.named(finalizer, names::qualified);
        }
    }

    /// Labels of an object or of a template's pods.
    pub(super) fn labels(&mut self, metadata: &'n Node) {
        self.label_map(metadata.get("labels"));
    }

    /// A map of labels, or of what labels are asked for.
    pub(super) fn label_map(&mut self, labels: Option<&'n Node>) {
        for entry in labels.map(Node::entries).unwrap_or_default() {
            self.key(&entry.key);
            self.named(&entry.value, names::label_value);
        }
    }

    /// Annotations of an object or of a template's pods.
    pub(super) fn annotations(&mut self, metadata: &'n Node) {
        let Some(annotations) = metadata.get("annotations") else { return };
        let mut size = 0;
        for entry in annotations.entries() {
            let value = entry.value.as_str().map_or(0, <[u8]>::len);
            size += value + entry.key.key_text().map_or(0, |key| key.len());
            self.annotation_key(&entry.key);
        }
        if size > ANNOTATIONS {
            self.wrong(annotations, "too-large", format!("expected at most {ANNOTATIONS} bytes, found {size}"));
        }
    }

    fn key(&mut self, key: &'n Node) {
        let text = key.key_text().unwrap_or_default();
        if let Some(broken) = names::qualified(&String::from_utf8_lossy(&text)) {
            self.wrong(key, "invalid-name", format!("expected a key of {broken}"));
        }
    }

    /// Prefixes of annotations may have capital letters.
    fn annotation_key(&mut self, key: &'n Node) {
        let text = key.key_text().unwrap_or_default();
        if let Some(broken) = names::qualified(&String::from_utf8_lossy(&text).to_lowercase()) {
            self.wrong(key, "invalid-name", format!("expected a key of {broken}"));
        }
    }
}

/// The rule for the name of a kind's objects.
fn rule_of(resource: &ResourceId, minor: u32) -> fn(&str) -> Broken {
    match (group(&resource.api_version), resource.kind.as_str()) {
        ("", "Namespace") => names::dns_label,
        // Since 1.37 the rule for Services is that of labels.
        ("", "Service") if minor < 37 => names::dns_1035_label,
        ("", "Service") => names::dns_label,
        ("rbac.authorization.k8s.io" | "apiregistration.k8s.io" | "", "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" | "APIService") => {
            names::path_segment
        }
        ("batch", "CronJob") => cron_job_name,
        ("", "Event" | "ComponentStatus") => names::path_segment,
        _ => names::dns_subdomain,
    }
}

/// A CronJob's name is put before the number of a Job, whose pods carry it as a label.
fn cron_job_name(text: &str) -> Broken {
    if text.len() > 52 { Some("at most 52 characters") } else { names::dns_subdomain(text) }
}
