//! How a scalar can be written.

use super::order::Dialect;
use super::reader::break_len;
use super::resolve::{self, Scalar};

/// The ways to write a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// Where a scalar stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// A key that stands on one line with its value.
    SimpleKey,
    /// Anything else.
    Value,
}

/// What a scalar's characters allow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Analysis {
    /// There is a line break of any kind.
    pub(super) multiline: bool,
    /// There is something besides ASCII.
    pub(super) wide: bool,
    /// Go's JSON, read as YAML, brings the characters back.
    pub(super) survives_json: bool,
    plain: bool,
    single: bool,
    literal: bool,
}

/// The bytes that need a look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A letter and the like: fine everywhere.
    Text,
    /// Fine, unless it comes first.
    First,
    Space,
    Break,
    Tab,
    Colon,
    Hash,
    /// A control character.
    Special,
    /// The first byte of a character of several bytes.
    Wide,
    /// Another byte of it.
    Rest,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Special; 256];
    let mut byte = 0x20;
    while byte < 0x7F {
        classes[byte] = Class::Text;
        byte += 1;
    }
    byte = 0x80;
    while byte < 0x100 {
        classes[byte] = if byte < 0xC0 { Class::Rest } else { Class::Wide };
        byte += 1;
    }
    let first = b",[]{}&*!|>'\"%@`?-.";
    let mut at = 0;
    while at < first.len() {
        classes[first[at] as usize] = Class::First;
        at += 1;
    }
    classes[b' ' as usize] = Class::Space;
    classes[b'\n' as usize] = Class::Break;
    classes[b'\t' as usize] = Class::Tab;
    classes[b':' as usize] = Class::Colon;
    classes[b'#' as usize] = Class::Hash;
    classes
};

impl Analysis {
    /// Looks at all characters of a scalar that is valid UTF-8.
    pub(super) fn of(value: &[u8], dialect: Dialect) -> Analysis {
        let Some(&first) = value.first() else {
            return Analysis { plain: true, single: true, survives_json: true, ..Analysis::default() };
        };
        let mut found = Findings { indicators: starts_as_indicator(value, first), ..Findings::default() };
        for (at, &byte) in value.iter().enumerate() {
            match CLASSES[usize::from(byte)] {
                Class::Text | Class::First => (found.after_space, found.after_break) = (false, false),
                class => found.note(value, at, class),
            }
        }
        found.into_analysis(value, dialect)
    }
}

/// Whether the first characters would mean something else in a plain scalar.
fn starts_as_indicator(value: &[u8], first: u8) -> bool {
    match first {
        b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
        | b'`' => true,
        b'?' | b':' => is_blank_or_end(value, 1),
        b'-' => is_blank_or_end(value, 1) || value.starts_with(b"---"),
        b'.' => value.starts_with(b"..."),
        _ => false,
    }
}

fn is_blank_or_end(value: &[u8], at: usize) -> bool {
    matches!(value.get(at), None | Some(b' ' | b'\t'))
}

/// Whether go-yaml writes a character of several bytes as it is.
pub(super) fn is_printable(character: &[u8]) -> bool {
    match character {
        [0xC2, second, ..] => *second >= 0xA0,
        [0xC3..=0xEC | 0xEE, ..] => true,
        [0xED, second, ..] => *second < 0xA0,
        [0xEF, 0xBB, 0xBF, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => false,
        [0xEF, ..] => true,
        _ => false,
    }
}

/// Whether go-yaml refuses to read a character of several bytes, or reads NEL as the line break that it is.
fn is_unreadable(character: &[u8]) -> bool {
    matches!(character, [0xC2, 0x80..=0x9F, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..])
}

#[derive(Default)]
struct Findings {
    indicators: bool,
    line_breaks: bool,
    special: bool,
    unreadable: bool,
    wide: bool,
    tabs: bool,
    break_space: bool,
    space_break: bool,
    after_space: bool,
    after_break: bool,
}

impl Findings {
    fn note(&mut self, value: &[u8], at: usize, class: Class) {
        let (mut space, mut line_break) = (false, false);
        match class {
            Class::Space => {
                space = true;
                self.break_space |= self.after_break;
            }
            Class::Break => line_break = true,
            Class::Colon => self.indicators |= at > 0 && is_blank_or_end(value, at + 1),
            Class::Hash => self.indicators |= at > 0 && is_after_white(value, at),
            Class::Tab => self.tabs = true,
            Class::Special => {
                self.special = true;
                self.unreadable |= value[at] == 0x7F;
                line_break = value[at] == b'\r';
            }
            Class::Wide => {
                self.wide = true;
                self.unreadable |= is_unreadable(&value[at..]);
                self.special |= !is_printable(&value[at..]);
                line_break = break_len(&value[at..]) > 0;
            }
            // The state of the character that it belongs to goes on.
            Class::Rest => {
                self.wide = true;
                return;
            }
            Class::Text | Class::First => {}
        }
        self.line_breaks |= line_break;
        self.space_break |= line_break && self.after_space;
        (self.after_space, self.after_break) = (space, line_break);
    }

    fn into_analysis(self, value: &[u8], dialect: Dialect) -> Analysis {
        let space_first = value.first() == Some(&b' ');
        let space_last = value.last() == Some(&b' ');
        let (special, tabs) = match dialect {
            Dialect::V2 => (self.special || self.tabs, false),
            Dialect::V3 => (self.special, self.tabs),
        };
        let outer_space = space_first || space_last;
        let hard = self.space_break || special;
        let single = !(self.break_space || hard || tabs);
        Analysis {
            multiline: self.line_breaks,
            wide: self.wide,
            survives_json: !self.unreadable && (!self.wide || std::str::from_utf8(value).is_ok()),
            plain: single && !outer_space && !self.line_breaks && !self.indicators,
            single,
            literal: !space_last && !hard,
        }
    }
}

/// Whether a blank or a line break ends right before `at`.
fn is_after_white(value: &[u8], at: usize) -> bool {
    match value[at - 1] {
        b' ' | b'\t' | b'\n' | b'\r' => true,
        0x85 => at >= 2 && break_len(&value[at - 2..]) > 0,
        0xA8 | 0xA9 => at >= 3 && break_len(&value[at - 3..]) > 0,
        _ => false,
    }
}

/// The style of a string.
pub(super) fn of_string(value: &[u8], analysis: &Analysis, position: Position, dialect: Dialect) -> Style {
    let wanted = if analysis.multiline && value.contains(&b'\n') {
        Style::Literal
    } else if stays_string(value, dialect) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    };
    possible(wanted, analysis, position)
}

/// The style that comes closest to the wanted one.
pub(super) fn possible(wanted: Style, analysis: &Analysis, position: Position) -> Style {
    let simple_key = position == Position::SimpleKey;
    match wanted {
        _ if simple_key && analysis.multiline => Style::DoubleQuoted,
        Style::Plain if analysis.plain => Style::Plain,
        Style::Plain | Style::SingleQuoted if analysis.single => Style::SingleQuoted,
        Style::Literal if analysis.literal && !simple_key => Style::Literal,
        _ => Style::DoubleQuoted,
    }
}

/// Whether a string without quotes would be read as a string again.
fn stays_string(value: &[u8], dialect: Dialect) -> bool {
    match value.first() {
        None => false,
        Some(b'0'..=b'9' | b'+' | b'-') => {
            let number = is_sexagesimal(value) || dialect == Dialect::V3 && is_marked_octal(value);
            resolve::plain(value) == Scalar::Str && !number && !resolve::is_timestamp(value)
        }
        Some(_) => resolve::plain(value) == Scalar::Str,
    }
}

/// `0o` and a signed number, which v3 reads as an integer.
fn is_marked_octal(value: &[u8]) -> bool {
    let digits: Vec<u8> = value.iter().copied().filter(|byte| *byte != b'_').collect();
    digits.strip_prefix(b"0o").is_some_and(|digits| super::number::parse_signed(digits, 8).is_some())
}

/// A number in base 60, which YAML 1.1 has and go-yaml does not: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_sexagesimal(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").or_else(|| value.strip_prefix(b"+")).unwrap_or(value);
    let (whole, fraction) = match memchr::memchr(b'.', digits) {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &[][..]),
    };
    let is_digit = |byte: &u8| byte.is_ascii_digit() || *byte == b'_';
    let mut places = whole.split(|byte| *byte == b':');
    let first = places.next().unwrap_or_default();
    let starts = first.first().is_some_and(u8::is_ascii_digit) && first.iter().all(is_digit);
    let place = |digits: &[u8]| match digits {
        [ones] => ones.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    };
    whole.contains(&b':') && starts && places.all(place) && fraction.iter().all(is_digit)
}
