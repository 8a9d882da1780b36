//! Everything that is known about the values of a chart tree: one shape for each key, with its defaults and uses.

use super::uses::{Defaults, Types, Uses};
use crate::yaml::{Node, NodeKind};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::rc::Rc;

/// The number of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ShapeId(usize);

/// What is known about the values at one path.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) uses: Uses,
    pub(super) defaults: Defaults,
    /// The default that the chart itself writes.
    pub(super) own: Option<Rc<Node>>,
    /// The keys in the order in which they were met: those that are written before those that are only read.
    pub(super) keys: Vec<(String, ShapeId)>,
    /// What is known about all items of a list, or all entries of a map whose keys templates do not name.
    pub(super) item: Option<ShapeId>,
    /// Whether the chart itself writes the key.
    pub(super) written: bool,
    /// Whether these are the values of a chart.
    pub(super) is_chart: bool,
    /// Texts among the defaults that are templates.
    pub(super) templates: Vec<Box<[u8]>>,
    depth: usize,
}

/// Keys that lie deeper count as the deepest one.
const DEEPEST: usize = 48;
/// Further keys count as the one that they lie below.
const MOST: usize = 100_000;
/// So many keys of a map are looked through one by one.
const FEW: usize = 16;

type Keys = HashMap<String, ShapeId, FixedState>;

/// All shapes of a chart tree.
#[derive(Debug)]
pub(super) struct Shapes {
    all: Vec<Shape>,
    /// The keys of maps that have more than a few.
    many: HashMap<ShapeId, Keys, FixedState>,
}

impl Shapes {
    pub(super) fn new() -> Shapes {
        Shapes { all: vec![Shape { is_chart: true, ..Shape::default() }], many: HashMap::default() }
    }

    /// The values of the chart itself.
    pub(super) fn root(&self) -> ShapeId {
        ShapeId(0)
    }

    pub(super) fn get(&self, id: ShapeId) -> &Shape {
        // Ids come from this vector alone, which only grows.
        self.all.get(id.0).unwrap_or(&self.all[0])
    }

    pub(super) fn use_as(&mut self, id: ShapeId, uses: Uses) {
        self.change(id, |shape| shape.uses.add(uses));
    }

    pub(super) fn change(&mut self, id: ShapeId, change: impl FnOnce(&mut Shape)) {
        if let Some(shape) = self.all.get_mut(id.0) {
            change(shape);
        }
    }

    fn make(&mut self, above: ShapeId) -> Option<ShapeId> {
        let depth = self.get(above).depth + 1;
        if depth > DEEPEST || self.all.len() >= MOST {
            self.use_as(above, Uses::ANY);
            return None;
        }
        self.all.push(Shape { depth, ..Shape::default() });
        Some(ShapeId(self.all.len() - 1))
    }

    pub(super) fn find(&self, id: ShapeId, key: &str) -> Option<ShapeId> {
        match self.many.get(&id) {
            Some(keys) => keys.get(key).copied(),
            None => self.get(id).keys.iter().find(|(name, _)| name == key).map(|(_, id)| *id),
        }
    }

    /// The shape of a key.
    pub(super) fn key(&mut self, id: ShapeId, key: &str) -> ShapeId {
        if let Some(found) = self.find(id, key) {
            return found;
        }
        let Some(made) = self.make(id) else { return id };
        self.change(id, |shape| shape.keys.push((key.to_owned(), made)));
        if let Some(keys) = self.many.get_mut(&id) {
            keys.insert(key.to_owned(), made);
        } else if self.get(id).keys.len() > FEW {
            let keys = self.get(id).keys.iter().cloned().collect();
            self.many.insert(id, keys);
        }
        made
    }

    /// The shape of all items or entries.
    pub(super) fn item(&mut self, id: ShapeId) -> ShapeId {
        if let Some(found) = self.get(id).item {
            return found;
        }
        let Some(made) = self.make(id) else { return id };
        self.change(id, |shape| shape.item = Some(made));
        made
    }

    /// Adds what a values file says; `own` is whether it is that of the chart itself.
    pub(super) fn add(&mut self, id: ShapeId, node: &Node, own: Whose) {
        let mut defaults = Defaults::default();
        match node.kind() {
            NodeKind::Null => defaults.null = true,
            NodeKind::Bool(_) => defaults.filled = Types::BOOLEAN,
            NodeKind::Int(_) | NodeKind::Uint(_) => defaults.filled = Types::INTEGER,
            NodeKind::Float(_) => defaults.filled = Types::NUMBER,
            NodeKind::Str(text) if text.is_empty() => defaults.empty = Types::STRING,
            NodeKind::Str(text) => {
                defaults.filled = Types::STRING;
                if memchr::memmem::find(text, b"{{").is_some() {
                    let text = text.clone();
                    self.change(id, |shape| shape.templates.push(text));
                }
            }
            NodeKind::Seq(items) => {
                *(if items.is_empty() { &mut defaults.empty } else { &mut defaults.filled }) = Types::ARRAY;
                for one in items {
                    let item = self.item(id);
                    if item != id {
                        self.add(item, one, Whose::Other);
                    }
                }
            }
            NodeKind::Map(entries) => {
                *(if entries.is_empty() { &mut defaults.empty } else { &mut defaults.filled }) = Types::OBJECT;
                for entry in entries {
                    let Some(name) = entry.key.key_text() else { continue };
                    let key = self.key(id, &String::from_utf8_lossy(&name));
                    if key != id {
                        self.add(key, &entry.value, own);
                    }
                }
            }
        }
        self.change(id, |shape| {
            shape.defaults.add(defaults);
            shape.written |= own == Whose::Own;
            // What a map says is said again by its keys.
            if own == Whose::Own && node.entries().is_empty() {
                shape.own = Some(Rc::new(node.clone()));
            }
        });
    }

    /// Adds all that is known about `from` to `into`, the defaults that the chart writes left out.
    pub(super) fn merge(&mut self, into: ShapeId, from: ShapeId) {
        if into == from || self.get(into).depth > DEEPEST {
            return;
        }
        let Shape { uses, defaults, keys, item, templates, .. } = self.get(from).clone();
        self.change(into, |shape| {
            shape.uses.add(uses);
            shape.defaults.add(defaults);
            for text in templates {
                if !shape.templates.contains(&text) {
                    shape.templates.push(text);
                }
            }
        });
        for (name, inner) in keys {
            let key = self.key(into, &name);
            if key != into {
                self.merge(key, inner);
            }
        }
        if let Some(inner) = item {
            let item = self.item(into);
            if item != into {
                self.merge(item, inner);
            }
        }
    }

    /// Lets entries of maps that are gone over know what is known about all of them, and the other way round.
    pub(super) fn settle(&mut self, id: ShapeId) {
        let shape = self.get(id).clone();
        if let Some(item) = shape.item {
            // First what templates do with all entries, so that no entry learns the keys of another one.
            for (_, key) in shape.keys.iter().filter(|_| !shape.is_chart) {
                self.merge_uses(*key, item);
            }
            for (_, key) in shape.keys.iter().filter(|_| !shape.is_chart) {
                self.merge(item, *key);
            }
            self.settle(item);
        }
        for (_, key) in shape.keys {
            self.settle(key);
        }
    }

    /// Adds the uses below `from` to what is there below `into`.
    fn merge_uses(&mut self, into: ShapeId, from: ShapeId) {
        let Shape { uses, keys, item, .. } = self.get(from).clone();
        self.use_as(into, uses);
        let admits_keys = self.get(into).defaults.filled.has(Types::OBJECT) || !self.get(into).defaults.is_known();
        for (name, inner) in keys.into_iter().filter(|_| admits_keys) {
            let key = self.key(into, &name);
            if key != into {
                self.merge_uses(key, inner);
            }
        }
        if let Some(inner) = item {
            let item = self.item(into);
            if item != into {
                self.merge_uses(item, inner);
            }
        }
    }

    /// All templates among the defaults at a path and below it.
    pub(super) fn templates(&self, id: ShapeId) -> Vec<Box<[u8]>> {
        let shape = self.get(id);
        let mut found = shape.templates.clone();
        for inner in shape.keys.iter().map(|(_, id)| *id).chain(shape.item) {
            found.extend(self.templates(inner));
        }
        found
    }
}

/// Whose values file says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The chart's own.
    Own,
    /// Another one's: a subchart's, or an item of a list.
    Other,
}
