//! Compiled expressions, and texts to match them against.

use super::syntax::{error, translate};
use crate::value::print::decode_rune;
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// How many bytes a compiled expression may take.
const MAX_COMPILED: usize = 64 << 20;
/// How deeply a translated expression may nest; the check of Go's own limit comes first.
const MAX_NESTING: u32 = 4096;
/// How many expressions a thread remembers.
const MAX_CACHED: usize = 512;

/// An expression that is ready for use.
pub(super) struct Pattern {
    pub(super) regex: Regex,
    /// The names of the capture groups, the whole match first; unnamed groups have the empty name.
    pub(super) names: Vec<String>,
}

type Cache = HashMap<Box<[u8]>, Result<Rc<Pattern>, Rc<str>>, foldhash::fast::RandomState>;

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

impl Pattern {
    /// The pattern of an expression of Go, compiled once for each thread; the error is Go's.
    pub(super) fn of(expression: &[u8]) -> Result<Rc<Pattern>, Rc<str>> {
        if let Some(known) = CACHE.with_borrow(|cache| cache.get(expression).cloned()) {
            return known;
        }
        let compiled = Pattern::compile(expression).map(Rc::new);
        let compiled = compiled.map_err(|message| Rc::from(format!("error parsing regexp: {message}")));
        CACHE.with_borrow_mut(|cache| {
            if cache.len() >= MAX_CACHED {
                cache.clear();
            }
            cache.insert(Box::from(expression), compiled.clone());
        });
        compiled
    }

    fn compile(expression: &[u8]) -> Result<Pattern, String> {
        let translation = translate(expression)?;
        let mut builder = RegexBuilder::new(&translation.pattern);
        let built = builder.size_limit(MAX_COMPILED).nest_limit(MAX_NESTING).build();
        let regex = built.map_err(|refused| match refused {
            regex::Error::CompiledTooBig(_) => error("expression too large", expression),
            _ => error("regexp/syntax: internal error", expression),
        })?;
        Ok(Pattern { regex, names: translation.names })
    }
}

/// A text as matches see it: each invalid byte is U+FFFD, and places lead back to the original bytes.
pub(super) struct Subject<'a> {
    pub(super) text: Cow<'a, str>,
    original: &'a [u8],
    /// Where the characters for invalid bytes begin in `text`.
    replaced: Vec<usize>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(original: &'a [u8]) -> Subject<'a> {
        if let Ok(text) = std::str::from_utf8(original) {
            return Subject { text: Cow::Borrowed(text), original, replaced: Vec::new() };
        }
        let (mut text, mut replaced) = (String::with_capacity(original.len() + 64), Vec::new());
        let mut rest = original;
        while !rest.is_empty() {
            let (rune, length) = decode_rune(rest);
            if length == 1 && rune == char::REPLACEMENT_CHARACTER {
                replaced.push(text.len());
            }
            text.push(rune);
            rest = &rest[length..];
        }
        Subject { text: Cow::Owned(text), original, replaced }
    }

    /// The original bytes of a range of the text.
    pub(super) fn bytes(&self, range: Range<usize>) -> &'a [u8] {
        self.original.get(self.place(range.start)..self.place(range.end)).unwrap_or_default()
    }

    /// The original bytes from a place on.
    pub(super) fn bytes_from(&self, start: usize) -> &'a [u8] {
        self.bytes(start..self.text.len())
    }

    fn place(&self, at: usize) -> usize {
        // Each invalid byte before the place made three bytes of one.
        at - 2 * self.replaced.partition_point(|start| *start < at)
    }
}
