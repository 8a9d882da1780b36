//! Volumes and their mounts.

use super::names;
use super::{Server, as_text, is_set, items, text_of};
use crate::yaml::Node;
use std::collections::HashSet;

impl<'n> Server<'n> {
    /// The volumes of a pod, whose names go to `known`.
    pub(super) fn volumes(&mut self, spec: &'n Node, known: &mut HashSet<&'n str>) {
        for volume in items(spec, "volumes") {
            if let Some(name) = self.required_text(volume, "name") {
                known.insert(name);
            }
            if let Some(name) = volume.get("name") {
                self.named(name, names::dns_label);
            }
            self.volume(volume);
        }
    }

    fn volume(&mut self, volume: &'n Node) {
        let sources: Vec<_> = volume
            .entries()
            .iter()
            .filter(|entry| {
                let key = entry.key.key_text().unwrap_or_default();
                *key != *b"name" && !entry.value.is_null()
            })
            .collect();
        match sources.len() {
            // Without a source it is an `emptyDir`.
            0 | 1 => {}
            count => {
                self.wrong(volume, "wrong-value", format!("expected one source of the volume, found {count}"));
            }
        }
        for (source, key) in [
            ("configMap", "name"),
            ("secret", "secretName"),
            ("persistentVolumeClaim", "claimName"),
            ("hostPath", "path"),
        ] {
            let Some(node) = volume.get(source).filter(|node| !node.is_null()) else { continue };
            self.required_text(node, key);
            self.in_range(node, "defaultMode", 0, 0o777);
            for item in items(node, "items") {
                self.in_range(item, "mode", 0, 0o777);
                self.relative_path(item, "path");
            }
        }
        if let Some(empty) = volume.get("emptyDir") {
            self.quantity(empty.get("sizeLimit"));
        }
    }

    /// A path below the root of a volume.
    fn relative_path(&mut self, node: &'n Node, key: &str) {
        let Some((value, path)) = node.get(key).and_then(|value| Some((value, as_text(value)?))) else { return };
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            self.wrong(value, "wrong-value", "expected a relative path without `..`, found another one");
        }
    }

    /// The mounts of a container.
    pub(super) fn mounts(&mut self, container: &'n Node, volumes: &HashSet<&str>) {
        let mut paths = HashSet::new();
        for mount in items(container, "volumeMounts") {
            if let Some(name) = self.required_text(mount, "name")
                && !volumes.contains(name)
                && let Some(node) = mount.get("name")
            {
                let near = crate::diagnostic::nearest(name, volumes.iter().map(|name| name.as_bytes()));
                let text = "expected the name of a volume of the pod, found another one";
                if let Some(wrong) = self.wrong(node, "unknown-volume", text) {
                    wrong.hints.extend(near.map(|near| format!("did you mean `{near}`?")));
                }
            }
            if let Some(path) = self.required_text(mount, "mountPath")
                && !paths.insert(path)
                && !duplicate_in_list(container, path)
                && let Some(node) = mount.get("mountPath")
            {
                self.wrong(node, "duplicate-merge-key", "expected a path that no other mount of the container has");
            }
            self.relative_path(mount, "subPath");
            if is_set(mount, "subPath")
                && is_set(mount, "subPathExpr")
                && !text_of(mount, "subPath").unwrap_or_default().is_empty()
            {
                self.wrong(mount, "wrong-value", "expected `subPath` or `subPathExpr`, found both");
            }
        }
    }
}

/// Equal paths are told as equal merge keys already.
fn duplicate_in_list(container: &Node, path: &str) -> bool {
    items(container, "volumeMounts").iter().filter(|mount| text_of(mount, "mountPath") == Some(path)).count() > 1
}
