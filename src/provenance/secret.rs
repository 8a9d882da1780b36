//! Private keys: unlocked with a passphrase, and used to sign.

use crate::diagnostic::{Error, ErrorKind};
use crate::world::Timestamp;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PacketTrait, SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{KeyDetails, KeyVersion, Password, S2kParams, SecretParams, StringToKey};
use std::fmt;

/// The most memory in KiB that unlocking a key may take: 2 to the power of this.
const MAX_ARGON_POWER: u8 = 17;
/// The most passes over that memory.
const MAX_ARGON_PASSES: u8 = 8;

/// A private key of a keyring.
pub struct SecretKey {
    key: Box<pgp::packet::SecretKey>,
    name: String,
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretKey({})", self.name)
    }
}

impl SecretKey {
    pub(super) fn new(key: Box<pgp::packet::SecretKey>, name: String) -> SecretKey {
        SecretKey { key, name }
    }

    /// The name of the key: `NAME (COMMENT) <EMAIL>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether [`SecretKey::unlock`] has to be called before the key signs.
    pub fn is_locked(&self) -> bool {
        self.key.secret_params().is_encrypted()
    }

    /// Unlocks the key with its passphrase; a key that is not locked stays as it is.
    ///
    /// # Errors
    /// The library's text below Helm for a wrong passphrase; a key that asks for too much memory.
    pub fn unlock(&mut self, passphrase: &[u8]) -> Result<(), Error> {
        let SecretParams::Encrypted(locked) = self.key.secret_params() else { return Ok(()) };
        check_cost(locked.string_to_key_params())?;
        self.key.remove_password(&Password::from(passphrase)).map_err(|_| {
            let error = Error::new(ErrorKind::Content, "openpgp: invalid data: private key checksum failure");
            error.hint("the passphrase is wrong, or the key was changed")
        })
    }

    /// The packets of a signature over a text.
    pub(super) fn sign(&self, text: &str, now: Timestamp) -> Result<Vec<u8>, Error> {
        let seconds = u32::try_from(now / 1_000_000_000).unwrap_or(u32::MAX);
        self.packets(text, pgp::types::Timestamp::from_secs(seconds)).map_err(|error| {
            Error::new(ErrorKind::Content, format!("cannot sign with key `{}`: {error}", self.name)).because(error)
        })
    }

    fn packets(&self, text: &str, created: pgp::types::Timestamp) -> pgp::errors::Result<Vec<u8>> {
        let (kind, algorithm, hash) = (SignatureType::Text, self.key.algorithm(), HashAlgorithm::Sha512);
        let mut config = match self.key.version() {
            KeyVersion::V6 => SignatureConfig::v6_with_salt(kind, algorithm, hash, salt()?),
            _ => SignatureConfig::v4(kind, algorithm, hash),
        };
        config.hashed_subpackets = vec![
            Subpacket::regular(SubpacketData::SignatureCreationTime(created))?,
            Subpacket::regular(SubpacketData::IssuerFingerprint(self.key.fingerprint()))?,
        ];
        if self.key.version() != KeyVersion::V6 {
            let issuer = SubpacketData::IssuerKeyId(self.key.legacy_key_id());
            config.unhashed_subpackets = vec![Subpacket::regular(issuer)?];
        }
        let signature = config.sign(&*self.key, &Password::empty(), text.as_bytes())?;
        let mut packets = Vec::new();
        signature.to_writer_with_header(&mut packets)?;
        Ok(packets)
    }
}

/// The random bytes that signatures of new keys start with.
fn salt() -> pgp::errors::Result<Vec<u8>> {
    let mut salt = vec![0; 32];
    match getrandom::fill(&mut salt) {
        Ok(()) => Ok(salt),
        Err(error) => Err(std::io::Error::other(error).into()),
    }
}

/// Refuses a key whose passphrase would take more memory than a key may ask for.
fn check_cost(params: &S2kParams) -> Result<(), Error> {
    let (S2kParams::Aead { s2k, .. } | S2kParams::Cfb { s2k, .. } | S2kParams::MalleableCfb { s2k, .. }) = params
    else {
        return Ok(());
    };
    let StringToKey::Argon2 { t, m_enc, .. } = s2k else { return Ok(()) };
    if *m_enc <= MAX_ARGON_POWER && *t <= MAX_ARGON_PASSES {
        return Ok(());
    }
    let most = 1_u64 << (MAX_ARGON_POWER - 10);
    let message = format!("key asks for more than {most} MiB or {MAX_ARGON_PASSES} passes to unlock it");
    Err(Error::new(ErrorKind::Limit, message))
}
