//! What an API server says beyond its schema: the validation of each built-in kind, as far as it can be told from one
//! object. The reference is the packages `validation` of Kubernetes and what a server answers to a dry run.

mod access;
mod config;
mod metadata;
mod names;
mod network;
mod pods;
mod resources;
mod selectors;
mod volumes;
mod workloads;

use super::ResourceId;
use super::check::Walk;
use super::compile::text_of;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Node, NodeKind};

/// Checks an object of a known kind.
pub(super) fn check(walk: &mut Walk<'_, '_>, resource: &ResourceId, node: &Node) {
    let minor = walk.settings.minor;
    let mut server = Server { root: node, minor, found: Vec::new() };
    server.object(resource);
    walk.found.append(&mut server.found);
}

/// One object in the eyes of an API server.
struct Server<'n> {
    root: &'n Node,
    minor: u32,
    found: Vec<Diagnostic>,
}

/// A group's name, without versions: these checks hold for all of them.
fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

impl<'n> Server<'n> {
    fn object(&mut self, resource: &ResourceId) {
        self.metadata(resource);
        let spec = self.root.get("spec");
        match (group(&resource.api_version), resource.kind.as_str()) {
            ("", "Pod") => self.pod(spec, pods::Owner::Pod),
            ("", "PodTemplate") => self.template(self.root.get("template"), pods::Owner::Pod),
            ("", "ReplicationController") => self.replication_controller(spec),
            ("", "Service") => self.service(spec),
            ("", "ConfigMap") => self.config_map(),
            ("", "Secret") => self.secret(),
            ("", "PersistentVolumeClaim") => self.claim(spec, self.root),
            ("apps", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") => self.workload(spec, &resource.kind),
            ("batch", "Job") => self.job(spec, self.root),
            ("batch", "CronJob") => self.cron_job(spec),
            ("autoscaling", "HorizontalPodAutoscaler") => self.autoscaler(spec),
            ("policy", "PodDisruptionBudget") => self.disruption_budget(spec),
            ("networking.k8s.io", "Ingress") => self.ingress(spec),
            ("networking.k8s.io", "NetworkPolicy") => self.network_policy(spec),
            ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => self.role(&resource.kind),
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => self.binding(&resource.kind),
            _ => {}
        }
    }

    /// Adds a finding about a node.
    fn wrong(&mut self, node: &Node, rule: &'static str, text: impl AsRef<str>) -> Option<&mut Diagnostic> {
        let (path, span) = place_of(self.root, node)?;
        let text = text.as_ref();
        let message = if path.is_empty() { text.to_owned() } else { format!("`{path}`: {text}") };
        let mut wrong = Diagnostic::error(message).at(span);
        wrong.rule = Some(rule);
        self.found.push(wrong);
        self.found.last_mut()
    }

    /// Adds a finding with a cure.
    fn wrong_hint(&mut self, node: &Node, rule: &'static str, text: impl AsRef<str>, hint: impl Into<String>) {
        let hint = hint.into();
        if let Some(wrong) = self.wrong(node, rule, text) {
            wrong.hints.push(hint);
        }
    }

    /// The text of a field that must be there and not be empty.
    fn required_text(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        let text = text_of(node, key).filter(|text| !text.is_empty());
        // A value of another type is the schema's affair.
        if text.is_none() && node.get(key).is_none_or(|value| value.is_null() || value.as_str().is_some()) {
            let at = node.get(key).unwrap_or(node);
            self.wrong(at, "missing-field", format!("expected a text in `{key}`, found none"));
        }
        text
    }

    /// A text that must be one of some.
    fn one_of(&mut self, node: &'n Node, key: &str, known: &[&str]) {
        let Some(text) = text_of(node, key).filter(|text| !text.is_empty()) else { return };
        if known.contains(&text) {
            return;
        }
        let shown: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
        let Some(value) = node.get(key) else { return };
        let near = known.iter().find(|known| known.eq_ignore_ascii_case(text)).map(|near| (*near).to_owned());
        let near = near.or_else(|| crate::diagnostic::nearest(text, known.iter().map(|known| known.as_bytes())));
        if let Some(wrong) =
            self.wrong(value, "wrong-value", format!("expected {}, found another text", shown.join(", ")))
        {
            wrong.hints.extend(near.map(|near| format!("did you mean `{near}`?")));
        }
    }

    /// A number that must lie in a range.
    fn in_range(&mut self, node: &'n Node, key: &str, least: i64, most: i64) {
        let Some((value, number)) = integer(node, key) else { return };
        if (least..=most).contains(&number) {
            return;
        }
        let wanted = match most {
            i64::MAX => format!("expected at least {least}"),
            _ => format!("expected a number from {least} to {most}"),
        };
        self.wrong(value, "out-of-range", format!("{wanted}, found {number}"));
    }

    /// A number that must not be negative.
    fn not_negative(&mut self, node: &'n Node, keys: &[&str]) {
        keys.iter().for_each(|key| self.in_range(node, key, 0, i64::MAX));
    }

    /// A port that must lie in its range.
    fn port(&mut self, node: &'n Node, key: &str) {
        let Some((value, number)) = integer(node, key) else { return };
        if !(1..=65535).contains(&number) {
            self.wrong(value, "port-out-of-range", format!("expected a port from 1 to 65535, found {number}"));
        }
    }

    /// A port's number or name.
    fn port_or_name(&mut self, node: &'n Node, key: &str) {
        self.port(node, key);
        let Some(value) = node.get(key) else { return };
        if let Some(name) = as_text(value)
            && let Some(broken) = names::port_name(name)
        {
            self.wrong(value, "invalid-name", format!("expected the name of a port: {broken}"));
        }
    }

    /// Checks a text against a rule for names.
    fn named(&mut self, value: &Node, rule: impl Fn(&str) -> names::Broken) {
        let Some(text) = as_text(value).filter(|text| !text.is_empty()) else { return };
        if let Some(broken) = rule(text) {
            self.wrong(value, "invalid-name", format!("expected {broken}"));
        }
    }
}

/// The text of a node, if it is one.
fn as_text(node: &Node) -> Option<&str> {
    std::str::from_utf8(node.as_str()?).ok()
}

/// The text of an item of a list of texts, if it is one; an API server reads a null there as an empty text.
fn item_text(node: &Node) -> Option<&str> {
    if node.is_null() { Some("") } else { as_text(node) }
}

/// An integer field.
fn integer<'n>(node: &'n Node, key: &str) -> Option<(&'n Node, i64)> {
    let value = node.get(key)?;
    match value.kind() {
        NodeKind::Int(number) => Some((value, *number)),
        _ => None,
    }
}

/// The items of a list field.
fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

fn is_set(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|value| !value.is_null())
}

/// The path of a node and the place where a person looks for it.
fn place_of(root: &Node, wanted: &Node) -> Option<(String, Span)> {
    let first = |node: &Node| node.entries().first().map_or(node.span(), |entry| entry.key.span());
    let mut open: Vec<(&Node, String, Span)> = vec![(root, String::new(), first(root))];
    while let Some((node, path, span)) = open.pop() {
        if std::ptr::eq(node, wanted) {
            let wide = matches!(node.kind(), NodeKind::Seq(_) | NodeKind::Map(_) | NodeKind::Null);
            return Some((path, if wide { span } else { node.span() }));
        }
        for entry in node.entries() {
            if std::ptr::eq(&entry.key, wanted) {
                return Some((path, entry.key.span()));
            }
            let name = entry.key.key_text().unwrap_or_default();
            let name = String::from_utf8_lossy(&name);
            let below = match (path.is_empty(), name.contains(['.', '[', ' '])) {
                (_, true) => format!("{path}[{name:?}]"),
                (true, false) => name.into_owned(),
                (false, false) => format!("{path}.{name}"),
            };
            open.push((&entry.value, below, entry.key.span()));
        }
        open.extend(node.items().iter().enumerate().map(|(at, item)| (item, format!("{path}[{at}]"), first(item))));
    }
    None
}
