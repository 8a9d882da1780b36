//! Cached indexes of repositories: `NAME-index.yaml` and `NAME-charts.txt` as Helm keeps them, and the `ETag` beside.

use super::repositories::{self, Entry};
use super::{Remote, urls};
use crate::chart::{Compat, Notice, Notices, read_file};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::cache::{Fetched, IndexCache};
use crate::repository::index::{ChartVersion, charts_as_helm};
use bytes::Bytes;
use std::path::Path;

/// The charts of an index as Helm keeps them: their names, and their versions from the newest to the oldest.
pub(super) struct HelmIndex {
    charts: Vec<(String, Vec<ChartVersion>)>,
    /// What Helm logs each time that it reads the index.
    notices: Vec<Notice>,
}

impl HelmIndex {
    /// Reads an index strictly, with Helm's texts; `source` names it in notices.
    pub(super) fn parse(text: &[u8], source: &str, compat: Compat, notices: &mut Notices) -> Result<HelmIndex, Error> {
        let mut said = Notices::new();
        let charts = charts_as_helm(text, source, compat, &mut said);
        let said = said.take();
        said.iter().for_each(|notice| notices.push(notice.clone()));
        Ok(HelmIndex { charts: charts?, notices: said })
    }

    /// Whether an archive of the index lies at a URL. Helm reads the index anew for this question, and logs again.
    pub(super) fn has_url(&self, url: &str, notices: &mut Notices) -> bool {
        self.notices.iter().for_each(|notice| notices.push(notice.clone()));
        self.charts
            .iter()
            .flat_map(|(_, versions)| versions)
            .flat_map(|one| &one.urls)
            .any(|known| urls::equal(url, known))
    }

    /// Reads a cached index.
    pub(super) fn load(path: &Path, compat: Compat, notices: &mut Notices) -> Result<HelmIndex, Error> {
        let text = read_file(path)?;
        HelmIndex::parse(&text, &path.to_string_lossy(), compat, notices)
            .map_err(|error| Error::new(error.kind(), format!("error loading {}: {error}", path.display())))
    }

    /// The versions of a chart; `None` where there is no such chart.
    pub(super) fn versions(&self, name: &str) -> Option<&[ChartVersion]> {
        self.charts.iter().find(|(known, _)| known == name).map(|(_, versions)| versions.as_slice())
    }
}

/// The newest index of a repository.
pub(super) struct Download {
    pub(super) text: Bytes,
    url: String,
    fetched: Fetched,
}

/// Fetches the index of a repository, unless the server says that the cached one is the newest.
///
/// # Errors
/// A server that cannot be reached or refuses.
pub(super) fn download(cache: &Path, entry: &Entry, remote: &dyn Remote) -> Result<Download, Error> {
    let url = urls::resolve(&entry.url, "index.yaml").map_err(|text| Error::new(ErrorKind::Usage, text))?;
    let fetched = IndexCache::new(cache).ask(&entry.name, &url, |etag| remote.get(&url, entry, etag))?;
    Ok(Download { text: fetched.text.clone(), url, fetched })
}

impl Download {
    /// Puts the index into the cache, with the list of its charts and its `ETag` beside it.
    ///
    /// # Errors
    /// A cache that cannot be written.
    pub(super) fn store(&self, cache: &Path, name: &str, charts: &[String]) -> Result<(), Error> {
        if !self.fetched.is_new && repositories::cached_charts(cache, name).is_file() {
            return Ok(());
        }
        IndexCache::new(cache).keep(name, &self.url, &self.fetched, charts)
    }
}
