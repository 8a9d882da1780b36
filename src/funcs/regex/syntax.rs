//! Go's regular expression syntax: checked with Go's messages, rewritten for the regex crate.
//!
//! The reference is Go 1.26's `regexp/syntax` with the flags of `regexp.Compile`. The walk keeps its own stack of
//! groups; each element of a sequence is already written in the crate's syntax, with what Go's limits need to know.

use super::class::{self, Escape};
use crate::value::print::decode_rune;
use std::fmt::Write;

/// How deeply expressions may be nested.
const MAX_HEIGHT: usize = 1000;
/// How many copies nested counted repetitions may make.
const MAX_REPEAT: u64 = 1000;

/// A message of Go's parser, without its fixed beginning.
pub(super) type Error = String;

/// An expression in the crate's syntax.
pub(super) struct Translation {
    pub(super) pattern: String,
    /// The names of the capture groups, the whole match first; unnamed groups have the empty name.
    pub(super) names: Vec<String>,
}

/// Translates an expression of Go.
pub(super) fn translate(expression: &[u8]) -> Result<Translation, Error> {
    let mut parser = Parser {
        whole: expression,
        rest: expression,
        flags: Flags::default(),
        groups: Vec::new(),
        group: Group::new(Opening::Whole, Flags::default()),
        names: vec![String::new()],
    };
    parser.run()?;
    Ok(Translation { pattern: parser.group.close().text, names: parser.names })
}

/// The message `what`, about the part `at` of the expression.
pub(super) fn error(what: &str, at: &[u8]) -> Error {
    format!("{what}: `{}`", String::from_utf8_lossy(at))
}

/// Splits off the first character, which must be valid UTF-8; of an empty text it is U+FFFD.
pub(super) fn next_rune(text: &[u8]) -> Result<(char, &[u8]), Error> {
    match decode_rune(text) {
        (char::REPLACEMENT_CHARACTER, 1) => Err(error("invalid UTF-8", text)),
        (rune, length) => Ok((rune, &text[length..])),
    }
}

/// Checks that all of a text is valid UTF-8.
pub(super) fn check_utf8(text: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(text).map_err(|invalid| error("invalid UTF-8", &text[invalid.valid_up_to()..]))
}

/// What the flags before a place say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) fold_case: bool,
    multi_line: bool,
    dot_all: bool,
    ungreedy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    Whole,
    Capture,
    Plain,
}

/// One element of a sequence in the crate's syntax.
struct Piece {
    text: String,
    /// Whether a repetition operator behind the text would take all of it.
    is_atom: bool,
    height: usize,
    /// How many copies the repetitions in it make of their innermost element.
    copies: u64,
}

impl Piece {
    fn atom(text: impl Into<String>) -> Piece {
        Piece { text: text.into(), is_atom: true, height: 1, copies: 1 }
    }
}

/// A group that is open: the alternatives that are complete, and the elements of the current one.
struct Group {
    opening: Opening,
    /// The flags that hold again behind the group.
    outer_flags: Flags,
    done: String,
    alternatives: usize,
    height: usize,
    copies: u64,
    pieces: Vec<Piece>,
}

impl Group {
    fn new(opening: Opening, outer_flags: Flags) -> Group {
        let (done, pieces) = (String::new(), Vec::new());
        Group { opening, outer_flags, done, alternatives: 1, height: 1, copies: 1, pieces }
    }

    fn end_alternative(&mut self) {
        let concatenation = usize::from(self.pieces.len() > 1);
        for piece in self.pieces.drain(..) {
            self.done.push_str(&piece.text);
            self.height = self.height.max(piece.height + concatenation);
            self.copies = self.copies.max(piece.copies);
        }
    }

    fn close(&mut self) -> Piece {
        self.end_alternative();
        let alternation = usize::from(self.alternatives > 1);
        let capture = usize::from(self.opening == Opening::Capture);
        let text = match self.opening {
            Opening::Capture => format!("({})", self.done),
            Opening::Whole | Opening::Plain => format!("(?:{})", self.done),
        };
        Piece { text, is_atom: true, height: self.height + alternation + capture, copies: self.copies }
    }
}

struct Parser<'a> {
    whole: &'a [u8],
    rest: &'a [u8],
    flags: Flags,
    /// The open groups around the current one.
    groups: Vec<Group>,
    group: Group,
    names: Vec<String>,
}

impl<'a> Parser<'a> {
    fn run(&mut self) -> Result<(), Error> {
        let mut last_repeat: Option<&'a [u8]> = None;
        while let Some(first) = self.rest.first() {
            let before = self.rest;
            let repeated = match first {
                b'*' | b'+' | b'?' => {
                    self.repeat((0, None), &before[..1], last_repeat)?;
                    true
                }
                b'{' => self.counted(last_repeat)?,
                _ => {
                    self.element(*first)?;
                    false
                }
            };
            last_repeat = repeated.then_some(before);
        }
        if !self.groups.is_empty() {
            return Err(error("missing closing )", self.whole));
        }
        Ok(())
    }

    fn element(&mut self, first: u8) -> Result<(), Error> {
        match first {
            b'(' if self.rest.starts_with(b"(?") => return self.flag_group(),
            b'(' => {
                self.names.push(String::new());
                self.open(Opening::Capture, self.flags);
            }
            b')' => self.close()?,
            b'|' => {
                self.group.end_alternative();
                self.group.alternatives += 1;
                self.group.done.push('|');
            }
            b'^' => self.push(if self.flags.multi_line { "(?m:^)" } else { r"\A" }),
            b'$' => self.push(if self.flags.multi_line { "(?m:$)" } else { r"\z" }),
            b'.' => self.push(if self.flags.dot_all { "(?s:.)" } else { r"[^\n]" }),
            b'[' => {
                let (text, rest) = class::bracketed(self.rest, self.flags)?;
                self.push(text);
                self.rest = rest;
                return Ok(());
            }
            b'\\' => return self.escape(),
            _ => {
                let (rune, rest) = next_rune(self.rest)?;
                self.literal(rune);
                self.rest = rest;
                return Ok(());
            }
        }
        self.rest = &self.rest[1..];
        Ok(())
    }

    fn push(&mut self, text: impl Into<String>) {
        self.group.pieces.push(Piece::atom(text));
    }

    fn literal(&mut self, rune: char) {
        let has_case = self.flags.fold_case && (rune.is_ascii_alphabetic() || !rune.is_ascii());
        let mut text = String::new();
        text.push_str(if has_case { "(?i:" } else { "" });
        class::write_rune(&mut text, rune);
        text.push_str(if has_case { ")" } else { "" });
        self.push(text);
    }

    fn open(&mut self, opening: Opening, outer_flags: Flags) {
        let around = std::mem::replace(&mut self.group, Group::new(opening, outer_flags));
        self.groups.push(around);
    }

    fn close(&mut self) -> Result<(), Error> {
        let Some(around) = self.groups.pop() else { return Err(error("unexpected )", self.whole)) };
        let mut group = std::mem::replace(&mut self.group, around);
        let piece = group.close();
        self.check_height(&piece)?;
        self.flags = group.outer_flags;
        self.group.pieces.push(piece);
        Ok(())
    }

    fn check_height(&self, piece: &Piece) -> Result<(), Error> {
        if piece.height > MAX_HEIGHT {
            return Err(error("expression nests too deeply", self.whole));
        }
        Ok(())
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`; any other brace is a literal.
    fn counted(&mut self, last_repeat: Option<&'a [u8]>) -> Result<bool, Error> {
        let Some((min, max, length)) = scan_counts(self.rest) else {
            self.literal('{');
            self.rest = &self.rest[1..];
            return Ok(false);
        };
        let operator = &self.rest[..length];
        let too_many = |count: u64| count > MAX_REPEAT;
        if too_many(min) || max.is_some_and(|max| too_many(max) || max < min) {
            return Err(error("invalid repeat count", operator));
        }
        self.repeat((min, Some(max)), operator, last_repeat)?;
        Ok(true)
    }

    /// Repeats the last element; `counts` hold the least number and, for a counted repetition, the greatest one.
    fn repeat(
        &mut self,
        counts: (u64, Option<Option<u64>>),
        operator: &'a [u8],
        last_repeat: Option<&'a [u8]>,
    ) -> Result<(), Error> {
        let before = self.rest;
        let mut after = &before[operator.len()..];
        let mut lazy = self.flags.ungreedy;
        if let Some(rest) = after.strip_prefix(b"?") {
            (after, lazy) = (rest, !lazy);
        }
        if let Some(last) = last_repeat {
            return Err(error("invalid nested repetition operator", &last[..last.len() - after.len()]));
        }
        let written = &before[..before.len() - after.len()];
        let Some(mut piece) = self.group.pieces.pop() else {
            return Err(error("missing argument to repetition operator", written));
        };
        if let (min, Some(max)) = counts {
            piece.copies = match max {
                Some(0) => 1,
                _ => piece.copies.saturating_mul(max.unwrap_or(min).max(1)),
            };
            if (min >= 2 || max.is_some_and(|max| max >= 2)) && piece.copies > MAX_REPEAT {
                return Err(error("invalid repeat count", written));
            }
        }
        if !piece.is_atom {
            piece.text = format!("(?:{})", piece.text);
        }
        piece.text.push_str(&String::from_utf8_lossy(operator));
        piece.text.push_str(if lazy { "?" } else { "" });
        piece.is_atom = false;
        piece.height += 1;
        self.check_height(&piece)?;
        self.group.pieces.push(piece);
        self.rest = after;
        Ok(())
    }

    /// Reads what begins with `(?`: a named group, flags, or a group without a capture.
    fn flag_group(&mut self) -> Result<(), Error> {
        let whole = self.rest;
        let name = if whole.len() > 4 { whole.strip_prefix(b"(?P<") } else { None };
        let name = name.or_else(|| if whole.len() > 3 { whole.strip_prefix(b"(?<") } else { None });
        match name {
            Some(name) => self.named_group(name),
            None => self.flags_or_group(),
        }
    }

    fn named_group(&mut self, name: &'a [u8]) -> Result<(), Error> {
        let whole = self.rest;
        let Some(end) = memchr::memchr(b'>', name) else {
            check_utf8(whole)?;
            return Err(error("invalid named capture", whole));
        };
        let (name, rest) = (check_utf8(&name[..end])?, &name[end + 1..]);
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_valid) {
            return Err(error("invalid named capture", &whole[..whole.len() - rest.len()]));
        }
        self.names.push(name.to_owned());
        self.open(Opening::Capture, self.flags);
        self.rest = rest;
        Ok(())
    }

    fn flags_or_group(&mut self) -> Result<(), Error> {
        let whole = self.rest;
        let mut rest = &whole[2..];
        let mut flags = self.flags;
        let (mut on, mut changed) = (true, false);
        while !rest.is_empty() {
            let (rune, after) = next_rune(rest)?;
            rest = after;
            match rune {
                'i' => flags.fold_case = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_all = on,
                'U' => flags.ungreedy = on,
                '-' if on => {
                    (on, changed) = (false, false);
                    continue;
                }
                ':' | ')' if on || changed => {
                    if rune == ':' {
                        self.open(Opening::Plain, self.flags);
                    }
                    self.flags = flags;
                    self.rest = rest;
                    return Ok(());
                }
                _ => break,
            }
            changed = true;
        }
        Err(error("invalid or unsupported Perl syntax", &whole[..whole.len() - rest.len()]))
    }

    /// Reads what begins with a backslash outside of brackets.
    fn escape(&mut self) -> Result<(), Error> {
        let assertion = match self.rest.get(1) {
            Some(b'A') => Some(r"\A"),
            Some(b'z') => Some(r"\z"),
            Some(b'b') => Some(r"(?-u:\b)"),
            Some(b'B') => Some(r"(?-u:\B)"),
            Some(b'C') => return Err(error("invalid escape sequence", &self.rest[..2])),
            Some(b'Q') => return self.quoted(),
            _ => None,
        };
        if let Some(assertion) = assertion {
            self.push(assertion);
            self.rest = &self.rest[2..];
            return Ok(());
        }
        if let Some((text, rest)) = class::escaped(self.rest)? {
            self.push(class::standing_alone(text, self.flags));
            self.rest = rest;
            return Ok(());
        }
        let (escape, rest) = class::escaped_rune(self.rest)?;
        match escape {
            Escape::Rune(rune) => self.literal(rune),
            Escape::Surrogate(_) => self.push(class::NOTHING),
        }
        self.rest = rest;
        Ok(())
    }

    /// Reads `\Q...\E`, whose inside is literal.
    fn quoted(&mut self) -> Result<(), Error> {
        let text = &self.rest[2..];
        let (mut literal, rest) = match memchr::memmem::find(text, br"\E") {
            Some(end) => (&text[..end], &text[end + 2..]),
            None => (text, &text[text.len()..]),
        };
        while !literal.is_empty() {
            let (rune, after) = next_rune(literal)?;
            self.literal(rune);
            literal = after;
        }
        self.rest = rest;
        Ok(())
    }
}

/// Least and greatest number of a counted repetition, and the length of its text. Numbers too big to count are
/// `u64::MAX`.
fn scan_counts(text: &[u8]) -> Option<(u64, Option<u64>, usize)> {
    let (min, rest) = scan_number(text.get(1..)?)?;
    let (max, rest) = match rest.strip_prefix(b",") {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with(b"}") => (None, rest),
        Some(rest) => {
            let (max, rest) = scan_number(rest)?;
            (Some(max), rest)
        }
    };
    let rest = rest.strip_prefix(b"}")?;
    Some((min, max, text.len() - rest.len()))
}

fn scan_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    if digits.is_empty() || digits.len() > 1 && digits.starts_with(b"0") {
        return None;
    }
    Some((std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX), rest))
}

/// Appends the code of a character, as the crate reads it everywhere.
pub(super) fn write_code(out: &mut String, code: u32) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\\x{{{code:X}}}");
}
