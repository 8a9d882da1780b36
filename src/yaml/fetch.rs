//! One method for each kind of token: what it does to indentation and simple keys, and its scanning.

use super::error::Error;
use super::scanner::{MAX_DEPTH, MAX_SIMPLE_KEY, Scanner, SimpleKey, characters};
use super::token::{Token, TokenKind};

impl Scanner<'_> {
    /// Scans one token, or a few that belong together.
    pub(super) fn fetch(&mut self) -> Result<(), Error> {
        self.skip_to_token()?;
        if self.flow == 0 && self.indent >= 0 {
            let column = self.column();
            self.close_blocks(column);
        }
        self.need(4)?;
        let Some(&first) = self.text.get(self.pos) else { return self.fetch_stream_end() };
        if self.pos == self.line_start {
            match first {
                b'%' => return self.fetch_directive(),
                b'-' | b'.' if self.at_document_indicator() => {
                    let start = first == b'-';
                    let kind = if start { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
                    return self.fetch_document_indicator(kind);
                }
                _ => {}
            }
        }
        match first {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.is_blank_or_end(self.pos + 1) => self.fetch_block_entry(),
            b'?' if self.flow > 0 || self.is_blank_or_end(self.pos + 1) => self.fetch_key(),
            b':' if self.flow > 0 || self.is_blank_or_end(self.pos + 1) => self.fetch_value(),
            b'*' => self.fetch_anchor(TokenKind::Alias),
            b'&' => self.fetch_anchor(TokenKind::Anchor),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if self.flow == 0 => self.fetch_block_scalar(first == b'|'),
            b'\'' | b'"' => self.fetch_quoted(first),
            b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(self.fail("found character that cannot start any token"))
            }
            _ => self.fetch_plain(),
        }
    }

    fn fetch_stream_end(&mut self) -> Result<(), Error> {
        if self.pos != self.line_start {
            self.added_line = true;
            self.line_start = self.pos;
        }
        self.close_blocks(-1);
        self.drop_simple_key()?;
        self.simple_key_allowed = false;
        self.push(Token::mark(TokenKind::StreamEnd, self.pos, self.pos));
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Error> {
        self.close_blocks(-1);
        self.drop_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.push(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.close_blocks(-1);
        self.drop_simple_key()?;
        self.simple_key_allowed = false;
        self.push_indicator(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.save_simple_key()?;
        let token = self.taken + self.queue.len() - self.head;
        self.keys.push(SimpleKey { possible: false, required: false, awaited: false, token, start: self.pos });
        self.flow += 1;
        if self.flow > MAX_DEPTH {
            return Err(self.fail(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        self.simple_key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.drop_simple_key()?;
        if self.flow > 0 {
            self.flow -= 1;
            // A level without a key of its own carries the number of the token that opened it; go-yaml forgets
            // with the level that this very token may be a key.
            let closed = self.keys.pop();
            if let (Some(closed), Some(outer)) = (closed, self.keys.last_mut())
                && closed.token == outer.token
            {
                outer.awaited = false;
            }
        }
        self.simple_key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Error> {
        self.drop_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        if self.flow == 0 {
            if !self.simple_key_allowed {
                return Err(self.fail("block sequence entries are not allowed in this context"));
            }
            self.open_block_here(TokenKind::BlockSequenceStart)?;
        }
        self.drop_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        if self.flow == 0 {
            if !self.simple_key_allowed {
                return Err(self.fail("mapping keys are not allowed in this context"));
            }
            self.open_block_here(TokenKind::BlockMappingStart)?;
        }
        self.drop_simple_key()?;
        self.simple_key_allowed = self.flow == 0;
        self.push_indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        let last = self.keys.len() - 1;
        if self.is_key_alive(last)? {
            let key = self.keys[last];
            (self.keys[last].possible, self.keys[last].awaited) = (false, false);
            self.insert(key.token, Token::mark(TokenKind::Key, key.start, key.start));
            if self.flow == 0 {
                let column = self.column_of(key.start);
                self.open_block(column, key.token, Token::mark(TokenKind::BlockMappingStart, key.start, key.start))?;
            }
            self.simple_key_allowed = false;
        } else {
            if self.flow == 0 {
                if !self.simple_key_allowed {
                    return Err(self.fail("mapping values are not allowed in this context"));
                }
                self.open_block_here(TokenKind::BlockMappingStart)?;
            }
            self.simple_key_allowed = self.flow == 0;
        }
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }

    /// The column of a place on the current line.
    fn column_of(&self, at: usize) -> isize {
        if self.ascii {
            return isize::try_from(at - self.line_start).unwrap_or(isize::MAX);
        }
        isize::try_from(characters(&self.text[self.line_start..at])).unwrap_or(isize::MAX)
    }

    fn fetch_anchor(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_anchor(kind)?;
        self.push(token);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_tag()?;
        self.push(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), Error> {
        self.drop_simple_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block_scalar(literal)?;
        self.push(token);
        Ok(())
    }

    fn fetch_quoted(&mut self, quote: u8) -> Result<(), Error> {
        let may_be_key = self.simple_key_allowed;
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_quoted(quote)?;
        self.push_scalar(token, may_be_key)
    }

    fn fetch_plain(&mut self) -> Result<(), Error> {
        let may_be_key = self.simple_key_allowed;
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_plain()?;
        self.push_scalar(token, may_be_key)
    }

    /// Adds a scalar. If it is a simple key and its `:` is next, as with nearly all keys, the tokens around it are
    /// added at once: the same that waiting for the `:` would lead to.
    fn push_scalar(&mut self, token: Token, may_be_key: bool) -> Result<(), Error> {
        let start = token.start();
        let is_key = may_be_key
            && self.byte(self.pos) == b':'
            && self.is_blank_or_end(self.pos + 1)
            && start >= self.line_start
            && self.pos - start <= MAX_SIMPLE_KEY
            && self.bad.is_none();
        if !is_key {
            self.push(token);
            return Ok(());
        }
        if let Some(key) = self.keys.last_mut() {
            (key.possible, key.awaited) = (false, false);
        }
        if self.flow == 0 {
            let column = self.column_of(start);
            self.open_block(column, usize::MAX, Token::mark(TokenKind::BlockMappingStart, start, start))?;
        }
        self.push(Token::mark(TokenKind::Key, start, start));
        self.push(token);
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }
}
