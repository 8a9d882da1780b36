//! A repository folder as its keeper sees it: its index made anew, its second catalogue, what is wrong with it, and
//! old versions taken away.

use super::find::local_name;
use super::index::{IndexOptions, Indexed, index_directory, time_text};
use super::publish::{Lock, replace};
use super::{IndexFile, sha256};
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::version::Version;
use crate::world::Timestamp;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// The annotation of charts that Rancher Apps offers.
pub const RANCHER_ANNOTATION: &str = "openg2p.org/add-to-rancher";
/// The largest archive of a folder that is checked.
const LARGEST_ARCHIVE: u64 = 512 << 20;

/// How an index is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexForm {
    /// YAML.
    #[default]
    Yaml,
    /// JSON, which Helm reads, too.
    Json,
}

/// Whether a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was.
    Yes,
    /// It has this content already.
    No,
}

/// Makes `index.yaml` of a folder anew, and writes it where anything changed.
///
/// Entries of the index that is there stay as they are where the archive has the same bytes, and where it is gone;
/// those of `merged` are added where there is none of that version.
///
/// # Errors
/// As [`index_directory`]; an index that cannot be read or written.
pub fn index_folder(
    folder: &Path,
    merged: Option<&IndexFile>,
    options: &IndexOptions,
    form: IndexForm,
) -> Result<(Indexed, Written), Error> {
    // Nobody publishes into a folder without this file, so there is nobody to wait for.
    let _lock = if folder.join(LOCK).exists() { Some(Lock::take(folder)?) } else { None };
    let path = folder.join("index.yaml");
    let previous = IndexFile::read(&path)?;
    let is_new = previous.is_none();
    let mut indexed = index_directory(folder, previous, options)?;
    if let Some(other) = merged {
        let added = indexed.index.merge(other).map_err(|fault| content(&fault))?;
        if added > 0 {
            indexed.index.set_generated(&options.created);
        }
    }
    if is_new {
        indexed.index.set_generated(&options.created);
    }
    let text = match form {
        IndexForm::Yaml => indexed.index.to_yaml(),
        IndexForm::Json => indexed.index.to_json(),
    };
    let written = write_changed(&path, &text.map_err(|fault| content(&fault))?)?;
    Ok((indexed, written))
}

/// The file of the lock that publishers take.
const LOCK: &str = ".chartwright.lock";

fn content(fault: &Fault) -> Error {
    let error = Error::new(ErrorKind::Content, fault.message());
    fault.hints().iter().fold(error, |error, hint| error.hint(hint))
}

fn write_changed(path: &Path, text: &[u8]) -> Result<Written, Error> {
    if fs::metadata(path).is_ok_and(|about| about.len() == text.len() as u64)
        && fs::read(path).is_ok_and(|known| known == text)
    {
        return Ok(Written::No);
    }
    replace(path, text)?;
    Ok(Written::Yes)
}

/// Writes the second catalogue of a folder: `DIR/index.yaml` below it, with the charts that carry an annotation,
/// whatever its value, and no others. Their archives stay where they are: relative URLs go one folder up.
///
/// # Errors
/// An entry of the index that cannot be read; a file that cannot be written.
pub fn write_catalogue(folder: &Path, name: &str, annotation: &str, index: &IndexFile) -> Result<Written, Error> {
    let below = folder.join(name);
    let path = below.join("index.yaml");
    let carries = |version: &super::index::ChartVersion| version.annotations.contains_key(annotation);
    let up = |url: &str| if url.contains("://") || url.starts_with('/') { url.to_owned() } else { format!("../{url}") };
    let catalogue = index.filtered(&carries, &up).map_err(|fault| content(&fault))?;
    fs::create_dir_all(&below).map_err(|error| Error::io("cannot make", &below, error))?;
    let known = IndexFile::read(&path)?;
    let mut catalogue = catalogue;
    // The same charts with another time are no reason to write.
    let time = known.as_ref().and_then(IndexFile::generated);
    if let Some(time) = time {
        catalogue.set_generated(&time);
        let text = catalogue.to_yaml().map_err(|fault| content(&fault))?;
        if fs::read(&path).is_ok_and(|known| known == text) {
            return Ok(Written::No);
        }
    }
    if let Some(time) = index.generated() {
        catalogue.set_generated(&time);
    }
    write_changed(&path, &catalogue.to_yaml().map_err(|fault| content(&fault))?)
}

/// What is wrong with one version, or one file, of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// `CHART VERSION`, or the name of a file.
    pub subject: String,
    /// What is wrong.
    pub what: String,
}

/// What [`check`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkup {
    /// How many versions were looked at.
    pub versions: usize,
    /// What is wrong.
    pub defects: Vec<Defect>,
    /// Archives in the folder that the index does not name.
    pub unlisted: Vec<String>,
}

/// Checks a repository folder: that every archive is there, has the digest that the index says, can be loaded as a
/// whole, and holds the chart that its entry describes.
///
/// # Errors
/// A folder without an index, or with one that cannot be read.
pub fn check(folder: &Path, load: &LoadOptions) -> Result<Checkup, Error> {
    let path = folder.join("index.yaml");
    let Some(index) = IndexFile::read(&path)? else {
        let message = format!("`{}` is not there", path.display());
        return Err(Error::new(ErrorKind::Content, message).hint("make it with `chartwright repo index`"));
    };
    let (mut found, mut named) = (Checkup::default(), HashSet::new());
    for name in index.names() {
        let mut seen = HashSet::new();
        for entry in index.entries(&name) {
            found.versions += 1;
            let entry = match entry {
                Ok(entry) => entry,
                Err(fault) => {
                    found.defects.push(Defect { subject: name.clone(), what: fault.message().to_owned() });
                    continue;
                }
            };
            let subject = format!("{name} {}", entry.version);
            let mut tell = |what: String| found.defects.push(Defect { subject: subject.clone(), what });
            if !seen.insert(entry.version.clone()) {
                tell("it stands in the index twice".to_owned());
            }
            let Some(file) = entry.urls.iter().find_map(|url| local_name(url)) else {
                tell("its entry names no archive".to_owned());
                continue;
            };
            named.insert(file.clone());
            let stated = index.metadata(&name, &entry.version);
            check_archive(&folder.join(&file), &file, &entry, (stated, load)).into_iter().for_each(tell);
        }
    }
    found.unlisted = unlisted(folder, &named);
    Ok(found)
}

type Stated<'a> = (Result<Option<crate::chart::Metadata>, Fault>, &'a LoadOptions);

/// What is wrong with the archive of an entry.
fn check_archive(
    path: &Path,
    file: &str,
    entry: &super::index::ChartVersion,
    (stated, load): Stated<'_>,
) -> Vec<String> {
    let bytes = match fs::metadata(path) {
        Ok(about) if about.len() > LARGEST_ARCHIVE => {
            return vec![format!("`{file}` is larger than {LARGEST_ARCHIVE} bytes")];
        }
        Ok(_) => fs::read(path),
        Err(error) => Err(error),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return vec![format!("`{file}` is not there")],
        Err(error) => return vec![format!("`{file}` cannot be read: {error}")],
    };
    let mut wrong = Vec::new();
    let digest = sha256(&bytes);
    if entry.digest.is_empty() {
        wrong.push("its entry has no digest".to_owned());
    } else if entry.digest != digest {
        wrong.push(format!("`{file}` has digest {digest}, but its entry says {}", entry.digest));
    }
    let chart = match Chart::from_archive(path, &bytes, load, &mut Notices::new()) {
        Ok(chart) => chart,
        Err(error) => {
            let why = error.hints().first().cloned().unwrap_or_default();
            wrong.push(format!("`{file}` is no whole chart: {error} {why}").trim_end().to_owned());
            return wrong;
        }
    };
    match stated {
        Err(fault) => wrong.push(fault.message().to_owned()),
        Ok(None) => {}
        Ok(Some(stated)) => {
            let differing = super::index::differing_fields(&stated, &chart.metadata);
            if !differing.is_empty() {
                wrong.push(format!("its entry differs from Chart.yaml in `{file}`: {}", differing.join(", ")));
            }
        }
    }
    wrong
}

fn unlisted(folder: &Path, named: &HashSet<String>) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found: Vec<String> = names.filter(|name| name.ends_with(".tgz") && !named.contains(name)).collect();
    found.sort_unstable();
    found
}

/// What goes when a repository is pruned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PruneOptions {
    /// How many versions of each chart stay, the newest; `None` for all.
    pub keep: Option<usize>,
    /// Whether entries go whose archive is not in the folder.
    pub missing: bool,
    /// Whether it is only told what would go.
    pub dry_run: bool,
    /// The time of the index.
    pub now: Timestamp,
}

/// What was pruned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// `CHART VERSION` of each entry that went.
    pub versions: Vec<String>,
    /// The files that were removed.
    pub files: Vec<String>,
}

/// Takes old versions out of a repository folder: first their entries, then their archives.
///
/// # Errors
/// A folder without an index; an entry that cannot be read, because its place among the others is not known; files
/// that cannot be written or removed.
pub fn prune(folder: &Path, options: &PruneOptions) -> Result<Pruned, Error> {
    let _lock = Lock::take(folder)?;
    let path = folder.join("index.yaml");
    let Some(mut index) = IndexFile::read(&path)? else {
        return Err(Error::new(ErrorKind::Content, format!("`{}` is not there", path.display())));
    };
    let (mut pruned, mut gone, mut kept) = (Pruned::default(), Vec::new(), HashSet::new());
    for name in index.names() {
        let entries = index.entries(&name).collect::<Result<Vec<_>, _>>().map_err(|fault| content(&fault))?;
        let mut entries: Vec<_> = entries.iter().map(|entry| (Version::parse(&entry.version).ok(), entry)).collect();
        entries.sort_by(|one, other| other.0.cmp(&one.0));
        let mut place = 0;
        for (_, entry) in entries {
            let file = entry.urls.iter().find_map(|url| local_name(url));
            let is_missing = file.as_ref().is_none_or(|file| !folder.join(file).exists());
            let goes = (options.missing && is_missing) || options.keep.is_some_and(|keep| place >= keep);
            if !goes {
                place += 1;
                kept.extend(file);
                continue;
            }
            pruned.versions.push(format!("{name} {}", entry.version));
            gone.push((name.clone(), entry.version.clone(), file));
        }
    }
    let lies = |file: &String| !kept.contains(file) && folder.join(file).is_file();
    let archives = gone.iter().filter_map(|(_, _, file)| file.clone()).filter(lies);
    pruned.files =
        archives.flat_map(|file| [format!("{file}.prov"), file]).filter(|file| folder.join(file).is_file()).collect();
    if options.dry_run || gone.is_empty() {
        return Ok(pruned);
    }
    for (name, version, _) in &gone {
        index.remove(name, version).map_err(|fault| content(&fault))?;
    }
    index.set_generated(&time_text(options.now));
    replace(&path, &index.to_yaml().map_err(|fault| content(&fault))?)?;
    for file in &pruned.files {
        let path = folder.join(file);
        fs::remove_file(&path).map_err(|error| Error::io("cannot remove", &path, error))?;
    }
    Ok(pruned)
}
