//! DSA key pairs, which Sprig can make but no certificate can hold.

use super::der;
use super::prime::{self, Random};
use rsa::BigUint;

/// Limbs of the larger prime: 2,048 bits.
const L: usize = 32;
/// Limbs of the smaller prime: 256 bits.
const N: usize = 4;

/// Makes parameters of 2048 and 256 bits and a key pair, and writes them as OpenSSL does.
pub(super) fn generate(random: Random<'_>) -> Vec<u8> {
    let (p, q) = parameters(random);
    let one = BigUint::from(1_u8);
    let exponent = (&p - &one) / &q;
    let mut base = BigUint::from(2_u8);
    let g = loop {
        let g = base.modpow(&exponent, &p);
        if g != one {
            break g;
        }
        base += &one;
    };
    let x = loop {
        let x = BigUint::from_bytes_be(&prime::to_bytes(&prime::number::<N>(random)));
        if x != BigUint::from(0_u8) && x < q {
            break x;
        }
    };
    let y = g.modpow(&x, &p);
    let write = |number: &BigUint| der::unsigned(&number.to_bytes_be());
    der::sequence(&[&der::unsigned(&[]), &write(&p), &write(&q), &write(&g), &write(&y), &write(&x)])
}

/// Two primes of which the smaller divides the larger less one.
fn parameters(random: Random<'_>) -> (BigUint, BigUint) {
    let one = BigUint::from(1_u8);
    loop {
        let q = BigUint::from_bytes_be(&prime::to_bytes(&prime::generate::<N>(random)));
        for _ in 0..4 * 64 * L {
            let mut start = prime::number::<L>(random);
            start[L - 1] |= 1 << 63;
            let start = BigUint::from_bytes_be(&prime::to_bytes(&start));
            let p = &start - &start % (&q + &q) + &one;
            if let Some(limbs) = limbs(&p).filter(|limbs| limbs[L - 1] >> 63 == 1)
                && prime::is_prime(&limbs, random)
            {
                return (p, q);
            }
        }
    }
}

fn limbs(number: &BigUint) -> Option<[u64; L]> {
    let bytes = number.to_bytes_le();
    let mut limbs = [0; L];
    if bytes.len() > 8 * L {
        return None;
    }
    for (at, byte) in bytes.iter().enumerate() {
        limbs[at / 8] |= u64::from(*byte) << (8 * (at % 8));
    }
    Some(limbs)
}
