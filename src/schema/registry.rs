//! The documents that a schema consists of: loading, identifiers, anchors and references.

use super::draft::{self, Draft};
use super::json::{Data, Document, NodeId, push_step};
use super::message::go_quoted;
use super::url::{self, Url};
use std::collections::HashMap;
use std::sync::Arc;

/// Fetches the documents that a schema refers to by `http:`, `https:` or `file:` addresses.
pub trait Loader {
    /// The bytes at an absolute URL, or the reason why there are none.
    fn load(&self, url: &str) -> Result<Vec<u8>, String>;
}

/// A loader without network and files: web addresses are refused, files do not exist.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl Loader for Offline {
    fn load(&self, url: &str) -> Result<Vec<u8>, String> {
        match Url::parse(url) {
            Ok(parsed) if parsed.scheme == "file" => {
                let path = url::unescape(&parsed.path).unwrap_or_default();
                Err(format!("open {}: no such file or directory", String::from_utf8_lossy(&path)))
            }
            _ => Err(format!("HTTP request failed for {url}: schemas are not fetched from the network")),
        }
    }
}

/// A document with what has been found in it.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) url: Arc<str>,
    pub(super) document: Arc<Document>,
    resources: Vec<Resource>,
    by_node: HashMap<NodeId, usize>,
    /// Which nodes are known to be schemas.
    processed: Vec<bool>,
}

/// A schema with an identifier of its own, and all below it that has none.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) node: NodeId,
    pub(super) id: String,
    pub(super) draft: Draft,
    anchors: Vec<(String, NodeId)>,
    dynamic: Vec<String>,
}

/// What a reference points at.
pub(super) enum Target {
    Node(usize, NodeId),
    /// Nothing, which is reported when the schema would be compiled.
    Missing(String),
}

pub(super) struct Registry<'l> {
    loader: &'l dyn Loader,
    pub(super) roots: Vec<Root>,
    by_url: HashMap<Arc<str>, usize>,
    documents: HashMap<String, Arc<Document>>,
    /// `urn:` addresses that stood for anything.
    pub(super) unresolved: Vec<String>,
}

impl Root {
    /// The resource that a node belongs to.
    pub(super) fn resource(&self, node: NodeId) -> Option<&Resource> {
        let mut at = node;
        loop {
            if let Some(found) = self.by_node.get(&at) {
                return self.resources.get(*found);
            }
            if at == 0 {
                return None;
            }
            at = self.document.parent(at);
        }
    }

    /// The draft of the resource that starts at this very node.
    pub(super) fn draft_at(&self, node: NodeId) -> Option<Draft> {
        self.resources.get(*self.by_node.get(&node)?).map(|resource| resource.draft)
    }

    /// The URL of a node.
    pub(super) fn location(&self, node: NodeId) -> String {
        location(&self.url, &self.document.pointer(node))
    }

    fn has_id(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    fn target(&self, at: usize, resource: &Resource, fragment: &str) -> Result<Target, String> {
        if fragment.is_empty() || fragment.starts_with('/') {
            return Ok(match lookup(&self.document, resource.node, fragment) {
                Lookup::Found(node) => Target::Node(at, node),
                Lookup::Invalid => Target::Missing(format!("invalid json-pointer {}", self.named(resource, fragment))),
                Lookup::Missing => {
                    Target::Missing(format!("json-pointer in {} not found", self.named(resource, fragment)))
                }
            });
        }
        match resource.anchors.iter().find(|(anchor, _)| anchor == fragment) {
            Some((_, node)) => Ok(Target::Node(at, *node)),
            None => {
                let reference = go_quoted(&location(&resource.id, fragment));
                Err(format!("anchor in {reference} not found in schema {}", go_quoted(&self.url)))
            }
        }
    }

    fn named(&self, resource: &Resource, fragment: &str) -> String {
        go_quoted(&location(&self.url, &(self.document.pointer(resource.node) + fragment)))
    }

    fn add_anchor(&mut self, resource: usize, anchor: &str, node: NodeId) -> Result<(), String> {
        let Some(found) = self.resources.get_mut(resource) else { return Ok(()) };
        match found.anchors.iter().find(|(known, _)| known == anchor) {
            Some((_, known)) if *known == node => Ok(()),
            Some((_, known)) => Err(format!(
                "duplicate anchor {} in {} at {} and {}",
                go_quoted(anchor),
                go_quoted(&self.url),
                go_quoted(&self.document.pointer(*known)),
                go_quoted(&self.document.pointer(node))
            )),
            None => {
                found.anchors.push((anchor.to_owned(), node));
                Ok(())
            }
        }
    }

    fn collect_anchors(&mut self, resource: usize, node: NodeId) -> Result<(), String> {
        let Some(draft) = self.resources.get(resource).map(|resource| resource.draft) else { return Ok(()) };
        let document = Arc::clone(&self.document);
        if draft < Draft::V2019 {
            let id = document.get_text(node, draft.id_keyword()).filter(|_| document.get(node, "$ref").is_none());
            let Some((_, fragment)) = id.and_then(|id| id.split_once('#')) else { return Ok(()) };
            let Ok(anchor) = url::unescape(fragment) else {
                return Err(format!("error in parsing anchor at {}", go_quoted(&self.location(node))));
            };
            let anchor = String::from_utf8_lossy(&anchor);
            if anchor.is_empty() || anchor.starts_with('/') {
                return Ok(());
            }
            return self.add_anchor(resource, &anchor, node);
        }
        if let Some(anchor) = document.get_text(node, "$anchor") {
            self.add_anchor(resource, anchor, node)?;
        }
        if draft >= Draft::V2020
            && let Some(anchor) = document.get_text(node, "$dynamicAnchor")
        {
            self.add_anchor(resource, anchor, node)?;
            self.resources[resource].dynamic.push(anchor.to_owned());
        }
        Ok(())
    }
}

impl Resource {
    /// The anchors that `$dynamicRef` may land on.
    pub(super) fn dynamic_anchors(&self) -> impl Iterator<Item = (&str, NodeId)> {
        let named = self.anchors.iter().filter(|(anchor, _)| self.dynamic.contains(anchor));
        named.map(|(anchor, node)| (anchor.as_str(), *node))
    }
}

impl<'l> Registry<'l> {
    pub(super) fn new(loader: &'l dyn Loader) -> Registry<'l> {
        let (by_url, documents) = (HashMap::new(), HashMap::new());
        Registry { loader, roots: Vec::new(), by_url, documents, unresolved: Vec::new() }
    }

    /// Makes a document known under a URL.
    pub(super) fn add(&mut self, url: &str, document: Document) {
        self.documents.insert(url.to_owned(), Arc::new(document));
    }

    /// The root at a URL, and whether it is new.
    pub(super) fn open(&mut self, url: &str) -> Result<(usize, bool), String> {
        if let Some(root) = self.by_url.get(url) {
            return Ok((*root, false));
        }
        let document = self.load(url)?;
        let mut root = Root {
            url: url.into(),
            processed: vec![false; document.len()],
            document,
            resources: Vec::new(),
            by_node: HashMap::new(),
        };
        self.collect(&mut root, 0, None)?;
        self.by_url.insert(Arc::clone(&root.url), self.roots.len());
        self.roots.push(root);
        Ok((self.roots.len() - 1, true))
    }

    /// Makes sure that a node counts as a schema; returns whether it is new as one.
    pub(super) fn ensure(&mut self, root: usize, node: NodeId) -> Result<bool, String> {
        let Some(found) = self.roots.get_mut(root) else { return Ok(false) };
        if found.processed.get(node as usize).copied().unwrap_or(true) {
            return Ok(false);
        }
        let empty = Root {
            url: Arc::clone(&found.url),
            document: Arc::clone(&found.document),
            resources: Vec::new(),
            by_node: HashMap::new(),
            processed: Vec::new(),
        };
        let mut taken = std::mem::replace(found, empty);
        let base =
            taken.resource(node).map(|resource| resource.node).and_then(|node| taken.by_node.get(&node).copied());
        let outcome = self.collect(&mut taken, node, base);
        self.roots[root] = taken;
        outcome.map(|()| true)
    }

    /// Where a reference in a resource points; opens the document if it is another one.
    ///
    /// A new root is returned too, because it has to be checked against its meta-schema.
    pub(super) fn resolve(
        &mut self,
        root: usize,
        base: &str,
        reference: &str,
    ) -> Result<(Target, Option<usize>), String> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let parsing = |text: &str, problem: String| format!("error in parsing {}: {problem}", go_quoted(text));
        let base = Url::parse(base).map_err(|problem| parsing(base, problem))?;
        let fragment = url::unescape(fragment).map_err(|problem| parsing(reference, problem))?;
        let fragment = String::from_utf8_lossy(&fragment).into_owned();
        let address = Url::parse(address).map_err(|problem| parsing(address, problem))?;
        let wanted = base.join(&address).to_string();
        if let Some(own) = self.roots.get(root) {
            let inside = match *own.url == *wanted {
                true => own.resource(0),
                false => own.has_id(&wanted),
            };
            if let Some(resource) = inside {
                return Ok((own.target(root, resource, &fragment)?, None));
            }
        }
        let (other, new) = self.open(&wanted)?;
        let Some((opened, resource)) = self.roots.get(other).and_then(|root| Some((root, root.resource(0)?))) else {
            return Ok((Target::Missing(format!("json-pointer in {} not found", go_quoted(&wanted))), None));
        };
        Ok((opened.target(other, resource, &fragment)?, new.then_some(other)))
    }

    fn load(&mut self, url: &str) -> Result<Arc<Document>, String> {
        if let Some(document) = self.documents.get(url) {
            return Ok(Arc::clone(document));
        }
        let document = match draft::published(url) {
            Some(document) => document,
            None => {
                Arc::new(self.fetch(url).map_err(|problem| format!("failing loading {}: {problem}", go_quoted(url)))?)
            }
        };
        self.documents.insert(url.to_owned(), Arc::clone(&document));
        Ok(document)
    }

    fn fetch(&mut self, url: &str) -> Result<Document, String> {
        let parsed = Url::parse(url)?;
        match parsed.scheme.as_str() {
            "urn" => {
                self.unresolved.push(url.to_owned());
                Ok(Document::permissive())
            }
            "file" | "http" | "https" => Document::parse(&self.loader.load(url)?),
            _ => Err(format!("no URLLoader registered for {}", go_quoted(&parsed.to_string()))),
        }
    }

    /// Finds the resources and anchors at and below `start`, which belongs to the resource `base`.
    fn collect(&mut self, root: &mut Root, start: NodeId, base: Option<usize>) -> Result<(), String> {
        let mut waiting = vec![(start, base)];
        while let Some((node, base)) = waiting.pop() {
            if std::mem::replace(&mut root.processed[node as usize], true) {
                continue;
            }
            let found = self.collect_one(root, node, base)?;
            let Some((resource, draft)) = found else { continue };
            root.collect_anchors(resource, node)?;
            let below = draft.subschemas(&root.document, node);
            waiting.extend(below.into_iter().rev().map(|node| (node, Some(resource))));
        }
        Ok(())
    }

    /// Finds the resource that a schema object starts or belongs to, and the draft that says where its schemas are.
    fn collect_one(
        &mut self,
        root: &mut Root,
        node: NodeId,
        base: Option<usize>,
    ) -> Result<Option<(usize, Draft)>, String> {
        let document = Arc::clone(&root.document);
        let outer = base.and_then(|base| root.resources.get(base));
        let fallback = outer.map_or(Draft::LATEST, |resource| resource.draft);
        let outer_id = outer.map_or_else(|| root.url.to_string(), |resource| resource.id.clone());
        if !matches!(document.data(node), Data::Map(_)) {
            if node == 0 {
                root.insert(node, outer_id, fallback);
            }
            return Ok(None);
        }
        let mut draft = self.draft_of(root, node, fallback)?;
        let mut id = draft.id(&document, node);
        if id.is_none() && node != 0 {
            // Without an identifier, `$schema` says nothing below the root.
            draft = fallback;
            id = draft.id(&document, node);
        }
        let own_id = match id {
            Some(id) => {
                let joined = Url::parse(&outer_id).and_then(|base| Ok(base.join(&Url::parse(id)?)));
                let problem = |_| format!("error in parsing id at {}", go_quoted(&root.location(node)));
                joined.map_err(problem)?.to_string()
            }
            None if node == 0 => outer_id,
            None => return Ok(base.map(|base| (base, draft))),
        };
        if let Some(known) = root.has_id(&own_id).filter(|known| known.node != node) {
            return Err(format!(
                "duplicate id {} in {} at {} and {}",
                go_quoted(&own_id),
                go_quoted(&root.url),
                go_quoted(&document.pointer(node)),
                go_quoted(&document.pointer(known.node))
            ));
        }
        let named = document.get_text(node, "$schema").is_some();
        let resource = root.insert(node, own_id, if named { draft } else { fallback });
        Ok(Some((resource, draft)))
    }

    /// The draft that `$schema` means, directly or by way of further meta-schemas.
    fn draft_of(&mut self, root: &Root, node: NodeId, fallback: Draft) -> Result<Draft, String> {
        let mut document = Arc::clone(&root.document);
        let (mut at, mut own) = (node, root.url.to_string());
        let mut seen: Vec<String> = Vec::new();
        loop {
            let Some(schema) = document.get_text(at, "$schema") else { return Ok(fallback) };
            if let Some(draft) = Draft::from_url(schema) {
                return Ok(draft);
            }
            let address = schema.split('#').next().unwrap_or_default().to_owned();
            if let Err(problem) = Url::parse(&address) {
                let place = location(&own, &document.pointer(at));
                return Err(format!("invalid $schema in {}: {problem}", go_quoted(&place)));
            }
            if at == 0 && address == own {
                return Err(format!("draft {} is not supported", go_quoted(&address)));
            }
            if seen.contains(&address) {
                return Err(format!("cycle in resolving $schema in {}", go_quoted(&address)));
            }
            document = self.load(&address)?;
            (at, own) = (0, address.clone());
            seen.push(address);
        }
    }
}

impl Root {
    fn insert(&mut self, node: NodeId, id: String, draft: Draft) -> usize {
        let at = self.resources.len();
        self.resources.push(Resource { node, id, draft, anchors: Vec::new(), dynamic: Vec::new() });
        self.by_node.insert(node, at);
        at
    }
}

enum Lookup {
    Found(NodeId),
    Missing,
    Invalid,
}

/// Follows a JSON pointer from a node.
fn lookup(document: &Document, from: NodeId, pointer: &str) -> Lookup {
    let mut node = from;
    for token in pointer.split('/').skip(1) {
        let mut name = String::with_capacity(token.len());
        let mut parts = token.split('~');
        name.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (letter, rest) = match part.as_bytes().first() {
                Some(b'0') => ('~', &part[1..]),
                Some(b'1') => ('/', &part[1..]),
                _ => return Lookup::Invalid,
            };
            name.push(letter);
            name.push_str(rest);
        }
        let found = match document.data(node) {
            Data::Map(_) => document.get(node, &name),
            Data::List(items) => name.parse::<usize>().ok().and_then(|at| items.get(at).copied()),
            _ => None,
        };
        match found {
            Some(found) => node = found,
            None => return Lookup::Missing,
        }
    }
    Lookup::Found(node)
}

/// A URL with a JSON pointer or anchor as fragment.
pub(super) fn location(url: &str, fragment: &str) -> String {
    format!("{url}#{}", url::escape_fragment(fragment))
}

/// The pointer of a keyword in a schema.
pub(super) fn keyword_location(root: &Root, node: NodeId, keyword: &str) -> String {
    let mut pointer = root.document.pointer(node);
    push_step(&mut pointer, keyword);
    location(&root.url, &pointer)
}
