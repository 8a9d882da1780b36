//! A `config.json`: `auths`, `credHelpers`, `credsStore`; what else it holds stays.

use super::Credential;
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::{Lock, replace_private};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Serializer, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// The most bytes of a configuration file.
const LARGEST: u64 = 16 << 20;

pub(super) struct ConfigFile {
    path: PathBuf,
    root: Map<String, Value>,
}

impl ConfigFile {
    /// Reads a file; one that is not there knows nothing.
    pub(super) fn read(path: &Path) -> Result<ConfigFile, Error> {
        let failed = |error| Error::io("cannot read", path, error);
        let nothing = || ConfigFile { path: path.to_owned(), root: Map::new() };
        match fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(nothing()),
            Err(error) => return Err(failed(error)),
            Ok(about) if about.len() > LARGEST => {
                let message = format!("`{}` is larger than {LARGEST} bytes", path.display());
                return Err(Error::new(ErrorKind::Limit, message));
            }
            Ok(_) => {}
        }
        let text = fs::read(path).map_err(failed)?;
        if text.trim_ascii().is_empty() {
            return Ok(nothing());
        }
        // A message about the text could repeat a secret.
        let wrong = || {
            let message = format!("expected a registry configuration as a JSON object in `{}`", path.display());
            Error::new(ErrorKind::Content, message).hint("mend the file, or remove it and log in again")
        };
        match serde_json::from_slice(&text) {
            Ok(Value::Object(root)) => Ok(ConfigFile { path: path.to_owned(), root }),
            _ => Err(wrong()),
        }
    }

    /// Whether the file says nothing about credentials.
    pub(super) fn is_silent(&self) -> bool {
        let empty = |name: &str| self.root.get(name).and_then(Value::as_object).is_none_or(Map::is_empty);
        let store = self.root.get("credsStore").and_then(Value::as_str).unwrap_or_default();
        store.is_empty() && empty("auths") && empty("credHelpers")
    }

    /// The program that keeps a server's credentials.
    pub(super) fn program(&self, server: &str) -> Option<String> {
        let helper = self.root.get("credHelpers").and_then(|helpers| helpers.get(server)).and_then(Value::as_str);
        let store = self.root.get("credsStore").and_then(Value::as_str);
        helper.filter(|name| !name.is_empty()).or(store).filter(|name| !name.is_empty()).map(str::to_owned)
    }

    /// What `auths` says of a server; old files call it by a URL.
    pub(super) fn get(&self, server: &str) -> Result<Option<Credential>, Error> {
        let Some(auths) = self.root.get("auths").and_then(Value::as_object) else { return Ok(None) };
        let entry = auths
            .get(server)
            .or_else(|| auths.iter().find(|(address, _)| host_name(address) == server).map(|(_, entry)| entry));
        let Some(entry) = entry else { return Ok(None) };
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut credential = Credential {
            username: text("username"),
            password: text("password"),
            identity_token: text("identitytoken"),
            registry_token: text("registrytoken"),
        };
        let auth = text("auth");
        if !auth.is_empty() {
            let decoded = STANDARD.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
            let Some((username, password)) = pair else { return Err(self.bad_entry(server)) };
            (credential.username, credential.password) = (username.to_owned(), password.to_owned());
        }
        Ok(Some(credential))
    }

    fn bad_entry(&self, server: &str) -> Error {
        let message = format!(
            "expected base64 of `user:password` as `auth` of `{}` in `{}`",
            server.escape_debug(),
            self.path.display()
        );
        Error::new(ErrorKind::Content, message).hint("log in again")
    }

    pub(super) fn set(&mut self, server: &str, credential: &Credential) {
        let mut entry = Map::new();
        let mut put = |name: &str, text: String| {
            if !text.is_empty() {
                entry.insert(name.to_owned(), Value::String(text));
            }
        };
        if !credential.username.is_empty() || !credential.password.is_empty() {
            put("auth", STANDARD.encode(format!("{}:{}", credential.username, credential.password)));
        }
        put("identitytoken", credential.identity_token.clone());
        put("registrytoken", credential.registry_token.clone());
        match self.root.get_mut("auths").and_then(Value::as_object_mut) {
            Some(auths) => {
                auths.insert(server.to_owned(), Value::Object(entry));
            }
            None => {
                let auths = Map::from_iter([(server.to_owned(), Value::Object(entry))]);
                self.root.insert("auths".to_owned(), Value::Object(auths));
            }
        }
    }

    pub(super) fn set_store(&mut self, name: &str) {
        self.root.insert("credsStore".to_owned(), Value::String(name.to_owned()));
    }

    /// Forgets a server; says whether it was known.
    pub(super) fn remove(&mut self, server: &str) -> bool {
        let auths = self.root.get_mut("auths").and_then(Value::as_object_mut);
        auths.is_some_and(|auths| auths.remove(server).is_some())
    }

    /// Writes beside and renames; the lock has to be held.
    pub(super) fn write(&self) -> Result<(), Error> {
        let failed = |error| Error::io("cannot write", &self.path, error);
        let mut text = Vec::new();
        let formatter = PrettyFormatter::with_indent(b"\t");
        let written = self.root.serialize(&mut Serializer::with_formatter(&mut text, formatter));
        written.map_err(|error| failed(std::io::Error::other(error)))?;
        replace_private(&self.path, &text)
    }
}

/// The right to change a file, which is read after the lock is taken, so that two writers keep each other's entries.
pub(super) fn lock(path: &Path) -> Result<Lock, Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private_folder(folder).map_err(|error| Error::io("cannot make", folder, error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Lock::take_file(path.with_file_name(format!(".{name}.lock")), path)
}

#[cfg(unix)]
fn private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_folder(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)
}

/// `https://registry.example.com/v1/` is `registry.example.com`.
fn host_name(address: &str) -> &str {
    let bare = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://")).unwrap_or(address);
    bare.split('/').next().unwrap_or_default()
}
