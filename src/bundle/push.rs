//! Bringing a bundle's charts into a repository.

use super::Bundle;
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::oci::{ChartArtifact, Digest};
use crate::repository::{Archive, PublishOptions, Published, publish};
use crate::world::Timestamp;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::path::Path;

impl Bundle {
    /// The charts of the bundle, read and compared with what the bundle says of them.
    ///
    /// # Errors
    /// An archive that cannot be read, or holds another chart than it says.
    pub fn charts(&self, load: &LoadOptions) -> Result<Vec<(Chart, Archive)>, Error> {
        let mut charts = Vec::with_capacity(self.archives.len() + 1);
        for archive in self.archives.values() {
            let chart = Chart::from_archive(Path::new(&archive.file), &archive.bytes, load, &mut Notices::new())?;
            if chart.name() != archive.chart || chart.metadata.version != archive.version {
                let (name, version) = (chart.name(), &chart.metadata.version);
                let message = format!(
                    "expected chart `{}` {} in `{}`, found `{name}` {version}",
                    archive.chart, archive.version, archive.file,
                );
                return Err(Error::new(ErrorKind::Content, message).hint("build the bundle again"));
            }
            charts.push((chart, archive.clone()));
        }
        Ok(charts)
    }

    /// The digests that the charts have in a registry after `bundle push`, by the names of their files.
    pub(super) fn digests(&self) -> Result<BTreeMap<String, Digest>, Error> {
        let mut digests = BTreeMap::new();
        for (chart, archive) in self.charts(&LoadOptions::default())? {
            let provenance = archive.provenance.map(Bytes::from);
            let artifact = ChartArtifact::undated(&chart.metadata, Bytes::from(archive.bytes), provenance)
                .map_err(|fault| Error::new(ErrorKind::Content, fault.message()))?;
            digests.insert(archive.file, artifact.digest());
        }
        Ok(digests)
    }

    /// Publishes the archives into a repository folder, which is made if it is missing.
    ///
    /// # Errors
    /// An archive that holds another chart than it says; what [`publish`] refuses. Nothing is published then.
    pub fn push(&self, repository: &Path, load: &LoadOptions, now: Timestamp) -> Result<Published, Error> {
        let charts = self.charts(load)?;
        let charts: Vec<_> = charts.iter().map(|(chart, archive)| (chart, archive)).collect();
        publish(repository, &charts, &PublishOptions::new(now))
    }
}
