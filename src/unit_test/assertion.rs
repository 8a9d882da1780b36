//! Assertions as they are declared: one check, what it is about, and whether it is turned round.

use super::data::Data;
use super::path::Path;
use crate::source::Span;

/// One entry of `asserts`.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The name that it was written with, such as `notEqual`.
    pub name: &'static str,
    /// Where it is declared.
    pub span: Span,
    /// The only template that it is about.
    pub template: Option<String>,
    /// The only document of each template that it is about.
    pub index: Option<usize>,
    /// The only documents that it is about.
    pub selector: Option<Selector>,
    /// Whether the check must not hold.
    pub negative: bool,
    /// What is checked.
    pub check: Check,
}

/// Which documents an assertion is about.
#[derive(Clone, Debug)]
pub struct Selector {
    /// What a document must have.
    pub path: Written<Path>,
    /// The value that it must have there; any where there is none.
    pub value: Option<Data>,
    /// Whether several documents may fit.
    pub many: bool,
    /// Whether templates without a fitting document are passed over.
    pub skip_empty: bool,
}

/// A parsed text and the text.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// The text as it was written.
    pub text: String,
    /// What it means.
    pub parsed: T,
}

/// What is checked.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Check {
    Equal { path: Written<Path>, value: Data, base64: Decode },
    EqualRaw { value: String },
    MatchRegex { path: Written<Path>, pattern: String, base64: Decode },
    MatchRegexRaw { pattern: String },
    Contains { path: Written<Path>, content: Data, count: Option<i64>, part: Part },
    Exists { path: Written<Path> },
    NullOrEmpty { path: Written<Path> },
    Kind { of: String },
    ApiVersion { of: String },
    Type { path: Written<Path>, name: String },
    Documents { count: i64, counted: Counted },
    Length { paths: Vec<Written<Path>>, count: Option<i64> },
    Bound { path: Written<Path>, value: Data, side: Side },
    Subset { path: Written<Path>, content: Data },
    ContainsDocument(Identity),
    Failed { message: Option<String>, pattern: Option<String> },
    Snapshot { path: Written<Path>, matches: Option<String>, differs: Option<String> },
    SnapshotRaw,
}

/// Whether texts are decoded before they are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decode {
    /// They are compared as they stand.
    Never,
    /// They are base64.
    Base64,
}

/// How much of an item has to be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// The keys that are named (`any`).
    Named,
}

/// Which documents are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// All of the template.
    All,
    /// Those that an index or selector leaves (`filterAware`).
    Selected,
}

/// On which side of a value the actual one has to lie; equal is on both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Above.
    Greater,
    /// Below.
    Less,
}

/// What identifies a document.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Its kind.
    pub kind: String,
    /// Its API version.
    pub api_version: String,
    /// Its name, if that matters.
    pub name: Option<String>,
    /// Its namespace, if that matters.
    pub namespace: Option<String>,
    /// Whether one document is enough; all have to fit otherwise.
    pub any: bool,
}

impl Check {
    /// Whether it can only hold after a render that succeeded.
    pub(super) fn needs_success(&self, name: &str) -> bool {
        !matches!(self, Check::Failed { .. }) || name == "notFailedTemplate"
    }

    /// What it asks of the chart, for messages.
    pub(super) fn path(&self) -> Option<&Written<Path>> {
        match self {
            Check::Equal { path, .. }
            | Check::MatchRegex { path, .. }
            | Check::Contains { path, .. }
            | Check::Exists { path }
            | Check::NullOrEmpty { path }
            | Check::Type { path, .. }
            | Check::Bound { path, .. }
            | Check::Subset { path, .. }
            | Check::Snapshot { path, .. } => Some(path),
            _ => None,
        }
    }
}
