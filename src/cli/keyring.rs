//! Which keyring holds when none is named.

use super::options::Compat;
use std::path::{Path, PathBuf};

/// The ring that is named, or GnuPG's old one, or its keybox where only that is there and the Helm asked for reads it.
pub(super) fn chosen(given: Option<&Path>, compat: Compat) -> PathBuf {
    if let Some(given) = given {
        return given.to_owned();
    }
    let folder = match std::env::var_os("GNUPGHOME") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".gnupg"),
    };
    let (ring, keybox) = (folder.join("pubring.gpg"), folder.join("pubring.kbx"));
    let absent = |path: &Path| std::fs::metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    if compat == Compat::Helm43 && absent(&ring) && !absent(&keybox) { keybox } else { ring }
}
