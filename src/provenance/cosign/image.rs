//! The image that holds the signatures of one manifest.

use super::{MAX_PAYLOAD, PAYLOAD_TYPE, SIGNATURE_ANNOTATION, Signature};
use crate::diagnostic::{Error, ErrorKind};
use crate::provenance::digest_of;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
/// The largest manifest that is read; registries take at most 4 MiB.
const MAX_MANIFEST: usize = 4 << 20;
/// The most signatures of one manifest that are read.
const MAX_LAYERS: usize = 1000;

/// What has to be pushed for some signatures: each payload, then the config, then the manifest under
/// [`signature_tag`](super::signature_tag).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureImage {
    /// The bytes of the config; its media type is `application/vnd.oci.image.config.v1+json`.
    pub config: Vec<u8>,
    /// The bytes of the manifest; its media type is `application/vnd.oci.image.manifest.v1+json`.
    pub manifest: Vec<u8>,
}

/// A signature that an image announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The digest of its payload.
    pub digest: String,
    /// The bytes of its payload.
    pub size: u64,
    /// The signature in base64.
    pub signature: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    size: u64,
    digest: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl Descriptor {
    fn of(media_type: &str, bytes: &[u8]) -> Descriptor {
        let (media_type, size) = (media_type.to_owned(), bytes.len() as u64);
        Descriptor { media_type, size, digest: digest_of(bytes), annotations: BTreeMap::new() }
    }
}

impl SignatureImage {
    /// The image of some signatures, in their order.
    ///
    /// # Errors
    /// None that input can cause.
    pub fn new(signatures: &[Signature]) -> Result<SignatureImage, Error> {
        let ids: Vec<String> = signatures.iter().map(|one| format!(r#""{}""#, digest_of(&one.payload))).collect();
        let config = format!(
            r#"{{"architecture":"","created":"0001-01-01T00:00:00Z","os":"","rootfs":{{"type":"layers","diff_ids":[{}]}},"config":{{}}}}"#,
            ids.join(",")
        );
        let config = config.into_bytes();
        let layers = signatures.iter().map(|one| Descriptor {
            annotations: one.annotations.clone(),
            ..Descriptor::of(PAYLOAD_TYPE, &one.payload)
        });
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST_TYPE.to_owned(),
            config: Descriptor::of(CONFIG_TYPE, &config),
            layers: layers.collect(),
        };
        let manifest = serde_json::to_vec(&manifest)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot write a manifest: {error}")))?;
        Ok(SignatureImage { config, manifest })
    }
}

/// The signatures that the manifest of a signature image announces; their payloads are still to be fetched, compared
/// with their digests and verified.
///
/// # Errors
/// A manifest that is none, or one that is larger than any registry takes.
pub fn layers(manifest: &[u8]) -> Result<Vec<Layer>, Error> {
    if manifest.len() > MAX_MANIFEST {
        return Err(Error::new(ErrorKind::Limit, format!("manifest is larger than {MAX_MANIFEST} bytes")));
    }
    let read: Manifest = serde_json::from_slice(manifest)
        .map_err(|error| Error::new(ErrorKind::Content, format!("expected an image of signatures: {error}")))?;
    if read.layers.len() > MAX_LAYERS {
        return Err(Error::new(ErrorKind::Limit, format!("image holds more than {MAX_LAYERS} signatures")));
    }
    let layers = read.layers.into_iter().filter(|layer| layer.media_type == PAYLOAD_TYPE);
    let layers = layers.filter(|layer| layer.size <= MAX_PAYLOAD as u64);
    Ok(layers
        .filter_map(|mut layer| {
            let signature = layer.annotations.remove(SIGNATURE_ANNOTATION)?;
            Some(Layer { digest: layer.digest, size: layer.size, signature })
        })
        .collect())
}
