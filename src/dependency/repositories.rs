//! The repositories that a user has added: Helm's `repositories.yaml`, read.

mod change;

pub use change::{cached_charts, check_address, forget, lock, refresh};

use crate::chart::{os, read_file};
use crate::diagnostic::{Error, ErrorKind};
use crate::source::SourceId;
use crate::yaml::{self, Node, NodeKind};
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
        Ok(Repositories(file.get("repositories").map(Node::items).unwrap_or_default().iter().map(entry).collect()))
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

fn entry(node: &Node) -> Entry {
    let text = |name: &str| {
        let text = node.get(name).and_then(Node::to_text);
        text.map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
    };
    let flag = |name: &str| node.get(name).is_some_and(|node| *node.kind() == NodeKind::Bool(true));
    Entry {
        name: text("name"),
        url: text("url"),
        username: text("username"),
        password: text("password"),
        cert_file: text("certFile"),
        key_file: text("keyFile"),
        ca_file: text("caFile"),
        insecure: flag("insecure_skip_tls_verify"),
        pass_credentials: flag("pass_credentials_all"),
    }
}

/// The file of a repository's cached index.
pub fn cached_index(cache: &Path, name: &str) -> PathBuf {
    // Cleaned as Helm does: the name may be an address.
    PathBuf::from(os::join(&cache.to_string_lossy(), &format!("{name}-index.yaml")))
}

/// The name under which the index of a repository is cached that nobody has added.
pub fn unmanaged_name(url: &str) -> String {
    format!("helm-manager-{}", crate::repository::sha256(url.as_bytes()))
}
