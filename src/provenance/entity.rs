//! One key of a ring with its names and subkeys, and what its own signatures say of it.

use super::packets::{Fault, Packet, Packets};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicSubkey, Signature, SignatureType, SignatureVersion, SubpacketData, UserId};
use pgp::types::{KeyDetails, KeyVersion, Tag};

/// The most signatures of one key that are checked.
const MAX_SIGNATURES: usize = 1000;

/// A key as it lies in a ring; nothing of it was checked yet.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) key: pgp::packet::PublicKey,
    pub(super) secret: Option<Box<pgp::packet::SecretKey>>,
    pub(super) names: Vec<Name>,
    subkeys: Vec<Subkey>,
    /// Revocations of the key and, of new keys, signatures over the key alone.
    direct: Vec<Signature>,
}

/// A name with the signatures behind it.
#[derive(Debug)]
pub(super) struct Name {
    id: UserId,
    pub(super) text: String,
    signatures: Vec<Signature>,
}

#[derive(Debug)]
struct Subkey {
    key: PublicSubkey,
    signatures: Vec<Signature>,
}

/// What the signatures of a key say, once they are known to be its own.
pub(super) struct Checked<'a> {
    /// The names that the key signed.
    pub(super) names: Vec<&'a str>,
    /// The signature that says what the primary key is for.
    pub(super) primary: &'a Signature,
    /// Whether the primary key or its first name was taken back.
    pub(super) revocations: Vec<&'a Signature>,
    pub(super) subkeys: Vec<CheckedSubkey<'a>>,
}

/// A subkey that the primary key signed.
pub(super) struct CheckedSubkey<'a> {
    pub(super) key: &'a PublicSubkey,
    pub(super) binding: &'a Signature,
    pub(super) revocations: Vec<&'a Signature>,
}

struct CheckedName<'a> {
    text: &'a str,
    own: Option<&'a Signature>,
    revocations: Vec<&'a Signature>,
}

impl Entity {
    /// Reads a key with all that belongs to it; `None` at the end.
    pub(super) fn read(packets: &mut Packets<'_>) -> Result<Option<Entity>, Fault> {
        let (key, secret) = match packets.next()? {
            None => return Ok(None),
            Some(Packet::PublicKey(key)) => (*key, None),
            Some(Packet::SecretKey(key)) => (key.public_key().clone(), Some(key)),
            Some(other) => {
                packets.put_back(other);
                return Err(Fault::structure("first packet was not a public/private key"));
            }
        };
        if !key.algorithm().can_sign() {
            return Err(Fault::structure("primary key cannot be used for signatures"));
        }
        let mut entity = Entity { key, secret, names: Vec::new(), subkeys: Vec::new(), direct: Vec::new() };
        while let Some(packet) = packets.next()? {
            match packet {
                Packet::UserId(id) => {
                    let text = String::from_utf8_lossy(id.id()).into_owned();
                    entity.names.push(Name { id: *id, text, signatures: signatures(packets)? });
                }
                Packet::PublicSubkey(key) => {
                    entity.subkeys.push(Subkey { key: *key, signatures: signatures(packets)? });
                }
                Packet::SecretSubkey(key) => {
                    let key = key.public_key().clone();
                    entity.subkeys.push(Subkey { key, signatures: signatures(packets)? });
                }
                Packet::Signature(signature) => entity.direct.push(*signature),
                Packet::Other => {}
                next @ (Packet::PublicKey(_) | Packet::SecretKey(_)) => {
                    packets.put_back(next);
                    break;
                }
            }
        }
        Ok(Some(entity))
    }

    /// Steps over packets up to the next key.
    pub(super) fn skip(packets: &mut Packets<'_>) -> Result<(), Fault> {
        while let Some(packet) = packets.next()? {
            if matches!(packet, Packet::PublicKey(_) | Packet::SecretKey(_)) {
                packets.put_back(packet);
                return Ok(());
            }
        }
        Ok(())
    }

    /// The fingerprint in capital letters.
    pub(super) fn fingerprint(&self) -> String {
        self.key.fingerprint().as_bytes().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// Whether the primary key or a subkey has this number.
    pub(super) fn has_key(&self, id: &[u8]) -> bool {
        let subkeys = self.subkeys.iter().map(|subkey| subkey.key.legacy_key_id());
        std::iter::once(self.key.legacy_key_id()).chain(subkeys).any(|known| known.as_ref() == id)
    }

    /// Checks every signature that the key made over itself. One that is wrong makes the whole key worthless.
    pub(super) fn check(&self) -> Result<Checked<'_>, Fault> {
        let all = self.names.iter().map(|name| &name.signatures).chain(self.subkeys.iter().map(|key| &key.signatures));
        if all.map(Vec::len).sum::<usize>() + self.direct.len() > MAX_SIGNATURES {
            return Err(Fault::structure(format!("key has more than {MAX_SIGNATURES} signatures")));
        }
        let names = self.names.iter().map(|name| self.check_name(name)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<_> = names.into_iter().flatten().collect();
        let mut revocations = self.check_revocations()?;
        let subkeys = self.subkeys.iter().map(|subkey| self.check_subkey(subkey)).collect::<Result<Vec<_>, _>>()?;
        let texts = names.iter().map(|name| name.text).collect();
        if self.key.version() == KeyVersion::V6 {
            let primary = self.direct_signature()?;
            return Ok(Checked { names: texts, primary, revocations, subkeys });
        }
        let first = primary_name(&names);
        let version = u8::from(self.key.version());
        let first = first.ok_or_else(|| Fault::structure(format!("v{version} entity without any identities")))?;
        let primary = first.own.ok_or_else(|| Fault::structure("identity without a self-signature"))?;
        revocations.extend(first.revocations.iter().copied());
        Ok(Checked { names: texts, primary, revocations, subkeys })
    }

    /// A name, if the key signed anything about it.
    fn check_name<'a>(&self, name: &'a Name) -> Result<Option<CheckedName<'a>>, Fault> {
        let mut checked = CheckedName { text: &name.text, own: None, revocations: Vec::new() };
        for signature in name.signatures.iter().filter(|signature| self.is_issuer(signature)) {
            if signature.verify_certification(&self.key, Tag::UserId, &name.id).is_err() {
                return Err(Fault::structure("user ID self-signature invalid"));
            }
            if signature.typ() == Some(SignatureType::CertRevocation) {
                checked.revocations.push(signature);
            } else if is_newer(signature, checked.own) {
                checked.own = Some(signature);
            }
        }
        Ok(Some(checked).filter(|checked| checked.own.is_some() || !checked.revocations.is_empty()))
    }

    fn check_revocations(&self) -> Result<Vec<&Signature>, Fault> {
        let revocations = self.direct.iter().filter(|one| one.typ() == Some(SignatureType::KeyRevocation));
        let revocations: Vec<_> = revocations.collect();
        match revocations.iter().all(|one| one.verify_key(&self.key).is_ok()) {
            true => Ok(revocations),
            false => Err(Fault::structure("revocation signature signed by alternate key")),
        }
    }

    /// The newest signature of a new key over itself.
    fn direct_signature(&self) -> Result<&Signature, Fault> {
        let own = self.direct.iter().filter(|one| one.typ() == Some(SignatureType::Key) && self.is_issuer(one));
        let newest = own.fold(None, |found, one| if is_newer(one, found) { Some(one) } else { found });
        let newest = newest.filter(|one| one.verify_key(&self.key).is_ok());
        newest.ok_or_else(|| Fault::structure("no valid direct-key self-signature for v6 primary key found"))
    }

    fn check_subkey<'a>(&self, subkey: &'a Subkey) -> Result<CheckedSubkey<'a>, Fault> {
        let (mut binding, mut revocations) = (None, Vec::new());
        for signature in &subkey.signatures {
            if signature.verify_subkey_binding(&self.key, &subkey.key).is_err() {
                return Err(Fault::structure("subkey signature invalid"));
            }
            if signature.typ() == Some(SignatureType::SubkeyRevocation) {
                revocations.push(signature);
                continue;
            }
            if signature.key_flags().sign() {
                let back = signature.embedded_signature();
                let back = back.ok_or_else(|| Fault::structure("signing subkey is missing cross-signature"))?;
                if back.verify_primary_key_binding(&subkey.key, &self.key).is_err() {
                    return Err(Fault::structure("error while verifying cross-signature"));
                }
            }
            if is_newer(signature, binding) {
                binding = Some(signature);
            }
        }
        let binding = binding.ok_or_else(|| Fault::structure("subkey packet not followed by signature"))?;
        Ok(CheckedSubkey { key: &subkey.key, binding, revocations })
    }

    fn is_issuer(&self, signature: &Signature) -> bool {
        let (id, print) = (self.key.legacy_key_id(), self.key.fingerprint());
        signature.issuer_key_id().contains(&&id) || signature.issuer_fingerprint().contains(&&print)
    }
}

/// The signatures that follow. Those of old kinds are passed over, unless they take something back.
fn signatures(packets: &mut Packets<'_>) -> Result<Vec<Signature>, Fault> {
    let mut found = Vec::new();
    while let Some(packet) = packets.next()? {
        let Packet::Signature(signature) = packet else {
            packets.put_back(packet);
            break;
        };
        let revokes = matches!(signature.typ(), Some(SignatureType::CertRevocation | SignatureType::SubkeyRevocation));
        let understood = matches!(signature.version(), SignatureVersion::V4 | SignatureVersion::V6)
            && !matches!(signature.hash_alg(), None | Some(HashAlgorithm::Md5 | HashAlgorithm::Ripemd160));
        if revokes || understood {
            found.push(*signature);
        }
    }
    Ok(found)
}

fn is_newer(signature: &Signature, than: Option<&Signature>) -> bool {
    than.is_none_or(|than| signature.created() > than.created())
}

/// The name that speaks for the key: not taken back, marked as the first one, or the newest.
fn primary_name<'n, 'a>(names: &'n [CheckedName<'a>]) -> Option<&'n CheckedName<'a>> {
    let mut best: Option<&CheckedName<'_>> = None;
    for name in names {
        let rank = |name: &CheckedName<'_>| {
            let own = name.own.map(|own| (own.is_primary(), own.created()));
            (std::cmp::Reverse(name.revocations.len()), own)
        };
        if best.is_none_or(|best| rank(name) > rank(best)) {
            best = Some(name);
        }
    }
    best
}

/// Whether a signature says that a key may sign.
pub(super) fn may_sign(signature: &Signature) -> bool {
    let mut hashed = signature.config().into_iter().flat_map(|config| config.hashed_subpackets());
    hashed.any(|subpacket| matches!(&subpacket.data, SubpacketData::KeyFlags(flags) if flags.sign()))
}
