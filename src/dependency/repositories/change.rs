//! `repositories.yaml`, changed and written as Helm writes it.

use super::{Entry, Repositories, cached_index};
use crate::chart::{Compat, Notices, os};
use crate::dependency::{Remote, indexes};
use crate::diagnostic::{Error, ErrorKind, Fault};
use crate::repository::cache::IndexCache;
use crate::repository::index::charts_as_helm;
use crate::value::{Map, Value};
use crate::yaml;
use std::fs;
use std::path::{Path, PathBuf};

impl Repositories {
    /// Puts a repository in the place of the one with its name, or behind all others.
    pub fn put(&mut self, entry: Entry) {
        match self.0.iter_mut().find(|known| known.name == entry.name) {
            Some(known) => *known = entry,
            None => self.0.push(entry),
        }
    }

    /// Takes the repositories of a name off the list; whether there were any.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|entry| entry.name != name);
        self.0.len() < before
    }

    /// The text of the file.
    ///
    /// # Errors
    /// A text that YAML cannot hold.
    pub fn to_yaml(&self) -> Result<Vec<u8>, Fault> {
        let entries = self.0.iter().map(|entry| {
            let fields: [(&str, Value); 9] = [
                ("name", Value::str(&entry.name)),
                ("url", Value::str(&entry.url)),
                ("username", Value::str(&entry.username)),
                ("password", Value::str(&entry.password)),
                ("certFile", Value::str(&entry.cert_file)),
                ("keyFile", Value::str(&entry.key_file)),
                ("caFile", Value::str(&entry.ca_file)),
                ("insecure_skip_tls_verify", Value::Bool(entry.insecure)),
                ("pass_credentials_all", Value::Bool(entry.pass_credentials)),
            ];
            Value::Map(fields.into_iter().collect())
        });
        let file: Map = [
            ("apiVersion", Value::str("")),
            ("generated", Value::str("0001-01-01T00:00:00Z")),
            ("repositories", Value::list(entries.collect())),
        ]
        .into_iter()
        .collect();
        yaml::to_yaml(&Value::Map(file))
    }

    /// Writes the file, which only its owner may read: it holds passwords.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = self.to_yaml().map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|cause| os::error("mkdir", folder, cause))?;
        }
        crate::repository::replace_private(path, &text)
    }
}

/// The right to change `repositories.yaml`, in the lock file that Helm takes, too.
///
/// Helm's lock is of another kind on some systems (`flock`, as std's is on Linux).
///
/// # Errors
/// A folder that cannot be written; a lock that nobody gives back.
pub fn lock(path: &Path) -> Result<crate::repository::Lock, Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|cause| os::error("mkdir", folder, cause))?;
    }
    crate::repository::Lock::take_file(lock_path(path), path)
}

fn lock_path(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    let end = os::extension(&text);
    let stem = text.strip_suffix(end).filter(|stem| !stem.is_empty()).unwrap_or(&text);
    PathBuf::from(format!("{stem}.lock"))
}

/// Fetches the index of a repository into the cache, with the list of its charts beside it.
///
/// # Errors
/// An index that cannot be fetched, or that Helm would not load.
pub fn refresh(
    entry: &Entry,
    cache: &Path,
    remote: &dyn Remote,
    compat: Compat,
    notices: &mut Notices,
) -> Result<(), Error> {
    let download = indexes::download(cache, entry, remote)?;
    let charts = charts_as_helm(&download.text, &entry.url, compat, notices)?;
    let names: Vec<String> = charts.into_iter().map(|(name, _)| name).collect();
    download.store(cache, &entry.name, &names)
}

/// The file of the names of a repository's charts.
pub fn cached_charts(cache: &Path, name: &str) -> PathBuf {
    PathBuf::from(os::join(&cache.to_string_lossy(), &format!("{name}-charts.txt")))
}

/// Removes what is cached of a repository.
///
/// # Errors
/// Helm's texts for a file that cannot be removed.
pub fn forget(cache: &Path, name: &str) -> Result<(), Error> {
    // Helm does not look whether this one goes.
    let _ = fs::remove_file(cached_charts(cache, name));
    let index = cached_index(cache, name);
    let _ = fs::remove_file(IndexCache::new(cache).tag_path(name));
    match fs::remove_file(&index) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(os::error("remove", &index, error)),
    }
}

/// Refuses addresses that no repository can have, as Helm does before it fetches anything.
///
/// # Errors
/// Helm's texts.
pub fn check_address(url: &str) -> Result<(), Error> {
    crate::dependency::helm::check_protocol(url)
}
