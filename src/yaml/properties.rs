//! Scanning of what stands before a node or a document: anchors, aliases, tags and directives.

use super::error::Error;
use super::scanner::Scanner;
use super::token::{Piece, Token, TokenKind};

type Bytes = Vec<u8>;

impl Scanner<'_> {
    /// `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self, kind: TokenKind) -> Result<Token, Error> {
        let start = self.pos;
        self.pos += 1;
        let name = self.pos;
        self.skip_alphanumeric();
        let ended = self.is_blank_or_end(self.pos)
            || matches!(self.byte(self.pos), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.pos == name || !ended {
            return Err(self.fail("did not find expected alphabetic or numeric character"));
        }
        Ok(Token::with(kind, start, self.pos, Piece::source(name, self.pos)))
    }

    /// `!suffix`, `!!suffix`, `!handle!suffix`, `!<uri>` or a lone `!`.
    pub(super) fn scan_tag(&mut self) -> Result<Token, Error> {
        let start = self.pos;
        let (handle, suffix) = if self.byte(self.pos + 1) == b'<' { self.verbatim_tag()? } else { self.short_tag()? };
        self.need(1)?;
        if !self.is_blank_or_end(self.pos) {
            return Err(self.fail("did not find expected whitespace or line break"));
        }
        Ok(self.split_token(TokenKind::Tag, start, &handle, &suffix))
    }

    fn verbatim_tag(&mut self) -> Result<(Bytes, Bytes), Error> {
        self.pos += 2;
        let suffix = self.tag_uri(&[])?;
        if self.byte(self.pos) != b'>' {
            return Err(self.fail("did not find the expected '>'"));
        }
        self.pos += 1;
        Ok((Bytes::new(), suffix))
    }

    fn short_tag(&mut self) -> Result<(Bytes, Bytes), Error> {
        let handle = self.tag_handle()?;
        if handle.len() > 1 && handle.ends_with(b"!") {
            let suffix = self.tag_uri(&[])?;
            return Ok((handle, suffix));
        }
        let suffix = self.tag_uri(&handle)?;
        if suffix.is_empty() {
            return Ok((Bytes::new(), b"!".to_vec()));
        }
        Ok((b"!".to_vec(), suffix))
    }

    /// A token whose piece is two texts, one after the other.
    fn split_token(&mut self, kind: TokenKind, start: usize, first: &[u8], second: &[u8]) -> Token {
        let from = self.scratch.len();
        self.scratch.extend_from_slice(first);
        self.scratch.extend_from_slice(second);
        let piece = Piece::scratch(from, self.scratch.len());
        Token::with(kind, start, self.pos, piece).split_at(first.len())
    }

    /// `!`, `!!` or `!name!`; without the closing `!` it is the start of a suffix.
    fn tag_handle(&mut self) -> Result<Bytes, Error> {
        self.need(1)?;
        if self.byte(self.pos) != b'!' {
            return Err(self.fail("did not find expected '!'"));
        }
        let start = self.pos;
        self.pos += 1;
        self.skip_alphanumeric();
        if self.byte(self.pos) == b'!' {
            self.pos += 1;
        }
        Ok(self.text[start..self.pos].to_vec())
    }

    /// The characters of a URI behind `head`, whose `!` does not belong to it.
    fn tag_uri(&mut self, head: &[u8]) -> Result<Bytes, Error> {
        let mut uri = head.get(1..).unwrap_or_default().to_vec();
        let mut found = !head.is_empty();
        loop {
            self.need(1)?;
            match self.byte(self.pos) {
                b'%' => self.uri_escape(&mut uri)?,
                byte if is_uri(byte) => {
                    uri.push(byte);
                    self.pos += 1;
                }
                _ => break,
            }
            found = true;
        }
        if found { Ok(uri) } else { Err(self.fail("did not find expected tag URI")) }
    }

    /// One character that is written as `%XX` for each of its bytes.
    fn uri_escape(&mut self, uri: &mut Bytes) -> Result<(), Error> {
        let mut left = 0;
        loop {
            let octet = match (self.byte(self.pos), hex(self.byte(self.pos + 1)), hex(self.byte(self.pos + 2))) {
                (b'%', Some(high), Some(low)) => high << 4 | low,
                _ => return Err(self.fail("did not find URI escaped octet")),
            };
            if left == 0 {
                left = match octet {
                    0x00..=0x7F => 1,
                    0xC0..=0xDF => 2,
                    0xE0..=0xEF => 3,
                    0xF0..=0xF7 => 4,
                    _ => return Err(self.fail("found an incorrect leading UTF-8 octet")),
                };
            } else if octet & 0xC0 != 0x80 {
                return Err(self.fail("found an incorrect trailing UTF-8 octet"));
            }
            uri.push(octet);
            self.pos += 3;
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
    }

    fn skip_alphanumeric(&mut self) {
        while is_alphanumeric(self.byte(self.pos)) {
            self.pos += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while self.is_blank(self.pos) {
            self.pos += 1;
        }
    }

    /// `%YAML` or `%TAG` with the rest of its line.
    pub(super) fn scan_directive(&mut self) -> Result<Token, Error> {
        let start = self.pos;
        self.pos += 1;
        let name = self.pos;
        self.skip_alphanumeric();
        if self.pos == name {
            return Err(self.fail("could not find expected directive name"));
        }
        if !self.is_blank_or_end(self.pos) {
            return Err(self.fail("found unexpected non-alphabetical character"));
        }
        let token = match &self.text[name..self.pos] {
            b"YAML" => self.version_directive(start)?,
            b"TAG" => self.tag_directive(start)?,
            _ => return Err(self.fail("found unknown directive name")),
        };
        self.skip_blanks();
        if self.byte(self.pos) == b'#' {
            self.skip_comment();
        }
        if !self.is_break_or_end(self.pos) {
            return Err(self.fail("did not find expected comment or line break"));
        }
        self.skip_break();
        Ok(token)
    }

    fn version_directive(&mut self, start: usize) -> Result<Token, Error> {
        self.skip_blanks();
        let major = self.version_number()?;
        if self.byte(self.pos) != b'.' {
            return Err(self.fail("did not find expected digit or '.' character"));
        }
        self.pos += 1;
        let minor = self.version_number()?;
        Ok(Token::with(TokenKind::VersionDirective, start, self.pos, Piece::source(major, minor)))
    }

    fn version_number(&mut self) -> Result<usize, Error> {
        let (start, mut number) = (self.pos, 0);
        while let digit @ b'0'..=b'9' = self.byte(self.pos) {
            if self.pos - start == 2 {
                return Err(self.fail("found extremely long version number"));
            }
            number = number * 10 + usize::from(digit - b'0');
            self.pos += 1;
        }
        if self.pos == start { Err(self.fail("did not find expected version number")) } else { Ok(number) }
    }

    fn tag_directive(&mut self, start: usize) -> Result<Token, Error> {
        self.skip_blanks();
        let handle = self.tag_handle()?;
        if handle != b"!" && !handle.ends_with(b"!") {
            return Err(self.fail("did not find expected '!'"));
        }
        self.need(1)?;
        if !self.is_blank(self.pos) {
            return Err(self.fail("did not find expected whitespace"));
        }
        self.skip_blanks();
        let prefix = self.tag_uri(&[])?;
        if !self.is_blank_or_end(self.pos) {
            return Err(self.fail("did not find expected whitespace or line break"));
        }
        Ok(self.split_token(TokenKind::TagDirective, start, &handle, &prefix))
    }
}

/// The letters, digits and two signs of names.
fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether a byte may stand in the URI of a tag as it is.
fn is_uri(byte: u8) -> bool {
    is_alphanumeric(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte)
}

/// The value of a hexadecimal digit.
pub(super) fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
