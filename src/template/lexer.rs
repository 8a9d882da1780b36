//! Splits a template text into items. The reference is Go's `text/template/parse` lexer.

use super::quote;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Token {
    fn is_keyword(self) -> bool {
        self as u8 >= Token::Block as u8
    }

    fn keyword(word: &[u8]) -> Option<Token> {
        Some(match word {
            b"block" => Token::Block,
            b"break" => Token::Break,
            b"continue" => Token::Continue,
            b"define" => Token::Define,
            b"else" => Token::Else,
            b"end" => Token::End,
            b"if" => Token::If,
            b"nil" => Token::Nil,
            b"range" => Token::Range,
            b"template" => Token::Template,
            b"with" => Token::With,
            _ => return None,
        })
    }
}

/// One item: a token and the bytes `start..end` of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) token: Token,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// The scanner.
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    open: memchr::memmem::Finder<'static>,
    at: usize,
    start: usize,
    parens: usize,
    inside: bool,
    error: String,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_alphanumeric(rune: char) -> bool {
    rune == '_' || rune.is_ascii_alphanumeric() || (!rune.is_ascii() && rune.is_alphanumeric())
}

/// The ASCII bytes that names consist of.
const ALPHANUMERIC: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

/// The first character of `bytes` and its length; U+FFFD of length 1 where they are no UTF-8.
pub(super) fn decode_rune(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((first as char, 1));
    }
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some(('\u{fffd}', 1)),
    };
    let rune =
        bytes.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(|text| text.chars().next());
    Some(rune.map_or(('\u{fffd}', 1), |rune| (rune, length)))
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8]) -> Lexer<'t> {
        Lexer {
            text,
            open: memchr::memmem::Finder::new(b"{{"),
            at: 0,
            start: 0,
            parens: 0,
            inside: false,
            error: String::new(),
        }
    }

    /// The text of an item as Go's messages show it.
    pub(super) fn describe(&self, item: Item) -> String {
        let value = &self.text[item.start as usize..item.end as usize];
        match item.token {
            Token::Eof => "EOF".to_owned(),
            Token::Error => self.error.clone(),
            token if token.is_keyword() => format!("<{}>", String::from_utf8_lossy(value)),
            _ if value.len() > 10 => {
                let text = String::from_utf8_lossy(value);
                let cut: String = text.chars().take(10).collect();
                format!("{}...", quote(cut.as_bytes()))
            }
            _ => quote(value),
        }
    }

    /// The message of the last [`Token::Error`].
    pub(super) fn error(&self) -> &str {
        &self.error
    }

    /// The next item. After an error or the end, every further call gives the end.
    pub(super) fn next_item(&mut self) -> Item {
        if self.inside { self.inside_action() } else { self.outside() }
    }

    fn rest(&self) -> &'t [u8] {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn emit(&mut self, token: Token) -> Item {
        let item = Item { token, start: self.start as u32, end: self.at as u32 };
        self.start = self.at;
        item
    }

    fn fail(&mut self, message: String) -> Item {
        self.error = message;
        let item = Item { token: Token::Error, start: self.start as u32, end: self.start as u32 };
        self.text = &self.text[..self.start];
        self.at = self.start;
        self.inside = false;
        item
    }

    fn outside(&mut self) -> Item {
        loop {
            let Some(found) = self.open.find(self.rest()) else {
                self.at = self.text.len();
                return if self.at > self.start { self.emit(Token::Text) } else { self.emit(Token::Eof) };
            };
            if found > 0 {
                let delim = self.at + found;
                let mut end = delim;
                if self.has_left_trim_marker(delim + 2) {
                    while end > self.start && is_space(self.text[end - 1]) {
                        end -= 1;
                    }
                }
                let text = Item { token: Token::Text, start: self.start as u32, end: end as u32 };
                self.at = delim;
                self.start = delim;
                if text.end > text.start {
                    return text;
                }
            }
            let marker = if self.has_left_trim_marker(self.at + 2) { 2 } else { 0 };
            if self.text[self.at + 2..].get(marker..).is_some_and(|rest| rest.starts_with(b"/*")) {
                self.at += 2 + marker;
                self.start = self.at;
                if let Some(error) = self.comment() {
                    return error;
                }
                continue;
            }
            self.at += 2;
            let item = self.emit(Token::LeftDelim);
            self.inside = true;
            self.at += marker;
            self.start = self.at;
            self.parens = 0;
            return item;
        }
    }

    fn has_left_trim_marker(&self, at: usize) -> bool {
        self.text.get(at) == Some(&b'-') && self.text.get(at + 1).is_some_and(|byte| is_space(*byte))
    }

    fn comment(&mut self) -> Option<Item> {
        self.at += 2;
        let Some(close) = memchr::memmem::find(self.rest(), b"*/") else {
            return Some(self.fail("unclosed comment".to_owned()));
        };
        self.at += close + 2;
        let Some(trim) = self.right_delim() else {
            return Some(self.fail("comment ends before closing delimiter".to_owned()));
        };
        self.skip_right_delim(trim);
        None
    }

    /// Whether a right delimiter starts here, and whether it trims.
    fn right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if rest.len() >= 4 && is_space(rest[0]) && &rest[1..4] == b"-}}" {
            return Some(true);
        }
        rest.starts_with(b"}}").then_some(false)
    }

    fn skip_right_delim(&mut self, trim: bool) {
        self.at += if trim { 4 } else { 2 };
        if trim {
            while self.peek().is_some_and(is_space) {
                self.at += 1;
            }
        }
        self.start = self.at;
    }

    fn right_delim_item(&mut self, trim: bool) -> Item {
        if trim {
            self.start = self.at + 2;
        }
        let item = Item { token: Token::RightDelim, start: self.start as u32, end: self.start as u32 + 2 };
        self.skip_right_delim(trim);
        self.inside = false;
        item
    }

    fn inside_action(&mut self) -> Item {
        let Some(byte) = self.peek() else { return self.fail("unclosed action".to_owned()) };
        if (is_space(byte) || byte == b'}')
            && let Some(trim) = self.right_delim()
        {
            if self.parens == 0 {
                return self.right_delim_item(trim);
            }
            return self.fail("unclosed left paren".to_owned());
        }
        if is_space(byte) {
            return self.space();
        }
        if ALPHANUMERIC[byte as usize] && !byte.is_ascii_digit() {
            return self.identifier();
        }
        let Some((rune, length)) = decode_rune(self.rest()) else {
            return self.fail("unclosed action".to_owned());
        };
        if is_alphanumeric(rune) && !rune.is_ascii_digit() {
            return self.identifier();
        }
        self.at += length;
        match rune {
            '=' => self.emit(Token::Assign),
            ':' if self.peek() == Some(b'=') => {
                self.at += 1;
                self.emit(Token::Declare)
            }
            ':' => self.fail("expected :=".to_owned()),
            '|' => self.emit(Token::Pipe),
            '"' => self.quoted(b'"', "unterminated quoted string", Token::String),
            '\'' => self.quoted(b'\'', "unterminated character constant", Token::CharConstant),
            '`' => self.raw_quoted(),
            '$' => self.field_or_variable(Token::Variable),
            '.' if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) => {
                if self.peek().is_none() {
                    // At the very end Go takes the dot for the start of a number.
                    return self.emit(Token::Number);
                }
                self.field_or_variable(Token::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.at -= 1;
                self.number()
            }
            '(' => {
                self.parens += 1;
                self.emit(Token::LeftParen)
            }
            ')' if self.parens == 0 => self.fail("unexpected right paren".to_owned()),
            ')' => {
                self.parens -= 1;
                self.emit(Token::RightParen)
            }
            ' '..='~' => self.emit(Token::Char),
            _ => self.fail(format!("unrecognized character in action: {}", unicode_name(rune))),
        }
    }

    fn space(&mut self) -> Item {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        // The last space may belong to a trimming right delimiter.
        if self.text[self.at - 1..].starts_with_trimming_delim() {
            self.at -= 1;
            if self.at == self.start {
                return self.right_delim_item(true);
            }
        }
        self.emit(Token::Space)
    }

    fn identifier(&mut self) -> Item {
        let stop = self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character(stop);
        }
        let word = &self.text[self.start..self.at];
        if let Some(keyword) = Token::keyword(word) {
            return self.emit(keyword);
        }
        let token = if matches!(word, b"true" | b"false") { Token::Bool } else { Token::Identifier };
        self.emit(token)
    }

    fn skip_alphanumeric(&mut self) -> Option<char> {
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.iter().position(|byte| !ALPHANUMERIC[*byte as usize]).unwrap_or(rest.len());
            match self.peek() {
                None => return None,
                Some(byte) if byte.is_ascii() => return Some(byte as char),
                Some(_) => {}
            }
            let (rune, length) = decode_rune(self.rest())?;
            if !is_alphanumeric(rune) {
                return Some(rune);
            }
            self.at += length;
        }
    }

    fn bad_character(&mut self, stop: Option<char>) -> Item {
        let name = stop.map_or_else(|| "U+FFFFFFFFFFFFFFFF".to_owned(), unicode_name);
        self.fail(format!("bad character {name}"))
    }

    fn field_or_variable(&mut self, token: Token) -> Item {
        if self.at_terminator() {
            return self.emit(if token == Token::Variable { token } else { Token::Dot });
        }
        let stop = self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character(stop);
        }
        self.emit(token)
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None => true,
            Some(byte) if is_space(byte) => true,
            Some(b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(b'}') => self.peek_at(1) == Some(b'}'),
            _ => false,
        }
    }

    fn quoted(&mut self, close: u8, unterminated: &str, token: Token) -> Item {
        loop {
            match self.peek() {
                Some(b'\\') => {
                    self.at += 1;
                    if matches!(self.peek(), None | Some(b'\n')) {
                        return self.fail(unterminated.to_owned());
                    }
                    self.at += 1;
                }
                None | Some(b'\n') => return self.fail(unterminated.to_owned()),
                Some(byte) => {
                    self.at += 1;
                    if byte == close {
                        return self.emit(token);
                    }
                }
            }
        }
    }

    fn raw_quoted(&mut self) -> Item {
        let Some(close) = memchr::memchr(b'`', self.rest()) else {
            return self.fail("unterminated raw quoted string".to_owned());
        };
        self.at += close + 1;
        self.emit(Token::RawString)
    }

    fn number(&mut self) -> Item {
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.peek(), Some(b'+' | b'-')) {
            if !self.scan_number() || self.text[self.at - 1] != b'i' {
                return self.bad_number();
            }
            return self.emit(Token::Complex);
        }
        self.emit(Token::Number)
    }

    fn bad_number(&mut self) -> Item {
        let text = quote(&self.text[self.start..self.at]);
        self.fail(format!("bad number syntax: {text}"))
    }

    fn accept(&mut self, set: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| set.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn accept_run(&mut self, digits: fn(u8) -> bool) {
        while self.peek().is_some_and(|byte| byte == b'_' || digits(byte)) {
            self.at += 1;
        }
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut base = 10;
        if self.accept(b"0") {
            if self.accept(b"xX") {
                base = 16;
            } else if self.accept(b"oO") {
                base = 8;
            } else if self.accept(b"bB") {
                base = 2;
            }
        }
        let digits: fn(u8) -> bool = match base {
            16 => |byte| byte.is_ascii_hexdigit(),
            8 => |byte| matches!(byte, b'0'..=b'7'),
            2 => |byte| matches!(byte, b'0' | b'1'),
            _ => |byte| byte.is_ascii_digit(),
        };
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        let exponent: &[u8] = match base {
            10 => b"eE",
            16 => b"pP",
            _ => b"",
        };
        if self.accept(exponent) {
            self.accept(b"+-");
            self.accept_run(|byte| byte.is_ascii_digit());
        }
        self.accept(b"i");
        match decode_rune(self.rest()) {
            Some((rune, length)) if is_alphanumeric(rune) => {
                self.at += length;
                false
            }
            _ => true,
        }
    }
}

trait Delimited {
    fn starts_with_trimming_delim(&self) -> bool;
}

impl Delimited for [u8] {
    fn starts_with_trimming_delim(&self) -> bool {
        self.len() >= 4 && is_space(self[0]) && &self[1..4] == b"-}}"
    }
}

/// A character as Go's `%#U` shows it.
fn unicode_name(rune: char) -> String {
    let code = rune as u32;
    if rune.is_control() { format!("U+{code:04X}") } else { format!("U+{code:04X} '{rune}'") }
}
