//! Keys in `provenance/openpgp/` were made by GnuPG 2.2; `*.helm4.prov` were signed by Helm 4.3.1, `*.helm3.prov` by
//! Helm 3.22.0 and `*.gpg.prov` by `gpg --clearsign`. The errors are those of `helm verify` 4.3.1 for the same files.

use chartwright::chart::{Chart, Compat, LoadOptions, Notices};
use chartwright::diagnostic::ErrorKind;
use chartwright::provenance::{self, Keyring, SecretKey, Verification};
use chartwright::world::Timestamp;
use std::path::{Path, PathBuf};

/// 2027-01-15, when all keys that do not run out are valid.
const NOW: Timestamp = 1_800_000_000 * 1_000_000_000;
const FILE: &str = "c-1.0.0.tgz";
const PASSPHRASE: &[u8] = b"open sesame";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/provenance/openpgp").join(name)
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).expect("a fixture")
}

fn ring(name: &str) -> Keyring {
    Keyring::load(&fixture(name), Compat::Helm43).expect("a keyring")
}

fn verify(prov: &str, keys: &str) -> Result<Verification, String> {
    verify_bytes(&read(FILE), &read(prov), &ring(keys))
}

fn verify_bytes(archive: &[u8], prov: &[u8], ring: &Keyring) -> Result<Verification, String> {
    provenance::verify(archive, prov, FILE, ring, NOW).map_err(|error| error.to_string())
}

fn key(file: &str, name: &str) -> SecretKey {
    let mut key = ring(file).secret_key(name).expect("a key");
    if key.is_locked() {
        key.unlock(PASSPHRASE).expect("the passphrase");
    }
    key
}

/// A `.prov` file of ours for the archive of the fixtures.
fn signed(file: &str, name: &str) -> String {
    let archive = read(FILE);
    let chart = Chart::from_archive(Path::new(FILE), &archive, &LoadOptions::default(), &mut Notices::new());
    let chart = chart.expect("a chart");
    provenance::sign(&archive, FILE, &chart.metadata, &key(file, name), NOW - 1).expect("signs")
}

#[test]
fn what_helm_and_gpg_signed_is_valid() {
    for (prov, key, name) in [
        ("rsa.helm4.prov", "rsa.pub.gpg", "rsa <rsa@example.com>"),
        ("rsa.helm4.prov", "rsa.pub.asc", "rsa <rsa@example.com>"),
        ("rsa.helm4.prov", "two-blocks.asc", "rsa <rsa@example.com>"),
        ("rsa.helm4.prov", "all.kbx", "rsa <rsa@example.com>"),
        ("rsa.gpg.prov", "rsa.pub.gpg", "rsa <rsa@example.com>"),
        ("lockeded.helm4.prov", "lockeded.pub.gpg", "lockeded <lockeded@example.com>"),
        ("lockeded.gpg.prov", "all.kbx", "lockeded <lockeded@example.com>"),
        ("nist.helm4.prov", "nist.pub.gpg", "nist <nist@example.com>"),
        ("dsa.helm4.prov", "dsa.pub.gpg", "dsa <dsa@example.com>"),
        ("subkey.gpg.prov", "subkey.pub.gpg", "subkey <subkey@example.com>"),
        ("subkey.gpg.prov", "all.kbx", "subkey <subkey@example.com>"),
    ] {
        let verified = verify(prov, key).unwrap_or_else(|error| panic!("{prov} with {key}: {error}"));
        assert_eq!(verified.identities, [name]);
        assert_eq!(verified.digest, "sha256:1273bbd2583be97c8bed971b0d82dd0660a00fa3d13f65309cb088885be2ab1e");
    }
    let verified = verify_bytes(&read("helm3.tgz"), &read("rsa.helm3.prov"), &ring("rsa.pub.gpg")).expect("valid");
    assert_eq!(verified.fingerprint, "E3C4B1D025C0980A605634D8AB7F76FB77476535");
    let two = verify("two.helm4.prov", "two.pub.gpg").expect("valid");
    assert_eq!(two.identities.len(), 2, "{two:?}");
}

#[test]
fn what_we_sign_is_helms_text_and_valid() {
    for (file, name, theirs) in [
        ("rsa.sec.gpg", "rsa@example", "rsa.helm4.prov"),
        ("lockeded.sec.gpg", "lockeded <lockeded@example.com>", "lockeded.helm4.prov"),
        ("nist.sec.gpg", "nist", "nist.helm4.prov"),
    ] {
        let ours = signed(file, name);
        let theirs = String::from_utf8(read(theirs)).expect("a text");
        let body = |text: &str| text.split("-----BEGIN PGP SIGNATURE").next().map(str::to_owned);
        assert_eq!(body(&ours), body(&theirs));
        verify_bytes(&read(FILE), ours.as_bytes(), &ring("all.kbx")).expect("valid");
    }
    // RSA and Ed25519 sign without randomness.
    assert_eq!(signed("rsa.sec.gpg", "rsa"), signed("rsa.sec.gpg", "rsa"));
}

#[test]
fn whatever_is_missing_or_wrong_is_refused() {
    for (prov, keys, wanted) in [
        ("rsa.helm4.prov", "nist.pub.gpg", "openpgp: signature made by unknown entity"),
        ("expired.helm4.prov", "expired.pub.gpg", "openpgp: key expired"),
        ("revoked.helm4.prov", "revoked.pub.gpg", "openpgp: signature made by revoked key"),
        ("rsa.pub.gpg", "rsa.pub.gpg", "signature block not found"),
        ("rsa.pub.asc", "rsa.pub.gpg", "signature block not found"),
        (
            "rsa.helm3.prov",
            "rsa.pub.gpg",
            "sha256 sum does not match for c-1.0.0.tgz: \
             \"sha256:76cbb9fa8b2ad0bc27a4b6dd4a2cbd9c80b6e8c2b6b5e0a4c8fa8f9d1d0c0b00\" != \
             \"sha256:1273bbd2583be97c8bed971b0d82dd0660a00fa3d13f65309cb088885be2ab1e\"",
        ),
    ] {
        let error = verify(prov, keys).expect_err(prov);
        let digest = |text: &str| text.split("\"sha256:").next().map(str::to_owned);
        assert_eq!(digest(&error), digest(wanted));
    }
    verify("revoked.helm4.prov", "before-revoked.pub.gpg").expect("valid while nobody knew");
    let error = provenance::verify(&read(FILE), &read("rsa.helm4.prov"), "d-1.0.0.tgz", &ring("rsa.pub.gpg"), NOW);
    let wanted = "provenance does not contain a SHA for a file named \"d-1.0.0.tgz\"";
    assert_eq!(error.expect_err("another name").to_string(), wanted);
}

#[test]
fn signature_is_worth_nothing_before_it_was_made() {
    let before = 1_795_000_000 * 1_000_000_000;
    let error = provenance::verify(&read(FILE), &read("rsa.helm4.prov"), FILE, &ring("rsa.pub.gpg"), before);
    assert_eq!(error.expect_err("too early").to_string(), "openpgp: key expired");
}

#[test]
fn changed_archives_and_texts_are_refused() {
    let (archive, prov, ring) = (read(FILE), read("lockeded.helm4.prov"), ring("lockeded.pub.gpg"));
    for at in 0..archive.len() {
        let mut changed = archive.clone();
        changed[at] ^= 1;
        assert!(verify_bytes(&changed, &prov, &ring).is_err(), "byte {at} of the archive");
    }
    let text_end = prov.windows(10).position(|part| part == b"-----BEGIN").expect("a start");
    let text_end =
        text_end + prov[1..].windows(29).position(|part| part == b"-----BEGIN PGP SIGNATURE-----").expect("one");
    let mut valid = 0;
    for at in 0..text_end {
        for change in [1, 0x20, 0x80] {
            let mut changed = prov.clone();
            changed[at] ^= change;
            valid += usize::from(verify_bytes(&archive, &changed, &ring).is_ok());
        }
    }
    // The header names a hash, `SHA512`, in letters of either case; nothing else may change.
    assert_eq!(valid, 3);
}

#[test]
fn keys_are_found_by_a_part_of_their_name() {
    let error = |file: &str, id: &str| ring(file).secret_key(id).expect_err(id).to_string();
    assert_eq!(error("rsa.sec.gpg", "nobody"), "private key not found");
    assert_eq!(error("rsa.sec.gpg", ""), "private key not found");
    let public = "provided key is not a private key. Try providing a keyring with secret keys";
    assert_eq!(error("rsa.pub.gpg", "rsa"), public);
    assert_eq!(error("all.kbx", "example"), "more than one key contain the id \"example\"");
    assert_eq!(error("two.sec.gpg", "example"), "more than one key contain the id \"example\"");
    assert_eq!(key("two.sec.gpg", "second <second@example.org>").name(), "two <two@example.com>");
}

#[test]
fn passphrases_are_checked() {
    let mut key = ring("lockeded.sec.gpg").secret_key("lockeded").expect("a key");
    assert!(key.is_locked());
    let error = key.unlock(b"wrong").expect_err("another passphrase").to_string();
    assert_eq!(error, "openpgp: invalid data: private key checksum failure");
    let metadata = chartwright::chart::Metadata::default();
    assert!(provenance::sign(b"", FILE, &metadata, &key, NOW).is_err(), "locked keys sign nothing");
    key.unlock(PASSPHRASE).expect("the passphrase");
    assert!(!format!("{key:?}").contains("sesame"));
}

#[test]
fn broken_keyrings_are_refused() {
    let parse =
        |data: &[u8], compat| Keyring::parse(data, "ring", compat).map(|_| ()).map_err(|error| error.to_string());
    let wanted = "openpgp: invalid data: tag byte does not have MSB set".to_owned();
    assert_eq!(parse(b"nope", Compat::Helm43), Err(wanted.clone()));
    assert_eq!(parse(&read("rsa.pub.asc"), Compat::Helm42), Err(wanted));
    assert_eq!(parse(b"", Compat::Helm43), Ok(()));
    let rsa = read("rsa.pub.gpg");
    assert_eq!(parse(&rsa[..rsa.len() - 1], Compat::Helm43), Err("unexpected EOF".to_owned()));
    let armored = b"-----BEGIN PGP MESSAGE-----\n\neA==\n-----END PGP MESSAGE-----\n";
    let wanted = "reading armored keyring ring: expected a public or private key block, got \"PGP MESSAGE\"";
    assert_eq!(parse(armored, Compat::Helm43), Err(wanted.to_owned()));
    let kbx = read("all.kbx");
    assert!(parse(&kbx[..40], Compat::Helm43).is_err());
    assert_eq!(Keyring::parse(&vec![0; 33 << 20], "ring", Compat::Helm43).expect_err("large").kind(), ErrorKind::Limit);
    // A key whose name was changed is no key any more, and others beside it stay.
    let at = rsa.windows(8).position(|part| part == b"rsa <rsa").expect("a name");
    let mut changed = rsa.clone();
    changed[at] = b'R';
    let error = parse(&changed, Compat::Helm43).expect_err("a broken key");
    assert!(error.starts_with("openpgp: invalid data: user ID self-signature invalid"), "{error}");
    changed.extend(read("nist.pub.gpg"));
    assert_eq!(parse(&changed, Compat::Helm43), Ok(()));
}

#[test]
fn files_are_verified_in_helms_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    let check = |name: &str, ring: &str| {
        provenance::verify_file(&place(name), &fixture(ring), Compat::Helm43, NOW).map_err(|error| error.to_string())
    };
    std::fs::create_dir(place("c")).expect("a folder");
    std::fs::write(place(FILE), read(FILE)).expect("a file");
    std::fs::write(place("c.txt"), "x").expect("a file");
    let shown = folder.path().display();
    let missing = |name: &str| format!("stat {shown}/{name}: no such file or directory");
    assert_eq!(check("nope.tgz", "rsa.pub.gpg"), Err(missing("nope.tgz")));
    assert_eq!(check("c", "rsa.pub.gpg"), Err("unpacked charts cannot be verified".to_owned()));
    assert_eq!(check("c.txt", "rsa.pub.gpg"), Err("chart must be a tgz file".to_owned()));
    let wanted = format!("could not load provenance file {shown}/{FILE}.prov: {}", missing(&format!("{FILE}.prov")));
    assert_eq!(check(FILE, "rsa.pub.gpg"), Err(wanted));
    std::fs::write(place("c-1.0.0.tgz.prov"), read("rsa.helm4.prov")).expect("a file");
    let error = check(FILE, "nope.gpg").expect_err("no ring");
    assert!(error.starts_with("failed to load keyring: open ") && error.ends_with(": no such file or directory"));
    check(FILE, "rsa.pub.gpg").expect("valid");
}
