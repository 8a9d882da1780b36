//! What `package` does for both command lines: one chart becomes one archive, and is signed if that is asked for.

use super::options::Compat;
use super::passphrase;
use super::system::SystemWorld;
use super::ui::Stop;
use crate::chart::{self, Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::provenance::{self, Keyring, SecretKey};
use crate::repository::replace;
use crate::world::World;
use std::path::{Path, PathBuf};

/// With which key archives are signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SignOptions {
    /// The key's name, or a part of it.
    pub(super) key: String,
    pub(super) keyring: PathBuf,
    /// The file whose first line is the passphrase, `-` for standard input; empty to ask for it.
    pub(super) passphrase_file: String,
}

/// Finds and unlocks the key, in Helm's order.
pub(super) fn unlocked_key(sign: &SignOptions, compat: Compat) -> Result<SecretKey, Stop> {
    let ring = Keyring::load(&sign.keyring, compat)?;
    let key = ring.secret_key(&sign.key);
    let given = match sign.passphrase_file.as_str() {
        "" => None,
        file => Some(passphrase::from_file(file)?),
    };
    let mut key = key?;
    if key.is_locked() {
        let passphrase = match given {
            Some(passphrase) => passphrase,
            None => passphrase::ask(key.name())?,
        };
        key.unlock(&passphrase)?;
    }
    Ok(key)
}

/// Writes the `.prov` file beside an archive; returns its path.
pub(super) fn sign(archive: &Path, key: &SecretKey, load: &LoadOptions) -> Result<PathBuf, Error> {
    let bytes = chart::read_file(archive)?;
    let signed =
        Chart::from_archive(archive, &bytes, load, &mut Notices::new()).map_err(|error| match load.compat {
            Compat::Helm3 => error,
            _ => {
                let told = Error::new(error.kind(), format!("failed to load chart for signing: {error}"));
                error.hints().iter().fold(told, |told, hint| told.hint(hint))
            }
        })?;
    let file = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let now = SystemWorld::default().now();
    let text = provenance::sign(&bytes, &file, &signed.metadata, key, now)?;
    let path = PathBuf::from(format!("{}.prov", archive.display()));
    write(&path, text.as_bytes())?;
    Ok(path)
}

/// Writes a file as a whole; what the system refuses is told as Go does.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, bytes).map_err(|error| {
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
        match cause.and_then(std::io::Error::raw_os_error) {
            Some(number) => chart::os::error("open", path, std::io::Error::from_raw_os_error(number)),
            None => error,
        }
    })
}

/// SOURCE_DATE_EPOCH in seconds, with Go's texts for one that is no number.
pub(super) fn source_date_epoch() -> Result<Option<i64>, Error> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty()) else { return Ok(None) };
    let text = text.to_string_lossy();
    let wrong = |why: &str| Error::new(ErrorKind::Usage, format!("invalid SOURCE_DATE_EPOCH: {why}"));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let parsed = match digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        true => text.parse::<i64>().map_err(|_| "value out of range"),
        false => Err("invalid syntax"),
    };
    let quoted = super::helm::go::quote(&text);
    match parsed {
        Ok(epoch) if epoch < 0 => Err(wrong("must not be negative")),
        Ok(epoch) => Ok(Some(epoch)),
        Err(why) => Err(wrong(&format!("strconv.ParseInt: parsing {quoted}: {why}"))),
    }
}
