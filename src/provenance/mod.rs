//! Who made a chart: signatures are written and checked here, and every check fails closed.
//!
//! A `.prov` file is a readable text, the chart's metadata and the digest of its archive, with an OpenPGP signature
//! beneath it; [`Keyring`] holds the keys, [`sign`] writes such a file, [`verify`] checks one. The reference is Helm's
//! `pkg/provenance` of version 4.3.1 with the library below it, whose texts the errors are.
//!
//! [`cosign`] signs the manifest of an OCI artifact with a local key, in the format of sigstore's cosign. No network is
//! used; whoever pushes or pulls brings the bytes.

mod armor;
mod clearsign;
pub mod cosign;
mod entity;
mod keybox;
mod keyring;
mod message;
mod packets;
mod secret;
mod secretbox;
mod verify;

pub use keyring::Keyring;
pub use message::{sign, sign_text};
pub use secret::SecretKey;
pub use verify::{SignedText, Verification, verify, verify_file, verify_text};

use sha2::{Digest, Sha256};

/// The digest of some bytes: `sha256:` and 64 digits.
fn digest_of(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}
