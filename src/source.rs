//! Source texts and places in them.
//!
//! Every file that a person may have to change (a template, a values file, a `Chart.yaml`) is a [`Source`];
//! a [`Span`] is a range of bytes of one of them. Only this room turns offsets into lines and columns.

use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// The number of a [`Source`] in its [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SourceId(pub u32);

/// A range of bytes in one source: `start..end`, zero based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The source that the range lies in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `start..end` of `source`.
    pub fn new(source: SourceId, start: usize, end: usize) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { source, start: clamp(start), end: clamp(end) }
    }
}

/// A line and a column, both starting at 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One text with the name under which people know it.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: Bytes,
    /// Where lines start, once somebody has asked: reports ask for many places of one text.
    starts: Arc<OnceLock<Box<[u32]>>>,
}

impl Source {
    /// A source called `name`, a path relative to where the user stands.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<[u8]>>) -> Source {
        Source::of_slice(name, Bytes::from_owner(text.into()))
    }

    /// A source whose text is a slice of something larger, such as an archive.
    pub fn of_slice(name: impl Into<String>, text: Bytes) -> Source {
        Source { name: name.into(), text, starts: Arc::default() }
    }

    /// The name: a path, or `--set` and the like.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of the text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The bytes of the text, to be held for longer than the source is.
    pub fn shared_text(&self) -> Bytes {
        self.text.clone()
    }

    /// The place of a byte offset; offsets past the end count as the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts().partition_point(|start| *start as usize <= offset).max(1);
        let start = self.starts().get(line - 1).map_or(0, |start| *start as usize);
        Position { line, column: column(self.text.get(start..offset).unwrap_or_default()) }
    }

    fn starts(&self) -> &[u32] {
        self.starts.get_or_init(|| {
            let behind = memchr::memchr_iter(b'\n', &self.text).map_while(|at| u32::try_from(at + 1).ok());
            std::iter::once(0).chain(behind).collect()
        })
    }

    /// Where line `line` (from 1) starts, if there is such a line.
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.starts().get(line.checked_sub(1)?).map(|start| *start as usize)
    }

    /// The bytes of line `line` (from 1) without its line break, if there is such a line.
    pub fn line(&self, line: usize) -> Option<&[u8]> {
        let start = self.line_start(line)?;
        let end = self.line_start(line + 1).map_or(self.text.len(), |next| next - 1);
        let text = self.text.get(start..end)?;
        Some(text.strip_suffix(b"\r").unwrap_or(text))
    }
}

/// The place of byte `offset` in `text`.
pub fn position(text: &[u8], offset: usize) -> Position {
    let before = &text[..offset.min(text.len())];
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    Position { line, column: column(&before[start..]) }
}

/// The column behind these bytes of a line.
fn column(before: &[u8]) -> usize {
    String::from_utf8_lossy(before).chars().count() + 1
}

/// All sources of one run, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    sources: Vec<Source>,
}

impl Sources {
    /// An empty set.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a source and returns its number.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(source);
        id
    }

    /// Gives every source the name that `new` makes of its own.
    pub fn rename(&mut self, new: impl Fn(&str) -> String) {
        for source in &mut self.sources {
            source.name = new(&source.name);
        }
    }

    /// The source with this number.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// Name and start of a span, as `file:line:column` shows it.
    pub fn locate(&self, span: Span) -> Option<(&Source, Position)> {
        let source = self.get(span.source)?;
        Some((source, source.position(span.start as usize)))
    }
}
