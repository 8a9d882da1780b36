//! Private keys: made, read from PEM, written to PEM, used to sign.

use super::der::{self, Reader, tag};
use super::{crt, dsa, pem, prime};
use crate::world::{KeepingWorld, Search, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, Pkcs1v15Sign, RsaPrivateKey};
use sha2::{Digest, Sha256};

/// Encoded object identifiers.
pub(crate) mod oid {
    pub(crate) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    pub(crate) const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    pub(crate) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    pub(crate) const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    pub(crate) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    pub(crate) const P384: &[u8] = &[0x2b, 0x81, 4, 0, 34];
    pub(crate) const P521: &[u8] = &[0x2b, 0x81, 4, 0, 35];
    pub(crate) const P224: &[u8] = &[0x2b, 0x81, 4, 0, 33];
    pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
}

/// What stands before a SHA-256 digest in an RSA signature.
const SHA256_PREFIX: [u8; 19] = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
/// Go refuses to sign with smaller RSA keys.
const MIN_RSA_BITS: usize = 1024;
/// Larger RSA keys are refused: their numbers come from the input.
const MAX_RSA_BITS: usize = 16_384;

pub(crate) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    P256(Box<p256::ecdsa::SigningKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// In OpenSSL's form; it signs no certificate.
    Dsa(Vec<u8>),
    /// A key on a curve of Go's that we only carry: its `EC PRIVATE KEY`.
    OtherCurve(Vec<u8>),
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("PrivateKey(..)")
    }
}

/// Makes a key of the type that `genPrivateKey` names so; `None` for other names.
pub(super) fn generate(world: &dyn World, kind: &[u8]) -> Option<PrivateKey> {
    match kind {
        b"" | b"rsa" => rsa::<32>(world).ok(),
        b"dsa" => Some(PrivateKey::Dsa(dsa::generate(&mut |out| world.random(out)))),
        b"ecdsa" => Some(loop {
            let mut bytes = [0; 32];
            world.random(&mut bytes);
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&bytes) {
                break PrivateKey::P256(Box::new(key));
            }
        }),
        b"ed25519" => {
            let mut seed = [0; 32];
            world.random(&mut seed);
            Some(PrivateKey::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed))))
        }
        _ => None,
    }
}

/// A world for renders whose keys nobody will use: every RSA key in it is made of primes that are known to all, and
/// what stands for the signatures of such keys is noise.
pub fn world_of_known_keys() -> KeepingWorld {
    let known = [(name_of_primes(16), PRIMES_OF_16_WORDS), (name_of_primes(32), PRIMES_OF_32_WORDS)];
    let world =
        known.into_iter().fold(KeepingWorld::default(), |world, (name, primes)| match STANDARD.decode(primes) {
            Ok(found) => world.keeping(&name, found),
            Err(_) => world,
        });
    [256, 512].into_iter().fold(world, |world, bytes| {
        let mut noise = vec![0; bytes];
        world.random(&mut noise);
        world.again().keeping(&name_of_signature(bytes), noise)
    })
}

/// Two primes of 1024 bits.
const PRIMES_OF_16_WORDS: &str = "\
    6MR35EGcioHPUVmWFmYRl7aY7zA/2O03DB+DgQeh6TRGTfkXErofgVFA2LNiApIEfRw0Atpda3WoQDi/xfb4+d2cnZkCJK8pDiyXzMJgiiIO5VLn\
    +0ZCyjCptUdVQdDa1ivcBWjn3qN9r4Nzt6Gw08DKI2VS4HBWINGbSKzlw/HTWQ1n+ddFGnrBvIg1iMJ2FOFNviU18TAS1BJjGhmUe4t72JsJHDaD\
    S1dORmUjRXWy+Z/OX5i+ueKfHy+SJlJ7ufOE3Yh4JBwp4oVqmnvyU71G4u4LVEKjfPUygwkQ923ir85X4OTxihiq7NSKxV71xnxKW4s55Hci4cBA\
    FuzZRw==";

/// Two primes of 2048 bits.
const PRIMES_OF_32_WORDS: &str = "\
    97YvGsCVadWlZrWif+BmSeAMPvlBL6YLZNMfbBkTfK7Jr30kJjgNI57Gk39Q0zKf7NzYFyMXYSJm9dxcveRH/F9Ta9F+nFlrkmU+SIWkrrlUt4r+\
    eIRgbYg5Ra3Xlf9UO+yN1R6WH9vLo3k0qy04WWivuYQSzJ7tS8F/5L+2TtUElQSQDwxr5nldCAFYkqr0ANNv8wzzk53yE2pGIgmuSH/L/pZ/qgTV\
    AE+BbG6e4aXWWYIru6traYD7uUva3umYGWJFrn3blZDu50JLh1ibRutWoEFPPLNfh1Vx+z2MfZT1dTB2xyO/MKq0G4LWM+B7DceacgOyJJMwg0Kj\
    Qb0oe8OK+FGbB0hBuvo/7GMgPldXnbhYbo80o1IGQeN1DT/+rhI3ZbOPwA7abG5wlb6V91VfteLuRjkH/FIudC9csh7dReMSS1iXfJcFZdX63WeS\
    JD6gqC7cAZYlcxzF6EZE5jCdpP5bc3nzLC6PtXjEf/wnaK7cFnJ6MlxiuqxzvqeUp2AVFu38KJKEVtpFBV1srKwOI+lV3Zc6qMLwGxZEvbIau3CT\
    RPhao97jkdE+n7kI9jBlQEJrxULRnSUoWQQua8SS+ipIKuq+iF4Yc0oPCg9G1ssO2r7VZWMP8Q5dBk/OX3XByk8XPkPnz7iR86F1yvYBUE5eKydW\
    0nyVk7vLlMk=";

fn name_of_primes(words: usize) -> String {
    format!("primes of {words} words")
}

fn name_of_signature(bytes: usize) -> String {
    format!("RSA signature of {bytes} bytes")
}

/// Makes an RSA key of two primes of `64 * N` bits.
pub(super) fn rsa<const N: usize>(world: &dyn World) -> Result<PrivateKey, String> {
    let bytes = |[p, q]: [[u64; N]; 2]| [prime::to_bytes(&p), prime::to_bytes(&q)].concat();
    let search = Search {
        find: &mut |random| bytes(prime::generate_pair(random)),
        noise: &mut |random| bytes(prime::noise_pair(random)),
    };
    let found = world.costly(&name_of_primes(N), search);
    let (p, q) = found.split_at(found.len() / 2);
    let [p, q] = [p, q].map(BigUint::from_bytes_be);
    let key = RsaPrivateKey::from_p_q(p, q, BigUint::from(prime::EXPONENT));
    key.map(|key| PrivateKey::Rsa(Box::new(key))).map_err(|problem| problem.to_string())
}

impl PrivateKey {
    pub(crate) fn to_pem(&self) -> String {
        match self {
            PrivateKey::Rsa(key) => pem::encode("RSA PRIVATE KEY", &pkcs1(key)),
            PrivateKey::P256(key) => {
                let public = key.verifying_key().to_sec1_point(false);
                pem::encode("EC PRIVATE KEY", &sec1(&key.to_bytes(), oid::P256, public.as_bytes()))
            }
            PrivateKey::Ed25519(key) => {
                let inner = der::element(tag::OCTET_STRING, key.as_bytes());
                let algorithm = der::sequence(&[&der::element(tag::OBJECT, oid::ED25519)]);
                let outer = der::element(tag::OCTET_STRING, &inner);
                pem::encode("PRIVATE KEY", &der::sequence(&[&der::unsigned(&[]), &algorithm, &outer]))
            }
            PrivateKey::Dsa(bytes) => pem::encode("DSA PRIVATE KEY", bytes),
            PrivateKey::OtherCurve(bytes) => pem::encode("EC PRIVATE KEY", bytes),
        }
    }

    /// The `SubjectPublicKeyInfo` and the public key inside it.
    pub(crate) fn public(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        let object = |object: &[u8]| der::element(tag::OBJECT, object);
        let (algorithm, key) = match self {
            PrivateKey::Rsa(key) => {
                let (n, e) = (der::unsigned(&key.n().to_bytes_be()), der::unsigned(&key.e().to_bytes_be()));
                let null = der::element(tag::NULL, &[]);
                (der::sequence(&[&object(oid::RSA), &null]), der::sequence(&[&n, &e]))
            }
            PrivateKey::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
                (der::sequence(&[&object(oid::EC), &object(oid::P256)]), point)
            }
            PrivateKey::Ed25519(key) => {
                (der::sequence(&[&object(oid::ED25519)]), key.verifying_key().as_bytes().to_vec())
            }
            PrivateKey::Dsa(_) => {
                return Err("x509: certificate private key does not implement crypto.Signer".into());
            }
            PrivateKey::OtherCurve(_) => return Err("x509: unsupported elliptic curve".into()),
        };
        Ok((der::sequence(&[&algorithm, &der::bits(&key)]), key))
    }

    /// The identifier of the algorithm that [`PrivateKey::sign`] uses.
    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        let object = |object: &[u8]| der::element(tag::OBJECT, object);
        match self {
            PrivateKey::Rsa(_) => der::sequence(&[&object(oid::SHA256_WITH_RSA), &der::element(tag::NULL, &[])]),
            PrivateKey::Ed25519(_) => der::sequence(&[&object(oid::ED25519)]),
            _ => der::sequence(&[&object(oid::ECDSA_WITH_SHA256)]),
        }
    }

    /// Signs a text; the same key and text always give the same signature, where the world keeps none.
    pub(super) fn sign(&self, world: &dyn World, text: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            PrivateKey::Rsa(key) => {
                let bits = key.n().bits();
                if bits < MIN_RSA_BITS {
                    let more = "https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size";
                    return Err(format!("crypto/rsa: {bits}-bit keys are insecure (see {more})"));
                }
                let mut refused = None;
                let search = Search {
                    find: &mut |_| {
                        rsa_signature(key, text).map_err(|problem| refused = Some(problem)).unwrap_or_default()
                    },
                    noise: &mut |random| {
                        let mut noise = vec![0; key.size()];
                        random(&mut noise);
                        noise
                    },
                };
                let signature = world.costly(&name_of_signature(key.size()), search);
                refused.map_or(Ok(signature), Err)
            }
            PrivateKey::P256(key) => {
                let signature: p256::ecdsa::DerSignature = key.try_sign(text).map_err(|problem| problem.to_string())?;
                Ok(signature.as_bytes().to_vec())
            }
            PrivateKey::Ed25519(key) => {
                let signature = ed25519_dalek::Signer::try_sign(&**key, text).map_err(|problem| problem.to_string())?;
                Ok(signature.to_bytes().to_vec())
            }
            PrivateKey::Dsa(_) | PrivateKey::OtherCurve(_) => self.public().map(|_| Vec::new()),
        }
    }
}

fn rsa_signature(key: &RsaPrivateKey, text: &[u8]) -> Result<Vec<u8>, String> {
    let digest = Sha256::digest(text);
    if let Some(signature) = crt::sign(key, &[&SHA256_PREFIX[..], &digest].concat()) {
        return Ok(signature);
    }
    let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: Box::new(SHA256_PREFIX) };
    key.sign(scheme, &digest).map_err(|problem| problem.to_string())
}

fn pkcs1(key: &RsaPrivateKey) -> Vec<u8> {
    let write = |number: &BigUint| der::unsigned(&number.to_bytes_be());
    let one = BigUint::from(1_u8);
    let [p, q] = key.primes() else { return Vec::new() };
    let (dp, dq) = (key.d() % (p - &one), key.d() % (q - &one));
    let inverse = key.crt_coefficient().unwrap_or_default();
    let numbers = [key.n(), key.e(), key.d(), p, q, &dp, &dq, &inverse].map(write);
    der::element(tag::SEQUENCE, &[der::unsigned(&[]), numbers.concat()].concat())
}

fn sec1(private: &[u8], curve: &[u8], public: &[u8]) -> Vec<u8> {
    let parameters = der::element(tag::explicit(0), &der::element(tag::OBJECT, curve));
    let public = der::element(tag::explicit(1), &der::bits(public));
    der::sequence(&[&der::unsigned(&[1]), &der::element(tag::OCTET_STRING, private), &parameters, &public])
}

/// Reads a key as Sprig does: PKCS#8, PKCS#1, SEC 1 or OpenSSL's DSA form, by the type of the block.
pub(crate) fn parse_pem(text: &[u8]) -> Result<PrivateKey, String> {
    let Some(block) = pem::decode(text) else { return Err("no PEM data in input".into()) };
    let kind = block.kind.as_str();
    if kind == "PRIVATE KEY" {
        return parse_pkcs8(&block.bytes).map_err(|problem| format!("decoding PEM as PKCS#8: {problem}"));
    }
    let Some(kind) = kind.strip_suffix(" PRIVATE KEY") else {
        return Err(format!("no private key data in PEM block of type {kind}"));
    };
    match kind {
        "RSA" => parse_pkcs1(&block.bytes).map_err(|problem| format!("parsing RSA private key from PEM: {problem}")),
        "EC" => parse_sec1(None, &block.bytes).map_err(|problem| format!("parsing EC private key from PEM: {problem}")),
        "DSA" => parse_dsa(&block.bytes).map_err(|problem| format!("parsing DSA private key from PEM: {problem}")),
        _ => Err(format!("invalid private key type {kind}")),
    }
}

/// Go's word for bytes that are not the structure they should be.
const MALFORMED: &str = "asn1: structure error: tags don't match";

/// Reads a key in PKCS#8.
pub(crate) fn parse_pkcs8(bytes: &[u8]) -> Result<PrivateKey, String> {
    let parts = |bytes| {
        let mut fields = Reader(Reader(bytes).read(tag::SEQUENCE)?);
        fields.read(tag::INTEGER)?;
        let mut algorithm = Reader(fields.read(tag::SEQUENCE)?);
        Some((algorithm.read(tag::OBJECT)?, algorithm, fields.read(tag::OCTET_STRING)?))
    };
    let Some((algorithm, mut parameters, key)) = parts(bytes) else {
        return Err(other_form(bytes).unwrap_or(MALFORMED).into());
    };
    match algorithm {
        oid::RSA => parse_pkcs1(key)
            .map_err(|problem| format!("x509: failed to parse RSA private key embedded in PKCS#8: {problem}")),
        oid::EC => parse_sec1(parameters.read(tag::OBJECT), key)
            .map_err(|problem| format!("x509: failed to parse EC private key embedded in PKCS#8: {problem}")),
        oid::ED25519 if !parameters.is_empty() => Err("x509: invalid Ed25519 private key parameters".into()),
        oid::ED25519 => {
            let seed = Reader(key).read(tag::OCTET_STRING);
            let seed = seed.ok_or_else(|| format!("x509: invalid Ed25519 private key: {MALFORMED}"))?;
            let length = |_| format!("x509: invalid Ed25519 private key length: {}", seed.len());
            let seed: &[u8; 32] = seed.try_into().map_err(length)?;
            Ok(PrivateKey::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed))))
        }
        _ => {
            let algorithm = dotted(algorithm);
            Err(format!("x509: PKCS#8 wrapping contained private key with unknown algorithm: {algorithm}"))
        }
    }
}

/// Go's hint where a key has another form than its block says.
fn other_form(bytes: &[u8]) -> Option<&'static str> {
    let mut fields = Reader(Reader(bytes).read(tag::SEQUENCE)?);
    fields.read(tag::INTEGER)?;
    Some(match fields.peek()? {
        tag::OCTET_STRING => "x509: failed to parse private key (use ParseECPrivateKey instead for this key format)",
        tag::INTEGER => "x509: failed to parse private key (use ParsePKCS1PrivateKey instead for this key format)",
        tag::SEQUENCE => "x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key format)",
        _ => return None,
    })
}

/// An object identifier with dots.
fn dotted(object: &[u8]) -> String {
    let mut parts: Vec<u128> = Vec::new();
    let mut number = 0_u128;
    for byte in object {
        number = number << 7 | u128::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if parts.is_empty() {
                let first = (number / 40).min(2);
                parts.push(first);
                number -= first * 40;
            }
            parts.push(std::mem::take(&mut number));
        }
    }
    parts.iter().map(u128::to_string).collect::<Vec<_>>().join(".")
}

fn parse_pkcs1(bytes: &[u8]) -> Result<PrivateKey, String> {
    let numbers = |bytes| {
        let mut outer = Reader(bytes);
        let mut fields = Reader(outer.read(tag::SEQUENCE)?);
        let version = fields.unsigned()?;
        let numbers: Option<Vec<BigUint>> = (0..5).map(|_| fields.unsigned().map(BigUint::from_bytes_be)).collect();
        Some((version, numbers?, outer.is_empty()))
    };
    let Some((version, numbers, whole)) = numbers(bytes) else {
        return Err(other_form(bytes).unwrap_or(MALFORMED).into());
    };
    if !whole {
        return Err("asn1: syntax error: trailing data".into());
    }
    if version.len() > 1 || version.first().is_some_and(|version| *version > 1) {
        return Err("x509: unsupported private key version".into());
    }
    if numbers.iter().any(|number| number.bits() == 0) {
        return Err("x509: private key contains zero or negative value".into());
    }
    let Ok([n, e, d, p, q]) = <[BigUint; 5]>::try_from(numbers) else { return Err(MALFORMED.into()) };
    if [&n, &e, &d, &p, &q].iter().any(|number| number.bits() > MAX_RSA_BITS) {
        return Err(format!("crypto/rsa: keys of more than {MAX_RSA_BITS} bits are not supported"));
    }
    let key = RsaPrivateKey::from_components(n, e, d, vec![p, q]);
    key.map(|key| PrivateKey::Rsa(Box::new(key))).map_err(|_| "crypto/rsa: invalid private key".into())
}

fn parse_sec1(curve: Option<&[u8]>, bytes: &[u8]) -> Result<PrivateKey, String> {
    let parts = |bytes| {
        let mut fields = Reader(Reader(bytes).read(tag::SEQUENCE)?);
        let version = fields.unsigned()?;
        let private = fields.read(tag::OCTET_STRING)?;
        let own = fields.read(tag::explicit(0)).and_then(|parameters| Reader(parameters).read(tag::OBJECT));
        Some((version, private, own))
    };
    let Some((version, mut private, own)) = parts(bytes) else {
        let other = other_form(bytes).map(str::to_owned);
        return Err(other.unwrap_or_else(|| format!("x509: failed to parse EC private key: {MALFORMED}")));
    };
    if version != [1] {
        let version = version.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        return Err(format!("x509: unknown EC private key version {version}"));
    }
    let curve = curve.or(own).unwrap_or_default();
    let size = match curve {
        oid::P224 => 28,
        oid::P256 => 32,
        oid::P384 => 48,
        oid::P521 => 66,
        _ => return Err("x509: unknown elliptic curve".into()),
    };
    // Leading zeros too many or too few are forgiven.
    while private.len() > size {
        let [0, rest @ ..] = private else { return Err("x509: invalid private key length".into()) };
        private = rest;
    }
    if curve != oid::P256 {
        return Ok(PrivateKey::OtherCurve(bytes.to_vec()));
    }
    let mut scalar = [0; 32];
    scalar[32 - private.len()..].copy_from_slice(private);
    let key = p256::ecdsa::SigningKey::from_slice(&scalar);
    key.map(|key| PrivateKey::P256(Box::new(key))).map_err(|_| "crypto/ecdsa: invalid private key".into())
}

fn parse_dsa(bytes: &[u8]) -> Result<PrivateKey, String> {
    let fields = Reader(bytes).read(tag::SEQUENCE);
    let numbers =
        fields.map(Reader).and_then(|mut fields| (0..6).map(|_| fields.unsigned().map(der::unsigned)).collect());
    let numbers: Vec<Vec<u8>> = numbers.ok_or(MALFORMED)?;
    Ok(PrivateKey::Dsa(der::element(tag::SEQUENCE, &numbers.concat())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::FixedWorld;

    #[test]
    fn changed_keys_are_refused_or_read() {
        let world = FixedWorld::new(0, 3);
        let small = rsa::<4>(&world).unwrap();
        let keys = [small, generate(&world, b"ecdsa").unwrap(), generate(&world, b"ed25519").unwrap()];
        for key in keys {
            let text = key.to_pem();
            assert_eq!(parse_pem(text.as_bytes()).map(|key| key.to_pem()), Ok(text.clone()));
            let block = pem::decode(text.as_bytes()).unwrap();
            for at in 0..block.bytes.len() {
                for change in [1, 0x80, 0xff] {
                    let mut bytes = block.bytes.clone();
                    bytes[at] ^= change;
                    for kind in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"] {
                        if let Ok(key) = parse_pem(pem::encode(kind, &bytes).as_bytes()) {
                            let _ = (key.to_pem(), key.sign(&world, b"text"));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn known_primes_make_keys_without_a_search() {
        let world = world_of_known_keys();
        for words in [16, 32] {
            let primes = world.costly(
                &name_of_primes(words),
                Search { find: &mut |_| panic!("unknown primes"), noise: &mut |_| Vec::new() },
            );
            assert_eq!(primes.len(), 16 * words);
        }
        for (key, bits) in [(rsa::<16>(&world), 2048), (rsa::<32>(&world), 4096)] {
            let Ok(PrivateKey::Rsa(key)) = key else { panic!("no key of {bits} bits") };
            assert_eq!(key.n().bits(), bits);
            assert_eq!(key.validate(), Ok(()));
            assert!(key.primes().iter().all(is_prime), "{bits} bits");
            let kept = world.costly(
                &name_of_signature(key.size()),
                Search { find: &mut |_| panic!("unknown signature"), noise: &mut |_| Vec::new() },
            );
            assert_eq!(PrivateKey::Rsa(key).sign(&world, b"text"), Ok(kept));
        }
    }

    #[test]
    fn noise_has_the_shape_of_keys_and_can_be_read() {
        let world = crate::world::FixedWorld::new(0, 3);
        for _ in 0..20 {
            let [p, q] = prime::noise_pair::<16>(&mut |out| world.random(out)).map(|number| prime::to_bytes(&number));
            let [p, q] = [p, q].map(|bytes| BigUint::from_bytes_be(&bytes));
            let key = RsaPrivateKey::from_p_q(p, q, BigUint::from(prime::EXPONENT)).unwrap();
            assert_eq!(key.n().bits(), 2048);
            let pem = PrivateKey::Rsa(Box::new(key)).to_pem();
            assert!(parse_pem(pem.as_bytes()).is_ok());
        }
    }

    /// Fermat's test, which composites that were not made to pass it do not pass.
    fn is_prime(number: &BigUint) -> bool {
        let one = BigUint::from(1_u8);
        [2_u8, 3, 5, 7].iter().all(|base| BigUint::from(*base).modpow(&(number - &one), number) == one)
    }

    #[test]
    fn errors_are_those_of_sprig() {
        let refused = |kind: &str, bytes: &[u8]| parse_pem(pem::encode(kind, bytes).as_bytes()).err().unwrap();
        let world = FixedWorld::new(0, 3);
        let form =
            |key: &str| pem::decode(generate(&world, key.as_bytes()).unwrap().to_pem().as_bytes()).unwrap().bytes;
        let other = "parsing RSA private key from PEM: x509: failed to parse private key";
        let wanted = format!("{other} (use ParseECPrivateKey instead for this key format)");
        assert_eq!(refused("RSA PRIVATE KEY", &form("ecdsa")), wanted);
        let wanted = format!("{other} (use ParsePKCS8PrivateKey instead for this key format)");
        assert_eq!(refused("RSA PRIVATE KEY", &form("ed25519")), wanted);
        assert_eq!(refused("FOO PRIVATE KEY", &[]), "invalid private key type FOO");
        assert_eq!(dotted(oid::P256), "1.2.840.10045.3.1.7");
        let weak = rsa::<4>(&world).unwrap().sign(&world, b"text").err().unwrap();
        let more = "https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size";
        assert_eq!(weak, format!("crypto/rsa: 512-bit keys are insecure (see {more})"));
    }
}
