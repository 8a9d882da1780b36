//! Images in one object.

use super::Reference;
use crate::source::Span;
use crate::yaml::{Node, NodeKind};

/// Objects that nest deeper are not searched.
const DEEPEST: usize = 200;

/// One place that names an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The image.
    pub image: Reference,
    /// The field: `spec.template.spec.containers[0].image`.
    pub path: String,
    /// What kind of place it is: `container`, `init container`, `ephemeral container`, `volume`, `argument`, `variable`,
    /// `annotation` or `custom resource`.
    pub kind: &'static str,
    /// Where the value stands in the object's text.
    pub span: Span,
}

/// Finds the images that an object names. Data of ConfigMaps and Secrets are not searched.
pub fn find(object: &Node) -> Vec<Place> {
    let kind = object.get("kind").and_then(Node::as_str).unwrap_or_default();
    let mut search = Search { found: Vec::new() };
    for entry in object.entries() {
        let data = matches!(kind, b"ConfigMap" | b"Secret") && key(&entry.key) != "metadata";
        if !data && key(&entry.key) != "status" {
            search.walk(&entry.value, &key(&entry.key), &key(&entry.key), 0);
        }
    }
    search.found
}

struct Search {
    found: Vec<Place>,
}

/// How sure a text must be to count as an image.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The field says that it is one.
    Field,
    /// Its name speaks of images: a tag or digest is needed.
    Name,
    /// Nothing but the text itself: a registry, and a tag or digest.
    Text,
}

impl Search {
    fn walk(&mut self, node: &Node, name: &str, path: &str, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match node.kind() {
            NodeKind::Map(entries) => {
                self.map(node, name, path);
                for entry in entries {
                    let field = key(&entry.key);
                    self.walk(&entry.value, &field, &format!("{path}.{field}"), depth + 1);
                }
            }
            NodeKind::Seq(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.walk(item, name, &format!("{path}[{at}]"), depth + 1);
                }
            }
            NodeKind::Str(_) => self.text(node, name, path),
            _ => {}
        }
    }

    /// Maps that say in several fields what an image is.
    fn map(&mut self, node: &Node, name: &str, path: &str) {
        if path.contains("annotations") || path.contains("labels") {
            return;
        }
        let text = |field: &str| {
            node.get(field).and_then(|value| value.to_text()).map(|text| String::from_utf8_lossy(&text).into_owned())
        };
        if let (Some(variable), Some(value)) = (text("name"), node.get("value")) {
            let proof = if speaks_of_images(&variable) { Proof::Name } else { Proof::Text };
            self.add(value, &format!("{path}.value"), "variable", proof);
        }
        if !name.to_lowercase().ends_with("image") {
            return;
        }
        let Some(repository) = text("repository").filter(|text| !text.is_empty()) else { return };
        let mut whole =
            text("registry").filter(|text| !text.is_empty()).map_or(String::new(), |host| format!("{host}/"));
        whole.push_str(&repository);
        if let Some(tag) = text("tag").filter(|text| !text.is_empty()) {
            whole.push_str(&format!(":{tag}"));
        }
        if let Some(digest) = text("digest").filter(|text| !text.is_empty()) {
            whole.push_str(&format!("@{digest}"));
        }
        if let (Some(image), Some(value)) = (Reference::parse(&whole), node.get("repository")) {
            self.found.push(Place { image, path: path.to_owned(), kind: "custom resource", span: value.span() });
        }
    }

    fn text(&mut self, node: &Node, name: &str, path: &str) {
        let within = |list: &str| path.contains(&format!(".{list}["));
        if name == "image" {
            let kind = match () {
                () if within("initContainers") => "init container",
                () if within("ephemeralContainers") => "ephemeral container",
                () if within("containers") => "container",
                () => "custom resource",
            };
            return self.add(node, path, kind, Proof::Field);
        }
        if name == "reference" && within("volumes") {
            return self.add(node, path, "volume", Proof::Field);
        }
        if path.starts_with("metadata.annotations.") || path.contains(".metadata.annotations.") {
            let proof = if speaks_of_images(name) { Proof::Name } else { Proof::Text };
            return self.add(node, path, "annotation", proof);
        }
        if matches!(name, "args" | "command") {
            return self.argument(node, path);
        }
        if name.ends_with("Image") || name == "images" || name == "baseImage" {
            self.add(node, path, "custom resource", Proof::Name);
        }
    }

    /// An argument: an image itself, or one behind `--flag=`.
    fn argument(&mut self, node: &Node, path: &str) {
        let text = node.as_str().map(String::from_utf8_lossy).unwrap_or_default();
        match text.split_once('=').filter(|(flag, _)| flag.starts_with('-')) {
            Some((flag, value)) => {
                let proof = if speaks_of_images(flag) { Proof::Name } else { Proof::Text };
                self.add_text(value, node, (path, "argument"), proof);
            }
            None => self.add(node, path, "argument", Proof::Text),
        }
    }

    fn add(&mut self, node: &Node, path: &str, kind: &'static str, proof: Proof) {
        let Some(text) = node.as_str().and_then(|text| std::str::from_utf8(text).ok()) else { return };
        self.add_text(text, node, (path, kind), proof);
    }

    fn add_text(&mut self, text: &str, node: &Node, (path, kind): (&str, &'static str), proof: Proof) {
        let Some(image) = Reference::parse(text.trim()) else { return };
        let pinned = image.digest().is_some() || image.tag().is_some();
        // `host.name:9092` and `host.name/path:80` are addresses; no port has one digit.
        let is_port = |tag: &str| tag.len() > 1 && tag.bytes().all(|byte| byte.is_ascii_digit());
        let port = image.digest().is_none() && image.tag().is_some_and(is_port);
        let sure = match proof {
            Proof::Field => true,
            Proof::Name => pinned && (!port || image.repository().contains('/')),
            Proof::Text => pinned && image.registry().is_some() && !port,
        };
        let known = self.found.iter().any(|place| place.path == path);
        if sure && !known {
            self.found.push(Place { image, path: path.to_owned(), kind, span: node.span() });
        }
    }
}

fn key(node: &Node) -> String {
    String::from_utf8_lossy(&node.key_text().unwrap_or_default()).into_owned()
}

fn speaks_of_images(name: &str) -> bool {
    name.to_lowercase().contains("image")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml;

    #[test]
    fn images_are_found_wherever_they_stand() {
        let text = b"
kind: Deployment
metadata: {annotations: {sidecar.istio.io/proxyImage: istio/proxyv2:1.2, note: see a.b/c}}
spec:
  template:
    spec:
      initContainers: [{name: i, image: busybox}]
      containers:
      - name: c
        image: quay.io/a/b:1
        args: [--reloader=quay.io/a/reloader:v1, --url=host.example/x:9200, --listen=a.b:80]
        env: [{name: JOB_IMAGE, value: a/job:2}, {name: HOST, value: db.example:5432}, {name: X, value: ghcr.io/o/x:3}]
      volumes: [{name: v, image: {reference: a/data:4}}]
";
        let node = yaml::parse(text, SourceId::default()).expect("YAML");
        let found: Vec<(String, &str)> =
            find(&node).iter().map(|place| (place.image.to_string(), place.kind)).collect();
        let wanted = [
            ("istio/proxyv2:1.2", "annotation"),
            ("busybox", "init container"),
            ("quay.io/a/b:1", "container"),
            ("quay.io/a/reloader:v1", "argument"),
            ("a/job:2", "variable"),
            ("ghcr.io/o/x:3", "variable"),
            ("a/data:4", "volume"),
        ];
        assert_eq!(found, wanted.map(|(image, kind)| (image.to_owned(), kind)));
    }
}
