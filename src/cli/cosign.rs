//! Signatures of artifacts in registries, in cosign's format and with a local key; nobody but the registry is asked.

use super::passphrase;
use super::report::harmless;
use super::ui::{Stop, Ui};
use crate::diagnostic::{Error, ErrorKind};
use crate::provenance::cosign::{self, PublicKey, SigningKey};
use crate::repository::oci::{Digest, Reference, Registry};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest key file; the room `provenance` says what is too long.
const LONGEST: u64 = 1 << 20;

/// The references among the arguments.
///
/// # Errors
/// An argument that is none, or names neither a tag nor a digest.
pub(super) fn references(arguments: &[String]) -> Result<Vec<Reference>, Error> {
    let read = |text: &String| {
        if !Reference::is_oci(text) {
            let message = format!("expected `oci://HOST/PATH:TAG` beside --cosign-key, found `{}`", harmless(text));
            return Err(Error::new(ErrorKind::Usage, message).hint("an archive is signed with --key"));
        }
        let reference = Reference::parse(text)?;
        if reference.target().is_none() {
            let message = format!("expected a tag or a digest in `{}`", harmless(text));
            return Err(Error::new(ErrorKind::Usage, message).hint("a signature is of exactly one artifact"));
        }
        Ok(reference)
    };
    arguments.iter().map(read).collect()
}

/// Refuses references where archives are wanted.
///
/// # Errors
/// An argument that is a reference.
pub(super) fn refuse_references(arguments: &[String]) -> Result<(), Error> {
    let Some(reference) = arguments.iter().find(|text| Reference::is_oci(text)) else { return Ok(()) };
    let message = format!("expected an archive, found `{}`", harmless(reference));
    Err(Error::new(ErrorKind::Usage, message)
        .hint("what lies in a registry has cosign's signatures: --cosign-key FILE"))
}

/// Reads a private key, and asks for its passphrase where it has one.
///
/// # Errors
/// A file that cannot be read or is no key; a wrong passphrase.
pub(super) fn signing_key(file: &Path, passphrase_file: &str) -> Result<SigningKey, Stop> {
    let text = read(file)?;
    let passphrase = match (SigningKey::is_encrypted(&text), passphrase_file) {
        (false, _) => None,
        (true, "") => Some(passphrase::ask(&file.display().to_string())?),
        (true, name) => Some(passphrase::from_file(name)?),
    };
    Ok(SigningKey::from_pem(&text, passphrase.as_deref())?)
}

/// Reads a public key.
///
/// # Errors
/// A file that cannot be read or is no key.
pub(super) fn public_key(file: &Path) -> Result<PublicKey, Error> {
    PublicKey::from_pem(&read(file)?)
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    let opened = File::open(file).and_then(|opened| opened.take(LONGEST).read_to_end(&mut text));
    opened.map_err(|error| Error::io("cannot read", file, error))?;
    Ok(text)
}

/// Signs what lies under a reference, and puts the signature beside it.
///
/// # Errors
/// Nothing there; a registry that refuses.
pub(super) fn sign(reference: &Reference, key: &SigningKey, registry: &Registry, ui: &mut Ui) -> Result<(), Stop> {
    let digest = digest_of(reference, registry)?;
    let repository = format!("{}/{}", reference.registry, reference.repository);
    let signature = cosign::sign(digest.as_str(), &repository, key)?;
    registry.add_signature(reference, &digest, &signature)?;
    ui.print(format!("oci://{repository}@{digest}\n  signed\n"))
}

/// Checks that one of the signatures beside what lies under a reference is of a key.
///
/// # Errors
/// Nothing there; no signature, or none that is valid; a registry that refuses.
pub(super) fn verify(reference: &Reference, key: &PublicKey, registry: &Registry, ui: &mut Ui) -> Result<(), Stop> {
    let digest = digest_of(reference, registry)?;
    let signatures = registry.signatures(reference, &digest)?;
    let mut refused = None;
    for one in &signatures {
        match cosign::verify(digest.as_str(), &one.payload, &one.signature, key) {
            Ok(claim) => {
                let place = format!("oci://{}/{}@{digest}", reference.registry, reference.repository);
                return ui.print(format!("{place}\n  signed as {}\n", harmless(&claim.reference)));
            }
            Err(error) => drop(refused.get_or_insert(error)),
        }
    }
    let none = || {
        let message = format!("`oci://{reference}` has no signature");
        Error::new(ErrorKind::Content, message).hint("sign it: `chartwright sign --cosign-key FILE oci://...`")
    };
    Err(refused.unwrap_or_else(none).into())
}

fn digest_of(reference: &Reference, registry: &Registry) -> Result<Digest, Error> {
    let not_found = || {
        let error = Error::new(ErrorKind::Network, format!("`oci://{reference}` is not there"));
        error.hint("look at the name, the version and the registry")
    };
    registry.manifest(reference)?.map(|stored| stored.digest).ok_or_else(not_found)
}
