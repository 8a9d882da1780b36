//! Charts from elsewhere, for both command lines: how they are fetched, and what is told of it.

use super::options::ChartOptions;
use super::system::SystemWorld;
use super::ui::{Face, Stop, Ui};
use crate::chart::Compat;
use crate::diagnostic::{Error, ErrorKind};
use crate::locate::{FetchOptions, FetchedChart, Fetcher, Freshness, Provenance, Wish, Words};
use crate::provenance::{self, Keyring, Verification};
use crate::repository::credentials::Keychain;
use crate::repository::http::{HttpOptions, PassCredentials, Verification as TlsVerification};
use crate::repository::oci::{Digest, Reference, Scheme};
use crate::repository::settings::Settings;
use crate::world::World;
use std::path::{Path, PathBuf};

/// What Helm says of a tag with an underscore.
const UNDERSCORE: &str = "
OCI artifact references (e.g. tags) do not support the plus sign (+). To support
storing semantic versions, Helm adopts the convention of changing plus (+) to
an underscore (_) in chart version tags when pushing to a registry and back to
a plus (+) when pulling from a registry.";

/// Where Helm writes what a registry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// A client with the certificates and credentials that the command line and the environment name.
pub(super) fn fetcher(options: &ChartOptions, face: Face) -> Result<Fetcher, Error> {
    let (network, homes) = (&options.network, &options.homes);
    let file = |path: &str| (!path.is_empty()).then(|| PathBuf::from(path));
    let http = HttpOptions {
        ca_file: file(&network.ca_file),
        cert_file: file(&network.cert_file),
        key_file: file(&network.key_file),
        verification: if network.insecure { TlsVerification::Skip } else { TlsVerification::Full },
        pass_credentials: match network.pass_credentials {
            true => PassCredentials::AllHosts,
            false => PassCredentials::SameHost,
        },
        ..HttpOptions::from_variables(&variable)
    };
    let is_helm = face == Face::Helm;
    Fetcher::new(FetchOptions {
        settings: Settings {
            repository_config: homes.repository_config.clone(),
            repository_cache: homes.repository_cache.clone(),
            registry_config: network.registry_config.clone(),
            content_cache: homes.content_cache.clone(),
        },
        http,
        username: network.username.clone(),
        password: network.password.clone(),
        scheme: if network.plain_http { Scheme::Http } else { Scheme::Https },
        keychain: Some(Keychain::from_variables(network.registry_config.clone(), &variable)),
        freshness: if is_helm { Freshness::Cached } else { Freshness::Asked },
        words: if is_helm { Words::Helm } else { Words::Own },
    })
}

/// Fetches a chart into the cache, verified where that is asked for, and tells where it is.
pub(super) fn locate(reference: &str, options: &ChartOptions, ui: &mut Ui) -> Result<PathBuf, Stop> {
    let wish = Wish {
        reference,
        version: &options.version,
        repository: &options.repository,
        provenance: if options.verify { Provenance::Needed } else { Provenance::Leave },
    };
    let fetched = fetcher(options, ui.face())?.fetch(&wish)?;
    tell_pulled(&fetched, Stream::Err, ui)?;
    if options.verify {
        verify(&fetched, &options.keyring, Compat::Helm43)?;
    }
    Ok(fetched.path)
}

/// Checks the signature of a chart that was fetched with its provenance.
pub(super) fn verify(fetched: &FetchedChart, keyring: &Path, compat: Compat) -> Result<Verification, Error> {
    let ring = Keyring::load(keyring, compat).map_err(|error| {
        let message = format!("failed to load keyring: {error}");
        error.hints().iter().fold(Error::new(error.kind(), message), |error, hint| error.hint(hint))
    })?;
    let Some(provenance) = &fetched.provenance else {
        return Err(Error::new(ErrorKind::Content, format!("`{}` has no provenance file", fetched.file)));
    };
    provenance::verify(&fetched.bytes, provenance, &fetched.file, &ring, SystemWorld::default().now())
}

/// Tells what a registry gave.
pub(super) fn tell_pulled(fetched: &FetchedChart, stream: Stream, ui: &mut Ui) -> Result<(), Stop> {
    let Some(artifact) = &fetched.artifact else { return Ok(()) };
    if artifact.is_old() && ui.face() == Face::Helm {
        write(stream, "Warning: chart media type application/tar+gzip is deprecated", ui)?;
    }
    tell("Pulled", &artifact.reference, &artifact.digest, stream, ui)
}

/// Tells what lies in a registry now, or what came out of it.
pub(super) fn tell(
    verb: &str,
    reference: &Reference,
    digest: &Digest,
    stream: Stream,
    ui: &mut Ui,
) -> Result<(), Stop> {
    if ui.face() != Face::Helm {
        ui.say(&format!("{} {reference}, {digest}", verb.to_lowercase()));
        return Ok(());
    }
    // What a digest names, Helm calls by its digest alone.
    let shown = match &reference.digest {
        Some(digest) => format!("{}/{}@{digest}", reference.registry, reference.repository),
        None => reference.to_string(),
    };
    write(stream, &format!("{verb}: {shown}"), ui)?;
    write(stream, &format!("Digest: {digest}"), ui)?;
    if shown.contains('_') {
        write(stream, &format!("{shown} contains an underscore."), ui)?;
        write(stream, UNDERSCORE, ui)?;
    }
    Ok(())
}

fn write(stream: Stream, line: &str, ui: &mut Ui) -> Result<(), Stop> {
    match stream {
        Stream::Out => ui.print(format!("{line}\n")),
        Stream::Err => {
            ui.complain(line);
            Ok(())
        }
    }
}
