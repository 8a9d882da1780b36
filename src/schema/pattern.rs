//! Regular expressions of `pattern`, `patternProperties` and the format `regex`, in Go's syntax.

use crate::funcs::regex as go_regex;
use regex::Regex;
use std::sync::OnceLock;

/// An expression with its source, compiled at the latest when it is matched.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) source: Box<str>,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Compiles an expression; the error is Go's.
    pub(super) fn compile(source: &str) -> Result<Pattern, String> {
        let regex = go_regex::compile(source.as_bytes())?;
        Ok(Pattern { source: source.into(), regex: OnceLock::from(Some(regex)) })
    }

    /// An expression that is known to be one: those of the meta-schemas are many, and few are ever matched.
    pub(super) fn known(source: &str) -> Pattern {
        Pattern { source: source.into(), regex: OnceLock::new() }
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        let regex = self.regex.get_or_init(|| go_regex::compile(self.source.as_bytes()).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}
