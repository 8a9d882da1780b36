//! Padding, and single scalars under one verb.

use super::float::write_float;
use super::quote::{can_backquote, quote, quote_ascii, quote_rune, quote_rune_ascii, rune_count};
use super::{decode_rune, is_printable};
use std::io::Write;

/// The flags of one `%` directive.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`: names of struct fields.
    pub(super) names: bool,
    /// `%#v`: Go syntax.
    pub(super) syntax: bool,
}

/// Appends a decimal integer.
pub(super) fn write_decimal(out: &mut Vec<u8>, number: i64) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{number}");
}

/// An integer of either sign with the number of bits that Go would shift: negative ones keep their 64-bit pattern.
#[derive(Clone, Copy)]
pub(super) struct Integer {
    pub(super) negative: bool,
    pub(super) size: u64,
    pub(super) signed: bool,
}

impl Integer {
    pub(super) fn signed(number: i64) -> Integer {
        Integer { negative: number < 0, size: number.unsigned_abs(), signed: true }
    }

    pub(super) fn unsigned(number: u64) -> Integer {
        Integer { negative: false, size: number, signed: false }
    }

    /// The two's complement bits.
    fn bits(self) -> u64 {
        if self.negative { self.size.wrapping_neg() } else { self.size }
    }

    /// The character with this number; U+FFFD where there is none.
    fn rune(self) -> char {
        u32::try_from(self.bits()).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// The base and letters in which an integer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Binary,
    Octal,
    /// Octal with `0o`.
    OctalPrefixed,
    Decimal,
    Hex,
    UpperHex,
}

impl Flags {
    /// Appends `text` padded to the width, which counts runes; the `0` flag pads to the left with zeros.
    pub(super) fn pad(&self, out: &mut Vec<u8>, text: &[u8]) {
        let Some(width) = self.width else { return out.extend_from_slice(text) };
        let missing = width.saturating_sub(rune_count(text));
        if self.minus {
            out.extend_from_slice(text);
        }
        self.fill(out, missing);
        if !self.minus {
            out.extend_from_slice(text);
        }
    }

    fn fill(&self, out: &mut Vec<u8>, count: usize) {
        let byte = if self.zero && !self.minus { b'0' } else { b' ' };
        out.resize(out.len() + count, byte);
    }

    fn without_zero(&self) -> Flags {
        Flags { zero: false, ..*self }
    }

    pub(super) fn integer(&self, out: &mut Vec<u8>, number: Integer, base: Base) {
        let signed = number.negative || self.plus || self.space;
        let mut digits = 0;
        if let Some(precision) = self.precision {
            digits = precision;
            if precision == 0 && number.size == 0 {
                return self.without_zero().fill(out, self.width.unwrap_or_default());
            }
        } else if let (true, false, Some(width)) = (self.zero, self.minus, self.width) {
            digits = width.saturating_sub(usize::from(signed));
        }
        let mut text = Vec::with_capacity(24);
        if number.negative {
            text.push(b'-');
        } else if self.plus {
            text.push(b'+');
        } else if self.space {
            text.push(b' ');
        }
        self.base_digits(&mut text, number.size, base, digits);
        self.without_zero().pad(out, &text);
    }

    fn base_digits(&self, text: &mut Vec<u8>, size: u64, base: Base, digits: usize) {
        let body = match base {
            Base::Binary => format!("{size:b}"),
            Base::Octal | Base::OctalPrefixed => format!("{size:o}"),
            Base::Decimal => size.to_string(),
            Base::Hex => format!("{size:x}"),
            Base::UpperHex => format!("{size:X}"),
        };
        let zeros = digits.saturating_sub(body.len());
        let prefix: &[u8] = match base {
            Base::OctalPrefixed if self.sharp && zeros == 0 && size != 0 => b"0o0",
            Base::OctalPrefixed => b"0o",
            Base::Octal if self.sharp && zeros == 0 && size != 0 => b"0",
            Base::Binary if self.sharp => b"0b",
            Base::Hex if self.sharp => b"0x",
            Base::UpperHex if self.sharp => b"0X",
            _ => b"",
        };
        text.extend_from_slice(prefix);
        text.resize(text.len() + zeros, b'0');
        text.extend_from_slice(body.as_bytes());
    }

    /// `%U`.
    pub(super) fn unicode(&self, out: &mut Vec<u8>, number: Integer) {
        let code = number.bits();
        let digits = self.precision.unwrap_or_default().max(4);
        let mut text = b"U+".to_vec();
        let body = format!("{code:X}");
        text.resize(2 + digits.saturating_sub(body.len()), b'0');
        text.extend_from_slice(body.as_bytes());
        let rune = u32::try_from(code).ok().and_then(char::from_u32).filter(|rune| is_printable(*rune));
        if let (true, Some(rune)) = (self.sharp, rune) {
            text.extend_from_slice(format!(" '{rune}'").as_bytes());
        }
        self.without_zero().pad(out, &text);
    }

    /// `%c`.
    pub(super) fn character(&self, out: &mut Vec<u8>, number: Integer) {
        self.pad(out, number.rune().encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// `%q` of an integer.
    pub(super) fn quoted_character(&self, out: &mut Vec<u8>, number: Integer) {
        let rune = number.rune();
        let text = if self.plus { quote_rune_ascii(rune) } else { quote_rune(rune) };
        self.pad(out, text.as_bytes());
    }

    /// `%q` of a string.
    pub(super) fn quoted(&self, out: &mut Vec<u8>, text: &[u8]) {
        let text = self.truncate(text);
        if self.sharp && can_backquote(text) {
            let mut raw = vec![b'`'];
            raw.extend_from_slice(text);
            raw.push(b'`');
            return self.pad(out, &raw);
        }
        let quoted = if self.plus { quote_ascii(text) } else { quote(text) };
        self.pad(out, &quoted);
    }

    /// `%s`.
    pub(super) fn string(&self, out: &mut Vec<u8>, text: &[u8]) {
        self.pad(out, self.truncate(text));
    }

    /// As many runes as the precision allows.
    fn truncate<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(runes) = self.precision else { return text };
        let mut end = 0;
        for _ in 0..runes {
            let (_, len) = decode_rune(&text[end..]);
            if len == 0 {
                break;
            }
            end += len;
        }
        &text[..end]
    }

    /// `%x` and `%X` of a string.
    pub(super) fn hex_string(&self, out: &mut Vec<u8>, text: &[u8], base: Base) {
        let text = &text[..text.len().min(self.precision.unwrap_or(usize::MAX))];
        if text.is_empty() {
            return self.fill(out, self.width.unwrap_or_default());
        }
        let prefix = match (self.sharp, base) {
            (false, _) => "",
            (true, Base::UpperHex) => "0X",
            (true, _) => "0x",
        };
        let mut encoded = Vec::with_capacity(text.len() * 2);
        for (at, byte) in text.iter().enumerate() {
            if at > 0 && self.space {
                encoded.push(b' ');
            }
            if at == 0 || self.space {
                encoded.extend_from_slice(prefix.as_bytes());
            }
            let _ = match base {
                Base::UpperHex => write!(encoded, "{byte:02X}"),
                _ => write!(encoded, "{byte:02x}"),
            };
        }
        self.pad(out, &encoded);
    }

    /// A float under `verb`, one of `b e E f g G x X`, with the precision that the verb has by default.
    pub(super) fn float(&self, out: &mut Vec<u8>, number: f64, verb: char, default: i32) {
        let precision = self.precision.map_or(default, |precision| i32::try_from(precision).unwrap_or(i32::MAX));
        let mut text = Vec::with_capacity(32);
        write_float(&mut text, number, verb, precision);
        let sign = match text.first() {
            Some(sign @ (b'-' | b'+')) => {
                let sign = *sign;
                text.remove(0);
                sign
            }
            _ => b'+',
        };
        let sign = if self.space && sign == b'+' && !self.plus { b' ' } else { sign };
        let shown = self.plus || sign != b'+';
        if !number.is_finite() {
            // An infinity always keeps its sign, a NaN only where a flag asks for one.
            if number.is_infinite() || self.plus || self.space {
                text.insert(0, sign);
            }
            return self.without_zero().pad(out, &text);
        }
        if self.sharp && verb != 'b' {
            keep_point(&mut text, verb, precision);
        }
        if !shown {
            return self.pad(out, &text);
        }
        if self.zero && !self.minus && self.width.is_some_and(|width| width > text.len() + 1) {
            out.push(sign);
            let width = self.width.map(|width| width - 1);
            return Flags { width, ..*self }.pad(out, &text);
        }
        text.insert(0, sign);
        self.pad(out, &text);
    }
}

/// The `#` flag: a decimal point always, and with `%g` the zeros up to the precision.
fn keep_point(text: &mut Vec<u8>, verb: char, precision: i32) {
    let mut wanted = match verb {
        'g' | 'G' | 'x' if precision < 0 => 6,
        'g' | 'G' | 'x' => precision,
        _ => 0,
    };
    let hex = matches!(verb, 'x' | 'X');
    let is_tail = |byte: &u8| matches!(byte, b'p' | b'P') || !hex && matches!(byte, b'e' | b'E');
    let tail = text.split_off(text.iter().position(is_tail).unwrap_or(text.len()));
    let mut significant = false;
    for byte in text.iter().filter(|byte| **byte != b'.') {
        significant |= *byte != b'0';
        wanted -= i32::from(significant);
    }
    if !text.contains(&b'.') {
        if text.as_slice() == b"0" {
            wanted -= 1;
        }
        text.push(b'.');
    }
    text.resize(text.len() + usize::try_from(wanted).unwrap_or_default(), b'0');
    text.extend_from_slice(&tail);
}
