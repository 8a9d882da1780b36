//! Numbers as Go's `strconv` reads and writes them.

/// Reads an integer as `strconv.ParseInt(text, 0, 64)` or else `strconv.ParseUint` does: an optional sign, then
/// `0x`, `0o`, `0b`, a leading `0` for octal, or decimal digits.
pub(super) fn parse_int(text: &[u8]) -> Option<Integer> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (radix, digits) = match digits {
        [] => return None,
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] if !rest.is_empty() => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => (2, rest),
        [b'0', rest @ ..] => (8, rest),
        rest => (10, rest),
    };
    let magnitude = parse_digits(digits, radix)?;
    signed(negative, magnitude).or_else(|| {
        let unsigned = !matches!(text, [b'-' | b'+', ..]);
        unsigned.then_some(Integer::Unsigned(magnitude))
    })
}

/// Reads digits of one base with an optional sign, as `strconv.ParseInt(text, radix, 64)` does.
pub(super) fn parse_signed(text: &[u8], radix: u8) -> Option<Integer> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    signed(negative, parse_digits(digits, radix)?)
}

/// An integer that fits into 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integer {
    Signed(i64),
    /// Above the signed ones.
    Unsigned(u64),
}

fn signed(negative: bool, magnitude: u64) -> Option<Integer> {
    let number = if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    number.map(Integer::Signed)
}

fn parse_digits(digits: &[u8], radix: u8) -> Option<u64> {
    let mut number = 0_u64;
    for &byte in digits {
        let digit = char::from(byte).to_digit(u32::from(radix))?;
        number = number.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
    }
    Some(number)
}

/// Reads a decimal number of the form that go-yaml takes for a float; `None` also where it overflows.
pub(super) fn parse_float(text: &[u8]) -> Option<f64> {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let (whole, rest) = split_digits(unsigned);
    let rest = match rest {
        [b'.', rest @ ..] => {
            let (fraction, rest) = split_digits(rest);
            if whole.is_empty() && fraction.is_empty() {
                return None;
            }
            rest
        }
        _ if whole.is_empty() => return None,
        rest => rest,
    };
    is_exponent(rest).then(|| finite(text)).flatten()
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at(len)
}

/// Whether a text is empty or `e`, an optional sign and digits.
fn is_exponent(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b'e' | b'E', b'+' | b'-', digits @ ..] | [b'e' | b'E', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

fn finite(text: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// Reads a number that starts with a point, as `strconv.ParseFloat` does: `_` may stand between digits.
pub(super) fn parse_point_float(text: &[u8]) -> Option<f64> {
    let stray = |pair: &[u8]| pair.contains(&b'_') && !pair.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_');
    let double = |pair: &[u8]| pair == b"__";
    if text.ends_with(b"_") || text.windows(2).any(|pair| stray(pair) || double(pair)) {
        return None;
    }
    let plain: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'_').collect();
    parse_float(&plain)
}

/// Writes a float as `strconv.FormatFloat(number, 'g', -1, 64)` does.
pub(super) fn format_g(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    shape_g(&format!("{number:e}"))
}

/// Writes a float as `strconv.FormatFloat(number, 'g', -1, 32)` does.
pub(super) fn format_g32(number: f64) -> String {
    #[allow(clippy::cast_possible_truncation)]
    let narrow = number as f32;
    if narrow.is_finite() { shape_g(&format!("{narrow:e}")) } else { format_g(f64::from(narrow)) }
}

/// From Rust's shortest `d.ddde-x` to Go's `%g`: an exponent only below -4 and from 6 on.
fn shape_g(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(|found| *found != '.').collect();
    if !(-4..6).contains(&exponent) {
        let separator = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{separator}{:02}", exponent.abs());
    }
    let point = usize::try_from(exponent + 1).unwrap_or(0);
    if exponent < 0 {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("{sign}0.{zeros}{digits}");
    }
    if digits.len() <= point {
        return format!("{sign}{digits}{}", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

/// Writes a finite float as Go's `encoding/json` does.
pub(super) fn format_json(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{number:e}");
        return match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => text,
        };
    }
    format!("{number}")
}
