//! What was fetched before: indexes, which their servers are asked about, and archives by their digest.
//!
//! The files are Helm's, so both programs take what the other one fetched. What Helm does not keep is the `ETag` of an
//! index; it stands in a file beside, together with the digest of the index that it belongs to.

use super::index::IndexFile;
use super::publish::replace;
use super::repositories::{Entry, cached_index};
use super::transport::{Credentials, Request, Response, Transport};
use super::{address, sha256};
use crate::diagnostic::{Error, ErrorKind};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes of an index.
pub const LARGEST_INDEX: u64 = 160 << 20;
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
        cached_index(&self.folder, name)
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

    /// Asks a repository for its index and keeps it. The text comes back, new or as it was.
    ///
    /// # Errors
    /// A server that cannot be reached or refuses, an index that is none; what was kept stays then.
    pub fn refresh(&self, transport: &dyn Transport, entry: &Entry) -> Result<Bytes, Error> {
        let url = address::resolve(&entry.url, "index.yaml");
        let url = url.map_err(|fault| Error::new(ErrorKind::Usage, fault.message()))?;
        let known = self.known(&entry.name, &url);
        let credentials = credentials(entry);
        let request = Request {
            url: &url,
            credentials: credentials.as_ref(),
            accept: None,
            etag: known.as_ref().map(|(etag, _)| etag.as_str()),
            limit: LARGEST_INDEX,
        };
        match (transport.get(&request)?, known) {
            (Response::NotModified, Some((_, text))) => Ok(text),
            (Response::NotModified, None) => {
                let message = "the server says that an index is unchanged that nobody has";
                Err(Error::new(ErrorKind::Network, message).hint("ask it again, or tell who runs it"))
            }
            (Response::Body { bytes, etag }, _) => {
                let text = inflated(bytes)?;
                let index = IndexFile::parse(&text).map_err(|fault| {
                    Error::new(ErrorKind::Content, fault.message().to_owned())
                        .hint("look whether a chart repository is there")
                })?;
                self.keep(&entry.name, &url, &text, &index, etag.as_deref())?;
                Ok(text)
            }
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

    fn tag_path(&self, name: &str) -> PathBuf {
        let mut path = self.path(name).into_os_string();
        path.push(".etag");
        PathBuf::from(path)
    }

    fn keep(&self, name: &str, url: &str, text: &[u8], index: &IndexFile, etag: Option<&str>) -> Result<(), Error> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Error::io("cannot make", folder, error))?;
        }
        let names: String = index.names().into_iter().map(|name| name + "\n").collect();
        replace(&self.folder.join(format!("{}-charts.txt", file_stem(&path))), names.as_bytes())?;
        replace(&path, text)?;
        let fits = |etag: &&str| etag.len() <= LONGEST_TAG && !etag.contains(['\r', '\n']);
        match etag.filter(fits) {
            Some(etag) => {
                // The URL may hold a password, so only its digest is kept.
                let beside = format!("{}\n{}\n{etag}\n", sha256(url.as_bytes()), sha256(text));
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

/// `NAME` of `NAME-index.yaml`.
fn file_stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.strip_suffix("-index.yaml").unwrap_or(&name).to_owned()
}

/// Who asks a repository: nobody, where user or password are missing.
pub fn credentials(entry: &Entry) -> Option<Credentials> {
    let (username, password) = (entry.username.clone(), entry.password.clone());
    (!username.is_empty() && !password.is_empty()).then_some(Credentials::Basic { username, password })
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
