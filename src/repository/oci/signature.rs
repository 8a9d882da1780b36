//! Signatures beside artifacts: the image under `sha256-<digits>.sig`, where cosign looks for them.
//!
//! What is signed and how is the room `provenance`'s; this file only stores and fetches.

use super::manifest::{Document, LARGEST_MANIFEST};
use super::registry::Registry;
use super::{Descriptor, Digest, Reference};
use crate::diagnostic::{Error, ErrorKind};
use crate::provenance::cosign::{MAX_PAYLOAD, PAYLOAD_TYPE, SIGNATURE_ANNOTATION, Signature, SignatureImage};
use bytes::Bytes;

/// The most signatures of one artifact that are fetched.
const MOST: usize = 100;

impl Registry {
    /// The place of the signatures of a manifest in a repository.
    fn signatures_of(reference: &Reference, digest: &Digest) -> Reference {
        let tag = digest.as_str().replace(':', "-") + ".sig";
        Reference { tag: Some(tag), digest: None, ..reference.clone() }
    }

    /// The signatures that lie beside a manifest, none where there are none. Their payloads' digests are checked;
    /// whether they are any good is for `provenance::cosign::verify` to say.
    ///
    /// # Errors
    /// A registry that refuses, an image that is none, more than a hundred signatures.
    pub fn signatures(&self, reference: &Reference, digest: &Digest) -> Result<Vec<Signature>, Error> {
        let place = Registry::signatures_of(reference, digest);
        let Some(stored) = self.manifest(&place)? else { return Ok(Vec::new()) };
        let Document::Manifest(manifest) = stored.document else {
            let message = format!("expected an image of signatures at `{place}`, found a list");
            return Err(Error::new(ErrorKind::Content, message));
        };
        let layers: Vec<&Descriptor> =
            manifest.layers.iter().filter(|layer| layer.media_type == PAYLOAD_TYPE).collect();
        if layers.len() > MOST {
            return Err(Error::new(ErrorKind::Limit, format!("`{place}` holds more than {MOST} signatures")));
        }
        let mut signatures = Vec::with_capacity(layers.len());
        for layer in layers {
            let Some(signature) = layer.annotations.get(SIGNATURE_ANNOTATION) else { continue };
            if layer.size > MAX_PAYLOAD as u64 {
                let message = format!("a signature of `{place}` has more than {MAX_PAYLOAD} bytes");
                return Err(Error::new(ErrorKind::Limit, message));
            }
            let payload = self.blob(&place, layer)?.to_vec();
            let (signature, annotations) = (signature.clone(), layer.annotations.clone());
            signatures.push(Signature { payload, signature, annotations });
        }
        Ok(signatures)
    }

    /// Puts a signature beside the manifest that it signs; those that are there stay. The same one again changes nothing.
    ///
    /// # Errors
    /// A registry that refuses; other bytes read back.
    pub fn add_signature(&self, reference: &Reference, digest: &Digest, signature: &Signature) -> Result<(), Error> {
        let mut all = self.signatures(reference, digest)?;
        if all.iter().any(|known| known.payload == signature.payload && known.signature == signature.signature) {
            return Ok(());
        }
        all.push(signature.clone());
        let image = SignatureImage::new(&all)?;
        let payloads = all.into_iter().map(|one| Bytes::from(one.payload));
        let blobs: Vec<Bytes> = payloads.chain([Bytes::from(image.config)]).collect();
        if image.manifest.len() as u64 > LARGEST_MANIFEST {
            return Err(Error::new(ErrorKind::Limit, format!("`{reference}` has too many signatures")));
        }
        let place = Registry::signatures_of(reference, digest);
        self.push_artifact(&place, &Bytes::from(image.manifest), &blobs).map(drop)
    }
}
