//! Bringing a bundle's charts into a repository.

use super::Bundle;
use crate::chart::{Chart, LoadOptions, Notices};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::{PublishOptions, Published, publish};
use crate::world::Timestamp;
use std::path::Path;

impl Bundle {
    /// Publishes the archives into a repository folder, which is made if it is missing.
    ///
    /// # Errors
    /// An archive that holds another chart than it says; what [`publish`] refuses. Nothing is published then.
    pub fn push(&self, repository: &Path, load: &LoadOptions, now: Timestamp) -> Result<Published, Error> {
        let mut charts = Vec::with_capacity(self.archives.len());
        for archive in self.archives.values() {
            let chart = Chart::from_archive(Path::new(&archive.file), &archive.bytes, load, &mut Notices::new())?;
            if chart.name() != archive.chart || chart.metadata.version != archive.version {
                let message = format!(
                    "expected chart `{}` {} in `{}`, found `{}` {}",
                    archive.chart,
                    archive.version,
                    archive.file,
                    chart.name(),
                    chart.metadata.version
                );
                return Err(Error::new(ErrorKind::Content, message).hint("build the bundle again"));
            }
            charts.push((chart, archive));
        }
        let charts: Vec<_> = charts.iter().map(|(chart, archive)| (chart, *archive)).collect();
        publish(repository, &charts, &PublishOptions::new(now))
    }
}
