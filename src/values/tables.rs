//! Merging tables without copying what is not touched.
//!
//! Helm copies every tree deeply before it merges in place. A [`Pass`] does as if: maps that it made itself are *owned*
//! and changed in place, all others are read-only and stand for a copy of their own wherever they are reached. Only
//! where Helm lets two places hold the same map (globals) is a map owned before it is shared, so that a later change
//! shows in both, as it does in Helm.

use crate::chart::{Compat, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{List, Map, Text, Value, print};
use std::collections::HashSet;

/// How deep tables may lie in tables.
const MAX_DEPTH: usize = 1000;

/// What becomes of nulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    /// A null deletes a default and goes away with it (Helm's coalescing).
    Delete,
    /// Nulls stay (Helm's merging).
    Keep,
}

/// Where a source table comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nobody looks at it any more afterwards.
    Spent,
    /// The same, and its nulls do not count, at any depth.
    Cleaned,
    /// An owned table that is still part of a tree.
    Live,
}

/// One run over trees of values.
pub(super) struct Pass<'a> {
    pub(super) compat: Compat,
    pub(super) nulls: Nulls,
    pub(super) notices: &'a mut Notices,
    /// The maps that this pass made, by address; all of them live as long as the pass may meet them.
    owned: HashSet<usize, foldhash::fast::FixedState>,
    /// Lists with maps inside that two places hold on purpose.
    shared_lists: Vec<List>,
    too_deep: bool,
}

impl<'a> Pass<'a> {
    pub(super) fn new(compat: Compat, nulls: Nulls, notices: &'a mut Notices) -> Pass<'a> {
        let (owned, shared_lists) = (HashSet::default(), Vec::new());
        Pass { compat, nulls, notices, owned, shared_lists, too_deep: false }
    }

    /// An error if a tree was too deep to be merged.
    pub(super) fn check_depth(&self) -> Result<(), Error> {
        if !self.too_deep {
            return Ok(());
        }
        let message = format!("values are nested more than {MAX_DEPTH} levels deep");
        Err(Error::new(ErrorKind::Limit, message))
    }

    fn log(&mut self, message: impl Into<String>) {
        self.notices.push(crate::chart::Notice::new(crate::chart::Level::Info, message));
    }

    /// A new owned table.
    pub(super) fn table(&mut self) -> Map {
        self.adopt(Map::new())
    }

    /// An owned copy of one level of a table.
    pub(super) fn copy(&mut self, table: &Map) -> Map {
        self.adopt(table.shallow_copy(crate::value::MapKind::Any))
    }

    fn adopt(&mut self, table: Map) -> Map {
        self.owned.insert(table.address());
        table
    }

    fn is_owned(&self, table: &Map) -> bool {
        self.owned.contains(&table.address())
    }

    /// The table at `key` of an owned table, made owned in its place.
    pub(super) fn own(&mut self, holder: &Map, key: &Text, table: Map) -> Map {
        if self.is_owned(&table) {
            return table;
        }
        let copy = self.copy(&table);
        holder.insert(key.clone(), copy.clone());
        copy
    }

    /// The value at `key` of an owned table, fit to be held by a second place too.
    pub(super) fn share(&mut self, holder: &Map, key: &Text, value: Value) -> Value {
        match value {
            Value::Map(table) => Value::Map(self.own(holder, key, table)),
            Value::List(list) if holds_tables(&list) && !self.shared_lists.iter().any(|one| one.ptr_eq(&list)) => {
                let Value::List(copy) = deep_copy(&Value::List(list), 0) else { return Value::Nil };
                self.shared_lists.push(copy.clone());
                holder.insert(key.clone(), copy.clone());
                Value::List(copy)
            }
            other => other,
        }
    }

    /// Helm's `coalesceTablesFullKey`: fills `dest`, which is owned and wins, from `source`.
    pub(super) fn merge(&mut self, dest: &Map, source: &Map, at: &Path<'_>, kind: Source) {
        if dest.ptr_eq(source) {
            return;
        }
        if at.depth > MAX_DEPTH {
            self.too_deep = true;
            return;
        }
        if kind == Source::Live {
            let keys = dest.entries().iter().filter(|(_, value)| value.is_nil()).map(|(key, _)| key.clone()).collect();
            let keys: Vec<Text> = keys;
            keys.into_iter().for_each(|key| drop(source.insert(key, Value::Nil)));
        }
        if kind == Source::Live {
            let entries = source.snapshot();
            return entries
                .into_iter()
                .for_each(|(key, value)| self.merge_entry(dest, (source, &key, value), at, kind));
        }
        for (key, value) in source.entries().iter() {
            if kind == Source::Spent || !value.is_nil() {
                self.merge_entry(dest, (source, key, value.clone()), at, kind);
            }
        }
    }

    fn merge_entry(&mut self, dest: &Map, from: (&Map, &Text, Value), at: &Path<'_>, kind: Source) {
        let (source, key, value) = from;
        match (dest.get(key), value) {
            (None, value) => {
                let value = match kind {
                    Source::Spent => value,
                    Source::Cleaned => cleaned(value),
                    Source::Live => self.share(source, key, value),
                };
                dest.insert(key.clone(), value);
            }
            (Some(Value::Nil), value) if at.nulls == Nulls::Delete && !value.is_nil() => {
                dest.remove(key);
            }
            (Some(Value::Map(known)), Value::Map(table)) => {
                if known.ptr_eq(&table) {
                    return;
                }
                let known = self.own(dest, key, known);
                let table = if kind == Source::Live { self.own(source, key, table) } else { table };
                self.merge(&known, &table, &at.below(key), kind);
            }
            (Some(Value::Nil), _) => {}
            (Some(_), value @ Value::Map(_)) => {
                let value = if kind == Source::Cleaned { cleaned(value) } else { value };
                let (key, value) = (at.below(key), shown(&value));
                self.log(format!("warning: cannot overwrite table with non table for {key} ({value})"));
            }
            (Some(Value::Map(_)), value) if !value.is_nil() => {
                let key = at.below(key);
                self.log(format!(
                    "warning: destination for {key} is a table. Ignoring non-table value ({})",
                    shown(&value)
                ));
            }
            _ => {}
        }
    }

    /// Helm's `coalesceGlobals`: pushes the globals of `source` down into `dest`; both are owned.
    pub(super) fn push_globals(&mut self, dest: &Map, source: &Map, prefix: &str) {
        let key = Text::from("global");
        let into = match dest.get(&key) {
            None => self.table(),
            Some(Value::Map(table)) => self.own(dest, &key, table),
            Some(_) => return self.log("warning: skipping globals because destination global is not a table."),
        };
        let from = match source.get(&key) {
            None => self.table(),
            Some(Value::Map(table)) => self.own(source, &key, table),
            Some(_) => return self.log("warning: skipping globals because source global is not a table."),
        };
        for (name, value) in from.snapshot() {
            self.push_global(&into, (&from, &name, value), prefix);
        }
        dest.insert(key, into);
    }

    fn push_global(&mut self, into: &Map, global: (&Map, &Text, Value), prefix: &str) {
        let (from, name, value) = global;
        match (into.get(name), value) {
            (known, Value::Map(table)) => {
                let table = self.own(from, name, table);
                // One level is copied, the tables below it are the same for parent and subchart.
                for (key, value) in table.snapshot() {
                    self.share(&table, &key, value);
                }
                let copy = self.copy(&table);
                match known {
                    None => {}
                    Some(Value::Map(known)) => {
                        let known = self.own(into, name, known);
                        let at = Path::root(prefix, Nulls::Keep);
                        self.merge(&copy, &known, &at.below(name), Source::Live);
                    }
                    Some(_) => {
                        let name = String::from_utf8_lossy(&print::quote(name)).into_owned();
                        return self.log(format!("Conflict: cannot merge map onto non-map for {name}. Skipping."));
                    }
                }
                into.insert(name.clone(), copy);
            }
            (Some(Value::Map(_)), _) => self.log(format!("key {name} is table. Skipping")),
            (_, value) => {
                let value = self.share(from, name, value);
                into.insert(name.clone(), value);
            }
        }
    }

    /// Copies everything that is not owned, so that no holder outside can see a change.
    pub(super) fn detach(&self, tree: &Map) {
        let mut todo = vec![tree.clone()];
        let mut seen: HashSet<usize, foldhash::fast::FixedState> = HashSet::default();
        while let Some(table) = todo.pop() {
            if !seen.insert(table.address()) {
                continue;
            }
            for (key, value) in table.snapshot() {
                match value {
                    Value::Map(inner) if self.is_owned(&inner) => todo.push(inner),
                    Value::List(list) if self.shared_lists.iter().any(|one| one.ptr_eq(&list)) => {}
                    value @ (Value::Map(_) | Value::List(_)) => {
                        table.insert(key, deep_copy(&value, 0));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn holds_tables(list: &List) -> bool {
    list.iter().any(|item| match item {
        Value::Map(_) => true,
        Value::List(list) => holds_tables(list),
        _ => false,
    })
}

/// A copy with maps and lists of its own; what lies too deep to be merged is shared.
pub(super) fn deep_copy(value: &Value, depth: usize) -> Value {
    match value {
        _ if depth > MAX_DEPTH => value.clone(),
        Value::Map(map) => {
            let entries = map.entries();
            let copies = entries.iter().map(|(key, value)| (key.clone(), deep_copy(value, depth + 1)));
            Value::Map(Map::from_entries(map.kind(), copies.collect()))
        }
        Value::List(list) if list.iter().any(|item| matches!(item, Value::Map(_) | Value::List(_))) => {
            let items = list.iter().map(|item| deep_copy(item, depth + 1)).collect();
            Value::List(List::new(list.kind(), items))
        }
        other => other.clone(),
    }
}

/// The value without the nulls of its tables; shared where there are none.
pub(super) fn cleaned(value: Value) -> Value {
    without_nulls(&value, 0).unwrap_or(value)
}

/// A copy without nulls, or `None` where there are none.
fn without_nulls(value: &Value, depth: usize) -> Option<Value> {
    let Value::Map(map) = value else { return None };
    if depth > MAX_DEPTH {
        return None;
    }
    let entries = map.entries();
    let mut changed: Option<Vec<(Text, Value)>> = None;
    for (at, (key, value)) in entries.iter().enumerate() {
        let kept = without_nulls(value, depth + 1);
        if changed.is_none() && (value.is_nil() || kept.is_some()) {
            let before = entries.iter().take(at).map(|(key, value)| (key.clone(), value.clone()));
            changed = Some(before.collect());
        }
        if let Some(changed) = &mut changed
            && !value.is_nil()
        {
            changed.push((key.clone(), kept.unwrap_or_else(|| value.clone())));
        }
    }
    changed.map(|entries| Value::Map(Map::from_entries(map.kind(), entries)))
}

/// `%v`.
fn shown(value: &Value) -> String {
    print::to_text(value).map_or_else(|fault| fault.to_string(), |text| text.to_str_lossy().into_owned())
}

/// The place of a table, as warnings name it, and how nulls count there.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    outer: Option<&'a Path<'a>>,
    name: &'a [u8],
    nulls: Nulls,
    depth: usize,
}

impl<'a> Path<'a> {
    /// The place called `prefix`, which may be empty.
    pub(super) fn root(prefix: &'a str, nulls: Nulls) -> Path<'a> {
        Path { outer: None, name: prefix.as_bytes(), nulls, depth: 0 }
    }

    /// The place of `key` in the table here.
    pub(super) fn below(&'a self, key: &'a [u8]) -> Path<'a> {
        Path { outer: Some(self), name: key, nulls: self.nulls, depth: self.depth + 1 }
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut names: Vec<&[u8]> =
            std::iter::successors(Some(self), |path| path.outer).map(|path| path.name).collect();
        while names.last().is_some_and(|name| name.is_empty()) && names.len() > 1 {
            names.pop();
        }
        names.reverse();
        out.write_str(&String::from_utf8_lossy(&names.join(&b'.')))
    }
}
