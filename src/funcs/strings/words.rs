//! `camelcase`, `snakecase` and `kebabcase`: words found by the change of character classes.

use super::output::{assemble, push_rune};
use super::unicode::{Category, to_lower, to_upper};
use crate::template::func::{Args, Outcome};
use crate::value::print::decode_rune;

pub(super) fn snakecase(args: Args<'_>) -> Outcome {
    joined_words(args.text(0)?, b'_')
}

pub(super) fn kebabcase(args: Args<'_>) -> Outcome {
    joined_words(args.text(0)?, b'-')
}

/// Joins words without connectors, each with a capital: `some_words` becomes `SomeWords`, `GO_PATH` becomes `GoPath`.
/// Leading and doubled connectors stay.
pub(super) fn camelcase(args: Args<'_>) -> Outcome {
    let text = args.text(0)?;
    let runes = Runes(text);
    assemble(|out| {
        let mut runes = runes.peekable();
        let mut last = None;
        while let Some(connector) = runes.next_if(|rune| is_connector(*rune)) {
            push_rune(out, connector);
            last = Some(connector);
        }
        let Some(first) = runes.next() else {
            // The library writes the last character once more at the end, also where it is a leading connector.
            last.into_iter().for_each(|connector| push_rune(out, connector));
            return Ok(());
        };
        let mut in_capitals = Category::Upper.has(first);
        let mut pending = to_upper(first);
        for mut rune in runes {
            let before = pending;
            match (is_connector(before), is_connector(rune)) {
                (true, true) => push_rune(out, before),
                (true, false) => {
                    in_capitals = Category::Upper.has(rune);
                    rune = to_upper(rune);
                }
                (false, _) => {
                    if in_capitals && Category::Upper.has(rune) {
                        rune = to_lower(rune);
                    } else {
                        in_capitals = false;
                    }
                    push_rune(out, before);
                }
            }
            pending = rune;
        }
        push_rune(out, pending);
        Ok(())
    })
}

/// The characters of a text; each byte of an invalid sequence is U+FFFD.
struct Runes<'a>(&'a [u8]);

impl Iterator for Runes<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let (rune, length) = decode_rune(self.0);
        self.0 = &self.0[length..];
        (length > 0).then_some(rune)
    }
}

fn is_connector(rune: char) -> bool {
    matches!(rune, '-' | '_') || rune.is_whitespace()
}

/// Letters other than those of Chinese, Japanese and Korean.
fn is_alphabet(rune: char) -> bool {
    let is_cjk = matches!(rune,
        '\u{3400}'..='\u{4d85}' | '\u{4e00}'..='\u{9fcc}' | '\u{20000}'..='\u{2b81d}');
    !is_cjk && Category::Letter.has(rune)
}

/// What a run of characters consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing at all, or nothing but invalid bytes.
    Invalid,
    Number,
    Capitals,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

#[derive(Clone, Copy)]
struct Word<'a> {
    kind: Kind,
    text: &'a [u8],
}

/// Writes words in lower case with a connector between them.
fn joined_words(text: &[u8], connector: u8) -> Outcome {
    assemble(|out| {
        let (word, rest) = next_word(text);
        Joiner { out, connector, word, rest }.run();
        Ok(())
    })
}

struct Joiner<'a, 'o> {
    out: &'o mut Vec<u8>,
    connector: u8,
    /// The word that is read, but not yet written.
    word: Word<'a>,
    rest: &'a [u8],
}

impl Joiner<'_, '_> {
    fn run(mut self) {
        while !self.rest.is_empty() {
            let before = self.word;
            if before.kind != Kind::Connector {
                self.write(before);
            }
            self.advance();
            match before.kind {
                Kind::Number => self.write_tail(),
                Kind::Connector => self.write(before),
                Kind::Punctuation => {}
                _ if self.word.kind != Kind::Number => self.connect(&[Kind::Connector, Kind::Punctuation]),
                _ if self.rest.is_empty() => {}
                _ => self.write_number_after_word(),
            }
        }
        self.write(self.word);
    }

    /// A number belongs to the word before it (`Bld4Floor` is `bld4_floor`), unless small letters follow it
    /// (`HTTP2xx` is `http_2xx`).
    fn write_number_after_word(&mut self) {
        let number = self.word;
        self.advance();
        if self.word.kind == Kind::Alphabet {
            self.out.push(self.connector);
            self.write(number);
            self.write_tail();
        } else {
            self.write(number);
            self.connect(&[Kind::Connector, Kind::Punctuation]);
        }
    }

    /// Small letters and further numbers stay with the number before them.
    fn write_tail(&mut self) {
        while matches!(self.word.kind, Kind::Alphabet | Kind::Number) {
            self.write(self.word);
            self.advance();
        }
        self.connect(&[Kind::Invalid, Kind::Connector, Kind::Punctuation]);
    }

    fn advance(&mut self) {
        (self.word, self.rest) = next_word(self.rest);
    }

    fn connect(&mut self, unless: &[Kind]) {
        if !unless.contains(&self.word.kind) {
            self.out.push(self.connector);
        }
    }

    fn write(&mut self, word: Word<'_>) {
        if !matches!(word.kind, Kind::Capitals | Kind::Connector) {
            self.out.extend_from_slice(word.text);
            return;
        }
        for rune in Runes(word.text) {
            match rune {
                _ if is_connector(rune) => self.out.push(self.connector),
                _ if Category::Upper.has(rune) => push_rune(self.out, to_lower(rune)),
                _ => push_rune(self.out, rune),
            }
        }
    }
}

/// Splits off the first word: a run of one kind, or a capital with the small letters after it.
fn next_word(text: &[u8]) -> (Word<'_>, &[u8]) {
    let (first, mut length) = next_valid(text, char::REPLACEMENT_CHARACTER);
    let kind = kind_of(first);
    match kind {
        Kind::Invalid => {}
        Kind::Capitals => length += capitals_tail(&text[length..], first),
        _ => length += run_length(&text[length..], first, |rune| continues(kind, rune)),
    }
    let (word, rest) = text.split_at(length);
    (Word { kind, text: word }, rest)
}

fn kind_of(rune: char) -> Kind {
    match rune {
        char::REPLACEMENT_CHARACTER => Kind::Invalid,
        _ if is_connector(rune) => Kind::Connector,
        _ if Category::Punctuation.has(rune) => Kind::Punctuation,
        _ if Category::Upper.has(rune) => Kind::Capitals,
        _ if is_alphabet(rune) => Kind::Alphabet,
        _ if Category::Number.has(rune) => Kind::Number,
        _ => Kind::Other,
    }
}

fn continues(kind: Kind, rune: char) -> bool {
    match kind {
        Kind::Connector => is_connector(rune),
        Kind::Punctuation => Category::Punctuation.has(rune),
        Kind::Number => Category::Number.has(rune),
        Kind::Alphabet => is_alphabet(rune) && !Category::Upper.has(rune),
        _ => {
            let other = is_connector(rune)
                || is_alphabet(rune)
                || Category::Number.has(rune)
                || Category::Punctuation.has(rune);
            !other
        }
    }
}

/// How many bytes after a first capital belong to its word. The last of several capitals begins the next word where a
/// small letter follows it: `HTTPStatus` is `HTTP` and `Status`.
fn capitals_tail(text: &[u8], first: char) -> usize {
    let (second, _) = next_valid(text, first);
    if text.is_empty() {
        return 0;
    }
    if !Category::Upper.has(second) {
        return run_length(text, first, |rune| is_alphabet(rune) && !Category::Upper.has(rune));
    }
    let (mut rune, mut length, mut last) = (first, 0, 0);
    while length < text.len() {
        let (next, width) = next_valid(&text[length..], rune);
        rune = next;
        if !Category::Upper.has(next) {
            return if is_alphabet(next) { length - last } else { length };
        }
        length += width;
        last = width;
    }
    length
}

fn run_length(text: &[u8], first: char, belongs: impl Fn(char) -> bool) -> usize {
    let (mut rune, mut length) = (first, 0);
    while length < text.len() {
        let (next, width) = next_valid(&text[length..], rune);
        rune = next;
        if !belongs(next) {
            break;
        }
        length += width;
    }
    length
}

/// The first character that is valid (and not U+FFFD) with its length and that of the invalid bytes before it; where
/// there is none, `before` with the length of all that is left.
fn next_valid(text: &[u8], before: char) -> (char, usize) {
    let mut length = 0;
    while length < text.len() {
        let (rune, width) = decode_rune(&text[length..]);
        length += width;
        if rune != char::REPLACEMENT_CHARACTER {
            return (rune, length);
        }
    }
    (before, length)
}
