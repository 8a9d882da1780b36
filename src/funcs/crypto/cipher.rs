//! `encryptAES` and `decryptAES`: AES-256 in CBC mode, the key cut or filled to 32 bytes.

use crate::diagnostic::Fault;
use crate::funcs::encoding::decode_base64;
use crate::template::func::{Args, Outcome};
use crate::value::Value;
use crate::world::World;
use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BLOCK: usize = 16;

fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    Aes256::new(&key.into())
}

pub(super) fn encrypt(world: &dyn World, args: Args<'_>) -> Outcome {
    let (password, plain) = (args.text(0)?, args.text(1)?);
    if plain.is_empty() {
        return Ok(Value::str(""));
    }
    let padding = BLOCK - plain.len() % BLOCK;
    let mut out = vec![0; BLOCK];
    world.random(&mut out);
    out.extend_from_slice(plain);
    out.extend(std::iter::repeat_n(padding as u8, padding));
    let cipher = cipher(password);
    let mut before: [u8; BLOCK] = out[..BLOCK].try_into().unwrap_or_default();
    for block in out[BLOCK..].chunks_exact_mut(BLOCK) {
        block.iter_mut().zip(before).for_each(|(byte, before)| *byte ^= before);
        let mut mixed: [u8; BLOCK] = (&*block).try_into().unwrap_or_default();
        cipher.encrypt_block((&mut mixed).into());
        block.copy_from_slice(&mixed);
        before = mixed;
    }
    Ok(Value::from(STANDARD.encode(out)))
}

/// Decrypts; texts that no encryption made end in the panics that Go has for them.
pub(super) fn decrypt(args: Args<'_>) -> Outcome {
    let (password, text) = (args.text(0)?, args.text(1)?);
    if text.is_empty() {
        return Ok(Value::str(""));
    }
    let bytes = decode_base64(text).map_err(|at| format!("illegal base64 data at input byte {at}"))?;
    // Go decodes into a buffer for whole groups and may look past what it filled.
    let capacity = text.len() / 4 * 3;
    let panic = |what: String| Err(Fault::new(format!("runtime error: {what}")));
    if capacity < BLOCK {
        return panic(format!("slice bounds out of range [:{BLOCK}] with capacity {capacity}"));
    }
    let Some((first, rest)) = bytes.split_at_checked(BLOCK) else {
        return panic(format!("slice bounds out of range [{BLOCK}:{}]", bytes.len()));
    };
    if rest.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let cipher = cipher(password);
    let mut before: [u8; BLOCK] = first.try_into().unwrap_or_default();
    let mut plain = Vec::with_capacity(rest.len());
    for block in rest.chunks_exact(BLOCK) {
        let own: [u8; BLOCK] = block.try_into().unwrap_or_default();
        let mut mixed = own;
        cipher.decrypt_block((&mut mixed).into());
        plain.extend(mixed.iter().zip(before).map(|(byte, before)| byte ^ before));
        before = own;
    }
    let Some(padding) = plain.last().map(|padding| usize::from(*padding)) else {
        return panic("index out of range [-1]".into());
    };
    match plain.len().checked_sub(padding) {
        Some(length) => plain.truncate(length),
        None => return panic(format!("slice bounds out of range [:-{}]", padding - plain.len())),
    }
    Ok(Value::from(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::FixedWorld;

    fn decrypted(password: &str, text: &str) -> String {
        let outcome = decrypt(Args(&[Value::str(password), Value::str(text)]));
        outcome.map_or_else(|fault| fault.message().to_owned(), |value| value.as_str().unwrap().to_string())
    }

    #[test]
    fn what_is_encrypted_is_decrypted() {
        let world = FixedWorld::new(0, 3);
        let long = "key that is longer than thirty-two bytes";
        for (password, plain) in [("key", "x"), (long, "0123456789abcdef"), ("", "héllo ☃ and more than a block")] {
            let text = encrypt(&world, Args(&[Value::str(password), Value::str(plain)])).unwrap();
            assert_eq!(decrypted(password, text.as_str().unwrap().to_str().unwrap()), plain);
        }
        assert_eq!(decrypted("key", ""), "");
    }

    // The first recorded from Helm, the others from Go.
    #[test]
    fn other_texts_end_in_go_s_panics() {
        let bounds = "runtime error: slice bounds out of range [:16] with capacity 3";
        assert_eq!(decrypted("key", "nope"), bounds);
        assert_eq!(decrypted("key", "no"), "illegal base64 data at input byte 0");
        assert_eq!(decrypted("key", "AAAAAAAAAAAAAAAAAAAAAA=="), "runtime error: index out of range [-1]");
        assert_eq!(decrypted("key", "AAAAAAAAAAAAAAAAAAAAAAAA"), "crypto/cipher: input not full blocks");
    }
}
