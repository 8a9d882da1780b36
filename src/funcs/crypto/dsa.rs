//! DSA key pairs, which Sprig can make but no certificate can hold.

use super::der;
use num_bigint_dig::BigUint;
use num_bigint_dig::prime::probably_prime;

const L: usize = 2048;
const N: usize = 256;
/// Rounds of Miller and Rabin's test.
const ROUNDS: usize = 20;

/// Makes parameters of 2048 and 256 bits and a key pair, and writes them as OpenSSL does.
pub(super) fn generate(random: &mut dyn FnMut(&mut [u8])) -> Vec<u8> {
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
        let x = number(random, N);
        if x != BigUint::from(0_u8) && x < q {
            break x;
        }
    };
    let y = g.modpow(&x, &p);
    let write = |number: &BigUint| der::unsigned(&number.to_bytes_be());
    der::sequence(&[&der::unsigned(&[]), &write(&p), &write(&q), &write(&g), &write(&y), &write(&x)])
}

/// Two primes of which the smaller divides the larger less one.
fn parameters(random: &mut dyn FnMut(&mut [u8])) -> (BigUint, BigUint) {
    let one = BigUint::from(1_u8);
    loop {
        let q = odd_number(random, N);
        if !probably_prime(&q, ROUNDS) {
            continue;
        }
        for _ in 0..4 * L {
            let mut p = odd_number(random, L);
            let surplus = &p % &q;
            p = p + &one - surplus;
            if p.bits() == L && probably_prime(&p, ROUNDS) {
                return (p, q);
            }
        }
    }
}

fn number(random: &mut dyn FnMut(&mut [u8]), bits: usize) -> BigUint {
    let mut bytes = vec![0; bits / 8];
    random(&mut bytes);
    BigUint::from_bytes_be(&bytes)
}

/// An odd number of exactly so many bits.
fn odd_number(random: &mut dyn FnMut(&mut [u8]), bits: usize) -> BigUint {
    let mut bytes = vec![0; bits / 8];
    random(&mut bytes);
    if let [first, .., last] = &mut bytes[..] {
        *first |= 0x80;
        *last |= 1;
    }
    BigUint::from_bytes_be(&bytes)
}
