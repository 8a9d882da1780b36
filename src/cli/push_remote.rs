//! Where `push` sends charts over a network: registries, and ChartMuseums.

use super::fetch;
use super::options::ChartOptions;
use super::system::{SystemWorld, local_time};
use super::ui::Ui;
use crate::chart::{Chart, glob};
use crate::dependency::repositories::{Entry, Repositories};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::chartmuseum::ChartMuseum;
use crate::repository::oci::push::Change;
use crate::repository::oci::{ChartArtifact, Digest, Overwrite, Reference, Registry};
use crate::repository::transport::Credentials;
use crate::repository::{Archive, Mutable, Published};
use crate::world::World;
use bytes::Bytes;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// How charts are sent.
pub(super) struct Remote<'a> {
    pub(super) options: &'a ChartOptions,
    /// `--context-path`.
    pub(super) context_path: &'a str,
    /// A bearer token.
    pub(super) token: Option<String>,
    pub(super) mutable: &'a Mutable,
    pub(super) created: Created,
}

/// What manifests say of the time of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Created {
    /// That of its file, as Helm does.
    OfFile,
    /// Nothing: the digest follows from the archive alone, so that exports can name it.
    Unsaid,
}

/// A chart with its archive and the file that it came from.
pub(super) type Sent<'a> = (&'a Chart, &'a Archive, &'a Path);

impl Remote<'_> {
    /// Pushes charts below `oci://HOST/PATH`.
    ///
    /// # Errors
    /// Other bytes under the tag of a version that is not mutable; a registry that refuses.
    pub(super) fn to_registry(&self, target: &str, charts: &[Sent<'_>], ui: &Ui) -> Result<Published, Error> {
        let registry = fetch::fetcher(self.options, ui.face())?.registry();
        let mut published = Published::default();
        for (chart, archive, path) in charts {
            let reference = Reference::chart(target, &archive.chart, &archive.version)?;
            let provenance = archive.provenance.clone().map(Bytes::from);
            let bytes = Bytes::from(archive.bytes.clone());
            let artifact = match self.created {
                Created::OfFile => ChartArtifact::new(&chart.metadata, bytes, provenance, &created(path)),
                Created::Unsaid => ChartArtifact::undated(&chart.metadata, bytes, provenance),
            };
            let artifact = artifact.map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?;
            let pushed = registry.push(&reference, &artifact, self.overwrite(&archive.version))?;
            let mut digest = pushed.digest;
            if self.created == Created::Unsaid && digest != artifact.digest() {
                // The same archive was pushed by something else; exports name our digest.
                digest = beside(&registry, &reference, &artifact)?;
            }
            let place = format!("oci://{}@{digest}", pushed.reference);
            list(&mut published, pushed.change).push(place);
        }
        Ok(published)
    }

    /// Pushes charts into the ChartMuseum repository at a URL.
    ///
    /// # Errors
    /// Other bytes for a version that is not mutable; a server that refuses.
    pub(super) fn to_museum(&self, url: &str, charts: &[Sent<'_>], ui: &Ui) -> Result<Published, Error> {
        let network = &self.options.network;
        let known = Repositories::read(&self.options.homes.repository_config)?;
        let mut entry = known.at(url).cloned().unwrap_or_else(|| Entry { url: url.to_owned(), ..Entry::default() });
        if !network.username.is_empty() {
            (entry.username, entry.password) = (network.username.clone(), network.password.clone());
        }
        for (own, given) in [
            (&mut entry.ca_file, &network.ca_file),
            (&mut entry.cert_file, &network.cert_file),
            (&mut entry.key_file, &network.key_file),
        ] {
            if !given.is_empty() {
                own.clone_from(given);
            }
        }
        let client = fetch::fetcher(self.options, ui.face())?.client(&entry)?;
        let basic = Credentials::Basic { username: entry.username, password: entry.password };
        let named = !matches!(&basic, Credentials::Basic { username, .. } if username.is_empty());
        let credentials = self.token.clone().map(Credentials::Bearer).or(named.then_some(basic));
        let museum = ChartMuseum::new(&client, url, self.context_path, credentials)?;
        let mut published = Published::default();
        for (_, archive, _) in charts {
            let overwrite = self.overwrite(&archive.version);
            let change = museum.push(archive, archive.provenance.as_deref(), overwrite)?;
            list(&mut published, change).push(archive.file.clone());
        }
        Ok(published)
    }

    fn overwrite(&self, version: &str) -> Overwrite {
        let mutable = match self.mutable {
            Mutable::None => false,
            Mutable::All => true,
            Mutable::Matching(patterns) => patterns.iter().any(|one| glob::matches(one, version).unwrap_or(false)),
        };
        if mutable { Overwrite::Allow } else { Overwrite::Refuse }
    }
}

/// Stores an artifact by its digest; the tag stays where it is.
fn beside(registry: &Registry, reference: &Reference, artifact: &ChartArtifact) -> Result<Digest, Error> {
    let reference = reference.with_digest(artifact.digest());
    let blobs = [Some(&artifact.config), Some(&artifact.chart), artifact.provenance.as_ref()];
    let blobs: Vec<Bytes> = blobs.into_iter().flatten().cloned().collect();
    registry.push_artifact(&reference, &Bytes::from(artifact.manifest.to_json()), &blobs)
}

fn list(published: &mut Published, change: Change) -> &mut Vec<String> {
    match change {
        Change::Added => &mut published.added,
        Change::Replaced => &mut published.replaced,
        Change::Unchanged => &mut published.unchanged,
    }
}

/// The time of an archive, as Helm writes it into manifests; of a folder, which is packed just now, this moment.
fn created(path: &Path) -> String {
    let file = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
    let now = || u64::try_from(SystemWorld::default().now() / 1_000_000_000).map(Duration::from_secs);
    let time = file.and_then(|about| about.modified().ok()).or_else(|| Some(UNIX_EPOCH + now().ok()?));
    time.map(local_time).unwrap_or_default()
}
