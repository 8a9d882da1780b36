//! The first multiples of many small primes from a number on, eight primes at once.

use super::{DIGIT, Digits, Ifma, WIDTH, digit_of};
use core::arch::x86_64::__m512i;
use pulp::NullaryFnOnce;
use std::sync::LazyLock;

/// The sieve knows the primes below this: to double it saves a twentieth of the tests and costs as much.
const LIMIT: usize = 1 << 18;
/// Rows that are worked on side by side, because each step waits for the one before.
const AT_ONCE: usize = 4;

/// Eight primes in a row.
type Row = [u32; WIDTH];

/// The odd primes below [`LIMIT`], the last ones filled up with three.
static PRIMES: LazyLock<Vec<[Row; AT_ONCE]>> = LazyLock::new(|| {
    let primes = super::super::sieve::odd_primes(LIMIT);
    let rows = primes.chunks(WIDTH * AT_ONCE).map(|some| {
        std::array::from_fn(|row| std::array::from_fn(|lane| some.get(row * WIDTH + lane).copied().unwrap_or(3)))
    });
    rows.collect()
});
/// What a remainder of a number of 20, or of 40 digits is multiplied with to become a distance.
static WEIGHTS: [LazyLock<Vec<[Row; AT_ONCE]>>; 2] = [LazyLock::new(|| weights(20)), LazyLock::new(|| weights(40))];

/// For each prime `p`, minus one half of `2^(52 (digits + 1))`, modulo `p`.
fn weights(digits: u32) -> Vec<[Row; AT_ONCE]> {
    let exponent = DIGIT * (digits + 1) - 1;
    PRIMES.iter().map(|rows| rows.map(|row| minus_powers_of_two(row, exponent))).collect()
}

/// `-2^exponent` modulo each prime. All numbers stay below 2^53, where doubles are exact.
fn minus_powers_of_two(primes: Row, exponent: u32) -> Row {
    let primes = primes.map(f64::from);
    let rest = |numbers: [f64; WIDTH]| -> [f64; WIDTH] {
        std::array::from_fn(|lane| {
            let times = f64::from((numbers[lane] / primes[lane]) as u32);
            numbers[lane] - times * primes[lane]
        })
    };
    let bits = exponent.ilog2() + 1;
    // The first bits, which make a power that needs no reduction.
    let first = 4.min(bits);
    let mut powers = rest([f64::from(1_u32 << (exponent >> (bits - first))); WIDTH]);
    for bit in (0..bits - first).rev() {
        let factor = f64::from(1 + (exponent >> bit & 1));
        powers = rest(powers.map(|power| power * power * factor));
    }
    std::array::from_fn(|lane| (primes[lane] - powers[lane]) as u32)
}

/// For each prime, how many steps of two lead from an odd number to its first multiple; nothing where the processor
/// cannot, or `N` is not 16 or 32 limbs.
pub(in super::super) fn distances<const N: usize>(number: &[u64; N]) -> Option<Vec<(u32, u32)>> {
    let simd = Ifma::try_new()?;
    match N {
        16 => Some(simd.vectorize(Work::<N, 20> { simd, number, weights: &WEIGHTS[0] })),
        32 => Some(simd.vectorize(Work::<N, 40> { simd, number, weights: &WEIGHTS[1] })),
        _ => None,
    }
}

struct Work<'a, const N: usize, const L: usize> {
    simd: Ifma,
    number: &'a [u64; N],
    weights: &'a [[Row; AT_ONCE]],
}

impl<const N: usize, const L: usize> NullaryFnOnce for Work<'_, N, L> {
    type Output = Vec<(u32, u32)>;

    #[inline(always)]
    fn call(self) -> Vec<(u32, u32)> {
        let digits: Digits<L> =
            std::array::from_fn(|at| pulp::cast([digit_of(self.number, at * DIGIT as usize); WIDTH]));
        let mut found = Vec::with_capacity(PRIMES.len() * AT_ONCE * WIDTH);
        for (primes, weights) in PRIMES.iter().zip(self.weights) {
            let distances = self.rows(&digits, primes, weights);
            for (primes, distances) in primes.iter().zip(distances) {
                let distances = pulp::cast::<_, [u64; WIDTH]>(distances);
                found.extend(primes.iter().zip(distances).map(|(prime, distance)| (*prime, distance as u32)));
            }
        }
        found
    }
}

impl<const N: usize, const L: usize> Work<'_, N, L> {
    #[inline(always)]
    fn rows(&self, digits: &Digits<L>, primes: &[Row; AT_ONCE], weights: &[Row; AT_ONCE]) -> [__m512i; AT_ONCE] {
        let wide = |row: &Row| pulp::cast::<[u64; WIDTH], __m512i>(row.map(u64::from));
        let zero: __m512i = pulp::cast([0_u64; WIDTH]);
        let fields: [Field; AT_ONCE] = std::array::from_fn(|row| Field::new(self.simd, wide(&primes[row])));
        let mut rests = [zero; AT_ONCE];
        for digit in digits {
            for (rest, field) in rests.iter_mut().zip(&fields) {
                *rest = field.shifted(self.simd.foundation._mm512_add_epi64(*rest, *digit));
            }
        }
        std::array::from_fn(|row| {
            let product = self.simd.multiply._mm512_madd52lo_epu64(zero, rests[row], wide(&weights[row]));
            let distance = fields[row].shifted(product);
            // What is one prime too many wraps to a large number where it is not.
            let less = self.simd.foundation._mm512_sub_epi64(distance, fields[row].primes);
            self.simd.foundation._mm512_min_epu64(distance, less)
        })
    }
}

/// Eight small moduli.
#[derive(Clone, Copy)]
struct Field {
    simd: Ifma,
    primes: __m512i,
    /// Their inverses, negated, modulo 2^52.
    inverses: __m512i,
}

impl Field {
    #[inline(always)]
    fn new(simd: Ifma, primes: __m512i) -> Field {
        let (zero, two): (__m512i, __m512i) = (pulp::cast([0_u64; WIDTH]), pulp::cast([2_u64; WIDTH]));
        // Newton's iteration doubles the number of correct bits, of which an odd number has three at the start.
        let mut inverse = primes;
        for _ in 0..5 {
            let product = simd.multiply._mm512_madd52lo_epu64(zero, primes, inverse);
            let missing = simd.foundation._mm512_sub_epi64(two, product);
            inverse = simd.multiply._mm512_madd52lo_epu64(zero, inverse, missing);
        }
        Field { simd, primes, inverses: simd.foundation._mm512_sub_epi64(zero, inverse) }
    }

    /// Numbers below 2^53 divided by 2^52; the results are at most the primes.
    #[inline(always)]
    fn shifted(&self, numbers: __m512i) -> __m512i {
        let zero = pulp::cast([0_u64; WIDTH]);
        let factors = self.simd.multiply._mm512_madd52lo_epu64(zero, numbers, self.inverses);
        let cleared = self.simd.multiply._mm512_madd52lo_epu64(numbers, factors, self.primes);
        let above = self.simd.foundation._mm512_srli_epi64::<DIGIT>(cleared);
        self.simd.multiply._mm512_madd52hi_epu64(above, factors, self.primes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{prime, sieve};
    use super::*;

    /// Against long division, where the processor can.
    fn distances_are_right<const N: usize>() {
        let world = crate::world::FixedWorld::new(0, 5);
        let mut random = |out: &mut [u8]| crate::world::World::random(&world, out);
        let mut numbers = vec![[u64::MAX; N], [1; N]];
        numbers.extend((0..6).map(|_| prime::number::<N>(&mut random)));
        for mut number in numbers {
            number[0] |= 1;
            let Some(found) = distances(&number) else {
                println!("left out: this processor has no AVX-512 IFMA");
                return;
            };
            assert!(found.len() >= 23_000 && found[0].0 == 3);
            for (prime, distance) in found {
                let (prime, distance) = (u64::from(prime), u64::from(distance));
                assert!(distance < prime);
                assert_eq!((sieve::remainder(&number, prime) + 2 * distance) % prime, 0, "{prime}");
            }
        }
    }

    #[test]
    fn distances_from_1024_bits() {
        distances_are_right::<16>();
    }

    #[test]
    fn distances_from_2048_bits() {
        distances_are_right::<32>();
    }
}
