//! Key files: PEM with a private key in PKCS#8 or SEC 1, cosign's own encrypted form, and public keys.

use crate::diagnostic::{Error, ErrorKind};
use crate::funcs::crypto::der::{self, Reader, tag};
use crate::funcs::crypto::key::{self as keys, PrivateKey, oid};
use crate::funcs::crypto::pem;
use crate::provenance::secretbox;
use crate::world::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The largest key file that is read.
const MAX_FILE: usize = 64 * 1024;
/// The types of cosign's encrypted keys, the present one first.
const ENCRYPTED: [&str; 2] = ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"];
/// The most memory that deriving a key may take; cosign's own files ask for 64 MiB.
const MAX_SCRYPT_BYTES: u64 = 128 << 20;
/// The most rounds over all that memory.
const MAX_SCRYPT_PASSES: u32 = 4;
/// What cosign asks for today.
const COST: Scrypt = Scrypt { n: 65_536, r: 8, p: 1 };

/// A private key that signs.
pub struct SigningKey(pub(super) p256::ecdsa::SigningKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SigningKey")
    }
}

/// A public key that checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(pub(super) p256::ecdsa::VerifyingKey);

impl SigningKey {
    /// Reads a key file; `passphrase` is used for an encrypted one alone, and then is needed.
    ///
    /// # Errors
    /// A text that is no private key, a key on another curve, a missing or wrong passphrase.
    pub fn from_pem(text: &[u8], passphrase: Option<&[u8]>) -> Result<SigningKey, Error> {
        check_size(text)?;
        let Some(block) = pem::decode(text) else { return Err(wrong("expected a private key in PEM, found no block")) };
        if !ENCRYPTED.contains(&block.kind.as_str()) {
            return keys::parse_pem(text).map_err(|why| wrong(&why)).and_then(on_p256);
        }
        let Some(passphrase) = passphrase else {
            let error = Error::new(ErrorKind::Usage, "key is encrypted and needs a passphrase");
            return Err(error.hint("pass its passphrase with `--passphrase-file`"));
        };
        let der = decrypt(&block.bytes, passphrase)?;
        keys::parse_pkcs8(&der).map_err(|why| wrong(&why)).and_then(on_p256)
    }

    /// Whether a key file asks for a passphrase.
    pub fn is_encrypted(text: &[u8]) -> bool {
        pem::decode(text).is_some_and(|block| ENCRYPTED.contains(&block.kind.as_str()))
    }

    /// Makes a key.
    pub fn generate(world: &dyn World) -> SigningKey {
        loop {
            let mut bytes = [0; 32];
            world.random(&mut bytes);
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&bytes) {
                return SigningKey(key);
            }
        }
    }

    /// The key as cosign keeps it: encrypted with a passphrase.
    ///
    /// # Errors
    /// None that input can cause.
    pub fn to_encrypted_pem(&self, passphrase: &[u8], world: &dyn World) -> Result<String, Error> {
        let (mut salt, mut nonce) = ([0; 32], [0; secretbox::NONCE]);
        world.random(&mut salt);
        world.random(&mut nonce);
        let key = derive(passphrase, &salt, &COST)?;
        let file = File {
            kdf: Kdf { name: "scrypt".to_owned(), params: COST, salt: STANDARD.encode(salt) },
            cipher: Cipher { name: "nacl/secretbox".to_owned(), nonce: STANDARD.encode(nonce) },
            ciphertext: STANDARD.encode(secretbox::seal(&key, &nonce, &self.to_pkcs8())),
        };
        let json = serde_json::to_vec(&file);
        let json = json.map_err(|error| Error::new(ErrorKind::Internal, format!("cannot write a key: {error}")))?;
        Ok(pem::encode(ENCRYPTED[0], &json))
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    fn to_pkcs8(&self) -> Vec<u8> {
        let point = self.0.verifying_key().to_sec1_point(false);
        let public = der::element(tag::explicit(1), &der::bits(point.as_bytes()));
        let private = der::element(tag::OCTET_STRING, &self.0.to_bytes());
        let inner = der::element(tag::OCTET_STRING, &der::sequence(&[&der::unsigned(&[1]), &private, &public]));
        der::sequence(&[&der::unsigned(&[]), &algorithm(), &inner])
    }
}

impl PublicKey {
    /// Reads a public key: a block `PUBLIC KEY` in PEM.
    ///
    /// # Errors
    /// A text that is no public key, or one on another curve.
    pub fn from_pem(text: &[u8]) -> Result<PublicKey, Error> {
        check_size(text)?;
        let Some(block) = pem::decode(text) else { return Err(wrong("expected a public key in PEM, found no block")) };
        if block.kind != "PUBLIC KEY" {
            let found: String = block.kind.escape_debug().take(60).collect();
            return Err(wrong(&format!("expected a block `PUBLIC KEY`, found `{found}`")));
        }
        let Some((algorithm, curve, point)) = parts(&block.bytes) else {
            return Err(wrong("expected a public key, found other bytes"));
        };
        if (algorithm, curve) != (oid::EC, oid::P256) {
            return Err(other_curve());
        }
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point);
        key.map(PublicKey).map_err(|_| wrong("expected a point on the curve P-256"))
    }

    /// The key in PEM.
    pub fn to_pem(&self) -> String {
        let point = self.0.to_sec1_point(false);
        pem::encode("PUBLIC KEY", &der::sequence(&[&algorithm(), &der::bits(point.as_bytes())]))
    }
}

fn algorithm() -> Vec<u8> {
    der::sequence(&[&der::element(tag::OBJECT, oid::EC), &der::element(tag::OBJECT, oid::P256)])
}

/// Algorithm, curve and point of a `SubjectPublicKeyInfo`.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut outer = Reader(bytes);
    let mut fields = Reader(outer.read(tag::SEQUENCE)?);
    let mut algorithm = Reader(fields.read(tag::SEQUENCE)?);
    let name = algorithm.read(tag::OBJECT)?;
    let curve = algorithm.read(tag::OBJECT).unwrap_or_default();
    let point = fields.read(tag::BIT_STRING)?.strip_prefix(&[0])?;
    (outer.is_empty() && fields.is_empty()).then_some((name, curve, point))
}

fn on_p256(key: PrivateKey) -> Result<SigningKey, Error> {
    match key {
        PrivateKey::P256(key) => Ok(SigningKey(*key)),
        _ => Err(other_curve()),
    }
}

fn other_curve() -> Error {
    wrong("expected a key for ECDSA on the curve P-256, found another kind")
        .hint("make one with `cosign generate-key-pair`")
}

fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::Content, format!("cannot read the key: {why}"))
}

fn check_size(text: &[u8]) -> Result<(), Error> {
    if text.len() <= MAX_FILE {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, format!("key file is larger than {MAX_FILE} bytes")))
}

/// What stands inside the block of an encrypted key.
#[derive(Deserialize, Serialize)]
struct File {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize, Serialize)]
struct Kdf {
    name: String,
    params: Scrypt,
    salt: String,
}

#[derive(Deserialize, Serialize)]
struct Scrypt {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Deserialize, Serialize)]
struct Cipher {
    name: String,
    nonce: String,
}

fn decrypt(json: &[u8], passphrase: &[u8]) -> Result<Vec<u8>, Error> {
    let file: File =
        serde_json::from_slice(json).map_err(|error| wrong(&format!("encrypted key is broken: {error}")))?;
    if file.kdf.name != "scrypt" || file.cipher.name != "nacl/secretbox" {
        let (kdf, cipher) = (file.kdf.name.escape_debug(), file.cipher.name.escape_debug());
        let found: String = format!("{kdf} with {cipher}").chars().take(100).collect();
        return Err(wrong(&format!("expected scrypt with nacl/secretbox, found {found}")));
    }
    let bytes = |text: &str| STANDARD.decode(text).map_err(|_| wrong("encrypted key holds broken base64"));
    let (salt, nonce, sealed) = (bytes(&file.kdf.salt)?, bytes(&file.cipher.nonce)?, bytes(&file.ciphertext)?);
    let nonce = <&[u8; secretbox::NONCE]>::try_from(&nonce[..]);
    let nonce = nonce.map_err(|_| wrong(&format!("expected a nonce of {} bytes", secretbox::NONCE)))?;
    let key = derive(passphrase, &salt, &file.kdf.params)?;
    let opened = secretbox::open(&key, nonce, &sealed);
    opened.ok_or_else(|| wrong("the passphrase is wrong, or the file was changed"))
}

fn derive(passphrase: &[u8], salt: &[u8], cost: &Scrypt) -> Result<[u8; secretbox::KEY], Error> {
    let memory = cost.n.saturating_mul(128).saturating_mul(u64::from(cost.r));
    if memory > MAX_SCRYPT_BYTES || cost.p > MAX_SCRYPT_PASSES {
        let most = MAX_SCRYPT_BYTES >> 20;
        let message = format!("key asks for more than {most} MiB or {MAX_SCRYPT_PASSES} passes of scrypt");
        return Err(Error::new(ErrorKind::Limit, message));
    }
    let odd = || wrong("expected parameters of scrypt, found others");
    let log = u8::try_from(cost.n.trailing_zeros()).unwrap_or(u8::MAX);
    if !cost.n.is_power_of_two() || cost.r == 0 || cost.p == 0 {
        return Err(odd());
    }
    let params = scrypt::Params::new(log, cost.r, cost.p).map_err(|_| odd())?;
    let mut key = [0; secretbox::KEY];
    scrypt::scrypt(passphrase, salt, &params, &mut key).map_err(|_| odd())?;
    Ok(key)
}
