//! What charts are fetched with, the same for both ways of filling `charts/`.

use super::Remote;
use crate::chart::{Chart, LoadOptions};
use crate::diagnostic::Error;
use std::path::Path;

/// Whether cached indexes are fetched anew first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// They are.
    Yes,
    /// They are taken as they are: `--skip-refresh`.
    No,
}

/// Whether signatures of fetched charts are verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signatures {
    /// They are not looked at.
    Ignored,
    /// They are verified where there are some: Helm's `dependency build --verify`.
    IfThere,
    /// Each chart has to have a good one.
    Needed,
}

/// Verifies an archive of a name with its `.prov` file.
pub type Verify<'a> = &'a dyn Fn(&str, &[u8], &[u8]) -> Result<(), Error>;

/// What one run fetches charts with.
pub struct Supply<'a> {
    /// Rules and limits of loading.
    pub load: &'a LoadOptions,
    /// The folder of cached indexes.
    pub cache: &'a Path,
    /// The network.
    pub remote: &'a dyn Remote,
    /// Whether indexes are fetched anew.
    pub refresh: Refresh,
    /// Whether signatures are verified, and by whom.
    pub signatures: (Signatures, Verify<'a>),
    /// The time for `generated` of a lock, RFC 3339.
    pub generated: &'a str,
    /// Packs a chart folder into the archive that goes into `charts/`.
    pub pack: &'a dyn Fn(&Chart) -> Result<Vec<u8>, Error>,
}
