//! Keys, payload and signature in `provenance/cosign/` were made by sigstore's own Go library (sigstore 1.9.5,
//! go-securesystemslib), with the passphrase below; the keys on P-384 by OpenSSL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chartwright::diagnostic::{Error, ErrorKind};
use chartwright::provenance::cosign::{self, PublicKey, SignatureImage, SigningKey};
use chartwright::world::FixedWorld;

const ENCRYPTED: &str = include_str!("cosign/encrypted.pem");
const PLAIN: &str = include_str!("cosign/plain.pem");
const SEC1: &str = include_str!("cosign/sec1.pem");
const PUBLIC: &str = include_str!("cosign/pub.pem");
const PAYLOAD: &[u8] = include_bytes!("cosign/payload.json");
const SIGNATURE: &str = include_str!("cosign/signature.txt");
const PASSPHRASE: &[u8] = b"correct horse";
const DIGEST: &str = "sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f";
const REFERENCE: &str = "oci://registry.example:5000/charts/shop:1.2.3";

fn public() -> PublicKey {
    PublicKey::from_pem(PUBLIC.as_bytes()).expect("a key")
}

fn key() -> SigningKey {
    SigningKey::from_pem(PLAIN.as_bytes(), None).expect("a key")
}

fn text<T>(outcome: Result<T, Error>) -> String {
    outcome.err().expect("an error").to_string()
}

#[test]
fn sigstores_signature_is_valid() {
    let claim = cosign::verify(DIGEST, PAYLOAD, SIGNATURE, &public()).expect("a valid signature");
    assert_eq!((claim.reference.as_str(), claim.digest.as_str()), ("registry.example:5000/charts/shop", DIGEST));
}

#[test]
fn payload_is_byte_for_byte_sigstores() {
    let signed = cosign::sign(DIGEST, REFERENCE, &key()).expect("signs");
    assert_eq!(signed.payload, PAYLOAD);
    assert_eq!(signed.annotations["dev.cosignproject.cosign/signature"], signed.signature);
    cosign::verify(DIGEST, &signed.payload, &signed.signature, &public()).expect("a valid signature");
    assert_eq!(signed, cosign::sign(DIGEST, REFERENCE, &key()).expect("signs"));
}

#[test]
fn every_form_of_the_key_is_read() {
    for (file, passphrase) in [(PLAIN, None), (SEC1, None), (ENCRYPTED, Some(PASSPHRASE))] {
        assert_eq!(SigningKey::is_encrypted(file.as_bytes()), passphrase.is_some());
        let key = SigningKey::from_pem(file.as_bytes(), passphrase).expect("a key");
        assert_eq!(key.public_key(), public());
        assert_eq!(key.public_key().to_pem(), PUBLIC);
    }
}

#[test]
fn encrypted_key_is_written_as_it_is_read() {
    let world = FixedWorld::new(0, 7);
    let key = SigningKey::generate(&world);
    let file = key.to_encrypted_pem(b"secret", &world).expect("a file");
    let back = SigningKey::from_pem(file.as_bytes(), Some(b"secret")).expect("a key");
    assert_eq!(back.public_key(), key.public_key());
}

#[test]
fn whatever_is_not_right_is_refused() {
    let other = format!("sha256:{}", "0".repeat(64));
    let signed = cosign::sign(&other, REFERENCE, &key()).expect("signs");
    let wanted = format!("signature of `{DIGEST}` is not valid: it signs another manifest, `{other}`");
    assert_eq!(text(cosign::verify(DIGEST, &signed.payload, &signed.signature, &public())), wanted);

    let stranger = SigningKey::generate(&FixedWorld::new(0, 1)).public_key();
    assert!(text(cosign::verify(DIGEST, PAYLOAD, SIGNATURE, &stranger)).contains("not made with this key"));
    for at in 0..PAYLOAD.len() {
        let mut changed = PAYLOAD.to_vec();
        changed[at] ^= 1;
        assert!(cosign::verify(DIGEST, &changed, SIGNATURE, &public()).is_err(), "byte {at}");
    }
    for signature in ["", "====", "AAAA", &SIGNATURE[4..], &"A".repeat(5000)] {
        assert!(cosign::verify(DIGEST, PAYLOAD, signature, &public()).is_err(), "{signature:.20}");
    }
    assert!(cosign::verify(DIGEST, &vec![b' '; 2 << 20], SIGNATURE, &public()).is_err());
}

#[test]
fn signed_payload_of_another_type_is_refused() {
    // A signature over some other document of the same signer must not pass for one over a manifest.
    let odd = |payload: &str| {
        use p256::ecdsa::signature::Signer;
        let block: String = PLAIN.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(block).expect("base64");
        let at = der.windows(2).position(|two| two == [4, 32]).expect("the private number") + 2;
        let key = p256::ecdsa::SigningKey::from_slice(&der[at..at + 32]).expect("a number");
        let signed: p256::ecdsa::DerSignature = key.sign(payload.as_bytes());
        text(cosign::verify(DIGEST, payload.as_bytes(), &STANDARD.encode(signed.as_bytes()), &public()))
    };
    let payload = String::from_utf8_lossy(PAYLOAD);
    let kind = odd(&payload.replace("cosign container image signature", "something else"));
    assert!(kind.ends_with("found `something else`"), "{kind}");
    assert!(odd("{}").contains("its payload is broken: missing field `critical`"));
    assert!(odd(&"[".repeat(100_000)).contains("its payload is broken"));
}

#[test]
fn broken_keys_are_refused() {
    let read = |file: &str, passphrase: Option<&[u8]>| SigningKey::from_pem(file.as_bytes(), passphrase);
    let missing = read(ENCRYPTED, None).expect_err("needs a passphrase");
    assert_eq!(missing.to_string(), "key is encrypted and needs a passphrase");
    assert!(text(read(ENCRYPTED, Some(b"wrong"))).contains("the passphrase is wrong"));
    for file in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", PUBLIC] {
        assert!(read(file, None).is_err(), "{file}");
    }
    let other = "expected a key for ECDSA on the curve P-256";
    assert!(text(read(include_str!("cosign/p384.pem"), None)).contains(other));
    assert!(text(PublicKey::from_pem(include_bytes!("cosign/p384.pub.pem"))).contains(other));
    assert!(text(PublicKey::from_pem(PLAIN.as_bytes())).contains("found `PRIVATE KEY`"));
    assert_eq!(read(&"x".repeat(1 << 20), None).expect_err("too large").kind(), ErrorKind::Limit);
}

#[test]
fn key_that_asks_for_too_much_is_refused() {
    for (n, r, p) in [(1_u64 << 30, 8, 1), (1 << 62, 8, 1), (65_536, 8, 1000), (65_536, u32::MAX, 1)] {
        let json = format!(
            r#"{{"kdf":{{"name":"scrypt","params":{{"N":{n},"r":{r},"p":{p}}},"salt":"AAAA"}},"cipher":{{"name":"nacl/secretbox","nonce":"{}"}},"ciphertext":"AAAA"}}"#,
            STANDARD.encode([0; 24])
        );
        let kind = "ENCRYPTED COSIGN PRIVATE KEY";
        let file = format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(json));
        let error = SigningKey::from_pem(file.as_bytes(), Some(b"x")).expect_err("too much");
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
}

#[test]
fn image_announces_its_signatures() {
    let signed = cosign::sign(DIGEST, REFERENCE, &key()).expect("signs");
    let image = SignatureImage::new(std::slice::from_ref(&signed)).expect("an image");
    let layers = cosign::layers(&image.manifest).expect("layers");
    assert_eq!(layers.len(), 1);
    assert_eq!((layers[0].size, layers[0].signature.as_str()), (PAYLOAD.len() as u64, signed.signature.as_str()));
    assert!(layers[0].digest.starts_with("sha256:"));
    assert!(cosign::layers(b"{}").is_err() && cosign::layers(&vec![b' '; 5 << 20]).is_err());
}
