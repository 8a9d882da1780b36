//! Kubernetes' quantities (`500m`, `2Gi`) and Go's durations (`1h30m`).

use std::cmp::Ordering;

/// A quantity in thousandth parts of a thousandth part of a thousandth part, so that `n` is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity(i128);

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Reads a quantity; `None` if it is none or far out of range.
    pub(crate) fn parse(text: &str) -> Option<Quantity> {
        let end = text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
        let (number, suffix) = text.split_at_checked(end)?;
        let (negative, digits) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(part) || whole.len() + part.len() == 0 || whole.len() > 27 {
            return None;
        }
        let part: String = part.chars().chain("000000000".chars()).take(9).collect();
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let nano = whole.checked_mul(NANO)?.checked_add(part.parse().ok()?)?;
        let scaled = scale(nano, suffix)?;
        Some(Quantity(if negative { scaled.checked_neg()? } else { scaled }))
    }

    pub(crate) fn of_integer(number: i64) -> Quantity {
        Quantity(i128::from(number) * NANO)
    }

    pub(crate) fn sign(self) -> i64 {
        match self.0.cmp(&0) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    pub(crate) fn plus(self, other: Quantity) -> Option<Quantity> {
        self.0.checked_add(other.0).map(Quantity)
    }

    pub(crate) fn minus(self, other: Quantity) -> Option<Quantity> {
        self.0.checked_sub(other.0).map(Quantity)
    }

    /// The whole number, if it is one.
    pub(crate) fn integer(self) -> Option<i64> {
        (self.0 % NANO == 0).then(|| i64::try_from(self.0 / NANO).ok()).flatten()
    }

    /// The number times a factor, rounded up; `None` if it is negative.
    pub(super) fn scaled(self, factor: i128) -> Option<u64> {
        let product = self.0.checked_mul(factor)?;
        u64::try_from(product / NANO + i128::from(product % NANO > 0)).ok()
    }

    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn float(self) -> f64 {
        self.0 as f64 / NANO as f64
    }
}

/// The quantity in its one form, so that equal ones are equal texts.
impl std::fmt::Display for Quantity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 % NANO {
            0 => write!(out, "{}", self.0 / NANO),
            _ => write!(out, "{}n", self.0),
        }
    }
}

fn scale(nano: i128, suffix: &str) -> Option<i128> {
    let binary = |power: u32| nano.checked_mul(1i128 << (10 * power));
    let decimal = |power: i32| match power {
        0.. => nano.checked_mul(10i128.checked_pow(power.unsigned_abs())?),
        // What is smaller than a nano is rounded up, as Kubernetes does.
        _ => {
            let divisor = 10i128.checked_pow(power.unsigned_abs())?;
            Some(nano / divisor + i128::from(nano % divisor != 0))
        }
    };
    match suffix {
        "" => Some(nano),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            (-24..=24).contains(&power).then(|| decimal(power)).flatten()
        }
    }
}

/// The nanoseconds of one of Go's durations.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, behind) = rest.split_at_checked(end)?;
        let number: f64 = number.parse().ok()?;
        let end = behind.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(end)?;
        total += number
            * match unit {
                "ns" => 1.0,
                "us" | "µs" | "μs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                _ => return None,
            };
        rest = behind;
    }
    #[allow(clippy::cast_possible_truncation)]
    (total < 9.2e18).then_some((sign * total) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_compare_by_their_value() {
        let of = |text: &str| Quantity::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(of("1"), of("1000m"));
        assert_eq!(of("1Ki"), of("1024"));
        assert_eq!(of("1e3"), of("1k"));
        assert!(of("1.5Gi") > of("1500M") && of("-1").sign() == -1);
        for text in ["", "1 Gi", "Gi", "1gb", "1.2.3", "--1", "1e"] {
            assert!(Quantity::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn durations_are_go_s() {
        assert_eq!(duration("1h30m"), Some(5_400_000_000_000));
        assert_eq!(duration("-1.5s"), Some(-1_500_000_000));
        for text in ["", "1", "1x", "h"] {
            assert!(duration(text).is_none(), "{text}");
        }
    }
}
