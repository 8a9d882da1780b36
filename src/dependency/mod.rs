//! Dependencies: `Chart.yaml` names charts, and they come into `charts/`.
//!
//! What enters is a chart folder, the repositories a user knows, and a [`Remote`] that reads URLs and registries; what
//! leaves is `Chart.lock` and the archives in `charts/`. [`helm`] does it in Helm's order and with Helm's words, after
//! Helm's `pkg/downloader` and `internal/resolver` of version 4.3.1.

pub mod declared;
pub mod drift;
pub mod helm;
pub mod list;
pub mod local;
pub mod lock;
pub mod pins;
mod indexes;
mod place;
pub mod repositories;
mod resolve;
mod supply;
pub mod vendor;
pub(crate) mod urls;

use crate::diagnostic::{Error, ErrorKind};
use crate::repository::transport::Response;
use bytes::Bytes;
use repositories::Entry;

pub use resolve::newest_first;
pub use supply::{Refresh, Signatures, Supply, Verify};

/// What reads repositories and registries.
pub trait Remote {
    /// Reads a URL. `repository` is the one that the URL was found in: its credentials go to its own host alone.
    /// `etag` is that of the copy that the caller has.
    ///
    /// # Errors
    /// A host that cannot be reached, a status that is no success, a body that is too large.
    fn get(&self, url: &str, repository: &Entry, etag: Option<&str>) -> Result<Response, Error>;

    /// The versions that a registry has of a chart, `host/path/name`, with `+` where tags have `_`.
    ///
    /// # Errors
    /// A registry that cannot be reached or refuses.
    fn tags(&self, reference: &str) -> Result<Vec<String>, Error>;

    /// Fetches a chart, `host/path/name`, in one version from a registry.
    ///
    /// # Errors
    /// A registry that cannot be reached or refuses, an artifact that is no chart.
    fn pull(&self, reference: &str, version: &str) -> Result<Pulled, Error>;
}

/// Reads a URL of which the caller has no copy.
fn fetch(remote: &dyn Remote, url: &str, repository: &Entry) -> Result<Bytes, Error> {
    match remote.get(url, repository, None)? {
        Response::Body { bytes, .. } => Ok(bytes),
        Response::NotModified => Err(Error::new(ErrorKind::Network, format!("`{url}` has no body"))),
    }
}

/// A chart from a registry.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The archive.
    pub bytes: Bytes,
    /// The digest of the manifest: `sha256:...`.
    pub digest: String,
    /// The `.prov` file, where there is one.
    pub provenance: Option<Bytes>,
}

/// Whether an address is that of a registry.
pub(crate) fn is_oci(repository: &str) -> bool {
    repository.starts_with("oci://")
}
