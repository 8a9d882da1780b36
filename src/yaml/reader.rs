//! From bytes to characters: encodings, characters that YAML forbids, line breaks.
//!
//! go-yaml reads its input in pieces of 512 bytes and complains about a forbidden character when it needs the piece
//! that holds it. A text is therefore checked once as a whole; if it is clean, scanning never thinks of this again,
//! otherwise scanning sees only the pieces before the bad one and the complaint waits at their end.

use super::error::Error;
use memchr::{memchr, memchr_iter, memchr2_iter, memmem};
use std::borrow::Cow;

/// How many raw bytes go-yaml reads at once.
pub(super) const PIECE: usize = 512;

/// Longer texts are refused, so that offsets fit into 32 bits.
const MAX_LEN: usize = 1 << 30;

/// A text made ready for scanning.
pub(super) struct Input<'a> {
    /// The characters as UTF-8, up to the piece with the first bad character.
    pub(super) text: Cow<'a, [u8]>,
    /// Where the first character starts, behind a byte order mark.
    pub(super) start: usize,
    /// Whether all characters are ASCII.
    pub(super) ascii: bool,
    /// Whether there are line breaks other than `\n`.
    pub(super) odd_breaks: bool,
    /// What is wrong with the piece behind the end of `text`.
    pub(super) bad: Option<Error>,
}

/// Finds the encoding and the first bad character.
pub(super) fn read(raw: &[u8]) -> Input<'_> {
    if raw.len() > MAX_LEN {
        let bad = Error::reader(format!("input is longer than {MAX_LEN} bytes"), MAX_LEN, 1);
        return Input { text: Cow::Borrowed(&[]), start: 0, ascii: true, odd_breaks: false, bad: Some(bad) };
    }
    match raw {
        [0xFF, 0xFE, ..] => from_utf16(raw, u16::from_le_bytes),
        [0xFE, 0xFF, ..] => from_utf16(raw, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, ..] => from_utf8(raw, 3),
        _ => from_utf8(raw, 0),
    }
}

fn from_utf8(raw: &[u8], start: usize) -> Input<'_> {
    let flags = Flags::of(raw);
    let clean = !flags.control && (!flags.high || std::str::from_utf8(raw).is_ok() && !has_bad_wide(raw));
    let (text, bad) = if clean {
        (raw, None)
    } else {
        let (end, error) = first_bad(raw, start);
        (&raw[..end], error)
    };
    let odd_breaks = flags.carriage || flags.high && has_wide_break(text);
    Input { text: Cow::Borrowed(text), start, ascii: !flags.high, odd_breaks, bad }
}

/// What kinds of bytes a text holds.
struct Flags {
    control: bool,
    carriage: bool,
    high: bool,
}

impl Flags {
    fn of(raw: &[u8]) -> Flags {
        let (mut control, mut carriage, mut high) = (0_u8, 0_u8, 0_u8);
        for &byte in raw {
            let white = byte == b'\t' || byte == b'\n' || byte == b'\r';
            control |= u8::from(byte < b' ' && !white) | u8::from(byte == 0x7F);
            carriage |= u8::from(byte == b'\r');
            high |= byte & 0x80;
        }
        Flags { control: control != 0, carriage: carriage != 0, high: high != 0 }
    }
}

/// Whether valid UTF-8 holds C1 controls other than NEL, U+FFFE or U+FFFF.
fn has_bad_wide(text: &[u8]) -> bool {
    memchr2_iter(0xC2, 0xEF, text).any(|at| match text[at..] {
        [0xC2, second, ..] => second < 0xA0 && second != 0x85,
        [0xEF, 0xBF, third, ..] => third >= 0xBE,
        _ => false,
    })
}

fn has_wide_break(text: &[u8]) -> bool {
    memmem::find(text, b"\xC2\x85").is_some()
        || memmem::find_iter(text, b"\xE2\x80").any(|at| matches!(text.get(at + 2), Some(0xA8 | 0xA9)))
}

/// Where the piece with the first bad character starts, and what go-yaml says about it.
fn first_bad(raw: &[u8], start: usize) -> (usize, Option<Error>) {
    let mut piece = 0;
    let mut at = start;
    loop {
        let end = (piece + PIECE).min(raw.len());
        while at < end {
            match character(&raw[at..end]) {
                Ok(width) => at += width,
                Err(Bad::Incomplete) if end < raw.len() => break,
                // The reader waits for the rest of a character before it complains.
                Err(Bad::Incomplete) => return (at, Some(Bad::Incomplete.at(raw, at))),
                Err(bad) => return (piece.max(start), Some(bad.at(raw, at))),
            }
        }
        if end == raw.len() {
            return (raw.len(), None);
        }
        piece = at;
    }
}

enum Bad {
    Incomplete,
    Because(&'static str),
}

impl Bad {
    fn at(self, raw: &[u8], offset: usize) -> Error {
        let problem = match self {
            Bad::Incomplete => "incomplete UTF-8 octet sequence",
            Bad::Because(problem) => problem,
        };
        Error::reader(problem, offset, count_breaks(&raw[..offset]) + 1)
    }
}

/// The width of the first character of `raw`, in the words of go-yaml if it is not allowed.
fn character(raw: &[u8]) -> Result<usize, Bad> {
    let Some(&lead) = raw.first() else { return Err(Bad::Incomplete) };
    let (width, mut value) = match lead {
        0x00..=0x7F => (1, u32::from(lead)),
        0xC0..=0xDF => (2, u32::from(lead & 0x1F)),
        0xE0..=0xEF => (3, u32::from(lead & 0x0F)),
        0xF0..=0xF7 => (4, u32::from(lead & 0x07)),
        _ => return Err(Bad::Because("invalid leading UTF-8 octet")),
    };
    let Some(rest) = raw.get(1..width) else { return Err(Bad::Incomplete) };
    for &byte in rest {
        if byte & 0xC0 != 0x80 {
            return Err(Bad::Because("invalid trailing UTF-8 octet"));
        }
        value = value << 6 | u32::from(byte & 0x3F);
    }
    if width > 1 && value < [0x80, 0x800, 0x1_0000][width - 2] {
        return Err(Bad::Because("invalid length of a UTF-8 sequence"));
    }
    let Some(found) = char::from_u32(value) else { return Err(Bad::Because("invalid Unicode character")) };
    if is_allowed(found) { Ok(width) } else { Err(Bad::Because("control characters are not allowed")) }
}

fn is_allowed(found: char) -> bool {
    matches!(found, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{1_0000}'..)
}

fn from_utf16(raw: &[u8], unit: fn([u8; 2]) -> u16) -> Input<'_> {
    let units = raw[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(raw.len());
    let mut bad = None;
    for found in char::decode_utf16(units) {
        match found {
            Ok(found) if is_allowed(found) => text.push(found),
            Ok(_) => bad = Some("control characters are not allowed"),
            Err(error) if error.unpaired_surrogate() & 0xFC00 == 0xDC00 => bad = Some("unexpected low surrogate area"),
            Err(_) => bad = Some("expected low surrogate area"),
        }
        if bad.is_some() {
            break;
        }
    }
    if bad.is_none() && raw.len() % 2 == 1 {
        bad = Some("incomplete UTF-16 character");
    }
    let bad = bad.map(|problem| Error::reader(problem, text.len(), count_breaks(text.as_bytes()) + 1));
    let (ascii, odd_breaks) = (text.is_ascii(), true);
    Input { text: Cow::Owned(text.into_bytes()), start: 0, ascii, odd_breaks, bad }
}

/// The length of the line break at the start of `text`: CR LF, LF, CR, NEL, LS or PS; 0 if there is none.
pub(super) fn break_len(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        [0xC2, 0x85, ..] => 2,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// How many line breaks `text` holds.
pub(super) fn count_breaks(text: &[u8]) -> usize {
    let feeds = memchr_iter(b'\n', text).count();
    let returns = memchr_iter(b'\r', text).filter(|at| text.get(at + 1) != Some(&b'\n')).count();
    let wide = memchr2_iter(0xC2, 0xE2, text).filter(|at| break_len(&text[*at..]) > 0).count();
    feeds + returns + wide
}

/// Where the line that starts at `text` ends: at its break, or at the end.
pub(super) fn line_len(text: &[u8], odd_breaks: bool) -> usize {
    if !odd_breaks {
        return memchr(b'\n', text).unwrap_or(text.len());
    }
    let mut at = 0;
    while at < text.len() && break_len(&text[at..]) == 0 {
        at += 1;
    }
    at
}
