//! Certificates: whom we trust, and who we say we are.

use super::HttpOptions;
use crate::diagnostic::{Error, ErrorKind};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

/// The most bytes of a file of certificates or keys.
const LARGEST: u64 = 16 << 20;

/// Where Unix systems keep the certificates that they trust, in Go's order.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Where Unix systems keep them one by one, in Go's order.
const SYSTEM_FOLDERS: &[&str] = &["/etc/ssl/certs", "/etc/pki/tls/certs"];
/// The most files of a folder that are read.
const MOST_FILES: usize = 10_000;

/// Whether the certificate of a server has to be good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// It has to.
    #[default]
    Full,
    /// `--insecure-skip-tls-verify`: anybody may be the server.
    Skip,
}

/// Files read once, so that a wrong one is told before anything is sent.
pub(super) struct Identity {
    trusted: Option<Arc<Vec<Certificate<'static>>>>,
    client: Option<ClientCert>,
    verification: Verification,
    system: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Identity {
    pub(super) fn read(options: &HttpOptions) -> Result<Identity, Error> {
        let trusted = match &options.ca_file {
            Some(path) => Some(Arc::new(authorities(path)?)),
            None => None,
        };
        let client = match (&options.cert_file, &options.key_file) {
            (Some(cert), Some(key)) => Some(client(cert, key)?),
            (None, None) => None,
            (Some(cert), None) => return Err(half("certificate", cert, "--key-file")),
            (None, Some(key)) => return Err(half("key", key, "--cert-file")),
        };
        let (system, folders) = (options.system_certificates.clone(), options.system_folders.clone());
        Ok(Identity { trusted, client, verification: options.verification, system, folders })
    }

    /// The configuration of connections; the system's certificates are read here, so that plain HTTP does without.
    pub(super) fn tls(&self) -> TlsConfig {
        let config = TlsConfig::builder().client_cert(self.client.clone());
        let config = config.disable_verification(self.verification == Verification::Skip);
        let roots = match &self.trusted {
            Some(certificates) => RootCerts::Specific(Arc::clone(certificates)),
            None if self.verification == Verification::Skip => RootCerts::WebPki,
            None => self.system_roots(),
        };
        config.root_certs(roots).build()
    }

    /// What the system trusts; the list that Mozilla keeps where the system has none.
    fn system_roots(&self) -> RootCerts {
        let places = match &self.system {
            Some(path) => vec![path.clone()],
            None => SYSTEM.iter().map(PathBuf::from).collect(),
        };
        let found = places.iter().find_map(|path| read(path).ok());
        let mut trusted: Vec<_> = certificates(&found.unwrap_or_default());
        // The usual folders hold what the usual files hold, certificate by certificate.
        let usual = || SYSTEM_FOLDERS.iter().map(PathBuf::from).collect();
        let folders = if self.folders.is_empty() && trusted.is_empty() { usual() } else { self.folders.clone() };
        trusted.extend(folders.iter().flat_map(|folder| in_folder(folder)));
        match trusted.is_empty() {
            true => RootCerts::WebPki,
            false => RootCerts::Specific(Arc::new(trusted)),
        }
    }
}

fn half(what: &str, path: &Path, other: &str) -> Error {
    let message = format!("the client's {what} `{}` stands alone", path.display());
    Error::new(ErrorKind::Usage, message).hint(format!("give {other} too"))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error| Error::io("cannot read", path, error);
    if fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(Error::new(ErrorKind::Limit, format!("`{}` is larger than {LARGEST} bytes", path.display())));
    }
    fs::read(path).map_err(failed)
}

fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    parse_pem(pem).filter_map(certificate).collect()
}

/// The certificates of all files of a folder; one that cannot be read counts for nothing, as in Go.
fn in_folder(folder: &Path) -> Vec<Certificate<'static>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().take(MOST_FILES).map(|entry| entry.path()).collect();
    paths.sort();
    let files = paths.iter().filter(|path| path.is_file());
    files.filter_map(|path| read(path).ok()).flat_map(|pem| certificates(&pem)).collect()
}

fn authorities(path: &Path) -> Result<Vec<Certificate<'static>>, Error> {
    let found = certificates(&read(path)?);
    if found.is_empty() {
        return Err(no_pem("certificate", path));
    }
    Ok(found)
}

fn no_pem(what: &str, path: &Path) -> Error {
    let message = format!("expected a {what} in PEM form in `{}`, found none", path.display());
    Error::new(ErrorKind::Content, message)
}

fn client(cert: &Path, key: &Path) -> Result<ClientCert, Error> {
    let chain = authorities(cert)?;
    let key_text = read(key)?;
    let private = PrivateKey::from_pem(&key_text).map_err(|_| no_pem("private key", key))?;
    check_pair(&chain, &key_text).map_err(|why| {
        let message =
            format!("`{}` with the key `{}` is no certificate of a client: {why}", cert.display(), key.display());
        Error::new(ErrorKind::Content, message).hint("give a certificate of version 3 and the key that it was made for")
    })?;
    Ok(ClientCert::new_with_certs(&chain, private))
}

/// What ureq takes for granted: a certificate that rustls reads, and the key that belongs to it.
fn check_pair(chain: &[Certificate<'_>], key: &[u8]) -> Result<(), rustls::Error> {
    let chain = chain.iter().map(|one| CertificateDer::from(one.der().to_vec())).collect();
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| rustls::Error::General(error.to_string()))?;
    CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider()).map(drop)
}
