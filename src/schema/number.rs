//! Exact numbers: a schema's limits and a chart's values are compared as decimals, not as floats.

use std::cmp::Ordering;

/// Go's `big.Rat` takes no larger exponents; a limit written so is ignored.
const MAX_EXPONENT: i64 = 1_000_000;

/// A finite number. Every integer that fits is an `Int`, so that equal numbers are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Number {
    Int(i64),
    Decimal(Decimal),
}

/// `0.DIGITS * 10^scale`; the digits neither start nor end with a zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    digits: Box<[u8]>,
    scale: i64,
}

impl Number {
    /// The number of a JSON literal; `None` if its exponent is out of all bounds.
    pub(super) fn parse(text: &str) -> Option<Number> {
        if text.len() < 19
            && let Ok(int) = text.parse()
        {
            return Some(Number::Int(int));
        }
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
            None => (text, 0),
        };
        if exponent.abs() > MAX_EXPONENT {
            return None;
        }
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let end = digits.iter().rposition(|digit| *digit != b'0').map_or(zeros, |at| at + 1);
        let scale = whole.len() as i64 - zeros as i64 + exponent;
        Some(Number::normal(Decimal { negative, digits: digits[zeros..end].into(), scale }))
    }

    /// The number that Go's shortest form of a float stands for.
    pub(super) fn from_float(float: f64) -> Number {
        let int = float as i64;
        if int as f64 == float && int.unsigned_abs() < 1 << 53 {
            return Number::Int(int);
        }
        Number::parse(&format!("{float:e}")).unwrap_or(Number::Int(0))
    }

    pub(super) fn from_u64(number: u64) -> Number {
        i64::try_from(number).map_or_else(|_| Number::from_float(number as f64), Number::Int)
    }

    fn normal(decimal: Decimal) -> Number {
        if decimal.digits.is_empty() {
            return Number::Int(0);
        }
        let zeros = decimal.scale - decimal.digits.len() as i64;
        if (0..19).contains(&zeros) && decimal.scale <= 19 {
            let digits = decimal.digits.iter().chain(std::iter::repeat_n(&b'0', zeros as usize));
            let size = digits.fold(0_i128, |size, digit| size * 10 + i128::from(digit - b'0'));
            if let Ok(int) = i64::try_from(if decimal.negative { -size } else { size }) {
                return Number::Int(int);
            }
        }
        Number::Decimal(decimal)
    }

    pub(super) fn is_integer(&self) -> bool {
        match self {
            Number::Int(_) => true,
            Number::Decimal(decimal) => decimal.scale >= decimal.digits.len() as i64,
        }
    }

    /// The number as an `int`, of which Go keeps the lowest 64 bits; `None` for fractions.
    pub(super) fn to_count(&self) -> Option<i64> {
        match self {
            Number::Int(int) => Some(*int),
            Number::Decimal(_) if !self.is_integer() => None,
            Number::Decimal(decimal) => {
                let zeros = decimal.scale - decimal.digits.len() as i64;
                let digits = decimal.digits.iter().map(|digit| digit - b'0').chain((0..zeros).map(|_| 0));
                let low = digits.fold(0_u64, |low, digit| low.wrapping_mul(10).wrapping_add(u64::from(digit))) as i64;
                Some(if decimal.negative { low.wrapping_neg() } else { low })
            }
        }
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        match self {
            Number::Int(int) => *int as f64,
            Number::Decimal(decimal) => {
                let sign = if decimal.negative { "-" } else { "" };
                let digits = String::from_utf8_lossy(&decimal.digits);
                format!("{sign}0.{digits}e{}", decimal.scale).parse().unwrap_or(f64::NAN)
            }
        }
    }

    /// Whether `self / divisor` is an integer.
    pub(super) fn is_multiple_of(&self, divisor: &Number) -> bool {
        match (self, divisor) {
            (_, Number::Int(0)) => false,
            (Number::Int(0), _) => true,
            (Number::Int(int), Number::Int(by)) => int.checked_rem(*by).is_none_or(|rest| rest == 0),
            _ => self.decimal().is_multiple_of(&divisor.decimal()),
        }
    }

    fn decimal(&self) -> Decimal {
        match self {
            Number::Decimal(decimal) => decimal.clone(),
            Number::Int(int) => {
                let text = int.unsigned_abs().to_string();
                let digits = text.trim_end_matches('0').as_bytes();
                let scale = if digits.is_empty() { 0 } else { text.len() as i64 };
                Decimal { negative: *int < 0, digits: digits.into(), scale }
            }
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(b),
            _ => self.decimal().cmp(&other.decimal()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let sign = |decimal: &Decimal| match (decimal.digits.is_empty(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let order = sign(self).cmp(&sign(other));
        if order != Ordering::Equal || sign(self) == 0 {
            return order;
        }
        let size = self.scale.cmp(&other.scale).then_with(|| self.digits.cmp(&other.digits));
        if self.negative { size.reverse() } else { size }
    }

    fn is_multiple_of(&self, divisor: &Decimal) -> bool {
        // With neither side ending in a zero, a divisor whose last digit stands higher leaves a fraction.
        let zeros = (self.scale - self.digits.len() as i64) - (divisor.scale - divisor.digits.len() as i64);
        if zeros < 0 {
            return false;
        }
        // Thirty digits keep ten times a remainder inside 128 bits; longer divisors are compared as floats.
        if divisor.digits.len() > 30 {
            let float = |decimal: &Decimal| Number::Decimal(decimal.clone()).to_float();
            return float(self) % float(divisor) == 0.0;
        }
        let number = |digits: &[u8]| digits.iter().fold(0_u128, |size, digit| size * 10 + u128::from(digit - b'0'));
        let by = number(&divisor.digits).max(1);
        let digits = self.digits.iter().copied().chain(std::iter::repeat_n(b'0', zeros as usize));
        digits.fold(0_u128, |rest, digit| (rest * 10 + u128::from(digit - b'0')) % by) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(number("1.0"), number("1"));
        assert_eq!(number("-0.0"), number("0"));
        assert_eq!(number("1e3"), Number::Int(1000));
        assert_eq!(number("100000000000000000000"), number("1e20"));
        assert_eq!(Number::from_float(0.1), number("0.1"));
        assert_eq!(Number::from_float(1e21), number("1e21"));
        assert_ne!(number("9007199254740993"), number("9007199254740992"));
        assert!(number("1e20").is_integer() && !number("12.5").is_integer());
        assert!(Number::parse("1e9999999").is_none());
    }

    #[test]
    fn order_and_multiples() {
        let rising = ["-1e30", "-10", "-9.5", "-0.5", "0", "0.001", "0.5", "9", "9.5", "10", "11", "1e19", "1e30"];
        for pair in rising.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
        for (of, by, wanted) in [("4", "3", false), ("0.3", "0.1", true), ("1e30", "7", false), ("7e30", "7", true)] {
            assert_eq!(number(of).is_multiple_of(&number(by)), wanted, "{of} {by}");
        }
        assert!(!number("1.05").is_multiple_of(&number("0.1")) && number("9").is_multiple_of(&number("1.5")));
    }
}
