//! Random primes for RSA and DSA.
//!
//! Making a key is nearly all testing numbers for primality, so this is where its time goes. A sieve throws out what
//! small primes divide, a strong test to base 2 nearly all the rest, and tests to random bases confirm what is left:
//! with them a composite passes with a probability below 2^-100. Nothing here takes constant time.

#[cfg(target_arch = "x86_64")]
use super::lanes;
use super::sieve::{self, remainder};

/// Strong tests to random bases; fewer would do for numbers of 1,024 bits and more.
const ROUNDS: usize = 5;
/// Limbs of the largest numbers.
const MAX_LIMBS: usize = 32;
/// The public exponent, which must not divide a prime less one.
pub(super) const EXPONENT: u64 = 65_537;

/// Fills a buffer with random bytes.
pub(super) type Random<'r> = &'r mut dyn FnMut(&mut [u8]);

/// A prime of `64 * N` bits whose two highest bits are set, so that the product of two has all its bits, lowest limb
/// first. The public exponent 65537 does not divide it less one.
pub(super) fn generate<const N: usize>(random: Random<'_>) -> [u64; N] {
    loop {
        let prime = probable::<N>(random);
        let field = Montgomery::new(prime);
        if (0..ROUNDS).all(|_| field.passes(Base::Form(number(random)))) {
            return prime;
        }
    }
}

/// Two such primes, which differ.
pub(super) fn generate_pair<const N: usize>(random: Random<'_>) -> [[u64; N]; 2] {
    #[cfg(target_arch = "x86_64")]
    if lanes::can::<N>() {
        loop {
            let pair = probable_pair(random);
            if pair[0] != pair[1] && are_confirmed(&pair, random) {
                return pair;
            }
        }
    }
    loop {
        let pair = [generate(random), generate(random)];
        if pair[0] != pair[1] {
            return pair;
        }
    }
}

/// Two numbers of the same shape, which are hardly primes; they have no divisor in common, as keys need it.
pub(super) fn noise_pair<const N: usize>(random: Random<'_>) -> [[u64; N]; 2] {
    loop {
        let mut one = number::<N>(random);
        one[0] |= 1;
        one[N - 1] |= 3 << 62;
        // Odd numbers whose difference is a power of two.
        let mut other = one;
        other[N / 2] ^= 1 << 32;
        if [one, other].iter().all(|number| remainder(number, EXPONENT) != 1) {
            return [one, other];
        }
    }
}

/// Such a number that passes a test to base 2.
fn probable<const N: usize>(random: Random<'_>) -> [u64; N] {
    loop {
        let mut candidates = Candidates::new(random);
        if let Some(prime) = candidates.find(|candidate| Montgomery::new(*candidate).passes(Base::Two)) {
            return prime;
        }
    }
}

/// Numbers of one window that a sieve left, in rising order.
struct Candidates<const N: usize> {
    start: [u64; N],
    composite: Vec<bool>,
    step: usize,
}

impl<const N: usize> Candidates<N> {
    fn new(random: Random<'_>) -> Candidates<N> {
        let mut start = number::<N>(random);
        start[0] |= 1;
        start[N - 1] |= 3 << 62;
        Candidates { start, composite: sieve::composites(&start), step: 0 }
    }
}

impl<const N: usize> Iterator for Candidates<N> {
    type Item = [u64; N];

    fn next(&mut self) -> Option<[u64; N]> {
        loop {
            let rest = self.composite.get(self.step..)?;
            let step = self.step + rest.iter().position(|composite| !composite)?;
            self.step = step + 1;
            let candidate = plus(&self.start, 2 * step as u64)?;
            if remainder(&candidate, EXPONENT) != 1 {
                return Some(candidate);
            }
        }
    }
}

/// Two such numbers, from windows of their own.
///
/// Half of the lanes look for each of them, so that fewer of them work on numbers that are not needed any more.
#[cfg(target_arch = "x86_64")]
fn probable_pair<const N: usize>(random: Random<'_>) -> [[u64; N]; 2] {
    let mut windows = [Candidates::new(random), Candidates::new(random)];
    let mut found = [None; 2];
    loop {
        if let [Some(one), Some(other)] = found {
            return [one, other];
        }
        let mut batch = [(0, [0; N]); lanes::WIDTH];
        for (lane, slot) in batch.iter_mut().enumerate() {
            let side = if found[lane % 2].is_some() { 1 - lane % 2 } else { lane % 2 };
            let candidate = windows[side].next().unwrap_or_else(|| {
                windows[side] = Candidates::new(random);
                // A window of thousands of numbers is never all sieved out; should it be, its start is as good a miss.
                windows[side].next().unwrap_or(windows[side].start)
            });
            *slot = (side, candidate);
        }
        let Some(powers) = lanes::powers(lanes::Powers::Fermat(&batch.map(|(_, candidate)| candidate))) else {
            return [probable(random), probable(random)];
        };
        for ((side, candidate), power) in batch.iter().zip(powers) {
            if found[*side].is_none() && is_one(&power) {
                found[*side] = Some(*candidate);
            }
        }
    }
}

/// Whether each of two numbers passes strong tests to four random bases, after the one to base 2.
///
/// Four suffice for numbers of 1,024 bits that were chosen at random, by table B.1 of FIPS 186-5.
#[cfg(target_arch = "x86_64")]
fn are_confirmed<const N: usize>(pair: &[[u64; N]; 2], random: Random<'_>) -> bool {
    let fields = pair.map(Montgomery::new);
    let parts = fields.each_ref().map(Montgomery::less_one_parts);
    let moduli: [[u64; N]; lanes::WIDTH] = std::array::from_fn(|lane| pair[lane % 2]);
    let exponents = std::array::from_fn(|lane| parts[lane % 2].0);
    let bases = std::array::from_fn(|lane| fields[lane % 2].reduce_once(number(random), 0));
    let Some(powers) = lanes::powers(lanes::Powers::Each { moduli: &moduli, bases: &bases, exponents: &exponents })
    else {
        return false;
    };
    let to_form = fields.each_ref().map(Montgomery::square_of_radix);
    let passes = |(lane, power): (usize, &[u64; N])| {
        let (field, twos) = (&fields[lane % 2], parts[lane % 2].1);
        field.ends_well(field.multiply(power, &to_form[lane % 2]), twos)
    };
    powers.iter().enumerate().all(passes)
}

#[cfg(target_arch = "x86_64")]
fn is_one<const N: usize>(number: &[u64; N]) -> bool {
    number[0] == 1 && number[1..].iter().all(|limb| *limb == 0)
}

/// Random limbs.
pub(super) fn number<const N: usize>(random: Random<'_>) -> [u64; N] {
    std::array::from_fn(|_| {
        let mut bytes = [0; 8];
        random(&mut bytes);
        u64::from_le_bytes(bytes)
    })
}

/// Whether an odd number whose highest bit is set is prime.
pub(super) fn is_prime<const N: usize>(number: &[u64; N], random: Random<'_>) -> bool {
    !sieve::has_small_divisor(number) && passes_all(number, random)
}

fn passes_all<const N: usize>(number: &[u64; N], random: Random<'_>) -> bool {
    let field = Montgomery::new(*number);
    if !field.passes(Base::Two) {
        return false;
    }
    (0..ROUNDS).all(|_| field.passes(Base::Form(self::number(random))))
}

fn plus<const N: usize>(number: &[u64; N], more: u64) -> Option<[u64; N]> {
    let mut sum = *number;
    let mut carry = more;
    for limb in &mut sum {
        let (low, over) = limb.overflowing_add(carry);
        (*limb, carry) = (low, u64::from(over));
    }
    (carry == 0).then_some(sum)
}

/// The base of a strong test: two, or a number given in Montgomery's form.
enum Base<const N: usize> {
    Two,
    Form([u64; N]),
}

/// Arithmetic modulo an odd number whose highest bit is set, on numbers in Montgomery's form.
struct Montgomery<const N: usize> {
    modulus: [u64; N],
    /// The inverse of the modulus, negated, modulo 2^64.
    inverse: u64,
    one: [u64; N],
    minus_one: [u64; N],
}

impl<const N: usize> Montgomery<N> {
    fn new(modulus: [u64; N]) -> Montgomery<N> {
        let inverse = inverse(modulus[0]);
        // With its highest bit set, the modulus goes once into 2^(64 N).
        let one = subtract(&[0; N], &modulus);
        let minus_one = subtract(&modulus, &one);
        Montgomery { modulus, inverse: inverse.wrapping_neg(), one, minus_one }
    }

    /// Miller's strong test.
    fn passes(&self, base: Base<N>) -> bool {
        let (odd, twos) = self.less_one_parts();
        let power = match base {
            Base::Two => self.power_of_two(&odd),
            Base::Form(base) => self.power(&base, &odd),
        };
        self.ends_well(power, twos)
    }

    /// The modulus less one as an odd number times a power of two.
    fn less_one_parts(&self) -> ([u64; N], u32) {
        let less_one = less_one_of(&self.modulus);
        let zeros = less_one.iter().take_while(|limb| **limb == 0).count();
        let twos = zeros as u32 * 64 + less_one.get(zeros).map_or(0, |limb| limb.trailing_zeros());
        (shift_right(&less_one, twos), twos)
    }

    /// Whether the power to the odd part is 1, or reaches the modulus less one by squaring.
    fn ends_well(&self, mut power: [u64; N], twos: u32) -> bool {
        if power == self.one || power == self.minus_one {
            return true;
        }
        for _ in 1..twos {
            power = self.square(&power);
            if power == self.minus_one {
                return true;
            }
        }
        false
    }

    /// What a number is multiplied with to stand in Montgomery's form.
    fn square_of_radix(&self) -> [u64; N] {
        (0..64 * N).fold(self.one, |power, _| double(&power, &self.modulus))
    }

    fn power_of_two(&self, exponent: &[u64; N]) -> [u64; N] {
        let mut power = self.one;
        for limb in exponent.iter().rev() {
            for bit in (0..64).rev() {
                power = self.square(&power);
                if limb >> bit & 1 == 1 {
                    power = double(&power, &self.modulus);
                }
            }
        }
        power
    }

    fn power(&self, base: &[u64; N], exponent: &[u64; N]) -> [u64; N] {
        let mut table = [self.one; 16];
        for at in 1..16 {
            table[at] = self.multiply(&table[at - 1], base);
        }
        let mut power = self.one;
        for limb in exponent.iter().rev() {
            for shift in (0..64).step_by(4).rev() {
                for _ in 0..4 {
                    power = self.square(&power);
                }
                power = self.multiply(&power, &table[(limb >> shift & 15) as usize]);
            }
        }
        power
    }

    /// The product of two numbers, divided by 2^(64 N).
    fn multiply(&self, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let wide = |a: u64, b: u64| u128::from(a) * u128::from(b);
        let mut sum = [0_u64; N];
        let mut high = 0_u64;
        for digit in b {
            let first = u128::from(sum[0]) + wide(a[0], *digit);
            let factor = (first as u64).wrapping_mul(self.inverse);
            let cleared = u128::from(first as u64) + wide(factor, self.modulus[0]);
            let (mut carry_a, mut carry_n) = ((first >> 64) as u64, (cleared >> 64) as u64);
            for at in 1..N {
                let added = u128::from(sum[at]) + wide(a[at], *digit) + u128::from(carry_a);
                carry_a = (added >> 64) as u64;
                let cleared = u128::from(added as u64) + wide(factor, self.modulus[at]) + u128::from(carry_n);
                carry_n = (cleared >> 64) as u64;
                sum[at - 1] = cleared as u64;
            }
            let top = u128::from(high) + u128::from(carry_a) + u128::from(carry_n);
            sum[N - 1] = top as u64;
            high = (top >> 64) as u64;
        }
        self.reduce_once(sum, high)
    }

    /// The same as multiplying a number by itself, with half the products.
    fn square(&self, number: &[u64; N]) -> [u64; N] {
        let mut buffer = [0_u64; 2 * MAX_LIMBS];
        let square = &mut buffer[..2 * N];
        for (at, digit) in number.iter().enumerate() {
            let mut carry = 0;
            for (limb, other) in square[2 * at + 1..].iter_mut().zip(&number[at + 1..]) {
                add_product(limb, (*digit, *other), &mut carry);
            }
            square[at + N] = carry;
        }
        let (mut bit, mut carry) = (0, 0);
        for (pair, digit) in square.chunks_exact_mut(2).zip(number) {
            let diagonal = u128::from(*digit) * u128::from(*digit);
            for (limb, part) in pair.iter_mut().zip([diagonal as u64, (diagonal >> 64) as u64]) {
                let sum = u128::from(*limb << 1 | bit) + u128::from(part) + u128::from(carry);
                bit = *limb >> 63;
                (*limb, carry) = (sum as u64, (sum >> 64) as u64);
            }
        }
        let mut over = 0;
        for at in 0..N {
            let factor = square[at].wrapping_mul(self.inverse);
            let mut carry = 0;
            for (limb, modulus) in square[at..at + N].iter_mut().zip(&self.modulus) {
                add_product(limb, (factor, *modulus), &mut carry);
            }
            let sum = u128::from(square[at + N]) + u128::from(carry) + u128::from(over);
            (square[at + N], over) = (sum as u64, (sum >> 64) as u64);
        }
        self.reduce_once(std::array::from_fn(|at| square[at + N]), over)
    }

    fn reduce_once(&self, number: [u64; N], high: u64) -> [u64; N] {
        reduce_once(number, high, &self.modulus)
    }
}

/// The inverse of an odd number modulo 2^64.
pub(super) fn inverse(odd: u64) -> u64 {
    // Newton's iteration doubles the number of correct bits, of which an odd number has three at the start.
    (0..5).fold(odd, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse))))
}

/// Twice a number modulo another.
pub(super) fn double<const N: usize>(number: &[u64; N], modulus: &[u64; N]) -> [u64; N] {
    let high = number[N - 1] >> 63;
    let mut carry = 0;
    let doubled = number.map(|limb| {
        let limb_out = limb << 1 | carry;
        carry = limb >> 63;
        limb_out
    });
    reduce_once(doubled, high, modulus)
}

fn reduce_once<const N: usize>(number: [u64; N], high: u64, modulus: &[u64; N]) -> [u64; N] {
    let fits = high == 0 && number.iter().rev().lt(modulus.iter().rev());
    if fits { number } else { subtract(&number, modulus) }
}

/// Adds a product and a carry to a limb.
#[inline(always)]
fn add_product(limb: &mut u64, (a, b): (u64, u64), carry: &mut u64) {
    let sum = u128::from(*limb) + u128::from(a) * u128::from(b) + u128::from(*carry);
    (*limb, *carry) = (sum as u64, (sum >> 64) as u64);
}

/// The difference modulo 2^(64 N).
pub(super) fn subtract<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    let mut borrow = false;
    std::array::from_fn(|at| {
        let (first, under) = a[at].overflowing_sub(b[at]);
        let (second, also) = first.overflowing_sub(u64::from(borrow));
        borrow = under || also;
        second
    })
}

/// An odd number less one.
fn less_one_of<const N: usize>(number: &[u64; N]) -> [u64; N] {
    let mut less = *number;
    less[0] &= !1;
    less
}

fn shift_right<const N: usize>(number: &[u64; N], bits: u32) -> [u64; N] {
    let (limbs, bits) = (bits as usize / 64, bits % 64);
    let limb = |at: usize| number.get(at).copied().unwrap_or(0);
    std::array::from_fn(|at| {
        let above = if bits == 0 { 0 } else { limb(at + limbs + 1) << (64 - bits) };
        limb(at + limbs) >> bits | above
    })
}

/// The bytes of a number, highest first.
pub(super) fn to_bytes<const N: usize>(number: &[u64; N]) -> Vec<u8> {
    number.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsa::BigUint;

    /// Fermat's test to many bases, which random numbers do not deceive.
    fn probably_prime(number: &BigUint) -> bool {
        let less_one = number - 1_u8;
        let one = BigUint::from(1_u8);
        (2..40_u8).all(|base| BigUint::from(base).modpow(&less_one, number) == one)
    }

    fn counted() -> impl FnMut(&mut [u8]) {
        let world = crate::world::FixedWorld::new(0, 77);
        move |out| crate::world::World::random(&world, out)
    }

    #[test]
    fn primes_are_prime() {
        let mut random = counted();
        for _ in 0..3 {
            let prime = BigUint::from_bytes_be(&to_bytes(&generate::<4>(&mut random)));
            assert!(probably_prime(&prime) && prime.bits() == 256);
        }
        let large = BigUint::from_bytes_be(&to_bytes(&generate::<8>(&mut random)));
        assert!(probably_prime(&large) && large.bits() == 512);
    }

    #[test]
    fn tests_agree_with_another_implementation() {
        let mut random = counted();
        let (mut primes, mut number) = (0, number::<2>(&mut random));
        number[1] |= 1 << 63;
        number[0] |= 1;
        for _ in 0..2_000 {
            let own = is_prime(&number, &mut random);
            assert_eq!(own, probably_prime(&BigUint::from_bytes_be(&to_bytes(&number))), "{number:?}");
            primes += usize::from(own);
            number = plus(&number, 2).unwrap_or([1, 1 << 63]);
        }
        assert!(primes > 10);
        // The largest prime below 2^64, and a neighbour.
        assert!(is_prime(&[u64::MAX - 58], &mut random) && !is_prime(&[u64::MAX - 56], &mut random));
    }

    #[test]
    fn powers_are_those_of_another_implementation() {
        let mut random = counted();
        let mut modulus = number::<3>(&mut random);
        modulus[2] |= 1 << 63;
        modulus[0] |= 1;
        let field = Montgomery::new(modulus);
        let big = |number: &[u64; 3]| BigUint::from_bytes_be(&to_bytes(number));
        let exponent = number::<3>(&mut random);
        let plain = |form: &[u64; 3]| big(&field.multiply(form, &[1, 0, 0]));
        let base = {
            let base = number::<3>(&mut random);
            field.reduce_once(base, 0)
        };
        let wanted = plain(&base).modpow(&big(&exponent), &big(&modulus));
        assert_eq!(plain(&field.power(&base, &exponent)), wanted);
        let two = BigUint::from(2_u8).modpow(&big(&exponent), &big(&modulus));
        assert_eq!(plain(&field.power_of_two(&exponent)), two);
        assert_eq!(field.square(&base), field.multiply(&base, &base));
    }
}
