//! `index.yaml`: which versions of which charts a repository holds.

use super::Archive;
use crate::chart::Chart;
use crate::diagnostic::Fault;
use crate::value::{List, Map, Text, Value};
use crate::version::Version;
use crate::world::Timestamp;
use crate::yaml;

/// The fields of `Chart.yaml` that an entry repeats.
const METADATA: &[&str] = &[
    "annotations",
    "apiVersion",
    "appVersion",
    "condition",
    "dependencies",
    "deprecated",
    "description",
    "home",
    "icon",
    "keywords",
    "kubeVersion",
    "maintainers",
    "name",
    "sources",
    "tags",
    "type",
    "version",
];

/// An `index.yaml`. Fields that we do not know are kept.
#[derive(Clone, Debug)]
pub struct IndexFile {
    root: Map,
}

/// One version of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartVersion {
    /// The version.
    pub version: String,
    /// The sha256 of the archive; empty where the index does not say.
    pub digest: String,
    /// Where the archive lies, relative to the index or absolute.
    pub urls: Vec<String>,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// The same bytes were there already.
    Unchanged,
}

impl IndexFile {
    /// An index without charts.
    pub fn empty() -> IndexFile {
        let root = Map::new();
        root.insert("apiVersion", Value::str("v1"));
        root.insert("entries", Value::Map(Map::new()));
        IndexFile { root }
    }

    /// Reads an index.
    ///
    /// # Errors
    /// A text that is no YAML, or holds no `entries`.
    pub fn parse(text: &[u8]) -> Result<IndexFile, Fault> {
        let value = yaml::from_yaml(text).map_err(|error| Fault::new(error.to_string()))?;
        let Value::Map(root) = value else {
            return Err(Fault::new("expected a chart repository's index, found no mapping"));
        };
        if !matches!(root.get("apiVersion"), Some(Value::Str(_))) {
            return Err(Fault::new("expected `apiVersion` in the index, found none"));
        }
        match root.get("entries") {
            Some(Value::Map(entries)) => {
                let stray =
                    entries.snapshot().into_iter().find(|(_, list)| !matches!(list, Value::List(_) | Value::Nil));
                if let Some((name, _)) = stray {
                    return Err(Fault::new(format!("expected the versions of `{name}` in the index as a list")));
                }
            }
            None | Some(Value::Nil) => {
                root.insert("entries", Value::Map(Map::new()));
            }
            Some(_) => return Err(Fault::new("expected `entries` of the index as a mapping")),
        }
        Ok(IndexFile { root })
    }

    fn entries(&self) -> Map {
        match self.root.get("entries") {
            Some(Value::Map(entries)) => entries,
            _ => Map::new(),
        }
    }

    /// The names of all charts, sorted.
    pub fn names(&self) -> Vec<String> {
        self.entries().keys().iter().map(Text::to_string).collect()
    }

    /// The versions of a chart in the order of the index; entries that cannot be read are passed over.
    pub fn versions(&self, name: &str) -> Vec<ChartVersion> {
        let Some(Value::List(entries)) = self.entries().get(name) else { return Vec::new() };
        entries.iter().filter_map(ChartVersion::read).collect()
    }

    /// Adds an archive.
    ///
    /// # Errors
    /// The version is there with other bytes.
    pub fn add(&mut self, chart: &Chart, archive: &Archive, now: Timestamp) -> Result<Added, Fault> {
        let known = self.versions(&archive.chart);
        if let Some(known) = known.iter().find(|known| known.version == archive.version) {
            if known.digest == archive.digest {
                return Ok(Added::Unchanged);
            }
            return Err(Fault::new(format!(
                "`{}` {} is published with other bytes: digest {}, now {}",
                archive.chart, archive.version, known.digest, archive.digest
            ))
            .hint("give the chart a new version"));
        }
        let entry = entry(chart, archive, now)?;
        let entries = self.entries();
        let mut versions: Vec<Value> = match entries.get(&archive.chart) {
            Some(Value::List(list)) => list.items().to_vec(),
            _ => Vec::new(),
        };
        versions.push(Value::Map(entry));
        versions.sort_by_cached_key(|entry| std::cmp::Reverse(Rank::of(entry)));
        entries.insert(archive.chart.as_str(), Value::list(versions));
        self.root.insert("generated", Value::from(time_text(now)));
        Ok(Added::New)
    }

    /// The text of the index.
    pub fn to_yaml(&self) -> Result<Vec<u8>, Fault> {
        yaml::to_yaml(&Value::Map(self.root.clone()))
    }
}

impl ChartVersion {
    fn read(entry: &Value) -> Option<ChartVersion> {
        let map = entry.as_map()?;
        let text = |key: &str| map.get(key).and_then(|value| value.as_str().map(Text::to_string));
        let urls = match map.get("urls") {
            Some(Value::List(urls)) => texts(&urls),
            _ => Vec::new(),
        };
        Some(ChartVersion { version: text("version")?, digest: text("digest").unwrap_or_default(), urls })
    }
}

fn texts(list: &List) -> Vec<String> {
    list.iter().filter_map(|item| item.as_str().map(Text::to_string)).collect()
}

/// The place of an entry among versions: those that are none come last.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Text(String),
    Version(Precedence),
}

#[derive(PartialEq, Eq)]
struct Precedence(Version);

impl PartialOrd for Precedence {
    fn partial_cmp(&self, other: &Precedence) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Precedence {
    fn cmp(&self, other: &Precedence) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl Rank {
    fn of(entry: &Value) -> Rank {
        let version = entry.as_map().and_then(|map| map.get("version"));
        let text = version.as_ref().and_then(Value::as_str).map(Text::to_string).unwrap_or_default();
        match Version::parse(&text) {
            Ok(version) => Rank::Version(Precedence(version)),
            Err(_) => Rank::Text(text),
        }
    }
}

/// The entry of an archive: the metadata of its chart, its digest, its file and the time.
fn entry(chart: &Chart, archive: &Archive, now: Timestamp) -> Result<Map, Fault> {
    let text = chart.raw_file("Chart.yaml").map(|file| file.data.clone()).unwrap_or_default();
    let entry = Map::new();
    if let Value::Map(fields) = yaml::from_yaml(&text).map_err(|error| Fault::new(error.to_string()))? {
        for name in METADATA {
            match fields.get(name) {
                Some(value) if !is_empty(&value) => {
                    entry.insert(*name, value);
                }
                _ => {}
            }
        }
    }
    entry.insert("created", Value::from(time_text(now)));
    entry.insert("digest", Value::str(&archive.digest));
    entry.insert("urls", Value::list(vec![Value::str(&archive.file)]));
    Ok(entry)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Bool(false) => true,
        Value::Str(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

/// A time as Go writes it into JSON.
fn time_text(now: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(now).map_or_else(|_| "1970-01-01T00:00:00Z".to_owned(), |time| time.to_string())
}
