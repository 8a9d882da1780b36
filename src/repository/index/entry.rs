//! One version of a chart as Helm's struct: read strictly, checked, and written with Helm's fields.

use crate::chart::{Compat, Decoder, METADATA, Metadata, Shape, check_rfc3339};
use crate::diagnostic::Fault;
use crate::json;
use crate::value::{List, ListKind, Map, Value};
use crate::yaml::{self, Node, NodeKind};

/// The time that Go writes where there is none.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Helm's `ChartVersion`.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) metadata: Metadata,
    /// `None` where the index has no list.
    pub(super) urls: Option<Vec<String>>,
    /// A time of RFC 3339 as Go writes it; empty where there is none.
    pub(super) created: String,
    pub(super) removed: bool,
    pub(super) digest: String,
    /// `checksum`, `engine`, `tillerVersion` and `url`, which are kept and mean nothing.
    pub(super) deprecated: [String; 4],
}

/// What is wrong with an entry, in Go's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Decoding goes on and tells the first of these at its end.
    Kept,
    /// Decoding ends here.
    Fatal(String),
}

const OWN: [&str; 4] = ["checksum", "engine", "tillerVersion", "url"];

const FIELDS: &[&str] = &{
    let own = ["urls", "created", "removed", "digest", OWN[0], OWN[1], OWN[2], OWN[3]];
    let mut all = [""; METADATA.len() + 8];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < METADATA.len() { METADATA[at] } else { own[at - METADATA.len()] };
        at += 1;
    }
    all
};

impl Entry {
    /// Decodes an entry as Go does; problems that are not fatal stay in the decoder.
    pub(super) fn decode(node: &Node, decoder: &mut Decoder) -> Result<Entry, Wrong> {
        let (mut entry, mut fatal) = (Entry::default(), None);
        let converts = decoder.converts;
        let shape = Shape { package: "repo", name: "ChartVersion", fields: FIELDS };
        decoder.fields(node, &shape, |decoder, field, value| match field {
            "urls" => {
                let urls = entry.urls.get_or_insert_default();
                if value.is_null() {
                    entry.urls = None;
                } else {
                    decoder.texts(value, urls);
                }
            }
            "created" => match time(value) {
                Ok(time) => entry.created = time.unwrap_or_else(|| std::mem::take(&mut entry.created)),
                Err(text) => drop(fatal.get_or_insert(text)),
            },
            "removed" => decoder.flag(value, &mut entry.removed),
            "digest" => decoder.text(value, &mut entry.digest),
            _ => match OWN.iter().position(|own| *own == field).and_then(|at| entry.deprecated.get_mut(at)) {
                Some(out) => decoder.text(value, out),
                None => {
                    // sigs makes texts of numbers only in structs that it can see, and not behind this pointer.
                    decoder.converts = false;
                    decoder.embedded("Metadata", |decoder| decoder.metadata_field(field, value, &mut entry.metadata));
                    decoder.converts = converts;
                }
            },
        });
        match fatal {
            Some(text) => Err(Wrong::Fatal(text)),
            None if decoder.problem().is_some() => Err(Wrong::Kept),
            None => Ok(entry),
        }
    }

    /// Checks the metadata as Helm does when it loads an index; what only newer Helms refuse in charts passes.
    pub(super) fn validate(&mut self) -> Result<(), String> {
        if self.metadata.api_version.is_empty() {
            self.metadata.api_version = "v1".to_owned();
        }
        match self.metadata.validate() {
            Ok(()) => Ok(()),
            Err(error) if error.message().starts_with("validation: more than one dependency with name or alias") => {
                Ok(())
            }
            Err(error) => Err(error.message().to_owned()),
        }
    }

    fn fields(&self) -> Field {
        let mut fields = metadata_fields(&self.metadata);
        let urls = self.urls.as_ref();
        fields.push(("urls", Field::Value(urls.map_or(Value::Nil, Value::strings))));
        let created = if self.created.is_empty() { NO_TIME } else { &self.created };
        fields.push(("created", Field::Value(Value::str(created))));
        if self.removed {
            fields.push(("removed", Field::Value(Value::Bool(true))));
        }
        push(&mut fields, "digest", &self.digest);
        OWN.iter().zip(&self.deprecated).for_each(|(name, text)| push(&mut fields, name, text));
        Field::Struct(fields)
    }

    /// The entry as it stands in Helm's YAML, two spaces in front of its dash.
    pub(super) fn to_yaml(&self) -> Result<String, Fault> {
        item_text(&self.fields().to_value())
    }

    /// Appends the entry as it stands in Helm's JSON, `depth` levels in.
    pub(super) fn write_json(&self, out: &mut Vec<u8>, depth: usize) -> Result<(), Fault> {
        self.fields().write_json(out, depth)
    }
}

/// A version as it stands in an index: where lines are folded depends on how far in they stand.
pub(super) fn item_text(value: &Value) -> Result<String, Fault> {
    let chart: Map = [("x", Value::list(vec![value.clone()]))].into_iter().collect();
    let root: Map = [("x", Value::Map(chart))].into_iter().collect();
    let text = yaml::to_yaml(&Value::Map(root))?;
    let text = String::from_utf8(text).map_err(|_| Fault::new("an entry of the index is no UTF-8"))?;
    Ok(text.splitn(3, '\n').nth(2).unwrap_or_default().to_owned())
}

/// A time as Go reads it from JSON and writes it again; `None` for null.
pub(super) fn time(node: &Node) -> Result<Option<String>, String> {
    match node.kind() {
        NodeKind::Null => Ok(None),
        NodeKind::Str(text) => {
            let text = String::from_utf8_lossy(text);
            check_rfc3339(&text)?;
            Ok(Some(go_time(&text)))
        }
        _ => Err("Time.UnmarshalJSON: input is not a JSON string".to_owned()),
    }
}

/// A valid time in Go's form: two digits for the hour, a fraction without zeros at its end, `Z` for no offset.
fn go_time(text: &str) -> String {
    let zone = text.rfind(['Z', '+', '-']).unwrap_or(text.len());
    let (moment, zone) = text.split_at(zone);
    let (date, clock) = moment.split_once('T').unwrap_or((moment, ""));
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    let pad = if clock.len() < 8 { "0" } else { "" };
    let dot = if fraction.is_empty() { "" } else { "." };
    let zone = if matches!(zone, "+00:00" | "-00:00") { "Z" } else { zone };
    format!("{date}T{pad}{clock}{dot}{fraction}{zone}")
}

/// A value of Go's: structs keep the order of their fields in JSON.
enum Field {
    Value(Value),
    Struct(Vec<(&'static str, Field)>),
    List(Vec<Field>),
}

impl Field {
    fn to_value(&self) -> Value {
        match self {
            Field::Value(value) => value.clone(),
            Field::List(items) => Value::list(items.iter().map(Field::to_value).collect()),
            Field::Struct(fields) => {
                let fields = fields.iter().map(|(name, field)| (*name, field.to_value()));
                Value::Map(fields.collect())
            }
        }
    }

    fn write_json(&self, out: &mut Vec<u8>, depth: usize) -> Result<(), Fault> {
        let line = |out: &mut Vec<u8>, depth: usize| {
            out.push(b'\n');
            out.resize(out.len() + 2 * depth, b' ');
        };
        match self {
            Field::Value(value) => write_json_value(out, value, depth)?,
            Field::List(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    line(out, depth + 1);
                    item.write_json(out, depth + 1)?;
                }
                line(out, depth);
                out.push(b']');
            }
            Field::Struct(fields) => {
                out.push(b'{');
                for (at, (name, field)) in fields.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    line(out, depth + 1);
                    json::write_json_string(out, name.as_bytes());
                    out.extend_from_slice(b": ");
                    field.write_json(out, depth + 1)?;
                }
                line(out, depth);
                out.push(b'}');
            }
        }
        Ok(())
    }
}

/// Appends a value as `json.MarshalIndent` writes it `depth` levels in.
pub(super) fn write_json_value(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), Fault> {
    for (at, part) in json::to_pretty_json(value)?.split(|byte| *byte == b'\n').enumerate() {
        if at > 0 {
            out.push(b'\n');
            out.resize(out.len() + 2 * depth, b' ');
        }
        out.extend_from_slice(part);
    }
    Ok(())
}

fn push(fields: &mut Vec<(&'static str, Field)>, name: &'static str, text: &str) {
    if !text.is_empty() {
        fields.push((name, Field::Value(Value::str(text))));
    }
}

fn push_list(fields: &mut Vec<(&'static str, Field)>, name: &'static str, items: Vec<Field>) {
    if !items.is_empty() {
        fields.push((name, Field::List(items)));
    }
}

fn strings(items: &[String]) -> Vec<Field> {
    items.iter().map(|text| Field::Value(Value::str(text))).collect()
}

/// The fields of `Chart.yaml` in the order of Helm's struct, empty ones left out.
fn metadata_fields(metadata: &Metadata) -> Vec<(&'static str, Field)> {
    let mut fields = Vec::new();
    push(&mut fields, "name", &metadata.name);
    push(&mut fields, "home", &metadata.home);
    push_list(&mut fields, "sources", strings(&metadata.sources));
    push(&mut fields, "version", &metadata.version);
    push(&mut fields, "description", &metadata.description);
    push_list(&mut fields, "keywords", strings(&metadata.keywords));
    push_list(&mut fields, "maintainers", metadata.maintainers.iter().map(maintainer).collect());
    push(&mut fields, "icon", &metadata.icon);
    push(&mut fields, "apiVersion", &metadata.api_version);
    push(&mut fields, "condition", &metadata.condition);
    push(&mut fields, "tags", &metadata.tags);
    push(&mut fields, "appVersion", &metadata.app_version);
    if metadata.deprecated {
        fields.push(("deprecated", Field::Value(Value::Bool(true))));
    }
    let annotations = metadata.annotations.iter().flatten().map(|(key, value)| (key.as_str(), Value::str(value)));
    let annotations: Map = annotations.collect();
    if !annotations.is_empty() {
        fields.push(("annotations", Field::Value(Value::Map(annotations))));
    }
    push(&mut fields, "kubeVersion", &metadata.kube_version);
    push_list(&mut fields, "dependencies", metadata.dependencies().iter().map(dependency).collect());
    push(&mut fields, "type", &metadata.kind);
    fields
}

/// The fields in which two descriptions differ.
pub(super) fn differing(one: &Metadata, other: &Metadata) -> Vec<String> {
    let texts = |metadata: &Metadata| -> Vec<(&'static str, Vec<u8>)> {
        let fields = metadata_fields(metadata).into_iter();
        fields.map(|(name, field)| (name, json::to_json(&field.to_value()).unwrap_or_default())).collect()
    };
    let (one, other) = (texts(one), texts(other));
    let lacks = |all: &[(&str, Vec<u8>)], field: &(&str, Vec<u8>)| !all.contains(field);
    let mut names: Vec<String> =
        one.iter().filter(|field| lacks(&other, field)).map(|(name, _)| (*name).to_owned()).collect();
    names.extend(other.iter().filter(|field| lacks(&one, field)).map(|(name, _)| (*name).to_owned()));
    names.sort_unstable();
    names.dedup();
    names
}

fn maintainer(one: &crate::chart::Maintainer) -> Field {
    let mut fields = Vec::new();
    push(&mut fields, "name", &one.name);
    push(&mut fields, "email", &one.email);
    push(&mut fields, "url", &one.url);
    Field::Struct(fields)
}

fn dependency(one: &crate::chart::Dependency) -> Field {
    let mut fields = vec![("name", Field::Value(Value::str(&one.name)))];
    push(&mut fields, "version", &one.version);
    fields.push(("repository", Field::Value(Value::str(&one.repository))));
    push(&mut fields, "condition", &one.condition);
    push_list(&mut fields, "tags", strings(&one.tags));
    if one.enabled {
        fields.push(("enabled", Field::Value(Value::Bool(true))));
    }
    if !one.import_values.is_empty() {
        let list = List::new(ListKind::Any, one.import_values.clone());
        fields.push(("import-values", Field::Value(Value::List(list))));
    }
    push(&mut fields, "alias", &one.alias);
    Field::Struct(fields)
}

/// The decoder for entries of an index in YAML or JSON.
pub(super) fn decoder(form: Form, compat: Compat) -> Decoder {
    let mut decoder = Decoder::new(compat);
    decoder.strict = form == Form::Yaml;
    decoder.converts = form == Form::Yaml;
    decoder
}

/// How an index is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Read strictly, numbers become texts where texts are wanted.
    Yaml,
    /// Read as Go reads JSON.
    Json,
}

#[cfg(test)]
mod tests {
    use super::go_time;

    // Recorded from Helm 4.3.1, which reads and writes them in `repo index --merge`.
    #[test]
    fn times_are_written_as_go_does() {
        for (text, wanted) in [
            ("2019-01-01T1:00:00Z", "2019-01-01T01:00:00Z"),
            ("2019-01-01T01:00:00,5Z", "2019-01-01T01:00:00.5Z"),
            ("2019-01-01T00:00:00.1200+02:00", "2019-01-01T00:00:00.12+02:00"),
            ("2019-01-01T00:00:00.000Z", "2019-01-01T00:00:00Z"),
        ] {
            assert_eq!(go_time(text), wanted);
        }
    }
}
