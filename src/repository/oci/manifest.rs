//! Manifests: which blobs an artifact is made of.

use super::{Digest, INDEX, MANIFEST};
use crate::diagnostic::{Error, ErrorKind};
use crate::json::write_json_string;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most bytes of a manifest, as the distribution specification has it.
pub const LARGEST_MANIFEST: u64 = 4 << 20;
/// The most layers of an artifact.
const MOST_LAYERS: usize = 1000;

/// A blob by its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// What the blob is.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// What else is said of it.
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// The descriptor of some bytes.
    pub fn of(media_type: &str, bytes: &[u8]) -> Descriptor {
        let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
        Descriptor { media_type: media_type.to_owned(), digest, size, annotations: BTreeMap::new() }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"mediaType\":");
        write_json_string(out, self.media_type.as_bytes());
        out.extend_from_slice(b",\"digest\":");
        write_json_string(out, self.digest.as_str().as_bytes());
        out.extend_from_slice(format!(",\"size\":{}", self.size).as_bytes());
        write_annotations(out, &self.annotations);
        out.push(b'}');
    }
}

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The config blob.
    pub config: Descriptor,
    /// The layers in their order.
    pub layers: Vec<Descriptor>,
    /// What is said of the artifact.
    pub annotations: BTreeMap<String, String>,
}

/// What may lie under a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// A manifest.
    Manifest(Manifest),
    /// A list of manifests.
    Index(Vec<Descriptor>),
}

#[derive(Deserialize)]
struct RawDescriptor {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    size: i64,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "mediaType", default)]
    media_type: Option<String>,
    config: Option<RawDescriptor>,
    layers: Option<Vec<RawDescriptor>>,
    manifests: Option<Vec<RawDescriptor>>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

impl Document {
    /// Reads a manifest or an index of manifests.
    ///
    /// # Errors
    /// A text that is neither, digests that are none, sizes below zero, too many layers.
    pub fn parse(text: &[u8], media_type: &str) -> Result<Document, Error> {
        let wrong = |why: String| Error::new(ErrorKind::Content, format!("the manifest cannot be read: {why}"));
        let raw: Raw = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
        let stated = raw.media_type.as_deref().unwrap_or(media_type);
        // A text that can be read as two kinds is read as what it says, or not at all.
        if stated != media_type && !media_type.is_empty() {
            return Err(wrong(format!("it says that it is `{stated}`, and the registry says `{media_type}`")));
        }
        let count = raw.layers.as_ref().map_or(0, Vec::len).max(raw.manifests.as_ref().map_or(0, Vec::len));
        if count > MOST_LAYERS {
            return Err(Error::new(ErrorKind::Limit, format!("the manifest has more than {MOST_LAYERS} layers")));
        }
        match (raw.config, raw.manifests) {
            (Some(config), None) => {
                let layers = raw.layers.unwrap_or_default().into_iter().map(RawDescriptor::checked);
                let layers = layers.collect::<Result<_, _>>().map_err(wrong)?;
                let config = config.checked().map_err(wrong)?;
                Ok(Document::Manifest(Manifest { config, layers, annotations: raw.annotations.unwrap_or_default() }))
            }
            (None, Some(manifests)) if stated == INDEX => {
                let manifests = manifests.into_iter().map(RawDescriptor::checked).collect::<Result<_, _>>();
                Ok(Document::Index(manifests.map_err(wrong)?))
            }
            _ => Err(wrong(format!("expected `{MANIFEST}`, found `{stated}`"))),
        }
    }
}

impl RawDescriptor {
    fn checked(self) -> Result<Descriptor, String> {
        let digest = Digest::parse(&self.digest);
        let digest = digest.ok_or_else(|| format!("`{}` is no digest", self.digest.escape_debug()))?;
        let size = u64::try_from(self.size).map_err(|_| format!("{digest} has {} bytes", self.size))?;
        let annotations = self.annotations.unwrap_or_default();
        Ok(Descriptor { media_type: self.media_type, digest, size, annotations })
    }
}

impl Manifest {
    /// The first layer of a media type.
    pub fn layer(&self, media_type: &str) -> Option<&Descriptor> {
        self.layers.iter().find(|layer| layer.media_type == media_type)
    }

    /// The text as Helm writes it, so that both make the same digest.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(b"{\"schemaVersion\":2,\"config\":");
        self.config.write(&mut out);
        out.extend_from_slice(b",\"layers\":[");
        for (at, layer) in self.layers.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            layer.write(&mut out);
        }
        out.push(b']');
        write_annotations(&mut out, &self.annotations);
        out.push(b'}');
        out
    }
}

fn write_annotations(out: &mut Vec<u8>, annotations: &BTreeMap<String, String>) {
    if annotations.is_empty() {
        return;
    }
    out.extend_from_slice(b",\"annotations\":{");
    for (at, (key, value)) in annotations.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_json_string(out, key.as_bytes());
        out.push(b':');
        write_json_string(out, value.as_bytes());
    }
    out.push(b'}');
}
