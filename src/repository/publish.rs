//! Putting archives into a repository folder so that no reader ever sees half of it.
//!
//! Archives come first and the index last, each written beside its place, brought to the disk and renamed. Publishers
//! wait for each other; a writer that does not know our lock is noticed, because the index is compared with what was
//! read right before it is replaced.

use super::index::{Added, LARGEST_INDEX, NewVersion, Overwrite, time_text};
use super::{Archive, IndexFile};
use crate::chart::{Chart, glob};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::world::Timestamp;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another publisher may hold the folder.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the index may change under our hands.
const ATTEMPTS: usize = 20;

/// What a push did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Files that are new in the repository.
    pub added: Vec<String>,
    /// Files that took the place of other bytes.
    pub replaced: Vec<String>,
    /// Files that lay there with the same bytes.
    pub unchanged: Vec<String>,
}

/// Which versions may get other bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mutable {
    /// None: a version is published once.
    #[default]
    None,
    /// Those that one of these patterns fits, such as `*-develop`.
    Matching(Vec<String>),
    /// All of them.
    All,
}

impl Mutable {
    /// Whether a version may get other bytes.
    pub fn allows(&self, version: &str) -> bool {
        match self {
            Mutable::None => false,
            Mutable::Matching(patterns) => patterns.iter().any(|one| glob::matches(one, version).unwrap_or(false)),
            Mutable::All => true,
        }
    }

    pub(super) fn overwrite(&self, version: &str) -> Overwrite {
        if self.allows(version) { Overwrite::Bytes } else { Overwrite::Never }
    }
}

/// How archives are published.
pub struct PublishOptions<'a> {
    /// The time of new entries.
    pub now: Timestamp,
    /// The URL that the repository is served at; empty for URLs relative to the index.
    pub url: String,
    /// Which versions may get other bytes.
    pub mutable: Mutable,
    /// Is told every point at which the publisher may be stopped and leave the repository as it stands there. A test
    /// stops it.
    pub watch: &'a dyn Fn(&str),
}

impl PublishOptions<'_> {
    /// Publishes at this time, with relative URLs, and replaces nothing.
    pub fn new(now: Timestamp) -> PublishOptions<'static> {
        PublishOptions { now, url: String::new(), mutable: Mutable::None, watch: &|_| {} }
    }
}

impl fmt::Debug for PublishOptions<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("PublishOptions");
        shown.field("now", &self.now).field("url", &self.url).field("mutable", &self.mutable).finish_non_exhaustive()
    }
}

/// Publishes archives into a repository folder and adds them to its index, which is made if it is missing.
///
/// # Errors
/// A version that is published with other bytes and not mutable (nothing is written then), a folder that cannot be
/// written, an index that others do not stop changing.
pub fn publish(folder: &Path, charts: &[(&Chart, &Archive)], options: &PublishOptions<'_>) -> Result<Published, Error> {
    fs::create_dir_all(folder).map_err(|error| Error::io("cannot make", folder, error))?;
    let _lock = Lock::take(folder)?;
    for _ in 0..ATTEMPTS {
        if let Some(published) = attempt(folder, charts, options)? {
            return Ok(published);
        }
    }
    let message = format!("the index of `{}` changes all the time", folder.display());
    Err(Error::new(ErrorKind::Io, message).hint("look for a program that writes it without a lock"))
}

/// Publishes once; `None` where the index changed meanwhile.
fn attempt(
    folder: &Path,
    charts: &[(&Chart, &Archive)],
    options: &PublishOptions<'_>,
) -> Result<Option<Published>, Error> {
    let path = folder.join("index.yaml");
    let before = read(&path)?;
    let mut index = match &before {
        Some(text) => IndexFile::from_bytes(text.clone().into()).map_err(|fault| content(&path, &fault))?,
        None => IndexFile::empty(),
    };
    let lies = |file: &str| Ok(read(&folder.join(file))?.map(|bytes| super::sha256(&bytes)));
    let plan = Plan::make(&mut index, charts, options, &lies).map_err(|told| told.at(folder))?;
    remove_leftovers(folder);
    for archive in &plan.write {
        (options.watch)("archive");
        write_archive(folder, archive, options.watch)?;
    }
    if index.is_changed() {
        let text = index.to_yaml().map_err(|fault| content(&path, &fault))?;
        let unchanged = || Ok(read(&path)? == before);
        if !replace_if(&path, &text, &unchanged, options.watch)? {
            return Ok(None);
        }
        if read(&path)?.is_none_or(|back| back != text) {
            return Ok(None);
        }
    }
    (options.watch)("done");
    Ok(Some(plan.published))
}

/// What a push has to do to a repository.
pub(super) struct Plan<'a> {
    pub(super) published: Published,
    /// The archives to write.
    pub(super) write: Vec<&'a Archive>,
}

/// Why nothing is published.
pub(super) enum Refusal {
    /// The index says so.
    Index(Fault),
    /// A file lies there with other bytes, and no index names it.
    File(String),
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Error(error)
    }
}

impl Refusal {
    /// The error about a repository that lies here.
    pub(super) fn at(self, place: &Path) -> Error {
        match self {
            Refusal::Index(fault) => content(&place.join("index.yaml"), &fault),
            Refusal::File(file) => {
                let message = format!("`{}` lies there with other bytes", place.join(file).display());
                Error::new(ErrorKind::Content, message).hint("give the chart a new version")
            }
            Refusal::Error(error) => error,
        }
    }
}

impl<'a> Plan<'a> {
    /// Adds charts to an index; `lies` tells the digest of a file of the repository.
    pub(super) fn make(
        index: &mut IndexFile,
        charts: &[(&Chart, &'a Archive)],
        options: &PublishOptions<'_>,
        lies: &dyn Fn(&str) -> Result<Option<String>, Error>,
    ) -> Result<Plan<'a>, Refusal> {
        let mut plan = Plan { published: Published::default(), write: Vec::new() };
        let created = time_text(options.now);
        let base = options.url.trim_end_matches('/');
        for (chart, archive) in charts {
            check_name(&archive.file)?;
            let overwrite = options.mutable.overwrite(&archive.version);
            let url = if base.is_empty() { archive.file.clone() } else { format!("{base}/{}", archive.file) };
            let new = NewVersion { metadata: &chart.metadata, digest: &archive.digest, url: &url, created: &created };
            let lying = lies(&archive.file)?;
            let added = index.insert(&new, overwrite).map_err(Refusal::Index)?;
            let differs = lying.as_ref().is_some_and(|digest| *digest != archive.digest);
            // An archive that was damaged where it lies is mended; one that the index does not know is not touched.
            if differs && overwrite == Overwrite::Never && added == Added::New {
                return Err(Refusal::File(archive.file.clone()));
            }
            let list = match (added, &lying) {
                (Added::Replaced, _) => &mut plan.published.replaced,
                (Added::Unchanged, Some(_)) if !differs => &mut plan.published.unchanged,
                (_, Some(_)) if differs => &mut plan.published.replaced,
                _ => &mut plan.published.added,
            };
            list.push(archive.file.clone());
            let signed = archive.provenance.as_deref().map(super::sha256);
            let is_signed_anew = signed.is_some() && lies(&format!("{}.prov", archive.file))? != signed;
            if lying.is_none() || differs || is_signed_anew {
                plan.write.push(archive);
            }
        }
        if index.is_changed() {
            index.set_generated(&created);
        }
        Ok(plan)
    }
}

/// Refuses a file name that could be anything else than a file of the repository.
fn check_name(file: &str) -> Result<(), Error> {
    let harmful = |letter: char| letter.is_control() || matches!(letter, '/' | '\\');
    if !file.starts_with('.') && !file.contains(harmful) && file.ends_with(".tgz") && file.len() <= 250 {
        return Ok(());
    }
    let message = format!("`{}` cannot be the name of an archive", file.escape_debug());
    Err(Error::new(ErrorKind::Content, message).hint("change `name` or `version` in Chart.yaml"))
}

/// The bytes of a file; `None` where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::metadata(path) {
        Ok(about) if about.len() > LARGEST_INDEX => {
            let message = format!("`{}` is larger than {LARGEST_INDEX} bytes", path.display());
            Err(Error::new(ErrorKind::Limit, message))
        }
        Ok(_) => fs::read(path).map(Some).map_err(|error| Error::io("cannot read", path, error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("cannot read", path, error)),
    }
}

/// Removes what a publisher that was killed left half-written. The lock is held, so nobody writes.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(".part") && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            // It harms nobody where it cannot be removed.
            let _ = fs::remove_file(entry.path());
        }
    }
}

pub(super) fn content(path: &Path, fault: &Fault) -> Error {
    let error = Error::new(ErrorKind::Content, format!("`{}`: {}", path.display(), fault.message()));
    fault.hints().iter().fold(error, |error, hint| error.hint(hint))
}

fn write_archive(folder: &Path, archive: &Archive, watch: &dyn Fn(&str)) -> Result<(), Error> {
    let path = folder.join(&archive.file);
    if let Some(provenance) = &archive.provenance {
        replace_if(&folder.join(format!("{}.prov", archive.file)), provenance, &|| Ok(true), watch)?;
    }
    replace_if(&path, &archive.bytes, &|| Ok(true), watch)?;
    let back = fs::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
    if super::sha256(&back) != archive.digest {
        let message = format!("`{}` was written, but reads back with other bytes", path.display());
        return Err(Error::new(ErrorKind::Io, message));
    }
    Ok(())
}

/// Writes a file beside its place, brings it to the disk and renames it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace_if(path, bytes, &|| Ok(true), &|_| {}).map(drop)
}

/// As [`replace`], but nobody else may read the file.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let beside = beside(path);
        let failed = |error| Error::io("cannot write", path, error);
        // What a killed writer left may be readable by others.
        let _ = fs::remove_file(&beside);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        let written = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        let written = written.and_then(|()| fs::rename(&beside, path)).and_then(|()| sync_folder(path));
        written.map_err(|error| {
            // The first error tells more than that of removing.
            let _ = fs::remove_file(&beside);
            failed(error)
        })
    }
    #[cfg(not(unix))]
    replace(path, bytes)
}

/// Where a file is written before it takes its place.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

/// As [`replace`], but only if `still` holds right before the new file takes the place; whether it did.
fn replace_if(
    path: &Path,
    bytes: &[u8],
    still: &dyn Fn() -> Result<bool, Error>,
    watch: &dyn Fn(&str),
) -> Result<bool, Error> {
    let beside = beside(path);
    let failed = |error| Error::io("cannot write", path, error);
    let written = write_beside(&beside, bytes, watch).map_err(failed).and_then(|()| {
        watch("renaming");
        if !still()? {
            return Ok(false);
        }
        fs::rename(&beside, path).map_err(failed)?;
        watch("renamed");
        sync_folder(path).map_err(failed)?;
        Ok(true)
    });
    if !matches!(written, Ok(true)) {
        // The half-written file is ours alone; if it cannot be removed either, the first error tells more.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_beside(beside: &Path, bytes: &[u8], watch: &dyn Fn(&str)) -> std::io::Result<()> {
    let mut file = File::create(beside)?;
    watch("created");
    let (first, second) = bytes.split_at(bytes.len() / 2);
    file.write_all(first)?;
    watch("half written");
    file.write_all(second)?;
    watch("written");
    file.sync_all()
}

/// Brings a rename to the disk.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        return File::open(folder)?.sync_all();
    }
    let _ = path;
    Ok(())
}

/// The right to change a repository folder or another shared file, held as an exclusive lock on a file that stays.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    pub(super) fn take(folder: &Path) -> Result<Lock, Error> {
        Lock::take_file(folder.join(".chartwright.lock"), folder)
    }

    /// Takes the lock in this file; `what` is what it guards.
    pub(crate) fn take_file(path: PathBuf, what: &Path) -> Result<Lock, Error> {
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|error| Error::io("cannot lock", &path, error))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock(file)),
                Err(fs::TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(fs::TryLockError::WouldBlock) => {
                    let message = format!("`{}` is being changed by another program", what.display());
                    return Err(Error::new(ErrorKind::Io, message).hint("wait until it is done, then try again"));
                }
                Err(fs::TryLockError::Error(error)) => return Err(Error::io("cannot lock", &path, error)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file releases the lock, too.
        let _ = self.0.unlock();
    }
}
