//! Replacement texts: `$1`, `${1}`, `${name}`, `$$`.

use super::pattern::{Pattern, Subject};
use crate::funcs::strings::is_word;
use crate::value::print::decode_rune;
use regex::Captures;

/// A replacement text, cut into what is copied and what a match fills in.
pub(super) struct Template<'a>(Vec<Segment<'a>>);

enum Segment<'a> {
    Literal(&'a [u8]),
    Number(usize),
    Name(&'a [u8]),
}

impl<'a> Template<'a> {
    pub(super) fn new(text: &'a [u8]) -> Template<'a> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'$', rest) {
            segments.push(Segment::Literal(&rest[..at]));
            let after = &rest[at + 1..];
            rest = match (after.strip_prefix(b"$"), reference(after)) {
                (Some(behind), _) => {
                    segments.push(Segment::Literal(b"$"));
                    behind
                }
                (None, Some((segment, behind))) => {
                    segments.push(segment);
                    behind
                }
                // What is no reference is copied, the sign included.
                (None, None) => {
                    segments.push(Segment::Literal(b"$"));
                    after
                }
            };
        }
        segments.push(Segment::Literal(rest));
        Template(segments)
    }

    /// Whether the text refers to no group.
    pub(super) fn is_literal(&self) -> bool {
        self.0.iter().all(|segment| matches!(segment, Segment::Literal(_)))
    }

    /// Appends the text for one match; groups that there are not, or that took no part, are empty.
    pub(super) fn write(&self, out: &mut Vec<u8>, found: &Captures<'_>, pattern: &Pattern, subject: &Subject<'_>) {
        for segment in &self.0 {
            let group = match segment {
                Segment::Literal(text) => {
                    out.extend_from_slice(text);
                    continue;
                }
                Segment::Number(number) => found.get(*number),
                Segment::Name(name) => {
                    let named = pattern.names.iter().enumerate().filter(|(_, have)| have.as_bytes() == *name);
                    named.filter_map(|(number, _)| found.get(number)).next()
                }
            };
            if let Some(group) = group {
                out.extend_from_slice(subject.bytes(group.range()));
            }
        }
    }

    /// Appends a text that refers to no group.
    pub(super) fn write_literal(&self, out: &mut Vec<u8>) {
        for segment in &self.0 {
            if let Segment::Literal(text) = segment {
                out.extend_from_slice(text);
            }
        }
    }
}

/// Reads the name behind a `$`: the longest run of letters, digits and `_`, or one in braces.
fn reference(text: &[u8]) -> Option<(Segment<'_>, &[u8])> {
    let (inside, braced) = match text.strip_prefix(b"{") {
        Some(inside) => (inside, true),
        None => (text, false),
    };
    let mut length = 0;
    while length < inside.len() {
        let (rune, width) = decode_rune(&inside[length..]);
        if !is_word(rune) {
            break;
        }
        length += width;
    }
    let (name, rest) = inside.split_at(length);
    let rest = if braced { rest.strip_prefix(b"}")? } else { rest };
    if name.is_empty() {
        return None;
    }
    Some((number(name).map_or(Segment::Name(name), Segment::Number), rest))
}

/// The number that a name is; one with a leading zero, or a very big one, is a name like others.
fn number(name: &[u8]) -> Option<usize> {
    if name.len() > 1 && name.starts_with(b"0") || name.len() > 9 || !name.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(name).ok()?.parse().ok()
}
