//! Keyrings as `gpg` exports and keeps them: packets, armored packets, and keyboxes.

use super::entity::{Checked, Entity};
use super::packets::{Fault, Packets};
use super::secret::SecretKey;
use super::{armor, keybox};
use crate::chart::{Compat, read_file};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::print;
use std::path::Path;

/// The largest keyring that is read.
const MAX_RING: u64 = 16 << 20;
/// Rings with more keys are checked only where a key is used.
const EAGER: usize = 64;

/// The most keys of one number that are tried.
const MAX_NAMESAKES: usize = 16;

/// The keys that are trusted.
#[derive(Debug, Default)]
pub struct Keyring(Vec<Entity>);

impl Keyring {
    /// Reads a keyring file.
    ///
    /// Helm 4.3 reads packets, armor and keyboxes; older ones packets alone. Keys that are broken are left out, unless
    /// there is no other.
    ///
    /// # Errors
    /// A file that is not there or larger than 16 MiB; Helm's text for one that is no keyring.
    pub fn load(path: &Path, compat: Compat) -> Result<Keyring, Error> {
        if std::fs::metadata(path).is_ok_and(|about| about.len() > MAX_RING) {
            let message = format!("keyring `{}` is larger than {MAX_RING} bytes", path.display());
            return Err(Error::new(ErrorKind::Limit, message));
        }
        Keyring::parse(&read_file(path)?, &path.to_string_lossy(), compat)
    }

    /// Reads a keyring; `name` stands for it in messages.
    ///
    /// # Errors
    /// Helm's text for bytes that are no keyring.
    pub fn parse(data: &[u8], name: &str, compat: Compat) -> Result<Keyring, Error> {
        if data.len() as u64 > MAX_RING {
            return Err(Error::new(ErrorKind::Limit, format!("keyring `{name}` is larger than {MAX_RING} bytes")));
        }
        if compat == Compat::Helm43 && keybox::is_keybox(data) {
            let packets = keybox::packets(data).map_err(|why| wrong(format!("reading keybox {name}: {why}")))?;
            return entities(&packets).map(Keyring).map_err(|fault| wrong(fault.to_string()));
        }
        if compat == Compat::Helm43 && data.trim_ascii().starts_with(b"-----BEGIN PGP") {
            let found = armored(data).map_err(|why| wrong(format!("reading armored keyring {name}: {why}")))?;
            return Ok(Keyring(found));
        }
        entities(data).map(Keyring).map_err(|fault| wrong(fault.to_string()))
    }

    /// The private key whose name is `id` or, where there is none, the only one whose name contains it.
    ///
    /// # Errors
    /// Helm's texts: no such key, several of them, a public key alone.
    pub fn secret_key(&self, id: &str) -> Result<SecretKey, Error> {
        let Some(entity) = self.named(id)? else { return Err(wrong("private key not found")) };
        let Some(key) = &entity.secret else {
            return Err(wrong("provided key is not a private key. Try providing a keyring with secret keys"));
        };
        let name = entity.names.first().map_or("Unknown", |name| name.text.as_str());
        Ok(SecretKey::new(key.clone(), name.to_owned()))
    }

    fn named(&self, id: &str) -> Result<Option<&Entity>, Error> {
        if id.is_empty() {
            return Ok(None);
        }
        let usable = |entity: &&Entity| entity.check().is_ok();
        let count =
            |entity: &Entity, fits: &dyn Fn(&str) -> bool| entity.names.iter().filter(|one| fits(&one.text)).count();
        let exact = self.0.iter().filter(|entity| count(entity, &|name| name == id) > 0).find(usable);
        if exact.is_some() {
            return Ok(exact);
        }
        let partial = self.0.iter().map(|entity| (entity, count(entity, &|name| name.contains(id))));
        let partial: Vec<_> = partial.filter(|(entity, names)| *names > 0 && usable(entity)).collect();
        // Two names of one key are as vague to Helm as two keys.
        if partial.iter().map(|(_, names)| names).sum::<usize>() <= 1 {
            return Ok(partial.first().map(|(entity, _)| *entity));
        }
        let id = String::from_utf8_lossy(&print::quote(id.as_bytes())).into_owned();
        Err(wrong(format!("more than one key contain the id {id}")).hint("give the whole name of the key"))
    }

    /// The usable keys with a number.
    pub(super) fn with_key(&self, id: &[u8]) -> Vec<(&Entity, Checked<'_>)> {
        let found = self.0.iter().filter(|entity| entity.has_key(id)).take(MAX_NAMESAKES);
        found.filter_map(|entity| Some((entity, entity.check().ok()?))).collect()
    }
}

fn wrong(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Content, text)
}

fn entities(data: &[u8]) -> Result<Vec<Entity>, Fault> {
    let mut packets = Packets::new(data);
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        match Entity::read(&mut packets) {
            Ok(None) => break,
            Ok(Some(entity)) => found.push(entity),
            Err(fault @ (Fault::Structure(_) | Fault::Unsupported(_))) => {
                Entity::skip(&mut packets)?;
                last = Some(fault);
            }
            Err(fault) => return Err(fault),
        }
    }
    if found.len() <= EAGER {
        found.retain(|entity| match entity.check() {
            Ok(_) => true,
            Err(fault) => {
                last = Some(fault);
                false
            }
        });
    }
    match last {
        Some(fault) if found.is_empty() => Err(fault),
        _ => Ok(found),
    }
}

/// The keys of all armored blocks.
fn armored(data: &[u8]) -> Result<Vec<Entity>, String> {
    let (mut found, mut rest) = (Vec::new(), data);
    while let Some((block, after)) = armor::find(rest) {
        if !matches!(block.kind.as_str(), "PGP PUBLIC KEY BLOCK" | "PGP PRIVATE KEY BLOCK") {
            let kind = String::from_utf8_lossy(&print::quote(block.kind.as_bytes())).into_owned();
            return Err(format!("expected a public or private key block, got {kind}"));
        }
        let Some(bytes) = block.bytes() else { return Err("openpgp: invalid data: armor invalid".to_owned()) };
        found.extend(entities(&bytes).map_err(|fault| fault.to_string())?);
        rest = after;
    }
    if found.is_empty() { Err("no keys found".to_owned()) } else { Ok(found) }
}
