//! A text of definitions: an index of what it holds, types built when they are asked for.

use super::notation::{Line, Notation, holds, ranges};
use super::types::{Slot, Type};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

type Names<V> = HashMap<Box<str>, V, foldhash::fast::FixedState>;

/// Where a definition stands in the text.
#[derive(Clone, Debug)]
struct Definition {
    /// TYPE and VERSIONS of each form of it.
    heads: Vec<Range<usize>>,
    fields: Range<usize>,
}

/// A kind that the text names.
#[derive(Clone, Debug)]
struct Served {
    definition: Box<str>,
    versions: Box<str>,
}

/// Definitions of one Kubernetes version.
#[derive(Debug)]
pub(super) struct Book {
    text: String,
    minor: u32,
    /// The number of its first definition among those of all books.
    first: usize,
    names: Names<usize>,
    kinds: Names<Served>,
    definitions: Vec<Definition>,
    slots: Vec<Slot>,
    /// What `@metadata` stands for.
    metadata: Option<usize>,
}

impl Book {
    /// Indexes a text for one minor version; definitions are numbered from `first`.
    pub(super) fn new(text: String, minor: u32, first: usize, metadata: Option<usize>) -> Book {
        let mut book = Book {
            text: String::new(),
            minor,
            first,
            names: Names::default(),
            kinds: Names::default(),
            definitions: Vec::new(),
            slots: Vec::new(),
            metadata,
        };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            book.index(line.trim_end(), start, end);
            start = end;
        }
        book.slots = book.definitions.iter().map(|_| Slot::new()).collect();
        book.text = text;
        book
    }

    fn index(&mut self, line: &str, start: usize, end: usize) {
        if line.starts_with(' ') {
            if let Some(last) = self.definitions.last_mut() {
                last.fields.end = end;
            }
        } else if let Some(rest) = line.strip_prefix("def ") {
            let name = rest.split(' ').next().unwrap_or_default();
            let head = start + 4..start + line.len();
            match self.names.get(name).and_then(|at| self.definitions.get_mut(at - self.first)) {
                Some(known) => {
                    known.heads.push(head);
                    known.fields = end..end;
                }
                None => {
                    self.names.insert(name.into(), self.first + self.definitions.len());
                    self.definitions.push(Definition { heads: vec![head], fields: end..end });
                }
            }
        } else if let Some(rest) = line.strip_prefix("kind ") {
            let mut words = rest.splitn(4, ' ');
            let (Some(api), Some(kind), Some(name)) = (words.next(), words.next(), words.next()) else { return };
            let versions = words.next().unwrap_or_default().into();
            self.kinds.insert(format!("{api} {kind}").into(), Served { definition: name.into(), versions });
        }
    }

    /// How many definitions there are.
    pub(super) fn len(&self) -> usize {
        self.definitions.len()
    }

    /// The definition of a kind that this version serves.
    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<usize> {
        let served = self.kinds.get(format!("{api_version} {kind}").as_str())?;
        if !holds(&served.versions, self.minor) {
            return None;
        }
        self.names.get(&served.definition).copied()
    }

    /// The versions that serve a kind; empty for all, `None` for none.
    pub(super) fn versions_of(&self, api_version: &str, kind: &str) -> Option<&str> {
        self.kinds.get(format!("{api_version} {kind}").as_str()).map(|served| &*served.versions)
    }

    /// The API versions that serve a kind of this name, in byte order.
    pub(super) fn api_versions(&self, kind: &str) -> Vec<&str> {
        let holding = self.kinds.iter().filter(|(_, served)| holds(&served.versions, self.minor));
        let mut found: Vec<&str> = holding
            .filter_map(|(name, _)| name.split_once(' ').filter(|(_, named)| *named == kind).map(|(api, _)| api))
            .collect();
        found.sort_unstable();
        found
    }

    /// The names of the kinds that an API version serves.
    pub(super) fn kinds_of(&self, api_version: &str) -> impl Iterator<Item = &str> {
        let holding = self.kinds.iter().filter(|(_, served)| holds(&served.versions, self.minor));
        holding.filter_map(move |(name, _)| name.split_once(' ').filter(|(api, _)| *api == api_version).map(|(_, kind)| kind))
    }

    /// Whether a group has a kind here, in any version of Kubernetes.
    pub(super) fn knows_group(&self, group: &str) -> bool {
        let groups = self.kinds.keys().filter_map(|name| name.split_once(' '));
        groups.map(|(api, _)| api.split_once('/').map_or("", |(group, _)| group)).any(|known| known == group)
    }

    /// The number of a definition.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The type of a definition, by its number.
    pub(super) fn definition(&self, id: usize) -> Option<Rc<Type>> {
        let at = id.checked_sub(self.first)?;
        let (slot, definition) = (self.slots.get(at)?, self.definitions.get(at)?);
        if let Some(known) = slot.get() {
            return Some(Rc::clone(known));
        }
        let built = Rc::new(self.build(definition, id)?);
        Some(Rc::clone(slot.get_or_init(|| built)))
    }

    fn build(&self, definition: &Definition, id: usize) -> Option<Type> {
        let heads = definition.heads.iter().filter_map(|range| Line::parse(self.text.get(range.clone())?));
        let head = heads.into_iter().find(|head| holds(head.versions, self.minor))?;
        let fields = self.fields(definition).filter(|line| holds(line.versions, self.minor));
        let named = |name: &str| match name {
            "metadata" => self.metadata,
            _ => self.names.get(name).copied(),
        };
        Notation { named: &named }.definition(head.of, fields, id)
    }

    fn fields(&self, definition: &Definition) -> impl Iterator<Item = Line<'_>> {
        self.text.get(definition.fields.clone()).unwrap_or_default().lines().filter_map(Line::parse)
    }

    /// In which versions a definition has a field, as words: `from Kubernetes 1.34 on`.
    pub(super) fn when(&self, id: usize, field: &str) -> Option<String> {
        let definition = self.definitions.get(id.checked_sub(self.first)?)?;
        let lines = self.fields(definition).filter(|line| line.name == field && !line.versions.is_empty());
        let (first, last) = lines.flat_map(|line| ranges(line.versions)).fold((u32::MAX, 0), |(least, most), (a, b)| {
            (least.min(a), most.max(b))
        });
        if first > self.minor && first != u32::MAX {
            return Some(format!("from Kubernetes 1.{first} on"));
        }
        (last > 0 && last < self.minor).then(|| format!("up to Kubernetes 1.{last}"))
    }
}
