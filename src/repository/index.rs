//! `index.yaml`: which versions of which charts a repository holds.
//!
//! An index can be large, and who reads it wants one entry. So its lines are looked over once for where entries start
//! (`layout`), and an entry is read when somebody asks for it: a malformed one hurts no other. Adding leaves every
//! other entry as it is, byte for byte (`write`). The reference for what is written, and for how Helm itself loads an
//! index, is Helm's `pkg/repo`.

mod change;
mod directory;
mod entry;
mod layout;
mod load;
mod version;
mod write;

pub use directory::{HelmIndexOptions, IndexOptions, Indexed, Skipped, helm_index, index_directory};
pub use version::ChartVersion;

use crate::chart::Metadata;
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::source::SourceId;
use crate::value::{Map, Value};
use crate::version::Version;
use crate::world::Timestamp;
use crate::yaml::{self, Node};
use bytes::Bytes;
use entry::Entry;
use layout::Layout;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

/// The most versions that an index may hold.
pub const MOST_VERSIONS: usize = 200_000;
/// The largest index that is read.
pub const LARGEST_INDEX: u64 = 160 << 20;
/// The largest index in a layout of its own: it is read as a whole, which takes many times its size.
const LARGEST_TREE: usize = 8 << 20;
/// The most values in such an index, about.
const MOST_VALUES: usize = 1_500_000;
/// The largest entry; in a chart, Helm takes no larger file.
const LARGEST_ENTRY: usize = 5 << 20;
/// The most bytes around the entries.
const LARGEST_HEAD: usize = 1 << 20;

/// An `index.yaml`. Fields that we do not know are kept.
#[derive(Clone, Debug)]
pub struct IndexFile {
    text: Bytes,
    /// Where the entries lie in the text; `None` for a layout of its own.
    entries: Option<Range<usize>>,
    /// Everything but the entries.
    head: Map,
    /// The charts in the order of the text, new ones behind them.
    charts: Vec<Versions>,
    /// Where each chart stands in `charts`.
    places: HashMap<Box<str>, u32, foldhash::fast::FixedState>,
    /// Whether lines around the entries do not tell what is a key.
    is_woven: bool,
    is_changed: bool,
}

/// The versions of one chart.
#[derive(Clone, Debug)]
struct Versions {
    name: Box<str>,
    /// Its lines in the text; empty for a new chart.
    lines: Range<u32>,
    /// How far the dashes stand in.
    indent: u32,
    items: Vec<Item>,
    is_changed: bool,
}

/// One version, read or not.
#[derive(Clone, Debug)]
enum Item {
    /// Lines of the text; those of a woven one do not tell keys from texts.
    Lines {
        start: u32,
        end: u32,
        is_woven: bool,
    },
    Tree(Box<Node>),
    New(Box<New>),
}

/// A version that was added, with its lines.
#[derive(Clone, Debug)]
struct New {
    version: ChartVersion,
    text: String,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// The same bytes were there already.
    Unchanged,
    /// It took the place of other bytes.
    Replaced,
}

/// What happens to a version that is there with other bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// It stays, and adding is an error.
    #[default]
    Never,
    /// The new bytes take its place.
    Bytes,
    /// The new entry takes its place, also where only the URL differs.
    Entry,
}

/// A version to be added.
#[derive(Clone, Debug)]
pub struct NewVersion<'a> {
    /// What its `Chart.yaml` states.
    pub metadata: &'a Metadata,
    /// The sha256 of its archive.
    pub digest: &'a str,
    /// Where the archive lies, relative to the index or absolute.
    pub url: &'a str,
    /// When it was added: RFC 3339.
    pub created: &'a str,
}

impl IndexFile {
    /// An index without charts.
    pub fn empty() -> IndexFile {
        let text = Bytes::from_static(b"apiVersion: v1\nentries: {}\n");
        let head = [("apiVersion", Value::str("v1"))].into_iter().collect();
        let entries = Some(15..text.len());
        IndexFile {
            text,
            entries,
            head,
            charts: Vec::new(),
            places: HashMap::default(),
            is_woven: false,
            is_changed: true,
        }
    }

    /// Reads an index.
    ///
    /// # Errors
    /// A text that is no YAML, or holds no `entries`.
    pub fn parse(text: &[u8]) -> Result<IndexFile, Fault> {
        IndexFile::from_bytes(Bytes::copy_from_slice(text))
    }

    /// Reads an index and keeps its bytes. Entries are read when they are asked for.
    ///
    /// # Errors
    /// As [`IndexFile::parse`]; more than [`MOST_VERSIONS`] versions.
    pub fn from_bytes(text: Bytes) -> Result<IndexFile, Fault> {
        match Layout::scan(&text, MOST_VERSIONS) {
            Ok(layout) if layout.versions > MOST_VERSIONS => Err(Fault::new(too_many().message())),
            Ok(layout) => IndexFile::from_layout(text, &layout),
            Err(_) => IndexFile::from_tree(text),
        }
    }

    /// Reads the index at a path; `None` where there is none.
    ///
    /// # Errors
    /// A file that cannot be read, is larger than [`LARGEST_INDEX`] or is no index; the message names it.
    pub fn read(path: &Path) -> Result<Option<IndexFile>, Error> {
        let Some(text) = read_limited(path)? else { return Ok(None) };
        let told = |fault: Fault| {
            let error = Error::new(ErrorKind::Content, format!("`{}`: {}", path.display(), fault.message()));
            fault.hints().iter().fold(error, |error, hint| error.hint(hint))
        };
        IndexFile::from_bytes(text).map(Some).map_err(told)
    }

    fn from_layout(text: Bytes, layout: &Layout) -> Result<IndexFile, Fault> {
        let around = [&text[..layout.entries.start], &text[layout.entries.end..]];
        if around.iter().map(|part| part.len()).sum::<usize>() > LARGEST_HEAD {
            return Err(Fault::new(format!("the index has more than {LARGEST_HEAD} bytes around its entries")));
        }
        let head = yaml::from_yaml(&around.concat()).map_err(|error| Fault::new(error.to_string()))?;
        let mut index = IndexFile {
            head: checked_head(head)?,
            entries: Some(layout.entries.clone()),
            charts: Vec::with_capacity(layout.charts.len()),
            places: HashMap::with_capacity_and_hasher(layout.charts.len(), foldhash::fast::FixedState::default()),
            is_woven: layout.is_head_woven,
            is_changed: false,
            text,
        };
        for chart in &layout.charts {
            let key = yaml::parse(&index.text[chart.key.clone()], SourceId::default());
            let name = key.ok().and_then(|key| Some(String::from_utf8_lossy(&key.key_text()?).into_owned()));
            let name = name.ok_or_else(|| Fault::new("expected the names of charts as keys of `entries`"))?;
            let items = chart.places().map(|(place, is_woven)| {
                let (start, end) = (offset(place.start), offset(place.end));
                Item::Lines { start, end, is_woven }
            });
            let lines = offset(chart.lines.start)..offset(chart.lines.end);
            let items = items.collect();
            index.push(Versions {
                name: name.into(),
                lines,
                indent: offset(chart.indent),
                items,
                is_changed: false,
            })?;
        }
        Ok(index)
    }

    fn from_tree(text: Bytes) -> Result<IndexFile, Fault> {
        check_tree(&text)?;
        let tree = yaml::parse(&text, SourceId::default()).map_err(|error| Fault::new(error.to_string()))?;
        let (mut charts, mut versions) = (Vec::new(), 0);
        match tree.get("entries").map(Node::kind) {
            None | Some(yaml::NodeKind::Null) => {}
            Some(yaml::NodeKind::Map(entries)) => {
                for chart in entries {
                    let name = String::from_utf8_lossy(&chart.key.key_text().unwrap_or_default()).into_owned();
                    if !matches!(chart.value.kind(), yaml::NodeKind::Seq(_) | yaml::NodeKind::Null) {
                        return Err(Fault::new(format!("expected the versions of `{name}` in the index as a list")));
                    }
                    versions += chart.value.items().len();
                    let items = chart.value.items().iter().map(|item| Item::Tree(Box::new(item.clone()))).collect();
                    charts.push(Versions { name: name.into(), lines: 0..0, indent: 2, items, is_changed: false });
                }
            }
            Some(_) => return Err(Fault::new("expected `entries` of the index as a mapping")),
        }
        if versions > MOST_VERSIONS {
            return Err(Fault::new(too_many().message()));
        }
        let head = match tree.kind() {
            yaml::NodeKind::Map(all) => {
                let rest = all.iter().filter(|entry| entry.key.key_text().as_deref() != Some(b"entries"));
                let rest = rest.filter_map(|entry| Some((entry.key.key_text()?.into_owned(), entry.value.to_value())));
                Value::Map(rest.map(|(key, value)| (String::from_utf8_lossy(&key).into_owned(), value)).fold(
                    Map::new(),
                    |map, (key, value)| {
                        map.insert(key, value);
                        map
                    },
                ))
            }
            _ => Value::Nil,
        };
        let head = checked_head(head)?;
        let (places, is_changed) = (HashMap::default(), false);
        let mut index =
            IndexFile { text, entries: None, head, charts: Vec::new(), places, is_woven: false, is_changed };
        charts.into_iter().try_for_each(|chart| index.push(chart))?;
        Ok(index)
    }

    fn push(&mut self, chart: Versions) -> Result<(), Fault> {
        if self.places.insert(chart.name.clone(), offset(self.charts.len())).is_some() {
            return Err(Fault::new(format!("chart `{}` stands twice in the index", chart.name)));
        }
        self.charts.push(chart);
        Ok(())
    }

    /// The names of all charts, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.charts.iter().map(|chart| chart.name.to_string()).collect();
        names.sort_unstable();
        names
    }

    /// How many versions there are of all charts.
    pub fn len(&self) -> usize {
        self.charts.iter().map(|chart| chart.items.len()).sum()
    }

    /// Whether there is no version of any chart.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether something was added or removed since it was read.
    pub fn is_changed(&self) -> bool {
        self.is_changed
    }

    fn chart(&self, name: &str) -> Option<&Versions> {
        self.charts.get(*self.places.get(name)? as usize)
    }

    /// The versions of a chart in the order of the index; entries that cannot be read are passed over.
    pub fn versions(&self, name: &str) -> Vec<ChartVersion> {
        self.entries(name).filter_map(Result::ok).collect()
    }

    /// The versions of a chart in the order of the index, each read when it is asked for. The fault of a malformed one
    /// names its line.
    pub fn entries(&self, name: &str) -> impl Iterator<Item = Result<ChartVersion, Fault>> {
        self.chart(name).into_iter().flat_map(|chart| &chart.items).map(|item| self.read_item(item))
    }

    /// One version of a chart, by its exact text; other entries are not read.
    ///
    /// # Errors
    /// The entry, or one that may be it, cannot be read.
    pub fn find(&self, name: &str, version: &str) -> Result<Option<ChartVersion>, Fault> {
        match self.position(name, version)? {
            Some(at) => {
                self.chart(name).and_then(|chart| chart.items.get(at)).map(|item| self.read_item(item)).transpose()
            }
            None => Ok(None),
        }
    }

    fn position(&self, name: &str, version: &str) -> Result<Option<usize>, Fault> {
        let Some(chart) = self.chart(name) else { return Ok(None) };
        let mut malformed = None;
        for (at, item) in chart.items.iter().enumerate() {
            match self.version_of(item) {
                Ok(text) if text == version => return Ok(Some(at)),
                Ok(_) => {}
                Err(fault) => drop(malformed.get_or_insert(fault)),
            }
        }
        malformed.map_or(Ok(None), Err)
    }

    /// The version of an entry, from its lines where they tell it.
    fn version_of(&self, item: &Item) -> Result<String, Fault> {
        match item {
            Item::New(new) => Ok(new.version.version.clone()),
            Item::Lines { start, end, is_woven: false } => match version::peek(self.lines(*start, *end)) {
                Some(text) => Ok(text.to_owned()),
                None => Ok(self.read_item(item)?.version),
            },
            _ => Ok(self.read_item(item)?.version),
        }
    }

    fn lines(&self, start: u32, end: u32) -> &[u8] {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    fn read_item(&self, item: &Item) -> Result<ChartVersion, Fault> {
        match item {
            Item::New(new) => Ok(new.version.clone()),
            _ => ChartVersion::read(&*self.node(item)?).ok_or_else(|| self.malformed(item, "it has no `version`")),
        }
    }

    /// The entry as it is written.
    fn node<'a>(&self, item: &'a Item) -> Result<std::borrow::Cow<'a, Node>, Fault> {
        use std::borrow::Cow;
        let (start, end) = match item {
            Item::Tree(node) => return Ok(Cow::Borrowed(node)),
            Item::New(new) => {
                let tree = yaml::parse(new.text.as_bytes(), SourceId::default());
                let tree = tree.map_err(|error| Fault::new(error.to_string()))?;
                return Ok(Cow::Owned(tree.items().first().cloned().unwrap_or(tree)));
            }
            Item::Lines { start, end, .. } => (*start, *end),
        };
        let lines = self.lines(start, end);
        if lines.len() > LARGEST_ENTRY {
            return Err(self.malformed(item, &too_large()));
        }
        match yaml::parse(lines, SourceId::default()) {
            Ok(tree) => match tree.items() {
                [one] => Ok(Cow::Owned(one.clone())),
                _ => Err(self.malformed(item, "expected one version of a chart")),
            },
            Err(error) => {
                let line = error.line().map_or(0, |line| line - 1);
                let line = self.line_of(start) + line;
                Err(Fault::new(format!("the entry at line {line} of the index cannot be read: {}", error.message())))
            }
        }
    }

    fn line_of(&self, at: u32) -> usize {
        memchr::memchr_iter(b'\n', self.lines(0, at)).count() + 1
    }

    fn malformed(&self, item: &Item, why: &str) -> Fault {
        match item {
            Item::Lines { start, .. } => {
                Fault::new(format!("the entry at line {} of the index cannot be used: {why}", self.line_of(*start)))
            }
            _ => Fault::new(format!("an entry of the index cannot be used: {why}")),
        }
    }

    /// What an entry states of `Chart.yaml`, read leniently.
    ///
    /// # Errors
    /// As [`IndexFile::find`]; fields of a wrong type.
    pub fn metadata(&self, name: &str, version: &str) -> Result<Option<Metadata>, Fault> {
        let Some(at) = self.position(name, version)? else { return Ok(None) };
        let Some(item) = self.chart(name).and_then(|chart| chart.items.get(at)) else { return Ok(None) };
        Ok(Some(self.entry(item)?.metadata))
    }

    fn entry(&self, item: &Item) -> Result<Entry, Fault> {
        let mut decoder = crate::chart::Decoder::new(crate::chart::Compat::default());
        let entry = Entry::decode(&*self.node(item)?, &mut decoder);
        entry.map_err(|wrong| match wrong {
            entry::Wrong::Fatal(text) => self.malformed(item, &text),
            entry::Wrong::Kept => self.malformed(item, decoder.problem().unwrap_or("a field has a wrong type")),
        })
    }

    /// When the index says that it was made.
    pub fn generated(&self) -> Option<String> {
        self.head.get("generated")?.as_str().map(ToString::to_string)
    }
}

/// The charts of an index as Helm loads it, each with its versions, the newest first.
///
/// `source` names the index in what Helm logs about entries that it leaves out.
///
/// # Errors
/// Helm's texts, without the frame that names the file.
pub fn charts_as_helm(
    text: &[u8],
    source: &str,
    compat: crate::chart::Compat,
    notices: &mut crate::chart::Notices,
) -> Result<Vec<(String, Vec<ChartVersion>)>, Error> {
    let charts = load::load(text, source, compat, notices)?;
    let newest_first = |mut entries: Vec<Entry>| {
        entries.sort_by_cached_key(|entry| std::cmp::Reverse(Version::parse(&entry.metadata.version).ok()));
        entries.iter().map(ChartVersion::of).collect()
    };
    Ok(charts.into_iter().map(|(name, entries)| (name, newest_first(entries))).collect())
}

/// The fields in which two descriptions of a chart differ, by their names in `Chart.yaml`.
pub(super) fn differing_fields(one: &Metadata, other: &Metadata) -> Vec<String> {
    entry::differing(one, other)
}

fn offset(at: usize) -> u32 {
    // The layout gives up on texts that are longer.
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn too_many() -> Error {
    Error::new(ErrorKind::Limit, format!("the index holds more than {MOST_VERSIONS} versions"))
}

fn too_large() -> String {
    format!("it has more than {LARGEST_ENTRY} bytes")
}

/// Refuses a text of which a tree would take too much memory.
fn check_tree(text: &[u8]) -> Result<(), Fault> {
    let refused = |what: String| {
        let message = format!("the index is not laid out as Helm writes it, and {what}");
        Err(Fault::new(message).hint("let `repo index` write it anew"))
    };
    if text.len() > LARGEST_TREE {
        return refused(format!("is larger than {LARGEST_TREE} bytes"));
    }
    let marks = memchr::memchr3_iter(b',', b'\n', b':', text).count() + memchr::memchr2_iter(b'[', b'{', text).count();
    if marks > MOST_VALUES { refused(format!("holds more than {MOST_VALUES} values")) } else { Ok(()) }
}

fn checked_head(head: Value) -> Result<Map, Fault> {
    let Value::Map(head) = head else {
        return Err(Fault::new("expected a chart repository's index, found no mapping"));
    };
    if !matches!(head.get("apiVersion"), Some(Value::Str(text)) if !text.is_empty()) {
        return Err(Fault::new("expected `apiVersion` in the index, found none"));
    }
    Ok(head)
}

/// The bytes of an index; `None` where there is none.
fn read_limited(path: &Path) -> Result<Option<Bytes>, Error> {
    use std::io::Read;
    let failed = |error| Error::io("cannot read", path, error);
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let size = file.metadata().map_err(failed)?.len();
    let mut text = Vec::with_capacity(usize::try_from(size.min(LARGEST_INDEX)).unwrap_or(0) + 1);
    file.take(LARGEST_INDEX + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > LARGEST_INDEX {
        let message = format!("`{}` is larger than {LARGEST_INDEX} bytes", path.display());
        return Err(Error::new(ErrorKind::Limit, message));
    }
    Ok(Some(Bytes::from(text)))
}

/// A time as Go writes it into JSON.
pub(crate) fn time_text(now: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(now).map_or_else(|_| "1970-01-01T00:00:00Z".to_owned(), |time| time.to_string())
}
