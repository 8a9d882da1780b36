//! How `dependency` and `repo` reach repositories and registries.

use super::fetch;
use super::options::{ChartOptions, NetworkOptions};
use super::ui::Face;
use crate::dependency::repositories::Entry;
use crate::dependency::{Pulled, Remote};
use crate::diagnostic::Error;
use crate::locate::Fetcher;
use crate::repository::http::{Failure, same_origin};
use crate::repository::oci::Registry;
use crate::repository::transport::{ChartRegistry, Credentials, Request, Response, Transport};
use std::cell::OnceCell;

/// The most bytes of an index or an archive.
const LARGEST: u64 = crate::repository::index::LARGEST_INDEX;

/// Repositories over HTTP, and registries. What the command line says of certificates is for registries: a repository
/// has its own.
pub(super) struct Network {
    options: NetworkOptions,
    face: Face,
    repositories: OnceCell<Fetcher>,
    registry: OnceCell<Registry>,
}

impl Network {
    /// Nothing is read or sent yet.
    pub(super) fn new(options: NetworkOptions, face: Face) -> Network {
        Network { options, face, repositories: OnceCell::new(), registry: OnceCell::new() }
    }

    fn repositories(&self) -> Result<&Fetcher, Error> {
        if let Some(known) = self.repositories.get() {
            return Ok(known);
        }
        let fetcher = fetch::fetcher(&ChartOptions::default(), self.face)?;
        Ok(self.repositories.get_or_init(|| fetcher))
    }

    fn registry(&self) -> Result<&Registry, Error> {
        if let Some(known) = self.registry.get() {
            return Ok(known);
        }
        let options = ChartOptions { network: self.options.clone(), ..ChartOptions::default() };
        let registry = fetch::fetcher(&options, self.face)?.registry();
        Ok(self.registry.get_or_init(|| registry))
    }

    /// Helm's words for a failure of the network, where they are asked for.
    fn told(&self, error: Error) -> Error {
        match Failure::behind(&error) {
            Some(failure) if self.face == Face::Helm => Error::new(error.kind(), failure.helm_text()),
            _ => error,
        }
    }
}

impl Remote for Network {
    fn get(&self, url: &str, repository: &Entry, etag: Option<&str>) -> Result<Response, Error> {
        let known = !repository.username.is_empty() && !repository.password.is_empty();
        let goes_there = repository.pass_credentials || same_origin(&repository.url, url);
        let credentials = (known && goes_there).then(|| Credentials::Basic {
            username: repository.username.clone(),
            password: repository.password.clone(),
        });
        let request = Request { url, credentials: credentials.as_ref(), accept: None, etag, limit: LARGEST };
        let client = self.repositories()?.client(repository)?;
        client.get(&request).map_err(|error| self.told(error))
    }

    fn tags(&self, reference: &str) -> Result<Vec<String>, Error> {
        let registry = self.registry()?;
        registry.chart_versions(&format!("oci://{reference}")).map_err(|error| self.told(error))
    }

    fn pull(&self, reference: &str, version: &str) -> Result<Pulled, Error> {
        let registry = self.registry()?;
        let pulled = registry.chart(&format!("oci://{reference}"), version).map_err(|error| self.told(error))?;
        Ok(Pulled { bytes: pulled.chart, digest: pulled.digest, provenance: pulled.provenance })
    }
}

/// What fetches the indexes of repositories for Helm's commands.
pub(super) fn for_repositories() -> Box<dyn Remote> {
    Box::new(Network::new(NetworkOptions::default(), Face::Helm))
}
