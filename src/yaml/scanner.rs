//! From characters to tokens.
//!
//! The difficulty of YAML is that `a` is a key only if a `:` follows it on the same line. The scanner therefore keeps
//! finished tokens in a queue while its head may still turn out to be such a *simple key*; when the `:` comes, a
//! `Key` token is put before it. What is accepted, and in which order faults are found, is go-yaml v2's.

use super::error::Error;
use super::reader::{self, Input};
use super::token::{Piece, Token, TokenKind};
use std::borrow::Cow;

/// How deep flow collections and how deep block collections may nest, as in go-yaml.
pub(super) const MAX_DEPTH: usize = 10_000;

/// How many characters a simple key may have up to its `:`.
pub(super) const MAX_SIMPLE_KEY: usize = 1024;

/// A place where a simple key may have started.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    /// Nothing but a key may stand here, so a missing `:` is an error.
    pub(super) required: bool,
    /// Whether the head of the queue waits for this key. go-yaml forgets that for collections that hold no key.
    pub(super) awaited: bool,
    /// The number of the token that starts the key.
    pub(super) token: usize,
    pub(super) start: usize,
}

/// The scanner of one text.
pub(super) struct Scanner<'a> {
    pub(super) text: Cow<'a, [u8]>,
    pub(super) pos: usize,
    pub(super) line_start: usize,
    pub(super) odd_breaks: bool,
    pub(super) flow: usize,
    /// The column of the innermost block collection, -1 outside of all.
    pub(super) indent: isize,
    pub(super) simple_key_allowed: bool,
    /// Scalars that differ from their characters in the text.
    pub(super) scratch: Vec<u8>,
    pub(super) ascii: bool,
    pub(super) bad: Option<Error>,
    /// A byte of the current line and its column, so that long lines are counted once.
    counted: (usize, isize),
    indents: Vec<isize>,
    pub(super) keys: Vec<SimpleKey>,
    pub(super) queue: Vec<Token>,
    pub(super) head: usize,
    pub(super) taken: usize,
    ready: bool,
    pub(super) added_line: bool,
    /// Where lines lose their first character no more.
    marked_until: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of a text.
    pub(super) fn new(raw: &'a [u8]) -> Scanner<'a> {
        let Input { text, start, ascii, odd_breaks, bad } = reader::read(raw);
        let first = SimpleKey { possible: false, required: false, awaited: false, token: 0, start };
        let marked = text[start..].starts_with("\u{FEFF}".as_bytes());
        Scanner {
            marked_until: if marked { reader::PIECE } else { 0 },
            text,
            pos: start,
            line_start: start,
            odd_breaks,
            flow: 0,
            indent: -1,
            simple_key_allowed: true,
            scratch: Vec::new(),
            ascii,
            bad,
            counted: (start, 0),
            indents: Vec::new(),
            keys: vec![first],
            queue: Vec::with_capacity(8),
            head: 0,
            taken: 0,
            ready: false,
            added_line: false,
        }
    }

    /// The next token, which stays the next one until [`Scanner::skip`].
    #[inline]
    pub(super) fn peek(&mut self) -> Result<Token, Error> {
        if !self.ready {
            self.fill()?;
            self.ready = true;
        }
        Ok(self.queue[self.head])
    }

    /// Drops the token that [`Scanner::peek`] gave.
    #[inline]
    pub(super) fn skip(&mut self) {
        self.ready = false;
        self.head += 1;
        self.taken += 1;
    }

    /// The characters of a piece.
    #[inline]
    pub(super) fn characters(&self, piece: Piece) -> &[u8] {
        let range = piece.start()..piece.end();
        if piece.scratch { &self.scratch[range] } else { &self.text[range] }
    }

    /// Scans until the head of the queue is certain.
    fn fill(&mut self) -> Result<(), Error> {
        if self.head == self.queue.len() {
            self.queue.clear();
            self.head = 0;
            self.scratch.clear();
            self.fetch()?;
        }
        while self.head_waits()? {
            self.fetch()?;
        }
        Ok(())
    }

    /// Whether the head of the queue may still become a simple key.
    fn head_waits(&mut self) -> Result<bool, Error> {
        if self.head == self.queue.len() {
            return Ok(true);
        }
        let at = match self.keys.len() {
            1 => 0,
            _ => self.keys.partition_point(|key| key.token < self.taken),
        };
        match self.keys.get(at) {
            Some(key) if key.token == self.taken && key.awaited && key.possible => self.is_key_alive(at),
            _ => Ok(false),
        }
    }

    /// Skips blanks, comments and line breaks.
    pub(super) fn skip_to_token(&mut self) -> Result<(), Error> {
        loop {
            self.need(1)?;
            if self.pos == self.line_start && self.pos < self.marked_until.min(self.text.len()) {
                self.skip_first_character();
            }
            let tabs = self.flow > 0 || !self.simple_key_allowed;
            while let Some(&byte) = self.text.get(self.pos)
                && (byte == b' ' || tabs && byte == b'\t')
            {
                self.pos += 1;
            }
            if self.text.get(self.pos) == Some(&b'#') {
                self.skip_comment();
            }
            if !self.skip_break() {
                return self.need(1);
            }
            if self.flow == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Skips the first character of a line.
    ///
    /// go-yaml means to skip a byte order mark at the start of any line, but looks for it at the start of its buffer:
    /// a second mark at the start of the text makes it skip a character of every line in the first piece.
    #[cold]
    fn skip_first_character(&mut self) {
        self.pos += 1;
        while self.byte(self.pos) & 0xC0 == 0x80 {
            self.pos += 1;
        }
    }

    /// Skips up to the end of the line.
    pub(super) fn skip_comment(&mut self) {
        self.pos += reader::line_len(&self.text[self.pos..], self.odd_breaks);
    }

    /// Skips a line break if one is here.
    #[inline]
    pub(super) fn skip_break(&mut self) -> bool {
        let len = self.break_len(self.pos);
        if len > 0 {
            self.pos += len;
            self.line_start = self.pos;
        }
        len > 0
    }

    /// The length of the line break at `at`, 0 if there is none.
    #[inline]
    pub(super) fn break_len(&self, at: usize) -> usize {
        match self.text.get(at) {
            Some(b'\n') => 1,
            Some(b'\r' | 0xC2 | 0xE2) if self.odd_breaks => reader::break_len(&self.text[at..]),
            _ => 0,
        }
    }

    /// The byte at `at`; 0, which no text holds, past the end.
    #[inline]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn is_blank(&self, at: usize) -> bool {
        matches!(self.text.get(at), Some(b' ' | b'\t'))
    }

    /// Whether a blank, a line break or the end of the text is at `at`.
    #[inline]
    pub(super) fn is_blank_or_end(&self, at: usize) -> bool {
        match self.text.get(at) {
            None | Some(b' ' | b'\t' | b'\n') => true,
            Some(b'\r' | 0xC2 | 0xE2) => self.break_len(at) > 0,
            _ => false,
        }
    }

    /// Whether a line break or the end of the text is at `at`.
    pub(super) fn is_break_or_end(&self, at: usize) -> bool {
        at >= self.text.len() || self.break_len(at) > 0
    }

    /// Whether `---` or `...` stands alone here; asked at the start of a line.
    pub(super) fn at_document_indicator(&self) -> bool {
        let rest = &self.text[self.pos..];
        (rest.starts_with(b"---") || rest.starts_with(b"...")) && self.is_blank_or_end(self.pos + 3)
    }

    /// The column of the current place in characters.
    pub(super) fn column(&mut self) -> isize {
        if self.ascii {
            return isize::try_from(self.pos - self.line_start).unwrap_or(isize::MAX);
        }
        if self.counted.0 < self.line_start {
            self.counted = (self.line_start, 0);
        }
        let (at, column) = self.counted;
        let column = column + isize::try_from(characters(&self.text[at..self.pos])).unwrap_or(isize::MAX);
        self.counted = (self.pos, column);
        column
    }

    /// Fails with the complaint about a forbidden character if fewer than `count` characters lie before it.
    #[inline(always)]
    pub(super) fn need(&self, count: usize) -> Result<(), Error> {
        match &self.bad {
            None => Ok(()),
            Some(bad) => self.need_before(bad, count),
        }
    }

    #[cold]
    fn need_before(&self, bad: &Error, count: usize) -> Result<(), Error> {
        let left = &self.text[self.pos..];
        let left = &left[..left.len().min(4 * count)];
        if characters(left) < count { Err(bad.clone()) } else { Ok(()) }
    }

    /// The fault `problem` at the current place.
    #[cold]
    pub(super) fn fail(&self, problem: impl Into<String>) -> Error {
        if let Err(bad) = self.need(1) {
            return bad;
        }
        let breaks = reader::count_breaks(&self.text[..self.pos]) + usize::from(self.added_line);
        let go_line = if breaks == 0 { 0 } else { breaks + 1 };
        Error::syntax(&self.text, problem, self.pos, go_line)
    }

    /// The fault that the parser finds in a token.
    #[cold]
    pub(super) fn fail_at(&self, problem: &str, token: &Token) -> Error {
        let go_line = reader::count_breaks(&self.text[..token.start()]) + usize::from(token.added_line);
        Error::syntax(&self.text, problem, token.start(), go_line)
    }

    #[inline]
    pub(super) fn push(&mut self, token: Token) {
        self.queue.push(token.on_added_line(self.added_line));
    }

    /// Puts a token before token number `number`, or at the end if that one is gone already.
    pub(super) fn insert(&mut self, number: usize, token: Token) {
        match number.checked_sub(self.taken) {
            Some(ahead) if self.head + ahead <= self.queue.len() => self.queue.insert(self.head + ahead, token),
            _ => self.queue.push(token),
        }
    }

    /// Skips one character that stands for a token.
    pub(super) fn push_indicator(&mut self, kind: TokenKind, len: usize) {
        let start = self.pos;
        self.pos += len;
        self.push(Token::mark(kind, start, self.pos));
    }

    // Simple keys.

    /// Notes that a simple key may start here.
    pub(super) fn save_simple_key(&mut self) -> Result<(), Error> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let required = self.flow == 0 && self.indent == self.column();
        self.drop_simple_key()?;
        let token = self.taken + self.queue.len() - self.head;
        if let Some(key) = self.keys.last_mut() {
            *key = SimpleKey { possible: true, required, awaited: true, token, start: self.pos };
        }
        Ok(())
    }

    /// Gives up the simple key of the current flow level.
    pub(super) fn drop_simple_key(&mut self) -> Result<(), Error> {
        match self.keys.last_mut() {
            Some(key) if key.possible && key.required => Err(self.fail("could not find expected ':'")),
            Some(key) if key.possible => {
                (key.possible, key.awaited) = (false, false);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the possible key number `at` is still on its line and short enough.
    pub(super) fn is_key_alive(&mut self, at: usize) -> Result<bool, Error> {
        let key = self.keys[at];
        if !key.possible {
            return Ok(false);
        }
        let same_line = key.start >= self.line_start && !self.added_line;
        if same_line && self.is_near(key.start) {
            return Ok(true);
        }
        if key.required {
            return Err(self.fail("could not find expected ':'"));
        }
        self.keys[at].possible = false;
        Ok(false)
    }

    fn is_near(&self, start: usize) -> bool {
        let bytes = self.pos - start;
        bytes <= MAX_SIMPLE_KEY
            || bytes <= 4 * MAX_SIMPLE_KEY && !self.ascii && characters(&self.text[start..self.pos]) <= MAX_SIMPLE_KEY
    }

    // Block collections.

    /// Opens a block collection at `column` unless one is open there.
    pub(super) fn open_block(&mut self, column: isize, number: usize, token: Token) -> Result<(), Error> {
        if self.flow > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            return Err(self.fail(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        self.insert(number, token.on_added_line(self.added_line));
        Ok(())
    }

    /// Opens a block collection at the current place.
    pub(super) fn open_block_here(&mut self, kind: TokenKind) -> Result<(), Error> {
        let column = self.column();
        self.open_block(column, usize::MAX, Token::mark(kind, self.pos, self.pos))
    }

    /// Closes the block collections that are indented more than `column`.
    pub(super) fn close_blocks(&mut self, column: isize) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            self.push(Token::mark(TokenKind::BlockEnd, self.pos, self.pos));
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }
}

/// How many characters valid UTF-8 holds.
pub(super) fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}
