//! `strconv.FormatFloat`.

use super::scalar::write_decimal;
use std::io::Write;

/// Formats a float as `strconv.FormatFloat(number, format, precision, 64)`: `format` is one of `e E f g G b x X`, a
/// negative precision means the fewest digits that read back as the same number.
pub fn format_float(number: f64, format: char, precision: i32) -> String {
    let mut out = Vec::new();
    write_float(&mut out, number, format, precision);
    String::from_utf8_lossy(&out).into_owned()
}

/// Formats a `float32` with the fewest digits, as `strconv.FormatFloat(float64(number), format, -1, 32)` does for
/// the formats `e`, `E`, `f`, `g` and `G`.
pub fn format_float32(number: f32, format: char) -> String {
    let mut out = Vec::new();
    if !write_special(&mut out, f64::from(number)) {
        let digits = Digits::scan(format_args!("{:e}", number.abs()));
        write_digits(&mut out, number.is_sign_negative(), &digits, Style { format, precision: -1 });
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends what [`format_float`] returns.
pub fn write_float(out: &mut Vec<u8>, number: f64, format: char, precision: i32) {
    if precision < 0 && matches!(format, 'g' | 'G') && write_small_integer(out, number) {
        return;
    }
    if write_special(out, number) {
        return;
    }
    let negative = number.is_sign_negative();
    let size = number.abs();
    match (format, usize::try_from(precision)) {
        ('b', _) => write_binary(out, number),
        ('x' | 'X', _) => write_hex(out, number, format, precision),
        ('f', Ok(decimals)) => write_fixed(out, negative, size, decimals),
        ('e' | 'E', Ok(decimals)) => {
            let digits = Digits::scan(format_args!("{size:.*e}", decimals.min(EXACT_DIGITS)));
            write_digits(out, negative, &digits, Style { format, precision });
        }
        ('g' | 'G', Ok(count)) => {
            let decimals = count.clamp(1, EXACT_DIGITS) - 1;
            let digits = Digits::scan(format_args!("{size:.decimals$e}"));
            write_digits(out, negative, &digits, Style { format, precision: precision.max(1) });
        }
        ('e' | 'E' | 'f' | 'g' | 'G', Err(_)) => {
            write_digits(out, negative, &shortest(size), Style { format, precision });
        }
        _ => {
            out.push(b'%');
            out.extend_from_slice(format.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// No `float64` has more significant decimal digits, or more places after the point, than this.
const EXACT_DIGITS: usize = 1100;

/// From this exponent on, the shortest `%g` has an exponent.
const SHORTEST_EXPONENT: i32 = 6;

/// Whole numbers below a million, which most numbers of charts are.
fn write_small_integer(out: &mut Vec<u8>, number: f64) -> bool {
    let whole = number as i64;
    let fits = whole.unsigned_abs() < 1_000_000 && whole as f64 == number && (whole != 0 || number.is_sign_positive());
    if fits {
        write_decimal(out, whole);
    }
    fits
}

fn write_special(out: &mut Vec<u8>, number: f64) -> bool {
    let text: &[u8] = if number.is_nan() {
        b"NaN"
    } else if number == f64::INFINITY {
        b"+Inf"
    } else if number == f64::NEG_INFINITY {
        b"-Inf"
    } else {
        return false;
    };
    out.extend_from_slice(text);
    true
}

/// Significant decimal digits without zeros at either end, and where the decimal point stands.
struct Digits {
    digits: Vec<u8>,
    /// How many digits precede the point; negative for zeros after it. 0 for the number zero.
    point: i32,
}

impl Digits {
    /// Reads what Rust's `{:e}` prints: `d`, `d.ddd`, an `e` and an exponent.
    fn scan(printed: std::fmt::Arguments<'_>) -> Digits {
        let mut text = Vec::with_capacity(32);
        // Writing to a vector cannot fail.
        let _ = text.write_fmt(printed);
        let mark = memchr::memchr(b'e', &text).unwrap_or(text.len());
        let exponent = std::str::from_utf8(text.get(mark + 1..).unwrap_or_default()).unwrap_or_default();
        let exponent: i32 = exponent.parse().unwrap_or_default();
        text.truncate(mark);
        text.retain(|byte| *byte != b'.');
        while text.last() == Some(&b'0') {
            text.pop();
        }
        let point = if text.is_empty() { 0 } else { exponent + 1 };
        Digits { digits: text, point }
    }

    fn len(&self) -> i32 {
        self.digits.len() as i32
    }

    /// The digit at a place, or a zero.
    fn at(&self, place: i32) -> u8 {
        usize::try_from(place).ok().and_then(|place| self.digits.get(place)).copied().unwrap_or(b'0')
    }
}

/// From this many digits on, two shortest forms can be equally near.
const TIE_DIGITS: usize = 15;

/// The fewest digits that read back as the same number, the nearest of those, and the even one of two equally near:
/// the last is Go's rule, Rust rounds up.
fn shortest(size: f64) -> Digits {
    let digits = Digits::scan(format_args!("{size:e}"));
    if digits.digits.len() < TIE_DIGITS {
        return digits;
    }
    let exact = format!("{size:.*e}", digits.digits.len() - 1);
    if exact.parse() == Ok(size) { Digits::scan(format_args!("{exact}")) } else { digits }
}

#[derive(Clone, Copy)]
struct Style {
    format: char,
    precision: i32,
}

fn write_digits(out: &mut Vec<u8>, negative: bool, digits: &Digits, style: Style) {
    let Style { format, precision } = style;
    let shortest = precision < 0;
    if negative {
        out.push(b'-');
    }
    match format {
        'f' => write_plain(out, digits, (digits.len() - digits.point).max(0)),
        'e' | 'E' => {
            let decimals = if shortest { (digits.len() - 1).max(0) } else { precision };
            write_exponent(out, digits, format as u8, decimals);
        }
        _ => write_general(out, digits, style),
    }
}

fn write_general(out: &mut Vec<u8>, digits: &Digits, style: Style) {
    let precision = if style.precision < 0 { digits.len() } else { style.precision };
    let mut threshold = precision;
    if threshold > digits.len() && digits.len() >= digits.point {
        threshold = digits.len();
    }
    if style.precision < 0 {
        threshold = SHORTEST_EXPONENT;
    }
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= threshold {
        let mark = if style.format == 'G' { b'E' } else { b'e' };
        return write_exponent(out, digits, mark, precision.min(digits.len()) - 1);
    }
    let count = if precision > digits.point { digits.len() } else { precision };
    write_plain(out, digits, (count - digits.point).max(0));
}

fn write_exponent(out: &mut Vec<u8>, digits: &Digits, mark: u8, decimals: i32) {
    out.push(digits.at(0));
    if decimals > 0 {
        out.push(b'.');
        out.extend((1..=decimals).map(|place| digits.at(place)));
    }
    let exponent = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    out.push(mark);
    out.push(if exponent < 0 { b'-' } else { b'+' });
    let size = exponent.unsigned_abs();
    if size < 10 {
        out.push(b'0');
    }
    write_decimal(out, i64::from(size));
}

fn write_plain(out: &mut Vec<u8>, digits: &Digits, decimals: i32) {
    if digits.point > 0 {
        out.extend((0..digits.point).map(|place| digits.at(place)));
    } else {
        out.push(b'0');
    }
    if decimals > 0 {
        out.push(b'.');
        out.extend((0..decimals).map(|place| digits.at(digits.point + place)));
    }
}

fn write_fixed(out: &mut Vec<u8>, negative: bool, size: f64, decimals: usize) {
    if negative {
        out.push(b'-');
    }
    let exact = decimals.min(EXACT_DIGITS);
    // Writing to a vector cannot fail.
    let _ = write!(out, "{size:.exact$}");
    out.resize(out.len() + decimals - exact, b'0');
}

/// Mantissa and binary exponent of a finite number: `number == mantissa * 2^exponent`, without the sign.
fn parts(number: f64) -> (u64, i32) {
    let bits = number.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    match ((bits >> 52) & 0x7ff) as i32 {
        0 => (mantissa, -1074),
        exponent => (mantissa | 1 << 52, exponent - 1075),
    }
}

fn write_binary(out: &mut Vec<u8>, number: f64) {
    let (mantissa, exponent) = parts(number);
    let sign = if number.is_sign_negative() { "-" } else { "" };
    // Writing to a vector cannot fail.
    let _ = write!(out, "{sign}{mantissa}p{exponent:+}");
}

fn write_hex(out: &mut Vec<u8>, number: f64, format: char, precision: i32) {
    let (mut mantissa, mut exponent) = parts(number);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        exponent += 60 - shift as i32;
    }
    // Now the leading 1 is bit 60; the fraction is the 15 hexadecimal digits below it.
    if (0..15).contains(&precision) {
        let dropped = 60 - 4 * precision as u32;
        let half = 1u64 << (dropped - 1);
        let rest = mantissa & ((1 << dropped) - 1);
        mantissa >>= dropped;
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= dropped;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let (sign, lead) = (if number.is_sign_negative() { "-" } else { "" }, mantissa >> 60);
    let _ = write!(out, "{sign}0{format}{lead}");
    write_hex_fraction(out, mantissa & ((1 << 60) - 1), format, precision);
    let mark = if format == 'X' { 'P' } else { 'p' };
    let _ = write!(out, "{mark}{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs());
}

fn write_hex_fraction(out: &mut Vec<u8>, fraction: u64, format: char, precision: i32) {
    let text = if format == 'X' { format!("{fraction:015X}") } else { format!("{fraction:015x}") };
    let Ok(wanted) = usize::try_from(precision) else {
        let text = text.trim_end_matches('0');
        if !text.is_empty() {
            out.push(b'.');
            out.extend_from_slice(text.as_bytes());
        }
        return;
    };
    if wanted > 0 {
        let kept = wanted.min(text.len());
        out.push(b'.');
        out.extend_from_slice(&text.as_bytes()[..kept]);
        out.resize(out.len() + wanted - kept, b'0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        let cases = [
            (0.0, 'g', -1, "0"),
            (-0.0, 'g', -1, "-0"),
            (100000.0, 'g', -1, "100000"),
            (1e6, 'g', -1, "1e+06"),
            (123456789.0, 'g', -1, "1.23456789e+08"),
            (0.0001, 'g', -1, "0.0001"),
            (0.00001, 'g', -1, "1e-05"),
            (1e6, 'f', -1, "1000000"),
            (2.5, 'f', 0, "2"),
            (0.125, 'f', 2, "0.12"),
            (100.0, 'g', 3, "100"),
            (100.0, 'g', 2, "1e+02"),
            (1.0, 'e', -1, "1e+00"),
            (0.0, 'e', 2, "0.00e+00"),
            (1.0, 'b', -1, "4503599627370496p-52"),
            (1.0, 'x', -1, "0x1p+00"),
            (-3.1, 'X', 3, "-0X1.8CDP+01"),
            (f64::INFINITY, 'f', 2, "+Inf"),
            (f64::NAN, 'x', -1, "NaN"),
        ];
        for (number, format, precision, expected) in cases {
            assert_eq!(format_float(number, format, precision), expected, "{number} {format} {precision}");
        }
        assert_eq!(format_float32(0.1, 'g'), "0.1");
        assert_eq!(format_float32(1e10, 'g'), "1e+10");
    }
}
