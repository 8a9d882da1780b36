//! Writing of YAML in go-yaml's layout: block collections, two spaces of indentation, long lines folded by v2 only.

use super::order::Dialect;
use super::reader::break_len;
use super::style::{self, Analysis, Position, Style};

/// Keys longer than this get a `?`.
const MAX_SIMPLE_KEY: usize = 128;

/// Where v2 starts to look for a space to fold a line at.
const BEST_WIDTH: usize = 80;

/// A printer of one document.
pub(super) struct Emitter {
    out: Vec<u8>,
    dialect: Dialect,
    width: usize,
    column: usize,
    /// The column of the innermost block collection, -2 outside of all.
    indent: isize,
    /// Whether the last thing written was white space, or an indicator that needs none behind it.
    whitespace: bool,
    /// Whether only indentation and dashes stand on the line so far.
    indention: bool,
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    Root,
    Item,
    Value,
}

impl Emitter {
    /// A printer in the style of one library.
    pub(super) fn new(dialect: Dialect) -> Emitter {
        let width = match dialect {
            Dialect::V2 => BEST_WIDTH,
            Dialect::V3 => usize::MAX,
        };
        Emitter { out: Vec::new(), dialect, width, column: 0, indent: -2, whitespace: true, indention: true }
    }

    /// Ends the document.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.indent = -2;
        self.write_indent();
        self.out
    }

    // Collections.

    /// Writes a collection without parts: `[]` or `{}`.
    pub(super) fn empty(&mut self, brackets: &str) {
        self.indicator(brackets.as_bytes(), true, false);
    }

    /// Opens a sequence and returns what [`Emitter::close`] wants back.
    pub(super) fn open_sequence(&mut self, context: Context) -> isize {
        let before = self.indent;
        let below_key = context == Context::Value && !self.indention;
        if self.dialect == Dialect::V3 || !below_key {
            self.indent += 2;
        }
        before
    }

    /// Opens a mapping and returns what [`Emitter::close`] wants back.
    pub(super) fn open_mapping(&mut self) -> isize {
        let before = self.indent;
        self.indent += 2;
        before
    }

    /// Closes a collection.
    pub(super) fn close(&mut self, before: isize) {
        self.indent = before;
    }

    /// Starts an item of a sequence.
    pub(super) fn item(&mut self) {
        self.write_indent();
        self.indicator(b"-", true, true);
    }

    /// Writes a key of a mapping with its `:`.
    pub(super) fn key(&mut self, key: &[u8]) {
        self.analysed_key(key, &Analysis::of(key, self.dialect));
    }

    /// Writes a key that was looked at before.
    pub(super) fn analysed_key(&mut self, key: &[u8], analysis: &Analysis) {
        self.write_indent();
        if key.len() <= MAX_SIMPLE_KEY && !analysis.multiline {
            self.string_in(key, analysis, Position::SimpleKey);
            self.indicator(b":", false, false);
        } else {
            self.indicator(b"?", true, true);
            self.string_in(key, analysis, Position::Value);
            self.write_indent();
            self.indicator(b":", true, true);
        }
    }

    /// Writes a tagged key of a mapping with its `:`.
    pub(super) fn tagged_key(&mut self, tag: &[u8], key: &[u8]) {
        self.write_indent();
        let simple = tag.len() + key.len() <= MAX_SIMPLE_KEY && !key.contains(&b'\n');
        if simple {
            self.tagged(tag, key, Position::SimpleKey);
            self.indicator(b":", false, false);
        } else {
            self.indicator(b"?", true, true);
            self.tagged(tag, key, Position::Value);
            self.write_indent();
            self.indicator(b":", true, true);
        }
    }

    // Scalars.

    /// Writes a word that is no string: a number, `true`, `null`.
    pub(super) fn word(&mut self, word: &[u8]) {
        if !self.whitespace {
            self.put(b' ');
        }
        self.put_ascii(word);
        self.end_scalar();
    }

    /// Writes a string as a value, in quotes where it would be read as something else.
    pub(super) fn string(&mut self, value: &[u8]) {
        self.analysed(value, &Analysis::of(value, self.dialect));
    }

    /// Writes a string that was looked at before.
    pub(super) fn analysed(&mut self, value: &[u8], analysis: &Analysis) {
        self.string_in(value, analysis, Position::Value);
    }

    /// Writes characters with a tag before them, as v3 does for bytes that are no UTF-8.
    pub(super) fn tagged(&mut self, tag: &[u8], value: &[u8], position: Position) {
        if !self.whitespace {
            self.put(b' ');
        }
        self.put_all(tag);
        self.end_scalar();
        let analysis = Analysis::of(value, self.dialect);
        let wanted = if analysis.multiline { Style::Literal } else { Style::Plain };
        self.styled(value, style::possible(wanted, &analysis, position), position, &analysis);
    }

    fn string_in(&mut self, value: &[u8], analysis: &Analysis, position: Position) {
        let style = style::of_string(value, analysis, position, self.dialect);
        self.styled(value, style, position, analysis);
    }

    fn styled(&mut self, value: &[u8], style: Style, position: Position, analysis: &Analysis) {
        let before = self.indent;
        self.indent = (self.indent + 2).max(2);
        let folds = position == Position::Value && self.width != usize::MAX;
        match style {
            Style::Plain => {
                if !self.whitespace {
                    self.put(b' ');
                }
                // Escapes never make a plain scalar longer, so its length tells whether it can reach the margin.
                if folds && self.column + value.len() >= self.width {
                    self.plain(value);
                } else if analysis.wide {
                    self.put_all(value);
                } else {
                    self.put_ascii(value);
                }
                self.end_scalar();
            }
            Style::SingleQuoted => self.single_quoted(value, folds),
            Style::DoubleQuoted => self.double_quoted(value, folds),
            Style::Literal => self.literal(value),
        }
        self.indent = before;
    }

    fn end_scalar(&mut self) {
        self.whitespace = false;
        self.indention = false;
    }

    /// Whether a line may be broken at the space at `at`.
    fn folds_at(&self, value: &[u8], at: usize, after_space: bool) -> bool {
        !after_space && self.column > self.width && value.get(at + 1) != Some(&b' ')
    }

    fn plain(&mut self, value: &[u8]) {
        let (mut at, mut after_space) = (0, false);
        while at < value.len() {
            let is_space = value[at] == b' ';
            if is_space && self.folds_at(value, at, after_space) {
                self.write_indent();
                at += 1;
            } else {
                at += self.put_char(&value[at..]);
                self.indention &= is_space;
            }
            after_space = is_space;
        }
    }

    fn single_quoted(&mut self, value: &[u8], folds: bool) {
        self.indicator(b"'", true, false);
        let (mut at, mut after_space, mut after_break) = (0, false, false);
        while at < value.len() {
            let rest = &value[at..];
            if value[at] == b' ' {
                let inside = at > 0 && at < value.len() - 1;
                if folds && inside && self.folds_at(value, at, after_space) {
                    self.write_indent();
                    at += 1;
                } else {
                    at += self.put_char(rest);
                }
                after_space = true;
            } else if break_len(rest) > 0 {
                if !after_break && value[at] == b'\n' {
                    self.put_break();
                }
                at += self.write_break(rest);
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                if value[at] == b'\'' {
                    self.put(b'\'');
                }
                at += self.put_char(rest);
                self.indention = false;
                (after_space, after_break) = (false, false);
            }
        }
        self.indicator(b"'", false, false);
        self.end_scalar();
    }

    fn double_quoted(&mut self, value: &[u8], folds: bool) {
        self.indicator(b"\"", true, false);
        // go-yaml asks the first character of the text, not the current one, whether it is a byte order mark.
        let all_escaped = value.starts_with(b"\xEF\xBB\xBF");
        let (mut at, mut after_space) = (0, false);
        while at < value.len() {
            let rest = &value[at..];
            if all_escaped || must_escape(rest) {
                at += self.put_escaped(rest);
                after_space = false;
            } else if value[at] == b' ' {
                let inside = at > 0 && at < value.len() - 1;
                if folds && inside && !after_space && self.column > self.width {
                    self.write_indent();
                    if value[at + 1] == b' ' {
                        self.put(b'\\');
                    }
                    at += 1;
                } else {
                    at += self.put_char(rest);
                }
                after_space = true;
            } else {
                at += self.put_char(rest);
                after_space = false;
            }
        }
        self.indicator(b"\"", false, false);
        self.end_scalar();
    }

    fn literal(&mut self, value: &[u8]) {
        self.indicator(b"|", true, false);
        if value.first() == Some(&b' ') || break_len(value) > 0 {
            self.indicator(b"2", false, false);
        }
        let chomp = chomp_hint(value);
        if !chomp.is_empty() {
            self.indicator(chomp, false, false);
        }
        self.put_break();
        self.whitespace = true;
        let (mut at, mut after_break) = (0, true);
        while at < value.len() {
            let rest = &value[at..];
            if break_len(rest) > 0 {
                at += self.write_break(rest);
                after_break = true;
                continue;
            }
            if after_break {
                self.write_indent();
            }
            let line = memchr::memchr3(b'\n', 0xC2, 0xE2, rest).unwrap_or(rest.len());
            if line > 0 {
                self.put_all(&rest[..line]);
                at += line;
            } else {
                at += self.put_char(rest);
            }
            self.indention = false;
            after_break = false;
        }
    }

    // Characters.

    fn put(&mut self, byte: u8) {
        self.out.push(byte);
        self.column += 1;
    }

    fn put_ascii(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.column += text.len();
    }

    fn put_all(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.column += text.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    }

    /// Writes the first character of `text` and returns its length.
    fn put_char(&mut self, text: &[u8]) -> usize {
        let len = char_len(text);
        self.out.extend_from_slice(&text[..len]);
        self.column += 1;
        len
    }

    fn put_break(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        self.indention = true;
    }

    /// Writes the line break at the start of `text` as it is, and returns its length.
    fn write_break(&mut self, text: &[u8]) -> usize {
        if text[0] == b'\n' {
            self.put_break();
            return 1;
        }
        let len = self.put_char(text);
        self.column = 0;
        self.indention = true;
        len
    }

    /// Goes to the indentation of the current collection, on a new line if need be.
    fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.put_break();
        }
        if self.column < indent {
            self.out.resize(self.out.len() + indent - self.column, b' ');
            self.column = indent;
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &[u8], needs_space: bool, is_indention: bool) {
        if needs_space && !self.whitespace {
            self.put(b' ');
        }
        self.put_ascii(text);
        self.whitespace = false;
        self.indention &= is_indention;
    }

    /// Writes the first character of `text` as an escape and returns its length.
    fn put_escaped(&mut self, text: &[u8]) -> usize {
        let len = char_len(text);
        let found = std::str::from_utf8(&text[..len]).ok().and_then(|text| text.chars().next()).unwrap_or_default();
        let code = u32::from(found);
        let escaped = match found {
            '\0' => "\\0".to_owned(),
            '\x07' => "\\a".to_owned(),
            '\x08' => "\\b".to_owned(),
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\x0B' => "\\v".to_owned(),
            '\x0C' => "\\f".to_owned(),
            '\r' => "\\r".to_owned(),
            '\x1B' => "\\e".to_owned(),
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\u{85}' => "\\N".to_owned(),
            '\u{A0}' => "\\_".to_owned(),
            '\u{2028}' => "\\L".to_owned(),
            '\u{2029}' => "\\P".to_owned(),
            '\0'..='\u{FF}' => format!("\\x{code:02X}"),
            '\0'..='\u{FFFF}' => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.put_all(escaped.as_bytes());
        len
    }
}

/// The length of the first character.
fn char_len(text: &[u8]) -> usize {
    let len = match text[0] {
        0..=0xBF => 1,
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
    };
    len.min(text.len())
}

/// Whether double quotes hold a character only as an escape.
fn must_escape(text: &[u8]) -> bool {
    match text[0] {
        b'"' | b'\\' => true,
        b' '..=b'~' => false,
        0x80.. => !style::is_printable(text) || break_len(text) > 0,
        _ => true,
    }
}

/// What the header of a literal says about the line breaks at its end.
fn chomp_hint(value: &[u8]) -> &'static [u8] {
    match before_last_break(value) {
        None => b"-",
        Some(rest) if rest.is_empty() || before_last_break(rest).is_some() => b"+",
        Some(_) => b"",
    }
}

/// What comes before the line break at the end of `value`.
fn before_last_break(value: &[u8]) -> Option<&[u8]> {
    let mut start = value.len().checked_sub(1)?;
    while start > 0 && value[start] & 0xC0 == 0x80 {
        start -= 1;
    }
    (break_len(&value[start..]) > 0).then(|| &value[..start])
}
