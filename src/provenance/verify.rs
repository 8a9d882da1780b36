//! Checking a `.prov` file: a known key signed it, nothing of it has run out, and the archive is the one it names.

use super::entity::{Checked, CheckedSubkey, Entity, may_sign};
use super::packets::{Fault, Packet, Packets};
use super::{Keyring, clearsign, digest_of, message};
use crate::chart::{Compat, os, read_file};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::print;
use crate::world::Timestamp;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{RevocationCode, Signature, SignatureType, SignatureVersion, SubpacketData};
use pgp::types::{Duration, KeyDetails};
use std::path::Path;

/// The largest `.prov` file that is read.
const MAX_PROV: u64 = 1 << 20;
/// The most signatures beneath one text that are looked at.
const MAX_SIGNATURES: usize = 32;

/// A signature that is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The names of the key that signed, `NAME (COMMENT) <EMAIL>` each.
    pub identities: Vec<String>,
    /// The fingerprint of the primary key in capital letters.
    pub fingerprint: String,
    /// The digest of the archive: `sha256:` and 64 digits.
    pub digest: String,
    /// The name of the archive.
    pub file: String,
}

/// Checks the archive at `path` against the file of that name with `.prov` behind it, as `helm verify` does.
///
/// # Errors
/// Helm's texts, for whatever is missing or wrong.
pub fn verify_file(path: &Path, keyring: &Path, compat: Compat, now: Timestamp) -> Result<Verification, Error> {
    let about = std::fs::metadata(path).map_err(|cause| os::error("stat", path, cause))?;
    if about.is_dir() {
        return Err(wrong("unpacked charts cannot be verified"));
    }
    let shown = path.to_string_lossy();
    if !os::extension(&shown).eq_ignore_ascii_case(".tgz") {
        return Err(wrong("chart must be a tgz file"));
    }
    let prov = format!("{shown}.prov");
    let prov = Path::new(&prov);
    let about = std::fs::metadata(prov).map_err(|cause| {
        let error = os::error("stat", prov, cause);
        let message = format!("could not load provenance file {}: {error}", prov.display());
        Error::new(ErrorKind::Io, message).hint("fetch it from where the chart came from")
    })?;
    let ring = Keyring::load(keyring, compat).map_err(|error| {
        let message = format!("failed to load keyring: {error}");
        error.hints().iter().fold(Error::new(error.kind(), message), |error, hint| error.hint(hint))
    })?;
    if about.is_dir() && compat == Compat::Helm3 {
        return Err(wrong(format!("{} cannot be a directory", prov.display())));
    }
    if about.len() > MAX_PROV {
        let message = format!("provenance file {} is larger than {MAX_PROV} bytes", prov.display());
        return Err(Error::new(ErrorKind::Limit, message));
    }
    let reading = |what: &str, error: Error| match compat {
        Compat::Helm3 => error,
        _ => Error::new(error.kind(), format!("failed to read {what}: {error}")),
    };
    let archive = read_file(path).map_err(|error| reading("chart archive", error))?;
    let text = read_file(prov).map_err(|error| reading("provenance file", error))?;
    check(&archive, &text, os::base(&shown), &Check { ring: &ring, compat, now })
}

/// Checks that the text of a `.prov` file is signed with a key of the ring, and that it names this archive by its name
/// and digest.
///
/// # Errors
/// Helm's texts, for whatever is wrong.
pub fn verify(archive: &[u8], prov: &[u8], file: &str, ring: &Keyring, now: Timestamp) -> Result<Verification, Error> {
    if prov.len() as u64 > MAX_PROV {
        return Err(Error::new(ErrorKind::Limit, format!("provenance file is larger than {MAX_PROV} bytes")));
    }
    check(archive, prov, file, &Check { ring, compat: Compat::Helm43, now })
}

/// A text whose signature is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedText {
    /// The names of the key that signed, `NAME (COMMENT) <EMAIL>` each.
    pub identities: Vec<String>,
    /// The fingerprint of the primary key in capital letters.
    pub fingerprint: String,
    /// What was signed, without white space at the ends of lines and without the end of the last line.
    pub text: Vec<u8>,
}

/// The largest text that is signed in clear.
const MAX_TEXT: usize = 512 << 20;

/// Checks that a text that was signed in clear is signed with a key of the ring.
///
/// # Errors
/// A text that is no such message, a signature that is not valid or of nobody in the ring.
pub fn verify_text(message: &[u8], ring: &Keyring, now: Timestamp) -> Result<SignedText, Error> {
    if message.len() > MAX_TEXT {
        return Err(Error::new(ErrorKind::Limit, format!("signed text is larger than {MAX_TEXT} bytes")));
    }
    let message = clearsign::decode(message).ok_or_else(|| wrong("signature block not found"))?;
    let packets = message.signature.as_deref().ok_or_else(|| wrong("openpgp: invalid data: armor invalid"))?;
    let (entity, checked) = signer(&message.signed, packets, &Check { ring, compat: Compat::Helm43, now })?;
    let identities = checked.names.iter().map(|name| (*name).to_owned()).collect();
    Ok(SignedText { identities, fingerprint: entity.fingerprint(), text: message.text })
}

/// What a text is checked against.
struct Check<'a> {
    ring: &'a Keyring,
    compat: Compat,
    now: Timestamp,
}

fn check(archive: &[u8], prov: &[u8], file: &str, against: &Check<'_>) -> Result<Verification, Error> {
    let Some(message) = clearsign::decode(prov) else {
        let start = if against.compat == Compat::Helm3 { "failed to decode signature: " } else { "" };
        return Err(wrong(format!("{start}signature block not found")));
    };
    let packets = message.signature.as_deref().ok_or_else(|| wrong("openpgp: invalid data: armor invalid"))?;
    let (entity, checked) = signer(&message.signed, packets, against)?;
    let digest = digest_of(archive);
    let Some(stated) = message::digest_for(&message.text, file, against.compat)? else {
        let error = wrong(format!("provenance does not contain a SHA for a file named {}", quoted(file)));
        return Err(error.hint("the archive may have been renamed; a signature holds for one name"));
    };
    if stated != digest {
        let text = format!("sha256 sum does not match for {file}: {} != {}", quoted(&stated), quoted(&digest));
        return Err(wrong(text).hint("the archive is not the one that was signed"));
    }
    let identities = checked.names.iter().map(|name| (*name).to_owned()).collect();
    Ok(Verification { identities, fingerprint: entity.fingerprint(), digest, file: file.to_owned() })
}

/// The key that made the first signature by anybody in the ring.
fn signer<'a>(signed: &[u8], packets: &[u8], against: &Check<'a>) -> Result<(&'a Entity, Checked<'a>), Error> {
    let mut packets = Packets::new(packets);
    let refused = |fault: Fault| wrong(fault.to_string());
    for _ in 0..MAX_SIGNATURES {
        let signature = match packets.next().map_err(refused)? {
            None => return Err(unknown()),
            Some(Packet::Signature(signature)) => *signature,
            Some(_) => return Err(refused(Fault::structure("non signature packet found"))),
        };
        if !matches!(signature.version(), SignatureVersion::V4 | SignatureVersion::V6) {
            continue;
        }
        let Some(id) = issuer(&signature) else {
            return Err(refused(Fault::structure("signature doesn't have an issuer")));
        };
        let mut failure = None;
        for (entity, checked) in against.ring.with_key(&id) {
            let Some(key) = Key::find(entity, &checked, &id) else { continue };
            match key.verify(&signature, signed) {
                Ok(()) => {
                    key.check_validity(&checked, &signature, against.now)?;
                    return Ok((entity, checked));
                }
                Err(error) => failure = Some(error),
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Err(unknown())
}

fn unknown() -> Error {
    wrong("openpgp: signature made by unknown entity").hint("import the signer's public key into the keyring")
}

/// The number of the key that a signature names.
fn issuer(signature: &Signature) -> Option<Vec<u8>> {
    if let Some(id) = signature.issuer_key_id().first() {
        return Some(id.as_ref().to_vec());
    }
    let print = signature.issuer_fingerprint().first().map(|print| print.as_bytes().to_vec())?;
    let first = if signature.version() == SignatureVersion::V6 { 0 } else { print.len().checked_sub(8)? };
    print.get(first..first + 8).map(<[u8]>::to_vec)
}

/// A key that may have signed.
enum Key<'c, 'a> {
    Primary(&'a Entity),
    Subkey(&'a Entity, &'c CheckedSubkey<'a>),
}

impl<'c, 'a> Key<'c, 'a> {
    /// The key of this number, if it may sign.
    fn find(entity: &'a Entity, checked: &'c Checked<'a>, id: &[u8]) -> Option<Key<'c, 'a>> {
        if entity.key.legacy_key_id().as_ref() == id && may_sign(checked.primary) {
            return Some(Key::Primary(entity));
        }
        let fits = |one: &&CheckedSubkey<'_>| one.key.legacy_key_id().as_ref() == id && may_sign(one.binding);
        checked.subkeys.iter().find(fits).map(|subkey| Key::Subkey(entity, subkey))
    }

    fn verify(&self, signature: &Signature, signed: &[u8]) -> Result<(), Error> {
        if !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
            let kind = signature.typ().map_or(0, u8::from);
            return Err(wrong(format!("openpgp: unsupported feature: unsupported signature type: {kind}")));
        }
        let (outcome, algorithm) = match self {
            Key::Primary(entity) => (signature.verify(&entity.key, signed), entity.key.algorithm()),
            Key::Subkey(_, subkey) => (signature.verify(subkey.key, signed), subkey.key.algorithm()),
        };
        outcome.map_err(|_| {
            let error = wrong(format!("openpgp: invalid signature: {} verification failure", word(algorithm)));
            error.hint("the signed text was changed, or the signature was made with another key of this number")
        })
    }

    /// Refuses what was taken back, has run out, or asks for something that nobody here knows.
    fn check_validity(&self, checked: &Checked<'_>, signature: &Signature, now: Timestamp) -> Result<(), Error> {
        let now = i64::try_from(now / 1_000_000_000).unwrap_or(i64::MAX);
        let mut binding = vec![signature, checked.primary];
        let (entity, mut revocations) = match self {
            Key::Primary(entity) | Key::Subkey(entity, _) => (entity, checked.revocations.clone()),
        };
        if let Key::Subkey(_, subkey) = self {
            binding.push(subkey.binding);
            binding.extend(subkey.binding.embedded_signature());
            revocations.extend(&subkey.revocations);
        }
        if let Some(name) = binding.iter().find_map(|signature| critical_notation(signature)) {
            return Err(wrong(format!("openpgp: invalid signature: unknown critical notation: {name}")));
        }
        if revocations.iter().any(|one| is_compromised(one) || !has_run_out(one, now)) {
            return Err(wrong("openpgp: signature made by revoked key"));
        }
        let mut expired = key_has_run_out(entity.key.created_at(), checked.primary, now);
        if let Key::Subkey(_, subkey) = self {
            expired |= key_has_run_out(subkey.key.created_at(), subkey.binding, now);
        }
        if expired {
            return Err(wrong("openpgp: key expired"));
        }
        match binding.iter().any(|signature| has_run_out(signature, now)) {
            true => Err(wrong("openpgp: signature expired")),
            false => Ok(()),
        }
    }
}

/// The name of an algorithm in the texts of the library below Helm.
fn word(algorithm: PublicKeyAlgorithm) -> &'static str {
    match algorithm {
        PublicKeyAlgorithm::RSA | PublicKeyAlgorithm::RSASign => "RSA",
        PublicKeyAlgorithm::DSA => "DSA",
        PublicKeyAlgorithm::ECDSA => "ECDSA",
        PublicKeyAlgorithm::EdDSALegacy => "EdDSA",
        PublicKeyAlgorithm::Ed25519 => "Ed25519",
        PublicKeyAlgorithm::Ed448 => "ed448",
        _ => "public key",
    }
}

fn critical_notation(signature: &Signature) -> Option<String> {
    let hashed = signature.config()?.hashed_subpackets();
    let mut names = hashed.filter(|one| one.is_critical).filter_map(|one| match &one.data {
        SubpacketData::Notation(notation) => Some(String::from_utf8_lossy(&notation.name).into_owned()),
        _ => None,
    });
    names.next()
}

fn is_compromised(revocation: &Signature) -> bool {
    revocation.revocation_reason_code() == Some(&RevocationCode::KeyCompromised)
}

/// Whether a signature is none yet, or no longer.
fn has_run_out(signature: &Signature, now: i64) -> bool {
    let Some(created) = signature.created() else { return true };
    ends(created, signature.signature_expiration_time(), now)
}

fn key_has_run_out(created: pgp::types::Timestamp, binding: &Signature, now: i64) -> bool {
    ends(created, binding.key_expiration_time(), now)
}

fn ends(created: pgp::types::Timestamp, lifetime: Option<Duration>, now: i64) -> bool {
    let created = i64::from(created.as_secs());
    let lifetime = lifetime.map_or(0, |lifetime| i64::from(lifetime.as_secs()));
    created > now || (lifetime != 0 && now > created + lifetime)
}

fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&print::quote(text.as_bytes())).into_owned()
}

fn wrong(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, text)
}
