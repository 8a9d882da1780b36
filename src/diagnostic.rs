//! What can be wrong, told three ways that never mix.
//!
//! A [`Diagnostic`] says that the user's content is wrong and points at it; many are collected at once.
//! An [`Error`] says that the world refused (a file, a flag, a server). A [`Fault`] is what a function deep inside
//! raises before anybody knows the place; the caller that knows the place lifts it with [`Fault::at`].

use crate::source::Span;
use std::fmt;

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, changes no exit status.
    Info,
    /// Probably not meant; an error under `--strict`.
    Warning,
    /// The content cannot be used as it is.
    Error,
}

/// A further place that explains a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, in lower case, without a full stop.
    pub text: String,
}

/// One step of how execution reached a place: `include "x"` in a file, a subchart, a `tpl` text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What was going on, for example ``include `app.labels` ``.
    pub text: String,
    /// The line that asked for it.
    pub span: Option<Span>,
}

/// One problem in the user's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that found it, if a lint rule did.
    pub rule: Option<&'static str>,
    /// Its weight.
    pub severity: Severity,
    /// The headline: lower case, names in backticks, what was expected and then what was found.
    pub message: String,
    /// The place to change.
    pub primary: Option<Span>,
    /// What to write at the caret of the primary place; often empty.
    pub caption: String,
    /// Places that explain.
    pub labels: Vec<Label>,
    /// Cures, each a short sentence.
    pub hints: Vec<String>,
    /// How execution came to the primary place, outermost first.
    pub trace: Vec<Frame>,
}

impl Diagnostic {
    /// An error with a headline and nothing else.
    pub fn error(message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            rule: None,
            severity: Severity::Error,
            message: message.into(),
            primary: None,
            caption: String::new(),
            labels: Vec::new(),
            hints: Vec::new(),
            trace: Vec::new(),
        }
    }

    /// A warning with a headline and nothing else.
    pub fn warning(message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message) }
    }

    /// Points at the place to change.
    pub fn at(mut self, span: Span) -> Diagnostic {
        self.primary = Some(span);
        self
    }

    /// Writes `text` at the caret.
    pub fn caption(mut self, text: impl Into<String>) -> Diagnostic {
        self.caption = text.into();
        self
    }

    /// Adds a place that explains.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a cure.
    pub fn hint(mut self, text: impl Into<String>) -> Diagnostic {
        self.hints.push(text.into());
        self
    }

    /// Adds the next outer step of execution.
    pub fn frame(mut self, text: impl Into<String>, span: Option<Span>) -> Diagnostic {
        self.trace.push(Frame { text: text.into(), span });
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

/// An output together with the warnings that came up on the way.
#[derive(Clone, Debug)]
pub struct Checked<T> {
    /// The result.
    pub output: T,
    /// Warnings in the order in which they were found.
    pub warnings: Vec<Diagnostic>,
}

/// A result about the user's files: all problems at once.
pub type Valid<T> = Result<T, Vec<Diagnostic>>;

/// What a function raises before anybody knows the place.
///
/// The message is Go's or Helm's own text where they have one, because templates and scripts read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(Box<FaultDetail>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct FaultDetail {
    message: String,
    hints: Vec<String>,
}

impl Fault {
    /// A fault with this message.
    pub fn new(message: impl Into<String>) -> Fault {
        Fault(Box::new(FaultDetail { message: message.into(), hints: Vec::new() }))
    }

    /// Adds a cure.
    pub fn hint(mut self, text: impl Into<String>) -> Fault {
        self.0.hints.push(text.into());
        self
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The cures.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }

    /// The diagnostic that this fault becomes at a place.
    pub fn at(self, span: Span) -> Diagnostic {
        Diagnostic { hints: self.0.hints, ..Diagnostic::error(self.0.message) }.at(span)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.message)
    }
}

impl std::error::Error for Fault {}

impl From<String> for Fault {
    fn from(message: String) -> Fault {
        Fault::new(message)
    }
}

impl From<&str> for Fault {
    fn from(message: &str) -> Fault {
        Fault::new(message)
    }
}

/// Why the world refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A flag or argument is wrong.
    Usage,
    /// A file or folder could not be read or written.
    Io,
    /// A file was read, but is not what it should be.
    Content,
    /// A limit was passed.
    Limit,
    /// A server or registry refused or could not be reached.
    Network,
    /// Something that only chartwright can mend.
    Internal,
}

/// The world said no: a message about a path, URL or flag, a cure, and what lies behind it.
#[derive(Debug)]
pub struct Error(Box<ErrorDetail>);

#[derive(Debug)]
struct ErrorDetail {
    kind: ErrorKind,
    message: String,
    hints: Vec<String>,
    diagnostics: Vec<Diagnostic>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind with this message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        let (hints, diagnostics) = (Vec::new(), Vec::new());
        Error(Box::new(ErrorDetail { kind, message: message.into(), hints, diagnostics, source: None }))
    }

    /// An input or output error about `path`; `doing` names the attempt, as in "cannot read".
    pub fn io(doing: &str, path: &std::path::Path, source: std::io::Error) -> Error {
        Error::new(ErrorKind::Io, format!("{doing} `{}`: {source}", path.display())).because(source)
    }

    /// Adds a cure.
    pub fn hint(mut self, text: impl Into<String>) -> Error {
        self.0.hints.push(text.into());
        self
    }

    /// Keeps what lies behind this error.
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.0.source = Some(source.into());
        self
    }

    /// Attaches diagnostics that point at the user's content.
    pub fn with(mut self, diagnostics: Vec<Diagnostic>) -> Error {
        self.0.diagnostics = diagnostics;
        self
    }

    /// Its kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Its message without hints.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The cures.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }

    /// Diagnostics that point at the content behind this error.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.diagnostics
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The candidate nearest to `name`, if one is near enough to be what was meant.
pub fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c [u8]>) -> Option<String> {
    let most = (name.chars().count() / 3).clamp(1, 4);
    let near = candidates.filter_map(|candidate| {
        let candidate = std::str::from_utf8(candidate).ok()?;
        let distance = edit_distance(name, candidate, most)?;
        Some((distance, candidate))
    });
    near.min().map(|(_, candidate)| candidate.to_owned())
}

/// The number of edits between two texts (a swap of neighbours is one), if it is at most `most`.
fn edit_distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most || a.len() > 256 {
        return None;
    }
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut cost = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let swapped: &Vec<usize> = &before;
                cost = cost.min(swapped[j - 2] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    Some(last[b.len()]).filter(|distance| *distance <= most)
}
