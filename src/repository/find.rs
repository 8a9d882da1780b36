//! Finding a chart by name and version in a local folder.

use super::{Archive, IndexFile, shipped};
use crate::chart::{Chart, LoadOptions, Notices, os, pack};
use crate::diagnostic::{Error, ErrorKind, Fault, nearest};
use crate::source::SourceId;
use crate::yaml;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// How deep below a folder of charts a chart may lie.
const DEPTH: usize = 4;
/// The largest `Chart.yaml` that is looked into.
const LARGEST_METADATA: u64 = 1 << 20;

/// A local folder that holds charts: a repository with `index.yaml`, archives, or chart folders at some depth; and the
/// charts that come with the program.
#[derive(Debug)]
pub struct Shelf {
    /// The folder; `None` for the shipped charts alone.
    root: Option<PathBuf>,
    index: Option<IndexFile>,
    /// Whether the shipped charts stand behind those of the folder.
    has_shipped: bool,
    /// The chart folders, looked for once they are needed.
    folders: OnceCell<Vec<ChartFolder>>,
}

/// A chart folder with what its `Chart.yaml` states.
#[derive(Debug)]
struct ChartFolder {
    path: PathBuf,
    name: String,
    version: String,
}

/// A chart that was found.
#[derive(Debug)]
pub struct Found {
    /// The loaded chart.
    pub chart: Chart,
    /// Its archive: the file that lay there, or a chart folder packed.
    pub archive: Archive,
    /// The chart folder, where it is one.
    pub shown: Option<PathBuf>,
}

/// Why a chart was not found.
#[derive(Debug)]
pub struct NotFound {
    error: Error,
    missing: Missing,
}

/// What is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Chart,
    Version,
}

impl NotFound {
    /// Whether the chart is there, but not in this version.
    pub fn is_version(&self) -> bool {
        self.missing == Missing::Version
    }

    /// The message with its cures.
    pub fn into_error(self) -> Error {
        self.error
    }
}

impl From<Error> for NotFound {
    fn from(error: Error) -> NotFound {
        NotFound { error, missing: Missing::Chart }
    }
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
        let index = IndexFile::read(&path)?;
        Ok(Shelf { root: Some(root), index, has_shipped: false, folders: OnceCell::new() })
    }

    /// The charts that come with the program, and no others.
    pub fn shipped() -> Shelf {
        Shelf { root: None, index: None, has_shipped: true, folders: OnceCell::new() }
    }

    /// Those charts behind the folder's own: they are taken where the folder has none of a name and version.
    #[must_use]
    pub fn with_shipped(self) -> Shelf {
        Shelf { has_shipped: true, ..self }
    }

    /// The chart of this name and exact version.
    ///
    /// # Errors
    /// A chart or version that is not there; the message names what is.
    pub fn find(&self, name: &str, version: &str, load: &LoadOptions) -> Result<Found, NotFound> {
        let own = match (&self.root, &self.index) {
            (Some(root), Some(index)) => in_index(root, index, (name, version), load),
            (Some(root), None) => self.in_folder(root, name, version, load),
            (None, _) => Err(no_chart(name, version)),
        };
        match own {
            Err(missing) if self.has_shipped => match shipped::find(name, version, load) {
                Some(found) => Ok(found?),
                None => Err(missing),
            },
            own => own,
        }
    }

    fn in_folder(&self, root: &Path, name: &str, version: &str, load: &LoadOptions) -> Result<Found, NotFound> {
        let direct = root.join(format!("{name}-{version}.tgz"));
        if direct.is_file() {
            return Ok(load_archive(&direct, read_archive(&direct, load)?, load)?);
        }
        let folders = self.folders.get_or_init(|| chart_folders(root));
        if let Some(folder) = folders.iter().find(|folder| folder.name == name && folder.version == version) {
            let chart = Chart::load(&folder.path, load, &mut Notices::new())?;
            let archive = Archive::new(name, version, pack::pack(&chart)?);
            return Ok(Found { chart, archive, shown: Some(folder.path.clone()) });
        }
        let stated = folders.iter().map(|folder| (folder.name.clone(), folder.version.clone()));
        let mut seen: Vec<(String, String)> = stated.chain(archives(root)).collect();
        seen.sort();
        seen.dedup();
        let names: Vec<String> = seen.iter().map(|(name, _)| name.clone()).collect();
        Err(missing(name, version, &names, seen.iter().filter(|(have, _)| have == name).map(|(_, have)| have.clone())))
    }
}

fn in_index(
    root: &Path,
    index: &IndexFile,
    (name, version): (&str, &str),
    load: &LoadOptions,
) -> Result<Found, NotFound> {
    let told = |fault: Fault| Error::new(ErrorKind::Content, fault.message());
    let Some(entry) = index.find(name, version).map_err(told)? else {
        let versions = index.versions(name).into_iter().map(|entry| entry.version);
        return Err(missing(name, version, &index.names(), versions));
    };
    let Some(file) = entry.urls.iter().find_map(|url| local_name(url)) else {
        let message = format!("`{name}` {version} has no archive in this folder");
        return Err(Error::new(ErrorKind::Content, message).into());
    };
    let path = root.join(&file);
    let bytes = read_archive(&path, load)?;
    let found = load_archive(&path, bytes, load)?;
    if !entry.digest.is_empty() && entry.digest != found.archive.digest {
        let message = format!(
            "`{}` has another digest than index.yaml says: expected {}, found {}",
            path.display(),
            entry.digest,
            found.archive.digest
        );
        return Err(Error::new(ErrorKind::Content, message)
            .hint("fetch the archive again, or mend the index")
            .into());
    }
    Ok(found)
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

fn load_archive(path: &Path, bytes: Vec<u8>, load: &LoadOptions) -> Result<Found, Error> {
    let chart = Chart::from_archive(path, &bytes, load, &mut Notices::new())?;
    let archive = Archive::new(chart.name(), chart.metadata.version.clone(), bytes);
    Ok(Found { chart, archive, shown: None })
}

/// The file in the folder that a URL of an index names, wherever the index was meant to be served.
pub(super) fn local_name(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let name = match path.contains("://") {
        true => path.rsplit('/').next()?,
        false => path,
    };
    let safe = !name.is_empty() && !name.split('/').any(|part| part == "..") && !name.starts_with('/');
    safe.then(|| os::join("", name).trim_start_matches('/').to_owned())
}

/// What the shipped charts have instead of a chart.
fn no_chart(name: &str, version: &str) -> NotFound {
    let names: Vec<String> = shipped::shipped_charts().map(|(name, _)| name.to_owned()).collect();
    missing(name, version, &names, shipped::shipped_version(name).map(str::to_owned).into_iter())
}

fn missing(name: &str, version: &str, names: &[String], versions: impl Iterator<Item = String>) -> NotFound {
    let versions: Vec<String> = versions.collect();
    if !versions.is_empty() {
        let message = format!("chart `{name}` has no version `{version}` here");
        let error = Error::new(ErrorKind::Content, message).hint(format!("versions here: {}", versions.join(", ")));
        return NotFound { error, missing: Missing::Version };
    }
    let error = Error::new(ErrorKind::Content, format!("no chart `{name}` here"));
    let error = match nearest(name, names.iter().map(|name| name.as_bytes())) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("look at --charts: it names the folder or repository that holds the charts"),
    };
    NotFound { error, missing: Missing::Chart }
}

/// The chart folders below a folder, in name order; a chart's own subfolders are not looked into. A folder whose
/// `Chart.yaml` cannot be read is passed over: it may be nobody's business here.
fn chart_folders(root: &Path) -> Vec<ChartFolder> {
    let mut found = Vec::new();
    let mut walk = walkdir::WalkDir::new(root).max_depth(DEPTH).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_dir() && entry.path().join("Chart.yaml").is_file() {
            found.extend(chart_folder(entry.path()));
            walk.skip_current_dir();
        }
    }
    found
}

fn chart_folder(path: &Path) -> Option<ChartFolder> {
    let about = path.join("Chart.yaml");
    if std::fs::metadata(&about).ok()?.len() > LARGEST_METADATA {
        return None;
    }
    let fields = yaml::parse(&std::fs::read(&about).ok()?, SourceId::default()).ok()?;
    let text = |name: &str| Some(String::from_utf8_lossy(&fields.get(name)?.to_text()?).into_owned());
    Some(ChartFolder { path: path.to_owned(), name: text("name")?, version: text("version")? })
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
