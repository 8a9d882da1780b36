//! Places that hold charts: folders with archives and an `index.yaml`, and folders of charts.
//!
//! What enters is a name and a version; what leaves is the bytes of an archive. Publishing writes beside and renames,
//! never shrinks an index and never replaces a version by other bytes. The reference for `index.yaml` is Helm's
//! `pkg/repo`.

pub mod cache;
#[cfg(feature = "network")]
pub mod chartmuseum;
#[cfg(feature = "network")]
pub mod credentials;
mod find;
pub mod folder;
mod git;
#[cfg(feature = "network")]
pub mod http;
pub mod index;
pub mod oci;
mod publish;
pub mod search;
pub mod settings;
mod shipped;
pub mod transport;

pub use find::{Found, NotFound, Shelf};
pub use git::{GitTarget, publish_to_git};
pub use index::IndexFile;
pub use publish::Lock;
pub use shipped::{shipped_charts, shipped_size, shipped_version};
pub use publish::{Mutable, PublishOptions, Published, publish};
pub(crate) use publish::{replace, replace_private};

use sha2::{Digest, Sha256};

/// The sha256 of some bytes in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An archive with its name and digest.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The chart's name.
    pub chart: String,
    /// The chart's version.
    pub version: String,
    /// The file name: `NAME-VERSION.tgz`.
    pub file: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The sha256 of the bytes.
    pub digest: String,
    /// The bytes of its `.prov` file, where it has one.
    pub provenance: Option<Vec<u8>>,
}

impl Archive {
    /// An archive of these bytes.
    pub fn new(chart: impl Into<String>, version: impl Into<String>, bytes: Vec<u8>) -> Archive {
        let (chart, version) = (chart.into(), version.into());
        let file = format!("{chart}-{version}.tgz");
        let digest = sha256(&bytes);
        Archive { chart, version, file, bytes, digest, provenance: None }
    }
}
