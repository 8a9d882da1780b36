//! How `dependency` reaches repositories and registries.

use super::options::NetworkOptions;
use super::ui::Face;
use crate::dependency::repositories::Entry;
use crate::dependency::{Pulled, Remote, urls};
use crate::diagnostic::Error;
use crate::repository::credentials::{Credential, Keychain};
use crate::repository::http::{Failure, Http, HttpOptions, PassCredentials, Verification};
use crate::repository::oci::{Registry, RegistryOptions, Scheme};
use crate::repository::transport::{ChartRegistry, Credentials, Request, Response, Transport};
use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

/// The most bytes of an index or an archive.
const LARGEST: u64 = 256 << 20;

/// Repositories over HTTP, and registries.
pub(super) struct Network {
    options: NetworkOptions,
    face: Face,
    registry: OnceCell<Registry>,
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl Network {
    /// Nothing is sent yet.
    pub(super) fn new(options: NetworkOptions, face: Face) -> Network {
        Network { options, face, registry: OnceCell::new() }
    }

    /// A client for a repository, with its certificates.
    fn client(&self, entry: &Entry) -> Result<Http, Error> {
        let file = |path: &str| (!path.is_empty()).then(|| PathBuf::from(path));
        Http::new(HttpOptions {
            ca_file: file(&entry.ca_file),
            cert_file: file(&entry.cert_file),
            key_file: file(&entry.key_file),
            verification: if entry.insecure { Verification::Skip } else { Verification::Full },
            pass_credentials: match entry.pass_credentials {
                true => PassCredentials::AllHosts,
                false => PassCredentials::SameHost,
            },
            ..HttpOptions::from_variables(&variable)
        })
    }

    fn registry(&self) -> Result<&Registry, Error> {
        if let Some(registry) = self.registry.get() {
            return Ok(registry);
        }
        let options = &self.options;
        let tls = Entry {
            ca_file: options.ca_file.clone(),
            cert_file: options.cert_file.clone(),
            key_file: options.key_file.clone(),
            insecure: options.insecure,
            ..Entry::default()
        };
        let registry = Registry::new(
            Arc::new(self.client(&tls)?),
            RegistryOptions {
                scheme: if options.plain_http { Scheme::Http } else { Scheme::Https },
                credential: (!options.username.is_empty())
                    .then(|| Credential::basic(options.username.clone(), options.password.clone())),
                keychain: Some(Keychain::from_variables(options.registry_config.clone(), &variable)),
                ..RegistryOptions::default()
            },
        );
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
        let goes_there = repository.pass_credentials || urls::same_origin(&repository.url, url);
        let credentials = (known && goes_there).then(|| Credentials::Basic {
            username: repository.username.clone(),
            password: repository.password.clone(),
        });
        let request = Request { url, credentials: credentials.as_ref(), accept: None, etag, limit: LARGEST };
        self.client(repository).and_then(|client| client.get(&request)).map_err(|error| self.told(error))
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
