//! Credentials of registries: Helm's registry file, Docker's `config.json`, and the programs that both may name.
//!
//! Reading never changes a file. Writing changes one entry, under a lock, beside and by renaming, readable by its owner
//! alone. The
//! reference is `oras-go`'s `registry/remote/credentials`, which Helm uses.

mod file;
mod program;

use crate::diagnostic::Error;
use file::ConfigFile;
use std::fmt;
use std::path::PathBuf;

/// What a registry knows somebody by.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credential {
    /// The user.
    pub username: String,
    /// The password.
    pub password: String,
    /// A token that buys access tokens.
    pub identity_token: String,
    /// An access token.
    pub registry_token: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Credential({}, ***)", self.username)
    }
}

impl Credential {
    /// A user with a password.
    pub fn basic(username: impl Into<String>, password: impl Into<String>) -> Credential {
        Credential { username: username.into(), password: password.into(), ..Credential::default() }
    }

    /// Whether nothing is known.
    pub(crate) fn is_anonymous(&self) -> bool {
        *self == Credential::default()
    }
}

/// Where the credentials of registries lie: one file that is written, and others that are only read.
#[derive(Clone, Debug)]
pub struct Keychain {
    own: PathBuf,
    docker: Option<PathBuf>,
    programs: program::Programs,
}

impl Keychain {
    /// The credentials of this file, and behind it those of Docker's.
    pub fn new(own: PathBuf, docker: Option<PathBuf>) -> Keychain {
        Keychain { own, docker, programs: program::Programs::default() }
    }

    /// As [`Keychain::new`], with Docker's file as DOCKER_CONFIG and HOME say, and programs on PATH.
    pub fn from_variables(own: PathBuf, variable: &dyn Fn(&str) -> Option<String>) -> Keychain {
        let filled = |name: &str| variable(name).filter(|text| !text.is_empty());
        let folder = filled("DOCKER_CONFIG").map(PathBuf::from);
        let folder = folder.or_else(|| Some(PathBuf::from(filled("HOME")?).join(".docker")));
        let programs = program::Programs::on_path(&filled("PATH").unwrap_or_default());
        Keychain { own, docker: folder.map(|folder| folder.join("config.json")), programs }
    }

    /// The file that [`Keychain::put`] writes.
    pub fn own_file(&self) -> &PathBuf {
        &self.own
    }

    /// What is known for a registry, for example `ghcr.io` or `localhost:5000`.
    ///
    /// # Errors
    /// A file that cannot be read, a program that fails or takes too long.
    pub fn get(&self, registry: &str) -> Result<Option<Credential>, Error> {
        let server = server_address(registry);
        for path in [Some(&self.own), self.docker.as_ref()].into_iter().flatten() {
            let config = ConfigFile::read(path)?;
            let found = match self.program_for(&config, server) {
                Some(name) => self.programs.get(&name, server)?,
                None => config.get(server)?,
            };
            if let Some(found) = found.filter(|found| !found.is_anonymous()) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Keeps what is known for a registry: in the program that the file names, or else in the file.
    ///
    /// # Errors
    /// A file that cannot be written, a program that fails or takes too long. The file is then as it was.
    pub fn put(&self, registry: &str, credential: &Credential) -> Result<(), Error> {
        let server = server_address(registry);
        let _lock = file::lock(&self.own)?;
        let mut config = ConfigFile::read(&self.own)?;
        let Some(name) = self.program_for(&config, server) else {
            config.set(server, credential);
            return config.write();
        };
        self.programs.store(&name, server, credential)?;
        if config.is_silent() {
            config.set_store(&name);
            config.write()?;
        }
        Ok(())
    }

    /// Forgets a registry.
    ///
    /// # Errors
    /// A file that cannot be written, a program that fails or takes too long.
    pub fn remove(&self, registry: &str) -> Result<(), Error> {
        let server = server_address(registry);
        let _lock = if self.own.exists() { Some(file::lock(&self.own)?) } else { None };
        let mut config = ConfigFile::read(&self.own)?;
        match self.program_for(&config, server) {
            Some(name) => self.programs.erase(&name, server),
            None if config.remove(server) => config.write(),
            None => Ok(()),
        }
    }

    /// The program that keeps a server's credentials: the server's, the file's, or the system's where the file knows
    /// of no credentials at all.
    fn program_for(&self, config: &ConfigFile, server: &str) -> Option<String> {
        let named = config.program(server);
        named.or_else(|| if config.is_silent() { self.programs.default_name() } else { None })
    }
}

/// The key of a registry; Docker's own has an old address for one.
fn server_address(registry: &str) -> &str {
    match registry {
        "docker.io" | "registry-1.docker.io" => "https://index.docker.io/v1/",
        other => other,
    }
}
