//! Charts into a registry.

use super::auth::{Actions, with_pairs};
use super::manifest::Document;
use super::pull::chart_layer;
use super::registry::{Ask, Registry, other_digest};
use super::{ChartArtifact, Descriptor, Digest, MANIFEST, Manifest, PROVENANCE_LAYER, Reference};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::http::{Method, same_origin, shown};
use crate::schema::url::Url;
use bytes::Bytes;

/// What happens to a tag that names something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It stays, and the push fails: versions do not change.
    Refuse,
    /// It is moved: versions under development do.
    Allow,
}

/// What a push did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Where the chart is.
    pub reference: Reference,
    /// The digest of the manifest that lies there now.
    pub digest: Digest,
    /// What changed.
    pub change: Change,
}

/// What a push changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The tag is new.
    Added,
    /// The same chart was there.
    Unchanged,
    /// The tag was moved.
    Replaced,
}

impl Registry {
    /// Pushes a chart, and reads back what lies there then.
    ///
    /// The tag comes last, so that nobody sees half a chart. The same archive under the tag is a success.
    ///
    /// # Errors
    /// Another archive under the tag, unless [`Overwrite::Allow`]; a registry that refuses; other bytes read back.
    pub fn push(&self, target: &Reference, artifact: &ChartArtifact, overwrite: Overwrite) -> Result<Pushed, Error> {
        let reference = target.with_version(&artifact.version)?;
        let text = Bytes::from(artifact.manifest.to_json());
        let digest = Digest::of(&text);
        let mut change = Change::Added;
        if let Some(there) = self.manifest(&reference)? {
            let same = there.digest == digest || overwrite == Overwrite::Refuse && holds(&there.document, artifact);
            if same {
                let digest = there.digest;
                return Ok(Pushed { reference, digest, change: Change::Unchanged });
            }
            if overwrite == Overwrite::Refuse {
                return Err(other_bytes(&reference, &there.digest, &digest));
            }
            change = Change::Replaced;
        }
        let blobs = [Some(&artifact.config), Some(&artifact.chart), artifact.provenance.as_ref()];
        for blob in blobs.into_iter().flatten() {
            self.put_blob(&reference, blob)?;
        }
        self.put_manifest(&reference, &text)?;
        self.read_back(&reference, &artifact.manifest, &digest)?;
        Ok(Pushed { reference, digest, change })
    }

    /// Stores an artifact of any kind under a tag: its blobs, then its manifest. A tag that is there is moved.
    ///
    /// # Errors
    /// A manifest that is none, a registry that refuses; other bytes read back.
    pub fn push_artifact(&self, reference: &Reference, manifest: &Bytes, blobs: &[Bytes]) -> Result<Digest, Error> {
        let Document::Manifest(parsed) = Document::parse(manifest, MANIFEST)? else {
            return Err(Error::new(ErrorKind::Content, format!("expected a manifest for `{reference}`, found a list")));
        };
        for blob in blobs {
            self.put_blob(reference, blob)?;
        }
        let digest = Digest::of(manifest);
        self.put_manifest(reference, manifest)?;
        self.read_back(reference, &parsed, &digest)?;
        Ok(digest)
    }

    fn put_blob(&self, reference: &Reference, blob: &Bytes) -> Result<(), Error> {
        let descriptor = Descriptor::of("", blob);
        if self.has_blob(reference, &descriptor)? {
            return Ok(());
        }
        let start = self.url(reference, "blobs/uploads/");
        let answer = self.ask(reference, &Ask::new(Method::Post, start.clone(), Actions::PullPush))?;
        if answer.status != 202 {
            return Err(answer.into_error());
        }
        let place = upload_place(&start, answer.header("Location").unwrap_or_default());
        let place = place.ok_or_else(|| {
            let found = shown(answer.header("Location").unwrap_or_default());
            let message = format!("`{}` wants a layer sent to `{found}`, which is another host", reference.registry);
            Error::new(ErrorKind::Network, message).hint("nothing was sent there")
        })?;
        let place = with_pairs(&place, &[("digest", descriptor.digest.as_str())]);
        let mut ask = Ask::new(Method::Put, place, Actions::PullPush);
        ask.body = Some(("application/octet-stream".to_owned(), blob.clone()));
        let answer = self.ask(reference, &ask)?;
        if answer.is_success() { Ok(()) } else { Err(answer.into_error()) }
    }

    fn put_manifest(&self, reference: &Reference, text: &Bytes) -> Result<(), Error> {
        let target = reference.target().unwrap_or_default();
        let url = self.url(reference, &format!("manifests/{target}"));
        let mut ask = Ask::new(Method::Put, url, Actions::PullPush);
        ask.body = Some((MANIFEST.to_owned(), text.clone()));
        let answer = self.ask(reference, &ask)?;
        if answer.is_success() { Ok(()) } else { Err(answer.into_error()) }
    }

    /// Reads what lies under a tag, with all its blobs.
    fn read_back(&self, reference: &Reference, manifest: &Manifest, digest: &Digest) -> Result<(), Error> {
        let Some(there) = self.manifest(reference)? else {
            let message = format!("`{reference}` was pushed, but the registry does not have it");
            return Err(Error::new(ErrorKind::Network, message).hint("push it again"));
        };
        if there.digest != *digest {
            let what = format!("`{reference}`, which was pushed just now,");
            return Err(other_digest(&what, digest, &there.bytes).hint("somebody else may have pushed it, too"));
        }
        for blob in manifest.layers.iter().chain([&manifest.config]) {
            self.blob(reference, blob)?;
        }
        Ok(())
    }
}

/// Whether a stored manifest has this chart: the same archive and the same provenance, or no new one.
fn holds(there: &Document, artifact: &ChartArtifact) -> bool {
    let Document::Manifest(there) = there else { return false };
    let archive = |manifest: &Manifest| chart_layer(manifest).map(|layer| layer.digest.clone());
    let provenance = |manifest: &Manifest| manifest.layer(PROVENANCE_LAYER).map(|layer| layer.digest.clone());
    let signed = provenance(&artifact.manifest);
    archive(there) == archive(&artifact.manifest) && (signed.is_none() || signed == provenance(there))
}

fn other_bytes(reference: &Reference, there: &Digest, own: &Digest) -> Error {
    let message = format!("`{reference}` is published with other bytes: digest {there}, now {own}");
    Error::new(ErrorKind::Content, message).hint("give the chart a new version, or use --force")
}

/// Where an upload goes on: on the same scheme, host and port only.
pub(super) fn upload_place(start: &str, location: &str) -> Option<String> {
    let (url, next) = (Url::parse(start).ok()?, Url::parse(location).ok()?);
    if location.is_empty() {
        return None;
    }
    let joined = url.join(&next).without_user();
    if same_origin(start, &joined.to_string()) {
        return Some(joined.to_string());
    }
    // Behind a proxy that ends TLS or moves the port, a registry may not know its own address.
    let same_host = joined.host_name() == url.host_name() && joined.port().is_none();
    same_host.then(|| {
        let query = joined.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = joined.without_user().with_query(None).to_string();
        let path = path.splitn(4, '/').nth(3).unwrap_or_default();
        format!("{}://{}/{path}{query}", url.scheme, url.host())
    })
}
