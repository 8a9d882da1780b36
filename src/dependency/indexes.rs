//! Cached indexes of repositories: `NAME-index.yaml` and `NAME-charts.txt` as Helm keeps them, and the `ETag` beside.

use super::repositories::{self, Entry};
use super::resolve::content;
use super::{Remote, urls};
use crate::chart::{os, read_file};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::transport::Response;
use crate::repository::{IndexFile, replace, sha256};
use std::path::{Path, PathBuf};

/// Fetches the index of a repository into the cache, unless the server says that the cached one is the newest.
///
/// # Errors
/// A server that cannot be reached, a text that is no index (the cache stays as it is), a cache that cannot be written.
pub(super) fn refresh(cache: &Path, entry: &Entry, remote: &dyn Remote) -> Result<IndexFile, Error> {
    let url = urls::resolve(&entry.url, "index.yaml").map_err(content)?;
    let path = repositories::cached_index(cache, &entry.name);
    let cached = Cached::read(&path);
    let known = cached.as_ref().map(|cached| cached.etag.as_str());
    let (text, etag) = match (remote.get(&url, entry, known)?, cached) {
        (Response::Body { bytes, etag }, _) => (bytes, etag),
        (Response::NotModified, Some(cached)) => return parse(&cached.text),
        (Response::NotModified, None) => {
            return Err(Error::new(ErrorKind::Network, format!("`{url}` has no body")));
        }
    };
    let index = parse(&text)?;
    let names: String = index.names().iter().map(|name| format!("{name}\n")).collect();
    let folder = path.parent().unwrap_or(cache);
    std::fs::create_dir_all(folder).map_err(|cause| os::error("mkdir", folder, cause))?;
    let list = PathBuf::from(os::join(&cache.to_string_lossy(), &format!("{}-charts.txt", entry.name)));
    replace(&list, names.as_bytes())?;
    replace(&path, &text)?;
    let note = note_path(&path);
    match etag {
        Some(etag) => replace(&note, format!("{}\n{etag}\n", sha256(&text)).as_bytes())?,
        // An `ETag` of an older text would be wrong; where none lies this fails, which is right.
        None => drop(std::fs::remove_file(&note)),
    }
    Ok(index)
}

fn parse(text: &[u8]) -> Result<IndexFile, Error> {
    IndexFile::parse(text).map_err(|fault| content(fault.message()))
}

/// A cached index with the `ETag` that it came with.
struct Cached {
    text: Vec<u8>,
    etag: String,
}

impl Cached {
    /// Reads both; `None` where one is missing or the index is another one since.
    fn read(path: &Path) -> Option<Cached> {
        let note = String::from_utf8(read_file(&note_path(path)).ok()?).ok()?;
        let (digest, etag) = note.trim_end().split_once('\n')?;
        let text = read_file(path).ok()?;
        (sha256(&text) == digest).then(|| Cached { text, etag: etag.to_owned() })
    }
}

fn note_path(index: &Path) -> PathBuf {
    let name = index.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    index.with_file_name(format!("{name}.etag"))
}
