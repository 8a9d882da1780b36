//! NaCl's `crypto_secretbox_xsalsa20poly1305`, as far as an encrypted key file needs it: opening and sealing.

use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};

/// Bytes of the key.
pub(super) const KEY: usize = 32;
/// Bytes of the nonce.
pub(super) const NONCE: usize = 24;
/// Bytes in front of the encrypted text.
const TAG: usize = 16;

/// Decrypts a box; `None` where key, nonce or box do not belong together.
pub(super) fn open(key: &[u8; KEY], nonce: &[u8; NONCE], sealed: &[u8]) -> Option<Vec<u8>> {
    let (tag, text) = sealed.split_at_checked(TAG)?;
    let (mut stream, authenticator) = start(key, nonce);
    let computed = authenticator.compute_unpadded(text);
    // All bytes are looked at whatever they are, so that the time tells nothing.
    let different = computed.iter().zip(tag).fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
    if different != 0 {
        return None;
    }
    let mut text = text.to_vec();
    stream.apply_keystream(&mut text);
    Some(text)
}

/// Encrypts a text.
pub(super) fn seal(key: &[u8; KEY], nonce: &[u8; NONCE], text: &[u8]) -> Vec<u8> {
    let (mut stream, authenticator) = start(key, nonce);
    let mut text = text.to_vec();
    stream.apply_keystream(&mut text);
    let mut sealed = authenticator.compute_unpadded(&text).to_vec();
    sealed.append(&mut text);
    sealed
}

/// The stream behind its first 32 bytes, which are the authenticator's key.
fn start(key: &[u8; KEY], nonce: &[u8; NONCE]) -> (XSalsa20, Poly1305) {
    let mut stream = XSalsa20::new(key.into(), nonce.into());
    let mut first = [0; 32];
    stream.apply_keystream(&mut first);
    (stream, Poly1305::new(&first.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_box_opens() {
        let (key, nonce) = ([7; KEY], [9; NONCE]);
        let sealed = seal(&key, &nonce, b"a private key");
        assert_eq!(open(&key, &nonce, &sealed).as_deref(), Some(&b"a private key"[..]));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&key, &nonce, &changed), None);
        }
        assert_eq!(open(&[8; KEY], &nonce, &sealed), None);
        assert_eq!(open(&key, &nonce, &sealed[..15]), None);
    }
}
