//! Regular expressions of `pattern`, `patternProperties` and the format `regex`, each compiled once.

use regex::Regex;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// A compiled expression with its source.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) source: Arc<str>,
    regex: Arc<Regex>,
}

impl Pattern {
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// The expressions of one schema.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    known: RefCell<HashMap<Arc<str>, Result<Pattern, String>>>,
}

impl Patterns {
    /// Compiles an expression in Go's syntax; the error is Go's.
    pub(super) fn compile(&self, source: &str) -> Result<Pattern, String> {
        if let Some(known) = self.known.borrow().get(source) {
            return known.clone();
        }
        let source: Arc<str> = source.into();
        let compiled = compile(&source).map(|regex| Pattern { source: Arc::clone(&source), regex: Arc::new(regex) });
        self.known.borrow_mut().insert(source, compiled.clone());
        compiled
    }
}

fn compile(source: &str) -> Result<Regex, String> {
    Regex::new(source).map_err(|_| format!("error parsing regexp: invalid expression: `{source}`"))
}
