//! Digests of contents: `sha256:` and `sha512:` with hexadecimal digits.

use sha2::{Digest as _, Sha256, Sha512};
use std::fmt;

/// A digest that is written as it has to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The sha256 of some bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(format!("sha256:{}", super::super::sha256(bytes)))
    }

    /// Reads a digest; `None` where the algorithm is another one, or the digits are not lower-case hexadecimal.
    pub fn parse(text: &str) -> Option<Digest> {
        let (algorithm, digits) = text.split_once(':')?;
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return None,
        };
        let valid = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (digits.len() == length && valid).then(|| Digest(text.to_owned()))
    }

    /// Whether this is the digest of some bytes.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match self.0.split_once(':') {
            Some(("sha512", digits)) => hex(&Sha512::digest(bytes)) == digits,
            Some((_, digits)) => hex(&Sha256::digest(bytes)) == digits,
            None => false,
        }
    }

    /// The whole text: `sha256:...`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits behind the colon.
    pub fn digits(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, digits)| digits)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
