//! Powers modulo eight numbers at once, on processors with AVX-512 IFMA.
//!
//! Making an RSA key is nearly all powers modulo numbers of 1,024 bits. Such a processor multiplies eight pairs of
//! 52-bit digits with one instruction: digit `k` of eight numbers stands in one register, one number in each lane. The
//! arithmetic is Montgomery's with product scanning: column after column of the sum, so that only loads touch memory.
//! Numbers stay below four times their modulus, which `2^(52 L)` exceeds by 16 bits; only results are brought down.

pub(super) mod sieve;

use core::arch::x86_64::__m512i;
use pulp::NullaryFnOnce;

/// Numbers that are worked on at once.
pub(super) const WIDTH: usize = 8;
/// Bits of a digit.
const DIGIT: u32 = 52;
const MASK: u64 = (1 << DIGIT) - 1;

pulp::simd_type! {
    /// A processor that has the instructions.
    pub(super) struct Ifma {
        foundation: "avx512f",
        multiply: "avx512ifma",
    }
}

/// Digits of eight numbers, lowest first.
type Digits<const L: usize> = [__m512i; L];

/// What is raised to which power.
#[derive(Clone, Copy)]
pub(super) enum Powers<'a, const N: usize> {
    /// Two to each modulus less one: Fermat's test.
    Fermat(&'a [[u64; N]; WIDTH]),
    /// Each base to its exponent modulo its modulus. A base stands for itself divided by [`radix_bits`] of two.
    Each { moduli: &'a [[u64; N]; WIDTH], bases: &'a [[u64; N]; WIDTH], exponents: &'a [[u64; N]; WIDTH] },
}

/// The bits by which a base of [`Powers::Each`] is shifted, modulo its modulus.
pub(super) const fn radix_bits<const N: usize>() -> u32 {
    // The next multiple of the digits' bits that leaves at least two bits free.
    (64 * N as u32 + 2).div_ceil(DIGIT) * DIGIT
}

/// The powers, each below its modulus, where the processor can and `N` is 16 or 32 limbs. All moduli are odd and have
/// their highest bit set; bases are below the modulus.
pub(super) fn powers<const N: usize>(wanted: Powers<'_, N>) -> Option<[[u64; N]; WIDTH]> {
    let simd = Ifma::try_new()?;
    match N {
        16 => Some(simd.vectorize(Work::<N, 20> { simd, wanted })),
        32 => Some(simd.vectorize(Work::<N, 40> { simd, wanted })),
        _ => None,
    }
}

/// Whether [`powers`] can.
pub(super) fn can<const N: usize>() -> bool {
    matches!(N, 16 | 32) && Ifma::is_available()
}

struct Work<'a, const N: usize, const L: usize> {
    simd: Ifma,
    wanted: Powers<'a, N>,
}

impl<const N: usize, const L: usize> NullaryFnOnce for Work<'_, N, L> {
    type Output = [[u64; N]; WIDTH];

    #[inline(always)]
    fn call(self) -> [[u64; N]; WIDTH] {
        match self.wanted {
            Powers::Fermat(moduli) => {
                let field = Field::<L>::new(self.simd, moduli);
                let power = field.powers_of_two(moduli);
                field.results(&power, moduli)
            }
            Powers::Each { moduli, bases, exponents } => {
                let field = Field::<L>::new(self.simd, moduli);
                let power = field.powers(bases, moduli, exponents);
                field.results(&power, moduli)
            }
        }
    }
}

/// Eight moduli.
struct Field<const L: usize> {
    simd: Ifma,
    moduli: Digits<L>,
    /// Their inverses, negated, modulo 2^52.
    inverses: __m512i,
}

impl<const L: usize> Field<L> {
    #[inline(always)]
    fn new<const N: usize>(simd: Ifma, moduli: &[[u64; N]; WIDTH]) -> Field<L> {
        let inverses = moduli.map(|modulus| super::prime::inverse(modulus[0]).wrapping_neg() & MASK);
        Field { simd, moduli: digits(moduli), inverses: pulp::cast(inverses) }
    }

    /// Two to each modulus less one, in Montgomery's form.
    #[inline(always)]
    fn powers_of_two<const N: usize>(&self, moduli: &[[u64; N]; WIDTH]) -> Digits<L> {
        let mut power: Digits<L> = digits(&moduli.map(|modulus| one::<N, L>(&modulus)));
        let mut factors = power;
        for limb in (0..N).rev() {
            let limbs = moduli.map(|modulus| modulus[limb]);
            // The lowest bit of an odd number less one is not set.
            let limbs = limbs.map(|bits| if limb == 0 { bits & !1 } else { bits });
            for bit in (0..64).rev() {
                self.square(&mut power, pulp::cast(limbs.map(|limb| limb >> bit & 1)), &mut factors);
            }
        }
        power
    }

    /// Bases to their exponents, in Montgomery's form.
    #[inline(always)]
    fn powers<const N: usize>(
        &self,
        bases: &[[u64; N]; WIDTH],
        moduli: &[[u64; N]; WIDTH],
        exponents: &[[u64; N]; WIDTH],
    ) -> Digits<L> {
        let none = pulp::cast([0_u64; WIDTH]);
        let base: Digits<L> = digits(bases);
        let mut table = [digits::<N, L>(&moduli.map(|modulus| one::<N, L>(&modulus))); 16];
        let mut factors = base;
        for at in 1..16 {
            table[at] = table[at - 1];
            self.product(&mut table[at], &base, &mut factors);
        }
        let mut power = table[0];
        for limb in (0..N).rev() {
            for shift in (0..64).step_by(4).rev() {
                for _ in 0..4 {
                    self.square(&mut power, none, &mut factors);
                }
                let rows = exponents.map(|exponent| (exponent[limb] >> shift & 15) as usize);
                self.product(&mut power, &chosen(&table, rows), &mut factors);
            }
        }
        power
    }

    /// The numbers behind Montgomery's forms, each below its modulus.
    #[inline(always)]
    fn results<const N: usize>(&self, form: &Digits<L>, moduli: &[[u64; N]; WIDTH]) -> [[u64; N]; WIDTH] {
        let mut unit = [pulp::cast([0_u64; WIDTH]); L];
        unit[0] = pulp::cast([1_u64; WIDTH]);
        let mut plain = *form;
        self.product(&mut plain, &unit, &mut { unit });
        std::array::from_fn(|lane| {
            let number = limbs::<N, L>(&plain, lane);
            if number == moduli[lane] { [0; N] } else { number }
        })
    }

    /// Puts the squares divided by `2^(52 L)` in place, doubled in the lanes whose `bits` are 1.
    #[inline(always)]
    fn square(&self, a: &mut Digits<L>, bits: __m512i, factors: &mut Digits<L>) {
        self.reduce(a, bits, &Square, factors);
    }

    /// Puts the products divided by `2^(52 L)` in place of the first factors.
    #[inline(always)]
    fn product(&self, a: &mut Digits<L>, b: &Digits<L>, factors: &mut Digits<L>) {
        self.reduce(a, pulp::cast([0_u64; WIDTH]), &Product(b), factors);
    }

    /// Montgomery's reduction of a sum that is made column by column, shifted by `bits`.
    ///
    /// The result takes the place of `a` digit by digit: the columns from `L` on need only digits above those that are
    /// written. What `factors` holds before does not matter; it is the caller's, so that nobody clears it each time.
    #[inline(always)]
    fn reduce(&self, a: &mut Digits<L>, bits: __m512i, columns: &impl Columns<L>, factors: &mut Digits<L>) {
        let mut carry: __m512i = pulp::cast([0_u64; WIDTH]);
        let mut above = carry;
        for column in 0..L {
            let (low, high) = columns.at(self, a, column);
            let (cleared, over) = self.column(&factors[..column], &self.moduli[1..=column]);
            let sum = self.sum(self.sum(low, cleared), self.sum(above, carry));
            let zero = pulp::cast([0_u64; WIDTH]);
            let factor = self.simd.multiply._mm512_madd52lo_epu64(zero, sum, self.inverses);
            factors[column] = factor;
            let (sum, over) = self.multiply(sum, over, factor, self.moduli[0]);
            carry = self.simd.foundation._mm512_srli_epi64::<DIGIT>(sum);
            above = self.sum(high, over);
        }
        carry = self.simd.foundation._mm512_sllv_epi64(self.sum(carry, above), bits);
        let mask = pulp::cast([MASK; WIDTH]);
        above = pulp::cast([0_u64; WIDTH]);
        for column in L..2 * L {
            let first = column + 1 - L;
            let (low, high) = columns.at(self, a, column);
            let (cleared, over) = self.column(&factors[first..], &self.moduli[first..]);
            let sum = self.simd.foundation._mm512_sllv_epi64(self.sum(self.sum(low, cleared), above), bits);
            let sum = self.sum(sum, carry);
            a[column - L] = self.simd.foundation._mm512_and_si512(sum, mask);
            carry = self.simd.foundation._mm512_srli_epi64::<DIGIT>(sum);
            above = self.sum(high, over);
        }
    }

    /// The sums of the low and of the high halves of `a[i] * b[n - i]`.
    #[inline(always)]
    fn column(&self, a: &[__m512i], b: &[__m512i]) -> (__m512i, __m512i) {
        let zero = pulp::cast([0_u64; WIDTH]);
        // Two pairs of sums, because each sum waits four cycles for its last product.
        let (mut even, mut odd) = ((zero, zero), (zero, zero));
        let mut pairs = a.iter().zip(b.iter().rev());
        while let Some((a, b)) = pairs.next() {
            even = self.multiply(even.0, even.1, *a, *b);
            if let Some((a, b)) = pairs.next() {
                odd = self.multiply(odd.0, odd.1, *a, *b);
            }
        }
        (self.sum(even.0, odd.0), self.sum(even.1, odd.1))
    }

    /// Adds the halves of a product.
    #[inline(always)]
    fn multiply(&self, low: __m512i, high: __m512i, a: __m512i, b: __m512i) -> (__m512i, __m512i) {
        let simd = self.simd.multiply;
        (simd._mm512_madd52lo_epu64(low, a, b), simd._mm512_madd52hi_epu64(high, a, b))
    }

    #[inline(always)]
    fn sum(&self, a: __m512i, b: __m512i) -> __m512i {
        self.simd.foundation._mm512_add_epi64(a, b)
    }
}

/// A sum that is made column by column: traits are inlined where closures may not be.
trait Columns<const L: usize> {
    /// The low halves of a column's products, and the high halves, which belong to the next column. Of the digits, only
    /// those with numbers above `column - L` are looked at.
    fn at(&self, field: &Field<L>, a: &Digits<L>, column: usize) -> (__m512i, __m512i);
}

struct Square;

impl<const L: usize> Columns<L> for Square {
    #[inline(always)]
    fn at(&self, field: &Field<L>, a: &Digits<L>, column: usize) -> (__m512i, __m512i) {
        let first = (column + 1).saturating_sub(L);
        // Each product of two different digits stands twice in the square.
        let half = column.div_ceil(2);
        let (low, high) = field.column(&a[first..half], &a[column + 1 - half..=column - first]);
        let (low, high) = (field.sum(low, low), field.sum(high, high));
        if !column.is_multiple_of(2) {
            return (low, high);
        }
        field.multiply(low, high, a[column / 2], a[column / 2])
    }
}

struct Product<'a, const L: usize>(&'a Digits<L>);

impl<const L: usize> Columns<L> for Product<'_, L> {
    #[inline(always)]
    fn at(&self, field: &Field<L>, a: &Digits<L>, column: usize) -> (__m512i, __m512i) {
        let (first, last) = ((column + 1).saturating_sub(L), column.min(L - 1));
        field.column(&a[first..=last], &self.0[column - last..=column - first])
    }
}

/// For each lane, its number in the row that it chooses.
#[inline(always)]
fn chosen<const L: usize>(table: &[Digits<L>; 16], rows: [usize; WIDTH]) -> Digits<L> {
    std::array::from_fn(|digit| {
        let lane = |lane: usize| pulp::cast::<_, [u64; WIDTH]>(table[rows[lane] & 15][digit])[lane];
        pulp::cast([lane(0), lane(1), lane(2), lane(3), lane(4), lane(5), lane(6), lane(7)])
    })
}

/// `2^(52 L)` modulo a number of `N` limbs whose highest bit is set.
fn one<const N: usize, const L: usize>(modulus: &[u64; N]) -> [u64; N] {
    let mut power = super::prime::subtract(&[0; N], modulus);
    for _ in 64 * N..DIGIT as usize * L {
        power = super::prime::double(&power, modulus);
    }
    power
}

/// Limbs of 64 bits as digits.
fn digits<const N: usize, const L: usize>(numbers: &[[u64; N]; WIDTH]) -> Digits<L> {
    std::array::from_fn(|digit| pulp::cast(numbers.map(|number| digit_of(&number, digit * DIGIT as usize))))
}

fn digit_of(number: &[u64], bit: usize) -> u64 {
    let (limb, shift) = (bit / 64, bit % 64);
    let part = |at: usize| number.get(at).copied().unwrap_or(0);
    let above = if shift == 0 { 0 } else { part(limb + 1) << (64 - shift) };
    (part(limb) >> shift | above) & MASK
}

/// The number in one lane, which has no more than `N` limbs.
fn limbs<const N: usize, const L: usize>(digits: &Digits<L>, lane: usize) -> [u64; N] {
    let mut number = [0; N];
    for (at, digit) in digits.iter().enumerate() {
        let digit = pulp::cast::<_, [u64; WIDTH]>(*digit)[lane];
        let (limb, shift) = (at * DIGIT as usize / 64, at * DIGIT as usize % 64);
        if limb < N {
            number[limb] |= digit << shift;
        }
        if shift > 64 - DIGIT as usize && limb + 1 < N {
            number[limb + 1] |= digit >> (64 - shift);
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::super::prime;
    use super::*;
    use rsa::BigUint;

    fn odd<const N: usize>(random: prime::Random<'_>) -> [u64; N] {
        let mut number = prime::number::<N>(random);
        number[0] |= 1;
        number[N - 1] |= 1 << 63;
        number
    }

    fn big(limbs: &[u64]) -> BigUint {
        BigUint::from_bytes_be(&limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect::<Vec<u8>>())
    }

    /// Against another implementation, where the processor can.
    fn powers_are_right<const N: usize>() {
        let world = crate::world::FixedWorld::new(0, 5);
        let mut random = |out: &mut [u8]| crate::world::World::random(&world, out);
        let mut moduli: [[u64; N]; WIDTH] = std::array::from_fn(|_| odd(&mut random));
        moduli[3] = [u64::MAX; N];
        let Some(found) = powers(Powers::Fermat(&moduli)) else {
            println!("left out: this processor has no AVX-512 IFMA");
            return;
        };
        for (modulus, power) in moduli.iter().zip(&found) {
            let wanted = BigUint::from(2_u8).modpow(&(big(modulus) - 1_u8), &big(modulus));
            assert_eq!(big(power), wanted, "{modulus:?}");
        }
        let mut bases: [[u64; N]; WIDTH] = std::array::from_fn(|_| prime::number(&mut random));
        bases.iter_mut().for_each(|base| base[N - 1] >>= 1);
        bases[1] = [0; N];
        let mut exponents: [[u64; N]; WIDTH] = std::array::from_fn(|_| prime::number(&mut random));
        exponents[2] = [0; N];
        exponents[4] = exponents[5];
        let found = powers(Powers::Each { moduli: &moduli, bases: &bases, exponents: &exponents }).unwrap();
        for lane in 0..WIDTH {
            let [modulus, exponent] = [moduli[lane], exponents[lane]].map(|number| big(&number));
            let radix = BigUint::from(2_u8).modpow(&BigUint::from(radix_bits::<N>()), &modulus);
            let raised = radix.modpow(&exponent, &modulus) * big(&found[lane]) % &modulus;
            assert_eq!(raised, big(&bases[lane]).modpow(&exponent, &modulus), "{lane}");
        }
    }

    #[test]
    fn powers_of_1024_bits() {
        powers_are_right::<16>();
    }

    #[test]
    fn powers_of_2048_bits() {
        powers_are_right::<32>();
    }
}
