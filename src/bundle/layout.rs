//! Images inside of a bundle: an OCI image layout in `images/`, in which equal blobs lie once.
//!
//! The reference is the OCI image layout specification; manifests of Docker's own media types lie in it as they are,
//! because their bytes are what digests are of. `images/index.json` names the images by the annotation that other
//! tools read, `org.opencontainers.image.ref.name`.

// Without a network nobody fills a layout or empties it; it is only checked.
#![cfg_attr(not(feature = "network"), allow(dead_code))]

use super::checksums::{self, BLOBS};
use super::images::ImageList;
use super::verify::{Problem, Wrong};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::oci::{Digest, INDEX, MANIFEST};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder of the layout.
pub(super) const FOLDER: &str = "images";
/// The index of the layout.
pub(super) const INDEX_FILE: &str = "images/index.json";
/// What says that the folder is a layout.
const MARK_FILE: &str = "images/oci-layout";
const MARK: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
/// Docker's manifest, and its list of manifests.
pub(super) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(super) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The annotation with the name of an image.
const NAME: &str = "org.opencontainers.image.ref.name";
/// The one that containerd reads.
const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// The most bytes of a manifest.
pub(super) const LARGEST_MANIFEST: u64 = 4 << 20;
/// The most bytes of the index of a layout.
const LARGEST_INDEX: u64 = 64 << 20;
/// The most blobs that one manifest names.
const MOST_BLOBS: usize = 10_000;

/// A blob as manifests name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) platform: Option<Platform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) annotations: Option<BTreeMap<String, String>>,
}

/// For which machines an image is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Platform {
    pub(super) architecture: String,
    pub(super) os: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) variant: Option<String>,
}

impl Blob {
    /// The digest, where it is one that is written as digests are.
    pub(super) fn digest(&self) -> Result<Digest, Error> {
        Digest::parse(&self.digest).filter(|digest| digest.as_str().starts_with("sha256:")).ok_or_else(|| {
            let shown: String = self.digest.escape_debug().take(120).collect();
            Error::new(ErrorKind::Content, format!("`{shown}` is no sha256 digest"))
        })
    }

    /// Whether the blob is itself a manifest or a list of them.
    pub(super) fn is_manifest(&self) -> bool {
        matches!(self.media_type.as_str(), MANIFEST | INDEX | DOCKER_MANIFEST | DOCKER_LIST)
    }

    /// Whether the blob lies elsewhere, as layers of Windows do.
    fn is_foreign(&self) -> bool {
        self.media_type.contains("foreign") || self.media_type.contains("nondistributable")
    }
}

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Document {
    /// One image: its config and its layers.
    Image(Vec<Blob>),
    /// Manifests for several platforms.
    List(Vec<Blob>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDocument {
    config: Option<Blob>,
    layers: Option<Vec<Blob>>,
    manifests: Option<Vec<Blob>>,
}

impl Document {
    /// Reads a manifest of any of the four media types.
    ///
    /// # Errors
    /// A text that is none, one that names too many blobs or digests that are none.
    pub(super) fn parse(text: &[u8]) -> Result<Document, Error> {
        let wrong = |why: String| Error::new(ErrorKind::Content, format!("expected a manifest of an image: {why}"));
        let raw: RawDocument = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
        let document = match (raw.config, raw.layers, raw.manifests) {
            (Some(config), layers, None) => Document::Image([vec![config], layers.unwrap_or_default()].concat()),
            (None, None, Some(manifests)) => Document::List(manifests),
            _ => return Err(wrong("found neither `config` nor `manifests` alone".to_owned())),
        };
        let blobs = document.blobs();
        if blobs.len() > MOST_BLOBS {
            return Err(Error::new(ErrorKind::Limit, format!("a manifest names more than {MOST_BLOBS} blobs")));
        }
        blobs.iter().try_for_each(|blob| blob.digest().map(drop))?;
        Ok(document)
    }

    /// The blobs that it names, without those that lie elsewhere.
    pub(super) fn blobs(&self) -> Vec<&Blob> {
        let (Document::Image(blobs) | Document::List(blobs)) = self;
        blobs.iter().filter(|blob| !blob.is_foreign()).collect()
    }
}

/// The images of a layout by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) images: BTreeMap<String, Blob>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u32,
    media_type: Option<String>,
    manifests: Vec<Blob>,
}

impl Layout {
    /// The layout of the bundle in a folder; `None` where it has none.
    ///
    /// # Errors
    /// An index that is none, or names an image twice or not at all.
    pub(super) fn read(folder: &Path) -> Result<Option<Layout>, Error> {
        let path = folder.join(INDEX_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = read_bounded(&path, LARGEST_INDEX)?;
        let wrong = |why: &str| Error::new(ErrorKind::Content, format!("`{INDEX_FILE}` is no index of images: {why}"));
        let index: Index = serde_json::from_slice(&text).map_err(|error| wrong(&error.to_string()))?;
        let mut images = BTreeMap::new();
        for blob in index.manifests {
            blob.digest()?;
            let name = blob.annotations.as_ref().and_then(|all| all.get(NAME)).cloned();
            let name = name.ok_or_else(|| wrong("an image has no name"))?;
            if images.insert(name, blob).is_some() {
                return Err(wrong("it names an image twice"));
            }
        }
        Ok(Some(Layout { images }))
    }

    /// Writes the index and the mark of a layout.
    ///
    /// # Errors
    /// A place that cannot be written.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let manifests = self.images.iter().map(|(name, blob)| {
            let names = [NAME, CONTAINERD_NAME].map(|key| (key.to_owned(), name.clone()));
            Blob { annotations: Some(BTreeMap::from(names)), ..blob.clone() }
        });
        let index = Index { schema_version: 2, media_type: Some(INDEX.to_owned()), manifests: manifests.collect() };
        let text = serde_json::to_vec(&index)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot write an index: {error}")))?;
        let images = folder.join(FOLDER);
        fs::create_dir_all(&images).map_err(|error| Error::io("cannot make", &images, error))?;
        crate::repository::replace(&folder.join(MARK_FILE), MARK)?;
        crate::repository::replace(&folder.join(INDEX_FILE), &text)
    }

    /// Everything that an image is made of: its manifests, the outermost last, and its other blobs.
    ///
    /// # Errors
    /// A manifest that is not there or is none.
    pub(super) fn parts(&self, folder: &Path, image: &Blob) -> Result<Parts, Error> {
        let mut parts = Parts::default();
        collect(folder, image, 0, &mut parts)?;
        Ok(parts)
    }
}

/// What an image is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// Manifests, each behind those that it names.
    pub(super) manifests: Vec<Blob>,
    /// Configs and layers.
    pub(super) blobs: Vec<Blob>,
}

/// How deep lists of manifests may nest.
const DEEPEST: usize = 3;

fn collect(folder: &Path, blob: &Blob, depth: usize, parts: &mut Parts) -> Result<(), Error> {
    if depth > DEEPEST {
        return Err(Error::new(ErrorKind::Limit, format!("lists of manifests nest deeper than {DEEPEST}")));
    }
    let path = blob_path(folder, &blob.digest()?);
    let document = Document::parse(&read_bounded(&path, LARGEST_MANIFEST)?)?;
    for inner in document.blobs() {
        let list = if inner.is_manifest() { &parts.manifests } else { &parts.blobs };
        if list.iter().any(|known| known.digest == inner.digest) {
            continue;
        }
        match inner.is_manifest() {
            true => collect(folder, inner, depth + 1, parts)?,
            false => parts.blobs.push(inner.clone()),
        }
    }
    parts.manifests.push(blob.clone());
    Ok(())
}

/// Where a blob lies.
pub(super) fn blob_path(folder: &Path, digest: &Digest) -> PathBuf {
    folder.join(BLOBS).join(digest.digits())
}

pub(super) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| Error::io("cannot read", path, error))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| Error::io("cannot read", path, error))?;
    if bytes.len() as u64 > limit {
        return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {limit} bytes", path.display())));
    }
    Ok(bytes)
}

/// What was found out about the images of a bundle.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) images: usize,
    pub(super) blobs: usize,
    pub(super) problems: Vec<Problem>,
}

/// Checks the layout: each blob has the digest that it is named by, all that are named are there, and no others; each
/// image of `images.yaml` is in it.
///
/// # Errors
/// Files that cannot be read.
pub(super) fn check(folder: &Path, files: &[String]) -> Result<Checked, Error> {
    let mut found = Checked::default();
    let broken =
        |error: &Error, path: &str| Problem { path: path.to_owned(), wrong: Wrong::Broken(error.message().to_owned()) };
    let layout = match Layout::read(folder) {
        Ok(Some(layout)) => layout,
        Ok(None) => {
            let own = files.iter().filter(|path| path.starts_with(BLOBS)).cloned();
            found.problems.extend(own.map(|path| Problem { path, wrong: Wrong::Extra }));
            return Ok(found);
        }
        Err(error) => {
            found.problems.push(broken(&error, INDEX_FILE));
            return Ok(found);
        }
    };
    found.images = layout.images.len();
    let there: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut waiting: Vec<(Blob, usize)> = layout.images.values().map(|blob| (blob.clone(), 0)).collect();
    while let Some((blob, depth)) = waiting.pop() {
        let path = match blob.digest() {
            Ok(digest) => format!("{BLOBS}{}", digest.digits()),
            Err(error) => {
                found.problems.push(broken(&error, INDEX_FILE));
                continue;
            }
        };
        if !seen.insert(path.clone()) {
            continue;
        }
        if !there.contains(path.as_str()) {
            found.problems.push(Problem { path, wrong: Wrong::Missing });
            continue;
        }
        let (digest, size) = checksums::digest_file(&folder.join(&path))?;
        if format!("sha256:{digest}") != blob.digest || size != blob.size {
            found.problems.push(Problem { path, wrong: Wrong::Changed(digest) });
            continue;
        }
        if !blob.is_manifest() || depth > DEEPEST {
            continue;
        }
        match read_bounded(&folder.join(&path), LARGEST_MANIFEST).and_then(|text| Document::parse(&text)) {
            Ok(document) => waiting.extend(document.blobs().into_iter().map(|inner| (inner.clone(), depth + 1))),
            Err(error) => found.problems.push(broken(&error, &path)),
        }
    }
    found.blobs = seen.len();
    let extra = files.iter().filter(|path| path.starts_with(BLOBS) && !seen.contains(*path));
    found.problems.extend(extra.map(|path| Problem { path: path.clone(), wrong: Wrong::Extra }));
    let list = ImageList::read(folder).unwrap_or_default();
    for image in list.images().filter(|image| !layout.images.contains_key(*image)) {
        let wrong = Wrong::Broken(format!("image `{image}` is missing: `bundle fetch-images` brings it"));
        found.problems.push(Problem { path: INDEX_FILE.to_owned(), wrong });
    }
    Ok(found)
}
