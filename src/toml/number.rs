//! Numbers, dates and times: what their characters may be, and what they must be.

use super::scan::{Issue, Scanned, Scanner};
use super::time::{self, Datetime};
use crate::value::Value;

/// A value that begins with a digit.
pub(super) enum Unsigned {
    Number(Value),
    Datetime(Datetime),
}

/// Reads a value that begins with a digit.
pub(super) fn unsigned(scanner: &mut Scanner<'_>) -> Scanned<Unsigned> {
    let start = scanner.at();
    if scanner.next()? != Some('0') {
        return number_or_date(scanner, start);
    }
    match scanner.peek()? {
        Some('0'..='9') => {
            scanner.next()?;
            number_or_date(scanner, start)
        }
        Some(prefix @ ('b' | 'o' | 'x')) => prefixed(scanner, start, prefix).map(Unsigned::Number),
        _ => decimal(scanner, start).map(Unsigned::Number),
    }
}

fn number_or_date(scanner: &mut Scanner<'_>, start: usize) -> Scanned<Unsigned> {
    scanner.skip(|next| next.is_ascii_digit())?;
    if !matches!(scanner.peek()?, Some('-' | ':')) {
        return decimal(scanner, start).map(Unsigned::Number);
    }
    scanner.skip(|next| matches!(next, '0'..='9' | '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+'))?;
    let text = String::from_utf8_lossy(scanner.from(start)).trim().replace(['t', ' '], "T").replace('z', "Z");
    let datetime = time::parse(&text).ok_or_else(|| scanner.issue(format!("invalid datetime: {text:?}")))?;
    Ok(Unsigned::Datetime(datetime))
}

fn prefixed(scanner: &mut Scanner<'_>, start: usize, prefix: char) -> Scanned<Value> {
    scanner.next()?;
    let (radix, name) = match prefix {
        'b' => (2, "a binary"),
        'o' => (8, "an octal"),
        _ => (16, "a hexadecimal"),
    };
    let next = scanner.peek()?;
    if !next.is_some_and(|next| next.is_digit(radix)) {
        let current = String::from_utf8_lossy(scanner.from(start));
        return Err(scanner.issue(format!("not {name} number: '{current}{}'", next.unwrap_or_default())));
    }
    scanner.skip(|next| next.is_digit(radix) || next == '_')?;
    integer(scanner, start)
}

/// Reads the rest of a decimal integer or a float.
fn decimal(scanner: &mut Scanner<'_>, start: usize) -> Scanned<Value> {
    scanner.skip(|next| next.is_ascii_digit() || next == '_')?;
    if !matches!(scanner.peek()?, Some('.' | 'e' | 'E')) {
        return integer(scanner, start);
    }
    scanner.skip(|next| matches!(next, '0'..='9' | '_' | '.' | '-' | '+' | 'e' | 'E'))?;
    float(scanner, start)
}

/// Reads a number behind its sign, with which it began at `start`.
pub(super) fn signed(scanner: &mut Scanner<'_>, start: usize) -> Scanned<Value> {
    let current = |scanner: &Scanner<'_>| String::from_utf8_lossy(scanner.from(start)).into_owned();
    let next = scanner.next()?;
    match next {
        Some(first @ ('i' | 'n')) => {
            let [second, third] = if first == 'i' { ['n', 'f'] } else { ['a', 'n'] };
            if !scanner.accept(second)? || !scanner.accept(third)? {
                return Err(scanner.issue(format!("invalid float: '{}'", current(scanner))));
            }
            float(scanner, start)
        }
        Some('0') => match scanner.peek()? {
            Some(prefix @ ('b' | 'o' | 'x')) => {
                let message = format!("cannot use sign with non-decimal numbers: '{}{prefix}'", current(scanner));
                Err(scanner.issue(message))
            }
            _ => decimal(scanner, start),
        },
        Some('1'..='9') => decimal(scanner, start),
        Some('.') => Err(scanner.issue("floats must start with a digit, not '.'")),
        other => {
            let found = crate::value::print::quote_rune(other.unwrap_or_default());
            Err(scanner.issue_after(other, format!("expected a digit but got {found}")))
        }
    }
}

fn integer(scanner: &Scanner<'_>, start: usize) -> Scanned<Value> {
    let text = &*String::from_utf8_lossy(scanner.from(start));
    let invalid = |why: &str| -> Issue { scanner.issue(format!("Invalid integer \"{text}\": {why}")) };
    if !underscores_fit(text) {
        return Err(invalid("underscores must be surrounded by digits"));
    }
    if has_leading_zero(text) {
        return Err(invalid("cannot have leading zeroes"));
    }
    let plain = text.replace('_', "");
    let parsed = match plain.get(..2) {
        Some("0b") => i64::from_str_radix(&plain[2..], 2),
        Some("0o") => i64::from_str_radix(&plain[2..], 8),
        Some("0x") => i64::from_str_radix(&plain[2..], 16),
        _ => plain.parse(),
    };
    parsed.map(Value::Int64).map_err(|_| scanner.issue(format!("{text} is out of range for int64")))
}

/// Checks and converts a float that began at `start`.
pub(super) fn float(scanner: &Scanner<'_>, start: usize) -> Scanned<Value> {
    let text = &*String::from_utf8_lossy(scanner.from(start));
    let invalid = |why: &str| -> Issue { scanner.issue(format!("Invalid float \"{text}\": {why}")) };
    let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
    if !parts.clone().all(underscores_fit) {
        return Err(invalid("underscores must be surrounded by digits"));
    }
    if parts.next().is_some_and(has_leading_zero) {
        return Err(invalid("cannot have leading zeroes"));
    }
    let mut behind_periods = text.split('.').skip(1);
    if !behind_periods.all(|behind| behind.starts_with(|digit: char| digit.is_ascii_digit())) {
        return Err(invalid("'.' must be followed by one or more digits"));
    }
    let plain = text.replace('_', "");
    let number: f64 = plain.parse().map_err(|_| scanner.issue(format!("Invalid float value: \"{text}\"")))?;
    if number.is_infinite() && !plain.ends_with("inf") {
        return Err(scanner.issue(format!("{text} is out of range for float64")));
    }
    Ok(Value::Float(number))
}

/// Each underscore stands between digits; whatever is no digit must not be at the end.
fn underscores_fit(text: &str) -> bool {
    if matches!(text.trim_start_matches(['+', '-']), "nan" | "inf") {
        return true;
    }
    let mut digit = false;
    for next in text.chars() {
        if next == '_' && !digit {
            return false;
        }
        digit = next.is_ascii_hexdigit();
    }
    digit
}

fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', b'b' | b'o' | b'x', ..] => false,
        [b'0', _, ..] | [b'+' | b'-', b'0', _, ..] => true,
        _ => false,
    }
}
