//! Putting archives into a repository folder so that no reader ever sees half of it.

use super::index::Added;
use super::{Archive, IndexFile};
use crate::chart::Chart;
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::world::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another publisher may hold the folder.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a push did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Files that are new in the repository.
    pub added: Vec<String>,
    /// Files that lay there with the same bytes.
    pub unchanged: Vec<String>,
}

/// Publishes archives into a repository folder and adds them to its index, which is made if it is missing.
///
/// Archives are written beside and renamed, then read back; the index follows last, also by renaming. Publishers wait
/// for each other.
///
/// # Errors
/// A version that is published with other bytes (nothing is written then), a folder that cannot be written.
pub fn publish(folder: &Path, charts: &[(&Chart, &Archive)], now: Timestamp) -> Result<Published, Error> {
    fs::create_dir_all(folder).map_err(|error| Error::io("cannot make", folder, error))?;
    let _lock = Lock::take(folder)?;
    let path = folder.join("index.yaml");
    let mut index = match fs::read(&path) {
        Ok(text) => IndexFile::parse(&text).map_err(|fault| content(&path, &fault))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => IndexFile::empty(),
        Err(error) => return Err(Error::io("cannot read", &path, error)),
    };
    let mut published = Published::default();
    let mut changed = false;
    for (chart, archive) in charts {
        let added = index.add(chart, archive, now).map_err(|fault| content(&path, &fault))?;
        changed |= added == Added::New;
        let unchanged = lies_there(folder, archive)? && added == Added::Unchanged;
        if unchanged { &mut published.unchanged } else { &mut published.added }.push(archive.file.clone());
    }
    remove_leftovers(folder);
    for (_, archive) in charts.iter().filter(|(_, archive)| published.added.contains(&archive.file)) {
        write_archive(folder, archive)?;
    }
    if changed {
        let text = index.to_yaml().map_err(|fault| content(&path, &fault))?;
        replace(&path, &text)?;
    }
    Ok(published)
}

/// Whether the folder has this archive; an archive of that name with other bytes is refused, listed or not.
fn lies_there(folder: &Path, archive: &Archive) -> Result<bool, Error> {
    let path = folder.join(&archive.file);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io("cannot read", &path, error)),
    };
    if super::sha256(&bytes) == archive.digest {
        return Ok(true);
    }
    let message = format!("`{}` lies there with other bytes", path.display());
    Err(Error::new(ErrorKind::Content, message).hint("give the chart a new version"))
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

fn content(path: &Path, fault: &Fault) -> Error {
    let error = Error::new(ErrorKind::Content, format!("`{}`: {}", path.display(), fault.message()));
    fault.hints().iter().fold(error, |error, hint| error.hint(hint))
}

fn write_archive(folder: &Path, archive: &Archive) -> Result<(), Error> {
    let path = folder.join(&archive.file);
    replace(&path, &archive.bytes)?;
    let back = fs::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
    if super::sha256(&back) != archive.digest {
        let message = format!("`{}` was written, but reads back with other bytes", path.display());
        return Err(Error::new(ErrorKind::Io, message));
    }
    Ok(())
}

/// Writes a file beside its place, brings it to the disk and renames it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let failed = |error| Error::io("cannot write", path, error);
    let mut file = File::create(&beside).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    if let Err(error) = written {
        // The half-written file is ours alone; if it cannot be removed either, the first error tells more.
        let _ = fs::remove_file(&beside);
        return Err(failed(error));
    }
    Ok(())
}

/// The right to publish into a folder, held as an exclusive lock on a file that stays.
struct Lock(File);

impl Lock {
    fn take(folder: &Path) -> Result<Lock, Error> {
        let path: PathBuf = folder.join(".chartwright.lock");
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
                    let message = format!("`{}` is held by another publisher", folder.display());
                    return Err(Error::new(ErrorKind::Io, message).hint("wait until it is done, then push again"));
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
