//! The index of a folder of archives.

use super::entry::Entry;
use super::{Added, ChartVersion, IndexFile, New, NewVersion, Overwrite, Versions, change::new_item, load};
use crate::chart::{self, Chart, Compat, Level, LoadOptions, Notice, Notices, os};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::funcs::urls;
use crate::repository::sha256;
use crate::threads::each;
use crate::version::{Constraint, Version};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// How a folder is indexed.
#[derive(Clone, Debug, Default)]
pub struct IndexOptions {
    /// The URL that the folder is served at; empty for URLs relative to the index.
    pub url: String,
    /// What time new entries get: RFC 3339.
    pub created: String,
    /// Rules and limits for `Chart.yaml`.
    pub load: LoadOptions,
}

/// The index of a folder.
#[derive(Debug)]
pub struct Indexed {
    /// The index.
    pub index: IndexFile,
    /// Archives that are new, or have other bytes or another URL than the index said.
    pub added: Vec<String>,
    /// Versions (`NAME VERSION`) whose archive is not in the folder; their entries were kept.
    pub missing: Vec<String>,
    /// Files that are no charts.
    pub skipped: Vec<Skipped>,
}

/// A file that is no chart.
#[derive(Debug)]
pub struct Skipped {
    /// Its name in the folder.
    pub file: String,
    /// Why.
    pub error: Error,
}

/// An archive in the folder.
struct Place {
    path: PathBuf,
    /// Its name in the folder, with the folder below it.
    name: String,
    url: String,
}

/// Makes the index of a folder: archives in it and in the folders right below.
///
/// Of each archive only `Chart.yaml` is read. Entries of `previous` stay as they are where the archive has the same
/// bytes, and where it is gone: an index does not shrink by itself.
///
/// # Errors
/// A folder or archive that cannot be read; two archives of one version with different bytes.
pub fn index_directory(folder: &Path, previous: Option<IndexFile>, options: &IndexOptions) -> Result<Indexed, Error> {
    let places = archives(folder, &options.url)?;
    let mut index = previous.unwrap_or_else(IndexFile::empty);
    let known = by_digest(&index);
    let read = each(places.len(), || (), |_, at| read_own(&places[at], &known, options), |_| ());
    let (mut added, mut skipped) = (Vec::new(), Vec::new());
    let mut seen: HashMap<(String, String), (String, &str)> = HashMap::new();
    for (place, read) in places.iter().zip(read) {
        let read = match read {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => {
                skipped.push(Skipped { file: place.name.clone(), error });
                continue;
            }
        };
        let (name, version, digest) = read.identity();
        let key = (name.to_owned(), version.to_owned());
        match seen.get(&key) {
            Some((other, first)) if other != digest => return Err(twice(name, version, first, &place.name)),
            Some(_) => continue,
            None => drop(seen.insert(key, (digest.to_owned(), place.name.as_str()))),
        }
        if let Read::New(new) = read {
            let outcome = index.insert_item(*new, Overwrite::Entry).map_err(|fault| content(&fault))?;
            if outcome != Added::Unchanged {
                added.push(place.name.clone());
            }
        }
    }
    let missing = missing(&index, &seen);
    if index.is_changed() {
        index.set_generated(&options.created);
    }
    Ok(Indexed { index, added, missing, skipped })
}

fn missing(index: &IndexFile, seen: &HashMap<(String, String), (String, &str)>) -> Vec<String> {
    let mut missing = Vec::new();
    for chart in &index.charts {
        for item in &chart.items {
            let Ok(version) = index.version_of(item) else { continue };
            if !seen.contains_key(&(chart.name.to_string(), version.clone())) {
                missing.push(format!("{} {version}", chart.name));
            }
        }
    }
    missing
}

fn content(fault: &Fault) -> Error {
    let error = Error::new(ErrorKind::Content, fault.message());
    fault.hints().iter().fold(error, |error, hint| error.hint(hint))
}

fn twice(name: &str, version: &str, first: &str, second: &str) -> Error {
    let message = format!("`{first}` and `{second}` are both `{name}` {version}, with different bytes");
    Error::new(ErrorKind::Content, message).hint("remove the wrong one, or give one a new version")
}

/// The entries of an index by the digest of their archive.
fn by_digest(index: &IndexFile) -> HashMap<String, ChartVersion> {
    let mut known = HashMap::new();
    for chart in &index.charts {
        for item in &chart.items {
            if let Ok(mut entry) = index.read_item(item) {
                entry.name = chart.name.to_string();
                known.insert(entry.digest.clone(), entry);
            }
        }
    }
    known
}

/// What was found out about an archive.
enum Read {
    /// The index has it.
    Known {
        name: String,
        version: String,
        digest: String,
    },
    New(Box<New>),
}

impl Read {
    fn identity(&self) -> (&str, &str, &str) {
        match self {
            Read::Known { name, version, digest } => (name, version, digest),
            Read::New(new) => (&new.version.name, &new.version.version, &new.version.digest),
        }
    }
}

fn read_own(place: &Place, known: &HashMap<String, ChartVersion>, options: &IndexOptions) -> Result<Read, Error> {
    let bytes = read_archive(&place.path, &options.load)?;
    let digest = sha256(&bytes);
    let before = known.get(&digest);
    if let Some(entry) = before.filter(|entry| entry.urls.first().is_some_and(|url| *url == place.url)) {
        return Ok(Read::Known { name: entry.name.clone(), version: entry.version.clone(), digest });
    }
    let metadata = chart::metadata_of_archive(&place.path, &bytes, &options.load)?;
    let created = before.map(|entry| entry.created.as_str()).filter(|time| !time.is_empty());
    let created = created.unwrap_or(&options.created);
    let new = new_item(&NewVersion { metadata: &metadata, digest: &digest, url: &place.url, created });
    new.map(|new| Read::New(Box::new(new))).map_err(|fault| content(&fault))
}

/// The bytes of an archive, if they are not more than a chart may have.
fn read_archive(path: &Path, load: &LoadOptions) -> Result<Vec<u8>, Error> {
    let size = std::fs::metadata(path).map_err(|error| Error::io("cannot read", path, error))?.len();
    if size > load.limits.chart_bytes {
        let message = format!("`{}` is larger than {} bytes", path.display(), load.limits.chart_bytes);
        return Err(Error::new(ErrorKind::Limit, message));
    }
    std::fs::read(path).map_err(|error| Error::io("cannot read", path, error))
}

/// The archives of a folder and of those right below it, as Helm's patterns find them.
fn archives(folder: &Path, url: &str) -> Result<Vec<Place>, Error> {
    let names = names(folder)?;
    let is_archive = |name: &String| name.ends_with(".tgz");
    let mut places: Vec<Place> =
        names.iter().filter(|name| is_archive(name)).map(|name| place(folder, "", name, url)).collect();
    for inner in &names {
        let below = folder.join(inner);
        if below.is_dir() {
            let names = self::names(&below).unwrap_or_default();
            places.extend(names.iter().filter(|name| is_archive(name)).map(|name| place(folder, inner, name, url)));
        }
    }
    Ok(places)
}

fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |error| Error::io("cannot read", folder, error);
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    names.sort_unstable();
    Ok(names)
}

fn place(folder: &Path, below: &str, name: &str, url: &str) -> Place {
    let parent = join_url(url, below);
    let url = if parent.is_empty() { name.to_owned() } else { join_url(&parent, name) };
    Place { path: folder.join(below).join(name), name: os::join(below, name), url }
}

/// Helm's `URLJoin`, with a path where it is no URL.
fn join_url(base: &str, element: &str) -> String {
    urls::with_path(base, |path| os::join(path, element)).unwrap_or_else(|_| os::join(base, element))
}

/// How Helm indexes a folder.
#[derive(Clone, Debug, Default)]
pub struct HelmIndexOptions {
    /// `--url`.
    pub url: String,
    /// The text of the index to merge into, with the name that messages give it.
    pub merge: Option<(String, Vec<u8>)>,
    /// The time of all entries: RFC 3339 as Go writes it.
    pub created: String,
    /// Rules and limits for charts.
    pub load: LoadOptions,
}

/// Makes the index of a folder as Helm does: archives are loaded as a whole, those that are no charts are passed over,
/// entries of the merged index are kept where Helm finds no version like theirs. Nothing of an index in the folder
/// counts.
///
/// # Errors
/// Helm's texts.
pub fn helm_index(folder: &Path, options: &HelmIndexOptions, notices: &mut Notices) -> Result<IndexFile, Error> {
    let places = archives(folder, &options.url).unwrap_or_default();
    let mut charts: BTreeMap<String, Vec<New>> = BTreeMap::new();
    for (read, said) in each(places.len(), || (), |_, at| read_helms(&places[at], options), |_| ()) {
        said.into_iter().for_each(|notice| notices.push(notice));
        if let Ok(new) = read {
            charts.entry(new.version.name.clone()).or_default().push(new);
        }
    }
    if let Some((source, text)) = &options.merge {
        let merged = load::load(text, source, options.load.compat, notices);
        let merged = merged.map_err(|error| {
            Error::new(error.kind(), format!("merge failed: error loading {source}: {error}")).because(error)
        })?;
        for (_, entries) in merged {
            merge(&mut charts, sorted(entries, |entry| &entry.metadata.version), options.load.compat, notices)?;
        }
    }
    let mut index = IndexFile::empty();
    for (name, items) in charts {
        let items = sorted(items, |new| &new.version.version).into_iter();
        let items = items.map(|new| super::Item::New(Box::new(new))).collect();
        let chart = Versions { name: name.into(), lines: 0..0, indent: 2, items, is_changed: true };
        index.push(chart).map_err(|fault| content(&fault))?;
    }
    index.set_generated(&options.created);
    Ok(index)
}

fn read_helms(place: &Place, options: &HelmIndexOptions) -> (Result<New, Error>, Vec<Notice>) {
    let mut notices = Notices::new();
    let mut read = || {
        let bytes = read_archive(&place.path, &options.load)?;
        let chart = Chart::from_archive(&place.path, &bytes, &options.load, &mut notices)?;
        let (digest, created) = (sha256(&bytes), options.created.as_str());
        let new = NewVersion { metadata: &chart.metadata, digest: &digest, url: &place.url, created };
        new_item(&new).map_err(|fault| content(&fault))
    };
    let new = read();
    (new, notices.take())
}

/// Sorts newest first; equal ones keep their order.
fn sorted<T>(mut entries: Vec<T>, version: impl Fn(&T) -> &str) -> Vec<T> {
    entries.sort_by_cached_key(|entry| std::cmp::Reverse(Version::parse(version(entry)).ok()));
    entries
}

/// Adds the entries of an older index as Helm's `Merge` does.
fn merge(
    charts: &mut BTreeMap<String, Vec<New>>,
    entries: Vec<Entry>,
    compat: Compat,
    notices: &mut Notices,
) -> Result<(), Error> {
    for entry in entries {
        let (name, version) = (&entry.metadata.name, &entry.metadata.version);
        let known = charts.entry(name.clone()).or_default();
        match selected(known, version) {
            None => known.push(New::of(&entry).map_err(|fault| content(&fault))?),
            Some(selected) if selected != version && compat > Compat::Helm3 => {
                let message = "unable to find exact version requested; falling back to closest available version";
                let notice = Notice::new(Level::Warn, message).with("chart", name);
                notices.push(notice.with("requested", version).with("selected", selected));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The version that Helm finds for one: the same text, or else the first that fits it as a constraint.
fn selected<'a>(known: &'a [New], version: &str) -> Option<&'a str> {
    let texts = || known.iter().map(|new| new.version.version.as_str());
    if let Some(same) = texts().find(|text| *text == version) {
        return Some(same);
    }
    let constraint = Constraint::parse(version).ok()?;
    texts().find(|text| Version::parse(text).is_ok_and(|version| constraint.check(&version)))
}
