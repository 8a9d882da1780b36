//! From tokens to the nodes of a document, one event at a time.

use super::error::Error;
use super::scanner::Scanner;
use super::token::{Piece, Token, TokenKind};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    /// `*name`.
    Alias,
    /// A scalar without quotes, and with no tag or a tag that leaves it plain: it is resolved.
    Plain,
    /// Any other scalar: a string, unless its tag says otherwise.
    Quoted,
    SequenceStart,
    SequenceEnd,
    MappingStart,
    MappingEnd,
}

/// One event. Its pieces are valid until the next one is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The characters of a scalar, the name of an alias.
    pub(super) piece: Piece,
    /// Whether [`Events::anchor`] names this node.
    pub(super) anchored: bool,
    /// Whether [`Events::tag`] holds a tag for this node.
    pub(super) tagged: bool,
}

impl Event {
    fn mark(kind: EventKind, start: usize, end: usize) -> Event {
        Event { kind, start, end, piece: Piece::default(), anchored: false, tagged: false }
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    FirstDocument,
    Document,
    DocumentContent,
    DocumentEnd,
    End,
    Block,
    BlockSequence,
    /// A sequence whose dashes stand below the key that holds it.
    Indentless,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequence,
    /// `a: b` inside `[]`.
    PairKey,
    PairValue,
    PairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingNoValue,
}

/// The parser of one text.
pub(super) struct Events<'a> {
    pub(super) scanner: Scanner<'a>,
    state: State,
    states: Vec<State>,
    /// Handles and prefixes of `%TAG`.
    directives: Vec<(Vec<u8>, Vec<u8>)>,
    tag: Vec<u8>,
    anchor: Piece,
}

/// A node's anchor and tag.
#[derive(Default)]
struct Properties {
    anchor: Option<Piece>,
    tag: Option<Token>,
    start: Option<usize>,
}

impl<'a> Events<'a> {
    /// A parser at the start of a text.
    pub(super) fn new(raw: &'a [u8]) -> Events<'a> {
        Events {
            scanner: Scanner::new(raw),
            state: State::FirstDocument,
            states: Vec::with_capacity(16),
            directives: Vec::new(),
            tag: Vec::new(),
            anchor: Piece::default(),
        }
    }

    /// The characters of a piece of the last event.
    #[inline]
    pub(super) fn characters(&self, piece: Piece) -> &[u8] {
        self.scanner.characters(piece)
    }

    /// The name of the anchor of the last event.
    pub(super) fn anchor(&self) -> &[u8] {
        self.scanner.characters(self.anchor)
    }

    /// The tag of the last event, with its handle replaced.
    pub(super) fn tag(&self) -> &[u8] {
        &self.tag
    }

    /// The next event; after the end of the stream only that again.
    pub(super) fn next(&mut self) -> Result<Event, Error> {
        match self.state {
            State::FirstDocument => self.document_start(true),
            State::Document => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::End => Ok(Event::mark(EventKind::StreamEnd, self.scanner.text.len(), self.scanner.text.len())),
            State::Block => self.node(true, false),
            State::BlockSequence => self.block_sequence(),
            State::Indentless => self.indentless_sequence(),
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirst => self.flow_sequence(true),
            State::FlowSequence => self.flow_sequence(false),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => self.pair_end(),
            State::FlowMappingFirst => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingNoValue => {
                let token = self.scanner.peek()?;
                self.empty(State::FlowMappingKey, token.place())
            }
        }
    }

    #[inline]
    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// A scalar that is not written.
    fn empty(&mut self, then: State, at: usize) -> Result<Event, Error> {
        self.state = then;
        Ok(Event::mark(EventKind::Plain, at, at))
    }

    /// A node after which `then` goes on.
    fn child(&mut self, then: State, block: bool, indentless: bool) -> Result<Event, Error> {
        self.states.push(then);
        self.node(block, indentless)
    }

    // Documents.

    fn document_start(&mut self, first: bool) -> Result<Event, Error> {
        let mut token = self.scanner.peek()?;
        while !first && token.kind == TokenKind::DocumentEnd {
            self.scanner.skip();
            token = self.scanner.peek()?;
        }
        let explicit =
            matches!(token.kind, TokenKind::VersionDirective | TokenKind::TagDirective | TokenKind::DocumentStart);
        if token.kind == TokenKind::StreamEnd {
            self.state = State::End;
            return Ok(Event::mark(EventKind::StreamEnd, token.start(), token.end()));
        }
        if first && !explicit {
            self.directives.clear();
            self.states.push(State::DocumentEnd);
            self.state = State::Block;
            return Ok(Event::mark(EventKind::DocumentStart, token.start(), token.end()));
        }
        self.read_directives()?;
        let start = self.scanner.peek()?;
        if start.kind != TokenKind::DocumentStart {
            return Err(self.scanner.fail_at("did not find expected <document start>", &start));
        }
        self.scanner.skip();
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(Event::mark(EventKind::DocumentStart, token.start(), start.end()))
    }

    fn read_directives(&mut self) -> Result<(), Error> {
        let mut versioned = false;
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                TokenKind::VersionDirective if versioned => {
                    return Err(self.scanner.fail_at("found duplicate %YAML directive", &token));
                }
                TokenKind::VersionDirective if (token.piece.start(), token.piece.end()) != (1, 1) => {
                    return Err(self.scanner.fail_at("found incompatible YAML document", &token));
                }
                TokenKind::VersionDirective => versioned = true,
                TokenKind::TagDirective => self.add_directive(&token)?,
                _ => return Ok(()),
            }
            self.scanner.skip();
        }
    }

    fn add_directive(&mut self, token: &Token) -> Result<(), Error> {
        let (handle, prefix) = self.scanner.characters(token.piece).split_at(token.split());
        if self.directives.iter().any(|(have, _)| have == handle) {
            return Err(self.scanner.fail_at("found duplicate %TAG directive", token));
        }
        let directive = (handle.to_vec(), prefix.to_vec());
        self.directives.push(directive);
        Ok(())
    }

    fn document_content(&mut self) -> Result<Event, Error> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::VersionDirective
            | TokenKind::TagDirective
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                self.pop_state();
                Ok(Event::mark(EventKind::Plain, token.start(), token.start()))
            }
            _ => self.node(true, false),
        }
    }

    fn document_end(&mut self) -> Result<Event, Error> {
        let token = self.scanner.peek()?;
        if token.kind == TokenKind::DocumentEnd {
            self.scanner.skip();
        }
        self.directives.clear();
        self.state = State::Document;
        Ok(Event::mark(EventKind::DocumentEnd, token.start(), token.start()))
    }

    // Nodes.

    /// Any node: `block` allows block collections, `indentless` a sequence that is not indented.
    fn node(&mut self, block: bool, indentless: bool) -> Result<Event, Error> {
        let mut token = self.scanner.peek()?;
        let properties = match token.kind {
            TokenKind::Alias => {
                self.pop_state();
                self.scanner.skip();
                return Ok(Event { piece: token.piece, ..Event::mark(EventKind::Alias, token.start(), token.end()) });
            }
            TokenKind::Anchor | TokenKind::Tag => {
                let properties = self.properties(token)?;
                token = self.scanner.peek()?;
                properties
            }
            _ => Properties::default(),
        };
        let tagged = match &properties.tag {
            Some(tag) => self.resolve_tag(tag)?,
            None => false,
        };
        let start = properties.start.unwrap_or(token.start());
        self.anchor = properties.anchor.unwrap_or_default();
        let anchored = properties.anchor.is_some();
        let event = Event { anchored, tagged, ..Event::mark(EventKind::Plain, start, token.end()) };
        let (kind, state) = match token.kind {
            TokenKind::Plain | TokenKind::Quoted => {
                self.pop_state();
                self.scanner.skip();
                let plain = if tagged { self.tag == b"!" } else { token.kind == TokenKind::Plain };
                let kind = if plain { EventKind::Plain } else { EventKind::Quoted };
                return Ok(Event { kind, piece: token.piece, ..event });
            }
            TokenKind::BlockEntry if indentless => {
                self.state = State::Indentless;
                return Ok(Event { kind: EventKind::SequenceStart, ..event });
            }
            TokenKind::FlowSequenceStart => (EventKind::SequenceStart, State::FlowSequenceFirst),
            TokenKind::FlowMappingStart => (EventKind::MappingStart, State::FlowMappingFirst),
            TokenKind::BlockSequenceStart if block => (EventKind::SequenceStart, State::BlockSequence),
            TokenKind::BlockMappingStart if block => (EventKind::MappingStart, State::BlockMappingKey),
            _ if anchored || tagged => {
                self.pop_state();
                let kind = if tagged { EventKind::Quoted } else { EventKind::Plain };
                return Ok(Event { kind, ..event });
            }
            _ => return Err(self.scanner.fail_at("did not find expected node content", &token)),
        };
        self.scanner.skip();
        self.state = state;
        Ok(Event { kind, ..event })
    }

    /// An anchor, a tag, or both in either order.
    fn properties(&mut self, first: Token) -> Result<Properties, Error> {
        let mut properties = Properties { start: Some(first.start()), ..Properties::default() };
        let mut token = first;
        loop {
            match token.kind {
                TokenKind::Anchor if properties.anchor.is_none() => properties.anchor = Some(token.piece),
                TokenKind::Tag if properties.tag.is_none() => {
                    // The piece lies in the scratch buffer, which the next token may clear.
                    self.tag.clear();
                    self.tag.extend_from_slice(self.scanner.characters(token.piece));
                    properties.tag = Some(token);
                }
                _ => return Ok(properties),
            }
            self.scanner.skip();
            token = self.scanner.peek()?;
        }
    }

    /// Replaces the handle of the tag that was read; false if nothing is left of it.
    fn resolve_tag(&mut self, token: &Token) -> Result<bool, Error> {
        let (handle, suffix) = self.tag.split_at(token.split());
        if handle.is_empty() {
            return Ok(!suffix.is_empty());
        }
        let declared = self.directives.iter().find(|(have, _)| have == handle).map(|(_, prefix)| prefix.as_slice());
        let prefix = match (declared, handle) {
            (Some(prefix), _) => prefix,
            (None, b"!") => b"!",
            (None, b"!!") => b"tag:yaml.org,2002:",
            (None, _) => return Err(self.scanner.fail_at("found undefined tag handle", token)),
        };
        self.tag = [prefix, suffix].concat();
        if self.tag.is_empty() {
            return Err(self.scanner.fail_at("found undefined tag handle", token));
        }
        Ok(true)
    }

    // Block collections.

    fn block_sequence(&mut self) -> Result<Event, Error> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                self.scanner.skip();
                match self.scanner.peek()?.kind {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty(State::BlockSequence, token.end()),
                    _ => self.child(State::BlockSequence, true, false),
                }
            }
            TokenKind::BlockEnd => {
                self.pop_state();
                self.scanner.skip();
                Ok(Event::mark(EventKind::SequenceEnd, token.start(), token.end()))
            }
            _ => Err(self.scanner.fail_at("did not find expected '-' indicator", &token)),
        }
    }

    fn indentless_sequence(&mut self) -> Result<Event, Error> {
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::BlockEntry {
            self.pop_state();
            return Ok(Event::mark(EventKind::SequenceEnd, token.start(), token.start()));
        }
        self.scanner.skip();
        match self.scanner.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.empty(State::Indentless, token.end())
            }
            _ => self.child(State::Indentless, true, false),
        }
    }

    fn block_mapping_key(&mut self) -> Result<Event, Error> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Key => {
                self.scanner.skip();
                match self.scanner.peek()?.kind {
                    TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                        self.empty(State::BlockMappingValue, token.end())
                    }
                    _ => self.child(State::BlockMappingValue, true, true),
                }
            }
            TokenKind::BlockEnd => {
                self.pop_state();
                self.scanner.skip();
                Ok(Event::mark(EventKind::MappingEnd, token.start(), token.end()))
            }
            _ => Err(self.scanner.fail_at("did not find expected key", &token)),
        }
    }

    fn block_mapping_value(&mut self) -> Result<Event, Error> {
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::Value {
            return self.empty(State::BlockMappingKey, token.place());
        }
        self.scanner.skip();
        match self.scanner.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty(State::BlockMappingKey, token.end()),
            _ => self.child(State::BlockMappingKey, true, true),
        }
    }

    // Flow collections.

    /// Skips the comma before the next entry.
    fn entry_comma(&mut self, token: Token, expected: &str) -> Result<Token, Error> {
        if token.kind != TokenKind::FlowEntry {
            return Err(self.scanner.fail_at(expected, &token));
        }
        self.scanner.skip();
        self.scanner.peek()
    }

    fn flow_sequence(&mut self, first: bool) -> Result<Event, Error> {
        let mut token = self.scanner.peek()?;
        if token.kind != TokenKind::FlowSequenceEnd {
            if !first {
                token = self.entry_comma(token, "did not find expected ',' or ']'")?;
            }
            if token.kind == TokenKind::Key {
                self.scanner.skip();
                self.state = State::PairKey;
                return Ok(Event::mark(EventKind::MappingStart, token.start(), token.end()));
            }
            if token.kind != TokenKind::FlowSequenceEnd {
                return self.child(State::FlowSequence, false, false);
            }
        }
        self.pop_state();
        self.scanner.skip();
        Ok(Event::mark(EventKind::SequenceEnd, token.start(), token.end()))
    }

    fn pair_key(&mut self) -> Result<Event, Error> {
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // go-yaml skips this token although it belongs to what follows.
                self.scanner.skip();
                self.empty(State::PairValue, token.end())
            }
            _ => self.child(State::PairValue, false, false),
        }
    }

    fn pair_value(&mut self) -> Result<Event, Error> {
        let mut token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            self.scanner.skip();
            let next = self.scanner.peek()?;
            if !matches!(next.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.child(State::PairEnd, false, false);
            }
            token = next;
        }
        self.empty(State::PairEnd, token.place())
    }

    fn pair_end(&mut self) -> Result<Event, Error> {
        let token = self.scanner.peek()?;
        self.state = State::FlowSequence;
        Ok(Event::mark(EventKind::MappingEnd, token.start(), token.start()))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Result<Event, Error> {
        let mut token = self.scanner.peek()?;
        if token.kind != TokenKind::FlowMappingEnd {
            if !first {
                token = self.entry_comma(token, "did not find expected ',' or '}'")?;
            }
            if token.kind == TokenKind::Key {
                self.scanner.skip();
                let next = self.scanner.peek()?;
                return match next.kind {
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                        self.empty(State::FlowMappingValue, next.place())
                    }
                    _ => self.child(State::FlowMappingValue, false, false),
                };
            }
            if token.kind != TokenKind::FlowMappingEnd {
                return self.child(State::FlowMappingNoValue, false, false);
            }
        }
        self.pop_state();
        self.scanner.skip();
        Ok(Event::mark(EventKind::MappingEnd, token.start(), token.end()))
    }

    fn flow_mapping_value(&mut self) -> Result<Event, Error> {
        let mut token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            self.scanner.skip();
            token = self.scanner.peek()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.child(State::FlowMappingKey, false, false);
            }
        }
        self.empty(State::FlowMappingKey, token.place())
    }
}
