//! RSA signatures modulo both primes at once, by the Chinese remainder theorem (RFC 8017, section 5.1.2).

use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPrivateKey};

/// Bytes of the moduli that are worked on in lanes: two primes of 1,024 bits.
#[cfg(target_arch = "x86_64")]
const BYTES: usize = 256;

/// The PKCS #1 v1.5 signature of a digest with its prefix, for keys of two primes of 1,024 bits on processors that can.
#[cfg(target_arch = "x86_64")]
pub(super) fn sign(key: &RsaPrivateKey, digest: &[u8]) -> Option<Vec<u8>> {
    use super::lanes::{self, Powers};
    let [p, q] = key.primes() else { return None };
    if !lanes::can::<16>() || key.n().bits() != 8 * BYTES {
        return None;
    }
    let primes = [limbs(p)?, limbs(q)?];
    let message = BigUint::from_bytes_be(&padded(digest)?);
    let one = BigUint::from(1_u8);
    let shifted = &message << lanes::radix_bits::<16>() as usize;
    let bases = [residue(&shifted, p)?, residue(&shifted, q)?];
    let exponents = [residue(key.d(), &(p - &one))?, residue(key.d(), &(q - &one))?];
    let lanes = |pair: &[[u64; 16]; 2]| std::array::from_fn(|lane| pair[lane % 2]);
    let wanted = Powers::Each { moduli: &lanes(&primes), bases: &lanes(&bases), exponents: &lanes(&exponents) };
    let [of_p, of_q, ..] = lanes::powers(wanted)?.map(|power| BigUint::from_slice(&halves(&power)));
    // The difference modulo p, kept above zero.
    let difference = (of_p + p - &of_q % p) % p;
    let signature = &of_q + (difference * key.crt_coefficient()? % p) * q;
    // A signature that is wrong would tell the primes.
    let right = signature.modpow(key.e(), key.n()) == message;
    let bytes = signature.to_bytes_be();
    let mut whole = vec![0; BYTES.checked_sub(bytes.len())?];
    whole.extend(bytes);
    right.then_some(whole)
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn sign(_: &RsaPrivateKey, _: &[u8]) -> Option<Vec<u8>> {
    None
}

/// The message that is signed: 0, 1, ones, 0, the digest.
#[cfg(target_arch = "x86_64")]
fn padded(digest: &[u8]) -> Option<Vec<u8>> {
    let ones = BYTES.checked_sub(digest.len() + 3).filter(|ones| *ones >= 8)?;
    Some([&[0, 1][..], &vec![0xff; ones], &[0], digest].concat())
}

/// A number modulo another of at most 1,024 bits.
#[cfg(target_arch = "x86_64")]
fn residue(number: &BigUint, modulus: &BigUint) -> Option<[u64; 16]> {
    words(&(number % modulus))
}

/// An odd number of exactly 1,024 bits.
#[cfg(target_arch = "x86_64")]
fn limbs(number: &BigUint) -> Option<[u64; 16]> {
    words(number).filter(|limbs| limbs[15] >> 63 == 1 && limbs[0] & 1 == 1)
}

#[cfg(target_arch = "x86_64")]
fn words(number: &BigUint) -> Option<[u64; 16]> {
    let bytes = number.to_bytes_le();
    let mut limbs = [0; 16];
    for (at, byte) in bytes.iter().enumerate() {
        *limbs.get_mut(at / 8)? |= u64::from(*byte) << (8 * (at % 8));
    }
    Some(limbs)
}

#[cfg(target_arch = "x86_64")]
fn halves(limbs: &[u64; 16]) -> Vec<u32> {
    limbs.iter().flat_map(|limb| [*limb as u32, (limb >> 32) as u32]).collect()
}

#[cfg(test)]
mod tests {
    use rsa::Pkcs1v15Sign;

    /// PKCS #1 v1.5 signatures have one right value.
    #[test]
    fn signatures_are_those_of_another_implementation() {
        let world = crate::world::FixedWorld::new(0, 21);
        for _ in 0..3 {
            let Ok(super::super::key::PrivateKey::Rsa(key)) = super::super::key::rsa::<16>(&world) else {
                panic!("no key")
            };
            let digest: Vec<u8> = (0..51).collect();
            let Some(signature) = super::sign(&key, &digest) else {
                println!("left out: this processor has no AVX-512 IFMA");
                return;
            };
            let scheme = Pkcs1v15Sign { hash_len: Some(51), prefix: Box::new([]) };
            assert_eq!(signature, key.sign(scheme, &digest).expect("signs"));
        }
    }
}
