//! What the scanner makes of the characters.

/// Where the characters of a token lie: in the text as they are, or unfolded and unescaped in the scratch buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    start: u32,
    end: u32,
    pub(super) scratch: bool,
}

/// An offset in the width of tokens; [`super::reader`] refuses texts that it cannot hold.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl Piece {
    /// A piece of the text itself.
    pub(super) fn source(start: usize, end: usize) -> Piece {
        Piece { start: narrow(start), end: narrow(end), scratch: false }
    }

    /// A piece of the scratch buffer.
    pub(super) fn scratch(start: usize, end: usize) -> Piece {
        Piece { start: narrow(start), end: narrow(end), scratch: true }
    }

    /// The first byte.
    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    /// One past the last byte.
    pub(super) fn end(self) -> usize {
        self.end as usize
    }
}

/// The kind of a token. `Key`, `BlockSequenceStart`, `BlockMappingStart` and `BlockEnd` have no characters of their
/// own: they stand for what indentation and a later `:` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    StreamEnd,
    /// `%YAML`; the piece holds the two numbers.
    VersionDirective,
    /// `%TAG`; handle and prefix, split as a tag is.
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    /// The piece holds the handle and, from `split` on, the suffix.
    Tag,
    /// A scalar without quotes.
    Plain,
    /// A scalar in quotes or after `|` or `>`: always a string.
    Quoted,
}

/// One token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    start: u32,
    end: u32,
    /// The characters of a scalar, an anchor, an alias or a tag.
    pub(super) piece: Piece,
    /// How long the handle of a tag is.
    split: u32,
    /// Whether the token stands on the line that go-yaml adds behind an unfinished last one.
    pub(super) added_line: bool,
}

impl Token {
    /// A token without characters of interest.
    pub(super) fn mark(kind: TokenKind, start: usize, end: usize) -> Token {
        Token { kind, start: narrow(start), end: narrow(end), piece: Piece::default(), split: 0, added_line: false }
    }

    /// Where the token starts; one past the end of the text for the line that go-yaml adds there.
    pub(super) fn place(&self) -> usize {
        self.start() + usize::from(self.added_line)
    }

    /// The first byte.
    pub(super) fn start(&self) -> usize {
        self.start as usize
    }

    /// One past the last byte.
    pub(super) fn end(&self) -> usize {
        self.end as usize
    }

    /// How long the handle of a tag is.
    pub(super) fn split(&self) -> usize {
        self.split as usize
    }

    /// The same token, on the added line or not.
    pub(super) fn on_added_line(self, added_line: bool) -> Token {
        Token { added_line, ..self }
    }

    /// The same token with a handle of `len` bytes.
    pub(super) fn split_at(self, len: usize) -> Token {
        Token { split: narrow(len), ..self }
    }

    /// A token with characters.
    pub(super) fn with(kind: TokenKind, start: usize, end: usize, piece: Piece) -> Token {
        Token { piece, ..Token::mark(kind, start, end) }
    }
}
