//! The tables of a text while it is read: which keys exist, and who may still add to them.

use super::text::write_key;
use crate::value::{List, ListKind, Map, MapKind, Text, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// A table that can still grow.
#[derive(Clone, Debug, Default)]
pub(super) struct Table(Rc<RefCell<BTreeMap<Text, Node>>>);

#[derive(Clone, Debug)]
pub(super) enum Node {
    Leaf(Value),
    Table(Table),
    /// An array of tables, the last of which is open.
    Tables(Vec<Table>),
}

impl Table {
    fn has(&self, key: &Text) -> bool {
        self.0.borrow().contains_key(key)
    }

    fn put(&self, key: &Text, node: Node) {
        self.0.borrow_mut().insert(key.clone(), node);
    }

    /// The table that a key leads to: itself or the last one of an array.
    fn open(&self, key: &Text) -> Option<Table> {
        match self.0.borrow().get(key)? {
            Node::Leaf(_) => None,
            Node::Table(table) => Some(table.clone()),
            Node::Tables(tables) => tables.last().cloned(),
        }
    }

    /// The finished table; it nests no deeper than keys are long.
    pub(super) fn finish(&self) -> Map {
        let nodes = self.0.borrow();
        let entries = nodes.iter().map(|(key, node)| (key.clone(), node.finish())).collect();
        Map::from_entries(MapKind::Any, entries)
    }
}

impl Node {
    fn finish(&self) -> Value {
        match self {
            Node::Leaf(value) => value.clone(),
            Node::Table(table) => table.finish().into(),
            Node::Tables(tables) => {
                List::new(ListKind::Map, tables.iter().map(|table| table.finish().into()).collect()).into()
            }
        }
    }
}

/// What keys lead to, and where the reader stands among them.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: Table,
    /// The full key of the table that is open.
    pub(super) context: Vec<Text>,
    /// The last part of the key that is being set; empty between entries.
    pub(super) current: Text,
    /// Keys of tables that exist only because a longer key needed them.
    implicit: HashSet<Vec<u8>>,
    /// Keys whose values are arrays.
    arrays: HashSet<Vec<u8>>,
}

impl Tree {
    pub(super) fn new() -> Tree {
        let (implicit, arrays) = (HashSet::new(), HashSet::new());
        Tree { root: Table::default(), context: Vec::new(), current: Text::from(""), implicit, arrays }
    }

    /// The key where the reader stands, as errors name it.
    pub(super) fn position(&self) -> Vec<u8> {
        if self.context.is_empty() && !self.current.is_empty() {
            return self.current.as_bytes().to_vec();
        }
        let mut key = joined(&self.context);
        if !self.current.is_empty() {
            key.push(b'.');
            key.extend_from_slice(&self.current);
        }
        key
    }

    pub(super) fn add_implicit(&mut self, key: &[Text]) {
        self.implicit.insert(joined(key));
    }

    /// Opens the table of a key and makes the tables above it.
    pub(super) fn open_table(&mut self, key: &[Text]) -> Result<(), String> {
        let Some((last, parents)) = key.split_last() else { return Ok(()) };
        self.open_parents(parents)?;
        self.context = parents.to_vec();
        self.set(last, Node::Table(Table::default()))?;
        self.context.push(last.clone());
        Ok(())
    }

    /// Opens a further table of the array of tables at a key.
    pub(super) fn open_array_table(&mut self, key: &[Text]) -> Result<(), String> {
        let Some((last, parents)) = key.split_last() else { return Ok(()) };
        let parent = self.open_parents(parents)?;
        self.context = parents.to_vec();
        let mut nodes = parent.0.borrow_mut();
        match nodes.entry(last.clone()).or_insert_with(|| Node::Tables(Vec::new())) {
            Node::Tables(tables) => tables.push(Table::default()),
            _ => {
                return Err(format!("Key '{}' was already created and cannot be used as an array.", shown(key)));
            }
        }
        drop(nodes);
        self.context.push(last.clone());
        Ok(())
    }

    fn open_parents(&mut self, parents: &[Text]) -> Result<Table, String> {
        let mut table = self.root.clone();
        for (at, name) in parents.iter().enumerate() {
            let key = &parents[..=at];
            if !table.has(name) {
                self.add_implicit(key);
                table.put(name, Node::Table(Table::default()));
            }
            let Some(inner) = table.open(name) else {
                return Err(format!("Key '{}' was already created as a hash.", shown(key)));
            };
            table = inner;
        }
        Ok(table)
    }

    /// Sets a key of the open table, once; a table that exists only implicitly becomes a real one.
    pub(super) fn set(&mut self, name: &Text, node: Node) -> Result<(), String> {
        let mut table = self.root.clone();
        for (at, name) in self.context.iter().enumerate() {
            let Some(inner) = table.open(name) else {
                return Err(format!("Key '{}' has already been defined.", shown(&self.context[..=at])));
            };
            table = inner;
        }
        if table.has(name) {
            let key = self.key_of(name);
            let was_implicit = self.implicit.remove(&key);
            if !was_implicit {
                return Err(format!("Key '{}' has already been defined.", String::from_utf8_lossy(&key)));
            }
            if !self.arrays.contains(&key) {
                return Ok(());
            }
        }
        table.put(name, node);
        Ok(())
    }

    /// Notes whether the value of a key of the open table is an array. The original notes it for the table itself
    /// where the name is empty.
    pub(super) fn note_array(&mut self, name: &Text, is_array: bool) {
        let key = match (name.is_empty(), self.context.is_empty()) {
            (true, false) => joined(&self.context),
            _ => self.key_of(name),
        };
        if is_array {
            self.arrays.insert(key);
        } else {
            self.arrays.remove(&key);
        }
    }

    fn key_of(&self, name: &Text) -> Vec<u8> {
        let mut key = joined(&self.context);
        if !self.context.is_empty() {
            key.push(b'.');
        }
        write_key(&mut key, std::slice::from_ref(name));
        key
    }
}

fn joined(key: &[Text]) -> Vec<u8> {
    let mut out = Vec::new();
    write_key(&mut out, key);
    out
}

fn shown(key: &[Text]) -> String {
    String::from_utf8_lossy(&joined(key)).into_owned()
}
