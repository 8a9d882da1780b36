//! Images and payloads into a bundle, from registries and servers that can be reached.
//!
//! What is there already is not fetched again, and a blob that broke off goes on where it stopped; so the same command
//! brings a bundle to its end, however often it was stopped.

use super::checksums;
use super::images::ImageList;
use super::layout::{self, Blob, DOCKER_LIST, Document, Layout, Platform};
use crate::diagnostic::{Error, ErrorKind};
use crate::images::Reference as Image;
use crate::repository::oci::{Descriptor, Digest, INDEX, RawManifest, Reference, Registry};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What is fetched, and from where.
pub struct FetchOptions<'a> {
    /// The platforms, `linux/amd64` or `linux/arm/v7` each; none for all that an image has.
    pub platforms: Vec<String>,
    /// Registries that are asked in the place of others: `docker.io` and `mirror.example/hub`.
    pub mirrors: Vec<(String, String)>,
    /// Is told of each image before it is fetched.
    pub progress: &'a mut dyn FnMut(&str),
}

impl std::fmt::Debug for FetchOptions<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = out.debug_struct("FetchOptions");
        shown.field("platforms", &self.platforms).field("mirrors", &self.mirrors).finish_non_exhaustive()
    }
}

/// What was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// How many images lie in the bundle now.
    pub images: usize,
    /// How many blobs were fetched, and how many were there.
    pub blobs: usize,
    /// How many blobs lay there before.
    pub kept: usize,
    /// How many bytes were fetched.
    pub bytes: u64,
    /// Signatures that no longer hold and were removed.
    pub signatures: Vec<String>,
}

/// Fetches the images of the bundle in a folder into its `images/`, an OCI layout, and writes the digests anew.
///
/// # Errors
/// An image that no registry has or that has none of the platforms, a registry that refuses, a full disk. What was
/// fetched until then stays, and the next call goes on.
pub fn fetch_images(folder: &Path, registry: &Registry, options: &mut FetchOptions<'_>) -> Result<Fetched, Error> {
    let list = ImageList::read(folder)?;
    let mut fetch = Fetch { folder, registry, found: Fetched::default(), platforms: Vec::new() };
    fetch.platforms = options.platforms.iter().map(|text| platform(text)).collect::<Result<_, _>>()?;
    mirrored(&list, &options.mirrors)?;
    let blobs = folder.join(checksums::BLOBS);
    fs::create_dir_all(&blobs).map_err(|error| Error::io("cannot make", &blobs, error))?;
    let mut images = BTreeMap::new();
    for name in list.images() {
        (options.progress)(name);
        let source = source(name, &options.mirrors)?;
        let blob = fetch.image(&source).map_err(|error| of_image(name, error))?;
        images.insert(name.to_owned(), blob);
    }
    let layout = Layout { images };
    layout.write(folder)?;
    remove_unused(folder, &layout)?;
    fetch.found.images = layout.images.len();
    fetch.found.signatures = checksums::renew(folder)?.into_iter().map(str::to_owned).collect();
    Ok(fetch.found)
}

fn of_image(name: &str, error: Error) -> Error {
    let told = Error::new(error.kind(), format!("image `{name}`: {}", error.message()));
    error.hints().iter().fold(told, |told, hint| told.hint(hint)).because(error)
}

/// The one name of a registry that has two.
fn hub(registry: &str) -> &str {
    if registry == "index.docker.io" { "docker.io" } else { registry }
}

/// A mirror of a registry that no image comes from was misspelt, most likely.
fn mirrored(list: &ImageList, mirrors: &[(String, String)]) -> Result<(), Error> {
    let of = |name: &str| Image::parse(name).map(|image| hub(image.registry().unwrap_or("docker.io")).to_owned());
    let known: BTreeSet<String> = list.images().filter_map(of).collect();
    let Some((registry, _)) = mirrors.iter().find(|(of, _)| !known.contains(hub(of))) else { return Ok(()) };
    let message = format!("no image of the bundle comes from `{}`", registry.escape_debug());
    let all: Vec<&str> = known.iter().map(String::as_str).collect();
    Err(Error::new(ErrorKind::Usage, message).hint(format!("its registries: {}", all.join(", "))))
}

/// Where an image is fetched: what its name says, or the registry that stands in.
///
/// # Errors
/// A name or a mirror that is none.
pub(super) fn source(name: &str, mirrors: &[(String, String)]) -> Result<Reference, Error> {
    let wrong = || Error::new(ErrorKind::Content, format!("`{}` is no image", name.escape_debug()));
    let image = Image::parse(name).ok_or_else(wrong)?;
    let registry = image.registry().unwrap_or("docker.io");
    let mut repository = image.repository().to_owned();
    if matches!(registry, "docker.io" | "index.docker.io") && !repository.contains('/') {
        repository = format!("library/{repository}");
    }
    let mirror = mirrors.iter().find(|(of, _)| hub(of) == hub(registry)).map(|(_, mirror)| mirror.as_str());
    let place = match mirror {
        Some(mirror) => format!("{mirror}/{repository}"),
        None => format!("{}/{repository}", if registry == "index.docker.io" { "docker.io" } else { registry }),
    };
    let digest = image.digest().map(|text| Digest::parse(text).ok_or_else(wrong)).transpose()?;
    let mut reference = Reference::parse(&place)?;
    reference.tag = match (&digest, image.tag()) {
        (Some(_), _) => None,
        (None, tag) => Some(tag.unwrap_or("latest").to_owned()),
    };
    Ok(Reference { digest, ..reference })
}

/// Reads `linux/amd64` or `linux/arm/v7`.
fn platform(text: &str) -> Result<Platform, Error> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [os, architecture] | [os, architecture, _] if parts.iter().all(|part| !part.is_empty()) => Ok(Platform {
            os: (*os).to_owned(),
            architecture: (*architecture).to_owned(),
            variant: parts.get(2).map(|variant| (*variant).to_owned()),
        }),
        _ => {
            let message = format!("expected a platform such as `linux/amd64`, found `{}`", text.escape_debug());
            Err(Error::new(ErrorKind::Usage, message))
        }
    }
}

struct Fetch<'a> {
    folder: &'a Path,
    registry: &'a Registry,
    found: Fetched,
    platforms: Vec<Platform>,
}

impl Fetch<'_> {
    fn image(&mut self, source: &Reference) -> Result<Blob, Error> {
        let raw = self.manifest(source)?;
        let document = Document::parse(&raw.bytes)?;
        // A digest names all platforms: leaving one out would make another image of it.
        let narrowed = match &document {
            Document::List(all) if !self.platforms.is_empty() && source.digest.is_none() => Some(self.narrow(all)?),
            _ => None,
        };
        match narrowed.as_deref() {
            None => {
                self.contents(source, &document)?;
                self.keep(&raw)
            }
            Some([one]) => self.inner(source, one),
            Some(several) => {
                several.iter().try_for_each(|one| self.inner(source, one).map(drop))?;
                let list = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": several });
                let bytes = Bytes::from(list.to_string());
                self.keep(&RawManifest { media_type: INDEX.to_owned(), digest: Digest::of(&bytes), bytes })
            }
        }
    }

    /// The manifests of the wanted platforms.
    fn narrow(&self, all: &[Blob]) -> Result<Vec<Blob>, Error> {
        let fits = |wanted: &Platform, has: &Platform| {
            let variant = wanted.variant.is_none() || wanted.variant == has.variant;
            wanted.os == has.os && wanted.architecture == has.architecture && variant
        };
        let wanted = |blob: &&Blob| {
            blob.platform.as_ref().is_some_and(|has| self.platforms.iter().any(|wanted| fits(wanted, has)))
        };
        let found: Vec<Blob> = all.iter().filter(wanted).cloned().collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let has = all.iter().filter_map(|blob| blob.platform.as_ref());
        let has: Vec<String> = has.map(|one| format!("{}/{}", one.os, one.architecture)).collect();
        let error = Error::new(ErrorKind::Content, "none of its platforms is wanted");
        Err(error.hint(format!("it has {}", has.join(", "))))
    }

    fn inner(&mut self, source: &Reference, blob: &Blob) -> Result<Blob, Error> {
        let place = source.with_digest(blob.digest()?);
        let raw = self.manifest(&place)?;
        let document = Document::parse(&raw.bytes)?;
        self.contents(source, &document)?;
        self.keep(&raw)
    }

    fn contents(&mut self, source: &Reference, document: &Document) -> Result<(), Error> {
        for blob in document.blobs() {
            if blob.is_manifest() {
                // Lists in lists are read by nobody; a manifest in one is what is meant.
                if matches!(blob.media_type.as_str(), INDEX | DOCKER_LIST) {
                    return Err(Error::new(ErrorKind::Content, "a list of manifests holds another list"));
                }
                self.inner(source, blob)?;
                continue;
            }
            let digest = blob.digest()?;
            let place = layout::blob_path(self.folder, &digest);
            let descriptor = Descriptor {
                media_type: blob.media_type.clone(),
                digest,
                size: blob.size,
                annotations: BTreeMap::new(),
            };
            match self.registry.fetch_blob(source, &descriptor, &place)? {
                0 => self.found.kept += 1,
                bytes => {
                    self.found.blobs += 1;
                    self.found.bytes += bytes;
                }
            }
        }
        Ok(())
    }

    /// A manifest, from the disk where its digest is known and it lies there.
    fn manifest(&self, place: &Reference) -> Result<RawManifest, Error> {
        let not_there = || Error::new(ErrorKind::Network, format!("`{place}` is not there"));
        self.registry.raw_manifest(place)?.ok_or_else(not_there)
    }

    fn keep(&self, raw: &RawManifest) -> Result<Blob, Error> {
        let place = layout::blob_path(self.folder, &raw.digest);
        if !place.exists() {
            crate::repository::replace(&place, &raw.bytes)?;
        }
        Ok(Blob {
            media_type: raw.media_type.clone(),
            digest: raw.digest.to_string(),
            size: raw.bytes.len() as u64,
            platform: None,
            annotations: None,
        })
    }
}

/// Removes blobs that belong to no image any more, and parts of blobs.
fn remove_unused(folder: &Path, layout: &Layout) -> Result<(), Error> {
    let mut used = std::collections::BTreeSet::new();
    for image in layout.images.values() {
        let parts = layout.parts(folder, image)?;
        for blob in parts.manifests.iter().chain(&parts.blobs) {
            used.insert(blob.digest()?.digits().to_owned());
        }
    }
    let blobs = folder.join(checksums::BLOBS);
    for entry in fs::read_dir(&blobs).map_err(|error| Error::io("cannot read", &blobs, error))?.flatten() {
        if !used.contains(&*entry.file_name().to_string_lossy()) {
            let path = entry.path();
            fs::remove_file(&path).map_err(|error| Error::io("cannot remove", &path, error))?;
        }
    }
    Ok(())
}
