//! Where types come from: schema locations, CRDs, the program's own definitions.

use super::book::Book;
use super::builtin::{Builtin, METADATA};
use super::compile::{Compiler, Flavour, text_of};
use super::types::{Field, Kind, Others, Slot, Text, Type};
use crate::diagnostic::{Diagnostic, Error, nearest};
use crate::source::SourceId;
use crate::yaml::{self, Node};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Reads what stands outside of the program.
pub trait Locations {
    /// The files that may hold the schema of a kind, in order of preference.
    ///
    /// # Errors
    /// A location whose template cannot be executed.
    fn candidates(&self, api_version: &str, kind: &str) -> Result<Vec<String>, Error>;

    /// The bytes of a file; `None` if there is no such file.
    ///
    /// # Errors
    /// A file or server that cannot be read.
    fn read(&self, location: &str) -> Result<Option<Vec<u8>>, Error>;
}

/// No locations at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLocations;

impl Locations for NoLocations {
    fn candidates(&self, _: &str, _: &str) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }
}

/// A JSON Schema that another one refers to.
#[derive(Debug)]
struct Reference {
    file: Box<str>,
    pointer: Box<str>,
    slot: Rc<Slot>,
}

/// Files of schema locations and what they refer to.
#[derive(Debug, Default)]
struct Foreign {
    files: HashMap<Box<str>, Option<Rc<Node>>>,
    references: Vec<Reference>,
    numbers: HashMap<(Box<str>, Box<str>), usize>,
    kinds: HashMap<(Box<str>, Box<str>), Option<Rc<Type>>>,
}

/// All types that documents are checked with.
pub(super) struct Schemas<'l> {
    pub(super) minor: u32,
    builtin: Builtin,
    locations: &'l dyn Locations,
    /// Those of each scope, the outermost first.
    crds: Vec<HashMap<(Box<str>, Box<str>), Rc<Type>>>,
    foreign: RefCell<Foreign>,
}

/// What is known of a kind.
pub(super) enum Lookup {
    Found(Rc<Type>),
    /// No schema: why, and what may help.
    Missing(Diagnostic),
}

impl<'l> Schemas<'l> {
    pub(super) fn new(minor: u32, locations: &'l dyn Locations) -> Result<Schemas<'l>, Error> {
        let builtin = Builtin::load(minor)?;
        Ok(Schemas { minor, builtin, locations, crds: vec![HashMap::new()], foreign: RefCell::default() })
    }

    /// CRDs that are added from now on hold until the scope is closed.
    pub(super) fn open_scope(&mut self) {
        self.crds.push(HashMap::new());
    }

    /// Forgets the CRDs of the innermost scope.
    pub(super) fn close_scope(&mut self) {
        if self.crds.len() > 1 {
            self.crds.pop();
        }
    }

    /// Takes the versions of a CRD; a later CRD wins.
    pub(super) fn add_crd(&mut self, crd: &Node) {
        let Some(spec) = crd.get("spec") else { return };
        let (Some(group), Some(names)) = (text_of(spec, "group"), spec.get("names")) else { return };
        let Some(kind) = text_of(names, "kind") else { return };
        let none = |_: &str| None;
        let compiler = Compiler { flavour: Flavour::Structural, refer: &none };
        for version in spec.get("versions").map(Node::items).unwrap_or_default() {
            let (Some(name), Some(schema)) = (text_of(version, "name"), version.at(&["schema", "openAPIV3Schema"])) else {
                continue;
            };
            let mut of = compiler.compile(schema);
            if let Some(root) = Rc::get_mut(&mut of) {
                self.add_implied_fields(root);
            }
            if let Some(scope) = self.crds.last_mut() {
                scope.insert((format!("{group}/{name}").into(), kind.into()), of);
            }
        }
    }

    /// What every object has, whether or not its CRD says so.
    fn add_implied_fields(&self, root: &mut Type) {
        let Kind::Object(object) = &mut root.kind else { return };
        if !matches!(object.others, Others::Unknown) {
            return;
        }
        object.fields.retain(|field| !matches!(&*field.name, "apiVersion" | "kind" | "metadata"));
        let add = |name: &str, kind: Kind| {
            Field { name: name.into(), required: false, of: Rc::new(Type::new(kind)), default: None }
        };
        object.fields.extend(["apiVersion", "kind"].map(|name| add(name, Kind::String(Text::Free))));
        if let Some(id) = self.builtin.kubernetes.named(METADATA) {
            object.fields.push(add("metadata", Kind::Named(id)));
        }
        object.fields.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// The type of a kind.
    ///
    /// # Errors
    /// A schema location that cannot be read.
    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Result<Lookup, Error> {
        if let Some(of) = self.located(api_version, kind)? {
            return Ok(Lookup::Found(of));
        }
        let key = (Box::from(api_version), Box::from(kind));
        if let Some(of) = self.crds.iter().rev().find_map(|scope| scope.get(&key)) {
            return Ok(Lookup::Found(Rc::clone(of)));
        }
        let books = [&self.builtin.kubernetes, &self.builtin.custom];
        let known = books.into_iter().find_map(|book| book.definition(book.kind(api_version, kind)?));
        Ok(known.map_or_else(|| Lookup::Missing(self.missing(api_version, kind)), Lookup::Found))
    }

    fn missing(&self, api_version: &str, kind: &str) -> Diagnostic {
        let book = &self.builtin.kubernetes;
        let version = format!("Kubernetes 1.{}", self.minor);
        let mut wrong = Diagnostic::error(format!("no schema for `{kind}` of `{api_version}`"));
        wrong.rule = Some("unknown-kind");
        if let Some(versions) = book.versions_of(api_version, kind) {
            wrong.message = format!("`{kind}` of `{api_version}` is not served by {version}");
            let last = super::notation::ranges(versions).map(|(_, last)| last).max().unwrap_or(0);
            let first = super::notation::ranges(versions).map(|(first, _)| first).min().unwrap_or(0);
            wrong.hints.push(format!("Kubernetes 1.{first} to 1.{last} serve it"));
        }
        let others = book.api_versions(kind);
        if let Some(other) = others.first() {
            wrong.hints.push(format!("{version} serves `{kind}` as `{}`", others.join("`, `")).replace("``", other));
            return wrong;
        }
        let names: Vec<&str> = [book, &self.builtin.custom].iter().flat_map(|book| book.kinds_of(api_version)).collect();
        if let Some(near) = nearest(kind, names.iter().map(|name| name.as_bytes())) {
            wrong.hints.push(format!("did you mean `{near}`?"));
            return wrong;
        }
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        if !book.knows_group(group) {
            wrong.hints.push("add the CRD to the chart's crds/, or name a schema with --schema-location".to_owned());
        }
        wrong
    }

    /// The type with a number.
    pub(super) fn resolve(&self, id: usize) -> Option<Rc<Type>> {
        let (first, second) = (self.builtin.kubernetes.len(), self.builtin.custom.len());
        if id < first {
            return self.builtin.kubernetes.definition(id);
        }
        if id < first + second {
            return self.builtin.custom.definition(id);
        }
        self.reference(id - first - second)
    }

    /// In which versions a definition has a field.
    pub(super) fn when(&self, id: usize, field: &str) -> Option<String> {
        let book: &Book = &self.builtin.kubernetes;
        if id < book.len() { book.when(id, field) } else { None }
    }

    fn located(&self, api_version: &str, kind: &str) -> Result<Option<Rc<Type>>, Error> {
        let key = (Box::from(api_version), Box::from(kind));
        if let Some(known) = self.foreign.borrow().kinds.get(&key) {
            return Ok(known.clone());
        }
        let mut found = None;
        for location in self.locations.candidates(api_version, kind)? {
            if let Some(node) = self.file(&location)? {
                found = Some(self.compile(&location, &node));
                break;
            }
        }
        self.foreign.borrow_mut().kinds.insert(key, found.clone());
        Ok(found)
    }

    fn file(&self, location: &str) -> Result<Option<Rc<Node>>, Error> {
        if let Some(known) = self.foreign.borrow().files.get(location) {
            return Ok(known.clone());
        }
        let text = self.locations.read(location)?;
        let parse = |text: Vec<u8>| {
            yaml::parse(&text, SourceId::default()).map(Rc::new).map_err(|error| {
                let message = format!("cannot read schema `{location}`: {}", error.message());
                Error::new(crate::diagnostic::ErrorKind::Content, message)
            })
        };
        let node = text.map(parse).transpose()?;
        self.foreign.borrow_mut().files.insert(location.into(), node.clone());
        Ok(node)
    }

    fn compile(&self, file: &str, schema: &Node) -> Rc<Type> {
        let refer = |target: &str| Some(self.refer(file, target));
        Compiler { flavour: Flavour::Json, refer: &refer }.compile(schema)
    }

    /// The number of what a `$ref` in a file names.
    fn refer(&self, file: &str, target: &str) -> usize {
        let (path, pointer) = target.split_once('#').unwrap_or((target, ""));
        let beside = |path: &str| file.rsplit_once('/').map_or_else(|| path.to_owned(), |(dir, _)| format!("{dir}/{path}"));
        let absolute = path.starts_with('/') || path.contains("://");
        let path = match path {
            "" => file.to_owned(),
            _ if absolute => path.to_owned(),
            _ => beside(path),
        };
        let first = self.builtin.kubernetes.len() + self.builtin.custom.len();
        let mut foreign = self.foreign.borrow_mut();
        let key = (Box::from(path), Box::from(pointer));
        if let Some(known) = foreign.numbers.get(&key) {
            return *known;
        }
        let number = first + foreign.references.len();
        foreign.references.push(Reference { file: key.0.clone(), pointer: key.1.clone(), slot: Rc::default() });
        foreign.numbers.insert(key, number);
        number
    }

    fn reference(&self, at: usize) -> Option<Rc<Type>> {
        let (file, pointer, slot) = {
            let foreign = self.foreign.borrow();
            let reference = foreign.references.get(at)?;
            (reference.file.clone(), reference.pointer.clone(), Rc::clone(&reference.slot))
        };
        if let Some(known) = slot.get() {
            return Some(Rc::clone(known));
        }
        let node = self.file(&file).ok()??;
        let steps: Vec<String> =
            pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        let built = self.compile(&file, node.at(&steps)?);
        Some(Rc::clone(slot.get_or_init(|| built)))
    }
}
