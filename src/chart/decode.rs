//! YAML texts into the chart's structs, as Go's `encoding/json` decodes them behind `sigs.k8s.io/yaml`.
//!
//! Names of fields match in any case, numbers and booleans become texts where a text is wanted, unknown fields are
//! passed over, and the first value of a wrong type is told in Go's words.

use super::metadata::package;
use super::{Compat, Dependency, Lock, Maintainer, Metadata, clock};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{Map, Value, print};
use crate::yaml;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A parsed YAML text.
pub(super) struct Document(Value);

impl Document {
    /// Parses the first document of a text.
    pub(super) fn read(text: &[u8]) -> Result<Document, Error> {
        yaml::from_yaml(text).map(Document).map_err(|error| Error::new(ErrorKind::Content, error.to_string()))
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
        if self.0.is_nil() {
            return Ok(None);
        }
        let mut lock = Lock::default();
        // A wrong time ends Go's decoding at once, before any type error is told.
        if let Some(generated) = self.0.as_map().and_then(|map| field(map, "generated")) {
            lock.generated = time(&generated)?;
        }
        Decoder::run(compat, |decoder| {
            let shape =
                Shape { package: package(compat), name: "Lock", fields: &["generated", "digest", "dependencies"] };
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

fn field(map: &Map, name: &str) -> Option<Value> {
    map.entries().iter().filter(|(key, _)| fold(key) == fold(name.as_bytes())).last().map(|(_, value)| value.clone())
}

fn time(value: &Value) -> Result<String, Error> {
    let wrong = |text: String| Error::new(ErrorKind::Content, format!("{WHILE_DECODING}{text}"));
    match value {
        Value::Nil => Ok(String::new()),
        Value::Str(text) => {
            let text = text.to_str_lossy();
            clock::check_rfc3339(&text).map_err(wrong)?;
            Ok(text.into_owned())
        }
        _ => Err(wrong("Time.UnmarshalJSON: input is not a JSON string".to_owned())),
    }
}

const WHILE_DECODING: &str = "error unmarshaling JSON: while decoding JSON: ";

/// The values of a `values.yaml` or of a values file.
///
/// Helm 4 merges all documents of the text, Helm 3 reads the first.
pub(crate) fn values(text: &[u8], compat: Compat) -> Result<Map, Error> {
    if compat == Compat::Helm3 {
        return document(text);
    }
    let mut values = Map::new();
    for chunk in super::documents::split(text, compat)? {
        let chunk = document(&chunk).map_err(|error| wrap("cannot unmarshal yaml document", &error))?;
        values = merge_documents(values, chunk);
    }
    Ok(values)
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
    for (key, value) in over.entries().iter() {
        let value = match (value, under.get(key)) {
            (Value::Map(over), Some(Value::Map(under))) => Value::Map(merge_maps(&under, over)),
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    merged
}

fn wrap(doing: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("{doing}: {error}"))
}

fn document(text: &[u8]) -> Result<Map, Error> {
    match Document::read(text)?.0 {
        Value::Map(map) => Ok(map),
        Value::Nil => Ok(Map::new()),
        other => {
            let found = word(&other);
            let text = format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}");
            let error = Error::new(ErrorKind::Content, format!("{WHILE_DECODING}{text}"));
            Err(error.hint("values are a map of keys"))
        }
    }
}

/// What JSON calls a value.
fn word(value: &Value) -> &'static str {
    match value {
        Value::Map(_) => "object",
        Value::List(_) => "array",
        Value::Str(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    }
}

/// A struct type: its package, name and the names of its fields in JSON.
struct Shape {
    package: &'static str,
    name: &'static str,
    fields: &'static [&'static str],
}

/// Walks a value and keeps the first thing that does not fit.
struct Decoder {
    compat: Compat,
    /// The struct around the present place and the way from the outermost one.
    inside: Option<(&'static str, Vec<&'static str>)>,
    problem: Option<String>,
}

impl Decoder {
    fn run(compat: Compat, walk: impl FnOnce(&mut Decoder)) -> Result<(), Error> {
        let mut decoder = Decoder { compat, inside: None, problem: None };
        walk(&mut decoder);
        match decoder.problem {
            None => Ok(()),
            Some(problem) => Err(Error::new(ErrorKind::Content, format!("{WHILE_DECODING}{problem}"))),
        }
    }

    fn wrong(&mut self, found: &Value, wanted: &str) {
        let target = match &self.inside {
            None => "value".to_owned(),
            Some((name, path)) => format!("struct field {name}.{}", path.join(".")),
        };
        let problem = || format!("json: cannot unmarshal {} into Go {target} of type {wanted}", word(found));
        self.problem.get_or_insert_with(problem);
    }

    /// Hands every known field of a struct to `set`.
    fn fields(&mut self, value: &Value, shape: &Shape, mut set: impl FnMut(&mut Decoder, &'static str, &Value)) {
        let map = match value {
            Value::Map(map) => map,
            Value::Nil => return,
            other => return self.wrong(other, &format!("{}.{}", shape.package, shape.name)),
        };
        let outer = self.inside.clone();
        for (key, value) in map.entries().iter() {
            let exact = shape.fields.iter().find(|field| field.as_bytes() == key.as_bytes());
            let folded = || shape.fields.iter().find(|field| fold(field.as_bytes()) == fold(key));
            let Some(field) = exact.or_else(folded) else { continue };
            let mut path = outer.as_ref().map_or_else(Vec::new, |(_, path)| path.clone());
            path.push(field);
            self.inside = Some((shape.name, path));
            set(self, field, value);
        }
        self.inside = outer;
    }

    /// The elements of a list; `None` where the value is no list.
    fn items(&mut self, value: &Value, wanted: &str) -> Option<Vec<Value>> {
        match value {
            Value::List(list) => Some(list.items().to_vec()),
            Value::Nil => Some(Vec::new()),
            other => {
                self.wrong(other, wanted);
                None
            }
        }
    }

    fn text(&mut self, value: &Value, out: &mut String) {
        match value {
            Value::Nil => {}
            Value::Map(_) | Value::List(_) => self.wrong(value, "string"),
            scalar => *out = scalar_text(scalar).into_owned(),
        }
    }

    fn texts(&mut self, value: &Value, out: &mut Vec<String>) {
        let Some(items) = self.items(value, "[]string") else { return };
        out.resize(items.len(), String::new());
        items.iter().zip(out).for_each(|(item, out)| self.text(item, out));
    }

    fn flag(&mut self, value: &Value, out: &mut bool) {
        match value {
            Value::Nil => {}
            Value::Bool(flag) => *out = *flag,
            other => self.wrong(other, "bool"),
        }
    }

    fn annotations(&mut self, value: &Value, out: &mut Option<BTreeMap<String, String>>) {
        match value {
            Value::Nil => *out = None,
            Value::Map(map) => {
                let known = out.get_or_insert_default();
                for (key, value) in map.entries().iter() {
                    let mut text = String::new();
                    self.text(value, &mut text);
                    known.insert(key.to_str_lossy().into_owned(), text);
                }
            }
            other => self.wrong(other, "map[string]string"),
        }
    }

    fn metadata(&mut self, value: &Value, out: &mut Metadata) {
        let fields = &[
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
        let shape = Shape { package: package(self.compat), name: "Metadata", fields };
        self.fields(value, &shape, |decoder, field, value| match field {
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
        });
    }

    fn maintainers(&mut self, value: &Value, out: &mut Metadata) {
        let wanted = format!("[]*{}.Maintainer", package(self.compat));
        let Some(items) = self.items(value, &wanted) else { return };
        out.null_maintainer = items.iter().position(Value::is_nil);
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
    fn dependencies(&mut self, value: &Value, out: &mut Option<Vec<Dependency>>) -> Option<usize> {
        if value.is_nil() {
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
        items.iter().position(Value::is_nil)
    }

    fn dependency(&mut self, value: &Value, out: &mut Dependency) {
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
                    out.import_values = items;
                }
            }
            _ => decoder.text(value, &mut out.alias),
        });
    }
}

/// A number or boolean where a text is wanted becomes the text that Go makes of it.
fn scalar_text(value: &Value) -> Cow<'static, str> {
    match value {
        Value::Str(text) => text.to_str_lossy().into_owned().into(),
        Value::Bool(flag) => if *flag { "true" } else { "false" }.into(),
        Value::Int(number) | Value::Int64(number) => number.to_string().into(),
        Value::Uint64(number) => number.to_string().into(),
        // Go prints with the precision of a float32 here.
        Value::Float(number) => print::format_float32(*number as f32, 'g').into(),
        _ => "".into(),
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
