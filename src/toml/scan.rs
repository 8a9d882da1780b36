//! The cursor over a text: characters, comments, keys and strings, with the original's errors.

use super::text::is_bare;
use crate::value::print::{decode_rune, quote, quote_rune};
use std::cell::Cell;
use std::ops::Range;

/// What is wrong, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Issue {
    pub(super) line: usize,
    pub(super) message: String,
}

pub(super) type Scanned<T> = Result<T, Issue>;

/// A string as it stands in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal<'a> {
    /// What is between the quotes.
    pub(super) content: &'a [u8],
    pub(super) form: Form,
    /// The line of its end.
    pub(super) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing to decode.
    Raw,
    /// With escapes.
    Escaped,
    /// On several lines, with escapes.
    Multiline,
    /// On several lines, without escapes.
    RawMultiline,
}

#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// A place and its line, from which the lines of places nearby are counted.
    counted: Cell<(usize, usize)>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Scanner<'a> {
        Scanner { text, at: 0, counted: Cell::new((0, 1)) }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn from(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The line of the next character.
    pub(super) fn line(&self) -> usize {
        let (place, line) = self.counted.get();
        let breaks = |range: Range<usize>| memchr::memchr_iter(b'\n', self.text.get(range).unwrap_or_default()).count();
        let line = if self.at >= place { line + breaks(place..self.at) } else { line - breaks(self.at..place) };
        self.counted.set((self.at, line));
        line
    }

    /// An error at the current place.
    pub(super) fn issue(&self, message: impl Into<String>) -> Issue {
        Issue { line: self.line(), message: message.into() }
    }

    /// An error behind `found`, which was read last; at the end of the text it moves up from an empty last line.
    pub(super) fn issue_after(&self, found: Option<char>, message: impl Into<String>) -> Issue {
        let mut issue = self.issue(message);
        if found.is_none() && self.at > 0 && self.text.get(self.at - 1) == Some(&b'\n') {
            issue.line -= 1;
        }
        issue
    }

    /// An error that belongs to the line before the current one.
    fn issue_above(&self, message: impl Into<String>) -> Issue {
        let mut issue = self.issue(message);
        issue.line -= 1;
        issue
    }

    /// An error of the form "expected this, but got that instead".
    pub(super) fn unexpected(&self, found: Option<char>, expected: &str) -> Issue {
        let message = format!("{expected}, but got {} instead", quote_rune(found.unwrap_or_default()));
        self.issue_after(found, message)
    }

    /// An error for something that begins no value; a line break belongs to the line that it ends.
    pub(super) fn no_value(&self, found: char) -> Issue {
        let message = format!("expected value but found {} instead", quote_rune(found));
        if found == '\n' { self.issue_above(message) } else { self.issue(message) }
    }

    /// The next character, `None` at the end; fails for what no TOML text may hold.
    pub(super) fn peek(&self) -> Scanned<Option<char>> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(&first) = rest.first() else { return Ok(None) };
        let (rune, length) = decode_rune(rest);
        if rune == char::REPLACEMENT_CHARACTER && length == 1 {
            return Err(self.issue(format!("invalid UTF-8 byte: 0x{first:02x}")));
        }
        let bare_return = first == b'\r' && rest.get(1) != Some(&b'\n');
        if bare_return || first == 0x7f || (first < b' ' && !matches!(first, b'\t' | b'\r' | b'\n')) {
            return Err(self.issue(format!("TOML files cannot contain control characters: '0x{first:02x}'")));
        }
        Ok(Some(rune))
    }

    /// The next character, consumed.
    pub(super) fn next(&mut self) -> Scanned<Option<char>> {
        let next = self.peek()?;
        self.at += next.map_or(0, char::len_utf8);
        Ok(next)
    }

    /// Consumes the next character if it is this one.
    pub(super) fn accept(&mut self, wanted: char) -> Scanned<bool> {
        let found = self.peek()? == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        Ok(found)
    }

    /// Goes back by a number of ASCII characters.
    pub(super) fn back(&mut self, count: usize) {
        self.at = self.at.saturating_sub(count);
    }

    /// Consumes characters while they are wanted.
    pub(super) fn skip(&mut self, wanted: impl Fn(char) -> bool) -> Scanned<()> {
        while let Some(next) = self.peek()?.filter(|next| wanted(*next)) {
            self.at += next.len_utf8();
        }
        Ok(())
    }

    pub(super) fn skip_blanks(&mut self) -> Scanned<()> {
        self.skip(is_blank)
    }

    /// Consumes a comment up to the line break.
    pub(super) fn comment(&mut self) -> Scanned<()> {
        self.skip(|next| !is_break(next))
    }

    /// Consumes blanks, line breaks and comments, and returns the character behind them, consumed too.
    pub(super) fn next_in_brackets(&mut self) -> Scanned<Option<char>> {
        loop {
            match self.next()? {
                Some('#') => self.comment()?,
                Some(next) if is_blank(next) || is_break(next) => {}
                next => return Ok(next),
            }
        }
    }

    /// One part of a key without quotes; it may turn out empty.
    pub(super) fn bare_name(&mut self) -> Scanned<&'a [u8]> {
        let start = self.at;
        self.skip(|next| u8::try_from(next).is_ok_and(is_bare))?;
        Ok(self.from(start))
    }

    /// One part of a key in quotes.
    pub(super) fn quoted_name(&mut self) -> Scanned<Literal<'a>> {
        if self.next()? == Some('"') { self.string() } else { self.raw_string() }
    }

    /// A string value behind its first quote.
    pub(super) fn string_value(&mut self, quote: char) -> Scanned<Literal<'a>> {
        if self.accept(quote)? {
            if self.accept(quote)? {
                return if quote == '"' { self.multiline() } else { self.raw_multiline() };
            }
            self.back(1);
        }
        if quote == '"' { self.string() } else { self.raw_string() }
    }

    fn string(&mut self) -> Scanned<Literal<'a>> {
        let start = self.at;
        let mut form = Form::Raw;
        loop {
            match self.next()? {
                None => return Err(self.issue_after(None, "unexpected EOF; expected '\"'")),
                Some(next) if is_break(next) => return Err(self.issue_above("strings cannot contain newlines")),
                Some('\\') => {
                    form = Form::Escaped;
                    self.escape(start)?;
                }
                Some('"') => return Ok(self.literal(start, self.at - 1, form)),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Scanned<Literal<'a>> {
        let start = self.at;
        loop {
            match self.next()? {
                None => return Err(self.issue_after(None, "unexpected EOF; expected \"'\"")),
                Some(next) if is_break(next) => return Err(self.issue_above("strings cannot contain newlines")),
                Some('\'') => return Ok(self.literal(start, self.at - 1, Form::Raw)),
                Some(_) => {}
            }
        }
    }

    fn multiline(&mut self) -> Scanned<Literal<'a>> {
        let start = self.at;
        loop {
            match self.next()? {
                None => return Err(self.issue_after(None, "unexpected EOF; expected '\"\"\"'")),
                Some('\\') => {
                    if !self.peek()?.is_some_and(is_break) {
                        self.escape(start)?;
                    }
                }
                Some('"') if self.closes('"')? => {
                    if self.peek()? != Some('"') {
                        return Ok(self.literal(start, self.at - 3, Form::Multiline));
                    }
                    let current = self.from(start);
                    if current.ends_with(b"\"\"\"\"\"") && !current.ends_with(b"\\\"\"\"\"\"") {
                        return Err(self.issue("unexpected '\"\"\"\"\"\"'"));
                    }
                    self.back(2);
                }
                Some(_) => {}
            }
        }
    }

    fn raw_multiline(&mut self) -> Scanned<Literal<'a>> {
        let start = self.at;
        loop {
            match self.next()? {
                None => return Err(self.issue_after(None, "unexpected EOF; expected \"'''\"")),
                Some('\'') if self.closes('\'')? => {
                    if self.peek()? != Some('\'') {
                        return Ok(self.literal(start, self.at - 3, Form::RawMultiline));
                    }
                    if self.from(start).ends_with(b"'''''") {
                        return Err(self.issue("unexpected \"''''''\""));
                    }
                    self.back(2);
                }
                Some(_) => {}
            }
        }
    }

    /// Consumes two more quotes behind a first one, or nothing.
    fn closes(&mut self, quote: char) -> Scanned<bool> {
        if !self.accept(quote)? {
            return Ok(false);
        }
        let closes = self.accept(quote)?;
        if !closes {
            self.back(1);
        }
        Ok(closes)
    }

    fn literal(&self, start: usize, end: usize, form: Form) -> Literal<'a> {
        Literal { content: self.text.get(start..end).unwrap_or_default(), form, line: self.line() }
    }

    /// Checks what follows a backslash in a string that began at `start`.
    fn escape(&mut self, start: usize) -> Scanned<()> {
        let (digits, words) = match self.next()? {
            Some('e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
            Some('x') => (2, "two hexadecimal digits after '\\x'"),
            Some('u') => (4, "four hexadecimal digits after '\\u'"),
            Some('U') => (8, "eight hexadecimal digits after '\\U'"),
            Some(other) => return Err(self.issue(format!("invalid escape in string '\\{other}'"))),
            None => return Err(self.issue_above("invalid escape in string '\\\0'")),
        };
        for _ in 0..digits {
            let next = self.next()?;
            if !next.is_some_and(|next| next.is_ascii_hexdigit()) {
                let current = quote(self.from(start));
                let message = format!("expected {words}, but got {} instead", String::from_utf8_lossy(&current));
                return Err(self.issue_after(next, message));
            }
        }
        Ok(())
    }
}

pub(super) fn is_blank(next: char) -> bool {
    matches!(next, ' ' | '\t')
}

pub(super) fn is_break(next: char) -> bool {
    matches!(next, '\n' | '\r')
}

/// Decodes a string; the message of an error is without a line.
pub(super) fn decode(literal: Literal<'_>) -> Result<Vec<u8>, String> {
    let content = literal.content;
    match literal.form {
        Form::Raw => Ok(content.to_vec()),
        Form::RawMultiline => Ok(without_first_break(content).to_vec()),
        Form::Escaped => unescape(content),
        Form::Multiline => unescape(without_first_break(content)),
    }
}

fn without_first_break(content: &[u8]) -> &[u8] {
    content.strip_prefix(b"\n").or_else(|| content.strip_prefix(b"\r\n")).unwrap_or(content)
}

fn unescape(content: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(backslash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..backslash]);
        rest = &rest[backslash + 1..];
        rest = match joined_lines(rest) {
            Some(behind) => behind,
            None => unescape_one(&mut out, rest)?,
        };
    }
    out.extend_from_slice(rest);
    Ok(out)
}

/// What follows white space with a line break in it, which a backslash takes out.
fn joined_lines(rest: &[u8]) -> Option<&[u8]> {
    let length = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
    let (space, behind) = rest.split_at(length);
    space.contains(&b'\n').then_some(behind)
}

/// Decodes an escape behind its backslash, whose form the scanner has checked.
fn unescape_one<'a>(out: &mut Vec<u8>, rest: &'a [u8]) -> Result<&'a [u8], String> {
    let Some((&name, rest)) = rest.split_first() else { return Ok(rest) };
    let digits = match name {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        b' ' | b'\t' => return Err(format!("invalid escape: '\\{}'", char::from(name))),
        _ => {
            out.push(match name {
                b'b' => 0x08,
                b't' => b'\t',
                b'n' => b'\n',
                b'f' => 0x0c,
                b'r' => b'\r',
                b'e' => 0x1b,
                other => other,
            });
            return Ok(rest);
        }
    };
    let (digits, rest) = rest.split_at(digits.min(rest.len()));
    let digits = String::from_utf8_lossy(digits);
    let Some(character) = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) else {
        return Err(format!("Escaped character '\\u{digits}' is not valid UTF-8."));
    };
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(rest)
}
