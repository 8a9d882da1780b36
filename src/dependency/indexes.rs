//! Cached indexes of repositories: `NAME-index.yaml` and `NAME-charts.txt` as Helm keeps them, and the `ETag` beside.

use super::repositories::{self, Entry};
use super::{Remote, urls};
use crate::chart::{Compat, Notices, os, read_file};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::index::{ChartVersion, charts_as_helm};
use crate::repository::transport::Response;
use crate::repository::{replace, sha256};
use bytes::Bytes;
use std::path::{Path, PathBuf};

/// The charts of an index as Helm keeps them: their names, and their versions from the newest to the oldest.
pub(super) struct HelmIndex(Vec<(String, Vec<ChartVersion>)>);

impl HelmIndex {
    /// Reads an index strictly, with Helm's texts; `source` names it in notices.
    pub(super) fn parse(text: &[u8], source: &str, compat: Compat, notices: &mut Notices) -> Result<HelmIndex, Error> {
        charts_as_helm(text, source, compat, notices).map(HelmIndex)
    }

    /// Reads a cached index.
    pub(super) fn load(path: &Path, compat: Compat, notices: &mut Notices) -> Result<HelmIndex, Error> {
        let text = read_file(path)?;
        HelmIndex::parse(&text, &path.to_string_lossy(), compat, notices)
            .map_err(|error| Error::new(error.kind(), format!("error loading {}: {error}", path.display())))
    }

    /// The versions of a chart; `None` where there is no such chart.
    pub(super) fn versions(&self, name: &str) -> Option<&[ChartVersion]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, versions)| versions.as_slice())
    }
}

/// The newest index of a repository.
pub(super) struct Download {
    pub(super) text: Bytes,
    etag: Option<String>,
    is_cached: bool,
}

/// Fetches the index of a repository, unless the server says that the cached one is the newest.
///
/// # Errors
/// A server that cannot be reached or refuses.
pub(super) fn download(cache: &Path, entry: &Entry, remote: &dyn Remote) -> Result<Download, Error> {
    let url = urls::resolve(&entry.url, "index.yaml").map_err(|text| Error::new(ErrorKind::Usage, text))?;
    let cached = Cached::read(&repositories::cached_index(cache, &entry.name));
    let known = cached.as_ref().map(|cached| cached.etag.as_str());
    match (remote.get(&url, entry, known)?, cached) {
        (Response::Body { bytes, etag }, _) => Ok(Download { text: bytes, etag, is_cached: false }),
        (Response::NotModified, Some(Cached { text, etag })) => {
            Ok(Download { text: text.into(), etag: Some(etag), is_cached: true })
        }
        (Response::NotModified, None) => Err(Error::new(ErrorKind::Network, format!("`{url}` has no body"))),
    }
}

impl Download {
    /// Puts the index into the cache, with the list of its charts and its `ETag` beside it.
    ///
    /// # Errors
    /// A cache that cannot be written.
    pub(super) fn store(&self, cache: &Path, name: &str, charts: &[String]) -> Result<(), Error> {
        let path = repositories::cached_index(cache, name);
        let list = repositories::cached_charts(cache, name);
        if self.is_cached && list.is_file() {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(cache);
        std::fs::create_dir_all(folder).map_err(|cause| os::error("mkdir", folder, cause))?;
        let names: String = charts.iter().map(|name| format!("{name}\n")).collect();
        replace(&list, names.as_bytes())?;
        replace(&path, &self.text)?;
        let note = note_path(&path);
        match &self.etag {
            Some(etag) => replace(&note, format!("{}\n{etag}\n", sha256(&self.text)).as_bytes())?,
            // An `ETag` of an older text would be wrong; where none lies this fails, which is right.
            None => drop(std::fs::remove_file(&note)),
        }
        Ok(())
    }
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

/// The file of an index's `ETag`.
pub(super) fn note_path(index: &Path) -> PathBuf {
    let name = index.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    index.with_file_name(format!("{name}.etag"))
}
