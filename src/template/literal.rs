//! Literals: Go's number forms and quoted strings. The reference is Go's package `strconv`.

use super::node::{Number, Run};
use super::quote;

/// Reads a number literal that the lexer took for a number or an imaginary constant.
pub(super) fn number(text: &[u8]) -> Result<Number, String> {
    let word = std::str::from_utf8(text).unwrap_or_default();
    if let Some(imaginary) = word.strip_suffix('i')
        && let Some(imaginary) = parse_float(imaginary)
    {
        return Ok(complex_number(0.0, imaginary));
    }
    let mut number = Number { uint: parse_uint(word), int: parse_int(word), ..Number::default() };
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    if let Some(int) = number.int {
        number.float = Some(int as f64);
        return Ok(number);
    }
    if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
        return Ok(number);
    }
    let Some(float) = parse_float(word) else {
        return Err(format!("illegal number syntax: {}", quote(text)));
    };
    if !word.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err(format!("integer overflow: {}", quote(text)));
    }
    number.float = Some(float);
    number.int = exact_int(float);
    number.uint = exact_uint(float);
    Ok(number)
}

/// Reads a complex literal such as `1+2i`.
pub(super) fn complex(text: &[u8]) -> Result<Number, String> {
    let word = std::str::from_utf8(text).unwrap_or_default();
    let bad = || "syntax error scanning complex number".to_owned();
    let body = word.strip_suffix('i').ok_or_else(bad)?;
    let splits = body.char_indices().skip(1).filter(|(_, sign)| matches!(sign, '+' | '-'));
    for (at, _) in splits {
        if let (Some(real), Some(imaginary)) = (parse_float(&body[..at]), parse_float(&body[at..])) {
            return Ok(complex_number(real, imaginary));
        }
    }
    Err(bad())
}

fn complex_number(real: f64, imaginary: f64) -> Number {
    let mut number = Number { complex: Some((real, imaginary)), ..Number::default() };
    if imaginary == 0.0 {
        number.float = Some(real);
        number.int = exact_int(real);
        number.uint = exact_uint(real);
    }
    number
}

fn exact_int(float: f64) -> Option<i64> {
    let int = float as i64;
    (int as f64 == float && float.abs() < 9.3e18).then_some(int)
}

fn exact_uint(float: f64) -> Option<u64> {
    let uint = float as u64;
    (uint as f64 == float && (0.0..1.9e19).contains(&float)).then_some(uint)
}

/// Reads a character constant, its quotes included.
pub(super) fn character(text: &[u8]) -> Result<Number, String> {
    let mut rest = text.get(1..).unwrap_or_default();
    let rune = unquote_char(&mut rest, b'\'').ok_or("invalid syntax")?;
    if rest != b"'" {
        return Err(format!("malformed character constant: {}", String::from_utf8_lossy(text)));
    }
    let code = match rune {
        Unquoted::Rune(rune) => rune as u32,
        Unquoted::Byte(byte) => u32::from(byte),
    };
    let (int, uint, float) = (Some(i64::from(code)), Some(u64::from(code)), Some(f64::from(code)));
    Ok(Number { int, uint, float, ..Number::default() })
}

/// The value of a string literal between `"` or backquotes; `None` if it is malformed.
pub(super) fn unquote(text: &[u8]) -> Option<Vec<u8>> {
    let (first, body) = text.split_first()?;
    let (last, body) = body.split_last()?;
    if first != last {
        return None;
    }
    if *first == b'`' {
        return Some(body.iter().copied().filter(|byte| *byte != b'\r').collect());
    }
    let mut value = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        match unquote_char(&mut rest, *first)? {
            Unquoted::Rune(rune) => value.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes()),
            Unquoted::Byte(byte) => value.push(byte),
        }
    }
    Some(value)
}

/// Whether the body of a quoted string stands for itself, byte by byte.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let body = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    match text.first() {
        Some(b'`') => memchr::memchr(b'\r', body).is_none(),
        _ => memchr::memchr(b'\\', body).is_none() && std::str::from_utf8(body).is_ok(),
    }
}

enum Unquoted {
    Rune(char),
    Byte(u8),
}

fn unquote_char(rest: &mut &[u8], quote: u8) -> Option<Unquoted> {
    let (rune, length) = super::lexer::decode_rune(rest)?;
    if rune != '\\' {
        if rune == quote as char || rune == '\n' {
            return None;
        }
        *rest = &rest[length..];
        return Some(Unquoted::Rune(rune));
    }
    let escape = *rest.get(1)?;
    *rest = &rest[2..];
    let simple = match escape {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'\'' | b'"' if escape == quote => escape,
        b'x' => return Some(Unquoted::Byte(digits(rest, 2, 16)? as u8)),
        b'u' => return char::from_u32(digits(rest, 4, 16)?).map(Unquoted::Rune),
        b'U' => return char::from_u32(digits(rest, 8, 16)?).map(Unquoted::Rune),
        b'0'..=b'7' => {
            let tail = digits(rest, 2, 8)?;
            return u8::try_from(u32::from(escape - b'0') * 64 + tail).ok().map(Unquoted::Byte);
        }
        _ => return None,
    };
    Some(Unquoted::Byte(simple))
}

fn digits(rest: &mut &[u8], count: usize, base: u32) -> Option<u32> {
    let text = std::str::from_utf8(rest.get(..count)?).ok()?;
    if text.starts_with('+') {
        return None;
    }
    let value = u32::from_str_radix(text, base).ok()?;
    *rest = &rest[count..];
    Some(value)
}

/// Go's `ParseUint` with base 0.
fn parse_uint(word: &str) -> Option<u64> {
    let (base, body) = match word.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &word[2..]),
        [b'0', b'o' | b'O', ..] => (8, &word[2..]),
        [b'0', b'b' | b'B', ..] => (2, &word[2..]),
        [b'0', _, ..] => (8, &word[1..]),
        _ => (10, word),
    };
    if body.starts_with('+') || !underscores_ok(word) {
        return None;
    }
    if body.contains('_') {
        return u64::from_str_radix(&body.replace('_', ""), base).ok();
    }
    u64::from_str_radix(body, base).ok()
}

/// Go's `ParseInt` with base 0.
fn parse_int(word: &str) -> Option<i64> {
    let (negative, body) = match word.as_bytes().first()? {
        b'-' => (true, &word[1..]),
        b'+' => (false, &word[1..]),
        _ => (false, word),
    };
    let magnitude = parse_uint(body)?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude);
    }
    i64::try_from(magnitude).ok()
}

/// Whether underscores stand only between digits or after a base prefix.
fn underscores_ok(word: &str) -> bool {
    if !word.contains('_') {
        return true;
    }
    let body = word.strip_prefix(['-', '+']).unwrap_or(word);
    let lower = body.to_ascii_lowercase();
    let prefixed = ["0x", "0o", "0b"].iter().any(|prefix| lower.starts_with(prefix));
    let hex = lower.starts_with("0x");
    let rest = if prefixed { &lower[2..] } else { &lower[..] };
    let mut before = if prefixed { '0' } else { '^' };
    for rune in rest.chars() {
        let digit = rune.is_ascii_digit() || (hex && rune.is_ascii_hexdigit());
        match rune {
            _ if digit => before = '0',
            '_' if before != '0' => return false,
            '_' => before = '_',
            _ if before == '_' => return false,
            _ => before = '!',
        }
    }
    before != '_'
}

/// Go's `ParseFloat`, decimal and hexadecimal; out of range is `None`.
fn parse_float(word: &str) -> Option<f64> {
    if !underscores_ok(word) {
        return None;
    }
    let clean = word.replace('_', "");
    let body = clean.strip_prefix(['-', '+']).unwrap_or(&clean);
    if body.starts_with("0x") || body.starts_with("0X") {
        let magnitude = parse_hex_float(&body[2..])?;
        return Some(if clean.starts_with('-') { -magnitude } else { magnitude });
    }
    if !body.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    clean.parse::<f64>().ok().filter(|float| float.is_finite())
}

fn parse_hex_float(body: &str) -> Option<f64> {
    let (mantissa, exponent) = body.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    for digit in whole.chars() {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let mut scale = 1.0 / 16.0;
    for digit in fraction.chars() {
        value += f64::from(digit.to_digit(16)?) * scale;
        scale /= 16.0;
    }
    let value = value * 2.0_f64.powi(exponent);
    value.is_finite().then_some(value)
}

/// Marks where in the text a number stands.
pub(super) fn at(number: Number, text: Run) -> Number {
    Number { text, ..number }
}
