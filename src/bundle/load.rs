//! Images of a bundle into a registry on the far side, which reaches nothing else.

use super::fetch::source;
use super::layout::{self, Blob, Layout};
use super::rewrite::{Places, far_name};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::oci::{Descriptor, RawManifest, Reference, Registry};
use std::collections::BTreeMap;
use std::path::Path;

/// What was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The images with the names that they have on the far side.
    pub places: Places,
    /// How many blobs were sent.
    pub blobs: usize,
    /// How many blobs the registry had.
    pub kept: usize,
    /// How many bytes were sent.
    pub bytes: u64,
}

/// Sends all images of the bundle in a folder to a registry: `HOST` or `HOST/PATH`. A tag is set when everything that
/// it names is there; what the registry has is not sent again.
///
/// # Errors
/// A bundle without images; two images that would get one name; a registry that refuses.
pub fn load_images(
    folder: &Path,
    target: &str,
    registry: &Registry,
    progress: &mut dyn FnMut(&str),
) -> Result<Loaded, Error> {
    let target = target.strip_prefix("oci://").unwrap_or(target).trim_end_matches('/');
    let Some(layout) = Layout::read(folder)? else {
        let error = Error::new(ErrorKind::Content, format!("`{}` holds no images", folder.display()));
        return Err(error.hint("`bundle fetch-images`, where the registries can be reached, brings them"));
    };
    let mut loaded = Loaded { places: places(&layout, target)?, ..Loaded::default() };
    // The repository that is known to have a blob.
    let mut sent: BTreeMap<String, String> = BTreeMap::new();
    for (name, image) in &layout.images {
        progress(name);
        let far = loaded.places.get(name).cloned().unwrap_or_default();
        let place = source(&far, &[])?;
        let parts = layout.parts(folder, image)?;
        for blob in &parts.blobs {
            let digest = blob.digest()?;
            let path = layout::blob_path(folder, &digest);
            let media_type = blob.media_type.clone();
            let descriptor = Descriptor { media_type, digest, size: blob.size, annotations: BTreeMap::new() };
            let lies_in = sent.get(&blob.digest).map(String::as_str);
            let count = registry.send_blob(&place, &descriptor, &path, lies_in)?;
            sent.entry(blob.digest.clone()).or_insert_with(|| place.repository.clone());
            match count {
                0 => loaded.kept += 1,
                bytes => {
                    loaded.blobs += 1;
                    loaded.bytes += bytes;
                }
            }
        }
        for manifest in &parts.manifests {
            put(folder, &place.with_digest(manifest.digest()?), manifest, registry)?;
        }
        tag(folder, &far, image, registry)?;
    }
    Ok(loaded)
}

fn put(folder: &Path, place: &Reference, blob: &Blob, registry: &Registry) -> Result<(), Error> {
    let digest = blob.digest()?;
    let bytes = layout::read_bounded(&layout::blob_path(folder, &digest), layout::LARGEST_MANIFEST)?;
    if !digest.fits(&bytes) {
        let message = format!("`{digest}` was changed after the bundle was built");
        return Err(Error::new(ErrorKind::Content, message).hint("`bundle verify` tells all that is wrong"));
    }
    registry.put_raw_manifest(place, &RawManifest { media_type: blob.media_type.clone(), digest, bytes: bytes.into() })
}

/// Sets the tag of an image, and reads back what lies there.
fn tag(folder: &Path, far: &str, image: &Blob, registry: &Registry) -> Result<(), Error> {
    let Some(name) = crate::images::Reference::parse(far) else { return Ok(()) };
    let mut place = source(far, &[])?;
    if let Some(tag) = name.tag().or(name.digest().is_none().then_some("latest")) {
        place = Reference { tag: Some(tag.to_owned()), digest: None, ..place };
        put(folder, &place, image, registry)?;
    }
    match registry.raw_manifest(&place)? {
        Some(there) if there.digest.as_str() == image.digest => Ok(()),
        _ => {
            let message = format!("`{far}` was pushed, but the registry has something else there");
            Err(Error::new(ErrorKind::Network, message).hint("somebody else may have pushed it, too; try again"))
        }
    }
}

/// The names of all images on the far side.
fn places(layout: &Layout, target: &str) -> Result<Places, Error> {
    let mut places = Places::new();
    let mut taken: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (name, image) in &layout.images {
        let far = far_name(name, target)?;
        if let Some((other, digest)) = taken.insert(far.clone(), (name, &image.digest))
            && digest != image.digest
        {
            let message = format!("`{other}` and `{name}` would both be `{far}`");
            return Err(Error::new(ErrorKind::Content, message).hint("load them below two paths of the registry"));
        }
        places.insert(name.clone(), far);
    }
    Ok(places)
}
