//! Character classes and escapes.

use super::names::unicode_class;
use super::syntax::{Error, Flags, check_utf8, error, next_rune, write_code};
use std::borrow::Cow;

/// A class without characters.
pub(super) const NOTHING: &str = r"\P{Any}";

/// What a single escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    Rune(char),
    /// A code that no text can hold, though Go reads it.
    Surrogate(u32),
}

impl Escape {
    fn code(self) -> u32 {
        match self {
            Escape::Rune(rune) => u32::from(rune),
            Escape::Surrogate(code) => code,
        }
    }
}

/// Appends a character that stands for itself.
pub(super) fn write_rune(out: &mut String, rune: char) {
    if rune.is_ascii_alphanumeric() || !rune.is_ascii() {
        out.push(rune);
    } else {
        write_code(out, u32::from(rune));
    }
}

/// A class that [`escaped`] found, for use outside of brackets.
pub(super) fn standing_alone(class: Cow<'static, str>, flags: Flags) -> String {
    if flags.fold_case { format!("(?i:[{class}])") } else { format!("[{class}]") }
}

/// A class in the crate's syntax, and what follows it.
type Found<'a> = (Cow<'static, str>, &'a [u8]);

/// Reads `\pN`, `\p{Greek}`, `\d` and their like; the text is one for use inside brackets.
pub(super) fn escaped(text: &[u8]) -> Result<Option<Found<'_>>, Error> {
    let perl = match text {
        [b'\\', b'p' | b'P', ..] => return unicode(text).map(Some),
        [b'\\', letter, ..] => letter,
        _ => return Ok(None),
    };
    let class = match perl {
        b'd' => "0-9",
        b'D' => "[^0-9]",
        b's' => r"\t\n\x0C\r\x20",
        b'S' => r"[^\t\n\x0C\r\x20]",
        b'w' => "0-9A-Za-z_",
        b'W' => "[^0-9A-Za-z_]",
        _ => return Ok(None),
    };
    Ok(Some((Cow::Borrowed(class), &text[2..])))
}

fn unicode(text: &[u8]) -> Result<Found<'_>, Error> {
    let (first, after) = next_rune(&text[2..])?;
    let (name, rest) = if first == '{' {
        let Some(end) = memchr::memchr(b'}', text) else {
            check_utf8(text)?;
            return Err(error("invalid character class range", text));
        };
        (check_utf8(&text[3..end])?, &text[end + 1..])
    } else {
        (check_utf8(&text[2..text.len() - after.len()])?, after)
    };
    let bare = name.strip_prefix('^');
    let negated = (text.get(1) == Some(&b'P')) != bare.is_some();
    match unicode_class(bare.unwrap_or(name), negated) {
        Some(class) => Ok((class, rest)),
        None => Err(error("invalid character class range", &text[..text.len() - rest.len()])),
    }
}

/// Reads an escape that stands for one character.
pub(super) fn escaped_rune(text: &[u8]) -> Result<(Escape, &[u8]), Error> {
    let after = &text[1..];
    if after.is_empty() {
        return Err(error("trailing backslash at end of expression", b""));
    }
    let (rune, rest) = next_rune(after)?;
    let found = match rune {
        '1'..='7' if !rest.first().is_some_and(is_octal) => None,
        '0'..='7' => Some(octal(after)),
        'x' => return hexadecimal(text, rest),
        'a' => Some((7, rest)),
        'f' => Some((12, rest)),
        'n' => Some((10, rest)),
        'r' => Some((13, rest)),
        't' => Some((9, rest)),
        'v' => Some((11, rest)),
        _ if rune.is_ascii() && !rune.is_ascii_alphanumeric() => Some((u32::from(rune), rest)),
        _ => None,
    };
    match found.and_then(|(code, rest)| Some((Escape::Rune(char::from_u32(code)?), rest))) {
        Some(found) => Ok(found),
        None => Err(invalid(text, rest)),
    }
}

/// The message about an escape that ends where `rest` begins.
fn invalid(text: &[u8], rest: &[u8]) -> Error {
    error("invalid escape sequence", &text[..text.len() - rest.len()])
}

fn is_octal(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'7')
}

fn octal(text: &[u8]) -> (u32, &[u8]) {
    let length = text.iter().take(3).take_while(|byte| is_octal(byte)).count();
    let (digits, rest) = text.split_at(length);
    (digits.iter().fold(0, |code, digit| code * 8 + u32::from(digit - b'0')), rest)
}

/// Reads two digits, or any number of them in braces, behind `\x`.
fn hexadecimal<'a>(text: &'a [u8], after: &'a [u8]) -> Result<(Escape, &'a [u8]), Error> {
    if after.is_empty() {
        return Err(invalid(text, after));
    }
    let (first, mut rest) = next_rune(after)?;
    if first != '{' {
        let (second, rest) = next_rune(rest)?;
        let digits = first.to_digit(16).zip(second.to_digit(16));
        let rune = digits.and_then(|(high, low)| char::from_u32(high * 16 + low));
        return rune.map(|rune| (Escape::Rune(rune), rest)).ok_or_else(|| invalid(text, rest));
    }
    let (mut code, mut digits) = (0, 0);
    while !rest.is_empty() {
        let (rune, after) = next_rune(rest)?;
        rest = after;
        let digit = match rune {
            '}' if digits > 0 => {
                return Ok((char::from_u32(code).map_or(Escape::Surrogate(code), Escape::Rune), rest));
            }
            _ => rune.to_digit(16),
        };
        let Some(digit) = digit else { break };
        code = code * 16 + digit;
        if code > u32::from(char::MAX) {
            break;
        }
        digits += 1;
    }
    Err(invalid(text, rest))
}

/// Reads a class in brackets.
pub(super) fn bracketed(text: &[u8], flags: Flags) -> Result<(String, &[u8]), Error> {
    let mut rest = &text[1..];
    let mut out = String::from(if flags.fold_case { "(?i:[" } else { "[" });
    if let Some(after) = rest.strip_prefix(b"^") {
        out.push('^');
        rest = after;
    }
    let empty = out.len();
    let mut first = true;
    while first || !rest.starts_with(b"]") {
        first = false;
        if let Some((class, after)) = named(rest)? {
            out.push_str(class);
            rest = after;
        } else if let Some((class, after)) = escaped(rest)? {
            out.push_str(&class);
            rest = after;
        } else {
            rest = range(&mut out, rest, text)?;
        }
    }
    if out.len() == empty {
        out.push_str(NOTHING);
    }
    out.push_str(if flags.fold_case { "])" } else { "]" });
    Ok((out, &rest[1..]))
}

/// Reads `[:alpha:]` and its like.
fn named(text: &[u8]) -> Result<Option<(&str, &[u8])>, Error> {
    let Some(inside) = text.strip_prefix(b"[:") else { return Ok(None) };
    let Some(end) = memchr::memmem::find(inside, b":]") else { return Ok(None) };
    let (class, rest) = text.split_at(end + 4);
    let name = inside[..end].strip_prefix(b"^").unwrap_or(&inside[..end]);
    let known: [&[u8]; 14] = [
        b"alnum", b"alpha", b"ascii", b"blank", b"cntrl", b"digit", b"graph", b"lower", b"print", b"punct", b"space",
        b"upper", b"word", b"xdigit",
    ];
    match std::str::from_utf8(class) {
        Ok(class) if known.contains(&name) => Ok(Some((class, rest))),
        _ => Err(error("invalid character class range", class)),
    }
}

/// Reads a character or a range of them; `whole` is the class from its bracket on.
fn range<'a>(out: &mut String, text: &'a [u8], whole: &'a [u8]) -> Result<&'a [u8], Error> {
    let (low, mut rest) = class_rune(text, whole)?;
    let mut high = low;
    if let [b'-', end, ..] = rest
        && *end != b']'
    {
        (high, rest) = class_rune(&rest[1..], whole)?;
        if high < low {
            return Err(error("invalid character class range", &text[..text.len() - rest.len()]));
        }
    }
    // Surrogates cannot be named to the crate; ranges end before them and begin behind them.
    let is_surrogate = |code: u32| (0xd800..=0xdfff).contains(&code);
    let low = if is_surrogate(low) { 0xe000 } else { low };
    let high = if is_surrogate(high) { 0xd7ff } else { high };
    if low <= high {
        write_code(out, low);
        if low < high {
            out.push('-');
            write_code(out, high);
        }
    }
    Ok(rest)
}

fn class_rune<'a>(text: &'a [u8], whole: &'a [u8]) -> Result<(u32, &'a [u8]), Error> {
    match text.first() {
        None => Err(error("missing closing ]", whole)),
        Some(b'\\') => escaped_rune(text).map(|(escape, rest)| (escape.code(), rest)),
        Some(_) => next_rune(text).map(|(rune, rest)| (u32::from(rune), rest)),
    }
}
