//! `time.Duration`.

use super::SECOND;
use super::time::quoted;
use crate::diagnostic::Fault;
use std::fmt;

/// A span of time in nanoseconds, as Go's `time.Duration`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// One more than the largest duration; a text may reach it only with a minus sign.
const LIMIT: u64 = 1 << 63;

impl Duration {
    /// `time.ParseDuration`: a sign and numbers with units, such as `1h15m30.918s`.
    pub fn parse(text: &[u8]) -> Result<Duration, Fault> {
        let invalid = || Fault::new(format!("time: invalid duration {}", quoted(text)));
        let (negative, mut rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if rest == b"0" {
            return Ok(Duration(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut sum: u64 = 0;
        while !rest.is_empty() {
            let number = Number::take(&mut rest).ok_or_else(invalid)?;
            let unit = take_while(&mut rest, |byte| byte != b'.' && !byte.is_ascii_digit());
            if unit.is_empty() {
                return Err(Fault::new(format!("time: missing unit in duration {}", quoted(text))));
            }
            let Some(size) = unit_size(unit) else {
                return Err(Fault::new(format!("time: unknown unit {} in duration {}", quoted(unit), quoted(text))));
            };
            sum = number
                .times(size)
                .and_then(|part| sum.checked_add(part))
                .filter(|sum| *sum <= LIMIT)
                .ok_or_else(invalid)?;
        }
        match i64::try_from(sum) {
            Ok(sum) => Ok(Duration(if negative { -sum } else { sum })),
            Err(_) if negative => Ok(Duration(i64::MIN)),
            Err(_) => Err(invalid()),
        }
    }

    /// Whole units plus the rest as a fraction, so that only one division rounds.
    fn in_units(self, unit: i64) -> f64 {
        (self.0 / unit) as f64 + (self.0 % unit) as f64 / unit as f64
    }

    /// Floating-point seconds.
    pub fn seconds(self) -> f64 {
        self.in_units(SECOND)
    }

    /// Floating-point minutes.
    pub fn minutes(self) -> f64 {
        self.in_units(60 * SECOND)
    }

    /// Floating-point hours.
    pub fn hours(self) -> f64 {
        self.in_units(3600 * SECOND)
    }

    /// The duration rounded towards zero to a multiple; unchanged where that is not positive.
    pub fn truncate(self, multiple: Duration) -> Duration {
        if multiple.0 <= 0 { self } else { Duration(self.0 - self.0 % multiple.0) }
    }

    /// The duration rounded half away from zero to a multiple, at most the largest one.
    pub fn round(self, multiple: Duration) -> Duration {
        if multiple.0 <= 0 {
            return self;
        }
        let (number, multiple) = (i128::from(self.0), i128::from(multiple.0));
        let rest = number.abs() % multiple;
        let size = number.abs() - rest + if rest * 2 < multiple { 0 } else { multiple };
        let rounded = if number < 0 { -size } else { size };
        Duration(rounded.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }

    /// The size; the smallest duration becomes the largest.
    pub fn abs(self) -> Duration {
        Duration(self.0.saturating_abs())
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        if size == 0 {
            return out.write_str("0s");
        }
        if self.0 < 0 {
            out.write_str("-")?;
        }
        let (unit, name) = match size {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "\u{b5}s"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        let (whole, rest) = (size / unit, size % unit);
        let (hours, minutes) = (whole / 3600, whole / 60 % 60);
        let seconds = if name == "s" { whole % 60 } else { whole };
        if name == "s" && hours > 0 {
            write!(out, "{hours}h")?;
        }
        if name == "s" && whole >= 60 {
            write!(out, "{minutes}m")?;
        }
        write!(out, "{seconds}")?;
        if rest > 0 {
            let digits = unit.ilog10() as usize;
            let fraction = format!("{rest:0digits$}");
            write!(out, ".{}", fraction.trim_end_matches('0'))?;
        }
        out.write_str(name)
    }
}

fn unit_size(unit: &[u8]) -> Option<u64> {
    Some(match unit {
        b"ns" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => 1_000_000_000,
        b"m" => 60_000_000_000,
        b"h" => 3_600_000_000_000,
        _ => return None,
    })
}

fn take_while<'t>(rest: &mut &'t [u8], wanted: impl Fn(u8) -> bool) -> &'t [u8] {
    let len = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
    let (taken, left) = rest.split_at(len);
    *rest = left;
    taken
}

/// A number of one unit: whole units and a fraction over a power of ten.
struct Number {
    whole: u64,
    fraction: u64,
    scale: f64,
}

impl Number {
    /// Takes digits with an optional fraction; `None` if there are none or too many.
    fn take(rest: &mut &[u8]) -> Option<Number> {
        let digits = take_while(rest, |byte| byte.is_ascii_digit());
        let whole = leading_int(digits)?;
        let mut number = Number { whole, fraction: 0, scale: 1.0 };
        let Some(after) = rest.strip_prefix(b".") else { return (!digits.is_empty()).then_some(number) };
        *rest = after;
        let decimals = take_while(rest, |byte| byte.is_ascii_digit());
        for digit in decimals {
            // Digits beyond the precision are dropped.
            if number.fraction > (LIMIT - 1) / 10 {
                break;
            }
            let fraction = number.fraction * 10 + u64::from(digit - b'0');
            if fraction > LIMIT {
                break;
            }
            number.fraction = fraction;
            number.scale *= 10.0;
        }
        (!digits.is_empty() || !decimals.is_empty()).then_some(number)
    }

    fn times(&self, unit: u64) -> Option<u64> {
        if self.whole > LIMIT / unit {
            return None;
        }
        let fraction = (self.fraction as f64 * (unit as f64 / self.scale)) as u64;
        (self.whole * unit).checked_add(fraction).filter(|sum| *sum <= LIMIT)
    }
}

/// The number of a run of digits, if it is at most 2^63.
pub(super) fn leading_int(digits: &[u8]) -> Option<u64> {
    let mut number: u64 = 0;
    for digit in digits {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        if number > LIMIT {
            return None;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_and_parse_as_in_go() {
        let cases = [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1\u{b5}s"),
            (2_200_000, "2.2ms"),
            (3_300_000_000, "3.3s"),
            (245_000_000_000, "4m5s"),
            (3_600_000_000_000, "1h0m0s"),
            (-18_367_001_000_000, "-5h6m7.001s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ];
        for (nanoseconds, text) in cases {
            assert_eq!(Duration(nanoseconds).to_string(), text);
            assert_eq!(Duration::parse(text.as_bytes()), Ok(Duration(nanoseconds)), "{text}");
        }
        let errors: [(&[u8], &str); 5] = [
            (b"", r#"time: invalid duration """#),
            (b"3", r#"time: missing unit in duration "3""#),
            (b"3x", r#"time: unknown unit "x" in duration "3x""#),
            (b"\xff", r#"time: invalid duration "\xff""#),
            (b"9223372036854775808ns", r#"time: invalid duration "9223372036854775808ns""#),
        ];
        for (text, error) in errors {
            assert_eq!(Duration::parse(text).unwrap_err().message(), error);
        }
    }
}
