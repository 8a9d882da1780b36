//! Go maps with string keys: references that every holder shares, listed in byte order of their keys.

use super::release::take_container;
use super::{Text, Value};
use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The type of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapKind {
    /// `map[string]interface {}`.
    Any,
    /// `map[string]string`.
    Text,
    /// `common.Values`, the type of `.Values` since Helm 4; its values are of type `interface {}`.
    CommonValues,
    /// `chartutil.Values`, the same in Helm 3.
    ChartutilValues,
}

impl MapKind {
    /// The map type as Go's `%T` prints it.
    pub fn go_type(self) -> &'static str {
        match self {
            MapKind::Any => "map[string]interface {}",
            MapKind::Text => "map[string]string",
            MapKind::CommonValues => "common.Values",
            MapKind::ChartutilValues => "chartutil.Values",
        }
    }
}

/// A shared, mutable map. The type belongs to the reference: two references to one map may have different types.
#[derive(Clone)]
pub struct Map {
    parts: Rc<Parts>,
    kind: MapKind,
}

struct Parts {
    nil: bool,
    entries: RefCell<Entries>,
}

/// Past this many keys a map is a tree; below it, a sorted vector is smaller and faster.
const TREE_FROM: usize = 128;
/// To this many keys, looking at all of them is faster than a search.
const SCANNED_TO: usize = 16;

/// The entries of a map in key order.
#[derive(Clone, Debug)]
pub struct Entries(Store);

#[derive(Clone, Debug)]
enum Store {
    Sorted(Vec<(Text, Value)>),
    Tree(BTreeMap<Text, Value>),
}

impl Entries {
    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        match &self.0 {
            // Few keys have the same length, and only such ones are looked at.
            Store::Sorted(entries) if entries.len() <= SCANNED_TO => {
                entries.iter().find(|(have, _)| have.as_bytes() == key).map(|(_, value)| value)
            }
            Store::Sorted(entries) => {
                let at = entries.binary_search_by(|(have, _)| have.as_bytes().cmp(key)).ok()?;
                Some(&entries[at].1)
            }
            Store::Tree(tree) => tree.get(key),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Store::Sorted(entries) => entries.len(),
            Store::Tree(tree) => tree.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries in byte order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Value)> {
        let (sorted, tree) = match &self.0 {
            Store::Sorted(entries) => (Some(entries.iter()), None),
            Store::Tree(tree) => (None, Some(tree.iter())),
        };
        let sorted = sorted.into_iter().flatten().map(|(key, value)| (key, value));
        sorted.chain(tree.into_iter().flatten())
    }

    fn insert(&mut self, key: Text, value: Value) -> Option<Value> {
        match &mut self.0 {
            Store::Sorted(entries) => {
                let append = entries.last().is_none_or(|(last, _)| last.as_bytes() < key.as_bytes());
                let found = if append {
                    Err(entries.len())
                } else {
                    entries.binary_search_by(|(have, _)| have.as_bytes().cmp(key.as_bytes()))
                };
                match found {
                    Ok(at) => return Some(std::mem::replace(&mut entries[at].1, value)),
                    Err(at) => entries.insert(at, (key, value)),
                }
                if entries.len() > TREE_FROM {
                    let tree = std::mem::take(entries).into_iter().collect();
                    self.0 = Store::Tree(tree);
                }
                None
            }
            Store::Tree(tree) => tree.insert(key, value),
        }
    }

    fn remove(&mut self, key: &[u8]) -> Option<Value> {
        match &mut self.0 {
            Store::Sorted(entries) => {
                let at = entries.binary_search_by(|(have, _)| have.as_bytes().cmp(key)).ok()?;
                Some(entries.remove(at).1)
            }
            Store::Tree(tree) => tree.remove(key),
        }
    }
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Map {
        Map::of_kind(MapKind::Any)
    }

    /// An empty map of another type.
    pub fn of_kind(kind: MapKind) -> Map {
        Map::from_sorted(kind, Vec::new())
    }

    /// A nil map: empty, but `null` in JSON. Writing to it is Go's panic; callers check [`Map::is_nil`].
    pub fn nil(kind: MapKind) -> Map {
        let entries = RefCell::new(Entries(Store::Sorted(Vec::new())));
        Map { parts: Rc::new(Parts { nil: true, entries }), kind }
    }

    /// A map of `entries` in any order; of equal keys the last wins.
    pub fn from_entries(kind: MapKind, mut entries: Vec<(Text, Value)>) -> Map {
        let sorted = entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !sorted {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.reverse();
            entries.dedup_by(|a, b| a.0 == b.0);
            entries.reverse();
        }
        Map::from_sorted(kind, entries)
    }

    fn from_sorted(kind: MapKind, mut entries: Vec<(Text, Value)>) -> Map {
        let store = if entries.len() > TREE_FROM {
            Store::Tree(entries.into_iter().collect())
        } else {
            entries.shrink_to_fit();
            Store::Sorted(entries)
        };
        Map { parts: Rc::new(Parts { nil: false, entries: RefCell::new(Entries(store)) }), kind }
    }

    /// The type of the map.
    pub fn kind(&self) -> MapKind {
        self.kind
    }

    /// The same map under another type.
    pub fn of_type(&self, kind: MapKind) -> Map {
        Map { parts: Rc::clone(&self.parts), kind }
    }

    /// Whether this is a nil map.
    pub fn is_nil(&self) -> bool {
        self.parts.nil
    }

    /// The value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.parts.entries.borrow().get(key.as_ref()).cloned()
    }

    /// Whether there is such a key.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.parts.entries.borrow().get(key.as_ref()).is_some()
    }

    /// Sets a key and returns what it held.
    pub fn insert(&self, key: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        self.parts.entries.borrow_mut().insert(key.into(), value.into())
    }

    /// Removes a key and returns what it held.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.parts.entries.borrow_mut().remove(key.as_ref())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.parts.entries.borrow().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A look at the entries in key order. No holder may write while it lives: take a [`Map::snapshot`] before
    /// running anything that could.
    pub fn entries(&self) -> Ref<'_, Entries> {
        self.parts.entries.borrow()
    }

    /// A copy of the entries in key order, as `range` walks them.
    pub fn snapshot(&self) -> Vec<(Text, Value)> {
        self.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// The keys in byte order.
    pub fn keys(&self) -> Vec<Text> {
        self.entries().iter().map(|(key, _)| key.clone()).collect()
    }

    /// Another map with the same entries, which shares their values but not itself.
    pub fn shallow_copy(&self, kind: MapKind) -> Map {
        let entries = RefCell::new(self.entries().clone());
        Map { parts: Rc::new(Parts { nil: false, entries }), kind }
    }

    /// Puts entries back that the map had before.
    pub(crate) fn restore(&self, entries: Entries) {
        *self.parts.entries.borrow_mut() = entries;
    }

    /// Whether this reference is the only one.
    pub(crate) fn is_held_once(&self) -> bool {
        Rc::strong_count(&self.parts) == 1
    }

    /// Moves the containers among the values out, if nobody else holds this map.
    pub(super) fn give_away(&mut self, into: &mut Vec<Value>) {
        let Some(parts) = Rc::get_mut(&mut self.parts) else { return };
        match &mut parts.entries.get_mut().0 {
            Store::Sorted(entries) => entries.iter_mut().for_each(|(_, value)| take_container(value, into)),
            Store::Tree(tree) => tree.values_mut().for_each(|value| take_container(value, into)),
        }
    }

    /// Whether both are the same map, not only equal ones.
    pub fn ptr_eq(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.parts, &other.parts)
    }

    /// A number that is the same for the same map while it lives.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.parts).addr()
    }
}

impl Default for Map {
    fn default() -> Map {
        Map::new()
    }
}

impl std::fmt::Debug for Map {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.parts.entries.try_borrow() {
            Ok(entries) => out.debug_map().entries(entries.iter()).finish(),
            Err(_) => out.write_str("{..}"),
        }
    }
}

impl<K: Into<Text>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Map {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Map::from_entries(MapKind::Any, entries)
    }
}
