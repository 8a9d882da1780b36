//! Signatures over the digests of a bundle: OpenPGP, or cosign's format with a local key.

use super::checksums::{CHECKSUMS, COSIGN_SIGNATURE, OPENPGP_SIGNATURE};
use crate::diagnostic::{Error, ErrorKind};
use crate::provenance::cosign::{self, PublicKey, SigningKey};
use crate::provenance::{self, Keyring, SecretKey};
use crate::repository::replace;
use crate::world::Timestamp;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes of a signature and of what it signs.
const LARGEST: u64 = 256 << 20;

/// With which key a bundle is signed.
#[derive(Debug)]
pub enum Signer<'k> {
    /// An unlocked OpenPGP key, and the time of the signature.
    OpenPgp(&'k SecretKey, Timestamp),
    /// A private key on P-256.
    Cosign(&'k SigningKey),
}

/// With which keys a bundle's signature is checked.
#[derive(Debug)]
pub enum Trust<'k> {
    /// No signature is asked for.
    Nobody,
    /// One of a ring of OpenPGP keys has to have signed; the time tells which keys have run out.
    OpenPgp(&'k Keyring, Timestamp),
    /// A public key on P-256.
    Cosign(&'k PublicKey),
}

/// Signs the digests of the bundle in a folder, after they were checked; returns the file with the signature.
///
/// # Errors
/// A bundle with a problem, which is not signed; a key that is locked or cannot sign; a place that cannot be written.
pub fn sign(folder: &Path, signer: &Signer<'_>) -> Result<PathBuf, Error> {
    let found = super::verify(folder, &Trust::Nobody)?;
    if let Some(problem) = found.problems.first() {
        let message = format!("`{}` is not signed: {problem}", folder.display());
        return Err(Error::new(ErrorKind::Content, message).hint("`bundle verify` tells all that is wrong with it"));
    }
    let text = checksums_text(folder)?;
    let (name, signature) = match signer {
        Signer::OpenPgp(key, now) => (OPENPGP_SIGNATURE, provenance::sign_text(&text, key, *now)?),
        Signer::Cosign(key) => (COSIGN_SIGNATURE, format!("{}\n", cosign::sign_blob(text.as_bytes(), key)?)),
    };
    let path = folder.join(name);
    replace(&path, signature.as_bytes())?;
    Ok(path)
}

/// Checks the signature over the digests; who signed, where the key has a name.
pub(super) fn check(folder: &Path, trust: &Trust<'_>) -> Result<Option<String>, Error> {
    match trust {
        Trust::Nobody => Ok(None),
        Trust::OpenPgp(ring, now) => {
            let message = read(&folder.join(OPENPGP_SIGNATURE))?;
            let signed = provenance::verify_text(&message, ring, *now)?;
            // The end of the last line is no part of a text that is signed in clear.
            if signed.text != checksums_text(folder)?.trim_end_matches('\n').as_bytes() {
                let message = format!("`{OPENPGP_SIGNATURE}` signs other digests than `{CHECKSUMS}` has");
                return Err(Error::new(ErrorKind::Content, message).hint("sign the bundle again"));
            }
            Ok(Some(format!("{}, key {}", signed.identities.join(", "), signed.fingerprint)))
        }
        Trust::Cosign(key) => {
            let signature = read(&folder.join(COSIGN_SIGNATURE))?;
            let signature = String::from_utf8_lossy(&signature);
            cosign::verify_blob(checksums_text(folder)?.as_bytes(), signature.trim(), key)?;
            Ok(Some("the given key".to_owned()))
        }
    }
}

fn checksums_text(folder: &Path) -> Result<String, Error> {
    let text = read(&folder.join(CHECKSUMS))?;
    String::from_utf8(text).map_err(|_| Error::new(ErrorKind::Content, format!("`{CHECKSUMS}` is no UTF-8")))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    if fs::metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let message = format!("the bundle has no `{name}`");
        return Err(Error::new(ErrorKind::Content, message).hint("`bundle sign` writes it"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| Error::io("cannot read", path, error))?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| Error::io("cannot read", path, error))?;
    Ok(bytes)
}
