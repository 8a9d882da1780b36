//! Signatures of OCI artifacts in cosign's format, with a local key on the curve P-256.
//!
//! A signature is a small image beside the artifact, under the tag `sha256-<digest>.sig`: each layer is a payload that
//! names the digest of the artifact's manifest, and its annotation carries the signature over the payload. This file
//! makes and checks these texts; pushing and pulling them is the caller's work. The reference is cosign's
//! `specs/SIGNATURE_SPEC.md`.

mod image;
mod key;

pub use image::{Layer, SignatureImage, layers};
pub use key::{PublicKey, SigningKey};

use crate::diagnostic::{Error, ErrorKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::DerSignature;
use p256::ecdsa::signature::{Signer, Verifier};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The media type of a payload.
pub const PAYLOAD_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The annotation of a layer that carries the signature.
pub const SIGNATURE_ANNOTATION: &str = "dev.cosignproject.cosign/signature";
/// What `critical.type` of a payload must say.
const CLAIM_TYPE: &str = "cosign container image signature";
/// The largest payload that is read.
pub const MAX_PAYLOAD: usize = 1 << 20;
/// The longest signature in base64 that is read; one of P-256 has about 96 letters.
const MAX_SIGNATURE: usize = 1024;

/// One signature, ready to become a layer of a signature image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What was signed: the bytes of the layer, whose media type is [`PAYLOAD_TYPE`].
    pub payload: Vec<u8>,
    /// The signature over the payload: ECDSA with SHA-256 in ASN.1, in base64.
    pub signature: String,
    /// The annotations of the layer.
    pub annotations: BTreeMap<String, String>,
}

/// What a checked payload says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The repository that the signer named; nothing checks it but the reader.
    pub reference: String,
    /// The digest of the signed manifest.
    pub digest: String,
}

/// Signs a manifest.
///
/// `digest` is the manifest's (`sha256:` and 64 digits); of `reference` (`oci://host/path:tag` or the like) the
/// repository is written into the payload. The same key, digest and reference always give the same signature.
///
/// # Errors
/// A digest that is none, or a reference with other characters than references have.
pub fn sign(digest: &str, reference: &str, key: &SigningKey) -> Result<Signature, Error> {
    hex_of(digest)?;
    let repository = repository(reference)?;
    let identity = format!(r#"{{"docker-reference":"{repository}"}}"#);
    let image = format!(r#"{{"docker-manifest-digest":"{digest}"}}"#);
    let critical = format!(r#"{{"identity":{identity},"image":{image},"type":"{CLAIM_TYPE}"}}"#);
    let payload = format!(r#"{{"critical":{critical},"optional":null}}"#).into_bytes();
    let signed: DerSignature = key.0.try_sign(&payload).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("cannot sign manifest `{digest}`: {error}")).because(error.to_string())
    })?;
    let signature = STANDARD.encode(signed.as_bytes());
    let annotations = BTreeMap::from([(SIGNATURE_ANNOTATION.to_owned(), signature.clone())]);
    Ok(Signature { payload, signature, annotations })
}

/// Checks that `payload` was signed with the key that belongs to `key`, and that it names the manifest `digest`.
///
/// # Errors
/// Everything that is not exactly right: a signature of another key or text, a payload of another type, a payload about
/// another manifest.
pub fn verify(digest: &str, payload: &[u8], signature: &str, key: &PublicKey) -> Result<Claim, Error> {
    hex_of(digest)?;
    if payload.len() > MAX_PAYLOAD || signature.len() > MAX_SIGNATURE {
        let message = format!("signature of `{digest}` is larger than {MAX_PAYLOAD} bytes");
        return Err(Error::new(ErrorKind::Limit, message));
    }
    let signed = STANDARD.decode(signature.trim()).ok().and_then(|bytes| DerSignature::try_from(&bytes[..]).ok());
    let signed = signed.ok_or_else(|| refused(digest, "it is no ECDSA signature in base64"))?;
    if key.0.verify(payload, &signed).is_err() {
        let error = refused(digest, "it was not made with this key, or the payload was changed");
        return Err(error.hint("check it with the public key of whoever signed"));
    }
    let claim = read_claim(payload).map_err(|why| refused(digest, &why))?;
    if claim.digest != digest {
        let other = claim.digest.escape_debug();
        return Err(refused(digest, &format!("it signs another manifest, `{other}`")));
    }
    Ok(claim)
}

/// Signs bytes that lie in no registry, as `cosign sign-blob` does: ECDSA with SHA-256 in ASN.1, in base64.
///
/// # Errors
/// A key that cannot sign.
pub fn sign_blob(bytes: &[u8], key: &SigningKey) -> Result<String, Error> {
    let signed: DerSignature = key
        .0
        .try_sign(bytes)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot sign: {error}")).because(error.to_string()))?;
    Ok(STANDARD.encode(signed.as_bytes()))
}

/// Checks what [`sign_blob`] or `cosign sign-blob` made.
///
/// # Errors
/// Everything that is not exactly right.
pub fn verify_blob(bytes: &[u8], signature: &str, key: &PublicKey) -> Result<(), Error> {
    let wrong = |why: &str| Error::new(ErrorKind::Content, format!("signature is not valid: {why}"));
    if signature.len() > MAX_SIGNATURE {
        return Err(wrong("it is too long"));
    }
    let signed = STANDARD.decode(signature).ok().and_then(|bytes| DerSignature::try_from(&bytes[..]).ok());
    let signed = signed.ok_or_else(|| wrong("it is no ECDSA signature in base64"))?;
    key.0.verify(bytes, &signed).map_err(|_| wrong("it was not made with this key, or what it signs was changed"))
}

/// The tag under which the signatures of a manifest lie: `sha256-<digits>.sig`.
///
/// # Errors
/// A digest that is none.
pub fn signature_tag(digest: &str) -> Result<String, Error> {
    Ok(format!("sha256-{}.sig", hex_of(digest)?))
}

fn refused(digest: &str, why: &str) -> Error {
    Error::new(ErrorKind::Content, format!("signature of `{digest}` is not valid: {why}"))
}

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    identity: Identity,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "docker-reference")]
    reference: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

fn read_claim(payload: &[u8]) -> Result<Claim, String> {
    let read: Payload = serde_json::from_slice(payload).map_err(|error| format!("its payload is broken: {error}"))?;
    let Critical { identity, image, kind } = read.critical;
    if kind != CLAIM_TYPE {
        return Err(format!("expected a payload of type `{CLAIM_TYPE}`, found `{}`", kind.escape_debug()));
    }
    Ok(Claim { reference: identity.reference, digest: image.digest })
}

/// The digits of a digest.
fn hex_of(digest: &str) -> Result<&str, Error> {
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    digest.strip_prefix("sha256:").filter(|text| is_hex(text)).ok_or_else(|| {
        let found: String = digest.escape_debug().take(100).collect();
        Error::new(ErrorKind::Content, format!("expected a digest `sha256:<64 digits>`, found `{found}`"))
    })
}

/// The repository of a reference: without scheme, digest and tag.
fn repository(reference: &str) -> Result<&str, Error> {
    let name = reference.strip_prefix("oci://").unwrap_or(reference);
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let name = match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => name,
    };
    let fits =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'/' | b'[' | b']');
    if name.is_empty() || name.len() > 1024 || !name.bytes().all(fits) {
        let found: String = reference.escape_debug().take(200).collect();
        let error = Error::new(ErrorKind::Usage, format!("expected a reference to an artifact, found `{found}`"));
        return Err(error.hint("a reference looks like `oci://registry.example/charts/shop:1.2.3`"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_lose_scheme_tag_and_digest() {
        for (reference, wanted) in [
            ("oci://r.example/charts/a:1.2.3", "r.example/charts/a"),
            ("localhost:5000/a", "localhost:5000/a"),
            ("localhost:5000/a:1_b", "localhost:5000/a"),
            ("r.example/a:1@sha256:00", "r.example/a"),
        ] {
            assert_eq!(repository(reference).expect(reference), wanted);
        }
        for bad in ["", "oci://", "a\"b", "a b", "a\u{1b}[0m"] {
            assert!(repository(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn digests_are_of_sha256_in_small_letters() {
        let digits = "0a".repeat(32);
        assert_eq!(signature_tag(&format!("sha256:{digits}")).expect("a digest"), format!("sha256-{digits}.sig"));
        for bad in ["", &digits, "sha256:0a", &format!("sha512:{digits}"), &format!("sha256:{}", digits.to_uppercase())]
        {
            assert!(signature_tag(bad).is_err(), "{bad}");
        }
    }
}
