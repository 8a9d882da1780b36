//! What was fetched before: indexes, which their servers are asked about, and archives by their digest.
//!
//! The files are Helm's, so both programs take what the other one fetched. What Helm does not keep is the `ETag` of an
//! index; it stands in a file beside, together with the digest of the index that it belongs to.

use super::index::{IndexFile, LARGEST_INDEX};
use super::publish::replace;
use super::sha256;
use super::transport::Response;
use crate::chart::os;
use crate::diagnostic::{Error, ErrorKind};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How many times its size a packed index may have unpacked, beyond what any small one may.
const LARGEST_RATIO: u64 = 64;
const SMALL: u64 = 16 << 20;
/// The most bytes of an `ETag` that is kept.
const LONGEST_TAG: usize = 1024;

/// Cached indexes.
#[derive(Clone, Debug)]
pub struct IndexCache {
    folder: PathBuf,
}

impl IndexCache {
    /// The cache in a folder; HELM_REPOSITORY_CACHE.
    pub fn new(folder: impl Into<PathBuf>) -> IndexCache {
        IndexCache { folder: folder.into() }
    }

    /// The file of a repository's index.
    pub fn path(&self, name: &str) -> PathBuf {
        // Cleaned as Helm does: the name may be an address.
        PathBuf::from(os::join(&self.folder.to_string_lossy(), &format!("{name}-index.yaml")))
    }

    /// The text of a repository's index as it was fetched last.
    ///
    /// # Errors
    /// A file that is not there, cannot be read or is too large.
    pub fn read(&self, name: &str) -> Result<Bytes, Error> {
        let path = self.path(name);
        let failed = |error| Error::io("cannot read", &path, error);
        if fs::metadata(&path).map_err(failed)?.len() > LARGEST_INDEX {
            let message = format!("`{}` is larger than {LARGEST_INDEX} bytes", path.display());
            return Err(Error::new(ErrorKind::Limit, message));
        }
        fs::read(&path).map(Bytes::from).map_err(failed)
    }

    /// Asks a repository for its index, which lies at `url`, and keeps it. The text comes back, new or as it was.
    ///
    /// # Errors
    /// What `ask` fails with; an index that is none. What was kept stays then.
    pub fn refresh(
        &self,
        name: &str,
        url: &str,
        ask: impl FnOnce(Option<&str>) -> Result<Response, Error>,
    ) -> Result<Bytes, Error> {
        let fetched = self.ask(name, url, ask)?;
        if fetched.is_new {
            let index = IndexFile::parse(&fetched.text).map_err(|fault| {
                let error = Error::new(ErrorKind::Content, fault.message());
                error.hint("look whether a chart repository is there")
            })?;
            self.keep(name, url, &fetched, &index.names())?;
        }
        Ok(fetched.text)
    }

    /// Asks a repository for its index, which lies at `url`; `ask` gets the `ETag` of the kept one.
    ///
    /// # Errors
    /// What `ask` fails with; a packed index that cannot be unpacked.
    pub fn ask(
        &self,
        name: &str,
        url: &str,
        ask: impl FnOnce(Option<&str>) -> Result<Response, Error>,
    ) -> Result<Fetched, Error> {
        let known = self.known(name, url);
        match (ask(known.as_ref().map(|(etag, _)| etag.as_str()))?, known) {
            (Response::NotModified, Some((etag, text))) => Ok(Fetched { text, etag: Some(etag), is_new: false }),
            (Response::NotModified, None) => {
                let message = "the server says that an index is unchanged that nobody has";
                Err(Error::new(ErrorKind::Network, message).hint("ask it again, or tell who runs it"))
            }
            (Response::Body { bytes, etag }, _) => Ok(Fetched { text: inflated(bytes)?, etag, is_new: true }),
        }
    }

    /// The `ETag` of the index that lies there, if it is the one that the server gave.
    fn known(&self, name: &str, url: &str) -> Option<(String, Bytes)> {
        let beside = fs::read_to_string(self.tag_path(name)).ok()?;
        let mut lines = beside.lines();
        let (place, digest, etag) = (lines.next()?, lines.next()?, lines.next()?);
        if place != sha256(url.as_bytes()) {
            return None;
        }
        let text = self.read(name).ok()?;
        (sha256(&text) == digest).then(|| (etag.to_owned(), text))
    }

    /// The file of an index's `ETag`.
    pub fn tag_path(&self, name: &str) -> PathBuf {
        let mut path = self.path(name).into_os_string();
        path.push(".etag");
        PathBuf::from(path)
    }

    /// Keeps an index, the names of its charts and its `ETag`.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn keep(&self, name: &str, url: &str, fetched: &Fetched, charts: &[String]) -> Result<(), Error> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|cause| os::error("mkdir", folder, cause))?;
        }
        let names: String = charts.iter().map(|name| format!("{name}\n")).collect();
        replace(&path.with_file_name(format!("{}-charts.txt", file_stem(&path))), names.as_bytes())?;
        replace(&path, &fetched.text)?;
        let fits = |etag: &&String| etag.len() <= LONGEST_TAG && !etag.contains(['\r', '\n']);
        match fetched.etag.as_ref().filter(fits) {
            Some(etag) => {
                // The URL may hold a password, so only its digest is kept.
                let beside = format!("{}\n{}\n{etag}\n", sha256(url.as_bytes()), sha256(&fetched.text));
                replace(&self.tag_path(name), beside.as_bytes())
            }
            None => match fs::remove_file(self.tag_path(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(Error::io("cannot remove", &self.tag_path(name), error))
                }
                _ => Ok(()),
            },
        }
    }
}

/// The newest index of a repository.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Its text.
    pub text: Bytes,
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Whether it is another one than the kept.
    pub is_new: bool,
}

/// `NAME` of `NAME-index.yaml`.
fn file_stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.strip_suffix("-index.yaml").unwrap_or(&name).to_owned()
}

/// The text of an index that a server sent packed without being asked to.
fn inflated(bytes: Bytes) -> Result<Bytes, Error> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Ok(bytes);
    }
    let limit = (bytes.len() as u64 * LARGEST_RATIO).clamp(SMALL, LARGEST_INDEX);
    let mut text = Vec::new();
    let read = MultiGzDecoder::new(&bytes[..]).take(limit + 1).read_to_end(&mut text);
    read.map_err(|error| Error::new(ErrorKind::Content, format!("the packed index cannot be read: {error}")))?;
    if text.len() as u64 > limit {
        return Err(Error::new(ErrorKind::Limit, format!("the index unpacks to more than {limit} bytes")));
    }
    Ok(Bytes::from(text))
}

/// What a cached file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// An archive.
    Chart,
    /// The `.prov` file of an archive.
    Provenance,
}

/// Archives by the sha256 of their bytes.
#[derive(Clone, Debug)]
pub struct ContentCache {
    folder: PathBuf,
}

impl ContentCache {
    /// The cache in a folder; HELM_CONTENT_CACHE.
    pub fn new(folder: impl Into<PathBuf>) -> ContentCache {
        ContentCache { folder: folder.into() }
    }

    /// The file of an archive.
    pub fn path(&self, digest: &str, content: Content) -> PathBuf {
        let end = match content {
            Content::Chart => "chart",
            Content::Provenance => "prov",
        };
        self.folder.join(digest.get(..2).unwrap_or_default()).join(format!("{digest}.{end}"))
    }

    /// An archive of this digest: 64 lower-case hexadecimal digits. A file with other bytes does not count.
    pub fn chart(&self, digest: &str) -> Option<Bytes> {
        let valid = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let bytes = if valid { fs::read(self.path(digest, Content::Chart)).ok()? } else { return None };
        (sha256(&bytes) == digest).then(|| Bytes::from(bytes))
    }

    /// Keeps an archive or its provenance under the digest of the archive, and tells where.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn keep(&self, digest: &str, content: Content, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.path(digest, content);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Error::io("cannot make", folder, error))?;
        }
        replace(&path, bytes)?;
        Ok(path)
    }
}
