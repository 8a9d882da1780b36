//! Named templates of many files, as `template`, `block` and `include` find them.

use super::node::Tree;
use std::collections::HashMap;
use std::sync::Arc;

/// Where a named template stands: the file and its definition in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TemplateId {
    pub(super) file: u32,
    pub(super) definition: u32,
}

impl TemplateId {
    /// The number of its text, in the order in which texts were added to the set.
    pub fn file(self) -> usize {
        self.file as usize
    }
}

/// A parsed text and the name under which it was parsed.
#[derive(Clone, Debug)]
pub(super) struct TemplateFile {
    pub(super) name: Arc<str>,
    pub(super) tree: Arc<Tree>,
}

type Names = HashMap<Box<[u8]>, TemplateId, foldhash::fast::FixedState>;

/// A set of named templates.
#[derive(Clone, Debug, Default)]
pub struct TemplateSet {
    pub(super) files: Vec<TemplateFile>,
    names: Names,
}

impl TemplateSet {
    /// An empty set.
    pub fn new() -> TemplateSet {
        TemplateSet::default()
    }

    /// Adds a parsed text under `name` with all templates that it defines.
    ///
    /// A later template takes the place of an earlier one of the same name, unless the later one is empty (Go's
    /// `AddParseTree`). The same tree may be added under several names.
    pub fn add(&mut self, name: impl Into<Arc<str>>, tree: Arc<Tree>) {
        let file = self.files.len() as u32;
        let name = name.into();
        register(&mut self.names, file, &name, &tree);
        self.files.push(TemplateFile { name, tree });
    }

    /// The template of this name.
    pub fn find(&self, name: &[u8]) -> Option<TemplateId> {
        self.names.get(name).copied()
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<&[u8]> {
        let mut names: Vec<&[u8]> = self.names.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
}

fn register(names: &mut Names, file: u32, file_name: &str, tree: &Tree) {
    for (at, definition) in tree.definitions.iter().enumerate() {
        let name = match definition.name {
            Some(name) => tree.string(name),
            None => file_name.as_bytes(),
        };
        let id = TemplateId { file, definition: at as u32 };
        match names.get_mut(name) {
            Some(_) if definition.empty => {}
            Some(have) => *have = id,
            None => {
                names.insert(name.into(), id);
            }
        }
    }
}

/// The templates that `tpl` texts define, innermost text last; they hide those of the set below.
#[derive(Debug, Default)]
pub(super) struct Overlays {
    layers: Vec<(usize, Names)>,
    files: Vec<TemplateFile>,
}

impl Overlays {
    /// Adds the templates of a text; `base` is how many files the set below has.
    pub(super) fn push(&mut self, base: usize, file: TemplateFile) -> u32 {
        let number = (base + self.files.len()) as u32;
        let mut names = Names::default();
        if file.tree.definitions.len() > 1 || file.tree.definitions.first().is_some_and(|main| !main.empty) {
            register(&mut names, number, &file.name, &file.tree);
        }
        self.layers.push((self.files.len(), names));
        self.files.push(file);
        number
    }

    /// Forgets what the last [`Overlays::push`] added.
    pub(super) fn pop(&mut self) {
        if let Some((files, _)) = self.layers.pop() {
            self.files.truncate(files);
        }
    }

    /// The template of this name, empty ones only where nothing below has the name.
    pub(super) fn find(&self, name: &[u8]) -> Option<TemplateId> {
        self.layers.iter().rev().find_map(|(_, names)| names.get(name).copied())
    }

    pub(super) fn file(&self, base: usize, number: u32) -> Option<&TemplateFile> {
        self.files.get((number as usize).checked_sub(base)?)
    }
}
