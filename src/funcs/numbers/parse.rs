//! `strconv.ParseInt` and `strconv.ParseFloat`.

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// It is not written like one.
    Syntax,
    /// It does not fit; the nearest number that does.
    Range(i64),
}

impl NumberError {
    /// What Go returns beside the error: the nearest number, or 0.
    pub(crate) fn nearest(self) -> i64 {
        match self {
            NumberError::Syntax => 0,
            NumberError::Range(number) => number,
        }
    }
}

/// `strconv.ParseInt(text, base, 64)`; base 0 reads the prefixes of Go literals and underscores between digits.
pub(crate) fn parse_int(text: &[u8], base: u32) -> Result<i64, NumberError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let limit = if negative { i64::MIN } else { i64::MAX };
    let size = parse_uint(digits, base)?.ok_or(NumberError::Range(limit))?;
    if negative { 0i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() }.ok_or(NumberError::Range(limit))
}

/// The digits of an unsigned number; `None` if it is too large.
fn parse_uint(text: &[u8], base: u32) -> Result<Option<u64>, NumberError> {
    if text.is_empty() {
        return Err(NumberError::Syntax);
    }
    let (radix, digits) = match (base, text) {
        (0, [b'0', b'b' | b'B', rest @ ..]) if !rest.is_empty() => (2, rest),
        (0, [b'0', b'o' | b'O', rest @ ..]) if !rest.is_empty() => (8, rest),
        (0, [b'0', b'x' | b'X', rest @ ..]) if !rest.is_empty() => (16, rest),
        (0, [b'0', rest @ ..]) => (8, rest),
        (0, _) => (10, text),
        _ => (base, text),
    };
    let mut number: u64 = 0;
    for byte in digits {
        if *byte == b'_' && base == 0 {
            continue;
        }
        let digit = char::from(*byte).to_digit(radix).ok_or(NumberError::Syntax)?;
        let next = number.checked_mul(u64::from(radix)).and_then(|number| number.checked_add(u64::from(digit)));
        // Go stops here, so that nonsense further on is not noticed.
        let Some(next) = next else { return Ok(None) };
        number = next;
    }
    if base == 0 && !underscores_fit(text) {
        return Err(NumberError::Syntax);
    }
    Ok(Some(number))
}

/// Whether each underscore stands between digits, or between the base prefix and a digit. Without any, all is well.
fn underscores_fit(text: &[u8]) -> bool {
    if !text.contains(&b'_') {
        return true;
    }
    let text = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    let (rest, hex) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (rest, true),
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (rest, false),
        _ => (text, false),
    };
    // What stood before: a digit or prefix, an underscore, or anything else.
    let mut before = if rest.len() < text.len() { b'0' } else { b'!' };
    for byte in rest {
        let digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        match (before, *byte) {
            (b'0', b'_') => before = b'_',
            (_, b'_') => return false,
            _ if digit => before = b'0',
            (b'_', _) => return false,
            _ => before = b'!',
        }
    }
    before != b'_'
}

/// `strconv.ParseFloat(text, 64)` where it succeeds: decimal and hexadecimal numbers, infinities and NaN. Numbers
/// beyond the largest are an error.
pub(crate) fn parse_float(text: &[u8]) -> Option<f64> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let signed = |number: f64| if negative { -number } else { number };
    if unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity") {
        return Some(signed(f64::INFINITY));
    }
    if text.eq_ignore_ascii_case(b"nan") {
        return Some(f64::NAN);
    }
    if !underscores_fit(text) {
        return None;
    }
    let digits: Vec<u8> = unsigned.iter().copied().filter(|byte| *byte != b'_').collect();
    let number = match digits.as_slice() {
        [b'0', b'x' | b'X', hex @ ..] => hex_float(hex)?,
        digits if is_decimal(digits) => std::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => return None,
    };
    Some(signed(number)).filter(|number| number.is_finite())
}

/// Whether the bytes are digits with at most one point and at most one exponent.
fn is_decimal(text: &[u8]) -> bool {
    let mark = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, exponent) = text.split_at(mark.unwrap_or(text.len()));
    let points = mantissa.iter().filter(|byte| **byte == b'.').count();
    let digits = mantissa.iter().filter(|byte| byte.is_ascii_digit()).count();
    points <= 1 && digits > 0 && points + digits == mantissa.len() && (mark.is_none() || is_exponent(&exponent[1..]))
}

fn is_exponent(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Exponents beyond this only say "huge" or "tiny".
const FAR_EXPONENT: i64 = 100_000;

/// A hexadecimal float after its `0x`; the exponent is required.
fn hex_float(text: &[u8]) -> Option<f64> {
    let mark = text.iter().position(|byte| matches!(byte, b'p' | b'P'))?;
    let exponent = &text[mark + 1..];
    if !is_exponent(exponent) {
        return None;
    }
    let exponent = match parse_int(exponent, 10) {
        Ok(exponent) => exponent,
        Err(error) => error.nearest(),
    };
    let mut exponent = exponent.clamp(-FAR_EXPONENT, FAR_EXPONENT);
    let (mut mantissa, mut sticky, mut point, mut digits) = (0u64, false, false, 0);
    for byte in &text[..mark] {
        if *byte == b'.' {
            if point {
                return None;
            }
            point = true;
            continue;
        }
        let digit = char::from(*byte).to_digit(16)?;
        digits += 1;
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
            exponent -= if point { 4 } else { 0 };
        } else {
            sticky |= digit != 0;
            exponent += if point { 0 } else { 4 };
        }
    }
    if digits == 0 {
        return None;
    }
    Some(rounded(mantissa, exponent, sticky))
}

/// The number nearest to `mantissa * 2^exponent`, where `sticky` tells that a little more was cut off.
fn rounded(mantissa: u64, exponent: i64, sticky: bool) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let shift = mantissa.leading_zeros();
    let mantissa = mantissa << shift;
    let exponent = exponent - i64::from(shift) + 63;
    if exponent > 1023 {
        return f64::INFINITY;
    }
    // Subnormal numbers keep fewer bits.
    let dropped = 11 + (-1022 - exponent).clamp(0, 53) as u32;
    let (kept, rest) = match dropped {
        64 => (0, u128::from(mantissa)),
        _ => (mantissa >> dropped, u128::from(mantissa & ((1 << dropped) - 1))),
    };
    let twice = rest * 2 + u128::from(sticky);
    let half = 1u128 << dropped;
    let kept = kept + u64::from(twice > half || twice == half && kept & 1 == 1);
    // In this order a carry out of the mantissa runs into the exponent.
    let biased = if exponent < -1022 { 0 } else { (exponent + 1022) as u64 };
    if exponent < -1075 { 0.0 } else { f64::from_bits((biased << 52) + kept) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_in_go() {
        let cases: [(&[u8], u32, Result<i64, NumberError>); 14] = [
            (b"", 0, Err(NumberError::Syntax)),
            (b"-", 0, Err(NumberError::Syntax)),
            (b"0", 0, Ok(0)),
            (b"-017", 0, Ok(-15)),
            (b"0o17", 0, Ok(15)),
            (b"0x_1F", 0, Ok(31)),
            (b"1__0", 0, Err(NumberError::Syntax)),
            (b"0_7", 0, Ok(7)),
            (b"09", 0, Err(NumberError::Syntax)),
            (b"1_000", 10, Err(NumberError::Syntax)),
            (b"017", 10, Ok(17)),
            (b"9223372036854775808", 10, Err(NumberError::Range(i64::MAX))),
            (b"-9223372036854775808", 10, Ok(i64::MIN)),
            (b"-99999999999999999999", 10, Err(NumberError::Range(i64::MIN))),
        ];
        for (text, base, expected) in cases {
            assert_eq!(parse_int(text, base), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn floats_are_read_as_in_go() {
        let cases: [(&[u8], Option<f64>); 13] = [
            (b"1.5e3", Some(1500.0)),
            (b".5", Some(0.5)),
            (b"5.", Some(5.0)),
            (b".", None),
            (b"1e", None),
            (b"1e400", None),
            (b"-Inf", Some(f64::NEG_INFINITY)),
            (b"0x1p-2", Some(0.25)),
            (b"0x1.8", None),
            (b"0x.1p4", Some(1.0)),
            (b"0x1p-1074", Some(5e-324)),
            (b"0x1.fffffffffffff8p1023", None),
            (b" 1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_float(text), expected, "{}", String::from_utf8_lossy(text));
        }
    }
}
