//! Scanning of scalars: plain, in quotes, after `|` and `>`.
//!
//! A scalar that means its characters as they are written stays a piece of the text; only folding, unescaping and
//! the indentation of blocks make a copy in the scratch buffer.

use super::error::Error;
use super::properties::hex;
use super::scanner::Scanner;
use super::token::{Piece, Token, TokenKind};
use memchr::{memchr2, memchr3};

/// What a byte may mean inside a plain scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Nothing special.
    Text,
    /// A blank or a certain line break.
    Blank,
    /// `:`, which ends the scalar before a blank.
    Colon,
    /// Ends the scalar in a flow collection.
    Flow,
    /// The first byte of what may be a line break.
    Odd,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Text; 256];
    classes[b' ' as usize] = Class::Blank;
    classes[b'\t' as usize] = Class::Blank;
    classes[b'\n' as usize] = Class::Blank;
    classes[b':' as usize] = Class::Colon;
    classes[b',' as usize] = Class::Flow;
    classes[b'?' as usize] = Class::Flow;
    classes[b'[' as usize] = Class::Flow;
    classes[b']' as usize] = Class::Flow;
    classes[b'{' as usize] = Class::Flow;
    classes[b'}' as usize] = Class::Flow;
    classes[b'\r' as usize] = Class::Odd;
    classes[0xC2] = Class::Odd;
    classes[0xE2] = Class::Odd;
    classes
};

/// The white space between two words of a scalar.
#[derive(Default)]
struct Gap {
    /// The first line break, a `\n` unless it is LS or PS.
    first: Vec<u8>,
    /// The line breaks after it.
    more: Vec<u8>,
    /// Whether a line break was seen.
    broken: bool,
}

impl Gap {
    fn add(&mut self, line_break: &[u8]) {
        let breaks = if self.broken { &mut self.more } else { &mut self.first };
        breaks.extend_from_slice(normal_break(line_break));
        self.broken = true;
    }

    /// One line break becomes a space, several lose the first one.
    fn fold_into(&self, out: &mut Vec<u8>) {
        if self.first.first() == Some(&b'\n') {
            if self.more.is_empty() {
                out.push(b' ');
            }
        } else {
            out.extend_from_slice(&self.first);
        }
        out.extend_from_slice(&self.more);
    }
}

/// What a line break reads as.
fn normal_break(line_break: &[u8]) -> &[u8] {
    if line_break.len() == 3 { line_break } else { b"\n" }
}

impl Scanner<'_> {
    fn scratch_piece(&self, from: usize) -> Piece {
        Piece::scratch(from, self.scratch.len())
    }

    // Plain scalars.

    /// A scalar without quotes.
    pub(super) fn scan_plain(&mut self) -> Result<Token, Error> {
        let start = self.pos;
        let end = self.word_end(start);
        self.pos = end;
        self.need(2)?;
        if !self.is_blank(end) && self.break_len(end) == 0 {
            return Ok(Token::with(TokenKind::Plain, start, end, Piece::source(start, end)));
        }
        self.scan_plain_words(start, end)
    }

    /// Scans on behind the first word of a plain scalar, which ends at `end`.
    fn scan_plain_words(&mut self, start: usize, mut end: usize) -> Result<Token, Error> {
        let from = self.scratch.len();
        let mut copied = false;
        // The start of what is not in the scratch buffer yet.
        let mut line = start;
        let mut gap;
        loop {
            gap = self.skip_gap()?;
            self.need(4)?;
            let outside = gap.is_some() && self.flow == 0 && self.plain_column() <= self.indent;
            if outside || self.ends_plain() {
                break;
            }
            let word = self.pos;
            let word_end = self.word_end(word);
            if word_end == word {
                break;
            }
            if let Some(gap) = gap.take() {
                self.scratch.extend_from_slice(&self.text[line..end]);
                gap.fold_into(&mut self.scratch);
                copied = true;
                line = word;
            }
            (self.pos, end) = (word_end, word_end);
            self.need(2)?;
            if !self.is_blank(end) && self.break_len(end) == 0 {
                break;
            }
        }
        if gap.is_some() {
            self.simple_key_allowed = true;
        }
        let piece = if copied {
            self.scratch.extend_from_slice(&self.text[line..end]);
            self.scratch_piece(from)
        } else {
            Piece::source(start, end)
        };
        Ok(Token::with(TokenKind::Plain, start, end, piece))
    }

    /// The column of a place with nothing but blanks before it on its line.
    fn plain_column(&self) -> isize {
        isize::try_from(self.pos - self.line_start).unwrap_or(isize::MAX)
    }

    /// Whether a comment or the end of the document follows a gap.
    fn ends_plain(&self) -> bool {
        match self.byte(self.pos) {
            b'#' => true,
            b'-' | b'.' => self.pos == self.line_start && self.at_document_indicator(),
            _ => false,
        }
    }

    /// Where the word of a plain scalar that starts at `start` ends.
    #[inline]
    fn word_end(&self, start: usize) -> usize {
        let text = &*self.text;
        let mut at = start;
        while let Some(&byte) = text.get(at) {
            let ends = match CLASSES[usize::from(byte)] {
                Class::Text => false,
                Class::Blank => true,
                Class::Colon => self.is_blank_or_end(at + 1),
                Class::Flow => self.flow > 0,
                Class::Odd => self.break_len(at) > 0,
            };
            if ends {
                break;
            }
            at += 1;
        }
        at
    }

    /// Skips blanks and line breaks; the gap is `None` if they are all on one line.
    fn skip_gap(&mut self) -> Result<Option<Gap>, Error> {
        while self.is_blank(self.pos) {
            self.pos += 1;
        }
        if self.break_len(self.pos) == 0 {
            return Ok(None);
        }
        let mut gap = Gap::default();
        loop {
            let len = self.break_len(self.pos);
            if len > 0 {
                gap.add(&self.text[self.pos..self.pos + len]);
                self.skip_break();
            } else if self.is_blank(self.pos) {
                if self.byte(self.pos) == b'\t' && self.plain_column() <= self.indent {
                    return Err(self.fail("found a tab character that violates indentation"));
                }
                self.pos += 1;
            } else {
                return Ok(Some(gap));
            }
        }
    }

    // Scalars in quotes.

    /// A scalar in single or double quotes.
    pub(super) fn scan_quoted(&mut self, quote: u8) -> Result<Token, Error> {
        let start = self.pos;
        self.pos += 1;
        if let Some(end) = self.simple_quoted_end(quote) {
            let piece = Piece::source(self.pos, end);
            self.pos = end + 1;
            return Ok(Token::with(TokenKind::Quoted, start, self.pos, piece));
        }
        let from = self.scratch.len();
        while !self.scan_quoted_words(quote)? {
            self.scan_quoted_gap();
        }
        self.pos += 1;
        Ok(Token::with(TokenKind::Quoted, start, self.pos, self.scratch_piece(from)))
    }

    /// Where the quotes end if nothing inside has to be unescaped or folded.
    fn simple_quoted_end(&self, quote: u8) -> Option<usize> {
        if self.odd_breaks {
            return None;
        }
        let rest = &self.text[self.pos..];
        let end = match quote {
            b'"' => memchr3(b'"', b'\\', b'\n', rest),
            _ => memchr2(b'\'', b'\n', rest),
        }?;
        let simple = rest[end] == quote && (quote == b'"' || rest.get(end + 1) != Some(&b'\''));
        simple.then_some(self.pos + end)
    }

    /// Copies words up to white space; true at the closing quote.
    fn scan_quoted_words(&mut self, quote: u8) -> Result<bool, Error> {
        self.need(4)?;
        if self.pos == self.line_start && self.at_document_indicator() {
            return Err(self.fail("found unexpected document indicator"));
        }
        if self.pos >= self.text.len() {
            return Err(self.fail("found unexpected end of stream"));
        }
        while !self.is_blank_or_end(self.pos) {
            self.need(2)?;
            let byte = self.byte(self.pos);
            if byte == quote {
                if quote == b'"' || self.byte(self.pos + 1) != b'\'' {
                    return Ok(true);
                }
                self.scratch.push(b'\'');
                self.pos += 2;
            } else if byte == b'\\' && quote == b'"' {
                if self.break_len(self.pos + 1) > 0 {
                    self.pos += 1;
                    self.skip_escaped_break();
                    return Ok(self.byte(self.pos) == quote);
                }
                self.unescape()?;
            } else {
                self.scratch.push(byte);
                self.pos += 1;
            }
        }
        Ok(false)
    }

    /// Skips a line break behind `\`, the blanks of the next line, and folds further breaks.
    fn skip_escaped_break(&mut self) {
        self.skip_break();
        let mut more = Vec::new();
        loop {
            let len = self.break_len(self.pos);
            if len > 0 {
                more.extend_from_slice(normal_break(&self.text[self.pos..self.pos + len]));
                self.skip_break();
            } else if self.is_blank(self.pos) {
                self.pos += 1;
            } else {
                break;
            }
        }
        self.scratch.extend_from_slice(&more);
    }

    /// Copies blanks, or folds line breaks.
    fn scan_quoted_gap(&mut self) {
        let start = self.pos;
        while self.is_blank(self.pos) {
            self.pos += 1;
        }
        if self.break_len(self.pos) == 0 {
            self.scratch.extend_from_slice(&self.text[start..self.pos]);
            return;
        }
        let mut gap = Gap::default();
        loop {
            let len = self.break_len(self.pos);
            if len > 0 {
                gap.add(&self.text[self.pos..self.pos + len]);
                self.skip_break();
            } else if self.is_blank(self.pos) {
                self.pos += 1;
            } else {
                break;
            }
        }
        gap.fold_into(&mut self.scratch);
    }

    /// Reads `\x` and what belongs to it.
    fn unescape(&mut self) -> Result<(), Error> {
        let escaped: &[u8] = match self.byte(self.pos + 1) {
            b'0' => b"\0",
            b'a' => b"\x07",
            b'b' => b"\x08",
            b't' | b'\t' => b"\t",
            b'n' => b"\n",
            b'v' => b"\x0B",
            b'f' => b"\x0C",
            b'r' => b"\r",
            b'e' => b"\x1B",
            b' ' => b" ",
            b'"' => b"\"",
            b'\'' => b"'",
            b'\\' => b"\\",
            b'N' => "\u{85}".as_bytes(),
            b'_' => "\u{A0}".as_bytes(),
            b'L' => "\u{2028}".as_bytes(),
            b'P' => "\u{2029}".as_bytes(),
            b'x' => return self.unescape_code(2),
            b'u' => return self.unescape_code(4),
            b'U' => return self.unescape_code(8),
            _ => return Err(self.fail("found unknown escape character")),
        };
        self.scratch.extend_from_slice(escaped);
        self.pos += 2;
        Ok(())
    }

    fn unescape_code(&mut self, digits: usize) -> Result<(), Error> {
        self.pos += 2;
        self.need(digits)?;
        let mut code = 0_u32;
        for at in self.pos..self.pos + digits {
            let Some(digit) = hex(self.byte(at)) else {
                return Err(self.fail("did not find expected hexdecimal number"));
            };
            code = code << 4 | u32::from(digit);
        }
        let Some(found) = char::from_u32(code) else {
            return Err(self.fail("found invalid Unicode character escape code"));
        };
        self.scratch.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
        self.pos += digits;
        Ok(())
    }

    // Block scalars.

    /// A scalar after `|` (literal) or `>` (folded).
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<Token, Error> {
        let start = self.pos;
        self.pos += 1;
        let (chomp, increment) = self.scan_block_header()?;
        let mut indent = match increment {
            0 => 0,
            _ => self.indent.max(0) + increment,
        };
        let from = self.scratch.len();
        let mut first = Vec::new();
        let mut more = Vec::new();
        let mut after_blank = false;
        let mut end = self.scan_block_gap(&mut indent, &mut more)?;
        while self.plain_column() == indent && self.pos < self.text.len() {
            let blank = self.is_blank(self.pos);
            if !literal && !after_blank && !blank && first.first() == Some(&b'\n') {
                if more.is_empty() {
                    self.scratch.push(b' ');
                }
            } else {
                self.scratch.extend_from_slice(&first);
            }
            self.scratch.extend_from_slice(&more);
            first.clear();
            more.clear();
            after_blank = blank;
            let line = self.pos;
            self.skip_comment();
            self.scratch.extend_from_slice(&self.text[line..self.pos]);
            self.need(2)?;
            let len = self.break_len(self.pos);
            if len > 0 {
                first.extend_from_slice(normal_break(&self.text[self.pos..self.pos + len]));
                self.skip_break();
            }
            end = self.scan_block_gap(&mut indent, &mut more)?;
        }
        if chomp != Chomp::Strip {
            self.scratch.extend_from_slice(&first);
        }
        if chomp == Chomp::Keep {
            self.scratch.extend_from_slice(&more);
        }
        Ok(Token::with(TokenKind::Quoted, start, end, self.scratch_piece(from)))
    }

    /// The indicators behind `|` or `>` and the rest of their line.
    fn scan_block_header(&mut self) -> Result<(Chomp, isize), Error> {
        let (mut chomp, mut increment) = (Chomp::Clip, 0);
        if let Some(found) = Chomp::of(self.byte(self.pos)) {
            chomp = found;
            self.pos += 1;
            increment = self.scan_increment()?;
        } else if self.byte(self.pos).is_ascii_digit() {
            increment = self.scan_increment()?;
            if let Some(found) = Chomp::of(self.byte(self.pos)) {
                chomp = found;
                self.pos += 1;
            }
        }
        while self.is_blank(self.pos) {
            self.pos += 1;
        }
        if self.byte(self.pos) == b'#' {
            self.skip_comment();
        }
        if !self.is_break_or_end(self.pos) {
            return Err(self.fail("did not find expected comment or line break"));
        }
        self.skip_break();
        Ok((chomp, increment))
    }

    fn scan_increment(&mut self) -> Result<isize, Error> {
        match self.byte(self.pos) {
            b'0' => Err(self.fail("found an indentation indicator equal to 0")),
            digit @ b'1'..=b'9' => {
                self.pos += 1;
                Ok(isize::from(digit - b'0'))
            }
            _ => Ok(0),
        }
    }

    /// Skips indentation and empty lines of a block scalar and finds its indentation if that is still 0.
    ///
    /// Returns the end of the last empty line.
    fn scan_block_gap(&mut self, indent: &mut isize, breaks: &mut Vec<u8>) -> Result<usize, Error> {
        let mut end = self.pos;
        let mut widest = 0;
        loop {
            self.need(1)?;
            while (*indent == 0 || self.plain_column() < *indent) && self.byte(self.pos) == b' ' {
                self.pos += 1;
            }
            self.need(1)?;
            widest = widest.max(self.plain_column());
            if (*indent == 0 || self.plain_column() < *indent) && self.byte(self.pos) == b'\t' {
                return Err(self.fail("found a tab character where an indentation space is expected"));
            }
            let len = self.break_len(self.pos);
            if len == 0 {
                break;
            }
            breaks.extend_from_slice(normal_break(&self.text[self.pos..self.pos + len]));
            self.skip_break();
            end = self.pos;
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(end)
    }
}

/// What happens to the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    /// All but the first are dropped.
    Clip,
    /// `-`: all are dropped.
    Strip,
    /// `+`: all are kept.
    Keep,
}

impl Chomp {
    fn of(byte: u8) -> Option<Chomp> {
        match byte {
            b'-' => Some(Chomp::Strip),
            b'+' => Some(Chomp::Keep),
            _ => None,
        }
    }
}
