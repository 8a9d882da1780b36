//! Quantities: requests, limits, sizes.

use super::super::quantity::Quantity;
use super::{Server, as_text, item_text, items};
use crate::diagnostic::nearest;
use crate::yaml::{Entry, Node, NodeKind};

/// What every node has for containers.
const OWN: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

impl<'n> Server<'n> {
    /// The requests and limits of a container.
    pub(super) fn container_resources(&mut self, container: &'n Node) {
        let Some(resources) = container.get("resources") else { return };
        for part in ["limits", "requests"] {
            for entry in resources.get(part).map(Node::entries).unwrap_or_default() {
                self.resource_name(entry);
                self.quantity(Some(&entry.value));
            }
        }
        let limits = resources.get("limits");
        for entry in resources.get("requests").map(Node::entries).unwrap_or_default() {
            let Some(name) = entry.key.key_text() else { continue };
            // A null is a limit of zero.
            let limit = limits.and_then(|limits| limits.get(&name));
            let limit =
                limit.and_then(|limit| if limit.is_null() { Some(Quantity::of_integer(0)) } else { read(limit) });
            if let (Some(limit), Some(request)) = (limit, read(&entry.value))
                && request > limit
            {
                self.wrong(&entry.value, "out-of-range", "expected at most the limit of the same resource, found more");
            }
        }
    }

    /// The name of what a container asks for: one of Kubernetes' own, or one with a domain.
    fn resource_name(&mut self, entry: &'n Entry) {
        let Some(name) = as_text(&entry.key).filter(|name| !name.contains('/') && !name.starts_with("hugepages-"))
        else {
            return;
        };
        if OWN.contains(&name) {
            return;
        }
        let hint = match nearest(name, OWN.iter().map(|own| own.as_bytes())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a resource of others has a domain, as in `example.com/gpu`".to_owned(),
        };
        let text = format!("expected one of `{}` for a name, found another", OWN.join("`, `"));
        self.wrong_hint(&entry.value, "wrong-value", text, hint);
    }

    /// A quantity that is not negative.
    pub(super) fn quantity(&mut self, node: Option<&'n Node>) {
        let Some(node) = node.filter(|node| !node.is_null()) else { return };
        match read(node) {
            Some(quantity) if quantity.sign() < 0 => {
                self.wrong(node, "out-of-range", "expected a quantity that is not negative");
            }
            Some(_) => {}
            None if matches!(node.kind(), NodeKind::Str(_)) => {
                let hint = "write a number and a unit, as in `500m`, `2` or `1Gi`";
                self.wrong_hint(node, "wrong-format", "expected a quantity, found another text", hint);
            }
            None => {}
        }
    }

    /// A `PersistentVolumeClaim`, by itself or as the template of one.
    pub(super) fn claim(&mut self, spec: Option<&'n Node>, whole: &'n Node) {
        let Some(spec) = spec.filter(|spec| !spec.is_null()) else {
            self.wrong(whole, "missing-field", "expected a field `spec`, found none");
            return;
        };
        let modes = items(spec, "accessModes");
        if modes.is_empty() {
            let hint = "write one of `ReadWriteOnce`, `ReadOnlyMany`, `ReadWriteMany`, `ReadWriteOncePod`";
            self.wrong_hint(spec, "missing-field", "expected at least one of `accessModes`, found none", hint);
        }
        let known = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
        for mode in modes.iter().filter(|mode| item_text(mode).is_some_and(|mode| !known.contains(&mode))) {
            self.wrong(mode, "wrong-value", format!("expected one of `{}`, found another text", known.join("`, `")));
        }
        self.one_of(spec, "volumeMode", &["Filesystem", "Block"]);
        self.selector(spec.get("selector"));
        let storage = spec.at(&["resources", "requests", "storage"]).filter(|storage| !storage.is_null());
        match storage {
            Some(storage) if read(storage).is_some_and(|size| size.sign() == 0) => {
                self.wrong(storage, "out-of-range", "expected a size above zero");
            }
            Some(storage) => self.quantity(Some(storage)),
            None => {
                self.wrong(spec, "missing-field", "expected a size in `resources.requests.storage`, found none");
            }
        }
    }
}

/// A quantity as it is written.
fn read(node: &Node) -> Option<Quantity> {
    match node.kind() {
        NodeKind::Int(number) => Some(Quantity::of_integer(*number)),
        NodeKind::Float(number) => Quantity::parse(&number.to_string()),
        _ => Quantity::parse(as_text(node)?),
    }
}
