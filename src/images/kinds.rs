//! Which fields of custom resources are images: what CRDs declare, and what is documented of the kinds of operators.

use crate::source::SourceId;
use crate::yaml::{self, Node};
use std::collections::{BTreeMap, HashMap};

/// Schemas and objects that nest deeper are not searched.
const DEEPEST: usize = 100;
/// The documented fields of kinds that have no CRD here.
const DOCUMENTED: &str = include_str!("../../schemas/custom/images.txt");

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A text that is an image.
    Text,
    /// A text whose name speaks of an image: it is one if it has a tag or digest.
    Named,
    /// A map with `repository`, and `registry`, `tag` or `digest` beside it.
    Table,
}

/// Who says that a field is an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    Crd,
    Documentation,
}

/// The declared fields of one object, by their paths.
pub(super) type Declared = BTreeMap<String, (Shape, Witness)>;

/// The custom kinds whose CRDs are known.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    /// By `GROUP/VERSION KIND`.
    crds: HashMap<String, Branch, foldhash::fast::FixedState>,
}

/// The part of a schema that leads to images.
#[derive(Clone, Debug, Default)]
struct Branch {
    here: Option<Shape>,
    fields: BTreeMap<String, Branch>,
    /// Of each item of a list.
    items: Option<Box<Branch>>,
    /// Of each value of a map.
    values: Option<Box<Branch>>,
}

impl Kinds {
    /// Takes the CRDs among the documents of a text; others and broken ones are passed over. A later CRD wins.
    pub fn add_crds(&mut self, text: &[u8]) {
        if memchr::memmem::find(text, b"CustomResourceDefinition").is_none() {
            return;
        }
        for document in crate::kubernetes::documents(text) {
            if let Ok(node) = yaml::parse(document.text, SourceId::default()) {
                self.add_crd(&node);
            }
        }
    }

    fn add_crd(&mut self, crd: &Node) {
        let (Some("CustomResourceDefinition"), Some(spec)) = (text(crd, "kind"), crd.get("spec")) else { return };
        let kind = spec.get("names").and_then(|names| text(names, "kind"));
        let (Some(group), Some(kind)) = (text(spec, "group"), kind) else { return };
        // CRDs of `v1beta1` may have one schema for all versions.
        let whole = spec.at(&["validation", "openAPIV3Schema"]);
        let versions = spec.get("versions").map(Node::items).unwrap_or_default().iter();
        let versions = versions.filter_map(|version| Some((text(version, "name")?, version)));
        let own = versions.map(|(name, version)| (name, version.at(&["schema", "openAPIV3Schema"]).or(whole)));
        for (version, schema) in own.chain(text(spec, "version").map(|version| (version, whole))) {
            if let Some(branch) = schema.map(|schema| branch(schema, "", 0)) {
                self.crds.insert(format!("{group}/{version} {kind}"), branch);
            }
        }
    }

    /// The fields of an object that are declared as images; those of the items of a `List` too.
    pub(super) fn declared(&self, object: &Node) -> Declared {
        let mut declared = Declared::new();
        match text(object, "kind") {
            Some("List") => {
                for (at, item) in object.get("items").map(Node::items).unwrap_or_default().iter().enumerate() {
                    self.declare(item, &format!("items[{at}]."), &mut declared);
                }
            }
            _ => self.declare(object, "", &mut declared),
        }
        declared
    }

    fn declare(&self, object: &Node, prefix: &str, declared: &mut Declared) {
        let (Some(version), Some(kind)) = (text(object, "apiVersion"), text(object, "kind")) else { return };
        let Some((group, _)) = version.split_once('/') else { return };
        for line in DOCUMENTED.lines() {
            let mut words = line.split(' ');
            if words.next() != Some(group) || words.next() != Some(kind) {
                continue;
            }
            let (Some(field), Some(shape)) = (words.next(), words.next()) else { continue };
            let named = object.at(&["metadata", "name"]).and_then(Node::as_str);
            let shape = match shape {
                "table" => Shape::Table,
                "setting" if !named.is_some_and(|name| name.ends_with(b"-image")) => continue,
                _ => Shape::Text,
            };
            let steps: Vec<&str> = field.split('.').collect();
            follow(object, &steps, prefix, &mut |path| {
                declared.insert(path, (shape, Witness::Documentation));
            });
        }
        if let Some(branch) = self.crds.get(&format!("{version} {kind}")) {
            for (field, inner) in &branch.fields {
                if let Some(value) = object.get(field) {
                    search(inner, value, format!("{prefix}{field}"), declared);
                }
            }
        }
    }
}

/// Tells of every place of an object that a field of the documentation stands for.
fn follow(node: &Node, steps: &[&str], path: &str, found: &mut dyn FnMut(String)) {
    let Some((step, rest)) = steps.split_first() else { return };
    let field = step.trim_end_matches("[]");
    let Some(value) = node.get(field) else { return };
    if field.len() < step.len() {
        for (at, item) in value.items().iter().enumerate() {
            follow(item, rest, &format!("{path}{field}[{at}]."), found);
        }
    } else if rest.is_empty() {
        found(format!("{path}{field}"));
    } else {
        follow(value, rest, &format!("{path}{field}."), found);
    }
}

/// The branch of a schema for a field of this name.
fn branch(schema: &Node, name: &str, depth: usize) -> Branch {
    let mut branch = Branch::default();
    if depth > DEEPEST {
        return branch;
    }
    branch.here = shape(schema, name);
    for entry in schema.get("properties").map(Node::entries).unwrap_or_default() {
        let field = String::from_utf8_lossy(&entry.key.key_text().unwrap_or_default()).into_owned();
        // The reference of an image volume.
        let reference = name == "image" && field == "reference" && is(&entry.value, "string");
        let inner = self::branch(&entry.value, if reference { "image" } else { &field }, depth + 1);
        if !inner.is_empty() {
            branch.fields.insert(field, inner);
        }
    }
    let below = |key: &str, name: &str| {
        let inner = self::branch(schema.get(key)?, name, depth + 1);
        (!inner.is_empty()).then(|| Box::new(inner))
    };
    branch.items = below("items", if name == "images" { "itemImage" } else { "" });
    branch.values = below("additionalProperties", "");
    branch
}

impl Branch {
    fn is_empty(&self) -> bool {
        self.here.is_none() && self.fields.is_empty() && self.items.is_none() && self.values.is_none()
    }
}

fn shape(schema: &Node, name: &str) -> Option<Shape> {
    if is(schema, "string") {
        return match name {
            "image" => Some(Shape::Text),
            _ => name.ends_with("Image").then_some(Shape::Named),
        };
    }
    let property = |name: &str| schema.get("properties").and_then(|properties| properties.get(name));
    let repository = property("repository").is_some_and(|repository| is(repository, "string"));
    (repository && (property("tag").is_some() || property("digest").is_some())).then_some(Shape::Table)
}

fn is(schema: &Node, kind: &str) -> bool {
    text(schema, "type") == Some(kind)
}

fn search(branch: &Branch, node: &Node, path: String, declared: &mut Declared) {
    if let Some(shape) = branch.here {
        declared.insert(path.clone(), (shape, Witness::Crd));
    }
    for entry in node.entries() {
        let field = String::from_utf8_lossy(&entry.key.key_text().unwrap_or_default()).into_owned();
        if let Some(inner) = branch.fields.get(&field).or(branch.values.as_deref()) {
            search(inner, &entry.value, format!("{path}.{field}"), declared);
        }
    }
    if let Some(inner) = &branch.items {
        for (at, item) in node.items().iter().enumerate() {
            search(inner, item, format!("{path}[{at}]"), declared);
        }
    }
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key)?.as_str().and_then(|text| std::str::from_utf8(text).ok())
}
