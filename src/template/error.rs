//! Errors of execution: Go's text, the chain of wrapped errors inside it, and the places that it went through.

use crate::diagnostic::Fault;
use std::fmt;
use std::sync::Arc;

/// A place in a template that execution was at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name under which the text was parsed: a file's path in its chart, or `gotpl` for a `tpl` text.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Bytes before the place on its line, as Go counts columns.
    pub column: usize,
    /// Bytes before the place in the text.
    pub offset: usize,
    /// The template that was being executed.
    pub template: String,
    /// The part of the template as Go quotes it.
    pub context: String,
}

/// One error of a chain: the words that it puts before the error that it wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The words.
    pub text: String,
    /// The place, if the executor raised it.
    pub place: Option<Place>,
}

/// Why an execution stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecError {
    /// Innermost first.
    parts: Vec<Part>,
    hints: Vec<String>,
}

impl ExecError {
    pub(super) fn new(text: String, place: Option<Place>) -> ExecError {
        ExecError { parts: vec![Part { text, place }], hints: Vec::new() }
    }

    pub(super) fn from_fault(fault: &Fault) -> ExecError {
        let part = Part { text: fault.message().to_owned(), place: None };
        ExecError { parts: vec![part], hints: fault.hints().to_vec() }
    }

    /// Wraps this error into another one that says `text` before it.
    pub(super) fn wrap(mut self, text: String, place: Option<Place>) -> ExecError {
        self.parts.push(Part { text, place });
        self
    }

    /// Go's whole text.
    pub fn go_text(&self) -> String {
        self.parts.iter().rev().map(|part| part.text.as_str()).collect()
    }

    /// The errors from the outermost to the innermost.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &Part> {
        self.parts.iter().rev()
    }

    /// Go's texts of the errors from the outermost to the innermost, each with all that it wraps.
    pub fn chain(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.parts.len())
            .rev()
            .map(|count| self.parts[..count].iter().rev().map(|part| part.text.as_str()).collect())
    }

    /// Whether the outermost error is the executor's own.
    pub fn is_exec_error(&self) -> bool {
        self.parts.last().is_some_and(|part| part.place.is_some())
    }

    /// The innermost place.
    pub fn place(&self) -> Option<&Place> {
        self.parts.iter().find_map(|part| part.place.as_ref())
    }

    /// The innermost message without places and wrappers.
    pub fn cause(&self) -> &str {
        self.parts.first().map_or("", |part| part.text.as_str())
    }

    /// The cures that the failing function offered.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().try_for_each(|part| out.write_str(&part.text))
    }
}

impl std::error::Error for ExecError {}

/// What a function that runs further templates raises: a plain fault, or the error of that execution.
#[derive(Clone, Debug)]
pub enum Raised {
    /// The function itself failed.
    Fault(Fault),
    /// A template that it ran failed.
    Exec(Box<ExecError>),
}

impl From<Fault> for Raised {
    fn from(fault: Fault) -> Raised {
        Raised::Fault(fault)
    }
}

impl Raised {
    pub(super) fn into_error(self) -> Box<ExecError> {
        match self {
            Raised::Fault(fault) => Box::new(ExecError::from_fault(&fault)),
            Raised::Exec(error) => error,
        }
    }
}
