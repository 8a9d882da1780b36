//! Regular expressions of `pattern`, `patternProperties` and the format `regex`, in Go's syntax.

use crate::funcs::regex as go_regex;
use regex::Regex;

/// A compiled expression with its source.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) source: Box<str>,
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression; the error is Go's.
    pub(super) fn compile(source: &str) -> Result<Pattern, String> {
        let regex = go_regex::compile(source.as_bytes())?;
        Ok(Pattern { source: source.into(), regex })
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
