//! Exact decimal numbers beneath `addf`, `subf`, `mulf` and `divf`.

use crate::diagnostic::Fault;
use crate::value::print::format_float;
use std::cmp::Ordering;

/// How many places after the point a quotient keeps.
const DIVISION_PLACES: i64 = 16;

/// A decimal: `sign * size * 10^exponent`.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    negative: bool,
    size: Natural,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal that reads back as the float.
    pub(super) fn from_float(number: f64) -> Result<Decimal, Fault> {
        if !number.is_finite() {
            return Err(Fault::new(format!("Cannot create a Decimal from {}", format_float(number, 'g', -1))));
        }
        if number == 0.0 {
            return Ok(Decimal { negative: false, size: Natural::zero(), exponent: 0 });
        }
        let printed = format_float(number.abs(), 'e', -1);
        let (mantissa, exponent) = printed.split_once('e').unwrap_or((&printed, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: u64 = format!("{whole}{fraction}").parse().unwrap_or_default();
        let exponent = exponent.parse().unwrap_or(0i64) - fraction.len() as i64;
        Ok(Decimal { negative: number < 0.0, size: Natural::from(digits), exponent })
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        let sign = if self.negative && !self.size.is_zero() { "-" } else { "" };
        format!("{sign}{}e{}", self.size.digits(), self.exponent).parse().unwrap_or_default()
    }

    pub(super) fn add(self, other: Decimal) -> Result<Decimal, Fault> {
        let exponent = self.exponent.min(other.exponent);
        let (left, right) = (self.rescaled(exponent), other.rescaled(exponent));
        let (negative, size) = if self.negative == other.negative {
            (self.negative, left.plus(&right))
        } else if left.compare(&right) == Ordering::Less {
            (other.negative, right.minus(&left))
        } else {
            (self.negative, left.minus(&right))
        };
        Ok(Decimal { negative, size, exponent })
    }

    pub(super) fn sub(self, other: Decimal) -> Result<Decimal, Fault> {
        self.add(Decimal { negative: !other.negative, ..other })
    }

    pub(super) fn mul(self, other: Decimal) -> Result<Decimal, Fault> {
        let (negative, size) = (self.negative != other.negative, self.size.times(&other.size));
        Ok(Decimal { negative, size, exponent: self.exponent + other.exponent })
    }

    /// The quotient with 16 places after the point, rounded half away from zero.
    pub(super) fn div(self, other: Decimal) -> Result<Decimal, Fault> {
        if other.size.is_zero() {
            return Err(Fault::new("decimal division by 0"));
        }
        let shift = self.exponent - other.exponent + DIVISION_PLACES;
        let (dividend, divisor) = if shift < 0 {
            (self.size, other.size.scaled(shift.unsigned_abs()))
        } else {
            (self.size.scaled(shift.unsigned_abs()), other.size)
        };
        let (mut quotient, rest) = dividend.divided(&divisor);
        if rest.plus(&rest).compare(&divisor) != Ordering::Less {
            quotient = quotient.plus(&Natural::from(1));
        }
        Ok(Decimal { negative: self.negative != other.negative, size: quotient, exponent: -DIVISION_PLACES })
    }

    /// The size in units of `10^exponent`, which is at most the own one.
    fn rescaled(&self, exponent: i64) -> Natural {
        if self.size.is_zero() { Natural::zero() } else { self.size.scaled(self.exponent.abs_diff(exponent)) }
    }
}

/// The base of the limbs: nine decimal digits each.
const BASE: u64 = 1_000_000_000;

/// A natural number, little-endian in base 10^9, without leading zero limbs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Natural(Vec<u32>);

impl From<u64> for Natural {
    fn from(mut number: u64) -> Natural {
        let mut limbs = Vec::new();
        while number > 0 {
            limbs.push((number % BASE) as u32);
            number /= BASE;
        }
        Natural(limbs)
    }
}

impl Natural {
    fn zero() -> Natural {
        Natural(Vec::new())
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn trimmed(mut self) -> Natural {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn limb(&self, at: usize) -> u64 {
        self.0.get(at).copied().map_or(0, u64::from)
    }

    fn digits(&self) -> String {
        let mut limbs = self.0.iter().rev();
        let mut text = limbs.next().map_or_else(|| "0".to_owned(), u32::to_string);
        text.extend(limbs.map(|limb| format!("{limb:09}")));
        text
    }

    fn compare(&self, other: &Natural) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn plus(&self, other: &Natural) -> Natural {
        let len = self.0.len().max(other.0.len());
        let mut sum = Vec::with_capacity(len + 1);
        let mut carry = 0;
        for at in 0..len {
            carry += self.limb(at) + other.limb(at);
            sum.push((carry % BASE) as u32);
            carry /= BASE;
        }
        sum.push(carry as u32);
        Natural(sum).trimmed()
    }

    /// The difference; `other` is not larger.
    fn minus(&self, other: &Natural) -> Natural {
        let mut difference = Vec::with_capacity(self.0.len());
        let mut borrow = 0;
        for at in 0..self.0.len() {
            let taken = other.limb(at) + borrow;
            borrow = u64::from(self.limb(at) < taken);
            difference.push((self.limb(at) + borrow * BASE - taken) as u32);
        }
        Natural(difference).trimmed()
    }

    fn times(&self, other: &Natural) -> Natural {
        let mut product = vec![0u32; self.0.len() + other.0.len()];
        for (at, left) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (place, slot) in product.iter_mut().skip(at).enumerate() {
                let sum = u64::from(*slot) + u64::from(*left) * other.limb(place) + carry;
                *slot = (sum % BASE) as u32;
                carry = sum / BASE;
                if carry == 0 && place >= other.0.len() {
                    break;
                }
            }
        }
        Natural(product).trimmed()
    }

    /// The product with a power of ten.
    fn scaled(&self, places: u64) -> Natural {
        if self.is_zero() {
            return Natural::zero();
        }
        let mut limbs = vec![0; (places / 9) as usize];
        let factor = 10u64.pow((places % 9) as u32);
        let mut carry = 0;
        for limb in &self.0 {
            carry += u64::from(*limb) * factor;
            limbs.push((carry % BASE) as u32);
            carry /= BASE;
        }
        limbs.push(carry as u32);
        Natural(limbs).trimmed()
    }

    /// Quotient and remainder by long division; the divisor is not zero.
    fn divided(&self, divisor: &Natural) -> (Natural, Natural) {
        let mut quotient = vec![0; self.0.len()];
        let mut rest = Natural::zero();
        for (at, limb) in self.0.iter().enumerate().rev() {
            rest.0.insert(0, *limb);
            rest = rest.trimmed();
            let digit = largest_factor(&rest, divisor);
            rest = rest.minus(&divisor.times(&Natural::from(digit)));
            quotient[at] = digit as u32;
        }
        (Natural(quotient).trimmed(), rest)
    }
}

/// The largest digit of the base that times `divisor` is at most `rest`, which is less than `divisor` times the base.
fn largest_factor(rest: &Natural, divisor: &Natural) -> u64 {
    if rest.compare(divisor) == Ordering::Less {
        return 0;
    }
    // Two leading limbs bound the digit from both sides closely; the search between them is short.
    let top = divisor.0.len();
    let lead = |number: &Natural| {
        let limb = |back: usize| top.checked_sub(back).map_or(0, |at| u128::from(number.limb(at)));
        (limb(0) * u128::from(BASE) + limb(1)) * u128::from(BASE) + limb(2)
    };
    let (have, by) = (lead(rest), lead(divisor));
    let (mut low, mut high) = ((have / (by + 1)) as u64, ((have + 1) / by) as u64);
    high = high.min(BASE - 1);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if divisor.times(&Natural::from(middle)).compare(rest) == Ordering::Greater {
            high = middle - 1;
        } else {
            low = middle;
        }
    }
    low
}
