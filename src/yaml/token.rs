//! What the scanner makes of the characters.

/// Where the characters of a token lie: in the text as they are, or unfolded and unescaped in the scratch buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) scratch: bool,
}

impl Piece {
    /// A piece of the text itself.
    pub(super) fn source(start: usize, end: usize) -> Piece {
        Piece { start, end, scratch: false }
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
    /// The first byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// The characters of a scalar, an anchor, an alias or a tag.
    pub(super) piece: Piece,
    /// How long the handle of a tag is.
    pub(super) split: usize,
    /// Whether the token stands on the line that go-yaml adds behind an unfinished last one.
    pub(super) added_line: bool,
}

impl Token {
    /// A token without characters of interest.
    pub(super) fn mark(kind: TokenKind, start: usize, end: usize) -> Token {
        Token { kind, start, end, piece: Piece::default(), split: 0, added_line: false }
    }

    /// Where the token starts; one past the end of the text for the line that go-yaml adds there.
    pub(super) fn place(&self) -> usize {
        self.start + usize::from(self.added_line)
    }

    /// A token with characters.
    pub(super) fn with(kind: TokenKind, start: usize, end: usize, piece: Piece) -> Token {
        Token { piece, ..Token::mark(kind, start, end) }
    }
}
