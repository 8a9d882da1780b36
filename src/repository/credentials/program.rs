//! `docker-credential-*` programs: a word on the command line, a server on standard input, JSON on standard output.

use super::Credential;
use crate::diagnostic::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The time that a program gets: some ask a person for a password.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most bytes that a program may say.
const LARGEST: u64 = 1 << 20;
/// The user that stands before a token.
const TOKEN_USER: &str = "<token>";
/// What a program says of a server that it does not know.
const UNKNOWN: &str = "credentials not found in native keychain";

/// Where programs are looked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Programs {
    folders: Vec<PathBuf>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(rename = "ServerURL", default)]
    server: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

impl Programs {
    pub(super) fn on_path(path: &str) -> Programs {
        let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
        Programs { folders: folders.collect() }
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file())
    }

    /// The store of the system, where its program is there.
    pub(super) fn default_name(&self) -> Option<String> {
        let name = match std::env::consts::OS {
            "macos" => "osxkeychain",
            "windows" => "wincred",
            _ if self.find("pass").is_some() => "pass",
            _ => "secretservice",
        };
        self.find(&format!("docker-credential-{name}")).map(|_| name.to_owned())
    }

    pub(super) fn get(&self, name: &str, server: &str) -> Result<Option<Credential>, Error> {
        let said = match self.run(name, "get", server.as_bytes())? {
            Said::Success(said) => said,
            Said::Failure(said) if said == UNKNOWN => return Ok(None),
            Said::Failure(said) => return Err(failed(name, &said)),
        };
        let entry: Entry = serde_json::from_slice(&said).map_err(|_| failed(name, "its answer is no JSON object"))?;
        Ok(Some(match entry.username.as_str() {
            TOKEN_USER => Credential { identity_token: entry.secret, ..Credential::default() },
            _ => Credential::basic(entry.username, entry.secret),
        }))
    }

    pub(super) fn store(&self, name: &str, server: &str, credential: &Credential) -> Result<(), Error> {
        let (username, secret) = match credential.identity_token.as_str() {
            "" => (credential.username.clone(), credential.password.clone()),
            token => (TOKEN_USER.to_owned(), token.to_owned()),
        };
        let entry = Entry { server: server.to_owned(), username, secret };
        let text = serde_json::to_vec(&entry).map_err(|_| failed(name, "the credentials are no text"))?;
        self.change(name, "store", &text)
    }

    pub(super) fn erase(&self, name: &str, server: &str) -> Result<(), Error> {
        self.change(name, "erase", server.as_bytes())
    }

    fn change(&self, name: &str, word: &str, input: &[u8]) -> Result<(), Error> {
        match self.run(name, word, input)? {
            Said::Success(_) => Ok(()),
            Said::Failure(said) => Err(failed(name, &said)),
        }
    }

    fn run(&self, name: &str, word: &str, input: &[u8]) -> Result<Said, Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(plain) {
            let message = format!("`{}` cannot be the name of a credential helper", name.escape_debug());
            return Err(Error::new(ErrorKind::Content, message));
        }
        let Some(path) = self.find(&format!("docker-credential-{name}")) else {
            return Err(
                failed(name, "it is not on PATH").hint("install it, or take it out of the registry configuration")
            );
        };
        let started = Command::new(&path).arg(word).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| failed(name, &error.to_string()))?;
        let Some(said) = talk(&mut child, input) else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(failed(name, &format!("no answer within {} s", PATIENCE.as_secs())));
        };
        if ended(&mut child) {
            return Ok(Said::Success(said));
        }
        Ok(Said::Failure(String::from_utf8_lossy(&said).trim().to_owned()))
    }
}

enum Said {
    Success(Vec<u8>),
    Failure(String),
}

/// Whether a program that has said everything ends well. One that does not end is made to.
fn ended(child: &mut Child) -> bool {
    for _ in 0..200 {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Tells a program something and takes what it says; `None` where it takes too long.
fn talk(child: &mut Child, input: &[u8]) -> Option<Vec<u8>> {
    let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
    let input = input.to_vec();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        // A program may end without reading.
        let _ = stdin.write_all(&input);
        drop(stdin);
        let mut said = Vec::new();
        let _ = stdout.take(LARGEST).read_to_end(&mut said);
        let _ = send.send(said);
    });
    receive.recv_timeout(PATIENCE).ok()
}

fn failed(name: &str, why: &str) -> Error {
    let why: String = why.chars().filter(|letter| !letter.is_control()).take(300).collect();
    let message = format!("the credential helper `docker-credential-{name}` failed: {why}");
    Error::new(ErrorKind::Io, message)
}
