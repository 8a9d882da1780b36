//! The repositories that a user has added: Helm's `repositories.yaml`, read.

mod change;

pub use change::{cached_charts, check_address, forget, lock, refresh};

use crate::chart::{Compat, Decoder, Shape, WHILE_DECODING, read_file};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::cache::IndexCache;
use crate::source::SourceId;
use crate::yaml::{self, Node};
use std::fmt;
use std::path::{Path, PathBuf};

/// The most bytes that `repositories.yaml` may have.
const LARGEST: u64 = 16 << 20;

/// One repository.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The name behind `@` and before `/`.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The user; empty for none.
    pub username: String,
    /// The password.
    pub password: String,
    /// A client certificate.
    pub cert_file: String,
    /// The key of the client certificate.
    pub key_file: String,
    /// A certificate authority.
    pub ca_file: String,
    /// Whether nobody checks the server's certificate.
    pub insecure: bool,
    /// Whether user and password go to other hosts, too.
    pub pass_credentials: bool,
}

impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Entry({} {})", self.name, self.url)
    }
}

/// All repositories in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Repositories(pub Vec<Entry>);

impl Repositories {
    /// Reads `repositories.yaml`; a file that is not there holds no repositories.
    ///
    /// # Errors
    /// A file that cannot be read, is too large, or is no YAML.
    pub fn read(path: &Path) -> Result<Repositories, Error> {
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Repositories::default()),
            Ok(about) if about.len() > LARGEST => {
                let message = format!("`{}` is larger than {LARGEST} bytes", path.display());
                return Err(Error::new(ErrorKind::Limit, message));
            }
            _ => {}
        }
        let text = read_file(path).map_err(|error| {
            let message = format!("couldn't load repositories file ({}): {error}", path.display());
            Error::new(ErrorKind::Io, message)
        })?;
        let file = yaml::parse(&text, SourceId::default())
            .map_err(|error| Error::new(ErrorKind::Content, error.to_string()))?;
        let mut decoder = Decoder::new(Compat::Helm43);
        let mut entries = Vec::new();
        let shape = Shape { package: "repo", name: "File", fields: &["apiVersion", "generated", "repositories"] };
        decoder.fields(&file, &shape, |decoder, field, value| match field {
            "apiVersion" => decoder.text(value, &mut String::new()),
            "repositories" => {
                let items = decoder.items(value, "[]*repo.Entry").unwrap_or_default();
                entries = items.iter().map(|item| entry(decoder, item)).collect();
            }
            _ => {}
        });
        match decoder.problem() {
            Some(problem) => Err(Error::new(ErrorKind::Content, format!("{WHILE_DECODING}{problem}"))),
            None => Ok(Repositories(entries)),
        }
    }

    /// The repository of this name.
    pub fn named(&self, name: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.name == name)
    }

    /// The repository at this address.
    pub fn at(&self, url: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| super::urls::equal(&entry.url, url))
    }
}

const FIELDS: &[&str] = &[
    "name",
    "url",
    "username",
    "password",
    "certFile",
    "keyFile",
    "caFile",
    "insecure_skip_tls_verify",
    "pass_credentials_all",
];

fn entry(decoder: &mut Decoder, node: &Node) -> Entry {
    let mut entry = Entry::default();
    let shape = Shape { package: "repo", name: "Entry", fields: FIELDS };
    decoder.fields(node, &shape, |decoder, field, value| match field {
        "name" => decoder.text(value, &mut entry.name),
        "url" => decoder.text(value, &mut entry.url),
        "username" => decoder.text(value, &mut entry.username),
        "password" => decoder.text(value, &mut entry.password),
        "certFile" => decoder.text(value, &mut entry.cert_file),
        "keyFile" => decoder.text(value, &mut entry.key_file),
        "caFile" => decoder.text(value, &mut entry.ca_file),
        "insecure_skip_tls_verify" => decoder.flag(value, &mut entry.insecure),
        _ => decoder.flag(value, &mut entry.pass_credentials),
    });
    entry
}

/// The file of a repository's cached index.
pub fn cached_index(cache: &Path, name: &str) -> PathBuf {
    IndexCache::new(cache).path(name)
}

/// The name under which the index of a repository is cached that nobody has added.
pub fn unmanaged_name(url: &str) -> String {
    format!("helm-manager-{}", crate::repository::sha256(url.as_bytes()))
}
