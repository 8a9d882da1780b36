//! Finding a chart by name and version in a local folder.

use super::{Archive, IndexFile};
use crate::chart::{Chart, LoadOptions, Notices, os, pack};
use crate::diagnostic::{Error, ErrorKind, nearest};
use std::path::{Path, PathBuf};

/// How deep below a folder of charts a chart may lie.
const DEPTH: usize = 4;
/// The largest `index.yaml` that is read.
const LARGEST_INDEX: u64 = 256 << 20;

/// A local folder that holds charts: a repository with `index.yaml`, archives, or chart folders at some depth.
#[derive(Debug)]
pub struct Shelf {
    root: PathBuf,
    index: Option<IndexFile>,
}

/// A chart that was found.
#[derive(Debug)]
pub struct Found {
    /// The loaded chart.
    pub chart: Chart,
    /// Its archive: the file that lay there, or a chart folder packed.
    pub archive: Archive,
}

impl Shelf {
    /// Opens a folder, given as a path or a `file://` URL.
    ///
    /// # Errors
    /// A folder that is not there, or an `index.yaml` that is none.
    pub fn open(place: &str) -> Result<Shelf, Error> {
        let root = PathBuf::from(place.strip_prefix("file://").unwrap_or(place));
        if !root.is_dir() {
            let message = format!("no folder `{}` to take charts from", root.display());
            return Err(Error::new(ErrorKind::Usage, message).hint("name a folder of charts, or a repository folder"));
        }
        let path = root.join("index.yaml");
        let index = if path.is_file() { Some(read_index(&path)?) } else { None };
        Ok(Shelf { root, index })
    }

    /// The chart of this name and exact version.
    ///
    /// # Errors
    /// A chart or version that is not there; the message names what is.
    pub fn find(&self, name: &str, version: &str, load: &LoadOptions) -> Result<Found, Error> {
        match &self.index {
            Some(index) => self.from_index(index, name, version, load),
            None => self.from_folder(name, version, load),
        }
    }

    fn from_index(&self, index: &IndexFile, name: &str, version: &str, load: &LoadOptions) -> Result<Found, Error> {
        let versions = index.versions(name);
        let Some(entry) = versions.iter().find(|entry| entry.version == version) else {
            let names = index.names();
            return Err(missing(name, version, &names, versions.iter().map(|entry| entry.version.clone())));
        };
        let Some(file) = entry.urls.iter().find_map(|url| local_name(url)) else {
            let message = format!("`{name}` {version} has no archive in this folder");
            return Err(Error::new(ErrorKind::Content, message));
        };
        let path = self.root.join(&file);
        let bytes = std::fs::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
        let found = load_archive(&path, bytes, load)?;
        if !entry.digest.is_empty() && entry.digest != found.archive.digest {
            let message = format!(
                "`{}` has another digest than index.yaml says: expected {}, found {}",
                path.display(),
                entry.digest,
                found.archive.digest
            );
            return Err(Error::new(ErrorKind::Content, message).hint("fetch the archive again, or mend the index"));
        }
        Ok(found)
    }

    fn from_folder(&self, name: &str, version: &str, load: &LoadOptions) -> Result<Found, Error> {
        let direct = self.root.join(format!("{name}-{version}.tgz"));
        if direct.is_file() {
            let bytes = std::fs::read(&direct).map_err(|error| Error::io("cannot read", &direct, error))?;
            return load_archive(&direct, bytes, load);
        }
        let mut seen = Vec::new();
        for folder in chart_folders(&self.root) {
            let chart = Chart::load(&folder, load, &mut Notices::new())?;
            let key = (chart.name().to_owned(), chart.metadata.version.clone());
            if key.0 == name && key.1 == version {
                let bytes = pack::pack(&chart)?;
                return Ok(Found { chart, archive: Archive::new(name, version, bytes) });
            }
            seen.push(key);
        }
        seen.extend(archives(&self.root));
        let names: Vec<String> = seen.iter().map(|(name, _)| name.clone()).collect();
        Err(missing(name, version, &names, seen.iter().filter(|(have, _)| have == name).map(|(_, have)| have.clone())))
    }
}

fn read_index(path: &Path) -> Result<IndexFile, Error> {
    let size = std::fs::metadata(path).map_err(|error| Error::io("cannot read", path, error))?.len();
    if size > LARGEST_INDEX {
        let message = format!("`{}` is larger than {LARGEST_INDEX} bytes", path.display());
        return Err(Error::new(ErrorKind::Limit, message));
    }
    let text = std::fs::read(path).map_err(|error| Error::io("cannot read", path, error))?;
    IndexFile::parse(&text).map_err(|fault| Error::new(ErrorKind::Content, format!("`{}`: {fault}", path.display())))
}

fn load_archive(path: &Path, bytes: Vec<u8>, load: &LoadOptions) -> Result<Found, Error> {
    let chart = Chart::from_archive(path, &bytes, load, &mut Notices::new())?;
    let archive = Archive::new(chart.name(), chart.metadata.version.clone(), bytes);
    Ok(Found { chart, archive })
}

/// The file in the folder that a URL of an index names, wherever the index was meant to be served.
fn local_name(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let name = match path.contains("://") {
        true => path.rsplit('/').next()?,
        false => path,
    };
    let safe = !name.is_empty() && !name.split('/').any(|part| part == "..") && !name.starts_with('/');
    safe.then(|| os::join("", name).trim_start_matches('/').to_owned())
}

fn missing(name: &str, version: &str, names: &[String], versions: impl Iterator<Item = String>) -> Error {
    let versions: Vec<String> = versions.collect();
    if !versions.is_empty() {
        let message = format!("chart `{name}` has no version `{version}` here");
        return Error::new(ErrorKind::Content, message).hint(format!("versions here: {}", versions.join(", ")));
    }
    let error = Error::new(ErrorKind::Content, format!("no chart `{name}` here"));
    match nearest(name, names.iter().map(|name| name.as_bytes())) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("look at --charts: it names the folder or repository that holds the charts"),
    }
}

/// The chart folders below a folder, in name order; a chart's own subfolders are not looked into.
fn chart_folders(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut walk = walkdir::WalkDir::new(root).max_depth(DEPTH).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_dir() && entry.path().join("Chart.yaml").is_file() {
            found.push(entry.path().to_owned());
            walk.skip_current_dir();
        }
    }
    found
}

/// Names and versions of the archives that lie in a folder, as far as their file names tell.
fn archives(root: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let mut found: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let stem = name.strip_suffix(".tgz")?;
            let split = stem
                .match_indices('-')
                .map(|(at, _)| at)
                .find(|at| stem[at + 1..].trim_start_matches('v').starts_with(|first: char| first.is_ascii_digit()))?;
            Some((stem[..split].to_owned(), stem[split + 1..].to_owned()))
        })
        .collect();
    found.sort();
    found
}
