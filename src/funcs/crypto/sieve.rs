//! Numbers that small primes divide.

use super::prime::inverse;
use std::sync::LazyLock;

/// Odd numbers that one sieve covers.
const WINDOW: usize = 2_048;
/// The sieve knows the primes below this. Four of them have a product below 2^64.
const LIMIT: usize = 1 << 16;

/// Some primes whose product fits into 64 bits, so that one pass over a large number serves all of them.
struct Group {
    primes: [u32; 4],
    product: u64,
    /// The inverse of the product, negated, modulo 2^64.
    inverse: u64,
    /// 2^128 modulo the product.
    square_of_radix: u64,
}

/// The odd primes below [`LIMIT`].
static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| odd_primes(LIMIT).chunks(4).map(Group::new).collect());

/// The odd primes below a limit.
pub(super) fn odd_primes(limit: usize) -> Vec<u32> {
    // Flag `i` belongs to `2 i + 1`.
    let mut composite = vec![false; limit / 2];
    let mut primes = Vec::new();
    for half in 1..limit / 2 {
        if !composite[half] {
            let number = 2 * half + 1;
            primes.push(number as u32);
            composite.iter_mut().skip(number * number / 2).step_by(number).for_each(|flag| *flag = true);
        }
    }
    primes
}

impl Group {
    fn new(some: &[u32]) -> Group {
        let primes = std::array::from_fn(|at| some.get(at).or(some.first()).copied().unwrap_or(3));
        let product = some.iter().map(|prime| u64::from(*prime)).product::<u64>().max(3);
        let square_of_radix = (u128::MAX % u128::from(product)) as u64 + 1;
        Group { primes, product, inverse: inverse(product).wrapping_neg(), square_of_radix }
    }

    /// The number modulo the product, or that plus the product.
    fn remainder<const N: usize>(&self, number: &[u64; N]) -> u64 {
        // Each step divides by 2^64; so many factors of 2^64 are multiplied in again.
        let rest = number.iter().fold(0, |rest, limb| self.reduce(u128::from(*limb) + u128::from(rest)));
        let power = (1..N)
            .fold(self.square_of_radix, |power, _| self.reduce(u128::from(power) * u128::from(self.square_of_radix)));
        self.reduce(u128::from(rest) * u128::from(power))
    }

    /// Montgomery's reduction: a number that is congruent to `wide / 2^64`.
    fn reduce(&self, wide: u128) -> u64 {
        let factor = (wide as u64).wrapping_mul(self.inverse);
        let cleared = u128::from(factor) * u128::from(self.product);
        // The low halves add up to nothing or to 2^64.
        let carry = u64::from(wide as u64 != 0);
        let (sum, over) = ((wide >> 64) as u64).overflowing_add((cleared >> 64) as u64);
        let (sum, also) = sum.overflowing_add(carry);
        if over || also || sum >= self.product { sum.wrapping_sub(self.product) } else { sum }
    }
}

/// Which of the odd numbers from `start` on have a small divisor.
pub(super) fn composites<const N: usize>(start: &[u64; N]) -> Vec<bool> {
    let mut composite = vec![false; WINDOW];
    #[cfg(target_arch = "x86_64")]
    if let Some(distances) = super::lanes::sieve::distances(start) {
        for (prime, distance) in distances {
            mark(&mut composite, distance as usize, prime as usize);
        }
        return composite;
    }
    for group in GROUPS.iter() {
        let rest = group.remainder(start);
        for prime in group.primes {
            let rest = (rest % u64::from(prime)) as usize;
            let prime = prime as usize;
            // start + 2 * first is the first multiple from start on.
            let missing = if rest == 0 { 0 } else { prime - rest };
            let first = if missing.is_multiple_of(2) { missing / 2 } else { (missing + prime) / 2 };
            mark(&mut composite, first, prime);
        }
    }
    composite
}

fn mark(composite: &mut [bool], first: usize, step: usize) {
    let mut at = first;
    while let Some(flag) = composite.get_mut(at) {
        *flag = true;
        at += step;
    }
}

/// Whether one of the first primes divides a number.
pub(super) fn has_small_divisor<const N: usize>(number: &[u64; N]) -> bool {
    GROUPS.iter().take(25).any(|group| {
        let rest = group.remainder(number);
        group.primes.iter().any(|prime| rest % u64::from(*prime) == 0)
    })
}

/// The number modulo a divisor below 2^32.
pub(super) fn remainder<const N: usize>(number: &[u64; N], divisor: u64) -> u64 {
    number.iter().rev().fold(0, |rest, limb| {
        let rest = (rest << 32 | limb >> 32) % divisor;
        (rest << 32 | limb & 0xffff_ffff) % divisor
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_those_of_long_division() {
        let world = crate::world::FixedWorld::new(0, 9);
        let mut random = |out: &mut [u8]| crate::world::World::random(&world, out);
        for number in (0..20).map(|_| super::super::prime::number::<16>(&mut random)).chain([[u64::MAX; 16], [0; 16]]) {
            for group in GROUPS.iter() {
                let rest = group.remainder(&number);
                for prime in group.primes {
                    assert_eq!(rest % u64::from(prime), remainder(&number, u64::from(prime)), "{prime}");
                }
            }
        }
    }

    #[test]
    fn flags_stand_at_multiples() {
        let start = [65_537 * 3 + 2, 0];
        let flags = composites(&start);
        let small =
            |number: u64| (3..1_000).step_by(2).any(|divisor| number.is_multiple_of(divisor) && number != divisor);
        for (step, flag) in flags.iter().enumerate() {
            assert_eq!(*flag, small(start[0] + 2 * step as u64), "{step}");
        }
    }
}
