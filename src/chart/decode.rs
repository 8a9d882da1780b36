//! YAML texts into the chart's structs, as Go's `encoding/json` decodes them behind `sigs.k8s.io/yaml`.
//!
//! Names of fields match in any case, numbers and booleans become texts where a text is wanted, unknown fields are
//! passed over, and the first value of a wrong type is told in Go's words.

use super::metadata::{package, quoted};
use super::{Compat, Dependency, Lock, Maintainer, Metadata, clock};
use crate::diagnostic::{Error, ErrorKind};
use crate::source::SourceId;
use crate::value::{Map, Value};
use crate::yaml::{self, Entry, Node, NodeKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A parsed YAML text.
pub(super) struct Document(Node);

impl Document {
    /// Parses the first document of a text.
    pub(super) fn read(text: &[u8]) -> Result<Document, Error> {
        yaml::parse(text, SourceId::default()).map(Document).map_err(|error| unreadable(&error))
    }

    /// Decodes into `metadata`, keeping what the text does not mention.
    pub(super) fn decode(&self, metadata: &mut Metadata, compat: Compat) -> Result<(), Error> {
        Decoder::run(compat, |decoder| decoder.metadata(&self.0, metadata))
    }

    /// The `apiVersion`, as Helm reads it before anything else.
    pub(super) fn api_version(&self) -> Result<String, Error> {
        let mut version = String::new();
        Decoder::run(Compat::Helm43, |decoder| {
            let shape = Shape { package: "loader", name: "chartBase", fields: &["apiVersion"] };
            decoder.fields(&self.0, &shape, |decoder, _, value| decoder.text(value, &mut version));
        })?;
        Ok(version)
    }

    /// Decodes a lock; a text without content is none.
    pub(super) fn decode_lock(&self, compat: Compat) -> Result<Option<Lock>, Error> {
        if self.0.is_null() {
            return Ok(None);
        }
        let mut lock = Lock::default();
        // A wrong time ends Go's decoding at once, before any type error is told.
        for entry in sorted(&self.0).iter().filter(|entry| *fold(&key(entry)) == *b"GENERATED") {
            lock.generated = time(&entry.value)?.unwrap_or(lock.generated);
        }
        Decoder::run(compat, |decoder| {
            let fields = &["generated", "digest", "dependencies"];
            let shape = Shape { package: package(compat), name: "Lock", fields };
            decoder.fields(&self.0, &shape, |decoder, field, value| match field {
                "digest" => decoder.text(value, &mut lock.digest),
                "dependencies" => {
                    let mut dependencies = None;
                    decoder.dependencies(value, &mut dependencies);
                    lock.dependencies = dependencies.unwrap_or_default();
                }
                _ => {}
            });
        })?;
        Ok(Some(lock))
    }
}

impl Metadata {
    /// Reads a `Chart.yaml` as it stands: nothing is checked, and an absent `apiVersion` stays empty.
    ///
    /// # Errors
    /// No YAML, or a field of the wrong type, with Helm's text.
    pub fn read(text: &[u8], compat: Compat) -> Result<Metadata, Error> {
        let mut metadata = Metadata::default();
        Document::read(text)?.decode(&mut metadata, compat)?;
        Ok(metadata)
    }

    /// Refuses what [`Metadata::read`] passes over: unknown fields and keys that stand twice.
    ///
    /// # Errors
    /// The first such thing, with Helm's text.
    pub fn check_strictly(text: &[u8], compat: Compat) -> Result<(), Error> {
        let node = yaml::parse_strict(text, SourceId::default()).map_err(|error| unreadable(&error))?;
        Decoder::run(compat, |decoder| {
            decoder.strict = true;
            decoder.metadata(&node, &mut Metadata::default());
        })
    }

    /// The first maintainer that is null, counted from 0.
    pub fn null_maintainer(&self) -> Option<usize> {
        self.null_maintainer
    }
}

/// The entries of a mapping in the order of their keys: JSON, which Go decodes, is written so.
pub(crate) fn sorted(node: &Node) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = node.entries().iter().collect();
    entries.sort_by(|a, b| key(a).cmp(&key(b)));
    entries
}

fn key(entry: &Entry) -> Cow<'_, [u8]> {
    entry.key.key_text().unwrap_or_default()
}

fn time(node: &Node) -> Result<Option<String>, Error> {
    let wrong = |text: String| Error::new(ErrorKind::Content, format!("{WHILE_DECODING}{text}"));
    match node.kind() {
        NodeKind::Null => Ok(None),
        NodeKind::Str(text) => {
            let text = String::from_utf8_lossy(text);
            clock::check_rfc3339(&text).map_err(wrong)?;
            Ok(Some(text.into_owned()))
        }
        _ => Err(wrong("Time.UnmarshalJSON: input is not a JSON string".to_owned())),
    }
}

fn unreadable(error: &yaml::Error) -> Error {
    let told = Error::new(ErrorKind::Content, error.to_string());
    match error.line() {
        Some(line) => told.hint(format!("see line {line}")),
        None => told,
    }
}

pub(crate) const WHILE_DECODING: &str = "error unmarshaling JSON: while decoding JSON: ";

/// The buffer of Go's line reader, which Helm 4.2 falls over.
const LINE_BUFFER: usize = 4096;

/// The values of a `values.yaml` or of a values file.
///
/// Helm 4 merges all documents of the text, Helm 3 reads the first.
pub(crate) fn values(text: &[u8], compat: Compat) -> Result<Map, Error> {
    let text = match compat {
        Compat::Helm3 => return yaml::from_yaml_map(text).map_err(|error| unreadable(&error)),
        Compat::Helm42 => without_lost_line(text),
        Compat::Helm43 => text,
    };
    let mut values = Map::new();
    for document in yaml::documents(text) {
        let document = document.map_err(|error| {
            let message = format!("error reading yaml document: {error}");
            Error::new(ErrorKind::Content, message).hint("nothing but a comment may follow `---` on its line")
        })?;
        let more = yaml::from_yaml_map(&document.text).map_err(|error| {
            let told = Error::new(ErrorKind::Content, format!("cannot unmarshal yaml document: {error}"));
            match document.locate(error).line() {
                Some(line) => told.hint(format!("see line {line}")),
                None => told,
            }
        })?;
        values = merge_documents(values, more);
    }
    Ok(values)
}

/// Helm 4.2 drops a last line without line feed that fills the reader's buffer exactly.
fn without_lost_line(text: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    let len = text.len() - start;
    if len > 0 && len.is_multiple_of(LINE_BUFFER) { &text[..start] } else { text }
}

fn merge_documents(values: Map, more: Map) -> Map {
    if values.is_empty() {
        return more;
    }
    merge_maps(&values, &more)
}

/// Helm's `MergeMaps`: the entries of `over` win, maps are merged, nothing is changed in place.
pub(crate) fn merge_maps(under: &Map, over: &Map) -> Map {
    let merged = under.shallow_copy(under.kind());
    let mut todo = vec![(merged.clone(), over.clone())];
    while let Some((merged, over)) = todo.pop() {
        for (key, value) in over.entries().iter() {
            match (value, merged.get(key)) {
                (Value::Map(over), Some(Value::Map(under))) => {
                    let inner = under.shallow_copy(under.kind());
                    merged.insert(key.clone(), inner.clone());
                    todo.push((inner, over.clone()));
                }
                _ => drop(merged.insert(key.clone(), value.clone())),
            }
        }
    }
    merged
}

/// Whether a table of the tree, however deep, holds a null.
pub(super) fn holds_nulls(tree: &Map) -> bool {
    let mut todo = vec![tree.clone()];
    while let Some(table) = todo.pop() {
        for (_, value) in table.entries().iter() {
            match value {
                Value::Nil => return true,
                Value::Map(inner) => todo.push(inner.clone()),
                _ => {}
            }
        }
    }
    false
}

/// What JSON calls a value.
fn word(node: &Node) -> &'static str {
    match node.kind() {
        NodeKind::Map(_) => "object",
        NodeKind::Seq(_) => "array",
        NodeKind::Str(_) => "string",
        NodeKind::Bool(_) => "bool",
        _ => "number",
    }
}

/// A struct type: its package, name and the names of its fields in JSON. One without a name has no package, and its
/// whole type instead of a name.
pub(crate) struct Shape {
    pub(crate) package: &'static str,
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [&'static str],
}

/// The fields of `Chart.yaml`.
pub(crate) const METADATA: &[&str] = &[
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];

/// Walks a value and keeps the first thing that does not fit.
pub(crate) struct Decoder {
    compat: Compat,
    /// The struct around the present place and the way from the outermost one.
    inside: Option<(&'static str, Vec<&'static str>)>,
    /// Whether unknown fields are an error, as in sigs' `UnmarshalStrict`.
    pub(crate) strict: bool,
    /// Whether numbers and booleans become texts where a text is wanted.
    pub(crate) converts: bool,
    problem: Option<String>,
}

impl Decoder {
    /// A decoder that passes over unknown fields and makes texts of numbers.
    pub(crate) fn new(compat: Compat) -> Decoder {
        Decoder { compat, inside: None, strict: false, converts: true, problem: None }
    }

    /// What did not fit first, in Go's words without sigs' frame.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Walks on inside of an embedded struct, whose name stands before the field's in messages.
    pub(crate) fn embedded(&mut self, name: &'static str, walk: impl FnOnce(&mut Decoder)) {
        let outer = self.inside.clone();
        if let Some((_, path)) = &mut self.inside {
            path.insert(path.len().saturating_sub(1), name);
        }
        walk(self);
        self.inside = outer;
    }

    fn run(compat: Compat, walk: impl FnOnce(&mut Decoder)) -> Result<(), Error> {
        let mut decoder = Decoder::new(compat);
        walk(&mut decoder);
        match decoder.problem {
            None => Ok(()),
            Some(problem) => Err(Error::new(ErrorKind::Content, format!("{WHILE_DECODING}{problem}"))),
        }
    }

    pub(crate) fn wrong(&mut self, found: &Node, wanted: &str) {
        let target = match &self.inside {
            None => "value".to_owned(),
            Some((name, path)) => format!("struct field {name}.{}", path.join(".")),
        };
        let problem = || format!("json: cannot unmarshal {} into Go {target} of type {wanted}", word(found));
        self.problem.get_or_insert_with(problem);
    }

    /// Hands every known field of a struct to `set`.
    pub(crate) fn fields(&mut self, value: &Node, shape: &Shape, mut set: impl FnMut(&mut Decoder, &'static str, &Node)) {
        match value.kind() {
            NodeKind::Map(_) => {}
            NodeKind::Null => return,
            _ if shape.package.is_empty() => return self.wrong(value, shape.name),
            _ => return self.wrong(value, &format!("{}.{}", shape.package, shape.name)),
        }
        let name = if shape.package.is_empty() { "" } else { shape.name };
        let outer = self.inside.clone();
        for entry in sorted(value) {
            let key = key(entry);
            let exact = shape.fields.iter().find(|field| field.as_bytes() == &*key);
            let folded = || shape.fields.iter().find(|field| fold(field.as_bytes()) == fold(&key));
            let Some(field) = exact.or_else(folded) else {
                self.unknown(&key);
                continue;
            };
            let mut path = outer.as_ref().map_or_else(Vec::new, |(_, path)| path.clone());
            path.push(field);
            self.inside = Some((name, path));
            set(self, field, &entry.value);
        }
        self.inside = outer;
    }

    fn unknown(&mut self, key: &[u8]) {
        if self.strict {
            let problem = || format!("json: unknown field {}", quoted(&String::from_utf8_lossy(key)));
            self.problem.get_or_insert_with(problem);
        }
    }

    /// The elements of a list; `None` where the value is no list.
    pub(crate) fn items<'n>(&mut self, value: &'n Node, wanted: &str) -> Option<&'n [Node]> {
        if !matches!(value.kind(), NodeKind::Seq(_) | NodeKind::Null) {
            self.wrong(value, wanted);
            return None;
        }
        Some(value.items())
    }

    /// Numbers and booleans become the text that sigs makes of them.
    pub(crate) fn text(&mut self, value: &Node, out: &mut String) {
        match value.to_text() {
            Some(_) if !self.converts && value.as_str().is_none() => self.wrong(value, "string"),
            Some(text) => *out = String::from_utf8_lossy(&text).into_owned(),
            None if value.is_null() => {}
            None => self.wrong(value, "string"),
        }
    }

    pub(crate) fn texts(&mut self, value: &Node, out: &mut Vec<String>) {
        let Some(items) = self.items(value, "[]string") else { return };
        out.resize(items.len(), String::new());
        items.iter().zip(out).for_each(|(item, out)| self.text(item, out));
    }

    pub(crate) fn flag(&mut self, value: &Node, out: &mut bool) {
        match value.kind() {
            NodeKind::Null => {}
            NodeKind::Bool(flag) => *out = *flag,
            _ => self.wrong(value, "bool"),
        }
    }

    pub(crate) fn annotations(&mut self, value: &Node, out: &mut Option<BTreeMap<String, String>>) {
        match value.kind() {
            NodeKind::Null => *out = None,
            NodeKind::Map(_) => {
                let known = out.get_or_insert_default();
                for entry in sorted(value) {
                    let mut text = String::new();
                    self.text(&entry.value, &mut text);
                    known.insert(String::from_utf8_lossy(&key(entry)).into_owned(), text);
                }
            }
            _ => self.wrong(value, "map[string]string"),
        }
    }

    fn metadata(&mut self, value: &Node, out: &mut Metadata) {
        let shape = Shape { package: package(self.compat), name: "Metadata", fields: METADATA };
        self.fields(value, &shape, |decoder, field, value| decoder.metadata_field(field, value, out));
    }

    /// Decodes one of the fields [`METADATA`].
    pub(crate) fn metadata_field(&mut self, field: &str, value: &Node, out: &mut Metadata) {
        let decoder = self;
        match field {
            "name" => decoder.text(value, &mut out.name),
            "home" => decoder.text(value, &mut out.home),
            "sources" => decoder.texts(value, &mut out.sources),
            "version" => decoder.text(value, &mut out.version),
            "description" => decoder.text(value, &mut out.description),
            "keywords" => decoder.texts(value, &mut out.keywords),
            "maintainers" => decoder.maintainers(value, out),
            "icon" => decoder.text(value, &mut out.icon),
            "apiVersion" => decoder.text(value, &mut out.api_version),
            "condition" => decoder.text(value, &mut out.condition),
            "tags" => decoder.text(value, &mut out.tags),
            "appVersion" => decoder.text(value, &mut out.app_version),
            "deprecated" => decoder.flag(value, &mut out.deprecated),
            "annotations" => decoder.annotations(value, &mut out.annotations),
            "kubeVersion" => decoder.text(value, &mut out.kube_version),
            "dependencies" => out.null_dependency = decoder.dependencies(value, &mut out.dependencies),
            _ => decoder.text(value, &mut out.kind),
        }
    }

    fn maintainers(&mut self, value: &Node, out: &mut Metadata) {
        let wanted = format!("[]*{}.Maintainer", package(self.compat));
        let Some(items) = self.items(value, &wanted) else { return };
        out.null_maintainer = items.iter().position(Node::is_null);
        out.maintainers.resize(items.len(), Maintainer::default());
        let shape = Shape { package: package(self.compat), name: "Maintainer", fields: &["name", "email", "url"] };
        for (item, out) in items.iter().zip(&mut out.maintainers) {
            self.fields(item, &shape, |decoder, field, value| match field {
                "name" => decoder.text(value, &mut out.name),
                "email" => decoder.text(value, &mut out.email),
                _ => decoder.text(value, &mut out.url),
            });
        }
    }

    /// Decodes dependencies; the place of the first null among them.
    fn dependencies(&mut self, value: &Node, out: &mut Option<Vec<Dependency>>) -> Option<usize> {
        if value.is_null() {
            *out = None;
            return None;
        }
        let wanted = format!("[]*{}.Dependency", package(self.compat));
        let items = self.items(value, &wanted)?;
        let known = out.get_or_insert_default();
        known.resize(items.len(), Dependency::default());
        for (item, out) in items.iter().zip(known) {
            self.dependency(item, out);
        }
        items.iter().position(Node::is_null)
    }

    fn dependency(&mut self, value: &Node, out: &mut Dependency) {
        let fields = &["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];
        let shape = Shape { package: package(self.compat), name: "Dependency", fields };
        self.fields(value, &shape, |decoder, field, value| match field {
            "name" => decoder.text(value, &mut out.name),
            "version" => decoder.text(value, &mut out.version),
            "repository" => decoder.text(value, &mut out.repository),
            "condition" => decoder.text(value, &mut out.condition),
            "tags" => decoder.texts(value, &mut out.tags),
            "enabled" => decoder.flag(value, &mut out.enabled),
            "import-values" => {
                if let Some(items) = decoder.items(value, "[]interface {}") {
                    out.import_values = items.iter().map(Node::to_value).collect();
                }
            }
            _ => decoder.text(value, &mut out.alias),
        });
    }
}

/// A field name as `encoding/json` compares names: in upper case, with the two letters outside ASCII that fold into it.
fn fold(name: &[u8]) -> Cow<'_, [u8]> {
    if name.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'-')) {
        return Cow::Borrowed(name);
    }
    let text = String::from_utf8_lossy(name);
    let letters = text.chars().map(|letter| match letter {
        '\u{17F}' => 'S',
        '\u{212A}' => 'K',
        letter => letter.to_ascii_uppercase(),
    });
    Cow::Owned(letters.collect::<String>().into_bytes())
}
