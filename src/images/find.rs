//! Images in one object.

use super::kinds::{Declared, Shape, Witness};
use super::{Kinds, Reference};
use crate::source::Span;
use crate::yaml::{Node, NodeKind};
use std::fmt;

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
    /// Why it is an image.
    pub rule: Rule,
    /// Where the value stands in the object's text.
    pub span: Span,
}

/// Why a text counts as an image, the surest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The type of one of Kubernetes' own kinds: a container, an image volume.
    Type,
    /// The CRD of its kind declares it.
    Crd,
    /// The documentation of its kind does; the CRD is not there.
    Documented,
    /// The field is called `image`.
    Field,
    /// The field, variable or flag has `image` in its name, and the text a tag or digest.
    Name,
    /// The text has a registry, and a tag or digest.
    Text,
}

impl Rule {
    /// The rule in one word, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Type => "type",
            Rule::Crd => "crd",
            Rule::Documented => "documented",
            Rule::Field => "field",
            Rule::Name => "name",
            Rule::Text => "text",
        }
    }
}

/// The rule in words: `by its CRD`.
impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Rule::Type => "by its type",
            Rule::Crd => "by its CRD",
            Rule::Documented => "by the documented fields of its kind",
            Rule::Field => "by the field's name",
            Rule::Name => "by its name and a tag or digest",
            Rule::Text => "by its registry and a tag or digest",
        })
    }
}

/// The groups of Kubernetes' own kinds with pods in them.
const OWN_GROUPS: [&[u8]; 3] = [b"v1", b"apps/", b"batch/"];

/// Finds the images that an object names. Data of ConfigMaps and Secrets are not searched.
pub fn find(object: &Node) -> Vec<Place> {
    find_among(object, &Kinds::default())
}

/// Finds the images that an object names; of custom resources also what CRDs declare.
pub fn find_among(object: &Node, kinds: &Kinds) -> Vec<Place> {
    let text = |key: &str| object.get(key).and_then(Node::as_str).unwrap_or_default();
    let kind = text("kind");
    let own = OWN_GROUPS.iter().any(|group| text("apiVersion").starts_with(group)) && kind != b"List";
    let surest = if own { Rule::Type } else { Rule::Field };
    let mut search = Search { found: Vec::new(), declared: kinds.declared(object), surest };
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
    declared: Declared,
    /// What a field of a container says.
    surest: Rule,
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
        let declared = self.declared.get(path).filter(|(shape, _)| *shape == Shape::Table).map(|(_, who)| of(*who));
        if declared.is_none() && !name.to_lowercase().ends_with("image") {
            return;
        }
        let rule = declared.unwrap_or(Rule::Field);
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
            self.found.push(Place { image, path: path.to_owned(), kind: "custom resource", rule, span: value.span() });
        }
    }

    fn text(&mut self, node: &Node, name: &str, path: &str) {
        let within = |list: &str| path.contains(&format!(".{list}["));
        let kind = match () {
            () if within("initContainers") => "init container",
            () if within("ephemeralContainers") => "ephemeral container",
            () if within("containers") => "container",
            () if name == "reference" && within("volumes") => "volume",
            () => "custom resource",
        };
        if let Some((shape @ (Shape::Text | Shape::Named), who)) = self.declared.get(path).copied() {
            let proof = if shape == Shape::Text { Proof::Field } else { Proof::Name };
            return self.add_text(&plain(node), node, (path, kind), (proof, of(who)));
        }
        if name == "image" {
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
                self.add_text(value, node, (path, "argument"), (proof, self.rule(proof)));
            }
            None => self.add(node, path, "argument", Proof::Text),
        }
    }

    fn add(&mut self, node: &Node, path: &str, kind: &'static str, proof: Proof) {
        self.add_text(&plain(node), node, (path, kind), (proof, self.rule(proof)));
    }

    fn rule(&self, proof: Proof) -> Rule {
        match proof {
            Proof::Field => self.surest,
            Proof::Name => Rule::Name,
            Proof::Text => Rule::Text,
        }
    }

    fn add_text(&mut self, text: &str, node: &Node, (path, kind): (&str, &'static str), (proof, rule): (Proof, Rule)) {
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
            self.found.push(Place { image, path: path.to_owned(), kind, rule, span: node.span() });
        }
    }
}

fn of(witness: Witness) -> Rule {
    match witness {
        Witness::Crd => Rule::Crd,
        Witness::Documentation => Rule::Documented,
    }
}

/// The text of a node; empty where it has none that is UTF-8.
fn plain(node: &Node) -> String {
    node.as_str().and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default().to_owned()
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

    fn told(text: &str, kinds: &Kinds) -> Vec<(String, String, &'static str, Rule)> {
        let node = yaml::parse(text.as_bytes(), SourceId::default()).expect("YAML");
        let places = find_among(&node, kinds);
        places.iter().map(|one| (one.image.to_string(), one.path.clone(), one.kind, one.rule)).collect()
    }

    #[test]
    fn crds_tell_which_fields_are_images() {
        let crd = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: x.org
  names: {kind: Shop}
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              engine: {type: object, properties: {repository: {type: string}, tag: {type: string}, registry: {type: string}}}
              helperImage: {type: string}
              sidecars: {type: array, items: {type: object, properties: {name: {type: string}, image: {type: string}}}}
              pools:
                type: object
                additionalProperties: {type: object, properties: {image: {type: string}, logo: {type: string}}}
              images: {type: array, items: {type: string}}
              source: {type: object, properties: {repository: {type: string}, branch: {type: string}}}
";
        let mut kinds = Kinds::default();
        kinds.add_crds(crd.as_bytes());
        let shop = "
apiVersion: x.org/v1
kind: Shop
spec:
  engine: {registry: quay.io, repository: x/engine, tag: '1'}
  helperImage: x/helper:2
  sidecars: [{name: a, image: sidecar}]
  pools: {blue: {image: x/pool:3, logo: a/logo:4}}
  images: ['x/one:5', plain]
  source: {repository: x/source, branch: main}
";
        let crd = |image: &str, path: &str| (image.to_owned(), path.to_owned(), "custom resource", Rule::Crd);
        let wanted = [
            crd("quay.io/x/engine:1", "spec.engine"),
            crd("x/helper:2", "spec.helperImage"),
            crd("sidecar", "spec.sidecars[0].image"),
            crd("x/pool:3", "spec.pools.blue.image"),
            crd("x/one:5", "spec.images[0]"),
        ];
        assert_eq!(told(shop, &kinds), wanted);
        // Without the CRD, or of another version, there is only what names say.
        let rules = told(shop, &Kinds::default()).into_iter().map(|(image, _, _, rule)| (image, rule));
        let wanted =
            [("x/helper:2", Rule::Name), ("sidecar", Rule::Field), ("x/pool:3", Rule::Field), ("x/one:5", Rule::Name)];
        assert_eq!(rules.collect::<Vec<_>>(), wanted.map(|(image, rule)| (image.to_owned(), rule)));
        let other = shop.replace("x.org/v1", "x.org/v2");
        assert!(told(&other, &kinds).iter().all(|(_, _, _, rule)| *rule != Rule::Crd));
    }

    #[test]
    fn kinds_of_operators_have_documented_images() {
        for (object, wanted) in [
            (
                "{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {image: 'quay.io/p/p:v3', version: v3, \
                 thanos: {image: 'quay.io/t/t:v0'}, containers: [{name: c, image: c}]}}",
                vec!["quay.io/p/p:v3", "quay.io/t/t:v0", "c"],
            ),
            ("{apiVersion: monitoring.coreos.com/v1, kind: Alertmanager, spec: {image: 'a:1'}}", vec!["a:1"]),
            (
                "{apiVersion: logging.banzaicloud.io/v1beta1, kind: Logging, spec: {fluentbit: {image: \
                 {repository: f/bit, tag: '1'}, configHotReload: {image: {repository: f/reload}}}}}",
                vec!["f/bit:1", "f/reload"],
            ),
            (
                "{apiVersion: helm.cattle.io/v1, kind: HelmChart, spec: {jobImage: rancher/klipper-helm}}",
                vec!["rancher/klipper-helm"],
            ),
            (
                "{apiVersion: management.cattle.io/v3, kind: Setting, metadata: {name: shell-image}, value: 'rancher/shell:v1'}",
                vec!["rancher/shell:v1"],
            ),
            (
                "{apiVersion: management.cattle.io/v3, kind: Setting, metadata: {name: server-url}, value: 'a/b:c'}",
                vec![],
            ),
            (
                "{apiVersion: v1, kind: List, items: [{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {image: p}}]}",
                vec!["p"],
            ),
        ] {
            let found = told(object, &Kinds::default());
            let images: Vec<&str> = found.iter().map(|(image, _, _, _)| image.as_str()).collect();
            assert_eq!(images, wanted, "{object}");
            assert!(found.iter().all(|(_, _, _, rule)| *rule == Rule::Documented), "{found:?}");
        }
        let pod = told("{apiVersion: apps/v1, kind: Deployment, spec: {containers: [{image: a}]}}", &Kinds::default());
        assert_eq!(pod.first().map(|(_, _, _, rule)| *rule), Some(Rule::Type));
    }
}
